//! The statements by which MySQL and MariaDB spell records.
//!
//! Texts are brought to `utf8mb4` and then taken for bytes: no collation has a say in what is put
//! together or told apart. What does not fit into `max_allowed_packet` becomes NULL without an
//! error, so a digest that is NULL counts as a value that cannot be read.

use arrow_schema::DataType;

use crate::condition::Compared;
use crate::spelling::{Adding, SpellingRequest, SpellingSql, Written, limit, no_spelling};
use crate::table::{ColumnInfo, TableInfo};

use super::decode::hex;
use super::quoted;

/// The most digits of a decimal.
const DIGITS_MAX: u8 = 65;
/// The most decimals that MySQL writes.
const SCALE_MAX: u8 = 30;
/// Digits that a sum may have more than what is added up.
const SUM_MORE: u8 = 22;
/// The most characters of a text that records are grouped by: of longer ones the server may look at
/// the first 1,024 bytes only.
const GROUPED_MAX: u32 = 250;
/// A derived table with a limit stands as it is: each digest is computed once.
const NO_LIMIT: &str = "LIMIT 18446744073709551615";

/// Writes the statements of a spelling.
pub(crate) fn write(table: &TableInfo, request: &SpellingRequest) -> Result<SpellingSql, String> {
    let columns = request.columns.iter();
    let written = columns
        .map(|spelled| column(&table.columns[spelled.column], spelled.scale))
        .collect::<Result<Vec<Written>, String>>()?;
    let secret = &request.secret;
    let record = md5(secret, written.iter());
    let (key, is_keyed) = match request.key.is_empty() {
        true => (record.clone(), false),
        false => (
            md5(secret, request.key.iter().map(|at| &written[*at])),
            true,
        ),
    };
    let nulls = request.key.iter().map(|at| {
        let column = &table.columns[request.columns[*at].column];
        format!("{} IS NULL", quoted(&column.name))
    });
    let unreadable = written.iter().filter_map(|one| one.unreadable.clone());
    let digits = request.digits;
    let named = if is_keyed { "k" } else { "m" };
    let bucket_of = format!("LOWER(LEFT(HEX(d.{named}), {digits}))");
    // As bytes they are a quarter of what they are as text, and stay in memory.
    let of_key = match is_keyed {
        true => format!(", UNHEX({key}) AS k"),
        false => String::new(),
    };
    let piece = |from: u32| {
        let digits = format!("SUBSTRING(HEX(d.m), {from}, 15)");
        format!("CAST(SUM(CAST(CONV({digits}, 16, 10) AS UNSIGNED)) AS CHAR)")
    };
    let digests = Adding {
        head: format!(
            "SELECT {bucket_of}, CAST(COUNT(*) AS CHAR), {}, {}, CAST(SUM(d.n) AS CHAR), \
             CAST(SUM(d.u OR d.m IS NULL OR d.{named} IS NULL) AS CHAR) FROM (SELECT \
             UNHEX({record}) AS m{of_key}, {} AS n, {} AS u FROM",
            piece(1),
            piece(16),
            any(nulls),
            any(unreadable),
        ),
        tail: format!(" {NO_LIMIT}) d GROUP BY {bucket_of}"),
    };
    Ok(SpellingSql {
        digests,
        figures: figures(table, request, &written)?,
        bucket: format!("LEFT({key}, {digits})"),
    })
}

/// Whether any of some conditions holds.
fn any(conditions: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = conditions.map(|one| format!("({one})")).collect();
    match all.is_empty() {
        true => "0".to_owned(),
        false => format!("({})", all.join(" OR ")),
    }
}

fn md5<'a>(secret: &str, fields: impl Iterator<Item = &'a Written>) -> String {
    let fields: Vec<String> = fields.map(field).collect();
    format!("MD5(CONCAT('{secret}', {}))", fields.join(", "))
}

/// The arguments that write one field. A value of which nothing can be made is not spelled as NULL:
/// it makes the whole record NULL.
fn field(written: &Written) -> String {
    let Written { name, text, .. } = written;
    match written.is_text {
        true => format!("IF({name} IS NULL, '~:', CONCAT(LENGTH({text}), ':', {text}))"),
        false => format!("IF({name} IS NULL, '~', {text}), ';'"),
    }
}

fn figures(
    table: &TableInfo,
    request: &SpellingRequest,
    written: &[Written],
) -> Result<Option<Adding>, String> {
    if request.money.is_empty() && request.groups.is_empty() {
        return Ok(None);
    }
    let column_of = |at: &usize| &table.columns[request.columns[*at].column];
    let mut all = Vec::new();
    for at in &request.groups {
        if written[*at].is_text && !is_short(&column_of(at).declared) {
            return Err(format!(
                "`{}` is longer than what the server groups by to the last letter",
                column_of(at).name
            ));
        }
        all.push(written[*at].text.clone());
    }
    all.push("CAST(COUNT(*) AS CHAR)".to_owned());
    for at in &request.money {
        let column = column_of(at);
        let digits = digits_of(&column.data_type).unwrap_or(DIGITS_MAX);
        if digits > DIGITS_MAX - SUM_MORE {
            return Err(format!(
                "`{}` has more digits than the server can add up",
                column.name
            ));
        }
        let value = number(column);
        all.push(format!("CAST(COUNT({value}) AS CHAR)"));
        all.push(format!("CAST(SUM({value}) AS CHAR)"));
    }
    let tail = match request.groups.len() {
        0 => String::new(),
        count => {
            let numbers: Vec<String> = (1..=count).map(|number| number.to_string()).collect();
            format!(" GROUP BY {} LIMIT {}", numbers.join(", "), limit())
        }
    };
    Ok(Some(Adding {
        head: format!("SELECT {} FROM", all.join(", ")),
        tail,
    }))
}

