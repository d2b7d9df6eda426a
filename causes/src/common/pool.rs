//! The conditions of several finders counted together.

use super::finder::Finder;
use super::predicate::Predicate;
use super::sieve::{Cell, Form, Read, Sieve};
use super::tally::Tally;
use crate::Kind;
use std::collections::BTreeMap;
use std::ops::Range;

/// Bits of a word: records that one of a bitmap tells of, conditions that one of a record tells of.
const WORD: usize = 64;

/// Of a condition that holds of no more records of a batch than this, the records are remembered by
/// their places.
const FEW: usize = 64;

/// Counts the records of a book for several finders of one zone, for one thread. Each column is
/// looked at once, whatever the number of finders and conditions that ask for it, and no other
/// column is looked at.
///
/// Records come in batches: the caller gives each of [`Pool::columns`] the values of the batch, as
/// the column's form tells, and then calls [`Pool::count`].
#[derive(Debug, Clone)]
pub struct Pool {
    columns: Vec<PoolColumn>,
    /// The numbers of the conditions in the order of their bits in a record's words.
    order: Vec<usize>,
    /// By the numbers of the conditions.
    held: Vec<Held>,
    conjunctions: Vec<Conjunction>,
    records: u64,
    counted: Vec<Counted>,
}

/// A column that conditions speak of.
#[derive(Debug, Clone)]
pub struct PoolColumn {
    place: usize,
    form: Form,
    sifted: Vec<Sifted>,
}

/// The conditions that are put to one column, each once, with their numbers in the pool.
#[derive(Debug, Clone)]
struct Asked {
    place: usize,
    kind: Kind,
    conditions: Vec<Predicate>,
    numbers: Vec<usize>,
}

/// A sieve, and the cells of the values of the batch at hand.
#[derive(Debug, Clone)]
struct Sifted {
    sieve: Sieve,
    words: Vec<Word>,
    cells: Vec<Cell>,
}

/// Those of a sieve's conditions that have their bits in one of a record's words, and which of them
/// hold of each cell.
#[derive(Debug, Clone)]
struct Word {
    word: usize,
    /// The bit of the first.
    bit: usize,
    /// Their places among the sieve's conditions.
    conditions: Range<usize>,
    of_cells: Vec<u64>,
}

/// The records of the batch at hand of which a condition holds.
#[derive(Debug, Clone, Default)]
struct Held {
    /// A bit for each record of the batch.
    bits: Vec<u64>,
    count: usize,
    /// The places of the records, where they are few.
    places: Vec<usize>,
}

/// Conditions that all must hold, by their numbers, and the records of which they did.
#[derive(Debug, Clone)]
struct Conjunction {
    conditions: Vec<usize>,
    records: u64,
}

/// What is counted for one finder: its conjunctions by their numbers, none where one never holds.
#[derive(Debug, Clone)]
struct Counted {
    tally: Tally,
    conjunctions: Vec<Option<usize>>,
}

/// What a finder's condition is in a pool.
#[derive(Debug, Clone, Copy)]
enum Pooled {
    /// One that depends on the record, by its number.
    Open(usize),
    /// One on a column that is not there, and so null.
    Settled(bool),
}

impl Pool {
    /// Pools the conditions of finders. With each finder come the caller's numbers of its columns,
    /// none where there is no such column; `form` tells how the values of one will be given.
    pub fn new(
        finders: &[(&Finder, Vec<Option<usize>>)],
        form: impl Fn(usize, Kind) -> Form,
    ) -> Self {
        let mut asked: Vec<Asked> = Vec::new();
        let mut conditions = 0;
        let mut known: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
        let mut counted = Vec::new();
        for (finder, places) in finders {
            let pooled = |atom: &Predicate| match places.get(atom.column.0).copied().flatten() {
                Some(place) => Pooled::Open(ask(&mut asked, place, atom, &mut conditions)),
                None => Pooled::Settled(atom.holds_of(None)),
            };
            let pooled: Vec<Pooled> = finder.atoms().iter().map(pooled).collect();
            let tally = finder.tally();
            let conjunction = |mask: &u64| {
                let open = open(&pooled, *mask)?;
                let next = known.len();
                Some(*known.entry(open).or_insert(next))
            };
            counted.push(Counted {
                conjunctions: tally.conjunctions().iter().map(conjunction).collect(),
                tally,
            });
        }
        let mut conjunctions: Vec<(Vec<usize>, usize)> = known.into_iter().collect();
        conjunctions.sort_unstable_by_key(|(_, number)| *number);
        let conjunctions = conjunctions.into_iter().map(|(conditions, _)| Conjunction {
            conditions,
            records: 0,
        });
        let mut order = Vec::with_capacity(conditions);
        let columns = asked.into_iter();
        Self {
            columns: columns
                .map(|asked| asked.column(&form, &mut order))
                .collect(),
            order,
            held: vec![Held::default(); conditions],
            conjunctions: conjunctions.collect(),
            records: 0,
            counted,
        }
    }

