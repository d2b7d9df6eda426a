//! How fast one user may click.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use ruixin_service::problem::{Problem, RATE_LIMITED};

/// Seconds of a span over which requests are counted.
const SPAN: u64 = 10;

/// Counts requests of each user, span by span.
#[derive(Debug)]
pub(crate) struct Rates {
    begun: Instant,
    most: u32,
    counted: Mutex<(u64, BTreeMap<u64, u32>)>,
}

impl Rates {
    /// Allows so many requests a second, of one user in the mean.
    pub(crate) fn new(per_second: u32) -> Rates {
        let span = u32::try_from(SPAN).unwrap_or(1);
        Rates {
            begun: Instant::now(),
            most: per_second.saturating_mul(span),
            counted: Mutex::default(),
        }
    }

    /// Counts a request, and refuses it where there have been too many.
    pub(crate) fn take(&self, user: u64) -> Result<(), Problem> {
        let span = self.begun.elapsed().as_secs().div_euclid(SPAN);
        self.take_in(span, user)
    }

    fn take_in(&self, span: u64, user: u64) -> Result<(), Problem> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.0 != span {
            *counted = (span, BTreeMap::new());
        }
        let count = counted.1.entry(user).or_default();
        *count = count.saturating_add(1);
        match *count > self.most {
            true => Err(Problem::new(RATE_LIMITED).retry_after(SPAN)),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_one_are_counted_apart_from_those_of_others() {
        let rates = Rates::new(1);
        let taken = |span, user| {
            (0..100)
                .filter(|_| rates.take_in(span, user).is_ok())
                .count()
        };
        assert_eq!([taken(0, 1), taken(0, 2)], [10; 2]);
        assert_eq!([taken(0, 1), taken(1, 1)], [0, 10]);
    }
}
