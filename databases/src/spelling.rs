//! Records that a server spells, digests and adds up itself.
//!
//! What a spelling and a digest are is written down once, in the crate `footing`
//! (`footing/src/spelling.rs`). Here are the statements that make a server do the same: MD5 of a
//! secret and the record's text, added up by bucket. What a server would spell in another way, or
//! add up with less than all digits, is not asked of it: there is a reason instead, and the records
//! are read.

use arrow_buffer::i256;

use crate::column;
use crate::error::DatabaseError;
use crate::session::Dialect;
use crate::table::{ColumnInfo, TableInfo};
use crate::{mysql, postgres};

/// Groups of records, at most; a server is asked for no more.
const GROUPS_MAX: usize = 1 << 20;

/// The most digits of a sum.
const SUM_DIGITS: u8 = 76;

/// Is a column of the records that are spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpelledColumn {
    /// Which column of the table.
    pub column: usize,
    /// Decimals with which numbers are spelled, at least as many as the column has; none for what
    /// is no number.
    pub scale: Option<u8>,
}

/// Is what a server shall spell, digest and add up of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpellingRequest {
    /// The columns, in the order in which they are spelled.
    pub columns: Vec<SpelledColumn>,
    /// Which of `columns` make the key; empty where records have none.
    pub key: Vec<usize>,
    /// Which of `columns`, all of them numbers, are added up.
    pub money: Vec<usize>,
    /// By which of `columns` they are added up.
    pub groups: Vec<usize>,
    /// What stands in front of every spelling: letters and digits.
    pub secret: String,
    /// Hexadecimal digits of a bucket's number.
    pub digits: u32,
}

/// Is how a server spells the records of one table.
#[derive(Debug, Clone)]
pub struct Spelling {
    pub(crate) table: usize,
    digits: u32,
    groups: usize,
    /// The scale of each sum.
    money: Vec<u8>,
    columns: Vec<usize>,
    sql: SpellingSql,
}

/// The statements of a spelling.
#[derive(Debug, Clone)]
pub(crate) struct SpellingSql {
    /// Gives bucket, records, both sums, records with NULL in the key, and records with a value
    /// that no type here holds.
    pub(crate) digests: Adding,
    /// Gives the values of the groups, records, and of each money column how many are there and
    /// their sum; none where nothing is to be added up.
    pub(crate) figures: Option<Adding>,
    /// Gives the digits of a record's bucket.
    pub(crate) bucket: String,
}

/// A statement that adds up, but for the table and its range, which come between.
#[derive(Debug, Clone)]
pub(crate) struct Adding {
    pub(crate) head: String,
    pub(crate) tail: String,
}

/// Is some buckets of a table, which a server picks out itself.
#[derive(Debug, Clone)]
pub struct Part {
    pub(crate) condition: String,
    /// The columns that the condition looks at.
    pub(crate) columns: Vec<usize>,
}

/// Is what a server gives of a range of records.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RangeSums {
    /// The buckets that have records.
    pub buckets: Vec<BucketSums>,
    /// Records with NULL in the key.
    pub null_keys: u64,
    /// The groups; nothing where nothing was to be added up.
    pub groups: Vec<GroupSums>,
}

/// Is the records of one bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BucketSums {
    /// The bucket's number.
    pub bucket: u32,
    /// How many records there are.
    pub records: u64,
    /// The sums of both numbers of their digests.
    pub sums: [u128; 2],
}

/// Is the records of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupSums {
    /// The spelling of each value, of a text the text itself.
    pub values: Vec<Option<String>>,
    /// How many records there are.
    pub records: u64,
    /// For each money column the records that have an amount, and their sum in units of its scale.
    pub money: Vec<(u64, i256)>,
}

/// Says why a server has not added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsummed {
    /// It cannot be done there, but the records can be read.
    Unfit(String),
    /// They cannot be read either.
    Failed(DatabaseError),
}

/// What a dialect writes of one column.
pub(crate) struct Written {
    /// SQL of the column itself.
    pub(crate) name: String,
    /// SQL of the spelling: a text, NULL for NULL.
    pub(crate) text: String,
    /// Whether it may hold any letter, so that its length is written as well.
    pub(crate) is_text: bool,
    /// SQL that is true of a value that no type here holds.
    pub(crate) unreadable: Option<String>,
}

