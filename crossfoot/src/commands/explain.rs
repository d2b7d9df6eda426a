//! `crossfoot explain`: tells one record's whole story, or what a bare difference suggests.

use super::correct::latest;
use super::{environment, read_plan, threads};
use crate::args::Explain;
use crate::error::{CommandError, Kind};
use crate::screen::Screen;
use crate::terminal::explain;
use crate::window::desk::failed;
use ledger::{CauseStatus, Decimal};
use reconcile::story::{
    Bare, CauseId, Explained, Neighbours, Question, SideSuspects, Sight, Story, StoryError,
    Suspect, Suspicions, Told, story, suspect,
};
use reconcile::{Watch, prepare};
use reports::read_breaks;
use rules::sql::SourceColumn;
use serde_json::{Value, json};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

/// Nothing was checked: a suspicion is no proof.
const SUSPECTED: u8 = Kind::Incomplete.code();

pub(crate) fn run(explain: &Explain, screen: &Screen) -> Result<u8, CommandError> {
    match &explain.difference {
        Some(difference) => suspicions(explain, difference, screen),
        None => one_record(explain, screen),
    }
}

fn one_record(asked: &Explain, screen: &Screen) -> Result<u8, CommandError> {
    let told = told_of(asked, screen)?;
    match screen.json {
        true => drop(screen.document(&document(&told))?),
        false => screen.print(&explain::story(&told, &screen.style()))?,
    }
    Ok(u8::from(!told.agrees()))
}

/// Finds one record's story, and prints nothing.
pub(crate) fn told_of(asked: &Explain, screen: &Screen) -> Result<Story, CommandError> {
    let mut plan = read_plan(&asked.plan)?;
    asked.load.apply(&mut plan);
    let threads = threads(asked.threads, Some(&plan));
    let latest = latest(&plan).ok();
    let prepared = prepare(plan, threads, &environment)?;
    let question = Question {
        agreement: asked.agreement.clone(),
        words: asked.key.clone(),
        threads,
    };
    let mut told = watched(threads, screen, async |watch| {
        story(&prepared, &question, watch).await
    })?;
    let is_alone = |told: &Told| match told {
        Told::Breaks(explained) => explained.sight == Sight::Alone,
        Told::Agrees(_) => false,
    };
    match (&asked.evidence, latest) {
        (Some(folder), _) => hear(&mut told, folder)?,
        (None, Some(folder)) if told.records.iter().any(is_alone) => hear(&mut told, &folder)?,
        (None, _) => {}
    }
    Ok(told)
}

/// Takes over what the evidence of a verification says of the records. What it says nothing of, such as
/// where it looked for no causes, stays as it is.
fn hear(told: &mut Story, folder: &Path) -> Result<(), CommandError> {
    let path = folder.join("breaks.jsonl");
    let file = File::open(&path).map_err(|error| failed(&path, &error))?;
    for found in read_breaks(BufReader::with_capacity(1 << 20, file)) {
        let found = found.map_err(|error| {
            CommandError::new(Kind::Use, format!("{}: {error}", folder.display()))
        })?;
        if found.cause.status == CauseStatus::Unknown {
            continue;
        }
        for one in &mut told.records {
            if let Told::Breaks(explained) = one {
                explained.hear(&found, Sight::AsVerified(folder.display().to_string()));
            }
        }
    }
    Ok(())
}

fn suspicions(asked: &Explain, difference: &str, screen: &Screen) -> Result<u8, CommandError> {
    let wrong = |message: String| CommandError::new(Kind::Use, message);
    let difference: Decimal = difference
        .parse()
        .map_err(|_| wrong(format!("`{difference}` is no amount")))?;
    if difference.is_zero() {
        return Err(wrong(
            "a difference of zero needs no explanation".to_owned(),
        ));
    }
    let mut plan = read_plan(&asked.plan)?;
    asked.load.apply(&mut plan);
    let threads = threads(asked.threads, Some(&plan));
    let prepared = prepare(plan, threads, &environment)?;
    let bare = Bare {
        difference,
        column: asked.column.clone(),
        currency: asked.currency.clone(),
        agreement: asked.agreement.clone(),
        threads,
    };
    let found = watched(threads, screen, async |watch| {
        suspect(&prepared, &bare, watch).await
    })?;
    match screen.json {
        true => drop(screen.document(&suspicions_document(&found))?),
        false => screen.print(&explain::suspicions(&found, &screen.style()))?,
    }
    Ok(SUSPECTED)
}

