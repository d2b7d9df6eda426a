//! Every mistake that a plan can hold, with its words. All messages of the plan live here.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, SourceCode};

use super::text::SourceText;

/// A mistake in a plan, at its place.
///
/// It displays as its message; as a [`Diagnostic`] it underlines its place and says the mend.
#[derive(Clone)]
pub struct PlanError {
    mistake: Box<Mistake>,
    place: Option<Place>,
    also: Vec<(Range<usize>, &'static str)>,
}

/// Bytes of a text.
#[derive(Clone)]
struct Place {
    text: Arc<SourceText>,
    bytes: Range<usize>,
}

impl PlanError {
    /// Makes a mistake that has no place yet.
    pub(super) fn new(mistake: Mistake) -> Self {
        Self {
            mistake: Box::new(mistake),
            place: None,
            also: Vec::new(),
        }
    }

    /// Puts the mistake at its place.
    pub(super) fn at(mut self, text: &Arc<SourceText>, bytes: Range<usize>) -> Self {
        self.place = Some(Place {
            bytes: text.clamp(bytes),
            text: Arc::clone(text),
        });
        self
    }

    /// Points to a second place in the same text.
    pub(super) fn with(mut self, bytes: Range<usize>, label: &'static str) -> Self {
        self.also.push((bytes, label));
        self
    }

    /// Says that the machine had no room to read SQL.
    pub(crate) fn without_room(message: String) -> Self {
        Self::new(Mistake::NoRoom { message })
    }

    /// Returns what is wrong.
    pub fn mistake(&self) -> &Mistake {
        &self.mistake
    }

    /// Returns the text that the mistake is in; none if the plan could not be read at all.
    pub fn text(&self) -> Option<&Arc<SourceText>> {
        self.place.as_ref().map(|place| &place.text)
    }

    /// Returns the bytes of [`PlanError::text`] that are wrong.
    pub fn place(&self) -> Option<Range<usize>> {
        self.place.as_ref().map(|place| place.bytes.clone())
    }

    /// Returns line and column of the mistake, counted from 1, the column in characters.
    pub fn line_column(&self) -> Option<(usize, usize)> {
        let place = self.place.as_ref()?;
        Some(place.text.line_column(place.bytes.start))
    }

    /// Says all on one line: `crossfoot.toml:12:3: message; mend`.
    pub fn on_one_line(&self) -> String {
        let mut line = match (self.text(), self.line_column()) {
            (Some(text), Some((row, column))) => format!("{}:{row}:{column}: ", text.name()),
            _ => String::new(),
        };
        line.push_str(&self.mistake.to_string());
        if let Some(mend) = self.mistake.mend() {
            line.push_str("; ");
            line.push_str(&mend);
        }
        line
    }

    /// Gives the order of mistakes: by place, those without one first.
    pub(super) fn order(&self) -> (usize, usize) {
        self.place().map_or((0, 0), |p| (p.start, p.end))
    }
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.mistake.fmt(f)
    }
}

impl fmt::Debug for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.on_one_line())
    }
}

impl std::error::Error for PlanError {}

impl Diagnostic for PlanError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let mend = self.mistake.mend()?;
        Some(Box::new(mend))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        let place = self.place.as_ref()?;
        Some(&*place.text)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.place.as_ref()?;
        let first = LabeledSpan::new_primary_with_span(self.mistake.label(), place.bytes.clone());
        let also = self.also.iter().map(|(bytes, label)| {
            LabeledSpan::new_with_span(Some((*label).to_owned()), place.text.clamp(bytes.clone()))
        });
        Some(Box::new(std::iter::once(first).chain(also)))
    }
}

