//! The stages of a window, and which book is open in each.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Says how far a window has come.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// There is a plan.
    #[default]
    Planned,
    /// Those whom it concerns were told.
    Announced,
    /// The old system is being told to close.
    Freezing,
    /// The old book is closed.
    Frozen,
    /// A conversion is under way.
    Converting,
    /// The new book is written, or was corrected, and not verified since.
    Converted,
    /// A verification is under way.
    Verifying,
    /// The last verification found both books in agreement.
    Balanced,
    /// The last verification found breaks, rejects or broken controls.
    OutOfBalance,
    /// The last verification left something unchecked.
    Incomplete,
    /// The new system is being told to open.
    Releasing,
    /// The new book is open.
    Released,
    /// The old system is being told to open again.
    RollingBack,
    /// The old book is open again.
    RolledBack,
}

/// Says which book takes new entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpenBook {
    /// The old one.
    Source,
    /// None.
    None,
    /// The new one.
    Target,
    /// A system was called and the answer is not recorded: the old book is open or closed.
    AskSource,
    /// A system was called and the answer is not recorded: the new book is open or closed.
    AskTarget,
}

impl Stage {
    /// All stages, in their order.
    pub const ALL: [Stage; 14] = [
        Stage::Planned,
        Stage::Announced,
        Stage::Freezing,
        Stage::Frozen,
        Stage::Converting,
        Stage::Converted,
        Stage::Verifying,
        Stage::Balanced,
        Stage::OutOfBalance,
        Stage::Incomplete,
        Stage::Releasing,
        Stage::Released,
        Stage::RollingBack,
        Stage::RolledBack,
    ];

    /// Says which book is open.
    pub fn open_book(self) -> OpenBook {
        match self {
            Stage::Planned | Stage::Announced | Stage::RolledBack => OpenBook::Source,
            Stage::Freezing | Stage::RollingBack => OpenBook::AskSource,
            Stage::Releasing => OpenBook::AskTarget,
            Stage::Released => OpenBook::Target,
            Stage::Frozen
            | Stage::Converting
            | Stage::Converted
            | Stage::Verifying
            | Stage::Balanced
            | Stage::OutOfBalance
            | Stage::Incomplete => OpenBook::None,
        }
    }

    /// Says whether a verification stands.
    pub fn is_verified(self) -> bool {
        matches!(
            self,
            Stage::Balanced | Stage::OutOfBalance | Stage::Incomplete
        )
    }

    /// Says whether the window is over.
    pub fn is_over(self) -> bool {
        matches!(self, Stage::Released | Stage::RolledBack)
    }

    /// Says whether the plan may still change: nobody is being told to open a book, and none is.
    pub fn is_at_work(self) -> bool {
        !self.is_over() && !matches!(self, Stage::Releasing | Stage::RollingBack)
    }

    /// Says whether the old book is closed and no new one is open or being opened.
    pub fn is_closed(self) -> bool {
        self.open_book() == OpenBook::None
    }

    /// Says what to do from here.
    pub fn what_next(self) -> &'static str {
        match self {
            Stage::Planned => "announce it first",
            Stage::Announced => "freeze the old book first, or roll back to call it off",
            Stage::Freezing => {
                "take the opening figures twice and confirm that the old book is closed, or roll \
                 back"
            }
            Stage::Frozen => {
                "convert first, or record who converted: crossfoot window converted; or roll back"
            }
            Stage::Converting => {
                "finish the conversion first, or record who converted: crossfoot window converted; \
                 or roll back"
            }
            Stage::Converted => "verify first, or roll back",
            Stage::Verifying => "finish the verification first, or roll back",
            Stage::Balanced => "sign off, let the gate judge and release, or roll back",
            Stage::OutOfBalance => {
                "correct the new book or convert anew and verify again, accept each break that may \
                 stay, or roll back"
            }
            Stage::Incomplete => "verify again with nothing left out, or roll back",
            Stage::Releasing => {
                "ask the new system whether it is open, then confirm the release or record that \
                 it is not"
            }
            Stage::Released => {
                "the new book is open: a mistake is mended by entries, and another window is \
                 another daybook"
            }
            Stage::RollingBack => "ask the old system to open again, and confirm that it has",
            Stage::RolledBack => "the old book is open again: another attempt is another daybook",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Stage::Planned => "planned",
            Stage::Announced => "announced",
            Stage::Freezing => "freezing",
            Stage::Frozen => "frozen",
            Stage::Converting => "converting",
            Stage::Converted => "converted",
            Stage::Verifying => "verifying",
            Stage::Balanced => "balanced",
            Stage::OutOfBalance => "out of balance",
            Stage::Incomplete => "incomplete",
            Stage::Releasing => "releasing",
            Stage::Released => "released",
            Stage::RollingBack => "rolling back",
            Stage::RolledBack => "rolled back",
        })
    }
}
