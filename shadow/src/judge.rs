//! Holds what a run over the shadow found against what was planted.

use std::collections::BTreeMap;

use ledger::{Amount, Break, BreakKind, CauseFound, CauseStatus, Wide};

use crate::cause::Cause;
use crate::fault::{Fault, Planted};
use crate::outcome::{AmountLine, FaultCounts, Outcome, Said};
use crate::sentences::Sentences;
use crate::table::{Row, Table};

/// Judges a run over the shadow of one agreement by its breaks, in any order.
///
/// A fault is found where every record that it takes out or puts in stands, as it is, in a break on
/// the side where it must: whatever the run paired it with. A break that holds anything else is a
/// false one, unless the same stands in `baseline`, the breaks of the agreement without faults.
pub fn judge<'b>(
    planted: &Planted,
    breaks: impl IntoIterator<Item = &'b Break>,
    baseline: impl IntoIterator<Item = &'b Break>,
) -> Outcome {
    let mut bench = Bench::new(planted);
    for found in baseline {
        bench.expect_again(found);
    }
    for found in breaks {
        bench.weigh(found);
    }
    bench.finish()
}

/// Is a record as a run compares it, on the side that has one copy more.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Side {
    is_actual: bool,
    record: Row,
}

/// Sums by money column and currency.
type Sums = BTreeMap<(String, String), Wide>;

/// Is a judgement while breaks come in.
struct Bench<'p> {
    planted: &'p Planted,
    /// Sides of the faults that are still to be found.
    open: BTreeMap<Side, Vec<usize>>,
    /// What each fault still lacks, and what was said of it.
    lacking: Vec<usize>,
    said: Vec<Option<Said>>,
    /// Sides of the baseline that are still to be found again, and how often.
    known: BTreeMap<Side, u64>,
    expected: Sums,
    told: Sums,
    false_breaks: u64,
    unreadable: u64,
    sentences: Sentences,
}

