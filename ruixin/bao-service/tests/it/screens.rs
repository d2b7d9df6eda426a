//! The screens of the program: what it says, and with which code it ends.

use std::process::Command;

use ruixin_bao::fund::OrderKind;

use crate::support::{BOTH, Kind, Place, USERS, at, books, day, request, threads};

/// Standard output, standard error and exit code of the program.
fn screen(place: &Place, arguments: &[&str]) -> (String, String, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_ruixin-bao"))
        .args(["--books", &place.address])
        .args(arguments)
        .current_dir(place.folder())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (
        text(&output.stdout),
        text(&output.stderr),
        output.status.code(),
    )
}

const ORDERS: &str = r#"
{"id": "00000000-0000-0000-0000-0000000000a1", "investor": 6001, "kind": "subscribe", "amount": "123.45"}
{"id": "000000000000000000000000000000a2", "investor": 6001, "kind": "pay", "merchant": 7001, "amount": "1"}
{"id": "000000000000000000000000000000a1", "investor": 6001, "kind": "subscribe", "amount": "123.45"}
"#;

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one day, from its first order to a proof that fails"
)]
fn a_day_from_the_command_line() {
    let mut registers = Vec::new();
    for kind in BOTH {
        let place = Place::new(kind);
        drop(books(&place, "2013-06-05"));
        std::fs::write(place.folder().join("orders.jsonl"), ORDERS).unwrap();
        let placed = screen(
            &place,
            &["place", "orders.jsonl", "--at", "2013-06-05 10:00"],
        );
        assert_eq!(placed.2, Some(1));
        assert_eq!(
            placed.0,
            "{\"id\":\"000000000000000000000000000000a1\",\"outcome\":\"placed\",\"trade_date\":\"2013-06-05\",\"confirmed_on\":\"2013-06-06\"}\n\
             {\"id\":\"000000000000000000000000000000a2\",\"outcome\":\"refused\",\"code\":\"debits_exceed_credits\",\"message\":\"account 4001:6001 lacks 100 fen: its debits must not exceed its credits\"}\n\
             {\"id\":\"000000000000000000000000000000a1\",\"outcome\":\"exists\",\"trade_date\":\"2013-06-05\",\"confirmed_on\":\"2013-06-06\"}\n"
        );
        let run = |date: &str, income: &str, at: &str| {
            screen(
                &place,
                &["day", "run", "--date", date, "--income", income, "--at", at],
            )
        };
        let early = run("2013-06-06", "1", "2013-06-07 01:00");
        assert_eq!(
            (early.1.as_str(), early.2),
            (
                "error: 2013-06-05 is open and must be cut before 2013-06-06 is cut\n  code: fund_day_before_not_reached\n  \
                 mend: `ruixin-bao day run --date 2013-06-05` comes first\n",
                Some(1)
            )
        );
        assert_eq!(run("2013-06-05", "0", "2013-06-06 01:00").2, Some(0));
        let done = run("2013-06-06", "0.10", "2013-06-07 01:00");
        assert_eq!(
            done.0,
            "2013-06-06 was open and is closed.\n  \
             orders of the day   0: 0.00 subscribed, 0.00 redeemed, 0.00 redeemed fast or paid\n  \
             orders confirmed    0: 0.00 subscribed, 0.00 redeemed, 0.00 redeemed fast or paid\n  \
             income              0.10 on 123.45 shares: 8.1004 per ten thousand; 0 fen handed out one by one\n"
        );
        let again = run("2013-06-06", "0.10", "2013-06-07 01:00");
        assert_eq!(again.0, done.0.replace("was open", "was closed"));
        assert_eq!(run("2013-06-06", "0.11", "2013-06-07 01:00").2, Some(1));
        assert_eq!(
            screen(&place, &["day", "show"]).0,
            "2013-06-05  closed       income 0.00, 0.0000 per ten thousand\n\
             2013-06-06  closed       income 0.10, 8.1004 per ten thousand\n"
        );
        let register = [
            "register",
            "--date",
            "2013-06-06",
            "--out",
            "register.csv",
            "--totals",
            "totals.csv",
        ];
        assert_eq!(
            screen(&place, &register),
            (String::new(), String::new(), Some(0))
        );
        let file = |name: &str| std::fs::read_to_string(place.folder().join(name)).unwrap();
        assert_eq!(
            file("register.csv"),
            "account,day,shares,income\n6001,2013-06-06,123.45,0.10\n"
        );
        assert_eq!(
            file("totals.csv"),
            "day,holders,shares,income,income_per_ten_thousand,residue,seven_day_yield_monthly_carry,\
             seven_day_yield_daily_carry\n2013-06-06,1,123.45,0.10,8.1004,0.00,,\n"
        );
        assert!(!place.folder().join("register.csv.part").exists());
        let balance = screen(
            &place,
            &["trial-balance", "--by-subject", "--at", "2013-06-08 00:00"],
        );
        assert_eq!(
            balance.0,
            "subject,account,debits_posted,credits_posted,debits_pending,credits_pending\n\
             1002,,3500.00,123.45,0.00,0.00\n1321,,123.55,0.00,0.00,0.00\n2001,,123.45,3000.00,0.00,0.00\n\
             2203,,123.45,123.45,0.00,0.00\n2205,,0.00,500.00,0.00,0.00\n4001,,0.00,123.55,0.00,0.00\n\
             total,,3870.45,3870.45,0.00,0.00\n"
        );
        let proved = screen(&place, &["prove"]);
        assert!(proved.0.ends_with("The books stand.\n"), "{}", proved.0);
        assert_eq!(proved.2, Some(0));
        let statement = [
            "statement",
            "6001",
            "--from",
            "2013-06-06",
            "--until",
            "2013-06-06",
        ];
        let said = screen(&place, &statement).0;
        assert!(said.contains("4001:6001 (shares of the fund)"), "{said}");
        assert!(
            said.contains(
                "2013-06-07 01:00:00  2013-06-06              0.10            123.55  income"
            ),
            "{said}"
        );
        assert!(said.contains("closing, of which held now 0.00"), "{said}");
        registers.push((file("register.csv"), balance.0, said));
        place
            .direct("UPDATE account SET credits_posted = credits_posted + 1 WHERE subject = 2205")
            .unwrap();
        let found = screen(&place, &["prove"]);
        assert_eq!(found.2, Some(3));
        assert!(
            found
                .1
                .contains("the sum of all accounts should be 387045 and is 387046, 1 apart"),
            "{}",
            found.1
        );
    }
    assert_eq!(registers[0], registers[1]);
}

