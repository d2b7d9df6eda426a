//! What a record is asked for by: its key, or the values of some columns.

use super::StoryError;
use super::chosen::Chosen;
use crate::prepare::Agreement;
use crate::rows::{common_type, read};
use arrow_array::{Array, ArrayRef, StringArray, new_null_array};
use arrow_select::concat::concat;
use footing::{Class, Layout};
use ledger::Record;
use std::sync::Arc;

/// The columns that are asked for, with their values as they were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    columns: Vec<usize>,
    values: Vec<String>,
}

impl Asked {
    /// Reads what follows the command: the values of the key, or `column=value` for any compared
    /// columns.
    pub(super) fn read(words: &[String], agreement: &Agreement) -> Result<Self, StoryError> {
        let layout = &agreement.layout;
        let named: Vec<Option<(usize, &str)>> =
            words.iter().map(|word| named(word, layout)).collect();
        if named.iter().all(Option::is_none) {
            return Self::of_key(words, agreement);
        }
        let mut asked = Self {
            columns: Vec::new(),
            values: Vec::new(),
        };
        for (word, named) in words.iter().zip(named) {
            let Some((column, value)) = named else {
                return Err(no_column(word, layout));
            };
            if asked.columns.contains(&column) {
                let name = layout.columns()[column].name.clone();
                return Err(StoryError::Twice { column: name });
            }
            asked.columns.push(column);
            asked.values.push(value.to_owned());
        }
        Ok(asked)
    }

    fn of_key(words: &[String], agreement: &Agreement) -> Result<Self, StoryError> {
        let layout = &agreement.layout;
        let looks_named = |word: &&String| {
            word.split_once('=').is_some_and(|(name, value)| {
                let is_letter = |letter: char| letter.is_alphanumeric() || letter == '_';
                !name.is_empty()
                    && name.chars().all(is_letter)
                    && !value.trim_matches('=').is_empty()
            })
        };
        if let Some(word) = words.iter().find(looks_named) {
            return Err(no_column(word, layout));
        }
        let values: Vec<String> = match (words, layout.key().len()) {
            (_, 0) => {
                return Err(StoryError::NoKey {
                    agreement: agreement.name.clone(),
                    columns: names(layout),
                });
            }
            ([only], 2..) => only.split(',').map(str::to_owned).collect(),
            _ => words.to_vec(),
        };
        if values.len() != layout.key().len() {
            let key = layout.key().iter();
            return Err(StoryError::Arity {
                given: values.len(),
                key: key.map(|at| layout.columns()[*at].name.clone()).collect(),
            });
        }
        Ok(Self {
            columns: layout.key().to_vec(),
            values,
        })
    }

    /// Whether the whole key is asked for and nothing besides.
    pub(super) fn is_whole_key(&self, layout: &Layout) -> bool {
        let is_asked = |at: &usize| self.columns.contains(at);
        self.columns.len() == layout.key().len() && layout.key().iter().all(is_asked)
    }

    /// The columns and values.
    pub(super) fn record(&self, layout: &Layout) -> Record {
        let columns = self.columns.iter().zip(&self.values);
        let named = columns.map(|(at, value)| {
            let name = layout.columns()[*at].name.as_str();
            (name, Some(value.as_str()))
        });
        named.collect()
    }

    /// Whether any of some values is asked for.
    pub(super) fn names_any_of(&self, record: &Record) -> bool {
        let is_asked = |value: &str| self.values.iter().any(|asked| asked == value);
        let values = record.0.iter().filter_map(|(_, value)| value.as_deref());
        values.into_iter().any(is_asked)
    }

    /// The test for the records that are asked for.
    pub(super) fn chosen(&self, layout: &Layout) -> Result<Chosen, StoryError> {
        let mut rows: Vec<Vec<ArrayRef>> = vec![Vec::new()];
        for (at, value) in self.columns.iter().zip(&self.values) {
            let readings = readings(&layout.columns()[*at], value)?;
            rows = rows
                .iter()
                .flat_map(|row| {
                    let with = |value: &ArrayRef| [&row[..], &[Arc::clone(value)]].concat();
                    readings.iter().map(with).collect::<Vec<_>>()
                })
                .collect();
        }
        let column = |at: usize| {
            let values: Vec<&dyn Array> = rows.iter().map(|row| row[at].as_ref()).collect();
            concat(&values)
        };
        let arrays = (0..self.columns.len()).map(column);
        let arrays: Vec<ArrayRef> = arrays.collect::<Result<_, _>>()?;
        Ok(Chosen::new(layout, &self.columns, &arrays)?)
    }
}

