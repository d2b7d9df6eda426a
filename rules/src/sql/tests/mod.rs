//! Stories: small books as text, a query, and what comes out.

mod controls;
mod corrections;
mod functions;
mod laws;
mod mistakes;
mod parquet;
mod readings;
mod readings_reread;
mod rejects;
mod runs;
mod shared;

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use books::{Book, BookSpec};
use tempfile::TempDir;

use super::controls::gather;
use super::rejects::texts;
use super::{Run, RunError, Session, Settings, Side, SqlError, Which};

/// A session over two folders of small CSV files, which go away with it.
struct Story {
    session: Session,
    _folder: TempDir,
}

/// A file per entry: `("source/flow", "id,amount\n1,2.50\n")`.
fn story(files: &[(&str, &str)]) -> Story {
    story_cut(files, 1 << 20)
}

/// As [`story`], with the files cut into chunks of about so many bytes.
fn story_cut(files: &[(&str, &str)], chunk_bytes: u64) -> Story {
    let folder = TempDir::new().expect("a temporary folder");
    for side in ["source", "target"] {
        std::fs::create_dir(folder.path().join(side)).expect("a folder of a book");
    }
    for (name, text) in files {
        std::fs::write(folder.path().join(format!("{name}.csv")), text).expect("a file of a book");
    }
    let session = open(folder.path(), chunk_bytes);
    Story {
        session,
        _folder: folder,
    }
}

fn open(folder: &Path, chunk_bytes: u64) -> Session {
    let book = |side: &str| {
        let spec = BookSpec {
            root: folder.join(side),
            ..BookSpec::default()
        };
        let empty = std::fs::read_dir(&spec.root)
            .expect("a book's folder")
            .next()
            .is_none();
        match empty {
            true => Book::default(),
            false => Book::open_cut(&spec, chunk_bytes).expect("a sound book"),
        }
    };
    Session::new(book("source"), book("target"), settings()).expect("a sound session")
}

/// A session over a folder that holds `source` and `target`.
fn open_with(folder: &Path, settings: Settings) -> Session {
    let book = |side: &str| {
        let spec = BookSpec {
            root: folder.join(side),
            ..BookSpec::default()
        };
        match std::fs::read_dir(&spec.root).map(|mut files| files.next().is_some()) {
            Ok(true) => Book::open(&spec).expect("a sound book"),
            _ => Book::default(),
        }
    };
    Session::new(book("source"), book("target"), settings).expect("a sound session")
}

fn settings() -> Settings {
    Settings {
        currency: "CNY".to_owned(),
        timezone: "Asia/Shanghai".to_owned(),
        threads: 2,
        memory_limit: None,
    }
}

/// Drives a future to its end on two threads.
fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

impl Story {
    fn side(&self, sql: &str) -> Side {
        self.require(sql, &[])
    }

    fn require(&self, sql: &str, requires: &[&str]) -> Side {
        let requires: Vec<String> = requires.iter().map(|text| (*text).to_owned()).collect();
        match self.session.side(Which::Source, sql, &requires) {
            Ok(side) => side,
            Err(errors) => panic!("{sql}: {errors:?}"),
        }
    }

    fn mistakes(&self, sql: &str) -> Vec<SqlError> {
        match self.session.side(Which::Source, sql, &[]) {
            Ok(_) => Vec::new(),
            Err(errors) => errors,
        }
    }

    /// What a rule gives, one record a line, ordered.
    fn run(&self, sql: &str) -> String {
        collect(&self.side(sql), &Run::new(2)).expect("a run without error")
    }
}

fn batches(side: &Side, run: &Run) -> Result<Vec<RecordBatch>, RunError> {
    wait(async { gather(side.run(run).await?).await })
}

/// The records of a run as lines `a|b|c`, ordered; NULL is `∅`.
fn collect(side: &Side, run: &Run) -> Result<String, RunError> {
    let mut lines: Vec<String> = batches(side, run)?.iter().flat_map(lines).collect();
    lines.sort();
    Ok(lines.join("\n"))
}

fn lines(batch: &RecordBatch) -> Vec<String> {
    let columns: Vec<Vec<Option<String>>> = batch.columns().iter().map(texts).collect();
    let line = |row: usize| {
        let cell =
            |column: &Vec<Option<String>>| column[row].clone().unwrap_or_else(|| "∅".to_owned());
        columns.iter().map(cell).collect::<Vec<_>>().join("|")
    };
    (0..batch.num_rows()).map(line).collect()
}

/// Rejects as lines `table file:row reason`.
fn rejected(rejects: &super::Rejects) -> String {
    let mut text = String::new();
    for reject in rejects.read() {
        let places: Vec<String> = reject
            .sources
            .iter()
            .map(|record| format!("{}:{}", record.file, record.row))
            .collect();
        let _ = writeln!(text, "{} {}", places.join("+"), reject.reason);
    }
    text
}

fn keeping() -> Run {
    Run {
        rejects: super::Rejects::keeping(),
        lineage: true,
        ..Run::new(2)
    }
}

#[expect(
    dead_code,
    reason = "a bound that the compiler checks: sessions are shared by threads"
)]
fn sessions_are_shared(session: Session, side: Side) -> impl Send + Sync {
    (Arc::new(session), side)
}
