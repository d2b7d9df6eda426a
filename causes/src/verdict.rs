//! What the hits of all causes come to.

use ledger::CauseStatus;

use crate::case::{Case, Field};
use crate::catalogue::CauseId;
use crate::explanation::{Explanation, Says};
use crate::simplicity::{Tier, beats, rank};
use crate::trial::{Fit, Hit, Step, became};

/// Causes that strike once: two of them on one record are no single cause.
const STRIKE_ONCE: &[CauseId] = &[CauseId::M1, CauseId::B1];

/// Causes whose pairs on one amount are proved: no parameter of theirs is taken from the record.
const RIGID: &[CauseId] = &[CauseId::B2, CauseId::B9];

/// Is a cause with the fields that it gives.
#[derive(Debug, Clone, Copy)]
struct Suspect {
    cause: CauseId,
    /// Fields that it gives, whatever the target holds.
    exact: u64,
    /// Fields that it gives or fits.
    covers: u64,
}

/// Is two causes that act on one amount, one after the other.
pub(crate) struct Composed {
    causes: [CauseId; 2],
    fit: Fit,
    says: Says,
}

impl Composed {
    pub(crate) fn causes(&self) -> [CauseId; 2] {
        self.causes
    }

    pub(crate) fn new(field: &Field<'_>, step: &Step, hit: Hit) -> Composed {
        // The second hit tells the whole way already, but begins at the amount in between.
        let reason_of_hit = |says: &str, mark: &str| {
            let after = says.split_once(mark).map_or(says, |(_, after)| after);
            after
                .split_once(mark)
                .map_or(after, |(_, after)| after)
                .to_owned()
        };
        let reason = Says {
            en: format!(
                "{}, then {}",
                step.reason.en,
                reason_of_hit(&hit.says.en, ": ")
            ),
            zh: format!(
                "{}，再{}",
                step.reason.zh,
                reason_of_hit(&hit.says.zh, "：")
            ),
        };
        Composed {
            causes: [step.cause, hit.cause],
            fit: hit.fit,
            says: became(field, field.actual, &reason),
        }
    }
}

/// Says what the hits come to, for all differing fields: one cause, or two on different fields.
pub(crate) fn of(hits: &[Hit], all: u64) -> Explanation {
    if all == 0 {
        return Explanation::default();
    }
    let suspects = suspects(hits);
    let single = single(&suspects, hits, all);
    if single.causes.is_empty() {
        pair(&suspects, hits, all)
    } else {
        single
    }
}

/// The fields that no single cause gives.
pub(crate) fn uncovered<'c>(hits: &[Hit], case: &'c Case<'_>) -> Vec<&'c Field<'c>> {
    let covered = hits.iter().fold(0, |covered, hit| covered | hit.covers);
    let open = |field: &&Field<'_>| field.bit & covered == 0;
    case.fields.iter().filter(open).collect()
}

/// Says what the hits come to where one field takes two causes, and the others one of the two.
pub(crate) fn of_composed(composed: &[Composed], hits: &[Hit], open: u64, all: u64) -> Explanation {
    let suspects = suspects(hits);
    let mut fitting: Vec<(&Composed, bool)> = composed
        .iter()
        .filter_map(|pair| {
            let of_pair = suspects
                .iter()
                .filter(|suspect| pair.causes.contains(&suspect.cause));
            let (exact, covers) = of_pair.fold((open, open), |(exact, covers), suspect| {
                (exact | suspect.exact, covers | suspect.covers)
            });
            (covers == all).then_some((pair, exact == all && pair.fit == Fit::Exact))
        })
        .collect();
    fitting.sort_by_key(|(pair, is_exact)| (!is_exact, pair.causes.map(|cause| rank(cause).1)));
    let Some((head, is_exact)) = fitting.first() else {
        return Explanation::default();
    };
    let is_other = |pair: &Composed| pair.causes.iter().any(|cause| !head.causes.contains(cause));
    let has_rival = fitting.iter().any(|(pair, _)| is_other(pair))
        // Where one of the two fields has other explanations, these are rivals as well.
        || suspects.iter().any(|suspect| !head.causes.contains(&suspect.cause));
    let others = fitting.iter().flat_map(|(pair, _)| pair.causes);
    let rivals = others.chain(suspects.iter().map(|suspect| suspect.cause));
    let mut says = head.says.clone();
    for cause in head.causes {
        add_says(&mut says, cause, hits, all & !open);
    }
    // Other pairs of operations reach so many amounts that one of them may do so by chance.
    let is_rigid = head.causes.iter().all(|cause| RIGID.contains(cause));
    Explanation {
        status: status(*is_exact && !has_rival && is_rigid),
        causes: head.causes.to_vec(),
        rivals: in_order(rivals, &head.causes),
        says,
        tried: Vec::new(),
    }
}

