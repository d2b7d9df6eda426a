use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::naming::{self, SIDE};
use crate::terms::Kind;
use crate::trial::{Fit, Trial, reason};

// Cause: D1 debit and credit reversed | 借贷方向
//
// The amount stands on the other side: in the other of two columns, under the other word, or with
// the other sign. The trial balance still balances. Where a record has a side and a signed amount
// both, a sign that was lost (B9) gives the same.
//
// expected:
//     id:key,debit:money,credit:money
//     1,100.00,0.00
// target:
//     1,0.00,100.00
// says: D1 consistent, or B12; debit: 100.00 and credit: 0.00 changed sides
// expected:
//     id:key,side,amount:money
//     2,D,100.00
// target:
//     2,C,100.00
// says: D1 consistent, or D2; side: D became C: the other side
// expected:
//     id:key,direction:number,amount:money
//     3,1,100.00
// target:
//     3,2,100.00
// says: D1 consistent, or D2; direction: 1 became 2: the other side
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::D1,
    en: "debit and credit reversed",
    zh: "借贷方向",
    ways: &[Way::Field(offer), Way::Record(offer_columns)],
};

/// The two words of a side, in the ways that they are written.
const SIDES: &[(&str, &str)] = &[
    ("D", "C"),
    ("DR", "CR"),
    ("Dr", "Cr"),
    ("dr", "cr"),
    ("d", "c"),
    ("DEBIT", "CREDIT"),
    ("Debit", "Credit"),
    ("debit", "credit"),
    ("借", "贷"),
    ("借方", "贷方"),
    ("+", "-"),
    ("1", "-1"),
    ("1", "2"),
    ("0", "1"),
    ("IN", "OUT"),
    ("In", "Out"),
    ("in", "out"),
    ("I", "O"),
    ("收", "付"),
    ("收入", "支出"),
    ("转入", "转出"),
    ("true", "false"),
    ("J", "D"),
    ("S", "H"),
];

fn offer(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    if let Some(pair) = field.numbers {
        let Some(turned) = pair.expected.checked_neg() else {
            return;
        };
        if (turned == pair.actual || trial.tried.is_some()) && case.has_sides() {
            trial.number(field, turned, Fit::Exact, || {
                reason("it stands on the other side", "记在了另一方")
            });
        }
    }
    if field.is_named(SIDE) {
        for (one, other) in SIDES {
            for (from, to) in [(one, other), (other, one)] {
                if field.expected == Some(from) {
                    trial.text(field, Some(to), Fit::Exact, || {
                        reason("the other side", "方向相反")
                    });
                }
            }
        }
    }
}

/// Swaps two columns of the record: debit and credit, or the accounts on both sides.
fn offer_columns(case: &Case<'_>, trial: &mut Trial<'_>) {
    for (at, one) in case.fields.iter().enumerate() {
        for other in case.fields.iter().skip(at.saturating_add(1)).take(8) {
            if !is_pair(one, other) {
                continue;
            }
            let changes = [(one.name, other.expected), (other.name, one.expected)];
            let shown = |field: &Field<'_>| crate::trial::shown(field.expected);
            trial.fields(&changes, Fit::Exact, || {
                let (a, b) = (shown(one), shown(other));
                reason(
                    format!("{}: {a} and {}: {b} changed sides", one.name, other.name),
                    format!("{}：{a} 与 {}：{b} 借贷颠倒", one.name, other.name),
                )
            });
        }
    }
}

/// Says whether two columns are the two sides of one thing.
fn is_pair(one: &Field<'_>, other: &Field<'_>) -> bool {
    let same_kind = one.column.kind == other.column.kind;
    same_kind && one.column.kind != Kind::Instant && naming::are_sides(one.name, other.name)
}
