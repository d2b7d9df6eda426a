//! Where a side's keys lie: noted while it is folded, so that the second look reads only the chunks
//! in which a wanted key may be.
//!
//! Of a chunk whose keys ascend the first and the last are kept, of any other one a Bloom filter of
//! ten bits a record and three places a key, all in one line of the processor's cache: one key in
//! fifty is then looked for in vain. What is kept never says no of a key that is there.

use crate::wanted::Keys;
use arrow_array::RecordBatch;
use books::ChunkId;
use footing::{KeyMarker, Layout, Seed, Side};
use rules::sql::{ChunkTest, ChunkWatch};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const BITS_PER_RECORD: u64 = 10;

/// Bytes of filters that are kept of a side: those of a hundred million records. Further chunks are
/// read by any second look.
const BYTES_MAX: usize = 128 << 20;

/// Records of a chunk of which halves are kept: a file that is not cut may be one chunk of any size.
const HALVES_MAX: usize = 4 << 20;

/// Spreads a key's word, as a plain key's is its value.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Words of a line of a filter: 512 bits, as the processor fetches them from memory.
const LINE: usize = 8;

/// Makes the places in its line of what a key's line is chosen by.
const WITHIN: u32 = 0x85eb_ca6b;

/// Notes in which chunks of a side its keys lie.
pub(crate) struct Whereabouts {
    pattern: KeyMarker,
    free: Mutex<Vec<KeyMarker>>,
    /// The columns of the key in the side's batches.
    columns: Vec<usize>,
    /// Whether a key's word is its value.
    is_plain: bool,
    open: Mutex<BTreeMap<ChunkId, Open>>,
    closed: Mutex<BTreeMap<ChunkId, Held>>,
    bytes: AtomicUsize,
    bytes_max: usize,
}

/// What was seen of a chunk that is being read.
#[derive(Debug, Default)]
struct Open {
    records: u64,
    /// The higher halves of the spread words; none where there are too many to be kept.
    halves: Vec<u32>,
    /// First and last word, as long as they ascend as values.
    ascending: Option<(i64, i64)>,
}

/// What is kept of a chunk that was read to its end.
#[derive(Debug)]
enum Held {
    Nothing,
    /// All words lie in this range.
    Range(i64, i64),
    Filter(Filter),
}

#[derive(Debug)]
struct Filter {
    lines: Box<[Line]>,
}

#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
struct Line([u64; LINE]);

fn half_of(word: u64) -> u32 {
    (word.wrapping_mul(SPREAD) >> 32) as u32
}

/// Three places in a line, of nine bits each.
fn places(half: u32) -> [usize; 3] {
    let mixed = half.wrapping_mul(WITHIN) ^ (half >> 16);
    [23, 14, 5].map(|shift| (mixed >> shift & 0x1ff) as usize)
}

impl Filter {
    fn of(halves: &[u32]) -> Self {
        let mut filter = Self {
            lines: vec![Line::default(); Self::lines_for(halves.len())].into(),
        };
        for half in halves {
            let at = filter.line_of(*half);
            let line = &mut filter.lines[at].0;
            for place in places(*half) {
                line[place / 64] |= 1 << (place % 64);
            }
        }
        filter
    }

    /// Lines for so many records.
    fn lines_for(records: usize) -> usize {
        let bits = (records as u64).saturating_mul(BITS_PER_RECORD);
        usize::try_from(bits.div_ceil(64 * LINE as u64))
            .unwrap_or(usize::MAX)
            .max(1)
    }

    fn line_of(&self, half: u32) -> usize {
        ((u64::from(half) * self.lines.len() as u64) >> 32) as usize
    }

    fn may_hold(&self, half: u32) -> bool {
        let line = &self.lines[self.line_of(half)].0;
        let is_set = |place: usize| line[place / 64] >> (place % 64) & 1 == 1;
        places(half).into_iter().all(is_set)
    }
}

impl Open {
    fn is_kept(&self) -> bool {
        self.records <= HALVES_MAX as u64
    }

