//! A plan made ready: both books open, every query read, every agreement's columns paired.

use crate::push;
use arrow_schema::SchemaRef;
use footing::{Class, Currency, Layout, LayoutOptions};
use rules::plan::{Agreement as Planned, ControlCheck, Placed, Plan, PlanError, SqlText};
pub use rules::prepare::PrepareError;
pub(crate) use rules::prepare::quoted;
use rules::prepare::{in_sql, marks_of, marks_of_all, note_money, side};
use rules::sql::{ControlQuery, Marks, Session, Side, Which};
use std::sync::Arc;

/// How many files that belong to no table are named.
const NAMED: usize = 5;

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
    /// Whether databases shall add up their own records, where they can.
    pub is_pushed: bool,
    /// Whether neither side need have a record.
    pub may_be_empty: bool,
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

impl Agreement {
    /// Gives what one side is.
    pub(crate) fn side(&self, side: footing::Side) -> &Side {
        match side {
            footing::Side::Expected => &self.expected,
            footing::Side::Actual => &self.actual,
        }
    }
}

impl Prepared {
    /// Says for each agreement which sides databases would add up (`fold = "push"`), and of the
    /// others why not, as far as the plan and the tables tell. None where the plan does not ask.
    pub fn folds(&self) -> Vec<Option<ledger::Fold>> {
        let foreseen = |agreement| push::foreseen(&self.session, agreement);
        self.agreements.iter().map(foreseen).collect()
    }

    /// Tells of the files that lie in the folders of the books and belong to no table.
    pub fn not_read(&self) -> Vec<ledger::NotRead> {
        let of = |which: Which| {
            let unread = self.session.book(which).unread();
            (!unread.is_empty()).then(|| ledger::NotRead {
                book: which.name().to_owned(),
                count: unread.len() as u64,
                files: unread.iter().take(NAMED).cloned().collect(),
            })
        };
        [Which::Source, Which::Target]
            .into_iter()
            .filter_map(of)
            .collect()
    }
}

impl Control {
    /// Whether it holds one book against the other.
    pub(crate) fn reads_both(&self) -> bool {
        let sides = self.query.sides();
        let tables = || sides.iter().flat_map(|side| side.tables());
        let reads = |book: Which| tables().any(|(which, _)| *which == book);
        reads(Which::Source) && reads(Which::Target)
    }
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
    let session = rules::prepare::open(&plan, threads, environment)?;
    read(plan, session)
}

