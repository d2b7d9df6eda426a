//! The steps of a day, incomes, losses and the reserve.

use ruixin_bao::fund::{FundError, OrderKind, RESERVE, Stage};
use ruixin_bao::ledger::{AccountId, Outcome};
use ruixin_bao::yields::{daily_carry, monthly_carry};

use super::{PROVIDER, USERS, balance, fund, night_after, place, place_for, run, shares, state};
use crate::{at, day};

#[test]
fn who_subscribes_on_friday_earns_from_monday_and_who_redeems_then_until_sunday() {
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
    for text in ["2013-05-28", "2013-05-29", "2013-05-30"] {
        assert_eq!(run(&mut fund, text, 7), [(USERS[0], 7)]);
    }
    place(&mut fund, 2, OrderKind::Redeem, 50_000, "2013-05-31 10:00").unwrap();
    place_for(
        &mut fund,
        USERS[1],
        3,
        OrderKind::Subscribe,
        10_000,
        "2013-05-31 10:00",
    )
    .unwrap();
    for text in ["2013-05-31", "2013-06-01", "2013-06-02"] {
        assert_eq!(run(&mut fund, text, 7), [(USERS[0], 7)], "{text}");
    }
    // What is left of the first are six days' incomes.
    assert_eq!(
        run(&mut fund, "2013-06-03", 7),
        [(USERS[0], 0), (USERS[1], 7)]
    );
    assert_eq!(shares(&fund, USERS[0], "2013-06-03"), 42);
    assert_eq!(
        fund.register(day("2013-06-03")),
        (vec![USERS[0], USERS[1]], vec![42, 10_000])
    );
}

#[test]
fn income_earns_from_the_next_day_on() {
    let mut fund = fund();
    place(&mut fund, 1, OrderKind::Subscribe, 100, "2013-05-27 10:00").unwrap();
    run(&mut fund, "2013-05-27", 0);
    run(&mut fund, "2013-05-28", 50);
    assert_eq!(shares(&fund, USERS[0], "2013-05-28"), 100);
    assert_eq!(shares(&fund, USERS[0], "2013-05-29"), 150);
    let income = fund.day(day("2013-05-28")).income.unwrap();
    assert_eq!(
        income.distribution.per_ten_thousand.to_string(),
        "5000.0000"
    );
}

#[test]
fn steps_come_in_their_order_and_after_their_time() {
    let mut fund = fund();
    let (monday, tuesday) = (day("2013-05-27"), day("2013-05-28"));
    let night = night_after(monday);
    let code = |result: Result<(), FundError>| result.unwrap_err().code();
    let of_cut =
        |fund: &mut ruixin_bao::fund::Fund, when: &str| fund.cut(monday, at(when)).map(drop);
    assert_eq!(
        code(of_cut(&mut fund, "2013-05-27 14:59:59")),
        "fund_step_too_early"
    );
    assert_eq!(
        code(fund.confirm(monday, night).map(drop)),
        "fund_stage_not_reached"
    );
    assert_eq!(
        code(fund.distribute(monday, 0, night).map(drop)),
        "fund_stage_not_reached"
    );
    assert_eq!(code(fund.close(monday).map(drop)), "fund_stage_not_reached");
    of_cut(&mut fund, "2013-05-27 15:00").unwrap();
    // A clock that is slow: the order cannot belong to the day any more, confirmed or not.
    let late = place(
        &mut fund,
        1,
        OrderKind::Subscribe,
        100,
        "2013-05-27 14:59:59",
    );
    assert_eq!(late.unwrap_err().code(), "fund_after_cut");
    // Cut, but not over.
    let late = at("2013-05-27 23:59:59");
    assert_eq!(
        code(fund.confirm(monday, late).map(drop)),
        "fund_step_too_early"
    );
    fund.confirm(monday, at("2013-05-28 00:00")).unwrap();
    assert_eq!(code(fund.close(monday).map(drop)), "fund_stage_not_reached");

    // The next day: it is cut in time, and waits for the first with everything else.
    let next_night = night_after(tuesday);
    fund.cut(tuesday, next_night).unwrap();
    let error = fund.confirm(tuesday, next_night).unwrap_err();
    assert_eq!(error.code(), "fund_day_before_not_reached");
    assert_eq!(
        error.to_string(),
        "2013-05-27 is confirmed and must be closed before 2013-05-28 is confirmed"
    );
    assert_eq!(
        code(fund.close(tuesday).map(drop)),
        "fund_day_before_not_reached"
    );
    assert_eq!(
        code(
            fund.cut(day("2013-05-30"), at("2015-01-01 10:00"))
                .map(drop)
        ),
        "calendar_not_covered"
    );
    let far = at("2013-06-05 10:00");
    assert_eq!(
        code(fund.cut(day("2013-05-30"), far).map(drop)),
        "fund_day_before_not_reached"
    );
    fund.distribute(monday, 0, night).unwrap();
    fund.close(monday).unwrap();
    fund.confirm(tuesday, next_night).unwrap();
    assert_eq!(fund.day(tuesday).stage, Stage::Confirmed);
    assert_eq!(
        code(fund.cut(day("2013-05-26"), far).map(drop)),
        "fund_before_first_day"
    );
}

