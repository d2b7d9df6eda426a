//! The steps of a day: cut, confirm, distribute, close.

use super::chart;
use super::day::{Batch, DayRecord, Income, Stage};
use super::error::FundError;
use super::order::{Order, OrderKind, OrderStatus, income_voucher};
use super::place::Draft;
use super::rights::Move;
use super::{Fund, FundEffects};
use crate::calendar::CalendarError;
use crate::day::Day;
use crate::income::Register;
use crate::ledger::{Posting, Voucher, VoucherKind};

impl Fund {
    /// Cuts a day (日切): no order can belong to it any more. Gives the orders that do.
    ///
    /// # Errors
    ///
    /// It is not yet 15:00, or the day before has not been cut.
    pub fn cut(&mut self, day: Day, now_micros: i64) -> Result<Batch, FundError> {
        self.check_first(day)?;
        if let Some(batch) = self.day(day).cut {
            return Ok(batch);
        }
        if self.terms.calendar.day_of_next_cut(now_micros)? <= day {
            return Err(too_early(day, Stage::Cut, now_micros));
        }
        self.check_day_before(day, Stage::Cut, Stage::Cut)?;
        let orders = self.orders.values();
        let batch = Batch::of(orders.filter(|order| order.schedule.trade_date == day));
        let record = self.days.entry(day).or_default();
        record.stage = Stage::Cut;
        record.cut = Some(batch);
        Ok(batch)
    }

    /// Confirms (确认) after a day the orders that are due on the next one. Gives what they come to.
    ///
    /// # Errors
    ///
    /// The day is not over or not cut, the day before is not closed, or the book refuses a
    /// confirmation: then none has been made.
    pub fn confirm(&mut self, day: Day, now_micros: i64) -> Result<Batch, FundError> {
        self.check_first(day)?;
        if let Some(batch) = self.day(day).confirmed {
            return Ok(batch);
        }
        if self.terms.calendar.natural_day(now_micros)? <= day {
            return Err(too_early(day, Stage::Confirmed, now_micros));
        }
        self.check_stage(day, Stage::Cut, Stage::Confirmed)?;
        self.check_day_before(day, Stage::Closed, Stage::Confirmed)?;
        let due_on = self.day_after(day)?;
        let is_due = |order: &&Order| {
            order.schedule.confirmed_on == due_on && order.status == OrderStatus::Placed
        };
        let due: Vec<Order> = self.orders.values().filter(is_due).copied().collect();
        let mut draft = Draft::of(&self.book);
        let mut moves = Vec::new();
        for order in &due {
            draft.book(&self.confirmation(order), now_micros)?;
            moves.push(self.confirmed_move(order));
        }
        self.rights.check(&moves)?;
        let confirmed = |order: &Order| Order {
            status: OrderStatus::Confirmed,
            ..*order
        };
        let effects = FundEffects {
            moves,
            orders: due.iter().map(confirmed).collect(),
            ..draft.finish()
        };
        self.apply(effects)?;
        let batch = Batch::of(due.iter());
        let record = self.days.entry(day).or_default();
        record.stage = Stage::Confirmed;
        record.confirmed = Some(batch);
        Ok(batch)
    }

    /// Divides the fund's income of a day (分配), fen, among all who have a right on it.
    ///
    /// # Errors
    ///
    /// The day's confirmations have not been made; it has distributed another income; the income
    /// cannot be divided; or the risk reserve is too small for a loss. Then nothing has changed.
    pub fn distribute(
        &mut self,
        day: Day,
        income_fen: i64,
        now_micros: i64,
    ) -> Result<Income, FundError> {
        self.check_first(day)?;
        if let Some(income) = self.day(day).income {
            let distributed_fen = income.distribution.income_fen;
            if distributed_fen == income_fen {
                return Ok(income);
            }
            return Err(FundError::IncomeDiffers {
                day,
                distributed_fen,
                asked_fen: income_fen,
            });
        }
        self.check_stage(day, Stage::Confirmed, Stage::Distributed)?;
        let (holders, shares) = self.register(day);
        let mut incomes = vec![0; holders.len()];
        let distribution =
            Register::new(&holders, &shares)?.distribute(income_fen, &mut incomes)?;
        let incomes: Vec<(u64, i64)> = holders.into_iter().zip(incomes).collect();
        let mut draft = Draft::of(&self.book);
        let booked = self.book_incomes(day, &incomes, &mut draft, now_micros)?;
        let from = self.day_after(day)?;
        let change = |(holder, shares): &(u64, i64)| Move {
            holder: *holder,
            from,
            shares: *shares,
        };
        let moves: Vec<Move> = booked.incomes.iter().map(change).collect();
        self.rights.check(&moves)?;
        let effects = FundEffects {
            moves,
            ..draft.finish()
        };
        self.apply(effects)?;
        let income = Income {
            distribution,
            incomes,
            from_reserve_fen: booked.from_reserve_fen,
        };
        let record = self.days.entry(day).or_default();
        record.stage = Stage::Distributed;
        record.income = Some(income.clone());
        Ok(income)
    }

    /// Closes a day (日终), if its books stand all proofs. Gives what it came to.
    ///
    /// # Errors
    ///
    /// The day before is not closed, the day's income is not distributed, or a proof fails.
    pub fn close(&mut self, day: Day) -> Result<DayRecord, FundError> {
        self.check_first(day)?;
        let record = self.day(day);
        if record.stage == Stage::Closed {
            return Ok(record);
        }
        self.check_day_before(day, Stage::Closed, Stage::Closed)?;
        self.check_stage(day, Stage::Distributed, Stage::Closed)?;
        self.prove()?;
        self.days.entry(day).or_default().stage = Stage::Closed;
        Ok(self.day(day))
    }

