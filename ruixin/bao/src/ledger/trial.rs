//! The trial balance of any moment, made from the vouchers alone.

use std::collections::BTreeMap;

use super::account::{Account, AccountId, AccountKind, Side, Totals};
use super::error::LedgerError;
use super::voucher::{Entry, Posting, VoucherId, VoucherKind};

/// Is what one account had at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrialLine {
    /// The account.
    pub account: AccountId,
    /// What it is.
    pub kind: AccountKind,
    /// Its gross totals at the moment.
    pub totals: Totals,
}

/// Is the trial balance (试算平衡) of a moment. All totals are gross, in fen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialBalance {
    /// The moment, in microseconds since 1970 UTC; what was booked at it is in.
    pub at_micros: i64,
    /// A line for each account over which anything had gone, by subject and number.
    pub lines: Vec<TrialLine>,
    /// All posted debits.
    pub debits_posted_fen: i128,
    /// All posted credits.
    pub credits_posted_fen: i128,
    /// All pending debits.
    pub debits_pending_fen: i128,
    /// All pending credits.
    pub credits_pending_fen: i128,
}

impl TrialBalance {
    /// Says whether debits are credits, posted and pending.
    pub fn is_balanced(&self) -> bool {
        self.debits_posted_fen == self.credits_posted_fen
            && self.debits_pending_fen == self.credits_pending_fen
    }
}

impl TrialLine {
    /// Gives the posted balance on the normal side of the account, fen.
    pub fn balance_fen(&self) -> i64 {
        let side = self.kind.normal_side();
        let other = self.totals.posted_fen(side.other());
        self.totals.posted_fen(side).saturating_sub(other)
    }
}

/// Adds up all vouchers booked until an instant, that instant among it, in any order.
///
/// It looks at no balance that an account keeps: so it is also the check of them.
///
/// # Errors
///
/// A total does not fit, a leg names an account that is not given, or a voucher resolves one that
/// is not.
pub fn trial_balance<'a>(
    accounts: impl IntoIterator<Item = &'a Account>,
    entries: impl IntoIterator<Item = &'a Entry>,
    at_micros: i64,
) -> Result<TrialBalance, LedgerError> {
    let kinds: BTreeMap<AccountId, AccountKind> = accounts
        .into_iter()
        .map(|account| (account.id, account.kind))
        .collect();
    let booked: BTreeMap<VoucherId, &Entry> = entries
        .into_iter()
        .filter(|entry| entry.booked_at <= at_micros)
        .map(|entry| (entry.voucher.id, entry))
        .collect();
    let mut totals: BTreeMap<AccountId, Totals> = BTreeMap::new();
    for entry in booked.values() {
        match entry.voucher.kind {
            VoucherKind::Pending { .. } => add(&mut totals, &entry.postings, Totals::add_pending)?,
            VoucherKind::Post { pending } | VoucherKind::Void { pending } => {
                let pending = booked
                    .get(&pending)
                    .ok_or(LedgerError::VoucherNotFound { voucher: pending })?;
                add(&mut totals, &pending.postings, release)?;
                add(&mut totals, &entry.postings, Totals::add_posted)?;
            }
            VoucherKind::Booking | VoucherKind::Reversal { .. } | VoucherKind::Rebooking { .. } => {
                add(&mut totals, &entry.postings, Totals::add_posted)?;
            }
        }
    }
    let line = |(account, totals): (AccountId, Totals)| {
        let kind = kinds.get(&account).copied();
        let kind = kind.ok_or(LedgerError::AccountNotFound { account })?;
        Ok(TrialLine {
            account,
            kind,
            totals,
        })
    };
    let lines: Vec<TrialLine> = totals.into_iter().map(line).collect::<Result<_, _>>()?;
    let sum = |of: fn(&Totals) -> i64| lines.iter().map(|line| i128::from(of(&line.totals))).sum();
    Ok(TrialBalance {
        at_micros,
        debits_posted_fen: sum(|totals| totals.debits_posted_fen),
        credits_posted_fen: sum(|totals| totals.credits_posted_fen),
        debits_pending_fen: sum(|totals| totals.debits_pending_fen),
        credits_pending_fen: sum(|totals| totals.credits_pending_fen),
        lines,
    })
}

fn release(totals: &mut Totals, side: Side, amount_fen: i64) -> Option<()> {
    totals.add_pending(side, amount_fen.checked_neg()?)
}

fn add(
    totals: &mut BTreeMap<AccountId, Totals>,
    postings: &[Posting],
    add: fn(&mut Totals, Side, i64) -> Option<()>,
) -> Result<(), LedgerError> {
    for posting in postings {
        let account = posting.account;
        let totals = totals.entry(account).or_default();
        add(totals, posting.side, posting.amount_fen)
            .ok_or(LedgerError::TotalOverflow { account })?;
    }
    Ok(())
}
