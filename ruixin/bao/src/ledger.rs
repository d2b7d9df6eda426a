//! The double-entry book (复式账簿): accounts, vouchers, and what holds of them at every moment.
//!
//! ```
//! use ruixin_bao::Day;
//! use ruixin_bao::ledger::{
//!     Account, AccountId, AccountKind, Book, Limit, Posting, Voucher, VoucherId,
//! };
//!
//! let bank = AccountId::new(1002, 0);
//! let user = AccountId::new(2001, 6_000_000_000_000_001);
//! let mut book = Book::new();
//! book.open_account(Account::new(bank, AccountKind::Asset, Limit::CreditsMustNotExceedDebits))?;
//! book.open_account(Account::new(user, AccountKind::Liability, Limit::DebitsMustNotExceedCredits))?;
//!
//! let day: Day = "2013-05-28".parse()?;
//! let top_up = Voucher::booking(
//!     VoucherId::of_client(7),
//!     day,
//!     vec![Posting::debit(bank, 10_000), Posting::credit(user, 10_000)],
//! );
//! book.book(&top_up, 1_369_699_200_000_000)?;
//! assert_eq!(book.account(user).map(Account::available_fen), Some(10_000));
//!
//! // Once more: it is there already, and nothing happens twice.
//! assert!(book.book(&top_up, 1_369_699_300_000_000)?.is_repeat());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The rules
//!
//! - A **voucher** (凭证) has two postings or more, each above zero, and its debits are its credits.
//!   It is booked as a whole or not at all: what is refused changes nothing.
//! - An account keeps **gross totals**: debits and credits apart, posted and pending apart. A net
//!   balance would hide two errors that cancel.
//! - **Limits** count what is pending against the account, and not what is pending in its favour:
//!   `debits_pending + debits_posted ≤ credits_posted`, or the mirror of it. They are checked when
//!   all of the voucher's postings have been made.
//! - **Two phases.** A pending voucher (冻结) holds its amounts. It is resolved once at most: posted
//!   in whole or in part, which releases the rest, or voided. From its expiry on it cannot be
//!   posted; it holds its amounts until it is voided, so that the book moves by vouchers and not by
//!   itself. Whoever keeps the book does that as soon as the time has come, see
//!   [`crate::fund::Fund::release_expired`].
//! - **Ids** are the client's. The same id and the same content is a repeat and answers with what
//!   was booked; the same id and other content is an error that names what differs. An id that was
//!   refused is free again.
//! - **Corrections** are vouchers. A reversal (红冲) books the original's postings once more, on the
//!   same sides, below zero (红字), so that turnover does not grow by a mistake, as in the books that
//!   were converted from Ruixin Pay. A rebooking (蓝补) names the original, which must have been
//!   reversed, and has postings of its own. An original is reversed once at most and rebooked once.
//! - **Two times.** The accounting date is what the client says. The instant is the one at which
//!   the book took it. Neither is derived from the other. A voucher that resolves or corrects
//!   another one has no earlier instant. For a trial balance of the past to stand, instants must
//!   not go back.

mod account;
mod decide;
mod error;
mod trial;
mod voucher;

pub use account::{Account, AccountId, AccountKind, Limit, Side, Totals};
pub use decide::{Decision, Effects};
pub use error::{Difference, LedgerError};
pub use trial::{TrialBalance, TrialLine, trial_balance};
pub use voucher::{Entry, Posting, Resolution, Resolved, Voucher, VoucherId, VoucherKind};

use std::collections::{BTreeMap, BTreeSet};

/// Is a book, or a page of one: the accounts and vouchers that a request names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Book {
    accounts: BTreeMap<AccountId, Account>,
    entries: BTreeMap<VoucherId, Entry>,
}

/// Is what became of a voucher that was not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was booked.
    Booked,
    /// It had been booked before, with the same content.
    Exists,
}

impl Outcome {
    /// Says whether the voucher had been booked before.
    pub fn is_repeat(self) -> bool {
        self == Outcome::Exists
    }
}

impl Book {
    /// Makes an empty book.
    pub fn new() -> Book {
        Book::default()
    }

