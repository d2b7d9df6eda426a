//! Proves why a record is off.
//!
//! ```
//! use causes::{CauseId, Column, Kind, Prover, Terms};
//! use ledger::{Break, BreakKind, CauseStatus, FieldDifference, Record, Zone};
//!
//! let amount = Column { name: "amount".into(), kind: Kind::Number, is_key: false, is_money: true, comes_from: vec![] };
//! let terms = Terms { columns: vec![amount], currency: None, currency_column: None, zone: Zone::new("Asia/Shanghai")?, freeze: None, rejected: Default::default() };
//! let record = |amount: &str| Some(Record::from_iter([("amount", Some(amount))]));
//! let found = Break {
//!     kind: BreakKind::Differs,
//!     expected: record("-468.60"),
//!     actual: record("468.60"),
//!     fields: vec![FieldDifference { name: "amount".into(), expected: Some("-468.60".into()), actual: Some("468.60".into()) }],
//!     # agreement: "payments".into(), key: Record::default(), copies: ledger::Sides { expected: 1, actual: 1 },
//!     # difference: vec![], source: vec![], cause: Default::default(), target: vec![], alternatives: 0,
//!     // …
//! };
//!
//! let why = Prover::new(terms).explain(&found, &[]);
//! assert_eq!((why.status, why.causes), (CauseStatus::Proved, vec![CauseId::B9]));
//! assert_eq!(why.says.en, "amount: -468.60 became 468.60: the minus sign was lost");
//! # Ok::<(), ledger::CivilError>(())
//! ```
//!
//! [`Prover`] tries the causes of the [`CATALOGUE`] on one break; [`Prover::explain_together`]
//! looks at several at once, for what one record cannot show. Each hypothesis says what the
//! target would hold. A cause is *proved* where it gives what the target holds, byte for byte,
//! and no other cause of the catalogue does, or where the whole book bears a reading of the rule out
//! alone ([`Prover::bear_out`]); otherwise all that do are named. An [`Explanation`] is a value: the record, both books and the rule are left alone.
//!
//! This crate reads no file, runs no SQL and keeps no state. Another reading of the rule comes in
//! as a [`Reading`], computed elsewhere. It never guesses from totals.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::float_arithmetic,
        clippy::as_conversions,
        clippy::indexing_slicing
    )
)]

mod amount;
mod case;
mod catalogue;
pub mod common;
pub mod desk;
mod explanation;
mod identity;
mod naming;
mod number;
mod origin;
mod prover;
mod side;
pub mod simplicity;
mod terms;
mod text;
mod time;
mod together;
mod trial;
mod verdict;

pub use catalogue::{CATALOGUE, Cause, CauseId};
pub use explanation::{Explanation, Says, Tried};
pub use prover::{Prover, Reading};
pub use terms::{Column, Kind, SourceColumn, Terms};
pub use together::BorneOut;
