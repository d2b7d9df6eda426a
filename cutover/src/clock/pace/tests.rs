use super::*;
use proptest::prelude::*;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn chunks(times: impl IntoIterator<Item = u64>) -> Vec<Chunk> {
    let chunk = |time| Chunk {
        units: 1_000,
        took: seconds(time),
    };
    times.into_iter().map(chunk).collect()
}

/// Forecasts `waiting` pieces of the usual size after finished ones that took `times`.
fn forecast(times: impl IntoIterator<Item = u64>, waiting: usize, side_by_side: u64) -> Forecast {
    let progress = Progress {
        finished: &chunks(times),
        under_way: &[],
        waiting: &vec![1_000; waiting],
        side_by_side,
    };
    progress.forecast().expect("enough are finished")
}

/// Forecasts a piece under way and 20 waiting, after 20 that took 10 seconds each.
fn forecast_at(elapsed: u64) -> Forecast {
    let progress = Progress {
        finished: &chunks([10; 20]),
        under_way: &[UnderWay {
            units: 1_000,
            elapsed: seconds(elapsed),
        }],
        waiting: &[1_000; 20],
        side_by_side: 1,
    };
    progress.forecast().expect("enough are finished")
}

#[test]
fn pieces_of_one_pace_go_on_at_that_pace() {
    let check = |waiting, side_by_side, time| {
        let forecast = forecast([10; 20], waiting, side_by_side);
        assert_eq!(forecast.p50, seconds(time), "{waiting} of {side_by_side}");
        assert_eq!(forecast.p90, seconds(time), "{waiting} of {side_by_side}");
    };
    check(30, 1, 300);
    check(30, 3, 100);
    check(31, 3, 110);
    check(1, 8, 10);
    check(0, 1, 0);
}

#[test]
fn too_few_pieces_tell_nothing_and_nothing_left_takes_no_time() {
    let ask = |finished: usize, waiting: &[u64]| {
        let progress = Progress {
            finished: &chunks(vec![10; finished]),
            under_way: &[],
            waiting,
            side_by_side: 1,
        };
        progress.forecast()
    };
    assert_eq!(ask(CHUNKS_MIN - 1, &[1_000]), None);
    assert!(ask(CHUNKS_MIN, &[1_000]).is_some());
    assert_eq!(ask(0, &[]), Some(Forecast::default()));
}

#[test]
fn a_large_piece_at_the_end_is_waited_for() {
    let progress = |waiting: &[u64]| {
        let progress = Progress {
            finished: &chunks([10; 20]),
            under_way: &[],
            waiting,
            side_by_side: 4,
        };
        progress.forecast().expect("enough are finished").p50
    };
    assert_eq!(progress(&[1_000, 1_000, 1_000, 9_000]), seconds(90));
    assert_eq!(progress(&[3_000, 3_000, 3_000, 3_000]), seconds(30));
}

#[test]
fn a_stall_moves_the_forecast_while_it_lasts() {
    let calm = forecast_at(5).p50;
    assert_eq!(calm, seconds(5 + 200));
    let lasting: Vec<Forecast> = [20, 60, 300, 3_000].map(forecast_at).to_vec();
    assert!(
        lasting.is_sorted_by_key(|forecast| forecast.p50),
        "{lasting:?}"
    );
    assert!(
        lasting.is_sorted_by_key(|forecast| forecast.p90),
        "{lasting:?}"
    );
    let longest = lasting[3];
    // What has lasted 3,000 seconds lasts as long again in half of all futures.
    assert!(longest.p50 > seconds(2_500), "{longest:?}");
    assert!(longest.p90 > seconds(15_000), "{longest:?}");
}

#[test]
fn a_slow_start_is_soon_forgotten() {
    let times = [40, 35, 30, 25, 20, 15, 12].into_iter().chain([10; 40]);
    let forecast = forecast(times, 100, 1);
    assert!(forecast.p50 < seconds(1_050), "{forecast:?}");
}

#[test]
fn work_that_slows_down_is_expected_to_slow_down_further() {
    let slowing = forecast((0..40).map(|place| 100 + 2 * place), 40, 1);
    // At the last pace it would take 7,200 seconds; on the line of the past 8,760.
    assert!(slowing.p50 > seconds(7_500), "{slowing:?}");
    assert!(slowing.p90 > seconds(8_760), "{slowing:?}");
}

