//! The order in which the target holds its records: by account.

use crate::record::{ACCOUNTS, account_index};

/// The numbers 0 to `end` in order of their account, then of themselves.
///
/// Counts, then places: two passes over the numbers and four bytes for each.
pub(crate) fn by_account(end: u32) -> Vec<u32> {
    let index = |number: u32| account_index(u64::from(number)) as usize;
    let mut place = vec![0_u32; ACCOUNTS as usize + 1];
    for number in 0..end {
        place[index(number) + 1] += 1;
    }
    for account in 1..place.len() {
        place[account] += place[account - 1];
    }
    let mut order = vec![0; end as usize];
    for number in 0..end {
        let next = &mut place[index(number)];
        order[*next as usize] = number;
        *next += 1;
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_there_once_and_accounts_rise() {
        let order = by_account(50_000);
        let key = |number: &u32| (account_index(u64::from(*number)), *number);
        assert!(order.is_sorted_by_key(key));
        let mut numbers = order;
        numbers.sort_unstable();
        assert!(numbers.into_iter().eq(0..50_000));
    }
}
