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

/// A top-up whose second leg is a cent too much, and the entries that mend it.
const CORRECTED: &str = "
CREATE TABLE subject (subject TEXT, kind TEXT, normal_side TEXT);
INSERT INTO subject VALUES ('1002', 'ASSET', 'DEBIT'), ('2001', 'LIABILITY', 'CREDIT');
CREATE TABLE account (account TEXT, subject TEXT, owner TEXT);
INSERT INTO account VALUES ('6001', '2001', 'USER');
CREATE TABLE opening (subject TEXT, account TEXT, debit DECIMAL(18,2), credit DECIMAL(18,2));
CREATE TABLE voucher (voucher TEXT);
INSERT INTO voucher VALUES ('v1');
CREATE TABLE posting (voucher TEXT, leg INTEGER, subject TEXT, account TEXT,
  debit DECIMAL(18,2), credit DECIMAL(18,2));
INSERT INTO posting VALUES ('v1', 1, '2001', '6001', 0, 5), ('v1', 2, '1002', 'ICBC', 5.01, 0);
CREATE TABLE holding (account TEXT, amount DECIMAL(18,2), shares DECIMAL(18,2),
  subscribed_on TEXT, confirmed_on TEXT, income_from TEXT);
CREATE TABLE under_way (item TEXT, kind TEXT, account TEXT, merchant TEXT, channel TEXT,
  amount DECIMAL(18,2), fee DECIMAL(18,2), coupon DECIMAL(18,2));
CREATE TABLE refundable (order_id TEXT, payer TEXT, merchant TEXT, amount DECIMAL(18,2),
  refunded DECIMAL(18,2));
CREATE TABLE \"posting.corrections\" (voucher TEXT, leg INTEGER, subject TEXT, account TEXT,
  debit DECIMAL(18,2), credit DECIMAL(18,2), _entry TEXT, _cause TEXT, _reason TEXT);
INSERT INTO \"posting.corrections\" VALUES
  ('v1', 2, '1002', 'ICBC', 5.01, 0, 'REVERSAL', 'B3', 'a cent'),
  ('v1', 2, '1002', 'ICBC', 5, 0, 'REBOOKING', 'B3', 'a cent');
";

