//! Conditions on records, by which a server leaves out what nobody wants.
//!
//! A server leaves out a record only if its values, as they are read here, do not fulfil the
//! condition: texts are compared by their bytes, whatever a collation takes for the same, and a record
//! with a value that no type here holds comes all the same, so that reading it is the error that it
//! ever was. What cannot be said so in the words of a server is not asked of it. So whoever asks must
//! still look at what comes.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, ArrayRef};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::DataType;

use crate::session::Dialect;
use crate::spelling::Part;
use crate::table::{ColumnInfo, TableInfo};
use crate::{mysql, postgres};

/// Is a condition on the records of a table.
#[derive(Debug, Clone)]
pub enum Condition {
    /// A column is compared with a value of its own type. NULL fulfils no comparison.
    Compares {
        /// Which of the table's columns.
        column: usize,
        /// How.
        by: Comparison,
        /// One element, not NULL.
        with: ArrayRef,
    },
    /// A column is NULL.
    IsNull(usize),
    /// A column is not NULL.
    IsNotNull(usize),
    /// All of these hold.
    All(Vec<Condition>),
    /// At least one of these holds.
    Any(Vec<Condition>),
}

/// How a column compares with a value that stands behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// They are the same.
    Equal,
    /// They are not.
    NotEqual,
    /// The column is less.
    Less,
    /// The column is less, or they are the same.
    LessOrEqual,
    /// The column is greater.
    Greater,
    /// The column is greater, or they are the same.
    GreaterOrEqual,
}

impl Condition {
    /// The same condition on other columns, such as those behind the ones of a book; `None` where one
    /// is behind nothing.
    pub fn of_columns(&self, place: &dyn Fn(usize) -> Option<usize>) -> Option<Condition> {
        let all = |inner: &[Condition]| -> Option<Vec<Condition>> {
            inner.iter().map(|one| one.of_columns(place)).collect()
        };
        Some(match self {
            Self::Compares { column, by, with } => Self::Compares {
                column: place(*column)?,
                by: *by,
                with: ArrayRef::clone(with),
            },
            Self::IsNull(column) => Self::IsNull(place(*column)?),
            Self::IsNotNull(column) => Self::IsNotNull(place(*column)?),
            Self::All(inner) => Self::All(all(inner)?),
            Self::Any(inner) => Self::Any(all(inner)?),
        })
    }
}

impl Comparison {
    fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

/// A column in the words of a server.
pub(crate) struct Compared {
    /// SQL of its value, as it is compared.
    pub(crate) value: String,
    /// SQL that is true of a value that no type here holds.
    pub(crate) unreadable: Option<String>,
}

/// The records that may fulfil a condition, as a server picks them out; `None` where it would not be
/// asked anything.
pub(crate) fn part(dialect: &Dialect, table: &TableInfo, condition: &Condition) -> Option<Part> {
    let mut asking = Asking {
        dialect,
        table,
        columns: Vec::new(),
        unreadable: Vec::new(),
    };
    let mut any = vec![asking.asked(condition)?];
    any.append(&mut asking.unreadable);
    Some(Part {
        condition: format!("({})", any.join(" OR ")),
        columns: asking.columns,
    })
}

struct Asking<'a> {
    dialect: &'a Dialect,
    table: &'a TableInfo,
    columns: Vec<usize>,
    unreadable: Vec<String>,
}

