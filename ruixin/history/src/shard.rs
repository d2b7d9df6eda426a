//! One shard: its accounts, and everything that happens to them, in order of time.

mod due;
mod events;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::Desk;
use crate::calendar::{DAY, FIRST_DAY, HOUR, SECOND, WHOLE, business_day_of, day_of};
use crate::codes::{CHANNELS, CLASSES, Kind, UNIONPAY, bank_fee};
use crate::crossing::Border;
use crate::digits::Digits;
use crate::layout::Layout;
use crate::numbers::{AccountNumbers, HOUSE, OrderNumber, Owner};
use crate::random::{Purpose, Random};
use crate::record::{AccountRow, ChannelRow, FlowRow, OrderRow, Table};
use crate::totals::{House, Sum, Totals};
use crate::words;
use due::{Due, Entry};

/// Generates a shard and hands each record to the desk.
pub(crate) fn generate<D: Desk>(
    layout: &Layout,
    number: u32,
    totals: &mut Totals,
    desk: &mut D,
) -> Result<(), D::Error> {
    let mut shard = Shard::new(layout, number, totals, desk);
    shard.run()?;
    shard.close()
}

struct Shard<'a, D> {
    layout: &'a Layout,
    number: u32,
    totals: &'a mut Totals,
    desk: &'a mut D,
    random: Random,
    /// Users first, then merchants.
    holders: Vec<Holder>,
    border: Border<'a>,
    crossed: usize,
    due: BinaryHeap<Reverse<Entry<'a>>>,
    entries: u64,
    /// How far the local events have come.
    moment: u64,
    now: i64,
    serials: u64,
    orders: u64,
    bank_lines: u64,
    /// Flow records still to be written, and how many of them may be needed for what is under way.
    left: u64,
    reserved: u64,
    operating: Digits<16>,
}

/// Is an account while the shard is generated. Amounts are in fen.
#[derive(Debug, Clone)]
struct Holder {
    number: Digits<16>,
    class: u8,
    channel: u8,
    opening: i64,
    balance: i64,
    frozen: i64,
    flows: u64,
    last: Option<Digits<22>>,
}

/// Is a movement of an account before it is written down.
#[derive(Debug, Clone, Copy)]
struct Movement<'a> {
    kind: Kind,
    who: usize,
    amount: i64,
    fee: i64,
    coupon: Option<i64>,
    status: &'static str,
    counterparty: Option<Digits<16>>,
    order: Option<OrderNumber>,
    channel: Option<u8>,
    memo: Option<&'a str>,
}

impl Movement<'_> {
    fn new(kind: Kind, who: usize, amount: i64) -> Self {
        Self {
            kind,
            who,
            amount,
            fee: 0,
            coupon: None,
            status: BOOKED,
            counterparty: None,
            order: None,
            channel: None,
            memo: None,
        }
    }
}

const BOOKED: &str = "0";
const REVERSED: &str = "1";
const REVERSING: &str = "2";

/// The most flow records that one local event needs, with all that follows from it.
const EVENT_RESERVE: u64 = 10;

impl<'a, D: Desk> Shard<'a, D> {
    fn new(layout: &'a Layout, number: u32, totals: &'a mut Totals, desk: &'a mut D) -> Self {
        let border = Border::of(layout, number);
        let reserved = border.reserve();
        let holders = holders(layout, number);
        for holder in &holders {
            totals.open(holder.opening);
        }
        let house = AccountNumbers::new(layout.seed, Owner::House, HOUSE);
        Self {
            layout,
            number,
            totals,
            desk,
            random: Random::keyed(layout.seed, Purpose::Shard, [u64::from(number), 0]),
            holders,
            border,
            crossed: 0,
            due: BinaryHeap::new(),
            entries: 0,
            moment: 0,
            now: i64::from(FIRST_DAY) * DAY,
            serials: 0,
            orders: 0,
            bank_lines: 0,
            left: layout.quota(number),
            reserved,
            operating: house.number(House::Operating as u64),
        }
    }

