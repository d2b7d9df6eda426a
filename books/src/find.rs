//! From a root and globs to the files of each table.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use globset::{Glob, GlobBuilder, GlobMatcher};
use walkdir::WalkDir;

use crate::error::{BookError, BookErrorKind};
use crate::spec::{BookSpec, Format};

/// A file of a book.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FoundFile {
    /// Relative to the book, with `/`.
    pub(crate) display: String,
    /// Where it is.
    pub(crate) path: PathBuf,
}

/// The files of a book.
#[derive(Debug)]
pub(crate) struct Found {
    /// Those of every table, tables and files in order.
    pub(crate) tables: BTreeMap<String, Vec<FoundFile>>,
    /// Those of no table, in order.
    pub(crate) unread: Vec<String>,
}

/// Finds the files of a book.
pub(crate) fn find_tables(spec: &BookSpec) -> Result<Found, Vec<BookError>> {
    let listing = Listing::of(&spec.root).map_err(|error| vec![error])?;
    let mut errors = Vec::new();
    let mut tables = BTreeMap::new();
    let claimed = claim_by_glob(spec, &listing, &mut tables, &mut errors);
    let unread = claim_by_stem(spec, &listing, &claimed, &mut tables, &mut errors);
    for (name, found) in &spec.tables {
        if found.files.is_empty() && !tables.contains_key(name) {
            errors.push(no_such_stem(name, &listing));
        }
    }
    if tables.is_empty() && errors.is_empty() {
        let root = spec.root.display().to_string();
        errors.push(BookError::new(BookErrorKind::NoFiles(root)).mend(
            "a book's files end in .csv, .tsv, .csv.gz, .csv.zst or .parquet; \
             others are named in the plan, with `files` and `format`",
        ));
    }
    if errors.is_empty() {
        Ok(Found { tables, unread })
    } else {
        Err(errors)
    }
}

/// What is said by a file's name about how it is written.
pub(crate) fn format_of(display: &str) -> Option<Format> {
    match ending(display).as_str() {
        "csv" | "tsv" | "tab" => Some(Format::Csv),
        "parquet" if compression_of(display).is_none() => Some(Format::Parquet),
        _ => None,
    }
}

/// What is said by a file's name about its compression.
pub(crate) fn compression_of(display: &str) -> Option<&'static str> {
    let lower = display.to_ascii_lowercase();
    match lower.rsplit_once('.') {
        Some((_, "gz")) => Some("gzip"),
        Some((_, "zst")) => Some("Zstandard"),
        _ => None,
    }
}

/// A file's ending in small letters, without that of a compression.
pub(crate) fn ending(display: &str) -> String {
    let name = without_compression(file_name(display));
    name.rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase())
        .unwrap_or_default()
}

fn file_name(display: &str) -> &str {
    display.rsplit('/').next().unwrap_or(display)
}

fn without_compression(name: &str) -> &str {
    match compression_of(name) {
        Some(_) => name.rsplit_once('.').map_or(name, |(rest, _)| rest),
        None => name,
    }
}

fn stem(display: &str) -> &str {
    let name = without_compression(file_name(display));
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    }
}

/// All files below a root.
struct Listing {
    files: Vec<FoundFile>,
    /// Whether every file is meant, whatever its ending.
    is_explicit: bool,
}

impl Listing {
    fn of(root: &Path) -> Result<Listing, BookError> {
        if root.is_dir() {
            return Ok(Listing {
                files: list(root, root, None)?,
                is_explicit: false,
            });
        }
        if root.is_file() {
            let base = root.parent().unwrap_or(Path::new(""));
            let file = FoundFile {
                display: relative(base, root)?,
                path: root.to_owned(),
            };
            return Ok(Listing {
                files: vec![file],
                is_explicit: true,
            });
        }
        let text = root.to_string_lossy();
        if !has_wildcard(&text) {
            return Err(BookError::new(BookErrorKind::Nothing(text.into_owned()))
                .mend("name a file, a folder or a glob"));
        }
        Listing::of_glob(root, &text)
    }

