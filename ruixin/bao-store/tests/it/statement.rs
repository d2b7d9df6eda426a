//! Statements by pages.

use ruixin_bao::fund::{OrderKind, USERS as WALLETS};
use ruixin_bao::ledger::{AccountId, Posting, Voucher, VoucherId};
use ruixin_bao_store::{LineAt, Statement, StatementLine, StatementPage, Store};

use crate::support::{BANK, BOTH, Place, USERS, at, books, day, request, threads};

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
