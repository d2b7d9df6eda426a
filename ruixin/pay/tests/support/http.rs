//! A client of HTTP/1.1 that shares nothing with the service: a socket, and what is written to it.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// Is an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    /// By their names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
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
    stream.set_read_timeout(Some(Duration::from_secs(90)))?;
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: pay\r\nConnection: close\r\n");
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
    let read = stream.read_to_end(&mut answer);
    if answer.is_empty() {
        sent?;
        read?;
    }
    let broken = || io::Error::new(io::ErrorKind::UnexpectedEof, "half an answer");
    let answer = String::from_utf8(answer).map_err(|_| broken())?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(broken)?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.get(9..12)?.parse().ok());
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers
        .get("content-length")
        .and_then(|text| text.parse().ok());
    if length.is_some_and(|length: usize| length != body.len()) && method != "HEAD" {
        return Err(broken());
    }
    let is_chunked = headers
        .get("transfer-encoding")
        .is_some_and(|how| how == "chunked");
    let body = match is_chunked {
        true => whole(body).ok_or_else(broken)?,
        false => body.to_owned(),
    };
    Ok(Reply {
        status: status.ok_or_else(broken)?,
        headers,
        body,
    })
}

/// Puts a body together that came in pieces; nothing where the last one is missing.
fn whole(mut body: &str) -> Option<String> {
    let mut whole = String::new();
    loop {
        let (length, rest) = body.split_once("\r\n")?;
        let length = usize::from_str_radix(length, 16).ok()?;
        let (piece, rest) = rest.split_at_checked(length)?;
        whole.push_str(piece);
        body = rest.strip_prefix("\r\n")?;
        if length == 0 {
            return Some(whole);
        }
    }
}

/// Somebody with a key.
#[derive(Debug, Clone)]
pub struct Client {
    pub to: SocketAddr,
    pub key: String,
    pub language: &'static str,
}

impl Client {
    pub fn get(&self, path: &str) -> io::Result<Reply> {
        let bearer = format!("Bearer {}", self.key);
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Accept-Language", self.language),
        ];
        ask(self.to, "GET", path, &headers, None)
    }

    pub fn post(&self, path: &str, id: &str, body: &str) -> io::Result<Reply> {
        let bearer = format!("Bearer {}", self.key);
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Accept-Language", self.language),
            ("Content-Type", "application/json"),
            ("Idempotency-Key", id),
        ];
        ask(self.to, "POST", path, &headers, Some(body))
    }

    /// Opens an account and gives its number.
    pub fn open(&self, id: &str, is_user: bool) -> String {
        let body = match is_user {
            true => r#"{"owner":"user","name":"王芳","channel":"ICBC"}"#,
            false => r#"{"owner":"merchant","name":"鑫源图书城","class":"A"}"#,
        };
        let opened = self.post("/v1/accounts", id, body).expect("an answer");
        assert_eq!(opened.status, 201, "{opened:?}");
        opened.json()["account"]
            .as_str()
            .expect("a number")
            .to_owned()
    }

    pub fn top_up(&self, id: &str, account: &str, amount: &str) {
        let body = format!(r#"{{"account":"{account}","amount":"{amount}","channel":"ICBC"}}"#);
        let done = self.post("/v1/top-ups", id, &body).expect("an answer");
        assert_eq!(done.status, 201, "{done:?}");
    }
}
