//! A small mail server.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::http::Stream;

/// Is what the server does with one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// It takes the mail.
    Takes,
    /// It answers this to one of the commands: `HELLO` (its greeting), `AUTH`, `RCPT` or `END`.
    Says(&'static str, &'static str),
    /// It answers `AUTH` with a refusal that repeats what was sent.
    Repeats,
    /// It accepts and says nothing for a long time.
    Hangs,
    /// It closes in the middle of the mail.
    Closes,
}

/// Is a mail as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Received {
    pub(crate) commands: Vec<String>,
    pub(crate) mail: String,
}

pub(crate) struct Server {
    pub(crate) port: u16,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    pub(crate) fn start(manners: Vec<Manner>) -> Server {
        Server::start_with(manners, None, false)
    }

    /// Starts a server that offers STARTTLS, or speaks TLS from the first byte.
    pub(crate) fn start_with(
        manners: Vec<Manner>,
        tls: Option<Arc<ServerConfig>>,
        is_wrapped: bool,
    ) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let received = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&received);
        thread::spawn(move || {
            for manner in manners {
                let (stream, _) = listener.accept().expect("a connection");
                let mut talk = Talk {
                    manner,
                    received: Received::default(),
                    can_encrypt: tls.is_some() && !is_wrapped,
                };
                // A client that breaks off is what some tests are about.
                let _ = match (&tls, is_wrapped) {
                    (Some(tls), true) => {
                        encrypted(stream, tls).and_then(|stream| talk.hold(stream))
                    }
                    (tls, _) => talk.hold_plain(stream, tls.as_ref()),
                };
                seen.lock().expect("no one panicked").push(talk.received);
            }
        });
        Server { port, received }
    }

    /// Gives what came in all connections so far, once the server has noted so many.
    pub(crate) fn received(&self, count: usize) -> Vec<Received> {
        for _ in 0..500 {
            let received = self.received.lock().expect("no one panicked").clone();
            if received.len() >= count {
                return received;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("fewer than {count} connections ended");
    }
}

fn encrypted(stream: TcpStream, tls: &Arc<ServerConfig>) -> std::io::Result<Box<dyn Stream>> {
    let session = ServerConnection::new(Arc::clone(tls)).map_err(std::io::Error::other)?;
    Ok(Box::new(StreamOwned::new(session, stream)))
}

struct Talk {
    manner: Manner,
    received: Received,
    can_encrypt: bool,
}

impl Talk {
    fn hold_plain(
        &mut self,
        stream: TcpStream,
        tls: Option<&Arc<ServerConfig>>,
    ) -> std::io::Result<()> {
        let again = stream.try_clone()?;
        self.hold(Box::new(stream))?;
        let asked = self
            .received
            .commands
            .last()
            .is_some_and(|last| last == "STARTTLS");
        match tls {
            Some(tls) if asked => {
                self.can_encrypt = false;
                self.hold(encrypted(again, tls)?)
            }
            _ => Ok(()),
        }
    }

    /// Talks until the client leaves, or asks for encryption.
    fn hold(&mut self, stream: Box<dyn Stream>) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        if self.manner == Manner::Hangs {
            thread::sleep(Duration::from_secs(2));
            return Ok(());
        }
        if self.received.commands.is_empty() {
            self.say(&mut stream, "HELLO", "220 ready")?;
        }
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.trim_end().to_owned();
            self.received.commands.push(line.clone());
            let word = line
                .split([' ', ':'])
                .next()
                .unwrap_or_default()
                .to_ascii_uppercase();
            match word.as_str() {
                "EHLO" => {
                    let offer = if self.can_encrypt {
                        "250-STARTTLS\r\n"
                    } else {
                        ""
                    };
                    let answer = format!("250-here\r\n250-8BITMIME\r\n{offer}250 AUTH PLAIN LOGIN");
                    self.say(&mut stream, "EHLO", &answer)?;
                }
                "STARTTLS" => {
                    self.say(&mut stream, "STARTTLS", "220 go on")?;
                    return Ok(());
                }
                "AUTH" if self.manner == Manner::Repeats => {
                    self.say(&mut stream, "", &format!("535 wrong: {line}"))?;
                }
                "AUTH" => self.say(&mut stream, "AUTH", "235 welcome")?,
                "RCPT" => self.say(&mut stream, "RCPT", "250 fine")?,
                "DATA" if self.manner == Manner::Closes => return Ok(()),
                "DATA" => {
                    self.say(&mut stream, "DATA", "354 go on")?;
                    self.read_mail(&mut stream)?;
                    self.say(&mut stream, "END", "250 taken")?;
                }
                "QUIT" => return self.say(&mut stream, "QUIT", "221 bye"),
                _ => self.say(&mut stream, &word, "250 fine")?,
            }
        }
    }

    fn say(
        &self,
        stream: &mut BufReader<Box<dyn Stream>>,
        at: &str,
        usual: &str,
    ) -> std::io::Result<()> {
        let answer = match self.manner {
            Manner::Says(place, answer) if place == at => answer,
            _ => usual,
        };
        write!(stream.get_mut(), "{answer}\r\n")?;
        stream.get_mut().flush()
    }

    fn read_mail(&mut self, stream: &mut BufReader<Box<dyn Stream>>) -> std::io::Result<()> {
        let mut mail = Vec::new();
        while !mail.ends_with(b"\r\n.\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            mail.push(byte[0]);
        }
        mail.truncate(mail.len() - 3);
        self.received.mail = String::from_utf8_lossy(&mail).replace("\r\n..", "\r\n.");
        Ok(())
    }
}

