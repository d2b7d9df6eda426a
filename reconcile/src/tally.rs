//! What the breaks of one agreement come to: counted, added up, and told apart by cause.

use crate::common::{CauseKey, consistent};
use crate::error::VerifyError;
use causes::CauseId;
use causes::common::{Common, Role};
use ledger::{
    Account, Amount, Break, BreakCounts, BreakKind, CauseLine, CauseStatus, Decimal, Flight,
    InFlight, Wide,
};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What some breaks come to. Tallies of parts merge into that of the whole in any order.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) counts: BreakCounts,
    pub(crate) in_flight: InFlight,
    pub(crate) account: Account,
    /// Records of the expected side that do not agree.
    pub(crate) disagreeing: u64,
    /// Breaks that could be paired in other ways that fit as well.
    pub(crate) ambiguous: u64,
    causes: BTreeMap<CauseKey, CauseSum>,
    /// What the breaks of a cause have in common, once the whole book was held against them.
    pub(crate) common: BTreeMap<CauseKey, Common>,
    /// What other readings of the rule come to, in a sentence each.
    pub(crate) readings: Vec<String>,
    /// Of which causes nothing in common was looked for, where there are too many.
    pub(crate) not_looked_into: Option<String>,
}

/// What the breaks of one cause come to.
#[derive(Default)]
struct CauseSum {
    breaks: u64,
    /// A few, in no order.
    sums: Vec<(PlaceOfSum, Wide)>,
}

/// What amounts are of, that may be added up.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct PlaceOfSum {
    column: String,
    currency: String,
}

impl PlaceOfSum {
    fn is(&self, column: &str, currency: &str) -> bool {
        self.column == column && self.currency == currency
    }
}

/// Of a line of `in_flight.jsonl`, what is added up. Whatever else it says is passed over.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    difference: Vec<LineAmount<'a>>,
    #[serde(borrow)]
    cause: LineCause<'a>,
}

/// An amount as a line has it.
#[derive(Deserialize)]
struct LineAmount<'a> {
    #[serde(borrow)]
    column: Cow<'a, str>,
    #[serde(borrow)]
    currency: Cow<'a, str>,
    #[serde(borrow)]
    amount: Cow<'a, str>,
}

/// A cause as a line has it.
#[derive(Deserialize)]
struct LineCause<'a> {
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    status: CauseStatus,
}

impl Tally {
    pub(crate) fn count(&mut self, found: &Break) {
        self.counts.count(found.kind);
        self.disagreeing += disagreeing(found);
        self.ambiguous += u64::from(found.alternatives > 0);
    }

    /// Counts a record in flight, and adds the amounts of its line.
    pub(crate) fn add_flight(&mut self, flight: &Flight, line: &[u8]) -> Result<(), VerifyError> {
        match flight.settled {
            true => self.in_flight.settled += 1,
            false => self.in_flight.moving += 1,
        }
        self.disagreeing += disagreeing(&flight.found);
        let line: Line<'_> = read_back("a line", line)?;
        self.add(line.difference, line.cause)
    }

    /// Adds the amounts of a break as its line has them: what the reader of the evidence will add up.
    pub(crate) fn add_written(
        &mut self,
        difference: &[u8],
        cause: &[u8],
    ) -> Result<(), VerifyError> {
        let difference = read_back("a difference", difference)?;
        self.add(difference, read_back("a cause", cause)?)
    }

    fn add(
        &mut self,
        difference: Vec<LineAmount<'_>>,
        cause: LineCause<'_>,
    ) -> Result<(), VerifyError> {
        let id = cause.id.map(Cow::into_owned);
        let cause = self.causes.entry((cause.status, id)).or_default();
        cause.breaks += 1;
        for LineAmount {
            column,
            currency,
            amount,
        } in &difference
        {
            let sum = match cause
                .sums
                .iter_mut()
                .find(|(at, _)| at.is(column, currency))
            {
                Some((_, sum)) => sum,
                None => {
                    let place = PlaceOfSum {
                        column: column.clone().into_owned(),
                        currency: currency.clone().into_owned(),
                    };
                    cause.sums.push((place, Wide::new()));
                    let (_, sum) = cause.sums.last_mut().expect("it has just been put there");
                    sum
                }
            };
            // Nearly all amounts are of the size that is added up quickly.
            if let Ok(narrow) = amount.parse::<Decimal>() {
                self.account.add_break(column, currency, narrow);
                sum.add(narrow);
                continue;
            }
            let wide: Wide = amount
                .parse()
                .map_err(|error| unreadable("an amount", &error))?;
            self.account.add_break_sum(column, currency, &wide);
            sum.add_wide(&wide);
        }
        Ok(())
    }

