//! One agreement: totals, breaks by kind, the bridge from expected to actual, crossed totals.

use super::table::{Cell, Table};
use super::{LINES_MAX, Page, Paint, is_zero, largest_first, paint_of, size, text};
use crate::words::{Language, grouped};
use ledger::{
    AgreementReport, Break, BreakCounts, BreakKind, CauseStatus, CrossedTotal, Record, Total, Wide,
};
use std::collections::BTreeMap;

impl Page<'_> {
    /// Writes all about one agreement but for its single breaks.
    pub(super) fn agreement(&mut self, agreement: &AgreementReport, largest: &[Break]) {
        self.part(&text::plain(&agreement.name));
        self.totals(agreement);
        self.kinds(agreement);
        self.bridges(agreement, largest);
        self.conditions(agreement);
        self.crossed(&agreement.crossed);
        self.notes(agreement);
        self.fold(agreement);
        self.repairs(agreement);
    }

    fn totals(&mut self, agreement: &AgreementReport) {
        let words = self.words;
        let records = &agreement.records;
        let mut table = Table::default()
            .text("")
            .figure(words.expected())
            .figure(words.actual())
            .figure(words.difference());
        let difference = i128::from(records.actual) - i128::from(records.expected);
        table.row([
            Cell::new(words.records()),
            Cell::new(grouped(records.expected)),
            Cell::new(grouped(records.actual)),
            figure(&difference.to_string()),
        ]);
        let (shown, off, agreeing) = most_telling(&agreement.totals);
        for total in shown {
            table.row([
                Cell::new(self.column(&total.column, &total.currency)),
                Cell::new(text::amount(&total.expected)),
                Cell::new(text::amount(&total.actual)),
                figure(&total.difference),
            ]);
        }
        self.table(2, &table);
        if off + agreeing > 0 {
            let file = self.file("report.json");
            let more = words.more_agreeing(off, agreeing, file.as_deref());
            self.say(2, Paint::Plain, &more);
        }
        self.say(2, Paint::Plain, &words.agreed(records.agreed));
    }

    fn kinds(&mut self, agreement: &AgreementReport) {
        self.blank();
        if agreement.breaks.sum() == 0 {
            let words = self.words.no_breaks();
            return self.say(2, Paint::Plain, words);
        }
        let title = self.words.breaks_by_kind();
        self.say(2, Paint::Bold, title);
        let mut table = Table::default().text("").figure("").text("");
        for kind in BreakKind::ALL {
            let count = count_of(&agreement.breaks, kind);
            table.row([
                Cell::new(self.words.kind(kind)),
                figure_of_count(count),
                Cell::painted(self.words.kind_means(kind), Paint::Dim),
            ]);
        }
        self.table(4, &table);
    }

    /// The bridge of each column that is off, or whose breaks cancel one another.
    fn bridges(&mut self, agreement: &AgreementReport, largest: &[Break]) {
        let steps = steps(agreement, largest, self.words);
        let residual = |total: &Total| {
            let mut residuals = agreement.residual.iter();
            residuals.find(|one| one.column == total.column && one.currency == total.currency)
        };
        let is_still = |total: &&Total| {
            is_zero(&total.difference)
                && steps.iter().all(|step| step.leaves(total))
                && residual(total).is_some_and(|one| is_zero(&one.amount))
        };
        let mut moved: Vec<&Total> = agreement
            .totals
            .iter()
            .filter(|one| !is_still(one))
            .collect();
        if moved.is_empty() {
            if !agreement.totals.is_empty() {
                if agreement.breaks.sum() > 0 {
                    self.blank();
                }
                let words = self.words.residual_is_zero();
                self.say(2, Paint::Plain, words);
            }
            return;
        }
        if moved.len() > LINES_MAX {
            largest_first(&mut moved, |total| size(&total.difference));
        }
        for total in moved.iter().take(LINES_MAX) {
            let residual = residual(total).map(|one| &*one.amount);
            self.bridge(total, &steps, residual);
        }
        self.more(2, moved.len().saturating_sub(LINES_MAX), "report.json");
    }

    fn bridge(&mut self, total: &Total, steps: &[Step], residual: Option<&str>) {
        let words = self.words;
        self.blank();
        let column = self.column(&total.column, &total.currency);
        self.say(2, Paint::Bold, &words.bridge(&column));
        let mut table = Table::default()
            .text("")
            .figure(words.breaks())
            .figure(text::escaped(&total.column));
        let end = |label: &str, amount: &str| {
            [
                Cell::new(label),
                Cell::default(),
                Cell::new(text::amount(amount)),
            ]
        };
        table.row(end(words.expected(), &total.expected));
        for step in steps {
            table.row([
                Cell::new(step.label.clone()),
                Cell::new(grouped(step.breaks)),
                Cell::new(step.amount(total)),
            ]);
        }
        table.row(end(words.actual(), &total.actual));
        let (amount, paint) = match residual {
            Some(amount) if is_zero(amount) => (text::amount(amount), Paint::Good),
            Some(amount) => (format!("!!! {}", text::amount(amount)), Paint::Loud),
            None => ("?".to_owned(), Paint::Loud),
        };
        table.row([
            Cell::new(words.residual()),
            Cell::default(),
            Cell::painted(amount, paint),
        ]);
        self.table(4, &table);
    }

    /// What the records of a cause have in common.
    fn conditions(&mut self, agreement: &AgreementReport) {
        let colon = self.words.pick(": ", "：");
        for cause in agreement
            .causes
            .iter()
            .filter(|one| !one.conditions.is_empty())
        {
            let id = cause.id.as_deref().map(text::plain);
            let name = self.words.cause(id.as_deref(), cause.status);
            let conditions: Vec<String> = cause
                .conditions
                .iter()
                .map(|one| text::plain(one))
                .collect();
            let and = self.words.pick(" and ", " 且 ");
            let shared = self.words.cause_where(&conditions.join(and), cause);
            self.say(4, Paint::Plain, &format!("{name}{colon}{shared}"));
        }
    }

    fn crossed(&mut self, crossed: &[CrossedTotal]) {
        if crossed.is_empty() {
            return;
        }
        let words = self.words;
        self.blank();
        self.say(2, Paint::Bold, &words.crossed_off(crossed.len() as u64));
        let mut order: Vec<&CrossedTotal> = crossed.iter().collect();
        largest_first(&mut order, |one| weight(one));
        order.truncate(LINES_MAX);
        let by: Vec<&Record> = order.iter().map(|one| &one.by).collect();
        let labels = Labels::of(&by, words.group(), words.null());
        let mut table = Table::default();
        for title in &labels.titles {
            table = table.text(title);
        }
        table = table
            .text(words.column())
            .figure(words.records_difference())
            .figure(words.expected())
            .figure(words.actual())
            .figure(words.difference());
        for (one, label) in order.iter().zip(&labels.rows) {
            let records = i128::from(one.records.actual) - i128::from(one.records.expected);
            let off: Vec<&Total> = one
                .totals
                .iter()
                .filter(|total| !is_zero(&total.difference))
                .collect();
            let labels = || label.iter().map(Cell::new);
            for total in &off {
                let figures = [
                    Cell::new(self.column(&total.column, &total.currency)),
                    figure(&records.to_string()),
                    Cell::new(text::amount(&total.expected)),
                    Cell::new(text::amount(&total.actual)),
                    figure(&total.difference),
                ];
                table.row(labels().chain(figures));
            }
            if off.is_empty() {
                let figures = [Cell::default(), figure(&records.to_string())];
                table.row(labels().chain(figures));
            }
        }
        self.table(4, &table);
        self.more(4, crossed.len().saturating_sub(LINES_MAX), "report.json");
    }

    fn notes(&mut self, agreement: &AgreementReport) {
        if agreement.notes.is_empty() {
            return;
        }
        self.blank();
        let title = self.words.notes();
        self.say(2, Paint::Bold, title);
        for note in &agreement.notes {
            let note = text::plain(&self.words.engine(note));
            self.say(4, Paint::Plain, &format!("- {note}"));
        }
    }

    /// Says which way the records were added up, where the plan asks that databases do it.
    fn fold(&mut self, agreement: &AgreementReport) {
        let Some(fold) = &agreement.fold else {
            return;
        };
        self.blank();
        let words = self.words;
        let mut line = text::plain(&words.folded(fold));
        if fold.buckets > 0 {
            line.push_str(words.pick("; ", "；"));
            line.push_str(&words.buckets(fold.differing, fold.buckets));
        }
        self.say(2, Paint::Plain, &line);
    }

    /// Counts the declared repairs by the word of the plan that allows them.
    fn repairs(&mut self, agreement: &AgreementReport) {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for repair in &agreement.repairs {
            let count = counts.entry(&repair.what).or_default();
            *count = count.saturating_add(repair.count);
        }
        if counts.is_empty() {
            return;
        }
        self.blank();
        let list: Vec<String> = counts
            .into_iter()
            .map(|(what, count)| format!("{} {}", text::plain(what), grouped(count)))
            .collect();
        let list = list.join(self.words.pick(", ", "，"));
        let colon = self.words.pick(": ", "：");
        let mut line = format!("{}{colon}{list}", self.words.repairs());
        if let Some(file) = self.file("report.json") {
            line.push_str(self.words.pick("; ", "；"));
            line.push_str(&self.words.each_in(&file));
        }
        self.say(2, Paint::Plain, &line);
    }
}

