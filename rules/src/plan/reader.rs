//! Reads a parsed plan key by key, and notes every mistake instead of stopping at the first.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::likeness::nearest;
use super::mistake::{Mistake, PlanError};
use super::text::{Placed, SourceText};
use super::words::{
    AGREEMENT, CHANNEL, CONTROL, HOOKS, Key, Kind, NOTICE, ORIGIN, PLAN, SETTINGS, SOURCE,
    SYNONYMS, Section, TABLE, WINDOW,
};

/// Notes the mistakes of one plan.
pub(super) struct Reader<'p> {
    /// The plan as it was written.
    pub(super) raw: &'p str,
    /// The plan as it may be shown.
    pub(super) text: Arc<SourceText>,
    /// The folder that paths start from.
    pub(super) folder: &'p Path,
    mistakes: Vec<PlanError>,
}

impl<'p> Reader<'p> {
    pub(super) fn new(raw: &'p str, text: Arc<SourceText>, folder: &'p Path) -> Self {
        Self {
            raw,
            text,
            folder,
            mistakes: Vec::new(),
        }
    }

    /// Notes a mistake at its place in the plan.
    pub(super) fn note(&mut self, mistake: Mistake, place: Range<usize>) {
        self.mistakes
            .push(PlanError::new(mistake).at(&self.text, place));
    }

    /// Notes a mistake that has a second place.
    pub(super) fn note_pair(
        &mut self,
        mistake: Mistake,
        place: Range<usize>,
        other: Range<usize>,
        label: &'static str,
    ) {
        let error = PlanError::new(mistake).at(&self.text, place);
        self.mistakes.push(error.with(other, label));
    }

    /// Returns how many mistakes have been noted.
    pub(super) fn mistakes_so_far(&self) -> usize {
        self.mistakes.len()
    }

    /// Returns the mistakes noted so far, in the order of their places.
    pub(super) fn into_mistakes(self) -> Vec<PlanError> {
        let mut mistakes = self.mistakes;
        mistakes.sort_by_key(PlanError::order);
        mistakes
    }

