//! Ruixin Pay and Ruixin Bao running in a process, and a crowd that uses them: for the evening of the
//! story.
//!
//! ```
//! use ruixin_live::{Crowd, Door, Wallet};
//!
//! let folder = tempfile::tempdir()?;
//! let books = folder.path().join("pay.db");
//! let books = books.to_str().expect("UTF-8");
//! let wallet = Wallet::open(books, "2013-05-27T07:30:00", &Door::find()?)?;
//! let mut crowd = Crowd::gather(&wallet, 4, 1)?;
//! crowd.go_on(std::time::Duration::from_millis(50))?;
//! assert_eq!(crowd.compare()?.odd, []);
//! # Ok::<(), ruixin_live::LiveError>(())
//! ```
//!
//! [`Wallet`] is Ruixin Pay and [`Fund`] Ruixin Bao, each behind a [`Door`]: a port of its own, and the
//! key that closes and opens it. [`bring_in`] fills the wallet's books with a history. [`Crowd`] are
//! people who pay, move and take money over HTTP, first here and then there, and note what they are
//! told: whether everybody's money is what he was told last is what [`Crowd::compare`] asks. [`spoil`]
//! takes the place of the mistake that nobody sees.
//!
//! **Units.** Fen, as in the two ledgers.
//!
//! # What it does not do
//!
//! It converts nothing, verifies nothing, and decides nothing: `crossfoot demo --live` does, with the
//! commands that anybody has.

mod client;
mod crowd;
mod door;
mod error;
mod fund;
mod host;
mod spoil;
mod wallet;

pub use crowd::{Compared, Crowd, Earned, Ended, Has, Income, Odd, OddIncome, Tally};
pub use door::Door;
pub use error::LiveError;
pub use fund::Fund;
pub use ruixin_bao_service::view::DayRunView;
pub use ruixin_bao_store::Opened;
pub use ruixin_pay::import::Imported;
pub use spoil::{Spoiled, spoil};
pub use wallet::{Wallet, bring_in};
