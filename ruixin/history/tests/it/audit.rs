use ruixin_history::{ColumnKind, Field, History, Table};

use crate::book::{Book, Fields};

fn borrowed(fields: &Fields) -> Vec<Option<&str>> {
    fields.iter().map(Option::as_deref).collect()
}

#[test]
fn every_record_is_found_as_it_was_generated() {
    let history = History::new(5, 10_000).unwrap();
    let (book, auditor) = (Book::of(&history), history.auditor());
    let others = History::new(6, 10_000).unwrap().auditor();
    for table in Table::ALL {
        for record in book.table(table) {
            assert!(auditor.audit(table, &borrowed(record)), "{record:?}");
            assert!(!others.audit(table, &borrowed(record)), "{record:?}");
        }
    }
}

#[test]
fn any_damage_of_any_field_is_noticed() {
    let history = History::new(5, 5_000).unwrap();
    let (book, auditor) = (Book::of(&history), history.auditor());
    for table in Table::ALL {
        for record in book.table(table).iter().step_by(17) {
            for (at, column) in table.columns().iter().enumerate() {
                for damaged in damages(column.kind, record[at].as_deref()) {
                    let mut other = record.clone();
                    other[at] = damaged;
                    if other != *record {
                        let name = column.name;
                        assert!(
                            !auditor.audit(table, &borrowed(&other)),
                            "{name}: {other:?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn fields_that_changed_places_are_noticed() {
    let history = History::new(5, 5_000).unwrap();
    let (book, auditor) = (Book::of(&history), history.auditor());
    let record = &book.table(Table::Flow)[1_000];
    for one in 0..record.len() {
        for two in 0..one {
            let mut other = record.clone();
            other.swap(one, two);
            assert!(other == *record || !auditor.audit(Table::Flow, &borrowed(&other)));
        }
    }
}

#[test]
fn a_new_record_gets_the_code_that_the_generator_gives() {
    let history = History::new(5, 5_000).unwrap();
    let (book, auditor) = (Book::of(&history), history.auditor());
    for table in Table::ALL {
        for record in book.table(table) {
            let (code, rest) = record.split_last().unwrap();
            let fields = rest.iter().zip(table.columns()).map(|(field, column)| {
                let Some(text) = field.as_deref() else {
                    return Field::Nothing;
                };
                match column.kind {
                    ColumnKind::Money => Field::Number(text.replace('.', "").parse().unwrap()),
                    ColumnKind::Number => Field::Number(text.parse().unwrap()),
                    _ => Field::Text(text),
                }
            });
            let fields: Vec<Field> = fields.collect();
            let found = auditor.check_code(table, fields.iter().copied());
            assert_eq!(found.map(|code| code.to_string()), *code, "{record:?}");
            // What is of another kind than its column, or missing, has none.
            let mut others = fields.clone();
            others[0] = Field::Number(1);
            assert_eq!(auditor.check_code(table, others.into_iter()), None);
            let fewer = fields[1..].iter().copied();
            assert_eq!(auditor.check_code(table, fewer), None);
        }
    }
    let serial = book.table(Table::Flow)[7][0].clone().unwrap();
    let (shard, number) = (
        serial[8..11].parse().unwrap(),
        serial[11..20].parse().unwrap(),
    );
    let check = format!("{:02}", auditor.serial_check(shard, number));
    assert_eq!(check, serial[20..]);
}

/// Other contents of a field: nothing, another value, one digit more, two neighbours swapped.
fn damages(kind: ColumnKind, field: Option<&str>) -> Vec<Option<String>> {
    let Some(text) = field else {
        let given = if kind == ColumnKind::Text { "" } else { "0.00" };
        return vec![Some(given.to_owned()), Some("1".to_owned())];
    };
    let mut damages = vec![
        None,
        Some(String::new()),
        Some(format!("{text}0")),
        Some(format!(" {text}")),
    ];
    let letters: Vec<char> = text.chars().collect();
    for at in 0..letters.len() {
        let mut other = letters.clone();
        other[at] = match other[at] {
            digit @ '0'..='8' => char::from_u32(digit as u32 + 1).unwrap(),
            _ => '0',
        };
        damages.push(Some(other.iter().collect()));
        if at > 0 {
            let mut other = letters.clone();
            other.swap(at - 1, at);
            damages.push(Some(other.iter().collect()));
        }
    }
    damages
}
