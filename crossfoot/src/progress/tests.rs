//! Stories of runs, told to the pure part: counts and times in, lines out. No clock runs here.

use super::*;
use books::Meter;

const GB: u64 = 1_000_000_000;

fn style(width: usize) -> Style {
    Style {
        language: Language::En,
        width,
        colour: false,
        unicode: true,
    }
}

fn show(bar: bool, lines: bool) -> Show {
    Show {
        language: Language::En,
        bar,
        lines,
    }
}

fn phase(work: Work, bytes: Option<u64>) -> (Phase, Arc<Meter>) {
    let meter = Arc::new(Meter::default());
    let phase = Phase {
        work,
        name: "postings".to_owned(),
        bytes,
        meter: Arc::clone(&meter),
    };
    (phase, meter)
}

fn set(meter: &Meter, records: u64, bytes: u64) {
    meter.rows.store(records, Ordering::Relaxed);
    meter.bytes.store(bytes, Ordering::Relaxed);
}

/// What had been read at some time: milliseconds, records, bytes.
type Told = (u64, u64, u64);

/// Tells a story and compares the last line.
fn check(bytes: Option<u64>, story: &[Told], expect: &str) {
    let (phase, meter) = phase(Work::Fold, bytes);
    let mut track = Track::new(show(true, true));
    track.begin(phase, Duration::ZERO);
    let mut line = String::new();
    for (millis, records, bytes) in story {
        set(&meter, *records, *bytes);
        line = track.tick(Duration::from_millis(*millis), &style(120));
    }
    assert_eq!(line.trim_start_matches(CLEAR), expect, "{story:?}");
}

#[test]
fn the_line_says_what_was_measured_and_nothing_else() {
    let table: &[(Option<u64>, &[Told], &str)] = &[
        // Nothing is claimed before anything was measured.
        (
            Some(GB),
            &[(200, 0, 0)],
            "footing: postings  0 records  0.0 %  0:00  time left unknown",
        ),
        (
            Some(GB),
            &[(900, 5_000, 1_000)],
            "footing: postings  5,000 records  0.0 %  0:00  time left unknown",
        ),
        // A steady run.
        (
            Some(GB),
            &[(1_000, 1_000_000, GB / 10), (2_000, 2_000_000, GB / 5)],
            "footing: postings  2,000,000 records  1,000,000/s  20.0 %  0:02  0:08 left",
        ),
        // One record is one record.
        (
            Some(GB),
            &[(2_000, 1, 1_000_000)],
            "footing: postings  1 record  0/s  0.1 %  0:02  33:18 left",
        ),
        // More bytes than there were at the start: never over 100 %, never below zero.
        (
            Some(1_000),
            &[(2_000, 10, 1_500)],
            "footing: postings  10 records  5/s  100.0 %  0:02  0:00 left",
        ),
        // A book of no bytes.
        (
            Some(0),
            &[(2_000, 0, 0)],
            "footing: postings  0 records  0/s  100.0 %  0:02  0:00 left",
        ),
        // 100 % is said when everything is read, not before.
        (
            Some(GB),
            &[(5_000, 100, GB - 1)],
            "footing: postings  100 records  20/s  99.9 %  0:05  0:00 left",
        ),
        // The size is not known: no percent and no time.
        (
            None,
            &[(5_000, 100, 700)],
            "footing: postings  100 records  20/s  0:05",
        ),
        // Counts at the end of their range.
        (
            Some(u64::MAX),
            &[(2_000, u64::MAX, u64::MAX - 1)],
            "footing: postings  18,446,744,073,709,551,615 records  \
             9,223,372,036,854,775,807/s  99.9 %  0:02  0:00 left",
        ),
    ];
    for (bytes, story, expect) in table {
        check(*bytes, story, expect);
    }
}

/// A sample each half second, `records` and `bytes` each.
fn steady(from: u64, to: u64, before: (u64, u64), each: (u64, u64)) -> Vec<Told> {
    let steps = (from..to).step_by(500).enumerate();
    let step = |(at, millis): (usize, u64)| {
        let at = at as u64 + 1;
        (millis + 500, before.0 + at * each.0, before.1 + at * each.1)
    };
    steps.map(step).collect()
}

#[test]
fn a_stall_makes_the_time_unknown_not_endless() {
    let mut story = steady(0, 20_000, (0, 0), (500, GB / 100));
    let (records, bytes) = (story.len() as u64 * 500, story.len() as u64 * GB / 100);
    // It slows down while the window still holds better times ...
    story.extend(steady(20_000, 28_000, (records, bytes), (0, 0)));
    check(
        Some(GB),
        &story,
        "footing: postings  20,000 records  466/s  40.0 %  0:28  1:04 left",
    );
    // ... and then there is nothing to go by.
    story.extend(steady(28_000, 60_000, (records, bytes), (0, 0)));
    check(
        Some(GB),
        &story,
        "footing: postings  20,000 records  0/s  40.0 %  1:00  time left unknown",
    );
}

#[test]
fn a_crawl_that_would_take_weeks_is_no_measurement() {
    check(
        Some(u64::MAX),
        &[(10_000, 5, 5)],
        "footing: postings  5 records  0/s  0.0 %  0:10  time left unknown",
    );
}

#[test]
fn the_rate_is_that_of_the_last_seconds() {
    let mut story = steady(0, 60_000, (0, 0), (500, 1_000));
    story.extend(steady(60_000, 80_000, (60_000, 120_000), (5_000, 10_000)));
    check(
        Some(1_000_000),
        &story,
        "footing: postings  260,000 records  10,000/s  52.0 %  1:20  0:24 left",
    );
}

