//! Tells from a record alone whether it is as it was generated.

pub(crate) mod text;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Int64Type, TimestampMillisecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use thiserror::Error;

use crate::numbers::{self, AccountPlace};
use crate::record::{Column, ColumnKind, Sealed, Table, Visit};
use crate::seal::{Seal, SealKey};

/// Knows the seed of a book, and therefore every record of it when it sees one.
#[derive(Debug, Clone, Copy)]
pub struct Auditor {
    seed: u64,
}

/// Says why a batch cannot be audited.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{table}` has no column `{column}` of the type in which it was written")]
pub struct AuditError {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
}

/// Is a field of a record for a check code: a time or date as it is written, an amount in the
/// smallest units, a whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field<'a> {
    /// Nothing.
    Nothing,
    /// A text, a time or a date.
    Text(&'a str),
    /// Fen, or a whole number.
    Number(i64),
}

impl Auditor {
    /// Makes the one who knows the books of a seed, whatever their size.
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// Gives the seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Gives the check code that a record of these fields has: all of the table's columns but the
    /// last one, in their order. Nothing if a field is of another kind than its column. Whoever goes
    /// on with a book seals new records with it.
    pub fn check_code<'a>(
        &self,
        table: Table,
        fields: impl ExactSizeIterator<Item = Field<'a>>,
    ) -> Option<i64> {
        let (_, columns) = table.columns().split_last()?;
        if fields.len() != columns.len() {
            return None;
        }
        let mut seal = Seal::new(SealKey::new(self.seed, table));
        for (column, field) in columns.iter().zip(fields) {
            match (column.kind, field) {
                (ColumnKind::Money, Field::Number(fen)) => seal.money(Some(fen)),
                (ColumnKind::Number, Field::Number(number)) => seal.number(number),
                (ColumnKind::Money | ColumnKind::Number | ColumnKind::Rate, Field::Text(_))
                | (_, Field::Number(_)) => return None,
                (_, Field::Text(text)) => absorb_text(&mut seal, *column, Some(text))?,
                (_, Field::Nothing) => absorb_text(&mut seal, *column, None)?,
            }
        }
        Some(seal.finish())
    }

    /// Gives the two digits that end the serial of a shard's record of that number.
    pub fn serial_check(&self, shard: u32, number: u64) -> u64 {
        numbers::serial_check(self.seed, shard, number)
    }

    /// Gives the number of an account by its place; [`Auditor::locate`] comes back from it. Nothing
    /// for an index beyond all numbers.
    pub fn account(&self, place: AccountPlace) -> Option<String> {
        numbers::account(self.seed, place)
    }

    /// Says whether a record is as it was generated, from its fields as a CSV file holds them:
    /// in the order of the columns, nothing as `None`.
    pub fn audit(&self, table: Table, fields: &[Option<&str>]) -> bool {
        let columns = table.columns();
        if fields.len() != columns.len() {
            return false;
        }
        let mut seal = Seal::new(SealKey::new(self.seed, table));
        let Some((check_code, rest)) = fields.split_last() else {
            return false;
        };
        let is_readable = rest
            .iter()
            .zip(columns)
            .all(|(field, column)| absorb_text(&mut seal, *column, *field).is_some());
        is_readable && check_code.and_then(text::parse_number) == Some(seal.finish())
    }

    /// Gives the rows of a batch, from 0, that are not as they were generated.
    ///
    /// The batch has the table's columns, in any order, as they are read from Parquet.
    ///
    /// # Errors
    ///
    /// A column is missing or of another type.
    pub fn audit_batch(&self, table: Table, batch: &RecordBatch) -> Result<Vec<usize>, AuditError> {
        let mut columns = Vec::new();
        for column in table.columns() {
            let array = batch.column_by_name(column.name);
            let fitting = array.filter(|array| fits(column.kind, array.data_type()));
            let array = fitting.ok_or(AuditError {
                table: table.name(),
                column: column.name,
            })?;
            columns.push((*column, array.as_ref()));
        }
        let Some(((_, check_codes), rest)) = columns.split_last() else {
            return Ok(Vec::new());
        };
        let key = SealKey::new(self.seed, table);
        let is_off = |row: &usize| {
            let mut seal = Seal::new(key);
            for (column, array) in rest {
                absorb(&mut seal, column.kind, *array, *row);
            }
            let check_codes = check_codes.as_primitive::<Int64Type>();
            check_codes.is_null(*row) || check_codes.value(*row) != seal.finish()
        };
        Ok((0..batch.num_rows()).filter(is_off).collect())
    }

    /// Tells which account a number stands for, or nothing if no account can have it.
    pub fn locate(&self, account: &str) -> Option<AccountPlace> {
        numbers::locate(self.seed, account)
    }
}

