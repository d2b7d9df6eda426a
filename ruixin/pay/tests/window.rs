//! The freeze under load: it returns when nothing is under way, and its figures stand still.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use ruixin_pay::civil::{Civil, Clock};
use ruixin_service::gate::Limits;
use ruixin_service::keys::Role;
use ruixin_service::store::{Change, StoreError, Tx, Write};
use serde_json::{Value, json};
use support::http::{Client, ask};
use support::served::{Served, beside};
use support::{Database, audit, block_on};

fn limits() -> Limits {
    Limits {
        per_second: 1_000_000,
        burst: 1_000_000,
        ..Limits::default()
    }
}

/// Pays until told to stop, and gives each answer's status with its id and body.
fn payer(
    client: Client,
    at: usize,
    from: String,
    to: String,
    stop: Arc<AtomicBool>,
) -> Vec<(String, u16, String)> {
    let mut answers = Vec::new();
    let body = format!(r#"{{"payer":"{from}","merchant":"{to}","amount":"0.01"}}"#);
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let id = format!("pay-{at}-{number}");
        let reply = client.post("/v1/payments", &id, &body).expect("an answer");
        if reply.status == 503 {
            assert_eq!(reply.code(), "service-window", "{reply:?}");
            thread::sleep(Duration::from_millis(2));
        }
        answers.push((id, reply.status, reply.body));
    }
    answers
}

fn night(database: &Database) {
    block_on(async {
        let served = Served::begin(database.books().await, limits()).await;
        let client = served.client(Role::Writer).await;
        let admin = served.client(Role::Admin).await;
        beside(move || play(&client, &admin)).await;
        audit(served.books.store()).await;
        served.end().await;
    });
}

