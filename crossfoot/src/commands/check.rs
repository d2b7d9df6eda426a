//! `crossfoot check`: reads the plan and both books' schemas, touches nothing.

use super::{environment, read_plan, threads};
use crate::args::Check;
use crate::error::{CommandError, Kind};
use crate::screen::Screen;
use crate::window::notices;
use reconcile::{PrepareError, check_rules, prepare};
use rules::plan::Plan;
use serde_json::json;

pub(crate) fn run(check: &Check, screen: &Screen) -> Result<u8, CommandError> {
    let plan = read_plan(&check.plan)?;
    let threads = threads(None, Some(&plan));
    let (_, target) = plan.books(&environment).map_err(PrepareError::Plan)?;
    if target.is_absent() {
        return without_a_target(&plan, threads, screen);
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
        return screen.document(&json!({
            "version": 1,
            "plan": prepared.plan.name.value,
            "agreements": agreements,
            "controls": controls,
            "errors": [],
        }));
    }
    screen.print(&screen.words().plan_is_sound(&prepared))?;
    Ok(0)
}

/// Before the first conversion: the rules alone, and what was not checked is said.
fn without_a_target(plan: &Plan, threads: usize, screen: &Screen) -> Result<u8, CommandError> {
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
            "not_checked": ["the target is not there"],
            "errors": [],
        }))?;
    } else {
        let rules = plan.agreements.len() as u64;
        screen.print(&screen.words().rules_are_sound(&plan.name.value, rules))?;
    }
    Ok(Kind::Incomplete.code())
}
