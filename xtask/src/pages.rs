//! Checks of the pages that people read: `README*.md` and `docs/*.md`.
//!
//! Every link to a file or heading leads somewhere, and every `crossfoot …` or
//! `cargo xtask …` command that stands in a code block exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::place;

/// Reads every page and reports all that is wrong on any of them.
///
/// # Errors
/// When a link leads nowhere, a command does not exist, or there is no page.
pub(crate) fn run() -> Result<()> {
    let pages = pages()?;
    if pages.is_empty() {
        bail!("no README*.md and no docs/*.md: nothing was checked");
    }
    let mut faults = Vec::new();
    let mut commands = BTreeSet::new();
    for path in &pages {
        let text = fs::read_to_string(place::root().join(path))
            .with_context(|| format!("{} cannot be read", path.display()))?;
        let said = |fault: String| format!("{}: {fault}", path.display());
        faults.extend(broken_links(path, &text).into_iter().map(said));
        for command in commands_in(&text) {
            commands.insert((path.clone(), command));
        }
    }
    faults.extend(unknown_commands(&commands)?);
    if !faults.is_empty() {
        bail!("the pages are wrong:\n  {}", faults.join("\n  "));
    }
    println!(
        "{} pages, {} commands: all there",
        pages.len(),
        commands.len()
    );
    Ok(())
}

/// The pages, relative to the root, in order.
fn pages() -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for (folder, stem) in [("", "README"), ("docs", "")] {
        let entries = fs::read_dir(place::root().join(folder));
        for entry in entries.with_context(|| format!("{folder}/ cannot be read"))? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.starts_with(stem) && name.ends_with(".md") {
                found.push(Path::new(folder).join(name));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The links of one page that lead nowhere.
fn broken_links(page: &Path, text: &str) -> Vec<String> {
    let folder = page.parent().unwrap_or(Path::new(""));
    let leads_nowhere = |link: &&str| {
        let (file, heading) = link.split_once('#').unwrap_or((link, ""));
        if file.is_empty() {
            return !headings(text).contains(heading);
        }
        let path = place::root().join(folder).join(file);
        if heading.is_empty() {
            return !path.exists();
        }
        !fs::read_to_string(path).is_ok_and(|text| headings(&text).contains(heading))
    };
    let links = links(text).into_iter();
    let local = links.filter(|link| !link.contains("://") && !link.starts_with("mailto:"));
    local
        .filter(leads_nowhere)
        .map(|link| format!("the link `{link}` leads nowhere"))
        .collect()
}

/// The targets of a page's links and pictures, code blocks left out.
fn links(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for line in prose(text) {
        for (opening, closing) in [("](", ')'), ("src=\"", '"'), ("href=\"", '"')] {
            let after = line.split(opening).skip(1);
            let targets = after.filter_map(|rest| rest.split(closing).next());
            found.extend(targets.map(|target| target.split(' ').next().unwrap_or(target)));
        }
    }
    found
}

/// The anchors of a page's headings, made as the code hosts make them.
fn headings(text: &str) -> BTreeSet<String> {
    let titles = prose(text).filter_map(|line| line.strip_prefix('#'));
    titles
        .map(|title| anchor(title.trim_start_matches('#').trim()))
        .collect()
}

fn anchor(title: &str) -> String {
    let kept = title
        .chars()
        .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    let joined = kept.map(|letter| if letter == ' ' { '-' } else { letter });
    joined.flat_map(char::to_lowercase).collect()
}

/// The lines outside of code blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        !in_code && !fence
    })
}

/// A command that a page shows: the program and its subcommands' words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Shown {
    Crossfoot(String),
    Xtask(String),
}

