//! The second look's test: is this record's key among those that differ?

use arrow_array::{Array, ArrayRef, BooleanArray, Int64Array};
use arrow_buffer::BooleanBuffer;
use arrow_cast::cast;
use arrow_schema::DataType;
use arrow_select::filter::filter;
use footing::{KeyMarker, Layout, Mark, Seed, Side, bucket_of};
use hashbrown::HashSet;
use rules::sql::{KeyTest, Probe};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Which keys are wanted.
#[derive(Clone, Debug)]
pub(crate) enum Choice {
    /// Just these key words.
    Keys(Arc<Keys>),
    /// All keys of these buckets.
    Buckets(Arc<Vec<bool>>),
    /// One key in 2^`.0`, by its word: to learn how keys are spread.
    Sample(u32),
}

/// A set of key words with quick ways to say no.
#[derive(Debug)]
pub(crate) struct Keys {
    set: HashSet<u64>,
    /// One bit for each hash value, of which there are a power of two.
    filter: Vec<u64>,
    /// The words as signed values in order, where a word is the value itself.
    sorted: Option<Vec<i64>>,
    /// Records of a side among which they are looked for, where that is known.
    records: Option<u64>,
}

/// One record in so many is as good as all: of a page of a file that holds one, all are decompressed.
const MANY_ONE_IN: u64 = 512;

impl Keys {
    pub(crate) fn new(layout: &Layout, marks: impl Iterator<Item = Mark>) -> Self {
        Self::of(layout, marks.map(|mark| mark.key))
    }

    pub(crate) fn of(layout: &Layout, keys: impl Iterator<Item = u64>) -> Self {
        Self::from_set(keys.collect(), layout.key_is_plain())
    }

    fn from_set(set: HashSet<u64>, is_plain: bool) -> Self {
        let mut filter = vec![0_u64; words_of_filter(set.len())];
        for key in &set {
            let (word, bit) = place(filter.len(), *key);
            filter[word] |= bit;
        }
        let sorted = is_plain.then(|| {
            let mut values: Vec<i64> = set.iter().map(|key| key.cast_signed()).collect();
            values.sort_unstable();
            values
        });
        Self {
            set,
            filter,
            sorted,
            records: None,
        }
    }

    /// Notes among how many records of a side they are looked for.
    pub(crate) fn among(self, records: u64) -> Self {
        Self {
            records: Some(records),
            ..self
        }
    }

    fn are_many(&self) -> bool {
        let wanted = self.set.len() as u64;
        self.records
            .is_some_and(|records| wanted.saturating_mul(MANY_ONE_IN) >= records)
    }

    /// How many words.
    pub(crate) fn len(&self) -> usize {
        self.set.len()
    }

    /// About one in 2^`bits` of them.
    pub(crate) fn one_in(&self, bits: u32) -> Self {
        let is_sampled = |key: &u64| is_sampled(*key, bits);
        let set: HashSet<u64> = self.set.iter().copied().filter(is_sampled).collect();
        Self::from_set(set, self.sorted.is_some())
    }

    /// Words that cut all into `count` parts of one size, in order, where words are values.
    pub(crate) fn cuts(&self, count: usize) -> Option<Vec<i64>> {
        let sorted = self.sorted.as_deref()?;
        Some(cuts(sorted, count))
    }

    fn contains(&self, key: u64) -> bool {
        let (word, bit) = place(self.filter.len(), key);
        self.filter[word] & bit != 0 && self.set.contains(&key)
    }

    /// Whether a value of the range may be wanted. A NULL key has the word 0, and no range tells
    /// of NULLs.
    fn may_lie_in(&self, min: i64, max: i64) -> bool {
        self.set.contains(&0) || self.lies_in(min, max)
    }

    /// Whether one of the words, which are the values themselves, lies in the range.
    pub(crate) fn lies_in(&self, min: i64, max: i64) -> bool {
        self.sorted.as_ref().is_none_or(|sorted| {
            let first = sorted.partition_point(|value| *value < min);
            sorted.get(first).is_some_and(|value| *value <= max)
        })
    }

