//! What a record of each table is made of. One place says it; seal, CSV and Parquet follow.

/// Is a table of the book that holds records by the million.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// One record for each movement of an account.
    Flow,
    /// One record for each order.
    Orders,
    /// One record for each line in the banks' files.
    ChannelFile,
    /// One record for each account.
    Account,
}

/// Is what a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Text, UTF-8.
    Text,
    /// Yuan with two decimals: DECIMAL(18, 2).
    Money,
    /// A rate with six decimals: DECIMAL(9, 6).
    Rate,
    /// Civil time in Shanghai without a zone, in milliseconds.
    Time,
    /// A date.
    Date,
    /// A whole number of 64 bits.
    Number,
}

/// Is one column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether it may hold nothing.
    pub is_nullable: bool,
}

impl Column {
    pub(crate) const fn new(name: &'static str, kind: ColumnKind) -> Self {
        Self {
            name,
            kind,
            is_nullable: false,
        }
    }

    pub(crate) const fn or_null(self) -> Self {
        Self {
            is_nullable: true,
            ..self
        }
    }
}

/// Takes the fields of a record, one after another, in the order of the columns.
pub trait Visit {
    /// Takes a text, as UTF-8.
    fn text(&mut self, value: Option<&[u8]>);
    /// Takes an amount in fen.
    fn money(&mut self, fen: Option<i64>);
    /// Takes a rate in millionths.
    fn rate(&mut self, millionths: i64);
    /// Takes a civil time in milliseconds since 1970.
    fn time(&mut self, millis: Option<i64>);
    /// Takes a date in days since 1970.
    fn date(&mut self, days: Option<i32>);
    /// Takes a whole number.
    fn number(&mut self, value: i64);
}

/// Is something that can be written as a row.
pub trait Record {
    /// Shows every field to `to`, in the order of the table's columns.
    fn visit<V: Visit>(&self, to: &mut V);
}

/// Is a record that is sealed: the last column of its table is `check_code`.
pub trait Sealed: Record {
    /// The table it belongs to.
    const TABLE: Table;
}

use crate::digits::Digits;
use ColumnKind::{Date, Money, Number, Text, Time};

impl Table {
    /// All of them.
    pub const ALL: [Table; 4] = [
        Table::Flow,
        Table::Orders,
        Table::ChannelFile,
        Table::Account,
    ];

    /// Gives the name, which is the folder's, too.
    pub fn name(self) -> &'static str {
        match self {
            Table::Flow => "flow",
            Table::Orders => "orders",
            Table::ChannelFile => "channel_file",
            Table::Account => "account",
        }
    }

    /// Gives the columns in order; the last one is `check_code`.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Table::Flow => &FLOW,
            Table::Orders => &ORDERS,
            Table::ChannelFile => &CHANNEL_FILE,
            Table::Account => &ACCOUNT,
        }
    }
}

const CHECK_CODE: Column = Column::new("check_code", Number);

static FLOW: [Column; 15] = [
    Column::new("serial", Text),
    Column::new("account", Text),
    Column::new("direction", Text),
    Column::new("amount", Money),
    Column::new("fee", Money),
    Column::new("coupon", Money).or_null(),
    Column::new("balance_after", Money),
    Column::new("type_code", Text),
    Column::new("status", Text),
    Column::new("happened_at", Time),
    Column::new("counterparty", Text).or_null(),
    Column::new("order_id", Text).or_null(),
    Column::new("channel", Text).or_null(),
    Column::new("memo", Text).or_null(),
    CHECK_CODE,
];

static ORDERS: [Column; 13] = [
    Column::new("order_id", Text),
    Column::new("order_type", Text),
    Column::new("payer", Text).or_null(),
    Column::new("payee", Text).or_null(),
    Column::new("amount", Money),
    Column::new("coupon", Money).or_null(),
    Column::new("refunded", Money),
    Column::new("channel", Text).or_null(),
    Column::new("status", Text),
    Column::new("created_at", Time),
    Column::new("finished_at", Time).or_null(),
    Column::new("title", Text).or_null(),
    CHECK_CODE,
];

static CHANNEL_FILE: [Column; 9] = [
    Column::new("bank_serial", Text),
    Column::new("channel", Text),
    Column::new("side", Text),
    Column::new("order_id", Text),
    Column::new("amount", Money),
    Column::new("bank_fee", Money),
    Column::new("bank_date", Date),
    Column::new("bank_time", Time),
    CHECK_CODE,
];

static ACCOUNT: [Column; 13] = [
    Column::new("account", Text),
    Column::new("owner", Text),
    Column::new("name", Text),
    Column::new("class", Text).or_null(),
    Column::new("channel", Text).or_null(),
    Column::new("opened_at", Time),
    Column::new("status", Text),
    Column::new("opening_balance", Money),
    Column::new("balance", Money),
    Column::new("frozen", Money),
    Column::new("flow_count", Number),
    Column::new("last_serial", Text).or_null(),
    CHECK_CODE,
];

