//! What PostgreSQL's catalogue says of its tables.

use arrow_schema::{DataType, TimeUnit};

use crate::error::DatabaseError;
use crate::table::{ColumnInfo, TableInfo, quoted};

use super::connect::Link;
use super::literal;

/// The most digits of a decimal.
const DIGITS_MAX: i32 = 76;
/// The most digits of a decimal of 128 bits.
const DIGITS_NARROW: i32 = 38;

/// The type of a column as it was declared, so that a value can be cast to it.
const DECLARED: &str = "pg_catalog.format_type(a.atttypid, a.atttypmod)";
/// The type that says what becomes of a value: what a domain is over, and of an enum that it is one.
const KEPT: &str = "CASE WHEN b.typtype = 'e' \
     THEN 'enum ' || pg_catalog.format_type(b.oid, NULL) \
     WHEN b.typname = 'citext' THEN 'citext' \
     ELSE pg_catalog.format_type(b.oid, u.modifier) END";
/// What a column's type is over, its modifier, and whether a domain on the way there takes no NULL:
/// a domain may be over another one.
const UNDERLYING: &str = "WITH RECURSIVE chain AS (\
     SELECT t.oid, t.typtype, t.typbasetype, t.typtypmod, t.typnotnull, a.atttypmod AS modifier \
     UNION ALL \
     SELECT d.oid, d.typtype, d.typbasetype, d.typtypmod, d.typnotnull OR c.typnotnull, \
     c.typtypmod FROM chain c JOIN pg_catalog.pg_type d ON d.oid = c.typbasetype \
     WHERE c.typtype = 'd') \
     SELECT oid, modifier, typnotnull FROM chain WHERE typtype <> 'd'";
/// About how many bytes a table takes. Asking for its size would open it, and so wait for whoever
/// holds it locked: only where nothing has been counted yet, and nobody does, that is asked.
const BYTES: &str = "CASE WHEN c.relkind = 'v' THEN NULL \
     WHEN c.relkind = 'p' THEN (WITH RECURSIVE tree AS (SELECT c.oid AS id UNION ALL \
     SELECT i.inhrelid FROM tree JOIN pg_catalog.pg_inherits i ON i.inhparent = tree.id) \
     SELECT sum(GREATEST(p.relpages, 0)::int8) FROM tree JOIN pg_catalog.pg_class p ON p.oid = tree.id) \
     * pg_catalog.current_setting('block_size')::int8 \
     WHEN c.relpages > 0 THEN (c.relpages::int8 + COALESCE((SELECT s.relpages \
     FROM pg_catalog.pg_class s WHERE s.oid = c.reltoastrelid), 0)) \
     * pg_catalog.current_setting('block_size')::int8 \
     WHEN NOT EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.relation = c.oid \
     AND l.mode = 'AccessExclusiveLock') THEN pg_catalog.pg_table_size(c.oid) END";
/// Whether records are found by where they lie, and in that order: in one heap that the user may read as
/// a whole, of a server that searches it for places instead of reading all of it.
const PLACES: &str = "c.relkind IN ('r', 'm') AND NOT c.relhassubclass \
     AND EXISTS (SELECT FROM pg_catalog.pg_am m WHERE m.oid = c.relam AND m.amname = 'heap') \
     AND pg_catalog.has_table_privilege(c.oid, 'SELECT') \
     AND pg_catalog.current_setting('server_version_num')::int4 >= 140000";
/// Whether a user may read something of a table.
const GRANTED: &str = "(pg_catalog.has_table_privilege(c.oid, 'SELECT') \
     OR pg_catalog.has_any_column_privilege(c.oid, 'SELECT'))";

/// The tables and views of a schema of which the user may read something, by name, without the partitions of
/// partitioned ones.
pub(super) fn tables(link: &Link, schema: &str) -> Result<Vec<TableInfo>, DatabaseError> {
    listed(link, schema, DECLARED)
}

/// The same tables for somebody who writes: a column's type is the one its values are kept in.
pub(super) fn tables_to_write(link: &Link, schema: &str) -> Result<Vec<TableInfo>, DatabaseError> {
    listed(link, schema, KEPT)
}

/// The tables and views of a schema of which the user may read nothing, by name.
pub(super) fn barred(link: &Link, schema: &str) -> Result<Vec<String>, DatabaseError> {
    let found = ask(
        link,
        &format!(
            "SELECT c.relname FROM pg_catalog.pg_class c \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE n.nspname = {} AND c.relkind IN ('r', 'p', 'v', 'm', 'f') \
             AND NOT c.relispartition AND NOT {GRANTED} ORDER BY c.relname COLLATE \"C\"",
            literal(schema)
        ),
    )?;
    Ok(found.into_iter().flatten().collect())
}

