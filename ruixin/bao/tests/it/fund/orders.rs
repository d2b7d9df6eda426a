//! Orders: what is booked at once and on T+1, what is refused, and the caps.

use ruixin_bao::fund::{
    ADVANCE, FUND_ASSETS, MERCHANTS, OrderKind, OrderStatus, RESERVE, Request, SHARES,
    SUBSCRIPTIONS,
};
use ruixin_bao::ledger::{AccountId, Outcome, Posting, Voucher, VoucherId, VoucherKind};

use super::{
    BANK, PROVIDER, SHOP, USERS, balance, fund, place, place_for, run, shares, state, user,
};
use crate::{at, day};

const PAY: OrderKind = OrderKind::Pay { merchant: SHOP };
const PENDING: AccountId = AccountId::new(SUBSCRIPTIONS, 0);
const ASSETS: AccountId = AccountId::new(FUND_ASSETS, 0);

/// A fund on Tuesday 28, in which the first user holds 500.00.
fn invested() -> ruixin_bao::fund::Fund {
    let mut fund = fund();
    place(
        &mut fund,
        1,
        OrderKind::Subscribe,
        50_000,
        "2013-05-27 10:00",
    )
    .unwrap();
    run(&mut fund, "2013-05-27", 0);
    fund
}

#[test]
fn a_subscription_leaves_the_wallet_at_once_and_becomes_shares_on_the_next_trading_day() {
    let mut fund = fund();
    let order = place(
        &mut fund,
        1,
        OrderKind::Subscribe,
        50_000,
        "2013-05-27 10:00",
    )
    .unwrap();
    assert_eq!(order.status, OrderStatus::Placed);
    assert_eq!(balance(&fund, user(USERS[0])), 50_000);
    assert_eq!(balance(&fund, PENDING), 50_000);
    assert_eq!(balance(&fund, ASSETS), 0);
    assert_eq!(balance(&fund, BANK), 350_000);
    run(&mut fund, "2013-05-27", 0);
    assert_eq!(fund.order(1).unwrap().status, OrderStatus::Confirmed);
    assert_eq!(balance(&fund, PENDING), 0);
    assert_eq!(balance(&fund, ASSETS), 50_000);
    assert_eq!(balance(&fund, BANK), 300_000);
    assert_eq!(shares(&fund, USERS[0], "2013-05-27"), 0);
    assert_eq!(shares(&fund, USERS[0], "2013-05-28"), 50_000);
    let entry = fund.book().entry(order.request.confirmation()).unwrap();
    assert_eq!(entry.voucher.accounting_date, day("2013-05-28"));
}

#[test]
fn a_redemption_holds_the_shares_and_pays_on_the_next_trading_day() {
    let mut fund = invested();
    place(&mut fund, 2, OrderKind::Redeem, 30_000, "2013-05-28 14:59").unwrap();
    assert_eq!(balance(&fund, user(USERS[0])), 50_000);
    let account = fund
        .book()
        .account(AccountId::new(SHARES, USERS[0]))
        .unwrap();
    assert_eq!(
        (account.balance_fen(), account.available_fen()),
        (50_000, 20_000)
    );
    // What is held cannot be redeemed once more, in any way.
    for kind in [OrderKind::Redeem, OrderKind::RedeemFast, PAY] {
        let fen = if kind == OrderKind::Redeem {
            20_001
        } else {
            5_000
        };
        let placed = place(&mut fund, 3, kind, fen, "2013-05-28 15:30").map_err(|e| e.code());
        if kind == OrderKind::Redeem {
            assert_eq!(placed, Err("debits_exceed_credits"));
            place(&mut fund, 4, kind, 20_000, "2013-05-28 15:30").unwrap();
        } else {
            assert_eq!(placed, Err("debits_exceed_credits"));
        }
    }
    run(&mut fund, "2013-05-28", 0);
    // The second one was after the cut, and is confirmed a day later.
    assert_eq!(balance(&fund, user(USERS[0])), 80_000);
    assert_eq!(shares(&fund, USERS[0], "2013-05-29"), 20_000);
    run(&mut fund, "2013-05-29", 0);
    assert_eq!(balance(&fund, user(USERS[0])), 100_000);
    assert_eq!(balance(&fund, ASSETS), 0);
    assert_eq!(shares(&fund, USERS[0], "2013-05-30"), 0);
}

