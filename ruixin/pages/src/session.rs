//! Who is signed in: links that work once, sessions that end when nobody clicks.
//!
//! A link and a session are 256 random bits each, of which only the hash is kept. A session's forms
//! carry a token that is derived from its secret, so that no other site can make them.

use ruixin_service::store::{Change, Migration, Store, StoreError, Tx, Value, Write};

const TABLES: &str = include_str!("sessions.sql");

/// Lists the migrations of the pages' tables, as a set of a service's own. `investor` is the number of
/// whoever signs in, whatever a service calls him.
pub const fn migrations(set: &'static str) -> [Migration; 1] {
    [Migration {
        set,
        number: 1,
        sqlite: TABLES,
        postgres: TABLES,
    }]
}

const SECOND: i64 = 1_000_000;
/// How long a link works.
const LINK_MICROS: i64 = 5 * 60 * SECOND;
/// How long a session lasts without a click.
const IDLE_MICROS: i64 = 30 * 60 * SECOND;
/// How long it lasts with clicks.
const LONGEST_MICROS: i64 = 12 * 3_600 * SECOND;
/// A session that was seen so short a time ago is not written anew at each click.
const FRESH_MICROS: i64 = 60 * SECOND;
/// How long links and sessions that are over are kept.
const KEPT_MICROS: i64 = 24 * 3_600 * SECOND;

/// Is a session that lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Whose it is.
    pub user: u64,
    /// What the forms of this session carry.
    pub csrf: String,
}

/// Draws a secret of 256 bits, as 64 hexadecimal digits.
pub(crate) fn secret() -> Result<String, StoreError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|_| StoreError::Unreachable("the system gives no random bytes".to_owned()))?;
    Ok(blake3::Hash::from_bytes(bytes).to_hex().to_string())
}

/// Tells whether a text can be a secret: what cannot, is not looked for.
fn is_secret(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|one| one.is_ascii_hexdigit())
}

fn hash(secret: &str) -> Value {
    Value::Text(blake3::hash(secret.as_bytes()).to_hex().to_string())
}

/// Gives the token of a session's forms.
fn csrf(secret: &str) -> String {
    let key = blake3::derive_key("ruixin-pages 2026 forms", secret.as_bytes());
    blake3::Hash::from_bytes(key).to_hex().to_string()
}

/// Makes a link for a user, and gives its secret and until when it works.
pub(crate) async fn link(store: &Store, user: u64, now: i64) -> Result<(String, i64), StoreError> {
    let secret = secret()?;
    let expires_at = now.saturating_add(LINK_MICROS);
    let (hash, investor) = (hash(&secret), investor(user)?);
    let write = async move |_: &mut Tx<'_>| {
        let old = vec![Value::Int(now.saturating_sub(KEPT_MICROS))];
        let made = vec![hash.clone(), investor.clone(), expires_at.into()];
        Ok(Change::new(())
            .with(Write::any(
                "DELETE FROM sign_in_link WHERE expires_at < ?1",
                old,
            ))
            .with(Write::one(
                "INSERT INTO sign_in_link (hash, investor, expires_at) VALUES (?1, ?2, ?3)",
                made,
            )))
    };
    store.write(write).await?;
    Ok((secret, expires_at))
}

fn investor(user: u64) -> Result<Value, StoreError> {
    let number = i64::try_from(user);
    number
        .map(Value::Int)
        .map_err(|_| StoreError::Fault("the number of a user is too large".to_owned()))
}

/// Uses a link up and begins a session, whose secret it gives; nothing where the link works no more.
pub(crate) async fn begin(
    store: &Store,
    link: &str,
    now: i64,
) -> Result<Option<String>, StoreError> {
    if !is_secret(link) {
        return Ok(None);
    }
    let secret = secret()?;
    let (link, session) = (hash(link), hash(&secret));
    let begun = store
        .write(async move |tx: &mut Tx<'_>| {
            let sql = "SELECT investor, expires_at, used FROM sign_in_link WHERE hash = ?1 lock:";
            let rows = tx.rows(sql, vec![link.clone()]).await?;
            let Some(row) = rows.first() else {
                return Ok(Change::new(false));
            };
            if row.int(2)? != 0 || now >= row.int(1)? {
                return Ok(Change::new(false));
            }
            let old = vec![Value::Int(now.saturating_sub(KEPT_MICROS))];
            let made = vec![session.clone(), row.int(0)?.into(), now.into()];
            Ok(Change::new(true)
                .with(Write::one(
                    "UPDATE sign_in_link SET used = 1 WHERE hash = ?1 AND used = 0",
                    vec![link.clone()],
                ))
                .with(Write::any("DELETE FROM page_session WHERE seen_at < ?1", old))
                .with(Write::one(
                    "INSERT INTO page_session (hash, investor, begun_at, seen_at) VALUES (?1, ?2, ?3, ?3)",
                    made,
                )))
        })
        .await?;
    Ok(begun.then_some(secret))
}

