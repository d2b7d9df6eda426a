//! What can be asked for, and what is answered.

use ruixin_service::body::LINE;
pub use ruixin_service::settlement::{BankOutcome, Settlement};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::money::{Amount, Yuan};

/// The form of an account's number.
const ACCOUNT: &str = "^[0-9]{16}$";

/// Opens an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenAccount {
    /// Whose it is to be.
    pub owner: NewOwner,
    /// The name, 1 to 60 characters.
    #[schemars(length(min = 1, max = 60), regex(pattern = LINE))]
    pub name: String,
    /// The merchant's class, a row of `merchant_rate`; merchants must have one, users must not.
    pub class: Option<String>,
    /// The user's bank, a row of `channel`; left out for merchants.
    pub channel: Option<String>,
}

/// Is who can have an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NewOwner {
    /// A person.
    User,
    /// A shop or company.
    Merchant,
}

/// Money comes from a bank (充值).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TopUp {
    /// The account.
    #[schemars(regex(pattern = ACCOUNT))]
    pub account: String,
    /// How much.
    pub amount: Amount,
    /// The bank, a row of `channel`.
    pub channel: String,
    /// A memo of up to 100 characters.
    #[schemars(length(min = 1, max = 100), regex(pattern = LINE))]
    pub memo: Option<String>,
}

/// A user pays a merchant (付款).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Payment {
    /// The user.
    #[schemars(regex(pattern = ACCOUNT))]
    pub payer: String,
    /// The merchant, who gets the amount less the fee of its class.
    #[schemars(regex(pattern = ACCOUNT))]
    pub merchant: String,
    /// The price, the coupon within it.
    pub amount: Amount,
    /// What the house adds; less than the price.
    pub coupon: Option<Amount>,
    /// What is bought, up to 100 characters.
    #[schemars(length(min = 1, max = 100), regex(pattern = LINE))]
    pub title: Option<String>,
}

/// A merchant gives back some or all of a payment (退款).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refund {
    /// How much; all refunds of a payment together are at most what the user paid himself.
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
    #[schemars(regex(pattern = ACCOUNT))]
    pub payer: String,
    /// Who gets.
    #[schemars(regex(pattern = ACCOUNT))]
    pub payee: String,
    /// How much.
    pub amount: Amount,
    /// A memo of up to 100 characters.
    #[schemars(length(min = 1, max = 100), regex(pattern = LINE))]
    pub memo: Option<String>,
}

/// Money is to go to a bank (提现): it is frozen until the bank has answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// The account.
    #[schemars(regex(pattern = ACCOUNT))]
    pub account: String,
    /// How much, the fee within it; 10.00 at least.
    pub amount: Amount,
    /// The bank, a row of `channel`.
    pub channel: String,
    /// A memo of up to 100 characters.
    #[schemars(length(min = 1, max = 100), regex(pattern = LINE))]
    pub memo: Option<String>,
}

/// Freezes an amount of an account (冻结).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHold {
    /// The account.
    #[schemars(regex(pattern = ACCOUNT))]
    pub account: String,
    /// How much.
    pub amount: Amount,
    /// Why, up to 100 characters.
    #[schemars(length(min = 1, max = 100), regex(pattern = LINE))]
    pub memo: Option<String>,
}

/// Unfreezes some or all of what is held (解冻).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// How much; left out, all that is left.
    pub amount: Option<Amount>,
    /// Why, up to 100 characters.
    #[schemars(length(min = 1, max = 100), regex(pattern = LINE))]
    pub memo: Option<String>,
}

/// Is anything that changes the books.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each is the request of the same name, with the id of its path"
)]
pub enum Command {
    Open(OpenAccount),
    TopUp(TopUp),
    Pay(Payment),
    Refund(String, Refund),
    Transfer(Transfer),
    Withdraw(Withdrawal),
    Settle(String, Settlement),
    Hold(NewHold),
    Release(String, Release),
}

/// Is an account as callers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountView {
    /// 16 digits.
    #[schemars(regex(pattern = ACCOUNT))]
    pub account: String,
    /// `user` or `merchant`.
    pub owner: NewOwner,
    /// The name.
    pub name: String,
    /// The merchant's class.
    pub class: Option<String>,
    /// The user's bank.
    pub channel: Option<String>,
    /// Civil time in Shanghai.
    pub opened_at: String,
    /// What can be disposed of.
    pub balance: Yuan,
    /// What is frozen.
    pub frozen: Yuan,
    /// How many movements there were.
    pub movements: i64,
}

/// Is a movement of an account as callers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MovementView {
    /// 22 digits; later movements of an account have higher ones.
    pub serial: String,
    /// The account.
    #[schemars(regex(pattern = ACCOUNT))]
    pub account: String,
    /// `TOPUP`, `PAYMENT_OUT` and so on, as in `type_code`.
    pub kind: String,
    /// `1` came in, `2` went out.
    pub direction: String,
    /// What the account moved by.
    pub amount: Yuan,
    /// The house's part.
    pub fee: Yuan,
    /// What the house added.
    pub coupon: Option<Yuan>,
    /// What could be disposed of afterwards.
    pub balance_after: Yuan,
    /// Civil time in Shanghai.
    pub happened_at: String,
    /// The other account, where the books keep it.
    pub counterparty: Option<String>,
    /// The order, where there is one.
    pub order_id: Option<String>,
    /// The memo.
    pub memo: Option<String>,
}

/// Is an order as callers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderView {
    /// 21 digits.
    pub order_id: String,
    /// `P` payment, `T` transfer, `C` top-up, `W` withdrawal.
    pub order_type: String,
    /// `1` pending, `2` done, `4` refunded, `5` partly refunded, `7` failed.
    pub status: String,
    /// Who paid.
    pub payer: Option<String>,
    /// Who got it.
    pub payee: Option<String>,
    /// The price, the coupon within it.
    pub amount: Yuan,
    /// What the house added.
    pub coupon: Option<Yuan>,
    /// What was given back.
    pub refunded: Yuan,
    /// The bank.
    pub channel: Option<String>,
    /// Civil time in Shanghai.
    pub created_at: String,
    /// Civil time in Shanghai; nothing while it is pending.
    pub finished_at: Option<String>,
    /// Its title.
    pub title: Option<String>,
}

/// Is the answer to what moved money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Receipt {
    /// The order, where there is one.
    pub order: Option<OrderView>,
    /// The hold that was begun or released, where there is one.
    pub hold: Option<HoldView>,
    /// What was booked, in order.
    pub movements: Vec<MovementView>,
}

/// Is a hold as callers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HoldView {
    /// 22 digits: the serial of the record that began it.
    pub hold: String,
    /// The account.
    #[schemars(regex(pattern = ACCOUNT))]
    pub account: String,
    /// What was frozen.
    pub amount: Yuan,
    /// What was unfrozen since.
    pub released: Yuan,
}

/// Is a page of an account's movements, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MovementPage {
    /// The movements.
    pub movements: Vec<MovementView>,
    /// Where the next page begins; nothing at the end.
    pub next: Option<String>,
}
