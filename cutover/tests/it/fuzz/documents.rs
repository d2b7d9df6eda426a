//! Every leaf and every element of the documents, altered.

use cutover::Digest;
use cutover::gate::Outcome;
use cutover::seal::Found;
use serde_json::Value;

use super::case::Case;

/// Names the leaves and elements of a document.
fn places(value: &Value, path: &str, places: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            self::places(value, &format!("{path}/{name}"), places);
        }),
        Value::Array(elements) => elements.iter().enumerate().for_each(|(index, value)| {
            places.push(format!("{path}/{index}"));
            self::places(value, &format!("{path}/{index}"), places);
        }),
        _ => places.push(path.to_owned()),
    }
}

/// Changes, nulls or takes out what is at a place; none where that is not possible.
fn altered(document: &Value, place: &str, how: u8) -> Option<Value> {
    let mut other = document.clone();
    let (parent, index) = place.rsplit_once('/')?;
    if how == 0 {
        let Some(Value::Array(elements)) = other.pointer_mut(parent) else {
            return None;
        };
        elements.remove(index.parse().ok()?);
        return Some(other);
    }
    let leaf = other.pointer_mut(place)?;
    *leaf = match (how, &*leaf) {
        (1, Value::String(text)) => Value::String(format!("{text}1")),
        (1, Value::Number(number)) => Value::from(number.as_u64()?.checked_add(1)?),
        (2, Value::String(_) | Value::Number(_)) => Value::Null,
        (3, Value::String(_)) => Value::String(String::new()),
        (3, Value::Number(number)) => {
            Value::from(number.as_u64().filter(|n| *n > 0)?.checked_sub(1)?)
        }
        (4, Value::String(_)) => Value::String("1.00".into()),
        _ => return None,
    };
    (other != *document).then_some(other)
}

/// What a report says beside its figures, and decides nothing.
fn is_beside(place: &str) -> bool {
    [
        "/elapsed_seconds",
        "/evidence",
        "/causes",
        "/notes",
        "/crossed",
        "/repairs",
        // Whose rejects they are, and why; how many there are decides.
        "/rejects_",
    ]
    .iter()
    .any(|beside| place.contains(beside))
}

/// One side of a control may be untold; its difference may not.
fn is_untold(place: &str, how: u8) -> bool {
    how == 2 && place.starts_with("/controls") && !place.ends_with("difference")
}

pub(super) fn check_report(case: &Case) {
    let document = serde_json::to_value(&case.run.report).expect("json");
    let mut all = Vec::new();
    places(&document, "", &mut all);
    for place in all.iter().filter(|place| !is_beside(place)) {
        for how in (0..5).filter(|how| !is_untold(place, *how)) {
            let other = altered(&document, place, how);
            let report = other.and_then(|other| serde_json::from_value(other).ok());
            let Some(report) = report else { continue };
            let mut changed = case.clone();
            changed.run.report = report;
            assert_ne!(
                changed.outcome(),
                Some(Outcome::Go),
                "report {place}, change {how}"
            );
        }
    }
}

pub(super) fn check_breaks(case: &Case) {
    for (index, found) in case.run.breaks.iter().enumerate() {
        let document = serde_json::to_value(found).expect("json");
        let mut all = Vec::new();
        places(&document, "", &mut all);
        // Its cause is the report's to tell; `alternatives` is left out where it is 0.
        for place in all.iter().filter(|place| !place.starts_with("/cause")) {
            for how in 0..5 {
                let other = altered(&document, place, how);
                let other = other.and_then(|other| serde_json::from_value(other).ok());
                let Some(other) = other else { continue };
                let mut changed = case.clone();
                changed.run.breaks[index] = other;
                assert_ne!(
                    changed.outcome(),
                    Some(Outcome::Go),
                    "break {place}, change {how}"
                );
            }
        }
    }
}

pub(super) fn check_files(case: &Case) {
    let files = case.run.files();
    for index in 0..files.len() {
        let changes: [fn(&mut Vec<Found>, usize); 5] = [
            |files, index| drop(files.remove(index)),
            |files, index| files[index].bytes += 1,
            |files, index| files[index].blake3 = Digest::ZERO,
            |files, index| files[index].file.push('x'),
            |files, index| {
                let mut copy = files[index].clone();
                copy.file = copy.file.to_uppercase();
                files.push(copy);
            },
        ];
        for change in changes {
            let mut changed = case.clone();
            let mut files = files.clone();
            change(&mut files, index);
            changed.files = Some(files);
            assert_eq!(changed.outcome(), Some(Outcome::NoGo), "file {index}");
        }
    }
}
