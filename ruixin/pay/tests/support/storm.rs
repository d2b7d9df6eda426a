//! The real program, killed and started again under the eyes of its clients, who ask with the same key
//! until they have an answer.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::http::{Client, Reply};
use super::program::Program;

/// Clients at once.
const CLIENTS: usize = 6;
/// How long an answer may take on a machine of any load, the program's beginning among it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Is when to kill: after so many more answers, and then so many microseconds.
#[derive(Debug, Clone, Copy)]
pub struct Kill {
    answers: usize,
    micros: u64,
}

/// Draws when to kill so many times, each after less than so many answers. Where it is at an answer,
/// others of the same group are on their way; a moment later one is being written.
pub fn kills(count: usize, answers: usize) -> impl Strategy<Value = Vec<Kill>> {
    let micros = prop_oneof![Just(0_u64), 0_u64..3_000];
    let kill = (0..answers, micros).prop_map(|(answers, micros)| Kill { answers, micros });
    prop::collection::vec(kill, count)
}

/// Is a request that was answered. It was done between two moments; a later one is a higher number.
#[derive(Debug, Clone)]
pub struct Asked {
    pub key: String,
    pub path: String,
    pub body: String,
    pub reply: Reply,
    pub begun: u64,
    pub ended: u64,
}

/// Is where clients ask while the program comes and goes.
#[derive(Debug)]
pub struct Storm {
    client: Client,
    /// Where the program listens; nowhere while it is dead, as its port may be another's then.
    to: Mutex<Option<SocketAddr>>,
    moments: AtomicU64,
    answers: AtomicUsize,
    lost: AtomicUsize,
}

impl Storm {
    pub fn new(program: &Program, key: String) -> Storm {
        let to = program.1;
        let language = "en";
        Storm {
            client: Client { to, key, language },
            to: Mutex::new(Some(to)),
            moments: AtomicU64::new(0),
            answers: AtomicUsize::new(0),
            lost: AtomicUsize::new(0),
        }
    }

    /// Gives a client of the program that runs now, if any does.
    pub fn client(&self) -> Option<Client> {
        let to = (*self.to.lock().expect("nobody panics"))?;
        let client = self.client.clone();
        Some(Client { to, ..client })
    }

    /// How many requests had no answer when they were asked.
    pub fn lost(&self) -> usize {
        self.lost.load(Ordering::Relaxed)
    }

    /// SIGKILL: nothing is finished, flushed or told.
    pub fn kill(&self, program: &mut Program) {
        program.0.kill().expect("it is killed");
        *self.to.lock().expect("nobody panics") = None;
        program.0.wait().expect("it ends");
    }

    /// It was started again.
    pub fn goes_on(&self, program: &Program) {
        *self.to.lock().expect("nobody panics") = Some(program.1);
    }

    /// Clients do what `work` is for each number below `count`, while the program is killed and
    /// started again.
    pub fn rage(
        &self,
        program: &mut Program,
        start: &dyn Fn() -> Program,
        kills: &[Kill],
        count: usize,
        work: impl Fn(usize) + Sync,
    ) {
        let next = AtomicUsize::new(0);
        let last = self.answers.load(Ordering::Relaxed) + count;
        thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(|| {
                    let mut at = next.fetch_add(1, Ordering::Relaxed);
                    while at < count {
                        work(at);
                        at = next.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            for kill in kills {
                self.wait(*kill, last);
                self.kill(program);
                *program = start();
                self.goes_on(program);
            }
        });
    }

    fn wait(&self, kill: Kill, last: usize) {
        let answers = || self.answers.load(Ordering::Relaxed);
        let enough = last.min(answers() + kill.answers);
        let end = Instant::now() + PATIENCE;
        while answers() < enough {
            assert!(Instant::now() < end, "no more answers came");
            thread::yield_now();
        }
        thread::sleep(Duration::from_micros(kill.micros));
    }

    /// Asks until there is an answer. A 5xx is none: it says that nothing was done, or that nobody
    /// knows.
    pub fn ask(&self, key: String, path: String, body: String) -> Asked {
        let begun = self.moments.fetch_add(1, Ordering::SeqCst);
        let end = Instant::now() + PATIENCE;
        let reply = loop {
            if let Some(reply) = self.once(&key, &path, &body) {
                break reply;
            }
            assert!(Instant::now() < end, "{key} has no answer: {path} {body}");
            thread::sleep(Duration::from_millis(2));
        };
        let ended = self.moments.fetch_add(1, Ordering::SeqCst);
        self.answers.fetch_add(1, Ordering::Relaxed);
        Asked {
            key,
            path,
            body,
            reply,
            begun,
            ended,
        }
    }

    fn once(&self, key: &str, path: &str, body: &str) -> Option<Reply> {
        match self.client()?.post(path, key, body) {
            Ok(reply) if reply.status < 500 => return Some(reply),
            // Nobody was there to be asked.
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {}
            _ => {
                self.lost.fetch_add(1, Ordering::Relaxed);
            }
        }
        None
    }

    /// Asks for everything once more: it is answered as it was, and nothing is done.
    pub fn is_answered_alike<'a>(&self, all: impl IntoIterator<Item = &'a Asked>) {
        for asked in all {
            let again = self.once(&asked.key, &asked.path, &asked.body);
            let again = again.expect("an answer");
            assert_eq!(
                (again.status, &again.body),
                (asked.reply.status, &asked.reply.body),
                "{asked:?}"
            );
            let replayed = again.headers.get("idempotency-replayed");
            assert_eq!(replayed.map(String::as_str), Some("true"), "{asked:?}");
        }
    }
}
