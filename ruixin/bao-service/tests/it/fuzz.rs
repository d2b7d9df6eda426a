//! Whatever is sent: no fault, and every answer as the document says.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use ruixin_service::gate::Limits;
use ruixin_service::keys::Role;
use serde_json::Value;

use crate::support::{Kind, SHOP, USERS};
use crate::web::documented::is_as_documented;
use crate::web::http::Client;
use crate::web::served::{Served, beside};
use crate::web::{Database, advance, block_on, did, id_of, people};

const TEXTS: [&str; 28] = [
    "\0",
    "'; DROP TABLE account; --",
    "𬀩\u{202e}",
    "NaN",
    "1e9",
    "0.01",
    "1",
    "99999999999.99",
    "-1",
    "6001",
    "7001",
    "9223372036854775807",
    "wallet",
    "fund",
    "subscribe",
    "redeem_fast",
    "booking",
    "pending",
    "reversal",
    "debit",
    "credit",
    "paid",
    "",
    "2013-06-05",
    "2013-06-05T08:00:00Z",
    "en",
    "release",
    "６００",
];
const NAMES: [&str; 24] = [
    "user",
    "payer",
    "payee",
    "merchant",
    "amount",
    "from",
    "bank",
    "memo",
    "kind",
    "outcome",
    "link",
    "legs",
    "subject",
    "account",
    "side",
    "accounting_date",
    "expires_at",
    "income",
    "language",
    "text",
    "fields",
    "step",
    "rehearsal",
    "x",
];

/// Any JSON, with texts that databases and parsers stumble over, and members of the right names.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => prop::sample::select(TEXTS.to_vec()).prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => prop::sample::select(vec![1002, 2001, 2002, 4001]).prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        2 => "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 8, move |inner| {
        let members =
            prop::collection::btree_map(prop::sample::select(NAMES.to_vec()), inner.clone(), 0..8);
        let named = |members: std::collections::BTreeMap<&'static str, Value>| {
            let members = members.into_iter();
            members
                .map(|(name, value)| (name.to_owned(), value))
                .collect()
        };
        prop_oneof![
            4 => members.prop_map(named),
            1 => prop::collection::vec(inner, 0..3).prop_map(Value::from),
        ]
    })
}

fn survives_anything(kind: Kind) {
    block_on(async {
        let database = Database::new(kind);
        let limits = Limits {
            per_second: 1_000_000,
            burst: 1_000_000,
            ..Limits::default()
        };
        let served = Served::begin(database.books().await, limits).await;
        let admin = served.client(Role::Admin).await;
        beside(move || send_anything(&admin)).await;
        let books = served.books.clone();
        books.long(ruixin_bao_store::Store::prove).await.unwrap();
        served.end().await;
    });
}

fn send_anything(admin: &Client) {
    let document = admin.get("/v1/openapi.json").unwrap().json();
    people(admin, &USERS, SHOP);
    advance(admin);
    let body = r#"{"user":"6001","amount":"1","from":"wallet","merchant":"7001"}"#;
    let payment = id_of(&did(admin, "/v1/payments", "p", body));
    let pending = id_of(&did(
        admin,
        "/v1/withdrawals",
        "w",
        r#"{"user":"6001","amount":"1"}"#,
    ));
    let operations: Vec<(String, String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            let item = item.as_object().unwrap().iter();
            item.map(move |(method, one)| {
                let id = one["operationId"].as_str().unwrap().to_owned();
                (method.clone(), path.clone(), id)
            })
        })
        // A window that something closed by chance would hide all that comes after it.
        .filter(|(_, _, id)| id != "close")
        .collect();
    let ids = [
        "1",
        "%00",
        "%27",
        "..%2f",
        "6001",
        "2013-06-05",
        &payment,
        &pending,
    ];
    let config = ProptestConfig {
        cases: 500,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(20_130_605),
        ..ProptestConfig::default()
    };
    let number = std::cell::Cell::new(0);
    let which = (0..operations.len(), 0..ids.len(), anything());
    let run = TestRunner::new(config).run(&which, |(which, id, body)| {
        number.set(number.get() + 1);
        let (method, path, operation) = &operations[which];
        let part = path.find('{').zip(path.find('}'));
        let path = part.map_or(path.clone(), |(from, to)| {
            format!("{}{}{}", &path[..from], ids[id], &path[to + 1..])
        });
        let body = body.to_string();
        let reply = match method.as_str() {
            "get" => admin.get(&format!("{path}?cursor={}", ids[id])).unwrap(),
            _ => admin
                .post(&path, &format!("any-{}", number.get()), &body)
                .unwrap(),
        };
        prop_assert!(reply.status < 500, "{method} {path} {body}: {reply:?}");
        is_as_documented(&document, operation, &reply);
        Ok(())
    });
    run.unwrap();
}

#[test]
fn nothing_that_is_sent_is_a_fault_of_sqlite() {
    survives_anything(Kind::Sqlite);
}

#[test]
fn nothing_that_is_sent_is_a_fault_of_postgres() {
    survives_anything(Kind::Postgres);
}
