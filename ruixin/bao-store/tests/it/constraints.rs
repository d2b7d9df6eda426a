//! What the database itself refuses, by direct SQL past the program.

use ruixin_bao::fund::OrderKind;

use crate::support::{BOTH, Kind, Place, SHOP, USERS, at, books, day, request, threads};

/// Books with vouchers, orders of each kind, and a closed day.
fn with_history(place: &Place) {
    let (mut store, _) = books(place, "2013-06-05");
    let placed = store
        .place(
            &[
                request(1, USERS[0], OrderKind::Subscribe, 50_000),
                request(2, USERS[1], OrderKind::Subscribe, 20_000),
            ],
            at("2013-06-05 10:00"),
        )
        .unwrap();
    assert!(placed.iter().all(Result::is_ok));
    let night = at("2013-06-06 01:00");
    store
        .run_day(day("2013-06-05"), 0, night, threads())
        .unwrap();
    let orders = [
        request(3, USERS[0], OrderKind::Redeem, 1_000),
        request(4, USERS[0], OrderKind::Pay { merchant: SHOP }, 100),
    ];
    for outcome in store.place(&orders, at("2013-06-06 10:00")).unwrap() {
        outcome.unwrap();
    }
    let night = at("2013-06-07 01:00");
    store
        .run_day(day("2013-06-06"), 777, night, threads())
        .unwrap();
    let open = request(5, USERS[0], OrderKind::Redeem, 10);
    store.place(&[open], at("2013-06-07 10:00")).unwrap()[0]
        .as_ref()
        .unwrap();
    store.prove().unwrap();
}

/// What must be refused, and a word of the reason.
const REFUSED: [(&str, &str); 33] = [
    ("UPDATE voucher SET memo = 'other'", "append-only"),
    (
        "UPDATE voucher SET booked_at = booked_at - 1",
        "append-only",
    ),
    ("DELETE FROM voucher", "append-only"),
    (
        "UPDATE posting SET amount = amount + 1 WHERE leg = 1",
        "append-only",
    ),
    ("DELETE FROM posting WHERE leg = 1", "append-only"),
    ("UPDATE income SET income = 1, borne = 1", "append-only"),
    ("DELETE FROM income", "append-only"),
    ("UPDATE share_move SET shares = 1", "append-only"),
    ("DELETE FROM share_move", "append-only"),
    ("DELETE FROM account WHERE subject = 2001", "append-only"),
    ("UPDATE account SET keeps = 'N'", "append-only"),
    (
        "UPDATE account SET number = 4711 WHERE number = 6003",
        "append-only",
    ),
    ("DELETE FROM fund_order", "append-only"),
    ("UPDATE fund_order SET amount = 1", "append-only"),
    ("UPDATE fund_order SET investor = 6003", "append-only"),
    (
        "UPDATE fund_order SET status = 'P' WHERE status = 'C'",
        "confirmed already",
    ),
    ("DELETE FROM day", "append-only"),
    (
        "UPDATE day SET stage = 2 WHERE stage = 4",
        "one after the other",
    ),
    ("UPDATE day SET income = 1", "divided already"),
    (
        "INSERT INTO day (day, stage) VALUES (16000, 4)",
        "begins open or cut|check",
    ),
    // Overdrafts.
    (
        "UPDATE account SET debits_posted = credits_posted + 1 WHERE subject = 2001",
        "no_overdraft",
    ),
    (
        "UPDATE account SET debits_pending = credits_posted + 1 WHERE subject = 4001",
        "no_overdraft",
    ),
    (
        "UPDATE account SET credits_posted = debits_posted + 1 WHERE subject = 1321",
        "not_more_than_is_there",
    ),
    (
        "UPDATE account SET debits_pending = -1 WHERE subject = 4001",
        "check",
    ),
    // A leg more, and vouchers that do not balance, have a leg too few, or come twice.
    (
        "INSERT INTO posting SELECT id, part, 9, subject, number, side, amount FROM posting WHERE leg = 1",
        "sealed",
    ),
    (
        "INSERT INTO posting VALUES (ID(77), 0, 1, 2001, 6001, 'D', 5); \
         INSERT INTO voucher VALUES (ID(77), 0, 'booking', NULL, NULL, NULL, 15861, 9, 1, 1, '')",
        "debits are not its credits",
    ),
    (
        "INSERT INTO voucher VALUES (ID(77), 0, 'booking', NULL, NULL, NULL, 15861, 9, 1, 2, '')",
        "not all of its legs",
    ),
    (
        "INSERT INTO voucher SELECT * FROM voucher WHERE legs = 0 OR legs > 0",
        "sealed|unique",
    ),
    // A leg without a voucher, on an account that is not there, and links to nothing.
    (
        "INSERT INTO posting VALUES (ID(78), 0, 1, 2001, 6001, 'D', 5)",
        "foreign key",
    ),
    (
        "INSERT INTO posting VALUES (ID(78), 0, 1, 2001, 99, 'D', 5)",
        "foreign key",
    ),
    (
        "INSERT INTO voucher VALUES (ID(79), 0, 'void', ID(80), 0, NULL, 15861, 9, 1, 0, '')",
        "foreign key",
    ),
    // Incomes of a day that is distributed, and moves of an order that is not there.
    ("INSERT INTO income VALUES (15862, 5, 1, 0, 0)", "sealed"),
    (
        "INSERT INTO share_move VALUES (ID(99), 1, 6001, 15870, 5)",
        "foreign key",
    ),
];

