//! A table of correcting entries, as it is written: whole records in the types of the table that
//! they correct.

use crate::error::{ConvertError, at};
use crate::part::PartFile;
use crate::store::Booking;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{DataType, Schema, SchemaRef};
use ledger::Record;
use rules::sql::{
    CAUSE_COLUMN, ENTRY_COLUMN, REASON_COLUMN, REBOOKING, REVERSAL, corrections_schema,
};
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// Entries that wait before they are written.
const WAITING_MAX: usize = 4_096;

/// What an entry does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum Does {
    /// Takes out all copies of its record.
    #[serde(rename = "REVERSAL")]
    Reverses,
    /// Puts its record in.
    #[serde(rename = "REBOOKING")]
    Rebooks,
}

/// A table of correcting entries under way. Dropped before it is finished, it is gone.
pub struct EntryTable {
    schema: SchemaRef,
    own: Vec<String>,
    waiting: Vec<(Does, Record, Option<String>)>,
    reason: String,
    sink: Sink,
}

/// Where entries go.
enum Sink {
    Nowhere,
    File(Box<PartFile>),
    Database(Booking),
}

impl Does {
    fn word(self) -> &'static str {
        match self {
            Self::Reverses => REVERSAL,
            Self::Rebooks => REBOOKING,
        }
    }
}

impl EntryTable {
    /// Begins entries for a table with these columns, to be written to `file`; without one they are
    /// tried to the last step but the disk.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn begin(table: &Schema, reason: &str, file: Option<&Path>) -> Result<Self, ConvertError> {
        let (schema, own) = columns(table);
        let sink = match file {
            Some(file) => {
                let folder = file.parent().unwrap_or(Path::new(""));
                fs::create_dir_all(folder).map_err(at(folder))?;
                Sink::File(Box::new(PartFile::create(file, Arc::clone(&schema), &own)?))
            }
            None => Sink::Nowhere,
        };
        Ok(Self::of(schema, own, reason, sink))
    }

    /// Begins entries for a table with these columns, to be booked in a database.
    pub(crate) fn book(table: &Schema, reason: &str, booking: Booking) -> Self {
        let (schema, own) = columns(table);
        Self::of(schema, own, reason, Sink::Database(booking))
    }

    fn of(schema: SchemaRef, own: Vec<String>, reason: &str, sink: Sink) -> Self {
        Self {
            schema,
            own,
            waiting: Vec::new(),
            reason: reason.to_owned(),
            sink,
        }
    }

    /// Gives a column that a record does not tell, if there is one: no entry can be made of it.
    pub fn lacking(&self, record: &Record) -> Option<&str> {
        let lacks = |name: &&String| record.get(name).is_none();
        self.own.iter().find(lacks).map(String::as_str)
    }

    /// Takes an entry.
    ///
    /// # Errors
    /// When a value is none of its column's type, or the file cannot be written.
    pub fn take(
        &mut self,
        does: Does,
        record: Record,
        cause: Option<String>,
    ) -> Result<(), ConvertError> {
        self.waiting.push((does, record, cause));
        match self.waiting.len() >= WAITING_MAX {
            true => self.write(),
            false => Ok(()),
        }
    }

    /// Completes the table.
    ///
    /// # Errors
    /// As [`EntryTable::take`].
    pub fn finish(mut self) -> Result<(), ConvertError> {
        self.write()?;
        match self.sink {
            Sink::File(part) => part.finish().map(drop),
            Sink::Nowhere | Sink::Database(_) => Ok(()),
        }
    }

    fn write(&mut self) -> Result<(), ConvertError> {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return Ok(());
        }
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.schema.fields().len());
        for (field, name) in self.schema.fields().iter().zip(&self.own) {
            let values = waiting
                .iter()
                .map(|(_, record, _)| record.get(name).flatten());
            let texts: StringArray = values.collect();
            columns.push(exact(&texts, field.data_type(), name)?);
        }
        let entry: StringArray = waiting.iter().map(|(does, ..)| Some(does.word())).collect();
        let cause: StringArray = waiting.iter().map(|(.., cause)| cause.as_deref()).collect();
        let reason: StringArray = waiting.iter().map(|_| Some(&self.reason)).collect();
        for (name, texts) in [
            (ENTRY_COLUMN, entry),
            (CAUSE_COLUMN, cause),
            (REASON_COLUMN, reason),
        ] {
            let at = self.schema.index_of(name)?;
            columns.push(exact(&texts, self.schema.field(at).data_type(), name)?);
        }
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns)?;
        match &mut self.sink {
            Sink::File(part) => part.write(&batch),
            Sink::Database(booking) => booking.append(batch),
            Sink::Nowhere => Ok(()),
        }
    }
}

