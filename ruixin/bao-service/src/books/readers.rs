//! A few sessions that read.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use ruixin_bao_store::{Store, StoreError};
use tokio::sync::oneshot;

use super::{BooksError, Figures, READING};

/// Sessions that read.
const READERS: usize = 4;
/// Readings that wait at most.
const WAITING: usize = 1_024;

/// Is a reading that waits: it runs on a session, or is told why there is none, and says whether the
/// session is broken. Who asked is told of a broken one only if it is the last that is tried.
type Reading = Box<dyn FnMut(Result<&mut Store, StoreError>, bool) -> bool + Send>;

/// Is the queue of the readings.
#[derive(Debug)]
pub(super) struct Readers {
    readings: SyncSender<Reading>,
}

impl Readers {
    pub(super) fn begin(address: &Arc<str>, figures: &Arc<Figures>) -> Result<Readers, BooksError> {
        let (readings, waiting) = sync_channel::<Reading>(WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        for number in 0..READERS {
            let (address, waiting, figures) = (address.clone(), waiting.clone(), figures.clone());
            thread::Builder::new()
                .name(format!("bao reader {number}"))
                .spawn(move || read_on(&address, &waiting, &figures))
                .map_err(|error| BooksError::Thread(error.to_string()))?;
        }
        Ok(Readers { readings })
    }

    pub(super) async fn read<T: Send + 'static>(
        &self,
        mut read: impl FnMut(&mut Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, BooksError> {
        let (reply, answer) = oneshot::channel();
        let mut reply = Some(reply);
        let reading: Reading = Box::new(move |store, is_last| {
            // Who asked has gone: nobody wants to know.
            if reply.as_ref().is_none_or(oneshot::Sender::is_closed) {
                return false;
            }
            let found = store.and_then(&mut read);
            let is_broken = found.as_ref().is_err_and(StoreError::is_broken);
            if (is_last || !is_broken)
                && let Some(reply) = reply.take()
            {
                drop(reply.send(found));
            }
            is_broken
        });
        self.readings.try_send(reading).map_err(|full| match full {
            TrySendError::Full(_) => BooksError::Busy,
            TrySendError::Disconnected(_) => BooksError::Gone,
        })?;
        Ok(answer.await.map_err(|_| BooksError::Gone)??)
    }
}

fn read_on(address: &str, waiting: &Mutex<Receiver<Reading>>, figures: &Figures) {
    let mut session: Option<Store> = None;
    loop {
        let next = waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        let Ok(mut reading) = next else { return };
        // The database may have ended a session while nobody read: what was asked for is read once
        // more, on a new one.
        for is_last in [session.is_none(), true] {
            let opened = match session.as_mut() {
                Some(store) => Ok(store),
                None => super::session(address, READING).map(|store| session.insert(store)),
            };
            if !reading(opened, is_last) {
                break;
            }
            session = None;
            figures.reopened.fetch_add(1, Ordering::Relaxed);
            if is_last {
                break;
            }
        }
    }
}
