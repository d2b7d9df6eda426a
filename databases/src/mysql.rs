//! MySQL and MariaDB.
//!
//! A leading connection holds all tables still for the moment in which every session starts its
//! transaction; from then on they all read what stood at that moment, and nobody waits for them.
//! Statements are prepared, so that numbers come in binary and a `float` keeps its bits. The values
//! of keys are written into the statements as literals of their column's own type, because it is
//! with those that both optimizers find their way into an index.

mod compare;
mod connect;
mod decode;
mod fault;
pub(crate) mod gauge;
mod session;
mod snapshot;
pub(crate) mod spelling;
mod tables;
pub(crate) mod write;

use std::sync::Arc;

use mysql::Conn;
use mysql::prelude::Queryable;

use crate::address::Server as Place;
use crate::error::DatabaseError;
use crate::session::{Dialect, Opened, Session};
use session::MysqlSession;

pub(crate) use compare::labels;

/// Connects, brings all sessions to one moment, tries that they cannot write, and learns the tables.
pub(crate) fn open(
    server: &Place,
    password: Option<&str>,
    sessions: usize,
) -> Result<Opened, DatabaseError> {
    let options = connect::options(server, password)?;
    let (first, product) = opened(server, &options)?;
    let mut conns = vec![first];
    let moment = snapshot::take(server, &options, &product, &mut conns, sessions)?;
    for conn in &mut conns {
        snapshot::try_to_write(conn, server, &moment.base_tables)?;
    }
    let mut found = tables::learn(&mut conns[0], server)?;
    let barred = found.without_rights();
    tables::add_hidden(&mut conns[0], server, &mut found.tables)?;
    let snapshot = moment.in_words(conns.len(), &found.without_moment);
    let texts = Arc::new(found.texts);
    let sessions = conns.into_iter().map(|conn| -> Box<dyn Session> {
        Box::new(MysqlSession::new(
            conn,
            server,
            options.clone(),
            Arc::clone(&texts),
        ))
    });
    Ok(Opened {
        product: product.to_string(),
        dialect: Dialect::Mysql {
            is_recent: product.numbers_records(),
        },
        snapshot,
        tables: found.tables,
        barred,
        sessions: sessions.collect(),
        // A snapshot cannot be joined once its tables are let go.
        joiner: None,
    })
}

/// A connection with its settings, and what answers on it.
fn opened(server: &Place, options: &mysql::Opts) -> Result<(Conn, Product), DatabaseError> {
    let mut conn = connect::connect(server, options)?;
    let product = Product::of(&mut conn).map_err(|error| fault::opening(server, error))?;
    connect::settle(&mut conn, server, &product).map_err(|error| fault::opening(server, error))?;
    Ok((conn, product))
}

/// Which of the two it is, and its version.
#[derive(Debug, Clone)]
struct Product {
    is_mariadb: bool,
    version: String,
}

impl Product {
    fn of(conn: &mut Conn) -> Result<Product, mysql::Error> {
        let named: Option<String> = conn.query_first("SELECT VERSION()")?;
        let named = named.unwrap_or_default();
        let end = named.find(|c: char| !c.is_ascii_digit() && c != '.');
        Ok(Product {
            is_mariadb: named.to_ascii_lowercase().contains("mariadb"),
            version: named[..end.unwrap_or(named.len())].to_owned(),
        })
    }
}

impl Product {
    /// Whether it has window functions: MySQL from 8.0, MariaDB from 10.2 on.
    fn numbers_records(&self) -> bool {
        let mut parts = self.version.split('.').map(str::parse::<u32>);
        let mut part = || parts.next().and_then(Result::ok).unwrap_or_default();
        let version = (part(), part());
        version >= if self.is_mariadb { (10, 2) } else { (8, 0) }
    }
}

impl std::fmt::Display for Product {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = if self.is_mariadb { "MariaDB" } else { "MySQL" };
        write!(f, "{name} {}", self.version)
    }
}

/// An identifier as SQL takes it.
pub(crate) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}
