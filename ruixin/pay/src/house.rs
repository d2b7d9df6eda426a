//! The house: founding its books, closing and opening them, and adding them up.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use ruixin_service::store::{Change, Dialect, Row, Store, StoreError, Tx, Value, Write};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::books::Books;
use crate::civil::{Civil, Clock};
use crate::codes::{Kind, OtherSide, Owner};
use crate::money::Yuan;
use crate::numbers;
use crate::record::{Account, Sealer};

/// The house's accounts behind those of the channels: class and name.
const HOUSE: [(&str, &str); 7] = [
    ("TRANSIT", "待清算款项"),
    ("ESCROW", "担保交易暂收款"),
    ("FEES", "手续费收入"),
    ("MARKETING", "营销费用"),
    ("SUSPENSE", "挂账待查"),
    ("OPERATING", "营业外收支"),
    ("RESERVE", "期初备付金"),
];

/// Fen from which on SQLite does not give each of them back: its amounts are yuan in floating point.
/// The fourth migration has the same bound.
const BEYOND_SQLITE: u64 = 1 << 51;

const SEAL: &str = "SELECT seal FROM house";

/// Founds the books where there are none, and gives the key of their check codes.
pub(crate) async fn found(store: &Store, clock: Clock) -> Result<String, StoreError> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret)
        .map_err(|_| StoreError::Unreachable("the system gives no random bytes".to_owned()))?;
    let seal = blake3::Hash::from_bytes(secret).to_hex().to_string();
    let found = async move |tx: &mut Tx<'_>| {
        // Two that found at once meet here: the second one looks again.
        let there = tx.rows(SEAL, vec![]).await?;
        if let Some(row) = there.first() {
            return Ok(Change::new(row.text(0)?.to_owned()));
        }
        let now = clock.now().to_string();
        let sealer = Sealer::of_text(&seal);
        let sealer = sealer.ok_or_else(|| StoreError::Fault("the seal is no key".to_owned()))?;
        let mut change = Change::new(seal.clone()).with(Write::one(
            "INSERT INTO house (id, state, since, seal) VALUES (1, 'open', time:1, ?2)",
            vec![now.as_str().into(), seal.as_str().into()],
        ));
        let channels = tx
            .rows("SELECT channel, name FROM channel ORDER BY channel", vec![])
            .await?;
        let mut accounts = Vec::new();
        for row in &channels {
            let channel = Some(row.text(0)?.to_owned());
            accounts.push(("CHANNEL", row.text(1)?.to_owned(), channel));
        }
        accounts.extend(HOUSE.map(|(class, name)| (class, name.to_owned(), None)));
        for (index, (class, name, channel)) in (0..).zip(accounts) {
            let account = Account {
                number: numbers::account(&sealer, Owner::House, index),
                owner: Owner::House,
                name,
                class: Some(class.to_owned()),
                channel,
                opened_at: now.clone(),
                opening_balance: 0,
                balance: 0,
                frozen: 0,
                flow_count: 0,
                last_serial: None,
            };
            change = change.with(account.insert(&sealer));
        }
        Ok(change)
    };
    store.write(found).await
}

/// Is whether payments are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// They are.
    Open,
    /// They are refused; reads go on.
    Closed,
}

/// Is what the books come to, while nothing moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Figures {
    /// Accounts of users and merchants.
    pub accounts: i64,
    /// Records of `flow`.
    pub records: i64,
    /// What users and merchants can dispose of.
    pub balances: Yuan,
    /// What is frozen of their money.
    pub frozen: Yuan,
    /// What all accounts come to, the house's own among them: nothing, unless the books are off.
    pub difference: Yuan,
}

/// Is how the service stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Standing {
    /// Whether payments are taken.
    pub state: State,
    /// Since when, civil time in Shanghai.
    pub since: String,
    /// What users are told, one of each language.
    pub notices: Vec<Notice>,
}

/// Is what a freeze answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Frozen {
    /// `closed`.
    pub state: State,
    /// Since when, civil time in Shanghai.
    pub since: String,
    /// The opening figures of the conversion; nothing in a rehearsal, which adds nothing up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figures: Option<Figures>,
}

