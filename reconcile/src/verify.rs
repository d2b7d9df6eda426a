//! The run: folds both sides, locates every break, closes the account, writes the evidence.

use crate::common::{Background, CauseKey, Census, Groups, Of, Passes};
use crate::error::VerifyError;
use crate::evidence::{Evidence, Input, Manifest};
use crate::explain::Explainer;
use crate::flight::{AsOf, Differing, Fate, Looks, in_flight};
use crate::fold::{Figures, Folded, How, fold};
use crate::largest::Largest;
use crate::locate::{Look, Paired};
use crate::many::Cut;
use crate::pairing::Found;
use crate::parallel::{in_parallel, next_parts};
use crate::prepare::{Agreement, Control, Origin, Prepared};
use crate::push::{self, Looked, Restriction};
use crate::readings::{Given, Readings};
use crate::rejected::{self, Reasons, Rejected};
use crate::scribe::{BREAKS_PER_BLOCK, Written, write_out};
use crate::tally::Tally;
use crate::wanted::{Choice, Keys, bits_of_sample};
use crate::watch::{Phase, Watch, Work};
use books::{FileDigest, Meter, Table};
use causes::common::Common;
use footing::{Comparison, Seed, Side, SketchSize, sum_text};
use jiff::Timestamp;
use ledger::{
    AgreementReport, Break, ControlLine, ControlReport, ControlStatus, Counts, CrossedTotal,
    Moment, RejectsOf, Report, Sides, Total, Wide, verdict,
};
use rules::sql::{Begun, ControlRow, Rejects, Run, RunError, Session, Which};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Records of which about so many are looked at for what is usual, where very many differ.
const SAMPLED: u64 = 60_000;

/// Keys that are known to differ of which about so many are looked at.
const SAMPLED_BROKEN: u64 = 8_000;

const CHANGED: &str = "a book changed between the fold and the second look";
const NOT_LOOKED_AT: &str = "which records were in flight: too many differ to be looked at again";
const NO_RECORDS: &str = "neither side has a record: nothing was compared; `may_be_empty = true` in \
                          a plan allows it";

/// How a run is made. Results do not depend on it, times and the seed apart.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads to work in.
    pub threads: usize,
    /// The folder of the evidence.
    pub evidence: PathBuf,
    /// How the report names that folder.
    pub evidence_shown: String,
    /// Whether the folder gets a number behind its name, `NAME-2`, where there is one of that name or
    /// another run is writing it. Otherwise evidence that is there is replaced.
    pub is_numbered: bool,
    /// When the run began.
    pub started: Timestamp,
    /// The secret of the run's hashes; drawn from the system once both books are what they are where
    /// none is given.
    pub seed: Option<Seed>,
    /// Size of the first sketch; none chooses it by where the books lie.
    pub sketch: Option<SketchSize>,
    /// Whether both books are digested.
    pub digest: bool,
    /// Whether breaks are explained. Without it they are located, described and added up, and what
    /// the plan's gate asks of a run is the same.
    pub causes: bool,
    /// How much is held in memory.
    pub limits: Limits,
    /// How records in flight are told from breaks, where the books still move.
    pub as_of: Option<AsOf>,
    /// What the reports are to tell besides, in the order of the plan's agreements.
    pub beforehand: Vec<Beforehand>,
}

/// What is known of an agreement before it is verified, and belongs into its report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beforehand {
    /// What a reader must know.
    pub notes: Vec<String>,
    /// What is not checked, and why.
    pub not_checked: Vec<String>,
}

/// How much a run holds in memory. Of keyed books no break, no figure and no verdict depends on it, but
/// the causes may: only of breaks that are all in memory are causes looked for that take several,
/// and is it known how many other records a reading of the rule would change before a cause is named.
/// Beyond it, another of the causes that fit may be named, or one that was proved be only possible.
/// Without a key, more differing records than fit are paired by their amounts only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// More differing records than this are compared in partitions on disk.
    pub in_memory: usize,
    /// Records of both sides that a partition should hold. One of more than three times as many is sorted
    /// on disk, and this many of its records are held at a time.
    pub partition_records: u64,
    /// Capacity of the largest sketch that a second fold may use.
    pub sketch: SketchSize,
    /// Of a side with so many records or more, what is in common is counted in steps, each for the
    /// conditions that may still win; of fewer, all is counted at once. It changes no result.
    pub in_steps_from: u64,
}

impl Default for Limits {
    /// 400,000 records in memory and in a partition; sketches of 192 MiB a thread and side; steps
    /// from a million records on.
    fn default() -> Self {
        Self {
            in_memory: 400_000,
            partition_records: 400_000,
            sketch: SketchSize::of_bits(21),
            in_steps_from: 1 << 20,
        }
    }
}

/// What a run came to.
#[derive(Debug)]
pub struct Outcome {
    /// The report, as it lies in the evidence.
    pub report: Report,
    /// The folder of the evidence.
    pub evidence: PathBuf,
    /// The breaks that weigh most, the heaviest first.
    pub largest: Vec<Break>,
    /// Files read, with their digests where they were taken.
    pub inputs: Vec<Input>,
}

/// The sketch that decodes whatever differs of so many records on both sides, as far as it is held
/// in memory; never less than where nothing is known, and never more than is allowed.
fn first_sketch_of(records: u64, limits: &Limits) -> SketchSize {
    let in_memory = u64::try_from(limits.in_memory).unwrap_or(u64::MAX);
    let size = SketchSize::for_elements(records.min(in_memory)).unwrap_or(SketchSize::LARGEST);
    let least = [size, SketchSize::DEFAULT]
        .into_iter()
        .max_by_key(|size| size.capacity());
    let allowed = least
        .unwrap_or(size)
        .capacity()
        .min(limits.sketch.capacity());
    SketchSize::for_elements(allowed).unwrap_or(limits.sketch)
}

/// Verifies two books by a plan and writes the evidence.
///
/// # Errors
/// A book cannot be read, the evidence cannot be written, or the run was stopped. The evidence
/// folder is then not there.
pub async fn verify(
    prepared: &Prepared,
    options: &Options,
    watch: &Arc<dyn Watch>,
) -> Result<Outcome, VerifyError> {
    let mut evidence = match options.is_numbered {
        true => Evidence::create_numbered(&options.evidence)?,
        false => Evidence::create(&options.evidence)?,
    };
    // Whatever ends the run before its evidence is closed takes with it what was written so far.
    let (outcome, seed) = run(prepared, options, watch, &mut evidence).await?;
    let manifest = |files| Manifest {
        version: 1,
        crossfoot: env!("CARGO_PKG_VERSION").to_owned(),
        plan: prepared.plan.name.value.clone(),
        plan_blake3: prepared.plan.digest(),
        started: options.started.to_string(),
        seed: seed
            .bytes()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
        inputs: outcome.inputs.clone(),
        files,
    };
    evidence.close(&outcome.report, manifest)?;
    Ok(outcome)
}

