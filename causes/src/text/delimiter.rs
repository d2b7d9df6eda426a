use ledger::SmolStr;

use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::explanation::Says;
use crate::terms::Kind;
use crate::trial::{Fit, Trial, reason};

// Cause: E2 delimiter, quote or line end in a text | 分隔符、引号或换行
//
// A text holds what separates columns or records: it is cut there, its quotes are doubled or
// dropped, or all columns after it move by one.
//
// expected:
//     id:key,memo
//     1,"rent, March"
// target:
//     1,rent
// says: E2 consistent, or E4; memo: rent, March became rent: it ends at a comma
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::E2,
    en: "delimiter, quote or line end in a text",
    zh: "分隔符、引号或换行",
    ways: &[Way::Field(offer), Way::Record(offer_moved)],
};

const SIGNS: &[(char, &str, &str)] = &[
    (',', "a comma", "逗号"),
    (';', "a semicolon", "分号"),
    ('\t', "a tab", "制表符"),
    ('|', "a bar", "竖线"),
    ('"', "a quote", "引号"),
    ('\'', "an apostrophe", "撇号"),
    ('\n', "a line end", "换行"),
    ('\r', "a line end", "换行"),
    ('\0', "a null byte", "空字节"),
    ('\\', "a backslash", "反斜杠"),
];

fn offer(_: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let Some(texts) = field.texts().filter(|_| field.is_text()) else {
        return;
    };
    let expected = texts.expected;
    for (sign, en, zh) in SIGNS {
        if !expected.contains(*sign) {
            continue;
        }
        let cut = expected.split(*sign).next().unwrap_or_default();
        let ends = || reason(format!("it ends at {en}"), format!("止于{zh}"));
        trial.text(field, Some(cut), Fit::Exact, ends);
        trial.text(field, Some(cut.trim_end()), Fit::Exact, ends);
        let rest = expected.split_once(*sign).map_or("", |(_, rest)| rest);
        trial.text(field, Some(rest), Fit::Exact, || {
            reason(format!("it begins behind {en}"), format!("始于{zh}之后"))
        });
        let doubled = expected.replace(*sign, &format!("{sign}{sign}"));
        trial.text(field, Some(&doubled), Fit::Exact, || {
            changed("doubled", "被加倍", en, zh)
        });
        let escaped = expected.replace(*sign, &format!("\\{sign}"));
        trial.text(field, Some(&escaped), Fit::Exact, || {
            changed("escaped", "被转义", en, zh)
        });
        for other in ["", " "] {
            let without = expected.replace(*sign, other);
            trial.text(field, Some(&without), Fit::Exact, || {
                changed("dropped", "被去掉", en, zh)
            });
        }
    }
    let quoted = format!("\"{}\"", expected.replace('"', "\"\""));
    let bare = format!("\"{expected}\"");
    for text in [
        quoted,
        bare,
        format!("\"{expected}"),
        format!("{expected}\""),
    ] {
        trial.text(field, Some(&text), Fit::Exact, || {
            reason("the quotes around it were kept", "外层引号被保留")
        });
    }
    for (escaped, sign) in [
        ("\\n", "\n"),
        ("\\r\\n", "\r\n"),
        ("\\t", "\t"),
        ("<br>", "\n"),
        ("\n", "\r\n"),
        ("\r\n", "\n"),
    ] {
        if expected.contains(sign) {
            let text = expected.replace(sign, escaped);
            trial.text(field, Some(&text), Fit::Exact, || {
                changed("rewritten", "被改写", "a line end", "换行")
            });
        }
    }
}

fn changed(en: &str, zh: &str, sign_en: &str, sign_zh: &str) -> Says {
    reason(
        format!("{sign_en} in it was {en}"),
        format!("其中的{sign_zh}{zh}"),
    )
}

