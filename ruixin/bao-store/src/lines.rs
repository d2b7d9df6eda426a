//! What a page of a statement is read from, so that it costs what is on it.
//!
//! | what | is read from | rows |
//! |---|---|---|
//! | what was on the account before the span | `account_days`, by 64 days and the days that are left | 63, and one for each 64 days |
//! | what is on it after the span, and where its lines begin and end | `account_days`, by days | those of the span |
//! | the lines | `account_line`, on from the place of the last one | those of the page |
//! | the lines before them | `account_days`, and of the day that the page begins in, its lines | |
//! | legs that are kept as columns | `column_leg` | one for each day with an income |

use ruixin_bao::Day;
use ruixin_bao::ledger::{AccountId, Side};

use crate::error::StoreError;
use crate::report::{LineAt, StatementLine};
use crate::sql::{Row, Session, Value};
use crate::store::terms::{day as day_value, day_of};
use crate::store::{entries, number};

/// Is an account and a span of days.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) account: AccountId,
    pub(crate) normal: Side,
    pub(crate) from: Day,
    pub(crate) until: Day,
}

/// Is what went over an account within a span, before a page and on it, fen.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    pub(crate) opening_fen: i64,
    pub(crate) closing_fen: i64,
    /// What the lines of the span before the page come to.
    pub(crate) before_fen: i64,
    /// Without balances.
    pub(crate) lines: Vec<StatementLine>,
}

/// Is what the postings of a day come to.
#[derive(Debug)]
struct OfDay {
    day: Day,
    moved_fen: i64,
    booked_from: i64,
    booked_until: i64,
}

const NO_FIT: StoreError = StoreError::Overflow {
    what: "a statement",
};
/// The order of postings; one has one place in it.
const PLACE: &str = "booked_at, id, part, leg";
const MOVED: &str =
    "CAST(coalesce(sum(CASE side WHEN 'D' THEN amount ELSE -amount END), 0) AS bigint)";
/// Days that `account_days` brings together.
const TOGETHER: i64 = 64;

/// Reads the lines after a place, so many of them at most.
pub(crate) fn read(
    session: &mut dyn Session,
    span: &Span,
    after: Option<&LineAt>,
    limit: usize,
) -> Result<Lines, StoreError> {
    let days = span.days(session)?;
    let mut columns = span.columns(session)?;
    let moved = days.iter().map(|day| day.moved_fen);
    let moved = sum(moved.chain(columns.iter().map(|line| line.amount_fen)))?;
    let opening_fen = span.opening(session)?;
    let mut before_fen = 0;
    if let Some(at) = after {
        let is_before = |line: &StatementLine| order(line) <= order_of(at);
        let before = columns.iter().filter(|line| is_before(line));
        before_fen = sum(before.map(|line| line.amount_fen))?;
        columns.retain(|line| !is_before(line));
        let postings = span.before(session, &days, at)?;
        before_fen = before_fen.checked_add(postings).ok_or(NO_FIT)?;
    }
    let mut lines = match limit {
        0 => Vec::new(),
        _ => span.postings(session, &days, after, limit)?,
    };
    lines.append(&mut columns);
    lines.sort_unstable_by(|one, other| order(one).cmp(&order(other)));
    lines.truncate(limit);
    Ok(Lines {
        opening_fen,
        closing_fen: opening_fen.checked_add(moved).ok_or(NO_FIT)?,
        before_fen,
        lines,
    })
}

type Place<'a> = (i64, u128, u32, i64, &'a str);

fn order(line: &StatementLine) -> Place<'static> {
    let id = line.voucher;
    let side = entries::side_word(line.side);
    (line.booked_at, id.id, id.part, line.leg, side)
}

fn order_of(at: &LineAt) -> Place<'static> {
    let id = at.voucher;
    let side = entries::side_word(at.side);
    (at.booked_at, id.id, id.part, at.leg, side)
}

fn sum(mut amounts: impl Iterator<Item = i64>) -> Result<i64, StoreError> {
    amounts.try_fold(0_i64, i64::checked_add).ok_or(NO_FIT)
}

/// The values of a place among postings.
fn place(at: &LineAt) -> [Value; 4] {
    [
        Value::Int(at.booked_at),
        Value::from(at.voucher.id),
        Value::Int(i64::from(at.voucher.part)),
        Value::Int(at.leg),
    ]
}