async fn run(
    prepared: &Prepared,
    options: &Options,
    watch: &Arc<dyn Watch>,
    evidence: &mut Evidence,
) -> Result<(Outcome, Seed), VerifyError> {
    let clock = std::time::Instant::now();
    let digesting = Digesting::begin(prepared, options, watch)?;
    // The seed is drawn once both books are what they are, files by their digests and databases by the
    // moment that is read: nobody can fit records to it.
    let seed = match &options.seed {
        Some(seed) => seed.clone(),
        None => draw()?,
    };
    let mut agreements = Vec::new();
    let mut largest = Largest::default();
    let mut rejects_of = RejectsOf::default();
    let mut reasons = Reasons::default();
    let mut looks = options.as_of.as_ref().map(Looks::new);
    for (at, agreement) in prepared.agreements.iter().enumerate() {
        let run = AgreementRun {
            prepared,
            agreement,
            at,
            options,
            seed: &seed,
            watch,
        };
        let outlet = Outlet {
            evidence,
            largest: &mut largest,
            looks: looks.as_mut(),
            reasons: &mut reasons,
        };
        let (report, rejected) = match run.verify(outlet).await {
            Err(error) => return Err(digesting.first_wrong(error, options, watch)),
            verified => verified?,
        };
        agreements.push(report);
        rejects_of = rejects_of.plus(rejected);
    }
    let mut controls = Vec::new();
    let begun = begin(prepared, options, watch).await?;
    for (control, begun) in prepared.controls.iter().zip(begun) {
        controls.push(compute(control, &begun, options, watch).await?);
    }
    let inputs = digesting.finish(options, watch)?;
    let mut moments = moments(&prepared.session);
    for later in looks.iter().flat_map(|looks| &looks.taken) {
        moments.extend(self::moments(&later.prepared.session));
    }
    let rejects = rejects_of.sum();
    let report = Report {
        version: ledger::Version,
        plan: prepared.plan.name.value.clone(),
        verdict: verdict(&agreements, &controls, rejects, &[]),
        agreements,
        controls,
        rejects,
        rejects_of,
        rejects_by: reasons.into_lines(),
        not_read: prepared.not_read(),
        moments,
        as_of: options.as_of.is_some(),
        evidence: evidence.shown(&options.evidence_shown),
        elapsed: Duration::from_millis(u64::try_from(clock.elapsed().as_millis()).unwrap_or(0)),
    };
    Ok((
        Outcome {
            report,
            evidence: evidence.folder().to_owned(),
            largest: largest.into_breaks(),
            inputs,
        },
        seed,
    ))
}

/// The databases that were read, each with its moment.
fn moments(session: &Session) -> Vec<Moment> {
    let moment = |which: Which| {
        let found = session
            .book(which)
            .tables()
            .find_map(|table| table.moment())?;
        Some(Moment {
            book: which.name().to_owned(),
            moment: found,
        })
    };
    [Which::Source, Which::Target]
        .into_iter()
        .filter_map(moment)
        .collect()
}

fn draw() -> Result<Seed, VerifyError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| VerifyError::Internal(format!("no random numbers: {error}")))?;
    Ok(Seed::new(bytes))
}

/// What of both books is digested, and when.
struct Digesting<'a> {
    tables: Vec<(Which, &'a Table)>,
    /// Of each table, what it is; none of those that are digested while they are folded.
    digests: Vec<Option<Vec<FileDigest>>>,
}

impl<'a> Digesting<'a> {
    /// Digests every file of both books, and the tables of databases that no agreement reads whole; the
    /// others are digested as they are read. Tells only sizes where digests are not wanted.
    fn begin(
        prepared: &'a Prepared,
        options: &Options,
        watch: &Arc<dyn Watch>,
    ) -> Result<Self, VerifyError> {
        let tables: Vec<(Which, &Table)> = tables_of(&prepared.session).collect();
        let mut begun = Self {
            digests: vec![None; tables.len()],
            tables,
        };
        let all: Vec<&Table> = begun.tables.iter().map(|(_, table)| *table).collect();
        if all.iter().any(|table| table.moment().is_some()) {
            watch.begin(Phase {
                work: Work::Count,
                name: String::new(),
                bytes: None,
                meter: Arc::default(),
            });
            books::cut_side_by_side(&all);
        }
        if !options.digest {
            begun.digests = all.into_iter().map(undigested).map(Some).collect();
            return Ok(begun);
        }
        let folded = folded_tables(prepared);
        let (later, now): (Vec<usize>, Vec<usize>) =
            (0..all.len()).partition(|at| is_digested_as_read(&folded, begun.tables[*at]));
        for at in later {
            all[at].digest_as_read();
        }
        begun.digest(&now, options, watch)?;
        Ok(begun)
    }

    /// What both books were, once they have been read.
    fn finish(
        mut self,
        options: &Options,
        watch: &Arc<dyn Watch>,
    ) -> Result<Vec<Input>, VerifyError> {
        let left = (0..self.tables.len()).filter(|at| self.digests[*at].is_none());
        let left: Vec<usize> = left.collect();
        self.digest(&left, options, watch)?;
        let of_tables = self.tables.into_iter().zip(self.digests);
        let inputs = of_tables.flat_map(|((which, table), digests)| {
            let input = move |digest: FileDigest| Input {
                book: which.name().to_owned(),
                table: table.name().to_owned(),
                file: digest.file,
                bytes: digest.bytes,
                blake3: digest.blake3,
            };
            digests.into_iter().flatten().map(input)
        });
        Ok(inputs.collect())
    }

    /// Which value that no type holds is met first while several threads read is chance; of those that
    /// stop a digest the first one is told.
    fn first_wrong(
        self,
        error: VerifyError,
        options: &Options,
        watch: &Arc<dyn Watch>,
    ) -> VerifyError {
        match &error {
            VerifyError::Run(RunError::Read(read)) if read.is_of_a_value() => {
                self.finish(options, watch).err().unwrap_or(error)
            }
            _ => error,
        }
    }

    /// Digests the tables at some places, as far as that was not done while they were read.
    fn digest(
        &mut self,
        places: &[usize],
        options: &Options,
        watch: &Arc<dyn Watch>,
    ) -> Result<(), VerifyError> {
        let tables: Vec<&Table> = places.iter().map(|at| self.tables[*at].1).collect();
        let meter = Arc::new(Meter::default());
        let left: Vec<u64> = tables
            .iter()
            .filter_map(|table| table.undigested())
            .collect();
        // Of what was digested as it was read nothing is left to tell.
        if !left.is_empty() {
            watch.begin(Phase {
                work: Work::Digest,
                name: String::new(),
                bytes: Some(left.into_iter().sum()),
                meter: Arc::clone(&meter),
            });
        }
        let stopped = || watch.is_stopped();
        let digests = match books::digest_tables(&tables, options.threads, &meter, &stopped) {
            Err(_) if watch.is_stopped() => return Err(VerifyError::Stopped),
            digests => digests?,
        };
        for (at, digests) in places.iter().zip(digests) {
            self.digests[*at] = Some(digests);
        }
        Ok(())
    }
}

/// The tables of both books.
fn tables_of(session: &Session) -> impl Iterator<Item = (Which, &Table)> {
    let sides = [Which::Source, Which::Target].into_iter();
    sides.flat_map(|which| {
        session
            .book(which)
            .tables()
            .map(move |table| (which, &**table))
    })
}

