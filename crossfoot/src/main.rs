//! Crossfoot on the command line: moves a ledger and proves that it balances.

mod args;
mod commands;
mod error;
mod progress;
mod screen;
mod terminal;
mod words;

use args::{Cli, Command};
use clap::Parser;
use screen::Screen;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // clap ends the program by itself on wrong use, with exit code 2.
    let cli = Cli::parse();
    let screen = Screen::new(&cli.global);
    let done = match &cli.command {
        Command::Verify(verify) => commands::verify::run(verify, &screen),
        Command::Check(check) => commands::check::run(check, &screen),
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
