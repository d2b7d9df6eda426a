//! The common cause: stories, planted causes in a book of 100,000 records, laws, and noise.

use causes::Kind;
use causes::common::{Attribute, Attributes, ColumnIndex, Common, Facts, Finder, Proposer, Tally};
use ledger::Zone;
use proptest::prelude::*;

type Record = Vec<Option<String>>;

fn shanghai() -> Zone {
    Zone::new("Asia/Shanghai").expect("the zone is compiled in")
}

/// Draws numbers that depend on nothing but where it starts.
struct Lot(u64);

impl Lot {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}

fn finder<'a>(
    attributes: &Attributes,
    broken: impl Iterator<Item = &'a Record>,
    background: impl Iterator<Item = &'a Record>,
) -> Finder {
    let mut proposer = Proposer::new(attributes.clone());
    broken.for_each(|record| proposer.offer_broken(record));
    background.for_each(|record| proposer.offer_unbroken(record));
    proposer.finish()
}

fn tally<'a>(finder: &Finder, book: impl Iterator<Item = &'a (Record, bool)>) -> Tally {
    let (mut masker, mut tally) = (finder.masker(), finder.tally());
    for (record, is_broken) in book {
        let mask = masker.mask(record);
        if *is_broken {
            tally.add_broken(mask);
        } else {
            tally.add_unbroken(mask);
        }
    }
    tally
}

/// The common cause of a whole book, every `background`-th unbroken record being in the sample.
fn common(attributes: &Attributes, book: &[(Record, bool)], background: usize) -> Option<Common> {
    let broken = book.iter().filter(|(_, is_broken)| *is_broken);
    let unbroken = book.iter().filter(|(_, is_broken)| !is_broken);
    let finder = finder(
        attributes,
        broken.map(|(record, _)| record),
        unbroken.step_by(background).map(|(record, _)| record),
    );
    finder.finish(&tally(&finder, book.iter()))
}

fn shown(common: Option<&Common>) -> String {
    common.map_or_else(|| "no common cause".to_owned(), |common| common.says().en)
}

// Stories -----------------------------------------------------------------------------------------

/// A table of text: the columns with their kinds in the first line, a star before each broken record.
fn check(table: &str, expect: &str) {
    let mut lines = table.lines().map(str::trim).filter(|line| !line.is_empty());
    let header = lines.next().expect("a line of columns");
    let attributes = header.split('|').map(|column| {
        let (name, kind) = column.trim().split_once(':').expect("name:kind");
        let kind = match kind {
            "number" => Kind::Number,
            "date" => Kind::Date,
            "instant" => Kind::Instant,
            "boolean" => Kind::Boolean,
            "file" => return Attribute::file("source"),
            "row" => return Attribute::row("source"),
            _ => Kind::Text,
        };
        Attribute::new("source", name, kind)
    });
    let attributes = Attributes::new(attributes.collect(), shanghai());
    let mut book = Vec::new();
    for line in lines {
        let (is_broken, line) = match line.strip_prefix('*') {
            Some(line) => (true, line),
            None => (false, line),
        };
        // `x30` at the end stands for so many copies.
        let (line, copies) = match line.rsplit_once(" x") {
            Some((line, copies)) => (line, copies.trim().parse().expect("a number of copies")),
            None => (line, 1),
        };
        let value = |text: &str| match text.trim() {
            "null" => None,
            text => Some(text.trim_matches('`').to_owned()),
        };
        let record: Record = line.split('|').map(value).collect();
        book.extend(std::iter::repeat_n((record, is_broken), copies));
    }
    let common = common(&attributes, &book, 1);
    assert_eq!(shown(common.as_ref()), expect, "{table}");
}

