//! Whatever is sent: no fault, and every answer as the document says.

mod support;

use proptest::prelude::*;
use ruixin_service::gate::Limits;
use ruixin_service::keys::Role;
use serde_json::Value;
use support::documented::is_as_documented;
use support::served::{Served, beside};
use support::{Database, block_on};

/// Any JSON, with texts that databases and parsers stumble over, and members of the right names.
fn anything() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        Just("\0"),
        Just("'; DROP TABLE flow; --"),
        Just("𬀩\u{202e}"),
        Just("NaN"),
        Just("1e9"),
        Just("0.01"),
        Just("99999999999.99"),
        Just("ICBC"),
        Just("user"),
        Just("merchant"),
        Just("A"),
        Just("paid"),
        Just(""),
        Just("2013-05-27T08:00:00Z"),
        Just("en"),
        Just("freeze"),
        Just("-0"),
        Just("６００"),
    ];
    let leaf = prop_oneof![
        6 => text.prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        2 => "\\PC{0,12}".prop_map(Value::from),
    ];
    let names = prop::sample::select(vec![
        "account",
        "payer",
        "payee",
        "merchant",
        "amount",
        "coupon",
        "channel",
        "memo",
        "title",
        "owner",
        "name",
        "class",
        "outcome",
        "language",
        "kind",
        "subject",
        "text",
        "fields",
        "until",
        "step",
        "rehearsal",
        "x",
    ]);
    leaf.prop_recursive(3, 24, 8, move |inner| {
        prop_oneof![
            4 => prop::collection::btree_map(names.clone(), inner.clone(), 0..8)
                .prop_map(|members| members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
            1 => prop::collection::vec(inner, 0..3).prop_map(Value::from),
        ]
    })
}

fn survives_anything(database: &Database) {
    block_on(async {
        let limits = Limits {
            per_second: 1_000_000,
            burst: 1_000_000,
            ..Limits::default()
        };
        let served = Served::begin(database.books().await, limits).await;
        let admin = served.client(Role::Admin).await;
        beside(move || {
            let document = admin.get("/v1/openapi.json").expect("an answer").json();
            let user = admin.open("u", true);
            let paths: Vec<(String, String)> = document["paths"]
                .as_object()
                .expect("paths")
                .iter()
                .filter_map(|(path, item)| {
                    Some((
                        path.clone(),
                        item["post"]["operationId"].as_str()?.to_owned(),
                    ))
                })
                .collect();
            let ids = [
                "1",
                "%00",
                "%27",
                "..%2f",
                "201305270000000000012",
                "2013052700000000000112",
                &user,
            ];
            let config = ProptestConfig {
                cases: 400,
                failure_persistence: None,
                ..ProptestConfig::default()
            };
            let number = std::cell::Cell::new(0);
            let which = (0..paths.len(), 0..ids.len(), anything());
            let mut runner = proptest::test_runner::TestRunner::new(config);
            let run = runner.run(&which, |(path, id, body)| {
                number.set(number.get() + 1);
                let (path, operation) = &paths[path];
                let part = path.find('{').zip(path.find('}'));
                let path = part.map_or(path.clone(), |(from, to)| {
                    format!("{}{}{}", &path[..from], ids[id], &path[to + 1..])
                });
                let body = body
                    .to_string()
                    .replace("\"payee\":\"ICBC\"", &format!("\"payee\":\"{user}\""));
                let reply = admin
                    .post(&path, &format!("any-{}", number.get()), &body)
                    .expect("an answer");
                prop_assert!(
                    reply.status < 500 || reply.code() == "service-window",
                    "{path} {body}: {reply:?}"
                );
                is_as_documented(&document, operation, &reply);
                Ok(())
            });
            run.expect("no fault");
        })
        .await;
        served.end().await;
    });
}

#[test]
fn nothing_that_is_sent_is_a_fault_of_sqlite() {
    survives_anything(&Database::sqlite());
}

#[test]
fn nothing_that_is_sent_is_a_fault_of_postgres() {
    survives_anything(&Database::postgres());
}
