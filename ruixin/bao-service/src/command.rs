//! What can be asked for.

mod deed;

use ruixin_service::body::LINE;
use ruixin_service::money::Amount;
pub use ruixin_service::settlement::{BankOutcome, Settlement};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::names::{Date, Moment, Number, VoucherName};

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
    #[schemars(length(min = 1, max = 100), regex(pattern = LINE))]
    pub memo: Option<String>,
}

/// A user pays a merchant (付款), `from` the wallet or the fund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "from", rename_all = "snake_case", deny_unknown_fields)]
pub enum Payment {
    /// From the wallet (余额).
    Wallet {
        /// Who pays.
        user: Number,
        /// Who gets it.
        merchant: Number,
        /// How much.
        amount: Amount,
        /// A memo of up to 100 characters.
        #[schemars(length(min = 1, max = 100), regex(pattern = LINE))]
        memo: Option<String>,
    },
    /// From the fund: shares are redeemed fast, and pay (基金份额). An order has no memo.
    Fund {
        /// Who pays.
        user: Number,
        /// Who gets it.
        merchant: Number,
        /// How much.
        amount: Amount,
    },
}

/// A merchant gives back some or all of a payment (退款), always to the wallet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refund {
    /// How much; all refunds of a payment together are at most what was paid.
    pub amount: Amount,
    /// A memo of up to 100 characters.
    #[schemars(length(min = 1, max = 100), regex(pattern = LINE))]
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
    #[schemars(length(min = 1, max = 100), regex(pattern = LINE))]
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
    #[schemars(length(min = 1, max = 100), regex(pattern = LINE))]
    pub memo: Option<String>,
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
    #[schemars(length(min = 1, max = 100), regex(pattern = LINE))]
    pub memo: Option<String>,
}

/// Releases all that a hold holds (解冻), or some of what was held when the books were moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// How much, of what was held when the books were moved; all that is left of it where it is left out.
    /// Any other hold is released in whole.
    pub amount: Option<Amount>,
    /// Why, up to 100 characters.
    #[schemars(length(min = 1, max = 100), regex(pattern = LINE))]
    pub memo: Option<String>,
}

/// Brings a payment into escrow to its end that was carried over from the old books (担保交易).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EscrowEnd {
    /// How it ends.
    pub outcome: EscrowOutcome,
    /// Why, up to 100 characters.
    #[schemars(length(min = 1, max = 100), regex(pattern = LINE))]
    pub memo: Option<String>,
}

/// Is how a payment into escrow ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EscrowOutcome {
    /// The buyer has confirmed: the merchant gets it, less the fee (确认收货).
    Confirmed,
    /// The buyer gets it back, and the house what it had added (退款).
    Returned,
}

/// Money of the fund's manager goes into the risk reserve (风险准备金), which bears what of a loss no
/// holder can bear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FillReserve {
    /// How much.
    pub amount: Amount,
}

/// Money of the advance bank comes to the settlement bank (垫支款), for fast redemptions and payments
/// from the fund to be advanced from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FillAdvance {
    /// How much.
    pub amount: Amount,
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
    #[serde(deserialize_with = "subject")]
    pub subject: u16,
    /// The account below it; `0` for the house.
    pub account: Number,
    /// The side.
    pub side: LegSide,
    /// How much.
    pub amount: Amount,
}

/// Reads the number of a subject. To JSON Schema `1002.0` is a whole number, too.
fn subject<'de, D: Deserializer<'de>>(from: D) -> Result<u16, D::Error> {
    let text = serde_json::Number::deserialize(from)?.to_string();
    let digits = text.strip_suffix(".0").unwrap_or(&text);
    let wrong = || de::Error::custom("a subject is a whole number from 0 to 65535");
    digits.parse().map_err(|_| wrong())
}

/// Books a voucher of the accountant's: what is wrong is corrected by another voucher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NewVoucher {
    /// Books its legs for good.
    Booking(NewBooking),
    /// Holds its legs.
    Pending(NewPending),
    /// Posts a pending voucher: its own legs, or all that is held where it has none.
    Post(NewLinked),
    /// Releases a pending voucher.
    Void(NewLink),
    /// Takes a voucher back (红冲).
    Reversal(NewLink),
    /// Books in place of a voucher that was taken back (蓝补).
    Rebooking(NewLinked),
}

/// Books legs for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBooking {
    /// The day on whose books it stands, from the fund's first day until today; today where it is left out.
    pub accounting_date: Option<Date>,
    /// Its legs, 64 at most.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub legs: Vec<NewLeg>,
    /// Why, up to 100 characters.
    #[schemars(length(min = 1, max = 100), regex(pattern = LINE))]
    pub memo: Option<String>,
}

/// Holds legs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPending {
    /// From when on it cannot be posted, and what it holds is free again; never where it is left out.
    pub expires_at: Option<Moment>,
    /// The day on whose books it stands, from the fund's first day until today; today where it is left out.
    pub accounting_date: Option<Date>,
    /// Its legs, 64 at most.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub legs: Vec<NewLeg>,
    /// Why, up to 100 characters.
    #[schemars(length(min = 1, max = 100), regex(pattern = LINE))]
    pub memo: Option<String>,
}

/// Posts or replaces another voucher, with legs of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLinked {
    /// The voucher that it posts or replaces.
    pub link: VoucherName,
    /// The day on whose books it stands, from the fund's first day until today; today where it is left out.
    pub accounting_date: Option<Date>,
    /// Its legs, 64 at most.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub legs: Vec<NewLeg>,
    /// Why, up to 100 characters.
    #[schemars(length(min = 1, max = 100), regex(pattern = LINE))]
    pub memo: Option<String>,
}

/// Releases another voucher or takes it back: its legs follow from that one's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLink {
    /// The voucher that it releases or takes back.
    pub link: VoucherName,
    /// The day on whose books it stands, from the fund's first day until today; today where it is left out.
    pub accounting_date: Option<Date>,
    /// Why, up to 100 characters.
    #[schemars(length(min = 1, max = 100), regex(pattern = LINE))]
    pub memo: Option<String>,
}
