//! Days over HTTP: what the service does is what the store does, and what it shows is what is there.

use std::process::Command;

use ruixin_service::gate::Limits;
use ruixin_service::keys::Role;
use serde_json::Value;

use crate::support::{BOTH, Kind, SHOP, USERS, at, day, threads};
use crate::web::documented::is_as_documented;
use crate::web::http::Client;
use crate::web::served::{Served, beside};
use crate::web::{Database, advance, block_on, did, id_of, people};

/// Incomes of the days from the fifth on; on the eighth the Dragon Boat Festival begins.
const INCOMES: [(&str, i64); 9] = [
    ("2013-06-05", 0),
    ("2013-06-06", 1_234),
    ("2013-06-07", 1_301),
    ("2013-06-08", 1_298),
    ("2013-06-09", 1_305),
    ("2013-06-10", 1_290),
    ("2013-06-11", 1_311),
    ("2013-06-12", 1_302),
    ("2013-06-13", -17),
];

fn night_after(of: &str) -> String {
    format!("{} 01:00", day(of).next().unwrap())
}

fn yuan(fen: i64) -> String {
    ruixin_service::money::Yuan(fen).to_string()
}

/// Orders before the first night, a minute after the top-ups.
fn orders(admin: &Client, database: &Database) {
    people(admin, &USERS, SHOP);
    advance(admin);
    database.set("2013-06-05 10:01");
    for (at, (user, fen)) in USERS.into_iter().zip([80_000, 50_000, 1]).enumerate() {
        let body = format!(
            r#"{{"user":"{user}","kind":"subscribe","amount":"{}"}}"#,
            yuan(fen)
        );
        did(admin, "/v1/orders", &format!("s{at}"), &body);
    }
}

fn run(admin: &Client, of: &str, income: i64) -> crate::web::http::Reply {
    let body = format!(r#"{{"income":"{}"}}"#, yuan(income));
    admin
        .post(&format!("/v1/admin/days/{of}/run"), "-", &body)
        .unwrap()
}

#[test]
fn days_over_http_are_those_of_the_store() {
    let mut registers = Vec::new();
    for kind in BOTH {
        // The twin is asked for the same orders over HTTP, and its nights are the library's.
        let twin = with_service(kind, |admin, database| {
            orders(admin, database);
            database.with_store(|store| {
                for (of, income) in INCOMES {
                    store
                        .run_day(day(of), income, at(&night_after(of)), threads())
                        .unwrap();
                }
                let last = store.register(day("2013-06-12")).unwrap();
                let mut csv = Vec::new();
                ruixin_bao_store::write_register(&last, &mut csv).unwrap();
                let mut totals = Vec::new();
                last.write_totals(&mut totals).unwrap();
                (csv, totals, store.user(USERS[0]).unwrap().unwrap())
            })
        });
        let (csv, totals, user) = with_service(kind, |admin, database| {
            orders(admin, database);
            nights(admin, database);
            shown(admin);
            files(admin, database)
        });
        assert_eq!((csv.as_bytes(), totals.as_bytes()), (&*twin.0, &*twin.1));
        assert_eq!(user["income"], yuan(twin.2.income_fen));
        assert_eq!(
            user["shares"],
            yuan(twin.2.shares.as_ref().unwrap().balance_fen())
        );
        registers.push(csv);
    }
    assert_eq!(registers[0], registers[1]);
}

fn with_service<T: Send + 'static>(
    kind: Kind,
    play: impl FnOnce(&Client, &Database) -> T + Send + 'static,
) -> T {
    block_on(async {
        let database = Database::new(kind);
        let served = Served::begin(database.books().await, Limits::default()).await;
        let admin = served.client(Role::Admin).await;
        let played = beside(move || play(&admin, &database)).await;
        served.end().await;
        played
    })
}

/// Runs all days, each twice: the second time is the same answer, window open or not.
fn nights(admin: &Client, database: &Database) {
    let document = admin.get("/v1/openapi.json").unwrap().json();
    for (of, income) in INCOMES {
        database.set(&night_after(of));
        let first = run(admin, of, income);
        is_as_documented(&document, "runDay", &first);
        assert_eq!(first.status, 200, "{of}: {first:?}");
        assert_eq!(
            admin
                .post("/v1/admin/window/close", "-", "")
                .unwrap()
                .status,
            200
        );
        let again = run(admin, of, income);
        assert_eq!((again.status, &again.body), (200, &first.body));
        assert_eq!(run(admin, of, income + 1).code(), "income-differs");
        assert_eq!(
            admin.post("/v1/admin/window/open", "-", "").unwrap().status,
            200
        );
    }
    let first = run(admin, INCOMES[1].0, INCOMES[1].1).json();
    assert_eq!(first["stage"], "closed");
    assert_eq!(first["shares"], "1300.01");
    assert_eq!(first["income_per_ten_thousand"], "94.9223");
}

