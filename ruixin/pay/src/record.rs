//! The rows of the books, as they are read and written, each with its check code.

use ruixin_history::{Auditor, Field, Table};
use ruixin_service::store::{Row, StoreError, Value, Write};

use crate::civil::Civil;
use crate::codes::{Kind, Owner};

/// Makes check codes: a keyed hash over all other fields of a row. It shows damage; the key is in
/// the same database, so it does not stop somebody who forges.
#[derive(Debug, Clone)]
pub(crate) enum Sealer {
    /// The key of books that were founded here.
    Own([u8; 32]),
    /// Of books that began as a generated history: codes and numbers go on as there.
    History(Numbering),
}

/// Is how a generated history seals and numbers what is in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Numbering {
    pub(crate) auditor: Auditor,
    /// How many shards its accounts are divided into.
    pub(crate) shards: u32,
}

const HISTORY: &str = "history";

impl Numbering {
    /// The text that stands in the place of a key: `history`, the shards, the seed.
    pub(crate) fn text(self) -> String {
        format!("{HISTORY}:{:03}:{:052}", self.shards, self.auditor.seed())
    }
}

impl Sealer {
    /// Reads the key: 64 hexadecimal digits, or the text of a history.
    pub(crate) fn of_text(text: &str) -> Option<Sealer> {
        let mut parts = text.split(':');
        if let (Some(HISTORY), Some(shards), Some(seed), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        {
            let shards = shards.parse().ok().filter(|shards| *shards > 0)?;
            let auditor = Auditor::new(seed.parse().ok()?);
            return Some(Sealer::History(Numbering { auditor, shards }));
        }
        let hash = blake3::Hash::from_hex(text).ok()?;
        Some(Sealer::Own(*hash.as_bytes()))
    }

    fn code(&self, table: Table, fields: &[Value]) -> i64 {
        let key = match self {
            Sealer::Own(key) => key,
            Sealer::History(numbering) => {
                let fields = fields.iter().map(|field| match field {
                    Value::Null => Field::Nothing,
                    Value::Int(number) => Field::Number(*number),
                    Value::Text(text) => Field::Text(text),
                });
                let code = numbering.auditor.check_code(table, fields);
                // Each row here has the fields of its table.
                return code.unwrap_or_default();
            }
        };
        let mut hasher = blake3::Hasher::new_keyed(key);
        let mut text = |text: &str| {
            let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
            hasher.update(&length.to_le_bytes());
            hasher.update(text.as_bytes());
        };
        text(table.name());
        for field in fields {
            match field {
                Value::Null => text("0"),
                Value::Int(number) => {
                    text("1");
                    text(&number.to_string());
                }
                Value::Text(value) => {
                    text("2");
                    text(value);
                }
            }
        }
        first_eight(hasher.finalize().as_bytes())
    }

    /// Two digits that a serial made up by hand is unlikely to have, by shard and number.
    pub(crate) fn serial_check(&self, shard: &str, number: i64) -> u64 {
        match self {
            Sealer::Own(key) => {
                let hash = blake3::keyed_hash(key, format!("{shard}{number}").as_bytes());
                first_eight(hash.as_bytes()).rem_euclid(100).unsigned_abs()
            }
            Sealer::History(numbering) => {
                let shard = shard.parse().unwrap_or_default();
                numbering.auditor.serial_check(shard, number.unsigned_abs())
            }
        }
    }
}

fn first_eight(bytes: &[u8; 32]) -> i64 {
    let mut first = [0; 8];
    for (to, from) in first.iter_mut().zip(bytes) {
        *to = *from;
    }
    i64::from_le_bytes(first)
}

/// Is an account as it stands. Amounts are fen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) number: String,
    pub(crate) owner: Owner,
    pub(crate) name: String,
    pub(crate) class: Option<String>,
    pub(crate) channel: Option<String>,
    pub(crate) opened_at: String,
    pub(crate) opening_balance: i64,
    pub(crate) balance: i64,
    pub(crate) frozen: i64,
    pub(crate) flow_count: i64,
    pub(crate) last_serial: Option<String>,
}

