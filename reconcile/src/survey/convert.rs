//! How the values of two columns are brought to one form, and how many they then share.

use super::money;
use super::names;
use super::profile::{Class, Column, Share, likeness_permille};
use super::times::Format;
use crate::prepare::quoted;
use hashbrown::HashSet;
use ledger::Decimal;
use std::hash::Hash;

/// The form in which both columns are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As they are.
    AsIs,
    /// Exact numbers; the source's are to be multiplied by a power of ten.
    Number(Shift),
    /// Days; the formats of texts.
    Day([Option<&'static Format>; 2]),
    /// Moments on a clock; the formats of texts.
    Clock([Option<&'static Format>; 2]),
    /// Instants; the formats of texts, and the zone of what has none.
    Instant([Option<&'static Format>; 2], Zone),
    /// True and false.
    Bool,
    /// Binary floating-point numbers.
    Float,
    /// Texts.
    Text,
    /// Texts, because a zero or a plus before their digits is a part of them.
    Digits,
}

/// What minor units are to major ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shift {
    /// Both sides hold the same units.
    None,
    /// The source holds 12.30 where the target holds 1230.
    ToMinor,
    /// The source holds 1230 where the target holds 12.30.
    ToMajor,
}

/// How the units of two columns of numbers are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Units {
    /// Nothing speaks against the form.
    Sure,
    /// No name tells of other units, but so shifted most values would be the same.
    Suspected(Shift),
    /// The names tell of other units, but most values are the same without them.
    Contradicted,
}

/// The zone of civil times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zone {
    /// Both sides hold instants.
    Own,
    /// The one that was wished for.
    Wished,
    /// UTC, as the column's name says.
    Named,
    /// So many minutes east of UTC: with it, the values are the same.
    Measured(i32),
    /// Nothing tells; UTC is taken.
    Unknown,
}

/// A form, and what it makes of the values.
#[derive(Clone, Debug)]
pub(super) struct Fit {
    pub(super) form: Form,
    pub(super) units: Units,
    /// None where a column shows no value.
    pub(super) shared: Option<Share>,
    /// Values of a thousand of the column with more that the other one has.
    pub(super) likeness: u64,
}

impl Fit {
    fn of<T: Hash + Eq>(form: Form, source: &HashSet<T>, target: &HashSet<T>) -> Fit {
        Fit {
            form,
            units: Units::Sure,
            shared: Share::of(source, target),
            likeness: likeness_permille(source, target),
        }
    }

    fn unknown(form: Form) -> Fit {
        Fit {
            form,
            units: Units::Sure,
            shared: None,
            likeness: 0,
        }
    }

    /// How alike the values are where a sample is only a part, of a thousand. Of many values that
    /// are not just whole numbers, a sixth is not shared by chance.
    pub(super) fn likeness_of_part(&self, source: &Column, target: &Column) -> u64 {
        let is_odd = |column: &Column| !is_amounts(column) || column.numbers.fractions > 0;
        let is_odd = is_odd(source) && is_odd(target);
        match self.shared {
            Some(shared) if is_odd && shared.of >= 200 && shared.permille() >= 150 => {
                600 + shared.permille() * 3 / 10
            }
            Some(shared) if shared.of >= 30 => shared.permille() * 9 / 10,
            _ => 0,
        }
    }

    fn known(&self) -> u64 {
        self.shared.map_or(0, Share::permille)
    }
}

/// Finds the form in which two columns share most.
pub(super) fn fit(source: &Column, target: &Column, has_zone: bool) -> Fit {
    use Class::{Bool, Date, Float, Moment, Text};
    let texts = |form| Fit::of(form, &source.texts, &target.texts);
    match (source.class(), target.class()) {
        (Text, Text) => two_texts(source, target, has_zone),
        (a, b) if (a.is_exact_number() || b.is_exact_number()) && keeps_digits(source, target) => {
            texts(Form::Digits)
        }
        (a, b) if a.is_exact_number() && b.is_exact_number() => numbers(source, target),
        (Text, b) if b.is_exact_number() && is_amounts(source) => numbers(source, target),
        (a, Text) if a.is_exact_number() && is_amounts(target) => numbers(source, target),
        (Float, Float) | (Bool, Bool) | (Date, Date) => texts(Form::AsIs),
        (Moment { utc: one }, Moment { utc: other }) if one == other => texts(Form::AsIs),
        (Float, b) if b.is_exact_number() || b == Text && target.is_number() => {
            floats(source, target)
        }
        (a, Float) if a.is_exact_number() || a == Text && source.is_number() => {
            floats(source, target)
        }
        (Text | Date | Moment { .. }, Text | Date | Moment { .. }) => {
            times(source, target, has_zone).unwrap_or_else(|| texts(Form::Text))
        }
        (Bool, Text) | (Text, Bool) if [source, target].iter().all(|column| is_bools(column)) => {
            Fit::unknown(Form::Bool)
        }
        (a, b) if a == b && source.data_type == target.data_type => texts(Form::AsIs),
        _ => texts(Form::Text),
    }
}

fn is_amounts(column: &Column) -> bool {
    column.is_number() || column.has_decimal_commas()
}

/// Whether a zero or a plus before the digits is a part of the value, as in the number of an
/// account or of a telephone. It is none in amounts.
fn keeps_digits(source: &Column, target: &Column) -> bool {
    let has_some = |column: &Column| {
        column.class() == Class::Text && column.numbers.padded + column.numbers.signed > 0
    };
    // The number of an account has no decimals, and is not below zero.
    let is_quantity = |column: &Column| {
        let is_below = |value: &Decimal| value.mantissa < 0;
        column.scale() > 0 || column.numbers.values.iter().any(is_below)
    };
    let columns = [source, target];
    columns.into_iter().any(has_some)
        && !columns.into_iter().any(is_quantity)
        && !money::is_money(source, target)
}

/// The form of columns that are money because somebody says so.
pub(super) fn as_money(source: &Column, target: &Column) -> Option<Fit> {
    let is_number =
        |column: &Column| column.class().is_exact_number() || is_text_of_amounts(column);
    let are_numbers = is_number(source) && is_number(target);
    are_numbers.then(|| numbers(source, target))
}

fn is_text_of_amounts(column: &Column) -> bool {
    column.class() == Class::Text && is_amounts(column)
}

fn is_bools(column: &Column) -> bool {
    let words = [
        "true", "false", "t", "f", "yes", "no", "y", "n", "1", "0", "TRUE", "FALSE", "True",
        "False",
    ];
    let known: HashSet<u64> = words
        .iter()
        .map(|word| super::profile::hash_of(word))
        .collect();
    column.texts.is_subset(&known)
}

fn floats(source: &Column, target: &Column) -> Fit {
    Fit::of(Form::Float, source.amounts(), target.amounts())
}

/// Two columns of texts stay texts, unless another form makes clearly more of them the same.
fn two_texts(source: &Column, target: &Column, has_zone: bool) -> Fit {
    let are_numbers = is_amounts(source) && is_amounts(target) && !keeps_digits(source, target);
    let as_numbers = are_numbers.then(|| numbers(source, target));
    let as_is = Fit {
        units: as_numbers.as_ref().map_or(Units::Sure, |fit| fit.units),
        ..Fit::of(Form::AsIs, &source.texts, &target.texts)
    };
    match as_numbers {
        // The names say so.
        Some(shifted) if !matches!(shifted.form, Form::Number(Shift::None)) => return shifted,
        _ if as_is.shared.is_none() || as_is.known() >= 900 => return as_is,
        _ => {}
    }
    let as_times = times(source, target, has_zone);
    let best = as_times
        .into_iter()
        .chain(as_numbers)
        .max_by_key(Fit::known);
    match best {
        Some(best) if best.known() > as_is.known() + 100 => best,
        _ => as_is,
    }
}

fn numbers(source: &Column, target: &Column) -> Fit {
    let of = |shift| {
        let minor = |values: &HashSet<Decimal>| -> HashSet<Decimal> {
            values
                .iter()
                .filter_map(|value| value.checked_mul_int(100))
                .map(Decimal::normalized)
                .collect()
        };
        let form = Form::Number(shift);
        match shift {
            Shift::None => Fit::of(form, source.amounts(), target.amounts()),
            Shift::ToMinor => Fit::of(form, &minor(source.amounts()), target.amounts()),
            Shift::ToMajor => Fit::of(form, source.amounts(), &minor(target.amounts())),
        }
    };
    let plain = of(Shift::None);
    match named_shift(source, target) {
        Shift::None => Fit {
            units: suspected(&plain, [of(Shift::ToMinor), of(Shift::ToMajor)]),
            ..plain
        },
        named => {
            let shifted = of(named);
            let is_contradicted = plain.known() >= 500 && plain.known() > shifted.known() + 200;
            match is_contradicted {
                true => Fit {
                    units: Units::Contradicted,
                    ..plain
                },
                false => shifted,
            }
        }
    }
}

/// Values alone shift nothing: those that are wrong by a factor of 100 would be found right.
fn suspected(plain: &Fit, shifted: [Fit; 2]) -> Units {
    let best = shifted.into_iter().max_by_key(Fit::known);
    match best.map(|best| (best.known(), best.form)) {
        Some((known, Form::Number(shift))) if known >= 500 && known > plain.known() + 200 => {
            Units::Suspected(shift)
        }
        _ => Units::Sure,
    }
}

/// What the names say of the units.
fn named_shift(source: &Column, target: &Column) -> Shift {
    match [source, target].map(|column| names::says_minor(&column.name)) {
        [false, true] => Shift::ToMinor,
        [true, false] => Shift::ToMajor,
        _ => Shift::None,
    }
}

/// The readings of a column as times: of a text each format that holds, of others their own.
fn readings(column: &Column) -> Vec<Reading<'_>> {
    let is_text = column.class() == Class::Text;
    let reading = |times: &'_ super::profile::Times| Reading {
        format: is_text.then_some(times.format),
        values: None,
        has_time: match column.class() {
            Class::Moment { .. } => !times.is_midnight,
            _ => times.format.has_time && !times.is_midnight,
        },
        is_instant: times.format.is_instant || column.class() == Class::Moment { utc: true },
        says_utc: names::says_utc(&column.name),
    };
    let mut found: Vec<Reading<'_>> = column
        .times()
        .map(|times| Reading {
            values: Some(&times.values),
            ..reading(times)
        })
        .collect();
    if column.is_bare() && !is_text {
        let class = column.class();
        let has_time = matches!(class, Class::Moment { .. });
        let is_instant = class == Class::Moment { utc: true };
        found.push(Reading {
            format: None,
            values: None,
            has_time,
            is_instant,
            says_utc: names::says_utc(&column.name),
        });
    }
    found
}