/// What users and others see after the nights.
fn shown(admin: &Client) {
    let document = admin.get("/v1/openapi.json").unwrap().json();
    let get = |operation: &str, path: &str| {
        let reply = admin.get(path).unwrap();
        is_as_documented(&document, operation, &reply);
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
        reply.json()
    };
    let fund = get("getFund", "/v1/fund");
    assert_eq!(fund["basis"], "daily_carry");
    assert_eq!(fund["days"].as_array().unwrap().len(), 7);
    let of = |at: usize, what: &str| fund["days"][at]["seven_day_yield"][what].clone();
    // Each basis by itself, and only of seven days.
    assert_ne!(of(1, "daily_carry"), of(1, "monthly_carry"));
    assert_eq!(fund["days"][1]["day"], "2013-06-12");
    let all = pages(
        |cursor| get("listFundDays", &format!("/v1/fund/days?limit=4{cursor}")),
        "days",
    );
    let days: Vec<&str> = all.iter().map(|one| one["day"].as_str().unwrap()).collect();
    let expected: Vec<&str> = INCOMES.iter().rev().map(|(of, _)| *of).collect();
    assert_eq!(days, expected);
    let with_yield = all.iter().filter(|one| !one["seven_day_yield"].is_null());
    assert_eq!(with_yield.count(), 3, "{all:?}");

    let user = USERS[0];
    let incomes = pages(
        |cursor| {
            get(
                "listIncomes",
                &format!("/v1/users/{user}/incomes?limit=3{cursor}"),
            )
        },
        "incomes",
    );
    assert_eq!(incomes.len(), INCOMES.len() - 1);
    let fen = |text: &Value| {
        text.as_str()
            .unwrap()
            .replace('.', "")
            .parse::<i64>()
            .unwrap()
    };
    let sum: i64 = incomes.iter().map(|one| fen(&one["income"])).sum();
    let seen = get("getUser", &format!("/v1/users/{user}"));
    assert_eq!(fen(&seen["income"]), sum);
    assert_eq!(seen["last_day"], incomes[0]);
    assert_eq!(seen["earns_from"], "2013-06-06");
    assert_eq!(seen["shares_available"], seen["shares"]);
    let path = format!("/v1/users/{user}/statement?from=2013-06-05&until=2013-06-20");
    let statement = get("getStatement", &path);
    assert_eq!(statement["accounts"][1]["closing"], seen["shares"]);
    let bills = pages(
        |cursor| {
            get(
                "listBills",
                &format!("/v1/users/{user}/bills?limit=4{cursor}"),
            )
        },
        "bills",
    );
    let moved: i64 = bills.iter().map(|bill| fen(&bill["shares"])).sum();
    assert_eq!(moved, fen(&seen["shares"]));
    let kinds: Vec<&str> = bills
        .iter()
        .map(|bill| bill["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds.len(), INCOMES.len() - 1 + 3);
    assert_eq!(
        &kinds[kinds.len() - 3..],
        ["subscription_confirmed", "subscription", "top_up"]
    );
    let balance = get(
        "getTrialBalance",
        "/v1/trial-balance?at=2013-06-05T16:00:00Z",
    );
    assert_eq!(balance["is_balanced"], true);
    let proved = admin.post("/v1/admin/prove", "-", "").unwrap();
    is_as_documented(&document, "prove", &proved);
    assert!(proved.json()["proofs"].as_array().unwrap().len() > 10);
}

/// Gives all rows of a list, page by page.
fn pages(get: impl Fn(&str) -> Value, rows: &str) -> Vec<Value> {
    let (mut cursor, mut all) = (String::new(), Vec::new());
    loop {
        let page = get(&cursor);
        all.extend(page[rows].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

/// The register over HTTP is that of the command line, byte by byte.
fn files(admin: &Client, database: &Database) -> (String, String, Value) {
    let document = admin.get("/v1/openapi.json").unwrap().json();
    let register = admin.get("/v1/register/2013-06-12").unwrap();
    assert_eq!(register.headers["content-type"], "text/csv; charset=utf-8");
    assert!(
        document["paths"]["/v1/register/{day}"]["get"]["responses"]["200"]["content"]["text/csv"]
            .is_object()
    );
    let totals = admin.get("/v1/register/2013-06-12/totals").unwrap();
    let printed = Command::new(env!("CARGO_BIN_EXE_ruixin-bao"))
        .args([
            "--books",
            &database.place.address,
            "register",
            "--date",
            "2013-06-12",
        ])
        .arg("--totals")
        .arg(database.place.folder().join("totals.csv"))
        .output()
        .unwrap();
    assert!(printed.status.success(), "{printed:?}");
    assert_eq!(printed.stdout, register.body.as_bytes());
    let kept = std::fs::read_to_string(database.place.folder().join("totals.csv")).unwrap();
    assert_eq!(kept, totals.body);
    let user = admin
        .get(&format!("/v1/users/{}", USERS[0]))
        .unwrap()
        .json();
    (register.body, totals.body, user)
}

/// What was changed past the program is found, and told with its place.
#[test]
fn books_that_do_not_stand_are_told_with_their_place() {
    for kind in BOTH {
        with_service(kind, |admin, database| {
            let document = admin.get("/v1/openapi.json").unwrap().json();
            people(admin, &USERS, SHOP);
            let sql = "UPDATE account SET credits_posted = credits_posted + 1 WHERE number = 6001";
            database.place.direct(sql).unwrap();
            let found = admin.post("/v1/admin/prove", "-", "").unwrap();
            is_as_documented(&document, "prove", &found);
            assert_eq!(
                (found.status, found.code().as_str()),
                (409, "out-of-balance")
            );
            let found = found.json();
            assert_eq!(
                (found["expected"].as_str(), found["actual"].as_str()),
                (Some("300000"), Some("300001"))
            );
        });
    }
}

/// A loss of one fen when all shares are redeemed: the reserve bears it, and can be filled.
#[test]
fn a_loss_that_nobody_can_bear_waits_for_the_reserve_and_not_for_ever() {
    for kind in BOTH {
        with_service(kind, |admin, database| {
            let document = admin.get("/v1/openapi.json").unwrap().json();
            people(admin, &USERS[..1], SHOP);
            let order = |id: &str, what: &str| {
                let body = format!(r#"{{"user":"6001","kind":"{what}","amount":"100"}}"#);
                did(admin, "/v1/orders", id, &body);
            };
            order("in", "subscribe");
            database.set("2013-06-06 01:00");
            assert_eq!(run(admin, "2013-06-05", 0).status, 200);
            database.set("2013-06-06 10:00");
            order("out", "redeem");
            database.set("2013-06-07 01:00");
            let refused = run(admin, "2013-06-06", -1);
            is_as_documented(&document, "runDay", &refused);
            assert_eq!(
                (refused.status, refused.code().as_str()),
                (422, "limit-broken")
            );
            let said = refused.json();
            let members = ["account", "available", "needed"].map(|name| said[name].as_str());
            assert_eq!(members, [Some("4102"), Some("0.00"), Some("0.01")]);
            let detail = said["detail"].as_str().unwrap();
            assert!(detail.contains("POST /v1/admin/reserve"), "{detail}");

            let fill = || {
                admin
                    .post("/v1/admin/reserve", "fill", r#"{"amount":"0.01"}"#)
                    .unwrap()
            };
            let filled = fill();
            assert_eq!(filled.status, 201, "{filled:?}");
            is_as_documented(&document, "fillReserve", &filled);
            let again = fill();
            assert_eq!(again.body, filled.body);
            assert_eq!(again.headers["idempotency-replayed"], "true");
            let done = run(admin, "2013-06-06", -1);
            assert_eq!(done.status, 200, "{done:?}");
            assert_eq!(done.json()["from_reserve"], "0.01");
            assert_eq!(admin.post("/v1/admin/prove", "-", "").unwrap().status, 200);
        });
    }
}

/// New books have nothing to advance: who asks is told what is missing, and an admin puts it there.
#[test]
fn a_fast_redemption_of_new_books_waits_for_the_money_of_the_advance_bank() {
    for kind in BOTH {
        with_service(kind, |admin, database| {
            let document = admin.get("/v1/openapi.json").unwrap().json();
            people(admin, &USERS[..1], SHOP);
            let buy = r#"{"user":"6001","kind":"subscribe","amount":"100"}"#;
            did(admin, "/v1/orders", "in", buy);
            database.set("2013-06-06 01:00");
            assert_eq!(run(admin, "2013-06-05", 0).status, 200);
            database.set("2013-06-06 10:00");
            let fast = r#"{"user":"6001","kind":"redeem_fast","amount":"30"}"#;
            let refused = admin.post("/v1/orders", "fast-1", fast).unwrap();
            is_as_documented(&document, "placeOrder", &refused);
            assert_eq!(refused.code(), "advance-exhausted");
            let said = refused.json();
            let members = ["account", "available", "needed"].map(|name| said[name].as_str());
            assert_eq!(members, [Some("2205:90"), Some("0.00"), Some("30.00")]);
            let filled = admin.post("/v1/admin/advance", "fill", r#"{"amount":"30"}"#);
            let filled = filled.unwrap();
            assert_eq!(filled.status, 201, "{filled:?}");
            is_as_documented(&document, "fillAdvance", &filled);
            did(admin, "/v1/orders", "fast-2", fast);
        });
    }
}

/// An income that no figure of the fund could hold is refused, and is no fault.
#[test]
fn an_income_beyond_all_figures_is_refused() {
    for kind in BOTH {
        with_service(kind, |admin, database| {
            let document = admin.get("/v1/openapi.json").unwrap().json();
            people(admin, &USERS[..1], SHOP);
            let buy = r#"{"user":"6001","kind":"subscribe","amount":"0.01"}"#;
            did(admin, "/v1/orders", "in", buy);
            database.set("2013-06-06 01:00");
            assert_eq!(run(admin, "2013-06-05", 0).status, 200);
            database.set("2013-06-07 01:00");
            let refused = run(admin, "2013-06-06", 9_999_999_999_999);
            is_as_documented(&document, "runDay", &refused);
            assert_eq!(
                (refused.status, refused.code().as_str()),
                (422, "income-unfit")
            );
            let unread = admin
                .post("/v1/admin/days/2013-06-06/run", "-", r#"{"income":"abc"}"#)
                .unwrap();
            let detail = unread.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains("an income is a text from"), "{detail}");
            assert_eq!(run(admin, "2013-06-06", 1).status, 200);
        });
    }
}

/// The computer's clock on books of 2013: nothing is booked at a time that no order could come after,
/// and what was answered before is answered again.
#[test]
fn nothing_is_booked_on_a_day_that_the_calendar_does_not_cover() {
    for kind in BOTH {
        with_service(kind, |admin, database| {
            let document = admin.get("/v1/openapi.json").unwrap().json();
            people(admin, &USERS[..1], SHOP);
            let fill = r#"{"user":"6001","amount":"1"}"#;
            let first = did(admin, "/v1/top-ups", "first", fill);
            let hold = r#"{"user":"6001","amount":"1"}"#;
            let hold = id_of(&did(admin, "/v1/holds", "held", hold));
            database.set("2026-11-29 10:00");
            let release = format!("/v1/holds/{hold}/release");
            let pay = r#"{"from":"wallet","user":"6001","merchant":"7001","amount":"1"}"#;
            for (operation, path, body) in [
                ("fillReserve", "/v1/admin/reserve", r#"{"amount":"1"}"#),
                ("fillAdvance", "/v1/admin/advance", r#"{"amount":"1"}"#),
                ("topUp", "/v1/top-ups", fill),
                ("pay", "/v1/payments", pay),
                ("release", &release, "{}"),
            ] {
                let refused = admin.post(path, &format!("late-{operation}"), body);
                let refused = refused.unwrap();
                is_as_documented(&document, operation, &refused);
                assert_eq!(
                    (refused.status, refused.code().as_str()),
                    (422, "calendar-not-covered"),
                    "{path}"
                );
                assert_eq!(refused.json()["day"], "2026-11-29");
            }
            let again = did(admin, "/v1/top-ups", "first", fill);
            assert_eq!(again.body, first.body);
            database.set("2013-06-05 11:00");
            let buy = r#"{"user":"6001","kind":"subscribe","amount":"100"}"#;
            did(admin, "/v1/orders", "in", buy);
        });
    }
}
