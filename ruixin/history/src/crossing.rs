//! Payments and transfers between accounts of two shards.
//!
//! Nothing of a crossing depends on what else happens to either account: time, parties, amount and
//! refund follow from the seed, the two shards and a number. So both shards derive it by themselves
//! and write their own half, and neither waits for the other. What makes that possible is that a
//! payer always can pay: if the balance is too small, a top-up by card comes first.

use crate::amounts;
use crate::calendar::{FREEZE, WHOLE, day_of, soon};
use crate::layout::Layout;
use crate::numbers::OrderNumber;
use crate::random::{Purpose, Random};
use crate::words::Theme;

/// Is a movement from an account of one shard to an account of another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crossing<'a> {
    pub(crate) at: i64,
    pub(crate) order: OrderNumber,
    pub(crate) payer: u64,
    pub(crate) payee_shard: u32,
    pub(crate) payee: u64,
    /// To a merchant; else to a user.
    pub(crate) is_payment: bool,
    pub(crate) amount: i64,
    pub(crate) coupon: Option<i64>,
    pub(crate) refund: Option<(i64, i64)>,
    pub(crate) memo: &'a str,
}

/// Is one half of a crossing: what one shard has to do, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Half {
    Pay,
    Receive,
    GiveBack,
    TakeBack,
}

impl Half {
    /// The records that it can take at most: who pays may have to top up first.
    pub(crate) fn reserve(self) -> u64 {
        match self {
            Half::Pay | Half::GiveBack => 2,
            Half::Receive | Half::TakeBack => 1,
        }
    }
}

/// Is everything that crosses the border of one shard, by time.
#[derive(Debug)]
pub(crate) struct Border<'a> {
    crossings: Vec<Crossing<'a>>,
    halves: Vec<(i64, u32, Half)>,
}

impl<'a> Border<'a> {
    pub(crate) fn of(layout: &'a Layout, shard: u32) -> Self {
        let mut border = Self {
            crossings: Vec::new(),
            halves: Vec::new(),
        };
        for other in (0..layout.shards).filter(|other| *other != shard) {
            for number in 0..count(layout, shard, other) {
                let crossing = crossing(layout, shard, other, number);
                border.add(crossing, Half::Pay, Half::TakeBack);
            }
            for number in 0..count(layout, other, shard) {
                let crossing = crossing(layout, other, shard, number);
                border.add(crossing, Half::Receive, Half::GiveBack);
            }
        }
        border
            .halves
            .sort_unstable_by_key(|(at, number, _)| (*at, *number));
        border
    }

    fn add(&mut self, crossing: Crossing<'a>, first: Half, refund: Half) {
        let number = self.crossings.len() as u32;
        self.halves.push((crossing.at, number, first));
        if let Some((at, _)) = crossing.refund {
            self.halves.push((at, number, refund));
        }
        self.crossings.push(crossing);
    }

    pub(crate) fn reserve(&self) -> u64 {
        self.halves.iter().map(|(_, _, half)| half.reserve()).sum()
    }

    /// The time of a half by its place in the order.
    pub(crate) fn at(&self, place: usize) -> Option<i64> {
        self.halves.get(place).map(|(at, _, _)| *at)
    }

    pub(crate) fn half(&self, place: usize) -> (Half, Crossing<'a>) {
        let (_, number, half) = self.halves[place];
        (half, self.crossings[number as usize])
    }
}

/// Crossings per thousand records of a shard, in each direction.
const PERMILLE: u64 = 60;

/// How many crossings go from one shard to another.
fn count(layout: &Layout, from: u32, to: u32) -> u64 {
    let each = layout.records / u64::from(layout.shards);
    let mean = ((each * PERMILLE) << 16) / 1_000 / u64::from(layout.shards - 1);
    let place = [u64::from(from), u64::from(to)];
    let mut random = Random::keyed(layout.seed, Purpose::CrossingCount, place);
    (mean + random.below(1 << 16)) >> 16
}

fn crossing(layout: &Layout, from: u32, to: u32, number: u64) -> Crossing<'_> {
    let place = [u64::from(from) << 32 | u64::from(to), number];
    let mut random = Random::keyed(layout.seed, Purpose::Crossing, place);
    let moment = random.below(WHOLE);
    let at = layout.rhythm.time_of(moment);
    let payer = layout.some_user(&mut random, moment);
    let order = OrderNumber {
        day: day_of(at),
        shard: from,
        number: 9_000_000_000 + u64::from(to) * 1_000_000 + number,
    };
    let is_payment = random.permille(720);
    let first = Crossing {
        at,
        order,
        payer,
        payee_shard: to,
        payee: 0,
        is_payment,
        amount: 0,
        coupon: None,
        refund: None,
        memo: "",
    };
    if !is_payment {
        return Crossing {
            payee: layout.some_user(&mut random, moment),
            amount: amounts::transfer(&mut random),
            memo: layout.memos.draw(&mut random, Theme::Transfer),
            ..first
        };
    }
    let payee = layout.some_merchant(&mut random, moment);
    let class = layout.class(to, payee);
    let amount = amounts::price(&mut random, class);
    let coupon = coupon(&mut random, amount);
    Crossing {
        payee,
        amount,
        coupon,
        refund: refund(&mut random, at, amount - coupon.unwrap_or(0)),
        memo: layout.memos.draw(&mut random, Theme::of_class(class)),
        ..first
    }
}

/// What the house pays of a price, now and then; always less than the price.
#[inline]
pub(crate) fn coupon(random: &mut Random, price: i64) -> Option<i64> {
    const COUPONS: [i64; 5] = [100, 200, 500, 1_000, 2_000];
    let coupon = *random.one_of(&COUPONS);
    (random.permille(110) && coupon < price).then_some(coupon)
}

/// When and how much of what was paid is given back, now and then; `None` if not before the freeze.
#[inline]
pub(crate) fn refund(random: &mut Random, at: i64, paid: i64) -> Option<(i64, i64)> {
    if !random.permille(60) {
        return None;
    }
    let back = soon(random, at, 12);
    let amount = if random.permille(550) {
        paid
    } else {
        random.between(1, paid)
    };
    (back < FREEZE).then_some((back, amount))
}
