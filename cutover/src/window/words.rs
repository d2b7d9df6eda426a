//! How long a time is, in words.

use jiff::SignedDuration;

/// Says how long, in its two largest units: `2h 5m`, `45m`, `12s`, `3d 4h`. Parts of a
/// second are not told.
pub(crate) fn in_words(long: SignedDuration) -> String {
    let long = long.unsigned_abs();
    let seconds = long.as_secs();
    if seconds == 0 {
        return "less than 1s".to_owned();
    }
    let units = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (size, unit) in units {
        let count = rest.checked_div(size).unwrap_or_default();
        rest = rest.checked_rem(size).unwrap_or_default();
        // Once a unit was told, only the next smaller one is.
        match (parts.len(), count) {
            (0, 0) => {}
            (0, count) => parts.push(format!("{count}{unit}")),
            (_, 0) => break,
            (_, count) => {
                parts.push(format!("{count}{unit}"));
                break;
            }
        }
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_its_two_largest_units() {
        for (millis, expect) in [
            (0, "less than 1s"),
            (999, "less than 1s"),
            (1_000, "1s"),
            (61_000, "1m 1s"),
            (2_700_000, "45m"),
            (7_500_000, "2h 5m"),
            (3_601_000, "1h"),
            (273_600_000, "3d 4h"),
            (-60_000, "1m"),
        ] {
            assert_eq!(in_words(SignedDuration::from_millis(millis)), expect);
        }
    }
}
