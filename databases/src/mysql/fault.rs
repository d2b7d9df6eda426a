//! What goes wrong on the wire and on the server, in our words.

use mysql::{DriverError, Error, MySqlError};

use crate::address::Server as Place;
use crate::error::{DatabaseError, DatabaseErrorKind as Kind};
use crate::session::Failure;

/// The codes of a statement, or a wait for a lock, that took too long.
const TOO_LONG: [u16; 2] = [1969, 3024];
const LOCKED: u16 = 1205;
/// The codes of a connection that the server ended: shutdown, killed, timed out, broken.
const ENDED: [u16; 12] = [
    1053, 1077, 1079, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 3169, 4031,
];
/// The codes of somebody who is not let in.
const REFUSED: [u16; 8] = [1044, 1045, 1129, 1130, 1698, 1820, 1862, 3118];
/// The codes of a server with no place left for a connection.
const FULL: [u16; 4] = [1040, 1041, 1203, 1226];

/// An error while a connection is opened.
pub(super) fn opening(place: &Place, error: Error) -> DatabaseError {
    match error {
        Error::MySqlError(error) if REFUSED.contains(&error.code) => refused(place, said(&error))
            .mend("see user, password and the database's name, and what the user is granted"),
        Error::MySqlError(error) if FULL.contains(&error.code) => unreachable(place, said(&error))
            .mend("ask for fewer connections, or wait until others have gone"),
        Error::MySqlError(error) if error.code == 3159 => {
            tls(place, said(&error)).mend("write `tls=verify` into the address")
        }
        Error::MySqlError(error) if error.code == 1049 => Error::MySqlError(error)
            .stated(&format!("opening {}", place.database))
            .mend("SHOW DATABASES names those there are"),
        Error::MySqlError(_) => match working("opening a session", error) {
            Failure::Error(error) => error,
            Failure::Lost(why) | Failure::Value { why, .. } => unreachable(place, why),
        },
        Error::TlsError(error) => tls(place, error.to_string()),
        Error::DriverError(DriverError::TlsNotSupported) => {
            DatabaseError::without_tls(place.name())
        }
        Error::DriverError(
            error @ (DriverError::UnknownAuthPlugin(_)
            | DriverError::OldMysqlPasswordDisabled
            | DriverError::CleartextPluginDisabled),
        ) => refused(place, error.to_string()),
        Error::DriverError(DriverError::CouldNotConnect(Some((_, why, _)))) => {
            unreachable(place, why)
        }
        Error::DriverError(DriverError::ConnectTimeout) => {
            unreachable(place, "connecting took too long".to_owned())
        }
        other => match io(&other) {
            Some(error) if is_tls(error) => tls(place, error.to_string()),
            Some(error) => unreachable(place, error.to_string()),
            None => unreachable(place, other.to_string()),
        },
    }
}

/// An error of a session at work.
pub(super) fn working(what: &str, error: Error) -> Failure {
    let code = match &error {
        Error::MySqlError(error) => error.code,
        Error::FromRowError(_) | Error::FromValueError(_) | Error::UrlError(_) => 0,
        Error::CodecError(codec) if codec.to_string().contains("max_allowed_packet") => {
            return Failure::Error(
                error
                    .stated(what)
                    .mend("raise max_allowed_packet, or ask for less at a time"),
            );
        }
        lost => {
            return Failure::Lost(match io(lost) {
                Some(error) => format!("{what}: {}", broken(error)),
                None => format!("{what}: {lost}"),
            });
        }
    };
    if ENDED.contains(&code) {
        return Failure::Lost(format!("{what}: {}", error.said()));
    }
    let kind = || Kind::TimedOut {
        what: what.to_owned(),
        why: error.said(),
    };
    Failure::Error(match code {
        LOCKED => DatabaseError::new(kind()).mend(
            "another session holds a lock: wait for its end, or raise `lock_timeout` in the address",
        ),
        code if TOO_LONG.contains(&code) => {
            DatabaseError::new(kind()).mend("raise `statement_timeout` in the address")
        }
        1142 | 1143 => error.stated(what).mend("GRANT SELECT on it to the user"),
        1412 => error.stated(what).mend("the table was altered since the snapshot: start again"),
        _ => error.stated(what),
    })
}

/// Turns what a session says while a database is opened into the error of opening.
pub(super) fn while_opening(place: &Place, what: &str, error: Error) -> DatabaseError {
    match working(what, error) {
        Failure::Error(error) => error,
        Failure::Lost(why) | Failure::Value { why, .. } => unreachable(place, why),
    }
}

pub(super) fn refused(place: &Place, why: String) -> DatabaseError {
    DatabaseError::new(Kind::Refused {
        server: place.name(),
        user: place.user.clone(),
        why,
    })
}

pub(super) fn unreachable(place: &Place, why: String) -> DatabaseError {
    DatabaseError::unreachable(place.name(), why)
}

fn tls(place: &Place, why: String) -> DatabaseError {
    DatabaseError::insecure(place.name(), why)
}

/// What the server says, with its code.
pub(super) fn said(error: &MySqlError) -> String {
    format!("{} (error {})", error.message, error.code)
}

/// The error of the line below, where it is one.
fn io(error: &Error) -> Option<&std::io::Error> {
    match error {
        Error::IoError(error) => Some(error),
        Error::CodecError(codec) => std::error::Error::source(codec)?.downcast_ref(),
        _ => None,
    }
}

/// Why a line is dead.
fn broken(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => {
            "the server was silent for longer than a statement may take".to_owned()
        }
        ErrorKind::UnexpectedEof
        | ErrorKind::BrokenPipe
        | ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted => "the server closed the connection".to_owned(),
        // What the driver says of an answer that ends in its middle.
        _ if error.to_string() == "bytes remaining on stream" => {
            "the server closed the connection".to_owned()
        }
        _ => error.to_string(),
    }
}

fn is_tls(error: &std::io::Error) -> bool {
    error
        .get_ref()
        .is_some_and(|inner| inner.is::<rustls::Error>())
}

/// An error in words.
trait InWords {
    fn said(&self) -> String;
    fn stated(&self, what: &str) -> DatabaseError;
}

impl InWords for Error {
    fn said(&self) -> String {
        match self {
            Error::MySqlError(error) => said(error),
            other => other.to_string(),
        }
    }

    fn stated(&self, what: &str) -> DatabaseError {
        DatabaseError::new(Kind::Statement {
            what: what.to_owned(),
            why: self.said(),
        })
    }
}
