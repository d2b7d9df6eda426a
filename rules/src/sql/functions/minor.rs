//! `minor(amount[, scale])`: an amount counted in its smallest units.

use std::sync::Arc;

use arrow_schema::{DataType, Field, FieldRef};
use datafusion::common::{Result, internal_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::decimals::{self, PRECISION};
use super::money::Rescale;

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Minor {
    signature: Signature,
    scale: Option<u8>,
}

impl Minor {
    /// `scale` holds where a call gives none.
    pub(super) fn new(scale: Option<u8>) -> Self {
        Self {
            signature: Signature::user_defined(Volatility::Immutable),
            scale,
        }
    }
}

impl ScalarUDFImpl for Minor {
    fn name(&self) -> &str {
        "minor"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let (amount, scale) = match given {
            [amount] => (amount, None),
            [amount, _] => (amount, Some(DataType::Int64)),
            _ => return plan_err!("minor takes an amount and a scale: minor(amount[, scale])"),
        };
        match decimals::amount_type(amount) {
            Some(amount) => Ok(std::iter::once(amount).chain(scale).collect()),
            None => decimals::refuse("minor", amount),
        }
    }

    fn return_type(&self, _given: &[DataType]) -> Result<DataType> {
        internal_err!("the field of minor depends on its arguments")
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let scale = decimals::literal_scale("minor", &args, 1)?;
        decimals::known_scale("minor", scale.or(self.scale))?;
        let nullable = args
            .arg_fields
            .first()
            .is_none_or(|field| field.is_nullable());
        Ok(Arc::new(Field::new(
            "minor",
            DataType::Decimal128(PRECISION, 0),
            nullable,
        )))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let scale = match args.args.get(1) {
            Some(ColumnarValue::Scalar(scale)) => decimals::scale_value(scale),
            Some(ColumnarValue::Array(_)) => None,
            None => self.scale,
        };
        let Some(scale) = scale else {
            return internal_err!("the scale of minor was not written out");
        };
        super::unary(&args, |amounts| {
            // 12.34 is 1234 hundredths: the mantissa at that scale, as a number of its own.
            let rescale = Rescale::new(decimals::scale_of(amounts.data_type())?, scale);
            let failed = |amount: &str| {
                format!("minor: {amount} is no whole number of units of {scale} decimals")
            };
            decimals::map(amounts, 0, |mantissa| rescale.apply(mantissa), failed)
        })
    }
}
