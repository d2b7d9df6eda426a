//! How the old system numbers its accounts, records, orders and the banks' lines.

use crate::calendar::{DAYS, FIRST_DAY, compact};
use crate::digits::Digits;
use crate::permutation::{Permutation, RANGE};
use crate::random::{Purpose, Random};

/// The shard number of the house's own accounts.
pub(crate) const HOUSE: u32 = 999;

/// Is who an account belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// A person: account numbers that begin with 6.
    User,
    /// A shop or company: account numbers that begin with 7.
    Merchant,
    /// The wallet itself: account numbers that begin with 9.
    House,
}

impl Owner {
    const ALL: [Owner; 3] = [Owner::User, Owner::Merchant, Owner::House];

    fn digit(self) -> u8 {
        match self {
            Owner::User => b'6',
            Owner::Merchant => b'7',
            Owner::House => b'9',
        }
    }
}

/// Says which account a number stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountPlace {
    /// Who it belongs to.
    pub owner: Owner,
    /// The shard that holds all of its records; 999 for the house.
    pub shard: u32,
    /// Its number within owner and shard, from 0.
    pub index: u64,
}

/// Is a shard's way of numbering the accounts of one kind of owner.
///
/// An account number has 16 digits: owner (1), a number that looks drawn by lot (11), a check digit
/// (1, Luhn), the shard (3).
#[derive(Debug, Clone, Copy)]
pub(crate) struct AccountNumbers {
    owner: Owner,
    shard: u32,
    permutation: Permutation,
}

impl AccountNumbers {
    pub(crate) fn new(seed: u64, owner: Owner, shard: u32) -> Self {
        let place = [owner as u64, u64::from(shard)];
        let mut random = Random::keyed(seed, Purpose::AccountNumber, place);
        Self {
            owner,
            shard,
            permutation: Permutation::new(&mut random),
        }
    }

    pub(crate) fn number(&self, index: u64) -> Digits<16> {
        let mut digits = Digits::zeros();
        digits.put(0, &[self.owner.digit()]);
        digits.put_number(1, 11, self.permutation.permute(index));
        digits.put_number(13, 3, u64::from(self.shard));
        digits.put(12, &[luhn(&digits.as_bytes()[..12])]);
        digits
    }
}

/// The number of an account by its place.
pub(crate) fn account(seed: u64, place: AccountPlace) -> Option<String> {
    let numbers = AccountNumbers::new(seed, place.owner, place.shard);
    let is_one = place.index < RANGE && place.shard <= HOUSE;
    is_one.then(|| numbers.number(place.index).to_string())
}

/// Tells which account a number stands for, or nothing if no account can have it.
pub(crate) fn locate(seed: u64, number: &str) -> Option<AccountPlace> {
    let bytes = number.as_bytes();
    if bytes.len() != 16 || !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let owner = Owner::ALL.into_iter().find(|one| one.digit() == bytes[0])?;
    let shard: u32 = number[13..].parse().ok()?;
    if luhn(&bytes[..12]) != bytes[12] || (owner == Owner::House) != (shard == HOUSE) {
        return None;
    }
    let permuted: u64 = number[1..12].parse().ok()?;
    let numbers = AccountNumbers::new(seed, owner, shard);
    Some(AccountPlace {
        owner,
        shard,
        index: numbers.permutation.restore(permuted),
    })
}

/// The digit that makes a number divisible the way of Luhn (ISO/IEC 7812-1).
fn luhn(digits: &[u8]) -> u8 {
    let weighed = digits.iter().rev().enumerate().map(|(at, digit)| {
        let value = u32::from(digit - b'0') * if at.is_multiple_of(2) { 2 } else { 1 };
        value / 10 + value % 10
    });
    b'0' + ((10 - weighed.sum::<u32>() % 10) % 10) as u8
}

/// Holds every day of the history as `YYYYMMDD`.
#[derive(Debug)]
pub(crate) struct DayTexts(Vec<[u8; 8]>);

impl DayTexts {
    pub(crate) fn new() -> Self {
        Self((0..DAYS as i32).map(|at| compact(FIRST_DAY + at)).collect())
    }

    #[inline]
    fn of(&self, day: i32) -> &[u8; 8] {
        &self.0[(day - FIRST_DAY) as usize]
    }

    /// The serial of a flow record: day (8), shard (3), number in the shard (9), check (2).
    #[inline]
    pub(crate) fn serial(&self, seed: u64, day: i32, shard: u32, number: u64) -> Digits<22> {
        let mut digits = Digits::zeros();
        digits.put(0, self.of(day));
        digits.put_number(8, 3, u64::from(shard));
        digits.put_number(11, 9, number);
        digits.put_number(20, 2, serial_check(seed, shard, number));
        digits
    }

    /// The id of an order: day (8), shard (3), number (10).
    #[inline]
    pub(crate) fn order(&self, order: OrderNumber) -> Digits<21> {
        let mut digits = Digits::zeros();
        digits.put(0, self.of(order.day));
        digits.put_number(8, 3, u64::from(order.shard));
        digits.put_number(11, 10, order.number);
        digits
    }

    /// The bank's own number of a line: a letter for the channel would not be digits; its place is
    /// used (1), day (6), shard (3), number in the shard (9).
    #[inline]
    pub(crate) fn bank(&self, channel: u8, day: i32, shard: u32, number: u64) -> Digits<19> {
        let mut digits = Digits::zeros();
        digits.put_number(0, 1, u64::from(channel) + 1);
        digits.put(1, &self.of(day)[2..]);
        digits.put_number(7, 3, u64::from(shard));
        digits.put_number(10, 9, number);
        digits
    }
}

/// Two digits that a serial made up by hand is unlikely to have.
pub(crate) fn serial_check(seed: u64, shard: u32, number: u64) -> u64 {
    let place = [u64::from(shard), number];
    Random::keyed(seed, Purpose::SerialCheck, place).below(100)
}

/// Names an order: the day on which it was made, the payer's shard, its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OrderNumber {
    pub(crate) day: i32,
    pub(crate) shard: u32,
    pub(crate) number: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_number_says_which_account_it_is() {
        for owner in [Owner::User, Owner::Merchant] {
            for index in [0, 1, 77, 123_456] {
                let number = AccountNumbers::new(9, owner, 17).number(index);
                let place = locate(9, number.as_str()).expect("it is an account");
                assert_eq!(
                    place,
                    AccountPlace {
                        owner,
                        shard: 17,
                        index
                    }
                );
                assert_eq!(account(9, place), Some(number.to_string()));
            }
        }
    }

    #[test]
    fn one_wrong_digit_is_no_account_of_a_small_shard() {
        let number = AccountNumbers::new(9, Owner::User, 17)
            .number(5)
            .to_string();
        for at in 0..13 {
            let mut other = number.clone().into_bytes();
            other[at] = b'0' + (other[at] - b'0' + 1) % 10;
            let other = String::from_utf8(other).expect("digits");
            assert_eq!(locate(9, &other), None, "{other}");
        }
    }
}
