//! The first pass: which vouchers are damaged, and how.

use std::collections::{BTreeMap, BTreeSet};

use crate::cause::Cause;
use crate::draw::{Pick, Reservoir, hash_of, stir};
use crate::error::{At, FaultError};
use crate::known::Known;
use crate::method::{Fault, Method};
use crate::order::Order;
use crate::part::Part;
use crate::view::{LEG, Row, VOUCHER, View};

/// Is what the first pass decided.
pub(crate) struct Choice {
    /// The faults by their vouchers.
    pub(crate) faults: BTreeMap<String, Fault>,
    /// Numbers of the parts in which these stand.
    pub(crate) parts: BTreeSet<usize>,
    pub(crate) known: Known,
}

/// Draws the vouchers of all orders.
pub(crate) fn choose(parts: &[Part], orders: &[Order], seed: u64) -> Result<Choice, FaultError> {
    let most = orders.iter().map(vouchers_of).sum();
    let mut draws: Vec<Draw> = orders
        .iter()
        .map(|one| Draw::new(*one, seed, most))
        .collect();
    let mut known = Known::default();
    let columns = columns(&draws);
    for (at, part) in parts.iter().enumerate() {
        for group in 0..part.row_groups() {
            for batch in part.read_columns(group, &columns)? {
                let batch = batch?;
                let view = View::over(&batch, part.too_much()).at(part.path())?;
                for row in view.rows() {
                    known.learn(&row);
                    draws
                        .iter_mut()
                        .for_each(|draw| draw.offer(&row, at, &known));
                }
            }
        }
    }
    settle(draws, known)
}

/// How many vouchers an order damages.
fn vouchers_of(order: &Order) -> usize {
    let pair = if order.cause == Cause::A10 { 2 } else { 1 };
    (order.count as usize).saturating_mul(pair)
}

/// The columns that the ordered causes read.
fn columns(draws: &[Draw]) -> Vec<&'static str> {
    let mut columns = vec![VOUCHER, LEG];
    for draw in draws {
        columns.extend(draw.method.needs);
        columns.extend(draw.method.reads);
    }
    columns.sort_unstable();
    columns.dedup();
    columns
}

/// Is the draw of one order's vouchers.
struct Draw {
    order: Order,
    method: Method,
    salt: u64,
    reservoir: Reservoir,
}

impl Draw {
    /// Keeps as many as all orders take together, for others may be served first.
    fn new(order: Order, seed: u64, most: usize) -> Self {
        Self {
            order,
            method: order.cause.method(),
            salt: stir(seed ^ stir(order.cause as u64)),
            reservoir: Reservoir::new(most),
        }
    }

    fn offer(&mut self, row: &Row<'_>, part: usize, known: &Known) {
        let hash = stir(self.salt ^ hash_of(row.voucher(), self.method.drawn_leg(row)));
        if !self.reservoir.has_room_for(hash) {
            return;
        }
        let pick = Pick {
            voucher: row.voucher().to_owned(),
            leg: row.leg(),
            hash,
            fen: row.amount().map_or(0, |amount| amount.fen),
            part,
        };
        let fault = fault(self.order.cause, &pick, String::new());
        if self.method.suits(row, &fault, known) {
            self.reservoir.offer(pick);
        }
    }

    /// Takes what is ordered from the vouchers that nobody has taken.
    fn take(&self, taken: &mut BTreeSet<String>) -> Result<Vec<&Pick>, FaultError> {
        let wanted = vouchers_of(&self.order);
        let free = self.reservoir.picks();
        let mut picks: Vec<&Pick> = free.filter(|one| !taken.contains(&one.voucher)).collect();
        if picks.len() < wanted {
            return Err(FaultError::TooFew {
                cause: self.order.cause,
                wanted,
                suitable: picks.len(),
            });
        }
        picks.truncate(wanted);
        taken.extend(picks.iter().map(|one| one.voucher.clone()));
        Ok(picks)
    }
}

/// Gives every order its vouchers, the scarcest cause first.
fn settle(mut draws: Vec<Draw>, mut known: Known) -> Result<Choice, FaultError> {
    draws.sort_by_key(|draw| draw.reservoir.picks().count());
    let mut taken = BTreeSet::new();
    let mut faults = Vec::new();
    let mut parts = BTreeSet::new();
    for draw in &draws {
        let picks = draw.take(&mut taken)?;
        parts.extend(picks.iter().map(|one| one.part));
        faults.extend(faults_of(draw.order.cause, &picks, &mut known));
    }
    let by_voucher = faults.into_iter().map(|one| (one.voucher.clone(), one));
    Ok(Choice {
        faults: by_voucher.collect(),
        parts,
        known,
    })
}

/// What happens to the vouchers of an order, with the ids that are new to them.
fn faults_of(cause: Cause, picks: &[&Pick], known: &mut Known) -> Vec<Fault> {
    let new_ids: Vec<String> = match cause {
        Cause::A9 => picks.iter().map(|_| known.unknown_voucher()).collect(),
        Cause::A10 => swapped(picks),
        _ => vec![String::new(); picks.len()],
    };
    let each = picks.iter().zip(new_ids);
    each.map(|(pick, new_id)| fault(cause, pick, new_id))
        .collect()
}

/// The ids of vouchers that stand side by side, each pair the other way round.
fn swapped(picks: &[&Pick]) -> Vec<String> {
    let pairs = picks.chunks(2);
    let turned = pairs.flat_map(|pair| pair.iter().rev());
    turned.map(|pick| pick.voucher.clone()).collect()
}

fn fault(cause: Cause, pick: &Pick, new_id: String) -> Fault {
    Fault {
        cause,
        voucher: pick.voucher.clone(),
        leg: pick.leg,
        draw: stir(pick.hash),
        fen: pick.fen,
        new_id,
    }
}
