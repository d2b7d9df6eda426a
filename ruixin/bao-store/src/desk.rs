//! What a service asks of the books: commands that are answered once, whoever asks how often.
//!
//! An answer is written by the transaction that does what was asked. A command that is booked could
//! be told again from what is booked; a refusal books nothing, and what it was decided by has
//! changed by the next time it is asked. So both are kept, as they were given, in a table of their
//! own: there is no moment at which one is on the disk without the other. They are kept until
//! [`Store::prune_answers`] finds them too old.

mod expired;
mod items;
mod prune;
mod refunds;
mod refused;
mod run;

use ruixin_bao::Day;
use ruixin_bao::fund::{Fund, Order, Request};
use ruixin_bao::ledger::{Account, Entry, Voucher};

use crate::error::StoreError;
use crate::store::Store;

pub use expired::Expired;
pub use items::{Ending, ItemKind, OpenItem};
pub use refused::Refused;

/// Is a command, with the id under which it is done once.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The id; of a voucher, an order and a refund it is theirs, too.
    pub id: u128,
    /// Of all that is asked: the same id with another digest is another request.
    pub digest: [u8; 32],
    /// What is to be done.
    pub deed: Deed,
}

/// Is what is to be done.
#[derive(Debug, Clone)]
pub enum Deed {
    /// Opens an account of the wallet; one that is there stays as it is.
    Open(Account),
    /// Books a voucher of the wallet.
    Book(Voucher),
    /// Books a voucher that resolves a pending one, if that is what it is taken for.
    Resolve {
        /// The voucher.
        voucher: Voucher,
        /// Says of the pending one whether it is of the kind that the caller means.
        is_meant: fn(&Entry) -> bool,
    },
    /// Gives back some or all of a payment to whoever paid.
    Refund {
        /// The voucher or order by which it was paid.
        payment: u128,
        /// How much, fen.
        amount_fen: i64,
        /// The day on whose books it stands.
        accounting_date: Day,
        /// What is written on it.
        memo: String,
    },
    /// Brings something to its end, in whole or in part, that was not at its end in the books that these
    /// were opened with.
    End {
        /// The name of the item.
        item: String,
        /// How it ends.
        ending: Ending,
        /// The day on whose books it stands.
        accounting_date: Day,
        /// What is written on it.
        memo: String,
    },
    /// Places an order of the fund.
    Place(Request),
    /// Puts money of the fund's manager into the risk reserve.
    Reserve {
        /// How much, fen.
        amount_fen: i64,
        /// The day on whose books it stands.
        accounting_date: Day,
    },
}

/// Is what was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// The account that is open now.
    Opened(Account),
    /// The voucher that is booked.
    Booked(Box<Entry>),
    /// The order that is placed.
    Placed(Order),
}

/// Is an answer as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status of HTTP, below 500: what has no answer has no status.
    pub status: i64,
    /// The body, or what it is made from.
    pub text: String,
}

/// Is what becomes of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// It is answered.
    Answered {
        /// The answer.
        answer: Answer,
        /// Whether it had been given before, and nothing was done now.
        is_repeat: bool,
    },
    /// The id was used for something else.
    OtherRequest,
    /// The window is closed, and the command was not answered before.
    Closed,
}

/// Writes the answer to what was done or refused, from the accounts as they are after it.
pub type Say<'a> = dyn FnMut(&Asked, &Result<Done, Refused>, &Fund) -> Answer + 'a;

impl Store {
    /// Answers commands at an instant, one after the other, in one transaction: each is done or
    /// refused by itself, and the replies are in the order of the commands. What was answered
    /// before is answered alike, whether the window is open or not.
    ///
    /// # Errors
    ///
    /// A number is too large, or the database refuses; then none is done.
    pub fn answer(
        &mut self,
        asked: &[Asked],
        now_micros: i64,
        say: &mut Say<'_>,
    ) -> Result<Vec<Reply>, StoreError> {
        self.run(asked, now_micros, say)
    }
}
