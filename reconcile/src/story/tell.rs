//! Compares the records that were fetched, and explains those that differ.

use super::fetch::{Both, Fetch};
use super::{Agreed, Explained, StoryError, TOLD_MAX, Told, partners};
use crate::explain::terms_with;
use crate::locate::Look;
use crate::pairing::{Found, Row};
use crate::prepare::{Agreement, Prepared};
use crate::readings::{Given, Readings};
use crate::rejected::Rejected;
use crate::rows::{Encoder, Records};
use books::Meter;
use causes::{Explanation, Prover, Reading};
use footing::{Seed, Side};
use ledger::Break;
use rules::sql::{Wanted, Which};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Tells the records, those that differ first.
pub(super) async fn tell(fetch: &Fetch<'_>, both: Both) -> Result<Vec<Told>, StoryError> {
    let agreement = fetch.agreement;
    let layout = &agreement.layout;
    let encoder = Encoder::new(layout)?;
    let expected = encoder.records(Side::Expected, both.expected.clone())?;
    let actual = encoder.records(Side::Actual, both.actual.clone())?;
    let look = Look {
        agreement,
        // Nothing is hashed here: every record is compared by its values.
        seed: &Seed::new([0; 32]),
        threads: fetch.threads,
        watch: fetch.watch,
        meter: &Arc::new(Meter::default()),
        partition_records: 0,
        restriction: None,
        whereabouts: [None; 2],
    };
    let paired = look.pair(both.expected, both.actual)?;
    let mut found = paired.found().to_vec();
    let mut agreed = agreed(&expected, &actual, &found);
    if layout.key().is_empty() {
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
    let mut breaks = paired.describe(&found);
    trace(fetch.prepared, agreement, &mut breaks)?;
    let readings = Readings::all(agreement);
    let given = readings
        .read(agreement, &paired, &found, fetch.threads)
        .await?;
    let explained = explain(fetch, breaks, &both.rejected, &given);
    let broken = explained.into_iter().map(|(found, why)| {
        let explained = Explained::new(found, why);
        Told::Breaks(Box::new(explained))
    });
    let agreed = paired.describe(&agreed).into_iter().map(|both| {
        Told::Agrees(Agreed {
            record: both.expected.unwrap_or_default(),
            copies: both.copies.expected,
            source: both.source,
            target: both.target,
        })
    });
    let mut told: Vec<Told> = broken.chain(agreed).collect();
    partners::hear(fetch, &mut told, &both.rejected).await?;
    Ok(told)
}

/// Explains each break, and then those that were asked for together, and by what was rejected.
fn explain(
    fetch: &Fetch<'_>,
    breaks: Vec<Break>,
    rejected: &Rejected,
    given: &Given<'_>,
) -> Vec<(Break, Explanation)> {
    let agreement = fetch.agreement;
    let prover = Prover::new(terms_with(fetch.prepared, agreement, rejected));
    let explain = |(at, found): (usize, Break)| {
        let readings = given.of(agreement, at, &found).into_iter();
        let readings = readings.map(|(_, reading)| reading);
        let readings: Vec<Reading> = readings.filter(|one| bears_on(one, &found)).collect();
        let why = prover.story(&found, &readings);
        (found, why)
    };
    let breaks = breaks.into_iter().enumerate();
    rejected.tell_together(breaks.map(explain).collect(), |explained| {
        if explained.len() > 1 {
            prover.explain_together(explained);
        }
    })
}

/// Whether another reading of the rule says something of a field that differs. One that changes
/// only what agrees is refuted before it is told.
fn bears_on(reading: &Reading, found: &Break) -> bool {
    let (Some(gives), Some(expected)) = (&reading.gives, &found.expected) else {
        return true;
    };
    let is_changed = |name: &str| gives.get(name) != expected.get(name);
    found.fields.is_empty() || found.fields.iter().any(|field| is_changed(&field.name))
}

fn rows(found: &Found) -> [&[Row]; 2] {
    match found {
        Found::Missing(row) => [std::slice::from_ref(row), &[]],
        Found::Extra(row) => [&[], std::slice::from_ref(row)],
        Found::Differs {
            expected, actual, ..
        } => [std::slice::from_ref(expected), std::slice::from_ref(actual)],
        Found::Copies {
            expected, actual, ..
        } => [expected, actual],
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
    let copies = |[expected, actual]: [Vec<Row>; 2]| Found::copies(expected, actual);
    same.into_values().map(copies).collect()
}

/// Looks up the source records that the rule itself cannot be followed back to, by the way that
/// the plan tells.
pub(crate) fn trace(
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
        let fetched = prepared
            .session
            .fetch(Which::Source, &origin.table, &wanted);
        let fetched = fetched.map_err(crate::error::VerifyError::from)?;
        let records = fetched.into_iter().map(|one| one.record.into());
        found.source.extend(records);
    }
    Ok(())
}
