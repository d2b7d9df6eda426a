//! Drives load over HTTP, from outside of the service: payments from random users to random
//! merchants, or a mix of all commands and reads, each connection one after another; says how many a
//! second and how long each took.
//!
//! ```sh
//! ruixin-pay key --store pay.db --name load --role writer > key
//! ruixin-pay serve --store pay.db --rate 1000000 --log error &
//! cargo run --release -p ruixin-pay --example load -- --to 127.0.0.1:8081 --key "$(cat key)"
//! ```
//!
//! `--soak 24 --seconds 240` drives a day of the story in four minutes, busier by day than by night,
//! and looks at the service after each tenth: what grows beyond the books is told, and is an error.
//! `--overload 10` puts ten times the connections between two quiet phases, which must be alike.

#[path = "../driver/mod.rs"]
mod driver;

use clap::Parser;
use driver::{Asked, Connection, Crowd, Failure, Known, Request, drive, opened};
use ruixin_pay::Books;
use ruixin_pay::civil::Clock;
use serde_json::Value;

/// Drives load. The key has the role writer.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    asked: Asked,
}

fn main() -> Result<(), Failure> {
    let Arguments { asked } = Arguments::parse();
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(run(asked))
}

async fn run(asked: Asked) -> Result<(), Failure> {
    let accounts = opened(&asked, async |connection: &mut Connection, number| {
        let id = |what: &str| format!("{}-{what}-{number}", asked.run);
        let body = r#"{"owner":"user","name":"王芳","channel":"ICBC"}"#;
        let user = account(connection, &id("user"), body).await?;
        let body = format!(r#"{{"account":"{user}","amount":"10000000","channel":"ICBC"}}"#);
        connection.done("/v1/top-ups", &id("fill"), body).await?;
        let body = r#"{"owner":"merchant","name":"鑫源百货商城","class":"A"}"#;
        let merchant = match number % 20 {
            0 => Some(account(connection, &id("shop"), body).await?),
            _ => None,
        };
        Ok((user, merchant))
    })
    .await?;
    let (users, merchants): (Vec<_>, Vec<_>) = accounts.into_iter().unzip();
    let people = People {
        users,
        merchants: merchants.into_iter().flatten().collect(),
        is_mixed: asked.mix,
    };
    let store = match asked.store.as_deref() {
        Some(address) => {
            let books = Books::open(address, Clock::default()).await?;
            Some(books.store().clone())
        }
        None => None,
    };
    drive(&asked, store, people).await
}

async fn account(connection: &mut Connection, id: &str, body: &str) -> Result<String, Failure> {
    let answer = connection.done("/v1/accounts", id, body.to_owned()).await?;
    let answer: Value = serde_json::from_slice(&answer)?;
    let number = answer["account"].as_str().map(str::to_owned);
    number.ok_or_else(|| format!("no account: {answer}").into())
}

/// Is who money moves between.
struct People {
    users: Vec<String>,
    merchants: Vec<String>,
    is_mixed: bool,
}

fn one<'a>(of: &'a [String], known: &mut Known) -> &'a str {
    &of[known.draw(of.len())]
}

impl People {
    fn pay(&self, known: &mut Known) -> Request {
        let (user, merchant) = (one(&self.users, known), one(&self.merchants, known));
        let amount = known.amount(9_999);
        let body = format!(r#"{{"payer":"{user}","merchant":"{merchant}","amount":"{amount}"}}"#);
        match self.is_mixed {
            true => Request::payment(body),
            false => Request::post("/v1/payments", body),
        }
    }
}

impl Crowd for People {
    const NUMBER: &'static str = "/order/order_id";
    const COUNTS: [&'static str; 2] = ["SELECT count(*) FROM flow", "SELECT count(*) FROM request"];

    fn next(&self, known: &mut Known) -> Request {
        match if self.is_mixed { known.draw(100) } else { 0 } {
            0..48 => self.pay(known),
            48..56 => {
                let (user, amount) = (one(&self.users, known), known.amount(99_999));
                let body = format!(r#"{{"account":"{user}","amount":"{amount}","channel":"CMB"}}"#);
                Request::post("/v1/top-ups", body)
            }
            56..66 => {
                let (payer, payee) = (one(&self.users, known), one(&self.users, known));
                let amount = known.amount(9_999);
                let body =
                    format!(r#"{{"payer":"{payer}","payee":"{payee}","amount":"{amount}"}}"#);
                Request::post("/v1/transfers", body)
            }
            66..71 => known.refund().unwrap_or_else(|| self.pay(known)),
            71..76 => {
                let (user, amount) = (one(&self.users, known), 10 + known.draw(500));
                let body =
                    format!(r#"{{"account":"{user}","amount":"{amount}","channel":"ICBC"}}"#);
                Request::withdrawal(body)
            }
            76..80 => known.settlement().unwrap_or_else(|| self.pay(known)),
            80..90 => Request::get(format!("/v1/accounts/{}", one(&self.users, known))),
            90..96 => {
                let user = one(&self.users, known);
                Request::get(format!("/v1/accounts/{user}/movements?limit=20"))
            }
            _ => match known.paid.last() {
                Some(order) => Request::get(format!("/v1/orders/{order}")),
                None => self.pay(known),
            },
        }
    }
}