/// The files of a table with their sizes only.
fn undigested(table: &Table) -> Vec<FileDigest> {
    let undigested = |file: &books::FileInfo| FileDigest {
        file: file.path.clone(),
        bytes: file.bytes,
        blake3: String::new(),
    };
    let files = table.files().iter().filter(|_| table.is_named());
    files.map(undigested).collect()
}

/// The tables that agreements read whole, which none does that lets a server add up.
fn folded_tables(prepared: &Prepared) -> BTreeSet<(Which, String)> {
    let agreements = prepared.agreements.iter();
    let read_here = agreements.filter(|agreement| !agreement.is_pushed);
    let sides = read_here.flat_map(|agreement| [&agreement.expected, &agreement.actual]);
    sides
        .flat_map(|side| side.tables().iter().cloned())
        .collect()
}

/// Whether a table is digested while it is folded: of a database, since it stays what it is, and
/// reading it is what takes time.
fn is_digested_as_read(
    folded: &BTreeSet<(Which, String)>,
    (which, table): (Which, &Table),
) -> bool {
    table.moment().is_some() && folded.contains(&(which, table.name().to_owned()))
}

/// The bytes of the tables that a query reads.
pub(crate) fn bytes_of(session: &Session, sides: &[&rules::sql::Side]) -> u64 {
    tables_read(session, sides)
        .flat_map(|table| table.files())
        .map(|file| file.bytes)
        .sum()
}

/// The tables that queries read.
pub(crate) fn tables_read<'t>(
    session: &'t Session,
    sides: &'t [&rules::sql::Side],
) -> impl Iterator<Item = &'t Table> {
    let names = sides.iter().flat_map(|side| side.tables());
    names.filter_map(|(which, name)| session.book(*which).table(name).map(|table| &**table))
}

/// Returns how many bytes a verification reads, as far as that is known before: every file once for
/// its digest where digests are wanted, the tables of each agreement, and what controls read of files
/// once for all of them or each by itself. Tables of databases are not counted off for that.
///
/// # Errors
/// When a query cannot be planned.
pub async fn bytes_to_read(
    prepared: &Prepared,
    threads: usize,
    digests: bool,
) -> Result<u64, VerifyError> {
    let session = &prepared.session;
    let folded = folded_tables(prepared);
    let is_digested_apart = |(which, table): &(Which, &Table)| {
        digests && table.is_named() && !is_digested_as_read(&folded, (*which, table))
    };
    let digested = tables_of(session).filter(is_digested_apart);
    let files = digested.flat_map(|(_, table)| table.files());
    let digested = files.map(|file| file.bytes).sum();
    let agreements = prepared
        .agreements
        .iter()
        .map(|agreement| bytes_of(session, &[&agreement.expected, &agreement.actual]));
    let queries = prepared.controls.iter().map(|control| &control.query);
    let is_of_files = tables_of(session).all(|(_, table)| table.moment().is_none());
    let controls = if is_of_files {
        session.share(queries.collect(), threads).await?.all_bytes()
    } else {
        let each = queries.map(|query| bytes_of(session, &query.sides()));
        each.fold(0, u64::saturating_add)
    };
    Ok(agreements
        .chain([controls])
        .fold(digested, u64::saturating_add))
}

/// What the agreements of a run share: where breaks go, and later moments of both books.
struct Outlet<'a, 'l> {
    evidence: &'a mut Evidence,
    largest: &'a mut Largest,
    looks: Option<&'a mut Looks<'l>>,
    reasons: &'a mut Reasons,
}

/// One agreement on its way to its report.
struct AgreementRun<'a> {
    prepared: &'a Prepared,
    agreement: &'a Agreement,
    /// Its place in the plan.
    at: usize,
    options: &'a Options,
    seed: &'a Seed,
    watch: &'a Arc<dyn Watch>,
}

