//! Reads the figures of `verify.json` and says them in words.

use serde_json::Value;

/// The case of this name, if it was measured.
pub(crate) fn case<'a>(verify: &'a Value, id: &str) -> Option<&'a Value> {
    list(&verify["cases"]).iter().find(|case| case["id"] == id)
}

/// The line of this name, if it was measured.
pub(crate) fn row<'a>(case: Option<&'a Value>, name: &str) -> Option<&'a Value> {
    list(&case?["rows"]).iter().find(|row| row["name"] == name)
}

/// Wall time for one record, in seconds.
pub(crate) fn per_record(case: Option<&Value>, row: Option<&Value>) -> Option<f64> {
    let records = case?["records"].as_f64()?;
    Some(wall(row?) / records)
}

/// Wall time in seconds.
pub(crate) fn wall(row: &Value) -> f64 {
    figure(row, "wall_seconds")
}

/// User and system time in seconds.
pub(crate) fn cpu(row: &Value) -> f64 {
    figure(row, "cpu_seconds")
}

/// The largest resident memory, in bytes.
pub(crate) fn peak(row: &Value) -> f64 {
    figure(row, "peak_bytes")
}

/// A figure to judge by; what failed has none.
fn figure(row: &Value, name: &str) -> f64 {
    let figure = row["figures"][name].as_f64();
    let ended_well = row["findings"]["failure"].is_null();
    figure.filter(|_| ended_well).unwrap_or(f64::NAN)
}

/// The items of a list; none where there is no list.
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A text; a question mark where there is none.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or("?").to_owned()
}

/// Bytes as people read them.
pub(crate) fn bytes(value: &Value) -> String {
    let bytes = value.as_f64().unwrap_or(0.0);
    if bytes >= 1e9 {
        format!("{:.1} GB", bytes / 1e9)
    } else {
        format!("{:.0} MB", bytes / 1e6)
    }
}

/// A number with its thousands apart.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How much of what was planted was found.
pub(crate) fn found(findings: &Value) -> String {
    if let (Some(found), Some(planted)) = (findings["found"].as_u64(), findings["planted"].as_u64())
    {
        return format!("{found} of {planted}");
    }
    if let (Some(found), Some(planted)) = (
        findings["breaks"].as_u64(),
        findings["planted_breaks"].as_u64(),
    ) {
        return format!("{} of {}", thousands(found), thousands(planted));
    }
    String::from(if findings["failure"].is_null() {
        "-"
    } else {
        "none"
    })
}