    /// Opens an account. One that is there already with the same kind and limit stays as it is.
    ///
    /// # Errors
    ///
    /// The account is there with another kind or limit, or the new one has totals: a book begins
    /// with vouchers, not with balances.
    pub fn open_account(&mut self, account: Account) -> Result<Outcome, LedgerError> {
        if let Some(there) = self.accounts.get(&account.id) {
            if there.kind != account.kind || there.limit != account.limit {
                return Err(LedgerError::AccountExistsWithOtherContent {
                    account: account.id,
                });
            }
            return Ok(Outcome::Exists);
        }
        if account.totals != Totals::default() {
            return Err(LedgerError::AccountOpensWithTotals {
                account: account.id,
            });
        }
        self.accounts.insert(account.id, account);
        Ok(Outcome::Booked)
    }

    /// Books a voucher at an instant: decides, and applies what was decided.
    ///
    /// # Errors
    ///
    /// The first rule that it breaks; the book is as it was.
    pub fn book(&mut self, voucher: &Voucher, now_micros: i64) -> Result<Outcome, LedgerError> {
        match self.decide(voucher, now_micros)? {
            Decision::Exists(_) => Ok(Outcome::Exists),
            Decision::Book(effects) => {
                self.apply(*effects);
                Ok(Outcome::Booked)
            }
        }
    }

    /// Makes the changes that were decided on. They must be of this book, as it is now.
    pub fn apply(&mut self, effects: Effects) {
        let Effects {
            entry,
            accounts,
            linked,
        } = effects;
        for account in accounts {
            self.load_account(account);
        }
        if let Some(linked) = linked {
            self.load_entry(linked);
        }
        self.load_entry(entry);
    }

    /// Puts an account into a page as a store holds it, in place of what the page held.
    pub fn load_account(&mut self, account: Account) {
        self.accounts.insert(account.id, account);
    }

    /// Puts a voucher into a page as a store holds it, in place of what the page held.
    pub fn load_entry(&mut self, entry: Entry) {
        self.entries.insert(entry.voucher.id, entry);
    }

    /// Copies the accounts and vouchers named, as far as they are there, into a page.
    pub fn page(&self, accounts: &[AccountId], vouchers: &[VoucherId]) -> Book {
        let account = |id: &AccountId| Some((*id, self.accounts.get(id)?.clone()));
        let entry = |id: &VoucherId| Some((*id, self.entries.get(id)?.clone()));
        Book {
            accounts: accounts.iter().filter_map(account).collect(),
            entries: vouchers.iter().filter_map(entry).collect(),
        }
    }

    /// Names the accounts that a decision on a voucher looks at: its own, and those of the voucher
    /// that it refers to, if that is here. A store loads them into the page first.
    pub fn accounts_of(&self, voucher: &Voucher) -> BTreeSet<AccountId> {
        let linked = voucher.kind.link().and_then(|id| self.entry(id));
        let linked = linked.map_or(&[][..], |entry| &entry.postings);
        let postings = voucher.postings.iter().chain(linked);
        postings.map(|posting| posting.account).collect()
    }

    /// Gives an account.
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(&id)
    }

    /// Gives all accounts, by subject and number.
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values()
    }

    /// Gives a voucher that was booked.
    pub fn entry(&self, id: VoucherId) -> Option<&Entry> {
        self.entries.get(&id)
    }

    /// Gives all vouchers that were booked, by id.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// Gives the pending vouchers that have expired by an instant and still hold their amounts:
    /// void them.
    pub fn expired(&self, now_micros: i64) -> impl Iterator<Item = &Entry> {
        let entries = self.entries.values();
        entries.filter(move |entry| entry.has_expired(now_micros))
    }

    /// Gives the trial balance (试算平衡) at an instant, that instant among it.
    ///
    /// # Errors
    ///
    /// A total does not fit, or a voucher names one that the book has not.
    pub fn trial_balance(&self, at_micros: i64) -> Result<TrialBalance, LedgerError> {
        trial_balance(self.accounts.values(), self.entries.values(), at_micros)
    }
}