/// Says why a freeze gave no figures. Where it is no fault of the closing, the books are closed and not
/// added up: freeze them again, or reopen them.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FreezeError {
    /// A sum is more than SQLite keeps to the fen.
    #[error(
        "{what} is {amount}, and SQLite keeps amounts to the fen below 22517998136852.48 only: \
         keep these books in PostgreSQL"
    )]
    BeyondSqlite {
        /// Which sum.
        what: String,
        /// What it comes to.
        amount: Yuan,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub use ruixin_service::notices::{Instant, Notice, NoticeFields, NoticeLanguage};

const STANDING: &str = "SELECT state, clock:since FROM house";
/// The same, for as long as it is looked at: whoever opens the books waits.
const STANDING_HELD: [&str; 2] = [STANDING, "SELECT state, clock:since FROM house FOR UPDATE"];
const NOTICES: &str = "SELECT language, kind, subject, text, until FROM notice ORDER BY language";
const CLOSE: &str = "UPDATE house SET state = 'closed', since = time:1 WHERE state = 'open'";
const OPEN: &str = "UPDATE house SET state = 'open', since = time:1 WHERE state = 'closed'";
const NOTE: &str = "INSERT INTO notice (language, kind, subject, text, until) VALUES (?1, ?2, ?3, ?4, ?5) \
     ON CONFLICT (language) DO UPDATE SET kind = excluded.kind, subject = excluded.subject, \
     text = excluded.text, until = excluded.until";
/// The freeze's side of the payments' common pass: it waits until none is under way. It waits as
/// long as a payment may, and longer than others wait for a lock.
const ALONE: [&str; 2] = [
    "SELECT 1",
    "SELECT set_config('lock_timeout', '60s', true), CAST(pg_advisory_xact_lock(7305802) AS TEXT)",
];
/// The flow by day, whether it is after 23:00, code, channel, and the account that a record by hand
/// names. The day of a text is cut out of it: to reckon with it would take most of the time.
const BY_DAY: [&str; 2] = [
    "SELECT substr(happened_at, 1, 10), substr(happened_at, 12, 2) = '23', type_code, direction, channel, \
     CASE WHEN type_code = '99' THEN counterparty END, count(*), sum_fen:amount, sum_fen:fee, sum_fen:coupon \
     FROM flow GROUP BY 1, 2, 3, 4, 5, 6",
    "SELECT to_char(day, 'YYYY-MM-DD'), 0, type_code, direction, channel, named, records, amount, fee, coupon \
     FROM (SELECT CAST(happened_at + interval '1 hour' AS date) AS day, type_code, direction, channel, \
     CASE WHEN type_code = '99' THEN counterparty END AS named, count(*) AS records, \
     sum_fen:amount AS amount, sum_fen:fee AS fee, sum_fen:coupon AS coupon \
     FROM flow GROUP BY 1, 2, 3, 4, 5) AS by_day",
];
const CUSTOMERS: &str =
    "SELECT count(*), sum_fen:balance, sum_fen:frozen FROM account WHERE owner <> 'H'";
const HOUSE_ACCOUNTS: &str = "SELECT account, owner, name, class, channel, clock:opened_at, \
     fen:opening_balance, fen:balance, fen:frozen, flow_count, last_serial FROM account WHERE owner = 'H' \
     ORDER BY account";
const DAILY: &str = "INSERT INTO daily_total (business_day, type_code, direction, records, amount, fee, coupon) \
     VALUES (day:1, ?2, ?3, ?4, yuan:5, yuan:6, yuan:7)";

/// A flow of a hundred million records takes longer than any statement of a payment may.
const PATIENCE: [&str; 2] = [
    "SELECT 1",
    "SELECT set_config('statement_timeout', '0', true)",
];

fn of_dialect(dialect: Dialect, texts: [&'static str; 2]) -> &'static str {
    match dialect {
        Dialect::Sqlite => texts[0],
        Dialect::Postgres => texts[1],
    }
}

impl Books {
    /// Closes the books, waits until no payment is under way, and adds them up: the daily totals
    /// and the house's own accounts, which the old system knows at the freeze only. Given again, it
    /// adds up again, and the figures are the same.
    ///
    /// Closing is a transaction of its own, before the sum: no payment waits while the flow is read.
    ///
    /// # Errors
    ///
    /// The books were opened again before they were added up; payments did not end within a minute, a sum is more than the store keeps to the fen, or the store
    /// failed. Where it failed after the closing, the books are closed and not added up: freeze them
    /// again, or reopen them.
    pub async fn freeze(&self) -> Result<Frozen, FreezeError> {
        let clock = self.clock;
        let close = async move |tx: &mut Tx<'_>| {
            tx.rows(of_dialect(tx.dialect(), ALONE), vec![]).await?;
            let now = clock.now().to_string();
            Ok(Change::new(()).with(Write::any(CLOSE, vec![now.into()])))
        };
        self.store.write(close).await?;
        self.closed.store(true, Ordering::Release);
        let sealer = self.sealer.clone();
        let add_up = async move |tx: &mut Tx<'_>| add_up(tx, &sealer).await;
        self.store.write(add_up).await?
    }

    /// Opens the books again, and gives how they stand.
    ///
    /// # Errors
    ///
    /// The store failed.
    pub async fn reopen(&self) -> Result<Standing, StoreError> {
        let clock = self.clock;
        let open = async move |_: &mut Tx<'_>| {
            let now = clock.now().to_string();
            Ok(Change::new(()).with(Write::any(OPEN, vec![now.into()])))
        };
        self.store.write(open).await?;
        self.closed.store(false, Ordering::Release);
        self.standing().await
    }

    /// Keeps what users are told in one language, in place of what they were told before.
    ///
    /// # Errors
    ///
    /// The store failed.
    pub async fn tell(&self, notice: Notice) -> Result<(), StoreError> {
        let tell = async move |_: &mut Tx<'_>| {
            let until = notice.until().map(Instant::text);
            let values = vec![
                notice.language.code().into(),
                notice.kind.as_str().into(),
                notice.subject.as_str().into(),
                notice.text.as_str().into(),
                until.into(),
            ];
            Ok(Change::new(()).with(Write::one(NOTE, values)))
        };
        self.store.write(tell).await
    }

    /// Gives how the service stands.
    ///
    /// # Errors
    ///
    /// The store failed.
    pub async fn standing(&self) -> Result<Standing, StoreError> {
        let read = async |tx: &mut Tx<'_>| {
            let [standing, notices] = tx.rows_of([(STANDING, vec![]), (NOTICES, vec![])]).await?;
            let row = standing.first();
            let row =
                row.ok_or_else(|| StoreError::Fault("the books were not founded".to_owned()))?;
            let state = match row.text(0)? {
                "open" => State::Open,
                _ => State::Closed,
            };
            let since = row.text(1)?.to_owned();
            let notices = notices.iter().map(notice).collect::<Result<_, _>>()?;
            Ok(Standing {
                state,
                since,
                notices,
            })
        };
        self.store.read(read).await
    }
}

