//! The twelve differences that the target's books are given.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::record::{Ledger, Record, mixed};

/// One planted difference: its name and the records that it touches.
#[derive(Debug)]
pub(crate) struct Plant {
    /// What was done.
    pub(crate) name: &'static str,
    /// The numbers of the records that differ for it.
    pub(crate) numbers: Vec<u64>,
}

/// What the target holds in the place of some source records.
#[derive(Debug, Default)]
pub(crate) struct Edits {
    /// The plants, in order.
    pub(crate) plants: Vec<Plant>,
    replaced: BTreeMap<u64, Vec<Record>>,
    /// Instead of plants: these records are one fen off.
    off: Option<Off>,
}

/// Which records are one fen off.
#[derive(Debug, Clone, Copy)]
enum Off {
    /// A share of all, drawn by their numbers.
    Percent(u64),
    /// So many of so many records, one anywhere in each of as many sections.
    Spread { breaks: u64, records: u64 },
}

const EIGHT_HOURS_MS: i64 = 8 * 3600 * 1000;

impl Edits {
    /// Plants the twelve; the target then holds as many records as the source.
    pub(crate) fn twelve(ledger: Ledger) -> Self {
        let mut edits = Self::default();
        let at =
            |place: u64| ledger.records * place / 16 + mixed(place) % (ledger.records / 32).max(1);
        let with = |from: u64, fits: fn(&Record) -> bool| {
            (from..).find(|n| fits(&ledger.record(*n))).unwrap_or(from)
        };
        let has_reference = with(at(11), |record| record.reference.is_some());
        let has_none = with(at(12), |record| record.reference.is_none());
        let last = ledger.records - 1;
        let one =
            |number: u64, change: fn(&mut Record)| vec![(number, changed(ledger, number, change))];

        edits.plant("one fen more", one(at(0), |r| r.amount_fen += 1));
        edits.plant("missing", vec![(at(1), vec![])]);
        edits.plant("missing, the last one", vec![(last, vec![])]);
        edits.plant(
            "extra",
            vec![(ledger.records, vec![ledger.record(ledger.records)])],
        );
        edits.plant("twice", vec![(at(2), vec![ledger.record(at(2)); 2])]);
        edits.plant("sign turned", one(at(3), |r| r.amount_fen = -r.amount_fen));
        edits.plant(
            "a hundred times as much",
            one(at(4), |r| r.amount_fen *= 100),
        );
        edits.plant(
            "accounts swapped between two",
            swapped(ledger, at(5), at(6)),
        );
        let more = one(at(7), |r| r.amount_fen += 100);
        let less = one(at(8), |r| r.amount_fen -= 100);
        edits.plant("one yuan more here, less there", [more, less].concat());
        edits.plant(
            "eight hours later",
            one(at(9), |r| r.at_ms += EIGHT_HOURS_MS),
        );
        let blank =
            |record: &mut Record| record.reference.iter_mut().for_each(|text| text.push(' '));
        edits.plant("a blank at the end", one(has_reference, blank));
        edits.plant(
            "NULL became empty",
            one(has_none, |r| r.reference = Some(String::new())),
        );
        edits
    }

    /// Makes a share of all records one fen more, instead of planting.
    pub(crate) fn percent(percent: u64) -> Self {
        Self {
            off: Some(Off::Percent(percent)),
            ..Self::default()
        }
    }

    /// Makes so many records, one anywhere in each of as many sections, one fen more, instead of
    /// planting.
    pub(crate) fn breaks(ledger: Ledger, breaks: u64) -> Self {
        Self {
            off: Some(Off::Spread {
                breaks: breaks.clamp(1, ledger.records.max(1)),
                records: ledger.records,
            }),
            ..Self::default()
        }
    }

    /// What the target holds for the source record of this number: none, one or two records.
    pub(crate) fn target(&self, ledger: Ledger, number: u64) -> Vec<Record> {
        if let Some(records) = self.replaced.get(&number) {
            return records.clone();
        }
        if number >= ledger.records {
            return Vec::new();
        }
        let mut record = ledger.record(number);
        record.amount_fen += i64::from(self.is_off(number));
        vec![record]
    }

