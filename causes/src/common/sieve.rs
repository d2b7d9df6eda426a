//! Sorts the values of a column into cells: of all values of a cell the same conditions hold.
//!
//! What holds of a cell is asked of the plain conditions once. A value that comes as a whole number
//! then only needs to be found among cut points, or divided; text is found among cut points too, or
//! looked up among the texts before it.

use super::predicate::{Predicate, Range, Test};
use super::reading::{self, Moment};
use super::sample::mixed;
use ledger::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// How the values of a column are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// As text, in the forms that [`Kind`](crate::Kind) tells.
    Text,
    /// As whole numbers of units of the last of so many decimals.
    Number {
        /// Number of decimals.
        scale: u8,
    },
    /// As whole numbers of so many nanoseconds since 1970-01-01 00:00:00: of UTC in a column of
    /// instants, of the clock on the wall in a column of dates.
    Moment {
        /// Nanoseconds of a unit; above zero.
        nanos: i64,
    },
}

/// The number of a cell of one [`Sieve`].
pub(super) type Cell = u32;

/// Texts and numbers that a sieve remembers; a power of two.
const REMEMBERED: usize = 1_024;

/// Decimals that numbers are read with where they come as text, at least and at most. Of a number with
/// more every condition is asked.
const READ_SCALE: (u8, u8) = (2, 6);

/// Moments are read in microseconds where they come as text, with finer ones as with such numbers.
const READ_NANOS: i64 = 1_000;

/// Sorts the values of one column into cells by some of the conditions on it.
#[derive(Debug, Clone)]
pub(super) struct Sieve {
    way: Way,
    judge: Judge,
    cells: Cells,
}

/// How a value's cell is found.
#[derive(Debug, Clone)]
enum Way {
    /// By the stretch of the line that a number or moment lies in.
    Line(Stepped),
    /// By the number of decimals that it takes to write.
    Decimals(Vec<Cell>),
    /// By what a division leaves of the size.
    Rests(Rests),
    /// By a part of what clock and calendar show.
    Part(Part),
    /// By asking every condition of the number.
    Numbers(Vec<Option<(i128, Cell)>>),
    /// By where a text stands in the order of their bytes.
    Order(Order),
    /// By asking every condition of the text.
    Texts(Vec<(String, Cell)>),
}

/// Stretches of a line: where each but the first begins, and their cells.
#[derive(Debug, Clone)]
struct Line<T> {
    cuts: Vec<T>,
    cells: Vec<Cell>,
}

/// A line of numbers. Near which of the cuts one lies is told by a table of even steps.
#[derive(Debug, Clone)]
struct Stepped {
    line: Line<i64>,
    /// Where the first step begins.
    first: i64,
    /// A step is as long as two to the power of this.
    shift: u32,
    /// How many steps there are between what lies below them and what lies behind them.
    steps: u64,
    /// How many cuts lie in the steps before each one; and at the end all cuts.
    before: Vec<u32>,
}

/// A line of texts. Most are told apart by their first eight bytes, which are compared as one number.
#[derive(Debug, Clone)]
struct Order {
    line: Line<Box<[u8]>>,
    /// How each cut of the line begins.
    starts: Vec<u64>,
}

#[derive(Debug, Clone)]
struct Rests {
    modulus: u64,
    cells: Vec<(u64, Cell)>,
    /// The cell of any other rest.
    other: Cell,
}

#[derive(Debug, Clone)]
struct Part {
    part: super::Part,
    line: Line<u32>,
    /// The cell of what no clock shows.
    unreadable: Cell,
}

/// The conditions of a sieve.
#[derive(Debug, Clone)]
struct Judge {
    form: Form,
    conditions: Vec<Predicate>,
}

/// Which conditions hold, in their order.
type Holds = Box<[bool]>;

#[derive(Debug, Clone, Default)]
struct Cells {
    holds: Vec<Holds>,
    known: BTreeMap<Holds, Cell>,
}

