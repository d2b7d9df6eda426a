//! Folds batches of one side into a state: the one pass.

use crate::hash::{Block, CHUNK, Engine, RowHasher, Seed};
use crate::layout::{Class, CurrencyColumn, Layout, Side};
use crate::sketch::{LANE, Mark, Sketch, SketchSize, Strata};
use crate::state::{Bucket, ChunkId, Header, State, bucket_of};
use crate::totals::{CROSSED_MAX, Crossed, CrossedLine, Group, Total};
use crate::values::value_text;
use crate::words::{FoldError, Prepared, WordColumns, Words};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_buffer::i256;
use arrow_cast::cast;
use arrow_schema::{DataType, Field, Schema};
use hashbrown::HashTable;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Turns rows into marks: canonical words, then the keyed hash.
#[derive(Clone)]
pub struct Marker {
    layout: Arc<Layout>,
    side: Side,
    hasher: RowHasher,
    words: Words,
    hashing: Hashing,
}

impl Marker {
    /// Makes a marker for one side of a layout.
    pub fn new(layout: &Arc<Layout>, side: Side, seed: &Seed) -> Self {
        Self {
            layout: Arc::clone(layout),
            side,
            hasher: RowHasher::new(seed, layout.blocks()),
            words: vec![vec![0; CHUNK]; layout.blocks() * 2],
            hashing: Hashing {
                states: vec![[0; 2]; CHUNK],
                key_states: vec![[0; 2]; CHUNK],
            },
        }
    }

    /// Gives the mark of every row of the batch, in order.
    ///
    /// # Errors
    /// A value does not fit its column's declared type.
    pub fn marks(&mut self, batch: &RecordBatch) -> Result<Vec<Mark>, FoldError> {
        let mut marks = Vec::with_capacity(batch.num_rows());
        self.for_each_chunk(batch, |_, _, chunk| marks.extend_from_slice(chunk))?;
        Ok(marks)
    }

    /// Calls `then(words, first row, marks)` for each chunk of the batch.
    fn for_each_chunk(
        &mut self,
        batch: &RecordBatch,
        mut then: impl FnMut(&WordColumns<'_>, usize, &[Mark]),
    ) -> Result<(), FoldError> {
        let layout = Arc::clone(&self.layout);
        let arrays = self.arrays(batch);
        let prepared = layout
            .columns()
            .iter()
            .zip(&arrays)
            .map(|(column, array)| Prepared::new(column, array))
            .collect::<Result<Vec<_>, _>>()?;
        let mut marks = [Mark::default(); CHUNK];
        for from in (0..batch.num_rows()).step_by(CHUNK) {
            let to = (from + CHUNK).min(batch.num_rows());
            let marks = &mut marks[..to - from];
            self.clear_meta(&layout);
            let columns = layout.columns().iter().zip(&prepared);
            for (column, prepared) in columns.clone() {
                if prepared.lent(from, to).is_none() {
                    prepared.write(column, from, to, &self.hasher, &mut self.words)?;
                }
            }
            let mut words: Vec<&[u64]> = self.words.iter().map(|own| &own[..marks.len()]).collect();
            for (column, prepared) in columns {
                if let Some(lent) = prepared.lent(from, to) {
                    words[column.word] = lent;
                }
            }
            self.hashing.marks(&self.hasher, &layout, &words, marks);
            then(&words, from, marks);
        }
        Ok(())
    }

    /// The compared columns of a batch, dictionaries unpacked.
    fn arrays(&self, batch: &RecordBatch) -> Vec<ArrayRef> {
        let side = self.side as usize;
        let columns = self.layout.columns().iter();
        columns
            .map(|column| unpack(batch.column(column.index[side])))
            .collect()
    }

    fn clear_meta(&mut self, layout: &Layout) {
        for word in layout.meta_words() {
            self.words[*word].fill(0);
        }
    }
}

/// The states of a chunk's rows while they are hashed.
#[derive(Clone)]
struct Hashing {
    states: Vec<Block>,
    key_states: Vec<Block>,
}

impl Hashing {
    /// Marks the rows of a chunk.
    fn marks(
        &mut self,
        hasher: &RowHasher,
        layout: &Layout,
        words: &WordColumns<'_>,
        marks: &mut [Mark],
    ) {
        let count = marks.len();
        let states = &mut self.states[..count];
        hasher.start(states);
        let key_states = &mut self.key_states[..count];
        let mut blocks = 0..layout.blocks();
        if layout.key_blocks() > 0 && !layout.key_is_plain() {
            blocks.start = layout.key_blocks();
            hasher.absorb(states, words, 0..blocks.start);
            key_states.copy_from_slice(states);
            hasher.finish_keys(key_states);
        }
        hasher.absorb_last(states, words, blocks);
        for (mark, state) in marks.iter_mut().zip(states.iter()) {
            (mark.x, mark.y) = (state[0] & LANE, state[1] & LANE);
        }
        if layout.key_is_plain() {
            let key = &layout.columns()[layout.key()[0]];
            for (mark, word) in marks.iter_mut().zip(words[key.word]) {
                mark.key = *word;
            }
        } else if layout.key_blocks() > 0 {
            for (mark, state) in marks.iter_mut().zip(key_states.iter()) {
                mark.key = state[0];
            }
        } else {
            // Without a key the record is its own key; the high bits of both lanes are unused.
            for (mark, state) in marks.iter_mut().zip(states.iter()) {
                mark.key = state[0] ^ state[1].rotate_left(32);
            }
        }
    }
}

impl std::fmt::Debug for Marker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Marker")
            .field("side", &self.side)
            .finish_non_exhaustive()
    }
}

