//! What the tests of the service share: books that are served, a caller, and time that is set.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::allow_attributes,
    reason = "each test takes what it needs of it"
)]

#[path = "../../../../pay/tests/support/documented.rs"]
pub mod documented;
#[path = "../../../../pay/tests/support/http.rs"]
pub mod http;
pub mod program;
pub mod served;
#[path = "../../../../pay/tests/support/soaked.rs"]
pub mod soaked;
#[path = "../../../../pay/tests/support/storm.rs"]
pub mod storm;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use ruixin_bao_service::Books;
use ruixin_bao_service::clock::Clock;
use ruixin_bao_store::Store;

use crate::support::{Kind, Place, at, terms};
use http::{Client, Reply};

/// The Wednesday before the Dragon Boat Festival, over which there is no trading from 8 to 12 June.
pub const FIRST_DAY: &str = "2013-06-05";

/// Books of a test's own, with a clock that the test sets: at ten on the first day at first.
pub struct Database {
    pub place: Place,
    pub clock: Arc<AtomicI64>,
}

impl Database {
    pub fn new(kind: Kind) -> Database {
        let place = Place::new(kind);
        let address = place.address.clone();
        aside(move || drop(Store::create(&address, terms(FIRST_DAY)).unwrap()));
        Database {
            place,
            clock: Arc::new(AtomicI64::new(at("2013-06-05 10:00"))),
        }
    }

    pub fn sqlite() -> Database {
        Database::new(Kind::Sqlite)
    }

    pub fn postgres() -> Database {
        Database::new(Kind::Postgres)
    }

    pub fn set(&self, text: &str) {
        self.clock.store(at(text), Ordering::Release);
    }

    /// Opens the books, whose window is as it was.
    pub async fn as_it_is(&self) -> Books {
        let clock = Clock::set_by(self.clock.clone());
        Books::open(&self.place.address, clock).await.unwrap()
    }

    /// Does something with a session of the store.
    pub fn with_store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> T + Send + 'static,
    ) -> T {
        let address = self.place.address.clone();
        aside(move || work(&mut Store::open(&address).unwrap()))
    }

    /// Opens the books and their window.
    pub async fn books(&self) -> Books {
        let now = self.clock.load(Ordering::Acquire);
        self.with_store(move |store| store.set_open(true, now).unwrap());
        self.as_it_is().await
    }
}

/// Works on a thread of its own: a session waits by blocking, and so on no thread of a runtime.
pub fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::spawn(work).join().unwrap()
}

/// Blocks on a future with threads enough for clients and servers.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

/// Asks for something that must be done, and gives the answer.
pub fn did(client: &Client, path: &str, id: &str, body: &str) -> Reply {
    let reply = client.post(path, id, body).unwrap();
    assert!(
        matches!(reply.status, 200 | 201),
        "{path} {body}: {reply:?}"
    );
    reply
}

/// Opens users with 1,000.00 each, and a shop.
pub fn people(client: &Client, users: &[u64], shop: u64) {
    for user in users {
        let body = format!(r#"{{"user":"{user}"}}"#);
        did(client, "/v1/users", &format!("open-{user}"), &body);
        let body = format!(r#"{{"user":"{user}","amount":"1000"}}"#);
        did(client, "/v1/top-ups", &format!("fill-{user}"), &body);
    }
    let body = format!(r#"{{"merchant":"{shop}"}}"#);
    did(client, "/v1/merchants", &format!("open-{shop}"), &body);
}

/// Puts 500.00 there for advances.
pub fn advance(admin: &Client) {
    let body = r#"{"kind":"booking","legs":[
        {"subject":1002,"account":"1","side":"debit","amount":"500"},
        {"subject":2205,"account":"90","side":"credit","amount":"500"}]}"#;
    did(admin, "/v1/vouchers", "advance", body);
}

/// The id that an answer names.
pub fn id_of(reply: &Reply) -> String {
    reply.json()["id"].as_str().unwrap().to_owned()
}