    /// Checks a table's keys against those that its section has, and keeps the values that
    /// are of the right kind. `title` says in messages which table it is.
    pub(super) fn fields<'d>(
        &mut self,
        section: &'static Section,
        title: String,
        table: &'d DeTable<'d>,
        place: Range<usize>,
    ) -> Fields<'d> {
        let mut fields = Fields {
            title,
            place,
            values: BTreeMap::new(),
            present: Vec::new(),
        };
        for (name, value) in table {
            let Some(key) = section.key(name.get_ref()) else {
                fields
                    .present
                    .extend(self.note_unknown(section, &fields.title, name));
                continue;
            };
            fields.present.push(key.name);
            if fits(key.kind, value.get_ref()) {
                fields.values.insert(key.name, value);
            } else {
                self.note_wrong_kind(key.name, key.kind, key.example, value);
            }
        }
        self.note_missing(section, &fields);
        fields
    }

    fn note_missing(&mut self, section: &Section, fields: &Fields<'_>) {
        for key in section.keys {
            if key.required && !fields.present.contains(&key.name) {
                let mistake = Mistake::Missing {
                    key: key.name,
                    within: fields.title.clone(),
                    example: key.example.to_owned(),
                    about: key.about,
                };
                self.note(mistake, fields.place.clone());
            }
        }
    }

    /// Notes an unknown key, and gives the known one that it stands for, if that is clear.
    fn note_unknown(
        &mut self,
        section: &'static Section,
        title: &str,
        name: &Spanned<std::borrow::Cow<'_, str>>,
    ) -> Option<&'static str> {
        let meant = meant_by(section, name.get_ref());
        let mistake = Mistake::UnknownKey {
            key: name.get_ref().clone().into_owned(),
            within: title.to_owned(),
            mend: match meant {
                Some(key) => format!("did you mean `{key}`?"),
                None => mend_unknown(section, name.get_ref()),
            },
        };
        self.note(mistake, name.span());
        meant
    }

    /// Notes that a value is of another kind than `name` takes.
    pub(super) fn note_wrong_kind(
        &mut self,
        name: &str,
        kind: Kind,
        example: &str,
        value: &Spanned<DeValue<'_>>,
    ) {
        let mend = self.rewritten(name, kind, value);
        let mistake = Mistake::WrongKind {
            key: name.to_owned(),
            wants: kind.wants(),
            found: kind_of(value.get_ref()),
            example: mend.unwrap_or_else(|| example.to_owned()),
        };
        self.note(mistake, value.span());
    }

    /// Writes the value that stands there in the way that its key takes, if that is clear.
    fn rewritten(&self, name: &str, kind: Kind, value: &Spanned<DeValue<'_>>) -> Option<String> {
        let shown = |value: &Spanned<DeValue<'_>>| -> Option<&str> {
            let literal = self.text.text().get(value.span())?;
            (!literal.contains('\n') && literal.len() <= 80).then_some(literal)
        };
        let bare = || shown(value).map(|literal| literal.trim_matches(['"', '\'']));
        // A number may be a name, but not an address or a zone.
        let as_text = |value: &Spanned<DeValue<'_>>| match value.get_ref() {
            DeValue::String(_) => shown(value).map(str::to_owned),
            DeValue::Array(_) | DeValue::Table(_) => None,
            _ if matches!(kind, Kind::Text) && name != "name" => None,
            _ => Some(format!("\"{}\"", shown(value)?)),
        };
        let written = match (kind, value.get_ref()) {
            (Kind::List | Kind::TextOrList, DeValue::Array(_)) => return None,
            (Kind::List | Kind::TextOrList, _) => format!("[{}]", as_text(value)?),
            (Kind::Text | Kind::Choice(_), DeValue::Array(items)) => match items.as_ref() {
                [only] => as_text(only)?,
                _ => return None,
            },
            (Kind::Text | Kind::Choice(_), _) => as_text(value)?,
            (Kind::Part(section), DeValue::String(_)) if section.key("url").is_some() => {
                format!("{{ url = {} }}", shown(value)?)
            }
            (Kind::Moment, DeValue::String(text)) => {
                text.parse::<toml::value::Datetime>().ok()?;
                bare()?.to_owned()
            }
            (Kind::Switch, DeValue::String(text)) if matches!(&**text, "true" | "false") => {
                bare()?.to_owned()
            }
            (Kind::Count, DeValue::String(text)) if text.parse::<u64>().is_ok() => {
                bare()?.to_owned()
            }
            _ => return None,
        };
        Some(format!("{name} = {written}"))
    }
}

/// The values of one table that are of the right kind, by key.
pub(super) struct Fields<'d> {
    /// How messages name the table.
    pub(super) title: String,
    /// Where it begins.
    pub(super) place: Range<usize>,
    values: BTreeMap<&'static str, &'d Spanned<DeValue<'d>>>,
    present: Vec<&'static str>,
}

/// A key of a free table with its value.
pub(super) type Entry<'d> = (Placed<String>, &'d Spanned<DeValue<'d>>);

impl<'d> Fields<'d> {
    /// Whether the key is there, with whatever value.
    pub(super) fn has(&self, key: &str) -> bool {
        self.present.contains(&key)
    }

    /// Returns the place of a value of the right kind.
    pub(super) fn place_of(&self, key: &str) -> Option<Range<usize>> {
        self.values.get(key).map(|value| value.span())
    }

    /// Returns a text, which may be empty.
    pub(super) fn any_text(&self, key: &str) -> Option<Placed<String>> {
        text_of(self.values.get(key)?)
    }

    /// Returns a text, and notes an empty one.
    pub(super) fn text(&self, reader: &mut Reader<'_>, key: &str) -> Option<Placed<String>> {
        let text = self.any_text(key)?;
        if text.trim().is_empty() {
            let key = key.to_owned();
            reader.note(Mistake::EmptyText { key }, text.place());
            return None;
        }
        Some(text)
    }

