//! A database that is written to: where everything lies in it, and how it comes there as a whole.

use crate::error::ConvertError;
use crate::folder::json;
use crate::job::Job;
use crate::manifest::{Conversion, Sealed, Written};
use crate::prepare::TableRule;
use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use arrow_row::{RowConverter, SortField};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use databases::{Address, DatabaseError, DatabaseErrorKind, Destination, Writer};
use rules::sql::{CAUSE_COLUMN, ENTRY_COLUMN, REASON_COLUMN, corrections_of, corrections_schema};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// How often, and after how long, the lock is asked for again: the session of a process that was
/// killed may live a little longer than the process.
const LOCK_ATTEMPTS: u32 = 10;
const LOCK_WAIT: Duration = Duration::from_millis(500);
/// How often something is done again when its connection is lost, and how long is waited before:
/// that long the first time, and twice as long each time after.
const AGAIN: usize = 5;
const PAUSE: Duration = Duration::from_millis(500);
/// Batches that wait to be written.
const BATCHES: usize = 4;
/// Bytes of rejects in one document, about.
const PIECE: usize = 1 << 20;

const JOB: &str = "job";
/// Which tables the conversion has made itself.
const MADE: &str = "made";
const CONVERSION: &str = "conversion";
/// That all of it is being thrown away: whoever finds it goes on with that.
const DISCARD: &str = "discard";

fn manifest(table: &str, chunk: u32) -> String {
    format!("{}{chunk:06}", manifests(table))
}

fn manifests(table: &str) -> String {
    format!("chunk/{table}/")
}

fn rejects(table: &str, chunk: u32) -> String {
    format!("rejects/{table}/{chunk:06}/")
}

/// Where a table lies before it is published.
pub(crate) fn staging(table: &str) -> String {
    format!("crossfoot_convert_{table}")
}

/// The waits before what a lost connection has broken off is done again, each time.
pub(crate) fn pauses() -> impl Iterator<Item = Duration> {
    std::iter::successors(Some(PAUSE), |pause| Some(*pause * 2)).take(AGAIN)
}

/// The database of a conversion, held for this process alone.
pub(crate) struct Store {
    address: Address,
    /// The connection that holds the lock; none after it was lost.
    control: Mutex<Option<Writer>>,
    idle: Mutex<Vec<Writer>>,
    made: Mutex<BTreeSet<String>>,
}

/// What a conversion found when it began.
pub(crate) enum Begun {
    /// It begins now.
    New,
    /// It was begun before.
    Before(Option<Conversion>),
}

impl Store {
    /// Connects, and takes the lock.
    ///
    /// # Errors
    /// When that cannot be, or another process holds it.
    pub(crate) fn open(address: &Address) -> Result<Self, ConvertError> {
        Ok(Self {
            control: Mutex::new(Some(held(address)?)),
            address: address.clone(),
            idle: Mutex::default(),
            made: Mutex::default(),
        })
    }

    pub(crate) fn shown(&self) -> String {
        self.address.to_string()
    }

    /// How many chunks may be written side by side.
    pub(crate) fn writers(&self, threads: usize) -> usize {
        Writer::writers_max(&self.address).map_or(threads, |most| threads.min(most))
    }

    fn place(&self, table: &str) -> PathBuf {
        PathBuf::from(format!("{}/{table}", self.shown()))
    }

    fn damaged(&self, table: &str, why: String) -> ConvertError {
        let path = self.place(table);
        ConvertError::Damaged { path, why }
    }

    /// Works with the connection that holds the lock; a new one takes its place when it is lost,
    /// for which the server is given time. It blocks meanwhile: it is called from threads that may
    /// block, and between the stages of a conversion, when nothing else is under way.
    fn control<T>(
        &self,
        mut work: impl FnMut(&mut Writer) -> Result<T, ConvertError>,
    ) -> Result<T, ConvertError> {
        let mut control = lock(&self.control);
        let mut attempt = || -> Result<T, ConvertError> {
            let mut writer = match control.take() {
                Some(writer) => writer,
                None => held(&self.address)?,
            };
            let done = work(&mut writer);
            // A connection that is lost is let go of, and with it its lock.
            if !is_broken_off(&done) {
                *control = Some(writer);
            }
            done
        };
        let mut done = attempt();
        for pause in pauses() {
            if !is_broken_off(&done) {
                break;
            }
            self.forget_idle();
            std::thread::sleep(pause);
            done = attempt();
        }
        done
    }

