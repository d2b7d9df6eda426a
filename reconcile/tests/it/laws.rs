//! Laws of verifying: what comes out depends on the records alone, and is exactly what differs.

use crate::common::{Case, Ran};
use arrow_array::{ArrayRef, Decimal128Array, RecordBatch, StringArray};
use footing::{Seed, SketchSize};
use ledger::{BreakKind, Record, Verdict};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use proptest::prelude::*;
use reconcile::{Limits, Options, Phase, Watch, Work};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

/// A record: amount in cents, memo.
type Value = (i64, String);

fn value() -> impl Strategy<Value = Value> {
    (-99_999_i64..99_999, "[a-z\u{4e2d}\u{56fd}, \"]{0,18}")
}

/// What is done to one record of the target.
#[derive(Clone, Debug)]
enum Edit {
    Drop,
    Double,
    Amount(i64),
    Memo(String),
    Add(Value),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        Just(Edit::Drop),
        Just(Edit::Double),
        (1_i64..500).prop_map(Edit::Amount),
        "[0-9]{1,5}".prop_map(Edit::Memo),
        value().prop_map(Edit::Add),
    ]
}

fn cents(amount: i64) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", amount.abs() / 100, amount.abs() % 100)
}

fn csv(rows: &[(String, Value)]) -> String {
    let mut text = String::from("serial,amount,memo\n");
    for (serial, (amount, memo)) in rows {
        let memo = memo.replace('"', "\"\"");
        writeln!(text, "{serial},{},\"{memo}\"", cents(*amount)).expect("a string takes all");
    }
    text
}

fn plan(keyed: bool) -> &'static str {
    if keyed {
        "[[agreement]]\nname = \"a\"\nrule = \"flow\"\ntarget = \"posting\"\nkey = [\"serial\"]\n\
         money = [\"amount\"]\nfoot = [\"memo\"]\n"
    } else {
        "[[agreement]]\nname = \"a\"\nrule = \"flow\"\ntarget = \"posting\"\nmoney = [\"amount\"]\n"
    }
}

fn book() -> impl Strategy<Value = Vec<(String, Value)>> {
    prop::collection::vec(value(), 1..60).prop_map(|values| {
        values
            .into_iter()
            .enumerate()
            .map(|(n, value)| (format!("S{n:03}"), value))
            .collect()
    })
}

/// Turns the rows so that the target stands in another order.
fn turned(rows: &[(String, Value)], by: usize) -> Vec<(String, Value)> {
    let mut rows = rows.to_vec();
    let by = if rows.is_empty() { 0 } else { by % rows.len() };
    rows.rotate_left(by);
    rows
}

/// How a run may go, and what of it then stays as it was.
struct Way {
    options: fn(&mut Options),
    /// On disk records without a key are paired by their amounts only.
    on_disk: bool,
    why: Why,
}

#[derive(PartialEq)]
enum Why {
    /// Every byte stays.
    Same,
    /// A sketch too small for the differences may lead to partitions on disk, where a break is
    /// explained by itself, without the others beside it.
    Other,
    /// Nobody asks.
    None,
}

/// Nothing decodes, nothing fits: everything goes through partitions on disk.
fn on_disk(options: &mut Options) {
    options.sketch = Some(SketchSize::of_bits(6));
    options.limits = Limits {
        in_memory: 0,
        partition_records: 7,
        sketch: SketchSize::of_bits(6),
        ..Limits::default()
    };
}

fn ways() -> Vec<Way> {
    let way = |options, on_disk, why| Way {
        options,
        on_disk,
        why,
    };
    vec![
        way(|options| options.threads = 1, false, Why::Same),
        way(
            |options| options.seed = Some(Seed::new([1; 32])),
            false,
            Why::Same,
        ),
        way(
            |options| {
                options.threads = 4;
                options.sketch = Some(SketchSize::of_bits(6));
            },
            false,
            Why::Other,
        ),
        way(on_disk, true, Why::Other),
        way(|options| options.causes = false, false, Why::None),
        way(
            |options| {
                options.causes = false;
                on_disk(options);
            },
            true,
            Why::None,
        ),
    ]
}

/// Everything that a run told but for why.
fn without_causes(ran: &Ran) -> (Vec<ledger::Break>, Vec<ledger::AgreementReport>) {
    let mut breaks = ran.breaks.clone();
    breaks
        .iter_mut()
        .for_each(|found| found.cause = ledger::CauseFound::default());
    let mut agreements = ran.report.agreements.clone();
    for agreement in &mut agreements {
        agreement.causes.clear();
        agreement.notes.clear();
    }
    (breaks, agreements)
}

