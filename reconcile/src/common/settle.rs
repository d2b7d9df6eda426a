//! What only the whole book decides: where conditions tell the records of a cause from all that agree,
//! another cause comes first.
//!
//! Of a record that is not there nothing tells why. Of all records that meet a condition it does: what
//! a filter asks for was filtered (A3), and what lies at one place of a file was cut off there (A2).
//! Amounts that are all off in a class, for a reason that nothing else tells, are a rule that is wrong
//! for it (R1), or where there are few of its records a form that nobody wrote down (R3).

use super::{CauseKey, Columns, Group, Groups, consistent, is_of, key_of, records_of};
use crate::tally::is_of_values;
use causes::CauseId;
use causes::common::{Common, Role};
use footing::Side;
use ledger::{Break, BreakKind, CauseStatus, SmolStr};
use std::collections::{BTreeMap, BTreeSet};

/// A class is rare where at most one record of so many is of it.
const RARE: u64 = 200;

/// Conditions are told of a cause where they hold of one of so many of its breaks.
const COVERED_PART: u64 = 5;

/// Conditions that settle the cause of some breaks.
struct Settled<'g> {
    /// The cause that comes first.
    cause: CauseId,
    /// A cause that is named beside it.
    also: Option<CauseId>,
    group: &'g Group,
    common: Common,
    /// The places of its breaks.
    breaks: Vec<usize>,
    says: String,
}

impl Groups {
    /// Names another cause first where the whole book tells it. Takes all breaks, and what those of each
    /// cause have in common; gives what they have in common then.
    pub(crate) fn settle(
        &self,
        breaks: &mut [Break],
        mut common: BTreeMap<CauseKey, Common>,
    ) -> BTreeMap<CauseKey, Common> {
        let mut all: Vec<Settled<'_>> = Vec::new();
        for group in self.groups.iter() {
            let own = common.get(&group.key);
            // What only the target holds comes from no record of the source.
            let own = own.filter(|own| own.separates() && group.columns.side == Side::Expected);
            all.extend(own.and_then(|own| settled(group, own, breaks)));
        }
        // What was said of a cause is not said of those that it won or lost.
        let mut changed: BTreeSet<CauseKey> = all.iter().map(Settled::key).collect();
        for one in &all {
            for at in &one.breaks {
                let found = &mut breaks[*at];
                changed.insert(key_of(found));
                one.tell(found);
            }
        }
        common.retain(|key, _| !changed.contains(key));
        for one in all {
            let key = one.key();
            let told = one.common_of(&key, breaks);
            let known = common.get(&key).map_or(0, |known| known.covered);
            if told.covered > known && told.covered.saturating_mul(COVERED_PART) >= told.broken {
                common.insert(key, told);
            }
        }
        common
    }
}

/// What the conditions of a cause, which hold of all of its breaks and of no record that agrees, settle.
fn settled<'g>(group: &'g Group, common: &Common, breaks: &[Break]) -> Option<Settled<'g>> {
    if common.conditions.is_empty() {
        return None;
    }
    let are_of_values = is_of_values(common);
    let mut conditions = common.conditions.iter();
    let are_of_places = conditions.all(|one| one.attribute.role != Role::Value);
    let is = |cause: CauseId| group.key == consistent(cause);
    let is_unknown = group.key == (CauseStatus::Unknown, None);
    if is(CauseId::A1) && are_of_values {
        filtered(group, common, breaks)
    } else if is(CauseId::A1) && are_of_places {
        cut_off(group, common, breaks)
    } else if (is(CauseId::R1) || is_unknown) && are_of_values {
        ruled(group, common, breaks)
    } else {
        None
    }
}

/// Missing records that meet conditions on what they say, where no record meets them that is there:
/// those of which nothing is known, and runs of them where all of these meet them as well.
fn filtered<'g>(group: &'g Group, common: &Common, breaks: &[Break]) -> Option<Settled<'g>> {
    let run = consistent(CauseId::A2);
    let mut runs = breaks.iter().filter(|found| is_of(found, &run));
    let takes_runs = runs.all(|found| holds(&group.columns, common, found));
    let is_known = |found: &Break| is_of(found, &group.key) || takes_runs && is_of(found, &run);
    let places = places(breaks, |found| is_missing(found) && is_known(found));
    (places.len() as u64 == common.matching).then(|| Settled {
        cause: CauseId::A3,
        also: None,
        group,
        says: format!(
            "all {} records that meet `{}` are missing: they look filtered out",
            places.len(),
            conditions(common)
        ),
        common: common.clone(),
        breaks: places,
    })
}

