//! Tables of databases: ranges of the key as chunks, only the columns and records that are wanted.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use arrow_array::cast::AsArray;
use arrow_array::{
    Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, StringArray, UInt64Array,
    new_null_array,
};
use arrow_cast::cast;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use arrow_select::filter::filter_record_batch;
use databases::{
    Database, DatabaseError, DatabaseErrorKind, Key, KeyRange, Part, Records, TableInfo,
};

use crate::columns::{FileColumns, unify};
use crate::error::{BookError, BookErrorKind, ReadError, ReadErrorKind};
use crate::place::{FileColumn, place_fields, rows_from};
use crate::read::{ChunkMeter, ChunkReader, ReadRequest, RowFilter};
use crate::repair::RepairBook;
use crate::spec::{BookSpec, TableSpec};
use crate::table::{Body, Chunk, FileInfo, SourceFile, Span, Stamp, Table};

/// Records of a chunk, at most.
const CHUNK_ROWS: u64 = 200_000;
/// Connections where the address does not say.
const CONNECTIONS_MAX: usize = 8;
/// Keys that are asked for at a time.
const KEYS: usize = 500;
/// Keys of a chunk that are asked for without reading the others, at most, where the server walks its
/// index to number each, and each costs a request.
const FEW: usize = 16;
/// Of how many records one at most is fetched by its key; of more, all of a chunk are read.
const SPARSE: usize = 10;
/// Records that are digested together, column by column: part of what a digest means.
const DIGEST_ROWS: usize = 8192;

/// What is known of a table of a database.
#[derive(Debug)]
pub(crate) struct DatabaseTable {
    database: Arc<Database>,
    /// Which of the database's tables.
    index: usize,
    chunk_bytes: u64,
    ranges: OnceLock<Result<Vec<KeyRange>, DatabaseError>>,
    noted: Mutex<Noted>,
}

/// Digests of ranges that whoever read them has taken on the way.
#[derive(Debug, Default)]
struct Noted {
    is_wanted: bool,
    /// By the ranges' numbers; nothing yet of one that is being read.
    ranges: BTreeMap<usize, Option<RangeDigest>>,
}

/// What the values of a range come to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RangeDigest {
    /// Bytes that were digested.
    pub(crate) bytes: u64,
    pub(crate) hash: blake3::Hash,
}

/// Connects to a database and makes a table of each of its tables; gives the names of those, too,
/// that the user may not read.
pub(crate) fn open(
    address: &databases::Address,
    spec: &BookSpec,
    chunk_bytes: u64,
) -> Result<(Vec<Table>, Vec<String>), Vec<BookError>> {
    let processors = std::thread::available_parallelism().map_or(2, usize::from);
    let database = Database::open(address, processors.min(CONNECTIONS_MAX));
    let database = Arc::new(database.map_err(|error| vec![unreadable(error)])?);
    let mut tables = Vec::new();
    let mut errors = Vec::new();
    let infos = database.tables();
    for name in spec.tables.keys() {
        if !infos.iter().any(|info| info.name == *name) {
            let like: Vec<&str> = infos.iter().map(|info| info.name.as_str()).collect();
            let kind = BookErrorKind::Unmatched(format!("the name {name:?}"));
            errors.push(
                BookError::new(kind)
                    .table(name)
                    .setting("tables")
                    .mend(format!("{address} has {}", like.join(", "))),
            );
        }
    }
    for (index, info) in infos.iter().enumerate() {
        let is_named = spec
            .named_in
            .as_ref()
            .is_none_or(|texts| texts.iter().any(|text| is_named_in(text, &info.name)));
        let table_spec = spec.tables.get(&info.name).cloned().unwrap_or_default();
        match table(&database, index, info, &table_spec, chunk_bytes) {
            Ok(table) => tables.push(Table { is_named, ..table }),
            Err(wrong) => errors.extend(wrong.into_iter().map(|error| error.table(&info.name))),
        }
    }
    match errors.is_empty() {
        true => Ok((tables, database.barred().to_vec())),
        false => Err(errors),
    }
}

/// Whether a text names a table, whatever its capitals. A text that does may mean something else;
/// one that does not cannot mean it.
fn is_named_in(text: &str, table: &str) -> bool {
    let (text, table) = (text.to_lowercase(), table.to_lowercase());
    let is_of_a_name = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
    text.match_indices(&table).any(|(at, found)| {
        let before = text[..at].chars().next_back();
        let behind = text[at + found.len()..].chars().next();
        // Part of a longer name, it names another table.
        !before.is_some_and(is_of_a_name) && !behind.is_some_and(is_of_a_name)
    })
}

fn unreadable(error: DatabaseError) -> BookError {
    BookError::new(BookErrorKind::Database(Box::new(error)))
}

