//! The second look: a test over a rule's key columns that travels down to the scan.
//!
//! [`Side::run`](super::Side::run) puts the test on top of the rule's plan as a filter. The
//! optimizer moves that filter through projections, joins and groups as far as it may, and a scan
//! takes it over as a [`books::RowFilter`]: only the key columns of the other records are read.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch};
use arrow_schema::SchemaRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DFSchema, DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{ScalarFunctionExpr, split_conjunction};

use super::checked;

/// The name under which the test shows in a plan.
pub(super) const PROBE: &str = "second_look";

/// Decides from a record's key columns whether the record is wanted.
///
/// The test may keep more than is wanted, never less.
pub trait KeyTest: Send + Sync + fmt::Debug {
    /// Returns one `true` per record to keep. A NULL counts as `false`.
    ///
    /// # Errors
    /// When the columns are not of the types that the test was made for.
    fn keep(&self, key_columns: &[ArrayRef]) -> Result<BooleanArray, String>;

    /// Returns whether so many records pass, all over, that it saves nothing to read the other columns
    /// for those only.
    fn keeps_many(&self) -> bool {
        false
    }

    /// Returns `false` only when no value of key column `column` within `min..=max` can pass.
    fn may_contain(&self, column: usize, min: &ArrayRef, max: &ArrayRef) -> bool;

    /// Returns the values of key column `column` behind one value and up to another that can pass,
    /// each once, in order and of its type, where they are known and so many at most. Bounds are of
    /// one element.
    fn wanted(
        &self,
        _column: usize,
        _data_type: &DataType,
        _bounds: [Option<&ArrayRef>; 2],
        _most: usize,
    ) -> Option<ArrayRef> {
        None
    }

    /// Returns a test of key column `column` alone that passes whatever can pass this one. A test of
    /// columns that come from several tables cannot travel down to any of them; this one can.
    fn of_column(&self, _column: usize) -> Option<Arc<dyn KeyTest>> {
        None
    }
}

/// A [`KeyTest`] and the output columns of the rule that it is shown.
#[derive(Debug, Clone)]
pub struct Probe {
    /// Names of output columns, in the order in which the test expects them.
    pub columns: Vec<String>,
    /// The test itself.
    pub test: Arc<dyn KeyTest>,
}

/// The function that carries a [`KeyTest`] through DataFusion's plan.
#[derive(Debug)]
pub(super) struct ProbeFunction {
    test: Arc<dyn KeyTest>,
    signature: Signature,
}

impl ProbeFunction {
    /// Wraps the test of `probe` in a function over any columns.
    pub(super) fn udf(test: &Arc<dyn KeyTest>) -> Arc<ScalarUDF> {
        Arc::new(ScalarUDF::new_from_impl(Self {
            test: Arc::clone(test),
            signature: Signature::variadic_any(Volatility::Immutable),
        }))
    }
}

impl PartialEq for ProbeFunction {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.test, &other.test)
    }
}

impl Eq for ProbeFunction {}

impl Hash for ProbeFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.test).cast::<()>().hash(state);
    }
}

impl ScalarUDFImpl for ProbeFunction {
    fn name(&self) -> &str {
        PROBE
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let columns = args
            .args
            .iter()
            .map(|arg| arg.to_array(args.number_rows))
            .collect::<Result<Vec<_>>>()?;
        let kept = self
            .test
            .keep(&columns)
            .map_err(DataFusionError::Internal)?;
        Ok(ColumnarValue::Array(Arc::new(kept)))
    }
}

/// Returns whether `expr` is the second look and nothing else.
pub(super) fn is_probe(expr: &Expr) -> bool {
    matches!(expr, Expr::ScalarFunction(call) if call.func.name() == PROBE)
}

/// The second look as a filter of the reader: evaluated on the columns that it needs, before any
/// other column of the record is decoded.
pub(super) struct ScanFilter {
    columns: Vec<usize>,
    predicate: Arc<dyn PhysicalExpr>,
}

impl fmt::Debug for ScanFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.predicate)
    }
}

