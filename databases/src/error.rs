//! What can be wrong with a database, with the mend.

use std::fmt;

use thiserror::Error;

/// Is a database that cannot be opened or read. Its text never holds a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseError {
    /// What is wrong.
    pub kind: DatabaseErrorKind,
    /// What to do about it; may be empty.
    pub mend: String,
}

impl DatabaseError {
    pub(crate) fn new(kind: DatabaseErrorKind) -> DatabaseError {
        DatabaseError {
            kind,
            mend: String::new(),
        }
    }

    pub(crate) fn mend(mut self, mend: impl Into<String>) -> DatabaseError {
        self.mend = mend.into();
        self
    }

    /// Nobody answers at a server.
    pub(crate) fn unreachable(server: String, why: String) -> DatabaseError {
        DatabaseError::new(DatabaseErrorKind::Unreachable { server, why })
            .mend("is it running, and is this its host and port?")
    }

    /// A connection cannot be made secure, for what rustls says.
    pub(crate) fn insecure(server: String, why: String) -> DatabaseError {
        let mend = match why.contains("not valid for name") {
            true => "connect by a name that its certificate is for",
            false => "name the roots of its certificate with `?ca_file=…` in the address",
        };
        DatabaseError::new(DatabaseErrorKind::Tls { server, why }).mend(mend)
    }

    /// A server has no TLS to offer.
    pub(crate) fn without_tls(server: String) -> DatabaseError {
        let why = "the server offers no TLS".to_owned();
        DatabaseError::new(DatabaseErrorKind::Tls { server, why })
            .mend("have it set up, or write `tls=off` where nobody listens in")
    }

    /// The file with the roots of certificates gives none.
    pub(crate) fn without_roots(server: String, why: String) -> DatabaseError {
        DatabaseError::new(DatabaseErrorKind::Tls { server, why })
            .mend("`ca_file` names the certificates to trust")
    }

    /// A server let a write through.
    pub(crate) fn writable(server: String) -> DatabaseError {
        DatabaseError::new(DatabaseErrorKind::Writable(server))
            .mend("use a user who may only SELECT")
    }

    /// Takes a secret out of whatever is said.
    pub(crate) fn without(mut self, secret: &str) -> DatabaseError {
        if !secret.is_empty() {
            self.kind.conceal(secret);
        }
        self
    }
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        match self.mend.as_str() {
            "" => Ok(()),
            mend => write!(f, "; {mend}"),
        }
    }
}

impl std::error::Error for DatabaseError {}

/// Says what is wrong with a database.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DatabaseErrorKind {
    /// The address is not one of a database.
    #[error("{0}")]
    Address(String),
    /// The password cannot be had.
    #[error("the password cannot be had: {0}")]
    Secret(String),
    /// Nobody answers.
    #[error("{server} cannot be reached: {why}")]
    Unreachable {
        /// Host and port, socket or file.
        server: String,
        /// What the attempt ended with.
        why: String,
    },
    /// The server does not let us in.
    #[error("{server} refuses {user}: {why}")]
    Refused {
        /// Host and port, or socket.
        server: String,
        /// The user.
        user: String,
        /// What the server says.
        why: String,
    },
    /// The connection cannot be made secure.
    #[error("no secure connection to {server}: {why}")]
    Tls {
        /// Host and port.
        server: String,
        /// What is wrong with it.
        why: String,
    },
    /// The server let a write through.
    #[error("{0} let a write through, although it was opened for reading only")]
    Writable(String),
    /// No snapshot that all connections share.
    #[error("there is no snapshot for {sessions} connections: {why}")]
    Snapshot {
        /// How many were asked for.
        sessions: usize,
        /// Why not.
        why: String,
    },
    /// A connection ended, and with it the snapshot.
    #[error("the connection was lost: {0}")]
    Lost(String),
    /// The replicas are behind, or how far is not known.
    #[error("{server}, the lag of replicas: {why}")]
    Lag {
        /// Host and port, or socket.
        server: String,
        /// What is known of it.
        why: String,
    },
    /// The server gave up on a statement.
    #[error("{what} took longer than it may: {why}")]
    TimedOut {
        /// What was done.
        what: String,
        /// What the server says.
        why: String,
    },
    /// The server says no to a statement.
    #[error("{what}: {why}")]
    Statement {
        /// What was done.
        what: String,
        /// What the server says, with its code.
        why: String,
    },
    /// A value cannot be held exactly.
    #[error("{table}, {record}, column {column:?}: {why}")]
    Value {
        /// The table.
        table: String,
        /// The record, by its key or its number.
        record: String,
        /// The column.
        column: String,
        /// Why not.
        why: String,
    },
    /// A column is of a type that is not read.
    #[error("{table}, column {column:?} is {declared}, which cannot be compared")]
    Unread {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Its type.
        declared: String,
    },
    /// A column that the user may not read.
    #[error("{table}, column {column:?}: the user may not read it")]
    Barred {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
}

impl DatabaseErrorKind {
    fn conceal(&mut self, secret: &str) {
        use DatabaseErrorKind as Kind;
        let (Kind::Address(why)
        | Kind::Secret(why)
        | Kind::Writable(why)
        | Kind::Lost(why)
        | Kind::Unreachable { why, .. }
        | Kind::Lag { why, .. }
        | Kind::Refused { why, .. }
        | Kind::Tls { why, .. }
        | Kind::Snapshot { why, .. }
        | Kind::TimedOut { why, .. }
        | Kind::Statement { why, .. }
        | Kind::Value { why, .. }
        | Kind::Unread { declared: why, .. }
        | Kind::Barred { table: why, .. }) = self;
        *why = why.replace(secret, "…");
    }
}