fn table(
    database: &Arc<Database>,
    index: usize,
    info: &TableInfo,
    spec: &TableSpec,
    chunk_bytes: u64,
) -> Result<Table, Vec<BookError>> {
    if let Some(setting) = only_for_files(spec) {
        let why = "it says how files are written, and this is a table of a database".to_owned();
        let error = BookError::new(BookErrorKind::Setting(why)).setting(setting);
        return Err(vec![error.mend(format!("leave `{setting}` out"))]);
    }
    let fields = info
        .columns
        .iter()
        .map(|column| Field::new(&column.name, column.data_type.clone(), column.is_nullable));
    let columns = FileColumns {
        display: info.name.clone(),
        takes_names: false,
        fields: fields.collect(),
    };
    let unified = unify(std::slice::from_ref(&columns), spec)?;
    let fields: Vec<Field> = unified.fields.into_iter().chain(place_fields()).collect();
    let places = unified.places.into_iter().next().unwrap_or_default();
    let ignored = unified.ignored.into_iter().next().unwrap_or_default();
    let source = SourceFile {
        display: Arc::from(info.name.as_str()),
        path: std::path::PathBuf::new(),
        stamp: Stamp::none(),
        number: 0,
        body: Body::Database(DatabaseTable {
            database: Arc::clone(database),
            index,
            chunk_bytes,
            ranges: OnceLock::new(),
            noted: Mutex::default(),
        }),
        columns: places,
        ignored,
    };
    Ok(Table {
        name: Arc::from(info.name.as_str()),
        schema: Arc::new(Schema::new(fields)),
        files: vec![FileInfo {
            path: info.name.clone(),
            bytes: info.bytes_estimate.unwrap_or_default(),
            rows: None,
        }],
        sources: vec![Arc::new(source)],
        chunk_bytes,
        chunks: OnceLock::new(),
        repairs: Arc::new(RepairBook::default()),
        is_named: true,
    })
}

/// A setting that has nothing to say of a table of a database.
fn only_for_files(spec: &TableSpec) -> Option<&'static str> {
    let plain = TableSpec::default();
    let settings = [
        ("files", spec.files != plain.files),
        ("format", spec.format != plain.format),
        ("encoding", spec.encoding != plain.encoding),
        ("delimiter", spec.delimiter != plain.delimiter),
        ("quote", spec.quote != plain.quote),
        ("header", spec.header != plain.header),
        ("names", spec.names != plain.names),
        ("skip_header", spec.skip_header != plain.skip_header),
        ("skip_footer", spec.skip_footer != plain.skip_footer),
        (
            "skip_blank_lines",
            spec.skip_blank_lines != plain.skip_blank_lines,
        ),
        ("null_values", spec.null_values != plain.null_values),
        ("pad_short", spec.pad_short != plain.pad_short),
        ("extra_fields", spec.extra_fields != plain.extra_fields),
        (
            "keep_stray_quotes",
            spec.keep_stray_quotes != plain.keep_stray_quotes,
        ),
        ("trim", spec.trim != plain.trim),
        ("file", spec.overrides != plain.overrides),
    ];
    let said = settings.into_iter().find(|(_, is_said)| *is_said);
    said.map(|(name, _)| name)
}

impl DatabaseTable {
    /// What the database says of it.
    pub(crate) fn info(&self) -> &TableInfo {
        &self.database.tables()[self.index]
    }

    /// Its product and moment, for the record.
    pub(crate) fn moment(&self) -> String {
        format!("{}, {}", self.database.product(), self.database.snapshot())
    }

    /// The columns of its primary key.
    pub(crate) fn key(&self) -> &[usize] {
        &self.info().key
    }

    /// The database it lies in.
    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// Which of the database's tables it is.
    pub(crate) fn index(&self) -> usize {
        self.index
    }

    pub(crate) fn ranges(&self) -> &Result<Vec<KeyRange>, DatabaseError> {
        self.ranges.get_or_init(|| {
            // What a server sends is wider than what it takes here.
            let rows = self.chunk_bytes / 2 / width(self.info());
            self.database.cut(self.index, rows.clamp(1, CHUNK_ROWS))
        })
    }

    /// Its ranges as chunks: place, bytes and rows. A table that cannot be cut is one chunk, and
    /// reading it gives the error.
    pub(crate) fn cut(&self, bytes: u64) -> Vec<(Span, u64, Option<u64>)> {
        let Ok(ranges) = self.ranges() else {
            return vec![(Span::Keys { index: 0 }, bytes, None)];
        };
        let all: u64 = ranges.iter().filter_map(|range| range.rows).sum();
        let share = |rows: u64| match all {
            0 => 0,
            all => u64::try_from(u128::from(bytes) * u128::from(rows) / u128::from(all))
                .unwrap_or(bytes),
        };
        let part = |(index, range): (usize, &KeyRange)| {
            let before = share(range.first_row - 1);
            let own = match range.rows {
                // Nothing is one range, which is all there is.
                Some(0) => bytes - before,
                Some(rows) => share(range.first_row - 1 + rows) - before,
                None => bytes,
            };
            (Span::Keys { index }, own, range.rows)
        };
        ranges.iter().enumerate().map(part).collect()
    }