    /// Whatever comes first comes first: a crossing, something that falls due, a new event.
    fn run(&mut self) -> Result<(), D::Error> {
        loop {
            let crossing = self.border.at(self.crossed).unwrap_or(i64::MAX);
            let due = self.due.peek().map_or(i64::MAX, |Reverse(entry)| entry.at);
            let is_free = self.left >= self.reserved + EVENT_RESERVE;
            let event = if is_free {
                self.layout.rhythm.time_of(self.moment)
            } else {
                i64::MAX
            };
            let first = crossing.min(due).min(event);
            if first == i64::MAX {
                break;
            }
            self.now = self.now.max(first);
            if crossing == first {
                self.cross()?;
            } else if due == first {
                let Some(Reverse(entry)) = self.due.pop() else {
                    unreachable!("it was peeked at")
                };
                self.reserved -= entry.due.reserve();
                self.fall_due(entry.due)?;
            } else {
                self.step()?;
            }
        }
        self.fill()
    }

    /// A new event, and how far it is to the next one: the fewer records are left, the farther.
    fn step(&mut self) -> Result<(), D::Error> {
        let before = self.left - self.reserved;
        self.event()?;
        let used = before - (self.left - self.reserved);
        let rest = u128::from(WHOLE - self.moment);
        let jitter = u128::from(self.random.below(1 << 17));
        let halves = u128::from(2 * used).max(1);
        let step = (rest * halves * jitter / u128::from(2 * before)) >> 16;
        self.moment = (self.moment + step as u64).min(WHOLE - 1);
        Ok(())
    }

    /// The last records are top-ups, so that there are as many as wanted.
    fn fill(&mut self) -> Result<(), D::Error> {
        while self.left > 0 {
            let gap = crate::calendar::FREEZE - 1 - self.now;
            self.now += self
                .random
                .between(0, 2 * gap / (self.left as i64 + 1))
                .min(gap);
            let who = self.some_user();
            self.top_up(who)?;
        }
        Ok(())
    }

    fn some_user(&mut self) -> usize {
        self.layout.some_user(&mut self.random, self.moment) as usize
    }

    fn some_merchant(&mut self) -> usize {
        let merchant = self.layout.some_merchant(&mut self.random, self.moment);
        self.merchant(merchant)
    }

    fn merchant(&self, index: u64) -> usize {
        (self.layout.users + index) as usize
    }

    fn is_merchant(&self, who: usize) -> bool {
        who as u64 >= self.layout.users
    }

    /// The other party's number, in so many of a thousand records; the others do not tell.
    fn told(&mut self, permille: u64, number: Digits<16>) -> Option<Digits<16>> {
        self.random.permille(permille).then_some(number)
    }

    fn new_order(&mut self) -> OrderNumber {
        self.orders += 1;
        OrderNumber {
            day: day_of(self.now),
            shard: self.number,
            number: self.orders,
        }
    }

    /// Writes a flow record and moves the balance.
    fn post(&mut self, movement: Movement<'_>) -> Result<(), D::Error> {
        let facts = movement.kind.facts();
        let (day, business_day) = (day_of(self.now), business_day_of(self.now));
        self.serials += 1;
        self.left -= 1;
        let days = &self.layout.days;
        let serial = days.serial(self.layout.seed, day, self.number, self.serials);
        let holder = &mut self.holders[movement.who];
        let signed = if facts.is_in {
            movement.amount
        } else {
            -movement.amount
        };
        holder.balance += signed;
        assert!(holder.balance >= 0, "{serial}: nobody owes the wallet");
        match movement.kind {
            Kind::Freeze | Kind::Unfreeze => holder.frozen -= signed,
            _ => {}
        }
        holder.flows += 1;
        holder.last = Some(serial);
        let row = FlowRow {
            serial,
            account: holder.number,
            direction: movement.kind.direction(),
            amount: movement.amount,
            fee: movement.fee,
            coupon: movement.coupon,
            balance_after: holder.balance,
            type_code: movement.kind.code(business_day),
            status: movement.status,
            happened_at: self.now,
            counterparty: movement.counterparty,
            order_id: movement.order.map(|order| days.order(order)),
            channel: movement.channel.map(channel_code),
            memo: movement.memo,
        };
        let sum = Sum {
            records: 1,
            amount: movement.amount,
            fee: movement.fee,
            coupon: movement.coupon.unwrap_or(0),
        };
        let is_named = movement.counterparty.is_some();
        self.totals
            .add(business_day, movement.kind, sum, movement.channel, is_named);
        self.totals.records[Table::Flow as usize] += 1;
        self.desk.take(&row)
    }

    /// Writes an order.
    fn book_order(&mut self, row: &OrderRow<'_>) -> Result<(), D::Error> {
        self.totals.records[Table::Orders as usize] += 1;
        self.desk.take(row)
    }

