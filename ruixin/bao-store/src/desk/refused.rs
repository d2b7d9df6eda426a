//! Why a command was not done.

use ruixin_bao::fund::FundError;
use ruixin_bao::ledger::{LedgerError, VoucherId};
use thiserror::Error;

/// Says why a command was refused: the first rule that it breaks.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the fields are what the messages name")]
pub enum Refused {
    /// The fund, the calendar or the book refuses.
    #[error(transparent)]
    Fund(#[from] FundError),
    /// The voucher is not of the kind that the caller takes it for.
    #[error("voucher {voucher} is there, and is something else")]
    OtherVoucher { voucher: VoucherId },
    /// There is no such payment.
    #[error("{voucher} is no payment")]
    NoPayment { voucher: VoucherId },
    /// The payment has been taken back.
    #[error("payment {voucher} has been reversed")]
    PaymentReversed { voucher: VoucherId },
    /// More is to be given back than is left of the payment.
    #[error("{asked_fen} fen are to be given back, and {left_fen} are left of the payment")]
    RefundExceeds { left_fen: i64, asked_fen: i64 },
    /// A payment of which something was given back cannot be taken back.
    #[error("{refunded_fen} fen of payment {voucher} have been given back")]
    HasRefunds {
        voucher: VoucherId,
        refunded_fen: i64,
    },
    /// A refund that was taken back is given anew, and not booked in another's place.
    #[error("voucher {voucher} was a refund: give it back anew")]
    RebooksRefund { voucher: VoucherId },
    /// Nothing of the name was open in the books that these were opened with.
    #[error("nothing was open under the name {item}")]
    NoItem { item: String },
    /// It ends in another way.
    #[error("what was open under the name {item} does not end like this")]
    OtherItem { item: String },
    /// It is at its end.
    #[error("what was open under the name {item} is at its end")]
    ItemEnded { item: String },
    /// More is to be released than is held.
    #[error("{asked_fen} fen are to be released, and {left_fen} are held")]
    ReleaseExceeds { left_fen: i64, asked_fen: i64 },
    /// What brought an item to its end and was taken back is done anew, and not booked in another's place.
    #[error("voucher {voucher} brought an open item to its end: end it anew")]
    RebooksEnd { voucher: VoucherId },
}

impl Refused {
    /// Gives the stable code of the refusal.
    pub const fn code(&self) -> &'static str {
        match self {
            Refused::Fund(error) => error.code(),
            Refused::OtherVoucher { .. } => "voucher_of_other_kind",
            Refused::NoPayment { .. } => "payment_not_found",
            Refused::PaymentReversed { .. } => "payment_reversed",
            Refused::RefundExceeds { .. } => "refund_exceeds_payment",
            Refused::HasRefunds { .. } => "payment_has_refunds",
            Refused::RebooksRefund { .. } => "refund_given_anew",
            Refused::NoItem { .. } => "item_not_found",
            Refused::OtherItem { .. } => "item_of_other_kind",
            Refused::ItemEnded { .. } => "item_ended",
            Refused::ReleaseExceeds { .. } => "release_exceeds_hold",
            Refused::RebooksEnd { .. } => "item_ended_anew",
        }
    }
}

impl From<LedgerError> for Refused {
    fn from(error: LedgerError) -> Refused {
        Refused::Fund(error.into())
    }
}
