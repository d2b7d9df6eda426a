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

#![expect(clippy::print_stdout, reason = "it is a tool for the terminal")]

mod client;
mod mix;
mod watch;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use client::{Connection, Failure};
use mix::{People, Tally, Worker};
use watch::{Look, Watched};

/// Drives load.
#[derive(Debug, Clone, Parser)]
struct Asked {
    /// Where the service listens.
    #[arg(long, default_value = "127.0.0.1:8081")]
    to: SocketAddr,
    /// An API key with the role writer.
    #[arg(long)]
    key: String,
    /// Connections, each with one request under way.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// How long, of each phase of an overload.
    #[arg(long, default_value_t = 15)]
    seconds: u64,
    /// Users; a merchant for each twenty of them.
    #[arg(long, default_value_t = 1_000)]
    users: usize,
    /// Tells this run's Idempotency-Keys from another one's.
    #[arg(long, default_value = "load")]
    run: String,
    /// Payments, top-ups, transfers, refunds, withdrawals and reads, instead of payments alone.
    #[arg(long)]
    mix: bool,
    /// So many hours of the story, in the time of `--seconds`.
    #[arg(long, value_name = "HOURS")]
    soak: Option<u64>,
    /// A phase of so many times the connections, between two of the usual number.
    #[arg(long, value_name = "TIMES")]
    overload: Option<usize>,
    /// The process of the service, whose memory and files are watched.
    #[arg(long)]
    pid: Option<u32>,
    /// Where the books are, whose size is watched: a path or postgres://…
    #[arg(long)]
    store: Option<String>,
}

fn main() -> Result<(), Failure> {
    let asked = Asked::parse();
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(drive(asked))
}

async fn drive(asked: Asked) -> Result<(), Failure> {
    let people = Arc::new(people(&asked).await?);
    let whole = Duration::from_secs(asked.seconds);
    if let Some(hours) = asked.soak {
        return soak(&asked, &people, hours, whole / 10).await;
    }
    let before = phase(&asked, &people, 0, asked.connections, whole).await?;
    println!("{}", before.line(asked.connections));
    let Some(times) = asked.overload else {
        return Ok(());
    };
    let many = asked.connections * times;
    let over = phase(&asked, &people, 1, many, whole).await?;
    println!("{}", over.line(many));
    let after = phase(&asked, &people, 2, asked.connections, whole).await?;
    println!("{}", after.line(asked.connections));
    if after.failed + over.failed + before.failed > 0 {
        return Err("requests failed".into());
    }
    Ok(())
}

/// How busy each tenth of a day is, from midnight on, in tenths of the most.
const RHYTHM: [usize; 10] = [3, 1, 2, 6, 9, 10, 9, 8, 10, 6];

async fn soak(
    asked: &Asked,
    people: &Arc<People>,
    hours: u64,
    tenth: Duration,
) -> Result<(), Failure> {
    let watched = Watched::new(asked.pid, asked.store.as_deref()).await?;
    let mut looks = vec![watched.look().await?];
    println!("{}", Look::HEAD);
    println!("{}", looks[0].line("begin"));
    let mut failed = 0;
    for (at, busy) in RHYTHM.into_iter().enumerate() {
        let connections = (asked.connections * busy / 10).max(1);
        let tally = phase(asked, people, at, connections, tenth).await?;
        failed += tally.failed;
        let hour = hours * (at as u64 + 1) / 10;
        looks.push(watched.look().await?);
        println!(
            "{} | {}",
            looks[at + 1].line(&format!("{hour:>2} h")),
            tally.line(connections)
        );
    }
    let grown = watch::grown(&looks);
    if failed > 0 {
        return Err(format!("{failed} requests failed").into());
    }
    match grown.is_empty() {
        true => println!("nothing grows beyond what the books need"),
        false => return Err(format!("it grows: {}", grown.join("; ")).into()),
    }
    Ok(())
}

/// Drives a number of connections for a while.
async fn phase(
    asked: &Asked,
    people: &Arc<People>,
    number: usize,
    connections: usize,
    time: Duration,
) -> Result<Tally, Failure> {
    let begun = Instant::now();
    let mut driving = Vec::new();
    for at in 0..connections {
        let (asked, people) = (asked.clone(), people.clone());
        driving.push(tokio::spawn(async move {
            let connection = Connection::open(asked.to, &asked.key).await?;
            let run = format!("{}-{number}-{at}", asked.run);
            let seed = (number * 1_000_000 + at) as u64 + 1;
            let mut worker = Worker::new(connection, run, seed, asked.mix);
            worker.drive(&people, begun + time).await
        }));
    }
    let mut all = Tally::default();
    for one in driving {
        all.add(one.await??);
    }
    all.close(begun.elapsed());
    Ok(all)
}

/// Opens the accounts that money moves between, and fills them.
async fn people(asked: &Asked) -> Result<People, Failure> {
    const OPENERS: usize = 32;
    let mut making = Vec::new();
    for at in 0..OPENERS {
        let asked = asked.clone();
        making.push(tokio::spawn(async move {
            let mut connection = Connection::open(asked.to, &asked.key).await?;
            let mut some = People::default();
            for number in (at..asked.users).step_by(OPENERS) {
                let id = |what: &str| format!("{}-{what}-{number}", asked.run);
                let body = r#"{"owner":"user","name":"王芳","channel":"ICBC"}"#;
                let user = connection.account(&id("user"), body).await?;
                let body =
                    format!(r#"{{"account":"{user}","amount":"10000000","channel":"ICBC"}}"#);
                connection.post("/v1/top-ups", &id("fill"), body).await?;
                some.users.push(user);
                if number % 20 == 0 {
                    let body = r#"{"owner":"merchant","name":"鑫源百货商城","class":"A"}"#;
                    some.merchants
                        .push(connection.account(&id("shop"), body).await?);
                }
            }
            Ok::<_, Failure>(some)
        }));
    }
    let mut all = People::default();
    for one in making {
        let some = one.await??;
        all.users.extend(some.users);
        all.merchants.extend(some.merchants);
    }
    Ok(all)
}