    /// The columns whose values are wanted.
    pub fn columns(&mut self) -> &mut [PoolColumn] {
        &mut self.columns
    }

    /// Counts a batch of so many records, of which every column has been given the values.
    ///
    /// # Panics
    ///
    /// A column was given another number of values.
    pub fn count(&mut self, records: usize) {
        self.records += records as u64;
        self.sift(records);
        let mut all = Vec::new();
        for conjunction in &mut self.conjunctions {
            let count = conjunction.count(&self.held, records, &mut all);
            conjunction.records += count as u64;
        }
    }

    /// Tells of which records of a batch some conjunction holds, a bit for each, the first one in the
    /// lowest bit of the first word. Nothing is counted.
    ///
    /// # Panics
    ///
    /// A column was given another number of values.
    pub fn any(&mut self, records: usize) -> Vec<u64> {
        self.sift(records);
        let mut any = vec![0; records.div_ceil(WORD)];
        for conjunction in &self.conjunctions {
            let mut own = vec![u64::MAX; any.len()];
            for condition in &conjunction.conditions {
                let words = own.iter_mut().zip(&self.held[*condition].bits);
                words.for_each(|(own, held)| *own &= held);
            }
            any.iter_mut().zip(own).for_each(|(any, own)| *any |= own);
        }
        any
    }

    /// Finds the records of the batch of which each condition holds, and is ready for the next.
    fn sift(&mut self, records: usize) {
        let sifted = self.columns.iter_mut();
        for sifted in sifted.flat_map(|column| &mut column.sifted) {
            assert_eq!(sifted.cells.len(), records, "a value for each record");
            sifted.learn();
        }
        self.hold(records);
        let sifted = self.columns.iter_mut();
        for sifted in sifted.flat_map(|column| &mut column.sifted) {
            sifted.cells.clear();
        }
    }

    /// Of 64 records at a time the words are put together, of all columns, and then turned into
    /// words of the conditions.
    fn hold(&mut self, records: usize) {
        for held in &mut self.held {
            held.bits.clear();
        }
        for (word, numbers) in self.order.chunks(WORD).enumerate() {
            let sifted = self.columns.iter().flat_map(|column| &column.sifted);
            let parts: Vec<(&[u64], &[Cell])> =
                sifted.flat_map(|sifted| sifted.parts(word)).collect();
            for first in (0..records).step_by(WORD) {
                let mut square = [0_u64; WORD];
                for (of_cells, cells) in &parts {
                    let cells = &cells[first..records.min(first + WORD)];
                    for (row, cell) in square.iter_mut().zip(cells) {
                        *row |= of_cells[*cell as usize];
                    }
                }
                transpose(&mut square);
                for (number, column) in numbers.iter().zip(square) {
                    self.held[*number].bits.push(column);
                }
            }
        }
        self.held.iter_mut().for_each(Held::count);
    }

    /// What was counted for each finder.
    pub fn into_tallies(self) -> impl Iterator<Item = Tally> {
        let Self {
            conjunctions,
            records,
            counted,
            ..
        } = self;
        counted.into_iter().map(move |counted| {
            let of =
                |number: &Option<usize>| number.map_or(0, |number| conjunctions[number].records);
            let mut tally = counted.tally;
            tally.add_counted(counted.conjunctions.iter().map(of), records);
            tally
        })
    }
}

/// Puts a condition to a column where it is new, and tells its number.
fn ask(asked: &mut Vec<Asked>, place: usize, atom: &Predicate, conditions: &mut usize) -> usize {
    let kind = atom.attribute.kind;
    let is_same = |asked: &Asked| asked.place == place && asked.kind == kind;
    let column = asked.iter().position(is_same).unwrap_or_else(|| {
        asked.push(Asked {
            place,
            kind,
            conditions: Vec::new(),
            numbers: Vec::new(),
        });
        asked.len() - 1
    });
    let column = &mut asked[column];
    let known = column
        .conditions
        .iter()
        .position(|known| known.test == atom.test);
    if let Some(known) = known {
        return column.numbers[known];
    }
    let number = *conditions;
    *conditions += 1;
    column.conditions.push(atom.clone());
    column.numbers.push(number);
    number
}