/// One step of a bridge: some breaks, and what they add to each column.
struct Step {
    label: String,
    breaks: u64,
    /// By column and currency; none where the report does not say it.
    amounts: Option<BTreeMap<(String, String), Wide>>,
}

impl Step {
    fn get(&self, total: &Total) -> Option<&Wide> {
        let key = (total.column.clone(), total.currency.clone());
        self.amounts.as_ref()?.get(&key)
    }

    /// Says whether the step leaves a total as it is.
    fn leaves(&self, total: &Total) -> bool {
        self.amounts.is_some() && self.get(total).is_none_or(Wide::is_zero)
    }

    fn amount(&self, total: &Total) -> String {
        match (&self.amounts, self.get(total)) {
            (None, _) => "?".to_owned(),
            (Some(_), Some(amount)) => text::amount(&amount.to_string()),
            // As many decimals as the total has.
            (Some(_), None) => match total.expected.split_once('.') {
                Some((_, decimals)) => format!("0.{}", "0".repeat(decimals.len())),
                None => "0".to_owned(),
            },
        }
    }
}

/// The steps from expected to actual: the causes, or the kinds as long as no cause is known and
/// every break is at hand.
fn steps(agreement: &AgreementReport, largest: &[Break], words: Language) -> Vec<Step> {
    let breaks: Vec<&Break> = largest
        .iter()
        .filter(|found| found.agreement == agreement.name)
        .collect();
    let all = agreement.breaks.sum();
    let is_unknown = agreement
        .causes
        .iter()
        .all(|one| one.status == CauseStatus::Unknown);
    if is_unknown && breaks.len() as u64 == all {
        return BreakKind::ALL
            .into_iter()
            .filter(|kind| count_of(&agreement.breaks, *kind) > 0)
            .map(|kind| Step {
                label: words.kind(kind).to_owned(),
                breaks: count_of(&agreement.breaks, kind),
                amounts: sum(breaks
                    .iter()
                    .filter(|found| found.kind == kind)
                    .flat_map(|found| &found.difference)),
            })
            .collect();
    }
    if agreement.causes.is_empty() {
        let label = words.cause(None, CauseStatus::Unknown);
        return vec![Step {
            label,
            breaks: all,
            amounts: None,
        }];
    }
    let step = |cause: &ledger::CauseLine| Step {
        label: words.cause(
            cause.id.as_deref().map(text::plain).as_deref(),
            cause.status,
        ),
        breaks: cause.breaks,
        amounts: sum(&cause.difference),
    };
    agreement.causes.iter().map(step).collect()
}

