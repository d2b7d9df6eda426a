//! Which columns records go to: types of tables that are made, and of those that are there.

use std::fmt;

use arrow_schema::{DataType, Field, Schema, TimeUnit};

use super::Dialect;
use super::limit::Limit;
use crate::table::TableInfo;

/// The most digits of a decimal in MySQL, and the most behind the point.
const MYSQL_DIGITS: (u8, i8) = (65, 30);
/// The most digits of a decimal that is read back as one.
const DIGITS_MAX: u8 = 76;
/// Characters or bytes of a key in MySQL: its indexes take 3,072 bytes.
const MYSQL_KEY: u16 = 255;

/// Is a column that a table cannot take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// The column of the records.
    pub column: String,
    /// Why not.
    pub why: String,
    /// What to do about it.
    pub mend: String,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {:?}: {}", self.column, self.why)
    }
}

/// Is where records go: a table, and of each of their columns which one of it.
#[derive(Debug, Clone)]
pub struct Destination {
    /// The table as messages name it.
    pub(crate) name: String,
    /// The table as SQL names it.
    pub(crate) table: String,
    pub(crate) columns: Vec<Into>,
    /// The columns by which an error names a record.
    pub(crate) key: Vec<usize>,
}

/// One column that is written to.
#[derive(Debug, Clone)]
pub(crate) struct Into {
    pub(crate) name: String,
    /// The type in which a reader is given its values.
    pub(crate) data_type: DataType,
    pub(crate) declared: String,
    /// What it does not keep of the values of that type.
    pub(crate) limit: Limit,
    pub(crate) is_nullable: bool,
}

impl Destination {
    /// Returns the table's name, with its schema where there is one.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// What kind of value a type holds: within one, values are kept exactly or refused one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Number,
    Text,
    Bytes,
    Boolean,
    Float,
    Date,
    Time,
    Local,
    Instant,
}

fn sort(data_type: &DataType) -> Option<Sort> {
    Some(match data_type {
        DataType::Dictionary(_, values) => return sort(values),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Sort::Text,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => Sort::Bytes,
        DataType::Boolean => Sort::Boolean,
        DataType::Date32 => Sort::Date,
        DataType::Time32(_) | DataType::Time64(_) => Sort::Time,
        DataType::Timestamp(_, None) => Sort::Local,
        DataType::Timestamp(_, Some(_)) => Sort::Instant,
        DataType::Float32 | DataType::Float64 => Sort::Float,
        number if number.is_integer() || number.is_decimal() => Sort::Number,
        _ => return None,
    })
}

/// The types of a table that is made for these columns.
pub(super) fn declared(
    dialect: &Dialect,
    schema: &Schema,
    key: &[String],
) -> Result<Vec<String>, Vec<Unfit>> {
    let mut types = Vec::new();
    let mut unfit = Vec::new();
    for field in schema.fields() {
        let declared = match dialect {
            Dialect::Postgres { .. } => of_postgres(field.data_type()),
            Dialect::Mysql { collation, .. } => {
                of_mysql(field.data_type(), key.contains(field.name()), collation)
            }
            Dialect::Sqlite => of_sqlite(field.data_type(), key.contains(field.name())),
        };
        match declared {
            Ok(declared) => types.push(declared),
            Err(mend) => unfit.push(Unfit {
                column: field.name().clone(),
                why: format!("it is {}, for which the database has no type", shown(field)),
                mend: mend.to_owned(),
            }),
        }
    }
    match unfit.is_empty() {
        true => Ok(types),
        false => Err(unfit),
    }
}

fn shown(field: &Field) -> String {
    match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "text".to_owned(),
        DataType::Date32 => "a date".to_owned(),
        DataType::Boolean => "true or false".to_owned(),
        DataType::Time32(_) | DataType::Time64(_) => "a time of day".to_owned(),
        DataType::Timestamp(_, None) => "a date and time".to_owned(),
        DataType::Timestamp(_, Some(_)) => "an instant".to_owned(),
        DataType::Float32 | DataType::Float64 => "a binary fraction".to_owned(),
        DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale) => {
            format!("DECIMAL({precision}, {scale})")
        }
        number if number.is_integer() => "a whole number".to_owned(),
        other => format!("{other}"),
    }
}