/// Gives the session of a secret, while it lasts, and notes that it was seen.
pub(crate) async fn find(
    store: &Store,
    secret: &str,
    now: i64,
) -> Result<Option<Session>, StoreError> {
    if !is_secret(secret) {
        return Ok(None);
    }
    let key = hash(secret);
    let wanted = vec![key.clone()];
    let found = store
        .read(async move |tx: &mut Tx<'_>| {
            let sql = "SELECT investor, begun_at, seen_at FROM page_session WHERE hash = ?1";
            let rows = tx.rows(sql, wanted).await?;
            let Some(row) = rows.first() else {
                return Ok(None);
            };
            Ok(Some((row.int(0)?, row.int(1)?, row.int(2)?)))
        })
        .await?;
    let Some((user, begun_at, seen_at)) = found else {
        return Ok(None);
    };
    let idle = now.saturating_sub(seen_at);
    let age = now.saturating_sub(begun_at);
    // A clock that was put back must not make sessions last.
    if idle >= IDLE_MICROS || age >= LONGEST_MICROS || idle <= -IDLE_MICROS {
        return Ok(None);
    }
    if idle >= FRESH_MICROS {
        store
            .write(async move |_: &mut Tx<'_>| {
                Ok(Change::new(()).with(Write::any(
                    "UPDATE page_session SET seen_at = ?2 WHERE hash = ?1 AND seen_at < ?2",
                    vec![key.clone(), now.into()],
                )))
            })
            .await?;
    }
    let user =
        u64::try_from(user).map_err(|_| StoreError::Fault("a session is of no user".to_owned()))?;
    let csrf = csrf(secret);
    Ok(Some(Session { user, csrf }))
}

/// Ends a session.
pub(crate) async fn end(store: &Store, secret: &str) -> Result<(), StoreError> {
    let key = hash(secret);
    store
        .write(async move |_: &mut Tx<'_>| {
            Ok(Change::new(()).with(Write::any(
                "DELETE FROM page_session WHERE hash = ?1",
                vec![key.clone()],
            )))
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60 * SECOND;

    /// Runs a play on a store of its own that has the tables.
    fn on_a_store<F: Future<Output = ()>>(play: impl FnOnce(Store) -> F) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("sessions.db");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let path = path.to_str().expect("UTF-8");
            let store = Store::open(path, &migrations("test-pages")).await;
            play(store.expect("a store")).await;
        });
    }

    async fn signed_in(store: &Store, user: u64, now: i64) -> String {
        let (link, _) = link(store, user, now).await.expect("a link");
        let session = begin(store, &link, now).await.expect("it is read");
        session.expect("it works")
    }

    #[test]
    fn a_link_works_once_and_for_five_minutes() {
        on_a_store(async |store| {
            let (link, until) = link(&store, 7, 0).await.expect("a link");
            assert_eq!(until, 5 * MINUTE);
            assert_eq!(begin(&store, &link, until).await, Ok(None));
            let secret = begin(&store, &link, until - 1).await.expect("it is read");
            let found = find(&store, &secret.expect("it works"), until).await;
            assert_eq!(
                found.expect("it is read").map(|session| session.user),
                Some(7)
            );
            assert_eq!(begin(&store, &link, 1).await, Ok(None), "it was used");
            for wrong in ["", "x", &"0".repeat(64), &"Z".repeat(64)] {
                assert_eq!(begin(&store, wrong, 1).await, Ok(None), "{wrong}");
            }
        });
    }

    #[test]
    fn a_session_lasts_while_there_are_clicks_and_twelve_hours_at_most() {
        on_a_store(async |store| {
            let secret = signed_in(&store, 7, 0).await;
            let lasts = async |now| {
                let found = find(&store, &secret, now).await;
                found.expect("it is read").is_some()
            };
            for click in 0..28 {
                assert!(lasts(click * 25 * MINUTE).await, "{click}");
            }
            assert!(!lasts(12 * 60 * MINUTE).await);
            let other = signed_in(&store, 7, 0).await;
            let found = find(&store, &other, 30 * MINUTE).await;
            assert_eq!(found, Ok(None), "nobody clicked");
        });
    }

    #[test]
    fn a_session_that_was_ended_is_worth_nothing_and_tokens_are_each_sessions_own() {
        on_a_store(async |store| {
            let (one, other) = (signed_in(&store, 7, 0).await, signed_in(&store, 7, 0).await);
            assert_ne!(csrf(&one), csrf(&other));
            end(&store, &one).await.expect("ended");
            assert_eq!(find(&store, &one, 1).await, Ok(None));
            let left = find(&store, &other, 1).await.expect("it is read");
            assert_eq!(left.map(|session| session.csrf), Some(csrf(&other)));
        });
    }
}
