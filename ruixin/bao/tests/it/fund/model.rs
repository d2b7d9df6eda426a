//! Random customers over random days, against a model that adds up lists.

use std::collections::BTreeMap;

use proptest::prelude::*;
use ruixin_bao::Day;
use ruixin_bao::calendar::Calendar;
use ruixin_bao::fund::{ADVANCE, Fund, MERCHANTS, OrderKind, RESERVE, Request, SHARES};
use ruixin_bao::ledger::AccountId;

use super::{PROVIDER, SHOP, USERS, balance, fund_from, user};
use crate::income::naive;
use crate::{at, day};

const MINUTE: i64 = 60_000_000;
/// The Wednesday before the Dragon Boat Festival, over which there is no trading from 8 to 12 June.
const FIRST_DAY: &str = "2013-06-05";

#[derive(Debug, Clone)]
enum Step {
    Wait(i64),
    Place(usize, OrderKind, i64),
    Repeat(usize),
    /// Does the next step of the first day that is not closed.
    Day(i64),
    DayAgain,
    Reserve(i64),
}

#[derive(Debug, Clone, Copy)]
struct Placed {
    request: Request,
    placed_on: Day,
    confirmed_on: Day,
    is_open: bool,
}

#[derive(Debug, Clone, Default)]
struct Model {
    wallets: BTreeMap<u64, i64>,
    shop: i64,
    advance: i64,
    reserve: i64,
    moves: Vec<(u64, Day, i64)>,
    orders: Vec<Placed>,
}

impl Model {
    fn on(&self, holder: u64, day: Day) -> i64 {
        let moves = self
            .moves
            .iter()
            .filter(|(one, from, _)| *one == holder && *from <= day);
        moves.map(|(_, _, shares)| shares).sum()
    }

    fn free(&self, holder: u64) -> i64 {
        let held = self
            .orders
            .iter()
            .filter(|order| order.is_open)
            .filter(|order| match order.request.kind {
                OrderKind::Subscribe => false,
                OrderKind::Redeem => order.request.investor == holder,
                OrderKind::RedeemFast | OrderKind::Pay { .. } => holder == PROVIDER,
            });
        let all = self.moves.iter().filter(|(one, _, _)| *one == holder);
        all.map(|(_, _, shares)| shares).sum::<i64>()
            - held.map(|order| order.request.amount_fen).sum::<i64>()
    }

    fn used(&self, investor: u64, today: Day, is_payment: bool) -> i64 {
        let same = self.orders.iter().filter(|order| {
            let kind = order.request.kind;
            order.request.investor == investor
                && order.placed_on == today
                && if is_payment {
                    matches!(kind, OrderKind::Pay { .. })
                } else {
                    kind == OrderKind::RedeemFast
                }
        });
        same.map(|order| order.request.amount_fen).sum()
    }

    /// Says whether the order is taken, and takes it.
    fn place(&mut self, request: Request, calendar: &Calendar, now: i64) -> bool {
        let today = calendar.natural_day(now).unwrap();
        let (investor, fen) = (request.investor, request.amount_fen);
        let can = match request.kind {
            OrderKind::Subscribe => self.wallets[&investor] >= fen,
            OrderKind::Redeem => self.free(investor) >= fen,
            OrderKind::RedeemFast | OrderKind::Pay { .. } => {
                let is_payment = request.kind != OrderKind::RedeemFast;
                let cap = if is_payment { 20_000 } else { 10_000 };
                self.free(investor) >= fen
                    && self.advance >= fen
                    && self.used(investor, today, is_payment) + fen <= cap
            }
        };
        if !can {
            return false;
        }
        match request.kind {
            OrderKind::Subscribe => *self.wallets.get_mut(&investor).unwrap() -= fen,
            OrderKind::Redeem => {}
            OrderKind::RedeemFast | OrderKind::Pay { .. } => {
                self.moves.push((investor, today, -fen));
                self.moves.push((PROVIDER, today, fen));
                self.advance -= fen;
                if request.kind == OrderKind::RedeemFast {
                    *self.wallets.get_mut(&investor).unwrap() += fen;
                } else {
                    self.shop += fen;
                }
            }
        }
        self.orders.push(Placed {
            request,
            placed_on: today,
            confirmed_on: calendar.schedule(now).unwrap().confirmed_on,
            is_open: true,
        });
        true
    }

