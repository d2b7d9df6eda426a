//! What a prover says of one break.

use crate::catalogue::CauseId;
use ledger::{CauseFound, CauseStatus, Record};

/// Why one break is there, and all that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Explanation {
    /// How sure the cause is.
    pub status: CauseStatus,
    /// The cause: one, or two that act together in this order; empty where it is unknown.
    pub causes: Vec<CauseId>,
    /// Other causes that fit as well, in the order of the catalogue.
    pub rivals: Vec<CauseId>,
    /// The particulars of this break, such as `amount: -468.60 became 468.60`.
    pub says: Says,
    /// Every hypothesis that was tried, in the order of simplicity.
    pub tried: Vec<Tried>,
}

/// One sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Says {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

/// One hypothesis and its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The cause.
    pub cause: CauseId,
    /// What was supposed in particular.
    pub says: Says,
    /// The record that the target would then hold; none where the hypothesis says that it holds
    /// none.
    pub gives: Option<Record>,
    /// Whether that is what the target holds, byte for byte.
    pub reproduces: bool,
}

impl Explanation {
    /// The cause as a line of `breaks.jsonl` tells it: two causes that act together are joined
    /// with a plus sign, as in `B9+B10`.
    pub fn found(&self) -> CauseFound {
        let joined = |ids: &[CauseId]| {
            let ids: Vec<&str> = ids.iter().map(|id| id.as_str()).collect();
            ids.join("+")
        };
        CauseFound {
            id: (!self.causes.is_empty()).then(|| joined(&self.causes)),
            status: self.status,
            says: self.says.en.clone(),
            rivals: self
                .rivals
                .iter()
                .map(|id| id.as_str().to_owned())
                .collect(),
        }
    }
}
