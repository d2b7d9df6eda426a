//! Fetches the records that are asked for from both sides, with those that belong to them.

use super::ask::Asked;
use super::chosen::{Alike, Chosen};
use super::{StoryError, TOLD_MAX};
use crate::drive::{Worker, drive};
use crate::error::VerifyError;
use crate::locate::in_place_order;
use crate::prepare::{Agreement, Prepared};
use crate::rejected::{Rejected, written};
use crate::rows::common;
use crate::watch::{Phase, Watch, Work};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_select::concat::{concat, concat_batches};
use books::Meter;
use footing::{Layout, Side};
use ledger::{Record, Reject};
use rules::sql::{Probe, Rejects, Run};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// More records than this are not held: what is asked for is too much.
const HELD_MAX: usize = 100_000;

const SIDES: [Side; 2] = [Side::Expected, Side::Actual];

/// How records are fetched.
pub(super) struct Fetch<'a> {
    pub(super) prepared: &'a Prepared,
    pub(super) agreement: &'a Agreement,
    pub(super) threads: usize,
    pub(super) watch: &'a Arc<dyn Watch>,
}

/// The records of both sides, in the order of their places, and which of them were asked for.
pub(super) struct Both {
    pub(super) expected: RecordBatch,
    pub(super) actual: RecordBatch,
    pub(super) asked: [Vec<bool>; 2],
    /// The rejects that hold a value that is asked for.
    pub(super) rejects: Vec<Reject>,
    /// What is known of all rejects that were met.
    pub(super) rejected: Rejected,
}

/// Keeps the batches of one partition while there is room.
struct Gatherer {
    batches: Vec<RecordBatch>,
    rows: Arc<AtomicUsize>,
}

impl Worker for Gatherer {
    fn take(&mut self, batch: RecordBatch) -> Result<(), VerifyError> {
        let before = self.rows.fetch_add(batch.num_rows(), Ordering::Relaxed);
        if batch.num_rows() > 0 && before <= HELD_MAX {
            self.batches.push(rules::sql::compact(&batch)?);
        }
        Ok(())
    }
}

impl Fetch<'_> {
    /// Fetches what is asked for: with a key, all records of the keys that answer; without one,
    /// also what they may be paired with.
    pub(super) async fn asked(&self, asked: &Asked) -> Result<Both, StoryError> {
        let layout = &self.agreement.layout;
        let chosen = Arc::new(asked.chosen(layout)?);
        let scratch = tempfile::tempdir().map_err(|error| VerifyError::Evidence {
            path: std::env::temp_dir(),
            error,
        })?;
        let met = SIDES.map(|_| Rejects::keeping_in(scratch.path()));
        let [of_source, of_target] = &met;
        let probe = chosen.probe();
        let mut sides = [
            self.side(Side::Expected, &probe, of_source).await?,
            self.side(Side::Actual, &probe, of_target).await?,
        ];
        let count = of_source.count().saturating_add(of_target.count());
        let (rejects, rejected) = self.rejects(&met, asked)?;
        if sides.iter().all(|side| side.num_rows() == 0) && rejects.is_empty() {
            return Err(StoryError::NotFound {
                asked: asked.record(layout),
                near: match asked.is_whole_key(layout) {
                    true => self.near(asked).await?,
                    false => Vec::new(),
                },
                rejects: count,
            });
        }
        if !asked.is_whole_key(layout) && sides.iter().any(|side| side.num_rows() > 0) {
            let probe = probe_of_all(layout, &sides)?;
            sides = self.sides(&probe, &Rejects::counting()).await?;
        }
        let among = |side, batch| {
            let among = chosen.among(side, batch);
            among.map_err(|error| StoryError::from(VerifyError::Internal(error)))
        };
        let [expected, actual] = sides;
        let (expected, actual) = (in_place_order(expected)?, in_place_order(actual)?);
        Ok(Both {
            asked: [
                among(Side::Expected, &expected)?,
                among(Side::Actual, &actual)?,
            ],
            expected,
            actual,
            rejects,
            rejected,
        })
    }

    /// The rejects of both sides that hold a value that is asked for, and what is known of all.
    fn rejects(
        &self,
        met: &[Arc<Rejects>; 2],
        asked: &Asked,
    ) -> Result<(Vec<Reject>, Rejected), StoryError> {
        let failed = |error| VerifyError::Evidence {
            path: std::env::temp_dir(),
            error,
        };
        let mut rejected = match met.iter().all(|side| side.count() == 0) {
            true => Rejected::default(),
            false => Rejected::of(self.agreement),
        };
        let mut told = Vec::new();
        for (side, met) in SIDES.into_iter().zip(met) {
            for reject in met.take().map_err(failed)? {
                let reject = reject.map_err(failed)?;
                rejected.take(side, &reject);
                let reject = written(self.agreement, side, reject);
                let mut records = reject.source.iter().map(|source| &source.fields);
                let is_asked = records.any(|fields| asked.names_any_of(fields));
                if is_asked || asked.names_any_of(&reject.record) {
                    told.push(reject);
                }
                if told.len() > TOLD_MAX {
                    return Err(StoryError::TooMany { most: TOLD_MAX });
                }
            }
        }
        Ok((told, rejected))
    }

    /// The records nearest to one that is not there.
    async fn near(&self, asked: &Asked) -> Result<Vec<Record>, StoryError> {
        let all = Arc::new(asked.chosen(&self.agreement.layout)?.seeing_all());
        self.sides(&all.probe(), &Rejects::counting()).await?;
        Ok(all.near())
    }

    pub(super) async fn sides(
        &self,
        probe: &Probe,
        rejects: &Arc<Rejects>,
    ) -> Result<[RecordBatch; 2], StoryError> {
        let expected = self.side(Side::Expected, probe, rejects).await?;
        let actual = self.side(Side::Actual, probe, rejects).await?;
        Ok([expected, actual])
    }

    async fn side(
        &self,
        side: Side,
        probe: &Probe,
        rejects: &Arc<Rejects>,
    ) -> Result<RecordBatch, StoryError> {
        let query = self.agreement.side(side);
        let meter = Arc::new(Meter::default());
        self.watch.begin(Phase {
            work: Work::Locate,
            name: self.agreement.name.clone(),
            bytes: None,
            meter: Arc::clone(&meter),
        });
        let run = Run {
            probe: Some(probe.clone()),
            lineage: true,
            rejects: Arc::clone(rejects),
            meter,
            ..Run::new(self.threads)
        };
        let rows = Arc::new(AtomicUsize::new(0));
        let make = || Gatherer {
            batches: Vec::new(),
            rows: Arc::clone(&rows),
        };
        let gatherers = drive(query, &run, self.watch, make).await?;
        if rows.load(Ordering::Relaxed) > HELD_MAX {
            return Err(StoryError::TooMany { most: TOLD_MAX });
        }
        let batches = gatherers.into_iter().flat_map(|one| one.batches);
        let batches: Vec<RecordBatch> = batches.collect();
        let schema = match batches.first() {
            Some(batch) => batch.schema(),
            None => query.schema(),
        };
        Ok(concat_batches(&schema, &batches)?)
    }
}

