//! The passes over one side in which its conditions are counted.
//!
//! First the conditions that a sample says will be reported, where they take at most half of the
//! columns, and a pass over few columns is a cheap one. What these come to leaves few others that could
//! be reported instead. Those are counted over one share of the book after the other, each spread over
//! all of it: what a condition holds of in some shares it holds of in the book at least, and that rules
//! out ever more. In Parquet files a share has records of every stretch; elsewhere it has whole chunks.

use super::counting::{Asked, Counter};
use super::guard::Guard;
use super::{AGREEING_MIN, CauseKey, Census, Group, Groups, Of, Place, of_side};
use crate::drive::drive;
use crate::error::VerifyError;
use crate::verify::bytes_of;
use crate::watch::Watch;
use books::{Chunk, ChunkId, Meter, RowFilter, Share};
use causes::common::{Common, Heat, Race, Tally};
use footing::Side;
use rules::sql::{ChunkTest, Run};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The shares of the book, after each of which conditions are ruled out. What holds of broken records
/// no more often than of others is ruled out, as a rule, by half of it.
const SHARES: [Share; 3] = [
    Share { from: 0, to: 10 },
    Share { from: 10, to: 55 },
    Share { from: 55, to: 100 },
];

/// Chunks for each thread, at least, where shares are made of chunks: then every thread has one of the
/// first share, and hardly waits for the others at the end of one.
const CHUNKS_PER_THREAD: usize = 8;

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
    /// Begins another stretch of work, in which so many bytes are read.
    pub(crate) begin: &'a (dyn Fn(u64) -> Arc<Meter> + Sync),
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
    ///
    /// A cause's breaks are held against the records that agree; where hardly any does, against
    /// the breaks of the others as well.
    pub(crate) async fn count(
        &self,
        broken: Census,
        passes: &Passes<'_>,
    ) -> Result<BTreeMap<CauseKey, Common>, VerifyError> {
        let mut common = BTreeMap::new();
        for side in [Side::Expected, Side::Actual] {
            let mut contest = Contest {
                side,
                groups: Vec::new(),
                races: Vec::new(),
            };
            let own = || of_side(&self.groups, side);
            // The same for all groups of the side.
            let not_agreeing = own().next().map(|(place, _)| broken.any[place].records());
            let records = passes.records[side as usize];
            let are_few = records.saturating_sub(not_agreeing.unwrap_or(0)) < AGREEING_MIN;
            for (place, group) in own() {
                let mut tally = broken.own[place].clone();
                if !are_few {
                    tally.leave_out_of(&broken.any[place]);
                }
                contest.groups.push(group);
                contest.races.push(Race::new(&group.finder, tally));
            }
            passes.decide(&mut contest).await?;
            for ((place, group), race) in own().zip(&contest.races) {
                let Some(mut found) = race.finish() else {
                    continue;
                };
                if are_few {
                    let any = &broken.any[place];
                    let not_agreeing = group.finder.holds_of(&found.conditions, any);
                    found.counterexamples = found.matching.saturating_sub(not_agreeing);
                }
                common.insert(group.key.clone(), found);
            }
        }
        Ok(common)
    }
}

