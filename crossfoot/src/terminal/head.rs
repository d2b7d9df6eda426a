//! The first lines: what the run comes to, and why.

use super::{LINES_MAX, Page, Paint, is_zero, text};
use ledger::{AgreementReport, Amount, ControlStatus, InFlight, Verdict};

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
        if !report.agreements.is_empty() {
            let records = self.records();
            self.say(0, Paint::Plain, &records);
        }
        let counts = self.counts();
        self.say(0, Paint::Plain, &counts);
        if report.verdict == Verdict::Incomplete {
            self.reasons();
        }
    }

    /// A residual that is not zero comes before everything else.
    fn alarm(&mut self) {
        let report = self.report;
        let open = |agreement| residuals(agreement).map(move |residual| (agreement, residual));
        let alarms: Vec<_> = report.agreements.iter().flat_map(open).collect();
        for (agreement, residual) in alarms.iter().take(LINES_MAX) {
            let amount = text::amount(&residual.amount);
            let amount = self.with_currency(&amount, &residual.currency);
            let column = text::escaped(&residual.column);
            let name = text::plain(&agreement.name);
            let words = self.words.residual_alarm(&amount, &column, &name);
            self.say(0, Paint::Loud, &format!("!!! {words} !!!"));
        }
        self.more(0, alarms.len().saturating_sub(LINES_MAX), "report.json");
    }

    /// Counts the records of all agreements.
    fn records(&self) -> String {
        self.words.records_agreed(
            self.sum(|one| one.records.expected),
            self.sum(|one| one.records.actual),
            self.sum(|one| one.records.agreed),
        )
    }

    /// Adds a count of all agreements up.
    pub(super) fn sum(&self, count: fn(&AgreementReport) -> u64) -> u64 {
        let counts = self.report.agreements.iter().map(count);
        counts.fold(0, u64::saturating_add)
    }

    /// Counts breaks, rejects and controls.
    fn counts(&self) -> String {
        let report = self.report;
        let mut said = Vec::new();
        if !report.agreements.is_empty() {
            said.push(self.words.breaks_counted(self.sum(|one| one.breaks.sum())));
        }
        said.push(self.words.rejects_counted(report.rejects));
        let count = |status: ControlStatus| {
            let of_status = report.controls.iter().filter(|one| one.status == status);
            (status, of_status.count() as u64)
        };
        said.push(self.words.controls_counted(&[
            count(ControlStatus::Holds),
            count(ControlStatus::Broken),
            count(ControlStatus::Incomplete),
        ]));
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
            let says = control.says.as_deref();
            let says = says.map(|says| text::plain(&self.words.engine(says)));
            let why = self.words.control_not_computed(says.as_deref());
            reasons.push(format!("{}{colon}{why}", text::plain(&control.name)));
        }
        if report.agreements.is_empty() && report.controls.is_empty() {
            reasons.push(self.words.nothing_to_check().to_owned());
        }
        if reasons.is_empty() {
            reasons.push(self.words.no_reason_given().to_owned());
        }
        let title = format!("{}{}", self.words.why_incomplete(), colon.trim_end());
        self.say(0, Paint::Doubtful, &title);
        for reason in reasons.iter().take(LINES_MAX) {
            self.say(2, Paint::Plain, &format!("- {reason}"));
        }
        self.more(2, reasons.len().saturating_sub(LINES_MAX), "report.json");
    }

    /// Why an agreement is not proved, in the order in which the verdict asks.
    fn unproved(&self, agreement: &AgreementReport) -> Vec<String> {
        let mut why: Vec<String> = agreement
            .not_checked
            .iter()
            .map(|one| text::plain(&self.words.engine(one)))
            .collect();
        why.extend(residuals(agreement).map(|one| {
            let column = self.column(&one.column, &one.currency);
            self.words.account_not_closed(&column)
        }));
        for total in &agreement.totals {
            let is_there = agreement
                .residual
                .iter()
                .any(|one| one.column == total.column && one.currency == total.currency);
            if !is_there {
                let column = self.column(&total.column, &total.currency);
                why.push(self.words.no_residual(&column));
            }
        }
        let InFlight { settled, moving } = agreement.in_flight;
        if moving > 0 {
            why.push(self.words.still_changing(moving));
        }
        let records = &agreement.records;
        let all_agree = records.expected == records.actual && records.actual == records.agreed;
        let is_explained = agreement.breaks.sum() > 0 || settled > 0 || moving > 0;
        if !all_agree && !is_explained {
            why.push(self.words.counts_unexplained().to_owned());
        }
        why
    }
}

/// The residuals that are not zero.
fn residuals(agreement: &AgreementReport) -> impl Iterator<Item = &Amount> {
    agreement
        .residual
        .iter()
        .filter(|one| !is_zero(&one.amount))
}
