//! Random customers over random days: the store does what the pure core does, on both databases.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use ruixin_bao::fund::{Fund, FundError, OrderKind, Request, Stage};
use ruixin_bao::ledger::{Posting, Resolution, Voucher, VoucherId, VoucherKind};
use ruixin_bao_store::{Store, StoreError};

use crate::support::{BANK, Kind, Place, SHOP, USERS, assert_same, at, books, request, threads};

const MINUTE: i64 = 60_000_000;
/// The Wednesday before the Dragon Boat Festival, over which there is no trading from 8 to 12 June.
const FIRST_DAY: &str = "2013-06-05";

#[derive(Debug, Clone)]
enum Step {
    Wait(i64),
    Place(Vec<(usize, OrderKind, i64)>),
    /// An order once more, with an amount that may be another.
    Repeat(usize, i64),
    /// The next step of the first day that is not closed, with an income.
    Day(i64),
    DayAgain,
    Reserve(i64),
    /// What has expired is released.
    Release,
    /// A voucher of the wallet: kind, voucher it refers to, user, amount.
    Wallet(u8, usize, usize, i64),
}

fn order() -> impl Strategy<Value = (usize, OrderKind, i64)> {
    let kind = prop_oneof![
        3 => Just(OrderKind::Subscribe),
        2 => Just(OrderKind::Redeem),
        2 => Just(OrderKind::RedeemFast),
        1 => Just(OrderKind::Pay { merchant: SHOP }),
        1 => Just(OrderKind::Pay { merchant: 1 }),
    ];
    (
        0..USERS.len(),
        kind,
        prop_oneof![1_i64..200, 1_000_i64..60_000, -1_i64..1],
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1_i64..2_000).prop_map(Step::Wait),
        6 => prop::collection::vec(order(), 1..4).prop_map(Step::Place),
        1 => (any::<usize>(), 0_i64..2).prop_map(|(order, more)| Step::Repeat(order, more)),
        9 => prop_oneof![Just(0_i64), 1_i64..5_000, -300_i64..-1, Just(-60_000_i64)].prop_map(Step::Day),
        1 => Just(Step::DayAgain),
        1 => (0_i64..500).prop_map(Step::Reserve),
        2 => Just(Step::Release),
        3 => (0_u8..6, any::<usize>(), 0..USERS.len(), 1_i64..3_000)
            .prop_map(|(kind, link, user, fen)| Step::Wallet(kind, link, user, fen)),
    ]
}

/// The code of an error of either.
fn code(error: &StoreError) -> String {
    error.code().to_owned()
}

struct Run<'a> {
    store: Store,
    fund: Fund,
    place: &'a Place,
    now: i64,
    next: u128,
    placed: Vec<Request>,
    vouchers: Vec<VoucherId>,
    refused: u32,
    released: u32,
}

