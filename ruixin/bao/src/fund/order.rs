//! Orders: what an investor asks for, and what the calendar makes of it.

use crate::calendar::Schedule;
use crate::day::Day;
use crate::ledger::VoucherId;

/// Is what an investor wants of the fund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrderKind {
    /// Buys shares with money of the wallet (申购).
    Subscribe,
    /// Gives shares back; the money comes on T+1 (普通赎回).
    Redeem,
    /// Gives shares back for money at once, which the provider advances (快速赎回, T+0).
    RedeemFast,
    /// Pays a merchant straight from the fund: redeems fast and pays (余额消费).
    Pay {
        /// The merchant's number.
        merchant: u64,
    },
}

/// Is what a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// The client's id; it is the id of the vouchers too.
    pub id: u128,
    /// The investor's number, in the wallet and as a holder.
    pub investor: u64,
    /// What is wanted.
    pub kind: OrderKind,
    /// The amount in fen, and so the shares in hundredths.
    pub amount_fen: i64,
}

/// Is how far an order has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrderStatus {
    /// It is placed; of a fast one the investor has all that he gets.
    Placed,
    /// It is confirmed: shares and money are where they belong.
    Confirmed,
}

/// Is an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// What was asked for.
    pub request: Request,
    /// When, in microseconds since 1970 UTC.
    pub placed_at: i64,
    /// The natural day in Shanghai on which it was placed.
    pub placed_on: Day,
    /// To which day it belongs, when it is confirmed, who earns from when until when.
    pub schedule: Schedule,
    /// How far it has come.
    pub status: OrderStatus,
}

/// Parts of an order's vouchers.
const HOLD: u32 = 1;
const CONFIRMATION: u32 = 2;
/// Part of a day's voucher of income, whose id is the day.
const INCOME: u32 = 3;

impl Request {
    /// Names the voucher that is booked when the order is placed.
    pub fn voucher(&self) -> VoucherId {
        VoucherId::of_client(self.id)
    }

    /// Names the voucher that holds shares until the order is confirmed.
    pub fn hold(&self) -> VoucherId {
        match self.kind {
            OrderKind::Subscribe | OrderKind::Redeem => self.voucher(),
            OrderKind::RedeemFast | OrderKind::Pay { .. } => self.voucher().with_part(HOLD),
        }
    }

    /// Names the voucher by which the order is confirmed.
    pub fn confirmation(&self) -> VoucherId {
        self.voucher().with_part(CONFIRMATION)
    }
}

/// Names the voucher of a day's income.
pub(super) fn income_voucher(day: Day) -> VoucherId {
    VoucherId::of_client(u128::from(day.number().cast_unsigned())).with_part(INCOME)
}
