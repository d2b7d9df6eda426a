//! A real browser, driven over WebDriver (W3C): plain HTTP with JSON, to `chromedriver`.

#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each service's test takes what it needs of it"
)]

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::http::ask;

const INSTALL: &str = "the pages are tested in a browser: install Debian's `chromium` and \
                       `chromium-driver` (apt-get install chromium chromium-driver)";
/// The name that WebDriver gives to an element in JSON.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// How long a page is waited for that should be there in a moment.
const PATIENCE: Duration = Duration::from_secs(60);

/// Is how a browser is set up.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    pub width: u32,
    pub height: u32,
    pub is_phone: bool,
    pub scripts: bool,
    pub is_dark: bool,
    /// What it asks for in `Accept-Language`.
    pub language: &'static str,
}

impl Setup {
    /// A phone in Chinese, without scripts.
    pub const PHONE: Setup = Setup {
        width: 390,
        height: 844,
        is_phone: true,
        scripts: false,
        is_dark: false,
        language: "zh-CN",
    };
}

/// How often a driver is started: it takes a free port of IPv4, and ends where the same one of IPv6
/// is taken.
const STARTS: usize = 10;

/// Starts a driver, and gives the port that it took, which is in what it prints.
fn driver() -> Option<(Child, u16)> {
    let mut driver = Command::new("chromedriver")
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("chromedriver: {error}: {INSTALL}"));
    let out = driver.stdout.take().expect("its output");
    let (told, port) = mpsc::channel();
    thread::spawn(move || {
        // Read to the end, or the driver would meet a pipe that nobody reads.
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            let found = line.split_once("successfully on port ");
            let found = found.and_then(|(_, port)| port.trim_end_matches('.').parse().ok());
            if let Some(port) = found {
                let _ = told.send(port);
            }
        }
    });
    match port.recv_timeout(PATIENCE) {
        Ok(port) => Some((driver, port)),
        Err(_) => {
            drop(driver.kill());
            drop(driver.wait());
            None
        }
    }
}

pub struct Browser {
    driver: Child,
    to: SocketAddr,
    session: String,
    profile: tempfile::TempDir,
}

impl Browser {
    /// Starts a browser of its own, without a window.
    pub fn start(setup: Setup) -> Browser {
        let (driver, port) = (0..STARTS)
            .find_map(|_| driver())
            .unwrap_or_else(|| panic!("chromedriver gives no port: {INSTALL}"));
        let mut browser = Browser {
            driver,
            to: SocketAddr::from(([127, 0, 0, 1], port)),
            session: String::new(),
            profile: tempfile::tempdir().expect("a folder"),
        };
        browser.open(setup);
        browser
    }

