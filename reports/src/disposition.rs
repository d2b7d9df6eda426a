//! Which breaks somebody answers for.

use std::collections::BTreeMap;

use ledger::{Amount, Break, Record, Wide};

use crate::detail::name_of;
use crate::dossier::Acceptance;

/// Says what becomes of a break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disposition<'d> {
    /// Nobody answers for it.
    Open,
    /// Somebody does.
    Accepted(&'d Acceptance),
    /// Somebody has accepted it with another amount, so that it is open.
    OtherAmount(&'d Acceptance),
    /// Somebody has accepted it with other records, so that it is open.
    OtherRecords(&'d Acceptance),
}

/// Says what became of an acceptance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Met {
    /// No break is of this name.
    #[default]
    Nothing,
    /// A break is, and has another amount.
    OtherAmount,
    /// A break is, and has other records.
    OtherRecords,
    /// A break is, with this amount.
    Break,
}

/// Finds each break's acceptance. An acceptance holds for one break, the first that it fits.
#[derive(Debug)]
pub(crate) struct Dispositions<'d> {
    acceptances: &'d [Acceptance],
    by_name: BTreeMap<(&'d str, &'d Record), Vec<usize>>,
    met: Vec<Met>,
}

impl<'d> Dispositions<'d> {
    pub(crate) fn new(acceptances: &'d [Acceptance]) -> Self {
        let mut by_name: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (at, acceptance) in acceptances.iter().enumerate() {
            let name = (acceptance.agreement.as_str(), &acceptance.key);
            by_name.entry(name).or_default().push(at);
        }
        Self {
            acceptances,
            by_name,
            met: vec![Met::Nothing; acceptances.len()],
        }
    }

    /// Gives what becomes of a break.
    pub(crate) fn of(&mut self, found: &Break) -> Disposition<'d> {
        let name = (found.agreement.as_str(), name_of(found));
        let mut other = None;
        for at in self.by_name.get(&name).into_iter().flatten() {
            let (Some(acceptance), Some(met)) = (self.acceptances.get(*at), self.met.get_mut(*at))
            else {
                continue;
            };
            if *met == Met::Break {
                continue;
            }
            let same_amounts = same_amounts(&acceptance.amount, &found.difference);
            if same_amounts && acceptance.has_its_records {
                *met = Met::Break;
                return Disposition::Accepted(acceptance);
            }
            let (is_met, disposition) = match same_amounts {
                false => (Met::OtherAmount, Disposition::OtherAmount(acceptance)),
                true => (Met::OtherRecords, Disposition::OtherRecords(acceptance)),
            };
            *met = is_met;
            other = other.or(Some(disposition));
        }
        other.unwrap_or(Disposition::Open)
    }

    /// Gives the acceptances and what became of them, once all breaks have been asked for.
    pub(crate) fn met(&self) -> impl Iterator<Item = (&'d Acceptance, Met)> {
        self.acceptances.iter().zip(self.met.iter().copied())
    }
}

/// Compares by value, whatever the order.
fn same_amounts(left: &[Amount], right: &[Amount]) -> bool {
    let mut sums: BTreeMap<(&str, &str), Wide> = BTreeMap::new();
    for (amounts, is_left) in [(left, true), (right, false)] {
        for amount in amounts {
            let Ok(value) = amount.amount.parse::<Wide>() else {
                return false;
            };
            let sum = sums.entry((&amount.column, &amount.currency)).or_default();
            match is_left {
                true => sum.add_wide(&value),
                false => sum.subtract_wide(&value),
            }
        }
    }
    sums.values().all(Wide::is_zero)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::{acceptance, missing};

    #[test]
    fn an_acceptance_holds_for_one_break_of_its_name_and_amount() {
        let accepted = [acceptance("V1", "-7.0")];
        let mut dispositions = Dispositions::new(&accepted);
        let other = missing("V1", "8.00");
        assert_eq!(
            dispositions.of(&other),
            Disposition::OtherAmount(&accepted[0])
        );
        let found = missing("V1", "7.00");
        assert_eq!(dispositions.of(&found), Disposition::Accepted(&accepted[0]));
        assert_eq!(
            dispositions.of(&found),
            Disposition::Open,
            "a second one is another break"
        );
        assert_eq!(dispositions.of(&missing("V2", "7.00")), Disposition::Open);
        assert!(dispositions.met().all(|(_, met)| met == Met::Break));
    }

    #[test]
    fn an_acceptance_of_other_records_leaves_the_break_open() {
        let mut accepted = [acceptance("V1", "-7.00")];
        accepted[0].has_its_records = false;
        let mut dispositions = Dispositions::new(&accepted);
        let found = missing("V1", "7.00");
        assert_eq!(
            dispositions.of(&found),
            Disposition::OtherRecords(&accepted[0])
        );
        assert!(dispositions.met().all(|(_, met)| met == Met::OtherRecords));
    }

    #[test]
    fn an_acceptance_that_meets_no_break_is_told() {
        let accepted = [acceptance("V9", "-7.00"), acceptance("V1", "-9.00")];
        let mut dispositions = Dispositions::new(&accepted);
        dispositions.of(&missing("V1", "7.00"));
        let met: Vec<Met> = dispositions.met().map(|(_, met)| met).collect();
        assert_eq!(met, [Met::Nothing, Met::OtherAmount]);
    }

    #[test]
    fn an_amount_that_is_no_number_accepts_nothing() {
        let accepted = [acceptance("V1", "seven")];
        let mut dispositions = Dispositions::new(&accepted);
        let found = missing("V1", "7.00");
        assert_eq!(
            dispositions.of(&found),
            Disposition::OtherAmount(&accepted[0])
        );
    }
}
