//! The breaks of the evidence, counted and added up anew, each held against what was accepted.

use std::collections::BTreeMap;

use ledger::{Amount, Break, BreakCounts, BreakKind, Record, Sides, Wide};
use serde::Serialize;

use crate::Digest;
use crate::daybook::BreakAccepted;

/// Sums by money column and currency.
pub type Sums = BTreeMap<(String, String), Wide>;

/// Open breaks of an agreement that are named; the rest is counted.
const NAMED: usize = 3;

/// Folds the lines of `breaks.jsonl`, in bounded memory whatever their number.
///
/// It keeps the digest of all bytes that it saw, so that a judgement rests on the very bytes that
/// the manifest lists.
#[derive(Debug, Clone)]
pub struct Tally {
    hasher: blake3::Hasher,
    lines: u64,
    accepted: BTreeMap<String, BTreeMap<Record, Vec<Acceptance>>>,
    agreements: BTreeMap<String, AgreementTally>,
}

/// Is a decision about one break, and whether its break was seen.
#[derive(Debug, Clone)]
struct Acceptance {
    decision: BreakAccepted,
    is_seen: bool,
}

/// Is what the breaks of one agreement come to.
#[derive(Debug, Clone, Default)]
pub struct AgreementTally {
    /// Breaks by kind.
    pub counts: BreakCounts,
    /// Breaks that were accepted by name.
    pub accepted: u64,
    /// Breaks that were not.
    pub open: u64,
    /// Records of the expected side that do not agree.
    pub disagreeing_expected: u64,
    /// Records of the actual side that do not agree.
    pub disagreeing_actual: u64,
    /// The first open breaks, in words.
    pub named: Vec<String>,
    /// What all breaks add up to, by column and currency.
    pub sums: Sums,
    /// What the accepted breaks add up to, by column and currency.
    pub accepted_sums: Sums,
}

/// Says why a line is no break or no reject.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TallyError {
    /// It cannot be read.
    #[error("line {line} of {file} cannot be read: {says}; do not trust this evidence")]
    Unreadable {
        /// `breaks.jsonl` or `rejects.jsonl`.
        file: &'static str,
        /// The line, from 1.
        line: u64,
        /// What the reader says.
        says: String,
    },
    /// An amount is no number.
    #[error(
        "line {line} of breaks.jsonl has the amount {amount:?}, which is no number; do not trust this evidence"
    )]
    NoAmount {
        /// The line, from 1.
        line: u64,
        /// What stands there.
        amount: String,
    },
}

/// Gives the digest by which a break is accepted: BLAKE3 over the JSON of its agreement, kind, key,
/// copies, both records and its difference, in this order. Its cause and its places are no part
/// of it.
pub fn break_blake3(found: &Break) -> Digest {
    #[derive(Serialize)]
    struct Named<'a> {
        agreement: &'a str,
        kind: BreakKind,
        key: &'a Record,
        copies: Sides,
        expected: &'a Option<Record>,
        actual: &'a Option<Record>,
        difference: &'a [Amount],
    }
    let named = Named {
        agreement: &found.agreement,
        kind: found.kind,
        key: &found.key,
        copies: found.copies,
        expected: &found.expected,
        actual: &found.actual,
        difference: &found.difference,
    };
    let bytes = serde_json::to_vec(&named).expect("texts and numbers are JSON");
    Digest::of(&bytes)
}

impl Tally {
    /// Makes a tally that knows what was accepted.
    pub fn new(accepted: &[BreakAccepted]) -> Tally {
        let mut by_name: BTreeMap<String, BTreeMap<Record, Vec<Acceptance>>> = BTreeMap::new();
        for decision in accepted {
            let keys = by_name.entry(decision.agreement.clone()).or_default();
            let same_key = keys.entry(decision.key.clone()).or_default();
            same_key.push(Acceptance {
                decision: decision.clone(),
                is_seen: false,
            });
        }
        Tally {
            hasher: blake3::Hasher::new(),
            lines: 0,
            accepted: by_name,
            agreements: BTreeMap::new(),
        }
    }

    /// Takes the next line, with its `\n`.
    ///
    /// # Errors
    /// It is no break, or an amount of it is no number.
    pub fn see_line(&mut self, line: &[u8]) -> Result<(), TallyError> {
        self.hasher.update(line);
        self.lines = self.lines.saturating_add(1);
        let number = self.lines;
        let found: Break = serde_json::from_slice(line).map_err(|error| {
            let says = error.to_string();
            TallyError::Unreadable {
                file: "breaks.jsonl",
                line: number,
                says,
            }
        })?;
        self.see(&found)
    }

    fn see(&mut self, found: &Break) -> Result<(), TallyError> {
        let amounts = read_amounts(&found.difference, self.lines)?;
        let refused = self.acceptance_of(found, &amounts);
        let name = found.agreement.to_string();
        let tally = self.agreements.entry(name).or_default();
        tally.count(found);
        add(&mut tally.sums, &amounts);
        match refused {
            Ok(()) => {
                tally.accepted = tally.accepted.saturating_add(1);
                add(&mut tally.accepted_sums, &amounts);
            }
            Err(why) => {
                tally.open = tally.open.saturating_add(1);
                if tally.named.len() < NAMED {
                    tally.named.push(format!("{}{why}", in_words(found)));
                }
            }
        }
        Ok(())
    }

