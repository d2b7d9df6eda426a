//! How far behind the replicas are, or this server where it is one.

use std::time::Duration;

use super::connect::Link;
use crate::address::Server as Place;
use crate::error::{DatabaseError, DatabaseErrorKind};
use crate::load::Gauge;

/// Seconds; the empty text where the user may not know. A replica that has caught up and idles has
/// no lag of its own.
const LAG: &str = "SELECT CASE \
     WHEN pg_is_in_recovery() THEN CASE \
         WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0 \
         ELSE coalesce(extract(epoch FROM \
              clock_timestamp() - pg_last_xact_replay_timestamp()), 0) END \
     WHEN NOT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') THEN NULL \
     ELSE coalesce((SELECT max(extract(epoch FROM replay_lag)) FROM pg_stat_replication), 0) \
     END::float8";

struct Asking {
    link: Link,
    server: String,
}

/// Connects for asking.
pub(crate) fn open(place: &Place, password: Option<&str>) -> Result<Box<dyn Gauge>, DatabaseError> {
    let link = Link::connect(place, password)?;
    link.begin_asking()?;
    let server = place.name();
    Ok(Box::new(Asking { link, server }))
}

impl Gauge for Asking {
    fn lag(&mut self) -> Result<Duration, DatabaseError> {
        let unknown = |why: String| {
            DatabaseError::new(DatabaseErrorKind::Lag {
                server: self.server.clone(),
                why,
            })
        };
        let said = self
            .link
            .text(LAG)
            .map_err(|error| unknown(error.to_string()))?;
        if said.is_empty() {
            return Err(unknown("the user may not know it".to_owned())
                .mend("GRANT pg_read_all_stats to the user, or leave `lag` out"));
        }
        let seconds = said.parse::<f64>().ok();
        let lag = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).ok());
        lag.ok_or_else(|| unknown(format!("the server says {said:?}")))
    }

    fn server(&self) -> String {
        self.server.clone()
    }
}
