//! The verdict: a pure function of a run's parts.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{AgreementReport, Amount, ControlReport, ControlStatus, Total};
use crate::wide::Wide;

/// Is what a run comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Everything was checked and everything agrees.
    Balanced,
    /// Everything was checked, and there are breaks, rejects or broken controls.
    OutOfBalance,
    /// Something was not checked, or the account does not close.
    Incomplete,
}

/// Computes what a run comes to. The first of these that applies wins:
///
/// 1. **incomplete**: something in `not_checked`, here or in an agreement; a record that was still
///    changing; a control that could not be computed; a residual that is not zero, not a number, or
///    lacking beside its total; counts that differ where no break says why; or no agreement and no
///    control at all;
/// 2. **out of balance**: a break, a reject, a broken control;
/// 3. **balanced**.
///
/// A run that found breaks *and* left something unchecked is therefore incomplete: nobody may take
/// its breaks for all there are.
pub fn verdict(
    agreements: &[AgreementReport],
    controls: &[ControlReport],
    rejects: u64,
    not_checked: &[String],
) -> Verdict {
    let nothing_to_check = agreements.is_empty() && controls.is_empty();
    let uncomputed = |control: &ControlReport| control.status == ControlStatus::Incomplete;
    if nothing_to_check
        || !not_checked.is_empty()
        || !agreements.iter().all(is_complete)
        || controls.iter().any(uncomputed)
    {
        return Verdict::Incomplete;
    }
    let broken = |control: &ControlReport| control.status == ControlStatus::Broken;
    let has_breaks = |agreement: &AgreementReport| agreement.breaks.sum() > 0;
    if rejects > 0 || agreements.iter().any(has_breaks) || controls.iter().any(broken) {
        return Verdict::OutOfBalance;
    }
    Verdict::Balanced
}

fn is_complete(agreement: &AgreementReport) -> bool {
    agreement.not_checked.is_empty()
        && agreement.in_flight.moving == 0
        && agreement
            .residual
            .iter()
            .all(|amount| is_zero(&amount.amount))
        && agreement
            .totals
            .iter()
            .all(|total| is_closed(total, &agreement.residual))
        && counts_are_explained(agreement)
}

/// Says whether a total has its residual. That a residual is zero is another check.
fn is_closed(total: &Total, residual: &[Amount]) -> bool {
    let same = |amount: &Amount| amount.column == total.column && amount.currency == total.currency;
    residual.iter().any(same)
}

/// Says whether unequal counts have at least one break, or record in flight, to explain them.
fn counts_are_explained(agreement: &AgreementReport) -> bool {
    let records = &agreement.records;
    let all_agree = records.expected == records.actual && records.actual == records.agreed;
    all_agree || agreement.breaks.sum() > 0 || agreement.in_flight.settled > 0
}

/// Says whether a text is a number and this number is zero.
fn is_zero(text: &str) -> bool {
    text.parse().is_ok_and(|amount: Wide| amount.is_zero())
}

impl Verdict {
    /// Gives the exit code of the command line: 0 balanced, 1 out of balance, 5 incomplete.
    pub fn exit_code(self) -> u8 {
        match self {
            Verdict::Balanced => 0,
            Verdict::OutOfBalance => 1,
            Verdict::Incomplete => 5,
        }
    }

    /// Gives the word of the report.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Balanced => "balanced",
            Verdict::OutOfBalance => "out_of_balance",
            Verdict::Incomplete => "incomplete",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