/// The open conditions of a conjunction, ascending; none where another never holds.
fn open(pooled: &[Pooled], mask: u64) -> Option<Vec<usize>> {
    let own = pooled
        .iter()
        .enumerate()
        .filter(|(bit, _)| mask >> bit & 1 == 1);
    let mut open = Vec::new();
    for (_, condition) in own {
        match condition {
            Pooled::Open(number) => open.push(*number),
            Pooled::Settled(true) => {}
            Pooled::Settled(false) => return None,
        }
    }
    open.sort_unstable();
    // Two columns that lie in one place may be asked for the same.
    open.dedup();
    Some(open)
}

impl Asked {
    /// The column, its conditions put in order behind those that are there.
    fn column(self, form: &impl Fn(usize, Kind) -> Form, order: &mut Vec<usize>) -> PoolColumn {
        let form = form(self.place, self.kind).or_text(&self.conditions);
        let mut sifted = Vec::new();
        for (sieve, places) in Sieve::all(&self.conditions, form) {
            sifted.push(Sifted {
                sieve,
                words: Word::all(order.len(), places.len()),
                cells: Vec::new(),
            });
            order.extend(places.iter().map(|place| self.numbers[*place]));
        }
        PoolColumn {
            place: self.place,
            form,
            sifted,
        }
    }
}

impl Sifted {
    /// Looks at the cells that the sieve has found since.
    fn learn(&mut self) {
        for word in &mut self.words {
            word.learn(&self.sieve);
        }
    }

    /// What holds of each cell, in one of a record's words, and the cells of the records.
    fn parts(&self, word: usize) -> impl Iterator<Item = (&[u64], &[Cell])> {
        let own = self.words.iter().filter(move |own| own.word == word);
        own.map(move |own| (&own.of_cells[..], &self.cells[..]))
    }
}

impl Word {
    /// The words of so many conditions, of which the first is at the place `first` of all.
    fn all(first: usize, count: usize) -> Vec<Self> {
        let mut words = Vec::new();
        let mut done = 0;
        while done < count {
            let bit = (first + done) % WORD;
            let end = count.min(done + WORD - bit);
            words.push(Self {
                word: (first + done) / WORD,
                bit,
                conditions: done..end,
                of_cells: Vec::new(),
            });
            done = end;
        }
        words
    }

    fn learn(&mut self, sieve: &Sieve) {
        for cell in self.of_cells.len()..sieve.len() {
            let own = (self.bit..).zip(self.conditions.clone());
            let bits = own.fold(0, |word, (bit, condition)| {
                word | u64::from(sieve.holds(cell, condition)) << bit
            });
            self.of_cells.push(bits);
        }
    }
}

impl Held {
    fn count(&mut self) {
        self.count = ones(self.bits.iter().copied());
        self.places.clear();
        if self.count > FEW {
            return;
        }
        for (word, bits) in self.bits.iter().enumerate() {
            let mut left = *bits;
            while left != 0 {
                let bit = left.trailing_zeros() as usize;
                self.places.push(word * WORD + bit);
                left &= left - 1;
            }
        }
    }

    fn has(&self, place: usize) -> bool {
        self.bits[place / WORD] >> (place % WORD) & 1 == 1
    }
}

impl Conjunction {
    /// The records of the batch of which all conditions hold.
    fn count(&self, held: &[Held], records: usize, all: &mut Vec<u64>) -> usize {
        let held = |number: &usize| &held[*number];
        let conditions = self.conditions.iter();
        let Some(rarest) = conditions.clone().map(held).min_by_key(|one| one.count) else {
            return records;
        };
        if rarest.count <= FEW {
            let places = rarest.places.iter();
            let is_of_all = |place: &&usize| conditions.clone().all(|one| held(one).has(**place));
            return places.filter(is_of_all).count();
        }
        match &self.conditions[..] {
            [] => records,
            [one] => held(one).count,
            [one, other] => ones_of_both(&held(one).bits, &held(other).bits),
            [first, others @ .., last] => {
                all.clone_from(&held(first).bits);
                for other in others {
                    let words = all.iter_mut().zip(&held(other).bits);
                    words.for_each(|(all, other)| *all &= other);
                }
                ones_of_both(all, &held(last).bits)
            }
        }
    }
}