    /// Begins the job, or finds that it was begun before.
    pub(crate) fn begin(
        &self,
        rules: &[Arc<TableRule>],
        job: &Job,
        discard: bool,
    ) -> Result<Begun, ConvertError> {
        let (before, is_broken_off) = self.control(|control| {
            control.prepare_documents()?;
            let made: Option<BTreeSet<String>> = self.read(control, MADE)?;
            *lock(&self.made) = made.unwrap_or_default();
            let before = self.read::<Job>(control, JOB)?;
            Ok((before, control.get(DISCARD)?.is_some()))
        })?;
        match before {
            Some(before) if discard || is_broken_off => {
                self.control(|control| self.discard(control, &before))?
            }
            Some(before) => {
                let changes = job.changes_since(&before);
                if !changes.is_empty() {
                    let folder = PathBuf::from(self.shown());
                    return Err(ConvertError::Changed { folder, changes });
                }
                let conversion = self.control(|control| self.read(control, CONVERSION))?;
                return Ok(Begun::Before(conversion));
            }
            None => {}
        }
        self.control(|control| self.start(control, rules, job))?;
        Ok(Begun::New)
    }

    /// Makes the tables that are not there; those that are must be empty.
    fn start(
        &self,
        control: &mut Writer,
        rules: &[Arc<TableRule>],
        job: &Job,
    ) -> Result<(), ConvertError> {
        // A former attempt may have come to an end unseen.
        if self.read::<Job>(control, JOB)?.as_ref() == Some(job) {
            let made: Option<BTreeSet<String>> = self.read(control, MADE)?;
            *lock(&self.made) = made.unwrap_or_default();
            return Ok(());
        }
        let mut made = BTreeSet::new();
        for rule in rules {
            match control.table(&rule.table)? {
                None => drop(made.insert(rule.table.clone())),
                Some(_) if control.is_empty(&rule.table)? => {}
                Some(_) => {
                    let path = self.place(&rule.table);
                    return Err(ConvertError::Occupied { path });
                }
            }
        }
        for rule in rules.iter().filter(|rule| made.contains(&rule.table)) {
            let staging = staging(&rule.table);
            control.remove(&staging)?;
            control.create(&staging, &rule.side.schema(), &rule.key)?;
        }
        control.begin()?;
        control.put(MADE, &text(&made)?)?;
        control.put(JOB, &text(job)?)?;
        control.commit()?;
        *lock(&self.made) = made;
        Ok(())
    }

    /// Throws away what the job wrote, published or not; nothing else.
    fn discard(&self, control: &mut Writer, job: &Job) -> Result<(), ConvertError> {
        let made = lock(&self.made).clone();
        let is_whole = control.has_transactional_tables();
        if is_whole {
            control.begin()?;
        } else if control.get(DISCARD)?.is_none() {
            control.put(DISCARD, "")?;
        }
        // The last one first: what a foreign key points to stands before.
        for rule in job.rules.iter().rev() {
            let table = &rule.table;
            let staging = staging(table);
            match made.contains(table) {
                true if control.table(&staging)?.is_some() => control.remove(&staging)?,
                // It is published, and has the staging table's place.
                true => control.remove(table)?,
                false => match control.table(table)? {
                    Some(found) if !found.is_view => control.clear(table)?,
                    // Somebody has taken it away.
                    Some(_) | None => {}
                },
            }
        }
        control.remove_documents()?;
        control.prepare_documents()?;
        if is_whole {
            control.commit()?;
        }
        lock(&self.made).clear();
        Ok(())
    }