#[test]
fn the_shortest_condition_is_told() {
    check(
        "channel:text | amount:number
         *UNIONPAY | 10.00 x40
         ALIPAY | 10.00 x400
         WECHAT | -10.00 x400",
        "40 of 40: source.channel = 'UNIONPAY'; no counterexample",
    );
    check(
        "channel:text | amount:number
         *A | -468.60 x20
         *B | -0.01 x20
         A | 0.00 x200
         B | 12.00 x200",
        "40 of 40: source.amount < 0; no counterexample",
    );
    check(
        "channel:text | amount:number
         *A | 21474836.48 x20
         *B | 30000000.00 x20
         A | 21474836.47 x200
         B | 12.00 x200",
        "40 of 40: source.amount >= 21474836.48; no counterexample",
    );
    check(
        "channel:text | fee:number
         *A | null x20
         *B | null x20
         A | 0.00 x200
         B | 12.00 x200",
        "40 of 40: source.fee IS NULL; no counterexample",
    );
    check(
        "account:text
         *6222001 x10
         *6222077 x10
         *6222345 x10
         *6222999 x10
         *6222123 x10
         *6222555 x10
         *6222678 x10
         *6222888 x10
         *6222444 x10
         6221999 x100
         6223000 x100
         7222000 x100
         1222000 x100",
        "90 of 90: source.account LIKE '6222%'; no counterexample",
    );
    check(
        "paid:instant
         *2013-05-26T23:00:00Z x20
         *2013-05-26T23:17:09Z x20
         *2013-05-27T08:00:00.5Z x20
         2013-05-26T22:59:58Z x200
         2013-05-26T01:10:58Z x200",
        "60 of 60: source.paid >= '2013-05-27T07:00:00+08:00'; no counterexample",
    );
    check(
        "paid:date
         *2013-05-27 x20
         2013-05-26 x200
         2013-05-28 x200",
        "20 of 20: source.paid = '2013-05-27'; no counterexample",
    );
}

#[test]
fn text_that_reads_as_money_is_compared_as_money() {
    check(
        "amount:text
         *`-468.60 ` x10
         *`-8.60 ` x10
         *`-1,008.65 ` x10
         `468.60 ` x100
         `9.10 ` x100
         `1,234.00 ` x100",
        "30 of 30: money(source.amount) < 0; no counterexample",
    );
    check(
        "amount:text
         *(252.00) x10
         *(8.60) x10
         *(1,008.65) x10
         *(5.00) x10
         -468.60 x100
         -5.00 x100
         1,234.00 x100",
        "40 of 40: source.amount LIKE '(%'; no counterexample",
    );
    check(
        "amount:text
         *252.00- x10
         *8.60- x10
         *1008.65- x10
         *5.00- x10
         -468.60 x100
         -5.00 x100
         1,234.00 x100",
        "40 of 40: source.amount LIKE '%-'; no counterexample",
    );
    check(
        "amount:text
         *0.125 x10
         *8.605 x10
         *1008.335 x10
         0.12 x100
         8.611 x100
         8.609 x100
         12.5 x100",
        "30 of 30: abs(money(source.amount)) % 0.01 = 0.005; no counterexample",
    );
}

#[test]
fn text_is_looked_into() {
    check(
        "memo:text
         *say `\"hi\"` x10
         *5\" disk x10
         *the \"end x10
         plain x100
         other 'one' x100",
        "30 of 30: source.memo LIKE '%\"%'; no counterexample",
    );
    check(
        "memo:text
         *张三转账 x10
         *李四 x10
         *café x10
         plain x100
         other x100",
        "30 of 30: octet_length(source.memo) > character_length(source.memo); no counterexample",
    );
    check(
        "memo:text
         *张三退款 x10
         *李四退款了 x10
         *王五的退款 x10
         *退款：赵六 x10
         张三转账 x100
         李四 x100",
        "40 of 40: source.memo LIKE '%退款%'; no counterexample",
    );
    check(
        "memo:text
         *a_1%x x10
         *a_1%y x10
         *a_1%z x10
         *a_1%q x10
         *a_1%r x10
         *a_1%s x10
         *a_1%t x10
         *a_1%u x10
         *a_1%v x10
         ab1 x100
         bc2 x100",
        "90 of 90: starts_with(source.memo, 'a_'); no counterexample",
    );
}

#[test]
fn places_are_told_where_no_value_is() {
    check(
        "file:file | row:row | amount:number
         *flow-07.csv | 1 | 5 x20
         *flow-07.csv | 2 | 6 x20
         flow-08.csv | 1 | 5 x200
         flow-09.csv | 2 | 6 x200",
        "40 of 40: source._file = 'flow-07.csv'; no counterexample",
    );
}

#[test]
fn one_break_has_no_common_cause() {
    check(
        "channel:text | amount:number
         *UNIONPAY | -5
         ALIPAY | 10 x1000",
        "no common cause",
    );
}

#[test]
fn a_few_breaks_need_something_rare_in_common() {
    check(
        "channel:text | amount:number
         *A | -5
         *B | -7
         *A | -9
         *B | -1
         A | 10 x400
         B | 10 x400",
        "4 of 4: source.amount < 0; no counterexample",
    );
    // Half of all records are negative: four of four is what chance does.
    check(
        "channel:text | amount:number
         *A | -5
         *B | -7
         *A | -9
         *B | -1
         A | 10 x400
         B | -1 x100
         B | -3 x100
         B | -8 x100
         B | -10 x100",
        "no common cause",
    );
}

