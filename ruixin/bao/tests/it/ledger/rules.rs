//! Each rule of the book, by an example that keeps it and one that breaks it.

use ruixin_bao::ledger::{
    Account, AccountId, AccountKind, Book, Decision, Difference, LedgerError, Limit, Outcome,
    Posting, Resolution, Voucher, VoucherKind,
};

use super::{BANK, FEES, MERCHANT, OTHER, USER, book, booking, cr, dr, id, today, totals, voucher};
use crate::day;

const PENDING: VoucherKind = VoucherKind::Pending { expires_at: None };

fn post(number: u128, pending: u128, postings: &[Posting]) -> Voucher {
    let pending = id(pending);
    voucher(number, VoucherKind::Post { pending }, postings)
}

fn void(number: u128, pending: u128) -> Voucher {
    let pending = id(pending);
    voucher(number, VoucherKind::Void { pending }, &[])
}

fn reversal(number: u128, original: u128) -> Voucher {
    let original = id(original);
    voucher(number, VoucherKind::Reversal { original }, &[])
}

fn rebooking(number: u128, original: u128, postings: &[Posting]) -> Voucher {
    let original = id(original);
    voucher(number, VoucherKind::Rebooking { original }, postings)
}

/// A book in which the user has topped up 100.00 with voucher 1 at instant 10.
fn topped_up() -> Book {
    let mut book = book();
    let top_up = booking(1, &[dr(BANK, 10_000), cr(USER, 10_000)]);
    assert_eq!(book.book(&top_up, 10), Ok(Outcome::Booked));
    book
}

/// Books what must be refused, and sees that nothing has changed.
fn refuse(book: &mut Book, voucher: &Voucher, now: i64) -> LedgerError {
    let before = book.clone();
    let error = book.book(voucher, now).unwrap_err();
    assert_eq!(*book, before, "{error}");
    error
}

fn code(book: &mut Book, voucher: &Voucher) -> &'static str {
    refuse(book, voucher, 100).code()
}

#[test]
fn a_voucher_of_many_legs_is_booked_as_a_whole() {
    let mut book = topped_up();
    let legs = [dr(USER, 5_000), cr(MERCHANT, 4_970), cr(FEES, 30)];
    book.book(&booking(2, &legs), 20).unwrap();
    assert_eq!(totals(&book, USER), [5_000, 10_000, 0, 0]);
    assert_eq!(totals(&book, MERCHANT), [0, 4_970, 0, 0]);
    assert_eq!(totals(&book, FEES), [0, 30, 0, 0]);
    assert_eq!(book.account(USER).unwrap().balance_fen(), 5_000);
    assert_eq!(book.account(BANK).unwrap().balance_fen(), 10_000);
    let trial = book.trial_balance(20).unwrap();
    assert!(trial.is_balanced());
    assert_eq!(trial.debits_posted_fen, 15_000);
}

#[test]
fn a_voucher_that_is_none_is_refused() {
    let mut book = topped_up();
    let of = |postings: &[Posting]| booking(2, postings);
    assert_eq!(code(&mut book, &of(&[])), "too_few_postings");
    assert_eq!(code(&mut book, &of(&[dr(USER, 1)])), "too_few_postings");
    assert_eq!(
        code(&mut book, &of(&[dr(USER, 0), cr(FEES, 0)])),
        "amount_not_positive"
    );
    assert_eq!(
        code(&mut book, &of(&[dr(USER, -1), cr(FEES, -1)])),
        "amount_not_positive"
    );
    let unknown = AccountId::new(2001, 9);
    assert_eq!(
        code(&mut book, &of(&[dr(USER, 1), cr(unknown, 1)])),
        "account_not_found"
    );
    let error = refuse(
        &mut book,
        &of(&[dr(USER, 100), cr(FEES, 30), cr(MERCHANT, 60)]),
        20,
    );
    assert_eq!(
        error.to_string(),
        "debits of 100 fen and credits of 90 fen differ by 10"
    );
    let legs = [dr(USER, 1), cr(FEES, 1)];
    for kind in [
        VoucherKind::Void { pending: id(1) },
        VoucherKind::Reversal { original: id(1) },
    ] {
        assert_eq!(
            code(&mut book, &voucher(2, kind, &legs)),
            "postings_not_allowed"
        );
    }
}