/// The columns of entries for a table, and which of them are the table's own.
fn columns(table: &Schema) -> (SchemaRef, Vec<String>) {
    let schema = corrections_schema(table);
    // The last three columns are what an entry says of itself.
    let own = schema.fields().len().saturating_sub(3);
    let own = schema.fields().iter().take(own);
    let own = own.map(|field| field.name().clone()).collect();
    (Arc::new(schema), own)
}

/// Whether a text is a value of a type, and is given back by it as it was.
pub fn is_exact(text: Option<&str>, data_type: &DataType) -> bool {
    exact(&StringArray::from(vec![text]), data_type, "").is_ok()
}

/// Texts in a column's own type, which must give them back as they were.
fn exact(
    texts: &StringArray,
    data_type: &arrow_schema::DataType,
    name: &str,
) -> Result<ArrayRef, ConvertError> {
    let options = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    let lost = |text: &str| {
        ConvertError::Internal(format!(
            "`{text}` of `{name}` cannot be written as {data_type}"
        ))
    };
    let typed = cast_with_options(texts, data_type, &options)
        .map_err(|error| ConvertError::Internal(format!("`{name}`: {error}")))?;
    let shown = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(typed.as_ref(), &shown)?;
    let is_other = |row: &usize| match texts.is_null(*row) {
        true => typed.is_valid(*row),
        false => {
            let shown = || formatter.value(*row).to_string();
            typed.is_null(*row) || !are_same(data_type, &shown(), texts.value(*row))
        }
    };
    let other = (0..texts.len()).find(is_other);
    drop(formatter);
    match other {
        Some(row) if texts.is_null(row) => Err(lost("NULL")),
        Some(row) => Err(lost(texts.value(row))),
        None => Ok(typed),
    }
}

/// Whether two texts of a value are the same; a time may have zeros at its end or not.
fn are_same(data_type: &DataType, shown: &str, text: &str) -> bool {
    if !matches!(data_type, DataType::Timestamp(..)) {
        return shown == text;
    }
    let bare = |text: &str| {
        let (time, zone) = match text.strip_suffix('Z') {
            Some(time) => (time.to_owned(), "Z"),
            None => (text.to_owned(), ""),
        };
        match time.split_once('.') {
            Some((seconds, fraction)) => {
                let fraction = fraction.trim_end_matches('0').to_owned();
                (seconds.to_owned(), fraction, zone)
            }
            None => (time, String::new(), zone),
        }
    };
    bare(shown) == bare(text)
}

#[cfg(test)]
mod tests {
    use super::is_exact;
    use arrow_schema::{DataType, TimeUnit};

    #[test]
    fn a_value_is_written_only_where_it_comes_back_as_it_was() {
        let instant = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let civil = DataType::Timestamp(TimeUnit::Millisecond, None);
        let cases = [
            (Some("12.30"), DataType::Decimal128(18, 2), true),
            (Some("12.3"), DataType::Decimal128(18, 2), false),
            (Some("12.345"), DataType::Decimal128(18, 2), false),
            (Some("2013-05-27"), DataType::Date32, true),
            (Some("2013-05-27T02:30:01Z"), instant.clone(), true),
            (Some("2013-05-27T02:30:01.4Z"), instant.clone(), true),
            (Some("2013-05-27T02:30:01.123456Z"), instant.clone(), true),
            (Some("2013-05-27T02:30:01.1234567Z"), instant, false),
            (Some("2013-05-27T02:30:01.05"), civil.clone(), true),
            (Some("2013-05-27T02:30:01.0005"), civil, false),
            (Some("300"), DataType::Int8, false),
            (Some("7"), DataType::Int8, true),
            (Some("007"), DataType::Utf8, true),
            (None, DataType::Utf8, true),
        ];
        for (text, data_type, expect) in cases {
            assert_eq!(
                is_exact(text, &data_type),
                expect,
                "{text:?} as {data_type}"
            );
        }
    }
}
