//! The statements by which PostgreSQL spells records.

use arrow_schema::DataType;

use crate::condition::Compared;
use crate::spelling::{Adding, SpellingRequest, SpellingSql, Written, limit, no_spelling};
use crate::table::{ColumnInfo, TableInfo, quoted};

/// Fields that are put together by one call: a function takes a hundred arguments, and a field is
/// up to three.
const FIELDS: usize = 30;

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
    let bucket_of = match is_keyed {
        true => format!("left(k, {digits})"),
        false => format!("left(m, {digits})"),
    };
    let of_key = match is_keyed {
        true => format!(", {key} AS k"),
        false => String::new(),
    };
    let piece = |from: u32| format!("sum(('x' || substr(m, {from}, 15))::bit(60)::int8)::text");
    // A subquery with an OFFSET stands as it is: each digest is computed once.
    let digests = Adding {
        head: format!(
            "SELECT {bucket_of}, count(*)::text, {}, {}, count(*) FILTER (WHERE n)::text, \
             count(*) FILTER (WHERE u)::text FROM (SELECT {record} AS m{of_key}, {} AS n, {} AS u FROM",
            piece(1),
            piece(16),
            any(nulls),
            any(unreadable),
        ),
        tail: " OFFSET 0) d GROUP BY 1".to_owned(),
    };
    Ok(SpellingSql {
        digests,
        figures: figures(table, request, &written),
        bucket: format!("left({key}, {digits})"),
    })
}

/// Whether any of some conditions holds.
fn any(conditions: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = conditions.map(|one| format!("({one})")).collect();
    match all.is_empty() {
        true => "false".to_owned(),
        false => format!("({})", all.join(" OR ")),
    }
}

fn md5<'a>(secret: &str, fields: impl Iterator<Item = &'a Written>) -> String {
    let fields: Vec<String> = fields.map(field).collect();
    let parts = fields
        .chunks(FIELDS)
        .map(|some| format!("concat({})", some.join(", ")));
    let parts: Vec<String> = std::iter::once(format!("'{secret}'"))
        .chain(parts)
        .collect();
    format!("md5({})", parts.join(" || "))
}

/// The arguments that write one field; `concat` passes over a NULL.
fn field(written: &Written) -> String {
    let text = &written.text;
    match written.is_text {
        true => format!("coalesce(octet_length({text})::text, '~'), ':', {text}"),
        false => format!("coalesce({text}, '~'), ';'"),
    }
}

fn figures(table: &TableInfo, request: &SpellingRequest, written: &[Written]) -> Option<Adding> {
    if request.money.is_empty() && request.groups.is_empty() {
        return None;
    }
    // By its bytes, whatever the column's collation takes for the same.
    let groups = request.groups.iter().map(|at| match written[*at].is_text {
        true => format!("({}) COLLATE \"C\"", written[*at].text),
        false => written[*at].text.clone(),
    });
    let money = request.money.iter().map(|at| {
        let name = quoted(&table.columns[request.columns[*at].column].name);
        format!("count({name})::text, sum({name})::text")
    });
    let all: Vec<String> = groups
        .chain(["count(*)::text".to_owned()])
        .chain(money)
        .collect();
    let tail = match request.groups.len() {
        0 => String::new(),
        count => {
            let numbers: Vec<String> = (1..=count).map(|number| number.to_string()).collect();
            format!(" GROUP BY {} LIMIT {}", numbers.join(", "), limit())
        }
    };
    Some(Adding {
        head: format!("SELECT {} FROM", all.join(", ")),
        tail,
    })
}

/// How a column is compared: by the value that is read of it.
pub(crate) fn compared(info: &ColumnInfo) -> Option<Compared> {
    if info.data_type == DataType::BinaryView || matches!(info.data_type, DataType::Time64(_)) {
        return None;
    }
    let written = column(info, None).ok()?;
    let value = match info.data_type {
        DataType::Utf8View => format!("({}) COLLATE \"C\"", written.text),
        // The numbers of `oid` know no others.
        DataType::UInt32 => format!("{}::int8", written.name),
        _ => written.name,
    };
    Some(Compared {
        value,
        unreadable: written.unreadable,
    })
}

/// A value of a type as a literal.
pub(crate) fn constant(data_type: &DataType, text: &str) -> Option<String> {
    // Sessions are in UTC.
    let cast = match data_type {
        DataType::Boolean => "bool",
        data_type if data_type.is_integer() => "int8",
        DataType::Decimal128(..) | DataType::Decimal256(..) => "numeric",
        DataType::Utf8View if !text.contains('\0') => "text",
        DataType::Date32 => "date",
        DataType::Timestamp(_, None) => "timestamp",
        DataType::Timestamp(_, Some(_)) => "timestamptz",
        _ => return None,
    };
    Some(format!("{}::{cast}", super::literal(text)))
}

/// What is written of a column.
fn column(column: &ColumnInfo, scale: Option<u8>) -> Result<Written, String> {
    let name = quoted(&column.name);
    let plain = |text: String, unreadable: Option<String>| Written {
        name: name.clone(),
        text,
        is_text: false,
        unreadable,
    };
    // The years that can be shown end where those of the server do not yet.
    let within = |kind: &str| {
        let from = format!("{name} > '-infinity'::{kind}");
        Some(format!("NOT ({from} AND {name} < '262000-01-01'::{kind})"))
    };
    let as_text = || format!("{name}::text");
    Ok(match &column.data_type {
        DataType::Boolean => plain(as_text(), None),
        data_type if data_type.is_integer() => match scale {
            None | Some(0) => plain(as_text(), None),
            Some(scale) => plain(format!("round({name}::numeric, {scale})::text"), None),
        },
        DataType::Decimal128(_, own) | DataType::Decimal256(_, own) => {
            let text = match scale.filter(|scale| u8::try_from(*own) != Ok(*scale)) {
                None => as_text(),
                Some(scale) => format!("round({name}, {scale})::text"),
            };
            plain(text, Some(format!("{name} = 'NaN'")))
        }
        DataType::Utf8View => Written {
            name: name.clone(),
            text: format!("({})::text", column.asked),
            is_text: true,
            unreadable: None,
        },
        DataType::BinaryView => plain(format!("encode({name}, 'hex')"), None),
        DataType::Date32 => plain(as_text(), within("date")),
        DataType::Time64(_) => plain(as_text(), Some(format!("{name} = '24:00:00'::time"))),
        DataType::Timestamp(_, None) => plain(as_text(), within("timestamp")),
        // Sessions are in UTC, which is written as three letters at the end.
        DataType::Timestamp(_, Some(_)) => {
            plain(format!("left({name}::text, -3)"), within("timestamptz"))
        }
        _ => return Err(no_spelling(column)),
    })
}
