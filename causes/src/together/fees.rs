//! The leg of a voucher that books its fee: not there, or there twice, while another leg of the voucher is
//! off by as much.

use std::collections::BTreeMap;

use ledger::{Break, BreakKind, CauseStatus, Decimal, Record};

use super::{Explained, put_first, shown_key, values};
use crate::catalogue::CauseId;
use crate::explanation::{Explanation, Says};
use crate::naming::{self, VOUCHER};
use crate::number;
use crate::prover::Prover;
use crate::terms::Column;

/// Looks for vouchers that balance without the leg of their fee, or with two of them: another leg holds
/// what the fee was not taken from, or was taken from twice. A leg alone would leave the voucher
/// unbalanced, and that is A8.
pub(super) fn find(prover: &Prover, breaks: &mut [Explained]) {
    let key: Vec<&Column> = prover.identity().filter(|column| column.is_key).collect();
    let Some((_, voucher)) = key.split_last().filter(|(_, voucher)| !voucher.is_empty()) else {
        return;
    };
    // Of what is no voucher, such as the records of a day, no leg belongs to another.
    let is_voucher = key.iter().any(|column| naming::is(&column.name, VOUCHER));
    if !is_voucher || !prover.knows(CauseId::B11) {
        return;
    }
    let of = |found: &Break| values(&found.key, voucher.iter().copied());
    let mut fees: BTreeMap<String, Vec<(usize, Decimal)>> = BTreeMap::new();
    for (at, (found, why)) in breaks.iter().enumerate() {
        if let Some(fee) = only_amount(prover, found).filter(|_| is_fee(found, why)) {
            fees.entry(of(found)).or_default().push((at, fee));
        }
    }
    if fees.is_empty() {
        return;
    }
    let mut pairs = Vec::new();
    for (at, (found, why)) in breaks.iter().enumerate() {
        let Some(off) = off(prover, found).filter(|_| why.status != CauseStatus::Proved) else {
            continue;
        };
        let legs = fees.get(&of(found)).into_iter().flatten();
        pairs.extend(
            legs.filter(|(_, fee)| *fee == off)
                .map(|(leg, fee)| (*leg, at, *fee)),
        );
    }
    for (leg, other, fee) in pairs {
        tell(breaks, leg, other, fee);
    }
}

/// Says whether a leg is that of a fee, and is there too often or not at all.
fn is_fee(found: &Break, why: &Explanation) -> bool {
    let mut named = why.causes.iter().chain(&why.rivals);
    found.kind != BreakKind::Differs
        && why.status != CauseStatus::Proved
        && named.any(|cause| *cause == CauseId::B11)
}

fn tell(breaks: &mut [Explained], leg: usize, other: usize, fee: Decimal) {
    let of = |at: usize| breaks.get(at).map(|(found, _)| found);
    let (Some(found), Some(beside)) = (of(leg), of(other)) else {
        return;
    };
    let is_gone = found.copies.actual < found.copies.expected;
    let (own, beside) = (shown_key(found), shown_key(beside));
    let says = if is_gone {
        Says {
            en: format!("{own} is not there, and {beside} is off by its {fee}: no fee was taken"),
            zh: format!("{own} 缺失，{beside} 相差其金额 {fee}：未计手续费"),
        }
    } else {
        Says {
            en: format!(
                "{own} is there too often, and {beside} is off by its {fee}: the fee was taken twice"
            ),
            zh: format!("{own} 多出，{beside} 相差其金额 {fee}：手续费重复计收"),
        }
    };
    for at in [leg, other] {
        if let Some((_, explanation)) = breaks.get_mut(at) {
            put_first(explanation, CauseId::B11, false, says.clone());
        }
    }
}

/// The only amount of a leg that is not zero, without its sign.
fn only_amount(prover: &Prover, found: &Break) -> Option<Decimal> {
    let record: &Record = found.expected.as_ref().or(found.actual.as_ref())?;
    let amounts = prover.money().filter_map(|column| {
        let amount: Decimal = record.get(&column.name).flatten()?.parse().ok()?;
        (!amount.is_zero()).then_some(amount)
    });
    let mut amounts = amounts.map(number::magnitude);
    let only = amounts.next()?;
    amounts.next().is_none().then_some(only)
}

/// By how much a leg is off that differs in an amount and in nothing else, without the sign.
fn off(prover: &Prover, found: &Break) -> Option<Decimal> {
    let [field] = found.fields.as_slice() else {
        return None;
    };
    let is_money = prover.money().any(|column| column.name == field.name);
    if found.kind != BreakKind::Differs || !is_money {
        return None;
    }
    let expected: Decimal = field.expected.as_deref()?.parse().ok()?;
    let actual: Decimal = field.actual.as_deref()?.parse().ok()?;
    actual.checked_sub(expected).map(number::magnitude)
}
