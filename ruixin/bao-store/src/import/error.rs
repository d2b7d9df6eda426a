//! Why converted books cannot be opened.

use std::fmt;

use ruixin_bao::Day;
use thiserror::Error;

/// Is an amount of fen, written in yuan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figure(pub i64);

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let amount = ledger::Decimal::new(i128::from(self.0), 2);
        write!(f, "{amount}")
    }
}

/// Is a sum of fen, written in yuan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total(pub i128);

impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", ledger::Decimal::new(self.0, 2))
    }
}

fn far(one: Total, other: Total) -> Total {
    Total(one.0.saturating_sub(other.0).saturating_abs())
}

fn apart(one: Figure, other: Figure) -> Figure {
    Figure(one.0.saturating_sub(other.0).saturating_abs())
}

/// Says why converted books cannot be opened: the first reason in this order.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the fields are what the messages name")]
pub enum ImportError {
    #[error("{table} is not there, or has other columns: {why}")]
    NoTable { table: &'static str, why: String },
    #[error("{table}, {place}: {what} is {found:?}, which is none")]
    Unreadable {
        table: &'static str,
        place: String,
        what: &'static str,
        found: String,
    },
    #[error("{table}.corrections, {place}: it takes out a record that {table} does not have")]
    ReversalOfNothing { table: &'static str, place: String },
    #[error("{table}, {place}: an amount is finer than a fen")]
    FinerThanFen { table: &'static str, place: String },
    #[error("voucher {voucher}: debits of {debits} and credits of {credits} differ by {}", apart(*.debits, *.credits))]
    VoucherNotBalanced {
        voucher: String,
        debits: Figure,
        credits: Figure,
    },
    #[error("opening: debits of {debits} and credits of {credits} differ by {}", apart(*.debits, *.credits))]
    OpeningNotBalanced { debits: Figure, credits: Figure },
    #[error("posting {voucher}: there is no voucher of that number")]
    PostingWithoutVoucher { voucher: String },
    #[error("voucher {voucher}: it has no posting")]
    VoucherWithoutPosting { voucher: String },
    #[error("{table}, {place}: subject {subject} is not in the chart of accounts")]
    UnknownSubject {
        table: &'static str,
        place: String,
        subject: String,
    },
    #[error("subject {subject}: its normal side is {side}, and that of {kind} is the other one")]
    WrongSide {
        subject: String,
        kind: String,
        side: String,
    },
    #[error("{table}, {place}: subject {subject} is the fund's own, and moved by it only")]
    FundsOwn {
        table: &'static str,
        place: String,
        subject: u16,
    },
    #[error("account {account}: it has debits of {debits} and credits of {credits}, and is {} below zero", apart(*.debits, *.credits))]
    Overdrawn {
        account: String,
        debits: Figure,
        credits: Figure,
    },
    #[error("holding of {holder}: {shares} shares for {amount} differ by {}", apart(*.amount, *.shares))]
    SharesDiffer {
        holder: String,
        amount: Figure,
        shares: Figure,
    },
    #[error("holding of {holder}: {shares} subscribed of {balance} that the user has, {} too much", apart(*.shares, *.balance))]
    HoldingExceedsBalance {
        holder: String,
        shares: Figure,
        balance: Figure,
    },
    #[error(
        "holding of {holder}: subscribed on {subscribed_on}, it is confirmed on {expected} and earns from then, not {found}"
    )]
    WrongDay {
        holder: String,
        subscribed_on: Day,
        expected: Day,
        found: Day,
    },
    #[error("holding of {holder}: subscribed on {found}, and others on {others}")]
    OtherDay {
        holder: String,
        found: Day,
        others: Day,
    },
    #[error("holding of {holder}: subscribed on {found}, before the fund's first day, {first_day}")]
    BeforeFund {
        holder: String,
        found: Day,
        first_day: Day,
    },
    #[error("client money of {money} is {} less than the holdings, {holdings}", apart(*.money, *.holdings))]
    TooLittleMoney { money: Figure, holdings: Figure },
    #[error("account {account}: {under_way} is under way and {balance} stands there, {} apart", far(*.under_way, *.balance))]
    UnderWayDiffers {
        account: String,
        under_way: Total,
        balance: Total,
    },
    #[error("holding of {holder}: it is the provider of advances, which holds nothing at first")]
    HoldingOfProvider { holder: u64 },
    #[error(
        "the books were opened with others: their digest is {there}, and that of these {given}"
    )]
    OpenedWithOthers { there: String, given: String },
    #[error("the books began with no others")]
    NothingTakenOver,
    #[error("{what} has changed: its digest was {taken}, and is {found}")]
    Changed {
        what: &'static str,
        taken: String,
        found: String,
    },
    #[error("the books have {vouchers} vouchers already")]
    NotEmpty { vouchers: i64 },
}

