//! The API as a caller sees it: problems, limits, pages, and the document that says all this.

mod support;

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use ruixin_service::gate::Limits;
use ruixin_service::keys::Role;
use ruixin_service::problem;
use serde_json::{Value, json};
use support::http::{Client, Reply, ask};
use support::served::{Served, beside};
use support::{Database, block_on};

/// Serves on SQLite, and gives clients that read, write and close.
fn serving(limits: Limits, play: impl FnOnce(&Client, &Client, &Client) + Send + 'static) {
    block_on(async {
        let database = Database::sqlite();
        let served = Served::begin(database.books().await, limits).await;
        let reader = served.client(Role::Reader).await;
        let writer = served.client(Role::Writer).await;
        let admin = served.client(Role::Admin).await;
        beside(move || play(&reader, &writer, &admin)).await;
        served.end().await;
    });
}

/// The operation of the document by its id, with its path and method.
fn operation<'a>(document: &'a Value, id: &str) -> (&'a str, &'a str, &'a Value) {
    let paths = document["paths"].as_object().expect("paths");
    let all = paths.iter().flat_map(|(path, item)| {
        let item = item.as_object().expect("methods");
        item.iter().map(move |(method, one)| (path.as_str(), method.as_str(), one))
    });
    let mut found = all.filter(|(_, _, one)| one["operationId"] == id);
    found.next().unwrap_or_else(|| panic!("no operation {id}"))
}

/// What came is what the document says: the status, the code, and the members of the body.
fn is_as_documented(document: &Value, id: &str, reply: &Reply) {
    let (_, _, operation) = operation(document, id);
    let said = &operation["responses"][reply.status.to_string()];
    assert!(said.is_object(), "{id} does not document {reply:?}");
    if reply.status >= 400 {
        let schema = &said["content"]["application/problem+json"]["schema"];
        let codes = schema["allOf"][1]["properties"]["code"]["enum"].as_array().expect("codes");
        assert!(codes.contains(&reply.code().into()), "{id}: {reply:?}");
        assert_eq!(reply.headers["content-type"], "application/problem+json");
        return;
    }
    let mut schema = &said["content"]["application/json"]["schema"];
    if let Some(name) = schema["$ref"].as_str() {
        schema = document.pointer(&name[1..]).unwrap_or_else(|| panic!("{name} is nowhere"));
    }
    let Some(properties) = schema["properties"].as_object() else { return };
    let body = reply.json();
    let body = body.as_object().expect("an object");
    for name in body.keys() {
        assert!(properties.contains_key(name), "{id} does not document {name}");
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        assert!(body.contains_key(name.as_str().expect("a name")), "{id} lacks {name}");
    }
}

