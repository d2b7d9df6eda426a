//! What is answered.

mod make;

use ruixin_service::money::{Income, Yuan};
use ruixin_service::notices::Notice;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::command::LegSide;
use crate::names::{Date, Id, Number, VoucherName};

pub(crate) use make::say;

/// Is an account and what is on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BalanceView {
    /// The subject of the chart: 2001 users, 2002 merchants, 4001 shares and so on.
    pub subject: u16,
    /// The account below it.
    pub account: Number,
    /// What is on it, on its normal side.
    pub balance: Yuan,
    /// What can be taken from it.
    pub available: Yuan,
}

/// Is a leg of a voucher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LegView {
    /// The subject of the chart.
    pub subject: u16,
    /// The account below it.
    pub account: Number,
    /// The side.
    pub side: LegSide,
    /// How much; below zero in a reversal (红字).
    pub amount: Yuan,
}

/// Is how far a pending voucher has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PendingState {
    /// It holds its amounts.
    Pending,
    /// It was posted.
    Posted,
    /// It was released.
    Voided,
    /// It was released as it had expired.
    Expired,
}

/// Is what a voucher does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VoucherWord {
    /// Books its legs for good.
    Booking,
    /// Holds its legs.
    Pending,
    /// Posts a pending voucher.
    Post,
    /// Releases a pending voucher.
    Void,
    /// Takes a voucher back (红冲).
    Reversal,
    /// Books in place of a voucher that was taken back (蓝补).
    Rebooking,
}

/// Is a voucher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VoucherView {
    /// Its id.
    pub voucher: VoucherName,
    /// What it does.
    pub kind: VoucherWord,
    /// The voucher that it posts, releases, takes back or replaces.
    pub link: Option<VoucherName>,
    /// The day on whose books it stands.
    pub accounting_date: Date,
    /// When it was booked, civil time in Shanghai.
    pub booked_at: String,
    /// From when on a pending one cannot be posted, civil time in Shanghai.
    pub expires_at: Option<String>,
    /// Of a pending voucher, how far it has come.
    pub state: Option<PendingState>,
    /// The voucher that resolved it.
    pub resolved_by: Option<VoucherName>,
    /// The voucher that took it back.
    pub reversed_by: Option<VoucherName>,
    /// The voucher that was booked in its place.
    pub rebooked_by: Option<VoucherName>,
    /// Its legs.
    pub legs: Vec<LegView>,
    /// What is written on it.
    pub memo: String,
}

/// Is what an order does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderWord {
    /// Buys shares (申购).
    Subscribe,
    /// Gives shares back (普通赎回).
    Redeem,
    /// Gives shares back for money at once (快速赎回).
    RedeemFast,
    /// Pays a merchant from the fund.
    Pay,
}

/// Is an order of the fund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderView {
    /// Its id.
    pub order: Id,
    /// Who invests.
    pub user: Number,
    /// What it does.
    pub kind: OrderWord,
    /// Whom it pays.
    pub merchant: Option<Number>,
    /// How much.
    pub amount: Yuan,
    /// When it was placed, civil time in Shanghai.
    pub placed_at: String,
    /// The trading day that it belongs to, T.
    pub trade_date: Date,
    /// The trading day on which it is confirmed, T+1.
    pub confirmed_on: Date,
    /// Of a subscription, the first day that its shares earn.
    pub earns_from: Option<Date>,
    /// Whether it is confirmed.
    pub is_confirmed: bool,
}

/// Is the answer to a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Receipt {
    /// The command's id: of the voucher or order, too.
    pub id: Id,
    /// What was booked, where it is a voucher.
    pub voucher: Option<VoucherView>,
    /// The order, where it is one.
    pub order: Option<OrderView>,
    /// The accounts of users and merchants that it names, as they are afterwards.
    pub balances: Vec<BalanceView>,
}

/// Is a user's part of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UserDayView {
    /// The day.
    pub day: Date,
    /// Shares with a right on it.
    pub shares: Yuan,
    /// The income.
    pub income: Yuan,
}

