//! The first look where databases add up their own records: counts, totals and the digests of
//! buckets come from their servers, and only buckets that differ are read.
//!
//! A side whose records lie elsewhere, or that is more than a table, is read and digested here; one
//! that is pushed saves its own way all the same. Where nothing can be pushed, both are read as
//! ever, and the report says why.
//!
//! Buckets of the same digests hold the same records, so leaving them out on both sides leaves the
//! same difference: from there on everything is as if all had been read. A digest that a server
//! cannot give, or would give of a value that reading refuses, is a reason to read; so whatever is
//! wrong with a record is said of it by its name.

use crate::error::VerifyError;
use crate::fold::{Beside, Figures, Folded, FoldedSide, How, fold, fold_side};
use crate::prepare::Agreement;
use books::{
    GroupSums, Part, RangeSums, SpelledColumn, Spelling, SpellingRequest, Table, Unsummed,
};
use footing::{
    Class, Comparison, Crossed, CrossedLine, Digest, Digests, Group, Layout, Seed, Side, Speller,
    Total, Totals, spelling_secret,
};
use ledger::FoldWay;
use rules::sql::{Plain, Session};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Of more records than these the numbers of buckets have three digits, and four.
const RECORDS: [u64; 2] = [1 << 16, 1 << 25];

/// Records that a server is to add up by one request, for each bucket.
const RECORDS_PER_BUCKET: u64 = 64;

/// Records that a server is to add up by one request, at least.
const RECORDS_MIN: u64 = 1 << 18;

const SIDES: [Side; 2] = [Side::Expected, Side::Actual];

/// What the first look has found.
pub(crate) struct Looked {
    pub(crate) folded: Folded,
    /// The buckets that differ, where only these are read from now on.
    pub(crate) restriction: Option<Restriction>,
    /// Which way it was done; none where no other than reading was asked for.
    pub(crate) fold: Option<ledger::Fold>,
    /// Whether other records were read than had been counted.
    pub(crate) is_changed: bool,
}

/// The buckets in which the sides differ.
#[derive(Debug)]
pub(crate) struct Restriction {
    wanted: Arc<[bool]>,
    chosen: [Chosen; 2],
    /// Records of these buckets on each side.
    records: [u64; 2],
}

/// Who picks out the records of a side.
#[derive(Debug)]
enum Chosen {
    There(Arc<Part>),
    Here(Speller),
}

impl Restriction {
    /// What it takes to fold only these records of a side.
    pub(crate) fn of(&self, side: Side) -> (Beside, Option<Arc<Part>>) {
        match &self.chosen[side as usize] {
            Chosen::There(part) => (Beside::Nothing, Some(Arc::clone(part))),
            Chosen::Here(speller) => {
                let wanted = Arc::clone(&self.wanted);
                (Beside::Choose(speller.clone(), wanted), None)
            }
        }
    }

    /// The part of a side that its server picks out.
    pub(crate) fn part(&self, side: Side) -> Option<Arc<Part>> {
        self.of(side).1
    }
}

/// One side that a server can add up.
struct Ready<'a> {
    table: &'a Table,
    spelling: Spelling,
}

/// What was added up of one side, wherever it was.
struct Footed {
    digests: Digests,
    figures: Figures,
}

/// Folds both sides, with the help of their servers where that can be. `again` begins another
/// stretch of work.
pub(crate) async fn look(
    how: How<'_>,
    again: &dyn Fn() -> Arc<books::Meter>,
) -> Result<Looked, VerifyError> {
    let plain = SIDES.map(|side| plain(how.session, how.agreement, side));
    let counted = plain
        .iter()
        .flatten()
        .filter_map(|(table, _)| table.counted());
    let digits = digits(counted.max().unwrap_or_default());
    let ready = [0, 1].map(|at| {
        let (table, plain) = plain[at].as_ref().map_err(Clone::clone)?;
        ready(how.agreement, how.seed, SIDES[at], table, plain, digits)
    });
    let footed = add_up(how, &ready, digits)?;
    let reasons = [0, 1].map(|at| match (&ready[at], &footed[at]) {
        (Err(why), _) | (_, Err(why)) => Some(why.clone()),
        (Ok(_), Ok(_)) => None,
    });
    let mut told = ledger::Fold {
        expected: told(&reasons[0]),
        actual: told(&reasons[1]),
        ..ledger::Fold::default()
    };
    if reasons.iter().all(Option::is_some) {
        // What was tried has counted as read.
        let meter = again();
        let how = How {
            meter: &meter,
            ..how
        };
        return Ok(Looked {
            folded: fold(how, None).await?,
            restriction: None,
            fold: Some(told),
            is_changed: false,
        });
    }
    let [expected, actual] = footed;
    let expected = or_here(how, Side::Expected, expected, digits).await?;
    let actual = or_here(how, Side::Actual, actual, digits).await?;
    let wanted = expected.digests.differing(&actual.digests);
    let differing = wanted.iter().filter(|wanted| **wanted).count();
    (told.buckets, told.differing) = (wanted.len() as u64, differing as u64);
    let records = [&expected, &actual].map(|side| side.digests.records_of(&wanted));
    let mut looked = Looked {
        folded: Folded {
            expected: expected.figures,
            actual: actual.figures,
            comparison: Comparison::of_equals(),
            whereabouts: [None, None],
        },
        restriction: None,
        fold: Some(told),
        is_changed: false,
    };
    if differing == 0 {
        return Ok(looked);
    }
    let meter = again();
    let how = How {
        meter: &meter,
        ..how
    };
    if differing * 2 > wanted.len() {
        // Nearly everything would be picked out, for nothing.
        looked.folded.comparison = fold(how, None).await?.comparison;
        return Ok(looked);
    }
    let restriction = restrict(how, wanted, &ready, &reasons, records, digits)?;
    let of_these = fold(how, Some(&restriction)).await?;
    let read = [of_these.expected.records, of_these.actual.records];
    looked.is_changed = read != restriction.records;
    looked.folded.comparison = of_these.comparison;
    looked.restriction = Some(restriction);
    Ok(looked)
}