/// What is wrong in a plan. The message is a fragment that says what stands there and what
/// should; [`Mistake::label`] goes under the place, [`Mistake::mend`] says what to write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mistake {
    // The file.
    /// No file of this name.
    #[error("there is no plan at {path}")]
    NoPlan {
        /// The path as it was given.
        path: String,
    },
    /// A folder instead of a file.
    #[error("{path} is a folder, not a plan")]
    PlanIsFolder {
        /// The path as it was given.
        path: String,
    },
    /// The system refused to read it.
    #[error("the plan {path} cannot be read: {why}")]
    PlanUnreadable {
        /// The path as it was given.
        path: String,
        /// The system's words.
        why: String,
    },
    /// Too many bytes for something written by hand.
    #[error("{path} is larger than {most} bytes, the most that a plan or its SQL may have")]
    TooLarge {
        /// The path as it was given.
        path: String,
        /// The most bytes that are read.
        most: u64,
    },
    /// A byte that is no UTF-8.
    #[error("byte 0x{byte:02X} is not UTF-8")]
    NotUtf8 {
        /// The byte.
        byte: u8,
    },
    /// More that is no TOML than is worth reading.
    #[error("this is not TOML either, and so it goes on: {count} more lines are broken")]
    SyntaxGoesOn {
        /// The broken lines from this one on.
        count: usize,
    },
    /// Not TOML.
    #[error("this is not TOML: {what}")]
    Syntax {
        /// The parser's words.
        what: String,
    },

    // Keys and their kinds of value.
    /// A key that nothing reads.
    #[error("unknown key `{key}` in {within}")]
    UnknownKey {
        /// The key.
        key: String,
        /// The part of the plan it stands in.
        within: String,
        /// What to do about it.
        mend: String,
    },
    /// A value of another kind than the key takes.
    #[error("`{key}` must be {wants}, not {found}")]
    WrongKind {
        /// The key.
        key: String,
        /// What it takes.
        wants: &'static str,
        /// What stands there.
        found: &'static str,
        /// How to write it.
        example: String,
    },
    /// An item of a list that is no text.
    #[error("`{key}` holds {found}; it takes texts only")]
    WrongItem {
        /// The key of the list.
        key: String,
        /// What stands there.
        found: &'static str,
        /// How to write it.
        example: Option<String>,
    },
    /// A word that is none of those the key takes.
    #[error("`{key}` cannot be `{value}`")]
    UnknownChoice {
        /// The key.
        key: &'static str,
        /// What stands there.
        value: String,
        /// The words it takes.
        choices: String,
    },
    /// A key that must be there.
    #[error("{within} has no `{key}`")]
    Missing {
        /// The key.
        key: &'static str,
        /// The part of the plan it must stand in.
        within: String,
        /// How to write it.
        example: String,
        /// What it is for.
        about: &'static str,
    },
    /// A text with nothing in it.
    #[error("`{key}` is an empty text")]
    EmptyText {
        /// The key.
        key: String,
    },
    /// A list with nothing in it, where that means nothing.
    #[error("`{key}` is an empty list")]
    EmptyList {
        /// The key.
        key: &'static str,
        /// What to do about it.
        mend: &'static str,
    },
    /// The same value twice in one list.
    #[error("`{value}` stands in `{key}` twice")]
    Twice {
        /// The key of the list.
        key: &'static str,
        /// The value.
        value: String,
    },
    /// A number outside of what makes sense.
    #[error("`{key}` is {value}; it must be from {least} to {most}")]
    OutOfRange {
        /// The key.
        key: &'static str,
        /// What stands there.
        value: String,
        /// The least value.
        least: u64,
        /// The largest value.
        most: u64,
    },
    /// A control character in a name.
    #[error("the name holds the control character U+{code:04X}")]
    ControlCharacter {
        /// Its code point.
        code: u32,
    },

    // The plan as a whole.
    /// Neither an agreement nor a control.
    #[error("the plan compares nothing: it has no agreement and no control")]
    NothingToVerify,
    /// Two agreements, or two controls, of one name.
    #[error("two {what} are called `{name}`")]
    SameName {
        /// `agreements` or `controls`.
        what: &'static str,
        /// Their name.
        name: String,
    },
    /// No such time zone.
    #[error("no time zone is called `{zone}`")]
    UnknownZone {
        /// What stands there.
        zone: String,
        /// The nearest name.
        like: Option<String>,
    },
    /// No such currency.
    #[error("no currency has the code `{code}`")]
    UnknownCurrency {
        /// What stands there.
        code: String,
        /// The code that was probably meant.
        like: Option<String>,
    },
    /// A currency without decimals to count in, such as gold.
    #[error("`{code}` has no minor unit, so its amounts have no scale")]
    NoMinorUnit {
        /// The code.
        code: String,
    },

    // Books.
    /// A kind of book that is known, but not built in.
    #[error("`{scheme}://` books are not in this build")]
    SchemeNotBuilt {
        /// The part before `://`.
        scheme: String,
    },
    /// A kind of book that is not known.
    #[error("no kind of book is called `{scheme}://`")]
    UnknownScheme {
        /// The part before `://`.
        scheme: String,
    },
    /// An address of a database that cannot be.
    #[error("the address of the database cannot be: {why}")]
    BadDatabaseAddress {
        /// What is wrong with it.
        why: String,
        /// What to write.
        mend: String,
    },
    /// A password written out.
    #[error("the url holds a password")]
    PasswordInUrl,
    /// `${` that does not name a variable.
    #[error("`{written}` names no variable of the environment")]
    BadVariable {
        /// What stands there.
        written: String,
    },
    /// A variable that has no value; the value of one is never shown.
    #[error("the environment variable `{name}` is not set")]
    UnsetVariable {
        /// Its name.
        name: String,
    },
    /// `~`, which only a shell understands.
    #[error("`~` is a shell's word for the home folder; here it is a folder called `~`")]
    Tilde,
    /// No such character set.
    #[error("no encoding is called `{label}`")]
    UnknownEncoding {
        /// What stands there.
        label: String,
        /// The nearest name.
        like: Option<String>,
    },
    /// More or less than one character where one is needed.
    #[error("`{key}` must be one character, and `{value}` has {count}")]
    NotOneCharacter {
        /// The key.
        key: &'static str,
        /// What stands there.
        value: String,
        /// How many characters it has.
        count: usize,
    },
    /// A character that cannot separate fields or quote them.
    #[error("`{key}` cannot be {name}")]
    UnusableCharacter {
        /// The key.
        key: &'static str,
        /// The character's name.
        name: String,
    },
    /// The same character separates fields and quotes them.
    #[error("`delimiter` and `quote` are the same character, {name}")]
    DelimiterIsQuote {
        /// The character's name.
        name: String,
    },
    /// A file without a header and without names.
    #[error("a file without a header needs `names` for its columns")]
    NamesMissing,
    /// Words for text files said of Parquet.
    #[error("`{key}` says nothing about a Parquet file")]
    CsvOnly {
        /// The key.
        key: &'static str,
    },
    /// A pattern of file names that cannot be understood.
    #[error("`{glob}` is no pattern of file names: {why}")]
    BadGlob {
        /// What stands there.
        glob: String,
        /// What is wrong with it.
        why: String,
    },
    /// One name in a file for two columns.
    #[error("`{alias}` is another name of two columns, `{first}` and `{second}`")]
    AliasTwice {
        /// The name in the file.
        alias: String,
        /// The one column.
        first: String,
        /// The other column.
        second: String,
    },

    // Rules.
    /// A file of SQL that is not there.
    #[error("there is no file `{path}`")]
    NoSqlFile {
        /// As the plan says it.
        path: String,
        /// The folder it was looked for in.
        folder: String,
        /// A file that is there and has nearly this name.
        like: Option<String>,
    },
    /// A folder instead of a file of SQL.
    #[error("`{path}` is a folder, not a file of SQL")]
    SqlIsFolder {
        /// As the plan says it.
        path: String,
    },
    /// The system refused to read it.
    #[error("`{path}` cannot be read: {why}")]
    SqlUnreadable {
        /// As the plan says it.
        path: String,
        /// The system's words.
        why: String,
    },
    /// A byte in a file of SQL that is no UTF-8.
    #[error("`{path}` is not UTF-8: byte 0x{byte:02X} in line {line}, column {column}")]
    SqlNotUtf8 {
        /// As the plan says it.
        path: String,
        /// The byte.
        byte: u8,
        /// Its line, from 1.
        line: usize,
        /// Its column, from 1, in characters.
        column: usize,
    },
    /// SQL with nothing but space and comments.
    #[error("`{key}` holds no SQL")]
    NoSql {
        /// The key or the file.
        key: String,
    },
    /// One column in two parts that exclude each other.
    #[error("`{column}` stands in both `{first}` and `{second}`")]
    InBoth {
        /// The column.
        column: String,
        /// The one list.
        first: &'static str,
        /// The other list.
        second: &'static str,
        /// Why that cannot be, and the mend.
        mend: &'static str,
    },
    /// A currency's code where a column's name belongs.
    #[error("`{code}` is a currency; an agreement's `currency` names the column that holds it")]
    CodeForColumn {
        /// The code.
        code: String,
    },
    /// No columns to find the source record by.
    #[error("`on` names no columns")]
    OriginOnNothing,

    // Controls.
    /// Nothing to compute.
    #[error("the control has neither `sql` nor `expected` and `actual`")]
    ControlEmpty,
    /// Both ways at once.
    #[error("the control has both `sql` and `{other}`")]
    ControlTwoWays {
        /// `expected` or `actual`.
        other: &'static str,
    },
    /// One side only.
    #[error("the control has `{has}`, but no `{lacks}`")]
    ControlHalf {
        /// The side that is there.
        has: &'static str,
        /// The side that is not.
        lacks: &'static str,
    },

    // The window and the settings.
    /// A date and time that does not say from which zone it is.
    #[error("`{key}` does not say its offset from UTC")]
    NoOffset {
        /// The key.
        key: &'static str,
        /// The same with an offset.
        example: String,
    },
    /// A date without a time, or a time without a date.
    #[error("`{key}` is {found}; it must be a date with a time and an offset")]
    NotAMoment {
        /// The key.
        key: &'static str,
        /// `a date` or `a time`.
        found: &'static str,
    },
    /// A moment that the calendar does not have.
    #[error("`{key}` is no moment: {why}")]
    NoSuchMoment {
        /// The key.
        key: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The window closes before it opens.
    #[error("`release` is {by} `freeze`, and must come after it")]
    ReleaseBeforeFreeze {
        /// `1h before`, or `at the moment of`.
        by: String,
    },
    /// No duration.
    #[error("`{value}` is no duration")]
    NotADuration {
        /// What stands there.
        value: String,
    },
    /// A duration of nothing or less.
    #[error("`{key}` cannot be `{value}`")]
    NotPositive {
        /// The key.
        key: &'static str,
        /// What stands there.
        value: String,
    },
    /// No time left to roll back.
    #[error("rolling back takes {takes}, and the window is {window} long: {short} too short")]
    RollbackTooLong {
        /// How long it takes.
        takes: String,
        /// How long the window is.
        window: String,
        /// The difference.
        short: String,
    },
    /// One person alone would sign off.
    #[error("two people sign off, and `roles` names fewer roles")]
    OneRole,
    /// A list of signers that the environment would choose.
    #[error("`signers` takes no variable, and `{value}` has one")]
    SignersByVariable {
        /// What stands there.
        value: String,
    },
    /// A word that is none of a few.
    #[error("`{value}` is nothing that `{key}` knows")]
    NoSuchWord {
        /// The key.
        key: &'static str,
        /// What stands there.
        value: String,
        /// The words that it knows.
        known: String,
    },
    /// A channel that leads nowhere.
    #[error("the channel does not say where it leads")]
    NoWay,
    /// A channel that leads to two places.
    #[error("a channel leads to one place, and this one has `{first}` and `{second}`")]
    TwoWays {
        /// One way.
        first: &'static str,
        /// Another.
        second: &'static str,
    },
    /// Mail without a sender or a server.
    #[error("mail needs `{key}`")]
    MailLacks {
        /// The key.
        key: &'static str,
    },
    /// No number of bytes.
    #[error("`{value}` is no amount of memory")]
    NotASize {
        /// What stands there.
        value: String,
    },
    /// Too little memory to run at all.
    #[error("`memory_limit` is {bytes} bytes; SQL needs {least}, {short} more")]
    TooLittleMemory {
        /// What stands there, in bytes.
        bytes: u64,
        /// The least number of bytes.
        least: u64,
        /// How many are missing.
        short: u64,
    },

    /// No mistake of the plan: the machine had no room to read its SQL.
    #[error("{message}")]
    NoRoom {
        /// What was lacking.
        message: String,
    },
    /// Something found later, against the books or in the SQL.
    #[error("{message}")]
    Other {
        /// What is wrong.
        message: String,
        /// What to write under its place.
        label: Option<String>,
        /// The mend.
        help: Option<String>,
    },
}

