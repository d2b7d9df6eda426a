//! Texts that a mistake can point into: the plan itself, and the SQL it names.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::mistake::{Mistake, PlanError};

/// A text with the name it is shown under; passwords in it are masked.
pub struct SourceText {
    name: String,
    shown: String,
    line_starts: Vec<usize>,
}

impl SourceText {
    /// Takes a text to be shown as `name`. Every password in a URL (`scheme://user:password@…`)
    /// becomes stars of the same length, so that places stay true.
    pub(super) fn new(name: impl Into<String>, text: &str) -> Self {
        let shown = mask_passwords(text);
        let after_ends = shown
            .match_indices('\n')
            .map(|(at, _)| at.saturating_add(1));
        Self {
            name: name.into(),
            line_starts: std::iter::once(0).chain(after_ends).collect(),
            shown,
        }
    }

    /// Returns the name that the text is shown under, such as `rules/postings.sql`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the text with its passwords masked.
    pub fn text(&self) -> &str {
        &self.shown
    }

    /// Returns line and column, both counted from 1, the column in characters.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let end = self.shown.floor_char_boundary(offset);
        let line = self.line_starts.partition_point(|start| *start <= end);
        let start = line
            .checked_sub(1)
            .and_then(|index| self.line_starts.get(index));
        let before = self.shown.get(start.copied().unwrap_or(0)..end);
        let column = before.unwrap_or_default().chars().count();
        (line, column.saturating_add(1))
    }

    /// Keeps a place inside the text, whatever it was worked out from.
    pub(super) fn clamp(&self, place: Range<usize>) -> Range<usize> {
        let end = self.shown.len();
        let start = self.shown.floor_char_boundary(place.start.min(end));
        start..self.shown.ceil_char_boundary(place.end.clamp(start, end))
    }
}

impl fmt::Debug for SourceText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceText({}, {} bytes)", self.name, self.shown.len())
    }
}

impl SourceCode for SourceText {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let found = self.shown.read_span(span, lines_before, lines_after)?;
        // Columns are counted in bytes there, and in characters by everyone else.
        let column = match found.column() {
            0 => 0,
            _ => self.line_column(span.offset()).1.saturating_sub(1),
        };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            found.data(),
            *found.span(),
            found.line(),
            column,
            found.line_count(),
        )))
    }
}

/// A value together with its place: the bytes of the plan's text that gave it.
#[derive(Clone, PartialEq, Eq)]
pub struct Placed<T> {
    /// The value itself.
    pub value: T,
    place: Range<usize>,
}

impl<T> Placed<T> {
    /// Puts a value at its place.
    pub fn new(value: T, place: Range<usize>) -> Self {
        Self { value, place }
    }

    /// Returns the bytes of the plan's text that gave the value.
    pub fn place(&self) -> Range<usize> {
        self.place.clone()
    }
}

impl<T> Deref for Placed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Display> fmt::Display for Placed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<T: fmt::Debug> fmt::Debug for Placed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {:?}", self.value, self.place)
    }
}

/// SQL, or the name of a table where the plan may give either, that knows where it was written.
#[derive(Clone)]
pub struct SqlText {
    text: String,
    place: Range<usize>,
    plan: Arc<SourceText>,
    origin: SqlOrigin,
}

/// Where a [`SqlText`] was written.
#[derive(Clone)]
enum SqlOrigin {
    /// The plan names a table.
    Table,
    /// Written out in the plan; the offset in the plan of each of its bytes and of its end,
    /// where that could be worked out.
    Inline(Option<Arc<[usize]>>),
    /// In a file of its own.
    File(Arc<SourceText>),
}

impl SqlText {
    /// Takes the name of a table.
    pub(super) fn table(name: Placed<String>, plan: &Arc<SourceText>) -> Self {
        Self {
            place: name.place(),
            text: name.value,
            plan: Arc::clone(plan),
            origin: SqlOrigin::Table,
        }
    }

    /// Takes SQL that stands in the plan; `raw` is the plan's whole text.
    pub(super) fn inline(sql: Placed<String>, raw: &str, plan: &Arc<SourceText>) -> Self {
        let place = sql.place();
        let offsets = raw
            .get(place.clone())
            .and_then(|literal| offsets_of_string(literal, &sql.value))
            .map(|offsets| offsets.into_iter().map(|at| at.saturating_add(place.start)));
        Self {
            origin: SqlOrigin::Inline(offsets.map(Iterator::collect)),
            text: sql.value,
            place,
            plan: Arc::clone(plan),
        }
    }

    /// Takes the content of the file `name`.
    pub(super) fn file(name: Placed<String>, sql: String, plan: &Arc<SourceText>) -> Self {
        Self {
            place: name.place(),
            origin: SqlOrigin::File(Arc::new(SourceText::new(name.value, &sql))),
            text: sql,
            plan: Arc::clone(plan),
        }
    }

