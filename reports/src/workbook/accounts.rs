//! The accounts of a run: each money column of each agreement in each currency, with a number.

use ledger::{AgreementReport, Amount, Report, Total, Wide};

use crate::error::ReportError;
use crate::figure::{SumBound, is_zero, scale_of};

/// Is one account, with all that its lead sheet and the sheet of exceptions need.
#[derive(Debug)]
pub(super) struct Account<'r> {
    /// Its number in the workbook, from 1.
    pub(super) number: u64,
    pub(super) agreement: &'r str,
    pub(super) total: &'r Total,
    /// The causes with what they come to in this account.
    pub(super) causes: Vec<(&'r ledger::CauseLine, &'r str)>,
    /// The residual that the report gives; none where it lacks.
    pub(super) residual: Option<&'r str>,
    /// Decimals in which all amounts of the account are shown.
    pub(super) scale: usize,
    pub(super) sums: Sums,
    /// How exactly a spreadsheet would add the exceptions up.
    pub(super) exceptions: SumBound,
}

/// Sums that formulas come to, exact.
#[derive(Debug)]
pub(super) struct Sums {
    pub(super) breaks: Wide,
    pub(super) difference: Wide,
    pub(super) residual: Wide,
}

/// Gives the accounts in the order of the report.
///
/// # Errors
/// An amount of the report is no number.
pub(super) fn accounts(report: &Report) -> Result<Vec<Account<'_>>, ReportError> {
    let totals = report
        .agreements
        .iter()
        .flat_map(|agreement| agreement.totals.iter().map(move |total| (agreement, total)));
    (1_u64..)
        .zip(totals)
        .map(|(number, (agreement, total))| account(number, agreement, total))
        .collect()
}

fn account<'r>(
    number: u64,
    agreement: &'r AgreementReport,
    total: &'r Total,
) -> Result<Account<'r>, ReportError> {
    let is_its =
        |amount: &&Amount| amount.column == total.column && amount.currency == total.currency;
    let causes: Vec<_> = agreement
        .causes
        .iter()
        .flat_map(|cause| {
            let amounts = cause.difference.iter().filter(is_its);
            amounts.map(move |amount| (cause, amount.amount.as_str()))
        })
        .collect();
    let residual = agreement.residual.iter().find(is_its);
    let residual = residual.map(|amount| amount.amount.as_str());
    let shown = [&total.expected, &total.actual, &total.difference].map(String::as_str);
    let shown = shown.into_iter().chain(residual);
    let shown = shown.chain(causes.iter().map(|(_, amount)| *amount));
    let minor = ledger::minor_units(&total.currency).map_or(0, usize::from);
    let scale = shown.map(scale_of).max().unwrap_or(0).max(minor);
    Ok(Account {
        number,
        agreement: &agreement.name,
        total,
        sums: sums(&agreement.name, total, &causes, scale)?,
        causes,
        residual,
        scale,
        exceptions: SumBound::default(),
    })
}

fn sums(
    agreement: &str,
    total: &Total,
    causes: &[(&ledger::CauseLine, &str)],
    scale: usize,
) -> Result<Sums, ReportError> {
    let read = |text: &str| {
        text.parse::<Wide>().map_err(|_| ReportError::Amount {
            place: format!("report.json: `{agreement}`, {}", total.column),
            text: text.to_owned(),
        })
    };
    let mut breaks = Wide::new();
    for (_, amount) in causes {
        breaks.add_wide(&read(amount)?);
    }
    let difference = read(&total.actual)?.minus(&read(&total.expected)?);
    let mut sums = Sums {
        residual: difference.minus(&breaks),
        breaks,
        difference,
    };
    let scale = u8::try_from(scale).unwrap_or(u8::MAX);
    for sum in [&mut sums.breaks, &mut sums.difference, &mut sums.residual] {
        sum.show_decimals(scale);
    }
    Ok(sums)
}

impl Account<'_> {
    /// Says whether a spreadsheet adds the causes up exactly.
    pub(super) fn breaks_are_live(&self) -> bool {
        SumBound::of(self.causes.iter().map(|(_, amount)| *amount), self.scale).is_exact()
    }

    /// Says whether a spreadsheet's difference of the totals is exact.
    pub(super) fn difference_is_live(&self) -> bool {
        SumBound::of(
            [self.total.expected.as_str(), &self.total.actual],
            self.scale,
        )
        .is_exact()
    }

    /// Says whether the residual of the report is there and zero.
    pub(super) fn is_closed(&self) -> bool {
        self.residual.is_some_and(is_zero)
    }
}
