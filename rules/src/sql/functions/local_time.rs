//! `local_time(time[, zone[, which]])`: the instant of what a clock showed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::cast::AsArray;
use arrow_array::types::{
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType,
};
use arrow_array::{Array, ArrayRef, TimestampMicrosecondArray};
use arrow_schema::{DataType, Field, FieldRef, TimeUnit};
use datafusion::common::{DataFusionError, Result, ScalarValue, internal_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use ledger::civil::{Civil, Disambiguation, Zone};

use super::money::text_type;

/// The zone of all instants that our functions give.
pub(super) const UTC: &str = "UTC";

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct LocalTime {
    signature: Signature,
    zone: String,
}

impl LocalTime {
    /// `zone` holds where a call gives none.
    pub(super) fn new(zone: &str) -> Self {
        Self {
            signature: Signature::user_defined(Volatility::Immutable),
            zone: zone.to_owned(),
        }
    }

    /// The zone and what a skipped or doubled time means, from the literals of a call.
    fn settings(&self, given: &[Option<&ScalarValue>]) -> Result<(Zone, Disambiguation)> {
        let zone = match given.get(1) {
            None => self.zone.as_str(),
            Some(literal) => literal_text("local_time", "zone", *literal)?,
        };
        let which = match given.get(2) {
            None => "reject",
            Some(literal) => literal_text("local_time", "third argument", *literal)?,
        };
        let which = match which {
            "reject" => Disambiguation::Refuse,
            "earlier" => Disambiguation::Earlier,
            "later" => Disambiguation::Later,
            other => {
                return plan_err!("local_time: `{other}` is none of 'earlier', 'later', 'reject'");
            }
        };
        Ok((known_zone("local_time", zone)?, which))
    }
}

/// Reads an argument that must be a text written out.
pub(super) fn literal_text<'a>(
    function: &str,
    what: &str,
    literal: Option<&'a ScalarValue>,
) -> Result<&'a str> {
    match literal.and_then(ScalarValue::try_as_str).flatten() {
        Some(text) => Ok(text),
        None => plan_err!("the {what} of {function} is a text, written out"),
    }
}

/// Looks a zone up. Its history takes a while to unfold, so each zone is unfolded once.
pub(super) fn known_zone(function: &str, name: &str) -> Result<Zone> {
    static ZONES: Mutex<BTreeMap<String, Zone>> = Mutex::new(BTreeMap::new());
    let mut zones = ZONES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(zone) = zones.get(name) {
        return Ok(zone.clone());
    }
    let zone = Zone::new(name).or_else(|error| plan_err!("{function}: {error}"))?;
    zones.insert(name.to_owned(), zone.clone());
    Ok(zone)
}

/// The literals among the arguments of a call.
pub(super) fn literals(args: &ScalarFunctionArgs) -> Vec<Option<&ScalarValue>> {
    fn literal(value: &ColumnarValue) -> Option<&ScalarValue> {
        match value {
            ColumnarValue::Scalar(literal) => Some(literal),
            ColumnarValue::Array(_) => None,
        }
    }
    args.args.iter().map(literal).collect()
}

impl ScalarUDFImpl for LocalTime {
    fn name(&self) -> &str {
        "local_time"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let (time, texts) = match given {
            [time, texts @ ..] if texts.len() <= 2 => (time, texts),
            _ => {
                return plan_err!(
                    "local_time takes a time, a zone and 'earlier', 'later' or 'reject'"
                );
            }
        };
        let time = match time {
            DataType::Null => DataType::Utf8View,
            DataType::Timestamp(_, None) | DataType::Date32 => time.clone(),
            DataType::Timestamp(_, Some(_)) => {
                return plan_err!(
                    "local_time takes a civil time; this timestamp has a zone and is an instant already"
                );
            }
            other => match text_type(other) {
                Some(text) => text,
                None => return plan_err!("local_time takes a text or timestamp, not {other}"),
            },
        };
        let time = if time == DataType::Date32 {
            DataType::Timestamp(TimeUnit::Microsecond, None)
        } else {
            time
        };
        Ok(std::iter::once(time)
            .chain(texts.iter().map(|_| DataType::Utf8))
            .collect())
    }

