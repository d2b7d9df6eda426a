//! Side, account and subject: the amount is right and stands in the wrong place.

use crate::change::{Damage, Value};
use crate::known::Known;
use crate::method::Fault;
use crate::view::{ACCOUNT, CREDIT, DEBIT, Row, SIDE, SUBJECT};

/// D1 debit and credit reversed 借贷方向: the same amounts, with sides changed.
pub(super) fn reversed(row: &Row<'_>, _: &Fault, _: &Known) -> Option<Damage> {
    let (debit, credit) = (row.debit()?, row.credit()?);
    let mut changes = vec![(DEBIT, Value::Yuan(credit)), (CREDIT, Value::Yuan(debit))];
    let other = match row.side() {
        Some("DEBIT") => Some("CREDIT"),
        Some("CREDIT") => Some("DEBIT"),
        _ => None,
    };
    changes.extend(other.map(|side| (SIDE, Value::Text(side.to_owned()))));
    (debit != credit).then_some(Damage::Change(changes))
}

/// D3 wrong account 串户: N.account ≠ E.account; two accounts of a subject are off by +x and −x.
pub(super) fn on_another_account(row: &Row<'_>, fault: &Fault, known: &Known) -> Option<Damage> {
    let other = known.other_account(row.subject()?, row.account()?, fault.draw)?;
    let other = Value::Text(other.to_owned());
    Some(Damage::Change(vec![(ACCOUNT, other)]))
}

/// D4 wrong subject 科目错: the customer is right, the subject of the general ledger differs.
pub(super) fn on_another_subject(row: &Row<'_>, fault: &Fault, known: &Known) -> Option<Damage> {
    let other = known.other_subject(row.subject()?, fault.draw)?;
    let other = Value::Text(other.to_owned());
    Some(Damage::Change(vec![(SUBJECT, other)]))
}