/// Adds amounts up by column and currency; none where one of them is no number.
fn sum<'a>(
    amounts: impl IntoIterator<Item = &'a ledger::Amount>,
) -> Option<BTreeMap<(String, String), Wide>> {
    let mut sums: BTreeMap<(String, String), Wide> = BTreeMap::new();
    for amount in amounts {
        let key = (amount.column.clone(), amount.currency.clone());
        sums.entry(key)
            .or_default()
            .add_wide(&amount.amount.parse().ok()?);
    }
    Some(sums)
}

fn count_of(counts: &BreakCounts, kind: BreakKind) -> u64 {
    match kind {
        BreakKind::Missing => counts.missing,
        BreakKind::Extra => counts.extra,
        BreakKind::Differs => counts.differs,
        BreakKind::Copies => counts.copies,
    }
}

/// A difference, painted where it is one.
pub(super) fn figure(difference: &str) -> Cell {
    Cell::painted(text::amount(difference), paint_of(difference))
}

fn figure_of_count(count: u64) -> Cell {
    let paint = if count == 0 { Paint::Plain } else { Paint::Bad };
    Cell::painted(grouped(count), paint)
}

/// The totals to show, and how many of the others are off and how many agree.
fn most_telling(totals: &[Total]) -> (Vec<&Total>, u64, u64) {
    if totals.len() <= LINES_MAX {
        return (totals.iter().collect(), 0, 0);
    }
    let (mut off, agreeing): (Vec<&Total>, Vec<&Total>) =
        totals.iter().partition(|total| !is_zero(&total.difference));
    largest_first(&mut off, |total| size(&total.difference));
    let off_hidden = off.len().saturating_sub(LINES_MAX);
    let shown: Vec<&Total> = off
        .iter()
        .chain(&agreeing)
        .copied()
        .take(LINES_MAX)
        .collect();
    let hidden = totals.len() - shown.len();
    (shown, off_hidden as u64, (hidden - off_hidden) as u64)
}

