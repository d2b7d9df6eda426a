//! Whether a change bears the signature that the catalogue gives a cause, whatever the parameter: any
//! width of a cut, any power of ten, any other column.
//!
//! What is planted takes a few of these. What another cause would have made of a record, byte for byte,
//! takes any of them: a blank cut off the end is the text cut (E4) as well as trimmed (E3).

use crate::book::{Book, Change, Kind, Record};
use crate::exact::Exact;

/// Columns whose value is taken off an amount, or added to it.
const TAKEN_OFF: [&str; 4] = ["fee", "coupon", "tax", "charge"];

/// Words that say that the money went back.
const WENT_BACK: [&str; 4] = ["REFUND", "REVERSED", "退款", "冲正"];

/// Whether every column of a change bears the signature of a cause.
pub(crate) fn bears(cause: &str, book: &Book, record: &Record, change: &Change) -> bool {
    let is_one = |(at, after): &(usize, String)| {
        let before = record.cells[*at].as_str();
        match book.columns[*at].kind {
            Kind::Text => of_text(cause, before, after),
            Kind::Date => cause == "T11" && of_other_date(book, record, *at, after),
            Kind::Money(scale) => {
                let units = |text: &str| Exact::read(text)?.units(scale);
                let both = units(before).zip(units(after));
                both.is_some_and(|both| of_amount(cause, book, record, (*at, scale), both))
            }
            Kind::Instant => false,
        }
    };
    !change.is_empty() && change.iter().all(is_one)
}

fn of_text(cause: &str, before: &str, after: &str) -> bool {
    match cause {
        // E4: N is a prefix of O; a field of so many bytes may end within a character.
        "E4" => {
            let held = after.trim_end_matches('\u{fffd}');
            !held.is_empty() && held.len() < before.len() && before.starts_with(held)
        }
        // E3: equal after normalisation only.
        "E3" => before != after && normal(before) == normal(after),
        // E2: what separates columns or records, within a text, ends it.
        "E2" => {
            let mut ends = [',', ';', '"', '\n'].into_iter();
            ends.any(|end| {
                let first = before.split_once(end).map(|(first, _)| first);
                first.is_some_and(|first| after == first || after == first.trim_end())
            })
        }
        _ => false,
    }
}

/// Without blanks around, case, full width and leading zeros.
fn normal(text: &str) -> String {
    let narrow = |letter: char| match letter {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
        other => other,
    };
    let text: String = text.chars().map(narrow).collect();
    text.trim().trim_start_matches('0').to_lowercase()
}

/// T11: another column of dates gives it, of the record or of what the source says of it.
fn of_other_date(book: &Book, record: &Record, own: usize, after: &str) -> bool {
    let columns = book.columns.iter().zip(&record.cells).enumerate();
    let mut beside = columns.filter(|(at, (column, _))| *at != own && column.kind == Kind::Date);
    let is_beside = beside.any(|(_, (_, cell))| cell == after);
    is_beside || seen(book, record).any(|(_, cell)| cell == after)
}

fn of_amount(
    cause: &str,
    book: &Book,
    record: &Record,
    (own, scale): (usize, u32),
    (before, after): (i128, i128),
) -> bool {
    let is_turned = before != 0 && after == -before;
    match cause {
        // B2: N = E times a power of ten.
        "B2" => before != 0 && after != 0 && is_power_of_ten(before, after),
        // B8: the leading digits are lost, or 32 bits wrap.
        "B8" => {
            let mut widths = (1..=18).map(|width| 10_i128.pow(width));
            widths.any(|width| before % width == after) || (before - after) % (1 << 32) == 0
        }
        // D1: the account is off by twice the amount.
        "B9" | "D1" => is_turned,
        // B16: what says that the money went back, and is booked as original or twice.
        "B16" => (is_turned || after == 2 * before) && went_back(book, record),
        // B10, B11: off by the fee, the coupon or the tax; and a fee itself that is taken twice or not.
        "B10" => is_off_by_what_is_taken_off(book, record, scale, after - before),
        "B11" if TAKEN_OFF.contains(&book.columns[own].name) => after == 0 || after == 2 * before,
        "B11" => is_off_by_what_is_taken_off(book, record, scale, after - before),
        // B12: another field. The amount's own field is there too, in a sense of its own.
        "B12" => {
            let columns = book.columns.iter().zip(&record.cells).enumerate();
            let beside = columns
                .filter(|(at, (column, _))| *at != own && matches!(column.kind, Kind::Money(_)))
                .map(|(_, (_, cell))| cell.as_str());
            let mut others = beside.chain(seen(book, record).map(|(_, cell)| cell));
            after.abs() != before.abs() && others.any(|cell| units_of(cell, scale) == Some(after))
        }
        _ => false,
    }
}