    /// The column of a table that leads its key, with the least and the greatest of its values in a
    /// range; none at an end of the table.
    ///
    /// Only columns are told of whose order is the same on the server as here.
    fn bounds(&self, source: &SourceFile, range: &KeyRange) -> Option<(usize, ArrayRef, ArrayRef)> {
        let first = *self.key().first()?;
        let data_type = &self.info().columns[first].data_type;
        let is_ordered = data_type.is_integer()
            || matches!(data_type, DataType::Decimal128(..) | DataType::Date32);
        let column = source.columns.iter().position(|at| *at == Some(first))?;
        let (Some(after), Some(upto), true) = (range.bounds().0, range.bounds().1, is_ordered)
        else {
            return None;
        };
        Some((column, typed(after, data_type)?, typed(upto, data_type)?))
    }

    /// The records of a range that may be wanted, where the server can pick them out, has counted
    /// them all, and nobody asks which ones they are.
    fn wanted(
        &self,
        source: &SourceFile,
        range: &KeyRange,
        request: &ReadRequest,
    ) -> Option<Arc<Part>> {
        let condition = request.within.as_ref()?.condition()?;
        let is_number = |column: &usize| *column > source.columns.len();
        if range.rows.is_none() || request.columns.iter().any(is_number) {
            return None;
        }
        let place = |column: usize| source.columns.get(column).copied().flatten();
        let condition = condition.of_columns(&place)?;
        self.database.part_of(self.index, &condition).map(Arc::new)
    }

    /// Has whoever reads a range whole from now on take its digest on the way.
    pub(crate) fn digest_as_read(&self) {
        self.noted().is_wanted = true;
    }

    /// The digest of a range, if it was taken while the range was read.
    pub(crate) fn digest_of(&self, index: usize) -> Option<RangeDigest> {
        self.noted().ranges.get(&index).copied().flatten()
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn range(&self, index: usize, display: &str) -> Result<&KeyRange, ReadError> {
        match self.ranges() {
            Ok(ranges) => ranges
                .get(index)
                .ok_or_else(|| ReadError::new(display, ReadErrorKind::NoSuchFile)),
            Err(error) => Err(failed(display, error.clone())),
        }
    }
}

fn table_of(source: &SourceFile) -> &DatabaseTable {
    match &source.body {
        Body::Database(table) => table,
        Body::Csv(_) | Body::Parquet(_) => unreachable!("only tables of databases come here"),
    }
}

/// Columns of a database in their order, each once.
fn in_order(mut columns: Vec<usize>) -> Vec<usize> {
    columns.sort_unstable();
    columns.dedup();
    columns
}

/// A value of a key in its own type.
fn typed(text: &str, data_type: &DataType) -> Option<ArrayRef> {
    let value = cast(&StringArray::from(vec![text]), data_type).ok()?;
    (value.null_count() == 0).then_some(value)
}

/// Bytes of a record, about: by its types alone, so that the same tables are always cut alike.
fn width(info: &TableInfo) -> u64 {
    let width = |data_type: &DataType| match data_type {
        DataType::Utf8View | DataType::BinaryView => 40,
        DataType::Decimal128(..) => 16,
        DataType::Decimal256(..) => 32,
        _ => 8,
    };
    info.columns
        .iter()
        .map(|column| width(&column.data_type))
        .sum::<u64>()
        .max(8)
}

pub(crate) fn failed(display: &str, error: DatabaseError) -> ReadError {
    ReadError::new(display, ReadErrorKind::Database(Box::new(error)))
}

/// Starts to read a chunk.
pub(crate) fn read(
    source: &Arc<SourceFile>,
    schema: &SchemaRef,
    chunk: &Chunk,
    request: &ReadRequest,
    part: Option<&Arc<Part>>,
) -> Result<ChunkReader, ReadError> {
    let (Body::Database(table), Span::Keys { index }) = (&source.body, chunk.span) else {
        return Err(ReadError::new(&source.display, ReadErrorKind::NoSuchFile));
    };
    let range = table.range(index, &source.display)?;
    let wants_all = request.filter.is_none() && part.is_none();
    let digest = match wants_all && request.first_rows.is_none() {
        true => Claim::new(source, index),
        false => None,
    };
    let may_leave_out = wants_all && digest.is_none();
    let bounds = table.bounds(source, range);
    let is_pruned = match (&bounds, &request.filter) {
        (Some((column, min, max)), Some(filter)) => {
            filter.columns().contains(column) && !filter.may_contain(*column, min, max)
        }
        _ => false,
    };
    let is_passed_over = match (&bounds, &request.within) {
        (Some((column, min, max)), Some(within)) => {
            may_leave_out && !within.may_contain(*column, min, max)
        }
        _ => false,
    };
    let range = match request.first_rows {
        Some(rows) if wants_all && !is_passed_over => {
            let beginning = table.database.beginning(table.index, range, rows);
            beginning.map_err(|error| failed(&source.display, error))?
        }
        _ => range.clone(),
    };
    let chosen = match may_leave_out && !is_passed_over {
        true => table.wanted(source, &range, request),
        false => None,
    };
    let passed_over = Arc::new(AtomicU64::new(match is_passed_over {
        true => range.rows.unwrap_or_default(),
        false => 0,
    }));
    let mut reader = RangeReader {
        next_row: range.first_row,
        range,
        file: FileColumn::new(Arc::from("")),
        source: Arc::clone(source),
        schema: Arc::clone(schema),
        asked: Arc::new(schema.project(&request.columns).map_err(|error| {
            ReadError::new(&source.display, ReadErrorKind::Io(error.to_string()))
        })?),
        request: request.clone(),
        meter: ChunkMeter::new(request.meter.clone(), chunk.bytes),
        bytes: chunk.bytes,
        ready: VecDeque::new(),
        is_chosen: chosen.is_some(),
        part: chosen.or_else(|| part.map(Arc::clone)),
        passed_over: Arc::clone(&passed_over),
        digest,
        stage: Stage::Over,
    };
    match &request.filter {
        _ if is_pruned || is_passed_over => {
            reader.passed(reader.range.rows.unwrap_or_default());
            reader.meter.finish();
        }
        Some(filter) if part.is_some() => {
            // The server has picked out few records: no second request is worth its while.
            let asked = request.columns.iter().chain(filter.columns());
            let with_filter: Vec<usize> = asked.copied().collect();
            reader.stage = Stage::Reading(reader.start(&with_filter));
        }
        Some(filter) => reader.stage = Stage::Keys(Arc::clone(filter)),
        // The server begins at once, while the caller is still at other things.
        None => reader.stage = Stage::Reading(reader.start(&request.columns)),
    }
    Ok(ChunkReader::new(reader).passing_over(passed_over))
}

/// How far a reader is.
enum Stage {
    /// The filter is to be asked about the keys.
    Keys(Arc<dyn RowFilter>),
    /// All records are read, and where there is a filter, kept or not here.
    Reading(Reading),
    Over,
}

/// Columns that are being read.
struct Reading {
    records: Records,
    /// The columns that are read, as indexes into the database's.
    read: Vec<usize>,
    /// Whether the number that a record has in the range comes behind them.
    is_numbered: bool,
}

/// Reads a range of the key.
struct RangeReader {
    source: Arc<SourceFile>,
    schema: SchemaRef,
    asked: SchemaRef,
    request: ReadRequest,
    range: KeyRange,
    next_row: u64,
    file: FileColumn,
    meter: ChunkMeter,
    bytes: u64,
    ready: VecDeque<RecordBatch>,
    /// What of the range the server picks out.
    part: Option<Arc<Part>>,
    /// Whether it leaves out only what nobody wants, which counts as passed over.
    is_chosen: bool,
    passed_over: Arc<AtomicU64>,
    /// Takes the range's digest on the way.
    digest: Option<Claim>,
    stage: Stage,
}

impl Iterator for RangeReader {
    type Item = Result<RecordBatch, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(batch) = self.ready.pop_front() {
                return Some(Ok(batch));
            }
            match self.step() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    self.stage = Stage::Over;
                    return Some(Err(error));
                }
            }
        }
    }
}

