//! One break, made ready for all causes.

mod computed;
mod totals;

use ledger::{Break, BreakKind, Decimal, FieldDifference, Record, Rounding, parse_civil};

use crate::number;
use crate::terms::{Column, Kind, Terms};
pub(crate) use computed::Computed;

/// Number of differing fields up to which a break is looked at; beyond it nothing is credible.
pub(crate) const FIELDS_MAX: usize = 64;
/// Number of other numbers of the source and the record that are held against an amount: all of them,
/// but in tables of uncommon width.
const NUMBERS_MAX: usize = 96;

/// Is one break with its differing fields read as what they are.
pub(crate) struct Case<'a> {
    pub(crate) terms: &'a Terms,
    pub(crate) found: &'a Break,
    pub(crate) fields: Vec<Field<'a>>,
    /// Whether more fields differ than are looked at.
    has_more: bool,
    /// Numbers of the source records and of the expected record, where an amount differs.
    pub(crate) numbers: Vec<Named<'a>>,
    /// Which differing fields are totals, and of which lines.
    totals: Vec<(u64, Lines<'a>)>,
    /// Which differing fields are totals that the rule rounds, and how it may come to them.
    computed: Vec<(u64, Vec<Computed>)>,
}

/// Is the column of a source table whose values add up to an amount of the record.
pub(crate) struct Lines<'a> {
    pub(crate) table: &'a str,
    pub(crate) column: &'a str,
    /// The values, in the order of the source.
    pub(crate) amounts: Vec<Decimal>,
}

/// Is a total with what each entry adds to it, in the order of the source.
#[derive(PartialEq)]
pub(crate) struct Entries {
    pub(crate) total: Decimal,
    pub(crate) amounts: Vec<Decimal>,
    /// How the total is rounded once all are added.
    pub(crate) rounding: Rounding,
}

impl Entries {
    fn of_total(total: Decimal, amounts: Vec<Decimal>) -> Entries {
        Entries {
            total,
            amounts,
            rounding: Rounding::HalfUp,
        }
    }
}

/// Is a number beside the amounts, with where it stands.
pub(crate) struct Named<'a> {
    pub(crate) name: &'a str,
    pub(crate) text: &'a str,
    pub(crate) value: Decimal,
    pub(crate) is_source: bool,
}

/// Is one field that differs.
#[derive(Clone, Copy)]
pub(crate) struct Field<'a> {
    /// One bit, for sets of fields.
    pub(crate) bit: u64,
    pub(crate) name: &'a str,
    pub(crate) column: &'a Column,
    pub(crate) expected: Option<&'a str>,
    pub(crate) actual: Option<&'a str>,
    /// Both values as numbers, where the column holds numbers.
    pub(crate) numbers: Option<Pair<Decimal>>,
    /// Both values as days since 1970, where the column holds dates.
    pub(crate) days: Option<Pair<i64>>,
    /// Both values as microseconds since 1970, where the column holds instants.
    pub(crate) micros: Option<Pair<i64>>,
}

/// Is the same thing on both sides.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair<T> {
    pub(crate) expected: T,
    pub(crate) actual: T,
}

/// Stands for a column of which the plan tells nothing.
static UNTOLD: Column = Column {
    name: String::new(),
    kind: Kind::Other,
    is_key: false,
    is_money: false,
    comes_from: Vec::new(),
};

