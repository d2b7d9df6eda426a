//! Damages a book by known causes and keeps the truth about it.

mod structure;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};

use crate::book::{Book, Change, Kind, changed};
use crate::exact::Exact;
use crate::faults::{self, CHANGING, RULED};
use crate::order::{Order, Orders};
use crate::random::Random;
use crate::shapes::Shape;
use crate::truth::{self, Truth};

pub(crate) use structure::STRUCTURAL;

/// Ways in which a shape lets a rule be wrong for a class.
const VARIANTS_MAX: usize = 5;

/// Is a damaged target and the truth about it.
#[derive(Debug)]
pub(crate) struct Planted {
    pub(crate) target: Vec<Vec<String>>,
    pub(crate) truths: Vec<Truth>,
}

/// Plants every order, one after the other; a record is damaged once.
///
/// # Errors
/// When a cause is not one that can be planted.
pub(crate) fn plant(shape: Shape, book: &Book, seed: u64, orders: &Orders) -> Result<Planted> {
    let mut plot = Plot::new(shape, book, seed);
    // A wrong rule takes all that is left of its class: others come before it.
    let is_of_a_class = |order: &&Order| order.causes == ["R1"];
    let (of_classes, others): (Vec<&Order>, Vec<&Order>) = orders.0.iter().partition(is_of_a_class);
    for order in others.into_iter().chain(of_classes) {
        plot.work(order)?;
    }
    Ok(plot.finish())
}

/// The causes of which a book has at least one record that they can damage.
pub(crate) fn applicable(shape: Shape, book: &Book, seed: u64) -> Result<Vec<&'static str>> {
    let mut found = Vec::new();
    for cause in STRUCTURAL.iter().chain(CHANGING).chain(RULED) {
        let order = Order {
            causes: vec![(*cause).to_owned()],
            count: 1,
        };
        if !plant(shape, book, seed, &Orders(vec![order]))?
            .truths
            .is_empty()
        {
            found.push(*cause);
        }
    }
    Ok(found)
}

/// A target while it is being damaged.
struct Plot<'a> {
    shape: Shape,
    book: &'a Book,
    seed: u64,
    random: Random,
    /// Records by their place in the book; none where one was left out.
    cells: Vec<Option<Vec<String>>>,
    added: Vec<Vec<String>>,
    touched: Vec<bool>,
    /// Keys that are taken, or whole records where there is no key, and how often.
    taken: BTreeMap<Vec<String>, usize>,
    /// Records by the source row that they come from.
    groups: BTreeMap<usize, Vec<usize>>,
    truths: Vec<Truth>,
    faults: usize,
}

impl<'a> Plot<'a> {
    fn new(shape: Shape, book: &'a Book, seed: u64) -> Self {
        let mut plot = Self {
            shape,
            book,
            seed,
            random: Random::named(seed, "faults"),
            cells: book
                .records
                .iter()
                .map(|one| Some(one.cells.clone()))
                .collect(),
            added: Vec::new(),
            touched: vec![false; book.records.len()],
            taken: BTreeMap::new(),
            groups: book.by_source(),
            truths: Vec::new(),
            faults: 0,
        };
        for record in &book.records {
            let identity = plot.identity(&record.cells);
            *plot.taken.entry(identity).or_default() += 1;
        }
        plot
    }

    fn finish(self) -> Planted {
        let kept = self.cells.into_iter().flatten();
        Planted {
            target: kept.chain(self.added).collect(),
            truths: self.truths,
        }
    }

    /// What tells a record apart: its key, or all of it.
    fn identity(&self, cells: &[String]) -> Vec<String> {
        if !self.book.is_keyed() {
            return cells.to_vec();
        }
        let key = self.book.key(cells);
        key.into_iter().map(str::to_owned).collect()
    }

    fn work(&mut self, order: &Order) -> Result<()> {
        let causes: Vec<&str> = order.causes.iter().map(String::as_str).collect();
        match causes.as_slice() {
            [cause] if STRUCTURAL.contains(cause) => self.restructure(cause, order.count),
            [cause] if RULED.contains(cause) => self.rule_over(cause, order.count),
            [cause] if CHANGING.contains(cause) => self.change(cause, None, order.count),
            [first, second] if CHANGING.contains(first) && CHANGING.contains(second) => {
                self.change(first, Some(second), order.count);
            }
            _ => bail!("`{}` cannot be planted", order.causes.join("+")),
        }
        Ok(())
    }

    /// The records in a random order.
    fn shuffled(&mut self) -> Vec<usize> {
        let mut all: Vec<usize> = (0..self.book.records.len()).collect();
        self.random.shuffle(&mut all);
        all
    }

    /// Damages so many records in their place, as far as there are that many to damage.
    fn change(&mut self, first: &str, second: Option<&str>, count: usize) {
        let mut done = 0;
        for at in self.shuffled() {
            if done == count {
                break;
            }
            let Some(change) = self.draw_change(at, first, second) else {
                continue;
            };
            let causes: Vec<&str> = std::iter::once(first).chain(second).collect();
            done += usize::from(self.apply(at, &change, &causes));
        }
    }

