use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use arrow_schema::{DataType, Field, Schema};
use ruixin_faults::{Cause, FaultError, Order, Planted, plant, write_truth};
use tempfile::TempDir;

use crate::table::{self, Record, bytes, read, row_groups, schema};

const COUNT: u32 = 4;

fn table_of(schema: &Schema) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    table::write(folder.path(), schema).unwrap();
    folder
}

fn order(cause: Cause, count: u32) -> Order {
    Order { cause, count }
}

fn sorted(records: &[Record]) -> Vec<&Record> {
    let mut all: Vec<&Record> = records.iter().collect();
    all.sort();
    all
}

fn key(record: &Record) -> (String, Option<i64>) {
    let leg = record.get("leg").cloned().flatten();
    let voucher = record["voucher"].clone().unwrap();
    (voucher, leg.map(|leg| leg.parse().unwrap()))
}

/// What must be in the table by the truth alone.
fn with_truth(before: &[Record], truth: &[Planted]) -> Vec<Record> {
    let whole = |text: &String| serde_json::from_str::<Record>(text).unwrap();
    let of_key: BTreeMap<_, _> = before
        .iter()
        .enumerate()
        .map(|(at, one)| (key(one), at))
        .collect();
    let mut after = before.to_vec();
    let mut gone = BTreeSet::new();
    for one in truth {
        let at = of_key.get(&(one.voucher.clone(), one.leg));
        match (&one.column, &one.was, &one.is) {
            (Some(column), was, is) => {
                let field = after[at.copied().unwrap()].get_mut(column).unwrap();
                assert_eq!(*field, *was, "{one:?}");
                assert_ne!(was, is, "{one:?}");
                is.clone_into(field);
            }
            (None, Some(was), None) => {
                assert_eq!(before[at.copied().unwrap()], whole(was));
                gone.insert(at.copied().unwrap());
            }
            (None, None, Some(is)) => after.push(whole(is)),
            _ => panic!("{one:?}"),
        }
    }
    let kept = after.into_iter().enumerate();
    let kept = kept.filter(|(at, _)| !gone.contains(at));
    kept.map(|(_, record)| record).collect()
}

/// Plants into a fresh table, and holds the whole table against the truth.
fn check(schema: &Schema, orders: &[Order], seed: u64) -> (TempDir, Vec<Planted>) {
    let folder = table_of(schema);
    let (before, old) = (read(folder.path()).unwrap(), bytes(folder.path()).unwrap());
    let truth = plant(folder.path(), orders, seed).unwrap();
    let (after, new) = (read(folder.path()).unwrap(), bytes(folder.path()).unwrap());

    assert_eq!(
        sorted(&after),
        sorted(&with_truth(&before, &truth)),
        "{orders:?}"
    );
    assert!(old.keys().eq(new.keys()), "no file but the parts is left");
    for (name, bytes) in &new {
        let is_damaged = truth.iter().any(|one| one.part == *name);
        assert_eq!(old[name] != *bytes, is_damaged, "{name} with {orders:?}");
    }
    // What no fault touched stands in its order.
    let damaged: BTreeSet<&str> = truth.iter().map(|one| one.voucher.as_str()).collect();
    let untouched = |records: &[Record]| -> Vec<(String, Option<i64>)> {
        let keys = records.iter().map(key);
        keys.filter(|(voucher, _)| !damaged.contains(voucher.as_str()))
            .collect()
    };
    assert_eq!(untouched(&before), untouched(&after));
    (folder, truth)
}

fn vouchers(truth: &[Planted]) -> BTreeSet<&str> {
    truth.iter().map(|one| one.voucher.as_str()).collect()
}

#[test]
fn every_cause_damages_exactly_what_the_truth_says() {
    for cause in Cause::ALL {
        let (_, truth) = check(&schema(), &[order(cause, COUNT)], 7);
        let each = if cause == Cause::A10 { 2 } else { 1 };
        assert_eq!(vouchers(&truth).len(), 4 * each, "{cause}");
        assert!(truth.iter().all(|one| one.cause == cause));
    }
}

#[test]
fn all_causes_at_once_never_meet_in_a_voucher() {
    let orders = Cause::ALL.map(|cause| order(cause, 3));
    for seed in 0..20 {
        let (_, truth) = check(&schema(), &orders, seed);
        let mut causes: BTreeMap<&str, BTreeSet<Cause>> = BTreeMap::new();
        for one in &truth {
            causes.entry(&one.voucher).or_default().insert(one.cause);
        }
        assert!(causes.values().all(|causes| causes.len() == 1));
        assert_eq!(causes.len(), 3 * (Cause::ALL.len() + 1));
    }
}

#[test]
fn the_same_seed_makes_the_same_bytes_and_another_damages_other_vouchers() {
    let orders = [
        order(Cause::B1, 5),
        order(Cause::D3, 5),
        order(Cause::A9, 2),
    ];
    let (one, truth) = check(&schema(), &orders, 1);
    let (again, same_truth) = check(&schema(), &orders, 1);
    assert_eq!(bytes(one.path()).unwrap(), bytes(again.path()).unwrap());
    assert_eq!(truth, same_truth);
    let (other, other_truth) = check(&schema(), &orders, 2);
    assert_ne!(bytes(one.path()).unwrap(), bytes(other.path()).unwrap());
    assert_ne!(vouchers(&truth), vouchers(&other_truth));
}

