//! Each cause does what the catalogue says, and nothing else.

use serde_json::{Map, Value};

use super::*;
use crate::book::{Column, Role};
use crate::truth::Kind as BreakKind;

const RECORDS: usize = 3_000;
const SEED: u64 = 11;

/// Plants one cause in every shape that it fits and gives the truths with the books.
fn planted(order: &str) -> Vec<(Book, Planted)> {
    let orders: Orders = order.parse().unwrap();
    let all = Shape::ALL.into_iter().map(|shape| {
        let book = shape.draw(SEED, RECORDS);
        let planted = plant(shape, &book, SEED, &orders).unwrap();
        (book, planted)
    });
    let fitting: Vec<_> = all.filter(|(_, one)| !one.truths.is_empty()).collect();
    assert!(!fitting.is_empty(), "{order} fits no shape");
    fitting
}

fn text<'a>(record: Option<&'a Map<String, Value>>, column: &str) -> &'a str {
    record.and_then(|one| one[column].as_str()).unwrap_or("")
}

/// Holds every changed column of every break that a cause makes against a statement.
fn check(cause: &str, holds: impl Fn(&Column, &str, &str) -> bool) {
    for (book, planted) in planted(&format!("{cause}:40")) {
        for truth in &planted.truths {
            let (Some(before), Some(after)) = (&truth.before, &truth.after) else {
                panic!("{cause} leaves no record out: {truth:?}");
            };
            let changed = book
                .columns
                .iter()
                .filter(|one| before[one.name] != after[one.name]);
            let changed: Vec<&Column> = changed.collect();
            assert!(!changed.is_empty(), "{cause}: {truth:?}");
            for column in changed {
                let (was, is) = (
                    text(Some(before), column.name),
                    text(Some(after), column.name),
                );
                assert!(
                    holds(column, was, is),
                    "{cause}: {} {was} -> {is}",
                    column.name
                );
            }
        }
    }
}

fn units(column: &Column, text: &str) -> Option<i128> {
    let Kind::Money(scale) = column.kind else {
        return None;
    };
    crate::exact::Exact::read(text)?.units(scale)
}

/// Holds amounts against a statement about minor units.
fn check_units(cause: &str, holds: impl Fn(i128, i128) -> bool) {
    check(cause, |column, was, is| {
        let both = units(column, was).zip(units(column, is));
        both.is_some_and(|(was, is)| holds(was, is))
    });
}

fn seconds(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_second()
}

#[test]
fn the_target_is_what_it_must_be_less_what_was_damaged_plus_what_it_became() {
    for shape in Shape::ALL {
        let book = shape.draw(SEED, RECORDS);
        let causes = applicable(shape, &book, SEED).unwrap();
        let orders = causes.iter().map(|cause| format!("{cause}:6"));
        let orders: Orders = orders.collect::<Vec<_>>().join(",").parse().unwrap();
        let planted = plant(shape, &book, SEED, &orders).unwrap();
        let mut count: BTreeMap<String, i64> = BTreeMap::new();
        let mut add = |record: String, by: i64| *count.entry(record).or_default() += by;
        let written = |cells: &[String]| format!("{:?}", truth::record(&book, cells));
        for record in &book.records {
            add(written(&record.cells), 1);
        }
        for truth in &planted.truths {
            let is_copy = truth.kind == BreakKind::Copies;
            if let Some(before) = truth.before.as_ref().filter(|_| !is_copy) {
                add(format!("{before:?}"), -1);
            }
            if let Some(after) = &truth.after {
                add(format!("{after:?}"), 1);
            }
        }
        for cells in &planted.target {
            add(written(cells), -1);
        }
        let off: Vec<_> = count.iter().filter(|(_, count)| **count != 0).collect();
        assert!(off.is_empty(), "{}: {off:?}", shape.name());
    }
}

#[test]
fn clean_books_have_no_truth_and_the_target_that_they_must() {
    for shape in Shape::ALL {
        let book = shape.draw(SEED, 200);
        let planted = plant(shape, &book, SEED, &Orders::default()).unwrap();
        assert!(planted.truths.is_empty());
        let expected: Vec<_> = book.records.iter().map(|one| one.cells.clone()).collect();
        assert_eq!(planted.target, expected);
    }
}

#[test]
fn as_many_faults_are_planted_as_are_asked_for() {
    for count in [1, 10, 100] {
        for (_, planted) in planted(&format!("B9:{count}")) {
            assert_eq!(planted.truths.len(), count);
        }
    }
}

#[test]
fn a_record_is_damaged_once() {
    let everything = "B9:500,B2:500,T1:500,A1:300,A5:300";
    for (book, planted) in planted(everything) {
        if !book.is_keyed() {
            continue;
        }
        let mut keys: Vec<String> = planted
            .truths
            .iter()
            .map(|one| format!("{:?}", one.key))
            .collect();
        let all = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), all);
    }
}

