//! A store of a test's own, on either database.

use std::num::NonZeroUsize;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

use ruixin_bao::Day;
use ruixin_bao::calendar::Calendar;
use ruixin_bao::fund::{
    ADVANCE, CLIENT_MONEY, Fund, OrderKind, Request, Terms, merchant_account, user_account,
};
use ruixin_bao::ledger::{AccountId, Posting, Voucher, VoucherId};
use ruixin_bao_store::Store;
use tempfile::TempDir;

use crate::postgres::{PASSWORD, Postgres};

pub(crate) const BANK: AccountId = AccountId::new(CLIENT_MONEY, 1);
pub(crate) const PROVIDER: u64 = 90;
pub(crate) const SHOP: u64 = 7_001;
pub(crate) const USERS: [u64; 3] = [6_001, 6_002, 6_003];

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

pub(crate) const BOTH: [Kind; 2] = [Kind::Sqlite, Kind::Postgres];

/// A place for books, gone with the test.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) kind: Kind,
    pub(crate) address: String,
    folder: TempDir,
}

/// Waits for the end of its input, then ends the server and takes its folder away.
const WATCH: &str =
    r#"read -r _; kill -QUIT "$0"; while kill -0 "$0"; do sleep 0.1; done; rm -rf "$1""#;

/// One server for all tests of the process. Nothing drops it: a shell does, to which a pipe leads that
/// ends with the process, however that ends.
fn server() -> &'static Mutex<Postgres> {
    static SERVER: OnceLock<(Mutex<Postgres>, Child)> = OnceLock::new();
    let (server, _) = SERVER.get_or_init(|| {
        let server = Postgres::start("max_connections = 150\n");
        let folder = server.folder().to_owned();
        let known = std::fs::read_to_string(folder.join("data/postmaster.pid")).expect("it runs");
        let process = known.lines().next().expect("its number");
        let watch = Command::new("sh")
            .args(["-c", WATCH, process])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell runs");
        (Mutex::new(server), watch)
    });
    server
}

impl Place {
    pub(crate) fn new(kind: Kind) -> Place {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let folder = tempfile::tempdir().expect("a folder");
        let address = match kind {
            Kind::Sqlite => folder.path().join("bao.db").display().to_string(),
            Kind::Postgres => {
                let schema = format!("bao_{}", NEXT.fetch_add(1, Ordering::Relaxed));
                let server = server().lock().expect("a server");
                server.psql(&format!("CREATE SCHEMA {schema}"));
                let url = server.tcp_url("teller", PASSWORD);
                format!("{url}?schema={schema}")
            }
        };
        Place {
            kind,
            address,
            folder,
        }
    }

    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub(crate) fn open(&self) -> Store {
        Store::open(&self.address).expect("it opens")
    }

    /// Reads one column of texts past the program.
    pub(crate) fn texts(&self, sql: &str) -> Vec<String> {
        match self.kind {
            Kind::Sqlite => {
                let connection = rusqlite::Connection::open(&self.address).expect("it opens");
                let mut statement = connection.prepare(sql).expect("SQL");
                let rows = statement.query_map([], |row| row.get(0)).expect("rows");
                rows.map(|row| row.expect("a text")).collect()
            }
            Kind::Postgres => {
                let schema = self.address.split("schema=").nth(1).expect("a schema");
                let server = server().lock().expect("a server");
                let output = server
                    .psql_command()
                    .args([
                        "-qAt",
                        "-c",
                        &format!("SET search_path = {schema}"),
                        "-c",
                        sql,
                    ])
                    .output()
                    .expect("psql runs");
                assert!(output.status.success(), "{output:?}");
                let said = String::from_utf8(output.stdout).expect("text");
                said.lines().map(str::to_owned).collect()
            }
        }
    }