    /// Returns the SQL, or the table's name.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether this is the name of a table and not SQL.
    pub fn is_table(&self) -> bool {
        matches!(self.origin, SqlOrigin::Table)
    }

    /// Returns the name of the file that the SQL stands in, if it is not in the plan itself.
    pub fn file_name(&self) -> Option<&str> {
        match &self.origin {
            SqlOrigin::File(file) => Some(file.name()),
            SqlOrigin::Table | SqlOrigin::Inline(_) => None,
        }
    }

    /// Returns the place in the plan of the table's name, the SQL or the file's name.
    pub fn place(&self) -> Range<usize> {
        self.place.clone()
    }

    /// Makes a mistake out of one that was found in the SQL: `span` is the bytes of
    /// [`SqlText::as_str`] that are wrong, all of them if unknown.
    pub fn error(
        &self,
        span: Option<Range<usize>>,
        message: impl Into<String>,
        help: Option<String>,
    ) -> PlanError {
        let mistake = Mistake::Other {
            message: message.into(),
            label: None,
            help,
        };
        let (text, place) = self.locate(span);
        PlanError::new(mistake).at(text, place)
    }

    /// Turns bytes of the SQL into bytes of the text that holds it.
    fn locate(&self, span: Option<Range<usize>>) -> (&Arc<SourceText>, Range<usize>) {
        match (&self.origin, span) {
            (SqlOrigin::File(file), Some(span)) => (file, span),
            (SqlOrigin::File(file), None) => (file, first_line(file.text())),
            (SqlOrigin::Inline(Some(offsets)), Some(span)) => {
                let at = |index: usize| offsets.get(index).or(offsets.last()).copied();
                let start = at(span.start).unwrap_or(self.place.start);
                let end = at(span.end).unwrap_or(self.place.end);
                (&self.plan, start..end)
            }
            (SqlOrigin::Table | SqlOrigin::Inline(_), _) => (&self.plan, self.place.clone()),
        }
    }
}

impl fmt::Debug for SqlText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = match &self.origin {
            SqlOrigin::Table => "a table",
            SqlOrigin::Inline(Some(_)) => "SQL",
            SqlOrigin::Inline(None) => "SQL of unknown columns",
            SqlOrigin::File(file) => file.name(),
        };
        write!(f, "{:?} ({origin}) at {:?}", self.text, self.place)
    }
}

impl fmt::Display for SqlText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Finds the first line that holds something, to point at where no better place is known.
fn first_line(text: &str) -> Range<usize> {
    let start = text.find(|c: char| !c.is_whitespace()).unwrap_or(0);
    let length = text
        .get(start..)
        .and_then(|rest| rest.lines().next())
        .map_or(0, |line| line.trim_end().len());
    start..start.saturating_add(length)
}

/// For each byte of `value`, and for its end, finds the byte of the TOML string `literal` that
/// gave it. `None` if the literal does not read as `value`, which leaves only the whole of it.
fn offsets_of_string(literal: &str, value: &str) -> Option<Vec<usize>> {
    let multi_line = literal.starts_with("\"\"\"") || literal.starts_with("'''");
    let quotes = if multi_line { 3 } else { 1 };
    let has_escapes = literal.starts_with('"');
    let end = literal.len().checked_sub(quotes)?;
    let mut at = quotes;
    if multi_line {
        let rest = literal.get(at..end)?;
        at = at.saturating_add(match rest.as_bytes() {
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            _ => 0,
        });
    }
    let mut decoded = String::with_capacity(value.len());
    let mut offsets = Vec::with_capacity(value.len().saturating_add(1));
    while at < end {
        let rest = literal.get(at..end)?;
        let (taken, gives) = match rest.strip_prefix('\\') {
            Some(escape) if has_escapes => read_escape(escape)?,
            _ => {
                let next = rest.chars().next()?;
                (next.len_utf8(), Some(next))
            }
        };
        if let Some(given) = gives {
            decoded.push(given);
            offsets.resize(decoded.len(), at);
        }
        at = at.saturating_add(taken);
    }
    offsets.push(end);
    (decoded == value).then_some(offsets)
}

/// Reads what follows a backslash: the bytes taken, backslash included, and the character given.
/// A backslash at the end of a line swallows the space up to the next word.
fn read_escape(escape: &str) -> Option<(usize, Option<char>)> {
    let letter = escape.chars().next()?;
    let hex = |digits: usize| -> Option<(usize, Option<char>)> {
        let code = u32::from_str_radix(escape.get(1..digits.saturating_add(1))?, 16).ok()?;
        Some((digits.saturating_add(2), Some(char::from_u32(code)?)))
    };
    match letter {
        'b' => Some((2, Some('\u{8}'))),
        't' => Some((2, Some('\t'))),
        'n' => Some((2, Some('\n'))),
        'f' => Some((2, Some('\u{c}'))),
        'r' => Some((2, Some('\r'))),
        'e' => Some((2, Some('\u{1b}'))),
        '"' | '\\' => Some((2, Some(letter))),
        'x' => hex(2),
        'u' => hex(4),
        'U' => hex(8),
        _ => {
            let swallowed = escape.len().saturating_sub(escape.trim_start().len());
            (swallowed > 0).then_some((swallowed.saturating_add(1), None))
        }
    }
}