impl AgreementRun<'_> {
    async fn verify(
        &self,
        mut outlet: Outlet<'_, '_>,
    ) -> Result<(AgreementReport, RejectsOf), VerifyError> {
        let mut looked = self.look().await?;
        let rejected = looked.folded.rejects_of();
        let mut tally = Tally::default();
        let mut not_checked = match self.beforehand() {
            Some(known) => known.not_checked.clone(),
            None => Vec::new(),
        };
        if looked.is_changed {
            not_checked.push(CHANGED.to_owned());
        }
        if self.has_nothing(&looked.folded) {
            not_checked.push(NO_RECORDS.to_owned());
        }
        let comparison = std::mem::replace(&mut looked.folded.comparison, Comparison::of_equals());
        let agreed = comparison.complete && comparison.elements.is_empty();
        // Breaks are told by what was rejected.
        let rejects = match rejected.is_empty() {
            true => Rejected::default(),
            false => {
                self.write_rejects(rejected.sum(), &mut outlet, &mut not_checked)
                    .await?
            }
        };
        if !agreed {
            self.locate(
                &looked,
                comparison,
                &rejects,
                &mut outlet,
                &mut tally,
                &mut not_checked,
            )
            .await?;
        }
        let mut report = self.report(&looked.folded, tally, not_checked);
        report.fold = looked.fold;
        Ok((report, rejected))
    }

    /// Whether there was nothing to compare, which the plan does not allow. Records that were rejected
    /// are something: the books are not balanced for them.
    fn has_nothing(&self, folded: &Folded) -> bool {
        let records = [folded.expected.records, folded.actual.records];
        records == [0, 0] && folded.rejects() == 0 && !self.agreement.may_be_empty
    }

    /// Folds both sides, by their servers where the plan asks for it.
    async fn look(&self) -> Result<Looked, VerifyError> {
        let meter = self.begin(Work::Fold);
        let how = self.how(self.first_sketch(), &meter);
        if self.agreement.is_pushed {
            return push::look(how, &|| self.begin(Work::Fold)).await;
        }
        Ok(Looked {
            folded: fold(how, None).await?,
            restriction: None,
            fold: None,
            is_changed: false,
        })
    }

    /// A sketch that stays in the processor's cache, where files are read as fast as they are
    /// added up. A server gives its records ten times as slowly, and a second fold would read them
    /// all again: there the first sketch decodes whatever is held in memory.
    fn first_sketch(&self) -> SketchSize {
        if let Some(size) = self.options.sketch {
            return size;
        }
        let sides = [&self.agreement.expected, &self.agreement.actual];
        let tables: Vec<&Table> = tables_read(&self.prepared.session, &sides).collect();
        if tables.iter().all(|table| table.moment().is_none()) {
            return SketchSize::DEFAULT;
        }
        // Of the records of files nothing is known yet.
        let records = tables.iter().map(|table| table.counted());
        let records = records.sum::<Option<u64>>().unwrap_or(u64::MAX);
        first_sketch_of(records, &self.options.limits)
    }

    fn begin(&self, work: Work) -> Arc<Meter> {
        let sides = [&self.agreement.expected, &self.agreement.actual];
        let bytes = (work != Work::Locate).then(|| bytes_of(&self.prepared.session, &sides));
        self.begin_over(work, bytes)
    }

    fn begin_over(&self, work: Work, bytes: Option<u64>) -> Arc<Meter> {
        let meter = Arc::new(Meter::default());
        self.watch.begin(Phase {
            work,
            name: self.agreement.name.clone(),
            bytes,
            meter: Arc::clone(&meter),
        });
        meter
    }

    fn how<'h>(&'h self, size: SketchSize, meter: &'h Arc<Meter>) -> How<'h> {
        How {
            session: &self.prepared.session,
            agreement: self.agreement,
            seed: self.seed,
            size,
            threads: self.options.threads,
            watch: self.watch,
            meter,
        }
    }

    /// Finds every break: by the decoded keys, after a larger sketch if need be, or by comparing
    /// everything in partitions.
    async fn locate(
        &self,
        looked: &Looked,
        comparison: Comparison,
        rejects: &Rejected,
        outlet: &mut Outlet<'_, '_>,
        tally: &mut Tally,
        not_checked: &mut Vec<String>,
    ) -> Result<(), VerifyError> {
        let (folded, restriction) = (&looked.folded, looked.restriction.as_ref());
        let records = (folded.expected.records, folded.actual.records);
        let comparison = self.decode(comparison, records, restriction).await?;
        let meter = self.begin(if comparison.complete {
            Work::Locate
        } else {
            Work::Partition
        });
        let look = Look {
            agreement: self.agreement,
            seed: self.seed,
            threads: self.options.threads,
            watch: self.watch,
            meter: &meter,
            partition_records: self.options.limits.partition_records,
            restriction,
            whereabouts: folded.whereabouts.each_ref().map(Option::as_ref),
        };
        let groups = Groups::default();
        let mut out = Out {
            evidence: &mut *outlet.evidence,
            largest: &mut *outlet.largest,
            tally,
            explainer: self.explainer(rejects),
            readings: Readings::default(),
            broken: groups.nothing_counted(),
            groups,
            common: None,
            threads: self.options.threads.max(1),
            watch: self.watch,
            told: Arc::default(),
        };
        let layout = &self.agreement.layout;
        if comparison.complete && comparison.elements.len() <= self.options.limits.in_memory {
            let marks = comparison.elements.iter().map(|element| element.mark);
            let keys = Keys::new(layout, marks).among(folded.expected.records);
            let choice = Choice::Keys(Arc::new(keys));
            let [expected, actual] = look.fetch_differing(&choice, &comparison.elements).await?;
            if !look.agrees_with(&comparison.elements, &expected, &actual)? {
                not_checked.push(CHANGED.to_owned());
            }
            let mut differing = Differing { expected, actual };
            if let Some(looks) = &mut outlet.looks {
                differing = self
                    .without_flights(differing, &look, looks, &mut out)
                    .await?;
            }
            self.tell_all(&look, differing, folded, &mut out).await?;
        } else {
            if outlet.looks.is_some() {
                not_checked.push(NOT_LOOKED_AT.to_owned());
            }
            let choice = choice(layout, &comparison, folded.expected.records);
            let scratch = out.evidence.scratch()?;
            let sampled = self
                .options
                .causes
                .then(|| sampled(choice.as_ref(), records.0));
            let mut cut =
                Cut::new(&look, choice.as_ref(), records, scratch.path(), sampled).await?;
            if choice.is_none() && cut.seen() != records {
                not_checked.push(CHANGED.to_owned());
            }
            let readings = match sampled {
                Some(_) => {
                    let [expected, actual] = cut.take_sample()?;
                    let paired = look.pair(expected, actual)?;
                    self.propose_from_sample(&look, choice.as_ref(), &paired, &mut out)
                        .await?
                }
                None => Readings::default(),
            };
            out.told = self.begin_over(Work::Tell, Some(cut.records()));
            let mut take = |paired: &Paired<'_>, given: &Given<'_>| out.write_paired(paired, given);
            cut.compare(&look, &readings, &mut take).await?;
            out.readings = readings;
        }
        if !self.options.causes {
            return Ok(());
        }
        let (groups, broken, readings) = (out.groups, out.broken, out.readings);
        tally.common = match out.common {
            Some(common) => common,
            None => self.find_common(&groups, broken, folded).await?,
        };
        self.hold_against_book(&readings).await?;
        tally.readings = readings.notes();
        tally.not_looked_into = groups.not_looked_into();
        Ok(())
    }

    /// Decodes which records differ, with larger sketches if need be, unless they are too many to be
    /// looked for by their keys.
    async fn decode(
        &self,
        mut comparison: Comparison,
        records: (u64, u64),
        restriction: Option<&Restriction>,
    ) -> Result<Comparison, VerifyError> {
        let limits = &self.options.limits;
        let most = most_by_keys(records, limits);
        let mut size = larger(&comparison, most, limits);
        while let (false, Some(next)) = (comparison.complete, size) {
            comparison = self.fold_again(&comparison, next, restriction).await?;
            size = twice_as_large(next, limits);
        }
        if comparison.elements.len() as u64 > most {
            comparison.complete = false;
            comparison.elements = Vec::new();
        }
        Ok(comparison)
    }

    /// Compares anew what did not decode, with a sketch that will.
    async fn fold_again(
        &self,
        comparison: &Comparison,
        size: SketchSize,
        restriction: Option<&Restriction>,
    ) -> Result<Comparison, VerifyError> {
        let sample = comparison.sample.as_ref();
        let estimate = sample.map_or(0, |sample| sample.estimate);
        self.watch.say(&format!(
            "about {estimate} records differ; folding once more"
        ));
        let meter = self.begin(Work::Fold);
        Ok(fold(self.how(size, &meter), restriction).await?.comparison)
    }

    /// Writes breaks that are all in memory, each explained by itself and then together, and last by
    /// what those of a cause have in common in the whole book.
    async fn tell_all(
        &self,
        look: &Look<'_>,
        differing: Differing,
        folded: &Folded,
        out: &mut Out<'_>,
    ) -> Result<(), VerifyError> {
        let paired = look.pair(differing.expected, differing.actual)?;
        out.told = self.begin_over(Work::Tell, Some(paired.records()));
        if out.explainer.is_none() && self.agreement.origin.is_none() {
            // Nothing needs all of them at once.
            let readings = Readings::default();
            let nothing = look.read(&readings, &paired).await?;
            return out.write_paired(&paired, &nothing);
        }
        let mut found = paired.describe_all(out.threads);
        if let Some(origin) = &self.agreement.origin {
            self.trace(origin, &mut found)?;
        }
        let Some(explainer) = &out.explainer else {
            return out.write(found, paired.records());
        };
        out.readings = Readings::choose(self.agreement, &paired, out.threads).await?;
        let given = look.read(&out.readings, &paired).await?;
        let readings = &out.readings;
        readings.count_fits(self.agreement, &given, &found, out.threads);
        self.hold_against_book(readings).await?;
        let mut found = explainer.explain_all(found, &given, out.threads);
        drop(given);
        let usual = Background::sample(self.agreement, &found, self.watch).await?;
        out.propose_from(self.of(), &found, &usual)?;
        out.count_broken(&paired)?;
        let broken = out.count_breaks(&found);
        let common = self.find_common(&out.groups, broken, folded).await?;
        out.common = Some(out.groups.settle(&mut found, common));
        out.write(found, paired.records())
    }

    /// Looks again at the records that differ, and gives back those that are breaks. The others are
    /// written out as in flight.
    async fn without_flights(
        &self,
        differing: Differing,
        look: &Look<'_>,
        looks: &mut Looks<'_>,
        out: &mut Out<'_>,
    ) -> Result<Differing, VerifyError> {
        let fates = looks.look_again(look, self.at, &differing).await?;
        let [breaks, settled, moving] = differing.part(look, &fates)?;
        for (flights, fate) in [(settled, Fate::Settled), (moving, Fate::Moving)] {
            let paired = look.pair(flights.expected, flights.actual)?;
            for found in paired.describe_all(out.threads) {
                let flight = in_flight(found, fate);
                let line = out.evidence.write_flight(&flight)?;
                out.tally.add_flight(&flight, &line)?;
            }
        }
        Ok(breaks)
    }

    /// Counts over the whole book what other readings of the rule would change.
    async fn hold_against_book(&self, readings: &Readings) -> Result<(), VerifyError> {
        let begin = || {
            let mut run = Run::new(self.options.threads);
            run.meter = self.begin(Work::Common);
            run
        };
        readings
            .hold_against_book(self.agreement, &begin, self.watch)
            .await
    }

    /// What explains the breaks, if anything is to.
    fn explainer<'e>(&'e self, rejects: &'e Rejected) -> Option<Explainer<'e>> {
        let causes = self.options.causes;
        causes.then(|| Explainer::knowing(self.prepared, self.agreement, rejects))
    }

    fn of(&self) -> Of<'_> {
        Of {
            agreement: self.agreement,
            session: &self.prepared.session,
        }
    }

    /// Looks at a sample of the records that are compared, where too many differ to be held at once:
    /// those that differ tell which readings of the rule and which conditions to try on all, and
    /// those that agree what is usual. Where all of them differ, others tell that.
    async fn propose_from_sample(
        &self,
        look: &Look<'_>,
        choice: Option<&Choice>,
        paired: &Paired<'_>,
        out: &mut Out<'_>,
    ) -> Result<Readings, VerifyError> {
        let readings = Readings::choose(self.agreement, paired, look.threads).await?;
        let mut breaks = paired.describe_all(look.threads);
        let given = look.read(&readings, paired).await?;
        if let Some(explainer) = &out.explainer {
            let block = breaks.len().div_ceil(out.threads).max(1);
            let blocks = breaks.chunks_mut(block).enumerate();
            let explain = |(number, breaks): (usize, &mut [Break])| {
                explainer.explain_each(breaks, &given, number * block);
            };
            in_parallel(blocks, &explain);
        }
        drop(given);
        let usual = match choice {
            Some(wanted @ Choice::Keys(_)) => {
                let probe = |side| look.probe(side, wanted);
                let sample = Background::sample(self.agreement, &breaks, self.watch).await?;
                sample.without(&[probe(Side::Expected), probe(Side::Actual)])?
            }
            Some(Choice::Buckets(_) | Choice::Sample(_)) | None => {
                Background::of_agreeing(paired.agreeing()?)
            }
        };
        out.propose_from(self.of(), &breaks, &usual)?;
        Ok(readings.not_counted_yet())
    }

    /// Counts over the whole book what the breaks of each cause have in common.
    async fn find_common(
        &self,
        groups: &Groups,
        broken: Census,
        folded: &Folded,
    ) -> Result<BTreeMap<CauseKey, Common>, VerifyError> {
        let passes = Passes {
            of: self.of(),
            threads: self.options.threads,
            watch: self.watch,
            has_rejects: folded.rejects() > 0,
            records: [folded.expected.records, folded.actual.records],
            in_steps_from: self.options.limits.in_steps_from,
            begin: &|bytes| self.begin_over(Work::Common, Some(bytes)),
        };
        groups.count(broken, &passes).await
    }

    /// Looks up the source records of breaks that the rule itself cannot be followed back from:
    /// of extra records, and below groups.
    fn trace(&self, origin: &Origin, breaks: &mut [Break]) -> Result<(), VerifyError> {
        let is_traced = |found: &Break| found.source.iter().any(|s| s.table == origin.table);
        let mut open: Vec<usize> = Vec::new();
        let mut values = Vec::new();
        for (at, found) in breaks
            .iter()
            .enumerate()
            .filter(|(_, found)| !is_traced(found))
        {
            let Some(record) = found.expected.as_ref().or(found.actual.as_ref()) else {
                continue;
            };
            let value = |(_, own): &(String, String)| record.get(own).flatten().map(str::to_owned);
            open.push(at);
            values.push(origin.on.iter().map(value).collect());
        }
        if open.is_empty() {
            return Ok(());
        }
        let columns = origin.on.iter().map(|(column, _)| column.clone()).collect();
        let wanted = rules::sql::Wanted { columns, values };
        let session = &self.prepared.session;
        for fetched in session.fetch(Which::Source, &origin.table, &wanted)? {
            breaks[open[fetched.wanted]]
                .source
                .push(fetched.record.into());
        }
        Ok(())
    }

    /// Runs both sides once more to write out the records that could not be converted, and gives back
    /// what is to be known of them.
    async fn write_rejects(
        &self,
        rejected: u64,
        outlet: &mut Outlet<'_, '_>,
        not_checked: &mut Vec<String>,
    ) -> Result<Rejected, VerifyError> {
        let meter = self.begin(Work::Rejects);
        let scratch = outlet.evidence.scratch()?;
        let failed = |error| VerifyError::Evidence {
            path: scratch.path().to_owned(),
            error,
        };
        let planned = self.prepared.plan.agreements.get(self.at);
        let requires = planned.into_iter().flat_map(|planned| &planned.require);
        let requires: Vec<&str> = requires.map(|require| require.as_str()).collect();
        let mut rejects = Rejected::of(self.agreement);
        let mut written = 0;
        for side in [Side::Expected, Side::Actual] {
            let run = Run {
                lineage: true,
                rejects: Rejects::keeping_in(scratch.path()),
                meter: Arc::clone(&meter),
                ..Run::new(self.options.threads)
            };
            let query = self.agreement.side(side);
            crate::drive::drive(query, &run, self.watch, || crate::drive::Nowhere).await?;
            for reject in run.rejects.take().map_err(failed)? {
                let reject = reject.map_err(failed)?;
                written += 1;
                rejects.take(side, &reject);
                outlet.reasons.take(side, &requires, &reject);
                let reject = rejected::written(self.agreement, side, reject);
                outlet.evidence.write_reject(&reject)?;
            }
        }
        if written != rejected {
            not_checked.push(format!(
                "{rejected} records were rejected at first, {written} when they were written out"
            ));
        }
        Ok(rejects)
    }

    fn report(
        &self,
        folded: &Folded,
        mut tally: Tally,
        mut not_checked: Vec<String>,
    ) -> AgreementReport {
        let (expected, actual) = (&folded.expected, &folded.actual);
        let layout = &self.agreement.layout;
        for (at, column) in layout.money().iter().enumerate() {
            let name = &layout.columns()[*column].name;
            let scale = layout.money_scale(*column);
            let (left, right) = (&expected.totals[at], &actual.totals[at]);
            let currencies: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            for currency in currencies {
                let sum = |totals: &BTreeMap<String, footing::Total>| {
                    let sum = totals.get(currency).copied().unwrap_or_default().sum();
                    sum.and_then(|sum| sum_text(sum, scale).parse::<Wide>().ok())
                };
                match (sum(left), sum(right)) {
                    (Some(left), Some(right)) => {
                        tally.account.add_totals(name, currency, &left, &right)
                    }
                    _ => not_checked.push(format!("the control total of {name} in {currency}")),
                }
            }
        }
        let closed = tally.account.close();
        let records = Counts {
            expected: expected.records,
            actual: actual.records,
            agreed: expected.records.saturating_sub(tally.disagreeing),
        };
        AgreementReport {
            name: self.agreement.name.clone(),
            records,
            totals: closed.iter().map(ledger::ClosedLine::total).collect(),
            causes: tally.causes(),
            residual: closed
                .iter()
                .map(ledger::ClosedLine::residual_amount)
                .collect(),
            crossed: self.crossed(folded, &mut not_checked),
            notes: self.notes(folded, &tally),
            repairs: self.repairs(),
            breaks: tally.counts,
            in_flight: tally.in_flight,
            not_checked,
            fold: None,
        }
    }

    fn beforehand(&self) -> Option<&Beforehand> {
        self.options.beforehand.get(self.at)
    }

    fn notes(&self, folded: &Folded, tally: &Tally) -> Vec<String> {
        let layout = &self.agreement.layout;
        let known = self.beforehand().into_iter().flat_map(|known| &known.notes);
        let mut notes: Vec<String> = known.cloned().collect();
        notes.extend(layout.notes().iter().map(ToString::to_string));
        if !layout.not_compared().is_empty() {
            notes.push(format!(
                "not compared, as the rule says nothing of it: {}",
                layout.not_compared().join(", ")
            ));
        }
        if !self.agreement.ignored.is_empty() {
            notes.push(format!(
                "not compared, as the plan says: {}",
                self.agreement.ignored.join(", ")
            ));
        }
        let sides = [&folded.expected, &folded.actual];
        let [expected, actual] = sides.map(|side: &Figures| side.null_keys);
        if expected > 0 || actual > 0 {
            notes.push(format!(
                "records with NULL in the key: {expected} expected, {actual} actual"
            ));
        }
        notes.extend(self.corrections());
        if self.options.as_of.is_some() {
            notes.push(
                "the books were not frozen: this holds of the moment that was read".to_owned(),
            );
        }
        let ledger::InFlight { settled, moving } = tally.in_flight;
        match settled {
            0 => {}
            1 => notes.push("1 record was in flight and has settled".to_owned()),
            _ => notes.push(format!("{settled} records were in flight and have settled")),
        }
        match moving {
            0 => {}
            1 => notes.push("1 record was still changing when it was last looked at".to_owned()),
            _ => notes.push(format!(
                "{moving} records were still changing when they were last looked at"
            )),
        }
        if !self.options.causes && tally.counts.sum() > 0 {
            notes.push("the causes of the breaks were not looked for, as asked".to_owned());
        }
        notes.extend(tally.readings.iter().cloned());
        notes.extend(tally.filters());
        notes.extend(tally.not_looked_into.clone());
        if tally.ambiguous > 0 {
            notes.push(format!(
                "{} breaks could be paired in other ways that fit as well",
                tally.ambiguous
            ));
        }
        notes
    }

    /// Says which tables are read with correcting entries.
    fn corrections(&self) -> Vec<String> {
        let tables = self.agreement.actual.tables().iter();
        let tables = tables.filter(|(which, _)| *which == Which::Target);
        // Entries that cannot be read have ended the run before.
        let corrected = tables.filter_map(|(_, table)| {
            let corrected = self.prepared.session.corrected(table).ok()??;
            Some(format!(
                "`{table}` is read with its corrections: {} reversals, {} rebookings",
                corrected.reversals, corrected.rebookings
            ))
        });
        corrected.collect()
    }

    /// The crossed totals on which the sides differ.
    fn crossed(&self, folded: &Folded, not_checked: &mut Vec<String>) -> Vec<CrossedTotal> {
        let layout = &self.agreement.layout;
        if layout.foot().is_empty() {
            return Vec::new();
        }
        let sides = (
            &folded.expected.crossed.groups,
            &folded.actual.crossed.groups,
        );
        let (Some(left), Some(right)) = sides else {
            not_checked.push(format!(
                "the crossed totals: they have more than {} groups",
                footing::CROSSED_MAX
            ));
            return Vec::new();
        };
        let groups: BTreeSet<&footing::Group> = left.keys().chain(right.keys()).collect();
        let nothing = footing::CrossedLine::default();
        let mut crossed = Vec::new();
        for group in groups {
            let (a, b) = (
                left.get(group).unwrap_or(&nothing),
                right.get(group).unwrap_or(&nothing),
            );
            let totals = self.crossed_totals(group, a, b);
            if a.records != b.records || totals.iter().any(|(_, off)| *off) {
                let names = layout
                    .foot()
                    .iter()
                    .map(|at| layout.columns()[*at].name.as_str());
                crossed.push(CrossedTotal {
                    by: names.zip(group.iter().cloned()).collect(),
                    records: Sides {
                        expected: a.records,
                        actual: b.records,
                    },
                    totals: totals.into_iter().map(|(total, _)| total).collect(),
                });
            }
        }
        crossed
    }

    fn crossed_totals(
        &self,
        group: &footing::Group,
        left: &footing::CrossedLine,
        right: &footing::CrossedLine,
    ) -> Vec<(Total, bool)> {
        let layout = &self.agreement.layout;
        let total = |(at, column): (usize, &usize)| {
            let scale = layout.money_scale(*column);
            let sum = |line: &footing::CrossedLine| {
                line.totals
                    .get(at)
                    .copied()
                    .unwrap_or_default()
                    .sum()
                    .unwrap_or_default()
            };
            let (expected, actual) = (sum(left), sum(right));
            let difference = actual.wrapping_sub(expected);
            let line = Total {
                column: layout.columns()[*column].name.clone(),
                currency: group.last().cloned().flatten().unwrap_or_default(),
                expected: sum_text(expected, scale),
                actual: sum_text(actual, scale),
                difference: sum_text(difference, scale),
            };
            (line, expected != actual)
        };
        layout.money().iter().enumerate().map(total).collect()
    }

    fn repairs(&self) -> Vec<ledger::Repair> {
        let mut tables: BTreeSet<(Which, String)> = BTreeSet::new();
        for side in [&self.agreement.expected, &self.agreement.actual] {
            tables.extend(side.tables().iter().cloned());
        }
        let mut counts: BTreeMap<(Which, String, String, String), u64> = BTreeMap::new();
        for (which, name) in tables {
            let table = self.prepared.session.book(which).table(&name);
            for repair in table.into_iter().flat_map(|table| table.repairs()) {
                let what = match repair.column.filter(|column| !column.is_empty()) {
                    Some(column) => format!("{} ({column})", repair.what.setting()),
                    None => repair.what.setting().to_owned(),
                };
                *counts
                    .entry((which, name.clone(), repair.file, what))
                    .or_default() += repair.count;
            }
        }
        let line = |((which, table, file, what), count): ((Which, String, String, String), u64)| {
            ledger::Repair {
                book: which.name().to_owned(),
                table,
                file,
                what,
                count,
            }
        };
        counts.into_iter().map(line).collect()
    }
}