/// Missing records at one place of their files, where all records of that place are missing.
fn cut_off<'g>(group: &'g Group, common: &Common, breaks: &[Break]) -> Option<Settled<'g>> {
    let run = consistent(CauseId::A2);
    let is_lost = |found: &Break| {
        let is_known = is_of(found, &group.key) || is_of(found, &run);
        is_missing(found) && is_known && holds(&group.columns, common, found)
    };
    let lost = places(breaks, is_lost).len() as u64;
    (lost == common.matching).then(|| Settled {
        cause: CauseId::A2,
        also: None,
        group,
        says: format!(
            "all {lost} records with `{}` are missing: they look cut off",
            conditions(common)
        ),
        common: common.clone(),
        breaks: places(breaks, |found| {
            is_missing(found) && is_of(found, &group.key)
        }),
    })
}

/// Amounts of one column that are off in all records of a class, alike or for no reason that is known;
/// and those of the class of which something else was said first.
fn ruled<'g>(group: &'g Group, common: &Common, breaks: &[Break]) -> Option<Settled<'g>> {
    let own = || breaks.iter().filter(move |found| is_of(found, &group.key));
    let column = own().find_map(only_column)?;
    if !own().all(|found| only_column(found) == Some(column)) {
        return None;
    }
    let is_other = |found: &Break| {
        let mut rivals = found.cause.rivals.iter();
        rivals.any(|rival| rival == CauseId::R1.as_str())
            && found.cause.status == CauseStatus::Consistent
            && only_column(found) == Some(column)
            && holds(&group.columns, common, found)
    };
    let places = places(breaks, |found| is_of(found, &group.key) || is_other(found));
    let is_rare = common.matching.saturating_mul(RARE) <= common.book;
    Some(Settled {
        cause: CauseId::R1,
        also: is_rare.then_some(CauseId::R3),
        group,
        says: format!(
            "no record that meets `{}` agrees, and {} are off in {column}",
            conditions(common),
            places.len()
        ),
        common: common.clone(),
        breaks: places,
    })
}

fn is_missing(found: &Break) -> bool {
    found.kind == BreakKind::Missing
}

/// The one column in which a record differs.
fn only_column(found: &Break) -> Option<&SmolStr> {
    match (found.kind, &found.fields[..]) {
        (BreakKind::Differs, [field]) => Some(&field.name),
        _ => None,
    }
}

fn conditions(common: &Common) -> String {
    common.shown().join(" AND ")
}

fn places(breaks: &[Break], is_one: impl Fn(&Break) -> bool) -> Vec<usize> {
    let numbered = breaks.iter().enumerate();
    let own = numbered.filter(|(_, found)| is_one(found));
    own.map(|(at, _)| at).collect()
}

/// Whether conditions hold of the record of a break, which its side must have.
fn holds(columns: &Columns, common: &Common, found: &Break) -> bool {
    let values = columns.of_break(found);
    let mut conditions = common.conditions.iter();
    records_of(found.copies, columns.side) > 0 && conditions.all(|one| one.holds(&values))
}

impl Settled<'_> {
    fn key(&self) -> CauseKey {
        consistent(self.cause)
    }

    /// Names the cause before all that was named, which become its rivals.
    fn tell(&self, found: &mut Break) {
        let cause = &mut found.cause;
        let id = cause.id.take().unwrap_or_default();
        let named = id.split('+').chain(cause.rivals.iter().map(String::as_str));
        let named: BTreeSet<CauseId> = named.filter_map(CauseId::find).chain(self.also).collect();
        let rivals = CauseId::ALL.iter().filter(|one| named.contains(one));
        let rivals = rivals.filter(|one| **one != self.cause);
        cause.rivals = rivals.map(|one| one.as_str().to_owned()).collect();
        // What its breaks share is still so.
        cause.says = match id == self.cause.as_str() {
            true => format!("{}; {}", cause.says, self.says),
            false => self.says.clone(),
        };
        cause.id = Some(self.cause.as_str().to_owned());
        cause.status = CauseStatus::Consistent;
    }

    /// What the conditions say of all breaks of a cause.
    fn common_of(&self, key: &CauseKey, breaks: &[Break]) -> Common {
        let columns = &self.group.columns;
        let own = breaks.iter().filter(|found| is_of(found, key));
        let own = own.filter(|found| records_of(found.copies, columns.side) > 0);
        let (mut covered, mut broken) = (0, 0);
        for found in own {
            broken += 1;
            covered += u64::from(holds(columns, &self.common, found));
        }
        self.common.of_others(covered, broken)
    }
}
