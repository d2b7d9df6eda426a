//! What the database itself refuses, by direct SQL past the program.

mod support;

use ruixin_pay::civil::Clock;
use ruixin_pay::command::{
    AccountView, Command, NewHold, NewOwner, OpenAccount, Payment, Receipt, Refund, Release, TopUp,
    Withdrawal,
};
use ruixin_pay::import::{Options, import};
use ruixin_pay::money::Amount;
use ruixin_pay::{Books, asked};
use ruixin_service::store::{Change, Dialect, Tx, Write};
use support::{Database, audit, block_on, history, teller};

fn amount(text: &str) -> Amount {
    Amount::parse(text).expect("an amount")
}

/// Runs a command that must be done, and gives what is told of it.
async fn done(books: &Books, key: &str, command: Command) -> String {
    let asked = asked(&teller(), key, b"").expect("a key");
    let outcome = books.run(command.clone(), asked).await.expect("an answer");
    let told = outcome.result;
    told.unwrap_or_else(|refusal| panic!("{command:?}: {refusal:?}"))
}

async fn opened(books: &Books, owner: NewOwner) -> String {
    let is_user = owner == NewOwner::User;
    let open = Command::Open(OpenAccount {
        owner,
        name: "王芳".to_owned(),
        class: (!is_user).then(|| "A".to_owned()),
        channel: None,
    });
    let told = done(books, &format!("open-{owner:?}"), open).await;
    let view: AccountView = serde_json::from_str(&told).expect("an account");
    view.account
}

fn top_up(account: &str, text: &str) -> Command {
    Command::TopUp(TopUp {
        account: account.to_owned(),
        amount: amount(text),
        channel: "ICBC".to_owned(),
        memo: None,
    })
}

/// Every table has something in it: a refund, a release in part, a withdrawal under way.
async fn some_traffic(books: &Books) -> String {
    let user = opened(books, NewOwner::User).await;
    let shop = opened(books, NewOwner::Merchant).await;
    done(books, "fill", top_up(&user, "1000.10")).await;
    let pay = Command::Pay(Payment {
        payer: user.clone(),
        merchant: shop,
        amount: amount("100.01"),
        coupon: None,
        title: None,
    });
    let paid: Receipt = serde_json::from_str(&done(books, "pay", pay).await).expect("a receipt");
    let order = paid.order.expect("an order").order_id;
    let refund = Refund {
        amount: amount("0.29"),
        memo: None,
    };
    done(books, "refund", Command::Refund(order, refund)).await;
    let hold = NewHold {
        account: user.clone(),
        amount: amount("7"),
        memo: None,
    };
    let held = done(books, "hold", Command::Hold(hold)).await;
    let held: Receipt = serde_json::from_str(&held).expect("a receipt");
    let release = Release {
        amount: Some(amount("3")),
        memo: None,
    };
    let hold = held.hold.expect("a hold").hold;
    done(books, "release", Command::Release(hold, release)).await;
    let withdraw = Withdrawal {
        account: user.clone(),
        amount: amount("20"),
        channel: "BOC".to_owned(),
        memo: None,
    };
    done(books, "withdraw", Command::Withdraw(withdraw)).await;
    user
}

/// Runs a statement that must be refused, and gives what the database says to it.
async fn refused(books: &Books, sql: &str) -> String {
    // Statements of the store are constants; a test's are given away.
    let sql: &'static str = sql.to_owned().leak();
    let write = async move |_: &mut Tx<'_>| Ok(Change::new(()).with(Write::any(sql, vec![])));
    let refused = books.store().write(write).await;
    refused.expect_err(sql).to_string().to_lowercase()
}

/// Writes a record behind the last one of all: its serial, direction, amount and balance, by what the last
/// one has.
fn record(serial: &str, direction: char, amount: &str, balance: &str) -> String {
    format!(
        "INSERT INTO flow (serial, account, direction, amount, fee, balance_after, type_code, status, \
         happened_at, check_code) SELECT {serial}, account, '{direction}', {amount}, 0, {balance}, '99', '0', \
         happened_at, 1 FROM flow WHERE serial = (SELECT max(serial) FROM flow)"
    )
}

/// A serial behind all others, and one before them.
const BEHIND: &str = "'9' || substr(serial, 2)";
const BEFORE: &str = "'0' || substr(serial, 2)";