/// The largest difference along a crossed total; that of its records where no amount is off.
fn weight(crossed: &CrossedTotal) -> Option<Wide> {
    let mut heaviest = Wide::default();
    for total in &crossed.totals {
        heaviest = heaviest.max(size(&total.difference)?);
    }
    Some(heaviest)
}

/// The labels of groups: a column for each of their columns, where all groups have the same.
pub(super) struct Labels {
    pub(super) titles: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Labels {
    pub(super) fn of(groups: &[&Record], title: &str, null: &str) -> Self {
        let names = |record: &Record| -> Vec<String> {
            record
                .0
                .iter()
                .map(|(name, _)| text::escaped(name))
                .collect()
        };
        let titles = groups.first().map(|first| names(first)).unwrap_or_default();
        let is_same = groups.iter().all(|group| names(group) == titles);
        if is_same && !titles.is_empty() {
            let row = |group: &&Record| {
                let values = group.0.iter();
                values
                    .map(|(_, value)| text::value(value.as_deref(), null))
                    .collect()
            };
            let rows = groups.iter().map(row).collect();
            return Self { titles, rows };
        }
        let rows = groups
            .iter()
            .map(|group| vec![in_one_line(group, null)])
            .collect();
        Self {
            titles: vec![title.to_owned()],
            rows,
        }
    }
}

/// A record as `name=value name=value`.
pub(super) fn in_one_line(record: &Record, null: &str) -> String {
    let columns = record.0.iter().map(|(name, value)| {
        let shown = text::value(value.as_deref(), null);
        // A blank within a value would look like its end.
        let needs_quotes = shown.contains(' ') && !shown.starts_with('"');
        let shown = match needs_quotes {
            true => format!("\"{}\"", shown.replace('"', "\\\"")),
            false => shown,
        };
        format!("{}={shown}", text::escaped(name))
    });
    columns.collect::<Vec<String>>().join(" ")
}
