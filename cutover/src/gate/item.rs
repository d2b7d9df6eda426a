//! One line of the gate's answer, and what all lines come to.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Is one thing that must be so before the new book opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What is looked at.
    pub check: Check,
    /// Of which agreement, control, table or role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Whether it is so.
    pub status: Status,
    /// The figure as it should be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// The figure as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
    /// Actual minus expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
    /// What was found, and what to do where it did not pass.
    pub says: String,
}

/// Names what is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// The plan is the one that the daybook was opened for.
    Plan,
    /// The old book is closed, and nothing moved.
    Frozen,
    /// The rehearsal passed on this very plan.
    Rehearsal,
    /// Read = converted + rejected + left out.
    Conversion,
    /// The evidence is as it was written.
    Evidence,
    /// The books are those that were verified.
    Inputs,
    /// The report says what its parts come to.
    Report,
    /// An agreement's records agree, or each break was accepted by name.
    Agreement,
    /// An agreement's account closes.
    Residual,
    /// Nothing of an agreement was left unchecked.
    Complete,
    /// A control holds.
    Control,
    /// Rejects are disposed of.
    Rejects,
    /// It is not too late.
    Deadline,
    /// A role signed off.
    SignOff,
    /// Those who signed off are different people.
    TwoPeople,
}

/// Says whether an item passed. The later, the worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It is so.
    Passed,
    /// It is not known.
    NotChecked,
    /// It is not so.
    Failed,
}

/// Is what the gate says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything was checked and passed.
    Go,
    /// Something failed.
    NoGo,
    /// Nothing failed, and something was not checked.
    Incomplete,
}

impl Outcome {
    /// Computes what items come to: NO-GO if one failed; GO only if every check is there and all
    /// items passed; else INCOMPLETE.
    pub fn of(items: &[Item]) -> Outcome {
        let has = |status: Status| items.iter().any(|item| item.status == status);
        let is_there = |check: &Check| items.iter().any(|item| item.check == *check);
        if has(Status::Failed) {
            Outcome::NoGo
        } else if has(Status::NotChecked) || !Check::ALL.iter().all(is_there) {
            Outcome::Incomplete
        } else {
            Outcome::Go
        }
    }

    /// Gives the exit code of the command line: 0 GO, 1 NO-GO, 5 INCOMPLETE.
    pub fn exit_code(self) -> u8 {
        match self {
            Outcome::Go => 0,
            Outcome::NoGo => 1,
            Outcome::Incomplete => 5,
        }
    }
}

impl Check {
    /// All checks, in the order of the answer.
    pub const ALL: [Check; 15] = [
        Check::Plan,
        Check::Frozen,
        Check::Rehearsal,
        Check::Conversion,
        Check::Evidence,
        Check::Inputs,
        Check::Report,
        Check::Agreement,
        Check::Residual,
        Check::Complete,
        Check::Control,
        Check::Rejects,
        Check::Deadline,
        Check::SignOff,
        Check::TwoPeople,
    ];

    /// Gives the check's name.
    pub fn as_str(self) -> &'static str {
        self.names().0
    }

    /// Gives the check's name in Chinese.
    pub fn chinese(self) -> &'static str {
        self.names().1
    }

    fn names(self) -> (&'static str, &'static str) {
        match self {
            Check::Plan => ("plan", "方案"),
            Check::Frozen => ("freeze", "停写"),
            Check::Rehearsal => ("rehearsal", "演练"),
            Check::Conversion => ("conversion", "转换"),
            Check::Evidence => ("evidence", "证据"),
            Check::Inputs => ("inputs", "账簿文件"),
            Check::Report => ("report", "报告"),
            Check::Agreement => ("agreement", "核对项"),
            Check::Residual => ("residual", "未解释差额"),
            Check::Complete => ("nothing unchecked", "全部核对"),
            Check::Control => ("control", "控制核对"),
            Check::Rejects => ("rejects", "拒收记录"),
            Check::Deadline => ("deadline", "时限"),
            Check::SignOff => ("sign-off", "签核"),
            Check::TwoPeople => ("two people", "双人签核"),
        }
    }
}

/// Makes an item without figures.
pub(super) fn item(check: Check, status: Status, says: impl Into<String>) -> Item {
    Item {
        check,
        of: None,
        status,
        expected: None,
        actual: None,
        difference: None,
        says: says.into(),
    }
}

/// Gives actual minus expected of two counts.
pub(super) fn difference(expected: u64, actual: u64) -> i128 {
    i128::from(actual).saturating_sub(i128::from(expected))
}

impl Item {
    pub(super) fn of(mut self, of: &str) -> Item {
        self.of = Some(of.to_owned());
        self
    }

    pub(super) fn figures(
        mut self,
        expected: impl fmt::Display,
        actual: impl fmt::Display,
        difference: impl fmt::Display,
    ) -> Item {
        self.expected = Some(expected.to_string());
        self.actual = Some(actual.to_string());
        self.difference = Some(difference.to_string());
        self
    }

    /// Gives both values, where they are no numbers and have no difference.
    pub(super) fn values(mut self, expected: impl fmt::Display, actual: impl fmt::Display) -> Item {
        self.expected = Some(expected.to_string());
        self.actual = Some(actual.to_string());
        self
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.check.as_str())?;
        if let Some(of) = &self.of {
            write!(f, " {of}")?;
        }
        write!(f, ": {}", self.says)
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Status::Passed => "passed",
            Status::NotChecked => "not checked",
            Status::Failed => "failed",
        })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Outcome::Go => "GO",
            Outcome::NoGo => "NO-GO",
            Outcome::Incomplete => "INCOMPLETE",
        })
    }
}