#[test]
fn a_book_that_is_broken_throughout_says_so() {
    check(
        "amount:number
         *5 x20
         *6 x20",
        "40 of 40: every record of the book",
    );
}

// A large book ------------------------------------------------------------------------------------

const CHANNELS: [&str; 5] = ["ALIPAY", "WECHAT", "UNIONPAY", "BANK", "CASH"];

fn columns() -> Attributes {
    let value = |name, kind| Attribute::new("source", name, kind);
    let columns = vec![
        value("serial", Kind::Text),
        value("account", Kind::Text),
        value("channel", Kind::Text),
        value("status", Kind::Text),
        value("amount", Kind::Number),
        value("fee", Kind::Number),
        value("shown", Kind::Text),
        value("memo", Kind::Text),
        value("paid_at", Kind::Instant),
        value("booked", Kind::Date),
        value("is_test", Kind::Boolean),
        Attribute::file("source"),
        Attribute::row("source"),
    ];
    Attributes::new(columns, shanghai())
}

/// Records of a wallet. Nothing in a column depends on another.
fn wallet(records: u64, seed: u64) -> Vec<Record> {
    let mut lot = Lot(seed);
    let record = |n: u64| {
        let fen = lot.below(20_000_000) as i64 - 4_000_000;
        let fee = lot.below(500).saturating_sub(250);
        let thousandths = lot.below(3_000_000);
        let second = lot.below(86_400);
        let day = lot.below(28) + 1;
        let memo = [
            "转账",
            "red packet",
            "退款",
            "",
            "dinner, drinks",
            "say \"hi\"",
        ][lot.below(6) as usize];
        vec![
            Some(format!("S{:09}", 700_000 + n)),
            Some(format!(
                "62{:02}{:08}",
                lot.below(60),
                lot.below(100_000_000)
            )),
            Some(CHANNELS[lot.below(5) as usize].to_owned()),
            Some(["SUCCESS", "CLOSED", "REFUNDED", "PENDING"][lot.below(4) as usize].to_owned()),
            Some(ledger::format_decimal(i128::from(fen), 2)),
            (lot.below(10) > 0).then(|| ledger::format_decimal(i128::from(fee), 2)),
            Some(format!(
                "{}.{:03} ",
                thousandths / 1_000,
                thousandths % 1_000
            )),
            Some(memo.to_owned()),
            Some(format!(
                "2013-05-{day:02}T{:02}:{:02}:{:02}Z",
                second / 3_600,
                second / 60 % 60,
                second % 60
            )),
            Some(format!("2013-05-{:02}", lot.below(31) + 1)),
            Some((lot.below(50) == 0).to_string()),
            Some(format!("flow-{:02}.csv", n % 100)),
            Some((n / 100 + 2).to_string()),
        ]
    };
    (0..records).map(record).collect()
}

fn amount(record: &Record) -> ledger::Decimal {
    let text = record[4].as_deref().expect("an amount");
    text.parse().expect("a plain number")
}

fn text(record: &Record, column: usize) -> &str {
    record[column].as_deref().unwrap_or_default()
}

/// Marks what is broken in a wallet's book, and says what it has in common.
fn of_wallet(records: u64, is_broken: impl Fn(&Record) -> bool) -> Option<Common> {
    let book: Vec<(Record, bool)> = wallet(records, 7)
        .into_iter()
        .map(|record| {
            let is_broken = is_broken(&record);
            (record, is_broken)
        })
        .collect();
    common(&columns(), &book, 5)
}

/// Every record of a predicate is broken: that predicate must come out, and nothing more.
fn check_planted(expect: &str, is_broken: impl Fn(&Record) -> bool) {
    let common = of_wallet(100_000, is_broken).unwrap_or_else(|| panic!("nothing for {expect}"));
    assert!(common.separates(), "{expect}: {}", common.says().en);
    assert_eq!(common.shown().join(" AND "), expect);
}

