use crate::case::{Case, Field, Pair};
use crate::catalogue::{Cause, CauseId, Way};
use crate::trial::{Fit, Trial, reason};

// Cause: E4 text cut | 摘要截断
//
// The text is longer than the field: the target holds its beginning. Where the width counts bytes
// a Chinese character may be cut in two.
//
// expected:
//     id:key,memo
//     1,transfer to savings account
// target:
//     1,transfer to savings
// says: E4 proved; memo: transfer to savings account became transfer to savings: cut after 19 characters
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::E4,
    en: "text cut",
    zh: "摘要截断",
    ways: &[Way::Field(offer)],
};

fn offer(_: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let Some(texts) = field.texts().filter(|_| field.is_text()) else {
        return;
    };
    let held = texts.actual.trim_end_matches(['\u{fffd}', '?']);
    let ends = [texts.actual, held];
    for end in ends {
        let is_beginning = texts.expected.starts_with(end) && end.len() < texts.expected.len();
        if is_beginning && !end.is_empty() {
            let characters = end.chars().count();
            trial.text(field, field.actual, fit_of(texts, end), || {
                let bytes = end.len();
                if bytes == characters {
                    reason(
                        format!("cut after {characters} characters"),
                        format!("在 {characters} 个字符后截断"),
                    )
                } else {
                    reason(
                        format!("cut after {characters} characters, {bytes} bytes"),
                        format!("在 {characters} 个字符（{bytes} 字节）后截断"),
                    )
                }
            });
            return;
        }
    }
    let is_ending = texts.expected.ends_with(texts.actual) && !texts.actual.is_empty();
    let lost = texts
        .expected
        .strip_suffix(texts.actual)
        .unwrap_or_default();
    // Zeros or blanks before a text are a matter of notation.
    let is_told = lost.contains(|sign: char| sign != '0' && !sign.is_whitespace());
    if is_ending && is_told {
        trial.text(field, field.actual, Fit::Exact, || {
            reason("its beginning was cut off", "开头被截掉")
        });
    }
}

/// A cut leaves marks only of a character that it goes through, and fewer of them than its bytes.
fn fit_of(texts: Pair<&str>, end: &str) -> Fit {
    let length = |text: &str| text.chars().count();
    let marks = length(texts.actual).saturating_sub(length(end));
    let next = texts.expected.chars().nth(length(end));
    if next.is_some_and(|next| marks < next.len_utf8()) {
        Fit::Exact
    } else {
        Fit::Loose
    }
}
