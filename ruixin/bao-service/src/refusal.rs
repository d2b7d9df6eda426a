//! Why something was not done, as a caller is told it, and as it is kept to be told again.

mod kinds;
mod of;

use std::collections::BTreeMap;

use ruixin_service::problem::{self, INTERNAL, Kind, Problem};
use serde::{Deserialize, Serialize};

pub use kinds::KINDS;
pub(crate) use kinds::*;

/// Is a refusal as it is kept with its `Idempotency-Key`: the kind by its code, the words that go
/// with it, figures for programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refusal {
    pub(crate) code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    says: Option<[String; 2]>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    members: BTreeMap<String, String>,
}

impl Refusal {
    pub(crate) fn new(kind: &'static Kind) -> Refusal {
        Refusal {
            code: kind.code.to_owned(),
            says: None,
            members: BTreeMap::new(),
        }
    }

    fn says(mut self, en: impl Into<String>, zh: impl Into<String>) -> Refusal {
        self.says = Some([en.into(), zh.into()]);
        self
    }

    fn with(mut self, name: &str, value: impl ToString) -> Refusal {
        self.members.insert(name.to_owned(), value.to_string());
        self
    }

    /// Gives the kind; a code that no kind has any more is a fault of ours.
    pub(crate) fn kind(&self) -> &'static Kind {
        let all = KINDS.iter().chain(problem::KINDS);
        let found = all.into_iter().find(|kind| kind.code == self.code);
        found.copied().unwrap_or(INTERNAL)
    }

    /// Makes the problem that a caller is told.
    pub(crate) fn problem(&self) -> Problem {
        let mut problem = Problem::new(self.kind());
        if let Some([en, zh]) = &self.says {
            problem = problem.says(en.as_str(), zh.as_str());
        }
        for (name, value) in &self.members {
            problem = problem.with(name, value.as_str());
        }
        problem
    }
}
