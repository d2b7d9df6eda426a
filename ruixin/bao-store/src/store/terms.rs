//! What the operator set, as it is stored.

use ruixin_bao::Day;
use ruixin_bao::calendar::{Calendar, Source};
use ruixin_bao::fund::Terms;

use super::write::number;
use crate::error::StoreError;
use crate::sql::{Session, Value};

const CALENDAR: &str = "the trading calendar";

/// Writes terms into books that have none.
pub(super) fn write(session: &mut dyn Session, terms: &Terms) -> Result<(), StoreError> {
    let calendar = &terms.calendar;
    let (first, last) = (calendar.first(), calendar.last());
    let row = vec![
        Value::Int(1),
        day(terms.first_day),
        number("bank", terms.settlement_bank)?,
        number("provider", terms.provider)?,
        terms.fast_redemption_cap_fen.into(),
        terms.payment_cap_fen.into(),
        day(first),
        day(last),
    ];
    let columns = [
        "one",
        "first_day",
        "settlement_bank",
        "provider",
        "fast_cap",
        "payment_cap",
        "calendar_first",
        "calendar_last",
    ];
    session.append_rows("fund", &columns, [row])?;
    let mut exceptions = Vec::new();
    for one in (first.number()..=last.number()).filter_map(Day::from_number) {
        let trades = calendar.is_trading_day(one)?;
        if trades == one.is_weekend() {
            exceptions.push(vec![day(one), Value::Int(i64::from(trades))]);
        }
    }
    session.append_rows("calendar_exception", &["day", "trades"], exceptions)?;
    Ok(())
}

/// Reads the terms, if there are books.
pub(super) fn read(session: &mut dyn Session) -> Result<Option<Terms>, StoreError> {
    let (mut closed, mut worked) = (Vec::new(), Vec::new());
    let sql = "SELECT day, trades FROM calendar_exception ORDER BY day";
    session.each(CALENDAR, sql, &[], &mut |row| {
        let list = if row.int(1)? == 1 {
            &mut worked
        } else {
            &mut closed
        };
        list.push(day_of(row.int(0)?)?);
        Ok(())
    })?;
    let sql = "SELECT first_day, settlement_bank, provider, fast_cap, payment_cap, \
               calendar_first, calendar_last FROM fund";
    session.first("the terms", sql, &[], |row| {
        Ok(Terms {
            first_day: day_of(row.int(0)?)?,
            settlement_bank: row.unsigned(1)?,
            provider: row.unsigned(2)?,
            fast_redemption_cap_fen: row.int_or_null(3)?,
            payment_cap_fen: row.int_or_null(4)?,
            calendar: Calendar::new(Source {
                first: day_of(row.int(5)?)?,
                last: day_of(row.int(6)?)?,
                closed: &closed,
                worked: &worked,
            })?,
        })
    })
}

/// Refuses other terms than those that are there.
pub(super) fn check_same(there: &Terms, asked: &Terms) -> Result<(), StoreError> {
    let cap = |cap: Option<i64>| cap.map_or_else(|| "none".to_owned(), |cap| format!("{cap} fen"));
    let span = |terms: &Terms| {
        let calendar = &terms.calendar;
        let days = calendar.trading_days().len();
        format!(
            "{} to {}, {days} trading days",
            calendar.first(),
            calendar.last()
        )
    };
    let both = |of: &dyn Fn(&Terms) -> String| (of(there), of(asked));
    let terms = [
        ("first day", both(&|terms| terms.first_day.to_string())),
        (
            "settlement bank",
            both(&|terms| terms.settlement_bank.to_string()),
        ),
        ("provider", both(&|terms| terms.provider.to_string())),
        (
            "cap on fast redemptions",
            both(&|terms| cap(terms.fast_redemption_cap_fen)),
        ),
        ("cap on payments", both(&|terms| cap(terms.payment_cap_fen))),
        ("trading calendar", both(&span)),
    ];
    for (term, (there, asked)) in terms {
        if there != asked {
            return Err(StoreError::OtherTerms { term, there, asked });
        }
    }
    if there.calendar.trading_days() != asked.calendar.trading_days() {
        let other = "one with other days off".to_owned();
        return Err(StoreError::OtherTerms {
            term: "trading calendar",
            there: "another one".to_owned(),
            asked: other,
        });
    }
    Ok(())
}

/// Writes a day.
pub(crate) fn day(day: Day) -> Value {
    Value::Int(i64::from(day.number()))
}

/// Reads a day.
pub(crate) fn day_of(number: i64) -> Result<Day, StoreError> {
    let day = i32::try_from(number).ok().and_then(Day::from_number);
    day.ok_or_else(|| StoreError::damaged(format!("{number} is no day")))
}
