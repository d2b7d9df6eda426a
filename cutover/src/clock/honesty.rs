//! What the forecasts are worth, measured on simulated conversions.
//!
//! A world is a kind of conversion. Each of its runs has 60 to 480 pieces and 1 to 8 that work side by
//! side; while it goes on, forecasts are asked for at five moments, and then held against the end that
//! came. The rule that this clock replaces is measured on the same runs: it took the median pace of
//! the finished pieces, and the pace that nine of ten kept, for all that was left.
//!
//! All is integers and seeds: the same figures on every machine.

mod world;

use std::ops::Range;
use std::time::Duration;

use serde::Serialize;

pub use self::world::{HELD_OUT, WORLDS, World};

use self::world::Run;
use super::chance::Chance;
use super::pace::{CHUNKS_MIN, Chunk, Forecast, Progress};

/// Shares of the work, in per cent, at which forecasts are asked for.
pub const MOMENTS: [u64; 5] = [10, 25, 50, 75, 90];

/// Is a way to forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// This clock.
    Clock,
    /// This clock, after a rehearsal of the same kind and size.
    Rehearsed,
    /// The rule that it replaces.
    Pace,
}

/// Says how good the forecasts of one rule were in one world at one moment of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Name of the world.
    pub world: &'static str,
    /// The rule.
    pub rule: Rule,
    /// Share of the work that was done, in per cent.
    pub percent: u64,
    /// Runs in which a forecast could be made.
    pub forecasts: u64,
    /// Runs that ended by `p50`, in thousandths; 500 of honest ones.
    pub by_p50_permille: u64,
    /// Runs that ended by `p90`, in thousandths; 900 of honest ones.
    pub by_p90_permille: u64,
    /// Runs that ended between the two, in thousandths; 400 of honest ones.
    pub between_permille: u64,
    /// How far `p50` was off, in thousandths of the time that was really left: the median of the runs.
    pub median_off_permille: u64,
    /// How much later `p90` was than `p50`, in thousandths of the time to `p50`: the median of the runs.
    pub width_permille: u64,
    /// Of those runs, the ones in which something had stood still by then.
    pub shown: u64,
    /// Of these, the ones that ended by `p90`, in thousandths.
    pub shown_by_p90_permille: u64,
    /// Whether the world was kept from those who made the clock.
    pub is_held_out: bool,
}

/// Is a conversion and how it went in a rehearsal.
struct Conversion {
    seed: u64,
    run: Run,
    rehearsed: Vec<Chunk>,
}

/// Is a forecast beside the time that was really left.
#[derive(Debug, Clone, Copy)]
struct Outcome {
    forecast: Forecast,
    left: Duration,
    has_stalled: bool,
}

/// Measures all rules in every world, each by `runs` runs.
pub fn measure(runs: u64) -> Vec<Row> {
    let worlds = WORLDS.iter().chain(&HELD_OUT);
    worlds
        .flat_map(|world| measure_world(world, runs))
        .collect()
}

/// Measures all rules in one world: first this clock at every moment, then this clock after a rehearsal, then
/// the other rule.
pub fn measure_world(world: &World, runs: u64) -> Vec<Row> {
    measure_seeds(world, 0..runs)
}

/// Measures all rules in one world by the runs of some seeds.
pub fn measure_seeds(world: &World, seeds: Range<u64>) -> Vec<Row> {
    let conversion = |seed| {
        let run = world.run(seed);
        let rehearsal = world.rehearsal(&run, seed);
        Conversion {
            seed,
            rehearsed: rehearsal.finished(rehearsal.end()),
            run,
        }
    };
    let runs: Vec<Conversion> = seeds.map(conversion).collect();
    let rules = [Rule::Clock, Rule::Rehearsed, Rule::Pace].into_iter();
    let cases = rules.flat_map(|rule| MOMENTS.map(|percent| (rule, percent)));
    cases
        .map(|(rule, percent)| row(world, rule, percent, &runs))
        .collect()
}

fn row(world: &World, rule: Rule, percent: u64, runs: &[Conversion]) -> Row {
    let outcome = |conversion: &Conversion| {
        let run = &conversion.run;
        // Somewhere between that piece's end and the next.
        let now = run.moment(percent, &mut Chance::new(conversion.seed, percent));
        let left = run.end().saturating_sub(now);
        let forecast = forecast(rule, conversion, now)?;
        (!left.is_zero()).then_some(Outcome {
            forecast,
            left,
            has_stalled: run.has_stalled(now),
        })
    };
    let outcomes: Vec<Outcome> = runs.iter().filter_map(outcome).collect();
    let stalled = outcomes.iter().filter(|outcome| outcome.has_stalled);
    let stalled: Vec<Outcome> = stalled.copied().collect();
    let by_p50 = share(&outcomes, Outcome::is_by_p50);
    let by_p90 = share(&outcomes, Outcome::is_by_p90);
    Row {
        world: world.name(),
        rule,
        percent,
        forecasts: outcomes.len() as u64,
        by_p50_permille: by_p50,
        by_p90_permille: by_p90,
        between_permille: by_p90.saturating_sub(by_p50),
        median_off_permille: median(outcomes.iter().map(Outcome::off_permille)),
        width_permille: median(outcomes.iter().map(Outcome::width_permille)),
        shown: stalled.len() as u64,
        shown_by_p90_permille: share(&stalled, Outcome::is_by_p90),
        is_held_out: HELD_OUT.contains(world),
    }
}

