//! What the pages draw: plain values, from which a page follows.

use ruixin_pages::Date;
use ruixin_service::language::Words;

use super::words;
use crate::codes::Kind;

/// Is an account as its owner sees it. Amounts are fen, instants microseconds since 1970 UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holder {
    /// 16 digits.
    pub(super) number: String,
    pub(super) name: String,
    /// The code of the bank.
    pub(super) bank: Option<String>,
    pub(super) opened_at: i64,
    /// What can be disposed of.
    pub(super) balance_fen: i64,
    pub(super) frozen_fen: i64,
}

/// Is the home page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Home {
    pub(super) holder: Holder,
    pub(super) bills: Vec<Bill>,
}

/// Is how far an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Pending,
    Done,
    Closed,
    Refunded,
    PartlyRefunded,
    InEscrow,
    Failed,
}

impl State {
    /// Reads the code of `status_code`.
    pub(super) fn of_code(code: &str) -> Option<State> {
        Some(match code {
            "1" => State::Pending,
            "2" => State::Done,
            "3" => State::Closed,
            "4" => State::Refunded,
            "5" => State::PartlyRefunded,
            "6" => State::InEscrow,
            "7" => State::Failed,
            _ => return None,
        })
    }

    pub(super) const fn words(self) -> Words {
        match self {
            State::Pending => words::PENDING,
            State::Done => words::SUCCEEDED,
            State::Closed => words::SHUT,
            State::Refunded => words::REFUNDED,
            State::PartlyRefunded => words::PARTLY_REFUNDED,
            State::InEscrow => words::IN_ESCROW,
            State::Failed => words::FAILED,
        }
    }

    /// Whether something is still to come.
    pub(super) fn is_waiting(self) -> bool {
        matches!(self, State::Pending | State::InEscrow)
    }
}

/// Is the order that a bill is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Order {
    /// 21 digits.
    pub(super) id: String,
    pub(super) is_withdrawal: bool,
    pub(super) state: Option<State>,
    pub(super) payer: Option<String>,
    pub(super) payee: Option<String>,
    pub(super) refunded_fen: i64,
    pub(super) bank: Option<String>,
    pub(super) created_at: i64,
    pub(super) finished_at: Option<i64>,
}

/// Is a bill: a record of the flow, and the order that it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bill {
    /// 22 digits.
    pub(super) serial: String,
    /// Nothing for a code that is not known.
    pub(super) kind: Option<Kind>,
    /// What can be disposed of grew by it, or fell.
    pub(super) amount_fen: i64,
    pub(super) fee_fen: i64,
    pub(super) coupon_fen: Option<i64>,
    pub(super) balance_after_fen: i64,
    pub(super) at: i64,
    /// The day by whose month it is listed.
    pub(super) day: Date,
    pub(super) counterparty: Option<String>,
    pub(super) bank: Option<String>,
    pub(super) memo: Option<String>,
    pub(super) order: Option<Order>,
}

impl Bill {
    pub(super) fn words(&self) -> Words {
        let is_withdrawal = self.order.as_ref().is_some_and(|order| order.is_withdrawal);
        match self.kind {
            None => words::BILL_OTHER,
            Some(Kind::Freeze) if is_withdrawal => words::BILL_WITHDRAWAL_FREEZE,
            Some(Kind::Unfreeze) if is_withdrawal => words::BILL_WITHDRAWAL_UNFREEZE,
            Some(kind) => of_kind(kind),
        }
    }

    pub(super) fn state(&self) -> Option<State> {
        self.order.as_ref().and_then(|order| order.state)
    }
}

const fn of_kind(kind: Kind) -> Words {
    match kind {
        Kind::TopUp => words::BILL_TOP_UP,
        Kind::PaymentOut => words::BILL_PAYMENT_OUT,
        Kind::PaymentIn => words::BILL_PAYMENT_IN,
        Kind::RefundOut => words::BILL_REFUND_OUT,
        Kind::RefundIn => words::BILL_REFUND_IN,
        Kind::TransferOut => words::BILL_TRANSFER_OUT,
        Kind::TransferIn => words::BILL_TRANSFER_IN,
        Kind::Withdrawal => words::BILL_WITHDRAWAL,
        Kind::Freeze => words::BILL_FREEZE,
        Kind::Unfreeze => words::BILL_UNFREEZE,
        Kind::QuickTopUp => words::BILL_QUICK_TOP_UP,
        Kind::MerchantCover => words::BILL_MERCHANT_COVER,
        Kind::EscrowPayment => words::BILL_ESCROW_PAYMENT,
        Kind::EscrowRelease => words::BILL_ESCROW_RELEASE,
        Kind::EscrowReturn => words::BILL_ESCROW_RETURN,
        Kind::Bonus => words::BILL_BONUS,
        Kind::ServiceFee => words::BILL_SERVICE_FEE,
        Kind::AdjustmentIn | Kind::AdjustmentOut => words::BILL_ADJUSTMENT,
        Kind::Reversal => words::BILL_REVERSAL,
    }
}

/// Is a group of kinds by which bills are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    TopUps,
    Payments,
    Transfers,
    Withdrawals,
    Refunds,
    Frozen,
    Others,
}

impl Group {
    pub(super) const ALL: [Group; 7] = [
        Group::TopUps,
        Group::Payments,
        Group::Transfers,
        Group::Withdrawals,
        Group::Refunds,
        Group::Frozen,
        Group::Others,
    ];

