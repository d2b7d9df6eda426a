//! The rule book: which event may follow which, and what it must hold.

use jiff::{SignedDuration, Timestamp};
use ledger::Wide;

use super::words::in_words;
use super::{JUDGEMENT_HOLDS_MINUTES, Refusal, Stage, State};
use crate::daybook::{Again, Event, Hook, OpeningFigures, Phase, Taken};
use crate::gate::{Judgement, Outcome};
use crate::signoff::{SignOff, two_people};

/// Reasons that a refusal names; the rest is counted.
const REASONS_SHOWN: usize = 3;

/// What to do once the new system was told to open: nothing else has a place before its answer.
const ASK: &str = "ask the new system whether it is open, then give `crossfoot window release \
                   --released TEXT` or `--not-released TEXT`";

/// Says what to do where the release time is past.
pub(crate) fn too_late_instead(stage: Stage) -> &'static str {
    match stage {
        Stage::Releasing => ASK,
        _ => "put off the release and tell those who wait, or roll back",
    }
}

impl State {
    /// Says whether an event may be recorded now.
    pub(super) fn admit(&self, event: &Event, now: Timestamp) -> Result<(), Refusal> {
        match (&self.opened, event) {
            (None, Event::Opened(_)) => {}
            (None, _) => return Err(Refusal::NotOpened),
            (Some(_), Event::Opened(_)) => return Err(Refusal::AlreadyOpened),
            (Some(_), _) => {}
        }
        if let Some(last) = self.last_at.filter(|last| now < *last) {
            return Err(Refusal::BackInTime { last, now });
        }
        self.admit_stage(event)?;
        super::content::check(event, self.terms())?;
        self.admit_particulars(event, now)
    }

    /// Says whether an event has a place in this stage.
    fn admit_stage(&self, event: &Event) -> Result<(), Refusal> {
        let stage = self.stage;
        let may_roll_back = stage.is_at_work() && stage != Stage::Planned;
        let has_place = match event {
            Event::Opened(_)
            | Event::Forecast(_)
            | Event::NoticeSent(_)
            | Event::NoticeFailed { .. }
            | Event::Remark { .. } => true,
            Event::Replanned(_) | Event::Extended { .. } | Event::RehearsalFinished(_) => {
                stage.is_at_work()
            }
            // Before the new system is called again, the gate is asked again.
            Event::Gate(_) => stage.is_at_work() || stage == Stage::Releasing,
            Event::Announced => stage == Stage::Planned,
            Event::Freezing { .. } => {
                matches!(stage, Stage::Announced | Stage::Freezing) || stage.is_closed()
            }
            Event::OpeningFigures(_) | Event::Frozen => stage == Stage::Freezing,
            Event::PhaseStarted(started) => starts_in(started.phase, stage),
            Event::ChunkFinished(chunk) => goes_on_in(chunk.phase, stage),
            Event::PhaseFinished(finished) => ends_in(finished.phase, stage),
            Event::ConversionFinished(_) => stage == Stage::Converting,
            // As a conversion of our own may begin: at any time while both books are closed.
            Event::ConvertedElsewhere(_) => stage.is_closed(),
            Event::VerificationFinished(_) => stage == Stage::Verifying,
            Event::BreakAccepted(_) | Event::RejectsDisposed(_) => {
                matches!(stage, Stage::OutOfBalance | Stage::Incomplete)
            }
            Event::Corrected(_) => stage == Stage::Converted || stage.is_verified(),
            Event::SignedOff(_) | Event::Releasing => {
                matches!(stage, Stage::Balanced | Stage::OutOfBalance)
            }
            Event::Released | Event::NotReleased { .. } => stage == Stage::Releasing,
            Event::RollingBack { .. } if stage == Stage::Releasing => {
                return Err(Refusal::MayBeReleased);
            }
            Event::RollingBack { .. } => may_roll_back,
            Event::RolledBack => stage == Stage::RollingBack,
            Event::HookFailed { hook, .. } => stage == called_in(*hook),
        };
        match has_place {
            true => Ok(()),
            false => Err(Refusal::NotNow {
                step: step(event),
                stage,
                instead: stage.what_next(),
            }),
        }
    }

