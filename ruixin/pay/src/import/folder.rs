//! The folder of a history: its files, its seed, and the form of a record.

use std::fs;
use std::path::{Path, PathBuf};

use ruixin_history::{Auditor, ColumnKind, Table};
use ruixin_service::store::load::Rows;

use super::sheet::Sheet;
use super::{ImportError, refused};
use crate::civil::Civil;

pub(super) const MEND: &str = "write the history again into a new folder";
const MEND_SEED: &str = "say which seed the history was written with (`--seed`), or write it again if the record was changed";
/// Seeds that are tried where none is said.
const SEEDS: u64 = 100_000;
/// The columns of the widest table.
pub(super) const WIDEST: usize = 15;

/// Is a folder in which every file of a history is there.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    pub(super) shards: u32,
}

impl Folder {
    /// Looks which files there are. One that lacks is named.
    pub(super) fn open(path: &Path) -> Result<Folder, ImportError> {
        let folder = Folder {
            path: path.to_owned(),
            shards: shards_of(path)?,
        };
        for table in Table::ALL {
            for shard in 0..folder.shards {
                folder.must_have(&shard_file(table, shard))?;
            }
        }
        for file in SINGLE {
            folder.must_have(file)?;
        }
        Ok(folder)
    }

    fn must_have(&self, file: &str) -> Result<(), ImportError> {
        match self.path.join(file).is_file() {
            true => Ok(()),
            false => Err(ImportError::Lacks {
                file: file.to_owned(),
            }),
        }
    }

    /// Reads a file as text.
    pub(super) fn read(&self, file: &str) -> Result<String, ImportError> {
        let path = self.path.join(file);
        let bytes = fs::read(&path).map_err(|source| ImportError::Io { path, source })?;
        String::from_utf8(bytes).map_err(|error| {
            let good = error.utf8_error().valid_up_to();
            let before = error.as_bytes().iter().take(good);
            let breaks = before.filter(|byte| **byte == b'\n').count();
            let line = u64::try_from(breaks).unwrap_or(0).saturating_add(1);
            refused(file, line, "it is no UTF-8".to_owned(), MEND)
        })
    }

    /// Finds the seed, which the check code of the first record tells.
    pub(super) fn seed(&self, said: Option<u64>) -> Result<Auditor, ImportError> {
        let file = shard_file(Table::Account, 0);
        let text = self.read(&file)?;
        let mut sheet = Sheet::begin(&file, &text, &names(Table::Account))?;
        let Some((line, fields)) = sheet.read::<13>()? else {
            return Err(refused(&file, 2, "there is no account".to_owned(), MEND));
        };
        let fits = |seed: &u64| Auditor::new(*seed).audit(Table::Account, &fields);
        let (found, tried) = match said {
            Some(seed) => (Some(seed).filter(fits), format!("the seed {seed}")),
            None => ((0..SEEDS).find(fits), format!("any seed below {SEEDS}")),
        };
        found.map(Auditor::new).ok_or_else(|| {
            let says = format!("the check code is not that of these fields with {tried}");
            refused(&file, line, says, MEND_SEED)
        })
    }
}

/// Files that there are once.
pub(super) const HOUSE: &str = "account/account-house.csv";
pub(super) const DAILY: &str = "daily_total.csv";
const SINGLE: [&str; 7] = [
    HOUSE,
    DAILY,
    "type_code.csv",
    "status_code.csv",
    "channel.csv",
    "channel_rate.csv",
    "merchant_rate.csv",
];

/// A shard's file of a table, as messages name it.
pub(super) fn shard_file(table: Table, shard: u32) -> String {
    format!("{0}/{0}-{shard:03}.csv", table.name())
}

pub(super) fn names(table: Table) -> Vec<&'static str> {
    table.columns().iter().map(|column| column.name).collect()
}

/// How many shards there are, by the files of any table: so that one lost file is noticed.
fn shards_of(path: &Path) -> Result<u32, ImportError> {
    let mut shards = 0;
    for table in Table::ALL {
        let inner = path.join(table.name());
        let failed = |source| ImportError::Io {
            path: inner.clone(),
            source,
        };
        for entry in fs::read_dir(&inner).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let name = name.to_string_lossy();
            if name.ends_with(".parquet") {
                return Err(ImportError::Parquet {
                    file: format!("{}/{name}", table.name()),
                });
            }
            let middle = name
                .strip_suffix(".csv")
                .and_then(|name| name.rsplit('-').next());
            if let Some(shard) = middle.and_then(|shard| shard.parse::<u32>().ok()) {
                shards = shard.saturating_add(1).max(shards);
            }
        }
    }
    match shards {
        0 => Err(ImportError::Lacks {
            file: shard_file(Table::Flow, 0),
        }),
        _ => Ok(shards),
    }
}