    /// One of the changes that a cause, or one after the other, can make to a record.
    fn draw_change(&mut self, at: usize, first: &str, second: Option<&str>) -> Option<Change> {
        let record = &self.book.records[at];
        let changes = faults::outcomes(first, self.book, record, &record.cells);
        if changes.is_empty() {
            return None;
        }
        let change = self.random.one_of(&changes).clone();
        let Some(second) = second else {
            return Some(change);
        };
        let cells = changed(&record.cells, &change);
        let further = faults::outcomes(second, self.book, record, &cells);
        if further.is_empty() {
            return None;
        }
        let both = changed(&cells, self.random.one_of(&further));
        Some(between(&record.cells, &both))
    }

    /// Makes one change, to every leg where it is the id that changes; says whether it could.
    fn apply(&mut self, at: usize, change: &Change, causes: &[&str]) -> bool {
        let moves = change.iter().any(|(at, _)| self.book.columns[*at].is_key());
        let group = self.groups.get(&self.book.records[at].source);
        let records: Vec<usize> = match group {
            Some(group) if moves => group.clone(),
            _ => vec![at],
        };
        let after: Vec<Vec<String>> = records
            .iter()
            .map(|at| changed(&self.book.records[*at].cells, change))
            .collect();
        let is_free = records.iter().all(|at| self.is_free(*at));
        let needs_room = moves || !self.book.is_keyed();
        let has_room = after
            .iter()
            .all(|cells| !needs_room || !self.taken.contains_key(&self.identity(cells)));
        let changes_something = !change.is_empty();
        if !is_free || !has_room || !changes_something {
            return false;
        }
        self.faults += 1;
        for (at, after) in records.into_iter().zip(after) {
            let equals = self.equals(at, &after, causes);
            let equals: Vec<&str> = equals.iter().map(String::as_str).collect();
            self.replace(at, after, causes, &equals);
        }
        true
    }

    /// Whether a record is still as it should be, and can be told apart from all others.
    fn is_free(&self, at: usize) -> bool {
        let once = self.taken.get(&self.identity(&self.book.records[at].cells)) == Some(&1);
        !self.touched[at] && once
    }

    /// Causes, apart from the planted one, that would have made the same of a record: single ones,
    /// and pairs where a pair was planted.
    fn equals(&self, at: usize, after: &[String], causes: &[&str]) -> Vec<String> {
        let singles = self.single_equals(at, after, causes);
        let singles = singles.into_iter().map(str::to_owned);
        match causes {
            [_, _] => singles.chain(self.paired_equals(at, after)).collect(),
            _ => singles.collect(),
        }
    }

    fn paired_equals(&self, at: usize, after: &[String]) -> BTreeSet<String> {
        let record = &self.book.records[at];
        let whole = between(&record.cells, after);
        let is_part = |change: &Change| {
            let columns = change.iter().map(|(at, _)| at);
            columns
                .clone()
                .all(|at| whole.iter().any(|(other, _)| at == other))
        };
        let mut found = BTreeSet::new();
        for first in CHANGING {
            let changes = faults::outcomes(first, self.book, record, &record.cells);
            for change in changes.iter().filter(|change| is_part(change)) {
                let cells = changed(&record.cells, change);
                let rest = between(&cells, after);
                let seconds = CHANGING.iter().filter(|second| {
                    faults::outcomes(second, self.book, record, &cells).contains(&rest)
                });
                found.extend(seconds.map(|second| format!("{first}+{second}")));
            }
        }
        found
    }

