//! Drives load over HTTP, from outside of a service: connections that ask one after another, and how
//! many answers a second there were and how long each took.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use clap::Args;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// What is driven.
#[derive(Debug, Clone, Args)]
pub(crate) struct Asked {
    /// Where the service listens.
    #[arg(long, default_value = "127.0.0.1:8081")]
    pub(crate) to: SocketAddr,
    /// An API key with the role writer.
    #[arg(long)]
    pub(crate) key: String,
    /// Connections, each with one request under way.
    #[arg(long, default_value_t = 64)]
    pub(crate) connections: usize,
    /// How long.
    #[arg(long, default_value_t = 15)]
    pub(crate) seconds: u64,
    /// Users; a merchant for each twenty of them.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) users: usize,
    /// Tells this run's Idempotency-Keys from another one's.
    #[arg(long, default_value = "load")]
    pub(crate) run: String,
}

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Is a connection, on which one request goes after the other.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    key: String,
}

impl Connection {
    pub(crate) async fn open(asked: &Asked) -> Result<Connection, Failure> {
        let stream = TcpStream::connect(asked.to).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let key = format!("Bearer {}", asked.key);
        Ok(Connection { sender, key })
    }

    pub(crate) async fn post(
        &mut self,
        path: &str,
        id: &str,
        body: String,
    ) -> Result<(u16, Bytes), Failure> {
        let request = Request::post(path)
            .header(header::HOST, "ruixin")
            .header(header::AUTHORIZATION, &self.key)
            .header(header::CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", id)
            .body(Full::new(Bytes::from(body)))?;
        self.sender.ready().await?;
        let answer = self.sender.send_request(request).await?;
        let status = answer.status().as_u16();
        Ok((status, answer.into_body().collect().await?.to_bytes()))
    }
}

/// Draws numbers: an xorshift by Marsaglia, enough to choose people by.
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most as u64) as usize
    }

    /// An amount from 0.01 to 99.99, as text.
    pub(crate) fn amount(&mut self) -> String {
        let fen = 1 + self.below(9_999);
        format!("{}.{:02}", fen / 100, fen % 100)
    }
}

/// Asks on all connections until the time is up, and says what came of it. `next` gives path and
/// body.
pub(crate) async fn drive<F>(asked: &Asked, what: &str, next: F) -> Result<String, Failure>
where
    F: Fn(&mut Draw) -> (&'static str, String) + Clone + Send + 'static,
{
    let begun = Instant::now();
    let until = begun + Duration::from_secs(asked.seconds);
    let mut asking = Vec::new();
    for at in 0..asked.connections {
        let (asked, next) = (asked.clone(), next.clone());
        asking.push(tokio::spawn(
            async move { ask(&asked, at, next, until).await },
        ));
    }
    let (mut took, mut others) = (Vec::new(), 0);
    for one in asking {
        let (done, refused) = one.await??;
        took.extend(done);
        others += refused;
    }
    let seconds = begun.elapsed();
    took.sort_unstable();
    let at = |permille: usize| {
        let place = took.len().saturating_sub(1) * permille / 1000;
        let took: Duration = took.get(place).copied().unwrap_or_default();
        format!(
            "{}.{:01} ms",
            took.as_millis(),
            took.as_micros() % 1_000 / 100
        )
    };
    Ok(format!(
        "{} {what} in {:.1?}: {} a second; p50 {}, p99 {}, p99.9 {}; {others} other answers; {} connections",
        took.len(),
        seconds,
        took.len() as u128 * 1_000 / seconds.as_millis().max(1),
        at(500),
        at(990),
        at(999),
        asked.connections
    ))
}

/// How long each answer took, and how many others there were.
async fn ask(
    asked: &Asked,
    at: usize,
    next: impl Fn(&mut Draw) -> (&'static str, String),
    until: Instant,
) -> Result<(Vec<Duration>, u64), Failure> {
    let mut connection = Connection::open(asked).await?;
    let (mut took, mut others) = (Vec::new(), 0);
    let mut draw = Draw(at as u64 + 1);
    for number in 0.. {
        if Instant::now() >= until {
            break;
        }
        let (path, body) = next(&mut draw);
        let id = format!("{}-{at}-{number}", asked.run);
        let begun = Instant::now();
        let (status, _) = connection.post(path, &id, body).await?;
        match status {
            201 => took.push(begun.elapsed()),
            _ => others += 1,
        }
    }
    Ok((took, others))
}
