//! Books of an older version are brought to this one, and nothing of them is lost.

use std::time::Duration;

use ruixin_bao::fund::{Fund, OrderKind, merchant_account, user_account};
use ruixin_bao::ledger::{Account, Posting, Voucher, VoucherId, VoucherKind};
use ruixin_bao_store::{Answer, Asked, Deed, Done, Refused, Reply, Store, StoreError, VERSION};

use crate::support::{BOTH, Kind, Place, SHOP, USERS, at, books, day, request, terms, threads};

/// Books as version 1 of the program has written them, in SQL: `sqlite3 bao.db .dump`, shortened.
const VERSION_1: &str = include_str!("../fixtures/version-1.sql");
/// The same books in PostgreSQL's words.
const VERSION_1_POSTGRES: &str = include_str!("../fixtures/version-1.postgres.sql");

fn version_1(kind: Kind) -> &'static str {
    match kind {
        Kind::Sqlite => VERSION_1,
        Kind::Postgres => VERSION_1_POSTGRES,
    }
}

#[test]
fn books_of_version_1_are_migrated_when_they_are_opened() {
    for kind in BOTH {
        is_migrated_from_version_1(kind);
    }
}

fn is_migrated_from_version_1(kind: Kind) {
    let place = Place::new(kind);
    place.direct(version_1(kind)).unwrap();
    let mut store = place.open();
    let versions =
        "SELECT CAST(count(*) AS text) || ' to ' || CAST(max(version) AS text) FROM bao_migration";
    assert_eq!(place.texts(versions), [format!("{VERSION} to {VERSION}")]);
    store.prove().unwrap();
    let whole = store.whole().unwrap();
    whole.prove().unwrap();
    assert_eq!(
        whole.day(day("2013-06-05")).stage,
        ruixin_bao::fund::Stage::Closed
    );
    let shares = ruixin_bao::fund::shares_account(USERS[0]).id;
    let held = store
        .account(shares)
        .unwrap()
        .as_ref()
        .map(Account::balance_fen);
    assert_eq!(held, Some(49_900));
    for (user, left_fen) in USERS.into_iter().zip([50_000, 80_000, 100_000]) {
        let wallet = store.account(user_account(user).id).unwrap();
        let left = wallet.as_ref().map(Account::available_fen);
        assert_eq!(left, Some(left_fen), "{kind:?}: {user}");
    }

    // They go on from there, and are what they are when they are opened once more.
    let order = request(9, USERS[0], OrderKind::Redeem, 1_000);
    store.place(&[order], at("2013-06-06 10:00")).unwrap()[0]
        .as_ref()
        .unwrap();
    let night = at("2013-06-07 01:00");
    store
        .run_day(day("2013-06-06"), 100, night, threads())
        .unwrap();
    store.prove().unwrap();
    let before = format!("{:?}", store.whole().unwrap());
    assert_eq!(format!("{:?}", place.open().whole().unwrap()), before);
}

/// Takes back what version 7 has made: the books are then as version 6 would have left them.
fn back_to_version_6(kind: Kind) -> String {
    let triggers = match kind {
        Kind::Sqlite => "DROP TRIGGER voucher_expires; DROP TRIGGER voucher_resolves;",
        Kind::Postgres => {
            "DROP FUNCTION voucher_expires CASCADE; DROP FUNCTION voucher_resolves CASCADE; \
             DROP FUNCTION expiring_is_kept CASCADE;"
        }
    };
    format!("{triggers} DROP TABLE expiring; DELETE FROM bao_migration WHERE version >= 7;")
}

/// Takes back what versions 5 to 7 have made: the books are then as version 4 would have left them.
fn back_to_version_4(kind: Kind) -> String {
    let trigger = match kind {
        Kind::Sqlite => "DROP TRIGGER voucher_has_lines;",
        Kind::Postgres => {
            "DROP TRIGGER voucher_has_lines ON voucher; DROP FUNCTION voucher_has_lines; \
             DROP FUNCTION item_comes_before CASCADE; DROP FUNCTION end_is_fit CASCADE;"
        }
    };
    format!(
        "{} ALTER TABLE service_window DROP COLUMN closings; ALTER TABLE service_window DROP COLUMN was_open; \
         DROP VIEW column_leg; {trigger} DROP TABLE account_line; DROP TABLE account_days; \
         DROP TABLE item_end; DROP TABLE open_item; DELETE FROM bao_migration WHERE version >= 5;",
        back_to_version_6(kind)
    )
}

#[test]
fn what_expires_and_was_booked_before_version_7_is_released() {
    for kind in BOTH {
        let place = Place::new(kind);
        let (mut store, _) = books(&place, "2013-06-05");
        let now = at("2013-06-05 10:00");
        store.set_open(true, now).unwrap();
        let wallet = user_account(USERS[0]).id;
        let mut book = |id, kind, fen| {
            let legs = vec![
                Posting::debit(wallet, fen),
                Posting::credit(merchant_account(SHOP).id, fen),
            ];
            let id = VoucherId::of_client(id);
            let voucher = Voucher::of_kind(kind, id, day("2013-06-05"), legs);
            store.book_voucher(&voucher, now).unwrap();
        };
        let hold = |expires_at| VoucherKind::Pending { expires_at };
        let noon = at("2013-06-05 12:00");
        book(901, hold(Some(noon)), 700);
        book(902, hold(Some(noon)), 20);
        book(903, hold(None), 3);
        let pending = VoucherId::of_client(902);
        book(904, VoucherKind::Post { pending }, 20);
        drop(store);
        place.direct(&back_to_version_6(kind)).unwrap();
        let mut store = place.open();
        store.prove().unwrap();
        let found = store.release_expired(noon).unwrap();
        assert_eq!((found.released, found.next_at), (1, None), "{kind:?}");
        let left = store.account(wallet).unwrap();
        let left = left.as_ref().map(Account::available_fen);
        assert_eq!(left, Some(100_000 - 20 - 3));
        store.prove().unwrap();
    }
}