#[test]
fn a_fast_redemption_pays_at_once_and_the_provider_holds_and_earns_until_it_is_paid_back() {
    let mut fund = invested();
    // Friday 31, so that the provider has it over the weekend.
    for text in ["2013-05-28", "2013-05-29", "2013-05-30"] {
        run(&mut fund, text, 0);
    }
    place(
        &mut fund,
        2,
        OrderKind::RedeemFast,
        10_000,
        "2013-05-31 10:00",
    )
    .unwrap();
    assert_eq!(balance(&fund, user(USERS[0])), 60_000);
    let advance = AccountId::new(ADVANCE, PROVIDER);
    assert_eq!(balance(&fund, advance), 40_000);
    assert_eq!(shares(&fund, USERS[0], "2013-05-31"), 40_000);
    for (text, held) in [
        ("2013-05-31", 10_000),
        ("2013-06-01", 10_001),
        ("2013-06-02", 10_002),
    ] {
        assert_eq!(shares(&fund, PROVIDER, text), held);
        let incomes = run(&mut fund, text, 5);
        assert_eq!(incomes, [(PROVIDER, 1), (USERS[0], 4)], "{text}");
    }
    assert_eq!(balance(&fund, advance), 50_000);
    // The advance is paid back, its income stays: it was earned on the way.
    assert_eq!(shares(&fund, PROVIDER, "2013-06-03"), 3);
    assert_eq!(shares(&fund, USERS[0], "2013-06-03"), 40_012);
}

#[test]
fn a_payment_from_the_fund_is_redeem_and_pay_in_one_voucher() {
    let mut fund = invested();
    place(&mut fund, 2, PAY, 12_345, "2013-05-28 23:30").unwrap();
    assert_eq!(balance(&fund, AccountId::new(MERCHANTS, SHOP)), 12_345);
    assert_eq!(balance(&fund, user(USERS[0])), 50_000);
    // It shows on the wallet's bill all the same: in and out.
    let wallet = fund.book().account(user(USERS[0])).unwrap();
    assert_eq!(wallet.totals.debits_posted_fen, 50_000 + 12_345);
    assert_eq!(shares(&fund, USERS[0], "2013-05-28"), 37_655);
    let nowhere = OrderKind::Pay { merchant: 8 };
    let refused = place(&mut fund, 3, nowhere, 1, "2013-05-28 23:30");
    assert_eq!(refused.unwrap_err().code(), "account_not_found");
}

#[test]
fn fast_redemptions_have_a_cap_for_each_investor_and_natural_day() {
    let mut fund = invested();
    place_for(
        &mut fund,
        USERS[1],
        10,
        OrderKind::Subscribe,
        50_000,
        "2013-05-28 10:00",
    )
    .unwrap();
    place(
        &mut fund,
        2,
        OrderKind::RedeemFast,
        6_000,
        "2013-05-28 10:00",
    )
    .unwrap();
    let error = place(
        &mut fund,
        3,
        OrderKind::RedeemFast,
        4_001,
        "2013-05-28 23:59",
    )
    .unwrap_err();
    assert_eq!(error.code(), "fund_cap_exceeded");
    assert_eq!(
        error.to_string(),
        "4001 fen after 6000 on 2013-05-28 are 1 more than the cap of 10000"
    );
    place(
        &mut fund,
        4,
        OrderKind::RedeemFast,
        4_000,
        "2013-05-28 23:59",
    )
    .unwrap();
    // Payments have a cap of their own, and standard redemption has none.
    place(&mut fund, 5, PAY, 20_000, "2013-05-28 23:59").unwrap();
    let code = |result: Result<_, ruixin_bao::fund::FundError>| result.unwrap_err().code();
    assert_eq!(
        code(place(&mut fund, 6, PAY, 1, "2013-05-28 23:59")),
        "fund_cap_exceeded"
    );
    // A repeat does not count twice, and is no new order above the cap.
    place(
        &mut fund,
        4,
        OrderKind::RedeemFast,
        4_000,
        "2013-05-28 23:59",
    )
    .unwrap();
    // At midnight a new day begins, whether the old one has been run or not.
    place(
        &mut fund,
        7,
        OrderKind::RedeemFast,
        10_000,
        "2013-05-29 00:00",
    )
    .unwrap();
    run(&mut fund, "2013-05-28", 0);
    place_for(
        &mut fund,
        USERS[1],
        8,
        OrderKind::RedeemFast,
        9_999,
        "2013-05-29 02:00",
    )
    .unwrap();
    let rest = place_for(&mut fund, USERS[1], 11, PAY, 6_000, "2013-05-29 02:00");
    assert_eq!(rest.unwrap().schedule.trade_date, day("2013-05-29"));
    // Now the provider has nothing left to advance but one fen.
    assert_eq!(balance(&fund, AccountId::new(ADVANCE, PROVIDER)), 1);
    let error = place_for(&mut fund, USERS[1], 9, PAY, 2, "2013-05-29 02:00").unwrap_err();
    assert_eq!(
        error.to_string(),
        "account 2205:90 lacks 1 fen: its debits must not exceed its credits"
    );
    run(&mut fund, "2013-05-29", 0);
    assert_eq!(balance(&fund, AccountId::new(ADVANCE, PROVIDER)), 50_000);
}

