//! A service that is watched under load: nothing may grow but its books.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use ruixin_service::store::{Dialect, Store, Tx};

use super::block_on;

/// What a round may leave in memory beside what the database keeps of new pages: it is less than a
/// kilobyte a request.
const MEMORY_KIB: u64 = 4_096;
const ROUNDS: usize = 3;

/// Is a service under load.
pub struct Soaked<'a> {
    /// Its process.
    pub pid: u32,
    pub store: Store,
    /// The tables that grow as long as people pay.
    pub books: &'a [&'a str],
    /// The tables with a row for each record.
    pub records: &'a [&'a str],
    /// The table of the answers, which are pruned after each round.
    pub answers: &'a str,
    /// SQLite's log.
    pub log: Option<PathBuf>,
}

impl Soaked<'_> {
    /// Asks in three rounds, and holds what is there after the first against what is there at the end.
    pub fn grows_by_its_books_alone(&self, round: impl Fn(usize)) {
        let mut seen = Vec::new();
        for number in 0..ROUNDS {
            round(number);
            until("answers are pruned", || self.tables()[self.answers] == 0);
            let tables = self.tables();
            seen.push((
                self.memory_kib(),
                self.open_files(),
                self.sessions(),
                tables,
            ));
        }
        let (memory, files, sessions, first) = &seen[0];
        let (memory_last, _, _, last) = &seen[ROUNDS - 1];
        let records = self.records.iter();
        let more: i64 = records.map(|name| last[*name] - first[*name]).sum();
        assert!(more > 0, "the books grew by {more}");
        for (name, rows) in last {
            let is_books = self.books.contains(&name.as_str());
            assert!(
                is_books || first[name] == *rows,
                "{name}: {} and {rows}",
                first[name]
            );
        }
        // What the database keeps of new pages in memory: a record is less than a kilobyte.
        let pages = u64::try_from(more).expect("more");
        assert!(
            *memory_last < memory + pages + MEMORY_KIB,
            "{memory} KiB, then {memory_last}"
        );
        until("connections are closed", || self.open_files() <= files + 4);
        until("sessions are ended", || self.sessions() <= sessions + 2);
        if let Some(log) = &self.log {
            let log = fs::metadata(log).expect("a log").len();
            assert!(log < 32 << 20, "{log} bytes of log");
        }
    }

    /// How many rows each table has.
    fn tables(&self) -> BTreeMap<String, i64> {
        let list = match self.store.dialect() {
            Dialect::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table'",
            Dialect::Postgres => {
                "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = current_schema()"
            }
        };
        let read = async move |tx: &mut Tx<'_>| {
            let mut tables = BTreeMap::new();
            for row in tx.rows(list, vec![]).await? {
                let name = row.text(0)?.to_owned();
                let sql: &'static str = format!("SELECT count(*) FROM {name}").leak();
                let rows = tx.rows(sql, vec![]).await?;
                tables.insert(name, rows[0].int(0)?);
            }
            Ok(tables)
        };
        block_on(self.store.read(read)).expect("tables")
    }

    /// How many sessions a server has: SQLite has none.
    fn sessions(&self) -> i64 {
        let sql = match self.store.dialect() {
            Dialect::Sqlite => "SELECT 0",
            Dialect::Postgres => {
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            }
        };
        let read = async move |tx: &mut Tx<'_>| tx.rows(sql, vec![]).await?[0].int(0);
        block_on(self.store.read(read)).expect("sessions")
    }

    fn memory_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).expect("a process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        number
            .and_then(|number| number.parse().ok())
            .expect("memory")
    }

    fn open_files(&self) -> usize {
        let files = fs::read_dir(format!("/proc/{}/fd", self.pid));
        files.expect("a process").count()
    }
}

/// Waits until something holds, as long as any machine may need.
fn until(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < end, "{what}");
        thread::sleep(Duration::from_millis(100));
    }
}
