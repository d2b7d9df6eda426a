//! Any bytes are a book or a refusal with its place, and reading fewer columns gives as many records.

use std::fs;

use arrow_array::RecordBatch;
use books::{Book, BookSpec, ExtraFields, ReadError, ReadRequest, Table, TableSpec};

/// The first two bytes choose the table's words, the others are its file. Says whether it is a book that
/// can be read to its end.
pub(crate) fn check(bytes: &[u8]) -> bool {
    let [low, high, bytes @ ..] = bytes else {
        return false;
    };
    let choices = u16::from_le_bytes([*low, *high]);
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    fs::write(folder.path().join("book.csv"), bytes).expect("a file can be written");
    let spec = BookSpec {
        root: folder.path().to_owned(),
        tables: [("book".to_owned(), table_spec(choices))].into(),
        ..BookSpec::default()
    };
    let book = match Book::open(&spec) {
        Ok(book) => book,
        Err(errors) => {
            assert!(!errors.is_empty(), "refused without a word");
            assert!(errors.iter().all(|error| !error.to_string().is_empty()));
            return false;
        }
    };
    let table = book.table("book").expect("the table was asked for");
    let all: Vec<usize> = (0..table.schema().fields().len()).collect();
    let place = vec![all.len() - 1];
    let (whole, places) = (records(table, all), records(table, place));
    if let (Ok(whole), Ok(places)) = (&whole, places) {
        assert_eq!(*whole, places);
    }
    whole.is_ok()
}

fn records(table: &Table, columns: Vec<usize>) -> Result<usize, String> {
    let said = |error: ReadError| error.to_string();
    let mut count = 0;
    for chunk in table.chunks() {
        let mut request = ReadRequest::new(columns.clone());
        request.batch_rows = 3;
        for batch in table.read(&chunk, &request).map_err(said)? {
            let batch: RecordBatch = batch.map_err(said)?;
            assert_eq!(batch.num_columns(), columns.len());
            assert!(batch.num_rows() <= 3);
            count += batch.num_rows();
        }
    }
    Ok(count)
}

/// A table's words, each bit of `choices` being one of them.
fn table_spec(choices: u16) -> TableSpec {
    let is = |bit: u16| choices & (1 << bit) != 0;
    let encodings = [
        None,
        Some("gb18030"),
        Some("windows-1252"),
        Some("utf-16le"),
    ];
    TableSpec {
        encoding: encodings[usize::from(choices & 3)].map(str::to_owned),
        delimiter: is(2).then_some(if is(3) { ';' } else { '\t' }),
        quote: is(4).then(|| String::from(if is(3) { "'" } else { "" })),
        header: !is(5),
        names: if is(5) {
            vec!["a".to_owned(), "b".to_owned()]
        } else {
            Vec::new()
        },
        skip_header: usize::from(is(6)),
        skip_footer: usize::from(is(7)),
        skip_blank_lines: is(8),
        null_values: if is(9) {
            vec!["NULL".to_owned(), String::new()]
        } else {
            Vec::new()
        },
        pad_short: is(10),
        extra_fields: match (is(11), is(12)) {
            (false, _) => ExtraFields::Refuse,
            (true, false) => ExtraFields::Blank,
            (true, true) => ExtraFields::Drop,
        },
        keep_stray_quotes: is(13),
        trim: is(14),
        ..TableSpec::default()
    }
}