/// The target's records as the source's records and the breaks say they are.
fn rebuilt(source: &[(String, Value)], ran: &Ran) -> BTreeMap<Vec<Option<String>>, i64> {
    let mut counts: BTreeMap<Vec<Option<String>>, i64> = BTreeMap::new();
    for (serial, (amount, memo)) in source {
        let record = vec![
            Some(serial.clone()),
            Some(cents(*amount)),
            Some(memo.clone()),
        ];
        *counts.entry(record).or_default() += 1;
    }
    let values = |record: &Option<Record>| -> Vec<Option<String>> {
        record
            .iter()
            .flat_map(|record| {
                record
                    .0
                    .iter()
                    .map(|(_, value)| value.as_ref().map(ToString::to_string))
            })
            .collect()
    };
    let whole = |copies: u64| i64::try_from(copies).expect("few");
    for found in &ran.breaks {
        if found.expected.is_some() {
            *counts.entry(values(&found.expected)).or_default() -= whole(found.copies.expected);
        }
        if found.actual.is_some() {
            *counts.entry(values(&found.actual)).or_default() += whole(found.copies.actual);
        }
    }
    counts.retain(|_, count| *count != 0);
    counts
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_book_agrees_with_itself_in_any_order(rows in book(), by in 0_usize..60, keyed in any::<bool>()) {
        let case = Case::new(plan(keyed), &csv(&rows), &csv(&turned(&rows, by)));
        let ran = case.run();
        prop_assert_eq!(ran.report.verdict, Verdict::Balanced);
        prop_assert_eq!(ran.lines, "");
    }

    #[test]
    fn breaks_are_the_edits_exactly(
        rows in book(), edits in prop::collection::vec((any::<prop::sample::Index>(), edit()), 0..12),
        by in 0_usize..60,
    ) {
        let mut target: BTreeMap<String, Vec<Value>> =
            rows.iter().map(|(serial, value)| (serial.clone(), vec![value.clone()])).collect();
        let mut expect: BTreeMap<String, BreakKind> = BTreeMap::new();
        for (at, edit) in edits {
            let (serial, (amount, memo)) = at.get(&rows).clone();
            // One edit a record, so that what was done is what must be told.
            if expect.contains_key(&serial) {
                continue;
            }
            let (values, kind) = match edit {
                Edit::Drop => (vec![], BreakKind::Missing),
                Edit::Double => {
                    (vec![(amount, memo.clone()), (amount, memo)], BreakKind::Copies)
                }
                Edit::Amount(by) => (vec![(amount + by, memo)], BreakKind::Differs),
                Edit::Memo(new) => (vec![(amount, new)], BreakKind::Differs),
                Edit::Add(value) => {
                    let new = format!("X{serial}");
                    expect.insert(new.clone(), BreakKind::Extra);
                    target.insert(new, vec![value]);
                    continue;
                }
            };
            expect.insert(serial.clone(), kind);
            target.insert(serial, values);
        }
        let target: Vec<(String, Value)> = target
            .into_iter()
            .flat_map(|(serial, values)| values.into_iter().map(move |v| (serial.clone(), v)))
            .collect();
        let ran = Case::new(plan(true), &csv(&rows), &csv(&turned(&target, by))).run();
        let found: BTreeMap<String, BreakKind> = ran
            .closes()
            .breaks
            .iter()
            .map(|found| (found.key.get("serial").flatten().unwrap_or("").to_owned(), found.kind))
            .collect();
        prop_assert_eq!(ran.breaks.len(), found.len());
        prop_assert_eq!(found, expect);
    }

    #[test]
    fn target_is_source_plus_breaks_whatever_the_books(
        left in book(), right in book(), keyed in any::<bool>(), narrow in any::<bool>()
    ) {
        // Few values, so that copies and coincidences are many.
        let squeeze = |rows: Vec<(String, Value)>| -> Vec<(String, Value)> {
            let squeezed = |(serial, (amount, memo)): (String, Value)| {
                let serial = serial.replace(['3', '5', '7', '9'], "1");
                (serial, (amount % 3, memo.chars().take(1).collect()))
            };
            rows.into_iter().map(|row| if narrow { squeezed(row) } else { row }).collect()
        };
        let (left, right) = (squeeze(left), squeeze(right));
        let ran = Case::new(plan(keyed), &csv(&left), &csv(&right)).run();
        ran.closes();
        let nothing = Case::new(plan(keyed), &csv(&left), &csv(&left)).run();
        prop_assert_eq!(rebuilt(&left, &ran), rebuilt(&right, &nothing));
    }

    #[test]
    fn threads_seeds_and_memory_do_not_change_a_byte(
        left in book(), right in book(), keyed in any::<bool>()
    ) {
        let case = Case::new(plan(keyed), &csv(&left), &csv(&right));
        let first = case.run();
        for way in ways() {
            let again = case.try_run(way.options).expect("the run ends");
            if way.why == Why::None {
                let nothing = ledger::CauseFound::default();
                prop_assert!(again.breaks.iter().all(|found| found.cause == nothing));
            }
            if !keyed && way.on_disk {
                prop_assert_eq!(rebuilt(&left, again.closes()), rebuilt(&left, &first));
                continue;
            }
            if way.why != Why::Same {
                prop_assert_eq!(without_causes(&again), without_causes(&first));
                continue;
            }
            prop_assert_eq!(&again.lines, &first.lines);
            prop_assert_eq!(&again.report.agreements, &first.report.agreements);
            prop_assert_eq!(again.report.verdict, first.report.verdict);
        }
    }
}

