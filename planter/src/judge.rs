//! Holds the evidence of a run against the truth.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::exact::Exact;
use crate::truth::{Kind, Truth};

/// How many lines of each fault a judgement shows.
const SHOWN: usize = 20;

/// A record of which no cause of the catalogue tells what it became: to say so is right.
const UNKNOWABLE: &str = "M2";

/// Is what a run's evidence is worth.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Judgement {
    /// Breaks that the damage makes, and what was said of them, by planted cause.
    pub(crate) causes: BTreeMap<String, Counts>,
    /// What breaks were wrongly proved to be, and how often, by planted cause.
    pub(crate) wrong_proved_as: BTreeMap<String, BTreeMap<String, usize>>,
    /// Breaks that no damage made.
    pub(crate) false_breaks: usize,
    pub(crate) residual_is_zero: bool,
    pub(crate) verdict: String,
    pub(crate) rejects: u64,
    /// Lines of both sides to look at, by what is wrong with them.
    pub(crate) lines: BTreeMap<&'static str, Vec<Value>>,
}

/// Counts breaks.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    pub(crate) planted: usize,
    /// Found with the right kind, key and contents.
    pub(crate) located: usize,
    /// Proved to be what was planted.
    pub(crate) proved: usize,
    /// Proved or named to be another cause that makes the same of the record, byte for byte, where
    /// what was planted is not named.
    pub(crate) equal: usize,
    /// Of these, proved to be it.
    pub(crate) equal_proved: usize,
    /// Named first among the causes that remain possible.
    pub(crate) first: usize,
    /// Named as a rival of another that remains possible.
    pub(crate) rival: usize,
    /// Only other causes named as possible.
    pub(crate) misnamed: usize,
    pub(crate) unknown: usize,
    pub(crate) wrong_proved: usize,
}

/// A line of `breaks.jsonl`, as far as it is judged.
#[derive(Debug, Clone, Deserialize)]
struct Found {
    agreement: String,
    kind: Kind,
    key: Map<String, Value>,
    expected: Option<Map<String, Value>>,
    actual: Option<Map<String, Value>>,
    cause: Cause,
}

#[derive(Debug, Clone, Deserialize)]
struct Cause {
    id: Option<String>,
    status: String,
    #[serde(default)]
    rivals: Vec<Value>,
}

/// Reads a case and the evidence of its run.
///
/// # Errors
/// When a file of either is missing or not what it should be.
pub(crate) fn judge(case: &Path, evidence: &Path) -> Result<Judgement> {
    let truths: Vec<Truth> = lines(&case.join("truth.jsonl"))?;
    let breaks: Vec<Value> = lines(&evidence.join("breaks.jsonl"))?;
    let report = evidence.join("report.json");
    let text = fs::read(&report).with_context(|| format!("{} cannot be read", report.display()))?;
    let report: Value = serde_json::from_slice(&text).context("report.json is no JSON")?;
    weigh(&truths, &breaks, &report)
}

fn lines<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<Vec<T>> {
    let name = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("{name} cannot be read"))?;
    let read = |(at, line): (usize, &str)| {
        serde_json::from_str(line).with_context(|| format!("{name}:{} is not as expected", at + 1))
    };
    text.lines().enumerate().map(read).collect()
}

fn weigh(truths: &[Truth], breaks: &[Value], report: &Value) -> Result<Judgement> {
    let found: Vec<Found> = breaks
        .iter()
        .map(|line| serde_json::from_value(line.clone()).context("a break is not as expected"))
        .collect::<Result<_>>()?;
    let matched = Matched::of(truths, &found);
    let mut judgement = Judgement {
        residual_is_zero: residual_is_zero(report),
        verdict: report["verdict"].as_str().unwrap_or_default().to_owned(),
        rejects: report["rejects"].as_u64().unwrap_or_default(),
        ..Judgement::default()
    };
    for (truth, at) in truths.iter().zip(&matched.of_truths) {
        let of_break = at.map(|at| (&found[at], &breaks[at]));
        judgement.count(truth, of_break);
    }
    for at in matched.false_breaks {
        judgement.false_breaks += 1;
        judgement.show("false_breaks", breaks[at].clone());
    }
    Ok(judgement)
}