#[test]
fn stalls_are_expected_as_often_as_they_came() {
    let stalls = (0..60).map(|place| if place % 20 == 7 { 210 } else { 10 });
    let forecast = forecast(stalls, 60, 1);
    // 600 seconds of work, and three stalls of 200 seconds more or less.
    assert!(
        (seconds(1_000)..seconds(1_500)).contains(&forecast.p50),
        "{forecast:?}"
    );
    assert!(
        (seconds(1_500)..seconds(2_500)).contains(&forecast.p90),
        "{forecast:?}"
    );
}

#[test]
fn two_works_one_after_the_other_take_as_long_as_both() {
    let stalls = chunks((0..60).map(|place| if place % 10 == 7 { 60 } else { 10 }));
    let progress = Progress {
        finished: &stalls,
        under_way: &[],
        waiting: &[1_000; 100],
        side_by_side: 1,
    };
    let play = |seed| progress.futures(seed).expect("enough are finished");
    let (one, both) = (play(0).forecast(), play(0).then(&play(1)).forecast());
    let doubt = |forecast: Forecast| forecast.p90 - forecast.p50;
    assert!(
        both.p50.abs_diff(one.p50 * 2) < one.p50 / 10,
        "{one:?} {both:?}"
    );
    assert!(
        doubt(both) < doubt(one) * 2,
        "chance evens out: {one:?} {both:?}"
    );
}

/// Forecasts 60 pieces after 20 of 10 seconds, beside a rehearsal in which 80 took `rehearsed`.
fn forecast_beside(rehearsed: impl IntoIterator<Item = u64>) -> Forecast {
    let progress = Progress {
        finished: &chunks([10; 20]),
        under_way: &[],
        waiting: &[1_000; 60],
        side_by_side: 1,
    };
    let futures = progress.futures_beside(0, &chunks(rehearsed));
    futures.expect("enough are finished").forecast()
}

#[test]
fn stalls_of_the_rehearsal_may_come_again() {
    let calm = forecast_beside([]);
    assert_eq!((calm.p50, calm.p90), (seconds(600), seconds(600)));
    assert_eq!(forecast_beside([10; 80]), calm);
    // Four in 80 pieces, of which none came in the 20 of today: two or three in 60.
    let stalls = forecast_beside((0..80).map(|place| if place % 20 == 7 { 110 } else { 10 }));
    assert!(
        (seconds(800)..seconds(1_000)).contains(&stalls.p50),
        "{stalls:?}"
    );
    assert!(
        (seconds(1_000)..seconds(1_400)).contains(&stalls.p90),
        "{stalls:?}"
    );
}

#[test]
fn work_that_slowed_down_in_the_rehearsal_does_so_again() {
    let slowing = forecast_beside((0..80).map(|place| 20 + place / 4));
    assert!(slowing.p50 > seconds(660), "{slowing:?}");
    let faster = forecast_beside((0..80).map(|place| 40 - place / 4));
    assert_eq!(faster.p50, seconds(600), "hoping is no forecast");
    // The pace is that of today.
    assert_eq!(forecast_beside([70; 80]).p50, seconds(600));
}

#[test]
fn a_rehearsal_without_a_finished_piece_today_tells_nothing_here() {
    let progress = Progress {
        finished: &[],
        under_way: &[],
        waiting: &[1_000],
        side_by_side: 1,
    };
    assert_eq!(progress.futures_beside(0, &chunks([10; 20])), None);
}

#[test]
fn a_stall_that_lasts_counts_before_it_ends() {
    // It is as good as over; but where one was, others may be.
    let stalled = forecast_at(100);
    let over = stalled.p50.saturating_sub(seconds(100));
    assert!(over > seconds(220), "{stalled:?}");
    assert!(stalled.p90 > stalled.p50 + seconds(200), "{stalled:?}");
}

