//! How far a day has come, and what it came to.

use std::fmt;

use crate::income::Distribution;

/// Is how far a day has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Stage {
    /// Orders can belong to it.
    #[default]
    Open,
    /// No order can belong to it any more (日切).
    Cut,
    /// The orders due on the day after it are confirmed (确认).
    Confirmed,
    /// Its income is divided (分配).
    Distributed,
    /// Its books are proved (日终).
    Closed,
}

/// Is what a number of orders come to, fen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Batch {
    /// How many orders.
    pub orders: u64,
    /// What is subscribed.
    pub subscribed_fen: i128,
    /// What is redeemed, standard.
    pub redeemed_fen: i128,
    /// What is redeemed fast, payments among it.
    pub redeemed_fast_fen: i128,
}

/// Is a day's income as it was divided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Income {
    /// What it came to.
    pub distribution: Distribution,
    /// Every holder with a right on the day, rising, and its income in fen.
    pub incomes: Vec<(u64, i64)>,
    /// What of a loss the risk reserve bore, fen.
    pub from_reserve_fen: i64,
}

/// Is how far a day has come, and what it came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DayRecord {
    /// How far.
    pub stage: Stage,
    /// The orders that belong to the day, once it is cut.
    pub cut: Option<Batch>,
    /// The orders that were confirmed after it, once they are.
    pub confirmed: Option<Batch>,
    /// Its income, once it is divided.
    pub income: Option<Income>,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Stage::Open => "open",
            Stage::Cut => "cut",
            Stage::Confirmed => "confirmed",
            Stage::Distributed => "distributed",
            Stage::Closed => "closed",
        })
    }
}
