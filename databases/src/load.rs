//! How much a server is asked to do: at most so many records a second, and less while its replicas
//! are behind.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{DatabaseError, DatabaseErrorKind};

/// How often the lag is asked for, at most.
const ASKED_EVERY: Duration = Duration::from_secs(1);
/// How long replicas may stay behind before the work is given up.
const PATIENCE: Duration = Duration::from_secs(600);
/// Records of one statement under a limit, at least.
const STEP_MIN: u64 = 1_000;

/// Is the most that a server may be asked for. Written `50000` (records a second), `lag=5` (seconds
/// that its replicas may be behind), or both: `50000,lag=5`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// Records a second, over all connections.
    rate: Option<NonZeroU64>,
    lag: Option<Duration>,
}

impl FromStr for Load {
    type Err = String;

    fn from_str(written: &str) -> Result<Load, String> {
        let wrong = || {
            "a load is written `50000` (records a second), `lag=5` (seconds that replicas may be \
             behind) or `50000,lag=5`"
                .to_owned()
        };
        let mut load = Load {
            rate: None,
            lag: None,
        };
        for part in written.split(',') {
            match part.trim().split_once('=') {
                None if load.rate.is_none() => {
                    let rate = part.trim().replace('_', "").parse();
                    load.rate = Some(rate.map_err(|_| wrong())?);
                }
                Some(("lag", seconds)) if load.lag.is_none() => {
                    let seconds: u32 = seconds.parse().map_err(|_| wrong())?;
                    load.lag = Some(Duration::from_secs(seconds.into()));
                }
                _ => return Err(wrong()),
            }
        }
        Ok(load)
    }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = self.rate.map(|rate| format!("{rate} records a second"));
        let lag = self
            .lag
            .map(|lag| format!("replicas {} s behind", lag.as_secs()));
        let parts: Vec<String> = rate.into_iter().chain(lag).collect();
        write!(f, "at most {}", parts.join(", "))
    }
}

/// Asks a server how far behind its replicas are.
pub(crate) trait Gauge: Send {
    /// # Errors
    /// When that cannot be known: then nothing may be asked of the server.
    fn lag(&mut self) -> Result<Duration, DatabaseError>;

    /// Its host and port, or socket.
    fn server(&self) -> String;
}

/// Holds everybody who works with one address to its load. Clones share it.
#[derive(Clone)]
pub(crate) struct Throttle {
    load: Load,
    state: Arc<State>,
}

struct State {
    /// When what was asked for so far will have been paid for.
    free: Mutex<Instant>,
    lag: Mutex<Lag>,
}

/// Connects to ask for the lag.
type Open = Box<dyn Fn() -> Result<Box<dyn Gauge>, DatabaseError> + Send>;

#[derive(Default)]
struct Lag {
    gauge: Option<Box<dyn Gauge>>,
    /// Connects once more, when the connection is lost.
    open: Option<Open>,
    asked: Option<(Instant, Duration)>,
}

impl fmt::Debug for Throttle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Throttle({})", self.load)
    }
}

/// Two addresses are the same if they ask for the same.
impl PartialEq for Throttle {
    fn eq(&self, other: &Throttle) -> bool {
        self.load == other.load
    }
}

impl Eq for Throttle {}

impl Throttle {
    pub(crate) fn new(load: Load) -> Throttle {
        Throttle {
            load,
            state: Arc::new(State {
                free: Mutex::new(Instant::now()),
                lag: Mutex::default(),
            }),
        }
    }

    pub(crate) fn load(&self) -> Load {
        self.load
    }

    /// Makes sure that the lag can be asked for, where it is limited; `open` connects, and again when
    /// the connection is lost.
    ///
    /// # Errors
    /// When it cannot.
    pub(crate) fn attach(
        &self,
        open: impl Fn() -> Result<Box<dyn Gauge>, DatabaseError> + Send + 'static,
    ) -> Result<(), DatabaseError> {
        let mut lag = lock(&self.state.lag);
        if self.load.lag.is_none() || lag.gauge.is_some() {
            return Ok(());
        }
        let mut gauge = open()?;
        lag.asked = Some((Instant::now(), gauge.lag()?));
        lag.gauge = Some(gauge);
        lag.open = Some(Box::new(open));
        Ok(())
    }

    /// Of how many records one statement may be: about those of a second.
    pub(crate) fn step(&self) -> Option<u64> {
        Some(self.load.rate?.get().max(STEP_MIN))
    }

    /// Waits until something may be asked of the server.
    ///
    /// # Errors
    /// When replicas stay behind, or their lag can no longer be asked for.
    pub(crate) fn wait(&self) -> Result<(), DatabaseError> {
        let free = *lock(&self.state.free);
        thread::sleep(free.saturating_duration_since(Instant::now()));
        let Some(most) = self.load.lag else {
            return Ok(());
        };
        let since = Instant::now();
        while let Some(now) = self.lag()?.filter(|lag| *lag > most) {
            if since.elapsed() > PATIENCE {
                let (now, most) = (now.as_secs(), most.as_secs());
                let minutes = PATIENCE.as_secs() / 60;
                let why = format!(
                    "they are {now} s behind, and may be {most} s; waited for {minutes} minutes"
                );
                let server = lock(&self.state.lag)
                    .gauge
                    .as_ref()
                    .map(|gauge| gauge.server());
                let server = server.unwrap_or_default();
                return Err(DatabaseError::new(DatabaseErrorKind::Lag { server, why })
                    .mend("wait until they have caught up, or allow more with `lag=…`"));
            }
            thread::sleep(ASKED_EVERY);
        }
        Ok(())
    }

