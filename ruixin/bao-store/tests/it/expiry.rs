//! What has expired is released: once, whoever does it how often, and what it held can be spent.

use std::thread;

use ruixin_bao::fund::{MERCHANTS, USERS as WALLETS, release_of};
use ruixin_bao::ledger::{
    Account, AccountId, Posting, Resolution, Resolved, Voucher, VoucherId, VoucherKind,
};
use ruixin_bao_store::{Asked, Deed, Expired, Reply, Store};

use crate::desk::{asked, say};
use crate::support::{BOTH, Kind, Place, SHOP, USERS, at, books, day, threads};

const NOW: &str = "2013-06-05 10:00";
const NOON: &str = "2013-06-05 12:00";
const WALLET: AccountId = AccountId::new(WALLETS, USERS[0]);

/// Books with 1,000.00 in each wallet, whose window is open.
fn opened(place: &Place) -> Store {
    let (mut store, _) = books(place, "2013-06-05");
    store.set_open(true, at(NOW)).unwrap();
    store
}

fn legs(fen: i64) -> Vec<Posting> {
    vec![
        Posting::debit(WALLET, fen),
        Posting::credit(AccountId::new(MERCHANTS, SHOP), fen),
    ]
}

fn deed(id: u128, kind: VoucherKind, postings: Vec<Posting>) -> Asked {
    let id_of = VoucherId::of_client(id);
    let voucher = Voucher::of_kind(kind, id_of, day("2013-06-05"), postings);
    asked(id, Deed::Book(voucher))
}

/// Holds so much of the first wallet for the shop, until an instant.
fn hold(id: u128, fen: i64, until: i64) -> Asked {
    let expires_at = Some(until);
    deed(id, VoucherKind::Pending { expires_at }, legs(fen))
}

fn pay(id: u128, fen: i64) -> Asked {
    deed(id, VoucherKind::Booking, legs(fen))
}

/// Asks for commands at an instant, and gives what each is told before its comma.
fn told(store: &mut Store, group: &[Asked], now: i64) -> Vec<String> {
    let replies = store.answer(group, now, &mut say).unwrap().into_iter();
    let words = replies.map(|reply| match reply {
        Reply::Answered { answer, .. } => answer.text.split(',').next().unwrap().to_owned(),
        other => format!("{other:?}"),
    });
    words.collect()
}

fn is_booked(told: &[String]) -> bool {
    told.iter().all(|one| one.starts_with("booked"))
}

fn available(store: &mut Store) -> i64 {
    let wallet = store.account(WALLET).unwrap();
    wallet.as_ref().map(Account::available_fen).unwrap()
}

fn found(released: u64, next_at: Option<i64>) -> Expired {
    Expired { released, next_at }
}

#[test]
fn what_has_expired_is_released_once_and_can_be_spent() {
    for kind in BOTH {
        let place = Place::new(kind);
        let mut store = opened(&place);
        let (now, noon) = (at(NOW), at(NOON));
        let later = noon + 60_000_000;
        assert_eq!(store.release_expired(now).unwrap(), found(0, None));
        let holds = [hold(1, 60_000, noon), hold(2, 30_000, later)];
        assert!(is_booked(&told(&mut store, &holds, now)));
        let early = store.release_expired(noon - 1).unwrap();
        assert_eq!(early, found(0, Some(noon)), "{kind:?}");
        let poor = told(&mut store, &[pay(3, 50_000)], noon - 1);
        assert_eq!(poor, ["debits_exceed_credits"]);
        // Expired and not released, it is held, and can be posted no more.
        let late = |id| {
            let pending = VoucherId::of_client(1);
            deed(id, VoucherKind::Post { pending }, vec![])
        };
        assert_eq!(told(&mut store, &[late(4)], noon), ["pending_expired"]);
        assert_eq!(available(&mut store), 10_000);
        assert_eq!(store.release_expired(noon).unwrap(), found(1, Some(later)));
        assert_eq!(available(&mut store), 70_000);
        let after = [late(5), pay(6, 50_000)];
        let after = told(&mut store, &after, noon);
        assert_eq!(after[0], "pending_already_expired");
        assert!(is_booked(&after[1..]), "{after:?}");
        // Again, and by another session: there is nothing to do before the next one's time.
        for mut store in [place.open(), store] {
            let again = store.release_expired(later - 1).unwrap();
            assert_eq!(again, found(0, Some(later)), "{kind:?}");
            let first = store.voucher(VoucherId::of_client(1)).unwrap().unwrap();
            let by = release_of(first.voucher.id);
            let resolution = Resolution::Expired;
            assert_eq!(first.resolved, Some(Resolved { resolution, by }));
            let release = store.voucher(by).unwrap().unwrap();
            assert_eq!(release.booked_at, noon);
            assert_eq!(release.voucher.accounting_date, day("2013-06-05"));
            store.prove().unwrap();
        }
        let mut store = place.open();
        assert_eq!(store.release_expired(later).unwrap(), found(1, None));
        assert_eq!(available(&mut store), 50_000);
        store.prove().unwrap();
    }
}