fn residual_is_zero(report: &Value) -> bool {
    let agreements = report["agreements"].as_array();
    let residuals = agreements
        .into_iter()
        .flatten()
        .filter_map(|one| one["residual"].as_array())
        .flatten();
    let mut amounts = residuals.map(|one| one["amount"].as_str().and_then(Exact::read));
    agreements.is_some() && amounts.all(|amount| amount.is_some_and(Exact::is_zero))
}

impl Judgement {
    fn count(&mut self, truth: &Truth, found: Option<(&Found, &Value)>) {
        let planted = canonical(&truth.causes.join("+"));
        let counts = self.causes.entry(planted.clone()).or_default();
        counts.planted += 1;
        let Some((found, line)) = found else {
            self.show("not_located", serde_json::json!(truth));
            return;
        };
        counts.located += 1;
        let said = said_of(&planted, truth, &found.cause);
        let (counter, title) = match said {
            Said::Proved => (&mut counts.proved, None),
            Said::Equal => (&mut counts.equal, None),
            Said::First => (&mut counts.first, None),
            Said::Rival => (&mut counts.rival, None),
            Said::Misnamed => (&mut counts.misnamed, Some("misnamed")),
            Said::Unknown => (&mut counts.unknown, Some("unknown")),
            Said::WrongProved => (&mut counts.wrong_proved, Some("wrong_proved")),
        };
        *counter += 1;
        counts.equal_proved += usize::from(said == Said::Equal && found.cause.status == "proved");
        if said == Said::WrongProved {
            let id = found.cause.id.clone().unwrap_or_default();
            let proved = self.wrong_proved_as.entry(planted.clone()).or_default();
            *proved.entry(id).or_default() += 1;
        }
        if let Some(title) = title {
            let both =
                serde_json::json!({"planted": planted, "equals": truth.equals, "break": line});
            self.show(title, both);
        }
    }

    fn show(&mut self, title: &'static str, line: Value) {
        let lines = self.lines.entry(title).or_default();
        if lines.len() < SHOWN {
            lines.push(line);
        }
    }
}

/// Is what was said of one break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Proved,
    Equal,
    First,
    Rival,
    Misnamed,
    Unknown,
    WrongProved,
}

fn said_of(planted: &str, truth: &Truth, cause: &Cause) -> Said {
    let id = cause.id.as_deref().map(canonical);
    let is_equal = |id: &String| truth.equals.iter().any(|one| canonical(one) == *id);
    match (cause.status.as_str(), id) {
        ("proved", Some(id)) if id == planted => Said::Proved,
        ("proved", Some(id)) if is_equal(&id) => Said::Equal,
        ("proved", _) => Said::WrongProved,
        ("consistent", Some(id)) if id == planted => Said::First,
        ("consistent", id) => {
            let rivals = cause.rivals.iter().filter_map(rival);
            let named: BTreeSet<String> = id.into_iter().chain(rivals).collect();
            // Rivals of two causes on a record may be told one by one.
            let parts: BTreeSet<&str> = named.iter().flat_map(|one| one.split('+')).collect();
            let is_pair =
                planted.contains('+') && planted.split('+').all(|one| parts.contains(one));
            if named.contains(planted) || is_pair {
                Said::Rival
            } else if named.iter().any(is_equal) {
                Said::Equal
            } else {
                Said::Misnamed
            }
        }
        _ if planted == UNKNOWABLE => Said::First,
        _ => Said::Unknown,
    }
}

/// A rival is an id, or an object that has one.
fn rival(value: &Value) -> Option<String> {
    let id = value.as_str().or_else(|| value["id"].as_str())?;
    Some(canonical(id))
}

/// The causes of a combination in one order, whichever way they were written.
fn canonical(causes: &str) -> String {
    let mut causes: Vec<&str> = causes.split('+').collect();
    causes.sort_unstable();
    causes.join("+")
}

