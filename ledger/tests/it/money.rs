//! Amounts as people and programs write them: what is read, what is refused, and why.

use ledger::{
    CurrencyCode, Decimal, DecimalSign, MoneyError, MoneyFormat, currencies_beside, parse_money,
    parse_money_as,
};
use proptest::prelude::*;

/// Reads each text at the scale and compares it with what is expected, or with the name of the refusal.
fn check(scale: Option<u8>, format: &MoneyFormat, cases: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (text, expect) in cases {
        let outcome = parse_money_as(text, scale, format);
        let shown = match &outcome {
            Ok(amount) => amount.to_string(),
            Err(error) => name(error),
        };
        if shown != *expect {
            wrong.push(format!(
                "{text:?} at {scale:?}: expected {expect}, got {shown} ({outcome:?})"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn name(error: &MoneyError) -> String {
    let debug = format!("{error:?}");
    debug.split([' ', '{']).next().unwrap_or(&debug).to_owned()
}

const AUTO: MoneyFormat = MoneyFormat::DEFAULT;
const POINT: MoneyFormat = MoneyFormat {
    decimal: Some(DecimalSign::Point),
    ..AUTO
};
const COMMA: MoneyFormat = MoneyFormat {
    decimal: Some(DecimalSign::Comma),
    ..AUTO
};

/// Plain numbers, as programs write them.
#[rustfmt::skip]
const PLAIN: &[(&str, &str)] = &[
    ("0", "0.00"), ("00", "0.00"), ("-0", "0.00"), ("1", "1.00"), ("12", "12.00"), ("123", "123.00"), ("1234", "1234.00"),
    ("12345", "12345.00"), ("0.1", "0.10"), ("0.01", "0.01"), ("-0.01", "-0.01"), ("1.5", "1.50"), ("-1.5", "-1.50"),
    ("1.23", "1.23"), ("12.34", "12.34"), ("123.45", "123.45"), ("1234.56", "1234.56"), ("-123.45", "-123.45"),
    ("1616.2300", "1616.23"), ("1616.23 ", "1616.23"), ("-468.60 ", "-468.60"), (" 1616.23", "1616.23"), ("1616.230", "1616.23"),
    ("12.3400", "12.34"), ("12.00000000", "12.00"), ("0.100", "0.10"), ("0.000", "0.00"), ("000.120", "0.12"), ("007.50", "7.50"),
    (".5", "0.50"), ("-.5", "-0.50"), (".05", "0.05"), ("5.", "5.00"), ("-5.", "-5.00"), ("0.29", "0.29"), ("4.35", "4.35"),
    ("900719925474099.21", "900719925474099.21"), ("900719925474099.22", "900719925474099.22"),
    ("9007199254740993", "9007199254740993.00"), ("999999999999999999.99", "999999999999999999.99"),
    ("9999999999999999999", "9999999999999999999.00"), ("18446744073709551616", "18446744073709551616.00"),
    ("99999999999999999.99", "99999999999999999.99"), ("0.0000000000000000000000", "0.00"),
    ("0.10000000000000000000000000000000000000000000", "0.10"),
    ("000000000000000000000000000000000000000000000001.23", "1.23"),
    ("999999999999999999999999999999999999.99", "999999999999999999999999999999999999.99"),
    ("-999999999999999999999999999999999999.99", "-999999999999999999999999999999999999.99"),
];

/// On which side of zero.
#[rustfmt::skip]
const SIGNS: &[(&str, &str)] = &[
    ("+5", "5.00"), ("+0.05", "0.05"), ("5-", "-5.00"), ("5.25-", "-5.25"), ("5.25 -", "-5.25"), ("5+", "5.00"), ("- 5.25", "-5.25"),
    ("\u{2212}5.25", "-5.25"), ("\u{ff0d}5.25", "-5.25"), ("5.25\u{2212}", "-5.25"), ("\u{fe63}5.25", "-5.25"), ("\u{ff0b}5.25", "5.25"),
    ("(5)", "-5.00"), ("(5.25)", "-5.25"), ("( 5.25 )", "-5.25"), ("(1,234.56)", "-1234.56"), ("\u{ff08}5.25\u{ff09}", "-5.25"),
    (" (5) ", "-5.00"), ("(0.00)", "0.00"),
    ("5 CR", "-5.00"), ("5CR", "-5.00"), ("5.25Cr", "-5.25"), ("5.25 cr", "-5.25"), ("CR 5.25", "-5.25"), ("Cr5.25", "-5.25"),
    ("5 DR", "5.00"), ("5DR", "5.00"), ("5.25Dr", "5.25"), ("DR 5.25", "5.25"), ("dr5.25", "5.25"), ("1,234.56CR", "-1234.56"),
    ("\u{ff23}\u{ff32} 5.25", "-5.25"), ("借 5.25", "5.25"), ("贷 5.25", "-5.25"), ("贷5.25", "-5.25"), ("5.25贷", "-5.25"),
    ("5.25 借", "5.25"), ("貸 5.25", "-5.25"), ("0.00 CR", "0.00"),
];

/// Currencies before and after.
#[rustfmt::skip]
const CURRENCIES: &[(&str, &str)] = &[
    ("¥5.25", "5.25"), ("￥5.25", "5.25"), ("￥ 5.25", "5.25"), ("5.25元", "5.25"), ("5.25 元", "5.25"), ("¥5.25元", "5.25"),
    ("£5.25", "5.25"), ("￡5.25", "5.25"), ("$5.25", "5.25"), ("＄5.25", "5.25"), ("€5.25", "5.25"), ("5.25€", "5.25"),
    ("5.25 €", "5.25"), ("₹1,23,456.78", "123456.78"), ("₩5000", "5000.00"),
    ("CNY5.25", "5.25"), ("CNY 5.25", "5.25"), ("5.25CNY", "5.25"), ("5.25 CNY", "5.25"), ("RMB 5.25", "5.25"), ("ＣＮＹ 5.25", "5.25"),
    ("CNY ¥5.25", "5.25"), ("¥5.25 CNY", "5.25"), ("US$5.25", "5.25"), ("HK$ 5.25", "5.25"), ("CN¥5.25", "5.25"), ("USD $5.25", "5.25"),
    ("US$ 5.25 USD", "5.25"), ("5.25 EUR", "5.25"), ("ALL 5.25", "5.25"),
    ("-£5", "-5.00"), ("£-5", "-5.00"), ("- £5", "-5.00"), ("£ -5", "-5.00"), ("£5-", "-5.00"), ("5£-", "-5.00"), ("5-£", "-5.00"),
    ("(£5)", "-5.00"), ("£(5)", "-5.00"), ("(5)£", "-5.00"), ("-CNY 5", "-5.00"), ("CNY -5", "-5.00"), ("-¥5元", "-5.00"),
    ("\u{2212}￥1,234.50", "-1234.50"), ("￥1,234.50-", "-1234.50"), ("$1,234.50 CR", "-1234.50"), ("CR $1,234.50", "-1234.50"),
    ("EUR 1.234,50", "1234.50"), ("1 234,50 €", "1234.50"), ("CHF 1'234.50", "1234.50"),
];

/// Separators that show what they mean.
#[rustfmt::skip]
const SEPARATORS: &[(&str, &str)] = &[
    ("1,234.56", "1234.56"), ("12,345.67", "12345.67"), ("123,456.78", "123456.78"), ("1,234,567.89", "1234567.89"),
    ("1,234.5", "1234.50"), ("1,234.", "1234.00"), ("-1,234.56", "-1234.56"), ("1,234,567", "1234567.00"), ("0,001,234.50", "1234.50"),
    ("1.234,56", "1234.56"), ("12.345,67", "12345.67"), ("1.234.567,89", "1234567.89"), ("1.234,5", "1234.50"), ("1.234.567", "1234567.00"),
    ("1 234.56", "1234.56"), ("1 234,56", "1234.56"), ("1 234 567,89", "1234567.89"), ("1 234", "1234.00"), ("12 345 678", "12345678.00"),
    ("1\u{a0}234,56", "1234.56"), ("1\u{202f}234,56", "1234.56"), ("1\u{2009}234.56", "1234.56"), ("1\u{3000}234.56", "1234.56"),
    ("1\u{202f}234\u{a0}567,89", "1234567.89"),
    ("1'234.56", "1234.56"), ("1’234.56", "1234.56"), ("1'234'567,89", "1234567.89"), ("1'234", "1234.00"), ("1’234’567", "1234567.00"),
    ("12,34,567.89", "1234567.89"), ("1,23,456.78", "123456.78"), ("1,23,45,678", "12345678.00"), ("12,34,567", "1234567.00"),
    ("1,2345,6789", "123456789.00"), ("1,2345,6789.50", "123456789.50"), ("1234,5678,9012", "123456789012.00"),
    ("1,234.560", "1234.56"), ("1,234.5600", "1234.56"), ("1 234,500", "1234.50"),
    // One comma alone groups where the scale leaves no room for three decimals.
    ("1,234", "1234.00"), ("12,345", "12345.00"), ("123,456", "123456.00"), ("-1,234", "-1234.00"), ("￥1,234", "1234.00"), ("(1,000)", "-1000.00"),
    ("１２３４．５６", "1234.56"), ("１，２３４．５６", "1234.56"), ("－１２３４．５６", "-1234.56"), ("（１，２３４．５６）", "-1234.56"),
    ("￥１，２３４．５６", "1234.56"), ("１２３４．５６元", "1234.56"), ("１＇２３４．５６", "1234.56"), ("1２3４.5６", "1234.56"),
];

/// What is refused at any scale.
#[rustfmt::skip]
const REFUSED: &[(&str, &str)] = &[
    ("", "Empty"), (" ", "Empty"), ("\t\n", "Empty"), ("\u{a0}", "Empty"), ("\u{3000}", "Empty"),
    ("-", "NoDigits"), ("+", "NoDigits"), ("¥", "NoDigits"), ("CNY", "NoDigits"), ("- CNY", "NoDigits"), ("(", "NoDigits"), ("CR", "NoDigits"),
    ("()", "LoneParenthesis"), ("(5", "LoneParenthesis"), ("5)", "LoneParenthesis"), (")5(", "LoneParenthesis"), ("5(", "LoneParenthesis"), ("(5))", "LoneParenthesis"),
    ("--5", "TwoSigns"), ("-5-", "TwoSigns"), ("+-5", "TwoSigns"), ("(-5)", "TwoSigns"), ("-(5)", "TwoSigns"), ("(5)-", "TwoSigns"), ("((5))", "TwoSigns"),
    ("-5 CR", "TwoSigns"), ("-5 DR", "TwoSigns"), ("+5 CR", "TwoSigns"), ("(5) CR", "TwoSigns"), ("(5 CR)", "TwoSigns"), ("CR 5 CR", "TwoSigns"),
    ("CR 5 DR", "TwoSigns"), ("借 5 贷", "TwoSigns"), ("5--", "TwoSigns"), ("\u{2212}5\u{ff0d}", "TwoSigns"),
    ("€5$", "TwoCurrencies"), ("EUR 5 USD", "TwoCurrencies"), ("€5 USD", "TwoCurrencies"), ("CNY ¥5元", "TwoCurrencies"), ("JPY 5元", "TwoCurrencies"),
    ("HK$5 USD", "TwoCurrencies"), ("£5€", "TwoCurrencies"),
    ("12,34", "BadGrouping"), ("1,2", "BadGrouping"), ("1234,56", "BadGrouping"), ("1234,567", "BadGrouping"), ("1,2345", "BadGrouping"), ("1,23,45", "BadGrouping"),
    ("1,23.45", "BadGrouping"), ("12,34.56", "BadGrouping"), ("1234,567.89", "BadGrouping"), ("1,2345.67", "BadGrouping"), ("1,234,56", "BadGrouping"),
    ("123,45,678", "BadGrouping"), ("1,234,5678", "BadGrouping"), ("1.23.45", "BadGrouping"), ("12.34.567", "BadGrouping"), ("27.05.2013", "BadGrouping"),
    ("1 23", "BadGrouping"), ("1 2345", "BadGrouping"), ("5 5", "BadGrouping"), ("1  234", "TwoNumbers"), ("1'23", "BadGrouping"), ("1 2345 6789", "BadGrouping"),
    (",5", "BadGrouping"), ("5,", "BadGrouping"), ("-,5", "BadGrouping"), (",234", "BadGrouping"), ("'234", "BadGrouping"), ("1,234,", "BadGrouping"), ("1.234,", "BadGrouping"),
    (".", "BadGrouping"), (",", "BadGrouping"), ("-.", "BadGrouping"), ("1..2", "BadGrouping"), ("1.,2", "BadGrouping"), ("5..", "BadGrouping"), ("1'", "BadGrouping"),
    ("0,50", "BadGrouping"), ("1,234,567,", "BadGrouping"), ("1,234-567", "TwoNumbers"),
    ("1,234.567,89", "MixedSeparators"), ("1.234,567.89", "MixedSeparators"), ("1,234 567", "MixedSeparators"), ("1'234 567", "MixedSeparators"),
    ("1 234'567.89", "MixedSeparators"), ("1,234'567", "MixedSeparators"), ("1.234 567", "MixedSeparators"), ("1.2,3.4", "MixedSeparators"),
    ("1,234.567.890", "MixedSeparators"),
    ("1e7", "Exponent"), ("1E7", "Exponent"), ("1e+07", "Exponent"), ("1.5e7", "Exponent"), ("-3.46945E-18", "Exponent"), ("1,234e5", "Exponent"), ("1e-2", "Exponent"),
    ("１ｅ７", "Exponent"), ("￥1e7", "Exponent"), ("1.e7", "Exponent"),
    ("0x1F", "Hexadecimal"), ("0xFF", "Hexadecimal"), ("0X10", "Hexadecimal"), ("-0x10", "Hexadecimal"),
    ("NaN", "NotANumber"), ("nan", "NotANumber"), ("-NaN", "NotANumber"), ("inf", "NotANumber"), ("-inf", "NotANumber"), ("Infinity", "NotANumber"), ("∞", "NotANumber"), ("-∞", "NotANumber"),
    ("abc", "Letters"), ("five", "Letters"), ("5x", "Letters"), ("x5", "Letters"), ("5e", "Letters"), ("5 e7", "Letters"), ("5E", "Letters"), ("1O.00", "Letters"), ("l2.00", "Letters"),
    ("NULL", "Letters"), ("N/A", "Letters"), ("cny 5", "Letters"), ("5 cny", "Letters"), ("ABC 5", "Letters"), ("5 CRX", "Letters"), ("CNYCR 5", "Letters"), ("5万", "Letters"),
    ("5元3角", "TwoNumbers"), ("true", "Letters"), ("五", "Letters"), ("壹", "Letters"), ("1E7X5", "Exponent"), ("zł5", "Letters"),
    ("5%", "UnknownCharacter"), ("5/2", "UnknownCharacter"), ("12:30", "UnknownCharacter"), ("1_000", "UnknownCharacter"), ("5*", "UnknownCharacter"), ("#5", "UnknownCharacter"),
    ("5\u{0}", "UnknownCharacter"), ("5\u{feff}", "UnknownCharacter"), ("\u{feff}5", "UnknownCharacter"), ("5;", "UnknownCharacter"), ("\"5\"", "UnknownCharacter"), ("=5", "UnknownCharacter"),
    ("1\t234", "UnknownCharacter"), ("–5", "UnknownCharacter"), ("—", "UnknownCharacter"), ("5\u{fffd}", "UnknownCharacter"), ("5。5", "UnknownCharacter"), ("1、234", "UnknownCharacter"),
    ("5 -3", "TwoNumbers"), ("2013-05-27", "TwoNumbers"), ("5 CR 3", "TwoNumbers"), ("5¥5", "TwoNumbers"), ("(5) 5", "TwoNumbers"), ("5+5", "TwoNumbers"),
    ("٣", "UnknownCharacter"), ("५", "UnknownCharacter"), ("½", "UnknownCharacter"), ("5²", "UnknownCharacter"),
];

#[test]
fn plain_numbers_are_read() {
    check(Some(2), &AUTO, PLAIN);
    check(Some(2), &POINT, PLAIN);
}

#[test]
fn signs_of_all_kinds_are_read() {
    check(Some(2), &AUTO, SIGNS);
}

#[test]
fn currencies_are_read_before_and_after() {
    check(Some(2), &AUTO, CURRENCIES);
}

#[test]
fn separators_are_read_where_they_show_their_meaning() {
    check(Some(2), &AUTO, SEPARATORS);
}

#[test]
fn what_means_nothing_certain_is_refused_by_name() {
    for scale in [None, Some(0), Some(2), Some(4)] {
        check(scale, &AUTO, REFUSED);
    }
}

#[test]
fn one_point_before_three_digits_is_ambiguous_unless_the_scale_has_room_for_them() {
    for scale in [None, Some(0), Some(1), Some(2)] {
        let refused = [
            "1.234",
            "12.345",
            "123.456",
            "-1.234",
            "1.500",
            "100.000",
            "￥1.234",
            "1.234-",
            "(1.234)",
            "１．２３４",
        ];
        check(scale, &AUTO, &refused.map(|text| (text, "Ambiguous")));
    }
    check(
        Some(3),
        &AUTO,
        &[
            ("1.234", "1.234"),
            ("12.345", "12.345"),
            ("-1.500", "-1.500"),
            ("(1.234)", "-1.234"),
        ],
    );
    check(
        Some(4),
        &AUTO,
        &[
            ("1.234", "1.2340"),
            ("1.2345", "1.2345"),
            ("1234.567", "1234.5670"),
        ],
    );
    check(
        None,
        &AUTO,
        &[
            ("1234.567", "1234.567"),
            ("0.125", "0.125"),
            ("1.2345", "1.2345"),
            ("1.23", "1.23"),
            (".125", "0.125"),
        ],
    );
}

#[test]
fn one_comma_before_three_digits_groups_only_where_the_scale_has_no_room_for_them() {
    check(Some(0), &AUTO, &[("1,234", "1234"), ("123,456", "123456")]);
    check(
        Some(2),
        &AUTO,
        &[
            ("1,234", "1234.00"),
            ("0,125", "Ambiguous"),
            ("0,001", "Ambiguous"),
        ],
    );
    for scale in [None, Some(3), Some(4), Some(18)] {
        check(
            scale,
            &AUTO,
            &[
                ("1,234", "Ambiguous"),
                ("-12,345", "Ambiguous"),
                ("0,125", "Ambiguous"),
                ("１，２３４", "Ambiguous"),
            ],
        );
    }
    check(
        None,
        &AUTO,
        &[
            ("1,234,567", "1234567"),
            ("1,234.5", "1234.5"),
            ("1 234", "1234"),
        ],
    );
}

#[test]
fn decimals_beyond_the_scale_must_be_zeros() {
    check(
        Some(2),
        &AUTO,
        &[
            ("1.2345", "ExcessDecimals"),
            ("0.001", "ExcessDecimals"),
            ("0.125", "ExcessDecimals"),
            ("10.0049", "ExcessDecimals"),
        ],
    );
    check(
        Some(2),
        &AUTO,
        &[
            ("1234.567", "ExcessDecimals"),
            ("1,234.567", "ExcessDecimals"),
            ("1.234,567", "ExcessDecimals"),
            ("-0.00001", "ExcessDecimals"),
        ],
    );
    check(
        Some(0),
        &AUTO,
        &[
            ("1.5", "ExcessDecimals"),
            ("1.0", "1"),
            ("1.00", "1"),
            ("1000.0000", "1000"),
            ("1,234.00", "1234"),
            ("0.0", "0"),
        ],
    );
    check(
        Some(2),
        &AUTO,
        &[
            ("0.29000000000000004", "ExcessDecimals"),
            ("0.30000000000000000000001", "ExcessDecimals"),
        ],
    );
}

#[test]
fn without_a_scale_the_amount_keeps_its_own() {
    check(
        None,
        &AUTO,
        &[
            ("5", "5"),
            ("5.0", "5.0"),
            ("5.00", "5.00"),
            ("1616.2300", "1616.2300"),
            ("(1,234.50)", "-1234.50"),
            ("5.", "5"),
            ("-0.00", "0.00"),
        ],
    );
}

#[test]
fn a_declared_decimal_sign_ends_the_doubt() {
    check(
        Some(2),
        &POINT,
        &[
            ("1.500", "1.50"),
            ("1.234", "ExcessDecimals"),
            ("1,234", "1234.00"),
            ("1,234.5", "1234.50"),
            ("12,34", "BadGrouping"),
            ("1.234,56", "MixedSeparators"),
            ("1.234.567", "MixedSeparators"),
        ],
    );
    check(
        None,
        &POINT,
        &[
            ("1.234", "1.234"),
            ("1,234", "1234"),
            ("1,234,567.125", "1234567.125"),
            ("5,", "BadGrouping"),
        ],
    );
    check(Some(4), &POINT, &[("1,234", "1234.0000")]);
    check(
        Some(2),
        &COMMA,
        &[
            ("12,34", "12.34"),
            ("1234,56", "1234.56"),
            ("0,5", "0.50"),
            (",5", "0.50"),
            ("5,", "5.00"),
            ("1.234", "1234.00"),
            ("1.234,56", "1234.56"),
            ("1 234,56", "1234.56"),
        ],
    );
    check(
        Some(2),
        &COMMA,
        &[
            ("1,500", "1.50"),
            ("1,234", "ExcessDecimals"),
            ("1,234.56", "MixedSeparators"),
            ("1,234,567", "MixedSeparators"),
            ("12.34", "BadGrouping"),
            ("1616.23", "BadGrouping"),
            ("-12,34 €", "-12.34"),
        ],
    );
    check(
        None,
        &COMMA,
        &[
            ("1,234", "1.234"),
            ("1.234.567", "1234567"),
            ("1234", "1234"),
            ("5.", "BadGrouping"),
        ],
    );
}

#[test]
fn a_plan_may_turn_credit_and_debit() {
    let turned = MoneyFormat {
        credit_is_negative: false,
        ..AUTO
    };
    check(
        Some(2),
        &turned,
        &[
            ("5 CR", "5.00"),
            ("5 DR", "-5.00"),
            ("Dr 5", "-5.00"),
            ("贷 5", "5.00"),
            ("借 5", "-5.00"),
            ("-5", "-5.00"),
            ("(5)", "-5.00"),
        ],
    );
}

#[test]
fn a_plan_may_name_the_currency() {
    let code: CurrencyCode = "CNY".parse().expect("a code");
    let yuan = MoneyFormat {
        currency: Some(code),
        ..AUTO
    };
    check(
        Some(2),
        &yuan,
        &[
            ("5", "5.00"),
            ("¥5", "5.00"),
            ("5元", "5.00"),
            ("CNY 5", "5.00"),
            ("RMB 5", "5.00"),
            ("CN¥5", "5.00"),
        ],
    );
    check(
        Some(2),
        &yuan,
        &[
            ("$5", "OtherCurrency"),
            ("USD 5", "OtherCurrency"),
            ("5€", "OtherCurrency"),
            ("JP¥5", "OtherCurrency"),
            ("HK$5", "OtherCurrency"),
        ],
    );
}

#[test]
fn marks_tell_the_currencies_that_an_amount_can_be_in() {
    let table: [(&str, &[&str]); 11] = [
        ("5.00", &[]),
        ("(1,234.50)", &[]),
        ("7.00 CR", &[]),
        ("5.00 EUR", &["EUR"]),
        ("JPY 5", &["JPY"]),
        ("€5", &["EUR"]),
        ("￥１，２３４", &["CNY", "JPY"]),
        ("¥5元", &["CNY"]),
        ("US$5", &["USD"]),
        ("no amount", &[]),
        ("¥$5", &[]),
    ];
    for (text, codes) in table {
        assert_eq!(currencies_beside(text), codes, "{text}");
    }
    let dollars = currencies_beside("$5");
    assert!(dollars.contains(&"USD") && dollars.contains(&"HKD"));
    assert_eq!(currencies_beside("$5 HKD"), ["HKD"]);
}

#[test]
fn more_digits_than_an_amount_holds_are_refused() {
    let nines = "9".repeat(38);
    check(Some(0), &AUTO, &[(&nines, &nines)]);
    check(None, &AUTO, &[(&nines, &nines)]);
    check(Some(2), &AUTO, &[(&nines, "TooManyDigits")]);
    let longer = "9".repeat(39);
    check(
        Some(0),
        &AUTO,
        &[
            (&longer, "TooManyDigits"),
            (&"1".repeat(5000), "TooManyDigits"),
        ],
    );
    check(None, &AUTO, &[(&longer, "TooManyDigits")]);
    check(
        Some(38),
        &AUTO,
        &[
            ("1", "TooManyDigits"),
            ("0", &format!("0.{}", "0".repeat(38))),
        ],
    );
    check(
        Some(37),
        &AUTO,
        &[
            ("1", &format!("1.{}", "0".repeat(37))),
            ("10", "TooManyDigits"),
        ],
    );
    check(
        Some(255),
        &AUTO,
        &[("1", "TooManyDigits"), ("0.5", "TooManyDigits")],
    );
    check(
        None,
        &AUTO,
        &[
            (
                &format!("0.{}1", "0".repeat(37)),
                &format!("0.{}1", "0".repeat(37)),
            ),
            (&format!("0.{}1", "0".repeat(38)), "TooManyDigits"),
        ],
    );
}

#[test]
fn messages_say_what_and_where() {
    let expect = [
        ("", "the amount is empty"),
        ("CNY", "`CNY` has no digits"),
        (
            "1.234",
            "`1.234` is ambiguous: it can be 1234 or 1.234, for nothing says which sign is the decimal one",
        ),
        (
            "0,125",
            "`0,125` is ambiguous: it can be 0125 or 0.125, for nothing says which sign is the decimal one",
        ),
        (" (-5)", "` (-5)` has a second sign at character 3"),
        (
            "(5",
            "`(5` has a parenthesis without its partner at character 1",
        ),
        ("€5 USD", "`€5 USD` names a second currency at character 4"),
        (
            "12,34",
            "`12,34` has digits that are not grouped in threes around the separator at character 3",
        ),
        (
            "1,234.567,89",
            "`1,234.567,89` mixes separators: no reading fits the one at character 6",
        ),
        (
            "-3.46945E-18",
            "`-3.46945E-18` has an exponent at character 9: it was a float, and its digits cannot be trusted",
        ),
        ("0x1F", "`0x1F` is hexadecimal"),
        ("NaN", "`NaN` is not a number"),
        (
            "￥12abc",
            "`￥12abc` has letters that mean nothing in an amount at character 4",
        ),
        (
            "5%",
            "`5%` has '%' at character 2, which has no place in an amount",
        ),
        (
            "5\u{1b}",
            "`5\\u{1b}` has '\\u{1b}' at character 2, which has no place in an amount",
        ),
        (
            "2013-05-27",
            "`2013-05-27` holds a second number at character 6",
        ),
        (
            "0.125",
            "`0.125` has 3 decimals, and scale 2 would lose some",
        ),
    ];
    for (text, message) in expect {
        let error = parse_money(text, Some(2)).expect_err(text);
        assert_eq!(error.to_string(), message);
    }
    let error = parse_money(&"7".repeat(100), Some(2)).expect_err("too many");
    assert_eq!(
        error.to_string(),
        format!(
            "`{}…` needs 102 digits, and an amount has at most 38",
            "7".repeat(60)
        )
    );
    let code: CurrencyCode = "CNY".parse().expect("a code");
    let yuan = MoneyFormat {
        currency: Some(code),
        ..AUTO
    };
    let error = parse_money_as("$5", None, &yuan).expect_err("dollars");
    assert_eq!(
        error.to_string(),
        "`$5` is not in CNY: it names another currency at character 1"
    );
}

/// Writes an amount with marks, as one of many houses would.
fn dressed(amount: Decimal, separators: (char, char), side: usize, currency: usize) -> String {
    let plain = Decimal::new(amount.mantissa.abs(), amount.scale).to_string();
    let (whole, decimals) = plain.split_once('.').expect("a scale above zero");
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            grouped.push(separators.0);
        }
        grouped.push(digit);
    }
    let body = format!("{grouped}{}{decimals}", separators.1);
    let (before, after) = [
        ("", ""),
        ("¥", ""),
        ("CNY ", ""),
        ("", "元"),
        ("", " CNY"),
        ("￥ ", " "),
    ][currency];
    if amount.is_negative() {
        match side {
            0 => format!("-{before}{body}{after}"),
            1 => format!("{before}-{body}{after}"),
            2 => format!("{before}{body}{after}-"),
            3 => format!("({before}{body}{after})"),
            4 => format!("{before}{body}{after} CR"),
            _ => format!("贷{before}{body}{after}"),
        }
    } else {
        match side {
            0 => format!("+{before}{body}{after}"),
            1 => format!("{before}{body}{after} DR"),
            _ => format!("{before}{body}{after}"),
        }
    }
}

fn widened(text: &str) -> String {
    let wide = |c: char| match c {
        '!'..='~' => char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c),
        other => other,
    };
    text.chars().map(wide).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn no_text_makes_it_panic(text: String, scale: Option<u8>) {
        let _ = parse_money(&text, scale);
        let _ = parse_money_as(&text, scale, &POINT);
        let _ = parse_money_as(&text, scale, &COMMA);
    }

    #[test]
    fn no_text_of_likely_characters_makes_it_panic(
        text in "[-+0-9０-９., '’()（）¥￥元$€eExCRDNYcr贷\u{a0}\u{202f}\u{2212}]{0,24}", scale in prop::option::of(0_u8..6),
    ) {
        for format in [&AUTO, &POINT, &COMMA] {
            if let Ok(amount) = parse_money_as(&text, scale, format) {
                // Whatever is read is made of the digits that are there, zeros at the ends apart.
                let digits: String = text.chars().filter_map(|c| match c {
                    '0'..='9' => Some(c),
                    '０'..='９' => char::from_u32(u32::from(c) - 0xfee0),
                    _ => None,
                }).collect();
                let read = amount.mantissa.unsigned_abs().to_string();
                prop_assert_eq!(read.trim_matches('0'), digits.trim_matches('0'));
                prop_assert!(scale.is_none_or(|scale| scale == amount.scale));
            }
        }
    }

    #[test]
    fn a_plain_amount_is_read_as_it_is_shown(mantissa in any::<i64>(), scale in 0_u8..19) {
        let amount = Decimal::new(i128::from(mantissa), scale);
        let text = amount.to_string();
        let at_scale = parse_money_as(&text, Some(scale), &POINT).expect("plain");
        prop_assert_eq!((at_scale.mantissa, at_scale.scale), (amount.mantissa, scale));
        let as_written = parse_money_as(&text, None, &POINT).expect("plain");
        prop_assert_eq!((as_written.mantissa, as_written.scale), (amount.mantissa, scale));
        match parse_money(&text, Some(scale)) {
            Ok(read) => prop_assert_eq!(read, amount),
            Err(error) => prop_assert!(false, "{}: {}", text, error),
        }
    }

    #[test]
    fn wide_amounts_are_read_as_they_are_shown(mantissa in -(10_i128.pow(38) - 1)..10_i128.pow(38), scale in 0_u8..39) {
        let amount = Decimal::new(mantissa, scale);
        let read = parse_money_as(&amount.to_string(), Some(scale), &POINT).expect("plain");
        prop_assert_eq!((read.mantissa, read.scale), (mantissa, scale));
    }

    #[test]
    fn a_dressed_amount_is_the_plain_one(
        mantissa in prop_oneof![any::<i64>(), -1_000_000_i64..1_000_000],
        scale in 1_u8..3,
        separators in prop::sample::select(vec![(',', '.'), ('.', ','), (' ', ','), ('\'', '.'), ('’', ','), ('\u{a0}', ','), ('\u{202f}', '.')]),
        side in 0_usize..6,
        currency in 0_usize..6,
        full_width: bool,
    ) {
        let amount = Decimal::new(i128::from(mantissa), scale);
        let text = dressed(amount, separators, side, currency);
        let text = if full_width { widened(&text) } else { text };
        let decimal = if separators.1 == ',' { DecimalSign::Comma } else { DecimalSign::Point };
        let format = MoneyFormat { decimal: Some(decimal), ..AUTO };
        match parse_money_as(&text, Some(scale), &format) {
            Ok(read) => prop_assert_eq!(read, amount, "{}", text),
            Err(error) => prop_assert!(false, "{}: {}", text, error),
        }
        // Without a declared sign it is the same amount or none, never another.
        if let Ok(read) = parse_money(&text, Some(scale)) {
            prop_assert_eq!(read, amount, "{}", text);
        }
    }

    #[test]
    fn the_short_way_and_the_long_way_agree(text in "-?[0-9]{0,20}(\\.[0-9]{0,6})?", scale in prop::option::of(0_u8..8)) {
        // A wide blank before the amount changes nothing but the way it takes.
        let (short, long) = (parse_money(&text, scale), parse_money(&format!("\u{3000}{text}"), scale));
        match (&short, &long) {
            (Ok(short), Ok(long)) => prop_assert_eq!((short.mantissa, short.scale), (long.mantissa, long.scale)),
            (Err(_), Err(_)) => {}
            _ => prop_assert!(false, "{:?} {:?}", short, long),
        }
    }
}
