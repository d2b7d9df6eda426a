//! Holds what each hypothesis gives against what the target has.

use ledger::{BreakKind, Civil, Decimal, Record, SmolStr};

use crate::case::{Case, Field, MICROS_PER_DAY, Pair};
use crate::catalogue::CauseId;
use crate::explanation::{Says, Tried};
use crate::naming::{FUND, RATE};
use crate::number;
use crate::prover::Reading;
use crate::terms::Kind;

/// Number of values of a field that the first of two causes may give.
pub(crate) const STEPS_MAX: usize = 96;

/// Says how a hypothesis comes to its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    /// It gives this value, whatever the target holds.
    Exact,
    /// It has a parameter that nothing tells but the target's value itself, such as a wrong code:
    /// it fits, and proves nothing.
    Loose,
}

/// Is a hypothesis that gives what the target holds, in some fields.
#[derive(Debug, Clone)]
pub(crate) struct Hit {
    pub(crate) cause: CauseId,
    /// The differing fields that it gives.
    pub(crate) covers: u64,
    pub(crate) fit: Fit,
    pub(crate) says: Says,
    /// What was done, where a cause has several manners and one thing alone was done: two readings
    /// of a rule are two changes of it, and a refund is booked twice or the wrong way round.
    pub(crate) manner: Option<String>,
    /// Whether another reading of the rule gives it, and not the record by itself.
    pub(crate) is_reading: bool,
    /// Of another reading of the rule, how many records of the whole book speak against it; none where
    /// it was not held against the book.
    pub(crate) against: Option<u64>,
}

/// Is a value that the first of two causes gives.
pub(crate) struct Step {
    pub(crate) cause: CauseId,
    pub(crate) value: Decimal,
}

/// Collects what the first of two causes gives.
#[derive(Default)]
pub(crate) struct Steps {
    pub(crate) taken: Vec<Step>,
    /// The place of the step whose reason is wanted: most steps lead nowhere, and it takes longer to
    /// say why one is taken than to take it.
    pub(crate) asked: Option<usize>,
    pub(crate) reason: Option<Says>,
}

/// Collects what the causes offer.
pub(crate) struct Trial<'c> {
    case: &'c Case<'c>,
    /// The cause that speaks.
    pub(crate) cause: CauseId,
    pub(crate) hits: Vec<Hit>,
    /// Everything that was offered, where a story is to be told.
    pub(crate) tried: Option<Vec<Tried>>,
    /// Numbers that were offered, where a second cause is to be tried on them.
    pub(crate) steps: Option<Steps>,
    /// The manner in which the cause acts now, where it has several: see [`Hit::manner`].
    pub(crate) manner: Option<String>,
    is_reading: bool,
    against: Option<u64>,
    /// A cause that is not to be named.
    pub(crate) without: Option<CauseId>,
}