#[test]
fn trouble_is_said_with_its_place_and_a_code() {
    let place = Place::new(Kind::Sqlite);
    let (said, exit) = {
        let screen = screen(&place, &["prove"]);
        (screen.1, screen.2)
    };
    assert_eq!(exit, Some(4));
    assert!(
        said.contains("there are no books of Ruixin Bao in"),
        "{said}"
    );
    assert!(
        said.contains("mend: `ruixin-bao init` makes them"),
        "{said}"
    );
    let init = ["init", "--first-day", "2013-05-27", "--fast-cap", "10000"];
    assert_eq!(screen(&place, &init).2, Some(0));
    assert_eq!(screen(&place, &init).2, Some(0));
    assert_eq!(
        screen(&place, &["init", "--first-day", "2013-05-28"]).2,
        Some(1)
    );
    std::fs::write(place.folder().join("bad.jsonl"), "{\"id\": \"12\"}\n").unwrap();
    let bad = screen(&place, &["place", "bad.jsonl"]);
    assert_eq!(bad.2, Some(2));
    assert!(
        bad.1.contains("bad.jsonl, line 1: missing field"),
        "{}",
        bad.1
    );
    assert_eq!(screen(&place, &["import", "nowhere.db"]).2, Some(4));
    assert_eq!(
        screen(&place, &["register", "--date", "2013-06-06"]).2,
        Some(1)
    );
    let fine = ["day", "run", "--date", "2013-06-06", "--income", "0.001"];
    assert_eq!(screen(&place, &fine).2, Some(2));
}

/// A statement has what was there before, and ends with what is there.
#[test]
fn statements_of_following_spans_fit_together() {
    for kind in BOTH {
        let place = Place::new(kind);
        let (mut store, _) = books(&place, "2013-06-05");
        for (number, days) in (0..).zip(["2013-06-05", "2013-06-06", "2013-06-07"]) {
            let now = at(&format!("{days} 10:00"));
            let order = request(number + 1, USERS[0], OrderKind::Subscribe, 10_000);
            store.place(&[order], now).unwrap()[0].as_ref().unwrap();
            let night = now + 16 * 3_600_000_000;
            store
                .run_day(
                    day(days),
                    if number == 0 { 0 } else { 33 },
                    night,
                    threads(),
                )
                .unwrap();
        }
        let redeem = request(9, USERS[0], OrderKind::Redeem, 500);
        store.place(&[redeem], at("2013-06-08 10:00")).unwrap()[0]
            .as_ref()
            .unwrap();
        let all = store
            .statement(USERS[0], day("2013-06-05"), day("2013-06-13"))
            .unwrap();
        let first = store
            .statement(USERS[0], day("2013-06-05"), day("2013-06-06"))
            .unwrap();
        let rest = store
            .statement(USERS[0], day("2013-06-07"), day("2013-06-13"))
            .unwrap();
        for ((all, first), rest) in all.iter().zip(&first).zip(&rest) {
            assert_eq!(first.closing_fen, rest.opening_fen);
            assert_eq!(all.closing_fen, rest.closing_fen);
            assert_eq!(all.lines.len(), first.lines.len() + rest.lines.len());
            let account = store.account(all.account).unwrap().unwrap();
            assert_eq!(all.closing_fen, account.balance_fen());
        }
        assert_eq!(all[1].held_fen, 500);
        assert!(
            store
                .statement(4_711, day("2013-06-05"), day("2013-06-06"))
                .unwrap()
                .is_empty()
        );
        assert_eq!(
            store
                .statement(u64::MAX, day("2013-06-05"), day("2013-06-06"))
                .unwrap_err()
                .code(),
            "store_number_too_large"
        );
    }
}

#[test]
fn help_does_not_show_an_address_with_its_password() {
    let output = Command::new(env!("CARGO_BIN_EXE_ruixin-bao"))
        .arg("--help")
        .env("RUIXIN_BAO_BOOKS", "postgres://bao:secret@host/bao")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains("Exit codes:") && !said.contains("secret"),
        "{said}"
    );
}
