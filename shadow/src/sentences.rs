//! What failed in a rehearsal, in one sentence each.

use ledger::{Amount, Break, CauseFound, Record};

use crate::fault::Fault;
use crate::outcome::{EXPLAINED_PERCENT_MIN, Outcome};
use crate::says::Says;

/// Sentences of one sort that are told; of more than these only how many.
const TOLD_MAX: usize = 10;

/// Longest text of a record that stands in a sentence, in characters.
const SHOWN_MAX: usize = 160;

/// Collects the sentences, by what they are about.
#[derive(Debug, Default)]
pub(crate) struct Sentences {
    not_found: List,
    false_breaks: List,
    unreadable: List,
    wrongly_proved: List,
    unnamed: List,
}

#[derive(Debug, Default)]
struct List {
    told: Vec<Says>,
    count: usize,
}

impl List {
    fn push(&mut self, says: impl FnOnce() -> Says) {
        self.count = self.count.saturating_add(1);
        if self.told.len() < TOLD_MAX {
            self.told.push(says());
        }
    }

    fn close(self, en: &str, zh: &str) -> Vec<Says> {
        let mut told = self.told;
        let more = self.count.saturating_sub(told.len());
        if more > 0 {
            told.push(Says::new(
                format!("and {more} more {en}"),
                format!("另有 {more} {zh}"),
            ));
        }
        told
    }
}

impl Sentences {
    pub(crate) fn not_found(&mut self, fault: &Fault) {
        self.not_found.push(|| {
            let (cause, shown) = (fault.cause, shown_fault(fault));
            Says::new(
                format!("{cause} planted in {shown} was not found"),
                format!("植入 {shown} 的 {cause} 未被发现"),
            )
        });
    }

    pub(crate) fn false_break(&mut self, found: &Break) {
        self.false_breaks.push(|| {
            let (kind, shown) = (found.kind, shown_break(found));
            let word = ledger::chinese(kind.as_str()).unwrap_or_default();
            Says::new(
                format!("a break that nobody planted was reported: {kind}, {shown}"),
                format!("误报未植入的差错：{word}，{shown}"),
            )
        });
    }

    pub(crate) fn unreadable(&mut self, found: &Break, amount: &Amount) {
        self.unreadable
            .push(|| unreadable(&shown_break(found), amount));
    }

    pub(crate) fn unreadable_truth(&mut self, fault: &Fault, amount: &Amount) {
        self.unreadable
            .push(|| unreadable(&shown_fault(fault), amount));
    }

    pub(crate) fn wrongly_proved(&mut self, fault: &Fault, told: &CauseFound) {
        self.wrongly_proved.push(|| {
            let (cause, shown) = (fault.cause, shown_fault(fault));
            let proved = told.id.as_deref().unwrap_or("nothing");
            Says::new(
                format!("{cause} was planted in {shown}, and {proved} was said to be proved"),
                format!("{shown} 植入的是 {cause}，却称证实为 {proved}"),
            )
        });
    }

    pub(crate) fn unnamed(&mut self, fault: &Fault, told: &CauseFound) {
        self.unnamed.push(|| {
            let (cause, shown) = (fault.cause, shown_fault(fault));
            let ids = told.id.iter().chain(&told.rivals);
            let named: Vec<&str> = ids.map(String::as_str).collect();
            let (en, zh) = match named.as_slice() {
                [] => ("no cause".to_owned(), "没有给出任何原因".to_owned()),
                named => (
                    format!("only {}", named.join(", ")),
                    format!("只给出 {}", named.join("、")),
                ),
            };
            Says::new(
                format!("{cause} was planted in {shown}, and {en} was named"),
                format!("{shown} 植入的是 {cause}，{zh}"),
            )
        });
    }

    /// Gives the sentences on what failed; none where nothing did.
    pub(crate) fn of(self, outcome: &Outcome) -> Vec<Says> {
        if outcome.passed {
            return Vec::new();
        }
        let mut failures = Vec::new();
        if outcome.total.planted == 0 {
            failures.push(Says::new(
                "no fault could be planted, so that nothing was rehearsed",
                "未能植入任何差错，等于没有演练",
            ));
        }
        failures.extend(
            self.not_found
                .close("faults were not found", "处植入未被发现"),
        );
        failures.extend(self.false_breaks.close("breaks were false", "处误报"));
        failures.extend(vanished(outcome.vanished));
        failures.extend(
            self.unreadable
                .close("amounts were no numbers", "处差额不是数字"),
        );
        failures.extend(amounts(outcome));
        failures.extend(
            self.wrongly_proved
                .close("faults were proved to be something else", "处被错误证实"),
        );
        if !outcome.total.is_explained() {
            failures.push(explained(outcome));
            failures.extend(self.unnamed.close("causes were not named", "处未给出原因"));
        }
        failures
    }
}

fn unreadable(shown: &str, amount: &Amount) -> Says {
    let column = &amount.column;
    let text: String = amount.amount.chars().take(60).collect();
    Says::new(
        format!("the difference of {column} in {shown} is no number: `{text}`"),
        format!("{shown} 的 {column} 差额不是数字：“{text}”"),
    )
}

fn vanished(count: u64) -> Option<Says> {
    (count > 0).then(|| {
        Says::new(
            format!("records that break without any fault and were not reported again: {count}"),
            format!("未植入时已有的差错记录未再报告：{count} 条"),
        )
    })
}

fn amounts(outcome: &Outcome) -> impl Iterator<Item = Says> {
    let off = outcome.amounts.iter().filter(|line| !line.agrees());
    off.map(|line| {
        let (column, currency) = (&line.column, &line.currency);
        let (planted, found, difference) = (&line.planted, &line.found, &line.difference);
        Says::new(
            format!(
                "{column} in {currency}: the faults add up to {planted} and the breaks to {found}, {difference} apart"
            ),
            format!(
                "{column}（{currency}）：植入差额合计 {planted}，发现差额合计 {found}，相差 {difference}"
            ),
        )
    })
}

fn explained(outcome: &Outcome) -> Says {
    let total = &outcome.total;
    let explained = total.proved.saturating_add(total.named);
    let planted = total.planted;
    Says::new(
        format!(
            "the cause of {explained} of {planted} faults was proved or named, and {EXPLAINED_PERCENT_MIN} in 100 must be"
        ),
        format!("{planted} 处植入中 {explained} 处给出了原因，至少应达 {EXPLAINED_PERCENT_MIN}%"),
    )
}

fn shown_fault(fault: &Fault) -> String {
    let records = fault.taken_out.iter().chain(&fault.put_in).take(1);
    let shown: Vec<String> = if fault.keys.is_empty() {
        records.map(shown).collect()
    } else {
        fault.keys.iter().map(shown).collect()
    };
    shown.join(" & ")
}

fn shown_break(found: &Break) -> String {
    let record = found.expected.as_ref().or(found.actual.as_ref());
    match record.filter(|_| found.key.is_empty()) {
        Some(record) => shown(record),
        None => shown(&found.key),
    }
}

/// A record as `voucher=V1 leg=2`, not too long.
fn shown(record: &Record) -> String {
    let cells = record.0.iter().map(|(name, value)| {
        let value = value.as_deref().unwrap_or("NULL");
        format!("{name}={value}")
    });
    let all = cells.collect::<Vec<_>>().join(" ");
    if all.chars().count() <= SHOWN_MAX {
        return all;
    }
    let head: String = all.chars().take(SHOWN_MAX).collect();
    format!("{head}…")
}