    fn of_glob(root: &Path, text: &str) -> Result<Listing, BookError> {
        let base: PathBuf = root
            .components()
            .take_while(|part| !has_wildcard(&part.as_os_str().to_string_lossy()))
            .collect();
        let rest = root.strip_prefix(&base).unwrap_or(root);
        let glob = matcher(&rest.to_string_lossy())?;
        let start = if base.as_os_str().is_empty() {
            Path::new(".")
        } else {
            base.as_path()
        };
        if !start.is_dir() {
            return Err(BookError::new(BookErrorKind::Nothing(
                start.display().to_string(),
            )));
        }
        let files = list(start, start, Some(&glob))?;
        if files.is_empty() {
            return Err(BookError::new(BookErrorKind::NoFiles(text.to_owned()))
                .mend("`*` stands for a name, `**` for any folders"));
        }
        Ok(Listing {
            files,
            is_explicit: true,
        })
    }
}

fn has_wildcard(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

/// All files below `folder` that are not hidden and match, in the order of their paths.
fn list(
    base: &Path,
    folder: &Path,
    glob: Option<&GlobMatcher>,
) -> Result<Vec<FoundFile>, BookError> {
    let is_visible = |entry: &walkdir::DirEntry| {
        entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.')
    };
    let mut files = Vec::new();
    for entry in WalkDir::new(folder)
        .follow_links(true)
        .into_iter()
        .filter_entry(is_visible)
    {
        let entry = entry.map_err(|error| {
            let place = error.path().unwrap_or(folder).display().to_string();
            BookError::new(BookErrorKind::Unlisted(error.to_string())).file(&place)
        })?;
        if !entry.file_type().is_file() {
            continue;
        }
        let display = relative(base, entry.path())?;
        if glob.is_none_or(|glob| glob.is_match(&display)) {
            files.push(FoundFile {
                display,
                path: entry.into_path(),
            });
        }
    }
    files.sort();
    Ok(files)
}

/// A path below `base` with `/`, whatever the system.
fn relative(base: &Path, path: &Path) -> Result<String, BookError> {
    let rest = path.strip_prefix(base).unwrap_or(path);
    let mut parts = Vec::new();
    for part in rest.components() {
        if let Component::Normal(part) = part {
            parts.push(part.to_str().ok_or_else(|| {
                BookError::new(BookErrorKind::NameNotUnicode)
                    .file(&path.to_string_lossy())
                    .mend("rename it")
            })?);
        }
    }
    Ok(parts.join("/"))
}

fn matcher(glob: &str) -> Result<GlobMatcher, BookError> {
    let built: Result<Glob, _> = GlobBuilder::new(glob).literal_separator(true).build();
    built.map(|glob| glob.compile_matcher()).map_err(|error| {
        let why = error.kind().to_string();
        BookError::new(BookErrorKind::Glob {
            glob: glob.to_owned(),
            why,
        })
    })
}

/// Globs, those with `!` in front excluding.
pub(crate) struct Globs {
    wanted: Vec<(String, GlobMatcher)>,
    unwanted: Vec<GlobMatcher>,
}

impl Globs {
    pub(crate) fn new(globs: &[String]) -> Result<Globs, BookError> {
        let mut found = Globs {
            wanted: Vec::new(),
            unwanted: Vec::new(),
        };
        for glob in globs {
            match glob.strip_prefix('!') {
                Some(rest) => found.unwanted.push(matcher(rest)?),
                None => found.wanted.push((glob.clone(), matcher(glob)?)),
            }
        }
        Ok(found)
    }

    /// Whether a file is meant.
    pub(crate) fn is_match(&self, display: &str) -> bool {
        self.wanted.iter().any(|(_, glob)| glob.is_match(display)) && !self.is_excluded(display)
    }

    fn is_excluded(&self, display: &str) -> bool {
        self.unwanted.iter().any(|glob| glob.is_match(display))
    }

    /// The globs that match none of these files.
    pub(crate) fn idle<'a>(&'a self, files: &'a [FoundFile]) -> impl Iterator<Item = &'a str> {
        self.wanted
            .iter()
            .filter(|(_, glob)| !files.iter().any(|file| glob.is_match(&file.display)))
            .map(|(text, _)| text.as_str())
    }
}

/// Gives the tables that name their files what they name; returns every file
/// that a table took or excluded.
fn claim_by_glob(
    spec: &BookSpec,
    listing: &Listing,
    tables: &mut BTreeMap<String, Vec<FoundFile>>,
    errors: &mut Vec<BookError>,
) -> BTreeSet<String> {
    let mut claimed = BTreeSet::new();
    let mut owner: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, table) in spec
        .tables
        .iter()
        .filter(|(_, table)| !table.files.is_empty())
    {
        let globs = match Globs::new(&table.files) {
            Ok(globs) => globs,
            Err(error) => {
                errors.push(error.table(name).setting("files"));
                continue;
            }
        };
        for idle in globs.idle(&listing.files) {
            errors.push(
                BookError::new(BookErrorKind::Unmatched(format!("{idle:?}")))
                    .table(name)
                    .setting("files")
                    .mend(format!("the book has {}", some_names(&listing.files))),
            );
        }
        let mut files = Vec::new();
        for file in &listing.files {
            if globs.is_excluded(&file.display) {
                claimed.insert(file.display.clone());
            } else if globs.is_match(&file.display) {
                claimed.insert(file.display.clone());
                match owner.insert(&file.display, name) {
                    Some(first) => errors.push(in_two_tables(first, name, &file.display)),
                    None => files.push(file.clone()),
                }
            }
        }
        tables.insert(name.clone(), files);
    }
    claimed
}

