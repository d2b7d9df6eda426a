//! Columns of Arrow, value by value.

use std::sync::Arc;

use arrow_array::builder::{
    BinaryViewBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, Decimal256Builder,
    Float32Builder, Float64Builder, Int8Builder, Int16Builder, Int32Builder, Int64Builder,
    StringViewBuilder, Time64MicrosecondBuilder, TimestampMicrosecondBuilder, UInt8Builder,
    UInt16Builder, UInt32Builder, UInt64Builder,
};
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_buffer::i256;
use arrow_schema::{DataType, SchemaRef};

/// Builds one column.
#[derive(Debug)]
pub(crate) enum Column {
    Boolean(BooleanBuilder),
    Int8(Int8Builder),
    Int16(Int16Builder),
    Int32(Int32Builder),
    Int64(Int64Builder),
    UInt8(UInt8Builder),
    UInt16(UInt16Builder),
    UInt32(UInt32Builder),
    UInt64(UInt64Builder),
    Float32(Float32Builder),
    Float64(Float64Builder),
    Decimal128(Decimal128Builder, u8, i8),
    Decimal256(Decimal256Builder, u8, i8),
    Text(StringViewBuilder),
    Bytes(BinaryViewBuilder),
    Date(Date32Builder),
    Time(Time64MicrosecondBuilder),
    /// A date and time without a zone.
    Moment(TimestampMicrosecondBuilder),
    Instant(TimestampMicrosecondBuilder),
}

/// Why a value cannot be held.
pub(crate) type Why = String;

macro_rules! on_builder {
    ($column:expr, $builder:ident => $work:expr) => {
        match $column {
            Column::Boolean($builder) => $work,
            Column::Int8($builder) => $work,
            Column::Int16($builder) => $work,
            Column::Int32($builder) => $work,
            Column::Int64($builder) => $work,
            Column::UInt8($builder) => $work,
            Column::UInt16($builder) => $work,
            Column::UInt32($builder) => $work,
            Column::UInt64($builder) => $work,
            Column::Float32($builder) => $work,
            Column::Float64($builder) => $work,
            Column::Decimal128($builder, _, _) => $work,
            Column::Decimal256($builder, _, _) => $work,
            Column::Text($builder) => $work,
            Column::Bytes($builder) => $work,
            Column::Date($builder) => $work,
            Column::Time($builder) => $work,
            Column::Moment($builder) => $work,
            Column::Instant($builder) => $work,
        }
    };
}

impl Column {
    /// A column of one of the types that databases give.
    pub(crate) fn new(data_type: &DataType, rows: usize) -> Column {
        match data_type {
            DataType::Boolean => Column::Boolean(BooleanBuilder::with_capacity(rows)),
            DataType::Int8 => Column::Int8(Int8Builder::with_capacity(rows)),
            DataType::Int16 => Column::Int16(Int16Builder::with_capacity(rows)),
            DataType::Int32 => Column::Int32(Int32Builder::with_capacity(rows)),
            DataType::Int64 => Column::Int64(Int64Builder::with_capacity(rows)),
            DataType::UInt8 => Column::UInt8(UInt8Builder::with_capacity(rows)),
            DataType::UInt16 => Column::UInt16(UInt16Builder::with_capacity(rows)),
            DataType::UInt32 => Column::UInt32(UInt32Builder::with_capacity(rows)),
            DataType::UInt64 => Column::UInt64(UInt64Builder::with_capacity(rows)),
            DataType::Float32 => Column::Float32(Float32Builder::with_capacity(rows)),
            DataType::Float64 => Column::Float64(Float64Builder::with_capacity(rows)),
            DataType::Decimal128(precision, scale) => Column::Decimal128(
                Decimal128Builder::with_capacity(rows).with_data_type(data_type.clone()),
                *precision,
                *scale,
            ),
            DataType::Decimal256(precision, scale) => Column::Decimal256(
                Decimal256Builder::with_capacity(rows).with_data_type(data_type.clone()),
                *precision,
                *scale,
            ),
            DataType::Utf8View => Column::Text(StringViewBuilder::with_capacity(rows)),
            DataType::BinaryView => Column::Bytes(BinaryViewBuilder::with_capacity(rows)),
            DataType::Date32 => Column::Date(Date32Builder::with_capacity(rows)),
            DataType::Time64(_) => Column::Time(Time64MicrosecondBuilder::with_capacity(rows)),
            DataType::Timestamp(_, None) => {
                Column::Moment(TimestampMicrosecondBuilder::with_capacity(rows))
            }
            DataType::Timestamp(_, Some(zone)) => Column::Instant(
                TimestampMicrosecondBuilder::with_capacity(rows).with_timezone(Arc::clone(zone)),
            ),
            other => unreachable!("no database column is given as {other}"),
        }
    }

