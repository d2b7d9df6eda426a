//! Converts books: runs the rules of a plan and writes the tables that they say the target must
//! hold.
//!
//! [`prepare`] opens the source and reads the rules; [`convert`] works them off in chunks of the
//! main table, in as many threads as asked, and publishes what came of it.
//!
//! ```no_run
//! use migrate::{Options, convert, prepare};
//! use rules::watch::{Unwatched, Watch};
//! use std::sync::Arc;
//!
//! # async fn run() -> Result<(), migrate::ConvertError> {
//! let plan = rules::plan::read("crossfoot.toml".as_ref()).expect("a plan without mistakes");
//! let prepared = prepare(plan, 2, &|name| std::env::var(name).ok())?;
//! let watch: Arc<dyn Watch> = Arc::new(Unwatched::default());
//! let done = convert(&prepared, &Options::new(2), &watch).await?;
//! for table in &done.conversion.tables {
//!     println!("{}: {} of {}", table.table, table.counts.converted, table.counts.read);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What is written
//! In the target's folder, for each agreement whose `target` is a table:
//!
//! ```text
//! posting/part-000000.parquet …     the records, a file a chunk, once all tables are complete
//! .crossfoot/convert/job.json       what is converted, by what: inputs and rules with digests
//! .crossfoot/convert/chunks/posting/000000.json …   a manifest a chunk
//! .crossfoot/convert/rejects.jsonl  records that a rule could not convert, each with its reason
//! .crossfoot/convert/conversion.json                what it came to, written last
//! ```
//!
//! A chunk counts once its manifest has its name. The process may be killed at any moment: started
//! again, it goes on behind the last finished chunk, and every byte is as if nothing had happened.
//! Nothing depends on the number of threads, the clock or the machine.
//!
//! Where the target is a database, the records of a chunk and its manifest are written in one
//! transaction; the documents lie in a table of their own, `crossfoot_convert`. A table that is not
//! there is made, and gets its name only when all tables are complete; one that is there must be
//! empty, and is filled in its place.
//!
//! # Correcting
//! [`correct`] makes correcting entries of the breaks that `verify` found: what the target holds is
//! reversed, what the rule gives is booked, in a table beside: `posting.corrections`. Every query
//! then sees `posting` as it is corrected; the table itself is not touched.
//!
//! # What it does not do
//! It compares nothing: that a rule says what was meant is for `verify` and for controls to show.
//! It replaces nothing that it has not written itself.

mod chunk;
mod control;
mod correct;
mod entries;
mod error;
mod folder;
mod job;
mod manifest;
mod part;
mod prepare;
mod run;
mod store;
mod work;

pub use correct::{
    CorrectOptions, Corrections, Entry, LISTED, TableCorrections, Uncorrected, correct,
};
pub use entries::{Does, EntryTable, is_exact};
pub use error::{Change, ConvertError};
pub use manifest::{
    Amount, ChunkManifest, Conversion, Counts, Input, LeftOut, SourceRange, TableTotal,
};
pub use prepare::{Prepared, TableRule, Target, prepare, prepare_anew};
pub use run::{CHUNK_RECORDS, Options, Outcome, conversion_digest, convert};