#[test]
fn amounts_become_what_their_cause_says() {
    check_units("B1", |was, is| {
        let (was, is) = (was.abs().to_string(), is.abs().to_string());
        let off: Vec<usize> = (0..was.len())
            .filter(|at| was.as_bytes()[*at] != is.as_bytes()[*at])
            .collect();
        was.len() == is.len() && off.len() == 2 && off[1] == off[0] + 1
    });
    check_units("B2", |was, is| {
        let (small, large) = if was.abs() < is.abs() {
            (was, is)
        } else {
            (is, was)
        };
        [10, 100, 1_000].contains(&(large / small)) && large % small == 0
    });
    check_units("B3", |was, is| {
        (was - is).abs() == 1 && is.abs() < was.abs()
    });
    check_units("B8", |was, is| {
        (was - is) % (1_i128 << 32) == 0 || (was - is) % 100_000_000 == 0
    });
    check_units("B9", |was, is| was == -is);
    check_units("M2", |was, is| {
        was.to_string().len() == is.to_string().len()
    });
    // A rounding moves the last place only, of a total that of each line.
    check_units("B5", |was, is| (1..=20).contains(&(was - is).abs()));
    check_units("B6", |was, is| (1..=10).contains(&(was - is).abs()));
    check_units("B7", |was, is| (1..=2).contains(&(was - is)));
    check_units("V2", |was, is| was != is);
    check_units("Q2", |was, is| is == 2 * was);
    check_units("Q3", |was, is| (was - is).abs() == 1);
}

#[test]
fn what_32_bits_leave_of_an_amount_is_near_it() {
    check_units("B4", |was, is| {
        // 24 bits of a float, or six digits: at most half a millionth off, and more than nothing.
        (was - is).abs() * 190_000 <= was.abs() && was != is
    });
}

#[test]
fn instants_and_dates_become_what_their_cause_says() {
    check("T1", |_, was, is| {
        let off = seconds(is) - seconds(was);
        off % 3_600 == 0 && [-1, 8, -8].contains(&(off / 3_600))
    });
    check("T5", |_, was, is| {
        !is.contains('.') && (seconds(is) - seconds(was)).abs() <= 1
    });
    check("T6", |_, was, is| {
        seconds(is) == seconds(was).div_euclid(1_000)
    });
    let days = |text: &str| text.parse::<jiff::civil::Date>().unwrap();
    check("T2", |_, was, is| {
        days(is).until(days(was)).unwrap().get_days().abs() == 1
    });
    check("T3", |_, was, is| days(is) != days(was));
    check("T11", |_, was, is| days(is) != days(was));
}

#[test]
fn texts_become_what_their_cause_says() {
    check("E4", |_, was, is| {
        was.starts_with(is) && is.len() < was.len()
    });
    check("D3", |column, was, is| {
        let pairs = was.chars().zip(is.chars());
        let off = pairs.filter(|(one, other)| one != other).count();
        // In vouchers also the account of another party of the same trade.
        column.role == Role::Account && was.len() == is.len() && off >= 1
    });
    check("M1", |column, was, is| {
        let pairs = was.bytes().zip(is.bytes());
        let bits: u32 = pairs.map(|(one, other)| (one ^ other).count_ones()).sum();
        let in_text = was.len() == is.len() && bits == 1;
        let both = units(column, was).zip(units(column, is));
        in_text || both.is_some_and(|(was, is)| (was ^ is).count_ones() == 1)
    });
    check("D1", |column, was, is| {
        column.name == "side" && [was, is].concat().len() == 2
    });
    check("T7", |column, _, is| {
        column.name == "status" && !is.is_empty()
    });
    check("T8", |column, was, is| {
        column.name == "status" && (was, is) == ("BOOKED", "PENDING")
    });
}

#[test]
fn what_is_left_out_or_doubled_is_so_as_a_whole() {
    for (cause, kind) in [
        ("A1", BreakKind::Missing),
        ("A2", BreakKind::Missing),
        ("A3", BreakKind::Missing),
        ("A4", BreakKind::Missing),
        ("A6", BreakKind::Missing),
        ("A8", BreakKind::Missing),
        ("T9", BreakKind::Missing),
        ("P3", BreakKind::Missing),
        ("A9", BreakKind::Extra),
        ("T10", BreakKind::Extra),
        ("A5", BreakKind::Copies),
        ("P1", BreakKind::Copies),
    ] {
        for (_, planted) in planted(&format!("{cause}:5")) {
            assert!(planted.truths.iter().all(|one| one.kind == kind), "{cause}");
        }
    }
}