impl Form {
    /// This form where all conditions can be asked of values that are given in it; else text.
    pub(super) fn or_text(self, conditions: &[Predicate]) -> Self {
        let can_be_asked = |condition: &Predicate| match condition.test {
            Test::IsNull | Test::IsNotNull => true,
            Test::Number(_)
            | Test::NumberIn(_)
            | Test::NumberIsNot(_)
            | Test::Decimals(_)
            | Test::Remainder { .. } => matches!(self, Self::Number { .. }),
            Test::Moment(_) | Test::Part(..) => matches!(self, Self::Moment { .. }),
            _ => false,
        };
        match conditions.iter().all(can_be_asked) {
            true => self,
            false => Self::Text,
        }
    }

    /// The form in which a value is put to a test: text is read first for one of numbers or moments.
    fn read_for(self, test: &Test, conditions: &[Predicate]) -> Self {
        match (self, test) {
            (
                Self::Text,
                Test::Number(_)
                | Test::NumberIn(_)
                | Test::NumberIsNot(_)
                | Test::Decimals(_)
                | Test::Remainder { .. },
            ) => {
                let tests = conditions.iter().map(|condition| &condition.test);
                let scales = tests.flat_map(numbers_of).map(|number| number.scale);
                let (least, most) = READ_SCALE;
                Self::Number {
                    scale: scales.max().unwrap_or(least).clamp(least, most),
                }
            }
            (Self::Text, Test::Moment(_) | Test::Part(..)) => Self::Moment { nanos: READ_NANOS },
            _ => self,
        }
    }
}

impl Sieve {
    /// The cell of null.
    pub(super) const NULL: Cell = 0;

    /// The sieves that are needed for all conditions on one column, each with the places of the
    /// conditions that it sorts by.
    pub(super) fn all(conditions: &[Predicate], form: Form) -> Vec<(Self, Vec<usize>)> {
        let mut sorts: BTreeMap<(Sort, Form), Vec<usize>> = BTreeMap::new();
        for (place, condition) in conditions.iter().enumerate() {
            let form = form.read_for(&condition.test, conditions);
            let sort = Sort::of(&condition.test, form);
            sorts.entry((sort, form)).or_default().push(place);
        }
        let sieve = |((sort, form), places): ((Sort, Form), Vec<usize>)| {
            let own = places.iter().map(|place| conditions[*place].clone());
            (Self::new(sort, own.collect(), form), places)
        };
        sorts.into_iter().map(sieve).collect()
    }

    /// A sieve for values as text.
    pub(super) fn of_texts(conditions: Vec<Predicate>) -> Self {
        Self::new(Sort::Texts, conditions, Form::Text)
    }

    fn new(sort: Sort, conditions: Vec<Predicate>, form: Form) -> Self {
        let judge = Judge { form, conditions };
        let mut cells = Cells::default();
        cells.of(judge.of_text(None));
        let way = match sort {
            Sort::Line => Way::Line(Stepped::new(Line::new(judge.cuts(), i64::MIN, |from| {
                cells.of(judge.of_number(i128::from(*from)))
            }))),
            Sort::Decimals { scale } => Way::Decimals(
                (0..=scale)
                    .map(|used| cells.of(judge.of_decimals(used)))
                    .collect(),
            ),
            Sort::Rest { modulus } => Way::Rests(Rests::new(modulus, &judge, &mut cells)),
            Sort::Part(part) => Way::Part(Part {
                part,
                line: Line::new(judge.part_cuts(), 0, |from| cells.of(judge.of_part(*from))),
                unreadable: cells.of(judge.of_nothing()),
            }),
            Sort::Numbers => Way::Numbers(vec![None; REMEMBERED]),
            Sort::Order => Way::Order(Order::new(Line::new(
                judge.bytes_cuts(),
                Box::default(),
                |from| cells.of(judge.of_bytes(from)),
            ))),
            Sort::Texts => Way::Texts(vec![
                (String::new(), cells.of(judge.of_text(Some(""))));
                REMEMBERED
            ]),
        };
        Self { way, judge, cells }
    }

    /// Cells that values were found in so far, and that of null.
    pub(super) fn len(&self) -> usize {
        self.cells.holds.len()
    }