const NO_TYPE: &str = "give it another type in the rule";

fn of_postgres(data_type: &DataType) -> Result<String, &'static str> {
    Ok(match data_type {
        DataType::Dictionary(_, values) => return of_postgres(values),
        DataType::Int8 | DataType::UInt8 | DataType::Int16 => "smallint".to_owned(),
        DataType::UInt16 | DataType::Int32 => "integer".to_owned(),
        DataType::UInt32 | DataType::Int64 => "bigint".to_owned(),
        DataType::UInt64 => "numeric(20,0)".to_owned(),
        decimal if decimal.is_decimal() => {
            let (precision, scale) = digits(decimal, DIGITS_MAX, 76)?;
            format!("numeric({precision},{scale})")
        }
        DataType::Float32 => "real".to_owned(),
        other => match sort(other).ok_or(NO_TYPE)? {
            Sort::Text => "text",
            Sort::Bytes => "bytea",
            Sort::Boolean => "boolean",
            Sort::Float => "double precision",
            Sort::Date => "date",
            Sort::Time => "time",
            Sort::Local => "timestamp",
            Sort::Instant => "timestamptz",
            Sort::Number => return Err(NO_TYPE),
        }
        .to_owned(),
    })
}

fn of_mysql(data_type: &DataType, is_key: bool, collation: &str) -> Result<String, &'static str> {
    let texts = format!("CHARACTER SET utf8mb4 COLLATE {collation}");
    Ok(match data_type {
        DataType::Dictionary(_, values) => return of_mysql(values, is_key, collation),
        DataType::Int8 => "tinyint".to_owned(),
        DataType::UInt8 => "tinyint unsigned".to_owned(),
        DataType::Int16 => "smallint".to_owned(),
        DataType::UInt16 => "smallint unsigned".to_owned(),
        DataType::Int32 => "int".to_owned(),
        DataType::UInt32 => "int unsigned".to_owned(),
        DataType::Int64 => "bigint".to_owned(),
        DataType::UInt64 => "bigint unsigned".to_owned(),
        decimal if decimal.is_decimal() => {
            let (precision, scale) = digits(decimal, MYSQL_DIGITS.0, MYSQL_DIGITS.1)?;
            format!("decimal({precision},{scale})")
        }
        DataType::Float32 => "float".to_owned(),
        other => match (sort(other).ok_or(NO_TYPE)?, is_key) {
            (Sort::Text, true) => format!("varchar({MYSQL_KEY}) {texts}"),
            (Sort::Text, false) => format!("longtext {texts}"),
            (Sort::Bytes, true) => format!("varbinary({MYSQL_KEY})"),
            (Sort::Bytes, false) => "longblob".to_owned(),
            (Sort::Float, _) => "double".to_owned(),
            (Sort::Date, _) => "date".to_owned(),
            (Sort::Local, _) => "datetime(6)".to_owned(),
            (Sort::Instant, _) => "timestamp(6)".to_owned(),
            (Sort::Boolean, _) => {
                return Err("give it as a number in the rule: CAST(… AS TINYINT)");
            }
            (Sort::Time, _) => return Err("give it as text in the rule: CAST(… AS VARCHAR)"),
            (Sort::Number, _) => return Err(NO_TYPE),
        },
    })
}

fn of_sqlite(data_type: &DataType, is_key: bool) -> Result<String, &'static str> {
    Ok(match data_type {
        DataType::Dictionary(_, values) => return of_sqlite(values, is_key),
        DataType::UInt64 => "DECIMAL(20,0)".to_owned(),
        decimal if decimal.is_decimal() => {
            let (precision, scale) = digits(decimal, DIGITS_MAX, 76)?;
            format!("DECIMAL({precision},{scale})")
        }
        other => match sort(other).ok_or(NO_TYPE)? {
            Sort::Number => "INTEGER",
            Sort::Text => "TEXT",
            Sort::Bytes => "BLOB",
            Sort::Boolean => "BOOLEAN",
            Sort::Float => "REAL",
            Sort::Date => "DATE",
            // A key is read by the text that is stored, of which a time has several.
            Sort::Time | Sort::Local | Sort::Instant if is_key => {
                return Err("give it as text in the rule: CAST(… AS VARCHAR)");
            }
            Sort::Time => "TIME",
            Sort::Local => "TIMESTAMP",
            Sort::Instant => "TIMESTAMPTZ",
        }
        .to_owned(),
    })
}

