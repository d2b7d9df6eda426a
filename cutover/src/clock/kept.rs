//! Forecasts that were kept, beside what came true.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::deadline::millis;
use crate::daybook::{Entry, Event, Phase};

/// Is a forecast as it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// When it was made.
    pub made: Timestamp,
    /// The end, as likely before as after.
    pub p50: Timestamp,
    /// The end in nine cases of ten.
    pub p90: Timestamp,
}

/// Says how good forecasts were, once the end is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Goodness {
    /// Forecasts made before the end.
    pub forecasts: u64,
    /// Those of them whose `p50` was not before the end; about half, of honest ones.
    pub by_p50: u64,
    /// Those of them whose `p90` was not before the end; about nine of ten, of honest ones.
    pub by_p90: u64,
    /// How far the `p50` was off, earlier or later: the median over the forecasts.
    #[serde(rename = "median_off_ms", serialize_with = "millis")]
    pub median_off: Duration,
    /// The same as a share of the time that was really left, in thousandths.
    pub median_off_permille: u64,
    /// By how much the end came after the most hopeful `p90`; zero where it never did.
    #[serde(rename = "latest_ms", serialize_with = "millis")]
    pub latest: Duration,
}

/// Says how good the forecasts of one phase of the window were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// The phase.
    pub phase: Phase,
    /// When it ended.
    pub ended: Timestamp,
    /// How good they were.
    #[serde(flatten)]
    pub goodness: Goodness,
}

/// Says how good the forecasts were that a daybook holds, of every phase that has ended, in the order of
/// the ends.
///
/// Those of a run that did not end, and was begun anew, say nothing of the end that came.
pub fn judge_daybook(entries: &[Entry]) -> Vec<Judged> {
    let mut kept: BTreeMap<Phase, Vec<Kept>> = BTreeMap::new();
    let mut judged = Vec::new();
    for entry in entries {
        match entry.event() {
            Event::PhaseStarted(started) => drop(kept.remove(&started.phase)),
            Event::Forecast(forecast) => {
                let forecasts = kept.entry(forecast.phase).or_default();
                forecasts.extend(forecast.p50.zip(forecast.p90).map(|(p50, p90)| Kept {
                    made: entry.at(),
                    p50,
                    p90,
                }));
            }
            Event::PhaseFinished(finished) => {
                let (phase, ended) = (finished.phase, entry.at());
                let forecasts = kept.remove(&phase).unwrap_or_default();
                judged.extend(judge(&forecasts, ended).map(|goodness| Judged {
                    phase,
                    ended,
                    goodness,
                }));
            }
            _ => {}
        }
    }
    judged
}

/// Says how good forecasts were of what really ended at `ended`.
///
/// Forecasts made at the end or later say nothing and are left out; `None` where no other is there.
pub fn judge(kept: &[Kept], ended: Timestamp) -> Option<Goodness> {
    let made: Vec<&Kept> = kept.iter().filter(|kept| kept.made < ended).collect();
    let count = |at: fn(&Kept) -> Timestamp| {
        let not_before = made.iter().filter(|kept| at(kept) >= ended);
        not_before.count() as u64
    };
    let off = |kept: &Kept| kept.p50.duration_since(ended).unsigned_abs();
    let share = |kept: &Kept| {
        let left = ended.duration_since(kept.made).unsigned_abs().as_nanos();
        let share = off(kept).as_nanos().saturating_mul(1000) / left.max(1);
        u64::try_from(share).unwrap_or(u64::MAX)
    };
    let late = |kept: &Kept| Duration::try_from(ended.duration_since(kept.p90)).unwrap_or_default();
    Some(Goodness {
        forecasts: made.len() as u64,
        by_p50: count(|kept| kept.p50),
        by_p90: count(|kept| kept.p90),
        median_off: middle(made.iter().map(|kept| off(kept)))?,
        median_off_permille: middle(made.iter().map(|kept| share(kept)))?,
        latest: made.iter().map(|kept| late(kept)).max()?,
    })
}

