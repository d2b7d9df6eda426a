//! What the whole comes to, held against what the history says of itself.

use std::collections::BTreeMap;

use ruixin_history::Table;
use ruixin_service::store::load::{Loading, Rows};
use ruixin_service::store::{Row, Value, Write};

use super::flow::{Flow, Held, shard_of};
use super::folder::{DAILY, HOUSE, MEND, fen, shard_file};
use super::rows::{Accounts, Banks, HOUSE_SHARD, Known, Orders, account};
use super::sheet::Sheet;
use super::{ImportError, refused, steps};
use crate::codes::Kind;
use crate::house::{Sum, other_sides, sum};
use crate::money::Yuan;

/// Merges what the shards' flows come to.
pub(super) fn merged(flows: &[Flow]) -> Flow {
    let mut all = Flow::default();
    for flow in flows {
        for (day, sums) in &flow.days {
            let of_day = all.days.entry(day.clone()).or_default();
            of_day.resize(sums.len().max(of_day.len()), Sum::default());
            for (sum, more) in of_day.iter_mut().zip(sums) {
                sum.more(*more);
            }
        }
        for (side, more) in &flow.sides {
            all.sides.entry(side.clone()).or_default().more(*more);
        }
        all.refunded = all.refunded.wrapping_add(flow.refunded);
        all.holds.extend(flow.holds.iter().cloned());
        all.records = all.records.saturating_add(flow.records);
        all.last = all.last.max(flow.last);
        if flow.until > all.until {
            all.until.clone_from(&flow.until);
        }
    }
    all
}

/// The banks' lines are the movements to and from banks, order by order.
pub(super) fn banks_agree(
    known: &Known,
    flows: &[Flow],
    banks: &[Banks],
) -> Result<(), ImportError> {
    for (shard, (flow, banks)) in (0..).zip(flows.iter().zip(banks)) {
        for (at, channel) in known.channels.iter().enumerate() {
            let of = |all: &Banks| {
                let weighed = all.weighed.get(at).copied().unwrap_or_default();
                (weighed, all.plain.get(at).copied().unwrap_or_default())
            };
            let (booked, said) = (of(&flow.banks), of(banks));
            if booked != said {
                let difference = Yuan(said.1.saturating_sub(booked.1));
                let (booked, said) = (Yuan(booked.1), Yuan(said.1));
                let says = format!(
                    "lines of {channel} are not, order by order, the flow's movements: they come to {said} and {booked}, the difference is {difference}"
                );
                let file = shard_file(Table::ChannelFile, shard);
                return Err(refused(&file, 1, says, MEND));
            }
        }
    }
    Ok(())
}

/// What orders say was given back is what came back; withdrawals under way are frozen.
pub(super) fn orders_agree(orders: &[Orders], flow: &Flow) -> Result<(), ImportError> {
    let said = orders
        .iter()
        .fold(0_u64, |sum, one| sum.wrapping_add(one.refunded));
    if said != flow.refunded {
        let says =
            "what the orders say was given back is not, order by order, what came back by the flow";
        return Err(refused(
            &shard_file(Table::Orders, 0),
            1,
            says.to_owned(),
            MEND,
        ));
    }
    let mut frozen: BTreeMap<&str, &Held> = BTreeMap::new();
    for held in &flow.holds {
        if let Some(order_id) = &held.order_id {
            frozen.insert(order_id, held);
        }
    }
    for (shard, orders) in (0..).zip(orders) {
        for (order_id, (line, payer, amount)) in &orders.pending {
            let held = frozen.remove(order_id.as_str());
            let fits = held.is_some_and(|held| held.account == *payer && held.amount == *amount);
            if !fits {
                let says = "the withdrawal is under way, and its amount is not frozen";
                let file = shard_file(Table::Orders, shard);
                return Err(refused(&file, *line, says.to_owned(), MEND));
            }
        }
    }
    match frozen.values().next() {
        None => Ok(()),
        Some(held) => {
            let order_id = held.order_id.as_deref().unwrap_or_default();
            let says = format!(
                "record {} froze money for the order {order_id}, which is no withdrawal under way",
                held.serial
            );
            let shard = shard_of(order_id).and_then(|shard| u32::try_from(shard).ok());
            Err(refused(
                &shard_file(Table::Flow, shard.unwrap_or(0)),
                1,
                says,
                MEND,
            ))
        }
    }
}

