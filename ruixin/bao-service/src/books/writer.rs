//! The one session that writes, in groups.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use ruixin_bao_store::{Asked, DatabaseKind, Done, Refused, Reply, Store, StoreError};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use super::{BooksError, Figures, Ran, WRITING, count, session};
use crate::clock::Clock;
use crate::view::say;

/// Commands that wait at most.
const WAITING: usize = 4_096;
/// Commands that go together at most.
const GROUP: usize = 256;
/// How long to wait before a session that broke is opened anew.
const PAUSE: Duration = Duration::from_millis(200);

/// Is a command that waits, and who waits for it.
struct Job {
    asked: Asked,
    reply: oneshot::Sender<Result<Ran, BooksError>>,
}

/// Is the queue of the commands.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
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
        };
        thread::Builder::new()
            .name("bao writer".to_owned())
            .spawn(move || desk.write_on(waiting))
            .map_err(|error| BooksError::Thread(error.to_string()))?;
        Ok(Writer { jobs, figures })
    }

    pub(super) async fn run(&self, asked: Asked) -> Result<Ran, BooksError> {
        let (reply, answer) = oneshot::channel();
        let job = Job { asked, reply };
        self.figures.waiting.fetch_add(1, Ordering::Relaxed);
        self.jobs.try_send(job).map_err(|full| {
            self.figures.waiting.fetch_sub(1, Ordering::Relaxed);
            match full {
                TrySendError::Full(_) => BooksError::Busy,
                TrySendError::Closed(_) => BooksError::Gone,
            }
        })?;
        answer.await.map_err(|_| BooksError::Gone)?
    }
}

/// Is what the writer's thread has.
struct Desk {
    address: Arc<str>,
    clock: Clock,
    session: Option<Store>,
    figures: Arc<Figures>,
}

impl Desk {
    /// Answers until nobody can ask any more, and all that waited is answered.
    fn write_on(mut self, mut waiting: mpsc::Receiver<Job>) {
        while let Some(first) = waiting.blocking_recv() {
            let mut group = vec![first];
            while group.len() < GROUP {
                match waiting.try_recv() {
                    Ok(job) => group.push(job),
                    Err(_) => break,
                }
            }
            let length = u64::try_from(group.len()).unwrap_or(0);
            self.figures.waiting.fetch_sub(length, Ordering::Relaxed);
            self.answer(group);
        }
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

    /// Runs a group, and once more on a new session where the old one breaks: what the old one has
    /// done after all is found as answered.
    fn outcomes(&mut self, asked: &[Asked]) -> Result<Vec<Ran>, BooksError> {
        let mut broke: Option<Arc<StoreError>> = None;
        loop {
            if self.session.is_none() {
                match session(&self.address, WRITING) {
                    Ok(store) => self.session = Some(store),
                    Err(error) => {
                        return Err(broke.map_or_else(|| error.into(), BooksError::Unknown));
                    }
                }
            }
            let Some(store) = self.session.as_mut() else {
                return Err(BooksError::Gone);
            };
            let mut fresh: BTreeMap<u128, Result<Done, Refused>> = BTreeMap::new();
            let replies = store.answer(asked, self.clock.now(), &mut |asked, done, fund| {
                fresh.insert(asked.id, done.clone());
                say(asked, done, fund)
            });
            match replies {
                Ok(replies) => {
                    count(&self.figures.groups, 1);
                    return Ok(self.told(asked, replies, fresh));
                }
                Err(error) if error.is_broken() => {
                    self.session = None;
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
