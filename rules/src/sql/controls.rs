//! Controls: checks over totals, on either book or across both.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::cast::AsArray;
use arrow_array::types::Decimal256Type;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_buffer::i256;
use arrow_schema::{ArrowError, DataType, Schema};
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;
use ledger::report::ControlStatus;
use tokio::task::JoinSet;

use super::error::{RunError, SqlError};
use super::names::{self, Scope};
use super::rejects::texts;
use super::session::{Marks, Session};
use super::shared::Begun;
use super::side::{Run, Side};

/// The column that must be zero in every row of a control of one query.
const DIFFERENCE: &str = "difference";

/// A control that has been read and found sound.
#[derive(Debug, Clone)]
pub struct ControlQuery {
    form: Form,
}

#[derive(Debug, Clone)]
enum Form {
    /// One query, whose column `difference` must be zero.
    Difference(Box<Side>),
    /// Two queries: labels first, the figure last.
    Pair {
        expected: Box<Side>,
        actual: Box<Side>,
    },
}

/// What a control came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlOutcome {
    /// One per label, ordered by label.
    pub rows: Vec<ControlRow>,
    /// Whether every difference is zero, some is not, or the control could not be computed.
    pub status: ControlStatus,
    /// Why it could not be computed; empty unless incomplete.
    pub notes: Vec<String>,
}

/// One line of a control.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ControlRow {
    /// Names and values that tell the line from others, such as a currency or a month.
    pub labels: Vec<(String, Option<String>)>,
    /// The expected figure; `None` where that side has no such line or does not say.
    pub expected: Option<String>,
    /// The actual figure; `None` where that side has no such line or does not say.
    pub actual: Option<String>,
    /// Actual minus expected, exactly; `None` where a side has no figure.
    pub difference: Option<String>,
}

impl Session {
    /// Reads a control of one query, which gives a column `difference`. It sees both books;
    /// columns `expected` and `actual`, where it gives them, are shown beside it.
    ///
    /// # Errors
    /// Every mistake that can be told at once, each at its place in the text.
    pub fn control(&self, sql: &str) -> Result<ControlQuery, Vec<SqlError>> {
        self.control_with(Marks::OfSettings, sql)
    }

    /// As [`Session::control`], and says which currencies may stand beside its amounts.
    ///
    /// # Errors
    /// As [`Session::control`].
    pub fn control_with(&self, marks: Marks, sql: &str) -> Result<ControlQuery, Vec<SqlError>> {
        let side = read(self, marks, sql)?;
        let schema = side.schema();
        let Ok(field) = schema.field_with_name(DIFFERENCE) else {
            let error = SqlError::new("a control gives a column named `difference`");
            return Err(vec![
                error.mend("name the figure that must be zero with AS difference"),
            ]);
        };
        match scale_of(field.data_type()) {
            Some(_) => Ok(ControlQuery {
                form: Form::Difference(Box::new(side)),
            }),
            None => Err(vec![no_figure(sql, DIFFERENCE, field.data_type())]),
        }
    }

    /// Reads a control of two queries. Each gives labels first and the figure last, and both give
    /// the same labels.
    ///
    /// # Errors
    /// Every mistake of either query: those of `expected`, those of `actual`, then none or one
    /// about both, which has no place.
    pub fn control_pair(
        &self,
        expected: &str,
        actual: &str,
    ) -> Result<ControlQuery, (Vec<SqlError>, Vec<SqlError>)> {
        self.control_pair_with(Marks::OfSettings, expected, actual)
    }