/// Tells the key word of a record from the columns that make it, for the second look: the key
/// columns, or every compared column where the layout has no key.
#[derive(Clone, Debug)]
pub struct KeyMarker {
    marker: Marker,
    names: Vec<String>,
}

impl KeyMarker {
    /// Makes a key marker for one side of a layout.
    pub fn new(layout: &Layout, side: Side, seed: &Seed) -> Self {
        let narrow = Arc::new(layout.probe());
        let names = narrow
            .columns()
            .iter()
            .map(|column| column.name.clone())
            .collect();
        Self {
            marker: Marker::new(&narrow, side, seed),
            names,
        }
    }

    /// The columns that [`Self::keys`] wants, in their order.
    pub fn columns(&self) -> &[String] {
        &self.names
    }

    /// Gives the key words of the rows of the columns.
    ///
    /// # Errors
    /// A value does not fit its column's declared type, or the columns are not those asked for.
    pub fn keys(&mut self, columns: &[ArrayRef]) -> Result<Vec<u64>, FoldError> {
        let fields = self.names.iter().zip(columns);
        let fields: Vec<Field> = fields
            .map(|(name, array)| Field::new(name, array.data_type().clone(), true))
            .collect();
        let schema = Arc::new(Schema::new(fields));
        let batch =
            RecordBatch::try_new(schema, columns.to_vec()).map_err(|error| FoldError::Type {
                column: self.names.join(", "),
                found: error.to_string(),
            })?;
        let marks = self.marker.marks(&batch)?;
        Ok(marks.into_iter().map(|mark| mark.key).collect())
    }
}

pub(crate) fn unpack(array: &ArrayRef) -> ArrayRef {
    match array.data_type() {
        DataType::Dictionary(_, values) => {
            cast(array, values).expect("a dictionary unpacks to its own values' type")
        }
        _ => Arc::clone(array),
    }
}

/// Folds one side's batches into a state.
#[derive(Debug)]
pub struct Folder {
    marker: Marker,
    state: State,
    money: Vec<MoneyColumn>,
    currency: CurrencySlots,
    foot: Option<FootSlots>,
}

#[derive(Debug)]
struct MoneyColumn {
    column: usize,
    totals: Vec<Total>,
}

/// Currencies seen so far, numbered; the row's number is looked up once per run of equal codes.
#[derive(Debug, Default)]
struct CurrencySlots {
    names: Vec<Option<String>>,
    rows: Vec<u32>,
}

