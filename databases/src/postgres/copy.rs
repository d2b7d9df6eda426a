//! Reading the binary format of `COPY`: a header, then for every record the number of its fields
//! and each field with its length, all big-endian; −1 as a length is NULL, as a number the end.

use arrow_array::RecordBatch;
use arrow_buffer::i256;
use num_traits::{CheckedAdd, CheckedMul};

use crate::column::{Batches, Column, Why};
use crate::error::{DatabaseError, DatabaseErrorKind};
use crate::session::{Failure, Query};

const SIGNATURE: &[u8; 11] = b"PGCOPY\n\xff\r\n\0";
/// Signature, flags, and the length of an extension.
const HEADER: usize = 19;
/// Days from 1970-01-01 to 2000-01-01, from which PostgreSQL counts.
const DAYS_TO_2000: i32 = 10_957;
const MICROS_A_DAY: i64 = 86_400_000_000;
/// Days from 1970 within which dates can be shown: some 262,000 years.
const DAYS_MAX: i32 = 95_000_000;

/// Makes batches of what the server sends, however it cuts it.
pub(super) struct Decoder {
    batches: Batches,
    is_nullable: Vec<bool>,
    table: String,
    /// Bytes of a record that is not there whole yet.
    left: Vec<u8>,
    is_begun: bool,
    is_over: bool,
    row: u64,
}

impl Decoder {
    pub(super) fn new(query: &Query) -> Decoder {
        let schema = query.schema();
        let fields = schema.fields().iter();
        Decoder {
            is_nullable: fields.map(|field| field.is_nullable()).collect(),
            batches: Batches::new(schema, query.batch_rows),
            table: query.table.full_name(),
            left: Vec::new(),
            is_begun: false,
            is_over: false,
            row: 0,
        }
    }

    /// Takes what came; `false` when no more is wanted.
    pub(super) fn take(
        &mut self,
        bytes: &[u8],
        give: &mut dyn FnMut(RecordBatch) -> bool,
    ) -> Result<bool, Failure> {
        if self.left.is_empty() {
            let used = self.records(bytes, give)?;
            return Ok(used.is_some_and(|used| {
                self.left.extend_from_slice(&bytes[used..]);
                true
            }));
        }
        let mut all = std::mem::take(&mut self.left);
        all.extend_from_slice(bytes);
        let used = self.records(&all, give)?;
        Ok(used.is_some_and(|used| {
            all.drain(..used);
            self.left = all;
            true
        }))
    }

    /// Gives what is left, if the server has said that this is the end.
    pub(super) fn finish(
        &mut self,
        give: &mut dyn FnMut(RecordBatch) -> bool,
    ) -> Result<(), Failure> {
        if !self.is_over {
            return Err(Failure::Lost("the server's answer has no end".to_owned()));
        }
        if !self.left.is_empty() {
            return Err(self.malformed("something comes behind its end"));
        }
        if let Some(batch) = self.batches.rest() {
            give(batch);
        }
        Ok(())
    }

    /// Reads all whole records; gives the number of bytes used, `None` when no more is wanted.
    fn records(
        &mut self,
        bytes: &[u8],
        give: &mut dyn FnMut(RecordBatch) -> bool,
    ) -> Result<Option<usize>, Failure> {
        let mut used = 0;
        if self.is_over {
            return Ok(Some(used));
        }
        if !self.is_begun {
            let Some(header) = bytes.get(..HEADER) else {
                return Ok(Some(0));
            };
            let extension = i32::from_be_bytes([header[15], header[16], header[17], header[18]]);
            let is_known = header.starts_with(SIGNATURE) && extension == 0;
            if !is_known {
                return Err(self.malformed("its header is another"));
            }
            self.is_begun = true;
            used = HEADER;
        }
        while let Some(taken) = self.record(&bytes[used..])? {
            used += taken;
            if self.is_over {
                break;
            }
            if let Some(batch) = self.batches.end_row()
                && !give(batch)
            {
                return Ok(None);
            }
            self.row += 1;
        }
        Ok(Some(used))
    }