fn ones_of_both(one: &[u64], other: &[u64]) -> usize {
    ones(one.iter().zip(other).map(|(one, other)| one & other))
}

/// Bits that are set. A batch has far fewer records than 32 bits can count.
fn ones(words: impl Iterator<Item = u64>) -> usize {
    words.fold(0_u32, |sum, word| sum.wrapping_add(word.count_ones())) as usize
}

/// Makes the rows of a square of bits its columns: swaps ever smaller quarters (Warren, *Hacker's
/// Delight*, 7-3, with the lowest bit first).
fn transpose(square: &mut [u64; WORD]) {
    let (mut size, mut low) = (WORD / 2, u64::MAX >> (WORD / 2));
    while size > 0 {
        for rows in square.chunks_exact_mut(2 * size) {
            let (above, below) = rows.split_at_mut(size);
            for (above, below) in above.iter_mut().zip(below) {
                let swapped = (*above >> size ^ *below) & low;
                *above ^= swapped << size;
                *below ^= swapped;
            }
        }
        size /= 2;
        low ^= low << size;
    }
}

impl PoolColumn {
    /// The caller's number of the column.
    pub fn place(&self) -> usize {
        self.place
    }

    /// How its values are to be given: as was said when the pool was made, or as text where some
    /// condition can only be asked of text.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Takes the values of a batch as text.
    pub fn take_texts<T: AsRef<str>>(&mut self, values: impl Iterator<Item = Option<T>> + Clone) {
        let mut readings = Readings::new();
        for Sifted { sieve, cells, .. } in &mut self.sifted {
            cells.extend(cells_of(sieve, values.clone(), &mut readings));
        }
    }

    /// Takes the values of a batch as text, where records share them: the texts, of which null is
    /// one, and for each record the place of its own among them.
    ///
    /// # Panics
    ///
    /// There is no text at one of the places.
    pub fn take_shared<T: AsRef<str>>(&mut self, texts: &[Option<T>], places: &[usize]) {
        let mut readings = Readings::new();
        for Sifted { sieve, cells, .. } in &mut self.sifted {
            let texts = texts.iter().map(Option::as_ref);
            let of_texts = cells_of(sieve, texts, &mut readings);
            cells.extend(places.iter().map(|place| of_texts[*place]));
        }
    }

    /// Takes the values of a batch as whole numbers in the form of the column. What stands in the
    /// place of the `nulls`, which are told by their places, does not matter.
    pub fn take_numbers(
        &mut self,
        values: impl Iterator<Item = i128> + Clone,
        nulls: impl Iterator<Item = usize> + Clone,
    ) {
        for Sifted { sieve, cells, .. } in &mut self.sifted {
            sieve.extend_of_numbers(values.clone(), cells);
            nulls.clone().for_each(|null| cells[null] = Sieve::NULL);
        }
    }
}

/// What the texts of a batch say, each read once in every form that sieves of their column ask for.
type Readings = BTreeMap<Form, Vec<Read>>;

