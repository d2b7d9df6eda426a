//! What is known to be off in the council's books, row by row, from tables made by hand.
//!
//! A table names a record by its file and the number of its row there, and tells the amounts of both
//! sides. A break must name the same line and the same amounts. The tables have no rows of the target:
//! what it holds too many of is compared by file and amount.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::corpus::likeness::amount;

type Amount = (bool, String, String);

/// File and line of a record.
type Place = (String, u64);

/// Rows before which the table leaves out one that holds nothing: what is said of them stands one line
/// further down.
const BEHIND_EMPTY_ROW: [(&str, u64); 1] = [("2011-12.csv", 9954)];

/// The truth about one body's books.
#[derive(Debug, Default)]
pub(crate) struct Truth {
    /// Records whose sign was lost: what is expected of each, and what is held.
    lost: BTreeMap<Place, [Amount; 2]>,
    /// Other faults, with the amounts of both sides where they are such.
    others: BTreeMap<Place, [Option<Amount>; 2]>,
    /// The source's grand totals, which are no payments but rejects.
    totals: BTreeMap<Place, Amount>,
    /// Months whose published total is not what the records come to.
    months: BTreeMap<String, [Amount; 2]>,
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
                if let [file, row, source, target, _, class] = cells[..] {
                    truth.take((file, row), [source, target], class)?;
                }
            }
        } else {
            for line in table("truth_clean_vs_processed.tsv")?.lines().skip(1) {
                let cells: Vec<&str> = line.split('\t').collect();
                if let [of, file, row, source, target, class] = cells[..]
                    && of == body
                {
                    truth.take((file, row), [source, target], class)?;
                }
            }
        }
        for line in table("truth_control_totals.tsv")?.lines().skip(1) {
            let cells: Vec<&str> = line.split('\t').collect();
            if let [of, month, published, sum, ..] = cells[..]
                && of == body
            {
                let totals = both([amount(published), amount(sum)]);
                let totals = totals.with_context(|| format!("{month}: no totals"))?;
                truth.months.insert(month.to_owned(), totals);
            }
        }
        Ok(truth)
    }

    fn take(&mut self, (file, row): (&str, &str), texts: [&str; 2], class: &str) -> Result<()> {
        let row: u64 = row.parse().with_context(|| format!("{file}: no row"))?;
        let is_behind = BEHIND_EMPTY_ROW.contains(&(file, row));
        // The first line names the columns.
        let place = (file.to_owned(), row + 1 + u64::from(is_behind));
        let amounts = texts.map(amount);
        if class == "sign-lost" {
            let amounts = both(amounts).with_context(|| format!("{file}, {row}: no amounts"))?;
            self.lost.insert(place, amounts);
        } else if class.starts_with("grand-total-row") {
            let [total, _] = amounts;
            let total = total.with_context(|| format!("{file}, {row}: no total"))?;
            self.totals.insert(place, total);
        } else {
            self.others.insert(place, amounts);
        }
        Ok(())
    }

    /// What is compared with what, for whoever reads the outcome.
    pub(crate) fn said(&self) -> String {
        let rows = self.lost.len() + self.others.len();
        if rows + self.totals.len() + self.months.len() == 0 {
            return "the tables have no row: nothing may be off".to_owned();
        }
        format!(
            "{rows} rows by file, line and both amounts (the tables have no rows of the target, whose \
             amounts are compared by file), {} grand totals by file, line and amount, {} months by \
             both totals",
            self.totals.len(),
            self.months.len()
        )
    }

    /// Compares with what was found: all of it, and nothing else.
    ///
    /// # Errors
    /// When the evidence cannot be read.
    pub(crate) fn compare(&self, evidence: &Path, report: &Value) -> Result<Vec<String>> {
        let mut faults = self.faults_of_breaks(&lines(&evidence.join("breaks.jsonl"))?);
        faults.extend(self.faults_of_rejects(&lines(&evidence.join("rejects.jsonl"))?));
        faults.extend(self.faults_of_months(report));
        Ok(faults)
    }

    fn faults_of_breaks(&self, breaks: &[Value]) -> Vec<String> {
        let mut missed = self.lost.clone();
        let mut others = self.others.clone();
        let mut named: BTreeSet<&Place> = BTreeSet::new();
        let mut held: BTreeMap<(String, Amount), i64> = BTreeMap::new();
        for ((file, _), [_, target]) in &self.lost {
            *held.entry((file.clone(), target.clone())).or_default() += 1;
        }
        let mut claimed = Vec::new();
        for one in breaks {
            let [sources, targets] = ["source", "target"].map(|side| places(&one[side]));
            let amounts =
                ["expected", "actual"].map(|side| one[side]["amount"].as_str().and_then(amount));
            let mut all = sources.iter().chain(&targets);
            if let Some((place, _)) = all.find_map(|place| self.others.get_key_value(place)) {
                named.insert(place);
                for (known, found) in others.get_mut(place).into_iter().flatten().zip(&amounts) {
                    known.take_if(|known| found.as_ref() == Some(&*known));
                }
                continue;
            }
            let is_pair = one["kind"] == "differs";
            let [expected, actual] = ["expected", "actual"].map(|side| match is_pair {
                true => 0,
                false => one["copies"][side].as_i64().unwrap_or(0),
            });
            let pair = usize::from(is_pair);
            let [too_few, too_many] = [expected - actual, actual - expected]
                .map(|surplus| usize::try_from(surplus).unwrap_or(0) + pair);
            let is_known = |place: &&Place| {
                missed.get(*place).is_some_and(|[source, target]| {
                    amounts[0].as_ref() == Some(source)
                        && (!is_pair || amounts[1].as_ref() == Some(target))
                })
            };
            let known: Vec<&Place> = sources.iter().filter(is_known).collect();
            let target = targets.first().zip(amounts[1].clone());
            if known.len() != too_few || (too_many > 0 && target.is_none()) {
                claimed.push(format!("{} at {}", one["kind"], shown(&sources, &targets)));
                continue;
            }
            for place in known {
                missed.remove(place);
            }
            if let Some(((file, _), amount)) = target {
                let surplus = held.entry((file.clone(), amount)).or_default();
                *surplus -= i64::try_from(too_many).unwrap_or(i64::MAX);
            }
        }
        let off = held.into_iter().filter(|(_, count)| *count != 0);
        let off: Vec<String> = off
            .map(|((file, _), count)| format!("{file} ({count})"))
            .collect();
        let unnamed = others.iter().filter(|(place, amounts)| {
            !named.contains(place) || amounts.iter().any(Option::is_some)
        });
        let unnamed: Vec<String> = unnamed.map(|(place, _)| at(place)).collect();
        let missed: Vec<String> = missed.keys().map(at).collect();
        told([
            ("rows whose sign was lost are not found", missed),
            (
                "rows with another fault are not found with their amounts",
                unnamed,
            ),
            ("breaks are of no row of the table", claimed),
            (
                "amounts of the target are not so often too many as they should",
                off,
            ),
        ])
    }

    fn faults_of_rejects(&self, rejects: &[Value]) -> Vec<String> {
        let mut missed = self.totals.clone();
        let mut claimed = Vec::new();
        for one in rejects {
            let places = places(&one["source"]);
            let total = one["source"][0]["amount"].as_str().and_then(amount);
            match places.first().and_then(|place| missed.get_key_value(place)) {
                Some((place, known)) if total.as_ref() == Some(known) => {
                    let place = place.clone();
                    missed.remove(&place);
                }
                _ => claimed.push(shown(&places, &[])),
            }
        }
        let missed: Vec<String> = missed.keys().map(at).collect();
        told([
            ("grand totals are not rejected with their amounts", missed),
            ("rejects are no grand totals of the table", claimed),
        ])
    }

    fn faults_of_months(&self, report: &Value) -> Vec<String> {
        let controls = report["controls"].as_array().into_iter().flatten();
        let published = controls.filter(|one| one["name"] == "published monthly totals");
        let lines = published
            .filter_map(|one| one["lines"].as_array())
            .flatten();
        let total = |line: &Value, side: &str| line[side].as_str().and_then(amount);
        let found: BTreeMap<String, Option<[Amount; 2]>> = lines
            .map(|line| {
                let month = line["key"]["month"].as_str().unwrap_or("no month");
                let totals = ["expected", "actual"].map(|side| total(line, side));
                (month.to_owned(), both(totals))
            })
            .collect();
        let is_known = |(month, totals): &(&String, &Option<[Amount; 2]>)| matches!(totals, Some(totals) if self.months.get(*month) == Some(totals));
        let claimed = found.iter().filter(|line| !is_known(line));
        let claimed: Vec<String> = claimed.map(|(month, _)| month.clone()).collect();
        let missed = self
            .months
            .keys()
            .filter(|month| !found.contains_key(*month));
        let missed: Vec<String> = missed.cloned().collect();
        told([
            ("months are not found to be off", missed),
            (
                "months are off that are not in the table, or not by so much",
                claimed,
            ),
        ])
    }
}