#[test]
fn row_groups_stay_and_nothing_ordered_changes_nothing() {
    let folder = table_of(&schema());
    let old = (
        bytes(folder.path()).unwrap(),
        row_groups(folder.path()).unwrap(),
    );
    assert_eq!(plant(folder.path(), &[], 1).unwrap(), []);
    assert_eq!(plant(folder.path(), &[order(Cause::A1, 0)], 1).unwrap(), []);
    assert_eq!(bytes(folder.path()).unwrap(), old.0);
    plant(folder.path(), &[order(Cause::B1, 20)], 1).unwrap();
    assert_ne!(bytes(folder.path()).unwrap(), old.0);
    assert_eq!(row_groups(folder.path()).unwrap(), old.1);
}

#[test]
fn too_few_suitable_vouchers_are_counted_and_nothing_is_written() {
    let folder = table_of(&schema());
    let old = bytes(folder.path()).unwrap();
    // One voucher in four has a fee, of 180.
    let failed = plant(folder.path(), &[order(Cause::B10, 46)], 1).unwrap_err();
    assert_eq!(
        failed.to_string(),
        "46 vouchers were to be damaged by B10, and 45 are suitable"
    );
    assert_eq!(bytes(folder.path()).unwrap(), old);
    plant(
        folder.path(),
        &[order(Cause::B10, 45), order(Cause::A1, 135)],
        1,
    )
    .unwrap();
}

#[test]
fn a_column_that_is_not_there_is_named() {
    for (cause, column) in [
        (Cause::B3, "debit"),
        (Cause::A8, "leg"),
        (Cause::D3, "account"),
        (Cause::T1, "booked_at"),
        (Cause::T2, "accounting_date"),
        (Cause::E1, "memo"),
    ] {
        let folder = table_of(&without(&[column]));
        let failed = plant(folder.path(), &[order(cause, 1)], 1).unwrap_err();
        let said = failed.to_string();
        assert!(
            said.starts_with(&format!("{cause} needs a column `{column}`, and")),
            "{said}"
        );
    }
}

#[test]
fn causes_do_without_the_columns_that_they_do_not_need() {
    let slim = without(&[
        "side",
        "amount_fen",
        "booked_at",
        "memo",
        "subject",
        "account",
    ]);
    use Cause::{A1, A5, A8, A9, A10, B1, B2, B3, B4, B8, B9, B10, D1, T2};
    for cause in [A1, A5, A8, A9, A10, B1, B2, B3, B4, B8, B9, B10, D1, T2] {
        check(&slim, &[order(cause, COUNT)], 3);
    }
}

#[test]
fn a_table_of_vouchers_without_legs_takes_the_causes_of_vouchers() {
    let headers = only_first_legs();
    for cause in [
        Cause::A1,
        Cause::A5,
        Cause::A10,
        Cause::T1,
        Cause::T2,
        Cause::E1,
    ] {
        let before = read(headers.path()).unwrap();
        let truth = plant(headers.path(), &[order(cause, 1)], 3).unwrap();
        assert!(truth.iter().all(|one| one.leg.is_none()), "{cause}");
        assert_ne!(read(headers.path()).unwrap(), before, "{cause}");
    }
}

#[test]
fn one_seed_hits_the_same_vouchers_in_the_tables_of_legs_and_of_heads() {
    for cause in [Cause::A1, Cause::A5, Cause::A9, Cause::A10] {
        let (legs, heads) = (table_of(&schema()), only_first_legs());
        let of_legs = plant(legs.path(), &[order(cause, 5)], 3).unwrap();
        let of_heads = plant(heads.path(), &[order(cause, 5)], 3).unwrap();
        assert_eq!(vouchers(&of_legs), vouchers(&of_heads), "{cause}");
    }
}

#[test]
fn any_decimals_texts_and_times_will_do() {
    let other = |field: &Field| match field.name().as_str() {
        "debit" => DataType::Decimal64(18, 2),
        "credit" => DataType::Decimal256(40, 2),
        "amount_fen" | "leg" => DataType::Int32,
        "voucher" => DataType::LargeUtf8,
        "booked_at" => DataType::Timestamp(arrow_schema::TimeUnit::Microsecond, None),
        "subject" => DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8)),
        _ => field.data_type().clone(),
    };
    let fields: Vec<Field> = schema()
        .fields()
        .iter()
        .map(|field| field.as_ref().clone().with_data_type(other(field)))
        .collect();
    for cause in Cause::ALL.into_iter().filter(|cause| *cause != Cause::T2) {
        check(&Schema::new(fields.clone()), &[order(cause, COUNT)], 3);
    }
}