#[test]
fn planted_causes_are_found_whatever_their_share_of_the_book() {
    check_planted("source.amount < 0", |record| amount(record).is_negative());
    check_planted("source.channel = 'UNIONPAY'", |record| {
        text(record, 2) == "UNIONPAY"
    });
    check_planted("source.account LIKE '6222%'", |record| {
        text(record, 1).starts_with("6222")
    });
    check_planted("source.is_test = 'true'", |record| {
        text(record, 10) == "true"
    });
    check_planted("source.booked = '2013-05-31'", |record| {
        text(record, 9) == "2013-05-31"
    });
    check_planted("source.fee IS NULL", |record| record[5].is_none());
    check_planted("source.fee > 0", |record| {
        record[5].as_deref().is_some_and(|fee| fee != "0.00")
    });
    check_planted("source.memo = ''", |record| text(record, 7).is_empty());
    check_planted("source._file = 'flow-07.csv'", |record| {
        text(record, 11) == "flow-07.csv"
    });
    check_planted("source.amount >= 100000", |record| {
        amount(record) >= ledger::Decimal::from(100_000)
    });
    check_planted("source.channel IN ('ALIPAY', 'CASH')", |record| {
        ["ALIPAY", "CASH"].contains(&text(record, 2))
    });
}

#[test]
fn planted_causes_in_what_is_derived_are_found() {
    let hour = |record: &Record| text(record, 8)[11..13].parse::<u64>().expect("an hour");
    check_planted(
        "date_part('hour', source.paid_at AT TIME ZONE 'Asia/Shanghai') = 23",
        |record| hour(record) == 15,
    );
    check_planted(
        "CAST(source.paid_at AT TIME ZONE 'Asia/Shanghai' AS TIME) >= '23:30:00'",
        |record| hour(record) == 15 && &text(record, 8)[14..16] >= "30",
    );
    // The Saturdays and Sundays of May 2013.
    let weekends = ["04", "05", "11", "12", "18", "19", "25", "26"];
    check_planted("date_part('isodow', source.booked) >= 6", |record| {
        weekends.contains(&&text(record, 9)[8..])
    });
    check_planted("abs(money(source.shown)) % 0.01 = 0.005", |record| {
        text(record, 6).ends_with("5 ")
    });
}

#[test]
fn a_few_breaks_are_enough_where_what_they_share_is_rare() {
    // Five of the 1,000 records of one file of a hundred.
    let mut left = 5;
    let book: Vec<(Record, bool)> = wallet(100_000, 51)
        .into_iter()
        .map(|record| {
            let is_broken = left > 0 && text(&record, 11) == "flow-42.csv";
            left -= i32::from(is_broken);
            (record, is_broken)
        })
        .collect();
    let found = common(&columns(), &book, 9).expect("the file or its first rows");
    assert!(
        found
            .shown()
            .iter()
            .any(|condition| condition == "source._file = 'flow-42.csv'"),
        "{}",
        found.says().en
    );
}

#[test]
fn planted_conjunctions_are_found() {
    check_planted(
        "source.channel = 'UNIONPAY' AND source.amount < 0",
        |record| text(record, 2) == "UNIONPAY" && amount(record).is_negative(),
    );
    check_planted(
        "source.channel = 'BANK' AND source.status = 'REFUNDED' AND source.fee IS NULL",
        |record| text(record, 2) == "BANK" && text(record, 3) == "REFUNDED" && record[5].is_none(),
    );
    check_planted(
        "source._file = 'flow-07.csv' AND source._row BETWEEN 801 AND 900",
        |record| {
            let row: u64 = text(record, 12).parse().expect("a row");
            text(record, 11) == "flow-07.csv" && (801..=900).contains(&row)
        },
    );
}

#[test]
fn the_same_place_of_every_batch_is_told_by_the_size_of_the_batch() {
    let attributes = Attributes::new(vec![Attribute::row("source")], shanghai());
    let check = |batch: u64, place: u64| {
        let row = |row: u64| (vec![Some(row.to_string())], row % batch == place);
        let book: Vec<(Record, bool)> = (1..=10 * batch).map(row).collect();
        let common = common(&attributes, &book, 16);
        assert_eq!(
            shown(common.as_ref()),
            format!("10 of 10: source._row % {batch} = {place}; no counterexample")
        );
    };
    // Smaller batches, as of 4,096 or 1,000 rows, have the same rows at one place, and others.
    check(8_192, 0);
    check(20_000, 1);
    check(50_000, 49_999);
}

#[test]
fn a_book_that_is_all_broken_has_that_in_common() {
    let common = of_wallet(100_000, |_| true).expect("all of it");
    assert_eq!(
        common.says().en,
        "100,000 of 100,000: every record of the book"
    );
    assert_eq!(
        common.says().zh,
        "100,000 条中的 100,000 条：账中每一条记录"
    );
}

