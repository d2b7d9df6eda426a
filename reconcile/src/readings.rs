//! Other readings of the rule, as evidence: what each would have given for the records that differ.
//!
//! A rule has up to five hundred of them. Those that give what the target holds for some record of a
//! sample are then tried on all.

use crate::error::VerifyError;
use crate::locate::Paired;
use crate::pairing::Found;
use crate::parallel::in_parallel;
use crate::prepare::Agreement;
use crate::rows::Spelling;
use crate::tally::disagreeing;
use crate::watch::Watch;
use arrow_array::cast::AsArray;
use arrow_array::{RecordBatch, UInt32Array};
use arrow_select::take::take_record_batch;
use causes::{BorneOut, CauseId, Says};
use footing::Class;
use futures::StreamExt;
use ledger::{Break, BreakKind, Record, SmolStr};
use rules::sql::{Reading, Reread, Run, RunError};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::task::JoinSet;

/// Differing records on which every reading is tried.
const SAMPLED: usize = 512;

/// Breaks that a reading must explain to be counted over the whole book.
const TELLING_MIN: u64 = 3;

/// Readings that may be tried on all records.
const CHOSEN_MAX: usize = 16;

/// Readings that one pass over the whole book counts.
const COUNTED_MAX: usize = 8;

/// Readings of one agreement's rule.
#[derive(Debug, Default)]
pub(crate) struct Readings {
    readings: Vec<(CauseId, Reading)>,
    counts: Vec<Count>,
}

/// What is known of a reading beyond single records.
#[derive(Debug, Default)]
struct Count {
    /// For how many breaks it gives what the target holds.
    fits: AtomicU64,
    /// How many records of other breaks it would change. They do not agree with the rule, and so do
    /// not speak for it.
    broken: AtomicU64,
    /// Of how many breaks whose record is there it gives what the target does not hold.
    contrary: AtomicU64,
    /// How many records of the whole book it would change, once that was counted.
    changed: OnceLock<u64>,
}

impl Count {
    fn fits(&self) -> u64 {
        self.fits.load(Ordering::Relaxed)
    }

    /// How many records it would change that agree with the rule.
    fn against(&self) -> Option<u64> {
        let changed = self.changed.get()?;
        // Where it would change fewer than those, it was not counted as it was tried.
        let others = changed.checked_sub(self.fits())?;
        others.checked_sub(self.broken.load(Ordering::Relaxed))
    }

    /// Whether no record of the whole book speaks against it, be it one that agrees or one that is
    /// broken otherwise. A record that is not there says nothing.
    fn is_borne_out(&self) -> bool {
        self.against() == Some(0) && self.contrary.load(Ordering::Relaxed) == 0
    }
}

/// What readings give for the breaks of one partition.
#[derive(Debug)]
pub(crate) struct Given<'a> {
    readings: &'a [(CauseId, Reading)],
    counts: &'a [Count],
    answers: Vec<Option<Reread>>,
    /// For each break, which of the read records is its own.
    record_of: Vec<Option<u32>>,
    /// The columns that breaks spell exactly.
    exact: BTreeSet<String>,
}

/// What a reading makes of the record of a break.
#[derive(Debug)]
enum Outcome {
    /// The same record, as far as can be told.
    Same,
    /// It cannot convert the record, and is no reading that anybody lived with.
    Reject,
    /// Another record in its place, or none.
    Other(Option<Record>),
}

impl Readings {
    /// Every reading of the rule.
    pub(crate) fn all(agreement: &Agreement) -> Self {
        let known = |reading: Reading| Some((CauseId::find(reading.cause)?, reading));
        let readings = agreement.expected.readings();
        Self::new(readings.into_iter().filter_map(known).collect())
    }

    /// Of all readings those that give what the target holds for some of the breaks, or some of
    /// a sample of them.
    pub(crate) async fn choose(
        agreement: &Agreement,
        paired: &Paired<'_>,
        threads: usize,
    ) -> Result<Self, VerifyError> {
        let all = Self::all(agreement);
        let found = paired.found();
        let step = found.len().div_ceil(SAMPLED).max(1);
        let sampled: Vec<Found> = found.iter().step_by(step).cloned().collect();
        let given = all.read(agreement, paired, &sampled, threads).await?;
        let mut fits = vec![Vec::new(); all.readings.len()];
        for (at, found) in paired.describe(&sampled).iter().enumerate() {
            for (reading, outcome) in given.outcomes(agreement, at, found) {
                if outcome.fits(found) {
                    fits[reading].push(at);
                }
            }
        }
        drop(given);
        let chosen = chosen(fits);
        let readings = all.readings.into_iter().enumerate();
        let readings = readings.filter(|(number, _)| chosen.contains(number));
        Ok(Self::new(readings.map(|(_, reading)| reading).collect()))
    }

