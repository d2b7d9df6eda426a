//! A small HTTP server.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Is what the server does with one request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// Answers with a status, headers and a body.
    Answer(u16, &'static [(&'static str, &'static str)], String),
    /// Reads the request and says nothing for a long time.
    Hang,
    /// Reads the request and closes.
    Close,
    /// Says a part of an answer and closes.
    Break,
}

/// Is a request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) line: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// Listens on this machine and answers one request after the other, each by its reply.
pub(crate) struct Server {
    pub(crate) port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

pub(crate) fn answer(status: u16) -> Reply {
    Reply::Answer(status, &[], String::new())
}

impl Server {
    pub(crate) fn start(replies: Vec<Reply>) -> Server {
        Server::start_with(replies, |stream| Box::new(stream))
    }

    /// Starts a server whose connections are wrapped, such as in TLS.
    pub(crate) fn start_with<W>(replies: Vec<Reply>, wrap: W) -> Server
    where
        W: Fn(TcpStream) -> Box<dyn Stream> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            let mut replies = replies.into_iter();
            for stream in listener.incoming() {
                let stream = stream.expect("a connection");
                let mut stream = wrap(stream);
                let Some(request) = read(&mut stream) else {
                    continue;
                };
                seen.lock().expect("no one panicked").push(request);
                let Some(reply) = replies.next() else {
                    return;
                };
                serve(&reply, &mut stream);
            }
        });
        Server { port, requests }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("no one panicked").clone()
    }
}

/// Is a connection.
pub(crate) trait Stream: Read + Write {}

impl<S: Read + Write> Stream for S {}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("JSON in UTF-8")
    }
}

fn read(stream: &mut dyn Stream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader
        .read_line(&mut line)
        .ok()
        .filter(|count| *count > 0)?;
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(": ") else {
            break;
        };
        headers.push((name.to_owned(), value.to_owned()));
    }
    let mut request = Request {
        line: line.trim_end().to_owned(),
        headers,
        body: Vec::new(),
    };
    let length = request
        .header("Content-Length")
        .and_then(|length| length.parse().ok());
    request.body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut request.body).ok()?;
    Some(request)
}

fn serve(reply: &Reply, stream: &mut dyn Stream) {
    match reply {
        Reply::Answer(status, headers, body) => {
            let headers = headers
                .iter()
                .map(|(name, value)| format!("{name}: {value}\r\n"));
            let headers: String = headers.collect();
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n{headers}Connection: close\r\n\r\n{body}"
            );
            // A client that has gone meanwhile is what some tests are about.
            let _ = stream.write_all(answer.as_bytes());
            let _ = stream.flush();
        }
        Reply::Hang => thread::sleep(Duration::from_secs(3)),
        Reply::Close => {}
        Reply::Break => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Le");
            let _ = stream.flush();
        }
    }
}
