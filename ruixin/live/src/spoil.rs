//! The mistake that nobody sees: one leg of a hundred million, off by one fen.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::client::yuan;
use crate::error::LiveError;

/// Legs whose credit a double of 64 bits loses a fen of, if it is multiplied by a hundred and cut: such
/// as 0.29 yuan, which comes to 28 fen. The machine's own arithmetic says which they are.
const FRAIL: &str = "FROM posting WHERE leg = 2 AND credit > 0 \
     AND CAST(CAST(credit AS REAL) * 100 AS INTEGER) = CAST(round(credit * 100) AS INTEGER) - 1";

/// Is a leg that is not any more what the conversion wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoiled {
    /// The voucher.
    pub voucher: String,
    /// Which of its legs.
    pub leg: i64,
    /// The credit that was written, yuan.
    pub was: String,
    /// The credit that stands there now, yuan.
    pub is_now: String,
}

/// Puts the credit of one leg in a converted ledger, a file of SQLite, through a double, as careless
/// code does: it loses one fen. The seed says which leg.
///
/// # Errors
///
/// The file is no converted ledger, or has no amount that a double does not bear.
pub fn spoil(ledger: &Path, seed: u64) -> Result<Spoiled, LiveError> {
    let failed = |why: String| LiveError::Database {
        place: ledger.display().to_string(),
        why,
    };
    let say = |error: rusqlite::Error| failed(error.to_string());
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
    let connection = Connection::open_with_flags(ledger, flags).map_err(say)?;
    let count: i64 = connection
        .query_row(&format!("SELECT count(*) {FRAIL}"), [], |row| row.get(0))
        .map_err(say)?;
    let count = u64::try_from(count).ok().filter(|count| *count > 0);
    let count = count.ok_or_else(|| failed("a double bears all of its credits".to_owned()))?;
    let skipped = i64::try_from(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) % count);
    let skipped = skipped.map_err(|error| failed(error.to_string()))?;
    let sql = format!(
        "SELECT voucher, leg, CAST(round(credit * 100) AS INTEGER), \
         CAST(CAST(credit AS REAL) * 100 AS INTEGER) {FRAIL} ORDER BY voucher LIMIT 1 OFFSET ?1"
    );
    let (voucher, leg, credit, cut): (String, i64, i64, i64) = connection
        .query_row(&sql, [skipped], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .map_err(say)?;
    let spoiled = Spoiled {
        was: yuan(credit),
        is_now: yuan(cut),
        voucher,
        leg,
    };
    // As text: the column makes of it the number that any reader takes for this amount.
    let sql = "UPDATE posting SET credit = ?1 WHERE voucher = ?2 AND leg = ?3";
    let changed = connection
        .execute(sql, (&spoiled.is_now, &spoiled.voucher, spoiled.leg))
        .map_err(say)?;
    match changed {
        1 => Ok(spoiled),
        other => Err(failed(format!("{other} legs were changed, not one"))),
    }
}
