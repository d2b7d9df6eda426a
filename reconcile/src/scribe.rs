//! Writes breaks out: lines of `breaks.jsonl`, rows of `breaks.parquet`, and what they come to.
//!
//! Blocks of breaks are written by several threads at once and put behind each other in order.
//! What a field says is turned into JSON once and serves both files.

use crate::error::VerifyError;
use crate::largest::Largest;
use crate::tally::Tally;
use arrow_array::builder::{StringBuilder, UInt64Builder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use ledger::Break;
use serde::Serialize;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

/// Breaks that one thread writes at a time.
pub(crate) const BREAKS_PER_BLOCK: usize = 4_096;

/// Columns of `breaks.parquet` that hold text; records and lists are JSON.
const TEXTS: [&str; 12] = [
    "agreement",
    "kind",
    "key",
    "expected",
    "actual",
    "fields",
    "difference",
    "source",
    "target",
    "cause_id",
    "cause_status",
    "cause_says",
];

/// The columns of `breaks.parquet`.
pub(crate) static TABLE: LazyLock<SchemaRef> = LazyLock::new(|| {
    let text = TEXTS
        .iter()
        .map(|name| Field::new(*name, DataType::Utf8, true));
    let copies = ["copies_expected", "copies_actual"]
        .iter()
        .map(|name| Field::new(*name, DataType::UInt64, false));
    Arc::new(Schema::new(text.chain(copies).collect::<Vec<Field>>()))
});

/// A block of breaks, written out.
pub(crate) struct Written {
    /// Their lines.
    pub(crate) lines: Vec<u8>,
    /// Their rows of the table.
    pub(crate) rows: RecordBatch,
    /// What they come to.
    pub(crate) tally: Tally,
    /// The heaviest of them.
    pub(crate) largest: Largest,
}

/// Writes a block of breaks out.
pub(crate) fn write_out(breaks: Vec<Break>) -> Result<Written, VerifyError> {
    let mut lines = Vec::with_capacity(breaks.len() * 1_024);
    let mut table = Table::new();
    let mut tally = Tally::default();
    let mut largest = Largest::default();
    for found in breaks {
        let parts = push_line(&found, &mut lines)?;
        table.push(&found, &lines, &parts);
        tally.count(&found);
        tally.add_written(&lines[parts.difference], &lines[parts.cause])?;
        largest.offer(found);
    }
    Ok(Written {
        lines,
        rows: table.finish()?,
        tally,
        largest,
    })
}

/// Where in the lines the fields stand that the table repeats or that are added up.
struct Parts {
    key: Range<usize>,
    expected: Range<usize>,
    actual: Range<usize>,
    fields: Range<usize>,
    difference: Range<usize>,
    source: Range<usize>,
    cause: Range<usize>,
    target: Option<Range<usize>>,
}

/// Writes one line as `serde_json` writes a [`Break`], and tells where its fields stand.
fn push_line(found: &Break, lines: &mut Vec<u8>) -> Result<Parts, VerifyError> {
    let mut put = |name: &str, value: &dyn Json| -> Result<Range<usize>, VerifyError> {
        lines.extend_from_slice(name.as_bytes());
        let from = lines.len();
        value.put_into(lines)?;
        Ok(from..lines.len())
    };
    put("{\"agreement\":", &found.agreement)?;
    put(",\"kind\":", &found.kind)?;
    let key = put(",\"key\":", &found.key)?;
    put(",\"copies\":", &found.copies)?;
    let expected = put(",\"expected\":", &found.expected)?;
    let actual = put(",\"actual\":", &found.actual)?;
    let fields = put(",\"fields\":", &found.fields)?;
    let difference = put(",\"difference\":", &found.difference)?;
    let source = put(",\"source\":", &found.source)?;
    let cause = put(",\"cause\":", &found.cause)?;
    let target = match found.target.is_empty() {
        true => None,
        false => Some(put(",\"target\":", &found.target)?),
    };
    if found.alternatives > 0 {
        put(",\"alternatives\":", &found.alternatives)?;
    }
    lines.extend_from_slice(b"}\n");
    Ok(Parts {
        key,
        expected,
        actual,
        fields,
        difference,
        source,
        cause,
        target,
    })
}

/// Anything that becomes JSON text.
trait Json {
    fn put_into(&self, into: &mut Vec<u8>) -> Result<(), VerifyError>;
}

impl<T: Serialize> Json for T {
    fn put_into(&self, into: &mut Vec<u8>) -> Result<(), VerifyError> {
        serde_json::to_writer(into, self).map_err(|error| VerifyError::Internal(error.to_string()))
    }
}

/// Rows of `breaks.parquet`.
struct Table {
    texts: Vec<StringBuilder>,
    copies: [UInt64Builder; 2],
}

impl Table {
    fn new() -> Self {
        Self {
            texts: TEXTS.iter().map(|_| StringBuilder::new()).collect(),
            copies: [UInt64Builder::new(), UInt64Builder::new()],
        }
    }

    fn push(&mut self, found: &Break, lines: &[u8], parts: &Parts) {
        let text = |range: &Range<usize>| {
            std::str::from_utf8(&lines[range.clone()]).expect("JSON is written as UTF-8")
        };
        let values: [Option<&str>; TEXTS.len()] = [
            Some(&found.agreement),
            Some(found.kind.as_str()),
            Some(text(&parts.key)),
            found.expected.is_some().then(|| text(&parts.expected)),
            found.actual.is_some().then(|| text(&parts.actual)),
            Some(text(&parts.fields)),
            Some(text(&parts.difference)),
            Some(text(&parts.source)),
            Some(parts.target.as_ref().map_or("[]", text)),
            found.cause.id.as_deref(),
            Some(found.cause.status.as_str()),
            Some(&found.cause.says),
        ];
        for (builder, value) in self.texts.iter_mut().zip(values) {
            builder.append_option(value);
        }
        self.copies[0].append_value(found.copies.expected);
        self.copies[1].append_value(found.copies.actual);
    }

    fn finish(mut self) -> Result<RecordBatch, VerifyError> {
        let texts = self.texts.iter_mut();
        let texts = texts.map(|builder| Arc::new(builder.finish()) as ArrayRef);
        let copies = self.copies.iter_mut();
        let copies = copies.map(|builder| Arc::new(builder.finish()) as ArrayRef);
        let columns = texts.chain(copies).collect();
        Ok(RecordBatch::try_new(Arc::clone(&TABLE), columns)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::{
        Amount, BreakKind, CauseFound, CauseStatus, FieldDifference, Record, Sides, SourceRecord,
    };

    fn record(values: &[(&str, Option<&str>)]) -> Record {
        values.iter().copied().collect()
    }

    fn a_break() -> Break {
        Break {
            agreement: "账 \"one\"".into(),
            kind: BreakKind::Differs,
            key: record(&[("voucher", Some("V\\1"))]),
            copies: Sides {
                expected: 1,
                actual: 1,
            },
            expected: Some(record(&[("voucher", Some("V\\1")), ("memo", None)])),
            actual: Some(record(&[
                ("voucher", Some("V\\1")),
                ("memo", Some("余\n额")),
            ])),
            fields: vec![FieldDifference {
                name: "memo".into(),
                expected: None,
                actual: Some("余\n额".into()),
            }],
            difference: vec![Amount {
                column: "am\"ount".to_owned(),
                currency: "CNY".to_owned(),
                amount: "-0.01".to_owned(),
            }],
            source: vec![SourceRecord {
                table: "flow".into(),
                file: Some("a.csv".into()),
                row: Some(7),
                fields: record(&[("serial", Some("1"))]),
            }],
            cause: CauseFound {
                id: Some("B14".to_owned()),
                status: CauseStatus::Consistent,
                says: "says".to_owned(),
                rivals: vec!["R1".to_owned()],
            },
            target: vec![SourceRecord::default()],
            alternatives: 3,
        }
    }

    /// The same break with nothing in what may be left out.
    fn bare() -> Break {
        Break {
            kind: BreakKind::Missing,
            actual: None,
            fields: Vec::new(),
            target: Vec::new(),
            alternatives: 0,
            ..a_break()
        }
    }

    #[test]
    fn a_line_is_what_serde_makes_of_the_break() {
        for found in [a_break(), bare()] {
            let mut expected = serde_json::to_vec(&found).expect("a break is JSON");
            expected.push(b'\n');
            let written = write_out(vec![found.clone()]).expect("it can be written");
            assert_eq!(
                String::from_utf8_lossy(&written.lines),
                String::from_utf8_lossy(&expected)
            );
        }
    }

    #[test]
    fn what_is_added_up_is_what_the_lines_say() {
        let written = write_out(vec![a_break(), bare(), a_break()]).expect("they can be written");
        let closed = written.tally.account.close();
        assert_eq!(closed.len(), 1);
        assert_eq!(closed[0].column, "am\"ount");
        assert_eq!(closed[0].breaks.to_string(), "-0.03");
        let causes = written.tally.causes();
        assert_eq!(causes.len(), 1);
        assert_eq!(causes[0].id.as_deref(), Some("B14"));
        assert_eq!(causes[0].breaks, 3);
        assert_eq!(causes[0].difference[0].amount, "-0.03");
        assert_eq!(
            (written.tally.counts.differs, written.tally.counts.missing),
            (2, 1)
        );
    }

    #[test]
    fn the_table_repeats_the_lines_fields() {
        use arrow_array::cast::AsArray;
        let written = write_out(vec![a_break(), bare()]).expect("they can be written");
        let column = |name: &str| written.rows.column_by_name(name).expect("a column").clone();
        assert_eq!(
            column("key").as_string::<i32>().value(0),
            r#"{"voucher":"V\\1"}"#
        );
        assert!(column("actual").is_null(1));
        assert_eq!(column("target").as_string::<i32>().value(1), "[]");
        assert_eq!(
            column("cause_status").as_string::<i32>().value(0),
            "consistent"
        );
    }
}