#[test]
fn the_same_order_is_a_repeat_and_another_one_with_its_id_names_what_differs() {
    let mut fund = invested();
    let first = place(&mut fund, 2, OrderKind::Redeem, 100, "2013-05-28 10:00").unwrap();
    let before = state(&fund);
    assert_eq!(
        place(&mut fund, 2, OrderKind::Redeem, 100, "2013-05-30 10:00").unwrap(),
        first
    );
    assert_eq!(state(&fund), before);
    let mut differs = |investor, kind, fen| {
        let error = place_for(&mut fund, investor, 2, kind, fen, "2013-05-28 10:00").unwrap_err();
        assert_eq!(error.code(), "order_exists_with_other_content");
        let text = error.to_string();
        text.rsplit(' ').next().unwrap().to_owned()
    };
    assert_eq!(differs(USERS[1], OrderKind::Redeem, 100), "investor");
    assert_eq!(differs(USERS[0], OrderKind::RedeemFast, 100), "kind");
    assert_eq!(differs(USERS[0], OrderKind::Redeem, 101), "amount");
    // An id that a voucher of the wallet has cannot be an order's.
    let refused = place(
        &mut fund,
        1_000_000,
        OrderKind::Redeem,
        1,
        "2013-05-28 10:00",
    );
    assert_eq!(
        refused.unwrap_err().code(),
        "voucher_exists_with_other_content"
    );
}

#[test]
fn orders_that_are_none_are_refused() {
    let mut fund = invested();
    let mut code = |investor, kind, fen, when: &str| {
        place_for(&mut fund, investor, 5, kind, fen, when)
            .unwrap_err()
            .code()
    };
    let noon = "2013-05-28 12:00";
    assert_eq!(
        code(USERS[0], OrderKind::Subscribe, 0, noon),
        "amount_not_positive"
    );
    assert_eq!(
        code(USERS[0], OrderKind::Redeem, -5, noon),
        "amount_not_positive"
    );
    assert_eq!(
        code(USERS[0], OrderKind::Subscribe, 50_001, noon),
        "debits_exceed_credits"
    );
    assert_eq!(
        code(USERS[0], OrderKind::Redeem, 50_001, noon),
        "debits_exceed_credits"
    );
    assert_eq!(code(USERS[1], OrderKind::Redeem, 1, noon), "fund_no_shares");
    assert_eq!(
        code(USERS[1], OrderKind::RedeemFast, 1, noon),
        "fund_no_shares"
    );
    assert_eq!(code(77, OrderKind::Subscribe, 1, noon), "account_not_found");
    assert_eq!(
        code(PROVIDER, OrderKind::Redeem, 1, noon),
        "provider_places_no_orders"
    );
    assert_eq!(
        code(USERS[0], OrderKind::Subscribe, i64::MAX, noon),
        "account_total_overflow"
    );
    assert_eq!(
        code(USERS[0], OrderKind::Subscribe, 1, "2013-05-26 12:00"),
        "fund_before_first_day"
    );
    // Clocks that stand: the day has been cut, or is over.
    assert_eq!(
        code(USERS[0], OrderKind::Subscribe, 1, "2013-05-27 14:00"),
        "fund_after_cut"
    );
    assert_eq!(
        code(USERS[0], OrderKind::RedeemFast, 1, "2013-05-27 16:00"),
        "fund_day_is_over"
    );
    assert_eq!(
        code(USERS[0], OrderKind::Subscribe, 1, "2014-12-31 16:00"),
        "calendar_not_covered"
    );
}