/// The daily totals are those of the flow. Gives them as they go into the store.
pub(super) fn daily(known: &Known, flow: &Flow) -> Result<Vec<Write>, ImportError> {
    let mut sums: BTreeMap<[String; 3], Sum> = BTreeMap::new();
    for (day, of_day) in &flow.days {
        for (kind, one) in Kind::ALL.iter().zip(of_day) {
            if one.records > 0 {
                let key = [day, kind.code(day), kind.direction()].map(str::to_owned);
                sums.entry(key).or_default().more(*one);
            }
        }
    }
    let text = known.folder.read(DAILY)?;
    let columns = [
        "business_day",
        "type_code",
        "direction",
        "records",
        "amount",
        "fee",
        "coupon",
    ];
    let mut sheet = Sheet::begin(DAILY, &text, &columns)?;
    let mut writes = Vec::new();
    while let Some((line, fields)) = sheet.read::<7>()? {
        let fields = fields.map(Option::unwrap_or_default);
        let [day, code, direction, records, amount, fee, coupon] = fields;
        let amounts = [amount, fee, coupon].map(fen);
        let (Ok(records), [Some(amount), Some(fee), Some(coupon)]) = (records.parse(), amounts)
        else {
            let says = "a total is no amount or number".to_owned();
            return Err(refused(DAILY, line, says, MEND));
        };
        let said = Sum {
            records,
            amount,
            fee,
            coupon,
        };
        let key = [day, code, direction].map(str::to_owned);
        let found = sums.remove(&key).unwrap_or_default();
        if said != found {
            let difference = Yuan(said.amount.saturating_sub(found.amount));
            let says = format!(
                "{records} records of {} are said, and the flow has {} of {}: the difference is {difference}",
                Yuan(said.amount),
                found.records,
                Yuan(found.amount)
            );
            return Err(refused(DAILY, line, says, MEND));
        }
        let mut values: Vec<Value> = key.map(Value::from).into();
        values.extend([records, amount, fee, coupon].map(Value::from));
        writes.push(Write::one(steps::DAILY, values));
    }
    match sums.into_keys().next() {
        None => Ok(writes),
        Some([day, code, direction]) => {
            let says = format!("the total of code {code}, direction {direction} on {day} lacks");
            Err(refused(DAILY, 1, says, MEND))
        }
    }
}

/// Reads the house's accounts, whose numbers others name.
pub(super) fn house(known: &mut Known, rows: &mut Rows) -> Result<(), ImportError> {
    let mut numbers = Vec::new();
    known.each::<13>(Table::Account, HOUSE, |one| {
        account(known, &one, u32::try_from(HOUSE_SHARD).unwrap_or(u32::MAX))?;
        one.must(one.text(1) == "H", "the account is none of the house")?;
        let is_still = one.number(9) == 0 && one.number(10) == 0;
        one.must(
            is_still,
            "an account of the house has records, or something is frozen",
        )?;
        numbers.extend(super::folder::digits(one.text(0), 16));
        one.put(Table::Account, rows);
        Ok(())
    })?;
    numbers.sort_unstable();
    known.house = numbers;
    Ok(())
}

