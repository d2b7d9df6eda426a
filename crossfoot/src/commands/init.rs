//! `crossfoot init`: looks at two books and writes a first plan that runs.

use super::{environment, unless_stopped};
use crate::args::Init;
use crate::error::{CommandError, Kind};
use crate::screen::Screen;
use reconcile::survey::{SurveyError, Wishes, survey, write_plan};

pub(crate) fn run(init: &Init, screen: &Screen) -> Result<u8, CommandError> {
    let output = match init.output.is_dir() {
        true => init.output.join("crossfoot.toml"),
        false => init.output.clone(),
    };
    if output.exists() && !init.force {
        let there = format!("{} is there already", output.display());
        return Err(CommandError::new(Kind::Use, there).hint("--force replaces it"));
    }
    let wishes = Wishes {
        key: init.key.clone(),
        money: init.money.clone(),
        currency: init.currency.clone(),
        ..Wishes::default()
    };
    let (source, target) = (init.source.clone(), init.target.clone());
    let words = screen.words();
    let stopped = |said: &str| CommandError::new(Kind::Incomplete, said);
    let surveyed = unless_stopped(move || survey(&source, &target, &wishes, &environment))?
        .ok_or_else(|| stopped(words.stopped_drafting()))?
        .map_err(survey_error)?;
    write_plan(&surveyed, &output)
        .map_err(|error| CommandError::new(Kind::Use, format!("{}: {error}", output.display())))?;
    for line in &surveyed.said {
        screen.tell(line);
    }
    let plan = rules::plan::read(&output).map_err(CommandError::plan)?;
    unless_stopped(move || reconcile::prepare(plan, 1, &environment).map(drop))?
        .ok_or_else(|| stopped(words.stopped_trying_plan()))??;
    screen.print(&words.plan_written(&output))?;
    Ok(0)
}

pub(crate) fn survey_error(error: SurveyError) -> CommandError {
    match error {
        SurveyError::Books(errors) => reconcile::PrepareError::Books(errors).into(),
        SurveyError::Address(mistakes) => CommandError {
            mistakes,
            ..CommandError::new(Kind::Use, "the address of a book has a mistake")
        },
        SurveyError::Read(error) => CommandError::new(Kind::Book, error.to_string()),
        SurveyError::Wish(message) => CommandError::new(Kind::Use, message),
    }
}