/// Whether texts of a declared type are short enough to be grouped by.
fn is_short(declared: &str) -> bool {
    let declared = declared.to_ascii_lowercase();
    let length = declared
        .strip_prefix("varchar(")
        .or_else(|| declared.strip_prefix("char("))
        .and_then(|rest| rest.split(')').next())
        .and_then(|digits| digits.parse::<u32>().ok());
    match length {
        Some(length) => length <= GROUPED_MAX,
        None => ["uuid", "inet", "time"]
            .iter()
            .any(|kind| declared.starts_with(kind)),
    }
}

/// The most digits of a number's type.
fn digits_of(data_type: &DataType) -> Option<u8> {
    match data_type {
        DataType::Decimal128(precision, _) | DataType::Decimal256(precision, _) => Some(*precision),
        data_type if data_type.is_integer() => Some(20),
        _ => None,
    }
}

/// A number as a number: without the zeros that a column may be shown with in front, and of a year
/// or of bits what they count.
fn number(column: &ColumnInfo) -> String {
    let declared = column.declared.to_ascii_lowercase();
    let is_shown_otherwise = declared.contains("zerofill")
        || declared.starts_with("year")
        || declared.starts_with("bit");
    match is_shown_otherwise {
        true => format!("({} + 0)", quoted(&column.name)),
        false => quoted(&column.name),
    }
}

/// How a column is compared: by the value that is read of it.
pub(crate) fn compared(info: &ColumnInfo) -> Option<Compared> {
    if info.data_type == DataType::BinaryView {
        return None;
    }
    let written = column(info, None).ok()?;
    Some(match info.data_type {
        DataType::Utf8View => Compared {
            // What does not fit into a packet becomes NULL.
            unreadable: Some(format!(
                "({} IS NULL AND {} IS NOT NULL)",
                written.text, written.name
            )),
            value: written.text,
        },
        DataType::Date32 | DataType::Timestamp(..) => Compared {
            value: written.name,
            unreadable: written.unreadable,
        },
        _ => Compared {
            value: number(info),
            unreadable: None,
        },
    })
}

/// A value of a type as a literal.
pub(crate) fn constant(data_type: &DataType, text: &str) -> Option<String> {
    Some(match data_type {
        data_type if data_type.is_numeric() && !data_type.is_floating() => format!("({text})"),
        DataType::Utf8View => format!("x'{}'", hex(text.as_bytes())),
        DataType::Date32 => format!("DATE'{text}'"),
        // The session is in UTC.
        DataType::Timestamp(..) => {
            let text = text.trim_end_matches('Z').replace('T', " ");
            format!("TIMESTAMP'{text}'")
        }
        _ => return None,
    })
}

/// What is written of a column.
fn column(column: &ColumnInfo, scale: Option<u8>) -> Result<Written, String> {
    let name = quoted(&column.name);
    let declared = column.declared.to_ascii_lowercase();
    let plain = |text: String| Written {
        name: name.clone(),
        text,
        is_text: false,
        unreadable: None,
    };
    let as_text = |value: &str| format!("CAST({value} AS CHAR)");
    // Days of zeros, and others that there never were, are not what their number of days means.
    let no_day = || {
        let day = format!("CAST(FROM_DAYS(TO_DAYS({name})) AS CHAR)");
        Some(format!("NOT ({day} <=> LEFT(CAST({name} AS CHAR), 10))"))
    };
    Ok(match &column.data_type {
        data_type if data_type.is_numeric() && !data_type.is_floating() => {
            let (own, digits) = match data_type {
                DataType::Decimal128(precision, own) | DataType::Decimal256(precision, own) => {
                    (u8::try_from(*own).unwrap_or_default(), *precision)
                }
                _ => (0, 20),
            };
            let scale = scale.unwrap_or(own);
            if own == scale {
                return Ok(plain(as_text(&number(column))));
            }
            if digits.saturating_sub(own).saturating_add(scale) > DIGITS_MAX || scale > SCALE_MAX {
                return Err(format!(
                    "`{}` has more digits than the server can write with {scale} decimals",
                    column.name
                ));
            }
            let exact = format!("CAST({} AS DECIMAL({DIGITS_MAX}, {scale}))", number(column));
            plain(as_text(&exact))
        }
        DataType::Utf8View => {
            let text = match ["time", "uuid", "inet"]
                .iter()
                .any(|kind| declared.starts_with(kind))
            {
                true => as_text(&name),
                false => format!("CONVERT({name} USING utf8mb4)"),
            };
            Written {
                name: name.clone(),
                text: format!("CAST({text} AS BINARY)"),
                is_text: true,
                unreadable: None,
            }
        }
        DataType::BinaryView => plain(format!("LOWER(HEX({name}))")),
        DataType::Date32 => Written {
            unreadable: no_day(),
            ..plain(as_text(&name))
        },
        DataType::Timestamp(..) => {
            let text = match declared.contains('(') {
                // As many digits of the second as declared, zeros at their end.
                true => format!(
                    "TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM {}))",
                    as_text(&name)
                ),
                false => as_text(&name),
            };
            Written {
                unreadable: no_day(),
                ..plain(text)
            }
        }
        _ => return Err(no_spelling(column)),
    })
}
