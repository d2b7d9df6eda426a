//! The database is the conversion's source: its tables are those of `ruixin/history`.

mod support;

use std::collections::BTreeMap;

use ruixin_history::{ColumnKind, Format, History, Table};
use ruixin_pay::command::{AccountView, Receipt};
use ruixin_pay::command::{
    BankOutcome, Command, NewHold, NewOwner, OpenAccount, Payment, Refund, Release, Settlement,
    TopUp, Transfer, Withdrawal,
};
use ruixin_pay::money::Amount;
use ruixin_pay::{Books, asked};
use ruixin_service::store::{Dialect, Row, Value};
use support::{Database, audit, block_on, teller};

async fn rows(books: &Books, sql: String, parameters: Vec<Value>) -> Vec<Row> {
    // Statements of the store are constants; a test's are given away.
    let sql: &'static str = Box::leak(sql.into_boxed_str());
    books
        .store()
        .read(async move |tx| tx.rows(sql, parameters).await)
        .await
        .expect("rows")
}

/// Name, type and whether it may be null, of each column.
async fn columns(books: &Books, table: &str) -> Vec<(String, String, bool)> {
    let sql = match books.store().dialect() {
        Dialect::Sqlite => "SELECT name, type, \"notnull\" FROM pragma_table_info(?1) ORDER BY cid",
        Dialect::Postgres => {
            "SELECT attname::text, format_type(atttypid, atttypmod), attnotnull::int4 FROM pg_attribute \
             WHERE attrelid = ?1::text::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
        }
    };
    let found = rows(books, sql.to_owned(), vec![table.into()]).await;
    let column = |row: &Row| {
        let is_nullable = row.int(2).expect("a number") == 0;
        (
            row.text(0).expect("text").to_owned(),
            row.text(1).expect("text").to_owned(),
            is_nullable,
        )
    };
    found.iter().map(column).collect()
}

fn type_of(kind: ColumnKind, dialect: Dialect) -> &'static str {
    let types = match kind {
        ColumnKind::Text => ["TEXT", "text"],
        ColumnKind::Money => ["DECIMAL(18, 2)", "numeric(18,2)"],
        ColumnKind::Rate => ["DECIMAL(9, 6)", "numeric(9,6)"],
        ColumnKind::Time => ["TIMESTAMP", "timestamp(3) without time zone"],
        ColumnKind::Date => ["DATE", "date"],
        ColumnKind::Number => ["BIGINT", "bigint"],
    };
    types[usize::from(dialect == Dialect::Postgres)]
}

/// A table of the generated history that is one CSV file: header and lines.
fn generated(folder: &std::path::Path, name: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let text = std::fs::read_to_string(folder.join(format!("{name}.csv"))).expect("a file");
    let mut lines = text
        .lines()
        .map(|line| line.trim_end().split(',').map(str::to_owned).collect());
    let header = lines.next().expect("a header");
    (header, lines.collect())
}

const CODE_TABLES: [&str; 5] = [
    "type_code",
    "status_code",
    "channel",
    "channel_rate",
    "merchant_rate",
];

async fn has_the_layout(books: &Books) {
    let dialect = books.store().dialect();
    for table in Table::ALL {
        let expected: Vec<_> = table
            .columns()
            .iter()
            .map(|column| {
                (
                    column.name.to_owned(),
                    type_of(column.kind, dialect).to_owned(),
                    column.is_nullable,
                )
            })
            .collect();
        assert_eq!(
            columns(books, table.name()).await,
            expected,
            "{}",
            table.name()
        );
    }
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().join("pay");
    let history = History::new(1, 1_000).expect("a size");
    history
        .write(&folder, Format::Csv, 1, &|_| {})
        .expect("written");
    for name in CODE_TABLES.into_iter().chain(["daily_total"]) {
        let names: Vec<String> = columns(books, name)
            .await
            .into_iter()
            .map(|(name, ..)| name)
            .collect();
        assert_eq!(names, generated(&folder, name).0, "{name}");
    }
    for name in CODE_TABLES {
        let (header, mut lines) = generated(&folder, name);
        let column = |name: &String| match name.as_str() {
            "rate" => "CAST(round(rate * 1000000) AS BIGINT)".to_owned(),
            "least" | "most" => format!("fen:{name}"),
            "valid_from" | "valid_to" => format!("date:{name}"),
            _ => name.clone(),
        };
        let list: Vec<String> = header.iter().map(column).collect();
        let found = rows(
            books,
            format!("SELECT {} FROM {name}", list.join(", ")),
            vec![],
        )
        .await;
        let cell = |row: &Row, at: usize| match header[at].as_str() {
            "rate" => {
                let rate = row.int(at).expect("a rate");
                format!("{}.{:06}", rate / 1_000_000, rate % 1_000_000)
            }
            "least" | "most" => {
                let fen = row.int(at).expect("fen");
                format!("{}.{:02}", fen / 100, fen % 100)
            }
            _ => row
                .maybe_text(at)
                .expect("text")
                .unwrap_or_default()
                .to_owned(),
        };
        let mut ours: Vec<Vec<String>> = found
            .iter()
            .map(|row| (0..header.len()).map(|at| cell(row, at)).collect())
            .collect();
        ours.sort();
        lines.sort();
        assert_eq!(ours, lines, "{name}");
    }
}