#[test]
fn a_cause_that_strikes_now_and_then_is_told_with_its_counterexamples() {
    for (one_in, seed) in [(10, 3), (100, 4)] {
        let mut lot = Lot(seed);
        let book: Vec<(Record, bool)> = wallet(100_000, 11)
            .into_iter()
            .map(|record| {
                let is_broken = text(&record, 2) == "UNIONPAY" && lot.below(one_in) == 0;
                (record, is_broken)
            })
            .collect();
        let common = common(&columns(), &book, 3).expect("the channel");
        assert_eq!(
            common.shown(),
            ["source.channel = 'UNIONPAY'"],
            "1 in {one_in}"
        );
        let matching = book
            .iter()
            .filter(|(record, _)| text(record, 2) == "UNIONPAY")
            .count();
        let broken = book.iter().filter(|(_, is_broken)| *is_broken).count();
        assert_eq!(
            (common.covered, common.broken, common.matching, common.book),
            (broken as u64, broken as u64, matching as u64, 100_000)
        );
        assert_eq!(common.counterexamples, (matching - broken) as u64);
        assert_eq!(common.risk_ratio.to_string(), "∞");
    }
}

#[test]
fn strangers_among_the_breaks_do_not_hide_the_cause() {
    let mut lot = Lot(5);
    let book: Vec<(Record, bool)> = wallet(100_000, 12)
        .into_iter()
        .map(|record| {
            let is_broken = text(&record, 1).starts_with("6217") || lot.below(10_000) == 0;
            (record, is_broken)
        })
        .collect();
    let common = common(&columns(), &book, 3).expect("the prefix");
    assert_eq!(common.shown(), ["source.account LIKE '6217%'"]);
    assert_eq!(common.counterexamples, 0);
    assert!(common.covered < common.broken && common.risk_ratio.is_at_least(1_000));
}

#[test]
fn noise_has_no_common_cause() {
    let records = wallet(12_000, 21);
    for seed in 0..8 {
        for one_in in [4, 100, 1_000, 3_000] {
            let mut lot = Lot(seed * 7_919 + one_in);
            let book: Vec<(Record, bool)> = records
                .iter()
                .map(|record| (record.clone(), lot.below(one_in) == 0))
                .collect();
            let common = common(&columns(), &book, 4);
            assert_eq!(
                shown(common.as_ref()),
                "no common cause",
                "seed {seed}, 1 in {one_in}"
            );
        }
    }
}

#[test]
fn without_a_background_the_book_decides() {
    let book: Vec<(Record, bool)> = wallet(50_000, 31)
        .into_iter()
        .map(|record| {
            let is_broken = amount(&record).is_negative() && text(&record, 2) == "CASH";
            (record, is_broken)
        })
        .collect();
    let broken = book.iter().filter(|(_, is_broken)| *is_broken);
    let finder = finder(
        &columns(),
        broken.map(|(record, _)| record),
        std::iter::empty(),
    );
    let common = finder
        .finish(&tally(&finder, book.iter()))
        .expect("sign and channel");
    assert_eq!(
        common.shown(),
        ["source.channel = 'CASH'", "source.amount < 0"]
    );
}

#[test]
fn a_book_counted_as_a_whole_gives_the_same() {
    let is_broken = |record: &Record| text(record, 2) == "CASH";
    let book = wallet(5_000, 41);
    let broken: Vec<&Record> = book.iter().filter(|record| is_broken(record)).collect();
    let finder = finder(&columns(), broken.iter().copied(), book.iter().take(0));
    let (mut masker, mut tally) = (finder.masker(), finder.tally());
    book.iter()
        .for_each(|record| tally.add_record(masker.mask(record)));
    broken
        .iter()
        .for_each(|record| tally.add_broken(masker.mask(*record)));
    let common = finder.finish(&tally).expect("the channel");
    assert!(common.separates());
    assert_eq!(common.shown(), ["source.channel = 'CASH'"]);
    assert_eq!(common.book, 5_000);
}

// Laws --------------------------------------------------------------------------------------------

