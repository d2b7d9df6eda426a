//! The breaks that weigh most, for a report's first page.

use ledger::{Break, Wide};
use std::cmp::Ordering;

/// How many are kept.
const KEPT: usize = 10;

/// Keeps the heaviest breaks; of equal ones those that came first.
#[derive(Debug, Default)]
pub(crate) struct Largest {
    kept: Vec<(Wide, Break)>,
}

impl Largest {
    pub(crate) fn offer(&mut self, found: Break) {
        let weight = weight(&found);
        let lightest = self.kept.last().map(|(weight, _)| weight);
        if self.kept.len() >= KEPT
            && lightest.is_some_and(|lightest| weight.cmp(lightest) != Ordering::Greater)
        {
            return;
        }
        let place = self
            .kept
            .partition_point(|(other, _)| other.cmp(&weight) != Ordering::Less);
        self.kept.insert(place, (weight, found));
        self.kept.truncate(KEPT);
    }

    /// Offers those that another part has kept, which come after all of this part.
    pub(crate) fn merge(&mut self, later: Largest) {
        for (_, found) in later.kept {
            self.offer(found);
        }
    }

    pub(crate) fn into_breaks(self) -> Vec<Break> {
        self.kept.into_iter().map(|(_, found)| found).collect()
    }
}

/// The largest amount by which a break puts the books apart, without its sign.
fn weight(found: &Break) -> Wide {
    let amounts = found.difference.iter();
    let sizes = amounts.filter_map(|amount| amount.amount.trim_start_matches('-').parse().ok());
    sizes.max().unwrap_or_default()
}
