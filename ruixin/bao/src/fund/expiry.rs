//! Pending vouchers that have expired: the house releases what they hold.

use super::Fund;
use super::day::Stage;
use super::error::FundError;
use crate::ledger::{Decision, Effects, Voucher, VoucherId, VoucherKind};

/// Part of the voucher that releases a pending one: orders, days and opening books have the parts before.
const RELEASE: u32 = 8;

/// Names the voucher by which the house releases a pending one that has expired. It follows from that
/// one's name, so whoever releases it once more, after a crash or beside another, finds it released.
pub fn release_of(pending: VoucherId) -> VoucherId {
    pending.with_part(RELEASE)
}

impl Fund {
    /// Releases all pending vouchers that have expired by an instant, each by a voucher of the house's
    /// on the books of that day, and gives how many. Once more there is nothing left to do.
    ///
    /// # Errors
    ///
    /// Nothing can be booked on that day: the calendar does not cover it, or it is closed.
    pub fn release_expired(&mut self, now_micros: i64) -> Result<usize, FundError> {
        let expired = self.book.expired(now_micros);
        let expired: Vec<VoucherId> = expired.map(|entry| entry.voucher.id).collect();
        let mut released: usize = 0;
        for pending in expired {
            if let Some(effects) = self.decide_release(pending, now_micros)? {
                self.book.apply(effects);
                released = released.saturating_add(1);
            }
        }
        Ok(released)
    }

    /// Decides on the release of a pending voucher, and changes nothing; gives nothing where it is not
    /// there, has not expired by that instant, or holds nothing any more. A page needs the voucher, its
    /// accounts, and the days.
    ///
    /// # Errors
    ///
    /// See [`Fund::release_expired`].
    pub fn decide_release(
        &self,
        pending: VoucherId,
        now_micros: i64,
    ) -> Result<Option<Effects>, FundError> {
        let entry = self.book.entry(pending);
        if entry.is_none_or(|entry| !entry.has_expired(now_micros)) {
            return Ok(None);
        }
        let day = self.terms.day_to_book(now_micros)?;
        if self.stage(day) >= Stage::Closed {
            return Err(FundError::DayClosed { day });
        }
        let kind = VoucherKind::Void { pending };
        let voucher = Voucher::of_kind(kind, release_of(pending), day, Vec::new());
        Ok(match self.book.decide(&voucher, now_micros)? {
            Decision::Book(effects) => Some(*effects),
            Decision::Exists(_) => None,
        })
    }
}
