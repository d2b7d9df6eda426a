//! Opening books out of converted tables, as `crossfoot convert` writes them, and why not.

use ruixin_bao::fund::{OrderKind, Stage, shares_account, user_account};
use ruixin_bao::ledger::{Account, AccountId};
use ruixin_bao_store::{Corrected, StatementLine, StatementPage, Store, StoreError};

use crate::support::{BOTH, Kind, PROVIDER, Place, at, day, request, terms, threads};

/// Two users, a merchant, two banks; a payment, frozen money, and what was there before.
const CONVERTED: &str = "
CREATE TABLE subject (subject TEXT NOT NULL, name TEXT, english_name TEXT, kind TEXT, normal_side TEXT);
INSERT INTO subject VALUES ('1002', '', '', 'ASSET', 'DEBIT'), ('1009', '', '', 'ASSET', 'DEBIT'),
  ('2001', '', '', 'LIABILITY', 'CREDIT'), ('2002', '', '', 'LIABILITY', 'CREDIT'),
  ('2003', '', '', 'LIABILITY', 'CREDIT'), ('2201', '', '', 'LIABILITY', 'CREDIT'),
  ('6021', '', '', 'INCOME', 'CREDIT');
CREATE TABLE account (account TEXT NOT NULL, subject TEXT, owner TEXT, name TEXT);
INSERT INTO account VALUES ('6000000000000001', '2001', 'USER', ''), ('6000000000000002', '2001', 'USER', ''),
  ('6000000000000003', '2001', 'USER', ''), ('7000000000000001', '2002', 'MERCHANT', ''),
  ('9001', '1002', 'HOUSE', '');
CREATE TABLE opening (subject TEXT, account TEXT, debit DECIMAL(18,2), credit DECIMAL(18,2));
INSERT INTO opening VALUES ('1009', '9009', 50.25, 0), ('2001', '6000000000000001', 0, 50.25);
CREATE TABLE voucher (voucher TEXT NOT NULL, kind TEXT, memo TEXT);
INSERT INTO voucher VALUES ('v1', 'TOPUP', ''), ('v2', 'PAYMENT_OUT', ''), ('v3', 'PAYMENT_IN', ''),
  ('v4', 'FREEZE', ''), ('v5', 'WITHDRAWAL', ''), ('v6', 'TOPUP', '');
CREATE TABLE posting (voucher TEXT NOT NULL, leg INTEGER, subject TEXT, account TEXT,
  debit DECIMAL(18,2), credit DECIMAL(18,2), accounting_date TEXT, order_id TEXT);
INSERT INTO posting VALUES
  ('v1', 1, '2001', '6000000000000001', 0, 1000.10, '2013-05-26', NULL),
  ('v1', 2, '1002', 'ICBC', 1000.10, 0, '2013-05-26', NULL),
  ('v2', 1, '2001', '6000000000000001', 200.33, 0, '2013-05-26', NULL),
  ('v2', 2, '2201', NULL, 0, 200.33, '2013-05-26', NULL),
  ('v3', 1, '2002', '7000000000000001', 0, 199.32, '2013-05-26', NULL),
  ('v3', 2, '2201', NULL, 200.33, 0, '2013-05-26', NULL),
  ('v3', 3, '6021', NULL, 0, 1.01, '2013-05-26', NULL),
  ('v4', 1, '2001', '6000000000000001', 100, 0, '2013-05-26', NULL),
  ('v4', 2, '2003', '6000000000000001', 0, 100, '2013-05-26', NULL),
  ('v5', 1, '2001', '6000000000000001', 50, 0, '2013-05-26', NULL),
  ('v5', 2, '1002', 'BOC', 0, 50, '2013-05-26', NULL),
  ('v6', 1, '2001', '6000000000000002', 0, 300, '2013-05-26', NULL),
  ('v6', 2, '1002', 'ICBC', 300, 0, '2013-05-26', NULL);
CREATE TABLE holding (account TEXT NOT NULL, amount DECIMAL(18,2), shares DECIMAL(18,2),
  subscribed_on TEXT, confirmed_on TEXT, income_from TEXT);
INSERT INTO holding VALUES
  ('6000000000000001', 700.02, 700.02, '2013-05-27', '2013-05-28', '2013-05-28'),
  ('6000000000000002', 300, 300, '2013-05-27', '2013-05-28', '2013-05-28');
