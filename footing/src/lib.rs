//! Folds Arrow batches of two books into small states whose difference gives back exactly the
//! records on which the books differ, without a sort or a join.
//!
//! ```
//! use footing::{Folder, Layout, LayoutOptions, Seed, Side, SketchSize};
//! use arrow_array::{Int64Array, RecordBatch};
//! use std::sync::Arc;
//!
//! let book = |amounts: Vec<i64>| {
//!     let serials: Vec<i64> = (1..=amounts.len() as i64).collect();
//!     RecordBatch::try_from_iter([
//!         ("serial", Arc::new(Int64Array::from(serials)) as _),
//!         ("fen", Arc::new(Int64Array::from(amounts)) as _),
//!     ])
//! };
//! let (source, target) = (book(vec![100, 250, 30])?, book(vec![100, 251, 30])?);
//! let options = LayoutOptions { key: vec!["serial".into()], ..LayoutOptions::default() };
//! let layout = Layout::new(&source.schema(), &target.schema(), &options)
//!     .map_err(|problems| problems[0].clone())?;
//! let layout = Arc::new(layout);
//! let seed = Seed::new([42; 32]);
//!
//! let fold = |side, batch: &RecordBatch| {
//!     let mut folder = Folder::new(&layout, side, &seed, SketchSize::DEFAULT);
//!     folder.fold(batch)?;
//!     folder.finish([])
//! };
//! let expected = fold(Side::Expected, &source)?;
//! let actual = fold(Side::Actual, &target)?;
//! let comparison = expected.compare(&actual)?;
//! assert!(comparison.complete);
//! // Serial 2 as it should be, and as it is.
//! assert_eq!(comparison.elements.iter().map(|e| e.mark.key).collect::<Vec<_>>(), [2, 2]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A [`Layout`] says which columns are compared, and as what. A [`Folder`] takes the batches of
//! one side and gives a [`State`]; states of the same side merge in any order, to the same bytes,
//! and refuse a chunk that they hold already. [`State::compare`] subtracts the sides. A
//! [`Marker`] and a [`KeyMarker`] mark single records for the second look. A [`Speller`] gives the
//! digests of records that a server of a database can give as well.
//!
//! It opens no file, asks no clock and draws no random number; it does not know what a rule is,
//! and it explains nothing.

mod fold;
mod hash;
mod layout;
mod sketch;
mod spelling;
mod state;
mod totals;
mod values;
mod words;

pub use fold::{Folder, KeyMarker, Marker};
pub use hash::Seed;
pub use layout::{
    Class, Column, Currency, Layout, LayoutNote, LayoutOptions, LayoutProblem, Side, plain_type,
};
pub use sketch::{Element, Mark, Sample, SketchSize};
pub use spelling::{Digest, Digests, Spelled, Speller, spelling_secret};
pub use state::{BUCKETS, ChunkId, Comparison, State, StateError, bucket_of};
pub use totals::{CROSSED_MAX, Crossed, CrossedLine, Group, Total, Totals, sum_text};
pub use values::value_text;
pub use words::FoldError;
