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

/// What marks beside amounts, and signs in names, tell of their currency.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// There are none.
    Nothing,
    /// This one; and by which mark.
    One(&'static str, String),
    /// One of several, and these signs leave open which.
    Open(String),
    /// More than one: these marks have no currency in common.
    Several(String),
}

const SIGNS: &str = "¥￥元圆€£$";

/// The currency that marks beside amounts, and signs in names, tell.
pub(super) fn currency_of_marks(columns: &[&Column]) -> Told {
    let mut signs: BTreeSet<char> = BTreeSet::new();
    let mut marks: BTreeSet<Vec<&'static str>> = BTreeSet::new();
    for column in columns {
        signs.extend(&column.numbers.signs);
        marks.extend(column.numbers.currencies.iter().cloned());
        let named = column.name.chars().filter(|sign| SIGNS.contains(*sign));
        for sign in named {
            signs.insert(sign);
            marks.insert(ledger::currencies_beside(&format!("{sign}1")));
        }
    }
    let mut all = marks.iter();
    let Some(first) = all.next() else {
        return Told::Nothing;
    };
    let in_common = |code: &&&'static str| marks.iter().all(|mark| mark.contains(code));
    let common: Vec<&'static str> = first.iter().filter(in_common).copied().collect();
    let told = match common[..] {
        [] => return Told::Several(shown(&signs, &marks)),
        [only] => Some(only),
        _ => usual(columns, &signs).filter(|code| common.contains(code)),
    };
    match told {
        Some(code) => Told::One(code, mark_of(code, &signs)),
        None => Told::Open(signs.into_iter().collect()),
    }
}

/// The currency that signs are taken for where they leave several open.
fn usual(columns: &[&Column], signs: &BTreeSet<char>) -> Option<&'static str> {
    let code_of = |sign: &char| match sign {
        '元' | '圆' => Some("CNY"),
        // Also the yen's, which has no decimals.
        '¥' | '￥' if columns.iter().any(|column| column.scale() == 2) => Some("CNY"),
        '€' => Some("EUR"),
        '£' => Some("GBP"),
        _ => None,
    };
    let mut codes = signs.iter().map(code_of);
    let first = codes.next()??;
    codes.all(|code| code == Some(first)).then_some(first)
}

/// The sign that can stand for a currency, where there is one; else its code.
fn mark_of(code: &str, signs: &BTreeSet<char>) -> String {
    let stands_for = |sign: &&char| ledger::currencies_beside(&format!("{sign}1")).contains(&code);
    match signs.iter().find(stands_for) {
        Some(sign) => sign.to_string(),
        None => code.to_owned(),
    }
}

/// The marks as they stand beside the amounts: signs, and codes that no sign stands for.
fn shown(signs: &BTreeSet<char>, marks: &BTreeSet<Vec<&'static str>>) -> String {
    let of_signs = signs.iter().map(char::to_string);
    let codes = marks.iter().filter_map(|mark| match mark[..] {
        [only] if mark_of(only, signs) == only => Some(only.to_owned()),
        _ => None,
    });
    of_signs.chain(codes).collect::<Vec<_>>().join(" ")
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

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_schema::DataType;

    fn told(name: &str, values: &[&str]) -> Told {
        let mut column = Column::new(name, &DataType::Utf8View);
        values.iter().for_each(|value| column.take(Some(value)));
        currency_of_marks(&[&column])
    }

    #[test]
    fn marks_tell_one_currency_or_several_or_leave_it_open() {
        let one = |code, mark: &str| Told::One(code, mark.to_owned());
        let table: [(&[&str], Told); 13] = [
            (&["1.00", "2.50"], Told::Nothing),
            (&["¥1.00", "2.50"], one("CNY", "¥")),
            (&["¥1.00", "2.50元"], one("CNY", "¥")),
            (&["£1.00"], one("GBP", "£")),
            (&["€1.00", "EUR 2.50"], one("EUR", "€")),
            (&["USD 1.00", "$2.00"], one("USD", "$")),
            (&["USD 1.00"], one("USD", "USD")),
            (&["JPY 5"], one("JPY", "JPY")),
            // As many currencies write it.
            (&["$1.00"], Told::Open("$".to_owned())),
            // The yuan has decimals, and the yen has none.
            (&["¥1", "¥2"], Told::Open("¥".to_owned())),
            (&["¥1.00", "$1.00"], Told::Several("$ ¥".to_owned())),
            (&["5 JPY", "5 EUR"], Told::Several("EUR JPY".to_owned())),
            (
                &["USD 1.00", "$2.00", "JPY 5"],
                Told::Several("$ JPY".to_owned()),
            ),
        ];
        for (values, expect) in table {
            assert_eq!(told("amount", values), expect, "{values:?}");
        }
        assert_eq!(told("amount (元)", &["1.00"]), one("CNY", "元"));
        let several = Told::Several("€ 元".to_owned());
        assert_eq!(told("amount (元)", &["1.00 €"]), several);
    }
}