    fn admit_particulars(&self, event: &Event, now: Timestamp) -> Result<(), Refusal> {
        match event {
            Event::Extended { release, .. } => self.admit_extension(*release),
            Event::Freezing { .. } => self.admit_freeze(now),
            Event::OpeningFigures(figures) if figures.taken == Taken::After => {
                let before = self.figures_before.as_ref();
                let lacking = Refusal::FiguresLacking { reading: "first" };
                before.map(|_| ()).ok_or(lacking)
            }
            Event::Frozen => self.admit_frozen(),
            Event::BreakAccepted(accepted) => {
                let same = |other: &&crate::daybook::BreakAccepted| {
                    other.break_blake3 == accepted.break_blake3
                };
                match self.accepted.iter().find(same) {
                    None => Ok(()),
                    Some(other) => Err(words(
                        event,
                        "break",
                        format!("was accepted by {} on {}", other.owner, other.date),
                    )),
                }
            }
            Event::SignedOff(sign_off) => self.admit_sign_off(sign_off),
            Event::Gate(judgement) => self.admit_judgement(judgement, now),
            Event::Releasing => {
                let judged = self.judged.as_ref().filter(|j| j.entry == self.head);
                let judged = judged.ok_or_else(|| Refusal::NotJudged {
                    why: "the entry before is no judgement of the gate".to_owned(),
                })?;
                self.admit_release(&judged.judgement, now)
            }
            Event::RollingBack { late_ms, .. } => {
                let late = self.rollback_ends_late(now);
                match i64::try_from(*late_ms) == Ok(late_ms_of(late)) {
                    true => Ok(()),
                    false => Err(words(
                        event,
                        "late_ms",
                        format!("must be {}, as reckoned from the plan", late_ms_of(late)),
                    )),
                }
            }
            _ => Ok(()),
        }
    }

    fn admit_extension(&self, release: Timestamp) -> Result<(), Refusal> {
        match self.terms() {
            Some(terms) if release <= terms.release => Err(Refusal::Words {
                step: "extended",
                field: "release",
                why: format!("must be after {}, the release time so far", terms.release),
            }),
            _ => Ok(()),
        }
    }

    fn admit_freeze(&self, now: Timestamp) -> Result<(), Refusal> {
        let (terms, point) = (self.terms(), self.point_of_no_return());
        let (terms, point) = terms.zip(point).ok_or(Refusal::NotOpened)?;
        if now < terms.freeze {
            let early = in_words(terms.freeze.duration_since(now));
            let freeze = terms.freeze;
            return Err(Refusal::TooEarly { freeze, early });
        }
        // Where the old system was already told to close, what counts is to know that it has.
        if now > point && self.stage == Stage::Announced {
            let (late, release) = (in_words(now.duration_since(point)), terms.release);
            return Err(Refusal::NoWayBack {
                point,
                late,
                release,
            });
        }
        Ok(())
    }

    fn admit_frozen(&self) -> Result<(), Refusal> {
        let lacking = |reading| Refusal::FiguresLacking { reading };
        let before = self.figures_before.as_ref();
        let before = before.ok_or(lacking("first"))?;
        let after = self.figures_after.as_ref();
        let after = after.ok_or(lacking("second"))?;
        match differences(before, after) {
            None => Ok(()),
            Some(differences) => Err(Refusal::StillMoves { differences }),
        }
    }

    fn admit_sign_off(&self, sign_off: &SignOff) -> Result<(), Refusal> {
        let refuse = |why: String| Err(Refusal::SignOff { why });
        let statement = &sign_off.statement;
        let roles = self.terms().map_or(&[][..], |terms| &terms.roles);
        if !roles.contains(&statement.role) {
            let (role, roles) = (&statement.role, roles.join(", "));
            return refuse(format!(
                "the plan asks for {roles}, and not for {role:?}; sign as one of these"
            ));
        }
        if self.plan() != Some(&statement.plan) {
            let (found, plan) = (&statement.plan, self.plan().unwrap_or_default());
            return refuse(format!(
                "it is for the plan {found:?}, and this is {plan:?}"
            ));
        }
        let manifest = self.verification.as_ref().map(|run| run.manifest_blake3);
        if manifest != Some(statement.manifest_blake3) {
            let (found, manifest) = (statement.manifest_blake3, manifest.unwrap_or_default());
            return refuse(format!(
                "it is for the manifest {found}, and the evidence has {manifest}; look at this \
                 evidence and sign again"
            ));
        }
        if !self.heads_to_sign.contains(&statement.daybook_head) {
            return refuse(
                "what there is to sign has changed since; look at it and sign again".to_owned(),
            );
        }
        self.sign_offs
            .iter()
            .filter(|other| other.statement.role != statement.role)
            .try_for_each(|other| two_people(&[other, sign_off]))
            .or_else(|why| refuse(why.to_string()))
    }

