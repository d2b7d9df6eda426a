//! Numbers of users and merchants, ids of vouchers and orders, days: as text outside.

use std::borrow::Cow;
use std::fmt;

use ruixin_bao::Day;
use ruixin_bao::ledger::VoucherId;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::clock;

/// Is the number of a user, a merchant or a bank. It is text outside: 16 digits are more than every
/// program keeps exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number(pub u64);

/// Is the id of a command, voucher or order: 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id(pub u128);

/// Is the name of a voucher: its id and, where it is the fund's own, a point and its part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VoucherName(pub VoucherId);

/// Is an instant, in microseconds since 1970 UTC within; outside RFC 3339, or Shanghai's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub i64);

/// Is a day, as `2013-05-27`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(pub Day);

impl Number {
    /// Reads digits, without a needless zero before them, up to 9223372036854775807.
    pub fn parse(text: &str) -> Option<Number> {
        let is_plain = !text.is_empty()
            && text.bytes().all(|one| one.is_ascii_digit())
            && (text == "0" || !text.starts_with('0'));
        let number: i64 = text.parse().ok().filter(|_| is_plain)?;
        u64::try_from(number).ok().map(Number)
    }
}

impl Id {
    /// Reads 32 hexadecimal digits in lower case.
    pub fn parse(text: &str) -> Option<Id> {
        let is_hex = text.len() == 32
            && text
                .bytes()
                .all(|one| matches!(one, b'0'..=b'9' | b'a'..=b'f'));
        let id = u128::from_str_radix(text, 16).ok().filter(|_| is_hex)?;
        Some(Id(id))
    }
}

/// Reads the name of something that was carried over from the old books: digits, fewer than an id has.
pub fn carried(text: &str) -> Option<&str> {
    let is_one = (1..=31).contains(&text.len()) && text.bytes().all(|one| one.is_ascii_digit());
    is_one.then_some(text)
}

impl VoucherName {
    /// Reads an id, and a part where there is one.
    pub fn parse(text: &str) -> Option<VoucherName> {
        let (id, part) = text.split_once('.').unwrap_or((text, "0"));
        let part = Number::parse(part).and_then(|part| u32::try_from(part.0).ok())?;
        if part == 0 && text.contains('.') {
            return None;
        }
        let Id(id) = Id::parse(id)?;
        Some(VoucherName(VoucherId { id, part }))
    }
}

impl Date {
    /// Reads a day, only as it is written.
    pub fn parse(text: &str) -> Option<Date> {
        let day: Day = text.parse().ok()?;
        (day.to_string() == text).then_some(Date(day))
    }
}

impl Moment {
    /// Reads an instant, see [`clock::parse`].
    pub fn parse(text: &str) -> Option<Moment> {
        clock::parse(text).map(Moment)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&clock::text(self.0))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(to)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{:032x}", self.0)
    }
}

impl fmt::Display for VoucherName {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.part {
            0 => Id(self.0.id).fmt(to),
            part => write!(to, "{}.{part}", Id(self.0.id)),
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(to)
    }
}

/// Is the form of a day, as a schema says it: the days that there are in the years 1000 to 9999.
macro_rules! day {
    () => {
        "([1-9][0-9]{3}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))\
         |([1-9][0-9](0[48]|[2468][048]|[13579][26])|([2468][048]|[13579][26])00)-02-29)"
    };
}

/// Is the form of a time of day.
macro_rules! time {
    () => {
        "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?"
    };
}

const DAY: &str = concat!("^", day!(), "$");
const CIVIL: &str = concat!("^", day!(), "[ T]", time!(), "$");
const RFC_3339: &str = concat!(
    "^",
    day!(),
    "T",
    time!(),
    "(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
);

macro_rules! as_text {
    ($($name:ident $said:literal)*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<$name, D::Error> {
                let text = <Cow<'de, str>>::deserialize(from)?;
                $name::parse(&text).ok_or_else(|| de::Error::custom(concat!("it is not ", $said)))
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $name::schema()
            }
        }
    )*};
}