/// Columns moved by one: each differing field from one on holds what the column before it, or
/// behind it, should hold.
fn offer_moved(case: &Case<'_>, trial: &mut Trial<'_>) {
    let (Some(expected), Some(actual)) = (&case.found.expected, &case.found.actual) else {
        return;
    };
    if case.fields.len() < 2 || expected.0.len() != actual.0.len() {
        return;
    }
    let Some(first) = expected
        .0
        .iter()
        .zip(&actual.0)
        .position(|(one, other)| one != other)
    else {
        return;
    };
    let differing = || {
        case.fields
            .iter()
            .map(|field| (field.name, field.actual))
            .collect::<Vec<_>>()
    };
    for (from, to, en, zh) in [
        (first, first.saturating_add(1), "right", "右"),
        (first.saturating_add(1), first, "left", "左"),
    ] {
        let given = expected.0.iter().skip(from);
        let held = actual.0.iter().skip(to);
        let length = given.len().min(held.len());
        // One column alone that holds its neighbour's value is a wrong column.
        if length < 2
            || !given
                .zip(held)
                .all(|((_, given), (_, held))| is_same(given.as_deref(), held.as_deref()))
        {
            continue;
        }
        // What stands where nothing moved to is not told, and empty columns are alike anywhere.
        let free = if to > from {
            actual.0.get(first)
        } else {
            actual.0.last()
        };
        let is_free = free.is_some_and(|(_, value)| is_nothing(value.as_deref()));
        let fit = if is_free && tells(expected.0.iter().skip(from).take(length)) {
            Fit::Exact
        } else {
            Fit::Loose
        };
        trial.fields(&differing(), fit, || {
            let name = expected.0.get(first).map_or("", |(name, _)| name.as_str());
            reason(
                format!("from {name} on the columns moved one to the {en}"),
                format!("自 {name} 起各列向{zh}错一位"),
            )
        });
    }
    if case
        .fields
        .iter()
        .any(|field| field.column.kind == Kind::Text && holds_sign(field))
    {
        offer_spilled(case, trial);
    }
}

/// Says whether columns hold two different values that are not nothing.
fn tells<'r>(columns: impl Iterator<Item = &'r (SmolStr, Option<SmolStr>)>) -> bool {
    let values = columns.map(|(_, value)| value.as_deref());
    let mut values = values.filter(|value| !is_nothing(*value));
    let first = values.next();
    first.is_some_and(|first| values.any(|value| !is_same(value, first)))
}

fn is_nothing(value: Option<&str>) -> bool {
    value.is_none_or(|text| text.bytes().all(|byte| matches!(byte, b' ' | b'0' | b'.')))
}

/// A text that was cut at a sign, and whose rest stands in the next column.
fn offer_spilled(case: &Case<'_>, trial: &mut Trial<'_>) {
    for pair in case.fields.windows(2) {
        let [one, other] = pair else { continue };
        let (Some(expected), Some(rest)) = (one.expected, other.actual) else {
            continue;
        };
        for (sign, en, zh) in SIGNS {
            let Some((head, tail)) = expected.split_once(*sign) else {
                continue;
            };
            if tail.trim() != rest.trim() || one.actual.map(str::trim) != Some(head.trim()) {
                continue;
            }
            let changes = [(one.name, one.actual), (other.name, other.actual)];
            trial.fields(&changes, Fit::Exact, || {
                reason(
                    format!(
                        "{} was split at {en}, and its rest stands in {}",
                        one.name, other.name
                    ),
                    format!("{} 在{zh}处被拆开，余下部分落入 {}", one.name, other.name),
                )
            });
        }
    }
}

fn holds_sign(field: &Field<'_>) -> bool {
    field
        .expected
        .is_some_and(|text| SIGNS.iter().any(|(sign, ..)| text.contains(*sign)))
}

fn is_same(one: Option<&str>, other: Option<&str>) -> bool {
    let text = |value: Option<&str>| value.map_or(String::new(), |text| text.trim().to_owned());
    text(one) == text(other)
}
