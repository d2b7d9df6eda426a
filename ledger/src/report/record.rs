//! A record as the report shows it.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

/// Is a record as shown: columns with their values, in the order of the columns. In JSON an object.
///
/// Names and values of up to 23 bytes, as nearly all are, take no memory of their own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Record(pub Vec<(SmolStr, Option<SmolStr>)>);

impl Record {
    /// Gives a column's value: `None` where there is no such column, `Some(None)` where it is NULL.
    pub fn get(&self, column: &str) -> Option<Option<&str>> {
        Some(self.held(column)?.as_deref())
    }

    /// Gives a column's value; none where it is NULL or there is no such column.
    pub fn value(&self, column: &str) -> Option<&SmolStr> {
        self.held(column)?.as_ref()
    }

    fn held(&self, column: &str) -> Option<&Option<SmolStr>> {
        let (_, value) = self.0.iter().find(|(name, _)| name == column)?;
        Some(value)
    }

    /// Adds a column after the others.
    pub fn push(&mut self, column: impl Into<SmolStr>, value: Option<SmolStr>) {
        self.0.push((column.into(), value));
    }

    /// Says whether there are no columns.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<N: Into<SmolStr>, V: Into<SmolStr>> FromIterator<(N, Option<V>)> for Record {
    fn from_iter<I: IntoIterator<Item = (N, Option<V>)>>(columns: I) -> Record {
        let owned = |(name, value): (N, Option<V>)| (name.into(), value.map(Into::into));
        Record(columns.into_iter().map(owned).collect())
    }
}

impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Record, D::Error> {
        deserializer.deserialize_map(Columns)
    }
}

/// Reads an object's members in their order.
struct Columns;

impl<'de> Visitor<'de> for Columns {
    type Value = Record;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object whose values are strings or null")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Record, A::Error> {
        let mut record = Record::default();
        while let Some(member) = members.next_entry()? {
            record.0.push(member);
        }
        Ok(record)
    }
}