impl Run<'_> {
    fn step(&mut self, step: &Step) {
        match step {
            Step::Wait(minutes) => self.now += minutes * MINUTE,
            Step::Place(orders) => {
                let requests: Vec<Request> = orders
                    .iter()
                    .map(|(user, kind, fen)| {
                        self.next += 1;
                        request(self.next, USERS[*user], *kind, *fen)
                    })
                    .collect();
                self.place(&requests);
            }
            Step::Repeat(which, more) => {
                if let Some(request) = self.placed.get(which % self.placed.len().max(1)).copied() {
                    let amount_fen = request.amount_fen + more;
                    self.place(&[Request {
                        amount_fen,
                        ..request
                    }]);
                }
            }
            Step::Day(income) => self.day(*income),
            Step::DayAgain => self.day_again(),
            Step::Reserve(fen) => {
                self.next += 1;
                let today = self.fund.terms().calendar.natural_day(self.now).unwrap();
                let stored = self
                    .store
                    .pay_into_reserve(self.next, *fen, today, self.now);
                let expect = self.fund.pay_into_reserve(self.next, *fen, today, self.now);
                assert_eq!(
                    stored.map_err(|error| code(&error)),
                    expect.map_err(|error| error.code().to_owned())
                );
            }
            Step::Release => self.release(),
            Step::Wallet(kind, link, user, fen) => self.wallet(*kind, *link, USERS[*user], *fen),
        }
    }

    fn release(&mut self) {
        let stored = self.store.release_expired(self.now).unwrap();
        let expect = self.fund.release_expired(self.now).unwrap();
        assert_eq!(stored.released, u64::try_from(expect).unwrap());
        let held = self.fund.book().entries();
        let held = held.filter(|entry| entry.resolved.is_none());
        let next_at = held.filter_map(|entry| entry.voucher.kind.expires_at());
        assert_eq!(stored.next_at, next_at.min());
        self.released += u32::try_from(expect).unwrap();
        // Once more there is nothing to release.
        let again = self.store.release_expired(self.now).unwrap();
        assert_eq!((again.released, again.next_at), (0, stored.next_at));
    }

    fn place(&mut self, requests: &[Request]) {
        let stored = self.store.place(requests, self.now).unwrap();
        for (request, stored) in requests.iter().zip(stored) {
            let is_repeat = self.fund.order(request.id).is_some();
            let expect = self.fund.place(request, self.now);
            if expect.is_ok() {
                self.placed.push(*request);
            }
            if let Ok(placed) = &stored {
                assert_eq!(placed.is_repeat, is_repeat);
            }
            self.refused += u32::from(expect.is_err());
            assert_eq!(stored.map(|placed| placed.order), expect);
        }
    }

    fn wallet(&mut self, kind: u8, link: usize, user: u64, fen: i64) {
        self.next += 1;
        let account = ruixin_bao::fund::user_account(user).id;
        let shop = ruixin_bao::fund::merchant_account(SHOP).id;
        // Of an order's vouchers too, which must not be taken back.
        let links = self
            .vouchers
            .iter()
            .copied()
            .chain(self.placed.iter().map(|one| one.voucher()));
        let links: Vec<VoucherId> = links
            .chain([ruixin_bao::fund::income_voucher(
                self.fund.terms().first_day,
            )])
            .collect();
        let link = links[link % links.len()];
        let pay = vec![Posting::debit(account, fen), Posting::credit(shop, fen)];
        let expires_at = Some(self.now + fen * MINUTE);
        let (kind, postings) = match kind {
            0 => (
                VoucherKind::Booking,
                vec![Posting::debit(BANK, fen), Posting::credit(account, fen)],
            ),
            1 => (VoucherKind::Pending { expires_at }, pay),
            2 => (
                VoucherKind::Post { pending: link },
                if fen % 2 == 0 { pay } else { Vec::new() },
            ),
            3 => (VoucherKind::Void { pending: link }, Vec::new()),
            4 => (VoucherKind::Reversal { original: link }, Vec::new()),
            _ => (VoucherKind::Rebooking { original: link }, pay),
        };
        let today = self.fund.terms().calendar.natural_day(self.now).unwrap();
        let mut voucher = Voucher::of_kind(kind, VoucherId::of_client(self.next), today, postings);
        voucher.memo = format!("瑞信 '{fen}'");
        let expect = self.fund.book_voucher(&voucher, self.now);
        let stored = self.store.book_voucher(&voucher, self.now);
        match (&expect, &stored) {
            // The store says so of all vouchers whose legs are columns, the core by their accounts.
            (
                Err(FundError::ReservedAccount { .. }),
                Err(StoreError::Fund(FundError::ReservedId { .. })),
            ) => {}
            _ => assert_eq!(
                stored.map_err(|error| code(&error)),
                expect
                    .as_ref()
                    .map(|one| *one)
                    .map_err(|error| error.code().to_owned()),
                "{voucher:?}"
            ),
        }
        if expect.is_ok() {
            self.vouchers.push(voucher.id);
            let again = self.store.book_voucher(&voucher, self.now + 1).unwrap();
            assert!(again.is_repeat());
        }
    }

    /// The first day that is not closed.
    fn current(&self) -> ruixin_bao::Day {
        let mut day = self.fund.terms().first_day;
        while self.fund.day(day).stage == Stage::Closed {
            day = day.next().unwrap();
        }
        day
    }

    fn day(&mut self, income: i64) {
        let day = self.current();
        let (stored, expect) = match self.fund.day(day).stage {
            Stage::Open => (
                self.store
                    .cut(day, self.now)
                    .map(|batch| format!("{batch:?}")),
                self.fund
                    .cut(day, self.now)
                    .map(|batch| format!("{batch:?}")),
            ),
            Stage::Cut => (
                self.store
                    .confirm(day, self.now)
                    .map(|batch| format!("{batch:?}")),
                self.fund
                    .confirm(day, self.now)
                    .map(|batch| format!("{batch:?}")),
            ),
            Stage::Confirmed => (
                self.store
                    .distribute(day, income, self.now, threads())
                    .map(|found| format!("{found:?}")),
                self.fund
                    .distribute(day, income, self.now)
                    .map(|found| format!("{:?}", (found.distribution, found.from_reserve_fen))),
            ),
            Stage::Distributed | Stage::Closed => (
                self.store
                    .close(day)
                    .map(|day| format!("{:?}", day.record.stage)),
                self.fund
                    .close(day)
                    .map(|record| format!("{:?}", record.stage)),
            ),
        };
        assert_eq!(
            stored.map_err(|error| code(&error)),
            expect.map_err(|error| error.code().to_owned()),
            "{day}"
        );
    }

    /// However the steps fell, something is held until it expires, and is released then.
    fn let_one_expire(&mut self) {
        let (top_up, pending, post) = (0, 1, 2);
        self.wallet(top_up, 0, USERS[0], 1);
        self.wallet(pending, 0, USERS[0], 1);
        let last = self.vouchers.len() - 1;
        self.now += MINUTE;
        self.release();
        let hold = self.fund.book().entry(self.vouchers[last]).unwrap();
        let resolution = hold.resolved.map(|resolved| resolved.resolution);
        assert_eq!(resolution, Some(Resolution::Expired));
        self.wallet(post, last, USERS[0], 1);
        assert_eq!(self.vouchers.len() - 1, last, "it is posted no more");
    }

    /// However the steps fell, a case ends with a refusal and with the income of a day.
    fn come_to_an_income(&mut self) {
        self.next += 1;
        let order = request(self.next, USERS[0], OrderKind::Subscribe, -1);
        self.place(&[order]);
        // Past all holidays. A day is cut, confirmed, distributed.
        self.now += 10 * 24 * 60 * MINUTE;
        let day = self.current();
        for _ in 0..3 {
            if self.fund.day(day).income.is_none() {
                self.day(0);
            }
        }
    }

    /// All that is done already changes nothing.
    fn day_again(&mut self) {
        let day = self.current();
        let record = self.fund.day(day);
        if record.stage >= Stage::Cut {
            assert_eq!(self.store.cut(day, self.now).unwrap(), record.cut.unwrap());
        }
        if record.stage >= Stage::Confirmed {
            assert_eq!(
                self.store.confirm(day, self.now).unwrap(),
                record.confirmed.unwrap()
            );
        }
        if let Some(income) = record.income {
            let income_fen = income.distribution.income_fen;
            let again = self
                .store
                .distribute(day, income_fen, self.now, threads())
                .unwrap();
            assert_eq!(again, (income.distribution, income.from_reserve_fen));
            let other = self
                .store
                .distribute(day, income_fen + 1, self.now, threads());
            assert_eq!(code(&other.unwrap_err()), "fund_income_differs");
        }
    }

    fn compare(&mut self) {
        let stored = self.store.whole().unwrap();
        assert_same(&stored, &self.fund);
        stored.prove().unwrap();
        self.store.prove().unwrap();
        for back in [0, 60 * MINUTE, 3_000 * MINUTE] {
            let moment = self.now - back;
            let stored = self.store.trial_balance(moment).unwrap();
            assert_eq!(stored, self.fund.book().trial_balance(moment).unwrap());
        }
        // What is on the disk is what this connection sees.
        self.store = self.place.open();
        assert_same(&self.store.whole().unwrap(), &self.fund);
    }
}

