use ledger::Decimal;

use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::naming::CLOCK;
use crate::number;
use crate::trial::{Fit, Trial, reason};

// Cause: T6 unit of an epoch | 时间戳单位
//
// Seconds since 1970 are read as milliseconds, or the other way round.
//
// expected:
//     id:key,paid_at:instant
//     1,2013-05-27T01:30:00Z
// target:
//     1,1970-01-16T20:26:58.200Z
// says: T6 proved; paid_at: 2013-05-27T01:30:00Z became 1970-01-16T20:26:58.200Z: its epoch was divided by 1000
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::T6,
    en: "unit of an epoch",
    zh: "时间戳单位",
    ways: &[Way::Field(offer)],
};

fn offer(_: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    if let Some(pair) = field.micros {
        offer_instants(field, pair.expected, trial);
    }
    if let Some(pair) = field.days {
        let day = pair.expected.div_euclid(1_000);
        trial.day(field, day, Fit::Exact, || says("divided", "除以", 1_000));
    }
    if let Some(pair) = field
        .numbers
        .filter(|_| !field.column.is_money && field.is_named(CLOCK))
    {
        offer_numbers(field, pair.expected, trial);
    }
}

/// Nanoseconds in each unit that an epoch is kept in: seconds, and their parts by thousands.
const UNITS: [i128; 4] = [1_000_000_000, 1_000_000, 1_000, 1];

/// Counts an instant in one unit and reads the count in another. A unit that is too coarse for the
/// instant loses what is below it first.
fn offer_instants(field: &Field<'_>, expected: i64, trial: &mut Trial<'_>) {
    let nanos = i128::from(expected).saturating_mul(1_000);
    for kept in UNITS {
        let count = nanos.div_euclid(kept);
        for read in UNITS.into_iter().filter(|read| *read != kept) {
            let micros = count.saturating_mul(read).div_euclid(1_000);
            let Ok(micros) = i64::try_from(micros) else {
                continue;
            };
            let says = || says_of(kept, read);
            trial.instant(field, micros, Fit::Exact, says);
            // The target may not keep the decimals of a second.
            let whole = micros.saturating_sub(micros.rem_euclid(1_000_000));
            trial.instant(field, whole, Fit::Exact, says);
        }
    }
}

fn says_of(kept: i128, read: i128) -> crate::explanation::Says {
    let ratio = |large: i128, small: i128| {
        let factor = large.checked_div(small).unwrap_or(1);
        i64::try_from(factor).unwrap_or(i64::MAX)
    };
    if kept > read {
        says("divided", "除以", ratio(kept, read))
    } else {
        says("multiplied", "乘以", ratio(read, kept))
    }
}

fn offer_numbers(field: &Field<'_>, expected: Decimal, trial: &mut Trial<'_>) {
    for places in [3_i16, 6, 9] {
        let factor = 10_i64.saturating_pow(u32::from(places.unsigned_abs()));
        if let Some(multiplied) = number::slide(expected, places) {
            trial.number(field, multiplied, Fit::Exact, || {
                says("multiplied", "乘以", factor)
            });
        }
        let divided = number::slide(expected, places.saturating_neg())
            .and_then(|value| number::at_scale(value, field.scale(), ledger::Rounding::Down));
        if let Some(divided) = divided {
            trial.number(field, divided, Fit::Exact, || {
                says("divided", "除以", factor)
            });
        }
    }
}

fn says(en: &str, zh: &str, factor: i64) -> crate::explanation::Says {
    reason(
        format!("its epoch was {en} by {factor}"),
        format!("时间戳被{zh} {factor}"),
    )
}