/// Where the breaks of an agreement go.
struct Out<'a> {
    evidence: &'a mut Evidence,
    largest: &'a mut Largest,
    tally: &'a mut Tally,
    /// None where breaks are only located.
    explainer: Option<Explainer<'a>>,
    readings: Readings,
    /// What may be common to the breaks of each cause, and the breaks counted so far.
    groups: Groups,
    broken: Census,
    /// What is common to the breaks of each cause, where the whole book was held against it before any of
    /// them is written.
    common: Option<BTreeMap<CauseKey, Common>>,
    threads: usize,
    watch: &'a Arc<dyn Watch>,
    /// Counts the breaks that are written, and the records that they were looked for among.
    told: Arc<Meter>,
}

/// Counts records in even shares, as the parts are told in which their breaks are.
struct Share {
    told: Arc<Meter>,
    left: u64,
    each: u64,
}

impl Share {
    fn of(records: u64, parts: usize, told: &Arc<Meter>) -> Self {
        Self {
            told: Arc::clone(told),
            left: records,
            each: records / (parts as u64).max(1),
        }
    }

    fn advance(&mut self, parts: usize) {
        let records = self.each * parts as u64;
        self.left -= records;
        self.told.bytes.fetch_add(records, Ordering::Relaxed);
    }

    /// Counts what no share holds.
    fn end(self) {
        self.told.bytes.fetch_add(self.left, Ordering::Relaxed);
    }
}