CREATE TABLE under_way (item TEXT NOT NULL, kind TEXT, account TEXT, merchant TEXT, channel TEXT,
  amount DECIMAL(18,2), fee DECIMAL(18,2), coupon DECIMAL(18,2));
INSERT INTO under_way VALUES
  ('6000000000000001', 'HOLD', '6000000000000001', NULL, NULL, 100, 0, 0);
CREATE TABLE refundable (order_id TEXT NOT NULL, payer TEXT, merchant TEXT, amount DECIMAL(18,2),
  refunded DECIMAL(18,2));
INSERT INTO refundable VALUES
  ('201305260010000000001', '6000000000000001', '7000000000000001', 200.33, 0);
";

pub(crate) const ONE: u64 = 6_000_000_000_000_001;
pub(crate) const TWO: u64 = 6_000_000_000_000_002;

/// Converted tables, in SQLite or PostgreSQL, with something changed.
pub(crate) fn converted(kind: Kind, change: &str) -> Place {
    let place = Place::new(kind);
    let dates = [
        "subscribed_on",
        "confirmed_on",
        "income_from",
        "accounting_date",
    ];
    let mut sql = format!("{CONVERTED}{change}");
    if kind == Kind::Postgres {
        // There a day is a date.
        for column in dates {
            sql = sql.replace(&format!("{column} TEXT"), &format!("{column} DATE"));
        }
    }
    place.direct(&sql).unwrap();
    place
}

pub(crate) fn books(kind: Kind) -> (Place, Store) {
    let place = Place::new(kind);
    let store = Store::create(&place.address, terms("2013-05-27")).unwrap();
    (place, store)
}

#[test]
fn converted_books_become_opening_books_from_either_database_to_either() {
    let opening = at("2013-05-27 16:00");
    let mut digests = Vec::new();
    for (from, to) in [
        (Kind::Sqlite, Kind::Sqlite),
        (Kind::Postgres, Kind::Postgres),
        (Kind::Sqlite, Kind::Postgres),
        (Kind::Postgres, Kind::Sqlite),
    ] {
        let source = converted(from, "");
        let (_place, mut store) = books(to);
        let opened = store.import(&source.address, opening).unwrap();
        assert!(!opened.is_repeat);
        assert_eq!(
            (opened.vouchers, opened.postings, opened.holdings),
            (6, 13, 2)
        );
        assert_eq!(opened.shares, 100_002);
        assert_eq!(opened.confirmed_on, Some(day("2013-05-28")));
        digests.push(opened.digest.clone());
        assert!(store.import(&source.address, opening).unwrap().is_repeat);
        store.prove().unwrap();
        let whole = store.whole().unwrap();
        whole.prove().unwrap();

        // 1,000.10 + 300 - 50 and the 50.25 from before are at the settlement bank now.
        let balance = |store: &mut Store, id| store.account(id).unwrap().unwrap().balance_fen();
        assert_eq!(balance(&mut store, AccountId::new(1002, 1)), 130_035);
        assert_eq!(balance(&mut store, AccountId::new(2001, ONE)), 0);
        assert_eq!(balance(&mut store, AccountId::new(2003, ONE)), 10_000);
        let one = store.user(ONE).unwrap().expect("a user");
        assert_eq!((one.frozen_fen, one.held_fen()), (10_000, 10_000));
        assert_eq!(balance(&mut store, AccountId::new(2203, 0)), 100_002);
        assert_eq!(balance(&mut store, shares_account(ONE).id), 0);
        // Turnover stays: what had gone over the account before, and what was subscribed.
        let user = store.account(user_account(ONE).id).unwrap().unwrap();
        assert_eq!(user.totals.credits_posted_fen, 105_035);
        assert_eq!(user.totals.debits_posted_fen, 35_033 + 70_002);

        // The night before the 28th confirms them; the first income is that of the 28th.
        let night = at("2013-05-28 01:00");
        let run = store
            .run_day(day("2013-05-27"), 0, night, threads())
            .unwrap();
        assert_eq!((run.cut.orders, run.confirmed.orders), (2, 2));
        assert_eq!(run.confirmed.subscribed_fen, 100_002);
        assert_eq!(balance(&mut store, shares_account(ONE).id), 70_002);
        let fast = request(5, ONE, OrderKind::RedeemFast, 1);
        let refused = store.place(&[fast], at("2013-05-28 10:00")).unwrap();
        // There is no money for advances yet.
        assert_eq!(
            refused[0].as_ref().unwrap_err().code(),
            "debits_exceed_credits"
        );
        let redeemed = request(6, TWO, OrderKind::Redeem, 10_000);
        store.place(&[redeemed], at("2013-05-28 10:00")).unwrap()[0]
            .as_ref()
            .unwrap();
        let night = at("2013-05-29 01:00");
        let run = store
            .run_day(day("2013-05-28"), 1_000, night, threads())
            .unwrap();
        assert_eq!(run.income.shares, 100_002);
        let register = store.register(day("2013-05-28")).unwrap();
        assert_eq!(register.rows, [(ONE, 70_002, 700), (TWO, 30_000, 300)]);
        store.prove().unwrap();
        let whole = store.whole().unwrap();
        whole.prove().unwrap();
        assert_eq!(whole.day(day("2013-05-28")).stage, Stage::Closed);
        let [wallet, shares] = store
            .statement(ONE, day("2013-05-27"), day("2013-05-28"))
            .unwrap()
            .try_into()
            .unwrap();
        assert_eq!((wallet.opening_fen, wallet.closing_fen), (0, 0));
        let amounts: Vec<i64> = wallet.lines.iter().map(|line| line.amount_fen).collect();
        assert_eq!(amounts.iter().sum::<i64>(), 0);
        let kinds: Vec<&str> = shares.lines.iter().map(|line| line.kind.as_str()).collect();
        assert_eq!(kinds, ["opening_confirmation", "income"]);
        assert_eq!(shares.closing_fen, 70_702);
        let opening = wallet.lines.iter().filter(|line| line.kind == "opening");
        assert_eq!(
            opening.count(),
            2,
            "what came and what went, of one voucher"
        );
        let lines: Vec<StatementLine> = wallet.lines.into_iter().chain(shares.lines).collect();
        assert_eq!(one_by_one(&mut store), lines);
        assert!(
            store
                .account(AccountId::new(4001, 1))
                .unwrap()
                .is_none_or(|one| one == Account::new(one.id, one.kind, one.limit))
        );
    }
    digests.dedup();
    assert_eq!(digests.len(), 1);
}

