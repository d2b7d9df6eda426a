//! Drives load over HTTP, from outside of the service: payments from random wallets to random
//! merchants, with `--orders` subscriptions of random users, or with `--mix` all that people do; each
//! connection one after another. It says how many a second and how long each took.
//!
//! ```sh
//! export RUIXIN_BAO_BOOKS=bao.db
//! ruixin-bao init --first-day 2013-05-27
//! ruixin-bao key --name load --role admin > key
//! ruixin-bao serve --rate 1000000 --log error --clock '2013-05-27 10:00' &
//! cargo run --release -p ruixin-bao-service --example bao-load -- --to 127.0.0.1:8082 --key "$(cat key)"
//! ```
//!
//! Whoever is to redeem and to pay from the fund has shares, of orders that are confirmed: `--orders
//! --run first` on one day, and `--mix --run second` when `ruixin-bao day run` has brought the books two
//! days on.
//!
//! `--soak 24 --seconds 240` drives a day of the story in four minutes, busier by day than by night,
//! and looks at the service after each tenth: what grows beyond the books is told, and is an error.
//! With `--nights`, and a service whose `--pace` is the hours of the soak by its seconds, the nights that are due
//! are run after each tenth.
//! `--overload 10` puts ten times the connections between two quiet phases, which must be alike.

#[path = "../../pay/examples/driver/mod.rs"]
mod driver;

use std::time::Instant;

use clap::Parser;
use driver::{Asked, Connection, Crowd, Failure, Known, Request, drive, opened};
use ruixin_bao::Day;
use ruixin_bao_service::Books;
use serde_json::Value;

/// Drives load. The key has the role admin: it opens the books.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    asked: Asked,
    /// Places orders of the fund instead of payments.
    #[arg(long, conflicts_with = "mix")]
    orders: bool,
    /// Runs the nights that are due, after each tenth of a soak.
    #[arg(long)]
    nights: bool,
}

const FIRST_USER: usize = 6_000_001;
const FIRST_MERCHANT: usize = 7_000_001;

fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(run(arguments))
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments {
        asked,
        orders,
        nights,
    } = arguments;
    // Books begin closed.
    let mut connection = Connection::open(asked.to, &asked.key).await?;
    let open = "/v1/admin/window/open";
    connection.done(open, "-", String::new()).await?;
    let id = |what: &str| format!("{}-{what}", asked.run);
    let advance = r#"{"amount":"10000000"}"#.to_owned();
    let path = "/v1/admin/advance";
    connection.done(path, &id("advance"), advance).await?;
    opened(&asked, async |connection: &mut Connection, number| {
        let id = |what: &str| format!("{}-{what}-{number}", asked.run);
        let user = FIRST_USER + number;
        let opens = format!(r#"{{"user":"{user}"}}"#);
        there(connection, "/v1/users", &id("user"), opens).await?;
        let fills = format!(r#"{{"user":"{user}","amount":"10000000"}}"#);
        connection.done("/v1/top-ups", &id("fill"), fills).await?;
        if number % 20 == 0 {
            let merchant = FIRST_MERCHANT + number / 20;
            let opens = format!(r#"{{"merchant":"{merchant}"}}"#);
            there(connection, "/v1/merchants", &id("shop"), opens).await?;
        }
        Ok(())
    })
    .await?;
    let does = match (orders, asked.mix) {
        (true, _) => Does::Subscribe,
        (false, true) => Does::All,
        (false, false) => Does::Pay,
    };
    let people = People {
        users: asked.users,
        does,
        nights,
    };
    let store = match asked.store.as_deref() {
        Some(address) => Some(Books::keys(address).await?),
        None => None,
    };
    drive(&asked, store, people).await
}

/// Opens an account, unless it is there already, as in a second run.
async fn there(
    connection: &mut Connection,
    path: &str,
    id: &str,
    body: String,
) -> Result<(), Failure> {
    let (status, answer) = connection.post(path, id, body).await?;
    match status {
        201 | 422 => Ok(()),
        _ => Err(format!("{path}: {status}: {}", String::from_utf8_lossy(&answer)).into()),
    }
}

/// Is who money moves between.
struct People {
    users: usize,
    does: Does,
    /// Whether nights are run.
    nights: bool,
}

/// Is what they do.
#[derive(Clone, Copy, PartialEq)]
enum Does {
    Pay,
    Subscribe,
    All,
}

impl People {
    fn user(&self, known: &mut Known) -> usize {
        FIRST_USER + known.draw(self.users)
    }

    /// Shares are less than what is in the wallets, and so are payments from them.
    fn pay(&self, known: &mut Known, from: &str, most: usize) -> Request {
        let user = self.user(known);
        let merchant = FIRST_MERCHANT + known.draw(self.users.div_ceil(20));
        let amount = known.amount(most);
        let body = format!(
            r#"{{"user":"{user}","merchant":"{merchant}","amount":"{amount}","from":"{from}"}}"#
        );
        match (self.does, from) {
            (Does::All, "wallet") => Request::payment(body),
            _ => Request::post("/v1/payments", body),
        }
    }

    fn order(&self, known: &mut Known, kind: &str, most: usize) -> Request {
        let (user, amount) = (self.user(known), known.amount(most));
        let body = format!(r#"{{"user":"{user}","kind":"{kind}","amount":"{amount}"}}"#);
        Request::post("/v1/orders", body)
    }

    /// Payments from wallets and shares, top-ups, transfers, refunds, withdrawals and their ends,
    /// orders, and reads.
    fn anything(&self, known: &mut Known) -> Request {
        match known.draw(100) {
            0..38 => self.pay(known, "wallet", 9_999),
            38..43 => self.pay(known, "fund", 199),
            43..50 => {
                let (user, amount) = (self.user(known), known.amount(99_999));
                let body = format!(r#"{{"user":"{user}","amount":"{amount}"}}"#);
                Request::post("/v1/top-ups", body)
            }
            50..59 => {
                let (payer, payee) = (self.user(known), self.user(known));
                let amount = known.amount(9_999);
                let body =
                    format!(r#"{{"payer":"{payer}","payee":"{payee}","amount":"{amount}"}}"#);
                Request::post("/v1/transfers", body)
            }
            59..63 => known
                .refund()
                .unwrap_or_else(|| self.pay(known, "wallet", 9_999)),
            63..67 => {
                let (user, amount) = (self.user(known), 10 + known.draw(500));
                let body = format!(r#"{{"user":"{user}","amount":"{amount}"}}"#);
                Request::withdrawal(body)
            }
            67..71 => known
                .settlement()
                .unwrap_or_else(|| self.pay(known, "wallet", 9_999)),
            71..77 => self.order(known, "subscribe", 9_999),
            77..79 => self.order(known, "redeem_fast", 199),
            79..80 => self.order(known, "redeem", 199),
            80..88 => Request::get(format!("/v1/users/{}", self.user(known))),
            88..94 => Request::get(format!("/v1/users/{}/bills?limit=20", self.user(known))),
            94..96 => Request::get("/v1/fund".to_owned()),
            _ => match known.paid.last() {
                Some(payment) => Request::get(format!("/v1/vouchers/{payment}")),
                None => self.pay(known, "wallet", 9_999),
            },
        }
    }
}

/// What the fund earns on a day with shares, yuan.
const EARNS: &str = "12.34";

/// The day after the last one that is distributed.
async fn next_night(connection: &mut Connection) -> Result<Option<Day>, Failure> {
    let (_, fund) = connection.get("/v1/fund").await?;
    let fund: Value = serde_json::from_slice(&fund)?;
    let day = |text: &Value| text.as_str().and_then(|text| text.parse::<Day>().ok());
    let last = day(&fund["days"][0]["day"]);
    Ok(match last {
        Some(last) => last.next(),
        None => day(&fund["first_day"]),
    })
}

/// Runs the nights of all days that are over, and gives how many.
async fn nights(connection: &mut Connection) -> Result<u64, Failure> {
    let mut ran = 0;
    while let Some(day) = next_night(connection).await? {
        let path = format!("/v1/admin/days/{day}/run");
        let mut told = (0, String::new());
        // Without shares there is nothing to earn.
        for income in [EARNS, "0"] {
            let body = format!(r#"{{"income":"{income}"}}"#);
            let (status, answer) = connection.post(&path, "-", body).await?;
            told = (status, String::from_utf8_lossy(&answer).into_owned());
            if !told.1.contains("\"income-unfit\"") {
                break;
            }
        }
        match told {
            (200, _) => ran += 1,
            (409, says) if says.contains("\"too-early\"") => break,
            (status, says) => return Err(format!("{path}: {status}: {says}").into()),
        }
    }
    Ok(ran)
}

impl Crowd for People {
    const NUMBER: &'static str = "/id";
    const COUNTS: [&'static str; 2] = [
        "SELECT count(*) FROM posting",
        "SELECT count(*) FROM answer",
    ];

    async fn between(&self, asked: &Asked) -> Result<String, Failure> {
        if !self.nights {
            return Ok(String::new());
        }
        let begun = Instant::now();
        let mut connection = Connection::open(asked.to, &asked.key).await?;
        let ran = nights(&mut connection).await?;
        Ok(format!("; {ran} nights in {:.2?}", begun.elapsed()))
    }

    fn next(&self, known: &mut Known) -> Request {
        match self.does {
            Does::Pay => self.pay(known, "wallet", 9_999),
            Does::Subscribe => self.order(known, "subscribe", 9_999),
            Does::All => self.anything(known),
        }
    }
}
