//! All conditions on a record at once.

use super::attribute::Attributes;
use super::reading;
use super::{ColumnIndex, Facts, Moment, Part, Predicate, Range, Test};
use crate::Kind;
use ledger::{Decimal, Zone};

/// Tells which conditions hold of a record, as a mask with a bit for each. Each column is read once,
/// and remembered where the next record has the same.
#[derive(Debug, Clone)]
pub struct Masker {
    columns: Vec<ColumnMasker>,
}

/// Tells which conditions on one column hold of its value: the mask of a record is the masks of its
/// columns, joined with `|`.
///
/// Who holds numbers and moments as such need not write them as text: the conditions on a column of
/// numbers are all met by [`ColumnMasker::of_number`], and those on dates and instants by
/// [`ColumnMasker::of_moment`]. Text that reads as money is text.
#[derive(Debug, Clone)]
pub struct ColumnMasker {
    column: ColumnIndex,
    kind: Kind,
    zone: Zone,
    null: u64,
    not_null: u64,
    texts: Vec<(u64, Test)>,
    numbers: Vec<(u64, Test)>,
    moments: Vec<(u64, Range<Moment>)>,
    parts: Vec<(u64, Part, Range<u32>)>,
    /// The last text and what held of it.
    last: String,
    last_mask: u64,
}

impl Masker {
    pub(super) fn new(attributes: &Attributes, atoms: &[Predicate]) -> Self {
        let mut columns: Vec<ColumnMasker> = Vec::new();
        for (column, attribute) in attributes.iter() {
            let mut masker = ColumnMasker::new(column, attribute.kind, &attributes.zone);
            for (place, atom) in atoms.iter().enumerate() {
                if atom.column == column {
                    masker.add(1 << place, &atom.test);
                }
            }
            if !masker.is_empty() {
                masker.last_mask = masker.read("");
                columns.push(masker);
            }
        }
        Self { columns }
    }

    /// The conditions that hold of a record: bit n stands for atom n of the finder.
    #[inline]
    pub fn mask<F: Facts + ?Sized>(&mut self, facts: &F) -> u64 {
        let mut mask = 0;
        for column in &mut self.columns {
            mask |= column.of_text(facts.value(column.column));
        }
        mask
    }

    /// The columns that conditions speak of, ascending: no others need be read.
    pub fn columns(&mut self) -> &mut [ColumnMasker] {
        &mut self.columns
    }
}

impl ColumnMasker {
    fn new(column: ColumnIndex, kind: Kind, zone: &Zone) -> Self {
        Self {
            column,
            kind,
            zone: zone.clone(),
            null: 0,
            not_null: 0,
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
            Test::IsNotNull => self.not_null |= bit,
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
        self.null | self.not_null == 0 && count == 0
    }

    /// The place of the column.
    pub fn column(&self) -> ColumnIndex {
        self.column
    }

    /// What holds of a value as text.
    #[inline]
    pub fn of_text(&mut self, value: Option<&str>) -> u64 {
        let Some(text) = value else {
            return self.null;
        };
        if text != self.last {
            self.last_mask = self.read(text);
            self.last.clear();
            self.last.push_str(text);
        }
        self.last_mask
    }

    /// What holds of a number, in a column of numbers.
    #[inline]
    pub fn of_number(&self, value: Option<Decimal>) -> u64 {
        value.map_or(self.null, |number| self.not_null | self.read_number(number))
    }

    /// What holds of a date or an instant, in a column of such.
    #[inline]
    pub fn of_moment(&self, value: Option<Moment>) -> u64 {
        value.map_or(self.null, |moment| self.not_null | self.read_moment(moment))
    }

    fn read(&self, text: &str) -> u64 {
        let mut mask = self.not_null;
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
            mask |= self.read_moment(moment);
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

    fn read_moment(&self, moment: Moment) -> u64 {
        let mut mask = 0;
        for (bit, range) in &self.moments {
            mask |= if range.contains(moment) { *bit } else { 0 };
        }
        if self.parts.is_empty() {
            return mask;
        }
        let Some(wall) = reading::on_the_wall(self.kind, moment, &self.zone) else {
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