    /// Where the records of a table are: not yet published, or in their place.
    fn location(&self, control: &mut Writer, table: &str) -> Result<String, ConvertError> {
        let staging = staging(table);
        let is_staged = lock(&self.made).contains(table) && control.table(&staging)?.is_some();
        Ok(if is_staged { staging } else { table.to_owned() })
    }

    /// Where the records of a rule go.
    pub(crate) fn destination(&self, rule: &TableRule) -> Result<Destination, ConvertError> {
        self.control(|control| {
            let location = self.location(control, &rule.table)?;
            let gone = || self.damaged(&rule.table, "it is gone".to_owned());
            let found = control.table(&location)?.ok_or_else(gone)?;
            let destination = control.destination(&found, &rule.side.schema());
            destination.map_err(|unfit| {
                let unfit: Vec<String> = unfit.iter().map(ToString::to_string).collect();
                self.damaged(&rule.table, unfit.join("; "))
            })
        })
    }

    /// The chunks of a rule that are done; its table must hold their records, and no others.
    pub(crate) fn done(&self, rule: &TableRule) -> Result<BTreeMap<u32, Sealed>, ConvertError> {
        let beginning = manifests(&rule.table);
        let found = self.control(|control| Ok(control.documents(&beginning)?))?;
        let mut done = BTreeMap::new();
        for (name, body) in found {
            // A table whose name goes on behind a slash has manifests of its own.
            let Ok(chunk) = name[beginning.len()..].parse::<u32>() else {
                continue;
            };
            let sealed: Option<Sealed> = serde_json::from_str(&body).ok();
            let is_its = |sealed: &Sealed| {
                let manifest = &sealed.manifest;
                sealed.is_whole()
                    && manifest.chunk == chunk
                    && manifest.table == rule.table
                    && manifest.rule_blake3 == rule.digest
            };
            let Some(sealed) = sealed.filter(is_its) else {
                return Err(self.damaged(&name, "its manifest has been changed".to_owned()));
            };
            done.insert(chunk, sealed);
        }
        self.counted(rule, done.values())?;
        Ok(done)
    }

    /// Counts the records of a table: those of its chunks, and no others.
    fn counted<'a>(
        &self,
        rule: &TableRule,
        chunks: impl Iterator<Item = &'a Sealed>,
    ) -> Result<(), ConvertError> {
        let written: u64 = chunks.map(|sealed| sealed.manifest.counts.written).sum();
        let held = self.control(|control| {
            let location = self.location(control, &rule.table)?;
            match control.table(&location)? {
                Some(_) => Ok(control.count(&location)?),
                None => Err(self.damaged(&rule.table, "it is gone".to_owned())),
            }
        })?;
        if held == written {
            return Ok(());
        }
        let difference = i128::from(held) - i128::from(written);
        let why = format!("it holds {held} records and {written} were written: {difference:+}");
        Err(self.damaged(&rule.table, why))
    }

    /// The rejects of a chunk, as lines.
    pub(crate) fn rejects(&self, table: &str, chunk: u32) -> Result<String, ConvertError> {
        let found = self.control(|control| Ok(control.documents(&rejects(table, chunk))?))?;
        Ok(found.into_iter().map(|(_, lines)| lines).collect())
    }

    /// Puts every table in its place together with what the conversion came to.
    pub(crate) fn publish<'a>(
        &self,
        tables: impl Iterator<Item = (&'a TableRule, Vec<&'a Sealed>)>,
        conversion: &Conversion,
    ) -> Result<(), ConvertError> {
        let mut moves = Vec::new();
        for (rule, chunks) in tables {
            let staging = staging(&rule.table);
            let is_staged = self.control(|control| {
                let location = self.location(control, &rule.table)?;
                if location == staging {
                    control.finish_table(&staging, &rule.table, &rule.key)?;
                }
                Ok(location == staging)
            })?;
            self.counted(rule, chunks.into_iter())?;
            moves.extend(is_staged.then(|| (staging, rule.table.clone())));
        }
        let body = text(conversion)?;
        self.control(|control| {
            match control.get(CONVERSION)? {
                // By what it says: a version before may have written the same otherwise.
                Some(before)
                    if serde_json::from_str::<Conversion>(&before)
                        .is_ok_and(|before| before == *conversion) =>
                {
                    return Ok(());
                }
                Some(_) => {
                    let why = "it tells of another conversion than the manifests".to_owned();
                    return Err(self.damaged(CONVERSION, why));
                }
                None => {}
            }
            // A former attempt may have come to an end unseen.
            let mut left = Vec::new();
            for (from, to) in &moves {
                if control.table(from)?.is_some() {
                    left.push((from.clone(), to.clone()));
                }
            }
            if !control.has_transactional_tables() {
                control.rename(&left)?;
                return Ok(control.put(CONVERSION, &body)?);
            }
            control.begin()?;
            control.rename(&left)?;
            control.put(CONVERSION, &body)?;
            Ok(control.commit()?)
        })
    }

    fn read<T: DeserializeOwned>(
        &self,
        control: &mut Writer,
        name: &str,
    ) -> Result<Option<T>, ConvertError> {
        let Some(body) = control.get(name)? else {
            return Ok(None);
        };
        let read = serde_json::from_str(&body);
        read.map(Some)
            .map_err(|error| self.damaged(name, error.to_string()))
    }

    fn writer(&self) -> Result<Writer, ConvertError> {
        let idle = lock(&self.idle).pop();
        idle.map_or_else(|| Ok(Writer::open(&self.address)?), Ok)
    }

    fn give_back(&self, writer: Writer) {
        lock(&self.idle).push(writer);
    }

    /// Lets go of the connections that nobody uses: where one was lost, they mostly were, too.
    fn forget_idle(&self) {
        lock(&self.idle).clear();
    }

    /// Whether a document is there as it was to be written.
    fn has(&self, name: &str, body: &str) -> Result<bool, ConvertError> {
        self.control(|control| Ok(control.get(name)?.is_some_and(|found| found == body)))
    }
}

