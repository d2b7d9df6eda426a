//! Tries the causes on one break.

use ledger::{Break, BreakKind, CauseStatus, Decimal, Record};

use crate::case::{Case, Field};
use crate::catalogue::{CATALOGUE, Cause, CauseId, Way};
use crate::explanation::{Explanation, Says};
use crate::identity::duplicated::{is_small_change, may_be_added};
use crate::simplicity::rank;
use crate::terms::Terms;
use crate::time::in_flight::was_changed;
use crate::trial::{Hit, Steps, Trial};
use crate::verdict::{self, Composed};

/// Causes that are tried as the first and as the second of two on the same amount. Those that
/// reach many amounts, such as transposition, are left out: two of them reach nearly any.
const COMPOSABLE: &[CauseId] = &[
    CauseId::B2,
    CauseId::B3,
    CauseId::B5,
    CauseId::B9,
    CauseId::B10,
    CauseId::B11,
    CauseId::B12,
];

/// Proves why breaks of one agreement are there.
///
/// Work on one break is bounded: each cause offers a number of values that depends on the columns
/// and the lengths of texts alone; two causes together are at most 96 first values with
/// those of six causes each, and two columns' sets of causes.
#[derive(Debug, Clone)]
pub struct Prover {
    terms: Terms,
    without: Option<CauseId>,
}

/// What another reading of the rule would have given for the source record of a break, computed
/// by whoever can run the rule: another rounding, another column, `>` for `>=`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The cause that this reading stands for.
    pub cause: CauseId,
    /// What is read otherwise, in both languages.
    pub says: Says,
    /// The record that it gives; none where it gives none.
    pub gives: Option<Record>,
    /// Whether it is one of many of a kind, such as another row of a table of rates: that one of
    /// them fits a single record proves nothing.
    pub picked: bool,
    /// Whether it takes another column of a table that the rule looks figures or ids up in: that may
    /// be an older figure, or one of another day, whatever the column is called.
    pub looked_up: bool,
    /// How many records it would change that agree with the rule, where it was held against the whole
    /// book and gives what the target holds for several breaks.
    pub against: Option<u64>,
}

impl Reading {
    /// Says whether it gives all that the target holds of a record that differs, and is one change of the
    /// rule that can be told from any other: not one of many of a kind, not an older figure or just
    /// another column of a table, and not one that leaves nothing.
    pub fn gives_all_of(&self, found: &Break) -> bool {
        let is_one = !self.picked && !self.looked_up && self.cause != CauseId::R2;
        let is_whole = self.gives.is_some() && self.gives == found.actual;
        let is_of_fields = found.kind == BreakKind::Differs;
        is_of_fields && is_one && is_whole && !self.leaves_nothing(found)
    }

    /// Says whether all that it changes becomes nothing, or zero: many things leave that.
    pub(crate) fn leaves_nothing(&self, found: &Break) -> bool {
        let (Some(expected), Some(gives)) = (&found.expected, &self.gives) else {
            return false;
        };
        let is_nothing = |text: &str| {
            let number: Result<Decimal, _> = text.parse();
            text.trim().is_empty() || number.is_ok_and(Decimal::is_zero)
        };
        let changed = gives
            .0
            .iter()
            .filter(|(name, value)| expected.get(name) != Some(value.as_deref()));
        let mut values = changed.map(|(_, value)| value.as_deref());
        values.all(|value| value.is_none_or(is_nothing))
    }
}

impl Prover {
    /// Prepares to prove the breaks of an agreement.
    pub fn new(terms: Terms) -> Prover {
        Prover {
            terms,
            without: None,
        }
    }

    /// A prover that does not try one cause, for rehearsals: its faults must turn up as unknown
    /// or as consistent, and as another cause that is proved only where that makes the same record,
    /// byte for byte. Readings that stand for it are left out too. Nothing else is changed: a prover
    /// that took proofs back because something was left out would pass any such rehearsal.
    pub fn without(terms: Terms, cause: CauseId) -> Prover {
        Prover {
            terms,
            without: Some(cause),
        }
    }

    /// What the plan tells of the agreement.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Says why a break is there. What was tried in vain is not kept: see [`Prover::story`].
    pub fn explain(&self, found: &Break, readings: &[Reading]) -> Explanation {
        self.weigh(found, readings, false)
    }