/// Says how a table's records are spelled, or why they are not.
pub(crate) fn spelling(
    dialect: &Dialect,
    number: usize,
    table: &TableInfo,
    request: &SpellingRequest,
) -> Result<Spelling, String> {
    if table.is_view {
        return Err(format!("`{}` is a view, which has no key", table.name));
    }
    if table.key.is_empty() {
        return Err(format!("`{}` has no primary key", table.name));
    }
    let asked = request.columns.iter().map(|spelled| spelled.column);
    if let Some(column) = asked.clone().find(|at| !table.columns[*at].is_readable()) {
        return Err(format!("`{}` cannot be read", table.columns[column].name));
    }
    let sql = match dialect {
        Dialect::Postgres { encoding } if encoding == "UTF8" => {
            postgres::spelling::write(table, request)?
        }
        Dialect::Postgres { encoding } => {
            return Err(format!("the database keeps its texts in {encoding}"));
        }
        Dialect::Mysql { is_recent: true } => mysql::spelling::write(table, request)?,
        Dialect::Mysql { .. } => {
            return Err("the server is too old to number records".to_owned());
        }
        Dialect::Sqlite => return Err("SQLite reads in this program itself".to_owned()),
    };
    let scale = |at: &usize| request.columns[*at].scale.unwrap_or_default();
    Ok(Spelling {
        table: number,
        digits: request.digits,
        groups: request.groups.len(),
        money: request.money.iter().map(scale).collect(),
        columns: asked.collect(),
        sql,
    })
}

/// The most rows that a statement of groups may give.
pub(crate) fn limit() -> usize {
    GROUPS_MAX + 1
}

/// The reason of a column that has no spelling.
pub(crate) fn no_spelling(column: &ColumnInfo) -> String {
    match column.data_type.is_floating() {
        true => format!(
            "`{}` is a floating-point number, which every server writes in its own way",
            column.name
        ),
        false => format!(
            "`{}` is {}, which has no spelling of its own",
            column.name, column.declared
        ),
    }
}

impl Spelling {
    /// The records of some buckets: those whose numbers are marked.
    pub fn part(&self, buckets: &[bool]) -> Part {
        let width = self.digits as usize;
        let marked = buckets.iter().enumerate().filter(|(_, wanted)| **wanted);
        let listed: Vec<String> = marked
            .map(|(number, _)| format!("'{number:0width$x}'"))
            .collect();
        Part {
            condition: match listed.is_empty() {
                true => "1 = 0".to_owned(),
                false => format!("{} IN ({})", self.sql.bucket, listed.join(", ")),
            },
            columns: self.columns.clone(),
        }
    }

    pub(crate) fn digests(&self) -> &Adding {
        &self.sql.digests
    }

    pub(crate) fn figures(&self) -> Option<&Adding> {
        self.sql.figures.as_ref()
    }

    /// Reads the answer of [`SpellingSql::digests`].
    pub(crate) fn read_digests(
        &self,
        rows: Vec<Vec<Option<String>>>,
        sums: &mut RangeSums,
    ) -> Result<(), String> {
        for row in rows {
            let [bucket, records, first, second, null_keys, unreadable] = fixed(row)?;
            if number::<u64>(&unreadable)? > 0 {
                return Err("it holds a value that no type here holds".to_owned());
            }
            let bucket = bucket.unwrap_or_default();
            sums.buckets.push(BucketSums {
                bucket: u32::from_str_radix(&bucket, 16).map_err(|_| strange(&bucket))?,
                records: number(&records)?,
                sums: [number(&first)?, number(&second)?],
            });
            sums.null_keys = sums.null_keys.saturating_add(number(&null_keys)?);
        }
        Ok(())
    }

    /// Reads the answer of [`SpellingSql::figures`].
    pub(crate) fn read_figures(
        &self,
        rows: Vec<Vec<Option<String>>>,
        sums: &mut RangeSums,
    ) -> Result<(), String> {
        if rows.len() > GROUPS_MAX {
            return Err("there are too many groups to add up".to_owned());
        }
        for row in rows {
            let mut values = row.into_iter();
            let group: Vec<Option<String>> = values.by_ref().take(self.groups).collect();
            let records: u64 = number(&values.next().flatten())?;
            let mut money = Vec::with_capacity(self.money.len());
            for scale in &self.money {
                let present: u64 = number(&values.next().flatten())?;
                let sum = values.next().flatten().unwrap_or_else(|| "0".to_owned());
                let scale = i8::try_from(*scale).map_err(|_| strange(&sum))?;
                money.push((present, column::decimal(&sum, SUM_DIGITS, scale)?));
            }
            if records > 0 {
                sums.groups.push(GroupSums {
                    values: group,
                    records,
                    money,
                });
            }
        }
        Ok(())
    }
}

fn fixed<const N: usize>(row: Vec<Option<String>>) -> Result<[Option<String>; N], String> {
    let length = row.len();
    row.try_into()
        .map_err(|_| format!("the server gives {length} values in the place of {N}"))
}

fn number<T: std::str::FromStr>(text: &Option<String>) -> Result<T, String> {
    let text = text.as_deref().unwrap_or_default();
    text.parse().map_err(|_| strange(text))
}