/// A word as `column=value`, where it begins with a compared column.
fn named<'w>(word: &'w str, layout: &Layout) -> Option<(usize, &'w str)> {
    let (name, value) = word.split_once('=')?;
    let known = layout.columns().iter().position(|one| one.name == name)?;
    Some((known, value))
}

fn no_column(word: &str, layout: &Layout) -> StoryError {
    let name = word.split_once('=').map_or(word, |(name, _)| name);
    StoryError::NoColumn {
        name: name.to_owned(),
        columns: names(layout),
    }
}

pub(super) fn names(layout: &Layout) -> Vec<String> {
    let columns = layout.columns().iter();
    columns.map(|column| column.name.clone()).collect()
}

/// What a value can be in its column: `NULL` is the missing value, and in a text that word too.
fn readings(column: &footing::Column, value: &str) -> Result<Vec<ArrayRef>, StoryError> {
    let null = new_null_array(&common_type(column.class), 1);
    match (value, column.class) {
        ("NULL", Class::Text) => Ok(vec![null, typed(column, value)?]),
        ("NULL", _) => Ok(vec![null]),
        _ => Ok(vec![typed(column, value)?]),
    }
}

fn typed(column: &footing::Column, value: &str) -> Result<ArrayRef, StoryError> {
    let unreadable = || unreadable(column, value);
    let is_exact = match column.class {
        Class::Number { scale, .. } => has_decimals(value, scale),
        Class::Binary | Class::Null => false,
        _ => true,
    };
    if !is_exact {
        return Err(unreadable());
    }
    let text: ArrayRef = Arc::new(StringArray::from(vec![value]));
    let read = read(column.class, &text)?;
    match read.is_null(0) {
        true => Err(unreadable()),
        false => Ok(read),
    }
}

pub(super) fn unreadable(column: &footing::Column, value: &str) -> StoryError {
    StoryError::Unreadable {
        column: column.name.clone(),
        value: value.to_owned(),
        holds: holds(column.class),
    }
}

/// Whether a text is a plain number that loses nothing with so many decimals.
fn has_decimals(text: &str, scale: i8) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let needed = decimals.trim_end_matches('0').len();
    !whole.is_empty()
        && is_number(whole)
        && is_number(decimals)
        && i8::try_from(needed).is_ok_and(|needed| needed <= scale.max(0))
}

fn holds(class: Class) -> String {
    match class {
        Class::Number { scale: ..=0, .. } => "whole numbers".to_owned(),
        Class::Number { scale, .. } => format!("numbers of {scale} decimals"),
        Class::Text => "text".to_owned(),
        Class::Binary => "bytes".to_owned(),
        Class::Bool => "true or false".to_owned(),
        Class::Date => "dates such as 2013-05-27".to_owned(),
        Class::Time => "times of day such as 08:00:00".to_owned(),
        Class::Instant { utc: true, .. } => "instants such as 2013-05-27T08:00:00Z".to_owned(),
        Class::Instant { .. } => "times such as 2013-05-27T08:00:00".to_owned(),
        Class::Float => "binary fractions".to_owned(),
        Class::Null => "nothing but NULL".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_a_column_cannot_hold_is_not_asked_for() {
        let table = [
            ("7", 0, true),
            ("07", 0, true),
            ("-18.80", 1, true),
            ("-18.85", 1, false),
            ("1.", 2, true),
            (".5", 2, false),
            ("1e3", 2, false),
            ("1,000", 2, false),
            ("", 2, false),
            ("-", 2, false),
        ];
        for (text, scale, is_exact) in table {
            assert_eq!(has_decimals(text, scale), is_exact, "{text}");
        }
    }
}
