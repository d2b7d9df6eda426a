//! Answers are kept for a while: one that is younger than that is told again, an older one is gone.

use std::thread;
use std::time::Duration;

use ruixin_service::gate::Limits;
use ruixin_service::keys::Role;

use crate::support::{BOTH, SHOP, USERS};
use crate::web::documented::is_as_documented;
use crate::web::http::{Client, Reply};
use crate::web::served::{Served, beside};
use crate::web::{Database, block_on, did, people};

const WEEK: Duration = Duration::from_secs(7 * 86_400);

fn pay(writer: &Client, id: &str, amount: &str) -> Reply {
    let body =
        format!(r#"{{"user":"6001","merchant":"{SHOP}","amount":"{amount}","from":"wallet"}}"#);
    writer.post("/v1/payments", id, &body).unwrap()
}

fn is_replay(reply: &Reply) -> bool {
    reply.headers.contains_key("idempotency-replayed")
}

fn answers(database: &Database) -> usize {
    database.place.texts("SELECT 'one' FROM answer").len()
}

#[test]
fn a_young_answer_is_told_again_and_an_old_one_is_gone() {
    for kind in BOTH {
        block_on(async {
            let database = Database::new(kind);
            let served = Served::begin(database.books().await, Limits::default()).await;
            let writer = served.client(Role::Writer).await;
            let books = served.books.clone();
            let (database, writer) = beside(move || {
                people(&writer, &USERS[..1], SHOP);
                assert_eq!(pay(&writer, "old", "1").status, 201);
                assert_eq!(pay(&writer, "poor", "1500").code(), "insufficient-funds");
                database.set("2013-06-05 12:00");
                assert_eq!(pay(&writer, "young", "2").status, 201);
                assert_eq!(answers(&database), 6);
                // A week after the old ones, and an hour before the week of the young one is over.
                database.set("2013-06-12 11:00");
                (database, writer)
            })
            .await;
            // It prunes at once, and then not again within this test.
            let pruning = tokio::spawn(books.keep_pruning(WEEK, WEEK));
            beside(move || {
                while answers(&database) > 1 {
                    thread::sleep(Duration::from_millis(20));
                }
                told_after_a_week(&writer);
            })
            .await;
            pruning.abort();
            served.end().await;
        });
    }
}

fn told_after_a_week(writer: &Client) {
    let document = writer.get("/v1/openapi.json").unwrap().json();
    let young = pay(writer, "young", "2");
    assert!(young.status == 201 && is_replay(&young), "{young:?}");
    // What was booked is not booked once more: the voucher has the day of its first time.
    let old = pay(writer, "old", "1");
    assert_eq!(old.code(), "idempotency-key-reused", "{old:?}");
    is_as_documented(&document, "pay", &old);
    let body = r#"{"user":"6001","amount":"1000"}"#;
    did(writer, "/v1/top-ups", "more", body);
    // A refusal is decided anew.
    let poor = pay(writer, "poor", "1500");
    assert!(poor.status == 201 && !is_replay(&poor), "{poor:?}");
    let shop = writer.get(&format!("/v1/merchants/{SHOP}")).unwrap();
    assert_eq!(shop.json()["balance"], "1503.00");
}
