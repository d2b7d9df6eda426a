//! The second pass: a part is written anew, with the faults in it.

use std::collections::BTreeMap;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::ArrowError;
use arrow_select::concat::concat;
use arrow_select::interleave::interleave;
use serde_json::{Map, Value as Json};

use crate::change::{Changes, Damage, Value, text_of};
use crate::choose::Choice;
use crate::error::{At, FaultError};
use crate::method::Fault;
use crate::part::{Finished, Part};
use crate::truth::Planted;
use crate::view::{Row, View, vouchers};

/// Writes a part beside itself, and tells what is different in it.
pub(crate) fn rewrite(
    part: &Part,
    choice: &Choice,
    planted: &mut Vec<Planted>,
) -> Result<Finished, FaultError> {
    let mut draft = part.draft()?;
    for group in 0..part.row_groups() {
        for batch in part.read_all(group)? {
            let batch = batch?;
            let damaged = damaged(part, &batch, choice, planted).at(part.path())?;
            draft.write(damaged.as_ref().unwrap_or(&batch))?;
        }
        draft.end_row_group()?;
    }
    draft.finish()
}

/// The batch with the faults in it; nothing where there are none.
fn damaged(
    part: &Part,
    batch: &RecordBatch,
    choice: &Choice,
    planted: &mut Vec<Planted>,
) -> Result<Option<RecordBatch>, ArrowError> {
    let vouchers = vouchers(batch)?;
    let faults: Vec<Option<&Fault>> = vouchers
        .iter()
        .map(|voucher| choice.faults.get(voucher?))
        .collect();
    if faults.iter().all(Option::is_none) {
        return Ok(None);
    }
    let view = View::over(batch, part.too_much())?;
    let mut pages = Pages::of(batch);
    for (at, fault) in faults.into_iter().enumerate() {
        let row = view.row(at);
        let Some((fault, damage)) = fault.and_then(|one| Some((one, damage(&row, one, choice)?)))
        else {
            pages.keep(at);
            continue;
        };
        let told = pages.put(at, damage)?;
        planted.extend(
            told.into_iter()
                .map(|told| told.into_planted(&row, fault, part)),
        );
    }
    pages.into_batch().map(Some)
}

/// What a fault does to one leg of its voucher.
fn damage(row: &Row<'_>, fault: &Fault, choice: &Choice) -> Option<Damage> {
    let method = fault.cause.method();
    if !method.reaches(row, fault) {
        return None;
    }
    (method.damage)(row, fault, &choice.known)
}

/// Is a difference, before it is known of which record.
struct Told {
    column: Option<String>,
    was: Option<String>,
    is: Option<String>,
}

impl Told {
    fn into_planted(self, row: &Row<'_>, fault: &Fault, part: &Part) -> Planted {
        let is_new = self.column.is_none() && !fault.new_id.is_empty();
        let voucher = if is_new {
            &fault.new_id
        } else {
            &fault.voucher
        };
        Planted {
            cause: fault.cause,
            voucher: voucher.clone(),
            leg: row.leg(),
            column: self.column,
            was: self.was,
            is: self.is,
            part: part.name(),
        }
    }
}

/// Is a batch while it is being put together anew: records of the old one, in their order, with
/// values in the place of others.
struct Pages<'a> {
    batch: &'a RecordBatch,
    /// Where each new record comes from.
    records: Vec<usize>,
    /// New values by column, each with the new record that it belongs to.
    values: BTreeMap<usize, Vec<(usize, ArrayRef)>>,
}

impl<'a> Pages<'a> {
    fn of(batch: &'a RecordBatch) -> Self {
        Self {
            batch,
            records: Vec::with_capacity(batch.num_rows()),
            values: BTreeMap::new(),
        }
    }

    fn keep(&mut self, at: usize) {
        self.records.push(at);
    }

    /// Adds what is left of a record after a damage.
    fn put(&mut self, at: usize, damage: Damage) -> Result<Vec<Told>, ArrowError> {
        match damage {
            Damage::Omit => {
                let was = Some(self.record_of(at, &BTreeMap::new())?);
                Ok(vec![whole(was, None)])
            }
            Damage::Repeat => {
                self.keep(at);
                self.keep(at);
                let is = Some(self.record_of(at, &BTreeMap::new())?);
                Ok(vec![whole(None, is)])
            }
            Damage::Change(changes) => {
                self.keep(at);
                self.change(at, changes)
            }
            Damage::Join(changes) => {
                self.keep(at);
                self.keep(at);
                let told = self.change(at, changes)?;
                let new = told
                    .into_iter()
                    .filter_map(|told| Some((told.column?, told.is)));
                let is = Some(self.record_of(at, &new.collect())?);
                Ok(vec![whole(None, is)])
            }
        }
    }

    /// Puts other values into the record that was added last.
    fn change(&mut self, at: usize, changes: Changes) -> Result<Vec<Told>, ArrowError> {
        let mut told = Vec::new();
        for (column, value) in changes {
            told.extend(self.change_one(at, column, &value)?);
        }
        Ok(told)
    }

    fn change_one(
        &mut self,
        at: usize,
        column: &str,
        value: &Value,
    ) -> Result<Option<Told>, ArrowError> {
        let Ok(place) = self.batch.schema_ref().index_of(column) else {
            return Ok(None);
        };
        let old = self.batch.column(place);
        let new = value.as_column(old.data_type())?;
        let (was, is) = (text_of(old, at)?, text_of(&new, 0)?);
        if was == is {
            return Ok(None);
        }
        let values = self.values.entry(place).or_default();
        values.push((self.records.len() - 1, new));
        let column = Some(column.to_owned());
        Ok(Some(Told { column, was, is }))
    }

    /// A record of the old batch as a JSON object, with other texts in some columns.
    fn record_of(
        &self,
        at: usize,
        texts: &BTreeMap<String, Option<String>>,
    ) -> Result<String, ArrowError> {
        let mut record = Map::new();
        let fields = self.batch.schema_ref().fields().iter();
        for (field, column) in fields.zip(self.batch.columns()) {
            let text = match texts.get(field.name()) {
                Some(text) => text.clone(),
                None => text_of(column, at)?,
            };
            record.insert(field.name().clone(), text.map_or(Json::Null, Json::String));
        }
        Ok(Json::Object(record).to_string())
    }

    fn into_batch(self) -> Result<RecordBatch, ArrowError> {
        let columns = self.batch.columns().iter().enumerate();
        let columns: Result<Vec<ArrayRef>, ArrowError> = columns
            .map(|(place, old)| self.column(old, self.values.get(&place)))
            .collect();
        RecordBatch::try_new(self.batch.schema(), columns?)
    }

    fn column(
        &self,
        old: &ArrayRef,
        values: Option<&Vec<(usize, ArrayRef)>>,
    ) -> Result<ArrayRef, ArrowError> {
        let mut places: Vec<(usize, usize)> = self.records.iter().map(|at| (0, *at)).collect();
        let values = values.map_or(&[][..], Vec::as_slice);
        for (nth, (record, _)) in values.iter().enumerate() {
            places[*record] = (1, nth);
        }
        let values: Vec<&dyn Array> = values.iter().map(|(_, one)| one.as_ref()).collect();
        if values.is_empty() {
            return interleave(&[old], &places);
        }
        interleave(&[old, concat(&values)?.as_ref()], &places)
    }
}

fn whole(was: Option<String>, is: Option<String>) -> Told {
    let column = None;
    Told { column, was, is }
}