    /// Says whether a condition holds of the values of a cell.
    pub(super) fn holds(&self, cell: usize, condition: usize) -> bool {
        self.cells.holds[cell][condition]
    }

    /// The cell of a text.
    #[inline]
    pub(super) fn of_text(&mut self, value: Option<&str>) -> Cell {
        let Some(text) = value else {
            return Self::NULL;
        };
        let texts = match &mut self.way {
            Way::Order(order) => return order.of(text.as_bytes()),
            Way::Texts(texts) => texts,
            _ => return self.of_reading(self.judge.read(text), text),
        };
        let (known, cell) = &mut texts[place_of_text(text)];
        if known != text {
            *cell = self.cells.of(self.judge.of_text(value));
            known.clear();
            known.push_str(text);
        }
        *cell
    }

    /// The form that text is read in before conditions on numbers or moments are put to it; none where
    /// they are put to the text itself.
    pub(super) fn reads(&self) -> Option<Form> {
        Some(self.judge.form).filter(|form| *form != Form::Text)
    }

    /// Reads a text for all sieves of its column that read it in this form.
    #[inline]
    pub(super) fn read(&self, value: Option<&str>) -> Read {
        value.map_or(Read::Null, |text| self.judge.read(text))
    }

    /// The cell of a text that has been read.
    #[inline]
    pub(super) fn of_reading(&mut self, reading: Read, text: &str) -> Cell {
        let Self { way, judge, cells } = self;
        match reading {
            Read::Null => Self::NULL,
            Read::Units(value) => match way {
                Way::Line(line) => line.of(value),
                Way::Decimals(of) => of[decimals(value, of.len() - 1)],
                Way::Rests(rests) => rests.of(value.unsigned_abs()),
                Way::Part(part) => part.of(judge, i128::from(value)),
                Way::Numbers(_) | Way::Order(_) | Way::Texts(_) => {
                    cells.of(judge.of_number(i128::from(value)))
                }
            },
            Read::Finer => cells.of(judge.of_text(Some(text))),
            Read::Nothing => cells.of(judge.of_nothing()),
        }
    }

    /// Appends the cells of whole numbers, none of them null.
    pub(super) fn extend_of_numbers(
        &mut self,
        values: impl Iterator<Item = i128> + Clone,
        into: &mut Vec<Cell>,
    ) {
        let Self { way, judge, cells } = self;
        let mut any = |value: i128| cells.of(judge.of_number(value));
        match way {
            Way::Line(line) => {
                into.extend(values.map(|value| line.of_wide(value).unwrap_or_else(|| any(value))));
            }
            Way::Decimals(of) => {
                into.extend(
                    values.map(|value| by_decimals(of, value).unwrap_or_else(|| any(value))),
                );
            }
            Way::Rests(rests) => match run_of(values.clone()) {
                Some((first, count)) => rests.extend_of_run(first, count, into),
                None => {
                    into.extend(
                        values.map(|value| rests.of_wide(value).unwrap_or_else(|| any(value))),
                    );
                }
            },
            Way::Part(part) => into.extend(values.map(|value| part.of(judge, value))),
            Way::Numbers(known) => {
                into.extend(
                    values.map(|value| match &mut known[place_of_number(value)] {
                        Some((number, cell)) if *number == value => *cell,
                        other => other.insert((value, any(value))).1,
                    }),
                )
            }
            Way::Order(_) | Way::Texts(_) => into.extend(values.map(any)),
        }
    }
}

/// What conditions are put into one sieve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    Line,
    Decimals { scale: u8 },
    Rest { modulus: u64 },
    Part(super::Part),
    Numbers,
    Order,
    Texts,
}