    fn single_equals(&self, at: usize, after: &[String], causes: &[&str]) -> Vec<&'static str> {
        let record = &self.book.records[at];
        let change = between(&record.cells, after);
        // Of what changes which records there are, one changes a record in its place as well.
        let others = CHANGING.iter().chain(RULED).chain(&["D1"]);
        others
            .filter(|cause| causes != [**cause])
            .filter(|cause| {
                let outcomes = faults::outcomes(cause, self.book, record, &record.cells);
                outcomes.contains(&change) || faults::bears(cause, self.book, record, &change)
            })
            .copied()
            .collect()
    }

    /// Puts another record in the place of one, and writes the break down, or both halves of it.
    fn replace(&mut self, at: usize, after: Vec<String>, causes: &[&str], equals: &[&str]) {
        let before = self.book.records[at].cells.clone();
        self.touched[at] = true;
        *self.taken.entry(self.identity(&after)).or_default() += 1;
        if self.book.key(&before) == self.book.key(&after) {
            self.tell(
                truth::Kind::Differs,
                Some(&before),
                Some(&after),
                causes,
                equals,
            );
        } else {
            self.tell(truth::Kind::Missing, Some(&before), None, causes, equals);
            self.tell(truth::Kind::Extra, None, Some(&after), causes, equals);
        }
        self.cells[at] = Some(after);
    }

    fn tell(
        &mut self,
        kind: truth::Kind,
        before: Option<&[String]>,
        after: Option<&[String]>,
        causes: &[&str],
        equals: &[&str],
    ) {
        let owned = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
        let of_key = before.or(after).unwrap_or_default();
        self.truths.push(Truth {
            fault: self.faults,
            agreement: self.book.agreement.to_owned(),
            kind,
            key: truth::key(self.book, of_key),
            causes: owned(causes),
            equals: owned(equals),
            before: before.map(|cells| truth::record(self.book, cells)),
            after: after.map(|cells| truth::record(self.book, cells)),
        });
    }

    /// Damages all records of one class by the same wrong rule; the class nearest to the count. A rule
    /// that is wrong computes with another figure, and one that is wrong in another class adds the same
    /// to whatever it comes to.
    fn rule_over(&mut self, cause: &str, count: usize) {
        let kinds: &[Option<bool>] = match cause {
            "R1" => &[Some(false), Some(true)],
            _ => &[None],
        };
        for adds_the_same in kinds {
            let candidates = self.classes_of(cause, count).into_iter();
            let is_of_kind = |class: &Vec<(usize, Change)>| {
                adds_the_same.is_none_or(|wanted| self.adds_the_same(class) == wanted)
            };
            let of_kind = candidates.filter(is_of_kind);
            let nearest = of_kind.min_by_key(|class| class.len().abs_diff(count));
            for (at, change) in nearest.unwrap_or_default() {
                self.apply(at, &change, &[cause]);
            }
        }
    }

    /// Whether all records of a class are off by the same, and there are several.
    fn adds_the_same(&self, class: &[(usize, Change)]) -> bool {
        let off = |(at, change): &(usize, Change)| -> Option<Vec<(usize, i128)>> {
            let cells = &self.book.records[*at].cells;
            let offs = change.iter().map(|(column, after)| {
                let Kind::Money(scale) = self.book.columns[*column].kind else {
                    return None;
                };
                let off = Exact::read(after)? - Exact::read(&cells[*column])?;
                Some((*column, off.units(scale)?))
            });
            offs.collect()
        };
        let mut offs = class.iter().map(off);
        let first = offs.next().flatten();
        class.len() > 1 && first.is_some() && offs.all(|off| off == first)
    }

    /// Classes of records with what a wrong rule would have made of each.
    fn classes_of(&self, cause: &str, count: usize) -> Vec<Vec<(usize, Change)>> {
        if cause == "R2" {
            return vec![self.first_in_time(cause, count)];
        }
        let Some(source) = self.book.tables.first() else {
            return Vec::new();
        };
        // A class is a channel, or where there are none a kind of record in one state.
        let place = |wanted: &str| source.columns.iter().position(|name| *name == wanted);
        let columns: Vec<usize> = match place("channel") {
            Some(channel) => vec![channel],
            None => ["code", "status"].into_iter().filter_map(place).collect(),
        };
        let class_of = |row: usize| -> Vec<&str> {
            let cells = &source.rows[row];
            columns.iter().map(|at| cells[*at].as_str()).collect()
        };
        let values: BTreeSet<Vec<&str>> = (0..source.rows.len()).map(class_of).collect();
        let mut classes = Vec::new();
        for value in values {
            for variant in 0..VARIANTS_MAX {
                let of_class = (0..self.book.records.len())
                    .filter(|at| class_of(self.book.records[*at].source) == value);
                let changes = of_class.filter_map(|at| self.ruled(at, cause, variant));
                classes.push(changes.collect());
            }
        }
        classes.retain(|class: &Vec<_>| !class.is_empty());
        classes
    }

    /// What one wrong rule would have made of a record, if anything else than it is.
    fn ruled(&self, at: usize, cause: &str, variant: usize) -> Option<(usize, Change)> {
        let record = &self.book.records[at];
        let all = faults::raw_outcomes(cause, self.book, record, &record.cells);
        let change = all.into_iter().nth(variant)?;
        let change = between(&record.cells, &changed(&record.cells, &change));
        (!change.is_empty() && self.is_free(at)).then_some((at, change))
    }

    /// So many records before the day on which a new rule came into force.
    fn first_in_time(&self, cause: &str, count: usize) -> Vec<(usize, Change)> {
        let columns = &self.book.columns;
        let Some(when) = columns.iter().position(|one| one.kind == Kind::Instant) else {
            return Vec::new();
        };
        let mut all: Vec<(usize, Change)> = (0..self.book.records.len())
            .filter_map(|at| self.ruled(at, cause, 0))
            .collect();
        all.sort_by_key(|(at, _)| &self.book.records[*at].cells[when]);
        all.truncate(count);
        all
    }
}

/// The columns in which two records differ, with the second's values.
fn between(before: &[String], after: &[String]) -> Change {
    let columns = before.iter().zip(after).enumerate();
    columns
        .filter(|(_, (before, after))| before != after)
        .map(|(at, (_, after))| (at, after.clone()))
        .collect()
}
