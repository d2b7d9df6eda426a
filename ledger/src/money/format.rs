//! Writes amounts.

use std::fmt::Write as _;

/// Writes the amount `mantissa` / 10^`scale` with all its decimals: `-1234`, 2 gives `-12.34`.
///
/// A scale below zero adds zeros: `5`, -2 gives `500`.
pub fn format_decimal(mantissa: i128, scale: i8) -> String {
    let mut text = String::new();
    push_decimal(&mut text, mantissa, scale);
    text
}

/// Writes the same as [`format_decimal`] to the end of a text.
pub fn push_decimal(text: &mut String, mantissa: i128, scale: i8) {
    if mantissa < 0 {
        text.push('-');
    }
    push_magnitude(text, mantissa.unsigned_abs(), i16::from(scale));
}

/// Writes an amount without its sign.
pub(super) fn push_magnitude(text: &mut String, magnitude: u128, scale: i16) {
    let start = text.len();
    // Formatting 64 bits is several times faster, and amounts of money fit nearly always.
    let written = match u64::try_from(magnitude) {
        Ok(small) => write!(text, "{small}"),
        Err(_) => write!(text, "{magnitude}"),
    };
    written.expect("a string takes whatever is written");
    let digits = text.len().saturating_sub(start);
    let decimals = usize::from(scale.unsigned_abs());
    if scale <= 0 {
        let zeros = if magnitude == 0 { 0 } else { decimals };
        text.extend(std::iter::repeat_n('0', zeros));
    } else if digits > decimals {
        text.insert(text.len().saturating_sub(decimals), '.');
    } else {
        let zeros = decimals.saturating_sub(digits);
        text.insert_str(start, "0.");
        let after_point = start.saturating_add(2);
        (0..zeros).for_each(|_| text.insert(after_point, '0'));
    }
}