    pub(crate) fn append_null(&mut self) {
        on_builder!(self, builder => builder.append_null());
    }

    pub(crate) fn finish(&mut self) -> ArrayRef {
        on_builder!(self, builder => Arc::new(builder.finish()))
    }

    /// Appends a whole number; it must fit.
    pub(crate) fn append_integer(&mut self, value: i128) -> Result<(), Why> {
        let unfit = |_| format!("{value} does not fit");
        match self {
            Column::Int8(builder) => builder.append_value(value.try_into().map_err(unfit)?),
            Column::Int16(builder) => builder.append_value(value.try_into().map_err(unfit)?),
            Column::Int32(builder) => builder.append_value(value.try_into().map_err(unfit)?),
            Column::Int64(builder) => builder.append_value(value.try_into().map_err(unfit)?),
            Column::UInt8(builder) => builder.append_value(value.try_into().map_err(unfit)?),
            Column::UInt16(builder) => builder.append_value(value.try_into().map_err(unfit)?),
            Column::UInt32(builder) => builder.append_value(value.try_into().map_err(unfit)?),
            Column::UInt64(builder) => builder.append_value(value.try_into().map_err(unfit)?),
            Column::Boolean(builder) if value == 0 || value == 1 => {
                builder.append_value(value == 1)
            }
            _ => {
                return Err(format!(
                    "{value} is a whole number, the column's type is another"
                ));
            }
        }
        Ok(())
    }

    /// Appends a decimal written as text: a sign, digits, a point, an exponent not.
    pub(crate) fn append_decimal(&mut self, text: &str) -> Result<(), Why> {
        let (precision, scale) = match self {
            Column::Decimal128(_, precision, scale) | Column::Decimal256(_, precision, scale) => {
                (*precision, *scale)
            }
            _ => return Err(format!("{text} is a decimal, the column's type is another")),
        };
        self.append_unscaled(decimal(text, precision, scale)?);
        Ok(())
    }

    /// Appends an amount in units of the column's scale, which fits its precision.
    pub(crate) fn append_unscaled(&mut self, value: i256) {
        match self {
            Column::Decimal128(builder, _, _) => builder.append_value(
                value
                    .to_i128()
                    .expect("what has at most 38 digits fits 128 bits"),
            ),
            Column::Decimal256(builder, _, _) => builder.append_value(value),
            _ => unreachable!("only decimals have a scale"),
        }
    }
}

