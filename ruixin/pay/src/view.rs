//! Rows of the books as callers see them.

use ruixin_service::store::{Row, StoreError};

use crate::civil::Civil;
use crate::codes::{Kind, Owner};
use crate::command::{AccountView, HoldView, MovementView, NewOwner, OrderView};
use crate::money::Yuan;
use crate::record::{Account, Flow, Hold, Order};

/// Nothing for the house's own accounts: callers do not see them.
pub(crate) fn account(account: &Account) -> Option<AccountView> {
    let owner = match account.owner {
        Owner::User => NewOwner::User,
        Owner::Merchant => NewOwner::Merchant,
        Owner::House => return None,
    };
    Some(AccountView {
        account: account.number.clone(),
        owner,
        name: account.name.clone(),
        class: account.class.clone(),
        channel: account.channel.clone(),
        opened_at: account.opened_at.clone(),
        balance: Yuan(account.balance),
        frozen: Yuan(account.frozen),
        movements: account.flow_count,
    })
}

pub(crate) fn order(order: &Order) -> OrderView {
    OrderView {
        order_id: order.order_id.clone(),
        order_type: order.order_type.clone(),
        status: order.status.clone(),
        payer: order.payer.clone(),
        payee: order.payee.clone(),
        amount: Yuan(order.amount),
        coupon: order.coupon.map(Yuan),
        refunded: Yuan(order.refunded),
        channel: order.channel.clone(),
        created_at: order.created_at.clone(),
        finished_at: order.finished_at.clone(),
        title: order.title.clone(),
    }
}

pub(crate) fn hold(hold: &Hold) -> HoldView {
    HoldView {
        hold: hold.serial.clone(),
        account: hold.account.clone(),
        amount: Yuan(hold.amount),
        released: Yuan(hold.released),
    }
}

pub(crate) fn movement(flow: &Flow) -> MovementView {
    MovementView {
        serial: flow.serial.clone(),
        account: flow.account.clone(),
        kind: flow.kind.word().to_owned(),
        direction: flow.kind.direction().to_owned(),
        amount: Yuan(flow.amount),
        fee: Yuan(flow.fee),
        coupon: flow.coupon.map(Yuan),
        balance_after: Yuan(flow.balance_after),
        happened_at: flow.happened_at.to_string(),
        counterparty: flow.counterparty.clone(),
        order_id: flow.order_id.clone(),
        memo: flow.memo.clone(),
    }
}

/// An account's movements before a serial, the latest first.
pub(crate) const MOVEMENTS: &str = "SELECT serial, account, direction, type_code, fen:amount, fen:fee, \
     fen:coupon, fen:balance_after, clock:happened_at, counterparty, order_id, memo FROM flow \
     WHERE account = ?1 AND serial < ?2 ORDER BY serial DESC LIMIT ?3";

pub(crate) fn movement_of_row(row: &Row) -> Result<MovementView, StoreError> {
    let text = |at| Ok::<_, StoreError>(row.maybe_text(at)?.map(str::to_owned));
    let (direction, code, happened_at) = (row.text(2)?, row.text(3)?, row.text(8)?);
    let business_day = Civil::parse(happened_at).map(Civil::business_day);
    let kind = Kind::of_code(code, direction, &business_day.unwrap_or_default());
    Ok(MovementView {
        serial: row.text(0)?.to_owned(),
        account: row.text(1)?.to_owned(),
        // A kind that only older records have is told by its code.
        kind: kind.map_or(code, |kind| kind.word()).to_owned(),
        direction: direction.to_owned(),
        amount: Yuan(row.int(4)?),
        fee: Yuan(row.int(5)?),
        coupon: row.maybe_int(6)?.map(Yuan),
        balance_after: Yuan(row.int(7)?),
        happened_at: happened_at.to_owned(),
        counterparty: text(9)?,
        order_id: text(10)?,
        memo: text(11)?,
    })
}
