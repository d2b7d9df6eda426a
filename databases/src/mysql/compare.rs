//! Conditions on keys, which the optimizers of both servers find in an index.
//!
//! Row constructors are not searched for as ranges (`(a, b) > (1, 2)` reads the whole index), so
//! they are written out; in lists they are (`(a, b) IN ((1, 2), …)`).
//!
//! Within a row MariaDB (10.11) compares text of another character set byte by byte, and so finds
//! no `Müller` in `latin1`; and a list with one text that the column's set cannot hold is an error
//! as a whole. So in lists text is converted to the column's own set.

use std::collections::BTreeMap;

use arrow_schema::DataType;

use super::decode::hex;
use super::quoted;
use crate::civil::is_day;
use crate::session::Key;
use crate::table::{ColumnInfo, TableInfo};

/// The character sets of text columns, by table and column.
pub(super) type Texts = BTreeMap<(String, String), TextSet>;

/// The character set of a column, and the order of its texts.
#[derive(Debug, Clone)]
pub(super) struct TextSet {
    pub(super) charset: String,
    pub(super) collation: String,
}

impl TextSet {
    /// A literal of this set; NULL for a text that the set cannot hold, which equals nothing.
    fn converted(&self, literal: String) -> String {
        let TextSet { charset, collation } = self;
        if charset == "utf8mb4" {
            return literal;
        }
        format!(
            "(IF(CONVERT(CONVERT({literal} USING {charset}) USING utf8mb4) \
             = {literal} COLLATE utf8mb4_bin, CONVERT({literal} USING {charset}), NULL) \
             COLLATE {collation})"
        )
    }
}

/// How the values of a column of a key are written and compared.
enum Kind {
    Whole,
    Decimal,
    Single,
    Double,
    Day,
    Moment,
    /// In digits and a few signs: times, addresses, identifiers.
    Signs,
    Text,
    Bytes,
    /// Sorted by the number of its label, but compared with a label as text.
    Enum(Vec<String>),
    /// Sorted by the bits of its members.
    Set(Vec<String>),
}

/// One column of a key.
struct Part {
    name: String,
    kind: Kind,
}

/// Which way from a value.
#[derive(Clone, Copy)]
enum Way {
    Above,
    Below,
}

/// The names of the key's columns, as `ORDER BY` takes them.
pub(super) fn order(table: &TableInfo) -> String {
    let names: Vec<String> = table.key_names().map(quoted).collect();
    names.join(", ")
}

/// Records behind a key; `None` for what is no key of this table.
pub(super) fn behind(table: &TableInfo, key: &Key) -> Option<String> {
    side(table, key, Way::Above, false)
}

/// Records up to a key, and with it.
pub(super) fn upto(table: &TableInfo, key: &Key) -> Option<String> {
    side(table, key, Way::Below, true)
}

/// Records of these keys; `None` where none of them can be a key of this table.
pub(super) fn among(table: &TableInfo, keys: &[Key], texts: &Texts) -> Option<String> {
    let parts = parts(table);
    let set = |name: &str| texts.get(&(table.name.clone(), name.to_owned()));
    let sets: Vec<Option<&TextSet>> = table.key_names().map(set).collect();
    let listed: Vec<String> = keys
        .iter()
        .filter_map(|key| literals(&parts, key, &sets))
        .collect();
    if listed.is_empty() {
        return None;
    }
    let names = match parts.as_slice() {
        [one] => one.name.clone(),
        _ => format!("({})", order(table)),
    };
    Some(format!("{names} IN ({})", listed.join(", ")))
}

/// A key as a row, or the value alone.
fn literals(parts: &[Part], key: &Key, sets: &[Option<&TextSet>]) -> Option<String> {
    let written = parts.iter().zip(key).zip(sets).map(|((part, text), set)| {
        let literal = part.literal(text)?;
        match (set, &part.kind) {
            (Some(set), Kind::Text | Kind::Enum(_) | Kind::Set(_)) => Some(set.converted(literal)),
            _ => Some(literal),
        }
    });
    let written = written.collect::<Option<Vec<String>>>()?;
    match (written.as_slice(), key.len() == parts.len()) {
        (_, false) | ([], _) => None,
        ([one], _) => Some(one.clone()),
        _ => Some(format!("({})", written.join(", "))),
    }
}

