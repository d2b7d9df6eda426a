//! The rule book: what a voucher does to a book, or why it must not.

use std::collections::BTreeMap;

use super::Book;
use super::account::{Account, AccountId, Limit, Side};
use super::error::{Difference, LedgerError};
use super::voucher::{Entry, Posting, Resolution, Resolved, Voucher, VoucherId, VoucherKind};

/// Is what the book says to a voucher that it does not refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision<'a> {
    /// It was booked before, with the same content.
    Exists(&'a Entry),
    /// It is to be booked.
    Book(Box<Effects>),
}

/// Is all that a voucher changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effects {
    /// The voucher, as it is booked.
    pub entry: Entry,
    /// The accounts that it moves, as they are afterwards, by subject and number.
    pub accounts: Vec<Account>,
    /// The voucher that it resolves or corrects, as it is afterwards.
    pub linked: Option<Entry>,
}

/// Where postings go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Posted,
    Pending,
}

/// Is what a voucher comes to, before the accounts are looked at.
#[derive(Debug, Default)]
struct Plan {
    posted: Vec<Posting>,
    pending: Vec<Posting>,
    released: Vec<Posting>,
    linked: Option<Entry>,
}

impl Book {
    /// Decides on a voucher at an instant, and changes nothing.
    ///
    /// The rules are gone through in a fixed order: the id, the voucher by itself, the voucher that
    /// it refers to, the accounts, their totals, their limits, each leg by leg. The first that is
    /// broken is the answer.
    ///
    /// # Errors
    ///
    /// The first rule that is broken.
    pub fn decide(&self, voucher: &Voucher, now_micros: i64) -> Result<Decision<'_>, LedgerError> {
        if let Some(entry) = self.entry(voucher.id) {
            return match difference(voucher, &entry.voucher) {
                None => Ok(Decision::Exists(entry)),
                Some(difference) => Err(LedgerError::VoucherExistsWithOtherContent {
                    voucher: voucher.id,
                    difference,
                }),
            };
        }
        check_postings(voucher)?;
        let plan = self.plan(voucher, now_micros)?;
        let accounts = self.moved(&plan)?;
        let postings = match voucher.kind {
            VoucherKind::Pending { .. } => plan.pending,
            _ => plan.posted,
        };
        Ok(Decision::Book(Box::new(Effects {
            entry: Entry {
                voucher: voucher.clone(),
                booked_at: now_micros,
                postings,
                resolved: None,
                reversed_by: None,
                rebooked_by: None,
            },
            accounts,
            linked: plan.linked,
        })))
    }

    fn plan(&self, voucher: &Voucher, now: i64) -> Result<Plan, LedgerError> {
        match voucher.kind {
            VoucherKind::Booking => Ok(Plan {
                posted: voucher.postings.clone(),
                ..Plan::default()
            }),
            VoucherKind::Pending { expires_at } => match expires_at {
                Some(expires_at) if expires_at <= now => {
                    Err(LedgerError::ExpiryNotAhead { expires_at, now })
                }
                _ => Ok(Plan {
                    pending: voucher.postings.clone(),
                    ..Plan::default()
                }),
            },
            VoucherKind::Post { pending } => self.plan_post(voucher, pending, now),
            VoucherKind::Void { pending } => {
                let pending = self.unresolved(pending, now)?;
                let resolution = match pending.voucher.kind.expires_at() {
                    Some(expires_at) if expires_at <= now => Resolution::Expired,
                    _ => Resolution::Voided,
                };
                Ok(Plan {
                    released: pending.postings.clone(),
                    linked: Some(resolved(pending, resolution, voucher.id)),
                    ..Plan::default()
                })
            }
            VoucherKind::Reversal { original } => self.plan_reversal(voucher, original, now),
            VoucherKind::Rebooking { original } => self.plan_rebooking(voucher, original, now),
        }
    }

    fn plan_post(&self, voucher: &Voucher, id: VoucherId, now: i64) -> Result<Plan, LedgerError> {
        let pending = self.unresolved(id, now)?;
        if let Some(expires_at) = pending.voucher.kind.expires_at().filter(|at| *at <= now) {
            let voucher = id;
            return Err(LedgerError::PendingExpired {
                voucher,
                expires_at,
            });
        }
        let posted = if voucher.postings.is_empty() {
            pending.postings.clone()
        } else {
            check_within(&voucher.postings, &pending.postings)?;
            voucher.postings.clone()
        };
        Ok(Plan {
            posted,
            released: pending.postings.clone(),
            linked: Some(resolved(pending, Resolution::Posted, voucher.id)),
            ..Plan::default()
        })
    }

    fn plan_reversal(
        &self,
        voucher: &Voucher,
        original: VoucherId,
        now: i64,
    ) -> Result<Plan, LedgerError> {
        let entry = self.linked(original, now)?;
        match entry.voucher.kind {
            VoucherKind::Booking | VoucherKind::Post { .. } | VoucherKind::Rebooking { .. } => {}
            VoucherKind::Pending { .. }
            | VoucherKind::Void { .. }
            | VoucherKind::Reversal { .. } => {
                return Err(LedgerError::NotReversible { voucher: original });
            }
        }
        if let Some(by) = entry.reversed_by {
            let voucher = original;
            return Err(LedgerError::AlreadyReversed { voucher, by });
        }
        let red = |posting: &Posting| Posting {
            amount_fen: posting.amount_fen.saturating_neg(),
            ..*posting
        };
        Ok(Plan {
            posted: entry.postings.iter().map(red).collect(),
            linked: Some(Entry {
                reversed_by: Some(voucher.id),
                ..entry.clone()
            }),
            ..Plan::default()
        })
    }

    fn plan_rebooking(
        &self,
        voucher: &Voucher,
        original: VoucherId,
        now: i64,
    ) -> Result<Plan, LedgerError> {
        let entry = self.linked(original, now)?;
        if entry.reversed_by.is_none() {
            return Err(LedgerError::NotReversed { voucher: original });
        }
        if let Some(by) = entry.rebooked_by {
            let voucher = original;
            return Err(LedgerError::AlreadyRebooked { voucher, by });
        }
        Ok(Plan {
            posted: voucher.postings.clone(),
            linked: Some(Entry {
                rebooked_by: Some(voucher.id),
                ..entry.clone()
            }),
            ..Plan::default()
        })
    }

    /// Gives a voucher that is referred to, which must have come before.
    fn linked(&self, id: VoucherId, now: i64) -> Result<&Entry, LedgerError> {
        let entry = self.entry(id);
        let entry = entry.ok_or(LedgerError::VoucherNotFound { voucher: id })?;
        if entry.booked_at > now {
            return Err(LedgerError::BeforeLinked {
                voucher: id,
                booked_at: entry.booked_at,
                now,
            });
        }
        Ok(entry)
    }

    /// Gives a pending voucher that nothing has resolved.
    fn unresolved(&self, id: VoucherId, now: i64) -> Result<&Entry, LedgerError> {
        let entry = self.linked(id, now)?;
        if !matches!(entry.voucher.kind, VoucherKind::Pending { .. }) {
            return Err(LedgerError::NotPending { voucher: id });
        }
        let Some(Resolved { resolution, by }) = entry.resolved else {
            return Ok(entry);
        };
        let voucher = id;
        Err(match resolution {
            Resolution::Posted => LedgerError::AlreadyPosted { voucher, by },
            Resolution::Voided => LedgerError::AlreadyVoided { voucher, by },
            Resolution::Expired => LedgerError::AlreadyExpired { voucher, by },
        })
    }

    /// Gives the accounts as they are afterwards, if all of them can be so.
    fn moved(&self, plan: &Plan) -> Result<Vec<Account>, LedgerError> {
        let mut moved: BTreeMap<AccountId, Account> = BTreeMap::new();
        let mut in_order = Vec::new();
        let released = plan.released.iter().map(|posting| Posting {
            amount_fen: posting.amount_fen.saturating_neg(),
            ..*posting
        });
        let released = released.map(|posting| (Phase::Pending, posting));
        let posted = plan.posted.iter().map(|posting| (Phase::Posted, *posting));
        let pending = plan
            .pending
            .iter()
            .map(|posting| (Phase::Pending, *posting));
        for (phase, posting) in released.chain(posted).chain(pending) {
            let id = posting.account;
            let account = match moved.entry(id) {
                std::collections::btree_map::Entry::Occupied(there) => there.into_mut(),
                std::collections::btree_map::Entry::Vacant(vacant) => {
                    let account = self.account(id);
                    let account = account.ok_or(LedgerError::AccountNotFound { account: id })?;
                    in_order.push(id);
                    vacant.insert(account.clone())
                }
            };
            let totals = &mut account.totals;
            let added = match phase {
                Phase::Posted => totals.add_posted(posting.side, posting.amount_fen),
                Phase::Pending => totals.add_pending(posting.side, posting.amount_fen),
            };
            added.ok_or(LedgerError::TotalOverflow { account: id })?;
        }
        for account in in_order.iter().filter_map(|id| moved.get(id)) {
            check_limit(account)?;
        }
        Ok(moved.into_values().collect())
    }
}

