//! What a plan says about a book: where it is and how its files are written.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a book is, and what must be known to read it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BookSpec {
    /// A file, a folder or a glob; absolute, or relative to the working folder.
    pub root: PathBuf,
    /// The database that is the book, instead of files.
    pub database: Option<databases::Address>,
    /// The SQL that names the tables of a database that matter; left out, all do. The others are
    /// there, and are not digested.
    pub named_in: Option<Vec<String>>,
    /// What is said about single tables, by the table's name. A file that no
    /// table here names is a table by its stem.
    pub tables: BTreeMap<String, TableSpec>,
}

impl BookSpec {
    /// Whether there is nothing yet where it lies: no file or folder, an empty folder, no file of a
    /// database. A conversion begins so. What a server holds is not asked.
    pub fn is_absent(&self) -> bool {
        if let Some(address) = &self.database {
            return address.is_absent();
        }
        match std::fs::read_dir(&self.root) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) => {
                let is_glob = self.root.to_string_lossy().contains(['*', '?', '[', '{']);
                error.kind() == std::io::ErrorKind::NotFound && !is_glob
            }
        }
    }
}

/// How the files of one table are found and read.
///
/// Everything that changes what a file says (`skip_footer`, `null_values`, …)
/// is a declared repair: it is counted, file by file, and reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TableSpec {
    /// Globs relative to the book, `!` in front excludes; left out, the table
    /// is the file with this stem.
    #[serde(with = "one_or_many")]
    #[schemars(with = "OneOrMany")]
    pub files: Vec<String>,
    /// `csv` or `parquet`; left out, the file's ending says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// Any WHATWG name, such as `gb18030` or `windows-1252`; left out, UTF-8
    /// (or what a byte-order mark says).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// The character between two fields; left out, a comma, and a tab in
    /// `.tsv` and `.tab` files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// The character around a field; `""` means that no character quotes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1))]
    pub quote: Option<String>,
    /// Whether the first record names the columns; default `true`.
    pub header: bool,
    /// The columns' names: needed without a header, instead of it otherwise.
    pub names: Vec<String>,
    /// A column's name, and the other names it has in some files.
    #[schemars(with = "BTreeMap<String, OneOrMany>")]
    #[serde(with = "many_by_name")]
    pub columns: BTreeMap<String, Vec<String>>,
    /// Columns that some files lack: NULL there.
    pub optional: Vec<String>,
    /// The columns that are read, by their names in the table; left out, all.
    pub only: Vec<String>,
    /// Columns that are not read; `""` stands for those without a name.
    pub ignore: Vec<String>,
    /// Lines before the header that are no records.
    pub skip_header: usize,
    /// Records at the end that are no records of the table: totals, notes.
    pub skip_footer: usize,
    /// Whether lines without any character are passed over.
    pub skip_blank_lines: bool,
    /// Fields, as written in the file, that mean NULL. `"NULL"` does not match
    /// a quoted field; write `"\"NULL\""` for that.
    pub null_values: Vec<String>,
    /// Whether a record may have too few fields: the rest is NULL.
    pub pad_short: bool,
    /// What to do with fields beyond the header.
    pub extra_fields: ExtraFields,
    /// Whether a quote that does not open or close a field is data. A quoted
    /// field then ends at the first quote before a delimiter or a line's end;
    /// the file is read in one piece.
    pub keep_stray_quotes: bool,
    /// Whether blanks and tabs around a value are taken off.
    pub trim: bool,
    /// Files of this table that are written otherwise; the first match holds.
    #[serde(rename = "file", skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<FileOverride>,
}

impl Default for TableSpec {
    fn default() -> TableSpec {
        TableSpec {
            files: Vec::new(),
            format: None,
            encoding: None,
            delimiter: None,
            quote: None,
            header: true,
            names: Vec::new(),
            columns: BTreeMap::new(),
            optional: Vec::new(),
            only: Vec::new(),
            ignore: Vec::new(),
            skip_header: 0,
            skip_footer: 0,
            skip_blank_lines: false,
            null_values: Vec::new(),
            pad_short: false,
            extra_fields: ExtraFields::Refuse,
            keep_stray_quotes: false,
            trim: false,
            overrides: Vec::new(),
        }
    }
}

