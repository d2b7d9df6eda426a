//! What a column holds, learnt from a sample of its records.

use super::say::count;
use super::times::{self, FORMATS, Format};
use arrow_schema::DataType;
use hashbrown::HashSet;
use ledger::{Decimal, currencies_beside, parse_money};
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A column, as far as a sample shows it.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) data_type: DataType,
    /// The type as a database declares it.
    pub(super) declared: Option<String>,
    /// What the makers of a database say of it.
    pub(super) comment: Option<String>,
    /// Records looked at.
    pub(super) records: u64,
    /// Records with NULL.
    pub(super) nulls: u64,
    /// Records with an empty text, or blanks alone.
    pub(super) blanks: u64,
    /// Texts that stand for nothing, such as `NULL`.
    pub(super) nothings: BTreeSet<&'static str>,
    /// Records in which something stands.
    pub(super) filled: u64,
    /// A hash of each record's value, in their order; 0 where there is none.
    pub(super) rows: Vec<u64>,
    /// Hashes of the values as texts.
    pub(super) texts: HashSet<u64>,
    /// Characters of the longest value.
    pub(super) longest: usize,
    /// The values as amounts.
    pub(super) numbers: Numbers,
    /// The values as days or moments, once for each format that reads them.
    pub(super) times: Vec<Times>,
}

/// What a column's type says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Text,
    Integer,
    /// With its decimals.
    Decimal(i8),
    Float,
    Bool,
    Date,
    /// `utc` with a zone.
    Moment {
        utc: bool,
    },
    /// Bytes, times of day: compared as they are.
    Other,
}

impl Class {
    pub(super) fn of(data_type: &DataType) -> Class {
        match data_type {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Class::Text,
            DataType::Decimal32(_, scale)
            | DataType::Decimal64(_, scale)
            | DataType::Decimal128(_, scale)
            | DataType::Decimal256(_, scale) => Class::Decimal(*scale),
            DataType::Boolean => Class::Bool,
            DataType::Date32 | DataType::Date64 => Class::Date,
            DataType::Timestamp(_, zone) => Class::Moment {
                utc: zone.is_some(),
            },
            other if other.is_integer() => Class::Integer,
            other if other.is_floating() => Class::Float,
            _ => Class::Other,
        }
    }

    pub(super) fn is_exact_number(self) -> bool {
        matches!(self, Class::Integer | Class::Decimal(_))
    }
}

/// The values of a column that are amounts.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    pub(super) values: HashSet<Decimal>,
    /// Values that are none.
    pub(super) failed: u64,
    /// Values that are more than digits, a minus and a point.
    pub(super) marked: u64,
    /// Values with a part after the point that is not zero.
    pub(super) fractions: u64,
    /// Values with just two decimals.
    pub(super) two_decimals: u64,
    /// Decimals of the value that has the most.
    pub(super) scale: u8,
    /// Digits of the value that has the most.
    pub(super) digits: usize,
    /// Values such as `0012`.
    pub(super) padded: u64,
    /// Values such as `+12`.
    pub(super) signed: u64,
    /// Signs of currencies beside the amounts.
    pub(super) signs: BTreeSet<char>,
    /// Of each kind of mark beside the amounts, the currencies that it can stand for.
    pub(super) currencies: BTreeSet<Vec<&'static str>>,
    /// Values with two decimals behind a comma.
    pub(super) comma_two: u64,
    /// The values if a comma stands before the decimals; values that are none then.
    pub(super) comma: HashSet<Decimal>,
    pub(super) comma_failed: u64,
}

/// The values of a column in one format of times.
#[derive(Debug)]
pub(super) struct Times {
    pub(super) format: &'static Format,
    /// Microseconds since 1970.
    pub(super) values: HashSet<i64>,
    failed: u64,
    /// Whether all of them are midnight.
    pub(super) is_midnight: bool,
}

