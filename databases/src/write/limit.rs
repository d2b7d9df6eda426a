//! What a column of a table that is there does not keep, of the values that its type in Arrow
//! holds: some types cut, round or respell without a word. Such a value is refused before it is
//! sent, and a type of which nobody knows is refused as a whole.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int16Type, Time64MicrosecondType, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, PrimitiveArray};
use arrow_schema::DataType;

use super::Dialect;
use crate::column::Why;
use crate::mysql;

/// What the values of a column must be to come back as they were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Limit {
    /// Whatever its type in Arrow holds.
    Open,
    /// Points in time of whole units of so many microseconds.
    Step(i64),
    /// Texts of so many characters at most, and without blanks at the end where it drops them.
    Text {
        characters_max: usize,
        drops_blanks: bool,
    },
    /// 36 characters in small letters.
    Uuid,
    /// One of these texts.
    Label(Vec<String>),
    /// A time of day or longer, as text with so many fractional digits.
    Clock(usize),
    /// A year of four digits.
    Year,
    /// So many bytes, neither more nor fewer.
    Bytes(usize),
}

/// Why a column keeps hardly any value as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unkept {
    /// Finishes "has it as TYPE, which …".
    pub(super) which: &'static str,
    pub(super) mend: &'static str,
}

const RESPELT: Unkept = Unkept {
    which: "does not keep every text as it is",
    mend: "make the column text, convert, and change its type afterwards",
};
const RESPELT_NUMBER: Unkept = Unkept {
    which: "does not keep every text as it is",
    mend: "make it a numeric with a precision, such as numeric(38,2), and give a decimal in the rule",
};
const ROUNDED: Unkept = Unkept {
    which: "rounds what is written",
    mend: "make it double without digits, or decimal with them",
};
/// The most fractional digits of a second.
const DIGITS_MAX: u32 = 6;

impl Limit {
    /// Of a column that was declared so, a domain as what it is over.
    pub(super) fn of(
        dialect: &Dialect,
        declared: &str,
        data_type: &DataType,
    ) -> Result<Limit, Unkept> {
        match dialect {
            Dialect::Postgres { .. } => of_postgres(declared, data_type),
            Dialect::Mysql { .. } => of_mysql(declared, data_type),
            // It keeps what it is given; what it would make a number of, its session refuses.
            Dialect::Sqlite => Ok(Limit::Open),
        }
    }

    /// The first row whose value would come back as another one, and what the column does to it,
    /// where that is not plain.
    pub(super) fn breach(&self, kept: &ArrayRef) -> Option<(usize, Why)> {
        match self {
            Limit::Open => None,
            Limit::Step(step) => {
                let is_between = |micros: i64| micros % step != 0;
                let row = match kept.data_type() {
                    DataType::Time64(_) => {
                        first(kept.as_primitive::<Time64MicrosecondType>(), is_between)
                    }
                    _ => first(kept.as_primitive::<TimestampMicrosecondType>(), is_between),
                };
                row.map(|row| (row, Why::new()))
            }
            Limit::Text {
                characters_max,
                drops_blanks,
            } => first_text(kept, |text| {
                if is_longer(text, *characters_max) {
                    return Some(format!("it takes {characters_max} characters"));
                }
                (*drops_blanks && text.ends_with(' '))
                    .then(|| "it drops blanks at the end".to_owned())
            }),
            Limit::Uuid => first_text(kept, |text| {
                (!is_uuid(text)).then(|| "it gives 36 characters in small letters".to_owned())
            }),
            Limit::Label(labels) => first_text(kept, |text| {
                let is_known = labels.iter().any(|label| label == text);
                (!is_known).then(|| "it is none of its labels".to_owned())
            }),
            Limit::Clock(places) => first_text(kept, |text| {
                (!is_clock(text, *places)).then(|| "it spells a time in its own way".to_owned())
            }),
            Limit::Year => {
                let row = first(kept.as_primitive::<Int16Type>(), |year| {
                    (1..=99).contains(&year)
                });
                row.map(|row| (row, "it makes a year of four digits of it".to_owned()))
            }
            Limit::Bytes(bytes) => {
                let is_short = |value: Option<&[u8]>| value.is_some_and(|one| one.len() != *bytes);
                let row = kept.as_binary_view().iter().position(is_short);
                row.map(|row| (row, format!("it holds {bytes} bytes, and fills them up")))
            }
        }
    }
}

/// The first row whose value is such a one.
pub(super) fn first<T: arrow_array::ArrowPrimitiveType>(
    array: &PrimitiveArray<T>,
    is_such: impl Fn(T::Native) -> bool,
) -> Option<usize> {
    array.iter().position(|value| value.is_some_and(&is_such))
}

