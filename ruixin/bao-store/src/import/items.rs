//! What was not at its end in the converted books: what is under way, and what can be given back.
//!
//! There may be tens of millions of payments, so they are read twice, in the order of their names, and
//! never held: once to be checked and digested, once to be written.

use std::collections::BTreeMap;
use std::sync::mpsc::sync_channel;
use std::thread;

use ruixin_bao::fund::{MERCHANTS, USERS};
use ruixin_bao::ledger::AccountId;

use super::check::fen;
use super::error::{Figure, ImportError, Total};
use super::source::Opening;
use super::{ESCROW, FROZEN};
use crate::error::StoreError;
use crate::sql::{Row, Session, Value};
use crate::store::entries::account_id;
use crate::store::number;

/// Rows that wait to be written at most.
const AT_ONCE: usize = 10_000;
/// Digits of a name at most: an id of ours has 32.
const DIGITS: usize = 31;

const COLUMNS: [&str; 10] = [
    "item", "kind", "subject", "number", "merchant", "channel", "amount", "fee", "coupon", "done",
];

/// Is what an open item is, as the table has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Withdrawal,
    Hold,
    Escrow,
    Payment,
}

/// Is an open item as it was converted.
#[derive(Debug)]
struct Item {
    name: String,
    kind: Kind,
    account: AccountId,
    merchant: Option<u64>,
    channel: Option<String>,
    amount_fen: i64,
    fee_fen: i64,
    coupon_fen: i64,
    done_fen: i64,
}

/// Is what all open items come to.
#[derive(Debug, Default)]
pub(super) struct Items {
    pub(super) under_way: u64,
    pub(super) refundable: u64,
    /// A digest of all of them; nothing where there are none.
    pub(super) digest: Option<[u8; 32]>,
    /// Whether the house keeps a fee of one, or gets a coupon back.
    pub(super) has_fees: bool,
    pub(super) has_coupons: bool,
}

impl Kind {
    fn of(word: &str) -> Option<Kind> {
        Some(match word {
            "WITHDRAWAL" => Kind::Withdrawal,
            "HOLD" => Kind::Hold,
            "ESCROW" => Kind::Escrow,
            "PAYMENT" => Kind::Payment,
            _ => return None,
        })
    }

    const fn letter(self) -> &'static str {
        match self {
            Kind::Withdrawal => "W",
            Kind::Hold => "H",
            Kind::Escrow => "E",
            Kind::Payment => "P",
        }
    }

    /// The table that it stands in.
    const fn table(self) -> &'static str {
        match self {
            Kind::Payment => "refundable",
            _ => "under_way",
        }
    }
}

/// Reads all of them, in the order of their names.
fn each(
    session: &mut dyn Session,
    openings: &[Opening],
    on_item: &mut dyn FnMut(Item) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let is_postgres = session.is_postgres();
    let fen = |column: &str| fen(column, is_postgres);
    let order = match is_postgres {
        true => "CAST(item AS text) COLLATE \"C\"",
        false => "item",
    };
    let sql = format!(
        "SELECT item, kind, account, merchant, channel, amount, fee, coupon, done FROM (\
         SELECT item, kind, account, merchant, channel, {} AS amount, {} AS fee, {} AS coupon, \
         {zero} AS done FROM under_way \
         UNION ALL SELECT order_id, 'PAYMENT', payer, merchant, NULL, {}, {zero}, {zero}, {} \
         FROM refundable) AS items ORDER BY {order}",
        fen("amount"),
        fen("fee"),
        fen("coupon"),
        fen("amount"),
        fen("refunded"),
        zero = "CAST(0 AS bigint)",
    );
    session.each("reading open items", &sql, &[], &mut |row| {
        on_item(item(row, openings)?)
    })
}

