//! Damages a correct, converted table of the wallet Ruixin Pay (瑞信支付) in place, the way real
//! conversions do, and tells the truth about it.
//!
//! ```no_run
//! use std::path::Path;
//!
//! let orders = ["B3:10".parse()?, "A1:2".parse()?];
//! let planted = ruixin_faults::plant(Path::new("ledger/posting"), &orders, 7)?;
//! ruixin_faults::write_truth(Path::new("truth.jsonl"), &planted)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! An [`Order`] says which [`Cause`] is planted how often; [`plant`] damages the table of a folder;
//! [`Planted`] is one difference that it made; [`write_truth`] keeps all of them in a file.
//!
//! # How it works
//!
//! **Two passes.** The first reads the columns that the ordered causes need, and keeps of every
//! cause the suitable records with the smallest hashes of seed, cause, voucher and leg: a uniform
//! draw that does not depend on where a record stands. The second writes the parts anew in which a
//! drawn voucher stands, one row group at a time; all other files are not touched. Nothing is
//! renamed to its place before every part is written.
//!
//! **One fault a voucher.** No voucher is drawn twice in a call, whatever is ordered; the scarcest
//! cause is served first. Causes of whole vouchers hit the same ones with the same seed in `posting`
//! and in a table of the vouchers' heads, which has no `leg`.
//!
//! **Columns by name.** `voucher` is always needed, and `leg` wherever a cause tells legs apart. A
//! cause whose columns are not there is refused. A derived column that is there (`amount_fen`,
//! `side`) follows where the real error would take it along.
//!
//! # What it does not do
//!
//! It looks for no faults, and does not know the rules of the conversion. It relies on the legs of
//! a voucher standing in one part, as the conversion writes them.

mod cause;
mod change;
mod choose;
mod draw;
mod error;
mod known;
mod method;
mod order;
mod part;
mod plant;
mod rewrite;
mod truth;
mod view;

pub use cause::{Cause, UnknownCause};
pub use error::FaultError;
pub use order::{Order, OrderError};
pub use plant::plant;
pub use truth::{Planted, write_truth};
