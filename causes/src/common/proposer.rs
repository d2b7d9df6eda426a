//! Gathers samples, and proposes.

use super::attribute::{Attributes, Facts};
use super::axis::{Extremes, Records};
use super::finder::Finder;
use super::sample::{Row, Sample, hash_of};
use super::search;
use std::collections::BTreeSet;

/// Broken records that are kept.
const BROKEN_MAX: usize = 4_096;
/// Unbroken records that are kept.
const UNBROKEN_MAX: usize = 8_192;

/// Takes the broken records of one cause, and a sample of unbroken ones where there is one, and
/// proposes what may separate them.
///
/// It keeps at most 4,096 of the broken and 8,192 of the unbroken, chosen by what they hold, and
/// the outermost broken records of each column besides.
#[derive(Debug, Clone)]
pub struct Proposer {
    attributes: Attributes,
    broken: Sample,
    unbroken: Sample,
    extremes: Extremes,
}

impl Proposer {
    /// Begins with columns and no records.
    pub fn new(attributes: Attributes) -> Self {
        Self {
            attributes,
            broken: Sample::new(BROKEN_MAX),
            unbroken: Sample::new(UNBROKEN_MAX),
            extremes: Extremes::default(),
        }
    }

    /// The columns.
    pub fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    /// Offers a broken record.
    pub fn offer_broken<F: Facts + ?Sized>(&mut self, facts: &F) {
        let hash = hash_of(&self.attributes, facts);
        self.broken.offer(&self.attributes, facts, hash);
        self.extremes.offer(&self.attributes, facts, hash);
    }

    /// Offers a record that agrees.
    pub fn offer_unbroken<F: Facts + ?Sized>(&mut self, facts: &F) {
        let hash = hash_of(&self.attributes, facts);
        self.unbroken.offer(&self.attributes, facts, hash);
    }

    /// Adds what another has gathered, of the same columns.
    pub fn merge(&mut self, other: Self) {
        self.broken.merge(other.broken);
        self.unbroken.merge(other.unbroken);
        self.extremes.merge(other.extremes);
    }

    /// Number of broken records that were offered.
    pub fn broken(&self) -> u64 {
        self.broken.offered
    }

    /// Proposes conditions and their conjunctions.
    pub fn finish(self) -> Finder {
        let mut rows: Vec<Row> = self.broken.into_rows().collect();
        let sampled: BTreeSet<Row> = rows.iter().cloned().collect();
        let extremes = self.extremes.into_rows().into_iter();
        rows.extend(extremes.filter(|row| !sampled.contains(row)));
        let broken = rows.len();
        rows.extend(self.unbroken.into_rows());
        let (atoms, conjunctions) = search::propose(&Records { rows, broken }, &self.attributes);
        Finder::new(self.attributes, atoms, conjunctions)
    }
}
