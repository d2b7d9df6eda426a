//! Opens a book of which no plan says anything yet: finds out how its files are written.

use super::SurveyError;
use super::dialect::{self, Line};
use super::groups::{Part, groups, is_match};
use super::sample::{SAMPLE_RECORDS, each_batch_up_to_fault, each_text};
use super::say::list;
use super::site::Site;
use books::{
    Book, BookError, BookErrorKind, BookSpec, ExtraFields, Format, ReadError, ReadErrorKind, Table,
    TableSpec,
};
use encoding_rs::GB18030;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A book, and what had to be said to open it.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) book: Book,
    pub(super) tables: BTreeMap<String, TableSpec>,
    pub(super) said: Vec<String>,
    /// Files without anything in them, which are left out.
    pub(super) left_out: Vec<String>,
}

/// Opens a book. A database says itself how it is to be read.
pub(super) fn open(site: &Site) -> Result<Opened, SurveyError> {
    let mut spec = site.spec.clone();
    if site.is_database() {
        let book = Book::open(&spec).map_err(SurveyError::Books)?;
        return Ok(done(book, spec, Vec::new(), BTreeMap::new()));
    }
    let base = base_of(&spec.root);
    let mut looked_at = BTreeSet::new();
    let mut said = Vec::new();
    let mut of_files: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut blanks = Blanks::default();
    let mut is_grouped = false;
    let mut opened = loop {
        let opened = Book::open(&spec);
        let files: Vec<(String, String)> = match &opened {
            Ok(book) => files_of(book),
            Err(errors) => errors
                .iter()
                .filter_map(|error| Some((error.table.clone()?, error.file.clone()?)))
                .collect(),
        };
        let mut has_changed = false;
        for (table, file) in files {
            if looked_at.insert(file.clone()) {
                let found = match fit(&base.join(&file)) {
                    Err(SurveyError::Read(error)) if is_blank(&error) && !spec.root.is_file() => {
                        blanks.add(&mut spec, table, file, error);
                        has_changed = true;
                        continue;
                    }
                    found => found.map_err(mended)?,
                };
                for (line, words) in found.said {
                    let place = line.map_or(file.clone(), |line| format!("{file}:{line}"));
                    of_files.entry(words).or_default().push(place);
                }
                if found.spec != TableSpec::default() {
                    let files = spec.tables.remove(&table).unwrap_or_default().files;
                    spec.tables.insert(
                        table,
                        TableSpec {
                            files,
                            ..found.spec
                        },
                    );
                    has_changed = true;
                }
            }
        }
        match opened {
            _ if has_changed => {}
            Ok(book) if is_grouped => break done(book, spec, said, of_files),
            Ok(book) => {
                is_grouped = true;
                let has_groups = group(&book, &blanks, &mut spec, &mut said);
                let has_left_out = blanks.leave_out(&book, &mut spec)?;
                if !has_groups && !has_left_out {
                    break done(book, spec, said, of_files);
                }
            }
            Err(errors) => {
                if !join_same_stems(&errors, &mut spec, &mut said) {
                    return Err(SurveyError::Books(errors));
                }
            }
        }
    };
    opened.left_out = blanks.files.into_keys().collect();
    Ok(opened)
}

/// Files of a book without anything in them.
#[derive(Debug, Default)]
struct Blanks {
    /// Each with the table that it is alone, where it is one.
    files: BTreeMap<String, Option<String>>,
    /// Why the first of them cannot be read.
    first: Option<ReadError>,
}

impl Blanks {
    /// Takes up a file, and has the book opened all the same: without it where its table names its
    /// files, else as a table without records.
    fn add(&mut self, spec: &mut BookSpec, table: String, file: String, error: ReadError) {
        self.first.get_or_insert(error);
        let of_table = spec.tables.get_mut(&table);
        if let Some(of_table) = of_table.filter(|spec| !spec.files.is_empty()) {
            of_table.files.push(format!("!{file}"));
            self.files.insert(file, None);
            return;
        }
        let without_records = TableSpec {
            header: false,
            names: vec!["nothing".to_owned()],
            skip_blank_lines: true,
            ..csv()
        };
        spec.tables.insert(table.clone(), without_records);
        self.files.insert(file, Some(table));
    }