impl<'p> Bench<'p> {
    fn new(planted: &'p Planted) -> Bench<'p> {
        let mut bench = Bench {
            planted,
            open: BTreeMap::new(),
            lacking: Vec::with_capacity(planted.faults.len()),
            said: vec![None; planted.faults.len()],
            known: BTreeMap::new(),
            expected: Sums::new(),
            told: Sums::new(),
            false_breaks: 0,
            unreadable: 0,
            sentences: Sentences::default(),
        };
        for (at, fault) in planted.faults.iter().enumerate() {
            let sides = sides_of(&planted.table, fault);
            bench.lacking.push(sides.len());
            for side in sides {
                bench.open.entry(side).or_default().push(at);
            }
            for amount in &fault.difference {
                if !add(&mut bench.expected, amount, true) {
                    bench.unreadable = bench.unreadable.saturating_add(1);
                    bench.sentences.unreadable_truth(fault, amount);
                }
            }
        }
        bench
    }

    /// Takes note of a break that is there without a fault.
    fn expect_again(&mut self, found: &Break) {
        for (side, copies) in self.sides(found) {
            let known = self.known.entry(side).or_default();
            *known = known.saturating_add(copies);
        }
        self.add_told(found, false);
    }

    fn weigh(&mut self, found: &Break) {
        self.add_told(found, true);
        let sides = self.sides(found);
        let mut is_false = sides.is_empty();
        let mut touched = Vec::new();
        for (side, copies) in sides {
            for _ in 0..copies {
                match self.take(&side) {
                    Some(fault) => touched.extend(fault),
                    None => {
                        is_false = true;
                        // However many copies too many there are, it is one break.
                        break;
                    }
                }
            }
        }
        if is_false {
            self.false_breaks = self.false_breaks.saturating_add(1);
            self.sentences.false_break(found);
        }
        touched.sort_unstable();
        touched.dedup();
        for at in touched {
            self.hear(at, &found.cause);
        }
    }

    /// Crosses a side off: that of a fault, or one of the baseline; none where nobody waits for it.
    fn take(&mut self, side: &Side) -> Option<Option<usize>> {
        if let Some(at) = self.open.get_mut(side).and_then(Vec::pop) {
            if let Some(lacking) = self.lacking.get_mut(at) {
                *lacking = lacking.saturating_sub(1);
            }
            return Some(Some(at));
        }
        let known = self.known.get_mut(side).filter(|known| **known > 0)?;
        *known = known.saturating_sub(1);
        Some(None)
    }

    /// Keeps the worst that is said of a fault.
    fn hear(&mut self, at: usize, told: &CauseFound) {
        let Some(fault) = self.planted.faults.get(at) else {
            return;
        };
        let said = said_of(fault.cause, told);
        if let Some(worst) = self.said.get_mut(at) {
            *worst = Some(worst.map_or(said, |worst| worst.max(said)));
        }
        match said {
            Said::WronglyProved => self.sentences.wrongly_proved(fault, told),
            Said::Unnamed => self.sentences.unnamed(fault, told),
            Said::Proved | Said::Named => {}
        }
    }

    /// The sides of a break: what one book has of a record more often than the other.
    fn sides(&self, found: &Break) -> Vec<(Side, u64)> {
        let side = |is_actual: bool| {
            let record = if is_actual {
                &found.actual
            } else {
                &found.expected
            };
            let record = self.planted.table.compared(record.as_ref()?)?;
            Some(Side { is_actual, record })
        };
        let (expected, actual) = (found.copies.expected, found.copies.actual);
        let sides: Vec<(Option<Side>, u64)> = match found.kind {
            BreakKind::Missing => vec![(side(false), expected)],
            BreakKind::Extra => vec![(side(true), actual)],
            BreakKind::Differs => vec![(side(false), expected), (side(true), actual)],
            BreakKind::Copies => {
                vec![(side(actual > expected), actual.abs_diff(expected))]
            }
        };
        // A break of which one side cannot be read is none that could be told.
        let told: Option<Vec<(Side, u64)>> = sides
            .into_iter()
            .map(|(side, copies)| Some((side?, copies)))
            .collect();
        let told = told.unwrap_or_default();
        told.into_iter().filter(|(_, copies)| *copies > 0).collect()
    }

    /// Adds what a break says that it adds to the difference of the books, or takes it away.
    fn add_told(&mut self, found: &Break, is_plus: bool) {
        for amount in &found.difference {
            if !add(&mut self.told, amount, is_plus) {
                self.unreadable = self.unreadable.saturating_add(1);
                self.sentences.unreadable(found, amount);
            }
        }
    }

    fn finish(mut self) -> Outcome {
        let mut causes: BTreeMap<Cause, FaultCounts> = BTreeMap::new();
        for (at, fault) in self.planted.faults.iter().enumerate() {
            let is_whole = self.lacking.get(at) == Some(&0);
            let said = self.said.get(at).copied().flatten().filter(|_| is_whole);
            causes.entry(fault.cause).or_default().count(said);
            if said.is_none() {
                self.sentences.not_found(fault);
            }
        }
        let vanished = self
            .known
            .values()
            .fold(0, |sum: u64, open| sum.saturating_add(*open));
        let amounts = lines(&self.expected, &self.told);
        Outcome::new(
            self.planted,
            causes,
            amounts,
            [self.false_breaks, vanished, self.unreadable],
            self.sentences,
        )
    }
}

/// The sides on which a fault shows.
fn sides_of(table: &Table, fault: &Fault) -> Vec<Side> {
    let sides = |records: &[ledger::Record], is_actual| -> Vec<Side> {
        let compared = records.iter().filter_map(|record| table.compared(record));
        compared.map(|record| Side { is_actual, record }).collect()
    };
    let mut all = sides(&fault.taken_out, false);
    all.extend(sides(&fault.put_in, true));
    all
}

fn said_of(planted: Cause, told: &CauseFound) -> Said {
    let planted = planted.as_str();
    let is_first = told.id.as_deref() == Some(planted);
    let is_rival = told.rivals.iter().any(|rival| rival == planted);
    match told.status {
        CauseStatus::Proved if is_first => Said::Proved,
        CauseStatus::Proved => Said::WronglyProved,
        CauseStatus::Consistent if is_first || is_rival => Said::Named,
        CauseStatus::Consistent | CauseStatus::Unknown => Said::Unnamed,
    }
}

/// Adds an amount to the sum of its column and currency, or takes it away; says whether it could be
/// read.
fn add(sums: &mut Sums, amount: &Amount, is_plus: bool) -> bool {
    let Ok(value) = amount.amount.parse::<Wide>() else {
        return false;
    };
    let line = (amount.column.clone(), amount.currency.clone());
    let sum = sums.entry(line).or_default();
    if is_plus {
        sum.add_wide(&value);
    } else {
        sum.subtract_wide(&value);
    }
    true
}

fn lines(planted: &Sums, found: &Sums) -> Vec<AmountLine> {
    let mut all: BTreeMap<&(String, String), [Wide; 2]> = BTreeMap::new();
    for (line, sum) in planted {
        all.entry(line).or_default()[0].add_wide(sum);
    }
    for (line, sum) in found {
        all.entry(line).or_default()[1].add_wide(sum);
    }
    let lines = all.into_iter();
    lines
        .filter(|(_, sums)| sums.iter().any(|sum| !sum.is_zero()))
        .map(|((column, currency), [planted, found])| AmountLine {
            column: column.clone(),
            currency: currency.clone(),
            difference: found.minus(&planted).to_string(),
            planted: planted.to_string(),
            found: found.to_string(),
        })
        .collect()
}