fn both([one, other]: [Option<Amount>; 2]) -> Option<[Amount; 2]> {
    Some([one?, other?])
}

fn lines(file: &Path) -> Result<Vec<Value>> {
    let open = File::open(file).with_context(|| file.display().to_string())?;
    let value = |line: std::io::Result<String>| {
        serde_json::from_str(&line?).with_context(|| format!("{}: no JSON", file.display()))
    };
    BufReader::new(open).lines().map(value).collect()
}

/// Where the records of a break's side stand.
fn places(records: &Value) -> Vec<Place> {
    let records = records.as_array().into_iter().flatten();
    let place = |record: &Value| {
        let file = record["_file"].as_str()?;
        let name = file.rsplit('/').next().unwrap_or(file);
        Some((name.to_owned(), record["_row"].as_u64()?))
    };
    records.filter_map(place).collect()
}

fn at((file, line): &Place) -> String {
    format!("{file}:{line}")
}

fn shown(sources: &[Place], targets: &[Place]) -> String {
    let place = sources.first().or(targets.first());
    place.map_or_else(|| "no place".to_owned(), at)
}

/// Each kind of fault that there is, in a line.
fn told<const N: usize>(kinds: [(&str, Vec<String>); N]) -> Vec<String> {
    let kinds = kinds.into_iter();
    kinds
        .filter_map(|(what, which)| fault(what, &which))
        .collect()
}

