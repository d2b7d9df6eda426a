//! The store's promises, on both databases.

#[path = "../../../databases/tests/support/certificates.rs"]
#[allow(
    dead_code,
    clippy::allow_attributes,
    reason = "these tests take some of it"
)]
mod certificates;
#[path = "../../../databases/tests/support/postgres.rs"]
#[allow(
    dead_code,
    clippy::allow_attributes,
    reason = "these tests take some of it"
)]
mod postgres;

use std::sync::atomic::Ordering;

use postgres::{PASSWORD, Postgres};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use ruixin_service::store::{Change, Dialect, Migration, Store, StoreError, Write};

const TILLS: &str = "CREATE TABLE till (name TEXT NOT NULL PRIMARY KEY, coins BIGINT NOT NULL CHECK (coins >= 0)); \
     CREATE TABLE sum (amount DECIMAL(18, 2) NOT NULL, at TIMESTAMP(3), day DATE)";
const MIGRATION: Migration = Migration {
    set: "till",
    number: 1,
    sqlite: TILLS,
    postgres: TILLS,
};
const ADD: &str = "UPDATE till SET coins = ?2 WHERE name = ?1";
const LOOK: &str = "SELECT coins FROM till WHERE name = ?1 lock:";
const NEW: &str = "INSERT INTO till (name, coins) VALUES (?1, ?2)";

fn on_both(test: impl AsyncFn(Store)) {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Postgres::start("");
    let addresses = [
        folder.path().join("till.db").display().to_string(),
        server.tcp_url("teller", PASSWORD) + "?sslmode=disable",
    ];
    for address in addresses {
        block_on(async { test(Store::open(&address, &[MIGRATION]).await.expect("a store")).await });
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(4).enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

async fn insert(store: &Store, name: &'static str, coins: i64) -> Result<(), StoreError> {
    let insert = async move |_: &mut ruixin_service::store::Tx<'_>| {
        Ok(Change::new(()).with(Write::one(NEW, vec![name.into(), coins.into()])))
    };
    store.write(insert).await
}

async fn coins(store: &Store, name: &'static str) -> Option<i64> {
    let sql = "SELECT coins FROM till WHERE name = ?1";
    let rows = store.read(async move |tx| tx.rows(sql, vec![name.into()]).await);
    rows.await
        .expect("rows")
        .first()
        .map(|row| row.int(0).expect("a number"))
}

async fn add(store: &Store, name: &'static str, more: i64) -> Result<i64, StoreError> {
    store
        .write(async move |tx| {
            let rows = tx.rows(LOOK, vec![name.into()]).await?;
            let now = rows[0].int(0)? + more;
            Ok(Change::new(now).with(Write::one(ADD, vec![name.into(), now.into()])))
        })
        .await
}

#[test]
fn no_addition_is_lost_however_many_add_at_a_time() {
    on_both(async |store| {
        insert(&store, "a", 0).await.expect("inserted");
        let adding: Vec<_> = (0..200)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { add(&store, "a", 1).await })
            })
            .collect();
        for one in adding {
            one.await.expect("it ran").expect("added");
        }
        assert_eq!(coins(&store, "a").await, Some(200));
        let figures = store.figures();
        assert_eq!(figures.transactions.load(Ordering::Relaxed), 201);
        if store.dialect() == Dialect::Sqlite {
            let commits = figures.commits.load(Ordering::Relaxed);
            assert!(commits < 150, "{commits} commits: they went one by one");
        }
    });
}

