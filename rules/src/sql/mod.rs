//! SQL over two books: rules, targets, controls and look-ups, each exact and repeatable.
//!
//! A [`Session`] knows both books. From it come a [`Side`] (a rule over the source, or a table or
//! query over the target), a [`ControlQuery`], and look-ups of single records. A [`Side`] is run
//! as often as needed with a [`Run`]: once over everything, once more for the records that differ.
//!
//! ```no_run
//! # async fn totals(source: books::Book, target: books::Book) -> Result<(), Box<dyn std::error::Error>> {
//! use futures::StreamExt;
//! use rules::sql::{Run, Session, Settings, Which};
//!
//! let settings = Settings {
//!     currency: "CNY".to_owned(),
//!     timezone: "Asia/Shanghai".to_owned(),
//!     threads: 2,
//!     memory_limit: None,
//! };
//! let session = Session::new(source, target, settings)?;
//! let rule = "SELECT serial AS voucher, money(amount) AS amount FROM flow WHERE status = 'OK'";
//! let side = session.side(Which::Source, rule, &[]).expect("a sound rule");
//! let run = Run::new(2);
//! for mut stream in side.run(&run).await? {
//!     while let Some(batch) = stream.next().await {
//!         println!("{} records", batch?.num_rows());
//!     }
//! }
//! println!("{} rejects", run.rejects.count());
//! # Ok(())
//! # }
//! ```
//!
//! What it does not do: it never writes, never runs anything but `SELECT`, and never compares.
//!
//! Two promises hold for every query. It gives the same records whatever the number of
//! partitions, because what would depend on the order of arrival is refused when it is planned,
//! or ends the run that meets two records between which an order leaves a choice.
//! And a record on which an expression fails is set aside in [`Rejects`] with its reason, while
//! the others go on.

mod bounds;
mod carry;
mod checked;
mod controls;
mod corrections;
mod culprit;
mod cuts;
mod error;
mod fetch;
mod functions;
mod hoist;
mod leaf;
mod lineage;
mod lints;
mod names;
mod parts;
mod phrases;
mod plain;
mod probe;
mod readings;
mod rejects;
mod scan;
mod session;
mod shared;
mod side;
mod ties;

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType};

pub use controls::{ControlOutcome, ControlQuery, ControlRow};
pub use corrections::{
    CAUSE_COLUMN, Corrected, ENTRY_COLUMN, REASON_COLUMN, REBOOKING, REVERSAL, corrections_of,
    corrections_schema,
};
pub use error::{RunError, SqlError};
pub use fetch::{Fetched, Wanted};
pub use ledger::report::ControlStatus;
pub use lineage::Lineage;
pub(crate) use names::{output, relations};
pub use parts::{Parted, Whole};
pub use plain::Plain;
pub use probe::{KeyTest, Probe};
pub use readings::{ComesFrom, Reading, Records, Reread, SourceColumn};
pub use rejects::{Reject, RejectedRecord, Rejects};
pub use scan::{ChunkRead, ChunkTest, ChunkWatch, ScanLog};
pub use session::{Marks, Session, Settings, TableSchema, Which};
pub use shared::{Begun, IsStopped, Shared};
pub use side::{Run, Side};

/// Lets go of the buffers that a few texts would otherwise keep alive.
///
/// # Errors
/// When the batch has no columns.
pub fn compact(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let own = |array: &ArrayRef| -> ArrayRef {
        match array.data_type() {
            DataType::Utf8View => Arc::new(array.as_string_view().gc()),
            DataType::BinaryView => Arc::new(array.as_binary_view().gc()),
            _ => Arc::clone(array),
        }
    };
    let columns = batch.columns().iter().map(own).collect();
    RecordBatch::try_new(batch.schema(), columns)
}

#[cfg(test)]
mod tests;
