//! Why the book refuses a voucher.

use std::fmt;

use thiserror::Error;

use super::account::AccountId;
use super::voucher::VoucherId;

/// Says in what two vouchers of one id differ: the first of these that does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// What they do.
    Kind,
    /// The voucher that they post, void, take back or replace.
    Link,
    /// When they expire.
    Expiry,
    /// The accounting date.
    AccountingDate,
    /// The number of legs.
    Postings,
    /// The account of a leg, counted from 1.
    Account(usize),
    /// The side of a leg, counted from 1.
    Side(usize),
    /// The amount of a leg, counted from 1.
    Amount(usize),
    /// What is written on them.
    Memo,
}

/// Says why the book refuses a voucher or an account: the first rule that is broken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the fields are what the messages name")]
pub enum LedgerError {
    /// An account is to be opened that is there with another kind or limit.
    #[error("account {account} is there already, of another kind or limit")]
    AccountExistsWithOtherContent { account: AccountId },
    /// An account is to be opened with balances.
    #[error("account {account} must open with nothing on it")]
    AccountOpensWithTotals { account: AccountId },
    /// The id was used before for something else.
    #[error("voucher {voucher} is there already, with another {difference}")]
    VoucherExistsWithOtherContent {
        voucher: VoucherId,
        difference: Difference,
    },
    /// A voucher has fewer than two legs.
    #[error("a voucher has two postings or more, not {postings}")]
    TooFewPostings { postings: usize },
    /// A voucher has legs that follow from another one.
    #[error("this kind of voucher has no postings of its own")]
    PostingsNotAllowed,
    /// A leg has nothing or less on it.
    #[error("the amount of posting {leg} is {amount_fen} fen: it must be above zero")]
    AmountNotPositive { leg: usize, amount_fen: i64 },
    /// The debits are not the credits.
    #[error(
        "debits of {debits_fen} fen and credits of {credits_fen} fen differ by {}",
        debits_fen.abs_diff(*credits_fen)
    )]
    NotBalanced { debits_fen: i128, credits_fen: i128 },
    /// A leg names no account of the book.
    #[error("there is no account {account}")]
    AccountNotFound { account: AccountId },
    /// The voucher that is to be posted, voided, taken back or replaced is not there.
    #[error("there is no voucher {voucher}")]
    VoucherNotFound { voucher: VoucherId },
    /// It is to be posted or voided and is not of the kind.
    #[error("voucher {voucher} is not pending and never was")]
    NotPending { voucher: VoucherId },
    /// It has been posted.
    #[error("voucher {voucher} has been posted already, by {by}")]
    AlreadyPosted { voucher: VoucherId, by: VoucherId },
    /// It has been voided.
    #[error("voucher {voucher} has been voided already, by {by}")]
    AlreadyVoided { voucher: VoucherId, by: VoucherId },
    /// It has expired, and was voided for it.
    #[error("voucher {voucher} has expired and was released by {by}")]
    AlreadyExpired { voucher: VoucherId, by: VoucherId },
    /// It expired before it was posted.
    #[error("voucher {voucher} expired at {expires_at}")]
    PendingExpired { voucher: VoucherId, expires_at: i64 },
    /// It expires before it is booked.
    #[error("a voucher that expires at {expires_at} cannot be booked at {now}")]
    ExpiryNotAhead { expires_at: i64, now: i64 },
    /// More is to be posted than is held.
    #[error(
        "{amount_fen} fen are to be posted to account {account}, {} more than the {pending_fen} held there",
        amount_fen.saturating_sub(*pending_fen)
    )]
    ExceedsPending {
        account: AccountId,
        amount_fen: i128,
        pending_fen: i128,
    },
    /// It cannot be taken back: it is pending, void, or takes back another one itself.
    #[error("voucher {voucher} is of a kind that is not reversed")]
    NotReversible { voucher: VoucherId },
    /// It has been taken back.
    #[error("voucher {voucher} has been reversed already, by {by}")]
    AlreadyReversed { voucher: VoucherId, by: VoucherId },
    /// It is to be replaced, and stands.
    #[error("voucher {voucher} must be reversed before another takes its place")]
    NotReversed { voucher: VoucherId },
    /// It has been replaced.
    #[error("voucher {voucher} has been rebooked already, by {by}")]
    AlreadyRebooked { voucher: VoucherId, by: VoucherId },
    /// It would come before what it resolves or corrects.
    #[error("voucher {voucher} was booked at {booked_at}, after {now}")]
    BeforeLinked {
        voucher: VoucherId,
        booked_at: i64,
        now: i64,
    },
    /// Debits would exceed credits on an account that must not have it.
    #[error("account {account} lacks {short_fen} fen: its debits must not exceed its credits")]
    DebitsExceedCredits { account: AccountId, short_fen: u64 },
    /// Credits would exceed debits on an account that must not have it.
    #[error("account {account} lacks {short_fen} fen: its credits must not exceed its debits")]
    CreditsExceedDebits { account: AccountId, short_fen: u64 },
    /// A total of the account does not fit into 64 bits.
    #[error("the totals of account {account} do not fit into 64 bits")]
    TotalOverflow { account: AccountId },
}

