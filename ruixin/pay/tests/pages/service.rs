//! The service in this process, with two users, a shop, and a clock that begins in the story.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use ruixin_history::{Format, History};
use ruixin_pay::civil::{Civil, Clock};
use ruixin_pay::import::{Options, import};
use ruixin_pay::{Books, api};
use ruixin_service::gate::Limits;
use ruixin_service::keys::{self, Role};
use ruixin_service::server;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::http::{Person, Reply, ask};
use super::postgres::{PASSWORD, Postgres};

/// Somebody with about sixty records, the first of them before the codes were numbered anew.
const OLD_HAND: &str = "SELECT account FROM account WHERE owner = 'U' AND account IN \
     (SELECT account FROM flow WHERE happened_at < '2011-01-01' AND type_code = '07') \
     ORDER BY abs(flow_count - 60) LIMIT 1";

pub struct Service {
    pub to: SocketAddr,
    /// 王芳, with 5,000.00.
    pub user: String,
    /// Li Lei, with 5,000.00.
    pub other: String,
    /// 鑫源图书城, a merchant.
    pub shop: String,
    admin: String,
    writer: String,
    commands: AtomicU64,
    // It ends with the test, and the server with it; then the database.
    runtime: Runtime,
    _folder: TempDir,
    _postgres: Option<Postgres>,
}

impl Service {
    /// Begins on SQLite.
    pub fn begin() -> Service {
        let folder = tempfile::tempdir().expect("a folder");
        let address = folder.path().join("pay.db").display().to_string();
        Service::on(&address, folder, None, Limits::default())
    }

    /// Begins where one user may ask once a second, in the mean.
    pub fn slow() -> Service {
        let folder = tempfile::tempdir().expect("a folder");
        let address = folder.path().join("pay.db").display().to_string();
        let limits = Limits {
            per_second: 1,
            ..Limits::default()
        };
        Service::on(&address, folder, None, limits)
    }

    /// Begins on PostgreSQL.
    pub fn on_postgres() -> Service {
        let server = Postgres::start("");
        let address = server.tcp_url("teller", PASSWORD) + "?sslmode=disable";
        let folder = tempfile::tempdir().expect("a folder");
        Service::on(&address, folder, Some(server), Limits::default())
    }

    /// Begins on SQLite with a history that was imported, and as somebody who has seen much of it.
    pub fn imported() -> Service {
        let folder = tempfile::tempdir().expect("a folder");
        let history = folder.path().join("history");
        let made = History::new(13, 20_000).expect("a size");
        made.write(&history, Format::Csv, 1, &|_| {})
            .expect("written");
        let address = folder.path().join("pay.db").display().to_string();
        let options = Options::default();
        import(&address, &history, options, &|_| {}).expect("imported");
        let mut service = Service::serve(&address, folder, None, Limits::default());
        service.user = service.runtime.block_on(async {
            let books = Books::open(&address, Clock::default())
                .await
                .expect("books");
            let rows = books
                .store()
                .read(async |tx| tx.rows(OLD_HAND, vec![]).await)
                .await;
            rows.expect("rows")[0].text(0).expect("a number").to_owned()
        });
        service
    }

    fn on(address: &str, folder: TempDir, postgres: Option<Postgres>, limits: Limits) -> Service {
        let mut service = Service::serve(address, folder, postgres, limits);
        service.user = service.open(&json!({"owner": "user", "name": "王芳", "channel": "ICBC"}));
        service.other = service.open(&json!({"owner": "user", "name": "Li Lei", "channel": "CMB"}));
        let shop = json!({"owner": "merchant", "name": "鑫源图书城", "class": "A"});
        service.shop = service.open(&shop);
        for account in [&service.user, &service.other] {
            let filled = json!({"account": account, "amount": "5000", "channel": "ICBC"});
            service.did("/v1/top-ups", &filled);
        }
        service
    }

