//! One moment for all sessions, and the proof that none of them writes.

use std::thread;
use std::time::{Duration, Instant};

use mysql::prelude::Queryable;
use mysql::{Conn, Error, Opts};

use super::{Product, fault, opened, quoted};
use crate::address::Server as Place;
use crate::error::DatabaseError;

/// How long a lock on tables is waited for at a time, and how long others may write before it is
/// asked for again.
const TURN_SECONDS: u32 = 1;
const PAUSE: Duration = Duration::from_secs(1);
/// The code of a lock that was not to be had in time.
const LOCKED: u16 = 1205;
/// The codes of a lock that the user may not take.
const DENIED: [u16; 5] = [1044, 1045, 1142, 1227, 1290];
/// The codes of a write that is not let through: the transaction only reads, the user may not, the
/// server does not.
const NOT_WRITTEN: [u16; 9] = [1044, 1045, 1142, 1143, 1227, 1288, 1290, 1792, 1836];

/// The moment that the sessions share.
#[derive(Debug)]
pub(super) struct Moment {
    pub(super) base_tables: Vec<String>,
    at: String,
    position: Option<String>,
    /// How many sessions were asked for, and why there is one, where they could not share.
    unshared: Option<(usize, String)>,
}

impl Moment {
    /// The moment as it is told; tables of engines that know no moments are named.
    pub(super) fn in_words(&self, sessions: usize, without: &[(String, String)]) -> String {
        let mut words = match (&self.unshared, sessions) {
            (Some((asked, why)), _) => {
                format!("{}, one connection instead of {asked}: {why}", self.at)
            }
            (None, 1) => format!("{}, one connection", self.at),
            (None, many) => format!("{}, one moment for {many} connections", self.at),
        };
        if let Some(position) = &self.position {
            words = format!("{words}, {position}");
        }
        for (table, engine) in without {
            words = format!(
                "{words}; {table} is {engine}, which keeps no moment, and is read as it stands"
            );
        }
        words
    }
}

/// How the tables are held still.
enum Held {
    /// All of the server's.
    Server(Conn),
    /// Those of the database.
    Tables(Conn),
    Not,
}

