//! The pure core of Ruixin Bao (瑞信宝): a double-entry ledger and the money fund that stands on it.
//!
//! ```
//! use ruixin_bao::income::Register;
//!
//! // 100.00, 50.00 and 0.50 shares, and 1.00 yuan that the fund earned on the day.
//! let register = Register::new(&[1, 2, 3], &[10_000, 5_000, 50])?;
//! let mut incomes = [0; 3];
//! let day = register.distribute(100, &mut incomes)?;
//!
//! // The cuts are 66, 33 and 0 fen; the one that is left goes to the largest cut-off part.
//! assert_eq!(incomes, [67, 33, 0]);
//! assert_eq!(day.per_ten_thousand.to_string(), "66.4452");
//! # Ok::<(), ruixin_bao::income::IncomeError>(())
//! ```
//!
//! [`calendar`] says to which trading day an order belongs and who earns from when until when;
//! [`income`] divides a day's income among all holders, to the fen; [`yields`] makes the
//! seven-day figure on either basis; [`ledger`] is the double-entry book; [`fund`] puts orders and
//! the steps of a day on top of all of them.
//!
//! **Units.** Money is fen, `i64`; a share of the fund is worth 1.00 yuan at all times, so shares
//! are counted in hundredths and a hundredth is a fen. Instants are microseconds since 1970 UTC,
//! `i64`.
//!
//! # How a service stands on it
//!
//! [`ledger::Book`] and [`fund::Fund`] decide without changing anything, and say what changes as
//! plain values. A service with a database loads the accounts, vouchers and orders that a request
//! names into a page of the book, lets it decide, and writes the changes in one transaction; kept
//! as a whole in memory, the same types are the model that every store must agree with.
//!
//! # What it does not do
//!
//! It asks no clock and draws no random number, reads no file, speaks no HTTP and no SQL, holds no
//! float and does not panic on any input.

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

pub mod calendar;
mod day;
pub mod fund;
pub mod income;
pub mod ledger;
mod ratio;
pub mod yields;

pub use day::{Day, DayError};