#[test]
fn the_database_refuses_what_the_program_would_never_do() {
    for kind in BOTH {
        let place = Place::new(kind);
        with_history(&place);
        for (sql, reason) in REFUSED {
            let said = place
                .direct(&with_ids(kind, sql))
                .expect_err(sql)
                .to_lowercase();
            let is_said = reason.split('|').any(|one| said.contains(one));
            assert!(is_said, "{kind:?}: {sql}\n{said}");
        }
        if kind == Kind::Postgres {
            for table in ["posting", "voucher", "income", "account", "day"] {
                let said = place
                    .direct(&format!("TRUNCATE {table} CASCADE"))
                    .expect_err(table);
                assert!(said.contains("append-only"), "{said}");
            }
        }
        place.open().prove().unwrap();
    }
}

/// Writes `ID(n)` as the database does.
fn with_ids(kind: Kind, sql: &str) -> String {
    let mut parts = sql.split("ID(");
    let mut written = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (number, rest) = part.split_once(')').expect("a number");
        let hex = format!("{:032x}", number.parse::<u128>().expect("a number"));
        written += &match kind {
            Kind::Sqlite => format!("x'{hex}'"),
            Kind::Postgres => format!("'\\x{hex}'"),
        };
        written += rest;
    }
    written
}

/// A change past the program that no constraint sees is seen by a proof, with its place.
#[test]
fn what_is_changed_past_the_program_is_found_by_the_proofs() {
    let changes = [
        (
            "UPDATE account SET credits_posted = credits_posted + 1, debits_posted = debits_posted + 1 \
             WHERE subject = 2001 AND number = 6002",
            "account 2001:6002 should be",
        ),
        (
            "UPDATE account SET credits_posted = credits_posted + 1 WHERE subject = 2001 AND number = 6002",
            "the sum of all accounts should be",
        ),
        (
            "UPDATE account SET credits_posted = credits_posted - 1 WHERE subject = 4001 AND number = 6001; \
             UPDATE account SET credits_posted = credits_posted + 1 WHERE subject = 4001 AND number = 6002",
            "should be",
        ),
        (
            "UPDATE fund_order SET status = 'C' WHERE status = 'P'",
            "what is pending on 4001",
        ),
        (
            "UPDATE account_days SET moved = moved - 7 WHERE subject = 2001 AND number = 6003 AND days = 64",
            "account 2001:6003, day ",
        ),
        (
            "UPDATE account_days SET booked_from = booked_from - 7 WHERE subject = 2001 AND number = 6001",
            "account 2001:6001, day ",
        ),
        (
            "INSERT INTO account_days VALUES (4001, 6003, 1, 3, 5, 0, 0)",
            "the number of days should be",
        ),
        (
            "INSERT INTO account_line SELECT subject, number, booked_at + 1, accounting_date, id, part, leg, side, \
             amount, is_held FROM account_line WHERE number = 6001",
            "the number of lines should be",
        ),
    ];
    for kind in BOTH {
        for (sql, expect) in changes {
            let place = Place::new(kind);
            with_history(&place);
            place.direct(sql).unwrap();
            let error = place.open().prove().unwrap_err();
            assert_eq!(error.code(), "store_proof_failed");
            let said = error.to_string();
            assert!(
                expect.split('|').any(|one| said.contains(one)),
                "{kind:?}: {sql}\n{said}"
            );
            assert!(error.mend().is_some());
        }
    }
}