/// The field as the seal takes it; nothing if it is not written the way it is generated.
fn absorb_text(seal: &mut Seal, column: Column, field: Option<&str>) -> Option<()> {
    if field.is_none() && !column.is_nullable {
        return None;
    }
    match column.kind {
        ColumnKind::Text => seal.text(field.map(str::as_bytes)),
        ColumnKind::Money => seal.money(read(field, |text| text::parse_decimal(text, 2))?),
        ColumnKind::Rate => seal.rate(text::parse_decimal(field?, 6)?),
        ColumnKind::Time => seal.time(read(field, text::parse_time)?),
        ColumnKind::Date => seal.date(read(field, text::parse_date)?),
        ColumnKind::Number => seal.number(text::parse_number(field?)?),
    }
    Some(())
}

/// Nothing stays nothing; what cannot be read is none at all.
fn read<T>(field: Option<&str>, parse: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
    match field {
        None => Some(None),
        Some(text) => parse(text).map(Some),
    }
}

fn fits(kind: ColumnKind, data_type: &DataType) -> bool {
    match kind {
        ColumnKind::Text => matches!(data_type, DataType::Utf8 | DataType::Utf8View),
        ColumnKind::Money => *data_type == DataType::Decimal128(18, 2),
        ColumnKind::Rate => *data_type == DataType::Decimal128(9, 6),
        ColumnKind::Time => *data_type == DataType::Timestamp(TimeUnit::Millisecond, None),
        ColumnKind::Date => *data_type == DataType::Date32,
        ColumnKind::Number => *data_type == DataType::Int64,
    }
}

fn absorb(seal: &mut Seal, kind: ColumnKind, array: &dyn Array, row: usize) {
    let is_given = array.is_valid(row);
    match kind {
        ColumnKind::Text => {
            let text = match array.data_type() {
                DataType::Utf8 => array.as_string::<i32>().value(row),
                _ => array.as_string_view().value(row),
            };
            seal.text(is_given.then_some(text.as_bytes()));
        }
        ColumnKind::Money | ColumnKind::Rate => {
            let units = array.as_primitive::<Decimal128Type>().value(row);
            let units = i64::try_from(units).unwrap_or(i64::MAX);
            seal.money(is_given.then_some(units));
        }
        ColumnKind::Time => {
            let millis = array.as_primitive::<TimestampMillisecondType>().value(row);
            seal.time(is_given.then_some(millis));
        }
        ColumnKind::Date => {
            let days = array.as_primitive::<Date32Type>().value(row);
            seal.date(is_given.then_some(days));
        }
        ColumnKind::Number => seal.number(array.as_primitive::<Int64Type>().value(row)),
    }
}

/// Gives the fields of a record as a CSV file holds them, in the order of the columns.
///
/// The check code, which a [`Desk`](crate::Desk) does not see, is the last one.
pub(crate) fn texts(seed: u64, record: &impl Sealed) -> Vec<Option<String>> {
    let mut texts = Texts::default();
    record.visit(&mut texts);
    texts.number(SealKey::new(seed, record_table(record)).of(record));
    texts.0
}

fn record_table<R: Sealed>(_: &R) -> Table {
    R::TABLE
}

#[derive(Debug, Default)]
struct Texts(Vec<Option<String>>);

impl Texts {
    fn put<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Vec<u8>, T)) {
        self.0.push(value.map(|value| {
            let mut text = Vec::new();
            write(&mut text, value);
            String::from_utf8(text).expect("all text is UTF-8")
        }));
    }
}

impl Visit for Texts {
    fn text(&mut self, value: Option<&[u8]>) {
        self.put(value, |out, text| out.extend_from_slice(text));
    }

    fn money(&mut self, fen: Option<i64>) {
        self.put(fen, |out, fen| text::decimal(out, fen, 2));
    }

    fn rate(&mut self, millionths: i64) {
        self.put(Some(millionths), |out, rate| text::decimal(out, rate, 6));
    }

    fn time(&mut self, millis: Option<i64>) {
        self.put(millis, text::time);
    }

    fn date(&mut self, days: Option<i32>) {
        self.put(days, text::date);
    }

    fn number(&mut self, value: i64) {
        self.0.push(Some(value.to_string()));
    }
}
