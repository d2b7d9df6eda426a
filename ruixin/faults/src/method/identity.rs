//! Completeness and identity: records that went, came or have another's id.

use crate::change::{Damage, Value};
use crate::known::Known;
use crate::method::Fault;
use crate::view::{Row, VOUCHER};

/// A1 omitted 漏转: O exists, no N with its key. All legs go, and the trial balance still holds.
/// A8 split incomplete 拆分缺腿: a voucher has k−1 of its k legs, and does not balance.
pub(super) fn omitted(_: &Row<'_>, _: &Fault, _: &Known) -> Option<Damage> {
    Some(Damage::Omit)
}

/// A5 duplicated 重复转入: the records of a voucher were written again after a restart.
pub(super) fn duplicated(_: &Row<'_>, _: &Fault, _: &Known) -> Option<Damage> {
    Some(Damage::Repeat)
}

/// A9 phantom 多出: N without any O. The voucher looks like one of the table, balanced, with
/// three times the amounts and the next free id.
pub(super) fn invented(row: &Row<'_>, fault: &Fault, _: &Known) -> Option<Damage> {
    let mut changes = match row.amount() {
        Some(amount) => row.with_amount(amount.fen.checked_mul(3)?)?,
        None => Vec::new(),
    };
    changes.push((VOUCHER, Value::Text(fault.new_id.clone())));
    Some(Damage::Join(changes))
}

/// A10 ids swapped 串号: N(k1) = E(k2) and N(k2) = E(k1). Both vouchers are drawn, and each gets
/// the id of the other.
pub(super) fn renamed(_: &Row<'_>, fault: &Fault, _: &Known) -> Option<Damage> {
    let id = Value::Text(fault.new_id.clone());
    Some(Damage::Change(vec![(VOUCHER, id)]))
}