/// Replaces passwords in URLs by stars, unless they are `${VARIABLE}`s only.
fn mask_passwords(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at.saturating_add(3));
        masked.push_str(before);
        let scheme = before.get(..at).unwrap_or_default();
        let (mut url, behind) = after.split_at(end_of_url(scheme, after));
        while let Some(password) = password_of(url) {
            let (user, secret) = url.split_at(password.start);
            let (secret, tail) = secret.split_at(password.len());
            masked.push_str(user);
            masked.push_str(&"*".repeat(secret.len()));
            url = tail;
        }
        let left = url.len().saturating_add(behind.len());
        let done = after.len().saturating_sub(left);
        rest = after.get(done..).unwrap_or_default();
    }
    masked.push_str(rest);
    masked
}

/// Where a URL in a text ends, of which `before` ends with its scheme: at the quote that closes it
/// where one opens before the scheme, else at a quote or a blank. Within quotes a password may hold
/// blanks.
fn end_of_url(before: &str, after_scheme: &str) -> usize {
    let is_of_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let opening = before.trim_end_matches(is_of_scheme).chars().next_back();
    let line = after_scheme
        .find(['\n', '\r'])
        .unwrap_or(after_scheme.len());
    let in_line = after_scheme.get(..line).unwrap_or_default();
    let end = match opening {
        Some('"') => unescaped_quote(in_line),
        Some('\'') => in_line.find('\''),
        _ => in_line
            .find(['"', '\'', ' ', '\t'])
            .filter(|end| !is_broken_off(in_line.get(..*end).unwrap_or_default())),
    };
    end.unwrap_or(line)
}

/// Whether what stands before a blank may be a user and the beginning of a password.
fn is_broken_off(word: &str) -> bool {
    word.contains(':') && !word.contains(['@', '/'])
}

/// The first quote that no backslash makes a part of the text.
fn unescaped_quote(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.char_indices()
        .find(|(_, letter)| {
            let is_end = *letter == '"' && !is_escaped;
            is_escaped = *letter == '\\' && !is_escaped;
            is_end
        })
        .map(|(at, _)| at)
}

/// Finds a password written out in what follows `scheme://`, up to the end of the URL. A user and a
/// password end at the last `@` before the path; a `password=` may stand behind a `?`. Variables are
/// not passwords.
pub(super) fn password_of(after_scheme: &str) -> Option<Range<usize>> {
    // A password with a slash in it is wrong in a URL, but it is a password all the same.
    let authority = match after_scheme.find(['/', '?', '#']) {
        Some(end) if after_scheme.get(..end)?.contains('@') => after_scheme.get(..end)?,
        _ => after_scheme,
    };
    let before_host = || {
        let at = authority.rfind('@')?;
        let colon = authority.get(..at)?.find(':')?;
        Some(colon.saturating_add(1)..at)
    };
    let is_secret = |place: &Range<usize>| {
        let secret = after_scheme.get(place.clone());
        secret.is_some_and(|secret| !is_variables_only(secret))
    };
    // One that is written out may hold slashes and `@`s: it ends at the last of them.
    let whole = |place: Range<usize>| {
        let behind = after_scheme.get(place.end..).unwrap_or_default();
        let before_query = behind.split('?').next().unwrap_or_default();
        let more = before_query.rfind('@').unwrap_or_default();
        place.start..place.end.saturating_add(more)
    };
    before_host()
        .filter(&is_secret)
        .map(whole)
        .or_else(|| password_behind(after_scheme).find(is_secret))
}

/// How the names begin, end or go on under which a password is written behind a `?`.
const PASSWORD_KEYS: [&str; 3] = ["password", "passwd", "pwd"];
/// Keys that say where a password is to be had.
const NO_PASSWORD_KEYS: [&str; 2] = ["password_file", "password_command"];

/// The values of a URL's passwords behind its `?`.
fn password_behind(url: &str) -> impl Iterator<Item = Range<usize>> {
    let start = url.find('?').map_or(url.len(), |at| at.saturating_add(1));
    let query = url.get(start..).unwrap_or_default();
    let mut at = start;
    query.split('&').filter_map(move |part| {
        let end = at.saturating_add(part.len());
        let began = std::mem::replace(&mut at, end.saturating_add(1));
        let (key, _) = part.split_once('=')?;
        let name = key.to_ascii_lowercase();
        let is_password = PASSWORD_KEYS.iter().any(|one| name.contains(one))
            && !NO_PASSWORD_KEYS.contains(&name.as_str());
        is_password.then(|| began.saturating_add(key.len()).saturating_add(1)..end)
    })
}

