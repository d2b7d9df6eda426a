//! The invertible Bloom lookup table: sums that cancel where the sides agree, and give back the
//! records where they do not.
//!
//! A cell is four words, all sums mod 2^64, one AVX2 register wide. The first carries the signed
//! count in its high bits and a 40-bit check in its low ones; then the key and two 56-bit lanes of
//! the row hash. Lanes of 56 bits, so that a record counted up to 127 times still divides exactly.

use std::collections::VecDeque;

/// What the sketch keeps of one record: its key's word and 112 bits of its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Mark {
    /// The key's word: the value itself for one plain key column, else a keyed hash.
    pub key: u64,
    /// First lane of the row hash, 56 bits.
    pub x: u64,
    /// Second lane of the row hash, 56 bits.
    pub y: u64,
}

/// A record that one side holds more often than the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Element {
    /// The record.
    pub mark: Mark,
    /// Times in expected minus times in actual; never 0.
    pub count: i64,
}

pub(crate) const LANE: u64 = (1 << 56) - 1;
const CHECK: u64 = (1 << 40) - 1;
const COUNT_MAX: i64 = 127;
const HASHES: usize = 3;

/// One cell: count and check, key, x, y.
pub(crate) type Cell = [u64; 4];

/// Sizes a sketch: 3 × 2^`bits` cells of 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SketchSize {
    bits: u32,
}

impl SketchSize {
    /// 12,288 cells, 384 KiB a side, which lie in the second-level cache: decodes some 9,500
    /// differing records.
    pub const DEFAULT: Self = Self { bits: 12 };
    /// 12.6 million cells, 384 MiB a side: the largest.
    pub const LARGEST: Self = Self { bits: 22 };

    /// Gives 3 × 2^`bits` cells; `bits` is brought into 6..=22.
    pub fn of_bits(bits: u32) -> Self {
        Self {
            bits: bits.clamp(6, Self::LARGEST.bits),
        }
    }

    /// The smallest size that decodes `elements`, or none where the largest would not.
    pub fn for_elements(elements: u64) -> Option<Self> {
        (6..=Self::LARGEST.bits)
            .map(|bits| Self { bits })
            .find(|size| size.capacity() >= elements)
    }

    /// Elements that decode almost surely: one and a half cells for each.
    pub fn capacity(self) -> u64 {
        2 << self.bits
    }

    pub(crate) fn bits(self) -> u32 {
        self.bits
    }
}

/// The table of one side, or of the difference of two.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Sketch {
    bits: u32,
    cells: Vec<Cell>,
    check: [u64; 4],
}

impl Sketch {
    pub(crate) fn new(size: SketchSize, check: [u64; 4]) -> Self {
        Self {
            bits: size.bits,
            cells: vec![[0; 4]; HASHES << size.bits],
            check,
        }
    }

    pub(crate) fn from_cells(bits: u32, cells: Vec<Cell>, check: [u64; 4]) -> Option<Self> {
        (cells.len() == HASHES << bits).then_some(Self { bits, cells, check })
    }

    pub(crate) fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// Adds a record once.
    #[inline(always)]
    pub(crate) fn add(&mut self, mark: Mark) {
        let cell = content(&self.check, mark);
        for place in places(self.bits, mark) {
            add(&mut self.cells[place], &cell);
        }
    }

    /// Adds records once each.
    #[inline(always)]
    pub(crate) fn add_all(&mut self, marks: &[Mark]) {
        const PART: usize = 1 << SketchSize::DEFAULT.bits;
        if let ([first, second, third], []) = self.cells.as_chunks_mut::<PART>() {
            // The usual size is known to the compiler: no place lies outside of its part.
            add_to([first, second, third], &self.check, marks);
            return;
        }
        let part = 1 << self.bits;
        let (first, rest) = self.cells.split_at_mut(part);
        let (second, third) = rest.split_at_mut(part);
        add_to([first, second, third], &self.check, marks);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (own, other) in self.cells.iter_mut().zip(&other.cells) {
            add(own, other);
        }
    }

