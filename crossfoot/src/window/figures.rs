//! Opening figures: what the old book says while it is being closed.

use crate::commands::environment;
use crate::error::{CommandError, Kind};
use cutover::Digest;
use cutover::daybook::{Figure, OpeningFigures, Taken};
use rules::plan::{Plan, Window};
use rules::sql::{Run, Which};

/// Reads the opening figures of the source: those that the plan asks for, or the digests of its
/// files.
pub(crate) fn read(
    plan: &Plan,
    window: &Window,
    threads: usize,
    taken: Taken,
) -> Result<OpeningFigures, CommandError> {
    let session = rules::prepare::open_source(plan, threads, &environment)?;
    let Some(sql) = &window.figures else {
        let book = session.book(Which::Source);
        return of_files(book, &targets_within(plan)?, threads, taken);
    };
    let side = session
        .side(Which::Source, sql.as_str(), &[])
        .map_err(|errors| CommandError::plan(rules::prepare::in_sql(sql, errors)))?;
    let runtime = crate::commands::runtime(threads)?;
    let run = Run::new(threads);
    let rows = runtime
        .block_on(side.rows(&run))
        .map_err(|error| CommandError::from(reconcile::VerifyError::from(error)))?;
    if run.rejects.count() > 0 {
        let records = match run.rejects.count() {
            1 => "1 record was".to_owned(),
            count => format!("{count} records were"),
        };
        let message = format!("the opening figures cannot be told: {records} rejected on the way");
        return Err(CommandError::new(Kind::Incomplete, message));
    }
    let columns: Vec<Column> = side
        .schema()
        .fields()
        .iter()
        .map(|field| Column {
            name: field.name().clone(),
            is_figure: field.data_type().is_integer() || field.data_type().is_decimal(),
        })
        .collect();
    of_rows(&columns, rows, taken)
}

/// A column of the query.
struct Column {
    name: String,
    /// Whether it holds numbers; others are labels.
    is_figure: bool,
}

/// Figures of the rows of a query: columns that are numbers, named by the labels of their row.
fn of_rows(
    columns: &[Column],
    mut rows: Vec<Vec<Option<String>>>,
    taken: Taken,
) -> Result<OpeningFigures, CommandError> {
    rows.sort();
    let mut hasher = blake3::Hasher::new();
    let mut figures = Vec::new();
    for row in &rows {
        let cells = || columns.iter().zip(row);
        let labels: String = cells()
            .filter(|(column, _)| !column.is_figure)
            .map(|(_, value)| format!(" {}", value.as_deref().unwrap_or("NULL")))
            .collect();
        for (column, value) in cells() {
            let text = value.as_deref().unwrap_or("NULL");
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
            match (column.is_figure, value) {
                (true, Some(value)) => figures.push(Figure {
                    name: format!("{}{labels}", column.name),
                    value: value.clone(),
                }),
                (true, None) => {
                    let message = format!("the opening figure {}{labels} is NULL", column.name);
                    return Err(CommandError::new(Kind::Use, message)
                        .hint("let `figures` give 0 where there is nothing, with coalesce(…, 0)"));
                }
                (false, _) => {}
            }
        }
    }
    if figures.is_empty() {
        return Err(CommandError::new(
            Kind::Use,
            "the query of the opening figures gives no figure",
        )
        .hint("let `figures` give sums and counts, as in SELECT count(*) AS records FROM flow"));
    }
    Ok(OpeningFigures {
        taken,
        figures,
        blake3: Digest::from_bytes(*hasher.finalize().as_bytes()),
    })
}

/// The tables of the new book, where both lie in one database: what is written to them is no change
/// of the old one.
fn targets_within(plan: &Plan) -> Result<Vec<String>, CommandError> {
    let (source, target) = plan.books(&environment).map_err(CommandError::plan)?;
    if source.database.is_none() || source.database != target.database {
        return Ok(Vec::new());
    }
    let tables = plan.agreements.iter().map(|agreement| &agreement.target);
    let tables = tables.filter(|target| target.is_table());
    Ok(tables
        .flat_map(|target| {
            let name = target.as_str();
            let name = name.strip_prefix("target.").unwrap_or(name);
            [name.to_owned(), rules::sql::corrections_of(name)]
        })
        .collect())
}