    fn new(readings: Vec<(CauseId, Reading)>) -> Self {
        Self {
            counts: readings.iter().map(|_| Count::default()).collect(),
            readings,
        }
    }

    /// Counts for how many of the breaks each reading gives what the target holds, and how many
    /// others it would change.
    pub(crate) fn count_fits(
        &self,
        agreement: &Agreement,
        given: &Given<'_>,
        breaks: &[Break],
        threads: usize,
    ) {
        let size = breaks.len().div_ceil(threads.max(1)).max(1);
        let count = |(part, breaks): (usize, &[Break])| {
            for (at, found) in breaks.iter().enumerate() {
                let outcomes = given.outcomes(agreement, part * size + at, found);
                given.count(found, &outcomes);
            }
        };
        in_parallel(breaks.chunks(size).enumerate(), &count);
    }

    /// Counts over the whole book what the telling readings would change, where that was not done
    /// before.
    pub(crate) async fn hold_against_book(
        &self,
        agreement: &Agreement,
        begin: &(dyn Fn() -> Run + Sync),
        watch: &Arc<dyn Watch>,
    ) -> Result<(), VerifyError> {
        let open = |number: &usize| self.counts[*number].changed.get().is_none();
        let telling: Vec<usize> = self.telling().into_iter().filter(open).collect();
        if telling.is_empty() {
            return Ok(());
        }
        let rules: Vec<Reading> = telling
            .iter()
            .map(|number| self.readings[*number].1.clone())
            .collect();
        let Some(changed) = changed_by(agreement, &rules, &begin(), watch).await? else {
            return Ok(());
        };
        for (number, changed) in telling.into_iter().zip(changed) {
            self.counts[number].changed.get_or_init(|| changed);
        }
        Ok(())
    }

    /// Says how what each reading would change in the whole book agrees with the breaks that it
    /// explains.
    pub(crate) fn notes(&self) -> Vec<String> {
        let note = |number: usize| {
            let count = &self.counts[number];
            let (changed, fits) = (*count.changed.get()?, count.fits());
            let (against, reading) = (count.against()?, &self.readings[number].1);
            Some(format!(
                "{} reading of the rule, {}: gives what the target holds for {fits} breaks, and would change {changed} records of the whole book, of which {against} agree with the rule",
                reading.cause, reading.en
            ))
        };
        self.telling().into_iter().filter_map(note).collect()
    }

    /// The readings that explain many of the breaks that they could: of these it is worth a pass to
    /// know what else they would change. Those that explain most, where they are many.
    fn telling(&self) -> Vec<usize> {
        let fits = |number: &usize| self.counts[*number].fits();
        let numbers = 0..self.readings.len();
        let most = numbers.clone().map(|number| fits(&number)).max();
        let most = most.unwrap_or(0);
        let is_telling = |number: &usize| {
            let fits = fits(number);
            fits >= TELLING_MIN && fits.saturating_mul(2) >= most
        };
        let mut telling: Vec<usize> = numbers.filter(is_telling).collect();
        telling.sort_by_key(|number| std::cmp::Reverse(fits(number)));
        telling.truncate(COUNTED_MAX);
        telling
    }

    /// The same readings with no break counted.
    pub(crate) fn not_counted_yet(self) -> Self {
        Self::new(self.readings)
    }

    /// The readings by themselves.
    pub(crate) fn rules(&self) -> Vec<Reading> {
        let readings = self.readings.iter();
        readings.map(|(_, reading)| reading.clone()).collect()
    }

