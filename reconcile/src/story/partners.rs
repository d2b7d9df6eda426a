//! The other breaks of the agreement, held together with those that are told: two records whose ids were
//! swapped show it only side by side, and a file that was lost only by all of its records.

use super::fetch::Fetch;
use super::{Sight, StoryError, Told};
use crate::explain::Explainer;
use crate::rejected::Rejected;
use crate::untried::with_all;
use crate::verify::{bytes_of, tables_read};

/// Of files of so many bytes or fewer, both books are read once more for it, and held in memory.
const BYTES_MAX: u64 = 16 << 20;

/// Tells of breaks what a verification of the whole would tell, where the books are small.
pub(super) async fn hear(
    fetch: &Fetch<'_>,
    told: &mut [Told],
    rejected: &Rejected,
) -> Result<(), StoryError> {
    let is_break = |told: &Told| matches!(told, Told::Breaks(_));
    if !told.iter().any(is_break) || !is_small(fetch) {
        return Ok(());
    }
    let (prepared, agreement, threads) = (fetch.prepared, fetch.agreement, fetch.threads);
    let how = (threads, fetch.watch);
    let all = with_all(prepared, agreement, how, |breaks, given| {
        let explainer = Explainer::knowing(prepared, agreement, rejected);
        explainer.explain_all(breaks, given, threads)
    });
    let all = all.await?;
    for one in told {
        let Told::Breaks(explained) = one else {
            continue;
        };
        for found in &all {
            if explained.hear(found, Sight::WithAll) {
                break;
            }
        }
    }
    Ok(())
}

/// Whether both sides are files, and few bytes. Of a database nothing is known before it is asked.
fn is_small(fetch: &Fetch<'_>) -> bool {
    let session = &fetch.prepared.session;
    let sides = [&fetch.agreement.expected, &fetch.agreement.actual];
    let mut tables = tables_read(session, &sides);
    tables.all(|table| table.moment().is_none()) && bytes_of(session, &sides) <= BYTES_MAX
}
