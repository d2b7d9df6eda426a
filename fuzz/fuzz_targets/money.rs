//! Any text is an amount or a refusal, and an amount reads back as itself.
#![no_main]

use ledger::{DecimalSign, MoneyFormat, parse_money, parse_money_as};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, Option<u8>, Option<bool>)| {
    let (text, scale, comma) = input;
    let format = MoneyFormat {
        decimal: comma.map(|comma| match comma {
            true => DecimalSign::Comma,
            false => DecimalSign::Point,
        }),
        ..MoneyFormat::DEFAULT
    };
    let Ok(amount) = parse_money_as(text, scale, &format) else {
        return;
    };
    if let Some(scale) = scale {
        assert_eq!(amount.scale, scale);
    }
    let written = amount.to_string();
    let again = parse_money(&written, Some(amount.scale)).expect("an amount can be read back");
    assert_eq!((again, again.scale), (amount, amount.scale), "{written}");
});
