//! What happens within a shard of its own accord: the events that begin something.

use super::due::{Due, Payment};
use super::{MONEY_COMES, Movement, REVERSED, Shard};
use crate::Desk;
use crate::amounts;
use crate::calendar::{DAY, FREEZE, HOUR, SECOND, business_day_of, soon};
use crate::codes::{CHANNELS, Kind, RENUMBERED};
use crate::crossing::{coupon, refund};
use crate::numbers::OrderNumber;
use crate::record::OrderRow;
use crate::words::Theme;

const MINUTE: i64 = 60 * SECOND;

const PENDING: &str = "1";
const DONE: &str = "2";
const CLOSED: &str = "3";
const REFUNDED: &str = "4";
const PARTLY_REFUNDED: &str = "5";
const PAID_TO_ESCROW: &str = "6";
const FAILED: &str = "7";

/// What a paid order came to.
pub(super) fn status_of(refunded: i64, paid: i64) -> &'static str {
    match refunded {
        0 => DONE,
        _ if refunded == paid => REFUNDED,
        _ => PARTLY_REFUNDED,
    }
}

impl<'a, D: Desk> Shard<'a, D> {
    /// Something new happens.
    pub(super) fn event(&mut self) -> Result<(), D::Error> {
        let draw = self.random.below(1_000);
        let who = self.some_user();
        match draw {
            0..170 => self.top_up(who),
            170..440 => self.instant_payment(who),
            440..610 => self.escrow_payment(who),
            610..700 => self.transfer(who),
            700..775 => self.withdrawal(who),
            775..835 => {
                let merchant = self.some_merchant();
                self.withdrawal(merchant)
            }
            835..905 => self.order_without_payment(who),
            905..940 => self.bonus(who),
            940..958 => self.service_fee(who),
            958..968 => self.risk_freeze(who),
            968..980 => self.top_up_booked_twice(who),
            _ => self.adjustment(who),
        }
    }

