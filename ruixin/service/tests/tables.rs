//! The tables of keys and answers, on both databases: those of version 1 go on, and what was answered stays.

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

use axum::http::HeaderMap;
use postgres::{PASSWORD, Postgres};
use ruixin_service::MIGRATIONS;
use ruixin_service::idempotency::{Answer, Asked, Before};
use ruixin_service::keys::{self, Caller, Role};
use ruixin_service::prune::prune;
use ruixin_service::store::load::Loading;
use ruixin_service::store::{Change, Dialect, Store, StoreError, Tx, Write};

/// Rows as a program of version 1 has written them.
const VERSION_1: &str = include_str!("fixtures/version-1.sql");

fn on_both(test: impl Fn(&str)) {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Postgres::start("");
    let path = folder.path().join("keys.db").display().to_string();
    test(&path);
    test(&(server.tcp_url("teller", PASSWORD) + "?sslmode=disable"));
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

async fn open(address: &str) -> Store {
    let opened = Store::open(address, &MIGRATIONS).await;
    opened.expect("a store")
}

/// A payment of the key of version 1.
fn payment(header: &str, body: &str) -> Asked {
    let caller = Caller {
        key_id: "key_7eed2e5910709ab7".to_owned(),
        name: "app".to_owned(),
        role: Role::Writer,
    };
    let mut headers = HeaderMap::new();
    headers.insert("idempotency-key", header.parse().expect("visible"));
    Asked::new(&caller, &headers, "POST", "/v1/payments", body.as_bytes()).expect("a key")
}

fn answer(status: i64, text: &str) -> Answer {
    let text = text.to_owned();
    Answer { status, text }
}

async fn before(store: &Store, asked: Asked) -> Before {
    let read = async move |tx: &mut Tx<'_>| {
        let (sql, parameters) = asked.find();
        asked.before(&tx.rows(sql, parameters).await?)
    };
    store.read(read).await.expect("rows")
}

async fn note(store: &Store, asked: Asked, answer: Answer) -> Result<(), StoreError> {
    let note = async move |_: &mut Tx<'_>| Ok(Change::new(()).with(asked.note(&answer)));
    store.write(note).await
}

async fn write(store: &Store, sql: &'static str) -> Result<(), StoreError> {
    let write = async move |_: &mut Tx<'_>| Ok(Change::new(()).with(Write::any(sql, vec![])));
    store.write(write).await
}

#[test]
fn the_tables_of_version_1_are_brought_to_this_one_and_go_on() {
    on_both(|address| {
        // It makes the table of the migrations, and no other one.
        let loading = Loading::begin(address, &[]).expect("a database");
        for sql in [MIGRATIONS[0].sqlite, VERSION_1] {
            loading.run(sql).expect("it runs");
        }
        loading.commit().expect("written");
        block_on(goes_on(address));
    });
}

async fn goes_on(address: &str) {
    let store = open(address).await;
    let listed = keys::list(&store).await.expect("keys");
    let known = listed.iter().map(|key| {
        let words = (key.id.as_str(), key.name.as_str(), key.role.as_str());
        (words, key.is_revoked, key.made_at)
    });
    let expected = [
        (("key_7eed2e5910709ab7", "app", "writer"), false, None),
        (("key_1c1af6eee8b5974f", "old", "admin"), true, None),
    ];
    assert_eq!(known.collect::<Vec<_>>(), expected);
    // What was answered is told again, to the same and to nothing else.
    let first = || payment("pay-1", r#"{"amount":"1"}"#);
    let said = Before::Answered(answer(201, r#"{"said":"by version 1"}"#));
    assert_eq!(before(&store, first()).await, said);
    let other = payment("pay-2", r#"{"amount":"1"}"#);
    assert_eq!(before(&store, other).await, Before::Other);
    // It has no time: the first pruning gives it its own.
    assert_eq!(prune(&store, 1_000, 500).await, Ok(0));
    assert_eq!(before(&store, first()).await, said);
    assert_eq!(prune(&store, 3_000, 2_000).await, Ok(2));
    assert_eq!(before(&store, first()).await, Before::Nothing);
    // They go on.
    let again = answer(201, "{}");
    let noted = note(&store, first().at(3_000), again.clone()).await;
    assert_eq!(noted, Ok(()));
    keys::make(&store, "new", Role::Reader)
        .await
        .expect("a key");
    drop(store);
    let store = open(address).await;
    assert_eq!(
        before(&store, first()).await,
        Before::Answered(again.clone())
    );
    let listed = keys::list(&store).await.expect("keys");
    let new = listed.iter().find(|key| key.name == "new");
    assert!(new.is_some_and(|key| key.made_at.is_some()), "{listed:?}");
}

/// Statements past the program.
#[test]
fn the_database_keeps_what_was_answered() {
    on_both(|address| {
        block_on(async {
            let store = open(address).await;
            let asked = || payment("pay-1", "").at(1_000);
            let said = answer(201, "{}");
            assert_eq!(note(&store, asked(), said.clone()).await, Ok(()));
            let mut refused = vec![
                ("UPDATE request SET answer = ''", "append-only"),
                ("UPDATE request SET status = 422", "append-only"),
                ("UPDATE request SET digest = digest", "append-only"),
                ("UPDATE request SET answered_at = 1", "append-only"),
                ("DELETE FROM request", "append-only"),
                ("UPDATE request_kept SET since = -1", "append-only"),
                ("DELETE FROM request_kept", "append-only"),
                ("INSERT INTO request SELECT * FROM request", "unique"),
            ];
            if store.dialect() == Dialect::Postgres {
                refused.push(("TRUNCATE request", "append-only"));
                refused.push(("TRUNCATE request_kept", "append-only"));
            }
            for (sql, why) in refused {
                let says = write(&store, sql).await.expect_err(sql).to_string();
                assert!(says.to_lowercase().contains(why), "{sql}: {says}");
            }
            assert_eq!(
                before(&store, asked()).await,
                Before::Answered(said.clone())
            );
            // One that is old enough is pruned, and its key is free again.
            assert_eq!(prune(&store, 3_000, 1_000).await, Ok(0));
            assert_eq!(prune(&store, 3_000, 1_001).await, Ok(1));
            assert_eq!(note(&store, asked(), said).await, Ok(()));
        });
    });
}
