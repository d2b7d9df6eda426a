//! What can be asked for.

mod deed;

use ruixin_service::money::Amount;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::names::{Date, Number, VoucherName};

pub(crate) use deed::{Command, CommandOf, With};

/// Opens a user's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenUser {
    /// The number, which is the user's in the whole house.
    pub user: Number,
}

/// Opens a merchant's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenMerchant {
    /// The number.
    pub merchant: Number,
}

/// Money comes from a bank (充值).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TopUp {
    /// Who gets it.
    pub user: Number,
    /// How much.
    pub amount: Amount,
    /// The bank below subject 1002; the settlement bank where it is left out.
    pub bank: Option<Number>,
    /// A memo of up to 100 characters.
    #[schemars(length(min = 1, max = 100))]
    pub memo: Option<String>,
}

/// Is where a payment comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The wallet (余额).
    Wallet,
    /// The fund: shares are redeemed fast, and pay (基金份额).
    Fund,
}

/// A user pays a merchant (付款).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Payment {
    /// Who pays.
    pub user: Number,
    /// Who gets it.
    pub merchant: Number,
    /// How much.
    pub amount: Amount,
    /// From the wallet or from the fund.
    pub from: Source,
    /// A memo of up to 100 characters; an order of the fund has none.
    #[schemars(length(min = 1, max = 100))]
    pub memo: Option<String>,
}

/// A merchant gives back some or all of a payment (退款), always to the wallet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refund {
    /// How much; all refunds of a payment together are at most what was paid.
    pub amount: Amount,
    /// A memo of up to 100 characters.
    #[schemars(length(min = 1, max = 100))]
    pub memo: Option<String>,
}

/// A user sends another user money (转账).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// Who sends.
    pub payer: Number,
    /// Who gets.
    pub payee: Number,
    /// How much.
    pub amount: Amount,
    /// A memo of up to 100 characters.
    #[schemars(length(min = 1, max = 100))]
    pub memo: Option<String>,
}

/// Money is to go to a bank (提现): it is held until the bank has answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// Who withdraws.
    pub user: Number,
    /// How much.
    pub amount: Amount,
    /// The bank below subject 1002; the settlement bank where it is left out.
    pub bank: Option<Number>,
    /// A memo of up to 100 characters.
    #[schemars(length(min = 1, max = 100))]
    pub memo: Option<String>,
}

/// What the bank has answered to a withdrawal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settlement {
    /// Whether it paid.
    pub outcome: BankOutcome,
}

/// Is a bank's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BankOutcome {
    /// It has paid.
    Paid,
    /// It has refused: the money is the user's again.
    Refused,
}

/// Holds an amount of a wallet (冻结).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHold {
    /// Whose wallet.
    pub user: Number,
    /// How much.
    pub amount: Amount,
    /// Why, up to 100 characters.
    #[schemars(length(min = 1, max = 100))]
    pub memo: Option<String>,
}

/// Releases all that a hold holds (解冻).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Why, up to 100 characters.
    #[schemars(length(min = 1, max = 100))]
    pub memo: Option<String>,
}

/// Is what an order of the fund does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NewOrderKind {
    /// Buys shares with money of the wallet (申购).
    Subscribe,
    /// Gives shares back; the money comes on T+1 (普通赎回).
    Redeem,
    /// Gives shares back for money at once, within the cap of the day (快速赎回).
    RedeemFast,
}

/// Places an order of the fund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// Who invests.
    pub user: Number,
    /// What is to be done.
    pub kind: NewOrderKind,
    /// How much; a share is 1.00 yuan.
    pub amount: Amount,
}

/// Is what a voucher of the accountant does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NewVoucherKind {
    /// Books its legs for good.
    Booking,
    /// Holds its legs.
    Pending,
    /// Posts a pending voucher: its own legs, or all that is held where it has none.
    Post,
    /// Releases a pending voucher.
    Void,
    /// Takes a voucher back (红冲).
    Reversal,
    /// Books in place of a voucher that was taken back (蓝补).
    Rebooking,
}

/// Is the side of a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LegSide {
    /// Debit (借).
    Debit,
    /// Credit (贷).
    Credit,
}

/// Is a leg that is to be booked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLeg {
    /// The subject of the chart.
    pub subject: u16,
    /// The account below it; `0` for the house.
    pub account: Number,
    /// The side.
    pub side: LegSide,
    /// How much.
    pub amount: Amount,
}

/// Books a voucher of the accountant's: what is wrong is corrected by another voucher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVoucher {
    /// What it does.
    pub kind: NewVoucherKind,
    /// The voucher that it posts, releases, takes back or replaces.
    pub link: Option<VoucherName>,
    /// The day on whose books it stands; today where it is left out.
    pub accounting_date: Option<Date>,
    /// From when on a pending voucher cannot be posted: Shanghai's clock, or RFC 3339.
    pub expires_at: Option<String>,
    /// Its legs, 64 at most.
    #[serde(default)]
    pub legs: Vec<NewLeg>,
    /// Why, up to 100 characters.
    #[schemars(length(min = 1, max = 100))]
    pub memo: Option<String>,
}
