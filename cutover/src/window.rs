//! The window as a state machine: every step is decided from the daybook alone.
//!
//! ```text
//!              ┌───────── roll back, from any of these ─────────┐
//! planned ─> announced ─> freezing ─> frozen ─> converting ─> converted ─> verifying
//!                                                    ^            ^            │
//!                                   convert anew ────┤            │ correct    v
//!                                                    └── balanced | out of balance | incomplete
//!                                                                 │ GO, and at once
//!                        not released (back to where it was) <─ releasing ─> released
//!              rolling back ─> rolled back
//! ```
//!
//! From every stage between frozen and incomplete the old book can be frozen anew: what was
//! converted and verified of it counts no more, and so somebody must decide it.
//!
//! **Intent and fact.** Freezing, releasing and rolling back call a system. The intent is recorded
//! before the call and the fact after it. A crash in between leaves the intent: the call, which
//! must bear being repeated, is made again, and its answer recorded. A release is called again only
//! on a GO of that moment, in time: what the books were at the first call, they need not be at the
//! next. While the new system may be open, no rollback begins: two open books are worse than none.
//!
//! **Opening figures** are read twice while the window is freezing: once when the old system was
//! told to close, and again after a while. Only equal figures and equal digests make it frozen.
//!
//! **What voids what.** A new conversion, a correction, a changed plan and a verification begun anew
//! void the verification. These, and every decision about what there is to sign (a break accepted,
//! rejects disposed of, a rehearsal, a release put off), void sign-offs. All of them, and a sign-off,
//! void the gate's judgement. A break stays accepted as long as it is found again, the same to the
//! byte. Forecasts, notices, chunks and remarks void nothing.
//!
//! **Time.** The *release time* is when the new book must be open: later the gate is shut. The
//! *point of no return* is the last moment at which a rollback can begin and still end by then. It
//! limits rolling back, not releasing: a GO after it is as good as before it. What is no longer
//! possible after it is to give up in time. So nothing is frozen after it, and a rollback after it
//! goes through only for someone who says that its end after the release time is accepted; it is
//! not forbidden, for it may be all that is left. A rollback takes as long as the plan says or as
//! the last rehearsal that passed has shown, whichever is longer.
//!
//! **Who converts.** Crossfoot does, and its account is recorded: read = converted + rejected + left out.
//! Or something else does, and a person says so. Then there is no account, and the gate holds the
//! verification alone to it: every agreement, with the records of both sides.
//!
//! **Out of balance** is what a verification found, not what is decided. Where each break was
//! accepted by name and the rejects are disposed of, the gate may say GO.
//!
//! The clock is passed in. Nothing here calls a system or writes a daybook.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::indexing_slicing
    )
)]

mod content;
mod fold;
mod refusal;
mod rules;
mod stage;
mod words;

pub use refusal::{Refusal, ReplayError};
pub(crate) use rules::{differences, too_late_instead};
pub use stage::{OpenBook, Stage};
pub(crate) use words::in_words;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::Digest;
use crate::daybook::{
    Again, BreakAccepted, ConversionFinished, ConvertedElsewhere, Entry, Event, Opened,
    OpeningFigures, RehearsalFinished, RejectsDisposed, Terms, VerificationFinished,
};
use crate::gate::{Judgement, Outcome};
use crate::signoff::{SignOff, Statement, Subject};

/// For how many minutes a judgement of the gate can be released on.
pub const JUDGEMENT_HOLDS_MINUTES: i64 = 10;

/// Is what a daybook comes to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct State {
    opened: Option<Box<Opened>>,
    stage: Stage,
    /// Where a release that was refused goes back to.
    stage_before_releasing: Option<Stage>,
    figures_before: Option<OpeningFigures>,
    figures_after: Option<OpeningFigures>,
    conversion: Option<ConversionFinished>,
    converted_elsewhere: Option<ConvertedElsewhere>,
    verification: Option<VerificationFinished>,
    accepted: Vec<BreakAccepted>,
    disposal: Option<RejectsDisposed>,
    rehearsal: Option<RehearsalFinished>,
    sign_offs: Vec<SignOff>,
    judged: Option<Judged>,
    entries: u64,
    head: Digest,
    last_at: Option<Timestamp>,
    /// Hashes on which a sign-off may rest: from the last entry that changed what there is to sign.
    #[serde(skip)]
    heads_to_sign: Vec<Digest>,
    /// Hashes on which a judgement may rest: from the last entry that changed what there is to judge.
    #[serde(skip)]
    heads_to_judge: Vec<Digest>,
}

