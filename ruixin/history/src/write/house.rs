//! What is written once, at the end: the house's accounts, the daily totals, the code tables.

use std::path::Path;

use super::{Format, Sink, WriteError};
use crate::calendar::{DAY, FIRST_DAY};
use crate::codes::{
    CHANNELS, CLASSES, RATE_VERSIONS, Rate, STATUSES, TypeCode, bank_rate, merchant_rate,
    type_codes, validity, withdrawal_rate,
};
use crate::layout::Layout;
use crate::numbers::{AccountNumbers, HOUSE, Owner};
use crate::record::{AccountRow, Column, ColumnKind, Record, Table, Visit};
use crate::seal::{SealKey, WithCheckCode};
use crate::totals::{DAILY_TOTAL, HOUSE_NAMES, Totals};

pub(super) fn write(
    layout: &Layout,
    folder: &Path,
    format: Format,
    totals: &mut Totals,
) -> Result<(), WriteError> {
    accounts(layout, folder, format, totals)?;
    let table = |name: &str, columns, lines: &[Line]| {
        let path = folder.join(format!("{name}.{}", format.ending()));
        let mut sink = Sink::create(path, format, columns)?;
        for line in lines {
            sink.write(line)?;
        }
        sink.finish()
    };
    let path = folder.join(format!("daily_total.{}", format.ending()));
    let mut daily = Sink::create(path, format, &DAILY_TOTAL)?;
    for line in totals.daily() {
        daily.write(&line)?;
    }
    daily.finish()?;
    table("type_code", &TYPE_CODE, &types())?;
    table("status_code", &STATUS_CODE, &statuses())?;
    table("channel", &CHANNEL, &channels())?;
    table("channel_rate", &CHANNEL_RATE, &channel_rates())?;
    table("merchant_rate", &MERCHANT_RATE, &merchant_rates())
}

/// The house's accounts: what they hold follows from all records together.
fn accounts(
    layout: &Layout,
    folder: &Path,
    format: Format,
    totals: &mut Totals,
) -> Result<(), WriteError> {
    let name = format!("account-house.{}", format.ending());
    let path = folder.join(Table::Account.name()).join(name);
    let mut sink = Sink::create(path, format, Table::Account.columns())?;
    let key = SealKey::new(layout.seed, Table::Account);
    let numbers = AccountNumbers::new(layout.seed, Owner::House, HOUSE);
    for (at, (balance, opening)) in totals
        .house
        .into_iter()
        .zip(totals.house_opening)
        .enumerate()
    {
        let channel = CHANNELS.get(at);
        let (class, name) = match channel {
            Some(channel) => ("CHANNEL", channel.name),
            None => HOUSE_NAMES[at - CHANNELS.len()],
        };
        let row = AccountRow {
            account: numbers.number(at as u64),
            owner: "H",
            name,
            class: Some(class),
            channel: channel.map(|channel| channel.code),
            opened_at: (i64::from(FIRST_DAY) - 730) * DAY,
            status: "0",
            opening_balance: opening,
            balance,
            frozen: 0,
            flow_count: 0,
            last_serial: None,
        };
        let check_code = key.of(&row);
        sink.write(&WithCheckCode {
            record: &row,
            check_code,
        })?;
        totals.records[Table::Account as usize] += 1;
    }
    sink.finish()
}

/// Is a line of a code table.
struct Line(Vec<Cell>);

enum Cell {
    Text(&'static str),
    Rate(i64),
    Money(Option<i64>),
    Date(Option<i32>),
}

impl Record for Line {
    fn visit<V: Visit>(&self, to: &mut V) {
        for cell in &self.0 {
            match cell {
                Cell::Text(text) => to.text(Some(text.as_bytes())),
                Cell::Rate(rate) => to.rate(*rate),
                Cell::Money(fen) => to.money(*fen),
                Cell::Date(days) => to.date(*days),
            }
        }
    }
}

const VALID_FROM: Column = Column::new("valid_from", ColumnKind::Date);
const VALID_TO: Column = Column::new("valid_to", ColumnKind::Date).or_null();

static TYPE_CODE: [Column; 6] = [
    Column::new("type_code", ColumnKind::Text),
    Column::new("direction", ColumnKind::Text),
    Column::new("kind", ColumnKind::Text),
    Column::new("name", ColumnKind::Text),
    VALID_FROM,
    VALID_TO,
];

fn types() -> Vec<Line> {
    let line = |one: TypeCode| {
        Line(vec![
            Cell::Text(one.code),
            Cell::Text(one.direction),
            Cell::Text(one.kind),
            Cell::Text(one.name),
            Cell::Date(Some(one.valid_from)),
            Cell::Date(one.valid_to),
        ])
    };
    type_codes().into_iter().map(line).collect()
}

static STATUS_CODE: [Column; 4] = [
    Column::new("table_name", ColumnKind::Text),
    Column::new("code", ColumnKind::Text),
    Column::new("word", ColumnKind::Text),
    Column::new("name", ColumnKind::Text),
];

fn statuses() -> Vec<Line> {
    let line = |(table, code, word, name)| Line([table, code, word, name].map(Cell::Text).into());
    STATUSES.into_iter().map(line).collect()
}

static CHANNEL: [Column; 2] = [
    Column::new("channel", ColumnKind::Text),
    Column::new("name", ColumnKind::Text),
];

fn channels() -> Vec<Line> {
    let line = |one: &crate::codes::Channel| Line([one.code, one.name].map(Cell::Text).into());
    CHANNELS.iter().map(line).collect()
}

static CHANNEL_RATE: [Column; 7] = [
    Column::new("channel", ColumnKind::Text),
    Column::new("purpose", ColumnKind::Text),
    Column::new("rate", ColumnKind::Rate),
    Column::new("least", ColumnKind::Money),
    Column::new("most", ColumnKind::Money),
    VALID_FROM,
    VALID_TO,
];

fn channel_rates() -> Vec<Line> {
    type Rates = fn(u8, usize) -> Rate;
    const PURPOSES: [(&str, Rates); 2] = [("BANK", bank_rate), ("WITHDRAWAL", withdrawal_rate)];
    let mut lines = Vec::new();
    for (at, channel) in CHANNELS.iter().enumerate() {
        for (purpose, rates) in PURPOSES {
            for version in 0..RATE_VERSIONS {
                let rate = rates(at as u8, version);
                let (from, to) = validity(version);
                lines.push(Line(vec![
                    Cell::Text(channel.code),
                    Cell::Text(purpose),
                    Cell::Rate(rate.millionths),
                    Cell::Money(Some(rate.least)),
                    Cell::Money(Some(rate.most)),
                    Cell::Date(Some(from)),
                    Cell::Date(to),
                ]));
            }
        }
    }
    lines
}

static MERCHANT_RATE: [Column; 5] = [
    Column::new("class", ColumnKind::Text),
    Column::new("name", ColumnKind::Text),
    Column::new("rate", ColumnKind::Rate),
    VALID_FROM,
    VALID_TO,
];

fn merchant_rates() -> Vec<Line> {
    let mut lines = Vec::new();
    for (at, (class, name, _)) in CLASSES.iter().enumerate() {
        for version in 0..RATE_VERSIONS {
            let (from, to) = validity(version);
            lines.push(Line(vec![
                Cell::Text(class),
                Cell::Text(name),
                Cell::Rate(merchant_rate(at, version).millionths),
                Cell::Date(Some(from)),
                Cell::Date(to),
            ]));
        }
    }
    lines
}