    fn is_table(&self, table: &str) -> bool {
        let mut tables = self.files.values().flatten();
        tables.any(|own| own == table)
    }

    /// Leaves the files out that are tables of their own, and returns whether there are any. It is
    /// said by the tables whose globs would take them in, else by any other.
    fn leave_out(&self, book: &Book, spec: &mut BookSpec) -> Result<bool, SurveyError> {
        let mut others = book.tables().filter(|table| !self.is_table(table.name()));
        let Some(other) = others.next() else {
            let first = self.first.clone().map(SurveyError::Read);
            return first.map_or(Ok(false), |error| Err(mended(error)));
        };
        let alone = self.files.iter().filter_map(|(file, table)| {
            let table = table.as_ref()?;
            Some((file, table))
        });
        let mut has_any = false;
        for (file, table) in alone {
            has_any = true;
            spec.tables.remove(table);
            let excludes = format!("!{file}");
            let mut is_said = false;
            for other in spec.tables.values_mut() {
                if other.files.iter().any(|glob| is_match(glob, file)) {
                    other.files.push(excludes.clone());
                    is_said = true;
                }
            }
            if is_said {
                continue;
            }
            let mut named = spec.tables.values_mut().filter(|one| !one.files.is_empty());
            if let Some(named) = named.next() {
                named.files.push(excludes);
                continue;
            }
            let own = other.files().iter().map(|file| file.path.clone());
            let named = spec.tables.entry(other.name().to_owned()).or_default();
            named.files = own.chain([excludes]).collect();
        }
        Ok(has_any)
    }
}

/// Whether nothing is in a file, not even the names of columns.
fn is_blank(error: &ReadError) -> bool {
    matches!(error.kind, ReadErrorKind::NoHeader)
}

/// An error with what can be done about it where there is no plan yet.
fn mended(error: SurveyError) -> SurveyError {
    match error {
        SurveyError::Read(error) if is_blank(&error) => SurveyError::Read(ReadError {
            mend:
                "name a book that holds something: a line with the names of its columns, at least"
                    .to_owned(),
            ..error
        }),
        other => other,
    }
}

/// Files that are named before the others are only counted.
const MOST_NAMED: usize = 5;

fn done(
    book: Book,
    spec: BookSpec,
    said: Vec<String>,
    of_files: BTreeMap<String, Vec<String>>,
) -> Opened {
    let in_words = |(words, places): (String, Vec<String>)| {
        let named = list(places.iter().take(MOST_NAMED).map(String::as_str));
        match places.len().saturating_sub(MOST_NAMED) {
            0 => format!("{named}: {words}"),
            more => format!("{named} and {more} more: {words}"),
        }
    };
    Opened {
        book,
        tables: spec.tables,
        said: of_files.into_iter().map(in_words).chain(said).collect(),
        left_out: Vec::new(),
    }
}

/// Makes one table of the parts that files are of it; returns whether there are any.
fn group(book: &Book, blanks: &Blanks, spec: &mut BookSpec, said: &mut Vec<String>) -> bool {
    let part = |table: &Arc<Table>| {
        let schema = table.schema();
        let data = schema
            .fields()
            .iter()
            .take(schema.fields().len().saturating_sub(2));
        let columns = data.map(|field| (field.name().clone(), field.data_type().to_string()));
        let file = table.files().first().map(|file| file.path.clone());
        let spec = spec.tables.get(table.name()).cloned().unwrap_or_default();
        Part {
            table: table.name().to_owned(),
            file: file.unwrap_or_default(),
            columns: columns.collect(),
            spec,
        }
    };
    let parts: Vec<Part> = book
        .tables()
        .filter(|table| table.files().len() == 1 && !blanks.is_table(table.name()))
        .map(part)
        .collect();
    let files = files_of(book).into_iter().map(|(_, file)| file);
    let files = files
        .filter(|file| !blanks.files.contains_key(file))
        .collect();
    let groups = groups(&parts, &files);
    let has_groups = !groups.is_empty();
    for group in groups {
        for part in &group.parts {
            spec.tables.remove(part);
        }
        said.extend(group.said);
        spec.tables.insert(group.name, group.spec);
    }
    has_groups
}

