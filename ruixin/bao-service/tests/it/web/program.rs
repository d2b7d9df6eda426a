//! The real program, as users run it.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use ruixin_bao_store::Store;

use super::FIRST_DAY;
use crate::support::{at, terms};

pub struct Program(pub Child, pub SocketAddr);

impl Program {
    /// Makes books that are open from nine o'clock of the first day on.
    pub fn found(books: &str) {
        let mut store = Store::create(books, terms(FIRST_DAY)).unwrap();
        store.set_open(true, at("2013-06-05 09:00")).unwrap();
    }

    /// Serves on a free port, from ten o'clock of the first day on, until it is dropped.
    pub fn start(books: &str, options: &[&str]) -> Program {
        Program::start_at(books, "2013-06-05 10:00", options)
    }

    /// Serves on a free port, from a time on, until it is dropped.
    pub fn start_at(books: &str, clock: &str, options: &[&str]) -> Program {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ruixin-bao"))
            .args(["--books", books, "serve", "--listen", "127.0.0.1:0"])
            .args(["--log", "off", "--rate", "100000"])
            .args(["--clock", clock])
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").unwrap();
        let address = address.parse().unwrap();
        Program(child, address)
    }

    /// Makes a key with the role admin.
    pub fn key(books: &str) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_ruixin-bao"))
            .args(["--books", books, "key", "--name", "test", "--role", "admin"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