/// The lines of the statement, each on a page of its own.
fn one_by_one(store: &mut Store) -> Vec<StatementLine> {
    let (mut after, mut lines) = (None, Vec::new());
    loop {
        let page = StatementPage {
            user: ONE,
            from: day("2013-05-27"),
            until: day("2013-05-28"),
            after,
            limit: 1,
        };
        let (sheets, next) = store.statement_page(&page).unwrap();
        lines.extend(sheets.into_iter().flat_map(|sheet| sheet.lines));
        after = next;
        if after.is_none() {
            return lines;
        }
    }
}

/// A change of the converted tables, the code of the refusal, and what it says.
const REFUSALS: [(&str, &str, &str); 29] = [
    (
        "UPDATE posting SET credit = 1000.11 WHERE voucher = 'v1' AND leg = 1",
        "import_voucher_not_balanced",
        "voucher v1: debits of 1000.10 and credits of 1000.11 differ by 0.01",
    ),
    (
        "UPDATE opening SET debit = 50.24 WHERE subject = '1009'",
        "import_opening_not_balanced",
        "opening: debits of 50.24 and credits of 50.25 differ by 0.01",
    ),
    (
        "DELETE FROM voucher WHERE voucher = 'v4'",
        "import_posting_without_voucher",
        "posting v4",
    ),
    (
        "DELETE FROM posting WHERE voucher = 'v4'",
        "import_voucher_without_posting",
        "voucher v4",
    ),
    (
        "DELETE FROM subject WHERE subject = '6021'",
        "import_unknown_subject",
        "posting, voucher v3: subject 6021",
    ),
    (
        "UPDATE subject SET normal_side = 'DEBIT' WHERE subject = '2001'",
        "import_wrong_side",
        "subject 2001: its normal side is DEBIT",
    ),
    (
        "UPDATE subject SET kind = 'OTHER' WHERE subject = '2001'",
        "import_unreadable",
        "kind is \"OTHER\"",
    ),
    (
        "INSERT INTO subject VALUES ('4001', '', '', 'EQUITY', 'CREDIT'); \
         UPDATE posting SET subject = '4001' WHERE subject = '6021'",
        "import_funds_own_subject",
        "posting, voucher v3: subject 4001",
    ),
    (
        "UPDATE posting SET debit = 1100 WHERE voucher = 'v2' AND leg = 1; \
         UPDATE posting SET credit = 1100 WHERE voucher = 'v2' AND leg = 2",
        "import_account_overdrawn",
        "account 2001:6000000000000001: it has debits of 1250.00 and credits of 1050.35, and is 199.65 below zero",
    ),
    (
        "UPDATE holding SET shares = 700.01 WHERE shares = 700.02",
        "import_shares_differ",
        "700.01 shares for 700.02 differ by 0.01",
    ),
    (
        "UPDATE holding SET shares = 700.03, amount = 700.03 WHERE shares = 700.02",
        "import_holding_exceeds_balance",
        "700.03 subscribed of 700.02 that the user has, 0.01 too much",
    ),
    (
        "UPDATE holding SET confirmed_on = '2013-05-29' WHERE shares = 300",
        "import_wrong_day",
        "confirmed on 2013-05-28 and earns from then, not 2013-05-29",
    ),
    (
        "UPDATE holding SET subscribed_on = '2013-05-28', confirmed_on = '2013-05-29', income_from = '2013-05-29' \
         WHERE shares = 300",
        "import_other_day",
        "holding of 6000000000000002",
    ),
    (
        "UPDATE holding SET subscribed_on = '2013-05-24', confirmed_on = '2013-05-27', income_from = '2013-05-27'",
        "import_before_fund",
        "before the fund's first day",
    ),
    (
        "UPDATE posting SET account = 'x1' WHERE account = '7000000000000001'",
        "import_unreadable",
        "\"x1\"",
    ),
    (
        "DROP TABLE holding",
        "import_no_table",
        "holding is not there",
    ),
    (
        "UPDATE posting SET subject = '6021', account = NULL WHERE subject = '1002'",
        "import_too_little_money",
        "client money of 50.25 is 949.77 less than the holdings, 1000.02",
    ),
    (
        "UPDATE under_way SET amount = 99.99",
        "import_under_way_differs",
        "account 2003:6000000000000001: 99.99 is under way and 100.00 stands there, 0.01 apart",
    ),
    (
        "DELETE FROM under_way",
        "import_under_way_differs",
        "account 2003:6000000000000001: 0.00 is under way and 100.00 stands there, 100.00 apart",
    ),
    (
        "INSERT INTO under_way VALUES ('7000000000000001', 'HOLD', '7000000000000001', NULL, NULL, 1, 0, 0)",
        "import_under_way_differs",
        "account 2003:7000000000000001: 1.00 is under way and 0.00 stands there, 1.00 apart",
    ),
    (
        "INSERT INTO under_way VALUES ('20130526', 'ESCROW', '6000000000000001', '7000000000000001', NULL, 1, 0, 0)",
        "import_under_way_differs",
        "account 2202: 1.00 is under way and 0.00 stands there, 1.00 apart",
    ),
    (
        "INSERT INTO subject VALUES ('2202', '', '', 'LIABILITY', 'CREDIT'); \
         INSERT INTO voucher VALUES ('v8', 'ESCROW_PAYMENT', ''); \
         INSERT INTO posting VALUES ('v8', 1, '2002', '7000000000000001', 1, 0, '2013-05-26', NULL), \
         ('v8', 2, '2202', '5', 0, 1, '2013-05-26', NULL); \
         INSERT INTO under_way VALUES ('20130526', 'ESCROW', '6000000000000001', '7000000000000001', NULL, 1, 0, 0)",
        "import_under_way_differs",
        "account 2202:5: 0.00 is under way and 1.00 stands there, 1.00 apart",
    ),
    (
        "INSERT INTO subject VALUES ('2202', '', '', 'LIABILITY', 'CREDIT'); \
         INSERT INTO voucher VALUES ('v8', 'ESCROW_PAYMENT', ''); \
         INSERT INTO posting VALUES ('v8', 1, '2002', '7000000000000001', 0, 1, '2013-05-26', NULL), \
         ('v8', 2, '2202', NULL, 1, 0, '2013-05-26', NULL)",
        "import_account_overdrawn",
        "account 2202: it has debits of 1.00 and credits of 0.00",
    ),
    (
        "UPDATE under_way SET kind = 'OTHER'",
        "import_unreadable",
        "under_way, item 6000000000000001: kind is \"OTHER\"",
    ),
    (
        "UPDATE under_way SET fee = 0.01",
        "import_unreadable",
        "under_way, item 6000000000000001: fee within the amount is \"0.01\"",
    ),
    (
        "UPDATE refundable SET refunded = 200.33",
        "import_unreadable",
        "refundable, item 201305260010000000001: refund within the amount is \"200.33\"",
    ),
    (
        "UPDATE refundable SET merchant = '6000000000000002'",
        "import_unreadable",
        "refundable, item 201305260010000000001: merchant is \"6000000000000002\"",
    ),
    (
        "UPDATE refundable SET order_id = '6000000000000001'",
        "import_unreadable",
        "item 6000000000000001: name of one item is \"6000000000000001\"",
    ),
    (
        "DROP TABLE refundable",
        "import_no_table",
        "refundable is not there",
    ),
];

