//! Writing into PostgreSQL: `COPY … FROM STDIN`.

use std::io::Cursor;
use std::sync::Arc;

use arrow_array::RecordBatch;
use futures::SinkExt as _;
use tokio_postgres::Error;

use crate::address::Server as Place;
use crate::error::{DatabaseError, DatabaseErrorKind};
use crate::session::Failure;
use crate::table::{TableInfo, quoted};
use crate::write::{
    Destination, Dialect, Form, OWN, Texts, WriteSession, fitted, misfit, put_hex, taken,
};

use super::connect::Link;
use super::{catalogue, failure, literal};

/// How much text is sent at a time.
const PIECE: usize = 1 << 18;

/// Connects for writing.
pub(crate) fn open(
    place: &Place,
    password: Option<&str>,
) -> Result<(Dialect, Box<dyn WriteSession>), DatabaseError> {
    let link = Link::connect(place, password)?;
    link.begin_writing()?;
    let product = link.text("SELECT 'PostgreSQL ' || current_setting('server_version')")?;
    let product = product.split('(').next().unwrap_or_default().trim();
    let dialect = Dialect::Postgres {
        schema: place.schema.clone(),
    };
    let session = Writing {
        product: product.to_owned(),
        schema: place.schema.clone(),
        link,
    };
    Ok((dialect, Box::new(session)))
}

struct Writing {
    product: String,
    schema: String,
    link: Link,
}

impl WriteSession for Writing {
    fn product(&self) -> String {
        self.product.clone()
    }

    fn execute(&mut self, what: &str, sql: &str) -> Result<(), Failure> {
        self.link
            .execute(sql)
            .map_err(|error| refused(what, &error))
    }

    fn rows(&mut self, what: &str, sql: &str) -> Result<Vec<Vec<String>>, Failure> {
        self.link.rows(sql).map_err(|error| refused(what, &error))
    }

    fn tables(&mut self) -> Result<Vec<Arc<TableInfo>>, Failure> {
        let tables = catalogue::tables_to_write(&self.link, &self.schema)?;
        Ok(tables.into_iter().map(Arc::new).collect())
    }

    fn ensure_free(&mut self, name: &str) -> Result<(), Failure> {
        let what = format!("looking for {name}");
        let rows = self.rows(&what, &catalogue::named(&self.schema, name))?;
        let Some([kind, parent]) = rows.first().and_then(|row| row.first_chunk::<2>()) else {
            return Ok(());
        };
        let (why, mend) = match (kind.as_str(), parent.as_str()) {
            ("i" | "I", _) => return Err(taken(name, "an index")),
            ("S", _) => return Err(taken(name, "a sequence")),
            ("c" | "type", _) => return Err(taken(name, "a type")),
            (_, "") => (
                "it is there, and the user may not read it".to_owned(),
                "GRANT SELECT and INSERT on it to the user that writes".to_owned(),
            ),
            (_, parent) => (
                format!("it is a partition of {parent}"),
                format!("name {parent} as the target: no book shows its partitions"),
            ),
        };
        let what = format!("writing {name}");
        let kind = DatabaseErrorKind::Statement { what, why };
        Err(DatabaseError::new(kind).mend(mend).into())
    }

    fn can_be_truncated(&mut self, table: &str) -> Result<bool, Failure> {
        let what = format!("looking at {table}");
        let found = self.rows(&what, &catalogue::not_truncated(&self.schema, table))?;
        Ok(found.is_empty())
    }

    fn hold(&mut self) -> Result<bool, Failure> {
        // Two texts make a number of their own; schemas of one database are apart.
        let sql = format!(
            "SELECT pg_try_advisory_lock(hashtext({}), hashtext({}))::text",
            literal(OWN),
            literal(&self.schema)
        );
        let rows = self.rows("asking for the lock of a conversion", &sql)?;
        Ok(rows
            .first()
            .and_then(|row| row.first())
            .is_some_and(|held| held == "true"))
    }