    fn serve(
        address: &str,
        folder: TempDir,
        postgres: Option<Postgres>,
        limits: Limits,
    ) -> Service {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let begins = Civil::parse("2013-05-27 10:00:00").expect("a time");
        let (to, admin, writer) = runtime.block_on(async {
            let books = Books::open(address, Clock::starting(begins)).await;
            let books = books.expect("books");
            let admin = keys::make(books.store(), "ops", Role::Admin).await;
            let writer = keys::make(books.store(), "app", Role::Writer).await;
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
            let listener = listener.expect("a port");
            let to = listener.local_addr().expect("an address");
            let router = api::router(books, limits);
            let connections = limits.connections;
            tokio::spawn(server::serve(
                listener,
                router,
                connections,
                std::future::pending(),
            ));
            (to, admin.expect("a key"), writer.expect("a key"))
        });
        Service {
            to,
            user: String::new(),
            other: String::new(),
            shop: String::new(),
            admin,
            writer,
            commands: AtomicU64::default(),
            runtime,
            _folder: folder,
            _postgres: postgres,
        }
    }

    fn post(&self, key: &str, path: &str, body: &Value) -> Reply {
        let bearer = format!("Bearer {key}");
        let body = body.to_string();
        // Each is another command.
        let number = self.commands.fetch_add(1, Ordering::Relaxed).to_string();
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
            ("Idempotency-Key", number.as_str()),
        ];
        ask(self.to, "POST", path, &headers, Some(&body)).expect("an answer")
    }

    /// Asks as the payment app does.
    pub fn api(&self, path: &str, body: &Value) -> Reply {
        self.post(&self.writer, path, body)
    }

    /// Asks for what must be done, and gives the answer.
    pub fn did(&self, path: &str, body: &Value) -> Value {
        let reply = self.api(path, body);
        assert!(matches!(reply.status, 200 | 201), "{path}: {reply:?}");
        serde_json::from_str(&reply.body).expect("JSON")
    }

    fn open(&self, body: &Value) -> String {
        let opened = self.did("/v1/accounts", body);
        opened["account"].as_str().expect("a number").to_owned()
    }

    /// Asks for a link.
    pub fn link(&self, account: &str) -> String {
        let made = self.did(&format!("/v1/accounts/{account}/sign-ins"), &json!({}));
        made["path"].as_str().expect("a path").to_owned()
    }

    /// Somebody who is signed in.
    pub fn person(&self, account: &str) -> Person {
        let mut person = Person::new(self.to);
        let entered = person.get(&self.link(account));
        assert_eq!(entered.status, 303, "{entered:?}");
        person
    }

    /// Closes the window, and tells people why.
    pub fn close(&self, en: &str, zh: &str) {
        for (language, subject) in [("en", en), ("zh", zh)] {
            let notice = json!({
                "language": language, "kind": "stop", "subject": subject,
                "text": "08:00 – 16:00", "fields": {"until": "2013-05-27T16:00:00+08:00"},
            });
            let told = self.post(&self.admin, "/v1/admin/notices", &notice);
            assert_eq!(told.status, 200, "{told:?}");
        }
        let closed = self.post(&self.admin, "/v1/admin/window/freeze", &json!({}));
        assert_eq!(closed.status, 200, "{closed:?}");
    }

    pub fn reopen(&self) {
        let opened = self.post(&self.admin, "/v1/admin/window/reopen", &json!({}));
        assert_eq!(opened.status, 200, "{opened:?}");
    }

    /// What an account has, as the API says it: balance, frozen, how many movements.
    pub fn has(&self, account: &str) -> (String, String, u64) {
        let bearer = format!("Bearer {}", self.writer);
        let headers = [("Authorization", bearer.as_str())];
        let path = format!("/v1/accounts/{account}");
        let reply = ask(self.to, "GET", &path, &headers, None).expect("an answer");
        let account: Value = serde_json::from_str(&reply.body).expect("JSON");
        let text = |name: &str| account[name].as_str().expect("yuan").to_owned();
        let movements = account["movements"].as_u64().expect("a number");
        (text("balance"), text("frozen"), movements)
    }
}
