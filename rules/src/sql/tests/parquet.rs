//! Books of Parquet: typed columns, row groups that the second look passes over.

use std::fs::File;
use std::sync::atomic::{AtomicUsize, Ordering};

use ::parquet::arrow::ArrowWriter;
use ::parquet::file::properties::WriterProperties;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{
    ArrayRef, BooleanArray, Decimal128Array, Int64Array, StringArray, TimestampMicrosecondArray,
};

use super::*;
use crate::sql::corrections::Half;
use crate::sql::{KeyTest, Probe, Wanted};

/// 40 records in four row groups: ids 1 to 40, amounts of as many cents.
fn books() -> (TempDir, Session) {
    let folder = TempDir::new().expect("a temporary folder");
    write(folder.path(), "source/flow.parquet", &records());
    let session = open_with(folder.path(), settings());
    (folder, session)
}

fn records() -> RecordBatch {
    let ids = Int64Array::from_iter_values(1..=40);
    let amounts = Decimal128Array::from_iter_values(1..=40);
    let amounts = amounts
        .with_precision_and_scale(18, 2)
        .expect("two decimals");
    let times = TimestampMicrosecondArray::from_iter_values((1..=40).map(|n| n * 3_600_000_000));
    let names: StringArray = (1..=40)
        .map(|n| (n % 7 != 0).then(|| format!("name {n}")))
        .collect();
    RecordBatch::try_from_iter([
        ("id", Arc::new(ids) as ArrayRef),
        ("amount", Arc::new(amounts)),
        ("at", Arc::new(times)),
        ("name", Arc::new(names)),
    ])
    .expect("a batch")
}

fn write(folder: &Path, name: &str, records: &RecordBatch) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("a side")).expect("a folder");
    let file = File::create(path).expect("a file");
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(10))
        .build();
    let mut writer =
        ArrowWriter::try_new(file, records.schema(), Some(properties)).expect("a writer");
    writer.write(records).expect("a written batch");
    writer.close().expect("a closed file");
}

fn run(session: &Session, sql: &str, run: &Run) -> String {
    let side = session
        .side(Which::Source, sql, &[])
        .expect("a sound query");
    collect(&side, run).expect("a run")
}

#[test]
fn types_stay_as_they_are() {
    let (_folder, session) = books();
    let side = session.side(Which::Source, "flow", &[]).expect("a table");
    let types: Vec<String> = side
        .schema()
        .fields()
        .iter()
        .map(|field| field.data_type().to_string())
        .collect();
    assert_eq!(types[0], "Int64");
    assert!(types[1].starts_with("Decimal"), "{types:?}");
    assert_eq!(side.check_money(&["amount".to_owned()]), []);
    let sql = "SELECT id, money(amount) AS m, local_time(at, 'Asia/Shanghai') AS t, minor(amount) AS u FROM flow WHERE id = 1";
    assert_eq!(
        run(&session, sql, &Run::new(2)),
        "1|0.01|1969-12-31T17:00:00Z|1"
    );
    let sql = "SELECT control_total(amount) AS t, control_total(id) AS n FROM flow";
    assert_eq!(run(&session, sql, &Run::new(2)), "8.20|820");
    let sql = "SELECT id, amount * 0.006 AS fee, round_half_up(amount / 3, 2) AS third FROM flow WHERE id = 40";
    assert_eq!(run(&session, sql, &Run::new(2)), "40|0.00240|0.13");
}

/// Wants one id, and counts the records that it is shown.
#[derive(Debug)]
struct One {
    id: i64,
    shown: AtomicUsize,
}

impl KeyTest for One {
    fn keep(&self, key_columns: &[ArrayRef]) -> Result<BooleanArray, String> {
        let ids = key_columns[0].as_primitive::<Int64Type>();
        self.shown.fetch_add(ids.len(), Ordering::Relaxed);
        Ok(ids.iter().map(|id| Some(id == Some(self.id))).collect())
    }

    fn may_contain(&self, column: usize, min: &ArrayRef, max: &ArrayRef) -> bool {
        assert_eq!(column, 0);
        let bound = |array: &ArrayRef| array.as_primitive::<Int64Type>().value(0);
        (bound(min)..=bound(max)).contains(&self.id)
    }
}

