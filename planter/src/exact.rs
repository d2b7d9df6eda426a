//! Exact decimals, written apart from the engine so that both can be held against each other.

use std::fmt;

/// Is a decimal number: `digits` shifted to the right by `scale` places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exact {
    digits: i128,
    scale: u32,
}

/// Says what becomes of the decimals that an amount loses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    HalfUp,
    HalfEven,
    /// Toward zero.
    Down,
    /// Away from zero.
    Up,
    /// Toward negative infinity, as an arithmetic shift or an integer division of some languages does.
    Floor,
}

impl Mode {
    pub(crate) const ALL: [Self; 5] = [
        Self::HalfUp,
        Self::HalfEven,
        Self::Down,
        Self::Up,
        Self::Floor,
    ];
}

impl Exact {
    pub(crate) const fn new(digits: i128, scale: u32) -> Self {
        Self { digits, scale }
    }

    /// Reads `-12.30`: a sign, digits, one point at most.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (negative, plain) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, decimals) = plain.split_once('.').unwrap_or((plain, ""));
        let joined = format!("{whole}{decimals}");
        let is_plain = !whole.is_empty() && joined.bytes().all(|byte| byte.is_ascii_digit());
        let point_has_digits = plain.contains('.') != decimals.is_empty();
        if !is_plain || !point_has_digits {
            return None;
        }
        let digits: i128 = joined.parse().ok()?;
        let scale = u32::try_from(decimals.len()).ok()?;
        Some(Self::new(if negative { -digits } else { digits }, scale))
    }

    pub(crate) fn is_zero(self) -> bool {
        self.digits == 0
    }

    pub(crate) fn is_negative(self) -> bool {
        self.digits < 0
    }

    pub(crate) fn abs(self) -> Self {
        Self::new(self.digits.abs(), self.scale)
    }

    /// The number of units of this scale; `None` where decimals would be lost.
    pub(crate) fn units(self, scale: u32) -> Option<i128> {
        let (digits, factor) = (self.digits, power(self.scale.abs_diff(scale)));
        if scale >= self.scale {
            return digits.checked_mul(factor);
        }
        (digits % factor == 0).then_some(digits / factor)
    }

    /// Times a power of ten, at the same scale; `None` where decimals would be lost.
    pub(crate) fn shifted(self, places: i32) -> Option<Self> {
        let factor = power(places.unsigned_abs());
        if places >= 0 {
            return Some(Self::new(self.digits.checked_mul(factor)?, self.scale));
        }
        (self.digits % factor == 0).then(|| Self::new(self.digits / factor, self.scale))
    }

    /// The digits at a scale that is no smaller.
    fn widened(self, scale: u32) -> i128 {
        self.digits * power(scale - self.scale)
    }

    pub(crate) fn round(self, scale: u32, mode: Mode) -> Self {
        if scale >= self.scale {
            return Self::new(self.widened(scale), scale);
        }
        let divisor = power(self.scale - scale);
        Self::new(divide(self.digits, divisor, mode), scale)
    }

    /// The quotient, rounded once.
    pub(crate) fn over(self, divisor: Self, scale: u32, mode: Mode) -> Self {
        let above = self.digits * power(scale + divisor.scale);
        let below = divisor.digits * power(self.scale);
        let sign = below.signum();
        Self::new(divide(above * sign, below * sign, mode), scale)
    }
}

impl std::ops::Neg for Exact {
    type Output = Self;

    fn neg(self) -> Self {
        Self::new(-self.digits, self.scale)
    }
}

impl std::ops::Add for Exact {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let scale = self.scale.max(other.scale);
        let (one, two) = (self.widened(scale), other.widened(scale));
        Self::new(one + two, scale)
    }
}

impl std::ops::Sub for Exact {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl std::ops::Mul for Exact {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Self::new(self.digits * other.digits, self.scale + other.scale)
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.digits < 0 { "-" } else { "" };
        let scale = self.scale as usize;
        let digits = format!("{:0>width$}", self.digits.unsigned_abs(), width = scale + 1);
        let (whole, decimals) = digits.split_at(digits.len() - scale);
        if scale == 0 {
            return write!(formatter, "{sign}{whole}");
        }
        write!(formatter, "{sign}{whole}.{decimals}")
    }
}

fn power(exponent: u32) -> i128 {
    10_i128.pow(exponent)
}

/// Divides by a positive number and rounds.
fn divide(above: i128, below: i128, mode: Mode) -> i128 {
    let (quotient, rest) = (above / below, above % below);
    let twice = (rest * 2).abs();
    let away = match mode {
        Mode::HalfUp => twice >= below,
        Mode::HalfEven => twice > below || (twice == below && quotient % 2 != 0),
        Mode::Down => false,
        Mode::Up => rest != 0,
        Mode::Floor => rest < 0,
    };
    if away && rest != 0 {
        quotient + above.signum()
    } else {
        quotient
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Exact {
        Exact::read(text).expect("plain")
    }

    #[test]
    fn plain_numbers_are_read_and_written_alike() {
        for text in ["0.00", "-0.29", "1234567890123.45", "7", "0.0060", "-100"] {
            assert_eq!(of(text).to_string(), text);
        }
        for text in ["", "-", ".5", "5.", "1,234.00", "1e7", "+3", "1.2.3", "--1"] {
            assert_eq!(Exact::read(text), None, "{text}");
        }
    }

    #[test]
    fn each_mode_rounds_as_its_name_says() {
        let rounded = |text: &str| Mode::ALL.map(|mode| of(text).round(2, mode).to_string());
        assert_eq!(rounded("0.125"), ["0.13", "0.12", "0.12", "0.13", "0.12"]);
        assert_eq!(rounded("0.135"), ["0.14", "0.14", "0.13", "0.14", "0.13"]);
        assert_eq!(
            rounded("-0.125"),
            ["-0.13", "-0.12", "-0.12", "-0.13", "-0.13"]
        );
        assert_eq!(rounded("0.121"), ["0.12", "0.12", "0.12", "0.13", "0.12"]);
        assert_eq!(rounded("0.12"), ["0.12"; 5]);
    }

    #[test]
    fn a_quotient_is_rounded_once() {
        assert_eq!(
            of("2.00").over(of("3"), 2, Mode::HalfUp).to_string(),
            "0.67"
        );
        assert_eq!(
            of("-10.00").over(of("3"), 2, Mode::Down).to_string(),
            "-3.33"
        );
        assert_eq!(
            of("100.00").over(of("1.0250"), 2, Mode::HalfUp).to_string(),
            "97.56"
        );
    }

    #[test]
    fn units_and_shifts_never_lose_a_decimal() {
        assert_eq!(of("0.29").units(2), Some(29));
        assert_eq!(of("0.295").units(2), None);
        assert_eq!(of("5").units(2), Some(500));
        assert_eq!(
            of("12.00").shifted(-2).map(|one| one.to_string()),
            Some("0.12".into())
        );
        assert_eq!(of("12.30").shifted(-3), None);
    }
}