/// Number and length of the files of a book, but for some tables, and the digest of them all.
fn of_files(
    book: &books::Book,
    left_out: &[String],
    threads: usize,
    taken: Taken,
) -> Result<OpeningFigures, CommandError> {
    let tables = book.tables().map(|table| &**table);
    let tables: Vec<&books::Table> = tables
        .filter(|table| {
            !left_out
                .iter()
                .any(|name| name.eq_ignore_ascii_case(table.name()))
        })
        .collect();
    let digests = books::digest_tables(&tables, threads, &books::Meter::default(), &|| false)
        .map_err(|error| CommandError::new(Kind::Book, error.to_string()))?;
    let (mut hasher, mut count, mut bytes) = (blake3::Hasher::new(), 0_u64, 0_u64);
    for (table, files) in tables.iter().zip(&digests) {
        for file in files {
            hasher.update(format!("{}\0{}\0{}\n", table.name(), file.file, file.blake3).as_bytes());
            count += 1;
            bytes = bytes.saturating_add(file.bytes);
        }
    }
    let figure = |name: &str, value: u64| Figure {
        name: name.to_owned(),
        value: value.to_string(),
    };
    Ok(OpeningFigures {
        taken,
        figures: vec![figure("files", count), figure("bytes", bytes)],
        blake3: Digest::from_bytes(*hasher.finalize().as_bytes()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[&[Option<&str>]]) -> Vec<Vec<Option<String>>> {
        let row =
            |row: &&[Option<&str>]| row.iter().map(|value| value.map(str::to_owned)).collect();
        rows.iter().map(row).collect()
    }

    fn columns(columns: &[(&str, bool)]) -> Vec<Column> {
        let column = |(name, is_figure): &(&str, bool)| Column {
            name: (*name).to_owned(),
            is_figure: *is_figure,
        };
        columns.iter().map(column).collect()
    }

    #[test]
    fn figures_are_named_by_their_labels_whatever_the_order_of_the_rows() {
        let columns = columns(&[("currency", false), ("owed", true), ("records", true)]);
        let some: &[&[Option<&str>]] = &[
            &[Some("USD"), Some("1.00"), Some("2")],
            &[Some("CNY"), Some("-3.50"), Some("4")],
        ];
        let turned: Vec<&[Option<&str>]> = some.iter().rev().copied().collect();
        let read = of_rows(&columns, rows(some), Taken::Before).expect("figures");
        assert_eq!(
            read,
            of_rows(&columns, rows(&turned), Taken::Before).expect("figures")
        );
        let said: Vec<String> = read
            .figures
            .iter()
            .map(|figure| format!("{} = {}", figure.name, figure.value))
            .collect();
        assert_eq!(
            said,
            [
                "owed CNY = -3.50",
                "records CNY = 4",
                "owed USD = 1.00",
                "records USD = 2"
            ]
        );
    }

    #[test]
    fn another_value_is_another_digest() {
        let columns = columns(&[("what", false), ("records", true)]);
        let digest = |label: Option<&str>| {
            let read = of_rows(&columns, rows(&[&[label, Some("1")]]), Taken::After);
            read.expect("figures").blake3
        };
        assert_ne!(digest(Some("a")), digest(Some("b")));
    }

    #[test]
    fn a_query_without_figures_is_refused() {
        let refused = |columns: &[Column], row: &[Option<&str>]| {
            let refused = of_rows(columns, rows(&[row]), Taken::Before);
            refused.expect_err("no figure").message
        };
        assert_eq!(
            refused(&columns(&[("what", false)]), &[Some("a")]),
            "the query of the opening figures gives no figure"
        );
        assert_eq!(
            refused(
                &columns(&[("what", false), ("owed", true)]),
                &[Some("a"), None]
            ),
            "the opening figure owed a is NULL"
        );
    }
}
