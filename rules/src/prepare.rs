//! A plan made ready: books opened, and the queries of its agreements read.

use arrow_schema::DataType;
use books::{Book, BookError, BookSpec, DatabaseAddress};

use crate::plan::{Agreement, Plan, PlanError, SqlText};
use crate::sql::{Marks, Session, Settings, Side, SqlError, Which, output};

/// Why a plan cannot be run.
#[derive(Debug)]
pub enum PrepareError {
    /// Mistakes in the plan or in its SQL.
    Plan(Vec<PlanError>),
    /// Books that cannot be opened.
    Books(Vec<BookError>),
}

/// Opens the books of a plan and gives the session to ask them in.
///
/// # Errors
/// All that is wrong with the books and their addresses.
pub fn open(
    plan: &Plan,
    threads: usize,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Session, PrepareError> {
    open_beside(plan, threads, environment, Book::default())
}

/// As [`open`], with more tables beside those of the target, as [`Book::with`] puts them there.
///
/// # Errors
/// As [`open`].
pub fn open_beside(
    plan: &Plan,
    threads: usize,
    environment: &dyn Fn(&str) -> Option<String>,
    beside: Book,
) -> Result<Session, PrepareError> {
    let (source, target) = plan.books(environment).map_err(PrepareError::Plan)?;
    match (Book::open(&source), Book::open(&target)) {
        (Ok(source), Ok(target)) => session(plan, threads, source, target.with(beside)),
        (source, target) => Err(book_errors(plan, source.err(), target.err())),
    }
}

/// Opens the books of a plan once more, as of a later moment, to read a few records by their keys: a
/// server is asked for one connection.
///
/// # Errors
/// As [`open`].
pub fn open_again(
    plan: &Plan,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Session, PrepareError> {
    let (source, target) = plan.books(environment).map_err(PrepareError::Plan)?;
    let by_one_connection = |spec: BookSpec| BookSpec {
        database: spec.database.map(DatabaseAddress::by_one_connection),
        ..spec
    };
    let (source, target) = (by_one_connection(source), by_one_connection(target));
    match (Book::open(&source), Book::open(&target)) {
        (Ok(source), Ok(target)) => session(plan, 1, source, target),
        (source, target) => Err(book_errors(plan, source.err(), target.err())),
    }
}

/// Opens the source of a plan alone; the target is an empty book.
///
/// # Errors
/// All that is wrong with the source and its address.
pub fn open_source(
    plan: &Plan,
    threads: usize,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Session, PrepareError> {
    let (source, _) = plan.books(environment).map_err(PrepareError::Plan)?;
    match Book::open(&source) {
        Ok(source) => session(plan, threads, source, Book::default()),
        Err(errors) => Err(book_errors(plan, Some(errors), None)),
    }
}

fn session(
    plan: &Plan,
    threads: usize,
    source: Book,
    target: Book,
) -> Result<Session, PrepareError> {
    Session::new(source, target, settings(plan, threads))
        .map_err(|error| PrepareError::Plan(vec![whole_plan(plan, error)]))
}

fn settings(plan: &Plan, threads: usize) -> Settings {
    Settings {
        currency: plan
            .currency
            .as_ref()
            .map_or_else(String::new, |code| code.as_str().to_owned()),
        timezone: plan
            .timezone
            .as_ref()
            .map_or_else(|| "UTC".to_owned(), |zone| zone.value.clone()),
        threads,
        memory_limit: plan
            .settings
            .memory_limit
            .and_then(|bytes| usize::try_from(bytes).ok()),
    }
}

/// Books that cannot be opened; a mistake in a table's settings is underlined in the plan.
fn book_errors(
    plan: &Plan,
    source: Option<Vec<BookError>>,
    target: Option<Vec<BookError>>,
) -> PrepareError {
    let mut in_plan = Vec::new();
    let mut in_books = Vec::new();
    let books = [
        (Which::Source, &plan.source, source),
        (Which::Target, &plan.target, target),
    ];
    for (which, book, errors) in books {
        for error in errors.into_iter().flatten() {
            let table = error.table.as_ref().and_then(|name| book.tables.get(name));
            match (error.setting, table) {
                (Some(_), Some(table)) => {
                    in_plan.push(plan.error(table.place(), error.to_string(), None, None))
                }
                _ => in_books.push(error.in_book(which.name())),
            }
        }
    }
    match in_books.is_empty() {
        true => PrepareError::Plan(in_plan),
        false => PrepareError::Books(in_books),
    }
}

fn whole_plan(plan: &Plan, error: SqlError) -> PlanError {
    plan.error(plan.name.place(), error.message, None, error.mend)
}

/// Puts mistakes in a query at their places in the plan or its file.
pub fn in_sql(sql: &SqlText, errors: Vec<SqlError>) -> Vec<PlanError> {
    in_query(sql, &[], errors)
}

/// Puts mistakes in a query at their places, and those in its requirements at theirs.
fn in_query(sql: &SqlText, requires: &[SqlText], errors: Vec<SqlError>) -> Vec<PlanError> {
    let placed = |error: SqlError| {
        let requirement = error.require.and_then(|index| requires.get(index));
        let text = requirement.unwrap_or(sql);
        if error.is_of_the_machine {
            return PlanError::without_room(error.message);
        }
        text.error(error.span, error.message, error.mend)
    };
    errors.into_iter().map(placed).collect()
}

/// Which currencies may stand beside the amounts of an agreement: where a column tells that of each
/// record, any.
pub fn marks_of(agreement: &Agreement) -> Marks {
    match agreement.currency {
        Some(_) => Marks::Any,
        None => Marks::OfSettings,
    }
}

/// Which currencies may stand beside the amounts of controls and figures, which may be of any
/// agreement's records.
pub fn marks_of_all(plan: &Plan) -> Marks {
    let mut agreements = plan.agreements.iter();
    match agreements.any(|agreement| agreement.currency.is_some()) {
        true => Marks::Any,
        false => Marks::OfSettings,
    }
}

/// Reads one side of an agreement. A table's text columns that the plan calls money are read by
/// `money()`. Mistakes go to `errors`; where all are about requirements, the side is what it is
/// without them, so that its columns are known.
pub fn side(
    session: &Session,
    (which, marks): (Which, Marks),
    sql: &SqlText,
    requires: &[SqlText],
    money: &[String],
    errors: &mut Vec<PlanError>,
) -> Option<Side> {
    let read = |sql: &str, requires: &[String]| session.side_with(which, marks, sql, requires);
    let mut texts: Vec<String> = requires
        .iter()
        .map(|require| require.as_str().to_owned())
        .collect();
    let side = match read(sql.as_str(), &texts) {
        Ok(side) => side,
        Err(found) => {
            let is_query_sound = found.iter().all(|error| error.require.is_some());
            errors.extend(in_query(sql, requires, found));
            texts.clear();
            let without = is_query_sound.then(|| read(sql.as_str(), &texts));
            without?.ok()?
        }
    };
    let schema = side.schema();
    let is_text = |name: &str| {
        schema.column_with_name(name).is_some_and(|(_, field)| {
            matches!(
                field.data_type(),
                DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
            )
        })
    };
    if !sql.is_table() || !money.iter().any(|name| is_text(name)) {
        return Some(side);
    }
    let select: Vec<String> = schema
        .fields()
        .iter()
        .map(|field| {
            let quoted = quoted(field.name());
            match money.contains(field.name()) && is_text(field.name()) {
                true => format!("money({quoted}) AS {quoted}"),
                false => quoted,
            }
        })
        .collect();
    let query = format!("SELECT {} FROM {}", select.join(", "), quoted(sql.as_str()));
    match read(&query, &texts) {
        Ok(side) => Some(side),
        Err(found) => {
            let whole = |error: SqlError| SqlError {
                span: None,
                ..error
            };
            let found = found.into_iter().map(whole).collect();
            errors.extend(in_query(sql, requires, found));
            None
        }
    }
}

/// An SQL identifier that means just this name.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Notes what a query must not do with the money columns that it gives.
pub fn note_money(sql: &SqlText, side: &Side, money: &[String], errors: &mut Vec<PlanError>) {
    let schema = side.schema();
    let given = money
        .iter()
        .filter(|name| schema.column_with_name(name).is_some());
    let given: Vec<String> = given.cloned().collect();
    let found = given.iter().filter_map(|name| {
        let error = side.check_money(std::slice::from_ref(name)).pop()?;
        let span = match sql.is_table() {
            true => None,
            false => output(sql.as_str(), name),
        };
        Some(SqlError { span, ..error })
    });
    errors.extend(in_sql(sql, found.collect()));
}
