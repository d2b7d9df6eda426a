//! What many breaks have in common: the shortest predicate over the columns that tells broken
//! records from unbroken ones.
//!
//! The unbroken side is not read for each idea, so that the search has two steps. A [`Proposer`] takes
//! the broken records and, where there is one, a sample of unbroken ones; it keeps a sample of each
//! and proposes up to 64 conditions and some hundred conjunctions of up to three of them. Then
//! a [`Tally`] counts these over the whole book, and [`Finder::finish`] chooses. Where a book gives
//! its columns apart, a [`Race`] tells which of them need no counting.
//!
//! ```
//! use causes::Kind;
//! use causes::common::{Attribute, Attributes, Proposer};
//! use ledger::Zone;
//!
//! let columns = vec![
//!     Attribute::new("source", "channel", Kind::Text),
//!     Attribute::new("source", "amount", Kind::Number),
//! ];
//! let attributes = Attributes::new(columns, Zone::new("Asia/Shanghai")?);
//! let book: Vec<[Option<String>; 2]> = (0..1_000)
//!     .map(|n| [Some(format!("C{}", n % 7)), Some(format!("{}.00", n % 50 - 10))])
//!     .collect();
//! let is_broken = |record: &[Option<String>; 2]| record[1].as_ref().unwrap().starts_with('-');
//!
//! let mut proposer = Proposer::new(attributes);
//! for record in &book {
//!     if is_broken(record) {
//!         proposer.offer_broken(&record[..]);
//!     } else {
//!         proposer.offer_unbroken(&record[..]);
//!     }
//! }
//! let finder = proposer.finish();
//! let (mut masker, mut tally) = (finder.masker(), finder.tally());
//! for record in &book {
//!     let mask = masker.mask(&record[..]);
//!     if is_broken(record) {
//!         tally.add_broken(mask);
//!     } else {
//!         tally.add_unbroken(mask);
//!     }
//! }
//! let common = finder.finish(&tally).expect("they have the sign in common");
//! assert_eq!(common.conditions[0].to_string(), "source.amount < 0");
//! assert_eq!(common.says().en, "200 of 200: source.amount < 0; no counterexample");
//! # Ok::<(), ledger::CivilError>(())
//! ```
//!
//! What a condition can be is a [`Test`] of one column. Numbers are compared exactly. Text that reads
//! as money or as a civil time is compared as what it reads as.
//!
//! # When it says nothing
//!
//! One break alone has nothing in common with others. Of many, what they share may be chance, and the
//! fewer they are the likelier: each conjunction is held against the hypergeometric distribution
//! (Fisher's exact test where fewer than 30 are broken, Chernoff's bound on it beyond), corrected
//! for all that was tried (Bonferroni, weighted: a condition that takes more words to say gets
//! a smaller share), and for what was read off the broken records themselves: a value
//! or limit that comes from them uses up one of them each. Logarithms are integers of 64 bits, so
//! that the same books give the same answer on every machine. Where nothing passes at 1 in 128, or
//! what passes covers less than a fifth or is not three times as frequent among the broken, there is
//! no common cause.
//!
//! # Cost
//!
//! A [`Pool`] counts a book for many finders at once and looks at each column once, whatever the
//! number of finders and of conditions on it: it sorts the values into cells, of whose values the
//! same conditions hold. A number is looked up among the limits of all conditions on its column, or
//! divided; a text is looked up among the texts and beginnings of texts that are asked for, once for
//! all records of a batch that are known to share it. What else is asked of a text is remembered of
//! the texts before it. Each condition then has a bitmap of the batch, and a conjunction, counted
//! once for all finders that ask for it, is an `AND` of bitmaps; where one of its conditions holds of
//! few records, only these are looked at. Columns that no condition speaks of are not asked for.
//! A [`Masker`] says the same of single records that are given as text, such as broken ones.
//!
//! What a sample of unbroken records shows to be beaten is not counted at all: some 5 to 20
//! conditions remain of 64, and with no such sample all do.
//!
//! This module reads no file, knows no Arrow, and draws no random number: samples are taken by
//! the records' contents, so that neither their order nor the number of threads matters.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "counts of records and places in samples; amounts are only compared, in ledger's types"
)]

mod attribute;
mod axis;
mod cover;
mod finder;
mod masker;
mod mine;
mod naturals;
mod pool;
mod predicate;
mod proposer;
mod race;
mod reading;
mod sample;
mod search;
mod sieve;
mod sql;
mod surprise;
mod tally;
mod texts;

pub use attribute::{Attribute, Attributes, ColumnIndex, Facts, Role};
pub use finder::{Common, Finder, RiskRatio};
pub use masker::Masker;
pub use pool::{Pool, PoolColumn};
pub use predicate::{Part, Predicate, Range, Test};
pub use proposer::Proposer;
pub use race::{Heat, Race};
pub use reading::Moment;
pub use sieve::Form;
pub use tally::Tally;
