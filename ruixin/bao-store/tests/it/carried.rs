//! What was not at its end when the books were moved comes to its end in the new ones: once, and with
//! every fen accounted for.

use ruixin_bao::fund::{MERCHANTS, USERS};
use ruixin_bao::ledger::{AccountId, Posting, Voucher, VoucherId, VoucherKind};
use ruixin_bao_store::{Asked, Deed, Ending, Reply, Store};

use crate::desk::{asked, say};
use crate::import::{ONE, TWO, books, converted};
use crate::support::{BOTH, Kind, Place, at, day};

const NOW: &str = "2013-05-27 16:30";
const SHOP: u64 = 7_000_000_000_000_001;
/// The names of what is open, as they are in the old books.
const WITHDRAWAL: &str = "201305270010000000007";
const ESCROW: &str = "201305260010000000008";
const PAYMENT: &str = "201305260010000000001";
const HELD: &str = "6000000000000001";
const HELD_OF_SHOP: &str = "7000000000000001";

/// Beside the 100.00 that are held of the first user: a withdrawal of 50.00 without an answer, whose fee
/// is 0.50; 100.00 in escrow, of which the house has added 10.00 and keeps 0.55; 40.00 held of a merchant.
const UNDER_WAY: &str = "
INSERT INTO subject VALUES ('2202', '', '', 'LIABILITY', 'CREDIT'), ('6601', '', '', 'EXPENSE', 'DEBIT');
INSERT INTO voucher VALUES ('v7', 'FREEZE', ''), ('v8', 'ESCROW_PAYMENT', ''), ('v9', 'FREEZE', '');
INSERT INTO posting VALUES
  ('v7', 1, '2001', '6000000000000001', 50, 0, '2013-05-27', NULL),
  ('v7', 2, '2003', '6000000000000001', 0, 50, '2013-05-27', NULL),
  ('v8', 1, '2001', '6000000000000002', 90, 0, '2013-05-26', NULL),
  ('v8', 2, '2202', NULL, 0, 100, '2013-05-26', NULL),
  ('v8', 4, '6601', NULL, 10, 0, '2013-05-26', NULL),
  ('v9', 1, '2002', '7000000000000001', 40, 0, '2013-05-26', NULL),
  ('v9', 2, '2003', '7000000000000001', 0, 40, '2013-05-26', NULL);
UPDATE holding SET amount = 650.02, shares = 650.02 WHERE account = '6000000000000001';
UPDATE holding SET amount = 210, shares = 210 WHERE account = '6000000000000002';
INSERT INTO under_way VALUES
  ('201305270010000000007', 'WITHDRAWAL', '6000000000000001', NULL, 'BOC', 50, 0.50, 0),
  ('201305260010000000008', 'ESCROW', '6000000000000002', '7000000000000001', NULL, 100, 0.55, 10),
  ('7000000000000001', 'HOLD', '7000000000000001', NULL, NULL, 40, 0, 0);
";

fn opened(kind: Kind) -> (Place, Store) {
    let (place, mut store) = books(kind);
    let source = converted(kind, UNDER_WAY);
    let opened = store.import(&source.address, at("2013-05-27 16:00"));
    let opened = opened.unwrap();
    assert_eq!((opened.under_way, opened.refundable), (4, 1));
    let again = store.import(&source.address, at("2013-05-27 16:00"));
    assert!(again.unwrap().is_repeat);
    store.set_open(true, at(NOW)).unwrap();
    (place, store)
}

fn end(id: u128, item: &str, ending: Ending) -> Asked {
    let (item, accounting_date) = (item.to_owned(), day("2013-05-27"));
    let memo = "carried over".to_owned();
    asked(
        id,
        Deed::End {
            item,
            ending,
            accounting_date,
            memo,
        },
    )
}

fn correction(id: u128, kind: VoucherKind, postings: Vec<Posting>) -> Asked {
    let id_of = VoucherId::of_client(id);
    let voucher = Voucher::of_kind(kind, id_of, day("2013-05-27"), postings);
    asked(id, Deed::Book(voucher))
}

fn reversal(id: u128, of: u128) -> Asked {
    let original = VoucherId::of_client(of);
    correction(id, VoucherKind::Reversal { original }, Vec::new())
}