impl Passes<'_> {
    async fn decide(&self, contest: &mut Contest<'_>) -> Result<(), VerifyError> {
        let records = self.records[contest.side as usize];
        let steps = match self.has_rejects || records < self.in_steps_from {
            true => None,
            false => self.steps(contest.side),
        };
        let Some(steps) = steps else {
            let all = contest.races.iter().map(Race::all).collect();
            self.settle(contest, all).await?;
            return Ok(());
        };
        let pairs = contest.groups.iter().zip(&mut contest.races);
        let leading = pairs.map(|(group, race)| {
            race.add_part(&race.all(), &group.sampled);
            race.leading(&group.sampled, records)
        });
        let leading: Vec<Heat> = leading.collect();
        let all: Vec<Heat> = contest.races.iter().map(Race::all).collect();
        let columns_of = |heats: &[Heat]| columns(&contest.asked(heats)).len();
        if steps.has_cheap_columns && columns_of(&leading) * 2 <= columns_of(&all) {
            self.settle(contest, leading).await?;
        }
        self.count_shares(contest, &steps, records).await
    }

    /// Counts what is undecided, a share of the book after the other.
    async fn count_shares(
        &self,
        contest: &mut Contest<'_>,
        steps: &Steps,
        records: u64,
    ) -> Result<(), VerifyError> {
        let before = contest.races.clone();
        let mut seen = 0;
        for share in SHARES {
            let left = contest.undecided();
            if left.iter().all(Heat::is_empty) {
                return Ok(());
            }
            // Before some are ruled out there is hardly ever one that all others narrow.
            if seen > 0
                && let Some(only) = self.guard(contest, &left)
            {
                let what = What {
                    only: Some(only),
                    ..What::default()
                };
                let (counted, _) = self.pass(contest, &left, what).await?;
                contest.settle(&left, &counted, records);
                return Ok(());
            }
            let (counted, of_share) = self.pass(contest, &left, steps.share(share)).await?;
            seen += of_share;
            let pairs = contest.races.iter_mut().zip(&left).zip(&counted);
            pairs.for_each(|((race, heat), counted)| race.add_share(heat, counted));
        }
        if seen != records {
            // They were not the book that was folded.
            contest.races = before;
            let left = contest.undecided();
            return self.settle(contest, left).await;
        }
        for race in &mut contest.races {
            race.settle_shares();
        }
        Ok(())
    }

    /// Counts heats over the whole book.
    async fn settle(&self, contest: &mut Contest<'_>, heats: Vec<Heat>) -> Result<(), VerifyError> {
        if heats.iter().all(Heat::is_empty) {
            return Ok(());
        }
        let (counted, records) = self.pass(contest, &heats, What::default()).await?;
        contest.settle(&heats, &counted, records);
        Ok(())
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

    /// How a side can be read in steps: where it is one table, record by record, of chunks enough for
    /// all threads to have some of each share.
    fn steps(&self, side: Side) -> Option<Steps> {
        let query = self.of.agreement.side(side);
        let (which, name) = query.single_table()?;
        let table = self.of.session.book(which).table(&name)?;
        if table.gives_columns_apart() {
            return Some(Steps {
                has_cheap_columns: true,
                chunks: None,
            });
        }
        let chunks = table.chunks();
        let is_enough = chunks.len() >= CHUNKS_PER_THREAD * self.threads;
        (is_enough && query.table_read_once().is_some()).then(|| Steps {
            has_cheap_columns: table.moment().is_some(),
            chunks: Some(chunks),
        })
    }

    /// Counts one heat of each group over the book, or some of its records; tells how many these
    /// were, too.
    async fn pass(
        &self,
        contest: &Contest<'_>,
        heats: &[Heat],
        what: What,
    ) -> Result<(Vec<Tally>, u64), VerifyError> {
        let asked = contest.asked(heats);
        let query = self.of.agreement.side(contest.side);
        let bytes = what
            .bytes
            .unwrap_or_else(|| bytes_of(self.of.session, &[query]));
        let run = Run {
            lineage: true,
            columns: (!self.has_rejects).then(|| columns(&asked)),
            share: what.share,
            chunks: what.chunks,
            only: what.only,
            meter: (self.begin)(bytes),
            ..Run::new(self.threads)
        };
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
    share: Option<Share>,
    chunks: Option<Arc<dyn ChunkTest>>,
    /// Bytes of the chunks that are read, where these are not all.
    bytes: Option<u64>,
    only: Option<Arc<dyn RowFilter>>,
}

/// How a side is read in steps.
struct Steps {
    /// Whether a pass over fewer columns is much cheaper: text is looked through for any, and of a
    /// database's records fewer values travel.
    has_cheap_columns: bool,
    /// The chunks that shares are made of; none where a share has records of all of them.
    chunks: Option<Vec<Chunk>>,
}

impl Steps {
    fn share(&self, share: Share) -> What {
        let Some(chunks) = &self.chunks else {
            return What {
                share: Some(share),
                ..What::default()
            };
        };
        let own = chunks_of(share, chunks);
        What {
            bytes: Some(own.iter().map(|chunk| chunk.bytes).sum()),
            chunks: Some(Arc::new(Chunks(own.iter().map(|chunk| chunk.id).collect()))),
            ..What::default()
        }
    }
}

/// Some chunks of a table.
#[derive(Debug)]
struct Chunks(BTreeSet<ChunkId>);

impl ChunkTest for Chunks {
    fn may_hold(&self, chunk: ChunkId) -> bool {
        self.0.contains(&chunk)
    }
}

/// A share of a table's chunks. Those of each share lie all over the table: they are taken in the order
/// of their numbers with the bits turned round.
fn chunks_of(share: Share, chunks: &[Chunk]) -> Vec<&Chunk> {
    let mut order: Vec<(usize, &Chunk)> = chunks
        .iter()
        .enumerate()
        .map(|(number, chunk)| (number.reverse_bits(), chunk))
        .collect();
    order.sort_unstable_by_key(|(turned, _)| *turned);
    let place = |hundredths: u8| (chunks.len() * usize::from(hundredths)).div_ceil(100);
    let own = &order[place(share.from)..place(share.to)];
    own.iter().map(|(_, chunk)| *chunk).collect()
}

impl Contest<'_> {
    /// One heat of each group, to be counted.
    fn asked(&self, heats: &[Heat]) -> Arc<[Asked]> {
        let pairs = self.groups.iter().zip(heats);
        let asked = pairs.map(|(group, heat)| Asked {
            columns: Arc::clone(&group.columns),
            finder: heat.finder().clone(),
        });
        asked.collect()
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use books::{Book, BookSpec};

    #[test]
    fn shares_have_every_chunk_once_and_lie_all_over_the_table() {
        let folder = tempfile::tempdir().expect("a folder");
        let text: String = (0..4_000).map(|row| format!("{row}\n")).collect();
        std::fs::write(folder.path().join("flow.csv"), format!("id\n{text}")).expect("a file");
        for bytes in [40, 400, 4_000] {
            let spec = BookSpec {
                root: folder.path().into(),
                ..BookSpec::default()
            };
            let book = Book::open_cut(&spec, bytes).expect("a book");
            let all = book.table("flow").expect("a table").chunks();
            assert!(all.len() > 3);
            let shares = SHARES.map(|share| chunks_of(share, &all));
            let mut together: Vec<&Chunk> = shares.iter().flatten().copied().collect();
            together.sort_unstable_by_key(|chunk| chunk.id);
            assert!(together.into_iter().eq(&all), "each is in one share");
            let half = all[all.len() / 2].id;
            for share in shares.iter().filter(|share| share.len() > 9) {
                let behind = share.iter().filter(|chunk| chunk.id >= half).count();
                let off = behind.abs_diff(share.len() / 2);
                assert!(off <= 1 + share.len() / 5, "{behind} of {}", share.len());
            }
        }
    }
}