fn strange(text: &str) -> String {
    format!("the server gives {text:?} where a number is due")
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_schema::{DataType, TimeUnit};

    fn column(name: &str, declared: &str, data_type: DataType) -> ColumnInfo {
        ColumnInfo {
            name: name.to_owned(),
            declared: declared.to_owned(),
            data_type,
            is_nullable: true,
            is_granted: true,
            comment: None,
            asked: name.to_owned(),
        }
    }

    fn table(columns: Vec<ColumnInfo>) -> TableInfo {
        TableInfo {
            name: "t".to_owned(),
            schema: None,
            is_view: false,
            comment: None,
            columns,
            key: vec![0],
            rows_estimate: None,
            bytes_estimate: None,
            has_places: false,
            keeps_moment: true,
        }
    }

    fn request(scales: &[Option<u8>]) -> SpellingRequest {
        let columns = scales.iter().enumerate();
        SpellingRequest {
            columns: columns
                .map(|(column, scale)| SpelledColumn {
                    column,
                    scale: *scale,
                })
                .collect(),
            key: vec![0],
            money: Vec::new(),
            groups: Vec::new(),
            secret: "5ec".to_owned(),
            digits: 2,
        }
    }

    fn both() -> [Dialect; 2] {
        let encoding = "UTF8".to_owned();
        [
            Dialect::Postgres { encoding },
            Dialect::Mysql { is_recent: true },
        ]
    }

    #[test]
    fn what_has_no_spelling_is_refused_with_its_reason() {
        let id = || column("id", "bigint", DataType::Int64);
        let of = |columns: Vec<ColumnInfo>, scales: &[Option<u8>]| {
            let table = table(columns);
            let said = both().map(|dialect| {
                let spelled = spelling(&dialect, 0, &table, &request(scales));
                spelled.map(|_| "spelled").unwrap_or_else(|why| {
                    let why: &'static str = why.leak();
                    why
                })
            });
            said.join(" | ")
        };
        let float = column("rate", "double", DataType::Float64);
        let unread = column("place", "point", DataType::Null);
        let wide = column("wide", "decimal(65,0)", DataType::Decimal256(65, 0));
        let mut lines = vec![
            of(vec![id(), float], &[Some(0), None]),
            of(vec![id(), unread], &[Some(0), None]),
            of(vec![id(), wide], &[Some(0), Some(2)]),
        ];
        let plain = TableInfo {
            key: Vec::new(),
            ..table(vec![id()])
        };
        let view = TableInfo {
            is_view: true,
            ..plain.clone()
        };
        let latin = Dialect::Postgres {
            encoding: "LATIN1".to_owned(),
        };
        let old = Dialect::Mysql { is_recent: false };
        for (dialect, table) in [
            (&both()[0], &plain),
            (&both()[0], &view),
            (&latin, &table(vec![id()])),
            (&old, &table(vec![id()])),
            (&Dialect::Sqlite, &table(vec![id()])),
        ] {
            let refused = spelling(dialect, 0, table, &request(&[Some(0)]));
            lines.push(refused.expect_err("refused"));
        }
        insta::assert_snapshot!(lines.join("\n"), @"
        `rate` is a floating-point number, which every server writes in its own way | `rate` is a floating-point number, which every server writes in its own way
        `place` cannot be read | `place` cannot be read
        spelled | `wide` has more digits than the server can write with 2 decimals
        `t` has no primary key
        `t` is a view, which has no key
        the database keeps its texts in LATIN1
        the server is too old to number records
        SQLite reads in this program itself
        ");
    }

    #[test]
    fn buckets_are_picked_out_by_their_digits() {
        let micros = TimeUnit::Microsecond;
        let table = table(vec![
            column("id", "bigint", DataType::Int64),
            column("at", "timestamp", DataType::Timestamp(micros, None)),
        ]);
        let spelled = spelling(&both()[0], 0, &table, &request(&[Some(0), None]));
        let spelled = spelled.expect("plain types");
        let mut wanted = vec![false; 256];
        assert_eq!(spelled.part(&wanted).condition, "1 = 0");
        (wanted[10], wanted[255]) = (true, true);
        insta::assert_snapshot!(
            spelled.part(&wanted).condition,
            @r#"left(md5('5ec' || concat(coalesce("id"::text, '~'), ';')), 2) IN ('0a', 'ff')"#
        );
    }

    #[test]
    fn an_answer_that_is_none_is_refused() {
        let table = table(vec![column("id", "bigint", DataType::Int64)]);
        let spelled = spelling(&both()[0], 0, &table, &request(&[Some(0)])).expect("plain");
        let row = |values: [&str; 6]| values.map(|value| Some(value.to_owned())).to_vec();
        let read = |row| {
            let mut sums = RangeSums::default();
            spelled.read_digests(vec![row], &mut sums).map(|()| sums)
        };
        let good = read(row(["0f", "2", "7", "9", "1", "0"])).expect("good");
        let bucket = BucketSums {
            bucket: 15,
            records: 2,
            sums: [7, 9],
        };
        assert_eq!((good.buckets, good.null_keys), (vec![bucket], 1));
        for bad in [
            ["xy", "2", "7", "9", "1", "0"],
            ["0f", "-2", "7", "9", "1", "0"],
            ["0f", "2", "7.0", "9", "1", "0"],
            ["0f", "2", "7", "9", "1", "1"],
        ] {
            assert!(read(row(bad)).is_err(), "{bad:?}");
        }
        assert!(read(vec![None; 6]).is_err());
        assert!(read(vec![None; 5]).is_err());
    }
}