impl RangeReader {
    fn table(&self) -> &DatabaseTable {
        table_of(&self.source)
    }

    fn failed(&self, error: DatabaseError) -> ReadError {
        failed(&self.source.display, error)
    }

    fn broken(&self, why: &dyn std::fmt::Display) -> ReadError {
        ReadError::new(&self.source.display, ReadErrorKind::Filter(why.to_string()))
    }

    /// Does one more thing; `false` when all is done.
    fn step(&mut self) -> Result<bool, ReadError> {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Over => Ok(false),
            Stage::Keys(filter) => {
                self.look_for_keys(&*filter)?;
                Ok(true)
            }
            Stage::Reading(mut reading) => {
                let Some(batch) = self.next_of(&mut reading)? else {
                    if let Some(mut digest) = self.digest.take() {
                        digest.finish();
                    }
                    self.pass_over_rest();
                    self.meter.finish();
                    return Ok(true);
                };
                if let Some(digest) = &mut self.digest {
                    digest.hasher.add(&batch, &reading.read);
                }
                let numbers = self.numbers(&batch, &reading)?;
                let columns = self.request.columns.clone();
                let asked = Arc::clone(&self.asked);
                let mut given = self.arrange(&batch, &reading.read, &columns, &asked, &numbers)?;
                if let Some(filter) = self.request.filter.clone() {
                    let keep = self.keep(&*filter, &batch, &reading.read, &numbers)?;
                    given =
                        filter_record_batch(&given, &keep).map_err(|error| self.broken(&error))?;
                }
                if given.num_rows() > 0 {
                    self.ready.push_back(given);
                }
                self.stage = Stage::Reading(reading);
                Ok(true)
            }
        }
    }

    /// Whether the numbers of the records are asked for.
    fn wants_numbers(&self) -> bool {
        self.has_numbers(&self.request.columns)
    }

    /// Whether the numbers of the records are among some columns.
    fn has_numbers(&self, columns: &[usize]) -> bool {
        columns
            .iter()
            .any(|column| *column > self.source.columns.len())
    }

    /// How many keys of the range are asked for at most, without reading the others.
    fn few(&self) -> usize {
        let table = self.table();
        let is_easy = || table.database.numbers_many(table.index, &self.range);
        match !self.wants_numbers() || is_easy() {
            true => sparse(usize::try_from(self.range.rows.unwrap_or_default()).unwrap_or(0)),
            false => FEW,
        }
    }

    /// The keys of the range that the filter can want, where it knows them and they are few.
    fn few_wanted(&self, filter: &dyn RowFilter) -> Option<Vec<Key>> {
        let table = self.table();
        let ([key], [column]) = (table.key(), filter.columns()) else {
            return None;
        };
        let data_type = &table.info().columns[*key].data_type;
        let place = self.source.columns.get(*column).copied().flatten();
        if place != Some(*key) || !data_type.is_integer() || self.range.rows.is_none() {
            return None;
        }
        let (after, upto) = self.range.bounds();
        let bound = |text: Option<&str>| match text {
            Some(text) => typed(text, data_type).map(Some),
            None => Some(None),
        };
        let (after, upto) = (bound(after)?, bound(upto)?);
        let wanted = filter.wanted(
            *column,
            data_type,
            [after.as_ref(), upto.as_ref()],
            self.few(),
        )?;
        let texts = cast(&wanted, &DataType::Utf8).ok()?;
        let texts = texts.as_string::<i32>().iter();
        texts.map(|text| Some(vec![text?.to_owned()])).collect()
    }

    /// Reads the records of these keys, as far as they are there, and of the others nothing.
    fn fetch_few(&mut self, filter: &dyn RowFilter, keys: Vec<Key>) -> Result<(), ReadError> {
        let columns = self.request.columns.clone();
        let asked = Arc::clone(&self.asked);
        let table = self.table();
        let read = self.places_of(&columns, table.key());
        let mut batches = Vec::new();
        for keys in keys.chunks(KEYS) {
            batches.extend(self.read_keys(keys.to_vec(), &read)?);
        }
        let mut found = Vec::new();
        for batch in &batches {
            for row in 0..batch.num_rows() {
                found.push(self.key_at(batch, &read, row)?);
            }
        }
        let numbers = match self.wants_numbers() && !found.is_empty() {
            true => {
                let numbers = table.database.numbers(table.index, &self.range, &found);
                numbers.map_err(|error| self.failed(error))?
            }
            false => vec![0; found.len()],
        };
        let mut numbers = numbers.into_iter();
        for batch in batches {
            let own = numbers.by_ref().take(batch.num_rows());
            let own: ArrayRef = Arc::new(UInt64Array::from_iter_values(own));
            let keep = self.keep(filter, &batch, &read, &own)?;
            let given = self.arrange(&batch, &read, &columns, &asked, &own)?;
            let given = filter_record_batch(&given, &keep).map_err(|error| self.broken(&error))?;
            if given.num_rows() > 0 {
                self.ready.push_back(given);
            }
        }
        self.passed(self.range.rows.unwrap_or_default());
        self.meter.finish();
        Ok(())
    }

    /// Reads the records of some keys, as far as they are there.
    fn read_keys(&self, keys: Vec<Key>, read: &[usize]) -> Result<Vec<RecordBatch>, ReadError> {
        let table = self.table();
        let rows = self.request.batch_rows;
        let records = table.database.read_keys(table.index, keys, read, rows);
        let batches = records.collect::<Result<Vec<RecordBatch>, _>>();
        batches.map_err(|error| self.failed(error))
    }

    /// Reads whole records by the keys that the filter is known to want, where these are few. Else
    /// reads the key and what the filter looks at, then whole records by the keys that it keeps;
    /// where these are many, all of them are read and most left out here.
    fn look_for_keys(&mut self, filter: &dyn RowFilter) -> Result<(), ReadError> {
        let asked = self.request.columns.iter();
        let with_filter: Vec<usize> = asked.chain(filter.columns()).copied().collect();
        if !is_plain(self.table().info()) {
            self.stage = Stage::Reading(self.start(&with_filter));
            return Ok(());
        }
        if let Some(keys) = self.few_wanted(filter) {
            return self.fetch_few(filter, keys);
        }
        let mut reading = self.start_with_key(filter.columns());
        let mut kept: Vec<(u64, Key)> = Vec::new();
        let mut rows = 0;
        let first_row = self.next_row;
        while let Some(batch) = self.next_of(&mut reading)? {
            let numbers = rows_from(first_row + rows as u64, batch.num_rows());
            let keep = self.keep(filter, &batch, &reading.read, &numbers)?;
            let numbers = numbers.as_primitive::<arrow_array::types::UInt64Type>();
            for row in keep
                .values()
                .set_indices()
                .filter(|row| keep.is_valid(*row))
            {
                kept.push((numbers.value(row), self.key_at(&batch, &reading.read, row)?));
            }
            rows += batch.num_rows();
        }
        if kept.is_empty() {
            self.passed(rows as u64);
            self.meter.finish();
            return Ok(());
        }
        if kept.len() <= sparse(rows) && self.fetch(&kept)? {
            self.passed(rows as u64);
            self.meter.finish();
            return Ok(());
        }
        self.stage = Stage::Reading(self.start(&with_filter));
        Ok(())
    }

    /// Fetches records by their keys; `false` when the database does not know the keys again, as
    /// we write them.
    fn fetch(&mut self, kept: &[(u64, Key)]) -> Result<bool, ReadError> {
        let columns = self.request.columns.clone();
        let asked = Arc::clone(&self.asked);
        let read = self.places_of(&columns, &[]);
        for part in kept.chunks(KEYS) {
            let keys = part.iter().map(|(_, key)| key.clone()).collect();
            let batches = self.read_keys(keys, &read)?;
            let found: usize = batches.iter().map(RecordBatch::num_rows).sum();
            if found != part.len() {
                self.ready.clear();
                return Ok(false);
            }
            let mut rows = part.iter().map(|(row, _)| *row);
            for batch in batches {
                let numbers = rows.by_ref().take(batch.num_rows());
                let numbers: ArrayRef = Arc::new(UInt64Array::from_iter_values(numbers));
                let batch = self.arrange(&batch, &read, &columns, &asked, &numbers)?;
                self.ready.push_back(batch);
            }
        }
        Ok(true)
    }

    /// The columns of the database behind some of the table's, and more of its own, each once.
    fn places_of(&self, columns: &[usize], more: &[usize]) -> Vec<usize> {
        let place = |column: &usize| self.source.columns.get(*column).copied().flatten();
        let places = columns.iter().filter_map(place);
        in_order(places.chain(more.iter().copied()).collect())
    }

    fn start(&self, columns: &[usize]) -> Reading {
        let digested = self.digest.iter().flat_map(|claim| &claim.hasher.columns);
        let digested: Vec<usize> = digested.copied().collect();
        let read = self.places_of(columns, &digested);
        self.begin(read, self.has_numbers(columns))
    }

    fn start_with_key(&self, columns: &[usize]) -> Reading {
        self.begin(self.places_of(columns, self.table().key()), false)
    }

    fn begin(&self, read: Vec<usize>, wants_numbers: bool) -> Reading {
        let DatabaseTable {
            database, index, ..
        } = self.table();
        let (range, rows) = (&self.range, self.request.batch_rows);
        // Of a whole range they are counted here.
        let is_numbered = wants_numbers && self.part.is_some();
        let records = match &self.part {
            Some(part) => database.read_part(*index, range, &read, part, is_numbered, rows),
            None => database.read(*index, range, &read, rows),
        };
        Reading {
            records,
            read,
            is_numbered,
        }
    }

    fn next_of(&self, reading: &mut Reading) -> Result<Option<RecordBatch>, ReadError> {
        let batch = reading.records.next().transpose();
        batch.map_err(|error| match &self.digest {
            Some(_) => self.failed(undigested(error)),
            None => self.failed(error),
        })
    }

    /// The numbers of the rows of a batch, which are metered with it.
    fn numbers(&mut self, batch: &RecordBatch, reading: &Reading) -> Result<ArrayRef, ReadError> {
        let counted = self.count(batch.num_rows());
        if !reading.is_numbered {
            return Ok(counted);
        }
        let in_range = batch
            .column(reading.read.len())
            .as_primitive::<arrow_array::types::Int64Type>();
        let number = |number: &i64| {
            let behind = u64::try_from(*number).ok()?.checked_sub(1)?;
            self.range.first_row.checked_add(behind)
        };
        let numbers = in_range.values().iter().map(number);
        let numbers = numbers.collect::<Option<Vec<u64>>>();
        let numbers = numbers.ok_or_else(|| self.broken(&"a record has no number"))?;
        Ok(Arc::new(UInt64Array::from(numbers)))
    }

    /// The numbers of the next rows, which are metered with it.
    fn count(&mut self, rows: usize) -> ArrayRef {
        let numbers = rows_from(self.next_row, rows);
        self.next_row += rows as u64;
        self.passed(rows as u64);
        numbers
    }

    /// Counts what the server has left out.
    fn pass_over_rest(&mut self) {
        if self.is_chosen {
            let given = self.next_row - self.range.first_row;
            let left_out = self.range.rows.unwrap_or_default().saturating_sub(given);
            self.passed_over.store(left_out, Ordering::Relaxed);
            self.passed(left_out);
        }
    }

    fn passed(&mut self, rows: u64) {
        let share = match self.range.rows {
            Some(all) => u128::from(self.bytes) * u128::from(rows) / u128::from(all.max(1)),
            None => 0,
        };
        self.meter
            .add(rows, u64::try_from(share).unwrap_or_default());
    }

    /// Asks the filter.
    fn keep(
        &mut self,
        filter: &dyn RowFilter,
        batch: &RecordBatch,
        read: &[usize],
        numbers: &ArrayRef,
    ) -> Result<BooleanArray, ReadError> {
        let columns = filter.columns().to_vec();
        let schema = self
            .schema
            .project(&columns)
            .map_err(|error| self.broken(&error))?;
        let seen = self.arrange(batch, read, &columns, &Arc::new(schema), numbers)?;
        match filter.keep(&seen) {
            Ok(keep) if keep.len() == seen.num_rows() => Ok(keep),
            Ok(keep) => {
                let why = format!("{} truth values for {} rows", keep.len(), seen.num_rows());
                Err(self.broken(&why))
            }
            Err(why) => Err(self.broken(&why)),
        }
    }

    /// The key of a record, as text.
    fn key_at(&self, batch: &RecordBatch, read: &[usize], row: usize) -> Result<Key, ReadError> {
        let options = FormatOptions::new();
        let value = |place: &usize| {
            let at = read.partition_point(|known| known < place);
            let formatter = ArrayFormatter::try_new(batch.column(at), &options)?;
            formatter.value(row).try_to_string()
        };
        let key = self
            .table()
            .key()
            .iter()
            .map(value)
            .collect::<Result<Key, _>>();
        key.map_err(|error| self.broken(&error))
    }

    /// From the columns that were read to those that were asked for.
    fn arrange(
        &mut self,
        batch: &RecordBatch,
        read: &[usize],
        columns: &[usize],
        schema: &SchemaRef,
        numbers: &ArrayRef,
    ) -> Result<RecordBatch, ReadError> {
        let rows = batch.num_rows();
        let data = self.source.columns.len();
        let columns: Vec<ArrayRef> = columns
            .iter()
            .zip(schema.fields())
            .map(|(column, field)| match self.source.columns.get(*column) {
                Some(Some(place)) => {
                    Arc::clone(batch.column(read.partition_point(|known| known < place)))
                }
                Some(None) => new_null_array(field.data_type(), rows),
                None if *column == data => self.file.of_rows(rows),
                None => Arc::clone(numbers),
            })
            .collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
            .map_err(|error| self.broken(&error))
    }
}

