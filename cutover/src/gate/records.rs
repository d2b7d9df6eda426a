//! Whether every agreement's records agree, its account closes and nothing was left unchecked.

use std::collections::BTreeSet;

use ledger::{AgreementReport, Wide};

use super::books::first;
use super::item::{Check, Item, Status, difference, item};
use super::tally::{AgreementTally, Sums};
use super::{Evidence, Facts};
use crate::window::State;

pub(super) fn check_agreements(state: &State, facts: &Facts, items: &mut Vec<Item>) {
    let (Some(evidence), Some(terms)) = (&facts.evidence, state.terms()) else {
        for check in [Check::Agreement, Check::Residual, Check::Complete] {
            items.push(item(check, Status::NotChecked, facts.no_report()));
        }
        return;
    };
    for name in &terms.agreements {
        check_one(name, evidence, items);
    }
    let known: BTreeSet<&str> = terms.agreements.iter().map(String::as_str).collect();
    let reported = evidence.report.agreements.iter();
    let reported = reported.map(|agreement| agreement.name.as_str());
    let all: BTreeSet<&str> = reported.chain(evidence.tally.names()).collect();
    items.extend(all.difference(&known).map(|foreign| {
        let says = "is no agreement of this plan; verify by this plan";
        item(Check::Agreement, Status::Failed, says).of(foreign)
    }));
}

fn check_one(name: &str, evidence: &Evidence, items: &mut Vec<Item>) {
    let agreements = evidence.report.agreements.iter();
    let found: Vec<_> = agreements.filter(|found| found.name == name).collect();
    let [agreement] = found.as_slice() else {
        let (status, says) = match found.is_empty() {
            true => (Status::NotChecked, "is not in the report; verify again"),
            false => (Status::Failed, "is in the report twice; verify again"),
        };
        items.push(item(Check::Agreement, status, says).of(name));
        return;
    };
    let tally = evidence.tally.agreement(name);
    items.push(check_records(agreement, &tally).of(name));
    items.push(check_residual(agreement, &tally).of(name));
    items.push(check_complete(agreement).of(name));
}