/// The columns in the order of [`Account::of_row`].
pub(crate) const ACCOUNT: &str = "SELECT account, owner, name, class, channel, clock:opened_at, \
     fen:opening_balance, fen:balance, fen:frozen, flow_count, last_serial FROM account WHERE account = ?1";
/// Two accounts, locked in the order of their numbers, whatever the order they are named in.
pub(crate) const ACCOUNTS_LOCKED: &str = "SELECT account, owner, name, class, channel, clock:opened_at, \
     fen:opening_balance, fen:balance, fen:frozen, flow_count, last_serial FROM account \
     WHERE account IN (?1, ?2) ORDER BY account lock:";
const ACCOUNT_INSERT: &str = "INSERT INTO account (account, owner, name, class, channel, opened_at, \
     status, opening_balance, balance, frozen, flow_count, last_serial, check_code) \
     VALUES (?1, ?2, ?3, ?4, ?5, time:6, ?7, yuan:8, yuan:9, yuan:10, ?11, ?12, ?13)";
/// Where the count of records is not what was read, no row is touched, and the transaction fails:
/// a lost update cannot happen even if a lock should.
const ACCOUNT_UPDATE: &str = "UPDATE account SET status = ?2, balance = yuan:3, frozen = yuan:4, \
     flow_count = ?5, last_serial = ?6, check_code = ?7 WHERE account = ?1 AND flow_count = ?8";

impl Account {
    pub(crate) fn of_row(row: &Row) -> Result<Account, StoreError> {
        let owner = Owner::of_code(row.text(1)?);
        let text = |at| Ok::<_, StoreError>(row.maybe_text(at)?.map(str::to_owned));
        Ok(Account {
            number: row.text(0)?.to_owned(),
            owner: owner.ok_or_else(|| StoreError::Fault("an account of nobody".to_owned()))?,
            name: row.text(2)?.to_owned(),
            class: text(3)?,
            channel: text(4)?,
            opened_at: row.text(5)?.to_owned(),
            opening_balance: row.int(6)?,
            balance: row.int(7)?,
            frozen: row.int(8)?,
            flow_count: row.int(9)?,
            last_serial: text(10)?,
        })
    }

    /// The code of `status_code`: active or partly frozen.
    pub(crate) fn status(&self) -> &'static str {
        if self.frozen == 0 { "0" } else { "1" }
    }

    fn check_code(&self, sealer: &Sealer) -> i64 {
        sealer.code(Table::Account, &self.fields())
    }

    fn fields(&self) -> Vec<Value> {
        vec![
            self.number.as_str().into(),
            self.owner.code().into(),
            self.name.as_str().into(),
            self.class.as_deref().into(),
            self.channel.as_deref().into(),
            self.opened_at.as_str().into(),
            self.status().into(),
            self.opening_balance.into(),
            self.balance.into(),
            self.frozen.into(),
            self.flow_count.into(),
            self.last_serial.as_deref().into(),
        ]
    }

    pub(crate) fn insert(&self, sealer: &Sealer) -> Write {
        let mut values = self.fields();
        values.push(self.check_code(sealer).into());
        Write::one(ACCOUNT_INSERT, values)
    }

    /// Changes what was read when it had so many records.
    pub(crate) fn update(&self, sealer: &Sealer, flow_count_before: i64) -> Write {
        Write::one(
            ACCOUNT_UPDATE,
            vec![
                self.number.as_str().into(),
                self.status().into(),
                self.balance.into(),
                self.frozen.into(),
                self.flow_count.into(),
                self.last_serial.as_deref().into(),
                self.check_code(sealer).into(),
                flow_count_before.into(),
            ],
        )
    }
}

