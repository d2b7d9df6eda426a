//! The state of a fold: merges in any order, subtracts, decodes, and knows which chunks it holds.

use crate::hash::{HASH_ID, Seed};
use crate::layout::{Layout, Side};
use crate::sketch::{Cell, Element, Mark, STRATA, Sample, Sketch, SketchSize, Strata};
use crate::totals::{Crossed, CrossedLine, Group, Total, Totals};
use arrow_buffer::i256;
use std::collections::BTreeMap;

/// Buckets of records by key.
pub const BUCKETS: usize = 1024;

const VERSION: u8 = 1;
const MAGIC: &[u8; 8] = b"CFSTATE\0";

/// Names a chunk of a book: no chunk is folded twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkId {
    /// The table, numbered within its book.
    pub table: u32,
    /// The chunk, numbered within its table.
    pub part: u64,
}

/// What two states must share to be merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) layout: [u8; 32],
    pub(crate) seed: [u8; 16],
    pub(crate) side: Side,
    pub(crate) bits: u32,
}

impl Header {
    pub(crate) fn new(layout: &Layout, side: Side, seed: &Seed, size: SketchSize) -> Self {
        Self {
            layout: layout.digest(),
            seed: seed.commitment(),
            side,
            bits: size.bits(),
        }
    }

    fn agrees(&self, other: &Self) -> Result<(), StateError> {
        let facts = [
            ("layout", self.layout == other.layout),
            ("seed", self.seed == other.seed),
            ("sketch size", self.bits == other.bits),
        ];
        match facts.iter().find(|(_, same)| !same) {
            Some((what, _)) => Err(StateError::Foreign { what }),
            None => Ok(()),
        }
    }
}

/// Two states that can not be put together, or bytes that are no state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// Both hold the same chunk.
    #[error("chunk {}.{} would be counted twice", .0.table, .0.part)]
    Twice(ChunkId),
    /// They are folds of different things.
    #[error("the states are of different runs: their {what} is not the same")]
    Foreign {
        /// What differs.
        what: &'static str,
    },
    /// A total needs more than 76 digits.
    #[error("a control total needs more than 76 digits")]
    Overflow,
    /// The bytes are not what was written.
    #[error("the state is damaged at byte {at}: {what}")]
    Damaged {
        /// Byte offset.
        at: usize,
        /// What is wrong there.
        what: &'static str,
    },
}

/// Count and hash sums of a set of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Bucket {
    records: u64,
    x: u64,
    y: u64,
}

impl Bucket {
    #[inline(always)]
    pub(crate) fn add(&mut self, mark: Mark) {
        self.records = self.records.wrapping_add(1);
        self.x = self.x.wrapping_add(mark.x);
        self.y = self.y.wrapping_add(mark.y);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.records = self.records.wrapping_add(other.records);
        self.x = self.x.wrapping_add(other.x);
        self.y = self.y.wrapping_add(other.y);
    }

    fn minus(&self, other: &Self) -> Self {
        Self {
            records: self.records.wrapping_sub(other.records),
            x: self.x.wrapping_sub(other.x),
            y: self.y.wrapping_sub(other.y),
        }
    }

    fn of(elements: &[Element]) -> Self {
        elements.iter().fold(Self::default(), |sum, element| {
            let count = element.count.cast_unsigned();
            Self {
                records: sum.records.wrapping_add(count),
                x: sum.x.wrapping_add(element.mark.x.wrapping_mul(count)),
                y: sum.y.wrapping_add(element.mark.y.wrapping_mul(count)),
            }
        })
    }
}

/// Which bucket a key falls into.
pub fn bucket_of(key: u64) -> usize {
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - BUCKETS.ilog2())) as usize
}

/// Everything that one pass over one side leaves.
#[derive(Clone, PartialEq, Eq)]
pub struct State {
    pub(crate) header: Header,
    pub(crate) chunks: BTreeMap<ChunkId, u64>,
    pub(crate) records: u64,
    pub(crate) sums: Bucket,
    pub(crate) sketch: Sketch,
    pub(crate) strata: Strata,
    pub(crate) buckets: Vec<Bucket>,
    pub(crate) totals: Totals,
    pub(crate) crossed: Crossed,
}

