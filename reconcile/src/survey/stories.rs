//! Stories of two small books: what is said of them, the plan that is drafted, and what a run of
//! that plan finds.

use super::{Survey, SurveyError, Wishes, plan_of, plan_text, survey, write_plan};
use crate::{Options, Unwatched, Watch, prepare, verify};
use arrow_array::{
    ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use insta::assert_snapshot;
use rules::plan::Plan;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// Two books in a folder of their own.
struct Books {
    folder: TempDir,
    source: PathBuf,
    target: PathBuf,
}

/// Writes both books: each a file's name and what is in it.
fn books(source: (&str, &[u8]), target: (&str, &[u8])) -> Books {
    let folder = TempDir::new().unwrap();
    let write = |side: &str, (name, bytes): (&str, &[u8])| {
        std::fs::create_dir_all(folder.path().join(side)).unwrap();
        let path = folder.path().join(side).join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let (source, target) = (write("old", source), write("new", target));
    Books {
        folder,
        source,
        target,
    }
}

fn texts(source: (&str, &str), target: (&str, &str)) -> Books {
    books(
        (source.0, source.1.as_bytes()),
        (target.0, target.1.as_bytes()),
    )
}

/// A file of Parquet.
fn parquet(columns: &[(&str, ArrayRef)]) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns.iter().cloned()).unwrap();
    let mut bytes = Vec::new();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

impl Books {
    fn survey(&self, wishes: &Wishes) -> Result<Survey, SurveyError> {
        let path = |path: &PathBuf| path.to_string_lossy().into_owned();
        survey(&path(&self.source), &path(&self.target), wishes, &|_| None)
    }

    /// What is said, the plan with its SQL, and what a run of it finds.
    fn told(&self, wishes: &Wishes) -> String {
        let found = self.survey(wishes).unwrap();
        let here = self.folder.path();
        let text = plan_text(&found, here).replace(&format!("{}/", here.display()), "");
        let path = here.join("plan/crossfoot.toml");
        std::fs::create_dir_all(here.join("plan")).unwrap();
        write_plan(&found, &path).unwrap();
        let written = run(rules::plan::read(&path).unwrap(), &here.join("first"));
        let planless = run(plan_of(&found).unwrap(), &here.join("second"));
        assert_eq!(written, planless);
        let body = text.split_once("[[agreement]]").unwrap().1;
        let head = text
            .split_once("[source]")
            .unwrap()
            .0
            .lines()
            .filter(|line| line.starts_with("currency"));
        let tables: Vec<&str> = text
            .split("\n\n")
            .filter(|part| part.contains(".tables."))
            .flat_map(|part| {
                part.lines()
                    .filter(|line| !line.starts_with("url") && !line.is_empty())
            })
            .filter(|line| !line.starts_with("[source]") && !line.starts_with("[target]"))
            .collect();
        let body: Vec<&str> = body
            .lines()
            .filter(|line| !line.starts_with("# "))
            .collect();
        format!(
            "{}\n----\n{}{}{}\n----\n{written}",
            found.said.join("\n"),
            head.map(|line| format!("{line}\n")).collect::<String>(),
            tables
                .iter()
                .map(|line| format!("{line}\n"))
                .collect::<String>(),
            body.join("\n").trim(),
        )
    }
}

/// Runs a plan: its verdict and breaks.
fn run(plan: Plan, evidence: &Path) -> String {
    let prepared = match prepare(plan, 1, &|_| None) {
        Ok(prepared) => prepared,
        Err(crate::PrepareError::Plan(errors)) => {
            panic!(
                "{}",
                errors
                    .iter()
                    .map(|error| error.on_one_line())
                    .collect::<Vec<_>>()
                    .join("\n")
            )
        }
        Err(error) => panic!("{error:?}"),
    };
    let watch: Arc<dyn Watch> = Arc::new(Unwatched::default());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap();
    let outcome = runtime
        .block_on(verify(&prepared, &Options::new(evidence.into()), &watch))
        .unwrap();
    let mut lines = vec![format!(
        "{:?}, {} rejects",
        outcome.report.verdict, outcome.report.rejects
    )];
    for agreement in &outcome.report.agreements {
        let breaks = &agreement.breaks;
        lines.push(format!(
            "{}: {} agreed, {} missing, {} extra, {} differ, {} copies",
            agreement.name,
            agreement.records.agreed,
            breaks.missing,
            breaks.extra,
            breaks.differs,
            breaks.copies,
        ));
    }
    for found in &outcome.largest {
        let fields = found.fields.iter().map(|field| {
            format!(
                "{}: {} is {}",
                field.name,
                field.expected.clone().unwrap_or_default(),
                field.actual.clone().unwrap_or_default()
            )
        });
        lines.push(
            format!("{:?} {}", found.kind, fields.collect::<Vec<_>>().join(", "))
                .trim_end()
                .to_owned(),
        );
    }
    lines.join("\n")
}

const FLOW: &str = "\
serial,day,kind,amount,fee
F1,2013-05-27,pay,10.00,0.10
F2,2013-05-27,pay,25.50,0.25
F3,2013-05-28,refund,-25.50,0.00
F4,2013-05-28,pay,7.07,0.07
F5,2013-05-28,pay,12.30,0.12
";

#[test]
fn the_same_table_on_both_sides_is_named_and_a_cent_is_found() {
    let books = texts(
        ("flow.csv", FLOW),
        ("flow.csv", &FLOW.replace("7.07", "7.08")),
    );
    assert_snapshot!(books.told(&Wishes { currency: Some("CNY".into()), ..Wishes::default() }), @r#"
    took serial as key (unique in 5 of 5), amount, fee as money (CNY)
    serial: unique in 5 of 5 records of the source, unique in 5 of 5 of the target
    ----
    currency = "CNY"
    name = "flow"
    rule = "flow"
    target = "flow"
    key = ["serial"] # unique in 5 of 5
    money = ["amount", "fee"]
    foot = ["day", "kind"]
    ----
    OutOfBalance, 0 rejects
    flow: 4 agreed, 0 missing, 0 extra, 1 differ, 0 copies
    Differs amount: 7.07 is 7.08
    "#);
}

#[test]
fn columns_with_other_names_are_found_by_meaning_and_by_content() {
    let target = "\
voucher,booked,art,Betrag,charge
F5,2013-05-28,pay,12.30,0.12
F4,2013-05-28,pay,7.08,0.07
F3,2013-05-28,refund,-25.50,0.00
F2,2013-05-27,pay,25.50,0.25
F1,2013-05-27,pay,10.00,0.10
";
    let books = texts(("flow.csv", FLOW), ("posting.csv", target));
    assert_snapshot!(books.told(&Wishes::default()), @r#"
    nothing tells the currency of the amounts: they are totalled without one; `currency = "CNY"` in a plan would tell it
    took voucher as key (unique in 5 of 5), Betrag, charge as money
    flow is held against posting
    voucher: unique in 5 of 5 records of the source, unique in 5 of 5 of the target
    serial is voucher: by what they hold: all 5 values are in both
    day is booked: by what they hold: all 2 values are in both
    kind is art: by what they hold: all 2 values are in both
    amount is Betrag: by what they hold: 4 of 5 values are in both
    fee is charge: the names mean the same, and all 5 values are in both
    ----
    name = "posting"
    rule = """
    -- What the target's posting must hold, from the source's flow.
    SELECT
      "serial" AS "voucher",
      "day" AS "booked",
      "kind" AS "art",
      money("amount", 2) AS "Betrag",
      money("fee", 2) AS "charge"
    FROM "flow"
    """
    target = """
    -- What the target's posting does hold, in the types of the rule.
    SELECT
      "voucher",
      "booked",
      "art",
      money("Betrag", 2) AS "Betrag",
      money("charge", 2) AS "charge"
    FROM "posting"
    """
    key = ["voucher"] # unique in 5 of 5
    money = ["Betrag", "charge"]
    foot = ["booked", "art"]
    ----
    OutOfBalance, 0 rejects
    posting: 4 agreed, 0 missing, 0 extra, 1 differ, 0 copies
    Differs Betrag: 7.07 is 7.08
    "#);
}

#[test]
fn yuan_in_texts_are_fen_in_whole_numbers() {
    let serials = StringArray::from(vec!["F1", "F2", "F3", "F4", "F5"]);
    let target = parquet(&[
        ("serial", Arc::new(serials) as ArrayRef),
        (
            "day",
            Arc::new(arrow_array::Date32Array::from(vec![
                15852, 15852, 15853, 15853, 15853,
            ])) as ArrayRef,
        ),
        (
            "amount_fen",
            Arc::new(Int64Array::from(vec![1000, 2550, -2550, 708, 1230])) as ArrayRef,
        ),
        (
            "fee_fen",
            Arc::new(Int64Array::from(vec![10, 25, 0, 7, 12])) as ArrayRef,
        ),
        (
            "loaded",
            Arc::new(Int64Array::from(vec![1, 1, 1, 1, 1])) as ArrayRef,
        ),
    ]);
    let books = books(("flow.csv", FLOW.as_bytes()), ("flow.parquet", &target));
    assert_snapshot!(books.told(&Wishes::default()), @r#"
    nothing tells the currency of the amounts: they are totalled without one; `currency = "CNY"` in a plan would tell it
    took serial as key (unique in 5 of 5), amount_fen, fee_fen as money
    serial: unique in 5 of 5 records of the source, unique in 5 of 5 of the target
    day: as days
    amount is amount_fen: the names mean the same, and 4 of 5 values are in both; the source's times 100: major units on that side, minor ones on the other
    fee is fee_fen: the names mean the same, and all 5 values are in both; the source's times 100: major units on that side, minor ones on the other
    the source's kind is not compared: the target has nothing like it
    the target's loaded is not compared: the source has nothing like it
    ----
    name = "flow"
    rule = """
    -- What the target's flow must hold, from the source's flow.
    SELECT
      "serial",
      CAST("day" AS DATE) AS "day",
      minor(money("amount", 2), 2) AS "amount_fen",
      minor(money("fee", 2), 2) AS "fee_fen"
    FROM "flow"
    """
    target = "flow"
    key = ["serial"] # unique in 5 of 5
    money = ["amount_fen", "fee_fen"]
    foot = ["day"]
    ignore = ["loaded"] # the source has nothing like it
    ----
    OutOfBalance, 0 rejects
    flow: 4 agreed, 0 missing, 0 extra, 1 differ, 0 copies
    Differs amount_fen: 707 is 708
    "#);
}

#[test]
fn amounts_are_other_units_only_where_a_name_says_so() {
    let amounts = |values: Vec<i128>| {
        Decimal128Array::from(values)
            .with_precision_and_scale(18, 2)
            .unwrap()
    };
    let source = parquet(&[
        (
            "serial",
            Arc::new(Int64Array::from(vec![11, 12, 13])) as ArrayRef,
        ),
        (
            "amount",
            Arc::new(Int64Array::from(vec![1000, 2550, 707])) as ArrayRef,
        ),
    ]);
    let target = parquet(&[
        (
            "serial",
            Arc::new(Int64Array::from(vec![13, 12, 11])) as ArrayRef,
        ),
        (
            "amount",
            Arc::new(amounts(vec![708, 2550, 1000])) as ArrayRef,
        ),
    ]);
    let books = books(("pay.parquet", &source), ("pay.parquet", &target));
    assert_snapshot!(books.told(&Wishes::default()), @r#"
    nothing tells the currency of the amounts: they are totalled without one; `currency = "CNY"` in a plan would tell it
    took serial as key (unique in 3 of 3), amount as money
    serial: unique in 3 of 3 records of the source, unique in 3 of 3 of the target
    amount: as exact numbers; most would be the same times 0.01, but no name tells of minor units: if the source holds such and the target major ones, `* 0.01` in the rule says so
    ----
    name = "pay"
    rule = "pay"
    target = "pay"
    key = ["serial"] # unique in 3 of 3
    money = ["amount"]
    ----
    OutOfBalance, 0 rejects
    pay: 0 agreed, 0 missing, 0 extra, 3 differ, 0 copies
    Differs amount: 2550 is 25.50
    Differs amount: 1000 is 10.00
    Differs amount: 707 is 7.08
    "#);
}

/// What a survey does not check, of two tables of CSV.
fn doubts(source: &str, target: &str) -> Vec<String> {
    let found = texts(("a.csv", source), ("a.csv", target)).survey(&Wishes::default());
    let found = found.unwrap().beforehand;
    found
        .into_iter()
        .flat_map(|known| known.not_checked)
        .collect()
}

#[test]
fn what_is_taken_only_because_it_fits_is_not_checked() {
    let settle = "write a plan with `crossfoot init` to settle it";
    let column = |name: &str, values: [&str; 3]| {
        let rows = values.iter().zip(["x", "y", "z"]);
        let rows: Vec<String> = rows.map(|(value, id)| format!("{id},{value}\n")).collect();
        format!("id,{name}\n{}", rows.concat())
    };
    // The names tell of fen on one side, and the values do not.
    let amounts = column("amount", ["100", "250", "707"]);
    assert_eq!(
        doubts(&amounts, &amounts.replace("amount", "amount_fen")),
        [format!(
            "amount_fen was compared as it is, though the names tell of minor units on one side only: {settle}"
        )]
    );
    // Days of which the first number can be the month.
    let days = column("day", ["01/02/2013", "03/04/2013", "05/06/2013"]);
    let others = column("day", ["2013-02-01", "2013-04-03", "2013-06-05"]);
    assert_eq!(
        doubts(&days, &others),
        [format!(
            "day was read as %d/%m/%Y, not as %m/%d/%Y, because most values are the same so, and \
             nothing else tells it: {settle}"
        )]
    );
    let days = days.replace("05/06/2013", "25/06/2013");
    assert!(doubts(&days, &others).is_empty());
    // An offset that the values tell, and a zone that the name tells.
    let clock = column(
        "at",
        [
            "2013-05-27 08:00:00",
            "2013-05-27 09:30:00",
            "2013-05-28 11:00:00",
        ],
    );
    let instants = column(
        "at",
        [
            "2013-05-27T08:00:00Z",
            "2013-05-27T09:30:00Z",
            "2013-05-28T11:00:00Z",
        ],
    );
    assert_eq!(
        doubts(&clock, &instants),
        [format!(
            "at was read with the offset +00:00 from UTC because most values are the same so, and \
             nothing else tells it: {settle}"
        )]
    );
    let [clock, instants] = [clock, instants].map(|table| table.replace("id,at", "id,at_utc"));
    assert!(doubts(&clock, &instants).is_empty());
}

#[test]
fn zeros_and_signs_before_digits_are_kept() {
    let source = "id,account,phone\nx,000042,+1380001\ny,000043,+1380002\nz,000044,+1380003\n";
    let target = parquet(&[
        (
            "id",
            Arc::new(StringArray::from(vec!["x", "y", "z"])) as ArrayRef,
        ),
        (
            "account",
            Arc::new(Int64Array::from(vec![42, 43, 44])) as ArrayRef,
        ),
        (
            "phone",
            Arc::new(StringArray::from(vec!["1380001", "1380002", "1380003"])) as ArrayRef,
        ),
    ]);
    let books = books(("a.csv", source.as_bytes()), ("a.parquet", &target));
    assert_snapshot!(books.told(&Wishes::default()), @r#"
    took id as key (unique in 3 of 3), no column as money
    id: unique in 3 of 3 records of the source, unique in 3 of 3 of the target
    account: as texts: a zero or a plus before the digits is a part of the value
    ----
    name = "a"
    rule = "a"
    target = """
    -- What the target's a does hold, in the types of the rule.
    SELECT
      "id",
      CAST("account" AS VARCHAR) AS "account",
      "phone"
    FROM "a"
    """
    key = ["id"] # unique in 3 of 3
    ----
    OutOfBalance, 0 rejects
    a: 0 agreed, 0 missing, 0 extra, 3 differ, 0 copies
    Differs account: 000042 is 42, phone: +1380001 is 1380001
    Differs account: 000043 is 43, phone: +1380002 is 1380002
    Differs account: 000044 is 44, phone: +1380003 is 1380003
    "#);
    // They are amounts where somebody says so.
    let wishes = Wishes {
        money: Some(vec!["account".into()]),
        ..Wishes::default()
    };
    let told = books.told(&wishes);
    assert!(
        told.contains(r#"money("account", 0) AS "account""#),
        "{told}"
    );
    // A zero before an amount counts for nothing.
    let padded = "id,amount\nx,0012.50\ny,0007.25\n";
    assert!(doubts(padded, "id,amount\nx,12.50\ny,7.25\n").is_empty());
    let both = texts(("a.csv", padded), ("a.csv", "id,amount\nx,12.50\ny,7.25\n"));
    assert!(
        both.told(&Wishes::default())
            .contains("Balanced, 0 rejects")
    );
}

#[test]
fn what_is_left_out_is_not_checked_and_all_else_is_noted() {
    let books = texts(
        (
            "a.csv",
            "id;amount;day;lost\n1;1.00;27.05.2013;x\n2;2.00;28.05.2013;y\n",
        ),
        (
            "a.csv",
            "id,amount,day,row_no\n1,1.00,2013-05-27,91\n2,2.00,2013-05-28,92\n",
        ),
    );
    std::fs::write(books.folder.path().join("new/b.csv"), "x\nq\n").unwrap();
    std::fs::write(books.folder.path().join("new/c.csv"), "code,words\n").unwrap();
    let whole = Books {
        source: books.folder.path().join("old"),
        target: books.folder.path().join("new"),
        folder: books.folder,
    };
    let found = whole.survey(&Wishes::default()).unwrap();
    assert_snapshot!(found.beforehand[0].not_checked.join("\n"), @r#"
    the target's table b (1 record) has no counterpart: it is not compared
    the source's lost is not compared: the target has nothing like it
    the target's row_no is not compared: the source has nothing like it
    "#);
    assert_snapshot!(found.beforehand[0].notes.join("\n"), @r#"
    in the source, a.csv: its delimiter is a `;`
    the target's table c (0 records) has no counterpart: it is not compared
    nothing tells the currency of the amounts: they are totalled without one; `currency = "CNY"` in a plan would tell it
    took id as key (unique in 2 of 2), amount as money
    id: unique in 2 of 2 records of the source, unique in 2 of 2 of the target
    day: as days
    "#);
    assert_snapshot!(found.in_one_line(), @"took id as key (unique in 2 of 2), amount as money; day: as days; not compared: lost of the source's a, table b of the target, table c of the target, row_no of the target's a");
}

#[test]
fn files_of_nothing_are_no_books() {
    let sound = "id,amount\n1,1.00\n";
    for nothing in ["", "\u{feff}", "\n\n"] {
        let books = texts(("a.csv", nothing), ("a.csv", sound));
        let found = books.survey(&Wishes::default());
        let Err(SurveyError::Read(error)) = found else {
            panic!("{nothing:?} {found:?}");
        };
        // No plan is there that could leave it out.
        assert_eq!(
            error.mend,
            "name a book that holds something: a line with the names of its columns, at least"
        );
    }
}

/// Books in folders: each file of the source, and the one of the target.
fn folders(source: &[(&str, &str)], target: &str) -> Books {
    let mut books = texts(source[0], ("flow.csv", target));
    for (name, text) in source {
        std::fs::write(books.folder.path().join("old").join(name), text).unwrap();
    }
    books.source = books.folder.path().join("old");
    books
}

#[test]
fn files_of_nothing_beside_others_are_left_out_and_said() {
    let check = |files: &[(&str, &str)], blank: &str, globs: &str| {
        let books = folders(files, "id,amount\n1,1.00\n2,2.00\n3,3.00\n");
        let found = books.survey(&Wishes::default()).unwrap();
        let told = format!("the source's file {blank} is not compared: there is nothing in it");
        assert_eq!(found.beforehand[0].not_checked, [told]);
        let plan = books.told(&Wishes::default());
        assert!(plan.contains(globs), "{plan}");
        let text = plan_text(&found, books.folder.path());
        let note = format!("# left out, as there is nothing in them: {blank}\n");
        assert!(text.contains(&note), "{text}");
        // A glob does as well as a folder.
        let by_glob = Books {
            source: books.source.join("*.csv"),
            ..books
        };
        let found = by_glob.survey(&Wishes::default()).unwrap();
        assert_eq!(found.beforehand[0].not_checked.len(), 1);
    };
    let january = ("flow_2013_01.csv", "id,amount\n1,1.00\n2,2.00\n");
    let february = ("flow_2013_02.csv", "id,amount\n3,3.00\n");
    let blank = "flow_2013_03.csv";
    check(
        &[january, february, (blank, "")],
        blank,
        r#"files = ["flow_*_*.csv", "!flow_2013_03.csv"]"#,
    );
    check(
        &[
            ("flow.csv", "id,amount\n1,1.00\n2,2.00\n3,3.00\n"),
            ("lost.csv", "\n\n"),
        ],
        "lost.csv",
        r#"files = ["flow.csv", "!lost.csv"]"#,
    );
    let nothing = folders(&[("a.csv", ""), ("b.csv", "")], "id,amount\n1,1.00\n");
    let found = nothing.survey(&Wishes::default());
    assert!(matches!(found, Err(SurveyError::Read(_))), "{found:?}");
}

#[test]
fn records_without_a_key_are_a_multiset() {
    let source = "day,kind,amount\n2013-05-27,pay,¥1.00\n2013-05-27,pay,¥1.00\n2013-05-27,pay,¥2.50\n2013-05-28,pay,¥2.50\n";
    let books = texts(
        ("a.csv", source),
        ("a.csv", &source.replacen("2.50", "2.51", 1)),
    );
    assert_snapshot!(books.told(&Wishes::default()), @r#"
    took CNY as the currency: `¥` stands beside amounts
    took no key (no set of up to three columns is unique in a), amount as money (CNY)
    without a key, records are compared as a multiset, and paired by what they have in common
    ----
    currency = "CNY"
    name = "a"
    rule = "a"
    target = "a"
    money = ["amount"]
    foot = ["day"]
    ----
    OutOfBalance, 0 rejects
    a: 3 agreed, 0 missing, 0 extra, 1 differ, 0 copies
    Differs amount: 2.50 is 2.51
    "#);
}

#[test]
fn two_columns_make_a_key() {
    let source = "\
voucher,leg,subject,amount
V1,1,1001,10.00
V1,2,2001,-10.00
V2,1,1001,5.00
V2,2,2001,-5.00
V3,1,1001,5.00
V3,2,2001,-5.00
";
    let books = texts(
        ("t_entries_old.csv", source),
        (
            "Entry.csv",
            &source.replace("V2,2,2001,-5.00", "V2,2,2001,-5.01"),
        ),
    );
    assert_snapshot!(books.told(&Wishes::default()), @r#"
    nothing tells the currency of the amounts: they are totalled without one; `currency = "CNY"` in a plan would tell it
    took voucher, leg as key (unique in 6 of 6), amount as money
    t_entries_old is held against Entry
    voucher, leg: unique in 6 of 6 records of the source, unique in 6 of 6 of the target
    ----
    name = "Entry"
    rule = """
    -- What the target's Entry must hold, from the source's t_entries_old.
    SELECT
      "voucher",
      "leg",
      "subject",
      money("amount", 2) AS "amount"
    FROM "t_entries_old"
    """
    target = """
    -- What the target's Entry does hold, in the types of the rule.
    SELECT
      "voucher",
      "leg",
      "subject",
      money("amount", 2) AS "amount"
    FROM "Entry"
    """
    key = ["voucher", "leg"] # unique in 6 of 6
    money = ["amount"]
    foot = ["subject"]
    ----
    OutOfBalance, 0 rejects
    Entry: 5 agreed, 0 missing, 0 extra, 1 differ, 0 copies
    Differs amount: -5.00 is -5.01
    "#);
}

#[test]
fn chinese_texts_in_gb18030_are_read() {
    let chinese =
        "流水号,金额,币种,交易类型\nL1,10.00,CNY,消费\nL2,2.50,CNY,消费\nL3,3.00,USD,退款\n";
    let (bytes, _, _) = encoding_rs::GB18030.encode(chinese);
    let target =
        "serial,amount,currency,type\nL3,3.00,USD,退款\nL2,2.51,CNY,消费\nL1,10.00,CNY,消费\n";
    let books = books(("交易.csv", &bytes), ("trade.csv", target.as_bytes()));
    assert_snapshot!(books.told(&Wishes::default()), @r#"
    in the source, 交易.csv: is not UTF-8; read as gb18030, in which it is Chinese
    took serial as key (unique in 3 of 3), amount as money (currency: currency)
    交易 is held against trade
    serial: unique in 3 of 3 records of the source, unique in 3 of 3 of the target
    流水号 is serial: the names mean the same, and all 3 values are in both
    金额 is amount: the names mean the same, and 2 of 3 values are in both
    币种 is currency: the names mean the same, and all 2 values are in both
    交易类型 is type: the names mean the same, and all 2 values are in both
    ----
    [source.tables."交易"]
    encoding = "gb18030"
    name = "trade"
    rule = """
    -- What the target's trade must hold, from the source's 交易.
    SELECT
      "流水号" AS "serial",
      money("金额", 2) AS "amount",
      "币种" AS "currency",
      "交易类型" AS "type"
    FROM "交易"
    """
    target = """
    -- What the target's trade does hold, in the types of the rule.
    SELECT
      "serial",
      money("amount", 2) AS "amount",
      "currency",
      "type"
    FROM "trade"
    """
    key = ["serial"] # unique in 3 of 3
    money = ["amount"]
    currency = "currency"
    ----
    OutOfBalance, 0 rejects
    trade: 2 agreed, 0 missing, 0 extra, 1 differ, 0 copies
    Differs amount: 2.50 is 2.51
    "#);
}

#[test]
fn accents_are_not_taken_for_chinese() {
    let (bytes, _, _) = encoding_rs::WINDOWS_1252
        .encode("id,name,total\n1,Müller,1.00\n2,Café Léon,2.00\n3,Zoë,3.00\n");
    let target = "id,name,total\n1,Müller,1.00\n2,Café Léon,2.00\n3,Zoë,3.00\n";
    let books = books(("a.csv", &bytes), ("a.csv", target.as_bytes()));
    assert_snapshot!(books.told(&Wishes::default()), @r#"
    in the source, a.csv: is neither UTF-8 nor Chinese in gb18030; read as windows-1252, in which any byte is a character: look at its names
    nothing tells the currency of the amounts: they are totalled without one; `currency = "CNY"` in a plan would tell it
    took id as key (unique in 3 of 3), total as money
    id: unique in 3 of 3 records of the source, unique in 3 of 3 of the target
    ----
    [source.tables.a]
    encoding = "windows-1252"
    name = "a"
    rule = """
    -- What the target's a must hold, from the source's a.
    SELECT
      "id",
      "name",
      money("total", 2) AS "total"
    FROM "a"
    """
    target = """
    -- What the target's a does hold, in the types of the rule.
    SELECT
      "id",
      "name",
      money("total", 2) AS "total"
    FROM "a"
    """
    key = ["id"] # unique in 3 of 3
    money = ["total"]
    ----
    Balanced, 0 rejects
    a: 3 agreed, 0 missing, 0 extra, 0 differ, 0 copies
    "#);
}

#[test]
fn semicolons_decimal_commas_and_other_dates_are_read() {
    let source =
        "Beleg;Datum;Betrag\nB1;27.05.2013;1.234,50\nB2;28.05.2013;7,07\nB3;28.05.2013;0,99\n";
    let target =
        "beleg,datum,betrag\nB1,2013-05-27,1234.50\nB2,2013-05-28,7.08\nB3,2013-05-28,0.99\n";
    let books = texts(("a.csv", source), ("a.csv", target));
    assert_snapshot!(books.told(&Wishes::default()), @r#"
    in the source, a.csv: its delimiter is a `;`
    nothing tells the currency of the amounts: they are totalled without one; `currency = "CNY"` in a plan would tell it
    took beleg as key (unique in 3 of 3), betrag as money
    beleg: unique in 3 of 3 records of the source, unique in 3 of 3 of the target
    Beleg is beleg: spelt otherwise
    Datum is datum: spelt otherwise; as days
    Betrag is betrag: spelt otherwise; as exact numbers
    ----
    [source.tables.a]
    delimiter = ";"
    name = "a"
    rule = """
    -- What the target's a must hold, from the source's a.
    SELECT
      "Beleg" AS "beleg",
      to_date("Datum", '%d.%m.%Y') AS "datum",
      money(replace(replace("Betrag", '.', ''), ',', '.'), 2) AS "betrag"
    FROM "a"
    """
    target = """
    -- What the target's a does hold, in the types of the rule.
    SELECT
      "beleg",
      CAST("datum" AS DATE) AS "datum",
      money("betrag", 2) AS "betrag"
    FROM "a"
    """
    key = ["beleg"] # unique in 3 of 3
    money = ["betrag"]
    ----
    OutOfBalance, 0 rejects
    a: 2 agreed, 0 missing, 0 extra, 1 differ, 0 copies
    Differs betrag: 7.07 is 7.08
    "#);
}

#[test]
fn a_key_that_is_there_twice_in_the_target_is_a_key_all_the_same() {
    let target = FLOW.replace(
        "F5,2013-05-28,pay,12.30,0.12\n",
        "F5,2013-05-28,pay,12.30,0.12\nF5,2013-05-28,pay,12.30,0.12\n",
    );
    let books = texts(("flow.csv", FLOW), ("flow.csv", &target));
    assert_snapshot!(books.told(&Wishes::default()), @r#"
    nothing tells the currency of the amounts: they are totalled without one; `currency = "CNY"` in a plan would tell it
    took serial as key (unique in 5 of 5), amount, fee as money
    serial: unique in 5 of 5 records of the source, unique in 5 of 6 of the target: what is there more than once, or empty, is reported
    ----
    name = "flow"
    rule = """
    -- What the target's flow must hold, from the source's flow.
    SELECT
      "serial",
      "day",
      "kind",
      money("amount", 2) AS "amount",
      money("fee", 2) AS "fee"
    FROM "flow"
    """
    target = """
    -- What the target's flow does hold, in the types of the rule.
    SELECT
      "serial",
      "day",
      "kind",
      money("amount", 2) AS "amount",
      money("fee", 2) AS "fee"
    FROM "flow"
    """
    key = ["serial"] # unique in 5 of 5
    money = ["amount", "fee"]
    foot = ["day", "kind"]
    ----
    OutOfBalance, 0 rejects
    flow: 5 agreed, 0 missing, 0 extra, 0 differ, 1 copies
    Copies
    "#);
}

#[test]
fn a_header_alone_is_a_table_without_records() {
    let books = texts(
        ("flow.csv", "serial,day,kind,amount,fee\n"),
        ("flow.csv", FLOW),
    );
    assert_snapshot!(books.told(&Wishes::default()), @r#"
    nothing tells the currency of the amounts: they are totalled without one; `currency = "CNY"` in a plan would tell it
    took no key (flow has no records to measure a key on), amount, fee as money
    without a key, records are compared as a multiset, and paired by what they have in common
    ----
    name = "flow"
    rule = """
    -- What the target's flow must hold, from the source's flow.
    SELECT
      "serial",
      "day",
      "kind",
      money("amount", 2) AS "amount",
      money("fee", 2) AS "fee"
    FROM "flow"
    """
    target = """
    -- What the target's flow does hold, in the types of the rule.
    SELECT
      "serial",
      "day",
      "kind",
      money("amount", 2) AS "amount",
      money("fee", 2) AS "fee"
    FROM "flow"
    """
    money = ["amount", "fee"]
    ----
    OutOfBalance, 0 rejects
    flow: 0 agreed, 0 missing, 5 extra, 0 differ, 0 copies
    Extra
    Extra
    Extra
    Extra
    Extra
    "#);
}

#[test]
fn an_empty_parquet_table_is_held_against_texts() {
    let source = parquet(&[
        (
            "serial",
            Arc::new(StringArray::from(Vec::<&str>::new())) as ArrayRef,
        ),
        (
            "day",
            Arc::new(arrow_array::Date32Array::from(Vec::<i32>::new())) as ArrayRef,
        ),
        (
            "amount",
            Arc::new(Int64Array::from(Vec::<i64>::new())) as ArrayRef,
        ),
    ]);
    let books = books(("flow.parquet", &source), ("flow.csv", FLOW.as_bytes()));
    assert_snapshot!(books.told(&Wishes::default()), @r#"
    nothing tells the currency of the amounts: they are totalled without one; `currency = "CNY"` in a plan would tell it
    took no key (flow has no records to measure a key on), amount as money
    without a key, records are compared as a multiset, and paired by what they have in common
    day: as days
    amount: as exact numbers
    the target's kind, fee are not compared: the source has nothing like it
    ----
    name = "flow"
    rule = "flow"
    target = """
    -- What the target's flow does hold, in the types of the rule.
    SELECT
      "serial",
      CAST("day" AS DATE) AS "day",
      money("amount", 2) AS "amount",
      "kind",
      "fee"
    FROM "flow"
    """
    money = ["amount"]
    ignore = ["kind", "fee"] # the source has nothing like it
    ----
    OutOfBalance, 0 rejects
    flow: 0 agreed, 0 missing, 5 extra, 0 differ, 0 copies
    Extra
    Extra
    Extra
    Extra
    Extra
    "#);
}

#[test]
fn civil_times_are_brought_to_instants() {
    let micros = |hours: i64| (15852 * 24 + hours) * 3_600_000_000;
    let target = parquet(&[
        (
            "id",
            Arc::new(StringArray::from(vec!["1", "2", "3"])) as ArrayRef,
        ),
        (
            "paid_at",
            Arc::new(
                TimestampMicrosecondArray::from(vec![micros(0), micros(1), micros(5)])
                    .with_timezone("UTC"),
            ) as ArrayRef,
        ),
        (
            "total",
            Arc::new(Int64Array::from(vec![1, 2, 3])) as ArrayRef,
        ),
    ]);
    let source = "id,paid_at,total\n1,2013-05-27 08:00:00,1\n2,2013-05-27 09:00:00,2\n3,2013-05-27 13:00:00,4\n";
    let books = books(("a.csv", source.as_bytes()), ("a.parquet", &target));
    assert_snapshot!(books.told(&Wishes::default()), @r#"
    nothing tells the currency of the amounts: they are totalled without one; `currency = "CNY"` in a plan would tell it
    took id as key (unique in 3 of 3), total as money
    id: unique in 3 of 3 records of the source, unique in 3 of 3 of the target
    paid_at: as instants: with the offset +08:00 most are the same
    total: as exact numbers
    ----
    name = "a"
    rule = """
    -- What the target's a must hold, from the source's a.
    SELECT
      "id",
      local_time("paid_at", '+08:00') AS "paid_at",
      money("total", 0) AS "total"
    FROM "a"
    """
    target = "a"
    key = ["id"] # unique in 3 of 3
    money = ["total"]
    ----
    OutOfBalance, 0 rejects
    a: 2 agreed, 0 missing, 0 extra, 1 differ, 0 copies
    Differs total: 4 is 3
    "#);
}

#[test]
fn what_is_not_compared_is_named() {
    let source = "id,amount,secret\n1,1.00,x\n2,2.00,y\n";
    let target = "id,amount,loaded_by,loaded_at\n1,1.00,etl,7\n2,2.00,etl,7\n";
    let books = texts(("a.csv", source), ("a.csv", target));
    std::fs::write(books.folder.path().join("old/b.csv"), "x\nq\n").unwrap();
    let whole = Books {
        source: books.folder.path().join("old"),
        target: books.target.clone(),
        folder: books.folder,
    };
    assert_snapshot!(whole.survey(&Wishes::default()).unwrap().in_one_line(), @r#"took id as key (unique in 2 of 2), amount as money; not compared: table b of the source, secret of the source's a, loaded_by, loaded_at of the target's a"#);
    assert_snapshot!(whole.told(&Wishes::default()), @r#"
    the source's table b (1 record) has no counterpart: it is not compared
    nothing tells the currency of the amounts: they are totalled without one; `currency = "CNY"` in a plan would tell it
    took id as key (unique in 2 of 2), amount as money
    id: unique in 2 of 2 records of the source, unique in 2 of 2 of the target
    the source's secret is not compared: the target has nothing like it
    the target's loaded_by, loaded_at are not compared: the source has nothing like it
    ----
    name = "a"
    rule = """
    -- What the target's a must hold, from the source's a.
    SELECT
      "id",
      money("amount", 2) AS "amount"
    FROM "a"
    """
    target = """
    -- What the target's a does hold, in the types of the rule.
    SELECT
      "id",
      money("amount", 2) AS "amount",
      "loaded_by",
      "loaded_at"
    FROM "a"
    """
    key = ["id"] # unique in 2 of 2
    money = ["amount"]
    ignore = ["loaded_by", "loaded_at"] # the source has nothing like it
    ----
    Balanced, 0 rejects
    a: 2 agreed, 0 missing, 0 extra, 0 differ, 0 copies
    "#);
}

#[test]
fn what_is_wished_for_is_taken() {
    let wishes = Wishes {
        key: Some(vec!["Day".into(), "amount".into()]),
        money: Some(vec!["fee".into()]),
        ..Wishes::default()
    };
    let books = texts(("flow.csv", FLOW), ("flow.csv", FLOW));
    assert_eq!(
        books.survey(&wishes).unwrap().in_one_line(),
        "took day, amount as key (unique in 5 of 5), fee as money"
    );
    let check = |wishes: Wishes, expect: &str| {
        assert_eq!(books.survey(&wishes).unwrap_err().to_string(), expect);
    };
    check(
        Wishes {
            key: Some(vec!["id".into()]),
            ..Wishes::default()
        },
        "no column `id` is in both books; in both are amount, day, fee, kind, serial",
    );
    check(
        Wishes {
            currency: Some("RMB".into()),
            ..Wishes::default()
        },
        "`RMB` is no currency code of ISO 4217",
    );
}

#[test]
fn books_without_anything_in_common_are_refused() {
    let books = texts(("a.csv", "x\nq\n"), ("b.csv", "y\nz\n"));
    assert_snapshot!(books.survey(&Wishes::default()).unwrap_err(), @r#"no table of the source and none of the target have a column in common, by name or by content; the source has a (x), the target b (y): write a plan whose rules say what belongs together"#);
    let target = books.target.to_string_lossy();
    let nowhere = survey("nowhere", &target, &Wishes::default(), &|_| None);
    assert!(matches!(nowhere, Err(SurveyError::Books(errors)) if errors.len() == 1));
}

#[test]
fn odd_files_are_opened_and_said() {
    let source = "Statement of 2013\n\nid,amount,\n1,1.00,x\n\n2,2.00,5\" pipe\n";
    let target = "1,1.00\n2,2.00\n";
    let books = texts(("a.txt", source), ("b.dat", target));
    assert_snapshot!(books.told(&Wishes::default()), @r#"
    in the source, a.txt:5: empty lines are skipped, and counted
    in the source, a.txt: its first 2 lines stand above the header and are no records
    in the source, a.txt:6: quotes that quote nothing are kept as they are, and counted
    in the source, a.txt: the 3. column has no name; its columns are called id, amount, column3
    in the target, b.dat: its first line is a record: it has no header, and its columns are called column1, column2
    nothing tells the currency of the amounts: they are totalled without one; `currency = "CNY"` in a plan would tell it
    took column1 as key (unique in 2 of 2), column2 as money
    a is held against b
    column1: unique in 2 of 2 records of the source, unique in 2 of 2 of the target
    id is column1: by what they hold: all 2 values are in both
    amount is column2: by what they hold: all 2 values are in both
    the source's column3 is not compared: the target has nothing like it
    ----
    [source.tables.a]
    format = "csv"
    names = ["id", "amount", "column3"]
    skip_header = 2
    skip_blank_lines = true
    keep_stray_quotes = true
    [target.tables.b]
    format = "csv"
    header = false
    names = ["column1", "column2"]
    name = "b"
    rule = """
    -- What the target's b must hold, from the source's a.
    SELECT
      "id" AS "column1",
      money("amount", 2) AS "column2"
    FROM "a"
    """
    target = """
    -- What the target's b does hold, in the types of the rule.
    SELECT
      "column1",
      money("column2", 2) AS "column2"
    FROM "b"
    """
    key = ["column1"] # unique in 2 of 2
    money = ["column2"]
    ----
    Balanced, 0 rejects
    b: 2 agreed, 0 missing, 0 extra, 0 differ, 0 copies
    "#);
}

#[test]
fn parts_of_a_table_are_put_together() {
    let books = texts(
        ("flow-01.csv", "id,amount\n1,1.00\n2,2.00\n"),
        ("flow.csv", "id,amount\n1,1.00\n2,2.00\n3,3.10\n"),
    );
    let old = books.folder.path().join("old");
    std::fs::write(old.join("flow-02.csv"), "id,amount\n3,3.00\n").unwrap();
    let parts = Books {
        source: old,
        target: books.target.clone(),
        folder: books.folder,
    };
    assert_snapshot!(parts.told(&Wishes::default()), @r#"
    in the source, flow: 2 files are one table: flow-*.csv
    nothing tells the currency of the amounts: they are totalled without one; `currency = "CNY"` in a plan would tell it
    took id as key (unique in 3 of 3), amount as money
    id: unique in 3 of 3 records of the source, unique in 3 of 3 of the target
    ----
    [source.tables.flow]
    files = "flow-*.csv"
    name = "flow"
    rule = """
    -- What the target's flow must hold, from the source's flow.
    SELECT
      "id",
      money("amount", 2) AS "amount"
    FROM "flow"
    """
    target = """
    -- What the target's flow does hold, in the types of the rule.
    SELECT
      "id",
      money("amount", 2) AS "amount"
    FROM "flow"
    """
    key = ["id"] # unique in 3 of 3
    money = ["amount"]
    ----
    OutOfBalance, 0 rejects
    flow: 2 agreed, 0 missing, 0 extra, 1 differ, 0 copies
    Differs amount: 3.00 is 3.10
    "#);
}

#[test]
fn files_of_one_name_in_several_folders_are_one_table() {
    let books = texts(
        ("flow.csv", "id,amount\n1,1.00\n2,2.00\n"),
        ("flow.csv", "id,amount\n1,1.00\n2,2.00\n3,3.10\n"),
    );
    let old = books.folder.path().join("old");
    std::fs::create_dir(old.join("2013")).unwrap();
    std::fs::write(old.join("2013/flow.csv"), "id,amount\n3,3.00\n").unwrap();
    let parts = Books {
        source: old,
        target: books.target.clone(),
        folder: books.folder,
    };
    assert_snapshot!(parts.told(&Wishes::default()), @r#"
    in the source, the files flow.csv of several folders are one table: flow
    nothing tells the currency of the amounts: they are totalled without one; `currency = "CNY"` in a plan would tell it
    took id as key (unique in 3 of 3), amount as money
    id: unique in 3 of 3 records of the source, unique in 3 of 3 of the target
    ----
    [source.tables.flow]
    files = "**/flow.csv"
    name = "flow"
    rule = """
    -- What the target's flow must hold, from the source's flow.
    SELECT
      "id",
      money("amount", 2) AS "amount"
    FROM "flow"
    """
    target = """
    -- What the target's flow does hold, in the types of the rule.
    SELECT
      "id",
      money("amount", 2) AS "amount"
    FROM "flow"
    """
    key = ["id"] # unique in 3 of 3
    money = ["amount"]
    ----
    OutOfBalance, 0 rejects
    flow: 2 agreed, 0 missing, 0 extra, 1 differ, 0 copies
    Differs amount: 3.00 is 3.10
    "#);
}

#[test]
fn tables_with_other_names_are_paired_by_most_columns() {
    let books = texts(
        ("flow.csv", FLOW),
        (
            "posting.csv",
            "voucher,booked,betrag\nF1,2013-05-27,10.00\nF2,2013-05-27,25.50\nF3,2013-05-28,-25.50\nF4,2013-05-28,7.07\nF5,2013-05-28,12.30\n",
        ),
    );
    let old = books.folder.path().join("old");
    std::fs::write(
        old.join("day.csv"),
        "day,total\n2013-05-27,35.50\n2013-05-28,-6.13\n",
    )
    .unwrap();
    let [old, new] = [&old, &books.target].map(|path| path.to_string_lossy());
    let found = survey(&old, &new, &Wishes::default(), &|_| None).unwrap();
    assert_snapshot!(found.said.join("\n"), @r#"
    the source's table day (2 records) has no counterpart: it is not compared
    nothing tells the currency of the amounts: they are totalled without one; `currency = "CNY"` in a plan would tell it
    took voucher as key (unique in 5 of 5), betrag as money
    flow is held against posting
    voucher: unique in 5 of 5 records of the source, unique in 5 of 5 of the target
    serial is voucher: by what they hold: all 5 values are in both
    day is booked: by what they hold: all 2 values are in both
    amount is betrag: by what they hold: all 5 values are in both
    the source's kind, fee are not compared: the target has nothing like it
    "#);
}

#[test]
fn a_plan_is_written_beside_its_sql_and_replaces_no_sql() {
    let books = texts(
        ("flow.csv", FLOW),
        (
            "flow.csv",
            "流水号,金额\nF1,10.00\nF2,25.50\nF3,-25.50\nF4,7.07\nF5,12.30\n",
        ),
    );
    let found = books.survey(&Wishes::default()).unwrap();
    let plan = books.folder.path().join("crossfoot.toml");
    let names = |written: Vec<PathBuf>| -> Vec<String> {
        written
            .iter()
            .map(|path| {
                path.strip_prefix(books.folder.path())
                    .unwrap()
                    .display()
                    .to_string()
            })
            .collect()
    };
    assert_eq!(
        names(write_plan(&found, &plan).unwrap()),
        ["crossfoot.toml", "rules/flow.sql", "rules/flow.target.sql"]
    );
    std::fs::write(books.folder.path().join("rules/flow.sql"), "SELECT 1").unwrap();
    assert_eq!(
        names(write_plan(&found, &plan).unwrap()),
        [
            "crossfoot.toml",
            "rules/flow-2.sql",
            "rules/flow.target.sql"
        ]
    );
    assert_eq!(
        std::fs::read_to_string(books.folder.path().join("rules/flow.sql")).unwrap(),
        "SELECT 1"
    );
}

#[test]
fn parts_that_are_written_otherwise_are_put_together_too() {
    let books = texts(
        ("2013-05.csv", "id;Net Amount;day\n1;1.00;x\n2;2.00;y\n"),
        (
            "pay.csv",
            "id,Net Amount,day\n1,1.00,x\n2,2.00,y\n3,3.00,\n4,4.10,z\n",
        ),
    );
    let old = books.folder.path().join("old");
    std::fs::write(old.join("2013-06.csv"), "id,NetAmount\n3,3.00\n").unwrap();
    std::fs::write(old.join("2013-07.csv"), "id,Net Amount,day\n4,4.00,z\n").unwrap();
    let parts = Books {
        source: old,
        target: books.target.clone(),
        folder: books.folder,
    };
    assert_snapshot!(parts.told(&Wishes::default()), @r#"
    in the source, 2013-05.csv: its delimiter is a `;`
    in the source, records: 3 files are one table: *-*.csv
    in the source, records: NetAmount is Net Amount
    in the source, records: some files lack day: NULL there
    nothing tells the currency of the amounts: they are totalled without one; `currency = "CNY"` in a plan would tell it
    took id as key (unique in 4 of 4), Net Amount as money
    records is held against pay
    id: unique in 4 of 4 records of the source, unique in 4 of 4 of the target
    day: a text that stands for nothing is NULL
    ----
    [source.tables.records]
    files = "*-*.csv"
    columns = { "Net Amount" = ["NetAmount"] }
    optional = ["day"]
    [[source.tables.records.file]]
    delimiter = ";"
    match = "2013-05.csv"
    name = "pay"
    rule = """
    -- What the target's pay must hold, from the source's records.
    SELECT
      "id",
      money("Net Amount", 2) AS "Net Amount",
      "day"
    FROM "records"
    """
    target = """
    -- What the target's pay does hold, in the types of the rule.
    SELECT
      "id",
      money("Net Amount", 2) AS "Net Amount",
      nullif("day", '') AS "day"
    FROM "pay"
    """
    key = ["id"] # unique in 4 of 4
    money = ["Net Amount"]
    ----
    OutOfBalance, 0 rejects
    pay: 3 agreed, 0 missing, 0 extra, 1 differ, 0 copies
    Differs Net Amount: 4.00 is 4.10
    "#);
}

#[test]
fn a_record_that_cannot_be_read_is_said_and_the_rest_judged() {
    let source = "id,amount\n1,1.00\n2,2.00\nTotal\n";
    let books = texts(("a.csv", source), ("a.csv", "id,amount\n1,1.00\n2,2.00\n"));
    let found = books.survey(&Wishes::default()).unwrap();
    assert_snapshot!(found.said.join("\n"), @r#"
    in the source, a.csv:4: 1 field, 2 expected: nothing is verified until that is mended (correct the line; or declare `skip_footer` if it is a note at the end, `pad_short = true` if the rest is NULL)
    in the source, a: its columns were judged by 0 records, because a.csv:4 cannot be read: 1 field, 2 expected
    nothing tells the currency of the amounts: they are totalled without one; `currency = "CNY"` in a plan would tell it
    took no key (a has no records to measure a key on), amount as money
    without a key, records are compared as a multiset, and paired by what they have in common
    "#);
    assert!(plan_of(&found).is_ok_and(|plan| prepare(plan, 1, &|_| None).is_ok()));
}

#[test]
fn nothing_in_a_text_is_null_where_the_other_side_has_null() {
    let target = parquet(&[
        (
            "id",
            Arc::new(StringArray::from(vec!["1", "2", "3"])) as ArrayRef,
        ),
        (
            "memo",
            Arc::new(StringArray::from(vec![Some("rent"), None, Some("tea")])) as ArrayRef,
        ),
        (
            "fee",
            Arc::new(
                Decimal128Array::from(vec![Some(10), Some(20), None])
                    .with_precision_and_scale(18, 2)
                    .unwrap(),
            ) as ArrayRef,
        ),
    ]);
    let source = "id,memo,fee\n1,rent,£0.10\n2,,£0.20\n3,tea,NULL\n";
    let books = books(("a.csv", source.as_bytes()), ("a.parquet", &target));
    assert_snapshot!(books.told(&Wishes::default()), @r#"
    took GBP as the currency: `£` stands beside amounts
    took id as key (unique in 3 of 3), fee as money (GBP)
    id: unique in 3 of 3 records of the source, unique in 3 of 3 of the target
    memo: a text that stands for nothing is NULL
    fee: as exact numbers; a text that stands for nothing is NULL
    ----
    currency = "GBP"
    name = "a"
    rule = """
    -- What the target's a must hold, from the source's a.
    SELECT
      "id",
      nullif("memo", '') AS "memo",
      money(nullif("fee", 'NULL')) AS "fee"
    FROM "a"
    """
    target = "a"
    key = ["id"] # unique in 3 of 3
    money = ["fee"]
    ----
    Balanced, 0 rejects
    a: 3 agreed, 0 missing, 0 extra, 0 differ, 0 copies
    "#);
}

#[test]
fn binary_floats_are_not_taken_for_money() {
    let of = |values: Vec<f64>| {
        parquet(&[
            ("id", Arc::new(Int64Array::from(vec![1, 2, 3])) as ArrayRef),
            (
                "amount",
                Arc::new(arrow_array::Float64Array::from(values)) as ArrayRef,
            ),
        ])
    };
    let target = of(vec![1.5, 2.25, 0.3]);
    let both = books(
        ("a.parquet", &of(vec![1.5, 2.25, 0.1])),
        ("a.parquet", &target),
    );
    assert_snapshot!(both.told(&Wishes::default()), @r#"
    took id as key (unique in 3 of 3), no column as money
    id: unique in 3 of 3 records of the source, unique in 3 of 3 of the target
    amount of the source holds binary floating-point numbers, which are no exact amounts: it is not taken as money
    amount of the target holds binary floating-point numbers, which are no exact amounts: it is not taken as money
    ----
    name = "a"
    rule = "a"
    target = "a"
    key = ["id"] # unique in 3 of 3
    ----
    OutOfBalance, 0 rejects
    a: 2 agreed, 0 missing, 0 extra, 1 differ, 0 copies
    Differs amount: 0.1 is 0.3
    "#);
    let source = "id,amount\n1,1.50\n2,2.25\n3,0.30\n";
    let one = books(("a.csv", source.as_bytes()), ("a.parquet", &target));
    assert_snapshot!(one.told(&Wishes::default()), @r#"
    took id as key (unique in 3 of 3), no column as money
    id: unique in 3 of 3 records of the source, unique in 3 of 3 of the target
    id: as exact numbers
    amount: as binary floating-point numbers, because one side is such: these are no exact amounts
    amount of the target holds binary floating-point numbers, which are no exact amounts: it is not taken as money
    ----
    name = "a"
    rule = """
    -- What the target's a must hold, from the source's a.
    SELECT
      CAST("id" AS BIGINT) AS "id",
      CAST("amount" AS DOUBLE) AS "amount"
    FROM "a"
    """
    target = "a"
    key = ["id"] # unique in 3 of 3
    ----
    Balanced, 0 rejects
    a: 3 agreed, 0 missing, 0 extra, 0 differ, 0 copies
    "#);
    let wishes = Wishes {
        money: Some(vec!["amount".into()]),
        ..Wishes::default()
    };
    assert_eq!(
        one.survey(&wishes).unwrap_err().to_string(),
        "`amount` cannot be money: it holds no exact numbers, but values of another type"
    );
}

#[test]
fn a_large_table_is_judged_by_its_first_records_and_its_key_by_all() {
    let of = |last: i64| {
        let ids: Vec<i64> = (0..249_999).chain([last]).collect();
        let amounts: Vec<i64> = ids.iter().map(|id| id % 997).collect();
        parquet(&[
            ("id", Arc::new(Int64Array::from(ids)) as ArrayRef),
            ("amount", Arc::new(Int64Array::from(amounts)) as ArrayRef),
        ])
    };
    let (sound, twice) = (of(249_999), of(7));
    let books = |source: &[u8]| books(("a.parquet", source), ("a.parquet", &sound));
    assert_snapshot!(books(&sound).survey(&Wishes::default()).unwrap().said.join("\n"), @r#"
    in the source, a: its columns were judged by 200,000 records
    in the target, a: its columns were judged by 200,000 records
    nothing tells the currency of the amounts: they are totalled without one; `currency = "CNY"` in a plan would tell it
    took id as key (unique in 250,000 of 250,000), amount as money
    id: unique in 250,000 of 250,000 records of the source, unique in 250,000 of 250,000 of the target
    "#);
    assert_snapshot!(books(&twice).survey(&Wishes::default()).unwrap().said.join("\n"), @r#"
    in the source, a: its columns were judged by 200,000 records
    in the target, a: its columns were judged by 200,000 records
    nothing tells the currency of the amounts: they are totalled without one; `currency = "CNY"` in a plan would tell it
    took id as key (unique in 249,999 of 250,000), amount as money
    id: unique in 249,999 of 250,000 records of the source, unique in 250,000 of 250,000 of the target: what is there more than once, or empty, is reported
    "#);
}

#[test]
fn no_text_makes_a_survey_fail_but_with_an_error() {
    let odd = [
        "",
        "\n",
        "\n\n\n",
        ",",
        ",,\n,,",
        "\"",
        "\"a",
        "a,\"b\nc\",d\n",
        "a\u{0}b",
        "a,b\n1\n",
        "é",
        "_file,_row\n1,2\n",
        "select,with\n1,2\n",
        "a\ta\n",
        "''\n",
        "a\"b,c'd\n1,2\n",
        "1\n",
        "a,a,a\n1,1,1\n",
        "${x},~\n1,2\n",
    ];
    for source in odd {
        for target in odd {
            let books = texts(("select a.csv", source), ("b.sql.csv", target));
            if let Ok(found) = books.survey(&Wishes::default()) {
                let plan = plan_of(&found)
                    .unwrap_or_else(|errors| panic!("{source:?} {target:?} {errors:?}"));
                if let Err(error) = prepare(plan, 1, &|_| None) {
                    panic!(
                        "{source:?} {target:?} {error:?}\n{}",
                        plan_text(&found, Path::new(""))
                    );
                }
            }
        }
    }
}