fn cells_of<T: AsRef<str>>(
    sieve: &mut Sieve,
    values: impl Iterator<Item = Option<T>> + Clone,
    readings: &mut Readings,
) -> Vec<Cell> {
    let Some(form) = sieve.reads() else {
        let cell = |value: Option<T>| sieve.of_text(value.as_ref().map(AsRef::as_ref));
        return values.map(cell).collect();
    };
    let read = |value: Option<T>| sieve.read(value.as_ref().map(AsRef::as_ref));
    let readings = readings
        .entry(form)
        .or_insert_with(|| values.clone().map(read).collect());
    let cell = |(value, reading): (Option<T>, &Read)| {
        let text = value.as_ref().map_or("", AsRef::as_ref);
        sieve.of_reading(*reading, text)
    };
    values.zip(readings.iter()).map(cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::predicate::Origin;
    use crate::common::{Attribute, Attributes, ColumnIndex, Moment, Part, Range, Test};
    use ledger::{Civil, Decimal, Zone};
    use proptest::prelude::*;
    use std::ops::Bound;

    fn shanghai() -> Zone {
        Zone::new("Asia/Shanghai").expect("the zone is compiled in")
    }

    /// One finder for each column of tests, all of one kind.
    fn finders(kind: Kind, tests: &[Vec<(usize, Test)>]) -> Vec<Finder> {
        let attribute = |name: &str| Attribute::new("source", name, kind);
        let attributes = Attributes::new(vec![attribute("a"), attribute("b")], shanghai());
        let finder = |tests: &Vec<(usize, Test)>| {
            let atom = |(column, test): &(usize, Test)| Predicate {
                column: ColumnIndex(*column),
                attribute: attributes.columns[*column].clone(),
                test: test.clone(),
                zone: shanghai(),
                freedom: 0,
                origin: Origin::Read,
            };
            let atoms: Vec<Predicate> = tests.iter().map(atom).collect();
            let singles = (0..atoms.len()).map(|place| 1 << place).collect();
            Finder::new(attributes.clone(), atoms, singles)
        };
        tests.iter().map(finder).collect()
    }

    /// Holds the masks of a pool, whose columns `give` fills, against every condition by itself.
    /// Both columns of each finder stand in one place; the second finder has them the other way
    /// round, and the last has only one.
    fn check(
        kind: Kind,
        form: Form,
        tests: &[Vec<(usize, Test)>],
        texts: [&[Option<String>]; 2],
        give: impl Fn(&mut PoolColumn),
    ) -> Result<(), TestCaseError> {
        let finders = finders(kind, tests);
        let places = |number: usize| match number {
            0 => vec![Some(0), Some(1)],
            1 => vec![Some(1), Some(0)],
            _ => vec![Some(0), None],
        };
        let placed: Vec<_> = finders
            .iter()
            .enumerate()
            .map(|(n, f)| (f, places(n)))
            .collect();
        let mut pool = Pool::new(&placed, |_, _| form);
        let records = texts[0].len();
        // Twice, as a second batch finds the cells of the first.
        for _ in 0..2 {
            pool.columns().iter_mut().for_each(&give);
            pool.count(records);
        }
        // Every conjunction of one condition is in the pool by its number: its last bitmap is there.
        for (number, finder) in finders.iter().enumerate() {
            for (atom, conjunction) in finder
                .atoms()
                .iter()
                .zip(&pool.counted[number].conjunctions)
            {
                let place = places(number)[atom.column.0];
                let value = |record: usize| texts[place?][record].as_deref();
                for (record, value) in (0..records).map(value).enumerate() {
                    let judged = conjunction.is_some_and(|conjunction| {
                        let mut own = pool.conjunctions[conjunction].conditions.iter();
                        own.all(|number| pool.held[*number].has(record))
                    });
                    prop_assert_eq!(judged, atom.holds_of(value), "{} of {:?}", atom, value);
                }
            }
        }
        // What is counted is what holds of the records, one by one.
        for ((finder, tally), number) in finders.iter().zip(pool.into_tallies()).zip(0..) {
            let (mut masker, mut plain) = (finder.masker(), finder.tally());
            for record in (0..records).chain(0..records) {
                let place = |place: Option<usize>| texts[place?][record].clone();
                let facts: Vec<Option<String>> = places(number).into_iter().map(place).collect();
                plain.add_record(masker.mask(&facts));
            }
            prop_assert_eq!(&tally, &plain);
        }
        Ok(())
    }

    fn bound<T: Copy + std::fmt::Debug + 'static>(
        value: impl Strategy<Value = T>,
    ) -> impl Strategy<Value = Bound<T>> {
        (value, 0..3_u8).prop_map(|(value, which)| match which {
            0 => Bound::Included(value),
            1 => Bound::Excluded(value),
            _ => Bound::Unbounded,
        })
    }

    fn range<T: Copy + std::fmt::Debug + 'static>(
        value: impl Strategy<Value = T> + Clone,
    ) -> impl Strategy<Value = Range<T>> {
        (bound(value.clone()), bound(value)).prop_map(|(from, to)| Range { from, to })
    }

    /// Small numbers, which meet limits and rests, and numbers at the ends of 64 and 128 bits.
    fn mantissa() -> impl Strategy<Value = i128> + Clone {
        let most = 10_i128.pow(38) - 1;
        let ends = vec![
            i128::from(i64::MIN),
            i128::from(i64::MIN) - 1,
            i128::from(i64::MAX),
            i128::from(i64::MAX) + 1,
            i128::from(u64::MAX),
            most,
            -most,
        ];
        prop_oneof![
            6 => -30..30_i128,
            3 => (-200..200_i128).prop_map(|n| n * 50),
            1 => any::<i64>().prop_map(i128::from),
            1 => prop::sample::select(ends),
        ]
    }

    fn decimal() -> impl Strategy<Value = Decimal> + Clone {
        let scale = prop_oneof![9 => 0..6_u8, 1 => 30..39_u8];
        (mantissa(), scale).prop_map(|(mantissa, scale)| Decimal::new(mantissa, scale))
    }

    fn remainder() -> impl Strategy<Value = Test> {
        let modulus = prop_oneof![4 => 1..120_i128, 1 => Just(i128::from(u64::MAX))];
        (modulus, 0..5_u8, 0..60_i128, 0..6_u8).prop_map(|(modulus, of, rest, scale)| {
            Test::Remainder {
                modulus: Decimal::new(modulus, of),
                rest: Decimal::new(rest, scale),
            }
        })
    }

    fn number_test() -> impl Strategy<Value = Test> {
        let sorted = |mut numbers: Vec<Decimal>| {
            numbers.sort_unstable();
            numbers.dedup();
            Test::NumberIn(numbers)
        };
        prop_oneof![
            6 => range(decimal()).prop_map(Test::Number),
            1 => decimal().prop_map(|number| Test::Number(Range::only(number))),
            1 => prop::collection::vec(decimal(), 1..5).prop_map(sorted),
            1 => decimal().prop_map(Test::NumberIsNot),
            2 => range(0..6_u32).prop_map(Test::Decimals),
            4 => remainder(),
            1 => presence(),
        ]
    }

    fn presence() -> impl Strategy<Value = Test> {
        prop_oneof![Just(Test::IsNull), Just(Test::IsNotNull)]
    }

    fn part() -> impl Strategy<Value = Part> {
        prop::sample::select(&Part::ALL[..])
    }

    /// Whole units of a moment, of some size, around 2013 and around the ends of the calendar.
    fn moment() -> impl Strategy<Value = (i64, i64)> + Clone {
        let nanos =
            prop::sample::select(vec![86_400_000_000_000, 1_000_000_000, 1_000_000, 1_000, 1]);
        let day = prop_oneof![
            8 => 15_840..15_870_i64,
            1 => prop::sample::select(vec![0, -1, -40_000, -719_163, -719_162, 2_932_896, 2_932_897]),
        ];
        (nanos, day, 0..86_400_000_000_000_i64, any::<bool>()).prop_map(
            |(nanos, day, of_day, at_start)| {
                let of_day = if at_start {
                    of_day % 10 * 3_600_000_000_000
                } else {
                    of_day
                };
                let all = i128::from(day) * 86_400_000_000_000 + i128::from(of_day);
                let units = i64::try_from(all.div_euclid(i128::from(nanos))).unwrap_or(i64::MAX);
                (units, nanos)
            },
        )
    }

    fn moment_test() -> impl Strategy<Value = Test> {
        let limit =
            moment().prop_map(|(units, nanos)| Moment(i128::from(units) * i128::from(nanos)));
        let of_part = |part: Part| {
            let most = match part {
                Part::SecondOfDay => 86_400_u32,
                Part::NanosOfSecond => 1_000_000_000,
                _ => 32,
            };
            range(0..most).prop_map(move |range| Test::Part(part, range))
        };
        prop_oneof![
            3 => range(limit).prop_map(Test::Moment),
            3 => part().prop_flat_map(of_part),
            1 => presence(),
        ]
    }

    /// A moment as a column writes it, with all the decimals that it has.
    fn written(units: i64, nanos: i64, kind: Kind) -> String {
        let all = i128::from(units) * i128::from(nanos);
        let seconds = i64::try_from(all.div_euclid(1_000_000_000)).expect("of a calendar");
        let civil = Civil::from_micros(seconds.saturating_mul(1_000_000)).to_string();
        match (kind, all.rem_euclid(1_000_000_000)) {
            (Kind::Date, _) => civil
                .split_once('T')
                .map_or_else(String::new, |(day, _)| day.to_owned()),
            (_, 0) => format!("{civil}Z"),
            (_, rest) => format!("{civil}.{}Z", format!("{rest:09}").trim_end_matches('0')),
        }
    }

    fn text() -> impl Strategy<Value = String> + Clone {
        let texts = [
            "",
            "CASH",
            "CARD",
            "CASHBACK",
            "退款",
            "退款 2",
            "0",
            "-12.50",
            "1,234.50",
            "(252.00)",
            "2013-05-27",
            "2013-05-27 08:00:00",
            "20130527",
            "a text of more than twelve bytes",
            "a text of more than twelve bytes too",
            "x\u{0}",
            "x",
        ];
        prop::sample::select(texts.to_vec()).prop_map(str::to_owned)
    }

    /// Texts of every kind, and numbers and moments written out, with more decimals than they are read
    /// with as well.
    fn written_text() -> impl Strategy<Value = String> {
        let number = (mantissa(), 0..9_u8);
        let number = number.prop_map(|(mantissa, scale)| Decimal::new(mantissa, scale).to_string());
        let moment = (
            moment(),
            prop::sample::select(vec![Kind::Date, Kind::Instant]),
        );
        let moment = moment.prop_map(|((units, nanos), kind)| written(units, nanos, kind));
        prop_oneof![
            4 => text(),
            4 => number,
            2 => moment.clone(),
            2 => moment.prop_map(|text| text.trim_end_matches('Z').to_owned()),
        ]
    }

    fn text_test() -> impl Strategy<Value = Test> {
        let set =
            || prop::collection::btree_set(text(), 1..4).prop_map(|set| set.into_iter().collect());
        let piece = || {
            prop::sample::select(vec!["", "C", "CA", "款", "00", "2013", "bytes", " "])
                .prop_map(str::to_owned)
        };
        prop_oneof![
            presence(),
            Just(Test::IsEmpty),
            Just(Test::HasNonAscii),
            text().prop_map(Test::Is),
            set().prop_map(Test::IsIn),
            set().prop_map(Test::IsNotIn),
            piece().prop_map(Test::StartsWith),
            piece().prop_map(Test::EndsWith),
            piece().prop_map(Test::Contains),
            range(0..20_u32).prop_map(Test::Length),
            number_test(),
            moment_test(),
        ]
    }

    /// The tests of three finders, on either of two columns.
    fn asked(test: impl Strategy<Value = Test>) -> impl Strategy<Value = Vec<Vec<(usize, Test)>>> {
        prop::collection::vec(prop::collection::vec((0..2_usize, test), 0..12), 3)
    }

    fn nullable<T: std::fmt::Debug>(
        value: impl Strategy<Value = T>,
    ) -> impl Strategy<Value = Vec<Option<T>>> {
        prop::collection::vec(prop::option::weighted(0.9, value), 150)
    }

    fn nulls<T>(values: &[Option<T>]) -> impl Iterator<Item = usize> + Clone {
        let rows = values.iter().enumerate();
        rows.filter_map(|(row, value)| value.is_none().then_some(row))
    }

    proptest! {
        #[test]
        fn pooled_numbers_are_judged_as_each_condition_judges_them(
            tests in asked(number_test()),
            values in [nullable(mantissa()), nullable(mantissa())],
            scale in 0..5_u8,
            is_text in any::<bool>(),
        ) {
            let text = |value: &Option<i128>| value.map(|value| Decimal::new(value, scale).to_string());
            let texts = [0, 1].map(|column: usize| values[column].iter().map(text).collect::<Vec<_>>());
            let kind = if is_text { Kind::Text } else { Kind::Number };
            check(kind, Form::Number { scale }, &tests, [&texts[0], &texts[1]], |column| {
                assert_eq!(column.form(), Form::Number { scale });
                let own = &values[column.place()];
                column.take_numbers(own.iter().map(|value| value.unwrap_or(7)), nulls(own));
            })?;
        }

        #[test]
        fn pooled_moments_are_judged_as_each_condition_judges_them(
            tests in asked(moment_test()),
            values in [nullable(moment()), nullable(moment())],
            unit in prop::sample::select(vec![86_400_000_000_000, 1_000_000_000, 1_000_000, 1_000, 1]),
        ) {
            let kind = if unit == 86_400_000_000_000 { Kind::Date } else { Kind::Instant };
            let units = |value: &Option<(i64, i64)>| value.and_then(|(units, nanos)| {
                let all = i128::from(units) * i128::from(nanos);
                i64::try_from(all.div_euclid(i128::from(unit))).ok()
            });
            let units = [0, 1].map(|column: usize| values[column].iter().map(units).collect::<Vec<_>>());
            let text = |value: &Option<i64>| value.map(|value| written(value, unit, kind));
            let texts = [0, 1].map(|column: usize| units[column].iter().map(text).collect::<Vec<_>>());
            check(kind, Form::Moment { nanos: unit }, &tests, [&texts[0], &texts[1]], |column| {
                assert_eq!(column.form(), Form::Moment { nanos: unit });
                let own = &units[column.place()];
                column.take_numbers(own.iter().map(|value| i128::from(value.unwrap_or(7))), nulls(own));
            })?;
        }

        #[test]
        fn pooled_texts_are_judged_as_each_condition_judges_them(
            tests in asked(text_test()),
            texts in [nullable(written_text()), nullable(written_text())],
            is_shared in any::<bool>(),
            kind in prop::sample::select(vec![Kind::Text, Kind::Number, Kind::Instant, Kind::Date]),
        ) {
            check(kind, Form::Text, &tests, [&texts[0], &texts[1]], |column| {
                let own = &texts[column.place()];
                if is_shared {
                    let backwards: Vec<Option<String>> = own.iter().rev().cloned().collect();
                    let places: Vec<usize> = (0..own.len()).rev().collect();
                    column.take_shared(&backwards, &places);
                } else {
                    column.take_texts(own.iter().map(Option::as_ref));
                }
            })?;
        }
    }

    fn from(number: i128) -> Test {
        Test::Number(Range {
            from: Bound::Included(Decimal::new(number, 0)),
            to: Bound::Unbounded,
        })
    }

    fn rest(rest: i128, modulus: i128) -> Test {
        Test::Remainder {
            modulus: Decimal::new(modulus, 0),
            rest: Decimal::new(rest, 0),
        }
    }

    #[test]
    fn more_conditions_than_a_word_has_bits_are_told_apart() -> Result<(), TestCaseError> {
        let tests: [Vec<(usize, Test)>; 3] = [
            (0..50).map(|number| (0, from(number * 3))).collect(),
            (0..50).map(|number| (0, rest(number, 50))).collect(),
            (0..50).map(|number| (0, rest(number, 50))).collect(),
        ];
        let numbers = |column: i128| (0..150).map(move |number| number + column);
        let texts = [0, 1].map(|column| {
            let texts = numbers(column).map(|number| Some(number.to_string()));
            texts.collect::<Vec<_>>()
        });
        let form = Form::Number { scale: 0 };
        check(
            Kind::Number,
            form,
            &tests,
            [&texts[0], &texts[1]],
            |column| {
                let place = if column.place() == 0 { 0 } else { 1 };
                column.take_numbers(numbers(place), std::iter::empty());
            },
        )
    }

    #[test]
    fn conjunctions_of_few_and_of_many_records_are_counted_alike() {
        let tests = [from(100), rest(0, 2), rest(0, 5), rest(7, 100), from(990)];
        let tests: [Vec<(usize, Test)>; 1] = [tests.map(|test| (0, test)).into()];
        let atoms = finders(Kind::Number, &tests)[0].atoms().to_vec();
        let attribute = Attribute::new("source", "a", Kind::Number);
        let attributes = Attributes::new(vec![attribute], shanghai());
        // All that can be made of them.
        let conjunctions = (1..1 << atoms.len()).collect();
        let finder = Finder::new(attributes, atoms, conjunctions);
        let mut pool = Pool::new(&[(&finder, vec![Some(0)])], |_, _| Form::Number {
            scale: 0,
        });
        let (mut masker, mut plain) = (finder.masker(), finder.tally());
        for records in [1_000, 64, 0, 65] {
            for column in pool.columns() {
                column.take_numbers(0..records, std::iter::empty());
            }
            pool.count(usize::try_from(records).expect("a small number"));
            for number in 0..records {
                plain.add_record(masker.mask(&[Some(number.to_string())][..]));
            }
        }
        assert_eq!(pool.into_tallies().next(), Some(plain));
    }

    #[test]
    fn what_is_asked_twice_of_one_place_is_asked_once() {
        let tests = [vec![(0, from(10)), (1, from(10)), (1, rest(0, 2))]];
        let finder = &finders(Kind::Number, &tests)[0];
        let pool = Pool::new(&[(finder, vec![Some(2), Some(2)])], |_, _| Form::Number {
            scale: 0,
        });
        assert_eq!((pool.columns.len(), pool.order.len()), (1, 2));
        assert_eq!(pool.conjunctions.len(), 2);
    }

    #[test]
    fn a_condition_on_text_has_a_column_of_numbers_given_as_text() {
        let tests = vec![vec![(0, Test::StartsWith("12".to_owned()))]];
        let finders = finders(Kind::Number, &tests);
        let mut pool = Pool::new(&[(&finders[0], vec![Some(3)])], |_, _| Form::Number {
            scale: 0,
        });
        let columns: Vec<_> = pool
            .columns()
            .iter()
            .map(|c| (c.place(), c.form()))
            .collect();
        assert_eq!(columns, [(3, Form::Text)]);
    }
}