    /// Reads the source records of these breaks anew.
    pub(crate) async fn read<'a>(
        &'a self,
        agreement: &Agreement,
        paired: &Paired<'_>,
        found: &[Found],
        threads: usize,
    ) -> Result<Given<'a>, VerifyError> {
        let nothing = || Given {
            readings: &self.readings,
            counts: &self.counts,
            answers: Vec::new(),
            record_of: Vec::new(),
            exact: BTreeSet::new(),
        };
        let row_of = |found: &Found| match found {
            Found::Missing(row) | Found::Differs { expected: row, .. } => Some(*row),
            Found::Copies { expected, .. } => expected.first().copied(),
            Found::Extra(_) => None,
        };
        let rows: Vec<u32> = found.iter().filter_map(row_of).collect();
        if self.readings.is_empty() || rows.is_empty() {
            return Ok(nothing());
        }
        let mut next = 0..;
        let record_of = found.iter().map(|found| {
            row_of(found)?;
            next.next()
        });
        let record_of: Vec<Option<u32>> = record_of.collect();
        let looked = take_record_batch(paired.expected_batch(), &UInt32Array::from(rows))?;
        let Some(records) = agreement.expected.records(&looked)? else {
            return Ok(nothing());
        };
        let rules = self.rules();
        Ok(Given {
            readings: &self.readings,
            counts: &self.counts,
            answers: agreement
                .expected
                .reread(&rules, &records, &key_names(agreement), threads)
                .await?,
            record_of,
            exact: paired.told_exactly(),
        })
    }
}

/// Of the sampled breaks that each reading gives, the readings that are worth trying on all: first
/// those without which some break would have none, then those that give most. The simpler one
/// comes first where two give as many.
fn chosen(fits: Vec<Vec<usize>>) -> BTreeSet<usize> {
    let mut chosen = BTreeSet::new();
    let mut given: BTreeSet<usize> = BTreeSet::new();
    while chosen.len() < CHOSEN_MAX {
        let open = |number: &usize| !chosen.contains(number) && !fits[*number].is_empty();
        let worth = |number: &usize| {
            let own = &fits[*number];
            let new = own.iter().filter(|at| !given.contains(at)).count();
            (new, own.len(), std::cmp::Reverse(*number))
        };
        let Some(best) = (0..fits.len()).filter(open).max_by_key(worth) else {
            break;
        };
        given.extend(&fits[best]);
        chosen.insert(best);
    }
    chosen
}