    fn confirm(&mut self, on: Day) {
        for order in self
            .orders
            .iter_mut()
            .filter(|order| order.confirmed_on == on)
        {
            order.is_open = false;
            let Request {
                investor,
                amount_fen,
                kind,
                ..
            } = order.request;
            match kind {
                OrderKind::Subscribe => self.moves.push((investor, on, amount_fen)),
                OrderKind::Redeem => {
                    self.moves.push((investor, on, -amount_fen));
                    *self.wallets.get_mut(&investor).unwrap() += amount_fen;
                }
                OrderKind::RedeemFast | OrderKind::Pay { .. } => {
                    self.moves.push((PROVIDER, on, -amount_fen));
                    self.advance += amount_fen;
                }
            }
        }
    }

    /// Says whether the income can be divided, and divides it.
    fn distribute(&mut self, today: Day, income: i64) -> bool {
        let holders = [PROVIDER].into_iter().chain(USERS);
        let register: Vec<(u64, i64)> = holders
            .map(|holder| (holder, self.on(holder, today)))
            .filter(|(_, shares)| *shares > 0)
            .collect();
        let total: i64 = register.iter().map(|(_, shares)| shares).sum();
        if income == 0 {
            return true;
        }
        if total == 0 || income < -total {
            return false;
        }
        let mut from_reserve = 0;
        let mut moves = Vec::new();
        for (holder, income) in naive(income, &register) {
            let borne = income.max(-self.free(holder));
            from_reserve += borne - income;
            moves.push((holder, today.next().unwrap(), borne));
        }
        if from_reserve > self.reserve {
            return false;
        }
        self.reserve -= from_reserve;
        self.moves.extend(moves);
        true
    }
}

/// Compares all that customers could see, on each day.
fn compare(fund: &Fund, model: &Model) {
    for number in USERS {
        assert_eq!(balance(fund, user(number)), model.wallets[&number]);
    }
    assert_eq!(balance(fund, AccountId::new(MERCHANTS, SHOP)), model.shop);
    assert_eq!(
        balance(fund, AccountId::new(ADVANCE, PROVIDER)),
        model.advance
    );
    assert_eq!(balance(fund, AccountId::new(RESERVE, 0)), model.reserve);
    for holder in USERS.into_iter().chain([PROVIDER]) {
        let account = fund.book().account(AccountId::new(SHARES, holder));
        let available = account.map_or(0, ruixin_bao::ledger::Account::available_fen);
        assert_eq!(available, model.free(holder), "{holder}");
        for days in 0..40 {
            let day = day(FIRST_DAY).checked_add(days - 2).unwrap();
            let shares = fund.rights().shares_on(holder, day);
            assert_eq!(shares, model.on(holder, day), "{holder} on {day}");
            assert!(shares >= 0);
        }
    }
}

fn any_step() -> impl Strategy<Value = Step> {
    let user = 0..USERS.len();
    let kind = prop_oneof![
        Just(OrderKind::Subscribe),
        Just(OrderKind::Redeem),
        Just(OrderKind::RedeemFast),
        Just(OrderKind::Pay { merchant: SHOP }),
    ];
    let fen = prop_oneof![1..200_i64, 1..12_000_i64, 1..60_000_i64];
    let income = prop_oneof![0..2_000_i64, -300..300_i64, Just(0), Just(-40_000)];
    prop_oneof![
        3 => (0..1_200_i64).prop_map(Step::Wait),
        6 => (user, kind, fen).prop_map(|(user, kind, fen)| Step::Place(user, kind, fen)),
        1 => (0..100_usize).prop_map(Step::Repeat),
        9 => income.prop_map(Step::Day),
        1 => Just(Step::DayAgain),
        1 => (1..500_i64).prop_map(Step::Reserve),
    ]
}