impl<'c> Trial<'c> {
    pub(crate) fn new(case: &'c Case<'c>, tells_story: bool) -> Trial<'c> {
        Trial {
            case,
            cause: CauseId::A1,
            hits: Vec::new(),
            tried: tells_story.then(Vec::new),
            steps: None,
            manner: None,
            is_reading: false,
            against: None,
            without: None,
        }
    }

    /// Whether values that the target does not hold matter as well: for a story, or for the first
    /// of two causes.
    pub(crate) fn wants_all(&self) -> bool {
        self.tried.is_some() || self.steps.is_some()
    }

    /// Offers a number for a field.
    pub(crate) fn number(
        &mut self,
        field: &Field<'_>,
        value: Decimal,
        fit: Fit,
        reason: impl FnOnce() -> Says,
    ) {
        let Some(pair) = field.numbers else { return };
        if value == pair.expected {
            return;
        }
        // Nothing is left of a zero that could tell what made it.
        let fit = if value.is_zero() { Fit::Loose } else { fit };
        if let Some(steps) = &mut self.steps {
            if fit == Fit::Exact && steps.taken.len() < STEPS_MAX {
                if steps.asked == Some(steps.taken.len()) {
                    steps.reason = Some(reason());
                }
                let cause = self.cause;
                steps.taken.push(Step { cause, value });
            }
            return;
        }
        let reproduces = value == pair.actual;
        if reproduces || self.tried.is_some() {
            let scale = field.scale();
            let shown = value.rescale_exact(scale).unwrap_or(value).to_string();
            self.offer(field, Some(&shown), reproduces, fit, reason());
        }
    }

    /// Offers a text for a field, or null.
    pub(crate) fn text(
        &mut self,
        field: &Field<'_>,
        value: Option<&str>,
        fit: Fit,
        reason: impl FnOnce() -> Says,
    ) {
        if value == field.expected || self.steps.is_some() {
            return;
        }
        let reproduces = value == field.actual;
        if reproduces || self.tried.is_some() {
            self.offer(field, value, reproduces, fit, reason());
        }
    }

    /// Offers a day for a field of dates.
    pub(crate) fn day(
        &mut self,
        field: &Field<'_>,
        day: i64,
        fit: Fit,
        reason: impl FnOnce() -> Says,
    ) {
        let Some(pair) = field.days else { return };
        if pair.expected == day || self.steps.is_some() {
            return;
        }
        let reproduces = day == pair.actual;
        if reproduces || self.tried.is_some() {
            self.offer(field, Some(&shown_day(day)), reproduces, fit, reason());
        }
    }

    /// Offers an instant for a field of instants.
    pub(crate) fn instant(
        &mut self,
        field: &Field<'_>,
        micros: i64,
        fit: Fit,
        reason: impl FnOnce() -> Says,
    ) {
        let Some(pair) = field.micros else { return };
        if pair.expected == micros || self.steps.is_some() {
            return;
        }
        let reproduces = micros == pair.actual;
        if reproduces || self.tried.is_some() {
            let shown = if reproduces {
                field.actual.unwrap_or_default().to_owned()
            } else {
                shown_instant(micros)
            };
            self.offer(field, Some(&shown), reproduces, fit, reason());
        }
    }

    /// Offers other values for several fields of the record at once; the rest stays.
    pub(crate) fn fields(
        &mut self,
        changes: &[(&str, Option<&str>)],
        fit: Fit,
        says: impl FnOnce() -> Says,
    ) {
        let Some(expected) = &self.case.found.expected else {
            return;
        };
        if self.steps.is_some() {
            return;
        }
        let covers = self.covered(changes);
        if covers.is_some() || self.tried.is_some() {
            let mut gives = expected.clone();
            for (name, value) in changes {
                set(&mut gives, name, *value);
            }
            self.settle(Some(gives), covers, fit, says());
        }
    }

    /// Offers what the target holds for a break that is no matter of fields.
    pub(crate) fn whole(
        &mut self,
        gives: Option<&Record>,
        reproduces: bool,
        fit: Fit,
        says: impl FnOnce() -> Says,
    ) {
        if (reproduces || self.tried.is_some()) && self.steps.is_none() {
            let covers = reproduces.then(|| self.case.all());
            let gives = self.tried.is_some().then(|| gives.cloned()).flatten();
            self.settle(gives, covers, fit, says());
        }
    }

    /// Weighs what another reading of the rule gives.
    pub(crate) fn reading(&mut self, reading: &Reading) {
        self.is_reading = true;
        self.against = reading.against;
        self.weigh(reading);
        self.against = None;
        self.is_reading = false;
    }

    fn weigh(&mut self, reading: &Reading) {
        self.cause = reading.cause;
        let found = self.case.found;
        let covers = match (&reading.gives, found.kind) {
            // A record that another reading does not give is missing for a reason that acts on
            // whole records; where only a value cannot be read any more this tells nothing.
            (None, kind) => {
                let acts_on_records = reading.cause.as_str().starts_with(['A', 'R', 'T']);
                (kind == BreakKind::Missing && acts_on_records).then_some(1)
            }
            (Some(gives), BreakKind::Extra) => (found.actual.as_ref() == Some(gives)).then_some(1),
            (Some(gives), BreakKind::Differs) => found.expected.as_ref().and_then(|expected| {
                let changes: Vec<(&str, Option<&str>)> = gives
                    .0
                    .iter()
                    .filter(|(name, value)| expected.get(name) != Some(value.as_deref()))
                    .map(|(name, value)| (name.as_str(), value.as_deref()))
                    .collect();
                self.covered(&changes)
            }),
            (Some(_), BreakKind::Missing | BreakKind::Copies) => None,
        };
        let Some(covers) = covers else {
            if self.tried.is_some() {
                self.settle(
                    reading.gives.clone(),
                    None,
                    Fit::Exact,
                    reading.says.clone(),
                );
            }
            return;
        };
        // A defect of the rule strikes all records that it speaks of: one that others speak against,
        // or that was held against no others, is not proved by those that it gives.
        let is_of_rule = reading.cause.as_str().starts_with('R');
        let is_doubtful = is_of_rule && reading.against != Some(0);
        // What a float cuts off each line comes to many of the totals of another level of rounding.
        let is_of_level = reading.cause == CauseId::B6;
        // What a column is called is no proof that its figure held before.
        let is_version = reading.cause == CauseId::R2;
        let tells_nothing = reading.picked
            || is_doubtful
            || is_of_level
            || is_version
            || self.gives_little(reading, covers)
            || reading.leaves_nothing(found);
        let fit = if reading.gives.is_none() || tells_nothing {
            Fit::Loose
        } else {
            Fit::Exact
        };
        let manner = Some(reading.says.en.clone());
        self.settle_in(
            reading.gives.clone(),
            Some(covers),
            fit,
            reading.says.clone(),
            manner,
        );
        // That the book bears it out tells of the reading, and not of what it may be as well.
        self.against = None;
        for also in self.also(reading) {
            if self.without != Some(also) {
                self.cause = also;
                let (gives, says) = (reading.gives.clone(), reading.says.clone());
                self.settle(gives, Some(covers), Fit::Loose, says);
            }
        }
    }

    /// What a reading may be as well. An older figure of a table and just another column of it are the
    /// same reading, and so are another day's rate and another day's yield.
    fn also(&self, reading: &Reading) -> Vec<CauseId> {
        let mut also = match reading.cause {
            CauseId::R2 => vec![CauseId::B12],
            CauseId::B12 if reading.looked_up => vec![CauseId::R2],
            CauseId::D7 if reading.looked_up => vec![CauseId::B12, CauseId::R2],
            CauseId::B13 if self.case.has_column(FUND) => vec![CauseId::Q4],
            _ => Vec::new(),
        };
        let is_figure = matches!(reading.cause, CauseId::R2 | CauseId::B12) && reading.looked_up;
        if is_figure && self.case.has_column(RATE) {
            also.push(CauseId::B13);
        }
        also
    }

    /// Says whether all that a reading changes are amounts of one or two digits, before or after it, and
    /// the book does not bear it out: many others give the same.
    fn gives_little(&self, reading: &Reading, covers: u64) -> bool {
        let is_covered = |field: &&Field<'_>| field.bit & covers != 0;
        let is_short = |field: &Field<'_>| {
            let are_short =
                |pair: Pair<Decimal>| number::are_short(pair.expected, pair.actual, field.scale());
            field.is_amount() && field.numbers.is_some_and(are_short)
        };
        let mut fields = self.case.fields.iter().filter(is_covered).peekable();
        reading.against != Some(0) && fields.peek().is_some() && fields.all(is_short)
    }

    /// The differing fields that the changes give, where each of them is what the target holds.
    fn covered(&self, changes: &[(&str, Option<&str>)]) -> Option<u64> {
        let mut covers = 0;
        for (name, value) in changes {
            let field = self.case.fields.iter().find(|field| field.name == *name)?;
            if field.actual != *value {
                return None;
            }
            covers |= field.bit;
        }
        (covers != 0).then_some(covers)
    }

    fn offer(
        &mut self,
        field: &Field<'_>,
        value: Option<&str>,
        reproduces: bool,
        fit: Fit,
        reason: Says,
    ) {
        let gives = self.tried.is_some().then(|| {
            let mut gives = self.case.found.expected.clone().unwrap_or_default();
            set(&mut gives, field.name, value);
            gives
        });
        let says = became(field, value, &reason);
        let manner = self.manner.clone();
        let covers = reproduces.then_some(field.bit);
        self.settle_in(gives, covers, fit, says, manner);
    }

    fn settle(&mut self, gives: Option<Record>, covers: Option<u64>, fit: Fit, says: Says) {
        self.settle_in(gives, covers, fit, says, None);
    }

    fn settle_in(
        &mut self,
        gives: Option<Record>,
        covers: Option<u64>,
        fit: Fit,
        says: Says,
        manner: Option<String>,
    ) {
        // Two roads to the same value are told once.
        let is_told = |tried: &Tried| tried.cause == self.cause && tried.says == says;
        if let Some(tried) = self
            .tried
            .as_mut()
            .filter(|tried| !tried.iter().any(is_told))
        {
            tried.push(Tried {
                cause: self.cause,
                says: says.clone(),
                gives,
                reproduces: covers == Some(self.case.all()),
            });
        }
        if let Some(covers) = covers {
            self.hits.push(Hit {
                cause: self.cause,
                covers,
                fit,
                says,
                manner,
                is_reading: self.is_reading,
                against: self.against,
            });
        }
    }
}