/// A test for all that belongs to the records that answer.
fn probe_of_all(layout: &Layout, sides: &[RecordBatch; 2]) -> Result<Probe, StoryError> {
    let whole: Vec<usize> = (0..layout.columns().len()).collect();
    match layout.key() {
        [] => {
            let records = columns_of(layout, &whole, sides)?;
            let alike = Arc::new(Alike::new(layout, &few(layout, &whole, &records)?)?);
            Ok(alike.probe())
        }
        key => {
            let keys = columns_of(layout, key, sides)?;
            let chosen = Arc::new(Chosen::new(layout, key, &few(layout, key, &keys)?)?);
            Ok(chosen.probe())
        }
    }
}

/// Columns of both sides, one below the other, in the types that they have in common.
fn columns_of(
    layout: &Layout,
    columns: &[usize],
    sides: &[RecordBatch; 2],
) -> Result<Vec<ArrayRef>, StoryError> {
    let column = |at: &usize| -> Result<ArrayRef, StoryError> {
        let column = &layout.columns()[*at];
        let [expected, actual] = sides;
        let of = |batch: &RecordBatch, side: Side| {
            common(column.class, batch.column(column.index[side as usize]))
        };
        let (expected, actual) = (of(expected, Side::Expected)?, of(actual, Side::Actual)?);
        Ok(concat(&[expected.as_ref() as &dyn Array, actual.as_ref()])?)
    };
    columns.iter().map(column).collect()
}

/// The rows that are different from each other, where they are few enough.
fn few(
    layout: &Layout,
    columns: &[usize],
    arrays: &[ArrayRef],
) -> Result<Vec<ArrayRef>, StoryError> {
    let field = |at: &usize| {
        let class = layout.columns()[*at].class;
        arrow_row::SortField::new(crate::rows::common_type(class))
    };
    let converter = arrow_row::RowConverter::new(columns.iter().map(field).collect())?;
    let rows = converter.convert_columns(arrays)?;
    let mut different: Vec<arrow_row::Row<'_>> = rows.iter().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() > TOLD_MAX {
        return Err(StoryError::TooMany { most: TOLD_MAX });
    }
    Ok(converter.convert_rows(different)?)
}
