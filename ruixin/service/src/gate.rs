//! What every request passes on its way in: observation, limits, keys.
//!
//! From the outside in: [`observe`] counts, logs and writes problems in the caller's language;
//! [`bound`] refuses what is too much at once and ends what takes too long; [`admit`] asks for the
//! key and its role, and holds each key to its rate.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use hyper::body::{Frame, SizeHint};
use tokio::sync::Semaphore;

use crate::keys::{Caller, Keys, Known, Role, bearer};
use crate::language::Language;
use crate::metrics::Metrics;
use crate::problem::{
    BODY_LATE, FORBIDDEN, METHOD_NOT_ALLOWED, NOT_FOUND, OUTCOME_UNKNOWN, OVERLOADED, Problem,
    RATE_LIMITED, TOO_LARGE, Told, UNAUTHENTICATED,
};
use crate::store::Store;

/// Says how much is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests under way at a time.
    pub concurrent: usize,
    /// Bytes of a body.
    pub body_bytes: usize,
    /// How long a request may take.
    pub time: Duration,
    /// Requests a second with one key, in the long run.
    pub per_second: u32,
    /// Requests with one key at once, after a pause.
    pub burst: u32,
    /// Connections at a time.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            concurrent: 512,
            body_bytes: 16 * 1024,
            time: Duration::from_secs(10),
            per_second: 1_000,
            burst: 2_000,
            connections: 4_096,
        }
    }
}

/// Is the gate of one service.
#[derive(Debug)]
pub struct Gate {
    /// How much is let in.
    pub limits: Limits,
    /// What was counted.
    pub metrics: Metrics,
    keys: Keys,
    slots: Semaphore,
    buckets: Mutex<BTreeMap<String, Bucket>>,
    /// For keys that are not known: each of them costs a look into the store.
    strangers: Mutex<Bucket>,
    numbers: AtomicU64,
}

/// Look-ups of unknown keys a second, for all callers together.
const STRANGERS: u32 = 100;

impl Gate {
    /// Makes the gate of a service.
    pub fn new(store: Store, limits: Limits) -> Arc<Gate> {
        Arc::new(Gate {
            limits,
            metrics: Metrics::default(),
            keys: Keys::new(store),
            slots: Semaphore::new(limits.concurrent),
            buckets: Mutex::default(),
            strangers: Mutex::new(Bucket::full(STRANGERS)),
            numbers: AtomicU64::default(),
        })
    }

    async fn caller(&self, key: &str) -> Result<Caller, Problem> {
        let unknown = || Problem::new(UNAUTHENTICATED);
        match self.keys.known(key) {
            Known::Is(caller) => return caller.ok_or_else(unknown),
            Known::Stale => {}
            Known::Nothing if self.may_ask_for_a_stranger() => {}
            Known::Nothing => return Err(Problem::new(RATE_LIMITED).retry_after(1)),
        }
        self.keys.find(key).await?.ok_or_else(unknown)
    }

    fn may_ask_for_a_stranger(&self) -> bool {
        let mut strangers = self
            .strangers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        strangers.take(Instant::now(), STRANGERS, STRANGERS)
    }

    fn is_within_rate(&self, caller: &Caller) -> bool {
        let Limits {
            per_second, burst, ..
        } = self.limits;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets
            .entry(caller.key_id.clone())
            .or_insert_with(|| Bucket::full(burst))
            .take(Instant::now(), per_second, burst)
    }
}

/// Is a token bucket, in millionths of a token.
#[derive(Debug)]
struct Bucket {
    tokens: u64,
    filled: Instant,
}

const TOKEN: u64 = 1_000_000;

impl Bucket {
    fn full(burst: u32) -> Bucket {
        Bucket {
            tokens: u64::from(burst).saturating_mul(TOKEN),
            filled: Instant::now(),
        }
    }

    /// Takes a token, if there is one.
    fn take(&mut self, now: Instant, per_second: u32, burst: u32) -> bool {
        let micros = now.saturating_duration_since(self.filled).as_micros();
        // A token a second is a millionth of one each microsecond.
        let more = u64::try_from(micros)
            .unwrap_or(u64::MAX)
            .saturating_mul(u64::from(per_second));
        let most = u64::from(burst).saturating_mul(TOKEN);
        self.filled = self.filled.max(now);
        self.tokens = self.tokens.saturating_add(more).min(most);
        match self.tokens.checked_sub(TOKEN) {
            Some(left) => {
                self.tokens = left;
                true
            }
            None => false,
        }
    }
}

/// Is the id of the key that a request came with, for its line in the log: known once it is admitted.
#[derive(Debug, Clone, Default)]
struct KeyId(Arc<OnceLock<String>>);