#[test]
fn a_clock_that_goes_backwards_is_survived() {
    check(
        Some(GB),
        &[(5_000, 100, 1_000), (1_000, 200, 2_000)],
        "footing: postings  200 records  200/s  0.0 %  0:01  time left unknown",
    );
}

/// Runs a story in plain lines or without any, and gives all that was written.
fn written(show: Show, tell: impl FnOnce(&mut Track, &mut String)) -> String {
    let mut track = Track::new(show);
    let mut out = String::new();
    tell(&mut track, &mut out);
    out.replace(CLEAR, "<clear>")
}

/// Three phases: one of 65 seconds, one of 10 and one of 11.
fn three_phases(track: &mut Track, out: &mut String) {
    let second = Duration::from_secs;
    let (fold, meter) = phase(Work::Fold, Some(GB));
    *out += &track.begin(fold, second(0));
    for at in 1..=65_u64 {
        set(&meter, at * 1_000, at * 10_000_000);
        *out += &track.tick(second(at), &style(80));
    }
    *out += &track.begin(phase(Work::Locate, None).0, second(65));
    *out += &track.say("about 7 records differ");
    *out += &track.tick(second(70), &style(80));
    *out += &track.begin(phase(Work::Control, Some(10)).0, second(75));
    *out += &track.end(second(86));
    *out += &track.end(second(87));
}

#[test]
fn without_a_terminal_there_is_a_line_every_half_minute_and_one_for_each_long_phase() {
    insta::assert_snapshot!(written(show(false, true), three_phases), @"
    footing: postings  30,000 records  1,000/s  30.0 %  0:30  1:10 left
    footing: postings  60,000 records  1,000/s  60.0 %  1:00  0:40 left
    footing: postings  done, 65,000 records in 1:05
    about 7 records differ
    computing the control: postings  done, 0 records in 0:11
    ");
}

#[test]
fn no_progress_says_nothing() {
    assert_eq!(written(show(false, false), three_phases), "");
}

#[test]
fn a_drawn_line_is_cleared_before_anything_else_is_written() {
    let story = |track: &mut Track, out: &mut String| {
        let second = Duration::from_secs;
        *out += &track.begin(phase(Work::Fold, Some(GB)).0, second(0));
        *out += &track.say("said before anything was drawn");
        *out += &track.tick(second(1), &style(80));
        *out += &track.say("about 7 records differ\u{1b}[2J");
        *out += &track.tick(second(2), &style(30));
        *out += &track.stop();
        *out += &track.stop();
        *out += &track.tick(second(3), &style(80));
        *out += &track.end(second(30));
    };
    insta::assert_snapshot!(written(show(true, true), story), @r"
    said before anything was drawn
    <clear>footing: postings  0 records  0/s  0.0 %  0:01  time left unknown<clear>about 7 records differ\u{1b}[2J
    <clear>footing: postings  0 records…<clear>stopping; what was found so far proves nothing
    ");
}

#[test]
fn progress_speaks_chinese() {
    let chinese = Show {
        language: Language::Zh,
        ..show(false, true)
    };
    insta::assert_snapshot!(written(chinese, three_phases), @"
    合计：postings  30,000 笔  1,000 笔/秒  30.0 %  0:30  剩余 1:10
    合计：postings  60,000 笔  1,000 笔/秒  60.0 %  1:00  剩余 0:40
    合计：postings  完成，65,000 笔，用时 1:05
    about 7 records differ
    控制核对：postings  完成，0 笔，用时 0:11
    ");
}

#[test]
fn the_line_fits_the_screen_with_wide_characters_too() {
    let (mut phase, _) = phase(Work::Fold, Some(GB));
    phase.name = "记账凭证".repeat(20);
    let mut track = Track::new(Show {
        language: Language::Zh,
        ..show(true, true)
    });
    track.begin(phase, Duration::ZERO);
    for width in 1..100 {
        let line = track.tick(Duration::from_secs(1), &style(width));
        let line = line.trim_start_matches(CLEAR);
        assert!(
            unicode_width::UnicodeWidthStr::width(line) < width.max(2),
            "{width}: {line}"
        );
    }
}

#[test]
fn a_name_cannot_move_the_cursor() {
    let (mut phase, _) = phase(Work::Fold, Some(GB));
    phase.name = "a\u{1b}[2Jb".to_owned();
    let mut track = Track::new(show(true, true));
    track.begin(phase, Duration::ZERO);
    let line = track.tick(Duration::from_secs(1), &style(80));
    assert!(
        line.trim_start_matches(CLEAR)
            .starts_with("footing: a\\u{1b}[2Jb"),
        "{line:?}"
    );
}

/// Keeps what is written.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_thread_ends_with_the_run_and_leaves_a_clean_line() {
    let paper = Paper::default();
    let clock: Clock = Box::new(|| Duration::from_secs(1));
    let progress = Progress::on(show(true, true), Box::new(paper.clone()), clock);
    progress.draw_from_now_on();
    progress.begin(phase(Work::Fold, Some(GB)).0);
    assert!(!progress.is_stopped());
    progress.stop();
    assert!(progress.is_stopped());
    progress.finish();
    progress.finish();
    let written = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
    let last_line = written.rsplit('\n').next().unwrap();
    assert!(
        last_line.is_empty() || last_line.ends_with(CLEAR),
        "{written:?}"
    );
    drop(progress);
}

/// A stderr that is gone.
struct Gone;

impl Write for Gone {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }
}

#[test]
fn a_closed_stderr_does_not_end_the_run() {
    let clock: Clock = Box::new(|| Duration::from_secs(1));
    let progress = Progress::on(show(true, true), Box::new(Gone), clock);
    progress.begin(phase(Work::Fold, Some(GB)).0);
    progress.say("words");
    progress.finish();
    assert!(!progress.is_stopped());
}
