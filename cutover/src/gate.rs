//! The gate: GO, NO-GO or INCOMPLETE, computed from the daybook and the evidence alone.
//!
//! [`judge`] holds what the daybook comes to against what is really there, and says of every item
//! whether it passed. One failed item is NO-GO. Otherwise one item that was not checked, or that
//! is lacking altogether, is INCOMPLETE. Only what is left is GO: what was not checked is not passed.
//!
//! Nothing is taken from the report that can be computed anew: verdict, counts, totals and
//! residuals are added up again from the lines of `breaks.jsonl`, by code that shares nothing with
//! the run's. The bytes that were read are digested while they are read, and held against the
//! manifest; the manifest is held against the daybook; the daybook's own hash is signed.
//!
//! A break can be accepted by name only: its agreement, its key, its amounts, its kind and the
//! digest of both its records must be those of the decision. It stays in the report, and its amount
//! stays in the account.
//!
//! This module asks no clock, digests no book and opens no file.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::indexing_slicing
    )
)]

mod books;
mod evidence;
mod item;
mod people;
mod records;
mod rejects;
mod run;
mod tally;

pub use evidence::{Evidence, EvidenceError};
pub use item::{Check, Item, Outcome, Status};
pub use rejects::RejectTally;
pub use tally::{AgreementTally, Sums, Tally, TallyError, break_blake3};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Digest;
use crate::daybook::OpeningFigures;
use crate::seal::Input;
use crate::signoff::Trusted;
use crate::window::State;

/// Is what is really there, read just now. What is none was not looked at.
#[derive(Debug, Default)]
pub struct Facts {
    /// BLAKE3 of the plan and its SQL.
    pub plan_blake3: Option<Digest>,
    /// The figures of the old book, read anew, or why they could not be.
    pub figures: Option<Result<OpeningFigures, String>>,
    /// The evidence of the last verification.
    pub evidence: Option<Evidence>,
    /// Why the evidence could not be read, where it was looked at.
    pub evidence_says: Option<String>,
    /// The files of both books, digested anew.
    pub inputs: Option<Vec<Input>>,
    /// BLAKE3 of `conversion.json`.
    pub conversion_blake3: Option<Digest>,
    /// Why that could not be asked for.
    pub conversion_says: Option<String>,
    /// Whose keys are trusted, and for which roles.
    pub trusted: Vec<Trusted>,
}

/// Is what the gate says, and on what it rests. Only [`judge`] makes one; what a daybook holds was
/// made so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    outcome: Outcome,
    judged_at: Timestamp,
    daybook_head: Digest,
    manifest_blake3: Option<Digest>,
    items: Vec<Item>,
}

/// Judges.
///
/// ```
/// use cutover::gate::{Facts, Outcome, judge};
/// use cutover::window::State;
///
/// // Of an empty daybook and no evidence nothing is known.
/// let now = "2013-05-27T05:12:00Z".parse()?;
/// let judgement = judge(&State::new(), &Facts::default(), now);
/// assert_ne!(judgement.outcome(), Outcome::Go);
/// # Ok::<(), jiff::Error>(())
/// ```
pub fn judge(state: &State, facts: &Facts, now: Timestamp) -> Judgement {
    let mut items = Vec::new();
    books::check_plan(state, facts, &mut items);
    books::check_frozen(state, facts, &mut items);
    books::check_rehearsal(state, facts, &mut items);
    books::check_conversion(state, facts, &mut items);
    run::check_evidence(state, facts, &mut items);
    books::check_inputs(facts, &mut items);
    run::check_report(state, facts, &mut items);
    records::check_agreements(state, facts, &mut items);
    run::check_controls(state, facts, &mut items);
    run::check_rejects(state, facts, &mut items);
    people::check_deadline(state, now, &mut items);
    people::check_sign_offs(state, facts, &mut items);
    Judgement {
        outcome: Outcome::of(&items),
        judged_at: now,
        daybook_head: state.head(),
        manifest_blake3: state.verification().map(|run| run.manifest_blake3),
        items,
    }
}

impl Facts {
    /// Says what is to do where a line needs evidence, and there is none.
    fn no_evidence(&self) -> &'static str {
        match self.evidence_says {
            None => "there is no evidence yet; verify",
            Some(_) => UNREADABLE,
        }
    }

    /// Says the same where a line needs the report.
    fn no_report(&self) -> &'static str {
        match self.evidence_says {
            None => "there is no report yet; verify",
            Some(_) => UNREADABLE,
        }
    }
}

/// The line of the evidence says why.
const UNREADABLE: &str = "the evidence cannot be read; see its line";

impl Judgement {
    /// Gives the outcome.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Gives when it was made.
    pub fn at(&self) -> Timestamp {
        self.judged_at
    }

    /// Gives the hash of the daybook's entry that it rests on.
    pub fn daybook_head(&self) -> Digest {
        self.daybook_head
    }

    /// Gives the manifest of the verification that it rests on.
    pub fn manifest_blake3(&self) -> Option<Digest> {
        self.manifest_blake3
    }

    /// Gives all items.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Gives the items that did not pass.
    pub fn open_items(&self) -> impl Iterator<Item = &Item> {
        let items = self.items.iter();
        items.filter(|item| item.status != Status::Passed)
    }

    /// Says whether the outcome is what the items come to.
    pub fn is_consistent(&self) -> bool {
        self.outcome == Outcome::of(&self.items)
    }
}