fn in_two_tables(first: &str, second: &str, file: &str) -> BookError {
    let (first, second) = (first.to_owned(), second.to_owned());
    BookError::new(BookErrorKind::InTwoTables {
        first,
        second: second.clone(),
    })
    .file(file)
    .table(&second)
    .setting("files")
    .mend(format!("exclude it from one of them: `\"!{file}\"`"))
}

/// Makes every other file of a book a table by its stem; returns those that are none.
fn claim_by_stem(
    spec: &BookSpec,
    listing: &Listing,
    claimed: &BTreeSet<String>,
    tables: &mut BTreeMap<String, Vec<FoundFile>>,
    errors: &mut Vec<BookError>,
) -> Vec<String> {
    let mut unread = Vec::new();
    for file in listing
        .files
        .iter()
        .filter(|file| !claimed.contains(&file.display))
    {
        let (stem, is_part) = match folder_of_part(&file.display) {
            Some(folder) => (folder, true),
            None => (stem(&file.display), false),
        };
        let named = spec.tables.get(stem).filter(|table| table.files.is_empty());
        let has_format = named.is_some_and(|table| table.format.is_some());
        if !listing.is_explicit && !has_format && format_of(&file.display).is_none() {
            if !is_mark(&file.display) {
                unread.push(file.display.clone());
            }
            continue;
        }
        let files = tables.entry(stem.to_owned()).or_default();
        let are_parts = |first: &FoundFile| is_part && together(&first.display, &file.display);
        match files.first() {
            Some(first) if !are_parts(first) => errors.push(same_stem(stem, first, file)),
            _ => files.push(file.clone()),
        }
    }
    unread
}

/// Whether a file is one that programs leave beside those that they write, such as `_SUCCESS`: nobody
/// takes it for a part of a book.
fn is_mark(display: &str) -> bool {
    display.split('/').any(|part| part.starts_with('_')) || ending(display) == "crc"
}

/// The folder of a file that says by its name that it is a part: `posting/part-000042.parquet`.
fn folder_of_part(display: &str) -> Option<&str> {
    let (folder, name) = display.rsplit_once('/')?;
    name.starts_with(PART).then(|| file_name(folder))
}

/// How the names of files begin that are a table together, by the name of their folder.
const PART: &str = "part-";

/// Whether two files are parts in one folder.
fn together(one: &str, other: &str) -> bool {
    let folder = |display: &str| {
        folder_of_part(display)?;
        display
            .rsplit_once('/')
            .map(|(folder, _)| folder.to_owned())
    };
    folder(one) == folder(other)
}

fn same_stem(stem: &str, first: &FoundFile, second: &FoundFile) -> BookError {
    let kind = BookErrorKind::SameStem {
        stem: stem.to_owned(),
        first: first.display.clone(),
        second: second.display.clone(),
    };
    BookError::new(kind).table(stem).mend(
        "name the tables and their files in the plan: `[source.tables.NAME]` with `files = \"GLOB\"`",
    )
}

fn no_such_stem(name: &str, listing: &Listing) -> BookError {
    BookError::new(BookErrorKind::Unmatched(format!(
        "the table's name {name:?}"
    )))
    .table(name)
    .mend(format!(
        "say which with `files`; the book has {}",
        some_names(&listing.files)
    ))
}

/// The first few names, for a message.
fn some_names(files: &[FoundFile]) -> String {
    let shown: Vec<&str> = files
        .iter()
        .take(5)
        .map(|file| file.display.as_str())
        .collect();
    match files.len() {
        0 => "no files".to_owned(),
        count if count > shown.len() => {
            format!("{} and {} more", shown.join(", "), count - shown.len())
        }
        _ => shown.join(", "),
    }
}