#[derive(Debug)]
struct FootSlots {
    columns: Vec<usize>,
    table: HashTable<(u64, u32)>,
    groups: Vec<(Group, CrossedLine)>,
    overflowed: bool,
}

impl Folder {
    /// Makes a folder for one side of a layout.
    pub fn new(layout: &Arc<Layout>, side: Side, seed: &Seed, size: SketchSize) -> Self {
        let marker = Marker::new(layout, side, seed);
        let check = marker.hasher.check;
        let money = layout.money().iter();
        let foot = (!layout.foot().is_empty()).then(|| FootSlots {
            columns: layout.foot().to_vec(),
            table: HashTable::new(),
            groups: Vec::new(),
            overflowed: false,
        });
        Self {
            state: State::empty(
                Header::new(layout, side, seed, size),
                Sketch::new(size, check),
                Strata::new(check),
            ),
            money: money
                .map(|column| MoneyColumn {
                    column: *column,
                    totals: Vec::new(),
                })
                .collect(),
            currency: CurrencySlots::default(),
            foot,
            marker,
        }
    }

    /// Folds one batch.
    ///
    /// # Errors
    /// A value does not fit its column's declared type, or a total needs more than 76 digits.
    /// The state is then of no more use.
    pub fn fold(&mut self, batch: &RecordBatch) -> Result<(), FoldError> {
        let layout = Arc::clone(&self.marker.layout);
        let arrays = self.marker.arrays(batch);
        self.currency.read(&layout, &arrays, batch.num_rows());
        let Self {
            marker,
            state,
            money,
            currency,
            foot,
        } = self;
        let hardware = marker.hasher.engine();
        let mut failed = None;
        marker.for_each_chunk(batch, |words, from, marks| {
            add_marks(hardware, state, marks);
            let rows = from..from + marks.len();
            let currencies = &currency.rows[..];
            for money in money.iter_mut() {
                let array = &arrays[money.column];
                money.totals.resize(currency.names.len(), Total::default());
                if money
                    .add(&layout, array, words, rows.clone(), currencies)
                    .is_none()
                {
                    failed.get_or_insert_with(|| money.too_large(&layout));
                }
            }
            if let Some(foot) = foot {
                foot.add(&layout, &arrays, words, rows, currency, money);
            }
        })?;
        failed.map_or(Ok(()), Err)
    }

    /// Gives the state of everything folded, as the fold of `chunks`.
    ///
    /// # Errors
    /// A total needs more than 76 digits.
    pub fn finish(
        mut self,
        chunks: impl IntoIterator<Item = (ChunkId, u64)>,
    ) -> Result<State, FoldError> {
        self.state.chunks = chunks.into_iter().collect();
        for money in &self.money {
            let mut by_currency = BTreeMap::new();
            for (name, total) in self.currency.names.iter().zip(&money.totals) {
                let name = name.clone().unwrap_or_default();
                let own: &mut Total = by_currency.entry(name).or_default();
                own.merge(total)
                    .ok_or_else(|| money.too_large(&self.marker.layout))?;
            }
            by_currency.retain(|_, total| total.records > 0);
            self.state.totals.push(by_currency);
        }
        self.state.crossed = self.foot.map_or_else(
            || Crossed {
                groups: Some(BTreeMap::new()),
            },
            |foot| foot.finish(),
        );
        Ok(self.state)
    }
}