    /// Says why a break is there, with every hypothesis and what it would have given.
    pub fn story(&self, found: &Break, readings: &[Reading]) -> Explanation {
        self.weigh(found, readings, true)
    }

    pub(crate) fn knows(&self, cause: CauseId) -> bool {
        self.without != Some(cause)
    }

    fn weigh(&self, found: &Break, readings: &[Reading], tells_story: bool) -> Explanation {
        let case = Case::new(&self.terms, found);
        let mut trial = Trial::new(&case, tells_story);
        trial.without = self.without;
        for reading in readings.iter().filter(|reading| self.knows(reading.cause)) {
            trial.reading(reading);
        }
        for cause in self.causes() {
            trial.cause = cause.id;
            try_cause(cause, &case, &mut trial);
            trial.manner = None;
        }
        let Trial { hits, tried, .. } = trial;
        let mut explanation = verdict::of(&hits, &case);
        if found.kind == BreakKind::Differs {
            self.try_two(&case, &hits, &mut explanation);
            self.fall_back(&case, &mut explanation);
            self.doubt_double(&case, &mut explanation);
            self.doubt_hand(&case, &hits, &mut explanation);
        }
        self.doubt_column(&case, &mut explanation);
        explanation.tried = tried.unwrap_or_default();
        explanation.tried.sort_by_key(|tried| rank(tried.cause));
        explanation
    }

    /// Looks for two causes on one amount where nothing else gives it, or nothing that could not be
    /// fitted to another as well: then they are rivals.
    fn try_two(&self, case: &Case<'_>, hits: &[Hit], explanation: &mut Explanation) {
        if explanation.status == CauseStatus::Proved {
            return;
        }
        let uncovered = verdict::uncovered(hits, case);
        let [field] = uncovered.as_slice() else {
            return;
        };
        let composed = self.compose(case, field);
        let of_two = verdict::of_composed(&composed, hits, field.bit, case);
        if explanation.causes.is_empty() {
            *explanation = of_two;
        } else {
            let both = of_two.causes.into_iter().chain(of_two.rivals);
            verdict::add_rivals(explanation, both);
        }
    }

    /// Names tampering beside what was only fitted to the amount that the target holds.
    fn doubt_hand(&self, case: &Case<'_>, hits: &[Hit], explanation: &mut Explanation) {
        let is_amount = matches!(case.fields.as_slice(), [field] if field.is_amount());
        let is_fitted = verdict::is_fitted(explanation, hits, case.all())
            || explanation.causes == [CauseId::T8];
        if is_amount && is_fitted && self.knows(CauseId::M2) {
            verdict::add_rivals(explanation, [CauseId::M2].into_iter());
        }
    }

    /// Names two other causes beside another column where they give the amount as well, which takes
    /// back the proof: a net amount less its fee is the gross one, which is a column of its own.
    fn doubt_column(&self, case: &Case<'_>, explanation: &mut Explanation) {
        let [field] = case.fields.as_slice() else {
            return;
        };
        if explanation.causes != [CauseId::B12] {
            return;
        }
        let composed = self.compose(case, field);
        let others = composed
            .iter()
            .map(Composed::causes)
            .filter(|causes| !causes.contains(&CauseId::B12))
            .flatten();
        verdict::add_rivals(explanation, others);
        if !explanation.rivals.is_empty() {
            explanation.status = CauseStatus::Consistent;
        }
    }

    /// Says what may still be where nothing gives what the target holds: that it holds the record
    /// as it was before.
    fn fall_back(&self, case: &Case<'_>, explanation: &mut Explanation) {
        let is_unknown = explanation.causes.is_empty() && !case.fields.is_empty();
        if is_unknown && self.knows(CauseId::T8) && was_changed(case) {
            explanation.status = CauseStatus::Consistent;
            explanation.causes = vec![CauseId::T8];
            explanation.says = Says {
                en: "the source record was changed after it was made: the target may hold what it was"
                    .to_owned(),
                zh: "源记录生成后有过修改，新账可能持有修改前的内容".to_owned(),
            };
        }
    }

