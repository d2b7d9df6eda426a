use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::trial::{Fit, Trial, reason};

// Cause: M1 bit flip | 位翻转
//
// One bit of the stored value turned: of the amount in minor units, or of one character. Two values
// that differ in one bit may differ so by chance: the checksum of the chunk decides.
//
// expected:
//     id:key,amount:money
//     1,1000.00
// target:
//     1,1000.08
// says: M1 consistent; amount: 1000.00 became 1000.08: bit 3 of its minor units turned
pub(crate) const BIT_FLIP: Cause = Cause {
    id: CauseId::M1,
    en: "bit flip",
    zh: "位翻转",
    ways: &[Way::Field(offer)],
};

fn offer(_: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    if let (Some(minor), Some(pair)) = (field.minor(), field.numbers)
        && let Some(bit) = lone_bit(minor.expected, minor.actual)
    {
        trial.number(field, pair.actual, Fit::Loose, || {
            reason(
                format!("bit {bit} of its minor units turned"),
                format!("以最小单位计的第 {bit} 位翻转"),
            )
        });
        return;
    }
    let days = field
        .days
        .and_then(|pair| lone_bit(pair.expected.into(), pair.actual.into()));
    let micros = field.micros.and_then(|pair| {
        lone_bit(pair.expected.into(), pair.actual.into()).or_else(|| {
            let seconds = |micros: i64| i128::from(micros.div_euclid(1_000_000));
            let millis = |micros: i64| i128::from(micros.div_euclid(1_000));
            let same_rest =
                |unit: i64| pair.expected.rem_euclid(unit) == pair.actual.rem_euclid(unit);
            lone_bit(seconds(pair.expected), seconds(pair.actual))
                .filter(|_| same_rest(1_000_000))
                .or_else(|| {
                    lone_bit(millis(pair.expected), millis(pair.actual))
                        .filter(|_| same_rest(1_000))
                })
        })
    });
    let says = |place: usize| {
        reason(
            format!("one bit of its byte {place} turned"),
            format!("第 {place} 个字节有一位翻转"),
        )
    };
    let of_text = field
        .texts()
        .and_then(|texts| lone_byte(texts.expected, texts.actual));
    let of_number = || reason("one bit of its number turned", "其数值有一位翻转");
    match of_text {
        Some(place) => offer_actual(field, trial, || says(place)),
        None if days.or(micros).is_some() => offer_actual(field, trial, of_number),
        None => {}
    }
}

fn offer_actual(
    field: &Field<'_>,
    trial: &mut Trial<'_>,
    says: impl FnOnce() -> crate::explanation::Says,
) {
    if let Some(pair) = field.numbers {
        trial.number(field, pair.actual, Fit::Loose, says);
    } else {
        trial.text(field, field.actual, Fit::Loose, says);
    }
}

/// Gives the bit in which two numbers of 64 bits differ, where it is only one.
fn lone_bit(one: i128, other: i128) -> Option<u32> {
    let bits = |value: i128| i64::try_from(value).ok();
    let differing = (bits(one)? ^ bits(other)?).cast_unsigned();
    (differing.count_ones() == 1).then(|| differing.trailing_zeros())
}

/// Gives the place, from 1, of the one byte in which two texts differ by one bit.
fn lone_byte(one: &str, other: &str) -> Option<usize> {
    if one.len() != other.len() {
        // A bit that turned in a longer character leaves a replacement character.
        return None;
    }
    let mut differing = one
        .bytes()
        .zip(other.bytes())
        .enumerate()
        .filter(|(_, (one, other))| one != other);
    let (place, (one, other)) = differing.next()?;
    let is_lone = (one ^ other).count_ones() == 1 && differing.next().is_none();
    is_lone.then(|| place.saturating_add(1))
}

// Cause: M2 tampering | 篡改
//
// Somebody changed a record that is plausible as it stands. It is named beside causes that were only
// fitted to the amount which the target holds, and never proved.
//
// needs: the chain of digests of the books and of the manifests, and the list of changes that were asked for
pub(crate) const TAMPERING: Cause = Cause {
    id: CauseId::M2,
    en: "tampering",
    zh: "篡改",
    ways: &[Way::Evidence(
        "the chain of digests of the books and of the manifests, and the list of changes that were asked for",
    )],
};
