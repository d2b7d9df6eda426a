//! The language of the stories: a line is a time and a step, as a daybook would be told aloud.
//!
//! ```text
//! 07:00 open
//! 07:10 announce
//! 08:00 freeze
//! 08:01 before 1234.50
//! 08:03 after 1234.50
//! 08:03 frozen
//! 08:05 convert
//! 10:00 converted             (or: converted-elsewhere etl 4.2, without a convert)
//! 10:01 verify
//! 11:00 verified            (or: verified V1 0.01, V2 -0.02 / verified rejects 3 / verified incomplete)
//! 11:10 accept V1 0.01
//! 11:20 sign accountant     (or: sign accountant as wang)
//! 11:30 release
//! ```

use cutover::Digest;
use cutover::daybook::{
    ConvertedElsewhere, Corrected, Event, Hook, Outlook, Phase, Replanned, Taken,
};
use cutover::window::Command;
use ledger::{Break, Verdict};

use super::world::{self, World, acceptance, at, figures, found, li, opened, started, terms, wang};

/// A quiet morning, up to the books verified.
pub(crate) const VERIFYING: &str = "
07:00 open
07:05 rehearse
07:10 announce
08:00 freeze
08:01 before 1234.50
08:03 after 1234.50
08:03 frozen
08:05 convert
10:00 converted
10:01 verify";

/// A good one, up to both signatures.
pub(crate) const SIGNED: &str = "
11:00 verified
11:20 sign accountant
11:21 sign engineer";

/// Plays a story and gives the world, or the line that was refused and why.
pub(crate) fn play(story: &str) -> Result<World, String> {
    let mut world = World::new();
    for line in story.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (time, step) = line.split_once(' ').expect("a time, then a step");
        tell(&mut world, time, step).map_err(|why| format!("{line}: {why}"))?;
    }
    Ok(world)
}

/// Plays a story that must go through.
pub(crate) fn told(story: &str) -> World {
    play(story).unwrap_or_else(|why| panic!("{why}\n{story}"))
}

/// Checks where a story ends: in a stage, or with a refusal. Every prefix of its bytes reads back
/// to the same state.
pub(crate) fn check(story: &str, expect: &str) {
    let outcome = match play(story) {
        Ok(world) => {
            let read = cutover::daybook::Daybook::read(world.book.text().as_bytes());
            assert_eq!(read.as_ref(), Ok(&world.book), "{story}");
            let replayed = cutover::window::State::replay(world.book.entries());
            assert_eq!(replayed.as_ref(), Ok(&world.state), "{story}");
            world.state.stage().to_string()
        }
        Err(why) => why,
    };
    assert_eq!(outcome, expect, "{story}");
}

fn tell(world: &mut World, time: &str, step: &str) -> Result<(), String> {
    let (word, rest) = step.split_once(' ').unwrap_or((step, ""));
    let command = match word {
        // What happens in the world, and not in the daybook.
        "input-changes" => {
            world.inputs[0].blake3 = Some(Digest::of(b"changed"));
            return Ok(());
        }
        "plan-changes" => {
            world.plan_blake3 = Digest::of(b"other plan");
            return Ok(());
        }
        "verified" => {
            let run = run_of(world, rest);
            let finished = run.finished();
            world.run = Some(run);
            Command::Record(Event::VerificationFinished(finished))
        }
        "release" => Command::Release(world.judge(time)),
        "judge" => Command::Judge(world.judge(time)),
        "sign" => Command::Record(sign(world, time, rest)),
        _ => command(world, word, rest),
    };
    world.step(time, command)
}

fn run_of(world: &World, rest: &str) -> world::Run {
    let breaks = match rest {
        "" | "incomplete" => vec![],
        rest if rest.starts_with("rejects") => vec![],
        rest => rest.split(", ").map(named).collect(),
    };
    let rejects = rest
        .strip_prefix("rejects ")
        .map_or(0, |n| n.parse().expect("a number"));
    let mut run = world::run(breaks, rejects, world.plan_blake3, &world.inputs);
    if rest == "incomplete" {
        run.report.agreements[1].not_checked = vec!["the run was stopped".into()];
        run.report.verdict = Verdict::Incomplete;
    }
    run
}

/// Reads `V1 0.01`.
fn named(text: &str) -> Break {
    let (voucher, amount) = text.split_once(' ').expect("a voucher, then an amount");
    found(voucher, amount)
}

fn sign(world: &World, time: &str, rest: &str) -> Event {
    let (role, who) = rest.split_once(" as ").unwrap_or((rest, rest));
    let key = match who {
        "accountant" | "li" => li(),
        _ => wang(),
    };
    Event::SignedOff(Box::new(world.sign(time, role, &key)))
}

fn command(world: &World, word: &str, rest: &str) -> Command {
    let plan = world
        .state
        .terms()
        .map_or(world.plan_blake3, |terms| terms.plan_blake3);
    let says = || rest.to_owned();
    Command::Record(match word {
        "open" => opened(terms()),
        "announce" => return Command::Announce,
        "freeze" => return Command::Freeze,
        "freeze-again" => {
            return Command::FreezeAgain {
                why: says(),
                by: "Wang Wei".into(),
            };
        }
        "before" => figures(Taken::Before, rest),
        "after" => figures(Taken::After, rest),
        "frozen" => return Command::ConfirmFrozen,
        "convert" => started(Phase::Convert),
        "converted" => Event::ConversionFinished(world.conversion.clone()),
        "converted-elsewhere" => Event::ConvertedElsewhere(ConvertedElsewhere {
            by: "Wang Wei".into(),
            how: says(),
        }),
        "verify" => started(Phase::Verify),
        "accept" => Event::BreakAccepted(Box::new(acceptance(&named(rest)))),
        "dispose" => {
            let run = world.run.as_ref().expect("a run");
            Event::RejectsDisposed(run.disposal())
        }
        "correct" => Event::Corrected(Corrected {
            agreement: "postings".into(),
            entries: 2,
            corrections_blake3: Digest::of(b"corrections"),
            by: "Li Na".into(),
        }),
        "rehearse" => Event::RehearsalFinished(world::rehearsal(plan)),
        "replan" => Event::Replanned(Box::new(Replanned {
            terms: cutover::daybook::Terms {
                plan_blake3: world.plan_blake3,
                ..terms()
            },
            why: "a rule was wrong".into(),
            by: "Wang Wei".into(),
        })),
        "extend" => Event::Extended {
            release: at(rest),
            why: "the conversion was slow".into(),
            by: "Wang Wei".into(),
        },
        "released" => return Command::ConfirmReleased,
        "not-released" => Event::NotReleased { says: says() },
        "release-failed" => Event::HookFailed {
            hook: Hook::Release,
            says: says(),
        },
        "rollback" => {
            return Command::RollBack {
                why: "out of time".into(),
                by: "Wang Wei".into(),
                late_is_accepted: rest == "late",
            };
        }
        "rolled-back" => return Command::ConfirmRolledBack,
        "forecast" => Event::Forecast(cutover::daybook::Forecast {
            phase: Phase::Convert,
            done: 10,
            total: Some(100),
            p50: Some(at("09:00")),
            p90: None,
            point_of_no_return: at("15:15"),
            margin_ms: Some(-1),
            outlook: Outlook::AtRisk,
        }),
        "remark" => Event::Remark {
            by: "Li Na".into(),
            says: says(),
        },
        other => panic!("no step is called {other}"),
    })
}