/// Adds marks to the sketch, the strata, the buckets and the sums.
fn add_marks(engine: Engine, state: &mut State, marks: &[Mark]) {
    match engine {
        #[cfg(target_arch = "x86_64")]
        #[expect(unsafe_code, reason = "the engine has AVX2 only where it was seen")]
        engine if engine.has_avx2() => unsafe { add_marks_avx2(state, marks) },
        _ => add_marks_plain(state, marks),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi2")]
fn add_marks_avx2(state: &mut State, marks: &[Mark]) {
    add_marks_plain(state, marks);
}

#[inline(always)]
fn add_marks_plain(state: &mut State, marks: &[Mark]) {
    state.records += marks.len() as u64;
    state.sketch.add_all(marks);
    let mut sums = Bucket::default();
    for mark in marks {
        state.strata.add(*mark);
        sums.add(*mark);
        state.buckets[bucket_of(mark.key)].add(*mark);
    }
    state.sums.merge(&sums);
}

impl CurrencySlots {
    fn read(&mut self, layout: &Layout, arrays: &[ArrayRef], rows: usize) {
        match layout.currency() {
            CurrencyColumn::Fixed(code) => {
                if self.names.is_empty() {
                    self.names.push(Some(code.clone()));
                }
                self.rows.resize(rows.max(self.rows.len()), 0);
            }
            CurrencyColumn::Column(index) => {
                self.rows.clear();
                let mut last: Option<u32> = None;
                for row in 0..rows {
                    let text = text_at(&arrays[*index], row);
                    let same = last.filter(|slot| self.names[*slot as usize].as_deref() == text);
                    let slot = same.unwrap_or_else(|| self.slot(text));
                    last = Some(slot);
                    self.rows.push(slot);
                }
            }
        }
    }

    fn slot(&mut self, text: Option<&str>) -> u32 {
        let found = self.names.iter().position(|name| name.as_deref() == text);
        let slot = found.unwrap_or_else(|| {
            self.names.push(text.map(str::to_owned));
            self.names.len() - 1
        });
        u32::try_from(slot).expect("fewer currencies than records of a batch times 2^32")
    }
}

fn text_at(array: &ArrayRef, row: usize) -> Option<&str> {
    use arrow_array::cast::AsArray;
    if array.is_null(row) {
        return None;
    }
    match array.data_type() {
        DataType::Utf8View => Some(array.as_string_view().value(row)),
        DataType::Utf8 => Some(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => Some(array.as_string::<i64>().value(row)),
        _ => None,
    }
}

impl MoneyColumn {
    fn add(
        &mut self,
        layout: &Layout,
        array: &ArrayRef,
        words: &WordColumns<'_>,
        rows: std::ops::Range<usize>,
        currencies: &[u32],
    ) -> Option<()> {
        let one_currency = self.totals.len() == 1;
        let nulls = array.logical_null_count() > 0;
        let column = &layout.columns()[self.column];
        if one_currency && !nulls && column.class.words() == 1 {
            let sum = sum_of(&words[column.word][..rows.len()]);
            self.totals[0].records += rows.len() as u64;
            return self.totals[0].add(sum);
        }
        for (row, at) in rows.enumerate() {
            let total = &mut self.totals[currencies[at] as usize];
            total.records += 1;
            total.nulls += u64::from(nulls && array.is_null(at));
            add_word(total, layout, self.column, words, row)?;
        }
        Some(())
    }

    fn too_large(&self, layout: &Layout) -> FoldError {
        FoldError::Total {
            column: layout.columns()[self.column].name.clone(),
            currency: layout.fixed_currency().unwrap_or("its currency").to_owned(),
        }
    }
}

/// Sums a chunk's signed values. By halves of 32 bits: so many of these fit 64 bits, and the compiler
/// makes vector code of it.
fn sum_of(words: &[u64]) -> i128 {
    const { assert!(CHUNK < 1 << 31) };
    const LOW: u64 = u32::MAX as u64;
    let (mut low, mut high) = (0_u64, 0_u64);
    for word in words {
        // Shifted up by half the range, the values have no sign.
        let value = *word ^ (1 << 63);
        low = low.wrapping_add(value & LOW);
        high = high.wrapping_add(value >> 32);
    }
    let shifted = (i128::from(high) << 32) + i128::from(low);
    shifted - ((words.len() as i128) << 63)
}

/// Adds a row's amount (zero where it is NULL) to a total.
#[inline]
fn add_word(
    total: &mut Total,
    layout: &Layout,
    column: usize,
    words: &WordColumns<'_>,
    row: usize,
) -> Option<()> {
    let column = &layout.columns()[column];
    let word = |offset: usize| words[column.word + offset][row];
    let wide = |offset: usize| u128::from(word(offset)) | (u128::from(word(offset + 1)) << 64);
    match column.class.words() {
        1 => total.add(i128::from(word(0).cast_signed())),
        2 => total.add(wide(0).cast_signed()),
        _ => total.add_wide(i256::from_parts(wide(0), wide(2).cast_signed())),
    }
}

impl FootSlots {
    fn add(
        &mut self,
        layout: &Layout,
        arrays: &[ArrayRef],
        words: &WordColumns<'_>,
        rows: std::ops::Range<usize>,
        currency: &CurrencySlots,
        money: &[MoneyColumn],
    ) {
        if self.overflowed {
            return;
        }
        let mut last: Option<(u64, u32)> = None;
        for (row, at) in rows.enumerate() {
            let hash = self.hash(layout, words, row, currency.rows[at]);
            let slot = match last {
                Some((known, slot)) if known == hash => slot,
                _ => {
                    let columns = std::mem::take(&mut self.columns);
                    let slot = self.slot(hash, || group(&columns, layout, arrays, at, currency));
                    self.columns = columns;
                    slot
                }
            };
            last = Some((hash, slot));
            let line = &mut self.groups[slot as usize].1;
            line.records += 1;
            line.totals.resize(money.len(), Total::default());
            for (total, money) in line.totals.iter_mut().zip(money) {
                total.records += 1;
                total.nulls += u64::from(arrays[money.column].is_null(at));
                // A crossed total can not overflow where the control total does not; and that is
                // an error of the fold.
                if add_word(total, layout, money.column, words, row).is_none() {
                    self.overflowed = true;
                    return;
                }
            }
        }
        if self.groups.len() > CROSSED_MAX {
            self.overflowed = true;
            self.groups = Vec::new();
            self.table = HashTable::new();
        }
    }

    fn hash(&self, layout: &Layout, words: &WordColumns<'_>, row: usize, currency: u32) -> u64 {
        let mut hash = u64::from(currency).wrapping_add(0x51_7c_c1_b7_27_22_0a_95);
        let mut mix = |word: u64| {
            let product = u128::from(hash ^ word) * u128::from(0x9e37_79b9_7f4a_7c15_u64);
            hash = (product as u64) ^ ((product >> 64) as u64) ^ word.rotate_left(29);
        };
        for index in &self.columns {
            let column = &layout.columns()[*index];
            let width = column.class.meta_bits();
            mix((words[column.meta_word][row] >> column.meta_shift) & ((1 << width) - 1));
            for offset in 0..column.class.words() {
                mix(words[column.word + offset][row]);
            }
        }
        hash
    }

    fn finish(self) -> Crossed {
        if self.overflowed {
            return Crossed { groups: None };
        }
        let mut crossed = Crossed {
            groups: Some(BTreeMap::new()),
        };
        for (group, line) in self.groups {
            let one = Crossed {
                groups: Some(BTreeMap::from([(group, line)])),
            };
            if crossed.merge(one).is_none() {
                return Crossed { groups: None };
            }
        }
        crossed
    }
}

fn group(
    columns: &[usize],
    layout: &Layout,
    arrays: &[ArrayRef],
    row: usize,
    currency: &CurrencySlots,
) -> Group {
    let scale = |index: usize| match layout.columns()[index].class {
        Class::Number { scale, .. } => Some(scale),
        _ => None,
    };
    let mut group: Group = columns
        .iter()
        .map(|index| value_text(&arrays[*index], row, scale(*index)))
        .collect();
    group.push(currency.names[currency.rows[row] as usize].clone());
    group
}

impl FootSlots {
    fn slot(&mut self, hash: u64, group: impl FnOnce() -> Group) -> u32 {
        if let Some((_, slot)) = self.table.find(hash, |(known, _)| *known == hash) {
            return *slot;
        }
        let slot = u32::try_from(self.groups.len()).expect("groups are bounded");
        self.groups.push((group(), CrossedLine::default()));
        self.table
            .insert_unique(hash, (hash, slot), |(known, _)| *known);
        slot
    }
}
