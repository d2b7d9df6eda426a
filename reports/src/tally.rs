//! Counts breaks and rejects as they pass, so that a report of half of them is an error.

use std::collections::BTreeMap;

use ledger::{Break, BreakCounts, BreakKind, Reject, Report, Wide};

use crate::error::ReportError;

const BREAKS: &str = "breaks.jsonl";
const REJECTS: &str = "rejects.jsonl";

/// Counts what passes and holds it against the report.
#[derive(Debug)]
pub(crate) struct Tally<'r> {
    report: &'r Report,
    agreements: BTreeMap<&'r str, Agreement>,
    rejects: u64,
}

#[derive(Debug, Default)]
struct Agreement {
    breaks: BreakCounts,
    /// By money column and currency.
    sums: BTreeMap<(String, String), Wide>,
}

impl<'r> Tally<'r> {
    pub(crate) fn new(report: &'r Report) -> Self {
        let names = report
            .agreements
            .iter()
            .map(|agreement| agreement.name.as_str());
        Self {
            report,
            agreements: names.map(|name| (name, Agreement::default())).collect(),
            rejects: 0,
        }
    }

    /// Counts a break.
    ///
    /// # Errors
    /// It is of no agreement of the report, or an amount of it is no number.
    pub(crate) fn count_break(&mut self, found: &Break) -> Result<(), ReportError> {
        let agreement = self.agreements.get_mut(found.agreement.as_str());
        let agreement = agreement.ok_or_else(|| unknown(BREAKS, &found.agreement))?;
        agreement.breaks.count(found.kind);
        for amount in &found.difference {
            let place = (amount.column.clone(), amount.currency.clone());
            let value = read(&amount.amount, || {
                format!(
                    "{BREAKS}: a break of `{}`, {}",
                    found.agreement, amount.column
                )
            })?;
            agreement.sums.entry(place).or_default().add_wide(&value);
        }
        Ok(())
    }

    /// Counts a reject.
    ///
    /// # Errors
    /// It is of no agreement of the report. (Rejects of controls name the control.)
    pub(crate) fn count_reject(&mut self, reject: &Reject) -> Result<(), ReportError> {
        let is_control = |name: &str| {
            self.report
                .controls
                .iter()
                .any(|control| control.name == name)
        };
        if !self.agreements.contains_key(reject.agreement.as_str())
            && !is_control(&reject.agreement)
        {
            return Err(unknown(REJECTS, &reject.agreement));
        }
        self.rejects = self.rejects.saturating_add(1);
        Ok(())
    }

    /// Holds the breaks that have passed against the report.
    ///
    /// # Errors
    /// They are more or fewer, or come to another sum than the causes.
    pub(crate) fn close_breaks(&self) -> Result<(), ReportError> {
        for reported in &self.report.agreements {
            let Some(counted) = self.agreements.get(reported.name.as_str()) else {
                continue;
            };
            for kind in BreakKind::ALL {
                let (found, said) = (
                    of_kind(&counted.breaks, kind),
                    of_kind(&reported.breaks, kind),
                );
                if found != said {
                    let of = format!("{}, {kind}", reported.name);
                    return Err(miscounted(BREAKS, of, found, said));
                }
            }
            self.close_sums(&reported.name, counted)?;
        }
        Ok(())
    }

    /// Holds the rejects that have passed against the report.
    ///
    /// # Errors
    /// They are more or fewer.
    pub(crate) fn close_rejects(&self) -> Result<(), ReportError> {
        match self.rejects == self.report.rejects {
            true => Ok(()),
            false => Err(miscounted(
                REJECTS,
                "rejects".to_owned(),
                self.rejects,
                self.report.rejects,
            )),
        }
    }

    fn close_sums(&self, name: &str, counted: &Agreement) -> Result<(), ReportError> {
        let mut apart = counted.sums.clone();
        for reported in self
            .report
            .agreements
            .iter()
            .filter(|other| other.name == name)
        {
            for amount in reported.causes.iter().flat_map(|cause| &cause.difference) {
                let value = read(&amount.amount, || {
                    format!("report.json: causes of `{name}`, {}", amount.column)
                })?;
                let place = (amount.column.clone(), amount.currency.clone());
                apart.entry(place).or_default().subtract_wide(&value);
            }
        }
        let Some(((column, currency), difference)) = apart.iter().find(|(_, sum)| !sum.is_zero())
        else {
            return Ok(());
        };
        let place = (column.clone(), currency.clone());
        let found = counted.sums.get(&place).cloned().unwrap_or_default();
        Err(ReportError::Sum {
            agreement: name.to_owned(),
            column: column.clone(),
            currency: currency.clone(),
            counted: found.minus(difference).to_string(),
            found: found.to_string(),
            difference: difference.to_string(),
        })
    }
}

fn of_kind(counts: &BreakCounts, kind: BreakKind) -> u64 {
    match kind {
        BreakKind::Missing => counts.missing,
        BreakKind::Extra => counts.extra,
        BreakKind::Differs => counts.differs,
        BreakKind::Copies => counts.copies,
    }
}

fn unknown(file: &'static str, agreement: &str) -> ReportError {
    ReportError::UnknownAgreement {
        file,
        agreement: agreement.to_owned(),
    }
}

fn miscounted(file: &'static str, of: String, found: u64, counted: u64) -> ReportError {
    ReportError::Count {
        file,
        of,
        found,
        counted,
        difference: found.abs_diff(counted),
    }
}

fn read(text: &str, place: impl FnOnce() -> String) -> Result<Wide, ReportError> {
    text.parse().map_err(|_| ReportError::Amount {
        place: place(),
        text: text.to_owned(),
    })
}