impl Asking<'_> {
    /// The condition, or a weaker one that every record fulfils which fulfils it.
    fn asked(&mut self, condition: &Condition) -> Option<String> {
        match condition {
            Condition::Compares { column, by, with } => {
                let info = self.table.columns.get(*column)?;
                let compared = self.compared(info)?;
                let literal = self.literal(info, with)?;
                self.columns.push(*column);
                if let Some(unreadable) = compared.unreadable
                    && !self.unreadable.contains(&unreadable)
                {
                    self.unreadable.push(unreadable);
                }
                Some(format!("({} {} {literal})", compared.value, by.sign()))
            }
            Condition::IsNull(column) => self.null(*column, "IS NULL"),
            Condition::IsNotNull(column) => self.null(*column, "IS NOT NULL"),
            // What is not asked of these is looked at by whoever asks.
            Condition::All(inner) => {
                let asked: Vec<String> = inner.iter().filter_map(|one| self.asked(one)).collect();
                (!asked.is_empty()).then(|| format!("({})", asked.join(" AND ")))
            }
            Condition::Any(inner) => {
                let asked = inner.iter().map(|one| self.asked(one));
                let asked = asked.collect::<Option<Vec<String>>>()?;
                (!asked.is_empty()).then(|| format!("({})", asked.join(" OR ")))
            }
        }
    }

    fn null(&mut self, column: usize, is: &str) -> Option<String> {
        let info = self.table.columns.get(column)?;
        let name = match self.dialect {
            Dialect::Postgres { .. } => crate::table::quoted(&info.name),
            // A day of zeros that must not be NULL is NULL to MariaDB, and none here.
            Dialect::Mysql { .. } if info.is_nullable => mysql::quoted(&info.name),
            Dialect::Mysql { .. } | Dialect::Sqlite => return None,
        };
        // PostgreSQL has a time that is none here, 24:00, and no way is known to ask for it.
        let is_time = matches!(info.data_type, DataType::Time64(_));
        if !info.is_readable() || is_time && is == "IS NULL" {
            return None;
        }
        // What no type here holds is not NULL, and is sent all the same.
        if is == "IS NULL"
            && let Some(unreadable) = self.compared(info).and_then(|one| one.unreadable)
            && !self.unreadable.contains(&unreadable)
        {
            self.unreadable.push(unreadable);
        }
        self.columns.push(column);
        Some(format!("({name} {is})"))
    }

    fn compared(&self, column: &ColumnInfo) -> Option<Compared> {
        match self.dialect {
            Dialect::Postgres { encoding } if encoding == "UTF8" => {
                postgres::spelling::compared(column)
            }
            // Of another encoding the bytes are others.
            Dialect::Postgres { .. } if column.data_type == DataType::Utf8View => None,
            Dialect::Postgres { .. } => postgres::spelling::compared(column),
            Dialect::Mysql { .. } => mysql::spelling::compared(column),
            Dialect::Sqlite => None,
        }
    }

    fn literal(&self, column: &ColumnInfo, with: &ArrayRef) -> Option<String> {
        let is_one = with.len() == 1 && with.null_count() == 0;
        if !is_one || with.data_type() != &column.data_type {
            return None;
        }
        let options = FormatOptions::new();
        let shown = without_zone(with);
        let formatter = ArrayFormatter::try_new(&shown, &options).ok()?;
        let text = formatter.value(0).try_to_string().ok()?;
        let is_of_time = matches!(column.data_type, DataType::Date32 | DataType::Timestamp(..));
        if is_of_time && !has_common_year(&text) {
            return None;
        }
        match self.dialect {
            Dialect::Postgres { .. } => postgres::spelling::constant(&column.data_type, &text),
            Dialect::Mysql { .. } => mysql::spelling::constant(&column.data_type, &text),
            Dialect::Sqlite => None,
        }
    }
}

/// An instant as a clock in UTC shows it: to show it with its zone takes a table of zones.
fn without_zone(with: &ArrayRef) -> ArrayRef {
    let instant = with.as_primitive_opt::<TimestampMicrosecondType>();
    match instant {
        Some(instant) => Arc::new(instant.clone().with_timezone_opt(None::<Arc<str>>)),
        None => Arc::clone(with),
    }
}

/// Whether a day is of a year that every server writes with four digits.
fn has_common_year(text: &str) -> bool {
    let year = text.split_once('-').map(|(year, _)| year);
    let number = year.filter(|year| year.len() == 4);
    number
        .and_then(|year| year.parse::<u32>().ok())
        .is_some_and(|year| year > 0)
}

#[cfg(test)]
mod tests {
    use arrow_array::{
        BooleanArray, Date32Array, Decimal128Array, Int32Array, StringViewArray,
        TimestampMicrosecondArray,
    };
    use arrow_schema::TimeUnit;

    use super::*;

    fn table() -> TableInfo {
        let column = |(name, declared, data_type): (&str, &str, DataType)| ColumnInfo {
            name: name.to_owned(),
            declared: declared.to_owned(),
            data_type,
            is_nullable: true,
            is_granted: true,
            comment: None,
            asked: name.to_owned(),
        };
        let columns = [
            ("id", "int", DataType::Int32),
            ("amount", "numeric(18,2)", DataType::Decimal128(18, 2)),
            ("kind", "varchar(9)", DataType::Utf8View),
            ("day", "date", DataType::Date32),
            (
                "at",
                "datetime",
                DataType::Timestamp(TimeUnit::Microsecond, None),
            ),
            ("is_open", "boolean", DataType::Boolean),
            ("rate", "double precision", DataType::Float64),
        ];
        TableInfo {
            name: "t".to_owned(),
            schema: None,
            is_view: false,
            comment: None,
            columns: columns.into_iter().map(column).collect(),
            key: vec![0],
            rows_estimate: None,
            bytes_estimate: None,
            has_places: false,
            keeps_moment: true,
        }
    }

    fn compares(column: usize, by: Comparison, with: impl Array + 'static) -> Condition {
        let with: ArrayRef = Arc::new(with);
        Condition::Compares { column, by, with }
    }

    fn amount(units: i128) -> Decimal128Array {
        let array = Decimal128Array::from(vec![units]);
        array.with_precision_and_scale(18, 2).expect("two decimals")
    }

    fn kind(text: &str) -> Condition {
        compares(2, Comparison::Equal, StringViewArray::from(vec![text]))
    }

    fn asked(condition: &Condition) -> [Option<String>; 2] {
        let postgres = Dialect::Postgres {
            encoding: "UTF8".to_owned(),
        };
        let mysql = Dialect::Mysql { is_recent: true };
        [postgres, mysql]
            .map(|dialect| part(&dialect, &table(), condition).map(|part| part.condition))
    }

    fn shown(condition: &Condition) -> String {
        asked(condition)
            .map(|one| one.unwrap_or_else(|| "-".to_owned()))
            .join("\n")
    }

