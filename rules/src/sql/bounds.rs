//! Conditions of a rule that leave out records of a table before they are read.
//!
//! Ranges of a database's key of which a `WHERE` keeps no record need not be read, and of the others
//! the server need not send what it leaves out. What is passed over must change nothing else: so all
//! that the `WHERE` says must be conditions that fail for no record, and the rule must read the table
//! once, without requirements.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_schema::{DataType, SchemaRef};
use books::{Comparison, Condition, RangeTest};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Column, DFSchema, ExprSchema, Result, ScalarValue};
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::{BinaryExpr, Expr, LogicalPlan, Operator};

use super::carry;
use super::scan::BookTable;
use super::session::Which;

/// Values of one list that a server is asked for, at most.
const LISTED: usize = 1_000;

/// What a rule says of the records of a table.
#[derive(Debug)]
pub(super) struct Bounds {
    side: Which,
    table: String,
    schema: SchemaRef,
    condition: Expr,
    /// What of it a server can be asked.
    asked: Option<Condition>,
}

impl Bounds {
    /// The bounds that an optimized plan sets to the tables that it reads once; none where passing
    /// over a record might be noticed.
    pub(super) fn of(plan: &LogicalPlan) -> Result<Arc<[Arc<Self>]>> {
        let mut reads = BTreeMap::new();
        for (table, _) in carry::others(plan)? {
            *reads.entry(table).or_insert(0_usize) += 1;
        }
        let mut found = Vec::new();
        plan.apply_with_subqueries(|node| {
            let LogicalPlan::Filter(filter) = node else {
                return Ok(TreeNodeRecursion::Continue);
            };
            let LogicalPlan::TableScan(scan) = filter.input.as_ref() else {
                return Ok(TreeNodeRecursion::Continue);
            };
            let provider = source_as_provider(&scan.source)?;
            if let Some(book) = provider.downcast_ref::<BookTable>()
                && reads.get(&(book.side, book.table.name().to_owned())) == Some(&1)
                && book.requires.is_empty()
                && scan.fetch.is_none()
                && never_fails(&filter.predicate, filter.input.schema())
            {
                let schema = book.table.schema();
                found.push(Arc::new(Self {
                    side: book.side,
                    table: book.table.name().to_owned(),
                    asked: asked(&filter.predicate, &schema),
                    schema,
                    condition: filter.predicate.clone(),
                }));
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
        Ok(found.into())
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

    fn condition(&self) -> Option<&Condition> {
        self.asked.as_ref()
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

/// Whether a condition can be told of every record: comparisons without a cast, patterns, and what
/// joins them.
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
        Expr::Column(column) => {
            let field = schema.field_from_column(column);
            field.is_ok_and(|field| *field.data_type() == DataType::Boolean)
        }
        Expr::Not(inner) => never_fails(inner, schema),
        Expr::Like(like) => match (&*like.expr, &*like.pattern, like.escape_char) {
            (Expr::Column(column), Expr::Literal(pattern, _), None) => {
                let text = pattern.try_as_str().flatten();
                text.is_some_and(|text| !text.contains('\\')) && is_of_its_type(column, pattern)
            }
            _ => false,
        },
        _ => false,
    }
}

/// What a server can be asked of a condition that fails for no record: the same, or less.
fn asked(condition: &Expr, schema: &SchemaRef) -> Option<Condition> {
    let place = |column: &Column| schema.index_of(&column.name).ok();
    let compares = |column: &Column, by: Comparison, value: &ScalarValue| {
        let with = (!value.is_null())
            .then(|| value.to_array().ok())
            .flatten()?;
        let column = place(column)?;
        Some(Condition::Compares { column, by, with })
    };
    match condition {
        Expr::BinaryExpr(binary) if binary.op == Operator::And => {
            let both = [&binary.left, &binary.right];
            let inner: Vec<Condition> = both.iter().filter_map(|one| asked(one, schema)).collect();
            (!inner.is_empty()).then_some(Condition::All(inner))
        }
        Expr::BinaryExpr(binary) if binary.op == Operator::Or => {
            let (left, right) = (asked(&binary.left, schema)?, asked(&binary.right, schema)?);
            Some(Condition::Any(vec![left, right]))
        }
        Expr::BinaryExpr(binary) => {
            let (column, op, value) = comparison(binary)?;
            compares(column, by(op)?, value)
        }
        Expr::Between(between) => match (&*between.expr, &*between.low, &*between.high) {
            (Expr::Column(column), Expr::Literal(low, _), Expr::Literal(high, _)) => {
                let by = match between.negated {
                    false => [Comparison::GreaterOrEqual, Comparison::LessOrEqual],
                    true => [Comparison::Less, Comparison::Greater],
                };
                let low = compares(column, by[0], low)?;
                let both = vec![low, compares(column, by[1], high)?];
                Some(match between.negated {
                    false => Condition::All(both),
                    true => Condition::Any(both),
                })
            }
            _ => None,
        },
        Expr::InList(list) if list.list.len() <= LISTED => {
            let Expr::Column(column) = &*list.expr else {
                return None;
            };
            let by = match list.negated {
                false => Comparison::Equal,
                true => Comparison::NotEqual,
            };
            let one = |one: &Expr| match one {
                Expr::Literal(value, _) => compares(column, by, value),
                _ => None,
            };
            let each = list.list.iter().map(one).collect::<Option<Vec<_>>>()?;
            Some(match list.negated {
                false => Condition::Any(each),
                true => Condition::All(each),
            })
        }
        Expr::IsNull(inner) => match &**inner {
            Expr::Column(column) => place(column).map(Condition::IsNull),
            _ => None,
        },
        Expr::IsNotNull(inner) => match &**inner {
            Expr::Column(column) => place(column).map(Condition::IsNotNull),
            _ => None,
        },
        Expr::Column(column) => {
            compares(column, Comparison::Equal, &ScalarValue::Boolean(Some(true)))
        }
        Expr::Not(inner) => match &**inner {
            Expr::Column(column) => compares(
                column,
                Comparison::Equal,
                &ScalarValue::Boolean(Some(false)),
            ),
            _ => None,
        },
        _ => None,
    }
}

fn by(op: Operator) -> Option<Comparison> {
    Some(match op {
        Operator::Eq => Comparison::Equal,
        Operator::NotEq => Comparison::NotEqual,
        Operator::Lt => Comparison::Less,
        Operator::LtEq => Comparison::LessOrEqual,
        Operator::Gt => Comparison::Greater,
        Operator::GtEq => Comparison::GreaterOrEqual,
        _ => return None,
    })
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
    use arrow_schema::{Field, Schema};
    use datafusion::prelude::{col, lit};

    fn schema() -> DFSchema {
        let fields = vec![
            Field::new("day", DataType::Int32, false),
            Field::new("kind", DataType::Utf8, true),
            Field::new("is_open", DataType::Boolean, true),
        ];
        DFSchema::try_from(Schema::new(fields)).expect("three names")
    }

    /// What a server is asked, in short: columns by their numbers.
    fn shown(condition: &Condition) -> String {
        let joined = |inner: &[Condition], by: &str| {
            let inner: Vec<String> = inner.iter().map(shown).collect();
            format!("({})", inner.join(by))
        };
        match condition {
            Condition::Compares { column, by, with } => {
                let value = ScalarValue::try_from_array(with, 0).expect("one value");
                format!("#{column} {by:?} {value}")
            }
            Condition::IsNull(column) => format!("#{column} IsNull"),
            Condition::IsNotNull(column) => format!("#{column} IsNotNull"),
            Condition::All(inner) => joined(inner, " and "),
            Condition::Any(inner) => joined(inner, " or "),
        }
    }

    #[test]
    fn a_server_is_asked_the_condition_or_less() {
        let asked = |condition: &Expr| {
            assert!(never_fails(condition, &schema()), "{condition}");
            let schema = Arc::new(schema().as_arrow().clone());
            asked(condition, &schema).map_or("nothing".to_owned(), |asked| shown(&asked))
        };
        let (day, kind) = (|| col("day"), || col("kind"));
        let like = || kind().like(lit("IN%"));
        let told = [
            lit(15).lt(day()).and(kind().is_not_null()),
            day()
                .between(lit(1), lit(2))
                .or(day().not_between(lit(1), lit(2))),
            kind().in_list(vec![lit("a"), lit("b")], false),
            kind().in_list(vec![lit("a"), lit("b")], true),
            // Of two that must hold one may be left to us, of two that may hold none.
            like().and(day().eq(lit(1))),
            like().or(day().eq(lit(1))),
            like(),
            // The opposite of less is not less.
            Expr::Not(Box::new(like().and(day().eq(lit(1))))),
            col("is_open").and(Expr::Not(Box::new(col("is_open")))),
            day().eq(lit(ScalarValue::Int32(None))),
        ];
        let told: Vec<String> = told.iter().map(asked).collect();
        insta::assert_snapshot!(told.join("\n"), @"
        (#0 Greater 15 and #1 IsNotNull)
        ((#0 GreaterOrEqual 1 and #0 LessOrEqual 2) or (#0 Less 1 or #0 Greater 2))
        (#1 Equal a or #1 Equal b)
        (#1 NotEqual a and #1 NotEqual b)
        (#0 Equal 1)
        nothing
        nothing
        nothing
        (#2 Equal true and #2 Equal false)
        nothing
        ");
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
            Expr::Not(Box::new((lit(1) / col("day")).gt(lit(0)))),
            col("kind").like(lit("100\\%")),
            col("kind").like(col("kind")),
            col("kind"),
        ] {
            assert!(!never_fails(&condition, &schema()), "{condition}");
        }
    }
}