fn item(row: &Row, openings: &[Opening]) -> Result<Item, StoreError> {
    let word = row.text_or_null(1)?.unwrap_or("NULL");
    let kind = Kind::of(word);
    let table = kind.map_or("under_way", Kind::table);
    let name = row.text_or_null(0)?.unwrap_or("NULL");
    let unreadable = |what, found: &str| {
        StoreError::from(ImportError::Unreadable {
            table,
            place: format!("item {name}"),
            what,
            found: found.to_owned(),
        })
    };
    let kind = kind.ok_or_else(|| unreadable("kind", word))?;
    let is_digits = |text: &str| text.bytes().all(|one| one.is_ascii_digit());
    if !(1..=DIGITS).contains(&name.len()) || !is_digits(name) {
        return Err(unreadable("name of up to 31 digits", name));
    }
    let is_there = |subject, number| {
        let id = AccountId::new(subject, number);
        let found = openings.binary_search_by_key(&id, |one| one.id);
        found.is_ok().then_some(id)
    };
    let text = row.text_or_null(2)?.unwrap_or("NULL");
    let account = text.parse().ok().and_then(|number: u64| {
        let user = is_there(USERS, number);
        // A merchant pays nobody.
        user.or_else(|| match kind {
            Kind::Withdrawal | Kind::Hold => is_there(MERCHANTS, number),
            Kind::Escrow | Kind::Payment => None,
        })
    });
    let account = account.ok_or_else(|| unreadable("account", text))?;
    let text = row.text_or_null(3)?;
    let merchant = text
        .and_then(|text| text.parse().ok())
        .filter(|merchant| is_there(MERCHANTS, *merchant).is_some());
    let has_merchant = matches!(kind, Kind::Escrow | Kind::Payment);
    if merchant.is_some() != has_merchant || text.is_some() != has_merchant {
        return Err(unreadable("merchant", text.unwrap_or("NULL")));
    }
    let figure = |at: usize, what, fits: &dyn Fn(i64) -> bool| {
        let fen = row.int_or_null(at)?;
        let found = || fen.map_or("NULL".to_owned(), |fen| Figure(fen).to_string());
        fen.filter(|fen| fits(*fen))
            .ok_or_else(|| unreadable(what, &found()))
    };
    let amount_fen = figure(5, "amount above zero", &|fen| fen > 0)?;
    let is_kept = matches!(kind, Kind::Withdrawal | Kind::Escrow);
    let fee = |fen| fen == 0 || (is_kept && (0..=amount_fen).contains(&fen));
    let part = |is_one: bool, fen| fen == 0 || (is_one && (0..amount_fen).contains(&fen));
    Ok(Item {
        name: name.to_owned(),
        kind,
        account,
        merchant,
        channel: row.text_or_null(4)?.map(str::to_owned),
        amount_fen,
        fee_fen: figure(6, "fee within the amount", &fee)?,
        coupon_fen: figure(7, "coupon within the amount", &|fen| {
            part(kind == Kind::Escrow, fen)
        })?,
        done_fen: figure(8, "refund within the amount", &|fen| {
            part(kind == Kind::Payment, fen)
        })?,
    })
}

/// Reads all open items, and holds them against what stands frozen and in escrow.
pub(super) fn read(session: &mut dyn Session, openings: &[Opening]) -> Result<Items, StoreError> {
    let mut items = Items::default();
    let mut digest = blake3::Hasher::new();
    // What must stand under 2003 for each customer, and under 2202, fen.
    let mut frozen: BTreeMap<u64, i128> = BTreeMap::new();
    let mut escrow = 0_i128;
    let mut last = String::new();
    each(session, openings, &mut |item| {
        if item.name == last {
            let (table, found) = (item.kind.table(), item.name);
            let (place, what) = (format!("item {found}"), "name of one item");
            return Err(ImportError::Unreadable {
                table,
                place,
                what,
                found,
            }
            .into());
        }
        let fen = i128::from(item.amount_fen);
        match item.kind {
            Kind::Withdrawal | Kind::Hold => {
                let sum = frozen.entry(item.account.number).or_default();
                *sum = sum.saturating_add(fen);
            }
            Kind::Escrow => escrow = escrow.saturating_add(fen),
            Kind::Payment => {}
        }
        let count = match item.kind {
            Kind::Payment => &mut items.refundable,
            _ => &mut items.under_way,
        };
        *count = count.saturating_add(1);
        items.has_fees |= item.fee_fen > 0;
        items.has_coupons |= item.coupon_fen > 0;
        add(&mut digest, &item);
        last = item.name;
        Ok(())
    })?;
    let is_any = items.under_way > 0 || items.refundable > 0;
    items.digest = is_any.then(|| *digest.finalize().as_bytes());
    // The escrow of the old system is one account of the house's, and every end moves that one.
    let mut escrowed = 0_i128;
    for one in openings {
        let balance = i128::from(one.credits_fen).saturating_sub(i128::from(one.debits_fen));
        match one.id.subject {
            FROZEN => {
                let under_way = frozen.remove(&one.id.number).unwrap_or(0);
                same(one.id.to_string(), under_way, balance)?;
            }
            ESCROW if one.id.number == 0 => escrowed = balance,
            ESCROW => same(one.id.to_string(), 0, balance)?,
            _ => {}
        }
    }
    if let Some((number, under_way)) = frozen.into_iter().next() {
        same(AccountId::new(FROZEN, number).to_string(), under_way, 0)?;
    }
    same(AccountId::new(ESCROW, 0).to_string(), escrow, escrowed)?;
    Ok(items)
}