fn told(reason: &Option<String>) -> ledger::FoldedSide {
    ledger::FoldedSide {
        way: match reason {
            None => FoldWay::Pushed,
            Some(_) => FoldWay::Read,
        },
        why: reason.clone(),
    }
}

/// Digits of a bucket's number: some hundreds of records a bucket, and never so many buckets that
/// they are longer than the records.
fn digits(records: u64) -> u32 {
    2 + RECORDS
        .iter()
        .map(|more| u32::from(records > *more))
        .sum::<u32>()
}

/// Says for an agreement which sides databases would add up, as far as the plan tells: what their
/// records hold can be a reason to read all the same. None where the plan does not ask for it.
pub(crate) fn foreseen(session: &Session, agreement: &Agreement) -> Option<ledger::Fold> {
    if !agreement.is_pushed {
        return None;
    }
    // Nothing is added up: any seed spells the same columns, and so does any number of digits.
    let seed = Seed::new([0; 32]);
    let [expected, actual] = SIDES.map(|side| {
        let ready = plain(session, agreement, side)
            .and_then(|(table, plain)| ready(agreement, &seed, side, table, &plain, digits(0)));
        told(&ready.err())
    });
    Some(ledger::Fold {
        expected,
        actual,
        ..ledger::Fold::default()
    })
}

/// The table that a side plainly is.
fn plain<'a>(
    session: &'a Session,
    agreement: &Agreement,
    side: Side,
) -> Result<(&'a Table, Plain), String> {
    let plain = agreement.side(side).plain()?;
    let table = session.book(plain.which).table(&plain.table);
    let table = table.ok_or_else(|| format!("there is no table `{}`", plain.table))?;
    Ok((table, plain))
}

/// How a table's server spells the compared columns.
fn ready<'a>(
    agreement: &Agreement,
    seed: &Seed,
    side: Side,
    table: &'a Table,
    plain: &Plain,
    digits: u32,
) -> Result<Ready<'a>, String> {
    let layout = &agreement.layout;
    let mut columns = Vec::new();
    for column in layout.columns() {
        let place = plain.columns.get(column.index[side as usize]).copied();
        columns.push(SpelledColumn {
            column: place.ok_or_else(|| format!("there is no column `{}`", column.name))?,
            scale: match column.class {
                Class::Number { scale, .. } => u8::try_from(scale).ok(),
                _ => None,
            },
        });
    }
    let along = layout.foot().iter().map(|at| &layout.columns()[*at]);
    let is_written_otherwise = |class| matches!(class, Class::Time | Class::Binary | Class::Null);
    if let Some(column) = along
        .into_iter()
        .find(|one| is_written_otherwise(one.class))
    {
        return Err(format!("totals are crossed along `{}`", column.name));
    }
    let groups = layout.foot().iter().copied();
    let request = SpellingRequest {
        columns,
        key: layout.key().to_vec(),
        money: layout.money().to_vec(),
        groups: groups.chain(layout.currency_column()).collect(),
        secret: spelling_secret(seed),
        digits,
    };
    let spelling = table.spelling(&request)?;
    Ok(Ready { table, spelling })
}

type Tried<T> = Result<T, String>;

