//! `crossfoot report`: evidence as a workbook, a page, a test report, a table or JSON.

use super::correct::latest;
use super::read_plan;
use crate::args::Report as Asked;
use crate::error::{CommandError, Kind};
use crate::screen::Screen;
use crate::window::desk::failed;
use crate::window::{Desk, folder, notices};
use crate::words::Language as Words;
use cutover::Digest;
use cutover::clock::{Judged, goodness_line, judge_daybook};
use cutover::daybook::{BreakAccepted, Event, RejectsDisposed};
use cutover::gate::break_blake3;
use cutover::seal::{DAYBOOK, MANIFEST};
use cutover::signoff::SignOff as Signed;
use ledger::{Break, Record, Report};
use reports::{
    Acceptance, Disposal, Dossier, Forecasts, Language, Manifest, SignOff, read_breaks,
    read_rejects,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

pub(crate) fn run(asked: &Asked, screen: &Screen) -> Result<u8, CommandError> {
    let (folder, desk) = evidence(asked, screen)?;
    let language = screen.words().pick(Language::English, Language::Chinese);
    let words = screen.words();
    let said = Said::of(&folder, desk.as_ref())?;
    let mut dossier = dossier(&folder, &said, words)?;
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
            let (breaks, rejects) = (breaks()?, rejects()?);
            Ok(reports::table::write(
                &dossier, breaks, rejects, language, out,
            )?)
        })?;
        written.push(path);
    }
    match screen.json {
        true => {
            let report: Report = read(&folder.join("report.json"))?;
            let said = desk.is_some().then_some(&said);
            screen.document(&Document { report, said })?;
        }
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

/// The folder of the evidence, and the daybook that tells of it, if any: a folder that was released on
/// has its daybook with it, and beside the plan that of a window before may be kept.
fn evidence(asked: &Asked, screen: &Screen) -> Result<(PathBuf, Option<Desk>), CommandError> {
    let evidence = match &asked.evidence {
        Some(folder) => folder.clone(),
        None => latest(&read_plan(&asked.plan)?)?,
    };
    let mut paths = vec![evidence.join(DAYBOOK)];
    if !paths[0].is_file() && asked.plan.plan.exists() {
        paths.extend(Desk::paths(&read_plan(&asked.plan)?));
    }
    let (_, manifest) = folder::digest_of(&evidence.join(MANIFEST))?;
    let own = 2.min(paths.len());
    for (at, path) in paths.into_iter().enumerate() {
        let bytes = match fs::read(&path) {
            Ok(bytes) if !bytes.is_empty() => bytes,
            _ => continue,
        };
        let desk = match Desk::read(path, &bytes) {
            // Of a window that is over: what it tells is not needed for what another has left.
            Err(error) if at >= own => {
                screen.tell(&format!(
                    "{error}\nthe daybook of another window was passed over"
                ));
                continue;
            }
            desk => desk?,
        };
        if has_verified(&desk, manifest) {
            return Ok((evidence, Some(desk)));
        }
    }
    Ok((evidence, None))
}

/// Whether a daybook tells of the verification that left a manifest.
fn has_verified(desk: &Desk, manifest: Digest) -> bool {
    let mut entries = desk.daybook().entries().iter();
    entries.any(|entry| match entry.event() {
        Event::VerificationFinished(run) => run.manifest_blake3 == manifest,
        _ => false,
    })
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, CommandError> {
    let bytes = fs::read(path).map_err(|error| {
        failed(path, &error).hint("name a folder that `crossfoot verify` has left, with --evidence")
    })?;
    serde_json::from_slice(&bytes)
        .map_err(|error| CommandError::new(Kind::Book, format!("{}: {error}", path.display())))
}

/// The report as one JSON document: as the run left it, and what the daybook has of it.
#[derive(Serialize)]
struct Document<'s> {
    #[serde(flatten)]
    report: Report,
    #[serde(rename = "daybook", skip_serializing_if = "Option::is_none")]
    said: Option<&'s Said>,
}

/// What a daybook has of one verification, whatever was verified after it.
#[derive(Default, Serialize)]
struct Said {
    /// Of all breaks ever accepted, those of this verification; of the last one, those that it did not
    /// find again as well.
    accepted: Vec<Accepted>,
    /// What becomes of its rejects.
    rejects_disposed: Option<RejectsDisposed>,
    /// They stand for the last verification only.
    sign_offs: Vec<Signed>,
    /// How good the forecasts of the window were.
    forecasts: Vec<Judged>,
}

/// An accepted break.
#[derive(Serialize)]
struct Accepted {
    #[serde(flatten)]
    break_accepted: BreakAccepted,
    /// By what the break is named in this verification; none where it is not found there.
    #[serde(skip)]
    found: Option<Record>,
}

impl Said {
    fn of(folder: &Path, desk: Option<&Desk>) -> Result<Self, CommandError> {
        // A daybook that does not know this verification says nothing of it.
        let (_, manifest) = folder::digest_of(&folder.join(MANIFEST))?;
        let Some(desk) = desk.filter(|desk| has_verified(desk, manifest)) else {
            return Ok(Self::default());
        };
        let state = desk.state();
        let last = state.verification().map(|run| run.manifest_blake3);
        let is_last = last == Some(manifest);
        Ok(Self {
            accepted: accepted(folder, state.accepted(), is_last)?,
            rejects_disposed: disposal(folder, desk)?,
            sign_offs: match is_last {
                true => state.sign_offs().to_vec(),
                false => Vec::new(),
            },
            forecasts: judge_daybook(desk.daybook().entries()),
        })
    }
}

/// Finds the breaks that were accepted among those of the evidence, by the digest of both records.
fn accepted(
    folder: &Path,
    accepted: &[BreakAccepted],
    is_last: bool,
) -> Result<Vec<Accepted>, CommandError> {
    let mut found: BTreeMap<Digest, Option<Record>> = accepted
        .iter()
        .map(|one| (one.break_blake3, None))
        .collect();
    if !found.is_empty() {
        for one in read_breaks(lines(folder, "breaks.jsonl")?) {
            let one = one.map_err(reports::ReportError::from)?;
            if let Some(name) = found.get_mut(&break_blake3(&one)) {
                *name = Some(name_of(one));
            }
        }
    }
    let accepted = accepted.iter().map(|one| Accepted {
        break_accepted: one.clone(),
        found: found.get(&one.break_blake3).cloned().flatten(),
    });
    Ok(accepted
        .filter(|one| is_last || one.found.is_some())
        .collect())
}

/// What a break is named by: its key, or its record where it has none.
fn name_of(found: Break) -> Record {
    let record = found.expected.or(found.actual);
    match record {
        Some(record) if found.key.is_empty() => record,
        _ => found.key,
    }
}

/// What was decided last of the very rejects of the evidence.
fn disposal(folder: &Path, desk: &Desk) -> Result<Option<RejectsDisposed>, CommandError> {
    let entries = desk.daybook().entries().iter().rev();
    let mut disposals = entries.filter_map(|entry| match entry.event() {
        Event::RejectsDisposed(disposal) => Some(disposal),
        _ => None,
    });
    let Some(first) = disposals.next() else {
        return Ok(None);
    };
    let (_, rejects) = folder::digest_of(&folder.join("rejects.jsonl"))?;
    let mut all = std::iter::once(first).chain(disposals);
    let its = all.find(|disposal| disposal.rejects_blake3 == rejects);
    Ok(its.cloned())
}

fn dossier(folder: &Path, said: &Said, words: Words) -> Result<Dossier, CommandError> {
    let language = words.pick(Language::English, Language::Chinese);
    let report: Report = read(&folder.join("report.json"))?;
    let manifest: Manifest = read(&folder.join(MANIFEST))?;
    let name = |id: causes::CauseId| match language {
        Language::English => id.name_en(),
        Language::Chinese => id.name_zh(),
    };
    let names = causes::CauseId::ALL
        .iter()
        .map(|id| (id.as_str().to_owned(), name(*id).to_owned()));
    let sign_off = |one: &Signed| SignOff {
        role: one.statement.role.clone(),
        name: one.statement.name.clone(),
        key_id: one.key.to_string(),
        time: one.statement.at.to_string(),
    };
    Ok(Dossier {
        report,
        manifest,
        cause_names: names.collect(),
        acceptances: said.accepted.iter().map(acceptance).collect(),
        disposal: said.rejects_disposed.as_ref().map(|disposal| Disposal {
            how: disposal.how.clone(),
            owner: disposal.owner.clone(),
            date: disposal.date.to_string(),
        }),
        sign_offs: said.sign_offs.iter().map(sign_off).collect(),
        forecasts: said
            .forecasts
            .iter()
            .map(|judged| Forecasts {
                phase: words.phase(judged.phase).to_owned(),
                ended: judged.ended.to_string(),
                says: goodness_line(&judged.goodness, notices::language(words)),
            })
            .collect(),
    })
}

fn acceptance(accepted: &Accepted) -> Acceptance {
    let one = &accepted.break_accepted;
    Acceptance {
        agreement: one.agreement.clone(),
        key: accepted.found.as_ref().unwrap_or(&one.key).clone(),
        amount: one.amounts.clone(),
        reason: one.reason.clone(),
        owner: one.owner.clone(),
        date: one.date.to_string(),
        has_its_records: accepted.found.is_some(),
    }
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
