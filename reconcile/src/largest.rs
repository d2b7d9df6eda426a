//! The breaks that weigh most, for a report's first page.

use ledger::{Break, Decimal, Wide};
use std::cmp::Ordering;

/// How many are kept.
const KEPT: usize = 10;

/// Keeps the heaviest breaks; of equal ones those that came first.
#[derive(Debug, Default)]
pub(crate) struct Largest {
    kept: Vec<(Wide, Break)>,
    /// The weight of the lightest, once as many are kept as may be, where it is of the usual size.
    bar: Option<Decimal>,
}

impl Largest {
    pub(crate) fn offer(&mut self, found: Break) {
        if let (Some(bar), Some(weight)) = (self.bar, usual_weight(&found))
            && weight <= bar
        {
            return;
        }
        let weight = weight(&found);
        let place = self
            .kept
            .partition_point(|(other, _)| other.cmp(&weight) != Ordering::Less);
        if place >= KEPT {
            return;
        }
        self.kept.insert(place, (weight, found));
        self.kept.truncate(KEPT);
        let last = self.kept.get(KEPT - 1);
        self.bar = last.and_then(|(_, lightest)| usual_weight(lightest));
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
    let sizes = sizes(found).filter_map(|amount| amount.parse().ok());
    sizes.max().unwrap_or_default()
}

/// The same, where no amount is of an unusual size.
fn usual_weight(found: &Break) -> Option<Decimal> {
    let mut sizes = sizes(found).map(|amount| amount.parse::<Decimal>().ok());
    sizes.try_fold(Decimal::ZERO, |largest, size| Some(largest.max(size?)))
}

/// The amounts by which a break puts the books apart, without their signs.
fn sizes(found: &Break) -> impl Iterator<Item = &str> {
    let amounts = found.difference.iter();
    amounts.map(|amount| amount.amount.trim_start_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::{KEPT, Largest};
    use ledger::{Amount, Break, Record, Wide};

    fn off_by(number: usize, amounts: &[&str]) -> Break {
        let amount = |amount: &&str| Amount {
            column: "amount".to_owned(),
            currency: "CNY".to_owned(),
            amount: (*amount).to_owned(),
        };
        Break {
            agreement: "ledger".into(),
            kind: ledger::BreakKind::Differs,
            key: [("id", Some(number.to_string()))]
                .into_iter()
                .collect::<Record>(),
            copies: ledger::Sides::default(),
            expected: None,
            actual: None,
            fields: Vec::new(),
            difference: amounts.iter().map(amount).collect(),
            source: Vec::new(),
            cause: ledger::CauseFound::default(),
            target: Vec::new(),
            alternatives: 0,
        }
    }

    #[test]
    fn the_heaviest_are_kept_whatever_the_parts() {
        // Beyond 128 bits there is one amount; others are alike.
        let beyond = format!("-{}.5", "9".repeat(45));
        let amounts = [
            "0.01", "-3", "", "7.50", "-7.5", "7.499", "100", "-0.02", "12", "1", "3.00", "5",
            &beyond, "2", "-100.01", "7.50", "4", "0.5", "6", "-6.5",
        ];
        let all: Vec<Break> = amounts
            .iter()
            .enumerate()
            .map(|(number, amount)| match *amount {
                "" => off_by(number, &[]),
                amount => off_by(number, &["0.001", amount]),
            })
            .collect();
        let weight = |found: &Break| -> Wide {
            let of = found
                .difference
                .last()
                .map_or("0", |amount| amount.amount.trim_start_matches('-'));
            of.parse().expect("an amount")
        };
        let mut expected = all.clone();
        expected.sort_by_key(|found| std::cmp::Reverse(weight(found)));
        expected.truncate(KEPT);
        for size in 1..=all.len() {
            let mut largest = Largest::default();
            for part in all.chunks(size) {
                let mut own = Largest::default();
                part.iter().for_each(|found| own.offer(found.clone()));
                largest.merge(own);
            }
            assert_eq!(largest.into_breaks(), expected, "parts of {size}");
        }
    }
}