fn first_text(kept: &ArrayRef, wrong: impl Fn(&str) -> Option<Why>) -> Option<(usize, Why)> {
    let mut texts = kept.as_string_view().iter().enumerate();
    texts.find_map(|(row, text)| Some((row, wrong(text?)?)))
}

fn of_postgres(declared: &str, data_type: &DataType) -> Result<Limit, Unkept> {
    let (name, size) = parts(declared);
    match data_type {
        DataType::Time64(_) | DataType::Timestamp(..) => Ok(step(size, DIGITS_MAX)),
        DataType::Utf8View => match name {
            "text" | "json" | "citext" => Ok(Limit::Open),
            // The server takes the labels alone.
            label if label.starts_with("enum ") => Ok(Limit::Open),
            "character varying" | "character" | "bpchar" => Ok(Limit::Text {
                characters_max: size.parse().unwrap_or(usize::MAX),
                drops_blanks: name != "character varying",
            }),
            "uuid" => Ok(Limit::Uuid),
            "numeric" | "money" => Err(RESPELT_NUMBER),
            _ => Err(RESPELT),
        },
        _ => Ok(Limit::Open),
    }
}

fn of_mysql(declared: &str, data_type: &DataType) -> Result<Limit, Unkept> {
    let (name, size) = parts(declared);
    // Behind the name may stand `unsigned`, or a comment of the server's own.
    let name = name.split(' ').next().unwrap_or(name);
    let most = size.parse().unwrap_or(usize::MAX);
    match (data_type, name) {
        (DataType::Timestamp(..), _) => Ok(step(size, 0)),
        (DataType::Float32 | DataType::Float64, _) if !size.is_empty() => Err(ROUNDED),
        (DataType::Int16, "year") => Ok(Limit::Year),
        (DataType::BinaryView, "binary") => Ok(Limit::Bytes(size.parse().unwrap_or(1))),
        (DataType::Utf8View, "char" | "varchar") => Ok(Limit::Text {
            characters_max: most,
            drops_blanks: name == "char",
        }),
        (DataType::Utf8View, "tinytext" | "text" | "mediumtext" | "longtext") => Ok(Limit::Open),
        (DataType::Utf8View, "enum") => Ok(Limit::Label(mysql::labels(declared))),
        (DataType::Utf8View, "time") => Ok(Limit::Clock(size.parse().unwrap_or(0))),
        (DataType::Utf8View, "uuid") => Ok(Limit::Uuid),
        (DataType::Utf8View, _) => Err(RESPELT),
        _ => Ok(Limit::Open),
    }
}

/// The name of a declared type, and what stands in its parentheses.
fn parts(declared: &str) -> (&str, &str) {
    match declared.split_once('(') {
        Some((name, rest)) => (name, rest.split(')').next().unwrap_or_default()),
        None => (declared, ""),
    }
}

/// Of so many fractional digits of a second, as declared or else as usual.
fn step(digits: &str, usual: u32) -> Limit {
    let digits = digits.parse().unwrap_or(usual);
    match DIGITS_MAX.checked_sub(digits) {
        None | Some(0) => Limit::Open,
        Some(missing) => Limit::Step(10_i64.pow(missing)),
    }
}

fn is_longer(text: &str, characters_max: usize) -> bool {
    // There are at least as many bytes as characters.
    text.len() > characters_max && text.chars().count() > characters_max
}

fn is_uuid(text: &str) -> bool {
    let is_right = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
    };
    text.len() == 36 && text.bytes().enumerate().all(is_right)
}

