//! Declared types.

use arrow_schema::{DataType, TimeUnit};

use super::Dates;

/// What SQLite makes of values that are written to a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Affinity {
    Integer,
    Text,
    /// Nothing is changed: bytes, and columns without a type.
    Unchanged,
    Real,
    Numeric,
}

/// SQLite's own rules (datatype3.html, section 3.1), in their order.
pub(super) fn affinity(declared: &str) -> Affinity {
    let declared = declared.to_ascii_uppercase();
    let has = |part: &str| declared.contains(part);
    if has("INT") {
        Affinity::Integer
    } else if has("CHAR") || has("CLOB") || has("TEXT") {
        Affinity::Text
    } else if has("BLOB") || declared.is_empty() {
        Affinity::Unchanged
    } else if has("REAL") || has("FLOA") || has("DOUB") {
        Affinity::Real
    } else {
        Affinity::Numeric
    }
}

/// The type in which a column's values are given.
pub(super) fn data_type(declared: &str, dates: Dates) -> DataType {
    match affinity(declared) {
        Affinity::Integer => DataType::Int64,
        Affinity::Text => DataType::Utf8View,
        Affinity::Unchanged if declared.is_empty() => DataType::Utf8View,
        Affinity::Unchanged => DataType::BinaryView,
        Affinity::Real => DataType::Float64,
        Affinity::Numeric => numeric(declared, dates),
    }
}

fn numeric(declared: &str, dates: Dates) -> DataType {
    let (name, digits) = match declared.split_once('(') {
        Some((name, rest)) => (name.trim(), rest.trim_end().strip_suffix(')')),
        None => (declared.trim(), None),
    };
    let is_named = |names: &[&str]| names.iter().any(|known| name.eq_ignore_ascii_case(known));
    if is_named(&["BOOLEAN", "BOOL"]) {
        return DataType::Boolean;
    }
    if let (Dates::Typed, Some(of_time)) = (dates, of_time(declared)) {
        return of_time;
    }
    let digits = digits.filter(|_| is_named(&["DECIMAL", "NUMERIC", "DEC", "NUMBER"]));
    match digits.and_then(precision_and_scale) {
        Some((precision @ 1..=38, scale)) => DataType::Decimal128(precision, scale),
        Some((precision @ 39..=76, scale)) => DataType::Decimal256(precision, scale),
        _ => DataType::Utf8View,
    }
}

/// The types of days and times: SQLite has none, and keeps the text that it is given.
fn of_time(declared: &str) -> Option<DataType> {
    let micros = TimeUnit::Microsecond;
    let words: Vec<String> = declared
        .split_ascii_whitespace()
        .map(str::to_ascii_uppercase)
        .collect();
    Some(match words.join(" ").as_str() {
        "DATE" => DataType::Date32,
        "TIME" => DataType::Time64(micros),
        "TIMESTAMP" | "DATETIME" => DataType::Timestamp(micros, None),
        "TIMESTAMPTZ" | "TIMESTAMP WITH TIME ZONE" => {
            DataType::Timestamp(micros, Some("UTC".into()))
        }
        _ => return None,
    })
}

/// Whether values of a type may be spelled in several ways: such a column serves as a key only by the
/// text that is stored.
pub(super) fn is_spelled(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Timestamp(..) | DataType::Time64(_))
}

fn precision_and_scale(digits: &str) -> Option<(u8, i8)> {
    let (precision, scale) = digits.split_once(',').unwrap_or((digits, "0"));
    let precision = precision.trim().parse().ok()?;
    let scale: u8 = scale.trim().parse().ok()?;
    (scale <= precision).then_some((precision, i8::try_from(scale).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_declared_type_decides() {
        let shown: Vec<String> = [
            "",
            "INTEGER",
            "int",
            "BIGINT UNSIGNED",
            "FLOATING POINT",
            "VARCHAR(20)",
            "clob",
            "BLOB",
            "DOUBLE PRECISION",
            "real",
            "BOOLEAN",
            "bool",
            "DECIMAL(18,2)",
            "numeric ( 38 , 38 )",
            "DECIMAL(39,0)",
            "NUMBER(76,10)",
            "DEC(5)",
            "DECIMAL(77,2)",
            "DECIMAL(2,5)",
            "DECIMAL(0,0)",
            "DECIMAL(9,-2)",
            "DECIMAL",
            "NUMERIC",
            "DATE",
            "date",
            "DATE(3)",
            "TIME",
            "TIMESTAMP",
            "DATETIME",
            "timestamp  with time zone",
            "TIMESTAMPTZ",
            "TIMESTAMP WITHOUT TIME ZONE",
            "JSON",
            "STRING",
            "DECIMAL(18,2) CHARS",
            "DECIMAL(18,2",
            "MONEY(18,2)",
            "数",
        ]
        .iter()
        .map(|declared| format!("{declared:?}: {}", data_type(declared, Dates::Typed)))
        .collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        "": Utf8View
        "INTEGER": Int64
        "int": Int64
        "BIGINT UNSIGNED": Int64
        "FLOATING POINT": Int64
        "VARCHAR(20)": Utf8View
        "clob": Utf8View
        "BLOB": BinaryView
        "DOUBLE PRECISION": Float64
        "real": Float64
        "BOOLEAN": Boolean
        "bool": Boolean
        "DECIMAL(18,2)": Decimal128(18, 2)
        "numeric ( 38 , 38 )": Decimal128(38, 38)
        "DECIMAL(39,0)": Decimal256(39, 0)
        "NUMBER(76,10)": Decimal256(76, 10)
        "DEC(5)": Decimal128(5, 0)
        "DECIMAL(77,2)": Utf8View
        "DECIMAL(2,5)": Utf8View
        "DECIMAL(0,0)": Utf8View
        "DECIMAL(9,-2)": Utf8View
        "DECIMAL": Utf8View
        "NUMERIC": Utf8View
        "DATE": Date32
        "date": Date32
        "DATE(3)": Utf8View
        "TIME": Time64(µs)
        "TIMESTAMP": Timestamp(µs)
        "DATETIME": Timestamp(µs)
        "timestamp  with time zone": Timestamp(µs, "UTC")
        "TIMESTAMPTZ": Timestamp(µs, "UTC")
        "TIMESTAMP WITHOUT TIME ZONE": Utf8View
        "JSON": Utf8View
        "STRING": Utf8View
        "DECIMAL(18,2) CHARS": Utf8View
        "DECIMAL(18,2": Utf8View
        "MONEY(18,2)": Utf8View
        "数": Utf8View
        "#);
    }
}
