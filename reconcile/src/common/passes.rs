//! The passes over one side in which its conditions are counted.
//!
//! First the conditions that a sample says will be reported, and no column that only others take.
//! What these come to leaves few others that could be reported instead; a tenth of the book, spread
//! over all of it, tells which. Only these are counted over all of it too.

use super::counting::{Asked, Counter};
use super::guard::Guard;
use super::{CauseKey, Census, Group, Groups, Of, Place, of_side};
use crate::drive::drive;
use crate::error::VerifyError;
use crate::watch::Watch;
use books::{Meter, RowFilter};
use causes::common::{Common, Heat, Race, Tally};
use footing::Side;
use rules::sql::Run;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One in so many records is looked at before what is left is counted.
const ONE_IN: u64 = 10;

/// How the passes are made.
pub(crate) struct Passes<'a> {
    pub(crate) of: Of<'a>,
    pub(crate) threads: usize,
    pub(crate) watch: &'a Arc<dyn Watch>,
    /// Whether the rule rejects records. Then all columns are computed, as what is rejected is not
    /// of the book.
    pub(crate) has_rejects: bool,
    /// Records of the expected and of the actual side.
    pub(crate) records: [u64; 2],
    /// With fewer records, all is counted at once.
    pub(crate) in_steps_from: u64,
    /// Begins another stretch of work.
    pub(crate) begin: &'a (dyn Fn() -> Arc<Meter> + Sync),
}

/// One side's groups on their way.
struct Contest<'a> {
    side: Side,
    groups: Vec<&'a Group>,
    races: Vec<Race>,
}

impl Groups {
    /// Counts all records, and says what each cause's breaks have in common. All breaks are
    /// counted already.
    pub(crate) async fn count(
        &self,
        broken: Census,
        passes: &Passes<'_>,
    ) -> Result<BTreeMap<CauseKey, Common>, VerifyError> {
        let mut broken: Vec<Option<Tally>> = broken.0.into_iter().map(Some).collect();
        let mut common = BTreeMap::new();
        for side in [Side::Expected, Side::Actual] {
            let own = of_side(&self.groups, side).filter_map(|(place, group)| {
                let broken = broken.get_mut(place)?.take()?;
                Some((group, Race::new(&group.finder, broken)))
            });
            let (groups, races) = own.unzip();
            let mut contest = Contest {
                side,
                groups,
                races,
            };
            passes.decide(&mut contest).await?;
            let found = contest.groups.iter().zip(&contest.races);
            let found = found.filter_map(|(group, race)| Some((group.key.clone(), race.finish()?)));
            common.extend(found);
        }
        Ok(common)
    }
}