/// Records that do not follow, and a word of the reason.
fn records() -> [(String, &'static str); 5] {
    [
        (record(BEHIND, '1', "1", "balance_after"), "does not follow"),
        (
            record(BEHIND, '2', "1", "balance_after + 1"),
            "does not follow",
        ),
        (
            record(BEFORE, '1', "1", "balance_after + 1"),
            "behind the last one",
        ),
        // They follow, and an account would be below nothing, or something come of less than nothing.
        (record(BEHIND, '2', "balance_after + 1", "-1"), "check"),
        (record(BEHIND, '1', "-1", "balance_after - 1"), "check"),
    ]
}

/// What must be refused, and a word of the reason.
const REFUSED: [(&str, &str); 32] = [
    ("UPDATE flow SET memo = 'other'", "append-only"),
    ("UPDATE flow SET amount = amount + 1", "append-only"),
    ("DELETE FROM flow", "append-only"),
    // A record of nobody, and one with the serial of another one.
    (
        "INSERT INTO flow (serial, account, direction, amount, fee, balance_after, type_code, status, happened_at, \
         check_code) SELECT '9' || substr(serial, 2), '6000000000000000', '1', 1, 0, 1, '99', '0', happened_at, 1 \
         FROM flow WHERE serial = (SELECT max(serial) FROM flow)",
        "foreign key",
    ),
    (
        "INSERT INTO flow (serial, account, direction, amount, fee, balance_after, type_code, status, happened_at, \
         check_code) SELECT (SELECT max(serial) FROM flow), account, '1', 1, 0, balance + 1, '99', '0', opened_at, 1 \
         FROM account WHERE owner = 'U'",
        "unique",
    ),
    // A record of the house, which stands against all others and has none.
    (
        "INSERT INTO flow (serial, account, direction, amount, fee, balance_after, type_code, status, happened_at, \
         check_code) SELECT '9' || substr(serial, 2), (SELECT min(account) FROM account WHERE owner = 'H'), '1', 1, \
         0, 1, '99', '0', happened_at, 1 FROM flow WHERE serial = (SELECT max(serial) FROM flow)",
        "house has no records",
    ),
    // Money from nowhere.
    (
        "UPDATE account SET balance = balance + 1 WHERE owner = 'U'",
        "last record",
    ),
    (
        "UPDATE account SET balance = 0, last_serial = NULL, flow_count = 0 WHERE owner = 'M'",
        "last record",
    ),
    (
        "UPDATE account SET opening_balance = opening_balance + 1",
        "append-only",
    ),
    (
        "UPDATE account SET owner = 'H', class = 'FEES' WHERE owner = 'U'",
        "append-only",
    ),
    ("DELETE FROM account WHERE owner = 'U'", "append-only"),
    (
        "INSERT INTO account SELECT '6000000000000000', owner, name, class, channel, opened_at, status, \
         opening_balance, balance, frozen, flow_count, last_serial, check_code FROM account \
         WHERE owner = 'U' AND balance <> 0",
        "begins with nothing",
    ),
    // What is frozen is what its records froze, and they are as many as there are.
    (
        "UPDATE account SET frozen = -1, status = '1' WHERE owner = 'U'",
        "last record",
    ),
    (
        "UPDATE account SET frozen = frozen + 1 WHERE owner = 'U'",
        "last record",
    ),
    (
        "UPDATE account SET flow_count = flow_count + 1 WHERE owner = 'U'",
        "last record",
    ),
    // Orders.
    ("UPDATE orders SET amount = amount + 1", "append-only"),
    ("UPDATE orders SET payee = NULL", "append-only"),
    (
        "UPDATE orders SET refunded = amount + 1 WHERE order_type = 'P'",
        "check",
    ),
    (
        "UPDATE orders SET refunded = 0 WHERE refunded > 0",
        "append-only",
    ),
    ("DELETE FROM orders", "append-only"),
    ("INSERT INTO orders SELECT * FROM orders", "unique"),
    // What is held.
    ("UPDATE hold SET amount = amount + 1", "append-only"),
    ("UPDATE hold SET released = amount + 1", "check"),
    (
        "UPDATE hold SET released = 0 WHERE released > 0",
        "append-only",
    ),
    ("DELETE FROM hold", "append-only"),
    ("INSERT INTO hold SELECT * FROM hold", "unique"),
    // What a bank said.
    ("UPDATE channel_file SET amount = amount + 1", "append-only"),
    ("DELETE FROM channel_file", "append-only"),
    // What was answered, and under which key.
    ("UPDATE request SET answer = ''", "append-only"),
    ("UPDATE request SET idempotency_key = 'free'", "append-only"),
    ("DELETE FROM request", "append-only"),
    ("INSERT INTO request SELECT * FROM request", "unique"),
];

/// What closed books do not take, beside a record that follows.
const CLOSED: [&str; 6] = [
    "INSERT INTO account SELECT '6000000000000000', owner, name, class, channel, opened_at, '0', 0, 0, 0, 0, NULL, \
     check_code FROM account WHERE owner = 'U' AND balance <> 0",
    "INSERT INTO orders SELECT * FROM orders",
    "UPDATE orders SET status = '7', finished_at = created_at WHERE order_type = 'W'",
    "INSERT INTO hold SELECT * FROM hold",
    "UPDATE hold SET released = amount WHERE released < amount",
    "INSERT INTO channel_file SELECT * FROM channel_file",
];

/// Closes the books, sees that nobody books anything past the program, and opens them again.
async fn takes_nothing_while_it_is_closed(books: &Books) {
    books.freeze().await.expect("frozen");
    let follows = record(BEHIND, '1', "1", "balance_after + 1");
    for sql in [follows.as_str()].into_iter().chain(CLOSED) {
        let says = refused(books, sql).await;
        assert!(says.contains("closed: no "), "{sql}: {says}");
    }
    books.reopen().await.expect("open");
}

/// PostgreSQL empties tables without looking at their rows.
const EMPTIED: [&str; 6] = [
    "TRUNCATE account CASCADE",
    "TRUNCATE orders CASCADE",
    "TRUNCATE flow CASCADE",
    "TRUNCATE hold",
    "TRUNCATE channel_file",
    "TRUNCATE request",
];

#[test]
fn the_database_refuses_what_the_program_would_never_do() {
    for database in [Database::sqlite(), Database::postgres()] {
        block_on(async {
            let books = database.books().await;
            let user = some_traffic(&books).await;
            let own = records();
            let own = own.iter().map(|(sql, why)| (sql.as_str(), *why));
            for (sql, why) in own.chain(REFUSED) {
                let says = refused(&books, sql).await;
                assert!(says.contains(why), "{sql}: {says}");
            }
            if books.store().dialect() == Dialect::Postgres {
                for sql in EMPTIED {
                    let says = refused(&books, sql).await;
                    assert!(says.contains("append-only"), "{sql}: {says}");
                }
            }
            takes_nothing_while_it_is_closed(&books).await;
            // Nothing has changed, and they go on.
            audit(books.store()).await;
            done(&books, "more", top_up(&user, "0.07")).await;
            audit(books.store()).await;
        });
    }
}

/// An import puts some of the rules aside and makes them again.
#[test]
fn what_follows_a_history_is_asked_to_follow() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().join("pay");
    history::write(&folder, 1_000);
    for database in [Database::sqlite(), Database::postgres()] {
        let imported = import(&database.address(), &folder, Options::default(), &|_| {});
        imported.expect("imported");
        block_on(async {
            let books = database.books().await;
            let last = books.last_moment().await.expect("read").expect("records");
            let books = books.with_clock(Clock::starting(last));
            for (sql, why) in records() {
                let says = refused(&books, &sql).await;
                assert!(says.contains(why), "{sql}: {says}");
            }
            let rich = REFUSED
                .iter()
                .find(|(_, why)| *why == "begins with nothing");
            let (sql, why) = rich.expect("a statement");
            let says = refused(&books, sql).await;
            assert!(says.contains(why), "{sql}: {says}");
            let house = REFUSED
                .iter()
                .filter(|(_, why)| matches!(*why, "house has no records" | "last record"));
            for (sql, why) in house {
                let says = refused(&books, sql).await;
                assert!(says.contains(why), "{sql}: {says}");
            }
            let user = some_traffic(&books).await;
            takes_nothing_while_it_is_closed(&books).await;
            done(&books, "more", top_up(&user, "0.07")).await;
        });
    }
}
