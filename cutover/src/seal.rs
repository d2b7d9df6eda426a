//! The seal of a folder of evidence: its manifest, and what of the folder is not as it says.
//!
//! `manifest.json` names every file of the evidence with its length and BLAKE3. The digest of the
//! manifest's own bytes stands for the whole folder: it is what the daybook records and what people
//! sign. This module reads the manifest and compares; listing and digesting the files is the
//! caller's.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::indexing_slicing
    )
)]

mod name;

pub use name::BadName;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize};

use crate::Digest;

/// Name of the manifest, which does not list itself.
pub const MANIFEST: &str = "manifest.json";

/// Name of the daybook's copy that may stand in the folder unlisted: it goes on after the manifest
/// was written, and is chained by itself.
pub const DAYBOOK: &str = "daybook.jsonl";

/// Files that no evidence is without.
pub const ALWAYS: [&str; 3] = ["breaks.jsonl", "rejects.jsonl", "report.json"];

/// Is what `manifest.json` says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the document.
    pub version: u32,
    /// Version of Crossfoot.
    pub crossfoot: String,
    /// The plan's name.
    pub plan: String,
    /// BLAKE3 of the plan and its SQL.
    pub plan_blake3: Digest,
    /// When the run began, in UTC.
    pub started: String,
    /// The secret of the run's hashes.
    pub seed: String,
    /// The files that were read.
    pub inputs: Vec<Input>,
    /// The files of the folder but for the manifest.
    pub files: Vec<Listed>,
}

/// Is one file of a book, as it was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// `source` or `target`.
    pub book: String,
    /// The table.
    pub table: String,
    /// The file, relative to its book.
    pub file: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// BLAKE3 of its bytes; none where no digest was taken.
    #[serde(deserialize_with = "digest_or_none")]
    pub blake3: Option<Digest>,
}

/// Digests what a book held: each of its files with its table, name, length and digest, whatever
/// their order. None where it has no file, or a file without a digest.
pub fn book_blake3(inputs: &[Input], book: &str) -> Option<Digest> {
    let inputs = inputs.iter();
    files_blake3(inputs.filter(|input| input.book == book).collect())
}

/// Digests what a table of a book held, as [`book_blake3`] does the whole book.
pub fn table_blake3(inputs: &[Input], book: &str, table: &str) -> Option<Digest> {
    let is_its = |input: &&Input| input.book == book && input.table.eq_ignore_ascii_case(table);
    files_blake3(inputs.iter().filter(is_its).collect())
}

fn files_blake3(mut files: Vec<&Input>) -> Option<Digest> {
    files.sort();
    let mut text = String::new();
    for Input {
        table,
        file,
        bytes,
        blake3,
        ..
    } in &files
    {
        // A zero byte ends each part, as no name holds one.
        text.push_str(&format!("{table}\0{file}\0{bytes}\0{}\n", (*blake3)?));
    }
    (!files.is_empty()).then(|| Digest::of(text.as_bytes()))
}

/// Is one file of the evidence, as the manifest lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Its name.
    pub file: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// BLAKE3 of its bytes.
    pub blake3: Digest,
}

/// Is a file that is really there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Its name, relative to the folder, with `/` between the parts.
    pub file: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// BLAKE3 of its bytes.
    pub blake3: Digest,
}

/// Is a manifest with the digest of the very bytes that it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    manifest: Manifest,
    bytes: u64,
    hash: Digest,
}

/// Says why bytes are no manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It is no JSON of this form.
    #[error("manifest.json cannot be read: {says}; take the folder from where it was made")]
    Unreadable {
        /// What the reader says, with line and column.
        says: String,
    },
    /// It is of another version.
    #[error(
        "manifest.json is version {version}, and only version 1 can be read; read it with the \
         Crossfoot that wrote it"
    )]
    OtherVersion {
        /// The version it says.
        version: u64,
    },
    /// A name in it is none for a file of the folder.
    #[error("manifest.json lists {0}; no evidence is made so, do not trust this folder")]
    BadName(#[from] BadName),
    /// A file is lacking that no evidence is without.
    #[error(
        "manifest.json does not list {file}, which every evidence has; do not trust this folder"
    )]
    Lacking {
        /// The file.
        file: &'static str,
    },
    /// It lists an input twice.
    #[error("manifest.json lists the input {book} {table} {file} twice; do not trust this folder")]
    InputTwice {
        /// The book.
        book: String,
        /// The table.
        table: String,
        /// The file.
        file: String,
    },
}

/// Says in which way a folder is not as its manifest says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "flaw", rename_all = "snake_case")]
pub enum Flaw {
    /// A file has other bytes.
    #[error(
        "{file} was changed: {expected_bytes} bytes with BLAKE3 {expected} were written, and it \
         has {actual_bytes} bytes with {actual}"
    )]
    Changed {
        /// The file.
        file: String,
        /// Its length by the manifest.
        expected_bytes: u64,
        /// Its digest by the manifest.
        expected: Digest,
        /// Its length.
        actual_bytes: u64,
        /// Its digest.
        actual: Digest,
    },
    /// A file is not there.
    #[error("{file} is missing: {expected_bytes} bytes with BLAKE3 {expected} were written")]
    Missing {
        /// The file.
        file: String,
        /// Its length by the manifest.
        expected_bytes: u64,
        /// Its digest by the manifest.
        expected: Digest,
    },
    /// A file is there that the manifest does not list.
    #[error("{file} is not listed: {actual_bytes} bytes that the run did not write")]
    Unlisted {
        /// The file.
        file: String,
        /// Its length.
        actual_bytes: u64,
    },
    /// A file was read with other bytes than it was digested with.
    #[error("{file} was read with other bytes than are listed")]
    ReadOtherwise {
        /// The file.
        file: String,
        /// Its digest by the manifest.
        expected: Digest,
        /// The digest of what was read.
        actual: Digest,
    },
    /// A name of a file is none that evidence has.
    #[error("the folder holds {why}")]
    BadName {
        /// What is wrong with it.
        why: String,
    },
}

