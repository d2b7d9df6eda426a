//! Ruixin Bao, running.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use ruixin_bao::Day;
use ruixin_bao::calendar::Calendar;
use ruixin_bao::fund::{ADVANCE, CLIENT_MONEY, MERCHANTS, SHARES, Terms, USERS};
use ruixin_bao_service::clock::{self, Clock};
use ruixin_bao_service::view::DayRunView;
use ruixin_bao_service::{Books, api};
use ruixin_bao_store::{Opened, Store, write_register};
use serde_json::{Value, json};

use crate::client::{Client, fen, yuan};
use crate::door::Door;
use crate::error::LiveError;
use crate::host::{Host, let_in, limits, runtime};

/// The bank below subject 1002 by which money goes to the fund, and who advances money for fast
/// redemptions: as `ruixin-bao init` has them.
const SETTLEMENT_BANK: u64 = 1;
const PROVIDER: u64 = 90;

/// How often to look for what has expired, at least: as `ruixin-bao serve` does.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Is Ruixin Bao as a service over HTTP: closed, until its window is opened. It ends gracefully when it
/// is dropped.
#[derive(Debug)]
pub struct Fund {
    _host: Host,
    address: SocketAddr,
    writer: String,
    admin: Client,
    books: String,
    clock: Clock,
}

fn failed(why: &impl ToString) -> LiveError {
    LiveError::NotStarted {
        system: "Ruixin Bao",
        why: why.to_string(),
    }
}

fn instant(text: &str) -> Result<i64, LiveError> {
    clock::parse(text).ok_or_else(|| failed(&format!("`{text}` is no time")))
}

impl Fund {
    /// Makes books, a path of SQLite or an address of PostgreSQL, with a fund that begins on
    /// `first_day`, such as `2013-05-27`, and serves them when the clock in Shanghai shows `clock`. Nobody
    /// redeems more at once on a day than `fast_cap_fen`, where there is one. The hook of a release opens
    /// the books only if the converted `ledger` is what it was when they took it over.
    ///
    /// # Errors
    ///
    /// Day or clock are none, or there are books already.
    pub fn found(
        books: &str,
        ledger: &str,
        first_day: &str,
        clock: &str,
        fast_cap_fen: Option<i64>,
        door: &Door,
    ) -> Result<Fund, LiveError> {
        let first_day: Day = first_day.parse().map_err(|error| failed(&error))?;
        let clock = Clock::starting(instant(clock)?);
        let calendar = Calendar::china_2013_2014().map_err(|error| failed(&error))?;
        let terms = Terms {
            calendar,
            first_day,
            settlement_bank: SETTLEMENT_BANK,
            provider: PROVIDER,
            fast_redemption_cap_fen: fast_cap_fen,
            payment_cap_fen: None,
        };
        Store::create(books, terms).map_err(|error| failed(&error))?;
        let runtime = runtime()?;
        let opened = runtime.block_on(async {
            let open = Books::open(books, clock.clone()).await;
            let open = open.map_err(|error| error.to_string())?.with_ledger(ledger);
            let writer = let_in(open.store(), door).await?;
            Ok::<_, String>((open, writer))
        });
        let (open, writer) = opened.map_err(|why| failed(&why))?;
        // It ends with the runtime, and that with the host.
        runtime.spawn(open.clone().keep_releasing(LOOK_EVERY));
        let router = api::router(open, limits());
        Ok(Fund {
            _host: Host::start(runtime, router, limits(), door)?,
            address: door.address(),
            writer,
            admin: Client::new(door.address(), door.key()),
            books: books.to_owned(),
            clock,
        })
    }

    /// Takes a converted ledger, a path of SQLite or an address of PostgreSQL, as its opening books.
    ///
    /// # Errors
    ///
    /// The ledger does not balance or does not fit, with the place and the figures.
    pub fn open_with(&self, ledger: &str) -> Result<Opened, LiveError> {
        let say = |why: String| LiveError::Database {
            place: "Ruixin Bao".to_owned(),
            why,
        };
        let store = Store::open(&self.books);
        let mut store = store.map_err(|error| say(error.to_string()))?;
        let opened = store.import(ledger, self.clock.now());
        opened.map_err(|error| match error.mend() {
            Some(mend) => say(format!("{error}; {mend}")),
            None => say(error.to_string()),
        })
    }

    /// The bank that advances money for fast redemptions, and for payments from the fund, puts so much
    /// there, fen. The window must be open.
    ///
    /// # Errors
    ///
    /// The service answers otherwise than it should.
    pub fn put_in_for_advances(&self, fen: i64) -> Result<(), LiveError> {
        let leg = |subject: u16, account: u64, side: &str| {
            json!({
                "subject": subject, "account": account.to_string(), "side": side,
                "amount": yuan(fen),
            })
        };
        let legs = [
            leg(CLIENT_MONEY, SETTLEMENT_BANK, "debit"),
            leg(ADVANCE, PROVIDER, "credit"),
        ];
        let path = "/v1/vouchers";
        let body = json!({"kind": "booking", "legs": legs, "memo": "垫支款"});
        let answer = self.admin.post(path, "advances", &body)?;
        match answer.status {
            200 | 201 => Ok(()),
            _ => Err(answer.unexpected(path)),
        }
    }