/// Whether the user may use a schema; none where there is no such schema.
pub(super) fn may_use(link: &Link, schema: &str) -> Result<Option<bool>, DatabaseError> {
    let found = ask(
        link,
        &format!(
            "SELECT pg_catalog.has_schema_privilege(n.oid, 'USAGE')::text \
             FROM pg_catalog.pg_namespace n WHERE n.nspname = {}",
            literal(schema)
        ),
    )?;
    let first = found.into_iter().flatten().next();
    Ok(first.map(|may| may == "true"))
}

/// SQL that asks for what has a name in a schema, in a row of its kind and what it is a partition of.
pub(super) fn named(schema: &str, name: &str) -> String {
    let (schema, name) = (literal(schema), literal(name));
    format!(
        "SELECT c.relkind::text, (SELECT p.relname FROM pg_catalog.pg_inherits i \
         JOIN pg_catalog.pg_class p ON p.oid = i.inhparent \
         WHERE i.inhrelid = c.oid AND c.relispartition LIMIT 1) \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = {schema} AND c.relname = {name} \
         UNION ALL SELECT 'type', NULL FROM pg_catalog.pg_type t \
         JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace \
         WHERE n.nspname = {schema} AND t.typname = {name} AND t.typrelid = 0 AND t.typelem = 0"
    )
}

/// SQL that gives a row where a table cannot be truncated: another one's foreign key points to it,
/// or the user may not.
pub(super) fn not_truncated(schema: &str, name: &str) -> String {
    format!(
        "SELECT 'so' FROM pg_catalog.pg_class c \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = {} AND c.relname = {} \
         AND (NOT pg_catalog.has_table_privilege(c.oid, 'TRUNCATE') \
         OR EXISTS (SELECT FROM pg_catalog.pg_constraint f WHERE f.contype = 'f' \
         AND f.confrelid = c.oid AND f.conrelid <> c.oid))",
        literal(schema),
        literal(name)
    )
}

fn listed(link: &Link, schema: &str, declared: &str) -> Result<Vec<TableInfo>, DatabaseError> {
    let relations = ask(
        link,
        &format!(
            "SELECT c.oid::text, c.relname, (c.relkind IN ('v', 'm'))::text, \
             CASE WHEN c.reltuples >= 0 THEN c.reltuples::int8::text END, \
             ({BYTES})::text, \
             pg_catalog.obj_description(c.oid, 'pg_class'), ({PLACES})::text \
             FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE n.nspname = {} AND c.relkind IN ('r', 'p', 'v', 'm', 'f') \
             AND NOT c.relispartition AND {GRANTED} \
             ORDER BY c.relname COLLATE \"C\"",
            literal(schema)
        ),
    )?;
    relations
        .into_iter()
        .map(|row| {
            let [oid, name, is_view, rows, bytes, comment, has_places] = take(row);
            let columns = columns(link, &oid, declared)?;
            let key = key(link, &oid, &columns)?;
            let is_view = is_view == "true";
            // What an outer join leaves empty in a view may be of a domain that takes no NULL.
            let loosened = |(_, column): (String, ColumnInfo)| ColumnInfo {
                is_nullable: column.is_nullable || is_view,
                ..column
            };
            Ok(TableInfo {
                name,
                schema: Some(schema.to_owned()),
                is_view,
                comment: Some(comment).filter(|comment| !comment.is_empty()),
                columns: columns.into_iter().map(loosened).collect(),
                has_places: key.is_empty() && has_places == "true",
                keeps_moment: true,
                key,
                rows_estimate: rows.parse().ok(),
                bytes_estimate: bytes.parse().ok(),
            })
        })
        .collect()
}

/// The columns of a table with their numbers in the catalogue; `declared` is the SQL of their types.
/// Those that the user may not read are among them, lest `*` leave them out without a word.
fn columns(
    link: &Link,
    oid: &str,
    declared: &str,
) -> Result<Vec<(String, ColumnInfo)>, DatabaseError> {
    // A domain is read as what it is over.
    let rows = ask(
        link,
        &format!(
            "SELECT a.attnum::text, a.attname, {declared}, b.typname, \
             u.modifier::text, (a.attnotnull OR u.typnotnull)::text, \
             pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT')::text, \
             pg_catalog.col_description(a.attrelid, a.attnum) \
             FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
             CROSS JOIN LATERAL ({UNDERLYING}) u JOIN pg_catalog.pg_type b ON b.oid = u.oid \
             WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped \
             ORDER BY a.attnum"
        ),
    )?;
    let column = |row| {
        let [
            number,
            name,
            declared,
            base,
            modifier,
            is_bound,
            may_read,
            comment,
        ] = take(row);
        let is_granted = may_read == "true";
        let (data_type, cast) = match is_granted {
            true => type_of(&base, modifier.parse().unwrap_or(-1)),
            false => (DataType::Null, ""),
        };
        let column = ColumnInfo {
            asked: format!("{}{cast}", quoted(&name)),
            name,
            declared,
            data_type,
            is_nullable: is_bound != "true",
            is_granted,
            comment: Some(comment).filter(|comment| !comment.is_empty()),
        };
        (number, column)
    };
    Ok(rows.into_iter().map(column).collect())
}