/// Connects the rest of the sessions, and starts all their transactions at one moment.
pub(super) fn take(
    place: &Place,
    options: &Opts,
    product: &Product,
    conns: &mut Vec<Conn>,
    sessions: usize,
) -> Result<Moment, DatabaseError> {
    let what = "starting one moment for all connections";
    let failed = |error| fault::while_opening(place, what, error);
    let listed = list(&mut conns[0]).map_err(failed)?;
    while conns.len() < sessions {
        conns.push(opened(place, options)?.0);
    }
    let mut unshared = None;
    let mut held = if sessions == 1 {
        Held::Not
    } else {
        let leader = opened(place, options)?.0;
        let held = hold(leader, place, &listed).map_err(|error| {
            let is_waiting = is_locked(&error);
            let failed = failed(error);
            match is_waiting {
                true => failed.mend(
                    "another session writes, or holds a lock: wait for its end, raise \
                     `lock_timeout` in the address, or write `connections=1`, which needs no lock",
                ),
                false => failed,
            }
        })?;
        held.unwrap_or_else(|why| {
            unshared = Some((sessions, why));
            Held::Not
        })
    };
    if unshared.is_some() {
        conns.truncate(1);
    }
    for conn in conns.iter_mut() {
        conn.query_drop("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
            .map_err(failed)?;
    }
    let at = conns[0]
        .query_first("SELECT DATE_FORMAT(UTC_TIMESTAMP(), '%Y-%m-%dT%H:%i:%sZ')")
        .map_err(failed)?;
    let position = match product.is_mariadb {
        true => position_of_snapshot(&mut conns[0]),
        false => match &mut held {
            Held::Server(leader) => position_of_server(leader),
            Held::Tables(_) | Held::Not => None,
        },
    };
    // Let go: nobody waits for us any longer.
    match held {
        Held::Server(mut leader) | Held::Tables(mut leader) => {
            leader.query_drop("UNLOCK TABLES").map_err(failed)?;
        }
        Held::Not => {}
    }
    Ok(Moment {
        base_tables: listed.base,
        at: at.unwrap_or_default(),
        position,
        unshared,
    })
}

/// The names of what can be locked.
struct Listed {
    base: Vec<String>,
    views: Vec<String>,
}

fn list(conn: &mut Conn) -> Result<Listed, Error> {
    let all: Vec<(String, String)> = conn.query(
        "SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES \
         WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME",
    )?;
    let of = |kinds: &[&str]| {
        let named = all
            .iter()
            .filter(|(_, kind)| kinds.contains(&kind.as_str()));
        named.map(|(name, _)| name.clone()).collect()
    };
    Ok(Listed {
        base: of(&["BASE TABLE", "SYSTEM VERSIONED"]),
        views: of(&["VIEW"]),
    })
}

/// What an attempt to hold tables still came to.
enum Attempt {
    /// All of the server's tables are held.
    Server,
    /// Those of the database are.
    Tables,
    /// There is none to hold.
    Nothing,
    /// The user may not.
    Denied,
}

/// Holds tables still; says why where the user may not.
///
/// A lock that is waited for keeps out everybody who comes later and writes. So it is waited for in
/// short turns, between which the others have their way.
fn hold(mut leader: Conn, place: &Place, listed: &Listed) -> Result<Result<Held, String>, Error> {
    leader.query_drop(format!("SET SESSION lock_wait_timeout = {TURN_SECONDS}"))?;
    let begun = Instant::now();
    let attempt = loop {
        match attempt(&mut leader, listed) {
            Err(error) if is_locked(&error) && begun.elapsed() + PAUSE < place.lock_timeout => {
                thread::sleep(PAUSE);
            }
            done => break done?,
        }
    };
    Ok(match attempt {
        Attempt::Server => Ok(Held::Server(leader)),
        Attempt::Tables => Ok(Held::Tables(leader)),
        Attempt::Nothing => Ok(Held::Not),
        Attempt::Denied => Err(
            "the user may hold still neither all tables, for want of RELOAD, nor these, for want \
             of LOCK TABLES"
                .to_owned(),
        ),
    })
}

/// Whether a lock was not to be had in time.
fn is_locked(error: &Error) -> bool {
    matches!(error, Error::MySqlError(error) if error.code == LOCKED)
}

/// Tries to hold all tables still, or else those of the database.
fn attempt(leader: &mut Conn, listed: &Listed) -> Result<Attempt, Error> {
    match leader.query_drop("FLUSH TABLES WITH READ LOCK") {
        Ok(()) => return Ok(Attempt::Server),
        Err(Error::MySqlError(error)) if DENIED.contains(&error.code) => {}
        Err(error) => return Err(error),
    }
    if listed.base.is_empty() && listed.views.is_empty() {
        return Ok(Attempt::Nothing);
    }
    // With a view, what it reads is locked as well; a broken one locks nothing.
    let with_views = [listed.base.as_slice(), &listed.views].concat();
    let sets = [with_views.as_slice(), &listed.base];
    for names in sets.into_iter().filter(|names| !names.is_empty()) {
        let locks: Vec<String> = names
            .iter()
            .map(|name| format!("{} READ", quoted(name)))
            .collect();
        match leader.query_drop(format!("LOCK TABLES {}", locks.join(", "))) {
            Ok(()) => return Ok(Attempt::Tables),
            Err(Error::MySqlError(error)) if error.code != LOCKED => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Attempt::Denied)
}

/// Where the binary log stood when the snapshot was taken, which MariaDB keeps with it.
fn position_of_snapshot(conn: &mut Conn) -> Option<String> {
    let status: Vec<(String, String)> = conn.query("SHOW STATUS LIKE 'binlog_snapshot_%'").ok()?;
    let of = |name: &str| {
        let found = status
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    };
    let (file, offset) = (of("binlog_snapshot_file")?, of("binlog_snapshot_position")?);
    let asked = format!(
        "SELECT BINLOG_GTID_POS('{}', {offset})",
        file.replace('\'', "''")
    );
    let gtid: Option<Option<String>> = conn.query_first(asked).ok()?;
    Some(match gtid.flatten().filter(|gtid| !gtid.is_empty()) {
        Some(gtid) => format!("GTID {gtid}"),
        None => format!("binary log {file}:{offset}"),
    })
}

/// Where the binary log stands, while all tables are held still.
fn position_of_server(leader: &mut Conn) -> Option<String> {
    let gtid: Option<Option<String>> = leader
        .query_first("SELECT @@GLOBAL.gtid_executed")
        .ok()
        .flatten();
    if let Some(gtid) = gtid.flatten().filter(|gtid| !gtid.is_empty()) {
        return Some(format!("GTID {}", gtid.replace(['\n', ' '], "")));
    }
    // The name of the statement changed with 8.4.
    let row = ["SHOW BINARY LOG STATUS", "SHOW MASTER STATUS"]
        .into_iter()
        .find_map(|asked| leader.query_first::<mysql::Row, _>(asked).ok().flatten())?;
    let file: String = row.get_opt(0)?.ok()?;
    let offset: u64 = row.get_opt(1)?.ok()?;
    Some(format!("binary log {file}:{offset}"))
}

/// Tries a write that would change nothing; it has to fail. It does not end the transaction.
pub(super) fn try_to_write(
    conn: &mut Conn,
    place: &Place,
    base_tables: &[String],
) -> Result<(), DatabaseError> {
    // Without a table of its own, the server's grants, which every server has.
    let table = base_tables
        .first()
        .map_or("mysql.db".to_owned(), |name| quoted(name));
    let tried = conn.query_drop(format!("DELETE FROM {table} WHERE 1 = 0"));
    match tried {
        Err(Error::MySqlError(error)) if NOT_WRITTEN.contains(&error.code) => Ok(()),
        Err(error) => Err(fault::while_opening(
            place,
            "trying that nothing can be written",
            error,
        )),
        Ok(()) => Err(DatabaseError::writable(place.name())),
    }
}