/// Is a judgement with the hash of its entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Judged {
    entry: Digest,
    judgement: Judgement,
}

/// Is a step that somebody wants to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Tell those whom it concerns.
    Announce,
    /// Tell the old system to close; again where it is not known whether it has, or where nothing
    /// was made of its book yet.
    Freeze,
    /// Tell the old system to close once more and read its book anew, whatever that voids.
    FreezeAgain {
        /// Why.
        why: String,
        /// Who decided it.
        by: String,
    },
    /// Record that the old book is closed.
    ConfirmFrozen,
    /// Record what the gate says.
    Judge(Judgement),
    /// Tell the new system to open, on a judgement made just now; again where it is not known
    /// whether it has.
    Release(Judgement),
    /// Record that the new system is open.
    ConfirmReleased,
    /// Tell the old system to open again.
    RollBack {
        /// Why.
        why: String,
        /// Who decided it.
        by: String,
        /// Whether it may end after the release time.
        late_is_accepted: bool,
    },
    /// Record that the old system is open again.
    ConfirmRolledBack,
    /// Record anything else. It is held to the same rules.
    Record(Event),
}

/// Decides a step: the events to record, in their order, or why it is refused.
///
/// The caller appends the events one by one, and calls a system only when its intent is on the
/// disk. Whatever number of them was written when the machine stopped, the daybook is sound.
///
/// # Errors
/// The step has no place in this stage, its words are wrong, or the gate does not let it through.
pub fn decide(state: &State, command: Command, now: Timestamp) -> Result<Vec<Event>, Refusal> {
    let event = match command {
        Command::Release(judgement) => {
            state.admit(&Event::Gate(Box::new(judgement.clone())), now)?;
            state.admit_release(&judgement, now)?;
            let judged = Event::Gate(Box::new(judgement));
            return Ok(match state.stage {
                // The intent stands already.
                Stage::Releasing => vec![judged],
                _ => vec![judged, Event::Releasing],
            });
        }
        Command::RollBack {
            why,
            by,
            late_is_accepted,
        } => state.roll_back(why, by, late_is_accepted, now)?,
        Command::Announce => Event::Announced,
        Command::Freeze => state.freeze(None)?,
        Command::FreezeAgain { why, by } => state.freeze(Some(Again { why, by }))?,
        Command::ConfirmFrozen => Event::Frozen,
        Command::Judge(judgement) => Event::Gate(Box::new(judgement)),
        Command::ConfirmReleased => Event::Released,
        Command::ConfirmRolledBack => Event::RolledBack,
        Command::Record(event) => event,
    };
    state.admit(&event, now)?;
    Ok(vec![event])
}

impl State {
    /// Makes the state of an empty daybook.
    pub fn new() -> State {
        State::default()
    }

    /// Folds a daybook.
    ///
    /// # Errors
    /// The first entry that no window could have had, such as a release without a GO.
    pub fn replay(entries: &[Entry]) -> Result<State, ReplayError> {
        let mut state = State::new();
        entries.iter().try_for_each(|entry| state.apply(entry))?;
        Ok(state)
    }

