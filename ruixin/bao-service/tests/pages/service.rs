//! The service in this process, with two users, a shop, and a clock that the test sets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use ruixin_bao::calendar::Calendar;
use ruixin_bao::fund::{ADVANCE, CLIENT_MONEY, Terms, USERS, merchant_account, user_account};
use ruixin_bao::ledger::{AccountId, Posting, Voucher, VoucherId};
use ruixin_bao_service::clock::{self, Clock};
use ruixin_bao_service::{Books, api};
use ruixin_bao_store::Store;
use ruixin_service::gate::Limits;
use ruixin_service::keys::{self, Role};
use ruixin_service::server;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::http::{Person, Reply, ask};
use super::postgres::{PASSWORD, Postgres};

pub const USER: u64 = 6_001;
pub const OTHER: u64 = 6_002;
pub const MERCHANT: u64 = 7_001;
const PROVIDER: u64 = 90;
const FIRST_DAY: &str = "2013-05-27";

pub struct Service {
    pub to: SocketAddr,
    clock: Arc<AtomicI64>,
    admin: String,
    folder: TempDir,
    // It ends with the test, and the server with it; then the database.
    _runtime: Runtime,
    _postgres: Option<Postgres>,
}

fn micros(text: &str) -> i64 {
    clock::parse(text).expect("an instant")
}

/// Founds the fund: 5,000.00 in each wallet, and money for advances.
fn found(address: &str) {
    let terms = Terms {
        calendar: Calendar::china_2013_2014().expect("a calendar"),
        first_day: FIRST_DAY.parse().expect("a day"),
        settlement_bank: 1,
        provider: PROVIDER,
        fast_redemption_cap_fen: Some(100_000),
        payment_cap_fen: None,
    };
    let mut store = Store::create(address, terms).expect("books");
    let users = [user_account(USER), user_account(OTHER)];
    store.open_accounts(&users).expect("users");
    store
        .open_accounts(&[merchant_account(MERCHANT)])
        .expect("a shop");
    let now = micros("2013-05-27 06:00");
    let accounts = [(USERS, USER), (USERS, OTHER), (ADVANCE, PROVIDER)];
    for (id, (subject, number)) in (1..).zip(accounts) {
        let postings = vec![
            Posting::debit(AccountId::new(CLIENT_MONEY, 1), 500_000),
            Posting::credit(AccountId::new(subject, number), 500_000),
        ];
        let day = FIRST_DAY.parse().expect("a day");
        let voucher = Voucher::booking(VoucherId::of_client(id), day, postings);
        store.book_voucher(&voucher, now).expect("booked");
    }
    let day = FIRST_DAY.parse().expect("a day");
    store.pay_into_reserve(4, 10_000, day, now).expect("booked");
    store.set_open(true, now).expect("open");
}

impl Service {
    /// Begins on SQLite.
    pub fn begin() -> Service {
        let folder = tempfile::tempdir().expect("a folder");
        let address = folder.path().join("bao.db").display().to_string();
        Service::on(&address, folder, None)
    }

    /// Begins on PostgreSQL.
    pub fn on_postgres() -> Service {
        let server = Postgres::start("");
        server.psql("CREATE SCHEMA bao");
        let address = format!("{}?schema=bao", server.tcp_url("teller", PASSWORD));
        let folder = tempfile::tempdir().expect("a folder");
        Service::on(&address, folder, Some(server))
    }

    fn on(address: &str, folder: TempDir, postgres: Option<Postgres>) -> Service {
        found(address);
        let clock = Arc::new(AtomicI64::new(micros("2013-05-27 10:00")));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let (to, admin) = runtime.block_on(async {
            let books = Books::open(address, Clock::set_by(clock.clone())).await;
            let books = books.expect("books");
            let admin = keys::make(books.store(), "test", Role::Admin).await;
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
            let listener = listener.expect("a port");
            let to = listener.local_addr().expect("an address");
            let limits = Limits::default();
            let router = api::router(books, limits);
            let connections = limits.connections;
            tokio::spawn(server::serve(
                listener,
                router,
                connections,
                std::future::pending(),
            ));
            (to, admin.expect("a key"))
        });
        Service {
            to,
            clock,
            admin,
            folder,
            _runtime: runtime,
            _postgres: postgres,
        }
    }

    /// Puts the clock, by Shanghai's time.
    pub fn clock(&self, text: &str) {
        self.clock.store(micros(text), Ordering::Release);
    }

    pub fn api(&self, path: &str, body: &Value) -> Reply {
        let bearer = format!("Bearer {}", self.admin);
        let body = body.to_string();
        let key = blake3::hash(format!("{path} {body}").as_bytes()).to_hex();
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
            ("Idempotency-Key", key.as_str()),
        ];
        ask(self.to, "POST", path, &headers, Some(&body)).expect("an answer")
    }

    fn did(&self, path: &str, body: &Value) -> Value {
        let reply = self.api(path, body);
        assert!(matches!(reply.status, 200 | 201), "{path}: {reply:?}");
        serde_json::from_str(&reply.body).expect("JSON")
    }

    /// Asks for a link, as the payment app does.
    pub fn link(&self, user: u64) -> String {
        let made = self.did(&format!("/v1/users/{user}/sign-ins"), &json!({}));
        made["path"].as_str().expect("a path").to_owned()
    }

    /// Somebody who is signed in.
    pub fn person(&self, user: u64) -> Person {
        let mut person = Person::new(self.to);
        let entered = person.get(&self.link(user));
        assert_eq!(entered.status, 303, "{entered:?}");
        person
    }

    /// Runs the night of a day that earned so many fen.
    pub fn night(&self, day: &str, income_fen: i64) {
        let sign = if income_fen < 0 { "-" } else { "" };
        let fen = income_fen.unsigned_abs();
        let income = format!("{sign}{}.{:02}", fen / 100, fen % 100);
        let path = format!("/v1/admin/days/{day}/run");
        self.did(&path, &json!({ "income": income }));
    }

    /// Closes the window, and tells people why.
    pub fn close(&self, en: &str, zh: &str) {
        for (language, subject) in [("en", en), ("zh", zh)] {
            let notice = json!({
                "language": language, "kind": "stop", "subject": subject,
                "text": "08:00 – 16:00", "fields": {"until": "2013-06-30T16:00:00+08:00"},
            });
            self.did("/v1/admin/notices", &notice);
        }
        self.did("/v1/admin/window/close", &json!({}));
    }

    pub fn reopen(&self) {
        self.did("/v1/admin/window/open", &json!({}));
    }

    /// What is kept of links and sessions, past the program.
    pub fn kept(&self) -> Vec<String> {
        let path = self.folder.path().join("bao.db");
        let connection = rusqlite::Connection::open(path).expect("it opens");
        let sql = "SELECT hash FROM sign_in_link UNION ALL SELECT hash FROM page_session";
        let mut statement = connection.prepare(sql).expect("SQL");
        let rows = statement.query_map([], |row| row.get(0)).expect("rows");
        rows.map(|row| row.expect("a row")).collect()
    }
}