/// Says which break belongs to which truth.
#[derive(Debug, Default)]
struct Matched {
    of_truths: Vec<Option<usize>>,
    false_breaks: Vec<usize>,
}

impl Matched {
    fn of(truths: &[Truth], found: &[Found]) -> Self {
        let mut open: BTreeMap<Signature, Vec<usize>> = BTreeMap::new();
        for (at, one) in found.iter().enumerate().rev() {
            open.entry(Signature::of_found(one)).or_default().push(at);
        }
        let mut of_truths: Vec<Option<usize>> = truths
            .iter()
            .map(|truth| open.get_mut(&Signature::of_truth(truth))?.pop())
            .collect();
        let mut left: Vec<usize> = open.into_values().flatten().collect();
        left.sort_unstable();
        let false_breaks = match_by_sides(truths, &mut of_truths, found, left);
        Self {
            of_truths,
            false_breaks,
        }
    }
}

/// Without a key, damaged records may be paired with each other's partners: every side counts.
fn match_by_sides(
    truths: &[Truth],
    of_truths: &mut [Option<usize>],
    found: &[Found],
    left: Vec<usize>,
) -> Vec<usize> {
    let mut befores: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut afters: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, truth) in truths.iter().enumerate() {
        if of_truths[at].is_some() || !truth.key.is_empty() {
            continue;
        }
        if let Some(before) = &truth.before {
            befores.entry(plain(before)).or_default().push(at);
        }
        if let Some(after) = &truth.after {
            afters.entry(plain(after)).or_default().push(at);
        }
    }
    let mut sides_found: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    let mut false_breaks = Vec::new();
    for at in left {
        let one = &found[at];
        let mut take = |side: &Option<Map<String, Value>>,
                        open: &mut BTreeMap<String, Vec<usize>>| {
            let Some(side) = side else { return true };
            let truth = open.get_mut(&plain(side)).and_then(Vec::pop);
            if let Some(truth) = truth {
                let (sides, of_break) = sides_found.entry(truth).or_insert((0, at));
                *sides += 1;
                *of_break = at;
            }
            truth.is_some()
        };
        let expected = take(&one.expected, &mut befores);
        let actual = take(&one.actual, &mut afters);
        if !expected || !actual {
            false_breaks.push(at);
        }
    }
    for (truth, (sides, of_break)) in sides_found {
        let due = [&truths[truth].before, &truths[truth].after];
        if due.into_iter().flatten().count() == sides {
            of_truths[truth] = Some(of_break);
        }
    }
    false_breaks
}

/// Is what makes a break the one that the truth speaks of.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Signature {
    agreement: String,
    kind: Kind,
    key: String,
    before: Option<String>,
    after: Option<String>,
}

impl Signature {
    fn of_truth(truth: &Truth) -> Self {
        Self {
            agreement: truth.agreement.clone(),
            kind: truth.kind,
            key: plain(&truth.key),
            before: truth.before.as_ref().map(plain),
            after: truth.after.as_ref().map(plain),
        }
    }

    fn of_found(found: &Found) -> Self {
        Self {
            agreement: found.agreement.clone(),
            kind: found.kind,
            key: plain(&found.key),
            before: found.expected.as_ref().map(plain),
            after: found.actual.as_ref().map(plain),
        }
    }
}

/// A record with its columns in order and each value in one spelling.
fn plain(record: &Map<String, Value>) -> String {
    let mut columns: Vec<(&String, String)> = record
        .iter()
        .map(|(name, value)| (name, spelled(value)))
        .collect();
    columns.sort();
    format!("{columns:?}")
}

