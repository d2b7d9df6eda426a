//! Another code in the place of the right one: what the causes D2 to D8 and T7 share.

use crate::case::Field;
use crate::explanation::Says;
use crate::naming::{
    ACCOUNT, COUNTERPARTY, CURRENCY, CUSTOMER, FREE_TEXT, PAIR, SHARD, SIDE, STATUS, SUBJECT, TYPE,
    Words,
};
use crate::terms::Kind;
use crate::trial::{Fit, Trial, reason};

/// Longest value that is taken for a code.
const CODE_LENGTH_MAX: usize = 40;

/// Offers the code that the target holds: it fits and proves nothing, since nothing in the
/// record says which wrong code a wrong table gives. Two numbers are codes where they are whole.
pub(super) fn offer(
    field: &Field<'_>,
    words: Words,
    takes_unnamed: bool,
    says: fn() -> Says,
    trial: &mut Trial<'_>,
) {
    let fits = field.is_named(words) || takes_unnamed && is_unnamed(field);
    if !fits || !is_code(field) {
        return;
    }
    if field.is_gone() {
        trial.text(field, None, Fit::Loose, || {
            reason(
                "nothing, as where a table has no row for it",
                "为空，如对照表中没有对应的行",
            )
        });
        return;
    }
    match field.numbers {
        Some(pair) => trial.number(field, pair.actual, Fit::Loose, says),
        None => trial.text(field, field.actual, Fit::Loose, says),
    }
}

fn is_code(field: &Field<'_>) -> bool {
    let is_short = |value: Option<&str>| {
        value.is_none_or(|text| {
            !text.is_empty()
                && text.len() <= CODE_LENGTH_MAX
                && !text.contains(char::is_control)
                && !text.contains('\u{fffd}')
        })
    };
    let is_whole = field
        .numbers
        .is_none_or(|pair| pair.expected.scale == 0 && pair.actual.scale == 0);
    let has_codes = matches!(field.column.kind, Kind::Text | Kind::Boolean | Kind::Other)
        || field.column.kind == Kind::Number && !field.column.is_money && is_whole;
    has_codes && is_short(field.expected) && is_short(field.actual)
}

/// Says whether no word tells what the codes of this column are, and both look like codes:
/// one word each.
fn is_unnamed(field: &Field<'_>) -> bool {
    let named = [
        PAIR,
        ACCOUNT,
        SUBJECT,
        COUNTERPARTY,
        CUSTOMER,
        SHARD,
        TYPE,
        STATUS,
        CURRENCY,
    ];
    // Codes are short and of one kind of sign; a few Chinese signs may be one as well.
    let is_word = |value: Option<&str>| {
        value.is_none_or(|text| {
            let is_code =
                |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '_' | '-' | '.' | '/');
            let is_latin = text.len() <= 16 && text.chars().all(is_code);
            is_latin || text.chars().count() <= 4 && !text.contains(char::is_whitespace)
        })
    };
    (field.numbers.is_none() || is_side(field))
        && !field.column.is_key
        && !field.is_named(FREE_TEXT)
        && !named.iter().any(|words| field.is_named(words))
        && is_word(field.expected)
        && is_word(field.actual)
}

/// Says whether both are the code of a side that is written as a number, such as 1 and 2: an amount of
/// one side in whole units is longer.
fn is_side(field: &Field<'_>) -> bool {
    let mut both = [field.expected, field.actual].into_iter().flatten();
    field.is_named(SIDE) && both.all(|text| text.len() <= 2)
}

/// Says which value stands in place of which, in the words of one cause.
pub(super) fn other(en: &str, zh: &str) -> Says {
    reason(en, zh)
}
