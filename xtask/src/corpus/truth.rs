//! What is known to be off in the council's books, record by record, from tables made by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::corpus::likeness::amount;

type Amount = (bool, String, String);

/// How often the target holds an amount of a file more than it should.
type Surplus = BTreeMap<(String, Amount), i64>;

/// The truth about one body's books.
#[derive(Debug, Default)]
pub(crate) struct Truth {
    /// Of the records whose sign was lost.
    surplus: Surplus,
    /// Files with a fault that is not said in amounts: some break must name them.
    otherwise: BTreeSet<String>,
}

impl Truth {
    /// Reads a body's rows of the tables; a body without rows has no fault.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub(crate) fn read(council: &Path, body: &str) -> Result<Self> {
        let mut truth = Self::default();
        let table = |name: &str| {
            fs::read_to_string(council.join(name)).with_context(|| format!("{name} cannot be read"))
        };
        if body == "leeds" {
            for line in table("truth_leeds_raw_vs_processed.tsv")?.lines().skip(1) {
                let cells: Vec<&str> = line.split('\t').collect();
                if let [file, _, source, target, _, class] = cells[..] {
                    truth.take(file, source, target, class);
                }
            }
        } else {
            for line in table("truth_clean_vs_processed.tsv")?.lines().skip(1) {
                let cells: Vec<&str> = line.split('\t').collect();
                if let [of, file, _, source, target, class] = cells[..]
                    && of == body
                {
                    truth.take(file, source, target, class);
                }
            }
        }
        Ok(truth)
    }

    fn take(&mut self, file: &str, source: &str, target: &str, class: &str) {
        match (class, amount(source), amount(target)) {
            ("sign-lost", Some(source), Some(target)) => {
                *self.surplus.entry((file.to_owned(), source)).or_default() -= 1;
                *self.surplus.entry((file.to_owned(), target)).or_default() += 1;
            }
            // The source's grand totals are rejects: the report counts them.
            (class, ..) if class.starts_with("grand-total-row") => {}
            _ => {
                self.otherwise.insert(file.to_owned());
            }
        }
    }

    /// Compares with the breaks: each is found, nothing else is claimed.
    ///
    /// # Errors
    /// When the breaks cannot be read.
    pub(crate) fn compare(&self, breaks: &Path) -> Result<Vec<String>> {
        let file = File::open(breaks).with_context(|| breaks.display().to_string())?;
        let mut found = Surplus::new();
        for line in BufReader::new(file).lines() {
            let one: Value = serde_json::from_str(&line?).context("a break is no JSON")?;
            take_break(&mut found, &one);
        }
        Ok(self.faults(found))
    }

    fn faults(&self, mut found: Surplus) -> Vec<String> {
        let mut faults = Vec::new();
        for file in &self.otherwise {
            let before = found.len();
            found.retain(|(named, _), _| named != file);
            if found.len() == before {
                faults.push(format!("truth: no break names {file}"));
            }
        }
        let zero = |surplus: &Surplus| -> Surplus {
            let off = surplus.iter().filter(|(_, count)| **count != 0);
            off.map(|(record, count)| (record.clone(), *count))
                .collect()
        };
        let (known, found) = (zero(&self.surplus), zero(&found));
        let of = |one: &Surplus, other: &Surplus| -> usize {
            one.iter()
                .filter(|(record, count)| other.get(record) != Some(count))
                .count()
        };
        let (missed, claimed) = (of(&known, &found), of(&found, &known));
        if missed + claimed > 0 {
            let records = known.len();
            faults.push(format!(
                "truth: of {records} amounts that are off {missed} are not found, {claimed} others are claimed"
            ));
        }
        faults
    }
}

/// Takes both sides of a break: what is expected is one too few, what is there one too many.
///
/// A pair that differs is one record on each side; else `copies` says how many there are.
fn take_break(found: &mut Surplus, one: &Value) {
    let is_pair = one["kind"] == "differs";
    let copies = |side: &str| match is_pair {
        true => 1,
        false => one["copies"][side].as_i64().unwrap_or(1),
    };
    for (side, places, sign) in [("expected", "source", -1), ("actual", "target", 1)] {
        if let Some(amount) = one[side]["amount"].as_str().and_then(amount) {
            let file = one[places][0]["_file"].as_str().unwrap_or("no file");
            let file = file.rsplit('/').next().unwrap_or(file);
            *found.entry((file.to_owned(), amount)).or_default() += sign * copies(side);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(breaks: &[Value]) -> Surplus {
        let mut found = Surplus::new();
        breaks.iter().for_each(|one| take_break(&mut found, one));
        found
    }

    #[test]
    fn a_lost_sign_counts_as_found_however_it_is_paired_and_anything_else_is_a_fault() {
        let mut truth = Truth::default();
        truth.take("2013-P01.csv", "(250.00)", "250.00", "sign-lost");
        truth.take("2017-01.csv", "a footer", "2017", "other");
        let here = |name: &str| json!([{"_file": format!("clean/{name}")}]);
        let (p01, jan) = (here("2013-P01.csv"), here("2017-01.csv"));
        let missing = json!({"kind": "missing", "copies": {"expected": 1, "actual": 0}, "expected": {"amount": "-250.00"}, "source": p01});
        let extra = json!({"kind": "extra", "actual": {"amount": "250.00"}, "target": p01});
        let footer = json!({"kind": "extra", "actual": {"amount": "2017.00"}, "target": jan});
        let both = json!({"kind": "differs", "copies": {"expected": 3, "actual": 2}, "expected": {"amount": "-250"}, "source": p01,
            "actual": {"amount": "250"}, "target": p01});

        let all = [missing.clone(), extra, footer.clone()];
        assert_eq!(truth.faults(found(&all)), Vec::<String>::new());
        assert_eq!(
            truth.faults(found(&[both.clone(), footer])),
            Vec::<String>::new()
        );
        insta::assert_snapshot!(truth.faults(found(&[missing, both])).join("\n"), @r"
        truth: no break names 2017-01.csv
        truth: of 2 amounts that are off 1 are not found, 1 others are claimed
        ");
    }
}
