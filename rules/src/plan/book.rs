//! A book as the plan names it: where it is, and words about its tables.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use books::{
    BookSpec, DatabaseAddress, DatabaseLoad as Load, ExtraFields, FileOverride, Format, TableSpec,
};
use encoding_rs::Encoding;
use globset::Glob;
use toml::Spanned;
use toml::de::DeValue;

use super::likeness::nearest;
use super::mistake::{Mistake, PlanError};
use super::reader::{Fields, Reader, texts_of};
use super::text::{Placed, SourceText, password_of};
use super::words::{FILE, Kind, Section, TABLE};

/// One side's book as the plan names it.
#[derive(Clone, Debug)]
pub struct BookPlan {
    /// Where the book is.
    pub url: Address,
    /// Words about single tables, by their names.
    pub tables: BTreeMap<String, Placed<TableSpec>>,
    /// The load that a run asks for, instead of what the address says.
    pub max_load: Option<Load>,
}

impl BookPlan {
    /// Returns what to open: the root with the environment's variables filled in, relative
    /// paths taken from `folder`.
    ///
    /// # Errors
    /// Fails if a variable is not set, or if the address turns out to be of a kind that this
    /// build cannot open.
    pub fn spec(
        &self,
        folder: &Path,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<BookSpec, Vec<PlanError>> {
        let tables = self.tables.iter();
        let mut spec = self.url.spec(folder, environment)?;
        if let Some(load) = self.max_load {
            spec.database = spec.database.map(|address| address.with_load(load));
        }
        Ok(BookSpec {
            tables: tables
                .map(|(name, spec)| (name.clone(), spec.value.clone()))
                .collect(),
            ..spec
        })
    }
}

/// Where a book is. It displays as the plan writes it, with its variables unresolved, and no
/// value of a variable is ever kept in it.
#[derive(Clone, Debug)]
pub struct Address {
    written: Placed<String>,
    pieces: Vec<Piece>,
    plan: Arc<SourceText>,
}

/// A piece of an [`Address`].
#[derive(Clone, Debug)]
enum Piece {
    Words(String),
    Variable(Placed<String>),
}

impl Address {
    /// Reads an address that stands in no plan, as one of a plan is read: `${NAME}` are variables of
    /// the environment, and a password is never written out. `title` is what mistakes call the place.
    ///
    /// # Errors
    /// Gives every mistake that shows without the environment, none with a password in it.
    pub fn read(written: &str, title: &str) -> Result<Address, Vec<PlanError>> {
        let shown = Arc::new(SourceText::new(title, written));
        let mut reader = Reader::new(written, shown, Path::new(""));
        let whole = Placed::new(written.to_owned(), 0..written.len());
        match read_address(&mut reader, whole) {
            Some(address) => Ok(address),
            None => Err(reader.into_mistakes()),
        }
    }

