//! Records in flight: where the books still move, those that differ are looked at again.
//!
//! Two books are two moments, and payments go on between them. A record that differs is a break
//! only if it stands unchanged on both sides in two moments that lie far enough apart; one that
//! agrees later was in flight, and one that keeps changing is not checked.

use crate::error::VerifyError;
use crate::locate::Look;
use crate::prepare::{PrepareError, Prepared};
use crate::wanted::{Choice, Keys};
use crate::watch::Watch;
use arrow_array::{BooleanArray, RecordBatch};
use arrow_select::filter::filter_record_batch;
use footing::{Layout, Marker, Seed, Side};
use hashbrown::HashMap;
use ledger::{Break, BreakKind, CauseFound, CauseStatus, Flight};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often a run looks again at records that keep changing.
const LOOKS_MAX: usize = 4;

/// How often a wait looks whether the run is to stop.
const TICK: Duration = Duration::from_millis(100);

/// Opens the books of the plan anew, as of a later moment.
type Reopen = dyn Fn() -> Result<Prepared, PrepareError> + Send + Sync;

/// How books are verified that still move.
#[derive(Clone)]
pub struct AsOf {
    reopen: Arc<Reopen>,
    settle: Duration,
    opened: Instant,
}

impl fmt::Debug for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AsOf({:?})", self.settle)
    }
}

impl AsOf {
    /// The books have just been opened, and `reopen` opens them anew. A record that differs and
    /// stands unchanged for `settle` is a break: so long may one side come after the other.
    pub fn new(
        settle: Duration,
        reopen: impl Fn() -> Result<Prepared, PrepareError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            reopen: Arc::new(reopen),
            settle,
            opened: Instant::now(),
        }
    }
}

/// Later moments of both books, which all agreements share.
#[derive(Debug)]
pub(crate) struct Looks<'a> {
    as_of: &'a AsOf,
    pub(crate) taken: Vec<Later>,
}

/// A later moment.
#[derive(Debug)]
pub(crate) struct Later {
    opened: Instant,
    pub(crate) prepared: Prepared,
}

/// What became of a record that differed and is no break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It agrees.
    Settled,
    /// It still changes.
    Moving,
}

/// The records of one key, without their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct State {
    expected: Vec<(u64, u64)>,
    actual: Vec<(u64, u64)>,
}

/// The records of both sides that differ.
pub(crate) struct Differing {
    pub(crate) expected: RecordBatch,
    pub(crate) actual: RecordBatch,
}

impl<'a> Looks<'a> {
    pub(crate) fn new(as_of: &'a AsOf) -> Self {
        Self {
            as_of,
            taken: Vec::new(),
        }
    }

    /// The `number`th later moment; none where the run was stopped while it waited for it.
    async fn take(
        &mut self,
        number: usize,
        watch: &Arc<dyn Watch>,
    ) -> Result<&Prepared, VerifyError> {
        if self.taken.len() <= number {
            let last = self.taken.last();
            let last = last.map_or(self.as_of.opened, |later| later.opened);
            let due = last + self.as_of.settle;
            while let Some(left) = due.checked_duration_since(Instant::now()) {
                if watch.is_stopped() {
                    return Err(VerifyError::Stopped);
                }
                // The runtime need not have a clock.
                let nap = left.min(TICK);
                tokio::task::spawn_blocking(move || std::thread::sleep(nap)).await?;
            }
            // Counted from when both are open: neither moment is older.
            let prepared = (self.as_of.reopen)()?;
            let opened = Instant::now();
            self.taken.push(Later { opened, prepared });
        }
        Ok(&self.taken[number].prepared)
    }