impl Sort {
    fn of(test: &Test, form: Form) -> Self {
        match (form, test) {
            (
                Form::Text,
                Test::IsNull
                | Test::IsNotNull
                | Test::IsEmpty
                | Test::Is(_)
                | Test::IsIn(_)
                | Test::IsNotIn(_)
                | Test::StartsWith(_),
            ) => Self::Order,
            (Form::Text, _) => Self::Texts,
            (Form::Number { scale }, Test::Decimals(_)) => Self::Decimals { scale },
            (Form::Number { scale }, Test::Remainder { modulus, .. }) => {
                match modulus
                    .rescale_exact(scale)
                    .map(|units| u64::try_from(units.mantissa))
                {
                    Some(Ok(modulus @ 1..)) => Self::Rest { modulus },
                    _ => Self::Numbers,
                }
            }
            (Form::Moment { .. }, Test::Part(part, _)) => Self::Part(*part),
            _ => Self::Line,
        }
    }
}

impl<T: Ord> Line<T> {
    /// Stretches from `first` on that begin at these cuts; those in one cell are joined.
    fn new(cuts: BTreeSet<T>, first: T, mut cell_from: impl FnMut(&T) -> Cell) -> Self {
        let mut line = Self {
            cuts: Vec::new(),
            cells: vec![cell_from(&first)],
        };
        for cut in cuts {
            let cell = cell_from(&cut);
            if line.cells.last() != Some(&cell) {
                line.cuts.push(cut);
                line.cells.push(cell);
            }
        }
        line
    }

    #[inline]
    fn of(&self, value: &T) -> Cell {
        self.cells[self.cuts.partition_point(|cut| cut <= value)]
    }
}

impl Stepped {
    /// Steps of the table, at most.
    const MOST: u64 = 1_024;
    /// Steps for each cut: then few steps have more than one.
    const PER_CUT: u64 = 8;

    fn new(line: Line<i64>) -> Self {
        let near = near(&line.cuts);
        let steps = (near.len() as u64 * Self::PER_CUT).next_power_of_two();
        let steps = steps.min(Self::MOST);
        let length = near.last().map_or(0, |last| last.abs_diff(near[0]));
        let bits = u64::BITS - length.leading_zeros();
        let mut own = Self {
            first: near.first().copied().unwrap_or_default(),
            shift: bits.saturating_sub(steps.ilog2()),
            steps,
            before: Vec::new(),
            line,
        };
        let cuts = &own.line.cuts;
        let before = (0..=steps as usize + 2)
            .map(|step| cuts.partition_point(|cut| own.step(*cut) < step) as u32);
        own.before = before.collect();
        own
    }

    /// The step that a number lies in: one for all that is below the first, and one for all behind the
    /// last.
    #[inline]
    fn step(&self, value: i64) -> usize {
        if value < self.first {
            return 0;
        }
        let step = value.abs_diff(self.first) >> self.shift;
        step.min(self.steps) as usize + 1
    }

    #[inline]
    fn of(&self, value: i64) -> Cell {
        let step = self.step(value);
        let (from, to) = (self.before[step] as usize, self.before[step + 1] as usize);
        let near = &self.line.cuts[from..to];
        self.line.cells[from + near.partition_point(|cut| *cut <= value)]
    }

    /// The cell of a number that 64 bits hold.
    #[inline]
    fn of_wide(&self, value: i128) -> Option<Cell> {
        i64::try_from(value).ok().map(|value| self.of(value))
    }
}

/// The cuts that lie together. The ends of the calendar, and numbers that stand for none, lie far from
/// all others, and would make one step of these.
fn near(cuts: &[i64]) -> &[i64] {
    let mut near = cuts;
    loop {
        let gap = |place: &usize| near[*place].abs_diff(near[*place - 1]);
        let Some(widest) = (1..near.len()).max_by_key(gap) else {
            return near;
        };
        let length = near[near.len() - 1].abs_diff(near[0]);
        let (below, above) = near.split_at(widest);
        let larger = if below.len() < above.len() {
            above
        } else {
            below
        };
        // Cuts that lie ever farther apart have no middle.
        if gap(&widest) <= length / 2 || larger.len() * 8 < cuts.len() * 7 {
            return near;
        }
        near = larger;
    }
}

