//! API keys with roles. A key is shown once; only its hash is kept.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, header};
use jiff::Timestamp;
use thiserror::Error;

use crate::idempotency::system_seconds;
use crate::store::{Change, Store, StoreError, Tx, Write};

/// Is what a key may do; each may what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Role {
    /// Look
    Reader,
    /// Move money
    Writer,
    /// Close and open the service, and whatever else is the operator's
    Admin,
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 3] = [Role::Reader, Role::Writer, Role::Admin];

    /// Gives its word.
    pub fn word(self) -> &'static str {
        match self {
            Role::Reader => "reader",
            Role::Writer => "writer",
            Role::Admin => "admin",
        }
    }

    /// Reads its word.
    pub fn of_word(word: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.word() == word)
    }
}

/// Is who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The id of the key; no secret.
    pub key_id: String,
    /// Its name.
    pub name: String,
    /// What it may do.
    pub role: Role,
}

/// Says why a key could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no randomness.
    #[error("the system gives no random bytes")]
    NoRandomness,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

const PREFIX: &str = "rx_";
/// How long a key is known without asking the store: a revoked one works that long.
const FRESH: Duration = Duration::from_secs(5);
/// Keys that are remembered at most.
const REMEMBERED: usize = 10_000;

/// Makes a key and keeps its hash. The text is given this once.
///
/// # Errors
///
/// There is no randomness, or the store failed.
pub async fn make(store: &Store, name: &str, role: Role) -> Result<String, KeyError> {
    let key = drawn()?;
    add(store, &key, name, role).await?;
    Ok(key)
}

/// Draws the text of a key that no store knows yet: [`add`] gives it to one.
///
/// # Errors
///
/// There is no randomness.
pub fn drawn() -> Result<String, KeyError> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|_| KeyError::NoRandomness)?;
    let mut key = PREFIX.to_owned();
    for byte in secret {
        // Writing into a text does not fail.
        let _ = write!(key, "{byte:02x}");
    }
    Ok(key)
}

/// Gives the id of a key, by which it is revoked and which the log of requests names. It is no secret.
pub fn id(key: &str) -> String {
    id_of(&hash_of(key))
}

/// Keeps the hash of a key that was made elsewhere. One that is there already stays as it is.
///
/// # Errors
///
/// The store failed.
pub async fn add(store: &Store, key: &str, name: &str, role: Role) -> Result<(), StoreError> {
    let hash = hash_of(key);
    let id = id_of(&hash);
    let name = name.to_owned();
    let made_at = system_seconds();
    store
        .write(async move |_| {
            let parameters = vec![
                id.clone().into(),
                name.clone().into(),
                role.word().into(),
                hash.clone().into(),
                made_at.into(),
            ];
            let sql = "INSERT INTO api_key (id, name, role, hash, made_at) VALUES (?1, ?2, ?3, ?4, ?5) \
                 ON CONFLICT DO NOTHING";
            Ok(Change::new(()).with(Write::any(sql, parameters)))
        })
        .await
}

/// Revokes a key by its id, and says whether there was one.
///
/// # Errors
///
/// The store failed.
pub async fn revoke(store: &Store, id: &str) -> Result<bool, StoreError> {
    let id = id.to_owned();
    store
        .write(async move |tx| {
            let found = tx
                .rows(
                    "SELECT id FROM api_key WHERE id = ?1",
                    vec![id.clone().into()],
                )
                .await?;
            let write = Write::any(
                "UPDATE api_key SET revoked = 1 WHERE id = ?1",
                vec![id.clone().into()],
            );
            Ok(Change::new(!found.is_empty()).with(write))
        })
        .await
}

/// Is a key as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub name: String,
    /// What it may do.
    pub role: String,
    /// When it was made, in seconds since 1970; nothing for keys from before this was kept.
    pub made_at: Option<i64>,
    /// Whether it is revoked.
    pub is_revoked: bool,
}

/// Lists all keys, by name.
///
/// # Errors
///
/// The store failed.
pub async fn list(store: &Store) -> Result<Vec<Listed>, StoreError> {
    let read = async |tx: &mut Tx<'_>| {
        let sql = "SELECT id, name, role, made_at, revoked FROM api_key ORDER BY name, id";
        let rows = tx.rows(sql, vec![]).await?;
        let listed = rows.iter().map(|row| {
            Ok::<_, StoreError>(Listed {
                id: row.text(0)?.to_owned(),
                name: row.text(1)?.to_owned(),
                role: row.text(2)?.to_owned(),
                made_at: row.maybe_int(3)?,
                is_revoked: row.int(4)? == 1,
            })
        });
        listed.collect()
    };
    store.read(read).await
}

