//! `crossfoot sign`: makes a key, or signs off the evidence of the last verification.

use super::read_plan;
use crate::args::Sign;
use crate::error::{CommandError, Kind};
use crate::screen::Screen;
use crate::window::Desk;
use crate::window::desk::{failed, window_of};
use crate::window::facts::{evidence_folder, trusted};
use crate::window::{folder, hook};
use cutover::daybook::Event;
use cutover::signoff::{PublicKey, SecretKey, check};
use jiff::Timestamp;
use rules::plan::Plan;
use serde_json::json;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

pub(crate) fn run(sign: &Sign, screen: &Screen) -> Result<u8, CommandError> {
    match &sign.new {
        Some(path) => new(path, sign.name.as_deref().unwrap_or_default(), screen),
        None => self::sign(sign, screen),
    }
}

/// Makes a key in a file of its own, and gives its public half.
pub(crate) fn made(path: &Path, name: &str) -> Result<PublicKey, CommandError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)
        .map_err(|error| CommandError::new(Kind::Own, format!("no random numbers: {error}")))?;
    let key = SecretKey::from_seed(seed, name)
        .map_err(|error| CommandError::new(Kind::Use, format!("the name {error}")))?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    // Nobody else may read it.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| {
        file.write_all(key.to_file().as_bytes())
            .and_then(|()| file.sync_all())
    });
    written.map_err(|error| failed(path, &error))?;
    Ok(key.public())
}

/// Makes a key and prints its public half.
fn new(path: &Path, name: &str, screen: &Screen) -> Result<u8, CommandError> {
    let public = made(path, name)?;
    match screen.json {
        true => drop(screen.document(&json!({
            "version": 1,
            "key": public.id().to_string(),
            "name": public.name(),
            "public": public.to_file().trim_end(),
            "file": path.to_string_lossy(),
        }))?),
        false => screen.print(&public.to_file())?,
    }
    Ok(0)
}

fn sign(asked: &Sign, screen: &Screen) -> Result<u8, CommandError> {
    let plan = read_plan(&asked.plan)?;
    let window = window_of(&plan)?;
    let mut desk = Desk::need(&plan)?;
    desk.unchanged(&plan)?;
    let (Some(path), Some(role)) = (&asked.key, &asked.role) else {
        return Err(CommandError::new(
            Kind::Use,
            "signing takes --role and --key",
        ));
    };
    let key = read_key(path)?;
    let run = desk.state().verification().cloned().ok_or_else(|| {
        CommandError::new(Kind::Use, "there is nothing to sign: no verification holds")
            .hint("run `crossfoot verify` first")
    })?;
    sound(&plan, &desk, &run.evidence)?;
    let nothing = || CommandError::new(Kind::Own, "what there is to sign is gone");
    let statement = desk.state().statement(role, key.name(), Timestamp::now());
    let statement = statement.ok_or_else(nothing)?;
    let signed = statement
        .sign(&key)
        .map_err(|error| CommandError::new(Kind::Use, error.to_string()))?;
    // Better to be told now than by the gate.
    let subject = desk.state().subject().ok_or_else(nothing)?;
    check(&signed, &trusted(&plan, window)?, &subject)
        .map_err(|why| CommandError::new(Kind::Use, why.to_string()))?;
    desk.record(Event::SignedOff(Box::new(signed.clone())))?;
    match screen.json {
        true => drop(screen.document(&json!({"version": 1, "signed": signed}))?),
        false => {
            let (name, evidence) = (key.name(), &run.evidence);
            screen.print(&screen.words().signed(name, role, evidence))?;
        }
    }
    Ok(0)
}

/// Nobody signs evidence that is not as it was written.
fn sound(plan: &Plan, desk: &Desk, evidence: &str) -> Result<(), CommandError> {
    let folder = evidence_folder(plan, evidence);
    let read = folder::read(&folder, desk.state().accepted())?;
    match read.flaws().first() {
        None => Ok(()),
        Some(flaw) => {
            let message = format!("{}: {flaw}", folder.display());
            Err(CommandError::new(Kind::Book, message).hint("verify again, and sign that"))
        }
    }
}

fn read_key(path: &Path) -> Result<SecretKey, CommandError> {
    let shown = path.to_string_lossy();
    let path = hook::filled(&shown).map_err(|says| CommandError::new(Kind::Use, says))?;
    let text = fs::read_to_string(&path).map_err(|error| {
        CommandError::new(Kind::Use, format!("{shown}: {error}"))
            .hint("make a key with `crossfoot sign --new FILE --name NAME`")
    })?;
    SecretKey::read(&text)
        .map_err(|error| CommandError::new(Kind::Use, format!("the key in {shown} {error}")))
}