    /// Returns the texts of a list, and notes what is no text, empty or there twice.
    pub(super) fn texts(&self, reader: &mut Reader<'_>, key: &'static str) -> Vec<Placed<String>> {
        let texts = self.any_texts(reader, key);
        let (full, empty): (Vec<_>, Vec<_>) =
            texts.into_iter().partition(|text| !text.trim().is_empty());
        for text in empty {
            let key = key.to_owned();
            reader.note(Mistake::EmptyText { key }, text.place());
        }
        full
    }

    /// Returns the texts of a list, of which one may be empty, and notes what is no text or
    /// there twice. One text stands for a list of one.
    pub(super) fn any_texts(
        &self,
        reader: &mut Reader<'_>,
        key: &'static str,
    ) -> Vec<Placed<String>> {
        match self.values.get(key) {
            Some(value) => texts_of(reader, key, value),
            None => Vec::new(),
        }
    }

    /// Returns `true` or `false`.
    pub(super) fn switch(&self, key: &str) -> Option<bool> {
        self.values.get(key)?.get_ref().as_bool()
    }

    /// Returns a whole number, and notes one outside of `least..=most`.
    pub(super) fn count(
        &self,
        reader: &mut Reader<'_>,
        key: &'static str,
        least: u64,
        most: u64,
    ) -> Option<Placed<u64>> {
        let value = self.values.get(key)?;
        let number = value.get_ref().as_integer()?;
        let read = u64::from_str_radix(number.as_str(), number.radix());
        match read.ok().filter(|count| (least..=most).contains(count)) {
            Some(count) => Some(Placed::new(count, value.span())),
            None => {
                let value_text = number.to_string();
                let mistake = Mistake::OutOfRange {
                    key,
                    value: value_text,
                    least,
                    most,
                };
                reader.note(mistake, value.span());
                None
            }
        }
    }

    /// Returns the value as it is.
    pub(super) fn value(&self, key: &str) -> Option<&'d Spanned<DeValue<'d>>> {
        self.values.get(key).copied()
    }

    /// Returns a table and its place.
    pub(super) fn part(&self, key: &str) -> Option<(&'d DeTable<'d>, Range<usize>)> {
        let value = self.values.get(key)?;
        Some((value.get_ref().as_table()?, value.span()))
    }

    /// Returns the tables of a list of tables.
    pub(super) fn parts(&self, key: &str) -> Vec<(&'d DeTable<'d>, Range<usize>)> {
        let array = self.values.get(key).and_then(|v| v.get_ref().as_array());
        let items = array.map_or(&[][..], |array| array.as_ref());
        items
            .iter()
            .filter_map(|item| Some((item.get_ref().as_table()?, item.span())))
            .collect()
    }

    /// Returns the entries of a table with free keys, in the order of their places.
    pub(super) fn entries(&self, key: &str) -> Vec<Entry<'d>> {
        let table = self.values.get(key).and_then(|v| v.get_ref().as_table());
        let mut entries: Vec<Entry<'d>> = table
            .into_iter()
            .flatten()
            .map(|(name, value)| {
                let text = name.get_ref().clone().into_owned();
                (Placed::new(text, name.span()), value)
            })
            .collect();
        entries.sort_by_key(|(name, _)| name.place().start);
        entries
    }
}

/// Returns a text with its place.
pub(super) fn text_of(value: &Spanned<DeValue<'_>>) -> Option<Placed<String>> {
    let text = value.get_ref().as_str()?;
    Some(Placed::new(text.to_owned(), value.span()))
}

/// Returns the texts of a list, or the one text, and notes what is no text or there twice.
pub(super) fn texts_of(
    reader: &mut Reader<'_>,
    key: &'static str,
    value: &Spanned<DeValue<'_>>,
) -> Vec<Placed<String>> {
    let items: &[Spanned<DeValue<'_>>] = match value.get_ref() {
        DeValue::Array(items) => items,
        _ => std::slice::from_ref(value),
    };
    let mut texts: Vec<Placed<String>> = Vec::with_capacity(items.len());
    let mut seen: BTreeMap<String, Range<usize>> = BTreeMap::new();
    for item in items {
        let Some(text) = text_of(item) else {
            note_item(reader, key, item);
            continue;
        };
        match seen.get(&text.value) {
            Some(first) => {
                let value = text.value.clone();
                let mistake = Mistake::Twice { key, value };
                reader.note_pair(mistake, text.place(), first.clone(), "first here");
            }
            None => {
                seen.insert(text.value.clone(), text.place());
                texts.push(text);
            }
        }
    }
    texts
}