/// Makes one table of files that have the same name in several folders; returns whether there
/// are any.
fn join_same_stems(errors: &[BookError], spec: &mut BookSpec, said: &mut Vec<String>) -> bool {
    let mut has_joined = false;
    for error in errors {
        let BookErrorKind::SameStem {
            stem,
            first,
            second,
        } = &error.kind
        else {
            continue;
        };
        let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
        let table = spec.tables.entry(stem.clone()).or_default();
        if name(first) == name(second)
            && table.files.is_empty()
            && !name(first).contains(['*', '?', '[', '{'])
        {
            table.files = vec![format!("**/{}", name(first))];
            said.push(format!(
                "the files {} of several folders are one table: {stem}",
                name(first)
            ));
            has_joined = true;
        }
    }
    has_joined
}

/// The tables of a book with their files. A table that no plan speaks of is one file.
fn files_of(book: &Book) -> Vec<(String, String)> {
    let files = book.tables().flat_map(|table| {
        let name = table.name().to_owned();
        table
            .files()
            .iter()
            .map(move |file| (name.clone(), file.path.clone()))
    });
    files.collect()
}

/// The folder that the files of a book are named from.
fn base_of(root: &Path) -> PathBuf {
    if root.is_dir() {
        return root.to_owned();
    }
    if root.is_file() {
        return root.parent().unwrap_or(Path::new("")).to_owned();
    }
    let is_plain = |part: &std::path::Component<'_>| {
        !part
            .as_os_str()
            .to_string_lossy()
            .contains(['*', '?', '[', '{'])
    };
    root.components().take_while(is_plain).collect()
}

/// How a file is written, and what is worth saying of it.
#[derive(Debug, Default)]
struct Fitted {
    spec: TableSpec,
    /// Words, each with the line that they are about.
    said: Vec<(Option<u64>, String)>,
}

impl Fitted {
    fn say(&mut self, words: impl Into<String>) {
        self.said.push((None, words.into()));
    }
}

/// Finds out how a file is written.
fn fit(path: &Path) -> Result<Fitted, SurveyError> {
    let mut found = Fitted::default();
    let ending = ending_of(path);
    let is_parquet = head(path).is_some_and(|head| &head == b"PAR1");
    let is_known = ["csv", "tsv", "tab", "parquet"].contains(&ending.as_str());
    if !is_known || is_parquet != (ending == "parquet") {
        found.spec.format = Some(if is_parquet {
            Format::Parquet
        } else {
            Format::Csv
        });
    }
    if is_parquet || found.spec.format.is_none() && ending == "parquet" {
        return Ok(found);
    }
    let Some(lines) = decode(path, &mut found)? else {
        return Ok(found);
    };
    judge_lines(&lines, &ending, &mut found);
    try_records(path, &mut found)?;
    Ok(found)
}

/// The first bytes of a file.
fn head(path: &Path) -> Option<[u8; 4]> {
    let mut head = [0; 4];
    std::fs::File::open(path).ok()?.read_exact(&mut head).ok()?;
    Some(head)
}

/// What a file's name ends in, a compression left out.
fn ending_of(path: &Path) -> String {
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    let plain = name
        .strip_suffix(".gz")
        .or_else(|| name.strip_suffix(".zst"))
        .unwrap_or(&name);
    plain
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_owned())
        .unwrap_or_default()
}

/// Reads a file's first lines in the encoding in which all of it can be read. `None` for a file
/// whose lines cannot be read. One without any line has no columns: nothing could be compared.
fn decode(path: &Path, found: &mut Fitted) -> Result<Option<Vec<Line>>, SurveyError> {
    let lines = match read_lines(path, None) {
        Err(SurveyError::Read(error)) if is_undecodable(&error) => {
            decode_foreign(path, error, found)?
        }
        // Not even a line can be read; the header may be, and it says more.
        Err(SurveyError::Read(error)) => {
            found.said.push((error.line, fault(&error)));
            return Ok(None);
        }
        other => other?,
    };
    if lines.is_empty() {
        // Lines of nothing are a table only to a plan that says so.
        let without_blanks = TableSpec {
            skip_blank_lines: true,
            ..csv()
        };
        open_alone(path, without_blanks)?;
        return Ok(None);
    }
    Ok(Some(lines))
}

fn is_undecodable(error: &ReadError) -> bool {
    matches!(error.kind, ReadErrorKind::Undecodable { .. })
}