#[test]
fn every_problem_has_its_code_its_status_and_is_documented() {
    serving(Limits::default(), |reader, writer, _| {
        let document = reader.get("/v1/openapi.json").expect("an answer").json();
        let (user, other, shop) = (writer.open("1", true), writer.open("2", true), writer.open("3", false));
        writer.top_up("4", &user, "100.00");
        let pay = |amount: &str| format!(r#"{{"payer":"{user}","merchant":"{shop}","amount":{amount}}}"#);
        let paid = writer.post("/v1/payments", "5", &pay(r#""10.00""#)).expect("an answer");
        is_as_documented(&document, "pay", &paid);
        let order = paid.json()["order"]["order_id"].as_str().expect("an order").to_owned();
        let held = writer.post("/v1/holds", "6", &format!(r#"{{"account":"{user}","amount":"5"}}"#)).expect("an answer");
        is_as_documented(&document, "hold", &held);
        let hold = held.json()["hold"]["hold"].as_str().expect("a hold").to_owned();
        let withdrawn = format!(r#"{{"account":"{user}","amount":"20","channel":"ICBC"}}"#);
        let withdrawn = writer.post("/v1/withdrawals", "7", &withdrawn).expect("an answer");
        is_as_documented(&document, "withdraw", &withdrawn);
        let pending = withdrawn.json()["order"]["order_id"].as_str().expect("an order").to_owned();
        let refund = |order: &str| format!("/v1/payments/{order}/refunds");
        let settle = format!("/v1/withdrawals/{pending}/settlement");
        let settled = writer.post(&settle, "8", r#"{"outcome":"paid"}"#).expect("an answer");
        is_as_documented(&document, "settleWithdrawal", &settled);
        assert_eq!(settled.json()["movements"][1]["fee"], "0.50", "{settled:?}");
        let house = "9777777777779990";
        let long = "长".repeat(101);
        let table: Vec<(&str, String, String, u16, &str)> = vec![
            ("pay", "/v1/payments".into(), "{".into(), 400, "invalid-request"),
            ("pay", "/v1/payments".into(), pay("10"), 400, "invalid-request"),
            ("pay", "/v1/payments".into(), pay(r#""0.001""#), 400, "invalid-request"),
            ("pay", "/v1/payments".into(), pay(r#""-1""#), 400, "invalid-request"),
            ("pay", "/v1/payments".into(), pay(r#""1","amount":"2""#), 400, "invalid-request"),
            ("pay", "/v1/payments".into(), pay(r#""1","tip":"2""#), 400, "invalid-request"),
            ("pay", "/v1/payments".into(), "[".repeat(10_000), 400, "invalid-request"),
            ("pay", "/v1/payments".into(), " ".repeat(20_000), 413, "body-too-large"),
            ("pay", "/v1/payments".into(), pay(r#""1000""#), 422, "insufficient-funds"),
            ("pay", "/v1/payments".into(), pay(r#""1","coupon":"1""#), 422, "coupon-too-large"),
            ("pay", "/v1/payments".into(), pay(&format!(r#""1","title":"{long}""#)), 422, "text-unfit"),
            ("pay", "/v1/payments".into(), pay(r#""1","title":"a\u0000b""#), 422, "text-unfit"),
            ("pay", "/v1/payments".into(), format!(r#"{{"payer":"{shop}","merchant":"{shop}","amount":"1"}}"#), 422, "wrong-kind-of-account"),
            ("pay", "/v1/payments".into(), r#"{"payer":"\u0000","merchant":"' OR 1=1","amount":"1"}"#.into(), 404, "account-not-found"),
            ("transfer", "/v1/transfers".into(), format!(r#"{{"payer":"{user}","payee":"{user}","amount":"1"}}"#), 422, "same-account"),
            ("transfer", "/v1/transfers".into(), format!(r#"{{"payer":"{user}","payee":"{house}","amount":"1"}}"#), 404, "account-not-found"),
            ("refund", refund(&order), r#"{"amount":"10.01"}"#.into(), 422, "refund-exceeds-payment"),
            ("refund", refund(&pending), r#"{"amount":"1"}"#.into(), 409, "order-state"),
            ("refund", refund("%00"), r#"{"amount":"1"}"#.into(), 404, "order-not-found"),
            ("refund", refund("%FF"), r#"{"amount":"1"}"#.into(), 404, "not-found"),
            ("settleWithdrawal", settle.clone(), r#"{"outcome":"paid"}"#.into(), 409, "order-state"),
            ("withdraw", "/v1/withdrawals".into(), format!(r#"{{"account":"{user}","amount":"9.99","channel":"ICBC"}}"#), 422, "below-minimum"),
            ("withdraw", "/v1/withdrawals".into(), format!(r#"{{"account":"{user}","amount":"10","channel":"XYZ"}}"#), 422, "channel-unknown"),
            ("release", "/v1/holds/1/release".into(), "{}".into(), 404, "hold-not-found"),
            ("release", format!("/v1/holds/{hold}/release"), r#"{"amount":"5.01"}"#.into(), 422, "release-exceeds-hold"),
            ("openAccount", "/v1/accounts".into(), r#"{"owner":"merchant","name":"a"}"#.into(), 422, "class-unknown"),
            ("openAccount", "/v1/accounts".into(), r#"{"owner":"house","name":"a"}"#.into(), 400, "invalid-request"),
        ];
        let mut seen = BTreeSet::new();
        for (at, (id, path, body, status, code)) in table.iter().enumerate() {
            let reply = writer.post(path, &format!("table-{at}"), body).expect("an answer");
            assert_eq!((reply.status, reply.code().as_str()), (*status, *code), "{id} {body:.80}");
            is_as_documented(&document, id, &reply);
            seen.insert(reply.code());
            let chinese = Client { language: "zh-CN", ..writer.clone() };
            let said = chinese.post(path, &format!("table-{at}"), body).expect("an answer");
            let title = said.json()["title"].as_str().expect("a title").to_owned();
            assert!(title.chars().any(|one| one >= '一'), "{title}");
            assert_eq!((said.code(), said.headers["content-language"].as_str()), (reply.code(), "zh-CN"));
        }
        // The balance's limit is reached by whole top-ups.
        let most = format!(r#"{{"account":"{other}","amount":"99999999999.99","channel":"ICBC"}}"#);
        let mut last = 201;
        for at in 0..101 {
            let reply = writer.post("/v1/top-ups", &format!("most-{at}"), &most).expect("an answer");
            last = reply.status;
            if last != 201 {
                seen.insert(reply.code());
                break;
            }
        }
        assert_eq!(last, 422);
        seen.extend(of_the_way_in(reader, writer, &document, &user, &pay(r#""1""#)));
        // Those of the store's and the window's own are shown elsewhere, or cannot be made to happen.
        let elsewhere = ["internal", "overloaded", "rate-limited", "store-unreachable", "outcome-unknown", "service-window"];
        let all = problem::KINDS.iter().chain(ruixin_pay::KINDS).map(|kind| kind.code);
        let missing: Vec<&str> = all.filter(|code| !seen.contains(*code) && !elsewhere.contains(code)).collect();
        assert!(missing.is_empty(), "no case for {missing:?}");
    });
}

/// Problems of headers, keys and addresses.
fn of_the_way_in(reader: &Client, writer: &Client, document: &Value, user: &str, body: &str) -> BTreeSet<String> {
    let bearer = format!("Bearer {}", writer.key);
    let (with_key, json_body) = (("Authorization", bearer.as_str()), ("Content-Type", "application/json"));
    let ask = |method: &str, path: &str, headers: &[(&str, &str)]| {
        let body = (method == "POST").then_some(body);
        ask(writer.to, method, path, headers, body).expect("an answer")
    };
    let long = "k".repeat(129);
    let table = [
        ("pay", ask("POST", "/v1/payments", &[json_body]), 401, "unauthenticated"),
        ("pay", ask("POST", "/v1/payments", &[("Authorization", "Bearer rx_00"), json_body]), 401, "unauthenticated"),
        ("pay", ask("POST", &format!("/v1/payments?key={}", writer.key), &[json_body]), 401, "unauthenticated"),
        ("pay", ask("POST", "/v1/payments", &[with_key, json_body]), 400, "idempotency-key-missing"),
        ("pay", ask("POST", "/v1/payments", &[with_key, json_body, ("Idempotency-Key", &long)]), 400, "idempotency-key-missing"),
        ("pay", ask("POST", "/v1/payments", &[with_key, ("Idempotency-Key", "x")]), 415, "unsupported-media-type"),
        ("pay", reader.post("/v1/payments", "x", body).expect("an answer"), 403, "forbidden"),
        ("freeze", writer.post("/v1/admin/window/freeze", "x", "").expect("an answer"), 403, "forbidden"),
        ("pay", {
            writer.post("/v1/payments", "reused", body).expect("an answer");
            writer.post("/v1/payments", "reused", &format!("{body} ")).expect("an answer")
        }, 409, "idempotency-key-reused"),
        ("getAccount", reader.get("/v1/accounts/9777777777779990").expect("an answer"), 404, "account-not-found"),
        ("getOrder", reader.get("/v1/orders/1").expect("an answer"), 404, "order-not-found"),
        ("listMovements", reader.get(&format!("/v1/accounts/{user}/movements?cursor=1.2")).expect("an answer"), 400, "invalid-cursor"),
        ("listMovements", reader.get(&format!("/v1/accounts/{user}/movements?limit=0")).expect("an answer"), 400, "invalid-request"),
        ("listMovements", reader.get(&format!("/v1/accounts/{user}/movements?limit=x")).expect("an answer"), 400, "invalid-request"),
    ];
    let mut seen = BTreeSet::new();
    for (id, reply, status, code) in table {
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{reply:?}");
        is_as_documented(document, id, &reply);
        seen.insert(code.to_owned());
    }
    let nowhere = ask("GET", "/v2/x", &[]);
    assert_eq!((nowhere.status, nowhere.code().as_str()), (404, "not-found"));
    let wrong = ask("DELETE", "/v1/payments", &[with_key]);
    assert_eq!((wrong.status, wrong.code().as_str()), (405, "method-not-allowed"), "{wrong:?}");
    assert_eq!(wrong.headers["allow"], "POST");
    seen.insert("method-not-allowed".to_owned());
    seen
}

#[test]
fn the_document_is_whole_and_every_address_of_it_is_there() {
    serving(Limits::default(), |reader, _, _| {
        let document = reader.get("/v1/openapi.json").expect("an answer").json();
        assert_eq!(document["openapi"], "3.1.0");
        let text = document.to_string();
        for part in text.split("\"$ref\":\"#").skip(1) {
            let pointer = part.split('"').next().expect("a pointer");
            assert!(document.pointer(pointer).is_some(), "{pointer} is nowhere");
        }
        let mut ids = BTreeSet::new();
        for (path, item) in document["paths"].as_object().expect("paths") {
            for (method, one) in item.as_object().expect("methods") {
                assert!(ids.insert(one["operationId"].to_string()), "{path}");
                let path = path.replace("{account}", "1").replace("{order}", "1").replace("{hold}", "1");
                let body = (method == "post").then_some("{}");
                let reply = ask(reader.to, &method.to_uppercase(), &path, &[], body).expect("an answer");
                let expected = if path == "/v1/openapi.json" { 200 } else { 401 };
                assert_eq!(reply.status, expected, "{method} {path}");
            }
        }
        assert_eq!(ids.len(), 17);
    });
}

#[test]
fn pages_hold_every_movement_once_and_are_documented() {
    serving(Limits::default(), |reader, writer, _| {
        let document = reader.get("/v1/openapi.json").expect("an answer").json();
        let user = writer.open("u", true);
        for at in 0..23 {
            writer.top_up(&format!("t{at}"), &user, &format!("{}.00", at + 1));
        }
        let account = reader.get(&format!("/v1/accounts/{user}")).expect("an answer");
        is_as_documented(&document, "getAccount", &account);
        assert_eq!(account.json()["balance"], "276.00");
        let (mut cursor, mut amounts) = (String::new(), Vec::new());
        loop {
            let page = reader.get(&format!("/v1/accounts/{user}/movements?limit=5{cursor}")).expect("an answer");
            is_as_documented(&document, "listMovements", &page);
            let page = page.json();
            let movements = page["movements"].as_array().expect("a list");
            amounts.extend(movements.iter().map(|one| one["amount"].as_str().expect("yuan").to_owned()));
            // One that comes meanwhile changes no later page.
            writer.top_up(&format!("late-{}", amounts.len()), &user, "999.00");
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let expected: Vec<String> = (1..=23).rev().map(|at| format!("{at}.00")).collect();
        assert_eq!(amounts, expected);
        let order = writer.get("/v1/window").expect("an answer");
        is_as_documented(&document, "getWindow", &order);
    });
}

#[test]
fn a_key_is_held_to_its_rate_and_others_are_not() {
    let limits = Limits { per_second: 1, burst: 20, ..Limits::default() };
    serving(limits, |reader, writer, _| {
        let replies: Vec<Reply> = (0..40).map(|_| reader.get("/v1/window").expect("an answer")).collect();
        let limited: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 429).collect();
        assert!((15..=20).contains(&limited.len()), "{}", limited.len());
        assert_eq!((limited[0].code().as_str(), limited[0].headers["retry-after"].as_str()), ("rate-limited", "1"));
        assert_eq!(writer.get("/v1/window").expect("an answer").status, 200);
    });
}

#[test]
fn keys_that_are_none_cannot_be_tried_without_end() {
    serving(Limits::default(), |reader, _, _| {
        let replies = (0..300).map(|at| {
            let client = Client { key: format!("rx_{at}"), ..reader.clone() };
            client.get("/v1/window").expect("an answer").status
        });
        let statuses: Vec<u16> = replies.collect();
        assert!(statuses.contains(&429) && statuses[0] == 401 && !statuses.contains(&200));
    });
}

#[test]
fn too_much_at_once_is_shed_and_the_window_can_still_be_closed() {
    let limits = Limits { concurrent: 2, time: Duration::from_secs(3), ..Limits::default() };
    serving(limits, |reader, _, admin| {
        // Two that send half a body hold both places.
        let bearer = format!("Authorization: Bearer {}", admin.key);
        let half = || {
            let mut stream = TcpStream::connect(reader.to).expect("a connection");
            let head = format!(
                "POST /v1/top-ups HTTP/1.1\r\nHost: x\r\n{bearer}\r\nContent-Type: application/json\r\n\
                 Idempotency-Key: h\r\nContent-Length: 100\r\n\r\n{{"
            );
            stream.write_all(head.as_bytes()).expect("sent");
            stream
        };
        let (mut one, _two) = (half(), half());
        std::thread::sleep(Duration::from_millis(300));
        let begun = Instant::now();
        let shed = loop {
            let reply = reader.get("/v1/window").expect("an answer");
            if reply.status == 503 || begun.elapsed() > Duration::from_secs(2) {
                break reply;
            }
        };
        assert_eq!((shed.status, shed.code().as_str()), (503, "overloaded"));
        assert_eq!(shed.headers["retry-after"], "1");
        let frozen = admin.post("/v1/admin/window/freeze", "f", "").expect("an answer");
        assert_eq!(frozen.status, 200, "{frozen:?}");
        // Who is slow is told so in time, and the places are free again.
        let mut answer = String::new();
        one.read_to_string(&mut answer).ok();
        assert!(answer.starts_with("HTTP/1.1 504"), "{answer}");
        assert_eq!(reader.get("/v1/window").expect("an answer").status, 200);
        let metrics = reader.get("/metrics").expect("an answer").body;
        let shed = metrics.lines().find_map(|line| line.strip_prefix("ruixin_requests_shed_total "));
        assert!(shed.is_some_and(|shed| shed.parse::<u64>().is_ok_and(|shed| shed > 0)), "{metrics}");
        assert!(metrics.contains("ruixin_pay_closed 1"));
        assert!(metrics.contains("route=\"/v1/window\",method=\"GET\",status=\"503\",le=\"+Inf\""), "{metrics}");
    });
}

#[test]
fn a_revoked_key_is_none_and_a_key_is_nowhere_in_the_store() {
    block_on(async {
        let database = Database::sqlite();
        let served = Served::begin(database.books().await, Limits::default()).await;
        let client = served.client(Role::Reader).await;
        let rows = served.books.store().read(async |tx| tx.rows("SELECT id, name, role, hash FROM api_key", vec![]).await);
        let row = rows.await.expect("rows").remove(0);
        assert!(!client.key.contains(&row.text(3).expect("text")[..16]));
        let id = row.text(0).expect("text").to_owned();
        assert!(ruixin_service::keys::revoke(served.books.store(), &id).await.expect("revoked"));
        let status = beside(move || client.get("/v1/window").expect("an answer").status).await;
        assert_eq!(status, 401);
        served.end().await;
    });
}

#[test]
fn a_service_that_stops_finishes_what_is_under_way() {
    block_on(async {
        let database = Database::sqlite();
        let served = Served::begin(database.books().await, Limits::default()).await;
        let client = served.client(Role::Writer).await;
        let to = served.to;
        let asking = beside(move || {
            let mut stream = TcpStream::connect(to).expect("a connection");
            let body = json!({"owner": "user", "name": "a"}).to_string();
            let head = format!(
                "POST /v1/accounts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
                 Idempotency-Key: h\r\nContent-Length: {}\r\n\r\n",
                client.key,
                body.len()
            );
            stream.write_all(head.as_bytes()).expect("sent");
            std::thread::sleep(Duration::from_millis(200));
            (stream, body)
        });
        let (mut stream, body) = asking.await;
        let ending = tokio::spawn(served.end());
        let answer = beside(move || {
            std::thread::sleep(Duration::from_millis(200));
            stream.write_all(body.as_bytes()).expect("sent");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("read");
            answer
        });
        assert!(answer.await.starts_with("HTTP/1.1 201"));
        ending.await.expect("it ends");
        assert!(TcpStream::connect(to).is_err(), "nobody listens any more");
    });
}
