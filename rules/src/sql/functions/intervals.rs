//! Lengths of time that are the same whenever they begin.
//!
//! Adding an interval, DataFusion takes every record through the calendar, as it must for months. Hours
//! and what is shorter, and days where there is no zone in which one could have another length, are so
//! many ticks of the clock: with these the sum costs what one of whole numbers costs.

use arrow_schema::{DataType, TimeUnit};
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator};
use datafusion::optimizer::AnalyzerRule;

const NANOS_PER_DAY: i128 = 86_400_000_000_000;

/// Puts a length of time in the place of an interval that is added to a timestamp or taken from it.
#[derive(Debug)]
pub(in crate::sql) struct PlainIntervals;

impl AnalyzerRule for PlainIntervals {
    fn name(&self) -> &str {
        "plain_intervals"
    }

    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        super::rewritten(plan, plain)
    }
}

fn plain(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let Expr::BinaryExpr(BinaryExpr { left, op, right }) = expr else {
        return Ok(Transformed::no(expr));
    };
    let length = |time: &Expr, interval: &Expr| -> Result<Option<Expr>> {
        Ok(match interval {
            Expr::Literal(interval, _) => length_of(&time.get_type(schema)?, interval),
            _ => None,
        })
    };
    let ends = match op {
        Operator::Plus | Operator::Minus => match length(&left, &right)? {
            Some(length) => Some((*left.clone(), length)),
            None if op == Operator::Plus => {
                length(&right, &left)?.map(|length| (length, *right.clone()))
            }
            None => None,
        },
        _ => None,
    };
    Ok(match ends {
        Some((left, right)) => {
            let sum = BinaryExpr::new(Box::new(left), op, Box::new(right));
            Transformed::yes(Expr::BinaryExpr(sum))
        }
        None => Transformed::no(Expr::BinaryExpr(BinaryExpr { left, op, right })),
    })
}

/// An interval in ticks of a timestamp, where it is a whole number of them whenever it begins.
fn length_of(time: &DataType, interval: &ScalarValue) -> Option<Expr> {
    let (DataType::Timestamp(unit, zone), ScalarValue::IntervalMonthDayNano(Some(interval))) =
        (time, interval)
    else {
        return None;
    };
    if interval.months != 0 || (interval.days != 0 && zone.is_some()) {
        return None;
    }
    let nanos = i128::from(interval.days) * NANOS_PER_DAY + i128::from(interval.nanoseconds);
    let ticks = |nanos_per_tick: i128| {
        let is_whole = nanos % nanos_per_tick == 0;
        let ticks = i64::try_from(nanos / nanos_per_tick).ok();
        ticks.filter(|_| is_whole)
    };
    let length = match unit {
        TimeUnit::Second => ScalarValue::DurationSecond(Some(ticks(1_000_000_000)?)),
        TimeUnit::Millisecond => ScalarValue::DurationMillisecond(Some(ticks(1_000_000)?)),
        TimeUnit::Microsecond => ScalarValue::DurationMicrosecond(Some(ticks(1_000)?)),
        TimeUnit::Nanosecond => ScalarValue::DurationNanosecond(Some(ticks(1)?)),
    };
    Some(Expr::Literal(length, None))
}