impl<'a> Case<'a> {
    pub(crate) fn new(terms: &'a Terms, found: &'a Break) -> Case<'a> {
        let mut differing = found
            .fields
            .iter()
            .filter(|field| field.expected != field.actual);
        let fields: Vec<Field<'a>> = differing
            .by_ref()
            .take(FIELDS_MAX)
            .enumerate()
            .map(|(at, field)| Field::new(terms, field, at))
            .collect();
        let is_number = |field: &Field<'_>| {
            let is_gone = field.is_gone() && field.column.kind == Kind::Number;
            field.numbers.is_some() || field.is_new_number() || is_gone
        };
        let has_numbers = fields.iter().any(is_number);
        let has_more = differing.next().is_some();
        let mut case = Case {
            terms,
            found,
            fields,
            has_more,
            numbers: Vec::new(),
            totals: Vec::new(),
            computed: Vec::new(),
        };
        if has_numbers {
            case.numbers = case.read_numbers();
            case.totals = totals::find(found, &case.fields);
            case.computed = computed::find(found, &case.fields);
        }
        case
    }

    /// The lines that a field is the total of, where the source shows them.
    pub(crate) fn lines_of(&self, field: &Field<'_>) -> Option<&Lines<'a>> {
        let found = self.totals.iter().find(|(bit, _)| *bit == field.bit);
        found.map(|(_, lines)| lines)
    }

    /// The ways in which the rule may compute a field of the lines that the source shows, rounding
    /// each of them or all at once; none where it is no such total.
    pub(crate) fn computed(&self, field: &Field<'_>) -> &[Computed] {
        let found = self.computed.iter().find(|(bit, _)| *bit == field.bit);
        found.map_or(&[], |(_, ways)| ways)
    }

    /// Says whether the lines of a computed total come to what the target holds, rounded in any way.
    pub(crate) fn is_told_by_lines(&self, field: &Field<'_>) -> bool {
        let Some(pair) = field.numbers else {
            return false;
        };
        let mut ways = self.computed(field).iter();
        ways.any(|way| way.totals().any(|total| total == pair.actual))
    }

    /// The entries of a total, where the source shows them: in each way in which they come to it.
    pub(crate) fn entries_of(&self, field: &Field<'_>) -> Vec<Entries> {
        let Some(pair) = field.numbers else {
            return Vec::new();
        };
        if let Some(lines) = self.lines_of(field) {
            let amounts = lines.amounts.clone();
            return vec![Entries::of_total(pair.expected, amounts)];
        }
        let mut all: Vec<Entries> = Vec::new();
        for way in self.computed(field) {
            let entries = way.entries(pair.expected, field.scale());
            // Lines that are no tie come to the same in several ways of rounding.
            all.extend(entries.filter(|one| !all.contains(one)));
        }
        all
    }

    /// Says whether a number of the source is a line of the total that a field is, and so neither
    /// a fee nor another column.
    pub(crate) fn is_line_of(&self, field: &Field<'_>, number: &Named<'_>) -> bool {
        let is_in = |lines: &Lines<'_>| number.is_source && lines.column == number.name;
        self.lines_of(field)
            .is_some_and(|lines| lines.amounts.len() > 1 && is_in(lines))
    }

    /// The set of all differing fields; one bit where the break is no matter of fields, and none where
    /// so many differ that not all are looked at: then nothing that is tried gives the record.
    pub(crate) fn all(&self) -> u64 {
        if self.has_more {
            0
        } else if self.found.kind == BreakKind::Differs {
            self.fields.iter().fold(0, |all, field| all | field.bit)
        } else {
            1
        }
    }

    fn read_numbers(&self) -> Vec<Named<'a>> {
        let of_source = self.source_values().map(|(name, text)| (name, text, true));
        let of_record = self
            .expected_values()
            .map(|(name, text)| (name, text, false));
        of_source
            .chain(of_record)
            .filter_map(|(name, text, is_source)| {
                let value = number::read(text)?;
                Some(Named {
                    name,
                    text,
                    value,
                    is_source,
                })
            })
            .take(NUMBERS_MAX)
            .collect()
    }

    /// The values of the source records that are not null, with their columns.
    pub(crate) fn source_values(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.found
            .source
            .iter()
            .flat_map(|record| values(&record.fields))
    }

    /// The values of the expected record that are not null, with their columns.
    pub(crate) fn expected_values(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.found.expected.iter().flat_map(values)
    }

    /// The values of all records of the break that are not null, with their columns.
    pub(crate) fn all_values(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let target = self
            .found
            .target
            .iter()
            .flat_map(|record| values(&record.fields));
        self.source_values()
            .chain(self.expected_values())
            .chain(self.found.actual.iter().flat_map(values))
            .chain(target)
    }

    /// Says whether any column of the break bears one of the words.
    pub(crate) fn has_column(&self, words: crate::naming::Words) -> bool {
        self.all_values()
            .any(|(name, _)| crate::naming::is(name, words))
    }

    /// The texts of the source that are the number that should stand where there is nothing, signs
    /// apart: what a program could not read became nothing.
    pub(crate) fn unread(&self, field: &Field<'_>) -> impl Iterator<Item = &'a str> {
        let is_number = field.is_gone() && field.column.kind == Kind::Number;
        let expected = field.expected.filter(|_| is_number);
        let expected: Option<Decimal> = expected.and_then(|text| text.parse().ok());
        let expected = expected.map(number::magnitude);
        self.numbers
            .iter()
            .filter(move |number| {
                number.is_source && expected == Some(number::magnitude(number.value))
            })
            .map(|number| number.text)
    }

    /// Says whether the source holds the number as it is expected, so that nothing was computed.
    pub(crate) fn is_passed_on(&self, value: Decimal) -> bool {
        self.numbers.iter().any(|number| {
            number.is_source && number::magnitude(number.value) == number::magnitude(value)
        })
    }

    /// Says whether the money of this record went back, as its status or type tells.
    pub(crate) fn is_refund(&self) -> bool {
        use crate::naming::{STATUS, TYPE, is, is_refund, is_refund_code};
        self.all_values().any(|(name, value)| {
            is_refund(value) || is_refund_code(value) && (is(name, TYPE) || is(name, STATUS))
        })
    }

    /// Says whether the actual value of a field looks like a code that another record may have: of one
    /// word. A key of one column tells its records apart, and what is of no record stands there.
    pub(crate) fn may_be_of_another(&self, field: &Field<'_>) -> bool {
        let mut keys = self.terms.columns.iter().filter(|column| column.is_key);
        let is_alone = field.column.is_key && keys.nth(1).is_none();
        let is_sign = |sign: char| sign.is_ascii_alphanumeric() || "_-./".contains(sign);
        let is_word = |text: &str| {
            text.chars().all(is_sign) && text.contains(|sign: char| sign.is_ascii_alphanumeric())
        };
        !is_alone && field.actual.is_some_and(is_word)
    }

    /// Says whether something in the record could stand on the other side: a side, an account,
    /// a leg of a voucher.
    pub(crate) fn has_sides(&self) -> bool {
        use crate::naming::{ACCOUNT, SIDE, SUBJECT, VOUCHER};
        let tells = |name: &str| {
            [SIDE, VOUCHER, ACCOUNT, SUBJECT]
                .iter()
                .any(|words| crate::naming::is(name, words))
        };
        self.all_values().any(|(name, _)| tells(name))
    }
}