    fn append(
        &mut self,
        into: &Destination,
        next: &mut dyn FnMut() -> Option<RecordBatch>,
    ) -> Result<u64, Failure> {
        let names: Vec<String> = into
            .columns
            .iter()
            .map(|column| quoted(&column.name))
            .collect();
        let sql = format!("COPY {} ({}) FROM STDIN", into.table, names.join(", "));
        let what = format!("writing {}", into.name);
        let copied = self.link.wait(async |client| {
            let sink = client.copy_in(&sql).await.map_err(Stopped::Server)?;
            let mut sink = std::pin::pin!(sink);
            let mut text = String::with_capacity(PIECE + PIECE / 4);
            while let Some(batch) = next() {
                let columns = fitted(into, &batch).map_err(Stopped::Value)?;
                let texts = Texts::of(&columns);
                for row in 0..batch.num_rows() {
                    if let Err(column) = put_line(&mut text, &texts, row) {
                        let why = "it holds a NUL, which PostgreSQL keeps in no text".to_owned();
                        return Err(Stopped::Value(misfit(into, &batch, row, column, why)));
                    }
                    if text.len() >= PIECE {
                        let piece =
                            std::mem::replace(&mut text, String::with_capacity(PIECE + PIECE / 4));
                        let piece = Cursor::new(piece.into_bytes());
                        sink.send(piece).await.map_err(Stopped::Server)?;
                    }
                }
            }
            let rest = Cursor::new(text.into_bytes());
            sink.send(rest).await.map_err(Stopped::Server)?;
            sink.finish().await.map_err(Stopped::Server)
        });
        copied.map_err(|stopped| match stopped {
            Stopped::Server(error) => refused(&what, &error),
            Stopped::Value(error) => error.into(),
        })
    }
}

/// What ended a write.
enum Stopped {
    Server(Error),
    Value(DatabaseError),
}

/// A record as `COPY` reads it; else the column that it does not.
fn put_line(out: &mut String, texts: &Texts<'_>, row: usize) -> Result<(), usize> {
    for (at, column) in texts.columns.iter().enumerate() {
        if at > 0 {
            out.push('\t');
        }
        match &column.form {
            _ if column.is_null(row) => out.push_str("\\N"),
            Form::Plain(write) => write(row, out),
            Form::Float(value, write) => match value(row) {
                number if number.is_nan() => out.push_str("NaN"),
                number if number == f64::INFINITY => out.push_str("Infinity"),
                number if number == f64::NEG_INFINITY => out.push_str("-Infinity"),
                _ => write(row, out),
            },
            Form::Bytes(array) => {
                out.push_str("\\\\x");
                put_hex(out, array.value(row));
            }
            Form::Text(array) => put_escaped(out, array.value(row)).map_err(|()| at)?,
        }
    }
    out.push('\n');
    Ok(())
}

/// A text in which nothing ends a field or a line.
fn put_escaped(out: &mut String, text: &str) -> Result<(), ()> {
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '\t', '\n', '\r', '\0']) {
        let (before, behind) = rest.split_at(at);
        out.push_str(before);
        out.push_str(match behind.as_bytes()[0] {
            b'\\' => "\\\\",
            b'\t' => "\\t",
            b'\n' => "\\n",
            b'\r' => "\\r",
            _ => return Err(()),
        });
        rest = &behind[1..];
    }
    out.push_str(rest);
    Ok(())
}

/// What an error of the server means for a write, with all that it says of the record.
fn refused(what: &str, error: &Error) -> Failure {
    let failure = failure(what, error);
    let Some(said) = error.as_db_error() else {
        return failure;
    };
    let Failure::Error(mut told) = failure else {
        return failure;
    };
    if let DatabaseErrorKind::Statement { why, .. } = &mut told.kind {
        let more = [
            said.detail(),
            said.where_().and_then(|place| place.lines().next()),
        ];
        for more in more.into_iter().flatten() {
            why.push_str("; ");
            why.push_str(more.trim_end_matches('.'));
        }
        told.mend = match said.code().code() {
            "42501" => "GRANT USAGE and CREATE on the schema to the user that writes, on tables \
                        that are there SELECT and INSERT, and for --discard DELETE or TRUNCATE"
                .to_owned(),
            "53100" => "make room where the server keeps its data, then start it again: it goes \
                        on behind the last finished chunk"
                .to_owned(),
            _ => String::new(),
        };
    }
    told.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_ends_a_field_or_a_line() {
        let escaped = |text: &str| {
            let mut out = String::new();
            put_escaped(&mut out, text).map(|()| out)
        };
        assert_eq!(
            escaped("a\\N\tb\r\n瑞\\").as_deref(),
            Ok("a\\\\N\\tb\\r\\n瑞\\\\")
        );
        assert_eq!(escaped(""), Ok(String::new()));
        assert_eq!(escaped("a\0b"), Err(()));
    }
}