    fn order_id(&self, order: OrderNumber) -> Digits<21> {
        self.layout.days.order(order)
    }

    /// Writes what the bank says of a movement.
    fn bank_line(
        &mut self,
        channel: u8,
        side: &'static str,
        order: OrderNumber,
        amount: i64,
    ) -> Result<(), D::Error> {
        self.bank_lines += 1;
        let bank_time = self.now + self.random.between(1, 90) * SECOND;
        let bank_date = day_of(bank_time);
        let days = &self.layout.days;
        let bank_fee = match side {
            MONEY_COMES => bank_fee(channel, business_day_of(self.now), amount),
            _ => 0,
        };
        let row = ChannelRow {
            bank_serial: days.bank(channel, bank_date, self.number, self.bank_lines),
            channel: channel_code(channel),
            side,
            order_id: self.order_id(order),
            amount,
            bank_fee,
            bank_date,
            bank_time,
        };
        self.totals.records[Table::ChannelFile as usize] += 1;
        self.desk.take(&row)
    }

    fn later(&mut self, at: i64, due: Due<'a>) {
        self.reserved += due.reserve();
        self.entries += 1;
        let turn = self.entries;
        self.due.push(Reverse(Entry { at, turn, due }));
    }

    /// Writes every account as it stands at the end.
    fn close(&mut self) -> Result<(), D::Error> {
        for (at, holder) in std::mem::take(&mut self.holders).into_iter().enumerate() {
            let is_merchant = self.is_merchant(at);
            let index = at as u64 - if is_merchant { self.layout.users } else { 0 };
            let place = [u64::from(self.number), index | u64::from(is_merchant) << 41];
            let mut random = Random::keyed(self.layout.seed, Purpose::Opening, place);
            let class = usize::from(holder.class);
            let name = if is_merchant {
                words::merchant(&mut random, class)
            } else {
                words::person(&mut random)
            };
            let accounts = if is_merchant {
                self.layout.merchants
            } else {
                self.layout.users
            };
            let opened_at = match self.layout.opening(accounts, index) {
                Some(moment) => self.layout.rhythm.time_of(moment),
                None => i64::from(FIRST_DAY) * DAY - random.between(HOUR, 700 * DAY),
            };
            let row = AccountRow {
                account: holder.number,
                owner: if is_merchant { "M" } else { "U" },
                name: &name,
                class: is_merchant.then_some(CLASSES[class].0),
                channel: (!is_merchant).then_some(channel_code(holder.channel)),
                opened_at,
                status: if holder.frozen == 0 { "0" } else { "1" },
                opening_balance: holder.opening,
                balance: holder.balance,
                frozen: holder.frozen,
                flow_count: holder.flows.cast_signed(),
                last_serial: holder.last,
            };
            self.totals.records[Table::Account as usize] += 1;
            self.desk.take(&row)?;
        }
        Ok(())
    }
}

/// The sides of a bank's line: money came to the wallet, or went from it.
const MONEY_COMES: &str = "C";
const MONEY_GOES: &str = "D";

fn channel_code(channel: u8) -> &'static str {
    CHANNELS[usize::from(channel)].code
}

/// The accounts of a shard with their opening balances.
fn holders(layout: &Layout, shard: u32) -> Vec<Holder> {
    let of = |owner: Owner, accounts: u64| {
        let numbers = AccountNumbers::new(layout.seed, owner, shard);
        let is_merchant = owner == Owner::Merchant;
        (0..accounts).map(move |index| {
            let place = [u64::from(shard), index | u64::from(is_merchant) << 42];
            let mut random = Random::keyed(layout.seed, Purpose::Opening, place);
            let opening = match layout.opening(accounts, index) {
                Some(_) => 0,
                None if is_merchant => random.between(0, 5_000_000),
                None => random.between(0, 80_000),
            };
            Holder {
                number: numbers.number(index),
                class: if is_merchant {
                    layout.class(shard, index) as u8
                } else {
                    0
                },
                channel: if is_merchant {
                    UNIONPAY
                } else {
                    random.index(CHANNELS.len()) as u8
                },
                opening,
                balance: opening,
                frozen: 0,
                flows: 0,
                last: None,
            }
        })
    };
    let users = of(Owner::User, layout.users);
    users.chain(of(Owner::Merchant, layout.merchants)).collect()
}
