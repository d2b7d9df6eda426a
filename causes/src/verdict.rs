//! What the hits of all causes come to.

use ledger::CauseStatus;

use crate::case::{Case, Field};
use crate::catalogue::CauseId;
use crate::explanation::{Explanation, Says};
use crate::naming::{ACCOUNT, COUNTERPARTY, CUSTOMER, TYPE, Words};
use crate::simplicity::{Tier, beats, rank};
use crate::trial::{Fit, Hit, Step, became};

/// Causes that strike once: two of them on one record are no single cause.
const STRIKE_ONCE: &[CauseId] = &[CauseId::M1, CauseId::B1];

/// Causes that add or take off a fee: two of them are no two causes, but any two numbers.
const FEES: &[CauseId] = &[CauseId::B10, CauseId::B11];

/// Causes whose pairs on one amount are proved: no parameter of theirs is taken from the record.
const RIGID: &[CauseId] = &[CauseId::B2, CauseId::B9];

/// Causes that can be fitted to nearly any amount near the expected one: what only they explain may
/// as well be two causes that each gives its part.
const FITTED: &[CauseId] = &[
    CauseId::B6,
    CauseId::B7,
    CauseId::B13,
    CauseId::Q3,
    CauseId::Q4,
];

/// Causes that put what another record has in the place of a value, with the columns of such values. They
/// stay beside another notation of the value, for both may be there: the accounts 0042 and 42.
const OTHERS: &[(CauseId, Words)] = &[
    (CauseId::D2, TYPE),
    (CauseId::D3, ACCOUNT),
    (CauseId::D3, CUSTOMER),
    (CauseId::D5, COUNTERPARTY),
];

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

    pub(crate) fn new(field: &Field<'_>, step: &Step, why: &Says, hit: Hit) -> Composed {
        // The second hit tells the whole way already, but begins at the amount in between.
        let reason_of_hit = |says: &str, mark: &str| {
            let after = says.split_once(mark).map_or(says, |(_, after)| after);
            after
                .split_once(mark)
                .map_or(after, |(_, after)| after)
                .to_owned()
        };
        let reason = Says {
            en: format!("{}, then {}", why.en, reason_of_hit(&hit.says.en, ": ")),
            zh: format!("{}，再{}", why.zh, reason_of_hit(&hit.says.zh, "：")),
        };
        Composed {
            causes: [step.cause, hit.cause],
            fit: hit.fit,
            says: became(field, field.actual, &reason),
        }
    }
}

/// Says what the hits come to, for all differing fields: one cause, or two on different fields.
pub(crate) fn of(hits: &[Hit], case: &Case<'_>) -> Explanation {
    let all = case.all();
    if all == 0 {
        return Explanation::default();
    }
    let suspects = suspects(hits, case);
    let mut single = single(&suspects, hits, all);
    if single.causes.is_empty() {
        return pair(&suspects, hits, all);
    }
    if single.status != CauseStatus::Proved && !suspects.iter().any(|one| is_sure(one, all)) {
        let firm: Vec<Suspect> = suspects
            .into_iter()
            .filter(|suspect| !FITTED.contains(&suspect.cause))
            .collect();
        let pair = pair(&firm, hits, all);
        add_rivals(&mut single, pair.causes.into_iter().chain(pair.rivals));
    }
    single
}

/// Names more causes beside those that are named.
pub(crate) fn add_rivals(explanation: &mut Explanation, more: impl Iterator<Item = CauseId>) {
    let rivals = explanation.rivals.iter().copied().chain(more);
    explanation.rivals = in_order(rivals, &explanation.causes);
}

/// The fields that no single cause gives, or only such as can be fitted to nearly any amount;
/// of several fields, another column is one of these.
pub(crate) fn uncovered<'c>(hits: &[Hit], case: &'c Case<'_>) -> Vec<&'c Field<'c>> {
    let has_several = case.fields.len() > 1;
    let is_firm = |hit: &&Hit| {
        let is_fitted = hit.fit == Fit::Loose && FITTED.contains(&hit.cause);
        let is_column = has_several && hit.cause == CauseId::B12;
        !is_fitted && !is_column
    };
    let firm = hits.iter().filter(is_firm);
    let covered = firm.fold(0, |covered, hit| covered | hit.covers);
    let open = |field: &&Field<'_>| field.bit & covered == 0;
    case.fields.iter().filter(open).collect()
}

/// Says whether what is said of an amount was only fitted to what the target holds, so that
/// somebody who changed it would leave the same.
pub(crate) fn is_fitted(explanation: &Explanation, hits: &[Hit], all: u64) -> bool {
    match explanation.causes.as_slice() {
        [cause] => {
            let is_exact = |hit: &Hit| hit.fit == Fit::Exact && hit.covers == all;
            FITTED.contains(cause) && !hits.iter().any(is_exact)
        }
        [] => false,
        _ => explanation.status == CauseStatus::Consistent,
    }
}

