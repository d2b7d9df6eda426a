//! What the tests share: both stores, a caller, and books that are checked from the outside.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::allow_attributes,
    reason = "each test takes what it needs of it"
)]

#[path = "../../../../databases/tests/support/certificates.rs"]
pub mod certificates;
#[path = "../../../../databases/tests/support/postgres.rs"]
pub mod postgres;

pub mod acts;
pub mod documented;
pub mod history;
pub mod http;
pub mod model;
pub mod program;
pub mod served;
pub mod soaked;
pub mod storm;

use std::collections::BTreeMap;

use postgres::{PASSWORD, Postgres};
use ruixin_pay::Books;
use ruixin_pay::civil::Clock;
use ruixin_service::keys::{Caller, Role};
use ruixin_service::store::Store;
use tempfile::TempDir;

/// A database of a test's own.
pub enum Database {
    Sqlite(TempDir),
    Postgres(Postgres),
}

impl Database {
    pub fn sqlite() -> Database {
        Database::Sqlite(tempfile::tempdir().expect("a folder"))
    }

    pub fn postgres() -> Database {
        Database::Postgres(Postgres::start(""))
    }

    pub fn address(&self) -> String {
        match self {
            Database::Sqlite(folder) => {
                let path = folder.path().join("pay.db");
                format!("sqlite:{}", path.display())
            }
            Database::Postgres(server) => server.tcp_url("teller", PASSWORD) + "?sslmode=disable",
        }
    }

    /// The address of other books in it, by their number.
    pub fn apart(&self, number: usize) -> String {
        match self {
            Database::Sqlite(folder) => {
                let path = folder.path().join(format!("pay-{number}.db"));
                format!("sqlite:{}", path.display())
            }
            Database::Postgres(_) => format!("{}&schema=pay_{number}", self.address()),
        }
    }

    pub async fn books(&self) -> Books {
        Books::open(&self.address(), Clock::default())
            .await
            .expect("books")
    }
}

pub fn teller() -> Caller {
    Caller {
        key_id: "key_test".to_owned(),
        name: "test".to_owned(),
        role: Role::Writer,
    }
}

/// Blocks on a future with threads enough for clients and servers.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

/// An account as its rows say it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    pub balance: i64,
    pub frozen: i64,
    pub count: i64,
}

/// Replays the whole flow in order of serial, and checks every row against the one before it and
/// the account against all of them. Gives the accounts as replayed.
pub async fn audit(store: &Store) -> BTreeMap<String, Seen> {
    let (flow, accounts, refunds, doubled) = store
        .read(async |tx| {
            let flow = tx
                .rows("SELECT account, direction, fen:amount, fen:balance_after, type_code, serial FROM flow ORDER BY serial", vec![])
                .await?;
            let accounts = tx
                .rows("SELECT account, fen:balance, fen:frozen, flow_count, last_serial FROM account WHERE owner <> 'H'", vec![])
                .await?;
            // Per order: what came back to payers, against what the order says.
            let refunds = tx
                .rows(
                    "SELECT orders.order_id, fen:orders.refunded, sum_fen:flow.amount FROM orders JOIN flow \
                     ON flow.order_id = orders.order_id AND flow.type_code = '52' GROUP BY orders.order_id, orders.refunded",
                    vec![],
                )
                .await?;
            // Each order has each kind of half once, refunds apart.
            let doubled = tx
                .rows(
                    "SELECT order_id, type_code, count(*) FROM flow WHERE order_id IS NOT NULL AND type_code NOT IN ('51', '52') \
                     GROUP BY order_id, type_code HAVING count(*) > 1",
                    vec![],
                )
                .await?;
            Ok((flow, accounts, refunds, doubled))
        })
        .await
        .expect("the books can be read");
    let mut replayed: BTreeMap<String, Seen> = BTreeMap::new();
    let mut last: BTreeMap<String, String> = BTreeMap::new();
    for row in &flow {
        let account = row.text(0).expect("text").to_owned();
        let (amount, after) = (row.int(2).expect("fen"), row.int(3).expect("fen"));
        let seen = replayed.entry(account.clone()).or_default();
        let signed = if row.text(1).expect("text") == "1" {
            amount
        } else {
            -amount
        };
        seen.balance += signed;
        seen.count += 1;
        if matches!(row.text(4).expect("text"), "41" | "42") {
            seen.frozen -= signed;
        }
        assert_eq!(
            seen.balance, after,
            "the chain of {account} breaks at {row:?}"
        );
        assert!(seen.balance >= 0 && seen.frozen >= 0, "{row:?}");
        last.insert(account, row.text(5).expect("text").to_owned());
    }
    for row in &accounts {
        let account = row.text(0).expect("text");
        let seen = Seen {
            balance: row.int(1).expect("fen"),
            frozen: row.int(2).expect("fen"),
            count: row.int(3).expect("a number"),
        };
        assert_eq!(
            replayed.get(account).cloned().unwrap_or_default(),
            seen,
            "{account}"
        );
        let serial = row.maybe_text(4).expect("text");
        assert_eq!(last.get(account).map(String::as_str), serial, "{account}");
    }
    for row in &refunds {
        assert_eq!(
            row.int(1).expect("fen"),
            row.int(2).expect("fen"),
            "{row:?}"
        );
    }
    assert!(doubled.is_empty(), "{doubled:?}");
    for row in &accounts {
        replayed
            .entry(row.text(0).expect("text").to_owned())
            .or_default();
    }
    replayed
}