/// The columns of the primary key, or of the smallest unique index that leaves nothing open.
fn key(
    link: &Link,
    oid: &str,
    columns: &[(String, ColumnInfo)],
) -> Result<Vec<usize>, DatabaseError> {
    let indexes = ask(
        link,
        &format!(
            "SELECT (SELECT string_agg(k.number::text, ' ' ORDER BY k.at) \
             FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(number, at) \
             WHERE k.at <= i.indnkeyatts) \
             FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
             WHERE i.indrelid = {oid} AND i.indisunique AND i.indisvalid AND i.indimmediate \
             AND i.indpred IS NULL AND i.indexprs IS NULL \
             ORDER BY i.indisprimary DESC, i.indnkeyatts, c.relname COLLATE \"C\""
        ),
    )?;
    let places = |numbers: &String| {
        numbers
            .split(' ')
            .map(|number| {
                let at = columns.iter().position(|(known, _)| known == number)?;
                let column = &columns[at].1;
                (column.is_readable() && !column.is_nullable).then_some(at)
            })
            .collect::<Option<Vec<usize>>>()
    };
    let found = indexes
        .iter()
        .filter_map(|row| row.first())
        .find_map(places);
    Ok(found.unwrap_or_default())
}

fn ask(link: &Link, sql: &str) -> Result<Vec<Vec<String>>, DatabaseError> {
    link.rows(sql)
        .map_err(|error| link.said("reading the catalogue", &error))
}

fn take<const N: usize>(row: Vec<String>) -> [String; N] {
    let mut values = row.into_iter();
    std::array::from_fn(|_| values.next().unwrap_or_default())
}

/// The type in which values of a base type are given, and what makes the server send them so.
fn type_of(base: &str, modifier: i32) -> (DataType, &'static str) {
    let micros = TimeUnit::Microsecond;
    let plain = match base {
        "bool" => DataType::Boolean,
        "int2" => DataType::Int16,
        "int4" => DataType::Int32,
        "int8" => DataType::Int64,
        "oid" => DataType::UInt32,
        "float4" => DataType::Float32,
        "float8" => DataType::Float64,
        "bytea" => DataType::BinaryView,
        "date" => DataType::Date32,
        "time" => DataType::Time64(micros),
        "timestamp" => DataType::Timestamp(micros, None),
        "timestamptz" => DataType::Timestamp(micros, Some("UTC".into())),
        "text" | "varchar" | "name" => DataType::Utf8View,
        "numeric" => match decimal(modifier) {
            Some(decimal) => decimal,
            None => return (DataType::Utf8View, "::text"),
        },
        "money" => return (DataType::Utf8View, "::numeric::text"),
        _ => return (DataType::Utf8View, "::text"),
    };
    (plain, "")
}

/// `numeric(p,s)` from its modifier, where a decimal of fixed scale can hold it: the precision in
/// the upper half of what is above 4, the scale in eleven bits with a sign below.
fn decimal(modifier: i32) -> Option<DataType> {
    let packed = modifier.checked_sub(4).filter(|packed| *packed >= 0)?;
    let precision = (packed >> 16) & 0xFFFF;
    let scale = ((packed & 0x7FF) ^ 1024) - 1024;
    if precision > DIGITS_MAX || !(0..=precision).contains(&scale) {
        return None;
    }
    let (digits, places) = (u8::try_from(precision).ok()?, i8::try_from(scale).ok()?);
    Some(match precision <= DIGITS_NARROW {
        true => DataType::Decimal128(digits, places),
        false => DataType::Decimal256(digits, places),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The modifier that PostgreSQL gives to `numeric(precision, scale)`.
    fn modifier(precision: i32, scale: i32) -> i32 {
        ((precision << 16) | (scale & 0x7FF)) + 4
    }

    #[test]
    fn a_numeric_is_a_decimal_where_one_holds_it_and_text_elsewhere() {
        let of = |precision, scale| type_of("numeric", modifier(precision, scale)).0;
        assert_eq!(of(18, 2), DataType::Decimal128(18, 2));
        assert_eq!(of(38, 38), DataType::Decimal128(38, 38));
        assert_eq!(of(39, 0), DataType::Decimal256(39, 0));
        assert_eq!(of(76, 2), DataType::Decimal256(76, 2));
        for (precision, scale) in [(77, 2), (5, -2), (3, 5)] {
            assert_eq!(of(precision, scale), DataType::Utf8View);
        }
        assert_eq!(type_of("numeric", -1), (DataType::Utf8View, "::text"));
    }
}