/// `1.50` and `1.5`, `08:00:00.500` and `08:00:00.5` are the same value.
fn spelled(value: &Value) -> String {
    let Some(text) = value.as_str() else {
        return value.to_string();
    };
    let is_decimal = text.contains('.') && Exact::read(text).is_some();
    if is_decimal {
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    match text.parse::<jiff::Timestamp>() {
        Ok(instant) => instant.to_string(),
        Err(_) => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn truth(kind: Kind, key: &str, before: Option<&str>, after: Option<&str>) -> Truth {
        let record = |amount: &str| {
            let value = json!({"voucher": key, "amount": amount});
            value.as_object().cloned().unwrap()
        };
        Truth {
            fault: 1,
            agreement: "postings".to_owned(),
            kind,
            key: json!({"voucher": key}).as_object().cloned().unwrap(),
            causes: vec!["B9".to_owned()],
            equals: vec!["D1".to_owned()],
            before: before.map(record),
            after: after.map(record),
        }
    }

    fn found(kind: &str, key: &str, sides: [Option<&str>; 2], cause: Value) -> Value {
        let record = |amount: &str| json!({"voucher": key, "amount": amount});
        json!({
            "agreement": "postings", "kind": kind, "key": {"voucher": key},
            "expected": sides[0].map(record), "actual": sides[1].map(record), "cause": cause,
        })
    }

    fn report(residual: &str) -> Value {
        json!({"verdict": "out_of_balance", "rejects": 0,
               "agreements": [{"residual": [{"column": "amount", "currency": "CNY", "amount": residual}]}]})
    }

    fn judged(cause: Value) -> Counts {
        let truths = [truth(Kind::Differs, "V1", Some("1.50"), Some("-1.50"))];
        let breaks = [found("differs", "V1", [Some("1.5"), Some("-1.5")], cause)];
        let judgement = weigh(&truths, &breaks, &report("0.00")).unwrap();
        assert_eq!(judgement.false_breaks, 0);
        judgement.causes["B9"].clone()
    }

    #[test]
    fn what_is_said_of_a_break_is_counted_once() {
        let located = Counts {
            planted: 1,
            located: 1,
            ..Counts::default()
        };
        let check = |cause: Value, expected: Counts| assert_eq!(judged(cause), expected);
        check(
            json!({"id": "B9", "status": "proved", "rivals": []}),
            Counts {
                proved: 1,
                ..located.clone()
            },
        );
        check(
            json!({"id": "D1", "status": "proved", "rivals": []}),
            Counts {
                equal: 1,
                equal_proved: 1,
                ..located.clone()
            },
        );
        check(
            json!({"id": "B2", "status": "proved", "rivals": ["B9"]}),
            Counts {
                wrong_proved: 1,
                ..located.clone()
            },
        );
        check(
            json!({"id": "B2", "status": "consistent", "rivals": ["B9"]}),
            Counts {
                rival: 1,
                ..located.clone()
            },
        );
        check(
            json!({"id": "B2", "status": "consistent", "rivals": [{"id": "B9"}]}),
            Counts {
                rival: 1,
                ..located.clone()
            },
        );
        check(
            json!({"id": "B2", "status": "consistent", "rivals": ["B1"]}),
            Counts {
                misnamed: 1,
                ..located.clone()
            },
        );
        check(
            json!({"id": null, "status": "unknown", "rivals": []}),
            Counts {
                unknown: 1,
                ..located.clone()
            },
        );
    }

    #[test]
    fn what_is_wrongly_proved_is_told_by_what_it_was_proved_to_be() {
        let truths = [truth(Kind::Differs, "V1", Some("1.50"), Some("-1.50"))];
        let judged = |id: &str| {
            let cause = json!({"id": id, "status": "proved"});
            let found = found("differs", "V1", [Some("1.5"), Some("-1.5")], cause);
            weigh(&truths, &[found], &report("0.00")).unwrap()
        };
        let wrong = judged("B2");
        assert_eq!(
            wrong.wrong_proved_as["B9"],
            BTreeMap::from([("B2".to_owned(), 1)])
        );
        assert!(judged("B9").wrong_proved_as.is_empty());
        // What makes the same of the record is not wrong.
        assert!(judged("D1").wrong_proved_as.is_empty());
        assert_eq!(judged("D1").causes["B9"].equal_proved, 1);
    }

    #[test]
    fn rivals_of_a_pair_may_be_told_one_by_one() {
        let mut truth = truth(Kind::Differs, "V1", Some("1.50"), Some("-150.00"));
        let said = |planted: &str, id: &str, rivals: Value| {
            let cause = json!({"id": id, "status": "consistent", "rivals": rivals});
            said_of(planted, &truth, &serde_json::from_value(cause).unwrap())
        };
        assert_eq!(said("B2+B9", "B15+B9", json!(["B2"])), Said::Rival);
        assert_eq!(said("B2+B9", "B15+B9", json!(["B1"])), Said::Misnamed);
        assert_eq!(said("B2", "B15+B9", json!(["B1"])), Said::Misnamed);
        truth.equals = vec!["B9+B15".to_owned()];
        let cause = json!({"id": "B15+B9", "status": "proved"});
        let cause: Cause = serde_json::from_value(cause).unwrap();
        assert_eq!(said_of("B2+B9", &truth, &cause), Said::Equal);
    }

    #[test]
    fn two_causes_are_the_same_in_either_order() {
        assert_eq!(canonical("B9+B10"), canonical("B10+B9"));
        assert_ne!(canonical("B9+B10"), canonical("B9"));
    }

    #[test]
    fn a_break_with_other_contents_is_not_located_and_is_false() {
        let truths = [truth(Kind::Differs, "V1", Some("1.50"), Some("-1.50"))];
        let unknown = json!({"id": null, "status": "unknown"});
        for wrong in [
            found(
                "differs",
                "V1",
                [Some("1.50"), Some("-1.51")],
                unknown.clone(),
            ),
            found(
                "differs",
                "V2",
                [Some("1.50"), Some("-1.50")],
                unknown.clone(),
            ),
            found("missing", "V1", [Some("1.50"), None], unknown.clone()),
        ] {
            let judgement = weigh(&truths, &[wrong], &report("0.00")).unwrap();
            assert_eq!(judgement.causes["B9"].located, 0);
            assert_eq!(judgement.false_breaks, 1);
            assert_eq!(judgement.lines["not_located"].len(), 1);
        }
    }

    #[test]
    fn a_break_reported_twice_is_false_once() {
        let truths = [truth(Kind::Missing, "V1", Some("1.50"), None)];
        let cause = json!({"id": "B9", "status": "proved"});
        let line = found("missing", "V1", [Some("1.50"), None], cause);
        let judgement = weigh(&truths, &[line.clone(), line], &report("0.00")).unwrap();
        assert_eq!(judgement.causes["B9"].proved, 1);
        assert_eq!(judgement.false_breaks, 1);
    }

    #[test]
    fn a_residual_that_is_not_zero_or_not_there_is_seen() {
        assert!(residual_is_zero(&report("0.00")));
        assert!(!residual_is_zero(&report("0.01")));
        assert!(!residual_is_zero(&report("much")));
        assert!(!residual_is_zero(&json!({})));
    }

    #[test]
    fn without_a_key_partners_may_be_exchanged_but_no_side_may_be_lost() {
        let keyless = |before: &str, after: &str| {
            let mut truth = truth(Kind::Differs, "V", Some(before), Some(after));
            truth.key.clear();
            truth
        };
        let truths = [keyless("1.00", "2.00"), keyless("3.00", "4.00")];
        let line = |before: &str, after: &str| {
            let mut line = found(
                "differs",
                "V",
                [Some(before), Some(after)],
                json!({"id": "B9", "status": "proved"}),
            );
            line["key"] = json!({});
            line
        };
        let crossed = [line("1.00", "4.00"), line("3.00", "2.00")];
        let judgement = weigh(&truths, &crossed, &report("0.00")).unwrap();
        assert_eq!(judgement.causes["B9"].located, 2);
        assert_eq!(judgement.false_breaks, 0);
        let wrong = [line("1.00", "4.00"), line("3.00", "5.00")];
        let judgement = weigh(&truths, &wrong, &report("0.00")).unwrap();
        // Both sides of the second are there; of the first, what it became is not.
        assert_eq!(judgement.causes["B9"].located, 1);
        assert_eq!(judgement.false_breaks, 1);
    }
}
