//! `round_half_up`, `round_half_even`, `round_down`, `round_up` `(amount, scale)`.
//!
//! A quotient is rounded as one step: `round_half_even(a / b, 2)` looks at the exact quotient,
//! not at the digits that `/` leaves of it.

use std::sync::Arc;

use arrow_array::{Array, Decimal128Array};
use arrow_buffer::i256;
use arrow_schema::{DataType, Field, FieldRef};
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, DataFusionError, Result, internal_err, plan_err};
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    BinaryExpr, ColumnarValue, Expr, ExprSchemable, LogicalPlan, Operator, ReturnFieldArgs,
    ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::optimizer::AnalyzerRule;
use ledger::{Rounding, format_decimal};

use super::decimals::{self, PRECISION};

/// One of the four functions.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Round {
    signature: Signature,
    rounding: Rounding,
    name: &'static str,
}

/// The four functions.
pub(super) fn all() -> impl Iterator<Item = Round> {
    [
        ("round_half_up", Rounding::HalfUp),
        ("round_half_even", Rounding::HalfEven),
        ("round_down", Rounding::Down),
        ("round_up", Rounding::Up),
    ]
    .into_iter()
    .map(|(name, rounding)| Round {
        signature: Signature::user_defined(Volatility::Immutable),
        rounding,
        name,
    })
}

fn result_field(name: &str, args: &ReturnFieldArgs<'_>, scale_at: usize) -> Result<FieldRef> {
    let Some(scale) = decimals::literal_scale(name, args, scale_at)? else {
        return plan_err!("{name} takes an amount and a scale: {name}(amount, scale)");
    };
    let data_type = DataType::Decimal128(PRECISION, i8::try_from(scale).unwrap_or(i8::MAX));
    let nullable = args.arg_fields.iter().any(|field| field.is_nullable());
    Ok(Arc::new(Field::new(name, data_type, nullable)))
}

impl ScalarUDFImpl for Round {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let [amount, _] = given else {
            let name = self.name;
            return plan_err!("{name} takes an amount and a scale: {name}(amount, scale)");
        };
        match decimals::amount_type(amount) {
            Some(amount) => Ok(vec![amount, DataType::Int64]),
            None => decimals::refuse(self.name, amount),
        }
    }

    fn return_type(&self, _given: &[DataType]) -> Result<DataType> {
        internal_err!("the type of {} depends on its scale", self.name)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        result_field(self.name, &args, 1)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let scale = decimals::scale_of(args.return_type())?;
        let rounding = self.rounding;
        super::unary(&args, |amounts| {
            let from = decimals::scale_of(amounts.data_type())?;
            let failed = |amount: &str| format!("{}: {amount} has too many digits", self.name);
            decimals::map(
                amounts,
                scale,
                |m| ledger::round(m, from, scale, rounding),
                failed,
            )
        })
    }
}

/// Turns `round_…(a / b, scale)` into one step, before anything else computes the quotient.
#[derive(Debug)]
pub(in crate::sql) struct RoundQuotients;

impl AnalyzerRule for RoundQuotients {
    fn name(&self) -> &str {
        "round_quotients"
    }

    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        super::rewritten(plan, one_step)
    }
}

fn one_step(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let Expr::ScalarFunction(ScalarFunction { func, args }) = &expr else {
        return Ok(Transformed::no(expr));
    };
    let (Some(round), [amount, scale]) = (func.inner().downcast_ref::<Round>(), args.as_slice())
    else {
        return Ok(Transformed::no(expr));
    };
    let Some((dividend, divisor)) = quotient(amount) else {
        return Ok(Transformed::no(expr));
    };
    let (Some(dividend), Some(divisor)) = (narrow(dividend, schema)?, narrow(divisor, schema)?)
    else {
        return Ok(Transformed::no(expr));
    };
    let function = Arc::new(ScalarUDF::new_from_impl(Quotient {
        signature: Signature::any(3, Volatility::Immutable),
        round: round.clone(),
        name: format!("{}_quotient", round.name),
    }));
    let call = ScalarFunction::new_udf(function, vec![dividend, divisor, scale.clone()]);
    Ok(Transformed::yes(Expr::ScalarFunction(call)))
}

/// Recognises `a / b`, also where it has been brought to the type that the function takes.
fn quotient(expr: &Expr) -> Option<(&Expr, &Expr)> {
    match expr {
        Expr::Alias(alias) => quotient(&alias.expr),
        Expr::Cast(cast) => quotient(&cast.expr),
        Expr::BinaryExpr(BinaryExpr {
            left,
            op: Operator::Divide,
            right,
        }) => Some((left, right)),
        _ => None,
    }
}

