//! Chooses which records are damaged, and how.

mod lacks;
mod structure;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use ledger::{Break, Decimal, Record};

use crate::cause::{Cause, NotRehearsed, elsewhere};
use crate::damage::{self, Change};
use crate::draw::Draw;
use crate::error::PlanError;
use crate::fault::{Fault, Planted};
use crate::scene::Scene;
use crate::table::{Identity, Row, Table};

/// Is what a rehearsal is planned from.
///
/// Where a cause takes two records, they are both among the samples: vouchers that lose a leg are
/// found more often if the samples hold some vouchers whole.
#[derive(Debug, Clone, Copy)]
pub struct Rehearsal<'a> {
    /// What every choice is drawn by: the same seed and samples give the same faults.
    pub seed: u64,
    /// How many faults each cause gets, as far as there are records for them.
    pub per_cause: NonZeroUsize,
    /// The causes to plant; [`Cause::ALL`] for a whole rehearsal.
    pub causes: &'a [Cause],
    /// The agreement's target table.
    pub table: &'a Table,
    /// Records of the table, whole, in any order: some thousands are enough.
    pub samples: &'a [Record],
    /// Breaks of the agreement that are there without a fault being planted; their records are
    /// left alone.
    pub baseline: &'a [Break],
    /// Keys that the books hold besides those of the samples, as far as it matters: see
    /// [`Planted::new_keys`].
    pub taken: &'a [Record],
}

impl Rehearsal<'_> {
    /// Chooses the records of every cause, the scarcest cause first. A record is damaged once, by
    /// one cause; no damage makes a key that is known, or a record that another cause of this crate
    /// makes as well.
    ///
    /// # Errors
    /// What was passed contradicts itself: see [`PlanError`].
    pub fn plan(&self) -> Result<Planted, PlanError> {
        let mut scene = Scene::new(self.table, self.samples)?;
        scene.spare(&self.known()?);
        let mut planner = Planner::new(self.seed, self.per_cause.get(), &scene);
        let causes: BTreeSet<Cause> = self.causes.iter().copied().collect();
        let mut queues: Vec<Queue> = causes.iter().map(|cause| planner.queue(*cause)).collect();
        queues.sort_by_key(|queue| (queue.ready.len(), queue.cause));
        for queue in &queues {
            planner.plant(queue);
        }
        Ok(Planted {
            seed: self.seed,
            table: self.table.clone(),
            not_rehearsed: planner.not_rehearsed(&causes),
            faults: planner.finish(),
        })
    }

    /// The identities that are in the books, or break already.
    fn known(&self) -> Result<BTreeSet<Identity>, PlanError> {
        let mut known = BTreeSet::new();
        for (at, found) in self.baseline.iter().enumerate() {
            let records = if self.table.has_key() {
                vec![&found.key]
            } else {
                found.expected.iter().chain(&found.actual).collect()
            };
            for record in records {
                known.insert(self.identity(record, "baseline break", at)?);
            }
        }
        for (at, record) in self.taken.iter().enumerate() {
            known.insert(self.identity(record, "taken key", at)?);
        }
        Ok(known)
    }

    fn identity(
        &self,
        record: &Record,
        list: &'static str,
        at: usize,
    ) -> Result<Identity, PlanError> {
        let lacking = |column: &str| PlanError::OtherAgreement {
            list,
            at: at.saturating_add(1),
            column: column.to_owned(),
        };
        self.table.identity_of(record).map_err(lacking)
    }
}

/// Records that are looked at for each fault that is wanted: enough, even if all other causes had
/// taken theirs before.
const LOOKS_PER_FAULT: usize = 100;

/// Ways to damage one record that are weighed.
const WAYS_MAX: usize = 16;

/// Is the work on one rehearsal.
struct Planner<'a> {
    seed: u64,
    per_cause: usize,
    scene: &'a Scene<'a>,
    is_used: Vec<bool>,
    taken: BTreeSet<Identity>,
    /// Amounts of records that are missing, and of those that were merged into another.
    missing: BTreeSet<Vec<Decimal>>,
    merged: BTreeSet<Vec<Decimal>>,
    planted: BTreeMap<Cause, Vec<Fault>>,
    /// How many of the samples share a key but for its last part, as the legs of a voucher do.
    legs: BTreeMap<Identity, usize>,
}