/// Is a movement of an account. Amounts are in fen.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the page of the crate says what each column holds"
)]
pub struct FlowRow<'a> {
    pub serial: Digits<22>,
    pub account: Digits<16>,
    pub direction: &'static str,
    pub amount: i64,
    pub fee: i64,
    pub coupon: Option<i64>,
    pub balance_after: i64,
    pub type_code: &'static str,
    pub status: &'static str,
    pub happened_at: i64,
    pub counterparty: Option<Digits<16>>,
    pub order_id: Option<Digits<21>>,
    pub channel: Option<&'static str>,
    pub memo: Option<&'a str>,
}

impl Record for FlowRow<'_> {
    #[inline]
    fn visit<V: Visit>(&self, to: &mut V) {
        to.text(Some(self.serial.as_bytes()));
        to.text(Some(self.account.as_bytes()));
        to.text(Some(self.direction.as_bytes()));
        to.money(Some(self.amount));
        to.money(Some(self.fee));
        to.money(self.coupon);
        to.money(Some(self.balance_after));
        to.text(Some(self.type_code.as_bytes()));
        to.text(Some(self.status.as_bytes()));
        to.time(Some(self.happened_at));
        to.text(self.counterparty.as_ref().map(Digits::as_bytes));
        to.text(self.order_id.as_ref().map(Digits::as_bytes));
        to.text(self.channel.map(str::as_bytes));
        to.text(self.memo.map(str::as_bytes));
    }
}

impl Sealed for FlowRow<'_> {
    const TABLE: Table = Table::Flow;
}

/// Is an order: what somebody wanted, and what became of it. Amounts are in fen.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the page of the crate says what each column holds"
)]
pub struct OrderRow<'a> {
    pub order_id: Digits<21>,
    pub order_type: &'static str,
    pub payer: Option<Digits<16>>,
    pub payee: Option<Digits<16>>,
    pub amount: i64,
    pub coupon: Option<i64>,
    pub refunded: i64,
    pub channel: Option<&'static str>,
    pub status: &'static str,
    pub created_at: i64,
    pub finished_at: Option<i64>,
    pub title: Option<&'a str>,
}

impl Record for OrderRow<'_> {
    #[inline]
    fn visit<V: Visit>(&self, to: &mut V) {
        to.text(Some(self.order_id.as_bytes()));
        to.text(Some(self.order_type.as_bytes()));
        to.text(self.payer.as_ref().map(Digits::as_bytes));
        to.text(self.payee.as_ref().map(Digits::as_bytes));
        to.money(Some(self.amount));
        to.money(self.coupon);
        to.money(Some(self.refunded));
        to.text(self.channel.map(str::as_bytes));
        to.text(Some(self.status.as_bytes()));
        to.time(Some(self.created_at));
        to.time(self.finished_at);
        to.text(self.title.map(str::as_bytes));
    }
}

impl Sealed for OrderRow<'_> {
    const TABLE: Table = Table::Orders;
}

/// Is a line of a bank's file: what the bank booked. Amounts are in fen.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the page of the crate says what each column holds"
)]
pub struct ChannelRow {
    pub bank_serial: Digits<19>,
    pub channel: &'static str,
    pub side: &'static str,
    pub order_id: Digits<21>,
    pub amount: i64,
    pub bank_fee: i64,
    pub bank_date: i32,
    pub bank_time: i64,
}

impl Record for ChannelRow {
    #[inline]
    fn visit<V: Visit>(&self, to: &mut V) {
        to.text(Some(self.bank_serial.as_bytes()));
        to.text(Some(self.channel.as_bytes()));
        to.text(Some(self.side.as_bytes()));
        to.text(Some(self.order_id.as_bytes()));
        to.money(Some(self.amount));
        to.money(Some(self.bank_fee));
        to.date(Some(self.bank_date));
        to.time(Some(self.bank_time));
    }
}

impl Sealed for ChannelRow {
    const TABLE: Table = Table::ChannelFile;
}

/// Is an account as it stands at the freeze. Amounts are in fen.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the page of the crate says what each column holds"
)]
pub struct AccountRow<'a> {
    pub account: Digits<16>,
    pub owner: &'static str,
    pub name: &'a str,
    pub class: Option<&'static str>,
    pub channel: Option<&'static str>,
    pub opened_at: i64,
    pub status: &'static str,
    pub opening_balance: i64,
    pub balance: i64,
    pub frozen: i64,
    pub flow_count: i64,
    pub last_serial: Option<Digits<22>>,
}

impl Record for AccountRow<'_> {
    fn visit<V: Visit>(&self, to: &mut V) {
        to.text(Some(self.account.as_bytes()));
        to.text(Some(self.owner.as_bytes()));
        to.text(Some(self.name.as_bytes()));
        to.text(self.class.map(str::as_bytes));
        to.text(self.channel.map(str::as_bytes));
        to.time(Some(self.opened_at));
        to.text(Some(self.status.as_bytes()));
        to.money(Some(self.opening_balance));
        to.money(Some(self.balance));
        to.money(Some(self.frozen));
        to.number(self.flow_count);
        to.text(self.last_serial.as_ref().map(Digits::as_bytes));
    }
}

impl Sealed for AccountRow<'_> {
    const TABLE: Table = Table::Account;
}