/// `(a > 1) OR (a = 1 AND b > 2) …`, with a bound on the first column alone in front.
fn side(table: &TableInfo, key: &Key, way: Way, with_it: bool) -> Option<String> {
    let parts = parts(table);
    if key.len() != parts.len() || parts.is_empty() {
        return None;
    }
    let last = parts.len() - 1;
    let mut before: Vec<String> = Vec::new();
    let mut cases = Vec::new();
    for (at, (part, text)) in parts.iter().zip(key).enumerate() {
        let beyond = part.beyond(text, way, with_it && at == last)?;
        let case = before
            .iter()
            .chain([&beyond])
            .cloned()
            .collect::<Vec<_>>()
            .join(" AND ");
        cases.push(format!("({case})"));
        before.push(format!("{} = {}", part.name, part.literal(text)?));
    }
    let cases = format!("({})", cases.join(" OR "));
    match last {
        0 => Some(cases),
        _ => Some(format!(
            "{} AND {cases}",
            parts[0].beyond(&key[0], way, true)?
        )),
    }
}

fn parts(table: &TableInfo) -> Vec<Part> {
    let columns = table.key.iter().map(|at| &table.columns[*at]);
    columns.map(Part::of).collect()
}

impl Part {
    fn of(column: &ColumnInfo) -> Part {
        let declared = column.declared.to_ascii_lowercase();
        let starts = |names: &[&str]| names.iter().any(|name| declared.starts_with(name));
        let kind = match &column.data_type {
            DataType::Decimal128(..) | DataType::Decimal256(..) => Kind::Decimal,
            DataType::Float32 => Kind::Single,
            DataType::Float64 => Kind::Double,
            DataType::Date32 => Kind::Day,
            DataType::Timestamp(..) => Kind::Moment,
            DataType::BinaryView => Kind::Bytes,
            DataType::Utf8View if starts(&["enum("]) => Kind::Enum(labels(&column.declared)),
            DataType::Utf8View if starts(&["set("]) => Kind::Set(labels(&column.declared)),
            DataType::Utf8View if starts(&["time", "uuid", "inet"]) => Kind::Signs,
            DataType::Utf8View => Kind::Text,
            _ => Kind::Whole,
        };
        Part {
            name: quoted(&column.name),
            kind,
        }
    }

    /// The value as SQL; `None` where the text is no value of the column's type.
    fn literal(&self, text: &str) -> Option<String> {
        match &self.kind {
            Kind::Whole => text.parse::<i128>().ok().map(|number| number.to_string()),
            Kind::Decimal => is_decimal(text).then(|| text.to_owned()),
            Kind::Single => text
                .parse::<f32>()
                .ok()
                .and_then(|one| float(f64::from(one))),
            Kind::Double => text.parse::<f64>().ok().and_then(float),
            Kind::Day => is_date(text).then(|| format!("'{text}'")),
            Kind::Moment => moment(text).map(|text| format!("'{text}'")),
            Kind::Signs => {
                let is_sign = |c: char| c.is_ascii_hexdigit() || ":.-".contains(c);
                (!text.is_empty() && text.chars().all(is_sign)).then(|| format!("'{text}'"))
            }
            // Digits need no quoting, whatever the text holds and the session says.
            Kind::Text | Kind::Enum(_) | Kind::Set(_) => {
                Some(format!("_utf8mb4 x'{}'", hex(text.as_bytes())))
            }
            Kind::Bytes => {
                let is_hex =
                    text.len().is_multiple_of(2) && text.chars().all(|c| c.is_ascii_hexdigit());
                is_hex.then(|| format!("x'{text}'"))
            }
        }
    }

    /// The values to one side of a value, or from it on.
    fn beyond(&self, text: &str, way: Way, with_it: bool) -> Option<String> {
        let sign = match (way, with_it) {
            (Way::Above, false) => ">",
            (Way::Above, true) => ">=",
            (Way::Below, false) => "<",
            (Way::Below, true) => "<=",
        };
        match &self.kind {
            Kind::Enum(labels) => Some(self.among_labels(labels, text, way, with_it)),
            Kind::Set(members) => {
                let number = bits_of(members, text)?;
                Some(format!("{} + 0 {sign} {number}", self.name))
            }
            _ => Some(format!("{} {sign} {}", self.name, self.literal(text)?)),
        }
    }