/// Says what the hits come to where one field takes two causes, and the others one of the two.
pub(crate) fn of_composed(
    composed: &[Composed],
    hits: &[Hit],
    open: u64,
    case: &Case<'_>,
) -> Explanation {
    let all = case.all();
    let suspects = suspects(hits, case);
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
        .filter(|(pair, _)| pair.causes.iter().any(|cause| !FEES.contains(cause)))
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
fn suspects(hits: &[Hit], case: &Case<'_>) -> Vec<Suspect> {
    let mut suspects: Vec<Suspect> = Vec::new();
    for hit in hits {
        let is_beaten = hits.iter().any(|other| {
            other.fit == Fit::Exact && other.covers == hit.covers && beats(other.cause, hit.cause)
        });
        if is_beaten && hit.fit == Fit::Loose && !is_of_another(hit, case) {
            continue;
        }
        let strikes_once = STRIKE_ONCE.contains(&hit.cause);
        let exact = match hit.fit {
            Fit::Exact if strikes_once => hit.covers,
            Fit::Loose if strikes_once => 0,
            _ => exact_of(hit.cause, hits),
        };
        let known = suspects
            .iter_mut()
            .find(|known| known.cause == hit.cause && !strikes_once);
        match known {
            Some(known) => known.covers |= hit.covers,
            None => suspects.push(Suspect {
                cause: hit.cause,
                exact,
                covers: hit.covers,
            }),
        }
    }
    suspects
}

/// Says whether a cause puts in place what another record may have.
fn is_of_another(hit: &Hit, case: &Case<'_>) -> bool {
    let is_other = |field: &Field<'_>| {
        let mut others = OTHERS.iter().filter(|(cause, _)| *cause == hit.cause);
        others.any(|(_, words)| field.is_named(words))
    };
    let mut fields = case.fields.iter();
    fields.any(|field| {
        field.bit & hit.covers != 0 && is_other(field) && case.may_be_of_another(field)
    })
}

/// The fields that a cause gives when it does one thing: of the manners in which it gives some, that
/// which gives most.
fn exact_of(cause: CauseId, hits: &[Hit]) -> u64 {
    let exact = || {
        hits.iter()
            .filter(move |hit| hit.cause == cause && hit.fit == Fit::Exact)
    };
    let in_manner = |one: &Hit| {
        exact()
            .filter(|hit| hit.manner == one.manner)
            .fold(0, |covers, hit| covers | hit.covers)
    };
    exact()
        .map(in_manner)
        .max_by_key(|covers: &u64| covers.count_ones())
        .unwrap_or(0)
}

fn single(suspects: &[Suspect], hits: &[Hit], all: u64) -> Explanation {
    let mut whole: Vec<&Suspect> = suspects
        .iter()
        .filter(|suspect| suspect.covers == all)
        .collect();
    whole.sort_by_key(|suspect| {
        let is_borne_out = is_borne_out(suspect.cause, hits, all);
        let is_renamed = is_renamed(suspect.cause, hits, all);
        let is_sure = is_sure(suspect, all);
        let place = rank(suspect.cause).1;
        (!is_borne_out, !is_renamed, !is_sure, place)
    });
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

/// Says whether another reading of the rule gives all that differs, and no record of the whole book
/// speaks against it.
fn is_borne_out(cause: CauseId, hits: &[Hit], all: u64) -> bool {
    hits.iter()
        .any(|hit| hit.cause == cause && hit.covers == all && hit.against == Some(0))
}

/// Says whether a table of old and new ids, which the rule looks them up in, gives all that differs: the
/// same id in another column of the record tells less.
fn is_renamed(cause: CauseId, hits: &[Hit], all: u64) -> bool {
    let is_it = |hit: &Hit| hit.cause == cause && hit.covers == all && hit.is_reading;
    cause == CauseId::D7 && hits.iter().any(is_it)
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
    let mut of_cause: Vec<&Hit> = hits.iter().filter(|hit| hit.cause == cause).collect();
    // What the record shows by itself comes first, then what the whole book bears out, what fits the
    // record, what was not held against the book, and last what it speaks against.
    of_cause.sort_by_key(|hit| match (hit.is_reading, hit.against, hit.fit) {
        (false, _, Fit::Exact) => (0, 0),
        (true, Some(0), _) => (1, 0),
        (false, _, Fit::Loose) => (2, 0),
        (true, None, _) => (3, 0),
        (true, Some(against), _) => (4, against),
    });
    for hit in of_cause {
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