/// A block of breaks, written out, and what it adds to the counts of their groups.
struct Block {
    written: Written,
    counted: Vec<causes::common::Tally>,
}

impl Out<'_> {
    /// Proposes from breaks, or a sample of them, what those of each cause have in common.
    fn propose_from(
        &mut self,
        of: Of<'_>,
        breaks: &[Break],
        usual: &Background,
    ) -> Result<(), VerifyError> {
        let Some(explainer) = &self.explainer else {
            return Ok(());
        };
        let zone = &explainer.terms().zone;
        self.groups = Groups::propose(of, zone, breaks, usual, self.threads)?;
        self.broken = self.groups.nothing_counted();
        Ok(())
    }

    /// Counts the records that the breaks of a partition are about.
    fn count_broken(&mut self, paired: &Paired<'_>) -> Result<(), VerifyError> {
        if paired.agrees() {
            return Ok(());
        }
        for side in self.groups.sides() {
            let records = paired.broken(side)?;
            self.groups.count_broken(side, records, &mut self.broken)?;
        }
        Ok(())
    }

    /// Counts breaks that are all there are, each for the group of its own cause; gives what was counted
    /// with them.
    fn count_breaks(&mut self, breaks: &[Break]) -> Census {
        let part = breaks.len().div_ceil(self.threads).max(1);
        let count = |part: &[Break]| self.groups.count_breaks(part);
        let counted = in_parallel(breaks.chunks(part), &count);
        let mut broken = std::mem::replace(&mut self.broken, self.groups.nothing_counted());
        counted.iter().for_each(|own| broken.add(own));
        broken
    }

    /// Describes, explains and writes the breaks of a partition, a block a thread.
    fn write_paired(&mut self, paired: &Paired<'_>, given: &Given<'_>) -> Result<(), VerifyError> {
        self.count_broken(paired)?;
        let blocks: Vec<(usize, &[Found])> = paired.blocks().into_iter().enumerate().collect();
        let mut share = Share::of(paired.records(), blocks.len(), &self.told);
        for wave in blocks.chunks(self.threads) {
            let write = |(number, block): (usize, &[Found])| {
                let mut breaks = paired.describe(block);
                let from = number * BREAKS_PER_BLOCK;
                if let Some(explainer) = &self.explainer {
                    explainer.explain_each(&mut breaks, given, from);
                }
                self.write_block(breaks)
            };
            let written = in_parallel(wave.iter().copied(), &write);
            self.append(written)?;
            share.advance(wave.len());
        }
        share.end();
        Ok(())
    }

    fn write_block(&self, breaks: Vec<Break>) -> Result<Block, VerifyError> {
        let counted = match self.common {
            Some(_) => Vec::new(),
            None => self.groups.count_breaks(&breaks),
        };
        Ok(Block {
            written: write_out(breaks)?,
            counted,
        })
    }

    /// Writes breaks that are described already, of so many records.
    fn write(&mut self, breaks: Vec<Break>, records: u64) -> Result<(), VerifyError> {
        let mut share = Share::of(records, breaks.len(), &self.told);
        let mut waiting = breaks.into_iter();
        while waiting.len() > 0 {
            let before = waiting.len();
            let blocks = next_parts(&mut waiting, BREAKS_PER_BLOCK, self.threads);
            let write = |block: Vec<Break>| self.write_block(block);
            let written = in_parallel(blocks.into_iter(), &write);
            self.append(written)?;
            share.advance(before - waiting.len());
        }
        share.end();
        Ok(())
    }

    fn append(&mut self, wave: Vec<Result<Block, VerifyError>>) -> Result<(), VerifyError> {
        for block in wave {
            let Block { written, counted } = block?;
            let breaks = written.rows.num_rows() as u64;
            self.told.rows.fetch_add(breaks, Ordering::Relaxed);
            self.broken.add(&counted);
            self.evidence.append(&written.lines, written.rows)?;
            self.tally.merge(written.tally);
            self.largest.merge(written.largest);
        }
        match self.watch.is_stopped() {
            true => Err(VerifyError::Stopped),
            false => Ok(()),
        }
    }
}