/// Does the work with progress on the screen.
pub(super) fn watched<T>(
    threads: usize,
    screen: &Screen,
    work: impl AsyncFnOnce(&Arc<dyn Watch>) -> Result<T, StoryError>,
) -> Result<T, CommandError> {
    let done = super::watched(threads, screen, async |watch| work(&watch).await)?;
    let stopped = || CommandError::new(Kind::Incomplete, screen.words().stopped());
    done.ok_or_else(stopped)?.map_err(|error| {
        let hints = error.mend();
        let failed = match error {
            StoryError::Verify(error) => CommandError::from(error),
            other => CommandError::new(Kind::Use, other.to_string()),
        };
        hints.into_iter().fold(failed, CommandError::hint)
    })
}

/// The story as one JSON document; `docs/explain.md` describes it.
fn document(story: &Story) -> Value {
    let rule = &story.rule;
    let columns: Vec<Value> = rule
        .columns
        .iter()
        .map(|column| {
            json!({
                "name": column.column,
                "comes_from": names(&column.values),
                "depends_on": names(&column.conditions),
            })
        })
        .collect();
    json!({
        "version": 1,
        "plan": story.plan,
        "agreement": story.agreement,
        "asked": story.asked,
        "agrees": story.agrees(),
        "records": story.records.iter().map(told).collect::<Vec<_>>(),
        "rejects": story.rejects,
        "rule": {
            "file": rule.file,
            "table": rule.is_table.then_some(&rule.sql),
            "sql": (!rule.is_table).then_some(&rule.sql),
            "columns": columns,
            "decided_by": names(&rule.decided_by),
        },
        "neighbours": story.neighbours.iter().map(neighbours).collect::<Vec<_>>(),
    })
}

fn names(columns: &[SourceColumn]) -> Vec<String> {
    let columns = columns.iter();
    columns
        .map(|column| format!("{}.{}", column.table, column.column))
        .collect()
}

fn told(told: &Told) -> Value {
    match told {
        Told::Breaks(explained) => broken(explained),
        Told::Agrees(agreed) => json!({
            "agrees": true,
            "record": agreed.record,
            "copies": agreed.copies,
            "source": agreed.source,
            "target": agreed.target,
        }),
    }
}

fn broken(explained: &Explained) -> Value {
    let tried: Vec<Value> = explained
        .why
        .tried
        .iter()
        .map(|one| {
            json!({
                "id": one.cause.as_str(),
                "name": one.cause.name_en(),
                "says": one.says.en,
                "gives": one.gives,
                "reproduces": one.reproduces,
            })
        })
        .collect();
    let undecided: Vec<Value> = explained
        .undecided
        .iter()
        .map(|one| json!({"id": one.cause.as_str(), "name": one.cause.name_en(), "needs": one.needs}))
        .collect();
    let named = |causes: &[CauseId]| -> Vec<Value> {
        let cause = |cause: &CauseId| json!({"id": cause.as_str(), "name": cause.name_en()});
        causes.iter().map(cause).collect()
    };
    let evidence = match &explained.sight {
        Sight::AsVerified(folder) => Some(folder),
        Sight::Alone | Sight::WithAll => None,
    };
    json!({
        "agrees": false,
        "break": explained.found,
        "together": explained.sight != Sight::Alone,
        "evidence": evidence,
        "causes": named(&explained.why.causes),
        "rivals": named(&explained.why.rivals),
        "tried": tried,
        "undecided": undecided,
    })
}

fn neighbours(near: &Neighbours) -> Value {
    let of = &near.of;
    json!({
        "book": near.book.name(),
        "of": {"_table": of.table, "_file": of.file, "_row": of.row},
        "before": near.before,
        "after": near.after,
    })
}

/// Suspicions as one JSON document.
fn suspicions_document(found: &Suspicions) -> Value {
    let [expected, actual] = &found.sides;
    json!({
        "version": 1,
        "plan": found.plan,
        "agreement": found.agreement,
        "column": found.column,
        "currency": found.currency,
        "difference": found.difference.to_string(),
        "proves": "nothing",
        "alone": found.alone.iter().map(suspicion).collect::<Vec<_>>(),
        "expected": side(expected),
        "actual": side(actual),
    })
}

fn side(side: &SideSuspects) -> Value {
    let suspects: Vec<Value> = side
        .suspects
        .iter()
        .map(|suspected| {
            let entries: Vec<Value> = suspected
                .entries
                .iter()
                .map(|entry| {
                    json!({
                        "record": entry.label,
                        "amount": entry.amount.to_string(),
                        "places": entry.places,
                        "on_both_sides": entry.is_on_both,
                    })
                })
                .collect();
            let mut told = suspicion(&suspected.suspect);
            told["entries"] = Value::Array(entries);
            told
        })
        .collect();
    json!({
        "entries": side.entries,
        "suspects": suspects,
        "refused": side.refused.iter().map(suspicion).collect::<Vec<_>>(),
    })
}

fn suspicion(suspect: &Suspect) -> Value {
    json!({
        "says": suspect.says.en,
        "hits": suspect.hits,
        "by_chance": suspect.chance.to_string(),
    })
}