/// Whether a text is nothing but `${A}${B}…` (or empty).
fn is_variables_only(text: &str) -> bool {
    let mut rest = text;
    while let Some(after) = rest.strip_prefix("${") {
        let Some(end) = after.find('}') else {
            return false;
        };
        rest = after.get(end.saturating_add(1)..).unwrap_or_default();
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_masked_and_places_stay_true() {
        let check = |text: &str, shown: &str| {
            assert_eq!(mask_passwords(text), shown);
            assert_eq!(text.len(), shown.len());
        };
        check("url = \"books/pay\"", "url = \"books/pay\"");
        check("\"postgres://bao@host/b\"", "\"postgres://bao@host/b\"");
        check("\"pg://bao:s3@host/b\"", "\"pg://bao:**@host/b\"");
        check("'pg://bao:p@ss:w@h/b' # x", "'pg://bao:******@h/b' # x");
        check("'pg://b:a/b@h/b'", "'pg://b:***@h/b'");
        check("'pg://bao:${PW}@host/b'", "'pg://bao:${PW}@host/b'");
        check("a://b:c@d e://f:g@h", "a://b:*@d e://f:*@h");
        check("'pg://bao:${PW@host/b'", "'pg://bao:****@host/b'");
        check(
            "'pg://h/b' # mail me@home: x@y",
            "'pg://h/b' # mail me@home: x@y",
        );
        check("'pg://瑞:密@h'", "'pg://瑞:***@h'");
        check(
            "'pg://b@h/b?password=s3&tls=off' # x",
            "'pg://b@h/b?password=**&tls=off' # x",
        );
        check(
            "'pg://b:a@h/b?tls=off&PWD=x=y'",
            "'pg://b:*@h/b?tls=off&PWD=***'",
        );
        check("'pg://b@h/b?password=${PW}'", "'pg://b@h/b?password=${PW}'");
        // Blanks, slashes, `@`s and quotes in it do not end it.
        check(
            "url = \"pg://bao:my pass@host/b\" # x",
            "url = \"pg://bao:*******@host/b\" # x",
        );
        check(
            "\"pg://b:a\\\"b c@h/b\" \"d\"",
            "\"pg://b:******@h/b\" \"d\"",
        );
        check("'pg://b:a@s/w@h/b'", "'pg://b:*****@h/b'");
        check("url = pg://b:my pass@h/b", "url = pg://b:*******@h/b");
        check(
            "'pg://b:${PW}@h/b?options=a@b'",
            "'pg://b:${PW}@h/b?options=a@b'",
        );
        check(
            "'pg://b@h/b?sslpassword=s 3&tls=off'",
            "'pg://b@h/b?sslpassword=***&tls=off'",
        );
        check("see http://h/b, mail a: b@c", "see http://h/b, mail a: b@c");
        check(
            "'pg://b@h/b?password_file=word'",
            "'pg://b@h/b?password_file=word'",
        );
    }

    #[test]
    fn each_byte_of_a_string_knows_its_byte_of_the_literal() {
        let check = |literal: &str, value: &str, offsets: &[usize]| {
            assert_eq!(
                offsets_of_string(literal, value).as_deref(),
                Some(offsets),
                "{literal}"
            );
        };
        check(r#""ab""#, "ab", &[1, 2, 3]);
        check("'a\\b'", "a\\b", &[1, 2, 3, 4]);
        check(r#""a\tb""#, "a\tb", &[1, 2, 4, 5]);
        check(r#""\u91d1b""#, "金b", &[1, 1, 1, 7, 8]);
        check("\"\"\"\na\"b\"\"\"", "a\"b", &[4, 5, 6, 7]);
        check("'''\r\nab'''", "ab", &[5, 6, 7]);
        check("\"\"\"a \\\n   b\"\"\"", "a b", &[3, 4, 10, 11]);
        check("''", "", &[1]);
        assert_eq!(offsets_of_string("\"ab\"", "abc"), None);
        assert_eq!(offsets_of_string("\"", "abc"), None);
        assert_eq!(offsets_of_string("", ""), None);
    }

    #[test]
    fn lines_and_columns_count_from_one_in_characters() {
        let text = SourceText::new("t", "ab\n金额 = 1\n");
        assert_eq!(text.line_column(0), (1, 1));
        assert_eq!(text.line_column(3), (2, 1));
        assert_eq!(text.line_column(9), (2, 3));
        assert_eq!(text.line_column(5), (2, 1), "inside a character: its start");
        assert_eq!(text.line_column(999), (3, 1));
    }
}