/// What the house's accounts say they hold is what the other sides of the flow come to.
pub(super) fn house_agrees(
    known: &Known,
    accounts: &[Accounts],
    flow: &Flow,
) -> Result<(), ImportError> {
    let mut balances: BTreeMap<String, i64> = BTreeMap::new();
    for ((kind, channel, named), moved) in &flow.sides {
        let channel = channel
            .and_then(|at| known.channels.get(at))
            .map(String::as_str);
        for (account, more) in other_sides(*kind, *moved, channel, named.as_deref())? {
            let balance = balances.entry(account).or_default();
            *balance = sum(*balance, more)?;
        }
    }
    let opening: i64 = accounts
        .iter()
        .fold(0, |sum, one| sum.saturating_add(one.opening));
    let mut seen: Vec<String> = Vec::new();
    known.each::<13>(Table::Account, HOUSE, |one| {
        let class = one.maybe(4).unwrap_or(one.text(3)).to_owned();
        let opened = if class == "RESERVE" { opening.saturating_neg() } else { 0 };
        let moved = |key: &str| balances.get(key).copied().unwrap_or(0);
        let found = opened.saturating_add(moved(&class)).saturating_add(moved(one.text(0)));
        for (what, said, found) in [("opening_balance", one.number(7), opened), ("balance", one.number(8), found)] {
            if said != found {
                let difference = Yuan(said.saturating_sub(found));
                let (said, found) = (Yuan(said), Yuan(found));
                return Err(one.refused(format!(
                    "`{what}` of {class} says {said}, and the other sides come to {found}: the difference is {difference}"
                )));
            }
        }
        seen.push(class);
        Ok(())
    })?;
    let classes = [
        "TRANSIT",
        "ESCROW",
        "FEES",
        "MARKETING",
        "SUSPENSE",
        "OPERATING",
        "RESERVE",
    ];
    let mut needed = known.channels.iter().map(String::as_str).chain(classes);
    match needed.find(|class| seen.iter().filter(|one| one == class).count() != 1) {
        None => Ok(()),
        Some(class) => {
            let says = format!("there is not one account of the house for {class}");
            Err(refused(HOUSE, 1, says, MEND))
        }
    }
}

/// A file of codes, and the query that gives what this service has in its place.
const CODES: [(&str, &[&str], &str); 5] = [
    (
        "channel.csv",
        &["channel", "name"],
        "SELECT channel, name FROM channel",
    ),
    (
        "type_code.csv",
        &[
            "type_code",
            "direction",
            "kind",
            "name",
            "valid_from",
            "valid_to",
        ],
        "SELECT type_code, direction, kind, name, date:valid_from, date:valid_to FROM type_code",
    ),
    (
        "status_code.csv",
        &["table_name", "code", "word", "name"],
        "SELECT table_name, code, word, name FROM status_code",
    ),
    (
        "channel_rate.csv",
        &[
            "channel",
            "purpose",
            "rate",
            "least",
            "most",
            "valid_from",
            "valid_to",
        ],
        "SELECT channel, purpose, CAST(round(rate * 1000000) AS BIGINT), fen:least, fen:most, date:valid_from, date:valid_to FROM channel_rate",
    ),
    (
        "merchant_rate.csv",
        &["class", "name", "rate", "valid_from", "valid_to"],
        "SELECT class, name, CAST(round(rate * 1000000) AS BIGINT), date:valid_from, date:valid_to FROM merchant_rate",
    ),
];

/// The codes are those of this service: it would book and charge otherwise than the history.
pub(super) fn codes_agree(
    folder: &super::folder::Folder,
    loading: &Loading,
) -> Result<(), ImportError> {
    for (file, columns, sql) in CODES {
        let ours = loading.rows(sql, Vec::new())?;
        let mut ours = ours
            .iter()
            .map(|row| written(row, columns))
            .collect::<Result<Vec<_>, _>>()?;
        let text = folder.read(file)?;
        let mut sheet = Sheet::begin(file, &text, columns)?;
        while let Some((line, fields)) = sheet.some(columns.len())? {
            let found = ours.iter().position(|one| *one == fields);
            let Some(at) = found else {
                let says = format!(
                    "`{}` is none of this service's codes and rates",
                    fields.join(",")
                );
                return Err(refused(file, line, says, MEND_CODES));
            };
            ours.swap_remove(at);
        }
        if let Some(lacks) = ours.first() {
            let says = format!("`{}` lacks, which this service has", lacks.join(","));
            return Err(refused(file, 1, says, MEND_CODES));
        }
    }
    Ok(())
}

const MEND_CODES: &str = "a history goes on with the codes that it was written with: take the `ruixin-history` of this version";

/// A row of codes as the file writes it.
fn written(row: &Row, columns: &[&str]) -> Result<Vec<String>, ImportError> {
    let cells = columns.iter().enumerate().map(|(at, column)| {
        Ok(match *column {
            "rate" => {
                let rate = row.int(at)?;
                format!("{}.{:06}", rate / 1_000_000, rate % 1_000_000)
            }
            "least" | "most" => Yuan(row.int(at)?).to_string(),
            _ => row.maybe_text(at)?.unwrap_or_default().to_owned(),
        })
    });
    cells.collect()
}
