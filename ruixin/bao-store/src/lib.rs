//! The store of Ruixin Bao (瑞信宝): its books on SQLite or PostgreSQL, and its nightly run.
//!
//! ```
//! use ruixin_bao::calendar::Calendar;
//! use ruixin_bao::fund::{OrderKind, Request, Terms, user_account};
//! use ruixin_bao::ledger::{AccountId, Posting, Voucher, VoucherId};
//! use ruixin_bao_store::Store;
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("bao.db").display().to_string();
//! let mut store = Store::create(&path, Terms {
//!     calendar: Calendar::china_2013_2014()?,
//!     first_day: "2013-05-27".parse()?,
//!     settlement_bank: 1,
//!     provider: 90,
//!     fast_redemption_cap_fen: Some(1_000_000),
//!     payment_cap_fen: None,
//! })?;
//! store.open_accounts(&[user_account(6_001)])?;
//!
//! let now = 1_369_625_400_000_000; // 2013-05-27 11:30 in Shanghai
//! let postings = vec![
//!     Posting::debit(AccountId::new(1002, 1), 10_000),
//!     Posting::credit(AccountId::new(2001, 6_001), 10_000),
//! ];
//! let top_up = Voucher::booking(VoucherId::of_client(1), "2013-05-27".parse()?, postings);
//! store.book_voucher(&top_up, now)?;
//!
//! let order = Request { id: 2, investor: 6_001, kind: OrderKind::Subscribe, amount_fen: 6_000 };
//! for outcome in store.place(&[order], now)? {
//!     assert_eq!(outcome?.order.schedule.confirmed_on.to_string(), "2013-05-28");
//! }
//! store.prove()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Store`] has the commands: each is one transaction that loads the page of what it needs, lets
//! [`ruixin_bao::fund::Fund`] decide, and writes what it decided. [`Store::run_day`] goes through
//! the steps of a day over the stored register as columns; [`Store::import`] opens books with what
//! `crossfoot convert` wrote; [`Store::prove`] proves all that is stored.
//!
//! **Units.** As in `ruixin_bao`: fen, hundredths of shares, microseconds since 1970 UTC. In the
//! tables days are days since 1970-01-01.
//!
//! # What it does not do
//!
//! It asks no clock: instants are the caller's. It decides nothing that the core decides, with one
//! exception that is tested against it: the division's carry to ten million accounts, which is two
//! statements over columns. It speaks no HTTP.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::float_arithmetic,
        clippy::as_conversions,
        clippy::indexing_slicing,
        clippy::expect_used,
        clippy::panic
    )
)]

mod columns;
mod desk;
mod error;
mod import;
mod lines;
mod look;
mod migrate;
mod night;
mod prove;
mod report;
mod sql;
mod store;
mod whole;
mod window;

pub use desk::{
    Answer, Asked, Deed, Done, Ending, Expired, ItemKind, OpenItem, Refused, Reply, Say,
};
pub use error::{DatabaseKind, StoreError};
pub use import::{Corrected, Figure, ImportError, Opened, Total};
pub use look::{BillAt, BillKind, BillRecord, UserDay, UserRecord};
pub use migrate::VERSION;
pub use night::{Run, StoredDay};
pub use prove::{Failed, Proved};
pub use report::{
    LineAt, RegisterFile, RegisterTotals, Statement, StatementLine, StatementPage, write_register,
    write_trial_balance,
};
pub use store::{Placed, Store, Trace};
pub use window::{Latch, Notice, Standing};