fn notice(row: &Row) -> Result<Notice, StoreError> {
    let until = row.maybe_text(4)?.map(str::to_owned);
    Ok(Notice {
        language: match row.text(0)? {
            "zh" => NoticeLanguage::Zh,
            _ => NoticeLanguage::En,
        },
        kind: row.text(1)?.to_owned(),
        subject: row.text(2)?.to_owned(),
        text: row.text(3)?.to_owned(),
        fields: NoticeFields {
            until: until.map(Instant::kept),
        },
    })
}

/// The business day of what happened after 23:00.
fn next_day(day: &str) -> Result<String, StoreError> {
    let late = Civil::parse(&format!("{day} 23:00:00"));
    let late = late.ok_or_else(|| StoreError::Fault(format!("a record of {day}")))?;
    Ok(late.business_day())
}

/// Is a sum over some records, in fen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sum {
    pub(crate) records: i64,
    pub(crate) amount: i64,
    pub(crate) fee: i64,
    pub(crate) coupon: i64,
}

pub(crate) fn sum(one: i64, other: i64) -> Result<i64, StoreError> {
    let too_much = || StoreError::Fault("the books come to more than 64 bits of fen".to_owned());
    one.checked_add(other).ok_or_else(too_much)
}

impl Sum {
    /// Adds without asking: for what is held against another figure afterwards.
    pub(crate) fn more(&mut self, other: Sum) {
        self.records = self.records.saturating_add(other.records);
        self.amount = self.amount.saturating_add(other.amount);
        self.fee = self.fee.saturating_add(other.fee);
        self.coupon = self.coupon.saturating_add(other.coupon);
    }

    pub(crate) fn add(&mut self, other: Sum) -> Result<(), StoreError> {
        self.records = sum(self.records, other.records)?;
        self.amount = sum(self.amount, other.amount)?;
        self.fee = sum(self.fee, other.fee)?;
        self.coupon = sum(self.coupon, other.coupon)?;
        Ok(())
    }
}

