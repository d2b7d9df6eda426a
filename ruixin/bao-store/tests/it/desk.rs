//! Commands that are answered once: in groups, again, after a refusal, while the window is closed.

use ruixin_bao::fund::{Fund, MERCHANTS, OrderKind, Request, USERS as WALLETS, user_account};
use ruixin_bao::ledger::{AccountId, Entry, Posting, Voucher, VoucherId, VoucherKind};
use ruixin_bao_store::{Answer, Asked, Deed, Done, Notice, Refused, Reply, Store};

use crate::support::{BANK, BOTH, Kind, Place, SHOP, USERS, at, books, day, terms, threads};

const NOW: &str = "2013-06-05 10:00";

pub(crate) fn asked(id: u128, deed: Deed) -> Asked {
    Asked {
        id,
        digest: *blake3::hash(format!("{deed:?}").as_bytes()).as_bytes(),
        deed,
    }
}

fn voucher(id: u128, kind: VoucherKind, postings: Vec<Posting>) -> Voucher {
    Voucher::of_kind(kind, VoucherId::of_client(id), day("2013-06-05"), postings)
}

fn pay(id: u128, user: u64, fen: i64) -> Asked {
    let postings = vec![
        Posting::debit(AccountId::new(WALLETS, user), fen),
        Posting::credit(AccountId::new(MERCHANTS, SHOP), fen),
    ];
    asked(id, Deed::Book(voucher(id, VoucherKind::Booking, postings)))
}

fn refund(id: u128, payment: u128, amount_fen: i64) -> Asked {
    let accounting_date = day("2013-06-05");
    let memo = "broken".to_owned();
    asked(
        id,
        Deed::Refund {
            payment,
            amount_fen,
            accounting_date,
            memo,
        },
    )
}

fn reversal(id: u128, of: u128) -> Asked {
    let original = VoucherId::of_client(of);
    asked(
        id,
        Deed::Book(voucher(id, VoucherKind::Reversal { original }, vec![])),
    )
}

/// Answers with what was done, and how much the shop has after it.
pub(crate) fn say(_: &Asked, done: &Result<Done, Refused>, fund: &Fund) -> Answer {
    let shop = fund.book().account(AccountId::new(MERCHANTS, SHOP));
    let shop = shop.map_or(-1, |account| account.balance_fen());
    let (status, what) = match done {
        Ok(Done::Opened(account)) => (201, format!("opened {}", account.id)),
        Ok(Done::Booked(entry)) => (201, format!("booked {}", entry.voucher.id)),
        Ok(Done::Placed(order)) => (201, format!("placed {:x}", order.request.id)),
        Err(refused) => (422, refused.code().to_owned()),
    };
    Answer {
        status,
        text: format!("{what}, shop {shop}"),
    }
}

/// Asks for a group, and gives what each is told: `again` where it was told before.
fn ask(store: &mut Store, group: &[Asked]) -> Vec<String> {
    let replies = store.answer(group, at(NOW), &mut say).unwrap();
    let told = replies.into_iter().map(|reply| match reply {
        Reply::Answered { answer, is_repeat } => {
            format!("{}{}", answer.text, if is_repeat { " again" } else { "" })
        }
        Reply::OtherRequest => "other".to_owned(),
        Reply::Closed => "closed".to_owned(),
    });
    told.collect()
}

fn opened(place: &Place) -> Store {
    let (mut store, _) = books(place, "2013-06-05");
    store.set_open(true, at(NOW)).unwrap();
    store
}