    /// Looks again at the keys that differ, until each has settled, stands unchanged, or has been
    /// looked at often enough. Keys of breaks are left out of what is returned.
    pub(crate) async fn look_again(
        &mut self,
        first: &Look<'_>,
        at: usize,
        differing: &Differing,
    ) -> Result<HashMap<u64, Fate>, VerifyError> {
        let layout = &first.agreement.layout;
        let mut open = states(layout, first.seed, differing)?;
        let mut fates = HashMap::new();
        for number in 0..LOOKS_MAX {
            if open.is_empty() {
                break;
            }
            let many = open.len();
            first
                .watch
                .say(&format!("{many} keys differ and are looked at again"));
            let prepared = self.take(number, first.watch).await?;
            let agreement = prepared.agreements.get(at);
            let again = Look {
                agreement: agreement
                    .ok_or_else(|| VerifyError::Internal("a plan that changes".to_owned()))?,
                // What has changed may lie in any bucket by now, and anywhere.
                restriction: None,
                whereabouts: [None; 2],
                ..*first
            };
            let choice = Choice::Keys(Arc::new(Keys::of(layout, open.keys().copied())));
            let now = Differing {
                expected: again.fetch(Side::Expected, Some(&choice), false).await?,
                actual: again.fetch(Side::Actual, Some(&choice), false).await?,
            };
            let mut now = states(layout, first.seed, &now)?;
            open.retain(|key, before| {
                let now = now.remove(key).unwrap_or_default();
                if now.expected == now.actual {
                    fates.insert(*key, Fate::Settled);
                    return false;
                }
                let has_changed = now != *before;
                *before = now;
                has_changed
            });
        }
        fates.extend(open.into_keys().map(|key| (key, Fate::Moving)));
        Ok(fates)
    }
}

fn states(
    layout: &Arc<Layout>,
    seed: &Seed,
    differing: &Differing,
) -> Result<HashMap<u64, State>, VerifyError> {
    let mut states: HashMap<u64, State> = HashMap::new();
    let internal = |error: footing::FoldError| VerifyError::Internal(error.to_string());
    for side in [Side::Expected, Side::Actual] {
        let mut marker = Marker::new(layout, side, seed);
        let marks = marker.marks(differing.of(side)).map_err(internal)?;
        for mark in marks {
            let state = states.entry(mark.key).or_default();
            let records = match side {
                Side::Expected => &mut state.expected,
                Side::Actual => &mut state.actual,
            };
            records.push((mark.x, mark.y));
        }
    }
    for state in states.values_mut() {
        state.expected.sort_unstable();
        state.actual.sort_unstable();
    }
    Ok(states)
}

impl Differing {
    fn of(&self, side: Side) -> &RecordBatch {
        match side {
            Side::Expected => &self.expected,
            Side::Actual => &self.actual,
        }
    }

    /// Parts the records whose keys have these fates from the others: first those that stay.
    pub(crate) fn part(
        &self,
        look: &Look<'_>,
        fates: &HashMap<u64, Fate>,
    ) -> Result<[Differing; 3], VerifyError> {
        let keys_of = |side: Side| -> Result<Vec<u64>, VerifyError> {
            let mut marker = Marker::new(&look.agreement.layout, side, look.seed);
            let marks = marker.marks(self.of(side));
            let marks = marks.map_err(|error| VerifyError::Internal(error.to_string()))?;
            Ok(marks.into_iter().map(|mark| mark.key).collect())
        };
        let (expected, actual) = (keys_of(Side::Expected)?, keys_of(Side::Actual)?);
        let part = |fate: Option<Fate>| -> Result<Differing, VerifyError> {
            let of = |batch: &RecordBatch, keys: &[u64]| -> Result<RecordBatch, VerifyError> {
                let is_kept = |key: &u64| Some(fates.get(key).copied() == fate);
                let kept: BooleanArray = keys.iter().map(is_kept).collect();
                Ok(filter_record_batch(batch, &kept)?)
            };
            Ok(Differing {
                expected: of(&self.expected, &expected)?,
                actual: of(&self.actual, &actual)?,
            })
        };
        Ok([
            part(None)?,
            part(Some(Fate::Settled))?,
            part(Some(Fate::Moving))?,
        ])
    }
}

/// Tells of a record that differed why it is no break.
pub(crate) fn in_flight(mut found: Break, fate: Fate) -> Flight {
    let (id, is_settled) = match (found.kind, fate) {
        (BreakKind::Missing | BreakKind::Extra, fate) => ("T9", fate == Fate::Settled),
        (BreakKind::Differs | BreakKind::Copies, fate) => ("T8", fate == Fate::Settled),
    };
    let says = match is_settled {
        true => "both books agreed on it when it was looked at again",
        false => "it was still changing when it was last looked at",
    };
    found.cause = CauseFound {
        id: Some(id.to_owned()),
        status: CauseStatus::Proved,
        says: says.to_owned(),
        rivals: Vec::new(),
    };
    Flight {
        found,
        settled: is_settled,
    }
}
