//! Which columns are money, which one tells the currency, and along which totals are crossed.

use super::convert::Form;
use super::names;
use super::pairs::Pair;
use super::profile::{Class, Column};
use super::sample::Sample;
use hashbrown::HashSet;
use ledger::CurrencyCode;
use std::collections::BTreeSet;
use std::str::FromStr;

/// Pairs that hold amounts, by their indexes: exact numbers by name, by the type that a database
/// declares, or with two decimals.
pub(super) fn find(source: &Sample, target: &Sample, pairs: &[Pair]) -> Vec<usize> {
    let holds = |pair: &Pair| is_money(&source.columns[pair.source], &target.columns[pair.target]);
    let is_exact = |pair: &Pair| !matches!(pair.form, Form::Float | Form::Text | Form::Digits);
    let found = pairs
        .iter()
        .enumerate()
        .filter(|(_, pair)| is_exact(pair) && holds(pair));
    found.map(|(at, _)| at).collect()
}

/// Whether two columns that belong together hold amounts.
pub(super) fn is_money(source: &Column, target: &Column) -> bool {
    let columns = [source, target];
    let is_number = columns.iter().all(|column| can_be_money(column));
    let no_money = columns
        .iter()
        .any(|column| names::is_no_money(&column.name));
    let named = columns.iter().any(|column| names::is_money(&column.name));
    let holds = columns.iter().all(|column| holds_amounts(column));
    let declared = columns.iter().any(|column| column.is_declared_amount());
    is_number && !no_money && (named || holds || declared)
}

/// Whether a column can be read as exact amounts.
pub(super) fn can_be_money(column: &Column) -> bool {
    match column.class() {
        Class::Integer | Class::Decimal(_) => true,
        Class::Text => {
            let is_time = column.times().next().is_some();
            !is_time && (column.is_number() || column.has_decimal_commas())
        }
        _ => false,
    }
}

/// Whether the values look like amounts: nine of ten have two decimals, and none begins with a
/// zero that counts for nothing.
fn holds_amounts(column: &Column) -> bool {
    let numbers = &column.numbers;
    match column.class() {
        Class::Decimal(scale) => scale == 2,
        Class::Text => {
            let two_decimals = match column.has_decimal_commas() {
                true => numbers.comma_two,
                false => numbers.two_decimals,
            };
            let has_cents = two_decimals.saturating_mul(10) >= column.filled.saturating_mul(9);
            let is_marked = !numbers.signs.is_empty();
            !column.is_bare() && numbers.padded == 0 && (has_cents || is_marked)
        }
        _ => false,
    }
}

/// The pair that tells the currency: by name, and of nothing but codes of ISO 4217.
pub(super) fn currency_column(
    source: &Sample,
    target: &Sample,
    pairs: &[Pair],
    codes: &dyn Fn(&Column) -> bool,
) -> Option<usize> {
    let tells = |pair: &Pair| {
        let columns = [&source.columns[pair.source], &target.columns[pair.target]];
        let is_text = columns
            .iter()
            .all(|column| column.class() == Class::Text && !column.is_bare());
        let is_named = columns
            .iter()
            .any(|column| names::is_currency(&column.name));
        is_text && is_named && codes(columns[0]) && pair.form == Form::AsIs
    };
    pairs.iter().position(tells)
}

/// Whether a column holds nothing but codes of currencies.
pub(super) fn has_codes(column: &Column, known: &HashSet<u64>) -> bool {
    !column.is_bare() && column.nulls + column.blanks == 0 && column.texts.is_subset(known)
}

/// Hashes of all codes of ISO 4217.
pub(super) fn code_hashes() -> HashSet<u64> {
    let letters = || b'A'..=b'Z';
    let mut hashes = HashSet::new();
    for code in
        letters().flat_map(|a| letters().flat_map(move |b| letters().map(move |c| [a, b, c])))
    {
        if let Ok(code) = std::str::from_utf8(&code)
            && CurrencyCode::from_str(code).is_ok()
        {
            hashes.insert(super::profile::hash_of(code));
        }
    }
    hashes
}

/// The currency that signs beside amounts, and words in names, tell; and by what.
pub(super) fn currency_of_signs(
    columns: &[&Column],
) -> Result<Option<(&'static str, char)>, BTreeSet<char>> {
    let mut signs: BTreeSet<char> = BTreeSet::new();
    for column in columns {
        signs.extend(&column.numbers.signs);
        signs.extend(column.name.chars().filter(|c| "¥￥元圆€£$".contains(*c)));
    }
    let mut told: Option<(&'static str, char)> = None;
    for sign in &signs {
        let code = match sign {
            '元' | '圆' => "CNY",
            // Also the yen's, which has no decimals.
            '¥' | '￥' if columns.iter().any(|column| column.scale() == 2) => "CNY",
            '€' => "EUR",
            '£' => "GBP",
            _ => return Err(signs),
        };
        if told.is_some_and(|(other, _)| other != code) {
            return Err(signs);
        }
        told = told.or(Some((code, *sign)));
    }
    Ok(told)
}

/// Pairs along which totals are crossed: up to two that have few values, the best by name.
pub(super) fn foot(source: &Sample, pairs: &[Pair], taken: &BTreeSet<usize>) -> Vec<usize> {
    let mut found: Vec<(u32, usize, usize)> = Vec::new();
    for (at, pair) in pairs.iter().enumerate() {
        let column = &source.columns[pair.source];
        let values = column.texts.len();
        let is_low = (2..=200).contains(&values) && values as u64 * 2 <= column.filled;
        let is_full = column.filled.saturating_mul(10) >= column.records.saturating_mul(9);
        let is_amount = column.is_number() && column.numbers.fractions > 0;
        let is_long = column.longest > 40;
        if is_low
            && is_full
            && !is_amount
            && !is_long
            && pair.form != Form::Float
            && !taken.contains(&at)
        {
            found.push((names::foot_rank(&column.name), values, at));
        }
    }
    found.sort_unstable();
    found.into_iter().take(2).map(|(_, _, at)| at).collect()
}