impl Given<'_> {
    /// What every reading makes of the record of a break, with the readings' numbers.
    fn outcomes(&self, agreement: &Agreement, at: usize, found: &Break) -> Vec<(usize, Outcome)> {
        let Some(record) = self.record_of.get(at).copied().flatten() else {
            return Vec::new();
        };
        let numbered = self.readings.iter().zip(&self.answers).enumerate();
        let outcomes = numbered.filter_map(|(number, ((_, reading), answer))| {
            let answer = answer.as_ref()?;
            let outcome = self.outcome(agreement, reading, (answer, record), found);
            Some((number, outcome))
        });
        outcomes.collect()
    }

    /// What every reading gives for a break where it is another record, or none, with the readings'
    /// numbers. Of copies too many or too few no reading tells.
    pub(crate) fn of(
        &self,
        agreement: &Agreement,
        at: usize,
        found: &Break,
    ) -> Vec<(usize, causes::Reading)> {
        let outcomes = self.outcomes(agreement, at, found).into_iter();
        outcomes
            .filter(|_| found.kind != BreakKind::Copies)
            .filter_map(|(number, outcome)| match outcome {
                Outcome::Other(gives) => Some((number, self.reading(number, gives))),
                Outcome::Same | Outcome::Reject => None,
            })
            .collect()
    }

    fn reading(&self, number: usize, gives: Option<Record>) -> causes::Reading {
        let (cause, reading) = &self.readings[number];
        causes::Reading {
            cause: *cause,
            says: said(reading),
            gives,
            picked: reading.picked,
            looked_up: reading.looked_up,
            against: self.counts[number].against(),
        }
    }

    /// The readings that the whole book bears out, with their numbers and none of their breaks.
    pub(crate) fn borne_out(&self) -> Vec<(usize, BorneOut)> {
        let numbered = self.counts.iter().zip(self.readings).enumerate();
        let sound = numbered.filter(|(_, (count, _))| count.is_borne_out());
        let borne_out = sound.map(|(number, (_, (cause, reading)))| {
            let borne_out = BorneOut {
                cause: *cause,
                says: said(reading),
                breaks: Vec::new(),
            };
            (number, borne_out)
        });
        borne_out.collect()
    }

    /// The readings that give what the target holds, for the prover to weigh, with their numbers;
    /// counted, where they were not before.
    pub(crate) fn weighed(
        &self,
        agreement: &Agreement,
        at: usize,
        found: &Break,
        is_counted: bool,
    ) -> Vec<(usize, causes::Reading)> {
        let outcomes = self.outcomes(agreement, at, found);
        if !is_counted {
            self.count(found, &outcomes);
        }
        let fitting = outcomes.into_iter().filter_map(|(number, outcome)| {
            let fits = outcome.fits(found);
            match outcome {
                Outcome::Other(gives) if fits => Some((number, self.reading(number, gives))),
                _ => None,
            }
        });
        fitting.collect()
    }

    /// Counts what readings make of the record of a break.
    fn count(&self, found: &Break, outcomes: &[(usize, Outcome)]) {
        for (number, outcome) in outcomes {
            let count = &self.counts[*number];
            match outcome {
                Outcome::Same => {}
                _ if outcome.fits(found) => {
                    count.fits.fetch_add(1, Ordering::Relaxed);
                }
                Outcome::Reject | Outcome::Other(_) => {
                    count
                        .broken
                        .fetch_add(disagreeing(found), Ordering::Relaxed);
                    let is_there = u64::from(found.kind != BreakKind::Missing);
                    count.contrary.fetch_add(is_there, Ordering::Relaxed);
                }
            }
        }
    }

    /// What a reading makes of the record of a break, by its answer for that record.
    fn outcome(
        &self,
        agreement: &Agreement,
        reading: &Reading,
        (answer, record): (&Reread, u32),
        found: &Break,
    ) -> Outcome {
        let Some(expected) = &found.expected else {
            return Outcome::Same;
        };
        if answer.reject_of(record).is_some() {
            return Outcome::Reject;
        }
        let row = match self.row_for(reading, answer, record, found) {
            None => return Outcome::Same,
            Some(None) => return Outcome::Other(None),
            Some(Some(row)) => row,
        };
        let mut gives = expected.clone();
        let schema = answer.rows.schema();
        for column in agreement.layout.columns() {
            let name = &column.name;
            let held = gives.0.iter_mut().find(|(own, _)| own == name);
            let (Ok(at), Some((_, held))) = (schema.index_of(name), held) else {
                continue;
            };
            let read = self.text(answer, at, row);
            let actual = found
                .actual
                .as_ref()
                .and_then(|one| one.get(name))
                .flatten();
            *held = match read {
                Some(read) if column.class != Class::Text => {
                    Some(as_held(read, [held.as_deref(), actual]))
                }
                read => read.map(SmolStr::from),
            };
        }
        match gives == *expected {
            true => Outcome::Same,
            false => Outcome::Other(Some(gives)),
        }
    }

    /// The row that stands for the record of a break among those that its source record gives: the
    /// one of its key. `Some(None)` where there is none, none where nothing tells.
    fn row_for(
        &self,
        reading: &Reading,
        answer: &Reread,
        record: u32,
        found: &Break,
    ) -> Option<Option<usize>> {
        let mut rows = answer.rows_of(record);
        let alone = (rows.len() == 1).then_some(rows.start);
        if found.key.0.is_empty() {
            return match rows.len() {
                0 => Some(None),
                _ => Some(Some(alone?)),
            };
        }
        let schema = answer.rows.schema();
        let key = found.key.0.iter();
        let key: Vec<(usize, Option<&str>)> = key
            .map(|(name, value)| Some((schema.index_of(name).ok()?, value.as_deref())))
            .collect::<Option<_>>()?;
        let is_its_own = |row: &usize| {
            key.iter()
                .all(|(at, value)| self.text(answer, *at, *row).as_deref() == *value)
        };
        let is_of_key = |name: &String| found.key.get(name).is_some();
        match rows.find(is_its_own) {
            Some(row) => Some(Some(row)),
            // It may be the key itself that is read otherwise.
            None if reading.columns.iter().any(is_of_key) => Some(Some(alone?)),
            None => Some(None),
        }
    }

    /// The text of a value of an answer, spelled as breaks spell those of its column.
    fn text(&self, answer: &Reread, column: usize, row: usize) -> Option<String> {
        let spelling = match self
            .exact
            .contains(answer.rows.schema().field(column).name())
        {
            true => Spelling::Exact,
            false => Spelling::Own,
        };
        spelling.text(answer.rows.column(column), row)
    }
}