/// Correcting entries on their way into a database: gathered under names that no book shows, and
/// put in their places all at once.
pub(crate) struct Ledger {
    address: Address,
    writer: Mutex<Writer>,
    /// Where each table of entries lies, and what it will be called.
    made: Mutex<Vec<(String, String)>>,
}

/// The entries of one table.
pub(crate) struct Booking {
    ledger: Arc<Ledger>,
    /// The table that they correct, and its columns.
    table: String,
    schema: Schema,
    /// Where they are gathered; none before the first one: a table of no entries would stand in the
    /// way of those to come.
    into: Option<Destination>,
    /// The number of the next entry: with it they have an order, and a key.
    next: i64,
}

/// The column of a table of entries that numbers them.
const NUMBER: &str = "_number";
/// Columns of text that an entry has of its own.
const WORDS: [&str; 3] = [ENTRY_COLUMN, CAUSE_COLUMN, REASON_COLUMN];

impl Ledger {
    /// Connects, and takes the lock. What a run that was killed has left is taken away.
    ///
    /// # Errors
    /// As of [`Store::open`].
    pub(crate) fn open(address: &Address) -> Result<Arc<Self>, ConvertError> {
        Ok(Arc::new(Self {
            writer: Mutex::new(held(address)?),
            address: address.clone(),
            made: Mutex::default(),
        }))
    }

    /// Begins the entries for a table with these columns.
    pub(crate) fn begin(self: &Arc<Self>, table: &str, schema: &Schema) -> Booking {
        Booking {
            ledger: Arc::clone(self),
            table: table.to_owned(),
            schema: schema.clone(),
            into: None,
            next: 1,
        }
    }

