//! A plan made ready: both books open, every query read, every agreement's columns paired.

use arrow_schema::DataType;
use books::{Book, BookError};
use footing::{Class, Currency, Layout, LayoutOptions};
use rules::plan::{Agreement as Planned, ControlCheck, Placed, Plan, PlanError, SqlText};
use rules::sql::{ControlQuery, Session, Settings, Side, SqlError, Which};
use std::sync::Arc;

/// A plan that can be run.
#[derive(Debug)]
pub struct Prepared {
    /// The plan.
    pub plan: Plan,
    /// Both books, ready to be asked.
    pub session: Session,
    /// The agreements, in the plan's order.
    pub agreements: Vec<Agreement>,
    /// The controls, in the plan's order.
    pub controls: Vec<Control>,
}

/// One agreement, ready to be compared.
#[derive(Debug)]
pub struct Agreement {
    /// Its name.
    pub name: String,
    /// What the rule gives.
    pub expected: Side,
    /// What the target holds.
    pub actual: Side,
    /// How their records are compared.
    pub layout: Arc<Layout>,
    /// The way back to the source, where the plan tells one.
    pub origin: Option<Origin>,
    /// Target columns that the plan leaves out on purpose.
    pub ignored: Vec<String>,
}

/// The way from a record back to its source record.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The source table.
    pub table: String,
    /// Its columns, each with the record's column of the same value.
    pub on: Vec<(String, String)>,
}

/// One control, ready to be computed.
#[derive(Debug)]
pub struct Control {
    /// Its name.
    pub name: String,
    /// Its query.
    pub query: ControlQuery,
}

/// Why a plan cannot be run.
#[derive(Debug)]
pub enum PrepareError {
    /// Mistakes in the plan or in its SQL.
    Plan(Vec<PlanError>),
    /// Books that cannot be opened.
    Books(Vec<BookError>),
}

