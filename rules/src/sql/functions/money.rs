//! `money(amount[, scale])`: an amount as people and programs write it, or nothing.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, Decimal128Array};
use arrow_schema::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, Result, internal_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use ledger::parse_money;

use super::decimals::{self, PRECISION};

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Money {
    signature: Signature,
    scale: Option<u8>,
}

impl Money {
    /// `scale` holds where a call gives none.
    pub(super) fn new(scale: Option<u8>) -> Self {
        Self {
            signature: Signature::user_defined(Volatility::Immutable),
            scale,
        }
    }
}

/// The text type that is read in place: what books give is `Utf8View`.
pub(super) fn text_type(given: &DataType) -> Option<DataType> {
    match given {
        DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 => Some(given.clone()),
        DataType::Dictionary(_, value) => text_type(value),
        _ => None,
    }
}

impl ScalarUDFImpl for Money {
    fn name(&self) -> &str {
        "money"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let (amount, scale) = match given {
            [amount] => (amount, None),
            [amount, _] => (amount, Some(DataType::Int64)),
            _ => return plan_err!("money takes an amount and a scale: money(amount[, scale])"),
        };
        match text_type(amount).or_else(|| decimals::amount_type(amount)) {
            Some(amount) => Ok(std::iter::once(amount).chain(scale).collect()),
            None => decimals::refuse("money", amount),
        }
    }

    fn return_type(&self, _given: &[DataType]) -> Result<DataType> {
        internal_err!("the type of money depends on its scale")
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let scale = decimals::literal_scale("money", &args, 1)?;
        let scale = decimals::known_scale("money", scale.or(self.scale))?;
        let data_type = DataType::Decimal128(PRECISION, i8::try_from(scale).unwrap_or(i8::MAX));
        let nullable = args
            .arg_fields
            .first()
            .is_none_or(|field| field.is_nullable());
        Ok(Arc::new(Field::new("money", data_type, nullable)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let scale = decimals::scale_of(args.return_type())?;
        super::unary(&args, |amounts| read(amounts, scale))
    }
}

fn read(amounts: &ArrayRef, scale: u8) -> Result<Decimal128Array> {
    match amounts.data_type() {
        DataType::Utf8View => read_text(amounts.as_string_view().iter(), amounts, scale),
        DataType::Utf8 => read_text(amounts.as_string::<i32>().iter(), amounts, scale),
        DataType::LargeUtf8 => read_text(amounts.as_string::<i64>().iter(), amounts, scale),
        data_type => {
            let rescale = Rescale::new(decimals::scale_of(data_type)?, scale);
            let failed =
                |amount: &str| format!("money: {amount} does not fit into {scale} decimals");
            decimals::map(amounts, scale, |mantissa| rescale.apply(mantissa), failed)
        }
    }
}

/// A change of scale that loses nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rescale {
    /// `None` where it is beyond 128 bits: only zero can be brought there.
    factor: Option<i128>,
    grows: bool,
}

impl Rescale {
    /// From one number of decimals to another.
    pub(super) fn new(from: u8, to: u8) -> Self {
        Self {
            factor: 10_i128.checked_pow(u32::from(from.abs_diff(to))),
            grows: from <= to,
        }
    }

    /// `None` if a digit or the amount itself would be lost.
    pub(super) fn apply(self, mantissa: i128) -> Option<i128> {
        match self.factor {
            _ if mantissa == 0 => Some(0),
            Some(factor) if self.grows => mantissa.checked_mul(factor),
            Some(factor) => (mantissa % factor == 0).then(|| mantissa / factor),
            None => None,
        }
    }
}

fn read_text<'a>(
    texts: impl Iterator<Item = Option<&'a str>>,
    amounts: &ArrayRef,
    scale: u8,
) -> Result<Decimal128Array> {
    let mut mantissas = Vec::with_capacity(amounts.len());
    for text in texts {
        mantissas.push(match text.map(|text| parse_money(text, Some(scale))) {
            None => 0,
            Some(Ok(amount)) => amount.mantissa,
            Some(Err(error)) => return Err(DataFusionError::Execution(format!("money: {error}"))),
        });
    }
    decimals::decimal(mantissas, amounts.nulls().cloned(), scale)
}
