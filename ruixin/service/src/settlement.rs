//! What a bank answers to a withdrawal.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the bank has answered to a withdrawal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settlement {
    /// Whether it paid.
    pub outcome: BankOutcome,
}

/// Is a bank's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BankOutcome {
    /// It has paid.
    Paid,
    /// It has refused: the money is the customer's again.
    Refused,
}
