//! A reader at a real browser, who looks at each page and keeps what every page must keep.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::browser::{Browser, Setup};

pub struct Reader<'a, S> {
    pub browser: Browser,
    pub service: &'a S,
    pub setup: Setup,
    to: SocketAddr,
    /// The variable that names a folder for pictures of all pages, for looking at them.
    pictures: &'static str,
    seen: u32,
}

impl<S> Reader<'_, S> {
    pub fn begin<'a>(
        service: &'a S,
        to: SocketAddr,
        setup: Setup,
        pictures: &'static str,
    ) -> Reader<'a, S> {
        let browser = Browser::start(setup);
        browser.go("data:text/html,<title>off</title><script>document.title='on'</script>");
        let title = if setup.scripts { "on" } else { "off" };
        assert_eq!(browser.title(), title);
        drop(browser.console());
        Reader {
            browser,
            service,
            setup,
            to,
            pictures,
            seen: 0,
        }
    }

    /// Goes to a path of the service.
    pub fn go(&self, path: &str) {
        self.browser.go(&format!("http://{}{path}", self.to));
    }

    pub fn path(&self) -> String {
        let url = self.browser.url();
        let path = url.split(&self.to.to_string()).nth(1);
        path.unwrap_or_else(|| panic!("not ours: {url}")).to_owned()
    }

    /// The language of the page, and what it is about.
    pub fn heading(&self) -> (String, String) {
        let lang = self.browser.value("document.documentElement.lang");
        let lang = lang.as_str().expect("a language").to_owned();
        (lang, self.browser.text("h1"))
    }

    /// Holds what every page must keep: no scrolling sideways, nothing in the console, one language.
    pub fn look(&mut self, name: &str) {
        let wide = self.browser.value("document.documentElement.scrollWidth");
        let room = self.browser.value("window.innerWidth");
        assert_eq!(room, self.setup.width, "{name}");
        assert!(
            wide.as_u64() <= room.as_u64(),
            "{name} scrolls sideways: {wide} of {room}"
        );
        let console = self.browser.console();
        assert!(console.is_empty(), "{name}: {console:?}");
        self.seen += 1;
        if let Some(folder) = std::env::var_os(self.pictures) {
            let scheme = if self.setup.is_dark { "dark" } else { "light" };
            let language = self.browser.value("document.documentElement.lang");
            let language = language.as_str().expect("a language").to_owned();
            let file = format!(
                "{}-{language}-{scheme}-{:02}-{name}.png",
                self.setup.width, self.seen
            );
            self.browser.picture(&PathBuf::from(folder).join(file));
        }
    }

    /// Looks at a page that was refused: the browser tells its console of the status, and of nothing
    /// else.
    pub fn look_at_refusal(&mut self, status: u16, name: &str) {
        let told = self.browser.console();
        let status = status.to_string();
        assert!(told.iter().all(|entry| entry.contains(&status)), "{told:?}");
        self.look(name);
    }
}
