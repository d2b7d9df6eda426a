//! Reads a book to its end and says how fast: `scan BOOK [THREADS [TABLES.toml]]`.
//!
//! `TABLES.toml` has a `[NAME]` for each table of which something must be said.
#![expect(clippy::print_stdout, reason = "an example for the terminal")]

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use books::{Book, BookError, BookSpec, Chunk, Meter, ReadError, ReadRequest, Table};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let root = arguments.next().ok_or("which book?")?.into();
    let threads = arguments.next().map_or(Ok(1), |threads| threads.parse())?;
    let tables = match arguments.next() {
        Some(path) => toml::from_str(&std::fs::read_to_string(path)?)?,
        None => BTreeMap::new(),
    };
    let started = Instant::now();
    let book = Book::open(&BookSpec {
        root,
        tables,
        ..BookSpec::default()
    })
    .map_err(all)?;
    println!("opened in {:.3} s", started.elapsed().as_secs_f64());
    for table in book.tables() {
        scan(table, threads)?;
    }
    Ok(())
}

fn all(errors: Vec<BookError>) -> String {
    errors
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<String>>()
        .join("\n")
}

fn scan(table: &Arc<Table>, threads: usize) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let chunks = table.chunks();
    println!(
        "{}: {} chunks in {:.3} s",
        table.name(),
        chunks.len(),
        started.elapsed().as_secs_f64()
    );
    let started = Instant::now();
    let meter = Arc::new(Meter::default());
    let request = ReadRequest {
        meter: Some(Arc::clone(&meter)),
        ..ReadRequest::new((0..table.schema().fields().len()).collect())
    };
    let next = AtomicUsize::new(0);
    let results: Vec<Result<(), ReadError>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| scope.spawn(|| drain(table, &chunks, &next, &request)))
            .collect();
        workers
            .into_iter()
            .filter_map(|worker| worker.join().ok())
            .collect()
    });
    results.into_iter().collect::<Result<(), ReadError>>()?;
    let seconds = started.elapsed().as_secs_f64();
    let (rows, bytes) = (
        meter.rows.load(Ordering::Relaxed),
        meter.bytes.load(Ordering::Relaxed),
    );
    println!(
        "{rows} rows, {bytes} bytes in {seconds:.3} s: {:.0} MB/s",
        bytes as f64 / 1e6 / seconds
    );
    for repair in table.repairs() {
        let column = repair.column.unwrap_or_default();
        println!(
            "  {} {} {column}: {}",
            repair.file, repair.what, repair.count
        );
    }
    let started = Instant::now();
    books::digest_tables(&[table], threads, &Meter::default(), &|| false)?;
    println!("digests in {:.3} s", started.elapsed().as_secs_f64());
    Ok(())
}

fn drain(
    table: &Table,
    chunks: &[Chunk],
    next: &AtomicUsize,
    request: &ReadRequest,
) -> Result<(), ReadError> {
    while let Some(chunk) = chunks.get(next.fetch_add(1, Ordering::Relaxed)) {
        for batch in table.read(chunk, request)? {
            std::hint::black_box(batch?);
        }
    }
    Ok(())
}