impl Received {
    /// Gives a header with its encoded words decoded.
    pub(crate) fn header(&self, name: &str) -> String {
        let (head, _) = self.mail.split_once("\r\n\r\n").expect("a head");
        let unfolded = head.replace("\r\n ", " ");
        let mut lines = unfolded.lines().filter_map(|line| line.split_once(": "));
        let found = lines.find(|(known, _)| *known == name);
        decoded_words(found.expect("this header").1)
    }

    /// Gives the body as its reader sees it.
    pub(crate) fn body(&self) -> String {
        let (_, body) = self.mail.split_once("\r\n\r\n").expect("a body");
        let bytes = match self.header("Content-Transfer-Encoding").as_str() {
            "base64" => base64(&body.replace("\r\n", "")),
            "quoted-printable" => quoted(&body.replace("=\r\n", "")),
            _ => body.as_bytes().to_vec(),
        };
        String::from_utf8(bytes)
            .expect("UTF-8")
            .replace("\r\n", "\n")
    }
}

/// Decodes the words of RFC 2047; blanks between two of them are none.
fn decoded_words(text: &str) -> String {
    let mut decoded = Vec::new();
    let mut was_encoded = false;
    for word in text.split(' ') {
        let inner = word
            .strip_prefix("=?utf-8?")
            .and_then(|word| word.strip_suffix("?="));
        let bytes = match inner.and_then(|inner| inner.split_once('?')) {
            Some(("b" | "B", text)) => base64(text),
            Some((_, text)) => quoted(&text.replace('_', " ")),
            None => word.as_bytes().to_vec(),
        };
        let is_joined = was_encoded && inner.is_some();
        if !decoded.is_empty() && !is_joined {
            decoded.push(b' ');
        }
        was_encoded = inner.is_some();
        decoded.extend(bytes);
    }
    String::from_utf8(decoded).expect("UTF-8")
}

fn quoted(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut parts = text.split('=');
    bytes.extend(parts.next().unwrap_or_default().bytes());
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).expect("two digits"));
        bytes.extend(part[2..].bytes());
    }
    bytes
}

fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for letter in text.bytes().filter(|letter| *letter != b'=') {
        let digit = DIGITS.iter().position(|digit| *digit == letter);
        bits = (bits << 6) | u32::try_from(digit.expect("a digit")).expect("below 64");
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xFF).expect("a byte"));
        }
    }
    bytes
}
