//! Writes the books of the wallet:
//! `cargo run --release -p ruixin-history --example history -- --records 1000000 --out DIR`.
#![expect(clippy::print_stdout, reason = "a command speaks on its output")]
#![expect(clippy::print_stderr, reason = "progress goes to the other one")]

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use ruixin_history::{Format, History};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str =
    "history --out DIR [--records N] [--seed N] [--format parquet|csv] [--threads N]";

fn main() -> Result<()> {
    let (mut records, mut seed, mut threads) = (1_000_000, 1, 2);
    let (mut format, mut out) = (Format::Parquet, None);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words
            .next()
            .with_context(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--records" => records = value.replace('_', "").parse()?,
            "--seed" => seed = value.parse()?,
            "--threads" => threads = value.parse()?,
            "--out" => out = Some(PathBuf::from(value)),
            "--format" if value == "csv" => format = Format::Csv,
            "--format" if value == "parquet" => format = Format::Parquet,
            _ => bail!("{USAGE}"),
        }
    }
    let out = out.context(USAGE)?;
    let started = Instant::now();
    let history = History::new(seed, records)?;
    let summary = history.write(&out, format, threads, &|progress| {
        eprint!("\r{} of {}", progress.flow_records, progress.of);
    })?;
    let seconds = started.elapsed().as_secs_f64();
    eprintln!();
    println!("{summary:?}");
    println!(
        "{seconds:.2} s, {:.0} flow records a second",
        records as f64 / seconds
    );
    Ok(())
}
