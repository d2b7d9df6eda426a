//! Conditions of a rule that leave out whole ranges of a table's key.
//!
//! Ranges of a database's key of which a `WHERE` keeps no record need not be read. What is passed
//! over must change nothing else: so all that the `WHERE` says must be comparisons that fail for no
//! record, and the table must be read once, without requirements.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_schema::SchemaRef;
use books::RangeTest;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, ExprSchema, Result, ScalarValue};
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::{BinaryExpr, Expr, LogicalPlan, Operator};

use super::scan::BookTable;
use super::session::Which;

/// What a rule says of the records of a table.
#[derive(Debug)]
pub(super) struct Bounds {
    side: Which,
    table: String,
    schema: SchemaRef,
    condition: Expr,
}

impl Bounds {
    /// The bounds that a plan, optimized and reading one table once, sets to what it reads; none
    /// where there are none, or where passing over a range might be noticed.
    pub(super) fn of(plan: &LogicalPlan) -> Result<Option<Arc<Self>>> {
        let mut found = None;
        plan.apply(|node| {
            let LogicalPlan::Filter(filter) = node else {
                return Ok(TreeNodeRecursion::Continue);
            };
            let LogicalPlan::TableScan(scan) = filter.input.as_ref() else {
                return Ok(TreeNodeRecursion::Continue);
            };
            let provider = source_as_provider(&scan.source)?;
            if let Some(book) = provider.downcast_ref::<BookTable>()
                && book.requires.is_empty()
                && scan.fetch.is_none()
                && never_fails(&filter.predicate, filter.input.schema())
            {
                found = Some(Arc::new(Self {
                    side: book.side,
                    table: book.table.name().to_owned(),
                    schema: book.table.schema(),
                    condition: filter.predicate.clone(),
                }));
            }
            Ok(TreeNodeRecursion::Stop)
        })?;
        Ok(found)
    }

    pub(super) fn is_of(&self, side: Which, table: &str) -> bool {
        self.side == side && self.table == table
    }
}

impl RangeTest for Bounds {
    fn may_contain(&self, column: usize, min: &ArrayRef, max: &ArrayRef) -> bool {
        let value = |array: &ArrayRef| ScalarValue::try_from_array(array, 0).ok();
        let (Some(min), Some(max)) = (value(min), value(max)) else {
            return true;
        };
        may_hold(
            &self.condition,
            self.schema.field(column).name(),
            &min,
            &max,
        )
    }
}

/// A comparison of a column with a value of its own type, the column on the left.
fn comparison(binary: &BinaryExpr) -> Option<(&Column, Operator, &ScalarValue)> {
    let (column, op, value) = match (binary.left.as_ref(), binary.right.as_ref()) {
        (Expr::Column(column), Expr::Literal(value, _)) => (column, binary.op, value),
        (Expr::Literal(value, _), Expr::Column(column)) => (column, binary.op.swap()?, value),
        _ => return None,
    };
    let is_plain = matches!(
        op,
        Operator::Eq
            | Operator::NotEq
            | Operator::Lt
            | Operator::LtEq
            | Operator::Gt
            | Operator::GtEq
    );
    is_plain.then_some((column, op, value))
}

/// Whether a condition can be told of every record: comparisons without a cast, and what joins them.
fn never_fails(condition: &Expr, schema: &DFSchema) -> bool {
    let is_of_its_type = |column: &Column, value: &ScalarValue| {
        let field = schema.field_from_column(column);
        field.is_ok_and(|field| *field.data_type() == value.data_type())
    };
    match condition {
        Expr::BinaryExpr(binary) if matches!(binary.op, Operator::And | Operator::Or) => {
            never_fails(&binary.left, schema) && never_fails(&binary.right, schema)
        }
        Expr::BinaryExpr(binary) => {
            comparison(binary).is_some_and(|(column, _, value)| is_of_its_type(column, value))
        }
        Expr::Between(between) => match (&*between.expr, &*between.low, &*between.high) {
            (Expr::Column(column), Expr::Literal(low, _), Expr::Literal(high, _)) => {
                is_of_its_type(column, low) && is_of_its_type(column, high)
            }
            _ => false,
        },
        Expr::InList(list) => match &*list.expr {
            Expr::Column(column) => list
                .list
                .iter()
                .all(|one| matches!(one, Expr::Literal(value, _) if is_of_its_type(column, value))),
            _ => false,
        },
        Expr::IsNull(inner) | Expr::IsNotNull(inner) => matches!(&**inner, Expr::Column(_)),
        _ => false,
    }
}