#[test]
fn when_every_record_differs_every_record_is_told() {
    let book = |add: i64| -> String {
        let rows: Vec<(String, Value)> = (0..5_000)
            .map(|n| (format!("S{n:05}"), (n * 7 + add, String::new())))
            .collect();
        csv(&rows)
    };
    let case = Case::new(plan(true), &book(0), &book(1));
    let first = case.run();
    assert_eq!(first.closes().report.agreements[0].breaks.differs, 5_000);
    assert_eq!(first.report.agreements[0].records.agreed, 0);
    let small = case
        .try_run(|options| {
            options.sketch = Some(SketchSize::of_bits(6));
            options.limits = Limits {
                in_memory: 100,
                partition_records: 900,
                sketch: SketchSize::of_bits(8),
                ..Limits::default()
            };
        })
        .expect("the run ends");
    assert_eq!(without_causes(&small), without_causes(&first));
}

/// Records of one group: they differ in their amounts at most.
fn group(amounts: impl Iterator<Item = i64>) -> Vec<(String, Value)> {
    let record = |amount| ("S000".to_owned(), (amount, "memo".to_owned()));
    amounts.map(record).collect()
}

/// So many copies of one amount.
fn copies(amount: i64, times: usize) -> std::iter::RepeatN<i64> {
    std::iter::repeat_n(amount, times)
}

/// Records of the source and of the target.
type Crowd = [Vec<(String, Value)>; 2];

/// Source and target with one group that is far too large for a partition, and what it shows.
fn crowds() -> Vec<(&'static str, Crowd)> {
    let same = || (0..60).flat_map(|n| copies(n * 3 - 70, 1 + n as usize % 7));
    let signs = |sign: i64| (1..150).map(move |n| sign * n * 1_009);
    vec![
        (
            "copies, equally often but for two",
            [
                group(same().chain(copies(50_000, 300)).chain(copies(-7, 9))),
                group(same().chain(copies(50_000, 303)).chain(copies(-7, 30))),
            ],
        ),
        ("all differ", [group(1..201), group(10_001..10_251)]),
        (
            "nearly all agree",
            [
                group((0..900).map(|n| n * 11)),
                group((0..900).map(|n| n * 11 + i64::from(n == 412))),
            ],
        ),
        (
            "lost signs, copies, others and such as agree",
            [
                group(
                    signs(-1)
                        .chain(same())
                        .chain(copies(77_000, 100))
                        .chain(900_000..900_040)
                        .chain(copies(31, 20)),
                ),
                group(
                    same()
                        .chain(copies(77_000, 60))
                        .chain(signs(1))
                        .chain(800_000..800_090)
                        .chain(copies(-31, 25)),
                ),
            ],
        ),
        (
            "more copies than find a partner",
            [
                group(
                    copies(100, 150)
                        .chain(copies(200, 5))
                        .chain(copies(300, 80)),
                ),
                group(copies(100, 10).chain(copies(200, 95)).chain(1_000..1_030)),
            ],
        ),
    ]
}

/// Such groups are sorted and paired on disk; that does not show.
#[test]
fn a_group_that_memory_does_not_hold_is_paired_as_in_memory() {
    for (name, [mut left, mut right]) in crowds() {
        // Others stand before it and behind it.
        for n in 0..20_i64 {
            for (rows, off) in [(&mut left, 0), (&mut right, i64::from(n % 3 == 0))] {
                let serial = format!("{}{n:03}", if n < 10 { "A" } else { "X" });
                rows.push((serial.clone(), (n, "memo".to_owned())));
                rows.push((serial, (n * 100 + 50 + off, "memo".to_owned())));
            }
        }
        for (keyed, is_turned) in [(true, false), (true, true), (false, false), (false, true)] {
            let (source, target) = match is_turned {
                false => (&left, &right),
                true => (&right, &left),
            };
            let case = Case::new(plan(keyed), &csv(source), &csv(&turned(target, 77)));
            let first = case.try_run(|options| options.causes = false);
            let first = first.expect("the run ends");
            let nothing = Case::new(plan(keyed), &csv(target), &csv(target)).run();
            assert_eq!(rebuilt(source, first.closes()), rebuilt(target, &nothing));
            for threads in [1, 3] {
                let phases = Arc::new(Phases::default());
                let watch: Arc<dyn Watch> = phases.clone();
                let again = case.try_run_watched(&watch, &|_| None, |options| {
                    on_disk(options);
                    options.causes = false;
                    options.threads = threads;
                    options.limits.partition_records = 40;
                });
                let again = again.expect("the run ends");
                let what = format!("{name}; key: {keyed}, turned: {is_turned}, {threads} threads");
                assert!(again.lines == first.lines, "{what}:\n{}", again.shown());
                assert_eq!(without_causes(&again).1, without_causes(&first).1, "{what}");
                assert!(phases.are_told_to_their_end(), "{what}");
            }
        }
    }
}

