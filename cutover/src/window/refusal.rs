//! Why a step is refused, and what to do instead.

use jiff::Timestamp;

use super::{JUDGEMENT_HOLDS_MINUTES, Stage};
use crate::gate::Outcome;

/// Says why a step is refused, and what to do instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No daybook was opened.
    #[error("there is no window yet: open a daybook for the plan first")]
    NotOpened,
    /// A daybook is open already.
    #[error("this daybook is open already: another window is another daybook")]
    AlreadyOpened,
    /// The step has no place in this stage.
    #[error(
        "{} has no place while the window is {stage}; {instead}",
        in_words(step)
    )]
    NotNow {
        /// The event that would be recorded, or the phase that would begin.
        step: &'static str,
        /// The stage.
        stage: Stage,
        /// What to do.
        instead: &'static str,
    },
    /// The new system may be open, and the old one must not open beside it.
    #[error(
        "rolling back has to wait: the new system was told to open, and may be open; ask it, then \
         confirm the release or record that it is not open, and roll back then"
    )]
    MayBeReleased,
    /// The clock went back.
    #[error(
        "the clock went back: the last entry is of {last}, and it is {now}; set the clock right, \
         then try again"
    )]
    BackInTime {
        /// Time of the last entry.
        last: Timestamp,
        /// The time given.
        now: Timestamp,
    },
    /// An entry does not follow.
    #[error("entry {found} does not follow entry {last}; read the daybook from its beginning")]
    OutOfOrder {
        /// Number of the last entry.
        last: u64,
        /// Number of the entry.
        found: u64,
    },
    /// It is not time to freeze.
    #[error("the old book closes at {freeze}, {early} from now; wait, or change the plan")]
    TooEarly {
        /// When it closes.
        freeze: Timestamp,
        /// How long it is until then.
        early: String,
    },
    /// What was made of the frozen book would be given up.
    #[error(
        "the old book is frozen, and freezing it again voids {voided}; if it must be, decide it: \
         `crossfoot window freeze --again --why TEXT --by NAME`"
    )]
    WouldVoid {
        /// What would be void.
        voided: &'static str,
    },
    /// A frozen book could not be opened again in time.
    #[error(
        "the point of no return was {point}, {late} ago: after a freeze now no rollback would end \
         by {release}; put off the release, or roll back to call it off"
    )]
    NoWayBack {
        /// The point of no return.
        point: Timestamp,
        /// How long it has passed.
        late: String,
        /// The release time.
        release: Timestamp,
    },
    /// The opening figures are lacking.
    #[error(
        "the {reading} reading of the opening figures is lacking; read them twice, a while apart, \
         then confirm that the old book is closed"
    )]
    FiguresLacking {
        /// `first` or `second`.
        reading: &'static str,
    },
    /// Something still moves.
    #[error(
        "something still moves in the old book: {differences}; find out what still writes, then \
         take the opening figures again"
    )]
    StillMoves {
        /// The figures that differ, with both values and their difference.
        differences: String,
    },
    /// There is no judgement for this very state.
    #[error("{why}; let the gate judge again, and release at once")]
    NotJudged {
        /// What is wrong with the judgement that there is.
        why: String,
    },
    /// The judgement has grown old.
    #[error(
        "the gate judged at {at}, and a judgement holds for {} minutes; let the gate judge again, \
         and release at once",
        JUDGEMENT_HOLDS_MINUTES
    )]
    JudgementOld {
        /// When it was made.
        at: Timestamp,
    },
    /// The gate is shut.
    #[error("the gate says {outcome}: {reasons}; {instead}")]
    Shut {
        /// What it says.
        outcome: Outcome,
        /// What did not pass.
        reasons: String,
        /// What to do.
        instead: &'static str,
    },
    /// The release time is past.
    #[error("the new book had to be open at {release}, {late} ago; {instead}")]
    TooLate {
        /// The release time.
        release: Timestamp,
        /// By how much it is past.
        late: String,
        /// What to do.
        instead: &'static str,
    },
    /// A rollback would end after the window.
    #[error(
        "a rollback takes {takes} and would end {late} after {release}; if it must be, say that \
         this is accepted, and tell those who wait"
    )]
    LateRollback {
        /// How long it takes.
        takes: String,
        /// The release time.
        release: Timestamp,
        /// By how much it would end later.
        late: String,
    },
    /// A field holds what it must not.
    #[error("the {field} of {} {why}", in_words(step))]
    Words {
        /// The event that would be recorded.
        step: &'static str,
        /// The field.
        field: &'static str,
        /// What is wrong, and what is right.
        why: String,
    },
    /// A sign-off cannot stand beside the others.
    #[error("this sign-off is not taken: {why}")]
    SignOff {
        /// Why.
        why: String,
    },
}

/// Gives an event's name as people say it.
fn in_words(step: &str) -> String {
    step.replace('_', " ")
}

/// Says that a daybook tells of a step that no window takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "entry {n} of the daybook, {}, cannot have been: {why}. Do not trust this daybook",
    in_words(event)
)]
pub struct ReplayError {
    /// Number of the entry, from 0.
    pub n: u64,
    /// Its event.
    pub event: &'static str,
    /// Why it is refused.
    pub why: Refusal,
}