    /// As [`Session::control_pair`], and says which currencies may stand beside its amounts.
    ///
    /// # Errors
    /// As [`Session::control_pair`].
    pub fn control_pair_with(
        &self,
        marks: Marks,
        expected: &str,
        actual: &str,
    ) -> Result<ControlQuery, (Vec<SqlError>, Vec<SqlError>)> {
        let figure = |sql| read_figure(self, marks, sql);
        let (expected, actual) = match (figure(expected), figure(actual)) {
            (Ok(expected), Ok(actual)) => (expected, actual),
            (expected, actual) => {
                return Err((
                    expected.err().unwrap_or_default(),
                    actual.err().unwrap_or_default(),
                ));
            }
        };
        let (left, right) = (
            expected.schema().fields().len(),
            actual.schema().fields().len(),
        );
        if left != right {
            let error = SqlError::new(format!("expected gives {left} columns, actual {right}"));
            return Err((
                Vec::new(),
                vec![error.mend("give both the same labels, and the figure last")],
            ));
        }
        Ok(ControlQuery {
            form: Form::Pair {
                expected: Box::new(expected),
                actual: Box::new(actual),
            },
        })
    }
}

fn read(session: &Session, marks: Marks, sql: &str) -> Result<Side, Vec<SqlError>> {
    names::with_room(sql, || {
        Ok(names::read(session, Scope::both(marks), sql)?.side)
    })
}

fn read_figure(session: &Session, marks: Marks, sql: &str) -> Result<Side, Vec<SqlError>> {
    let side = read(session, marks, sql)?;
    let schema = side.schema();
    match schema.fields().last() {
        Some(field) if scale_of(field.data_type()).is_none() => {
            Err(vec![no_figure(sql, field.name(), field.data_type())])
        }
        Some(_) => Ok(side),
        None => Err(vec![SqlError::new("the query gives no column")]),
    }
}

fn no_figure(sql: &str, name: &str, data_type: &DataType) -> SqlError {
    let error = SqlError::new(format!(
        "the figure `{name}` is {data_type}, not an exact number"
    ));
    error
        .at(names::output(sql, name))
        .mend("give it as decimal or whole number, with money(…) where it is text")
}

impl ControlQuery {
    /// Runs the control. A reject of `run` on the way makes it incomplete.
    ///
    /// # Errors
    /// When a file cannot be read, or as [`Side::run`].
    pub async fn run(&self, run: &Run) -> Result<ControlOutcome, RunError> {
        self.finish(&Begun::new(self, run.clone()).await?).await
    }

    /// Runs the control from where it has begun.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub async fn finish(&self, begun: &Begun) -> Result<ControlOutcome, RunError> {
        let mut outcome = match &self.form {
            Form::Difference(_) => differences(&gather(begun.streams(0)?).await?)?,
            Form::Pair { expected, .. } => {
                let left = gather(begun.streams(0)?).await?;
                let right = gather(begun.streams(1)?).await?;
                pair(&expected.schema(), &left, &right)?
            }
        };
        let rejects = begun.rejects();
        if rejects > 0 {
            let records = counted(rejects, "record was", "records were");
            outcome.notes.push(format!("{records} rejected on the way"));
        }
        if !outcome.notes.is_empty() {
            outcome.status = ControlStatus::Incomplete;
        }
        Ok(outcome)
    }

    /// Returns the queries: one, or expected and actual.
    pub fn sides(&self) -> Vec<&Side> {
        match &self.form {
            Form::Difference(side) => vec![&**side],
            Form::Pair { expected, actual } => vec![&**expected, &**actual],
        }
    }
}

/// Drives all streams at once and collects what they give.
pub(super) async fn gather(
    streams: Vec<SendableRecordBatchStream>,
) -> Result<Vec<RecordBatch>, RunError> {
    let mut tasks = JoinSet::new();
    for mut stream in streams {
        tasks.spawn(async move {
            let mut batches = Vec::new();
            while let Some(batch) = stream.next().await {
                batches.push(batch?);
            }
            Ok::<_, RunError>(batches)
        });
    }
    let mut batches = Vec::new();
    while let Some(done) = tasks.join_next().await {
        let done = done.map_err(|error| RunError::Internal(error.to_string()))?;
        batches.extend(done?);
    }
    Ok(batches)
}