/// Reads a decimal exactly, in units of `scale`.
pub(crate) fn decimal(text: &str, precision: u8, scale: i8) -> Result<i256, Why> {
    let places = usize::try_from(scale).map_err(|_| format!("a scale of {scale} is not read"))?;
    let (is_negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = !(whole.is_empty() && fraction.is_empty())
        && whole
            .bytes()
            .chain(fraction.bytes())
            .all(|byte| byte.is_ascii_digit());
    if !is_number {
        return Err(format!("{text:?} is no decimal number"));
    }
    let fraction_kept = fraction.trim_end_matches('0');
    if fraction_kept.len() > places {
        return Err(format!("{text} has more than {places} decimal places"));
    }
    let significant = whole.trim_start_matches('0');
    if significant.len() + places > usize::from(precision) {
        return Err(format!("{text} has more than {precision} digits"));
    }
    let mut value = i256::ZERO;
    let ten = i256::from_i128(10);
    let padding = std::iter::repeat_n(b'0', places - fraction_kept.len());
    for digit in significant
        .bytes()
        .chain(fraction_kept.bytes())
        .chain(padding)
    {
        let digit = i256::from_i128(i128::from(digit - b'0'));
        value = value
            .checked_mul(ten)
            .and_then(|value| value.checked_add(digit))
            .ok_or_else(|| format!("{text} has more than {precision} digits"))?;
    }
    Ok(if is_negative { -value } else { value })
}

/// Builds batches, record by record.
#[derive(Debug)]
pub(crate) struct Batches {
    schema: SchemaRef,
    pub(crate) columns: Vec<Column>,
    rows: usize,
    batch_rows: usize,
}

impl Batches {
    pub(crate) fn new(schema: SchemaRef, batch_rows: usize) -> Batches {
        let columns = schema.fields().iter();
        Batches {
            columns: columns
                .map(|field| Column::new(field.data_type(), batch_rows))
                .collect(),
            schema,
            rows: 0,
            batch_rows,
        }
    }

    /// Ends a record; gives the batch that is full with it.
    pub(crate) fn end_row(&mut self) -> Option<RecordBatch> {
        self.rows += 1;
        (self.rows >= self.batch_rows).then(|| self.take())
    }

    /// What is left at the end.
    pub(crate) fn rest(&mut self) -> Option<RecordBatch> {
        (self.rows > 0).then(|| self.take())
    }

    fn take(&mut self) -> RecordBatch {
        let columns = self.columns.iter_mut().map(Column::finish).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        self.rows = 0;
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
            .expect("every column has one value a record, of the schema's type")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{Array, BooleanArray, Decimal256Array, Int8Array, UInt64Array};
    use arrow_schema::{Field, Schema, TimeUnit};
    use proptest::prelude::*;

    fn refused(text: &str, precision: u8, scale: i8) -> String {
        decimal(text, precision, scale).expect_err("no such decimal")
    }

    #[test]
    fn a_decimal_is_read_in_units_of_its_scale() {
        let read =
            |text, precision, scale| decimal(text, precision, scale).map(|units| units.to_string());
        let ok = |units: &str| Ok(units.to_owned());
        assert_eq!(read("10.01", 18, 2), ok("1001"));
        assert_eq!(read("-10.0100000", 18, 2), ok("-1001"));
        assert_eq!(read("+.5", 18, 2), ok("50"));
        assert_eq!(read("5.", 18, 2), ok("500"));
        assert_eq!(read("-0.00", 18, 2), ok("0"));
        assert_eq!(
            read("000000000000000000000000000000000000000000001", 1, 0),
            ok("1")
        );
        assert_eq!(read("0.99", 2, 2), ok("99"));
        let nines = "9".repeat(76);
        assert_eq!(read(&nines, 76, 0), ok(&nines));
        assert_eq!(
            read(&format!("-0.{nines}"), 76, 76),
            ok(&format!("-{nines}"))
        );
    }

    #[test]
    fn what_does_not_fit_a_decimal_is_refused() {
        insta::assert_snapshot!(
            [
                refused("10.011", 18, 2),
                refused("100.00", 4, 2),
                refused("1", 2, 2),
                refused(&"9".repeat(77), 76, 0),
                refused("", 18, 2),
                refused("-", 18, 2),
                refused(".", 18, 2),
                refused("1e5", 18, 2),
                refused("+-1", 18, 2),
                refused("1.2.3", 18, 2),
                refused(" 1", 18, 2),
                refused("１", 18, 2),
                refused("NaN", 18, 2),
                refused("1,000", 18, 2),
                refused("1", 18, -2),
            ]
            .join("\n"),
            @r#"
        10.011 has more than 2 decimal places
        100.00 has more than 4 digits
        1 has more than 2 digits
        99999999999999999999999999999999999999999999999999999999999999999999999999999 has more than 76 digits
        "" is no decimal number
        "-" is no decimal number
        "." is no decimal number
        "1e5" is no decimal number
        "+-1" is no decimal number
        "1.2.3" is no decimal number
        " 1" is no decimal number
        "１" is no decimal number
        "NaN" is no decimal number
        "1,000" is no decimal number
        a scale of -2 is not read
        "#
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// As whoever writes the digits one below the other would do it.
        #[test]
        fn a_decimal_is_its_digits_with_the_point_moved(
            sign in "[+-]?",
            whole in "[0-9]{0,40}",
            fraction in prop::option::of("[0-9]{0,20}0{0,20}"),
            precision in 1_u8..=76,
            scale_part in 0_u8..=76,
        ) {
            let scale = i8::try_from(scale_part.min(precision)).expect("at most 76");
            let places = usize::from(scale.unsigned_abs());
            let text = match &fraction {
                Some(fraction) => format!("{sign}{whole}.{fraction}"),
                None => format!("{sign}{whole}"),
            };
            let fraction = fraction.unwrap_or_default();
            let is_number = !(whole.is_empty() && fraction.is_empty());
            let padded = format!("{fraction:0<places$}");
            let (kept, lost) = padded.split_at(places);
            let digits = format!("{whole}{kept}");
            let digits = digits.trim_start_matches('0');
            let fits = lost.chars().all(|digit| digit == '0') && digits.len() <= usize::from(precision);
            let expected = match (digits, sign.as_str()) {
                ("", _) => "0".to_owned(),
                (digits, "-") => format!("-{digits}"),
                (digits, _) => digits.to_owned(),
            };
            match decimal(&text, precision, scale) {
                Ok(units) => {
                    prop_assert!(is_number && fits, "{} was read", text);
                    prop_assert_eq!(units.to_string(), expected);
                }
                Err(_) => prop_assert!(!is_number || !fits, "{} was refused", text),
            }
        }

        /// Whatever is written, it is read or refused.
        #[test]
        fn no_text_breaks_the_reading_of_decimals(text in ".{0,8}", precision in 1_u8..=76, scale in -76_i8..=76) {
            drop(decimal(&text, precision, scale));
        }

        #[test]
        fn batches_hold_every_record_once_whatever_their_size(records in 0_usize..50, size in 0_usize..12) {
            let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, false)]));
            let mut batches = Batches::new(schema, size);
            let mut all = Vec::new();
            for record in 0..records {
                batches.columns[0].append_integer(record as i128).expect("it fits");
                all.extend(batches.end_row());
            }
            all.extend(batches.rest());
            prop_assert!(batches.rest().is_none());
            let sizes: Vec<usize> = all.iter().map(RecordBatch::num_rows).collect();
            prop_assert_eq!(sizes.iter().sum::<usize>(), records);
            prop_assert!(sizes.iter().rev().skip(1).all(|rows| *rows == size.max(1)));
            prop_assert!(sizes.iter().all(|rows| (1..=size.max(1)).contains(rows)));
        }
    }

    #[test]
    fn a_whole_number_must_fit_its_column() {
        let mut small = Column::new(&DataType::Int8, 1);
        assert_eq!(small.append_integer(-128), Ok(()));
        assert_eq!(
            small.append_integer(128),
            Err("128 does not fit".to_owned())
        );
        assert_eq!(
            small.finish().as_ref(),
            &Int8Array::from(vec![-128]) as &dyn Array
        );

        let mut large = Column::new(&DataType::UInt64, 1);
        assert_eq!(large.append_integer(u64::MAX.into()), Ok(()));
        assert!(large.append_integer(-1).is_err());
        assert_eq!(
            large.finish().as_ref(),
            &UInt64Array::from(vec![u64::MAX]) as &dyn Array
        );

        let mut yes = Column::new(&DataType::Boolean, 1);
        assert_eq!(yes.append_integer(1), Ok(()));
        assert!(yes.append_integer(2).is_err());
        yes.append_null();
        assert_eq!(
            yes.finish().as_ref(),
            &BooleanArray::from(vec![Some(true), None]) as &dyn Array
        );
        assert!(
            Column::new(&DataType::Utf8View, 1)
                .append_integer(1)
                .is_err()
        );
        assert!(Column::new(&DataType::Int8, 1).append_decimal("1").is_err());
    }

    #[test]
    fn decimals_of_both_widths_are_built() {
        let mut wide = Column::new(&DataType::Decimal256(76, 2), 1);
        wide.append_decimal("-0.01").expect("it fits");
        let expected = Decimal256Array::from(vec![i256::from_i128(-1)]);
        let expected = expected.with_precision_and_scale(76, 2).expect("a decimal");
        assert_eq!(wide.finish().as_ref(), &expected as &dyn Array);
        let mut narrow = Column::new(&DataType::Decimal128(38, 0), 1);
        narrow.append_decimal(&"9".repeat(38)).expect("it fits");
        assert!(narrow.append_decimal(&"9".repeat(39)).is_err());
        assert_eq!(narrow.finish().len(), 1);
    }

    #[test]
    fn every_type_gives_back_the_type_it_was_made_for() {
        let zone = Some(Arc::from("+00:00"));
        let types = [
            DataType::Boolean,
            DataType::Int8,
            DataType::Int16,
            DataType::Int32,
            DataType::Int64,
            DataType::UInt8,
            DataType::UInt16,
            DataType::UInt32,
            DataType::UInt64,
            DataType::Float32,
            DataType::Float64,
            DataType::Decimal128(38, 10),
            DataType::Decimal256(76, 20),
            DataType::Utf8View,
            DataType::BinaryView,
            DataType::Date32,
            DataType::Time64(TimeUnit::Microsecond),
            DataType::Timestamp(TimeUnit::Microsecond, None),
            DataType::Timestamp(TimeUnit::Microsecond, zone),
        ];
        for data_type in types {
            let mut column = Column::new(&data_type, 2);
            column.append_null();
            let array = column.finish();
            assert_eq!((array.data_type(), array.null_count()), (&data_type, 1));
            column.append_null();
            assert_eq!(column.finish().data_type(), &data_type, "a second batch");
        }
    }
}
