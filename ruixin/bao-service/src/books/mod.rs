//! The books over one writer and a few readers, each a session on a thread of its own.
//!
//! What waits while a group of commands is on its way to the disk is the next group: one
//! transaction, and one `fsync`, for many commands, each of which is done or refused by itself. A
//! session that broke is opened anew. Queues are bounded: what finds no place is told so at once.

mod error;
mod readers;
mod writer;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ruixin_bao::fund::Terms;
use ruixin_bao_store::{Answer, Asked, Done, Expired, Refused, Standing, Store, StoreError};
use ruixin_service::store::{Migration, Store as Keys};
use tokio::sync::{Mutex, oneshot};

use crate::clock::Clock;
use readers::Readers;
use writer::Writer;

pub use error::BooksError;

/// Mebibytes of pages of SQLite that the session keeps which writes.
const WRITING: u32 = 64;
/// Those of each of the sessions that read, or have little to do: what a bill or a statement of one
/// account takes, many times over. The file's pages are in the system's memory as well.
const READING: u32 = 16;
/// Those of a day's run or a proof, of which there is one at a time.
const ALONE: u32 = 128;

/// Opens a session that keeps so many mebibytes of pages at most.
fn session(address: &str, pages: u32) -> Result<Store, StoreError> {
    let mut store = Store::open(address)?;
    store.keep_at_most(pages)?;
    Ok(store)
}

/// Is the books of Bao. A clone is the same books; they close when the last one is gone.
#[derive(Debug, Clone)]
pub struct Books {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    address: Arc<str>,
    keys: Keys,
    clock: Clock,
    terms: Terms,
    writer: Writer,
    readers: Readers,
    figures: Arc<Figures>,
    /// Long work comes one after the other: a day's run, a proof.
    long: Arc<Mutex<()>>,
    /// The converted ledger that the books were opened with.
    ledger: OnceLock<String>,
}

/// Counts what the books have done.
#[derive(Debug, Default)]
pub struct Figures {
    /// Commands that were answered, refusals among them.
    pub commands: AtomicU64,
    /// Commands that had been answered before.
    pub repeats: AtomicU64,
    /// Transactions of commands, each of one or more.
    pub groups: AtomicU64,
    /// Sessions that broke and were opened anew.
    pub reopened: AtomicU64,
    /// Pending vouchers that had expired and were released.
    pub released: AtomicU64,
    /// Commands that wait.
    pub waiting: AtomicU64,
}

/// Is what became of a command.
#[derive(Debug)]
pub enum Ran {
    /// It is answered.
    Answered {
        /// The answer, as it is kept.
        answer: Answer,
        /// What was done or refused; nothing where it had been answered before.
        fresh: Option<Result<Done, Refused>>,
    },
    /// The `Idempotency-Key` was used for another command.
    OtherRequest,
    /// The window is closed.
    Closed,
}

impl Books {
    /// Opens books that are there, and the tables of keys and sessions in the same database. The
    /// window of new books is as it is from now on, by the clock.
    ///
    /// # Errors
    ///
    /// There are no books, they are of a later version, or the database refuses.
    pub async fn open(address: &str, clock: Clock) -> Result<Books, BooksError> {
        let at: Arc<str> = address.into();
        let now = clock.now();
        // First the books: keys alone make none.
        let opened = thread("opening the books", {
            let at = at.clone();
            move || {
                let mut store = session(&at, WRITING)?;
                store.found_window(now)?;
                Ok(store)
            }
        })?;
        let store = opened.await.map_err(|_| BooksError::Gone)??;
        let keys = keys(address).await?;
        let figures = Arc::new(Figures::default());
        let terms = store.terms().clone();
        Ok(Books {
            inner: Arc::new(Inner {
                keys,
                terms,
                writer: Writer::begin(at.clone(), clock.clone(), store, figures.clone())?,
                clock,
                readers: Readers::begin(&at, &figures)?,
                figures,
                address: at,
                long: Arc::default(),
                ledger: OnceLock::new(),
            }),
        })
    }

    /// Opens the store of keys and sessions of books that are there, and nothing else: of the books
    /// themselves nothing changes.
    ///
    /// # Errors
    ///
    /// There are no books, they are of a later version, or the database refuses.
    pub async fn keys(address: &str) -> Result<Keys, BooksError> {
        let at = address.to_owned();
        let looked = thread("looking for the books", move || {
            drop(Store::open(&at)?);
            Ok(())
        })?;
        looked.await.map_err(|_| BooksError::Gone)??;
        keys(address).await
    }

    /// Names the converted ledger that the books were opened with: the release of a move opens them only
    /// if it is still what it was. The first name counts.
    pub fn with_ledger(self, ledger: &str) -> Books {
        self.inner.ledger.get_or_init(|| ledger.to_owned());
        self
    }

    /// Gives the converted ledger that the books were opened with, where it is named.
    pub fn ledger(&self) -> Option<&str> {
        self.inner.ledger.get().map(String::as_str)
    }

