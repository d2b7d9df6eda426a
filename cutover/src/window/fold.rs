//! Takes an entry that the rules admit into the state.

use ledger::Verdict;

use super::{Judged, Stage, State};
use crate::daybook::{Entry, Event, OpeningFigures, Phase, Taken, VerificationFinished};
use crate::signoff::SignOff;

/// Says what an entry voids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Voids {
    /// Sign-offs and the judgement: it changes what there is to sign.
    SignOffs,
    /// The judgement alone.
    Judgement,
    /// Nothing.
    Nothing,
}

impl State {
    pub(super) fn absorb(&mut self, entry: &Entry) {
        let voids = voids(entry.event());
        if voids == Voids::SignOffs {
            self.sign_offs.clear();
            self.heads_to_sign.clear();
        }
        if voids != Voids::Nothing {
            self.judged = None;
            self.heads_to_judge.clear();
        }
        self.heads_to_sign.push(entry.hash());
        self.heads_to_judge.push(entry.hash());
        self.entries = self.entries.saturating_add(1);
        self.head = entry.hash();
        self.last_at = Some(entry.at());
        self.absorb_event(entry);
    }

    fn absorb_event(&mut self, entry: &Entry) {
        match entry.event() {
            Event::Opened(opened) => self.opened = Some(opened.clone()),
            Event::Replanned(replanned) => {
                if let Some(opened) = &mut self.opened {
                    opened.terms = replanned.terms.clone();
                }
                self.void_conversion();
            }
            Event::Extended { release, .. } => {
                if let Some(opened) = &mut self.opened {
                    opened.terms.release = *release;
                }
            }
            Event::Announced => self.stage = Stage::Announced,
            Event::Freezing { .. } => {
                self.stage = Stage::Freezing;
                (self.figures_before, self.figures_after) = (None, None);
                // Of another reading of the old book, what was made of it is not known.
                self.forget_conversion();
            }
            Event::OpeningFigures(figures) => self.absorb_figures(figures),
            Event::Frozen => self.stage = Stage::Frozen,
            Event::PhaseStarted(started) => self.absorb_start(started.phase),
            Event::ConversionFinished(conversion) => {
                self.conversion = Some(conversion.clone());
                self.stage = Stage::Converted;
            }
            Event::ConvertedElsewhere(conversion) => {
                self.forget_conversion();
                self.converted_elsewhere = Some(conversion.clone());
                self.stage = Stage::Converted;
            }
            Event::VerificationFinished(verification) => self.absorb_verification(verification),
            Event::BreakAccepted(accepted) => self.accepted.push((**accepted).clone()),
            Event::RejectsDisposed(disposal) => self.disposal = Some(disposal.clone()),
            Event::Corrected(_) => {
                self.verification = None;
                self.stage = Stage::Converted;
            }
            Event::RehearsalFinished(rehearsal) => self.rehearsal = Some(rehearsal.clone()),
            Event::SignedOff(sign_off) => self.absorb_sign_off(sign_off),
            Event::Gate(judgement) => {
                self.judged = Some(Judged {
                    entry: entry.hash(),
                    judgement: (**judgement).clone(),
                });
            }
            Event::Releasing => {
                self.stage_before_releasing = Some(self.stage);
                self.stage = Stage::Releasing;
            }
            Event::Released => self.stage = Stage::Released,
            Event::NotReleased { .. } => {
                let before = self.stage_before_releasing.take();
                self.stage = before.unwrap_or(Stage::Incomplete);
            }
            Event::RollingBack { .. } => self.stage = Stage::RollingBack,
            Event::RolledBack => self.stage = Stage::RolledBack,
            Event::ChunkFinished(_)
            | Event::PhaseFinished(_)
            | Event::Forecast(_)
            | Event::NoticeSent(_)
            | Event::NoticeFailed { .. }
            | Event::HookFailed { .. }
            | Event::Remark { .. } => {}
        }
    }

    /// Another plan may convert otherwise: what was converted by the old one counts no more.
    fn void_conversion(&mut self) {
        self.forget_conversion();
        if self.stage.is_closed() {
            self.stage = Stage::Frozen;
        }
    }

    fn forget_conversion(&mut self) {
        (self.conversion, self.converted_elsewhere) = (None, None);
        self.verification = None;
    }

    fn absorb_figures(&mut self, figures: &OpeningFigures) {
        match figures.taken {
            Taken::Before => {
                self.figures_before = Some(figures.clone());
                self.figures_after = None;
            }
            Taken::After => self.figures_after = Some(figures.clone()),
        }
    }

    fn absorb_start(&mut self, phase: Phase) {
        match phase {
            Phase::Convert => {
                self.forget_conversion();
                self.stage = Stage::Converting;
            }
            Phase::Verify => {
                self.verification = None;
                self.stage = Stage::Verifying;
            }
            _ => {}
        }
    }

    fn absorb_verification(&mut self, verification: &VerificationFinished) {
        self.stage = match verification.verdict {
            Verdict::Balanced => Stage::Balanced,
            Verdict::OutOfBalance => Stage::OutOfBalance,
            Verdict::Incomplete => Stage::Incomplete,
        };
        self.verification = Some(verification.clone());
    }

    /// A role's later sign-off takes the place of its earlier one.
    fn absorb_sign_off(&mut self, sign_off: &SignOff) {
        let role = &sign_off.statement.role;
        self.sign_offs.retain(|other| other.statement.role != *role);
        self.sign_offs.push(sign_off.clone());
    }
}

fn voids(event: &Event) -> Voids {
    match event {
        Event::PhaseStarted(started) if !decides(started.phase) => Voids::Nothing,
        Event::ChunkFinished(_)
        | Event::PhaseFinished(_)
        | Event::Forecast(_)
        | Event::NoticeSent(_)
        | Event::NoticeFailed { .. }
        | Event::Gate(_)
        | Event::HookFailed { .. }
        | Event::Remark { .. } => Voids::Nothing,
        Event::SignedOff(_) | Event::Releasing | Event::Released | Event::NotReleased { .. } => {
            Voids::Judgement
        }
        Event::Opened(_)
        | Event::Replanned(_)
        | Event::Extended { .. }
        | Event::Announced
        | Event::Freezing { .. }
        | Event::OpeningFigures(_)
        | Event::Frozen
        | Event::PhaseStarted(_)
        | Event::ConversionFinished(_)
        | Event::ConvertedElsewhere(_)
        | Event::VerificationFinished(_)
        | Event::BreakAccepted(_)
        | Event::RejectsDisposed(_)
        | Event::Corrected(_)
        | Event::RehearsalFinished(_)
        | Event::RollingBack { .. }
        | Event::RolledBack => Voids::SignOffs,
    }
}

/// Says whether a phase changes what the books hold or what is known of them.
fn decides(phase: Phase) -> bool {
    matches!(phase, Phase::Convert | Phase::Verify)
}