    /// Reads one record if it is there whole; gives the number of its bytes.
    fn record(&mut self, bytes: &[u8]) -> Result<Option<usize>, Failure> {
        let Some([high, low]) = bytes.first_chunk::<2>() else {
            return Ok(None);
        };
        let fields = i16::from_be_bytes([*high, *low]);
        if fields == -1 {
            self.is_over = true;
            return Ok(Some(2));
        }
        if usize::try_from(fields) != Ok(self.batches.columns.len()) {
            return Err(self.malformed("a record has another number of fields"));
        }
        let Some(end) = end_of(bytes, self.batches.columns.len()) else {
            return Ok(None);
        };
        let mut at = 2;
        for (index, column) in self.batches.columns.iter_mut().enumerate() {
            let length = length_at(bytes, at).unwrap_or(-1);
            at += 4;
            match usize::try_from(length) {
                Err(_) if !self.is_nullable[index] => {
                    return Err(Failure::Value {
                        row: self.row,
                        column: index,
                        why: "it is NULL, which it must not".to_owned(),
                    });
                }
                Err(_) => column.append_null(),
                Ok(length) => {
                    let value = &bytes[at..at + length];
                    at += length;
                    append(column, value).map_err(|why| Failure::Value {
                        row: self.row,
                        column: index,
                        why,
                    })?;
                }
            }
        }
        Ok(Some(end))
    }

    fn malformed(&self, why: &str) -> Failure {
        DatabaseError::new(DatabaseErrorKind::Statement {
            what: format!("reading {}", self.table),
            why: format!("the server's binary format is not understood: {why}"),
        })
        .into()
    }
}

/// Where a record ends, if it is there whole.
fn end_of(bytes: &[u8], fields: usize) -> Option<usize> {
    let mut at = 2_usize;
    for _ in 0..fields {
        let length = length_at(bytes, at)?;
        at += 4;
        at += usize::try_from(length).unwrap_or(0);
    }
    (at <= bytes.len()).then_some(at)
}

fn length_at(bytes: &[u8], at: usize) -> Option<i32> {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk::<4>())
        .map(|four| i32::from_be_bytes(*four))
}

/// The bytes of a value of fixed length.
fn fixed<const N: usize>(value: &[u8]) -> Result<[u8; N], Why> {
    value
        .try_into()
        .map_err(|_| format!("{} bytes where {N} are due", value.len()))
}

/// Appends a value as the server sends it.
fn append(column: &mut Column, value: &[u8]) -> Result<(), Why> {
    match column {
        Column::Boolean(builder) => builder.append_value(fixed::<1>(value)? != [0]),
        Column::Int16(builder) => builder.append_value(i16::from_be_bytes(fixed(value)?)),
        Column::Int32(builder) => builder.append_value(i32::from_be_bytes(fixed(value)?)),
        Column::Int64(builder) => builder.append_value(i64::from_be_bytes(fixed(value)?)),
        Column::UInt32(builder) => builder.append_value(u32::from_be_bytes(fixed(value)?)),
        Column::Float32(builder) => builder.append_value(f32::from_be_bytes(fixed(value)?)),
        Column::Float64(builder) => builder.append_value(f64::from_be_bytes(fixed(value)?)),
        Column::Bytes(builder) => builder.append_value(value),
        Column::Text(builder) => {
            let text = std::str::from_utf8(value);
            builder.append_value(text.map_err(|_| "its bytes are no UTF-8".to_owned())?);
        }
        Column::Date(builder) => builder.append_value(date(i32::from_be_bytes(fixed(value)?))?),
        Column::Time(builder) => {
            let micros = i64::from_be_bytes(fixed(value)?);
            if micros >= MICROS_A_DAY {
                return Err("24:00:00 is no time of a day".to_owned());
            }
            builder.append_value(micros);
        }
        Column::Moment(builder) | Column::Instant(builder) => {
            builder.append_value(instant(i64::from_be_bytes(fixed(value)?))?);
        }
        Column::Decimal128(_, precision, scale) | Column::Decimal256(_, precision, scale) => {
            let unscaled = numeric(value, *precision, *scale)?;
            column.append_unscaled(unscaled);
        }
        Column::Int8(_) | Column::UInt8(_) | Column::UInt16(_) | Column::UInt64(_) => {
            return Err("PostgreSQL has no such type".to_owned());
        }
    }
    Ok(())
}

