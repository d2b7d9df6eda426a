//! `+`, `-`, `*`, `<<` and the minus sign over whole numbers.
//!
//! DataFusion's own wrap: 9223372036854775807 * 2 is -2, and so is << 1. Here a result beyond the range of its
//! type is an error, as it is with decimals.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, ArrowNativeTypeOp, ArrowPrimitiveType, PrimitiveArray, downcast_integer_array,
};
use arrow_buffer::ArrowNativeType;
use arrow_schema::{ArrowError, DataType, Field, FieldRef};
use datafusion::arrow::compute::kernels::arity::try_binary;
use datafusion::arrow::compute::kernels::numeric::{add, mul, neg, sub};
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, Result, ScalarValue, internal_err};
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    BinaryExpr, ColumnarValue, Expr, ExprSchemable, LogicalPlan, Operator, ReturnFieldArgs,
    ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::optimizer::AnalyzerRule;
use datafusion::physical_expr_common::datum::apply;

/// Puts the checked steps in the place of DataFusion's, when all types are known.
#[derive(Debug)]
pub(in crate::sql) struct CheckWholeNumbers;

impl AnalyzerRule for CheckWholeNumbers {
    fn name(&self) -> &str {
        "check_whole_numbers"
    }

    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        super::rewritten(plan, checked)
    }
}

fn checked(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let (kind, args) = match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            let of_types = match Kind::of(op) {
                Some(kind) => Some((kind, left.get_type(schema)?, right.get_type(schema)?)),
                None => None,
            };
            match of_types {
                Some((kind, left_type, right_type))
                    if left_type.is_integer() && left_type == right_type =>
                {
                    (kind, vec![*left, *right])
                }
                _ => {
                    let expr = Expr::BinaryExpr(BinaryExpr { left, op, right });
                    return Ok(Transformed::no(expr));
                }
            }
        }
        Expr::Negative(inner) if inner.get_type(schema)?.is_signed_integer() => {
            (Kind::Negation, vec![*inner])
        }
        other => return Ok(Transformed::no(other)),
    };
    let step = Arc::new(ScalarUDF::new_from_impl(Step {
        signature: Signature::any(args.len(), Volatility::Immutable),
        kind,
    }));
    let call = ScalarFunction::new_udf(step, args);
    Ok(Transformed::yes(Expr::ScalarFunction(call)))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Sum,
    Difference,
    Product,
    Negation,
    LeftShift,
}

impl Kind {
    fn of(operator: Operator) -> Option<Self> {
        match operator {
            Operator::Plus => Some(Self::Sum),
            Operator::Minus => Some(Self::Difference),
            Operator::Multiply => Some(Self::Product),
            Operator::BitwiseShiftLeft => Some(Self::LeftShift),
            _ => None,
        }
    }
}

/// One step of arithmetic over whole numbers of one type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Step {
    signature: Signature,
    kind: Kind,
}

impl ScalarUDFImpl for Step {
    fn name(&self) -> &str {
        match self.kind {
            Kind::Sum => "whole_sum",
            Kind::Difference => "whole_difference",
            Kind::Product => "whole_product",
            Kind::Negation => "whole_negation",
            Kind::LeftShift => "whole_left_shift",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType> {
        match given {
            [first, ..] => Ok(first.clone()),
            [] => internal_err!("{} takes whole numbers", self.name()),
        }
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let types = args.arg_fields.iter().map(|field| field.data_type());
        let data_type = self.return_type(&types.cloned().collect::<Vec<_>>())?;
        let nullable = args.arg_fields.iter().any(|field| field.is_nullable());
        Ok(Arc::new(Field::new(self.name(), data_type, nullable)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let beyond = |error| beyond(error, args.return_type());
        match (self.kind, args.args.as_slice()) {
            (Kind::Sum, [a, b]) => apply(a, b, |a, b| add(a, b).map_err(beyond)),
            (Kind::Difference, [a, b]) => apply(a, b, |a, b| sub(a, b).map_err(beyond)),
            (Kind::Product, [a, b]) => apply(a, b, |a, b| mul(a, b).map_err(beyond)),
            (Kind::Negation, [_]) => {
                super::unary(&args, |of| Ok(neg(of.as_ref()).map_err(beyond)?))
            }
            (Kind::LeftShift, given) => shift(given, args.return_type()),
            _ => internal_err!("{} has other arguments than it was made for", self.name()),
        }
    }
}

/// Shifts to the left; of two literals the result is one.
fn shift(given: &[ColumnarValue], data_type: &DataType) -> Result<ColumnarValue> {
    let arrays = ColumnarValue::values_to_arrays(given)?;
    let [a, b] = arrays.as_slice() else {
        return internal_err!("a shift takes two numbers");
    };
    let shifted: ArrayRef = downcast_integer_array!(
        (a, b) => shift_all(a, b).map_err(|error| beyond(error, data_type))?,
        _ => return internal_err!("a shift takes whole numbers")
    );
    let is_column = |value: &ColumnarValue| matches!(value, ColumnarValue::Array(_));
    Ok(match given.iter().any(is_column) {
        true => ColumnarValue::Array(shifted),
        false => ColumnarValue::Scalar(ScalarValue::try_from_array(&shifted, 0)?),
    })
}

fn shift_all<T: ArrowPrimitiveType>(
    a: &PrimitiveArray<T>,
    b: &PrimitiveArray<T>,
) -> Result<ArrayRef, ArrowError> {
    let all: PrimitiveArray<T> = try_binary(a, b, shifted)?;
    Ok(Arc::new(all))
}

/// `value` times two, `by` times over.
fn shifted<N: ArrowNativeTypeOp + ArrowNativeType>(value: N, by: N) -> Result<N, ArrowError> {
    let two = N::ONE.add_wrapping(N::ONE);
    let steps = by.to_usize().and_then(|by| u32::try_from(by).ok());
    let result = match steps {
        None => None,
        Some(0) => Some(value),
        Some(_) if value.is_zero() => Some(value),
        // The last step apart: two to the power of all of them may be beyond what the result is within.
        Some(steps) => (two.pow_checked(steps.saturating_sub(1)).ok())
            .and_then(|power| value.mul_checked(power).ok())
            .and_then(|half| half.mul_checked(two).ok()),
    };
    let overflow = || format!("Overflow happened on: {value:?} << {by:?}");
    result.ok_or_else(|| ArrowError::ArithmeticOverflow(overflow()))
}

/// An overflow in our own words.
fn beyond(error: ArrowError, data_type: &DataType) -> ArrowError {
    match error {
        ArrowError::ArithmeticOverflow(message) => {
            let step = message.trim_start_matches("Overflow happened on: ");
            ArrowError::ComputeError(format!("`{step}` is beyond the range of {data_type}"))
        }
        other => other,
    }
}
