//! Time, from outside.

use std::time::Duration;

use jiff::Timestamp;

/// Tells the time and waits.
pub trait Clock: Sync {
    /// Gives the time.
    fn now(&self) -> Timestamp;

    /// Waits between two attempts. Returns whether to go on: a run that is being stopped does not wait
    /// for a channel.
    fn wait(&self, time: Duration) -> bool;
}

/// Is the clock of this machine, and never stops.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn wait(&self, time: Duration) -> bool {
        std::thread::sleep(time);
        true
    }
}