impl State {
    pub(crate) fn empty(header: Header, sketch: Sketch, strata: Strata) -> Self {
        Self {
            header,
            chunks: BTreeMap::new(),
            records: 0,
            sums: Bucket::default(),
            sketch,
            strata,
            buckets: vec![Bucket::default(); BUCKETS],
            totals: Vec::new(),
            crossed: Crossed {
                groups: Some(BTreeMap::new()),
            },
        }
    }

    /// Records folded.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// The chunks folded, each with its records as read.
    pub fn chunks(&self) -> &BTreeMap<ChunkId, u64> {
        &self.chunks
    }

    /// Control totals per money column and currency.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Totals crossed by the foot columns.
    pub fn crossed(&self) -> &Crossed {
        &self.crossed
    }

    /// Control totals and crossed totals, without the rest.
    pub fn into_totals(self) -> (Totals, Crossed) {
        (self.totals, self.crossed)
    }

    /// Adds another state of the same side.
    ///
    /// # Errors
    /// Both hold the same chunk, they are of different runs, or a total overflows. Nothing is
    /// changed then, but for an overflow.
    pub fn merge(&mut self, other: Self) -> Result<(), StateError> {
        self.header.agrees(&other.header)?;
        if self.header.side != other.header.side {
            return Err(StateError::Foreign { what: "side" });
        }
        if let Some(id) = other.chunks.keys().find(|id| self.chunks.contains_key(id)) {
            return Err(StateError::Twice(*id));
        }
        self.chunks.extend(other.chunks);
        self.records += other.records;
        self.sums.merge(&other.sums);
        self.sketch.merge(&other.sketch);
        self.strata.merge(&other.strata);
        for (own, other) in self.buckets.iter_mut().zip(&other.buckets) {
            own.merge(other);
        }
        self.totals
            .resize_with(self.totals.len().max(other.totals.len()), BTreeMap::new);
        for (own, other) in self.totals.iter_mut().zip(other.totals) {
            for (currency, total) in other {
                own.entry(currency)
                    .or_default()
                    .merge(&total)
                    .ok_or(StateError::Overflow)?;
            }
        }
        self.crossed
            .merge(other.crossed)
            .ok_or(StateError::Overflow)
    }

    /// Subtracts the actual side from the expected one and gives back what differs.
    ///
    /// # Errors
    /// The states are not the two sides of one run.
    pub fn compare(&self, actual: &Self) -> Result<Comparison, StateError> {
        self.header.agrees(&actual.header)?;
        if (self.header.side, actual.header.side) != (Side::Expected, Side::Actual) {
            return Err(StateError::Foreign { what: "side" });
        }
        let mut sketch = self.sketch.clone();
        sketch.subtract(&actual.sketch);
        let (elements, peeled) = sketch.decode();
        // The sums are a witness that does not pass through the cells.
        let complete = peeled && Bucket::of(&elements) == self.sums.minus(&actual.sums);
        let mut strata = self.strata.clone();
        strata.subtract(&actual.strata);
        let buckets = self.buckets.iter().zip(&actual.buckets);
        Ok(Comparison {
            elements,
            complete,
            sample: if complete { None } else { strata.sample() },
            differing_buckets: buckets
                .enumerate()
                .filter(|(_, (own, other))| own != other)
                .map(|(index, _)| index)
                .collect(),
        })
    }