/// Reads a file that is not UTF-8, as `first` says. Where a byte-order mark tells the encoding, it
/// is damaged: no other encoding is tried.
fn decode_foreign(
    path: &Path,
    first: ReadError,
    found: &mut Fitted,
) -> Result<Vec<Line>, SurveyError> {
    match read_lines(path, Some("gb18030")) {
        Err(SurveyError::Read(error))
            if matches!(error.kind, ReadErrorKind::ByteOrderMark { .. }) =>
        {
            Err(SurveyError::Read(first))
        }
        Ok(lines) if is_chinese(&lines) => {
            found.spec.encoding = Some("gb18030".to_owned());
            found.say("is not UTF-8; read as gb18030, in which it is Chinese".to_owned());
            Ok(lines)
        }
        Err(SurveyError::Read(error)) if !is_undecodable(&error) => Err(SurveyError::Read(error)),
        _ => {
            found.spec.encoding = Some("windows-1252".to_owned());
            let words = "is neither UTF-8 nor Chinese in gb18030; read as windows-1252, in which any byte \
                         is a character: look at its names";
            found.say(words.to_owned());
            read_lines(path, Some("windows-1252"))
        }
    }
}

/// Whether the characters beyond ASCII are those that Chinese is written with: almost all in the
/// two bytes of GB 2312, and not the rare ones that letters with accents turn into.
fn is_chinese(lines: &[Line]) -> bool {
    let (mut usual, mut rare) = (0_u64, 0_u64);
    for character in lines
        .iter()
        .flat_map(|(_, line)| line.chars())
        .filter(|c| !c.is_ascii())
    {
        let mut text = [0; 4];
        let (bytes, _, _) = GB18030.encode(character.encode_utf8(&mut text));
        match *bytes {
            [0xA1..=0xF7, 0xA1..=0xFE] => usual += 1,
            _ => rare += 1,
        }
    }
    usual > rare.saturating_mul(9)
}

/// Lines that a file is judged by, and those that are read to see whether they can be.
const JUDGED_LINES: usize = 1000;
const DECODED_LINES: u64 = 5_000_000;

/// Reads a file's first lines, whatever is in them. Most of the file is decoded on the way.
fn read_lines(path: &Path, encoding: Option<&str>) -> Result<Vec<Line>, SurveyError> {
    let lines = TableSpec {
        format: Some(Format::Csv),
        encoding: encoding.map(str::to_owned),
        delimiter: Some('\u{1f}'),
        quote: Some(String::new()),
        header: false,
        names: vec!["line".to_owned()],
        extra_fields: ExtraFields::Drop,
        skip_blank_lines: true,
        ..TableSpec::default()
    };
    let table = open_alone(path, lines)?;
    let mut found: Vec<Line> = Vec::new();
    let mut seen = 0_u64;
    let end = each_batch_up_to_fault(&table, vec![0, 2], |batch| {
        seen += batch.num_rows() as u64;
        if found.len() < JUDGED_LINES {
            let mut numbers = Vec::new();
            each_text(batch.column(1), |text| {
                numbers.push(text.and_then(|text| text.parse().ok()))
            })?;
            let mut numbers = numbers.into_iter().flatten();
            each_text(batch.column(0), |text| {
                found.extend(numbers.next().zip(text.map(str::to_owned)));
            })?;
        }
        Ok(if seen < DECODED_LINES {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        })
    });
    match end.fault {
        // What else is wrong shows again when the records are read.
        Some(error) if is_undecodable(&error) || found.is_empty() => return Err(error.into()),
        _ => {}
    }
    found.retain(|(_, line)| !line.is_empty());
    found.truncate(JUDGED_LINES);
    Ok(found)
}

/// A CSV file of which nothing is known.
fn csv() -> TableSpec {
    TableSpec {
        format: Some(Format::Csv),
        ..TableSpec::default()
    }
}

/// Opens a file as the one table of a book.
fn open_alone(path: &Path, spec: TableSpec) -> Result<Arc<Table>, SurveyError> {
    let name = stem_of(path);
    let spec = BookSpec {
        root: path.to_owned(),
        tables: BTreeMap::from([(name, spec)]),
        ..BookSpec::default()
    };
    let book = Book::open(&spec).map_err(read_or_book)?;
    let table = book.tables().next().cloned();
    table.ok_or_else(|| SurveyError::Books(Vec::new()))
}