/// Asks for a group, and gives for each `booked`, its code, or `again`.
fn ask(store: &mut Store, group: &[Asked]) -> Vec<String> {
    let replies = store.answer(group, at(NOW), &mut say).unwrap();
    let told = replies.into_iter().map(|reply| match reply {
        Reply::Answered {
            is_repeat: true, ..
        } => "again".to_owned(),
        Reply::Answered { answer, .. } => {
            let code = answer.text.split(',').next().unwrap();
            code.split(' ').next().unwrap().to_owned()
        }
        other => format!("{other:?}"),
    });
    told.collect()
}

fn balance(store: &mut Store, subject: u16, number: u64) -> i64 {
    let account = store.account(AccountId::new(subject, number)).unwrap();
    account.unwrap().balance_fen()
}

/// Wallet and frozen of the first user, of the second one, of the shop; bank, escrow, fees, marketing.
fn all(store: &mut Store) -> [i64; 9] {
    [
        (USERS, ONE),
        (2003, ONE),
        (USERS, TWO),
        (MERCHANTS, SHOP),
        (2003, SHOP),
        (1002, 1),
        (2202, 0),
        (6021, 0),
        (6601, 0),
    ]
    .map(|(subject, number)| balance(store, subject, number))
}

const BEFORE: [i64; 9] = [0, 15_000, 0, 15_932, 4_000, 130_035, 10_000, 101, 1_000];

#[test]
fn whatever_was_under_way_comes_to_its_end_once_and_every_fen_is_there() {
    for kind in BOTH {
        let (_place, mut store) = opened(kind);
        assert_eq!(all(&mut store), BEFORE);
        let group = [
            end(1, WITHDRAWAL, Ending::Paid),
            end(2, WITHDRAWAL, Ending::Paid),
            end(3, WITHDRAWAL, Ending::Refused),
            end(4, ESCROW, Ending::Confirmed),
            end(5, ESCROW, Ending::Returned),
            end(6, HELD, Ending::Released(Some(3_000))),
            end(7, HELD, Ending::Released(Some(7_001))),
            end(8, HELD, Ending::Released(None)),
            end(9, HELD, Ending::Released(None)),
            end(10, HELD_OF_SHOP, Ending::Released(None)),
            end(11, PAYMENT, Ending::Refunded(20_000)),
            end(12, PAYMENT, Ending::Refunded(34)),
            end(13, PAYMENT, Ending::Refunded(33)),
            end(14, PAYMENT, Ending::Refunded(1)),
        ];
        let expected = [
            "booked",
            "item_ended",
            "item_ended",
            "booked",
            "item_ended",
            "booked",
            "release_exceeds_hold",
            "booked",
            "item_ended",
            "booked",
            "booked",
            "refund_exceeds_payment",
            "booked",
            "refund_exceeds_payment",
        ];
        assert_eq!(ask(&mut store, &group), expected, "{kind:?}");
        // 49.50 left the bank and 0.50 is a fee; of what was in escrow the shop has 99.45, and gave 200.33
        // back; what was held is in the wallets.
        let after = [30_033, 0, 0, 9_844, 0, 125_085, 0, 206, 1_000];
        assert_eq!(all(&mut store), after, "{kind:?}");
        // Asked again nothing more is done; nor in a group of its own, one by one.
        assert_eq!(ask(&mut store, &group), ["again"; 14]);
        for (at, (one, expected)) in (101..).zip(group.iter().zip(expected)) {
            let Deed::End { item, ending, .. } = &one.deed else {
                panic!("{one:?}");
            };
            let told = ask(&mut store, &[end(at, item, *ending)]);
            let is_over = ["item_ended", "refund_exceeds_payment"];
            assert!(is_over.contains(&&*told[0]), "{expected}: {told:?}");
        }
        assert_eq!(all(&mut store), after, "{kind:?}");
        store.prove().unwrap();
        store.whole().unwrap().prove().unwrap();
    }
}

