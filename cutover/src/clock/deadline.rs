//! The deadline: when all phases are done, beside the point of no return.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};

use super::pace::{Chunk, Forecast, Futures, Progress};
use crate::daybook::Outlook;

/// Is the moment by which the new book must be open, and what undoing the work takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// When the new book must be open.
    pub release: Timestamp,
    /// How long it takes to open the old book again.
    pub rollback: Rollback,
}

/// Says how long a rollback takes, and whence that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Rollback {
    /// Time from the decision until the old book is open.
    #[serde(rename = "takes_ms", serialize_with = "millis")]
    pub takes: Duration,
    /// Whence it is known.
    pub measured: Measured,
}

/// Says whence a time is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measured {
    /// It was measured in a rehearsal.
    InRehearsal,
    /// The plan says so; nobody has measured it.
    ByPlan,
}

/// Is one phase of the work before the release.
#[derive(Debug, Clone, Copy)]
pub struct Phase<'a> {
    /// Its name, as a reader knows it.
    pub name: &'a str,
    /// What is counted.
    pub unit: Unit,
    /// So many are done.
    pub done: u64,
    /// How many there are; `None` where that is not known.
    pub total: Option<u64>,
    /// How far it has come.
    pub stage: Stage<'a>,
    /// Whether it could be done after the release.
    pub can_wait: bool,
}

/// Says what the work of a phase is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Records.
    Records,
    /// Bytes that are read: of text nobody knows how many records there are before it is read.
    Bytes,
}

/// Says how far a phase has come, with what is known of the time that it takes.
#[derive(Debug, Clone, Copy)]
pub enum Stage<'a> {
    /// It is done.
    Done,
    /// It has begun.
    UnderWay {
        /// Its pieces.
        progress: Progress<'a>,
        /// The pieces of the same phase in a rehearsal. They count until enough are finished now; then
        /// only as [`Progress::futures_beside`] says.
        rehearsed: &'a [Chunk],
    },
    /// It has not begun: the finished pieces are those of a rehearsal, the waiting ones today's.
    Rehearsed(Progress<'a>),
    /// It takes what the plan allows for it, such as a sign-off.
    Allowed(Duration),
    /// It has not begun, and nothing was measured.
    Unknown,
}

/// Is what the clock says at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// The moment.
    pub now: Timestamp,
    /// The phases, in the order of the work.
    pub phases: Vec<Estimate>,
    /// When all are done; `None` where that cannot be said.
    pub end: Option<Span>,
    /// When the new book must be open.
    pub release: Timestamp,
    /// What a rollback takes.
    pub rollback: Rollback,
    /// Last moment at which a rollback ends before the release.
    pub point_of_no_return: Timestamp,
    /// From the later end (`p90`) to the point of no return; negative where it is after it.
    #[serde(rename = "margin_ms", serialize_with = "signed_millis")]
    pub margin: Option<SignedDuration>,
    /// What that means.
    pub outlook: Outlook,
    /// What could be done after the release.
    pub leaving: Leaving,
}

/// Is what is known of one phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// Its name.
    pub phase: String,
    /// What is counted.
    pub unit: Unit,
    /// So many are done, never more than there are.
    pub done: u64,
    /// How many there are; `None` where that is not known.
    pub total: Option<u64>,
    /// What the forecast rests on.
    pub basis: Basis,
    /// Time that the rest of it takes by itself; `None` where that cannot be said.
    pub takes: Option<Forecast>,
    /// When it ends, after those before it; `None` where that cannot be said.
    pub end: Option<Span>,
}

/// Says what a forecast rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Nothing is left to be done.
    Done,
    /// The pieces finished now.
    Measured,
    /// The pieces of a rehearsal.
    Rehearsed,
    /// What the plan allows.
    Allowed,
    /// It has begun, and too few pieces are finished.
    TooFew,
    /// It has not begun, and was not measured in a rehearsal.
    NotRehearsed,
}