/// Is the records that a cause can damage, in the order in which they are drawn.
struct Queue {
    cause: Cause,
    ready: Vec<(Draw, usize)>,
}

/// Is a damage before it is done.
#[derive(Debug, Default)]
struct Plot {
    /// The samples that belong to it, by their places.
    of: Vec<usize>,
    taken_out: Vec<Row>,
    put_in: Vec<Row>,
}

impl<'a> Planner<'a> {
    fn new(seed: u64, per_cause: usize, scene: &'a Scene<'a>) -> Planner<'a> {
        Planner {
            seed,
            per_cause,
            scene,
            is_used: vec![false; scene.rows.len()],
            taken: scene.taken.clone(),
            missing: BTreeSet::new(),
            merged: BTreeSet::new(),
            planted: BTreeMap::new(),
            legs: structure::count_legs(scene),
        }
    }

    /// Draws the records for a cause: first those whose draw is the smallest.
    fn queue(&self, cause: Cause) -> Queue {
        let rows = self.scene.rows.iter().enumerate();
        let mut drawn: Vec<(Draw, usize)> = rows
            .map(|(at, row)| (Draw::of(self.seed, cause.as_str(), row), at))
            .collect();
        drawn.sort_unstable();
        let looks = self.per_cause.saturating_mul(LOOKS_PER_FAULT);
        let ready = drawn
            .into_iter()
            .filter(|(draw, at)| !self.plots(cause, *at, *draw).is_empty());
        Queue {
            cause,
            ready: ready.take(looks).collect(),
        }
    }

    fn plant(&mut self, queue: &Queue) {
        let mut done = 0_usize;
        for (draw, at) in &queue.ready {
            if done == self.per_cause {
                return;
            }
            if self.plant_one(queue.cause, *at, *draw) {
                done = done.saturating_add(1);
            }
        }
    }

    /// Does the first damage to a record that can be done; says whether there is one.
    fn plant_one(&mut self, cause: Cause, at: usize, draw: Draw) -> bool {
        let plots = self.plots(cause, at, draw);
        let first = draw.next().below(plots.len());
        let (before, after) = plots.split_at_checked(first).unwrap_or((&plots, &[]));
        let ways = after.iter().chain(before).take(WAYS_MAX);
        for plot in ways {
            if self.can_be_done(cause, plot) {
                self.commit(cause, plot);
                return true;
            }
        }
        false
    }

    /// The ways in which a cause can damage a record.
    fn plots(&self, cause: Cause, at: usize, draw: Draw) -> Vec<Plot> {
        let Some(row) = self.scene.rows.get(at) else {
            return Vec::new();
        };
        if let Some(plots) = structure::plots(self, cause, at, draw) {
            return plots;
        }
        let changes = damage::outcomes(cause, self.scene, row, draw);
        let changed = changes.into_iter().map(|change| changed(row, &change));
        changed
            .map(|after| Plot {
                of: vec![at],
                taken_out: vec![row.clone()],
                put_in: vec![after],
            })
            .collect()
    }

    fn is_free(&self, at: usize) -> bool {
        self.is_used.get(at) == Some(&false)
    }

    fn can_be_done(&self, cause: Cause, plot: &Plot) -> bool {
        let table = self.scene.table;
        let of = plot.of.iter().filter_map(|at| self.scene.rows.get(*at));
        // A phantom has an identity of its own.
        let own: Vec<Identity> = of
            .filter(|_| cause != Cause::A9)
            .map(|row| table.identity(row))
            .collect();
        let has_room = |row: &Row| {
            let identity = table.identity(row);
            own.contains(&identity) || !self.taken.contains(&identity)
        };
        plot.of.iter().all(|at| self.is_free(*at))
            && plot.put_in.iter().all(has_room)
            && self.is_told_apart(cause, plot)
            && self.leaves_no_doubt(cause, plot)
    }

    /// Says whether no other cause changes the record in the same way.
    fn is_told_apart(&self, cause: Cause, plot: &Plot) -> bool {
        match (plot.taken_out.first(), plot.put_in.first()) {
            (Some(before), Some(after)) if cause != Cause::A10 => {
                let change = between(before, after);
                damage::is_told_apart(cause, self.scene, before, &change)
            }
            _ => true,
        }
    }

    /// Says whether what was merged can be found again: the amounts of a record that went into
    /// another are those of no other record that is missing.
    fn leaves_no_doubt(&self, cause: Cause, plot: &Plot) -> bool {
        let lost = self.missing_of(plot);
        let doubted = if cause == Cause::A7 {
            &self.missing
        } else {
            &self.merged
        };
        !lost.iter().any(|amounts| doubted.contains(amounts))
    }

    /// The amounts of the records that will be missing.
    fn missing_of(&self, plot: &Plot) -> Vec<Vec<Decimal>> {
        let table = self.scene.table;
        let put: Vec<Identity> = plot.put_in.iter().map(|row| table.identity(row)).collect();
        let lost = plot
            .taken_out
            .iter()
            .filter(|row| !put.contains(&table.identity(row)));
        lost.map(|row| self.amounts(row)).collect()
    }

    /// The amounts of a record, NULL as zero; each in one spelling.
    fn amounts(&self, row: &Row) -> Vec<Decimal> {
        let amounts = self.scene.table.amounts(row);
        let by_column: BTreeMap<usize, Decimal> = amounts.collect();
        let columns = 0..self.scene.table.columns.len();
        columns
            .map(|at| by_column.get(&at).copied().unwrap_or_default().normalized())
            .collect()
    }

    fn commit(&mut self, cause: Cause, plot: &Plot) {
        let table = self.scene.table;
        for at in &plot.of {
            if let Some(mark) = self.is_used.get_mut(*at) {
                *mark = true;
            }
        }
        let lost = self.missing_of(plot);
        if cause == Cause::A7 {
            self.merged.extend(lost.iter().cloned());
        }
        self.missing.extend(lost);
        self.taken
            .extend(plot.put_in.iter().map(|row| table.identity(row)));
        let fault = self.fault(cause, plot);
        self.planted.entry(cause).or_default().push(fault);
    }

    fn fault(&self, cause: Cause, plot: &Plot) -> Fault {
        let table = self.scene.table;
        let records = |rows: &[Row]| rows.iter().map(|row| table.record(row)).collect();
        let (taken_out, put_in): (Vec<Record>, Vec<Record>) =
            (records(&plot.taken_out), records(&plot.put_in));
        let mut keys: Vec<Record> = Vec::new();
        if table.has_key() {
            keys.extend(taken_out.iter().chain(&put_in).map(|one| table.key_of(one)));
            keys.sort();
            keys.dedup();
        }
        let pairs = plot.taken_out.iter().zip(&plot.put_in);
        let changed: BTreeSet<usize> = pairs
            .flat_map(|(before, after)| between(before, after))
            .map(|(at, _)| at)
            .collect();
        let names = changed.into_iter().filter_map(|at| table.columns.get(at));
        Fault {
            cause,
            keys,
            columns: names.map(|column| column.name.clone()).collect(),
            difference: table.difference(&plot.taken_out, &plot.put_in),
            taken_out,
            put_in,
        }
    }

    /// The causes of the catalogue that got no fault, each with the reason.
    fn not_rehearsed(&self, wanted: &BTreeSet<Cause>) -> Vec<NotRehearsed> {
        let open = Cause::ALL
            .iter()
            .filter(|cause| !self.planted.contains_key(cause));
        let told = open.map(|cause| NotRehearsed {
            cause: cause.as_str().to_owned(),
            says: lacks::why(*cause, self.scene, wanted.contains(cause)),
        });
        told.chain(elsewhere()).collect()
    }

    fn finish(self) -> Vec<Fault> {
        let mut faults: Vec<Fault> = Vec::new();
        for mut of_cause in self.planted.into_values() {
            of_cause.sort_by(|one, other| {
                let order = |fault: &Fault| (fault.keys.clone(), fault.taken_out.clone());
                let apart = || one.put_in.cmp(&other.put_in);
                order(one).cmp(&order(other)).then_with(apart)
            });
            faults.extend(of_cause);
        }
        faults
    }
}

/// A row with some values changed.
fn changed(row: &Row, change: &Change) -> Row {
    let mut after = row.clone();
    for (at, value) in change {
        if let Some(held) = after.get_mut(*at) {
            held.clone_from(value);
        }
    }
    after
}

/// The columns in which two rows differ, with the second's values.
fn between(before: &Row, after: &Row) -> Change {
    let cells = before.iter().zip(after).enumerate();
    cells
        .filter(|(_, (before, after))| before != after)
        .map(|(at, (_, after))| (at, after.clone()))
        .collect()
}
