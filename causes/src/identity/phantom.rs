use ledger::{BreakKind, Decimal, Record};

use super::omitted::were_rejected;
use crate::case::Case;
use crate::catalogue::{Cause, CauseId, Way};
use crate::explanation::Says;
use crate::terms::{Column, Kind};
use crate::trial::{Fit, Trial, reason};

// Cause: A9 phantom | 多出
//
// The target holds a record that no source record gives: a total or a line of text that was read as
// a record, an entry made by hand.
//
// expected:
//     payee,paid_on,amount:money
// target:
//     NULL,NULL,8211.50
//     NULL,NULL,2016.00
//     (c) Example Rail 2017,NULL,2017.00
// says: A9 consistent, or A5; all its labels are empty: it looks like a total row
// says: A9 consistent, or A5; all its labels are empty, and 2016.00 may be a year: it looks like a footer
// says: A9 consistent, or A5; a line of text was read as a record: "(c) Example Rail 2017" holds the amount 2017.00
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::A9,
    en: "phantom",
    zh: "多出",
    ways: &[Way::Record(offer)],
};

fn offer(case: &Case<'_>, trial: &mut Trial<'_>) {
    if case.found.kind == BreakKind::Extra {
        trial.whole(case.found.actual.as_ref(), true, Fit::Loose, || says(case));
    }
}

fn says(case: &Case<'_>) -> Says {
    let columns = &case.terms.columns;
    let rejected = case.terms.rejected.expected;
    let Some(actual) = &case.found.actual else {
        return plain(rejected);
    };
    if let Some((text, amount)) = line_of_text(case, actual, columns) {
        return reason(
            format!("a line of text was read as a record: \"{text}\" holds the amount {amount}"),
            format!("一行文字被读作记录：“{text}”中含有金额 {amount}"),
        );
    }
    if let Some(year) = year_alone(actual, columns) {
        return reason(
            format!("all its labels are empty, and {year} may be a year: it looks like a footer"),
            format!("没有任何说明，{year} 可能是年份：像是页脚"),
        );
    }
    if is_unlabelled(actual, columns) {
        return reason(
            "all its labels are empty: it looks like a total row",
            "没有任何说明：像是合计行",
        );
    }
    plain(rejected)
}

/// Where the source has rejects that the record may come from, no more is said than is known.
fn plain(rejected: u64) -> Says {
    match were_rejected(rejected) {
        None => reason(
            "the target has a record that the source does not give",
            "新账有一条源账没有的记录",
        ),
        Some(were) => reason(
            format!(
                "the source gives no such record among those that could be converted, and {were}"
            ),
            format!("源账可转换的记录中没有这条记录，另有 {rejected} 笔被拒收"),
        ),
    }
}

/// Says whether a record has an amount and nothing else.
pub(super) fn is_unlabelled(record: &Record, columns: &[Column]) -> bool {
    let is_empty = |column: &Column| {
        record
            .get(&column.name)
            .flatten()
            .is_none_or(|text| text.trim().is_empty())
    };
    let labels = || columns.iter().filter(|column| !column.is_money);
    labels().count() > 1
        && labels().all(is_empty)
        && columns
            .iter()
            .any(|column| column.is_money && !is_empty(column))
}

/// Years that footers bear.
const YEARS: std::ops::RangeInclusive<i128> = 1990..=2099;

/// The only amount of a record without labels, where it is what a footer would bear as its year.
fn year_alone<'r>(record: &'r Record, columns: &[Column]) -> Option<&'r str> {
    let money = columns.iter().filter(|column| column.is_money);
    let mut amounts = money.filter_map(|column| record.get(&column.name).flatten());
    let (Some(only), None) = (amounts.next(), amounts.next()) else {
        return None;
    };
    let year = only.parse::<Decimal>().ok()?.rescale_exact(0)?.mantissa;
    (is_unlabelled(record, columns) && YEARS.contains(&year)).then_some(only)
}

/// Finds a text of several words that has the amount among them, such as a year in a footer.
fn line_of_text(case: &Case<'_>, record: &Record, columns: &[Column]) -> Option<(String, String)> {
    let money = columns.iter().filter(|column| column.is_money);
    let amounts = money.filter_map(|column| record.get(&column.name).flatten());
    let amounts: Vec<(&str, Decimal)> = amounts
        .filter_map(|text| Some((text, text.parse().ok()?)))
        .collect();
    let is_text = |name: &str| {
        columns
            .iter()
            .find(|column| column.name == name)
            .is_none_or(|column| column.kind == Kind::Text)
    };
    let texts = case
        .all_values()
        .filter(|(name, text)| is_text(name) && text.contains(' '));
    for (_, text) in texts {
        let numbers = text.split(|sign: char| !sign.is_ascii_digit() && sign != '.');
        for number in numbers.filter_map(|number| number.parse::<Decimal>().ok()) {
            if let Some((amount, _)) = amounts
                .iter()
                .find(|(_, value)| *value == number && !number.is_zero())
            {
                return Some((text.to_owned(), (*amount).to_owned()));
            }
        }
    }
    None
}