/// The reader's own error, where that is all that is wrong.
fn read_or_book(mut errors: Vec<BookError>) -> SurveyError {
    match errors.pop() {
        Some(BookError {
            kind: BookErrorKind::Read(error),
            ..
        }) if errors.is_empty() => SurveyError::Read(*error),
        last => {
            errors.extend(last);
            SurveyError::Books(errors)
        }
    }
}

/// What a table is called that is this file.
fn stem_of(path: &Path) -> String {
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let lower = name.to_lowercase();
    let plain = match [".gz", ".zst"]
        .iter()
        .find(|ending| lower.ends_with(**ending))
    {
        Some(ending) => name.get(..name.len() - ending.len()).unwrap_or(&name),
        None => &name,
    };
    match plain.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem.to_owned(),
        _ => plain.to_owned(),
    }
}

/// Takes over what the lines show of a file.
fn judge_lines(lines: &[Line], ending: &str, found: &mut Fitted) {
    let usual = if matches!(ending, "tsv" | "tab") {
        '\t'
    } else {
        ','
    };
    let look = dialect::look(lines, usual);
    if let Some(delimiter) = look.delimiter.filter(|delimiter| *delimiter != usual) {
        found.say(format!("its delimiter is {}", delimiter_name(delimiter)));
        found.spec.delimiter = Some(delimiter);
    }
    if look.skip_header > 0 {
        found.say(match look.skip_header {
            1 => "its first line stands above the header and is no record".to_owned(),
            more => format!("its first {more} lines stand above the header and are no records"),
        });
        found.spec.skip_header = look.skip_header;
    }
    if !look.header {
        let words = "its first line is a record: it has no header, and its columns are called";
        found.say(format!(
            "{words} {}",
            list(look.names.iter().map(String::as_str))
        ));
        found.spec.header = false;
    } else if let Some(wrong) = look.wrong_names {
        let names = list(look.names.iter().map(String::as_str));
        found.say(format!("{wrong}; its columns are called {names}"));
    }
    found.spec.names = look.names;
}

fn delimiter_name(delimiter: char) -> String {
    match delimiter {
        '\t' => "a tab".to_owned(),
        other => format!("a `{other}`"),
    }
}

/// Reads the first records, and declares the repairs without which they cannot be read. A fault
/// that only its owner can mend is said.
fn try_records(path: &Path, found: &mut Fitted) -> Result<(), SurveyError> {
    for _ in 0..4 {
        let Err(error) = read_some(path, &found.spec) else {
            return Ok(());
        };
        let SurveyError::Read(error) = error else {
            return Err(error);
        };
        let spec = &mut found.spec;
        let words = match error.kind {
            ReadErrorKind::BlankLine if !spec.skip_blank_lines => {
                spec.skip_blank_lines = true;
                "empty lines are skipped, and counted".to_owned()
            }
            ReadErrorKind::StrayQuote | ReadErrorKind::AfterQuote if !spec.keep_stray_quotes => {
                spec.keep_stray_quotes = true;
                "quotes that quote nothing are kept as they are, and counted".to_owned()
            }
            ReadErrorKind::FieldCount {
                found: fields,
                expected,
            } if fields > expected && spec.extra_fields == ExtraFields::Refuse => {
                spec.extra_fields = ExtraFields::Blank;
                "fields beyond the header are dropped where they are empty, and counted".to_owned()
            }
            _ => {
                found.said.push((error.line, fault(&error)));
                return Ok(());
            }
        };
        found.said.push((error.line, words));
    }
    Ok(())
}

/// A fault that ends every read.
fn fault(error: &ReadError) -> String {
    let mend = match error.mend.is_empty() {
        true => String::new(),
        false => format!(" ({})", error.mend),
    };
    format!(
        "{}: nothing is verified until that is mended{mend}",
        error.kind
    )
}

fn read_some(path: &Path, spec: &TableSpec) -> Result<(), SurveyError> {
    let mut spec = spec.clone();
    spec.format = Some(Format::Csv);
    let table = open_alone(path, spec)?;
    let columns = (0..table.schema().fields().len()).collect();
    let mut records = 0;
    let end = each_batch_up_to_fault(&table, columns, |batch| {
        records += batch.num_rows() as u64;
        Ok(if records < SAMPLE_RECORDS {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        })
    });
    match end.fault {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}
