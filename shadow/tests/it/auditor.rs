//! Simple books of the test's own: the overlay applied, and both sides compared record by record.

use std::collections::BTreeMap;

use ledger::{
    Amount, Break, BreakKind, CauseFound, CauseStatus, Decimal, FieldDifference, Record, Sides,
};
use shadow::{Currency, Kind, Planted, Table};

/// Applies an overlay: each record that goes must be there.
pub(crate) fn shadow_of(planted: &Planted, book: &[Record]) -> Vec<Record> {
    let mut shadow = book.to_vec();
    for record in planted.taken_out() {
        let at = shadow.iter().position(|one| one == record);
        shadow.remove(at.unwrap_or_else(|| panic!("{record:?} is not in the book")));
    }
    shadow.extend(planted.put_in().cloned());
    shadow
}

/// Compares two books.
pub(crate) fn audit(table: &Table, expected: &[Record], actual: &[Record]) -> Vec<Break> {
    let mut groups: BTreeMap<Record, [Vec<Record>; 2]> = BTreeMap::new();
    for (side, records) in [expected, actual].into_iter().enumerate() {
        for record in records {
            let key = part(table, record, |column| column.is_key);
            let compared = part(table, record, |column| column.is_key || column.is_compared);
            groups.entry(key).or_default()[side].push(compared);
        }
    }
    let mut breaks = Vec::new();
    for (key, [expected, actual]) in groups {
        group(table, &key, expected, actual, &mut breaks);
    }
    breaks
}

fn part(table: &Table, record: &Record, is_in: impl Fn(&shadow::Column) -> bool) -> Record {
    let columns = table.columns.iter().filter(|column| is_in(column));
    columns
        .map(|column| {
            let value = record.get(&column.name).expect("a record is whole");
            (column.name.clone(), value.map(str::to_owned))
        })
        .collect()
}

fn group(
    table: &Table,
    key: &Record,
    expected: Vec<Record>,
    actual: Vec<Record>,
    breaks: &mut Vec<Break>,
) {
    let mut counts: BTreeMap<Record, [u64; 2]> = BTreeMap::new();
    for (side, records) in [expected, actual].into_iter().enumerate() {
        for record in records {
            counts.entry(record).or_default()[side] += 1;
        }
    }
    let mut missing = Vec::new();
    let mut extra = Vec::new();
    for (record, [expected, actual]) in counts {
        if expected > 0 && actual > 0 && expected != actual {
            let copies = Sides { expected, actual };
            breaks.push(of(table, key, copies, Some(&record), Some(&record)));
        } else if actual == 0 {
            missing.extend(std::iter::repeat_n(record, expected as usize));
        } else if expected == 0 {
            extra.extend(std::iter::repeat_n(record, actual as usize));
        }
    }
    pair(table, key, missing, extra, breaks);
}

/// Pairs what is missing with what is extra: in a key all of it, without one by likeness.
fn pair(
    table: &Table,
    key: &Record,
    mut missing: Vec<Record>,
    mut extra: Vec<Record>,
    breaks: &mut Vec<Break>,
) {
    let most = match table.has_key() {
        true => usize::MAX,
        false => 3.min(missing.first().map_or(0, |one| one.0.len().div_ceil(2) - 1)),
    };
    let apart = |one: &Record, other: &Record| fields(one, other).len();
    loop {
        let mut pairs = Vec::new();
        for (i, one) in missing.iter().enumerate() {
            pairs.extend(
                extra
                    .iter()
                    .enumerate()
                    .map(|(j, two)| (apart(one, two), i, j)),
            );
        }
        match pairs.into_iter().min().filter(|(apart, ..)| *apart <= most) {
            Some((_, i, j)) => {
                let (one, two) = (missing.remove(i), extra.remove(j));
                let copies = Sides {
                    expected: 1,
                    actual: 1,
                };
                breaks.push(of(table, key, copies, Some(&one), Some(&two)));
            }
            None => break,
        }
    }
    for one in missing {
        let copies = Sides {
            expected: 1,
            actual: 0,
        };
        breaks.push(of(table, key, copies, Some(&one), None));
    }
    for two in extra {
        let copies = Sides {
            expected: 0,
            actual: 1,
        };
        breaks.push(of(table, key, copies, None, Some(&two)));
    }
}

