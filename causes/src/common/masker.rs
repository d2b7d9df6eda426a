//! All conditions of a finder on a record at once.

use super::sieve::Sieve;
use super::{ColumnIndex, Facts, Predicate};
use std::collections::BTreeSet;

/// Tells which conditions hold of a record, as a mask with a bit for each. Each column is read once,
/// and remembered where a later record has the same.
#[derive(Debug, Clone)]
pub struct Masker {
    columns: Vec<MaskedColumn>,
}

#[derive(Debug, Clone)]
struct MaskedColumn {
    column: ColumnIndex,
    sieve: Sieve,
    /// The bits of the sieve's conditions.
    bits: Vec<u64>,
    /// The bits that hold of each of its cells.
    of_cells: Vec<u64>,
}

impl Masker {
    pub(super) fn new(atoms: &[Predicate]) -> Self {
        let columns: BTreeSet<ColumnIndex> = atoms.iter().map(|atom| atom.column).collect();
        let masked = |column: ColumnIndex| {
            let own = (0..).zip(atoms).filter(|(_, atom)| atom.column == column);
            MaskedColumn {
                column,
                bits: own.clone().map(|(bit, _)| 1_u64 << bit).collect(),
                sieve: Sieve::of_texts(own.map(|(_, atom)| atom.clone()).collect()),
                of_cells: Vec::new(),
            }
        };
        Self {
            columns: columns.into_iter().map(masked).collect(),
        }
    }

    /// The conditions that hold of a record: bit n stands for atom n of the finder.
    pub fn mask<F: Facts + ?Sized>(&mut self, facts: &F) -> u64 {
        let columns = self.columns.iter_mut();
        columns.fold(0, |mask, column| {
            mask | column.mask(facts.value(column.column))
        })
    }
}

impl MaskedColumn {
    fn mask(&mut self, value: Option<&str>) -> u64 {
        let cell = self.sieve.of_text(value);
        for cell in self.of_cells.len()..self.sieve.len() {
            let own = self.bits.iter().enumerate();
            let own = own.filter(|(condition, _)| self.sieve.holds(cell, *condition));
            self.of_cells.push(own.fold(0, |mask, (_, bit)| mask | bit));
        }
        self.of_cells[cell as usize]
    }
}