/// Which of many copies are the ones too many, nothing tells: the first ones are told, and all are
/// counted.
#[test]
fn of_very_many_copies_the_first_are_told() {
    const TOLD: usize = 10_000;
    let [left, right] = [TOLD + 50, TOLD + 52].map(|times| group(copies(500, times)));
    let case = Case::new(plan(false), &csv(&left), &csv(&right));
    let first = case.try_run(|options| options.causes = false);
    let first = first.expect("the run ends");
    let [found] = &first.closes().breaks[..] else {
        panic!("{} breaks", first.breaks.len());
    };
    assert_eq!(found.kind, BreakKind::Copies);
    assert_eq!(
        (found.copies.expected, found.copies.actual),
        (TOLD as u64 + 50, TOLD as u64 + 52)
    );
    assert_eq!((found.source.len(), found.target.len()), (TOLD, TOLD));
    assert_eq!(found.difference[0].amount, "10.00");
    let phases = Arc::new(Phases::default());
    let watch: Arc<dyn Watch> = phases.clone();
    let again = case.try_run_watched(&watch, &|_| None, |options| {
        on_disk(options);
        options.causes = false;
        options.limits.partition_records = 2_000;
    });
    let again = again.expect("the run ends");
    assert!(again.lines == first.lines, "{}", again.shown().len());
    assert_eq!(without_causes(&again).1, without_causes(&first).1);
    assert!(phases.are_told_to_their_end());
}

#[test]
fn how_many_differ_decides_what_is_done_and_not_what_was_estimated_of_it() {
    // 1,990 differ, of 2,000 that are held in memory: some estimates say that there are more.
    let book = |is_old: bool| -> String {
        let rows: Vec<(String, Value)> = (0..1_300)
            .map(|n| {
                let memo = if is_old || n >= 995 { "memo" } else { "other" };
                (format!("S{n:05}"), (n * 7, memo.to_owned()))
            })
            .collect();
        csv(&rows)
    };
    for keyed in [true, false] {
        let case = Case::new(plan(keyed), &book(true), &book(false));
        let run = |seed: u8| {
            case.try_run(|options| {
                options.seed = Some(Seed::new([seed; 32]));
                options.sketch = Some(SketchSize::of_bits(6));
                options.limits = Limits {
                    in_memory: 2_000,
                    partition_records: 300,
                    ..Limits::default()
                };
            })
            .expect("the run ends")
        };
        let first = run(0);
        assert_eq!(first.closes().report.agreements[0].breaks.differs, 995);
        for seed in 1..24 {
            let again = run(seed);
            assert_eq!(again.lines, first.lines, "{keyed}, seed {seed}");
            assert_eq!(again.report.agreements, first.report.agreements);
        }
    }
}

/// One file of a book: rows are sorted, and stand in small groups.
fn parquet(rows: impl Iterator<Item = (u64, i64)>) -> Vec<u8> {
    let (mut serials, mut channels, mut amounts, mut days) = (vec![], vec![], vec![], vec![]);
    for (row, amount) in rows {
        serials.push(format!("S{row:06}"));
        channels.push(format!("C{}", row * 31 % 11));
        amounts.push(i128::from(amount));
        days.push(format!("2013-05-{:02}", row / 700 + 1));
    }
    let amounts = Decimal128Array::from(amounts).with_precision_and_scale(18, 2);
    let columns: [(&str, ArrayRef); 4] = [
        ("serial", Arc::new(StringArray::from(serials))),
        ("channel", Arc::new(StringArray::from(channels))),
        ("amount", Arc::new(amounts.expect("a scale"))),
        ("day", Arc::new(StringArray::from(days))),
    ];
    let batch = RecordBatch::try_from_iter(columns).expect("columns of one length");
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(300));
    let mut bytes = Vec::new();
    let writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties.build()));
    let mut writer = writer.expect("a writer");
    writer.write(&batch).expect("memory takes all");
    writer.close().expect("memory takes all");
    bytes
}

/// Which records are off, by row and amount.
type IsBroken = fn(u64, i64) -> bool;

