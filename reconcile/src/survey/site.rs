//! Where a book is, as it was written, and how a plan elsewhere writes the same.

use super::SurveyError;
use books::{BookSpec, DatabaseAddress};
use rules::plan::Address;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// What variables of the environment are set to.
pub(super) type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

/// Where a book is: a file, a folder, a glob or a database.
#[derive(Debug)]
pub(super) struct Site {
    /// As it was written, its variables unresolved.
    pub(super) written: String,
    pub(super) spec: BookSpec,
    /// Where in it paths stand that start from the working folder.
    pub(super) paths: Vec<Range<usize>>,
}

impl Site {
    /// Reads where a book is; `side` is what mistakes in it call it.
    pub(super) fn read(
        written: &str,
        side: &str,
        environment: Environment<'_>,
    ) -> Result<Site, SurveyError> {
        let is_address = written.contains("://") || written.contains("${");
        let spec = match is_address {
            true => Address::read(written, side)
                .and_then(|address| address.spec(Path::new(""), environment))
                .map_err(SurveyError::Address)?,
            false => BookSpec {
                root: std::path::absolute(written).unwrap_or_else(|_| PathBuf::from(written)),
                ..BookSpec::default()
            },
        };
        let is_relative = |at: &Range<usize>| is_relative(&written[at.clone()], environment);
        let paths = match spec.database {
            Some(_) => paths_of_database(written),
            None => std::iter::once(0..written.len()).collect(),
        };
        Ok(Site {
            paths: paths.into_iter().filter(is_relative).collect(),
            written: written.to_owned(),
            spec,
        })
    }

    pub(super) fn is_database(&self) -> bool {
        self.spec.database.is_some()
    }

    /// A name for it: the database's, with its schema if one is written, or the last part of the path
    /// without its ending.
    pub(super) fn name(&self) -> String {
        let plain = match self.is_database() {
            true => self.written.split(['?', '#']).next().unwrap_or_default(),
            false => &self.written,
        };
        let without_host = match plain.split_once("://") {
            Some((scheme, rest)) if !scheme.eq_ignore_ascii_case("sqlite") => {
                rest.split_once('/').map_or("", |(_, path)| path)
            }
            Some((_, path)) => path,
            None => plain,
        };
        let name = stem(Path::new(without_host));
        match self
            .written
            .split(['?', '&'])
            .find_map(|part| part.strip_prefix("schema="))
        {
            Some(schema) if self.is_database() && !schema.contains('{') => {
                format!("{name}.{}", decoded(schema))
            }
            _ => name,
        }
    }
}

/// The paths within the address of a database: a file, or what its settings name.
fn paths_of_database(written: &str) -> Vec<Range<usize>> {
    const FILE: &str = "sqlite://";
    if written.starts_with(FILE) {
        return std::iter::once(FILE.len()..written.len()).collect();
    }
    if !DatabaseAddress::is_database(written) {
        // All of it is in a variable.
        return Vec::new();
    }
    let settings = written.split_once('?').map_or("", |(_, settings)| settings);
    let mut start = written.len() - settings.len();
    let mut paths = Vec::new();
    for setting in settings.split('&') {
        let end = start + setting.len();
        if let Some((name @ ("ca_file" | "password_file"), _)) = setting.split_once('=') {
            paths.push(start + name.len() + 1..end);
        }
        start = end + 1;
    }
    paths
}

fn is_relative(path: &str, environment: Environment<'_>) -> bool {
    let variable = path
        .strip_prefix("${")
        .and_then(|rest| rest.split_once('}'));
    let start = variable.and_then(|(name, _)| environment(name));
    !Path::new(&start.unwrap_or_else(|| decoded(path))).is_absolute()
}

/// What was written, with its paths as they are found from `folder`.
pub(super) fn seen_from(folder: &Path, written: &str, paths: &[Range<usize>]) -> String {
    let is_server = DatabaseAddress::is_database(written) && !written.starts_with("sqlite:");
    let mut seen = written.to_owned();
    for at in paths.iter().rev() {
        let Some(path) = written.get(at.clone()) else {
            continue;
        };
        let way = match is_server {
            true => way_in_settings(path, folder),
            false => url_from(Path::new(path), folder),
        };
        seen.replace_range(at.clone(), &way);
    }
    seen
}

/// A path as the settings of an address write it.
fn way_in_settings(path: &str, folder: &Path) -> String {
    let plain = decoded(path);
    let way = url_from(Path::new(&plain), folder);
    if way == plain {
        return path.to_owned();
    }
    let mut written = String::new();
    for letter in way.chars() {
        match letter {
            '%' | '&' | '#' | '+' | ' ' => {
                written.push_str(&DatabaseAddress::encoded(&letter.to_string()))
            }
            _ => written.push(letter),
        }
    }
    written
}