    /// Says whether a judgement is about this very state.
    fn admit_judgement(&self, judgement: &Judgement, now: Timestamp) -> Result<(), Refusal> {
        let refuse = |why: &str| {
            let why = why.to_owned();
            Err(Refusal::NotJudged { why })
        };
        if !self.heads_to_judge.contains(&judgement.daybook_head()) {
            return refuse("the daybook has gone on since the gate judged");
        }
        let manifest = self.verification.as_ref().map(|run| run.manifest_blake3);
        if judgement.manifest_blake3() != manifest {
            return refuse("the gate judged other evidence than the last verification's");
        }
        if judgement.at() > now {
            return refuse("the gate judged later than it is now");
        }
        if !judgement.is_consistent() {
            return refuse("the gate's outcome is not what its lines come to");
        }
        Ok(())
    }

    /// Says whether the new system may be told to open on this judgement.
    pub(super) fn admit_release(
        &self,
        judgement: &Judgement,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let not_now = |stage: Stage| Refusal::NotNow {
            step: "releasing",
            stage,
            instead: stage.what_next(),
        };
        if !matches!(
            self.stage,
            Stage::Balanced | Stage::OutOfBalance | Stage::Releasing
        ) {
            return Err(not_now(self.stage));
        }
        if judgement.outcome() != Outcome::Go {
            return Err(Refusal::Shut {
                outcome: judgement.outcome(),
                reasons: reasons(judgement),
                instead: match self.stage {
                    Stage::Releasing => ASK,
                    _ => "mend these, and let the gate judge again",
                },
            });
        }
        let age = now.duration_since(judgement.at());
        if age > SignedDuration::from_mins(JUDGEMENT_HOLDS_MINUTES) {
            let at = judgement.at();
            return Err(Refusal::JudgementOld { at });
        }
        match self.terms() {
            Some(terms) if now < terms.release => Ok(()),
            Some(terms) => Err(Refusal::TooLate {
                release: terms.release,
                late: in_words(now.duration_since(terms.release)),
                instead: too_late_instead(self.stage),
            }),
            None => Err(Refusal::NotOpened),
        }
    }

    /// Says what freezing again would void; none where it voids nothing.
    pub fn voided_by_freeze(&self) -> Option<&'static str> {
        if !self.stage.is_closed() {
            return None;
        }
        let is_converted = self.conversion.is_some() || self.converted_elsewhere.is_some();
        match (&self.verification, self.sign_offs.is_empty()) {
            (Some(_), false) => Some("the conversion, the verification and what was signed"),
            (Some(_), true) => Some("the conversion and the verification"),
            (None, _) if is_converted => Some("the conversion"),
            (None, _) if self.stage == Stage::Converting => {
                Some("the conversion that is under way")
            }
            (None, _) => None,
        }
    }

    /// Makes the intent to freeze. What it would void is given up only where somebody decided so.
    pub(super) fn freeze(&self, again: Option<Again>) -> Result<Event, Refusal> {
        match self.voided_by_freeze() {
            Some(voided) if again.is_none() => Err(Refusal::WouldVoid { voided }),
            _ => Ok(Event::Freezing { again }),
        }
    }

    /// Makes the intent to roll back, with the time by which it will end late.
    pub(super) fn roll_back(
        &self,
        why: String,
        by: String,
        late_is_accepted: bool,
        now: Timestamp,
    ) -> Result<Event, Refusal> {
        let late = self.rollback_ends_late(now);
        let late_ms = u64::try_from(late_ms_of(late)).unwrap_or_default();
        let event = Event::RollingBack { why, by, late_ms };
        self.admit(&event, now)?;
        let (terms, takes) = (self.terms(), self.rollback_takes());
        match terms.zip(takes) {
            Some((terms, takes)) if late_ms > 0 && !late_is_accepted => {
                Err(Refusal::LateRollback {
                    takes: in_words(takes),
                    release: terms.release,
                    late: in_words(late),
                })
            }
            _ => Ok(event),
        }
    }

    /// Gives by how much a rollback that begins now would end after the release time. Before the
    /// freeze nothing is closed, and nothing can be late.
    fn rollback_ends_late(&self, now: Timestamp) -> SignedDuration {
        match self.point_of_no_return() {
            Some(point) if self.stage != Stage::Announced && now > point => {
                now.duration_since(point)
            }
            _ => SignedDuration::ZERO,
        }
    }
}