fn of(
    table: &Table,
    key: &Record,
    copies: Sides,
    expected: Option<&Record>,
    actual: Option<&Record>,
) -> Break {
    let (kind, fields) = match (expected, actual) {
        (Some(one), Some(two)) if one == two => (BreakKind::Copies, Vec::new()),
        (Some(one), Some(two)) => (BreakKind::Differs, fields(one, two)),
        (Some(_), None) => (BreakKind::Missing, Vec::new()),
        _ => (BreakKind::Extra, Vec::new()),
    };
    Break {
        agreement: "postings".into(),
        kind,
        key: key.clone(),
        copies,
        expected: expected.cloned(),
        actual: actual.cloned(),
        fields,
        difference: difference(table, copies, expected, actual),
        source: Vec::new(),
        cause: CauseFound::default(),
        target: Vec::new(),
        alternatives: 0,
    }
}

fn fields(expected: &Record, actual: &Record) -> Vec<FieldDifference> {
    let cells = expected.0.iter().zip(&actual.0);
    cells
        .filter(|(one, two)| one != two)
        .map(|((name, expected), (_, actual))| FieldDifference {
            name: name.clone(),
            expected: expected.clone(),
            actual: actual.clone(),
        })
        .collect()
}

fn difference(
    table: &Table,
    copies: Sides,
    expected: Option<&Record>,
    actual: Option<&Record>,
) -> Vec<Amount> {
    let mut sums: BTreeMap<(&str, String), Decimal> = BTreeMap::new();
    let sides = [(expected, copies.expected, -1), (actual, copies.actual, 1)];
    for (record, count, sign) in sides {
        let Some(record) = record else { continue };
        let currency = match &table.currency {
            Currency::Fixed(code) => code.clone(),
            Currency::Column(name) => record.get(name).flatten().unwrap_or_default().to_owned(),
        };
        let money = table
            .columns
            .iter()
            .filter(|column| column.is_compared && matches!(column.kind, Kind::Amount { .. }));
        for column in money {
            let Some(Some(text)) = record.get(&column.name) else {
                continue;
            };
            let amount: Decimal = text.parse().expect("an amount");
            let signed = amount
                .checked_mul_int(sign * i128::from(count))
                .expect("a small amount");
            let sum = sums.entry((&column.name, currency.clone())).or_default();
            *sum = sum.checked_add(signed).expect("small amounts");
        }
    }
    let open = sums.into_iter().filter(|(_, sum)| !sum.is_zero());
    open.map(|((column, currency), sum)| Amount {
        column: column.to_owned(),
        currency,
        amount: sum.to_string(),
    })
    .collect()
}

/// Says of every break what was planted there, as a run would that is never wrong.
pub(crate) fn explain(planted: &Planted, breaks: &mut [Break]) {
    for found in breaks {
        let touching = planted.faults.iter().filter(|fault| {
            let holds = |records: &[Record], side: &Option<Record>| {
                let told = |record: &Record| {
                    part(&planted.table, record, |column| {
                        column.is_key || column.is_compared
                    })
                };
                records.iter().any(|record| Some(told(record)) == *side)
            };
            holds(&fault.taken_out, &found.expected) || holds(&fault.put_in, &found.actual)
        });
        let mut ids: Vec<String> = touching.map(|fault| fault.cause.to_string()).collect();
        ids.sort();
        ids.dedup();
        let mut ids = ids.into_iter();
        let id = ids.next();
        let rivals: Vec<String> = ids.collect();
        let status = match (&id, rivals.as_slice()) {
            (None, _) => CauseStatus::Unknown,
            (Some(_), []) => CauseStatus::Proved,
            (Some(_), _) => CauseStatus::Consistent,
        };
        found.cause = CauseFound {
            id,
            status,
            says: String::new(),
            rivals,
        };
    }
}