    /// Holds so much of a user's wallet for a merchant until a time in Shanghai, fen, and gives the voucher.
    pub(crate) fn hold_until(
        &self,
        user: &str,
        merchant: &str,
        fen: i64,
        time: &str,
    ) -> Result<String, LiveError> {
        let leg = |subject: u16, account: &str, side: &str| json!({"subject": subject, "account": account, "side": side, "amount": yuan(fen)});
        let legs = [
            leg(USERS, user, "debit"),
            leg(MERCHANTS, merchant, "credit"),
        ];
        let path = "/v1/vouchers";
        let body = json!({"kind": "pending", "expires_at": time, "legs": legs});
        let answer = self.admin.post(path, &format!("until-{user}"), &body)?;
        let voucher = answer.body["id"].as_str().map(str::to_owned);
        voucher.ok_or_else(|| answer.unexpected(path))
    }

    /// Puts its clock to a time in Shanghai; it goes on from there.
    ///
    /// # Errors
    ///
    /// The text is no time.
    pub fn put_clock(&self, to: &str) -> Result<(), LiveError> {
        self.clock.put_to(instant(to)?);
        Ok(())
    }

    /// Runs the steps of a day, which its clock must have passed, on what the fund earned on it, fen.
    ///
    /// # Errors
    ///
    /// The fund refuses.
    pub fn run_day(&self, day: &str, income_fen: i64) -> Result<DayRunView, LiveError> {
        let path = format!("/v1/admin/days/{day}/run");
        let answer = self
            .admin
            .post(&path, day, &json!({"income": yuan(income_fen)}))?;
        if answer.status != 200 {
            return Err(answer.unexpected(&path));
        }
        let text = answer.body.to_string();
        serde_json::from_value(answer.body).map_err(|_| LiveError::Unexpected {
            what: path,
            status: answer.status,
            answer: text,
        })
    }

    /// Gives the languages in which it tells its users of the window, while it is closed.
    ///
    /// # Errors
    ///
    /// The service answers otherwise than it should.
    pub fn notices(&self) -> Result<Vec<String>, LiveError> {
        let path = "/v1/window";
        let answer = self.admin.get(path)?;
        let notices = answer.body["notices"].as_array();
        let notices = notices.ok_or_else(|| answer.unexpected(path))?;
        let languages = notices.iter().map(|notice| &notice["language"]);
        Ok(languages
            .filter_map(|language| language.as_str().map(str::to_owned))
            .collect())
    }

    /// Gives all shares that are confirmed, hundredths.
    ///
    /// # Errors
    ///
    /// The service answers otherwise than it should.
    pub fn shares(&self) -> Result<i64, LiveError> {
        let path = "/v1/trial-balance";
        let answer = self.admin.get(path)?;
        let lines = answer.body["lines"].as_array();
        let of_shares = |line: &&Value| line["subject"] == SHARES;
        let shares = lines.and_then(|lines| {
            lines.iter().find(of_shares).map_or(Some(0), |line| {
                Some(fen(&line["credits_posted"])? - fen(&line["debits_posted"])?)
            })
        });
        shares.ok_or_else(|| answer.unexpected(path))
    }

    /// Proves all that is stored, and says how many things were looked at.
    ///
    /// # Errors
    ///
    /// A proof does not hold, with the place and the figures.
    pub fn prove(&self) -> Result<u64, LiveError> {
        let path = "/v1/admin/prove";
        let answer = self.admin.post(path, "prove", &json!({}))?;
        let proofs = answer.body["proofs"].as_array();
        match (answer.status, proofs) {
            (200, Some(proofs)) => Ok(proofs
                .iter()
                .filter_map(|proof| proof["rows"].as_u64())
                .sum()),
            _ => Err(answer.unexpected(path)),
        }
    }

    /// Writes the register of a day that is distributed, for the registrar: `register.csv` and
    /// `totals.csv` in a folder, as `ruixin-bao register` does. Gives the number of holders.
    ///
    /// # Errors
    ///
    /// The day is not distributed, or a file cannot be written.
    pub fn write_register(&self, day: &str, folder: &Path) -> Result<u64, LiveError> {
        let say = |why: String| LiveError::Database {
            place: "Ruixin Bao".to_owned(),
            why,
        };
        let day: Day = day.parse().map_err(|error| failed(&error))?;
        let register = Store::open(&self.books).and_then(|mut store| store.register(day));
        let register = register.map_err(|error| say(error.to_string()))?;
        let write = |name: &str, write: &dyn Fn(&mut BufWriter<File>) -> io::Result<()>| {
            let path = folder.join(name);
            let written = File::create(&path).and_then(|file| {
                let mut file = BufWriter::new(file);
                write(&mut file)?;
                file.flush()
            });
            written.map_err(|error| say(format!("{}: {error}", path.display())))
        };
        write("register.csv", &|file| write_register(&register, file))?;
        write("totals.csv", &|file| register.write_totals(file))?;
        Ok(register.totals().holders)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The key that moves money.
    pub fn writer_key(&self) -> &str {
        &self.writer
    }
}
