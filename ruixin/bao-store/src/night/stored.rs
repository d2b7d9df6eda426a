//! Days as they are kept, and what orders come to.

use ruixin_bao::Day;
use ruixin_bao::fund::{Batch, DayRecord};
use ruixin_bao::income::Distribution;

use crate::error::StoreError;
use crate::sql::{Session, Value};
use crate::store::page;
use crate::store::terms::day as day_value;

/// Is what is kept of a day; the incomes of its holders are in the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDay {
    /// The day.
    pub day: Day,
    /// How far it has come, and the orders of its steps. Of the income nothing is in here.
    pub record: DayRecord,
    /// Its income, once it is divided.
    pub income: Option<Distribution>,
    /// What of a loss the risk reserve bore, fen.
    pub from_reserve_fen: i64,
}

/// Adds up orders.
pub(super) fn batch(
    session: &mut dyn Session,
    from: &str,
    with: &[Value],
) -> Result<Batch, StoreError> {
    let sql = format!(
        "SELECT kind, CAST(count(*) AS bigint), CAST(sum(amount) AS bigint) FROM {from} \
         GROUP BY kind"
    );
    let mut batch = Batch::default();
    session.each("adding up orders", &sql, with, &mut |row| {
        let amount_fen = i128::from(row.int(2)?);
        batch.orders = batch.orders.saturating_add(row.unsigned(1)?);
        let total = match row.text(0)? {
            "S" => &mut batch.subscribed_fen,
            "R" => &mut batch.redeemed_fen,
            _ => &mut batch.redeemed_fast_fen,
        };
        *total = total.saturating_add(amount_fen);
        Ok(())
    })?;
    Ok(batch)
}

/// What was subscribed before the books were opened, as orders.
pub(super) fn batch_of_opening(
    session: &mut dyn Session,
    column: &str,
    day: Day,
) -> Result<Batch, StoreError> {
    let sql = format!(
        "SELECT CAST(count(*) AS bigint), CAST(coalesce(sum(shares), 0) AS bigint) \
         FROM opening_holding WHERE {column} = $1"
    );
    let found = session.first("adding up holdings", &sql, &[day_value(day)], |row| {
        Ok(Batch {
            orders: row.unsigned(0)?,
            subscribed_fen: i128::from(row.int(1)?),
            ..Batch::default()
        })
    })?;
    Ok(found.unwrap_or_default())
}

pub(super) fn sum(one: Batch, other: Batch) -> Batch {
    Batch {
        orders: one.orders.saturating_add(other.orders),
        subscribed_fen: one.subscribed_fen.saturating_add(other.subscribed_fen),
        redeemed_fen: one.redeemed_fen.saturating_add(other.redeemed_fen),
        redeemed_fast_fen: one
            .redeemed_fast_fen
            .saturating_add(other.redeemed_fast_fen),
    }
}

pub(super) fn batch_values(batch: &Batch) -> Result<[Value; 4], StoreError> {
    let int = |number: i128| {
        i64::try_from(number)
            .map(Value::Int)
            .map_err(|_| overflow())
    };
    Ok([
        int(i128::from(batch.orders))?,
        int(batch.subscribed_fen)?,
        int(batch.redeemed_fen)?,
        int(batch.redeemed_fast_fen)?,
    ])
}

pub(super) fn overflow() -> StoreError {
    StoreError::Overflow { what: "a day" }
}

/// Reads what is kept of a day, if there is anything.
pub(crate) fn stored_day(
    session: &mut dyn Session,
    day: Day,
) -> Result<Option<StoredDay>, StoreError> {
    let mut found = stored_days(session, " WHERE day = $1", &[day_value(day)])?;
    Ok(found.pop())
}

pub(crate) fn stored_days(
    session: &mut dyn Session,
    condition: &str,
    with: &[Value],
) -> Result<Vec<StoredDay>, StoreError> {
    let sql = format!(
        "SELECT day, stage, cut_orders, cut_subscribed, cut_redeemed, cut_fast, conf_orders, \
         conf_subscribed, conf_redeemed, conf_fast, income, shares, per_ten_thousand, residue, \
         from_reserve FROM day{condition} ORDER BY day"
    );
    session.all("reading days", &sql, with, |row| {
        let batch = |at: usize| match row.int_or_null(at)? {
            None => Ok(None),
            Some(_) => Ok::<_, StoreError>(Some(Batch {
                orders: row.unsigned(at)?,
                subscribed_fen: i128::from(row.int(at.saturating_add(1))?),
                redeemed_fen: i128::from(row.int(at.saturating_add(2))?),
                redeemed_fast_fen: i128::from(row.int(at.saturating_add(3))?),
            })),
        };
        let income = match row.int_or_null(10)? {
            None => None,
            Some(income_fen) => {
                let residue_fen = row.int(13)?;
                Some(Distribution {
                    income_fen,
                    shares: row.int(11)?,
                    per_ten_thousand: ledger::Decimal::new(i128::from(row.int(12)?), 4),
                    cut_fen: income_fen.saturating_sub(residue_fen),
                    residue_fen,
                })
            }
        };
        Ok(StoredDay {
            day: crate::store::terms::day_of(row.int(0)?)?,
            record: DayRecord {
                stage: page::stage(row.int(1)?)?,
                cut: batch(2)?,
                confirmed: batch(6)?,
                income: None,
            },
            income,
            from_reserve_fen: row.int_or_null(14)?.unwrap_or(0),
        })
    })
}
