//! `Idempotency-Key`: what was answered once is answered again, and done once only.
//!
//! The answer is written by the transaction that does what was asked, so there is no moment at
//! which one is on the disk without the other. A refusal is an answer, too, and stays: who wants to
//! try again, takes another key. How long answers stay, [`crate::prune`] says. What never began (an
//! unreadable request, an overload, a closed window) is not kept.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::HeaderMap;

use crate::keys::Caller;
use crate::problem::{KEY_MISSING, Problem};
use crate::store::{Row, StoreError, Value, Write};

/// Is what is asked, with the key it is asked by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    key_id: String,
    key: String,
    digest: String,
    /// Seconds since 1970.
    at: i64,
}

/// Is an answer as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status of HTTP.
    pub status: i64,
    /// The body, or what it is made from.
    pub text: String,
}

/// Is what is known of a request before it is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Before {
    /// Nothing: it is new.
    Nothing,
    /// It was asked, and this was the answer.
    Answered(Answer),
    /// The key was used for something else.
    Other,
}

const LENGTH: usize = 128;
const FIND: &str =
    "SELECT digest, status, answer FROM request WHERE key_id = ?1 AND idempotency_key = ?2";
const NOTE: &str = "INSERT INTO request (key_id, idempotency_key, digest, status, answer, answered_at) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

impl Asked {
    /// Reads the header. The digest is of method, path and the bytes of the body: a body that says
    /// the same in other bytes is another one.
    ///
    /// # Errors
    ///
    /// The header is missing, doubled, empty, longer than 128 characters or not visible ASCII.
    pub fn new(
        caller: &Caller,
        headers: &HeaderMap,
        method: &str,
        path: &str,
        body: &[u8],
    ) -> Result<Asked, Problem> {
        let mut values = headers.get_all("idempotency-key").iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(Problem::new(KEY_MISSING));
        };
        let key = value.to_str().unwrap_or_default();
        if key.is_empty() || key.len() > LENGTH || !key.bytes().all(|one| one.is_ascii_graphic()) {
            return Err(Problem::new(KEY_MISSING).says(
                "It must have 1 to 128 characters, visible ASCII without spaces.",
                "应为 1 至 128 个可见 ASCII 字符，不含空格。",
            ));
        }
        let mut digest = blake3::Hasher::new();
        for part in [method.as_bytes(), path.as_bytes(), body] {
            digest.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            digest.update(part);
        }
        Ok(Asked {
            key_id: caller.key_id.clone(),
            key: key.to_owned(),
            digest: digest.finalize().to_hex().to_string(),
            at: system_seconds(),
        })
    }

    /// Says when it is asked, in seconds since 1970, where the service has a clock of its own. The
    /// answer is kept from then on.
    #[must_use]
    pub fn at(mut self, seconds: i64) -> Asked {
        self.at = seconds;
        self
    }

    /// Gives an id of 128 bits that follows from the caller's key and the header: for books whose
    /// commands have ids of their own. Nobody can take the id of another one's command.
    pub fn id(&self) -> u128 {
        let mut material = Vec::new();
        for part in [&self.key_id, &self.key] {
            let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
            material.extend(length.to_le_bytes());
            material.extend(part.as_bytes());
        }
        let key = blake3::derive_key("ruixin-service 2026 id of a command", &material);
        key.iter()
            .take(16)
            .fold(0, |id, byte| (id << 8) | u128::from(*byte))
    }

    /// Gives the digest of method, path and body.
    pub fn digest(&self) -> [u8; 32] {
        blake3::Hash::from_hex(&self.digest).map_or([0; 32], Into::into)
    }

    /// Gives the query that looks for an earlier answer. Run it after what the request changes is
    /// locked: then two at once cannot both see nothing and go on.
    pub fn find(&self) -> (&'static str, Vec<Value>) {
        let parameters = vec![self.key_id.as_str().into(), self.key.as_str().into()];
        (FIND, parameters)
    }

    /// Reads what the query found.
    ///
    /// # Errors
    ///
    /// The rows are of another query.
    pub fn before(&self, rows: &[Row]) -> Result<Before, StoreError> {
        let Some(row) = rows.first() else {
            return Ok(Before::Nothing);
        };
        if row.text(0)? != self.digest {
            return Ok(Before::Other);
        }
        Ok(Before::Answered(Answer {
            status: row.int(1)?,
            text: row.text(2)?.to_owned(),
        }))
    }

    /// Makes the write that keeps the answer.
    pub fn note(&self, answer: &Answer) -> Write {
        Write::one(
            NOTE,
            vec![
                self.key_id.as_str().into(),
                self.key.as_str().into(),
                self.digest.as_str().into(),
                answer.status.into(),
                answer.text.as_str().into(),
                self.at.into(),
            ],
        )
    }
}

/// Draws the id of a command that comes without a key; nothing where the system gives no random bytes.
pub fn drawn_id() -> Option<u128> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok()?;
    Some(u128::from_be_bytes(bytes))
}

/// Seconds since 1970 by the system's clock.
pub(crate) fn system_seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Role;

    #[test]
    fn an_id_follows_from_the_key_and_the_header_and_from_nothing_else() {
        let id = |key_id: &str, header: &str, body: &[u8]| {
            let caller = Caller {
                key_id: key_id.to_owned(),
                name: "test".to_owned(),
                role: Role::Writer,
            };
            let mut headers = HeaderMap::new();
            headers.insert("idempotency-key", header.parse().expect("visible"));
            let asked = Asked::new(&caller, &headers, "POST", "/", body).expect("a key");
            (asked.id(), asked.digest())
        };
        assert_eq!(id("a", "bc", b"1").0, id("a", "bc", b"2").0);
        assert_ne!(id("a", "bc", b"1").1, id("a", "bc", b"2").1);
        assert_ne!(id("a", "bc", b"1").1, [0; 32]);
        let all = [id("a", "bc", b""), id("ab", "c", b""), id("a", "bd", b"")].map(|one| one.0);
        assert!(all[0] != all[1] && all[1] != all[2] && all[0] != all[2]);
    }
}
