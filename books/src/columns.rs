//! From the columns of several files to those of their table.

use std::collections::BTreeSet;

use arrow_schema::{DataType, Field};

use crate::error::{BookError, BookErrorKind};
use crate::place::{FILE_COLUMN, ROW_COLUMN};
use crate::spec::TableSpec;

/// The columns of one file, as it names them.
#[derive(Debug)]
pub(crate) struct FileColumns {
    /// The file, relative to the book.
    pub(crate) display: String,
    /// Whether a plan can name them with `names`.
    pub(crate) takes_names: bool,
    /// Name, type and whether there may be NULL.
    pub(crate) fields: Vec<Field>,
}

/// The columns of a table, and where they are in each of its files.
#[derive(Debug)]
pub(crate) struct Unified {
    /// The table's columns, without those of the place.
    pub(crate) fields: Vec<Field>,
    /// Per file, per column of the table: the column of the file.
    pub(crate) places: Vec<Vec<Option<usize>>>,
    /// Per file: the columns that are left out.
    pub(crate) ignored: Vec<Vec<String>>,
}

/// Brings the columns of all files of a table together.
///
/// They are in the order of the first file, then of the others. What the plan
/// does not allow for (a column that some files lack, another type, two columns
/// of one name) is an error, and all errors come at once.
pub(crate) fn unify(files: &[FileColumns], spec: &TableSpec) -> Result<Unified, Vec<BookError>> {
    let mut errors = Vec::new();
    let named: Vec<Vec<Named>> = files
        .iter()
        .map(|file| name_columns(file, spec, &mut errors))
        .collect();
    let mut fields: Vec<(Field, usize)> = Vec::new();
    let mut places = vec![Vec::new(); files.len()];
    for (number, columns) in named.iter().enumerate() {
        for column in columns {
            let at = fields
                .iter()
                .position(|(field, _)| *field.name() == column.name);
            let at = at.unwrap_or_else(|| {
                fields.push((column.field.clone().with_name(&column.name), number));
                fields.len() - 1
            });
            merge_type(&mut fields[at], column, files, number, &mut errors);
            let place: &mut Vec<Option<usize>> = &mut places[number];
            place.resize(place.len().max(at + 1), None);
            place[at] = Some(column.index);
        }
    }
    for place in &mut places {
        place.resize(fields.len(), None);
    }
    for (at, (field, holder)) in fields.iter_mut().enumerate() {
        let lacking: Vec<usize> = (0..files.len())
            .filter(|file| places[*file][at].is_none())
            .collect();
        if let Some(first) = lacking.first() {
            if !spec.optional.contains(field.name()) {
                errors.push(missing(
                    field.name(),
                    &files[*holder],
                    &files[*first],
                    lacking.len(),
                    spec,
                ));
            }
            *field = field.clone().with_nullable(true);
        }
    }
    check_plan_names(files, &fields, spec, &mut errors);
    let fields = fields.into_iter().map(|(field, _)| field).collect();
    let ignored = files
        .iter()
        .map(|file| ignored_columns(file, spec))
        .collect();
    if errors.is_empty() {
        Ok(Unified {
            fields,
            places,
            ignored,
        })
    } else {
        Err(errors)
    }
}

fn ignored_columns(file: &FileColumns, spec: &TableSpec) -> Vec<String> {
    let names = file.fields.iter().map(Field::name);
    names
        .filter(|name| is_ignored(name, spec))
        .cloned()
        .collect()
}

/// A column of a file under its name in the table.
struct Named {
    name: String,
    index: usize,
    field: Field,
}

fn name_columns(file: &FileColumns, spec: &TableSpec, errors: &mut Vec<BookError>) -> Vec<Named> {
    let mut columns: Vec<Named> = Vec::new();
    for (index, field) in file.fields.iter().enumerate() {
        let name = canonical(field.name(), spec);
        if is_ignored(field.name(), spec) {
            continue;
        }
        if name.is_empty() {
            errors.push(no_name(file, index));
        } else if name == FILE_COLUMN || name == ROW_COLUMN {
            errors.push(
                BookError::new(BookErrorKind::PlaceName(name.to_owned()))
                    .file(&file.display)
                    .setting("columns")
                    .mend(format!(
                        "give it another one: `columns = {{ {}_ = [{name:?}] }}`",
                        &name[1..]
                    )),
            );
        } else if let Some(first) = columns.iter().find(|column| column.name == name) {
            errors.push(same_name(file, name, first.index, index));
        } else {
            columns.push(Named {
                name: name.to_owned(),
                index,
                field: field.clone(),
            });
        }
    }
    columns
}

/// Whether a column that a file calls `name` is left out.
fn is_ignored(name: &str, spec: &TableSpec) -> bool {
    let canonical = canonical(name, spec);
    let is_among = |names: &[String]| names.iter().any(|own| own == canonical);
    let is_unwanted = !spec.only.is_empty() && !is_among(&spec.only);
    is_unwanted || is_among(&spec.ignore) || spec.ignore.iter().any(|ignored| ignored == name)
}

/// The name in the table of a column that a file calls `name`.
fn canonical<'a>(name: &'a str, spec: &'a TableSpec) -> &'a str {
    spec.columns
        .iter()
        .find(|(_, others)| others.iter().any(|other| other == name))
        .map_or(name, |(canonical, _)| canonical)
}

fn no_name(file: &FileColumns, index: usize) -> BookError {
    BookError::new(BookErrorKind::NoName(index + 1))
        .file(&file.display)
        .setting("ignore")
        .mend(match file.takes_names {
            true => "name all columns with `names = [...]`, or leave it out with `ignore = [\"\"]`",
            false => "leave it out with `ignore = [\"\"]`",
        })
}

