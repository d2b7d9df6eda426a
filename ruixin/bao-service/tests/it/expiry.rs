//! What is held until a time is free again afterwards, by the service's own doing and its clock.

use std::thread;
use std::time::Duration;

use ruixin_service::gate::Limits;
use ruixin_service::keys::Role;
use serde_json::Value;

use crate::support::{BOTH, Place, SHOP, USERS};
use crate::web::documented::is_as_documented;
use crate::web::http::{Client, Reply};
use crate::web::program::Program;
use crate::web::served::{Served, beside};
use crate::web::{Database, block_on, did, id_of, people};

const NOON: &str = "2013-06-05 12:00";

/// Holds so much of the first wallet for the shop, until noon.
fn hold(admin: &Client, id: &str, amount: &str) -> String {
    let body = format!(
        r#"{{"kind":"pending","expires_at":"{NOON}","legs":[
        {{"subject":2001,"account":"6001","side":"debit","amount":"{amount}"}},
        {{"subject":2002,"account":"{SHOP}","side":"credit","amount":"{amount}"}}]}}"#
    );
    id_of(&did(admin, "/v1/vouchers", id, &body))
}

fn pay(admin: &Client, id: &str, amount: &str) -> Reply {
    let body =
        format!(r#"{{"user":"6001","merchant":"{SHOP}","amount":"{amount}","from":"wallet"}}"#);
    admin.post("/v1/payments", id, &body).unwrap()
}

fn available(client: &Client) -> String {
    let user = client.get("/v1/users/6001").unwrap().json();
    user["available"].as_str().unwrap().to_owned()
}

/// Waits until so much can be spent, as long as any machine may need.
fn until_there_is(client: &Client, amount: &str) {
    for _ in 0..1_200 {
        if available(client) == amount {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("{} instead of {amount}", available(client));
}

fn voucher(client: &Client, name: &str) -> Value {
    client.get(&format!("/v1/vouchers/{name}")).unwrap().json()
}

#[test]
fn what_has_expired_can_be_spent_by_the_next_command() {
    for kind in BOTH {
        block_on(async {
            let database = Database::new(kind);
            let served = Served::begin(database.books().await, Limits::default()).await;
            let admin = served.client(Role::Admin).await;
            beside(move || expires_between_commands(&admin, &database)).await;
            served.end().await;
        });
    }
}

fn expires_between_commands(admin: &Client, database: &Database) {
    let document = admin.get("/v1/openapi.json").unwrap().json();
    people(admin, &USERS[..1], SHOP);
    let held = hold(admin, "hold", "900");
    assert_eq!(available(admin), "100.00");
    database.set("2013-06-05 11:59:59");
    assert_eq!(pay(admin, "early", "500").code(), "insufficient-funds");
    database.set(NOON);
    let paid = pay(admin, "on-time", "500");
    assert_eq!(paid.status, 201, "{paid:?}");
    assert_eq!(available(admin), "500.00");
    let shown = voucher(admin, &held);
    assert_eq!(shown["state"], "expired", "{shown}");
    let by = format!("{held}.8");
    assert_eq!(shown["resolved_by"], by, "{shown}");
    let release = voucher(admin, &by);
    assert_eq!(release["kind"], "void", "{release}");
    assert_eq!(release["booked_at"], "2013-06-05 12:00:00.000");
    // Nobody posts it any more, nor voids it.
    for kind in ["post", "void"] {
        let body = format!(r#"{{"kind":"{kind}","link":"{held}"}}"#);
        let late = admin.post("/v1/vouchers", kind, &body).unwrap();
        assert_eq!(
            (late.status, late.code().as_str()),
            (409, "pending-expired"),
            "{late:?}"
        );
        is_as_documented(&document, "bookVoucher", &late);
    }
    let metrics = admin.get("/metrics").unwrap().body;
    assert!(metrics.contains("ruixin_bao_expired 1\n"), "{metrics}");
    database.with_store(|store| store.prove().unwrap());
}

/// Nobody asks for a command; and while the window is closed nothing is booked, this neither.
#[test]
fn what_has_expired_is_free_though_nobody_asks_for_anything() {
    for kind in BOTH {
        block_on(async {
            let database = Database::new(kind);
            let served = Served::begin(database.books().await, Limits::default()).await;
            let admin = served.client(Role::Admin).await;
            let every = Duration::from_millis(20);
            let releasing = tokio::spawn(served.books.clone().keep_releasing(every));
            beside(move || {
                people(&admin, &USERS[..1], SHOP);
                hold(&admin, "hold", "900");
                let set = |to: &str| {
                    let path = format!("/v1/admin/window/{to}");
                    assert_eq!(admin.post(&path, "-", "").unwrap().status, 200);
                };
                set("close");
                database.set(NOON);
                thread::sleep(10 * every);
                assert_eq!(available(&admin), "100.00");
                set("open");
                until_there_is(&admin, "1000.00");
                database.with_store(|store| store.prove().unwrap());
            })
            .await;
            releasing.abort();
            served.end().await;
        });
    }
}

/// What one instance holds another one releases, once.
#[test]
fn an_instance_releases_what_another_one_held() {
    for kind in BOTH {
        block_on(async {
            let database = Database::new(kind);
            let one = Served::begin(database.books().await, Limits::default()).await;
            let other = database.as_it_is().await;
            let admin = one.client(Role::Admin).await;
            let client = admin.clone();
            beside(move || {
                people(&client, &USERS[..1], SHOP);
                hold(&client, "hold", "900");
            })
            .await;
            assert_eq!(other.release_expired().await.unwrap().released, 0);
            database.set(NOON);
            assert_eq!(other.release_expired().await.unwrap().released, 1);
            let again = one.books.release_expired().await.unwrap();
            assert_eq!((again.released, again.next_at), (0, None), "{kind:?}");
            beside(move || assert_eq!(pay(&admin, "all", "1000").status, 201)).await;
            one.end().await;
        });
    }
}

/// Two rounds of them.
const HOLDS: u32 = 300;

/// The real program: what expired while nobody served is released when it starts, each once, however
/// often it is killed on the way.
#[test]
fn what_expired_while_nobody_served_is_released_at_the_start() {
    for kind in BOTH {
        let place = Place::new(kind);
        let books = &place.address;
        Program::found(books);
        let key = Program::key(books);
        let client = |program: &Program| Client {
            to: program.1,
            key: key.clone(),
            language: "en",
        };
        let mut program = Program::start(books, &[]);
        let admin = client(&program);
        people(&admin, &USERS[..1], SHOP);
        for at in 0..HOLDS {
            hold(&admin, &format!("hold-{at}"), "1");
        }
        assert_eq!(available(&admin), "700.00");
        for round in 0..6 {
            // SIGKILL: nothing is finished.
            drop(program);
            program = Program::start_at(books, NOON, &[]);
            thread::sleep(Duration::from_millis(5 * round));
        }
        until_there_is(&client(&program), "1000.00");
        drop(program);
        let releases = || {
            let sql = "SELECT CAST(count(*) AS text) FROM voucher WHERE part = 8";
            place.texts(sql)
        };
        assert_eq!(releases(), [HOLDS.to_string()], "{kind:?}");
        place.open().prove().unwrap();
        // There is nothing left to do.
        let program = Program::start_at(books, "2013-06-05 12:30", &[]);
        assert_eq!(pay(&client(&program), "all", "1000").status, 201);
        drop(program);
        assert_eq!(releases(), [HOLDS.to_string()], "{kind:?}");
    }
}