#[test]
fn limits_are_kept_to_the_fen_and_count_what_is_held() {
    let mut book = topped_up();
    let pay = |number, fen| booking(number, &[dr(USER, fen), cr(MERCHANT, fen)]);
    let error = refuse(&mut book, &pay(2, 10_001), 20);
    assert_eq!(
        error,
        LedgerError::DebitsExceedCredits {
            account: USER,
            short_fen: 1
        }
    );
    let hold = voucher(3, PENDING, &[dr(USER, 4_000), cr(MERCHANT, 4_000)]);
    book.book(&hold, 30).unwrap();
    assert_eq!(book.account(USER).unwrap().available_fen(), 6_000);
    assert_eq!(code(&mut book, &pay(4, 6_001)), "debits_exceed_credits");
    // What is pending in favour of an account cannot be spent.
    let spend = booking(5, &[dr(MERCHANT, 1), cr(USER, 1)]);
    assert_eq!(code(&mut book, &spend), "debits_exceed_credits");
    book.book(&pay(6, 6_000), 40).unwrap();
    // The bank gives no more than it has.
    let withdraw = booking(7, &[dr(FEES, 10_001), cr(BANK, 10_001)]);
    assert_eq!(code(&mut book, &withdraw), "credits_exceed_debits");
    // A limit is looked at when all legs are made: in and out within one voucher.
    let through = [
        dr(OTHER, 500),
        cr(OTHER, 500),
        dr(MERCHANT, 500),
        cr(USER, 500),
    ];
    book.book(&booking(8, &through), 50).unwrap();
    assert_eq!(totals(&book, OTHER), [500, 500, 0, 0]);
}

#[test]
fn the_same_id_and_content_is_a_repeat_and_other_content_names_what_differs() {
    let mut book = topped_up();
    let first = voucher(2, PENDING, &[dr(USER, 100), cr(MERCHANT, 100)]);
    assert_eq!(book.book(&first, 20), Ok(Outcome::Booked));
    let before = book.clone();
    // Later, and after the money is gone: it is still the same voucher.
    assert_eq!(book.book(&first, 99), Ok(Outcome::Exists));
    assert!(
        matches!(book.decide(&first, 99), Ok(Decision::Exists(entry)) if entry.booked_at == 20)
    );
    assert_eq!(book, before);
    let with = |change: fn(&mut Voucher)| {
        let mut other = first.clone();
        change(&mut other);
        other
    };
    let others = [
        (Difference::Kind, with(|v| v.kind = VoucherKind::Booking)),
        (
            Difference::Expiry,
            with(|v| {
                v.kind = VoucherKind::Pending {
                    expires_at: Some(500),
                }
            }),
        ),
        (
            Difference::AccountingDate,
            with(|v| v.accounting_date = day("2013-05-29")),
        ),
        (Difference::Postings, with(|v| v.postings.push(dr(USER, 1)))),
        (
            Difference::Account(1),
            with(|v| v.postings[0].account = OTHER),
        ),
        (
            Difference::Side(2),
            with(|v| v.postings[1].side = v.postings[1].side.other()),
        ),
        (
            Difference::Amount(2),
            with(|v| v.postings[1].amount_fen = 101),
        ),
        (Difference::Memo, with(|v| v.memo.push('!'))),
    ];
    for (difference, other) in others {
        let error = refuse(&mut book, &other, 30);
        let voucher = id(2);
        assert_eq!(
            error,
            LedgerError::VoucherExistsWithOtherContent {
                voucher,
                difference
            }
        );
        assert_eq!(error.code(), "voucher_exists_with_other_content");
    }
    book.book(&void(3, 2), 40).unwrap();
    assert_eq!(book.book(&void(3, 2), 50), Ok(Outcome::Exists));
    let error = refuse(&mut book, &void(3, 1), 50);
    assert!(
        error.to_string().contains("voucher that it refers to"),
        "{error}"
    );
    // Parts under one id are vouchers of their own.
    let mut part = booking(1, &[dr(USER, 1), cr(FEES, 1)]);
    part.id = part.id.with_part(1);
    assert_eq!(book.book(&part, 60), Ok(Outcome::Booked));
}

#[test]
fn an_id_that_was_refused_is_free_again() {
    let mut book = topped_up();
    let too_much = booking(2, &[dr(OTHER, 5), cr(MERCHANT, 5)]);
    assert_eq!(code(&mut book, &too_much), "debits_exceed_credits");
    book.book(&booking(3, &[dr(USER, 5), cr(OTHER, 5)]), 30)
        .unwrap();
    assert_eq!(book.book(&too_much, 40), Ok(Outcome::Booked));
}