/// Opens the books of a plan and reads all its queries. Reads no records but the first of CSV
/// files.
///
/// # Errors
/// Every mistake that can be told at once.
pub fn prepare(
    plan: Plan,
    threads: usize,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Prepared, PrepareError> {
    let (source, target) = plan.books(environment).map_err(PrepareError::Plan)?;
    let (source, target) = match (Book::open(&source), Book::open(&target)) {
        (Ok(source), Ok(target)) => (source, target),
        (source, target) => return Err(book_errors(&plan, source.err(), target.err())),
    };
    let session = Session::new(source, target, settings(&plan, threads))
        .map_err(|error| PrepareError::Plan(vec![whole_plan(&plan, error)]))?;
    let mut errors = Vec::new();
    let agreements: Vec<Agreement> = plan
        .agreements
        .iter()
        .filter_map(|planned| agreement(&session, &plan, planned, &mut errors))
        .collect();
    let mut controls = Vec::new();
    for planned in &plan.controls {
        match control(&session, &planned.check) {
            Ok(query) => controls.push(Control {
                name: planned.name.value.clone(),
                query,
            }),
            Err(found) => errors.extend(found),
        }
    }
    if errors.is_empty() {
        Ok(Prepared {
            plan,
            session,
            agreements,
            controls,
        })
    } else {
        Err(PrepareError::Plan(errors))
    }
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
    for (book, errors) in [(&plan.source, source), (&plan.target, target)] {
        for error in errors.into_iter().flatten() {
            let table = error.table.as_ref().and_then(|name| book.tables.get(name));
            match (error.setting, table) {
                (Some(_), Some(table)) => {
                    in_plan.push(plan.error(table.place(), error.to_string(), None, None))
                }
                _ => in_books.push(error),
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

fn in_sql(sql: &SqlText, errors: Vec<SqlError>) -> Vec<PlanError> {
    let placed = |error: SqlError| sql.error(error.span, error.message, error.mend);
    errors.into_iter().map(placed).collect()
}

fn agreement(
    session: &Session,
    plan: &Plan,
    planned: &Planned,
    errors: &mut Vec<PlanError>,
) -> Option<Agreement> {
    let money: Vec<String> = names(&planned.money);
    let requires: Vec<String> = planned
        .require
        .iter()
        .map(|sql| sql.as_str().to_owned())
        .collect();
    let before = errors.len();
    let expected = side(
        session,
        Which::Source,
        &planned.rule,
        &requires,
        &money,
        errors,
    );
    let actual = side(session, Which::Target, &planned.target, &[], &money, errors);
    let (expected, actual) = (expected?, actual?);
    note_money(&planned.rule, &expected, &money, errors);
    note_money(&planned.target, &actual, &money, errors);
    let options = LayoutOptions {
        key: names(&planned.key),
        money,
        foot: names(&planned.foot),
        currency: currency(plan, planned),
        ignore: names(&planned.ignore),
    };
    let mut left_out = options.ignore.clone();
    left_out.retain(|name| actual.schema().column_with_name(name).is_some());
    let layout = Layout::new(&expected.schema(), &actual.schema(), &options);
    let layout = match layout {
        Ok(layout) if errors.len() == before => layout,
        Ok(_) => return None,
        Err(problems) => {
            // What is wrong with the money has been said at the SQL, where it was found there.
            let said = errors.len() > before;
            let is_money = |problem: &footing::LayoutProblem| {
                problem
                    .column
                    .as_ref()
                    .is_some_and(|name| options.money.contains(name))
            };
            for problem in problems
                .iter()
                .filter(|problem| !(said && is_money(problem)))
            {
                errors.push(in_agreement(plan, planned, problem));
            }
            return None;
        }
    };
    let origin = origin(session, planned, &layout, plan, errors);
    Some(Agreement {
        name: planned.name.value.clone(),
        expected,
        actual,
        layout: Arc::new(layout),
        origin,
        ignored: left_out,
    })
}

fn names(placed: &[Placed<String>]) -> Vec<String> {
    placed.iter().map(|name| name.value.clone()).collect()
}

fn currency(plan: &Plan, planned: &Planned) -> Currency {
    match (&planned.currency, &plan.currency) {
        (Some(column), _) => Currency::Column(column.value.clone()),
        (None, Some(code)) => Currency::Fixed(code.as_str().to_owned()),
        // ISO 4217: no currency involved.
        (None, None) => Currency::Fixed("XXX".to_owned()),
    }
}

/// Reads one side. A table's text columns that the plan calls money are read by `money()`.
fn side(
    session: &Session,
    which: Which,
    sql: &SqlText,
    requires: &[String],
    money: &[String],
    errors: &mut Vec<PlanError>,
) -> Option<Side> {
    let side = match session.side(which, sql.as_str(), requires) {
        Ok(side) => side,
        Err(found) => {
            errors.extend(in_sql(sql, found));
            return None;
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
    match session.side(which, &query, requires) {
        Ok(side) => Some(side),
        Err(found) => {
            let whole = |error: SqlError| sql.error(None, error.message, error.mend);
            errors.extend(found.into_iter().map(whole));
            None
        }
    }
}

/// An SQL identifier that means just this name.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Notes what a query must not do with the money columns that it gives.
fn note_money(sql: &SqlText, side: &Side, money: &[String], errors: &mut Vec<PlanError>) {
    let schema = side.schema();
    let given = money
        .iter()
        .filter(|name| schema.column_with_name(name).is_some());
    let given: Vec<String> = given.cloned().collect();
    errors.extend(in_sql(sql, side.check_money(&given)));
}

fn control(session: &Session, check: &ControlCheck) -> Result<ControlQuery, Vec<PlanError>> {
    match check {
        ControlCheck::Zero(sql) => session
            .control(sql.as_str())
            .map_err(|errors| in_sql(sql, errors)),
        ControlCheck::Equal { expected, actual } => session
            .control_pair(expected.as_str(), actual.as_str())
            .map_err(|(left, right)| {
                let mut errors = in_sql(expected, left);
                errors.extend(in_sql(actual, right));
                errors
            }),
    }
}

/// Puts a mistake about columns at the list that names the column, else at the rule.
fn in_agreement(plan: &Plan, planned: &Planned, problem: &footing::LayoutProblem) -> PlanError {
    let named = |placed: &&Placed<String>| Some(&placed.value) == problem.column.as_ref();
    let lists = planned
        .key
        .iter()
        .chain(&planned.money)
        .chain(&planned.foot);
    let place = lists
        .chain(&planned.currency)
        .find(named)
        .map_or_else(|| planned.rule.place(), |placed| placed.place());
    plan.error(place, problem.message.clone(), None, problem.mend.clone())
}

fn origin(
    session: &Session,
    planned: &Planned,
    layout: &Layout,
    plan: &Plan,
    errors: &mut Vec<PlanError>,
) -> Option<Origin> {
    let origin = planned.origin.as_ref()?;
    let Some(table) = session.book(Which::Source).table(&origin.table) else {
        let known: Vec<String> = session
            .book(Which::Source)
            .tables()
            .map(|table| table.name().to_owned())
            .collect();
        errors.push(plan.error(
            origin.table.place(),
            format!("the source has no table `{}`", origin.table.value),
            None,
            Some(format!("it has: {}", known.join(", "))),
        ));
        return None;
    };
    let schema = table.schema();
    for (column, own) in &origin.on {
        if schema.column_with_name(column).is_none() {
            errors.push(plan.error(
                column.place(),
                format!(
                    "table `{}` has no column `{}`",
                    origin.table.value, column.value
                ),
                None,
                None,
            ));
        }
        if !layout.columns().iter().any(|known| known.name == own.value) {
            errors.push(plan.error(
                own.place(),
                format!("the rule gives no column `{}`", own.value),
                None,
                None,
            ));
        }
    }
    Some(Origin {
        table: origin.table.value.clone(),
        on: origin
            .on
            .iter()
            .map(|(a, b)| (a.value.clone(), b.value.clone()))
            .collect(),
    })
}

/// Whether a compared column holds an exact number.
pub(crate) fn is_number(layout: &Layout, column: usize) -> bool {
    matches!(layout.columns()[column].class, Class::Number { .. })
}