#[test]
fn what_goes_back_goes_back_to_whoever_it_came_from() {
    for kind in BOTH {
        let (_place, mut store) = opened(kind);
        let group = [
            end(1, WITHDRAWAL, Ending::Refused),
            end(2, ESCROW, Ending::Returned),
        ];
        assert_eq!(ask(&mut store, &group), ["booked", "booked"]);
        // The house has its coupon of 10.00 back, and no fee.
        let after = [5_000, 10_000, 9_000, 15_932, 4_000, 130_035, 0, 101, 0];
        assert_eq!(all(&mut store), after, "{kind:?}");
        let item = store.open_item(ESCROW).unwrap().unwrap();
        assert_eq!((item.left_fen(), item.ending), (0, Some("returned")));
        store.prove().unwrap();
    }
}

#[test]
fn an_end_that_is_taken_back_leaves_the_item_open_and_is_done_anew() {
    for kind in BOTH {
        let (_place, mut store) = opened(kind);
        let legs = |item: AccountId, fen| {
            vec![
                Posting::debit(item, fen),
                Posting::credit(AccountId::new(USERS, ONE), fen),
            ]
        };
        let rebooking = |id, of, legs| {
            let original = VoucherId::of_client(of);
            correction(id, VoucherKind::Rebooking { original }, legs)
        };
        let group = [
            end(1, WITHDRAWAL, Ending::Paid),
            reversal(2, 1),
            rebooking(3, 1, legs(AccountId::new(2003, ONE), 5_000)),
            end(4, WITHDRAWAL, Ending::Refused),
            end(5, WITHDRAWAL, Ending::Paid),
            end(6, PAYMENT, Ending::Refunded(9_000)),
        ];
        let expected = [
            "booked",
            "booked",
            "item_ended_anew",
            "booked",
            "item_ended",
            "booked",
        ];
        assert_eq!(ask(&mut store, &group), expected, "{kind:?}");
        // In groups of their own it is the same.
        assert_eq!(ask(&mut store, &[reversal(7, 6)]), ["booked"]);
        let rebooked = rebooking(8, 6, legs(AccountId::new(MERCHANTS, SHOP), 9_000));
        assert_eq!(ask(&mut store, &[rebooked]), ["item_ended_anew"]);
        let whole = end(9, PAYMENT, Ending::Refunded(15_000));
        assert_eq!(ask(&mut store, &[whole]), ["booked"]);
        let more = end(10, PAYMENT, Ending::Refunded(5_034));
        assert_eq!(ask(&mut store, &[more]), ["refund_exceeds_payment"]);
        assert_eq!(
            all(&mut store),
            [20_000, 10_000, 0, 932, 4_000, 130_035, 10_000, 101, 1_000]
        );
        store.prove().unwrap();
    }
}

/// The ids fall, as those of clients may: an end, what takes it back, and the end anew, in one group.
#[test]
fn an_end_is_taken_back_and_done_anew_in_whatever_order_ids_are() {
    for kind in BOTH {
        let (_place, mut store) = opened(kind);
        let group = [
            end(9, WITHDRAWAL, Ending::Paid),
            reversal(8, 9),
            end(1, WITHDRAWAL, Ending::Refused),
            end(7, HELD, Ending::Released(None)),
            reversal(6, 7),
            end(2, HELD, Ending::Released(Some(9_999))),
        ];
        assert_eq!(ask(&mut store, &group), ["booked"; 6], "{kind:?}");
        assert_eq!(balance(&mut store, 2003, ONE), 1);
        store.prove().unwrap();
    }
}

/// By a voucher of its own nothing under way is moved: it would be open still, and its money gone.
#[test]
fn no_other_voucher_moves_what_is_under_way() {
    for kind in BOTH {
        let (_place, mut store) = opened(kind);
        let book = |id, from: AccountId, to: AccountId| {
            let legs = vec![Posting::debit(from, 1), Posting::credit(to, 1)];
            correction(id, VoucherKind::Booking, legs)
        };
        let (frozen, wallet) = (AccountId::new(2003, ONE), AccountId::new(USERS, ONE));
        let (escrow, shop) = (AccountId::new(2202, 0), AccountId::new(MERCHANTS, SHOP));
        let group = [
            book(1, frozen, wallet),
            book(2, escrow, shop),
            book(3, shop, frozen),
            end(4, HELD, Ending::Released(Some(1))),
            reversal(5, 4),
            reversal(6, 5),
            book(7, shop, wallet),
        ];
        let told = ask(&mut store, &group);
        let reserved = "account_reserved";
        assert_eq!(told[..3], [reserved; 3], "{kind:?}");
        assert_eq!(told[3..5], ["booked"; 2], "{kind:?}");
        assert_ne!(told[5], "booked", "{kind:?}");
        assert_eq!(told[6], "booked", "{kind:?}");
        store.prove().unwrap();
    }
}