/// Is a stretch of time in which something ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Span {
    /// It ends as likely before as after.
    pub p50: Timestamp,
    /// It ends before this in nine cases of ten.
    pub p90: Timestamp,
}

/// Says what could be done after the release, and what that would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Leaving {
    /// Phases left to be done that could wait.
    pub can_wait: Vec<Saving>,
    /// Phases left to be done that could not.
    pub cannot_wait: Vec<String>,
    /// When the others would be done; `None` where that cannot be said.
    pub end: Option<Span>,
    /// What that would mean.
    pub outlook: Outlook,
}

/// Is a phase that could wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Saving {
    /// Its name.
    pub phase: String,
    /// Time that it takes; `None` where that cannot be said.
    pub takes: Option<Forecast>,
}

/// Is a phase with its futures.
struct Played<'a> {
    phase: &'a Phase<'a>,
    basis: Basis,
    futures: Option<Futures>,
}

/// Says when the phases, one after the other, are done, and whether that is in time.
///
/// - `OnTrack`: nine of ten futures end at the point of no return or before.
/// - `AtRisk`: half of them do, nine of ten do not.
/// - `TooLate`: less than half do.
/// - `Unknown`: the futures of some phase are not known, and those that are known would do. Where
///   they would not do by themselves, the others cannot mend it.
pub fn read(now: Timestamp, deadline: &Deadline, phases: &[Phase<'_>]) -> Reading {
    let played: Vec<Played<'_>> = (0..)
        .zip(phases)
        .map(|(seed, phase)| play(seed, phase))
        .collect();
    let point_of_no_return = deadline.point_of_no_return();
    let end = end(now, &played, |_| true);
    Reading {
        now,
        phases: estimates(now, &played),
        end,
        release: deadline.release,
        rollback: deadline.rollback,
        point_of_no_return,
        margin: end.map(|end| point_of_no_return.duration_since(end.p90)),
        outlook: outlook(now, &played, point_of_no_return, |_| true),
        leaving: leaving(now, &played, point_of_no_return),
    }
}

impl Deadline {
    /// Gives the last moment at which a rollback can begin and still end before the release.
    pub fn point_of_no_return(&self) -> Timestamp {
        let point = self.release.checked_sub(self.rollback.takes);
        point.unwrap_or(Timestamp::MIN)
    }
}

fn play<'a>(seed: u64, phase: &'a Phase<'a>) -> Played<'a> {
    let (basis, futures) = match &phase.stage {
        Stage::Done => (Basis::Done, Some(Futures::certain(Duration::ZERO))),
        Stage::UnderWay {
            progress,
            rehearsed,
        } => play_under_way(seed, progress, rehearsed),
        Stage::Rehearsed(progress) => match progress.futures(seed) {
            Some(futures) => (Basis::Rehearsed, Some(futures)),
            None => (Basis::NotRehearsed, None),
        },
        Stage::Allowed(time) => (Basis::Allowed, Some(Futures::certain(*time))),
        Stage::Unknown => (Basis::NotRehearsed, None),
    };
    Played {
        phase,
        basis,
        futures,
    }
}

fn play_under_way(
    seed: u64,
    progress: &Progress<'_>,
    rehearsed: &[Chunk],
) -> (Basis, Option<Futures>) {
    if let Some(futures) = progress.futures_beside(seed, rehearsed) {
        return (Basis::Measured, Some(futures));
    }
    let before = [rehearsed, progress.finished].concat();
    let beside = Progress {
        finished: &before,
        ..*progress
    };
    match beside.futures(seed) {
        Some(futures) => (Basis::Rehearsed, Some(futures)),
        None => (Basis::TooFew, None),
    }
}

/// Adds up the futures of those phases that `counts`; those that are not known are left out.
fn sum<'a>(played: impl IntoIterator<Item = &'a Played<'a>>) -> Futures {
    let known = played.into_iter().filter_map(|one| one.futures.as_ref());
    known.fold(Futures::certain(Duration::ZERO), |sum, next| sum.then(next))
}