    /// Makes a table of entries for one with these columns.
    fn make(&self, table: &str, schema: &Schema) -> Result<Destination, ConvertError> {
        let mut writer = lock(&self.writer);
        let gone = || {
            let path = PathBuf::from(self.address.to_string());
            let why = format!("the table `{table}` is gone");
            ConvertError::Damaged { path, why }
        };
        let about = writer.table(table)?.ok_or_else(gone)?;
        let number = lock(&self.made).len();
        let staged = staging(&format!("entries_{number}"));
        writer.remove(&staged)?;
        writer.create_entries(&staged, &about, NUMBER, &WORDS)?;
        lock(&self.made).push((staged.clone(), corrections_of(table)));
        let made = writer.table(&staged)?.ok_or_else(gone)?;
        let into = writer.destination(&made, &numbered(&corrections_schema(schema)));
        into.map_err(|unfit| {
            let why: Vec<String> = unfit.iter().map(ToString::to_string).collect();
            let path = PathBuf::from(format!("{}/{table}", self.address));
            let why = why.join("; ");
            ConvertError::Unbooked { path, why }
        })
    }

    /// Puts all tables of entries in their places.
    ///
    /// # Errors
    /// When that cannot be; none is then in its place.
    pub(crate) fn publish(&self) -> Result<(), ConvertError> {
        let mut writer = lock(&self.writer);
        let mut made = lock(&self.made);
        if writer.has_transactional_tables() {
            writer.begin()?;
            writer.rename(&made)?;
            writer.commit()?;
        } else {
            writer.rename(&made)?;
        }
        made.clear();
        Ok(())
    }
}

impl Drop for Ledger {
    /// Takes away what was not put in its place.
    fn drop(&mut self) {
        let mut writer = lock(&self.writer);
        for (staged, _) in lock(&self.made).drain(..) {
            // Where that fails the next run does it.
            drop(writer.remove(&staged));
        }
    }
}

/// The columns of entries behind their number.
fn numbered(schema: &Schema) -> Schema {
    let number = Arc::new(Field::new(NUMBER, DataType::Int64, false));
    let fields = std::iter::once(number).chain(schema.fields().iter().cloned());
    Schema::new(fields.collect::<Vec<_>>())
}

impl Booking {
    /// Books entries behind those before.
    ///
    /// # Errors
    /// When a value cannot be kept exactly, or the database fails.
    pub(crate) fn append(&mut self, entries: RecordBatch) -> Result<(), ConvertError> {
        let rows = i64::try_from(entries.num_rows()).unwrap_or(i64::MAX);
        let numbers: Int64Array = (self.next..).take(entries.num_rows()).collect();
        self.next = self.next.saturating_add(rows);
        let mut columns: Vec<ArrayRef> = vec![Arc::new(numbers)];
        columns.extend(entries.columns().iter().cloned());
        let schema = Arc::new(numbered(&entries.schema()));
        let mut batch = Some(RecordBatch::try_new(schema, columns)?);
        let into = match &mut self.into {
            Some(into) => into,
            none => none.insert(self.ledger.make(&self.table, &self.schema)?),
        };
        let mut writer = lock(&self.ledger.writer);
        writer.begin()?;
        let written = writer.append(into, &mut || batch.take());
        if let Err(error) = written {
            // What was said first is what is wrong.
            drop(writer.roll_back());
            return Err(error.into());
        }
        Ok(writer.commit()?)
    }
}

