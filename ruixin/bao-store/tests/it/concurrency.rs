//! Many clients at once: nobody is overdrawn, nothing is lost or done twice, caps hold.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use ruixin_bao::fund::{OrderKind, user_account};
use ruixin_bao::ledger::{Account, Posting, Voucher, VoucherId};
use ruixin_bao_store::Store;

use crate::support::{BOTH, Place, SHOP, USERS, at, books, day, request, threads};

const CLIENTS: u64 = 6;
const ROUNDS: u64 = 12;

/// All clients do the same at once, with the same ids, and after that things of their own.
fn customers(store: &mut Store, client: u64, done: &AtomicU64) {
    let now = at("2013-06-06 10:00");
    let shop = ruixin_bao::fund::merchant_account(SHOP).id;
    for round in 0..ROUNDS {
        // Every client asks for it; it is done once.
        let shared = request(
            10_000 + u128::from(round),
            USERS[0],
            OrderKind::RedeemFast,
            500,
        );
        let own = u128::from(20_000 + client * 1_000 + round);
        let orders = [
            shared,
            request(own, USERS[(client % 3) as usize], OrderKind::Subscribe, 700),
            request(
                own + 500,
                USERS[(round % 3) as usize],
                OrderKind::Pay { merchant: SHOP },
                900,
            ),
        ];
        for outcome in store.place(&orders, now).unwrap().into_iter().flatten() {
            done.fetch_add(u64::from(!outcome.is_repeat), Ordering::Relaxed);
        }
        let from = user_account(USERS[((client + round) % 3) as usize]).id;
        let pay = Voucher::booking(
            VoucherId::of_client(own + 100_000),
            day("2013-06-06"),
            vec![Posting::debit(from, 9_000), Posting::credit(shop, 9_000)],
        );
        // Refused when the money is gone: that is what is looked at in the end.
        if let Ok(outcome) = store.book_voucher(&pay, now) {
            assert!(!outcome.is_repeat());
            assert!(store.book_voucher(&pay, now).unwrap().is_repeat());
        }
    }
}

/// Clients that do not know of each other redeem at once for one investor: together not a fen above the cap of the
/// day, which is 100.00, and as much as there is room for. The next day begins anew.
#[test]
fn many_clients_at_once_stay_below_the_cap_of_the_day() {
    for kind in BOTH {
        let place = Place::new(kind);
        let (mut store, _) = books(&place, "2013-06-05");
        let bought = request(1, USERS[0], OrderKind::Subscribe, 30_000);
        store.place(&[bought], at("2013-06-05 10:00")).unwrap();
        let night = at("2013-06-06 01:00");
        store
            .run_day(day("2013-06-05"), 0, night, threads())
            .unwrap();
        let redeemed = AtomicU64::new(0);
        let redeem = |store: &mut Store, id: u64, time: &str| {
            let order = request(id.into(), USERS[0], OrderKind::RedeemFast, 900);
            let placed = store.place(&[order], at(time)).unwrap();
            placed.into_iter().flatten().count() as u64
        };
        thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (place, redeemed) = (&place, &redeemed);
                scope.spawn(move || {
                    let mut store = place.open();
                    for round in 0..ROUNDS {
                        let id = 10_000 + client * 1_000 + round;
                        let done = redeem(&mut store, id, "2013-06-06 10:00");
                        redeemed.fetch_add(done, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(redeemed.into_inner(), 11, "{kind:?}");
        assert_eq!(redeem(&mut store, 2_000_000, "2013-06-06 10:00"), 0);
        assert_eq!(redeem(&mut store, 2_000_001, "2013-06-07 10:00"), 1);
        store.prove().unwrap();
    }
}

#[test]
fn many_clients_at_once_keep_every_rule() {
    for kind in BOTH {
        let place = Place::new(kind);
        let (mut store, _) = books(&place, "2013-06-05");
        let first = USERS.map(|user| request(u128::from(user), user, OrderKind::Subscribe, 30_000));
        store.place(&first, at("2013-06-05 10:00")).unwrap();
        let night = at("2013-06-06 01:00");
        store
            .run_day(day("2013-06-05"), 0, night, threads())
            .unwrap();
        let done = AtomicU64::new(0);
        thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (place, done) = (&place, &done);
                scope.spawn(move || customers(&mut place.open(), client, done));
            }
        });
        store.prove().unwrap();
        let whole = store.whole().unwrap();
        whole.prove().unwrap();
        let placed = whole.orders().count() as u64;
        assert_eq!(placed, done.load(Ordering::Relaxed) + 3, "{kind:?}");
        // Each once, though all clients have asked for it; some come when the advances are used up.
        let fast = whole
            .orders()
            .filter(|order| order.request.kind == OrderKind::RedeemFast);
        let fast = i64::try_from(fast.count()).unwrap();
        assert!((1..=12).contains(&fast), "{kind:?}: {fast}");
        let mut advanced = fast * 500;
        for user in USERS {
            let paid = whole.orders().filter(|order| {
                order.request.investor == user
                    && matches!(order.request.kind, OrderKind::Pay { .. })
            });
            let paid: i64 = paid.map(|order| order.request.amount_fen).sum();
            assert!(paid <= 20_000, "{kind:?}: {paid}");
            advanced += paid;
            let wallet = whole
                .book()
                .account(user_account(user).id)
                .map(Account::available_fen);
            assert!(
                wallet.is_some_and(|fen| (0..9_000).contains(&fen)),
                "{kind:?}: {wallet:?}"
            );
        }
        // Together they want more than there is for advances: all of it is used, and no more.
        assert!(
            advanced <= 50_000 && advanced > 50_000 - 900,
            "{kind:?}: {advanced}"
        );
    }
}

/// Customers and the steps of a day at the same time: the night finds every order.
#[test]
fn the_night_runs_while_customers_go_on() {
    for kind in BOTH {
        let place = Place::new(kind);
        let (mut store, _) = books(&place, "2013-06-05");
        let first = USERS.map(|user| request(u128::from(user), user, OrderKind::Subscribe, 30_000));
        store.place(&first, at("2013-06-05 10:00")).unwrap();
        thread::scope(|scope| {
            for (client, user) in (0_u32..).zip(USERS) {
                let place = &place;
                scope.spawn(move || {
                    let mut store = place.open();
                    for round in 0..25_u128 {
                        let id = 50_000 + u128::from(client) * 100 + round;
                        let order = request(id, user, OrderKind::Subscribe, 10);
                        // After the night's run the day may have been cut: then it is refused.
                        for outcome in store.place(&[order], at("2013-06-07 01:00")).unwrap() {
                            outcome.unwrap();
                        }
                    }
                });
            }
            let place = &place;
            scope.spawn(move || {
                let mut store = place.open();
                let night = at("2013-06-07 01:00");
                store
                    .run_day(day("2013-06-05"), 0, night, threads())
                    .unwrap();
                store
                    .run_day(day("2013-06-06"), 1_234, night, threads())
                    .unwrap();
                // Two runs of the same day at once are one.
                store
                    .run_day(day("2013-06-06"), 1_234, night, threads())
                    .unwrap();
            });
            scope.spawn(move || {
                let mut store = place.open();
                let night = at("2013-06-07 01:00");
                store
                    .run_day(day("2013-06-05"), 0, night, threads())
                    .unwrap();
                store
                    .run_day(day("2013-06-06"), 1_234, night, threads())
                    .unwrap();
            });
        });
        store.prove().unwrap();
        let whole = store.whole().unwrap();
        whole.prove().unwrap();
        assert_eq!(whole.orders().count(), 3 + 75, "{kind:?}");
    }
}