/// How many differing records are looked for by their keys at most. Where there are more, and more than
/// are held in memory, all are compared in partitions: if more than half differ, that is no more work.
///
/// What is done follows from how many differ, and never from what was estimated of it, which depends on
/// the run's secret: so two runs do the same. A sketch has room for more, lest an estimate that is too
/// high keep them from being counted.
fn most_by_keys(records: (u64, u64), limits: &Limits) -> u64 {
    let in_memory = u64::try_from(limits.in_memory).unwrap_or(u64::MAX);
    let half = records.0.saturating_add(records.1) / 2;
    in_memory.max(half).min(limits.sketch.capacity() / 3 * 2)
}

/// A sketch that will decode, unless the estimate says that surely more than `most` records differ.
fn larger(comparison: &Comparison, most: u64, limits: &Limits) -> Option<SketchSize> {
    let estimate = comparison.sample.as_ref()?.estimate;
    if estimate > most.saturating_add(most / 4) {
        return None;
    }
    let size = SketchSize::for_elements(estimate.saturating_add(estimate / 5));
    let sizes = size.into_iter().chain([limits.sketch]);
    sizes.min_by_key(|size| size.capacity())
}

/// The next sketch after one that did not decode.
fn twice_as_large(size: SketchSize, limits: &Limits) -> Option<SketchSize> {
    let next = SketchSize::for_elements(size.capacity().saturating_add(1))?;
    (next.capacity() <= limits.sketch.capacity()).then_some(next)
}

