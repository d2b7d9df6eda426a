//! The words of moving a ledger: money, rounding, civil time, the closed account and the report.
//!
//! ```
//! use ledger::{Account, Decimal, parse_money};
//!
//! let expected = parse_money("￥1,234.50", Some(2))?;
//! let actual = parse_money("1234.51", Some(2))?;
//! let difference = actual.checked_sub(expected).expect("both are small");
//!
//! let mut account = Account::new();
//! account.add_totals("amount", "CNY", &expected.into(), &actual.into());
//! account.add_break("amount", "CNY", difference);
//!
//! let closed = account.close();
//! assert_eq!(closed[0].difference.to_string(), "0.01");
//! assert_eq!(closed[0].residual.to_string(), "0.00");
//! # Ok::<(), ledger::MoneyError>(())
//! ```
//!
//! The types: [`Decimal`] is an exact amount and [`parse_money`] reads one as people write it;
//! [`Wide`] is a sum that never overflows; [`Rounding`] says how an amount loses decimals;
//! [`Zone`] turns civil times into instants and instants into business dates; [`Account`] closes
//! the account of a run; [`Report`] and [`Break`] are what a run says, and [`Verdict`] is what it
//! comes to.
//!
//! This crate reads no file, asks for no clock, keeps no state and holds no float. It knows nothing
//! of Arrow, SQL or the screen. It converts no currency into another.
//!
//! # Jargon
//!
//! [`JARGON`] lists the words, in English and Chinese. One meaning each, here and in every other
//! crate, on every screen and page.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::float_arithmetic,
        clippy::as_conversions,
        clippy::indexing_slicing
    )
)]

pub mod account;
pub mod civil;
pub mod currency;
pub mod jargon;
pub mod money;
pub mod report;
pub mod rounding;
mod short;
pub mod wide;

pub use account::{Account, ClosedLine};
pub use civil::{
    Civil, CivilError, CutOff, Disambiguation, Zone, business_date, local_time, parse_civil,
};
pub use currency::{CurrencyCode, minor_units};
pub use jargon::{JARGON, Term, chinese};
pub use money::{
    Decimal, DecimalSign, MoneyError, MoneyFormat, currencies_beside, format_decimal, parse_money,
    parse_money_as, push_decimal,
};
pub use report::{
    AgreementReport, Amount, Break, BreakCounts, BreakKind, CauseFound, CauseLine, CauseStatus,
    ControlLine, ControlReport, ControlStatus, Counts, CrossedTotal, FieldDifference, Flight, Fold,
    FoldWay, FoldedSide, InFlight, Moment, NotRead, Record, Reject, RejectLine, RejectsOf, Repair,
    Report, Sides, SourceRecord, Total, Verdict, Version, verdict,
};
pub use rounding::{Rounding, round};
// What records hold: short texts take no memory of their own.
pub use smol_str::{SmolStr, ToSmolStr};
pub use wide::Wide;
