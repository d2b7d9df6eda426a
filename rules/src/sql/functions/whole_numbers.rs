//! `+`, `-`, `*` and the minus sign over whole numbers.
//!
//! DataFusion's own wrap: 9223372036854775807 * 2 is -2. Here a result beyond the range of its
//! type is an error, as it is with decimals.

use std::sync::Arc;

use arrow_schema::{ArrowError, DataType, Field, FieldRef};
use datafusion::arrow::compute::kernels::numeric::{add, mul, neg, sub};
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, Result, internal_err};
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
}

impl Kind {
    fn of(operator: Operator) -> Option<Self> {
        match operator {
            Operator::Plus => Some(Self::Sum),
            Operator::Minus => Some(Self::Difference),
            Operator::Multiply => Some(Self::Product),
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
            _ => internal_err!("{} has other arguments than it was made for", self.name()),
        }
    }
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