/// Brings one side of a quotient to a decimal; `None` if it is no amount.
fn narrow(expr: &Expr, schema: &DFSchema) -> Result<Option<Expr>> {
    let given = expr.get_type(schema)?;
    Ok(match decimals::amount_type(&given) {
        Some(amount) if amount == given => Some(expr.clone()),
        Some(amount) => Some(expr.clone().cast_to(&amount, schema)?),
        None => None,
    })
}

/// `round_…(dividend / divisor, scale)` in one step.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Quotient {
    signature: Signature,
    round: Round,
    name: String,
}

impl ScalarUDFImpl for Quotient {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _given: &[DataType]) -> Result<DataType> {
        internal_err!("the type of {} depends on its scale", self.name)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        result_field(self.round.name, &args, 2)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let scale = decimals::scale_of(args.return_type())?;
        let [dividends, divisors, ..] = args.args.as_slice() else {
            return internal_err!("a quotient has a dividend and a divisor");
        };
        let dividends = dividends.to_array(args.number_rows)?;
        let divisors = divisors.to_array(args.number_rows)?;
        let failed = |amount: &str| format!("{}: {amount} has too many digits", self.round.name);
        let dividends = decimals::narrow(&dividends, &failed)?;
        let divisors = decimals::narrow(&divisors, &failed)?;
        let quotients = self.divide(&dividends, &divisors, scale)?;
        Ok(ColumnarValue::Array(Arc::new(quotients)))
    }
}

impl Quotient {
    fn divide(
        &self,
        dividends: &Decimal128Array,
        divisors: &Decimal128Array,
        scale: u8,
    ) -> Result<Decimal128Array> {
        let nulls = arrow_buffer::NullBuffer::union(dividends.nulls(), divisors.nulls());
        let scales = Scales {
            dividend: dividends.scale(),
            divisor: divisors.scale(),
            result: i8::try_from(scale).unwrap_or(i8::MAX),
        };
        let mut results = Vec::with_capacity(dividends.len());
        for row in 0..dividends.len() {
            if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                results.push(0);
                continue;
            }
            let (a, b) = (dividends.value(row), divisors.value(row));
            match divide(a, b, scales, self.round.rounding) {
                Some(result) => results.push(result),
                None => return Err(self.failed(a, b, scales)),
            }
        }
        decimals::decimal(results, nulls, scale)
    }

    fn failed(&self, a: i128, b: i128, scales: Scales) -> DataFusionError {
        let (a, name) = (format_decimal(a, scales.dividend), self.round.name);
        let message = match b {
            0 => format!("{name}: {a} is divided by zero"),
            _ => format!(
                "{name}: {a} / {} has too many digits",
                format_decimal(b, scales.divisor)
            ),
        };
        DataFusionError::Execution(message)
    }
}

#[derive(Debug, Clone, Copy)]
struct Scales {
    dividend: i8,
    divisor: i8,
    result: i8,
}

/// Divides in 256 bits and rounds once; `None` for a divisor of zero and for too many digits.
fn divide(a: i128, b: i128, scales: Scales, rounding: Rounding) -> Option<i128> {
    if b == 0 {
        return None;
    }
    // a / 10^sa : b / 10^sb = q / 10^sq  ⇒  q = a · 10^(sq + sb - sa) / b
    let shift = i32::from(scales.result) + i32::from(scales.divisor) - i32::from(scales.dividend);
    let power = i256::from_i128(10).checked_pow(shift.unsigned_abs())?;
    let (a, b) = (i256::from_i128(a), i256::from_i128(b));
    let (a, b) = match shift >= 0 {
        true => (a.checked_mul(power)?, b),
        false => (a, b.checked_mul(power)?),
    };
    let (quotient, rest) = (a.checked_div(b)?, a.checked_rem(b)?);
    let is_negative = (a < i256::ZERO) != (b < i256::ZERO);
    let away = if is_negative {
        i256::MINUS_ONE
    } else {
        i256::ONE
    };
    let twice = rest
        .checked_abs()?
        .checked_mul(i256::from_i128(2))?
        .cmp(&b.checked_abs()?);
    let is_odd = quotient.checked_rem(i256::from_i128(2))? != i256::ZERO;
    let rounds_away = match rounding {
        Rounding::Down => false,
        Rounding::Up => rest != i256::ZERO,
        Rounding::HalfUp => twice.is_ge(),
        Rounding::HalfEven => twice.is_gt() || (twice.is_eq() && is_odd),
    };
    let rounded = if rounds_away {
        quotient.checked_add(away)?
    } else {
        quotient
    };
    rounded.to_i128().filter(|result| decimals::fits(*result))
}
