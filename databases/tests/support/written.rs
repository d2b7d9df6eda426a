//! What is written is read back as it was: the same records into every kind of database.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Decimal256Array,
    Float32Array, Float64Array, Int8Array, Int16Array, Int64Array, RecordBatch, StringArray,
    Time64NanosecondArray, TimestampMicrosecondArray, TimestampMillisecondArray, UInt32Array,
    UInt64Array,
};
use arrow_buffer::i256;
use arrow_cast::cast;
use arrow_schema::{DataType, Field, Schema};
use databases::{Address, Database, DatabaseError, Destination, Writer};

/// A batch whose columns hold what is hardest to keep, three records of it and one of NULLs.
#[expect(
    clippy::too_many_lines,
    reason = "a column is a few lines, and there are many"
)]
fn batch() -> RecordBatch {
    let decimal = |units: [i128; 3], precision, scale| -> ArrayRef {
        let array =
            Decimal128Array::from(vec![Some(units[0]), Some(units[1]), Some(units[2]), None]);
        Arc::new(
            array
                .with_precision_and_scale(precision, scale)
                .expect("it fits"),
        )
    };
    let nines = i256::from_string(&"9".repeat(60)).expect("a number");
    let wide = Decimal256Array::from(vec![Some(nines), Some(-nines), Some(i256::ZERO), None]);
    let some = [Some(0), Some(1), Some(2), None];
    let micros = [
        -62_135_596_800_000_000,
        1_369_612_800_123_456,
        253_402_300_799_999_999,
    ];
    let columns: Vec<(&str, ArrayRef)> = vec![
        (
            "id",
            Arc::new(StringArray::from(vec!["a", "A", "a ", "瑞"])),
        ),
        (
            "flag",
            Arc::new(BooleanArray::from(vec![
                Some(true),
                Some(false),
                Some(true),
                None,
            ])),
        ),
        (
            "tiny",
            Arc::new(Int8Array::from(vec![
                Some(i8::MIN),
                Some(i8::MAX),
                Some(0),
                None,
            ])),
        ),
        (
            "count",
            Arc::new(UInt32Array::from(vec![
                Some(0),
                Some(u32::MAX),
                Some(7),
                None,
            ])),
        ),
        (
            "fen",
            Arc::new(Int64Array::from(vec![
                Some(i64::MIN),
                Some(i64::MAX),
                Some(-1),
                None,
            ])),
        ),
        (
            "serial",
            Arc::new(UInt64Array::from(vec![
                Some(0),
                Some(1 << 63),
                Some(u64::MAX),
                None,
            ])),
        ),
        ("yuan", decimal([999_999_999_999_999, -1, 100], 18, 2)),
        (
            "long",
            decimal([10_i128.pow(38) - 1, 1 - 10_i128.pow(38), 5], 38, 6),
        ),
        (
            "wide",
            Arc::new(wide.with_precision_and_scale(60, 10).expect("it fits")),
        ),
        (
            "rate",
            Arc::new(Float64Array::from(vec![
                Some(0.1),
                Some(-1e300),
                Some(5e-324),
                None,
            ])),
        ),
        (
            "ratio",
            Arc::new(Float32Array::from(vec![
                Some(0.1),
                Some(f32::MAX),
                Some(0.0),
                None,
            ])),
        ),
        (
            "memo",
            Arc::new(StringArray::from(vec![
                Some("it's\ta \\N \"line\"\r\n瑞信😀; --"),
                Some(""),
                Some(" \\. "),
                None,
            ])),
        ),
        (
            "seal",
            Arc::new(BinaryArray::from(vec![
                Some(&b"\x00\xff'\\"[..]),
                Some(b""),
                Some(b"\n"),
                None,
            ])),
        ),
        (
            "day",
            Arc::new(Date32Array::from(vec![
                Some(-719_162),
                Some(11_016),
                Some(2_932_896),
                None,
            ])),
        ),
        (
            "clock",
            Arc::new(Time64NanosecondArray::from(
                some.map(|one| one.map(|one: i64| one * 43_199_999_999_000))
                    .to_vec(),
            )),
        ),
        (
            "at",
            Arc::new(TimestampMicrosecondArray::from(vec![
                Some(micros[0]),
                Some(micros[1]),
                Some(micros[2]),
                None,
            ])),
        ),
        (
            "instant",
            Arc::new(
                TimestampMillisecondArray::from(vec![
                    Some(1_000),
                    Some(1_369_612_800_123),
                    Some(2_147_483_647_000),
                    None,
                ])
                .with_timezone("+00:00"),
            ),
        ),
    ];
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, array)| Field::new(*name, array.data_type().clone(), true))
        .collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).expect("a batch")
}

