//! Drives load over HTTP, from outside of a service: connections that ask one after another, how many
//! answers a second there were, how long each took, and what the service takes meanwhile.

mod connection;
mod watch;
mod work;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use futures::future::try_join_all;
use ruixin_service::store::Store;

pub(crate) use connection::Connection;
use watch::{Look, Watched};
pub(crate) use work::{Crowd, Known, Request};
use work::{Tally, Worker};

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What is driven.
#[derive(Debug, Clone, Args)]
pub(crate) struct Asked {
    /// Where the service listens.
    #[arg(long, default_value = "127.0.0.1:8081")]
    pub(crate) to: SocketAddr,
    /// An API key.
    #[arg(long)]
    pub(crate) key: String,
    /// Connections, each with one request under way.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// How long, of each phase of an overload.
    #[arg(long, default_value_t = 15)]
    seconds: u64,
    /// Users; a merchant for each twenty of them.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) users: usize,
    /// Tells this run's Idempotency-Keys from another one's, whose answers are kept: each run has its own.
    #[arg(long, default_value = "load")]
    pub(crate) run: String,
    /// All that people do, reads among it, instead of one thing alone.
    #[arg(long)]
    pub(crate) mix: bool,
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
    pub(crate) store: Option<String>,
}

/// Connections that open what is there before.
const OPENERS: usize = 32;

/// Opens what is there before anybody asks, by several connections: `open` is told one user's number
/// after another.
pub(crate) async fn opened<T, F>(asked: &Asked, open: F) -> Result<Vec<T>, Failure>
where
    F: AsyncFn(&mut Connection, usize) -> Result<T, Failure>,
{
    let open = &open;
    let some = |at: usize| async move {
        let mut connection = Connection::open(asked.to, &asked.key).await?;
        let mut made = Vec::new();
        for number in (at..asked.users).step_by(OPENERS) {
            made.push(open(&mut connection, number).await?);
        }
        Ok::<_, Failure>(made)
    };
    let all = try_join_all((0..OPENERS).map(some)).await?;
    Ok(all.into_iter().flatten().collect())
}

/// Asks as it is told to, and says what came of it. The store is looked at beside the service.
///
/// # Errors
/// When a request fails, or something but the books grows.
#[expect(clippy::print_stdout, reason = "it is a tool for the terminal")]
pub(crate) async fn drive<C: Crowd>(
    asked: &Asked,
    store: Option<Store>,
    crowd: C,
) -> Result<(), Failure> {
    let crowd = Arc::new(crowd);
    let whole = Duration::from_secs(asked.seconds);
    if let Some(hours) = asked.soak {
        let watched = Watched::new(asked.pid, asked.store.as_deref().zip(store), C::COUNTS);
        return soak(asked, &crowd, &watched, hours, whole / 10).await;
    }
    let times = asked.overload.map(|times| [times, 1]);
    let phases = [1].into_iter().chain(times.into_iter().flatten());
    let mut failed = 0;
    for (number, times) in phases.enumerate() {
        let connections = asked.connections * times;
        let tally = phase(asked, &crowd, number, connections, whole).await?;
        println!("{}", tally.line(connections));
        failed += tally.failed;
    }
    match failed {
        0 => Ok(()),
        _ => Err(format!("{failed} requests failed").into()),
    }
}

/// How busy each tenth of a day is, from midnight on, in tenths of the most.
const RHYTHM: [usize; 10] = [3, 1, 2, 6, 9, 10, 9, 8, 10, 6];

#[expect(clippy::print_stdout, reason = "it is a tool for the terminal")]
async fn soak<C: Crowd>(
    asked: &Asked,
    crowd: &Arc<C>,
    watched: &Watched,
    hours: u64,
    tenth: Duration,
) -> Result<(), Failure> {
    let mut looks = vec![watched.look().await?];
    println!("{}", Look::HEAD);
    println!("{}", looks[0].line("begin"));
    let mut failed = 0;
    for (at, busy) in RHYTHM.into_iter().enumerate() {
        let connections = (asked.connections * busy / 10).max(1);
        let tally = phase(asked, crowd, at, connections, tenth).await?;
        failed += tally.failed;
        let hour = hours * (at as u64 + 1) / 10;
        let between = crowd.between(asked).await?;
        looks.push(watched.look().await?);
        println!(
            "{} | {}{between}",
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
async fn phase<C: Crowd>(
    asked: &Asked,
    crowd: &Arc<C>,
    number: usize,
    connections: usize,
    time: Duration,
) -> Result<Tally, Failure> {
    let begun = Instant::now();
    let mut driving = Vec::new();
    for at in 0..connections {
        let (asked, crowd) = (asked.clone(), crowd.clone());
        driving.push(tokio::spawn(async move {
            let connection = Connection::open(asked.to, &asked.key).await?;
            let run = format!("{}-{number}-{at}", asked.run);
            let seed = (number * 1_000_000 + at) as u64 + 1;
            let mut worker = Worker::new(connection, run, seed);
            worker.drive(&*crowd, begun + time).await
        }));
    }
    let mut all = Tally::default();
    for one in driving {
        all.add(one.await??);
    }
    all.close(begun.elapsed());
    Ok(all)
}