    pub(crate) fn subtract(&mut self, other: &Self) {
        for (own, other) in self.cells.iter_mut().zip(&other.cells) {
            for (own, other) in own.iter_mut().zip(other) {
                *own = own.wrapping_sub(*other);
            }
        }
    }

    /// Peels pure cells until none is left. The flag tells whether every cell came to zero.
    pub(crate) fn decode(mut self) -> (Vec<Element>, bool) {
        let mut queue: VecDeque<usize> = (0..self.cells.len())
            .filter(|place| self.cells[*place] != [0; 4])
            .collect();
        let mut found: Vec<Element> = Vec::new();
        // A false pure cell could be taken out and put back for ever; more steps than this can
        // only be that.
        let mut steps_left = self.cells.len().saturating_mul(8);
        while let Some(place) = queue.pop_front() {
            let Some(element) = self.pure(place) else {
                continue;
            };
            if steps_left == 0 {
                break;
            }
            steps_left -= 1;
            found.push(element);
            let cell = content(&self.check, element.mark);
            for place in places(self.bits, element.mark) {
                for (own, part) in self.cells[place].iter_mut().zip(&cell) {
                    *own = own.wrapping_sub(part.wrapping_mul(element.count.cast_unsigned()));
                }
                if self.cells[place] != [0; 4] {
                    queue.push_back(place);
                }
            }
        }
        let complete = self.cells.iter().all(|cell| *cell == [0; 4]);
        // A record comes to light once, but for a false pure cell's.
        found.sort_unstable_by_key(|element| element.mark);
        found.dedup_by(|next, kept| {
            let is_same = next.mark == kept.mark;
            if is_same {
                kept.count += next.count;
            }
            is_same
        });
        found.retain(|element| element.count != 0);
        (found, complete)
    }

    /// The one record that a cell holds, if it is just one.
    fn pure(&self, place: usize) -> Option<Element> {
        let [first, key, x, y] = self.cells[place];
        let count = (first.cast_signed().wrapping_add(1 << 47)) >> 48;
        if count == 0 || count.abs() > COUNT_MAX {
            return None;
        }
        let check_sum = first.cast_signed().wrapping_sub(count << 48);
        let lane = |sum: u64| -> Option<u64> {
            let sum = sum.cast_signed();
            let lane = sum / count;
            (sum % count == 0 && (0..=LANE.cast_signed()).contains(&lane))
                .then_some(lane.cast_unsigned())
        };
        if check_sum % count != 0 {
            return None;
        }
        let check = (check_sum / count).cast_unsigned();
        let (x, y) = (lane(x)?, lane(y)?);
        keys_of(key, count).find_map(|key| {
            let mark = Mark { key, x, y };
            (check_of(&self.check, mark) == check && places(self.bits, mark).contains(&place))
                .then_some(Element { mark, count })
        })
    }
}

/// All keys whose `count`-fold is `sum` mod 2^64: one for an odd count, a few for an even one.
fn keys_of(sum: u64, count: i64) -> impl Iterator<Item = u64> {
    let times = count.unsigned_abs();
    let sum = if count < 0 { sum.wrapping_neg() } else { sum };
    let lost = times.trailing_zeros();
    let odd = times >> lost;
    let divisible = sum.trailing_zeros() >= lost;
    let width = 64 - lost;
    let mask = if lost == 0 {
        u64::MAX
    } else {
        (1 << width) - 1
    };
    let base = (sum >> lost).wrapping_mul(inverse(odd)) & mask;
    (0..1_u64 << lost)
        .filter(move |_| divisible)
        .map(move |high| {
            if lost == 0 {
                base
            } else {
                base | (high << width)
            }
        })
}

/// The inverse of an odd number mod 2^64, by Newton's iteration.
fn inverse(odd: u64) -> u64 {
    let mut inverse = odd;
    for _ in 0..5 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)));
    }
    inverse
}

#[inline(always)]
fn add(own: &mut Cell, other: &Cell) {
    for (own, other) in own.iter_mut().zip(other) {
        *own = own.wrapping_add(*other);
    }
}

