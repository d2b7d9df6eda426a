//! What can be told from the difference alone.

use super::chance::Chance;
use super::{DeskTest, PLACES_MAX};

/// The sizes of entries that would leave a difference of so many minor units, each size once, the
/// first test first.
pub(super) fn wanted(size: i128) -> Vec<(DeskTest, i128)> {
    let mut wanted: Vec<(DeskTest, i128)> = Vec::new();
    let mut want = |test, size: Option<i128>| {
        if let Some(size) = size.filter(|size| *size > 0)
            && wanted.iter().all(|(_, other)| *other != size)
        {
            wanted.push((test, size));
        }
    };
    want(DeskTest::Entry, Some(size));
    want(DeskTest::WrongSide, divided(size, 2));
    for places in 1..=PLACES_MAX {
        let (power, nines) = power_and_nines(places);
        // x became 10^n x: the difference is (10^n - 1) x.
        want(DeskTest::SlideUp { places }, divided(size, nines));
        // x became x / 10^n: the difference is (10^n - 1) x / 10^n.
        let scaled = size
            .checked_mul(power)
            .and_then(|size| divided(size, nines));
        want(DeskTest::SlideDown { places }, scaled);
    }
    wanted
}

/// 10^n and 10^n - 1.
fn power_and_nines(places: u32) -> (i128, i128) {
    let power = 10_i128.saturating_pow(places);
    (power, power.saturating_sub(1))
}

/// A quotient without rest.
fn divided(size: i128, divisor: i128) -> Option<i128> {
    let rest = size.checked_rem(divisor)?;
    (rest == 0).then(|| size.checked_div(divisor)).flatten()
}

/// The place and the step of two neighbouring digits whose swap leaves a difference of this size:
/// size = 9 × 10^place × step.
pub(super) fn swap(size: i128) -> Option<(u32, u32)> {
    let mut rest = divided(size, 9).filter(|rest| *rest > 0)?;
    let mut place = 0_u32;
    while let Some(tenth) = divided(rest, 10) {
        rest = tenth;
        place = place.saturating_add(1);
    }
    let step = u32::try_from(rest).ok().filter(|step| *step <= 9)?;
    Some((place, step))
}

/// Says whether an amount of minor units has neighbouring digits, the lower at a place, that differ
/// by so much. There are zeros in front of every amount.
pub(super) fn has_swap(minor: i128, place: u32, step: u32) -> bool {
    let digit = |place: u32| {
        let power = 10_u128.checked_pow(place)?;
        let digit = minor.unsigned_abs().checked_div(power)?.checked_rem(10)?;
        u32::try_from(digit).ok()
    };
    let digits = digit(place).zip(digit(place.saturating_add(1)));
    digits.is_some_and(|(low, high)| low.abs_diff(high) == step)
}

/// Of all differences with as many digits or fewer, those that a swap can leave: nine steps for each
/// place but the last, where only one fits.
pub(super) fn chance_of_swap(size: i128) -> Chance {
    let digits = size
        .unsigned_abs()
        .checked_ilog10()
        .unwrap_or(0)
        .saturating_add(1);
    let swaps = u128::from(digits.saturating_sub(1))
        .saturating_mul(9)
        .saturating_add(1);
    let all = 10_u128.saturating_pow(digits).saturating_sub(1);
    Chance::new(swaps, all)
}

/// Of all differences, those that a moved point can leave.
pub(super) fn chance_of_slide(test: DeskTest) -> Chance {
    let places = match test {
        DeskTest::SlideUp { places } | DeskTest::SlideDown { places } => places,
        _ => 0,
    };
    let (_, nines) = power_and_nines(places);
    Chance::new(1, nines.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_is_told_by_its_place_and_step() {
        let expect = [
            (9, Some((0, 1))),
            (27, Some((0, 3))),
            (81, Some((0, 9))),
            (90, Some((1, 1))),
            (99, None),
            (63_000, Some((3, 7))),
            (10, None),
            (0, None),
        ];
        for (size, swapped) in expect {
            assert_eq!(swap(size), swapped, "{size}");
        }
        assert!(has_swap(-41, 0, 3) && has_swap(14, 0, 3) && !has_swap(15, 0, 3));
    }

    #[test]
    fn swaps_are_counted_right() {
        for digits in 1..=5 {
            let end = 10_i128.pow(digits);
            let count = (1..end).filter(|size| swap(*size).is_some()).count() as u128;
            let chance = chance_of_swap(end - 1);
            assert_eq!(
                (chance.numerator, chance.denominator),
                (count, end.unsigned_abs() - 1)
            );
        }
    }

    #[test]
    fn every_wanted_size_leaves_the_difference() {
        for size in 1..2_000 {
            for (test, wanted) in wanted(size) {
                let left = match test {
                    DeskTest::Entry => wanted,
                    DeskTest::WrongSide => wanted * 2,
                    DeskTest::SlideUp { places } => wanted * 10_i128.pow(places) - wanted,
                    DeskTest::SlideDown { places } => wanted - wanted / 10_i128.pow(places),
                    DeskTest::Transposition { .. } | DeskTest::Sum { .. } => 0,
                };
                assert_eq!(left, size, "{test:?} {wanted}");
            }
        }
    }
}
