//! What the gate judges by: everything is read anew from the disk.

use super::desk::{Desk, digest};
use super::{figures, folder};
use crate::commands::{environment, threads};
use crate::error::{CommandError, Kind};
use books::{Book, Meter, Table};
use cutover::daybook::Taken;
use cutover::gate::{Facts, Judgement, judge};
use cutover::seal::Input;
use cutover::signoff::{Trusted, read_trusted};
use migrate::ConvertError;
use rules::plan::{Plan, Window};
use std::fs;
use std::path::{Path, PathBuf};

/// Gathers the facts and judges.
pub(crate) fn judged(
    plan: &Plan,
    window: &Window,
    desk: &Desk,
    asked: Option<std::num::NonZeroUsize>,
) -> Result<Judgement, CommandError> {
    let facts = gather(plan, window, desk, threads(asked, Some(plan)))?;
    Ok(judge(desk.state(), &facts, desk.now()))
}

fn gather(
    plan: &Plan,
    window: &Window,
    desk: &Desk,
    threads: usize,
) -> Result<Facts, CommandError> {
    let verification = desk.state().verification();
    let folder = verification.map(|run| evidence_folder(plan, &run.evidence));
    let read = folder.map(|folder| folder::read(&folder, desk.state().accepted()));
    let (evidence, evidence_says) = match read.transpose() {
        Ok(evidence) => (evidence, None),
        // That it cannot be read is for the gate to say, beside all else.
        Err(error) => (None, Some(error.message)),
    };
    let (_, after) = desk.state().opening_figures();
    let figures = after.map(|_| {
        let read = figures::read(plan, window, threads, Taken::After);
        read.map_err(|error| error.message)
    });
    let (conversion_blake3, conversion_says) = match conversion(plan)? {
        Ok(digest) => (digest, None),
        Err(why) => (None, Some(why)),
    };
    Ok(Facts {
        plan_blake3: Some(digest(plan)?),
        figures,
        evidence,
        evidence_says,
        inputs: inputs(plan, threads)?,
        conversion_blake3,
        conversion_says,
        trusted: trusted(plan, window)?,
    })
}

/// Where evidence of this name lies: beside the plan, unless the name is a path.
pub(crate) fn evidence_folder(plan: &Plan, name: &str) -> PathBuf {
    match name.contains(['/', '\\']) {
        true => PathBuf::from(name),
        false => plan.folder().join("evidence").join(name),
    }
}

/// Digests the files of both books anew; none where a book cannot be read.
fn inputs(plan: &Plan, threads: usize) -> Result<Option<Vec<Input>>, CommandError> {
    let (source, target) = plan.books(&environment).map_err(CommandError::plan)?;
    let mut inputs = Vec::new();
    for (name, spec) in [("source", source), ("target", target)] {
        let Ok(book) = Book::open(&spec) else {
            return Ok(None);
        };
        let tables: Vec<&Table> = book.tables().map(|table| &**table).collect();
        let Ok(digests) = books::digest_tables(&tables, threads, &Meter::default(), &|| false)
        else {
            return Ok(None);
        };
        for (table, files) in tables.iter().zip(digests) {
            inputs.extend(files.into_iter().map(|file| Input {
                book: name.to_owned(),
                table: table.name().to_owned(),
                file: file.file,
                bytes: file.bytes,
                blake3: file.blake3.parse().ok(),
            }));
        }
    }
    Ok(Some(inputs))
}

/// The digest of what the last conversion left beside the target; none where there is none. The
/// inner error says why that cannot be asked: what cannot be asked is not checked, and so not
/// passed.
pub(crate) fn conversion(
    plan: &Plan,
) -> Result<Result<Option<cutover::Digest>, String>, CommandError> {
    let (_, target) = plan.books(&environment).map_err(CommandError::plan)?;
    match migrate::conversion_digest(&target) {
        Ok(None) => Ok(Ok(None)),
        Ok(Some(digest)) => Ok(digest
            .parse()
            .map(Some)
            .map_err(|error: cutover::NoDigest| error.to_string())),
        Err(error @ ConvertError::Database(_)) => Ok(Err(error.to_string())),
        Err(error) => Err(error.into()),
    }
}

/// Whose keys are trusted, by the file that the plan names.
pub(crate) fn trusted(plan: &Plan, window: &Window) -> Result<Vec<Trusted>, CommandError> {
    let Some(file) = &window.signers else {
        return Ok(Vec::new());
    };
    read_keys(&plan.folder().join(&file.value))
}

/// Reads a file of trusted keys.
pub(crate) fn read_keys(path: &Path) -> Result<Vec<Trusted>, CommandError> {
    let text = fs::read_to_string(path).map_err(|error| {
        let message = format!("{}: {error}", path.display());
        CommandError::new(Kind::Use, message)
            .hint("it holds the public keys of those who may sign, a line each; see docs/window.md")
    })?;
    read_trusted(&text).map_err(|error| {
        let message = format!("{}: {error}", path.display());
        CommandError::new(Kind::Use, message)
    })
}