    #[test]
    fn every_type_is_compared_as_it_is_read() {
        use Comparison::{Equal, Greater, Less, LessOrEqual, NotEqual};
        insta::assert_snapshot!(shown(&compares(0, NotEqual, Int32Array::from(vec![-7]))), @r#"
        (("id" <> '-7'::int8))
        ((`id` <> (-7)))
        "#);
        insta::assert_snapshot!(shown(&compares(1, Greater, amount(-1))), @r#"
        (("amount" > '-0.01'::numeric) OR "amount" = 'NaN')
        ((`amount` > (-0.01)))
        "#);
        insta::assert_snapshot!(shown(&kind("it's")), @r#"
        ((((kind)::text) COLLATE "C" = 'it''s'::text))
        ((CAST(CONVERT(`kind` USING utf8mb4) AS BINARY) = x'69742773') OR (CAST(CONVERT(`kind` USING utf8mb4) AS BINARY) IS NULL AND `kind` IS NOT NULL))
        "#);
        insta::assert_snapshot!(shown(&compares(3, LessOrEqual, Date32Array::from(vec![15_852]))), @r#"
        (("day" <= '2013-05-27'::date) OR NOT ("day" > '-infinity'::date AND "day" < '262000-01-01'::date))
        ((`day` <= DATE'2013-05-27') OR NOT (CAST(FROM_DAYS(TO_DAYS(`day`)) AS CHAR) <=> LEFT(CAST(`day` AS CHAR), 10)))
        "#);
        let at = TimestampMicrosecondArray::from(vec![1_369_641_600_000_001]);
        insta::assert_snapshot!(shown(&compares(4, Less, at)), @r#"
        (("at" < '2013-05-27T08:00:00.000001'::timestamp) OR NOT ("at" > '-infinity'::timestamp AND "at" < '262000-01-01'::timestamp))
        ((`at` < TIMESTAMP'2013-05-27 08:00:00.000001') OR NOT (CAST(FROM_DAYS(TO_DAYS(`at`)) AS CHAR) <=> LEFT(CAST(`at` AS CHAR), 10)))
        "#);
        insta::assert_snapshot!(shown(&compares(5, Equal, BooleanArray::from(vec![false]))), @r#"
        (("is_open" = 'false'::bool))
        -
        "#);
        insta::assert_snapshot!(shown(&Condition::IsNull(2)), @r#"
        (("kind" IS NULL))
        ((`kind` IS NULL) OR (CAST(CONVERT(`kind` USING utf8mb4) AS BINARY) IS NULL AND `kind` IS NOT NULL))
        "#);
    }

    #[test]
    fn of_all_some_may_be_left_to_us_and_of_any_none() {
        let rate = || {
            compares(
                6,
                Comparison::Less,
                arrow_array::Float64Array::from(vec![1.0]),
            )
        };
        assert_eq!(asked(&rate()), [None, None], "floats are not asked for");
        insta::assert_snapshot!(shown(&Condition::All(vec![rate(), kind("IN")])), @r#"
        (((((kind)::text) COLLATE "C" = 'IN'::text)))
        (((CAST(CONVERT(`kind` USING utf8mb4) AS BINARY) = x'494e')) OR (CAST(CONVERT(`kind` USING utf8mb4) AS BINARY) IS NULL AND `kind` IS NOT NULL))
        "#);
        let any = Condition::Any(vec![rate(), kind("IN")]);
        assert_eq!(asked(&any), [None, None]);
        assert_eq!(asked(&Condition::All(vec![rate()])), [None, None]);
    }

    #[test]
    fn what_a_server_may_understand_otherwise_is_not_asked() {
        // A value of another type, and one that no text of PostgreSQL holds.
        let wide = compares(0, Comparison::Equal, arrow_array::Int64Array::from(vec![7]));
        assert_eq!(asked(&wide), [None, None]);
        assert_eq!(asked(&kind("a\0b"))[0], None);
        // Days before the year 1 and after 9999.
        for day in [-800_000, 3_000_000] {
            let day = compares(3, Comparison::Equal, Date32Array::from(vec![day]));
            assert_eq!(asked(&day), [None, None]);
        }
        // Bytes of another encoding, and a database without a server.
        let latin = Dialect::Postgres {
            encoding: "LATIN1".to_owned(),
        };
        assert!(part(&latin, &table(), &kind("IN")).is_none());
        let number = compares(0, Comparison::Equal, Int32Array::from(vec![7]));
        assert!(part(&latin, &table(), &number).is_some());
        assert!(part(&Dialect::Sqlite, &table(), &number).is_none());
    }

    #[test]
    fn columns_are_those_behind_a_books_or_nothing_is_asked() {
        let condition = Condition::Any(vec![Condition::IsNull(3), kind("IN")]);
        let moved = condition
            .of_columns(&|column| Some(column + 1))
            .expect("all");
        assert!(matches!(&moved, Condition::Any(inner)
            if matches!(inner.as_slice(), [Condition::IsNull(4), Condition::Compares { column: 3, .. }])));
        let none = condition.of_columns(&|column| (column == 2).then_some(0));
        assert!(none.is_none());
    }
}