/// Precision and scale of a decimal that may have so many digits, so many behind the point.
fn digits(decimal: &DataType, most: u8, places: i8) -> Result<(u8, i8), &'static str> {
    let (DataType::Decimal32(precision, scale)
    | DataType::Decimal64(precision, scale)
    | DataType::Decimal128(precision, scale)
    | DataType::Decimal256(precision, scale)) = decimal
    else {
        return Err(NO_TYPE);
    };
    let is_kept = *precision <= most && (0..=places).contains(scale);
    // More places than digits: there are as many digits as places.
    let precision = (*precision).max(u8::try_from(*scale).unwrap_or(0));
    match is_kept && precision <= most {
        true => Ok((precision, *scale)),
        false => Err("give it fewer digits in the rule: CAST(… AS DECIMAL(38, 2))"),
    }
}

/// Where columns of records go in a table that is there.
pub(super) fn destination(
    dialect: &Dialect,
    table: &TableInfo,
    schema: &Schema,
) -> Result<Destination, Vec<Unfit>> {
    let mut columns = Vec::new();
    let mut unfit = Vec::new();
    for field in schema.fields() {
        let found = table
            .columns
            .iter()
            .find(|column| column.name == *field.name());
        let misfit = |why: String, mend: String| Unfit {
            column: field.name().clone(),
            why,
            mend,
        };
        let Some(column) = found else {
            let known: Vec<&str> = table
                .columns
                .iter()
                .map(|column| column.name.as_str())
                .collect();
            unfit.push(misfit(
                format!("{} has no such column", table.name),
                format!("it has {}", known.join(", ")),
            ));
            continue;
        };
        if !column.is_granted {
            unfit.push(misfit(
                format!("the user may not read it in {}", table.name),
                "GRANT SELECT on it to the user that writes".to_owned(),
            ));
            continue;
        }
        let (from, to) = (sort(field.data_type()), sort(&column.data_type));
        if from.is_none() || from != to {
            let declared = match column.declared.as_str() {
                "" => "without a type".to_owned(),
                declared => format!("as {declared}"),
            };
            unfit.push(misfit(
                format!(
                    "the rule gives {}, and {} has it {declared}",
                    shown(field),
                    table.name
                ),
                "what is written must be read back as the same kind of value: change the rule, or \
                 the column"
                    .to_owned(),
            ));
            continue;
        }
        match Limit::of(dialect, &column.declared, &column.data_type) {
            Ok(limit) => columns.push(Into {
                name: column.name.clone(),
                data_type: column.data_type.clone(),
                declared: column.declared.clone(),
                limit,
                is_nullable: column.is_nullable,
            }),
            Err(unkept) => unfit.push(misfit(
                format!(
                    "{} has it as {}, which {}",
                    table.name, column.declared, unkept.which
                ),
                unkept.mend.to_owned(),
            )),
        }
    }
    if !unfit.is_empty() {
        return Err(unfit);
    }
    let of_key = |at: &usize| {
        let name = &table.columns[*at].name;
        columns.iter().position(|column| column.name == *name)
    };
    let key: Option<Vec<usize>> = table.key.iter().map(of_key).collect();
    Ok(Destination {
        name: table.full_name(),
        table: dialect.table(&table.name),
        key: key.unwrap_or_default(),
        columns,
    })
}

/// The type in which values are formatted: a point in time without its zone, which is UTC.
pub(super) fn without_zone(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Timestamp(unit, Some(_)) => DataType::Timestamp(*unit, None),
        other => other.clone(),
    }
}

