//! Shanghai's clock: instants are microseconds since 1970 UTC within, and its civil time outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use ledger::{Civil, Disambiguation, Zone, local_time, parse_civil};
use ruixin_bao::Day;

/// China has kept one clock, eight hours ahead of UTC, without changes since 1992.
const ZONE: &str = "Asia/Shanghai";
const EIGHT_HOURS: i64 = 8 * 3_600_000_000;
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Is where the service takes its time from. A clone shows the same time.
#[derive(Debug, Clone)]
pub struct Clock(Kind);

#[derive(Debug, Clone)]
enum Kind {
    /// The system's clock, put off by a span.
    Ahead(Pace, Arc<AtomicI64>),
    /// What somebody sets it to.
    Set(Arc<AtomicI64>),
}

/// Is how the system's clock is followed: from an instant of it on, so many times as fast.
#[derive(Debug, Clone, Copy)]
struct Pace {
    since: i64,
    times: u32,
}

impl Pace {
    fn now(self) -> i64 {
        let passed = system_micros().saturating_sub(self.since);
        let hurried = passed.saturating_mul(i64::from(self.times));
        self.since.saturating_add(hurried)
    }
}

impl Default for Clock {
    fn default() -> Clock {
        Clock(Kind::Ahead(Pace { since: 0, times: 1 }, Arc::default()))
    }
}

impl Clock {
    /// Makes a clock that shows an instant now, and goes on from there.
    pub fn starting(at_micros: i64) -> Clock {
        Clock::hurrying(at_micros, 1)
    }

    /// Makes a clock that shows an instant now, and goes on from there so many times as fast as others: a day
    /// and its night are over in minutes.
    pub fn hurrying(at_micros: i64, times: u32) -> Clock {
        let since = system_micros();
        let ahead = at_micros.saturating_sub(since);
        let ahead = Arc::new(AtomicI64::new(ahead));
        Clock(Kind::Ahead(Pace { since, times }, ahead))
    }

    /// Puts all clones to an instant: a ticking clock goes on from there, one that stands stands there.
    pub fn put_to(&self, at_micros: i64) {
        match &self.0 {
            Kind::Ahead(pace, ahead) => {
                ahead.store(at_micros.saturating_sub(pace.now()), Ordering::Release);
            }
            Kind::Set(micros) => micros.store(at_micros, Ordering::Release),
        }
    }

    /// Makes a clock that stands at an instant until another one is put there.
    pub fn set_by(micros: Arc<AtomicI64>) -> Clock {
        Clock(Kind::Set(micros))
    }

    /// Gives the instant, in microseconds since 1970 UTC.
    pub fn now(&self) -> i64 {
        match &self.0 {
            Kind::Ahead(pace, ahead) => pace.now().saturating_add(ahead.load(Ordering::Acquire)),
            Kind::Set(micros) => micros.load(Ordering::Acquire),
        }
    }
}

fn system_micros() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
    })
}

/// Gives the natural day in Shanghai of an instant; the first or last one there is where it is
/// beyond all calendars.
pub fn day_of(micros: i64) -> Option<Day> {
    let days = micros
        .saturating_add(EIGHT_HOURS)
        .div_euclid(MICROS_PER_DAY);
    i32::try_from(days).ok().and_then(Day::from_number)
}

/// Writes an instant as `2013-05-27 08:00:00.000`, Shanghai's clock, cut to the millisecond.
pub fn text(micros: i64) -> String {
    let civil = Civil::from_micros(micros.saturating_add(EIGHT_HOURS)).to_string();
    let (seconds, fraction) = civil.split_once('.').unwrap_or((&civil, ""));
    let millis: String = fraction.chars().chain("000".chars()).take(3).collect();
    let mut seconds = seconds.replace('T', " ");
    // Whole minutes may come without seconds.
    while seconds.len() < 19 && seconds.len() >= 16 {
        seconds.push_str(":00");
    }
    format!("{seconds}.{millis}")
}

/// Reads an instant: `2013-05-27 08:00:00.000` by Shanghai's clock, or RFC 3339 with its offset.
pub fn parse(text: &str) -> Option<i64> {
    if text.len() > 40 {
        return None;
    }
    if let Some((civil, ahead)) = with_offset(text) {
        return parse_civil(civil).ok()?.micros().checked_sub(ahead);
    }
    let zone = Zone::new(ZONE).ok()?;
    local_time(text, &zone, Disambiguation::Refuse).ok()
}

/// Splits `2013-05-27T08:00:00+08:00` into the civil time and the offset in microseconds.
fn with_offset(text: &str) -> Option<(&str, i64)> {
    if let Some(civil) = text.strip_suffix(['Z', 'z']) {
        return Some((civil, 0));
    }
    let at = text.len().checked_sub(6)?;
    let (civil, offset) = text.split_at_checked(at)?;
    let (sign, clock) = offset.split_at_checked(1)?;
    let (hours, minutes) = clock.split_once(':')?;
    let number = |text: &str, most: i64| {
        let is_digits = text.len() == 2 && text.bytes().all(|one| one.is_ascii_digit());
        let number: i64 = text.parse().ok().filter(|_| is_digits)?;
        (number <= most).then_some(number)
    };
    let minutes = number(hours, 23)?
        .saturating_mul(60)
        .saturating_add(number(minutes, 59)?);
    let micros = minutes.saturating_mul(60_000_000);
    // Without a time of day before it, `-05:27` is none.
    let has_time = civil.len() > 10;
    match sign {
        "+" if has_time => Some((civil, micros)),
        "-" if has_time => Some((civil, micros.saturating_neg())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_shanghais_to_the_millisecond() {
        let table = [
            (1_369_612_800_000_000, "2013-05-27 08:00:00.000"),
            (1_369_612_800_123_999, "2013-05-27 08:00:00.123"),
            (1_369_612_859_900_000, "2013-05-27 08:00:59.900"),
            (-1, "1970-01-01 07:59:59.999"),
        ];
        for (micros, said) in table {
            assert_eq!(text(micros), said);
        }
        assert_eq!(day_of(1_369_584_000_000_000), "2013-05-27".parse().ok());
        assert_eq!(day_of(1_369_583_999_999_999), "2013-05-26".parse().ok());
        assert_eq!(day_of(i64::MAX), None);
    }

    #[test]
    fn a_clock_that_hurries_begins_where_it_is_put_and_goes_so_many_times_as_fast() {
        // Each second is a day; and the slow one was begun first and is read last.
        let (slow, fast) = (Clock::starting(0), Clock::hurrying(0, 86_400));
        std::thread::sleep(std::time::Duration::from_millis(20));
        let (hurried, shown) = (fast.clone().now(), slow.now());
        assert!(hurried >= 20_000 * 86_400, "{hurried}");
        assert!(hurried <= shown * 86_400, "{hurried} {shown}");
        fast.put_to(-MICROS_PER_DAY);
        assert!(fast.now() < hurried);
    }

    #[test]
    fn both_ways_to_write_an_instant_are_read_and_others_are_not() {
        for said in [
            "2013-05-27 08:00:00.000",
            "2013-05-27T08:00:00",
            "2013-05-27 08:00",
            "2013-05-27T08:00:00+08:00",
            "2013-05-27T00:00:00Z",
            "2013-05-26T19:00:00.000-05:00",
        ] {
            assert_eq!(parse(said), Some(1_369_612_800_000_000), "{said}");
        }
        for wrong in [
            "",
            "now",
            "2013-05-27T08:00:00+8:00",
            "2013-05-27T08:00:00+24:00",
            "2013-02-30 08:00",
            "Z",
            "瑞信宝的钟",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
