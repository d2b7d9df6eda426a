//! Books for measuring Crossfoot, and the floors that it is measured against.
//!
//! `cargo xtask bench` calls this program; by hand it is useful to make books of
//! any size: `bench generate --records 1000000 --dir FOLDER`.
#![expect(clippy::print_stdout, reason = "a command speaks on its output")]

mod decode;
mod ledgers;
mod order;
mod plants;
mod record;
mod rule_only;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;
use std::thread;

use anyhow::{Context, Result, bail};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "\
bench generate --records N --dir FOLDER [--format parquet|csv]
               [--shape same|convert] [--differ PERCENT | --breaks N]
               [--group-rows N]
bench history --records N --dir FOLDER [--threads N]
bench decode [--threads N] FILE…
bench rule-only [--threads N] PLAN-FOLDER
bench honesty [--runs N]";

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let command = words.next();
    let mut given = Given::read(words)?;
    match command.as_deref() {
        Some("generate") => generate(&mut given),
        Some("history") => history(&mut given),
        Some("decode") => {
            let threads = given.threads()?;
            let rows = decode::all(&given.rest, threads)?;
            println!("{{\"rows\":{rows}}}");
            Ok(())
        }
        Some("rule-only") => {
            let threads = given.threads()?;
            let folder = given.rest.first().context("the plan's folder is missing")?;
            let rows = rule_only::run(folder, threads)?;
            println!("{{\"rows\":{rows}}}");
            Ok(())
        }
        Some("honesty") => {
            let runs = given.number("runs")?.unwrap_or(400);
            let rows = cutover::clock::honesty::measure(runs);
            println!("{}", serde_json::json!({"runs": runs, "rows": rows}));
            Ok(())
        }
        _ => bail!("{USAGE}"),
    }
}

fn generate(given: &mut Given) -> Result<()> {
    let wanted = ledgers::Wanted {
        records: given.number("records")?.context("--records is missing")?,
        folder: PathBuf::from(given.take("dir").context("--dir is missing")?),
        format: match given.take("format").as_deref() {
            None | Some("parquet") => ledgers::Format::Parquet,
            Some("csv") => ledgers::Format::Csv,
            Some(other) => bail!("--format is parquet or csv, not `{other}`"),
        },
        shape: match given.take("shape").as_deref() {
            None | Some("same") => ledgers::Shape::Same,
            Some("convert") => ledgers::Shape::Convert,
            Some(other) => bail!("--shape is same or convert, not `{other}`"),
        },
        differ_percent: given.number("differ")?,
        breaks: given.number("breaks")?,
        rows_per_group: given.number("group-rows")?.unwrap_or(1_000_000),
    };
    ledgers::write(&wanted)
}

/// Writes the old books of the wallet.
fn history(given: &mut Given) -> Result<()> {
    let records = given.number("records")?.context("--records is missing")?;
    let folder = PathBuf::from(given.take("dir").context("--dir is missing")?);
    let history = ruixin_history::History::new(2013, records)?;
    let format = ruixin_history::Format::Parquet;
    let summary = history.write(&folder, format, given.threads()?, &|_| {})?;
    println!("{{\"rows\":{}}}", summary.flow_records);
    Ok(())
}

/// Options of the form `--name value`, and the words without one.
struct Given {
    options: BTreeMap<String, String>,
    rest: Vec<PathBuf>,
}

impl Given {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self> {
        let mut given = Self {
            options: BTreeMap::new(),
            rest: Vec::new(),
        };
        while let Some(word) = words.next() {
            if let Some(name) = word.strip_prefix("--") {
                let value = words.next();
                let value = value.with_context(|| format!("{word} needs a value"))?;
                given.options.insert(name.to_owned(), value);
            } else {
                given.rest.push(PathBuf::from(word));
            }
        }
        Ok(given)
    }

    /// As many threads as said, or as there are processors.
    fn threads(&mut self) -> Result<usize> {
        let said = self.number("threads")?;
        let processors = || thread::available_parallelism().map_or(1, usize::from);
        Ok(said.unwrap_or_else(processors))
    }

    fn take(&mut self, name: &str) -> Option<String> {
        self.options.remove(name)
    }

    fn number<N: FromStr>(&mut self, name: &str) -> Result<Option<N>> {
        let Some(text) = self.take(name) else {
            return Ok(None);
        };
        match text.replace('_', "").parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => bail!("--{name} needs a number, not `{text}`"),
        }
    }
}
