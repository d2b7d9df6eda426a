//! Numbered migrations in plain SQL.

use std::collections::BTreeMap;

use super::{Dialect, StoreError};

/// Is one step of a database's tables, never changed once it was run anywhere.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Whose tables they are: numbers count within it.
    pub set: &'static str,
    /// From 1 on, without gaps.
    pub number: i64,
    /// The statements for SQLite.
    pub sqlite: &'static str,
    /// The statements for PostgreSQL.
    pub postgres: &'static str,
}

/// The table of what was run.
pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS migration (
  set_name TEXT NOT NULL, number BIGINT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (set_name, number))";
pub(super) const LIST: &str = "SELECT set_name, number, digest FROM migration";
/// One row of a set, if any of it was run.
pub(super) const HELD: &str = "SELECT number FROM migration WHERE set_name = ?1 LIMIT 1";
pub(super) const NOTE: &str = "INSERT INTO migration VALUES (?1, ?2, ?3)";

impl Migration {
    pub(super) fn sql(&self, dialect: Dialect) -> &'static str {
        match dialect {
            Dialect::Sqlite => self.sqlite,
            Dialect::Postgres => self.postgres,
        }
    }

    pub(super) fn digest(&self, dialect: Dialect) -> String {
        blake3::hash(self.sql(dialect).as_bytes())
            .to_hex()
            .to_string()
    }
}

/// Gives the migrations that have not been run, in order.
pub(super) fn to_run(
    dialect: Dialect,
    known: &[Migration],
    run: &[(String, i64, String)],
) -> Result<Vec<Migration>, StoreError> {
    let mut numbers: BTreeMap<&str, i64> = BTreeMap::new();
    for one in known {
        let number = numbers.entry(one.set).or_default();
        *number = number.saturating_add(1);
        if *number != one.number {
            let says = format!(
                "{} {} does not follow the one before it",
                one.set, one.number
            );
            return Err(StoreError::Migration(says));
        }
    }
    for (set, number, digest) in run {
        let Some(one) = known
            .iter()
            .find(|one| one.set == set && one.number == *number)
        else {
            let of_set = known.iter().filter(|one| one.set == set);
            let most = of_set.map(|one| one.number).max().unwrap_or(0);
            let says = format!(
                "{set} {number} is of a newer program, and this one knows {set} to {most}: run the newer one"
            );
            return Err(StoreError::Migration(says));
        };
        if one.digest(dialect) != *digest {
            let says = format!("{set} {number} was run with other statements");
            return Err(StoreError::Migration(says));
        }
    }
    let is_new = |one: &&Migration| {
        !run.iter()
            .any(|(set, number, _)| set == one.set && *number == one.number)
    };
    Ok(known.iter().filter(is_new).copied().collect())
}