/// Adds the flow up, writes the daily totals and the house's balances, and gives the figures.
async fn add_up(
    tx: &mut Tx<'_>,
    sealer: &Sealer,
) -> Result<Change<Result<Frozen, FreezeError>>, StoreError> {
    let by_day = of_dialect(tx.dialect(), BY_DAY);
    let patience = of_dialect(tx.dialect(), PATIENCE);
    let [_, standing, flow, customers, house] = tx
        .rows_of([
            (patience, vec![]),
            (of_dialect(tx.dialect(), STANDING_HELD), vec![]),
            (by_day, vec![]),
            (CUSTOMERS, vec![]),
            (HOUSE_ACCOUNTS, vec![]),
        ])
        .await?;
    let mut daily: BTreeMap<[String; 3], Sum> = BTreeMap::new();
    let mut balances: BTreeMap<String, i64> = BTreeMap::new();
    let mut records = 0_i64;
    for row in &flow {
        let (code, direction) = (row.text(2)?, row.text(3)?);
        let day = match row.int(1)? {
            0 => row.text(0)?.to_owned(),
            _ => next_day(row.text(0)?)?,
        };
        let one = Sum {
            records: row.int(6)?,
            amount: row.int(7)?,
            fee: row.int(8)?,
            coupon: row.maybe_int(9)?.unwrap_or(0),
        };
        records = sum(records, one.records)?;
        let kind = Kind::of_code(code, direction, &day);
        let kind = kind.ok_or_else(|| StoreError::Fault(format!("a record of code {code}")))?;
        let line = daily.entry([&day, code, direction].map(str::to_owned));
        line.or_default().add(one)?;
        for (account, moved) in other_sides(kind, one, row.maybe_text(4)?, row.maybe_text(5)?)? {
            let balance = balances.entry(account).or_default();
            *balance = sum(*balance, moved)?;
        }
    }
    let row = customers.first().zip(standing.first());
    let (customers, standing) =
        row.ok_or_else(|| StoreError::Fault("the books were not founded".to_owned()))?;
    // Opened meanwhile, what is added up would be of many moments.
    if standing.text(0)? == "open" {
        let why = "the books were opened again before they were added up";
        return Err(StoreError::Conflict(why.to_owned()));
    }
    let figure = |at| Ok::<_, StoreError>(customers.maybe_int(at)?.unwrap_or(0));
    let (owed, frozen) = (figure(1)?, figure(2)?);
    let mut all = sum(owed, frozen)?;
    let mut writes = vec![Write::any("DELETE FROM daily_total", vec![])];
    let mut sums = Vec::new();
    for ([day, code, direction], one) in daily {
        let what = format!("the total of {day}, code {code}, direction {direction}");
        sums.extend([one.amount, one.fee, one.coupon].map(|fen| (what.clone(), fen)));
        let amounts = [one.records, one.amount, one.fee, one.coupon].map(Value::from);
        let mut values = vec![day.into(), code.into(), direction.into()];
        values.extend(amounts);
        writes.push(Write::one(DAILY, values));
    }
    for row in &house {
        let mut account = Account::of_row(row)?;
        let class = account.channel.clone().or(account.class.clone());
        account.balance = account.opening_balance;
        for key in [class.unwrap_or_default(), account.number.clone()] {
            let moved = balances.get(&key).copied().unwrap_or(0);
            account.balance = sum(account.balance, moved)?;
        }
        all = sum(all, account.balance)?;
        writes.push(account.update(sealer, 0));
        sums.push((format!("the balance of {}", account.name), account.balance));
    }
    if tx.dialect() == Dialect::Sqlite
        && let Some(beyond) = beyond_sqlite(sums)
    {
        return Ok(Change::new(Err(beyond)));
    }
    let figures = Figures {
        accounts: customers.int(0)?,
        records,
        balances: Yuan(owed),
        frozen: Yuan(frozen),
        difference: Yuan(all),
    };
    let frozen = Frozen {
        state: State::Closed,
        since: standing.text(1)?.to_owned(),
        figures: Some(figures),
    };
    Ok(Change::new(Ok(frozen)).with_all(writes))
}

/// The first of some sums that SQLite would not give back to the fen.
fn beyond_sqlite(sums: Vec<(String, i64)>) -> Option<FreezeError> {
    let is_beyond = |(_, fen): &(String, i64)| fen.unsigned_abs() >= BEYOND_SQLITE;
    let (what, fen) = sums.into_iter().find(is_beyond)?;
    let amount = Yuan(fen);
    Some(FreezeError::BeyondSqlite { what, amount })
}

/// What the house's accounts move by, with the sign of a debt: by channel, class or number.
pub(crate) fn other_sides(
    kind: Kind,
    moved: Sum,
    channel: Option<&str>,
    named: Option<&str>,
) -> Result<Vec<(String, i64)>, StoreError> {
    let less = |amount: i64| amount.saturating_neg();
    let other = match kind.is_in() {
        true => less(sum(moved.amount, moved.fee)?),
        false => sum(sum(moved.amount, moved.coupon)?, less(moved.fee))?,
    };
    let mut sides = vec![
        ("FEES".to_owned(), moved.fee),
        ("MARKETING".to_owned(), less(moved.coupon)),
    ];
    let of_class = |class: &str| Some(class.to_owned());
    let account = match kind.other_side() {
        OtherSide::Channel => {
            let none = || StoreError::Fault("a record without its channel".to_owned());
            Some(channel.ok_or_else(none)?.to_owned())
        }
        OtherSide::Transit => of_class("TRANSIT"),
        OtherSide::Escrow => of_class("ESCROW"),
        OtherSide::Marketing => of_class("MARKETING"),
        OtherSide::Named => of_class(named.unwrap_or("SUSPENSE")),
        OtherSide::Frozen | OtherSide::Fee => None,
    };
    sides.extend(account.map(|account| (account, other)));
    Ok(sides)
}
