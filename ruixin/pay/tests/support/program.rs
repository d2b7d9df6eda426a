//! The real program, as users run it.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

pub struct Program(pub Child, pub SocketAddr);

impl Program {
    /// Serves on a free port, until it is dropped.
    pub fn start(store: &str, options: &[&str]) -> Program {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ruixin-pay"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(["--log", "off", "--rate", "100000"])
            .args(options)
            .env("RUIXIN_PAY_STORE", store)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let address = line
            .trim()
            .strip_prefix("listening on ")
            .expect("an address");
        let address = address.parse().expect("an address");
        Program(child, address)
    }

    /// Makes a key with the role writer.
    pub fn key(store: &str) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_ruixin-pay"))
            .args(["key", "--name", "test", "--role", "writer"])
            .env("RUIXIN_PAY_STORE", store)
            .output()
            .expect("it runs");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout)
            .expect("text")
            .trim()
            .to_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
