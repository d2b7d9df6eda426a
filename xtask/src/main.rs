//! The one command for Crossfoot's developers: `cargo xtask`.
//!
//! It runs what CI runs, measures, and refreshes the files that are made from
//! code. It links nothing of the engine: what needs the engine is a program of
//! its own that this command starts.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command speaks on its output"
)]

mod api;
mod arguments;
mod bench;
mod causes;
mod ci;
mod corpus;
mod dist;
mod fuzz;
mod measure;
mod pages;
mod place;
mod programs;
mod rehearse;
mod schema;
mod servers;
#[cfg(test)]
mod shape;
mod table;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::arguments::Arguments;

const USAGE: &str = "\
cargo xtask COMMAND

  ci                     everything that CI checks
  pages                  only the checks of README and docs: links, commands, schema
  schema                 writes docs/crossfoot.schema.json anew from the plan's types
  causes                 writes docs/causes.md anew from the code of the causes
  corpus                 verifies the real books, where their data are present
  bench verify           measures beside the rivals, writes docs/BENCHMARKS.md
  bench fold [--check]   counts the instructions of the hot loop under callgrind
  bench --help           lists what else can be measured
  rehearse-causes        plants every cause in seeded books and measures what is found,
                         writes docs/CAUSES-MEASURED.md; --seed S, --records N, --quick
  fuzz TARGET [SECONDS]  runs one fuzz target, 60 seconds if not said, and notes in
                         docs/BENCHMARKS.md what came of it
  api [SERVICE]          holds the services against their OpenAPI documents with schemathesis,
                         which it installs from PyPI; --seed N, --examples N
  dist                   the program with its man pages and completions

`cargo xtask COMMAND --help` says more where there is more.";

/// The commands, as the check of the pages knows them.
const COMMANDS: &[&str] = &[
    "ci",
    "pages",
    "schema",
    "causes",
    "corpus",
    "bench",
    "rehearse-causes",
    "fuzz",
    "api",
    "dist",
];

fn main() -> ExitCode {
    match run(Arguments::of_process()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut arguments: Arguments) -> Result<()> {
    match arguments.word().as_deref() {
        Some("ci") => {
            arguments.finish()?;
            ci::run()
        }
        Some("pages") => {
            arguments.finish()?;
            pages::run()
        }
        Some("schema") => {
            arguments.finish()?;
            schema::refresh()
        }
        Some("causes") => {
            arguments.finish()?;
            causes::refresh()
        }
        Some("dist") => {
            arguments.finish()?;
            dist::run()
        }
        Some("corpus") => corpus::run(arguments),
        Some("bench") => bench::run(arguments),
        Some("rehearse-causes") => rehearse::run(arguments),
        Some("api") => api::run(arguments),
        Some("fuzz") => fuzz::run(arguments),
        None | Some("help" | "--help" | "-h") => {
            println!("{USAGE}");
            Ok(())
        }
        Some(other) => bail!("no command `{other}`\n\n{USAGE}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_in_the_usage() {
        for command in COMMANDS {
            assert!(
                USAGE
                    .lines()
                    .any(|line| line.trim_start().starts_with(command)),
                "{command}"
            );
        }
    }
}