#[test]
fn a_group_is_answered_one_by_one_and_once() {
    for kind in BOTH {
        let place = Place::new(kind);
        let mut store = opened(&place);
        let group = [
            asked(1, Deed::Open(user_account(6_009))),
            pay(2, 6_009, 5),
            pay(3, USERS[0], 60_000),
            // What the one before it left is not enough; what comes after it is.
            pay(4, USERS[0], 60_000),
            pay(5, USERS[0], 40_000),
            // The same once more within the group, and another one under its id.
            pay(5, USERS[0], 40_000),
            pay(5, USERS[0], 39_999),
            asked(
                6,
                Deed::Place(Request {
                    id: 6,
                    investor: USERS[1],
                    kind: OrderKind::Subscribe,
                    amount_fen: 7,
                }),
            ),
            asked(7, Deed::Open(ruixin_bao::fund::shares_account(6_009))),
        ];
        let told = ask(&mut store, &group);
        let name = |id: u128| format!("{id:032x}");
        let expected = [
            "opened 2001:6009, shop 0".to_owned(),
            "debits_exceed_credits, shop 0".to_owned(),
            format!("booked {}, shop 60000", name(3)),
            "debits_exceed_credits, shop 60000".to_owned(),
            format!("booked {}, shop 100000", name(5)),
            format!("booked {}, shop 100000 again", name(5)),
            "other".to_owned(),
            "placed 6, shop 100000".to_owned(),
            "account_reserved, shop 100000".to_owned(),
        ];
        assert_eq!(told, expected, "{kind:?}");
        // Whatever has changed since, each is told what it was told, by another session too.
        let top_up = vec![
            Posting::debit(BANK, 1_000_000),
            Posting::credit(AccountId::new(WALLETS, USERS[0]), 1_000_000),
        ];
        let top_up = voucher(8, VoucherKind::Booking, top_up);
        ask(&mut store, &[asked(8, Deed::Book(top_up))]);
        let again = ask(&mut place.open(), &group);
        for ((again, told), number) in again.iter().zip(&told).zip(0..) {
            match number {
                6 => assert_eq!(again, "other"),
                5 => assert_eq!(again, told),
                _ => assert_eq!(*again, format!("{told} again")),
            }
        }
        let hex = match kind {
            Kind::Sqlite => "lower(hex(id))",
            Kind::Postgres => "encode(id, 'hex')",
        };
        let order = place.texts(&format!("SELECT {hex} FROM answer ORDER BY number"));
        let expected: Vec<String> = [1, 2, 3, 4, 5, 6, 7, 8].map(name).into();
        assert_eq!(order, expected);
        store.prove().unwrap();
    }
}

#[test]
fn no_more_is_given_back_than_was_paid_whatever_is_taken_back() {
    for kind in BOTH {
        let place = Place::new(kind);
        let mut store = opened(&place);
        let code = |told: &str| told.split(',').next().unwrap().to_owned();
        let mut one = |asked: Asked| code(&ask(&mut store, &[asked])[0]);
        assert!(one(pay(1, USERS[0], 100)).starts_with("booked"));
        assert!(one(refund(2, 1, 60)).starts_with("booked"));
        assert_eq!(one(refund(3, 1, 41)), "refund_exceeds_payment");
        assert_eq!(one(reversal(4, 1)), "payment_has_refunds");
        // The refund is taken back: all of the payment can be refunded, and then nothing more.
        assert!(one(reversal(5, 2)).starts_with("booked"));
        assert!(one(refund(6, 1, 100)).starts_with("booked"));
        assert_eq!(one(refund(7, 1, 1)), "refund_exceeds_payment");
        assert_eq!(one(refund(8, 2, 1)), "payment_not_found");
        assert_eq!(one(refund(9, 99, 1)), "payment_not_found");
        assert!(one(pay(10, USERS[0], 50)).starts_with("booked"));
        assert!(one(reversal(11, 10)).starts_with("booked"));
        assert_eq!(one(refund(12, 10, 1)), "payment_reversed");
        // Within a group it is the same as one after the other.
        let group = [
            pay(20, USERS[1], 10),
            refund(21, 20, 6),
            refund(22, 20, 6),
            reversal(23, 20),
            reversal(24, 21),
            refund(25, 20, 10),
        ];
        let told: Vec<String> = ask(&mut store, &group)
            .iter()
            .map(|told| code(told))
            .collect();
        let done: Vec<bool> = told.iter().map(|told| told.starts_with("booked")).collect();
        assert_eq!(done, [true, true, false, false, true, true], "{told:?}");
        assert_eq!(store.refunded(20).unwrap(), 10);
        assert_eq!(store.refunded(1).unwrap(), 100);
        store.prove().unwrap();
    }
}

#[test]
fn a_voucher_is_resolved_only_as_what_it_is_taken_for() {
    for kind in BOTH {
        let place = Place::new(kind);
        let mut store = opened(&place);
        let wallet = AccountId::new(WALLETS, USERS[0]);
        let hold = vec![Posting::debit(wallet, 5), Posting::credit(wallet, 5)];
        let pending = VoucherKind::Pending { expires_at: None };
        ask(
            &mut store,
            &[asked(1, Deed::Book(voucher(1, pending, hold)))],
        );
        let void = |id, is_meant: fn(&Entry) -> bool| {
            let pending = VoucherId::of_client(1);
            let voucher = voucher(id, VoucherKind::Void { pending }, vec![]);
            asked(id, Deed::Resolve { voucher, is_meant })
        };
        let told = ask(
            &mut store,
            &[void(2, |_| false), void(3, |_| true), void(4, |_| true)],
        );
        assert_eq!(told[0], "voucher_of_other_kind, shop -1");
        assert!(told[1].starts_with("booked"), "{told:?}");
        assert_eq!(told[2], "pending_already_voided, shop -1");
    }
}