/// Of how many records of a range some are fetched by their keys; of more, all are read.
fn sparse(rows: usize) -> usize {
    (rows / SPARSE).max(KEYS)
}

/// Whether a key can be written as text that the database reads as the same value.
fn is_plain(info: &TableInfo) -> bool {
    let is_plain = |at: &usize| {
        let data_type = &info.columns[*at].data_type;
        data_type.is_integer()
            || matches!(
                data_type,
                DataType::Utf8View | DataType::Decimal128(..) | DataType::Date32
            )
    };
    !info.key.is_empty() && info.key.iter().all(is_plain)
}

/// Digests a range of a table's key: all values of all columns that can be read, in the order of the
/// key.
pub(crate) fn digest(
    source: &SourceFile,
    index: usize,
    is_stopped: &(dyn Fn() -> bool + Sync),
) -> Result<RangeDigest, ReadError> {
    let Body::Database(table) = &source.body else {
        return Err(ReadError::new(&source.display, ReadErrorKind::NoSuchFile));
    };
    let range = table.range(index, &source.display)?;
    let mut hasher = RangeHasher::new(source, table);
    let columns = hasher.columns.clone();
    let records = table
        .database
        .read(table.index, range, &columns, DIGEST_ROWS);
    for batch in records {
        if is_stopped() {
            return Err(ReadError::new(&source.display, ReadErrorKind::Stopped));
        }
        let batch = batch.map_err(|error| failed(&source.display, undigested(error)))?;
        hasher.add(&batch, &columns);
    }
    Ok(hasher.finish())
}

