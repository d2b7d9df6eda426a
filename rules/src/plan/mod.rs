//! The plan: `crossfoot.toml`, read into types, with every mistake in it at its place.
//!
//! [`read`] and [`parse`] give a [`Plan`], or all of its mistakes at once, in the order of their
//! places; each is a [`miette::Diagnostic`] that underlines what is wrong and says the mend.
//! What a plan names keeps its place ([`Placed`], [`SqlText`]), so that what only the books can
//! show, such as a column that is not there, is underlined as well. [`write()`] makes the text of a
//! plan from a [`Draft`], and [`json_schema`] describes all plans for editors.
//!
//! It opens no book and runs no SQL; it reads the plan and the files of SQL that it names.

mod agreement;
mod book;
mod draft;
mod likeness;
mod mistake;
mod reader;
mod schema;
mod sql_file;
mod text;
mod window;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use books::BookSpec;
use jiff::tz::TimeZoneDatabase;
use ledger::{CurrencyCode, Zone};
use toml::de::DeTable;

use crate::sql::{corrections_of, relations};

pub use agreement::{Agreement, Control, ControlCheck, Origin};
pub use book::{Address, BookPlan};
pub use draft::{Draft, DraftAgreement, DraftBook, DraftControl, write};
pub use mistake::{Mistake, PlanError};
pub use schema::json_schema;
pub use text::{Placed, SourceText, SqlText};
pub use window::{ChannelPlan, Hook, Hooks, MOST_THREADS, NoticePlan, Settings, Way, Window};

use likeness::nearest;
use reader::{Fields, Reader};
use sql_file::{MOST_BYTES, Unread, read_bytes};
use words::{PLAN, SETTINGS, SOURCE, TARGET, WINDOW};

/// A plan without mistakes, as far as they show without the books.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What reports call it.
    pub name: Placed<String>,
    /// The zone of civil times: an IANA name, or an offset such as `+08:00`.
    pub timezone: Option<Placed<String>>,
    /// The currency of amounts without a currency column.
    pub currency: Option<Placed<CurrencyCode>>,
    /// The old books.
    pub source: BookPlan,
    /// The new books.
    pub target: BookPlan,
    /// What is compared, in the plan's order.
    pub agreements: Vec<Agreement>,
    /// The checks over totals, in the plan's order.
    pub controls: Vec<Control>,
    /// When the old books close and the new ones must open.
    pub window: Option<Window>,
    /// How much of the machine a run may take.
    pub settings: Settings,
    folder: PathBuf,
    text: Arc<SourceText>,
    digest: blake3::Hash,
}

impl Plan {
    /// Returns the folder that the plan's paths start from.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the plan's text, to point into.
    pub fn text(&self) -> &Arc<SourceText> {
        &self.text
    }

    /// Returns 64 hexadecimal digits that change with any byte of the plan or of the SQL it
    /// names, and with nothing else: BLAKE3 over the text of the plan and of each file of SQL,
    /// in the order in which the plan names them, each after its length in eight bytes.
    pub fn digest(&self) -> String {
        self.digest.to_hex().to_string()
    }

    /// Holds the databases of both books to a load, whatever their addresses say.
    pub fn limit(&mut self, load: books::DatabaseLoad) {
        self.source.max_load = Some(load);
        self.target.max_load = Some(load);
    }