#[test]
fn converted_books_that_do_not_balance_are_refused_with_the_reason() {
    for kind in BOTH {
        let (_place, mut store) = books(kind);
        let empty = format!("{:?}", store.whole().unwrap());
        for (change, code, expect) in REFUSALS {
            let source = converted(kind, change);
            let error = store
                .import(&source.address, at("2013-05-27 16:00"))
                .unwrap_err();
            assert_eq!(error.code(), code, "{kind:?}: {change}: {error}");
            assert!(
                error.to_string().contains(expect),
                "{kind:?}: {change}\n{error}"
            );
            assert!(error.mend().is_some(), "{change}");
        }
        assert_eq!(format!("{:?}", store.whole().unwrap()), empty);
    }
}

/// A ledger that cannot be read for now is none that lacks something.
#[test]
fn a_database_that_fails_is_not_taken_for_a_table_that_is_not_there() {
    for (state, code) in [("57P01", "store_database"), ("55P03", "store_busy")] {
        let change = format!(
            "DROP TABLE refundable; CREATE FUNCTION fails() RETURNS boolean IMMUTABLE \
             LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''not now'' USING ERRCODE = ''{state}''; END'; \
             CREATE VIEW refundable AS SELECT '' AS order_id, '' AS payer, '' AS merchant, \
             0 AS amount, 0 AS refunded WHERE fails()"
        );
        let source = converted(Kind::Postgres, &change);
        let (_place, mut store) = books(Kind::Postgres);
        let error = store.import(&source.address, at("2013-05-27 16:00"));
        let error = error.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains("not now"), "{error}");
    }
}