const BROKEN: [IsBroken; 8] = [
    |row, amount| row * 31 % 11 == 3 && amount < 0,
    |row, _| (2_000..2_600).contains(&row),
    |row, _| row % 700 < 9,
    |row, _| row >= 4_000,
    |row, amount| amount < -1_500 || row % 1_000 == 999,
    |row, amount| row * 31 % 11 == 3 && amount < 0 && row % 3 > 0 || row % 97 == 0,
    |row, _| row * row % 89 == 1,
    // They have nothing in common.
    |row, _| row.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 57 == 5,
];

/// Two books of some files, of which the rows are told, and a rule between them.
fn in_files(
    rule: &str,
    is_broken: IsBroken,
    ending: &str,
    files: impl Iterator<Item = Range<u64>>,
    bytes: impl Fn(&mut dyn Iterator<Item = (u64, i64)>) -> Vec<u8>,
) -> Case {
    let case = Case::new("", "", "");
    for file in ["old/flow.csv", "new/posting.csv"] {
        fs::remove_file(case.path().join(file)).expect("it is there");
    }
    for (number, rows) in files.enumerate() {
        let amount = |row: u64| (row * 7_919 % 4_001).cast_signed() - 2_000;
        let off = |row: u64| i64::from(is_broken(row, amount(row)));
        let old = bytes(&mut rows.clone().map(|row| (row, amount(row))));
        let new = bytes(&mut rows.map(|row| (row, amount(row) + off(row))));
        for (book, bytes) in [("old/flow", old), ("new/posting", new)] {
            let path = case.path().join(format!("{book}/{number:02}.{ending}"));
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, bytes).expect("a file");
        }
    }
    case.write("rule.sql", rule);
    case.write(
        "crossfoot.toml",
        &format!(
            "name = \"case\"\ncurrency = \"CNY\"\ntimezone = \"Asia/Shanghai\"\n\
             [source]\nurl = \"old\"\n[source.tables.flow]\nfiles = [\"flow/*.{ending}\"]\n\
             [target]\nurl = \"new\"\n[target.tables.posting]\n\
             files = [\"posting/*.{ending}\"]\n\
             [[agreement]]\nname = \"a\"\nrule = \"rule.sql\"\ntarget = \"posting\"\n\
             key = [\"serial\"]\nmoney = [\"amount\"]\n"
        ),
    );
    case
}

/// Holds what is told after counting in steps against what is told after counting all at once; gives
/// the bytes that counting read and in how many passes, at once and in steps.
fn is_the_same_in_steps(case: &Case, what: &str) -> [(u64, usize); 2] {
    let counted = |from: u64| {
        let phases = Arc::new(Phases::default());
        let watch: Arc<dyn Watch> = phases.clone();
        let in_steps = |options: &mut Options| options.limits.in_steps_from = from;
        let ran = case.try_run_watched(&watch, &|_| None, in_steps);
        let read = (phases.bytes(Work::Common), phases.count(Work::Common));
        (ran.expect("the run ends"), read)
    };
    let ((at_once, read), (in_steps, read_in_steps)) = (counted(u64::MAX), counted(0));
    let common = |ran: &Ran| format!("{:#?}", ran.report.agreements[0].causes);
    assert_eq!(common(&at_once), common(&in_steps), "{what}");
    assert_eq!(at_once.lines, in_steps.lines, "{what}");
    assert!(!at_once.breaks.is_empty(), "{what}");
    [read, read_in_steps]
}

/// What is common to the breaks is told by a count of the whole book, whichever of the conditions
/// are counted first: over books in order, with groups of rows and files that are unlike.
#[test]
fn counting_in_steps_does_not_change_what_is_common() {
    for (number, is_broken) in BROKEN.into_iter().enumerate() {
        for rule in [
            "SELECT serial, channel, amount, day FROM flow",
            "SELECT serial, channel, round_half_up(amount, 2) AS amount, day FROM flow \
             WHERE channel <> 'C9'",
            "SELECT * FROM (SELECT * FROM flow ORDER BY serial LIMIT 5000) AS few",
            "SELECT serial, channel, amount, day FROM (SELECT *, row_number() OVER \
             (PARTITION BY channel ORDER BY serial) AS nth FROM flow) AS numbered WHERE nth > 3",
        ] {
            let files = [0..4_000, 4_000..6_000].into_iter();
            let case = in_files(rule, is_broken, "parquet", files, |rows| parquet(rows));
            is_the_same_in_steps(&case, &format!("{number}: {rule}"));
        }
    }
}