fn resolved(pending: &Entry, resolution: Resolution, by: VoucherId) -> Entry {
    Entry {
        resolved: Some(Resolved { resolution, by }),
        ..pending.clone()
    }
}

fn check_limit(account: &Account) -> Result<(), LedgerError> {
    let Some(short_fen) = account.excess_fen() else {
        return Ok(());
    };
    let account_id = account.id;
    Err(match account.limit {
        Limit::CreditsMustNotExceedDebits => LedgerError::CreditsExceedDebits {
            account: account_id,
            short_fen,
        },
        Limit::DebitsMustNotExceedCredits | Limit::None => LedgerError::DebitsExceedCredits {
            account: account_id,
            short_fen,
        },
    })
}

/// Checks the legs by themselves.
fn check_postings(voucher: &Voucher) -> Result<(), LedgerError> {
    let postings = &voucher.postings;
    match voucher.kind {
        VoucherKind::Post { .. } if postings.is_empty() => return Ok(()),
        VoucherKind::Void { .. } | VoucherKind::Reversal { .. } => {
            return if postings.is_empty() {
                Ok(())
            } else {
                Err(LedgerError::PostingsNotAllowed)
            };
        }
        _ if postings.len() < 2 => {
            return Err(LedgerError::TooFewPostings {
                postings: postings.len(),
            });
        }
        _ => {}
    }
    let (mut debits_fen, mut credits_fen) = (0_i128, 0_i128);
    for (leg, posting) in (1..).zip(postings) {
        let amount_fen = posting.amount_fen;
        if amount_fen <= 0 {
            return Err(LedgerError::AmountNotPositive { leg, amount_fen });
        }
        let sum = match posting.side {
            Side::Debit => &mut debits_fen,
            Side::Credit => &mut credits_fen,
        };
        // No memory holds so many legs that 128 bits do not hold their sum.
        *sum = sum.saturating_add(i128::from(amount_fen));
    }
    if debits_fen != credits_fen {
        return Err(LedgerError::NotBalanced {
            debits_fen,
            credits_fen,
        });
    }
    Ok(())
}