/// Counts and logs each request, gives it a number, and writes problems in the caller's language.
pub async fn observe(State(gate): State<Arc<Gate>>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let number = gate.numbers.fetch_add(1, Ordering::Relaxed);
    let language = Language::wanted(request.headers());
    let method = method_word(request.method());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("other", |path| path.as_str())
        .to_owned();
    let key = KeyId::default();
    request.extensions_mut().insert(key.clone());
    let response = next.run(request).await;
    let mut response = worded(response, language);
    let key_id = key.0.get().map_or("-", String::as_str);
    let (status, took) = (response.status().as_u16(), begun.elapsed());
    gate.metrics.add(&route, method, status, took);
    // Neither the path nor a body: both name accounts.
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    match status {
        500.. => tracing::warn!(number, method, route, status, micros, key_id, "request"),
        _ => tracing::info!(number, method, route, status, micros, key_id, "request"),
    }
    response
        .headers_mut()
        .insert("x-request-number", number.into());
    response
}

/// The methods there are; a caller can invent others, and each would be a series of its own.
fn method_word(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        _ => "OTHER",
    }
}

fn worded(response: Response, language: Language) -> Response {
    if let Some(Told(problem)) = response.extensions().get() {
        return match language {
            Language::English => response,
            Language::Chinese => problem.response(language),
        };
    }
    // What the router and the reader of bodies say by themselves.
    let kind = match response.status().as_u16() {
        404 => NOT_FOUND,
        405 => METHOD_NOT_ALLOWED,
        413 => TOO_LARGE,
        _ => return response,
    };
    let mut told = Problem::new(kind).response(language);
    if let Some(allow) = response.headers().get("allow") {
        told.headers_mut().insert("allow", allow.clone());
    }
    told
}

/// Refuses what is too much at once, and ends what takes too long: what it had begun in the store
/// is finished there, and can be asked for with the same `Idempotency-Key`. What still waits for its
/// body has begun nothing, and is told so.
pub async fn bound(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let Ok(_slot) = gate.slots.try_acquire() else {
        gate.metrics.shed.fetch_add(1, Ordering::Relaxed);
        return Problem::new(OVERLOADED).retry_after(1).into_response();
    };
    let awaited = Arc::new(AtomicBool::new(false));
    let request = request.map(|body| {
        let awaited = awaited.clone();
        Body::new(Watched { body, awaited })
    });
    match tokio::time::timeout(gate.limits.time, next.run(request)).await {
        Ok(response) => response,
        // Nothing begins before all of the body is there.
        Err(_) if awaited.load(Ordering::Relaxed) => Problem::new(BODY_LATE).into_response(),
        Err(_) => Problem::new(OUTCOME_UNKNOWN).retry_after(1).into_response(),
    }
}

/// Is a body that tells whether somebody waits for more of it.
struct Watched {
    body: Body,
    awaited: Arc<AtomicBool>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let watched = self.get_mut();
        let polled = Pin::new(&mut watched.body).poll_frame(context);
        watched
            .awaited
            .store(polled.is_pending(), Ordering::Relaxed);
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Lets a request in whose key has the role, and is within its rate; its [`Caller`] goes with it.
pub async fn admit(
    State((gate, role)): State<(Arc<Gate>, Role)>,
    mut request: Request,
    next: Next,
) -> Response {
    // A hook of Crossfoot is an address and has no headers: an admin's key may stand behind its `?`.
    // It is written into no log of ours.
    let of_query = || {
        let pairs = request.uri().query().filter(|_| role == Role::Admin)?;
        pairs.split('&').find_map(|pair| pair.strip_prefix("key="))
    };
    let key = bearer(request.headers())
        .or_else(of_query)
        .map(str::to_owned);
    let Some(key) = key else {
        return Problem::new(UNAUTHENTICATED).into_response();
    };
    let caller = match gate.caller(&key).await {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    if let Some(KeyId(key_id)) = request.extensions().get() {
        key_id.get_or_init(|| caller.key_id.clone());
    }
    if !gate.is_within_rate(&caller) {
        return Problem::new(RATE_LIMITED).retry_after(1).into_response();
    }
    if caller.role < role {
        let says = |what: &str| format!("{what}{}", role.word());
        return Problem::new(FORBIDDEN)
            .says(says("It needs the role "), says("需要的角色："))
            .into_response();
    }
    request.extensions_mut().insert(caller);
    next.run(request).await
}

/// Adds what keeps a browser from guessing at what it is given.
pub async fn harden(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut add = |name, value| {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    };
    add("x-content-type-options", "nosniff");
    add("cache-control", "no-store");
    // Pages have a policy of their own; all else is for programs.
    add(
        "content-security-policy",
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_at_once_and_its_rate_in_the_long_run() {
        let begun = Instant::now();
        let mut bucket = Bucket::full(5);
        bucket.filled = begun;
        let taken = |bucket: &mut Bucket, after: u64| {
            let now = begun + Duration::from_millis(after);
            (0..100).filter(|_| bucket.take(now, 10, 5)).count()
        };
        assert_eq!(taken(&mut bucket, 0), 5);
        assert_eq!(taken(&mut bucket, 50), 0);
        assert_eq!(taken(&mut bucket, 100), 1);
        assert_eq!(taken(&mut bucket, 300), 2);
        assert_eq!(taken(&mut bucket, 60_000), 5);
        // A clock that went back gives nothing.
        assert_eq!(taken(&mut bucket, 0), 0);
    }
}