impl Mistake {
    /// Says what stands at the place, where the message does not say it already.
    pub fn label(&self) -> Option<String> {
        let words = match self {
            Self::NotUtf8 { .. } => "the first wrong byte",
            Self::UnknownKey { .. } => "nothing reads this",
            Self::WrongItem { found, .. } => found,
            Self::WrongKind { found, .. } => found,
            Self::Missing { key, .. } => return Some(format!("`{key}` belongs here")),
            Self::Twice { .. } | Self::SameName { .. } => "again here",
            Self::InBoth { second, .. } => return Some(format!("in `{second}`")),
            Self::AliasTwice { second, .. } => return Some(format!("of `{second}`")),
            Self::PasswordInUrl => "not in a file",
            Self::NoSqlFile { folder, .. } => return Some(format!("not in {folder}")),
            Self::ControlHalf { lacks, .. } => return Some(format!("which `{lacks}`?")),
            Self::Other { label, .. } => return label.clone(),
            _ => return None,
        };
        Some(words.to_owned())
    }

    /// Says what to do about it.
    pub fn mend(&self) -> Option<String> {
        let words = match self {
            Self::NoPlan { .. } => "`crossfoot init SOURCE TARGET` writes a first plan",
            Self::PlanIsFolder { path } => {
                return Some(format!("name the file in it: {path}/crossfoot.toml"));
            }
            Self::PlanUnreadable { .. } | Self::SqlUnreadable { .. } => {
                "see who may read it (`ls -l`)"
            }
            Self::TooLarge { .. } => "was another file meant?",
            Self::NotUtf8 { .. } | Self::SqlNotUtf8 { .. } => "save the file as UTF-8",
            Self::SyntaxGoesOn { .. } => "was another file meant? A plan is made of `key = value`",
            Self::Syntax { what } => return syntax_mend(what).map(str::to_owned),
            Self::UnknownKey { mend, .. } => mend,
            Self::WrongKind { example, .. } => return Some(format!("write `{example}`")),
            Self::WrongItem { example, .. } => {
                let example = example.as_deref().unwrap_or("\"…\"");
                return Some(format!("write `{example}`"));
            }
            Self::UnknownChoice { choices, .. } => choices,
            Self::Missing { example, about, .. } => {
                return Some(format!("add `{example}`: {about}"));
            }
            Self::EmptyText { .. } => "write what is meant; a key that says nothing is left out",
            Self::EmptyList { mend, .. } => mend,
            Self::Twice { .. } => "write it once",
            Self::OutOfRange { .. } => "write a number between these two",
            Self::ControlCharacter { .. } => "use letters, digits and spaces",
            Self::NothingToVerify => {
                "add an `[[agreement]]` with `name`, `rule` and `target`, or a `[[control]]`; \
                 what is not compared is not proved"
            }
            Self::SameName { .. } => "reports tell them apart by their names: rename one",
            Self::UnknownZone { like, .. } => {
                return Some(did_you_mean(like.as_deref()).unwrap_or_else(|| {
                    "name a zone of the IANA database, such as `Asia/Shanghai`, or an offset such as \
                     `+08:00`"
                        .to_owned()
                }));
            }
            Self::UnknownCurrency { like, .. } => {
                return Some(did_you_mean(like.as_deref()).unwrap_or_else(|| {
                    "write the three capital letters of ISO 4217, such as `CNY`".to_owned()
                }));
            }
            Self::NoMinorUnit { .. } => "leave it out and give `money(…)` its scale in the rules",
            Self::SchemeNotBuilt { .. } => {
                "this build reads files and the databases `postgres://`, `mysql://` and `sqlite://`: \
                 export the tables as CSV or Parquet and name their folder"
            }
            Self::UnknownScheme { .. } => {
                "name a folder, a file or a glob, such as `books/pay` or `books/*.csv`, or a \
                 database, such as `postgres://user@host/database`"
            }
            Self::BadDatabaseAddress { mend, .. } => {
                return Some(mend.clone()).filter(|mend| !mend.is_empty());
            }
            Self::PasswordInUrl => {
                "write a variable in its place, such as `${PGPASSWORD}`, and change the password"
            }
            Self::BadVariable { .. } => {
                "write `${NAME}`, the name in letters, digits and `_`; a `$` alone is only a `$`"
            }
            Self::UnsetVariable { name } => return Some(format!("set it: `export {name}=…`")),
            Self::Tilde => "write `${HOME}` instead, or a path from the plan's folder",
            Self::UnknownEncoding { like, .. } => {
                return Some(did_you_mean(like.as_deref()).unwrap_or_else(|| {
                    "write a name of the WHATWG list, such as `utf-8`, `gb18030` or \
                     `windows-1252`"
                        .to_owned()
                }));
            }
            Self::NotOneCharacter { key, .. } => match *key {
                "delimiter" => r#"write `delimiter = ";"`, or `"\t"` for a tab"#,
                _ => r#"write `quote = "'"`, or `quote = ""` where nothing is quoted"#,
            },
            Self::UnusableCharacter { key, .. } => match *key {
                "delimiter" => r#"use the character between the fields, such as `","` or `"\t"`"#,
                _ => r#"use the character around the fields, such as `"'"`"#,
            },
            Self::DelimiterIsQuote { .. } => "write `quote = \"\"` if nothing is quoted",
            Self::NamesMissing => r#"add `names = ["voucher", "amount"]`, a name for each column"#,
            Self::CsvOnly { .. } => "leave it out, or write `format = \"csv\"`",
            Self::BadGlob { .. } => "write a pattern such as `flow/*.csv`",
            Self::AliasTwice { .. } => "leave it with the column that it belongs to",
            Self::NoSqlFile { like, .. } => {
                return Some(did_you_mean(like.as_deref()).unwrap_or_else(|| {
                    "paths are relative to the plan's folder; a table's name has no `.sql` at \
                     its end"
                        .to_owned()
                }));
            }
            Self::SqlIsFolder { .. } => "name a file in it",
            Self::NoSql { .. } => "write a SELECT",
            Self::InBoth { mend, .. } => mend,
            Self::CodeForColumn { code } => {
                return Some(format!(
                    "for one currency everywhere write `currency = \"{code}\"` at the top of the \
                     plan and none here"
                ));
            }
            Self::OriginOnNothing => {
                "write `on = { serial = \"source_serial\" }`: a column of the source table, and \
                 the column of the record that holds its value"
            }
            Self::ControlEmpty => {
                "add `sql`, which must give a `difference` of zero in each row, or `expected` \
                 and `actual`, which must give the same rows"
            }
            Self::ControlTwoWays { .. } => {
                "keep `sql` alone, or `expected` and `actual`; make two controls of them"
            }
            Self::ControlHalf { lacks, .. } => return Some(format!("add `{lacks}`")),
            Self::NoOffset { example, .. } => return Some(format!("write `{example}`")),
            Self::NotAMoment { .. } | Self::NoSuchMoment { .. } => {
                "write it as `2013-05-27T08:00:00+08:00`"
            }
            Self::ReleaseBeforeFreeze { .. } => {
                "the window opens at `freeze` and closes at `release`"
            }
            Self::NotADuration { .. } | Self::NotPositive { .. } => "write it as `45m` or `1h 30m`",
            Self::RollbackTooLong { .. } => {
                "a window without the time to roll back has no way back: lengthen it, or shorten \
                 the rollback"
            }
            Self::OneRole => {
                "name two roles at least, as in `roles = [\"accountant\", \"engineer\"]`"
            }
            Self::SignersByVariable { .. } => {
                "name the file itself: who may sign is part of the plan, wherever it runs"
            }
            Self::NoSuchWord { known, .. } => return Some(format!("it knows {known}")),
            Self::NoWay => "give it one of `webhook`, `email`, `command` and `file`",
            Self::TwoWays { .. } => "write two channels",
            Self::MailLacks { key } => {
                return Some(match *key {
                    "server" => "add `server = \"smtp.example.com:587\"`".to_owned(),
                    _ => "add `from = \"Crossfoot <crossfoot@example.com>\"`".to_owned(),
                });
            }
            Self::NotASize { .. } => "write it as `2 GB`, `512 MiB` or a number of bytes",
            Self::TooLittleMemory { .. } => "write more, or leave it out",
            Self::NoRoom { .. } => "give it more memory and threads, then start again",
            Self::Other { help, .. } => return help.clone(),
        };
        Some(words.to_owned())
    }
}