    /// The words, in no order.
    pub(crate) fn words(&self) -> impl Iterator<Item = u64> {
        self.set.iter().copied()
    }
}

/// Cuts what is sorted into `count` parts of about one size; gives where each but the first begins.
pub(crate) fn cuts<T: Clone + PartialEq>(sorted: &[T], count: usize) -> Vec<T> {
    let cut = |part: usize| sorted.get(part * sorted.len() / count).cloned();
    let mut cuts: Vec<T> = (1..count).filter_map(cut).collect();
    cuts.dedup();
    cuts
}

/// Words of a filter that says no to most keys that are not wanted: sixteen bits for each that is,
/// and no more than a processor's own cache holds.
fn words_of_filter(keys: usize) -> usize {
    const LEAST: usize = 1 << 10;
    const MOST: usize = 1 << 18;
    (keys / 4).clamp(LEAST, MOST).next_power_of_two()
}

/// The word and the bit of a key in a filter of so many words.
fn place(words: usize, key: u64) -> (usize, u64) {
    let hash = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    // The best mixed bits are the highest.
    let word = (hash >> 32) as usize & (words - 1);
    (word, 1 << (hash >> 58))
}

/// The test for one side.
pub(crate) struct Wanted {
    choice: Choice,
    pattern: KeyMarker,
    free: Mutex<Vec<KeyMarker>>,
}

impl Wanted {
    /// Makes the probe of one side's second look.
    pub(crate) fn probe(layout: &Layout, side: Side, seed: &Seed, choice: &Choice) -> Probe {
        let pattern = KeyMarker::new(layout, side, seed);
        Probe {
            columns: pattern.columns().to_vec(),
            test: Arc::new(Self {
                choice: choice.clone(),
                pattern,
                free: Mutex::new(Vec::new()),
            }),
        }
    }

    fn keys(&self, columns: &[ArrayRef]) -> Result<Vec<u64>, String> {
        let lock = || self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = lock().pop();
        let mut marker = taken.unwrap_or_else(|| self.pattern.clone());
        let keys = marker.keys(columns).map_err(|error| error.to_string());
        lock().push(marker);
        keys
    }
}

/// The bits of a [`Choice::Sample`] that takes about so many of some records, and not fewer.
pub(crate) fn bits_of_sample(records: u64, about: u64) -> u32 {
    (records / about).checked_ilog2().unwrap_or(0)
}

/// Whether a key is among one in 2^`bits`.
fn is_sampled(key: u64, bits: u32) -> bool {
    key.wrapping_mul(0xd6e8_feb8_6659_fd93).leading_zeros() >= bits
}

/// Which keys a test keeps.
fn keep(keys: &[u64], test: impl Fn(u64) -> bool) -> BooleanBuffer {
    BooleanBuffer::collect_bool(keys.len(), |at| test(keys[at]))
}

impl fmt::Debug for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wanted")
    }
}

impl KeyTest for Wanted {
    fn keep(&self, key_columns: &[ArrayRef]) -> Result<BooleanArray, String> {
        let keys = self.keys(key_columns)?;
        let keep = match &self.choice {
            Choice::Keys(wanted) => keep(&keys, |key| wanted.contains(key)),
            Choice::Buckets(wanted) => keep(&keys, |key| wanted[bucket_of(key)]),
            Choice::Sample(bits) => keep(&keys, |key| is_sampled(key, *bits)),
        };
        Ok(BooleanArray::new(keep, None))
    }

    fn keeps_many(&self) -> bool {
        match &self.choice {
            Choice::Keys(wanted) => wanted.are_many(),
            Choice::Buckets(wanted) => {
                let wanted = wanted.iter().filter(|is_wanted| **is_wanted).count();
                wanted as u64 * MANY_ONE_IN >= footing::BUCKETS as u64
            }
            Choice::Sample(bits) => 1_u64 << (*bits).min(63) <= MANY_ONE_IN,
        }
    }

