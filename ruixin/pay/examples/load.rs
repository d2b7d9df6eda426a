//! Drives load over HTTP, from outside of the service: payments from random users to random
//! merchants, each connection one after another, and says how many a second and how long each took.
//!
//! ```sh
//! ruixin-pay key --store pay.db --name load --role writer > key
//! ruixin-pay serve --store pay.db --rate 1000000 --log error &
//! cargo run --release -p ruixin-pay --example load -- --to 127.0.0.1:8081 --key "$(cat key)"
//! ```

#![expect(clippy::print_stdout, reason = "it is a tool for the terminal")]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use clap::Parser;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// Drives load.
#[derive(Debug, Clone, Parser)]
struct Asked {
    /// Where the service listens.
    #[arg(long, default_value = "127.0.0.1:8081")]
    to: SocketAddr,
    /// An API key with the role writer.
    #[arg(long)]
    key: String,
    /// Connections, each with one payment under way.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// How long.
    #[arg(long, default_value_t = 15)]
    seconds: u64,
    /// Users; a merchant for each twenty of them.
    #[arg(long, default_value_t = 1_000)]
    users: usize,
    /// Tells this run's Idempotency-Keys from another one's.
    #[arg(long, default_value = "load")]
    run: String,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

struct Connection {
    sender: SendRequest<Full<Bytes>>,
    key: String,
}

impl Connection {
    async fn open(asked: &Asked) -> Result<Connection, Failure> {
        let stream = TcpStream::connect(asked.to).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let key = format!("Bearer {}", asked.key);
        Ok(Connection { sender, key })
    }

    async fn post(&mut self, path: &str, id: &str, body: String) -> Result<(u16, Bytes), Failure> {
        let request = Request::post(path)
            .header(header::HOST, "pay")
            .header(header::AUTHORIZATION, &self.key)
            .header(header::CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", id)
            .body(Full::new(Bytes::from(body)))?;
        self.sender.ready().await?;
        let answer = self.sender.send_request(request).await?;
        let status = answer.status().as_u16();
        Ok((status, answer.into_body().collect().await?.to_bytes()))
    }

    async fn account(&mut self, id: &str, body: &str) -> Result<String, Failure> {
        let (status, answer) = self.post("/v1/accounts", id, body.to_owned()).await?;
        let answer: Value = serde_json::from_slice(&answer)?;
        let number = answer["account"].as_str().map(str::to_owned);
        number.ok_or_else(|| format!("{status}: {answer}").into())
    }
}

fn main() -> Result<(), Failure> {
    let asked = Asked::parse();
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(drive(asked))
}

async fn drive(asked: Asked) -> Result<(), Failure> {
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
    let begun = Instant::now();
    let until = begun + Duration::from_secs(asked.seconds);
    let mut paying = Vec::new();
    for at in 0..asked.connections {
        let (asked, users, merchants) = (asked.clone(), users.clone(), merchants.clone());
        paying.push(tokio::spawn(async move {
            pay(&asked, at, &users, &merchants, until).await
        }));
    }
    let (mut took, mut others) = (Vec::new(), 0);
    for one in paying {
        let (done, refused) = one.await??;
        took.extend(done);
        others += refused;
    }
    let seconds = begun.elapsed();
    took.sort_unstable();
    let at = |permille: usize| {
        took.get(took.len().saturating_sub(1) * permille / 1000)
            .copied()
            .unwrap_or_default()
    };
    let millis = |one: Duration| {
        format!(
            "{}.{:01} ms",
            one.as_millis(),
            one.as_micros() % 1_000 / 100
        )
    };
    println!(
        "{} payments in {:.1?}: {} a second; p50 {}, p99 {}, p99.9 {}; {others} other answers; {} connections",
        took.len(),
        seconds,
        took.len() as u128 * 1_000 / seconds.as_millis().max(1),
        millis(at(500)),
        millis(at(990)),
        millis(at(999)),
        asked.connections
    );
    Ok(())
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
        let user = connection
            .account(
                &id("user"),
                r#"{"owner":"user","name":"王芳","channel":"ICBC"}"#,
            )
            .await?;
        let body = format!(r#"{{"account":"{user}","amount":"10000000","channel":"ICBC"}}"#);
        connection.post("/v1/top-ups", &id("fill"), body).await?;
        users.push(user);
        if number % 20 == 0 {
            let body = r#"{"owner":"merchant","name":"鑫源百货商城","class":"A"}"#;
            merchants.push(connection.account(&id("shop"), body).await?);
        }
    }
    Ok((users, merchants))
}

/// Pays until the time is up: how long each payment took, and how many other answers there were.
async fn pay(
    asked: &Asked,
    at: usize,
    users: &[String],
    merchants: &[String],
    until: Instant,
) -> Result<(Vec<Duration>, u64), Failure> {
    let mut connection = Connection::open(asked).await?;
    let (mut took, mut others) = (Vec::new(), 0);
    let mut state = at as u64 + 1;
    // An xorshift by Marsaglia: enough to choose people by.
    let mut draw = move |most: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % most as u64) as usize
    };
    for number in 0.. {
        if Instant::now() >= until {
            break;
        }
        let (user, merchant) = (&users[draw(users.len())], &merchants[draw(merchants.len())]);
        let fen = 1 + draw(9_999);
        let body = format!(
            r#"{{"payer":"{user}","merchant":"{merchant}","amount":"{}.{:02}"}}"#,
            fen / 100,
            fen % 100
        );
        let begun = Instant::now();
        let (status, _) = connection
            .post(
                "/v1/payments",
                &format!("{}-{at}-{number}", asked.run),
                body,
            )
            .await?;
        match status {
            201 => took.push(begun.elapsed()),
            _ => others += 1,
        }
    }
    Ok((took, others))
}