impl Sealed {
    /// Reads `manifest.json`.
    ///
    /// # Errors
    /// The bytes are no manifest of version 1; or a name in it leaves the folder, is there twice,
    /// or is told from another by its capitals alone.
    pub fn read(bytes: &[u8]) -> Result<Sealed, SealError> {
        refuse_other_version(bytes)?;
        let manifest: Manifest = serde_json::from_slice(bytes).map_err(unreadable)?;
        name::check_all(manifest.files.iter().map(|listed| listed.file.as_str()))?;
        manifest.refuse_lacking()?;
        manifest.refuse_inputs_twice()?;
        Ok(Sealed {
            manifest,
            bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            hash: Digest::of(bytes),
        })
    }

    /// Gives what the manifest says.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Gives the digest of the manifest's bytes: what people sign.
    pub fn hash(&self) -> Digest {
        self.hash
    }

    /// Gives the digest of a listed file.
    pub fn blake3_of(&self, file: &str) -> Option<Digest> {
        let listed = self
            .manifest
            .files
            .iter()
            .find(|listed| listed.file == file)?;
        Some(listed.blake3)
    }

    /// Compares the files that are really there with those listed. Gives what is wrong, by the
    /// file's name; nothing where the folder is as it was written.
    ///
    /// `found` are all files of the folder and its subfolders, the manifest among them.
    pub fn check(&self, found: &[Found]) -> Vec<Flaw> {
        let mut flaws = BTreeMap::new();
        let names = found.iter().map(|file| file.file.as_str());
        if let Err(bad) = name::check_all(names) {
            let why = bad.to_string();
            flaws.insert(String::new(), Flaw::BadName { why });
        }
        let there: BTreeMap<&str, &Found> = found
            .iter()
            .map(|file| (file.file.as_str(), file))
            .collect();
        for listed in &self.manifest.files {
            if let Some(flaw) = flaw_of(listed, there.get(listed.file.as_str()).copied()) {
                flaws.insert(listed.file.clone(), flaw);
            }
        }
        let listed: BTreeSet<&str> = self.listed_names().collect();
        for file in there.values().filter(|file| !listed.contains(&*file.file)) {
            if let Some(flaw) = self.flaw_of_unlisted(file) {
                flaws.insert(file.file.clone(), flaw);
            }
        }
        flaws.into_values().collect()
    }

    fn listed_names(&self) -> impl Iterator<Item = &str> {
        self.manifest.files.iter().map(|listed| &*listed.file)
    }

    /// The manifest and the daybook are not listed, and may be there.
    fn flaw_of_unlisted(&self, file: &Found) -> Option<Flaw> {
        match &*file.file {
            DAYBOOK => None,
            MANIFEST if file.blake3 == self.hash => None,
            MANIFEST => Some(Flaw::Changed {
                file: file.file.clone(),
                expected_bytes: self.bytes,
                expected: self.hash,
                actual_bytes: file.bytes,
                actual: file.blake3,
            }),
            _ => Some(Flaw::Unlisted {
                file: file.file.clone(),
                actual_bytes: file.bytes,
            }),
        }
    }
}

fn flaw_of(listed: &Listed, found: Option<&Found>) -> Option<Flaw> {
    let file = listed.file.clone();
    let (expected_bytes, expected) = (listed.bytes, listed.blake3);
    match found {
        None => Some(Flaw::Missing {
            file,
            expected_bytes,
            expected,
        }),
        Some(found) if found.bytes != expected_bytes || found.blake3 != expected => {
            Some(Flaw::Changed {
                file,
                expected_bytes,
                expected,
                actual_bytes: found.bytes,
                actual: found.blake3,
            })
        }
        Some(_) => None,
    }
}

impl Manifest {
    fn refuse_lacking(&self) -> Result<(), SealError> {
        let lacks = |file: &&str| !self.files.iter().any(|listed| listed.file == *file);
        match ALWAYS.into_iter().find(|file| lacks(file)) {
            Some(file) => Err(SealError::Lacking { file }),
            None => Ok(()),
        }
    }

    fn refuse_inputs_twice(&self) -> Result<(), SealError> {
        let mut seen = BTreeSet::new();
        let place = |input: &Input| (input.book.clone(), input.table.clone(), input.file.clone());
        let twice = self.inputs.iter().find(|input| !seen.insert(place(input)));
        match twice.map(place) {
            Some((book, table, file)) => Err(SealError::InputTwice { book, table, file }),
            None => Ok(()),
        }
    }
}

/// A later version is named before its fields are found wanting.
fn refuse_other_version(bytes: &[u8]) -> Result<(), SealError> {
    #[derive(Deserialize)]
    struct OnlyVersion {
        version: u64,
    }
    let only: OnlyVersion = serde_json::from_slice(bytes).map_err(unreadable)?;
    match only.version {
        1 => Ok(()),
        version => Err(SealError::OtherVersion { version }),
    }
}

fn unreadable(error: serde_json::Error) -> SealError {
    SealError::Unreadable {
        says: error.to_string(),
    }
}

/// An input without a digest holds an empty text.
fn digest_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Digest>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(serde::de::Error::custom)
}
