//! Drives load over HTTP, from outside of the service: payments from random users to random
//! merchants, each connection one after another, and says how many a second and how long each took.
//!
//! ```sh
//! ruixin-pay key --store pay.db --name load --role writer > key
//! ruixin-pay serve --store pay.db --rate 1000000 --log error &
//! cargo run --release -p ruixin-pay --example load -- --to 127.0.0.1:8081 --key "$(cat key)"
//! ```

#![expect(clippy::print_stdout, reason = "it is a tool for the terminal")]

mod driver;

use clap::Parser;
use driver::{Asked, Connection, Failure, drive};
use serde_json::Value;

/// Drives load.
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
    let mut making = Vec::new();
    for at in 0..32 {
        let asked = asked.clone();
        making.push(tokio::spawn(async move { people(&asked, at, 32).await }));
    }
    let (mut users, mut merchants) = (Vec::new(), Vec::new());
    for one in making {
        let (more_users, more_merchants) = one.await??;
        users.extend(more_users);
        merchants.extend(more_merchants);
    }
    let said = drive(&asked, "payments", move |draw| {
        let user = &users[draw.below(users.len())];
        let merchant = &merchants[draw.below(merchants.len())];
        let amount = draw.amount();
        let body = format!(r#"{{"payer":"{user}","merchant":"{merchant}","amount":"{amount}"}}"#);
        ("/v1/payments", body)
    });
    println!("{}", said.await?);
    Ok(())
}

async fn account(connection: &mut Connection, id: &str, body: &str) -> Result<String, Failure> {
    let (status, answer) = connection.post("/v1/accounts", id, body.to_owned()).await?;
    let answer: Value = serde_json::from_slice(&answer)?;
    let number = answer["account"].as_str().map(str::to_owned);
    number.ok_or_else(|| format!("{status}: {answer}").into())
}

async fn people(
    asked: &Asked,
    at: usize,
    of: usize,
) -> Result<(Vec<String>, Vec<String>), Failure> {
    let mut connection = Connection::open(asked).await?;
    let (mut users, mut merchants) = (Vec::new(), Vec::new());
    for number in (at..asked.users).step_by(of) {
        let id = |what: &str| format!("{}-{what}-{number}", asked.run);
        let user = account(
            &mut connection,
            &id("user"),
            r#"{"owner":"user","name":"王芳","channel":"ICBC"}"#,
        )
        .await?;
        let body = format!(r#"{{"account":"{user}","amount":"10000000","channel":"ICBC"}}"#);
        connection.post("/v1/top-ups", &id("fill"), body).await?;
        users.push(user);
        if number % 20 == 0 {
            let body = r#"{"owner":"merchant","name":"鑫源百货商城","class":"A"}"#;
            merchants.push(account(&mut connection, &id("shop"), body).await?);
        }
    }
    Ok((users, merchants))
}
