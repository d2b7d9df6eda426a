//! The words of the events: their names, and those of phases and systems.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::event::{Event, Hook, Outlook, Phase, Version};

impl Event {
    /// The names of all events of this version.
    pub const NAMES: [&str; 29] = [
        "opened",
        "replanned",
        "extended",
        "announced",
        "freezing",
        "opening_figures",
        "frozen",
        "phase_started",
        "chunk_finished",
        "phase_finished",
        "conversion_finished",
        "converted_elsewhere",
        "verification_finished",
        "forecast",
        "notice_sent",
        "notice_failed",
        "break_accepted",
        "rejects_disposed",
        "corrected",
        "rehearsal_finished",
        "signed_off",
        "gate",
        "releasing",
        "released",
        "not_released",
        "rolling_back",
        "rolled_back",
        "hook_failed",
        "remark",
    ];

    /// Gives its name, as the field `event` holds it.
    pub fn name(&self) -> &'static str {
        match self {
            Event::Opened(_) => "opened",
            Event::Replanned(_) => "replanned",
            Event::Extended { .. } => "extended",
            Event::Announced => "announced",
            Event::Freezing { .. } => "freezing",
            Event::OpeningFigures(_) => "opening_figures",
            Event::Frozen => "frozen",
            Event::PhaseStarted(_) => "phase_started",
            Event::ChunkFinished(_) => "chunk_finished",
            Event::PhaseFinished(_) => "phase_finished",
            Event::ConversionFinished(_) => "conversion_finished",
            Event::ConvertedElsewhere(_) => "converted_elsewhere",
            Event::VerificationFinished(_) => "verification_finished",
            Event::Forecast(_) => "forecast",
            Event::NoticeSent(_) => "notice_sent",
            Event::NoticeFailed { .. } => "notice_failed",
            Event::BreakAccepted(_) => "break_accepted",
            Event::RejectsDisposed(_) => "rejects_disposed",
            Event::Corrected(_) => "corrected",
            Event::RehearsalFinished(_) => "rehearsal_finished",
            Event::SignedOff(_) => "signed_off",
            Event::Gate(_) => "gate",
            Event::Releasing => "releasing",
            Event::Released => "released",
            Event::NotReleased { .. } => "not_released",
            Event::RollingBack { .. } => "rolling_back",
            Event::RolledBack => "rolled_back",
            Event::HookFailed { .. } => "hook_failed",
            Event::Remark { .. } => "remark",
        }
    }
}

impl Version {
    /// The number in the document.
    pub const NUMBER: u32 = 1;
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(Version::NUMBER)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Version, D::Error> {
        match u32::deserialize(deserializer)? {
            Version::NUMBER => Ok(Version),
            other => Err(D::Error::custom(format_args!(
                "daybook version {other}, and only version {} can be read",
                Version::NUMBER
            ))),
        }
    }
}

impl Phase {
    /// Gives its name, as people say it.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Freeze => "freeze",
            Phase::Digest => "digest",
            Phase::Convert => "convert",
            Phase::Correct => "correct",
            Phase::Verify => "verify",
            Phase::SignOff => "sign-off",
            Phase::Release => "release",
            Phase::Rollback => "rollback",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for Outlook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Outlook::OnTrack => "ON TRACK",
            Outlook::AtRisk => "AT RISK",
            Outlook::TooLate => "TOO LATE",
            Outlook::Unknown => "UNKNOWN",
        })
    }
}

impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Hook::Freeze => "freeze",
            Hook::Release => "release",
            Hook::Rollback => "rollback",
        })
    }
}
