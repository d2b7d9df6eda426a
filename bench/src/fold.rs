//! The hot loop by itself: one batch folded over and over, for counting instructions.

use std::hint::black_box;
use std::sync::Arc;

use anyhow::{Result, bail};
use arrow_array::RecordBatch;
use arrow_cast::cast;
use arrow_schema::{DataType, Field, Schema};
use footing::{Folder, Layout, LayoutOptions, Seed, Side, SketchSize};

/// Folds the first records of a source so many times over.
///
/// The shapes are `keyed` (eight typed columns and a key), `keyless` (no key)
/// and `text` (all columns are text, as in a CSV book).
pub(crate) fn rounds(shape: &str, rows: u64, rounds: u64) -> Result<()> {
    let plain = crate::ledgers::first_records(rows)?;
    let (batch, keyed) = match shape {
        "keyed" => (with_views(&plain, false)?, true),
        "keyless" => (with_views(&plain, false)?, false),
        "text" => (with_views(&plain, true)?, true),
        other => bail!("no shape `{other}`"),
    };
    let names = |names: &[&str]| names.iter().map(|name| String::from(*name)).collect();
    let options = LayoutOptions {
        key: names(if keyed { &["txn_id"] } else { &[] }),
        money: names(if shape == "text" {
            &[]
        } else {
            &["amount", "fee", "balance"]
        }),
        ..LayoutOptions::default()
    };
    let schema = batch.schema();
    let layout = match Layout::new(&schema, &schema, &options) {
        Ok(layout) => Arc::new(layout),
        Err(problems) => bail!("{problems:?}"),
    };
    let seed = Seed::new([7; 32]);
    let mut folder = Folder::new(&layout, Side::Expected, &seed, SketchSize::DEFAULT);
    for _ in 0..rounds {
        folder.fold(black_box(&batch))?;
    }
    black_box(folder.finish([])?);
    Ok(())
}

/// The same batch with its text as views, as books are read; with `all`, every column as text.
fn with_views(batch: &RecordBatch, all: bool) -> Result<RecordBatch> {
    let mut fields = Vec::new();
    let mut arrays = Vec::new();
    for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
        let is_text = all || *field.data_type() == DataType::Utf8;
        let array = if is_text {
            cast(array, &DataType::Utf8View)?
        } else {
            Arc::clone(array)
        };
        let kind = array.data_type().clone();
        fields.push(Field::new(field.name(), kind, field.is_nullable()));
        arrays.push(array);
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_can_be_folded() {
        for shape in ["keyed", "keyless", "text"] {
            rounds(shape, 100, 2).unwrap();
        }
        assert!(rounds("round", 100, 2).is_err());
    }
}
