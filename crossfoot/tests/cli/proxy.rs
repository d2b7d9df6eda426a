//! What stands between a program and a server, and does there what a test asks for.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// Hands on what comes to its port, but for what it is to do.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    to_come: Arc<AtomicI64>,
}

impl Proxy {
    /// Cuts the first `cuts` connections, each after `bytes`.
    pub(crate) fn before(server: u16, bytes: usize, cuts: i64) -> Proxy {
        Proxy::start(server, cuts, move |client, server, cuts| {
            let (passed, cuts) = (Arc::new(AtomicI64::new(0)), Arc::clone(cuts));
            let is_over = move |read: &mut [u8]| {
                let (read, most) = (read.len() as i64, bytes as i64);
                let so_far = passed.fetch_add(read, Ordering::SeqCst);
                so_far < most && so_far + read >= most && cuts.fetch_sub(1, Ordering::SeqCst) > 0
            };
            pass(client, server, is_over.clone());
            pass(server, client, is_over);
        })
    }

    /// Cuts so many connections, each as it brings something once it is time.
    pub(crate) fn once(
        server: u16,
        cuts: i64,
        is_time: impl Fn() -> bool + Clone + Send + 'static,
    ) -> Proxy {
        Proxy::start(server, cuts, move |client, server, cuts| {
            let (cuts, is_time) = (Arc::clone(cuts), is_time.clone());
            pass(client, server, |_| false);
            pass(server, client, move |_| {
                is_time() && cuts.fetch_sub(1, Ordering::SeqCst) > 0
            });
        })
    }

    /// Cuts the connection of one of the commits that come through, counted from 1.
    pub(crate) fn at_commit(server: u16, number: i64, at: AtCommit) -> Proxy {
        Proxy::start(server, number, move |client, server, to_come| {
            let (is_cut, to_come) = (Arc::new(AtomicBool::new(false)), Arc::clone(to_come));
            let is_answer_lost = Arc::clone(&is_cut);
            pass(client, server, move |read| {
                let is_commit = read.ends_with(b"COMMIT") || read.ends_with(b"COMMIT\0");
                let is_it = is_commit && to_come.fetch_sub(1, Ordering::SeqCst) == 1;
                is_cut.fetch_or(is_it, Ordering::SeqCst);
                is_it && at == AtCommit::Untold
            });
            pass(server, client, move |_| {
                is_answer_lost.load(Ordering::SeqCst)
            });
        })
    }

    /// Takes out of what one of the connections says, counted from 1, that it only reads.
    pub(crate) fn unsaying(server: u16, number: i64) -> Proxy {
        Proxy::start(server, number, move |client, server, to_come| {
            let is_it = to_come.fetch_sub(1, Ordering::SeqCst) == 1;
            pass(client, server, move |said| {
                if is_it {
                    for (words, others) in READ_ONLY {
                        reword(said, words, others);
                    }
                }
                false
            });
            pass(server, client, |_| false);
        })
    }

    fn start(
        server: u16,
        number: i64,
        begin: impl Fn(&TcpStream, &TcpStream, &Arc<AtomicI64>) + Send + 'static,
    ) -> Proxy {
        let to_come = Arc::new(AtomicI64::new(number));
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let left = Arc::clone(&to_come);
        // It ends with the process.
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let server = TcpStream::connect(("127.0.0.1", server));
                if let (Ok(client), Ok(server)) = (client, server) {
                    begin(&client, &server, &left);
                }
            }
        });
        Proxy { port, to_come }
    }

    /// Whether it has done all that it was to do.
    pub(crate) fn is_done(&self) -> bool {
        self.to_come.load(Ordering::SeqCst) <= 0
    }
}

/// When the connection of a commit is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AtCommit {
    /// Before the server is told.
    Untold,
    /// Once the server has done it, before it can say so.
    Unanswered,
}

/// How a session of PostgreSQL says that it only reads, and one of MariaDB; and what takes the place of
/// it, of no greater length.
const READ_ONLY: [(&str, &str); 4] = [
    ("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", ""),
    (" READ READ ONLY", " READ"),
    ("SET SESSION TRANSACTION READ ONLY", "DO 0"),
    (", READ ONLY", ""),
];

/// Puts others in the place of words, with blanks behind them: a message is as long as it says.
fn reword(said: &mut [u8], words: &str, others: &str) {
    let found = said
        .windows(words.len())
        .position(|some| some == words.as_bytes());
    if let Some(at) = found {
        let place = &mut said[at..at + words.len()];
        place.fill(b' ');
        place[..others.len()].copy_from_slice(others.as_bytes());
    }
}

/// Hands bytes on, on a thread of its own, until the connection is to be cut.
fn pass(
    from: &TcpStream,
    to: &TcpStream,
    mut is_over: impl FnMut(&mut [u8]) -> bool + Send + 'static,
) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    std::thread::spawn(move || {
        let mut buffer = vec![0; 16_384];
        while let Ok(read) = from.read(&mut buffer) {
            let read = &mut buffer[..read];
            if read.is_empty() || is_over(read) || to.write_all(read).is_err() {
                break;
            }
        }
        for end in [from, to] {
            drop(end.shutdown(Shutdown::Both));
        }
    });
}