fn values(record: &Record) -> impl Iterator<Item = (&str, &str)> {
    record
        .0
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.as_deref()?)))
}

impl<'a> Field<'a> {
    fn new(terms: &'a Terms, field: &'a FieldDifference, at: usize) -> Field<'a> {
        let column = terms
            .columns
            .iter()
            .find(|column| column.name == field.name)
            .unwrap_or(&UNTOLD);
        let expected = field.expected.as_deref();
        let actual = field.actual.as_deref();
        Field {
            bit: 1_u64
                .checked_shl(u32::try_from(at).unwrap_or(u32::MAX))
                .unwrap_or(0),
            name: &field.name,
            column,
            expected,
            actual,
            numbers: both(column.kind == Kind::Number, expected, actual, |text| {
                text.parse().ok()
            }),
            days: both(column.kind == Kind::Date, expected, actual, days_of),
            micros: both(column.kind == Kind::Instant, expected, actual, micros_of),
        }
    }

    /// The same field with another number expected, for the second of two causes.
    pub(crate) fn expecting(&self, value: Decimal) -> Field<'a> {
        let numbers = self.numbers.map(|pair| Pair {
            expected: value,
            ..pair
        });
        Field { numbers, ..*self }
    }

    /// Actual minus expected.
    pub(crate) fn difference(&self) -> Option<Decimal> {
        let pair = self.numbers?;
        pair.actual.checked_sub(pair.expected)
    }

    /// The scale of the column, as far as both values show it.
    pub(crate) fn scale(&self) -> u8 {
        self.numbers
            .map_or(0, |pair| pair.expected.scale.max(pair.actual.scale))
    }

    /// Says whether the column holds amounts, or numbers with decimals that may be amounts.
    pub(crate) fn is_amount(&self) -> bool {
        self.column.is_money || self.scale() > 0
    }

    /// Both values as whole numbers of the smallest unit of the column.
    pub(crate) fn minor(&self) -> Option<Pair<i128>> {
        let pair = self.numbers?;
        let scale = self.scale();
        Some(Pair {
            expected: pair.expected.rescale_exact(scale)?.mantissa,
            actual: pair.actual.rescale_exact(scale)?.mantissa,
        })
    }

    /// Says whether both values are text, of a text column or one of which nothing is told.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self.column.kind, Kind::Text | Kind::Other)
    }

    /// Says whether the column holds numbers, and there is one where none should be.
    pub(crate) fn is_new_number(&self) -> bool {
        self.column.kind == Kind::Number && self.expected.is_none() && self.actual.is_some()
    }

    /// Says whether there is nothing where something should be.
    pub(crate) fn is_gone(&self) -> bool {
        self.expected.is_some() && self.actual.is_none()
    }

    /// Both values, where neither is null.
    pub(crate) fn texts(&self) -> Option<Pair<&'a str>> {
        Some(Pair {
            expected: self.expected?,
            actual: self.actual?,
        })
    }

    /// Says whether the rule reads the column from this source column alone: then it is not the
    /// wrong one, whatever was done to its value.
    pub(crate) fn is_only_from(&self, name: &str) -> bool {
        matches!(self.column.comes_from.as_slice(), [origin] if origin.column == name)
    }

    /// Says whether the column bears one of the words.
    pub(crate) fn is_named(&self, words: crate::naming::Words) -> bool {
        crate::naming::is(self.name, words)
    }
}

fn both<T>(
    applies: bool,
    expected: Option<&str>,
    actual: Option<&str>,
    read: impl Fn(&str) -> Option<T>,
) -> Option<Pair<T>> {
    if !applies {
        return None;
    }
    Some(Pair {
        expected: read(expected?)?,
        actual: read(actual?)?,
    })
}

pub(crate) const MICROS_PER_SECOND: i64 = 1_000_000;
pub(crate) const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Reads a date as days since 1970.
pub(crate) fn days_of(text: &str) -> Option<i64> {
    if text.len() != 10 {
        return None;
    }
    Some(parse_civil(text).ok()?.micros().div_euclid(MICROS_PER_DAY))
}

/// Reads an instant as microseconds since 1970.
pub(crate) fn micros_of(text: &str) -> Option<i64> {
    let civil = text.strip_suffix('Z').unwrap_or(text);
    Some(parse_civil(civil).ok()?.micros())
}
