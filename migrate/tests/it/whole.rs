//! A conversion that nobody disturbs.

use crate::place::{IntoWatch, Place};
use futures::StreamExt;
use migrate::{Amount, Counts};
use rules::sql::{Run, Which};
use rules::watch::Unwatched;
use std::collections::BTreeMap;

/// The records of a target table as texts, from the files that lie there.
fn records(place: &Place, table: &str) -> Vec<String> {
    let book = books::Book::open(&books::BookSpec {
        root: place.path("new"),
        ..books::BookSpec::default()
    })
    .expect("a sound book");
    let table = book.table(table).expect("the table is there");
    let columns: Vec<usize> = (0..table.schema().fields().len() - 2).collect();
    let mut records = Vec::new();
    for chunk in table.chunks() {
        for batch in table
            .read(&chunk, &books::ReadRequest::new(columns.clone()))
            .expect("readable")
        {
            let batch = batch.expect("readable");
            records.extend(lines(&batch));
        }
    }
    records
}

/// The records of a batch, one a line.
fn lines(batch: &arrow_array::RecordBatch) -> Vec<String> {
    let line = |row: usize| {
        let value = |column: &arrow_array::ArrayRef| {
            arrow_cast::display::array_value_to_string(column, row).expect("shown")
        };
        let values: Vec<String> = batch.columns().iter().map(value).collect();
        values.join("|")
    };
    (0..batch.num_rows()).map(line).collect()
}

/// What a rule gives when it is asked directly, as texts.
fn asked(place: &Place, rule: &str) -> Vec<String> {
    let plan = rules::plan::read(&place.path("crossfoot.toml")).expect("a sound plan");
    let session = rules::prepare::open_source(&plan, 1, &|_| None).expect("a sound book");
    let side = session
        .side(Which::Source, rule, &[])
        .expect("a sound rule");
    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a thread")
        .block_on(async {
            let mut records = Vec::new();
            for mut stream in side.run(&Run::new(1)).await.expect("it runs") {
                while let Some(batch) = stream.next().await {
                    let batch = batch.expect("readable");
                    records.extend(lines(&batch));
                }
            }
            records
        })
}

fn sorted(mut records: Vec<String>) -> Vec<String> {
    records.sort();
    records
}

