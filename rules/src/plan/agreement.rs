//! Agreements and controls: what is compared with what.

use std::collections::BTreeMap;
use std::ops::Range;
use std::str::FromStr;

use ledger::CurrencyCode;

use super::book::read_choice;
use super::mistake::Mistake;
use super::reader::{Fields, Reader, text_of};
use super::sql_file::{is_blank, read_query, read_rule};
use super::text::{Placed, SqlText};
use super::words::{AGREEMENT, CONTROL, Kind, ORIGIN};

/// One comparison: a rule's records with a target table's.
#[derive(Clone, Debug)]
pub struct Agreement {
    /// What reports call it; no two agreements have the same.
    pub name: Placed<String>,
    /// What the target must hold: SQL over source tables, or a source table.
    pub rule: SqlText,
    /// What the target does hold: a target table, or SQL over target tables.
    pub target: SqlText,
    /// The columns that tell records apart; none: records are compared as a multiset.
    pub key: Vec<Placed<String>>,
    /// The columns that hold amounts.
    pub money: Vec<Placed<String>>,
    /// The columns along which totals are crossed.
    pub foot: Vec<Placed<String>>,
    /// The column that holds the currency's code; none: [`super::Plan::currency`] holds.
    pub currency: Option<Placed<String>>,
    /// The way from a record back to its source record.
    pub origin: Option<Origin>,
    /// SQL conditions on a source record; one that is not true makes it a reject.
    pub require: Vec<SqlText>,
    /// Columns that are not compared. Reports list them.
    pub ignore: Vec<Placed<String>>,
    /// Whether databases shall add up their own records, where they can.
    pub is_pushed: bool,
    /// Whether neither side need have a record. Otherwise nothing was compared where none has one.
    pub may_be_empty: bool,
    /// The place of `[[agreement]]`.
    pub place: Range<usize>,
}

/// The way from a record back to its source record.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The source table.
    pub table: Placed<String>,
    /// Columns of the source table, each with the record's column that holds its value.
    pub on: Vec<(Placed<String>, Placed<String>)>,
}

/// One check over totals.
#[derive(Clone, Debug)]
pub struct Control {
    /// What reports call it; no two controls have the same.
    pub name: Placed<String>,
    /// What it computes.
    pub check: ControlCheck,
    /// The place of `[[control]]`.
    pub place: Range<usize>,
}

/// What a control computes.
#[derive(Clone, Debug)]
pub enum ControlCheck {
    /// SQL whose column `difference` must be zero in every row.
    Zero(SqlText),
    /// Two queries that must give the same rows.
    Equal {
        /// The rows that must come out.
        expected: SqlText,
        /// The rows that do come out.
        actual: SqlText,
    },
}

/// Reads every `[[agreement]]`.
pub(super) fn read_agreements(reader: &mut Reader<'_>, plan: &Fields<'_>) -> Vec<Agreement> {
    let mut agreements = Vec::new();
    let mut names = Names::new("agreements");
    for (table, place) in plan.parts("agreement") {
        let title = AGREEMENT.title.to_owned();
        let fields = reader.fields(&AGREEMENT, title, table, place);
        let name = fields.text(reader, "name");
        names.take(reader, name.as_ref());
        agreements.extend(read_agreement(reader, &fields, name));
    }
    agreements
}

fn read_agreement(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    name: Option<Placed<String>>,
) -> Option<Agreement> {
    // Each part is read, whatever is wrong with the others, so that all mistakes are noted.
    let rule = read_side(reader, fields, "rule");
    let target = read_side(reader, fields, "target");
    let lists = Lists::read(reader, fields);
    let origin = read_origin(reader, fields);
    let require = read_conditions(reader, fields);
    Some(Agreement {
        name: name?,
        rule: rule?,
        target: target?,
        key: lists.key,
        money: lists.money,
        foot: lists.foot,
        currency: lists.currency,
        origin,
        require,
        ignore: lists.ignore,
        is_pushed: read_choice(reader, fields, &AGREEMENT, "fold").as_deref() == Some("push"),
        may_be_empty: fields.switch("may_be_empty").unwrap_or_default(),
        place: fields.place.clone(),
    })
}

fn read_side(reader: &mut Reader<'_>, fields: &Fields<'_>, key: &'static str) -> Option<SqlText> {
    let text = fields.text(reader, key)?;
    read_rule(reader, key, text)
}

