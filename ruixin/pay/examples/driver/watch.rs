//! What the service and its store take, looked at from outside.

use std::fs;
use std::path::PathBuf;

use ruixin_service::store::{Dialect, Store, Tx};

use super::Failure;

/// Is what is looked at.
pub(crate) struct Watched {
    pid: Option<u32>,
    store: Option<Store>,
    /// SQLite's file.
    file: Option<PathBuf>,
    /// What counts its records, and the answers that are kept.
    counts: [&'static str; 2],
}

/// Is what was seen at one time; nothing is nought.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Look {
    /// Memory of the service, in KiB.
    memory: u64,
    files: u64,
    /// Bytes of the database, and of its log where that is a file.
    database: u64,
    log: u64,
    records: u64,
    answers: u64,
}

impl Watched {
    /// Watches a process, and a store with where it is; `counts` count its records and
    /// the answers.
    pub(crate) fn new(
        pid: Option<u32>,
        store: Option<(&str, Store)>,
        counts: [&'static str; 2],
    ) -> Watched {
        let file = store.as_ref().and_then(|(address, store)| {
            let path = address.strip_prefix("sqlite:").unwrap_or(address);
            (store.dialect() == Dialect::Sqlite).then(|| PathBuf::from(path))
        });
        Watched {
            pid,
            store: store.map(|(_, store)| store),
            file,
            counts,
        }
    }

    pub(crate) async fn look(&self) -> Result<Look, Failure> {
        let mut look = Look::default();
        if let Some(pid) = self.pid {
            let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
            let kib = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
            look.memory = kib.ok_or("the service's memory is not told")?;
            look.files = fs::read_dir(format!("/proc/{pid}/fd"))?.count() as u64;
        }
        if let Some(store) = &self.store {
            let [records, answers] = self.counts;
            let numbers = async move |tx: &mut Tx<'_>| {
                let mut numbers = [0, 0, 0];
                let size = match tx.dialect() {
                    Dialect::Sqlite => "SELECT 0",
                    Dialect::Postgres => "SELECT pg_database_size(current_database())",
                };
                for (number, sql) in numbers.iter_mut().zip([records, answers, size]) {
                    let rows = tx.rows(sql, vec![]).await?;
                    *number = rows[0].int(0)?.unsigned_abs();
                }
                Ok(numbers)
            };
            [look.records, look.answers, look.database] = store.read(numbers).await?;
        }
        if let Some(file) = &self.file {
            let size = |path: &PathBuf| fs::metadata(path).map_or(0, |about| about.len());
            look.database = size(file);
            look.log = size(&PathBuf::from(format!("{}-wal", file.display())));
        }
        Ok(look)
    }
}

impl Look {
    pub(crate) const HEAD: &'static str =
        "      | memory MiB | files | database MiB | log MiB | bytes a record |  records | answers";

    pub(crate) fn line(&self, when: &str) -> String {
        format!(
            "{when:>5} | {:>10} | {:>5} | {:>12} | {:>7} | {:>14} | {:>8} | {:>7}",
            self.memory / 1024,
            self.files,
            self.database >> 20,
            self.log >> 20,
            self.bytes_a_record(),
            self.records,
            self.answers,
        )
    }

    fn bytes_a_record(&self) -> u64 {
        self.database / self.records.max(1)
    }
}

/// What grew in the second half of a run beyond the books: the first half fills caches, and the
/// answers that are kept.
pub(crate) fn grown(looks: &[Look]) -> Vec<String> {
    let Some((last, middle)) = looks.last().zip(looks.get(looks.len() / 2)) else {
        return Vec::new();
    };
    let mut grown = Vec::new();
    let mut see = |what: &str, middle: u64, last: u64, may: u64| {
        if last > middle + may {
            grown.push(format!("{what} from {middle} to {last}"));
        }
    };
    let most = |of: fn(&Look) -> u64| {
        looks
            .iter()
            .take(looks.len() / 2 + 1)
            .map(of)
            .max()
            .unwrap_or(0)
    };
    let memory = most(|look| look.memory);
    see("memory in KiB", memory, last.memory, memory / 10 + 8_192);
    let files = most(|look| look.files);
    see("open files", files, last.files, 8);
    let log = most(|look| look.log);
    see("the log", log, last.log, log / 4 + (4 << 20));
    let per_record = middle.bytes_a_record();
    see(
        "bytes a record",
        per_record,
        last.bytes_a_record(),
        per_record / 20,
    );
    let answers = most(|look| look.answers);
    see("answers", answers, last.answers, answers / 2);
    grown
}