#[test]
fn a_day_that_is_run_again_is_a_no_op_with_the_same_result() {
    let mut fund = fund();
    place(
        &mut fund,
        1,
        OrderKind::Subscribe,
        30_000,
        "2013-05-27 10:00",
    )
    .unwrap();
    place_for(
        &mut fund,
        USERS[1],
        2,
        OrderKind::Subscribe,
        60_000,
        "2013-05-27 10:00",
    )
    .unwrap();
    run(&mut fund, "2013-05-27", 0);
    let tuesday = day("2013-05-28");
    let now = night_after(tuesday);
    let first = (
        fund.cut(tuesday, now).unwrap(),
        fund.confirm(tuesday, now).unwrap(),
        fund.distribute(tuesday, 100, now).unwrap(),
        fund.close(tuesday).unwrap(),
    );
    assert_eq!(first.2.incomes, [(USERS[0], 33), (USERS[1], 67)]);
    run(&mut fund, "2013-05-29", 3);
    let before = state(&fund);
    // In any order, at any time.
    for later in [now, now + 1, at("2013-07-01 03:00")] {
        assert_eq!(fund.close(tuesday).unwrap(), first.3);
        assert_eq!(fund.distribute(tuesday, 100, later).unwrap(), first.2);
        assert_eq!(fund.confirm(tuesday, later).unwrap(), first.1);
        assert_eq!(fund.cut(tuesday, later).unwrap(), first.0);
    }
    let error = fund.distribute(tuesday, 101, now).unwrap_err();
    assert_eq!(error.code(), "fund_income_differs");
    assert!(
        error
            .to_string()
            .ends_with("100 fen, 1 other than the 101 now given")
    );
    assert_eq!(state(&fund), before);
}

#[test]
fn a_day_that_is_run_late_counts_what_was_there_on_it() {
    let mut fund = fund();
    place(
        &mut fund,
        1,
        OrderKind::Subscribe,
        30_000,
        "2013-05-27 10:00",
    )
    .unwrap();
    run(&mut fund, "2013-05-27", 0);
    // Two days later nothing has been run; the user redeemed fast on both days in the meantime.
    place(
        &mut fund,
        2,
        OrderKind::RedeemFast,
        10_000,
        "2013-05-29 00:30",
    )
    .unwrap();
    place(
        &mut fund,
        3,
        OrderKind::RedeemFast,
        10_000,
        "2013-05-30 00:30",
    )
    .unwrap();
    assert_eq!(run(&mut fund, "2013-05-28", 30), [(USERS[0], 30)]);
    assert_eq!(
        run(&mut fund, "2013-05-29", 30),
        [(PROVIDER, 10), (USERS[0], 20)]
    );
    assert_eq!(
        run(&mut fund, "2013-05-30", 30),
        [(PROVIDER, 15), (USERS[0], 15)]
    );
}

#[test]
fn a_day_of_loss_shrinks_shares() {
    let mut fund = fund();
    place(&mut fund, 1, OrderKind::Subscribe, 100, "2013-05-27 10:00").unwrap();
    place_for(
        &mut fund,
        USERS[1],
        2,
        OrderKind::Subscribe,
        200,
        "2013-05-27 10:00",
    )
    .unwrap();
    run(&mut fund, "2013-05-27", 0);
    assert_eq!(
        run(&mut fund, "2013-05-28", -10),
        [(USERS[0], -3), (USERS[1], -7)]
    );
    assert_eq!(shares(&fund, USERS[0], "2013-05-29"), 97);
    assert_eq!(shares(&fund, USERS[1], "2013-05-29"), 193);
    let income = fund.day(day("2013-05-28")).income.unwrap();
    assert_eq!(
        income.distribution.per_ten_thousand.to_string(),
        "-333.3333"
    );
    // All of it, and not a fen more.
    let thursday = day("2013-05-29");
    fund.cut(thursday, night_after(thursday)).unwrap();
    fund.confirm(thursday, night_after(thursday)).unwrap();
    let error = fund
        .distribute(thursday, -291, night_after(thursday))
        .unwrap_err();
    assert_eq!(error.code(), "income_loss_exceeds_shares");
    fund.distribute(thursday, -290, night_after(thursday))
        .unwrap();
    fund.close(thursday).unwrap();
    assert_eq!(fund.register(day("2013-05-30")), (vec![], vec![]));
}

