//! CSV: strict, in any encoding, fast.

mod batch;
mod cut;
mod dialect;
mod index;
mod mask;
mod reader;
mod records;
mod text;

use std::sync::Arc;

pub use records::MAX_RECORD_BYTES;

pub(crate) use reader::read;
pub(crate) use text::is_sqlite;

use crate::error::{BookError, ReadError, ReadErrorKind};
use crate::find::{FoundFile, compression_of};
use crate::spec::TableSpec;
use crate::table::{SourceFile, Span};
use dialect::Dialect;
use records::{Layout, Records};
use text::{Coding, Declared, Text};

/// What is known of a CSV file once its header has been read.
#[derive(Debug)]
pub(crate) struct CsvFile {
    layout: Layout,
}

impl CsvFile {
    /// Reads a file's header; returns the names of its columns too.
    pub(crate) fn open(
        file: &FoundFile,
        spec: &TableSpec,
    ) -> Result<(CsvFile, Vec<String>), BookError> {
        let dialect = Arc::new(Dialect::new(&file.display, spec)?);
        let declared = Declared::new(spec.encoding.as_deref())?;
        let claimed = compression_of(&file.display);
        let coding = Coding::detect(&file.path, claimed, declared)
            .map_err(|kind| head_error(&file.display, kind))?;
        let mut layout = Layout {
            display: Arc::from(file.display.as_str()),
            dialect,
            coding,
            names: Arc::from([]),
            data_line: 1,
        };
        let text = Text::open(&file.path, &coding, 0, u64::MAX)
            .map_err(|error| ReadError::new(&file.display, ReadErrorKind::Io(error.to_string())))?;
        let mut records = Records::new(layout.clone(), text, 1, true);
        let header = records.start()?;
        layout.data_line = records.line();
        let names = settle_names(header, &layout)?;
        layout.names = Arc::from(names.as_slice());
        Ok((CsvFile { layout }, names))
    }

    /// The ranges of bytes in which a file is read, in their order.
    pub(crate) fn cut(&self, file: &SourceFile, chunk_bytes: u64) -> Vec<Span> {
        cut::cut(&self.layout, file, chunk_bytes)
    }
}

pub(crate) fn head_error(display: &str, kind: ReadErrorKind) -> ReadError {
    let mend = match kind {
        ReadErrorKind::ByteOrderMark { .. } => {
            "leave `encoding` out for this file: its mark says it"
        }
        ReadErrorKind::NotCompressed(_) => "give the file the name that it should have",
        ReadErrorKind::ParquetInstead => "declare `format = \"parquet\"`",
        ReadErrorKind::SqliteInstead => {
            return ReadError::new(display, kind).mend(format!(
                "give it as a database: `sqlite://` and its path, as in `sqlite://{display}`"
            ));
        }
        _ => "",
    };
    ReadError::new(display, kind).mend(mend)
}

/// The names that hold: those of the plan, else those of the header.
fn settle_names(header: Option<Vec<String>>, layout: &Layout) -> Result<Vec<String>, ReadError> {
    let declared = &layout.dialect.names;
    match header {
        Some(header) if declared.is_empty() => Ok(header),
        Some(header) if header.len() != declared.len() => {
            let kind = ReadErrorKind::NameCount {
                found: header.len(),
                declared: declared.len(),
            };
            Err(ReadError::new(&layout.display, kind)
                .mend(format!("name these, in their order: {}", header.join(", "))))
        }
        _ => Ok(declared.clone()),
    }
}
