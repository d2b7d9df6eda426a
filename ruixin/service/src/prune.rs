//! Answers are kept for a while, not for good.
//!
//! A key whose answer was pruned is free again: the same request is done once more then. So answers
//! must be kept for longer than anybody tries again.

use std::time::Duration;

use crate::store::{Change, Store, StoreError, Tx, Write};

/// How many answers go at once: others write in between.
const AT_ONCE: i64 = 1_000;
/// How long others have, after a round that found as many.
const BREATH: Duration = Duration::from_millis(20);

const UNDATED: &str = "UPDATE request SET answered_at = ?1 WHERE answered_at = 0";
const KEPT: &str = "UPDATE request_kept SET since = ?1 WHERE since < ?1";
const PRUNE: &str = "DELETE FROM request WHERE (key_id, idempotency_key) IN \
     (SELECT key_id, idempotency_key FROM request WHERE answered_at < ?1 ORDER BY answered_at LIMIT ?2) \
     RETURNING 1";

/// Gives the answers that have no time the time of now, and prunes those from before `before`, both
/// in seconds since 1970; gives how many were pruned.
///
/// # Errors
///
/// The store failed: some may be pruned then, and some not.
pub async fn prune(store: &Store, now: i64, before: i64) -> Result<u64, StoreError> {
    let date = async move |_: &mut Tx<'_>| {
        let undated = Write::any(UNDATED, vec![now.into()]);
        // The table keeps what is younger, whoever deletes.
        let kept = Write::any(KEPT, vec![before.into()]);
        Ok(Change::new(()).with(undated).with(kept))
    };
    store.write(date).await?;
    let mut pruned: u64 = 0;
    loop {
        let some = async move |tx: &mut Tx<'_>| {
            let rows = tx.rows(PRUNE, vec![before.into(), AT_ONCE.into()]).await?;
            Ok(Change::new(rows.len()))
        };
        let gone = store.write(some).await?;
        let gone = i64::try_from(gone).unwrap_or(i64::MAX);
        pruned = pruned.saturating_add(gone.unsigned_abs());
        if gone < AT_ONCE {
            return Ok(pruned);
        }
        tokio::time::sleep(BREATH).await;
    }
}

/// Prunes again and again what is older than `keep`, until it is dropped. `now` is the service's
/// clock, in seconds since 1970.
pub async fn keep_pruning(store: Store, keep: Duration, every: Duration, now: impl Fn() -> i64) {
    let keep = i64::try_from(keep.as_secs()).unwrap_or(i64::MAX);
    loop {
        let at = now();
        match prune(&store, at, at.saturating_sub(keep)).await {
            Ok(0) => {}
            Ok(pruned) => tracing::info!(pruned, "old answers were pruned"),
            Err(error) => tracing::warn!(%error, "old answers were not pruned"),
        }
        tokio::time::sleep(every).await;
    }
}
