//! What the old system added up: totals by day, and the balances of the house's own accounts.

use crate::calendar::{DAYS, FIRST_DAY};
use crate::codes::{CHANNELS, FACTS, KINDS, Kind, OtherSide};
use crate::record::{Column, ColumnKind, Record, Visit};

/// Is an account of the wallet itself, by its place in [`HOUSE_ACCOUNTS`]; channels come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum House {
    Transit = 7,
    Escrow,
    Fees,
    Marketing,
    Suspense,
    Operating,
    Reserve,
}

pub(crate) const HOUSE_ACCOUNTS: usize = 14;

/// Names of those that are no channel's, in the order of [`House`].
pub(crate) const HOUSE_NAMES: [(&str, &str); HOUSE_ACCOUNTS - 7] = [
    ("TRANSIT", "待清算款项"),
    ("ESCROW", "担保交易暂收款"),
    ("FEES", "手续费收入"),
    ("MARKETING", "营销费用"),
    ("SUSPENSE", "挂账待查"),
    ("OPERATING", "营业外收支"),
    ("RESERVE", "期初备付金"),
];

/// Is the sum over some records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sum {
    pub(crate) records: i64,
    pub(crate) amount: i64,
    pub(crate) fee: i64,
    pub(crate) coupon: i64,
}

impl Sum {
    fn add(&mut self, other: Sum) {
        self.records += other.records;
        self.amount += other.amount;
        self.fee += other.fee;
        self.coupon += other.coupon;
    }
}

/// Is what one worker has added up; in whatever order totals are merged, they are the same.
#[derive(Debug)]
pub(crate) struct Totals {
    days: Vec<[Sum; KINDS]>,
    /// What the house's accounts hold, in fen: what they owe is positive, as with users.
    pub(crate) house: [i64; HOUSE_ACCOUNTS],
    pub(crate) house_opening: [i64; HOUSE_ACCOUNTS],
    pub(crate) records: [u64; 4],
}

impl Totals {
    pub(crate) fn new() -> Self {
        Self {
            days: vec![[Sum::default(); KINDS]; DAYS + 1],
            house: [0; HOUSE_ACCOUNTS],
            house_opening: [0; HOUSE_ACCOUNTS],
            records: [0; 4],
        }
    }

    pub(crate) fn merge(&mut self, other: &Totals) {
        for (day, more) in self
            .days
            .iter_mut()
            .flatten()
            .zip(other.days.iter().flatten())
        {
            day.add(*more);
        }
        for (mine, more) in self.house.iter_mut().zip(other.house) {
            *mine += more;
        }
        for (mine, more) in self.house_opening.iter_mut().zip(other.house_opening) {
            *mine += more;
        }
        for (mine, more) in self.records.iter_mut().zip(other.records) {
            *mine += more;
        }
    }

    /// Books a movement: its day's total, and the other side where that is the house.
    #[inline]
    pub(crate) fn add(&mut self, day: i32, kind: Kind, sum: Sum, channel: Option<u8>, named: bool) {
        self.days[(day - FIRST_DAY) as usize][kind as usize].add(sum);
        let facts = kind.facts();
        let other = if facts.is_in {
            -(sum.amount + sum.fee)
        } else {
            sum.amount + sum.coupon - sum.fee
        };
        self.house[House::Fees as usize] += sum.fee;
        self.house[House::Marketing as usize] -= sum.coupon;
        let place = match facts.other_side {
            OtherSide::Channel => usize::from(channel.expect("such a record names its channel")),
            OtherSide::Transit => House::Transit as usize,
            OtherSide::Escrow => House::Escrow as usize,
            OtherSide::Marketing => House::Marketing as usize,
            OtherSide::Named if named => House::Operating as usize,
            OtherSide::Named => House::Suspense as usize,
            OtherSide::Frozen | OtherSide::Fee => return,
        };
        self.house[place] += other;
    }

    /// Books the opening balance of a customer.
    pub(crate) fn open(&mut self, balance: i64) {
        self.house_opening[House::Reserve as usize] -= balance;
        self.house[House::Reserve as usize] -= balance;
    }

    /// The lines of `daily_total`, by day, code and direction.
    pub(crate) fn daily(&self) -> Vec<DailyTotal> {
        let mut lines = Vec::new();
        for (at, sums) in self.days.iter().enumerate() {
            let day = FIRST_DAY + at as i32;
            let mut of_day: Vec<DailyTotal> = Vec::new();
            for (facts, sum) in FACTS.iter().zip(sums).filter(|(_, sum)| sum.records > 0) {
                let (code, direction) = (facts.kind.code(day), facts.kind.direction());
                let same =
                    |line: &&mut DailyTotal| (line.code, line.direction) == (code, direction);
                match of_day.iter_mut().find(same) {
                    Some(line) => line.sum.add(*sum),
                    None => of_day.push(DailyTotal {
                        day,
                        code,
                        direction,
                        sum: *sum,
                    }),
                }
            }
            of_day.sort_by_key(|line| (line.code, line.direction));
            lines.append(&mut of_day);
        }
        lines
    }
}

/// Is a line of `daily_total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DailyTotal {
    day: i32,
    code: &'static str,
    direction: &'static str,
    sum: Sum,
}

pub(crate) const DAILY_TOTAL: [Column; 7] = [
    Column::new("business_day", ColumnKind::Date),
    Column::new("type_code", ColumnKind::Text),
    Column::new("direction", ColumnKind::Text),
    Column::new("records", ColumnKind::Number),
    Column::new("amount", ColumnKind::Money),
    Column::new("fee", ColumnKind::Money),
    Column::new("coupon", ColumnKind::Money),
];

impl Record for DailyTotal {
    fn visit<V: Visit>(&self, to: &mut V) {
        to.date(Some(self.day));
        to.text(Some(self.code.as_bytes()));
        to.text(Some(self.direction.as_bytes()));
        to.number(self.sum.records);
        to.money(Some(self.sum.amount));
        to.money(Some(self.sum.fee));
        to.money(Some(self.sum.coupon));
    }
}

const _: () = assert!(CHANNELS.len() == House::Transit as usize);