/// Records whose cells are asked for before they are added to. Without it half of the time of
/// adding is spent waiting for cells that decoding has pushed out of the cache.
const AHEAD: usize = 16;

/// Adds records once each to the three parts of a table. Inlined where the length of a part is known,
/// no place needs to be held against it.
#[inline(always)]
fn add_to(parts: [&mut [Cell]; HASHES], check: &[u64; 4], marks: &[Mark]) {
    let mask = parts[0].len() as u64 - 1;
    for (row, mark) in marks.iter().enumerate() {
        if let Some(soon) = marks.get(row + AHEAD) {
            for (part, place) in parts.iter().zip(places_in_parts(mask, *soon)) {
                prefetch(&part[place]);
            }
        }
        let cell = content(check, *mark);
        let [first, second, third] = places_in_parts(mask, *mark);
        add(&mut parts[0][first], &cell);
        add(&mut parts[1][second], &cell);
        add(&mut parts[2][third], &cell);
    }
}

/// Asks the processor to have a cell at hand soon.
#[inline(always)]
fn prefetch(cell: &Cell) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let cell: *const Cell = cell;
        #[expect(unsafe_code, reason = "a hint reads nothing, and the cell is there")]
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(cell.cast());
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = cell;
}

#[inline(always)]
fn fold_multiply(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

#[inline(always)]
fn check_of(keys: &[u64; 4], mark: Mark) -> u64 {
    let lanes = fold_multiply(mark.x ^ keys[0], mark.y ^ keys[1]);
    fold_multiply(lanes ^ keys[2], mark.key ^ keys[3]) & CHECK
}

#[inline(always)]
fn content(keys: &[u64; 4], mark: Mark) -> Cell {
    [(1 << 48) + check_of(keys, mark), mark.key, mark.x, mark.y]
}

/// The record's cell in each of the three parts, counted from the first of all cells.
#[inline(always)]
fn places(bits: u32, mark: Mark) -> [usize; HASHES] {
    let part = 1_usize << bits;
    let [first, second, third] = places_in_parts(part as u64 - 1, mark);
    [first, part + second, 2 * part + third]
}

/// The record's cell in each of the three parts, counted from the part's first.
#[inline(always)]
fn places_in_parts(mask: u64, mark: Mark) -> [usize; HASHES] {
    [
        (mark.x & mask) as usize,
        ((mark.x >> 28) & mask) as usize,
        (mark.y & mask) as usize,
    ]
}

/// Levels of the strata: records whose hash ends in 5, 10, 15, 20 zero bits.
pub(crate) const STRATA: usize = 4;
const STRATUM_BITS: u32 = 10;
const LEVEL_BITS: u32 = 5;

/// Small sketches of ever thinner samples: they tell how many records differ, and keep a uniform
/// sample of them even when all do.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Strata {
    levels: Vec<Sketch>,
}

impl Strata {
    pub(crate) fn new(check: [u64; 4]) -> Self {
        Self {
            levels: vec![Sketch::new(SketchSize { bits: STRATUM_BITS }, check); STRATA],
        }
    }

    pub(crate) fn from_levels(levels: Vec<Sketch>) -> Option<Self> {
        (levels.len() == STRATA && levels.iter().all(|level| level.bits == STRATUM_BITS))
            .then_some(Self { levels })
    }

    pub(crate) fn levels(&self) -> &[Sketch] {
        &self.levels
    }

