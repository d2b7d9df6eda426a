use super::super::{leaving_line, status_line};
use super::*;
use crate::notice::Language;
use jiff::tz::TimeZone;

fn at(time: &str) -> Timestamp {
    format!("2013-05-27T{time}+08:00").parse().expect("a time")
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

/// The release is at 16:00, and a rollback takes 45 minutes.
const DEADLINE: fn() -> Deadline = || Deadline {
    release: at("16:00"),
    rollback: Rollback {
        takes: minutes(45),
        measured: Measured::InRehearsal,
    },
};

fn allowed(name: &str, time: u64) -> Phase<'_> {
    Phase {
        name,
        unit: Unit::Records,
        done: 0,
        total: None,
        stage: Stage::Allowed(minutes(time)),
        can_wait: false,
    }
}

fn unknown(name: &str) -> Phase<'_> {
    Phase {
        stage: Stage::Unknown,
        ..allowed(name, 0)
    }
}

/// 12 of 100 pieces are finished; what each took decides the rest.
fn convert<'a>(finished: &'a [Chunk], waiting: &'a [u64]) -> Phase<'a> {
    let progress = Progress {
        finished,
        under_way: &[],
        waiting,
        side_by_side: 1,
    };
    Phase {
        name: "convert",
        unit: Unit::Records,
        done: 12_000_000,
        total: Some(100_000_000),
        stage: Stage::UnderWay {
            progress,
            rehearsed: &[],
        },
        can_wait: false,
    }
}

fn pieces(times: impl IntoIterator<Item = u64>) -> Vec<Chunk> {
    let piece = |seconds| Chunk {
        units: 1_000_000,
        took: Duration::from_secs(seconds),
    };
    times.into_iter().map(piece).collect()
}

#[test]
fn the_rule_of_the_outlook_is_about_the_point_of_no_return() {
    let check = |now: &str, phases: &[Phase<'_>], outlook: Outlook| {
        let reading = read(at(now), &DEADLINE(), phases);
        assert_eq!(reading.point_of_no_return, at("15:15"));
        assert_eq!(reading.outlook, outlook, "{now}");
    };
    check("15:00", &[allowed("verify", 15)], Outlook::OnTrack);
    check("15:00", &[allowed("verify", 16)], Outlook::TooLate);
    check("15:15", &[], Outlook::OnTrack);
    check("15:16", &[], Outlook::TooLate);
    check("12:00", &[unknown("verify")], Outlook::Unknown);
    check("12:00", &[], Outlook::OnTrack);
    // What is known is too long by itself.
    check(
        "15:00",
        &[allowed("convert", 16), unknown("verify")],
        Outlook::TooLate,
    );
}

#[test]
fn between_p50_and_p90_the_release_is_at_risk() {
    let finished = pieces([60, 90, 60, 100, 60, 80, 60, 95, 60, 85, 60, 90]);
    let waiting = [1_000_000; 88];
    let phases = [convert(&finished, &waiting)];
    let end = read(at("09:00"), &DEADLINE(), &phases).end.expect("known");
    assert!(end.p50 < end.p90);
    let check = |point: Timestamp, outlook: Outlook| {
        let rollback = DEADLINE().rollback;
        let release = point + rollback.takes;
        let deadline = Deadline { release, rollback };
        let reading = read(at("09:00"), &deadline, &phases);
        assert_eq!(reading.outlook, outlook, "{point}");
    };
    let second = SignedDuration::from_secs(1);
    check(end.p90, Outlook::OnTrack);
    check(end.p90 - second, Outlook::AtRisk);
    check(end.p50, Outlook::AtRisk);
    check(end.p50 - second, Outlook::TooLate);
}

#[test]
fn what_could_wait_is_told_with_what_it_changes() {
    let indexes = Phase {
        can_wait: true,
        ..allowed("indexes", 40)
    };
    let done = Phase {
        stage: Stage::Done,
        ..allowed("digest", 0)
    };
    let phases = [done, allowed("verify", 60), indexes];
    let reading = read(at("14:00"), &DEADLINE(), &phases);
    assert_eq!(reading.outlook, Outlook::TooLate);
    assert_eq!(reading.leaving.outlook, Outlook::OnTrack);
    assert_eq!(reading.leaving.cannot_wait, ["verify"]);
    let line = |language| leaving_line(&reading, &TimeZone::fixed(jiff::tz::offset(8)), language);
    assert_eq!(
        line(Language::English).as_deref(),
        Some("could be left for later: indexes; could not: verify (done 15:00); then ON TRACK")
    );
    assert_eq!(
        line(Language::Chinese).as_deref(),
        Some("可留到开放之后：indexes；不可：verify（15:00 完成）；届时按期")
    );
}

#[test]
fn a_phase_that_was_not_measured_is_unknown_and_named() {
    let finished = pieces([60; 3]);
    let phases = [convert(&finished, &[1_000_000]), unknown("verify")];
    let reading = read(at("09:00"), &DEADLINE(), &phases);
    assert_eq!((reading.end, reading.margin), (None, None));
    assert_eq!(
        status_line(&reading, &TimeZone::UTC, Language::English),
        "convert: 12,000,000 of 100,000,000 records; \
         when it is done is not known: convert (too few pieces are finished), verify (not measured in a rehearsal); \
         6 hours 15 minutes are left until the point of no return 07:15; NOT KNOWN"
    );
}