#[test]
fn wallet_vouchers_do_not_touch_what_is_the_funds() {
    let mut fund = invested();
    let voucher = |id, kind, postings| {
        Voucher::of_kind(kind, VoucherId::of_client(id), day("2013-05-28"), postings)
    };
    let now = at("2013-05-28 10:00");
    for subject in [SHARES, SUBSCRIPTIONS, FUND_ASSETS, RESERVE] {
        let number = if subject == SHARES { USERS[0] } else { 0 };
        let account = AccountId::new(subject, number);
        let legs = vec![Posting::debit(BANK, 5), Posting::credit(account, 5)];
        let before = state(&fund);
        let booking = voucher(50, VoucherKind::Booking, legs);
        let code = fund.book_voucher(&booking, now).unwrap_err().code();
        assert!(
            ["account_reserved", "credits_exceed_debits"].contains(&code),
            "{subject}: {code}"
        );
        assert_eq!(state(&fund), before);
    }
    // Not by way of a correction of an order's voucher, or of its hold, either.
    let order = place(&mut fund, 2, OrderKind::Redeem, 100, "2013-05-28 10:00").unwrap();
    let original = fund.order(1).unwrap().request.voucher();
    let pending = order.request.hold();
    for kind in [
        VoucherKind::Reversal {
            original: original.with_part(2),
        },
        VoucherKind::Void { pending },
        VoucherKind::Post { pending },
    ] {
        let before = state(&fund);
        assert_eq!(
            fund.book_voucher(&voucher(51, kind, vec![]), now)
                .unwrap_err()
                .code(),
            "account_reserved"
        );
        assert_eq!(state(&fund), before);
    }
    let legs = vec![Posting::debit(BANK, 5), Posting::credit(user(USERS[0]), 5)];
    let mut part = voucher(52, VoucherKind::Booking, legs);
    part.id = part.id.with_part(2);
    assert_eq!(
        fund.book_voucher(&part, now).unwrap_err().code(),
        "voucher_id_reserved"
    );
    part.id = part.id.with_part(0);
    assert_eq!(fund.book_voucher(&part, now), Ok(Outcome::Booked));
    assert_eq!(fund.book_voucher(&part, now), Ok(Outcome::Exists));
    let own = ruixin_bao::fund::user_account(5);
    let own = ruixin_bao::ledger::Account {
        id: AccountId::new(SHARES, 5),
        ..own
    };
    assert_eq!(
        fund.open_account(own).unwrap_err().code(),
        "account_reserved"
    );
    fund.prove().unwrap();
}

#[test]
fn a_page_decides_as_the_whole_fund_does() {
    use ruixin_bao::fund::{Fund, FundEffects, Move, OrderDecision};

    let mut fund = invested();
    place(
        &mut fund,
        2,
        OrderKind::RedeemFast,
        6_000,
        "2013-05-28 10:00",
    )
    .unwrap();
    let now = at("2013-05-28 11:00");
    for (kind, fen) in [
        (OrderKind::Subscribe, 500),
        (OrderKind::Redeem, 500),
        (OrderKind::RedeemFast, 4_000),
        (OrderKind::RedeemFast, 4_001),
        (PAY, 700),
        (PAY, 44_001),
    ] {
        let request = Request {
            id: 9,
            investor: USERS[0],
            kind,
            amount_fen: fen,
        };
        // Only what `decide` says it needs.
        let mut page = Fund::new(fund.terms().clone()).unwrap();
        let named = [
            BANK,
            ASSETS,
            PENDING,
            AccountId::new(ADVANCE, PROVIDER),
            AccountId::new(SHARES, PROVIDER),
            AccountId::new(SHARES, USERS[0]),
            AccountId::new(MERCHANTS, SHOP),
            user(USERS[0]),
        ];
        for account in named.iter().filter_map(|id| fund.book().account(*id)) {
            page.load_account(account.clone());
        }
        let today = day("2013-05-28");
        for order in fund.orders().filter(|order| order.placed_on == today) {
            page.load_order(*order);
        }
        page.load_day(today, fund.day(today));
        for holder in [USERS[0], PROVIDER] {
            let shares = fund.rights().shares_on(holder, today);
            page.load_move(Move {
                holder,
                from: today,
                shares,
            })
            .unwrap();
        }
        let effects = |fund: &Fund| -> Result<FundEffects, &'static str> {
            match fund.decide(&request, now) {
                Ok(OrderDecision::Place { effects, .. }) => Ok(*effects),
                Ok(OrderDecision::Exists(_)) => Err("exists"),
                Err(error) => Err(error.code()),
            }
        };
        assert_eq!(effects(&page), effects(&fund), "{kind:?} {fen}");
    }
}