/// Is a movement of an account. Amounts are fen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flow {
    pub(crate) serial: String,
    pub(crate) account: String,
    pub(crate) kind: Kind,
    pub(crate) amount: i64,
    pub(crate) fee: i64,
    pub(crate) coupon: Option<i64>,
    pub(crate) balance_after: i64,
    pub(crate) happened_at: Civil,
    pub(crate) counterparty: Option<String>,
    pub(crate) order_id: Option<String>,
    pub(crate) channel: Option<String>,
    pub(crate) memo: Option<String>,
}

const FLOW_INSERT: &str = "INSERT INTO flow (serial, account, direction, amount, fee, coupon, \
     balance_after, type_code, status, happened_at, counterparty, order_id, channel, memo, check_code) \
     VALUES (?1, ?2, ?3, yuan:4, yuan:5, yuan:6, yuan:7, ?8, ?9, time:10, ?11, ?12, ?13, ?14, ?15)";
/// Booked, and not reversed.
const BOOKED: &str = "0";

impl Flow {
    pub(crate) fn insert(&self, sealer: &Sealer) -> Write {
        let mut values = vec![
            self.serial.as_str().into(),
            self.account.as_str().into(),
            self.kind.direction().into(),
            self.amount.into(),
            self.fee.into(),
            self.coupon.into(),
            self.balance_after.into(),
            self.kind.code(&self.happened_at.business_day()).into(),
            BOOKED.into(),
            self.happened_at.to_string().into(),
            self.counterparty.as_deref().into(),
            self.order_id.as_deref().into(),
            self.channel.as_deref().into(),
            self.memo.as_deref().into(),
        ];
        values.push(sealer.code(Table::Flow, &values).into());
        Write::one(FLOW_INSERT, values)
    }
}

/// Is an order. Amounts are fen; times are text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) order_id: String,
    pub(crate) order_type: String,
    pub(crate) payer: Option<String>,
    pub(crate) payee: Option<String>,
    pub(crate) amount: i64,
    pub(crate) coupon: Option<i64>,
    pub(crate) refunded: i64,
    pub(crate) channel: Option<String>,
    pub(crate) status: String,
    pub(crate) created_at: String,
    pub(crate) finished_at: Option<String>,
    pub(crate) title: Option<String>,
}

pub(crate) const ORDER: &str = "SELECT order_id, order_type, payer, payee, fen:amount, fen:coupon, \
     fen:refunded, channel, status, clock:created_at, clock:finished_at, title FROM orders \
     WHERE order_id = ?1";
pub(crate) const ORDER_LOCKED: &str = "SELECT order_id, order_type, payer, payee, fen:amount, fen:coupon, \
     fen:refunded, channel, status, clock:created_at, clock:finished_at, title FROM orders \
     WHERE order_id = ?1 lock:";
const ORDER_INSERT: &str = "INSERT INTO orders (order_id, order_type, payer, payee, amount, coupon, \
     refunded, channel, status, created_at, finished_at, title, check_code) \
     VALUES (?1, ?2, ?3, ?4, yuan:5, yuan:6, yuan:7, ?8, ?9, time:10, time:11, ?12, ?13)";
const ORDER_UPDATE: &str = "UPDATE orders SET refunded = yuan:2, status = ?3, finished_at = time:4, \
     check_code = ?5 WHERE order_id = ?1";

impl Order {
    pub(crate) fn of_row(row: &Row) -> Result<Order, StoreError> {
        let text = |at| Ok::<_, StoreError>(row.maybe_text(at)?.map(str::to_owned));
        Ok(Order {
            order_id: row.text(0)?.to_owned(),
            order_type: row.text(1)?.to_owned(),
            payer: text(2)?,
            payee: text(3)?,
            amount: row.int(4)?,
            coupon: row.maybe_int(5)?,
            refunded: row.int(6)?,
            channel: text(7)?,
            status: row.text(8)?.to_owned(),
            created_at: row.text(9)?.to_owned(),
            finished_at: text(10)?,
            title: text(11)?,
        })
    }

