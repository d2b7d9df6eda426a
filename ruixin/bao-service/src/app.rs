//! What every handler has at hand.

use std::sync::Arc;

use ruixin_service::gate::Gate;

use crate::books::Books;

/// Is what every handler has at hand. A clone is the same.
#[derive(Debug, Clone)]
pub(crate) struct App {
    /// The books, with the clock and the store of keys and sessions.
    pub(crate) books: Books,
    /// The limits.
    pub(crate) gate: Arc<Gate>,
}
