//! What must hold of converted books by themselves: statements over a table, and one pass over all
//! postings.

use ruixin_bao::fund::{FUND_ASSETS, RESERVE, SHARES, SUBSCRIPTIONS};

use super::error::ImportError;
use super::kind_of;
use super::moved::{self, Moved};
use crate::error::{DatabaseKind, StoreError};
use crate::sql::{Row, Session};

/// The tables, and the columns that are taken of them. The first of each is never NULL.
pub(super) const TABLES: [(&str, &str); 8] = [
    ("subject", "subject, kind, normal_side"),
    ("account", "account, subject, owner"),
    ("opening", "subject, account, debit, credit"),
    ("voucher", "voucher"),
    ("posting", "voucher, leg, subject, account, debit, credit"),
    (
        "holding",
        "account, amount, shares, subscribed_on, confirmed_on, income_from",
    ),
    (
        "under_way",
        "item, kind, account, merchant, channel, amount, fee, coupon",
    ),
    ("refundable", "order_id, payer, merchant, amount, refunded"),
];

/// An amount of yuan as fen. SQLite keeps whole yuan as whole numbers and others as floating-point
/// ones of 15 digits, as `crossfoot` writes them: a hundred times that is next to the whole number.
pub(super) fn fen(column: &str, is_postgres: bool) -> String {
    match is_postgres {
        true => format!("CAST({column} * 100 AS bigint)"),
        false => format!("CAST(round({column} * 100) AS INTEGER)"),
    }
}

/// Whether an amount is finer than a fen.
fn is_finer(column: &str, is_postgres: bool) -> String {
    match is_postgres {
        true => format!("{column} * 100 <> round({column} * 100)"),
        false => format!("abs({column} * 100 - round({column} * 100)) > 0.01"),
    }
}

/// Refuses converted books that do not balance or do not fit together; gives what their postings come
/// to, as far as it was added up for that.
pub(super) fn check(session: &mut dyn Session) -> Result<Moved, StoreError> {
    let is_postgres = session.is_postgres();
    for (table, columns) in TABLES {
        let sql = format!("SELECT {columns} FROM {table} LIMIT 0");
        let there = session.each(table, &sql, &[], &mut |_| Ok(()));
        there.map_err(|error| match error {
            StoreError::Database {
                why,
                kind: DatabaseKind::Missing,
                ..
            } => ImportError::NoTable { table, why }.into(),
            // That it cannot be read says nothing about what is there.
            other => other,
        })?;
    }
    subjects(session)?;
    for (table, place, columns) in [
        ("opening", "subject", ["debit", "credit"].as_slice()),
        ("posting", "voucher", &["debit", "credit"]),
        ("holding", "account", &["amount", "shares"]),
        ("under_way", "item", &["amount", "fee", "coupon"]),
        ("refundable", "order_id", &["amount", "refunded"]),
    ] {
        let finer = columns.iter().map(|column| is_finer(column, is_postgres));
        let finer = finer.collect::<Vec<_>>().join(" OR ");
        let sql = format!("SELECT {place} FROM {table} WHERE {finer} LIMIT 1");
        refuse(session, &sql, |row| {
            let place = format!("{place} {}", row.text(0)?);
            Ok(ImportError::FinerThanFen { table, place })
        })?;
    }
    moved::check(session)
}

/// Every subject has a kind, its side, and is none of the fund's own where anything is on it.
fn subjects(session: &mut dyn Session) -> Result<(), StoreError> {
    let sql = "SELECT subject, kind, normal_side FROM subject ORDER BY subject";
    session.each("reading subjects", sql, &[], &mut |row| {
        let (subject, kind, side) = (row.text(0)?, row.text(1)?, row.text(2)?);
        let unreadable = |what, found: &str| ImportError::Unreadable {
            table: "subject",
            place: format!("subject {subject}"),
            what,
            found: found.to_owned(),
        };
        let known = kind_of(kind).ok_or_else(|| unreadable("kind", kind))?;
        let normal = match known.normal_side() {
            ruixin_bao::ledger::Side::Debit => "DEBIT",
            ruixin_bao::ledger::Side::Credit => "CREDIT",
        };
        if side != normal {
            return Err(ImportError::WrongSide {
                subject: subject.to_owned(),
                kind: kind.to_owned(),
                side: side.to_owned(),
            }
            .into());
        }
        Ok(())
    })?;
    for (table, place) in [
        ("opening", "account"),
        ("posting", "voucher"),
        ("account", "account"),
    ] {
        let sql = format!(
            "SELECT coalesce({place}, 'the house'), subject FROM {table} AS t WHERE NOT EXISTS \
             (SELECT 1 FROM subject s WHERE s.subject = t.subject) ORDER BY 1 LIMIT 1"
        );
        refuse(session, &sql, |row| {
            Ok(ImportError::UnknownSubject {
                table,
                place: format!("{place} {}", row.text(0)?),
                subject: row.text(1)?.to_owned(),
            })
        })?;
        let own = [FUND_ASSETS, SUBSCRIPTIONS, SHARES, RESERVE].map(|own| format!("'{own}'"));
        let sql = format!(
            "SELECT coalesce({place}, 'the house'), subject FROM {table} \
             WHERE subject IN ({}) ORDER BY 1 LIMIT 1",
            own.join(", ")
        );
        refuse(session, &sql, |row| {
            Ok(ImportError::FundsOwn {
                table,
                place: format!("{place} {}", row.text(0)?),
                subject: row.text(1)?.parse().unwrap_or_default(),
            })
        })?;
    }
    Ok(())
}

/// Refuses the books if a statement gives a row.
pub(super) fn refuse(
    session: &mut dyn Session,
    sql: &str,
    of: impl FnMut(&Row) -> Result<ImportError, StoreError>,
) -> Result<(), StoreError> {
    match session.first("checking the converted books", sql, &[], of)? {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}