/// How many, and the first of them.
fn fault(what: &str, which: &[String]) -> Option<String> {
    let first = which.first()?;
    Some(format!("truth: {} {what}, the first: {first}", which.len()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn truth() -> Truth {
        let mut truth = Truth::default();
        for (place, amounts, class) in [
            (
                ("2013-P01.csv", "1002"),
                ["(250.00)", "250.00"],
                "sign-lost",
            ),
            (
                ("2013-P01.csv", "1010"),
                ["(250.00)", "250.00"],
                "sign-lost",
            ),
            (("2017-01.csv", "30"), ["a footer", "2017"], "other"),
            (
                ("2012-05.csv", "9122"),
                ["73.1", ""],
                "grand-total-row-in-source(sum agrees)",
            ),
        ] {
            truth.take(place, amounts, class).unwrap();
        }
        let totals = both([amount("2.50"), amount("2.40")]);
        truth.months.insert("2015-06".to_owned(), totals.unwrap());
        truth
    }

    fn here(name: &str, row: u64) -> Value {
        json!([{"_file": format!("clean/{name}"), "_row": row}])
    }

    fn missing(row: u64) -> Value {
        json!({"kind": "missing", "copies": {"expected": 1, "actual": 0},
            "expected": {"amount": "-250.00"}, "source": here("2013-P01.csv", row)})
    }

    fn extra(name: &str, amount: &str) -> Value {
        json!({"kind": "extra", "copies": {"expected": 0, "actual": 1},
            "actual": {"amount": amount}, "target": here(name, 31)})
    }

    fn pair(row: u64, actual: &str) -> Value {
        json!({"kind": "differs", "copies": {"expected": 1, "actual": 1},
            "expected": {"amount": "-250"}, "source": here("2013-P01.csv", row),
            "actual": {"amount": actual}, "target": here("2013-P01.csv", 7)})
    }

    fn faults(breaks: &[Value]) -> String {
        truth().faults_of_breaks(breaks).join("\n")
    }

    #[test]
    fn a_lost_sign_counts_as_found_however_it_is_paired() {
        let footer = extra("2017-01.csv", "2017.00");
        let apart = [
            missing(1003),
            pair(1011, "250"),
            extra("2013-P01.csv", "250.00"),
            footer.clone(),
        ];
        assert_eq!(faults(&apart), "");
        let rows = json!([here("2013-P01.csv", 1003)[0], here("2013-P01.csv", 1011)[0]]);
        let copies = json!({"kind": "copies", "copies": {"expected": 2, "actual": 0},
            "expected": {"amount": "-250.00"}, "source": rows});
        let twice = [
            copies,
            extra("2013-P01.csv", "250"),
            extra("2013-P01.csv", "250"),
            footer,
        ];
        assert_eq!(faults(&twice), "");
    }

    #[test]
    fn the_right_amount_at_a_wrong_row_is_a_fault_and_so_is_a_wrong_amount() {
        let rest = [pair(1011, "250"), extra("2017-01.csv", "2017.00")];
        let with = |one: Value| faults(&[vec![one], rest.to_vec()].concat());
        insta::assert_snapshot!(with(pair(1004, "250")), @r#"
        truth: 1 rows whose sign was lost are not found, the first: 2013-P01.csv:1003
        truth: 1 breaks are of no row of the table, the first: "differs" at 2013-P01.csv:1004
        truth: 1 amounts of the target are not so often too many as they should, the first: 2013-P01.csv (1)
        "#);
        insta::assert_snapshot!(with(pair(1003, "251")), @r#"
        truth: 1 rows whose sign was lost are not found, the first: 2013-P01.csv:1003
        truth: 1 breaks are of no row of the table, the first: "differs" at 2013-P01.csv:1003
        truth: 1 amounts of the target are not so often too many as they should, the first: 2013-P01.csv (1)
        "#);
        let mistaken = [
            pair(1003, "250"),
            pair(1011, "250"),
            extra("2017-01.csv", "2018.00"),
            extra("2013-P01.csv", "1.00"),
        ];
        insta::assert_snapshot!(faults(&mistaken), @"
        truth: 1 rows with another fault are not found with their amounts, the first: 2017-01.csv:31
        truth: 1 amounts of the target are not so often too many as they should, the first: 2013-P01.csv (-1)
        ");
    }

    #[test]
    fn grand_totals_are_rejects_and_months_are_off_by_so_much() {
        let reject = |row: u64, amount: &str| json!({"source": [{"_file": "raw/2012-05.csv", "_row": row, "amount": amount}]});
        let truth = truth();
        assert!(truth.faults_of_rejects(&[reject(9123, "73.10")]).is_empty());
        for wrong in [reject(9124, "73.10"), reject(9123, "73.11")] {
            assert_eq!(truth.faults_of_rejects(&[wrong]).len(), 2);
        }
        let report = |actual: &str| {
            json!({"controls": [{"name": "published monthly totals", "lines": [
                {"key": {"month": "2015-06"}, "expected": "2.5", "actual": actual}]}]})
        };
        assert!(truth.faults_of_months(&report("2.40")).is_empty());
        assert_eq!(truth.faults_of_months(&report("2.41")).len(), 1);
        assert_eq!(truth.faults_of_months(&Value::Null).len(), 1);
    }

    #[test]
    fn what_stands_behind_a_row_that_the_table_leaves_out_is_one_line_down() {
        let mut truth = Truth::default();
        let class = "grand-total-row-in-source(sum agrees)";
        let taken = truth.take(("2011-12.csv", "9954"), ["78917710.50", ""], class);
        taken.unwrap();
        let places: Vec<&Place> = truth.totals.keys().collect();
        assert_eq!(places, [&("2011-12.csv".to_owned(), 9956)]);
    }
}
