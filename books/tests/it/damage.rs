//! Every byte of a file of Parquet damaged, one at a time: an error or other
//! values, and nothing printed beside it.

use std::process::Command;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use books::{ReadErrorKind, ReadRequest};
use parquet::arrow::ArrowWriter;

use crate::bookshelf::{open, shelf};

/// Set where the test runs as its own child.
const CHILD: &str = "BOOKS_TEST_READS_DAMAGED_FILES";

#[test]
fn a_decoder_that_panics_on_a_damaged_file_prints_nothing() {
    if std::env::var_os(CHILD).is_some() {
        return read_damaged_files();
    }
    let own = "damage::a_decoder_that_panics_on_a_damaged_file_prints_nothing";
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", own, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&child.stderr);
    let told = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "{told}{printed}");
    assert!(told.contains("1 passed"), "the child ran: {told}");
    assert!(!printed.contains("panicked"), "{printed}");
}

fn read_damaged_files() {
    let sound = file();
    let mut panics = 0;
    for at in 4..sound.len() {
        for byte in [0xFF, 0x7F] {
            let mut damaged = sound.clone();
            damaged[at] = byte;
            panics += usize::from(is_panic(&damaged));
        }
    }
    assert!(
        panics > 0,
        "no damage makes the decoder panic: make another file"
    );
}

/// Whether a file is told unreadable by an assertion of the decoder.
fn is_panic(bytes: &[u8]) -> bool {
    let folder = shelf(&[("t.parquet", bytes)]);
    let Ok(book) = open(folder.path(), "") else {
        return false;
    };
    let Some(table) = book.table("t") else {
        return false;
    };
    let columns = (0..table.schema().fields().len()).collect();
    let request = ReadRequest::new(columns);
    let errors = table.chunks().into_iter().filter_map(|chunk| {
        let reader = table.read(&chunk, &request);
        reader
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .err()
    });
    let words = [
        "assert",
        "index out of",
        "overflow",
        "out of range",
        "unwrap",
    ];
    errors.into_iter().any(|error| match error.kind {
        ReadErrorKind::Parquet(why) => words.iter().any(|word| why.contains(word)),
        _ => false,
    })
}

/// Two columns, in dictionaries, not compressed, so that damage meets the decoders.
fn file() -> Vec<u8> {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values((0..40).map(|id| id / 3)));
    let names = (0..40).map(|id| format!("n{}", id / 5));
    let names: ArrayRef = Arc::new(StringArray::from_iter_values(names));
    let batch = RecordBatch::try_from_iter([("id", ids), ("name", names)]).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}