#[test]
fn a_rehearsal_counts_until_enough_is_measured_today() {
    let check = |finished: &[Chunk], rehearsed: &[Chunk], basis: Basis, time: Option<u64>| {
        let progress = Progress {
            finished,
            under_way: &[],
            waiting: &[1_000_000; 10],
            side_by_side: 1,
        };
        let phase = Phase {
            stage: Stage::UnderWay {
                progress,
                rehearsed,
            },
            ..unknown("convert")
        };
        let reading = read(at("09:00"), &DEADLINE(), &[phase]);
        assert_eq!(reading.phases[0].basis, basis);
        let takes = reading.phases[0].takes;
        assert_eq!(takes.map(|takes| takes.p50), time.map(Duration::from_secs));
    };
    check(
        &pieces([60; 5]),
        &pieces([30; 9]),
        Basis::Measured,
        Some(600),
    );
    check(&[], &pieces([30; 9]), Basis::Rehearsed, Some(300));
    check(&pieces([60; 4]), &[], Basis::TooFew, None);
}

#[test]
fn the_line_is_one_sentence_in_both_languages() {
    let finished = pieces([100; 12]);
    let waiting = [1_000_000; 88];
    let phases = [convert(&finished, &waiting), allowed("sign-off", 15)];
    let zone = TimeZone::get("Asia/Shanghai").expect("a known zone");
    let reading = read(at("09:00"), &DEADLINE(), &phases);
    let line = |language| status_line(&reading, &zone, language);
    assert_eq!(
        line(Language::English),
        "convert: 12,000,000 of 100,000,000 records; done 11:42; \
         3 hours 33 minutes before the point of no return 15:15; ON TRACK"
    );
    assert_eq!(
        line(Language::Chinese),
        "convert：100,000,000 条中已完成 12,000,000 条；预计 11:42 完成；\
         比不可回退点 15:15早 3 小时 33 分钟；按期"
    );
    let late = read(at("14:00"), &DEADLINE(), &phases);
    assert_eq!(
        status_line(&late, &zone, Language::English),
        "convert: 12,000,000 of 100,000,000 records; done 16:42; \
         1 hour 26 minutes after the point of no return 15:15; TOO LATE"
    );
    let done = read(at("14:00"), &DEADLINE(), &[]);
    assert_eq!(
        status_line(&done, &zone, Language::English),
        "all phases are done; nothing is left; 1 hour 15 minutes before the point of no return 15:15; ON TRACK"
    );
}

#[test]
fn a_time_of_another_day_is_told_with_its_day() {
    let reading = read(at("23:00"), &DEADLINE(), &[allowed("verify", 120)]);
    let line = status_line(
        &reading,
        &TimeZone::fixed(jiff::tz::offset(8)),
        Language::English,
    );
    assert!(line.contains("done 28 May 01:00"), "{line}");
}

#[test]
fn bytes_are_not_told_as_records() {
    let line = |done, total, language| {
        let phase = Phase {
            unit: Unit::Bytes,
            done,
            total,
            ..allowed("verify", 1)
        };
        let reading = read(at("09:00"), &DEADLINE(), &[phase]);
        let line = status_line(&reading, &TimeZone::UTC, language);
        line.split(['；', ';'])
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let (english, chinese) = (Language::English, Language::Chinese);
    let of = |total| Some(total);
    assert_eq!(
        line(159_278_567_007, of(163_351_042_089), english),
        "verify: 159.2 GB of 163.3 GB read"
    );
    assert_eq!(
        line(159_278_567_007, of(163_351_042_089), chinese),
        "verify：163.3 GB 中已读取 159.2 GB"
    );
    assert_eq!(
        line(999, of(1_000), english),
        "verify: 999 B of 1.0 kB read"
    );
    assert_eq!(line(999_999, None, english), "verify: 999.9 kB read");
    assert_eq!(line(u64::MAX, None, chinese), "verify：已读取 18.4 EB");
}

#[test]
fn no_more_is_done_than_there_is() {
    let phase = |done, total| Phase {
        done,
        total,
        ..allowed("verify", 1)
    };
    let check = |done, total, percent| {
        let reading = read(at("09:00"), &DEADLINE(), &[phase(done, total)]);
        assert_eq!(reading.phases[0].percent(), percent, "{done} of {total:?}");
    };
    check(120, Some(100), Some(100));
    check(999, Some(1000), Some(99));
    check(0, Some(0), Some(100));
    check(u64::MAX, Some(u64::MAX), Some(100));
    check(5, None, None);
}

#[test]
fn the_ends_of_time_are_read_without_a_fault() {
    let far = Deadline {
        release: Timestamp::MIN,
        rollback: Rollback {
            takes: Duration::MAX,
            measured: Measured::ByPlan,
        },
    };
    let phase = Phase {
        stage: Stage::Allowed(Duration::MAX),
        ..unknown("verify")
    };
    let reading = read(Timestamp::MAX, &far, &[phase]);
    assert_eq!(reading.outlook, Outlook::TooLate);
    for language in [Language::English, Language::Chinese] {
        assert!(!status_line(&reading, &TimeZone::UTC, language).is_empty());
    }
}

#[test]
fn a_reading_is_written_in_milliseconds() {
    let reading = read(at("14:00"), &DEADLINE(), &[allowed("verify", 60)]);
    let json = serde_json::to_value(&reading).expect("it is plain data");
    assert_eq!(json["margin_ms"], 15 * 60_000);
    assert_eq!(json["rollback"]["takes_ms"], 45 * 60_000);
    assert_eq!(json["rollback"]["measured"], "in_rehearsal");
    assert_eq!(json["phases"][0]["takes"]["p90_ms"], 60 * 60_000);
    assert_eq!(json["outlook"], "on_track");
}