impl LedgerError {
    /// Gives the stable code of the error, for problem details.
    pub const fn code(&self) -> &'static str {
        match self {
            LedgerError::AccountExistsWithOtherContent { .. } => {
                "account_exists_with_other_content"
            }
            LedgerError::AccountOpensWithTotals { .. } => "account_opens_with_totals",
            LedgerError::VoucherExistsWithOtherContent { .. } => {
                "voucher_exists_with_other_content"
            }
            LedgerError::TooFewPostings { .. } => "too_few_postings",
            LedgerError::PostingsNotAllowed => "postings_not_allowed",
            LedgerError::AmountNotPositive { .. } => "amount_not_positive",
            LedgerError::NotBalanced { .. } => "voucher_not_balanced",
            LedgerError::AccountNotFound { .. } => "account_not_found",
            LedgerError::VoucherNotFound { .. } => "voucher_not_found",
            LedgerError::NotPending { .. } => "voucher_not_pending",
            LedgerError::AlreadyPosted { .. } => "pending_already_posted",
            LedgerError::AlreadyVoided { .. } => "pending_already_voided",
            LedgerError::AlreadyExpired { .. } => "pending_already_expired",
            LedgerError::PendingExpired { .. } => "pending_expired",
            LedgerError::ExpiryNotAhead { .. } => "expiry_not_ahead",
            LedgerError::ExceedsPending { .. } => "exceeds_pending_amount",
            LedgerError::NotReversible { .. } => "voucher_not_reversible",
            LedgerError::AlreadyReversed { .. } => "voucher_already_reversed",
            LedgerError::NotReversed { .. } => "voucher_not_reversed",
            LedgerError::AlreadyRebooked { .. } => "voucher_already_rebooked",
            LedgerError::BeforeLinked { .. } => "voucher_before_linked",
            LedgerError::DebitsExceedCredits { .. } => "debits_exceed_credits",
            LedgerError::CreditsExceedDebits { .. } => "credits_exceed_debits",
            LedgerError::TotalOverflow { .. } => "account_total_overflow",
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::Kind => f.write_str("kind"),
            Difference::Link => f.write_str("voucher that it refers to"),
            Difference::Expiry => f.write_str("expiry"),
            Difference::AccountingDate => f.write_str("accounting date"),
            Difference::Postings => f.write_str("number of postings"),
            Difference::Account(leg) => write!(f, "account in posting {leg}"),
            Difference::Side(leg) => write!(f, "side in posting {leg}"),
            Difference::Amount(leg) => write!(f, "amount in posting {leg}"),
            Difference::Memo => f.write_str("memo"),
        }
    }
}
