//! A table of Parquet files as rows of cells, to look at, to change and to write back.

use arrow_array::builder::{Decimal128Builder, StringBuilder, StringViewBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
};
use arrow_array::{
    Array, ArrayRef, Date32Array, Int64Array, RecordBatch, TimestampMicrosecondArray,
    TimestampMillisecondArray,
};
use arrow_schema::{DataType, SchemaRef, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One value. Amounts are whole fen; a day, a time or a count is its number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cell {
    Nothing,
    Text(String),
    Fen(i128),
    Number(i64),
}

/// One file of a table.
struct Part {
    path: PathBuf,
    schema: SchemaRef,
    rows: usize,
}

/// All rows of a table, in the order of its files.
pub(crate) struct Sheet {
    parts: Vec<Part>,
    columns: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

impl Sheet {
    /// Reads a file, or all files of a folder.
    pub(crate) fn read(path: &Path) -> Self {
        let mut files = vec![path.to_owned()];
        if path.is_dir() {
            let entries = fs::read_dir(path).unwrap();
            files = entries.map(|entry| entry.unwrap().path()).collect();
            files.sort();
        }
        let mut sheet = Self {
            parts: Vec::new(),
            columns: Vec::new(),
            rows: Vec::new(),
        };
        files.iter().for_each(|file| sheet.read_part(file));
        sheet
    }

    fn read_part(&mut self, path: &Path) {
        let file = File::open(path).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        let schema = Arc::clone(reader.schema());
        let fields = schema.fields().iter();
        self.columns = fields.map(|field| field.name().clone()).collect();
        let before = self.rows.len();
        for batch in reader.build().unwrap() {
            let batch = batch.unwrap();
            let row = |row| batch.columns().iter().map(|all| cell(all, row)).collect();
            self.rows.extend((0..batch.num_rows()).map(row));
        }
        self.parts.push(Part {
            path: path.to_owned(),
            schema,
            rows: self.rows.len() - before,
        });
    }

    /// Writes every row back; rows that are new go into the last file, and lost ones leave it.
    pub(crate) fn write(&self) {
        let mut rows = self.rows.as_slice();
        for (at, part) in self.parts.iter().enumerate() {
            let is_last = at + 1 == self.parts.len();
            let take = if is_last {
                rows.len()
            } else {
                part.rows.min(rows.len())
            };
            let (of_part, rest) = rows.split_at(take);
            rows = rest;
            part.write(of_part);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    fn column(&self, name: &str) -> usize {
        let found = self.columns.iter().position(|column| column == name);
        found.unwrap_or_else(|| panic!("no column {name} in {:?}", self.columns))
    }

    pub(crate) fn at(&self, row: usize, column: &str) -> &Cell {
        &self.rows[row][self.column(column)]
    }

    /// The text of a cell; of an empty one it is empty.
    pub(crate) fn text(&self, row: usize, column: &str) -> &str {
        match self.at(row, column) {
            Cell::Text(text) => text,
            Cell::Nothing => "",
            other => panic!("{column} is no text: {other:?}"),
        }
    }

    pub(crate) fn fen(&self, row: usize, column: &str) -> i128 {
        match self.at(row, column) {
            Cell::Fen(fen) => *fen,
            other => panic!("{column} is no amount: {other:?}"),
        }
    }

    pub(crate) fn number(&self, row: usize, column: &str) -> i64 {
        match self.at(row, column) {
            Cell::Number(number) => *number,
            other => panic!("{column} is no number: {other:?}"),
        }
    }

    /// The rows for which something is true.
    pub(crate) fn rows(&self, is_so: impl Fn(&Self, usize) -> bool) -> Vec<usize> {
        (0..self.len()).filter(|row| is_so(self, *row)).collect()
    }

    /// The first row for which something is true.
    pub(crate) fn first(&self, is_so: impl Fn(&Self, usize) -> bool) -> usize {
        let found = (0..self.len()).find(|row| is_so(self, *row));
        found.expect("the history is large enough to have such a record")
    }

    /// The first two rows of a kind that are to each other as asked.
    pub(crate) fn pair(
        &self,
        is_so: impl Fn(&Self, usize) -> bool,
        are_so: impl Fn(&Self, usize, usize) -> bool,
    ) -> [usize; 2] {
        let rows = self.rows(is_so);
        let found = rows.iter().enumerate().find_map(|(at, &one)| {
            let mut later = rows[at + 1..].iter();
            later
                .find(|&&other| are_so(self, one, other))
                .map(|&other| [one, other])
        });
        found.expect("the history is large enough to have such records")
    }

    /// Whether two rows hold the same in a column.
    pub(crate) fn agree(&self, one: usize, other: usize, column: &str) -> bool {
        self.at(one, column) == self.at(other, column)
    }

    pub(crate) fn set(&mut self, row: usize, column: &str, cell: Cell) {
        let column = self.column(column);
        self.rows[row][column] = cell;
    }

    pub(crate) fn set_text(&mut self, row: usize, column: &str, text: &str) {
        self.set(row, column, Cell::Text(text.to_owned()));
    }

    /// Adds to an amount, in fen, or to a number.
    pub(crate) fn add(&mut self, row: usize, column: &str, more: i64) {
        let sum = match self.at(row, column) {
            Cell::Fen(fen) => Cell::Fen(fen + i128::from(more)),
            Cell::Number(number) => Cell::Number(number + more),
            other => panic!("nothing can be added to {other:?}"),
        };
        self.set(row, column, sum);
    }

    /// Two rows change a column with each other.
    pub(crate) fn swap(&mut self, one: usize, other: usize, column: &str) {
        let (first, second) = (self.at(one, column).clone(), self.at(other, column).clone());
        assert_ne!(first, second, "nothing would change");
        self.set(one, column, second);
        self.set(other, column, first);
    }

    /// Drops rows.
    pub(crate) fn drop_rows(&mut self, is_so: impl Fn(&Self, usize) -> bool) {
        let dropped = self.rows(is_so);
        assert!(!dropped.is_empty(), "nothing would change");
        for row in dropped.into_iter().rev() {
            self.rows.remove(row);
        }
    }

    /// Writes rows a second time.
    pub(crate) fn double_rows(&mut self, is_so: impl Fn(&Self, usize) -> bool) {
        for row in self.rows(is_so) {
            self.rows.push(self.rows[row].clone());
        }
    }
}

impl Part {
    fn write(&self, rows: &[Vec<Cell>]) {
        let fields = self.schema.fields().iter().enumerate();
        let columns = fields
            .map(|(at, field)| array(field.data_type(), rows.iter().map(|row| &row[at])))
            .collect();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns).unwrap();
        let file = File::create(&self.path).unwrap();
        let mut writer = ArrowWriter::try_new(file, Arc::clone(&self.schema), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
    }
}

fn cell(array: &ArrayRef, row: usize) -> Cell {
    if array.is_null(row) {
        return Cell::Nothing;
    }
    match array.data_type() {
        DataType::Utf8 => Cell::Text(array.as_string::<i32>().value(row).to_owned()),
        DataType::Utf8View => Cell::Text(array.as_string_view().value(row).to_owned()),
        DataType::Decimal128(_, _) => Cell::Fen(array.as_primitive::<Decimal128Type>().value(row)),
        DataType::Int64 => Cell::Number(array.as_primitive::<Int64Type>().value(row)),
        DataType::Date32 => Cell::Number(array.as_primitive::<Date32Type>().value(row).into()),
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            Cell::Number(array.as_primitive::<TimestampMillisecondType>().value(row))
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            Cell::Number(array.as_primitive::<TimestampMicrosecondType>().value(row))
        }
        other => panic!("no table of the wallet has a column of {other}"),
    }
}

fn array<'a>(data_type: &DataType, cells: impl Iterator<Item = &'a Cell>) -> ArrayRef {
    let text = |cell: &'a Cell| match cell {
        Cell::Text(text) => Some(text.as_str()),
        _ => None,
    };
    let fen = |cell: &Cell| match cell {
        Cell::Fen(fen) => Some(*fen),
        _ => None,
    };
    let number = |cell: &Cell| match cell {
        Cell::Number(number) => Some(*number),
        _ => None,
    };
    match data_type {
        DataType::Utf8 => {
            let mut builder = StringBuilder::new();
            cells.for_each(|cell| builder.append_option(text(cell)));
            Arc::new(builder.finish())
        }
        DataType::Utf8View => {
            let mut builder = StringViewBuilder::new();
            cells.for_each(|cell| builder.append_option(text(cell)));
            Arc::new(builder.finish())
        }
        DataType::Decimal128(_, _) => {
            let mut builder = Decimal128Builder::new().with_data_type(data_type.clone());
            cells.for_each(|cell| builder.append_option(fen(cell)));
            Arc::new(builder.finish())
        }
        DataType::Int64 => Arc::new(cells.map(number).collect::<Int64Array>()),
        DataType::Date32 => {
            let day = |cell| number(cell).map(|day| i32::try_from(day).unwrap());
            Arc::new(cells.map(day).collect::<Date32Array>())
        }
        DataType::Timestamp(TimeUnit::Millisecond, zone) => {
            let times: TimestampMillisecondArray = cells.map(number).collect();
            Arc::new(times.with_timezone_opt(zone.clone()))
        }
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            let times: TimestampMicrosecondArray = cells.map(number).collect();
            Arc::new(times.with_timezone_opt(zone.clone()))
        }
        other => panic!("no table of the wallet has a column of {other}"),
    }
}
