//! The one session that writes, in groups, and releases what has expired before it decides.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use ruixin_bao_store::{Asked, DatabaseKind, Done, Expired, Refused, Reply, Store, StoreError};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use super::{BooksError, Figures, Ran, WRITING, count, session};
use crate::clock::Clock;
use crate::view::say;

/// Commands that wait at most.
const WAITING: usize = 4_096;
/// Commands that go together at most.
const GROUP: usize = 256;
/// Transactions of expired vouchers that go before a group at most: what is left goes before the next.
const RELEASES: usize = 16;
/// How long to wait before a session that broke is opened anew.
const PAUSE: Duration = Duration::from_millis(200);

/// Is a command that waits, and who waits for it.
struct Job {
    asked: Asked,
    reply: oneshot::Sender<Result<Ran, BooksError>>,
}

/// Is what waits for the writer.
enum Work {
    /// A command.
    Command(Box<Job>),
    /// What has expired by now is to be released, and who asks is told how far that has come.
    Release(oneshot::Sender<Result<Expired, BooksError>>),
}

/// Is the queue of the commands.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Work>,
    figures: Arc<Figures>,
}

impl Writer {
    pub(super) fn begin(
        address: Arc<str>,
        clock: Clock,
        store: Store,
        figures: Arc<Figures>,
    ) -> Result<Writer, BooksError> {
        let (jobs, waiting) = mpsc::channel(WAITING);
        let desk = Desk {
            address,
            clock,
            session: Some(store),
            figures: figures.clone(),
            // It has not looked yet.
            next_expiry: i64::MIN,
            unreleased: None,
        };
        thread::Builder::new()
            .name("bao writer".to_owned())
            .spawn(move || desk.write_on(waiting))
            .map_err(|error| BooksError::Thread(error.to_string()))?;
        Ok(Writer { jobs, figures })
    }

    pub(super) async fn run(&self, asked: Asked) -> Result<Ran, BooksError> {
        let (reply, answer) = oneshot::channel();
        let work = Work::Command(Box::new(Job { asked, reply }));
        self.figures.waiting.fetch_add(1, Ordering::Relaxed);
        self.jobs.try_send(work).map_err(|full| {
            self.figures.waiting.fetch_sub(1, Ordering::Relaxed);
            refused(&full)
        })?;
        answer.await.map_err(|_| BooksError::Gone)?
    }

    /// Releases what has expired by now, though nobody asks for a command.
    pub(super) async fn release(&self) -> Result<Expired, BooksError> {
        let (reply, answer) = oneshot::channel();
        let sent = self.jobs.try_send(Work::Release(reply));
        sent.map_err(|full| refused(&full))?;
        answer.await.map_err(|_| BooksError::Gone)?
    }
}

fn refused(full: &TrySendError<Work>) -> BooksError {
    match full {
        TrySendError::Full(_) => BooksError::Busy,
        TrySendError::Closed(_) => BooksError::Gone,
    }
}

/// Is what the writer's thread has.
struct Desk {
    address: Arc<str>,
    clock: Clock,
    session: Option<Store>,
    figures: Arc<Figures>,
    /// The earliest expiry that it knows of: before that there is nothing to look for. Those of another
    /// instance's vouchers it learns when it is told to look.
    next_expiry: i64,
    /// Why expired vouchers could not be released the last time: that is told once.
    unreleased: Option<&'static str>,
}

impl Desk {
    /// Answers until nobody can ask any more, and all that waited is answered.
    fn write_on(mut self, mut waiting: mpsc::Receiver<Work>) {
        while let Some(first) = waiting.blocking_recv() {
            let mut group = Vec::new();
            let mut next = Some(first);
            while let Some(work) = next {
                match work {
                    Work::Command(job) => group.push(*job),
                    Work::Release(reply) => {
                        let released = self.release_by(self.clock.now());
                        // Who asked may have gone.
                        drop(reply.send(released));
                    }
                }
                next = match group.len() < GROUP {
                    true => waiting.try_recv().ok(),
                    false => None,
                };
            }
            let length = u64::try_from(group.len()).unwrap_or(0);
            self.figures.waiting.fetch_sub(length, Ordering::Relaxed);
            if !group.is_empty() {
                self.answer(group);
            }
        }
    }

    /// Opens a session where there is none.
    fn open(&mut self) -> Result<(), StoreError> {
        if self.session.is_none() {
            self.session = Some(session(&self.address, WRITING)?);
        }
        Ok(())
    }

