//! What the server of a database spells and adds up of a table, in the place of reading it here.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};

use databases::{KeyRange, RangeSums, SpelledColumn, Spelling, SpellingRequest};

use crate::database::{DatabaseTable, failed};
use crate::error::{ReadError, ReadErrorKind};
use crate::read::Meter;
use crate::table::{Body, SourceFile, Table};

/// Says why a table was not added up by its server.
#[derive(Debug)]
pub enum Unsummed {
    /// It cannot be done there, but the records can be read.
    Unfit(String),
    /// They cannot be read either.
    Failed(ReadError),
}

/// Ranges of the key that one request adds up, and the bytes that they count for.
type Stretch = (Vec<KeyRange>, u64);

impl Table {
    /// Says how the server of the table's database spells its records. The columns of the request
    /// are those of [`Table::schema`].
    ///
    /// # Errors
    /// Why they are not spelled there; they can be read all the same.
    pub fn spelling(&self, request: &SpellingRequest) -> Result<Spelling, String> {
        let (source, table) = self.in_database()?;
        let own = |spelled: &SpelledColumn| {
            let place = source.columns.get(spelled.column).copied().flatten();
            let column = place.ok_or_else(|| {
                let name = self.schema.fields().get(spelled.column);
                let name = name.map_or("a column", |field| field.name());
                format!("`{name}` is not in the database")
            })?;
            Ok(SpelledColumn { column, ..*spelled })
        };
        let columns = request.columns.iter().map(own);
        let request = SpellingRequest {
            columns: columns.collect::<Result<_, String>>()?,
            ..request.clone()
        };
        table.database().spelling(table.index(), &request)
    }

    /// Whether its files keep each column apart, so that reading it again for a few of them is cheap:
    /// text must be looked through for any, and a server reads whole records.
    pub fn gives_columns_apart(&self) -> bool {
        let mut sources = self.sources.iter();
        sources.all(|source| matches!(source.body, Body::Parquet(_)))
    }

    /// How many records the server has counted; none for files, and for a table without a key.
    pub fn counted(&self) -> Option<u64> {
        let (_, table) = self.in_database().ok()?;
        let ranges = table.ranges().as_ref().ok()?;
        ranges.iter().map(|range| range.rows).sum()
    }

    /// Has the server spell and add up all records, about so many by one request, and as many
    /// requests at a time as there are connections. The order of the answer means nothing.
    ///
    /// # Errors
    /// When the server cannot, or the connection is lost.
    pub fn add_up(
        &self,
        spelling: &Spelling,
        records: u64,
        meter: &Meter,
        is_stopped: &(dyn Fn() -> bool + Sync),
    ) -> Result<Vec<RangeSums>, Unsummed> {
        let (source, table) = self.in_database().map_err(Unsummed::Unfit)?;
        let stretches = stretches(source, table, &self.files, records);
        let queue = Mutex::new(stretches.map_err(Unsummed::Failed)?.into_iter());
        let is_in_vain = AtomicBool::new(false);
        let draw = || {
            let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
            // After one error no answer is of use, and the server shall not work for it.
            queue.next().filter(|_| !is_in_vain.load(Ordering::Relaxed))
        };
        let add_all = || {
            let mut sums = Vec::new();
            while let Some((ranges, bytes)) = draw() {
                if is_stopped() {
                    let stopped = ReadError::new(&source.display, ReadErrorKind::Stopped);
                    return Err(Unsummed::Failed(stopped));
                }
                let added = table.database().add_up(spelling, &ranges);
                sums.push(added.map_err(|why| match why {
                    databases::Unsummed::Unfit(why) => Unsummed::Unfit(why),
                    databases::Unsummed::Failed(error) => {
                        Unsummed::Failed(failed(&source.display, error))
                    }
                })?);
                let rows = ranges.iter().filter_map(|range| range.rows).sum();
                meter.rows.fetch_add(rows, Ordering::Relaxed);
                meter.bytes.fetch_add(bytes, Ordering::Relaxed);
            }
            Ok(sums)
        };
        let work = || {
            let added = add_all();
            is_in_vain.fetch_or(added.is_err(), Ordering::Relaxed);
            added
        };
        let parts = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..table.database().sessions().max(1))
                .map(|_| scope.spawn(work))
                .collect();
            let join = |thread: std::thread::ScopedJoinHandle<'_, _>| match thread.join() {
                Ok(sums) => sums,
                Err(panic) => std::panic::resume_unwind(panic),
            };
            threads
                .into_iter()
                .map(join)
                .collect::<Result<Vec<Vec<_>>, _>>()
        });
        Ok(parts?.into_iter().flatten().collect())
    }

    fn in_database(&self) -> Result<(&SourceFile, &DatabaseTable), String> {
        let source = self.sources.first().map(|source| &**source);
        match source.map(|source| (source, &source.body)) {
            Some((source, Body::Database(table))) => Ok((source, table)),
            _ => Err("its records lie in files".to_owned()),
        }
    }
}

/// The ranges of a table, put together until they hold so many records.
fn stretches(
    source: &SourceFile,
    table: &DatabaseTable,
    files: &[crate::FileInfo],
    records: u64,
) -> Result<Vec<Stretch>, ReadError> {
    let ranges = table.ranges().as_ref();
    let ranges = ranges.map_err(|error| failed(&source.display, error.clone()))?;
    let bytes = files.first().map_or(0, |file| file.bytes);
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut held = 0;
    for (range, (_, share, _)) in ranges.iter().zip(table.cut(bytes)) {
        let rows = range.rows.unwrap_or_default();
        match stretches.last_mut() {
            Some((ranges, bytes)) if held + rows <= records => {
                ranges.push(range.clone());
                *bytes += share;
                held += rows;
            }
            _ => {
                stretches.push((vec![range.clone()], share));
                held = rows;
            }
        }
    }
    Ok(stretches)
}