    /// Runs a statement past the program; gives what the database says if it refuses.
    pub(crate) fn direct(&self, sql: &str) -> Result<(), String> {
        match self.kind {
            Kind::Sqlite => {
                let connection = rusqlite::Connection::open(&self.address).expect("it opens");
                connection
                    .pragma_update(None, "foreign_keys", true)
                    .expect("set");
                // As psql does: all or nothing.
                let sql = match sql.contains("BEGIN") {
                    true => sql.to_owned(),
                    false => format!("BEGIN; {sql}; COMMIT"),
                };
                connection
                    .execute_batch(&sql)
                    .map_err(|error| error.to_string())
            }
            Kind::Postgres => {
                let schema = self.address.split("schema=").nth(1).expect("a schema");
                let server = server().lock().expect("a server");
                let output = server
                    .psql_command()
                    .args(["-c", &format!("SET search_path = {schema}"), "-c", sql])
                    .output()
                    .expect("psql runs");
                match output.status.success() {
                    true => Ok(()),
                    false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
                }
            }
        }
    }
}

pub(crate) fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

/// `2013-05-27 11:30` in Shanghai, as microseconds since 1970 UTC.
pub(crate) fn at(text: &str) -> i64 {
    let civil = ledger::parse_civil(text).expect("a time");
    civil.micros() - 8 * 3_600_000_000
}

pub(crate) fn threads() -> NonZeroUsize {
    NonZeroUsize::new(2).expect("it is not zero")
}

pub(crate) fn terms(first_day: &str) -> Terms {
    Terms {
        calendar: Calendar::china_2013_2014().expect("a calendar"),
        first_day: day(first_day),
        settlement_bank: 1,
        provider: PROVIDER,
        fast_redemption_cap_fen: Some(10_000),
        payment_cap_fen: Some(20_000),
    }
}

/// Top-ups of a fund that begins on a day: 1,000.00 for each user and 500.00 for advances.
fn top_ups(first_day: &str) -> Vec<Voucher> {
    let mut accounts = vec![(AccountId::new(ADVANCE, PROVIDER), 50_000)];
    accounts.extend(USERS.map(|user| (user_account(user).id, 100_000)));
    (1_000_000..)
        .zip(accounts)
        .map(|(id, (account, fen))| {
            let postings = vec![Posting::debit(BANK, fen), Posting::credit(account, fen)];
            Voucher::booking(VoucherId::of_client(id), day(first_day), postings)
        })
        .collect()
}

/// The same books, stored and in memory.
pub(crate) fn books(place: &Place, first_day: &str) -> (Store, Fund) {
    let mut store = Store::create(&place.address, terms(first_day)).expect("it is made");
    let mut fund = Fund::new(terms(first_day)).expect("a fund");
    let mut accounts = vec![merchant_account(SHOP)];
    accounts.extend(USERS.map(user_account));
    store.open_accounts(&accounts).expect("they open");
    for account in accounts {
        fund.open_account(account).expect("it opens");
    }
    for voucher in top_ups(first_day) {
        store.book_voucher(&voucher, at(first_day)).expect("booked");
        fund.book_voucher(&voucher, at(first_day)).expect("booked");
    }
    (store, fund)
}

pub(crate) fn request(id: u128, investor: u64, kind: OrderKind, amount_fen: i64) -> Request {
    Request {
        id,
        investor,
        kind,
        amount_fen,
    }
}

/// All that books hold, for comparison.
pub(crate) fn assert_same(stored: &Fund, model: &Fund) {
    let accounts = |fund: &Fund| fund.book().accounts().cloned().collect::<Vec<_>>();
    assert_eq!(accounts(stored), accounts(model));
    let entries = |fund: &Fund| fund.book().entries().cloned().collect::<Vec<_>>();
    assert_eq!(entries(stored), entries(model));
    let orders = |fund: &Fund| fund.orders().copied().collect::<Vec<_>>();
    assert_eq!(orders(stored), orders(model));
    for days in -1..60 {
        let day = model.terms().first_day.checked_add(days).expect("a day");
        assert_eq!(stored.day(day), model.day(day), "{day}");
        assert_eq!(stored.register(day), model.register(day), "{day}");
    }
    assert_eq!(
        stored.week(day("2013-06-20")),
        model.week(day("2013-06-20"))
    );
}