/// Texts that programs write where there is nothing.
const NOTHINGS: [&str; 4] = ["NULL", "null", "\\N", "(null)"];

impl Column {
    pub(super) fn new(name: &str, data_type: &DataType) -> Column {
        let times = FORMATS.iter().map(|format| Times {
            format,
            values: HashSet::new(),
            failed: 0,
            is_midnight: true,
        });
        Column {
            name: name.to_owned(),
            data_type: data_type.clone(),
            declared: None,
            comment: None,
            records: 0,
            nulls: 0,
            blanks: 0,
            nothings: BTreeSet::new(),
            filled: 0,
            rows: Vec::new(),
            texts: HashSet::new(),
            longest: 0,
            numbers: Numbers::default(),
            times: times.collect(),
        }
    }

    /// Takes the value of one more record.
    pub(super) fn take(&mut self, value: Option<&str>) {
        self.records += 1;
        let Some(text) = value else {
            self.nulls += 1;
            return self.rows.push(0);
        };
        if text.trim().is_empty() {
            self.blanks += 1;
            return self.rows.push(0);
        }
        if let Some(word) = NOTHINGS.iter().find(|word| **word == text) {
            self.nothings.insert(word);
            return self.rows.push(0);
        }
        let hash = hash_of(text);
        self.rows.push(hash);
        self.filled += 1;
        self.longest = self.longest.max(text.chars().count());
        let is_new = self.texts.insert(hash);
        let seen = self.filled;
        self.numbers.take(text, is_new, seen);
        self.take_time(text, seen);
    }

    fn take_time(&mut self, text: &str, seen: u64) {
        let is_likely = times::is_likely(text);
        self.times.retain_mut(|times| {
            match times.format.read(text).filter(|_| is_likely) {
                Some(micros) => {
                    times.is_midnight &= times::is_midnight(micros);
                    times.values.insert(micros);
                }
                None => times.failed += 1,
            }
            is_few(times.failed, seen)
        });
    }

    pub(super) fn class(&self) -> Class {
        Class::of(&self.data_type)
    }

    /// Whether a database declares amounts: decimals with a few places, or `money`.
    pub(super) fn is_declared_amount(&self) -> bool {
        let Some(declared) = &self.declared else {
            return false;
        };
        let declared = declared.to_ascii_lowercase();
        let is_called = |names: &[&str]| names.iter().any(|name| declared.starts_with(name));
        match self.class() {
            Class::Decimal(scale) => (1..=4).contains(&scale),
            // Decimals without a fixed number of places come as texts.
            Class::Text if is_called(&["money"]) => true,
            Class::Text if is_called(&["numeric", "decimal"]) => {
                self.filled > 0 && self.numbers.failed == 0 && (1..=4).contains(&self.numbers.scale)
            }
            _ => false,
        }
    }

    /// Whether no record shows what the column holds.
    pub(super) fn is_bare(&self) -> bool {
        self.texts.is_empty()
    }

    /// Whether nearly all values are amounts.
    pub(super) fn is_number(&self) -> bool {
        self.class() != Class::Bool && (self.is_bare() || self.fails_few(self.numbers.failed))
    }

    /// Whether the values are amounts with a comma before their decimals.
    pub(super) fn has_decimal_commas(&self) -> bool {
        let numbers = &self.numbers;
        !self.is_bare() && !self.fails_few(numbers.failed) && self.fails_few(numbers.comma_failed)
    }

    /// The values as amounts, in the way that reads them.
    pub(super) fn amounts(&self) -> &HashSet<Decimal> {
        match self.has_decimal_commas() {
            true => &self.numbers.comma,
            false => &self.numbers.values,
        }
    }

    fn fails_few(&self, failed: u64) -> bool {
        failed.saturating_mul(20) <= self.filled
    }

    /// The formats of days, or of moments, that read nearly all values.
    pub(super) fn times(&self) -> impl Iterator<Item = &Times> {
        let is_bare = self.is_bare();
        let holds = move |times: &&Times| !is_bare && self.fails_few(times.failed);
        self.times.iter().filter(holds)
    }