#[derive(Clone, Copy)]
struct Reading<'c> {
    format: Option<&'static Format>,
    values: Option<&'c HashSet<i64>>,
    has_time: bool,
    is_instant: bool,
    /// Whether the column's name says that its times are of UTC.
    says_utc: bool,
}

fn times(source: &Column, target: &Column, has_zone: bool) -> Option<Fit> {
    let (sources, targets) = (readings(source), readings(target));
    if sources.is_empty() || targets.is_empty() {
        return bare_times(source, target);
    }
    let pairs = sources
        .iter()
        .flat_map(|one| targets.iter().map(move |other| (*one, *other)));
    first_best(pairs.map(|(one, other)| two_readings(one, other, has_zone)))
}

/// Of those that share most, the first: formats stand in the order of how usual they are.
fn first_best(fits: impl Iterator<Item = Fit>) -> Option<Fit> {
    fits.fold(None, |best: Option<Fit>, fit| match best {
        Some(best) if best.known() >= fit.known() => Some(best),
        _ => Some(fit),
    })
}

fn two_readings(source: Reading<'_>, target: Reading<'_>, has_zone: bool) -> Fit {
    let formats = [source.format, target.format];
    let none = HashSet::new();
    let (ours, theirs) = (
        source.values.unwrap_or(&none),
        target.values.unwrap_or(&none),
    );
    if !source.has_time && !target.has_time && source.is_instant == target.is_instant {
        return Fit::of(Form::Day(formats), ours, theirs);
    }
    if source.is_instant == target.is_instant {
        let form = match source.is_instant {
            true => Form::Instant(formats, Zone::Own),
            false => Form::Clock(formats),
        };
        return Fit::of(form, ours, theirs);
    }
    let (civil, clock, instants) = if source.is_instant {
        (target, theirs, ours)
    } else {
        (source, ours, theirs)
    };
    let shifted = |minutes: i32| -> HashSet<i64> {
        clock
            .iter()
            .map(|micros| micros - i64::from(minutes) * 60_000_000)
            .collect()
    };
    if has_zone {
        return Fit {
            form: Form::Instant(formats, Zone::Wished),
            ..Fit::unknown(Form::Text)
        };
    }
    if civil.says_utc {
        return Fit::of(Form::Instant(formats, Zone::Named), clock, instants);
    }
    let offsets = (-24..=28).map(|half_hours: i32| half_hours * 30);
    let tried = offsets.map(|minutes| {
        Fit::of(
            Form::Instant(formats, Zone::Measured(minutes)),
            &shifted(minutes),
            instants,
        )
    });
    match first_best(tried) {
        Some(best) if best.known() >= 500 => best,
        _ => Fit::unknown(Form::Instant(formats, Zone::Unknown)),
    }
}