    pub(super) fn memo(&mut self, theme: Theme) -> Option<&'a str> {
        let layout = self.layout;
        let memo = layout.memos.draw(&mut self.random, theme);
        (!self.random.permille(60)).then_some(memo)
    }

    fn title(&mut self, theme: Theme) -> &'a str {
        let layout = self.layout;
        layout.memos.draw(&mut self.random, theme)
    }

    /// An order of one party: nobody else, no coupon, no refund.
    fn plain_order(
        &self,
        order: OrderNumber,
        order_type: &'static str,
        amount: i64,
    ) -> OrderRow<'a> {
        OrderRow {
            order_id: self.order_id(order),
            order_type,
            payer: None,
            payee: None,
            amount,
            coupon: None,
            refunded: 0,
            channel: None,
            status: DONE,
            created_at: self.now,
            finished_at: Some(self.now),
            title: None,
        }
    }

    /// The channel that a user takes: mostly the one of his own bank.
    fn channel_of(&mut self, who: usize) -> u8 {
        if self.random.permille(850) {
            self.holders[who].channel
        } else {
            self.random.index(CHANNELS.len()) as u8
        }
    }

    pub(super) fn top_up(&mut self, who: usize) -> Result<(), D::Error> {
        let amount = amounts::top_up(&mut self.random);
        self.money_in(Kind::TopUp, who, amount).map(drop)
    }

    /// Sees to it that an account can pay an amount: what is missing comes from the bank.
    pub(super) fn cover(&mut self, who: usize, amount: i64) -> Result<(), D::Error> {
        let missing = amount - self.holders[who].balance;
        if missing <= 0 {
            return Ok(());
        }
        let kind = if self.is_merchant(who) {
            Kind::MerchantCover
        } else {
            Kind::QuickTopUp
        };
        self.money_in(kind, who, missing).map(drop)
    }

    /// Money comes from a bank: an order, a flow record, a line of the bank.
    fn money_in(
        &mut self,
        kind: Kind,
        who: usize,
        amount: i64,
    ) -> Result<(OrderNumber, u8), D::Error> {
        let (order, channel) = (self.new_order(), self.channel_of(who));
        let memo = self.memo(Theme::TopUp);
        let row = OrderRow {
            payee: Some(self.holders[who].number),
            channel: Some(CHANNELS[usize::from(channel)].code),
            title: memo,
            ..self.plain_order(order, "C", amount)
        };
        self.book_order(&row)?;
        self.bank_line(channel, MONEY_COMES, order, amount)?;
        self.post(Movement {
            order: Some(order),
            channel: Some(channel),
            memo,
            ..Movement::new(kind, who, amount)
        })?;
        Ok((order, channel))
    }

    /// Paid and received at once. Some of it may be given back later, in one go or in two.
    fn instant_payment(&mut self, payer: usize) -> Result<(), D::Error> {
        let merchant = self.some_merchant();
        let class = usize::from(self.holders[merchant].class);
        let amount = amounts::price(&mut self.random, class);
        let coupon = coupon(&mut self.random, amount);
        let paid = amount - coupon.unwrap_or(0);
        let first = refund(&mut self.random, self.now, paid);
        let rest = first.map_or(0, |(_, back)| paid - back);
        let second = match first {
            Some((at, _)) if rest > 1 && self.random.permille(300) => {
                let at = soon(&mut self.random, at, 5);
                (at < FREEZE).then_some((at, rest / 2))
            }
            _ => None,
        };
        let refunds = first.into_iter().chain(second);
        let refunded = refunds.clone().map(|(_, back)| back).sum();
        let (order, memo) = (self.new_order(), self.title(Theme::of_class(class)));
        let numbers = [payer, merchant].map(|who| self.holders[who].number);
        let row = OrderRow {
            payer: Some(numbers[0]),
            payee: Some(numbers[1]),
            coupon,
            refunded,
            status: status_of(refunded, paid),
            title: Some(memo),
            ..self.plain_order(order, "P", amount)
        };
        self.book_order(&row)?;
        self.pay(Payment {
            payer,
            payee: numbers[1],
            is_payment: true,
            amount,
            coupon,
            order,
            memo,
        })?;
        self.receive(merchant, numbers[0], amount, order, memo)?;
        for (at, amount) in refunds {
            let buyer = payer;
            let due = Due::Refunded {
                merchant,
                buyer,
                amount,
                order,
            };
            self.later(at, due);
        }
        Ok(())
    }

    /// Paid to the house first; the merchant gets it when the buyer confirms.
    fn escrow_payment(&mut self, buyer: usize) -> Result<(), D::Error> {
        let merchant = self.some_merchant();
        let class = usize::from(self.holders[merchant].class);
        let amount = amounts::price(&mut self.random, class);
        let coupon = coupon(&mut self.random, amount);
        let own = amount - coupon.unwrap_or(0);
        let is_returned = coupon.is_none() && self.random.permille(80);
        let at = soon(&mut self.random, self.now, 10);
        let (order, memo) = (self.new_order(), self.title(Theme::of_class(class)));
        let numbers = [buyer, merchant].map(|who| self.holders[who].number);
        let is_over = at < FREEZE;
        let row = OrderRow {
            payer: Some(numbers[0]),
            payee: Some(numbers[1]),
            coupon,
            refunded: if is_over && is_returned { amount } else { 0 },
            status: match (is_over, is_returned) {
                (false, _) => PAID_TO_ESCROW,
                (true, true) => REFUNDED,
                (true, false) => DONE,
            },
            finished_at: is_over.then_some(at),
            title: Some(memo),
            ..self.plain_order(order, "E", amount)
        };
        self.book_order(&row)?;
        self.cover(buyer, own)?;
        let counterparty = self.told(600, numbers[1]);
        self.post(Movement {
            coupon,
            counterparty,
            order: Some(order),
            memo: Some(memo),
            ..Movement::new(Kind::EscrowPayment, buyer, own)
        })?;
        let due = if is_returned {
            Due::Returned {
                buyer,
                amount,
                order,
            }
        } else {
            Due::Confirmed {
                merchant,
                buyer,
                amount,
                order,
                memo,
            }
        };
        if is_over {
            self.later(at, due);
        }
        Ok(())
    }

    fn transfer(&mut self, payer: usize) -> Result<(), D::Error> {
        let payee = self.some_user();
        if payee == payer {
            return self.top_up(payer);
        }
        let amount = amounts::transfer(&mut self.random);
        let (order, memo) = (self.new_order(), self.title(Theme::Transfer));
        let numbers = [payer, payee].map(|who| self.holders[who].number);
        let row = OrderRow {
            payer: Some(numbers[0]),
            payee: Some(numbers[1]),
            title: Some(memo),
            ..self.plain_order(order, "T", amount)
        };
        self.book_order(&row)?;
        self.pay(Payment {
            payer,
            payee: numbers[1],
            is_payment: false,
            amount,
            coupon: None,
            order,
            memo,
        })?;
        self.receive(payee, numbers[0], amount, order, memo)
    }

    /// Money goes to a bank: at once, or after the amount was frozen for some hours.
    fn withdrawal(&mut self, who: usize) -> Result<(), D::Error> {
        let balance = self.holders[who].balance;
        let part = match self.random.below(4) {
            0 | 1 => balance,
            2 => balance / 2 / 1_000 * 1_000,
            _ => balance / 100 * 100,
        };
        let amount = part.min(500_000_000);
        if amount < 1_000 {
            // There is nothing to withdraw: a user buys something instead, a merchant waits.
            let user = if self.is_merchant(who) {
                self.some_user()
            } else {
                who
            };
            return self.instant_payment(user);
        }
        let (order, channel) = (self.new_order(), self.channel_of(who));
        let memo = self.title(Theme::Withdrawal);
        let row = OrderRow {
            payer: Some(self.holders[who].number),
            channel: Some(CHANNELS[usize::from(channel)].code),
            title: Some(memo),
            ..self.plain_order(order, "W", amount)
        };
        let is_refused = self.random.permille(60);
        let takes_time = business_day_of(self.now) >= RENUMBERED || self.random.permille(300);
        if !takes_time {
            let status = if is_refused { FAILED } else { DONE };
            self.book_order(&OrderRow { status, ..row })?;
            return match is_refused {
                true => Ok(()),
                false => self.pay_out(who, amount, order, channel, memo),
            };
        }
        let at = self.now + self.random.between(10 * MINUTE, 36 * HOUR);
        let is_over = at < FREEZE;
        self.book_order(&OrderRow {
            status: match (is_over, is_refused) {
                (false, _) => PENDING,
                (true, true) => FAILED,
                (true, false) => DONE,
            },
            finished_at: is_over.then_some(at),
            ..row
        })?;
        self.post(Movement {
            order: Some(order),
            memo: Some(memo),
            ..Movement::new(Kind::Freeze, who, amount)
        })?;
        if is_over {
            let due = if is_refused {
                let order = Some(order);
                Due::Release { who, amount, order }
            } else {
                Due::PaidOut {
                    who,
                    amount,
                    order,
                    channel,
                    memo,
                }
            };
            self.later(at, due);
        }
        Ok(())
    }

    /// An order that nobody paid for, or whose top-up the bank refused: no money moves.
    fn order_without_payment(&mut self, who: usize) -> Result<(), D::Error> {
        let order = self.new_order();
        let is_recent = self.now > FREEZE - 3 * DAY;
        // A few get stuck, and nobody ever closes them.
        let stays_open = self.random.permille(if is_recent { 600 } else { 30 });
        let status = match self.random.below(10) {
            _ if stays_open => PENDING,
            0..3 => FAILED,
            _ => CLOSED,
        };
        let finished_at = (status != PENDING).then_some((self.now + 15 * MINUTE).min(FREEZE - 1));
        let number = self.holders[who].number;
        let row = if status == FAILED {
            let (amount, channel) = (amounts::top_up(&mut self.random), self.channel_of(who));
            OrderRow {
                payee: Some(number),
                channel: Some(CHANNELS[usize::from(channel)].code),
                title: self.memo(Theme::TopUp),
                ..self.plain_order(order, "C", amount)
            }
        } else {
            let merchant = self.some_merchant();
            let class = usize::from(self.holders[merchant].class);
            let amount = amounts::price(&mut self.random, class);
            let order_type = *self.random.one_of(&["P", "E"]);
            OrderRow {
                payer: Some(number),
                payee: Some(self.holders[merchant].number),
                title: self.memo(Theme::of_class(class)),
                ..self.plain_order(order, order_type, amount)
            }
        };
        self.book_order(&OrderRow {
            status,
            finished_at,
            ..row
        })
    }

    fn bonus(&mut self, who: usize) -> Result<(), D::Error> {
        const SUMS: [i64; 6] = [100, 200, 500, 660, 880, 1_000];
        let amount = match self.random.below(20) {
            0 => self.random.between(1, 8_888),
            _ => *self.random.one_of(&SUMS),
        };
        let memo = self.memo(Theme::Bonus);
        self.post(Movement {
            memo,
            ..Movement::new(Kind::Bonus, who, amount)
        })
    }

    /// A fee by itself: all of the amount is fee.
    fn service_fee(&mut self, who: usize) -> Result<(), D::Error> {
        let fee = *self.random.one_of(&[50, 100, 200, 1_000]);
        if self.holders[who].balance < fee {
            return self.top_up(who);
        }
        let memo = self.memo(Theme::Fee);
        self.post(Movement {
            fee,
            memo,
            ..Movement::new(Kind::ServiceFee, who, fee)
        })
    }

    /// Somebody's money is held for a while; some of it still is at the end.
    fn risk_freeze(&mut self, who: usize) -> Result<(), D::Error> {
        let balance = self.holders[who].balance;
        if balance < 100 {
            return self.top_up(who);
        }
        let amount = match self.random.below(2) {
            0 => balance,
            _ => self.random.between(1, balance),
        };
        let memo = self.memo(Theme::Freeze);
        self.post(Movement {
            memo,
            ..Movement::new(Kind::Freeze, who, amount)
        })?;
        let at = soon(&mut self.random, self.now, 60);
        if at < FREEZE && self.random.permille(850) {
            let order = None;
            self.later(at, Due::Release { who, amount, order });
        }
        Ok(())
    }

    /// The bank said it once, the system heard it twice; a red entry takes it back.
    fn top_up_booked_twice(&mut self, who: usize) -> Result<(), D::Error> {
        let amount = amounts::top_up(&mut self.random);
        let (order, channel) = self.money_in(Kind::TopUp, who, amount)?;
        let at = self.now + self.random.between(MINUTE, 3 * DAY);
        if at >= FREEZE {
            return Ok(());
        }
        let memo = self.memo(Theme::TopUp);
        self.post(Movement {
            status: REVERSED,
            order: Some(order),
            channel: Some(channel),
            memo,
            ..Movement::new(Kind::TopUp, who, amount)
        })?;
        let due = Due::Reversed {
            who,
            amount,
            order,
            channel,
        };
        self.later(at, due);
        Ok(())
    }

    /// Booked by hand. Some name the account on the other side; the others must be looked into.
    fn adjustment(&mut self, who: usize) -> Result<(), D::Error> {
        let amount = match self.random.below(3) {
            0 => 1,
            1 => self.random.between(1, 5_000),
            _ => self.random.between(1, 500) * 100,
        };
        let goes_out = self.random.permille(450) && self.holders[who].balance >= amount;
        let kind = if goes_out {
            Kind::AdjustmentOut
        } else {
            Kind::AdjustmentIn
        };
        let operating = self.operating;
        let counterparty = self.told(600, operating);
        let memo = self.memo(Theme::Adjustment);
        self.post(Movement {
            counterparty,
            memo,
            ..Movement::new(kind, who, amount)
        })
    }
}
