//! A generated history goes into an empty store, and the service goes on with it.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ruixin_history::{Auditor, Owner, Table};
use ruixin_pay::civil::Clock;
use ruixin_pay::command::{
    AccountView, BankOutcome, Command, NewOwner, OpenAccount, Payment, Receipt, Refund, Release,
    Settlement, TopUp, Transfer,
};
use ruixin_pay::import::{ImportError, Imported, Options, import};
use ruixin_pay::money::Amount;
use ruixin_pay::{Books, asked};
use ruixin_service::keys::{self, Role};
use support::history::{File, SEED, is_sealed, rows, write, yuan};
use support::{Database, block_on, teller};

const RECORDS: u64 = 60_000;

fn bring(database: &Database, folder: &Path) -> Result<Imported, ImportError> {
    import(&database.address(), folder, Options::default(), &|_| {})
}

/// Books whose clock goes on behind the last record.
async fn opened(database: &Database) -> Books {
    let books = database.books().await;
    let last = books.last_moment().await.expect("read").expect("records");
    books.with_clock(Clock::starting(last))
}

struct Runner<'a> {
    books: &'a Books,
    number: std::cell::Cell<u32>,
}

impl Runner<'_> {
    async fn run(&self, command: Command) -> String {
        self.number.set(self.number.get() + 1);
        let key = format!("k{}", self.number.get());
        let asked = asked(&teller(), &key, b"").expect("a key");
        let outcome = self.books.run(command.clone(), asked).await;
        let outcome = outcome.expect("an answer").result;
        outcome.unwrap_or_else(|refusal| panic!("{command:?}: {refusal:?}"))
    }

    async fn receipt(&self, command: Command) -> Receipt {
        serde_json::from_str(&self.run(command).await).expect("a receipt")
    }
}

type Lines = BTreeMap<[String; 3], [String; 4]>;

/// The daily totals of a store.
async fn daily(books: &Books) -> Lines {
    let rows = books
        .store()
        .read(async |tx| {
            tx.rows(
                "SELECT date:business_day, type_code, direction, records, fen:amount, fen:fee, fen:coupon FROM daily_total",
                vec![],
            )
            .await
        })
        .await
        .expect("totals");
    rows.iter()
        .map(|row| {
            let key = [0, 1, 2].map(|at| row.text(at).expect("text").to_owned());
            let records = row.int(3).expect("a number").to_string();
            let [amount, fee, coupon] = [4, 5, 6].map(|at| yuan(row.int(at).expect("fen")));
            (key, [records, amount, fee, coupon])
        })
        .collect()
}

/// The daily totals of a folder.
fn daily_of(folder: &Path) -> Lines {
    let file = File::open(folder, "daily_total.csv");
    file.lines
        .iter()
        .skip(1)
        .map(|line| {
            let fields: Vec<String> = line.split(',').map(str::to_owned).collect();
            let [day, code, direction, records, amount, fee, coupon] =
                fields.try_into().expect("seven");
            ([day, code, direction], [records, amount, fee, coupon])
        })
        .collect()
}

/// Every record of the history is in the store, field by field, and nothing else.
async fn holds_the_history(books: &Books, folder: &Path, imported: &Imported) {
    let history = ruixin_history::History::new(SEED, RECORDS).expect("a size");
    struct All<'a>(
        &'a ruixin_history::History,
        BTreeMap<Table, Vec<Vec<Option<String>>>>,
    );
    impl ruixin_history::Desk for All<'_> {
        type Error = std::convert::Infallible;
        fn take<R: ruixin_history::Sealed>(&mut self, record: &R) -> Result<(), Self::Error> {
            let rows = self.1.entry(R::TABLE).or_default();
            rows.push(self.0.fields(record));
            Ok(())
        }
    }
    let mut all = All(&history, BTreeMap::new());
    for shard in 0..history.shards() {
        let Ok(()) = history.shard(shard, &mut all);
    }
    for (table, mut expected) in all.1 {
        expected.sort();
        let mut found = rows(books, table).await;
        if table == Table::Account {
            found.retain(|row| row[1].as_deref() != Some("H"));
        }
        assert!(found == expected, "{}", table.name());
    }
    assert_eq!(daily(books).await, daily_of(folder));
    assert_eq!((imported.seed, imported.records), (SEED, RECORDS));
    is_sealed(books).await;
}

/// Nothing names what is not there: the rows came in while nobody asked.
async fn no_loose_ends(books: &Books) {
    let names = [
        ("flow", "account", "account", "account"),
        ("flow", "counterparty", "account", "account"),
        ("flow", "order_id", "orders", "order_id"),
        ("orders", "payer", "account", "account"),
        ("orders", "payee", "account", "account"),
        ("channel_file", "order_id", "orders", "order_id"),
        ("hold", "serial", "flow", "serial"),
        ("hold", "order_id", "orders", "order_id"),
    ];
    for (table, column, other, key) in names {
        let sql = format!(
            "SELECT count(*) FROM {table} WHERE {column} IS NOT NULL AND NOT EXISTS \
             (SELECT 1 FROM {other} WHERE {other}.{key} = {table}.{column})"
        );
        assert_eq!(count(books, sql).await, 0, "{table}.{column}");
    }
}