#[test]
fn a_loss_that_holders_have_no_shares_for_is_the_reserves() {
    let mut fund = fund();
    place(
        &mut fund,
        1,
        OrderKind::Subscribe,
        10_000,
        "2013-05-27 10:00",
    )
    .unwrap();
    place_for(
        &mut fund,
        USERS[1],
        2,
        OrderKind::Subscribe,
        10_000,
        "2013-05-27 10:00",
    )
    .unwrap();
    run(&mut fund, "2013-05-27", 0);
    // The first has ordered all back but 2 fen; the second has gone after midnight with all but 1.
    place(&mut fund, 3, OrderKind::Redeem, 9_998, "2013-05-28 10:00").unwrap();
    place_for(
        &mut fund,
        USERS[1],
        4,
        OrderKind::RedeemFast,
        9_999,
        "2013-05-29 00:10",
    )
    .unwrap();
    let tuesday = day("2013-05-28");
    let now = night_after(tuesday);
    fund.cut(tuesday, now).unwrap();
    fund.confirm(tuesday, now).unwrap();
    let before = state(&fund);
    let error = fund.distribute(tuesday, -10, now).unwrap_err();
    assert_eq!(
        error.to_string(),
        "account 4102 lacks 7 fen: its debits must not exceed its credits"
    );
    assert_eq!(state(&fund), before);
    assert_eq!(
        fund.pay_into_reserve(500, 100, tuesday, now),
        Ok(Outcome::Booked)
    );
    assert_eq!(
        fund.pay_into_reserve(500, 100, tuesday, now),
        Ok(Outcome::Exists)
    );
    fund.prove().unwrap();
    let income = fund.distribute(tuesday, -10, now).unwrap();
    // The incomes are the fund's; two of the five fen of the first are borne by itself.
    assert_eq!(income.incomes, [(USERS[0], -5), (USERS[1], -5)]);
    assert_eq!(income.from_reserve_fen, 7);
    assert_eq!(balance(&fund, AccountId::new(RESERVE, 0)), 93);
    fund.close(tuesday).unwrap();
    assert_eq!(shares(&fund, USERS[0], "2013-05-29"), 0);
    assert_eq!(shares(&fund, USERS[1], "2013-05-29"), 0);
}

#[test]
fn a_day_without_holders_has_no_income() {
    let mut fund = fund();
    let monday = day("2013-05-27");
    let now = night_after(monday);
    fund.cut(monday, now).unwrap();
    fund.confirm(monday, now).unwrap();
    assert_eq!(
        fund.distribute(monday, 1, now).unwrap_err().code(),
        "income_without_shares"
    );
    assert_eq!(fund.distribute(monday, 0, now).unwrap().incomes, []);
    fund.close(monday).unwrap();
}

#[test]
fn seven_days_make_a_yield() {
    let mut fund = fund();
    place(
        &mut fund,
        1,
        OrderKind::Subscribe,
        100_000,
        "2013-05-27 10:00",
    )
    .unwrap();
    run(&mut fund, "2013-05-27", 0);
    // 1.2000 for each ten thousand shares is 12 fen for 1,000.00.
    let days = [
        "2013-05-28",
        "2013-05-29",
        "2013-05-30",
        "2013-05-31",
        "2013-06-01",
        "2013-06-02",
    ];
    for text in days {
        run(&mut fund, text, 12);
    }
    assert!(fund.week(day("2013-06-01")).is_none());
    let week = fund.week(day("2013-06-02")).unwrap();
    let shown: Vec<String> = week.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "0.0000", "1.2000", "1.1999", "1.1997", "1.1996", "1.1994", "1.1993"
        ]
    );
    assert_eq!(monthly_carry(&week).unwrap().percent.to_string(), "3.753");
    assert_eq!(daily_carry(&week).unwrap().percent.to_string(), "3.824");
}
