//! The servers that books are measured in: PostgreSQL and MariaDB, each with the same two tables. The
//! services are tried on the first, too.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use tempfile::TempDir;

#[path = "../../../databases/tests/support/certificates.rs"]
mod certificates;
#[path = "../../../databases/tests/support/postgres.rs"]
#[expect(dead_code, reason = "measuring needs less of it than the tests")]
mod postgres;

pub(crate) use self::postgres::{PASSWORD, Postgres};

/// Memory and no sync: what is measured is reading.
const SETTINGS: &str = "shared_buffers = 2GB\nmax_wal_size = 16GB\nwork_mem = 512MB";

/// Eight columns, as the measurement of files has them.
pub(crate) const LEDGER: &str = "SELECT n::bigint AS txn_id, (n * 7919::bigint % 2000003)::bigint AS account, \
    timestamp '2013-01-01' + (n / 3) * interval '1 second' AS at, (n % 16)::smallint AS kind, \
    ((n * 2654435761::bigint % 100000007 - 50000000) / 100.0)::numeric(18,2) AS amount, \
    ((n % 997) / 100.0)::numeric(18,2) AS fee, \
    ((n * 40503::bigint % 1000000007) / 100.0)::numeric(18,2) AS balance, \
    'R' || lpad(n::text, 15, '0') AS reference";

/// The columns beside the key.
const VALUES: [&str; 7] = [
    "account",
    "at",
    "kind",
    "amount",
    "fee",
    "balance",
    "reference",
];

/// Is a server with the tables `ledger` of an old and a new book.
pub(crate) trait Server {
    /// What it is called in the figures.
    fn kind(&self) -> &'static str;

    /// Its version.
    fn version(&self) -> Result<String>;

    /// Makes both tables, of so many records, of which so many differ.
    fn fill(&self, records: u64, differing: u64) -> Result<()>;

    /// The addresses of both books, with `${PASSWORD}` where a password stands.
    fn addresses(&self) -> [String; 2];

    /// Reads both tables, one after the other, and throws them away: what it is called, and how it is
    /// done.
    fn floor(&self) -> (&'static str, Command);

    /// Counts in the server what differs.
    fn join(&self) -> Command;

    /// Both tables as reladiff takes them.
    fn for_reladiff(&self) -> [String; 4];

    /// Both tables, and the address, as DuckDB's reader takes them; none where it has no reader.
    fn for_duckdb(&self) -> Option<[String; 3]> {
        None
    }
}

impl Server for Postgres {
    fn kind(&self) -> &'static str {
        "PostgreSQL"
    }

    fn version(&self) -> Result<String> {
        Ok(self.psql("SHOW server_version").trim().to_owned())
    }

    fn fill(&self, records: u64, differing: u64) -> Result<()> {
        let changed = match differing {
            0 => String::new(),
            some => format!(
                "UPDATE new.ledger SET amount = amount + 0.01 WHERE txn_id % {} = 0;",
                records / some
            ),
        };
        self.psql(&format!(
            "DROP SCHEMA IF EXISTS old CASCADE; DROP SCHEMA IF EXISTS new CASCADE;
             CREATE SCHEMA old; CREATE SCHEMA new;
             CREATE TABLE old.ledger AS {LEDGER} FROM generate_series(1, {records}) n;
             ALTER TABLE old.ledger ADD PRIMARY KEY (txn_id);
             CREATE TABLE new.ledger AS SELECT * FROM old.ledger ORDER BY txn_id;
             ALTER TABLE new.ledger ADD PRIMARY KEY (txn_id); {changed}"
        ));
        self.psql("VACUUM ANALYZE old.ledger");
        self.psql("VACUUM ANALYZE new.ledger");
        Ok(())
    }

    fn addresses(&self) -> [String; 2] {
        // By TCP and without TLS, as all contestants are connected.
        let url = self.tcp_url("teller", "${PASSWORD}");
        ["old", "new"].map(|schema| format!("{url}?schema={schema}"))
    }

    fn floor(&self) -> (&'static str, Command) {
        let mut command = Command::new("psql");
        command
            .args(["-X", "-v", "ON_ERROR_STOP=1"])
            .arg(without_tls(self));
        for schema in ["old", "new"] {
            let copied = format!(r"\copy {schema}.ledger TO /dev/null (FORMAT binary)");
            command.args(["-c", &copied]);
        }
        ("psql, \\copy of both tables to nowhere", command)
    }