fn against_the_core(kind: Kind, cases: u32) {
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 60,
        ..Config::default()
    };
    let steps = prop::collection::vec(step(), 1..70);
    // What has come about: days distributed, losses that the reserve bore a part of, refusals, releases.
    let seen = [const { Cell::new(0_u32) }; 4];
    let done = TestRunner::new(config).run(&steps, |steps| {
        let place = Place::new(kind);
        let (mut store, fund) = books(&place, FIRST_DAY);
        store.set_open(true, at("2013-06-05 10:00")).unwrap();
        let mut run = Run {
            store,
            fund,
            place: &place,
            now: at("2013-06-05 10:00"),
            next: 1,
            placed: Vec::new(),
            vouchers: Vec::new(),
            refused: 0,
            released: 0,
        };
        for (at, step) in steps.iter().enumerate() {
            run.step(step);
            if at % 16 == 15 {
                run.compare();
            }
        }
        run.let_one_expire();
        run.come_to_an_income();
        run.compare();
        for days in 0..40 {
            let day = run.fund.terms().first_day.checked_add(days).unwrap();
            if let Some(income) = run.fund.day(day).income {
                seen[0].update(|days| days + 1);
                seen[1].update(|days| days + u32::from(income.from_reserve_fen > 0));
            }
        }
        seen[2].update(|refused| refused + run.refused);
        seen[3].update(|released| released + run.released);
        Ok(())
    });
    done.unwrap();
    let seen = seen.map(|count| count.get());
    assert!(
        seen[0] >= cases && seen[2] >= cases && seen[3] >= cases,
        "too little has come about: {seen:?}"
    );
}

#[test]
fn the_store_does_what_the_core_does_on_sqlite() {
    against_the_core(Kind::Sqlite, 40);
}

#[test]
fn the_store_does_what_the_core_does_on_postgresql() {
    against_the_core(Kind::Postgres, 12);
}
