//! Cutting the files of a table into chunks.

use std::sync::Arc;

use crate::table::{Body, Chunk, ChunkId, SourceFile, Span, Table};

/// All chunks of a table, in the order of files and records.
pub(crate) fn cut(table: &Table) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    for (number, source) in table.sources.iter().enumerate() {
        let parts = match &source.body {
            Body::Csv(csv) => byte_ranges(csv.cut(source, table.chunk_bytes)),
            Body::Parquet(parquet) => parquet.row_groups(),
            Body::Database(database) => database.cut(table.files[number].bytes),
        };
        for (part, (span, bytes, rows)) in parts.into_iter().enumerate() {
            chunks.push(chunk(&table.name, number, source, part, span, bytes, rows));
        }
    }
    chunks
}

fn chunk(
    table: &Arc<str>,
    file: usize,
    source: &SourceFile,
    part: usize,
    span: Span,
    bytes: u64,
    rows: Option<u64>,
) -> Chunk {
    let part = u32::try_from(part).expect("a file has fewer than 2^32 parts");
    let id = ChunkId(u64::from(source.number) << 32 | u64::from(part));
    Chunk {
        id,
        table: Arc::clone(table),
        file,
        part,
        bytes,
        rows,
        span,
    }
}

fn byte_ranges(spans: Vec<Span>) -> Vec<(Span, u64, Option<u64>)> {
    let length = |span: &Span| match span {
        Span::Bytes { start, end, .. } => end - start,
        Span::RowGroup { .. } | Span::Keys { .. } => 0,
    };
    spans
        .into_iter()
        .map(|span| (span, length(&span), None))
        .collect()
}
