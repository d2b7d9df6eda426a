//! Breaks that one reading of the rule gives whole, where no record of the book speaks against it.

use std::collections::BTreeMap;

use ledger::{Break, CauseStatus};

use super::{Explained, named};
use crate::catalogue::CauseId;
use crate::explanation::{Explanation, Says};
use crate::prover::Prover;

/// Breaks from which on it is no chance that another cause struck just those records of the book that a
/// reading changes, and no other.
const LEAST: usize = 16;

/// Causes that strike single records, whatever the rule says.
const STRAY: &[CauseId] = &[CauseId::M1, CauseId::M2];

/// Causes that stand beside any amount that is off by its last digit, and give no figure of their own.
const OF_LAST_DIGIT: &[CauseId] = &[CauseId::B6, CauseId::B7];

/// Another reading of the rule that the whole book bears out: it would change no record that agrees, and
/// where it changes one that is there, it gives what the target holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BorneOut {
    /// The cause that it stands for.
    pub cause: CauseId,
    /// What is read otherwise, in both languages.
    pub says: Says,
    /// The places of the breaks that it [gives all of](crate::Reading::gives_all_of), in order.
    pub breaks: Vec<usize>,
}

impl Prover {
    /// Proves readings that the whole book bears out, for all of their breaks: a way of rounding that was
    /// used throughout leaves some amounts that a bit that turned leaves as well, and is yet one cause.
    ///
    /// What else is named of a break is refuted where it is named of no more than half of the breaks of
    /// the reading, or strikes single records, or gives no figure of its own; not where it is named of
    /// most of them, or is another such reading. Of fewer than 16 breaks nothing is proved so.
    pub fn bear_out(&self, breaks: &mut [(Break, Explanation)], readings: &[BorneOut]) {
        let is_enough = |one: &&BorneOut| self.knows(one.cause) && one.breaks.len() >= LEAST;
        for reading in readings.iter().filter(is_enough) {
            prove(breaks, reading, readings);
        }
    }
}

fn prove(breaks: &mut [Explained], reading: &BorneOut, readings: &[BorneOut]) {
    let own = reading.cause;
    let mut counts: BTreeMap<CauseId, usize> = BTreeMap::new();
    for at in &reading.breaks {
        for cause in named(breaks, *at) {
            let count = counts.entry(cause).or_default();
            *count = count.saturating_add(1);
        }
    }
    let is_refuted = |cause: CauseId| {
        let count = counts.get(&cause).copied().unwrap_or_default();
        STRAY.contains(&cause)
            || own == CauseId::B5 && OF_LAST_DIGIT.contains(&cause)
            || count.saturating_mul(2) <= reading.breaks.len()
    };
    for at in &reading.breaks {
        let is_other =
            |other: &BorneOut| other.cause != own && other.breaks.binary_search(at).is_ok();
        let is_alone = named(breaks, *at).all(|cause| cause == own || is_refuted(cause));
        let is_named = named(breaks, *at).any(|cause| cause == own);
        let Some((_, why)) = breaks.get_mut(*at) else {
            continue;
        };
        let is_open = why.status == CauseStatus::Consistent && is_named;
        if !is_open || !is_alone || readings.iter().any(is_other) {
            continue;
        }
        if why.causes != [own] {
            why.says = reading.says.clone();
        }
        why.status = CauseStatus::Proved;
        why.causes = vec![own];
        why.rivals.clear();
    }
}
