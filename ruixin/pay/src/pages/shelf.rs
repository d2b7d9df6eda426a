//! What the pages read from the books: of one account, and nothing of another but its name.

use async_trait::async_trait;
use ruixin_pages::{Date, Host, Window};
use ruixin_service::paging;
use ruixin_service::problem::{INVALID_CURSOR, Problem};
use ruixin_service::store::{Row, Store, StoreError, Tx, Value};

use super::view::{Bill, Detail, Group, Holder, Order, Other, State, Wanted};
use crate::books::Books;
use crate::civil::Civil;
use crate::codes::{Kind, RENUMBERED};
use crate::command::{AccountView, NewOwner};
use crate::house::State as Openness;
use crate::numbers;

macro_rules! bills {
    ($rest:literal) => {
        concat!(
            "SELECT f.serial, f.direction, f.type_code, fen:f.amount, fen:f.fee, fen:f.coupon, \
             fen:f.balance_after, clock:f.happened_at, f.counterparty, f.channel, f.memo, f.order_id, \
             o.order_type, o.status, o.payer, o.payee, fen:o.refunded, o.channel, clock:o.created_at, \
             clock:o.finished_at FROM flow f LEFT JOIN orders o ON o.order_id = f.order_id \
             WHERE f.account = ?1 AND ",
            $rest
        )
    };
}

/// An account's bills from a serial on and before another, the latest first.
const ALL: &str = bills!("f.serial >= ?2 AND f.serial < ?3 ORDER BY f.serial DESC LIMIT ?4");
/// The same of some codes: other ones before the codes were numbered anew. Each code with its
/// direction stands between bars.
const SOME: &str = bills!(
    "f.serial >= ?2 AND f.serial < ?3 AND \
     CASE WHEN f.happened_at < time:5 THEN CAST(?6 AS TEXT) ELSE CAST(?7 AS TEXT) END \
     LIKE '%|' || f.type_code || f.direction || '|%' ORDER BY f.serial DESC LIMIT ?4"
);
const ONE: &str = bills!("f.serial = ?2");
/// Records of one order; there are few of each account.
const OF_ORDER: &str = bills!("f.order_id = ?2 ORDER BY f.serial DESC LIMIT 20");

/// Behind all serials.
const BEHIND: &str = "99999999999999999999999";

/// Gives an instant of the books in microseconds since 1970 UTC.
fn micros(text: &str) -> Result<i64, StoreError> {
    let civil = Civil::parse(text);
    let civil = civil.ok_or_else(|| StoreError::Fault("a time that is none".to_owned()))?;
    Ok(civil.millis().saturating_mul(1_000))
}

fn bill(row: &Row) -> Result<Bill, StoreError> {
    let text = |at| Ok::<_, StoreError>(row.maybe_text(at)?.map(str::to_owned));
    let (direction, code, happened_at) = (row.text(1)?, row.text(2)?, row.text(7)?);
    let business_day = Civil::parse(happened_at).map(Civil::business_day);
    let amount = row.int(3)?;
    let day: Option<Date> = happened_at.get(..10).and_then(|day| day.parse().ok());
    Ok(Bill {
        serial: row.text(0)?.to_owned(),
        kind: Kind::of_code(code, direction, &business_day.unwrap_or_default()),
        amount_fen: match direction {
            "1" => amount,
            _ => amount.saturating_neg(),
        },
        fee_fen: row.int(4)?,
        coupon_fen: row.maybe_int(5)?,
        balance_after_fen: row.int(6)?,
        at: micros(happened_at)?,
        day: day.ok_or_else(|| StoreError::Fault("a time that is none".to_owned()))?,
        counterparty: text(8)?,
        bank: text(9)?,
        memo: text(10)?,
        order: order(row)?,
    })
}

fn order(row: &Row) -> Result<Option<Order>, StoreError> {
    let text = |at| Ok::<_, StoreError>(row.maybe_text(at)?.map(str::to_owned));
    let (Some(id), Some(order_type)) = (text(11)?, text(12)?) else {
        return Ok(None);
    };
    Ok(Some(Order {
        id,
        is_withdrawal: order_type == "W",
        state: State::of_code(row.text(13)?),
        payer: text(14)?,
        payee: text(15)?,
        refunded_fen: row.int(16)?,
        bank: text(17)?,
        created_at: micros(row.text(18)?)?,
        finished_at: row.maybe_text(19)?.map(micros).transpose()?,
    }))
}

/// The codes of a group before the codes were numbered anew, and from then on, between bars.
fn codes(group: Group) -> [String; 2] {
    ["2010-01-01", RENUMBERED].map(|day| {
        let kinds = Kind::ALL.iter().filter(|kind| Group::of(**kind) == group);
        let codes = kinds.map(|kind| (kind.code(day), kind.direction()));
        let codes = codes.filter(|(code, _)| !code.is_empty());
        let codes: String = codes.map(|(code, way)| format!("{code}{way}|")).collect();
        format!("|{codes}")
    })
}