impl Part {
    /// The cell of a moment that is given as a whole number.
    #[inline]
    fn of(&self, judge: &Judge, value: i128) -> Cell {
        match judge.wall(value) {
            Some(wall) => self.line.of(&reading::part(self.part, wall)),
            None => self.unreadable,
        }
    }
}

impl Order {
    fn new(line: Line<Box<[u8]>>) -> Self {
        Self {
            starts: line.cuts.iter().map(|cut| start_of(cut)).collect(),
            line,
        }
    }

    #[inline]
    fn of(&self, text: &[u8]) -> Cell {
        let start = start_of(text);
        let before = self.starts.partition_point(|cut| *cut < start);
        let alike = self.starts[before..].iter();
        let alike = alike.take_while(|cut| **cut == start).count();
        let alike = &self.line.cuts[before..before + alike];
        self.line.cells[before + alike.partition_point(|cut| **cut <= *text)]
    }
}

impl Rests {
    fn new(modulus: u64, judge: &Judge, cells: &mut Cells) -> Self {
        let wanted: BTreeSet<u64> = judge.rests().filter(|rest| *rest < modulus).collect();
        let cell = |rest| (rest, cells.of(judge.of_number(i128::from(rest))));
        Self {
            modulus,
            cells: wanted.into_iter().map(cell).collect(),
            other: cells.of(judge.of_nothing()),
        }
    }

    #[inline]
    fn of(&self, size: u64) -> Cell {
        let rest = size % self.modulus;
        let known = self.cells.iter().find(|(known, _)| *known == rest);
        known.map_or(self.other, |(_, cell)| *cell)
    }

    /// The cell of a number that 64 bits hold.
    #[inline]
    fn of_wide(&self, value: i128) -> Option<Cell> {
        let value = i64::try_from(value).ok()?;
        Some(self.of(value.unsigned_abs()))
    }
}

impl Rests {
    /// Appends the cells of so many numbers that follow on each other: no division is needed.
    fn extend_of_run(&self, first: u64, count: usize, into: &mut Vec<Cell>) {
        let before = into.len();
        into.resize(before + count, self.other);
        let run = &mut into[before..];
        let own = first % self.modulus;
        for (rest, cell) in &self.cells {
            let ahead = match rest.checked_sub(own) {
                Some(ahead) => ahead,
                None => self.modulus - own + rest,
            };
            let mut at = usize::try_from(ahead).unwrap_or(usize::MAX);
            let step = usize::try_from(self.modulus).unwrap_or(usize::MAX);
            while let Some(place) = run.get_mut(at) {
                *place = *cell;
                at = at.saturating_add(step);
            }
        }
    }
}

/// The first number and how many there are, where each is one more than the one before it, as the
/// numbers of rows are.
fn run_of(mut values: impl Iterator<Item = i128>) -> Option<(u64, usize)> {
    let first = u64::try_from(values.next()?).ok()?;
    let (mut last, mut count) = (i128::from(first), 1);
    for value in values {
        if value != last + 1 {
            return None;
        }
        (last, count) = (value, count + 1);
    }
    i64::try_from(last).ok()?;
    Some((first, count))
}

/// What text says in the form of a sieve.
#[derive(Debug, Clone, Copy)]
pub(super) enum Read {
    /// There is none.
    Null,
    /// So many whole units.
    Units(i64),
    /// A number or moment between two of them, or one that is too large for them.
    Finer,
    /// Nothing of the kind.
    Nothing,
}

impl Judge {
    /// Reads text as what the form is of.
    #[inline]
    fn read(&self, text: &str) -> Read {
        let Some(kind) = self.conditions.first().map(|first| first.attribute.kind) else {
            return Read::Nothing;
        };
        let units = match self.form {
            Form::Text => return Read::Finer,
            Form::Number { scale } => match reading::number(kind, text) {
                Some(number) => number.rescale_exact(scale).map(|units| units.mantissa),
                None => return Read::Nothing,
            },
            Form::Moment { nanos } => match reading::moment(kind, text) {
                Some(Moment(moment)) => {
                    let nanos = i128::from(nanos);
                    (moment % nanos == 0).then(|| moment / nanos)
                }
                None => return Read::Nothing,
            },
        };
        let units = units.and_then(|units| i64::try_from(units).ok());
        units.map_or(Read::Finer, Read::Units)
    }