impl ScanFilter {
    /// Binds `filters`, all of which must hold, to the columns of `schema` that they name.
    pub(super) fn bind(
        filters: &[Expr],
        schema: &SchemaRef,
        plan: impl Fn(Expr, &DFSchema) -> Result<Arc<dyn PhysicalExpr>>,
    ) -> Result<Option<Arc<Self>>> {
        let Some(filter) = filters.iter().cloned().reduce(Expr::and) else {
            return Ok(None);
        };
        let mut columns = filter
            .column_refs()
            .iter()
            .map(|column| schema.index_of(&column.name))
            .collect::<Result<Vec<_>, _>>()?;
        columns.sort_unstable();
        columns.dedup();
        let narrow = Arc::new(schema.project(&columns)?);
        let predicate = plan(filter, &DFSchema::try_from(narrow.as_ref().clone())?)?;
        Ok(Some(Arc::new(Self { columns, predicate })))
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<BooleanArray> {
        let value = self.predicate.evaluate(batch)?;
        let array = value.into_array(batch.num_rows())?;
        let kept = array.as_any().downcast_ref::<BooleanArray>().cloned();
        kept.ok_or_else(|| DataFusionError::Internal("the second look is no predicate".to_owned()))
    }

    /// A record whose key cannot be computed is kept: the rule's own projection rejects it.
    fn keep_failing(&self, batch: &RecordBatch) -> Result<BooleanArray, String> {
        let keep = |row| match self.evaluate(&batch.slice(row, 1)) {
            Ok(kept) => Ok(Some(kept.is_valid(0) && kept.value(0))),
            Err(error) if checked::is_record_error(&error) => Ok(Some(true)),
            Err(error) => Err(error.to_string()),
        };
        (0..batch.num_rows()).map(keep).collect()
    }
}

impl books::RowFilter for ScanFilter {
    fn columns(&self) -> &[usize] {
        &self.columns
    }

    fn keep(&self, batch: &RecordBatch) -> Result<BooleanArray, String> {
        match self.evaluate(batch) {
            Ok(kept) => Ok(kept),
            Err(error) if checked::is_record_error(&error) => self.keep_failing(batch),
            Err(error) => Err(error.to_string()),
        }
    }

    fn keeps_many(&self) -> bool {
        let mut calls = split_conjunction(&self.predicate).into_iter().map(call_of);
        calls.all(|call| call.is_some_and(|(_, function)| function.test.keeps_many()))
    }

    fn may_contain(&self, column: usize, min: &ArrayRef, max: &ArrayRef) -> bool {
        let Some(position) = self.columns.iter().position(|at| *at == column) else {
            return true;
        };
        split_conjunction(&self.predicate)
            .into_iter()
            .all(|part| part_may_contain(part, position, min, max))
    }

    fn wanted(
        &self,
        column: usize,
        data_type: &DataType,
        bounds: [Option<&ArrayRef>; 2],
        most: usize,
    ) -> Option<ArrayRef> {
        let position = self.columns.iter().position(|at| *at == column)?;
        split_conjunction(&self.predicate)
            .into_iter()
            .find_map(|part| {
                let (function, argument) = part_that_sees(part, position)?;
                function.test.wanted(argument, data_type, bounds, most)
            })
    }
}

/// The call of a test that `part` is, if it is one.
fn call_of(part: &Arc<dyn PhysicalExpr>) -> Option<(&ScalarFunctionExpr, &ProbeFunction)> {
    let call = part.downcast_ref::<ScalarFunctionExpr>()?;
    Some((call, call.fun().inner().downcast_ref::<ProbeFunction>()?))
}

/// The test of `part` where it sees a column itself, and as which of its own.
fn part_that_sees(
    part: &Arc<dyn PhysicalExpr>,
    position: usize,
) -> Option<(&ProbeFunction, usize)> {
    let (call, function) = call_of(part)?;
    let is_seen = |expr: &Arc<dyn PhysicalExpr>| {
        let seen = expr.downcast_ref::<Column>();
        seen.is_some_and(|column| column.index() == position)
    };
    Some((function, call.args().iter().position(is_seen)?))
}

/// Asks the test of `part` about the values of one column, where it sees that column itself.
fn part_may_contain(
    part: &Arc<dyn PhysicalExpr>,
    position: usize,
    min: &ArrayRef,
    max: &ArrayRef,
) -> bool {
    let Some((call, function)) = call_of(part) else {
        return true;
    };
    call.args().iter().enumerate().all(|(argument, expr)| {
        let seen = expr.downcast_ref::<Column>();
        seen.is_none_or(|column| column.index() != position)
            || function.test.may_contain(argument, min, max)
    })
}
