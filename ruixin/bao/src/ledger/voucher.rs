//! Vouchers: what is asked of the book, and what it has booked.

use std::fmt;

use super::account::{AccountId, Side};
use crate::day::Day;

/// Names a voucher.
///
/// `id` is the client's, such as a UUID. `part` is 0 for what the client asks for itself; vouchers
/// that the fund books on behalf of an order have the order's id and parts of their own, which no
/// client can take before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VoucherId {
    /// The client's id.
    pub id: u128,
    /// Which voucher under that id.
    pub part: u32,
}

/// Is one leg of a voucher (分录).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Posting {
    /// The account.
    pub account: AccountId,
    /// Its side.
    pub side: Side,
    /// The amount in fen: above zero in what a client gives, below zero in a reversal (红字).
    pub amount_fen: i64,
}

/// Is what a voucher does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VoucherKind {
    /// Books its postings for good.
    Booking,
    /// Holds its postings (冻结) until it is resolved.
    Pending {
        /// The instant from which on it cannot be posted, in microseconds since 1970 UTC.
        expires_at: Option<i64>,
    },
    /// Posts a pending voucher: its own postings, none of which is more than what is held on that
    /// side of that account, or all that is held where it has none. What is left is released.
    Post {
        /// The pending voucher.
        pending: VoucherId,
    },
    /// Releases a pending voucher (解冻). It has no postings.
    Void {
        /// The pending voucher.
        pending: VoucherId,
    },
    /// Takes back a voucher (红冲). It has no postings: they follow from the original.
    Reversal {
        /// The voucher that is taken back.
        original: VoucherId,
    },
    /// Books in place of a voucher that was taken back (蓝补).
    Rebooking {
        /// The voucher that was taken back.
        original: VoucherId,
    },
}

/// Is what is asked of the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voucher {
    /// Its name.
    pub id: VoucherId,
    /// What it does.
    pub kind: VoucherKind,
    /// The day on whose books it stands (会计日期).
    pub accounting_date: Day,
    /// Its legs, in an order that is part of its content.
    pub postings: Vec<Posting>,
    /// What is written on it, for people.
    pub memo: String,
}

/// Is how a pending voucher ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resolution {
    /// It was posted, in whole or in part.
    Posted,
    /// It was voided before it expired, or never would have.
    Voided,
    /// It was voided after it had expired.
    Expired,
}

/// Says how and by which voucher a pending voucher ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resolved {
    /// How.
    pub resolution: Resolution,
    /// By which voucher.
    pub by: VoucherId,
}

/// Is a voucher that was booked, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What was asked for.
    pub voucher: Voucher,
    /// When the book took it, in microseconds since 1970 UTC.
    pub booked_at: i64,
    /// The legs that it came to: given, or those of the voucher that it posts or takes back.
    pub postings: Vec<Posting>,
    /// Of a pending voucher: how it ended.
    pub resolved: Option<Resolved>,
    /// The voucher that took it back.
    pub reversed_by: Option<VoucherId>,
    /// The voucher that was booked in its place.
    pub rebooked_by: Option<VoucherId>,
}

impl Entry {
    /// Says whether it is a pending voucher that has expired by an instant and still holds its amounts.
    pub fn has_expired(&self, now_micros: i64) -> bool {
        let expiry = self.voucher.kind.expires_at();
        self.resolved.is_none() && expiry.is_some_and(|expiry| expiry <= now_micros)
    }
}

impl VoucherId {
    /// Names a voucher as its client does.
    pub const fn of_client(id: u128) -> VoucherId {
        VoucherId { id, part: 0 }
    }

    /// Names another voucher under the same id.
    pub const fn with_part(self, part: u32) -> VoucherId {
        VoucherId { part, ..self }
    }
}

impl fmt::Display for VoucherId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            0 => write!(f, "{:032x}", self.id),
            part => write!(f, "{:032x}/{part}", self.id),
        }
    }
}

impl Posting {
    /// Debits an account, fen.
    pub const fn debit(account: AccountId, amount_fen: i64) -> Posting {
        Posting {
            account,
            side: Side::Debit,
            amount_fen,
        }
    }

    /// Credits an account, fen.
    pub const fn credit(account: AccountId, amount_fen: i64) -> Posting {
        Posting {
            account,
            side: Side::Credit,
            amount_fen,
        }
    }
}

impl VoucherKind {
    /// Gives the voucher that this one resolves or corrects.
    pub const fn link(&self) -> Option<VoucherId> {
        match self {
            VoucherKind::Booking | VoucherKind::Pending { .. } => None,
            VoucherKind::Post { pending } | VoucherKind::Void { pending } => Some(*pending),
            VoucherKind::Reversal { original } | VoucherKind::Rebooking { original } => {
                Some(*original)
            }
        }
    }

    /// Gives the instant from which on it cannot be posted.
    pub const fn expires_at(&self) -> Option<i64> {
        match self {
            VoucherKind::Pending { expires_at } => *expires_at,
            _ => None,
        }
    }
}

impl Voucher {
    /// Books postings for good.
    pub fn booking(id: VoucherId, accounting_date: Day, postings: Vec<Posting>) -> Voucher {
        Voucher::of_kind(VoucherKind::Booking, id, accounting_date, postings)
    }

    /// Makes a voucher of any kind, with nothing written on it.
    pub fn of_kind(
        kind: VoucherKind,
        id: VoucherId,
        accounting_date: Day,
        postings: Vec<Posting>,
    ) -> Voucher {
        Voucher {
            id,
            kind,
            accounting_date,
            postings,
            memo: String::new(),
        }
    }
}