    /// Releases what has expired by an instant, as much as goes at once.
    fn release_by(&mut self, now: i64) -> Result<Expired, BooksError> {
        if let Err(error) = self.open() {
            return Err(self.not_released(error));
        }
        let mut released: u64 = 0;
        for _ in 0..RELEASES {
            let Some(store) = self.session.as_mut() else {
                return Err(BooksError::Gone);
            };
            let found = match store.release_expired(now) {
                Ok(found) => found,
                Err(error) => return Err(self.not_released(error)),
            };
            self.unreleased = None;
            self.next_expiry = found.next_at.unwrap_or(i64::MAX);
            let figure = &self.figures.released;
            figure.fetch_add(found.released, Ordering::Relaxed);
            released = released.saturating_add(found.released);
            if found.released == 0 || self.next_expiry > now {
                break;
            }
        }
        if released > 0 {
            tracing::info!(released, "vouchers that had expired were released");
        }
        let next_at = Some(self.next_expiry).filter(|at| *at < i64::MAX);
        Ok(Expired { released, next_at })
    }

    /// Tells once why nothing was released: it is tried again with every group.
    fn not_released(&mut self, error: StoreError) -> BooksError {
        if error.is_broken() && self.session.take().is_some() {
            count(&self.figures.reopened, 1);
        }
        let code = error.code();
        if self.unreleased != Some(code) {
            self.unreleased = Some(code);
            tracing::warn!(%error, code, "vouchers that have expired were not released");
        }
        error.into()
    }

    fn answer(&mut self, group: Vec<Job>) {
        let asked: Vec<Asked> = group.iter().map(|job| job.asked.clone()).collect();
        match self.outcomes(&asked) {
            Ok(outcomes) => {
                for (job, outcome) in group.into_iter().zip(outcomes) {
                    // Who asked may have gone: the answer is kept.
                    drop(job.reply.send(Ok(outcome)));
                }
            }
            // What is wrong with one of them must not be the others' trouble.
            Err(BooksError::Store(error)) if group.len() > 1 && is_of_one(&error) => {
                for job in group {
                    self.answer(vec![job]);
                }
            }
            Err(error) => {
                for job in group {
                    drop(job.reply.send(Err(error.clone())));
                }
            }
        }
    }

    /// Runs a group at an instant by which nothing is held that has expired, and once more on a new
    /// session where the old one breaks: what the old one has done after all is found as answered.
    fn outcomes(&mut self, asked: &[Asked]) -> Result<Vec<Ran>, BooksError> {
        let now = self.clock.now();
        if now >= self.next_expiry {
            // What is in its way was told, and is none of the group's trouble.
            drop(self.release_by(now));
        }
        let mut broke: Option<Arc<StoreError>> = None;
        loop {
            if let Err(error) = self.open() {
                return Err(broke.map_or_else(|| error.into(), BooksError::Unknown));
            }
            let Some(store) = self.session.as_mut() else {
                return Err(BooksError::Gone);
            };
            let mut fresh: BTreeMap<u128, Result<Done, Refused>> = BTreeMap::new();
            let replies = store.answer(asked, now, &mut |asked, done, fund| {
                fresh.insert(asked.id, done.clone());
                say(asked, done, fund)
            });
            match replies {
                Ok(replies) => {
                    count(&self.figures.groups, 1);
                    let expiries = fresh.values().filter_map(expiry);
                    self.next_expiry = expiries.fold(self.next_expiry, i64::min);
                    return Ok(self.told(asked, replies, fresh));
                }
                Err(error) if error.is_broken() => {
                    self.session = None;
                    // What it has booked after all may expire before anything that is known.
                    self.next_expiry = i64::MIN;
                    count(&self.figures.reopened, 1);
                    let again = broke.is_none();
                    let error = Arc::new(error);
                    if !again {
                        return Err(BooksError::Unknown(error));
                    }
                    tracing::warn!(%error, "the writer's session broke");
                    broke = Some(error);
                    thread::sleep(PAUSE);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn told(
        &self,
        asked: &[Asked],
        replies: Vec<Reply>,
        mut fresh: BTreeMap<u128, Result<Done, Refused>>,
    ) -> Vec<Ran> {
        let told = asked.iter().zip(replies).map(|(asked, reply)| match reply {
            Reply::Closed => Ran::Closed,
            Reply::OtherRequest => Ran::OtherRequest,
            Reply::Answered { answer, is_repeat } => {
                count(&self.figures.commands, 1);
                count(&self.figures.repeats, usize::from(is_repeat));
                let fresh = match is_repeat {
                    true => None,
                    false => fresh.remove(&asked.id),
                };
                Ran::Answered { answer, fresh }
            }
        });
        told.collect()
    }
}

/// When what was just done expires.
fn expiry(done: &Result<Done, Refused>) -> Option<i64> {
    match done {
        Ok(Done::Booked(entry)) => entry.voucher.kind.expires_at(),
        _ => None,
    }
}

/// Whether an error can be due to one command of a group.
fn is_of_one(error: &StoreError) -> bool {
    !matches!(
        error,
        StoreError::Database {
            kind: DatabaseKind::Busy | DatabaseKind::Missing | DatabaseKind::Other,
            ..
        }
    )
}
