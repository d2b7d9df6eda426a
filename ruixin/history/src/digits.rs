//! Numbers as the old system writes them: text of a fixed length, made of digits only.

use std::fmt;

/// Is a text of `N` digits: a serial, an account or an order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digits<const N: usize>([u8; N]);

impl<const N: usize> Digits<N> {
    /// All noughts.
    pub(crate) const fn zeros() -> Self {
        Self([b'0'; N])
    }

    /// Gives the digits as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("digits are ASCII")
    }

    /// Gives the digits as bytes.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Writes a text of digits at a place.
    #[inline]
    pub(crate) fn put(&mut self, at: usize, digits: &[u8]) {
        self.0[at..at + digits.len()].copy_from_slice(digits);
    }

    /// Writes a number into `width` places from `at` on, with leading noughts.
    #[inline]
    pub(crate) fn put_number(&mut self, at: usize, width: usize, number: u64) {
        write_number(&mut self.0[at..at + width], number);
    }
}

/// Fills a slice with the last digits of a number.
#[inline]
pub(crate) fn write_number(place: &mut [u8], mut number: u64) {
    let mut pairs = place.rchunks_exact_mut(2);
    for pair in &mut pairs {
        let two = (number % 100) as usize * 2;
        number /= 100;
        pair.copy_from_slice(&PAIRS[two..two + 2]);
    }
    if let [first] = pairs.into_remainder() {
        *first = b'0' + (number % 10) as u8;
    }
}

const PAIRS: [u8; 200] = pairs();

const fn pairs() -> [u8; 200] {
    let mut all = [0; 200];
    let mut number = 0;
    while number < 100 {
        all[number * 2] = b'0' + (number / 10) as u8;
        all[number * 2 + 1] = b'0' + (number % 10) as u8;
        number += 1;
    }
    all
}

impl<const N: usize> fmt::Display for Digits<N> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl<const N: usize> fmt::Debug for Digits<N> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fill_their_places_from_the_right() {
        let mut digits = Digits::<9>::zeros();
        digits.put_number(0, 5, 1_234);
        digits.put(5, b"77");
        digits.put_number(7, 2, 305);
        assert_eq!(digits.as_str(), "012347705");
    }
}
