//! Who is signed in: links that work once, sessions that end when nobody clicks.
//!
//! A link and a session are 256 random bits each, of which only the hash is kept. A session's forms
//! carry a token that is derived from its secret, so that no other site can make them.

use ruixin_service::store::{Change, Migration, Store, StoreError, Value, Write};

const TABLES: &str = include_str!("sessions.sql");

/// Lists the migrations of the pages' tables.
pub(crate) const MIGRATIONS: [Migration; 1] = [Migration {
    set: "bao-pages",
    number: 1,
    sqlite: TABLES,
    postgres: TABLES,
}];

const SECOND: i64 = 1_000_000;
/// How long a link works.
pub(super) const LINK_MICROS: i64 = 5 * 60 * SECOND;
/// How long a session lasts without a click.
pub(super) const IDLE_MICROS: i64 = 30 * 60 * SECOND;
/// How long it lasts with clicks.
const LONGEST_MICROS: i64 = 12 * 3_600 * SECOND;
/// A session that was seen so short a time ago is not written anew at each click.
const FRESH_MICROS: i64 = 60 * SECOND;
/// How long links and sessions that are over are kept.
const KEPT_MICROS: i64 = 24 * 3_600 * SECOND;

/// Is a session that lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Session {
    pub(super) user: u64,
    /// What the forms of this session carry.
    pub(super) csrf: String,
}

/// Draws a secret of 256 bits, as 64 hexadecimal digits.
pub(super) fn secret() -> Result<String, StoreError> {
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
pub(super) fn csrf(secret: &str) -> String {
    let key = blake3::derive_key("ruixin-bao-service 2026 forms", secret.as_bytes());
    blake3::Hash::from_bytes(key).to_hex().to_string()
}

/// Makes a link for a user, and gives its secret and until when it works.
pub(super) async fn link(store: &Store, user: u64, now: i64) -> Result<(String, i64), StoreError> {
    let secret = secret()?;
    let expires_at = now.saturating_add(LINK_MICROS);
    let (hash, investor) = (hash(&secret), investor(user)?);
    let write = async move |_: &mut ruixin_service::store::Tx<'_>| {
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
pub(super) async fn begin(
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
        .write(async move |tx: &mut ruixin_service::store::Tx<'_>| {
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
pub(super) async fn find(
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
        .read(async move |tx: &mut ruixin_service::store::Tx<'_>| {
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
            .write(async move |_: &mut ruixin_service::store::Tx<'_>| {
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
pub(super) async fn end(store: &Store, secret: &str) -> Result<(), StoreError> {
    let key = hash(secret);
    store
        .write(async move |_: &mut ruixin_service::store::Tx<'_>| {
            Ok(Change::new(()).with(Write::any(
                "DELETE FROM page_session WHERE hash = ?1",
                vec![key.clone()],
            )))
        })
        .await
}

/// Gives the order that a one-time id of a user's form stands for: nobody can take another's.
pub(super) fn order_of(user: u64, once: &str) -> u128 {
    let mut material = user.to_le_bytes().to_vec();
    material.extend_from_slice(once.as_bytes());
    let key = blake3::derive_key("ruixin-bao-service 2026 order of a form", &material);
    let mut id = [0; 16];
    for (to, from) in id.iter_mut().zip(key) {
        *to = from;
    }
    u128::from_be_bytes(id)
}