/// Opens the books of a plan once more, as of a later moment: as [`prepare`], with one connection to
/// each server, to read a few records by their keys.
///
/// # Errors
/// As [`prepare`].
pub fn prepare_again(
    plan: Plan,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Prepared, PrepareError> {
    let session = rules::prepare::open_again(&plan, environment)?;
    read(plan, session)
}

/// Reads all queries of a plan whose books are open.
///
/// # Errors
/// Every mistake that can be told at once.
pub fn read(plan: Plan, session: Session) -> Result<Prepared, PrepareError> {
    let mut errors = Vec::new();
    let agreements: Vec<Agreement> = plan
        .agreements
        .iter()
        .filter_map(|planned| agreement(&session, &plan, planned, &mut errors))
        .collect();
    let mut controls = Vec::new();
    let marks = marks_of_all(&plan);
    for planned in &plan.controls {
        match control(&session, marks, &planned.check) {
            Ok(query) => controls.push(Control {
                name: planned.name.value.clone(),
                query,
            }),
            Err(found) => errors.extend(found),
        }
    }
    figures(&session, &plan, &mut errors);
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

/// Reads what of a plan does not need the target, for as long as there is none: the rules and the
/// opening figures. What they are compared with is not looked at.
///
/// # Errors
/// Every mistake that can be told at once.
pub fn check_rules(
    plan: &Plan,
    threads: usize,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<(), PrepareError> {
    let session = rules::prepare::open_source(plan, threads, environment)?;
    let mut errors = Vec::new();
    for planned in &plan.agreements {
        let money: Vec<String> = names(&planned.money);
        let rule = &planned.rule;
        let read = side(
            &session,
            (Which::Source, marks_of(planned)),
            rule,
            &planned.require,
            &money,
            &mut errors,
        );
        if let Some(read) = read {
            note_money(rule, &read, &money, &mut errors);
        }
    }
    figures(&session, plan, &mut errors);
    match errors.is_empty() {
        true => Ok(()),
        false => Err(PrepareError::Plan(errors)),
    }
}

/// Opening figures are read while the window closes; their mistakes are told long before.
fn figures(session: &Session, plan: &Plan, errors: &mut Vec<PlanError>) {
    let window = plan.window.as_ref();
    if let Some(figures) = window.and_then(|window| window.figures.as_ref()) {
        let which = (Which::Source, marks_of_all(plan));
        side(session, which, figures, &[], &[], errors);
    }
}

fn agreement(
    session: &Session,
    plan: &Plan,
    planned: &Planned,
    errors: &mut Vec<PlanError>,
) -> Option<Agreement> {
    let money: Vec<String> = names(&planned.money);
    let before = errors.len();
    let mut is_money_said = false;
    let mut read = |which, sql: &SqlText, requires: &[SqlText]| {
        let which = (which, marks_of(planned));
        let side = side(session, which, sql, requires, &money, errors)?;
        let before = errors.len();
        note_money(sql, &side, &money, errors);
        is_money_said |= errors.len() > before;
        Some(side)
    };
    let expected = read(Which::Source, &planned.rule, &planned.require);
    let actual = read(Which::Target, &planned.target, &[]);
    let (expected, actual) = (expected?, actual?);
    let columns = [expected.schema(), actual.schema()];
    note_ignored(plan, planned, &columns, errors);
    let options = LayoutOptions {
        key: names(&planned.key),
        money,
        foot: names(&planned.foot),
        currency: currency(plan, planned),
        ignore: names(&planned.ignore),
    };
    let layout = Layout::new(&columns[0], &columns[1], &options);
    // What is wrong with the money has been said at the SQL, where it was found there.
    let is_money = |problem: &footing::LayoutProblem| {
        let column = problem.column.as_ref();
        column.is_some_and(|name| options.money.contains(name))
    };
    let problems = layout.as_ref().err().into_iter().flatten();
    for problem in problems.filter(|problem| !(is_money_said && is_money(problem))) {
        errors.push(in_agreement(plan, planned, problem));
    }
    let layout = layout.ok();
    let gives = |name: &str| match &layout {
        Some(layout) => layout.columns().iter().any(|known| known.name == name),
        None => columns[0].column_with_name(name).is_some(),
    };
    let origin = origin(session, planned, &gives, plan, errors);
    let layout = layout.filter(|_| errors.len() == before)?;
    let mut ignored = options.ignore;
    ignored.retain(|name| columns[1].column_with_name(name).is_some());
    Some(Agreement {
        name: planned.name.value.clone(),
        expected,
        actual,
        layout: Arc::new(layout),
        origin,
        ignored,
        is_pushed: planned.is_pushed,
        may_be_empty: planned.may_be_empty,
    })
}

/// A column that is left out must be there: a name of none leaves out another one than was meant.
fn note_ignored(
    plan: &Plan,
    planned: &Planned,
    columns: &[SchemaRef; 2],
    errors: &mut Vec<PlanError>,
) {
    let is_there = |name: &str| {
        let mut sides = columns.iter();
        sides.any(|schema| schema.column_with_name(name).is_some())
    };
    for name in planned.ignore.iter().filter(|name| !is_there(name)) {
        let message = format!(
            "neither the rule nor the target has a column `{}`",
            name.value
        );
        let mend = "leave it out of `ignore`, or write it as the rule or the target does";
        errors.push(plan.error(name.place(), message, None, Some(mend.to_owned())));
    }
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

fn control(
    session: &Session,
    marks: Marks,
    check: &ControlCheck,
) -> Result<ControlQuery, Vec<PlanError>> {
    match check {
        ControlCheck::Zero(sql) => session
            .control_with(marks, sql.as_str())
            .map_err(|errors| in_sql(sql, errors)),
        ControlCheck::Equal { expected, actual } => session
            .control_pair_with(marks, expected.as_str(), actual.as_str())
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
    gives: &dyn Fn(&str) -> bool,
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
        if !gives(&own.value) {
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
