//! A break as lines: one for each field or amount that is off.

use ledger::{Amount, Break, Record, SourceRecord};

/// Is one line of a break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Detail<'b> {
    /// The column that differs; none where no single column tells of it.
    pub(crate) field: Option<&'b str>,
    /// What it should hold.
    pub(crate) expected: Option<&'b str>,
    /// What it holds.
    pub(crate) actual: Option<&'b str>,
    /// What the line adds to the difference of the books: currency and amount.
    pub(crate) difference: Option<&'b Amount>,
}

/// Gives the lines of a break, at least one. Each of its differences stands in exactly one of them,
/// so that the lines of all breaks add up to what the breaks add up to.
pub(crate) fn details(found: &Break) -> Vec<Detail<'_>> {
    let mut left: Vec<&Amount> = found.difference.iter().collect();
    let mut lines: Vec<Detail<'_>> = Vec::new();
    for field in &found.fields {
        let place = left.iter().position(|amount| amount.column == field.name);
        lines.push(Detail {
            field: Some(&field.name),
            expected: field.expected.as_deref(),
            actual: field.actual.as_deref(),
            difference: place.map(|place| left.remove(place)),
        });
    }
    lines.extend(left.into_iter().map(|amount| Detail {
        field: Some(&amount.column),
        expected: value_of(found.expected.as_ref(), &amount.column),
        actual: value_of(found.actual.as_ref(), &amount.column),
        difference: Some(amount),
    }));
    if lines.is_empty() {
        lines.push(Detail::default());
    }
    lines
}

fn value_of<'b>(record: Option<&'b Record>, column: &str) -> Option<&'b str> {
    record.and_then(|record| record.get(column)).flatten()
}

/// Gives the columns that name a break: its key, or the whole record where there is no key.
pub(crate) fn name_of(found: &Break) -> &Record {
    let record = found.expected.as_ref().or(found.actual.as_ref());
    match record {
        Some(record) if found.key.is_empty() => record,
        _ => &found.key,
    }
}

/// Gives a record on one line: `voucher=V1; leg=1`.
pub(crate) fn on_one_line(record: &Record) -> String {
    let columns = record.0.iter().map(|(column, value)| match value {
        Some(value) => format!("{column}={value}"),
        None => format!("{column}=NULL"),
    });
    columns.collect::<Vec<_>>().join("; ")
}

/// Gives the places of records: `flow flow-07.csv:815`.
pub(crate) fn places(records: &[SourceRecord]) -> String {
    let place = |record: &SourceRecord| {
        let mut place = record.table.to_string();
        if let Some(file) = &record.file {
            place.push(' ');
            place.push_str(file);
        }
        if let Some(row) = record.row {
            place.push_str(&format!(":{row}"));
        }
        place
    };
    records.iter().map(place).collect::<Vec<_>>().join("; ")
}

/// Gives amounts on one line, with their columns and currencies: `amount -0.01 CNY`.
pub(crate) fn amounts(amounts: &[Amount]) -> String {
    let shown = |amount: &Amount| {
        let figure = crate::figure::grouped(&amount.amount);
        format!("{} {figure} {}", amount.column, amount.currency)
    };
    amounts.iter().map(shown).collect::<Vec<_>>().join("; ")
}

/// Gives a text without characters that XML and terminals cannot bear: each becomes its picture.
pub(crate) fn visible(text: &str) -> std::borrow::Cow<'_, str> {
    let picture = |letter: char| match letter {
        '\t' | '\n' => letter,
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(letter)).unwrap_or('\u{fffd}'),
        '\x7f' => '\u{2421}',
        '\u{80}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        // Marks that turn the direction of what follows could make a figure read backwards.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        other => other,
    };
    match text.chars().all(|letter| picture(letter) == letter) {
        true => text.into(),
        false => text.chars().map(picture).collect::<String>().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::{amount, differs, missing, record};

    fn lines(found: &Break) -> Vec<String> {
        let shown = |text: Option<&str>| text.unwrap_or("-").to_owned();
        let line = |line: &Detail<'_>| {
            let difference = line.difference;
            [
                shown(line.field),
                shown(line.expected),
                shown(line.actual),
                shown(difference.map(|amount| amount.currency.as_str())),
                shown(difference.map(|amount| amount.amount.as_str())),
            ]
            .join(" ")
        };
        details(found).iter().map(line).collect()
    }

    #[test]
    fn a_field_that_differs_is_a_line_with_its_amount() {
        let mut found = differs("V1", "amount", "10.00", "10.01", "0.01");
        assert_eq!(lines(&found), ["amount 10.00 10.01 CNY 0.01"]);
        found.fields.push(ledger::FieldDifference {
            name: "memo".into(),
            expected: None,
            actual: Some("x".into()),
        });
        assert_eq!(
            lines(&found),
            ["amount 10.00 10.01 CNY 0.01", "memo - x - -"]
        );
    }

    #[test]
    fn a_changed_currency_takes_two_lines_for_its_two_amounts() {
        let mut found = differs("V1", "currency", "CNY", "USD", "-10.00");
        found.difference = vec![amount("CNY", "-10.00"), amount("USD", "10.00")];
        assert_eq!(
            lines(&found),
            [
                "currency CNY USD - -",
                "amount - - CNY -10.00",
                "amount - - USD 10.00"
            ]
        );
    }

    #[test]
    fn a_missing_record_is_a_line_for_each_amount_and_one_without_any() {
        let mut found = missing("V2", "7.00");
        assert_eq!(lines(&found), ["amount 7.00 - CNY -7.00"]);
        found.difference.clear();
        assert_eq!(lines(&found), ["- - - - -"]);
    }

    #[test]
    fn a_record_without_a_key_is_named_by_all_its_columns() {
        let mut found = missing("V2", "7.00");
        assert_eq!(on_one_line(name_of(&found)), "voucher=V2");
        found.key = record(&[]);
        assert_eq!(on_one_line(name_of(&found)), "voucher=V2; amount=7.00");
    }

    #[test]
    fn what_cannot_be_shown_is_a_picture() {
        assert_eq!(visible("a\0b\x1bc\x7f\u{202e}d\te"), "a␀b␛c␡\u{fffd}d\te");
        assert!(matches!(visible("余额"), std::borrow::Cow::Borrowed(_)));
    }
}
