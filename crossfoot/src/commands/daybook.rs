//! `crossfoot daybook verify`: whether a daybook is whole, by itself.

use crate::args::Daybook;
use crate::error::CommandError;
use crate::screen::Screen;
use crate::window::Desk;
use crate::window::desk::failed;
use serde_json::json;
use std::fs;

pub(crate) fn run(asked: &Daybook, screen: &Screen) -> Result<u8, CommandError> {
    let Daybook::Verify { file } = asked;
    let bytes = fs::read(file).map_err(|error| failed(file, &error))?;
    let desk = Desk::read(file.clone(), &bytes)?;
    let (state, entries) = (desk.state(), desk.daybook().entries());
    let torn = desk.torn().map(|torn| torn.bytes);
    if screen.json {
        screen.document(&json!({
            "version": 1,
            "plan": state.plan(),
            "entries": entries.len(),
            "head": state.head(),
            "stage": state.stage(),
            "torn_bytes": torn,
        }))?;
        return Ok(0);
    }
    let words = screen.words();
    let plan = state.plan().unwrap_or_default();
    let (count, stage) = (entries.len() as u64, words.stage(state.stage()));
    screen.print(&words.daybook_is_whole(plan, count, stage, &state.head().to_string()))?;
    if let Some(bytes) = torn {
        screen.say(&words.daybook_torn(bytes));
    }
    Ok(0)
}