#[test]
fn a_tail_is_the_end_of_one_file() {
    for (book, planted) in planted("A2:7") {
        let files = book.tables[0].files();
        let left_out: BTreeSet<String> = planted
            .truths
            .iter()
            .map(|one| format!("{:?}", one.before))
            .collect();
        let sources: BTreeSet<usize> = book
            .records
            .iter()
            .filter(|record| {
                left_out.contains(&format!("{:?}", Some(truth::record(&book, &record.cells))))
            })
            .map(|record| record.source)
            .collect();
        let last = sources.last().copied().unwrap();
        assert!(
            files.iter().any(|file| file.end == last + 1),
            "{}",
            book.agreement
        );
        assert!(sources.len() <= 7);
    }
}

#[test]
fn swapped_records_stand_under_each_others_key() {
    for (book, planted) in planted("A10:10") {
        for pair in planted.truths.chunks(2) {
            let content = |record: &Option<Map<String, Value>>| {
                let mut record = record.clone().unwrap();
                for column in book.columns.iter().filter(|one| one.is_key()) {
                    record.remove(column.name);
                }
                record
            };
            assert_eq!(content(&pair[0].before), content(&pair[1].after));
            assert_eq!(content(&pair[1].before), content(&pair[0].after));
        }
    }
}

#[test]
fn merged_records_lose_no_money() {
    for (book, planted) in planted("A7:5") {
        for pair in planted.truths.chunks(2) {
            let [kept, lost] = pair else {
                panic!("a merger makes two breaks")
            };
            for (at, scale) in book.money() {
                let name = book.columns[at].name;
                let of = |record: &Option<Map<String, Value>>| {
                    let text = text(record.as_ref(), name);
                    crate::exact::Exact::read(text).and_then(|one| one.units(scale))
                };
                let sum = of(&kept.before)
                    .zip(of(&lost.before))
                    .map(|(one, two)| one + two);
                assert!(sum.is_none() || sum == of(&kept.after), "{name}");
            }
        }
    }
}

#[test]
fn an_id_through_a_double_is_another_id_near_it() {
    for (book, planted) in planted("A11:5") {
        let id = book
            .with_role(Role::Id)
            .map(|at| book.columns[at].name)
            .unwrap();
        for pair in planted.truths.chunks(2) {
            let was: u128 = text(pair[0].before.as_ref(), id).parse().unwrap();
            let is: u128 = text(pair[1].after.as_ref(), id).parse().unwrap();
            assert_ne!(was, is);
            assert!(was.abs_diff(is) < 50_000, "{was} {is}");
        }
    }
}

#[test]
fn two_causes_on_a_record_are_one_break_that_neither_makes_alone() {
    for (_, planted) in planted("B10+B9:10") {
        for truth in &planted.truths {
            assert_eq!(truth.causes, ["B10", "B9"]);
            assert_eq!(truth.kind, BreakKind::Differs);
        }
    }
}

#[test]
fn a_wrong_rule_strikes_one_class_with_another_figure_and_one_with_the_same_amount() {
    for (book, planted) in planted("R1:10") {
        let mut offs: BTreeMap<i128, usize> = BTreeMap::new();
        for truth in &planted.truths {
            assert_eq!(truth.kind, BreakKind::Differs);
            for column in &book.columns {
                let of = |record| units(column, text(record, column.name));
                let both = of(truth.before.as_ref()).zip(of(truth.after.as_ref()));
                if let Some((was, is)) = both.filter(|(was, is)| was != is) {
                    *offs.entry(is - was).or_default() += 1;
                }
            }
        }
        let same = offs.get(&100).or(offs.get(&500)).copied().unwrap_or(0);
        assert!(same > 2 && offs.len() > 20, "{}: {offs:?}", book.agreement);
    }
}

#[test]
fn a_fee_that_is_the_same_for_all_is_taken_twice_or_not_at_all() {
    let book = Shape::Keyless.draw(SEED, RECORDS);
    let orders: Orders = "B11:40".parse().unwrap();
    let planted = plant(Shape::Keyless, &book, SEED, &orders).unwrap();
    let amount = &book.columns[book.at("amount").unwrap()];
    let offs: BTreeSet<i128> = planted
        .truths
        .iter()
        .map(|truth| {
            let of = |record| units(amount, text(record, amount.name)).unwrap();
            of(truth.after.as_ref()) - of(truth.before.as_ref())
        })
        .collect();
    assert_eq!(planted.truths.len(), 40);
    assert_eq!(offs, BTreeSet::from([-200, 200]));
    assert!(planted.truths.iter().all(|one| one.causes == ["B11"]));
}

#[test]
fn a_coincidence_is_written_down() {
    // 0.29 through a double is 0.28: one bit of 29 is lost as well.
    for (_, planted) in planted("B3:200") {
        let low_bit = planted
            .truths
            .iter()
            .filter(|truth| truth.equals.contains(&"M1".to_owned()));
        assert!(low_bit.count() > 0);
    }
}