/// More open items than wait to be written at once.
const MANY: &str = "
INSERT INTO refundable SELECT CAST(2013052700000000000 + i AS text), '6000000000000001',
  '7000000000000001', 0.01, 0
FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10001) SELECT i FROM n) AS m;
";

#[test]
fn more_open_items_than_wait_at_once_are_carried_over() {
    for from in BOTH {
        let source = converted(from, MANY);
        for to in BOTH {
            let (place, mut store) = books(to);
            let opened = store.import(&source.address, at("2013-05-27 16:00"));
            let opened = opened.unwrap();
            assert_eq!((opened.under_way, opened.refundable), (1, 10_002));
            let count = "SELECT CAST(count(*) AS text) FROM open_item WHERE amount = 1";
            assert_eq!(place.texts(count), ["10001"], "{from:?} to {to:?}");
            store.is_as_taken_over(Some(&source.address)).unwrap();
        }
    }
}

/// What cannot be written is told, however much of it is read.
#[test]
fn open_items_that_cannot_be_written_leave_the_books_empty() {
    for kind in BOTH {
        let source = converted(kind, MANY);
        let (place, mut store) = books(kind);
        let full = match kind {
            Kind::Sqlite => {
                "CREATE TRIGGER full_up BEFORE INSERT ON open_item WHEN NEW.kind = 'P' \
                 BEGIN SELECT RAISE(ABORT, 'no room'); END"
            }
            Kind::Postgres => {
                "CREATE TRIGGER full_up BEFORE INSERT ON open_item FOR EACH ROW \
                 WHEN (NEW.kind = 'P') EXECUTE FUNCTION refuse('no room')"
            }
        };
        place.direct(full).unwrap();
        let error = store.import(&source.address, at("2013-05-27 16:00"));
        let error = error.unwrap_err().to_string();
        assert!(error.contains("no room"), "{kind:?}: {error}");
        let count = "SELECT CAST(count(*) AS text) FROM opening";
        assert_eq!(place.texts(count), ["0"], "{kind:?}");
    }
}