#[test]
fn an_item_ends_in_its_own_way_and_is_found_by_its_old_number() {
    for kind in BOTH {
        let (_place, mut store) = opened(kind);
        let group = [
            end(1, HELD, Ending::Paid),
            end(2, WITHDRAWAL, Ending::Released(None)),
            end(3, PAYMENT, Ending::Returned),
            end(4, ESCROW, Ending::Refunded(1)),
            end(5, "4711", Ending::Paid),
        ];
        let other = "item_of_other_kind";
        let expected = [other, other, other, other, "item_not_found"];
        assert_eq!(ask(&mut store, &group), expected, "{kind:?}");
        assert_eq!(all(&mut store), BEFORE);
        let names = |store: &mut Store, account, after, limit| -> Vec<String> {
            let found = store.under_way(account, after, limit).unwrap();
            found.into_iter().map(|item| item.name).collect()
        };
        assert_eq!(names(&mut store, ONE, None, 9), [WITHDRAWAL, HELD]);
        assert_eq!(names(&mut store, ONE, None, 1), [WITHDRAWAL]);
        assert_eq!(names(&mut store, ONE, Some(WITHDRAWAL), 9), [HELD]);
        // Of a merchant what waits for it, too; it is the buyer's as well.
        assert_eq!(names(&mut store, SHOP, None, 9), [ESCROW, HELD_OF_SHOP]);
        assert_eq!(names(&mut store, SHOP, None, 1), [ESCROW]);
        assert_eq!(names(&mut store, SHOP, Some(ESCROW), 9), [HELD_OF_SHOP]);
        assert_eq!(names(&mut store, TWO, None, 9), [ESCROW]);
        let item = store.open_item(WITHDRAWAL).unwrap().unwrap();
        assert_eq!(item.channel.as_deref(), Some("BOC"));
        assert_eq!(
            (item.amount_fen, item.fee_fen, item.ending),
            (5_000, 50, None)
        );
        let payment = store.open_item(PAYMENT).unwrap().unwrap();
        assert_eq!((payment.merchant, payment.left_fen()), (Some(SHOP), 20_033));
        assert_eq!(store.open_item("4711").unwrap(), None);
        let user = store.user(ONE).unwrap().unwrap();
        assert_eq!(user.held_fen(), 15_000);
    }
}

/// Answers that are pruned are told from what is booked.
#[test]
fn an_end_is_not_booked_once_more_when_its_answer_is_gone() {
    for kind in BOTH {
        let (_place, mut store) = opened(kind);
        let group = [
            end(1, WITHDRAWAL, Ending::Paid),
            end(2, HELD, Ending::Released(None)),
        ];
        assert_eq!(ask(&mut store, &group), ["booked", "booked"]);
        let after = all(&mut store);
        assert_eq!(store.prune_answers(at(NOW) + 1, at(NOW)).unwrap(), 2);
        assert_eq!(ask(&mut store, &group), ["booked", "booked"]);
        assert_eq!(all(&mut store), after);
        store.prove().unwrap();
    }
}