#[test]
fn a_pending_voucher_is_posted_in_whole_or_in_part_and_once() {
    let legs = [dr(USER, 100), cr(MERCHANT, 90), cr(FEES, 10)];
    let whole = {
        let mut book = topped_up();
        book.book(&voucher(2, PENDING, &legs), 20).unwrap();
        assert_eq!(totals(&book, USER), [0, 10_000, 100, 0]);
        book.book(&post(3, 2, &[]), 30).unwrap();
        book
    };
    assert_eq!(totals(&whole, USER), [100, 10_000, 0, 0]);
    // To say it leg by leg is the same, in any order of the legs.
    let mut spelt = topped_up();
    spelt.book(&voucher(2, PENDING, &legs), 20).unwrap();
    let [debit, ..] = legs;
    let all = [cr(FEES, 10), cr(MERCHANT, 90), debit];
    assert_eq!(spelt.book(&post(3, 2, &all), 30), Ok(Outcome::Booked));
    assert_eq!(totals(&spelt, USER), totals(&whole, USER));
    assert_eq!(totals(&whole, FEES), [0, 10, 0, 0]);
    let resolved = whole.entry(id(2)).unwrap().resolved.unwrap();
    assert_eq!(
        (resolved.resolution, resolved.by),
        (Resolution::Posted, id(3))
    );

    let mut part = topped_up();
    part.book(&voucher(2, PENDING, &legs), 20).unwrap();
    let too_much = post(3, 2, &[dr(USER, 95), cr(MERCHANT, 91), cr(FEES, 4)]);
    let error = refuse(&mut part, &too_much, 30);
    assert_eq!(error.code(), "exceeds_pending_amount");
    assert!(
        error
            .to_string()
            .contains("91 fen are to be posted to account 2002:7001, 1 more")
    );
    // Split over two legs it is too much all the same, and so is another account or side.
    for legs in [
        [dr(USER, 95), cr(MERCHANT, 50), cr(MERCHANT, 45)],
        [dr(USER, 95), cr(MERCHANT, 90), cr(OTHER, 5)],
        [dr(USER, 90), dr(FEES, 5), cr(MERCHANT, 95)],
    ] {
        assert_eq!(
            code(&mut part, &post(3, 2, &legs)),
            "exceeds_pending_amount"
        );
    }
    part.book(&post(3, 2, &[dr(USER, 60), cr(MERCHANT, 60)]), 30)
        .unwrap();
    assert_eq!(totals(&part, USER), [60, 10_000, 0, 0]);
    assert_eq!(totals(&part, MERCHANT), [0, 60, 0, 0]);
    assert_eq!(totals(&part, FEES), [0, 0, 0, 0]);
    assert_eq!(code(&mut part, &post(4, 2, &[])), "pending_already_posted");
    assert_eq!(code(&mut part, &void(4, 2)), "pending_already_posted");
}

#[test]
fn a_pending_voucher_is_voided_once_and_what_is_not_pending_never() {
    let mut book = topped_up();
    book.book(
        &voucher(2, PENDING, &[dr(USER, 100), cr(MERCHANT, 100)]),
        20,
    )
    .unwrap();
    book.book(&void(3, 2), 30).unwrap();
    assert_eq!(totals(&book, USER), [0, 10_000, 0, 0]);
    assert_eq!(totals(&book, MERCHANT), [0, 0, 0, 0]);
    assert_eq!(code(&mut book, &void(4, 2)), "pending_already_voided");
    assert_eq!(code(&mut book, &post(4, 2, &[])), "pending_already_voided");
    assert_eq!(code(&mut book, &post(4, 1, &[])), "voucher_not_pending");
    assert_eq!(code(&mut book, &void(4, 3)), "voucher_not_pending");
    assert_eq!(code(&mut book, &void(4, 77)), "voucher_not_found");
}

#[test]
fn from_its_expiry_on_a_pending_voucher_can_only_be_voided() {
    let mut book = topped_up();
    let hold = |number, expires_at| {
        let kind = VoucherKind::Pending {
            expires_at: Some(expires_at),
        };
        voucher(number, kind, &[dr(USER, 100), cr(MERCHANT, 100)])
    };
    assert_eq!(
        refuse(&mut book, &hold(2, 20), 20).code(),
        "expiry_not_ahead"
    );
    for number in 2..5 {
        book.book(&hold(number, 50), 20).unwrap();
    }
    book.book(&post(12, 2, &[]), 49).unwrap();
    book.book(&void(13, 3), 49).unwrap();
    assert_eq!(book.expired(49).count(), 0);
    let expired: Vec<_> = book.expired(50).map(|entry| entry.voucher.id).collect();
    assert_eq!(expired, [id(4)]);
    assert_eq!(
        refuse(&mut book, &post(14, 4, &[]), 50).code(),
        "pending_expired"
    );
    // It holds its amount until it is voided.
    assert_eq!(book.account(USER).unwrap().available_fen(), 9_800);
    book.book(&void(14, 4), 50).unwrap();
    assert_eq!(book.account(USER).unwrap().available_fen(), 9_900);
    let how = |number| book.entry(id(number)).unwrap().resolved.unwrap().resolution;
    assert_eq!(
        [how(2), how(3), how(4)],
        [Resolution::Posted, Resolution::Voided, Resolution::Expired]
    );
    assert_eq!(book.expired(50).count(), 0);
    assert_eq!(code(&mut book, &void(15, 4)), "pending_already_expired");
}