#[test]
fn the_second_look_passes_over_row_groups() {
    let (_folder, session) = books();
    let test = Arc::new(One {
        id: 23,
        shown: AtomicUsize::new(0),
    });
    let probed = Run {
        lineage: true,
        probe: Some(Probe {
            columns: vec!["voucher".to_owned()],
            test: Arc::clone(&test) as Arc<dyn KeyTest>,
        }),
        ..Run::new(2)
    };
    let sql = "SELECT id AS voucher, money(amount) AS m FROM flow WHERE name IS NOT NULL";
    assert_eq!(
        run(&session, sql, &probed),
        "23|0.23|23|0.23|1970-01-01T23:00:00|name 23|flow.parquet|23"
    );
    assert_eq!(
        test.shown.load(Ordering::Relaxed),
        10,
        "one row group of four"
    );
}

#[test]
fn values_are_found_in_the_type_of_their_column() {
    let (_folder, session) = books();
    let text = |value: &str| Some(value.to_owned());
    let wanted = Wanted {
        columns: vec!["id".to_owned(), "amount".to_owned()],
        values: vec![
            vec![text("7"), text("0.070")],
            vec![text("8"), text("0.09")],
            vec![text("nine"), text("0.09")],
        ],
    };
    let found = session
        .fetch(Which::Source, "flow", &wanted)
        .expect("a table");
    assert_eq!(
        found
            .iter()
            .map(|found| (found.wanted, found.record.row))
            .collect::<Vec<_>>(),
        [(0, 7)]
    );
    assert_eq!(found[0].record.record[3], ("name".to_owned(), None));
}

#[test]
fn text_and_numbers_do_not_join() {
    let (_folder, session) = books();
    let sql = "SELECT f.id FROM flow f JOIN flow g ON f.id = g.name";
    let errors = session
        .side(Which::Source, sql, &[])
        .expect_err("a mistake");
    assert!(
        errors[0].message.starts_with("text meets a number here"),
        "{errors:?}"
    );
}

#[test]
fn small_decimals_come_in_64_bits_from_a_plain_table_only() {
    let (_folder, session) = books();
    let of_amounts = |sql: &str, narrow: bool| {
        let side = session.side(Which::Source, sql, &[]).expect("a query");
        let run = Run {
            narrow_decimals: narrow,
            ..Run::new(2)
        };
        let batches = wait(async {
            let streams = side.run(&run).await?;
            gather(streams).await
        });
        let batches: Vec<RecordBatch> = batches.expect("a run");
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        assert_eq!(rows, 40);
        let column = batches[0].column_by_name("amount").expect("amounts");
        column.data_type().to_string()
    };
    assert_eq!(of_amounts("flow", true), "Decimal64(18, 2)");
    assert_eq!(of_amounts("flow", false), "Decimal128(18, 2)");
    let sum = "SELECT id, amount + amount AS amount FROM flow";
    assert_eq!(of_amounts(sum, true), of_amounts(sum, false));
    let some = "SELECT amount FROM flow WHERE amount > 0";
    assert_eq!(of_amounts(some, true), "Decimal128(18, 2)");
}

/// The records of some ids as entries: taken out, and one of them put in again as another.
fn entries(ids: &[usize], rebooked: usize) -> RecordBatch {
    let records = records();
    let taken = ids.iter().map(|id| records.slice(id - 1, 1));
    let parts: Vec<RecordBatch> = taken.chain([records.slice(rebooked - 1, 1)]).collect();
    let parts = arrow_select::concat::concat_batches(&records.schema(), &parts).expect("parts");
    let words = ids.iter().map(|_| "REVERSAL").chain(["REBOOKING"]);
    let kinds: ArrayRef = Arc::new(StringArray::from_iter_values(words));
    let names = records.schema();
    let own = names.fields().iter().map(|field| field.name().clone());
    let columns = own.zip(parts.columns().iter().cloned()).chain([
        ("_entry".to_owned(), Arc::clone(&kinds)),
        ("_cause".to_owned(), Arc::clone(&kinds)),
        ("_reason".to_owned(), kinds),
    ]);
    RecordBatch::try_from_iter(columns).expect("entries")
}

