//! What was given back of payments.

use std::collections::{BTreeMap, BTreeSet};

use ruixin_bao::fund::{MERCHANTS, USERS};
use ruixin_bao::ledger::{AccountId, Entry, Side, VoucherKind};

use super::run::AT_ONCE;
use crate::error::StoreError;
use crate::sql::{Session, Value, parameters};
use crate::store::padded;

/// Is what was given back of payments, by vouchers that were not taken back.
#[derive(Debug, Default)]
pub(super) struct Refunds {
    /// For each voucher of a refund its payment and amount.
    vouchers: BTreeMap<u128, (u128, i64)>,
    /// For each payment all of them.
    sums: BTreeMap<u128, i64>,
    /// Whatever has ever been a refund, also where it was taken back.
    ids: BTreeSet<u128>,
}

/// Is a payment: who paid whom how much.
pub(super) struct Paid {
    pub(super) user: AccountId,
    pub(super) merchant: AccountId,
    pub(super) amount_fen: i64,
}

/// Reads a voucher as a payment: a user's account pays one merchant's.
pub(super) fn paid(entry: &Entry) -> Option<Paid> {
    if !matches!(
        entry.voucher.kind,
        VoucherKind::Booking | VoucherKind::Rebooking { .. } | VoucherKind::Post { .. }
    ) {
        return None;
    }
    let one = |subject, side| {
        let mut found = entry
            .postings
            .iter()
            .filter(|posting| posting.account.subject == subject && posting.side == side);
        found.next().filter(|_| found.next().is_none())
    };
    let user = one(USERS, Side::Debit)?;
    let merchant = one(MERCHANTS, Side::Credit)?;
    (user.amount_fen == merchant.amount_fen).then_some(Paid {
        user: user.account,
        merchant: merchant.account,
        amount_fen: merchant.amount_fen,
    })
}

impl Refunds {
    /// Reads what was given back of payments, and what some vouchers gave back.
    pub(super) fn load(session: &mut dyn Session, ids: &[u128]) -> Result<Refunds, StoreError> {
        let mut refunds = Refunds::default();
        for ids in ids.chunks(AT_ONCE) {
            let ids = padded(ids.iter().map(|id| Value::from(*id)).collect());
            let list = parameters(1, ids.len());
            let sql = format!(
                "SELECT id, payment, amount, CASE WHEN EXISTS (SELECT 1 FROM voucher v \
                 WHERE v.kind = 'reversal' AND v.link_id = r.id AND v.link_part = 0) \
                 THEN 0 ELSE amount END FROM refund r WHERE payment IN {list} OR id IN {list}"
            );
            session.each("reading refunds", &sql, &ids, &mut |row| {
                let (id, given, standing) = (row.id(0)?, row.int(2)?, row.int(3)?);
                match standing == given {
                    true => refunds.add(id, row.id(1)?, given),
                    false => drop(refunds.ids.insert(id)),
                }
                Ok(())
            })?;
        }
        Ok(refunds)
    }

    pub(super) fn add(&mut self, id: u128, payment: u128, amount_fen: i64) {
        self.ids.insert(id);
        if self.vouchers.insert(id, (payment, amount_fen)).is_none() {
            let sum = self.sums.entry(payment).or_default();
            *sum = sum.saturating_add(amount_fen);
        }
    }

    /// Counts a refund no more: it was reversed.
    pub(super) fn take_back(&mut self, id: u128) {
        if let Some((payment, amount_fen)) = self.vouchers.remove(&id)
            && let Some(sum) = self.sums.get_mut(&payment)
        {
            *sum = sum.saturating_sub(amount_fen);
        }
    }

    /// Whether a voucher gives back so much of a payment, and was not taken back.
    pub(super) fn is(&self, id: u128, payment: u128, amount_fen: i64) -> bool {
        self.vouchers.get(&id) == Some(&(payment, amount_fen))
    }

    /// Whether a voucher has ever given back something of a payment.
    pub(super) fn has_been(&self, id: u128) -> bool {
        self.ids.contains(&id)
    }

    pub(super) fn of(&self, payment: u128) -> Option<i64> {
        self.sums.get(&payment).copied()
    }
}