/// An exact figure: a mantissa and the number of its decimals.
#[derive(Debug, Clone, Copy)]
struct Figure {
    mantissa: i256,
    scale: u32,
}

impl Figure {
    fn minus(self, other: Self) -> Result<Self, RunError> {
        let too_long = || RunError::Query {
            message: "a difference has too many digits".to_owned(),
        };
        let scale = self.scale.max(other.scale);
        let at = |figure: Self| {
            let factor = i256::from_i128(10).checked_pow(scale - figure.scale)?;
            figure.mantissa.checked_mul(factor)
        };
        let (Some(a), Some(b)) = (at(self), at(other)) else {
            return Err(too_long());
        };
        let mantissa = a.checked_sub(b).ok_or_else(too_long)?;
        Ok(Self { mantissa, scale })
    }

    fn is_zero(self) -> bool {
        self.mantissa == i256::ZERO
    }

    fn text(self) -> String {
        let digits = self.mantissa.to_string();
        let (sign, digits) = match digits.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", digits.as_str()),
        };
        let scale = usize::try_from(self.scale).unwrap_or(usize::MAX);
        if scale == 0 {
            return format!("{sign}{digits}");
        }
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, decimals) = padded.split_at(padded.len() - scale);
        format!("{sign}{whole}.{decimals}")
    }
}