    fn open(&mut self, setup: Setup) {
        let scripts = if setup.scripts { 1 } else { 2 };
        let args = [
            "--headless=new".to_owned(),
            // Tests run as root in containers, where the sandbox does not start.
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--disable-background-networking".to_owned(),
            "--hide-scrollbars".to_owned(),
            format!("--user-data-dir={}", self.profile.path().display()),
        ];
        let asked = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {
                "args": args,
                "prefs": {
                    "profile.managed_default_content_settings.javascript": scripts,
                    "intl.accept_languages": setup.language,
                },
            },
        }}});
        let begun = self.call("POST", "/session", Some(&asked));
        let begun = begun.unwrap_or_else(|says| panic!("{says}: {INSTALL}"));
        self.session = begun["sessionId"].as_str().expect("a session").to_owned();
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            &json!({
                "width": setup.width, "height": setup.height,
                "deviceScaleFactor": 1, "mobile": setup.is_phone,
            }),
        );
        let scheme = if setup.is_dark { "dark" } else { "light" };
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.devtools("Emulation.setEmulatedMedia", &features);
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, String> {
        let body = body.map(Value::to_string);
        let headers = [("Content-Type", "application/json; charset=utf-8")];
        let reply = ask(self.to, method, path, &headers, body.as_deref())
            .map_err(|error| format!("chromedriver does not answer: {error}"))?;
        let told: Value = serde_json::from_str(&reply.body).map_err(|error| error.to_string())?;
        match reply.status {
            200 => Ok(told["value"].clone()),
            _ => Err(format!("{method} {path}: {}", told["value"])),
        }
    }

    fn command(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let path = format!("/session/{}{path}", self.session);
        self.call(method, &path, body)
            .unwrap_or_else(|says| panic!("{says}\nat {}", self.place()))
    }

    fn devtools(&self, command: &str, with: &Value) -> Value {
        let body = json!({"cmd": command, "params": with});
        self.command("POST", "/goog/cdp/execute", Some(&body))
    }

    fn place(&self) -> String {
        let path = format!("/session/{}/url", self.session);
        self.call("GET", &path, None)
            .map_or_else(|says| says, |url| url.to_string())
    }

    /// Goes to an address.
    pub fn go(&self, url: &str) {
        self.command("POST", "/url", Some(&json!({"url": url})));
    }

    pub fn url(&self) -> String {
        let url = self.command("GET", "/url", None);
        url.as_str().expect("an address").to_owned()
    }

    pub fn title(&self) -> String {
        let title = self.command("GET", "/title", None);
        title.as_str().expect("a title").to_owned()
    }

    fn element(&self, css: &str) -> String {
        let asked = json!({"using": "css selector", "value": css});
        let found = self.command("POST", "/element", Some(&asked));
        found[ELEMENT].as_str().expect("an element").to_owned()
    }

    /// How many elements there are.
    pub fn count(&self, css: &str) -> usize {
        let asked = json!({"using": "css selector", "value": css});
        let found = self.command("POST", "/elements", Some(&asked));
        found.as_array().expect("elements").len()
    }

    /// The text of an element, as it is seen.
    pub fn text(&self, css: &str) -> String {
        let path = format!("/element/{}/text", self.element(css));
        let text = self.command("GET", &path, None);
        text.as_str().expect("a text").to_owned()
    }

    /// Scrolls to an element as a reader does, away from what is fixed at the edges, and clicks.
    pub fn click(&self, css: &str) {
        let element = self.element(css);
        let scroll = json!({
            "script": "arguments[0].scrollIntoView({block: 'center'})",
            "args": [{ELEMENT: element.as_str()}],
        });
        self.command("POST", "/execute/sync", Some(&scroll));
        let path = format!("/element/{element}/click");
        self.command("POST", &path, Some(&json!({})));
    }

    /// Clicks, and waits for the page that comes of it.
    pub fn follow(&self, css: &str) {
        self.leave(|| self.click(css));
    }

    /// Does what leads to another page, and waits until that is there: the old one is gone and the
    /// new one is whole.
    pub fn leave(&self, act: impl FnOnce()) {
        let old = format!(
            "/session/{}/element/{}/name",
            self.session,
            self.element("html")
        );
        act();
        let until = Instant::now() + PATIENCE;
        while self.call("GET", &old, None).is_ok()
            || self.value("document.readyState") != "complete"
        {
            assert!(Instant::now() < until, "no page follows {}", self.place());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Types into a field.
    pub fn write(&self, css: &str, text: &str) {
        let path = format!("/element/{}/value", self.element(css));
        self.command("POST", &path, Some(&json!({"text": text})));
    }

    /// Empties a field.
    pub fn clear(&self, css: &str) {
        let path = format!("/element/{}/clear", self.element(css));
        self.command("POST", &path, Some(&json!({})));
    }

    /// Types wherever the keyboard is, once the page that is there is drawn: a browser drops the keys that
    /// come before there is something to be seen, and a page that is whole may still wait for that.
    pub fn press(&self, keys: &str) {
        let until = Instant::now() + PATIENCE;
        while self.value("performance.getEntriesByType('paint').length") == 0 {
            assert!(Instant::now() < until, "{} is not drawn", self.place());
            thread::sleep(Duration::from_millis(20));
        }
        let strokes: Vec<Value> = keys
            .chars()
            .flat_map(|key| [("keyDown", key), ("keyUp", key)])
            .map(|(kind, key)| json!({"type": kind, "value": key.to_string()}))
            .collect();
        let body = json!({"actions": [{"type": "key", "id": "keys", "actions": strokes}]});
        self.command("POST", "/actions", Some(&body));
    }

    /// The value of an expression, by the browser's own tools: also where pages have no scripts.
    pub fn value(&self, expression: &str) -> Value {
        let body = json!({"script": format!("return {expression};"), "args": []});
        self.command("POST", "/execute/sync", Some(&body))
    }

    /// What the console was told since the last time.
    pub fn console(&self) -> Vec<String> {
        let told = self.command("POST", "/se/log", Some(&json!({"type": "browser"})));
        let told = told.as_array().expect("entries");
        told.iter().map(Value::to_string).collect()
    }

    /// Keeps a picture of the whole page.
    pub fn picture(&self, to: &Path) {
        let with = json!({"format": "png", "captureBeyondViewport": true});
        let taken = self.devtools("Page.captureScreenshot", &with);
        let bytes = base64(taken["data"].as_str().expect("a picture"));
        std::fs::write(to, bytes).expect("it can be written");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            let path = format!("/session/{}", self.session);
            drop(self.call("DELETE", &path, None));
        }
        drop(self.driver.kill());
        drop(self.driver.wait());
    }
}

/// Reads base64 (RFC 4648), as WebDriver gives pictures.
fn base64(text: &str) -> Vec<u8> {
    let digit = |one: u8| -> u32 {
        u32::from(match one {
            b'A'..=b'Z' => one - b'A',
            b'a'..=b'z' => one - b'a' + 26,
            b'0'..=b'9' => one - b'0' + 52,
            b'+' => 62,
            _ => 63,
        })
    };
    let digits: Vec<u8> = text.bytes().filter(|one| *one != b'=').collect();
    let mut bytes = Vec::new();
    for four in digits.chunks(4) {
        let bits = four.iter().fold(0, |bits, one| bits << 6 | digit(*one));
        let bits = bits << (6 * (4 - four.len()));
        bytes.extend(bits.to_be_bytes()[1..].iter().take(four.len() - 1));
    }
    bytes
}
