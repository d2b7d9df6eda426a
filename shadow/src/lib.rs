//! Damages sampled records of any book by known causes, and judges what a run said of them.
//!
//! A rehearsal proves that a run over these very books would find what is off: faults of every cause
//! that the target table can carry are planted in a shadow of it, and the run must find all of them,
//! to the last unit, and say why. The shadow is no copy. It is an overlay of records taken out and
//! put in, which whoever reads the target applies while reading.
//!
//! ```
//! use std::num::NonZeroUsize;
//!
//! use ledger::{Break, BreakKind, CauseFound, CauseStatus, FieldDifference, Record, Sides};
//! use shadow::{Cause, Column, Currency, Kind, Rehearsal, Table, judge};
//!
//! let column = |name: &str, kind, is_key| Column { name: name.into(), kind, is_key, is_compared: true };
//! let table = Table {
//!     columns: vec![
//!         column("voucher", Kind::Text, true),
//!         column("amount", Kind::Amount { scale: 2, digits: 18 }, false),
//!     ],
//!     currency: Currency::Fixed("CNY".into()),
//! };
//! let sample = Record::from_iter([("voucher", Some("V1")), ("amount", Some("468.60"))]);
//! let rehearsal = Rehearsal {
//!     seed: 7,
//!     per_cause: NonZeroUsize::MIN,
//!     causes: &[Cause::B9],
//!     table: &table,
//!     samples: &[sample.clone()],
//!     baseline: &[],
//!     taken: &[],
//! };
//! let planted = rehearsal.plan()?;
//! let fault = &planted.faults[0];
//! assert_eq!(fault.put_in[0].get("amount"), Some(Some("-468.60")));
//! assert_eq!(fault.difference[0].amount, "-937.20");
//!
//! // What a run over the shadow reports:
//! let found = Break {
//!     kind: BreakKind::Differs,
//!     key: fault.keys[0].clone(),
//!     copies: Sides { expected: 1, actual: 1 },
//!     expected: Some(sample),
//!     actual: Some(fault.put_in[0].clone()),
//!     difference: fault.difference.clone(),
//!     cause: CauseFound { id: Some("B9".into()), status: CauseStatus::Proved, ..CauseFound::default() },
//!     # agreement: "postings".into(), fields: vec![], source: vec![], target: vec![], alternatives: 0,
//!     // …
//! };
//! assert!(judge(&planted, [&found], []).passed);
//!
//! let silent = judge(&planted, [], []);
//! assert_eq!(silent.failures[0].en, "B9 planted in voucher=V1 was not found");
//! # Ok::<(), shadow::PlanError>(())
//! ```
//!
//! The types: [`Table`] and its [`Column`]s say what the target is; [`Rehearsal`] plans; [`Planted`]
//! is the overlay with the truth of each [`Fault`]; [`judge`] gives the [`Outcome`].
//!
//! # How it works
//!
//! **A draw by contents.** Each cause takes the records with the smallest hashes of seed, cause and
//! record, the scarcest cause first. So neither the order of the samples nor what else is sampled
//! tells which record another cause would take first.
//!
//! **Real machinery.** Floats, decoders and narrow integers do the damage, where there are any.
//!
//! **Nothing that cannot be judged.** A damage is not used where it changes nothing, where its
//! column cannot hold it, where it makes a key that is known, or where another cause of this crate
//! makes the same of the record. What a table cannot carry is listed, with the reason.
//!
//! # What it does not do
//!
//! It reads no file, asks no clock and draws no random number. It looks for no faults: nothing of
//! the causes' proofs is used here, so that the truth is its own.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::float_arithmetic,
        clippy::as_conversions,
        clippy::indexing_slicing
    )
)]

mod cause;
mod damage;
mod draw;
mod error;
mod fault;
mod judge;
mod naming;
mod outcome;
mod plan;
mod says;
mod scene;
mod sentences;
mod table;

pub use cause::{Cause, NotRehearsed, UnknownCause};
pub use error::PlanError;
pub use fault::{Fault, Planted};
pub use judge::judge;
pub use outcome::{AmountLine, EXPLAINED_PERCENT_MIN, FaultCounts, Outcome, RehearsedCause};
pub use plan::Rehearsal;
pub use says::Says;
pub use table::{Column, Currency, Kind, Table};