    fn return_type(&self, _given: &[DataType]) -> Result<DataType> {
        internal_err!("the field of local_time depends on its arguments")
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        self.settings(args.scalar_arguments)?;
        let data_type = DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into()));
        let nullable = args
            .arg_fields
            .first()
            .is_none_or(|field| field.is_nullable());
        Ok(Arc::new(Field::new("local_time", data_type, nullable)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let (zone, which) = self.settings(&literals(&args))?;
        super::unary(&args, |times| instants(times, &zone, which))
    }
}

fn instants(
    times: &ArrayRef,
    zone: &Zone,
    which: Disambiguation,
) -> Result<TimestampMicrosecondArray> {
    match times.data_type() {
        DataType::Utf8View => of_texts(times.as_string_view().iter(), times, zone, which),
        DataType::Utf8 => of_texts(times.as_string::<i32>().iter(), times, zone, which),
        DataType::LargeUtf8 => of_texts(times.as_string::<i64>().iter(), times, zone, which),
        DataType::Timestamp(_, None) => {
            let micros = micros(times)?;
            collect(micros.iter(), times, |micros| {
                zone.instant(Civil::from_micros(micros), which)
                    .map_err(failed)
            })
        }
        other => internal_err!("local_time was given {other}"),
    }
}

fn of_texts<'a>(
    texts: impl Iterator<Item = Option<&'a str>>,
    times: &ArrayRef,
    zone: &Zone,
    which: Disambiguation,
) -> Result<TimestampMicrosecondArray> {
    collect(texts, times, |text| {
        ledger::local_time(text, zone, which).map_err(failed)
    })
}

fn failed(error: impl std::fmt::Display) -> DataFusionError {
    DataFusionError::Execution(format!("local_time: {error}"))
}

fn collect<T>(
    values: impl Iterator<Item = Option<T>>,
    times: &ArrayRef,
    instant: impl Fn(T) -> Result<i64>,
) -> Result<TimestampMicrosecondArray> {
    let mut instants = Vec::with_capacity(times.len());
    for value in values {
        instants.push(match value {
            Some(value) => instant(value)?,
            None => 0,
        });
    }
    Ok(TimestampMicrosecondArray::new(instants.into(), times.nulls().cloned()).with_timezone(UTC))
}

/// Any timestamp as microseconds; what is finer must be whole microseconds.
pub(super) fn micros(times: &ArrayRef) -> Result<TimestampMicrosecondArray> {
    let DataType::Timestamp(unit, _) = times.data_type() else {
        return internal_err!("{} is no timestamp", times.data_type());
    };
    let scaled = |values: &[i64], factor: i64| {
        let scale = |(row, value): (usize, &i64)| match value.checked_mul(factor) {
            Some(micros) => Ok(micros),
            None if times.is_null(row) => Ok(0),
            None => Err(DataFusionError::Execution(format!(
                "{value} is too far away to be an instant"
            ))),
        };
        values
            .iter()
            .enumerate()
            .map(scale)
            .collect::<Result<Vec<i64>>>()
    };
    let values = match unit {
        TimeUnit::Second => scaled(
            times.as_primitive::<TimestampSecondType>().values(),
            1_000_000,
        )?,
        TimeUnit::Millisecond => scaled(
            times.as_primitive::<TimestampMillisecondType>().values(),
            1_000,
        )?,
        TimeUnit::Microsecond => {
            let micros = times.as_primitive::<TimestampMicrosecondType>();
            return Ok(micros.clone().with_timezone_opt(None::<Arc<str>>));
        }
        TimeUnit::Nanosecond => {
            let whole = |(row, nanos): (usize, &i64)| match nanos % 1_000 {
                0 => Ok(nanos / 1_000),
                _ if times.is_null(row) => Ok(0),
                _ => Err(DataFusionError::Execution(format!(
                    "a time of {nanos} nanoseconds is finer than a microsecond"
                ))),
            };
            let nanos = times.as_primitive::<TimestampNanosecondType>().values();
            nanos
                .iter()
                .enumerate()
                .map(whole)
                .collect::<Result<Vec<i64>>>()?
        }
    };
    Ok(TimestampMicrosecondArray::new(
        values.into(),
        times.nulls().cloned(),
    ))
}