/// The type of a destination that is a point in time as all databases keep it.
pub(super) fn is_micros(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Timestamp(TimeUnit::Microsecond, _))
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn every_type_has_its_place_in_each_database_or_is_refused_with_the_mend() {
        let micros = TimeUnit::Microsecond;
        let all = [
            DataType::Boolean,
            DataType::Int8,
            DataType::UInt32,
            DataType::Int64,
            DataType::UInt64,
            DataType::Decimal128(18, 2),
            DataType::Decimal128(5, -2),
            DataType::Decimal256(76, 10),
            DataType::Float32,
            DataType::Float64,
            DataType::Utf8View,
            DataType::LargeBinary,
            DataType::Date32,
            DataType::Time64(TimeUnit::Nanosecond),
            DataType::Timestamp(micros, None),
            DataType::Timestamp(micros, Some("Asia/Shanghai".into())),
            DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8)),
            DataType::Null,
        ];
        let mut shown = String::new();
        for data_type in all {
            let schema = Schema::new(vec![Field::new("c", data_type.clone(), true)]);
            let of = |dialect: &Dialect, key: &[String]| {
                let declared = declared(dialect, &schema, key);
                declared.map_or_else(|unfit| format!("({})", unfit[0].mend), |one| one[0].clone())
            };
            let key = ["c".to_owned()];
            shown.push_str(&format!(
                "{data_type}: {} | {} | {} | {} | {}\n",
                of(&postgres(), &[]),
                of(&mysql(), &[]),
                of(&mysql(), &key),
                of(&Dialect::Sqlite, &[]),
                of(&Dialect::Sqlite, &key),
            ));
        }
        insta::assert_snapshot!(shown);
    }

    #[test]
    fn a_column_goes_to_one_of_its_name_and_kind() {
        let column = |name: &str, declared: &str, data_type: DataType| crate::table::ColumnInfo {
            name: name.to_owned(),
            declared: declared.to_owned(),
            data_type,
            is_nullable: true,
            is_granted: true,
            comment: None,
            asked: String::new(),
        };
        let table = TableInfo {
            name: "posting".to_owned(),
            schema: None,
            is_view: false,
            comment: None,
            columns: vec![
                column("id", "bigint", DataType::Int64),
                column("amount", "numeric", DataType::Utf8View),
                column("day", "date", DataType::Date32),
                column("terms", "jsonb", DataType::Utf8View),
                column("share", "", DataType::Utf8View),
            ],
            key: vec![0],
            rows_estimate: None,
            bytes_estimate: None,
            has_places: false,
            keeps_moment: true,
        };
        let fields = vec![
            Field::new("day", DataType::Date32, true),
            Field::new("id", DataType::Int32, false),
        ];
        let found = destination(&postgres(), &table, &Schema::new(fields)).expect("it fits");
        assert_eq!(
            (found.table.as_str(), found.key),
            ("\"public\".\"posting\"", vec![1])
        );
        let fields = vec![
            Field::new("amount", DataType::Decimal128(18, 2), true),
            Field::new("memo", DataType::Utf8, true),
            Field::new("terms", DataType::Utf8, true),
            Field::new("share", DataType::Int64, true),
        ];
        let unfit = destination(&postgres(), &table, &Schema::new(fields)).expect_err("unfit");
        let shown: Vec<String> = unfit
            .iter()
            .map(|one| format!("{one}; {}", one.mend))
            .collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        column "amount": the rule gives DECIMAL(18, 2), and posting has it as numeric; what is written must be read back as the same kind of value: change the rule, or the column
        column "memo": posting has no such column; it has id, amount, day, terms, share
        column "terms": posting has it as jsonb, which does not keep every text as it is; make the column text, convert, and change its type afterwards
        column "share": the rule gives a whole number, and posting has it without a type; what is written must be read back as the same kind of value: change the rule, or the column
        "#);
    }

    #[test]
    fn a_zone_is_not_written() {
        let zoned = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        assert!(is_micros(&zoned) && !is_micros(&DataType::Date32));
        assert_eq!(
            without_zone(&zoned),
            DataType::Timestamp(TimeUnit::Microsecond, None)
        );
    }
}
