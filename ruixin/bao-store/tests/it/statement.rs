//! Statements by pages.

use ruixin_bao::Day;
use ruixin_bao::fund::{Fund, OrderKind, USERS as WALLETS};
use ruixin_bao::ledger::{AccountId, Entry, Posting, Side, Voucher, VoucherId, VoucherKind};
use ruixin_bao_store::{LineAt, Statement, StatementLine, StatementPage, Store};

use crate::support::{BANK, BOTH, Kind, Place, USERS, at, books, day, request, threads};

/// Top-ups and payments back to the bank, many of them at one instant and some booked late; shares
/// and two incomes.
fn moved(place: &Place) -> Store {
    let (mut store, _) = books(place, "2013-06-05");
    let wallet = AccountId::new(WALLETS, USERS[0]);
    for number in 0..300_u128 {
        let (from, to) = match number % 3 {
            0 => (wallet, BANK),
            _ => (BANK, wallet),
        };
        let legs = vec![Posting::debit(from, 100), Posting::credit(to, 100)];
        // Some of them stand on the books of the day before.
        let on = if number % 7 == 0 {
            "2013-06-05"
        } else {
            "2013-06-06"
        };
        // Against the order of their ids.
        let voucher = Voucher::booking(VoucherId::of_client(5_000 - number), day(on), legs);
        let now = at("2013-06-06 09:00") + i64::try_from(number / 40).unwrap();
        store.book_voucher(&voucher, now).unwrap();
    }
    let order = request(1, USERS[0], OrderKind::Subscribe, 10_000);
    store.place(&[order], at("2013-06-06 10:00")).unwrap()[0]
        .as_ref()
        .unwrap();
    for (on, income) in [("2013-06-05", 0), ("2013-06-06", 0), ("2013-06-07", 33)] {
        let night = at(&format!("{on} 01:00")) + 86_400_000_000;
        store.run_day(day(on), income, night, threads()).unwrap();
    }
    store
}

fn page(
    store: &mut Store,
    after: Option<LineAt>,
    limit: usize,
) -> (Vec<Statement>, Option<LineAt>) {
    let asked = StatementPage {
        user: USERS[0],
        from: day("2013-06-06"),
        until: day("2013-06-20"),
        after,
        limit,
    };
    store.statement_page(&asked).unwrap()
}