/// The moment at which the business day began on which codes were numbered anew.
const RENUMBERED_AT: &str = "2011-06-30 23:00:00.000";

impl Books {
    /// Gives a user's account; nothing where there is none.
    pub(super) async fn holder(&self, number: &str) -> Result<Option<Holder>, StoreError> {
        let account = self.account(number).await?;
        let account = account.filter(|account| account.owner == NewOwner::User);
        account.map(holder).transpose()
    }

    /// Gives what a user may know of another account.
    pub(super) async fn other(&self, number: &str) -> Result<Option<Other>, StoreError> {
        let account = self.account(number).await?;
        Ok(account.map(|account| Other {
            number: account.account,
            name: account.name,
            is_merchant: account.owner == NewOwner::Merchant,
        }))
    }

    /// Gives bills of an account, the latest first, and the cursor of those before them.
    pub(super) async fn bills(
        &self,
        number: &str,
        wanted: Wanted,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Bill>, Option<String>), Problem> {
        let before = cursor.map(paging::position).transpose()?;
        if before.is_some_and(|serial| !numbers::is_digits(serial, 22)) {
            return Err(Problem::new(INVALID_CURSOR));
        }
        let (from, until) = match wanted.month {
            Some(month) => month.serials(),
            None => (String::new(), BEHIND.to_owned()),
        };
        // A cursor of other months than are wanted now leads to none of theirs.
        let until = before
            .map_or(until.as_str(), |before| before.min(&until))
            .to_owned();
        let more = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
        let mut parameters: Vec<Value> =
            vec![number.into(), from.into(), until.into(), more.into()];
        let sql = match wanted.group {
            None => ALL,
            Some(group) => {
                parameters.push(RENUMBERED_AT.into());
                parameters.extend(codes(group).map(Value::from));
                SOME
            }
        };
        let read = async move |tx: &mut Tx<'_>| {
            let rows = tx.rows(sql, parameters).await?;
            rows.iter().map(bill).collect::<Result<Vec<_>, _>>()
        };
        let mut rows = self.store.read(read).await?;
        let is_cut = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().filter(|_| is_cut);
        let next = last.map(|last| paging::cursor(&last.serial));
        Ok((rows, next))
    }

    /// Gives one bill of an account with what is around it; nothing of another account's.
    pub(super) async fn detail(
        &self,
        number: &str,
        serial: &str,
    ) -> Result<Option<Detail>, StoreError> {
        if !numbers::is_digits(serial, 22) {
            return Ok(None);
        }
        let parameters: Vec<Value> = vec![number.into(), serial.into()];
        let account: Value = number.into();
        let read = async move |tx: &mut Tx<'_>| {
            let found = tx.rows(ONE, parameters).await?;
            let Some(found) = found.first().map(bill).transpose()? else {
                return Ok(None);
            };
            let beside = match &found.order {
                Some(order) => {
                    tx.rows(OF_ORDER, vec![account, order.id.as_str().into()])
                        .await?
                }
                None => Vec::new(),
            };
            let beside = beside.iter().map(bill).collect::<Result<Vec<_>, _>>()?;
            Ok(Some((found, beside)))
        };
        let Some((bill, mut beside)) = self.store.read(read).await? else {
            return Ok(None);
        };
        beside.retain(|one| one.serial != bill.serial);
        let other = match other_side(&bill, number) {
            Some(other) => self.other(other).await?,
            None => None,
        };
        Ok(Some(Detail {
            bill,
            other,
            beside,
        }))
    }
}

/// The other account of a bill. The records keep whom a payer paid, and only the order by whom.
fn other_side<'a>(bill: &'a Bill, own: &str) -> Option<&'a str> {
    let order = bill.order.as_ref();
    let of_order = order.and_then(|order| {
        let sides = [order.payer.as_deref(), order.payee.as_deref()];
        sides.into_iter().flatten().find(|side| *side != own)
    });
    bill.counterparty.as_deref().or(of_order)
}

fn holder(account: AccountView) -> Result<Holder, StoreError> {
    Ok(Holder {
        opened_at: micros(&account.opened_at)?,
        number: account.account,
        name: account.name,
        bank: account.channel,
        balance_fen: account.balance.0,
        frozen_fen: account.frozen.0,
    })
}

#[async_trait]
impl Host for Books {
    fn store(&self) -> &Store {
        &self.store
    }

    fn now(&self) -> i64 {
        self.clock.now().millis().saturating_mul(1_000)
    }

    async fn window(&self) -> Result<Window, Problem> {
        let standing = self.standing().await?;
        let is_open = standing.state == Openness::Open;
        let since = micros(&standing.since)?;
        Ok(Window::new(
            is_open,
            since,
            &standing.notices,
            Host::now(self),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_of_a_group_are_those_of_their_time() {
        assert_eq!(codes(Group::Transfers), ["|072|081|", "|212|221|"]);
        assert_eq!(codes(Group::TopUps), ["|011|", "|011|111|"]);
        let begun = Civil::parse(RENUMBERED_AT).expect("a time");
        assert_eq!(begun.business_day(), RENUMBERED);
    }
}