    fn join(&self) -> Command {
        let of = |table: &str| VALUES.map(|name| format!("{table}.{name}")).join(", ");
        let mut command = self.psql_command();
        command.arg("-c").arg(format!(
            "SELECT count(*) FROM old.ledger o FULL JOIN new.ledger n USING (txn_id) \
             WHERE ({}) IS DISTINCT FROM ({})",
            of("o"),
            of("n")
        ));
        command
    }

    fn for_reladiff(&self) -> [String; 4] {
        let url = without_tls(self);
        [
            url.clone(),
            "old.ledger".to_owned(),
            url,
            "new.ledger".to_owned(),
        ]
    }

    fn for_duckdb(&self) -> Option<[String; 3]> {
        let [old, new] = ["old.ledger", "new.ledger"].map(str::to_owned);
        Some([old, new, without_tls(self)])
    }
}

/// The address of a server as clients of PostgreSQL's own library take it, which would encrypt otherwise.
fn without_tls(server: &Postgres) -> String {
    let url = server.tcp_url("teller", PASSWORD);
    url.replace("postgres://", "postgresql://") + "?sslmode=disable"
}

/// Starts a PostgreSQL to measure in.
///
/// # Errors
/// When it is not installed, or does not start.
pub(crate) fn postgres() -> Result<Postgres> {
    postgres_with(SETTINGS)
}

/// Starts a PostgreSQL with settings of its own.
///
/// # Errors
/// When it is not installed, or does not start.
pub(crate) fn postgres_with(settings: &'static str) -> Result<Postgres> {
    // As the tests start it, it panics; why has been said then.
    let started = std::panic::catch_unwind(|| Postgres::start(settings));
    started.map_err(|_| anyhow!("no PostgreSQL starts"))
}

/// A MariaDB of its own, in a temporary folder, for as long as it is held.
pub(crate) struct MariaDb {
    folder: TempDir,
    child: Child,
    port: u16,
}

impl MariaDb {
    /// Starts a server with memory enough, which syncs nothing.
    ///
    /// # Errors
    /// When it is not installed, or does not start.
    pub(crate) fn start() -> Result<Self> {
        let folder = tempfile::tempdir().context("no folder for MariaDB")?;
        let temporary = folder.path().join("temporary");
        fs::create_dir(&temporary).context("no folder for MariaDB")?;
        let data = format!("--datadir={}", folder.path().join("data").display());
        let installed = Command::new("mariadb-install-db")
            .env("TMPDIR", &temporary)
            .args(["--no-defaults", "--user=root", "--skip-test-db"])
            .args(["--auth-root-authentication-method=normal", &data])
            .output()
            .context("mariadb-install-db cannot be run")?;
        if !installed.status.success() {
            bail!("{}", String::from_utf8_lossy(&installed.stderr));
        }
        let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port")?;
        let port = listener.local_addr().context("no free port")?.port();
        drop(listener);
        let log = fs::File::create(folder.path().join("log")).context("no log for MariaDB")?;
        let child = Command::new("mariadbd")
            .env("TMPDIR", &temporary)
            .args(["--no-defaults", "--user=root", "--bind-address=127.0.0.1"])
            .args(["--skip-name-resolve", "--performance-schema=off"])
            .args(["--innodb-buffer-pool-size=3G", "--innodb-log-file-size=1G"])
            .args(["--innodb-flush-log-at-trx-commit=0", &data])
            .arg(format!("--port={port}"))
            .arg(format!("--socket={}", socket(folder.path())))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .context("mariadbd cannot be run")?;
        let mut server = Self {
            folder,
            child,
            port,
        };
        server.wait()?;
        let password = PASSWORD.replace('\'', "''");
        server.run(&format!(
            "CREATE USER teller@'%' IDENTIFIED BY '{password}'; GRANT ALL ON *.* TO teller@'%'"
        ))?;
        Ok(server)
    }