fn date(days: i32) -> Result<i32, Why> {
    match days {
        i32::MAX => Err("infinity is no date".to_owned()),
        i32::MIN => Err("-infinity is no date".to_owned()),
        days => days
            .checked_add(DAYS_TO_2000)
            .filter(|days| days.abs() <= DAYS_MAX)
            .ok_or_else(|| format!("{days} days from 2000-01-01 is beyond what can be shown")),
    }
}

fn instant(micros: i64) -> Result<i64, Why> {
    match micros {
        i64::MAX => Err("infinity is no instant".to_owned()),
        i64::MIN => Err("-infinity is no instant".to_owned()),
        micros => micros
            .checked_add(i64::from(DAYS_TO_2000) * MICROS_A_DAY)
            .filter(|micros| (micros / MICROS_A_DAY).abs() <= i64::from(DAYS_MAX))
            .ok_or_else(|| format!("{micros} µs from 2000-01-01 is beyond what can be shown")),
    }
}

/// A `numeric` in units of `scale`: its digits are groups of four, the first one worth
/// 10000^weight.
fn numeric(value: &[u8], precision: u8, scale: i8) -> Result<i256, Why> {
    let short = || "a numeric that is cut off".to_owned();
    let (head, groups) = value.split_first_chunk::<8>().ok_or_else(short)?;
    let [n0, n1, w0, w1, s0, s1, _, _] = *head;
    let count = usize::from(u16::from_be_bytes([n0, n1]));
    let weight = i32::from(i16::from_be_bytes([w0, w1]));
    let is_negative = match u16::from_be_bytes([s0, s1]) {
        0x0000 => false,
        0x4000 => true,
        0xD000 => return Err("Infinity is no amount".to_owned()),
        0xF000 => return Err("-Infinity is no amount".to_owned()),
        _ => return Err("NaN is no amount".to_owned()),
    };
    if groups.len() != count * 2 {
        return Err(short());
    }
    let groups = groups
        .chunks_exact(2)
        .map(|pair| i16::from_be_bytes([pair[0], pair[1]]));
    let first = weight * 4 + i32::from(scale);
    // The common widths are worth a sum in a register pair.
    let unscaled = match precision <= 38 {
        true => sum_of(groups, first).map(i256::from_i128),
        false => sum_of(groups, first),
    };
    let unscaled = unscaled.ok_or_else(|| format!("a number of more than {precision} digits"))?;
    Ok(if is_negative { -unscaled } else { unscaled })
}

