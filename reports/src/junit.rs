//! The outcome as a test report in the JUnit format, for a build server.
//!
//! A suite `run` holds the verdict and the rejects, each agreement is a suite and the controls are
//! one. What is off is a failure, with its figures. What was not checked is an *error*, never
//! "skipped": build servers take skipped cases for green. Accepted breaks fail too, as their amounts
//! stay in the account; the gate decides on them. Names of suites and cases are English whatever the
//! language, so that a server keeps their history. Nothing in the file tells of a clock.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};

use ledger::{
    AgreementReport, Amount, Break, ControlLine, ControlReport, ControlStatus, Report, Verdict,
};
use quick_junit::{NonSuccessKind, Report as JunitReport, TestCase, TestCaseStatus, TestSuite};

use crate::detail::{amounts, details, name_of, on_one_line, places, visible};
use crate::disposition::{Disposition, Dispositions};
use crate::dossier::Dossier;
use crate::error::{LineError, ReportError};
use crate::figure::is_zero;
use crate::language::Language;
use crate::tally::Tally;
use crate::unchecked::unchecked_of;

/// So many breaks of an agreement are cases of their own; one case tells how many more there are.
pub const BREAKS_PER_AGREEMENT: u64 = 1000;

/// Writes the test report. At least one case of it is no success unless the verdict is
/// [`Verdict::Balanced`].
///
/// # Errors
/// A break cannot be read, the breaks are not those that the report counts, or `out` cannot be
/// written. What was written until then is no test report.
pub fn write(
    dossier: &Dossier,
    breaks: impl IntoIterator<Item = Result<Break, LineError>>,
    language: Language,
    out: impl Write,
) -> Result<(), ReportError> {
    let report = &dossier.report;
    let mut cases = cases_of_breaks(dossier, breaks, language)?;
    let mut junit = JunitReport::new(clean(&format!("crossfoot: {}", report.plan)));
    junit.add_test_suite(run_suite(report, language));
    for agreement in &report.agreements {
        let cases = cases.remove(agreement.name.as_str()).unwrap_or_default();
        junit.add_test_suite(agreement_suite(agreement, cases, language));
    }
    junit.add_test_suite(controls_suite(&report.controls, language));
    let mut out = BufWriter::new(out);
    junit.serialize(&mut out)?;
    Ok(out.flush()?)
}

fn cases_of_breaks<'d>(
    dossier: &'d Dossier,
    breaks: impl IntoIterator<Item = Result<Break, LineError>>,
    language: Language,
) -> Result<BTreeMap<&'d str, Vec<TestCase>>, ReportError> {
    let mut tally = Tally::new(&dossier.report);
    let mut dispositions = Dispositions::new(&dossier.acceptances);
    let mut cases: BTreeMap<&str, (u64, Vec<TestCase>)> = BTreeMap::new();
    let names = dossier
        .report
        .agreements
        .iter()
        .map(|agreement| agreement.name.as_str());
    cases.extend(names.map(|name| (name, Default::default())));
    for found in breaks {
        let found = found?;
        tally.count_break(&found)?;
        let disposition = dispositions.of(&found);
        // A break of no agreement has just been refused.
        let Some((count, cases)) = cases.get_mut(found.agreement.as_str()) else {
            continue;
        };
        *count = count.saturating_add(1);
        if *count <= BREAKS_PER_AGREEMENT {
            cases.push(break_case(&found, *count, disposition, language));
        }
    }
    tally.close_breaks()?;
    let with_rest = |(name, (count, mut cases)): (&'d str, (u64, Vec<TestCase>))| {
        let left = count.saturating_sub(BREAKS_PER_AGREEMENT);
        if left > 0 {
            let says = language.left_out(left, count, "breaks.jsonl");
            cases.push(failure("further breaks", name, &says, ""));
        }
        (name, cases)
    };
    Ok(cases.into_iter().map(with_rest).collect())
}

fn run_suite(report: &Report, language: Language) -> TestSuite {
    let mut suite = TestSuite::new("run");
    let says = language.verdict_says(report.verdict);
    suite.add_test_case(match report.verdict {
        Verdict::Balanced => success("verdict", "run"),
        Verdict::OutOfBalance => failure("verdict", "run", says, ""),
        Verdict::Incomplete => error(
            "verdict",
            "run",
            says,
            &unchecked_of(report, language).join("\n"),
        ),
    });
    suite.add_test_case(match report.rejects {
        0 => success("rejects", "run"),
        some => failure(
            "rejects",
            "run",
            &language.rejects_counted(some),
            language.whole_in_rejects(),
        ),
    });
    suite
}

