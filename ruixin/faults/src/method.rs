//! How each cause works: what it needs, what it is drawn on, what it does to a record.

mod amount;
mod identity;
mod meaning;
mod text;
mod time;

use crate::cause::Cause;
use crate::change::Damage;
use crate::known::Known;
use crate::view::{
    ACCOUNT, ACCOUNTING_DATE, BOOKED_AT, CREDIT, DEBIT, LEG, MEMO, Row, SIDE, SUBJECT, VOUCHER,
};

/// Is a cause that was drawn for a voucher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) cause: Cause,
    pub(crate) voucher: String,
    /// The leg that it was drawn on.
    pub(crate) leg: Option<i64>,
    /// Decides whatever is left to chance.
    pub(crate) draw: u64,
    /// The amount of the leg that it was drawn on; 0 where it has none.
    pub(crate) fen: i128,
    /// The id that the voucher gets, or that its double gets; empty for causes that leave ids.
    pub(crate) new_id: String,
}

/// Is how a cause works.
pub(crate) struct Method {
    /// Columns without which it cannot be planted.
    pub(crate) needs: &'static [&'static str],
    /// Columns that it also reads where they are there.
    pub(crate) reads: &'static [&'static str],
    pub(crate) drawn_on: DrawnOn,
    pub(crate) reach: Reach,
    /// What becomes of a record; nothing where the cause would not change it.
    pub(crate) damage: fn(&Row<'_>, &Fault, &Known) -> Option<Damage>,
}

/// Says which legs may be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DrawnOn {
    Any,
    /// The first leg stands for the voucher. A table without legs has nothing else.
    First,
    /// The other side, of those vouchers that have one.
    Second,
    /// The fee's leg, if there is a fee.
    Fee,
}

/// Says which legs of the voucher are damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    DrawnLeg,
    FirstLeg,
    /// The customer's account and the other side, without fee and coupon.
    MainLegs,
    Voucher,
}

const FEE_LEG: i64 = 3;

impl Cause {
    /// How the cause works.
    pub(crate) fn method(self) -> Method {
        match self {
            Self::A1 => of_vouchers(&[VOUCHER], identity::omitted),
            Self::A5 => of_vouchers(&[VOUCHER], identity::duplicated),
            Self::A8 => of_legs(&[LEG], identity::omitted),
            Self::A9 => Method {
                reads: &[DEBIT, CREDIT],
                ..of_vouchers(&[VOUCHER], identity::invented)
            },
            Self::A10 => of_vouchers(&[VOUCHER], identity::renamed),
            Self::B1 => of_legs(&[DEBIT, CREDIT], amount::transposed),
            Self::B2 => of_legs(&[DEBIT, CREDIT], amount::slid),
            Self::B3 => of_legs(&[DEBIT, CREDIT], amount::cut_by_a_double),
            Self::B4 => of_legs(&[DEBIT, CREDIT], amount::rounded_to_a_float),
            Self::B8 => of_legs(&[DEBIT, CREDIT], amount::overflowed),
            Self::B9 => of_legs(&[DEBIT, CREDIT], amount::negated),
            Self::B10 => Method {
                drawn_on: DrawnOn::Fee,
                reach: Reach::FirstLeg,
                ..of_legs(&[LEG, DEBIT, CREDIT], amount::mixed_with_the_fee)
            },
            Self::D1 => Method {
                reads: &[SIDE],
                drawn_on: DrawnOn::Second,
                reach: Reach::MainLegs,
                ..of_legs(&[LEG, DEBIT, CREDIT], meaning::reversed)
            },
            Self::D3 => of_legs(&[SUBJECT, ACCOUNT], meaning::on_another_account),
            Self::D4 => of_legs(&[SUBJECT], meaning::on_another_subject),
            Self::T1 => of_vouchers(&[BOOKED_AT], time::shifted_by_a_zone),
            Self::T2 => Method {
                reads: &[BOOKED_AT],
                ..of_vouchers(&[ACCOUNTING_DATE], time::on_the_wrong_day)
            },
            Self::E1 => of_vouchers(&[MEMO], text::garbled),
        }
    }
}

type Damager = fn(&Row<'_>, &Fault, &Known) -> Option<Damage>;

/// A cause that damages single legs.
fn of_legs(needs: &'static [&'static str], damage: Damager) -> Method {
    Method {
        needs,
        reads: &[],
        drawn_on: DrawnOn::Any,
        reach: Reach::DrawnLeg,
        damage,
    }
}

/// A cause that damages all legs of a voucher.
fn of_vouchers(needs: &'static [&'static str], damage: Damager) -> Method {
    Method {
        needs,
        reads: &[],
        drawn_on: DrawnOn::First,
        reach: Reach::Voucher,
        damage,
    }
}

impl Method {
    /// The leg by which a record is drawn. Where whole vouchers are, it does not matter: so those
    /// of one seed are the same in a table of legs and in one of vouchers.
    pub(crate) fn drawn_leg(&self, row: &Row<'_>) -> Option<i64> {
        match self.drawn_on {
            DrawnOn::First => None,
            _ => row.leg(),
        }
    }

    /// Whether a fault may be drawn on a record.
    pub(crate) fn suits(&self, row: &Row<'_>, fault: &Fault, known: &Known) -> bool {
        let is_leg = match self.drawn_on {
            DrawnOn::Any => true,
            DrawnOn::First => is_first(row),
            DrawnOn::Second => row.leg() == Some(2),
            DrawnOn::Fee => row.leg() == Some(FEE_LEG),
        };
        let is_damaged = || match self.drawn_on {
            DrawnOn::Fee => row.amount().is_some(),
            _ => (self.damage)(row, fault, known).is_some(),
        };
        is_leg && is_damaged()
    }

    /// Whether a fault that was drawn for a record's voucher damages this leg of it.
    pub(crate) fn reaches(&self, row: &Row<'_>, fault: &Fault) -> bool {
        match self.reach {
            Reach::DrawnLeg => row.leg() == fault.leg,
            Reach::FirstLeg => is_first(row),
            Reach::MainLegs => matches!(row.leg(), Some(1 | 2)),
            Reach::Voucher => true,
        }
    }
}

fn is_first(row: &Row<'_>) -> bool {
    row.leg().is_none_or(|leg| leg == 1)
}