    fn confirmation(&self, order: &Order) -> Voucher {
        let request = &order.request;
        let (kind, postings) = match request.kind {
            OrderKind::Subscribe => {
                let amount_fen = request.amount_fen;
                let postings = vec![
                    Posting::debit(chart::subscriptions(), amount_fen),
                    Posting::credit(chart::bank(&self.terms), amount_fen),
                    Posting::debit(chart::fund_assets(), amount_fen),
                    Posting::credit(chart::shares(request.investor), amount_fen),
                ];
                (VoucherKind::Booking, postings)
            }
            OrderKind::Redeem | OrderKind::RedeemFast | OrderKind::Pay { .. } => {
                let pending = request.hold();
                (VoucherKind::Post { pending }, Vec::new())
            }
        };
        let accounting_date = order.schedule.confirmed_on;
        Voucher::of_kind(kind, request.confirmation(), accounting_date, postings)
    }

    fn confirmed_move(&self, order: &Order) -> Move {
        let amount_fen = order.request.amount_fen;
        let (holder, shares) = match order.request.kind {
            OrderKind::Subscribe => (order.request.investor, amount_fen),
            OrderKind::Redeem => (order.request.investor, amount_fen.saturating_neg()),
            OrderKind::RedeemFast | OrderKind::Pay { .. } => {
                (self.terms.provider, amount_fen.saturating_neg())
            }
        };
        Move {
            holder,
            from: order.schedule.confirmed_on,
            shares,
        }
    }

    /// Books the incomes of a day, as far as holders can bear them, and the rest to the reserve.
    fn book_incomes(
        &self,
        day: Day,
        incomes: &[(u64, i64)],
        draft: &mut Draft<'_>,
        now_micros: i64,
    ) -> Result<BookedIncomes, FundError> {
        let mut booked = BookedIncomes::default();
        let mut postings = Vec::new();
        let mut assets_fen = 0_i64;
        for (holder, income_fen) in incomes.iter().copied() {
            assets_fen = assets_fen.saturating_add(income_fen);
            let account = chart::shares(holder);
            let borne_fen = if income_fen < 0 {
                income_fen.max(draft.available_fen(account).saturating_neg())
            } else {
                income_fen
            };
            let left_fen = borne_fen.saturating_sub(income_fen);
            booked.from_reserve_fen = booked.from_reserve_fen.saturating_add(left_fen);
            if borne_fen != 0 {
                booked.incomes.push((holder, borne_fen));
                postings.push(Posting::credit(account, borne_fen));
            }
        }
        if booked.from_reserve_fen > 0 {
            let borne_fen = booked.from_reserve_fen.saturating_neg();
            postings.push(Posting::credit(chart::reserve(), borne_fen));
        }
        if assets_fen != 0 {
            // Last, so that a loss which nobody can bear is said of the reserve.
            postings.push(Posting::debit(chart::fund_assets(), assets_fen));
            let postings = postings.into_iter().map(above_zero).collect();
            draft.book(
                &Voucher::booking(income_voucher(day), day, postings),
                now_micros,
            )?;
        }
        Ok(booked)
    }

    fn check_first(&self, day: Day) -> Result<(), FundError> {
        let first_day = self.terms.first_day;
        if day < first_day {
            return Err(FundError::BeforeFirstDay { day, first_day });
        }
        Ok(())
    }

    fn check_stage(&self, day: Day, needed: Stage, step: Stage) -> Result<(), FundError> {
        let stage = self.stage(day);
        if stage < needed {
            return Err(FundError::StageNotReached {
                day,
                stage,
                needed,
                step,
            });
        }
        Ok(())
    }

    fn check_day_before(&self, day: Day, needed: Stage, step: Stage) -> Result<(), FundError> {
        let before = day.previous().filter(|_| day > self.terms.first_day);
        let Some(before) = before else {
            return Ok(());
        };
        let stage = self.stage(before);
        if stage < needed {
            return Err(FundError::DayBeforeNotReached {
                day,
                step,
                before,
                stage,
                needed,
            });
        }
        Ok(())
    }

    fn day_after(&self, day: Day) -> Result<Day, FundError> {
        let calendar = &self.terms.calendar;
        let not_covered = CalendarError::NotCovered {
            day,
            first: calendar.first(),
            last: calendar.last(),
        };
        Ok(day.next().ok_or(not_covered)?)
    }
}

/// Is what of a day's incomes was booked to holders, and what to the reserve.
#[derive(Debug, Default)]
struct BookedIncomes {
    incomes: Vec<(u64, i64)>,
    from_reserve_fen: i64,
}

/// A loss is booked on the other side, not in red: it takes nothing back.
fn above_zero(posting: Posting) -> Posting {
    if posting.amount_fen >= 0 {
        return posting;
    }
    Posting {
        side: posting.side.other(),
        amount_fen: posting.amount_fen.saturating_neg(),
        ..posting
    }
}

fn too_early(day: Day, step: Stage, now: i64) -> FundError {
    FundError::TooEarly { day, step, now }
}

impl Batch {
    fn of<'a>(orders: impl Iterator<Item = &'a Order>) -> Batch {
        let mut batch = Batch::default();
        for order in orders {
            batch.orders = batch.orders.saturating_add(1);
            let sum = match order.request.kind {
                OrderKind::Subscribe => &mut batch.subscribed_fen,
                OrderKind::Redeem => &mut batch.redeemed_fen,
                OrderKind::RedeemFast | OrderKind::Pay { .. } => &mut batch.redeemed_fast_fen,
            };
            *sum = sum.saturating_add(i128::from(order.request.amount_fen));
        }
        batch
    }
}