    /// An index is searched for labels, but not for their numbers.
    fn among_labels(&self, labels: &[String], text: &str, way: Way, with_it: bool) -> String {
        // What is no label is the empty text that stands for a wrong one, as number 0.
        let number = labels
            .iter()
            .position(|label| label == text)
            .map_or(0, |at| at + 1);
        let numbered = std::iter::once("")
            .chain(labels.iter().map(String::as_str))
            .enumerate();
        let is_wanted = |at: &usize| match way {
            Way::Above => *at > number || (with_it && *at == number),
            Way::Below => *at < number || (with_it && *at == number),
        };
        let wanted: Vec<String> = numbered
            .filter(|(at, _)| is_wanted(at))
            .filter_map(|(_, label)| self.literal(label))
            .collect();
        match wanted.is_empty() {
            true => "FALSE".to_owned(),
            false => format!("{} IN ({})", self.name, wanted.join(", ")),
        }
    }
}

/// The labels of `enum('a','it''s')`, in which a quote is doubled, and a backslash stands before what
/// cannot be seen.
pub(crate) fn labels(declared: &str) -> Vec<String> {
    let mut labels = Vec::new();
    let mut label: Option<String> = None;
    let mut signs = declared.chars().peekable();
    while let Some(sign) = signs.next() {
        match (&mut label, sign) {
            (None, '\'') => label = Some(String::new()),
            (None, _) => {}
            (Some(text), '\'') if signs.peek() == Some(&'\'') => {
                signs.next();
                text.push('\'');
            }
            (Some(_), '\'') => labels.extend(label.take()),
            (Some(text), '\\') => text.extend(signs.next().map(|sign| match sign {
                '0' => '\0',
                'n' => '\n',
                'r' => '\r',
                other => other,
            })),
            (Some(text), sign) => text.push(sign),
        }
    }
    labels
}

/// The number that a set is sorted by.
fn bits_of(members: &[String], text: &str) -> Option<u64> {
    let mut bits = 0;
    for named in text.split(',').filter(|named| !named.is_empty()) {
        let at = members.iter().position(|member| member == named)?;
        bits |= 1_u64.checked_shl(u32::try_from(at).ok()?)?;
    }
    Some(bits)
}

/// A float as a literal of type double, which has an exponent.
fn float(number: f64) -> Option<String> {
    number.is_finite().then(|| format!("{number:e}"))
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    digits.bytes().any(|byte| byte.is_ascii_digit())
        && whole
            .bytes()
            .chain(fraction.bytes())
            .all(|byte| byte.is_ascii_digit())
}

/// Whether it is a day, or one of zeros, which a table may hold.
fn is_date(text: &str) -> bool {
    let numbers: Vec<&str> = text.split('-').collect();
    let [year, month, day] = numbers.as_slice() else {
        return false;
    };
    let lengths = [year.len(), month.len(), day.len()];
    match (year.parse(), month.parse(), day.parse()) {
        (Ok(year), Ok(month), Ok(day)) if lengths == [4, 2, 2] => {
            is_day(year, month, day) || (month <= 12 && day <= 31 && (month == 0 || day == 0))
        }
        _ => false,
    }
}