/// What is different about some files of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FileOverride {
    /// Globs relative to the book: the files this is about.
    #[serde(rename = "match", with = "one_or_many")]
    #[schemars(with = "OneOrMany")]
    pub files: Vec<String>,
    /// See [`TableSpec::encoding`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// See [`TableSpec::delimiter`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// See [`TableSpec::quote`].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1))]
    pub quote: Option<String>,
    /// See [`TableSpec::header`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// See [`TableSpec::names`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub names: Option<Vec<String>>,
    /// See [`TableSpec::skip_header`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip_header: Option<usize>,
    /// See [`TableSpec::skip_footer`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip_footer: Option<usize>,
    /// See [`TableSpec::skip_blank_lines`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip_blank_lines: Option<bool>,
    /// See [`TableSpec::null_values`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub null_values: Option<Vec<String>>,
    /// See [`TableSpec::pad_short`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pad_short: Option<bool>,
    /// See [`TableSpec::extra_fields`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra_fields: Option<ExtraFields>,
    /// See [`TableSpec::keep_stray_quotes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_stray_quotes: Option<bool>,
    /// See [`TableSpec::trim`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trim: Option<bool>,
}

impl TableSpec {
    /// This specification as it holds for a file to which `found` applies.
    pub(crate) fn with(&self, found: &FileOverride) -> TableSpec {
        let mut spec = self.clone();
        let own = found.clone();
        spec.encoding = own.encoding.or(spec.encoding);
        spec.delimiter = own.delimiter.or(spec.delimiter);
        spec.quote = own.quote.or(spec.quote);
        spec.header = own.header.unwrap_or(spec.header);
        spec.names = own.names.unwrap_or(spec.names);
        spec.skip_header = own.skip_header.unwrap_or(spec.skip_header);
        spec.skip_footer = own.skip_footer.unwrap_or(spec.skip_footer);
        spec.skip_blank_lines = own.skip_blank_lines.unwrap_or(spec.skip_blank_lines);
        spec.null_values = own.null_values.unwrap_or(spec.null_values);
        spec.pad_short = own.pad_short.unwrap_or(spec.pad_short);
        spec.extra_fields = own.extra_fields.unwrap_or(spec.extra_fields);
        spec.keep_stray_quotes = own.keep_stray_quotes.unwrap_or(spec.keep_stray_quotes);
        spec.trim = own.trim.unwrap_or(spec.trim);
        spec
    }
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Fields between delimiters, a record a line; also gzip and Zstandard.
    Csv,
    /// Apache Parquet.
    Parquet,
}

/// What to do with fields beyond the header.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExtraFields {
    /// They are an error.
    #[default]
    Refuse,
    /// They are dropped where they hold nothing, and an error otherwise.
    Blank,
    /// They are dropped.
    Drop,
}

/// One text or a list of them.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum OneOrMany {
    /// One text.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl From<OneOrMany> for Vec<String> {
    fn from(given: OneOrMany) -> Vec<String> {
        match given {
            OneOrMany::One(text) => vec![text],
            OneOrMany::Many(texts) => texts,
        }
    }
}

mod one_or_many {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::OneOrMany;

    pub(super) fn serialize<S: Serializer>(texts: &[String], to: S) -> Result<S::Ok, S::Error> {
        match texts {
            [one] => one.serialize(to),
            many => many.serialize(to),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
        OneOrMany::deserialize(from).map(Vec::from)
    }
}

mod many_by_name {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::OneOrMany;

    pub(super) fn serialize<S: Serializer>(
        names: &BTreeMap<String, Vec<String>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        names.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<BTreeMap<String, Vec<String>>, D::Error> {
        let names = BTreeMap::<String, OneOrMany>::deserialize(from)?;
        Ok(names
            .into_iter()
            .map(|(name, others)| (name, others.into()))
            .collect())
    }
}