fn same_name(file: &FileColumns, name: &str, first: usize, second: usize) -> BookError {
    let kind = BookErrorKind::SameName {
        name: name.to_owned(),
        first: first + 1,
        second: second + 1,
    };
    let error = BookError::new(kind).file(&file.display);
    match file.takes_names {
        true => error
            .setting("names")
            .mend("name all columns of this file with `names = [...]`"),
        false => error.setting("ignore").mend(format!(
            "leave both out with `ignore = [{name:?}]`, or have the file written with a name for each"
        )),
    }
}

fn merge_type(
    known: &mut (Field, usize),
    column: &Named,
    files: &[FileColumns],
    number: usize,
    errors: &mut Vec<BookError>,
) {
    let (field, holder) = known;
    if field.data_type() != column.field.data_type() {
        let kind = BookErrorKind::ColumnType {
            column: column.name.clone(),
            found: type_name(column.field.data_type()),
            expected: type_name(field.data_type()),
            holder: files[*holder].display.clone(),
        };
        errors.push(
            BookError::new(kind)
                .file(&files[number].display)
                .mend("make them two tables, and bring the types together in the rule"),
        );
    }
    if column.field.is_nullable() {
        *field = field.clone().with_nullable(true);
    }
}

/// A type in words for a message.
pub(crate) fn type_name(data_type: &DataType) -> String {
    data_type.to_string()
}

fn missing(
    column: &str,
    holder: &FileColumns,
    lacking: &FileColumns,
    count: usize,
    spec: &TableSpec,
) -> BookError {
    let others = match count - 1 {
        0 => String::new(),
        1 => " and in 1 other file".to_owned(),
        more => format!(" and in {more} other files"),
    };
    let near = lacking
        .fields
        .iter()
        .map(Field::name)
        .find(|name| is_near(name, column) && canonical(name, spec) != column);
    let mend = match near {
        Some(near) => format!(
            "it has {near:?}: if that is the same, say so with `columns = {{ {column:?} = [{near:?}] }}`"
        ),
        None => format!(
            "name it with `columns = {{ {column:?} = [\"NAME HERE\"] }}`, take NULL for it with \
             `optional = [{column:?}]`, or leave it out with `ignore = [{column:?}]`; \
             the columns here are {}",
            quoted_names(lacking)
        ),
    };
    let kind = BookErrorKind::ColumnMissing {
        column: column.to_owned(),
        holder: holder.display.clone(),
        others,
    };
    BookError::new(kind)
        .file(&lacking.display)
        .setting("columns")
        .mend(mend)
}

fn quoted_names(file: &FileColumns) -> String {
    let names: Vec<String> = file
        .fields
        .iter()
        .map(|field| format!("{:?}", field.name()))
        .collect();
    names.join(", ")
}

/// Whether two names differ in case, blanks and punctuation only.
fn is_near(one: &str, other: &str) -> bool {
    let letters = |name: &str| -> String {
        name.chars()
            .filter(|letter| letter.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    letters(one) == letters(other)
}

/// A setting names a column that another one leaves out.
fn left_out(name: &str, setting: &'static str, spec: &TableSpec) -> BookError {
    let is_ignored = spec.ignore.iter().any(|ignored| ignored == name);
    let other = match is_ignored {
        true => "take it out of `ignore`",
        false => "add it to `only`",
    };
    let why = format!("column {name:?} is left out, and `{setting}` names it");
    BookError::new(BookErrorKind::Setting(why))
        .setting(setting)
        .mend(format!("take it out of `{setting}`, or {other}"))
}

/// Every column that the plan names must be there.
fn check_plan_names(
    files: &[FileColumns],
    fields: &[(Field, usize)],
    spec: &TableSpec,
    errors: &mut Vec<BookError>,
) {
    let there: BTreeSet<&str> = fields
        .iter()
        .map(|(field, _)| field.name().as_str())
        .collect();
    let written: BTreeSet<&str> = files
        .iter()
        .flat_map(|file| &file.fields)
        .map(|field| field.name().as_str())
        .collect();
    let is_written = |name: &str| {
        written.contains(name) || written.iter().any(|column| canonical(column, spec) == name)
    };
    let mut unknown = |name: &str, setting: &'static str| {
        if is_written(name) && is_ignored(name, spec) {
            return errors.push(left_out(name, setting, spec));
        }
        let names: Vec<String> = written.iter().map(|name| format!("{name:?}")).collect();
        let error = BookError::new(BookErrorKind::ColumnUnknown(name.to_owned()));
        errors.push(
            error
                .setting(setting)
                .mend(format!("the columns are {}", names.join(", "))),
        );
    };
    for name in spec
        .optional
        .iter()
        .filter(|name| !there.contains(name.as_str()))
    {
        unknown(name, "optional");
    }
    for name in spec
        .only
        .iter()
        .filter(|name| !there.contains(name.as_str()))
    {
        unknown(name, "only");
    }
    for name in &spec.ignore {
        // Unnamed columns come and go with the publisher's spreadsheet.
        if !is_written(name) && !name.is_empty() {
            unknown(name, "ignore");
        }
    }
    for (name, others) in &spec.columns {
        if !there.contains(name.as_str()) && !is_ignored(name, spec) {
            unknown(name, "columns");
        }
        for other in others
            .iter()
            .filter(|other| !written.contains(other.as_str()))
        {
            unknown(other, "columns");
        }
    }
}