#[test]
fn what_fails_takes_nothing_with_it_and_leaves_nothing_behind() {
    on_both(async |store| {
        insert(&store, "a", 5).await.expect("inserted");
        let both: Vec<_> = (0..40)
            .map(|at: i64| {
                let store = store.clone();
                tokio::spawn(async move {
                    match at % 4 {
                        // The first write is fine, the second is forbidden.
                        0 => store
                            .write(async |_| {
                                Ok(Change::new(())
                                    .with(Write::one(ADD, vec!["a".into(), 1_000.into()]))
                                    .with(Write::one(ADD, vec!["a".into(), (-1).into()])))
                            })
                            .await
                            .is_err(),
                        // A row that is not there is no success.
                        1 => store
                            .write(async |_| {
                                Ok(Change::new(())
                                    .with(Write::one(ADD, vec!["a".into(), 2_000.into()]))
                                    .with(Write::one(ADD, vec!["nobody".into(), 1.into()])))
                            })
                            .await
                            .is_err(),
                        // It changes its mind.
                        2 => store
                            .write(async |tx| {
                                tx.rows(LOOK, vec!["a".into()]).await?;
                                Err::<Change<()>, _>(StoreError::Fault("no".to_owned()))
                            })
                            .await
                            .is_err(),
                        _ => add(&store, "a", 1).await.is_ok(),
                    }
                })
            })
            .collect();
        for one in both {
            assert!(one.await.expect("it ran"));
        }
        assert_eq!(coins(&store, "a").await, Some(15));
        let forbidden = add(&store, "a", -16).await;
        assert!(
            matches!(forbidden, Err(StoreError::Constraint(_))),
            "{forbidden:?}"
        );
    });
}

#[test]
fn a_statement_that_failed_is_not_passed_over() {
    on_both(async |store| {
        insert(&store, "a", 5).await.expect("inserted");
        // It does not look at what a query says, and writes on.
        let blind = store
            .write(async |tx| {
                drop(tx.rows("SELECT nothing FROM nowhere", vec![]).await);
                Ok(Change::new(()).with(Write::one(ADD, vec!["a".into(), 6.into()])))
            })
            .await;
        // PostgreSQL would roll back and call it a commit; SQLite really goes on.
        match store.dialect() {
            Dialect::Postgres => assert!(matches!(blind, Err(StoreError::Fault(_))), "{blind:?}"),
            Dialect::Sqlite => assert_eq!(blind, Ok(())),
        }
        let left = coins(&store, "a").await;
        assert_eq!(left, Some(if blind.is_ok() { 6 } else { 5 }));
        assert_eq!(add(&store, "a", 1).await, Ok(left.unwrap_or(0) + 1));
    });
}

#[test]
fn a_transaction_that_panics_hurts_nobody_else_in_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("till.db").display().to_string();
    block_on(async {
        let store = Store::open(&path, &[MIGRATION]).await.expect("a store");
        insert(&store, "a", 1).await.expect("inserted");
        let panicked = store
            .write(async |tx| {
                tx.rows("UPDATE till SET coins = 99 RETURNING coins", vec![])
                    .await?;
                panic!("it is wanted");
                #[expect(unreachable_code, reason = "it says what the function gives")]
                Ok(Change::new(()))
            })
            .await;
        assert_eq!(panicked, Err(StoreError::Closed));
        assert_eq!(add(&store, "a", 1).await, Ok(2));
    });
}

#[test]
fn tables_of_another_program_are_refused() {
    on_both(async |store| drop(store));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("till.db").display().to_string();
    block_on(async {
        let second = Migration {
            number: 2,
            sqlite: "CREATE TABLE more (x BIGINT)",
            ..MIGRATION
        };
        drop(
            Store::open(&path, &[MIGRATION, second])
                .await
                .expect("a store"),
        );
        // Once more is nothing new.
        drop(
            Store::open(&path, &[MIGRATION, second])
                .await
                .expect("a store"),
        );
        let changed = Migration {
            sqlite: "CREATE TABLE till (x BIGINT)",
            ..MIGRATION
        };
        let table: [(&[Migration], &str); 3] = [
            (&[MIGRATION], "newer program"),
            (&[changed, second], "other statements"),
            (&[second], "does not follow"),
        ];
        for (migrations, says) in table {
            let refused = Store::open(&path, migrations).await.expect_err("refused");
            assert!(refused.to_string().contains(says), "{refused}");
        }
    });
}

