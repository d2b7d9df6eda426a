//! Orders, the steps of a day, who earns when; and random days against a naive model.

mod days;
mod expiry;
mod model;
mod orders;

use ruixin_bao::Day;
use ruixin_bao::calendar::Calendar;
use ruixin_bao::fund::{
    ADVANCE, CLIENT_MONEY, Fund, FundError, Order, OrderKind, Request, Terms, merchant_account,
    user_account,
};
use ruixin_bao::ledger::{AccountId, Book, Posting, Voucher, VoucherId};

use crate::{at, day};

const BANK: AccountId = AccountId::new(CLIENT_MONEY, 1);
const PROVIDER: u64 = 90;
const SHOP: u64 = 7_001;
const USERS: [u64; 3] = [6_001, 6_002, 6_003];

fn user(user: u64) -> AccountId {
    user_account(user).id
}

/// A fund that begins on Monday 2013-05-27; see [`fund_from`].
fn fund() -> Fund {
    fund_from("2013-05-27")
}

/// A fund that begins on a day: each user has 1,000.00 in the wallet, and there are
/// 500.00 for advances. 100.00 can be redeemed fast, 200.00 can be paid.
fn fund_from(first_day: &str) -> Fund {
    let mut fund = Fund::new(Terms {
        calendar: Calendar::china_2013_2014().unwrap(),
        first_day: day(first_day),
        settlement_bank: 1,
        provider: PROVIDER,
        fast_redemption_cap_fen: Some(10_000),
        payment_cap_fen: Some(20_000),
    })
    .unwrap();
    fund.open_account(merchant_account(SHOP)).unwrap();
    let mut top_ups = vec![(AccountId::new(ADVANCE, PROVIDER), 50_000)];
    for number in USERS {
        fund.open_account(user_account(number)).unwrap();
        top_ups.push((user(number), 100_000));
    }
    for (id, (account, fen)) in (1_000_000..).zip(top_ups) {
        let postings = vec![Posting::debit(BANK, fen), Posting::credit(account, fen)];
        let id = VoucherId::of_client(id);
        let top_up = Voucher::booking(id, day(first_day), postings);
        fund.book_voucher(&top_up, at(first_day)).unwrap();
    }
    fund
}

/// What is asked for, when, by the first user, and how: `1 subscribe 100.00 at …`.
fn place(
    fund: &mut Fund,
    id: u128,
    kind: OrderKind,
    fen: i64,
    when: &str,
) -> Result<Order, FundError> {
    place_for(fund, USERS[0], id, kind, fen, when)
}

/// Places an order. What is refused must change nothing, and the books must stand either way.
fn place_for(
    fund: &mut Fund,
    investor: u64,
    id: u128,
    kind: OrderKind,
    amount_fen: i64,
    when: &str,
) -> Result<Order, FundError> {
    let request = Request {
        id,
        investor,
        kind,
        amount_fen,
    };
    let before = state(fund);
    let placed = fund.place(&request, at(when));
    if placed.is_err() {
        assert_eq!(state(fund), before);
    }
    fund.prove().unwrap();
    placed
}

/// All that a fund holds, for comparison.
fn state(fund: &Fund) -> (Book, Vec<Order>, ruixin_bao::fund::Rights, String) {
    let days: Vec<_> = (0..60)
        .filter_map(|days| day("2013-05-20").checked_add(days))
        .map(|day| fund.day(day))
        .collect();
    (
        fund.book().clone(),
        fund.orders().copied().collect(),
        fund.rights().clone(),
        format!("{days:?}"),
    )
}

fn balance(fund: &Fund, account: AccountId) -> i64 {
    fund.book().account(account).unwrap().balance_fen()
}

fn shares(fund: &Fund, holder: u64, text: &str) -> i64 {
    fund.rights().shares_on(holder, day(text))
}

fn night_after(today: Day) -> i64 {
    at(&format!("{} 01:00", today.next().unwrap()))
}

/// Goes through all steps of a day in the night after it.
fn run(fund: &mut Fund, text: &str, income_fen: i64) -> Vec<(u64, i64)> {
    let today = day(text);
    let now = night_after(today);
    fund.cut(today, now).unwrap();
    fund.prove().unwrap();
    fund.confirm(today, now).unwrap();
    fund.prove().unwrap();
    let income = fund.distribute(today, income_fen, now).unwrap();
    fund.prove().unwrap();
    fund.close(today).unwrap();
    income.incomes
}
