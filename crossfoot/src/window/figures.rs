//! Opening figures: what the old book says while it is being closed.

use crate::commands::environment;
use crate::error::{CommandError, Kind};
use cutover::Digest;
use cutover::daybook::{Figure, OpeningFigures, Taken};
use rules::plan::{Control, ControlCheck, Plan, Window};
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
        return of_files(&tables_read(plan, book)?, threads, taken);
    };
    let marks = rules::prepare::marks_of_all(plan);
    let side = session
        .side_with(Which::Source, marks, sql.as_str(), &[])
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

/// The tables of the old book that must stand still: all of a book of files, and of a database those
/// that a rule or a control reads. The new book may lie in the same database, whatever its address
/// is; what is written to its tables is no change of the old one.
fn tables_read<'b>(
    plan: &Plan,
    book: &'b books::Book,
) -> Result<Vec<&'b books::Table>, CommandError> {
    let all: Vec<&books::Table> = book.tables().map(|table| &**table).collect();
    let (mut rules, mut controls) = (plan.clone(), plan.clone());
    for agreement in &mut rules.agreements {
        agreement.target = agreement.rule.clone();
    }
    rules.controls.clear();
    controls.agreements.clear();
    let (Some(in_rules), Some(in_controls)) = (named_in(&rules)?, named_in(&controls)?) else {
        return Ok(all);
    };
    let is_read = |table: &&&books::Table| {
        let name = table.name();
        is_among(&in_rules, name)
            || (is_among(&in_controls, name) && is_of_the_source(&plan.controls, name))
    };
    let read: Vec<&books::Table> = all.iter().filter(is_read).copied().collect();
    match read.is_empty() {
        // Nothing is never what stands still.
        true => Ok(all),
        false => Ok(read),
    }
}

/// The names of all tables that a plan reads; none where its old book is no database.
fn named_in(plan: &Plan) -> Result<Option<Vec<String>>, CommandError> {
    let (source, _) = plan.books(&environment).map_err(CommandError::plan)?;
    Ok(source.database.and(source.named_in))
}

fn is_among(names: &[String], table: &str) -> bool {
    let table = table.to_lowercase();
    names.iter().any(|name| {
        let name = name.to_lowercase();
        name.strip_prefix("source.").unwrap_or(&name) == table
    })
}

/// Whether a control that reads a table of this name reads that of the old book. Where both books have
/// it, a control says of which it is.
fn is_of_the_source(controls: &[Control], table: &str) -> bool {
    let texts = controls.iter().flat_map(|control| match &control.check {
        ControlCheck::Zero(sql) => vec![sql.as_str()],
        ControlCheck::Equal { expected, actual } => vec![expected.as_str(), actual.as_str()],
    });
    let mut texts = texts.map(|text| text.to_lowercase().replace(['"', '`'], ""));
    let table = table.to_lowercase();
    let (of_source, of_target) = (format!("source.{table}"), format!("target.{table}"));
    texts
        .any(|text| names(&text, &of_source) || (names(&text, &table) && !names(&text, &of_target)))
}

/// Whether a text has a name that is not a part of a longer one.
fn names(text: &str, name: &str) -> bool {
    let goes_on = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
    let mut found = text.match_indices(name);
    found.any(|(at, found)| {
        let rest = text.get(at + found.len()..).unwrap_or_default();
        !rest.starts_with(goes_on)
    })
}

/// Number and length of the files of tables, and the digest of them all.
fn of_files(
    tables: &[&books::Table],
    threads: usize,
    taken: Taken,
) -> Result<OpeningFigures, CommandError> {
    let digests = books::digest_tables(tables, threads, &books::Meter::default(), &|| false)
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
    fn a_control_tells_of_which_book_its_table_is() {
        let path = std::env::temp_dir().join(format!("figures-{}.toml", std::process::id()));
        let text = "name = \"a\"\n[source]\nurl = \"old\"\n[target]\nurl = \"new\"\n\
            [[agreement]]\nname = \"a\"\nrule = \"SELECT id FROM flow\"\ntarget = \"posting\"\n\
            key = [\"id\"]\n[[control]]\nname = \"c\"\n\
            expected = \"SELECT count(*) AS n FROM source.fees\"\n\
            actual = 'SELECT count(*) AS n FROM target.\"Posting\"'\n";
        std::fs::write(&path, text).expect("a folder for tests");
        let plan = rules::plan::read(&path).expect("a plan");
        std::fs::remove_file(&path).expect("it is there");
        assert!(is_of_the_source(&plan.controls, "Fees"));
        assert!(names("from source.fees", "source.fees") && !names("source.fees_2", "source.fees"));
        assert!(!is_of_the_source(&plan.controls, "Posting"));
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