async fn count(books: &Books, sql: String) -> i64 {
    let sql: &'static str = sql.leak();
    let rows = books
        .store()
        .read(async move |tx| tx.rows(sql, vec![]).await);
    rows.await.expect("a count")[0].int(0).expect("a number")
}

/// One of everything, on accounts, orders and holds of the history.
async fn traffic(books: &Books, seen: &BTreeSet<String>) -> BTreeSet<String> {
    let runner = Runner {
        books,
        number: std::cell::Cell::new(0),
    };
    let amount = |text: &str| Amount::parse(text).expect("an amount");
    let orders = rows(books, Table::Orders).await;
    let of = |kind: &str, status: &str| {
        let is_one = |row: &&Vec<Option<String>>| {
            (row[1].as_deref(), row[8].as_deref()) == (Some(kind), Some(status))
        };
        orders.iter().filter(is_one).collect::<Vec<_>>()
    };
    let mut moved = BTreeSet::new();
    let mut keep = |receipt: &Receipt| {
        for one in &receipt.movements {
            assert!(moved.insert(one.serial.clone()), "{one:?}");
        }
    };
    // What was under way when the history ended, is settled.
    let pending = of("W", "1");
    assert!(pending.len() > 1, "two withdrawals under way");
    for (at, order) in pending.iter().enumerate() {
        let outcome = [BankOutcome::Paid, BankOutcome::Refused][at % 2];
        let id = order[0].clone().expect("an id");
        let settled = Command::Settle(id, Settlement { outcome });
        keep(&runner.receipt(settled).await);
    }
    // What is frozen, is let go.
    let holds = books
        .store()
        .read(async |tx| {
            tx.rows("SELECT serial FROM hold WHERE order_id IS NULL", vec![])
                .await
        })
        .await
        .expect("holds");
    assert!(holds.len() > 1, "two holds");
    for hold in &holds {
        let serial = hold.text(0).expect("a serial").to_owned();
        let all = Release {
            amount: None,
            memo: None,
        };
        keep(&runner.receipt(Command::Release(serial, all)).await);
    }
    // A payment of the history is given back in part, by a merchant who is in funds.
    let paid = *of("P", "2").last().expect("a payment");
    let (id, payer, merchant) = (&paid[0], &paid[2], &paid[3]);
    let text = |field: &Option<String>| field.clone().expect("a text");
    let top_up = |account: &Option<String>| {
        Command::TopUp(TopUp {
            account: text(account),
            amount: amount("1000.01"),
            channel: "CMB".to_owned(),
            memo: None,
        })
    };
    for account in [payer, merchant] {
        keep(&runner.receipt(top_up(account)).await);
    }
    let back = Refund {
        amount: amount("0.01"),
        memo: None,
    };
    keep(&runner.receipt(Command::Refund(text(id), back)).await);
    let pay = Payment {
        payer: text(payer),
        merchant: text(merchant),
        amount: amount("12.30"),
        coupon: None,
        title: None,
    };
    keep(&runner.receipt(Command::Pay(pay)).await);
    // New accounts take their places among the old ones.
    for owner in [NewOwner::User, NewOwner::Merchant].repeat(8) {
        let is_user = owner == NewOwner::User;
        let open = OpenAccount {
            owner,
            name: "新用户".to_owned(),
            class: (!is_user).then(|| "A".to_owned()),
            channel: None,
        };
        let opened: AccountView =
            serde_json::from_str(&runner.run(Command::Open(open)).await).expect("an account");
        let place = Auditor::new(SEED)
            .locate(&opened.account)
            .expect("a number of the seed");
        assert_eq!(place.owner == Owner::User, is_user);
        assert!(!seen.contains(&opened.account));
        if is_user {
            let gift = Transfer {
                payer: text(payer),
                payee: opened.account,
                amount: amount("0.07"),
                memo: None,
            };
            keep(&runner.receipt(Command::Transfer(gift)).await);
        }
    }
    moved
}

/// Each account's records follow from one another, from its opening balance to its balance.
async fn chains(books: &Books) {
    let accounts = rows(books, Table::Account).await;
    let fen = |row: &[Option<String>], at: usize| -> i64 {
        let text = row[at].as_deref().unwrap_or("0.00");
        text.replace('.', "").parse().expect("fen")
    };
    let mut running: BTreeMap<String, (i64, String)> = accounts
        .iter()
        .map(|row| {
            (
                row[0].clone().expect("a number"),
                (fen(row, 7), String::new()),
            )
        })
        .collect();
    for row in rows(books, Table::Flow).await {
        let account = row[1].clone().expect("an account");
        let (balance, last) = running.get_mut(&account).expect("an account");
        let signed = if row[2].as_deref() == Some("1") {
            fen(&row, 3)
        } else {
            -fen(&row, 3)
        };
        *balance += signed;
        assert_eq!(*balance, fen(&row, 6), "{row:?}");
        *last = row[0].clone().expect("a serial");
    }
    for row in accounts.iter().filter(|row| row[1].as_deref() != Some("H")) {
        let (balance, last) = &running[row[0].as_deref().expect("a number")];
        assert_eq!(*balance, fen(row, 8), "{row:?}");
        assert_eq!(last.as_str(), row[11].as_deref().unwrap_or_default());
    }
}