fn agreement_suite(
    agreement: &AgreementReport,
    breaks: Vec<TestCase>,
    language: Language,
) -> TestSuite {
    let name = agreement.name.as_str();
    let mut suite = TestSuite::new(clean(&format!("agreement: {name}")));
    suite.add_test_case(records_case(agreement, language));
    for total in &agreement.totals {
        let case = format!("total {} {}", total.column, total.currency);
        let figures = figures(
            Some(&total.expected),
            Some(&total.actual),
            Some(&total.difference),
            language,
        );
        suite.add_test_case(match is_zero(&total.difference) {
            true => success(&case, name),
            false => failure(&case, name, &figures, ""),
        });
        suite.add_test_case(residual_case(
            agreement,
            &total.column,
            &total.currency,
            language,
        ));
    }
    suite.add_test_case(match agreement.not_checked.as_slice() {
        [] => success("everything checked", name),
        some => error(
            "everything checked",
            name,
            language.not_checked(),
            &some.join("\n"),
        ),
    });
    suite.add_test_cases(breaks);
    suite
}

fn records_case(agreement: &AgreementReport, language: Language) -> TestCase {
    let records = agreement.records;
    let is_off = agreement.breaks.sum() > 0
        || records.expected != records.actual
        || records.actual != records.agreed;
    let message = format!(
        "{}: {} {}, {} {}, {} {}; {}",
        language.records(),
        language.expected(),
        records.expected,
        language.actual(),
        records.actual,
        language.agreed(),
        records.agreed,
        language.breaks_counted(agreement.breaks.sum()),
    );
    match is_off {
        true => failure("records", &agreement.name, &message, ""),
        false => success("records", &agreement.name),
    }
}

/// A residual that is not zero, or that is not there, means that the account does not close.
fn residual_case(
    agreement: &AgreementReport,
    column: &str,
    currency: &str,
    language: Language,
) -> TestCase {
    let case = format!("residual {column} {currency}");
    let is_its = |amount: &&Amount| amount.column == column && amount.currency == currency;
    let residual = agreement.residual.iter().find(is_its);
    match residual {
        Some(residual) if is_zero(&residual.amount) => success(&case, &agreement.name),
        other => {
            let shown = other.map_or(language.none(), |residual| &residual.amount);
            let says = format!("{}: {shown}", language.residual());
            error(&case, &agreement.name, &says, "")
        }
    }
}

fn break_case(
    found: &Break,
    number: u64,
    disposition: Disposition<'_>,
    language: Language,
) -> TestCase {
    let name = format!("break {number}: {}", on_one_line(name_of(found)));
    let message = [
        language.break_kind(found.kind).to_owned(),
        amounts(&found.difference),
    ];
    let message: Vec<String> = message
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    failure(
        &name,
        &found.agreement,
        &message.join(", "),
        &story(found, disposition, language),
    )
}

/// Tells of a break in lines: what is off, why, where, and what becomes of it.
fn story(found: &Break, disposition: Disposition<'_>, language: Language) -> String {
    let mut lines = Vec::new();
    for detail in details(found) {
        if let Some(field) = detail.field {
            let [expected, actual] =
                [detail.expected, detail.actual].map(|value| value.unwrap_or(language.null()));
            lines.push(format!(
                "{field}: {} {expected}, {} {actual}",
                language.expected(),
                language.actual()
            ));
        }
    }
    let cause = [
        found.cause.id.as_deref().unwrap_or_default(),
        language.cause_status(found.cause.status),
        &language.rivals(&found.cause.says, &found.cause.rivals),
    ];
    let cause: Vec<&str> = cause.into_iter().filter(|part| !part.is_empty()).collect();
    lines.push(format!("{}: {}", language.cause(), cause.join(" ")));
    for (head, records) in [
        (language.source_place(), &found.source),
        (language.target_place(), &found.target),
    ] {
        if !records.is_empty() {
            lines.push(format!("{head}: {}", places(records)));
        }
    }
    let mut disposed = format!(
        "{}: {}",
        language.disposition(),
        language.disposed(disposition)
    );
    if let Disposition::Accepted(acceptance) = disposition {
        disposed.push_str(&format!(" ({}, {})", acceptance.owner, acceptance.reason));
    }
    lines.push(disposed);
    lines.join("\n")
}

fn controls_suite(controls: &[ControlReport], language: Language) -> TestSuite {
    let mut suite = TestSuite::new("controls");
    suite.add_test_cases(
        controls
            .iter()
            .map(|control| control_case(control, language)),
    );
    suite
}

fn control_case(control: &ControlReport, language: Language) -> TestCase {
    let name = control.name.as_str();
    let lines: Vec<String> = control
        .lines
        .iter()
        .map(|line| line_figures(line, language))
        .collect();
    let says = control.says.as_deref();
    match control.status {
        ControlStatus::Holds => success(name, "controls"),
        ControlStatus::Broken => {
            let told = figures(
                control.expected.as_deref(),
                control.actual.as_deref(),
                control.difference.as_deref(),
                language,
            );
            let told = [says.unwrap_or_default(), &told].map(str::to_owned);
            let mut told: Vec<String> = told.into_iter().filter(|part| !part.is_empty()).collect();
            if told.is_empty() {
                told.push(language.lines_off(lines.len()));
            }
            failure(name, "controls", &told.join("; "), &lines.join("\n"))
        }
        ControlStatus::Incomplete => {
            let says = says.unwrap_or(language.could_not_be_computed());
            error(name, "controls", says, &lines.join("\n"))
        }
    }
}

