//! All conditions on a record at once.

use super::attribute::Attributes;
use super::reading;
use super::{ColumnIndex, Facts, Part, Predicate, Range, Test};
use crate::Kind;
use ledger::{Decimal, Zone};

/// Tells which conditions hold of a record, as a mask with a bit for each. Each column is read once,
/// and remembered where the next record has the same.
#[derive(Debug, Clone)]
pub struct Masker {
    columns: Vec<ColumnTests>,
    zone: Zone,
}

/// The conditions on one column, by what must be read for them.
#[derive(Debug, Clone)]
struct ColumnTests {
    column: ColumnIndex,
    kind: Kind,
    null: u64,
    texts: Vec<(u64, Test)>,
    numbers: Vec<(u64, Test)>,
    moments: Vec<(u64, Range<super::Moment>)>,
    parts: Vec<(u64, Part, Range<u32>)>,
    /// The last value and what held of it.
    last: String,
    last_mask: u64,
}

impl Masker {
    pub(super) fn new(attributes: &Attributes, atoms: &[Predicate]) -> Self {
        let mut columns: Vec<ColumnTests> = Vec::new();
        for (column, attribute) in attributes.iter() {
            let mut tests = ColumnTests::new(column, attribute.kind);
            for (place, atom) in atoms
                .iter()
                .enumerate()
                .filter(|(_, atom)| atom.column == column)
            {
                tests.add(1 << place, &atom.test);
            }
            if !tests.is_empty() {
                tests.last_mask = tests.read("", &attributes.zone);
                columns.push(tests);
            }
        }
        Self {
            columns,
            zone: attributes.zone.clone(),
        }
    }

    /// The conditions that hold of a record: bit n stands for atom n of the finder.
    #[inline]
    pub fn mask<F: Facts + ?Sized>(&mut self, facts: &F) -> u64 {
        let mut mask = 0;
        for tests in &mut self.columns {
            mask |= tests.mask(facts.value(tests.column), &self.zone);
        }
        mask
    }
}

impl ColumnTests {
    fn new(column: ColumnIndex, kind: Kind) -> Self {
        Self {
            column,
            kind,
            null: 0,
            texts: Vec::new(),
            numbers: Vec::new(),
            moments: Vec::new(),
            parts: Vec::new(),
            last: String::new(),
            last_mask: 0,
        }
    }

    fn add(&mut self, bit: u64, test: &Test) {
        match test {
            Test::IsNull => self.null |= bit,
            Test::Number(_)
            | Test::NumberIn(_)
            | Test::NumberIsNot(_)
            | Test::Decimals(_)
            | Test::Remainder { .. } => self.numbers.push((bit, test.clone())),
            Test::Moment(range) => self.moments.push((bit, *range)),
            Test::Part(part, range) => self.parts.push((bit, *part, *range)),
            _ => self.texts.push((bit, test.clone())),
        }
    }

    fn is_empty(&self) -> bool {
        let count = self.texts.len() + self.numbers.len() + self.moments.len() + self.parts.len();
        self.null == 0 && count == 0
    }

    #[inline]
    fn mask(&mut self, value: Option<&str>, zone: &Zone) -> u64 {
        let Some(text) = value else {
            return self.null;
        };
        if text != self.last {
            self.last_mask = self.read(text, zone);
            self.last.clear();
            self.last.push_str(text);
        }
        self.last_mask
    }

    fn read(&self, text: &str, zone: &Zone) -> u64 {
        let mut mask = 0;
        for (bit, test) in &self.texts {
            mask |= if test.holds_of_text(text) { *bit } else { 0 };
        }
        if !self.numbers.is_empty()
            && let Some(number) = reading::number(self.kind, text)
        {
            mask |= self.read_number(number);
        }
        if !(self.moments.is_empty() && self.parts.is_empty())
            && let Some(moment) = reading::moment(self.kind, text)
        {
            mask |= self.read_moment(moment, zone);
        }
        mask
    }

    fn read_number(&self, number: Decimal) -> u64 {
        let mut mask = 0;
        for (bit, test) in &self.numbers {
            mask |= if test.holds_of_number(number) {
                *bit
            } else {
                0
            };
        }
        mask
    }

    fn read_moment(&self, moment: super::Moment, zone: &Zone) -> u64 {
        let mut mask = 0;
        for (bit, range) in &self.moments {
            mask |= if range.contains(moment) { *bit } else { 0 };
        }
        if self.parts.is_empty() {
            return mask;
        }
        let Some(wall) = reading::on_the_wall(self.kind, moment, zone) else {
            return mask;
        };
        for (bit, part, range) in &self.parts {
            mask |= if range.contains(reading::part(*part, wall)) {
                *bit
            } else {
                0
            };
        }
        mask
    }
}
