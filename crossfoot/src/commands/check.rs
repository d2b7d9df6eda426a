//! `crossfoot check`: reads the plan and both books' schemas, touches nothing.

use super::{environment, plan_file, read_plan, threads};
use crate::args::{Check, PlanPath};
use crate::error::{CommandError, Kind};
use crate::screen::Screen;
use crate::window::notices;
use books::{Book, BookSpec};
use reconcile::{PrepareError, check_rules, prepare};
use rules::plan::{self, Plan, PlanError};
use serde_json::json;

/// What a plan may say, for editors.
const SCHEMA: &str = include_str!("../../../docs/crossfoot.schema.json");

pub(crate) fn run(check: &Check, screen: &Screen) -> Result<u8, CommandError> {
    if check.schema {
        screen.print(SCHEMA)?;
        return Ok(0);
    }
    let plan = read_plan(&check.plan).map_err(|failed| with_those_of_sql(&check.plan, failed))?;
    let threads = threads(None, Some(&plan));
    let (_, target) = plan.books(&environment).map_err(PrepareError::Plan)?;
    if let Some(missing) = missing(&plan, &target) {
        beside_missing(&plan, threads, &missing)?;
        return without_a_target(&plan, threads, &missing, screen);
    }
    let prepared = prepare(plan, threads, &environment)?;
    if let Some(window) = &prepared.plan.window {
        notices::check(&prepared.plan, window)?;
    }
    if screen.json {
        let agreements: Vec<_> = prepared
            .agreements
            .iter()
            .zip(prepared.folds())
            .map(|(agreement, fold)| {
                let layout = &agreement.layout;
                let names: Vec<&str> = layout
                    .columns()
                    .iter()
                    .map(|column| column.name.as_str())
                    .collect();
                let mut one = json!({
                    "name": agreement.name,
                    "compared": names,
                    "not_compared": layout.not_compared(),
                    "ignored": agreement.ignored,
                });
                if let Some(fold) = fold {
                    one["fold"] = json!({"expected": fold.expected, "actual": fold.actual});
                }
                one
            })
            .collect();
        let controls: Vec<&str> = prepared
            .controls
            .iter()
            .map(|control| control.name.as_str())
            .collect();
        let mut document = json!({
            "version": 1,
            "plan": prepared.plan.name.value,
            "agreements": agreements,
            "controls": controls,
            "errors": [],
        });
        let not_read = prepared.not_read();
        if !not_read.is_empty() {
            document["not_read"] = json!(not_read);
        }
        return screen.document(&document);
    }
    screen.print(&screen.words().plan_is_sound(&prepared))?;
    Ok(0)
}

/// A plan with mistakes may tell all the same which queries it has: theirs are said beside them.
fn with_those_of_sql(path: &PlanPath, failed: CommandError) -> CommandError {
    match plan::read_despite(&plan_file(&path.plan)) {
        (Some(plan), mut mistakes) if !mistakes.is_empty() => {
            mistakes.extend(mistakes_of_sql(plan));
            CommandError::plan(mistakes)
        }
        _ => failed,
    }
}

fn mistakes_of_sql(plan: Plan) -> Vec<PlanError> {
    let threads = threads(None, Some(&plan));
    let found = match plan.books(&environment) {
        Ok((_, target)) if target.is_absent() => check_rules(&plan, threads, &environment).err(),
        Ok(_) => prepare(plan, threads, &environment).err(),
        Err(mistakes) => return mistakes,
    };
    match found {
        Some(PrepareError::Plan(mistakes)) => mistakes,
        // What is wrong with the books is said of a plan without mistakes.
        _ => Vec::new(),
    }
}

/// The tables that the target lacks, and that a conversion would make: all of them, and so no name,
/// where there is nothing yet. None where nothing is lacking. What is wrong with the target otherwise
/// is told when it is opened to be checked.
fn missing(plan: &Plan, target: &BookSpec) -> Option<Vec<String>> {
    if target.is_absent() {
        return Some(Vec::new());
    }
    target.database.as_ref()?;
    let book = Book::open(target).ok()?;
    let sides = plan.agreements.iter().map(|agreement| &agreement.target);
    let tables = sides.filter(|side| side.is_table());
    // One that is written in other capitals is a slip, and not to be converted.
    let is_there = |name: &str| {
        let is_like =
            |table: &std::sync::Arc<books::Table>| table.name().eq_ignore_ascii_case(name);
        book.tables().any(is_like) || book.is_barred(name)
    };
    let is_missing = |name: &&str| {
        // A name may say the book.
        let bare = name.strip_prefix("target.").unwrap_or(name);
        !is_there(name) && !is_there(bare) && !name.starts_with("source.")
    };
    let missing: Vec<&str> = tables
        .map(|side| side.as_str())
        .filter(is_missing)
        .collect();
    match book.tables().next() {
        _ if missing.is_empty() => None,
        None => Some(Vec::new()),
        Some(_) => Some(missing.into_iter().map(str::to_owned).collect()),
    }
}

/// Tells what is wrong with the plan beside the tables that the target lacks.
fn beside_missing(plan: &Plan, threads: usize, missing: &[String]) -> Result<(), CommandError> {
    if missing.is_empty() {
        return Ok(());
    }
    let Err(PrepareError::Plan(mut mistakes)) = prepare(plan.clone(), threads, &environment) else {
        return Ok(());
    };
    let is_of_missing = |mistake: &PlanError| {
        let said = mistake.to_string();
        missing.iter().any(|table| {
            let bare = table.strip_prefix("target.").unwrap_or(table);
            [
                format!("no table `{bare}`"),
                format!("no table `target.{bare}`"),
            ]
            .iter()
            .any(|none| said.contains(none))
        })
    };
    mistakes.retain(|mistake| !is_of_missing(mistake));
    match mistakes.is_empty() {
        true => Ok(()),
        false => Err(CommandError::plan(mistakes)),
    }
}

/// Before the first conversion: the rules alone, and what was not checked is said.
fn without_a_target(
    plan: &Plan,
    threads: usize,
    missing: &[String],
    screen: &Screen,
) -> Result<u8, CommandError> {
    check_rules(plan, threads, &environment)?;
    if let Some(window) = &plan.window {
        notices::check(plan, window)?;
    }
    if screen.json {
        let rules = plan
            .agreements
            .iter()
            .map(|agreement| json!({"name": agreement.name.value}));
        screen.document(&json!({
            "version": 1,
            "plan": plan.name.value,
            "agreements": rules.collect::<Vec<_>>(),
            "not_checked": not_checked(missing),
            "errors": [],
        }))?;
    } else {
        let rules = plan.agreements.len() as u64;
        screen.print(
            &screen
                .words()
                .rules_are_sound(&plan.name.value, rules, missing),
        )?;
    }
    Ok(Kind::Incomplete.code())
}

/// What was not checked, for machines.
fn not_checked(missing: &[String]) -> Vec<String> {
    match missing {
        [] => vec!["the target is not there".to_owned()],
        missing => missing
            .iter()
            .map(|table| format!("the target has no table `{table}`"))
            .collect(),
    }
}
