//! `control_total(amount)`: the checked sum of a column.
//!
//! DataFusion's own `sum` wraps silently. Here a sum runs in 128 bits as long as it fits and in
//! 256 bits beyond, and what has more digits than its type is an error, never a figure.

use std::collections::BTreeMap;
use std::mem::size_of;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, Int8Type, Int16Type, Int32Type,
    Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Decimal128Array, Decimal256Array, PrimitiveArray,
};
use arrow_buffer::{NullBuffer, i256};
use arrow_schema::{DECIMAL256_MAX_PRECISION, DataType};
use datafusion::common::{DataFusionError, Result, ScalarValue, internal_err, plan_err};
use datafusion::logical_expr::function::AccumulatorArgs;
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};

use super::decimals::{self, PRECISION};

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ControlTotal {
    signature: Signature,
}

impl ControlTotal {
    pub(super) fn new() -> Self {
        Self {
            signature: Signature::user_defined(Volatility::Immutable),
        }
    }
}

impl AggregateUDFImpl for ControlTotal {
    fn name(&self) -> &str {
        "control_total"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        match given {
            [DataType::Null] => Ok(vec![DataType::Int64]),
            [amount] if decimals::amount_type(amount).is_some() => Ok(vec![amount.clone()]),
            [other] => decimals::refuse("control_total", other),
            _ => plan_err!("control_total takes one amount"),
        }
    }

    /// Decimals keep their scale in 76 digits; whole numbers total to 38 digits.
    fn return_type(&self, given: &[DataType]) -> Result<DataType> {
        Ok(match given {
            [
                DataType::Decimal32(_, scale)
                | DataType::Decimal64(_, scale)
                | DataType::Decimal128(_, scale)
                | DataType::Decimal256(_, scale),
            ] => DataType::Decimal256(DECIMAL256_MAX_PRECISION, *scale),
            _ => DataType::Decimal128(PRECISION, 0),
        })
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        if args.is_distinct {
            return plan_err!("control_total(DISTINCT …) would leave equal amounts out");
        }
        Ok(Box::new(Total {
            data_type: args.return_type().clone(),
            sum: i256::ZERO,
            count: 0,
        }))
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs<'_>) -> bool {
        !args.is_distinct
    }

    fn create_groups_accumulator(
        &self,
        args: AccumulatorArgs<'_>,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(Totals::new(args.return_type().clone())))
    }
}

/// Calls `$visit` with the array in its own type, and how its values widen.
macro_rules! by_type {
    ($array:expr, $visit:ident) => {{
        let array: &dyn Array = $array;
        match array.data_type() {
            DataType::Int8 => $visit!(Int8Type, array, i128::from),
            DataType::Int16 => $visit!(Int16Type, array, i128::from),
            DataType::Int32 => $visit!(Int32Type, array, i128::from),
            DataType::Int64 => $visit!(Int64Type, array, i128::from),
            DataType::UInt8 => $visit!(UInt8Type, array, i128::from),
            DataType::UInt16 => $visit!(UInt16Type, array, i128::from),
            DataType::UInt32 => $visit!(UInt32Type, array, i128::from),
            DataType::UInt64 => $visit!(UInt64Type, array, i128::from),
            DataType::Decimal32(_, _) => $visit!(Decimal32Type, array, i128::from),
            DataType::Decimal64(_, _) => $visit!(Decimal64Type, array, i128::from),
            DataType::Decimal128(_, _) => $visit!(Decimal128Type, array, std::convert::identity),
            other => return internal_err!("control_total was given {other}"),
        }
    }};
}

/// The sum of an array and how many values it has.
fn total(array: &ArrayRef) -> Result<(i256, usize)> {
    let count = array.len() - array.null_count();
    if let DataType::Decimal256(_, _) = array.data_type() {
        let mut values = array.as_primitive::<Decimal256Type>().iter().flatten();
        return Ok((
            values
                .try_fold(i256::ZERO, i256::checked_add)
                .ok_or_else(overflow)?,
            count,
        ));
    }
    macro_rules! sum {
        ($type:ty, $array:expr, $widen:expr) => {
            narrow_total($array.as_primitive::<$type>(), $widen)
        };
    }
    Ok((by_type!(array, sum)?, count))
}

