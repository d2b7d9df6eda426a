//! Answers are kept for a while, not for good.
//!
//! What was booked is not done once more when its answer is gone: its id is that of the voucher, the
//! order or the refund, so the same content is told as it is booked, and another one is refused. A
//! refusal booked nothing: it is decided anew.

use std::time::Duration;

use crate::error::StoreError;
use crate::sql::{Session, Value};
use crate::store::{Lock, Store};

/// How many answers go at once: others write in between.
const AT_ONCE: i64 = 1_000;
/// How long others have, after a round that found as many.
const BREATH: Duration = Duration::from_millis(20);

impl Store {
    /// Gives the answers that have no time the time of now, and prunes those from before an instant,
    /// both in microseconds since 1970 UTC; gives how many were pruned.
    ///
    /// # Errors
    ///
    /// The database refuses: some may be pruned then, and some not.
    pub fn prune_answers(
        &mut self,
        before_micros: i64,
        now_micros: i64,
    ) -> Result<u64, StoreError> {
        self.transaction(Lock::Command, |session| {
            let sql = "UPDATE answer SET answered_at = $1 WHERE answered_at = 0";
            session.execute("dating answers", sql, &[Value::Int(now_micros)])?;
            let sql = "UPDATE answers_kept SET since = $1 WHERE since < $1";
            session.execute("pruning answers", sql, &[Value::Int(before_micros)])?;
            Ok(())
        })?;
        let mut pruned: u64 = 0;
        loop {
            let gone = self.transaction(Lock::Command, |session| some(session, before_micros))?;
            pruned = pruned.saturating_add(gone);
            if gone < AT_ONCE.unsigned_abs() {
                return Ok(pruned);
            }
            std::thread::sleep(BREATH);
        }
    }
}

fn some(session: &mut dyn Session, before_micros: i64) -> Result<u64, StoreError> {
    let sql = "DELETE FROM answer WHERE id IN (SELECT id FROM answer WHERE answered_at < $1 \
               ORDER BY answered_at LIMIT $2)";
    let with = [Value::Int(before_micros), Value::Int(AT_ONCE)];
    session.execute("pruning answers", sql, &with)
}
