//! The two ledgers as running systems, and a crowd that uses them: the story's evening, in one process.
//!
//! ```
//! use ruixin_live::{Crowd, Wallet};
//!
//! let folder = tempfile::tempdir()?;
//! let store = folder.path().join("pay.db");
//! let wallet = Wallet::open(store.to_str().expect("UTF-8"), "2013-05-27T07:30:00")?;
//! let mut crowd = Crowd::gather(&wallet, 4, 1)?;
//! crowd.go_on(std::time::Duration::from_millis(50))?;
//! assert_eq!(crowd.compare()?, []);
//! # Ok::<(), ruixin_live::LiveError>(())
//! ```
//!
//! [`Wallet`] is Ruixin Pay on a port of its own; [`Crowd`] are people who pay, move and take money over
//! HTTP, and note what they are told: whether every balance is what its owner was told last is what
//! [`Crowd::compare`] asks. [`spoil`] takes the place of the mistake that nobody sees.
//!
//! **Units.** Fen, as in the two ledgers.
//!
//! # What it does not do
//!
//! It converts nothing, verifies nothing, and decides nothing: `crossfoot demo --live` does, with the
//! commands that anybody has.

mod client;
mod crowd;
mod error;
mod host;
mod spoil;
mod wallet;

pub use crowd::{Crowd, Odd, Tally};
pub use error::LiveError;
pub use spoil::{Spoiled, spoil};
pub use wallet::Wallet;
