//! The truth about what was planted.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::cause::Cause;
use crate::error::{At, FaultError};

/// Is one difference that a fault made: a field that changed, or a record that went or came.
///
/// All values are text as Arrow prints them. A record that went has only `was`, one that came only
/// `is`: the whole record, as a JSON object of its columns' texts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Planted {
    /// Why the record is off.
    pub cause: Cause,
    /// The voucher, by the id that it had; of a phantom, the id that it has.
    pub voucher: String,
    /// The leg; none in a table without legs.
    pub leg: Option<i64>,
    /// The column that changed; none where a whole record went or came.
    pub column: Option<String>,
    /// What was there.
    pub was: Option<String>,
    /// What is there now.
    pub is: Option<String>,
    /// Name of the file.
    pub part: String,
}

/// Writes the truth, one JSON object a line.
///
/// # Errors
/// When the file cannot be written.
pub fn write_truth(path: &Path, planted: &[Planted]) -> Result<(), FaultError> {
    let mut file = BufWriter::new(File::create(path).at(path)?);
    for one in planted {
        let line = serde_json::to_string(one).map_err(std::io::Error::from);
        writeln!(file, "{}", line.at(path)?).at(path)?;
    }
    file.flush().at(path)
}