    pub(crate) fn merge(&mut self, other: Tally) {
        for kind in BreakKind::ALL {
            let (own, more) = match kind {
                BreakKind::Missing => (&mut self.counts.missing, other.counts.missing),
                BreakKind::Extra => (&mut self.counts.extra, other.counts.extra),
                BreakKind::Differs => (&mut self.counts.differs, other.counts.differs),
                BreakKind::Copies => (&mut self.counts.copies, other.counts.copies),
            };
            *own += more;
        }
        self.in_flight.settled += other.in_flight.settled;
        self.in_flight.moving += other.in_flight.moving;
        self.account.merge(&other.account);
        self.disagreeing += other.disagreeing;
        self.ambiguous += other.ambiguous;
        for (cause, sum) in other.causes {
            let own = self.causes.entry(cause).or_default();
            own.breaks += sum.breaks;
            for (place, sum) in sum.sums {
                match own.sums.iter_mut().find(|(known, _)| *known == place) {
                    Some((_, own)) => own.add_wide(&sum),
                    None => own.sums.push((place, sum)),
                }
            }
        }
    }

    /// Names the conditions that hold of missing records and of no other record: a filter would leave
    /// out just these. Where the book was counted before causes were named, that is their cause (A3) and
    /// nothing is left to say here. It is said of records that may be missing for any reason; of such as
    /// stand next to each other only together with these, and where they meet the same conditions.
    pub(crate) fn filters(&self) -> Option<String> {
        let filtered = |id: CauseId| {
            let common = self.common.get(&consistent(id))?;
            (common.separates() && is_of_values(common)).then_some(common)
        };
        let omitted = filtered(CauseId::A1)?;
        let run = filtered(CauseId::A2).filter(|run| run.conditions == omitted.conditions);
        let records = omitted.covered + run.map_or(0, |run| run.covered);
        // Breaks of other causes may be in the target.
        if omitted.matching != records {
            return None;
        }
        let (id, conditions) = (CauseId::A1, omitted.shown().join(" AND "));
        let which = match self.counts.missing {
            all if all == records => format!("all {records}"),
            all => format!("{records} of {all}"),
        };
        Some(format!(
            "{id}: {which} missing records and no others meet `{conditions}`: they look filtered out (A3)"
        ))
    }

    /// One line for each cause and how sure it is, that of the most breaks first.
    pub(crate) fn causes(&self) -> Vec<CauseLine> {
        let line = |(key, sum): (&CauseKey, &CauseSum)| {
            let common = self.common.get(key);
            let with_conditions = common.filter(|common| !common.conditions.is_empty());
            let conditions = common.iter().flat_map(|common| &common.conditions);
            CauseLine {
                id: key.1.clone(),
                status: key.0,
                breaks: sum.breaks,
                difference: sum.amounts(),
                conditions: conditions.map(ToString::to_string).collect(),
                counterexamples: common.map_or(0, |common| common.counterexamples),
                covered: with_conditions.map(|common| common.covered),
                risk_ratio: with_conditions
                    .filter(|common| common.risk_ratio.denominator > 0)
                    .map(|common| common.risk_ratio.to_string()),
            }
        };
        let mut lines: Vec<CauseLine> = self.causes.iter().map(line).collect();
        lines.sort_by_key(|line| std::cmp::Reverse(line.breaks));
        lines
    }
}

/// Reads a part of the evidence back.
fn read_back<'a, T: Deserialize<'a>>(what: &str, part: &'a [u8]) -> Result<T, VerifyError> {
    serde_json::from_slice(part).map_err(|error| unreadable(what, &error))
}

fn unreadable(what: &str, error: &dyn std::fmt::Display) -> VerifyError {
    VerifyError::Internal(format!("{what} of the evidence: {error}"))
}

/// Whether there are conditions, all on what records say: no filter asks where they stand.
pub(crate) fn is_of_values(common: &Common) -> bool {
    let mut conditions = common.conditions.iter();
    !common.conditions.is_empty()
        && conditions.all(|condition| condition.attribute.role == Role::Value)
}

/// Records of the expected side that do not agree.
pub(crate) fn disagreeing(found: &Break) -> u64 {
    match found.kind {
        BreakKind::Copies => found.copies.expected.saturating_sub(found.copies.actual),
        _ => found.copies.expected,
    }
}

impl CauseSum {
    fn amounts(&self) -> Vec<Amount> {
        let mut off: Vec<&(PlaceOfSum, Wide)> =
            self.sums.iter().filter(|(_, sum)| !sum.is_zero()).collect();
        off.sort_by(|(one, _), (other, _)| one.cmp(other));
        let amount = |(place, sum): &(PlaceOfSum, Wide)| Amount {
            column: place.column.clone(),
            currency: place.currency.clone(),
            amount: sum.to_string(),
        };
        off.into_iter().map(amount).collect()
    }
}