/// Small books of few columns and few values, so that everything coincides now and then.
fn small_book() -> impl Strategy<Value = Vec<(Record, bool)>> {
    let value = |texts: &'static [&'static str]| {
        prop_oneof![
            1 => Just(None),
            9 => prop::sample::select(texts).prop_map(|text| Some(text.to_owned())),
        ]
    };
    let record = (
        value(&["A", "B", "C", "", "'", "%_\\", "退款", "\u{0}\n"]),
        value(&[
            "-1",
            "0",
            "0.5",
            "1.005",
            "99999999999999999999999999999999999999",
            "-0.00",
            "x",
        ]),
        value(&[
            "2013-05-27",
            "2012-02-29",
            "9999-12-31",
            "0001-01-01",
            "never",
        ]),
        value(&[
            "2013-05-27T08:00:00Z",
            "1969-12-31T23:59:59.999999999Z",
            "9999-12-31T23:59:59Z",
            "",
        ]),
        value(&[
            "(252.00)", "1,234.50", "5.00-", "1.234", "USD", "12e3", "20130527", "２３",
        ]),
    );
    let record = record.prop_map(|(a, b, c, d, e)| vec![a, b, c, d, e]);
    prop::collection::vec((record, any::<bool>()), 0..60)
}

fn small_columns() -> Attributes {
    let value = |name, kind| Attribute::new("source", name, kind);
    let columns = vec![
        value("a", Kind::Text),
        value("b", Kind::Number),
        value("c", Kind::Date),
        value("d", Kind::Instant),
        value("Amount (元)", Kind::Text),
    ];
    Attributes::new(columns, shanghai())
}

proptest! {
    #[test]
    fn order_and_threads_change_nothing(book in small_book(), parts in 1..5_usize, turn in 0..60_usize) {
        let attributes = small_columns();
        let whole = common(&attributes, &book, 1);
        let mut turned = book.clone();
        turned.rotate_left(turn.min(book.len()));
        turned.reverse();
        let size = turned.len().div_ceil(parts).max(1);
        let mut proposers: Vec<Proposer> = Vec::new();
        for part in turned.chunks(size) {
            let mut proposer = Proposer::new(attributes.clone());
            for (record, is_broken) in part {
                if *is_broken {
                    proposer.offer_broken(record);
                } else {
                    proposer.offer_unbroken(record);
                }
            }
            proposers.push(proposer);
        }
        let mut proposer = Proposer::new(attributes);
        proposers.into_iter().rev().for_each(|part| proposer.merge(part));
        let finder = proposer.finish();
        let mut sum = finder.tally();
        for part in turned.chunks(size) {
            sum.merge(&tally(&finder, part.iter()));
        }
        prop_assert_eq!(finder.finish(&sum), whole);
    }

    #[test]
    fn masks_say_what_the_conditions_say(book in small_book()) {
        let attributes = small_columns();
        let broken = book.iter().filter(|(_, is_broken)| *is_broken);
        let finder = finder(&attributes, broken.map(|(record, _)| record), std::iter::empty());
        let mut masker = finder.masker();
        for (record, _) in &book {
            let mask = masker.mask(record);
            for (place, atom) in finder.atoms().iter().enumerate() {
                prop_assert_eq!(mask >> place & 1 == 1, atom.holds(record), "{}", atom);
            }
        }
    }

    #[test]
    fn counts_are_those_of_the_book(book in small_book()) {
        let attributes = small_columns();
        if let Some(common) = common(&attributes, &book, 1) {
            let holds = |record: &Record| common.conditions.iter().all(|condition| condition.holds(record));
            let of = |broken: bool| book.iter().filter(|(record, is_broken)| *is_broken == broken && holds(record)).count() as u64;
            prop_assert_eq!(common.covered, of(true));
            prop_assert_eq!(common.counterexamples, of(false));
            prop_assert_eq!(common.matching, of(true) + of(false));
            prop_assert!(!common.says().en.contains('\n'));
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn what_separates_is_found(seed in any::<u64>(), which in 0..6_usize) {
        let attributes = columns();
        let holds = |record: &Record| match which {
            0 => amount(record).is_negative(),
            1 => text(record, 2) == "BANK",
            2 => text(record, 3) == "PENDING",
            3 => record[5].is_none(),
            4 => text(record, 9) >= "2013-05-20",
            _ => text(record, 7).contains('"'),
        };
        let book: Vec<(Record, bool)> = wallet(2_000, seed)
            .into_iter()
            .map(|record| {
                let is_broken = holds(&record);
                (record, is_broken)
            })
            .collect();
        let common = common(&attributes, &book, 1);
        prop_assert!(common.as_ref().is_some_and(Common::separates), "{}", shown(common.as_ref()));
        prop_assert_eq!(common.map(|common| common.conditions.len()), Some(1));
    }
}

#[test]
fn records_shorter_than_the_columns_are_null_there() {
    let record: Record = vec![Some("A".to_owned())];
    assert_eq!(record.value(ColumnIndex(3)), None);
}