    /// The word of the address.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Group::TopUps => "top-up",
            Group::Payments => "pay",
            Group::Transfers => "transfer",
            Group::Withdrawals => "withdraw",
            Group::Refunds => "refund",
            Group::Frozen => "frozen",
            Group::Others => "other",
        }
    }

    pub(super) fn of_key(key: &str) -> Option<Group> {
        Group::ALL.into_iter().find(|group| group.key() == key)
    }

    pub(super) const fn words(self) -> Words {
        match self {
            Group::TopUps => words::GROUP_TOP_UPS,
            Group::Payments => words::GROUP_PAYMENTS,
            Group::Transfers => words::GROUP_TRANSFERS,
            Group::Withdrawals => words::GROUP_WITHDRAWALS,
            Group::Refunds => words::GROUP_REFUNDS,
            Group::Frozen => words::GROUP_FROZEN,
            Group::Others => words::GROUP_OTHERS,
        }
    }

    /// The group that a kind is in: each is in one.
    pub(super) const fn of(kind: Kind) -> Group {
        match kind {
            Kind::TopUp | Kind::QuickTopUp => Group::TopUps,
            Kind::PaymentOut | Kind::PaymentIn | Kind::EscrowPayment | Kind::EscrowRelease => {
                Group::Payments
            }
            Kind::TransferOut | Kind::TransferIn => Group::Transfers,
            Kind::Withdrawal => Group::Withdrawals,
            Kind::RefundOut | Kind::RefundIn | Kind::EscrowReturn => Group::Refunds,
            Kind::Freeze | Kind::Unfreeze => Group::Frozen,
            Kind::MerchantCover
            | Kind::Bonus
            | Kind::ServiceFee
            | Kind::AdjustmentIn
            | Kind::AdjustmentOut
            | Kind::Reversal => Group::Others,
        }
    }
}

/// Is which bills are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Wanted {
    pub(super) group: Option<Group>,
    pub(super) month: Option<Month>,
}

impl Wanted {
    /// Writes it as an address has it.
    pub(super) fn query(&self) -> String {
        let kind = self.group.map(|group| format!("kind={}", group.key()));
        let month = self.month.map(|month| format!("month={month}"));
        let parts: Vec<String> = kind.into_iter().chain(month).collect();
        parts.join("&")
    }
}

/// Is a month, its first day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Month(Date);

impl Month {
    pub(super) fn of(day: Date) -> Month {
        Month(day.first_of_month())
    }

    /// Reads `2013-05`.
    pub(super) fn parse(text: &str) -> Option<Month> {
        let day: Date = format!("{text}-01").parse().ok()?;
        let month = Month(day);
        (month.to_string() == text).then_some(month)
    }

    pub(super) fn first_day(self) -> Date {
        self.0
    }

    /// The month before; nothing before the first of the calendar.
    pub(super) fn previous(self) -> Option<Month> {
        self.0.yesterday().ok().map(Month::of)
    }

    /// Writes a day as serials begin with it: `20130501`.
    fn compact(day: Date) -> String {
        format!("{:04}{:02}{:02}", day.year(), day.month(), day.day())
    }

    /// The beginnings between which the serials of the month are: from the first on, and before the
    /// second. They are digits alone, which every collation puts in the same order.
    pub(super) fn serials(self) -> (String, String) {
        let next = self.0.last_of_month().tomorrow();
        let next = next.map_or_else(|_| "99999999".to_owned(), Month::compact);
        (Month::compact(self.0), next)
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

/// Is a page of bills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) rows: Vec<Bill>,
    /// Where the next page begins.
    pub(super) next: Option<String>,
    /// Whether there are newer rows than these.
    pub(super) is_later: bool,
    pub(super) wanted: Wanted,
    /// The months that can be chosen, the latest first.
    pub(super) months: Vec<Month>,
}

/// Is somebody on the other side, as a user may know him.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Other {
    pub(super) number: String,
    /// A merchant's in full; a person's is masked where it is drawn.
    pub(super) name: String,
    pub(super) is_merchant: bool,
}

/// Is one bill with what is known around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Detail {
    pub(super) bill: Bill,
    /// Who is on the other side, where there is somebody.
    pub(super) other: Option<Other>,
    /// Other records of the same order and the same account.
    pub(super) beside: Vec<Bill>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_read_as_they_are_written_and_hold_their_serials() {
        let may = Month::parse("2013-05").expect("a month");
        assert_eq!(may.to_string(), "2013-05");
        assert_eq!(
            may.previous().map(|month| month.to_string()),
            Some("2013-04".to_owned())
        );
        let january = Month::parse("2013-01").expect("a month");
        assert_eq!(january.previous(), Month::parse("2012-12"));
        let (from, before) = may.serials();
        for (serial, is_in) in [
            ("2013043099999999999999", false),
            ("2013050100000000000000", true),
            ("2013053199999999999999", true),
            ("2013060100000000000000", false),
        ] {
            assert_eq!(
                from.as_str() <= serial && serial < before.as_str(),
                is_in,
                "{serial}"
            );
        }
        for wrong in [
            "",
            "2013",
            "2013-5",
            "2013-13",
            "2013-05-01",
            "x",
            "2013-05 ",
        ] {
            assert_eq!(Month::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_wanted_is_written_into_the_address() {
        let month = Month::parse("2013-05");
        let group = Group::of_key("pay");
        let table = [
            (None, None, ""),
            (group, None, "kind=pay"),
            (None, month, "month=2013-05"),
            (group, month, "kind=pay&month=2013-05"),
        ];
        for (group, month, query) in table {
            assert_eq!(Wanted { group, month }.query(), query);
        }
        for group in Group::ALL {
            assert_eq!(Group::of_key(group.key()), Some(group));
            assert!(Kind::ALL.iter().any(|kind| Group::of(*kind) == group));
        }
    }
}