/// Digests the records of a range, [`DIGEST_ROWS`] at a time, however many come in a batch.
#[derive(Debug)]
struct RangeHasher {
    /// The columns that are digested, as indexes into the database's, in their order.
    columns: Vec<usize>,
    hasher: blake3::Hasher,
    /// Records that wait: hashed together they take a fraction of the time of each by itself.
    rows: usize,
    held: Vec<HeldColumn>,
}

/// The values of a column that wait, as bytes.
#[derive(Debug, Default)]
struct HeldColumn {
    /// For each record whether it has none.
    nulls: Vec<u8>,
    values: Vec<u8>,
}

impl HeldColumn {
    /// Adds values: those of fixed width with zeros where there is none, texts with their lengths.
    fn put(&mut self, column: &ArrayRef) {
        match column.logical_nulls() {
            Some(nulls) => {
                let nulls = nulls.iter().map(|is_there| u8::from(!is_there));
                self.nulls.extend(nulls);
            }
            None => self.nulls.resize(self.nulls.len() + column.len(), 0),
        }
        match column.data_type() {
            DataType::Utf8View => {
                for value in column.as_string_view() {
                    self.put_text(value.map(str::as_bytes));
                }
            }
            DataType::BinaryView => {
                for value in column.as_binary_view() {
                    self.put_text(value);
                }
            }
            DataType::Boolean => {
                let values = column.as_boolean().iter();
                let values = values.map(|value| u8::from(value == Some(true)));
                self.values.extend(values);
            }
            DataType::Null => {}
            _ => {
                let data = column.to_data();
                let width = column.data_type().primitive_width().unwrap_or_default();
                let buffer = data
                    .buffers()
                    .first()
                    .map_or(&[][..], |buffer| buffer.as_slice());
                let start = data.offset() * width;
                let values = &buffer[start..start + data.len() * width];
                self.values.extend(values);
            }
        }
    }