    /// Notes what the server has been asked for.
    pub(crate) fn count(&self, records: u64) {
        if let Some(rate) = self.load.rate {
            let cost = Duration::from_secs_f64(records as f64 / rate.get() as f64);
            let mut free = lock(&self.state.free);
            *free = (*free).max(Instant::now()) + cost;
        }
    }

    /// The lag, asked for now and then; none without a gauge.
    fn lag(&self) -> Result<Option<Duration>, DatabaseError> {
        let mut lag = lock(&self.state.lag);
        let Lag { gauge, open, asked } = &mut *lag;
        let Some(gauge) = gauge else {
            return Ok(None);
        };
        let known = asked.filter(|(at, _)| at.elapsed() < ASKED_EVERY);
        let now = match known {
            Some((_, known)) => known,
            None => gauge.lag().or_else(|error| {
                let open = open.as_ref().ok_or(error)?;
                *gauge = open()?;
                gauge.lag()
            })?,
        };
        if known.is_none() {
            *asked = Some((Instant::now(), now));
        }
        Ok(Some(now))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(written: &str) -> Load {
        written.parse().expect("a load")
    }

    #[test]
    fn a_load_is_a_rate_or_a_lag_or_both() {
        assert_eq!(load("50_000").to_string(), "at most 50000 records a second");
        assert_eq!(load("lag=5").to_string(), "at most replicas 5 s behind");
        assert_eq!(load("7, lag=0"), load("lag=0,7"));
        for wrong in [
            "",
            "0",
            "-1",
            "fast",
            "5,5",
            "lag=",
            "lag=1,lag=2",
            "lags=1",
        ] {
            let said = wrong.parse::<Load>().expect_err(wrong);
            assert!(said.starts_with("a load is written"), "{wrong}: {said}");
        }
    }

    #[test]
    fn what_was_read_is_waited_for_by_whoever_comes_next() {
        let throttle = Throttle::new(load("1000"));
        assert_eq!(throttle.step(), Some(1_000));
        let began = Instant::now();
        throttle.wait().expect("free");
        throttle.count(120);
        throttle.clone().count(80);
        throttle.clone().wait().expect("free");
        assert!(began.elapsed() >= Duration::from_millis(199));
    }

    /// Falls by a second whenever it is asked.
    struct Falling(u64);

    impl Gauge for Falling {
        fn lag(&mut self) -> Result<Duration, DatabaseError> {
            self.0 = self.0.checked_sub(1).ok_or_else(|| {
                DatabaseError::new(DatabaseErrorKind::Lag {
                    server: self.server(),
                    why: "asked too often".to_owned(),
                })
            })?;
            Ok(Duration::from_secs(self.0))
        }

        fn server(&self) -> String {
            "db:1".to_owned()
        }
    }

    #[test]
    fn nothing_is_asked_for_while_replicas_are_behind() {
        let throttle = Throttle::new(load("lag=2"));
        throttle
            .attach(|| Ok(Box::new(Falling(4))))
            .expect("a gauge");
        let never = || -> Result<Box<dyn Gauge>, DatabaseError> { panic!("it has one") };
        throttle.attach(never).expect("the same gauge");
        let began = Instant::now();
        throttle.wait().expect("they catch up");
        assert!(began.elapsed() >= ASKED_EVERY);
        // Asked again only after a while.
        throttle.wait().expect("still caught up");
    }

    #[test]
    fn a_connection_that_is_lost_is_opened_again_once() {
        let throttle = Throttle::new(load("lag=2"));
        let opened = Arc::new(Mutex::new(0));
        let counted = Arc::clone(&opened);
        // The first tells the lag once, the next never.
        let open = move || -> Result<Box<dyn Gauge>, DatabaseError> {
            let mut opened = lock(&counted);
            *opened += 1;
            let left = if *opened == 2 { 2 } else { 1 };
            Ok(Box::new(Falling(left)))
        };
        throttle.attach(open).expect("a gauge");
        let forget = || lock(&throttle.state.lag).asked = None;
        for _ in 0..2 {
            forget();
            throttle.wait().expect("a gauge that tells");
        }
        assert_eq!(*lock(&opened), 2);
        forget();
        throttle
            .wait()
            .expect("the third tells once, when it is opened");
        assert_eq!(*lock(&opened), 3);
    }

    #[test]
    fn a_lag_that_cannot_be_known_is_an_error() {
        let throttle = Throttle::new(load("lag=2"));
        let failed = throttle.attach(|| Ok(Box::new(Falling(0))));
        insta::assert_snapshot!(failed.expect_err("no lag"), @"db:1, the lag of replicas: asked too often");
        // One that is not limited is not asked for.
        let unlimited = Throttle::new(load("9"));
        unlimited
            .attach(|| Ok(Box::new(Falling(0))))
            .expect("it is not asked");
    }
}