/// Times of which one side shows none: its type alone says what they are.
fn bare_times(source: &Column, target: &Column) -> Option<Fit> {
    static USUAL_DAY: &Format = &super::times::FORMATS[0];
    static USUAL_MOMENT: &Format = &super::times::FORMATS[12];
    let format = |column: &Column, usual: &'static Format| match column.class() {
        Class::Text if column.is_bare() => Some(Some(usual)),
        Class::Text => column.times().next().map(|times| Some(times.format)),
        _ => Some(None),
    };
    let both = |usual| Some([format(source, usual)?, format(target, usual)?]);
    let class = if source.class() == Class::Text {
        target.class()
    } else {
        source.class()
    };
    if ![source, target].iter().any(|column| column.is_bare()) {
        return None;
    }
    Some(Fit::unknown(match class {
        Class::Moment { utc: true } => Form::Instant(both(USUAL_MOMENT)?, Zone::Unknown),
        Class::Moment { utc: false } => Form::Clock(both(USUAL_MOMENT)?),
        _ => Form::Day(both(USUAL_DAY)?),
    }))
}

/// One of the two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    Source,
    Target,
}

/// What SQL must know besides the form.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    /// Decimals of both sides.
    pub(super) scale: u8,
    /// Whether these are the currency's own, so that `money()` need not be told.
    pub(super) is_usual_scale: bool,
    /// Whether both sides are read as money whatever their types.
    pub(super) is_money: bool,
    /// Whether texts that stand for nothing are NULL.
    pub(super) has_nulls: bool,
}