    /// Gives the store of keys and sessions, in the same database.
    pub fn store(&self) -> &Keys {
        &self.inner.keys
    }

    /// Gives the instant, in microseconds since 1970 UTC.
    pub fn now(&self) -> i64 {
        self.inner.clock.now()
    }

    /// Gives what the operator set.
    pub fn terms(&self) -> &Terms {
        &self.inner.terms
    }

    /// Gives what the books have done.
    pub fn figures(&self) -> &Figures {
        &self.inner.figures
    }

    /// Runs a command once, whatever happens on the way: with the same id and digest it has the same
    /// answer. Once it is taken it is done, even if nobody waits for it any more.
    ///
    /// # Errors
    ///
    /// Too much is waiting, or the database refuses. A refusal is no error.
    pub async fn run(&self, asked: Asked) -> Result<Ran, BooksError> {
        self.inner.writer.run(asked).await
    }

    /// Reads on a session of its own: whatever the store has to read. Where the session turns out to
    /// be broken, it is read once more on a new one.
    ///
    /// # Errors
    ///
    /// Too much is waiting, or what the reading gave.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnMut(&mut Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, BooksError> {
        self.inner.readers.read(read).await
    }

    /// Gives how the service stands.
    ///
    /// # Errors
    ///
    /// The database refuses.
    pub async fn standing(&self) -> Result<Standing, BooksError> {
        self.read(Store::standing).await
    }

    /// Does long work on a session and a thread of its own, after the long work before it. It is
    /// finished even if nobody waits for it any more.
    ///
    /// # Errors
    ///
    /// What the work gave, or the database refuses.
    pub async fn long<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, BooksError> {
        let turn = self.inner.long.clone().lock_owned().await;
        let done = self.aside(move |store| {
            let done = store.keep_at_most(ALONE).and_then(|()| work(store));
            drop(turn);
            done
        })?;
        done.await.map_err(|_| BooksError::Gone)?
    }

    /// Prunes again and again what was answered longer ago than `keep`, by the service's clock, until
    /// it is dropped.
    pub async fn keep_pruning(self, keep: Duration, every: Duration) {
        let keep = i64::try_from(keep.as_micros()).unwrap_or(i64::MAX);
        loop {
            let now = self.now();
            let before = now.saturating_sub(keep);
            let prune = self.aside(move |store| store.prune_answers(before, now));
            let pruned = match prune {
                Ok(pruning) => pruning.await.unwrap_or(Err(BooksError::Gone)),
                Err(error) => Err(error),
            };
            match pruned {
                Ok(0) => {}
                Ok(pruned) => tracing::info!(pruned, "old answers were pruned"),
                Err(error) => tracing::warn!(%error, "old answers were not pruned"),
            }
            tokio::time::sleep(every).await;
        }
    }

    /// Releases the pending vouchers that have expired, by the service's clock, some thousands at most.
    /// Commands need not wait for it: before any is decided, what has expired by then is released.
    ///
    /// # Errors
    ///
    /// Too much is waiting, nothing can be booked on that day, or the database refuses.
    pub async fn release_expired(&self) -> Result<Expired, BooksError> {
        self.inner.writer.release().await
    }

    /// Releases what expires as soon as it does, and looks at least so often, until it is dropped: for
    /// those who only look at what they have, and for what another instance holds.
    pub async fn keep_releasing(self, every: Duration) {
        loop {
            // The writer tells why, where it does not work.
            let found = self.release_expired().await.ok();
            let next_at = found.and_then(|found| found.next_at);
            let left = next_at.map(|at| at.saturating_sub(self.now()));
            // What is over already waits for something else.
            let left = left.and_then(|left| u64::try_from(left).ok());
            let left = left.filter(|left| *left > 0).map(Duration::from_micros);
            tokio::time::sleep(left.map_or(every, |left| left.min(every))).await;
        }
    }

    /// Begins work on a session and a thread of its own.
    pub(crate) fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, BooksError>>, BooksError> {
        let at = self.inner.address.clone();
        thread("work beside the books", move || {
            let mut store = session(&at, READING)?;
            Ok(work(&mut store)?)
        })
    }
}

async fn keys(address: &str) -> Result<Keys, BooksError> {
    let migrations: Vec<Migration> = ruixin_service::MIGRATIONS
        .into_iter()
        .chain(crate::MIGRATIONS)
        .collect();
    Ok(Keys::open(address, &migrations).await?)
}

/// Runs work on a thread of its own: a session waits for its database by blocking.
fn thread<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> Result<T, BooksError> + Send + 'static,
) -> Result<oneshot::Receiver<Result<T, BooksError>>, BooksError> {
    let (reply, answer) = oneshot::channel();
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            // Who asked may have gone: then nobody wants to know.
            drop(reply.send(work()));
        })
        .map_err(|error| BooksError::Thread(error.to_string()))?;
    Ok(answer)
}

fn count(figure: &AtomicU64, by: usize) {
    figure.fetch_add(u64::try_from(by).unwrap_or(0), Ordering::Relaxed);
}
