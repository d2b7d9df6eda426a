//! Sign-off: people say with a key of their own that they have seen the evidence.
//!
//! # The statement, version 1
//!
//! What is signed is this text in UTF-8, each line ended by `\n`:
//!
//! ```text
//! crossfoot sign-off 1
//! role: accountant
//! name: Li Na
//! plan: ruixin-bao
//! manifest: <64 digits: BLAKE3 of manifest.json>
//! daybook: <64 digits: hash of the last entry of the daybook>
//! at: 2013-05-27T05:12:00Z
//! ```
//!
//! The signature is Ed25519 (RFC 8032) over these bytes. The manifest lists every file of the
//! evidence, and the daybook's hash stands for all that was written before: with other bytes in
//! either there is no sign-off.
//!
//! # The key files
//!
//! One line each, ended by `\n`; the name is that of the person and may hold blanks:
//!
//! ```text
//! crossfoot-secret-key-1 <64 digits: the seed> <name>
//! crossfoot-public-key-1 <64 digits> <name>
//! ```
//!
//! A list of trusted keys has a line for each person, the roles before the public key; blank lines
//! and lines that begin with `#` say nothing:
//!
//! ```text
//! accountant crossfoot-public-key-1 <64 digits> Li Na
//! engineer,operator crossfoot-public-key-1 <64 digits> Wang Wei
//! ```
//!
//! The seed is drawn by the caller, from the machine's own source of randomness.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::indexing_slicing
    )
)]

mod check;
mod key;
mod trust;

pub use check::{Refused, Subject, TwoPeople, check, two_people};
pub use key::{KeyError, KeyId, PublicKey, SecretKey, Signature};
pub use trust::{TrustError, Trusted, read_trusted};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Digest;

/// Is what a person signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// In which role.
    pub role: String,
    /// Who.
    pub name: String,
    /// Name of the plan.
    pub plan: String,
    /// BLAKE3 of `manifest.json`.
    pub manifest_blake3: Digest,
    /// Hash of the last entry of the daybook.
    pub daybook_head: Digest,
    /// When.
    pub at: Timestamp,
}

/// Is a statement with its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignOff {
    /// What was signed.
    pub statement: Statement,
    /// Which key signed it.
    pub key: KeyId,
    /// The signature.
    pub signature: Signature,
}

/// Says why a statement cannot be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the {field} {value:?} cannot be signed; it must be one line without blanks at its ends")]
pub struct StatementError {
    /// The field.
    field: &'static str,
    /// What it holds.
    value: String,
}

impl Statement {
    /// Gives the text that is signed.
    ///
    /// # Errors
    /// A role, name or plan is empty, or holds a control character, or begins or ends with a blank:
    /// two statements would then have one text.
    pub fn text(&self) -> Result<String, StatementError> {
        one_line("role", &self.role)?;
        one_line("name", &self.name)?;
        one_line("plan", &self.plan)?;
        Ok(format!(
            "crossfoot sign-off 1\nrole: {}\nname: {}\nplan: {}\nmanifest: {}\ndaybook: {}\nat: {}\n",
            self.role, self.name, self.plan, self.manifest_blake3, self.daybook_head, self.at
        ))
    }

    /// Signs the statement.
    ///
    /// # Errors
    /// As of [`Statement::text`].
    pub fn sign(self, key: &SecretKey) -> Result<SignOff, StatementError> {
        let signature = key.sign(self.text()?.as_bytes());
        Ok(SignOff {
            statement: self,
            key: key.public().id(),
            signature,
        })
    }
}

/// Says whether a text is one line with something in it.
pub(crate) fn is_one_line(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && !text.contains(char::is_control)
}

fn one_line(field: &'static str, value: &str) -> Result<(), StatementError> {
    if is_one_line(value) {
        return Ok(());
    }
    let value = value.to_owned();
    Err(StatementError { field, value })
}