/// Is a record whose fields are of their columns' kinds, and whose check code is right.
pub(super) struct Checked<'a, const N: usize> {
    pub(super) file: &'a str,
    pub(super) line: u64,
    pub(super) fields: [Option<&'a str>; N],
    /// Amounts in fen and whole numbers, by column.
    numbers: [Option<i64>; WIDEST],
}

impl<'a, const N: usize> Checked<'a, N> {
    pub(super) fn of(
        file: &'a str,
        line: u64,
        fields: [Option<&'a str>; N],
        table: Table,
        auditor: &Auditor,
    ) -> Result<Checked<'a, N>, ImportError> {
        let mut numbers = [None; WIDEST];
        for ((column, field), number) in table.columns().iter().zip(fields).zip(&mut numbers) {
            let wrong = |what: &str| {
                let says = format!("`{}` holds {what}", column.name);
                refused(file, line, says, MEND)
            };
            let Some(text) = field else {
                match column.is_nullable {
                    true => continue,
                    false => return Err(wrong("nothing")),
                }
            };
            match column.kind {
                ColumnKind::Money => {
                    *number =
                        Some(fen(text).ok_or_else(|| wrong(&format!("`{text}`, no amount")))?);
                }
                ColumnKind::Number => {
                    let whole = text.parse().ok();
                    *number = Some(whole.ok_or_else(|| wrong(&format!("`{text}`, no number")))?);
                }
                _ => {}
            }
        }
        if !auditor.audit(table, &fields) {
            for (column, field) in table.columns().iter().zip(fields) {
                let is_time = matches!(column.kind, ColumnKind::Time | ColumnKind::Date);
                let text = field.unwrap_or_default();
                if is_time && field.is_some() && Civil::parse(text).is_none() {
                    let says = format!("`{}` holds `{text}`, no time", column.name);
                    return Err(refused(file, line, says, MEND));
                }
            }
            let says = "the check code is not that of the other fields: the record was changed";
            return Err(refused(file, line, says.to_owned(), MEND));
        }
        Ok(Checked {
            file,
            line,
            fields,
            numbers,
        })
    }

    pub(super) fn maybe(&self, at: usize) -> Option<&'a str> {
        self.fields.get(at).copied().flatten()
    }

    /// A field that a record of its table always has.
    pub(super) fn text(&self, at: usize) -> &'a str {
        self.maybe(at).unwrap_or_default()
    }

    pub(super) fn maybe_number(&self, at: usize) -> Option<i64> {
        self.numbers.get(at).copied().flatten()
    }

    pub(super) fn number(&self, at: usize) -> i64 {
        self.maybe_number(at).unwrap_or_default()
    }

    pub(super) fn refused(&self, says: String) -> ImportError {
        refused(self.file, self.line, says, MEND)
    }

    /// Refuses the record unless something holds.
    pub(super) fn must(&self, holds: bool, says: &str) -> Result<(), ImportError> {
        match holds {
            true => Ok(()),
            false => Err(self.refused(says.to_owned())),
        }
    }

    /// Adds the record to those that go into the store.
    pub(super) fn put(&self, table: Table, rows: &mut Rows) {
        for (at, column) in table.columns().iter().enumerate() {
            match column.kind {
                ColumnKind::Money => rows.fen(self.maybe_number(at)),
                ColumnKind::Number => rows.number(self.number(at)),
                _ => rows.text(self.maybe(at)),
            }
        }
    }
}

/// Reads yuan with exactly two decimals, as fen.
pub(super) fn fen(text: &str) -> Option<i64> {
    let (is_below, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, places) = digits.split_once('.')?;
    if whole.is_empty() || places.len() != 2 {
        return None;
    }
    let mut fen: i64 = 0;
    for byte in whole.bytes().chain(places.bytes()) {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        fen = fen.checked_mul(10)?.checked_add(i64::from(digit))?;
    }
    Some(if is_below { fen.saturating_neg() } else { fen })
}

/// A text of digits as a number, if it has so many of them.
pub(super) fn digits(text: &str, length: usize) -> Option<u64> {
    if text.len() != length {
        return None;
    }
    let mut number: u64 = 0;
    for byte in text.bytes() {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        number = number.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    Some(number)
}