impl ImportError {
    /// Gives the stable code of the error.
    pub const fn code(&self) -> &'static str {
        match self {
            ImportError::NoTable { .. } => "import_no_table",
            ImportError::Unreadable { .. } => "import_unreadable",
            ImportError::ReversalOfNothing { .. } => "import_reversal_of_nothing",
            ImportError::FinerThanFen { .. } => "import_finer_than_fen",
            ImportError::VoucherNotBalanced { .. } => "import_voucher_not_balanced",
            ImportError::OpeningNotBalanced { .. } => "import_opening_not_balanced",
            ImportError::PostingWithoutVoucher { .. } => "import_posting_without_voucher",
            ImportError::VoucherWithoutPosting { .. } => "import_voucher_without_posting",
            ImportError::UnknownSubject { .. } => "import_unknown_subject",
            ImportError::WrongSide { .. } => "import_wrong_side",
            ImportError::FundsOwn { .. } => "import_funds_own_subject",
            ImportError::Overdrawn { .. } => "import_account_overdrawn",
            ImportError::SharesDiffer { .. } => "import_shares_differ",
            ImportError::HoldingExceedsBalance { .. } => "import_holding_exceeds_balance",
            ImportError::WrongDay { .. } => "import_wrong_day",
            ImportError::OtherDay { .. } => "import_other_day",
            ImportError::BeforeFund { .. } => "import_before_fund",
            ImportError::TooLittleMoney { .. } => "import_too_little_money",
            ImportError::UnderWayDiffers { .. } => "import_under_way_differs",
            ImportError::HoldingOfProvider { .. } => "import_holding_of_provider",
            ImportError::OpenedWithOthers { .. } => "import_opened_with_others",
            ImportError::NothingTakenOver => "import_nothing_taken_over",
            ImportError::Changed { .. } => "import_changed",
            ImportError::NotEmpty { .. } => "import_not_empty",
        }
    }

    /// Says what to do about it.
    pub(crate) fn mend(&self) -> Option<String> {
        let mend = match self {
            ImportError::NoTable { .. } => {
                "name the database that `crossfoot convert` has written with `ruixin/crossfoot.toml`"
            }
            ImportError::ReversalOfNothing { .. } => {
                "the table has changed since it was corrected: verify and correct it anew"
            }
            ImportError::WrongDay { .. } | ImportError::OtherDay { .. } => {
                "the calendar of `holding.sql` and that of `ruixin-bao init` must be one"
            }
            ImportError::BeforeFund { .. } => {
                "`ruixin-bao init --first-day` is the day of the freeze"
            }
            ImportError::HoldingOfProvider { .. } => {
                "`ruixin-bao init --provider` takes a number that no user has"
            }
            ImportError::NothingTakenOver => {
                "`ruixin-bao import` takes over what `crossfoot convert` has written"
            }
            ImportError::Changed { .. } => {
                "what was verified is not what would open: import anew into empty books, after \
                 `crossfoot verify`"
            }
            ImportError::OpenedWithOthers { .. } | ImportError::NotEmpty { .. } => {
                "opening books go into books that are empty: name another database"
            }
            _ => {
                "`crossfoot verify` tells the source record: correct it there, convert again, and import"
            }
        };
        Some(mend.to_owned())
    }
}