#[test]
fn a_closed_window_tells_what_was_told_and_nothing_else() {
    for kind in BOTH {
        let place = Place::new(kind);
        let mut store = Store::create(&place.address, terms("2013-06-05")).unwrap();
        let user = |id, user| asked(id, Deed::Open(user_account(user)));
        assert_eq!(ask(&mut store, &[user(1, 6_001)]), ["closed"]);
        assert_eq!(store.standing().unwrap().since, None);
        store.found_window(at("2013-06-05 09:00")).unwrap();
        store.found_window(at("2013-06-05 09:30")).unwrap();
        let standing = store.standing().unwrap();
        assert_eq!(
            (standing.is_open, standing.since),
            (false, Some(at("2013-06-05 09:00")))
        );
        let open = store.set_open(true, at(NOW)).unwrap();
        assert_eq!((open.is_open, open.since), (true, Some(at(NOW))));
        // Open already: since when stays.
        assert_eq!(store.set_open(true, at("2013-06-05 11:00")).unwrap(), open);
        assert_eq!(
            ask(&mut store, &[user(1, 6_001)]),
            ["opened 2001:6001, shop -1"]
        );
        let notice = |subject: &str| Notice {
            language: "en".to_owned(),
            kind: "stop".to_owned(),
            subject: subject.to_owned(),
            text: "later".to_owned(),
            until: None,
        };
        store.tell_users(&notice("soon")).unwrap();
        store.tell_users(&notice("now")).unwrap();
        assert_eq!(store.standing().unwrap().notices, [notice("now")]);
        let french = Notice {
            language: "fr".to_owned(),
            ..notice("bientôt")
        };
        assert_eq!(
            store.tell_users(&french).unwrap_err().code(),
            "store_constraint"
        );
        let latch = store.latch().unwrap();
        assert!(latch.was_open && !latch.has_taken_over, "{latch:?}");
        store.set_open(false, at("2013-06-05 11:00")).unwrap();
        // Who looked before a close does not open after it, one that changes nothing either.
        for _ in 0..2 {
            let latch = store.latch().unwrap();
            let closed = store.set_open(false, at(NOW)).unwrap();
            assert_eq!(store.open_unless_closed(&latch, at(NOW)).unwrap(), None);
            assert_eq!(store.standing().unwrap(), closed);
        }
        let latch = store.latch().unwrap();
        let opened = store.open_unless_closed(&latch, at(NOW)).unwrap();
        assert!(opened.unwrap().is_open);
        assert!(store.latch().unwrap().is_open);
        store.set_open(false, at("2013-06-05 11:00")).unwrap();
        let told = ask(
            &mut place.open(),
            &[user(1, 6_001), user(2, 6_002), user(1, 6_003)],
        );
        assert_eq!(told, ["opened 2001:6001, shop -1 again", "closed", "other"]);
        // Days are run, whatever the window is.
        store
            .run_day(day("2013-06-05"), 0, at("2013-06-06 01:00"), threads())
            .unwrap();
    }
}

/// Commands an hour apart; what was answered in the first one is pruned.
#[test]
fn answers_that_are_too_old_are_pruned_and_nothing_is_booked_twice() {
    for kind in BOTH {
        let place = Place::new(kind);
        let mut store = opened(&place);
        let hour = 3_600_000_000;
        let (early, late) = (at(NOW), at(NOW) + hour);
        let told = |store: &mut Store, asked: Asked, now: i64| {
            let replies = store.answer(&[asked], now, &mut say).unwrap();
            match replies.into_iter().next().unwrap() {
                Reply::Answered { answer, is_repeat } => (answer.text, is_repeat),
                other => panic!("{other:?}"),
            }
        };
        let poor = || pay(2, USERS[0], 100_001);
        let paid = told(&mut store, pay(1, USERS[0], 100), early);
        let refused = told(&mut store, poor(), early);
        assert_eq!(refused.0, "debits_exceed_credits, shop 100");
        told(&mut store, refund(3, 1, 60), early);
        let kept = told(&mut store, pay(4, USERS[0], 7), late);
        let top_up = vec![
            Posting::debit(BANK, 1_000_000),
            Posting::credit(AccountId::new(WALLETS, USERS[0]), 1_000_000),
        ];
        let top_up = voucher(5, VoucherKind::Booking, top_up);
        told(&mut store, asked(5, Deed::Book(top_up)), late);

        // Those of the limit itself are kept: all are, if it is the first one.
        assert_eq!(store.prune_answers(early, late).unwrap(), 0);
        assert_eq!(store.prune_answers(early + 1, late).unwrap(), 3);
        assert_eq!(store.prune_answers(early + 1, late).unwrap(), 0);
        assert_eq!(told(&mut store, pay(4, USERS[0], 7), late), (kept.0, true));

        // What was booked is told as it is, and is not booked once more.
        let booked = |text: &str| text.split(',').next().unwrap().to_owned();
        let again = told(&mut store, pay(1, USERS[0], 100), late);
        assert_eq!((booked(&again.0), again.1), (booked(&paid.0), false));
        assert!(again.0.ends_with("shop 47"), "{again:?}");
        let again = told(&mut store, refund(3, 1, 60), late);
        assert!(again.0.starts_with("booked") && again.0.ends_with("shop 47"));
        assert_eq!(store.refunded(1).unwrap(), 60);
        // Another content, or the same on another day, is none of it.
        store.prune_answers(late + 1, late).unwrap();
        let other = told(&mut store, pay(1, USERS[0], 99), late);
        assert_eq!(other.0, "voucher_exists_with_other_content, shop 47");
        // A refusal booked nothing: it is decided by what is there now.
        let again = told(&mut store, poor(), late);
        assert!(again.0.starts_with("booked"), "{again:?}");
        store.prove().unwrap();
    }
}