fn set(record: &mut Record, name: &str, value: Option<&str>) {
    if let Some((_, held)) = record.0.iter_mut().find(|(column, _)| column == name) {
        *held = value.map(SmolStr::new);
    }
}

/// Says what became of a field: `amount: -468.60 became 468.60: the minus sign was lost`.
pub(crate) fn became(field: &Field<'_>, value: Option<&str>, reason: &Says) -> Says {
    let name = field.name;
    let (from, to) = (shown(field.expected), shown(value));
    let word = word_of(field);
    Says {
        en: format!("{name}: {from} became {to}: {}", reason.en),
        zh: format!("{word} {name}：{from} 变成 {to}：{}", reason.zh),
    }
}

fn word_of(field: &Field<'_>) -> &'static str {
    match field.column.kind {
        Kind::Number if field.column.is_money => "金额",
        Kind::Number => "数值",
        Kind::Date => "日期",
        Kind::Instant => "时间",
        Kind::Text => "文本",
        Kind::Boolean | Kind::Float | Kind::Other => "字段",
    }
}

/// A value as it stands in a sentence; texts that end or begin in blanks are quoted.
pub(crate) fn shown(value: Option<&str>) -> String {
    match value {
        None => "NULL".to_owned(),
        Some(text) if text.is_empty() || text.trim() != text || text.contains(char::is_control) => {
            format!("{text:?}")
        }
        Some(text) => text.to_owned(),
    }
}

/// A day as records write it.
pub(crate) fn shown_day(day: i64) -> String {
    let civil = Civil::from_micros(day.saturating_mul(MICROS_PER_DAY)).to_string();
    civil.split('T').next().unwrap_or_default().to_owned()
}

/// An instant as records write it.
pub(crate) fn shown_instant(micros: i64) -> String {
    format!("{}Z", Civil::from_micros(micros))
}

/// Makes a reason in both languages.
pub(crate) fn reason(en: impl Into<String>, zh: impl Into<String>) -> Says {
    Says {
        en: en.into(),
        zh: zh.into(),
    }
}