/// The SQL that brings a column to a form; none where the column is in it already.
pub(super) fn sql(column: &Column, form: &Form, at: At, terms: Terms) -> Option<String> {
    let own = own(column, form, terms);
    let is_text = column.class() == Class::Text;
    let value = own.clone().unwrap_or_else(|| quoted(&column.name));
    let side = usize::from(at == At::Target);
    match form {
        Form::AsIs if terms.is_money && is_text => Some(money(column, &value, terms)),
        Form::AsIs => own,
        Form::Number(shift) => number(column, &value, *shift, at, terms).or(own),
        Form::Day(formats) => day(column, &value, formats[side]).or(own),
        Form::Clock(formats) => match (column.class(), formats[side]) {
            (Class::Text, Some(format)) => Some(clock(&value, format)),
            (Class::Date, _) => Some(format!("CAST({value} AS TIMESTAMP)")),
            _ => own,
        },
        Form::Instant(formats, zone) => instant(column, &value, formats[side], *zone).or(own),
        Form::Bool if is_text => Some(format!("CAST({value} AS BOOLEAN)")),
        Form::Float if column.class() != Class::Float => Some(format!("CAST({value} AS DOUBLE)")),
        Form::Text | Form::Digits if !is_text => Some(format!("CAST({value} AS VARCHAR)")),
        Form::Bool | Form::Float | Form::Text | Form::Digits => own,
    }
}

/// Whether texts that stand for nothing are read as NULL.
pub(super) fn reads_null(column: &Column, form: &Form, terms: Terms) -> bool {
    own(column, form, terms).is_some()
}

