//! What holds of every rehearsal, whatever the books.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use ledger::{Amount, Break, CauseStatus, Decimal, Record, Wide};
use proptest::prelude::*;
use shadow::{Cause, Planted, Rehearsal, Table, judge};

use crate::auditor::{audit, explain, shadow_of};
use crate::story::read;

const KEYED: &str = "voucher text key | leg number key | type text | account text | status text \
    | debit money | credit money | fee money | currency text | booked_at instant | day date \
    | value_date date | memo text | is_open bool | payload other | batch text free";

const KEYLESS: &str =
    "payee text | type text | amount money | paid_on date | memo text | batch text free";

const MEMOS: &[&str] = &[
    "rent, March",
    "余额收益",
    "transfer to savings account",
    "0042",
    "a \"b\"",
    "张伟 转账至储蓄账户",
    "",
    "NULL",
];

const AMOUNTS: &[i128] = &[
    0,
    1,
    29,
    115,
    1_230,
    -46_860,
    123_456,
    12_345_678,
    1_677_721_700_017,
    3_000_000_000,
];

/// One of several, by any number.
fn of<T: Copy>(all: &[T], number: u32) -> T {
    all[number as usize % all.len()]
}

/// A record's line, from any numbers.
fn line(has_key: bool, at: usize, draws: &[u32]) -> String {
    let amount = |draw: u32| {
        let units = of(AMOUNTS, draw) + i128::from(draw % 97);
        match draw % 23 {
            0 => "NULL".to_owned(),
            _ => Decimal::new(units, 2).to_string(),
        }
    };
    let day = |draw: u32| format!("2013-{:02}-{:02}", draw % 12 + 1, draw / 12 % 28 + 1);
    let memo = |draw: u32| match of(MEMOS, draw) {
        "" => "\"\"".to_owned(),
        memo => memo.to_owned(),
    };
    let code = |draw: u32, all: &[&'static str]| of(all, draw).to_owned();
    let types = ["PAY", "REFUND", "TOPUP"];
    if !has_key {
        let payee = code(draws[0], &["Acme", "Zoë Ltd", "张三商行", "Example Rail"]);
        let (amount, day, memo) = (amount(draws[2]), day(draws[3]), memo(draws[4]));
        let kind = code(draws[1], &types);
        return format!("{payee} | {kind} | {amount} | {day} | {memo} | {at}");
    }
    let voucher = 20_130_527_123_456_001_u64 + (at as u64 / 2) * 3;
    let cells = [
        voucher.to_string(),
        (at % 2 + 1).to_string(),
        code(draws[1], &types),
        format!("62{:04}", draws[2] % 40),
        code(draws[3], &["BOOKED", "PENDING", "NULL"]),
        amount(draws[4]),
        amount(draws[5]),
        Decimal::new(i128::from(draws[6] % 500), 2).to_string(),
        code(draws[7], &["CNY", "CNY", "USD"]),
        format!(
            "2013-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            draws[0] % 12 + 1,
            draws[1] % 28 + 1,
            draws[2] % 24,
            draws[3] % 60,
            draws[4] % 60
        ),
        day(draws[5]),
        day(draws[6]),
        memo(draws[7]),
        draws[0].is_multiple_of(2).to_string(),
        "x".to_owned(),
        format!("chunk-{}", draws[1] % 3),
    ];
    cells.join(" | ")
}

prop_compose! {
    fn book()(
        has_key in any::<bool>(),
        draws in prop::collection::vec(prop::collection::vec(any::<u32>(), 8), 1..120),
    ) -> (Table, Vec<Record>) {
        let header = if has_key { KEYED } else { KEYLESS };
        let lines = draws.iter().enumerate().map(|(at, draws)| line(has_key, at, draws));
        let lines: Vec<String> = std::iter::once(header.to_owned()).chain(lines).collect();
        read(&lines.join("\n"))
    }
}

fn plan(seed: u64, per_cause: usize, table: &Table, samples: &[Record]) -> Planted {
    let rehearsal = Rehearsal {
        seed,
        per_cause: NonZeroUsize::new(per_cause).expect("at least one"),
        causes: Cause::ALL,
        table,
        samples,
        baseline: &[],
        taken: &[],
    };
    rehearsal.plan().expect("the book is well written")
}

/// The breaks of the shadow, explained without a mistake.
fn found(planted: &Planted, book: &[Record]) -> Vec<Break> {
    let shadow = shadow_of(planted, book);
    let mut breaks = audit(&planted.table, book, &shadow);
    explain(planted, &mut breaks);
    breaks
}

type Sums = BTreeMap<(String, String), Wide>;

fn sums<'a>(amounts: impl Iterator<Item = &'a Amount>) -> Sums {
    let mut sums = Sums::new();
    for amount in amounts {
        let line = (amount.column.clone(), amount.currency.clone());
        let value: Wide = amount.amount.parse().expect("an amount");
        sums.entry(line).or_default().add_wide(&value);
    }
    sums.retain(|_, sum| !sum.is_zero());
    sums
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_same_seed_gives_the_same_faults_in_whatever_order_the_samples_come(
        (table, samples) in book(),
        seed in any::<u64>(),
        turn in any::<prop::sample::Index>(),
    ) {
        let first = plan(seed, 2, &table, &samples);
        let mut other = samples.clone();
        other.reverse();
        other.rotate_left(turn.index(samples.len()));
        prop_assert_eq!(plan(seed, 2, &table, &other), first);
    }

    #[test]
    fn no_record_is_damaged_twice_and_no_record_is_made_twice(
        (table, samples) in book(),
        seed in any::<u64>(),
    ) {
        let planted = plan(seed, 3, &table, &samples);
        let mut damaged = BTreeSet::new();
        let mut made = BTreeSet::new();
        for fault in &planted.faults {
            for record in &fault.taken_out {
                prop_assert!(samples.contains(record), "{record:?} was not sampled");
                prop_assert!(damaged.insert(record.clone()), "{record:?} is damaged twice");
            }
            for record in &fault.put_in {
                let is_known = samples.contains(record);
                prop_assert_eq!(is_known, fault.cause == Cause::A5, "{:?}", fault);
                prop_assert!(made.insert(record.clone()), "{record:?} is made twice");
                if is_known {
                    prop_assert!(damaged.insert(record.clone()), "{record:?} is damaged as well");
                }
            }
        }
        for key in planted.new_keys() {
            let mut known = samples.iter();
            let is_it = |record: &Record| key.0.iter().all(|(name, value)| {
                record.get(name) == Some(value.as_deref())
            });
            prop_assert!(!known.any(is_it), "{key:?} is a sample's");
        }
    }

    #[test]
    fn every_cause_is_planted_as_often_as_asked_or_its_reason_is_told(
        (table, samples) in book(),
        seed in any::<u64>(),
    ) {
        let planted = plan(seed, 2, &table, &samples);
        for cause in Cause::ALL {
            let count = planted.faults.iter().filter(|fault| fault.cause == *cause).count();
            let mut reasons = planted.not_rehearsed.iter();
            let has_reason = reasons.any(|one| one.cause == cause.as_str());
            prop_assert!(count <= 2);
            prop_assert_eq!(has_reason, count == 0, "{}", cause);
        }
    }

    #[test]
    fn the_shadow_differs_from_the_book_by_what_the_truths_say(
        (table, samples) in book(),
        seed in any::<u64>(),
    ) {
        let planted = plan(seed, 3, &table, &samples);
        let shadow = shadow_of(&planted, &samples);
        let breaks = audit(&table, &samples, &shadow);
        let told = sums(planted.faults.iter().flat_map(|fault| &fault.difference));
        let found = sums(breaks.iter().flat_map(|found| &found.difference));
        prop_assert_eq!(found, told);
        prop_assert_eq!(breaks.is_empty(), planted.faults.is_empty());
    }

    #[test]
    fn a_run_that_finds_and_explains_all_passes(
        (table, samples) in book(),
        seed in any::<u64>(),
    ) {
        let planted = plan(seed, 3, &table, &samples);
        let breaks = found(&planted, &samples);
        let outcome = judge(&planted, &breaks, []);
        prop_assert_eq!(outcome.passed, !planted.faults.is_empty(), "{:?}", outcome.failures);
        prop_assert_eq!(outcome.failures.is_empty(), outcome.passed);
        prop_assert_eq!(outcome.total.found, planted.faults.len() as u64);
    }

    #[test]
    fn a_run_with_one_break_less_more_or_otherwise_does_not_pass(
        (table, samples) in book(),
        seed in any::<u64>(),
        at in any::<prop::sample::Index>(),
        way in 0..7_usize,
    ) {
        let planted = plan(seed, 2, &table, &samples);
        prop_assume!(!planted.faults.is_empty());
        let mut breaks = found(&planted, &samples);
        let at = at.index(breaks.len());
        match way {
            0 => drop(breaks.remove(at)),
            1 => breaks.push(breaks[at].clone()),
            2 => spoil_record(&mut breaks[at]),
            3 => {
                let cent = Amount {
                    column: "debit".to_owned(),
                    currency: "CNY".to_owned(),
                    amount: "0.01".to_owned(),
                };
                breaks[at].difference.push(cent);
            }
            4 => {
                breaks[at].cause.id = Some("V1".to_owned());
                breaks[at].cause.status = CauseStatus::Proved;
            }
            5 => breaks[at].copies.actual += 1,
            _ => breaks[at].difference.push(Amount {
                amount: "1,000".to_owned(),
                ..Amount::default()
            }),
        }
        // A copy too many of a record that the target lacks is no matter: its kind says it all.
        let is_idle = way == 5 && breaks[at].kind == ledger::BreakKind::Missing;
        let outcome = judge(&planted, &breaks, []);
        prop_assert_eq!(outcome.passed, is_idle, "{} {:?}", way, breaks[at.min(breaks.len() - 1)]);
        prop_assert_eq!(outcome.failures.is_empty(), outcome.passed);
    }

    #[test]
    fn what_broke_before_is_left_alone_and_must_break_again(
        (table, samples) in book(),
        seed in any::<u64>(),
        at in any::<prop::sample::Index>(),
    ) {
        // The book lacks one record already.
        let mut book = samples.clone();
        let lost = book.remove(at.index(samples.len()));
        let baseline = audit(&table, &samples, &book);
        let rehearsal = Rehearsal {
            baseline: &baseline,
            ..Rehearsal {
                seed,
                per_cause: NonZeroUsize::MIN,
                causes: Cause::ALL,
                table: &table,
                samples: &book,
                baseline: &[],
                taken: &[],
            }
        };
        let planted = rehearsal.plan().unwrap();
        prop_assume!(!planted.faults.is_empty());
        prop_assert!(!planted.put_in().any(|record| *record == lost));
        let shadow = shadow_of(&planted, &book);
        let mut breaks = audit(&table, &samples, &shadow);
        explain(&planted, &mut breaks);
        let outcome = judge(&planted, &breaks, &baseline);
        prop_assert_eq!(outcome.false_breaks + outcome.vanished, 0, "{:?}", outcome.failures);
        prop_assert!(outcome.passed, "{:?}", outcome.failures);
        // Without the baseline it would be a false break, and where it is gone it is missed.
        prop_assert!(!judge(&planted, &breaks, []).passed);
        let sound = audit(&table, &book, &shadow);
        prop_assert!(judge(&planted, &sound, &baseline).vanished > 0);
    }
}

/// Changes an amount of the record that a break tells of, or all that it tells.
fn spoil_record(found: &mut Break) {
    let sides = [&mut found.actual, &mut found.expected];
    let mut told = sides.into_iter().flatten();
    let record = told.next().expect("a break tells of a record");
    let mut money = record.0.iter_mut();
    let amount = money.find(|(name, _)| name == "debit" || name == "amount");
    let (_, value) = amount.expect("both tables have one");
    *value = Some("0.07".into());
}