    /// Returns what to open for both sides, source first. `environment` gives the values of
    /// the variables in their addresses.
    ///
    /// # Errors
    /// Fails with all variables that are not set, and with addresses that this build cannot
    /// open.
    pub fn books(
        &self,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(BookSpec, BookSpec), Vec<PlanError>> {
        let source = self.source.spec(&self.folder, environment);
        let target = self.target.spec(&self.folder, environment);
        let naming = |spec: BookSpec| BookSpec {
            named_in: Some(self.texts()),
            ..spec
        };
        match (source, target) {
            (Ok(source), Ok(target)) => Ok((naming(source), naming(target))),
            (source, target) => {
                let mut errors = source.err().unwrap_or_default();
                errors.extend(target.err().unwrap_or_default());
                Err(errors)
            }
        }
    }

    /// All SQL and names of tables that are asked for, in the order in which the plan names them.
    fn asked(&self) -> impl Iterator<Item = &SqlText> {
        let sides = self.agreements.iter().flat_map(|a| [&a.rule, &a.target]);
        let controls = self
            .controls
            .iter()
            .flat_map(|control| match &control.check {
                ControlCheck::Zero(sql) => vec![sql],
                ControlCheck::Equal { expected, actual } => vec![expected, actual],
            });
        let figures = self.window.iter().flat_map(|window| &window.figures);
        sides.chain(controls).chain(figures)
    }

    /// All that names tables: what the SQL reads from, and the origins of records; each with what
    /// corrects it. A text that is no SQL stands for itself.
    fn texts(&self) -> Vec<String> {
        let read = |sql: &SqlText| match sql.is_table() {
            true => None,
            false => relations(sql.as_str()),
        };
        let asked = self
            .asked()
            .flat_map(|sql| read(sql).unwrap_or_else(|| vec![sql.as_str().to_owned()]));
        let origins = self.agreements.iter().filter_map(|a| a.origin.as_ref());
        let origins = origins.map(|origin| origin.table.value.clone());
        asked
            .chain(origins)
            .flat_map(|name| [corrections_of(&name), name])
            .collect()
    }

    /// Makes a mistake that was found later, at bytes of the plan's text.
    pub fn error(
        &self,
        place: Range<usize>,
        message: impl Into<String>,
        label: Option<String>,
        help: Option<String>,
    ) -> PlanError {
        let message = message.into();
        let mistake = Mistake::Other {
            message,
            label,
            help,
        };
        PlanError::new(mistake).at(&self.text, place)
    }
}

/// Reads the plan at `path`.
///
/// # Errors
/// Gives every mistake, in the order of their places: why the file cannot be read, what is no
/// TOML in it, and whatever else is wrong that shows without the books.
pub fn read(path: &Path) -> Result<Plan, Vec<PlanError>> {
    without_mistakes(read_despite(path))
}

/// Reads the plan at `path` and gives its mistakes, as [`read`] does; beside them the plan as far as
/// it can be read, so that mistakes in its SQL can be said too. It is not to be run.
pub fn read_despite(path: &Path) -> (Option<Plan>, Vec<PlanError>) {
    let named = || path.display().to_string();
    let refuse = |mistake| (None, vec![PlanError::new(mistake)]);
    if path.is_dir() {
        let path = named().trim_end_matches('/').to_owned();
        return refuse(Mistake::PlanIsFolder { path });
    }
    let bytes = match read_bytes(path) {
        Ok(bytes) => bytes,
        Err(Unread::TooLarge) => {
            let (path, most) = (named(), MOST_BYTES);
            return refuse(Mistake::TooLarge { path, most });
        }
        Err(Unread::Io(error)) if error.kind() == ErrorKind::NotFound => {
            return refuse(Mistake::NoPlan { path: named() });
        }
        Err(Unread::Io(error)) => {
            let (path, why) = (named(), error.to_string());
            return refuse(Mistake::PlanUnreadable { path, why });
        }
    };
    match String::from_utf8(bytes) {
        Ok(text) => parse_despite(&text, path),
        Err(error) => (None, vec![not_utf8(&error, path)]),
    }
}

fn without_mistakes(read: (Option<Plan>, Vec<PlanError>)) -> Result<Plan, Vec<PlanError>> {
    match read {
        (Some(plan), mistakes) if mistakes.is_empty() => Ok(plan),
        (_, mistakes) => Err(mistakes),
    }
}

/// Says which byte of a plan is no UTF-8.
fn not_utf8(error: &std::string::FromUtf8Error, path: &Path) -> PlanError {
    let at = error.utf8_error().valid_up_to();
    let byte = error.as_bytes().get(at).copied().unwrap_or_default();
    let shown = String::from_utf8_lossy(error.as_bytes());
    let text = Arc::new(SourceText::new(path.display().to_string(), &shown));
    let wide = char::REPLACEMENT_CHARACTER.len_utf8();
    PlanError::new(Mistake::NotUtf8 { byte }).at(&text, at..at.saturating_add(wide))
}

/// Reads the text of a plan; `path` says what to call it, and from where its paths start.
///
/// # Errors
/// Gives every mistake that shows without the books, in the order of their places.
pub fn parse(text: &str, path: &Path) -> Result<Plan, Vec<PlanError>> {
    without_mistakes(parse_despite(text, path))
}

fn parse_despite(text: &str, path: &Path) -> (Option<Plan>, Vec<PlanError>) {
    let shown = Arc::new(SourceText::new(path.display().to_string(), text));
    let folder = path.parent().unwrap_or(Path::new(""));
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader::new(text, Arc::clone(&shown), folder);
    let plan = read_plan(&mut reader, document.get_ref());
    let mut mistakes = reader.into_mistakes();
    if !errors.is_empty() {
        mistakes = with_syntax_errors(&shown, &errors, mistakes);
        return (None, mistakes);
    }
    (plan, mistakes)
}

/// Adds what is no TOML, and drops what only follows from it: what seems to be missing, and
/// all but one of the mistakes on a broken line.
fn with_syntax_errors(
    text: &Arc<SourceText>,
    errors: &[toml::de::Error],
    others: Vec<PlanError>,
) -> Vec<PlanError> {
    let mut broken: BTreeMap<usize, PlanError> = BTreeMap::new();
    for error in errors {
        let place = text.clamp(error.span().unwrap_or_else(|| deepest_line(text.text())));
        let (line, _) = text.line_column(place.start);
        let what = what_is_no_toml(error.message(), text.text(), &place);
        // What is left open explains the rest of its line.
        let explains = what.starts_with("unclosed");
        if explains || !broken.contains_key(&line) {
            let error = PlanError::new(Mistake::Syntax { what });
            broken.insert(line, error.at(text, place));
        }
    }
    let lines: BTreeSet<usize> = broken.keys().copied().collect();
    let stands = |error: &PlanError| {
        let follows = matches!(
            error.mistake(),
            Mistake::Missing { .. } | Mistake::NothingToVerify | Mistake::ControlEmpty
        );
        let line = error.line_column().map_or(0, |(line, _)| line);
        !follows && !lines.contains(&line)
    };
    let mut mistakes: Vec<PlanError> = others.into_iter().filter(stands).collect();
    mistakes.extend(shortened(broken.into_values().collect(), text));
    mistakes.sort_by_key(PlanError::order);
    mistakes
}

/// Puts the TOML parser's words in ours where they would mislead.
fn what_is_no_toml(message: &str, text: &str, place: &Range<usize>) -> String {
    let what = message
        .split_once(", expected")
        .map_or(message, |(what, _)| what);
    let here = text.get(place.start..).and_then(|rest| rest.chars().next());
    match (what, here) {
        (_, Some(c)) if c.is_control() && !matches!(c, '\n' | '\r' | '\t') => {
            format!("control character U+{:04X}", u32::from(c))
        }
        ("string values must be quoted", _) if place.is_empty() => "missing value".to_owned(),
        _ if what.contains("recurs") => "brackets or dots nest too deep".to_owned(),
        _ => what.to_owned(),
    }
}

/// Finds the line with the most dots: the TOML parser says of keys in keys that they nest too
/// deep, but not where.
fn deepest_line(text: &str) -> Range<usize> {
    let mut offset = 0_usize;
    let mut deepest = (0, 0..0);
    for line in text.split_inclusive('\n') {
        let dots = line.matches('.').count();
        if dots > deepest.0 {
            let end = offset.saturating_add(line.trim_end().len());
            deepest = (dots, offset..end);
        }
        offset = offset.saturating_add(line.len());
    }
    deepest.1
}

/// Says of a text that is broken in very many lines how many they are; it is no plan at all.
fn shortened(mut broken: Vec<PlanError>, text: &Arc<SourceText>) -> Vec<PlanError> {
    if broken.len() > MOST_BROKEN_LINES {
        let count = broken.len().saturating_sub(MOST_BROKEN_LINES);
        let last = broken.get(MOST_BROKEN_LINES).and_then(PlanError::place);
        broken.truncate(MOST_BROKEN_LINES);
        let mistake = PlanError::new(Mistake::SyntaxGoesOn { count });
        broken.extend(last.map(|place| mistake.at(text, place)));
    }
    broken
}

/// So many broken lines are shown; who mends them sees the next ones.
const MOST_BROKEN_LINES: usize = 20;

/// Reads the whole plan. It goes on after a mistake, so that all are noted.
fn read_plan(reader: &mut Reader<'_>, document: &DeTable<'_>) -> Option<Plan> {
    let fields = reader.fields(&PLAN, PLAN.title.to_owned(), document, 0..0);
    let name = fields.text(reader, "name");
    if let Some(name) = &name {
        agreement::note_control_characters(reader, name);
    }
    let timezone = read_timezone(reader, &fields);
    let currency = read_currency(reader, &fields);
    let before = reader.mistakes_so_far();
    let source = read_side(reader, &fields, "source");
    let target = read_side(reader, &fields, "target");
    // Of books that are not read as they are meant, no SQL can be judged.
    let are_books_known = reader.mistakes_so_far() == before;
    let agreements = agreement::read_agreements(reader, &fields);
    let controls = agreement::read_controls(reader, &fields);
    if fields.parts("agreement").is_empty() && fields.parts("control").is_empty() {
        // A list that is misspelt or of the wrong kind is a mistake of its own.
        let is_unread = |key| fields.has(key) && fields.place_of(key).is_none();
        if !is_unread("agreement") && !is_unread("control") {
            reader.note(Mistake::NothingToVerify, 0..0);
        }
    }
    let zone = timezone.as_ref().map(|zone| zone.as_str());
    let window = fields.part("window").and_then(|(part, place)| {
        let inner = reader.fields(&WINDOW, WINDOW.title.to_owned(), part, place);
        window::read_window(reader, &inner, zone)
    });
    let settings = fields.part("settings").map(|(part, place)| {
        let inner = reader.fields(&SETTINGS, SETTINGS.title.to_owned(), part, place);
        window::read_settings(reader, &inner)
    });
    let mut plan = Plan {
        name: name?,
        timezone,
        currency: currency.or_else(|| stand_in(&fields)),
        source: source?,
        target: target?,
        agreements,
        controls,
        window,
        settings: settings.unwrap_or_default(),
        folder: reader.folder.to_owned(),
        text: Arc::clone(&reader.text),
        digest: blake3::Hash::from_bytes([0; 32]),
    };
    plan.digest = digest_of(reader.raw, &plan);
    are_books_known.then_some(plan)
}

fn read_side(reader: &mut Reader<'_>, plan: &Fields<'_>, side: &'static str) -> Option<BookPlan> {
    let section = match side {
        "source" => &SOURCE,
        _ => &TARGET,
    };
    let (part, place) = plan.part(side)?;
    let fields = reader.fields(section, section.title.to_owned(), part, place);
    book::read_book(reader, &fields, side)
}

fn read_timezone(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<Placed<String>> {
    let written = fields.text(reader, "timezone")?;
    let zones = TimeZoneDatabase::bundled();
    if Zone::new(&written).is_ok() {
        // An offset such as `+08:00` stays as it is; a name is spelt as the database does.
        let spelt = zones.get(&written).ok();
        let name = spelt
            .as_ref()
            .and_then(|zone| zone.iana_name())
            .unwrap_or(&written)
            .to_owned();
        return Some(Placed::new(name, written.place()));
    }
    let known: Vec<String> = zones
        .available()
        .map(|name| name.as_str().to_owned())
        .collect();
    let mistake = Mistake::UnknownZone {
        zone: written.value.clone(),
        like: like_zone(&written, &known),
    };
    reader.note(mistake, written.place());
    None
}

/// Finds the zone that was meant: by its city, or by nearly the same letters.
fn like_zone(written: &str, known: &[String]) -> Option<String> {
    let city = written.rsplit('/').next()?.replace(' ', "_").to_lowercase();
    if ["beijing", "peking", "guangzhou", "shenzhen", "hangzhou"].contains(&city.as_str()) {
        return Some("Asia/Shanghai".to_owned());
    }
    let names = known.iter().map(String::as_str);
    let same_city = names
        .clone()
        .find(|name| name.to_lowercase().ends_with(&format!("/{city}")));
    same_city
        .or_else(|| nearest(written, names))
        .map(str::to_owned)
}

fn read_currency(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<Placed<CurrencyCode>> {
    let written = fields.text(reader, "currency")?;
    let code = written.value.clone();
    let mistake = match CurrencyCode::from_str(&written) {
        Ok(currency) if currency.minor_units().is_some() => {
            return Some(Placed::new(currency, written.place()));
        }
        Ok(_) => Mistake::NoMinorUnit { code },
        Err(_) => Mistake::UnknownCurrency {
            like: like_currency(&written),
            code,
        },
    };
    reader.note(mistake, written.place());
    None
}

/// A currency in the place of one that cannot be read: what is said of the SQL shall not be that there
/// is none.
fn stand_in(fields: &Fields<'_>) -> Option<Placed<CurrencyCode>> {
    let code = CurrencyCode::from_str("CNY").ok()?;
    fields.has("currency").then(|| Placed::new(code, 0..0))
}

/// Finds the code that was meant by a sign, a name, or small letters.
fn like_currency(written: &str) -> Option<String> {
    let capitals = written.trim().to_uppercase();
    let meant = match capitals.as_str() {
        "RMB" | "CNH" | "YUAN" | "RENMINBI" | "人民币" | "元" => "CNY",
        "EURO" | "EUROS" | "€" => "EUR",
        "STG" | "GB" | "UKP" | "POUND" | "STERLING" | "£" => "GBP",
        "US" | "US$" | "DOLLAR" => "USD",
        "YEN" => "JPY",
        "NTD" | "NT$" => "TWD",
        "HK$" => "HKD",
        code => CurrencyCode::from_str(code).ok()?.as_str(),
    };
    Some(meant.to_owned())
}

/// Digests the text of a plan, of its files of SQL, and of the list of those who may sign: another
/// signer is another plan.
fn digest_of(raw: &str, plan: &Plan) -> blake3::Hash {
    let files = plan.asked().filter(|sql| sql.file_name().is_some());
    let lists = plan.window.iter().flat_map(|window| &window.signers);
    let mut hasher = blake3::Hasher::new();
    let texts = files.map(SqlText::as_str);
    for text in std::iter::once(raw).chain(texts) {
        digest_text(&mut hasher, text.as_bytes());
    }
    for list in lists {
        match std::fs::read(plan.folder.join(&list.value)) {
            Ok(list) => digest_text(&mut hasher, &list),
            // Whoever needs the list says that it is not there; a plan without it can do all else.
            // But it is another plan than with a list of nobody: no text is so long.
            Err(_) => {
                hasher.update(&u64::MAX.to_le_bytes());
            }
        }
    }
    hasher.finalize()
}

fn digest_text(hasher: &mut blake3::Hasher, text: &[u8]) {
    let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
    hasher.update(&length.to_le_bytes());
    hasher.update(text);
}
