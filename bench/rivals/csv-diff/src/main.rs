//! A rival: the csv-diff crate over two files, the first column being the key.

use std::collections::BTreeSet;
use std::fs::File;

use anyhow::{Context, Result};
use csv_diff::csv::Csv;
use csv_diff::csv_diff::CsvByteDiffLocal;
use csv_diff::diff_row::DiffByteRecord;
use serde_json::json;

fn main() -> Result<()> {
    let mut paths = std::env::args().skip(1);
    let mut next = || -> Result<Csv<File>> {
        let path = paths.next().context("rival-csv-diff OLD NEW")?;
        Ok(Csv::with_reader_seek(File::open(&path).context(path)?))
    };
    let (old, new) = (next()?, next()?);
    let differences = CsvByteDiffLocal::new()?.diff(old, new)?;
    let key = |found: &DiffByteRecord| {
        let line = match found {
            DiffByteRecord::Add(line) | DiffByteRecord::Delete(line) => line,
            DiffByteRecord::Modify { delete, .. } => delete,
        };
        let field = line.byte_record().get(0).unwrap_or_default();
        String::from_utf8_lossy(field).into_owned()
    };
    let keys: BTreeSet<String> = differences.iter().map(key).collect();
    println!("{}", json!({"version": "csv-diff 0.1.2", "txn_ids": keys}));
    Ok(())
}