/// Writes into a table that is made for it, all but some columns, and reads it back; gives the
/// columns that the database has no type for, and why.
pub(crate) fn check(url: &str, folder: &Path, without: &[&str]) -> String {
    let address = Address::parse(url, folder).expect("an address");
    let key = ["id".to_owned()];
    let mut writer = Writer::open(&address).expect("it opens");
    let all = batch();
    let unfit = writer.types(&all.schema(), &key).err().unwrap_or_default();
    let told: Vec<String> = unfit
        .iter()
        .map(|one| format!("{one}; {}", one.mend))
        .collect();
    let is_kept = |at: &usize| {
        let schema = all.schema();
        let name = schema.field(*at).name();
        !unfit.iter().any(|one| one.column == *name) && !without.contains(&name.as_str())
    };
    let kept: Vec<usize> = (0..all.num_columns()).filter(is_kept).collect();
    let written = all.project(&kept).expect("columns");
    writer
        .create("crossfoot_convert_t", &written.schema(), &key)
        .expect("made");
    let made = writer
        .table("crossfoot_convert_t")
        .expect("asked")
        .expect("it is there");
    let into = writer
        .destination(&made, &written.schema())
        .expect("it fits");

    // What is rolled back is not there.
    let append = |writer: &mut Writer, batch: &RecordBatch| -> Result<u64, DatabaseError> {
        let mut halves = [batch.slice(0, 2), batch.slice(2, batch.num_rows() - 2)].into_iter();
        writer.append(&into, &mut || halves.next())
    };
    writer.begin().expect("begun");
    assert_eq!(append(&mut writer, &written).expect("written"), 4);
    writer.roll_back().expect("rolled back");
    assert!(writer.is_empty("crossfoot_convert_t").expect("asked"));

    writer.prepare_documents().expect("made");
    writer.begin().expect("begun");
    assert_eq!(append(&mut writer, &written).expect("written"), 4);
    writer.put("it's", "{\"a\\b\": '瑞'}\n").expect("put");
    writer.commit().expect("committed");
    assert_eq!(
        writer.get("it's").expect("got").as_deref(),
        Some("{\"a\\b\": '瑞'}\n")
    );
    assert_eq!(writer.get("its").expect("got"), None);
    assert_eq!(writer.documents("it").expect("listed").len(), 1);
    assert_eq!(writer.documents("_t").expect("listed").len(), 0);

    writer
        .finish_table("crossfoot_convert_t", "t", &key)
        .expect("keyed");
    writer
        .finish_table("crossfoot_convert_t", "t", &key)
        .expect("it has a key");
    writer
        .rename(&[("crossfoot_convert_t".to_owned(), "t".to_owned())])
        .expect("renamed");
    assert_eq!(writer.count("t").expect("counted"), 4);
    drop(writer);

    let database = Database::open(&address, 2).expect("it opens");
    let names: Vec<&str> = database
        .tables()
        .iter()
        .map(|table| table.name.as_str())
        .collect();
    assert_eq!(
        names,
        ["t"],
        "what a conversion keeps for itself is not shown"
    );
    let columns: Vec<usize> = (0..kept.len()).collect();
    let ranges = database.cut(0, 10).expect("cut");
    assert_eq!(ranges.len(), 1);
    let mut read = database.read(0, &ranges[0], &columns, 10);
    let read = read.next().expect("one batch").expect("read");
    // In the order of the key, whatever the database takes for it.
    let ids = read.column(0).clone();
    let place = |id: &str| {
        let ids = cast(&ids, &DataType::Utf8).expect("text");
        let ids = ids
            .as_any()
            .downcast_ref::<StringArray>()
            .expect("text")
            .clone();
        (0..ids.len())
            .find(|row| ids.value(*row) == id)
            .expect("every key is there")
    };
    for (row, id) in ["a", "A", "a ", "瑞"].into_iter().enumerate() {
        for (at, array) in written.columns().iter().enumerate() {
            let back = cast(&read.column(at).slice(place(id), 1), array.data_type());
            let name = written.schema().field(at).name().clone();
            assert_eq!(
                *back.expect("of its kind"),
                *array.slice(row, 1),
                "{name}, {id:?}"
            );
        }
    }
    told.join("\n")
}

