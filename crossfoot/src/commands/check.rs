//! `crossfoot check`: reads the plan and both books' schemas, touches nothing.

use super::{environment, read_plan, threads};
use crate::args::Check;
use crate::error::CommandError;
use crate::screen::Screen;
use crate::window::notices;
use reconcile::prepare;
use serde_json::json;

pub(crate) fn run(check: &Check, screen: &Screen) -> Result<u8, CommandError> {
    let plan = read_plan(&check.plan)?;
    let threads = threads(None, Some(&plan));
    let prepared = prepare(plan, threads, &environment)?;
    if let Some(window) = &prepared.plan.window {
        notices::check(&prepared.plan, window)?;
    }
    if screen.json {
        let agreements: Vec<_> = prepared
            .agreements
            .iter()
            .map(|agreement| {
                let layout = &agreement.layout;
                let names: Vec<&str> = layout
                    .columns()
                    .iter()
                    .map(|column| column.name.as_str())
                    .collect();
                json!({
                    "name": agreement.name,
                    "compared": names,
                    "not_compared": layout.not_compared(),
                    "ignored": agreement.ignored,
                })
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