/// Text is counted chunk by chunk: each of these files is one.
#[test]
fn counting_text_in_steps_does_not_change_what_is_common() {
    let text = |rows: &mut dyn Iterator<Item = (u64, i64)>| {
        let mut text = String::from("serial,channel,amount,day\n");
        for (row, amount) in rows {
            let (channel, day) = (row * 31 % 11, row / 700 + 1);
            let amount = cents(amount);
            writeln!(text, "S{row:06},C{channel},{amount},2013-05-{day:02}").expect("a string");
        }
        text.into_bytes()
    };
    for number in [0, 1, 5, 7] {
        for rule in [
            "SELECT serial, channel, money(amount) AS amount, day FROM flow",
            "SELECT serial, channel, money(amount) AS amount, day FROM flow WHERE channel <> 'C9'",
        ] {
            // More records than a sample takes of each.
            let files = (0..20).map(|file| file * 800..(file + 1) * 800);
            let case = in_files(rule, BROKEN[number], "csv", files, text);
            let what = format!("{number}: {rule}");
            let [(bytes, passes), (bytes_in_steps, steps)] = is_the_same_in_steps(&case, &what);
            assert!(steps > passes, "{what}: {steps} steps, {passes} passes");
            // No chunk is read twice.
            assert!(
                bytes_in_steps <= bytes,
                "{what}: {bytes_in_steps} of {bytes} bytes"
            );
        }
    }
}

/// Books of so many files that their pieces are really worked off side by side, rejects among them.
#[test]
fn threads_do_not_change_a_byte_of_books_of_many_pieces() {
    let text = |rows: &mut dyn Iterator<Item = (u64, i64)>| {
        let mut text = String::from("serial,channel,amount,day\n");
        for (row, amount) in rows {
            let (channel, day) = (row * 31 % 11, row / 700 + 1);
            // What is no amount is rejected, on both sides.
            let amount = match row % 401 {
                7 => "none".to_owned(),
                _ => cents(amount),
            };
            writeln!(text, "S{row:06},C{channel},{amount},2013-05-{day:02}").expect("a string");
        }
        text.into_bytes()
    };
    let rule = "SELECT serial, channel, money(amount) AS amount, day FROM flow";
    let sizes = [900, 3, 2_400, 1, 700, 0, 1_500, 40, 1_100, 356];
    let files = sizes.iter().scan(0, |from, size| {
        let rows = *from..*from + size;
        *from += size;
        Some(rows)
    });
    let case = in_files(rule, BROKEN[5], "csv", files, text);
    let posting = "SELECT serial, channel, money(amount) AS amount, day FROM posting";
    let plan = fs::read_to_string(case.path().join("crossfoot.toml")).expect("a plan");
    let plan = plan.replace("target = \"posting\"", &format!("target = \"{posting}\""));
    case.write("crossfoot.toml", &plan);
    let small = Limits {
        in_memory: 0,
        partition_records: 300,
        ..Limits::default()
    };
    for limits in [Limits::default(), small] {
        let mut first: Option<Vec<Vec<u8>>> = None;
        for threads in [1, 2, 7] {
            let ran = case.try_run(|options| {
                options.threads = threads;
                options.limits = limits;
                options.seed = Some(Seed::new([3; 32]));
            });
            let ran = ran.expect("the run ends");
            assert!(ran.breaks.len() > 100, "{} breaks", ran.breaks.len());
            assert!(ran.rejects.len() > 20, "{} rejects", ran.rejects.len());
            let read = |file: &str| fs::read(case.path().join("evidence").join(file));
            let mut bytes: Vec<Vec<u8>> = ["breaks.jsonl", "breaks.parquet", "rejects.jsonl"]
                .map(|file| read(file).expect("it is there"))
                .into();
            bytes.push(format!("{:#?}", ran.report.agreements).into_bytes());
            match &first {
                None => first = Some(bytes),
                Some(first) => assert!(*first == bytes, "{threads} threads, {limits:?}"),
            }
        }
    }
}

