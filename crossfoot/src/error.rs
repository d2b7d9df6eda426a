//! Why a command failed, and with which exit code.

use reconcile::{PrepareError, VerifyError};
use rules::plan::{Mistake, PlanError};
use rules::sql::RunError;
use std::fmt;

/// The exit codes, the same everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Wrong use, or a mistake in the plan.
    Use,
    /// A book cannot be reached or read.
    Book,
    /// A fault of our own.
    Own,
    /// Something was not checked.
    Incomplete,
}

impl Kind {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Use => 2,
            Self::Book => 3,
            Self::Own => 4,
            Self::Incomplete => 5,
        }
    }

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Use => "use",
            Self::Book => "book",
            Self::Own => "own",
            Self::Incomplete => "incomplete",
        }
    }
}

/// A failure on its way to the screen.
#[derive(Debug)]
pub(crate) struct CommandError {
    pub(crate) kind: Kind,
    pub(crate) message: String,
    /// What mends it, a line each.
    pub(crate) hints: Vec<String>,
    /// Mistakes with a place in a plan or its SQL; they are shown underlined.
    pub(crate) mistakes: Vec<PlanError>,
}

impl CommandError {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hints: Vec::new(),
            mistakes: Vec::new(),
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Arguments that cannot be read: what is wrong, and the advice that follows it.
    pub(crate) fn of_arguments(error: &clap::Error) -> Self {
        let said = error.to_string();
        let said = said.strip_prefix("error: ").unwrap_or(&said);
        let mut parts = said.trim_end().split("\n\n");
        let failed = Self::new(Kind::Use, parts.next().unwrap_or_default());
        parts.fold(failed, |failed, part| failed.hint(part.trim()))
    }

    /// Gives it as a part of a JSON document.
    pub(crate) fn document(&self) -> serde_json::Value {
        let mistakes = self.mistakes.iter().map(PlanError::on_one_line);
        serde_json::json!({
            "kind": self.kind.word(),
            "exit_code": self.kind.code(),
            "message": self.message,
            "mistakes": mistakes.collect::<Vec<_>>(),
            "hints": self.hints,
        })
    }

    /// All mistakes of a plan.
    ///
    /// Where the machine had no room to read its SQL, it is not known whether the plan has any.
    pub(crate) fn plan(mistakes: Vec<PlanError>) -> Self {
        let no_room = |error: &&PlanError| matches!(error.mistake(), Mistake::NoRoom { .. });
        if let Some(error) = mistakes.iter().find(no_room) {
            let failed = Self::new(Kind::Book, error.to_string());
            return error.mistake().mend().into_iter().fold(failed, Self::hint);
        }
        let message = match mistakes.len() {
            1 => "the plan has a mistake".to_owned(),
            count => format!("the plan has {count} mistakes"),
        };
        Self {
            mistakes,
            ..Self::new(Kind::Use, message)
        }
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<PrepareError> for CommandError {
    fn from(error: PrepareError) -> Self {
        match error {
            PrepareError::Plan(mistakes) => Self::plan(mistakes),
            PrepareError::Books(errors) => {
                let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
                Self::new(Kind::Book, lines.join("\n"))
            }
        }
    }
}

impl From<VerifyError> for CommandError {
    fn from(error: VerifyError) -> Self {
        let kind = match &error {
            VerifyError::Prepare(_) => Kind::Use,
            VerifyError::Run(RunError::Read(_)) | VerifyError::Read(_) => Kind::Book,
            VerifyError::Fold { .. } => Kind::Book,
            VerifyError::Run(RunError::Disk(_)) => Kind::Use,
            VerifyError::Run(
                RunError::Query { .. } | RunError::Pattern(_) | RunError::Request(_),
            ) => Kind::Use,
            VerifyError::Run(RunError::Memory(_)) => Kind::Incomplete,
            VerifyError::Evidence { .. } => Kind::Use,
            VerifyError::Stopped => Kind::Incomplete,
            VerifyError::Run(RunError::Internal(_)) | VerifyError::Internal(_) => Kind::Own,
        };
        if let VerifyError::Prepare(error) = error {
            return error.into();
        }
        let failed = Self::new(kind, error.to_string());
        match &error {
            VerifyError::Run(run) => run.mend().into_iter().fold(failed, Self::hint),
            VerifyError::Internal(_) => failed.hint("please report this: it should not happen"),
            _ => failed,
        }
    }
}
