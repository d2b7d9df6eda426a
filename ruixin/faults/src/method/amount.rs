//! Amounts: what keyboards, floats and narrow fields do to money. A fen is never lost here by a
//! formula that imitates a float: the float itself loses it.

use crate::change::Damage;
use crate::known::Known;
use crate::method::Fault;
use crate::view::{DEBIT, Row};

/// B1 transposition 数字颠倒: two adjacent digits that differ changed places.
pub(super) fn transposed(row: &Row<'_>, fault: &Fault, _: &Known) -> Option<Damage> {
    let outcomes = transpositions(row.amount()?.fen);
    let at = fault.draw.checked_rem(outcomes.len() as u64)?;
    moved(row, *outcomes.get(usize::try_from(at).ok()?)?)
}

/// B2 slide / scale 错位, 元分混淆: N = E·100, fen were taken for yuan.
pub(super) fn slid(row: &Row<'_>, _: &Fault, _: &Known) -> Option<Damage> {
    moved(row, row.amount()?.fen.checked_mul(100)?)
}

/// B3 float conversion 浮点: N = trunc(double(yuan)·100), which loses a fen of some amounts.
pub(super) fn cut_by_a_double(row: &Row<'_>, _: &Fault, _: &Known) -> Option<Damage> {
    moved(row, through_double(row.amount()?.fen))
}

/// B4 float of 32 bits, exponent format: |O| > 2^24 fen and N = f32(O); or six digits of text.
pub(super) fn rounded_to_a_float(row: &Row<'_>, _: &Fault, _: &Known) -> Option<Damage> {
    moved(row, through_float(row.amount()?.fen))
}

/// B8 truncation, overflow 截断溢出: N = O mod 10^w, or it wraps around at 2^31.
pub(super) fn overflowed(row: &Row<'_>, _: &Fault, _: &Known) -> Option<Damage> {
    moved(row, through_narrow_field(row.amount()?.fen)?)
}

/// B9 sign lost or doubled 正负号: N = −E.
pub(super) fn negated(row: &Row<'_>, _: &Fault, _: &Known) -> Option<Damage> {
    moved(row, row.amount()?.fen.checked_neg()?)
}

/// B10 gross for net 手续费口径: |d| = the fee. What the customer pays loses the fee, what comes in
/// gains it; and gains it too where nothing but the fee was paid.
pub(super) fn mixed_with_the_fee(row: &Row<'_>, fault: &Fault, _: &Known) -> Option<Damage> {
    let amount = row.amount()?;
    let net = amount.fen.checked_sub(fault.fen)?;
    let gross = amount.fen.checked_add(fault.fen)?;
    let is_paid = amount.column == DEBIT && net != 0;
    moved(row, if is_paid { net } else { gross })
}

fn moved(row: &Row<'_>, fen: i128) -> Option<Damage> {
    row.with_amount(fen).map(Damage::Change)
}

/// Every number that comes of two neighbouring digits; the first digit does not become a zero.
fn transpositions(fen: i128) -> Vec<i128> {
    let digits = fen.unsigned_abs().to_string().into_bytes();
    let differing = (1..digits.len()).filter(|at| digits[at - 1] != digits[*at]);
    let swapped = differing.map(|at| {
        let mut digits = digits.clone();
        digits.swap(at - 1, at);
        digits
    });
    let kept = swapped.filter(|digits| digits[0] != b'0');
    let numbers = kept.filter_map(|digits| String::from_utf8(digits).ok()?.parse::<i128>().ok());
    numbers.map(|number| number * fen.signum()).collect()
}

/// `(long)(yuan * 100.0)`, as it stands in many a program.
#[expect(clippy::cast_possible_truncation, reason = "this is the damage")]
fn through_double(fen: i128) -> i128 {
    let yuan: f64 = in_yuan(fen).parse().unwrap_or(f64::NAN);
    i128::from((yuan * 100.0) as i64)
}

/// The amount as text in yuan, which is what a program reads its double from.
fn in_yuan(fen: i128) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}

/// A float of 32 bits holds 24 of them: `f32(fen)`. Where that is enough, the float was written as
/// text, `out << yuan`, which keeps six digits.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "this is the damage"
)]
fn through_float(fen: i128) -> i128 {
    let kept = (fen as f32) as i128;
    if kept == fen { six_digits(fen) } else { kept }
}

#[expect(clippy::cast_possible_truncation, reason = "this is the damage")]
fn six_digits(fen: i128) -> i128 {
    let yuan: f32 = in_yuan(fen).parse().unwrap_or(f32::NAN);
    let read: f64 = format!("{yuan:.5e}").parse().unwrap_or(f64::NAN);
    (read * 100.0).round() as i128
}

/// Over 2^31 fen an `int` wraps around; below that a field of six digits, up to 9,999.99, loses what
/// stands before. Nothing where the amount has room, or where nothing would be left of it.
#[expect(clippy::cast_possible_truncation, reason = "this is the damage")]
fn through_narrow_field(fen: i128) -> Option<i128> {
    const FIELD: i128 = 10_i128.pow(6);
    let kept = match i32::try_from(fen) {
        Ok(_) => fen % FIELD,
        Err(_) => i128::from(fen as i32),
    };
    (kept != fen && kept != 0).then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_digits_change_places_and_the_sign_stays() {
        assert_eq!(transpositions(1_223), [2_123, 1_232]);
        assert_eq!(transpositions(-102), [-120]);
        assert_eq!(transpositions(777), [] as [i128; 0]);
        assert_eq!(transpositions(5), [] as [i128; 0]);
    }

    #[test]
    fn a_double_loses_one_fen_of_4586_of_the_first_100000_amounts_and_never_more() {
        let lost = (0..100_000).filter(|fen| through_double(*fen) != *fen);
        let lost: Vec<i128> = lost.collect();
        assert_eq!(lost.len(), 4_586);
        assert!(lost.iter().all(|fen| through_double(*fen) == fen - 1));
        assert_eq!(through_double(29), 28);
        assert_eq!(through_double(-29), -28);
    }

    #[test]
    fn a_float_holds_24_bits_and_writes_six_digits() {
        assert_eq!(through_float(16_777_217), 16_777_216);
        assert_eq!(through_float(123_456_789), 123_456_792);
        assert_eq!(through_float(1_234_567), 1_234_570);
        assert_eq!(through_float(-1_234_567), -1_234_570);
        assert_eq!(through_float(999_999), 999_999);
    }

    #[test]
    fn narrow_fields_lose_leading_digits_and_integers_wrap() {
        assert_eq!(through_narrow_field(999_999), None);
        assert_eq!(through_narrow_field(12_345_678), Some(345_678));
        assert_eq!(through_narrow_field(-12_345_678), Some(-345_678));
        assert_eq!(through_narrow_field(10_000_000), None);
        assert_eq!(through_narrow_field(3_000_000_000), Some(-1_294_967_296));
    }
}
