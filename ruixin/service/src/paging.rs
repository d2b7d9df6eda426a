//! Pages of a list: a cursor says where the next one begins, however the list grows meanwhile.

use crate::problem::{INVALID_CURSOR, INVALID_REQUEST, Problem};

/// Rows of a page where nobody says how many.
pub const USUAL: i64 = 50;
/// Rows of a page at most.
pub const MOST: i64 = 500;

/// Makes the cursor of the row that a page ended with.
pub fn cursor(position: &str) -> String {
    format!("{position}.{}", check(position))
}

/// Reads a cursor back.
///
/// # Errors
///
/// It is not one that [`cursor`] made.
pub fn position(cursor: &str) -> Result<&str, Problem> {
    match cursor.rsplit_once('.') {
        Some((position, given)) if given == check(position) => Ok(position),
        _ => Err(Problem::new(INVALID_CURSOR)),
    }
}

/// Reads how many rows are wanted.
///
/// # Errors
///
/// It is no number from 1 to [`MOST`].
pub fn limit(wanted: Option<i64>) -> Result<i64, Problem> {
    match wanted.unwrap_or(USUAL) {
        rows @ 1..=MOST => Ok(rows),
        _ => Err(Problem::new(INVALID_REQUEST).says(
            format!("`limit` must be from 1 to {MOST}."),
            format!("limit 应在 1 至 {MOST} 之间。"),
        )),
    }
}

/// A few characters by which a cursor is told from a text of the caller's own.
fn check(position: &str) -> String {
    let hash = blake3::derive_key("ruixin-service 2026 cursor", position.as_bytes());
    hash.iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_a_changed_one_is_refused() {
        let made = cursor("2013052700100000001234");
        assert_eq!(position(&made).expect("ours"), "2013052700100000001234");
        for wrong in [&made[1..], "", ".", "2013052700100000001234", "x.00000000"] {
            assert_eq!(
                position(wrong).unwrap_err().kind(),
                INVALID_CURSOR,
                "{wrong}"
            );
        }
    }
}
