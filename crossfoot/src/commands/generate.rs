//! Completions and man pages, made from the command line's own definition.

use crate::args::Cli;
use crate::error::{CommandError, Kind};
use crate::screen::Screen;
use clap::CommandFactory;
use clap_complete::Shell;
use std::path::Path;

pub(crate) fn completions(shell: Shell, screen: &Screen) -> Result<u8, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "crossfoot", &mut script);
    screen.print(&String::from_utf8_lossy(&script))?;
    Ok(0)
}

pub(crate) fn man(folder: &Path) -> Result<u8, CommandError> {
    let failed = |error: std::io::Error| {
        CommandError::new(Kind::Use, format!("{}: {error}", folder.display()))
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    clap_mangen::generate_to(Cli::command(), folder).map_err(failed)?;
    Ok(0)
}
