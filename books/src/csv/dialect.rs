//! How one CSV file is written, as far as its records go.

use crate::error::{BookError, BookErrorKind};
use crate::find;
use crate::spec::{ExtraFields, TableSpec};

/// How the records of a file are written, and what is mended on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// The byte between two fields.
    pub(crate) delimiter: u8,
    /// The byte around a field, if any is.
    pub(crate) quote: Option<u8>,
    /// Whether the first record names the columns.
    pub(crate) header: bool,
    /// The names that hold instead of the header's.
    pub(crate) names: Vec<String>,
    pub(crate) skip_header: usize,
    pub(crate) skip_footer: usize,
    pub(crate) skip_blank_lines: bool,
    pub(crate) pad_short: bool,
    pub(crate) extra_fields: ExtraFields,
    pub(crate) keep_stray_quotes: bool,
    pub(crate) trim: bool,
    /// What means NULL without quotes around it.
    pub(crate) plain_nulls: Vec<Vec<u8>>,
    /// What means NULL with quotes around it, these taken off.
    pub(crate) quoted_nulls: Vec<Vec<u8>>,
}

impl Dialect {
    /// The dialect of a file of which the plan says `spec`.
    pub(crate) fn new(display: &str, spec: &TableSpec) -> Result<Dialect, BookError> {
        let delimiter = match spec.delimiter {
            Some(given) => single_byte(given, "delimiter")?,
            None if matches!(find::ending(display).as_str(), "tsv" | "tab") => b'\t',
            None => b',',
        };
        let quote = quote_byte(spec.quote.as_deref())?;
        if quote == Some(delimiter) {
            return Err(setting(
                "quote",
                "delimiter and quote are the same character",
            ));
        }
        if !spec.header && spec.names.is_empty() {
            return Err(setting("names", "without a header the columns need names")
                .mend("give them: `names = [\"…\", …]`"));
        }
        let (quoted_nulls, plain_nulls) = split_nulls(&spec.null_values, quote);
        Ok(Dialect {
            delimiter,
            quote,
            header: spec.header,
            names: spec.names.clone(),
            skip_header: spec.skip_header,
            skip_footer: spec.skip_footer,
            skip_blank_lines: spec.skip_blank_lines,
            pad_short: spec.pad_short,
            extra_fields: spec.extra_fields,
            keep_stray_quotes: spec.keep_stray_quotes,
            trim: spec.trim,
            plain_nulls,
            quoted_nulls,
        })
    }

    /// Whether a field can be anything but the text between its delimiters.
    pub(crate) fn changes_values(&self) -> bool {
        self.trim || !self.plain_nulls.is_empty() || !self.quoted_nulls.is_empty()
    }
}

fn setting(name: &'static str, wrong: &str) -> BookError {
    BookError::new(BookErrorKind::Setting(wrong.to_owned())).setting(name)
}

fn single_byte(given: char, name: &'static str) -> Result<u8, BookError> {
    match u8::try_from(given) {
        Ok(b'\n' | b'\r' | 0) => Err(setting(
            name,
            &format!("the {name} cannot be {given:?}, which ends lines"),
        )),
        Ok(byte) if byte.is_ascii() => Ok(byte),
        _ => Err(setting(
            name,
            &format!("the {name} {given:?} is not an ASCII character"),
        )
        .mend("files with such a one must be written anew first")),
    }
}

fn quote_byte(given: Option<&str>) -> Result<Option<u8>, BookError> {
    let Some(given) = given else {
        return Ok(Some(b'"'));
    };
    let mut characters = given.chars();
    match (characters.next(), characters.next()) {
        (None, _) => Ok(None),
        (Some(quote), None) => single_byte(quote, "quote").map(Some),
        _ => Err(setting(
            "quote",
            "the quote is one character, or none: `quote = \"\"`",
        )),
    }
}

/// Null values written with quotes around them, these taken off, and the others.
fn split_nulls(values: &[String], quote: Option<u8>) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let inside = |value: &String| {
        let quote = char::from(quote?);
        let rest = value.strip_prefix(quote)?.strip_suffix(quote)?;
        Some(rest.as_bytes().to_vec())
    };
    let (quoted, plain): (Vec<&String>, Vec<&String>) =
        values.iter().partition(|value| inside(value).is_some());
    let plain = plain
        .into_iter()
        .map(|value| value.as_bytes().to_vec())
        .collect();
    (quoted.into_iter().filter_map(inside).collect(), plain)
}