    /// Names a record that was added twice where its amounts are twice what they should be, and nothing
    /// says why but what doubles one amount as well.
    fn doubt_double(&self, case: &Case<'_>, explanation: &mut Explanation) {
        // A refund that is booked the wrong way, a fee that is taken or an income that is carried twice.
        let is_doubled = matches!(
            explanation.causes.as_slice(),
            [CauseId::B16 | CauseId::B11 | CauseId::Q2]
        );
        let is_unknown = explanation.causes.is_empty();
        let is_open = is_doubled || is_unknown && !is_small_change(case);
        // Whoever adds a record twice adds all of its amounts.
        let is_only_fee = explanation.causes == [CauseId::B11] && keeps_an_amount(case);
        if !is_open || is_only_fee || !self.knows(CauseId::A5) || !may_be_added(case) {
            return;
        }
        explanation.status = CauseStatus::Consistent;
        if is_doubled {
            verdict::add_rivals(explanation, [CauseId::A5].into_iter());
            return;
        }
        explanation.causes = vec![CauseId::A5];
        explanation.says = Says {
            en: "the amounts are twice what they should be: the record may have been added twice"
                .to_owned(),
            zh: "金额恰为应有的两倍：同一记录可能被累加两次".to_owned(),
        };
    }

    fn causes(&self) -> impl Iterator<Item = &'static Cause> + use<'_> {
        CATALOGUE
            .iter()
            .copied()
            .filter(|cause| self.knows(cause.id))
    }

    /// Looks for two causes that act on the same amount, one after the other.
    fn compose(&self, case: &Case<'_>, field: &Field<'_>) -> Vec<Composed> {
        // Nothing is left of a zero: any number that is taken off itself comes to it.
        if field.numbers.is_none_or(|pair| pair.actual.is_zero()) {
            return Vec::new();
        }
        let mut composed = Vec::new();
        for (place, step) in self.steps(case, field, None).taken.iter().enumerate() {
            let halfway = field.expecting(step.value);
            let mut second = Trial::new(case, false);
            for cause in self.composable().filter(|cause| cause.id != step.cause) {
                second.cause = cause.id;
                try_field(cause, case, &halfway, &mut second);
            }
            if second.hits.is_empty() {
                continue;
            }
            let reason = self.steps(case, field, Some(place)).reason;
            let reason = reason.expect("the same steps are taken again");
            let hits = second.hits.into_iter();
            composed.extend(hits.map(|hit| Composed::new(field, step, &reason, hit)));
        }
        composed
    }

    /// What the first of two causes may give, and why for the one at the place that is `asked` for.
    fn steps(&self, case: &Case<'_>, field: &Field<'_>, asked: Option<usize>) -> Steps {
        let mut first = Trial::new(case, false);
        first.steps = Some(Steps {
            asked,
            ..Steps::default()
        });
        for cause in self.composable() {
            first.cause = cause.id;
            try_field(cause, case, field, &mut first);
        }
        first.steps.unwrap_or_default()
    }

    fn composable(&self) -> impl Iterator<Item = &'static Cause> + use<'_> {
        let causes = self.causes();
        causes.filter(|cause| COMPOSABLE.contains(&cause.id))
    }
}

/// Says whether an amount of the record, and not of nothing, is what it should be.
fn keeps_an_amount(case: &Case<'_>) -> bool {
    let mut money = case.terms.columns.iter().filter(|column| column.is_money);
    money.any(|column| {
        let is_off = case.fields.iter().any(|field| field.name == column.name);
        let held = case.found.expected.as_ref();
        let held = held.and_then(|record| record.get(&column.name).flatten());
        let amount: Option<Decimal> = held.and_then(|text| text.parse().ok());
        !is_off && amount.is_some_and(|amount| !amount.is_zero())
    })
}

fn try_cause(cause: &Cause, case: &Case<'_>, trial: &mut Trial<'_>) {
    for way in cause.ways {
        match way {
            Way::Field(offer) => {
                for field in &case.fields {
                    offer(case, field, trial);
                }
            }
            Way::Record(offer) => offer(case, trial),
            Way::Together | Way::Evidence(_) => {}
        }
    }
}

fn try_field(cause: &Cause, case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    for way in cause.ways {
        if let Way::Field(offer) = way {
            offer(case, field, trial);
        }
    }
}