    /// What holds of a text.
    fn of_text(&self, value: Option<&str>) -> Holds {
        let Some(text) = value else {
            return self.ask(|condition| condition.test == Test::IsNull);
        };
        let mut number: Option<Option<Decimal>> = None;
        let mut moment: Option<Option<Moment>> = None;
        self.ask(|condition| {
            let kind = condition.attribute.kind;
            match &condition.test {
                Test::Number(_)
                | Test::NumberIn(_)
                | Test::NumberIsNot(_)
                | Test::Decimals(_)
                | Test::Remainder { .. } => number
                    .get_or_insert_with(|| reading::number(kind, text))
                    .is_some_and(|number| condition.test.holds_of_number(number)),
                Test::Moment(_) | Test::Part(..) => moment
                    .get_or_insert_with(|| reading::moment(kind, text))
                    .is_some_and(|moment| condition.holds_of_moment(moment)),
                test => test.holds_of_text(text),
            }
        })
    }

    /// What holds of texts of these bytes. Where a stretch of texts begins need be no text itself.
    fn of_bytes(&self, bytes: &[u8]) -> Holds {
        let is_among = |texts: &[String]| texts.iter().any(|text| text.as_bytes() == bytes);
        self.ask(|condition| match &condition.test {
            Test::IsNotNull => true,
            Test::IsEmpty => bytes.is_empty(),
            Test::Is(text) => text.as_bytes() == bytes,
            Test::IsIn(texts) => is_among(texts),
            Test::IsNotIn(texts) => !is_among(texts),
            Test::StartsWith(start) => bytes.starts_with(start.as_bytes()),
            _ => false,
        })
    }

    /// What holds of a whole number in this form.
    fn of_number(&self, value: i128) -> Holds {
        self.ask(|condition| match (self.form, &condition.test) {
            (_, Test::IsNotNull) => true,
            (Form::Number { scale }, test) => test.holds_of_number(Decimal::new(value, scale)),
            (Form::Moment { nanos }, _) => {
                moment_of(value, nanos).is_some_and(|moment| condition.holds_of_moment(moment))
            }
            (Form::Text, _) => false,
        })
    }

    /// What holds of all numbers that take so many decimals.
    fn of_decimals(&self, used: u8) -> Holds {
        self.ask(|condition| match &condition.test {
            Test::Decimals(range) => range.contains(u32::from(used)),
            _ => false,
        })
    }

    /// What holds where clock and calendar show this.
    fn of_part(&self, shown: u32) -> Holds {
        self.ask(|condition| match &condition.test {
            Test::Part(_, range) => range.contains(shown),
            _ => false,
        })
    }

    fn of_nothing(&self) -> Holds {
        self.ask(|_| false)
    }

    fn ask(&self, holds: impl FnMut(&Predicate) -> bool) -> Holds {
        self.conditions.iter().map(holds).collect()
    }

    /// What clock and calendar show at a moment that is given as a whole number.
    #[inline]
    fn wall(&self, value: i128) -> Option<Moment> {
        let Form::Moment { nanos } = self.form else {
            return None;
        };
        let condition = self.conditions.first()?;
        reading::on_the_wall(
            condition.attribute.kind,
            moment_of(value, nanos)?,
            &condition.zone,
        )
    }

    /// The whole numbers from which on other conditions may hold than before.
    fn cuts(&self) -> BTreeSet<i64> {
        let tests = self.conditions.iter().map(|condition| &condition.test);
        let floors: Vec<i128> = match self.form {
            Form::Number { scale } => {
                let numbers = tests.flat_map(numbers_of);
                numbers.filter_map(|number| floor(number, scale)).collect()
            }
            Form::Moment { nanos } => {
                let limits = tests.flat_map(|test| match test {
                    Test::Moment(range) => limits(range),
                    _ => Vec::new(),
                });
                let all = limits.chain([reading::FIRST_MOMENT, reading::LAST_MOMENT]);
                all.map(|moment| moment.0.div_euclid(i128::from(nanos)))
                    .collect()
            }
            Form::Text => Vec::new(),
        };
        // A limit lies on a whole number, or between it and the next.
        let both = floors
            .into_iter()
            .flat_map(|floor| [Some(floor), floor.checked_add(1)]);
        both.flatten()
            .filter_map(|cut| i64::try_from(cut).ok())
            .collect()
    }