/// False only if the condition holds for no record whose value of a column is within bounds.
fn may_hold(condition: &Expr, column: &str, min: &ScalarValue, max: &ScalarValue) -> bool {
    let may = |op: Operator, value: &ScalarValue| may_compare(op, value, min, max);
    match condition {
        Expr::BinaryExpr(binary) if binary.op == Operator::And => {
            may_hold(&binary.left, column, min, max) && may_hold(&binary.right, column, min, max)
        }
        Expr::BinaryExpr(binary) if binary.op == Operator::Or => {
            may_hold(&binary.left, column, min, max) || may_hold(&binary.right, column, min, max)
        }
        Expr::BinaryExpr(binary) => match comparison(binary) {
            Some((other, op, value)) if other.name == column => may(op, value),
            _ => true,
        },
        Expr::Between(between) if !between.negated => {
            match (&*between.expr, &*between.low, &*between.high) {
                (Expr::Column(other), Expr::Literal(low, _), Expr::Literal(high, _))
                    if other.name == column =>
                {
                    may(Operator::GtEq, low) && may(Operator::LtEq, high)
                }
                _ => true,
            }
        }
        Expr::InList(list) if !list.negated => match &*list.expr {
            Expr::Column(other) if other.name == column => list.list.iter().any(|one| match one {
                Expr::Literal(value, _) => may(Operator::Eq, value),
                _ => true,
            }),
            _ => true,
        },
        _ => true,
    }
}

/// Whether a value within bounds may compare so with another.
fn may_compare(op: Operator, value: &ScalarValue, min: &ScalarValue, max: &ScalarValue) -> bool {
    let (Some(least), Some(greatest)) = (min.partial_cmp(value), max.partial_cmp(value)) else {
        return true;
    };
    if value.is_null() {
        return true;
    }
    match op {
        Operator::Eq => least != Ordering::Greater && greatest != Ordering::Less,
        Operator::Lt => least == Ordering::Less,
        Operator::LtEq => least != Ordering::Greater,
        Operator::Gt => greatest == Ordering::Greater,
        Operator::GtEq => greatest != Ordering::Less,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_schema::{DataType, Field, Schema};
    use datafusion::prelude::{col, lit};

    fn schema() -> DFSchema {
        let fields = vec![
            Field::new("day", DataType::Int32, false),
            Field::new("kind", DataType::Utf8, true),
        ];
        DFSchema::try_from(Schema::new(fields)).expect("two names")
    }

    /// Whether records whose day is from 10 to 20 may be kept.
    fn may(condition: &Expr) -> bool {
        assert!(never_fails(condition, &schema()), "{condition}");
        let day = |day: i32| ScalarValue::Int32(Some(day));
        may_hold(condition, "day", &day(10), &day(20))
    }

    #[test]
    fn a_range_is_passed_over_only_where_no_value_in_it_is_kept() {
        let day = || col("day");
        let kept = [
            day().eq(lit(10)),
            day().eq(lit(20)),
            day().lt(lit(11)),
            day().lt_eq(lit(10)),
            day().gt(lit(19)),
            day().gt_eq(lit(20)),
            day().between(lit(20), lit(30)),
            day().in_list(vec![lit(1), lit(15)], false),
            day().in_list(vec![lit(1)], true),
            day().not_eq(lit(15)),
            day().lt(lit(5)).or(col("kind").eq(lit("IN"))),
            lit(15).lt(day()),
            day().eq(lit(ScalarValue::Int32(None))),
        ];
        for condition in kept {
            assert!(may(&condition), "{condition}");
        }
        let left_out = [
            day().eq(lit(9)),
            day().eq(lit(21)),
            day().lt(lit(10)),
            day().lt_eq(lit(9)),
            day().gt(lit(20)),
            day().gt_eq(lit(21)),
            day().between(lit(21), lit(30)),
            day().in_list(vec![lit(1), lit(25)], false),
            day().lt(lit(5)).or(day().gt(lit(25))),
            day().gt(lit(25)).and(col("kind").is_not_null()),
            lit(20).lt(day()),
        ];
        for condition in left_out {
            assert!(!may(&condition), "{condition}");
        }
    }

    #[test]
    fn what_may_fail_or_needs_a_cast_passes_nothing_over() {
        for condition in [
            col("day").gt(lit(5_i64)),
            (col("day") + lit(1)).gt(lit(5)),
            col("day").gt(lit(5)).and((lit(1) / col("day")).gt(lit(0))),
            col("day").eq(col("day")),
        ] {
            assert!(!never_fails(&condition, &schema()), "{condition}");
        }
    }
}