/// Adds in 128 bits and carries into 256 bits whenever these are full.
fn narrow_total<T: arrow_array::ArrowPrimitiveType>(
    array: &PrimitiveArray<T>,
    widen: impl Fn(T::Native) -> i128,
) -> Result<i256> {
    let (mut sum, mut carried) = (0_i128, i256::ZERO);
    let mut add = |value: i128| {
        if let Some(next) = sum.checked_add(value) {
            sum = next;
        } else {
            carried = carried.wrapping_add(i256::from_i128(sum));
            sum = value;
        }
    };
    match array.nulls() {
        None => array.values().iter().for_each(|value| add(widen(*value))),
        Some(_) => array.iter().flatten().for_each(|value| add(widen(value))),
    }
    carried
        .checked_add(i256::from_i128(sum))
        .ok_or_else(overflow)
}

fn overflow() -> DataFusionError {
    DataFusionError::Execution("control_total: the total has too many digits".to_owned())
}

/// Wraps totals in their type, after counting their digits.
fn wrap(data_type: &DataType, totals: &[i256], nulls: Option<NullBuffer>) -> Result<ArrayRef> {
    let is_null = |row: usize| nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
    match data_type {
        DataType::Decimal256(precision, scale) => {
            let bound = i256::from_i128(10)
                .checked_pow(u32::from(*precision))
                .ok_or_else(overflow)?;
            for (row, total) in totals.iter().enumerate() {
                let digits = total.checked_abs().ok_or_else(overflow)?;
                if digits >= bound && !is_null(row) {
                    return Err(overflow());
                }
            }
            let array = Decimal256Array::new(totals.to_vec().into(), nulls);
            Ok(Arc::new(
                array.with_precision_and_scale(*precision, *scale)?,
            ))
        }
        DataType::Decimal128(precision, scale) => {
            let fit = |total: &i256| {
                total
                    .to_i128()
                    .filter(|total| decimals::fits(*total))
                    .ok_or_else(overflow)
            };
            let values = totals.iter().map(fit).collect::<Result<Vec<_>>>()?;
            let array = Decimal128Array::new(values.into(), nulls);
            Ok(Arc::new(
                array.with_precision_and_scale(*precision, *scale)?,
            ))
        }
        other => internal_err!("control_total cannot give {other}"),
    }
}

/// One total.
#[derive(Debug)]
struct Total {
    data_type: DataType,
    sum: i256,
    count: u64,
}

impl Accumulator for Total {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (sum, count) = total(&values[0])?;
        self.sum = self.sum.checked_add(sum).ok_or_else(overflow)?;
        self.count += count as u64;
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let nulls = (self.count == 0).then(|| NullBuffer::new_null(1));
        let array = wrap(&self.data_type, &[self.sum], nulls)?;
        ScalarValue::try_from_array(&array, 0)
    }

    fn size(&self) -> usize {
        size_of::<Self>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }

    /// A moving total over rows that come and go; `count` counts what is inside the frame.
    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (sum, count) = total(&values[0])?;
        self.sum = self.sum.checked_sub(sum).ok_or_else(overflow)?;
        self.count = self.count.saturating_sub(count as u64);
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }
}

/// One total per group. A group's total is its 128 bits plus what `carries` holds for it.
#[derive(Debug)]
struct Totals {
    data_type: DataType,
    sums: Vec<i128>,
    carries: BTreeMap<usize, i256>,
    seen: Vec<bool>,
}

impl Totals {
    fn new(data_type: DataType) -> Self {
        Self {
            data_type,
            sums: Vec::new(),
            carries: BTreeMap::new(),
            seen: Vec::new(),
        }
    }