/// Does the next step of a day, if its time has come; says whether the model must follow.
struct Run {
    fund: Fund,
    model: Model,
    now: i64,
    today: Day,
    number: u128,
}

impl Run {
    fn day(&mut self, income: i64) {
        let (today, now) = (self.today, self.now);
        let calendar = self.fund.terms().calendar.clone();
        let is_over = calendar.natural_day(now).unwrap() > today;
        match self.fund.day(today).stage {
            ruixin_bao::fund::Stage::Open => {
                let is_cut = calendar.day_of_next_cut(now).unwrap() > today;
                assert_eq!(self.fund.cut(today, now).is_ok(), is_cut);
            }
            ruixin_bao::fund::Stage::Cut => {
                assert_eq!(self.fund.confirm(today, now).is_ok(), is_over);
                if is_over {
                    self.model.confirm(today.next().unwrap());
                }
            }
            ruixin_bao::fund::Stage::Confirmed => {
                let is_divided = self.model.distribute(today, income);
                let income = self.fund.distribute(today, income, now);
                assert_eq!(income.is_ok(), is_divided, "{income:?}");
            }
            ruixin_bao::fund::Stage::Distributed => {
                self.fund.close(today).unwrap();
            }
            ruixin_bao::fund::Stage::Closed => self.today = today.next().unwrap(),
        }
    }

    fn step(&mut self, step: &Step) {
        self.number += 1;
        match step {
            Step::Wait(minutes) => self.now += minutes * MINUTE,
            Step::Place(user, kind, amount_fen) => {
                let request = Request {
                    id: self.number,
                    investor: USERS[*user],
                    kind: *kind,
                    amount_fen: *amount_fen,
                };
                let calendar = self.fund.terms().calendar.clone();
                let is_taken = self.model.place(request, &calendar, self.now);
                let placed = self.fund.place(&request, self.now);
                assert_eq!(placed.is_ok(), is_taken, "{request:?}: {placed:?}");
            }
            Step::Repeat(at) => {
                let orders: Vec<Request> = self.fund.orders().map(|order| order.request).collect();
                if let Some(request) = orders.get(at % orders.len().max(1)) {
                    let mut other = *request;
                    other.amount_fen += 1;
                    assert!(self.fund.place(request, self.now).is_ok());
                    assert!(self.fund.place(&other, self.now).is_err());
                }
            }
            Step::Day(income) => self.day(*income),
            Step::DayAgain => {
                // All that is done of this day and of the one before is done once more.
                for today in [Some(self.today), self.today.previous()]
                    .into_iter()
                    .flatten()
                {
                    let record = self.fund.day(today);
                    if let Some(batch) = record.cut {
                        assert_eq!(self.fund.cut(today, self.now), Ok(batch));
                    }
                    if let Some(batch) = record.confirmed {
                        assert_eq!(self.fund.confirm(today, self.now), Ok(batch));
                    }
                    if let Some(income) = record.income {
                        let fen = income.distribution.income_fen;
                        assert_eq!(self.fund.distribute(today, fen, self.now), Ok(income));
                        assert!(self.fund.distribute(today, fen + 1, self.now).is_err());
                    }
                }
            }
            Step::Reserve(fen) => {
                let today = self.fund.terms().calendar.natural_day(self.now).unwrap();
                self.fund
                    .pay_into_reserve(self.number, *fen, today, self.now)
                    .unwrap();
                self.model.reserve += fen;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]

    #[test]
    fn the_fund_does_what_the_model_does(steps in proptest::collection::vec(any_step(), 1..240)) {
        let mut run = Run {
            fund: fund_from(FIRST_DAY),
            model: Model {
                wallets: USERS.into_iter().map(|user| (user, 100_000)).collect(),
                advance: 50_000,
                ..Model::default()
            },
            now: at(FIRST_DAY),
            today: day(FIRST_DAY),
            number: 0,
        };
        for step in &steps {
            run.step(step);
            // Every invariant, after every step.
            run.fund.prove().unwrap();
            compare(&run.fund, &run.model);
        }
    }
}
