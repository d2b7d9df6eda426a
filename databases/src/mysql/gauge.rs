//! How far behind its source this server is, where it is a replica.

use std::time::Duration;

use mysql::prelude::Queryable;
use mysql::{Conn, Error, Row, Value};

use super::opened;
use crate::address::Server as Place;
use crate::error::{DatabaseError, DatabaseErrorKind};
use crate::load::Gauge;

/// The statement was renamed, and so was the column.
const STATEMENTS: [&str; 2] = ["SHOW REPLICA STATUS", "SHOW SLAVE STATUS"];
const COLUMNS: [&str; 2] = ["Seconds_Behind_Source", "Seconds_Behind_Master"];
/// A statement that the server does not know.
const UNKNOWN: u16 = 1064;
/// A statement that the user may not give.
const DENIED: u16 = 1227;

struct Asking {
    conn: Conn,
    server: String,
}

/// Connects for asking.
pub(crate) fn open(place: &Place, password: Option<&str>) -> Result<Box<dyn Gauge>, DatabaseError> {
    let options = super::connect::options(place, password)?;
    let (conn, _) = opened(place, &options)?;
    let server = place.name();
    Ok(Box::new(Asking { conn, server }))
}

impl Asking {
    fn unknown(&self, why: impl Into<String>) -> DatabaseError {
        DatabaseError::new(DatabaseErrorKind::Lag {
            server: self.server.clone(),
            why: why.into(),
        })
    }

    fn status(&mut self) -> Result<Option<Row>, DatabaseError> {
        for statement in STATEMENTS {
            match self.conn.query_first(statement) {
                Ok(row) => return Ok(row),
                Err(Error::MySqlError(error)) if error.code == UNKNOWN => {}
                Err(Error::MySqlError(error)) if error.code == DENIED => {
                    return Err(self.unknown(error.message).mend(
                        "GRANT REPLICATION CLIENT, or SLAVE MONITOR, to the user, or leave `lag` \
                         out",
                    ));
                }
                Err(error) => return Err(self.unknown(error.to_string())),
            }
        }
        Err(self.unknown("the server does not tell its replication"))
    }
}

impl Gauge for Asking {
    fn lag(&mut self) -> Result<Duration, DatabaseError> {
        let Some(row) = self.status()? else {
            return Err(self.unknown(
                "this server is no replica, and a source does not know how far its replicas are \
                 behind",
            )
            .mend("read from a replica, or leave `lag` out"));
        };
        let said = COLUMNS.iter().find_map(|name| row.get::<Value, _>(*name));
        match said {
            Some(Value::NULL) => Err(self
                .unknown("its replication does not run")
                .mend("START REPLICA, or leave `lag` out")),
            Some(value) => mysql::from_value_opt::<u64>(value)
                .map(Duration::from_secs)
                .map_err(|error| self.unknown(error.to_string())),
            None => Err(self.unknown("the server does not tell its replication")),
        }
    }

    fn server(&self) -> String {
        self.server.clone()
    }
}