/// A leg that is a cent off, and the entries by which `crossfoot correct` mends it.
const CORRECTED: &str = "
UPDATE posting SET credit = 200.34 WHERE voucher = 'v2' AND leg = 2;
CREATE TABLE \"posting.corrections\" (voucher TEXT, leg INTEGER, subject TEXT, account TEXT,
  debit DECIMAL(18,2), credit DECIMAL(18,2), accounting_date TEXT, order_id TEXT,
  _entry TEXT, _cause TEXT, _reason TEXT, _number BIGINT PRIMARY KEY);
INSERT INTO \"posting.corrections\" VALUES
  ('v2', 2, '2201', NULL, 0, 200.34, '2013-05-26', NULL, 'REVERSAL', 'B3', 'a cent', 1),
  ('v2', 2, '2201', NULL, 0, 200.33, '2013-05-26', NULL, 'REBOOKING', 'B3', 'a cent', 2);
";

#[test]
fn tables_are_read_as_they_are_corrected() {
    let now = at("2013-05-27 16:00");
    for kind in BOTH {
        let (_place, mut store) = books(kind);
        let sound = store.import(&converted(kind, "").address, now).unwrap();
        assert_eq!(sound.corrected, []);

        let (_place, mut store) = books(kind);
        let opened = store.import(&converted(kind, CORRECTED).address, now);
        let opened = opened.unwrap();
        let expect = Corrected {
            table: "posting",
            reversals: 1,
            rebookings: 1,
        };
        assert_eq!(opened.corrected, [expect]);
        assert_eq!((opened.digest, opened.postings), (sound.digest, 13));
        store.prove().unwrap();

        for (change, code) in [
            (
                "DELETE FROM \"posting.corrections\" WHERE _entry = 'REVERSAL';",
                "import_voucher_not_balanced",
            ),
            (
                "UPDATE posting SET order_id = 'o1' WHERE voucher = 'v2' AND leg = 2;",
                "import_reversal_of_nothing",
            ),
            (
                "UPDATE \"posting.corrections\" SET _entry = 'UPDATE' WHERE _number = 2;",
                "import_unreadable",
            ),
        ] {
            let (_place, mut store) = books(kind);
            let source = converted(kind, &format!("{CORRECTED}{change}"));
            let error = store.import(&source.address, now).unwrap_err();
            assert_eq!(error.code(), code, "{kind:?}: {change}: {error}");
            assert!(error.mend().is_some());
        }
    }
}

#[test]
fn other_books_or_books_with_vouchers_are_not_opened() {
    for kind in BOTH {
        let (_place, mut store) = books(kind);
        let now = at("2013-05-27 16:00");
        store.import(&converted(kind, "").address, now).unwrap();
        let other = converted(kind, "DELETE FROM holding WHERE shares = 300");
        let error = store.import(&other.address, now).unwrap_err();
        assert_eq!(error.code(), "import_opened_with_others");

        let (_place, mut store) = books(kind);
        store
            .pay_into_reserve(1, 100, day("2013-05-27"), now)
            .unwrap();
        let error = store.import(&other.address, now).unwrap_err();
        assert_eq!(error.code(), "import_not_empty");
        let nowhere = store.import("/nowhere/at-all.db", now).unwrap_err();
        assert!(matches!(nowhere, StoreError::NotThere { .. }), "{nowhere}");
    }
    assert_ne!(PROVIDER, ONE);
}