/// One in how many of the compared records is looked at beforehand, as a power of two: of those that
/// are known to differ fewer tell enough.
fn sampled(choice: Option<&Choice>, records: u64) -> u32 {
    match choice {
        Some(Choice::Keys(keys)) => bits_of_sample(keys.len() as u64, SAMPLED_BROKEN),
        Some(Choice::Buckets(_) | Choice::Sample(_)) | None => bits_of_sample(records, SAMPLED),
    }
}

/// What to compare in partitions: the decoded keys, else the differing buckets, else everything.
fn choice(layout: &footing::Layout, comparison: &Comparison, records: u64) -> Option<Choice> {
    if comparison.complete {
        let marks = comparison.elements.iter().map(|element| element.mark);
        let keys = Keys::new(layout, marks).among(records);
        return Some(Choice::Keys(Arc::new(keys)));
    }
    if comparison.differing_buckets.len() * 2 > footing::BUCKETS {
        return None;
    }
    let mut wanted = vec![false; footing::BUCKETS];
    for bucket in &comparison.differing_buckets {
        wanted[*bucket] = true;
    }
    Some(Choice::Buckets(Arc::new(wanted)))
}

/// Reads once what several controls have in common.
async fn begin(
    prepared: &Prepared,
    options: &Options,
    watch: &Arc<dyn Watch>,
) -> Result<Vec<Begun>, VerifyError> {
    let queries = prepared.controls.iter().map(|control| &control.query);
    let session = &prepared.session;
    let shared = session.share(queries.collect(), options.threads).await?;
    if shared.bytes() > 0 {
        watch.begin(Phase {
            work: Work::Share,
            name: String::new(),
            bytes: Some(shared.bytes()),
            meter: Arc::clone(shared.meter()),
        });
    }
    let watched = Arc::clone(watch);
    let begun = shared.read(Arc::new(move || watched.is_stopped())).await?;
    match watch.is_stopped() {
        true => Err(VerifyError::Stopped),
        false => Ok(begun),
    }
}

async fn compute(
    control: &Control,
    begun: &Begun,
    options: &Options,
    watch: &Arc<dyn Watch>,
) -> Result<ControlReport, VerifyError> {
    let meter = &begun.run().meter;
    watch.begin(Phase {
        work: Work::Control,
        name: control.name.clone(),
        // What it has read beside the others is in its meter already.
        bytes: Some(begun.bytes() + meter.bytes.load(Ordering::Relaxed)).filter(|bytes| *bytes > 0),
        meter: Arc::clone(meter),
    });
    let outcome = control.query.finish(begun).await?;
    if watch.is_stopped() {
        return Err(VerifyError::Stopped);
    }
    let lines = outcome.rows.iter().map(|row| ControlLine {
        key: row.labels.iter().cloned().collect(),
        expected: row.expected.clone(),
        actual: row.actual.clone(),
        difference: row.difference.clone(),
    });
    let off = |line: &ControlLine| {
        let zero = |text: &String| text.parse::<Wide>().is_ok_and(|sum| sum.is_zero());
        !line.difference.as_ref().is_some_and(zero)
    };
    let sum = |figure: fn(&rules::sql::ControlRow) -> Option<&String>| -> Option<String> {
        let mut total = Wide::new();
        for row in &outcome.rows {
            total.add_wide(&figure(row)?.parse().ok()?);
        }
        (!outcome.rows.is_empty()).then(|| total.to_string())
    };
    let mut status = outcome.status;
    let mut says = outcome.notes;
    says.extend(twice(&outcome.rows));
    says.extend(residue(&outcome.rows));
    if options.as_of.is_some() && status == ControlStatus::Broken && control.reads_both() {
        status = ControlStatus::Incomplete;
        says.push("the books moved between their moments; freeze both to compute it".to_owned());
    }
    Ok(ControlReport {
        name: control.name.clone(),
        status,
        expected: sum(|row| row.expected.as_ref()),
        actual: sum(|row| row.actual.as_ref()),
        difference: sum(|row| row.difference.as_ref()),
        lines: lines.filter(off).collect(),
        says: (!says.is_empty()).then(|| says.join("; ")),
    })
}

/// Says where lines of a control hold just twice, or half, of what they should.
fn twice(rows: &[ControlRow]) -> Option<String> {
    let figure = |text: &Option<String>| text.as_ref()?.parse::<Wide>().ok();
    let doubled = |mut one: Wide, other: &Wide| {
        let once = one.clone();
        one.add_wide(&once);
        one == *other
    };
    let mut count = 0_u64;
    for row in rows {
        if let (Some(expected), Some(actual)) = (figure(&row.expected), figure(&row.actual)) {
            let is_twice = doubled(expected.clone(), &actual) || doubled(actual, &expected);
            count += u64::from(is_twice && !expected.is_zero());
        }
    }
    match count {
        0 => None,
        1 => Some(
            "in 1 line one figure is just twice the other: what is behind it may be there twice"
                .to_owned(),
        ),
        _ => Some(format!(
            "in {count} lines one figure is just twice the other: what is behind it may be there twice"
        )),
    }
}

/// Says where figures of a control differ by so little that it is no money: what is left of zero where
/// somebody adds up in binary fractions.
fn residue(rows: &[ControlRow]) -> Option<String> {
    let differences = rows.iter().filter_map(|row| row.difference.as_deref());
    match differences.filter(|difference| is_residue(difference)).count() {
        0 => None,
        1 => Some(
            "in 1 line the figures are less than a billionth apart: what binary fractions leave of zero"
                .to_owned(),
        ),
        count => Some(format!(
            "in {count} lines the figures are less than a billionth apart: what binary fractions leave \
             of zero"
        )),
    }
}

/// Whether the first digit of an amount that is no zero stands behind nine decimals.
fn is_residue(difference: &str) -> bool {
    let digits = difference.strip_prefix('-').unwrap_or(difference);
    let Some((whole, decimals)) = digits.split_once('.') else {
        return false;
    };
    let is_zero = |digit: &u8| *digit == b'0';
    let zeros = decimals.bytes().take_while(is_zero).count();
    whole.bytes().all(|digit| digit == b'0') && (9..decimals.len()).contains(&zeros)
}

impl Options {
    /// One thread for each processor, a fresh seed, digests taken, and the folder's own name.
    pub fn new(evidence: PathBuf) -> Self {
        Self {
            threads: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            evidence_shown: evidence.display().to_string(),
            evidence,
            is_numbered: false,
            started: Timestamp::now(),
            seed: None,
            sketch: None,
            digest: true,
            causes: true,
            limits: Limits::default(),
            as_of: None,
            beforehand: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_that_is_no_money_is_what_binary_fractions_leave() {
        for residue in [
            "0.000000000001364242",
            "-0.000000000000909495",
            "0.0000000009",
        ] {
            assert!(is_residue(residue), "{residue}");
        }
        for money in [
            "0.00",
            "0.000000000000",
            "0.01",
            "0.000000001",
            "3.000000000001",
            "7",
            "-0",
        ] {
            assert!(!is_residue(money), "{money}");
        }
    }
}