/// A table of a database is counted range by range of its key.
#[test]
fn counting_a_database_in_steps_does_not_change_what_is_common() {
    // Wide records, so that few of them are a range.
    let wide: String = (0..60).fold(String::new(), |all, n| format!("{all}, w{n} TEXT"));
    for number in [0, 1, 5, 7] {
        let is_broken = BROKEN[number];
        let case = Case::new("", "", "");
        case.write(
            "crossfoot.toml",
            "name = \"case\"\ncurrency = \"CNY\"\n[source]\nurl = \"sqlite://old.db\"\n\
             [target]\nurl = \"sqlite://new.db\"\n[[agreement]]\nname = \"a\"\n\
             rule = \"SELECT id, channel, amount FROM flow\"\n\
             target = \"SELECT id, channel, amount FROM flow\"\n\
             key = [\"id\"]\nmoney = [\"amount\"]\n",
        );
        for (name, off) in [("old.db", 0), ("new.db", 1)] {
            let mut file =
                rusqlite::Connection::open(case.path().join(name)).expect("a file is made");
            let table = format!(
                "CREATE TABLE flow (id INTEGER PRIMARY KEY, channel TEXT, amount DECIMAL(18,2){wide})"
            );
            file.execute_batch(&table).expect("a table");
            let all = file.transaction().expect("a transaction");
            let mut insert = all
                .prepare("INSERT INTO flow (id, channel, amount) VALUES (?1, ?2, ?3)")
                .expect("a statement");
            for row in 0..60_000_u64 {
                let amount = (row * 7_919 % 4_001).cast_signed() - 2_000;
                let off = off * i64::from(is_broken(row, amount));
                let channel = format!("C{}", row * 31 % 11);
                let values = (row.cast_signed(), channel, amount + off);
                insert.execute(values).expect("a record");
            }
            drop(insert);
            all.commit().expect("committed");
        }
        let plan = rules::plan::read(&case.path().join("crossfoot.toml")).expect("a good plan");
        let prepared = reconcile::prepare(plan, 1, &|_| None).expect("good books");
        let book = prepared.session.book(rules::sql::Which::Source);
        let ranges = book.table("flow").expect("a table").chunks().len();
        assert!(ranges >= 16, "{ranges} ranges");
        let [(_, passes), (_, steps)] = is_the_same_in_steps(&case, &format!("{number}"));
        // A stretch of rows is settled by a first pass over their numbers alone.
        if number == 0 {
            assert!(steps > passes, "{steps} steps, {passes} passes");
        }
    }
}

/// Keeps what a run tells of its work.
#[derive(Default)]
struct Phases(Mutex<Vec<Phase>>);

impl Watch for Phases {
    fn begin(&self, phase: Phase) {
        self.0.lock().expect("no panic before").push(phase);
    }

    fn say(&self, _: &str) {}

    fn is_stopped(&self) -> bool {
        false
    }
}

impl Phases {
    /// How often some work began.
    fn count(&self, work: Work) -> usize {
        let phases = self.0.lock().expect("no panic before");
        phases.iter().filter(|phase| phase.work == work).count()
    }

    /// Whether as many records were told as were to be.
    fn are_told_to_their_end(&self) -> bool {
        let phases = self.0.lock().expect("no panic before");
        let mut telling = phases.iter().filter(|phase| phase.work == Work::Tell);
        telling.all(|phase| phase.bytes == Some(phase.meter.bytes.load(Ordering::Relaxed)))
    }

    /// Bytes that some work has read.
    fn bytes(&self, work: Work) -> u64 {
        let phases = self.0.lock().expect("no panic before");
        let own = phases.iter().filter(|phase| phase.work == work);
        own.map(|phase| phase.meter.bytes.load(Ordering::Relaxed))
            .sum()
    }
}

/// What takes the longest where very many differ is told as work of its own, to its end.
#[test]
fn telling_the_breaks_is_counted_to_its_end() {
    let book = |add: i64| -> String {
        let rows: Vec<(String, Value)> = (0..5_000)
            .map(|n| (format!("S{n:05}"), (n * 7 + add, String::new())))
            .collect();
        csv(&rows)
    };
    let case = Case::new(plan(true), &book(0), &book(1));
    for in_memory in [0, 400_000] {
        for causes in [true, false] {
            let phases = Arc::new(Phases::default());
            let watch: Arc<dyn Watch> = phases.clone();
            let ran = case.try_run_watched(&watch, &|_| None, |options| {
                options.causes = causes;
                options.limits = Limits {
                    in_memory,
                    partition_records: 900,
                    ..Limits::default()
                };
            });
            ran.expect("the run ends");
            let phases = phases.0.lock().expect("no panic before");
            let telling = phases.iter().filter(|phase| phase.work == Work::Tell);
            let [telling] = telling.collect::<Vec<_>>()[..] else {
                panic!("it is told once");
            };
            let meter = &telling.meter;
            assert_eq!(meter.rows.load(Ordering::Relaxed), 5_000);
            let done = meter.bytes.load(Ordering::Relaxed);
            assert_eq!(Some(done), telling.bytes, "{in_memory}, {causes}");
        }
    }
}