    /// Writes the state, closed by a BLAKE3 digest. The same state gives the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer(MAGIC.to_vec());
        out.0.push(VERSION);
        out.text(HASH_ID);
        out.0.extend(self.header.layout);
        out.0.extend(self.header.seed);
        out.0.push(self.header.side as u8);
        out.word(u64::from(self.header.bits));
        out.word(self.chunks.len() as u64);
        for (id, records) in &self.chunks {
            out.words([u64::from(id.table), id.part, *records]);
        }
        out.word(self.records);
        out.bucket(&self.sums);
        out.cells(self.sketch.cells());
        for level in self.strata.levels() {
            out.cells(level.cells());
        }
        for bucket in &self.buckets {
            out.bucket(bucket);
        }
        out.word(self.totals.len() as u64);
        for totals in &self.totals {
            out.word(totals.len() as u64);
            for (currency, total) in totals {
                out.text(currency);
                out.total(total);
            }
        }
        match &self.crossed.groups {
            None => out.0.push(0),
            Some(groups) => {
                out.0.push(1);
                out.word(groups.len() as u64);
                for (group, line) in groups {
                    out.group(group);
                    out.word(line.records);
                    out.word(line.totals.len() as u64);
                    line.totals.iter().for_each(|total| out.total(total));
                }
            }
        }
        let digest = blake3::hash(&out.0);
        out.0.extend(digest.as_bytes());
        out.0
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    /// The bytes are cut, changed, of another version or another hash.
    pub fn from_bytes(bytes: &[u8], seed: &Seed) -> Result<Self, StateError> {
        let damaged = |at, what| StateError::Damaged { at, what };
        let split = bytes
            .len()
            .checked_sub(32)
            .ok_or(damaged(0, "it is cut short"))?;
        let (body, digest) = bytes.split_at(split);
        if blake3::hash(body).as_bytes() != digest {
            return Err(damaged(split, "its digest does not match"));
        }
        let mut input = Reader { bytes: body, at: 0 };
        if input.take(8)? != MAGIC || input.take(1)? != [VERSION] {
            return Err(damaged(0, "it is not a state of this version"));
        }
        if input.text()? != HASH_ID {
            return Err(StateError::Foreign { what: "hash" });
        }
        let header = Header {
            layout: input.array()?,
            seed: input.array()?,
            side: match input.take(1)? {
                [0] => Side::Expected,
                _ => Side::Actual,
            },
            bits: u32::try_from(input.word()?)
                .ok()
                .filter(|bits| (6..=SketchSize::LARGEST.bits()).contains(bits))
                .ok_or(damaged(input.at, "no such sketch size"))?,
        };
        if header.seed != seed.commitment() {
            return Err(StateError::Foreign { what: "seed" });
        }
        input.state(header, seed)
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("side", &self.header.side)
            .field("records", &self.records)
            .field("chunks", &self.chunks.len())
            .finish_non_exhaustive()
    }
}

/// What the subtraction of two states tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The records that differ, as far as they could be decoded, in order.
    pub elements: Vec<Element>,
    /// Whether these are all: every cell is zero, and counts and hash sums agree with them.
    pub complete: bool,
    /// Where it is not complete: a uniform sample of the differing records, with an estimate of
    /// their number.
    pub sample: Option<Sample>,
    /// Buckets in which the sides differ, by number.
    pub differing_buckets: Vec<usize>,
}

impl Comparison {
    /// Of sides that are known to be the same.
    pub fn of_equals() -> Self {
        Self {
            elements: Vec::new(),
            complete: true,
            sample: None,
            differing_buckets: Vec::new(),
        }
    }
}

struct Writer(Vec<u8>);

impl Writer {
    fn word(&mut self, word: u64) {
        self.0.extend(word.to_le_bytes());
    }

    fn words<const N: usize>(&mut self, words: [u64; N]) {
        words.into_iter().for_each(|word| self.word(word));
    }

    fn text(&mut self, text: &str) {
        self.word(text.len() as u64);
        self.0.extend(text.as_bytes());
    }

    fn bucket(&mut self, bucket: &Bucket) {
        self.words([bucket.records, bucket.x, bucket.y]);
    }

    fn cells(&mut self, cells: &[Cell]) {
        cells.iter().for_each(|cell| self.words(*cell));
    }

    fn total(&mut self, total: &Total) {
        self.words([total.records, total.nulls]);
        // A total of a state that merged is in range: merging refuses what is not.
        let sum = total.sum().unwrap_or(i256::MAX);
        self.0.extend(sum.to_le_bytes());
    }

