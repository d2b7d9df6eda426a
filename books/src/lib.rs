//! Opens books of files as Arrow batches, every record with its place.
//!
//! A book is all the tables of one side: a folder of CSV and Parquet files, a
//! single file, a glob, or a database. Nothing in it is silently mended: a wrong field
//! count, an undecodable byte, an unclosed quote or a file that is cut off is
//! an error with file, line, column and what to do. What the plan declares to
//! be mended is counted, file by file.
//!
//! ```
//! use arrow_array::cast::AsArray;
//! use books::{Book, BookSpec, ReadRequest};
//!
//! let folder = tempfile::tempdir()?;
//! std::fs::write(folder.path().join("flow.csv"), "serial,amount\nA1,10.00\nA2,\"1,000.00\"\n")?;
//! let book = Book::open(&BookSpec { root: folder.path().into(), ..BookSpec::default() })
//!     .expect("the book is sound");
//!
//! let flow = book.table("flow").expect("a file is a table by its stem");
//! let schema = flow.schema();
//! let names: Vec<&String> = schema.fields().iter().map(|field| field.name()).collect();
//! assert_eq!(names, ["serial", "amount", "_file", "_row"]);
//!
//! let amount = schema.index_of("amount")?;
//! let mut amounts = Vec::new();
//! for chunk in flow.chunks() {
//!     for batch in flow.read(&chunk, &ReadRequest::new(vec![amount]))? {
//!         let batch = batch?;
//!         amounts.extend(batch.column(0).as_string_view().iter().flatten().map(str::to_owned));
//!     }
//! }
//! assert_eq!(amounts, ["10.00", "1,000.00"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - [`BookSpec`] says where a book is; [`TableSpec`] how the files of a table
//!   are written; both come from the plan.
//! - [`Book`] holds the [`Table`]s. A table is cut into [`Chunk`]s, which any
//!   number of threads may read, each with a [`ReadRequest`]: which columns,
//!   which rows ([`RowFilter`]), how many at a time, who is told ([`Meter`]).
//! - [`BookError`] and [`ReadError`] say what is wrong, where, and the mend;
//!   [`Repair`] what was mended, as declared; [`FileDigest`] what was read.
//!
//! # What a file says
//!
//! **Tables.** A file ending in `.csv`, `.tsv`, `.tab` or `.parquet` (CSV also
//! with `.gz` or `.zst` behind) is a table by its stem, in whatever folder it
//! is; hidden files are passed over. Several files are one table where the plan
//! says so with `files`, and where their names begin with `part-`: those are
//! the table of their folder's name. Files are in the order of their paths.
//!
//! **CSV** is RFC 4180 without leniency: lines end with LF or CR LF, the last
//! one need not; a quoted field may hold delimiters, line ends and doubled
//! quotes. Every column is text. CSV has no NULL: an empty field is the empty
//! text, unless `null_values` names it. In a file of one column an empty line
//! is a record; in others it is an error. `_row` is the line on which the
//! record starts, from 1, as an editor counts them. Encodings are those of the
//! WHATWG; its windows-1252 gives the five bytes that have no character there
//! (0x81, 0x8D, 0x8F, 0x90, 0x9D) the control character of the same number.
//! A byte-order mark is honoured; one that contradicts the plan is an error.
//!
//! **Parquet** keeps its types, with text and bytes as views and dictionaries
//! resolved. `_row` is the number of the row in its file, from 1. Columns of
//! lists, maps or structures stand in the schema and cannot be read.
//!
//! **Databases** (see the crate `databases`) give each table and view by its name.
//! `_file` is empty, `_row` the number of the record in the order of the
//! primary key, from 1; without one, in the order in which the server gives
//! them. All that is read of a book is of one moment. A record that is asked for
//! by its key is fetched by it.
//!
//! # What it does not do
//!
//! It does not guess: neither encodings nor delimiters nor types nor dates. It
//! writes nothing. It does not make amounts of texts:
//! that is a rule's work. It does not wait for a file that is still written: a
//! file that changes while it is read is an error.

mod book;
mod chunk;
mod columns;
mod csv;
mod database;
mod digest;
mod error;
mod find;
mod guard;
mod parquet;
mod place;
mod pushed;
mod read;
mod repair;
mod spec;
mod table;

pub use book::{Book, CHUNK_BYTES};
pub use csv::MAX_RECORD_BYTES;
pub use databases::{
    Address as DatabaseAddress, Comparison, Condition, GroupSums, Load as DatabaseLoad, Part,
    RangeSums, SpelledColumn, Spelling, SpellingRequest,
};
pub use digest::{FileDigest, cut_side_by_side, digest_tables};
pub use error::{BookError, BookErrorKind, FieldPlace, ReadError, ReadErrorKind};
pub use place::{FILE_COLUMN, ROW_COLUMN};
pub use pushed::Unsummed;
pub use read::{ChunkReader, Meter, RangeTest, ReadRequest, RowFilter, Share};
pub use repair::{Repair, RepairKind};
pub use spec::{BookSpec, ExtraFields, FileOverride, Format, TableSpec};
pub use table::{Chunk, ChunkId, FileInfo, Table};