    fn fields(&self) -> Vec<Value> {
        vec![
            self.order_id.as_str().into(),
            self.order_type.as_str().into(),
            self.payer.as_deref().into(),
            self.payee.as_deref().into(),
            self.amount.into(),
            self.coupon.into(),
            self.refunded.into(),
            self.channel.as_deref().into(),
            self.status.as_str().into(),
            self.created_at.as_str().into(),
            self.finished_at.as_deref().into(),
            self.title.as_deref().into(),
        ]
    }

    pub(crate) fn insert(&self, sealer: &Sealer) -> Write {
        let mut values = self.fields();
        values.push(sealer.code(Table::Orders, &values).into());
        Write::one(ORDER_INSERT, values)
    }

    pub(crate) fn update(&self, sealer: &Sealer) -> Write {
        Write::one(
            ORDER_UPDATE,
            vec![
                self.order_id.as_str().into(),
                self.refunded.into(),
                self.status.as_str().into(),
                self.finished_at.as_deref().into(),
                sealer.code(Table::Orders, &self.fields()).into(),
            ],
        )
    }
}

/// Is a line of a bank's file. Amounts are fen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BankLine {
    pub(crate) bank_serial: String,
    pub(crate) channel: String,
    /// `C` came to us, `D` went from us.
    pub(crate) side: &'static str,
    pub(crate) order_id: String,
    pub(crate) amount: i64,
    pub(crate) bank_fee: i64,
    pub(crate) bank_time: Civil,
}

const BANK_INSERT: &str = "INSERT INTO channel_file (bank_serial, channel, side, order_id, amount, \
     bank_fee, bank_date, bank_time, check_code) \
     VALUES (?1, ?2, ?3, ?4, yuan:5, yuan:6, day:7, time:8, ?9)";

impl BankLine {
    pub(crate) fn insert(&self, sealer: &Sealer) -> Write {
        let mut values = vec![
            self.bank_serial.as_str().into(),
            self.channel.as_str().into(),
            self.side.into(),
            self.order_id.as_str().into(),
            self.amount.into(),
            self.bank_fee.into(),
            self.bank_time.day().into(),
            self.bank_time.to_string().into(),
        ];
        values.push(sealer.code(Table::ChannelFile, &values).into());
        Write::one(BANK_INSERT, values)
    }
}

/// Is what is held of an account's money. Amounts are fen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hold {
    pub(crate) serial: String,
    pub(crate) account: String,
    /// The withdrawal that it is for.
    pub(crate) order_id: Option<String>,
    pub(crate) amount: i64,
    pub(crate) released: i64,
}

/// By the serial of the record that began it, or by its order.
pub(crate) const HOLD_LOCKED: &str = "SELECT serial, account, order_id, fen:amount, fen:released FROM hold \
     WHERE serial = ?1 OR order_id = ?1 lock:";
const HOLD_INSERT: &str = "INSERT INTO hold (serial, account, order_id, amount, released) \
     VALUES (?1, ?2, ?3, yuan:4, yuan:5)";
const HOLD_UPDATE: &str = "UPDATE hold SET released = yuan:2 WHERE serial = ?1";

impl Hold {
    pub(crate) fn of_row(row: &Row) -> Result<Hold, StoreError> {
        Ok(Hold {
            serial: row.text(0)?.to_owned(),
            account: row.text(1)?.to_owned(),
            order_id: row.maybe_text(2)?.map(str::to_owned),
            amount: row.int(3)?,
            released: row.int(4)?,
        })
    }

    pub(crate) fn insert(&self) -> Write {
        Write::one(
            HOLD_INSERT,
            vec![
                self.serial.as_str().into(),
                self.account.as_str().into(),
                self.order_id.as_deref().into(),
                self.amount.into(),
                self.released.into(),
            ],
        )
    }

    pub(crate) fn update(&self) -> Write {
        let values = vec![self.serial.as_str().into(), self.released.into()];
        Write::one(HOLD_UPDATE, values)
    }
}
