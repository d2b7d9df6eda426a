//! Compares the records that were fetched, and explains those that differ.

use super::fetch::Both;
use super::{Agreed, Explained, StoryError, TOLD_MAX, Told};
use crate::describe::{Describer, Trail};
use crate::explain::terms;
use crate::pairing::{Found, Row, pair_by_key, pair_without_key};
use crate::prepare::{Agreement, Prepared};
use crate::rows::{Encoder, Records};
use causes::{Explanation, Prover, Reading};
use footing::Side;
use ledger::Break;
use rules::sql::{Wanted, Which};
use std::collections::BTreeMap;

/// What was read otherwise of the rule, for each hypothesis about it.
const NO_READINGS: &[Reading] = &[];

/// Tells the records, those that differ first.
pub(super) fn tell(
    prepared: &Prepared,
    agreement: &Agreement,
    both: Both,
) -> Result<Vec<Told>, StoryError> {
    let layout = &agreement.layout;
    let encoder = Encoder::new(layout)?;
    let source_trail = Trail::new(
        agreement.expected.lineage(),
        Which::Source,
        &both.expected.schema(),
    );
    let target_trail = Trail::new(
        agreement.actual.lineage(),
        Which::Target,
        &both.actual.schema(),
    );
    let expected = encoder.records(Side::Expected, both.expected)?;
    let actual = encoder.records(Side::Actual, both.actual)?;
    let has_key = !layout.key().is_empty();
    let mut found = match has_key {
        true => pair_by_key(&expected, &actual),
        false => pair_without_key(&expected, &actual, layout.money()),
    };
    let mut agreed = agreed(&expected, &actual, &found);
    if !has_key {
        // What is only like the records that were asked for has served its turn.
        let is_asked = |one: &Found| {
            let [left, right] = rows(one);
            any(&both.asked[0], left) || any(&both.asked[1], right)
        };
        found.retain(is_asked);
        agreed.retain(is_asked);
    }
    if found.len() + agreed.len() > TOLD_MAX {
        return Err(StoryError::TooMany { most: TOLD_MAX });
    }
    let describer = Describer {
        agreement,
        expected: &expected,
        actual: &actual,
        source_trail: &source_trail,
        target_trail: &target_trail,
    };
    let mut breaks: Vec<Break> = found.iter().map(|one| describer.describe(one)).collect();
    trace(prepared, agreement, &mut breaks)?;
    let explained = explain(prepared, agreement, breaks);
    let broken = explained.into_iter().map(|(found, why)| {
        let explained = Explained::new(found, why);
        Told::Breaks(Box::new(explained))
    });
    let agreed = agreed.iter().map(|one| {
        let both = describer.describe(one);
        Told::Agrees(Agreed {
            record: both.expected.unwrap_or_default(),
            copies: both.copies.expected,
            source: both.source,
            target: both.target,
        })
    });
    Ok(broken.chain(agreed).collect())
}

/// Explains each break, and then those that were asked for together.
fn explain(
    prepared: &Prepared,
    agreement: &Agreement,
    breaks: Vec<Break>,
) -> Vec<(Break, Explanation)> {
    let prover = Prover::new(terms(prepared, agreement));
    let explain = |found: Break| {
        let why = prover.story(&found, NO_READINGS);
        (found, why)
    };
    let mut explained: Vec<(Break, Explanation)> = breaks.into_iter().map(explain).collect();
    if explained.len() > 1 {
        prover.explain_together(&mut explained);
    }
    explained
}

fn rows(found: &Found) -> [&[Row]; 2] {
    match found {
        Found::Missing(row) => [std::slice::from_ref(row), &[]],
        Found::Extra(row) => [&[], std::slice::from_ref(row)],
        Found::Differs {
            expected, actual, ..
        } => [std::slice::from_ref(expected), std::slice::from_ref(actual)],
        Found::Copies { expected, actual } => [expected, actual],
    }
}

fn any(asked: &[bool], rows: &[Row]) -> bool {
    let is_asked = |row: &Row| asked.get(*row as usize).copied().unwrap_or(false);
    rows.iter().any(is_asked)
}

/// The key and the whole of a record, encoded.
type Encoded<'r> = (&'r [u8], &'r [u8]);

/// The records that are in no break: the same on both sides, and as often.
fn agreed(expected: &Records, actual: &Records, found: &[Found]) -> Vec<Found> {
    let mut same: BTreeMap<Encoded<'_>, [Vec<Row>; 2]> = BTreeMap::new();
    for (side, records) in [expected, actual].into_iter().enumerate() {
        let mut is_off = vec![false; records.len()];
        for row in found.iter().flat_map(|one| rows(one)[side]) {
            if let Some(is_off) = is_off.get_mut(*row as usize) {
                *is_off = true;
            }
        }
        for (row, _) in (0..).zip(is_off).filter(|(_, is_off)| !is_off) {
            let at = row as usize;
            let record = (records.key.row(at).data(), records.whole.row(at).data());
            same.entry(record).or_default()[side].push(row);
        }
    }
    let copies = |[expected, actual]: [Vec<Row>; 2]| Found::Copies { expected, actual };
    same.into_values().map(copies).collect()
}

/// Looks up the source records that the rule itself cannot be followed back to, by the way that
/// the plan tells.
fn trace(
    prepared: &Prepared,
    agreement: &Agreement,
    breaks: &mut [Break],
) -> Result<(), StoryError> {
    let Some(origin) = &agreement.origin else {
        return Ok(());
    };
    for found in breaks {
        let record = found.expected.as_ref().or(found.actual.as_ref());
        let is_traced = found.source.iter().any(|one| one.table == origin.table);
        let (Some(record), false) = (record, is_traced) else {
            continue;
        };
        let value = |(_, own): &(String, String)| record.get(own).flatten().map(str::to_owned);
        let wanted = Wanted {
            columns: origin.on.iter().map(|(column, _)| column.clone()).collect(),
            values: vec![origin.on.iter().map(value).collect()],
        };
        let fetched = prepared.session.fetch(Which::Source, &origin.table, &wanted);
        let fetched = fetched.map_err(crate::error::VerifyError::from)?;
        let records = fetched.into_iter().map(|one| super::fetch::placed(one.record));
        found.source.extend(records);
    }
    Ok(())
}