/// The columns that an agreement names.
struct Lists {
    key: Vec<Placed<String>>,
    money: Vec<Placed<String>>,
    foot: Vec<Placed<String>>,
    currency: Option<Placed<String>>,
    ignore: Vec<Placed<String>>,
}

impl Lists {
    fn read(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Self {
        let lists = Self {
            key: read_key(reader, fields),
            money: fields.texts(reader, "money"),
            foot: fields.texts(reader, "foot"),
            currency: read_currency_column(reader, fields),
            ignore: fields.texts(reader, "ignore"),
        };
        lists.note_overlaps(reader);
        lists
    }

    /// Notes columns in two parts that exclude each other.
    fn note_overlaps(&self, reader: &mut Reader<'_>) {
        let currency: Vec<Placed<String>> = self.currency.iter().cloned().collect();
        let exclusions = [
            ("key", &self.key, "money", &self.money, MONEY_IN_KEY),
            ("money", &self.money, "foot", &self.foot, MONEY_IN_FOOT),
            (
                "money",
                &self.money,
                "currency",
                &currency,
                MONEY_IS_CURRENCY,
            ),
            ("key", &self.key, "ignore", &self.ignore, IGNORED_KEY),
            ("money", &self.money, "ignore", &self.ignore, IGNORED_MONEY),
            ("foot", &self.foot, "ignore", &self.ignore, IGNORED_FOOT),
            (
                "currency",
                &currency,
                "ignore",
                &self.ignore,
                IGNORED_CURRENCY,
            ),
        ];
        for (first, these, second, those, mend) in exclusions {
            let places: BTreeMap<&str, Range<usize>> = these
                .iter()
                .map(|column| (column.as_str(), column.place()))
                .collect();
            for column in those {
                if let Some(other) = places.get(column.as_str()) {
                    let mistake = Mistake::InBoth {
                        column: column.value.clone(),
                        first,
                        second,
                        mend,
                    };
                    let label = in_words(first);
                    reader.note_pair(mistake, column.place(), other.clone(), label);
                }
            }
        }
    }
}

const MONEY_IN_KEY: &str = "a key of amounts would make one changed amount two records, a missing \
     and an extra one: take it out of `key`; without any key, records are paired by what they \
     have in common";
const MONEY_IN_FOOT: &str = "totals are crossed along what amounts belong to, not along amounts: \
     take it out of `foot`";
const MONEY_IS_CURRENCY: &str = "`currency` names the column with the code, such as `CNY`";
const IGNORED_KEY: &str = "records are told apart by it: take it out of `ignore`";
const IGNORED_MONEY: &str = "amounts are always compared: take it out of one of them";
const IGNORED_FOOT: &str = "a column that totals are crossed along is compared: take it out of \
     one of them";
const IGNORED_CURRENCY: &str = "an amount means nothing without its currency: take it out of \
     `ignore`";

fn in_words(list: &'static str) -> &'static str {
    match list {
        "key" => "in `key`",
        "money" => "in `money`",
        "foot" => "in `foot`",
        _ => "in `currency`",
    }
}

fn read_key(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Vec<Placed<String>> {
    let value = fields.value("key");
    let items = value.and_then(|value| value.get_ref().as_array());
    if let (Some(value), Some([])) = (value, items.map(|items| items.as_ref())) {
        let mistake = Mistake::EmptyList {
            key: "key",
            mend: "leave `key` out to compare records as a multiset, or name its columns",
        };
        reader.note(mistake, value.span());
    }
    fields.texts(reader, "key")
}

/// Reads the name of the currency column, and notes a currency's code in its stead.
fn read_currency_column(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<Placed<String>> {
    let column = fields.text(reader, "currency")?;
    if CurrencyCode::from_str(&column).is_ok() {
        let code = column.value.clone();
        reader.note(Mistake::CodeForColumn { code }, column.place());
        return None;
    }
    Some(column)
}

/// Reads SQL conditions.
fn read_conditions(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Vec<SqlText> {
    let mut conditions = Vec::new();
    for text in fields.texts(reader, "require") {
        if is_blank(&text) {
            let key = "require".to_owned();
            reader.note(Mistake::NoSql { key }, text.place());
        }
        conditions.push(SqlText::inline(text, reader.raw, &reader.text));
    }
    conditions
}

fn read_origin(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<Origin> {
    let (part, place) = fields.part("origin")?;
    let inner = reader.fields(&ORIGIN, ORIGIN.title.to_owned(), part, place);
    let table = inner.text(reader, "table");
    let on = read_pairs(reader, &inner);
    if on.is_empty() {
        if let Some(place) = inner
            .place_of("on")
            .filter(|_| inner.entries("on").is_empty())
        {
            reader.note(Mistake::OriginOnNothing, place);
        }
        return None;
    }
    Some(Origin { table: table?, on })
}

/// Reads `on = { source column = "record's column" }`.
fn read_pairs(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
) -> Vec<(Placed<String>, Placed<String>)> {
    let mut pairs = Vec::new();
    for (column, value) in fields.entries("on") {
        match text_of(value) {
            Some(text) if text.trim().is_empty() => {
                let key = column.value;
                reader.note(Mistake::EmptyText { key }, text.place());
            }
            Some(text) => pairs.push((column, text)),
            None => {
                let example = format!("{} = \"…\"", column.value);
                reader.note_wrong_kind(&column.value, Kind::Text, &example, value);
            }
        }
    }
    pairs
}

/// Reads every `[[control]]`.
pub(super) fn read_controls(reader: &mut Reader<'_>, plan: &Fields<'_>) -> Vec<Control> {
    let mut controls = Vec::new();
    let mut names = Names::new("controls");
    for (table, place) in plan.parts("control") {
        let fields = reader.fields(&CONTROL, CONTROL.title.to_owned(), table, place);
        let name = fields.text(reader, "name");
        names.take(reader, name.as_ref());
        let check = read_check(reader, &fields);
        if let (Some(name), Some(check)) = (name, check) {
            let place = fields.place.clone();
            controls.push(Control { name, check, place });
        }
    }
    controls
}

/// Reads `sql`, or `expected` and `actual`.
fn read_check(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<ControlCheck> {
    let mut read = |key| {
        let text = fields.text(reader, key)?;
        read_query(reader, key, text)
    };
    let (sql, expected, actual) = (read("sql"), read("expected"), read("actual"));
    let place = fields.place.clone();
    match ["sql", "expected", "actual"].map(|key| fields.has(key)) {
        [true, false, false] => sql.map(ControlCheck::Zero),
        [false, true, true] => Some(ControlCheck::Equal {
            expected: expected?,
            actual: actual?,
        }),
        [false, false, false] => {
            reader.note(Mistake::ControlEmpty, place);
            None
        }
        [true, has_expected, _] => {
            let other = if has_expected { "expected" } else { "actual" };
            let place = fields.place_of(other).unwrap_or(place);
            reader.note(Mistake::ControlTwoWays { other }, place);
            None
        }
        [false, has_expected, _] => {
            let (has, lacks) = match has_expected {
                true => ("expected", "actual"),
                false => ("actual", "expected"),
            };
            let place = fields.place_of(has).unwrap_or(place);
            reader.note(Mistake::ControlHalf { has, lacks }, place);
            None
        }
    }
}

/// The names taken so far.
struct Names {
    what: &'static str,
    taken: BTreeMap<String, Range<usize>>,
}

impl Names {
    fn new(what: &'static str) -> Self {
        Self {
            what,
            taken: BTreeMap::new(),
        }
    }

    /// Takes a name, and notes it if it is already taken.
    fn take(&mut self, reader: &mut Reader<'_>, name: Option<&Placed<String>>) {
        let Some(name) = name else { return };
        note_control_characters(reader, name);
        match self.taken.get(&name.value) {
            Some(first) => {
                let mistake = Mistake::SameName {
                    what: self.what,
                    name: name.value.clone(),
                };
                reader.note_pair(mistake, name.place(), first.clone(), "first here");
            }
            None => {
                self.taken.insert(name.value.clone(), name.place());
            }
        }
    }
}

/// Notes a name that would break the lines of a report.
pub(super) fn note_control_characters(reader: &mut Reader<'_>, name: &Placed<String>) {
    if let Some(found) = name.chars().find(|c| c.is_control()) {
        let code = u32::from(found);
        reader.note(Mistake::ControlCharacter { code }, name.place());
    }
}