    /// Takes the decision about this break, or says why none is: each stands for one break.
    fn acceptance_of(&mut self, found: &Break, amounts: &Sums) -> Result<(), String> {
        let keys = self.accepted.get_mut(found.agreement.as_str());
        let Some(decisions) = keys.and_then(|keys| keys.get_mut(&found.key)) else {
            return Err(String::new());
        };
        let blake3 = break_blake3(found);
        let same = |acceptance: &&mut Acceptance| {
            !acceptance.is_seen && acceptance.decision.break_blake3 == blake3
        };
        let Some(acceptance) = decisions.iter_mut().find(same) else {
            // Without a key, other breaks stand under the same name.
            let why = match found.key.is_empty() {
                true => String::new(),
                false => ", where a break with other records was accepted".to_owned(),
            };
            return Err(why);
        };
        if acceptance.decision.kind != found.kind {
            let (accepted, kind) = (acceptance.decision.kind, found.kind);
            return Err(format!(", which was accepted as {accepted} and is {kind}"));
        }
        let decided = read_amounts(&acceptance.decision.amounts, 0).unwrap_or_default();
        if let Some(why) = other_amounts(&decided, amounts) {
            return Err(why);
        }
        acceptance.is_seen = true;
        Ok(())
    }

    /// Gives what the breaks of an agreement come to; nothing where it has none.
    pub fn agreement(&self, name: &str) -> AgreementTally {
        self.agreements.get(name).cloned().unwrap_or_default()
    }

    /// Gives the names of the agreements that have breaks.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.agreements.keys().map(String::as_str)
    }

    /// Gives the decisions whose break was not seen: it was mended since, or is another now.
    pub fn idle(&self) -> u64 {
        let decisions = self.accepted.values().flat_map(BTreeMap::values).flatten();
        let idle = decisions.filter(|acceptance| !acceptance.is_seen).count();
        u64::try_from(idle).unwrap_or(u64::MAX)
    }

    /// Gives the digest of all bytes seen.
    pub fn blake3(&self) -> Digest {
        Digest::from_bytes(*self.hasher.finalize().as_bytes())
    }
}

impl AgreementTally {
    fn count(&mut self, found: &Break) {
        self.counts.count(found.kind);
        let Sides { expected, actual } = found.copies;
        // Of the same record only the surplus of one side disagrees.
        let (own, other) = match found.kind {
            BreakKind::Copies => (
                expected.saturating_sub(actual),
                actual.saturating_sub(expected),
            ),
            _ => (expected, actual),
        };
        self.disagreeing_expected = self.disagreeing_expected.saturating_add(own);
        self.disagreeing_actual = self.disagreeing_actual.saturating_add(other);
    }
}

fn read_amounts(amounts: &[Amount], line: u64) -> Result<Sums, TallyError> {
    let mut sums = Sums::new();
    for amount in amounts {
        let value: Wide = amount.amount.parse().map_err(|_| TallyError::NoAmount {
            line,
            amount: amount.amount.clone(),
        })?;
        let place = (amount.column.clone(), amount.currency.clone());
        sums.entry(place).or_default().add_wide(&value);
    }
    Ok(sums)
}

fn add(sums: &mut Sums, amounts: &Sums) {
    for (place, amount) in amounts {
        sums.entry(place.clone()).or_default().add_wide(amount);
    }
}

/// Says in which amount a break differs from what was accepted; none where it does not.
fn other_amounts(decided: &Sums, found: &Sums) -> Option<String> {
    let mut differences: BTreeMap<&(String, String), (Wide, Wide)> = BTreeMap::new();
    for (place, amount) in decided {
        differences.entry(place).or_default().0.add_wide(amount);
    }
    for (place, amount) in found {
        differences.entry(place).or_default().1.add_wide(amount);
    }
    differences
        .into_iter()
        .find_map(|(place, (decided, found))| {
            let difference = found.minus(&decided);
            let (column, currency) = place;
            (!difference.is_zero()).then(|| {
                format!(
                    ", where {column} {decided} {currency} was accepted and it is {found} \
                 (difference {difference})"
                )
            })
        })
}

/// Names a break: its key or its first record, its kind, its amounts.
fn in_words(found: &Break) -> String {
    let record = found.expected.as_ref().or(found.actual.as_ref());
    let name = match found.key.is_empty() {
        false => &found.key,
        true => record.unwrap_or(&found.key),
    };
    let columns = name.0.iter().map(|(column, value)| match value {
        Some(value) => format!("{column}={value}"),
        None => format!("{column} is NULL"),
    });
    let columns = columns.collect::<Vec<_>>().join(" ");
    let amounts = found.difference.iter();
    let amounts = amounts.map(|amount| {
        let Amount {
            column,
            currency,
            amount,
        } = amount;
        format!(" {column} {amount} {currency}")
    });
    format!("{columns} {}{}", found.kind, amounts.collect::<String>())
}