/// Checks that on no side of an account more is posted than is held.
fn check_within(posted: &[Posting], pending: &[Posting]) -> Result<(), LedgerError> {
    let held = by_account_and_side(pending);
    for ((account, side), amount_fen) in by_account_and_side(posted) {
        let pending_fen = held.get(&(account, side)).copied().unwrap_or(0);
        if amount_fen > pending_fen {
            return Err(LedgerError::ExceedsPending {
                account,
                amount_fen,
                pending_fen,
            });
        }
    }
    Ok(())
}

fn by_account_and_side(postings: &[Posting]) -> BTreeMap<(AccountId, Side), i128> {
    let mut sums = BTreeMap::new();
    for posting in postings {
        let sum: &mut i128 = sums.entry((posting.account, posting.side)).or_default();
        *sum = sum.saturating_add(i128::from(posting.amount_fen));
    }
    sums
}

/// Names the first thing in which two vouchers differ, the id aside.
fn difference(asked: &Voucher, booked: &Voucher) -> Option<Difference> {
    let is_other_kind = std::mem::discriminant(&asked.kind) != std::mem::discriminant(&booked.kind);
    if is_other_kind {
        return Some(Difference::Kind);
    }
    if asked.kind.link() != booked.kind.link() {
        return Some(Difference::Link);
    }
    if asked.kind.expires_at() != booked.kind.expires_at() {
        return Some(Difference::Expiry);
    }
    if asked.accounting_date != booked.accounting_date {
        return Some(Difference::AccountingDate);
    }
    if asked.postings.len() != booked.postings.len() {
        return Some(Difference::Postings);
    }
    for (leg, (asked, booked)) in (1..).zip(asked.postings.iter().zip(&booked.postings)) {
        if asked.account != booked.account {
            return Some(Difference::Account(leg));
        }
        if asked.side != booked.side {
            return Some(Difference::Side(leg));
        }
        if asked.amount_fen != booked.amount_fen {
            return Some(Difference::Amount(leg));
        }
    }
    (asked.memo != booked.memo).then_some(Difference::Memo)
}