impl Outcome {
    /// Whether it is what the target holds, in everything that the reading changes.
    fn fits(&self, found: &Break) -> bool {
        match (self, &found.expected, &found.actual) {
            (Outcome::Other(None), Some(_), None) => true,
            (Outcome::Other(Some(gives)), Some(expected), Some(actual)) => {
                let columns = gives.0.iter().zip(&expected.0).zip(&actual.0);
                let mut changed = columns.filter(|((gives, expected), _)| gives != expected);
                changed.all(|((gives, _), actual)| gives == actual)
            }
            _ => false,
        }
    }
}

/// What a reading does otherwise, in both languages.
fn said(reading: &Reading) -> Says {
    Says {
        en: reading.en.clone(),
        zh: reading.zh.clone(),
    }
}

/// The columns that tell the records apart which one source record gives.
fn key_names(agreement: &Agreement) -> Vec<String> {
    let columns = agreement.layout.columns();
    let key = agreement.layout.key().iter();
    key.map(|at| columns[*at].name.clone()).collect()
}

/// A number as it is expected or as the target writes it, where one of them is the same: scales may
/// differ.
fn as_held(read: String, held: [Option<&str>; 2]) -> SmolStr {
    let number = |text: &str| text.parse::<ledger::Decimal>().ok();
    let is_same = |own: &&str| number(&read).is_some_and(|read| number(own) == Some(read));
    let same = held.into_iter().flatten().find(is_same).map(SmolStr::new);
    same.unwrap_or_else(|| read.into())
}

/// How many records of the whole book each reading would change; none where that cannot be asked.
async fn changed_by(
    agreement: &Agreement,
    rules: &[Reading],
    run: &Run,
    watch: &Arc<dyn Watch>,
) -> Result<Option<Vec<u64>>, VerifyError> {
    let Some(streams) = agreement.expected.changed_by(rules, &[], run).await? else {
        return Ok(None);
    };
    let mut tasks = JoinSet::new();
    for mut stream in streams {
        let (count, watch) = (rules.len(), Arc::clone(watch));
        tasks.spawn(async move {
            let mut changed = vec![0_u64; count];
            while let Some(batch) = stream.next().await {
                count_changed(&batch.map_err(RunError::from)?, &mut changed);
                if watch.is_stopped() {
                    return Err(VerifyError::Stopped);
                }
            }
            Ok(changed)
        });
    }
    let mut changed = vec![0_u64; rules.len()];
    while let Some(part) = tasks.join_next().await {
        let part = part??;
        changed
            .iter_mut()
            .zip(part)
            .for_each(|(sum, more)| *sum += more);
    }
    Ok(Some(changed))
}

/// Counts the records that each reading would change, and those that it alone would give.
fn count_changed(batch: &RecordBatch, changed: &mut [u64]) {
    for (number, changed) in changed.iter_mut().enumerate() {
        let column = batch.column_by_name(&format!("changed_{number}"));
        let Some(column) = column.and_then(|column| column.as_boolean_opt()) else {
            continue;
        };
        // It has no nulls.
        *changed += column.values().count_set_bits() as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::{CHOSEN_MAX, chosen};

    fn numbers(fits: &[&[usize]]) -> Vec<usize> {
        let fits = fits.iter().map(|own| own.to_vec()).collect();
        chosen(fits).into_iter().collect()
    }

    #[test]
    fn a_reading_that_alone_gives_a_break_is_tried_before_many_that_give_the_same_ones() {
        let mut fits: Vec<&[usize]> = vec![&[0, 1, 2]; 20];
        fits.push(&[3]);
        let chosen = numbers(&fits);
        assert_eq!(chosen.len(), CHOSEN_MAX);
        assert_eq!(chosen.last(), Some(&20));
        assert_eq!(chosen.first(), Some(&0));
    }

    #[test]
    fn a_reading_that_gives_nothing_is_not_tried() {
        assert_eq!(numbers(&[&[], &[0], &[]]), [1]);
    }
}