/// Notes an item of a list that is no text.
fn note_item(reader: &mut Reader<'_>, key: &str, item: &Spanned<DeValue<'_>>) {
    let is_scalar = !matches!(item.get_ref(), DeValue::Array(_) | DeValue::Table(_));
    let shown = reader.text.text().get(item.span()).filter(|_| is_scalar);
    let mistake = Mistake::WrongItem {
        key: key.to_owned(),
        found: kind_of(item.get_ref()),
        example: shown.map(|shown| format!("\"{shown}\"")),
    };
    reader.note(mistake, item.span());
}

/// Whether a value is of the kind that a key takes; what lists hold is looked at later.
fn fits(kind: Kind, value: &DeValue<'_>) -> bool {
    match kind {
        Kind::Text | Kind::Choice(_) => value.is_str(),
        Kind::List => value.is_array(),
        Kind::TextOrList => value.is_str() || value.is_array(),
        Kind::TextOrCount => value.is_str() || value.is_integer(),
        Kind::Switch => value.is_bool(),
        Kind::Count => value.is_integer(),
        Kind::Moment => value.is_datetime(),
        Kind::Pairs | Kind::Lists | Kind::Part(_) | Kind::Named(_) => value.is_table(),
        Kind::Parts(_) => value
            .as_array()
            .is_some_and(|items| items.iter().all(|item| item.get_ref().is_table())),
    }
}

/// Names the kind of a value.
pub(super) fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(true) => "`true`",
        DeValue::Boolean(false) => "`false`",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// All sections, to find the one that a misplaced key belongs to; what can be said of some files
/// of a table can be said of the table.
static SECTIONS: [&Section; 11] = [
    &PLAN, &SOURCE, &TABLE, &AGREEMENT, &ORIGIN, &CONTROL, &WINDOW, &HOOKS, &NOTICE, &CHANNEL,
    &SETTINGS,
];

/// Finds the key of `section` that was meant by a name that it does not have: by a word of the
/// same meaning, or by nearly the same letters if no other part of a plan has such a key.
fn meant_by(section: &'static Section, name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let synonyms = SYNONYMS
        .iter()
        .filter(|(_, ours)| section.key(ours).is_some());
    if let Some((_, ours)) = synonyms.clone().find(|(written, _)| *written == lower) {
        return Some(ours);
    }
    if SECTIONS.iter().any(|other| other.key(name).is_some()) {
        return None;
    }
    let known = section.keys.iter().map(|key| key.name);
    let near = nearest(
        name,
        known.chain(synonyms.clone().map(|(written, _)| *written)),
    )?;
    match section.key(near) {
        Some(key) => Some(key.name),
        None => synonyms
            .into_iter()
            .find(|(written, _)| *written == near)
            .map(|(_, ours)| *ours),
    }
}

/// Says what to do about a key that stands for none of `section`.
fn mend_unknown(section: &'static Section, name: &str) -> String {
    let is_scalar = |key: &Key| matches!(key.kind, Kind::Text);
    if PLAN.key(name).is_some_and(is_scalar) {
        return format!("`{name}` belongs at the top of the plan, above the first `[…]`");
    }
    let mut homes = SECTIONS.iter().filter(|other| other.key(name).is_some());
    match (homes.next(), homes.next()) {
        (Some(home), None) => format!("`{name}` belongs in {}", home.title),
        _ => {
            let known: Vec<&str> = section.keys.iter().map(|key| key.name).collect();
            format!("known here: {}", known.join(", "))
        }
    }
}
