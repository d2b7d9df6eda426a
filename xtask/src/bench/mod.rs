//! Measures Crossfoot: beside its rivals, and the hot loop by itself.

mod contest;
mod data;
mod databases;
mod evening;
pub(crate) mod figures;
pub(crate) mod fold;
mod honesty;
mod judge;
pub(crate) mod machine;
mod names;
pub(crate) mod page;
mod rivals;
pub(crate) mod servers;
mod targets;
mod verify;

use anyhow::{Result, bail};

use crate::arguments::Arguments;
use crate::place;

const USAGE: &str = "\
cargo xtask bench verify [--records N] [--csv-records N] [--bad-records N]
                         [--cases same,convert,csv,bad,breaks,story]
                         [--repeat N]
                         [--dir FOLDER] [--keep] [--out FOLDER]
  100 million records, 10 million of CSV, a tenth of the records where many
  differ (each break leaves about 1 kB of evidence), and three runs, if not said.
  Needs about 30 GB in FOLDER (the system's temporary folder if not said), given
  back at the end. Writes docs/BENCHMARKS.md, and bench/verify.json, for the
  last two cases breaks.json and story.json; or all of them into --out.

cargo xtask bench databases [--server PostgreSQL|MariaDB] [--records N] [--repeat N]
  Books in a PostgreSQL and in a MariaDB that it starts and ends, 10 million
  records and three runs if not said. Of one of them only, the figures of the
  other and those of writing stay, and the page says so. Needs about 10 GB in the system's temporary folder. Writes
  bench/databases.json and docs/BENCHMARKS.md.

cargo xtask bench evening [--records N] [--people N] [--dir FOLDER]
  crossfoot demo --live with a million accounts, if not said otherwise. Needs
  about 30 GB in FOLDER. Writes bench/evening.json and docs/BENCHMARKS.md.

cargo xtask bench fold [--check]
  Counts instructions per record in the hot loop; writes bench/callgrind.json.
  With --check it writes nothing and fails if they grew by more than 5 %; figures
  of another compiler or kind of processor are not compared.

cargo xtask bench honesty
  Measures how honest the forecasts of the clock are; writes bench/honesty.json.

cargo xtask bench page
  Writes docs/BENCHMARKS.md anew from the files of figures.";

/// Runs one of the measurements.
///
/// # Errors
/// When it cannot be run, or `fold --check` finds the loop slower.
pub(crate) fn run(mut arguments: Arguments) -> Result<()> {
    match arguments.word().as_deref() {
        Some("verify") => verify::run(&verify::Options::read(arguments)?),
        Some("databases") => databases::run(arguments),
        Some("evening") => evening::run(arguments),
        Some("fold") => {
            let check = arguments.flag("--check");
            arguments.finish()?;
            if check {
                println!("{}", fold::check()?);
                Ok(())
            } else {
                fold::measure()
            }
        }
        Some("honesty") => {
            arguments.finish()?;
            honesty::measure()
        }
        Some("page") => {
            arguments.finish()?;
            page::write(&place::root().join("bench"), &place::root().join("docs"))
        }
        _ => bail!("{USAGE}"),
    }
}