    fn add(
        &mut self,
        values: &ArrayRef,
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total_groups: usize,
    ) -> Result<()> {
        self.sums.resize(total_groups, 0);
        self.seen.resize(total_groups, false);
        if let DataType::Decimal256(_, _) = values.data_type() {
            let wide = values.as_primitive::<Decimal256Type>();
            return each(wide, groups, filter, |group, value| {
                self.add_wide(group, value)
            });
        }
        macro_rules! accumulate {
            ($type:ty, $array:expr, $widen:expr) => {
                each(
                    $array.as_primitive::<$type>(),
                    groups,
                    filter,
                    |group, value| {
                        self.add_narrow(group, $widen(value));
                        Ok(())
                    },
                )
            };
        }
        by_type!(values, accumulate)
    }

    fn add_narrow(&mut self, group: usize, value: i128) {
        self.seen[group] = true;
        if let Some(sum) = self.sums[group].checked_add(value) {
            self.sums[group] = sum;
        } else {
            // A carry is at most 2^127 a time: 2^128 of them would be needed to fill 256 bits.
            let carry = self.carries.entry(group).or_insert(i256::ZERO);
            *carry = carry.wrapping_add(i256::from_i128(self.sums[group]));
            self.sums[group] = value;
        }
    }

    fn add_wide(&mut self, group: usize, value: i256) -> Result<()> {
        if let Some(value) = value.to_i128() {
            self.add_narrow(group, value);
            return Ok(());
        }
        self.seen[group] = true;
        let carry = self.carries.entry(group).or_insert(i256::ZERO);
        *carry = carry.checked_add(value).ok_or_else(overflow)?;
        Ok(())
    }

    fn emit(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        let narrow = emit.take_needed(&mut self.sums);
        let seen = emit.take_needed(&mut self.seen);
        let later = self.carries.split_off(&narrow.len());
        let carries = std::mem::replace(&mut self.carries, shifted(later, narrow.len()));
        let mut totals: Vec<i256> = narrow.into_iter().map(i256::from_i128).collect();
        for (group, carry) in carries {
            totals[group] = totals[group].checked_add(carry).ok_or_else(overflow)?;
        }
        wrap(&self.data_type, &totals, Some(NullBuffer::from(seen)))
    }
}

/// Calls `add` for every value that is neither NULL nor filtered out.
fn each<T: arrow_array::ArrowPrimitiveType>(
    values: &PrimitiveArray<T>,
    groups: &[usize],
    filter: Option<&BooleanArray>,
    mut add: impl FnMut(usize, T::Native) -> Result<()>,
) -> Result<()> {
    if filter.is_none() && values.null_count() == 0 {
        return groups
            .iter()
            .zip(values.values())
            .try_for_each(|(group, value)| add(*group, *value));
    }
    let passes = |row: usize| filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row));
    for (row, group) in groups.iter().enumerate() {
        if values.is_valid(row) && passes(row) {
            add(*group, values.value(row))?;
        }
    }
    Ok(())
}

/// What is left after the first groups have gone: their successors count from zero again.
fn shifted(carries: BTreeMap<usize, i256>, by: usize) -> BTreeMap<usize, i256> {
    carries
        .into_iter()
        .map(|(group, carry)| (group - by, carry))
        .collect()
}

impl GroupsAccumulator for Totals {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total_groups: usize,
    ) -> Result<()> {
        self.add(&values[0], groups, filter, total_groups)
    }

    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        self.emit(emit)
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.emit(emit)?])
    }

    fn merge_batch(
        &mut self,
        states: &[ArrayRef],
        groups: &[usize],
        total_groups: usize,
    ) -> Result<()> {
        self.add(&states[0], groups, None, total_groups)
    }

    /// Every row as a group of its own, in the type of a total.
    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let rows = values[0].len();
        let groups: Vec<usize> = (0..rows).collect();
        let mut rowwise = Self::new(self.data_type.clone());
        rowwise.add(&values[0], &groups, filter, rows)?;
        Ok(vec![rowwise.emit(EmitTo::All)?])
    }

    fn size(&self) -> usize {
        let carries = self.carries.len() * (size_of::<i256>() + size_of::<usize>());
        self.sums.capacity() * size_of::<i128>() + carries + self.seen.capacity()
    }
}