#[test]
fn tables_of_a_newer_program_are_refused_and_stay_as_they_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Postgres::start("");
    let more = "CREATE TABLE more (x BIGINT)";
    let second = Migration {
        number: 2,
        sqlite: more,
        postgres: more,
        ..MIGRATION
    };
    for address in [
        folder.path().join("till.db").display().to_string(),
        server.tcp_url("teller", PASSWORD) + "?sslmode=disable",
    ] {
        block_on(async {
            let newer = async || {
                let opened = Store::open(&address, &[MIGRATION, second]).await;
                opened.expect("a store")
            };
            insert(&newer().await, "a", 5).await.expect("inserted");
            let refused = Store::open(&address, &[MIGRATION]).await;
            let says = "the tables of the database are not those of this program: till 2 is of a newer \
                        program, and this one knows till to 1: run the newer one";
            assert_eq!(refused.expect_err("refused").to_string(), says);
            assert_eq!(coins(&newer().await, "a").await, Some(5));
        });
    }
}

#[test]
fn a_database_that_is_not_there_is_said_without_its_password() {
    block_on(async {
        let address = "postgres://teller:s3cret@127.0.0.1:1/x?sslmode=disable";
        let refused = Store::open(address, &[]).await.expect_err("refused");
        assert!(matches!(refused, StoreError::Unreachable(_)), "{refused}");
        assert!(!format!("{refused} {refused:?}").contains("s3cret"));
        for address in ["mysql://x", "postgres://teller:s3cret@[", ""] {
            let refused = Store::open(address, &[]).await.expect_err("refused");
            assert!(matches!(refused, StoreError::Address(_)), "{refused}");
            assert!(!refused.to_string().contains("s3cret"), "{refused}");
        }
    });
}

/// Instances that begin together make the schema of their address once, and none of them fails.
#[test]
fn many_that_open_a_store_at_once_make_its_schema_once() {
    let server = Postgres::start("");
    let url = server.tcp_url("teller", PASSWORD) + "?sslmode=disable";
    block_on(async {
        for round in 0..10 {
            let address = format!("{url}&schema=Till-{round}");
            let opening: Vec<_> = (0..6)
                .map(|_| {
                    let address = address.clone();
                    tokio::spawn(async move { Store::open(&address, &[MIGRATION]).await })
                })
                .collect();
            for opened in opening {
                let opened = opened.await.expect("no panic");
                opened.unwrap_or_else(|error| panic!("{round}: {error}"));
            }
            assert_eq!(Store::holds(&address, "till").await, Ok(true));
            assert_eq!(Store::holds(&address, "another").await, Ok(false));
        }
    });
}

/// What SQLite gives back to the fen, and sums of it.
const MOST: i64 = (1 << 51) - 1;

#[test]
fn every_amount_comes_back_to_the_fen_and_so_does_every_sum() {
    on_both(async |store| {
        let amounts = prop::collection::vec(
            prop_oneof![-MOST..=MOST, MOST / 2..=MOST, -100_000_i64..100_000],
            1..60,
        );
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
            cases: 100,
            failure_persistence: None,
            ..ProptestConfig::default()
        });
        let mut draw = || amounts.new_tree(&mut runner).expect("amounts").current();
        for _ in 0..100 {
            let drawn = draw();
            let expected = drawn.clone();
            let (read, sum, time) = store
                .write(async move |tx| {
                    tx.rows("DELETE FROM sum RETURNING 1", vec![]).await?;
                    for fen in &drawn {
                        let sql = "INSERT INTO sum VALUES (yuan:1, time:2, day:3) RETURNING 1";
                        let time = "2013-05-27 07:59:59.999";
                        tx.rows(sql, vec![(*fen).into(), time.into(), "2013-05-27".into()])
                            .await?;
                    }
                    let read = tx.rows("SELECT fen:amount FROM sum", vec![]).await?;
                    let sum = tx
                        .rows(
                            "SELECT sum_fen:amount, min(clock:at), min(date:day) FROM sum",
                            vec![],
                        )
                        .await?;
                    let read: Result<Vec<i64>, _> = read.iter().map(|row| row.int(0)).collect();
                    let time = format!("{} {}", sum[0].text(1)?, sum[0].text(2)?);
                    Ok(Change::new((read?, sum[0].int(0)?, time)))
                })
                .await
                .expect("read");
            assert_eq!(sum, expected.iter().sum::<i64>());
            assert_eq!(read, expected);
            assert_eq!(time, "2013-05-27 07:59:59.999 2013-05-27");
        }
    });
}