    fn put_text(&mut self, value: Option<&[u8]>) {
        let value = value.unwrap_or_default();
        self.values.extend((value.len() as u64).to_le_bytes());
        self.values.extend(value);
    }
}

impl RangeHasher {
    fn new(source: &SourceFile, table: &DatabaseTable) -> RangeHasher {
        let is_readable = |at: &usize| table.info().columns[*at].is_readable();
        let columns = source.columns.iter().copied().flatten();
        let columns = in_order(columns.filter(is_readable).collect());
        RangeHasher {
            held: columns.iter().map(|_| HeldColumn::default()).collect(),
            columns,
            hasher: blake3::Hasher::new(),
            rows: 0,
        }
    }

    /// Adds a batch of at least the columns that are digested: `read` says which it has.
    fn add(&mut self, batch: &RecordBatch, read: &[usize]) {
        let mut from = 0;
        while from < batch.num_rows() {
            let rows = (DIGEST_ROWS - self.rows).min(batch.num_rows() - from);
            for (column, held) in self.columns.iter().zip(&mut self.held) {
                let at = read.partition_point(|known| known < column);
                held.put(&batch.column(at).slice(from, rows));
            }
            self.rows += rows;
            from += rows;
            if self.rows == DIGEST_ROWS {
                self.flush();
            }
        }
    }

