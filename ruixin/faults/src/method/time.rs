//! Times and days.

use crate::change::{Damage, Value};
use crate::known::Known;
use crate::method::Fault;
use crate::view::{ACCOUNTING_DATE, BOOKED_AT, Row, SHANGHAI};

/// T1 time-zone shift 时区: N.ts − O.ts is exactly eight hours. The clock of Shanghai was taken for
/// that of Greenwich, or the other way round.
pub(super) fn shifted_by_a_zone(row: &Row<'_>, fault: &Fault, _: &Known) -> Option<Damage> {
    let shift = if is_even(fault.draw) {
        SHANGHAI
    } else {
        -SHANGHAI
    };
    let time = Value::Time(row.booked_at()?.checked_add(shift)?);
    Some(Damage::Change(vec![(BOOKED_AT, time)]))
}

/// T2 day cut 日切错日: O.ts within minutes of the cut, N.accounting_date one day off. Just before
/// 23:00 it is the next day, just after it the day before; without times it is either.
pub(super) fn on_the_wrong_day(row: &Row<'_>, fault: &Fault, _: &Known) -> Option<Damage> {
    const CUT: i64 = 23 * 3_600;
    const NEAR: i64 = 600;
    let forward = if row.has_times() {
        let after_cut = row.second_of_day()? - CUT;
        if !(-NEAR..NEAR).contains(&after_cut) {
            return None;
        }
        after_cut < 0
    } else {
        is_even(fault.draw)
    };
    let day = row
        .accounting_date()?
        .checked_add(if forward { 1 } else { -1 })?;
    Some(Damage::Change(vec![(ACCOUNTING_DATE, Value::Day(day))]))
}

fn is_even(draw: u64) -> bool {
    draw.is_multiple_of(2)
}
