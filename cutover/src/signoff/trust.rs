//! Whose keys are trusted, and for which roles.

use super::is_one_line;
use super::key::{KeyError, PublicKey};

/// Is a public key that is trusted for some roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted {
    /// The key with its owner's name.
    pub key: PublicKey,
    /// The roles in which its owner may sign.
    pub roles: Vec<String>,
}

/// Says what is wrong with a list of trusted keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// A line has another form.
    #[error(
        "line {line} of the trusted keys must be `<role>[,<role>] crossfoot-public-key-1 <64 digits> <name>`"
    )]
    OtherForm {
        /// The line, from 1.
        line: usize,
    },
    /// A line's key is none.
    #[error("the key in line {line} of the trusted keys {error}")]
    Key {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        error: KeyError,
    },
    /// A key is there twice.
    #[error(
        "line {line} of the trusted keys has the key of line {first} once more; give each key one line with all its roles"
    )]
    Twice {
        /// The line, from 1.
        line: usize,
        /// Where it stands first.
        first: usize,
    },
}

/// Reads a list of trusted keys.
///
/// # Errors
/// The first line that is no trusted key, or has a key once more.
pub fn read_trusted(text: &str) -> Result<Vec<Trusted>, TrustError> {
    let mut trusted: Vec<(usize, Trusted)> = Vec::new();
    for (index, text) in text.lines().enumerate() {
        let line = index.saturating_add(1);
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let next = read_line(text, line)?;
        let same = |other: &&(usize, Trusted)| other.1.key.bytes() == next.key.bytes();
        if let Some((first, _)) = trusted.iter().find(same) {
            let first = *first;
            return Err(TrustError::Twice { line, first });
        }
        trusted.push((line, next));
    }
    Ok(trusted.into_iter().map(|(_, trusted)| trusted).collect())
}

fn read_line(text: &str, line: usize) -> Result<Trusted, TrustError> {
    let (roles, key) = text.split_once(' ').ok_or(TrustError::OtherForm { line })?;
    let roles: Vec<String> = roles.split(',').map(str::to_owned).collect();
    if !roles.iter().all(|role| is_one_line(role)) {
        return Err(TrustError::OtherForm { line });
    }
    let key = key.parse().map_err(|error| match error {
        KeyError::OtherForm { .. } => TrustError::OtherForm { line },
        error => TrustError::Key { line, error },
    })?;
    Ok(Trusted { key, roles })
}