/// Asks for the likely word, if there is one.
fn did_you_mean(like: Option<&str>) -> Option<String> {
    like.map(|like| format!("did you mean `{like}`?"))
}

/// Says a mend for the TOML parser's words, where there is one that always fits.
fn syntax_mend(what: &str) -> Option<&'static str> {
    let (_, mend) = SYNTAX_MENDS
        .iter()
        .find(|(words, _)| what.contains(words))?;
    Some(mend)
}

/// The TOML parser's words, each with a mend; the first that fits holds.
const SYNTAX_MENDS: [(&str, &str); 20] = [
    (
        "duplicate key",
        "write each key and each `[…]` once; of agreements and controls there may be many, each \
         below its own `[[agreement]]` or `[[control]]`",
    ),
    (
        "invalid basic string",
        "end a text with `\"` on the line that begins it; one of several lines stands between \
         `\"\"\"`",
    ),
    (
        "invalid literal string",
        "end a text with `'` on the line that begins it; one of several lines stands between \
         `'''`",
    ),
    (
        "escape",
        "after a backslash only some letters have a meaning; in single quotes it is only a \
         backslash: `'C:\\books'`",
    ),
    ("must be quoted", "put texts in double quotes"),
    ("unclosed array", "close the list with `]`"),
    ("unclosed inline table", "close the table with `}`"),
    ("unclosed table", "close the name with `]`"),
    (
        "missing comma",
        "put a comma between the values, or close the list above with `]`",
    ),
    ("key-value pair", "a plan is made of `key = value`"),
    ("missing assignment", "put `=` between key and value"),
    ("key with no value", "put `=` and a value after the key"),
    ("missing value", "put a value after `=`"),
    ("control character", "take it out"),
    (
        "leading zero",
        "write numbers without zeros in front, or as text in quotes",
    ),
    ("date", "write it as `2013-05-27T08:00:00+08:00`"),
    ("time", "write it as `2013-05-27T08:00:00+08:00`"),
    (
        "too deep",
        "a plan has no use for brackets in brackets in brackets",
    ),
    (
        "invalid unquoted key",
        "put a key in quotes if it has other than letters, digits, `-` and `_`",
    ),
    (
        "dotted key",
        "agreements stand below `[[agreement]]`, in double brackets, and nowhere else",
    ),
];