fn end(
    now: Timestamp,
    played: &[Played<'_>],
    counts: impl Fn(&Played<'_>) -> bool,
) -> Option<Span> {
    let mut counted = played.iter().filter(|one| counts(one));
    let is_known = counted.all(|one| one.futures.is_some());
    is_known.then(|| Span::after(now, sum(played.iter().filter(|one| counts(one))).forecast()))
}

fn outlook(
    now: Timestamp,
    played: &[Played<'_>],
    point_of_no_return: Timestamp,
    counts: impl Fn(&Played<'_>) -> bool,
) -> Outlook {
    let is_known = played
        .iter()
        .all(|one| !counts(one) || one.futures.is_some());
    let known = sum(played.iter().filter(|one| counts(one))).forecast();
    let known = Span::after(now, known);
    match (
        known.p50 <= point_of_no_return,
        known.p90 <= point_of_no_return,
    ) {
        (false, _) => Outlook::TooLate,
        (true, false) if is_known => Outlook::AtRisk,
        (true, true) if is_known => Outlook::OnTrack,
        _ => Outlook::Unknown,
    }
}

fn estimates(now: Timestamp, played: &[Played<'_>]) -> Vec<Estimate> {
    let mut so_far = Some(Futures::certain(Duration::ZERO));
    let estimate = |one: &Played<'_>| {
        so_far = match (&so_far, &one.futures) {
            (Some(before), Some(futures)) => Some(before.then(futures)),
            _ => None,
        };
        let end = so_far.as_ref().map(|all| Span::after(now, all.forecast()));
        let total = one.phase.total;
        Estimate {
            phase: one.phase.name.to_owned(),
            unit: one.phase.unit,
            done: one.phase.done.min(total.unwrap_or(u64::MAX)),
            total,
            basis: one.basis,
            takes: one.futures.as_ref().map(Futures::forecast),
            end,
        }
    };
    played.iter().map(estimate).collect()
}

fn leaving(now: Timestamp, played: &[Played<'_>], point_of_no_return: Timestamp) -> Leaving {
    let stays = |one: &Played<'_>| !one.phase.can_wait;
    let left = || played.iter().filter(|one| one.basis != Basis::Done);
    let saving = |one: &Played<'_>| Saving {
        phase: one.phase.name.to_owned(),
        takes: one.futures.as_ref().map(Futures::forecast),
    };
    let name = |one: &Played<'_>| one.phase.name.to_owned();
    Leaving {
        can_wait: left().filter(|one| !stays(one)).map(saving).collect(),
        cannot_wait: left().filter(|one| stays(one)).map(name).collect(),
        end: end(now, played, stays),
        outlook: outlook(now, played, point_of_no_return, stays),
    }
}

impl Span {
    fn after(now: Timestamp, forecast: Forecast) -> Span {
        let at = |time: Duration| now.checked_add(time).unwrap_or(Timestamp::MAX);
        Span {
            p50: at(forecast.p50),
            p90: at(forecast.p90),
        }
    }
}

impl Estimate {
    /// Gives the share that is done, in whole per cent, rounded down and never above 100; `None` where
    /// the total is not known.
    pub fn percent(&self) -> Option<u64> {
        match self.total? {
            0 => Some(100),
            total => u64::try_from(u128::from(self.done) * 100 / u128::from(total)).ok(),
        }
    }
}

impl Reading {
    /// Gives the phase that is being worked on: the first that is not done.
    pub fn current(&self) -> Option<&Estimate> {
        self.phases.iter().find(|phase| phase.basis != Basis::Done)
    }

    /// Gives the phases whose end cannot be said.
    pub fn not_known(&self) -> impl Iterator<Item = &Estimate> {
        self.phases.iter().filter(|phase| phase.takes.is_none())
    }
}

/// Writes a time as whole milliseconds.
pub(super) fn millis<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

fn signed_millis<S: Serializer>(
    time: &Option<SignedDuration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let millis = time.map(|time| i64::try_from(time.as_millis()).unwrap_or(i64::MAX));
    millis.serialize(serializer)
}

#[cfg(test)]
mod tests;