fn play(client: &Client, admin: &Client) {
    let (user, shop) = (client.open("u", true), client.open("m", false));
    client.top_up("fill", &user, "5000.00");
    let stop = Arc::new(AtomicBool::new(false));
    let payers: Vec<_> = (0..8)
        .map(|at| {
            let (client, stop) = (client.clone(), stop.clone());
            let (user, shop) = (user.clone(), shop.clone());
            thread::spawn(move || payer(client, at, user, shop, stop))
        })
        .collect();
    thread::sleep(Duration::from_millis(300));
    for (language, subject) in [
        ("en", "Ruixin Pay is closed <8 hours>"),
        ("zh", "瑞信支付 08:00 至 16:00 暂停服务"),
    ] {
        let notice = json!({
            "id": "n/1", "kind": "stop", "language": language, "subject": subject, "text": "…\n",
            "fields": {"system": "x", "until": "2999-01-01T00:00:00Z"},
        });
        let told = admin
            .post("/v1/admin/notices", "n", &notice.to_string())
            .expect("an answer");
        assert_eq!(told.status, 200, "{told:?}");
    }
    // As a hook of Crossfoot calls: an address with a key, and what it is about.
    let hook = |step: &str, at: &str, rehearsal: bool| {
        let about = json!({"version": 1, "plan": "ruixin-pay", "step": step, "daybook": "x", "rehearsal": rehearsal});
        let path = format!("/v1/admin/window/{at}?key={}", admin.key);
        ask(
            admin.to,
            "POST",
            &path,
            &[("Idempotency-Key", "c1")],
            Some(&about.to_string()),
        )
        .expect("an answer")
    };
    let tried = hook("freeze", "freeze", true);
    assert_eq!(
        (tried.status, tried.json()["state"].as_str()),
        (200, Some("open"))
    );
    let frozen = hook("freeze", "freeze", false);
    assert_eq!(frozen.status, 200, "{frozen:?}");
    let frozen = frozen.json();
    assert_eq!(frozen["state"], "closed");
    assert_eq!(frozen["figures"]["difference"], "0.00", "{frozen}");
    thread::sleep(Duration::from_millis(200));
    // Again, with the load still on: the same figures to the fen.
    assert_eq!(hook("freeze", "freeze", false).json(), frozen);
    stop.store(true, Ordering::Relaxed);
    let answers: Vec<_> = payers
        .into_iter()
        .flat_map(|payer| payer.join().expect("it ends"))
        .collect();
    let done: Vec<_> = answers
        .iter()
        .filter(|(_, status, _)| *status == 201)
        .collect();
    let refused = answers
        .iter()
        .filter(|(_, status, _)| *status == 503)
        .count();
    assert_eq!(
        done.len() + refused,
        answers.len(),
        "finished or refused, nothing between"
    );
    assert!(done.len() > 20 && refused > 20, "{} {refused}", done.len());
    // A top-up is one record, a payment is two; nothing that was answered is missing.
    assert_eq!(
        frozen["figures"]["records"].as_u64(),
        Some(1 + 2 * done.len() as u64)
    );
    assert_eq!(frozen["figures"]["balances"], "5000.00");
    // Who lost an answer gets it in the window, too.
    let body = format!(r#"{{"payer":"{user}","merchant":"{shop}","amount":"0.01"}}"#);
    let again = client
        .post("/v1/payments", &done[0].0, &body)
        .expect("an answer");
    assert_eq!((again.status, &again.body), (201, &done[0].2));
    closed_in_both_languages(client, &user, &body);
    // A hook of another step has the wrong address; then the right one opens.
    assert_eq!(hook("freeze", "reopen", false).code(), "invalid-request");
    assert_eq!(hook("rollback", "reopen", true).json()["state"], "closed");
    assert_eq!(hook("rollback", "reopen", false).json()["state"], "open");
    assert_eq!(
        client
            .post("/v1/payments", "after", &body)
            .expect("an answer")
            .status,
        201
    );
}

fn closed_in_both_languages(client: &Client, user: &str, body: &str) {
    let every = [
        ("/v1/payments", body),
        ("/v1/transfers", r#"{"payer":"1","payee":"2","amount":"1"}"#),
        (
            "/v1/top-ups",
            r#"{"account":"1","amount":"1","channel":"ICBC"}"#,
        ),
        (
            "/v1/withdrawals",
            r#"{"account":"1","amount":"10","channel":"ICBC"}"#,
        ),
        ("/v1/holds", r#"{"account":"1","amount":"10"}"#),
        ("/v1/accounts", r#"{"owner":"user","name":"a"}"#),
        ("/v1/payments/1/refunds", r#"{"amount":"1"}"#),
        ("/v1/withdrawals/1/settlement", r#"{"outcome":"paid"}"#),
        ("/v1/holds/1/release", "{}"),
    ];
    for (language, says) in [("en", "<8 hours>"), ("zh-CN,en;q=0.5", "暂停服务")] {
        let client = Client {
            language,
            ..client.clone()
        };
        for (path, body) in every {
            let reply = client
                .post(path, &format!("closed{language}"), body)
                .expect("an answer");
            assert_eq!(
                (reply.status, reply.code().as_str()),
                (503, "service-window"),
                "{path}"
            );
            assert_eq!(
                reply.headers.get("retry-after").map(String::as_str),
                Some("86400")
            );
            let detail = reply.json()["detail"].as_str().expect("words").to_owned();
            assert!(detail.contains(says), "{detail}");
        }
        let seen = client
            .get(&format!("/v1/accounts/{user}"))
            .expect("an answer");
        assert_eq!(seen.status, 200);
        let page = client.get("/status").expect("an answer");
        assert!(
            page.status == 200 && !page.body.contains("<8 hours>"),
            "escaped"
        );
        assert!(
            page.body.contains(says) || page.body.contains("&lt;8 hours&gt;"),
            "{}",
            page.body
        );
    }
    let moved: Value = client
        .get(&format!("/v1/accounts/{user}/movements?limit=3"))
        .expect("an answer")
        .json();
    assert_eq!(moved["movements"].as_array().map(Vec::len), Some(3));
}

#[test]
fn sqlite_freezes_under_load() {
    night(&Database::sqlite());
}

#[test]
fn postgres_freezes_under_load() {
    night(&Database::postgres());
}

/// A window that was put off, and then one that nobody gave notice of: who is refused is not told that
/// the service is open, nor to come again when the other window would have ended.
#[test]
fn a_notice_that_the_window_was_put_off_is_no_word_of_a_freeze() {
    for database in [Database::sqlite(), Database::postgres()] {
        block_on(async {
            let served = Served::begin(database.books().await, limits()).await;
            let client = served.client(Role::Writer).await;
            let admin = served.client(Role::Admin).await;
            beside(move || {
                let user = client.open("u", true);
                let notice = json!({
                    "kind": "put_off", "language": "en", "subject": "Open as before", "text": "",
                    "fields": {"until": "2999-01-01T00:00:00Z"},
                });
                let path = "/v1/admin/notices";
                let told = admin.post(path, "-", &notice.to_string()).expect("sent");
                let kept = &told.json()["notices"][0];
                assert_eq!(kept["subject"], "Open as before", "{told:?}");
                assert_eq!(kept["fields"], json!({}), "{told:?}");
                let frozen = admin.post("/v1/admin/window/freeze", "-", "");
                assert_eq!(frozen.expect("sent").status, 200);
                let body = format!(r#"{{"account":"{user}","amount":"1","channel":"ICBC"}}"#);
                let refused = client.post("/v1/top-ups", "t", &body).expect("sent");
                assert_eq!(refused.code(), "service-window");
                assert_eq!(refused.headers["retry-after"], "600");
                assert!(!refused.body.contains("Open as before"), "{refused:?}");
                let page = client.get("/status").expect("an answer");
                assert!(!page.body.contains("Open as before"), "{}", page.body);
            })
            .await;
            served.end().await;
        });
    }
}

/// When it is, and in how many seconds at most the service is worth trying again: the evening takes eight
/// hours. Where it takes longer than was said, nobody knows how long.
const EVENING: [(&str, u64); 3] = [
    ("2013-05-27 20:00:00", 28_800),
    ("2013-05-27 23:00:00", 18_000),
    ("2013-05-28 04:30:00", 600),
];

#[test]
fn whoever_is_refused_in_the_evening_is_told_when_it_ends() {
    for database in [Database::sqlite(), Database::postgres()] {
        block_on(async {
            let served = Served::begin(database.books().await, limits()).await;
            let client = served.client(Role::Writer).await;
            let admin = served.client(Role::Admin).await;
            let opening = client.clone();
            let (user, shop) = beside(move || {
                let people = (opening.open("u", true), opening.open("m", false));
                opening.top_up("fill", &people.0, "10.00");
                for (language, subject) in [("en", "Books move"), ("zh", "账务迁移")] {
                    let notice = json!({
                        "kind": "stop", "language": language, "subject": subject, "text": "20:00 – 04:00",
                        "fields": {"until": "2013-05-28T04:00:00+08:00"},
                    });
                    let told = admin.post("/v1/admin/notices", "-", &notice.to_string());
                    assert_eq!(told.expect("sent").status, 200);
                }
                let frozen = admin.post("/v1/admin/window/freeze", "-", "");
                assert_eq!(frozen.expect("sent").status, 200);
                people
            })
            .await;
            let body = format!(r#"{{"payer":"{user}","merchant":"{shop}","amount":"1"}}"#);
            for (time, most) in EVENING {
                let time = Civil::parse(time).expect("a time");
                let books = database.books().await.with_clock(Clock::starting(time));
                let then = Served::begin(books, limits()).await;
                let client = Client {
                    to: then.to,
                    ..client.clone()
                };
                let body = body.clone();
                beside(move || is_told_when(&client, &body, most)).await;
                then.end().await;
            }
            served.end().await;
        });
    }
}

fn is_told_when(client: &Client, body: &str, most: u64) {
    for (language, says) in [
        ("en", "Books move\n20:00 – 04:00"),
        ("zh-CN", "账务迁移\n20:00 – 04:00"),
    ] {
        let client = Client {
            language,
            ..client.clone()
        };
        let refused = client.post("/v1/payments", language, body).expect("sent");
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (503, "service-window"),
            "{refused:?}"
        );
        let seconds: u64 = refused.headers["retry-after"].parse().expect("seconds");
        // The clock goes on while it is asked.
        assert!(
            (most - 120..=most).contains(&seconds),
            "{seconds} of {most}"
        );
        assert!(seconds <= 28_800);
        assert_eq!(refused.json()["detail"], says, "{refused:?}");
    }
}

/// Two instances on one database: the freeze of one holds for the other.
#[test]
fn a_freeze_holds_for_every_instance() {
    let database = Database::postgres();
    block_on(async {
        let (one, two) = (database.books().await, database.books().await);
        let served = Served::begin(two, limits()).await;
        let client = served.client(Role::Writer).await;
        let other = client.clone();
        let user = beside(move || other.open("u", true)).await;
        one.freeze().await.expect("frozen");
        let body = format!(r#"{{"account":"{user}","amount":"1","channel":"ICBC"}}"#);
        let other = (client.clone(), body.clone());
        let closed = beside(move || {
            other
                .0
                .post("/v1/top-ups", "t", &other.1)
                .expect("an answer")
        })
        .await;
        assert_eq!(closed.code(), "service-window");
        one.reopen().await.expect("open");
        let opened =
            beside(move || client.post("/v1/top-ups", "t", &body).expect("an answer")).await;
        assert_eq!(opened.status, 201, "{opened:?}");
        served.end().await;
    });
}

/// The most fen that SQLite gives back, and the first that it does not.
const MOST: i64 = (1 << 51) - 1;

/// What the bank of the top-ups owes, and what the day's top-ups come to, as they are stored.
async fn stored(served: &Served) -> (i64, i64) {
    let read = async |tx: &mut Tx<'_>| {
        let sql = "SELECT fen:balance FROM account WHERE owner = 'H' AND channel = 'ICBC'";
        let bank = tx.rows(sql, vec![]).await?;
        let days = tx
            .rows("SELECT sum_fen:amount FROM daily_total", vec![])
            .await?;
        Ok((bank[0].int(0)?, days[0].int(0)?))
    };
    served.books.store().read(read).await.expect("read")
}

/// What a bank owes for all customers together is more than one of them can hold: a freeze adds it up,
/// to the fen, or refuses where SQLite would lose one.
#[test]
fn the_freeze_adds_up_more_of_one_bank_than_one_account_can_hold() {
    for database in [Database::sqlite(), Database::postgres()] {
        block_on(async {
            let served = Served::begin(database.books().await, limits()).await;
            let client = served.client(Role::Writer).await;
            let admin = served.client(Role::Admin).await;
            let freeze = move |admin: &Client| {
                let frozen = admin.post("/v1/admin/window/freeze", "-", "");
                frozen.expect("sent")
            };
            let asked = (client.clone(), admin.clone());
            let account = beside(move || {
                let (client, admin) = asked;
                let mut account = String::new();
                for user in 0..3 {
                    account = client.open(&format!("u{user}"), true);
                    for time in 0..75 {
                        client.top_up(&format!("{user}-{time}"), &account, "99999999999.99");
                    }
                }
                client.top_up("rest", &account, "17998136854.72");
                let frozen = freeze(&admin);
                assert_eq!(frozen.status, 200, "{frozen:?}");
                let figures = &frozen.json()["figures"];
                assert_eq!(figures["difference"], "0.00", "{frozen:?}");
                assert_eq!(figures["balances"], "22517998136852.47", "{frozen:?}");
                assert_eq!(freeze(&admin).body, frozen.body);
                account
            })
            .await;
            assert_eq!(stored(&served).await, (-MOST, MOST));
            let refused = beside(move || {
                let opened = admin.post("/v1/admin/window/reopen", "-", "");
                assert_eq!(opened.expect("sent").status, 200);
                client.top_up("one-fen-more", &account, "0.01");
                freeze(&admin)
            })
            .await;
            match &database {
                Database::Sqlite(_) => {
                    assert_eq!(
                        (refused.status, refused.code().as_str()),
                        (422, "beyond-sqlite")
                    );
                    let detail = refused.json()["detail"].to_string();
                    assert!(detail.contains("PostgreSQL"), "{detail}");
                    assert_eq!(stored(&served).await, (-MOST, MOST));
                }
                Database::Postgres(_) => {
                    assert_eq!(refused.status, 200, "{refused:?}");
                    assert_eq!(stored(&served).await, (-MOST - 1, MOST + 1));
                }
            }
            audit(served.books.store()).await;
            served.end().await;
        });
    }
}

/// Whoever writes: the tables themselves take no sum that would come back with another fen.
#[test]
fn the_tables_of_sqlite_take_no_sum_that_would_lose_a_fen() {
    const BALANCE: &str = "UPDATE account SET balance = yuan:1 WHERE owner = 'H'";
    const DAY: &str = "INSERT INTO daily_total (business_day, type_code, direction, records, amount, fee, coupon) \
         VALUES (day:2, '21', '1', 1, yuan:1, 0, 0)";
    let database = Database::sqlite();
    block_on(async {
        let books = database.books().await;
        for sql in [BALANCE, DAY] {
            for (fen, is_kept) in [(MOST + 1, false), (MOST, true)] {
                let write = async move |_: &mut Tx<'_>| {
                    let values = [fen.into(), "2013-05-27".into()];
                    let values = values.into_iter().take(if sql == DAY { 2 } else { 1 });
                    Ok(Change::new(()).with(Write::any(sql, values.collect())))
                };
                match books.store().write(write).await {
                    Ok(()) => assert!(is_kept, "{sql}"),
                    Err(error) => {
                        assert!(!is_kept && matches!(error, StoreError::Constraint(_)));
                        assert!(error.to_string().contains("PostgreSQL"), "{error}");
                    }
                }
            }
        }
    });
}