    #[inline(always)]
    pub(crate) fn add(&mut self, mark: Mark) {
        let zeros = (mark.y >> 28).trailing_zeros();
        if zeros >= LEVEL_BITS {
            let level = (zeros / LEVEL_BITS).min(STRATA as u32) as usize;
            self.levels[level - 1].add(mark);
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (own, other) in self.levels.iter_mut().zip(&other.levels) {
            own.merge(other);
        }
    }

    pub(crate) fn subtract(&mut self, other: &Self) {
        for (own, other) in self.levels.iter_mut().zip(&other.levels) {
            own.subtract(other);
        }
    }

    /// The sample of the densest level that decodes, and how many records differ by its account.
    pub(crate) fn sample(&self) -> Option<Sample> {
        self.levels.iter().enumerate().find_map(|(index, level)| {
            let (elements, complete) = level.clone().decode();
            if !complete {
                return None;
            }
            let thinning = 1_u64 << (LEVEL_BITS * (index as u32 + 1));
            let differing: u64 = elements.iter().map(|e| e.count.unsigned_abs()).sum();
            // A level leaves out what belongs to the thinner ones, one in 32; the last does not.
            let estimate = if index + 1 < STRATA {
                differing * thinning / 31 * 32
            } else {
                differing * thinning
            };
            Some(Sample { elements, estimate })
        })
    }
}

/// A uniform sample of the differing records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The sampled records.
    pub elements: Vec<Element>,
    /// How many elements differ, estimated from the sample.
    pub estimate: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [u64; 4] = [
        0x9e37_79b9_7f4a_7c15,
        0xc2b2_ae3d_27d4_eb4f,
        0x1656_67b1_9e37_79f9,
        0x27d4_eb2f_1656_67c5,
    ];

    /// A mark that looks like a hash, from a number (splitmix64's finaliser).
    fn mark(n: u64) -> Mark {
        let mix = |mut z: u64| {
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        Mark {
            key: n.wrapping_mul(0xdead_beef_cafe_f00d),
            x: mix(n.wrapping_mul(2) + 1) & LANE,
            y: mix(n.wrapping_mul(2) + 2) & LANE,
        }
    }

    #[test]
    fn every_multiplicity_up_to_the_limit_is_told_exactly() {
        for count in 1..=COUNT_MAX {
            let mut sketch = Sketch::new(SketchSize::of_bits(6), KEYS);
            for _ in 0..count {
                sketch.add(mark(5));
            }
            let (elements, complete) = sketch.clone().decode();
            assert!(complete);
            assert_eq!(
                elements,
                [Element {
                    mark: mark(5),
                    count
                }]
            );
            let mut negative = Sketch::new(SketchSize::of_bits(6), KEYS);
            negative.subtract(&sketch);
            let (elements, complete) = negative.decode();
            assert!(complete);
            assert_eq!(
                elements,
                [Element {
                    mark: mark(5),
                    count: -count
                }]
            );
        }
    }

    #[test]
    fn more_copies_than_a_cell_can_count_are_left_undecoded_not_told_wrongly() {
        let mut sketch = Sketch::new(SketchSize::of_bits(6), KEYS);
        for _ in 0..200 {
            sketch.add(mark(5));
        }
        assert_eq!(sketch.decode(), (vec![], false));
    }

    #[test]
    fn equal_records_cancel_and_the_rest_comes_out_up_to_the_capacity() {
        let size = SketchSize::of_bits(10);
        let (mut expected, mut actual) = (Sketch::new(size, KEYS), Sketch::new(size, KEYS));
        for n in 0..50_000 {
            expected.add(mark(n));
            actual.add(mark(n));
        }
        let differing = size.capacity();
        for n in 0..differing {
            actual.add(mark(1_000_000 + n));
        }
        expected.subtract(&actual);
        let (elements, complete) = expected.decode();
        assert!(complete);
        assert_eq!(elements.len() as u64, differing);
        assert!(elements.iter().all(|element| element.count == -1));
    }

    #[test]
    fn the_strata_estimate_is_near_the_truth_from_hundreds_to_millions() {
        for truth in [5_000_u64, 60_000, 700_000] {
            let mut strata = Strata::new(KEYS);
            for n in 0..truth {
                strata.add(mark(n));
            }
            let sample = strata.sample().expect("a level decodes");
            let (low, high) = (truth * 3 / 4, truth * 5 / 4);
            assert!(
                (low..=high).contains(&sample.estimate),
                "{truth} differ, estimated {}",
                sample.estimate
            );
        }
    }

    #[test]
    fn the_inverse_is_one() {
        for odd in [1, 3, 5, 127, 0x1234_5677, u64::MAX] {
            assert_eq!(odd.wrapping_mul(inverse(odd)), 1);
        }
    }
}
