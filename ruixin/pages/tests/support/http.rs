//! A client that keeps cookies as a browser does, over a socket and what is written to it.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Is an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    /// By names in lower case, as they came.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Reply {
    /// The first header of a name.
    pub fn header(&self, name: &str) -> &str {
        let mut named = self.headers.iter().filter(|(one, _)| one == name);
        named.next().map_or("", |(_, value)| value)
    }

    /// It is a page that says something, with all that protects it, and is kept nowhere.
    pub fn is_page(&self, status: u16, says: &str) {
        assert_eq!(self.status, status, "{self:?}");
        let kind = self.header("content-type");
        assert_eq!(kind, "text/html; charset=utf-8", "{self:?}");
        assert!(self.body.contains(says), "{says}: {self:?}");
        let policy = self.header("content-security-policy");
        let begins = "default-src 'none'; style-src 'self'";
        assert!(policy.starts_with(begins), "{policy}");
        let is_loose = policy.contains("unsafe") || policy.contains("script-src");
        assert!(!is_loose, "{policy}");
        assert_eq!(self.header("cache-control"), "no-store");
        assert_eq!(self.header("x-content-type-options"), "nosniff");
        assert_eq!(self.header("referrer-policy"), "same-origin");
    }

    /// The hidden fields of the page's form that is sent by POST to a path.
    pub fn form(&self, action: &str) -> Vec<(String, String)> {
        let start = format!("method=\"post\" action=\"{action}\">");
        let form = self.body.split(&start).nth(1);
        let form = form.unwrap_or_else(|| panic!("no form {action}: {}", self.body));
        let form = form.split("</form>").next().expect("it ends");
        let hidden = form.split("<input type=\"hidden\" name=\"").skip(1);
        let field = |text: &str| {
            let (name, rest) = text.split_once("\" value=\"")?;
            Some((name.to_owned(), rest.split('"').next()?.to_owned()))
        };
        hidden.filter_map(field).collect()
    }
}

/// Asks once, on a connection of its own.
pub fn ask(
    to: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> io::Result<Reply> {
    let mut stream = TcpStream::connect_timeout(&to, Duration::from_secs(5))?;
    stream.set_read_timeout(Some(Duration::from_secs(120)))?;
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(body) = body {
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body.unwrap_or_default());
    // A server may answer and close before it has read all.
    let sent = stream.write_all(text.as_bytes());
    let mut answer = Vec::new();
    let read = read_whole(&mut stream, &mut answer);
    if answer.is_empty() {
        sent?;
        read?;
    }
    parsed(&answer, method)
        .ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "half an answer"))
}

/// Reads until the answer is whole: a server may leave the connection open.
fn read_whole(stream: &mut TcpStream, answer: &mut Vec<u8>) -> io::Result<()> {
    let mut part = [0; 16 * 1024];
    loop {
        match stream.read(&mut part)? {
            0 => return Ok(()),
            some => answer.extend_from_slice(&part[..some]),
        }
        if parsed(answer, "").is_some_and(|reply| !reply.header("content-length").is_empty()) {
            return Ok(());
        }
    }
}

fn parsed(answer: &[u8], method: &str) -> Option<Reply> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let body = &answer[end + 4..];
    let mut lines = head.split("\r\n");
    let status = lines.next()?.get(9..12)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let body = String::from_utf8(body.to_vec()).ok()?;
    let reply = Reply {
        status,
        headers,
        body,
    };
    let length = reply.header("content-length").parse::<usize>().ok();
    let is_whole = method == "HEAD" || length.is_none_or(|length| reply.body.len() >= length);
    is_whole.then_some(reply)
}

/// Is somebody at a browser.
#[derive(Debug, Clone)]
pub struct Person {
    pub to: SocketAddr,
    pub language: &'static str,
    pub cookies: BTreeMap<String, String>,
}

impl Person {
    pub fn new(to: SocketAddr) -> Person {
        let cookies = BTreeMap::new();
        let language = "en";
        Person {
            to,
            language,
            cookies,
        }
    }

    fn send(&mut self, method: &str, path: &str, body: Option<&str>) -> Reply {
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let cookies = pairs.join("; ");
        let mut headers = vec![("Accept-Language", self.language)];
        if !cookies.is_empty() {
            headers.push(("Cookie", &cookies));
        }
        if body.is_some() {
            headers.push(("Content-Type", "application/x-www-form-urlencoded"));
        }
        let reply = ask(self.to, method, path, &headers, body).expect("an answer");
        for (_, set) in reply
            .headers
            .iter()
            .filter(|(name, _)| name == "set-cookie")
        {
            let (name, value) = set.split_once('=').expect("a cookie");
            let (value, rest) = value.split_once(';').unwrap_or((value, ""));
            match rest.contains("Max-Age=0") {
                true => drop(self.cookies.remove(name)),
                false => drop(self.cookies.insert(name.to_owned(), value.to_owned())),
            }
        }
        reply
    }

    pub fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, None)
    }

    pub fn head(&mut self, path: &str) -> Reply {
        self.send("HEAD", path, None)
    }

    pub fn post(&mut self, path: &str, fields: &[(String, String)]) -> Reply {
        self.send("POST", path, Some(&encoded(fields)))
    }

    pub fn post_text(&mut self, path: &str, text: &str) -> Reply {
        self.send("POST", path, Some(text))
    }
}

/// Writes fields as a form is sent: all but letters and digits by their bytes.
fn encoded(fields: &[(String, String)]) -> String {
    let plain = |text: &str| -> String {
        text.bytes()
            .map(|one| match one.is_ascii_alphanumeric() {
                true => char::from(one).to_string(),
                false => format!("%{one:02X}"),
            })
            .collect()
    };
    let pairs: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{}={}", plain(name), plain(value)))
        .collect();
    pairs.join("&")
}
