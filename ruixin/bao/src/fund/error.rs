//! Why the fund refuses an order or a step.

use std::fmt;

use thiserror::Error;

use super::day::Stage;
use crate::calendar::CalendarError;
use crate::day::Day;
use crate::income::IncomeError;
use crate::ledger::{AccountId, LedgerError, VoucherId};

/// Says in what two orders of one id differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderField {
    /// Who wants it.
    Investor,
    /// What is wanted, the merchant among it.
    Kind,
    /// The amount.
    Amount,
}

/// Is one of the proofs that the fund's books must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Posted debits are posted credits, by the vouchers.
    PostedDebitsAndCredits,
    /// Pending debits are pending credits, by the vouchers.
    PendingDebitsAndCredits,
    /// An account's totals are what the vouchers come to.
    AccountAndVouchers,
    /// The fund's assets are its shares and the reserve.
    AssetsAndShares,
    /// A holder's shares by days are those of its account.
    RightsAndShares,
    /// Subscriptions not confirmed are the open orders.
    SubscriptionsAndOrders,
    /// Shares held back are the open orders.
    HeldSharesAndOrders,
    /// The incomes of all holders are the fund's income.
    IncomesAndIncome,
}

/// Says why the fund refuses an order or a step: the first rule that is broken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the fields are what the messages name")]
pub enum FundError {
    /// The calendar does not know.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// The book refuses: too few shares, too little money, too little for advances.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The income cannot be divided.
    #[error(transparent)]
    Income(#[from] IncomeError),
    /// The id was used before for another order.
    #[error("order {order:032x} is there already, with another {field}")]
    OrderExistsWithOtherContent { order: u128, field: OrderField },
    /// The amount is nothing or less.
    #[error("an order over {amount_fen} fen: it must be above zero")]
    AmountNotPositive { amount_fen: i64 },
    /// The provider of advances places no orders.
    #[error("holder {holder} advances money for others and places no orders")]
    ProviderPlacesNoOrders { holder: u64 },
    /// The fund does not exist yet.
    #[error("{day} is before the fund's first day, {first_day}")]
    BeforeFirstDay { day: Day, first_day: Day },
    /// The order comes with an instant before a cut that has been made.
    #[error("{trade_date} has been cut: no order can belong to it any more")]
    AfterCut { trade_date: Day },
    /// The order comes with an instant on a day whose confirmations have been made.
    #[error("{day} is over: nothing can be redeemed on it any more")]
    DayIsOver { day: Day },
    /// The voucher belongs to a day whose books are proved.
    #[error("{day} is closed: nothing can be booked on it any more")]
    DayClosed { day: Day },
    /// The investor has never held shares.
    #[error("investor {investor} holds no shares")]
    NoShares { investor: u64 },
    /// More than the day's cap.
    #[error(
        "{amount_fen} fen after {used_fen} on {day} are {} more than the cap of {cap_fen}",
        used_fen.saturating_add(*amount_fen).saturating_sub(*cap_fen)
    )]
    CapExceeded {
        day: Day,
        cap_fen: i64,
        used_fen: i64,
        amount_fen: i64,
    },
    /// Only orders and days move the account.
    #[error("account {account} is moved by orders and days of the fund only")]
    ReservedAccount { account: AccountId },
    /// Only orders and days have vouchers of this part.
    #[error("voucher {voucher} has a part that is the fund's")]
    ReservedId { voucher: VoucherId },
    /// A step comes before its time.
    #[error("{day} cannot be {step} at {now}: it is too early")]
    TooEarly { day: Day, step: Stage, now: i64 },
    /// A step comes before the one that it follows.
    #[error("{day} is {stage} and must be {needed} before it is {step}")]
    StageNotReached {
        day: Day,
        stage: Stage,
        needed: Stage,
        step: Stage,
    },
    /// A step comes before the day before is far enough.
    #[error("{before} is {stage} and must be {needed} before {day} is {step}")]
    DayBeforeNotReached {
        day: Day,
        step: Stage,
        before: Day,
        stage: Stage,
        needed: Stage,
    },
    /// The day's income was another one.
    #[error(
        "{day} has distributed {distributed_fen} fen, {} other than the {asked_fen} now given",
        distributed_fen.abs_diff(*asked_fen)
    )]
    IncomeDiffers {
        day: Day,
        distributed_fen: i64,
        asked_fen: i64,
    },
    /// Shares of a holder would be below zero or beyond 64 bits.
    #[error("the shares of holder {holder} on {day} would be out of range")]
    SharesOutOfRange { holder: u64, day: Day },
    /// The books do not stand a proof.
    #[error(
        "{check}: {expected_fen} fen and {actual_fen} fen differ by {}",
        expected_fen.abs_diff(*actual_fen)
    )]
    OutOfBalance {
        check: Check,
        expected_fen: i128,
        actual_fen: i128,
    },
}

impl FundError {
    /// Gives the stable code of the error, for problem details.
    pub const fn code(&self) -> &'static str {
        match self {
            FundError::Calendar(error) => error.code(),
            FundError::Ledger(error) => error.code(),
            FundError::Income(error) => error.code(),
            FundError::OrderExistsWithOtherContent { .. } => "order_exists_with_other_content",
            FundError::AmountNotPositive { .. } => "amount_not_positive",
            FundError::ProviderPlacesNoOrders { .. } => "provider_places_no_orders",
            FundError::BeforeFirstDay { .. } => "fund_before_first_day",
            FundError::AfterCut { .. } => "fund_after_cut",
            FundError::DayIsOver { .. } => "fund_day_is_over",
            FundError::DayClosed { .. } => "fund_day_closed",
            FundError::NoShares { .. } => "fund_no_shares",
            FundError::CapExceeded { .. } => "fund_cap_exceeded",
            FundError::ReservedAccount { .. } => "account_reserved",
            FundError::ReservedId { .. } => "voucher_id_reserved",
            FundError::TooEarly { .. } => "fund_step_too_early",
            FundError::StageNotReached { .. } => "fund_stage_not_reached",
            FundError::DayBeforeNotReached { .. } => "fund_day_before_not_reached",
            FundError::IncomeDiffers { .. } => "fund_income_differs",
            FundError::SharesOutOfRange { .. } => "fund_shares_out_of_range",
            FundError::OutOfBalance { .. } => "fund_out_of_balance",
        }
    }
}

impl fmt::Display for OrderField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            OrderField::Investor => "investor",
            OrderField::Kind => "kind",
            OrderField::Amount => "amount",
        })
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Check::PostedDebitsAndCredits => "posted debits and credits",
            Check::PendingDebitsAndCredits => "pending debits and credits",
            Check::AccountAndVouchers => "vouchers and the totals of an account",
            Check::AssetsAndShares => "the fund's assets, and its shares and reserve",
            Check::RightsAndShares => "a holder's account and its shares by days",
            Check::SubscriptionsAndOrders => "subscriptions not confirmed and open orders",
            Check::HeldSharesAndOrders => "open orders and shares held back",
            Check::IncomesAndIncome => "the fund's income and the incomes of all holders",
        })
    }
}