    fn flush(&mut self) {
        self.hasher.update(&(self.rows as u64).to_le_bytes());
        for held in &mut self.held {
            self.hasher.update(&held.nulls);
            self.hasher.update(&held.values);
            held.nulls.clear();
            held.values.clear();
        }
        self.rows = 0;
    }

    /// The digest of all that was added.
    fn finish(&mut self) -> RangeDigest {
        if self.rows > 0 {
            self.flush();
        }
        RangeDigest {
            bytes: self.hasher.count(),
            hash: self.hasher.finalize(),
        }
    }
}

/// A range whose digest is taken by whoever reads it; given back if he does not read it to its end.
struct Claim {
    source: Arc<SourceFile>,
    index: usize,
    hasher: RangeHasher,
}

impl Claim {
    /// Claims a range for one who is about to read it whole: the first one is to take its digest.
    fn new(source: &Arc<SourceFile>, index: usize) -> Option<Claim> {
        let table = table_of(source);
        let mut noted = table.noted();
        if !noted.is_wanted || noted.ranges.contains_key(&index) {
            return None;
        }
        noted.ranges.insert(index, None);
        Some(Claim {
            hasher: RangeHasher::new(source, table),
            source: Arc::clone(source),
            index,
        })
    }

    /// The range was read to its end.
    fn finish(&mut self) {
        let digest = self.hasher.finish();
        let mut noted = table_of(&self.source).noted();
        noted.ranges.insert(self.index, Some(digest));
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut noted = table_of(&self.source).noted();
        if let Some(None) = noted.ranges.get(&self.index) {
            noted.ranges.remove(&self.index);
        }
    }
}

/// The error of a value that stops a digest, with the mend where no rule reads its column: a digest
/// is over all of them.
fn undigested(error: DatabaseError) -> DatabaseError {
    let mend = match error.kind {
        DatabaseErrorKind::Value { .. } if error.mend.is_empty() => {
            "where no rule reads the column, leave it out with `ignore` of the table"
        }
        _ => return error,
    };
    DatabaseError {
        mend: mend.to_owned(),
        ..error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_named_by_its_whole_name_only() {
        let named = |text: &str| is_named_in(text, "Flow");
        for text in [
            "flow",
            "SELECT id FROM source.FLOW",
            "SELECT 1 FROM \"Flow\"",
            "flow.corrections",
            "SELECT * FROM flow2 JOIN flow USING (id)",
        ] {
            assert!(named(text), "{text}");
        }
        for text in ["overflow", "SELECT * FROM flow_day, flow2, 日flow, flow$"] {
            assert!(!named(text), "{text}");
        }
        // A name of several words, and one that ends in a sign.
        assert!(is_named_in(
            "SELECT * FROM \"2013-05 flow\"",
            "2013-05 flow"
        ));
        assert!(is_named_in("SELECT * FROM \"flow (old)\"", "flow (old)"));
    }
}