    fn take(&mut self, words: &[u64], is_plain: bool) {
        let is_first = self.records == 0;
        self.records += words.len() as u64;
        if self.is_kept() {
            self.halves.extend(words.iter().map(|word| half_of(*word)));
        } else {
            self.halves = Vec::new();
        }
        let values = || words.iter().map(|word| word.cast_signed());
        let (Some(first), Some(last)) = (values().next(), values().next_back()) else {
            return;
        };
        let before = match self.ascending {
            Some((_, before)) => Some(before),
            None => is_first.then_some(i64::MIN),
        };
        let goes_on = before.is_some_and(|before| before <= first);
        self.ascending = match is_plain && goes_on && values().is_sorted() {
            true => Some((self.ascending.map_or(first, |(from, _)| from), last)),
            false => None,
        };
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Whereabouts {
    /// Notes the keys of one side's batches.
    pub(crate) fn new(layout: &Layout, side: Side, seed: &Seed) -> Self {
        let columns = layout.key().iter().map(|at| {
            let [expected, actual] = layout.columns()[*at].index;
            match side {
                Side::Expected => expected,
                Side::Actual => actual,
            }
        });
        Self {
            pattern: KeyMarker::new(layout, side, seed),
            free: Mutex::default(),
            columns: columns.collect(),
            is_plain: layout.key_is_plain(),
            open: Mutex::default(),
            closed: Mutex::default(),
            bytes: AtomicUsize::new(0),
            bytes_max: BYTES_MAX,
        }
    }

    /// The test of chunks for some keys.
    pub(crate) fn test(self: &Arc<Self>, keys: &Arc<Keys>) -> Arc<dyn ChunkTest> {
        Arc::new(Wanted {
            whereabouts: Arc::clone(self),
            keys: Arc::clone(keys),
        })
    }

    fn words(&self, batch: &RecordBatch) -> Result<Vec<u64>, String> {
        let columns = self
            .columns
            .iter()
            .map(|at| batch.columns().get(*at).cloned());
        let columns: Option<Vec<_>> = columns.collect();
        let columns = columns.ok_or("a batch without its key")?;
        let taken = locked(&self.free).pop();
        let mut marker = taken.unwrap_or_else(|| self.pattern.clone());
        let words = marker.keys(&columns).map_err(|error| error.to_string())?;
        locked(&self.free).push(marker);
        Ok(words)
    }

    fn hold(&self, open: &Open) -> Option<Held> {
        if open.records == 0 {
            return Some(Held::Nothing);
        }
        if let Some((first, last)) = open.ascending {
            return Some(Held::Range(first, last));
        }
        if !open.is_kept() {
            return None;
        }
        let bytes = Filter::lines_for(open.halves.len()).saturating_mul(size_of::<Line>());
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > self.bytes_max {
            self.bytes.fetch_sub(bytes, Ordering::Relaxed);
            return None;
        }
        Some(Held::Filter(Filter::of(&open.halves)))
    }
}

impl fmt::Debug for Whereabouts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Whereabouts")
    }
}

impl ChunkWatch for Whereabouts {
    fn see(&self, chunk: ChunkId, batch: &RecordBatch) -> Result<(), String> {
        let words = self.words(batch)?;
        // One thread reads a chunk, and others wait for the list only.
        let mut open = locked(&self.open).remove(&chunk).unwrap_or_default();
        open.take(&words, self.is_plain);
        locked(&self.open).insert(chunk, open);
        Ok(())
    }

    fn close(&self, chunk: ChunkId) {
        let open = locked(&self.open).remove(&chunk).unwrap_or_default();
        if let Some(held) = self.hold(&open) {
            locked(&self.closed).insert(chunk, held);
        }
    }
}

/// The test for some keys.
#[derive(Debug)]
struct Wanted {
    whereabouts: Arc<Whereabouts>,
    keys: Arc<Keys>,
}