#[test]
fn amounts_that_are_no_decimals_of_two_places_are_refused() {
    let mut fields: Vec<Field> = Vec::new();
    for field in schema().fields() {
        let of_floats = field.as_ref().clone().with_data_type(DataType::Float64);
        let is_debit = field.name() == "debit";
        fields.push(if is_debit {
            of_floats
        } else {
            field.as_ref().clone()
        });
    }
    let folder = table_of(&Schema::new(fields));
    let failed = plant(folder.path(), &[order(Cause::B3, 1)], 1).unwrap_err();
    let is_named = matches!(
        failed,
        FaultError::WrongType {
            column: "debit",
            ..
        }
    );
    assert!(is_named, "{failed}");
}

#[test]
fn an_empty_folder_has_no_parts() {
    let folder = tempfile::tempdir().unwrap();
    let failed = plant(folder.path(), &[], 1).unwrap_err();
    assert!(matches!(failed, FaultError::NoParts { .. }), "{failed}");
}

#[test]
fn a_double_loses_one_fen_of_each_amount() {
    let (_, truth) = check(&schema(), &[order(Cause::B3, 8)], 5);
    for one in amounts(&truth) {
        assert_eq!(one.1 - one.2, one.1.signum(), "{one:?}");
    }
    assert_eq!(amounts(&truth).len(), 8);
}

#[test]
fn yuan_and_fen_of_an_amount_change_together() {
    let (_, truth) = check(&schema(), &[order(Cause::B2, 10)], 5);
    for (column, was, is) in amounts(&truth) {
        assert_eq!(is, was * 100, "{column}");
    }
    let of_fen = truth
        .iter()
        .filter(|one| one.column.as_deref() == Some("amount_fen"));
    assert_eq!(of_fen.count(), 10);
}

#[test]
fn the_fee_is_the_difference_of_a_mixed_amount() {
    let (folder, truth) = check(&schema(), &[order(Cause::B10, 10)], 5);
    let records = read(folder.path()).unwrap();
    for one in truth
        .iter()
        .filter(|one| one.column.as_deref() == Some("amount_fen"))
    {
        let fee = records
            .iter()
            .find(|record| key(record) == (one.voucher.clone(), Some(3)));
        let fee: i128 = fee.unwrap()["amount_fen"]
            .as_ref()
            .unwrap()
            .parse()
            .unwrap();
        let fen = |text: &Option<String>| text.as_ref().unwrap().parse::<i128>().unwrap();
        assert_eq!((fen(&one.is) - fen(&one.was)).abs(), fee);
    }
}

#[test]
fn near_the_cut_the_day_is_missed_in_the_direction_of_the_cut() {
    let (folder, truth) = check(&schema(), &[order(Cause::T2, 20)], 5);
    let records = read(folder.path()).unwrap();
    for one in &truth {
        let record = records
            .iter()
            .find(|record| key(record) == (one.voucher.clone(), one.leg));
        let time = record.unwrap()["booked_at"].clone().unwrap();
        // 23:00 in Shanghai is 15:00 in Greenwich.
        let day = match &time[11..13] {
            "14" => "2010-01-02",
            "15" => "2009-12-31",
            _ => panic!("{time} is not near the cut"),
        };
        assert_eq!(one.is.as_deref(), Some(day));
    }
}

#[test]
fn phantoms_are_balanced_and_have_ids_that_nobody_has() {
    let (_, truth) = check(&schema(), &[order(Cause::A9, 10)], 5);
    assert_eq!(vouchers(&truth).len(), 10);
    assert!(
        vouchers(&truth)
            .iter()
            .all(|id| *id > "2010010100000000017907")
    );
}

#[test]
fn the_truth_is_one_json_object_a_line() {
    let (folder, truth) = check(&schema(), &[order(Cause::B9, 2), order(Cause::A8, 1)], 5);
    let path = folder.path().join("truth.jsonl");
    write_truth(&path, &truth).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    assert_eq!(lines.collect::<Vec<Planted>>(), truth);
    let fields = ["cause", "voucher", "leg", "column", "was", "is", "part"];
    let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert!(
        fields.iter().all(|field| first.get(field).is_some()),
        "{first}"
    );
}

/// Column, amount before and after in fen, of the columns of yuan.
fn amounts(truth: &[Planted]) -> Vec<(&str, i128, i128)> {
    let fen = |text: &Option<String>| text.as_ref().unwrap().replace('.', "").parse().unwrap();
    let of_money = truth
        .iter()
        .filter(|one| one.column.as_deref() != Some("amount_fen"));
    let told = of_money.map(|one| (one.column.as_deref().unwrap(), fen(&one.was), fen(&one.is)));
    told.collect()
}

fn without(columns: &[&str]) -> Schema {
    let schema = schema();
    let kept = schema
        .fields()
        .iter()
        .filter(|field| !columns.contains(&field.name().as_str()));
    Schema::new(kept.cloned().collect::<Vec<_>>())
}

/// A table of vouchers' heads, as the conversion might write it apart from the legs.
fn only_first_legs() -> TempDir {
    let folder = table_of(&without(&[
        "leg", "subject", "account", "side", "debit", "credit",
    ]));
    keep_first_of_each_voucher(folder.path());
    folder
}

fn keep_first_of_each_voucher(folder: &Path) {
    let mut seen = BTreeSet::new();
    table::retain(folder, |record| seen.insert(record["voucher"].clone())).unwrap();
}