    fn wait(&mut self) -> Result<()> {
        let begun = Instant::now();
        while self.run("SELECT 1").is_err() {
            let is_gone = self.child.try_wait().is_ok_and(|ended| ended.is_some());
            if is_gone || begun.elapsed() > Duration::from_secs(60) {
                let log = fs::read_to_string(self.folder.path().join("log"));
                bail!("MariaDB does not start: {}", log.unwrap_or_default());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// The server's own client, which may do everything.
    fn client(&self) -> Command {
        let mut command = Command::new("mariadb");
        command.args(["--no-defaults", "-u", "root", "-S"]);
        command.arg(socket(self.folder.path()));
        command.args(["--quick", "-B", "-N"]);
        command
    }

    /// The server's own client by TCP and without TLS, as all contestants are connected.
    fn contestant(&self) -> Command {
        let mut command = Command::new("mariadb");
        command.args(["--no-defaults", "--skip-ssl", "-u", "teller"]);
        command.args(["--protocol=TCP", "-h", "127.0.0.1", "-P"]);
        command.arg(self.port.to_string());
        command.args(["--quick", "-B", "-N"]);
        command.env("MYSQL_PWD", PASSWORD);
        command
    }

    fn run(&self, statements: &str) -> Result<String> {
        let mut client = self.client();
        let output = client.args(["-e", statements]).output();
        let output = output.context("mariadb cannot be run")?;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

fn socket(folder: &Path) -> String {
    folder.join("socket").display().to_string()
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Server for MariaDb {
    fn kind(&self) -> &'static str {
        "MariaDB"
    }

    fn version(&self) -> Result<String> {
        Ok(self.run("SELECT VERSION()")?.trim().to_owned())
    }

    fn fill(&self, records: u64, differing: u64) -> Result<()> {
        let changed = match differing {
            0 => String::new(),
            some => format!(
                "UPDATE new_book.ledger SET amount = amount + 0.01 WHERE txn_id % {} = 0;",
                records / some
            ),
        };
        self.run(&format!(
            "DROP DATABASE IF EXISTS old_book; DROP DATABASE IF EXISTS new_book; \
             CREATE DATABASE old_book CHARACTER SET utf8mb4; CREATE DATABASE new_book CHARACTER SET utf8mb4; \
             USE old_book; \
             CREATE TABLE ledger (txn_id bigint PRIMARY KEY, account bigint NOT NULL, at datetime NOT NULL, \
             kind smallint NOT NULL, amount decimal(18,2) NOT NULL, fee decimal(18,2) NOT NULL, \
             balance decimal(18,2) NOT NULL, reference varchar(16) NOT NULL); \
             INSERT INTO ledger SELECT seq, seq * 7919 % 2000003, '2013-01-01' + INTERVAL (seq DIV 3) SECOND, \
             seq % 16, (CAST(seq * 2654435761 % 100000007 AS SIGNED) - 50000000) / 100, seq % 997 / 100, \
             seq * 40503 % 1000000007 / 100, CONCAT('R', LPAD(seq, 15, '0')) FROM seq_1_to_{records}; \
             CREATE TABLE new_book.ledger LIKE ledger; \
             INSERT INTO new_book.ledger SELECT * FROM ledger ORDER BY txn_id; {changed} \
             ANALYZE TABLE ledger, new_book.ledger"
        ))?;
        Ok(())
    }

    fn addresses(&self) -> [String; 2] {
        let port = self.port;
        ["old_book", "new_book"]
            .map(|book| format!("mysql://teller:${{PASSWORD}}@127.0.0.1:{port}/{book}"))
    }

    fn floor(&self) -> (&'static str, Command) {
        let mut reading = self.contestant();
        reading.args([
            "-e",
            "SELECT * FROM old_book.ledger; SELECT * FROM new_book.ledger",
        ]);
        // What it says goes nowhere, and is not taken in here.
        let mut command = Command::new("sh");
        command.args(["-c", "exec \"$0\" \"$@\" > /dev/null"]);
        command.arg(reading.get_program()).args(reading.get_args());
        command.env("MYSQL_PWD", PASSWORD);
        ("mariadb --quick, both tables to nowhere", command)
    }

    fn join(&self) -> Command {
        let same = VALUES.map(|name| format!("o.{name} <=> n.{name}"));
        let mut command = self.contestant();
        // There is no full outer join: what is missing or differs, and what is extra.
        command.arg("-e").arg(format!(
            "SELECT (SELECT COUNT(*) FROM old_book.ledger o LEFT JOIN new_book.ledger n USING (txn_id) \
             WHERE n.txn_id IS NULL OR NOT ({})) + (SELECT COUNT(*) FROM new_book.ledger n \
             LEFT JOIN old_book.ledger o USING (txn_id) WHERE o.txn_id IS NULL)",
            same.join(" AND ")
        ));
        command
    }

    fn for_reladiff(&self) -> [String; 4] {
        let password = PASSWORD.replace('@', "%40").replace('/', "%2F");
        let url = |book: &str| {
            let port = self.port;
            format!("mysql://teller:{password}@127.0.0.1:{port}/{book}")
        };
        [
            url("old_book"),
            "ledger".to_owned(),
            url("new_book"),
            "ledger".to_owned(),
        ]
    }
}