/// Is what a user has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UserView {
    /// The number.
    pub user: Number,
    /// In the wallet, and free.
    pub available: Yuan,
    /// In the wallet, and held; what was frozen in the books that these were opened with among it.
    pub frozen: Yuan,
    /// Shares at 1.00 yuan, those that are held back among them.
    pub shares: Yuan,
    /// Shares that can be redeemed.
    pub shares_available: Yuan,
    /// Paid for shares that are not confirmed.
    pub subscribing: Yuan,
    /// Redeemed, and not yet in the wallet.
    pub redeeming: Yuan,
    /// The last day whose income is distributed; nothing before there is one.
    pub last_day: Option<UserDayView>,
    /// All incomes together.
    pub income: Yuan,
    /// The first day that shares earned, or will earn.
    pub earns_from: Option<Date>,
}

/// Is what something was that was carried over from the old books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OpenItemWord {
    /// A withdrawal that the bank had not answered (提现中).
    Withdrawal,
    /// What of an account was held, all together (冻结).
    Hold,
    /// A payment into escrow that was not confirmed (担保交易).
    Escrow,
    /// A payment of which something could be given back (可退款).
    Payment,
}

/// Is something that was not at its end when the books were moved, and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenItemView {
    /// The number that it had in the old books: of its order; of what is held, that of the account.
    pub item: String,
    /// What it was.
    pub kind: OpenItemWord,
    /// Who withdraws, is held, or has paid.
    pub account: Number,
    /// Who is paid.
    pub merchant: Option<Number>,
    /// The bank that a withdrawal goes to, as the old books name it.
    pub channel: Option<String>,
    /// All of it.
    pub amount: Yuan,
    /// What the house keeps of it when it ends as it was meant to.
    pub fee: Yuan,
    /// What the house has added, and gets back when it is returned.
    pub coupon: Yuan,
    /// What had been given back before.
    pub refunded_before: Yuan,
    /// What is left of it: nothing once it is at its end.
    pub left: Yuan,
    /// How it came to its end, or a part of it did: `paid`, `refused`, `released`, `confirmed`,
    /// `returned` or `refunded`.
    pub outcome: Option<String>,
}

/// Is a page of what was under way, in the order of the numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenItemPage {
    /// The items.
    pub items: Vec<OpenItemView>,
    /// Where the next page begins; nothing at the end.
    pub next: Option<String>,
}

/// Is a bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BillView {
    /// The voucher.
    pub voucher: VoucherName,
    /// When it was booked, civil time in Shanghai.
    pub booked_at: String,
    /// The day on whose books it stands.
    pub day: Date,
    /// What it is about, for programs.
    pub kind: String,
    /// What it is about, in the caller's language.
    pub title: String,
    /// What the wallet moves by; of what is pending, what is held.
    pub wallet: Yuan,
    /// What the shares move by; of what is pending, what is held back.
    pub shares: Yuan,
    /// Of what is pending, how far it has come.
    pub state: Option<PendingState>,
    /// Whether it was taken back.
    pub is_reversed: bool,
    /// The other account, where there is one: its subject and number.
    pub other: Option<OtherView>,
    /// What is written on it.
    pub memo: String,
}

/// Is the other account of a bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OtherView {
    /// 2001 a user, 2002 a merchant, 1002 a bank.
    pub subject: u16,
    /// The number.
    pub account: Number,
}

/// Is a page of bills, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BillPage {
    /// The bills.
    pub bills: Vec<BillView>,
    /// Where the next page begins; nothing at the end.
    pub next: Option<String>,
}

/// Is a page of incomes, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IncomePage {
    /// The incomes.
    pub incomes: Vec<UserDayView>,
    /// Where the next page begins; nothing at the end.
    pub next: Option<String>,
}

/// Is a line of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StatementLineView {
    /// When it was booked, civil time in Shanghai.
    pub booked_at: String,
    /// The day on whose books it stands.
    pub day: Date,
    /// The voucher.
    pub voucher: VoucherName,
    /// What the voucher is: `booking`, `post`, `reversal`, `income` and so on.
    pub kind: String,
    /// What the account moves by.
    pub amount: Yuan,
    /// What is on it afterwards.
    pub balance: Yuan,
    /// What is written on the voucher.
    pub memo: String,
}

/// Is what went over one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SheetView {
    /// 2001 the wallet, 4001 the shares.
    pub subject: u16,
    /// What was on it before the first day.
    pub opening: Yuan,
    /// What went over it, in the order in which it was booked.
    pub lines: Vec<StatementLineView>,
    /// What is on it after the last day.
    pub closing: Yuan,
    /// What of the account is held now.
    pub held: Yuan,
}

