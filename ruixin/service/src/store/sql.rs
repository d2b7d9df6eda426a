//! Writes a statement as each database wants it.

use super::Dialect;

/// Puts the words of [`super`] into SQL of one database. A word that is none stays as it is.
pub(super) fn written(dialect: Dialect, sql: &str) -> String {
    let mut out = String::new();
    let mut rest = sql;
    while let Some(at) = rest.find([':', '?']) {
        let (before, behind) = rest.split_at(at);
        let (sign, behind) = behind.split_at(1);
        let length = behind
            .find(|one: char| !one.is_ascii_alphanumeric() && one != '_' && one != '.')
            .unwrap_or(behind.len());
        let (operand, tail) = behind.split_at(length);
        if sign == "?" {
            out.push_str(before);
            out.push_str(&parameter(dialect, operand));
        } else {
            let start = before
                .rfind(|one: char| !one.is_ascii_lowercase() && one != '_')
                .map_or(0, |at| at.saturating_add(1));
            let (before, word) = before.split_at(start);
            out.push_str(before);
            match replaced(dialect, word, operand) {
                Some(text) => out.push_str(&text),
                None => out.extend([word, ":", operand]),
            }
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

fn parameter(dialect: Dialect, number: &str) -> String {
    match dialect {
        Dialect::Sqlite => format!("?{number}"),
        Dialect::Postgres => format!("${number}"),
    }
}

fn replaced(dialect: Dialect, word: &str, operand: &str) -> Option<String> {
    Some(match (dialect, word) {
        (Dialect::Sqlite, "yuan") => format!("(?{operand} / 100.0)"),
        (Dialect::Postgres, "yuan") => format!("(${operand}::bigint * 0.01)"),
        (Dialect::Sqlite, "time" | "day") => format!("?{operand}"),
        (Dialect::Postgres, "time") => format!("${operand}::text::timestamp"),
        (Dialect::Postgres, "day") => format!("${operand}::text::date"),
        (Dialect::Sqlite, "fen") => format!("CAST(round({operand} * 100) AS INTEGER)"),
        (Dialect::Postgres, "fen") => format!("({operand} * 100)::bigint"),
        // Whole numbers, so that SQLite adds up exactly and says where it would overflow.
        (Dialect::Sqlite, "sum_fen") => format!("sum(CAST(round({operand} * 100) AS INTEGER))"),
        (Dialect::Postgres, "sum_fen") => format!("(sum({operand}) * 100)::bigint"),
        (Dialect::Sqlite, "clock" | "date") => operand.to_owned(),
        (Dialect::Postgres, "clock") => {
            format!("to_char({operand}, 'YYYY-MM-DD HH24:MI:SS.MS')")
        }
        (Dialect::Postgres, "date") => format!("to_char({operand}, 'YYYY-MM-DD')"),
        (Dialect::Sqlite, "lock") => operand.to_owned(),
        (Dialect::Postgres, "lock") => format!("FOR NO KEY UPDATE{operand}"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_for_what_each_database_says() {
        let table = [
            ("SELECT 1", "SELECT 1", "SELECT 1"),
            (
                "a = ?1 AND b = ?12)",
                "a = ?1 AND b = ?12)",
                "a = $1 AND b = $12)",
            ),
            (
                "(yuan:2, ?3)",
                "((?2 / 100.0), ?3)",
                "(($2::bigint * 0.01), $3)",
            ),
            (
                "time:4,day:5",
                "?4,?5",
                "$4::text::timestamp,$5::text::date",
            ),
            (
                "SELECT fen:a.balance FROM t lock:",
                "SELECT CAST(round(a.balance * 100) AS INTEGER) FROM t ",
                "SELECT (a.balance * 100)::bigint FROM t FOR NO KEY UPDATE",
            ),
            (
                "sum_fen:amount, clock:at, date:day",
                "sum(CAST(round(amount * 100) AS INTEGER)), at, day",
                "(sum(amount) * 100)::bigint, to_char(at, 'YYYY-MM-DD HH24:MI:SS.MS'), to_char(day, 'YYYY-MM-DD')",
            ),
            ("'other:word'", "'other:word'", "'other:word'"),
        ];
        for (sql, sqlite, postgres) in table {
            assert_eq!(written(Dialect::Sqlite, sql), sqlite);
            assert_eq!(written(Dialect::Postgres, sql), postgres);
        }
    }
}