/// More than one round of them, and those that a program without the column has given.
#[test]
fn many_answers_are_pruned_in_rounds_and_undated_ones_are_dated_first() {
    for kind in BOTH {
        let place = Place::new(kind);
        let mut store = opened(&place);
        let (id, digest) = match kind {
            Kind::Sqlite => ("randomblob(16)", "zeroblob(32)"),
            Kind::Postgres => (
                "decode(md5(n::text), 'hex')",
                "decode(repeat('00', 32), 'hex')",
            ),
        };
        let many = format!(
            "INSERT INTO answer (id, digest, status, answer) \
             WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 2500) \
             SELECT {id}, {digest}, 200, '' FROM many"
        );
        place.direct(&many).unwrap();
        let now = at(NOW);
        assert_eq!(store.prune_answers(now, now).unwrap(), 0);
        assert_eq!(store.prune_answers(now + 1, now + 2).unwrap(), 2_500);
    }
}

/// Statements past the program: what was answered stays, and no more is given back than was paid.
#[test]
fn the_database_keeps_answers_and_bounds_refunds() {
    for kind in BOTH {
        let place = Place::new(kind);
        let mut store = opened(&place);
        ask(
            &mut store,
            &[pay(1, USERS[0], 100), refund(2, 1, 60), pay(3, USERS[0], 7)],
        );
        let hex = |id: u128| match kind {
            Kind::Sqlite => format!("x'{id:032x}'"),
            Kind::Postgres => format!("'\\x{id:032x}'"),
        };
        let more = format!("INSERT INTO refund VALUES ({}, 0, {}, 41)", hex(3), hex(1));
        let table = [
            ("UPDATE answer SET status = 200", "append-only"),
            ("DELETE FROM answer", "append-only"),
            ("DELETE FROM answers_kept", "append-only"),
            ("UPDATE answers_kept SET since = -1", "append-only"),
            ("UPDATE refund SET amount = 1", "append-only"),
            ("DELETE FROM refund", "append-only"),
            ("DELETE FROM service_window", "append-only"),
            (more.as_str(), "more than was paid"),
        ];
        for (sql, why) in table {
            let refused = place.direct(sql).unwrap_err();
            assert!(refused.contains(why), "{kind:?} {sql}: {refused}");
        }
        assert!(place.direct("UPDATE answer SET digest = digest").is_err());
    }
}

/// The reserve is filled once, whoever asks how often, and no voucher of the wallet's moves it.
#[test]
fn the_reserve_is_filled_once_and_by_nothing_else() {
    for kind in BOTH {
        let place = Place::new(kind);
        let mut store = opened(&place);
        let reserve = AccountId::new(ruixin_bao::fund::RESERVE, 0);
        let fill = asked(
            1,
            Deed::Reserve {
                amount_fen: 7,
                accounting_date: day("2013-06-05"),
            },
        );
        let name = format!("{:032x}", 1);
        assert_eq!(
            ask(&mut store, std::slice::from_ref(&fill)),
            [format!("booked {name}, shop -1")]
        );
        assert_eq!(
            ask(&mut store, &[fill]),
            [format!("booked {name}, shop -1 again")]
        );
        let legs = vec![
            Posting::debit(AccountId::new(ruixin_bao::fund::FUND_ASSETS, 0), 1),
            Posting::credit(reserve, 1),
        ];
        let by_hand = asked(2, Deed::Book(voucher(2, VoucherKind::Booking, legs)));
        let back = reversal(3, 1);
        assert_eq!(
            ask(&mut store, &[by_hand, back]),
            ["account_reserved, shop -1", "account_reserved, shop -1"]
        );
        let there = store.account(reserve).unwrap().unwrap();
        assert_eq!(there.balance_fen(), 7);
        store.prove().unwrap();
    }
}