/// Gives the share of which something is so, in thousandths.
fn share(outcomes: &[Outcome], is_so: fn(&Outcome) -> bool) -> u64 {
    let count = outcomes.iter().filter(|outcome| is_so(outcome)).count();
    (count * 1000 / outcomes.len().max(1)) as u64
}

impl Outcome {
    fn is_by_p50(&self) -> bool {
        self.left <= self.forecast.p50
    }

    fn is_by_p90(&self) -> bool {
        self.left <= self.forecast.p90
    }

    fn off_permille(&self) -> u64 {
        permille(self.forecast.p50.abs_diff(self.left), self.left)
    }

    fn width_permille(&self) -> u64 {
        let Forecast { p50, p90 } = self.forecast;
        permille(p90.saturating_sub(p50), p50)
    }
}

fn permille(part: Duration, of: Duration) -> u64 {
    let share = part.as_nanos().saturating_mul(1000) / of.as_nanos().max(1);
    u64::try_from(share).unwrap_or(u64::MAX)
}

fn median(values: impl Iterator<Item = u64>) -> u64 {
    let mut sorted: Vec<u64> = values.collect();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or(0)
}

fn forecast(rule: Rule, conversion: &Conversion, now: Duration) -> Option<Forecast> {
    let run = &conversion.run;
    let finished = run.finished(now);
    let under_way = run.under_way(now);
    let waiting = run.waiting(now);
    let progress = Progress {
        finished: &finished,
        under_way: &under_way,
        waiting: &waiting,
        side_by_side: run.side_by_side(),
    };
    match rule {
        Rule::Clock => progress.forecast(),
        Rule::Rehearsed => {
            let futures = progress.futures_beside(0, &conversion.rehearsed);
            futures.map(|futures| futures.forecast())
        }
        Rule::Pace => {
            let begun: u64 = under_way.iter().map(|piece| piece.units).sum();
            let left = begun + waiting.iter().sum::<u64>();
            by_pace(&finished, left, run.side_by_side())
        }
    }
}

/// Forecasts by the rule that this clock replaces.
fn by_pace(finished: &[Chunk], left: u64, side_by_side: u64) -> Option<Forecast> {
    if finished.len() < CHUNKS_MIN {
        return None;
    }
    let pace = |chunk: &Chunk| (chunk.took.as_nanos() << 20) / u128::from(chunk.units.max(1));
    let mut paces: Vec<u128> = finished.iter().map(pace).collect();
    paces.sort_unstable();
    let at = |percent: usize| {
        let pace = paces[(paces.len() * percent).div_ceil(100).max(1) - 1];
        let nanos = (pace.saturating_mul(u128::from(left)) >> 20) / u128::from(side_by_side);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    };
    Some(Forecast {
        p50: at(50),
        p90: at(90),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives the rows of this clock and of the other rule.
    fn rows(world: &str) -> [Vec<Row>; 2] {
        let world = WORLDS.iter().find(|known| known.name() == world);
        let mut clock = measure_world(world.expect("a known world"), 200);
        let pace = clock.split_off(2 * MOMENTS.len());
        clock.truncate(MOMENTS.len());
        [clock, pace]
    }

    #[test]
    fn nine_of_ten_conversions_end_by_p90_wherever_the_past_tells_of_the_future() {
        for world in ["steady", "noisy chunks", "uneven chunks", "slow start"] {
            let [clock, _] = rows(world);
            for row in clock {
                assert!(row.by_p90_permille >= 870, "{row:?}");
                let is_half_way = row.percent == 50;
                assert!(!is_half_way || row.median_off_permille <= 100, "{row:?}");
            }
        }
    }

    #[test]
    fn steady_work_is_forecast_more_narrowly_than_by_the_old_rule() {
        let [clock, pace] = rows("steady");
        // At 10 % a few pieces only speak against stalls, trend and wandering.
        for (clock, pace) in clock.iter().zip(&pace).skip(1) {
            assert!(
                clock.width_permille < pace.width_permille,
                "{clock:?} {pace:?}"
            );
        }
    }

    #[test]
    fn work_that_slows_down_or_stalls_is_forecast_better_than_by_the_old_rule() {
        for world in ["slowing down", "stalls", "outages"] {
            let [clock, pace] = rows(world);
            for (clock, pace) in clock.iter().zip(&pace) {
                assert!(
                    clock.by_p90_permille > pace.by_p90_permille,
                    "{clock:?} {pace:?}"
                );
            }
        }
    }

    #[test]
    fn after_a_rehearsal_nine_of_ten_end_by_p90_where_work_stalls_or_slows_down() {
        for name in ["stalls", "outages", "slowing down"] {
            let world = WORLDS.iter().find(|known| known.name() == name);
            let rows = measure_world(world.expect("a known world"), 200);
            for row in rows.iter().filter(|row| row.rule == Rule::Rehearsed) {
                assert!(row.by_p90_permille >= 850, "{row:?}");
            }
        }
    }

    #[test]
    fn nine_of_ten_end_by_p90_once_a_stall_was_seen() {
        for world in ["stalls", "outages"] {
            let [clock, _] = rows(world);
            for row in clock {
                assert!(row.shown_by_p90_permille >= 850, "{row:?}");
            }
        }
    }

    #[test]
    fn the_same_runs_give_the_same_figures() {
        let world = &WORLDS[WORLDS.len() - 1];
        assert_eq!(measure_world(world, 5), measure_world(world, 5));
    }
}