/// The sum of groups of four digits, the last digit of the first one worth 10^`first`; `None` if
/// it does not fit or is no whole number. No step is larger than the sum.
fn sum_of<T>(groups: impl Iterator<Item = i16>, first: i32) -> Option<T>
where
    T: CheckedMul + CheckedAdd + From<i16>,
{
    let mut sum = T::from(0);
    let mut exponent = first;
    let mut open = 0;
    for group in groups {
        match u32::try_from(-exponent) {
            Err(_) | Ok(0) => {
                sum = sum
                    .checked_mul(&T::from(10_000))?
                    .checked_add(&T::from(group))?;
                open = exponent.unsigned_abs();
            }
            // The group lies across the end: what is beyond it must be nothing.
            Ok(beyond @ 1..=3) => {
                let cut = 10_i16.pow(beyond);
                if group % cut != 0 {
                    return None;
                }
                let kept = T::from(10_i16.pow(4 - beyond));
                sum = sum.checked_mul(&kept)?.checked_add(&T::from(group / cut))?;
                open = 0;
            }
            Ok(_) if group == 0 => {}
            Ok(_) => return None,
        }
        exponent -= 4;
    }
    for _ in 0..open {
        sum = sum.checked_mul(&T::from(10))?;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;
    use arrow_schema::DataType;

    use super::*;
    use crate::session::Rows;
    use crate::table::{ColumnInfo, TableInfo};

    fn query() -> Query {
        let column = |name: &str, data_type: DataType, is_nullable: bool| ColumnInfo {
            name: name.to_owned(),
            declared: String::new(),
            data_type,
            is_nullable,
            is_granted: true,
            comment: None,
            asked: name.to_owned(),
        };
        let table = TableInfo {
            name: "flow".to_owned(),
            schema: None,
            is_view: false,
            comment: None,
            columns: vec![
                column("id", DataType::Int64, false),
                column("memo", DataType::Utf8View, true),
            ],
            key: vec![0],
            rows_estimate: None,
            bytes_estimate: None,
            has_places: false,
            keeps_moment: true,
        };
        Query {
            table: Arc::new(table),
            columns: vec![0, 1],
            rows: Rows::Range {
                after: None,
                upto: None,
            },
            part: None,
            is_numbered: false,
            is_paced: false,
            batch_rows: 2,
        }
    }

    fn field(bytes: &mut Vec<u8>, value: Option<&[u8]>) {
        let length = value.map_or(-1, |value| i32::try_from(value.len()).expect("it is short"));
        bytes.extend(length.to_be_bytes());
        bytes.extend(value.unwrap_or_default());
    }

    /// What a server sends of some records.
    fn sent(records: &[(Option<i64>, Option<&str>)]) -> Vec<u8> {
        let mut bytes = [&SIGNATURE[..], &[0; 8]].concat();
        for (id, memo) in records {
            bytes.extend(2_i16.to_be_bytes());
            field(
                &mut bytes,
                id.map(i64::to_be_bytes).as_ref().map(|id| &id[..]),
            );
            field(&mut bytes, memo.map(str::as_bytes));
        }
        bytes.extend((-1_i16).to_be_bytes());
        bytes
    }

    /// The first column of what comes in pieces.
    fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Result<Vec<i64>, Failure> {
        let mut decoder = Decoder::new(&query());
        let mut ids = Vec::new();
        let mut give = |batch: RecordBatch| {
            ids.extend_from_slice(batch.column(0).as_primitive::<Int64Type>().values());
            true
        };
        for piece in pieces {
            decoder.take(piece, &mut give)?;
        }
        decoder.finish(&mut give)?;
        Ok(ids)
    }

    const RECORDS: [(Option<i64>, Option<&str>); 3] = [
        (Some(1), Some("支付")),
        (Some(-2), None),
        (Some(i64::MAX), Some("")),
    ];

    #[test]
    fn an_answer_is_whole_however_it_is_cut_and_only_with_its_end() {
        let whole = sent(&RECORDS);
        for length in 1..=whole.len() {
            let ids = read(whole.chunks(length)).expect("it is whole");
            assert_eq!(ids, [1, -2, i64::MAX], "in pieces of {length}");
        }
        for length in 0..whole.len() {
            // The connection may have ended at any byte, and the server have said no word.
            let told = read(whole[..length].chunks(7));
            assert!(matches!(told, Err(Failure::Lost(_))), "{length}: {told:?}");
        }
        let more = [&whole[..], &whole[HEADER..]].concat();
        for length in [1, whole.len(), more.len()] {
            let told = read(more.chunks(length));
            assert!(matches!(told, Err(Failure::Error(_))), "{told:?}");
        }
    }

    #[test]
    fn a_null_where_none_can_be_is_the_error_of_its_record() {
        let told = read([&sent(&[RECORDS[0], (None, None)])[..]].into_iter());
        let is_named = matches!(
            told,
            Err(Failure::Value {
                row: 1,
                column: 0,
                ..
            })
        );
        assert!(is_named, "{told:?}");
    }
}
