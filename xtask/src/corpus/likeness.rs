//! Compares a report with the members that are expected of it; other members are free.

use serde_json::Value;

/// Says every place where the report is not as expected.
pub(crate) fn differences(place: &str, expected: &Value, actual: &Value) -> Vec<String> {
    match (expected, actual) {
        (Value::Object(members), _) => members
            .iter()
            .flat_map(|(name, expected)| {
                differences(&format!("{place}.{name}"), expected, &actual[name])
            })
            .collect(),
        (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
            let pairs = expected.iter().zip(actual).enumerate();
            pairs
                .flat_map(|(at, (expected, actual))| {
                    differences(&format!("{place}[{at}]"), expected, actual)
                })
                .collect()
        }
        (Value::Array(expected), Value::Array(actual)) => {
            let (expected, actual) = (expected.len(), actual.len());
            vec![format!(
                "{place} has {actual} items, expected were {expected}"
            )]
        }
        // A list without items may be left out of a report.
        (Value::Array(expected), Value::Null) if expected.is_empty() => Vec::new(),
        _ if are_alike(expected, actual) => Vec::new(),
        _ => vec![format!("{place} is {actual}, expected was {expected}")],
    }
}

fn are_alike(expected: &Value, actual: &Value) -> bool {
    match (expected.as_str(), actual.as_str()) {
        (Some(expected), Some(actual)) => {
            expected == actual
                || amount(expected).is_some_and(|expected| amount(actual) == Some(expected))
        }
        _ => expected == actual,
    }
}

/// An amount by its value: sign, digits before the point, digits behind it without the zeros
/// that mean nothing. Parentheses are a minus, commas group thousands. Not an amount: none.
pub(crate) fn amount(text: &str) -> Option<(bool, String, String)> {
    let plain = text.trim().replace(',', "");
    let text = &plain[..];
    let (negative, text) = match text
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
    {
        Some(inner) => (true, inner),
        None => (text.starts_with('-'), text.trim_start_matches('-')),
    };
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) {
        return None;
    }
    let whole = whole.trim_start_matches('0').to_owned();
    let part = part.trim_end_matches('0').to_owned();
    let is_zero = whole.is_empty() && part.is_empty();
    Some((negative && !is_zero, whole, part))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_that_are_not_given_are_free_and_amounts_compare_by_value() {
        let expected = json!({"a": "1.50", "b": [{"c": 1}], "d": "x", "f": []});
        let actual = json!({"a": "1.5", "b": [{"c": 1, "free": true}], "d": "x", "e": 2});
        assert_eq!(
            differences("report", &expected, &actual),
            Vec::<String>::new()
        );
    }

    #[test]
    fn every_difference_is_said_at_its_place() {
        let expected =
            json!({"a": "1.50", "b": [{"c": 1}], "d": [1], "e": {"f": null, "g": "-0.0"}});
        let actual = json!({"a": "1.51", "b": [{"c": "1"}], "d": [], "e": {"g": "0"}});
        insta::assert_snapshot!(differences("report", &expected, &actual).join("\n"), @r#"
        report.a is "1.51", expected was "1.50"
        report.b[0].c is "1", expected was 1
        report.d has 0 items, expected were 1
        "#);
        assert_eq!(amount("(252.00)"), amount("-252"));
        assert_eq!(amount("-1,234.50"), amount("-1234.5"));
        assert_eq!(amount("2017-01"), None);
        assert_ne!(amount("900719925474099.21"), amount("900719925474099.22"));
    }
}