/// Whether MySQL writes a time so: two digits of hours, or three where there are as many, and just
/// so many behind the point.
fn is_clock(text: &str, places: usize) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (clock, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let numbers: Vec<&str> = clock.split(':').collect();
    let [hours, minutes, seconds] = numbers[..] else {
        return false;
    };
    let is_hours = hours.len() == 2 || (hours.len() == 3 && !hours.starts_with('0'));
    let is_sixtieth = |number: &str| number.len() == 2 && number < "60";
    let is_placed = fraction.len() == places && unsigned.contains('.') == (places > 0);
    let is_of_digits = unsigned
        .chars()
        .all(|letter| letter.is_ascii_digit() || letter == ':' || letter == '.');
    let is_zero = !unsigned.contains(|letter: char| ('1'..='9').contains(&letter));
    // Zero has no sign.
    let is_signed_well = !(is_zero && text.starts_with('-'));
    is_hours
        && is_sixtieth(minutes)
        && is_sixtieth(seconds)
        && is_placed
        && is_of_digits
        && is_signed_well
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{
        BinaryViewArray, Int16Array, StringViewArray, Time64MicrosecondArray,
        TimestampMicrosecondArray,
    };
    use arrow_schema::TimeUnit;
    use std::sync::Arc;

    fn postgres() -> Dialect {
        Dialect::Postgres {
            schema: "public".to_owned(),
        }
    }

    fn mysql() -> Dialect {
        Dialect::Mysql {
            collation: "utf8mb4_bin".to_owned(),
            folds_names: false,
        }
    }

    fn shown(dialect: &Dialect, data_type: &DataType, declared: &[&str]) -> String {
        let lines: Vec<String> = declared
            .iter()
            .map(|declared| match Limit::of(dialect, declared, data_type) {
                Ok(limit) => format!("{declared}: {limit:?}"),
                Err(unkept) => format!("{declared}: {}; {}", unkept.which, unkept.mend),
            })
            .collect();
        lines.join("\n")
    }

    #[test]
    fn a_text_column_of_postgresql_keeps_texts_or_is_refused() {
        let declared = [
            "text",
            "json",
            "citext",
            "enum bao.mood",
            "character varying",
            "character varying(6)",
            "character(5)",
            "bpchar",
            "uuid",
            "numeric",
            "money",
            "jsonb",
            "name",
            "\"char\"",
            "interval",
            "interval day to second(2)",
            "inet",
            "cidr",
            "macaddr8",
            "text[]",
            "int4range",
            "xml",
            "bit varying(3)",
            "time(2) with time zone",
            "bao.pair",
        ];
        insta::assert_snapshot!(shown(&postgres(), &DataType::Utf8View, &declared), @r#"
        text: Open
        json: Open
        citext: Open
        enum bao.mood: Open
        character varying: Text { characters_max: 18446744073709551615, drops_blanks: false }
        character varying(6): Text { characters_max: 6, drops_blanks: false }
        character(5): Text { characters_max: 5, drops_blanks: true }
        bpchar: Text { characters_max: 18446744073709551615, drops_blanks: true }
        uuid: Uuid
        numeric: does not keep every text as it is; make it a numeric with a precision, such as numeric(38,2), and give a decimal in the rule
        money: does not keep every text as it is; make it a numeric with a precision, such as numeric(38,2), and give a decimal in the rule
        jsonb: does not keep every text as it is; make the column text, convert, and change its type afterwards
        name: does not keep every text as it is; make the column text, convert, and change its type afterwards
        "char": does not keep every text as it is; make the column text, convert, and change its type afterwards
        interval: does not keep every text as it is; make the column text, convert, and change its type afterwards
        interval day to second(2): does not keep every text as it is; make the column text, convert, and change its type afterwards
        inet: does not keep every text as it is; make the column text, convert, and change its type afterwards
        cidr: does not keep every text as it is; make the column text, convert, and change its type afterwards
        macaddr8: does not keep every text as it is; make the column text, convert, and change its type afterwards
        text[]: does not keep every text as it is; make the column text, convert, and change its type afterwards
        int4range: does not keep every text as it is; make the column text, convert, and change its type afterwards
        xml: does not keep every text as it is; make the column text, convert, and change its type afterwards
        bit varying(3): does not keep every text as it is; make the column text, convert, and change its type afterwards
        time(2) with time zone: does not keep every text as it is; make the column text, convert, and change its type afterwards
        bao.pair: does not keep every text as it is; make the column text, convert, and change its type afterwards
        "#);
    }

    #[test]
    fn a_column_of_mysql_keeps_values_or_is_refused() {
        let declared = [
            "char(5)",
            "varchar(6)",
            "longtext",
            r"enum('A','it''s','x\\y','a(b)')",
            "time",
            "time(3)",
            "uuid",
            "set('a','b')",
            "json",
            "inet6",
        ];
        insta::assert_snapshot!(shown(&mysql(), &DataType::Utf8View, &declared), @r#"
        char(5): Text { characters_max: 5, drops_blanks: true }
        varchar(6): Text { characters_max: 6, drops_blanks: false }
        longtext: Open
        enum('A','it''s','x\\y','a(b)'): Label(["A", "it's", "x\\y", "a(b)"])
        time: Clock(0)
        time(3): Clock(3)
        uuid: Uuid
        set('a','b'): does not keep every text as it is; make the column text, convert, and change its type afterwards
        json: does not keep every text as it is; make the column text, convert, and change its type afterwards
        inet6: does not keep every text as it is; make the column text, convert, and change its type afterwards
        "#);
        let declared = ["double", "double unsigned", "double(5,2) unsigned"];
        insta::assert_snapshot!(shown(&mysql(), &DataType::Float64, &declared), @"
        double: Open
        double unsigned: Open
        double(5,2) unsigned: rounds what is written; make it double without digits, or decimal with them
        ");
    }

    #[test]
    fn fractional_digits_are_counted_as_declared() {
        let micros = TimeUnit::Microsecond;
        let local = DataType::Timestamp(micros, None);
        let time = DataType::Time64(micros);
        let of = |dialect: &Dialect, data_type: &DataType, declared: &str| {
            Limit::of(dialect, declared, data_type)
        };
        let stamp = "timestamp(0) without time zone";
        assert_eq!(
            of(&postgres(), &local, stamp),
            Ok(Limit::Step(1_000_000)),
            "{stamp}"
        );
        let time_of_day = "time(3) without time zone";
        assert_eq!(of(&postgres(), &time, time_of_day), Ok(Limit::Step(1_000)));
        let whole = "timestamp without time zone";
        assert_eq!(of(&postgres(), &local, whole), Ok(Limit::Open));
        assert_eq!(of(&mysql(), &local, "datetime"), Ok(Limit::Step(1_000_000)));
        assert_eq!(of(&mysql(), &local, "timestamp(3)"), Ok(Limit::Step(1_000)));
        assert_eq!(of(&mysql(), &local, "datetime(6)"), Ok(Limit::Open));
        assert_eq!(of(&mysql(), &DataType::Int16, "year(4)"), Ok(Limit::Year));
        assert_eq!(
            of(&mysql(), &DataType::BinaryView, "binary(4)"),
            Ok(Limit::Bytes(4))
        );
        assert_eq!(
            of(&Dialect::Sqlite, &DataType::Utf8View, "CHAR(2)"),
            Ok(Limit::Open)
        );
    }

    #[test]
    fn the_first_value_that_would_come_back_otherwise_is_found() {
        let text = |limit: Limit, good: &str, bad: &str| {
            let array: ArrayRef =
                Arc::new(StringViewArray::from(vec![None, Some(good), Some(bad)]));
            let found = limit.breach(&array);
            found.map_or_else(
                || format!("{bad:?} is kept"),
                |(row, why)| format!("{row}: {why}"),
            )
        };
        let characters = |characters_max, drops_blanks| Limit::Text {
            characters_max,
            drops_blanks,
        };
        let uuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
        let times: ArrayRef = Arc::new(Time64MicrosecondArray::from(vec![1_000, 1_001]));
        let stamps: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![-1_000_000, -1]));
        let years: ArrayRef = Arc::new(Int16Array::from(vec![0, 1901, 2155, 99]));
        let bytes: ArrayRef = Arc::new(BinaryViewArray::from(vec![Some(&b"ab"[..]), Some(b"a")]));
        let found = [
            text(characters(2, false), "瑞信", "瑞信 "),
            text(characters(2, false), "a ", "abc"),
            text(characters(2, true), "", "a "),
            text(characters(9, true), " a", "a\t"),
            text(Limit::Uuid, uuid, &uuid.to_uppercase()),
            text(Limit::Uuid, uuid, &uuid.replace('-', "")),
            text(Limit::Uuid, uuid, &format!("{{{uuid}}}")),
            text(Limit::Label(vec!["A".to_owned()]), "A", "a"),
            text(Limit::Label(vec!["A".to_owned()]), "A", "1"),
            format!("{:?}", Limit::Step(1_000).breach(&times)),
            format!("{:?}", Limit::Step(1_000_000).breach(&stamps)),
            format!("{:?}", Limit::Year.breach(&years)),
            format!("{:?}", Limit::Bytes(2).breach(&bytes)),
        ];
        insta::assert_snapshot!(found.join("\n"), @r#"
        2: it takes 2 characters
        2: it takes 2 characters
        2: it drops blanks at the end
        "a\t" is kept
        2: it gives 36 characters in small letters
        2: it gives 36 characters in small letters
        2: it gives 36 characters in small letters
        2: it is none of its labels
        2: it is none of its labels
        Some((1, ""))
        Some((1, ""))
        Some((3, "it makes a year of four digits of it"))
        Some((1, "it holds 2 bytes, and fills them up"))
        "#);
    }

    #[test]
    fn a_time_is_kept_that_is_spelt_as_mysql_does() {
        for good in ["00:00:00", "-01:02:03", "23:59:59", "99:00:00", "838:59:59"] {
            assert!(is_clock(good, 0), "{good}");
        }
        for bad in [
            "",
            "10:11",
            "101112",
            "1:02:03",
            "010:02:03",
            "10:60:00",
            "10:00:60",
            "10:11:12.",
            "10:11:12.5",
            "-00:00:00",
            " 10:11:12",
            "+10:11:12",
            "10:11:12:13",
            "1a:11:12",
        ] {
            assert!(!is_clock(bad, 0), "{bad}");
        }
        assert!(is_clock("10:11:12.500", 3) && is_clock("-00:00:00.001", 3));
        assert!(!is_clock("10:11:12.5", 3) && !is_clock("10:11:12", 3));
    }
}
