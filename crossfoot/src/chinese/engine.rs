//! What the sources of the engine say has Chinese words: errors, mistakes of SQL, and their mends.
//!
//! A message is taken from where it is written, so that a new one without Chinese words fails here.

use super::chinese;
use std::fs;
use std::path::{Path, PathBuf};

/// The crates whose messages reach a reader.
const CRATES: [&str; 12] = [
    "books",
    "causes",
    "channels",
    "cutover",
    "databases",
    "footing",
    "ledger",
    "migrate",
    "reconcile",
    "reports",
    "rules",
    "shadow",
];

/// What stands before a message in a source.
const MARKS: [&str; 5] = [
    "#[error(",
    "plan_err!(",
    "SqlError::new(",
    "phrases::mistake(",
    ".mend(",
];

/// What is tried in the places of a message.
const SAMPLES: [&str; 5] = ["7", "x", "money", "division by zero", "the plan"];

/// Messages in whose places only some words can stand, each as it is said with such words.
const SAID: [(&str, &str); 15] = [
    (
        "the {field} {value:?} cannot be signed; it must be one line without blanks at its ends",
        "the role \"x\" cannot be signed; it must be one line without blanks at its ends",
    ),
    (
        "is no {kind}; its one line must be `{begin} <64 digits> <name>`",
        "the key in x is no secret key; its one line must be `x <64 digits> <name>`",
    ),
    (
        "the {reading} reading of the opening figures is lacking; read them twice, a while apart, then confirm that the old book is closed",
        "the first reading of the opening figures is lacking; read them twice, a while apart, then confirm that the old book is closed",
    ),
    (
        "take it out of `{setting}`, or {other}",
        "take it out of `optional`, or add it to `only`",
    ),
    ("{address} has {}", "sqlite://x.db has a, b"),
    (
        "column {column:?} is missing here{others}; {holder} has it",
        "column \"x\" is missing here and in 2 other files; a.csv has it",
    ),
    ("{found} {}, {expected} expected", "2 fields, 3 expected"),
    (
        "two {what} are called `{name}`",
        "two controls are called `x`",
    ),
    (
        "`{key}` is {found}; it must be a date with a time and an offset",
        "`release` is a date; it must be a date with a time and an offset",
    ),
    (
        "`release` is {by} `freeze`, and must come after it",
        "`release` is 1h before `freeze`, and must come after it",
    ),
    (
        "the {what} of {function} is a text, written out",
        "the zone of local_time is a text, written out",
    ),
    (
        "there is no table `{text}` in the {which}",
        "there is no table `x` in the target",
    ),
    (
        "the key has {}, and {given} {} given",
        "the key has 2 values, and 1 was given",
    ),
    (
        "sample {at}: the column `{column}` is {what}; pass each record with all its columns",
        "sample 1: the column `x` is missing; pass each record with all its columns",
    ),
    (
        "{list} {at}: the column `{column}` is missing; pass only what belongs to this agreement",
        "taken key 1: the column `x` is missing; pass only what belongs to this agreement",
    ),
];

/// Messages that are only a part of another one, which is told as a whole.
const PARTS: [&str; 1] = ["{found} is not from {least} to {most}"];

#[test]
fn every_message_of_the_engine_is_told() {
    let all = all_messages();
    let lacking: Vec<String> = all
        .iter()
        .filter(|(_, message)| !is_told(message))
        .map(|(path, message)| format!("{}: {message}", path.display()))
        .collect();
    assert!(lacking.is_empty(), "{}", lacking.join("\n"));
    assert!(all.len() > 400, "the sources were read: {}", all.len());
}

#[test]
fn no_exception_is_left_over() {
    let all = all_messages();
    let known = SAID.iter().map(|(message, _)| *message).chain(PARTS);
    for message in known {
        assert!(all.iter().any(|(_, one)| one == message), "{message}");
    }
}

/// All messages of the engine, each with its source.
fn all_messages() -> Vec<(PathBuf, String)> {
    let mut all = Vec::new();
    for name in CRATES {
        let crate_of = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
        for path in sources(&crate_of.join("src")) {
            let text = fs::read_to_string(&path).expect("a source");
            let found = messages(&text).into_iter();
            all.extend(found.map(|message| (path.clone(), message)));
        }
    }
    all
}

/// The sources below a folder that are no tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_test = name.starts_with("tests") || name == "stories.rs";
        if path.is_dir() && !is_test {
            found.extend(sources(&path));
        } else if name.ends_with(".rs") && !is_test {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The messages that stand behind a mark, with their places as they are written.
fn messages(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]\nmod tests {").next();
    let code = code.unwrap_or_default();
    let mut found = Vec::new();
    for mark in MARKS {
        for behind in code.split(mark).skip(1) {
            let behind = behind.trim_start();
            let behind = behind.strip_prefix("format!(").unwrap_or(behind);
            found.extend(literal(behind.trim_start()));
        }
    }
    // What has no words of its own says what another message says.
    let is_worded = |message: &String| {
        let words = outside(message).concat();
        words.contains(|letter: char| letter.is_ascii_lowercase())
    };
    found.retain(is_worded);
    found
}

/// The text of a literal that stands at the beginning.
fn literal(code: &str) -> Option<String> {
    let mut letters = code.strip_prefix('"')?.chars();
    let mut text = String::new();
    loop {
        match letters.next()? {
            '"' => return Some(text),
            '\\' => match letters.next()? {
                '\n' => {
                    let rest = letters.as_str().trim_start();
                    letters = rest.chars();
                }
                letter => text.push(letter),
            },
            letter => text.push(letter),
        }
    }
}

/// What stands before, between and behind the places of a message.
fn outside(message: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut letters = message.chars().peekable();
    let mut is_inside = false;
    while let Some(letter) = letters.next() {
        let is_doubled = letters.peek() == Some(&letter);
        match letter {
            '{' | '}' if is_doubled && !is_inside => {
                letters.next();
                push(&mut parts, letter);
            }
            '{' => is_inside = true,
            '}' => {
                is_inside = false;
                parts.push(String::new());
            }
            letter if !is_inside => push(&mut parts, letter),
            _ => {}
        }
    }
    parts
}

fn push(parts: &mut [String], letter: char) {
    if let Some(last) = parts.last_mut() {
        last.push(letter);
    }
}

/// Whether a message is told with some words in its places.
fn is_told(message: &str) -> bool {
    if PARTS.contains(&message) {
        return true;
    }
    if let Some((_, said)) = SAID.iter().find(|(known, _)| *known == message) {
        return chinese(said).is_some();
    }
    let parts = outside(message);
    let places = u32::try_from(parts.len().saturating_sub(1)).unwrap_or_default();
    let ways = SAMPLES.len().pow(places);
    (0..ways).any(|way| {
        let mut said = String::new();
        let mut way = way;
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                said.push_str(SAMPLES[way % SAMPLES.len()]);
                way /= SAMPLES.len();
            }
            said.push_str(part);
        }
        chinese(&said).is_some()
    })
}