impl Span {
    fn account(&self) -> Result<[Value; 2], StoreError> {
        Ok([
            Value::Int(i64::from(self.account.subject)),
            number("account", self.account.number)?,
        ])
    }

    fn with(&self, more: impl IntoIterator<Item = Value>) -> Result<Vec<Value>, StoreError> {
        Ok(self.account()?.into_iter().chain(more).collect())
    }

    /// Debits less credits, on the side that the account grows on.
    fn signed(&self, debits_fen: i64) -> Result<i64, StoreError> {
        match self.normal {
            Side::Debit => Ok(debits_fen),
            Side::Credit => debits_fen.checked_neg().ok_or(NO_FIT),
        }
    }

    /// What was on the account before the span. A line stands where its accounting date is, even where
    /// it was booked late.
    fn opening(&self, session: &mut dyn Session) -> Result<i64, StoreError> {
        let what = "adding up a statement";
        let from = i64::from(self.from.number());
        let together = from.saturating_sub(from.rem_euclid(TOGETHER));
        let sql = format!(
            "SELECT CAST((SELECT coalesce(sum(moved), 0) FROM account_days WHERE subject = $1 \
             AND number = $2 AND days = {TOGETHER} AND first < $3) + \
             (SELECT coalesce(sum(moved), 0) FROM account_days WHERE subject = $1 \
             AND number = $2 AND days = 1 AND first >= $3 AND first < $4) AS bigint)"
        );
        let with = self.with([Value::Int(together), Value::Int(from)])?;
        let postings = session.number(what, &sql, &with)?;
        let sql = format!(
            "SELECT {MOVED} FROM column_leg WHERE subject = $1 AND number = $2 \
             AND accounting_date < $3"
        );
        let columns = session.number(what, &sql, &self.with([Value::Int(from)])?)?;
        self.signed(postings.checked_add(columns).ok_or(NO_FIT)?)
    }

    /// What postings come to by the days of the span.
    fn days(&self, session: &mut dyn Session) -> Result<Vec<OfDay>, StoreError> {
        let sql = "SELECT first, moved, booked_from, booked_until FROM account_days \
                   WHERE subject = $1 AND number = $2 AND days = 1 AND first >= $3 AND first <= $4 \
                   ORDER BY first";
        let with = self.with([day_value(self.from), day_value(self.until)])?;
        session.all("adding up a statement", sql, &with, |row| {
            Ok(OfDay {
                day: day_of(row.int(0)?)?,
                moved_fen: self.signed(row.int(1)?)?,
                booked_from: row.int(2)?,
                booked_until: row.int(3)?,
            })
        })
    }

    /// What the postings of the span up to a place come to.
    fn before(
        &self,
        session: &mut dyn Session,
        days: &[OfDay],
        at: &LineAt,
    ) -> Result<i64, StoreError> {
        let whole = days.iter().filter(|day| day.booked_until < at.booked_at);
        let whole = sum(whole.map(|day| day.moved_fen))?;
        // It is for the most part one: the day of the place itself.
        let is_cut =
            |day: &OfDay| day.booked_from <= at.booked_at && at.booked_at <= day.booked_until;
        let cut: Vec<&OfDay> = days.iter().filter(|day| is_cut(day)).collect();
        let Some(first) = cut.iter().map(|day| day.booked_from).min() else {
            return Ok(whole);
        };
        let sql = format!(
            "SELECT accounting_date, {MOVED} FROM account_line WHERE subject = $1 AND number = $2 \
             AND booked_at >= $3 AND ({PLACE}) <= ($4, $5, $6, $7) AND is_held = 0 GROUP BY accounting_date"
        );
        let with = self.with([Value::Int(first)].into_iter().chain(place(at)))?;
        let found = session.all("adding up a statement", &sql, &with, |row| {
            Ok((day_of(row.int(0)?)?, self.signed(row.int(1)?)?))
        })?;
        let found = found
            .into_iter()
            .filter(|(day, _)| cut.iter().any(|one| one.day == *day));
        sum(found.map(|(_, moved_fen)| moved_fen).chain([whole]))
    }