/// Takes the `%20`s out of a part of an address.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        (rest, bytes) = match (first, byte) {
            (b'%', Some(byte)) => (&after[2..], pushed(bytes, byte)),
            (b'+', _) => (after, pushed(bytes, b' ')),
            _ => (after, pushed(bytes, *first)),
        };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn pushed(mut bytes: Vec<u8>, byte: u8) -> Vec<u8> {
    bytes.push(byte);
    bytes
}

/// A path as a plan in `folder` writes it.
fn url_from(path: &Path, folder: &Path) -> String {
    let path = match (
        path.is_absolute(),
        folder == Path::new("") || folder == Path::new("."),
    ) {
        (true, _) | (_, true) => path.to_owned(),
        (false, false) => from_to(folder, path).unwrap_or_else(|| path.to_owned()),
    };
    let text = path.to_string_lossy().into_owned();
    match text.starts_with('~') {
        true => format!("./{text}"),
        false => text,
    }
}

/// The way from a folder to a path, both absolute or starting from the working folder.
fn from_to(folder: &Path, path: &Path) -> Option<PathBuf> {
    let (folder, path) = (
        std::path::absolute(folder).ok()?,
        std::path::absolute(path).ok()?,
    );
    let shared = folder
        .components()
        .zip(path.components())
        .take_while(|(a, b)| a == b)
        .count();
    let up = folder.components().skip(shared);
    if up
        .clone()
        .any(|part| part == std::path::Component::ParentDir)
    {
        return Some(path);
    }
    let mut way: PathBuf = up.map(|_| "..").collect();
    way.extend(path.components().skip(shared));
    Some(way)
}

/// A book's name: the last part of its path without its ending.
fn stem(path: &Path) -> String {
    let last = path
        .components()
        .rev()
        .map(|part| part.as_os_str().to_string_lossy().into_owned());
    let plain = |name: &String| {
        !name.contains(['*', '?', '[', '{']) && name.chars().any(char::is_alphanumeric)
    };
    let name = last
        .into_iter()
        .find(plain)
        .unwrap_or_else(|| "book".to_owned());
    let stem = name
        .split('.')
        .find(|part| !part.is_empty())
        .unwrap_or("book");
    stem.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How a plan in the folder `plan` writes it, and what it calls the book.
    fn check(written: &str, seen: &str, name: &str) {
        let environment = |name: &str| match name {
            "ROOT" => Some("/srv/books".to_owned()),
            "NEAR" => Some("books".to_owned()),
            "PW" => Some("s3cret".to_owned()),
            "URL" => Some("postgres://teller:s3cret@db/pay".to_owned()),
            _ => None,
        };
        let site = Site::read(written, "source", &environment).expect("a book's place");
        assert_eq!(seen_from(Path::new("plan"), written, &site.paths), seen);
        assert_eq!(seen_from(Path::new(""), written, &site.paths), written);
        assert_eq!(site.name(), name);
    }

    #[test]
    fn paths_in_addresses_start_from_the_plans_folder() {
        check("old/flow.csv", "../old/flow.csv", "flow");
        check("/srv/old", "/srv/old", "old");
        check("${ROOT}/old", "${ROOT}/old", "old");
        check("${NEAR}/old", "../${NEAR}/old", "old");
        check("sqlite://old/pay.db", "sqlite://../old/pay.db", "pay");
        check("sqlite:///srv/pay.db", "sqlite:///srv/pay.db", "pay");
        check("sqlite://${ROOT}/pay.db", "sqlite://${ROOT}/pay.db", "pay");
        check(
            "sqlite://${NEAR}/pay.db",
            "sqlite://../${NEAR}/pay.db",
            "pay",
        );
        let server = "postgres://teller:${PW}@db:5433/pay?schema=old&tls=verify";
        check(server, server, "pay.old");
        check(
            "mysql://teller@db/pay?ca_file=a%20b/ca.pem&password_file=/run/pw",
            "mysql://teller@db/pay?ca_file=../a%20b/ca.pem&password_file=/run/pw",
            "pay",
        );
        check(
            "mysql://teller@db/pay?password_file=%2Frun%2Fpw",
            "mysql://teller@db/pay?password_file=%2Frun%2Fpw",
            "pay",
        );
        check("${URL}", "${URL}", "book");
    }

    #[test]
    fn a_password_is_never_written_out_and_never_repeated() {
        let refused = |written: &str| {
            let refused = Site::read(written, "source", &|_| None).expect_err("no such address");
            let SurveyError::Address(mistakes) = refused else {
                panic!("{refused}");
            };
            let said = format!("{mistakes:?} {}", mistakes[0].on_one_line());
            assert!(!said.contains("s3cret"), "{said}");
            mistakes[0].to_string()
        };
        assert_eq!(
            refused("postgres://teller:s3cret@db/pay"),
            "the url holds a password"
        );
        assert_eq!(
            refused("s3://bucket"),
            "`s3://` books are not in this build"
        );
        assert!(refused("postgres://teller:${PW}@db/pay").contains("PW"));
        assert!(refused("postgres://db/pay").contains("it names no user"));
    }
}