/// Connects, and takes the lock.
fn held(address: &Address) -> Result<Writer, ConvertError> {
    let mut writer = Writer::open(address)?;
    for _ in 0..LOCK_ATTEMPTS {
        if writer.hold()? {
            return Ok(writer);
        }
        std::thread::sleep(LOCK_WAIT);
    }
    let folder = PathBuf::from(address.to_string());
    Err(ConvertError::Busy { folder })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn text(document: &impl serde::Serialize) -> Result<String, ConvertError> {
    String::from_utf8(json(document)?).map_err(|error| ConvertError::Internal(error.to_string()))
}

/// The tables that a conversion into a database has made itself, by its own documents there.
///
/// # Errors
/// When the database cannot be asked.
pub(crate) fn made_before(writer: &mut Writer) -> Result<BTreeSet<String>, ConvertError> {
    if !writer.has_documents()? {
        return Ok(BTreeSet::new());
    }
    let body = writer.get(MADE)?;
    // A document that is damaged is told when the job begins.
    let read = body.and_then(|body| serde_json::from_str(&body).ok());
    Ok(read.unwrap_or_default())
}

/// The digest of what the last conversion into a database came to; none where there was none.
///
/// # Errors
/// When the database cannot be asked.
pub(crate) fn conversion_digest(address: &Address) -> Result<Option<String>, ConvertError> {
    let Some(mut writer) = Writer::find(address)? else {
        return Ok(None);
    };
    if !writer.has_documents()? {
        return Ok(None);
    }
    let body = writer.get(CONVERSION)?;
    Ok(body.map(|body| blake3::hash(body.as_bytes()).to_hex().to_string()))
}

/// A chunk under way. Dropped before it is sealed, nothing of it is there.
pub(crate) struct Load {
    sender: mpsc::Sender<Message>,
    writing: JoinHandle<Result<(), ConvertError>>,
    converter: RowConverter,
    hasher: blake3::Hasher,
    rows: u64,
}

enum Message {
    Batch(RecordBatch),
    /// All records have come.
    Seal {
        rows: u64,
        /// The manifest first.
        documents: Vec<(String, String)>,
    },
}

impl Load {
    /// Begins a chunk; it must be called where tasks can be started.
    pub(crate) fn begin(
        store: &Arc<Store>,
        destination: &Arc<Destination>,
        schema: &SchemaRef,
    ) -> Result<Self, ConvertError> {
        let (sender, receiver) = mpsc::channel(BATCHES);
        let (store, destination) = (Arc::clone(store), Arc::clone(destination));
        let fields = schema.fields().iter();
        let fields = fields.map(|field| SortField::new(field.data_type().clone()));
        Ok(Self {
            sender,
            converter: RowConverter::new(fields.collect())?,
            writing: tokio::task::spawn_blocking(move || write(&store, &destination, receiver)),
            hasher: blake3::Hasher::new(),
            rows: 0,
        })
    }

    /// Records written so far.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    pub(crate) async fn write(&mut self, batch: RecordBatch) -> Result<(), ConvertError> {
        self.rows += batch.num_rows() as u64;
        for row in &self.converter.convert_columns(batch.columns())? {
            let row = row.data();
            self.hasher.update(&(row.len() as u64).to_le_bytes());
            self.hasher.update(row);
        }
        self.send(Message::Batch(batch)).await
    }

    async fn send(&mut self, message: Message) -> Result<(), ConvertError> {
        match self.sender.send(message).await {
            Ok(()) => Ok(()),
            // Whoever writes has stopped, and says why.
            Err(_) => match ended((&mut self.writing).await) {
                Ok(()) => Err(ConvertError::Internal("a writer has gone".to_owned())),
                Err(error) => Err(error),
            },
        }
    }

    /// What has been written: the records' bytes in Arrow's row format, each after its length.
    pub(crate) fn written(&self) -> Written {
        Written {
            bytes: self.hasher.count(),
            blake3: self.hasher.finalize().to_hex().to_string(),
        }
    }

    /// Writes the manifest and the rejects, and makes all of it count.
    pub(crate) async fn seal(
        mut self,
        sealed: &Sealed,
        reject_lines: &[u8],
    ) -> Result<(), ConvertError> {
        let (table, chunk) = (&sealed.manifest.table, sealed.manifest.chunk);
        let mut documents = vec![(manifest(table, chunk), text(sealed)?)];
        let lines = std::str::from_utf8(reject_lines);
        let lines = lines.map_err(|error| ConvertError::Internal(error.to_string()))?;
        for (number, piece) in pieces(lines).into_iter().enumerate() {
            let name = format!("{}{number:06}", rejects(table, chunk));
            documents.push((name, piece));
        }
        let rows = self.rows;
        self.send(Message::Seal { rows, documents }).await?;
        // Nothing more comes, for which the writer's end would wait.
        let Self {
            sender, writing, ..
        } = self;
        drop(sender);
        ended(writing.await)
    }
}

fn ended(
    joined: Result<Result<(), ConvertError>, tokio::task::JoinError>,
) -> Result<(), ConvertError> {
    joined.map_err(|error| ConvertError::Internal(error.to_string()))?
}

