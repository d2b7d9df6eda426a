use std::borrow::Cow;

use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::trial::{Fit, Trial, reason};

// Cause: E3 blanks, case, width, leading zeros | 空格、大小写、全半角、前导零
//
// The texts are the same once blanks around them, case, full width and leading zeros are left
// aside. In a key this makes one record missing and another extra. Of accounts, holders and codes both
// may be there, `0042` and `42`: then it may as well be the other one (D3).
//
// expected:
//     id:key,reference
//     1,0042
// target:
//     1,42
// says: E3 proved; reference: 0042 became 42: leading zeros were lost
// expected:
//     id:key,account
//     2,0042
// target:
//     2,42
// says: E3 consistent, or D3; account: 0042 became 42: leading zeros were lost
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::E3,
    en: "blanks, case, width, leading zeros",
    zh: "空格、大小写、全半角、前导零",
    ways: &[Way::Field(offer), Way::Together],
};

/// Makes another notation of a text.
type Made = fn(&str) -> Cow<'_, str>;

fn offer(_: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let Some(texts) = field.texts().filter(|_| field.is_text()) else {
        return;
    };
    let single: [(Made, &str, &str); 6] = [
        (
            |text| text.trim().into(),
            "blanks around it were dropped",
            "首尾空格被去掉",
        ),
        (
            |text| text.to_lowercase().into(),
            "it was put into lower case",
            "被转为小写",
        ),
        (
            |text| text.to_uppercase().into(),
            "it was put into upper case",
            "被转为大写",
        ),
        (half_width, "full width became half width", "全角变为半角"),
        (
            without_leading_zeros,
            "leading zeros were lost",
            "前导零丢失",
        ),
        (
            without_invisible,
            "invisible characters were dropped",
            "不可见字符被去掉",
        ),
    ];
    for (made, en, zh) in single {
        trial.text(field, Some(&made(texts.expected)), Fit::Exact, || {
            reason(en, zh)
        });
        if made(texts.actual) == texts.expected {
            trial.text(field, field.actual, Fit::Exact, || {
                reason(format!("the other way round: {en}"), format!("反向：{zh}"))
            });
        }
    }
    if normalised(texts.expected) == normalised(texts.actual) {
        trial.text(field, field.actual, Fit::Exact, || {
            reason(
                "the same but for blanks, case, width or leading zeros",
                "仅空格、大小写、全半角或前导零不同",
            )
        });
    }
}

/// What remains of a text without blanks, case, width, leading zeros and invisible characters.
pub(crate) fn normalised(text: &str) -> String {
    let visible = without_invisible(text);
    let narrow = half_width(&visible);
    let words: Vec<&str> = narrow.split_whitespace().collect();
    let text = words.join(" ").to_lowercase();
    without_leading_zeros(&text).into_owned()
}

fn half_width(text: &str) -> Cow<'_, str> {
    let is_wide = |character: char| matches!(character, '\u{ff01}'..='\u{ff5e}' | '\u{3000}');
    if !text.contains(is_wide) {
        return text.into();
    }
    let narrow = |character: char| match u32::from(character) {
        0x3000 => ' ',
        code @ 0xff01..=0xff5e => char::from_u32(code.saturating_sub(0xfee0)).unwrap_or(character),
        _ => character,
    };
    text.chars().map(narrow).collect::<String>().into()
}

fn without_leading_zeros(text: &str) -> Cow<'_, str> {
    let short = text.trim_start_matches('0');
    let is_number = short.starts_with(|first: char| first.is_ascii_alphanumeric());
    if is_number {
        short.into()
    } else if short.is_empty() && !text.is_empty() {
        "0".into()
    } else {
        text.into()
    }
}

fn without_invisible(text: &str) -> Cow<'_, str> {
    let is_invisible = |character: char| {
        matches!(character, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{00ad}')
            || character.is_control()
    };
    let plain = |character: char| {
        if character == '\u{a0}' {
            ' '
        } else {
            character
        }
    };
    if text.contains(is_invisible) || text.contains('\u{a0}') {
        text.chars()
            .filter(|character| !is_invisible(*character))
            .map(plain)
            .collect::<String>()
            .into()
    } else {
        text.into()
    }
}