/// The decimals of a type that holds exact numbers.
fn scale_of(data_type: &DataType) -> Option<u32> {
    match data_type {
        DataType::Decimal32(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal128(_, scale)
        | DataType::Decimal256(_, scale) => u32::try_from(*scale).ok(),
        other if other.is_integer() => Some(0),
        DataType::Null => Some(0),
        _ => None,
    }
}

fn figures(array: &ArrayRef) -> Result<Vec<Option<Figure>>, RunError> {
    let internal = |error: ArrowError| RunError::Internal(error.to_string());
    let scale = scale_of(array.data_type()).unwrap_or_default();
    let wide = DataType::Decimal256(76, i8::try_from(scale).unwrap_or(i8::MAX));
    let wide = arrow_cast::cast(array, &wide).map_err(internal)?;
    let wide = wide.as_primitive::<Decimal256Type>();
    let figure = |mantissa| Figure { mantissa, scale };
    let lost = (0..array.len()).any(|row| array.is_valid(row) && wide.is_null(row));
    match lost {
        true => Err(RunError::Query {
            message: "a figure has too many digits".to_owned(),
        }),
        false => Ok(wide.iter().map(|value| value.map(figure)).collect()),
    }
}

type Labels = Vec<(String, Option<String>)>;

/// The labels of every row of `batch`, from the columns that `take` names.
fn labels(batch: &RecordBatch, take: impl Fn(usize, &str) -> bool) -> Vec<Labels> {
    let mut rows = vec![Vec::new(); batch.num_rows()];
    for (index, field) in batch.schema().fields().iter().enumerate() {
        if take(index, field.name()) {
            for (row, text) in rows.iter_mut().zip(texts(batch.column(index))) {
                row.push((field.name().clone(), text));
            }
        }
    }
    rows
}

fn differences(batches: &[RecordBatch]) -> Result<ControlOutcome, RunError> {
    const SHOWN: [&str; 3] = [DIFFERENCE, "expected", "actual"];
    let mut rows = Vec::new();
    let (mut unknown, mut broken) = (0_u64, 0_u64);
    for batch in batches {
        let labels = labels(batch, |_, name| !SHOWN.contains(&name));
        let column = |name| batch.column_by_name(name);
        let Some(array) = column(DIFFERENCE) else {
            return Err(RunError::Internal("a control lost its column".to_owned()));
        };
        let shown = |name| column(name).map_or_else(|| vec![None; batch.num_rows()], texts);
        let sides = shown("expected").into_iter().zip(shown("actual"));
        for ((labels, figure), (expected, actual)) in
            labels.into_iter().zip(figures(array)?).zip(sides)
        {
            unknown += u64::from(figure.is_none());
            broken += u64::from(figure.is_some_and(|figure| !figure.is_zero()));
            rows.push(ControlRow {
                labels,
                expected,
                actual,
                difference: figure.map(Figure::text),
            });
        }
    }
    let mut notes = Vec::new();
    if rows.is_empty() {
        notes.push("it gave no rows".to_owned());
    }
    if unknown > 0 {
        let differences = counted(unknown, "difference is", "differences are");
        notes.push(format!("{differences} NULL"));
    }
    Ok(outcome(rows, broken > 0, notes))
}

fn counted(count: impl Into<u128>, one: &str, many: &str) -> String {
    match count.into() {
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    }
}

fn outcome(mut rows: Vec<ControlRow>, broken: bool, notes: Vec<String>) -> ControlOutcome {
    rows.sort();
    let status = match (notes.is_empty(), broken) {
        (false, _) => ControlStatus::Incomplete,
        (true, true) => ControlStatus::Broken,
        (true, false) => ControlStatus::Holds,
    };
    ControlOutcome {
        rows,
        status,
        notes,
    }
}

/// The figures of one side by label; a label that comes twice is noted.
#[derive(Default)]
struct Lines {
    figures: BTreeMap<Vec<Option<String>>, Option<Figure>>,
    twice: BTreeSet<Vec<Option<String>>>,
}

fn lines(batches: &[RecordBatch]) -> Result<Lines, RunError> {
    let mut lines = Lines::default();
    for batch in batches {
        let last = batch.num_columns() - 1;
        let labels = labels(batch, |index, _| index < last);
        for (labels, figure) in labels.into_iter().zip(figures(batch.column(last))?) {
            let key: Vec<_> = labels.into_iter().map(|(_, value)| value).collect();
            if lines.figures.insert(key.clone(), figure).is_some() {
                lines.twice.insert(key);
            }
        }
    }
    Ok(lines)
}

fn pair(
    schema: &Schema,
    left: &[RecordBatch],
    right: &[RecordBatch],
) -> Result<ControlOutcome, RunError> {
    let (left, right) = (lines(left)?, lines(right)?);
    let names: Vec<&String> = schema.fields().iter().map(|field| field.name()).collect();
    let mut rows = Vec::new();
    let (mut broken, mut unknown) = (false, 0_u64);
    let keys: BTreeSet<_> = left.figures.keys().chain(right.figures.keys()).collect();
    for key in keys {
        let (expected, actual) = (left.figures.get(key), right.figures.get(key));
        let difference = match (expected.copied().flatten(), actual.copied().flatten()) {
            (Some(expected), Some(actual)) => Some(actual.minus(expected)?),
            _ => None,
        };
        let is_null = |figure: Option<&Option<Figure>>| matches!(figure, Some(None));
        unknown += u64::from(is_null(expected) || is_null(actual));
        broken |= expected.is_none() || actual.is_none();
        broken |= difference.is_some_and(|difference| !difference.is_zero());
        let text = |figure: Option<&Option<Figure>>| figure.copied().flatten().map(Figure::text);
        rows.push(ControlRow {
            labels: names
                .iter()
                .map(|name| (*name).clone())
                .zip(key.iter().cloned())
                .collect(),
            expected: text(expected),
            actual: text(actual),
            difference: difference.map(Figure::text),
        });
    }
    let mut notes = Vec::new();
    if rows.is_empty() {
        notes.push("it gave no rows".to_owned());
    }
    if unknown > 0 {
        let lines = counted(unknown, "line has", "lines have");
        notes.push(format!("{lines} a figure that is NULL"));
    }
    for (side, lines) in [("expected", &left), ("actual", &right)] {
        if !lines.twice.is_empty() {
            notes.push(format!(
                "{side} gives {} labels more than once",
                lines.twice.len()
            ));
        }
    }
    Ok(outcome(rows, broken, notes))
}