fn goes_on(database: &Database) {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().join("pay");
    write(&folder, RECORDS);
    // A key that was made before stays good.
    block_on(async {
        let books = database.books().await;
        let made = keys::make(books.store(), "app", Role::Writer).await;
        assert!(made.is_ok());
    });
    let imported = bring(database, &folder).expect("imported");
    block_on(async {
        let books = opened(database).await;
        assert_eq!(
            books
                .last_moment()
                .await
                .expect("read")
                .expect("one")
                .to_string(),
            imported.until
        );
        assert_eq!(
            count(&books, "SELECT count(*) FROM api_key".to_owned()).await,
            1
        );
        holds_the_history(&books, &folder, &imported).await;
        no_loose_ends(&books).await;

        // A freeze makes of the flow what the history said of itself.
        let house = async || {
            let mut house = rows(&books, Table::Account).await;
            house.retain(|row| row[1].as_deref() == Some("H"));
            house
        };
        let before = house().await;
        let frozen = books.freeze().await.expect("frozen");
        let figures = frozen.figures.expect("figures");
        assert_eq!((figures.difference.0, figures.records), (0, 60_000));
        assert_eq!(u64::try_from(figures.accounts), Ok(imported.accounts));
        assert_eq!(daily(&books).await, daily_of(&folder));
        assert_eq!(house().await, before);
        books.reopen().await.expect("open");

        let flow = rows(&books, Table::Flow).await;
        let last = flow
            .last()
            .and_then(|row| row[0].clone())
            .expect("a serial");
        let numbers = |row: &Vec<Option<String>>| row[0].clone().expect("a number");
        let seen = rows(&books, Table::Account)
            .await
            .iter()
            .map(numbers)
            .collect();
        let moved = traffic(&books, &seen).await;
        for serial in &moved {
            // Behind them by day, or on the last day by number, whatever the shard.
            assert!(serial[..8] >= last[..8], "{serial}");
            let is_behind = |row: &Vec<Option<String>>| numbers(row)[11..20] < serial[11..20];
            assert!(flow.iter().all(is_behind), "{serial}");
        }
        is_sealed(&books).await;
        no_loose_ends(&books).await;
        chains(&books).await;

        // Both are in the totals; days that are over keep theirs.
        let frozen = books.freeze().await.expect("frozen");
        let figures = frozen.figures.expect("figures");
        let records = RECORDS as i64 + i64::try_from(moved.len()).expect("few");
        assert_eq!((figures.difference.0, figures.records), (0, records));
        assert_eq!(figures.frozen.0, 0, "all of it was released");
        let (old, new) = (daily_of(&folder), daily(&books).await);
        let until = &imported.until[..10];
        let over = |lines: &Lines| -> Lines {
            let over = lines.iter().filter(|(key, _)| key[0].as_str() < until);
            over.map(|(key, line)| (key.clone(), line.clone()))
                .collect()
        };
        assert_eq!(over(&new), over(&old));
        let all = |lines: &Lines| {
            lines
                .values()
                .map(|line| line[0].parse::<i64>().expect("a number"))
                .sum::<i64>()
        };
        assert_eq!((all(&old), all(&new)), (RECORDS as i64, records));
        is_sealed(&books).await;
    });
    // Books that are no longer empty take no other ones.
    let again = bring(database, &folder).expect_err("not empty");
    assert!(matches!(again, ImportError::NotEmpty { .. }), "{again}");
}

#[test]
fn sqlite_goes_on_with_a_history() {
    goes_on(&Database::sqlite());
}

#[test]
fn postgres_goes_on_with_a_history() {
    goes_on(&Database::postgres());
}

#[test]
fn a_service_that_was_running_serves_no_other_books() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().join("pay");
    write(&folder, 1_000);
    let open = || {
        Command::Open(OpenAccount {
            owner: NewOwner::User,
            name: "王芳".to_owned(),
            class: None,
            channel: None,
        })
    };
    let sqlite = Database::sqlite();
    block_on(async {
        let books = sqlite.books().await;
        let refused = bring(&sqlite, &folder).expect_err("somebody has it open");
        assert!(
            refused
                .to_string()
                .contains("somebody else has the file open"),
            "{refused}"
        );
        let opened = books.run(open(), asked(&teller(), "k", b"").expect("a key"));
        assert!(opened.await.expect("it goes on").result.is_ok());
    });
    let postgres = Database::postgres();
    block_on(async {
        let books = postgres.books().await;
        bring(&postgres, &folder).expect("imported");
        let refused = books.run(open(), asked(&teller(), "k", b"").expect("a key"));
        let says = refused.await.expect_err("other books").to_string();
        assert!(says.contains("other books were imported"), "{says}");
    });
}
