//! What falls due later: the second half of something that has begun.

use std::cmp::Ordering;

use super::{MONEY_GOES, Movement, REVERSING, Shard};
use crate::Desk;
use crate::calendar::business_day_of;
use crate::codes::{Kind, merchant_fee, withdrawal_fee};
use crate::crossing::{Crossing, Half};
use crate::numbers::{AccountNumbers, OrderNumber, Owner};
use crate::record::OrderRow;
use crate::words::Theme;

/// Is something that is to happen at a time.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) at: i64,
    pub(super) turn: u64,
    pub(super) due: Due<'a>,
}

impl PartialEq for Entry<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry<'_> {}

impl PartialOrd for Entry<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.turn).cmp(&(other.at, other.turn))
    }
}

/// Is what is to happen. Accounts are places in the shard's list; amounts are in fen.
#[derive(Debug)]
pub(super) enum Due<'a> {
    /// A frozen amount is let go.
    Release {
        who: usize,
        amount: i64,
        order: Option<OrderNumber>,
    },
    /// The bank has paid out what was frozen for it.
    PaidOut {
        who: usize,
        amount: i64,
        order: OrderNumber,
        channel: u8,
        memo: &'a str,
    },
    /// The buyer has confirmed: the merchant gets his money.
    Confirmed {
        merchant: usize,
        buyer: usize,
        amount: i64,
        order: OrderNumber,
        memo: &'a str,
    },
    /// The buyer gets his money back out of escrow.
    Returned {
        buyer: usize,
        amount: i64,
        order: OrderNumber,
    },
    /// A merchant gives back some of what was paid.
    Refunded {
        merchant: usize,
        buyer: usize,
        amount: i64,
        order: OrderNumber,
    },
    /// Somebody has seen that a top-up was booked twice.
    Reversed {
        who: usize,
        amount: i64,
        order: OrderNumber,
        channel: u8,
    },
}

impl Due<'_> {
    /// The records that it can take at most.
    pub(super) fn reserve(&self) -> u64 {
        match self {
            Due::Release { .. } | Due::Confirmed { .. } | Due::Returned { .. } => 1,
            Due::PaidOut { .. } | Due::Reversed { .. } => 2,
            Due::Refunded { .. } => 3,
        }
    }
}

impl<'a, D: Desk> Shard<'a, D> {
    pub(super) fn fall_due(&mut self, due: Due<'a>) -> Result<(), D::Error> {
        match due {
            Due::Release { who, amount, order } => {
                let memo = self.memo(Theme::Freeze);
                self.post(Movement {
                    order,
                    memo,
                    ..Movement::new(Kind::Unfreeze, who, amount)
                })
            }
            Due::PaidOut {
                who,
                amount,
                order,
                channel,
                memo,
            } => {
                self.post(Movement {
                    order: Some(order),
                    memo: Some(memo),
                    ..Movement::new(Kind::Unfreeze, who, amount)
                })?;
                self.pay_out(who, amount, order, channel, memo)
            }
            Due::Confirmed {
                merchant,
                buyer,
                amount,
                order,
                memo,
            } => {
                let buyer = self.holders[buyer].number;
                let counterparty = self.told(400, buyer);
                let fee = self.merchant_fee(merchant, amount);
                self.post(Movement {
                    fee,
                    counterparty,
                    order: Some(order),
                    memo: Some(memo),
                    ..Movement::new(Kind::EscrowRelease, merchant, amount - fee)
                })
            }
            Due::Returned {
                buyer,
                amount,
                order,
            } => {
                let memo = self.memo(Theme::Refund);
                self.post(Movement {
                    order: Some(order),
                    memo,
                    ..Movement::new(Kind::EscrowReturn, buyer, amount)
                })
            }
            Due::Refunded {
                merchant,
                buyer,
                amount,
                order,
            } => {
                let numbers = [merchant, buyer].map(|who| self.holders[who].number);
                let to_buyer = self.told(550, numbers[1]);
                self.give_back(merchant, amount, order, to_buyer)?;
                let from_merchant = self.told(500, numbers[0]);
                self.take_back(buyer, amount, order, from_merchant)
            }
            Due::Reversed {
                who,
                amount,
                order,
                channel,
            } => {
                self.cover(who, amount)?;
                let memo = self.memo(Theme::Reversal);
                self.post(Movement {
                    status: REVERSING,
                    order: Some(order),
                    channel: Some(channel),
                    memo,
                    ..Movement::new(Kind::Reversal, who, -amount)
                })
            }
        }
    }