    /// The bytes from which on other conditions may hold of texts than before.
    fn bytes_cuts(&self) -> BTreeSet<Box<[u8]>> {
        let mut cuts = BTreeSet::new();
        for condition in &self.conditions {
            let texts = match &condition.test {
                Test::Is(text) => std::slice::from_ref(text),
                Test::IsIn(texts) | Test::IsNotIn(texts) => texts,
                Test::StartsWith(start) => {
                    cuts.insert(start.as_bytes().into());
                    cuts.extend(after_all_with(start));
                    continue;
                }
                Test::IsEmpty => &[String::new()],
                _ => continue,
            };
            for text in texts {
                cuts.insert(text.as_bytes().into());
                cuts.insert([text.as_bytes(), &[0]].concat().into());
            }
        }
        cuts
    }

    /// The figures from which on other conditions may hold of a part than before.
    fn part_cuts(&self) -> BTreeSet<u32> {
        let limits = self
            .conditions
            .iter()
            .flat_map(|condition| match &condition.test {
                Test::Part(_, range) => limits(range),
                _ => Vec::new(),
            });
        limits
            .flat_map(|limit| [Some(limit), limit.checked_add(1)])
            .flatten()
            .collect()
    }

    /// The rests that are asked for, in units of the form.
    fn rests(&self) -> impl Iterator<Item = u64> {
        self.conditions
            .iter()
            .filter_map(|condition| match (&condition.test, self.form) {
                (Test::Remainder { rest, .. }, Form::Number { scale }) => {
                    u64::try_from(rest.rescale_exact(scale)?.mantissa).ok()
                }
                _ => None,
            })
    }
}

impl Cells {
    fn of(&mut self, holds: Holds) -> Cell {
        if let Some(cell) = self.known.get(&holds) {
            return *cell;
        }
        let cell = self.holds.len() as Cell;
        self.holds.push(holds.clone());
        self.known.insert(holds, cell);
        cell
    }
}

/// The moment that a whole number stands for, where it can be written with four digits of a year.
#[inline]
fn moment_of(value: i128, nanos: i64) -> Option<Moment> {
    let moment = Moment(value.saturating_mul(i128::from(nanos)));
    (reading::FIRST_MOMENT..=reading::LAST_MOMENT)
        .contains(&moment)
        .then_some(moment)
}

/// The numbers at which a test of numbers begins or ends to hold.
fn numbers_of(test: &Test) -> Vec<Decimal> {
    match test {
        Test::Number(range) => limits(range),
        Test::NumberIn(numbers) => numbers.clone(),
        Test::NumberIsNot(number) => vec![*number],
        _ => Vec::new(),
    }
}

fn limits<T: Copy>(range: &Range<T>) -> Vec<T> {
    let limit = |bound: &Bound<T>| match bound {
        Bound::Included(limit) | Bound::Excluded(limit) => Some(*limit),
        Bound::Unbounded => None,
    };
    [limit(&range.from), limit(&range.to)]
        .into_iter()
        .flatten()
        .collect()
}

/// The first eight bytes as a number in the order of texts; zeros where there are fewer.
#[inline]
fn start_of(bytes: &[u8]) -> u64 {
    let start = bytes.first_chunk::<8>().copied().unwrap_or_else(|| {
        let mut start = [0_u8; 8];
        start[..bytes.len()].copy_from_slice(bytes);
        start
    });
    u64::from_be_bytes(start)
}