#[test]
fn the_pages_of_a_statement_have_each_line_once_with_its_balance() {
    for kind in BOTH {
        let place = Place::new(kind);
        let mut store = moved(&place);
        let whole = store
            .statement(USERS[0], day("2013-06-06"), day("2013-06-20"))
            .unwrap();
        let [wallet, shares] = whole.as_slice() else {
            panic!("{whole:?}");
        };
        // 1,000.00, and what stands on the books of the first day though it was booked later.
        let early = (0..300).filter(|number| number % 7 == 0);
        let early: i64 = early
            .map(|number| if number % 3 == 0 { -100 } else { 100 })
            .sum();
        assert_eq!(wallet.opening_fen, 100_000 + early);
        assert!(wallet.lines.len() > 250 && shares.lines.len() >= 2);
        for sheet in &whole {
            let mut balance_fen = sheet.opening_fen;
            for line in &sheet.lines {
                balance_fen += line.amount_fen;
                assert_eq!(line.balance_fen, balance_fen);
            }
            assert_eq!(sheet.closing_fen, balance_fen);
            let account = store.account(sheet.account).unwrap().unwrap();
            assert_eq!(sheet.closing_fen, account.balance_fen());
        }

        let all: usize = whole.iter().map(|sheet| sheet.lines.len()).sum();
        // The end of a page within the wallet, between the accounts, and at the very end.
        for limit in [1, 7, wallet.lines.len(), all, all + 1] {
            let mut found: Vec<Vec<StatementLine>> = vec![Vec::new(), Vec::new()];
            let (mut after, mut pages) = (None, 0);
            loop {
                let (sheets, next) = page(&mut store, after, limit);
                let lines: usize = sheets.iter().map(|sheet| sheet.lines.len()).sum();
                assert!(lines <= limit, "{lines} of {limit}");
                for ((sheet, whole), found) in sheets.iter().zip(&whole).zip(&mut found) {
                    assert_eq!(
                        (sheet.opening_fen, sheet.closing_fen, sheet.held_fen),
                        (whole.opening_fen, whole.closing_fen, whole.held_fen)
                    );
                    found.extend(sheet.lines.iter().cloned());
                }
                pages += 1;
                after = next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(pages, all.div_ceil(limit));
            assert_eq!(
                found,
                [wallet.lines.clone(), shares.lines.clone()],
                "{kind:?} {limit}"
            );
        }
    }
}

/// A line, in the order of statements: when, whose voucher, which of its legs, on which day; and fen.
type Line = ((i64, VoucherId, i64, Day), i64);

/// What went over an account according to the whole books in memory: a leg is where it stands.
fn lines_of(fund: &Fund, account: AccountId) -> Vec<Line> {
    let counts = |entry: &&Entry| !matches!(entry.voucher.kind, VoucherKind::Pending { .. });
    let mut lines: Vec<Line> = Vec::new();
    for entry in fund.book().entries().filter(counts) {
        // The legs of incomes are columns, without a number.
        let is_column = entry.voucher.id.part == 3;
        for (leg, posting) in (1..).zip(&entry.postings) {
            if posting.account == account {
                let sign = if posting.side == Side::Credit { 1 } else { -1 };
                let leg = if is_column { 0 } else { leg };
                let day = entry.voucher.accounting_date;
                let place = (entry.booked_at, entry.voucher.id, leg, day);
                lines.push((place, sign * posting.amount_fen));
            }
        }
    }
    lines.sort_unstable();
    lines
}

#[test]
fn statements_of_any_span_are_what_the_whole_books_say() {
    for kind in BOTH {
        let place = Place::new(kind);
        let mut store = moved(&place);
        store.prove().unwrap();
        let whole = store.whole().unwrap();
        let first = day("2013-06-03");
        for (from, until) in (0..8).flat_map(|from| (from..8).map(move |until| (from, until))) {
            let [from, until] = [from, until].map(|days| first.checked_add(days).unwrap());
            let found = store.statement(USERS[0], from, until).unwrap();
            assert_eq!(found.len(), 2);
            for sheet in found {
                let all = lines_of(&whole, sheet.account);
                let sum = |until: &dyn Fn(Day) -> bool| -> i64 {
                    let some = all.iter().filter(|((.., day), _)| until(*day));
                    some.map(|(_, fen)| fen).sum()
                };
                assert_eq!(sheet.opening_fen, sum(&|day| day < from), "{kind:?} {from}");
                assert_eq!(
                    sheet.closing_fen,
                    sum(&|day| day <= until),
                    "{kind:?} {until}"
                );
                let expect = all
                    .iter()
                    .filter(|((.., day), _)| (from..=until).contains(day));
                let expect: Vec<Line> = expect.copied().collect();
                let lines = sheet.lines.iter().map(|line| {
                    let place = (line.booked_at, line.voucher, line.leg, line.accounting_date);
                    (place, line.amount_fen)
                });
                assert_eq!(lines.collect::<Vec<_>>(), expect, "{kind:?} {from} {until}");
            }
        }
    }
}

#[test]
fn postgresql_reads_the_lines_of_a_page_by_the_key() {
    let place = Place::new(Kind::Postgres);
    drop(books(&place, "2013-06-05"));
    place
        .direct(
            "INSERT INTO account_line SELECT 2001, 9, n, 15862, decode(lpad(to_hex(n), 32, '0'), 'hex'), \
             0, 1, 'C', 1, 0 FROM generate_series(1, 100000) AS n; ANALYZE account_line",
        )
        .unwrap();
    let steps = place.texts(
        "EXPLAIN SELECT l.id, l.side, l.amount, v.memo FROM (SELECT booked_at, id, part, leg, accounting_date, side, amount \
         FROM account_line WHERE subject = 2001 AND number = 9 \
         AND (booked_at, id, part, leg) > (50000, '\\x00'::bytea, 0, 1) \
         AND booked_at <= 100000 AND accounting_date >= 15860 AND accounting_date <= 15870 \
         AND is_held = 0 ORDER BY booked_at, id, part, leg LIMIT 50) AS l \
         JOIN voucher v ON v.id = l.id AND v.part = l.part",
    );
    let said = steps.join("\n");
    assert!(
        said.contains("Index Scan using account_line_pkey"),
        "{said}"
    );
    assert!(said.contains("ROW(booked_at, id, part, leg) > "), "{said}");
    assert!(!said.contains("Sort"), "{said}");
}