    /// Returns what to open: the book with the environment's variables filled in, relative paths
    /// taken from `folder`, and nothing said of its tables.
    ///
    /// # Errors
    /// As [`BookPlan::spec`].
    pub fn spec(
        &self,
        folder: &Path,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<BookSpec, Vec<PlanError>> {
        let address = self.resolve(environment)?;
        let database = match DatabaseAddress::is_database(&address) {
            true => Some(self.database(&address, folder)?),
            false => None,
        };
        let root = match database {
            Some(_) => PathBuf::new(),
            None => folder.join(address),
        };
        Ok(BookSpec {
            root: std::path::absolute(&root).unwrap_or(root),
            database,
            ..BookSpec::default()
        })
    }

    /// Returns the address as the plan writes it.
    pub fn as_written(&self) -> &str {
        &self.written
    }

    /// Returns its place in the plan.
    pub fn place(&self) -> Range<usize> {
        self.written.place()
    }

    /// Returns the names of the variables in it.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable(name) => Some(name.as_str()),
            Piece::Words(_) => None,
        })
    }

    /// Puts the variables' names back where their values stand in a message, so that it may be
    /// shown.
    pub fn conceal(&self, message: &str, environment: &dyn Fn(&str) -> Option<String>) -> String {
        let mut concealed = message.to_owned();
        for name in self.variables() {
            if let Some(value) = environment(name).filter(|value| !value.is_empty()) {
                concealed = concealed.replace(&value, &format!("${{{name}}}"));
            }
        }
        concealed
    }

    /// Fills in the variables. Within the address of a server their values are written as an
    /// address writes them, so that a password may hold any character.
    fn resolve(
        &self,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<String, Vec<PlanError>> {
        let mut path = String::new();
        let mut unset = Vec::new();
        let is_server =
            DatabaseAddress::is_database(&self.written) && !self.written.starts_with("sqlite:");
        for piece in &self.pieces {
            match piece {
                Piece::Words(words) => path.push_str(words),
                Piece::Variable(name) => match environment(name) {
                    Some(value) if is_server => path.push_str(&DatabaseAddress::encoded(&value)),
                    Some(value) => path.push_str(&value),
                    None => unset.push(self.unset(name)),
                },
            }
        }
        if !unset.is_empty() {
            return Err(unset);
        }
        match scheme_mistake(&path) {
            Some(mistake) => Err(vec![PlanError::new(mistake).at(&self.plan, self.place())]),
            None => Ok(path),
        }
    }

    /// Reads the address of a database, its variables filled in.
    fn database(&self, address: &str, folder: &Path) -> Result<DatabaseAddress, Vec<PlanError>> {
        DatabaseAddress::parse(address, folder).map_err(|error| {
            let mistake = Mistake::BadDatabaseAddress {
                why: error.kind.to_string(),
                mend: error.mend,
            };
            vec![PlanError::new(mistake).at(&self.plan, self.place())]
        })
    }

    fn unset(&self, name: &Placed<String>) -> PlanError {
        let mistake = Mistake::UnsetVariable {
            name: name.value.clone(),
        };
        PlanError::new(mistake).at(&self.plan, name.place())
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.written)
    }
}

/// Kinds of book that have a name, and that this build cannot open.
const NOT_BUILT: [&str; 9] = [
    "abfs", "azure", "file", "gs", "hdfs", "http", "https", "oracle", "s3",
];

/// Finds what is wrong with the kind of an address.
fn scheme_mistake(address: &str) -> Option<Mistake> {
    let (scheme, _) = address.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let is_name = scheme
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    if DatabaseAddress::is_database(address) {
        return None;
    }
    Some(match is_name {
        true if NOT_BUILT.contains(&scheme.as_str()) => Mistake::SchemeNotBuilt { scheme },
        true => Mistake::UnknownScheme { scheme },
        // What is no scheme's name may be a password; it is not repeated.
        false => Mistake::UnknownScheme {
            scheme: "…".to_owned(),
        },
    })
}

/// Reads `[source]` or `[target]`.
pub(super) fn read_book(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    side: &str,
) -> Option<BookPlan> {
    let mut tables = BTreeMap::new();
    for (name, value) in fields.entries("tables") {
        let title = format!("`[{side}.tables.{}]`", name.value);
        if let Some(table) = read_table(reader, value, title) {
            tables.insert(name.value, table);
        }
    }
    let url = fields.text(reader, "url")?;
    Some(BookPlan {
        url: read_address(reader, url)?,
        tables,
        max_load: None,
    })
}

/// Reads an address: its variables, and what can be seen of its kind without them.
fn read_address(reader: &mut Reader<'_>, written: Placed<String>) -> Option<Address> {
    let pieces = read_pieces(reader, &written)?;
    let place = written.place();
    let after_scheme = written.split_once("://").map(|(_, after)| after);
    if after_scheme.and_then(password_of).is_some() {
        reader.note(Mistake::PasswordInUrl, place);
        return None;
    }
    if let Some(mistake) = scheme_mistake(&written) {
        let is_whole = !written.starts_with("${");
        if is_whole {
            reader.note(mistake, place);
            return None;
        }
    }
    if written.value == "~" || written.starts_with("~/") {
        reader.note(Mistake::Tilde, place);
        return None;
    }
    Some(Address {
        written,
        pieces,
        plan: Arc::clone(&reader.text),
    })
}

