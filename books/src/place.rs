//! The place of a record: `_file` and `_row`.

use std::sync::Arc;

use arrow_array::builder::StringViewBuilder;
use arrow_array::{Array, ArrayRef, StringViewArray, UInt64Array};
use arrow_buffer::Buffer;
use arrow_schema::{DataType, Field};

/// The column that names a record's file, relative to the book.
pub const FILE_COLUMN: &str = "_file";
/// The column that says where in its file a record is: the line on which it
/// starts for CSV, the row for Parquet, both from 1.
pub const ROW_COLUMN: &str = "_row";

/// The two columns that every table has after its own.
pub(crate) fn place_fields() -> [Field; 2] {
    [
        Field::new(FILE_COLUMN, DataType::Utf8View, false),
        Field::new(ROW_COLUMN, DataType::UInt64, false),
    ]
}

/// Gives `_file` arrays of any length without building them anew.
#[derive(Debug)]
pub(crate) struct FileColumn {
    name: Arc<str>,
    built: StringViewArray,
}

impl FileColumn {
    pub(crate) fn new(name: Arc<str>) -> FileColumn {
        FileColumn {
            name,
            built: StringViewArray::new_null(0),
        }
    }

    pub(crate) fn of_rows(&mut self, rows: usize) -> ArrayRef {
        if self.built.len() < rows {
            self.built = repeat(&self.name, rows.next_power_of_two());
        }
        Arc::new(self.built.slice(0, rows))
    }
}

/// An array of the same text over and over, which it holds once.
fn repeat(text: &str, rows: usize) -> StringViewArray {
    let mut builder = StringViewBuilder::with_capacity(rows);
    let block = builder.append_block(Buffer::from(text.as_bytes()));
    let length = u32::try_from(text.len()).expect("a path is shorter than 4 GiB");
    for _ in 0..rows {
        builder
            .try_append_view(block, 0, length)
            .expect("the block is this text");
    }
    builder.finish()
}

/// `_row` for rows that follow each other, `first` being the first.
pub(crate) fn rows_from(first: u64, rows: usize) -> ArrayRef {
    Arc::new(UInt64Array::from_iter_values((first..).take(rows)))
}
