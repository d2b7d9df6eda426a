//! What a rehearsal comes to.

use std::collections::BTreeMap;

use ledger::Wide;
use serde::{Deserialize, Serialize};

use crate::cause::{Cause, NotRehearsed};
use crate::fault::Planted;
use crate::says::Says;
use crate::sentences::Sentences;

/// The least share of the faults whose cause is proved or named, in percent.
pub const EXPLAINED_PERCENT_MIN: u64 = 99;

/// Is the outcome of a rehearsal of one agreement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Whether the run is fit to be trusted with the books, as [`Outcome::passes`] computes it from
    /// the figures below.
    pub passed: bool,
    /// The seed of the faults.
    pub seed: u64,
    /// All faults.
    pub total: FaultCounts,
    /// The faults of each cause that was planted, in the order of the catalogue.
    pub causes: Vec<RehearsedCause>,
    /// Breaks that nobody planted and that were not there before.
    pub false_breaks: u64,
    /// Records of the baseline's breaks that the run did not report again.
    pub vanished: u64,
    /// Amounts of breaks that are no decimal number.
    pub unreadable: u64,
    /// What the faults add to the difference of the books, and what the breaks say that they do, by
    /// column and currency.
    pub amounts: Vec<AmountLine>,
    /// Causes that were not planted, each with the reason.
    pub not_rehearsed: Vec<NotRehearsed>,
    /// What failed, a sentence each; empty where it passed.
    pub failures: Vec<Says>,
}

/// FaultCounts faults by what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FaultCounts {
    /// Faults that were planted.
    pub planted: u64,
    /// Of these, those that were found.
    pub found: u64,
    /// Of these, those whose cause was proved.
    pub proved: u64,
    /// Of these, those whose cause was named among those that remain possible.
    pub named: u64,
    /// Of these, those whose cause was not named.
    pub unnamed: u64,
    /// Of these, those of which another cause was said to be proved.
    pub wrongly_proved: u64,
}

/// Is the line of one cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RehearsedCause {
    /// The cause.
    pub cause: Cause,
    /// What became of its faults.
    #[serde(flatten)]
    pub counts: FaultCounts,
}

/// Is the difference of the books in one money column and currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AmountLine {
    /// The money column.
    pub column: String,
    /// ISO 4217 code.
    pub currency: String,
    /// What the faults add up to.
    pub planted: String,
    /// What the breaks add up to, those of the baseline left out.
    pub found: String,
    /// Found minus planted.
    pub difference: String,
}

/// Says what a run said of a fault, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Said {
    Proved,
    Named,
    Unnamed,
    WronglyProved,
}

impl Outcome {
    pub(crate) fn new(
        planted: &Planted,
        causes: BTreeMap<Cause, FaultCounts>,
        amounts: Vec<AmountLine>,
        [false_breaks, vanished, unreadable]: [u64; 3],
        sentences: Sentences,
    ) -> Outcome {
        let mut total = FaultCounts::default();
        for counts in causes.values() {
            total.add(counts);
        }
        let lines = causes.into_iter();
        let mut outcome = Outcome {
            passed: false,
            seed: planted.seed,
            total,
            causes: lines
                .map(|(cause, counts)| RehearsedCause { cause, counts })
                .collect(),
            false_breaks,
            vanished,
            unreadable,
            amounts,
            not_rehearsed: planted.not_rehearsed.clone(),
            failures: Vec::new(),
        };
        outcome.passed = outcome.passes();
        outcome.failures = sentences.of(&outcome);
        outcome
    }

    /// Says whether the rehearsal passes: something was planted; every fault was found; there is no
    /// false break, and none of the baseline is gone; the breaks add up to what was planted, to the
    /// last unit; no other cause than the planted one was said to be proved; and of 99 in 100
    /// faults the cause was proved or named.
    pub fn passes(&self) -> bool {
        self.total.planted > 0
            && self.total.found == self.total.planted
            && self.false_breaks == 0
            && self.vanished == 0
            && self.unreadable == 0
            && self.amounts.iter().all(AmountLine::agrees)
            && self.total.wrongly_proved == 0
            && self.total.is_explained()
    }
}

impl FaultCounts {
    /// Adds the counts of another agreement or cause.
    pub fn add(&mut self, other: &FaultCounts) {
        let pairs = [
            (&mut self.planted, other.planted),
            (&mut self.found, other.found),
            (&mut self.proved, other.proved),
            (&mut self.named, other.named),
            (&mut self.unnamed, other.unnamed),
            (&mut self.wrongly_proved, other.wrongly_proved),
        ];
        for (sum, count) in pairs {
            *sum = sum.saturating_add(count);
        }
    }

    /// Says whether the cause was proved or named of [`EXPLAINED_PERCENT_MIN`] in 100 faults.
    pub fn is_explained(&self) -> bool {
        let explained = self.proved.saturating_add(self.named);
        let due = self.planted.saturating_mul(EXPLAINED_PERCENT_MIN);
        explained.saturating_mul(100) >= due
    }

    /// FaultCounts one fault: what was said of it, if it was found.
    pub(crate) fn count(&mut self, said: Option<Said>) {
        let one = |counter: &mut u64| *counter = counter.saturating_add(1);
        one(&mut self.planted);
        let Some(said) = said else { return };
        one(&mut self.found);
        one(match said {
            Said::Proved => &mut self.proved,
            Said::Named => &mut self.named,
            Said::Unnamed => &mut self.unnamed,
            Said::WronglyProved => &mut self.wrongly_proved,
        });
    }
}

impl AmountLine {
    /// Says whether the breaks add up to what was planted.
    pub fn agrees(&self) -> bool {
        let read = |text: &str| text.parse::<Wide>().ok();
        read(&self.planted).is_some_and(|planted| read(&self.found) == Some(planted))
    }
}
