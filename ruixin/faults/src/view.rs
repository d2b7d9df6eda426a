//! A record as the causes see it: by the names of its columns, in one type each.

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Int64Type, TimestampNanosecondType};
use arrow_array::{
    Array, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray,
    TimestampNanosecondArray,
};
use arrow_schema::{ArrowError, DataType, Schema, TimeUnit};

use crate::change::{Changes, Value, exactly};

pub(crate) const VOUCHER: &str = "voucher";
pub(crate) const LEG: &str = "leg";
pub(crate) const SUBJECT: &str = "subject";
pub(crate) const ACCOUNT: &str = "account";
pub(crate) const SIDE: &str = "side";
pub(crate) const DEBIT: &str = "debit";
pub(crate) const CREDIT: &str = "credit";
pub(crate) const AMOUNT_FEN: &str = "amount_fen";
pub(crate) const BOOKED_AT: &str = "booked_at";
pub(crate) const ACCOUNTING_DATE: &str = "accounting_date";
pub(crate) const MEMO: &str = "memo";

const NANOS_OF_AN_HOUR: i64 = 3_600_000_000_000;

/// Shanghai is eight hours ahead of Greenwich, and had no summer time in these years.
pub(crate) const SHANGHAI: i64 = 8 * NANOS_OF_AN_HOUR;

/// What a column should hold, if it does not.
pub(crate) fn should_be(column: &str, is: &DataType) -> Option<&'static str> {
    let (fits, should_be) = match column {
        LEG => (is.is_integer(), "an integer"),
        DEBIT | CREDIT => (decimals(is) == Some(2), "a decimal with two places"),
        BOOKED_AT => (matches!(is, DataType::Timestamp(..)), "a timestamp"),
        ACCOUNTING_DATE => (matches!(is, DataType::Date32 | DataType::Date64), "a date"),
        _ => return None,
    };
    (!fits).then_some(should_be)
}

/// The first number of fen that some column of amounts cannot hold.
pub(crate) fn too_much(schema: &Schema) -> i128 {
    let columns = [DEBIT, CREDIT, AMOUNT_FEN];
    let types = columns
        .iter()
        .filter_map(|name| schema.field_with_name(name).ok());
    let ends = types.map(|field| match field.data_type() {
        decimal if decimal.is_decimal() => 10_i128.pow(digits(decimal).min(38)),
        DataType::Int32 | DataType::UInt32 => i128::from(i32::MAX),
        _ => i128::from(i64::MAX),
    });
    ends.min().unwrap_or(i128::from(i64::MAX))
}

fn decimals(is: &DataType) -> Option<i8> {
    match is {
        DataType::Decimal32(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal128(_, scale)
        | DataType::Decimal256(_, scale) => Some(*scale),
        _ => None,
    }
}

fn digits(is: &DataType) -> u32 {
    match is {
        DataType::Decimal32(digits, _)
        | DataType::Decimal64(digits, _)
        | DataType::Decimal128(digits, _)
        | DataType::Decimal256(digits, _) => u32::from(*digits),
        _ => 0,
    }
}

/// Is a batch of records with those columns that the causes know, as far as they are in it.
pub(crate) struct View {
    voucher: StringArray,
    leg: Option<Int64Array>,
    subject: Option<StringArray>,
    account: Option<StringArray>,
    side: Option<StringArray>,
    debit: Option<Decimal128Array>,
    credit: Option<Decimal128Array>,
    accounting_date: Option<Date32Array>,
    booked_at: Option<TimestampNanosecondArray>,
    memo: Option<StringArray>,
    too_much: i128,
}

impl View {
    pub(crate) fn over(batch: &RecordBatch, too_much: i128) -> Result<Self, ArrowError> {
        let cast = |name: &str, to: &DataType| {
            let column = batch.column_by_name(name);
            column.map(|column| exactly(column, to)).transpose()
        };
        let text = |name| -> Result<Option<StringArray>, ArrowError> {
            let column = cast(name, &DataType::Utf8)?;
            Ok(column.map(|column| column.as_string().clone()))
        };
        let money = |name| -> Result<Option<Decimal128Array>, ArrowError> {
            let column = cast(name, &DataType::Decimal128(38, 2))?;
            Ok(column.map(|column| column.as_primitive::<Decimal128Type>().clone()))
        };
        let time = batch
            .column_by_name(BOOKED_AT)
            .map(|column| column.data_type());
        let time = match time {
            Some(DataType::Timestamp(_, zone)) => zone.clone(),
            _ => None,
        };
        let time = DataType::Timestamp(TimeUnit::Nanosecond, time);
        Ok(Self {
            voucher: vouchers(batch)?,
            leg: cast(LEG, &DataType::Int64)?
                .map(|column| column.as_primitive::<Int64Type>().clone()),
            subject: text(SUBJECT)?,
            account: text(ACCOUNT)?,
            side: text(SIDE)?,
            debit: money(DEBIT)?,
            credit: money(CREDIT)?,
            accounting_date: cast(ACCOUNTING_DATE, &DataType::Date32)?
                .map(|column| column.as_primitive::<Date32Type>().clone()),
            booked_at: cast(BOOKED_AT, &time)?
                .map(|column| column.as_primitive::<TimestampNanosecondType>().clone()),
            memo: text(MEMO)?,
            too_much,
        })
    }

    /// The records that have an id.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let with_id = |at: &usize| self.voucher.is_valid(*at);
        (0..self.voucher.len())
            .filter(with_id)
            .map(|at| self.row(at))
    }

    pub(crate) fn row(&self, at: usize) -> Row<'_> {
        Row { view: self, at }
    }
}

