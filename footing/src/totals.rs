//! Control totals: exact sums per money column and currency, and the same crossed by other columns.

use arrow_buffer::i256;
use std::collections::BTreeMap;

/// An exact sum with its counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Total {
    /// Records that were added.
    pub records: u64,
    /// Records among them whose amount is NULL; they add nothing.
    pub nulls: u64,
    narrow: i128,
    wide: i256,
}

impl Total {
    /// A sum that was made elsewhere, as a whole number of the column's smallest unit.
    pub fn from_parts(records: u64, nulls: u64, sum: i256) -> Self {
        Self {
            records,
            nulls,
            narrow: 0,
            wide: sum,
        }
    }

    /// Adds a value; the narrow sum spills into the wide one before it could overflow.
    #[inline]
    pub(crate) fn add(&mut self, value: i128) -> Option<()> {
        match self.narrow.checked_add(value) {
            Some(sum) => self.narrow = sum,
            None => {
                self.wide = self.wide.checked_add(i256::from_i128(self.narrow))?;
                self.narrow = value;
            }
        }
        Some(())
    }

    pub(crate) fn add_wide(&mut self, value: i256) -> Option<()> {
        self.wide = self.wide.checked_add(value)?;
        Some(())
    }

    /// Adds another total; none beyond 2^255.
    pub fn merge(&mut self, other: &Self) -> Option<()> {
        self.wide = self.wide.checked_add(other.sum()?)?;
        self.records += other.records;
        self.nulls += other.nulls;
        Some(())
    }

    /// The sum, as a whole number of the column's smallest unit; none beyond 2^255.
    pub fn sum(&self) -> Option<i256> {
        self.wide.checked_add(i256::from_i128(self.narrow))
    }
}

/// The control totals of one side: per money column (in the layout's order), per currency.
pub type Totals = Vec<BTreeMap<String, Total>>;

/// More groups than this are not crossed: the table would be no help to a reader.
pub const CROSSED_MAX: usize = 1 << 20;

/// One group of the crossed totals: the values of the foot columns, then the currency.
pub type Group = Vec<Option<String>>;

/// Totals crossed by the foot columns.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Crossed {
    /// Records and one total per money column, for each group; none where there were too many.
    pub groups: Option<BTreeMap<Group, CrossedLine>>,
}

/// One line of the crossed totals.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct CrossedLine {
    /// Records of the group.
    pub records: u64,
    /// One total per money column.
    pub totals: Vec<Total>,
}

impl Crossed {
    /// Adds other groups; none where a sum is beyond 2^255.
    pub fn merge(&mut self, other: Self) -> Option<()> {
        let (Some(own), Some(other)) = (&mut self.groups, other.groups) else {
            self.groups = None;
            return Some(());
        };
        for (group, line) in other {
            let own = own.entry(group).or_default();
            own.records += line.records;
            own.totals
                .resize(line.totals.len().max(own.totals.len()), Total::default());
            for (own, total) in own.totals.iter_mut().zip(&line.totals) {
                own.merge(total)?;
            }
        }
        if own.len() > CROSSED_MAX {
            self.groups = None;
        }
        Some(())
    }
}

/// The decimal text of an exact sum, with `scale` decimals.
pub fn sum_text(sum: i256, scale: i8) -> String {
    let digits = sum.to_string();
    let (sign, digits) = digits
        .strip_prefix('-')
        .map_or(("", &digits[..]), |rest| ("-", rest));
    match usize::try_from(scale) {
        Ok(0) => format!("{sign}{digits}"),
        Ok(scale) => {
            let padded = format!("{digits:0>width$}", width = scale + 1);
            let (whole, part) = padded.split_at(padded.len() - scale);
            format!("{sign}{whole}.{part}")
        }
        Err(_) if digits == "0" => "0".to_owned(),
        Err(_) => format!(
            "{sign}{digits}{}",
            "0".repeat(usize::from(scale.unsigned_abs()))
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_beyond_128_bits_is_exact() {
        let mut total = Total::default();
        for _ in 0..5 {
            total.add(i128::MAX).expect("fits");
        }
        let expected = i256::from_i128(i128::MAX).checked_mul(i256::from_i128(5));
        assert_eq!(total.sum(), expected);
    }

    #[test]
    fn a_sum_beyond_256_bits_is_an_error_not_a_number() {
        let mut total = Total::default();
        assert!(total.add_wide(i256::MAX).is_some());
        assert!(total.add_wide(i256::ONE).is_none());
    }

    #[test]
    fn sums_are_written_with_their_decimals() {
        let check = |sum: i128, scale, expect: &str| {
            assert_eq!(sum_text(i256::from_i128(sum), scale), expect);
        };
        check(0, 2, "0.00");
        check(1, 2, "0.01");
        check(-1, 2, "-0.01");
        check(-123_456, 2, "-1234.56");
        check(7, 0, "7");
        check(7, -3, "7000");
        check(0, -3, "0");
        check(10, 18, "0.000000000000000010");
    }
}