    fn may_contain(&self, _: usize, min: &ArrayRef, max: &ArrayRef) -> bool {
        let Choice::Keys(wanted) = &self.choice else {
            return true;
        };
        if wanted.sorted.is_none() || min.is_empty() || max.is_empty() {
            return true;
        }
        let word = |array: &ArrayRef| -> Option<i64> {
            let present = !array.is_null(0);
            let words = self.keys(std::slice::from_ref(array)).ok()?;
            present
                .then(|| words.first().map(|word| word.cast_signed()))
                .flatten()
        };
        match (word(min), word(max)) {
            (Some(min), Some(max)) => wanted.may_lie_in(min, max),
            _ => true,
        }
    }

    fn wanted(
        &self,
        _: usize,
        data_type: &DataType,
        [after, upto]: [Option<&ArrayRef>; 2],
        most: usize,
    ) -> Option<ArrayRef> {
        let Choice::Keys(wanted) = &self.choice else {
            return None;
        };
        let sorted = wanted.sorted.as_ref()?;
        let word = |array: &ArrayRef| -> Option<i64> {
            let words = self.keys(std::slice::from_ref(array)).ok()?;
            words.first().map(|word| word.cast_signed())
        };
        let of_type = |words: &[i64]| {
            let words: ArrayRef = Arc::new(Int64Array::from(words.to_vec()));
            cast(&words, data_type).ok()
        };
        // Words may count in other units than the column.
        if word(&of_type(&[1])?)? != 1 {
            return None;
        }
        let from = match after {
            Some(after) => {
                let after = word(after)?;
                sorted.partition_point(|value| *value <= after)
            }
            None => 0,
        };
        let to = match upto {
            Some(upto) => {
                let upto = word(upto)?;
                sorted.partition_point(|value| *value <= upto)
            }
            None => sorted.len(),
        };
        let words = sorted.get(from..to)?;
        if words.len() > most {
            return None;
        }
        let values = of_type(words)?;
        // What the column's type does not hold is in no record of it.
        let is_held = (0..values.len()).map(|at| Some(values.is_valid(at)));
        filter(&values, &is_held.collect()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_schema::{Field, Schema};
    use footing::LayoutOptions;

    fn layout() -> Layout {
        let schema = Schema::new(vec![Field::new("key", DataType::Int64, true)]);
        let options = LayoutOptions {
            key: vec!["key".into()],
            ..LayoutOptions::default()
        };
        Layout::new(&schema, &schema, &options).expect("a good layout")
    }

    fn test_of(keys: &[i64]) -> Arc<dyn KeyTest> {
        let marks = keys.iter().map(|key| Mark {
            key: key.cast_unsigned(),
            x: 0,
            y: 0,
        });
        let choice = Choice::Keys(Arc::new(Keys::new(&layout(), marks)));
        Wanted::probe(&layout(), Side::Expected, &Seed::new([3; 32]), &choice).test
    }

    fn one(value: i64) -> ArrayRef {
        Arc::new(Int64Array::from(vec![value]))
    }

    #[test]
    fn many_wanted_keys_are_found_and_cut_into_parts_of_one_size() {
        let marks = (0..100_000_u64).map(|n| Mark {
            key: (3 * n).wrapping_sub(50),
            x: 0,
            y: 0,
        });
        let keys = Keys::new(&layout(), marks);
        assert!((0..100_000).all(|n| keys.contains((3_u64 * n).wrapping_sub(50))));
        assert!(!(0..100_000).any(|n| keys.contains((3_u64 * n).wrapping_sub(49))));
        let set = keys
            .filter
            .iter()
            .map(|word| word.count_ones())
            .sum::<u32>();
        assert!(
            u64::from(set) * 8 < keys.filter.len() as u64 * 64,
            "{set} bits say nothing"
        );
        let cuts = keys.cuts(4).expect("a plain key");
        assert_eq!(cuts, [74_950, 149_950, 224_950]);
        assert_eq!(keys.cuts(1), Some(Vec::new()));
    }

    #[test]
    fn a_range_without_a_wanted_key_is_passed_over() {
        let test = test_of(&[-5, 70]);
        assert!(test.may_contain(0, &one(-9), &one(-5)));
        assert!(test.may_contain(0, &one(60), &one(80)));
        assert!(!test.may_contain(0, &one(-4), &one(69)));
        assert!(!test.may_contain(0, &one(71), &one(900)));
    }

    #[test]
    fn few_wanted_keys_of_a_range_are_told_in_their_columns_own_type() {
        let test = test_of(&[-5, 0, 70, 71, 300, 1 << 40]);
        let told = |data_type, bounds: [Option<&ArrayRef>; 2], most| {
            let told = test.wanted(0, &data_type, bounds, most)?;
            assert_eq!(told.data_type(), &data_type);
            Some(numbers(&told))
        };
        let (low, high) = (one(-5), one(71));
        let between = told(DataType::Int64, [Some(&low), Some(&high)], 3);
        assert_eq!(between, Some(vec![0, 70, 71]));
        assert_eq!(told(DataType::Int64, [Some(&low), Some(&high)], 2), None);
        let behind = told(DataType::Int64, [Some(&high), None], 9);
        assert_eq!(behind, Some(vec![300, 1 << 40]));
        assert_eq!(told(DataType::Int64, [None, Some(&low)], 9), Some(vec![-5]));
        // A narrower column does not hold all of them.
        let narrow: ArrayRef = Arc::new(arrow_array::Int16Array::from(vec![70]));
        let behind = told(DataType::Int16, [Some(&narrow), None], 9);
        assert_eq!(behind, Some(vec![71, 300]));
        let all = told(DataType::UInt8, [None, None], 9);
        assert_eq!(all, Some(vec![0, 70, 71]));
        // In hundredths a word is another value.
        let decimal = DataType::Decimal128(18, 2);
        assert_eq!(told(decimal, [None, None], 9), None);
    }

    fn numbers(array: &ArrayRef) -> Vec<i64> {
        let array = cast(array, &DataType::Int64).expect("numbers");
        let array = array
            .as_any()
            .downcast_ref::<Int64Array>()
            .expect("numbers");
        array.values().to_vec()
    }

    #[test]
    fn few_keys_of_many_records_are_looked_for_apart() {
        let keys = |count: u64, records: Option<u64>| {
            let keys = Keys::of(&layout(), 0..count);
            Choice::Keys(Arc::new(match records {
                Some(records) => keys.among(records),
                None => keys,
            }))
        };
        let buckets = |wanted: usize| {
            let buckets = (0..footing::BUCKETS).map(|bucket| bucket < wanted);
            Choice::Buckets(Arc::new(buckets.collect()))
        };
        let cases = [
            (keys(10, Some(5_120)), true),
            (keys(10, Some(5_121)), false),
            (keys(10, None), false),
            (buckets(footing::BUCKETS / 4), true),
            (buckets(footing::BUCKETS / 1024), false),
            (Choice::Sample(9), true),
            (Choice::Sample(10), false),
        ];
        for (choice, expect) in cases {
            let seed = Seed::new([3; 32]);
            let probe = Wanted::probe(&layout(), Side::Expected, &seed, &choice);
            assert_eq!(probe.test.keeps_many(), expect, "{choice:?}");
        }
    }

    #[test]
    fn a_null_key_may_lie_in_any_range() {
        let test = test_of(&[0]);
        assert!(test.may_contain(0, &one(60), &one(80)));
        let nulls: ArrayRef = Arc::new(Int64Array::from(vec![None, Some(3)]));
        let kept = test.keep(&[nulls]).expect("keys");
        assert_eq!(kept.iter().collect::<Vec<_>>(), [Some(true), Some(false)]);
    }
}
