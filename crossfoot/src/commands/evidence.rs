//! `crossfoot evidence verify`: whether a folder of evidence is what was written and signed. It
//! needs nothing but the folder and the public keys.

use crate::args::Evidence as Asked;
use crate::error::{CommandError, Kind};
use crate::screen::Screen;
use crate::window::Desk;
use crate::window::desk::failed;
use crate::window::facts::read_keys;
use crate::window::folder;
use cutover::daybook::Event;
use cutover::seal::DAYBOOK;
use cutover::signoff::{Subject, check, two_people};
use cutover::window::Stage;
use ledger::Verdict;
use serde_json::json;
use std::fs;
use std::path::Path;

/// Something is not as it was written.
const DAMAGED: u8 = 1;

pub(crate) fn run(asked: &Asked, screen: &Screen) -> Result<u8, CommandError> {
    let Asked::Verify { folder, keys } = asked;
    let found = looked_at(folder, keys.as_deref())?;
    match screen.json {
        true => drop(screen.document(&json!({
            "version": 1,
            "folder": folder.to_string_lossy(),
            "sound": found.wrong.is_empty(),
            "wrong": found.wrong,
            "signed": found.signed,
            "not_checked": found.not_checked,
            "verdict": found.verdict,
            "stage": found.stage,
            "entries": found.entries,
            "manifest_blake3": found.manifest,
        }))?),
        false => screen.print(&crate::terminal::window::evidence(&found, &screen.style()))?,
    }
    Ok(
        match (found.wrong.is_empty(), found.not_checked.is_empty()) {
            (false, _) => DAMAGED,
            (true, false) => Kind::Incomplete.code(),
            (true, true) => 0,
        },
    )
}

/// What a look at a folder found.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    /// What is not as it was written.
    pub(crate) wrong: Vec<String>,
    /// Who signed, and as what.
    pub(crate) signed: Vec<String>,
    /// What could not be looked at.
    pub(crate) not_checked: Vec<String>,
    /// The plan's name.
    pub(crate) plan: String,
    /// What the verification came to, by its report.
    pub(crate) verdict: Option<Verdict>,
    /// How far the window had come when its daybook was put in.
    pub(crate) stage: Option<Stage>,
    /// Entries of that daybook.
    pub(crate) entries: Option<u64>,
    /// Files that are as they were written.
    pub(crate) files: u64,
    /// Digest of the manifest.
    pub(crate) manifest: Option<cutover::Digest>,
}

fn looked_at(folder: &Path, keys: Option<&Path>) -> Result<Looked, CommandError> {
    if !folder.is_dir() {
        let message = format!("{}: there is no such folder", folder.display());
        return Err(CommandError::new(Kind::Use, message));
    }
    let mut looked = Looked::default();
    let desk = desk(folder, &mut looked)?;
    if let Some(desk) = &desk {
        looked.stage = Some(desk.state().stage());
        looked.entries = Some(desk.daybook().entries().len() as u64);
    }
    let accepted = desk
        .as_ref()
        .map_or(&[][..], |desk| desk.state().accepted());
    let evidence = match folder::read(folder, accepted) {
        Ok(evidence) => evidence,
        Err(error) => {
            looked.wrong.push(error.message);
            return Ok(looked);
        }
    };
    let sealed = evidence.sealed();
    looked.plan = sealed.manifest().plan.clone();
    looked.manifest = Some(sealed.hash());
    looked.verdict = Some(evidence.report().verdict);
    let flaws = evidence.flaws();
    looked.files = (sealed.manifest().files.len() as u64 + 1).saturating_sub(flaws.len() as u64);
    looked.wrong.extend(flaws.iter().map(ToString::to_string));
    match &desk {
        Some(desk) => signatures(desk, sealed, keys, &mut looked)?,
        None if looked.wrong.is_empty() => looked.not_checked.push(format!(
            "there is no {DAYBOOK} in the folder: it was not released on, and nobody signed it"
        )),
        None => {}
    }
    Ok(looked)
}

/// The daybook of the folder, if it has one.
fn desk(folder: &Path, looked: &mut Looked) -> Result<Option<Desk>, CommandError> {
    let path = folder.join(DAYBOOK);
    if !path.is_file() {
        return Ok(None);
    }
    let bytes = fs::read(&path).map_err(|error| failed(&path, &error))?;
    match Desk::read(path, &bytes) {
        Ok(desk) => {
            if let Some(torn) = desk.torn() {
                looked.wrong.push(format!(
                    "{DAYBOOK} ends in half an entry of {} bytes",
                    torn.bytes
                ));
            }
            Ok(Some(desk))
        }
        Err(error) => {
            looked.wrong.push(error.message);
            Ok(None)
        }
    }
}

/// The daybook must tell of this very evidence, and those who signed must have signed it.
fn signatures(
    desk: &Desk,
    sealed: &cutover::seal::Sealed,
    keys: Option<&Path>,
    looked: &mut Looked,
) -> Result<(), CommandError> {
    let state = desk.state();
    let run = state.verification().map(|run| run.manifest_blake3);
    if run != Some(sealed.hash()) {
        looked.wrong.push(format!(
            "{DAYBOOK} tells of the manifest {}, and manifest.json is {}",
            run.map_or_else(|| "of none".to_owned(), |run| run.to_string()),
            sealed.hash()
        ));
        return Ok(());
    }
    // The roles that the plan demands, as it was last changed in the window.
    let roles = state.terms().map_or(&[][..], |terms| &terms.roles);
    let has_signed = |role: &&String| {
        let mut sign_offs = state.sign_offs().iter();
        sign_offs.any(|sign_off| sign_off.statement.role == **role)
    };
    let unsigned = roles.iter().filter(|role| !has_signed(role));
    looked.not_checked.extend(
        unsigned.map(|role| format!("nobody signed as {role}, and the daybook's plan asks for it")),
    );
    let Some(keys) = keys else {
        looked
            .not_checked
            .push("the signatures: name the public keys with --keys".to_owned());
        return Ok(());
    };
    let trusted = read_keys(keys)?;
    let heads: Vec<cutover::Digest> = desk
        .daybook()
        .entries()
        .iter()
        .map(cutover::daybook::Entry::hash)
        .collect();
    let subject = Subject {
        plan: state.plan().unwrap_or_default(),
        manifest_blake3: sealed.hash(),
        daybook_heads: &heads,
    };
    for sign_off in state.sign_offs() {
        let statement = &sign_off.statement;
        match check(sign_off, &trusted, &subject) {
            Ok(_) => looked.signed.push(format!(
                "{} ({}, {})",
                statement.name, statement.role, sign_off.key
            )),
            Err(why) => looked.wrong.push(format!(
                "the sign-off of {} as {}: {why}",
                statement.name, statement.role
            )),
        }
    }
    let signed: Vec<_> = state.sign_offs().iter().collect();
    let released = desk
        .daybook()
        .entries()
        .iter()
        .any(|entry| matches!(entry.event(), Event::Released));
    match two_people(&signed) {
        Err(why) if released => looked.wrong.push(why.to_string()),
        Err(why) => looked.not_checked.push(why.to_string()),
        Ok(()) => {}
    }
    Ok(())
}