    fn group(&mut self, group: &Group) {
        self.word(group.len() as u64);
        for value in group {
            self.0.push(u8::from(value.is_some()));
            self.text(value.as_deref().unwrap_or(""));
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], StateError> {
        let end = self
            .at
            .checked_add(count)
            .filter(|end| *end <= self.bytes.len());
        let end = end.ok_or(StateError::Damaged {
            at: self.at,
            what: "it is cut short",
        })?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], StateError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn word(&mut self) -> Result<u64, StateError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// A count of things that take at least one byte each.
    fn count(&mut self) -> Result<usize, StateError> {
        let at = self.at;
        let count = usize::try_from(self.word()?).unwrap_or(usize::MAX);
        if count > self.bytes.len() {
            return Err(StateError::Damaged {
                at,
                what: "a count is larger than the state",
            });
        }
        Ok(count)
    }

    fn text(&mut self) -> Result<String, StateError> {
        let at = self.at;
        let count = self.count()?;
        String::from_utf8(self.take(count)?.to_vec()).map_err(|_| StateError::Damaged {
            at,
            what: "a text is not UTF-8",
        })
    }

    fn bucket(&mut self) -> Result<Bucket, StateError> {
        Ok(Bucket {
            records: self.word()?,
            x: self.word()?,
            y: self.word()?,
        })
    }

    fn cells(&mut self, count: usize) -> Result<Vec<Cell>, StateError> {
        (0..count)
            .map(|_| Ok([self.word()?, self.word()?, self.word()?, self.word()?]))
            .collect()
    }

    fn total(&mut self) -> Result<Total, StateError> {
        let (records, nulls) = (self.word()?, self.word()?);
        Ok(Total::from_parts(
            records,
            nulls,
            i256::from_le_bytes(self.array()?),
        ))
    }

    fn group(&mut self) -> Result<Group, StateError> {
        let count = self.count()?;
        (0..count)
            .map(|_| {
                let there = self.take(1)? == [1];
                let text = self.text()?;
                Ok(there.then_some(text))
            })
            .collect()
    }

    fn sketch(&mut self, bits: u32, seed: &Seed) -> Result<Sketch, StateError> {
        let cells = self.cells(3 << bits)?;
        let check = crate::hash::RowHasher::new(seed, 0).check;
        Sketch::from_cells(bits, cells, check).ok_or(StateError::Damaged {
            at: self.at,
            what: "the sketch has another size",
        })
    }

    fn state(mut self, header: Header, seed: &Seed) -> Result<State, StateError> {
        let mut chunks = BTreeMap::new();
        for _ in 0..self.count()? {
            let at = self.at;
            let table = u32::try_from(self.word()?).map_err(|_| StateError::Damaged {
                at,
                what: "no such table",
            })?;
            let id = ChunkId {
                table,
                part: self.word()?,
            };
            if chunks.insert(id, self.word()?).is_some() {
                return Err(StateError::Twice(id));
            }
        }
        let records = self.word()?;
        let sums = self.bucket()?;
        let sketch = self.sketch(header.bits, seed)?;
        let levels = (0..STRATA)
            .map(|_| self.sketch(10, seed))
            .collect::<Result<_, _>>()?;
        let strata = Strata::from_levels(levels).ok_or(StateError::Damaged {
            at: self.at,
            what: "the strata have another size",
        })?;
        let buckets = (0..BUCKETS)
            .map(|_| self.bucket())
            .collect::<Result<_, _>>()?;
        let mut totals = Vec::new();
        for _ in 0..self.count()? {
            let mut by_currency = BTreeMap::new();
            for _ in 0..self.count()? {
                let currency = self.text()?;
                by_currency.insert(currency, self.total()?);
            }
            totals.push(by_currency);
        }
        let crossed = self.crossed()?;
        if self.at != self.bytes.len() {
            return Err(StateError::Damaged {
                at: self.at,
                what: "there is more than a state",
            });
        }
        Ok(State {
            header,
            chunks,
            records,
            sums,
            sketch,
            strata,
            buckets,
            totals,
            crossed,
        })
    }

    fn crossed(&mut self) -> Result<Crossed, StateError> {
        if self.take(1)? == [0] {
            return Ok(Crossed { groups: None });
        }
        let mut groups = BTreeMap::new();
        for _ in 0..self.count()? {
            let group = self.group()?;
            let records = self.word()?;
            let count = self.count()?;
            let totals = (0..count).map(|_| self.total()).collect::<Result<_, _>>()?;
            groups.insert(group, CrossedLine { records, totals });
        }
        Ok(Crossed {
            groups: Some(groups),
        })
    }
}