fn units_of(cell: &str, scale: u32) -> Option<i128> {
    Exact::read(&cell.replace(',', ""))?.units(scale)
}

fn is_power_of_ten(one: i128, other: i128) -> bool {
    let (small, large) = if one.abs() < other.abs() {
        (one, other)
    } else {
        (other, one)
    };
    let mut powers = (1..=18).map(|power| 10_i128.pow(power));
    large % small == 0 && powers.any(|power| large / small == power)
}

fn is_off_by_what_is_taken_off(book: &Book, record: &Record, scale: u32, off: i128) -> bool {
    let columns = book.columns.iter().zip(&record.cells);
    let own = columns.map(|(column, cell)| (column.name, cell.as_str()));
    let mut taken_off = own
        .chain(seen(book, record))
        .filter(|(name, _)| TAKEN_OFF.contains(name));
    off != 0
        && taken_off
            .any(|(_, cell)| units_of(cell, scale).is_some_and(|fee| fee.abs() == off.abs()))
}

fn went_back(book: &Book, record: &Record) -> bool {
    let own = record.cells.iter().map(String::as_str);
    let mut cells = own.chain(seen(book, record).map(|(_, cell)| cell));
    cells.any(|cell| WENT_BACK.iter().any(|word| cell.contains(word)))
}

/// What the source says of a record, by column: its own row, and the rows of other tables whose first
/// column holds one of its values, or its day.
fn seen<'b>(book: &'b Book, record: &Record) -> impl Iterator<Item = (&'static str, &'b str)> {
    let (own, others) = book.tables.split_first().expect("a book has a source");
    let row = &own.rows[record.source];
    let is_of = move |other: &&'b Vec<String>| {
        let first = other.first().map_or("", String::as_str);
        row.iter()
            .any(|cell| cell == first || cell.get(..10) == Some(first))
    };
    let named = |columns: &'b [&'static str], row: &'b [String]| {
        columns.iter().copied().zip(row.iter().map(String::as_str))
    };
    let joined = others.iter().flat_map(move |table| {
        let rows = table.rows.iter().filter(is_of);
        rows.flat_map(move |row| named(&table.columns, row))
    });
    named(&own.columns, row).chain(joined)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shapes::Shape;

    #[test]
    fn a_text_bears_the_signature_of_every_cause_that_would_leave_it() {
        let check = |before: &str, after: &str, causes: &[&str]| {
            let of = ["E2", "E3", "E4"];
            let bearing = of.into_iter().filter(|cause| of_text(cause, before, after));
            assert_eq!(bearing.collect::<Vec<_>>(), causes, "{before} -> {after}");
        };
        check("123456789 ", "123456789", &["E3", "E4"]);
        check("0012", "12", &["E3"]);
        check("水电费, 王芳", "水电费", &["E2", "E4"]);
        check("水电费\n王芳", "水电费\u{fffd}", &["E4"]);
        check("aB", "ab", &["E3"]);
        check("taxi", "coffee", &[]);
    }

    #[test]
    fn an_amount_bears_the_signature_of_every_cause_that_would_leave_it() {
        let book = Shape::Wallet.draw(1, 50);
        let record = &book.records[0];
        let amount = book.at("amount").unwrap();
        let check = |both: (i128, i128), causes: &[&str]| {
            let of = ["B2", "B8", "B9", "D1"];
            let is_borne = |cause: &&str| of_amount(cause, &book, record, (amount, 2), both);
            let bearing: Vec<&str> = of.into_iter().filter(is_borne).collect();
            assert_eq!(bearing, causes, "{both:?}");
        };
        check((1_880, -1_880), &["B9", "D1"]);
        check((1_880, 188_000), &["B2"]);
        check((188_000, 1_880), &["B2"]);
        check((123_456, 456), &["B8"]);
        check((4_294_967_297, 1), &["B8"]);
        check((1_880, 1_881), &[]);
        check((0, 0), &["B8"]);
    }

    #[test]
    fn another_field_is_one_of_the_record_or_of_what_the_source_says_of_it() {
        let book = Shape::Wallet.draw(1, 50);
        let record = &book.records[0];
        let amount = book.at("amount").unwrap();
        let balance = book.tables[0]
            .columns
            .iter()
            .position(|one| *one == "balance");
        let held = book.tables[0].rows[record.source][balance.unwrap()].clone();
        assert!(bears("B12", &book, record, &vec![(amount, held)]));
        assert!(!bears(
            "B12",
            &book,
            record,
            &vec![(amount, "0.07".to_owned())]
        ));
        let day = book.at("accounting_date").unwrap();
        let valued = record.cells[book.at("value_date").unwrap()].clone();
        assert!(bears("T11", &book, record, &vec![(day, valued)]));
        assert!(!bears(
            "T11",
            &book,
            record,
            &vec![(day, "1999-09-09".to_owned())]
        ));
    }
}
