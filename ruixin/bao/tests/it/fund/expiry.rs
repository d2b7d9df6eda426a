//! What is held for a time: the house releases it when the time is over.

use ruixin_bao::fund::{Fund, MERCHANTS, release_of};
use ruixin_bao::ledger::{
    Account, AccountId, Posting, Resolution, Resolved, Voucher, VoucherId, VoucherKind,
};

use super::{SHOP, USERS, fund, run, state, user};
use crate::{at, day};

fn voucher(id: u128, kind: VoucherKind, postings: Vec<Posting>) -> Voucher {
    Voucher::of_kind(kind, VoucherId::of_client(id), day("2013-05-27"), postings)
}

/// Holds so much of the first user's wallet for the shop, until a time.
fn hold(fund: &mut Fund, id: u128, fen: i64, until: &str) -> VoucherId {
    let legs = vec![
        Posting::debit(user(USERS[0]), fen),
        Posting::credit(AccountId::new(MERCHANTS, SHOP), fen),
    ];
    let expires_at = Some(at(until));
    let pending = voucher(id, VoucherKind::Pending { expires_at }, legs);
    fund.book_voucher(&pending, at("2013-05-27 10:00")).unwrap();
    pending.id
}

fn available(fund: &Fund) -> Option<i64> {
    let wallet = fund.book().account(user(USERS[0]));
    wallet.map(Account::available_fen)
}

/// How a voucher ended, by which one, and the day on whose books that one stands.
fn end(fund: &Fund, id: VoucherId) -> Option<(Resolved, String)> {
    let resolved = fund.book().entry(id)?.resolved?;
    let by = fund.book().entry(resolved.by)?;
    Some((resolved, by.voucher.accounting_date.to_string()))
}

#[test]
fn what_has_expired_is_released_once_and_on_the_day_of_its_release() {
    let mut fund = fund();
    let noon = hold(&mut fund, 1, 60_000, "2013-05-27 12:00");
    let later = hold(&mut fund, 2, 30_000, "2013-05-27 13:00");
    assert_eq!(available(&fund), Some(10_000));
    let before = state(&fund);
    assert_eq!(fund.release_expired(at("2013-05-27 12:00") - 1), Ok(0));
    assert_eq!(state(&fund), before);
    assert_eq!(fund.release_expired(at("2013-05-27 12:00")), Ok(1));
    assert_eq!(available(&fund), Some(70_000));
    let expired = |by| Resolved {
        resolution: Resolution::Expired,
        by,
    };
    let of_noon = (expired(release_of(noon)), "2013-05-27".to_owned());
    assert_eq!(end(&fund, noon), Some(of_noon));
    assert_eq!(end(&fund, later), None);
    // Once more there is nothing to do, and nobody posts or voids what was released.
    let before = state(&fund);
    assert_eq!(fund.release_expired(at("2013-05-27 12:30")), Ok(0));
    for kind in [
        VoucherKind::Post { pending: noon },
        VoucherKind::Void { pending: noon },
    ] {
        let late = voucher(3, kind, vec![]);
        let refused = fund.book_voucher(&late, at("2013-05-27 12:30"));
        assert_eq!(refused.unwrap_err().code(), "pending_already_expired");
    }
    assert_eq!(state(&fund), before);
    // A day too late it stands on the books of that day.
    assert_eq!(fund.release_expired(at("2013-05-28 09:00")), Ok(1));
    let of_later = (expired(release_of(later)), "2013-05-28".to_owned());
    assert_eq!(end(&fund, later), Some(of_later));
    assert_eq!(available(&fund), Some(100_000));
    fund.prove().unwrap();
}

#[test]
fn what_is_resolved_in_time_is_not_released() {
    let mut fund = fund();
    let pending = hold(&mut fund, 1, 60_000, "2013-05-27 12:00");
    let post = voucher(2, VoucherKind::Post { pending }, vec![]);
    fund.book_voucher(&post, at("2013-05-27 11:00")).unwrap();
    assert_eq!(fund.release_expired(at("2013-05-27 12:00")), Ok(0));
    let now = at("2013-05-27 12:00");
    assert_eq!(fund.decide_release(pending, now), Ok(None));
    assert_eq!(fund.decide_release(VoucherId::of_client(9), now), Ok(None));
    assert_eq!(available(&fund), Some(40_000));
}

/// As for any voucher: time does not go back, and nothing is booked on days that are closed or that the
/// calendar does not know.
#[test]
fn nothing_is_released_on_a_day_on_which_nothing_is_booked() {
    let mut fund = fund();
    hold(&mut fund, 1, 60_000, "2013-05-27 12:00");
    run(&mut fund, "2013-05-27", 0);
    let before = state(&fund);
    let closed = fund.release_expired(at("2013-05-27 23:00")).unwrap_err();
    assert_eq!(closed.code(), "fund_day_closed");
    assert!(fund.release_expired(at("2015-01-05 10:00")).is_err());
    assert_eq!(state(&fund), before);
    assert_eq!(fund.release_expired(at("2013-05-28 01:00")), Ok(1));
    assert_eq!(available(&fund), Some(100_000));
}
