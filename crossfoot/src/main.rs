//! Crossfoot on the command line: moves a ledger and proves that it balances.

mod args;
mod chinese;
mod commands;
mod error;
mod progress;
mod screen;
mod terminal;
mod told;
mod window;
mod words;

use args::{Cli, Command};
use clap::Parser;
use clap::error::ErrorKind;
use error::CommandError;
use screen::Screen;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return wrong_use(&error),
    };
    let screen = Screen::new(&cli.global);
    let done = match &cli.command {
        Command::Verify(verify) => commands::verify::run(verify, &screen),
        Command::Convert(convert) => commands::convert::run(convert, &screen),
        Command::Correct(correct) => commands::correct::run(correct, &screen),
        Command::Window(step) => commands::window::run(step, &screen),
        Command::Gate(gate) => commands::gate::run(gate, &screen),
        Command::Sign(sign) => commands::sign::run(sign, &screen),
        Command::Rehearse(rehearse) => commands::rehearse::run(rehearse, &screen),
        Command::Report(report) => commands::report::run(report, &screen),
        Command::Evidence(evidence) => commands::evidence::run(evidence, &screen),
        Command::Daybook(daybook) => commands::daybook::run(daybook, &screen),
        Command::Demo(demo) => commands::demo::run(demo, &screen),
        Command::Check(check) => commands::check::run(check, &screen),
        Command::Explain(explain) => commands::explain::run(explain, &screen),
        Command::Init(init) => commands::init::run(init, &screen),
        Command::Completions { shell } => commands::generate::completions(*shell, &screen),
        Command::Man { folder } => commands::generate::man(folder),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            screen.fail(&error);
            ExitCode::from(error.kind.code())
        }
    }
}

/// Says what is wrong with the command line, or what it asks for: help, the version.
fn wrong_use(error: &clap::Error) -> ExitCode {
    let language = words::Language::of_arguments(std::env::args_os());
    let is_asked = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    let screen = Screen::of_arguments(language, std::env::args_os());
    if screen.json && !is_asked {
        screen.fail_in_json(&CommandError::of_arguments(error));
    }
    if is_asked || language == words::Language::En {
        // Ends the program, with exit code 2 on wrong use.
        error.exit();
    }
    screen::say_plainly(&language.lines(&error.to_string()));
    ExitCode::from(error::Kind::Use.code())
}