#[test]
fn what_was_booked_before_version_5_has_its_lines() {
    for kind in BOTH {
        let place = Place::new(kind);
        let (mut store, _) = books(&place, "2013-06-05");
        let order = |store: &mut Store, id, time: &str| {
            let order = request(id, USERS[0], OrderKind::Subscribe, 1_000);
            store.place(&[order], at(time)).unwrap()[0]
                .as_ref()
                .unwrap();
        };
        order(&mut store, 901, "2013-06-05 10:00");
        order(&mut store, 902, "2013-06-05 16:00");
        let night = at("2013-06-06 01:00");
        store
            .run_day(day("2013-06-05"), 0, night, threads())
            .unwrap();
        let lines = "SELECT subject || ' ' || number || ' ' || booked_at || ' ' || leg || ' ' || amount \
                     FROM account_line ORDER BY 1";
        let days = "SELECT subject || ' ' || number || ' ' || days || ' ' || first || ' ' || moved \
                    FROM account_days ORDER BY 1";
        let before = [place.texts(lines), place.texts(days)];
        assert!(
            before.iter().all(|one| one.len() > 2),
            "{kind:?}: {before:?}"
        );
        drop(store);
        place.direct(&back_to_version_4(kind)).unwrap();
        let mut store = place.open();
        assert_eq!([place.texts(lines), place.texts(days)], before, "{kind:?}");
        store.prove().unwrap();
        order(&mut store, 903, "2013-06-06 10:00");
        store.prove().unwrap();
        assert!(place.texts(lines).len() > before[0].len(), "{kind:?}");
    }
}

/// A program of the version before goes on booking: what it commits while the tables are filled, and
/// before the trigger is there, has its lines, too.
#[test]
fn what_is_booked_while_version_5_is_made_has_its_lines() {
    let place = Place::new(Kind::Postgres);
    let (mut store, _) = books(&place, "2013-06-05");
    let now = at("2013-06-05 10:00");
    store.set_open(true, now).unwrap();
    place.direct(&back_to_version_4(Kind::Postgres)).unwrap();
    let (user, shop) = (user_account(USERS[0]).id, merchant_account(SHOP).id);
    let legs = vec![Posting::debit(user, 777), Posting::credit(shop, 777)];
    let voucher = Voucher::booking(VoucherId::of_client(901), day("2013-06-05"), legs);
    let asked = Asked {
        id: 901,
        digest: [1; 32],
        deed: Deed::Book(voucher),
    };
    std::thread::scope(|scope| {
        // It holds the writer up when it has booked and before it commits.
        scope.spawn(|| {
            let hold = "BEGIN; LOCK TABLE answer IN SHARE MODE; SELECT pg_sleep(4); COMMIT";
            place.direct(hold).unwrap();
        });
        std::thread::sleep(Duration::from_secs(1));
        let writer = scope.spawn(move || {
            let mut say = |_: &Asked, done: &Result<Done, Refused>, _: &Fund| Answer {
                status: if done.is_ok() { 201 } else { 422 },
                text: "{}".to_owned(),
            };
            store.answer(&[asked], now, &mut say)
        });
        std::thread::sleep(Duration::from_secs(1));
        place.open().prove().unwrap();
        let replies = writer.join().unwrap().unwrap();
        assert!(
            matches!(&replies[..], [Reply::Answered { answer, .. }] if answer.status == 201),
            "{replies:?}"
        );
    });
    let lines = "SELECT CAST(count(*) AS text) FROM account_line WHERE amount = 777";
    assert_eq!(place.texts(lines), ["1"]);
    place.open().prove().unwrap();
}

#[test]
fn a_later_version_and_no_books_at_all_are_refused() {
    for kind in BOTH {
        let place = Place::new(kind);
        let error = Store::open(&place.address).unwrap_err();
        assert_eq!(error.code(), "store_not_there", "{kind:?}");
        drop(Store::create(&place.address, terms("2013-06-05")).unwrap());
        let other = Store::create(&place.address, terms("2013-06-06")).unwrap_err();
        assert!(
            matches!(
                other,
                StoreError::OtherTerms {
                    term: "first day",
                    ..
                }
            ),
            "{other}"
        );
        drop(Store::create(&place.address, terms("2013-06-05")).unwrap());
        let later = VERSION + 1;
        place
            .direct(&format!("INSERT INTO bao_migration VALUES ({later})"))
            .unwrap();
        for error in [
            Store::open(&place.address).unwrap_err(),
            Store::create(&place.address, terms("2013-06-05")).unwrap_err(),
        ] {
            assert_eq!(error.code(), "store_later_version", "{kind:?}");
            let says = format!(
                "the tables are of version {later}, and this program knows versions to {VERSION}"
            );
            assert_eq!(error.to_string(), says);
            let mend = error.mend().unwrap();
            assert!(mend.contains("the program that wrote them"), "{mend}");
        }
    }
    let error = Store::open("mysql://somewhere/bao").unwrap_err();
    assert_eq!(error.code(), "store_address");
}

#[test]
fn the_fixtures_are_of_version_1() {
    for kind in BOTH {
        let text = version_1(kind);
        assert_eq!(text.matches("INSERT INTO bao_migration").count(), 1);
        assert!(text.contains("INSERT INTO bao_migration VALUES(1)"));
        assert!(!text.contains("opening_holding"));
    }
}