/// A date and time as the server writes it; `T` between and `Z` behind are taken too.
fn moment(text: &str) -> Option<String> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let numbers: Vec<u8> = clock
        .split(':')
        .filter_map(|number| number.parse().ok())
        .collect();
    let is_clock = clock.len() == 8 && matches!(numbers.as_slice(), [0..=23, 0..=59, 0..=59]);
    let is_fraction =
        matches!(fraction.len(), 1..=6) && fraction.bytes().all(|b| b.is_ascii_digit());
    (is_date(date) && is_clock && is_fraction).then(|| format!("{date} {time}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: &[(&str, &str, DataType)]) -> TableInfo {
        let column = |(name, declared, data_type): &(&str, &str, DataType)| ColumnInfo {
            name: (*name).to_owned(),
            declared: (*declared).to_owned(),
            data_type: data_type.clone(),
            is_nullable: false,
            is_granted: true,
            comment: None,
            asked: quoted(name),
        };
        TableInfo {
            name: "flow".to_owned(),
            schema: None,
            is_view: false,
            comment: None,
            columns: columns.iter().map(column).collect(),
            key: (0..columns.len()).collect(),
            rows_estimate: None,
            bytes_estimate: None,
            has_places: false,
            keeps_moment: true,
        }
    }

    fn key(values: &[&str]) -> Key {
        values.iter().map(|value| (*value).to_owned()).collect()
    }

    #[test]
    fn conditions_are_written_out_for_the_index() {
        let flow = table(&[
            ("a", "int(11)", DataType::Int32),
            ("b`b", "varchar(9)", DataType::Utf8View),
            ("c", "enum('z','it''s','a')", DataType::Utf8View),
        ]);
        let last = key(&["7", "k", "it's"]);
        insta::assert_snapshot!(behind(&flow, &last).expect("a key"), @"`a` >= 7 AND ((`a` > 7) OR (`a` = 7 AND `b``b` > _utf8mb4 x'6b') OR (`a` = 7 AND `b``b` = _utf8mb4 x'6b' AND `c` IN (_utf8mb4 x'61')))");
        insta::assert_snapshot!(upto(&flow, &last).expect("a key"), @"`a` <= 7 AND ((`a` < 7) OR (`a` = 7 AND `b``b` < _utf8mb4 x'6b') OR (`a` = 7 AND `b``b` = _utf8mb4 x'6b' AND `c` IN (_utf8mb4 x'', _utf8mb4 x'7a', _utf8mb4 x'69742773')))");
        let keys = [last, key(&["no number", "k", "a"]), key(&["8", "", "a"])];
        insta::assert_snapshot!(among(&flow, &keys, &Texts::new()).expect("keys"), @"(`a`, `b``b`, `c`) IN ((7, _utf8mb4 x'6b', _utf8mb4 x'69742773'), (8, _utf8mb4 x'', _utf8mb4 x'61'))");
    }

    #[test]
    fn labels_are_read_as_the_server_writes_them() {
        let read = labels(r"enum('a','it''s','x\\y','n\nl','瑞','')");
        assert_eq!(read, ["a", "it's", r"x\y", "n\nl", "瑞", ""]);
    }

    #[test]
    fn text_in_a_list_is_of_the_columns_own_set() {
        let flow = table(&[("k", "varchar(9)", DataType::Utf8View)]);
        let set = TextSet {
            charset: "latin1".to_owned(),
            collation: "latin1_bin".to_owned(),
        };
        let texts = Texts::from([(("flow".to_owned(), "k".to_owned()), set)]);
        insta::assert_snapshot!(
            among(&flow, &[key(&["ü"])], &texts).expect("a key"),
            @"`k` IN ((IF(CONVERT(CONVERT(_utf8mb4 x'c3bc' USING latin1) USING utf8mb4) = _utf8mb4 x'c3bc' COLLATE utf8mb4_bin, CONVERT(_utf8mb4 x'c3bc' USING latin1), NULL) COLLATE latin1_bin))"
        );
    }

    #[test]
    fn what_is_no_value_of_the_type_is_never_written() {
        let literal = |declared: &str, data_type: DataType, text: &str| {
            Part::of(&table(&[("k", declared, data_type)]).columns[0]).literal(text)
        };
        let moment = DataType::Timestamp(arrow_schema::TimeUnit::Microsecond, None);
        for (declared, data_type, text) in [
            ("int", DataType::Int32, "1 OR 1=1"),
            ("decimal(9,2)", DataType::Decimal128(9, 2), "1e5"),
            ("decimal(9,2)", DataType::Decimal128(9, 2), "."),
            ("double", DataType::Float64, "inf"),
            ("date", DataType::Date32, "2024-02-30"),
            ("date", DataType::Date32, "2024-2-3"),
            ("datetime", moment.clone(), "2024-02-03 24:00:00"),
            ("time", DataType::Utf8View, "1' OR '1"),
            ("varbinary(9)", DataType::BinaryView, "0g"),
        ] {
            assert_eq!(literal(declared, data_type, text), None, "{text}");
        }
        assert_eq!(
            literal("datetime(6)", moment, "2024-02-03T04:05:06.5Z").as_deref(),
            Some("'2024-02-03 04:05:06.5'")
        );
        assert_eq!(
            literal("float", DataType::Float32, "0.1").as_deref(),
            Some("1.0000000149011612e-1")
        );
    }
}