#[test]
fn a_correction_is_a_red_voucher_and_a_blue_one() {
    let mut book = topped_up();
    book.book(
        &booking(2, &[dr(USER, 100), cr(MERCHANT, 90), cr(FEES, 10)]),
        20,
    )
    .unwrap();
    assert_eq!(
        code(&mut book, &rebooking(4, 2, &[dr(USER, 1), cr(FEES, 1)])),
        "voucher_not_reversed"
    );
    book.book(&reversal(3, 2), 30).unwrap();
    // Red: on the same sides, below zero, so that turnover is as if nothing had been.
    assert_eq!(totals(&book, USER), [0, 10_000, 0, 0]);
    assert_eq!(totals(&book, FEES), [0, 0, 0, 0]);
    assert_eq!(
        book.entry(id(3)).unwrap().postings,
        [dr(USER, -100), cr(MERCHANT, -90), cr(FEES, -10)]
    );
    assert_eq!(book.entry(id(2)).unwrap().reversed_by, Some(id(3)));
    book.book(&rebooking(4, 2, &[dr(USER, 10), cr(FEES, 10)]), 40)
        .unwrap();
    assert_eq!(book.entry(id(2)).unwrap().rebooked_by, Some(id(4)));
    assert_eq!(totals(&book, USER), [10, 10_000, 0, 0]);

    assert_eq!(code(&mut book, &reversal(5, 2)), "voucher_already_reversed");
    let again = rebooking(5, 2, &[dr(USER, 10), cr(FEES, 10)]);
    assert_eq!(code(&mut book, &again), "voucher_already_rebooked");
    assert_eq!(code(&mut book, &reversal(5, 3)), "voucher_not_reversible");
    assert_eq!(code(&mut book, &reversal(5, 77)), "voucher_not_found");
    // The blue one can be wrong in turn.
    assert_eq!(book.book(&reversal(5, 4), 50), Ok(Outcome::Booked));
    assert!(book.trial_balance(50).unwrap().is_balanced());
}

#[test]
fn what_was_posted_from_pending_is_reversed_by_what_was_posted() {
    let mut book = topped_up();
    book.book(
        &voucher(2, PENDING, &[dr(USER, 100), cr(MERCHANT, 100)]),
        20,
    )
    .unwrap();
    assert_eq!(code(&mut book, &reversal(9, 2)), "voucher_not_reversible");
    book.book(&post(3, 2, &[dr(USER, 60), cr(MERCHANT, 60)]), 30)
        .unwrap();
    book.book(&reversal(4, 3), 40).unwrap();
    assert_eq!(totals(&book, USER), [0, 10_000, 0, 0]);
    assert_eq!(totals(&book, MERCHANT), [0, 0, 0, 0]);
}

#[test]
fn money_that_is_spent_cannot_be_taken_back() {
    let mut book = topped_up();
    book.book(&booking(2, &[dr(USER, 10_000), cr(MERCHANT, 10_000)]), 20)
        .unwrap();
    assert_eq!(code(&mut book, &reversal(3, 1)), "debits_exceed_credits");
}

#[test]
fn a_voucher_does_not_come_before_the_one_it_refers_to() {
    let mut book = topped_up();
    assert_eq!(
        refuse(&mut book, &reversal(2, 1), 9).code(),
        "voucher_before_linked"
    );
    assert_eq!(book.book(&reversal(2, 1), 10), Ok(Outcome::Booked));
}

#[test]
fn totals_that_do_not_fit_are_an_error() {
    let mut book = topped_up();
    let most = i64::MAX;
    let error = refuse(
        &mut book,
        &booking(2, &[dr(BANK, most), cr(OTHER, most)]),
        20,
    );
    assert_eq!(error, LedgerError::TotalOverflow { account: BANK });
    let legs = [dr(FEES, most), dr(FEES, 1), cr(OTHER, most), cr(OTHER, 1)];
    assert_eq!(
        code(&mut book, &booking(2, &legs)),
        "account_total_overflow"
    );
    let legs = [dr(FEES, most), cr(OTHER, most)];
    book.book(&booking(2, &legs), 20).unwrap();
    let trial = book.trial_balance(20).unwrap();
    assert_eq!(trial.debits_posted_fen, i128::from(most) + 10_000);
}

