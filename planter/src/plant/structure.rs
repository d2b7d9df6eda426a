//! Damage to which records there are: left out, twice, merged, swapped, made up.

use std::collections::{BTreeMap, BTreeSet};

use super::{Plot, between};
use crate::book::{Kind, Role, changed};
use crate::exact::Exact;
use crate::truth;

/// Causes that change which records there are, in the order of the catalogue.
pub(crate) const STRUCTURAL: &[&str] = &[
    "A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A10", "D1", "D6", "T9", "T10", "P1",
    "P3", "V2", "Q3",
];

impl Plot<'_> {
    pub(super) fn restructure(&mut self, cause: &str, count: usize) {
        let is_of_source = matches!(cause, "A2" | "A3" | "A6" | "A7" | "P1" | "P3");
        if is_of_source && self.book.is_aggregate {
            return; // one record of the source is not one of the target
        }
        match cause {
            "A1" => self.omit_at_random(count),
            "A2" => self.omit_tail(count),
            "A3" => self.omit_class(count),
            "A4" => self.omit_rejected(count),
            "A5" => self.double_at_random(count),
            "A6" => self.omit_source_duplicates(count),
            "A7" => self.merge(count),
            "A8" => self.lose_legs(count),
            "A9" => self.make_up(count),
            "A10" => self.swap_ids(count),
            "D1" => self.reverse_sides(count),
            "D6" => self.cross_pairs(count),
            "T9" => self.omit_late(count),
            "T10" => self.resolve_twice(count),
            "P1" => self.double_chunk(count),
            "P3" => self.break_off(count),
            "V2" => self.compensate(count),
            "Q3" => self.move_residue(count),
            other => unreachable!("{other} is not structural"),
        }
    }

    /// Takes the groups of free records, each the whole of one source row, until enough are done.
    fn each_source(&mut self, count: usize, mut work: impl FnMut(&mut Self, &[usize]) -> bool) {
        let mut sources: Vec<usize> = self.groups.keys().copied().collect();
        self.random.shuffle(&mut sources);
        let mut done = 0;
        for source in sources {
            if done == count {
                return;
            }
            let group = self.groups[&source].clone();
            if group.iter().all(|at| self.is_free(*at)) && work(self, &group) {
                done += 1;
            }
        }
    }

    fn omit(&mut self, at: usize, cause: &str, equals: &[&str]) {
        let before = self.book.records[at].cells.clone();
        self.tell(truth::Kind::Missing, Some(&before), None, &[cause], equals);
        self.touched[at] = true;
        self.cells[at] = None;
    }

    fn double(&mut self, at: usize, cause: &str, equals: &[&str]) {
        let cells = self.book.records[at].cells.clone();
        self.tell(
            truth::Kind::Copies,
            Some(&cells),
            Some(&cells),
            &[cause],
            equals,
        );
        self.touched[at] = true;
        self.added.push(cells);
    }

    fn omit_at_random(&mut self, count: usize) {
        self.each_source(count, |plot, group| {
            plot.faults += 1;
            for at in group {
                plot.omit(*at, "A1", &[]);
            }
            true
        });
    }

    fn double_at_random(&mut self, count: usize) {
        self.each_source(count, |plot, group| {
            plot.faults += 1;
            for at in group {
                plot.double(*at, "A5", &[]);
            }
            true
        });
    }

    /// The last records of one file without a gap: of the smallest file that has so many, or of
    /// the file that has the most.
    fn omit_tail(&mut self, count: usize) {
        let files = self.book.tables.first().map(|one| one.files());
        let mut files = files.unwrap_or_default();
        files.sort_by_key(std::iter::ExactSizeIterator::len);
        let tails = files.into_iter().filter(|file| file.len() > count.min(10));
        let tails = tails.map(|file| self.free_tail(file, count));
        let longest = tails.rev().max_by_key(Vec::len);
        self.faults += 1;
        for at in longest.unwrap_or_default() {
            self.omit(at, "A2", &["A1"]);
        }
    }

    /// The records of at most so many last rows of a file, as long as all are free.
    fn free_tail(&self, file: std::ops::Range<usize>, count: usize) -> Vec<usize> {
        let groups = file
            .rev()
            .take(count)
            .map(|source| self.groups.get(&source));
        let is_free = |group: &Option<&Vec<usize>>| {
            group.is_none_or(|group| group.iter().all(|at| self.is_free(*at)))
        };
        let free = groups.take_while(is_free);
        free.flatten().flatten().copied().collect()
    }

    /// All records of one class: a code, no amount, no memo; the class nearest to the count.
    fn omit_class(&mut self, count: usize) {
        let classes = self.classes();
        let free = classes.into_iter().map(|class| {
            let free: Vec<usize> = class.into_iter().filter(|at| self.is_free(*at)).collect();
            free
        });
        let candidates = free.filter(|class| !class.is_empty());
        let nearest = candidates.min_by_key(|class| class.len().abs_diff(count));
        self.faults += 1;
        for at in nearest.unwrap_or_default() {
            self.omit(at, "A3", &["A1"]);
        }
    }

    /// Every class of records that one condition on the source separates.
    fn classes(&self) -> Vec<Vec<usize>> {
        let Some(source) = self.book.tables.first() else {
            return Vec::new();
        };
        let mut classes: BTreeMap<(usize, &str), BTreeSet<usize>> = BTreeMap::new();
        for (at, name) in source.columns.iter().enumerate() {
            let is_coded = self.book.classes.contains(name);
            for (row, cells) in source.rows.iter().enumerate() {
                let value = cells[at].as_str();
                let is_nothing = matches!(value, "" | "0.00");
                if is_coded || is_nothing {
                    classes.entry((at, value)).or_default().insert(row);
                }
            }
        }
        let records = |rows: BTreeSet<usize>| -> Vec<usize> {
            let groups = rows.iter().filter_map(|row| self.groups.get(row));
            groups.flatten().copied().collect()
        };
        classes.into_values().map(records).collect()
    }

    /// Records that the log of rejects names, and that nobody tried again.
    fn omit_rejected(&mut self, count: usize) {
        let log = self.book.tables.iter().find(|one| one.name == "rejected");
        let serials: BTreeSet<&str> = match log {
            Some(log) => log.rows.iter().map(|row| row[0].as_str()).collect(),
            None => return,
        };
        self.omit_where(count, "A4", |row| serials.contains(row[0].as_str()));
    }

    /// Records that were written after the freeze, though they happened before it.
    fn omit_late(&mut self, count: usize) {
        let Some(source) = self.book.tables.first() else {
            return;
        };
        let Some(updated) = source.columns.iter().position(|one| *one == "updated_at") else {
            return;
        };
        self.omit_where(count, "T9", |row| row[updated].as_str() > "2017");
    }

    /// Omits records of which the source record is of a kind.
    fn omit_where(&mut self, count: usize, cause: &str, is_it: impl Fn(&[String]) -> bool) {
        let Some(source) = self.book.tables.first() else {
            return;
        };
        self.each_source(count, |plot, group| {
            let row = plot.book.records[group[0]].source;
            if !is_it(&source.rows[row]) {
                return false;
            }
            plot.faults += 1;
            for at in group {
                plot.omit(*at, cause, &["A1"]);
            }
            true
        });
    }

    /// Two events alike in amount and time, each linked to the other's partner.
    fn cross_pairs(&mut self, count: usize) {
        let mut firsts: Vec<usize> = (1..self.book.records.len()).map(|at| at - 1).collect();
        self.random.shuffle(&mut firsts);
        let mut done = 0;
        for first in firsts {
            if done == count {
                return;
            }
            let second = first + 1;
            let swapped = |one: usize, two: usize| {
                let other = &self.book.records[two].cells;
                let mut would = self.book.records[one].would.iter();
                would
                    .find(|would| {
                        would.cause == "D5"
                            && would.change.iter().all(|(at, value)| other[*at] == *value)
                    })
                    .map(|would| changed(&self.book.records[one].cells, &would.change))
                    .filter(|after| *after != self.book.records[one].cells)
            };
            let both = swapped(first, second).zip(swapped(second, first));
            let Some((at_first, at_second)) = both else {
                continue;
            };
            if !self.is_free(first) || !self.is_free(second) {
                continue;
            }
            self.faults += 1;
            done += 1;
            self.replace(first, at_first, &["D6"], &["D5"]);
            self.replace(second, at_second, &["D6"], &["D5"]);
        }
    }

    /// Booked, and the void of it beside.
    fn resolve_twice(&mut self, count: usize) {
        let (Some(status), Some(_)) = (self.book.at("status"), self.book.at("net")) else {
            return;
        };
        self.each_source(count, |plot, group| {
            let cells = &plot.book.records[group[0]].cells;
            if cells[status] != "BOOKED" {
                return false;
            }
            let void = changed(cells, &vec![(status, "CLOSED".to_owned())]);
            plot.faults += 1;
            plot.tell(truth::Kind::Extra, None, Some(&void), &["T10"], &[]);
            plot.touched[group[0]] = true;
            plot.added.push(void);
            true
        });
    }

    /// The second of two source records that are equal in all but their serial.
    fn omit_source_duplicates(&mut self, count: usize) {
        let Some(source) = self.book.tables.first() else {
            return;
        };
        if self.book.with_role(Role::Id).is_none() {
            return; // no serial, so that equal records are as many events
        }
        let mut equal: BTreeMap<&[String], Vec<usize>> = BTreeMap::new();
        for (row, cells) in source.rows.iter().enumerate() {
            equal.entry(&cells[1..]).or_default().push(row);
        }
        let mut later: Vec<usize> = equal
            .into_values()
            .flat_map(|rows| rows[1..].to_vec())
            .collect();
        self.random.shuffle(&mut later);
        let mut done = 0;
        for row in later {
            let group = self.groups.get(&row).cloned().unwrap_or_default();
            if done == count || group.is_empty() || !group.iter().all(|at| self.is_free(*at)) {
                continue;
            }
            self.faults += 1;
            done += 1;
            for at in group {
                self.omit(at, "A6", &["A1"]);
            }
        }
    }

    /// Two ids that a careless system takes for one: the amounts end up in the first record.
    fn merge(&mut self, count: usize) {
        let Some(id) = self.book.with_role(Role::Id) else {
            return;
        };
        if self.groups.values().any(|group| group.len() > 1) {
            return;
        }
        let mut pairs = Vec::new();
        for normal_form in NORMAL_FORMS {
            let mut equal: BTreeMap<String, Vec<usize>> = BTreeMap::new();
            for (at, record) in self.book.records.iter().enumerate() {
                equal
                    .entry(normal_form(&record.cells[id]))
                    .or_default()
                    .push(at);
            }
            pairs.extend(equal.into_values().filter_map(|same| match same[..] {
                [first, second] => Some((first, second)),
                _ => None,
            }));
        }
        self.random.shuffle(&mut pairs);
        let mut done = 0;
        for (first, second) in pairs {
            if done == count {
                return;
            }
            done += usize::from(self.merge_two(first, second));
        }
    }

    fn merge_two(&mut self, first: usize, second: usize) -> bool {
        if !self.is_free(first) || !self.is_free(second) {
            return false;
        }
        let other = &self.book.records[second].cells;
        let mut merged = self.book.records[first].cells.clone();
        for (at, _) in self.book.money() {
            let sum = Exact::read(&merged[at]).zip(Exact::read(&other[at]));
            if let Some((one, two)) = sum {
                merged[at] = (one + two).to_string();
            }
        }
        if merged == self.book.records[first].cells {
            return false;
        }
        self.faults += 1;
        let equals = self.single_equals(first, &merged, &["A7"]);
        self.replace(first, merged, &["A7"], &equals);
        self.omit(second, "A7", &[]);
        true
    }

    /// One leg of a voucher is left out, never the first.
    fn lose_legs(&mut self, count: usize) {
        let fee = self.book.at("leg");
        self.each_source(count, |plot, group| {
            if group.len() < 2 {
                return false;
            }
            let leg = group[1 + plot.random.below(group.len() - 1)];
            let is_fee = fee.is_some_and(|at| plot.book.records[leg].cells[at] == "3");
            plot.faults += 1;
            plot.omit(leg, "A8", if is_fee { &["A1", "B11"] } else { &["A1"] });
            true
        });
    }

    /// Records of another history that never was.
    fn make_up(&mut self, count: usize) {
        let spare = self
            .shape
            .draw(self.seed.wrapping_add(1), count.max(20) * 2);
        let mut done = 0;
        for record in spare.records {
            if done == count {
                return;
            }
            let identity = self.identity(&record.cells);
            if self.taken.contains_key(&identity) {
                continue;
            }
            self.taken.insert(identity, 1);
            self.faults += 1;
            done += 1;
            self.tell(truth::Kind::Extra, None, Some(&record.cells), &["A9"], &[]);
            self.added.push(record.cells);
        }
    }

    /// Two records under each other's key.
    fn swap_ids(&mut self, count: usize) {
        if !self.book.is_keyed() {
            return;
        }
        let leg = self
            .book
            .columns
            .iter()
            .position(|one| one.role == Role::Key);
        let mut waiting: BTreeMap<String, usize> = BTreeMap::new();
        let mut done = 0;
        for at in self.shuffled() {
            if done == count {
                return;
            }
            let class = leg.map(|leg| self.book.records[at].cells[leg].clone());
            let class = class.unwrap_or_default();
            if !self.is_free(at) {
                continue;
            }
            match waiting.remove(&class) {
                None => {
                    waiting.insert(class, at);
                }
                Some(other) => done += usize::from(self.swap_two(other, at)),
            }
        }
    }

    fn swap_two(&mut self, first: usize, second: usize) -> bool {
        let (one, two) = (&self.book.records[first], &self.book.records[second]);
        let with_key_of = |key: &[String], content: &[String]| -> Vec<String> {
            let columns = self.book.columns.iter().zip(key.iter().zip(content));
            columns
                .map(|(column, (key, content))| if column.is_key() { key } else { content })
                .cloned()
                .collect()
        };
        let at_first = with_key_of(&one.cells, &two.cells);
        let at_second = with_key_of(&two.cells, &one.cells);
        if at_first == one.cells {
            return false;
        }
        self.faults += 1;
        for (at, after) in [(first, at_first), (second, at_second)] {
            let equals = self.single_equals(at, &after, &["A10"]);
            self.replace(at, after, &["A10"], &equals);
        }
        true
    }

    /// Debit for credit in every leg of a voucher.
    fn reverse_sides(&mut self, count: usize) {
        let Some(side) = self.book.at("side") else {
            return;
        };
        self.each_source(count, |plot, group| {
            plot.faults += 1;
            for at in group {
                let before = &plot.book.records[*at].cells;
                let other = if before[side] == "D" { "C" } else { "D" };
                let after = changed(before, &vec![(side, other.to_owned())]);
                let equals = plot.single_equals(*at, &after, &["D1"]);
                plot.replace(*at, after, &["D1"], &equals);
            }
            true
        });
    }

    /// Every record of one file twice: the file nearest to the count.
    fn double_chunk(&mut self, count: usize) {
        let files = self.book.tables.first().map(|one| one.files());
        let nearest = files
            .unwrap_or_default()
            .into_iter()
            .min_by_key(|file| file.len().abs_diff(count));
        self.faults += 1;
        for source in nearest.unwrap_or_default() {
            for at in self.groups.get(&source).cloned().unwrap_or_default() {
                if self.is_free(at) {
                    self.double(at, "P1", &["A5"]);
                }
            }
        }
    }

    /// The last vouchers of the last file with their first leg only.
    fn break_off(&mut self, count: usize) {
        let last = self.book.tables.first().and_then(|one| one.files().pop());
        let is_multi_leg = self.groups.values().any(|group| group.len() > 1);
        let Some(file) = last.filter(|_| is_multi_leg) else {
            return;
        };
        self.faults += 1;
        for source in file.rev().take(count) {
            for at in self.groups[&source].clone().into_iter().skip(1) {
                if self.is_free(at) {
                    self.omit(at, "P3", &["A1", "A2", "A8"]);
                }
            }
        }
    }

    /// As much too much in one record as is missing in another.
    fn compensate(&mut self, count: usize) {
        let Some((money, scale)) = self.book.money().next() else {
            return;
        };
        let currency = self.book.at("currency");
        let mut waiting: BTreeMap<String, usize> = BTreeMap::new();
        let mut done = 0;
        for at in self.shuffled() {
            if done == count {
                return;
            }
            if !self.is_free(at) || !self.book.is_keyed() {
                continue;
            }
            let class = currency.map(|column| self.book.records[at].cells[column].clone());
            let class = class.unwrap_or_default();
            let Some(other) = waiting.remove(&class) else {
                waiting.insert(class, at);
                continue;
            };
            let much = Exact::new(self.random.between(2, 500_000).into(), scale);
            self.faults += 1;
            done += 1;
            self.shift(other, money, much);
            self.shift(at, money, -much);
        }
    }

    fn shift(&mut self, at: usize, column: usize, by: Exact) {
        let before = &self.book.records[at].cells;
        let amount = Exact::read(&before[column]).unwrap_or(Exact::new(0, 2));
        let after = changed(before, &vec![(column, (amount + by).to_string())]);
        let equals = self.single_equals(at, &after, &["V2"]);
        self.replace(at, after, &["V2"], &equals);
    }

    /// A fen of income went to one holder instead of another, of the same day.
    fn move_residue(&mut self, count: usize) {
        let Some(income) = self.book.at("income") else {
            return;
        };
        let day = self
            .book
            .columns
            .iter()
            .position(|one| one.kind == Kind::Date);
        let mut waiting: BTreeMap<String, usize> = BTreeMap::new();
        let mut done = 0;
        for at in self.shuffled() {
            if done == count {
                return;
            }
            if !self.is_free(at) {
                continue;
            }
            let class = day.map(|day| self.book.records[at].cells[day].clone());
            let class = class.unwrap_or_default();
            let Some(other) = waiting.remove(&class) else {
                waiting.insert(class, at);
                continue;
            };
            self.faults += 1;
            done += 1;
            for (at, by) in [(other, Exact::new(1, 2)), (at, Exact::new(-1, 2))] {
                let before = &self.book.records[at].cells;
                let amount = Exact::read(&before[income]).unwrap_or(Exact::new(0, 2));
                let after = changed(before, &vec![(income, (amount + by).to_string())]);
                debug_assert!(!between(before, &after).is_empty());
                let equals = self.single_equals(at, &after, &["Q3"]);
                self.replace(at, after, &["Q3"], &equals);
            }
        }
    }
}

/// What careless systems compare ids by: no capitals, no leading zeros, the first characters.
const NORMAL_FORMS: [fn(&str) -> String; 3] = [
    |id| id.to_lowercase(),
    |id| id.trim_start_matches('0').to_owned(),
    |id| {
        id.chars()
            .take(id.chars().count().saturating_sub(3))
            .collect()
    },
];