/// Is what went over a user's wallet and shares within some days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StatementView {
    /// The number.
    pub user: Number,
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// The wallet, and the shares where there ever were any. Opening and closing are those of the whole
    /// span; the lines are this page's, first the wallet's and then those of the shares.
    pub accounts: Vec<SheetView>,
    /// Where the next page begins; nothing at the end.
    pub next: Option<String>,
}

/// Is a day of the fund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FundDayView {
    /// The day.
    pub day: Date,
    /// All shares with a right on it.
    pub shares: Yuan,
    /// What the fund earned on it.
    pub income: Yuan,
    /// The income per ten thousand shares, yuan with four decimals (万份收益).
    pub income_per_ten_thousand: String,
    /// The yield of the seven days that end with it; nothing before there are seven.
    pub seven_day_yield: Option<YieldView>,
}

/// Is the seven-day annualised yield (七日年化收益率) in percent with three decimals, on both bases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct YieldView {
    /// Incomes are carried to shares every day: `Π(1 + Ri / 10,000)^(365 / 7) − 1`. The fund's own.
    pub daily_carry: Option<String>,
    /// Incomes are carried once a month: `ΣRi / 7 × 365 / 10,000`.
    pub monthly_carry: Option<String>,
}

/// Is the fund as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FundView {
    /// The first day of the fund.
    pub first_day: Date,
    /// How incomes are carried to shares, and so which yield is the fund's: `daily_carry`.
    pub basis: String,
    /// What a user can redeem fast on a day; nothing where there is no cap.
    pub fast_redemption_cap: Option<Yuan>,
    /// What a user can pay from the fund on a day; nothing where there is no cap.
    pub payment_cap: Option<Yuan>,
    /// The last days that are distributed, the latest first, seven at most.
    pub days: Vec<FundDayView>,
}

/// Is a page of the fund's days, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FundDayPage {
    /// The days.
    pub days: Vec<FundDayView>,
    /// Where the next page begins; nothing at the end.
    pub next: Option<String>,
}

/// Is a line of a trial balance: a subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrialLineView {
    /// The subject of the chart.
    pub subject: u16,
    /// Posted debits, gross.
    pub debits_posted: String,
    /// Posted credits, gross.
    pub credits_posted: String,
    /// Pending debits.
    pub debits_pending: String,
    /// Pending credits.
    pub credits_pending: String,
}

/// Is the trial balance (试算平衡) of a moment, by subject, in yuan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrialBalanceView {
    /// The moment, civil time in Shanghai; what was booked at it is in.
    pub at: String,
    /// Whether debits are credits, posted and pending.
    pub is_balanced: bool,
    /// The subjects.
    pub lines: Vec<TrialLineView>,
}

/// Asks for the run of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DayRun {
    /// What the fund earned on the day; below zero for a loss.
    pub income: Income,
}

/// Is what a number of orders come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BatchView {
    /// How many.
    pub orders: u64,
    /// Subscribed.
    pub subscribed: String,
    /// Redeemed.
    pub redeemed: String,
    /// Redeemed fast, payments among it.
    pub redeemed_fast: String,
}

/// Is what a day came to, however often it is run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DayRunView {
    /// The day.
    pub day: Date,
    /// `closed`.
    pub stage: String,
    /// The orders that belong to it.
    pub cut: BatchView,
    /// The orders that were confirmed after it.
    pub confirmed: BatchView,
    /// All shares with a right on it.
    pub shares: Yuan,
    /// Its income.
    pub income: Yuan,
    /// The income per ten thousand shares, yuan with four decimals.
    pub income_per_ten_thousand: String,
    /// Fen that were handed out one by one.
    pub residue: Yuan,
    /// What of a loss the risk reserve bore.
    pub from_reserve: Yuan,
}

/// Is whether commands are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WindowState {
    /// They are.
    Open,
    /// They are refused; reads go on.
    Closed,
}

/// Is how the service stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StandingView {
    /// Whether commands are taken.
    pub state: WindowState,
    /// Since when, civil time in Shanghai by the service's clock; where it was never otherwise, since
    /// the books were served first.
    pub since: Option<String>,
    /// What users are told, one of each language.
    pub notices: Vec<Notice>,
}

/// Is one proof that the books stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProofView {
    /// What was proved.
    pub proof: String,
    /// Of how many.
    pub rows: u64,
}

/// Is all that was proved of the books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProvedView {
    /// The proofs, none of which failed.
    pub proofs: Vec<ProofView>,
}