/// Writes one line: id, role, when it was made, whether it is revoked, and the name at the end.
impl fmt::Display for Listed {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stamp = self.made_at.and_then(|at| Timestamp::from_second(at).ok());
        let made = stamp.map_or_else(|| "-".to_owned(), |stamp| stamp.to_string());
        let state = if self.is_revoked { "revoked" } else { "good" };
        let Listed { id, role, name, .. } = self;
        write!(to, "{id}  {role:<6}  {made:<20}  {state:<7}  {name}")
    }
}

fn hash_of(key: &str) -> String {
    blake3::hash(key.as_bytes()).to_hex().to_string()
}

/// The id of a key: the beginning of its hash.
fn id_of(hash: &str) -> String {
    let beginning: String = hash.chars().take(16).collect();
    format!("key_{beginning}")
}

/// Gives the key of `Authorization: Bearer …`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

/// Is what is known of a key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// Nothing: it is a stranger's.
    Nothing,
    /// It was a caller's, and somebody should look whether it still is.
    Stale,
    /// Whose it is, or that it is nobody's.
    Is(Option<Caller>),
}

/// Knows keys, and asks the store for the others.
#[derive(Debug)]
pub struct Keys {
    store: Store,
    /// By hash; also those that are none, so that asking again costs nothing.
    known: Mutex<BTreeMap<String, (Instant, Option<Caller>)>>,
}

impl Keys {
    /// Knows none yet.
    pub fn new(store: Store) -> Keys {
        let known = Mutex::default();
        Keys { store, known }
    }

    /// Tells what is known of a key without asking the store. When a caller's key was seen too long
    /// ago, one request is told to look again, and the others go on with what is known meanwhile: many
    /// at once are no strangers because a moment is over.
    pub(crate) fn known(&self, key: &str) -> Known {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get_mut(&hash_of(key)) {
            None => Known::Nothing,
            Some((seen, caller)) if seen.elapsed() < FRESH => Known::Is(caller.clone()),
            Some((_, None)) => Known::Nothing,
            Some((seen, Some(_))) => {
                *seen = Instant::now();
                Known::Stale
            }
        }
    }

    /// Gives whose key it is, if it is one.
    pub(crate) async fn find(&self, key: &str) -> Result<Option<Caller>, StoreError> {
        let hash = hash_of(key);
        let wanted = hash.clone();
        let caller = self
            .store
            .read(async move |tx| {
                let sql = "SELECT id, name, role FROM api_key WHERE hash = ?1 AND revoked = 0";
                let rows = tx.rows(sql, vec![wanted.into()]).await?;
                let Some(row) = rows.first() else {
                    return Ok(None);
                };
                let Some(role) = Role::of_word(row.text(2)?) else {
                    return Ok(None);
                };
                Ok(Some(Caller {
                    key_id: row.text(0)?.to_owned(),
                    name: row.text(1)?.to_owned(),
                    role,
                }))
            })
            .await?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(hash, (Instant::now(), caller.clone()));
        Ok(caller)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MIGRATIONS;

    #[test]
    fn one_request_looks_again_and_the_others_go_on() {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.expect("a runtime").block_on(async {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("keys.db");
            let store = Store::open(path.to_str().expect("UTF-8"), &MIGRATIONS).await;
            let store = store.expect("a store");
            let key = make(&store, "app", Role::Writer).await.expect("a key");
            let keys = Keys::new(store.clone());
            assert_eq!(keys.known(&key), Known::Nothing);
            let caller = keys.find(&key).await.expect("found").expect("a caller");
            assert_eq!(keys.known(&key), Known::Is(Some(caller.clone())));
            assert_eq!(keys.find("rx_none").await, Ok(None));

            let grow_old = || {
                let mut known = keys.known.lock().expect("a lock");
                for (seen, _) in known.values_mut() {
                    *seen = seen.checked_sub(FRESH).expect("the machine ran that long");
                }
            };
            grow_old();
            assert_eq!(keys.known(&key), Known::Stale);
            assert_eq!(keys.known(&key), Known::Is(Some(caller.clone())));
            // A stranger's stays one, each time.
            assert_eq!(keys.known("rx_none"), Known::Nothing);
            assert_eq!(keys.known("rx_none"), Known::Nothing);

            // What is printed with a key, what the list shows and what revokes it are one id.
            assert_eq!(id(&key), caller.key_id);
            let listed = list(&store).await.expect("listed").remove(0);
            assert_eq!((&listed.id, listed.is_revoked), (&caller.key_id, false));
            let line = listed.to_string();
            assert!(
                line.starts_with(&caller.key_id) && line.ends_with("good     app"),
                "{line}"
            );
            assert!(!line.contains(&key), "{line}");

            assert_eq!(revoke(&store, &caller.key_id).await, Ok(true));
            let listed = list(&store).await.expect("listed").remove(0);
            assert!(listed.is_revoked && listed.made_at.is_some_and(|at| at > 0));
            grow_old();
            assert_eq!(keys.known(&key), Known::Stale);
            assert_eq!(keys.find(&key).await, Ok(None));
            assert_eq!(keys.known(&key), Known::Is(None));
        });
    }
}