impl Passes<'_> {
    async fn decide(&self, contest: &mut Contest<'_>) -> Result<(), VerifyError> {
        let records = self.records[contest.side as usize];
        if self.has_rejects
            || records < self.in_steps_from
            || !self.reads_columns_apart(contest.side)
        {
            let all = contest.races.iter().map(Race::all).collect();
            self.settle(contest, all).await?;
            return Ok(());
        }
        let pairs = contest.groups.iter().zip(&mut contest.races);
        let leading = pairs.map(|(group, race)| {
            race.add_part(&race.all(), &group.sampled);
            race.leading(&group.sampled, records)
        });
        let leading = leading.collect();
        let records = self.settle(contest, leading).await?;
        let left = contest.undecided();
        if left.iter().all(Heat::is_empty) {
            return Ok(());
        }
        let spread = What {
            one_in: Some(ONE_IN),
            ..What::default()
        };
        let (sampled, _) = self.pass(contest, &left, spread).await?;
        let pairs = contest.races.iter_mut().zip(&left).zip(&sampled);
        pairs.for_each(|((race, heat), sampled)| race.add_part(heat, sampled));
        let left = contest.undecided();
        if left.iter().all(Heat::is_empty) {
            return Ok(());
        }
        let what = What {
            only: self.guard(contest, &left),
            ..What::default()
        };
        let (counted, _) = self.pass(contest, &left, what).await?;
        contest.settle(&left, &counted, records);
        Ok(())
    }

    /// Counts heats over the whole book, and tells how many records it has.
    async fn settle(
        &self,
        contest: &mut Contest<'_>,
        heats: Vec<Heat>,
    ) -> Result<u64, VerifyError> {
        if heats.iter().all(Heat::is_empty) {
            return Ok(0);
        }
        let (counted, records) = self.pass(contest, &heats, What::default()).await?;
        contest.settle(&heats, &counted, records);
        Ok(records)
    }

    /// Where all that is left only narrows what led, no other records need be looked at. What led
    /// holds of few as a rule.
    fn guard(&self, contest: &Contest<'_>, left: &[Heat]) -> Option<Arc<dyn RowFilter>> {
        let open = contest.groups.iter().zip(&contest.races).zip(left);
        let open = open.filter(|(_, left)| !left.is_empty());
        let leaders = open.map(|((group, race), left)| Some((*group, race.leader_of(left)?)));
        let leaders: Vec<(&Group, Heat)> = leaders.collect::<Option<_>>()?;
        let guard = Guard::new(self.of, contest.side, &leaders)?;
        Some(Arc::new(guard))
    }

    /// Whether a pass that asks for fewer columns is cheaper: where one table is read record by
    /// record, and not as text.
    fn reads_columns_apart(&self, side: Side) -> bool {
        let query = self.of.agreement.side(side);
        let Some((which, table)) = query.single_table() else {
            return false;
        };
        let table = self.of.session.book(which).table(&table);
        table.is_some_and(|table| table.gives_columns_apart())
    }

    /// Counts one heat of each group over the book, or some of its records; tells how many these
    /// were, too.
    async fn pass(
        &self,
        contest: &Contest<'_>,
        heats: &[Heat],
        what: What,
    ) -> Result<(Vec<Tally>, u64), VerifyError> {
        let pairs = contest.groups.iter().zip(heats);
        let asked: Arc<[Asked]> = pairs
            .map(|(group, heat)| Asked {
                columns: Arc::clone(&group.columns),
                finder: heat.finder().clone(),
            })
            .collect();
        let run = Run {
            lineage: true,
            columns: (!self.has_rejects).then(|| columns(&asked)),
            one_in: what.one_in,
            only: what.only,
            meter: (self.begin)(),
            ..Run::new(self.threads)
        };
        let query = self.of.agreement.side(contest.side);
        let mut tallies: Vec<Tally> = asked.iter().map(|one| one.finder.tally()).collect();
        let mut records = 0;
        for counter in drive(query, &run, self.watch, || Counter::new(&asked)).await? {
            records += counter.records();
            for counted in counter.into_tallies() {
                let pairs = tallies.iter_mut().zip(counted);
                pairs.for_each(|(all, own)| all.merge(&own));
            }
        }
        Ok((tallies, records))
    }
}

/// Which records a pass is over.
#[derive(Default)]
struct What {
    one_in: Option<u64>,
    only: Option<Arc<dyn RowFilter>>,
}

impl Contest<'_> {
    fn settle(&mut self, heats: &[Heat], counted: &[Tally], records: u64) {
        let pairs = self.races.iter_mut().zip(heats).zip(counted);
        pairs.for_each(|((race, heat), counted)| race.settle(heat, counted, records));
    }

    fn undecided(&mut self) -> Vec<Heat> {
        self.races.iter_mut().map(Race::undecided).collect()
    }
}

/// The columns that conditions are about.
fn columns(asked: &[Asked]) -> Arc<[String]> {
    let places = asked.iter().flat_map(|asked| {
        let atoms = asked.finder.atoms().iter();
        atoms.filter_map(|atom| asked.columns.places.get(atom.column.0))
    });
    let names: BTreeSet<&str> = places.map(Place::name).collect();
    names.into_iter().map(str::to_owned).collect()
}