#[test]
fn the_target_holds_what_the_rules_say_and_every_record_is_accounted_for() {
    let place = Place::new(5_000);
    let done = place.convert().expect("it converts");
    assert_eq!(
        sorted(records(&place, "posting")),
        sorted(asked(&place, crate::place::POSTING))
    );
    let balances = records(&place, "balance");
    assert_eq!(
        balances,
        sorted(asked(&place, crate::place::BALANCE)),
        "in their order"
    );
    let [posting, balance] = &done.conversion.tables[..] else {
        panic!("two tables: {:?}", done.conversion.tables);
    };
    // Record 0 is of no amount, and the rule leaves it out.
    let counts = Counts {
        read: 5_000,
        converted: 4_999,
        left_out: 1,
        written: 9_998,
        ..Counts::default()
    };
    assert_eq!((posting.counts, posting.by_record), (counts, true));
    let nothing = Amount {
        column: "amount".to_owned(),
        currency: "CNY".to_owned(),
        amount: "0.00".to_owned(),
    };
    assert_eq!(posting.totals, [nothing]);
    assert!(!balance.by_record);
    assert_eq!((balance.counts.read, balance.counts.written), (5_000, 17));
    assert!(!done.already && done.resumed == 0 && done.redone.is_empty());
    insta::assert_snapshot!(place.names(), @"
    .crossfoot/convert/chunks/balance/000000.json
    .crossfoot/convert/chunks/posting/000000.json
    .crossfoot/convert/conversion.json
    .crossfoot/convert/job.json
    .crossfoot/convert/rejects.jsonl
    balance/part-000000.parquet
    posting/part-000000.parquet
    ");
}

#[test]
fn threads_do_not_change_a_byte() {
    let bytes = |threads: usize| -> BTreeMap<String, Vec<u8>> {
        let place = Place::new(3_000);
        for part in 1..9 {
            place.write(
                &format!("old/flow/part-{part}.csv"),
                crate::place::flow(300 * part),
            );
        }
        std::fs::rename(
            place.path("old/flow.csv"),
            place.path("old/flow/part-0.csv"),
        )
        .expect("moved");
        let watch = Unwatched::default().into_watch();
        let options = |options| migrate::Options { threads, ..options };
        place.convert_with(options, &watch).expect("it converts");
        place.target()
    };
    let one = bytes(1);
    assert_eq!(
        one.keys()
            .filter(|name| name.starts_with("posting/"))
            .count(),
        9
    );
    assert!(one == bytes(2), "two threads write other bytes");
    assert!(one == bytes(5), "five threads write other bytes");
}

/// A rule is worked off file by file where each of its records comes from one record of the table. What
/// comes from none of it would be written with every file.
#[test]
fn what_comes_from_no_record_of_the_main_table_is_written_once() {
    let by_record = [
        "SELECT serial AS voucher, money(amount) AS amount FROM flow
         UNION ALL SELECT 'X' || serial, -money(amount) FROM flow WHERE kind = 'OUT'",
        "SELECT f.serial AS voucher, money(f.amount) AS amount, h.name
         FROM flow f LEFT JOIN house h ON f.account = h.account",
        "SELECT f.serial AS voucher, money(f.amount) AS amount, h.name
         FROM house h RIGHT JOIN flow f ON f.account = h.account",
        "SELECT f.serial AS voucher, money(f.amount) AS amount, h.name
         FROM house h JOIN flow f ON f.account = h.account",
        // Here the house is worked off, beside all of the flow.
        "SELECT h.account || coalesce(f.serial, '') AS voucher, money(f.amount) AS amount
         FROM house h LEFT JOIN flow f ON f.account = h.account",
        "SELECT h.account || coalesce(f.serial, '') AS voucher, money(f.amount) AS amount
         FROM flow f RIGHT JOIN house h ON f.account = h.account",
    ];
    let as_a_whole = [
        "SELECT serial AS voucher, money(amount) AS amount FROM flow
         UNION ALL SELECT account, money(opening) FROM house",
        "SELECT coalesce(f.serial, h.account) AS voucher, money(f.amount) AS amount
         FROM flow f FULL JOIN house h ON f.account = h.account",
        "SELECT coalesce(f.serial, h.account) AS voucher, money(f.amount) AS amount
         FROM house h FULL JOIN flow f ON f.account = h.account",
        "SELECT g.account || coalesce(f.serial, '') AS voucher, money(f.amount) AS amount
         FROM flow f RIGHT JOIN (SELECT account, count(*) AS n FROM flow GROUP BY account) g
         ON f.account = g.account AND f.kind = 'OUT'",
        "SELECT coalesce(f.serial, g.account) AS voucher, money(f.amount) AS amount
         FROM flow f FULL JOIN (SELECT account, count(*) AS n FROM flow GROUP BY account) g
         ON f.account = g.account AND f.kind = 'OUT'",
    ];
    let of = |rules: &[&'static str], by_record: bool| -> Vec<(&'static str, bool)> {
        rules.iter().map(|rule| (*rule, by_record)).collect()
    };
    let rules = [of(&by_record, true), of(&as_a_whole, false)].concat();
    for (rule, by_record) in rules {
        let place = Place::new(400);
        for part in 1..4 {
            let path = format!("old/flow/part-{part}.csv");
            let text = crate::place::flow(100 * part).replace("\n0", &format!("\n{part}"));
            place.write(&path, text);
        }
        std::fs::remove_file(place.path("old/flow.csv")).expect("it is there");
        let house = "account,name,opening\nA03,three,1.00\nNONE,nobody,2.50\n";
        place.write("old/house.csv", house);
        place.write("posting.sql", rule);
        place.write(
            "crossfoot.toml",
            "name = \"wallet\"\ncurrency = \"CNY\"\n[source]\nurl = \"old\"\n[target]\nurl = \"new\"\n\
             [[agreement]]\nname = \"postings\"\nrule = \"posting.sql\"\ntarget = \"posting\"\n\
             key = [\"voucher\"]\nmoney = [\"amount\"]\n",
        );
        let done = place.convert().expect("it converts");
        let told = asked(&place, rule);
        assert_eq!(sorted(records(&place, "posting")), sorted(told), "{rule}");
        let [table] = &done.conversion.tables[..] else {
            panic!("one table: {:?}", done.conversion.tables);
        };
        assert_eq!(table.by_record, by_record, "{rule}");
    }
}

#[test]
fn a_record_that_a_rule_cannot_convert_is_a_reject_with_its_reason_and_its_record() {
    let place = Place::new(50);
    let text = crate::place::flow(50).replace("000007,A07,IN,554.33,", "000007,A07,IN,\"1,23\",");
    place.write("old/flow.csv", text);
    place.write(
        "crossfoot.toml",
        crate::place::PLAN
            .split("[[agreement]]\nname = \"balances\"")
            .next()
            .expect("a part"),
    );
    let done = place.convert().expect("rejects do not end it");
    let table = &done.conversion.tables[0];
    let counts = Counts {
        read: 50,
        converted: 48,
        rejected: 1,
        left_out: 1,
        written: 96,
        partly: 0,
    };
    assert_eq!(table.counts, counts);
    let rejects = std::fs::read_to_string(place.path("new/.crossfoot/convert/rejects.jsonl"));
    insta::assert_snapshot!(rejects.expect("a file"), @r#"{"agreement":"postings","book":"source","reason":"money: `1,23` has digits that are not grouped in threes around the separator at character 2","record":{"serial":"000007","account":"A07","kind":"IN","amount":"1,23"},"source":[{"_table":"flow","_file":"flow.csv","_row":9,"serial":"000007","account":"A07","kind":"IN","amount":"1,23","memo":"记录 7"}]}"#);
}

#[test]
fn an_empty_book_gives_empty_tables() {
    let place = Place::new(0);
    let done = place.convert().expect("it converts");
    assert_eq!(done.conversion.tables[0].counts, Counts::default());
    assert_eq!(records(&place, "posting"), Vec::<String>::new());
    assert_eq!(records(&place, "balance"), Vec::<String>::new());
}

#[test]
fn which_record_became_which_is_null_where_a_rule_brings_records_together() {
    let place = Place::new(10);
    let conversion = place.convert().expect("it converts").conversion;
    let bytes = std::fs::read(place.path("new/.crossfoot/convert/conversion.json")).expect("there");
    let document: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
    let told = |at: usize| {
        let table = &document["tables"][at];
        [
            "read",
            "converted",
            "rejected",
            "partly",
            "left_out",
            "written",
        ]
        .map(|name| table[name].as_u64())
    };
    // The first record is of nothing, which the rule of the postings leaves out.
    assert_eq!(told(0), [10, 9, 0, 0, 1, 18].map(Some));
    assert_eq!(told(1)[1..], [None, Some(0), None, None, Some(10)]);
    let read: migrate::Conversion = serde_json::from_slice(&bytes).expect("its own document");
    assert_eq!(read, conversion);
}
