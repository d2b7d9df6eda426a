//! What a run did not check, gathered from the parts of its report.

use ledger::{ControlStatus, Report, Verdict};

use crate::figure::{grouped, is_zero};
use crate::language::Language;

/// Gives a sentence for each thing that makes a run incomplete. A run that is incomplete has at
/// least one.
pub(crate) fn unchecked_of(report: &Report, language: Language) -> Vec<String> {
    let mut told = Vec::new();
    for agreement in &report.agreements {
        let not_checked = agreement.not_checked.iter();
        told.extend(not_checked.map(|what| language.labelled(&agreement.name, what)));
        let moving = agreement.in_flight.moving;
        if moving > 0 {
            told.push(language.still_changing(&agreement.name, moving));
        }
        let residuals = agreement
            .residual
            .iter()
            .filter(|amount| !is_zero(&amount.amount));
        told.extend(residuals.map(|amount| {
            let figure = grouped(&amount.amount);
            let shown = format!("{} {figure} {}", amount.column, amount.currency);
            language.residual_unchecked(&agreement.name, &shown)
        }));
    }
    let incomplete = |control: &&ledger::ControlReport| control.status == ControlStatus::Incomplete;
    told.extend(report.controls.iter().filter(incomplete).map(|control| {
        let says = control
            .says
            .as_deref()
            .unwrap_or(language.could_not_be_computed());
        language.control_incomplete(&control.name, says)
    }));
    if told.is_empty() && report.verdict == Verdict::Incomplete {
        told.push(language.unnamed_unchecked().to_owned());
    }
    told
}

/// Gives a sentence for each book in whose folder files lie that belong to no table.
pub(crate) fn not_read_of(report: &Report, language: Language) -> Vec<String> {
    let left = report.not_read.iter();
    left.map(|left| language.not_read(left)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story;

    #[test]
    fn files_of_no_table_are_told_and_make_nothing_incomplete() {
        let mut report = story::dossier().report;
        let before = unchecked_of(&report, Language::English);
        report.not_read = vec![ledger::NotRead {
            book: "target".to_owned(),
            count: 1_200,
            files: vec!["a.txt".to_owned(), "b.bak".to_owned()],
        }];
        assert_eq!(
            not_read_of(&report, Language::English),
            ["target: files that belong to no table and were not read, 1,200: a.txt, b.bak, …"]
        );
        assert_eq!(
            not_read_of(&report, Language::Chinese),
            ["新账：不属于任何表而未读取的文件，1,200 个：a.txt、b.bak 等"]
        );
        assert_eq!(unchecked_of(&report, Language::English), before);
    }

    #[test]
    fn everything_that_was_not_checked_is_told() {
        let mut report = story::dossier().report;
        report.agreements[0].not_checked = vec!["the column `fee` is lost".to_owned()];
        report.agreements[0].residual[0].amount = "1234.50".to_owned();
        assert_eq!(
            unchecked_of(&report, Language::English),
            [
                "postings: the column `fee` is lost",
                "postings: the breaks leave a residual of amount 1,234.50 CNY",
                "Control `roll-forward`: it gave no rows",
            ]
        );
    }

    #[test]
    fn records_that_were_still_changing_are_told() {
        let mut report = story::balanced().report;
        report.verdict = Verdict::Incomplete;
        report.agreements[0].in_flight.moving = 1;
        assert_eq!(
            unchecked_of(&report, Language::English),
            ["postings: 1 record was still changing when it was last looked at"]
        );
        report.agreements[0].in_flight.moving = 1200;
        assert_eq!(
            unchecked_of(&report, Language::Chinese),
            ["postings：1,200 笔在最后一次查看时仍在变动"]
        );
    }

    #[test]
    fn an_incomplete_run_never_says_that_all_was_checked() {
        let mut report = story::balanced().report;
        assert!(unchecked_of(&report, Language::English).is_empty());
        report.verdict = Verdict::Incomplete;
        assert_eq!(unchecked_of(&report, Language::English).len(), 1);
    }
}
