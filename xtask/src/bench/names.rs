//! How the lines of the tables are called: written by the measurement, read by the targets.

pub(crate) const DECODE: &str = "only decoding both files";
pub(crate) const OURS: &str = "crossfoot verify";
/// As much as decoding does, and no more: the files are not digested besides.
pub(crate) const NO_DIGEST: &str = "crossfoot verify --no-digest";
/// As much as a rival does, and no more: every record is named, and no cause.
pub(crate) const LOCATED: &str = "crossfoot verify --no-causes";
pub(crate) const KEYLESS: &str = "crossfoot verify, no key";
pub(crate) const DUCKDB: &str = "DuckDB, full outer join";
pub(crate) const POLARS: &str = "Polars, full join";
pub(crate) const SORT_MERGE: &str = "DataFusion, sort-merge join";
pub(crate) const HASH: &str = "DataFusion, hash join";
/// DataFusion over our readers, with our functions: what `crossfoot` adds to it is the comparison.
pub(crate) const RULE_ONLY: &str = "DataFusion, only running the rule and reading the target";
pub(crate) const CSV_TEXT: &str = "crossfoot verify, all columns as text";
pub(crate) const CSV_LOCATED: &str = "crossfoot verify --no-causes, all columns as text";
pub(crate) const CSV_MONEY: &str = "crossfoot verify, three columns as money";
pub(crate) const CSV_DIFF: &str = "csv-diff, first column as the key";
pub(crate) const CSV_DUCKDB: &str = "DuckDB, full outer join over read_csv";
pub(crate) const GENERATE: &str = "writing the old books";
pub(crate) const CONVERT: &str = "crossfoot convert";
pub(crate) const VERIFY_STORY: &str = "crossfoot verify, with its controls";
pub(crate) const DEMO: &str = "crossfoot demo: all of it, and verified twice";
