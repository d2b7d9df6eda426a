//! How far behind the replicas are, or this server where it is one.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::connect::Link;
use crate::address::Server as Place;
use crate::error::{DatabaseError, DatabaseErrorKind};
use crate::load::Gauge;

/// Whether the user may know, seconds of lag, where the log stands and how far the slowest replica
/// has replayed it. Of a replica the lag is how old the last transaction is that it replayed, unless
/// it has replayed all that has come, and more can come.
const LAG: &str = "SELECT pg_is_in_recovery() \
         OR pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS may_know, \
     CASE WHEN NOT pg_is_in_recovery() THEN \
         (SELECT max(extract(epoch FROM replay_lag)) FROM pg_stat_replication) \
     WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() \
         AND EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 0 \
     ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END::float8, \
     CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_lsn() - '0/0'::pg_lsn END, \
     CASE WHEN NOT pg_is_in_recovery() THEN \
         (SELECT min(replay_lsn - '0/0'::pg_lsn) FROM pg_stat_replication) END";

struct Asking {
    link: Link,
    server: String,
    seen: Seen,
}

/// Where the log stood when, as long as a replica has still to replay it. The server knows of a lag
/// only once it has passed: of a replica that stands still it knows none.
#[derive(Default)]
struct Seen(VecDeque<(Instant, u64)>);

impl Seen {
    /// How long ago that was written which is replayed next.
    fn lag(&mut self, now: Instant, written: u64, replayed: Option<u64>) -> Duration {
        let replayed = replayed.unwrap_or(written);
        while self
            .0
            .front()
            .is_some_and(|(_, written)| *written <= replayed)
        {
            self.0.pop_front();
        }
        if written > replayed && self.0.back().is_none_or(|(_, last)| *last < written) {
            self.0.push_back((now, written));
        }
        let oldest = self.0.front();
        oldest.map_or(Duration::ZERO, |(at, _)| now.saturating_duration_since(*at))
    }
}

/// Connects for asking.
pub(crate) fn open(place: &Place, password: Option<&str>) -> Result<Box<dyn Gauge>, DatabaseError> {
    let link = Link::connect(place, password)?;
    link.begin_asking()?;
    Ok(Box::new(Asking {
        link,
        server: place.name(),
        seen: Seen::default(),
    }))
}

impl Asking {
    fn unknown(&self, why: String) -> DatabaseError {
        let server = self.server.clone();
        DatabaseError::new(DatabaseErrorKind::Lag { server, why })
    }
}

impl Gauge for Asking {
    fn lag(&mut self) -> Result<Duration, DatabaseError> {
        let answer = self.link.rows(LAG);
        let answer = answer.map_err(|error| self.unknown(super::reason(&error)))?;
        let Some([may_know, told, written, replayed]) = answer.first().map(Vec::as_slice) else {
            return Err(self.unknown("the server does not tell its replication".to_owned()));
        };
        if may_know != "t" {
            return Err(self
                .unknown("the user may not know it".to_owned())
                .mend("GRANT pg_read_all_stats to the user, or leave `lag` out"));
        }
        let told = told.parse::<f64>().ok();
        let told = told.and_then(|told| Duration::try_from_secs_f64(told.max(0.0)).ok());
        // A replica tells nothing of where the log stands, and its age only once it has replayed.
        if told.is_none() && written.is_empty() {
            return Err(self.unknown("it has replayed nothing yet, and cannot tell".to_owned()));
        }
        let seen = written.parse().ok().map_or(Duration::ZERO, |written| {
            self.seen
                .lag(Instant::now(), written, replayed.parse().ok())
        });
        Ok(seen.max(told.unwrap_or_default()))
    }

    fn server(&self) -> String {
        self.server.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replica_that_stands_still_falls_behind() {
        let start = Instant::now();
        let mut seen = Seen::default();
        let mut at = |second: u64, written, replayed| {
            let now = start + Duration::from_secs(second);
            seen.lag(now, written, replayed).as_secs()
        };
        // Without a replica, and with one that has caught up, there is none.
        assert_eq!(at(0, 10, None), 0);
        assert_eq!(at(1, 10, Some(10)), 0);
        // Its oldest record not replayed is from second 2.
        assert_eq!(at(2, 20, Some(10)), 0);
        assert_eq!(at(3, 30, Some(10)), 1);
        assert_eq!(at(5, 30, Some(15)), 3);
        // That of second 2 is replayed, that of second 3 is not.
        assert_eq!(at(6, 40, Some(20)), 3);
        assert_eq!(at(7, 40, Some(40)), 0);
    }
}
