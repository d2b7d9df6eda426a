//! Currencies.

use ledger::{CurrencyCode, minor_units};

#[test]
fn minor_units_are_those_of_iso_4217() {
    let expect = [
        ("CNY", Some(2)),
        ("USD", Some(2)),
        ("EUR", Some(2)),
        ("GBP", Some(2)),
        ("JPY", Some(0)),
        ("KRW", Some(0)),
        ("KWD", Some(3)),
        ("BHD", Some(3)),
        ("CLF", Some(4)),
        ("XAU", None),
        ("cny", None),
        ("RMB", None),
        ("", None),
        ("CN", None),
        ("CNYX", None),
    ];
    for (code, units) in expect {
        assert_eq!(minor_units(code), units, "{code}");
    }
}

#[test]
fn a_code_is_shown_as_it_is_read() {
    let code: CurrencyCode = "HKD".parse().expect("a code");
    assert_eq!(
        (code.as_str(), code.to_string().as_str(), code.minor_units()),
        ("HKD", "HKD", Some(2))
    );
    let error = "hkd"
        .parse::<CurrencyCode>()
        .expect_err("codes are in upper case");
    assert_eq!(error.to_string(), "`hkd` is no currency code of ISO 4217");
}
