//! A MariaDB of its own, in a temporary folder, for as long as it is held.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use databases::{Address, Database, DatabaseError};
use mysql::prelude::Queryable;
use mysql::{Conn, OptsBuilder};
use tempfile::TempDir;

use super::certificates::certificates;

/// A server that ends with this value.
pub(crate) struct MariaDb {
    folder: TempDir,
    child: Child,
    port: u16,
    options: &'static [&'static str],
}

impl MariaDb {
    /// Starts a server, with a certificate for `localhost` signed by `ca.pem` in its folder.
    pub(crate) fn start() -> MariaDb {
        MariaDb::start_with(&[])
    }

    /// The same with more options, of which the last one of a kind holds.
    pub(crate) fn start_with(options: &'static [&'static str]) -> MariaDb {
        let folder = tempfile::tempdir().expect("a folder");
        certificates(folder.path());
        let data = folder.path().join("data");
        // A server clears its folder for temporary tables when it starts: each has one of its own.
        let temporary = folder.path().join("temporary");
        std::fs::create_dir(&temporary).expect("a folder");
        let installed = Command::new("mariadb-install-db")
            .env("TMPDIR", &temporary)
            .args(["--no-defaults", "--user=root", "--skip-test-db"])
            .args(["--auth-root-authentication-method=normal"])
            .arg(format!("--datadir={}", data.display()))
            .args(SMALL)
            .output()
            .expect("mariadb-install-db is installed");
        assert!(installed.status.success(), "{installed:?}");
        let port = free_port();
        let mut server = MariaDb {
            child: serve(folder.path(), port, false, options),
            folder,
            port,
            options,
        };
        server.wait();
        server
    }

    /// Starts a replica of it, which has all that is there, and replays what comes only after so many
    /// seconds.
    pub(crate) fn replica(&self, delay: u32) -> MariaDb {
        self.run(
            "CREATE USER IF NOT EXISTS copier@'127.0.0.1' IDENTIFIED BY 'p@ss/word';\n\
             GRANT REPLICATION SLAVE ON *.* TO copier@'127.0.0.1';\n",
        );
        let replica = MariaDb::start();
        // From its first event on: a server notes all that was done since it was made.
        replica.run(&format!(
            "SET GLOBAL server_id = 24;\n\
             CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {}, MASTER_USER = 'copier', \
             MASTER_PASSWORD = 'p@ss/word', MASTER_LOG_FILE = 'binlog.000001', MASTER_LOG_POS = 4;\n\
             START SLAVE;\n",
            self.port
        ));
        let at = |server: &MariaDb, column: &str| -> String {
            let told: Option<mysql::Row> = server.root().query_first(column).expect("it tells");
            let told = told.expect("it replicates");
            told.get(0).expect("a value")
        };
        let written = at(self, "SELECT @@gtid_binlog_pos");
        let begun = Instant::now();
        while at(&replica, "SELECT @@gtid_slave_pos") != written {
            assert!(begun.elapsed() < Duration::from_secs(30), "no replica");
            thread::sleep(Duration::from_millis(20));
        }
        replica.run(&format!(
            "STOP SLAVE;\nCHANGE MASTER TO MASTER_DELAY = {delay};\nSTART SLAVE;\n"
        ));
        replica
    }

    /// Starts it again after it was killed; from now on every commit is kept, whoever is killed.
    pub(crate) fn revive(&mut self) {
        self.child = serve(self.folder.path(), self.port, true, self.options);
        self.wait();
    }

    fn wait(&mut self) {
        let begun = Instant::now();
        while self.try_connect().is_err() {
            let log = || std::fs::read_to_string(self.folder.path().join("log"));
            let ended = self.child.try_wait().expect("it can be asked");
            assert!(ended.is_none(), "the server ended: {:?}", log());
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "no server: {:?}",
                log()
            );
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn try_connect(&self) -> mysql::Result<Conn> {
        let socket = self.folder.path().join("socket").display().to_string();
        Conn::new(
            OptsBuilder::new()
                .socket(Some(socket))
                .user(Some("root"))
                .prefer_socket(false),
        )
    }

    /// A connection that may do everything.
    pub(crate) fn root(&self) -> Conn {
        self.try_connect().expect("root may connect")
    }

    /// Does what statements say, one after the other; they end with `;` and the end of a line.
    pub(crate) fn run(&self, statements: &str) {
        let mut conn = self.root();
        for statement in statements.split(";\n").filter(|one| !one.trim().is_empty()) {
            if let Err(error) = conn.query_drop(statement) {
                panic!("{statement}: {error}");
            }
        }
    }

    /// Its folder, with `ca.pem`, and `other.pem` that signed nothing.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its port on this machine.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Opens a database as root, by the socket.
    pub(crate) fn open(&self, database: &str, sessions: usize) -> Database {
        let socket = self.folder.path().join("socket");
        let url = format!(
            "mariadb://root@localhost/{database}?socket={}",
            socket.display()
        );
        self.open_url(&url, sessions).expect("it opens")
    }

    /// Opens an address; `PORT` in it stands for the server's.
    pub(crate) fn open_url(&self, url: &str, sessions: usize) -> Result<Database, DatabaseError> {
        let url = url.replace("PORT", &self.port.to_string());
        let address = Address::parse(&url, self.folder())?;
        Database::open(&address, sessions)
    }

    /// Ends it at once, in the middle of whatever it does.
    pub(crate) fn kill(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What keeps a server small.
const SMALL: [&str; 2] = ["--innodb-buffer-pool-size=32M", "--innodb-log-file-size=8M"];

/// Starts the server of a folder.
fn serve(folder: &Path, port: u16, keeps_commits: bool, options: &[&str]) -> Child {
    let file = |name: &str| folder.join(name).display().to_string();
    let log = std::fs::File::create(file("log")).expect("a log");
    Command::new("mariadbd")
        .env("TMPDIR", folder.join("temporary"))
        .args(["--no-defaults", "--user=root", "--bind-address=127.0.0.1"])
        .args(["--skip-name-resolve", "--performance-schema=off"])
        .args(["--server-id=23", "--sync-binlog=0"])
        // In the folder of its data.
        .arg("--log-bin=binlog")
        .arg(format!(
            "--innodb-flush-log-at-trx-commit={}",
            u8::from(keeps_commits)
        ))
        .args(SMALL)
        .arg(format!("--datadir={}", file("data")))
        .arg(format!("--socket={}", file("socket")))
        .arg(format!("--port={port}"))
        .arg(format!("--ssl-ca={}", file("ca.pem")))
        .arg(format!("--ssl-cert={}", file("server.pem")))
        .arg(format!("--ssl-key={}", file("server.key")))
        .args(options)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("mariadbd is installed")
}

/// A port of this machine that nobody listens on.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}