    /// Does this shard's half of the next crossing.
    pub(super) fn cross(&mut self) -> Result<(), D::Error> {
        let (half, crossing) = self.border.half(self.crossed);
        self.crossed += 1;
        self.reserved -= half.reserve();
        let payer = || {
            let shard = crossing.order.shard;
            AccountNumbers::new(self.layout.seed, Owner::User, shard).number(crossing.payer)
        };
        let payee = || {
            let owner = if crossing.is_payment {
                Owner::Merchant
            } else {
                Owner::User
            };
            AccountNumbers::new(self.layout.seed, owner, crossing.payee_shard)
                .number(crossing.payee)
        };
        match half {
            Half::Pay => {
                let number = payee();
                let row = OrderRow {
                    payee: Some(number),
                    ..self.crossing_order(&crossing)
                };
                self.book_order(&row)?;
                self.pay(Payment {
                    payer: crossing.payer as usize,
                    payee: number,
                    is_payment: crossing.is_payment,
                    amount: crossing.amount,
                    coupon: crossing.coupon,
                    order: crossing.order,
                    memo: crossing.memo,
                })
            }
            Half::Receive => {
                let number = payer();
                let who = self.payee_here(&crossing);
                self.receive(who, number, crossing.amount, crossing.order, crossing.memo)
            }
            Half::GiveBack => {
                let number = payer();
                let to_buyer = self.told(550, number);
                let amount = crossing.refund.map_or(0, |(_, amount)| amount);
                let who = self.payee_here(&crossing);
                self.give_back(who, amount, crossing.order, to_buyer)
            }
            Half::TakeBack => {
                let number = payee();
                let from_merchant = self.told(500, number);
                let amount = crossing.refund.map_or(0, |(_, amount)| amount);
                self.take_back(
                    crossing.payer as usize,
                    amount,
                    crossing.order,
                    from_merchant,
                )
            }
        }
    }

    fn payee_here(&self, crossing: &Crossing<'_>) -> usize {
        if crossing.is_payment {
            self.merchant(crossing.payee)
        } else {
            crossing.payee as usize
        }
    }

    fn crossing_order(&self, crossing: &Crossing<'a>) -> OrderRow<'a> {
        let refunded = crossing.refund.map_or(0, |(_, amount)| amount);
        let paid = crossing.amount - crossing.coupon.unwrap_or(0);
        OrderRow {
            order_id: self.order_id(crossing.order),
            order_type: if crossing.is_payment { "P" } else { "T" },
            payer: Some(self.holders[crossing.payer as usize].number),
            payee: None,
            amount: crossing.amount,
            coupon: crossing.coupon,
            refunded,
            channel: None,
            status: super::events::status_of(refunded, paid),
            created_at: crossing.at,
            finished_at: Some(crossing.at),
            title: Some(crossing.memo),
        }
    }

    /// The payer's half of a payment or transfer.
    pub(super) fn pay(&mut self, payment: Payment<'_>) -> Result<(), D::Error> {
        let own = payment.amount - payment.coupon.unwrap_or(0);
        self.cover(payment.payer, own)?;
        let (kind, permille) = if payment.is_payment {
            (Kind::PaymentOut, 800)
        } else {
            (Kind::TransferOut, 950)
        };
        let counterparty = self.told(permille, payment.payee);
        self.post(Movement {
            coupon: payment.coupon,
            counterparty,
            order: Some(payment.order),
            memo: Some(payment.memo),
            ..Movement::new(kind, payment.payer, own)
        })
    }

    /// The payee's half of it; a merchant pays his fee out of it.
    pub(super) fn receive(
        &mut self,
        who: usize,
        payer: crate::Digits<16>,
        amount: i64,
        order: OrderNumber,
        memo: &str,
    ) -> Result<(), D::Error> {
        let (kind, permille, fee) = if self.is_merchant(who) {
            (Kind::PaymentIn, 300, self.merchant_fee(who, amount))
        } else {
            (Kind::TransferIn, 700, 0)
        };
        let counterparty = self.told(permille, payer);
        self.post(Movement {
            fee,
            counterparty,
            order: Some(order),
            memo: Some(memo),
            ..Movement::new(kind, who, amount - fee)
        })
    }

    fn give_back(
        &mut self,
        merchant: usize,
        amount: i64,
        order: OrderNumber,
        counterparty: Option<crate::Digits<16>>,
    ) -> Result<(), D::Error> {
        self.cover(merchant, amount)?;
        let memo = self.memo(Theme::Refund);
        self.post(Movement {
            counterparty,
            order: Some(order),
            memo,
            ..Movement::new(Kind::RefundOut, merchant, amount)
        })
    }

    fn take_back(
        &mut self,
        buyer: usize,
        amount: i64,
        order: OrderNumber,
        counterparty: Option<crate::Digits<16>>,
    ) -> Result<(), D::Error> {
        let memo = self.memo(Theme::Refund);
        self.post(Movement {
            counterparty,
            order: Some(order),
            memo,
            ..Movement::new(Kind::RefundIn, buyer, amount)
        })
    }

    /// Pays to the bank what leaves the wallet; the bank gets it without the fee.
    pub(super) fn pay_out(
        &mut self,
        who: usize,
        amount: i64,
        order: OrderNumber,
        channel: u8,
        memo: &str,
    ) -> Result<(), D::Error> {
        let fee = withdrawal_fee(channel, business_day_of(self.now), amount);
        self.post(Movement {
            fee,
            order: Some(order),
            channel: Some(channel),
            memo: Some(memo),
            ..Movement::new(Kind::Withdrawal, who, amount)
        })?;
        self.bank_line(channel, MONEY_GOES, order, amount - fee)
    }

    fn merchant_fee(&self, merchant: usize, amount: i64) -> i64 {
        let class = usize::from(self.holders[merchant].class);
        merchant_fee(class, business_day_of(self.now), amount)
    }
}

/// Is what a payer is asked for.
#[derive(Debug)]
pub(super) struct Payment<'a> {
    pub(super) payer: usize,
    pub(super) payee: crate::Digits<16>,
    pub(super) is_payment: bool,
    pub(super) amount: i64,
    pub(super) coupon: Option<i64>,
    pub(super) order: OrderNumber,
    pub(super) memo: &'a str,
}
