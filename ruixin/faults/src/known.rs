//! What the first pass gets to know of the table as a whole.

use std::collections::BTreeMap;

use crate::draw::stir_text;
use crate::view::Row;

/// Is what a cause may take from elsewhere in the table.
#[derive(Debug, Default)]
pub(crate) struct Known {
    subjects: Pool,
    accounts: BTreeMap<String, Pool>,
    last_voucher: String,
}

impl Known {
    /// Takes notice of a record.
    pub(crate) fn learn(&mut self, row: &Row<'_>) {
        if is_later(row.voucher(), &self.last_voucher) {
            row.voucher().clone_into(&mut self.last_voucher);
        }
        let Some(subject) = row.subject() else {
            return;
        };
        self.subjects.add(subject);
        let Some(account) = row.account() else {
            return;
        };
        if !self.accounts.contains_key(subject) {
            self.accounts.insert(subject.to_owned(), Pool::default());
        }
        if let Some(pool) = self.accounts.get_mut(subject) {
            pool.add(account);
        }
    }

    /// Some subject of the table other than the given one.
    pub(crate) fn other_subject(&self, subject: &str, draw: u64) -> Option<&str> {
        self.subjects.other_than(subject, draw)
    }

    /// Some account of the same subject other than the given one.
    pub(crate) fn other_account(&self, subject: &str, account: &str, draw: u64) -> Option<&str> {
        self.accounts.get(subject)?.other_than(account, draw)
    }

    /// An id that no voucher has: the one after the last.
    pub(crate) fn unknown_voucher(&mut self) -> String {
        self.last_voucher = next(&self.last_voucher);
        self.last_voucher.clone()
    }
}

/// Is a sample of the different names that were added: those with the smallest hashes.
#[derive(Debug, Default)]
struct Pool(BTreeMap<u64, String>);

impl Pool {
    const SIZE: usize = 64;

    fn add(&mut self, name: &str) {
        let hash = stir_text(0, name);
        let is_full = self.0.len() == Self::SIZE;
        let is_beyond = self
            .0
            .last_key_value()
            .is_some_and(|(last, _)| hash > *last);
        if self.0.contains_key(&hash) || (is_full && is_beyond) {
            return;
        }
        self.0.insert(hash, name.to_owned());
        if is_full {
            self.0.pop_last();
        }
    }

    fn other_than(&self, name: &str, draw: u64) -> Option<&str> {
        let others: Vec<&String> = self.0.values().filter(|one| *one != name).collect();
        let at = draw.checked_rem(others.len() as u64)?;
        others
            .get(usize::try_from(at).ok()?)
            .map(|one| one.as_str())
    }
}

/// Longer ids come later; ids of one length are in the order of their characters.
fn is_later(one: &str, other: &str) -> bool {
    (one.len(), one) > (other.len(), other)
}

/// The next id: the number at its end goes up by one.
fn next(id: &str) -> String {
    let head = id.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let mut digits = id[head.len()..].to_owned().into_bytes();
    for digit in digits.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return format!("{head}{}", String::from_utf8_lossy(&digits));
        }
        *digit = b'0';
    }
    format!("{head}1{}", String::from_utf8_lossy(&digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_id_is_later() {
        for (id, after) in [
            ("2010000199", "2010000200"),
            ("99", "100"),
            ("V9", "V10"),
            ("V", "V1"),
        ] {
            assert_eq!(next(id), after);
            assert!(is_later(after, id));
        }
    }

    #[test]
    fn a_pool_keeps_a_sample_and_never_gives_the_name_itself() {
        let mut pool = Pool::default();
        pool.add("one");
        pool.add("one");
        assert_eq!(pool.other_than("one", 7), None);
        (0..1_000).for_each(|at| pool.add(&at.to_string()));
        assert_eq!(pool.0.len(), Pool::SIZE);
        let name = pool.0.values().next().unwrap();
        assert!((0..64).all(|draw| pool.other_than(name, draw) != Some(name)));
    }
}