/// The vouchers of a batch.
pub(crate) fn vouchers(batch: &RecordBatch) -> Result<StringArray, ArrowError> {
    let column = batch.column_by_name(VOUCHER);
    let column = column.ok_or_else(|| ArrowError::SchemaError("no column `voucher`".to_owned()))?;
    Ok(exactly(column, &DataType::Utf8)?.as_string().clone())
}

/// Is one record.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    view: &'a View,
    at: usize,
}

/// Is the amount of a record, in that of the two columns that is not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Amount {
    pub(crate) column: &'static str,
    pub(crate) fen: i128,
}

impl<'a> Row<'a> {
    pub(crate) fn voucher(&self) -> &'a str {
        self.view.voucher.value(self.at)
    }

    pub(crate) fn leg(&self) -> Option<i64> {
        let legs = self.view.leg.as_ref()?;
        legs.is_valid(self.at).then(|| legs.value(self.at))
    }

    pub(crate) fn subject(&self) -> Option<&'a str> {
        self.text(self.view.subject.as_ref())
    }

    pub(crate) fn account(&self) -> Option<&'a str> {
        self.text(self.view.account.as_ref())
    }

    pub(crate) fn side(&self) -> Option<&'a str> {
        self.text(self.view.side.as_ref())
    }

    pub(crate) fn memo(&self) -> Option<&'a str> {
        self.text(self.view.memo.as_ref())
    }

    pub(crate) fn debit(&self) -> Option<i128> {
        self.money(self.view.debit.as_ref())
    }

    pub(crate) fn credit(&self) -> Option<i128> {
        self.money(self.view.credit.as_ref())
    }

    /// What the record moves; none where it moves nothing, or something on both sides.
    pub(crate) fn amount(&self) -> Option<Amount> {
        match (self.debit()?, self.credit()?) {
            (0, 0) => None,
            (fen, 0) => Some(Amount { column: DEBIT, fen }),
            (0, fen) => {
                let column = CREDIT;
                Some(Amount { column, fen })
            }
            _ => None,
        }
    }

    /// The record with another amount on the same side, if its columns can hold it.
    pub(crate) fn with_amount(&self, fen: i128) -> Option<Changes> {
        let amount = self.amount()?;
        let fits = i128::try_from(fen.unsigned_abs()).ok()? < self.view.too_much;
        let changes = || {
            vec![
                (amount.column, Value::Yuan(fen)),
                (AMOUNT_FEN, Value::Fen(fen)),
            ]
        };
        (fits && fen != amount.fen).then(changes)
    }

    pub(crate) fn accounting_date(&self) -> Option<i32> {
        let dates = self.view.accounting_date.as_ref()?;
        dates.is_valid(self.at).then(|| dates.value(self.at))
    }

    pub(crate) fn has_times(&self) -> bool {
        self.view.booked_at.is_some()
    }

    /// Nanoseconds since 1970, by the clock of the column.
    pub(crate) fn booked_at(&self) -> Option<i64> {
        let times = self.view.booked_at.as_ref()?;
        times.is_valid(self.at).then(|| times.value(self.at))
    }

    /// Seconds since midnight in Shanghai.
    pub(crate) fn second_of_day(&self) -> Option<i64> {
        let times = self.view.booked_at.as_ref()?;
        let ahead = if times.timezone().is_some() {
            SHANGHAI
        } else {
            0
        };
        let of_day = (self.booked_at()? + ahead).rem_euclid(24 * NANOS_OF_AN_HOUR);
        Some(of_day / 1_000_000_000)
    }

    fn text(&self, column: Option<&'a StringArray>) -> Option<&'a str> {
        let column = column?;
        column.is_valid(self.at).then(|| column.value(self.at))
    }

    fn money(&self, column: Option<&Decimal128Array>) -> Option<i128> {
        let column = column?;
        column.is_valid(self.at).then(|| column.value(self.at))
    }
}