/// What is said of records that a table that is there does not take; its columns are `id`, a whole
/// number that is its key, `amount` of 18 digits and 2 places, and `memo` of 5 characters at most.
pub(crate) fn refusals(url: &str, folder: &Path) -> String {
    let address = Address::parse(url, folder).expect("an address");
    let mut writer = Writer::open(&address).expect("it opens");
    let table = writer.table("ledger").expect("asked").expect("it is there");
    let record = |id: Option<i64>, units: i128, scale: i8, memo: &str| {
        let amount = Decimal128Array::from(vec![units]).with_precision_and_scale(38, scale);
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("id", Arc::new(Int64Array::from(vec![id]))),
            ("amount", Arc::new(amount.expect("it fits"))),
            ("memo", Arc::new(StringArray::from(vec![memo]))),
        ];
        let fields: Vec<Field> = columns
            .iter()
            .map(|(name, array)| Field::new(*name, array.data_type().clone(), true))
            .collect();
        let arrays = columns.into_iter().map(|(_, array)| array).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).expect("a batch")
    };
    let mut said = Vec::new();
    for batch in [
        record(Some(1), 100, 2, "good"),
        record(Some(2), 12_345, 4, "places"),
        record(Some(3), 10_i128.pow(20), 2, "long"),
        record(None, 1, 2, "NULL"),
        record(Some(5), 1, 2, "too much"),
        record(Some(1), 1, 2, "again"),
        record(Some(7), 1, 2, "a\0b"),
    ] {
        let into = writer
            .destination(&table, &batch.schema())
            .expect("it fits");
        said.push(match appended(&mut writer, &into, batch) {
            Ok(rows) => format!("{rows} written"),
            Err(error) => error.to_string(),
        });
    }
    said.push(format!("{} held", writer.count("ledger").expect("counted")));
    said.join("\n")
}

/// Appends a batch in a transaction, of which nothing stays when it is refused.
fn appended(
    writer: &mut Writer,
    into: &Destination,
    batch: RecordBatch,
) -> Result<u64, DatabaseError> {
    let mut once = Some(batch);
    writer.begin().expect("begun");
    let appended = writer.append(into, &mut || once.take());
    match appended {
        Ok(_) => writer.commit().expect("committed"),
        Err(_) => writer.roll_back().expect("rolled back"),
    }
    appended
}