#[test]
fn what_is_posted_or_voided_in_time_waits_no_more() {
    for kind in BOTH {
        let place = Place::new(kind);
        let mut store = opened(&place);
        let (now, noon) = (at(NOW), at(NOON));
        let pending = VoucherId::of_client;
        let group = [
            hold(1, 100, noon),
            hold(2, 200, noon),
            deed(
                3,
                VoucherKind::Post {
                    pending: pending(1),
                },
                legs(40),
            ),
            deed(
                4,
                VoucherKind::Void {
                    pending: pending(2),
                },
                vec![],
            ),
        ];
        assert!(is_booked(&told(&mut store, &group, now)));
        assert_eq!(store.release_expired(noon).unwrap(), found(0, None));
        assert_eq!(available(&mut store), 99_960);
        store.prove().unwrap();
    }
}

/// While the window is closed nothing is booked; nor is anything on a day that the calendar lacks.
#[test]
fn nothing_is_released_while_nothing_is_booked() {
    for kind in BOTH {
        let place = Place::new(kind);
        let mut store = opened(&place);
        let (now, noon) = (at(NOW), at(NOON));
        assert!(is_booked(&told(&mut store, &[hold(1, 7, noon)], now)));
        let beyond = store.release_expired(at("2015-01-05 10:00")).unwrap_err();
        assert!(!beyond.is_broken(), "{kind:?}: {beyond}");
        store.set_open(false, now).unwrap();
        let closed = store.release_expired(noon).unwrap();
        assert_eq!(closed, found(0, Some(noon)), "{kind:?}");
        // Days are run meanwhile, and what is released afterwards stands on a later one.
        let night = at("2013-06-06 01:00");
        store
            .run_day(day("2013-06-05"), 0, night, threads())
            .unwrap();
        store.set_open(true, night).unwrap();
        let put_back = store.release_expired(at("2013-06-05 23:00")).unwrap_err();
        assert_eq!(put_back.code(), "fund_day_closed", "{kind:?}");
        assert_eq!(store.release_expired(night).unwrap(), found(1, None));
        let release = release_of(VoucherId::of_client(1));
        let release = store.voucher(release).unwrap().unwrap();
        assert_eq!(release.voucher.accounting_date, day("2013-06-06"));
        store.prove().unwrap();
    }
}

/// More than go at once, and many who release at the same time: each voucher is released by one of them.
#[test]
fn many_are_released_in_rounds_and_each_once() {
    const MANY: u64 = 600;
    for kind in BOTH {
        let place = Place::new(kind);
        let mut store = opened(&place);
        let (now, noon) = (at(NOW), at(NOON));
        let holds: Vec<Asked> = (1..=u128::from(MANY)).map(|id| hold(id, 3, noon)).collect();
        assert!(is_booked(&told(&mut store, &holds, now)));
        let round = store.release_expired(noon).unwrap();
        assert_eq!(round, found(256, Some(noon)), "{kind:?}");
        let released: u64 = thread::scope(|scope| {
            let mut releasing = Vec::new();
            for _ in 0..3 {
                let place = &place;
                releasing.push(scope.spawn(move || {
                    let (mut store, mut released) = (place.open(), 0);
                    loop {
                        let found = store.release_expired(noon).unwrap();
                        released += found.released;
                        if found.next_at.is_none() {
                            break released;
                        }
                    }
                }));
            }
            let counts = releasing.into_iter().map(|one| one.join().unwrap());
            counts.sum()
        });
        assert_eq!(256 + released, MANY, "{kind:?}");
        assert_eq!(available(&mut store), 100_000);
        let by_the_house = "SELECT CAST(count(*) AS text) FROM voucher WHERE part = 8";
        assert_eq!(place.texts(by_the_house), [MANY.to_string()]);
        store.prove().unwrap();
    }
}

/// Statements past the program: what waits for its expiry goes with what resolves it, and a proof tells
/// where it does not.
#[test]
fn the_database_keeps_what_waits_for_its_expiry() {
    for kind in BOTH {
        let place = Place::new(kind);
        let mut store = opened(&place);
        assert!(is_booked(&told(
            &mut store,
            &[hold(1, 7, at(NOON)), pay(2, 5)],
            at(NOW)
        )));
        for sql in [
            "DELETE FROM expiring",
            "UPDATE expiring SET expires_at = expires_at + 1",
        ] {
            let refused = place.direct(sql).unwrap_err();
            assert!(refused.contains("append-only"), "{kind:?} {sql}: {refused}");
        }
        if kind == Kind::Postgres {
            let refused = place.direct("TRUNCATE expiring").unwrap_err();
            assert!(refused.contains("append-only"), "{refused}");
        }
        store.prove().unwrap();
        let payment = match kind {
            Kind::Sqlite => format!("x'{:032x}'", 2),
            Kind::Postgres => format!("'\\x{:032x}'", 2),
        };
        let more = format!("INSERT INTO expiring VALUES ({payment}, 0, 9)");
        place.direct(&more).unwrap();
        let failed = store.prove().unwrap_err().to_string();
        let says = "the number of those that wait should be 1 and is 2";
        assert!(failed.contains(says), "{kind:?}: {failed}");
    }
}