/// Six clients, each of whom ends everything in one way or the other.
#[test]
fn of_many_who_end_an_item_at_once_one_does() {
    for kind in BOTH {
        let (place, mut store) = opened(kind);
        let address = &place.address;
        let booked: Vec<usize> = std::thread::scope(|scope| {
            let clients = (0..6_u128).map(|client| {
                scope.spawn(move || {
                    let mut store = Store::open(address).unwrap();
                    let id = |number| 1_000 * (client + 1) + number;
                    let [bank, buyer] = match client % 2 {
                        0 => [Ending::Paid, Ending::Confirmed],
                        _ => [Ending::Refused, Ending::Returned],
                    };
                    let ends = [
                        end(id(1), WITHDRAWAL, bank),
                        end(id(2), ESCROW, buyer),
                        end(id(3), HELD, Ending::Released(Some(6_000))),
                        end(id(4), PAYMENT, Ending::Refunded(11_000)),
                    ];
                    let told = ends.map(|one| ask(&mut store, &[one]).remove(0));
                    told.iter().filter(|told| *told == "booked").count()
                })
            });
            let clients: Vec<_> = clients.collect();
            clients.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(booked.iter().sum::<usize>(), 4, "{kind:?}: {booked:?}");
        assert_eq!(balance(&mut store, 2003, ONE), 4_000);
        assert_eq!(balance(&mut store, 2202, 0), 0);
        store.prove().unwrap();
    }
}

/// Statements past the program, and a word of the reason why the database refuses them.
const PAST: [(&str, &str); 10] = [
    ("UPDATE open_item SET amount = 1", "append-only"),
    ("DELETE FROM open_item", "append-only"),
    (
        "INSERT INTO open_item VALUES ('9', 'H', 2001, 6000000000000001, NULL, NULL, 1, 0, 0, 0)",
        "opened",
    ),
    ("UPDATE item_end SET amount = 1", "append-only"),
    ("DELETE FROM item_end", "append-only"),
    (
        "INSERT INTO item_end VALUES (ID(1), 0, '6000000000000001', 'released', 1)",
        "unique",
    ),
    (
        "INSERT INTO item_end VALUES (ID(2), 0, '201305270010000000007', 'refused', 5000)",
        "more than is left",
    ),
    (
        "INSERT INTO item_end VALUES (ID(2), 0, '201305260010000000008', 'confirmed', 9999)",
        "does not end so",
    ),
    (
        "INSERT INTO item_end VALUES (ID(2), 0, '6000000000000001', 'refunded', 1)",
        "does not end so",
    ),
    (
        "INSERT INTO item_end VALUES (ID(77), 0, '6000000000000001', 'released', 1)",
        "foreign key",
    ),
];

#[test]
fn the_database_refuses_a_second_end_and_the_proof_sees_one_that_is_gone() {
    for kind in BOTH {
        let (place, mut store) = opened(kind);
        let group = [
            end(1, WITHDRAWAL, Ending::Paid),
            end(2, HELD, Ending::Released(Some(1))),
        ];
        assert_eq!(ask(&mut store, &group), ["booked", "booked"]);
        for (sql, word) in PAST {
            let sql = (1..=77).fold(sql.to_owned(), |sql, number| {
                let id = match kind {
                    Kind::Sqlite => format!("x'{number:032x}'"),
                    Kind::Postgres => format!("'\\x{number:032x}'"),
                };
                sql.replace(&format!("ID({number})"), &id)
            });
            let said = place.direct(&sql).unwrap_err().to_lowercase();
            assert!(said.contains(word), "{kind:?}: {sql}\n{said}");
        }
        store.prove().unwrap();
        let gone = match kind {
            Kind::Sqlite => "DROP TRIGGER end_is_kept; ",
            Kind::Postgres => "ALTER TABLE item_end DISABLE TRIGGER end_is_kept; ",
        };
        place
            .direct(&format!("{gone}DELETE FROM item_end WHERE amount = 5000"))
            .unwrap();
        let said = store.prove().unwrap_err().to_string();
        assert!(
            said.contains("account 2003:6000000000000001 should be 14999 and is 9999, 5000 apart"),
            "{said}"
        );
    }
}

/// What is open of one account and of another comes to the same, and is each one's own.
#[test]
fn the_proof_looks_at_what_is_open_account_by_account() {
    for kind in BOTH {
        let (place, mut store) = opened(kind);
        store.prove().unwrap();
        let past = match kind {
            Kind::Sqlite => "DROP TRIGGER item_stays; ",
            Kind::Postgres => "ALTER TABLE open_item DISABLE TRIGGER item_stays; ",
        };
        let moved = format!(
            "{past}UPDATE open_item SET amount = amount + CASE item WHEN '{HELD}' THEN 1 ELSE -1 END \
             WHERE item IN ('{HELD}', '{HELD_OF_SHOP}')"
        );
        place.direct(&moved).unwrap();
        let said = store.prove().unwrap_err().to_string();
        let [one, shop] = [
            "account 2003:6000000000000001 should be 15001 and is 15000, 1 apart",
            "account 2003:7000000000000001 should be 3999 and is 4000, 1 apart",
        ];
        assert!(said.contains(one) || said.contains(shop), "{said}");
    }
}