/// The first bytes behind all texts that begin so.
fn after_all_with(start: &str) -> Option<Box<[u8]>> {
    let mut bytes: Box<[u8]> = start.as_bytes().into();
    // No byte of a text is the last of all.
    *bytes.last_mut()? += 1;
    Some(bytes)
}

/// The largest number of so many decimals that is not above another, in units of the last; none where
/// 128 bits do not hold it.
fn floor(number: Decimal, scale: u8) -> Option<i128> {
    if scale >= number.scale {
        return number.rescale_exact(scale).map(|units| units.mantissa);
    }
    match Decimal::new(1, 0).rescale_exact(number.scale - scale) {
        Some(unit) => Some(number.mantissa.div_euclid(unit.mantissa)),
        None => Some(if number.is_negative() { -1 } else { 0 }),
    }
}

/// Decimals that it takes to write a number, of the `scale` that it has.
#[inline]
fn decimals(mut value: i64, mut scale: usize) -> usize {
    while scale > 0 && value % 10 == 0 {
        value /= 10;
        scale -= 1;
    }
    scale
}

/// The cell of a number that 64 bits hold, by the decimals that it takes.
#[inline]
fn by_decimals(of: &[Cell], value: i128) -> Option<Cell> {
    let value = i64::try_from(value).ok()?;
    Some(of[decimals(value, of.len() - 1)])
}

fn place_of_number(value: i128) -> usize {
    mixed(value as u64) as usize % REMEMBERED
}

/// Where a text is remembered: told by its length, its beginning and its end.
#[inline]
fn place_of_text(text: &str) -> usize {
    let bytes = text.as_bytes();
    let word = |part: &[u8]| {
        part.iter()
            .fold(0, |word, byte| word << 8 | u64::from(*byte))
    };
    let (start, end) = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(start), Some(end)) => (u64::from_le_bytes(*start), u64::from_le_bytes(*end)),
        _ => (word(bytes), 0),
    };
    let all = start ^ end.rotate_left(29) ^ (bytes.len() as u64).rotate_left(56);
    mixed(all) as usize % REMEMBERED
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Numbers near each other, far from each other, and at both ends.
    fn number() -> impl Strategy<Value = i64> {
        prop_oneof![
            6 => 15_800_i64..15_900,
            2 => (0_i64..400).prop_map(|n| n * 1_000_003),
            1 => any::<i64>(),
            1 => prop::sample::select(vec![i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX]),
        ]
    }

    proptest! {
        #[test]
        fn the_table_of_steps_leads_to_the_stretch_that_a_number_lies_in(
            cuts in prop::collection::btree_set(number(), 0..200),
            values in prop::collection::vec(number(), 1..200),
        ) {
            let mut cell = 0;
            let line = Line::new(cuts.clone(), i64::MIN, |_| {
                cell += 1;
                cell
            });
            let stepped = Stepped::new(line.clone());
            for value in values.into_iter().chain(cuts) {
                prop_assert_eq!(stepped.of(value), line.of(&value));
            }
        }
    }

    /// What lies far from all others does not put all of them into one step.
    #[test]
    fn far_cuts_leave_the_steps_to_the_others() {
        let near = (0..500).map(|n| 1_369_600_000 + n * 86_400);
        let far = [
            -62_135_596_800,
            -62_135_596_799,
            253_402_300_799,
            253_402_300_800,
        ];
        let cuts = near.chain(far).collect();
        let stepped = Stepped::new(Line::new(cuts, i64::MIN, |from| (*from % 7) as Cell));
        let cuts = stepped.before.windows(2).map(|pair| pair[1] - pair[0]);
        // Those far above are behind the last step.
        let most = cuts.rev().skip(1).max();
        assert!(most.is_some_and(|most| most <= 2), "{most:?}");
    }

    #[test]
    fn cuts_that_lie_ever_farther_apart_are_kept() {
        let cuts: Vec<i64> = (0..18).map(|n| 10_i64.pow(n)).collect();
        assert_eq!(near(&cuts), &cuts[..16]);
        assert_eq!(near(&[7]), [7]);
        assert!(near(&[]).is_empty());
    }
}