impl ChunkTest for Wanted {
    fn may_hold(&self, chunk: ChunkId) -> bool {
        let closed = locked(&self.whereabouts.closed);
        match closed.get(&chunk) {
            None => true,
            Some(Held::Nothing) => false,
            Some(Held::Range(first, last)) => self.keys.lies_in(*first, *last),
            Some(Held::Filter(filter)) => {
                let mut words = self.keys.words();
                words.any(|word| filter.may_hold(half_of(word)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{ArrayRef, Int64Array, StringArray};
    use arrow_schema::{DataType, Field, Schema};
    use footing::{LayoutOptions, Mark};
    use proptest::prelude::*;

    fn layout(key: DataType) -> Layout {
        let schema = Schema::new(vec![
            Field::new("amount", DataType::Int64, true),
            Field::new("key", key, true),
        ]);
        let options = LayoutOptions {
            key: vec!["key".into()],
            ..LayoutOptions::default()
        };
        Layout::new(&schema, &schema, &options).expect("a good layout")
    }

    fn batch(keys: ArrayRef) -> RecordBatch {
        let amounts: ArrayRef = Arc::new(Int64Array::from(vec![7; keys.len()]));
        RecordBatch::try_from_iter([("amount", amounts), ("key", keys)]).expect("of one length")
    }

    fn numbers(keys: &[Option<i64>]) -> RecordBatch {
        batch(Arc::new(Int64Array::from(keys.to_vec())))
    }

    /// Whether a chunk of these batches may hold a key that is alone in a batch.
    fn may_hold(noted: &Arc<Whereabouts>, layout: &Layout, key: &RecordBatch) -> bool {
        let words = noted.words(key).expect("a key");
        let marks = words.into_iter().map(|key| Mark { key, x: 0, y: 0 });
        let keys = Arc::new(Keys::new(layout, marks));
        noted.test(&keys).may_hold(ChunkId(1))
    }

    fn noted(layout: &Layout, batches: &[RecordBatch]) -> Arc<Whereabouts> {
        let noted = Arc::new(Whereabouts::new(layout, Side::Actual, &Seed::new([7; 32])));
        for batch in batches {
            noted.see(ChunkId(1), batch).expect("a good batch");
        }
        noted.close(ChunkId(1));
        noted
    }

    proptest! {
        #[test]
        fn a_chunk_is_read_for_any_key_that_lies_in_it(
            mut keys in prop::collection::vec(prop::option::weighted(0.95, any::<i64>()), 1..400),
            is_sorted in any::<bool>(), cut in 0..400_usize,
        ) {
            if is_sorted {
                keys.sort();
            }
            let (one, other) = keys.split_at(cut.min(keys.len()));
            let plain = layout(DataType::Int64);
            let of_numbers = noted(&plain, &[numbers(one), numbers(other)]);
            let texts = |keys: &[Option<i64>]| {
                let texts = keys.iter().map(|key| key.map(|key| format!("T{key}")));
                batch(Arc::new(StringArray::from_iter(texts)))
            };
            let hashed = layout(DataType::Utf8);
            let of_texts = noted(&hashed, &[texts(one), texts(other)]);
            for key in &keys {
                prop_assert!(may_hold(&of_numbers, &plain, &numbers(&[*key])));
                prop_assert!(may_hold(&of_texts, &hashed, &texts(&[*key])));
            }
        }
    }

    #[test]
    fn few_chunks_are_read_for_keys_that_lie_elsewhere() {
        let plain = layout(DataType::Int64);
        let shuffled: Vec<Option<i64>> = (0..20_000_i64)
            .map(|n| Some((n * 7_919) % 20_011 * 2))
            .collect();
        let shuffled = noted(&plain, &[numbers(&shuffled)]);
        let odd = (0..2_000_i64).map(|n| numbers(&[Some(2 * n + 1)]));
        let in_vain = odd.filter(|key| may_hold(&shuffled, &plain, key)).count();
        assert!(
            in_vain < 80,
            "{in_vain} of 2000 keys are looked for in vain"
        );
        let ascending: Vec<Option<i64>> = (100..5_000).map(Some).collect();
        let ascending = noted(&plain, &[numbers(&ascending)]);
        assert!(!may_hold(&ascending, &plain, &numbers(&[Some(99)])));
        assert!(!may_hold(&ascending, &plain, &numbers(&[Some(5_000)])));
        assert_eq!(
            ascending.bytes.load(Ordering::Relaxed),
            0,
            "a range needs no filter"
        );
        let nothing = noted(&plain, &[]);
        assert!(!may_hold(&nothing, &plain, &numbers(&[Some(1)])));
    }

    #[test]
    fn a_chunk_of_which_nothing_is_kept_is_read() {
        let plain = layout(DataType::Int64);
        let mut small = Whereabouts::new(&plain, Side::Actual, &Seed::new([7; 32]));
        small.bytes_max = 8;
        let small = Arc::new(small);
        let keys: Vec<Option<i64>> = (0..40).rev().map(Some).collect();
        small
            .see(ChunkId(1), &numbers(&keys))
            .expect("a good batch");
        assert!(
            may_hold(&small, &plain, &numbers(&[Some(900)])),
            "while it is open"
        );
        small.close(ChunkId(1));
        assert!(
            may_hold(&small, &plain, &numbers(&[Some(900)])),
            "as it takes too much room"
        );
    }

    #[test]
    fn of_a_chunk_of_any_size_no_more_than_a_range_is_kept() {
        let plain = layout(DataType::Int64);
        let of = |step: i64| {
            let noted = Arc::new(Whereabouts::new(&plain, Side::Actual, &Seed::new([7; 32])));
            let records = i64::try_from(HALVES_MAX).expect("few") + 1;
            let keys: Vec<Option<i64>> = (0..records).map(|at| Some(at * step)).collect();
            for some in keys.chunks(1 << 20) {
                noted.see(ChunkId(1), &numbers(some)).expect("a good batch");
            }
            noted.close(ChunkId(1));
            noted
        };
        let ascending = of(2);
        assert!(may_hold(&ascending, &plain, &numbers(&[Some(8)])));
        assert!(!may_hold(&ascending, &plain, &numbers(&[Some(-8)])));
        let falling = of(-2);
        assert!(may_hold(&falling, &plain, &numbers(&[Some(-8)])));
        assert!(
            may_hold(&falling, &plain, &numbers(&[Some(8)])),
            "nothing is known of it"
        );
    }
}
