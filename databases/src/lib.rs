//! Opens databases as Arrow batches, out of one consistent snapshot.
//!
//! PostgreSQL, MySQL and MariaDB, and SQLite. A [`Database`] holds a few connections that all see
//! the same moment, however long they read and whatever is written meanwhile. Its tables are cut
//! into ranges of their keys, which any number of threads may read.
//!
//! ```
//! use databases::{Address, Database};
//!
//! let folder = tempfile::tempdir()?;
//! # let file = rusqlite::Connection::open(folder.path().join("pay.db"))?;
//! # file.execute_batch("CREATE TABLE flow (serial INTEGER PRIMARY KEY, amount DECIMAL(18,2));
//! #     INSERT INTO flow VALUES (1, '10.00'), (2, '0.01')")?;
//! # drop(file);
//! let address = Address::parse("sqlite://pay.db", folder.path())?;
//! let database = Database::open(&address, 2)?;
//! let flow = &database.tables()[0];
//! assert_eq!((flow.name.as_str(), flow.key_names().next()), ("flow", Some("serial")));
//!
//! let mut rows = 0;
//! for range in database.cut(0, 100_000)? {
//!     for batch in database.read(0, &range, &[0, 1], 8192) {
//!         rows += batch?.num_rows();
//!     }
//! }
//! assert_eq!(rows, 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it does not do
//!
//! A [`Database`] writes nothing: it is opened for reading only, and that is tried on every
//! connection. Only a [`Writer`] writes.
//! It approximates nothing: a value that no type here holds exactly is an error that names the
//! record, and a type that cannot be compared is refused when it is asked for. It knows neither
//! plans nor rules.

mod address;
mod civil;
mod column;
mod condition;
mod cut;
mod database;
mod error;
mod load;
mod mysql;
mod postgres;
mod session;
mod spelling;
mod sqlite;
mod table;
mod write;

pub use address::{Address, SCHEMES};
pub use condition::{Comparison, Condition};
pub use cut::KeyRange;
pub use database::{Database, Records};
pub use error::{DatabaseError, DatabaseErrorKind};
pub use load::Load;
pub use session::Key;
pub use spelling::{
    BucketSums, GroupSums, Part, RangeSums, SpelledColumn, Spelling, SpellingRequest, Unsummed,
};
pub use table::{ColumnInfo, TableInfo};
pub use write::{Destination, Unfit, Writer};
