//! What the command line of every service takes.

use std::time::Duration;

use clap::Args;

use crate::gate::Limits;
use crate::keys::Role;

/// Is how a service is run.
#[derive(Debug, Clone, Args)]
pub struct Serving {
    /// What is logged: off, error, warn, info or debug
    #[arg(long, default_value = "info")]
    pub log: String,
    /// Requests under way at a time; more are refused with 503
    #[arg(long, default_value_t = Limits::default().concurrent)]
    pub concurrent: usize,
    /// Requests a second with one key
    #[arg(long, default_value_t = Limits::default().per_second)]
    pub rate: u32,
    /// Seconds that a request may take; an admin's may take longer
    #[arg(long, default_value_t = 10)]
    pub seconds: u64,
    /// How long answers are kept for those who ask again, by the service's clock: 7d, 12h, 30m, 45s
    #[arg(long, default_value = "7d", value_parser = span)]
    pub keep_answers: Duration,
}

/// Says on the standard error by which id a new key is revoked: the standard output has the key alone.
#[expect(
    clippy::print_stderr,
    reason = "it is for the screen of a command line"
)]
pub fn tell_id(key: &str) {
    eprintln!("id {} (for revoke)", crate::keys::id(key));
}

/// Is a key that is to be made.
#[derive(Debug, Clone, Args)]
pub struct NewKey {
    /// Whose it is
    #[arg(long)]
    pub name: String,
    /// What it may do
    #[arg(long, value_enum)]
    pub role: Role,
}

impl Serving {
    /// Gives how much is let in.
    pub fn limits(&self) -> Limits {
        Limits {
            concurrent: self.concurrent,
            per_second: self.rate,
            burst: self.rate.saturating_mul(2),
            time: Duration::from_secs(self.seconds),
            ..Limits::default()
        }
    }

    /// Gives how often to look for answers that are too old: a few times while an answer is kept, and
    /// not more than once a second.
    pub fn prune_every(&self) -> Duration {
        let eighth = self.keep_answers.checked_div(8).unwrap_or_default();
        eighth.clamp(Duration::from_secs(1), Duration::from_secs(60))
    }
}

/// Reads a span of days, hours, minutes or seconds.
fn span(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no span: write 7d, 12h, 30m or 45s");
    let unit: u64 = match text.chars().last() {
        Some('d') => 86_400,
        Some('h') => 3_600,
        Some('m') => 60,
        Some('s') => 1,
        _ => return Err(wrong()),
    };
    let many = text.get(..text.len().saturating_sub(1)).unwrap_or_default();
    let many: u64 = many.parse().map_err(|_| wrong())?;
    match many.checked_mul(unit) {
        Some(seconds @ 1..) => Ok(Duration::from_secs(seconds)),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_days_hours_minutes_or_seconds() {
        let table = [
            ("7d", 604_800),
            ("12h", 43_200),
            ("30m", 1_800),
            ("45s", 45),
        ];
        for (text, seconds) in table {
            assert_eq!(span(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for wrong in [
            "",
            "7",
            "d",
            "0s",
            "-1s",
            "1w",
            "七天",
            "18446744073709551615d",
        ] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
    }
}