    /// Takes the next entry, under the same rules as [`decide`].
    ///
    /// # Errors
    /// The entry does not follow, or no window could have had it. The state is as it was.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), ReplayError> {
        let refused = |why| ReplayError {
            n: entry.n(),
            event: entry.event().name(),
            why,
        };
        if entry.n() != self.entries || entry.prev() != self.head {
            let (last, found) = (self.entries.saturating_sub(1), entry.n());
            return Err(refused(Refusal::OutOfOrder { last, found }));
        }
        self.admit(entry.event(), entry.at()).map_err(refused)?;
        self.absorb(entry);
        Ok(())
    }

    /// Gives the stage.
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// Gives the plan's name; none before the daybook was opened.
    pub fn plan(&self) -> Option<&str> {
        self.opened.as_deref().map(|opened| opened.plan.as_str())
    }

    /// Gives what the plan lays down, as last changed; none before the daybook was opened.
    pub fn terms(&self) -> Option<&Terms> {
        self.opened.as_deref().map(|opened| &opened.terms)
    }

    /// Gives the opening figures of the first and the second reading.
    pub fn opening_figures(&self) -> (Option<&OpeningFigures>, Option<&OpeningFigures>) {
        (self.figures_before.as_ref(), self.figures_after.as_ref())
    }

    /// Gives the conversion that stands.
    pub fn conversion(&self) -> Option<&ConversionFinished> {
        self.conversion.as_ref()
    }

    /// Gives who converted with something other than Crossfoot, where that is the conversion that
    /// stands.
    pub fn converted_elsewhere(&self) -> Option<&ConvertedElsewhere> {
        self.converted_elsewhere.as_ref()
    }

    /// Gives the verification that stands.
    pub fn verification(&self) -> Option<&VerificationFinished> {
        self.verification.as_ref()
    }

    /// Gives the breaks that were accepted.
    pub fn accepted(&self) -> &[BreakAccepted] {
        &self.accepted
    }

    /// Gives what was last decided about rejects.
    pub fn disposal(&self) -> Option<&RejectsDisposed> {
        self.disposal.as_ref()
    }

    /// Gives the last rehearsal.
    pub fn rehearsal(&self) -> Option<&RehearsalFinished> {
        self.rehearsal.as_ref()
    }

    /// Gives the sign-offs that stand. Their signatures are for the gate to check.
    pub fn sign_offs(&self) -> &[SignOff] {
        &self.sign_offs
    }

    /// Gives the gate's last judgement, unless something voided it.
    pub fn judgement(&self) -> Option<&Judgement> {
        self.judged.as_ref().map(|judged| &judged.judgement)
    }

    /// Gives the hash of the last entry; zeros before the first.
    pub fn head(&self) -> Digest {
        self.head
    }

    /// Gives what a sign-off must be about now; none where nothing was verified.
    pub fn subject(&self) -> Option<Subject<'_>> {
        Some(Subject {
            plan: self.plan()?,
            manifest_blake3: self.verification()?.manifest_blake3,
            daybook_heads: &self.heads_to_sign,
        })
    }

    /// Makes the statement that a person would sign now; none where nothing was verified.
    pub fn statement(&self, role: &str, name: &str, now: Timestamp) -> Option<Statement> {
        Some(Statement {
            role: role.to_owned(),
            name: name.to_owned(),
            plan: self.plan()?.to_owned(),
            manifest_blake3: self.verification()?.manifest_blake3,
            daybook_head: self.head,
            at: now,
        })
    }

    /// Gives how long a rollback takes: by the plan, or as the last rehearsal of this plan that
    /// passed has shown, whichever is longer.
    pub fn rollback_takes(&self) -> Option<SignedDuration> {
        let terms = self.terms()?;
        let shown = self.rehearsal.as_ref();
        let shown = shown.filter(|shown| shown.passed && shown.plan_blake3 == terms.plan_blake3);
        let shown_ms = shown.map_or(0, |shown| shown.rollback_took_ms);
        let longer_ms = terms.rollback_takes_ms.max(shown_ms);
        Some(SignedDuration::from_millis(
            i64::try_from(longer_ms).unwrap_or(i64::MAX),
        ))
    }

    /// Gives the last moment at which a rollback can begin and still end by the release time.
    pub fn point_of_no_return(&self) -> Option<Timestamp> {
        let (terms, takes) = (self.terms()?, self.rollback_takes()?);
        let point = terms.release.checked_sub(takes);
        Some(point.unwrap_or(Timestamp::MIN))
    }

    /// Says whether the gate's GO stands at the end of the daybook.
    pub fn is_go(&self) -> bool {
        let judged = self.judged.as_ref();
        judged.is_some_and(|judged| judged.judgement.outcome() == Outcome::Go)
    }
}