/// The column with NULL for texts that stand for nothing, where the form or the other side has
/// need of it.
fn own(column: &Column, form: &Form, terms: Terms) -> Option<String> {
    let is_as_written = matches!(form, Form::AsIs | Form::Text | Form::Digits);
    let stays_text = is_as_written && !terms.is_money && !terms.has_nulls;
    if column.class() != Class::Text || stays_text {
        return None;
    }
    column
        .empties()
        .into_iter()
        .fold(None, |sql: Option<String>, word| {
            let inner = sql.unwrap_or_else(|| quoted(&column.name));
            Some(format!("nullif({inner}, '{word}')"))
        })
}

fn number(column: &Column, value: &str, shift: Shift, at: At, terms: Terms) -> Option<String> {
    let holds_major = match shift {
        Shift::ToMinor => at == At::Source,
        Shift::ToMajor => at == At::Target,
        Shift::None => false,
    };
    let is_text = column.class() == Class::Text;
    match (shift, holds_major) {
        (Shift::None, _) if is_text => Some(text_number(column, value, terms)),
        (Shift::None, _) => None,
        (Shift::ToMinor, true) => {
            let major = if is_text {
                money_at(column, value, 2.max(column.scale()))
            } else {
                value.to_owned()
            };
            Some(format!("minor({major}, 2)"))
        }
        (Shift::ToMajor, false) => {
            let minor = money_at(column, value, 0);
            Some(format!("{minor} * 0.01"))
        }
        (Shift::ToMinor, false) | (Shift::ToMajor, true) if is_text => Some(money_at(
            column,
            value,
            if holds_major {
                2.max(column.scale())
            } else {
                0
            },
        )),
        _ => None,
    }
}

/// A text as a number.
fn text_number(column: &Column, value: &str, terms: Terms) -> String {
    let numbers = &column.numbers;
    let is_whole = terms.scale == 0 && numbers.marked == 0 && numbers.digits <= 18;
    match is_whole && !terms.is_money && !column.has_decimal_commas() {
        true => format!("CAST({value} AS BIGINT)"),
        false => money(column, value, terms),
    }
}

fn money(column: &Column, value: &str, terms: Terms) -> String {
    match terms.is_usual_scale {
        true => format!("money({})", pointed(column, value)),
        false => money_at(column, value, terms.scale),
    }
}

fn money_at(column: &Column, value: &str, scale: u8) -> String {
    format!("money({}, {scale})", pointed(column, value))
}

/// The text with a point before its decimals.
fn pointed(column: &Column, value: &str) -> String {
    match column.class() == Class::Text && column.has_decimal_commas() {
        true => format!("replace(replace({value}, '.', ''), ',', '.')"),
        false => value.to_owned(),
    }
}

fn day(column: &Column, value: &str, format: Option<&Format>) -> Option<String> {
    match (column.class(), format) {
        (Class::Text, Some(format)) if format.has_time => {
            Some(format!("CAST({} AS DATE)", clock(value, format)))
        }
        (Class::Text, Some(format)) if format.is_plain => Some(format!("CAST({value} AS DATE)")),
        (Class::Text, Some(format)) => Some(format!("to_date({value}, '{}')", format.pattern)),
        (Class::Moment { .. }, _) => Some(format!("CAST({value} AS DATE)")),
        _ => None,
    }
}

fn clock(value: &str, format: &Format) -> String {
    match (format.is_plain, format.has_time) {
        (true, _) => format!("CAST({value} AS TIMESTAMP)"),
        (false, true) => format!("to_timestamp({value}, '{}')", format.pattern),
        (false, false) => format!("CAST(to_date({value}, '{}') AS TIMESTAMP)", format.pattern),
    }
}

