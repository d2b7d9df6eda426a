//! Everything that CI checks, step by step, with a table of times at the end.
//!
//! All steps choose the same packages (`--workspace`) and the same targets'
//! dependencies, so that features unify alike and nothing is built twice:
//! clippy and rustdoc share one check of the dependencies, tests and doc tests
//! share one build of them. Only the hot loop is built by itself, as users get it.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::bench::fold;
use crate::corpus::data;
use crate::{pages, place, programs, servers, table};

/// One step: its name, what a developer types to run it alone, what it does.
struct Step {
    name: &'static str,
    again: String,
    /// Says in a word or two what came of it.
    work: Box<dyn FnOnce() -> Result<String>>,
}

const OK: &str = "ok";

impl Step {
    fn cargo(name: &'static str, line: &str, variables: &'static [(&str, &str)]) -> Self {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let set = variables.iter();
        let set: String = set
            .map(|(key, value)| format!("{key}='{value}' "))
            .collect();
        Self {
            name,
            again: format!("{set}cargo {line}"),
            work: Box::new(move || {
                let mut command = place::cargo();
                command.args(words).envs(variables.iter().copied());
                succeed(&mut command)?;
                Ok(OK.to_owned())
            }),
        }
    }

    fn own(name: &'static str, again: &str, work: fn() -> Result<()>) -> Self {
        Self {
            name,
            again: again.to_owned(),
            work: Box::new(move || work().map(|()| OK.to_owned())),
        }
    }
}

struct Outcome {
    name: &'static str,
    again: String,
    took: Duration,
    said: String,
    failure: Option<String>,
}

/// Runs every step, also after a failure, and prints the table.
///
/// # Errors
/// When a step failed, or has left a server running.
pub(crate) fn run() -> Result<()> {
    let before = servers::running();
    let mut outcomes: Vec<Outcome> = steps().into_iter().map(play).collect();
    outcomes.push(play(Step {
        name: "servers",
        again: "cargo xtask ci".to_owned(),
        work: Box::new(move || servers::none_is_left(&before).map(|()| OK.to_owned())),
    }));
    println!("\n{}", summary(&outcomes));
    if data::packed()?.is_none() {
        println!("real books: not verified: no data");
    }
    let failed = outcomes.iter().filter(|one| one.failure.is_some()).count();
    if failed > 0 {
        bail!("{failed} of {} steps failed", outcomes.len());
    }
    Ok(())
}

fn steps() -> Vec<Step> {
    let rustdoc = &[("RUSTDOCFLAGS", "-D warnings")];
    vec![
        Step::own("programs", "cargo xtask ci", || {
            programs::provide(programs::FOR_CI)?;
            if data::packed()?.is_some() {
                // The tests verify the real books as well.
                programs::provide(programs::FOR_CORPUS)?;
            }
            programs::require_toolchain()
        }),
        Step::cargo("format", "fmt --all --check", &[]),
        Step::cargo(
            "clippy",
            "clippy --workspace --all-targets --locked -- -D warnings",
            &[],
        ),
        Step::cargo("tests", tests(), &[]),
        Step::cargo("doc tests", "test --doc --workspace --locked", &[]),
        // `--examples` names a target that needs the dev-dependencies: without
        // one they are left out, features unify otherwise, all is checked again.
        Step::cargo(
            "docs",
            "doc --workspace --lib --bins --examples --no-deps --locked",
            rustdoc,
        ),
        Step::own("pages", "cargo xtask pages", pages::run),
        Step {
            name: "hot loop",
            again: "cargo xtask bench fold --check".to_owned(),
            work: Box::new(hot_loop),
        },
    ]
}

/// Counts the instructions of the hot loop, where valgrind is or can be installed. It builds the footing
/// alone, as users get it.
fn hot_loop() -> Result<String> {
    match programs::provide(programs::FOR_CALLGRIND) {
        Ok(()) => fold::check(),
        Err(missing) => Ok(format!("not counted: {missing}")),
    }
}

fn tests() -> &'static str {
    if programs::is_there("cargo-nextest") {
        "nextest run --workspace --locked --no-fail-fast"
    } else {
        "test --workspace --locked --lib --bins --tests --examples"
    }
}

fn play(step: Step) -> Outcome {
    eprintln!("\n== {}: {}", step.name, step.again);
    let started = Instant::now();
    let (said, failure) = match (step.work)() {
        Ok(said) => (said, None),
        Err(error) => (String::new(), Some(format!("{error:#}"))),
    };
    if let Some(failure) = &failure {
        eprintln!("{}: {failure}", step.name);
    }
    Outcome {
        name: step.name,
        again: step.again,
        took: started.elapsed(),
        said,
        failure,
    }
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().context("cargo cannot be run")?;
    if !status.success() {
        bail!("failed, {status}");
    }
    Ok(())
}

fn summary(outcomes: &[Outcome]) -> String {
    let mut rows: Vec<Vec<String>> = outcomes.iter().map(row).collect();
    let whole: Duration = outcomes.iter().map(|one| one.took).sum();
    rows.push(vec!["whole".into(), clock(whole), String::new()]);
    table::draw(&rows, &[1])
}

fn row(outcome: &Outcome) -> Vec<String> {
    let word = match &outcome.failure {
        None => outcome.said.clone(),
        Some(_) => format!("FAILED  again: {}", outcome.again),
    };
    vec![outcome.name.to_owned(), clock(outcome.took), word]
}

fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_shows_the_command_to_run_again() {
        let step = Step::cargo("oracle", "no-such-command --locked", &[("A", "b c")]);
        let outcome = play(step);
        assert!(outcome.failure.is_some());
        assert_eq!(outcome.again, "A='b c' cargo no-such-command --locked");
        let outcomes = [
            Outcome {
                took: Duration::from_secs(61),
                ..outcome
            },
            Outcome {
                name: "format",
                again: "cargo fmt".to_owned(),
                took: Duration::from_secs(4),
                said: OK.to_owned(),
                failure: None,
            },
            Outcome {
                name: "hot loop",
                again: "cargo xtask bench fold --check".to_owned(),
                took: Duration::from_secs(90),
                said: "not counted: no valgrind".to_owned(),
                failure: None,
            },
        ];
        insta::assert_snapshot!(summary(&outcomes), @r"
        oracle    1:01  FAILED  again: A='b c' cargo no-such-command --locked
        format    0:04  ok
        hot loop  1:30  not counted: no valgrind
        whole     2:35
        ");
    }

    #[test]
    fn every_cargo_step_chooses_the_whole_workspace_and_the_locked_versions() {
        let steps = steps();
        let building = steps.iter().filter(|step| {
            step.again.contains("cargo ")
                && !step.again.contains("xtask")
                && !step.again.contains("fmt")
        });
        for step in building {
            assert!(step.again.contains("--workspace"), "{}", step.again);
            assert!(step.again.contains("--locked"), "{}", step.again);
        }
    }
}