fn late_ms_of(late: SignedDuration) -> i64 {
    i64::try_from(late.as_millis()).unwrap_or(i64::MAX)
}

fn words(event: &Event, field: &'static str, why: String) -> Refusal {
    Refusal::Words {
        step: event.name(),
        field,
        why,
    }
}

/// Gives what a refusal calls an event: of a phase its name, not that it began.
fn step(event: &Event) -> &'static str {
    match event {
        Event::PhaseStarted(started) => started.phase.name(),
        _ => event.name(),
    }
}

fn starts_in(phase: Phase, stage: Stage) -> bool {
    match phase {
        Phase::Convert => stage.is_closed(),
        Phase::Verify => {
            matches!(stage, Stage::Converted | Stage::Verifying) || stage.is_verified()
        }
        _ => !stage.is_over(),
    }
}

fn goes_on_in(phase: Phase, stage: Stage) -> bool {
    match phase {
        Phase::Convert => stage == Stage::Converting,
        Phase::Verify => stage == Stage::Verifying,
        _ => !stage.is_over(),
    }
}

/// A phase's end may be told just before or just after what it came to.
fn ends_in(phase: Phase, stage: Stage) -> bool {
    match phase {
        Phase::Convert => matches!(stage, Stage::Converting | Stage::Converted),
        Phase::Verify => stage == Stage::Verifying || stage.is_verified(),
        // The call's answer is recorded before the phase is.
        Phase::Release => matches!(stage, Stage::Releasing | Stage::Released),
        Phase::Rollback => matches!(stage, Stage::RollingBack | Stage::RolledBack),
        _ => !stage.is_over(),
    }
}

fn called_in(hook: Hook) -> Stage {
    match hook {
        Hook::Freeze => Stage::Freezing,
        Hook::Release => Stage::Releasing,
        Hook::Rollback => Stage::RollingBack,
    }
}

/// Names the figures that differ, with both values and their difference; none where all agree.
pub(crate) fn differences(before: &OpeningFigures, after: &OpeningFigures) -> Option<String> {
    let names = |figures: &OpeningFigures| -> Vec<String> {
        let names = figures.figures.iter().map(|figure| figure.name.clone());
        names.collect()
    };
    if names(before) != names(after) {
        let (before, after) = (names(before).join(", "), names(after).join(", "));
        return Some(format!("first {before} was read, then {after}"));
    }
    let pairs = before.figures.iter().zip(&after.figures);
    let told: Vec<String> = pairs
        .filter_map(|(before, after)| {
            let (first, second) = (number(&before.value), number(&after.value));
            let difference = second.minus(&first);
            (!difference.is_zero()).then(|| {
                format!(
                    "{} was {}, then {} ({difference} more)",
                    before.name, before.value, after.value
                )
            })
        })
        .collect();
    match told.is_empty() {
        false => Some(told.join("; ")),
        true if before.blake3 != after.blake3 => Some(format!(
            "all figures are equal, but what they were read from had the digest {} and then {}",
            before.blake3, after.blake3
        )),
        true => None,
    }
}

/// Reads a figure. What is no number was refused when it was recorded.
fn number(text: &str) -> Wide {
    text.parse().unwrap_or_default()
}

/// Names what did not pass, the failed first.
fn reasons(judgement: &Judgement) -> String {
    let mut open: Vec<_> = judgement.open_items().collect();
    open.sort_by_key(|item| std::cmp::Reverse(item.status));
    let shown = open.iter().take(REASONS_SHOWN).map(|item| item.to_string());
    let mut reasons: Vec<String> = shown.collect();
    match open.len().saturating_sub(REASONS_SHOWN) {
        0 => {}
        more => reasons.push(format!("and {more} more")),
    }
    match reasons.is_empty() {
        true => "nothing was checked".to_owned(),
        false => reasons.join("; "),
    }
}