/// One of everything, the amounts such that SQLite's floating point would show itself.
async fn some_traffic(books: &Books) {
    let amount = |text: &str| Amount::parse(text).expect("an amount");
    let number = std::cell::Cell::new(0);
    let run = async |command: Command| {
        number.set(number.get() + 1);
        let asked = asked(&teller(), &format!("k{}", number.get()), b"").expect("a key");
        books
            .run(command, asked)
            .await
            .expect("an answer")
            .result
            .expect("done")
    };
    let open = |owner, name: &str, class: Option<&str>| {
        let channel = class.is_none().then(|| "CMB".to_owned());
        Command::Open(OpenAccount {
            owner,
            name: name.to_owned(),
            class: class.map(str::to_owned),
            channel,
        })
    };
    let account = |text: String| {
        serde_json::from_str::<AccountView>(&text)
            .expect("an account")
            .account
    };
    let receipt = |text: String| serde_json::from_str::<Receipt>(&text).expect("a receipt");
    let user = account(run(open(NewOwner::User, "欧阳䶮", None)).await);
    let other = account(run(open(NewOwner::User, "𬀩", None)).await);
    let shop = account(run(open(NewOwner::Merchant, "同德, \"东方\"", Some("D"))).await);
    let memo = Some("逗号, 引号\"和'".to_owned());
    for text in ["0.07", "1234.56", "8999999999.99"] {
        let one = TopUp {
            account: user.clone(),
            amount: amount(text),
            channel: "POST".to_owned(),
            memo: memo.clone(),
        };
        run(Command::TopUp(one)).await;
    }
    let one = Payment {
        payer: user.clone(),
        merchant: shop.clone(),
        amount: amount("99.99"),
        coupon: Some(amount("0.10")),
        title: memo.clone(),
    };
    let paid = receipt(run(Command::Pay(one)).await)
        .order
        .expect("an order");
    run(Command::Refund(
        paid.order_id.clone(),
        Refund {
            amount: amount("0.29"),
            memo: None,
        },
    ))
    .await;
    let one = Transfer {
        payer: user.clone(),
        payee: other.clone(),
        amount: amount("1.1"),
        memo: None,
    };
    run(Command::Transfer(one)).await;
    for outcome in [BankOutcome::Paid, BankOutcome::Refused] {
        let one = Withdrawal {
            account: user.clone(),
            amount: amount("500.05"),
            channel: "BOC".to_owned(),
            memo: None,
        };
        let order = receipt(run(Command::Withdraw(one)).await)
            .order
            .expect("an order");
        run(Command::Settle(order.order_id, Settlement { outcome })).await;
    }
    let one = NewHold {
        account: other,
        amount: amount("0.3"),
        memo,
    };
    let hold = receipt(run(Command::Hold(one)).await).hold.expect("a hold");
    run(Command::Release(
        hold.hold,
        Release {
            amount: Some(amount("0.1")),
            memo: None,
        },
    ))
    .await;
}

async fn totals_are_those_of_the_flow(books: &Books) {
    let frozen = books.freeze().await.expect("frozen");
    let figures = frozen.figures.as_ref().expect("figures");
    assert_eq!(
        (figures.difference.0, figures.records),
        (0, 16),
        "{frozen:?}"
    );
    let totals = rows(
        books,
        "SELECT type_code, direction, records, fen:amount, fen:fee, fen:coupon FROM daily_total"
            .to_owned(),
        vec![],
    )
    .await;
    let flow = rows(
        books,
        "SELECT type_code, direction, 1, fen:amount, fen:fee, fen:coupon FROM flow".to_owned(),
        vec![],
    )
    .await;
    let summed = |rows: &[Row]| {
        let mut sums: BTreeMap<(String, String), [i64; 4]> = BTreeMap::new();
        for row in rows {
            let key = (
                row.text(0).expect("text").to_owned(),
                row.text(1).expect("text").to_owned(),
            );
            let sum = sums.entry(key).or_default();
            for (at, sum) in sum.iter_mut().enumerate() {
                *sum += row.maybe_int(at + 2).expect("a number").unwrap_or(0);
            }
        }
        sums
    };
    assert_eq!(summed(&totals), summed(&flow));
    // The banks' files against the flow, by order.
    let by_order = rows(
        books,
        "SELECT order_id, sum_fen:amount FROM channel_file GROUP BY order_id".to_owned(),
        vec![],
    )
    .await;
    let by_flow = rows(
        books,
        "SELECT order_id, sum_fen:amount, sum_fen:fee FROM flow WHERE channel IS NOT NULL GROUP BY order_id".to_owned(),
        vec![],
    )
    .await;
    let banks: BTreeMap<&str, i64> = by_order
        .iter()
        .map(|row| (row.text(0).expect("text"), row.int(1).expect("fen")))
        .collect();
    let ours: BTreeMap<&str, i64> = by_flow
        .iter()
        .map(|row| {
            (
                row.text(0).expect("text"),
                row.int(1).expect("fen") - row.int(2).expect("fen"),
            )
        })
        .collect();
    assert_eq!(banks, ours);
    assert_eq!(banks.len(), 4);
}

fn on(database: &Database) {
    block_on(async {
        let books = database.books().await;
        has_the_layout(&books).await;
        some_traffic(&books).await;
        audit(books.store()).await;
        totals_are_those_of_the_flow(&books).await;
    });
}

#[test]
fn sqlite_has_the_layout_of_the_history() {
    on(&Database::sqlite());
}

#[test]
fn postgres_has_the_layout_of_the_history() {
    on(&Database::postgres());
}
