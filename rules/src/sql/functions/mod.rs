//! The exact functions of a rule.
//!
//! | function | gives |
//! |---|---|
//! | `money(amount[, scale][, options])` | the amount as `DECIMAL(38, scale)`; text is read as people write it, in the currency of the settings |
//! | `minor(amount[, scale])` | the amount as a whole number of minor units, `DECIMAL(38, 0)` |
//! | `round_half_up`, `round_half_even`, `round_down`, `round_up` `(amount, scale)` | the amount with fewer decimals, the way it says |
//! | `local_time(time[, zone[, 'earlier'\|'later'\|'reject']])` | the instant of a civil time |
//! | `business_date(instant, zone, cut)` | the day on which an instant is booked |
//! | `control_total(amount)` | the checked sum |
//!
//! None uses a float, none rounds unless its name says so, and what cannot be said exactly is an
//! error that names the value. NULL in gives NULL out.
//!
//! # What DataFusion's own operators do with decimals
//!
//! `+` and `-` take the larger scale, `*` adds the scales; all three are exact, and a result of
//! more than 128 bits is an error. A product of more than 38 decimals is refused when the query
//! is planned. `/` keeps four decimals more than its dividend and cuts the rest, and `CAST` to a
//! smaller scale rounds: neither says so, hence a rule may use `/` on decimals only as
//! `round_…(a / b, scale)`, which is computed exactly as one step, and may not `CAST` to a
//! decimal what could lose digits by it.
//!
//! Over whole numbers `+`, `-`, `*` and the minus sign would wrap; they are replaced by steps that
//! fail instead.

mod business_date;
mod control_total;
mod decimals;
mod intervals;
mod local_time;
mod minor;
mod money;
mod rounding;
mod whole_numbers;

use std::sync::Arc;

use arrow_array::{Array, ArrayRef};
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{DFSchema, Result as EngineResult, ScalarValue};
use datafusion::execution::SessionStateDefaults;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    AggregateUDF, ColumnarValue, Expr, LogicalPlan, ScalarFunctionArgs, ScalarUDF,
};
use ledger::CurrencyCode;

use super::error::SqlError;

pub(super) use intervals::PlainIntervals;
pub(super) use rounding::RoundQuotients;
pub(super) use whole_numbers::CheckWholeNumbers;

/// What holds where a call leaves an argument out.
#[derive(Debug, Clone)]
pub(super) struct Defaults {
    /// None without a currency: then each call says its scale.
    scale: Option<u8>,
    /// The currency that may stand beside an amount; any where there is none.
    currency: Option<CurrencyCode>,
    zone: String,
}

impl Defaults {
    /// Looks up the currency's minor units; an empty text is no currency.
    pub(super) fn new(currency: &str, timezone: &str) -> Result<Self, SqlError> {
        let scale = ledger::minor_units(currency);
        if scale.is_none() && !currency.is_empty() {
            let error = SqlError::new(format!("`{currency}` has no minor units that are known"));
            return Err(error.mend("use an ISO 4217 code, such as CNY"));
        }
        ledger::Zone::new(timezone).map_err(|error| SqlError::new(error.to_string()))?;
        Ok(Self {
            scale,
            currency: currency.parse().ok(),
            zone: timezone.to_owned(),
        })
    }

    /// `money()` beside whose amounts any currency may stand.
    pub(super) fn money_of_any_currency(&self) -> Arc<ScalarUDF> {
        Arc::new(ScalarUDF::new_from_impl(money::Money::new(
            self.scale, None,
        )))
    }
}

/// DataFusion's scalar functions and ours.
pub(super) fn scalar(defaults: &Defaults) -> Vec<Arc<ScalarUDF>> {
    let mut functions = SessionStateDefaults::default_scalar_functions();
    functions.push(Arc::new(ScalarUDF::new_from_impl(money::Money::new(
        defaults.scale,
        defaults.currency,
    ))));
    functions.push(Arc::new(ScalarUDF::new_from_impl(minor::Minor::new(
        defaults.scale,
    ))));
    functions.push(Arc::new(ScalarUDF::new_from_impl(
        local_time::LocalTime::new(&defaults.zone),
    )));
    functions.push(Arc::new(ScalarUDF::new_from_impl(
        business_date::BusinessDate::new(),
    )));
    functions.extend(rounding::all().map(|function| Arc::new(ScalarUDF::new_from_impl(function))));
    functions
}

/// DataFusion's aggregate functions and ours.
pub(super) fn aggregate() -> Vec<Arc<AggregateUDF>> {
    let mut functions = SessionStateDefaults::default_aggregate_functions();
    functions.push(Arc::new(AggregateUDF::new_from_impl(
        control_total::ControlTotal::new(),
    )));
    functions
}

/// Rewrites the expressions of a plan from the inside out, those of subqueries too. What is rewritten
/// keeps the name that the plan knows it by.
fn rewritten(
    plan: LogicalPlan,
    step: impl Fn(Expr, &DFSchema) -> EngineResult<Transformed<Expr>>,
) -> EngineResult<LogicalPlan> {
    plan.transform_up_with_subqueries(|node| {
        let schema = merge_schema(&node.inputs());
        let names = NamePreserver::new(&node);
        node.map_expressions(|expr| {
            let name = names.save(&expr);
            let rewritten = expr.transform_up(|expr| step(expr, &schema))?;
            Ok(match rewritten.transformed {
                true => rewritten.update_data(|expr| name.restore(expr)),
                false => rewritten,
            })
        })
    })
    .data()
}

/// Computes a function of its first argument; a literal stays one.
fn unary<A: Array + 'static>(
    args: &ScalarFunctionArgs,
    compute: impl Fn(&ArrayRef) -> EngineResult<A>,
) -> EngineResult<ColumnarValue> {
    match args.args.first() {
        Some(ColumnarValue::Array(array)) => Ok(ColumnarValue::Array(Arc::new(compute(array)?))),
        Some(ColumnarValue::Scalar(value)) => {
            let result = compute(&value.to_array()?)?;
            Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(
                &result, 0,
            )?))
        }
        None => datafusion::common::internal_err!("a function was called without arguments"),
    }
}