#[test]
fn the_last_pieces_are_forecast_whatever_they_are() {
    let ask = |waiting: &[u64], side_by_side| {
        let progress = Progress {
            finished: &chunks([10; 20]),
            under_way: &[],
            waiting,
            side_by_side,
        };
        progress.forecast().expect("enough are finished")
    };
    assert_eq!(ask(&[0; 50], 4), Forecast::default());
    assert_eq!(ask(&[1_000], u64::MAX).p50, seconds(10));
    assert_eq!(ask(&[1_000, 1_000], 50).p50, seconds(10));
    assert_eq!(ask(&[1_000], 0).p50, seconds(10));
    assert_eq!(ask(&[0, 1_000, 0], 1).p50, seconds(10));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn one_more_waiting_piece_never_brings_the_end_nearer(
        times in prop::collection::vec((1_u64..2_000, 1_u64..100_000), 5..60),
        under_way in prop::collection::vec((1_u64..2_000, 0_u64..200_000), 0..6),
        waiting in prop::collection::vec(1_u64..2_000, 0..80),
        side_by_side in 1_u64..9,
        rehearsed in prop::collection::vec((1_u64..2_000, 1_u64..100_000), 0..60),
    ) {
        let rehearsed: Vec<Chunk> = rehearsed
            .iter()
            .map(|&(units, millis)| Chunk { units, took: Duration::from_millis(millis) })
            .collect();
        let finished: Vec<Chunk> = times
            .iter()
            .map(|&(units, millis)| Chunk { units, took: Duration::from_millis(millis) })
            .collect();
        let under_way: Vec<UnderWay> = under_way
            .iter()
            .map(|&(units, millis)| UnderWay { units, elapsed: Duration::from_millis(millis) })
            .collect();
        let forecasts: Vec<Forecast> = (0..=waiting.len())
            .map(|count| Progress {
                finished: &finished,
                under_way: &under_way,
                waiting: &waiting[..count],
                side_by_side,
            })
            .filter_map(|progress| progress.futures_beside(0, &rehearsed))
            .map(|futures| futures.forecast())
            .collect();
        prop_assert!(forecasts.is_sorted_by_key(|forecast| forecast.p50), "{:?}", forecasts);
        prop_assert!(forecasts.is_sorted_by_key(|forecast| forecast.p90), "{:?}", forecasts);
        prop_assert!(forecasts.iter().all(|forecast| forecast.p50 <= forecast.p90));
    }

    #[test]
    fn no_figure_is_too_large_or_too_small(
        finished in prop::collection::vec((any::<u64>(), any::<Duration>()), 0..40),
        under_way in prop::collection::vec((any::<u64>(), any::<Duration>()), 0..5),
        waiting in prop::collection::vec(any::<u64>(), 0..40),
        side_by_side in any::<u64>(),
    ) {
        let finished: Vec<Chunk> =
            finished.iter().map(|&(units, took)| Chunk { units, took }).collect();
        let under_way: Vec<UnderWay> =
            under_way.iter().map(|&(units, elapsed)| UnderWay { units, elapsed }).collect();
        let progress = Progress {
            finished: &finished,
            under_way: &under_way,
            waiting: &waiting,
            side_by_side,
        };
        let forecast = progress.forecast();
        prop_assert_eq!(forecast, progress.forecast());
        let beside = progress.futures_beside(1, &finished).map(|futures| futures.forecast());
        prop_assert_eq!(forecast.is_some(), beside.is_some());
        for Forecast { p50, p90 } in forecast.into_iter().chain(beside) {
            prop_assert!(p50 <= p90);
        }
    }
}

#[test]
fn extreme_figures_are_forecast_without_a_fault() {
    let longest = Chunk {
        units: 1,
        took: Duration::MAX,
    };
    let widest = Chunk {
        units: u64::MAX,
        took: Duration::from_nanos(1),
    };
    for finished in [
        vec![longest; 3_000],
        vec![widest; 3_000],
        [longest, widest].repeat(9),
    ] {
        let progress = Progress {
            finished: &finished,
            under_way: &[UnderWay {
                units: u64::MAX,
                elapsed: Duration::MAX,
            }],
            waiting: &[u64::MAX; 20],
            side_by_side: u64::MAX,
        };
        assert!(progress.forecast().is_some());
    }
}

#[test]
fn many_thousand_pieces_are_forecast() {
    let forecast = forecast((0..100_000).map(|place| 10 + place % 3), 100_000, 8);
    let middle = seconds(11 * 100_000 / 8);
    assert!(forecast.p50.abs_diff(middle) < middle / 100, "{forecast:?}");
}