/// Has the servers add up the sides that they can, both at the same time.
fn add_up(
    how: How<'_>,
    ready: &[Tried<Ready<'_>>; 2],
    digits: u32,
) -> Result<[Tried<Footed>; 2], VerifyError> {
    let one = |at: usize| match &ready[at] {
        Ok(ready) => add_up_side(how, ready, digits),
        Err(why) => Ok(Err(why.clone())),
    };
    let (expected, actual) = std::thread::scope(|scope| {
        let expected = scope.spawn(|| one(0));
        let actual = one(1);
        let expected = expected
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (expected, actual)
    });
    Ok([expected?, actual?])
}

fn add_up_side(how: How<'_>, ready: &Ready<'_>, digits: u32) -> Result<Tried<Footed>, VerifyError> {
    let buckets = 1_u64 << (4 * digits);
    let at_a_time = RECORDS_MIN.max(buckets * RECORDS_PER_BUCKET);
    let is_stopped = || how.watch.is_stopped();
    let added = ready
        .table
        .add_up(&ready.spelling, at_a_time, how.meter, &is_stopped);
    Ok(match added {
        Ok(ranges) => footed(&how.agreement.layout, ranges, digits),
        Err(Unsummed::Unfit(why)) => Err(why),
        Err(Unsummed::Failed(_)) if how.watch.is_stopped() => return Err(VerifyError::Stopped),
        Err(Unsummed::Failed(error)) => {
            return Err(VerifyError::Run(rules::sql::RunError::Read(error)));
        }
    })
}

/// Puts together what was added up of each range.
fn footed(layout: &Layout, ranges: Vec<RangeSums>, digits: u32) -> Tried<Footed> {
    let beyond = || "its sums are beyond all digits".to_owned();
    let mut digests = Digests::new(digits);
    let mut null_keys = 0_u64;
    let mut totals: Totals = vec![BTreeMap::new(); layout.money().len()];
    let mut crossed = Crossed {
        groups: Some(BTreeMap::new()),
    };
    for range in ranges {
        null_keys = null_keys.saturating_add(range.null_keys);
        for bucket in range.buckets {
            let digest = Digest {
                records: bucket.records,
                sums: bucket.sums,
            };
            digests.add_to(bucket.bucket, digest).ok_or_else(beyond)?;
        }
        for sums in range.groups {
            let group = group(layout, &sums)?;
            let line = CrossedLine {
                records: sums.records,
                totals: sums
                    .money
                    .iter()
                    .map(|(present, sum)| {
                        let nulls = sums.records.saturating_sub(*present);
                        Total::from_parts(sums.records, nulls, *sum)
                    })
                    .collect(),
            };
            let currency = group.last().cloned().flatten().unwrap_or_default();
            for (own, total) in totals.iter_mut().zip(&line.totals) {
                let own = own.entry(currency.clone()).or_default();
                own.merge(total).ok_or_else(beyond)?;
            }
            if !layout.foot().is_empty() {
                let one = Crossed {
                    groups: Some(BTreeMap::from([(group, line)])),
                };
                crossed.merge(one).ok_or_else(beyond)?;
            }
        }
    }
    Ok(Footed {
        figures: Figures {
            records: digests.records(),
            totals,
            crossed,
            rejected: 0,
            null_keys,
        },
        digests,
    })
}

/// The values of a group as they are shown, the currency at the end.
fn group(layout: &Layout, sums: &GroupSums) -> Tried<Group> {
    let mut values = sums.values.iter();
    let mut group = Group::new();
    for (at, value) in layout.foot().iter().zip(&mut values) {
        let class = layout.columns()[*at].class;
        let shown = value.as_ref().map(|value| shown(class, value));
        group.push(shown.transpose()?);
    }
    group.push(match layout.fixed_currency() {
        Some(code) => Some(code.to_owned()),
        None => values.next().cloned().flatten(),
    });
    Ok(group)
}

/// A spelling as reports show the value.
fn shown(class: Class, spelling: &str) -> Tried<String> {
    match class {
        Class::Date | Class::Instant { .. } if spelling.ends_with("BC") => {
            Err("totals are crossed along years before the first".to_owned())
        }
        Class::Instant { utc, .. } => {
            let end = if utc { "Z" } else { "" };
            Ok(format!("{}{end}", spelling.replacen(' ', "T", 1)))
        }
        _ => Ok(spelling.to_owned()),
    }
}

/// What was added up of a side; where no server has done it, it is read and done here.
async fn or_here(
    how: How<'_>,
    side: Side,
    footed: Tried<Footed>,
    digits: u32,
) -> Result<Footed, VerifyError> {
    if let Ok(footed) = footed {
        return Ok(footed);
    }
    let beside = Beside::Digest(speller(how, side, digits)?, digits);
    let mut folded: FoldedSide = fold_side(how, side, beside, None).await?;
    let digests = folded.digests.take();
    let digests =
        digests.ok_or_else(|| VerifyError::Internal("a side was not digested".to_owned()))?;
    Ok(Footed {
        digests,
        figures: folded.into_figures(),
    })
}

fn speller(how: How<'_>, side: Side, digits: u32) -> Result<Speller, VerifyError> {
    // A server spells no float, and one of them spells this layout.
    Speller::new(&how.agreement.layout, side, how.seed, digits)
        .map_err(|column| VerifyError::Internal(format!("`{column}` has no spelling")))
}

fn restrict(
    how: How<'_>,
    wanted: Vec<bool>,
    ready: &[Tried<Ready<'_>>; 2],
    reasons: &[Option<String>; 2],
    records: [u64; 2],
    digits: u32,
) -> Result<Restriction, VerifyError> {
    let chosen = |at: usize| match (&ready[at], &reasons[at]) {
        (Ok(ready), None) => Ok(Chosen::There(Arc::new(ready.spelling.part(&wanted)))),
        _ => speller(how, SIDES[at], digits).map(Chosen::Here),
    };
    Ok(Restriction {
        chosen: [chosen(0)?, chosen(1)?],
        wanted: wanted.into(),
        records,
    })
}