/// The same with ids that are text.
fn texted(records: &RecordBatch) -> RecordBatch {
    let ids = records
        .column(0)
        .as_primitive::<Int64Type>()
        .values()
        .iter();
    let ids = StringArray::from_iter_values(ids.map(|id| format!("{id:02}")));
    let names = records.schema();
    let names = names.fields().iter().map(|field| field.name().clone());
    let mut columns = records.columns().to_vec();
    columns[0] = Arc::new(ids);
    RecordBatch::try_from_iter(names.zip(columns)).expect("records")
}

/// The same records dealt out, so that every group of rows has ids from all over.
fn dealt(records: &RecordBatch) -> RecordBatch {
    let parts = (0..40).map(|row| records.slice(row * 11 % 40, 1));
    let parts: Vec<RecordBatch> = parts.collect();
    arrow_select::concat::concat_batches(&records.schema(), &parts).expect("records")
}

/// Holds that the table is read without some ids and with another 7, every group of rows once, and
/// that so many of the groups are held against the entries: where ids are in order, and dealt out.
fn check_corrected(entries: &RecordBatch, taken: &[usize], held: [usize; 2]) {
    for (records, held) in [records(), dealt(&records())].iter().zip(held) {
        check_table(records, entries, taken, held);
        check_table(&texted(records), &texted(entries), taken, held);
    }
}

fn check_table(records: &RecordBatch, entries: &RecordBatch, taken: &[usize], held: usize) {
    let folder = TempDir::new().expect("a temporary folder");
    write(folder.path(), "target/flow.parquet", records);
    write(folder.path(), "target/flow.corrections.parquet", entries);
    let session = open_with(folder.path(), settings());
    let side = session.side(Which::Target, "SELECT id FROM flow", &[]);
    let side = side.expect("a sound query");
    let mut left: Vec<usize> = (1..=40).filter(|id| !taken.contains(id)).collect();
    left.push(7);
    left.sort_unstable();
    for run in [Run::new(1), Run::new(3), keeping()] {
        let found = batches(&side, &run).expect("a run");
        let own = |batch: &RecordBatch| lines(&batch.project(&[0]).expect("one column"));
        let ids = found.iter().flat_map(own);
        let mut ids: Vec<usize> = ids.map(|id| id.parse().expect("an id")).collect();
        ids.sort_unstable();
        assert_eq!(ids, left);
        let read = run.log.chunks();
        let of_flow = read.iter().filter(|chunk| chunk.table == "flow");
        let read: Vec<(u64, u64)> = of_flow.map(|chunk| (chunk.reads, chunk.rows)).collect();
        assert_eq!(read, [(1, 10); 4]);
    }
    let parts = session.parts_of("flow").expect("it is corrected");
    assert_eq!(parts.chunks(Half::Touched).len(), held);
    let plan = wait(side.explain(&Run::new(1))).expect("a plan");
    let scans = |columns: &str| {
        plan.matches(&format!("Scan: target.flow [{columns}]"))
            .count()
    };
    assert_eq!(
        (scans("id, amount, at, name"), scans("id")),
        (1, 1),
        "{plan}"
    );
}

#[test]
fn only_what_may_hold_a_reversed_record_is_held_against_the_entries() {
    // 28 has no name. Dealt out, these are of three groups.
    check_corrected(&entries(&[23, 28], 7), &[23, 28], [1, 2]);
    check_corrected(&entries(&[4, 23, 28], 7), &[4, 23, 28], [2, 3]);
    // Another record than any that is there, by its id, and by the rest of it.
    let other = entries(&[40], 7);
    let mut columns = other.columns().to_vec();
    columns[0] = Arc::new(Int64Array::from(vec![99, 7]));
    let by_id = RecordBatch::try_new(other.schema(), columns).expect("entries");
    check_corrected(&by_id, &[], [0, 0]);
    let mut columns = other.columns().to_vec();
    columns[0] = Arc::new(Int64Array::from(vec![39, 7]));
    let by_others = RecordBatch::try_new(other.schema(), columns).expect("entries");
    check_corrected(&by_others, &[], [1, 0]);
}
