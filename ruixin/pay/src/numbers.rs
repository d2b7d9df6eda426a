//! How accounts, records, orders and the banks' lines are numbered: as in the old books.

use ruixin_history::AccountPlace;

use crate::codes::Owner;
use crate::record::Sealer;

/// Accounts are spread over so many shards, the last three digits of their numbers.
const SHARDS: i64 = 10;
/// The shard number of the house's own accounts.
const HOUSE: i64 = 999;
/// Numbers of accounts look drawn by lot: multiplication by what has no factor in common with
/// 10^11 takes each to another one, and none twice.
const SPREAD: i128 = 38_654_705_669;
const NUMBERS: i128 = 100_000_000_000;

/// Gives an account's number: owner (1), spread number (11), Luhn digit (1), shard (3).
pub(crate) fn account(sealer: &Sealer, owner: Owner, index: i64) -> String {
    if let Sealer::History(numbering) = sealer {
        // Neither is below nothing, and there is a shard at least.
        let (index, shards) = (index.max(0), i64::from(numbering.shards).max(1));
        let (shard, index) = (index.rem_euclid(shards), index.div_euclid(shards));
        let place = AccountPlace {
            owner: match owner {
                Owner::User => ruixin_history::Owner::User,
                Owner::Merchant => ruixin_history::Owner::Merchant,
                Owner::House => ruixin_history::Owner::House,
            },
            shard: u32::try_from(shard).unwrap_or_default(),
            index: index.unsigned_abs(),
        };
        // The counter ends where the numbers do.
        return numbering.auditor.account(place).unwrap_or_default();
    }
    let spread = i128::from(index)
        .wrapping_mul(SPREAD)
        .wrapping_add(77_777_777_777)
        .rem_euclid(NUMBERS);
    let shard = match owner {
        Owner::House => HOUSE,
        Owner::User | Owner::Merchant => index.rem_euclid(SHARDS),
    };
    let digits = format!("{}{spread:011}", owner.digit());
    format!("{digits}{}{shard:03}", luhn(&digits))
}

/// The digit that makes a number divisible the way of Luhn (ISO/IEC 7812-1).
fn luhn(digits: &str) -> u32 {
    let weighed = digits.bytes().rev().enumerate().map(|(at, digit)| {
        let digit = u32::from(digit.saturating_sub(b'0'));
        let value = digit.saturating_mul(if at.is_multiple_of(2) { 2 } else { 1 });
        (value / 10).saturating_add(value % 10)
    });
    let sum: u32 = weighed.fold(0, u32::saturating_add);
    (10_u32.saturating_sub(sum % 10)) % 10
}

/// Says whether a text has the form of an account's number: 16 digits with a right check digit.
pub fn is_account(text: &str) -> bool {
    let is_digits = text.len() == 16 && text.bytes().all(|one| one.is_ascii_digit());
    is_digits
        && matches!(
            (text.get(..12), text.get(12..13)),
            (Some(digits), Some(check)) if luhn(digits).to_string() == check
        )
}

/// Says whether a text has so many digits and nothing else.
pub(crate) fn is_digits(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|one| one.is_ascii_digit())
}

/// The shard that an account's number ends with.
fn shard(account: &str) -> &str {
    account.get(13..).unwrap_or("000")
}

/// Gives a record's serial: day (8), shard (3), number (9), check (2).
pub(crate) fn serial(sealer: &Sealer, day: &str, account: &str, number: i64) -> String {
    let shard = shard(account);
    let check = sealer.serial_check(shard, number);
    format!("{day}{shard}{number:09}{check:02}")
}

/// Gives an order's id: day (8), the payer's shard (3), number (10).
pub(crate) fn order(day: &str, account: &str, number: i64) -> String {
    format!("{day}{}{number:010}", shard(account))
}

/// Gives the number of a bank's line: channel (1), day (6), shard (3), number (9).
pub(crate) fn bank(place: usize, day: &str, account: &str, number: i64) -> String {
    let place = place.saturating_add(1) % 10;
    let day = day.get(2..).unwrap_or("000000");
    format!("{place}{day}{}{number:09}", shard(account))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn account_numbers_are_all_different_and_one_wrong_digit_shows() {
        let sealer = Sealer::Own([7; 32]);
        let numbers = (0..10_000).map(|at| account(&sealer, Owner::User, at));
        let numbers: BTreeSet<String> = numbers.collect();
        assert_eq!(numbers.len(), 10_000);
        let number = account(&sealer, Owner::Merchant, 5);
        assert!(is_account(&number) && number.starts_with('7'), "{number}");
        for at in 0..13 {
            let mut other = number.clone().into_bytes();
            other[at] = b'0' + (other[at] - b'0' + 1) % 10;
            assert!(!is_account(&String::from_utf8(other).expect("digits")));
        }
        for wrong in ["", "１", "6000000000000000x"] {
            assert!(!is_account(wrong));
        }
    }
}
