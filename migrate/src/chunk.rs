//! Cuts a table into the chunks of a conversion.

use crate::manifest::SourceRange;
use books::{Chunk, Table};

/// Records of a book's chunk whose number is not known before it is read (CSV), by its bytes.
const BYTES_PER_RECORD: u64 = 64;

/// One chunk of a conversion: some consecutive chunks of one file.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub(crate) number: u32,
    pub(crate) chunks: Vec<Chunk>,
}

impl Task {
    pub(crate) fn bytes(&self) -> u64 {
        self.chunks.iter().map(|chunk| chunk.bytes).sum()
    }

    pub(crate) fn range(&self, table: &Table) -> Option<SourceRange> {
        let (first, last) = (self.chunks.first()?, self.chunks.last()?);
        Some(SourceRange {
            table: table.name().to_owned(),
            file: table.files().get(first.file)?.path.clone(),
            from_part: first.part,
            to_part: last.part,
        })
    }
}

/// Cuts a table into tasks of about `records` records, in the order of its files and records. There
/// is always one, so that an empty table is written too.
pub(crate) fn cut(table: &Table, records: u64) -> Vec<Task> {
    let mut tasks: Vec<Vec<Chunk>> = Vec::new();
    let mut held = 0;
    for chunk in table.chunks() {
        let rows = chunk.rows.unwrap_or(chunk.bytes / BYTES_PER_RECORD);
        match tasks.last_mut() {
            Some(last) if last[0].file == chunk.file && held + rows <= records => {
                held += rows;
                last.push(chunk);
            }
            _ => {
                held = rows;
                tasks.push(vec![chunk]);
            }
        }
    }
    if tasks.is_empty() {
        tasks.push(Vec::new());
    }
    let task = |(number, chunks)| Task { number, chunks };
    (0..).zip(tasks).map(task).collect()
}