/// The commands in a page's code blocks, with or without a prompt before them.
fn commands_in(text: &str) -> Vec<Shown> {
    let mut in_code = false;
    let mut found = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        if line.starts_with("```") {
            in_code = !in_code;
            continue;
        }
        if !in_code {
            continue;
        }
        let line = line.strip_prefix("$ ").unwrap_or(line);
        if let Some(rest) = line.strip_prefix("cargo xtask ") {
            found.extend(first_word(rest).map(Shown::Xtask));
        } else if let Some(rest) = of_crossfoot(line) {
            found.extend(first_word(rest).map(Shown::Crossfoot));
        }
    }
    found
}

/// What follows the program's name, where a line calls it by name or through cargo.
fn of_crossfoot(line: &str) -> Option<&str> {
    if let Some(rest) = line.strip_prefix("crossfoot ") {
        return Some(rest);
    }
    let rest = line.strip_prefix("cargo run ")?;
    rest.split_once(" -- ").map(|(_, rest)| rest)
}

/// The subcommand that a line begins with, if it begins with one.
fn first_word(line: &str) -> Option<String> {
    let word = line.split_whitespace().next()?;
    let is_name = word
        .chars()
        .all(|letter| letter.is_ascii_lowercase() || letter == '-');
    (is_name && !word.starts_with('-')).then(|| word.to_owned())
}

/// Says which of the shown commands do not exist, by asking the programs themselves.
fn unknown_commands(commands: &BTreeSet<(PathBuf, Shown)>) -> Result<Vec<String>> {
    let mut known = BTreeSet::new();
    let mut faults = Vec::new();
    let program = program_of(commands)?;
    for (page, command) in commands {
        let exists = known.contains(command)
            || match command {
                Shown::Xtask(name) => crate::COMMANDS.contains(&name.as_str()),
                Shown::Crossfoot(name) => knows(&program, name)?,
            };
        if exists {
            known.insert(command.clone());
        } else {
            faults.push(format!("{}: no such command: {command:?}", page.display()));
        }
    }
    Ok(faults)
}

/// Builds `crossfoot` as the tests build it and says where it lies.
fn program_of(commands: &BTreeSet<(PathBuf, Shown)>) -> Result<PathBuf> {
    let path = place::target()?.join("debug/crossfoot");
    let is_ours = |command: &Shown| matches!(command, Shown::Crossfoot(_));
    if !commands.iter().any(|(_, command)| is_ours(command)) {
        return Ok(path);
    }
    // `--tests` asks for the dev-dependencies, so that features unify as in the tests' step.
    let status = place::cargo()
        .args([
            "build",
            "--quiet",
            "--workspace",
            "--locked",
            "--bins",
            "--tests",
        ])
        .status()
        .context("cargo cannot be run")?;
    if !status.success() {
        bail!("crossfoot cannot be built, so its commands cannot be checked");
    }
    Ok(path)
}

fn knows(program: &Path, subcommand: &str) -> Result<bool> {
    let status = Command::new(program)
        .args([subcommand, "--help"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .with_context(|| format!("{} cannot be run", program.display()))?;
    Ok(status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_a_file_or_heading_that_is_not_there_is_broken() {
        let text = "# One word, 第二 词\n[a](LICENSE) [b](gone.md) [c](#one-word-第二-词) [d](#two)\n\
                    [e](https://example.org) ![f](docs/gone.svg \"title\")\n```\n[g](code.md)\n```\n";
        let broken = broken_links(Path::new("README.md"), text);
        insta::assert_snapshot!(broken.join("\n"), @r"
        the link `gone.md` leads nowhere
        the link `#two` leads nowhere
        the link `docs/gone.svg` leads nowhere
        ");
    }

    #[test]
    fn commands_are_taken_from_code_blocks_only() {
        let text = "crossfoot nowhere\n```console\n$ crossfoot verify --plan x\ncargo xtask ci\n\
                    cargo run --release -- check\ncrossfoot --version\ncrossfoot OLD NEW\n```\n";
        let of = |name: &str| Shown::Crossfoot(name.to_owned());
        let expected = vec![of("verify"), Shown::Xtask("ci".to_owned()), of("check")];
        assert_eq!(commands_in(text), expected);
    }
}
