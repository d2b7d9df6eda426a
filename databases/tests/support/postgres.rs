//! A PostgreSQL of a test's own: in a folder of its own, on a free port, gone with the test.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::certificates::certificates;

/// A running server, whose user `teller` may do everything and has the password `p@ss/word`.
pub(crate) struct Postgres {
    folder: TempDir,
    pub(crate) port: u16,
    server: Child,
}

/// The password of `teller`, with what an address must write otherwise.
pub(crate) const PASSWORD: &str = "p@ss/word";

impl Postgres {
    /// Makes a cluster and starts it, with a certificate for `localhost` signed by `ca.pem` in its
    /// folder; `settings` are lines of its configuration.
    pub(crate) fn start(settings: &str) -> Postgres {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().join("data");
        certificates(folder.path());
        std::fs::write(folder.path().join("password"), PASSWORD).expect("written");
        let owner = owner();
        if let Some(owner) = owner {
            for name in [".", "server.key"] {
                let path = folder.path().join(name);
                std::os::unix::fs::chown(path, Some(owner), None).expect("chowned");
            }
        }
        let made = program("initdb", owner)
            .args([
                "--username=teller",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
            ])
            .args(["--locale=C", "--no-sync"])
            .arg(format!(
                "--pwfile={}",
                folder.path().join("password").display()
            ))
            .arg("-D")
            .arg(&data)
            .output()
            .expect("initdb runs");
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let port = free_port();
        let configuration = format!(
            "port = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{0}'\n\
             ssl = on\nssl_cert_file = '{0}/server.pem'\nssl_key_file = '{0}/server.key'\n\
             fsync = off\nshared_buffers = 32MB\nmax_connections = 20\nlog_destination = stderr\n\
             {settings}\n",
            folder.path().display()
        );
        let path = data.join("postgresql.auto.conf");
        std::fs::write(&path, configuration).expect("written");
        let server = start(folder.path(), owner);
        let postgres = Postgres {
            folder,
            port,
            server,
        };
        postgres.wait_until_ready();
        postgres
    }

    /// Starts a replica of it, which replays what comes only after so many seconds.
    pub(crate) fn replica(&self, delay: u32) -> Postgres {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let owner = owner();
        if let Some(owner) = owner {
            std::os::unix::fs::chown(folder.path(), Some(owner), None).expect("chowned");
        }
        let copied = program("pg_basebackup", owner)
            .env("PGPASSWORD", PASSWORD)
            .args(["-h", &self.folder.path().display().to_string()])
            .args([
                "-p",
                &self.port.to_string(),
                "-U",
                "teller",
                "-R",
                "-c",
                "fast",
            ])
            .arg("-D")
            .arg(folder.path().join("data"))
            .output()
            .expect("pg_basebackup runs");
        let said = String::from_utf8_lossy(&copied.stderr);
        assert!(copied.status.success(), "{said}");
        let port = free_port();
        let path = folder.path().join("data/postgresql.auto.conf");
        let mut configuration = std::fs::read_to_string(&path).expect("a configuration");
        let more = format!(
            "port = {port}\nunix_socket_directories = '{}'\nssl = off\n\
             recovery_min_apply_delay = '{delay}s'\nwal_receiver_status_interval = 1s\n",
            folder.path().display()
        );
        configuration.push_str(&more);
        std::fs::write(&path, configuration).expect("written");
        let replica = Postgres {
            server: start(folder.path(), owner),
            folder,
            port,
        };
        replica.wait_until_ready();
        replica
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its address by socket.
    pub(crate) fn url(&self, user: &str, password: &str) -> String {
        let password = password.replace('@', "%40").replace('/', "%2F");
        let folder = self.folder.path().display();
        let port = self.port;
        format!("postgres://{user}:{password}@localhost:{port}/postgres?host={folder}")
    }

    /// Its address by TCP.
    pub(crate) fn tcp_url(&self, user: &str, password: &str) -> String {
        let url = self.url(user, password);
        let (by_host, _) = url.split_once('?').unwrap_or((&url, ""));
        by_host.replace("@localhost", "@127.0.0.1")
    }

    /// Runs statements with the server's own client.
    pub(crate) fn psql(&self, sql: &str) -> String {
        // By its input: the text may be longer than a command line.
        let mut psql = self.psql_command();
        psql.args(["-f", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = psql.spawn().expect("psql runs");
        let mut stdin = child.stdin.take().expect("it is piped");
        let text = sql.to_owned();
        let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
        let output = child.wait_with_output().expect("psql ends");
        drop(writer.join());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{sql}: {said}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// The server's own client, ready to be told what to do.
    pub(crate) fn psql_command(&self) -> Command {
        let mut command = Command::new("psql");
        command
            .env("PGPASSWORD", PASSWORD)
            .args(["-h", &self.folder.path().display().to_string()])
            .args(["-p", &self.port.to_string()])
            .args([
                "-U",
                "teller",
                "-d",
                "postgres",
                "-qAtX",
                "-v",
                "ON_ERROR_STOP=1",
            ]);
        command
    }

    /// Ends the server as a power cut does.
    pub(crate) fn kill(&mut self) {
        signal("-QUIT", self.server.id());
        self.server.wait().expect("it ends");
    }

    /// Starts it again after it was killed.
    pub(crate) fn revive(&mut self) {
        self.server = start(self.folder.path(), owner());
        self.wait_until_ready();
    }

    /// Waits until it answers.
    pub(crate) fn wait_until_ready(&self) {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            let ready = TcpStream::connect(("127.0.0.1", self.port)).is_ok()
                && self
                    .psql_command()
                    .args(["-c", "SELECT 1"])
                    .output()
                    .is_ok_and(|output| output.status.success());
            if ready {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let log = std::fs::read_to_string(self.folder.path().join("log"));
        panic!("PostgreSQL does not start: {}", log.unwrap_or_default());
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if matches!(self.server.try_wait(), Ok(None)) {
            signal("-QUIT", self.server.id());
            drop(self.server.wait());
        }
    }
}

fn start(folder: &Path, owner: Option<u32>) -> Child {
    let log = std::fs::File::create(folder.join("log")).expect("a log");
    program("postgres", owner)
        .arg("-D")
        .arg(folder.join("data"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("postgres runs")
}

fn signal(signal: &str, process: u32) {
    let sent = Command::new("kill")
        .args([signal, &process.to_string()])
        .status();
    assert!(sent.is_ok_and(|status| status.success()));
}

/// One of the server's programs, as a user that may run it: PostgreSQL refuses root.
fn program(name: &str, owner: Option<u32>) -> Command {
    let mut command = Command::new(path_of(name));
    command.current_dir("/").env("LC_ALL", "C");
    if let Some(owner) = owner {
        command.uid(owner);
    }
    command
}

/// Debian keeps them off the search path.
fn path_of(name: &str) -> PathBuf {
    let debian = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let mut found: Vec<PathBuf> = debian
        .flatten()
        .map(|version| version.path().join("bin").join(name))
        .filter(|path| path.is_file())
        .collect();
    found.sort();
    found.pop().unwrap_or_else(|| PathBuf::from(name))
}

/// The user to run as, where we are root.
fn owner() -> Option<u32> {
    let id = |arguments: &[&str]| {
        let output = Command::new("id").args(arguments).output().ok()?;
        String::from_utf8(output.stdout)
            .ok()?
            .trim()
            .parse::<u32>()
            .ok()
    };
    (id(&["-u"]) == Some(0)).then(|| {
        id(&["-u", "postgres"])
            .or_else(|| id(&["-u", "nobody"]))
            .expect("a user for PostgreSQL")
    })
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}
