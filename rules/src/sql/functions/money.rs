//! `money(amount[, scale][, options])`: an amount as people and programs write it, or nothing.
//!
//! The options are a text of names, apart by blanks or commas: what no amount shows by itself.
//!
//! | option | says |
//! |---|---|
//! | `decimal-comma`, `decimal-point` | the sign between whole units and decimals; the other one groups |
//! | `credit-positive` | CR (贷) is above zero, and DR (借) below it |

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, Decimal128Array};
use arrow_schema::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, Result, ScalarValue, internal_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use ledger::{CurrencyCode, DecimalSign, MoneyFormat, parse_money_as};

use super::decimals::{self, PRECISION};
use super::local_time::{literal_text, literals};

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Money {
    signature: Signature,
    scale: Option<u8>,
    currency: Option<CurrencyCode>,
}

impl Money {
    /// `scale` holds where a call gives none. Of currencies only `currency` may stand beside an amount;
    /// where there is none, any.
    pub(super) fn new(scale: Option<u8>, currency: Option<CurrencyCode>) -> Self {
        Self {
            signature: Signature::user_defined(Volatility::Immutable),
            scale,
            currency,
        }
    }

    /// The scale that a call says, and how its texts are written, from its literals.
    fn settings(&self, given: &[Option<&ScalarValue>]) -> Result<(Option<u8>, MoneyFormat)> {
        let scale = |given| decimals::scale_literal("money", given).map(Some);
        let options = |given| literal_text("money", "last argument", given);
        let (scale, options) = match given {
            [_] => (None, ""),
            [_, only] if is_text(*only) => (None, options(*only)?),
            [_, only] => (scale(*only)?, ""),
            [_, first, last] => (scale(*first)?, options(*last)?),
            _ => return wrong_count(),
        };
        let plain = MoneyFormat {
            currency: self.currency,
            ..MoneyFormat::DEFAULT
        };
        Ok((scale, read_options(options, plain)?))
    }
}

fn is_text(given: Option<&ScalarValue>) -> bool {
    given.is_some_and(|value| value.try_as_str().is_some())
}

fn wrong_count<T>() -> Result<T> {
    plan_err!(
        "money takes an amount, a scale and how it is written: money(amount[, scale][, 'decimal-comma'])"
    )
}

/// Reads the options of a call.
fn read_options(text: &str, mut format: MoneyFormat) -> Result<MoneyFormat> {
    let names = text.split([' ', ',']).filter(|name| !name.is_empty());
    for name in names {
        let decimal = match name {
            "decimal-comma" => DecimalSign::Comma,
            "decimal-point" => DecimalSign::Point,
            "credit-positive" => {
                format.credit_is_negative = false;
                continue;
            }
            other => {
                return plan_err!(
                    "money: `{other}` is none of 'decimal-comma', 'decimal-point', 'credit-positive'"
                );
            }
        };
        if format.decimal.is_some_and(|known| known != decimal) {
            return plan_err!("money: `{text}` names two decimal signs");
        }
        format.decimal = Some(decimal);
    }
    Ok(format)
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
        let (amount, settings) = match given {
            [amount] => (amount, Vec::new()),
            // Options are texts, and a scale is none.
            [amount, only] if text_type(only).is_some() => (amount, vec![DataType::Utf8]),
            [amount, _] => (amount, vec![DataType::Int64]),
            [amount, _, _] => (amount, vec![DataType::Int64, DataType::Utf8]),
            _ => return wrong_count(),
        };
        match text_type(amount).or_else(|| decimals::amount_type(amount)) {
            Some(amount) => Ok(std::iter::once(amount).chain(settings).collect()),
            None => decimals::refuse("money", amount),
        }
    }

    fn return_type(&self, _given: &[DataType]) -> Result<DataType> {
        internal_err!("the type of money depends on its scale")
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let (scale, _) = self.settings(args.scalar_arguments)?;
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
        let (_, format) = self.settings(&literals(&args))?;
        super::unary(&args, |amounts| read(amounts, scale, &format))
    }
}

fn read(amounts: &ArrayRef, scale: u8, format: &MoneyFormat) -> Result<Decimal128Array> {
    match amounts.data_type() {
        DataType::Utf8View => read_text(amounts.as_string_view().iter(), amounts, scale, format),
        DataType::Utf8 => read_text(amounts.as_string::<i32>().iter(), amounts, scale, format),
        DataType::LargeUtf8 => read_text(amounts.as_string::<i64>().iter(), amounts, scale, format),
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
    format: &MoneyFormat,
) -> Result<Decimal128Array> {
    let amount_of = |text: &'a str| parse_money_as(text, Some(scale), format);
    let mut mantissas = Vec::with_capacity(amounts.len());
    for text in texts {
        mantissas.push(match text.map(amount_of) {
            None => 0,
            Some(Ok(amount)) => amount.mantissa,
            Some(Err(error)) => return Err(DataFusionError::Execution(format!("money: {error}"))),
        });
    }
    decimals::decimal(mantissas, amounts.nulls().cloned(), scale)
}