fn instant(column: &Column, value: &str, format: Option<&Format>, zone: Zone) -> Option<String> {
    let civil = match (column.class(), format) {
        (Class::Moment { utc: true }, _) => return None,
        (Class::Text, Some(format)) if format.is_instant => {
            return Some(format!(
                "arrow_cast({value}, 'Timestamp(Microsecond, Some(\"UTC\"))')"
            ));
        }
        (Class::Text, Some(format)) if format.is_plain => value.to_owned(),
        (Class::Text, Some(format)) => clock(value, format),
        (Class::Date, _) => format!("CAST({value} AS TIMESTAMP)"),
        _ => value.to_owned(),
    };
    Some(match zone {
        Zone::Wished => format!("local_time({civil})"),
        Zone::Measured(0) | Zone::Own | Zone::Named | Zone::Unknown => {
            format!("local_time({civil}, 'UTC')")
        }
        Zone::Measured(minutes) => format!("local_time({civil}, '{}')", offset(minutes)),
    })
}

/// An offset from UTC: `+08:00`.
pub(super) fn offset(minutes: i32) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

impl Form {
    /// The form in words, where it is more than the values as they are.
    pub(super) fn says(&self, source: &Column, target: &Column) -> Option<String> {
        let is_read = source.class() != target.class() || source.class() == Class::Text;
        Some(match self {
            Form::Number(Shift::ToMinor) => "the source's times 100: major units on that side, minor ones on the other".to_owned(),
            Form::Number(Shift::ToMajor) => "the source's times 0.01: minor units on that side, major ones on the other".to_owned(),
            Form::Number(Shift::None) if is_read => "as exact numbers".to_owned(),
            Form::Number(Shift::None) => return None,
            Form::Day(_) => "as days".to_owned(),
            Form::Clock(_) => "as times without a zone".to_owned(),
            Form::Instant(_, Zone::Wished) => "as instants, in the zone that was given".to_owned(),
            Form::Instant(_, Zone::Measured(minutes)) => {
                format!("as instants: with the offset {} most are the same", offset(*minutes))
            }
            Form::Instant(_, Zone::Named) => "as instants of UTC, as the name says".to_owned(),
            Form::Instant(_, Zone::Unknown) => {
                "as instants; nothing tells the zone of times without one, and UTC was taken".to_owned()
            }
            Form::Instant(_, Zone::Own) => "as instants".to_owned(),
            Form::Bool => "as true and false".to_owned(),
            Form::Float => "as binary floating-point numbers, because one side is such: these are no exact amounts".to_owned(),
            Form::Text => "as texts: their types have no exact common form".to_owned(),
            Form::Digits => "as texts: a zero or a plus before the digits is a part of the value".to_owned(),
            Form::AsIs => return None,
        })
    }

    /// What of the form was taken because most values are the same with it, and nothing else tells
    /// it: a fault of just that kind would not be found.
    pub(super) fn doubt(&self, source: &Column, target: &Column) -> Option<String> {
        let says = |reading: &str, why: &str| format!("was read {reading} because {why}");
        let fits = "most values are the same so, and nothing else tells it";
        let formats = match self {
            Form::Instant(_, Zone::Measured(minutes)) => {
                return Some(says(
                    &format!("with the offset {} from UTC", offset(*minutes)),
                    fits,
                ));
            }
            Form::Instant(_, Zone::Unknown) if !source.is_bare() && !target.is_bare() => {
                return Some(says("as UTC", "nothing tells its zone"));
            }
            Form::Day(formats) | Form::Clock(formats) | Form::Instant(formats, _) => formats,
            _ => return None,
        };
        let mut sides = formats.iter().zip([source, target]);
        sides.find_map(|(format, column)| {
            let (format, other) = (*format, column.read_otherwise((*format)?)?);
            let reading = format!("as {}, not as {},", format?.pattern, other.pattern);
            Some(says(&reading, fits))
        })
    }
}

impl Units {
    /// What is to be said of the units, where they are not sure.
    pub(super) fn says(self) -> Option<String> {
        let words = match self {
            Units::Sure => return None,
            Units::Suspected(Shift::ToMajor) => {
                "most would be the same times 0.01, but no name tells of minor units: if the source holds \
                 such and the target major ones, `* 0.01` in the rule says so"
            }
            Units::Suspected(_) => {
                "most would be the same times 100, but no name tells of minor units: if the target holds \
                 such and the source major ones, `minor(…, 2)` in the rule says so"
            }
            Units::Contradicted => {
                "the names tell of minor units on one side only, but most of their values are in both as they are"
            }
        };
        Some(words.to_owned())
    }
}