    /// Another format that reads no fewer of its texts as other times than `format` does.
    pub(super) fn read_otherwise(&self, format: &Format) -> Option<&'static Format> {
        let own = self.times().find(|times| times.format == format)?;
        let other = |times: &&Times| times.failed <= own.failed && times.values != own.values;
        self.times().find(other).map(|times| times.format)
    }

    /// The decimals that its values need: by its type, else as they were seen.
    pub(super) fn scale(&self) -> u8 {
        match self.class() {
            Class::Decimal(scale) => u8::try_from(scale).unwrap_or(0),
            Class::Integer => 0,
            _ => self.numbers.scale,
        }
    }

    /// Records whose value is a text that stands for nothing.
    pub(super) fn empties(&self) -> Vec<&'static str> {
        let blank = (self.blanks > 0).then_some("");
        blank
            .into_iter()
            .chain(self.nothings.iter().copied())
            .collect()
    }
}

impl Numbers {
    fn take(&mut self, text: &str, is_new: bool, seen: u64) {
        // What is no column of amounts is not read to its end.
        let is_over = self.failed > 1000 && self.failed * 2 > seen;
        if is_over && self.comma_failed > 1000 {
            (self.failed, self.comma_failed) = (self.failed + 1, self.comma_failed + 1);
            return;
        }
        match read_amount(text) {
            Some(amount) => self.note(text, amount, is_new),
            None => self.failed += 1,
        }
        match with_point(text).and_then(|text| read_amount(&text)) {
            Some(amount) => {
                self.scale = self.scale.max(amount.scale);
                self.comma_two += u64::from(amount.scale == 2);
                self.comma.insert(amount.normalized());
            }
            None => self.comma_failed += 1,
        }
    }

    fn note(&mut self, text: &str, amount: Decimal, is_new: bool) {
        let is_plain = |c: char| c.is_ascii_digit() || matches!(c, '-' | '.');
        let is_marked = !text.chars().all(is_plain);
        self.marked += u64::from(is_marked);
        if is_marked && is_new {
            let told = currencies_beside(text);
            self.currencies.extend((!told.is_empty()).then_some(told));
        }
        self.fractions += u64::from(amount.rescale_exact(0).is_none());
        self.two_decimals += u64::from(amount.scale == 2);
        self.scale = self.scale.max(amount.scale);
        self.digits = self
            .digits
            .max(text.chars().filter(char::is_ascii_digit).count());
        let whole = text.trim_start_matches('-');
        let starts =
            whole.starts_with('0') && whole.chars().nth(1).is_some_and(|c| c.is_ascii_digit());
        self.padded += u64::from(starts);
        self.signed += u64::from(text.trim_start().starts_with('+'));
        self.signs
            .extend(text.chars().filter(|c| "¥￥元圆€£$".contains(*c)));
        if is_new {
            self.values.insert(amount.normalized());
        }
    }
}

/// Whether so few of the values fail that these are faults, and not another kind of value.
fn is_few(failed: u64, seen: u64) -> bool {
    failed <= 2 + seen / 20
}

/// Reads an amount as `money()` would at the scale that it is written with.
fn read_amount(text: &str) -> Option<Decimal> {
    if !text.chars().any(char::is_numeric) {
        return None;
    }
    if let Ok(plain) = text.parse() {
        return Some(plain);
    }
    parse_money(text, None)
        .or_else(|_| parse_money(text, Some(2)))
        .ok()
}

/// Whether a text is an amount.
pub(super) fn is_amount(text: &str) -> bool {
    read_amount(text).is_some()
}