/// Lines in pieces of about so many bytes, so that a statement stays short.
fn pieces(lines: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for line in lines.split_inclusive('\n') {
        match pieces.last_mut() {
            Some(last) if last.len() + line.len() <= PIECE => last.push_str(line),
            _ => pieces.push(line.to_owned()),
        }
    }
    pieces
}

/// Writes one chunk in one transaction.
fn write(
    store: &Store,
    destination: &Destination,
    mut receiver: mpsc::Receiver<Message>,
) -> Result<(), ConvertError> {
    // A connection may drive work of its own while it waits for records, where only a plain channel
    // can be waited for.
    let (forward, ready) = std::sync::mpsc::sync_channel(1);
    let written = std::thread::scope(|scope| {
        scope.spawn(move || {
            while let Some(message) = receiver.blocking_recv() {
                if forward.send(message).is_err() {
                    break;
                }
            }
        });
        write_from(store, destination, ready)
    });
    if is_broken_off(&written) {
        store.forget_idle();
    }
    written
}

fn write_from(
    store: &Store,
    destination: &Destination,
    ready: std::sync::mpsc::Receiver<Message>,
) -> Result<(), ConvertError> {
    let mut writer = store.writer()?;
    writer.begin()?;
    let mut sealed = None;
    let mut ready = ready.into_iter();
    let appended = writer.append(destination, &mut || match ready.next()? {
        Message::Batch(batch) => Some(batch),
        Message::Seal { rows, documents } => {
            sealed = Some((rows, documents));
            None
        }
    });
    let (written, (rows, documents)) = match (appended, sealed) {
        (Ok(written), Some(sealed)) => (written, sealed),
        (appended, _) => {
            // The connection may be lost: then nothing of it stays either.
            if writer.roll_back().is_ok() {
                store.give_back(writer);
            }
            return Ok(appended.map(drop)?);
        }
    };
    if written != rows {
        drop(writer.roll_back());
        let message = format!("{written} records were written of {rows}");
        return Err(ConvertError::Internal(message));
    }
    let put = |writer: &mut Writer| -> Result<(), DatabaseError> {
        for (name, body) in &documents {
            writer.put(name, body)?;
        }
        writer.commit()
    };
    match put(&mut writer) {
        Ok(()) => {
            store.give_back(writer);
            Ok(())
        }
        Err(error) => {
            drop(writer.roll_back());
            // It may have been committed all the same, now or by a process that has ended since.
            let [(name, body), ..] = documents.as_slice() else {
                return Err(error.into());
            };
            match store.has(name, body)? {
                true => Ok(()),
                false => Err(error.into()),
            }
        }
    }
}

/// Whether something ended by what may pass.
fn is_broken_off<T>(done: &Result<T, ConvertError>) -> bool {
    done.as_ref().is_err_and(|error| error.is_passing())
}

/// Whether an error of a database may pass: a connection that is lost, a server that starts.
pub(crate) fn is_passing(error: &DatabaseError) -> bool {
    matches!(
        error.kind,
        DatabaseErrorKind::Lost(_) | DatabaseErrorKind::Unreachable { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_between_and_none_is_lost() {
        let line = |length: usize| format!("{}\n", "x".repeat(length));
        let lines = [line(10), line(PIECE), line(PIECE - 2), line(0)].concat();
        let cut = pieces(&lines);
        assert_eq!(cut.concat(), lines);
        assert_eq!(
            cut.iter().map(String::len).collect::<Vec<_>>(),
            [11, PIECE + 1, PIECE]
        );
        assert!(pieces("").is_empty());
    }

    #[test]
    fn asking_for_a_conversion_makes_no_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let address = Address::parse("sqlite://bao.db", folder.path()).expect("an address");
        assert_eq!(conversion_digest(&address).expect("asked"), None);
        assert!(!folder.path().join("bao.db").exists());
    }

    #[test]
    fn a_lost_connection_is_waited_for_longer_each_time() {
        let waits: Vec<u128> = pauses().map(|pause| pause.as_millis()).collect();
        assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000]);
    }
}
