//! What the pages draw: plain values, from which a page follows.

use ruixin_bao::Day;
use ruixin_bao::calendar::Schedule;
use ruixin_bao_store::ItemKind;
use ruixin_service::language::Words;

use super::words;

/// Is what a user has, fen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Position {
    /// In the wallet, and free.
    pub(super) wallet_fen: i64,
    /// In the wallet, and held for something.
    pub(super) held_fen: i64,
    /// Shares, those on their way out among them.
    pub(super) shares_fen: i64,
    /// Shares that are held for redemptions not confirmed.
    pub(super) leaving_fen: i64,
    /// Paid for shares that are not confirmed.
    pub(super) coming_fen: i64,
    /// All incomes so far.
    pub(super) income_fen: i64,
}

impl Position {
    pub(super) fn total_fen(&self) -> i64 {
        self.wallet_fen
            .saturating_add(self.held_fen)
            .saturating_add(self.shares_fen)
            .saturating_add(self.coming_fen)
    }

    /// What of the shares can be redeemed.
    pub(super) fn free_fen(&self) -> i64 {
        self.shares_fen.saturating_sub(self.leaving_fen)
    }
}

/// Is a day of a user's income.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DayIncome {
    pub(super) day: Day,
    pub(super) shares_fen: i64,
    pub(super) income_fen: i64,
}

/// Is a day of the fund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FundDay {
    pub(super) day: Day,
    /// Ten-thousandths of a yuan.
    pub(super) per_ten_thousand: i64,
    /// Thousandths of a percent, once there are seven days.
    pub(super) seven_day: Option<i64>,
}

/// Is how yesterday's income stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Yesterday {
    /// The fund has no day before today.
    TooEarly,
    /// It is being worked out; the day is yesterday.
    Open(Day),
    /// It is done.
    Done(DayIncome),
}

/// Is the home page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Home {
    pub(super) position: Position,
    pub(super) yesterday: Yesterday,
    /// The latest days, rising.
    pub(super) days: Vec<FundDay>,
    pub(super) bills: Vec<Bill>,
    /// What was under way when the books were moved.
    pub(super) under_way: Vec<UnderWay>,
    /// Whether the fund pays merchants.
    pub(super) pays: bool,
}

/// Is what was under way when the books were moved and is not at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UnderWay {
    /// Its number in the old books.
    pub(super) name: String,
    pub(super) kind: ItemKind,
    /// What is left of it.
    pub(super) left_fen: i64,
}

impl UnderWay {
    pub(super) const fn words(&self) -> Words {
        match self.kind {
            ItemKind::Withdrawal => words::ITEM_WITHDRAWAL,
            ItemKind::Hold => words::ITEM_HOLD,
            ItemKind::Escrow => words::ITEM_ESCROW,
            ItemKind::Payment => words::BILL_WALLET_PAY,
        }
    }
}

/// Is what a bill is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BillKind {
    TopUp,
    MoveIn,
    MoveOut,
    MoveOutFast,
    Pay,
    WalletPay,
    Withdrawal,
    Refund,
    TransferIn,
    TransferOut,
    Hold,
    Release,
    Income,
    Opening,
    Reversal,
    Other,
}

impl BillKind {
    pub(super) const fn words(self) -> Words {
        match self {
            BillKind::TopUp => words::TOP_UP,
            BillKind::MoveIn => words::BILL_MOVE_IN,
            BillKind::MoveOut => words::BILL_MOVE_OUT,
            BillKind::MoveOutFast => words::BILL_MOVE_OUT_FAST,
            BillKind::Pay => words::BILL_PAY,
            BillKind::WalletPay => words::BILL_WALLET_PAY,
            BillKind::Withdrawal => words::BILL_WITHDRAWAL,
            BillKind::Refund => words::BILL_REFUND,
            BillKind::TransferIn => words::BILL_TRANSFER_IN,
            BillKind::TransferOut => words::BILL_TRANSFER_OUT,
            BillKind::Hold => words::BILL_HOLD,
            BillKind::Release => words::BILL_RELEASE,
            BillKind::Reversal => words::BILL_REVERSAL,
            BillKind::Income => words::BILL_INCOME,
            BillKind::Opening => words::BILL_OPENING,
            BillKind::Other => words::BILL_OTHER,
        }
    }
}

/// Is a line of the bills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bill {
    /// The order, where it is one.
    pub(super) order: Option<u128>,
    pub(super) at: i64,
    /// The day by whose month it is listed.
    pub(super) day: Day,
    pub(super) kind: BillKind,
    /// What the user has more, fen, or the fund where it is moved between the user's own.
    pub(super) amount_fen: i64,
    /// Of an order, how far it is.
    pub(super) state: Option<OrderState>,
    pub(super) memo: String,
}

/// Is how far an order is, as its user sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OrderState {
    Waits,
    Confirmed,
    Arrived,
    Paid,
    Returned,
    Reversed,
}

impl OrderState {
    pub(super) const fn words(self) -> Words {
        match self {
            OrderState::Waits => words::PENDING,
            OrderState::Confirmed => words::CONFIRMED,
            OrderState::Arrived => words::ARRIVED,
            OrderState::Paid => words::PAID,
            OrderState::Returned => words::RETURNED,
            OrderState::Reversed => words::REVERSED,
        }
    }
}

/// Is what an order does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    MoveIn,
    MoveOut,
    MoveOutFast,
    /// Pays a merchant straight from the fund.
    Pay {
        merchant: u64,
    },
}

impl Deed {
    pub(super) const fn kind(self) -> BillKind {
        match self {
            Deed::MoveIn => BillKind::MoveIn,
            Deed::MoveOut => BillKind::MoveOut,
            Deed::MoveOutFast => BillKind::MoveOutFast,
            Deed::Pay { .. } => BillKind::Pay,
        }
    }
}

/// Is an order, or what one would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OrderView {
    pub(super) id: u128,
    pub(super) deed: Deed,
    pub(super) amount_fen: i64,
    pub(super) placed_at: i64,
    pub(super) placed_on: Day,
    pub(super) schedule: Schedule,
    pub(super) is_confirmed: bool,
}

impl OrderView {
    pub(super) fn state(&self) -> OrderState {
        match self.deed {
            Deed::Pay { .. } => OrderState::Paid,
            Deed::MoveOutFast => OrderState::Arrived,
            Deed::MoveOut if self.is_confirmed => OrderState::Arrived,
            Deed::MoveIn if self.is_confirmed => OrderState::Confirmed,
            Deed::MoveIn | Deed::MoveOut => OrderState::Waits,
        }
    }
}

/// Is a cap of a natural day, fen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cap {
    pub(super) cap_fen: i64,
    pub(super) used_fen: i64,
}

impl Cap {
    pub(super) fn left_fen(&self) -> i64 {
        self.cap_fen.saturating_sub(self.used_fen).max(0)
    }
}

/// Is a line of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) at: i64,
    pub(super) kind: BillKind,
    pub(super) amount_fen: i64,
    pub(super) balance_fen: i64,
    pub(super) memo: String,
}

/// Is one account on a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sheet {
    pub(super) is_fund: bool,
    pub(super) opening_fen: i64,
    pub(super) closing_fen: i64,
    pub(super) lines: Vec<Line>,
}