as_text! {
    Number "a number as text"
    Id "an id of 32 hexadecimal digits"
    VoucherName "the id of a voucher"
    Date "a day, such as 2013-05-27"
    Moment "an instant, such as 2013-05-27T08:00:00+08:00"
}

impl Number {
    fn schema() -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^(0|[1-9][0-9]{0,17}|[1-8][0-9]{18})$",
            "examples": ["6000000000000001"],
        })
    }
}

impl Id {
    fn schema() -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[0-9a-f]{32}$",
            "examples": ["0123456789abcdef0123456789abcdef"],
        })
    }
}

impl VoucherName {
    fn schema() -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[0-9a-f]{32}([.][1-9][0-9]{0,8})?$",
            "examples": ["0123456789abcdef0123456789abcdef"],
        })
    }
}

impl Date {
    fn schema() -> Schema {
        json_schema!({
            "type": "string",
            "format": "date",
            "pattern": DAY,
            "examples": ["2013-05-27"],
        })
    }
}

impl Moment {
    fn schema() -> Schema {
        json_schema!({
            "type": "string",
            "description": "RFC 3339, or without an offset by Shanghai's clock; microseconds at most.",
            "examples": ["2013-05-27T08:00:00+08:00", "2013-05-27 08:00:00.000"],
            "anyOf": [
                { "type": "string", "format": "date-time", "pattern": RFC_3339 },
                { "type": "string", "pattern": CIVIL },
            ],
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::strategy::{Strategy as _, ValueTree as _};

    use super::*;

    #[test]
    fn names_are_read_as_they_are_written_and_not_otherwise() {
        for text in ["0", "6001", "9223372036854775807"] {
            assert_eq!(
                Number::parse(text).map(|one| one.to_string()).as_deref(),
                Some(text)
            );
        }
        for wrong in [
            "",
            "00",
            "01",
            "-1",
            "+1",
            "1.0",
            "9223372036854775808",
            "１",
            " 1",
        ] {
            assert_eq!(Number::parse(wrong), None, "{wrong}");
        }
        let id = "0f".repeat(16);
        for text in [id.clone(), format!("{id}.2"), format!("{id}.4294967295")] {
            let name = VoucherName::parse(&text).map(|one| one.to_string());
            assert_eq!(name, Some(text));
        }
        for wrong in [
            "",
            "0F",
            &id.to_uppercase(),
            &format!("{id}."),
            &format!("{id}.0"),
        ] {
            assert_eq!(VoucherName::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Id::parse(&format!("+{}", &id[1..])), None);
        assert!(Date::parse("2013-05-27").is_some() && Date::parse("20130527").is_none());
    }

    /// Whatever has the form that the document says is read: of days, only those that there are.
    #[test]
    fn what_the_document_allows_is_read() {
        let read = |text: &str| {
            [
                Date::parse(text).is_some(),
                Moment::parse(text).is_some(),
                Number::parse(text).is_some(),
            ]
        };
        let schemas = [Date::schema(), Moment::schema(), Number::schema()];
        let table = [
            (&schemas[0], vec!["/pattern"]),
            (&schemas[1], vec!["/anyOf/0/pattern", "/anyOf/1/pattern"]),
            (&schemas[2], vec!["/pattern"]),
        ];
        for (which, (schema, pointers)) in table.into_iter().enumerate() {
            for example in schema.as_value()["examples"].as_array().unwrap() {
                assert!(read(example.as_str().unwrap())[which], "{example}");
            }
            for pointer in pointers {
                let pattern = schema
                    .as_value()
                    .pointer(pointer)
                    .unwrap()
                    .as_str()
                    .unwrap();
                let bare = pattern
                    .strip_prefix('^')
                    .and_then(|rest| rest.strip_suffix('$'));
                let texts = proptest::string::string_regex(bare.unwrap()).unwrap();
                let mut runner = proptest::test_runner::TestRunner::deterministic();
                for _ in 0..2_000 {
                    let text = texts.new_tree(&mut runner).unwrap().current();
                    assert!(read(&text)[which], "{text}");
                }
            }
        }
    }
}