/// Splits an address at its variables.
fn read_pieces(reader: &mut Reader<'_>, written: &Placed<String>) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = written.as_str();
    let mut sound = true;
    while let Some(at) = rest.find("${") {
        let (words, variable) = rest.split_at(at);
        let end = variable.find('}');
        let name = variable.get(2..end.unwrap_or(variable.len()))?;
        if end.is_none() || !is_variable_name(name) {
            // Shown only as far as it cannot hold anything secret.
            let written_so = match end {
                Some(_) if !name.contains(['@', ':', '/']) => format!("${{{name}}}"),
                _ => "${".to_owned(),
            };
            reader.note(
                Mistake::BadVariable {
                    written: written_so,
                },
                written.place(),
            );
            sound = false;
        }
        pieces.push(Piece::Words(words.to_owned()));
        pieces.push(Piece::Variable(Placed::new(
            name.to_owned(),
            place_within(reader.raw, written, variable),
        )));
        rest = variable.get(end.map_or(variable.len(), |end| end.saturating_add(1))..)?;
    }
    pieces.push(Piece::Words(rest.to_owned()));
    sound.then_some(pieces)
}

/// Finds where a variable stands in the plan; the whole address where that is not clear.
fn place_within(raw: &str, written: &Placed<String>, variable: &str) -> Range<usize> {
    let name = variable.split_inclusive('}').next().unwrap_or(variable);
    let literal = raw.get(written.place()).unwrap_or_default();
    match literal.find(name) {
        Some(at) => {
            let start = written.place().start.saturating_add(at);
            start..start.saturating_add(name.len())
        }
        None => written.place(),
    }
}