/// Gives the middle of some values, the lower of two.
fn middle<T: Ord>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut sorted: Vec<T> = values.collect();
    sorted.sort_unstable();
    let place = sorted.len().saturating_sub(1) / 2;
    (!sorted.is_empty()).then(|| sorted.swap_remove(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_369_612_800 + minute * 60).expect("2013 is in range")
    }

    #[test]
    fn forecasts_are_judged_by_the_end_that_came() {
        let kept = |made, p50, p90| Kept {
            made: at(made),
            p50: at(p50),
            p90: at(p90),
        };
        let forecasts = [
            kept(0, 80, 90),    // 20 of 100 minutes too early, and 10 after p90
            kept(10, 95, 110),  // 5 of 90
            kept(20, 100, 105), // to the minute
            kept(60, 104, 108), // 4 of 40
            kept(100, 1, 1),    // made at the end: says nothing
        ];
        let goodness = judge(&forecasts, at(100)).expect("four forecasts");
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        assert_eq!(
            goodness,
            Goodness {
                forecasts: 4,
                by_p50: 2,
                by_p90: 3,
                median_off: minutes(4),
                median_off_permille: 55,
                latest: minutes(10),
            }
        );
    }

    #[test]
    fn a_daybook_is_judged_phase_by_phase_and_a_run_begun_anew_by_itself() {
        use crate::Digest;
        use crate::daybook::{
            Daybook, Forecast, Opened, Outlook, PhaseFinished, PhaseStarted, Terms, Version,
        };
        let started = |phase| {
            Event::PhaseStarted(PhaseStarted {
                phase,
                records: None,
                chunks: None,
                source_bytes: None,
            })
        };
        let forecast = |phase, p50: Option<i64>, p90: Option<i64>| {
            Event::Forecast(Forecast {
                phase,
                done: 1,
                total: None,
                p50: p50.map(at),
                p90: p90.map(at),
                point_of_no_return: at(400),
                margin_ms: None,
                outlook: Outlook::Unknown,
            })
        };
        let finished = |phase| {
            Event::PhaseFinished(PhaseFinished {
                phase,
                records: 1,
                took_ms: 1,
            })
        };
        let opened = Event::Opened(Box::new(Opened {
            version: Version,
            crossfoot: "0.1.0".into(),
            plan: "wallet".into(),
            terms: Terms {
                plan_blake3: Digest::of(b"plan"),
                freeze: at(0),
                release: at(480),
                rollback_takes_ms: 0,
                timezone: "UTC".into(),
                roles: Vec::new(),
                agreements: Vec::new(),
                controls: Vec::new(),
            },
        }));
        let mut book = Daybook::new();
        for (minute, event) in [
            (0, opened),
            (0, started(Phase::Convert)),
            (5, forecast(Phase::Convert, Some(7), Some(8))),
            // Killed, and begun anew.
            (20, started(Phase::Convert)),
            (21, forecast(Phase::Convert, None, None)),
            (30, forecast(Phase::Convert, Some(55), Some(65))),
            (60, finished(Phase::Convert)),
            (61, started(Phase::Verify)),
            (62, finished(Phase::Verify)),
        ] {
            let entry = book.next(at(minute), event).expect("it follows");
            assert!(book.push(entry));
        }
        let judged = judge_daybook(book.entries());
        assert_eq!(
            judged,
            [Judged {
                phase: Phase::Convert,
                ended: at(60),
                goodness: Goodness {
                    forecasts: 1,
                    by_p50: 0,
                    by_p90: 1,
                    median_off: Duration::from_secs(300),
                    median_off_permille: 166,
                    latest: Duration::ZERO,
                },
            }]
        );
        let document = serde_json::to_value(&judged).expect("json");
        assert_eq!(document[0]["phase"], "convert");
        assert_eq!(document[0]["by_p90"], 1);
        assert_eq!(document[0]["median_off_ms"], 300_000);
    }

    #[test]
    fn without_a_forecast_there_is_nothing_to_judge() {
        assert_eq!(judge(&[], at(0)), None);
        let late = Kept {
            made: at(1),
            p50: at(2),
            p90: at(3),
        };
        assert_eq!(judge(&[late], at(0)), None);
    }

    #[test]
    fn the_ends_of_time_do_not_overflow() {
        let kept = Kept {
            made: Timestamp::MIN,
            p50: Timestamp::MAX,
            p90: Timestamp::MIN,
        };
        let goodness = judge(&[kept], Timestamp::MAX).expect("one forecast");
        assert_eq!((goodness.by_p50, goodness.by_p90), (1, 0));
    }
}
