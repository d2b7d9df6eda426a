//! The whole work, from a folder and orders to the truth.

use std::collections::BTreeSet;
use std::path::Path;

use crate::choose::{Choice, choose};
use crate::error::FaultError;
use crate::order::Order;
use crate::part::Part;
use crate::rewrite::rewrite;
use crate::truth::Planted;
use crate::view::{LEG, VOUCHER};

/// Damages the table whose parts (`part-*.parquet`) lie in a folder, and tells every difference
/// that this made, in the order of the parts and of their records.
///
/// The same table, orders and seed make the same damage. Records keep their order; parts without a
/// fault are not touched. One row group is in memory at a time.
///
/// # Errors
/// When the table lacks a column that an ordered cause needs, when too few of its vouchers can be
/// damaged by it, or when a file cannot be read or written. The table is then as it was, unless
/// the system fails while the finished parts are renamed to their places.
pub fn plant(folder: &Path, orders: &[Order], seed: u64) -> Result<Vec<Planted>, FaultError> {
    let parts = Part::all_of(folder)?;
    for part in &parts {
        orders.iter().try_for_each(|order| require(part, order))?;
    }
    let choice = choose(&parts, orders, seed)?;
    let mut planted = Vec::new();
    let mut finished = Vec::new();
    for at in &choice.parts {
        finished.push(rewrite(&parts[*at], &choice, &mut planted)?);
    }
    each_fault_is_planted(&choice, &planted)?;
    for one in finished {
        one.put_in_place()?;
    }
    Ok(planted)
}

/// Makes sure that a part has the columns of an order, and can read those it would like to have.
fn require(part: &Part, order: &Order) -> Result<(), FaultError> {
    let method = order.cause.method();
    let needed = [VOUCHER].iter().chain(method.needs);
    needed
        .copied()
        .try_for_each(|column| part.require(order.cause, column))?;
    let liked = [LEG].iter().chain(method.reads).copied();
    let there = liked.filter(|column| part.has(column));
    there
        .into_iter()
        .try_for_each(|column| part.require(order.cause, column))
}

fn each_fault_is_planted(choice: &Choice, planted: &[Planted]) -> Result<(), FaultError> {
    let done: BTreeSet<&str> = planted.iter().map(|one| one.voucher.as_str()).collect();
    for fault in choice.faults.values() {
        let told = [&fault.voucher, &fault.new_id];
        if !told.iter().any(|id| done.contains(id.as_str())) {
            return Err(FaultError::NothingDamaged {
                cause: fault.cause,
                voucher: fault.voucher.clone(),
            });
        }
    }
    Ok(())
}