/// Values that some servers would cut, round or respell, each with the column that it is for.
fn delicate() -> Vec<(&'static str, ArrayRef)> {
    let text = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text])) };
    let stamp = |micros: i64| -> ArrayRef {
        Arc::new(TimestampMicrosecondArray::from(vec![
            1_369_612_800_000_000 + micros,
        ]))
    };
    let time = |nanos: i64| -> ArrayRef { Arc::new(Time64NanosecondArray::from(vec![nanos])) };
    let year = |year: i16| -> ArrayRef { Arc::new(Int16Array::from(vec![year])) };
    let bytes = |bytes: &[u8]| -> ArrayRef { Arc::new(BinaryArray::from(vec![bytes])) };
    let uid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
    vec![
        ("second", stamp(0)),
        ("second", stamp(500_000)),
        ("milli", time(43_199_999_000_000)),
        ("milli", time(43_199_999_999_000)),
        ("fixed", text("ab")),
        ("fixed", text("ab ")),
        ("fixed", text("abcdef")),
        ("short", text("ab    ")),
        ("short", text("ab     ")),
        ("short", text("瑞信宝瑞信宝")),
        ("uid", text(uid)),
        ("uid", text(&uid.to_uppercase())),
        ("label", text("A")),
        ("label", text("a")),
        ("clock", text("10:11:12")),
        ("clock", text("10:11")),
        ("founded", year(2013)),
        ("founded", year(13)),
        ("raw", bytes(b"ab")),
        ("raw", bytes(b"a")),
        ("doc", text("{ \"b\": 1, \"a\":2 }")),
        ("terms", text("a")),
        ("loose", text("1.50")),
        ("list", text("{a,b}")),
        ("span", text("P1D")),
        ("addr", text("::1")),
        ("rate", Arc::new(Float64Array::from(vec![0.125]))),
    ]
}

/// What becomes of delicate values in the table `kept`, which is there, as far as it has columns
/// for them beside `id`. What is written must be read back as it was.
pub(crate) fn in_place(url: &str, folder: &Path) -> String {
    let address = Address::parse(url, folder).expect("an address");
    let mut writer = Writer::open(&address).expect("it opens");
    let table = writer.table("kept").expect("asked").expect("it is there");
    let mut said = Vec::new();
    let mut kept = Vec::new();
    for (id, (name, array)) in (0_i64..).zip(delicate()) {
        if !table.columns.iter().any(|column| column.name == name) {
            continue;
        }
        let fields = vec![
            Field::new("id", DataType::Int64, false),
            Field::new(name, array.data_type().clone(), true),
        ];
        let ids: ArrayRef = Arc::new(Int64Array::from(vec![id]));
        let arrays = vec![ids, Arc::clone(&array)];
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).expect("a batch");
        let into = match writer.destination(&table, &batch.schema()) {
            Ok(into) => into,
            Err(unfit) => {
                said.extend(unfit.iter().map(|one| format!("{one}; {}", one.mend)));
                continue;
            }
        };
        match appended(&mut writer, &into, batch) {
            Ok(_) => {
                said.push(format!("{name}: written"));
                kept.push((id, name, array));
            }
            Err(error) => said.push(error.to_string()),
        }
    }
    drop(writer);

    let database = Database::open(&address, 1).expect("it opens");
    let mut tables = database.tables().iter();
    let at = tables.position(|table| table.name == "kept");
    let at = at.expect("it is there");
    let columns: Vec<usize> = (0..table.columns.len()).collect();
    let ranges = database.cut(at, 1_000).expect("cut");
    let mut read = database.read(at, &ranges[0], &columns, 1_000);
    let read = read.next().expect("one batch").expect("read");
    let ids = read.column_by_name("id").expect("it has a key");
    let ids = cast(ids, &DataType::Int64).expect("a number");
    let ids = ids.as_any().downcast_ref::<Int64Array>().expect("a number");
    assert_eq!(ids.len(), kept.len());
    for (id, name, array) in kept {
        let row = (0..ids.len()).find(|row| ids.value(*row) == id);
        let back = read.column_by_name(name).expect("it is there");
        let back = back.slice(row.expect("it was written"), 1);
        let back = cast(&back, array.data_type()).expect("of its kind");
        assert_eq!(*back, *array, "{name}, {id}");
    }
    said.join("\n")
}