/// Where records lie in no order no statistics tell where a key is, and the second look must not read
/// all keys again for a few. It still finds whatever belongs to a wanted key, wherever it lies.
#[test]
fn the_second_look_reads_only_chunks_in_which_a_wanted_key_may_be() {
    const ROWS: u64 = 12_000;
    let shuffled = |at: u64| at * 7_919 % ROWS;
    let amount = |row: u64| (row * 31 % 4_001).cast_signed();
    let old = parquet((0..ROWS).map(|at| (shuffled(at), amount(shuffled(at)))));
    // One record is off, one is missing, and one is there twice, far from itself.
    let rest = (0..ROWS).map(|at| shuffled(at * 7 % ROWS));
    let new = rest
        .filter(|row| *row != 9)
        .map(|row| (row, amount(row) + i64::from(row == 5)));
    let new = parquet(new.chain([(11_111, amount(11_111))]));
    let case = Case::new(
        "[[agreement]]\nname = \"a\"\nrule = \"flow\"\ntarget = \"posting\"\n\
         key = [\"serial\"]\nmoney = [\"amount\"]\n",
        "",
        "",
    );
    for (path, bytes) in [("old/flow", &old), ("new/posting", &new)] {
        fs::remove_file(case.path().join(format!("{path}.csv"))).expect("it is there");
        fs::write(case.path().join(format!("{path}.parquet")), bytes).expect("a file");
    }
    let phases = Arc::new(Phases::default());
    let watch: Arc<dyn Watch> = phases.clone();
    let ran = case
        .try_run_watched(&watch, &|_| None, |_| ())
        .expect("the run ends");
    let shown = ran.closes().shown();
    let found: Vec<String> = shown
        .lines()
        .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        found,
        ["differs S000005", "missing S000009", "copies S011111"],
        "{shown}"
    );
    let (fold, locate) = (phases.bytes(Work::Fold), phases.bytes(Work::Locate));
    assert!(
        locate > 0 && locate * 4 < fold,
        "{locate} of {fold} bytes were read again"
    );
}

/// What lies in a database is read once to be added up and digested, and its digest is that of a reading
/// for it alone.
#[test]
fn a_table_in_a_database_is_digested_while_it_is_folded() {
    let case = Case::new("", "", "");
    let agreement = |fold: &str| {
        format!(
            "name = \"case\"\ncurrency = \"CNY\"\n[source]\nurl = \"sqlite://old.db\"\n\
             [target]\nurl = \"sqlite://new.db\"\n[[agreement]]\nname = \"a\"\n\
             rule = \"SELECT id, amount FROM flow WHERE id > 10\"\ntarget = \"posting\"\n\
             key = [\"id\"]\nmoney = [\"amount\"]\n{fold}"
        )
    };
    let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000)";
    for (name, sql) in [
        (
            "old.db",
            format!(
                "CREATE TABLE flow (id INTEGER PRIMARY KEY, amount DECIMAL(18,2), memo TEXT);
                 INSERT INTO flow {numbers} SELECT i, i, 'memo ' || i FROM n;"
            ),
        ),
        (
            "new.db",
            format!(
                "CREATE TABLE posting (id INTEGER PRIMARY KEY, amount DECIMAL(18,2));
                 INSERT INTO posting {numbers} SELECT i, i FROM n WHERE i > 10;
                 UPDATE posting SET amount = 1 WHERE id = 77;"
            ),
        ),
    ] {
        let file = rusqlite::Connection::open(case.path().join(name)).expect("a file");
        file.execute_batch(&sql).expect("tables");
    }
    let plan = case.path().join("crossfoot.toml");
    let digests = || {
        let plan = rules::plan::read(&plan).expect("a good plan");
        let prepared = reconcile::prepare(plan, 1, &|_| None).expect("good books");
        let sides = [rules::sql::Which::Source, rules::sql::Which::Target];
        let tables = sides.map(|which| prepared.session.book(which).tables());
        let tables: Vec<&books::Table> = tables.into_iter().flatten().map(|one| &**one).collect();
        let digests = books::digest_tables(&tables, 2, &books::Meter::default(), &|| false);
        let digests = digests.expect("tables that can be read").into_iter();
        digests
            .flatten()
            .map(|one| one.blake3)
            .collect::<Vec<String>>()
    };
    // A fold that leaves it to the server reads no table whole here, and SQLite is no server.
    for (fold, is_digested_apart) in [("", false), ("fold = \"push\"\n", true)] {
        fs::write(&plan, agreement(fold)).expect("a file");
        let phases = Arc::new(Phases::default());
        let watch: Arc<dyn Watch> = phases.clone();
        let ran = case
            .try_run_watched(&watch, &|_| None, |_| ())
            .expect("the run ends");
        assert_eq!(ran.closes().breaks.len(), 1);
        let manifest = fs::read(case.path().join("evidence/manifest.json")).expect("a manifest");
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).expect("JSON");
        let inputs = manifest["inputs"].as_array().expect("what was read");
        let told: Vec<&str> = inputs
            .iter()
            .filter_map(|one| one["blake3"].as_str())
            .collect();
        assert_eq!(told, digests(), "{fold}");
        let is_begun = phases
            .0
            .lock()
            .expect("no panic before")
            .iter()
            .any(|phase| phase.work == Work::Digest);
        assert_eq!(is_begun, is_digested_apart, "{fold}");
    }
}
