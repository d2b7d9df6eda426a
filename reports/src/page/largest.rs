//! The largest breaks of each agreement, kept while all of them pass.

use std::collections::BTreeMap;

use ledger::{Break, Wide};

use super::heat::magnitude;
use crate::disposition::Disposition;

/// So many breaks of an agreement are shown.
const SHOWN: usize = 20;

/// Keeps the breaks of the largest amounts, whatever their currency. Among equals the first stay.
#[derive(Debug, Default)]
pub(super) struct Largest<'d> {
    agreements: BTreeMap<String, Vec<Kept<'d>>>,
}

/// Is a break that is shown.
#[derive(Debug)]
pub(super) struct Kept<'d> {
    size: Wide,
    pub(super) found: Break,
    pub(super) disposition: Disposition<'d>,
}

impl<'d> Largest<'d> {
    /// Takes a break, or passes it by.
    pub(super) fn take(&mut self, found: Break, disposition: Disposition<'d>) {
        let size = size(&found);
        let name = found.agreement.as_str();
        if !self.agreements.contains_key(name) {
            self.agreements.insert(name.to_owned(), Vec::new());
        }
        let Some(kept) = self.agreements.get_mut(name) else {
            return;
        };
        let place = kept.partition_point(|other| other.size >= size);
        if place < SHOWN {
            let new = Kept {
                size,
                found,
                disposition,
            };
            kept.insert(place, new);
            kept.truncate(SHOWN);
        }
    }

    /// Gives the breaks of an agreement, the largest first.
    pub(super) fn of(&self, agreement: &str) -> &[Kept<'d>] {
        self.agreements.get(agreement).map_or(&[], Vec::as_slice)
    }
}

fn size(found: &Break) -> Wide {
    let amounts = found.difference.iter();
    let sizes = amounts.filter_map(|amount| Some(magnitude(&amount.amount.parse().ok()?)));
    sizes.max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::missing;

    #[test]
    fn the_largest_stay_and_the_first_among_equals() {
        let mut largest = Largest::default();
        for number in 0..1000 {
            let amount = format!("{}.00", number % 100);
            largest.take(
                missing(&format!("V{number:04}"), &amount),
                Disposition::Open,
            );
        }
        let kept = largest.of("postings");
        assert_eq!(kept.len(), SHOWN);
        let keys: Vec<_> = kept
            .iter()
            .map(|kept| kept.found.key.get("voucher").unwrap().unwrap())
            .collect();
        assert_eq!(keys[..3], ["V0099", "V0199", "V0299"]);
        assert_eq!(keys[10], "V0098");
        assert!(largest.of("others").is_empty());
    }
}
