//! Tiny books as text, and what a rehearsal makes of them.

use std::num::NonZeroUsize;

use ledger::Record;
use shadow::{Cause, Column, Currency, Kind, Planted, Rehearsal, Table};

/// Plants one fault into a book and holds the outcome against what the story tells: `-` for a
/// record taken out, `+` for one put in, `=` for a difference.
///
/// A book begins with its columns, such as `voucher text key | amount money`; a record is a line of
/// cells. Blanks at the ends of a cell stand in quotes, and `NULL` is NULL.
pub(crate) fn check(cause: &str, book: &str, told: &[&str]) {
    let (table, records) = read(book);
    let planted = plant(cause, &table, &records);
    assert_eq!(tell(&planted), told, "{cause}");
}

/// Plants one fault of a cause.
pub(crate) fn plant(cause: &str, table: &Table, records: &[Record]) -> Planted {
    let cause: Cause = cause.parse().expect("a cause of the catalogue");
    let rehearsal = Rehearsal {
        seed: 1,
        per_cause: NonZeroUsize::MIN,
        causes: &[cause],
        table,
        samples: records,
        baseline: &[],
        taken: &[],
    };
    rehearsal.plan().expect("a story makes sense")
}

/// Why a cause is not planted in a book.
pub(crate) fn reason(cause: &str, book: &str) -> String {
    let (table, records) = read(book);
    let planted = plant(cause, &table, &records);
    assert_eq!(tell(&planted), Vec::<String>::new(), "{cause} was planted");
    let mut reasons = planted.not_rehearsed.into_iter();
    let reason = reasons.find(|one| one.cause == cause);
    reason.expect("what is not planted has a reason").says.en
}

fn tell(planted: &Planted) -> Vec<String> {
    let mut told = Vec::new();
    for fault in &planted.faults {
        for (mark, records) in [("-", &fault.taken_out), ("+", &fault.put_in)] {
            told.extend(
                records
                    .iter()
                    .map(|record| format!("{mark} {}", shown(record))),
            );
        }
        for amount in &fault.difference {
            let (column, currency) = (&amount.column, &amount.currency);
            told.push(format!("= {column} {} {currency}", amount.amount));
        }
    }
    told
}

fn shown(record: &Record) -> String {
    let cells = record.0.iter().map(|(_, value)| match value.as_deref() {
        None => "NULL".to_owned(),
        Some(text) if text.is_empty() || text.trim() != text => format!("\"{text}\""),
        Some(text) => text.to_owned(),
    });
    cells.collect::<Vec<_>>().join(" | ")
}

/// Reads the line of columns, and the records under it.
pub(crate) fn read(book: &str) -> (Table, Vec<Record>) {
    let lines = book.lines().map(str::trim);
    let mut lines = lines.filter(|line| !line.is_empty());
    let header = lines.next().expect("a book has columns");
    let columns: Vec<Column> = header.split('|').map(column).collect();
    let records = lines.map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        assert_eq!(cells.len(), columns.len(), "{line}");
        let names = columns.iter().map(|column| column.name.clone());
        names.zip(cells.into_iter().map(cell)).collect()
    });
    let records = records.collect();
    let is_told = columns.iter().any(|column| column.name == "currency");
    let currency = match is_told {
        true => Currency::Column("currency".to_owned()),
        false => Currency::Fixed("CNY".to_owned()),
    };
    (Table { columns, currency }, records)
}

fn column(text: &str) -> Column {
    let words: Vec<&str> = text.split_whitespace().collect();
    let kind = match words[1] {
        "money" => Kind::Amount {
            scale: 2,
            digits: 18,
        },
        "narrow" => Kind::Amount {
            scale: 2,
            digits: 5,
        },
        "number" => Kind::Number,
        "text" => Kind::Text,
        "date" => Kind::Date,
        "instant" => Kind::Instant,
        "bool" => Kind::Boolean,
        "other" => Kind::Other,
        other => panic!("no kind of column is called {other}"),
    };
    Column {
        name: words[0].to_owned(),
        kind,
        is_key: words.get(2) == Some(&"key"),
        is_compared: words.get(2) != Some(&"free"),
    }
}

fn cell(text: &str) -> Option<String> {
    if text == "NULL" {
        return None;
    }
    let quoted = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    Some(quoted.unwrap_or(text).to_owned())
}