#[test]
fn opening_books_that_are_corrected_are_said_to_be() {
    for kind in BOTH {
        let converted = Place::new(kind);
        converted.direct(CORRECTED).unwrap();
        let place = Place::new(kind);
        let init = ["init", "--first-day", "2013-05-27"];
        assert_eq!(screen(&place, &init).2, Some(0));
        let import = ["import", &converted.address, "--at", "2013-05-27 16:00"];
        let (said, complained, code) = screen(&place, &import);
        assert_eq!(code, Some(0), "{complained}");
        let expect = "posting was read as it is corrected: 1 records taken out, 1 put in.";
        assert!(said.contains(expect), "{said}");
    }
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

/// What the reserve and the money for advances lack is named with the command that fills it.
#[test]
fn the_reserve_and_the_advances_are_filled_from_the_command_line() {
    for kind in BOTH {
        let place = Place::new(kind);
        let (mut store, _) = books(&place, "2013-06-05");
        let order = |id, kind| request(id, USERS[0], kind, 10_000);
        let now = at("2013-06-05 10:00");
        let bought = order(1, OrderKind::Subscribe);
        store.place(&[bought], now).unwrap()[0].as_ref().unwrap();
        let night = at("2013-06-06 01:00");
        store
            .run_day(day("2013-06-05"), 0, night, threads())
            .unwrap();
        let sold = order(2, OrderKind::Redeem);
        let sold = store.place(&[sold], at("2013-06-06 10:00")).unwrap();
        sold[0].as_ref().unwrap();
        drop(store);
        let at = ["--at", "2013-06-07 01:00"];
        let run = || {
            let day = ["day", "run", "--date", "2013-06-06", "--income", "-0.01"];
            screen(&place, &[&day[..], &at].concat())
        };
        let short = run();
        assert_eq!(short.2, Some(1), "{}", short.1);
        let mend = "mend: `ruixin-bao reserve --amount 0.01` puts what is missing into the risk \
                    reserve; then run the day again";
        assert!(short.1.contains(mend), "{}", short.1);
        let id = "000000000000000000000000000000f1";
        let fill = ["reserve", "--amount", "0.01", "--id", id];
        let filled = screen(&place, &[&fill[..], &at].concat());
        let expected = format!("The risk reserve is 0.01 now.\nvoucher {id}\n");
        assert_eq!((filled.0, filled.2), (expected, Some(0)));
        let again = screen(&place, &[&fill[..], &at].concat());
        let expected = format!(
            "The risk reserve is 0.01 now.\nvoucher {id} was there before: nothing was booked.\n"
        );
        assert_eq!((again.0, again.2), (expected, Some(0)));
        let done = run();
        assert_eq!(done.2, Some(0), "{}", done.1);
        assert!(done.0.contains("from the reserve    0.01"), "{}", done.0);

        let fill = ["advance", "--amount", "12.50"];
        let filled = screen(&place, &[&fill[..], &at].concat());
        assert!(
            filled
                .0
                .starts_with("The money for advances is 512.50 now.\nvoucher "),
            "{}",
            filled.0
        );
        let nothing = ["reserve", "--amount", "0"];
        assert_eq!(screen(&place, &nothing).2, Some(2));
        // The computer's clock is years ahead of these books, and nothing goes back behind a voucher.
        let late = screen(&place, &["reserve", "--amount", "1"]);
        assert_eq!(late.2, Some(1));
        assert!(
            late.1.contains("give the instant with `--at`"),
            "{}",
            late.1
        );
        assert_eq!(screen(&place, &["prove"]).2, Some(0));
    }
}

#[test]
fn a_statement_of_nobody_or_of_no_day_is_refused() {
    for kind in BOTH {
        let place = Place::new(kind);
        drop(books(&place, "2013-06-05"));
        let statement = |user: &str, from: &str, until: &str| {
            let said = screen(
                &place,
                &["statement", user, "--from", from, "--until", until],
            );
            assert_eq!(said.0, "");
            (said.1, said.2)
        };
        let (said, code) = statement("999", "2013-06-05", "2013-06-05");
        assert!(said.contains("there is no user 999"), "{said}");
        assert_eq!(code, Some(1));
        let (said, code) = statement("6001", "2013-06-06", "2013-06-05");
        assert!(said.contains("2013-06-06 is after 2013-06-05"), "{said}");
        assert_eq!(code, Some(1));
    }
}

/// The id of a key is told with it, listed, and revokes it; and a key is no service: since when the
/// window is as it is, only a service can say.
#[test]
fn a_key_is_listed_and_revoked_by_its_id() {
    for kind in BOTH {
        let place = Place::new(kind);
        drop(books(&place, "2013-06-05"));
        let made = screen(&place, &["key", "--name", "shop 1", "--role", "writer"]);
        assert_eq!(made.2, Some(0), "{}", made.1);
        assert_eq!(made.0.lines().count(), 1);
        let id = made
            .1
            .strip_prefix("id ")
            .and_then(|rest| rest.split(' ').next());
        let id = id.unwrap();
        assert_eq!(made.1, format!("id {id} (for revoke)\n"));
        let listed = || screen(&place, &["keys"]).0;
        let line = listed();
        assert!(line.starts_with(&format!("{id}  writer  20")), "{line}");
        assert!(line.ends_with("  good     shop 1\n"), "{line}");
        assert_eq!(screen(&place, &["revoke", id]).2, Some(0));
        assert!(listed().ends_with("  revoked  shop 1\n"), "{}", listed());
        let nobody = screen(&place, &["revoke", "key_0"]);
        assert_eq!(nobody.2, Some(1));
        assert!(
            nobody.1.contains("`ruixin-bao keys` lists their ids"),
            "{}",
            nobody.1
        );
        assert_eq!(place.open().standing().unwrap().since, None);
    }
}

/// A schema that the address names is made with the books, and by nothing that only looks for them.
#[test]
fn the_schema_of_the_address_is_made_with_the_books() {
    let mut place = Place::new(Kind::Postgres);
    place.address.push_str("_new");
    let nothing = screen(&place, &["prove"]);
    assert_eq!(nothing.2, Some(4));
    assert!(
        nothing.1.contains("`ruixin-bao init` makes them"),
        "{}",
        nothing.1
    );
    let made = screen(&place, &["init", "--first-day", "2013-06-05"]);
    assert_eq!(made.2, Some(0), "{}", made.1);
    let key = screen(&place, &["key", "--name", "app", "--role", "reader"]);
    assert_eq!(key.2, Some(0), "{}", key.1);
    assert_eq!(screen(&place, &["prove"]).2, Some(0));
}