/// Whether a variable of the environment can have this name.
fn is_variable_name(name: &str) -> bool {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts_well && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Reads `[source.tables.NAME]`.
fn read_table(
    reader: &mut Reader<'_>,
    value: &Spanned<DeValue<'_>>,
    title: String,
) -> Option<Placed<TableSpec>> {
    let Some(table) = value.get_ref().as_table() else {
        let (kind, example) = (Kind::Part(&TABLE), "[source.tables.flow]");
        reader.note_wrong_kind("tables", kind, example, value);
        return None;
    };
    let inner = title.trim_matches(['`', '[', ']']).to_owned();
    let fields = reader.fields(&TABLE, title, table, value.span());
    let written = read_written(reader, &fields, &TABLE);
    let spec = TableSpec {
        files: read_globs(reader, &fields, "files"),
        format: read_format(reader, &fields),
        columns: read_columns(reader, &fields),
        optional: values(fields.texts(reader, "optional")),
        only: values(fields.texts(reader, "only")),
        ignore: values(fields.any_texts(reader, "ignore")),
        overrides: read_overrides(reader, &fields, &inner),
        header: written.header.unwrap_or(true),
        names: written.names.clone().unwrap_or_default(),
        encoding: written.encoding,
        delimiter: written.delimiter,
        quote: written.quote,
        skip_header: written.skip_header.unwrap_or_default(),
        skip_footer: written.skip_footer.unwrap_or_default(),
        skip_blank_lines: written.skip_blank_lines.unwrap_or_default(),
        null_values: written.null_values.unwrap_or_default(),
        pad_short: written.pad_short.unwrap_or_default(),
        extra_fields: written.extra_fields.unwrap_or_default(),
        keep_stray_quotes: written.keep_stray_quotes.unwrap_or_default(),
        trim: written.trim.unwrap_or_default(),
    };
    if !spec.header && !fields.has("names") {
        let place = fields.place_of("header").unwrap_or(value.span());
        reader.note(Mistake::NamesMissing, place);
    }
    if spec.format == Some(Format::Parquet) {
        note_csv_words(reader, &fields);
    }
    Some(Placed::new(spec, value.span()))
}

/// Reads the `[[….file]]` parts of a table.
fn read_overrides(reader: &mut Reader<'_>, fields: &Fields<'_>, table: &str) -> Vec<FileOverride> {
    let mut overrides = Vec::new();
    for (part, place) in fields.parts("file") {
        let inner = reader.fields(&FILE, format!("`[[{table}.file]]`"), part, place);
        let mut found = read_written(reader, &inner, &FILE);
        found.files = read_globs(reader, &inner, "match");
        overrides.push(found);
    }
    overrides
}

/// Reads how text files are written, which a table and a part of its files say alike.
fn read_written(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    section: &'static Section,
) -> FileOverride {
    let delimiter = read_delimiter(reader, fields);
    let quote = read_quote(reader, fields, delimiter);
    FileOverride {
        files: Vec::new(),
        encoding: read_encoding(reader, fields),
        delimiter,
        quote,
        header: fields.switch("header"),
        names: read_names(reader, fields),
        skip_header: read_skip(reader, fields, "skip_header"),
        skip_footer: read_skip(reader, fields, "skip_footer"),
        skip_blank_lines: fields.switch("skip_blank_lines"),
        null_values: fields
            .has("null_values")
            .then(|| values(fields.any_texts(reader, "null_values"))),
        pad_short: fields.switch("pad_short"),
        extra_fields: read_choice(reader, fields, section, "extra_fields").and_then(|word| {
            match word.as_str() {
                "refuse" => Some(ExtraFields::Refuse),
                "blank" => Some(ExtraFields::Blank),
                "drop" => Some(ExtraFields::Drop),
                _ => None,
            }
        }),
        keep_stray_quotes: fields.switch("keep_stray_quotes"),
        trim: fields.switch("trim"),
    }
}

fn read_format(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<Format> {
    match read_choice(reader, fields, &TABLE, "format")?.as_str() {
        "csv" => Some(Format::Csv),
        "parquet" => Some(Format::Parquet),
        _ => None,
    }
}

/// Reads one of a few words, and notes any other.
pub(super) fn read_choice(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    section: &'static Section,
    key: &'static str,
) -> Option<String> {
    let word = fields.any_text(key)?;
    let Some(Kind::Choice(choices)) = section.key(key).map(|key| key.kind) else {
        return None;
    };
    if choices.contains(&word.as_str()) {
        return Some(word.value);
    }
    let quoted: Vec<String> = choices
        .iter()
        .map(|choice| format!("`\"{choice}\"`"))
        .collect();
    let mistake = Mistake::UnknownChoice {
        key,
        value: word.value.clone(),
        choices: format!("write {}", quoted.join(" or ")),
    };
    reader.note(mistake, word.place());
    None
}

fn read_names(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<Vec<String>> {
    let place = fields.place_of("names")?;
    let names = values(fields.texts(reader, "names"));
    let is_empty = fields
        .value("names")
        .and_then(|value| value.get_ref().as_array())
        .is_some_and(|items| items.is_empty());
    if is_empty {
        let mend = "name every column, or leave `names` out";
        let key = "names";
        reader.note(Mistake::EmptyList { key, mend }, place);
    }
    Some(names)
}

fn read_encoding(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<String> {
    let label = fields.text(reader, "encoding")?;
    if Encoding::for_label(label.as_bytes()).is_some() {
        return Some(label.value);
    }
    let mistake = Mistake::UnknownEncoding {
        like: nearest(&label, ENCODINGS).map(str::to_owned),
        label: label.value.clone(),
    };
    reader.note(mistake, label.place());
    None
}

/// Encodings that books are written in, to find the one that was meant.
const ENCODINGS: [&str; 14] = [
    "utf-8",
    "gb18030",
    "gbk",
    "gb2312",
    "big5",
    "windows-1252",
    "windows-1250",
    "windows-1251",
    "iso-8859-1",
    "iso-8859-2",
    "shift_jis",
    "euc-jp",
    "euc-kr",
    "utf-16le",
];

fn read_delimiter(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<char> {
    let text = fields.any_text("delimiter")?;
    let character = one_character(reader, "delimiter", &text)?;
    is_usable(reader, "delimiter", character, &text).then_some(character)
}

/// Reads the quoting character; an empty text means that there is none.
fn read_quote(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    delimiter: Option<char>,
) -> Option<String> {
    let text = fields.any_text("quote")?;
    if text.is_empty() {
        return Some(text.value);
    }
    let character = one_character(reader, "quote", &text)?;
    if !is_usable(reader, "quote", character, &text) {
        return None;
    }
    if delimiter == Some(character) {
        let name = name_of(character);
        reader.note(Mistake::DelimiterIsQuote { name }, text.place());
        return None;
    }
    Some(text.value)
}

fn one_character(
    reader: &mut Reader<'_>,
    key: &'static str,
    text: &Placed<String>,
) -> Option<char> {
    let mut characters = text.chars();
    if let (Some(character), None) = (characters.next(), characters.next()) {
        return Some(character);
    }
    let mistake = Mistake::NotOneCharacter {
        key,
        value: text.value.clone(),
        count: text.chars().count(),
    };
    reader.note(mistake, text.place());
    None
}

/// Whether a character can stand between or around fields: line ends and NUL cannot.
fn is_usable(
    reader: &mut Reader<'_>,
    key: &'static str,
    character: char,
    text: &Placed<String>,
) -> bool {
    let unusable = matches!(character, '\n' | '\r' | '\0');
    if unusable {
        let name = name_of(character);
        reader.note(Mistake::UnusableCharacter { key, name }, text.place());
    }
    !unusable
}

/// Names a character so that it can be seen.
fn name_of(character: char) -> String {
    match character {
        '\n' | '\r' => "the end of a line".to_owned(),
        '\t' => "a tab".to_owned(),
        ' ' => "a space".to_owned(),
        c if c.is_control() => format!("the control character U+{:04X}", u32::from(c)),
        c => format!("`{c}`"),
    }
}

fn read_skip(reader: &mut Reader<'_>, fields: &Fields<'_>, key: &'static str) -> Option<usize> {
    let count = fields.count(reader, key, 0, 1_000_000)?;
    usize::try_from(count.value).ok()
}

/// Reads patterns of file names; `!` in front of one excludes.
fn read_globs(reader: &mut Reader<'_>, fields: &Fields<'_>, key: &'static str) -> Vec<String> {
    let globs = fields.texts(reader, key);
    for glob in &globs {
        let pattern = glob.strip_prefix('!').unwrap_or(glob);
        if let Err(error) = Glob::new(pattern) {
            let mistake = Mistake::BadGlob {
                glob: glob.value.clone(),
                why: error.kind().to_string(),
            };
            reader.note(mistake, glob.place());
        }
    }
    values(globs)
}

/// Reads other names of columns; a name in a file can be of one column only.
fn read_columns(reader: &mut Reader<'_>, fields: &Fields<'_>) -> BTreeMap<String, Vec<String>> {
    let mut columns = BTreeMap::new();
    let mut owners: BTreeMap<String, (String, Range<usize>)> = BTreeMap::new();
    for (column, value) in fields.entries("columns") {
        if !value.get_ref().is_array() && !value.get_ref().is_str() {
            let example = r#"columns = { amount = ["金额", "Amount"] }"#;
            reader.note_wrong_kind(&column.value, Kind::TextOrList, example, value);
            continue;
        }
        let aliases = texts_of(reader, "columns", value);
        for alias in &aliases {
            let owner = (column.value.clone(), alias.place());
            if let Some((first, place)) = owners.insert(alias.value.clone(), owner) {
                let mistake = Mistake::AliasTwice {
                    alias: alias.value.clone(),
                    first,
                    second: column.value.clone(),
                };
                reader.note_pair(mistake, alias.place(), place, "first here");
            }
        }
        columns.insert(column.value, values(aliases));
    }
    columns
}

/// Notes what is said about text files where the files are Parquet.
fn note_csv_words(reader: &mut Reader<'_>, fields: &Fields<'_>) {
    let general = [
        "files",
        "format",
        "columns",
        "optional",
        "only",
        "ignore",
        "file",
        "trim",
        "null_values",
    ];
    for key in TABLE.keys {
        if general.contains(&key.name) {
            continue;
        }
        if let Some(place) = fields.place_of(key.name) {
            reader.note(Mistake::CsvOnly { key: key.name }, place);
        }
    }
}

fn values(texts: Vec<Placed<String>>) -> Vec<String> {
    texts.into_iter().map(|text| text.value).collect()
}
