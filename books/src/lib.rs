#![doc = "Opens books of files as Arrow batches, every record with its place."]

mod book;
mod chunk;
mod columns;
mod csv;
mod digest;
mod error;
mod find;
mod parquet;
mod place;
mod read;
mod repair;
mod spec;
mod table;

pub use book::{Book, CHUNK_BYTES};
pub use csv::MAX_RECORD_BYTES;
pub use digest::FileDigest;
pub use error::{BookError, BookErrorKind, FieldPlace, ReadError, ReadErrorKind};
pub use place::{FILE_COLUMN, ROW_COLUMN};
pub use read::{ChunkReader, Meter, ReadRequest, RowFilter};
pub use repair::{Repair, RepairKind};
pub use spec::{BookSpec, ExtraFields, FileOverride, Format, TableSpec};
pub use table::{Chunk, ChunkId, FileInfo, Table};