    /// The truth, for judging what a tool reports.
    pub(crate) fn truth(&self, ledger: Ledger) -> Value {
        let id = |number: &u64| ledger.record(*number).txn_id.to_string();
        let plant = |one: &Plant| {
            let ids: Vec<String> = one.numbers.iter().map(id).collect();
            json!({"name": one.name, "txn_ids": ids})
        };
        let off = (0..ledger.records).filter(|number| self.is_off(*number));
        json!({
            "records": ledger.records,
            "plants": self.plants.iter().map(plant).collect::<Vec<_>>(),
            "differing": self.off.map(|_| off.count()),
        })
    }

    fn is_off(&self, number: u64) -> bool {
        match self.off {
            None => false,
            Some(Off::Percent(percent)) => mixed(number ^ 0xD1FF_0000_0000_0003) % 100 < percent,
            Some(Off::Spread { breaks, records }) => {
                let section = u128::from(number) * u128::from(breaks) / u128::from(records);
                let begin_of = |section: u128| {
                    (section * u128::from(records)).div_ceil(u128::from(breaks)) as u64
                };
                let (begin, end) = (begin_of(section), begin_of(section + 1));
                let drawn = mixed(section as u64 ^ 0xB2EA_0000_0000_0005) % (end - begin);
                number < records && number == begin + drawn
            }
        }
    }

    fn plant(&mut self, name: &'static str, edits: Vec<(u64, Vec<Record>)>) {
        let numbers = edits.iter().map(|(number, _)| *number).collect();
        self.plants.push(Plant { name, numbers });
        self.replaced.extend(edits);
    }
}

fn changed(ledger: Ledger, number: u64, change: impl Fn(&mut Record)) -> Vec<Record> {
    let mut record = ledger.record(number);
    change(&mut record);
    vec![record]
}

fn swapped(ledger: Ledger, one: u64, other: u64) -> Vec<(u64, Vec<Record>)> {
    let account = ledger.record(one).account;
    let differs = |number: &u64| ledger.record(*number).account != account;
    let other = (other..).find(differs).unwrap_or(other);
    let other_account = ledger.record(other).account;
    vec![
        (
            one,
            changed(ledger, one, |record| record.account = other_account),
        ),
        (
            other,
            changed(ledger, other, |record| record.account = account),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn twelve_plants_touch_fourteen_records_and_leave_the_count_as_it_was() {
        for records in [1_000, 100_000] {
            let ledger = Ledger { records };
            let edits = Edits::twelve(ledger);
            assert_eq!(edits.plants.len(), 12);
            let numbers = edits.plants.iter().flat_map(|plant| &plant.numbers);
            assert_eq!(numbers.collect::<BTreeSet<_>>().len(), 14);
            let target = (0..=records).map(|number| edits.target(ledger, number).len());
            assert_eq!(target.sum::<usize>() as u64, records);
            let differing = (0..=records).filter(|number| {
                let source = (*number < records).then(|| ledger.record(*number));
                Vec::from_iter(source) != edits.target(ledger, *number)
            });
            assert_eq!(differing.count(), 14);
        }
    }

    #[test]
    fn a_share_of_all_records_is_one_fen_off() {
        let ledger = Ledger { records: 10_000 };
        for (percent, low, high) in [(1, 60, 140), (50, 4_800, 5_200), (100, 10_000, 10_000)] {
            let truth = Edits::percent(percent).truth(ledger);
            let differing = truth["differing"].as_u64().unwrap();
            assert!((low..=high).contains(&differing), "{percent}: {differing}");
        }
    }

    #[test]
    fn so_many_breaks_are_so_many_records() {
        let ledger = Ledger { records: 10_000 };
        for breaks in [1, 3, 7, 10, 1_000, 6_001, 10_000] {
            let truth = Edits::breaks(ledger, breaks).truth(ledger);
            assert_eq!(truth["differing"], breaks);
        }
    }
}
