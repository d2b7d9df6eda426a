//! Any text is an amount or a refusal, and an amount reads back as itself.

use ledger::{DecimalSign, MoneyFormat, parse_money, parse_money_as};

/// The first byte chooses the decimal sign and whether a scale is given, the second is the scale,
/// counted from the digit 0; the others are the text. Says whether it is an amount.
pub(crate) fn check(bytes: &[u8]) -> bool {
    let [how, scale, text @ ..] = bytes else {
        return false;
    };
    let Ok(text) = std::str::from_utf8(text) else {
        return false;
    };
    let scale = (how & 4 != 0).then_some(scale.wrapping_sub(b'0'));
    let format = MoneyFormat {
        decimal: match how & 3 {
            1 => Some(DecimalSign::Comma),
            2 => Some(DecimalSign::Point),
            _ => None,
        },
        ..MoneyFormat::DEFAULT
    };
    let Ok(amount) = parse_money_as(text, scale, &format) else {
        return false;
    };
    if let Some(scale) = scale {
        assert_eq!(amount.scale, scale);
    }
    let written = amount.to_string();
    let again = parse_money(&written, Some(amount.scale)).expect("an amount can be read back");
    assert_eq!((again, again.scale), (amount, amount.scale), "{written}");
    true
}
