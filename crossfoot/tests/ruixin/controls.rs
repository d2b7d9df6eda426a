//! Each control finds what it is for, and holds where it is blind: a table of damages, each with
//! exactly the controls that break.

use crate::place::{Place, names_of_controls, plan};
use crate::sheet::{Cell, Sheet};
use std::collections::BTreeSet;
use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Damages the books of a place.
type Damage = fn(&Place);

/// What is done to the books, how, and the controls that must break; all others must hold.
type Case = (&'static str, Damage, &'static [&'static str]);

const HOUR: i64 = 3_600_000_000;

#[rustfmt::skip]
const CASES: &[Case] = &[
    // Is every debit credited?
    ("one leg in transit is off by a cent", |place| {
        place.posting(|all| all.add(all.first(Sheet::is_transit), "credit", 1));
    }, &["trial balance", "trial balance of each day", "trial balance of each voucher",
         "turnover of each subject", "general ledger and accounts", "transit by order"]),
    ("two vouchers of one day are off by opposite cents", |place| {
        place.posting(|all| {
            let [one, other] = all.pair(Sheet::is_transit, |all, one, other| all.agree(one, other, "accounting_date"));
            all.add(one, "credit", 1);
            all.add(other, "credit", -1);
        });
    }, &["trial balance of each voucher", "transit by order"]),
    ("vouchers of two days are off by opposite cents", |place| {
        place.posting(|all| {
            let [one, other] = all.pair(Sheet::is_transit, |all, one, other| !all.agree(one, other, "accounting_date"));
            all.add(one, "credit", 1);
            all.add(other, "credit", -1);
        });
    }, &["trial balance of each day", "trial balance of each voucher", "turnover of each subject", "transit by order"]),
    ("an opening balance is off by a cent", |place| {
        change(place, "opening", |all| all.add(all.first(|all, row| all.text(row, "subject") == "2002"), "credit", 1));
    }, &["trial balance", "roll-forward", "hash total of the openings", "balance of each customer",
         "general ledger and accounts"]),
    ("two users have each other's opening balance", |place| {
        change(place, "opening", |all| {
            let is_user = |all: &Sheet, row| all.text(row, "subject") == "2001";
            let [one, other] = all.pair(is_user, |all, one, other| !all.agree(one, other, "credit"));
            all.swap(one, other, "account");
        });
    }, &["hash total of the openings", "balance of each customer"]),
    ("the reserve of the opening is another account's", |place| {
        change(place, "opening", |all| all.set_text(all.first(|all, row| all.text(row, "subject") == "1009"), "account", "9000000000000000"));
    }, &["hash total of the openings"]),

    // Is every record there, once, and on its day?
    ("a top-up is a cent more on both sides", |place| {
        place.posting(|all| {
            let [customer, bank] = all.top_up();
            all.add(customer, "credit", 1);
            all.add(bank, "debit", 1);
        });
    }, &["daily totals", "turnover of each subject", "roll-forward", "balance of each customer",
         "general ledger and accounts", "banks by channel and day of order", "banks by order", "shares of the fund"]),
    ("the postings of a top-up are missing", |place| {
        place.posting(|all| {
            let [customer, _] = all.top_up();
            let voucher = all.text(customer, "voucher").to_owned();
            all.drop_rows(|all, row| all.text(row, "voucher") == voucher);
        });
    }, &["postings belong to vouchers", "daily totals", "turnover of each subject", "roll-forward",
         "balance of each customer", "general ledger and accounts", "banks by channel and day of order", "banks by order", "shares of the fund"]),
    ("a top-up is missing as a whole", |place| {
        let voucher = top_up_of(place);
        for table in ["posting", "voucher"] {
            change(place, table, |all| all.drop_rows(|all, row| all.text(row, "voucher") == voucher));
        }
    }, &["records of each day and kind", "records of each status", "hash total of the vouchers",
         "fields of the vouchers", "instants", "daily totals", "turnover of each subject", "roll-forward",
         "balance of each customer", "general ledger and accounts",
         "banks by channel and day of order", "banks by order", "shares of the fund"]),
    ("a top-up is there twice", |place| {
        let voucher = top_up_of(place);
        for table in ["posting", "voucher"] {
            change(place, table, |all| all.double_rows(|all, row| all.text(row, "voucher") == voucher));
        }
    }, &["records of each day and kind", "records of each status", "hash total of the vouchers",
         "fields of the vouchers", "instants", "daily totals", "turnover of each subject", "roll-forward",
         "balance of each customer", "general ledger and accounts",
         "banks by channel and day of order", "banks by order", "shares of the fund"]),
    ("a voucher has another one's number", |place| {
        change(place, "voucher", |all| {
            let [one, other] = all.pair(|_, _| true, |all, one, other| all.are_of_one_day(one, other, "voucher"));
            let number = all.text(one, "voucher").to_owned();
            all.set_text(other, "voucher", &number);
        });
    }, &["hash total of the vouchers", "postings belong to vouchers", "fields of the vouchers"]),
    ("a voucher is of another kind", |place| {
        change(place, "voucher", |all| all.set_text(all.first(|all, row| all.text(row, "kind") == "PAYMENT_OUT"), "kind", "TRANSFER_OUT"));
    }, &["records of each day and kind", "hash total of the vouchers"]),
    ("the halves of a transfer are of each other's kind", |place| {
        change(place, "voucher", |all| {
            let is_half = |all: &Sheet, row| all.text(row, "kind").starts_with("TRANSFER");
            let [one, other] = all.pair(is_half, |all, one, other| all.agree(one, other, "order_id") && !all.agree(one, other, "kind"));
            all.swap(one, other, "kind");
        });
    }, &["hash total of the vouchers"]),
    ("a voucher lost its order", |place| lose(place, "order_id"), &["fields of the vouchers"]),
    ("a voucher lost its counterparty", |place| lose(place, "counterparty"), &["fields of the vouchers"]),
    ("a voucher lost its memo", |place| lose(place, "memo"), &["fields of the vouchers"]),
    ("a memo lost a character", |place| cut(place, "voucher", "memo"), &["fields of the vouchers"]),
    ("a reversed record lost its mark", |place| {
        change(place, "voucher", |all| all.set_text(all.first(|all, row| all.text(row, "status") == "REVERSED"), "status", "BOOKED"));
    }, &["records of each status"]),
    ("a time is eight hours early, on the same day", |place| {
        change(place, "voucher", |all| {
            let afternoon = |row: usize, all: &Sheet| (all.number(row, "booked_at") + 8 * HOUR).rem_euclid(24 * HOUR) > 14 * HOUR;
            let row = all.first(|all, row| afternoon(row, all) && (all.number(row, "booked_at") + 9 * HOUR).rem_euclid(24 * HOUR) > 14 * HOUR);
            all.add(row, "booked_at", -8 * HOUR);
        });
    }, &["instants"]),
    ("two records of one day have each other's time", |place| {
        change(place, "voucher", |all| {
            let [one, other] = all.pair(|_, _| true, |all, one, other| {
                all.are_of_one_day(one, other, "voucher") && all.agree(one, other, "accounting_date")
                    && !all.agree(one, other, "booked_at")
            });
            all.swap(one, other, "booked_at");
        });
    }, &[]),
    ("a record is booked on the next day", |place| {
        let voucher = top_up_of(place);
        for table in ["posting", "voucher"] {
            change(place, table, |all| {
                for row in all.rows(|all, row| all.text(row, "voucher") == voucher) {
                    all.add(row, "accounting_date", 1);
                }
            });
        }
    }, &["records of each day and kind", "hash total of the vouchers", "daily cut", "daily totals",
         "turnover of each subject", "roll-forward"]),
    ("the postings of a record are on the next day", |place| {
        let voucher = top_up_of(place);
        place.posting(|all| {
            for row in all.rows(|all, row| all.text(row, "voucher") == voucher) {
                all.add(row, "accounting_date", 1);
            }
        });
    }, &["postings belong to vouchers", "daily totals", "turnover of each subject", "roll-forward"]),

    // Are the amounts those of the old system?
    ("an order ran through the income from fees", |place| {
        place.posting(|all| {
            let order = all.text(all.first(Sheet::is_transit), "order_id").to_owned();
            for row in all.rows(|all, row| all.is_leg(row, 2, "2201") && all.text(row, "order_id") == order) {
                all.set_text(row, "subject", "6021");
            }
        });
    }, &["turnover of each subject"]),

    // Does every account hold what it held?
    ("an account that holds nothing is missing", |place| {
        let empty = empty_account(place);
        change(place, "account", |all| all.drop_rows(|all, row| all.text(row, "account") == empty));
    }, &["accounts carried over"]),
    ("an account that holds nothing is there twice", |place| {
        let empty = empty_account(place);
        change(place, "account", |all| all.double_rows(|all, row| all.text(row, "account") == empty));
    }, &["accounts carried over"]),
    ("an account was opened eight hours later", |place| {
        change(place, "account", |all| all.add(0, "opened_at", 8 * HOUR));
    }, &["accounts carried over"]),
    ("two accounts were opened when the other was", |place| {
        change(place, "account", |all| {
            let [one, other] = all.pair(|_, _| true, |all, one, other| !all.agree(one, other, "opened_at"));
            all.swap(one, other, "opened_at");
        });
    }, &["accounts carried over"]),
    ("a name lost a character", |place| cut(place, "account", "name"), &["accounts carried over"]),
    ("a frozen account is active", |place| {
        change(place, "account", |all| all.set_text(all.first(|all, row| all.text(row, "status") == "PARTLY_FROZEN"), "status", "ACTIVE"));
    }, &["accounts carried over"]),
    ("a merchant pays the rate of a user", |place| {
        change(place, "account", |all| all.set(all.first(|all, row| all.text(row, "owner") == "MERCHANT"), "rate_class", Cell::Nothing));
    }, &["accounts carried over", "terms of what is under way"]),
    ("a user lost the bank", |place| {
        let is_one = |all: &Sheet, row| all.text(row, "owner") == "USER" && !all.text(row, "channel").is_empty();
        change(place, "account", |all| all.set(all.first(is_one), "channel", Cell::Nothing));
    }, &["accounts carried over"]),
    ("two users have each other's top-up", |place| {
        place.posting(|all| {
            let is_income = |all: &Sheet, row| all.is_leg(row, 1, "2001") && all.fen(row, "credit") > 0;
            let [one, other] = all.pair(is_income, Sheet::differ_in_account_and_credit);
            all.swap(one, other, "account");
        });
    }, &["balance of each customer"]),
    ("what is frozen is another one's", |place| {
        place.posting(|all| {
            let [one, other] = all.pair(|all, row| all.text(row, "subject") == "2003", Sheet::differ_in_account_and_credit);
            all.swap(one, other, "account");
        });
    }, &["frozen part of each customer"]),
    ("a fee is marketing", |place| {
        place.posting(|all| all.set_text(all.first(|all, row| all.is_leg(row, 3, "6021")), "subject", "6601"));
    }, &["turnover of each subject", "general ledger and accounts"]),
    ("a fee is under a subject that is not there", |place| {
        place.posting(|all| all.set_text(all.first(|all, row| all.is_leg(row, 3, "6021")), "subject", "6029"));
    }, &["turnover of each subject", "general ledger and accounts", "subjects of the chart"]),
    ("the chart lacks a subject", |place| {
        change(place, "subject", |all| all.drop_rows(|all, row| all.text(row, "subject") == "6021"));
    }, &["subjects of the chart"]),
    ("marketing stands on the side of income", |place| {
        change(place, "subject", |all| all.set_text(all.first(|all, row| all.text(row, "subject") == "6601"), "normal_side", "CREDIT"));
    }, &["kinds of the chart"]),
    ("a house account is under another subject", |place| {
        change(place, "account", |all| all.set_text(all.first(|all, row| all.text(row, "subject") == "6601"), "subject", "6021"));
    }, &["general ledger and accounts"]),

    // Do the banks, the open orders and the suspense account agree?
    ("a line of the bank is a cent more", |place| {
        change_source(place, "channel_file", |all| all.add(0, "amount", 1));
    }, &["banks by channel and day of order", "banks by order"]),
    ("two lines of a bank have each other's amount", |place| {
        change_source(place, "channel_file", |all| {
            let [one, other] = all.pair(|_, _| true, |all, one, other| {
                all.agree(one, other, "channel") && all.agree(one, other, "side")
                    && all.are_of_one_day(one, other, "order_id") && !all.agree(one, other, "amount")
            });
            all.swap(one, other, "amount");
        });
    }, &["banks by order"]),
    ("a top-up came by another bank", |place| {
        place.posting(|all| {
            let [_, bank] = all.top_up();
            let other = if all.text(bank, "account") == "ICBC" { "CCB" } else { "ICBC" };
            all.set_text(bank, "account", other);
        });
    }, &["general ledger and accounts", "banks by channel and day of order", "banks by order"]),
    ("two halves are of each other's order", |place| {
        place.posting(|all| {
            let [one, other] = all.pair(Sheet::is_transit, |all, one, other| !all.agree(one, other, "credit"));
            all.swap(one, other, "order_id");
        });
    }, &["transit by order"]),
    ("a payment into escrow stands in transit", |place| {
        place.posting(|all| all.set_text(all.first(|all, row| all.is_leg(row, 2, "2202")), "subject", "2201"));
    }, &["turnover of each subject", "general ledger and accounts", "transit by order", "escrow by day of order",
         "under way by order"]),
    ("what has no order stands in transit", freeze_in_transit,
        &["turnover of each subject", "frozen part of each customer", "general ledger and accounts", "transit by order"]),
    ("a reason for suspense is lost", |place| {
        change(place, "voucher", |all| all.set(all.first(|all, row| !all.text(row, "suspense_reason").is_empty()), "suspense_reason", Cell::Nothing));
    }, &["suspense has reasons"]),
    ("what nobody named is booked against the house", |place| {
        place.posting(|all| all.set_text(all.first(|all, row| all.text(row, "subject") == "2241"), "subject", "6301"));
    }, &["general ledger and accounts", "suspense has reasons"]),

    // Does the fund begin with what the wallet held?
    ("a holder has a share of a cent more", |place| {
        change(place, "holding", |all| all.add(0, "shares", 1));
    }, &["shares of the fund", "holders of the fund", "days of the fund"]),
    ("two holders have each other's shares", |place| {
        change(place, "holding", |all| all.swap(0, 1, "account"));
    }, &["holders of the fund"]),
    ("a holder is missing", |place| {
        change(place, "holding", |all| {
            let account = all.text(0, "account").to_owned();
            all.drop_rows(|all, row| all.text(row, "account") == account);
        });
    }, &["shares of the fund", "holders of the fund"]),
    ("a holder has no shares", |place| {
        change(place, "holding", |all| {
            let account = all.text(0, "account").to_owned();
            all.double_rows(|all, row| all.text(row, "account") == account);
            let row = all.len() - 1;
            for column in ["amount", "shares"] {
                all.set(row, column, Cell::Fen(0));
            }
        });
    }, &["days of the fund"]),
    ("a holder earns a day late", |place| {
        change(place, "holding", |all| all.add(0, "income_from", 1));
    }, &["days of the fund"]),

    // Does everything that was under way come along?
    ("what is held is a cent more", |place| {
        change(place, "under_way", |all| all.add(all.first(|all, row| all.text(row, "kind") == "HOLD"), "amount", 1));
    }, &["under way by account"]),
    ("a payment into escrow is missing", |place| {
        change(place, "under_way", |all| {
            let item = all.text(all.first(Sheet::is_escrow), "item").to_owned();
            all.drop_rows(|all, row| all.text(row, "item") == item);
        });
    }, &["under way by order"]),
    ("a withdrawal under way is held", |place| {
        change(place, "under_way", |all| all.set_text(all.first(|all, row| all.text(row, "kind") == "WITHDRAWAL"), "kind", "HOLD"));
    }, &["under way by order", "terms of what is under way"]),
    ("a fee of what is under way is a cent more", |place| {
        change(place, "under_way", |all| all.add(all.first(Sheet::is_escrow), "fee", 1));
    }, &["terms of what is under way"]),
    ("two payments into escrow have each other's buyer", |place| {
        change(place, "under_way", |all| {
            let [one, other] = all.pair(Sheet::is_escrow, |all, one, other| !all.agree(one, other, "account"));
            all.swap(one, other, "account");
        });
    }, &["terms of what is under way"]),
    ("a cent less of a payment can be refunded", |place| {
        change(place, "refundable", |all| all.add(0, "amount", -1));
    }, &["refundable payments by order"]),
    ("a payment that can be refunded is missing", |place| {
        change(place, "refundable", |all| {
            let order = all.text(0, "order_id").to_owned();
            all.drop_rows(|all, row| all.text(row, "order_id") == order);
        });
    }, &["refundable payments by order", "parties of refundable payments"]),
    ("two payments have each other's payer", |place| {
        change(place, "refundable", |all| {
            let [one, other] = all.pair(|_, _| true, |all, one, other| !all.agree(one, other, "payer"));
            all.swap(one, other, "payer");
        });
    }, &["parties of refundable payments"]),

    // Are the old books sound?
    ("an amount in the old daily totals is a cent more", |place| {
        change_source(place, "daily_total", |all| all.add(0, "amount", 1));
    }, &["daily totals", "turnover of each subject", "roll-forward"]),
    ("a fee in the old daily totals is a cent more", |place| {
        change_source(place, "daily_total", |all| all.add(0, "fee", 1));
    }, &["daily totals", "turnover of each subject"]),
    ("the old daily totals count a record more", |place| {
        change_source(place, "daily_total", |all| all.add(0, "records", 1));
    }, &["records of each day and kind"]),
    ("an old balance is a cent more", |place| {
        change_source(place, "account", |all| {
            let row = all.first(|all, row| all.text(row, "owner") == "U" && !all.text(row, "last_serial").is_empty());
            all.add(row, "balance", 1);
        });
    }, &["balance of each customer", "general ledger and accounts", "holders of the fund", "old balances and their last records"]),
    ("a record in the middle of an old account left a cent more", |place| {
        change_source(place, "flow", |all| all.add(all.middle_of_chain(), "balance_after", 1));
    }, &["chain of old balances"]),
    ("the last record of an old account left a cent more", |place| {
        let accounts = place.source("account");
        let last: BTreeSet<String> = accounts.rows(|_, _| true).into_iter().map(|row| accounts.text(row, "last_serial").to_owned()).collect();
        change_source(place, "flow", |all| {
            let row = all.first(|all, row| last.contains(all.text(row, "serial")) && !all.is_in_sample(row));
            all.add(row, "balance_after", 1);
        });
    }, &["old balances and their last records"]),
];

#[test]
fn each_damage_breaks_just_the_controls_that_are_for_it() {
    let books = Place::converted();
    assert_eq!(books.broken_controls(), BTreeSet::new());
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    let work = || {
        while let Some((damage, inflict, broken)) = CASES.get(next.fetch_add(1, Ordering::Relaxed))
        {
            let place = books.copied();
            inflict(&place);
            let found = place.broken_controls();
            let broken: BTreeSet<String> = broken.iter().map(|&name| name.to_owned()).collect();
            if found != broken {
                let held: Vec<_> = broken.difference(&found).collect();
                let more: Vec<_> = found.difference(&broken).collect();
                let line = format!("{damage}: held {held:?}, broken as well {more:?}");
                wrong.lock().unwrap().push(line);
            }
        }
    };
    thread::scope(|scope| {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        (0..threads).for_each(|_| drop(scope.spawn(work)));
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_difference_that_is_proved_stays_so_where_a_leg_has_no_order() {
    let place = Place::converted();
    freeze_in_transit(&place);
    let statuses = place.statuses_of_controls();
    assert_eq!(statuses["transit by order"], "broken");
    let unproved: Vec<_> = statuses
        .values()
        .filter(|status| *status == "incomplete")
        .collect();
    assert_eq!(unproved, Vec::<&String>::new());
}

#[test]
fn every_control_of_the_plan_is_broken_by_some_damage() {
    let broken = CASES.iter().flat_map(|(_, _, broken)| *broken);
    let broken: BTreeSet<String> = broken.map(|&name| name.to_owned()).collect();
    assert_eq!(broken, names_of_controls());
}

#[test]
fn the_page_lists_every_control_with_a_damage_that_shows_it() {
    let lines = page_of_controls();
    let listed: BTreeSet<String> = lines.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(listed, names_of_controls());
    for (name, damage) in lines {
        let case = CASES.iter().find(|(said, _, _)| *said == damage);
        let (_, _, broken) = case.unwrap_or_else(|| panic!("no damage is: {damage}"));
        assert!(broken.contains(&name.as_str()), "{damage}: {name} holds");
    }
}

/// The controls of `ruixin/README.md`, each with its damage: first and last column of the table.
fn page_of_controls() -> Vec<(String, String)> {
    let page = fs::read_to_string(plan().with_file_name("README.md")).unwrap();
    let (_, table) = page.split_once("| control | says |").unwrap();
    let lines = table.lines().skip(2);
    let lines = lines.map_while(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let ends = |line: &str| {
        let (name, rest) = line.split_once(" | ").unwrap();
        let (_, damage) = rest.rsplit_once(" | ").unwrap();
        (name.to_owned(), damage.to_owned())
    };
    lines.map(ends).collect()
}

/// Changes a table of the new books.
fn change(place: &Place, table: &str, how: impl FnOnce(&mut Sheet)) {
    changed(place.target(table), how);
}

/// Changes a table of the old books.
fn change_source(place: &Place, table: &str, how: impl FnOnce(&mut Sheet)) {
    changed(place.source(table), how);
}

fn changed(mut sheet: Sheet, how: impl FnOnce(&mut Sheet)) {
    how(&mut sheet);
    sheet.write();
}

/// A part of a user's money that was frozen stands in transit, where it has no order.
fn freeze_in_transit(place: &Place) {
    place.posting(|all| {
        let is_frozen = |all: &Sheet, row| {
            let has_order = !all.text(row, "order_id").is_empty();
            !has_order && all.is_leg(row, 2, "2003") && all.fen(row, "credit") > 0
        };
        let row = all.first(is_frozen);
        all.set_text(row, "subject", "2201");
        all.set(row, "account", Cell::Nothing);
    });
}

/// The first voucher that has something in a column has nothing there.
fn lose(place: &Place, column: &str) {
    change(place, "voucher", |all| {
        let row = all.first(|all, row| !all.text(row, column).is_empty());
        all.set(row, column, Cell::Nothing);
    });
}

/// The first text of a column that has more than one character loses its last one.
fn cut(place: &Place, table: &str, column: &str) {
    change(place, table, |all| {
        let row = all.first(|all, row| all.text(row, column).chars().count() > 1);
        let mut text = all.text(row, column).to_owned();
        text.pop();
        all.set_text(row, column, &text);
    });
}

/// A user's account in the old books that holds nothing.
fn empty_account(place: &Place) -> String {
    let accounts = place.source("account");
    let is_empty = |all: &Sheet, row| {
        let is_user = all.text(row, "owner") == "U";
        is_user && all.fen(row, "balance") == 0 && all.fen(row, "frozen") == 0
    };
    accounts
        .text(accounts.first(is_empty), "account")
        .to_owned()
}

/// The voucher of a user's top-up.
fn top_up_of(place: &Place) -> String {
    let postings = place.target("posting");
    let [customer, _] = postings.top_up();
    postings.text(customer, "voucher").to_owned()
}

impl Place {
    fn posting(&self, how: impl FnOnce(&mut Sheet)) {
        change(self, "posting", how);
    }
}

impl Sheet {
    fn is_leg(&self, row: usize, leg: i64, subject: &str) -> bool {
        self.number(row, "leg") == leg && self.text(row, "subject") == subject
    }

    /// What waits in escrow.
    fn is_escrow(&self, row: usize) -> bool {
        self.text(row, "kind") == "ESCROW"
    }

    /// A payer's half in transit.
    fn is_transit(&self, row: usize) -> bool {
        self.is_leg(row, 2, "2201") && self.fen(row, "credit") > 0
    }

    fn differ_in_account_and_credit(&self, one: usize, other: usize) -> bool {
        !self.agree(one, other, "account") && !self.agree(one, other, "credit")
    }

    /// Whether two numbers of vouchers or orders begin with the same day.
    fn are_of_one_day(&self, one: usize, other: usize, column: &str) -> bool {
        self.text(one, column)[..8] == self.text(other, column)[..8]
    }

    /// Both postings of a user's top-up, of one with an order.
    fn top_up(&self) -> [usize; 2] {
        let is_user = |all: &Self, row| all.is_leg(row, 1, "2001");
        let is_bank = |all: &Self, row| {
            let is_order = !all.text(row, "order_id").is_empty();
            is_order && all.is_leg(row, 2, "1002") && all.fen(row, "debit") > 0
        };
        let customer = self
            .first(|all, row| is_user(all, row) && !all.rows_of_voucher(row, is_bank).is_empty());
        [customer, self.rows_of_voucher(customer, is_bank)[0]]
    }

    /// The rows of a row's voucher that are of a kind.
    fn rows_of_voucher(&self, row: usize, is_so: impl Fn(&Self, usize) -> bool) -> Vec<usize> {
        self.rows(|all, other| is_so(all, other) && all.agree(row, other, "voucher"))
    }

    /// Whether an old record is of an account whose chain is looked at.
    fn is_in_sample(&self, row: usize) -> bool {
        &self.text(row, "account")[10..12] == "00"
    }

    /// A record of such an account that is neither its first nor its last one.
    fn middle_of_chain(&self) -> usize {
        let same =
            |one: usize, other: usize| self.text(one, "account") == self.text(other, "account");
        let is_middle = |row: usize| {
            let rows = self.rows(|_, other| same(row, other));
            rows.first() != Some(&row) && rows.last() != Some(&row)
        };
        self.first(|all, row| all.is_in_sample(row) && is_middle(row))
    }
}
