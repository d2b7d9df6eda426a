//! The first lines: what the run comes to, and why.

use super::{Page, Paint, column_name, is_zero, text};
use ledger::{AgreementReport, ControlStatus, Verdict};

impl Page<'_> {
    /// Writes the alarm, the verdict, the counts, and what was not checked.
    pub(super) fn head(&mut self) {
        self.alarm();
        let report = self.report;
        let paint = match report.verdict {
            Verdict::Balanced => Paint::Good,
            Verdict::OutOfBalance => Paint::Bad,
            Verdict::Incomplete => Paint::Doubtful,
        };
        let verdict = self.words.verdict(report.verdict);
        let says = self.words.verdict_says(report.verdict);
        let colon = self.words.pick(": ", "：");
        let line = format!("{verdict}  {}{colon}{says}", text::plain(&report.plan));
        self.say(0, paint, &line);
        let counts = self.counts();
        self.say(0, Paint::Plain, &counts);
        if report.verdict == Verdict::Incomplete {
            self.reasons();
        }
    }

    /// A residual that is not zero comes before everything else.
    fn alarm(&mut self) {
        let report = self.report;
        for agreement in &report.agreements {
            for residual in agreement.residual.iter().filter(|one| !is_zero(&one.amount)) {
                let amount = text::amount(&residual.amount);
                let amount = column_name_after(&amount, &residual.currency);
                let column = text::escaped(&residual.column);
                let name = text::plain(&agreement.name);
                let words = self.words.residual_alarm(&amount, &column, &name);
                self.say(0, Paint::Loud, &format!("!!! {words} !!!"));
            }
        }
    }

    /// One line that counts records, breaks, rejects and controls.
    fn counts(&self) -> String {
        let report = self.report;
        let sum = |count: fn(&AgreementReport) -> u64| {
            let counts = report.agreements.iter().map(count);
            counts.fold(0, u64::saturating_add)
        };
        let mut said = Vec::new();
        if !report.agreements.is_empty() {
            said.push(self.words.records_agreed(
                sum(|one| one.records.expected),
                sum(|one| one.records.actual),
                sum(|one| one.records.agreed),
            ));
            said.push(self.words.breaks_counted(sum(|one| one.breaks.sum())));
        }
        said.push(self.words.rejects_counted(report.rejects));
        let holds = |status: ControlStatus| status == ControlStatus::Holds;
        let held = report.controls.iter().filter(|one| holds(one.status)).count();
        let controls = report.controls.len();
        said.push(self.words.controls_counted(controls as u64, held as u64));
        said.join(self.words.pick("; ", "；"))
    }

    /// Lists why the run is incomplete.
    fn reasons(&mut self) {
        let report = self.report;
        let colon = self.words.pick(": ", "：");
        let mut reasons = Vec::new();
        for agreement in &report.agreements {
            let name = text::plain(&agreement.name);
            let why = self.unproved(agreement);
            reasons.extend(why.into_iter().map(|why| format!("{name}{colon}{why}")));
        }
        let incomplete = |status: ControlStatus| status == ControlStatus::Incomplete;
        for control in report.controls.iter().filter(|one| incomplete(one.status)) {
            let says = control.says.as_deref().map(text::plain);
            let why = self.words.control_not_computed(says.as_deref());
            reasons.push(format!("{}{colon}{why}", text::plain(&control.name)));
        }
        if report.agreements.is_empty() && report.controls.is_empty() {
            reasons.push(self.words.nothing_to_check().to_owned());
        }
        if reasons.is_empty() {
            reasons.push(self.words.no_reason_given().to_owned());
        }
        let title = format!("{}{}", self.words.not_checked(), colon.trim_end());
        self.say(0, Paint::Doubtful, &title);
        for reason in reasons {
            self.say(2, Paint::Plain, &format!("- {reason}"));
        }
    }

    /// Why an agreement is not proved, in the order in which the verdict asks.
    fn unproved(&self, agreement: &AgreementReport) -> Vec<String> {
        let mut why: Vec<String> = agreement.not_checked.iter().map(|one| text::plain(one)).collect();
        let open = agreement.residual.iter().filter(|one| !is_zero(&one.amount));
        why.extend(open.map(|one| {
            let column = column_name(&one.column, &one.currency);
            self.words.account_not_closed(&column)
        }));
        for total in &agreement.totals {
            let is_there = agreement
                .residual
                .iter()
                .any(|one| one.column == total.column && one.currency == total.currency);
            if !is_there {
                let column = column_name(&total.column, &total.currency);
                why.push(self.words.no_residual(&column));
            }
        }
        let records = &agreement.records;
        let all_agree = records.expected == records.actual && records.actual == records.agreed;
        if !all_agree && agreement.breaks.sum() == 0 {
            why.push(self.words.counts_unexplained().to_owned());
        }
        why
    }
}

/// Gives an amount with its currency behind it.
pub(super) fn column_name_after(amount: &str, currency: &str) -> String {
    format!("{amount} {}", text::escaped(currency)).trim().to_owned()
}