fn line_figures(line: &ControlLine, language: Language) -> String {
    let figures = figures(
        line.expected.as_deref(),
        line.actual.as_deref(),
        line.difference.as_deref(),
        language,
    );
    format!("{}: {figures}", on_one_line(&line.key))
}

/// Gives both figures and their difference, as far as they are there.
fn figures(
    expected: Option<&str>,
    actual: Option<&str>,
    difference: Option<&str>,
    language: Language,
) -> String {
    let heads = [
        language.expected(),
        language.actual(),
        language.difference(),
    ];
    let shown = heads.into_iter().zip([expected, actual, difference]);
    let shown = shown.filter_map(|(head, figure)| Some(format!("{head} {}", figure?)));
    shown.collect::<Vec<_>>().join(", ")
}

fn success(name: &str, class: &str) -> TestCase {
    case(name, class, TestCaseStatus::success())
}

fn failure(name: &str, class: &str, message: &str, story: &str) -> TestCase {
    case(
        name,
        class,
        non_success(NonSuccessKind::Failure, "break", message, story),
    )
}

fn error(name: &str, class: &str, message: &str, story: &str) -> TestCase {
    case(
        name,
        class,
        non_success(NonSuccessKind::Error, "not checked", message, story),
    )
}

fn non_success(kind: NonSuccessKind, of: &str, message: &str, story: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(of).set_message(clean(message));
    if !story.is_empty() {
        status.set_description(clean(story));
    }
    status
}

fn case(name: &str, class: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(clean(name), status);
    case.set_classname(clean(class));
    case
}

fn clean(text: &str) -> String {
    visible(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story;

    fn junit(dossier: &Dossier, breaks: Vec<Break>, language: Language) -> String {
        let mut out = Vec::new();
        write(dossier, story::read(breaks), language, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_check_and_every_break_is_a_case() {
        insta::assert_snapshot!(junit(&story::dossier(), story::breaks(), Language::English));
    }

    #[test]
    fn messages_are_chinese_and_names_are_not() {
        let text = junit(&story::dossier(), story::breaks(), Language::Chinese);
        assert!(text.contains("<testcase name=\"rejects\" classname=\"run\">"));
        assert!(text.contains("message=\"拒收记录 1 笔\""));
        assert!(text.contains("message=\"漏转, amount -18.80 CNY\""));
    }

    #[test]
    fn only_a_balanced_run_is_green() {
        let green = junit(&story::balanced(), Vec::new(), Language::English);
        assert!(green.contains("failures=\"0\" errors=\"0\">"), "{green}");
        for verdict in [Verdict::OutOfBalance, Verdict::Incomplete] {
            let mut dossier = story::balanced();
            dossier.report.verdict = verdict;
            let red = junit(&dossier, Vec::new(), Language::English);
            let suites = red.lines().nth(1).unwrap();
            assert!(!suites.contains("failures=\"0\" errors=\"0\""), "{suites}");
            assert!(suites.contains("skipped=\"0\""), "{suites}");
        }
    }

    #[test]
    fn a_total_without_its_residual_is_an_error() {
        let mut dossier = story::balanced();
        dossier.report.agreements[0].residual.clear();
        let text = junit(&dossier, Vec::new(), Language::English);
        assert!(
            text.contains("<error message=\"Residual: none\" type=\"not checked\"/>"),
            "{text}"
        );
    }

    #[test]
    fn of_more_breaks_than_a_thousand_the_rest_is_one_case() {
        let mut dossier = story::balanced();
        dossier.report.verdict = Verdict::OutOfBalance;
        let agreement = &mut dossier.report.agreements[0];
        agreement.breaks.missing = 1003;
        agreement.causes.push(ledger::CauseLine {
            breaks: 1003,
            difference: vec![story::amount("CNY", "-1003.00")],
            ..Default::default()
        });
        let breaks = vec![story::missing("V", "1.00"); 1003];
        let text = junit(&dossier, breaks, Language::English);
        assert_eq!(text.matches("name=\"break ").count(), 1000);
        assert!(text.contains("3 of 1,003 are not shown here. All of them are in breaks.jsonl."));
    }

    #[test]
    fn markup_and_control_characters_are_text() {
        let mut dossier = story::balanced();
        dossier.report.plan = "a\0</testsuites><!-- & \x1b[31m".to_owned();
        let text = junit(&dossier, Vec::new(), Language::English);
        assert!(
            text.contains("name=\"crossfoot: a␀&lt;/testsuites&gt;&lt;!-- &amp; ␛[31m\""),
            "{text}"
        );
    }
}
