//! `business_date(instant, zone, cut)`: the day on which an instant is booked.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Date32Array};
use arrow_schema::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, Result, ScalarValue, internal_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use ledger::civil::{CutOff, Zone};

use super::local_time::{known_zone, literal_text, literals, micros};

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct BusinessDate {
    signature: Signature,
}

impl BusinessDate {
    pub(super) fn new() -> Self {
        Self {
            signature: Signature::user_defined(Volatility::Immutable),
        }
    }
}

fn settings(given: &[Option<&ScalarValue>]) -> Result<(Zone, CutOff)> {
    let [_, zone, cut] = given else {
        return plan_err!(
            "business_date takes an instant, a zone and the time at which the day changes"
        );
    };
    let zone = known_zone(
        "business_date",
        literal_text("business_date", "zone", *zone)?,
    )?;
    let cut = literal_text("business_date", "cut-off", *cut)?;
    match cut.parse() {
        Ok(cut) => Ok((zone, cut)),
        Err(error) => plan_err!("business_date: {error}"),
    }
}

impl ScalarUDFImpl for BusinessDate {
    fn name(&self) -> &str {
        "business_date"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let instant = match given {
            [instant @ DataType::Timestamp(_, Some(_)), _, _] => instant.clone(),
            [DataType::Null, _, _] => DataType::Timestamp(
                arrow_schema::TimeUnit::Microsecond,
                Some(super::local_time::UTC.into()),
            ),
            [DataType::Timestamp(_, None), _, _] => {
                return plan_err!(
                    "business_date takes an instant; this timestamp has no zone: use local_time(…, zone) first"
                );
            }
            [other, _, _] => {
                return plan_err!(
                    "business_date takes an instant, not {other}: use local_time(…, zone) first"
                );
            }
            _ => {
                return plan_err!(
                    "business_date takes an instant, a zone and the time at which the day changes"
                );
            }
        };
        Ok(vec![instant, DataType::Utf8, DataType::Utf8])
    }

    fn return_type(&self, _given: &[DataType]) -> Result<DataType> {
        internal_err!("the field of business_date depends on its arguments")
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        settings(args.scalar_arguments)?;
        let nullable = args
            .arg_fields
            .first()
            .is_none_or(|field| field.is_nullable());
        Ok(Arc::new(Field::new(
            "business_date",
            DataType::Date32,
            nullable,
        )))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let (zone, cut) = settings(&literals(&args))?;
        super::unary(&args, |instants| days(instants, &zone, cut))
    }
}

fn days(instants: &ArrayRef, zone: &Zone, cut: CutOff) -> Result<Date32Array> {
    let micros = micros(instants)?;
    let mut days = Vec::with_capacity(micros.len());
    for instant in &micros {
        days.push(
            match instant.map(|instant| ledger::business_date(instant, zone, cut)) {
                Some(Ok(day)) => day,
                Some(Err(error)) => {
                    return Err(DataFusionError::Execution(format!(
                        "business_date: {error}"
                    )));
                }
                None => 0,
            },
        );
    }
    Ok(Date32Array::new(days.into(), micros.nulls().cloned()))
}
