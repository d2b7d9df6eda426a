//! Drives load over HTTP, from outside of the service: payments from random wallets to random
//! merchants, or with `--orders` subscriptions of random users; each connection one after another.
//! It says how many a second and how long each took.
//!
//! ```sh
//! export RUIXIN_BAO_BOOKS=bao.db
//! ruixin-bao init --first-day 2013-05-27
//! ruixin-bao key --name load --role admin > key
//! ruixin-bao serve --rate 1000000 --log error --clock '2013-05-27 10:00' &
//! cargo run --release -p ruixin-bao-service --example bao-load -- --to 127.0.0.1:8082 --key "$(cat key)"
//! ```

#![expect(clippy::print_stdout, reason = "it is a tool for the terminal")]

#[path = "../../pay/examples/driver/mod.rs"]
mod driver;

use clap::Parser;
use driver::{Asked, Connection, Failure, drive};

/// Drives load.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    asked: Asked,
    /// Places orders of the fund instead of payments.
    #[arg(long)]
    orders: bool,
}

const FIRST_USER: usize = 6_000_001;
const FIRST_MERCHANT: usize = 7_000_001;

fn main() -> Result<(), Failure> {
    let Arguments { asked, orders } = Arguments::parse();
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(run(asked, orders))
}

async fn run(asked: Asked, orders: bool) -> Result<(), Failure> {
    // The key is an admin's: books begin closed.
    let mut connection = Connection::open(&asked).await?;
    let (status, said) = connection
        .post("/v1/admin/window/open", "-", String::new())
        .await?;
    if status != 200 {
        return Err(format!("{status}: {}", String::from_utf8_lossy(&said)).into());
    }
    let mut making = Vec::new();
    for at in 0..32 {
        let asked = asked.clone();
        making.push(tokio::spawn(async move { people(&asked, at, 32).await }));
    }
    for one in making {
        one.await??;
    }
    let users = asked.users;
    let said = match orders {
        true => {
            drive(&asked, "orders", move |draw| {
                let user = FIRST_USER + draw.below(users);
                let amount = draw.amount();
                let body = format!(r#"{{"user":"{user}","kind":"subscribe","amount":"{amount}"}}"#);
                ("/v1/orders", body)
            })
            .await?
        }
        false => drive(&asked, "payments", move |draw| {
            let user = FIRST_USER + draw.below(users);
            let merchant = FIRST_MERCHANT + draw.below(users.div_ceil(20));
            let amount = draw.amount();
            let body = format!(
                r#"{{"user":"{user}","merchant":"{merchant}","amount":"{amount}","from":"wallet"}}"#
            );
            ("/v1/payments", body)
        })
        .await?,
    };
    println!("{said}");
    Ok(())
}

/// Opens every 32nd user and merchant, with money enough for all that comes.
async fn people(asked: &Asked, at: usize, of: usize) -> Result<(), Failure> {
    let mut connection = Connection::open(asked).await?;
    for number in (at..asked.users).step_by(of) {
        let id = |what: &str| format!("{}-{what}-{number}", asked.run);
        let user = FIRST_USER + number;
        let opens = format!(r#"{{"user":"{user}"}}"#);
        connection.post("/v1/users", &id("user"), opens).await?;
        let fills = format!(r#"{{"user":"{user}","amount":"10000000"}}"#);
        let (status, said) = connection.post("/v1/top-ups", &id("fill"), fills).await?;
        if status != 201 {
            return Err(format!("{status}: {}", String::from_utf8_lossy(&said)).into());
        }
        if number % 20 == 0 {
            let merchant = FIRST_MERCHANT + number / 20;
            let opens = format!(r#"{{"merchant":"{merchant}"}}"#);
            connection.post("/v1/merchants", &id("shop"), opens).await?;
        }
    }
    Ok(())
}