/// Every break is listed, counted and accepted, and the counts of both sides follow from them.
fn check_records(agreement: &AgreementReport, tally: &AgreementTally) -> Item {
    let item = |status, says: String| item(Check::Agreement, status, says);
    let (counted, listed) = (agreement.breaks.sum(), tally.counts.sum());
    if agreement.breaks != tally.counts {
        let says = format!(
            "the report counts {}, and breaks.jsonl lists {listed} of other kinds or number; verify \
             again",
            breaks(counted)
        );
        return item(Status::Failed, says).figures(counted, listed, difference(counted, listed));
    }
    if let Some(says) = other_counts(agreement, tally) {
        return item(Status::Failed, says);
    }
    let records = agreement.records;
    let sides = |item: Item| {
        let (expected, actual) = (records.expected, records.actual);
        item.figures(expected, actual, difference(expected, actual))
    };
    if tally.open > 0 {
        let named = tally
            .open
            .saturating_sub(u64::try_from(tally.named.len()).unwrap_or(0));
        let more = match named {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        return sides(item(
            Status::Failed,
            format!(
                "{}, {} accepted, {} open: {}{more}; correct them, or accept each by name",
                breaks(listed),
                tally.accepted,
                tally.open,
                tally.named.join("; ")
            ),
        ));
    }
    let agreed = records.agreed;
    sides(match listed {
        0 => item(Status::Passed, format!("all {agreed} records agree")),
        _ => item(
            Status::Passed,
            format!(
                "{agreed} records agree, and {} accepted by name{}",
                breaks(listed),
                in_words(&tally.accepted_sums)
            ),
        ),
    })
}

/// Says in which way the counts of both sides do not follow from the breaks.
fn other_counts(agreement: &AgreementReport, tally: &AgreementTally) -> Option<String> {
    let records = agreement.records;
    let sides = [
        ("expected", records.expected, tally.disagreeing_expected),
        ("actual", records.actual, tally.disagreeing_actual),
    ];
    sides.into_iter().find_map(|(side, all, disagreeing)| {
        let off = difference(records.agreed, all).saturating_sub(i128::from(disagreeing));
        (off != 0).then(|| {
            format!(
                "{all} records {side}, but {} agree and {disagreeing} do not: {off} off; verify \
                 again",
                records.agreed
            )
        })
    })
}

/// The difference of the books, minus what the breaks add up to, is zero for every column and
/// currency, and the report says so as well.
fn check_residual(agreement: &AgreementReport, tally: &AgreementTally) -> Item {
    match closing(agreement, tally) {
        Err(says) => item(
            Check::Residual,
            Status::Failed,
            format!("{says}; verify again"),
        ),
        Ok(unclosed) if unclosed.is_empty() => {
            let sums = match tally.counts.sum() {
                0 => String::new(),
                _ => format!(
                    ": the breaks add up to the difference{}",
                    in_words(&tally.sums)
                ),
            };
            item(
                Check::Residual,
                Status::Passed,
                format!("the account closes{sums}"),
            )
        }
        Ok(unclosed) => {
            let lines: Vec<String> = unclosed
                .iter()
                .map(|line| {
                    format!(
                        "{}: the books differ by {}, the breaks come to {}, {} is unexplained",
                        line.place, line.difference, line.breaks, line.residual
                    )
                })
                .collect();
            let says = format!("{}; find out what else differs", first(&lines));
            let item = item(Check::Residual, Status::Failed, says);
            match unclosed.first() {
                Some(line) => item.figures(&line.difference, &line.breaks, &line.residual),
                None => item,
            }
        }
    }
}

/// Is a column and currency whose account does not close.
struct Unclosed {
    place: String,
    difference: Wide,
    breaks: Wide,
    residual: Wide,
}

/// Closes the account anew. An error says in which way the report contradicts itself.
fn closing(agreement: &AgreementReport, tally: &AgreementTally) -> Result<Vec<Unclosed>, String> {
    let mut sums: Sums = tally.sums.clone();
    let mut residuals = read_residuals(agreement)?;
    let mut unclosed = Vec::new();
    for total in &agreement.totals {
        let place = (total.column.clone(), total.currency.clone());
        let name = format!("{} {}", total.column, total.currency);
        let number = |text: &str| {
            let number = text.parse::<Wide>();
            number.map_err(|_| format!("{name} has the total {text:?}, which is no number"))
        };
        let (expected, actual) = (number(&total.expected)?, number(&total.actual)?);
        let (told, difference) = (number(&total.difference)?, actual.minus(&expected));
        if !told.minus(&difference).is_zero() {
            return Err(format!(
                "{name} is {expected} expected and {actual} actual, which differ by {difference}, \
                 and the report says {told}"
            ));
        }
        let breaks = sums.remove(&place).unwrap_or_default();
        let residual = difference.minus(&breaks);
        let Some(told) = residuals.remove(&place) else {
            return Err(format!("{name} has a total and no residual"));
        };
        if !residual.is_zero() || !told.is_zero() {
            unclosed.push(Unclosed {
                place: name,
                difference,
                breaks,
                residual: if residual.is_zero() { told } else { residual },
            });
        }
    }
    if let Some((column, currency)) = residuals.into_keys().next() {
        return Err(format!("{column} {currency} has a residual and no total"));
    }
    let without_total = sums.into_iter().find(|(_, sum)| !sum.is_zero());
    match without_total {
        Some(((column, currency), sum)) => Err(format!(
            "the breaks come to {column} {sum} {currency}, which has no total"
        )),
        None => Ok(unclosed),
    }
}

fn read_residuals(agreement: &AgreementReport) -> Result<Sums, String> {
    let mut residuals = Sums::new();
    for amount in &agreement.residual {
        let (column, currency) = (&amount.column, &amount.currency);
        let residual = amount.amount.parse().map_err(|_| {
            let text = &amount.amount;
            format!("{column} {currency} has the residual {text:?}, which is no number")
        })?;
        let place = (column.clone(), currency.clone());
        if residuals.insert(place, residual).is_some() {
            return Err(format!("{column} {currency} has two residuals"));
        }
    }
    Ok(residuals)
}

fn check_complete(agreement: &AgreementReport) -> Item {
    match agreement.not_checked.as_slice() {
        [] => item(
            Check::Complete,
            Status::Passed,
            "nothing was left unchecked",
        ),
        open => item(
            Check::Complete,
            Status::NotChecked,
            format!("{}; verify again with nothing left out", first(open)),
        ),
    }
}

fn breaks(count: u64) -> String {
    match count {
        1 => "1 break".to_owned(),
        _ => format!("{count} breaks"),
    }
}

fn in_words(sums: &Sums) -> String {
    let told = sums
        .iter()
        .map(|((column, currency), sum)| format!(" {column} {sum} {currency}"));
    let told = told.collect::<Vec<_>>().join(",");
    match told.is_empty() {
        true => String::new(),
        false => format!(",{told}"),
    }
}
