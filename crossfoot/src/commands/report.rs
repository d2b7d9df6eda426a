//! `crossfoot report`: evidence as a workbook, a page, a test report, a table or JSON.

use super::correct::latest;
use super::read_plan;
use crate::args::Report as Asked;
use crate::error::{CommandError, Kind};
use crate::screen::Screen;
use crate::window::Desk;
use crate::window::desk::failed;
use crate::words::Language as Words;
use cutover::seal::{DAYBOOK, MANIFEST};
use ledger::Report;
use reports::{Acceptance, Dossier, Language, Manifest, SignOff, read_breaks, read_rejects};
use serde::de::DeserializeOwned;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

pub(crate) fn run(asked: &Asked, screen: &Screen) -> Result<u8, CommandError> {
    let (folder, desk) = evidence(asked)?;
    let language = screen.words().pick(Language::English, Language::Chinese);
    let words = screen.words();
    let mut dossier = dossier(&folder, desk.as_ref(), language)?;
    translate(&mut dossier.report, words);
    let dossier = dossier;
    let breaks = || {
        let lines = lines(&folder, "breaks.jsonl")?;
        let told = move |found: Result<ledger::Break, _>| {
            found.map(|mut found| {
                found.cause.says = words.engine(&found.cause.says);
                found
            })
        };
        Ok::<_, CommandError>(read_breaks(lines).map(told))
    };
    let rejects = || {
        let lines = lines(&folder, "rejects.jsonl")?;
        let told = move |found: Result<ledger::Reject, _>| {
            found.map(|mut found| {
                found.reason = words.engine(&found.reason);
                found
            })
        };
        Ok::<_, CommandError>(read_rejects(lines).map(told))
    };
    let mut written = Vec::new();
    if let Some(path) = &asked.xlsx {
        write(path, |out| {
            let (breaks, rejects) = (breaks()?, rejects()?);
            Ok(reports::workbook::write(
                &dossier, breaks, rejects, language, out,
            )?)
        })?;
        written.push(path);
    }
    if let Some(path) = &asked.html {
        write(path, |out| {
            let (breaks, rejects) = (breaks()?, rejects()?);
            Ok(reports::page::write(
                &dossier, breaks, rejects, language, out,
            )?)
        })?;
        written.push(path);
    }
    if let Some(path) = &asked.junit {
        write(path, |out| {
            let breaks = breaks()?;
            Ok(reports::junit::write(&dossier, breaks, language, out)?)
        })?;
        written.push(path);
    }
    if let Some(path) = &asked.csv {
        write(path, |out| {
            let breaks = breaks()?;
            Ok(reports::table::write(&dossier, breaks, language, out)?)
        })?;
        written.push(path);
    }
    match screen.json {
        true => drop(screen.document(&read::<Report>(&folder.join("report.json"))?)?),
        false if written.is_empty() => {
            let message = "nothing is asked for";
            return Err(CommandError::new(Kind::Use, message)
                .hint("name a file with --xlsx, --html, --junit or --csv, or print --json"));
        }
        false => {
            for path in written {
                screen.print(&words.written_to(&path.to_string_lossy()))?;
            }
        }
    }
    Ok(0)
}

/// Puts what the engine said into the language of the report; names and figures stay.
fn translate(report: &mut Report, words: Words) {
    let told = |text: &mut String| *text = words.engine(text);
    for agreement in &mut report.agreements {
        agreement.notes.iter_mut().for_each(told);
        agreement.not_checked.iter_mut().for_each(told);
    }
    let says = report
        .controls
        .iter_mut()
        .filter_map(|control| control.says.as_mut());
    says.for_each(told);
}

/// The folder of the evidence, and the daybook that tells of it, if any.
fn evidence(asked: &Asked) -> Result<(PathBuf, Option<Desk>), CommandError> {
    if let Some(folder) = &asked.evidence {
        // A folder that was released on has its daybook with it.
        let path = folder.join(DAYBOOK);
        let desk = match fs::read(&path) {
            Ok(bytes) => Some(Desk::read(path, &bytes)?),
            Err(_) => None,
        };
        if desk.is_some() || !asked.plan.plan.exists() {
            return Ok((folder.clone(), desk));
        }
        let plan = read_plan(&asked.plan)?;
        return Ok((folder.clone(), Desk::open(&plan)?));
    }
    let plan = read_plan(&asked.plan)?;
    Ok((latest(&plan)?, Desk::open(&plan)?))
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, CommandError> {
    let bytes = fs::read(path).map_err(|error| {
        failed(path, &error).hint("name a folder that `crossfoot verify` has left, with --evidence")
    })?;
    serde_json::from_slice(&bytes)
        .map_err(|error| CommandError::new(Kind::Book, format!("{}: {error}", path.display())))
}

fn dossier(
    folder: &Path,
    desk: Option<&Desk>,
    language: Language,
) -> Result<Dossier, CommandError> {
    let report: Report = read(&folder.join("report.json"))?;
    let manifest: Manifest = read(&folder.join(MANIFEST))?;
    // A daybook of another verification says nothing of this one.
    let (_, digest) = crate::window::folder::digest_of(&folder.join(MANIFEST))?;
    let is_its = |desk: &&Desk| {
        let run = desk.state().verification();
        run.is_some_and(|run| run.manifest_blake3 == digest)
    };
    let state = desk.filter(is_its).map(Desk::state);
    let accepted = state.map_or(&[][..], |state| state.accepted());
    let signed = state.map_or(&[][..], |state| state.sign_offs());
    let name = |id: causes::CauseId| match language {
        Language::English => id.name_en(),
        Language::Chinese => id.name_zh(),
    };
    let names = causes::CauseId::ALL
        .iter()
        .map(|id| (id.as_str().to_owned(), name(*id).to_owned()));
    Ok(Dossier {
        report,
        manifest,
        cause_names: names.collect(),
        acceptances: accepted
            .iter()
            .map(|one| Acceptance {
                agreement: one.agreement.clone(),
                key: one.key.clone(),
                amount: one.amounts.clone(),
                reason: one.reason.clone(),
                owner: one.owner.clone(),
                date: one.date.to_string(),
            })
            .collect(),
        sign_offs: signed
            .iter()
            .map(|one| SignOff {
                role: one.statement.role.clone(),
                name: one.statement.name.clone(),
                key_id: one.key.to_string(),
                time: one.statement.at.to_string(),
            })
            .collect(),
    })
}

fn lines(folder: &Path, name: &str) -> Result<BufReader<File>, CommandError> {
    let path = folder.join(name);
    let file = File::open(&path).map_err(|error| failed(&path, &error))?;
    Ok(BufReader::with_capacity(1 << 20, file))
}

/// Writes a file under a preliminary name, so that none is ever there in part.
fn write(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<File>) -> Result<(), CommandError>,
) -> Result<(), CommandError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".unfinished");
    let draft = path.with_file_name(name);
    let filled = File::create(&draft)
        .map_err(|error| failed(path, &error))
        .and_then(|file| {
            let mut out = BufWriter::with_capacity(1 << 20, file);
            fill(&mut out)?;
            out.flush().map_err(|error| failed(path, &error))
        })
        .and_then(|()| fs::rename(&draft, path).map_err(|error| failed(path, &error)));
    if filled.is_err() {
        drop(fs::remove_file(&draft));
    }
    filled
}

impl From<reports::ReportError> for CommandError {
    fn from(error: reports::ReportError) -> Self {
        Self::new(Kind::Book, error.to_string())
    }
}
