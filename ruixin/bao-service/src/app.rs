//! What every handler has at hand.

use std::sync::Arc;

use ruixin_bao::Day;
use ruixin_service::gate::Gate;
use tokio::sync::{Mutex, Semaphore};

use crate::books::Books;

/// Registers that are written out at a time.
const REGISTERS: usize = 2;

/// Is what every handler has at hand. A clone is the same.
#[derive(Debug, Clone)]
pub(crate) struct App {
    /// The books, with the clock and the store of keys and sessions.
    pub(crate) books: Books,
    /// The limits.
    pub(crate) gate: Arc<Gate>,
    /// Each register that is written out has a session of its own, for as long as it takes.
    pub(crate) registers: Arc<Registers>,
    /// How many hold shares, of the last day that was asked for: that does not change any more. Held
    /// while the books are asked, so that however many want to know, one does.
    pub(crate) holders: Arc<Mutex<Option<(Day, u64)>>>,
}

/// Bounds how many registers are written out at a time.
#[derive(Debug)]
pub(crate) struct Registers(pub(crate) Arc<Semaphore>);

impl Default for Registers {
    fn default() -> Registers {
        Registers(Arc::new(Semaphore::new(REGISTERS)))
    }
}
