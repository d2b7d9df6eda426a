//! Verifies two books: foots both sides, locates every record on which they differ, pairs them,
//! and closes the account.
//!
//! [`prepare`] opens the books of a plan and reads all its queries; every mistake comes back at
//! its place. [`verify`] folds both sides of each agreement once, gives every break to the
//! evidence, and returns the [`Outcome`] whose report an exit code is read from.
//!
//! ```no_run
//! use reconcile::{Options, Unwatched, Watch, prepare, verify};
//! use std::sync::Arc;
//!
//! # async fn run() -> Result<(), reconcile::VerifyError> {
//! let plan = rules::plan::read("crossfoot.toml".as_ref()).expect("a plan without mistakes");
//! let prepared = prepare(plan, 2, &|name| std::env::var(name).ok())?;
//! let watch: Arc<dyn Watch> = Arc::new(Unwatched::default());
//! let options = Options::new("evidence/first".into());
//! let outcome = verify(&prepared, &options, &watch).await?;
//! println!("{} breaks", outcome.report.agreements[0].breaks.sum());
//! # Ok(())
//! # }
//! ```
//!
//! Why a record is off is proved by the crate `causes`; here its hypotheses get their records, and
//! what breaks have in common is counted over the whole book. Nothing is drawn on a screen here,
//! and no arguments are parsed.

mod common;
mod describe;
mod drive;
mod error;
mod evidence;
mod explain;
mod flight;
mod fold;
mod largest;
mod locate;
mod many;
mod pairing;
mod parallel;
mod partial;
mod prepare;
mod push;
mod readings;
mod rejected;
mod rows;
mod scribe;
pub mod story;
pub mod survey;
mod tally;
mod untried;
mod verify;
mod wanted;
mod whereabouts;

pub use error::VerifyError;
pub use evidence::{Input, Manifest, Output};
pub use flight::AsOf;
pub use prepare::{
    Agreement, Control, Origin, PrepareError, Prepared, check_rules, prepare, prepare_again, read,
};
use rules::watch;
pub use rules::watch::{Phase, Unwatched, Watch, Work};
pub use untried::explain_without;
pub use verify::{Beforehand, Limits, Options, Outcome, bytes_to_read, verify};
