//! The register of a day as columns: holders, rising, and their shares.

use ruixin_bao::Day;

use crate::error::StoreError;
use crate::sql::{Row, Session, Value};
use crate::store::last_distributed;
use crate::store::terms::day;

/// Is who holds what on a day.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Columns {
    pub(crate) holders: Vec<u64>,
    pub(crate) shares: Vec<i64>,
}

impl Columns {
    /// Reads the register of a day: what every holder had on the last day that is distributed, the
    /// income of that day, and what orders have changed since.
    pub(crate) fn of(session: &mut dyn Session, today: Day) -> Result<Columns, StoreError> {
        let last = last_distributed(session)?.filter(|last| *last < today);
        Columns::after(session, last, today)
    }

    /// Reads the register of a day from that of an earlier one, or from the beginning.
    pub(crate) fn after(
        session: &mut dyn Session,
        before: Option<Day>,
        today: Day,
    ) -> Result<Columns, StoreError> {
        let what = "reading holdings";
        let with = [before.map_or(Value::Int(i64::MIN), day), day(today)];
        let sql = "SELECT holder, shares + borne FROM income WHERE day = $1 ORDER BY holder";
        let base = read(session, what, sql, &with[..1])?;
        let sql = "SELECT holder, shares FROM opening_holding \
                   WHERE confirmed_on > $1 AND confirmed_on <= $2 \
                   AND EXISTS (SELECT 1 FROM opened WHERE is_confirmed = 1) ORDER BY holder";
        let opening = read(session, what, sql, &with)?;
        let sql = "SELECT holder, CAST(sum(shares) AS bigint) FROM share_move \
                   WHERE from_day > $1 AND from_day <= $2 GROUP BY holder ORDER BY holder";
        let moves = read(session, what, sql, &with)?;
        let mut all = base.merged(opening)?.merged(moves)?;
        all.drop_empty();
        Ok(all)
    }

    /// Adds another register to it.
    fn merged(self, other: Columns) -> Result<Columns, StoreError> {
        if other.holders.is_empty() {
            return Ok(self);
        }
        if self.holders.is_empty() {
            return Ok(other);
        }
        let room = self.holders.len().saturating_add(other.holders.len());
        let mut all = Columns {
            holders: Vec::with_capacity(room),
            shares: Vec::with_capacity(room),
        };
        let mut left = self.holders.into_iter().zip(self.shares).peekable();
        let mut right = other.holders.into_iter().zip(other.shares).peekable();
        loop {
            let next = match (left.peek(), right.peek()) {
                (None, None) => return Ok(all),
                (Some(one), Some(two)) if one.0 == two.0 => {
                    let sum = one.1.checked_add(two.1);
                    let holder = one.0;
                    left.next();
                    right.next();
                    Some((holder, sum.ok_or(StoreError::Overflow { what: "shares" })?))
                }
                (Some(one), Some(two)) if one.0 < two.0 => left.next(),
                (Some(_), None) => left.next(),
                _ => right.next(),
            };
            if let Some((holder, shares)) = next {
                all.holders.push(holder);
                all.shares.push(shares);
            }
        }
    }

    fn drop_empty(&mut self) {
        if !self.shares.contains(&0) {
            return;
        }
        let kept = self.holders.iter().zip(&self.shares);
        let kept = kept.filter(|(_, shares)| **shares != 0);
        let (holders, shares) = kept.map(|(holder, shares)| (*holder, *shares)).unzip();
        *self = Columns { holders, shares };
    }
}

/// Reads two columns; the first one rises.
pub(crate) fn read(
    session: &mut dyn Session,
    what: &str,
    sql: &str,
    with: &[Value],
) -> Result<Columns, StoreError> {
    let mut columns = Columns::default();
    session.each(what, sql, with, &mut |row: &Row| {
        columns.holders.push(row.unsigned(0)?);
        columns.shares.push(row.int(1)?);
        Ok(())
    })?;
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rows = &'static [(u64, i64)];

    fn columns(rows: Rows) -> Columns {
        let (holders, shares) = rows.iter().copied().unzip();
        Columns { holders, shares }
    }

    #[test]
    fn registers_are_merged_in_the_order_of_holders() {
        let cases: [(Rows, Rows, Rows); 4] = [
            (&[], &[(1, 5)], &[(1, 5)]),
            (&[(1, 5), (3, 7)], &[], &[(1, 5), (3, 7)]),
            (
                &[(1, 5), (3, 7)],
                &[(2, 1), (3, -7), (9, 4)],
                &[(1, 5), (2, 1), (9, 4)],
            ),
            (&[(5, 1)], &[(1, 2), (5, 3)], &[(1, 2), (5, 4)]),
        ];
        for (left, right, expect) in cases {
            let mut merged = columns(left).merged(columns(right)).unwrap();
            merged.drop_empty();
            assert_eq!(merged, columns(expect));
        }
        let too_much = columns(&[(1, i64::MAX)]).merged(columns(&[(1, 1)]));
        assert!(too_much.is_err());
    }
}