/// Adds up the hits of each cause, and drops those that a simpler one beats.
fn suspects(hits: &[Hit]) -> Vec<Suspect> {
    let mut suspects: Vec<Suspect> = Vec::new();
    for hit in hits {
        let is_beaten = hits.iter().any(|other| {
            other.fit == Fit::Exact && other.covers == hit.covers && beats(other.cause, hit.cause)
        });
        if is_beaten && hit.fit == Fit::Loose {
            continue;
        }
        let exact = if hit.fit == Fit::Exact { hit.covers } else { 0 };
        let known = suspects
            .iter_mut()
            .find(|known| known.cause == hit.cause && !STRIKE_ONCE.contains(&known.cause));
        match known {
            Some(known) => {
                known.exact |= exact;
                known.covers |= hit.covers;
            }
            None => suspects.push(Suspect {
                cause: hit.cause,
                exact,
                covers: hit.covers,
            }),
        }
    }
    suspects
}

fn single(suspects: &[Suspect], hits: &[Hit], all: u64) -> Explanation {
    let mut whole: Vec<&Suspect> = suspects
        .iter()
        .filter(|suspect| suspect.covers == all)
        .collect();
    whole.sort_by_key(|suspect| (!is_sure(suspect, all), rank(suspect.cause).1));
    let Some(head) = whole.first() else {
        return Explanation::default();
    };
    let rivals = in_order(whole.iter().map(|suspect| suspect.cause), &[head.cause]);
    let mut says = Says::default();
    add_says(&mut says, head.cause, hits, all);
    Explanation {
        status: status(head.exact == all && rivals.is_empty()),
        causes: vec![head.cause],
        rivals,
        says,
        tried: Vec::new(),
    }
}

/// Says whether a cause that fits is to be named before those that merely can be fitted.
fn is_sure(suspect: &Suspect, all: u64) -> bool {
    suspect.exact == all && rank(suspect.cause).0 < Tier::Accident
}

fn pair(suspects: &[Suspect], hits: &[Hit], all: u64) -> Explanation {
    let mut pairs: Vec<(&Suspect, &Suspect)> = Vec::new();
    for (at, one) in suspects.iter().enumerate() {
        for other in suspects.iter().skip(at.saturating_add(1)) {
            if one.cause != other.cause && one.covers | other.covers == all {
                pairs.push((one, other));
            }
        }
    }
    pairs.sort_by_key(|(one, other)| {
        let is_exact = one.exact | other.exact == all;
        let (one, other) = (rank(one.cause).1, rank(other.cause).1);
        (!is_exact, one.saturating_add(other), one.min(other))
    });
    let Some((one, other)) = pairs.first() else {
        return Explanation::default();
    };
    // In the order of the fields that they first give.
    let mut causes = [one.cause, other.cause];
    if other.covers.trailing_zeros() < one.covers.trailing_zeros() {
        causes.reverse();
    }
    let others = pairs
        .iter()
        .flat_map(|(one, other)| [one.cause, other.cause]);
    let rivals = in_order(others, &causes);
    let mut says = Says::default();
    let mut open = all;
    for cause in causes {
        open = add_says(&mut says, cause, hits, open);
    }
    Explanation {
        status: status(one.exact | other.exact == all && rivals.is_empty()),
        causes: causes.to_vec(),
        rivals,
        says,
        tried: Vec::new(),
    }
}

fn status(is_proved: bool) -> CauseStatus {
    if is_proved {
        CauseStatus::Proved
    } else {
        CauseStatus::Consistent
    }
}

/// Puts rivals into the order of the catalogue, each once, without the causes themselves.
pub(crate) fn in_order(rivals: impl Iterator<Item = CauseId>, causes: &[CauseId]) -> Vec<CauseId> {
    let mut rivals: Vec<CauseId> = rivals.filter(|cause| !causes.contains(cause)).collect();
    rivals.sort_by_key(|cause| cause.place());
    rivals.dedup();
    rivals
}

/// Adds the sentences of a cause for the fields that are still open; gives those left open.
fn add_says(says: &mut Says, cause: CauseId, hits: &[Hit], mut open: u64) -> u64 {
    let of_cause = |fit: Fit| {
        hits.iter()
            .filter(move |hit| hit.cause == cause && hit.fit == fit)
    };
    for hit in of_cause(Fit::Exact).chain(of_cause(Fit::Loose)) {
        if hit.covers & open == 0 {
            continue;
        }
        open &= !hit.covers;
        if !says.en.is_empty() {
            says.en.push_str("; ");
            says.zh.push('；');
        }
        says.en.push_str(&hit.says.en);
        says.zh.push_str(&hit.says.zh);
    }
    open
}