    /// The postings of the span after a place.
    fn postings(
        &self,
        session: &mut dyn Session,
        days: &[OfDay],
        after: Option<&LineAt>,
        limit: usize,
    ) -> Result<Vec<StatementLine>, StoreError> {
        let first = days.iter().map(|day| day.booked_from).min();
        let last = days.iter().map(|day| day.booked_until).max();
        let (Some(first), Some(last)) = (first, last) else {
            return Ok(Vec::new());
        };
        // Before all that was booked at the first instant.
        let begin = [
            Value::Int(first),
            Value::from(0_u128),
            Value::Int(-1),
            Value::Int(-1),
        ];
        let begin = match after.filter(|at| at.booked_at >= first) {
            Some(at) => place(at),
            None => begin,
        };
        let rest = [
            Value::Int(last),
            day_value(self.from),
            day_value(self.until),
            Value::Int(i64::try_from(limit).unwrap_or(i64::MAX)),
        ];
        let with = self.with(begin.into_iter().chain(rest))?;
        session.all("reading a statement", &postings_sql(), &with, |row| {
            self.line(row)
        })
    }

    /// The legs of the span that are kept as columns.
    fn columns(&self, session: &mut dyn Session) -> Result<Vec<StatementLine>, StoreError> {
        let sql = "SELECT id, part, kind, booked_at, accounting_date, side, amount, memo, \
                   CAST(0 AS bigint) FROM column_leg WHERE subject = $1 AND number = $2 \
                   AND accounting_date >= $3 AND accounting_date <= $4";
        let with = self.with([day_value(self.from), day_value(self.until)])?;
        session.all("reading a statement", sql, &with, |row| self.line(row))
    }

    fn line(&self, row: &Row) -> Result<StatementLine, StoreError> {
        let side = entries::side(row.text(5)?)?;
        let amount_fen = row.int(6)?;
        Ok(StatementLine {
            booked_at: row.int(3)?,
            accounting_date: day_of(row.int(4)?)?,
            voucher: entries::voucher_id(row, 0)?,
            leg: row.int(8)?,
            side,
            kind: row.text(2)?.to_owned(),
            amount_fen: match side == self.normal {
                true => amount_fen,
                false => amount_fen.checked_neg().ok_or(NO_FIT)?,
            },
            balance_fen: 0,
            memo: row.text(7)?.to_owned(),
        })
    }
}

fn postings_sql() -> String {
    format!(
        "SELECT l.id, l.part, v.kind, l.booked_at, l.accounting_date, l.side, l.amount, v.memo, l.leg \
         FROM (SELECT {PLACE}, accounting_date, side, amount FROM account_line WHERE subject = $1 AND number = $2 \
         AND ({PLACE}) > ($3, $4, $5, $6) AND booked_at <= $7 \
         AND accounting_date >= $8 AND accounting_date <= $9 AND is_held = 0 ORDER BY {PLACE} LIMIT $10) AS l \
         JOIN voucher v ON v.id = l.id AND v.part = l.part"
    )
}

/// How SQLite goes about a statement; it has no figures about the tables.
#[cfg(test)]
pub(crate) fn plan(sql: &str, parameters: i64) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bao.db").display().to_string();
    let mut session = crate::store::connect(&path, true).unwrap();
    crate::migrate::migrate(&mut *session).unwrap();
    let with: Vec<Value> = (0..parameters).map(Value::Int).collect();
    let sql = format!("EXPLAIN QUERY PLAN {sql}");
    let steps = session.all("explaining", &sql, &with, |row| Ok(row.text(3)?.to_owned()));
    steps.unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postings_are_read_on_from_a_place_by_the_key_and_not_sorted() {
        let steps = plan(&postings_sql(), 10);
        let key = "SEARCH account_line USING PRIMARY KEY (subject=? AND number=? AND \
                   (booked_at,id,part,leg)>";
        assert!(steps.iter().any(|step| step.contains(key)), "{steps:?}");
        let is_bad = |step: &String| step.contains("TEMP B-TREE") || step.starts_with("SCAN v");
        assert!(!steps.iter().any(is_bad), "{steps:?}");
    }

    #[test]
    fn columns_are_looked_up_by_day_and_holder() {
        let sql = format!(
            "SELECT {MOVED} FROM column_leg WHERE subject = $1 AND number = $2 \
             AND accounting_date < $3"
        );
        let steps = plan(&sql, 3);
        let key = "SEARCH i USING PRIMARY KEY (day=? AND holder=?)";
        assert!(steps.iter().any(|step| step.contains(key)), "{steps:?}");
        assert!(
            !steps
                .iter()
                .any(|step| step.starts_with("SCAN i") || step.starts_with("SCAN v")),
            "{steps:?}"
        );
    }
}