fn same(account: String, under_way: i128, balance: i128) -> Result<(), StoreError> {
    match under_way == balance {
        true => Ok(()),
        false => Err(ImportError::UnderWayDiffers {
            account,
            under_way: Total(under_way),
            balance: Total(balance),
        }
        .into()),
    }
}

fn add(digest: &mut blake3::Hasher, item: &Item) {
    // Neither text has a byte of zero.
    for text in [
        item.kind.letter(),
        &item.name,
        item.channel.as_deref().unwrap_or(""),
    ] {
        digest.update(text.as_bytes());
        digest.update(&[0]);
    }
    digest.update(&item.account.subject.to_be_bytes());
    digest.update(&item.account.number.to_be_bytes());
    digest.update(&item.merchant.unwrap_or(0).to_be_bytes());
    let figures = [
        item.amount_fen,
        item.fee_fen,
        item.coupon_fen,
        item.done_fen,
    ];
    for fen in figures {
        digest.update(&fen.to_be_bytes());
    }
}

/// Gives the digest of those that were taken over, as [`read`] has given it.
pub(super) fn digest_of_taken(session: &mut dyn Session) -> Result<Option<[u8; 32]>, StoreError> {
    let (mut digest, mut is_any) = (blake3::Hasher::new(), false);
    let columns = COLUMNS.join(", ");
    let sql = format!("SELECT {columns} FROM open_item ORDER BY item");
    session.each("reading open items", &sql, &[], &mut |row| {
        let letter = row.text(1)?;
        let all = [Kind::Withdrawal, Kind::Hold, Kind::Escrow, Kind::Payment];
        let kind = all.into_iter().find(|kind| kind.letter() == letter);
        let item = Item {
            name: row.text(0)?.to_owned(),
            kind: kind.ok_or_else(|| StoreError::damaged(format!("{letter:?} is no kind")))?,
            account: account_id(row, 2)?,
            merchant: row.int_or_null(4)?.map(|_| row.unsigned(4)).transpose()?,
            channel: row.text_or_null(5)?.map(str::to_owned),
            amount_fen: row.int(6)?,
            fee_fen: row.int(7)?,
            coupon_fen: row.int(8)?,
            done_fen: row.int(9)?,
        };
        is_any = true;
        add(&mut digest, &item);
        Ok(())
    })?;
    Ok(is_any.then(|| *digest.finalize().as_bytes()))
}

/// Writes them, as they are read on a thread of their own: a session of PostgreSQL cannot be waited for
/// while another one is.
pub(super) fn write(
    source: &mut dyn Session,
    session: &mut dyn Session,
    openings: &[Opening],
) -> Result<(), StoreError> {
    let (sender, rows) = sync_channel::<Vec<Value>>(AT_ONCE);
    thread::scope(|scope| {
        let reader = thread::Builder::new().spawn_scoped(scope, move || {
            each(source, openings, &mut |item| {
                let gone = |_| StoreError::damaged("open items are written no more");
                sender.send(row(&item)?).map_err(gone)
            })
        });
        let reader = reader
            .map_err(|error| StoreError::damaged(format!("the system gives no thread: {error}")))?;
        let written = session.append_rows("open_item", &COLUMNS, rows);
        let read = reader.join();
        written?;
        read.unwrap_or_else(|_| Err(StoreError::damaged("a reader of open items panicked")))
    })
}

fn row(item: &Item) -> Result<Vec<Value>, StoreError> {
    let merchant = item.merchant.map(|merchant| number("merchant", merchant));
    let channel = item.channel.as_deref();
    Ok(vec![
        Value::from(item.name.as_str()),
        Value::from(item.kind.letter()),
        Value::Int(i64::from(item.account.subject)),
        number("account", item.account.number)?,
        merchant.transpose()?.unwrap_or(Value::Null),
        channel.map_or(Value::Null, Value::from),
        Value::Int(item.amount_fen),
        Value::Int(item.fee_fen),
        Value::Int(item.coupon_fen),
        Value::Int(item.done_fen),
    ])
}
