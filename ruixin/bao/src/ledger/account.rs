//! Accounts and their gross totals.

use std::fmt;

/// Names an account: a subject of the chart (科目) and, below it, a customer's account or a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId {
    /// Subject of the chart of accounts, such as 2001.
    pub subject: u16,
    /// Number of the customer's account or the channel; 0 for the house.
    pub number: u64,
}

/// Is one of the two sides of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Debit (借).
    Debit,
    /// Credit (贷).
    Credit,
}

/// Is what an account is, and so on which side it is increased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountKind {
    /// What is owned (资产); normal side debit.
    Asset,
    /// What is owed (负债); normal side credit.
    Liability,
    /// What belongs to those who hold it (所有者权益), such as shares of the fund; credit.
    Equity,
    /// Income (收入); credit.
    Income,
    /// Expense (费用); debit.
    Expense,
}

/// Is the limit that an account must keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Limit {
    /// None.
    None,
    /// Debits, pending ones too, must not exceed posted credits: no overdraft of what is owed.
    DebitsMustNotExceedCredits,
    /// Credits, pending ones too, must not exceed posted debits: no more is given than is there.
    CreditsMustNotExceedDebits,
}

/// Is all that has gone over an account, gross, in fen. Red entries take away from their own side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Totals {
    /// Debits that are booked for good.
    pub debits_posted_fen: i64,
    /// Credits that are booked for good.
    pub credits_posted_fen: i64,
    /// Debits that are held.
    pub debits_pending_fen: i64,
    /// Credits that are held.
    pub credits_pending_fen: i64,
}

/// Is an account and all that has gone over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub id: AccountId,
    /// What it is.
    pub kind: AccountKind,
    /// What it must keep.
    pub limit: Limit,
    /// What has gone over it.
    pub totals: Totals,
}

impl AccountId {
    /// Names an account.
    pub const fn new(subject: u16, number: u64) -> AccountId {
        AccountId { subject, number }
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            0 => write!(f, "{:04}", self.subject),
            number => write!(f, "{:04}:{number}", self.subject),
        }
    }
}

impl Side {
    /// Gives the other side.
    pub const fn other(self) -> Side {
        match self {
            Side::Debit => Side::Credit,
            Side::Credit => Side::Debit,
        }
    }
}

impl AccountKind {
    /// Gives the side on which an account of this kind is increased (余额方向).
    pub const fn normal_side(self) -> Side {
        match self {
            AccountKind::Asset | AccountKind::Expense => Side::Debit,
            AccountKind::Liability | AccountKind::Equity | AccountKind::Income => Side::Credit,
        }
    }
}

impl Totals {
    /// Gives what is posted on a side.
    pub const fn posted_fen(&self, side: Side) -> i64 {
        match side {
            Side::Debit => self.debits_posted_fen,
            Side::Credit => self.credits_posted_fen,
        }
    }

    /// Gives what is pending on a side.
    pub const fn pending_fen(&self, side: Side) -> i64 {
        match side {
            Side::Debit => self.debits_pending_fen,
            Side::Credit => self.credits_pending_fen,
        }
    }

    pub(super) fn add_posted(&mut self, side: Side, amount_fen: i64) -> Option<()> {
        let total = match side {
            Side::Debit => &mut self.debits_posted_fen,
            Side::Credit => &mut self.credits_posted_fen,
        };
        *total = total.checked_add(amount_fen)?;
        Some(())
    }

    pub(super) fn add_pending(&mut self, side: Side, amount_fen: i64) -> Option<()> {
        let total = match side {
            Side::Debit => &mut self.debits_pending_fen,
            Side::Credit => &mut self.credits_pending_fen,
        };
        *total = total.checked_add(amount_fen)?;
        Some(())
    }
}

impl Account {
    /// Describes an account over which nothing has gone.
    pub fn new(id: AccountId, kind: AccountKind, limit: Limit) -> Account {
        Account {
            id,
            kind,
            limit,
            totals: Totals::default(),
        }
    }

    /// Gives the posted balance on the normal side, fen.
    pub fn balance_fen(&self) -> i64 {
        self.less_other_side(0)
    }

    /// Gives what can be taken from the account: the posted balance less what is held against it.
    pub fn available_fen(&self) -> i64 {
        self.less_other_side(self.totals.pending_fen(self.kind.normal_side().other()))
    }

    /// Gives by how much a limit is broken, fen; none where it is kept.
    pub(super) fn excess_fen(&self) -> Option<u64> {
        let side = match self.limit {
            Limit::None => return None,
            Limit::DebitsMustNotExceedCredits => Side::Debit,
            Limit::CreditsMustNotExceedDebits => Side::Credit,
        };
        let limited = i128::from(self.totals.posted_fen(side))
            .saturating_add(i128::from(self.totals.pending_fen(side)));
        let excess = limited.saturating_sub(i128::from(self.totals.posted_fen(side.other())));
        u64::try_from(excess).ok().filter(|excess| *excess > 0)
    }

    /// Totals are never below zero and fit into 64 bits, so their difference does.
    fn less_other_side(&self, held_fen: i64) -> i64 {
        let side = self.kind.normal_side();
        self.totals
            .posted_fen(side)
            .saturating_sub(self.totals.posted_fen(side.other()))
            .saturating_sub(held_fen)
    }
}
