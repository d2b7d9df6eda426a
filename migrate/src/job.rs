//! What a conversion is made from: two with the same job write the same bytes.

use crate::error::Change;
use crate::manifest::{Input, VERSION};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The inputs and the rules of a conversion: `job.json`, written before the first chunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) version: u32,
    /// Version of Crossfoot: another one may write other bytes.
    pub(crate) crossfoot: String,
    pub(crate) plan: String,
    pub(crate) chunk_records: u64,
    pub(crate) rules: Vec<JobRule>,
    pub(crate) inputs: Vec<Input>,
}

/// One agreement of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct JobRule {
    pub(crate) agreement: String,
    pub(crate) table: String,
    /// The table's folder, relative to the target.
    pub(crate) folder: String,
    pub(crate) rule_blake3: String,
}

impl Job {
    pub(crate) fn new(
        plan: String,
        chunk_records: u64,
        rules: Vec<JobRule>,
        inputs: Vec<Input>,
    ) -> Self {
        Self {
            version: VERSION,
            crossfoot: env!("CARGO_PKG_VERSION").to_owned(),
            plan,
            chunk_records,
            rules,
            inputs,
        }
    }

    /// What is not as it was in the job `then`.
    pub(crate) fn changes_since(&self, then: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        if then.crossfoot != self.crossfoot {
            let versions = [then.crossfoot.clone(), self.crossfoot.clone()];
            changes.push(Change::Version(versions));
        }
        if then.chunk_records != self.chunk_records {
            changes.push(Change::ChunkRecords([
                then.chunk_records,
                self.chunk_records,
            ]));
        }
        let place = |rule: &JobRule| {
            (
                rule.agreement.clone(),
                rule.table.clone(),
                rule.folder.clone(),
            )
        };
        if then
            .rules
            .iter()
            .map(place)
            .ne(self.rules.iter().map(place))
        {
            changes.push(Change::Agreements);
        } else {
            let others = then.rules.iter().zip(&self.rules);
            let others = others.filter(|(then, now)| then.rule_blake3 != now.rule_blake3);
            changes.extend(others.map(|(_, now)| Change::Rule(now.agreement.clone())));
        }
        changes.extend(files(&then.inputs, &self.inputs));
        if changes.is_empty() && then != self {
            // The plan's name alone, or a field of another version.
            changes.push(Change::Agreements);
        }
        changes
    }
}

/// Files that are others, gone or new, in the order of tables and files.
fn files(then: &[Input], now: &[Input]) -> Vec<Change> {
    type Both<'a> = [Option<&'a Input>; 2];
    let mut files: BTreeMap<(&str, &str), Both<'_>> = BTreeMap::new();
    for (at, inputs) in [then, now].into_iter().enumerate() {
        for input in inputs {
            files.entry((&input.table, &input.file)).or_default()[at] = Some(input);
        }
    }
    let change = |((_, file), both): ((&str, &str), Both<'_>)| match both {
        [Some(then), Some(now)] if then == now => None,
        [Some(then), Some(now)] => Some(Change::File {
            file: file.to_owned(),
            bytes: [then.bytes, now.bytes],
        }),
        [Some(_), None] => Some(Change::FileGone(file.to_owned())),
        [None, _] => Some(Change::FileAdded(file.to_owned())),
    };
    files.into_iter().filter_map(change).collect()
}

/// Digests texts, each after its length, so that no two lists have the same digest.
pub(crate) fn digest_of<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hasher = blake3::Hasher::new();
    for text in texts {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> Job {
        let rule = |agreement: &str, rule: &str| JobRule {
            agreement: agreement.to_owned(),
            table: agreement.to_owned(),
            folder: agreement.to_owned(),
            rule_blake3: digest_of([rule]),
        };
        let input = |file: &str, text: &str| Input {
            table: "flow".to_owned(),
            file: file.to_owned(),
            bytes: text.len() as u64,
            blake3: digest_of([text]),
        };
        Job::new(
            "first".to_owned(),
            100,
            vec![rule("posting", "SELECT 1"), rule("opening", "SELECT 2")],
            vec![input("a.csv", "1\n"), input("b.csv", "2\n")],
        )
    }

    #[test]
    fn every_change_is_named() {
        let then = job();
        assert_eq!(then.changes_since(&then), []);
        let told = |mend: fn(&mut Job)| {
            let mut now = job();
            mend(&mut now);
            let changes = now.changes_since(&then);
            changes
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("; ")
        };
        assert_eq!(
            told(|job| job.inputs[0].bytes = 3),
            "a.csv had 2 bytes and has 3"
        );
        assert_eq!(
            told(|job| job.inputs[1].blake3.clear()),
            "b.csv has other bytes"
        );
        assert_eq!(
            told(|job| job.inputs[1].file = "c.csv".to_owned()),
            "b.csv is gone; c.csv is new"
        );
        assert_eq!(
            told(|job| job.rules[1].rule_blake3.clear()),
            "the rule of `opening` is another one"
        );
        assert_eq!(
            told(|job| drop(job.rules.pop())),
            "the plan converts other agreements"
        );
        assert_eq!(
            told(|job| job.chunk_records = 7),
            "chunks had 100 records, and have 7"
        );
        assert_eq!(
            told(|job| job.crossfoot = "9".to_owned()),
            format!("it was Crossfoot {}, and is 9", env!("CARGO_PKG_VERSION"))
        );
        assert_eq!(
            told(|job| job.plan.push('x')),
            "the plan converts other agreements"
        );
    }

    #[test]
    fn a_digest_tells_where_texts_end() {
        assert_ne!(digest_of(["ab", "c"]), digest_of(["a", "bc"]));
    }
}