/// Reads `1.234,56` as `1234.56`; `None` where a comma can be no decimal one.
fn with_point(text: &str) -> Option<String> {
    let (whole, decimals) = text.split_once(',').unwrap_or((text, ""));
    let is_sound = decimals.len() != 3 && decimals.bytes().all(|byte| byte.is_ascii_digit());
    let grouped = whole.trim_start_matches('-');
    let mut groups = grouped.split('.');
    let head = groups.next().is_some_and(|head| !head.is_empty());
    let threes = groups.all(|group| group.len() == 3);
    let digits = grouped
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let text = format!("{}.{decimals}", whole.replace('.', ""));
    (is_sound && head && threes && digits).then(|| text.trim_end_matches('.').to_owned())
}

/// A hash that is never 0.
pub(super) fn hash_of(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish().max(1)
}

/// How many values of the column with fewer the other one has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    common: usize,
    /// Values of the column with fewer.
    pub(super) of: usize,
}

impl Share {
    /// Measures two sets; none where one of them is empty.
    pub(super) fn of<T: Hash + Eq>(one: &HashSet<T>, other: &HashSet<T>) -> Option<Share> {
        let of = one.len().min(other.len());
        (of > 0).then(|| Share {
            common: shared(one, other),
            of,
        })
    }

    pub(super) fn permille(self) -> u64 {
        permille(self.common, self.of)
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [common, of] = [self.common, self.of].map(|number| count(number as u64));
        match self.common == self.of {
            true => write!(f, "all {of} values are in both"),
            false => write!(f, "{common} of {of} values are in both"),
        }
    }
}

/// How many values of a thousand of the larger set are in the other one.
pub(super) fn likeness_permille<T: Hash + Eq>(one: &HashSet<T>, other: &HashSet<T>) -> u64 {
    permille(shared(one, other), one.len().max(other.len()))
}

fn shared<T: Hash + Eq>(one: &HashSet<T>, other: &HashSet<T>) -> usize {
    let (few, many) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    few.iter().filter(|value| many.contains(*value)).count()
}

fn permille(part: usize, whole: usize) -> u64 {
    (part as u64).saturating_mul(1000) / (whole as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: &[&str]) -> Column {
        let mut column = Column::new("x", &DataType::Utf8View);
        values.iter().for_each(|value| column.take(Some(value)));
        column
    }

    #[test]
    fn amounts_are_told_from_other_texts() {
        let is_number = |values: &[&str]| column(values).is_number();
        assert!(is_number(&["12.30", "1,234.00", "-5", "(3.10)", "¥9.00"]));
        assert!(!is_number(&["V1", "V2", "3"]));
        assert!(is_number(&[]));
        assert!(column(&["12,30", "1.234,56", "7"]).has_decimal_commas());
        assert!(!column(&["12.30", "1,234"]).has_decimal_commas());
        assert!(!column(&["a", "b"]).has_decimal_commas());
    }

    #[test]
    fn a_few_faults_do_not_change_what_a_column_is() {
        let mut values = vec!["12.30"; 60];
        values.push("n/a");
        assert!(column(&values).is_number());
        let mut days = vec!["2013-05-27"; 60];
        days.push("soon");
        assert_eq!(
            column(&days)
                .times()
                .map(|times| times.format.pattern)
                .collect::<Vec<_>>(),
            ["%Y-%m-%d"]
        );
    }

    #[test]
    fn marks_are_told_by_the_currencies_that_they_can_stand_for() {
        let column = column(&["1.00", "USD 1.00", "USD 2.00", "¥3.00", "(4.00)", "5.00 CR"]);
        let told: Vec<&[&str]> = column
            .numbers
            .currencies
            .iter()
            .map(Vec::as_slice)
            .collect();
        assert_eq!(told, [&["CNY", "JPY"][..], &["USD"][..]]);
    }

    #[test]
    fn nothing_is_no_value() {
        let mut column = column(&["", " ", "NULL", "1"]);
        column.take(None);
        assert_eq!((column.nulls, column.blanks, column.filled), (1, 2, 1));
        assert_eq!(column.empties(), ["", "NULL"]);
    }
}