#[test]
fn the_trial_balance_of_any_past_moment_stands() {
    let mut book = topped_up();
    let mut moments = vec![(10, book.clone())];
    let steps = [
        voucher(2, PENDING, &[dr(USER, 500), cr(MERCHANT, 500)]),
        voucher(3, PENDING, &[dr(USER, 700), cr(MERCHANT, 700)]),
        booking(4, &[dr(USER, 30), cr(FEES, 30)]),
        post(5, 2, &[dr(USER, 400), cr(MERCHANT, 400)]),
        void(6, 3),
        reversal(7, 4),
        rebooking(8, 4, &[dr(USER, 3), cr(FEES, 3)]),
    ];
    for (voucher, now) in steps.iter().zip((20..).step_by(10)) {
        book.book(voucher, now).unwrap();
        moments.push((now, book.clone()));
    }
    assert!(book.trial_balance(9).unwrap().lines.is_empty());
    for (now, then) in moments {
        // Just then, and a moment before the next one.
        for at in [now, now + 9] {
            let trial = book.trial_balance(at).unwrap();
            assert!(trial.is_balanced());
            for line in trial.lines {
                assert_eq!(
                    line.totals,
                    then.account(line.account).unwrap().totals,
                    "at {at}"
                );
            }
        }
    }
    let trial = book.trial_balance(20).unwrap();
    assert_eq!(
        (trial.debits_posted_fen, trial.debits_pending_fen),
        (10_000, 500)
    );
    let user = trial
        .lines
        .iter()
        .find(|line| line.account == USER)
        .unwrap();
    assert_eq!(user.balance_fen(), 10_000);
}

#[test]
fn an_account_opens_once_and_empty() {
    let mut book = book();
    let user = Account::new(
        USER,
        AccountKind::Liability,
        Limit::DebitsMustNotExceedCredits,
    );
    assert_eq!(book.open_account(user.clone()), Ok(Outcome::Exists));
    let other = Account {
        limit: Limit::None,
        ..user.clone()
    };
    let code = |result: Result<Outcome, LedgerError>| result.unwrap_err().code();
    assert_eq!(
        code(book.open_account(other)),
        "account_exists_with_other_content"
    );
    let mut full = Account::new(AccountId::new(2001, 9), AccountKind::Liability, Limit::None);
    full.totals.credits_posted_fen = 1;
    assert_eq!(code(book.open_account(full)), "account_opens_with_totals");
}

#[test]
fn a_page_with_what_a_voucher_names_decides_as_the_whole_book_does() {
    let mut book = topped_up();
    book.book(
        &voucher(2, PENDING, &[dr(USER, 100), cr(MERCHANT, 100)]),
        20,
    )
    .unwrap();
    for voucher in [post(3, 2, &[]), void(3, 2), reversal(3, 1), reversal(3, 2)] {
        let mut page = book.page(&[], &[voucher.id, voucher.kind.link().unwrap()]);
        let accounts: Vec<AccountId> = page.accounts_of(&voucher).into_iter().collect();
        for account in accounts {
            page.load_account(book.account(account).unwrap().clone());
        }
        assert_eq!(page.decide(&voucher, 30), book.decide(&voucher, 30));
    }
    assert_eq!(today(), day("2013-05-28"));
}

#[test]
fn an_account_after_a_posting_is_what_a_voucher_makes_of_it() {
    let mut book = topped_up();
    let (bank, user) = (dr(BANK, 70), cr(USER, 70));
    let before = |account| book.account(account).unwrap();
    let after = [before(BANK).after(&bank), before(USER).after(&user)];
    let too_much = before(USER).balance_fen() + 1;
    let code = |result: Result<Account, LedgerError>| result.unwrap_err().code();
    assert_eq!(
        code(before(USER).after(&dr(USER, too_much))),
        "debits_exceed_credits"
    );
    assert_eq!(
        code(before(USER).after(&cr(USER, i64::MAX))),
        "account_total_overflow"
    );
    book.book(&voucher(2, VoucherKind::Booking, &[bank, user]), 20)
        .unwrap();
    for (after, account) in after.into_iter().zip([BANK, USER]) {
        assert_eq!(after.as_ref(), Ok(book.account(account).unwrap()));
    }
}
