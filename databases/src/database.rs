//! A database: its tables, and its sessions, which are lent out one at a time.

use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, Int64Array, RecordBatch};
use arrow_cast::display::{ArrayFormatter, FormatOptions};

use crate::address::{Address, Kind};
use crate::condition::{self, Condition};
use crate::cut::{self, KeyRange};
use crate::error::{DatabaseError, DatabaseErrorKind};
use crate::load::Throttle;
use crate::session::{Dialect, Failure, Joiner, Key, Opened, Query, Rows, Session};
use crate::spelling::{self, Adding, Part, RangeSums, Spelling, SpellingRequest, Unsummed};
use crate::table::TableInfo;
use crate::{mysql, postgres, sqlite};

/// How often a read is begun again when its connection is lost.
const ATTEMPTS: usize = 3;
/// Bytes of a table that cannot be cut that wait to be taken, about and at most.
const HELD_MAX: usize = 64 << 20;
/// How often it is looked at whether a read that was paused may go on, beside being told.
const LOOKED_AT: Duration = Duration::from_millis(50);

/// Is an open database: one moment of it, for as long as this value lives.
pub struct Database {
    shown: String,
    shared: Arc<Shared>,
}

/// What reading threads share.
#[derive(Debug)]
struct Shared {
    product: String,
    snapshot: String,
    tables: Vec<Arc<TableInfo>>,
    barred: Vec<String>,
    joiner: Option<Box<dyn Joiner>>,
    dialect: Dialect,
    pool: Mutex<Pool>,
    returned: Condvar,
    throttle: Option<Throttle>,
    /// Bytes that a read without a key holds.
    held_max: usize,
}

/// The sessions that nobody uses, and how many there are in all.
#[derive(Default)]
struct Pool {
    idle: Vec<Box<dyn Session>>,
    alive: usize,
    /// How many wait for one.
    waiting: usize,
    lost: String,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} sessions idle", self.idle.len(), self.alive)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({}, {})", self.shown, self.product())
    }
}

impl Database {
    /// Connects `sessions` times, unless the address says how often, for reading only, all to the same moment, and learns the tables.
    ///
    /// # Errors
    /// When the server cannot be reached or lets nobody in, when the connection cannot be secured,
    /// when a write would not fail, and when the connections cannot be brought to one moment.
    pub fn open(address: &Address, sessions: usize) -> Result<Database, DatabaseError> {
        let opened = apart(|| {
            let sessions = address.connections().unwrap_or(sessions).max(1);
            let password = address.password()?;
            let opened = match &address.kind {
                Kind::Postgres(server) => postgres::open(server, password.as_deref(), sessions),
                Kind::Mysql(server) => mysql::open(server, password.as_deref(), sessions),
                Kind::Sqlite(path, dates) => sqlite::open(path, *dates, sessions),
            };
            let opened = opened.and_then(|opened| {
                address.gauge(password.as_deref())?;
                Ok(opened)
            });
            opened.map_err(|error| error.without(password.as_deref().unwrap_or_default()))
        });
        let throttle = address.throttle.clone();
        Ok(Database::of(address.to_string(), opened?, throttle))
    }

    fn of(shown: String, mut opened: Opened, throttle: Option<Throttle>) -> Database {
        let is_shown = |table: &Arc<TableInfo>| !crate::Writer::is_own(&table.name);
        opened.tables.retain(is_shown);
        let snapshot = match &throttle {
            Some(throttle) => format!("{}, {}", opened.snapshot, throttle.load()),
            None => opened.snapshot,
        };
        let pool = Pool {
            alive: opened.sessions.len(),
            idle: opened.sessions,
            waiting: 0,
            lost: String::new(),
        };
        Database {
            shown,
            shared: Arc::new(Shared {
                product: opened.product,
                snapshot,
                tables: opened.tables,
                barred: opened.barred,
                joiner: opened.joiner,
                dialect: opened.dialect,
                pool: Mutex::new(pool),
                returned: Condvar::new(),
                throttle,
                held_max: HELD_MAX,
            }),
        }
    }

    /// Returns what it is, such as `PostgreSQL 15.14`.
    pub fn product(&self) -> &str {
        &self.shared.product
    }

    /// Returns the moment that is read, in the database's own words, and with what load.
    pub fn snapshot(&self) -> &str {
        &self.shared.snapshot
    }

    /// Returns its tables and views, by name; without those that a conversion keeps for itself.
    pub fn tables(&self) -> &[Arc<TableInfo>] {
        &self.shared.tables
    }

    /// Returns the names of tables that are there and that the user may not read, as far as the
    /// server tells of them.
    pub fn barred(&self) -> &[String] {
        &self.shared.barred
    }

    /// Cuts a table into ranges of `rows` records each, the last one shorter; one range for a table
    /// whose records are not found in an order. The same content is always cut alike.
    ///
    /// # Errors
    /// When the connection is lost, or the server says no.
    pub fn cut(&self, table: usize, rows: u64) -> Result<Vec<KeyRange>, DatabaseError> {
        let table = Arc::clone(&self.tables()[table]);
        apart(|| {
            let mut ranges = Vec::new();
            self.shared.with_session(|session| {
                ranges = cut::cut(session, &table, rows, self.shared.throttle.as_ref())?;
                Ok(())
            })?;
            Ok(ranges)
        })
    }

    /// Starts to read some columns of a range, in the order of the key. The range is read on a
    /// thread of its own and held until it is asked for, so that no session waits for its reader. Where
    /// it gives another number of records than were counted, that is an error in the end.
    pub fn read(
        &self,
        table: usize,
        range: &KeyRange,
        columns: &[usize],
        batch_rows: usize,
    ) -> Records {
        let rows = Rows::Range {
            after: range.after.clone(),
            upto: range.upto.clone(),
        };
        let query = self.query(table, rows, columns, batch_rows);
        self.start(query, range.first_row, range.rows)
    }

    /// The first so many records of a range, as a range; all of it where it has no more, or where
    /// they cannot be told for want of an order.
    ///
    /// # Errors
    /// When the connection is lost, or the server says no.
    pub fn beginning(
        &self,
        table: usize,
        range: &KeyRange,
        rows: u64,
    ) -> Result<KeyRange, DatabaseError> {
        let rows = rows.max(1);
        if range.rows.is_none_or(|all| all <= rows) {
            return Ok(range.clone());
        }
        let table = Arc::clone(&self.tables()[table]);
        let upto = self.key_behind(&table, range.after.as_ref(), rows)?;
        Ok(KeyRange {
            rows: Some(rows),
            upto,
            ..range.clone()
        })
    }

    /// Starts to read some columns of the records of a range that are in a part, as
    /// [`Database::read`] does. Where they are numbered, the number that each has in the range comes
    /// behind its columns, from 1.
    pub fn read_part(
        &self,
        table: usize,
        range: &KeyRange,
        columns: &[usize],
        part: &Arc<Part>,
        is_numbered: bool,
        batch_rows: usize,
    ) -> Records {
        let rows = Rows::Range {
            after: range.after.clone(),
            upto: range.upto.clone(),
        };
        let query = Query {
            part: Some(Arc::clone(part)),
            is_numbered,
            ..self.query(table, rows, columns, batch_rows)
        };
        self.start(query, range.first_row, range.rows)
    }

    /// Starts to read the records of some keys, in the order of the key; keys that are not there are
    /// passed over.
    pub fn read_keys(
        &self,
        table: usize,
        keys: Vec<Key>,
        columns: &[usize],
        batch_rows: usize,
    ) -> Records {
        let query = self.query(table, Rows::Keys(keys.into()), columns, batch_rows);
        self.start(query, 0, None)
    }

    /// The numbers in the table of some records of a range, whose keys are given in their order and
    /// are there.
    ///
    /// # Errors
    /// When the connection is lost, or the server says no.
    pub fn numbers(
        &self,
        table: usize,
        range: &KeyRange,
        keys: &[Key],
    ) -> Result<Vec<u64>, DatabaseError> {
        let table = Arc::clone(&self.tables()[table]);
        if let Some(numbers) = range.numbers_told(&table, keys) {
            return Ok(numbers);
        }
        apart(|| {
            if let Some(throttle) = &self.shared.throttle {
                throttle.wait()?;
                throttle.count(range.rows.unwrap_or_default());
            }
            let mut counts = Vec::new();
            self.shared.with_session(|session| {
                counts = session.count_up_to(&table, range.after.as_ref(), keys)?;
                Ok(())
            })?;
            let before = range.first_row - 1;
            Ok(counts.into_iter().map(|count| before + count).collect())
        })
    }

    /// Whether many records of a range are numbered as easily as a few: by their keys alone, or by one
    /// statement, as long as the load lets one walk over the whole range.
    pub fn numbers_many(&self, table: usize, range: &KeyRange) -> bool {
        let table = &self.tables()[table];
        let is_postgres = matches!(self.shared.dialect, Dialect::Postgres { .. });
        let step = self.shared.throttle.as_ref().and_then(Throttle::step);
        let is_one_step = step.is_none_or(|step| range.rows.is_some_and(|rows| rows <= step));
        let is_counted_at_once = is_postgres && is_one_step && table.has_number_as_key();
        range.has_every_number(table) || is_counted_at_once
    }

    /// Says how the server would spell the records of a table.
    ///
    /// # Errors
    /// Why it cannot; they can be read all the same.
    pub fn spelling(&self, table: usize, request: &SpellingRequest) -> Result<Spelling, String> {
        spelling::spelling(&self.shared.dialect, table, &self.tables()[table], request)
    }

    /// The records of a table that may fulfil a condition, as the server picks them out: all that do,
    /// and maybe others. None where all would have to be read.
    pub fn part_of(&self, table: usize, condition: &Condition) -> Option<Part> {
        condition::part(&self.shared.dialect, &self.tables()[table], condition)
    }

    /// Has the server spell, digest and add up the records of some ranges, each of which begins
    /// where the one before it ends.
    ///
    /// # Errors
    /// When the server cannot, or gives other records than were counted; and when the connection is
    /// lost or the server takes too long.
    pub fn add_up(&self, spelling: &Spelling, ranges: &[KeyRange]) -> Result<RangeSums, Unsummed> {
        let unfit = |error: DatabaseError| match &error.kind {
            DatabaseErrorKind::Statement { why, .. } => Unsummed::Unfit(why.clone()),
            _ => Unsummed::Failed(error),
        };
        let table = Arc::clone(&self.tables()[spelling.table]);
        let counted: Option<u64> = ranges.iter().map(|range| range.rows).sum();
        let counted = counted.ok_or_else(|| Unsummed::Unfit("it has no primary key".to_owned()))?;
        let mut after = ranges.first().and_then(|range| range.after.clone());
        let upto = ranges.last().and_then(|range| range.upto.clone());
        let step = self.shared.throttle.as_ref().and_then(Throttle::step);
        let step = step.unwrap_or(u64::MAX);
        let mut sums = RangeSums::default();
        let mut left = counted;
        loop {
            let to = match left <= step {
                true => upto.clone(),
                false => self
                    .key_behind(&table, after.as_ref(), step)
                    .map_err(unfit)?,
            };
            let stretch = (after.as_ref(), to.as_ref(), left.min(step));
            let ask = |adding| self.ask(&table, stretch, adding).map_err(unfit);
            let read = spelling.read_digests(ask(spelling.digests())?, &mut sums);
            read.map_err(Unsummed::Unfit)?;
            if let Some(adding) = spelling.figures() {
                let read = spelling.read_figures(ask(adding)?, &mut sums);
                read.map_err(Unsummed::Unfit)?;
            }
            if left <= step {
                break;
            }
            left -= step;
            after = to;
        }
        let all = sums.buckets.iter().map(|bucket| bucket.records);
        let grouped = sums.groups.iter().map(|group| group.records);
        let is_whole = all.sum::<u64>() == counted
            && (spelling.figures().is_none() || grouped.sum::<u64>() == counted);
        match is_whole {
            true => Ok(sums),
            false => Err(Unsummed::Unfit(
                "its records are not those that were counted".to_owned(),
            )),
        }
    }

    /// The key of the last one of so many records behind another.
    fn key_behind(
        &self,
        table: &TableInfo,
        after: Option<&Key>,
        records: u64,
    ) -> Result<Option<Key>, DatabaseError> {
        apart(|| {
            if let Some(throttle) = &self.shared.throttle {
                throttle.wait()?;
                throttle.count(records);
            }
            let mut key = None;
            self.shared.with_session(|session| {
                key = session.key_at(table, after, records - 1)?;
                Ok(())
            })?;
            Ok(key)
        })
    }

    /// Runs a statement over so many records behind one key and up to another, when the load allows
    /// it.
    fn ask(
        &self,
        table: &TableInfo,
        (after, upto, records): (Option<&Key>, Option<&Key>, u64),
        adding: &Adding,
    ) -> Result<Vec<Vec<Option<String>>>, DatabaseError> {
        apart(|| {
            if let Some(throttle) = &self.shared.throttle {
                throttle.wait()?;
                throttle.count(records);
            }
            let mut rows = Vec::new();
            self.shared.with_session(|session| {
                rows = session.add_up(table, after, upto, adding)?;
                Ok(())
            })?;
            Ok(rows)
        })
    }

    /// Returns how many connections are open.
    pub fn sessions(&self) -> usize {
        self.shared.pool().alive
    }

    fn query(&self, table: usize, rows: Rows, columns: &[usize], batch_rows: usize) -> Query {
        let table = Arc::clone(&self.tables()[table]);
        Query {
            is_paced: self.shared.throttle.is_some() && !table.is_ordered(),
            table,
            columns: columns.to_vec(),
            rows,
            part: None,
            is_numbered: false,
            batch_rows: batch_rows.max(1),
        }
    }

    fn start(&self, query: Query, first_row: u64, count: Option<u64>) -> Records {
        let (to, receiver) = mpsc::channel();
        let held = Arc::new(Held::default());
        let sender = Sender {
            to,
            is_closed: AtomicBool::new(false),
            held: Arc::clone(&held),
        };
        let shared = Arc::clone(&self.shared);
        let started = thread::Builder::new()
            .name("database".to_owned())
            .spawn(move || shared.read(&query, first_row, count, &sender));
        let failed = started.err().map(|error| {
            DatabaseError::new(DatabaseErrorKind::Lost(format!(
                "no thread to read on: {error}"
            )))
        });
        Records {
            receiver,
            failed,
            held,
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let pool = std::mem::take(&mut *self.pool());
        // Closing a connection may block, which some threads must not.
        let closing = thread::Builder::new().spawn(move || drop(pool));
        drop(closing.map(|thread| thread.join()));
    }
}

/// Does something on a thread of its own: connections block, which a thread that drives other
/// work must not.
pub(crate) fn apart<T: Send>(
    work: impl FnOnce() -> Result<T, DatabaseError> + Send,
) -> Result<T, DatabaseError> {
    thread::scope(|scope| match scope.spawn(work).join() {
        Ok(done) => done,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

impl Shared {
    fn pool(&self) -> MutexGuard<'_, Pool> {
        lock(&self.pool)
    }

    /// Waits until a session is idle; the error of the last one lost where none is left.
    fn take(&self) -> Result<Box<dyn Session>, DatabaseError> {
        let mut pool = self.pool();
        loop {
            if let Some(session) = pool.idle.pop() {
                return Ok(session);
            }
            if pool.alive == 0 {
                let kind = DatabaseErrorKind::Lost(pool.lost.clone());
                return Err(DatabaseError::new(kind)
                    .mend("what it read of that moment is gone with it: start again"));
            }
            pool.waiting += 1;
            pool = self
                .returned
                .wait(pool)
                .unwrap_or_else(PoisonError::into_inner);
            pool.waiting -= 1;
        }
    }

    fn give_back(&self, session: Box<dyn Session>) {
        self.pool().idle.push(session);
        self.returned.notify_one();
    }

    /// Counts a session as lost, unless another one of the same snapshot takes its place.
    fn lose(&self, session: Box<dyn Session>, why: String) {
        drop(session);
        let another = self.joiner.as_ref().and_then(|joiner| joiner.another());
        let mut pool = self.pool();
        match another {
            Some(session) => pool.idle.push(session),
            None => {
                pool.alive -= 1;
                pool.lost = why;
            }
        }
        self.returned.notify_all();
    }

    /// Works with a session, and with another one when its connection is lost.
    fn with_session(
        &self,
        mut work: impl FnMut(&mut dyn Session) -> Result<(), Failure>,
    ) -> Result<(), DatabaseError> {
        let mut attempts = 1;
        loop {
            let mut session = self.take()?;
            match panic::catch_unwind(AssertUnwindSafe(|| work(&mut *session))) {
                // Whoever reads must not take this for the end, nor wait for the session.
                Err(_) => {
                    let why = "a fault in this program, a thread panicked".to_owned();
                    self.lose(session, why.clone());
                    return Err(DatabaseError::new(DatabaseErrorKind::Lost(why)));
                }
                Ok(Err(Failure::Lost(why))) => {
                    self.lose(session, why.clone());
                    if attempts >= ATTEMPTS {
                        return Err(DatabaseError::new(DatabaseErrorKind::Lost(why))
                            .mend(format!("it was tried {ATTEMPTS} times: start again")));
                    }
                    attempts += 1;
                }
                Ok(done) => {
                    self.give_back(session);
                    return match done {
                        Ok(()) => Ok(()),
                        Err(Failure::Error(error)) => Err(error),
                        // A read names the record itself: this is a key.
                        Err(Failure::Value { why, .. } | Failure::Lost(why)) => {
                            let what = "reading a key".to_owned();
                            Err(DatabaseError::new(DatabaseErrorKind::Statement {
                                what,
                                why,
                            }))
                        }
                    };
                }
            }
        }
    }

    /// Reads a query and sends its batches.
    fn read(&self, query: &Query, first_row: u64, count: Option<u64>, sender: &Sender) {
        let read = match query.unread() {
            Some(error) => Err(error),
            None => self.read_in_steps(query, first_row, count, sender),
        };
        let whole = read.and_then(|read| match count {
            Some(counted) if counted != read && is_whole(query, sender) => {
                Err(not_as_counted(&query.table, counted, read))
            }
            _ => Ok(()),
        });
        if let Err(error) = whole {
            // Whoever wanted the records may be gone.
            sender.send(Err(error));
        }
    }

    /// Reads a range in as many statements as its load asks for: none is long enough for the server
    /// to notice, and between them is waited. Gives how many records came.
    fn read_in_steps(
        &self,
        query: &Query,
        first_row: u64,
        count: Option<u64>,
        sender: &Sender,
    ) -> Result<u64, DatabaseError> {
        let step = self.throttle.as_ref().and_then(Throttle::step);
        let (Some(step), Some(count), Rows::Range { after, upto }) = (step, count, &query.rows)
        else {
            return self.read_at_once(query, first_row, 0, sender);
        };
        let mut after = after.clone();
        let mut done = 0;
        let mut read = 0;
        while done < count {
            let is_last = count - done <= step;
            let mut upto = upto.clone();
            if !is_last {
                self.with_session(|session| {
                    upto = session.key_at(&query.table, after.as_ref(), step - 1)?;
                    Ok(())
                })?;
            }
            let part = Query {
                rows: Rows::Range {
                    after: after.take(),
                    upto: upto.clone(),
                },
                ..query.clone()
            };
            read += self.read_at_once(&part, first_row + done, done, sender)?;
            if let (Some(throttle), true) = (&self.throttle, part.part.is_some()) {
                // Whatever the server has picked out, it has looked at all.
                throttle.count(step.min(count - done));
            }
            if is_last || sender.is_closed() {
                break;
            }
            after = upto;
            done += step;
        }
        Ok(read)
    }

    /// Reads what one statement gives, and says how many records that were. After a lost connection it
    /// goes on behind the last record sent: in one snapshot and one order, the same records come again.
    /// Where they are numbered, so many came in statements before.
    fn read_at_once(
        &self,
        query: &Query,
        first_row: u64,
        numbered: u64,
        sender: &Sender,
    ) -> Result<u64, DatabaseError> {
        if let Some(throttle) = &self.throttle {
            throttle.wait()?;
        }
        let is_ordered = query.is_ordered();
        // What cannot be cut is but one statement, however long it takes.
        let waits = self.throttle.as_ref().filter(|_| query.is_paced);
        let mut waited = Ok(());
        let mut sent = 0_usize;
        self.with_session(|session| {
            let mut to_skip = sent;
            let read = session.read(query, &mut |batch| {
                let skipped = to_skip.min(batch.num_rows());
                to_skip -= skipped;
                let new = batch.slice(skipped, batch.num_rows() - skipped);
                let new = match query.is_numbered {
                    true => numbered_from(&new, numbered),
                    false => new,
                };
                sent += new.num_rows();
                // What was picked out is counted with what was not.
                if let (Some(throttle), None) = (&self.throttle, &query.part) {
                    throttle.count(new.num_rows() as u64);
                }
                if let Some(throttle) = waits {
                    waited = throttle.wait();
                }
                let is_wanted = waited.is_ok() && (new.num_rows() == 0 || sender.send(Ok(new)));
                if is_wanted && !is_ordered {
                    self.pause(sender);
                }
                is_wanted
            });
            match read {
                Err(Failure::Value { row, column, why }) => {
                    Err(name_value(session, query, first_row, row, column, why).into())
                }
                // Without an order, what was sent already cannot be told from the rest.
                Err(Failure::Lost(why)) if sent > 0 && !is_ordered => {
                    let kind = DatabaseErrorKind::Lost(why);
                    Err(DatabaseError::new(kind)
                        .mend("a table without a key cannot be read on: start again")
                        .into())
                }
                other => other,
            }
        })?;
        waited.map(|()| sent as u64)
    }

    /// Waits until what a read has sent is taken, but for so many bytes. Where somebody waits for a
    /// session it goes on: whoever takes its records may be waiting for just that.
    fn pause(&self, sender: &Sender) {
        let mut waiting = lock(&sender.held.waiting);
        while waiting.bytes > self.held_max && !waiting.is_over && self.pool().waiting == 0 {
            let taken = sender.held.taken.wait_timeout(waiting, LOOKED_AT);
            waiting = taken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Whether a read was to give just the records that were counted, and somebody wanted all of them.
fn is_whole(query: &Query, sender: &Sender) -> bool {
    let is_range = matches!(query.rows, Rows::Range { .. }) && query.part.is_none();
    is_range && query.table.keeps_moment && !sender.is_closed()
}

/// The error of a range that gives more records than were counted in the same moment, or fewer. Whoever
/// empties a table or writes it anew takes it out of all earlier moments; and an index that is sorted
/// otherwise than its collation says finds other records from one end than from the other.
fn not_as_counted(table: &TableInfo, counted: u64, read: u64) -> DatabaseError {
    let what = format!("reading {}", table.full_name());
    let why = format!("{read} records came where {counted} were counted");
    DatabaseError::new(DatabaseErrorKind::Statement { what, why }).mend(
        "it was emptied or written anew meanwhile, or the index of its key is damaged: start again",
    )
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What was sent and not yet taken.
#[derive(Debug, Default)]
struct Held {
    waiting: Mutex<Waiting>,
    taken: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    bytes: usize,
    /// Whether nobody takes anything any more.
    is_over: bool,
}

/// Where batches go, until nobody wants them any longer.
struct Sender {
    to: mpsc::Sender<Result<RecordBatch, DatabaseError>>,
    is_closed: AtomicBool,
    held: Arc<Held>,
}

impl Sender {
    fn send(&self, batch: Result<RecordBatch, DatabaseError>) -> bool {
        if let Ok(batch) = &batch {
            lock(&self.held.waiting).bytes += batch.get_array_memory_size();
        }
        let is_taken = self.to.send(batch).is_ok();
        if !is_taken {
            self.is_closed.store(true, Ordering::Relaxed);
        }
        is_taken
    }

    fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed)
    }
}

/// The same records, their numbers in the last column counted on from others.
fn numbered_from(batch: &RecordBatch, before: u64) -> RecordBatch {
    let before = before.cast_signed();
    let mut columns = batch.columns().to_vec();
    if let Some(last) = columns.last_mut() {
        let numbers = last.as_primitive::<Int64Type>();
        let counted: Int64Array = numbers.unary(|number| number.saturating_add(before));
        *last = Arc::new(counted);
    }
    RecordBatch::try_new(batch.schema(), columns).expect("the same columns, of the same types")
}

/// The error of a value, with the key of its record.
fn name_value(
    session: &mut dyn Session,
    query: &Query,
    first_row: u64,
    row: u64,
    column: usize,
    why: String,
) -> DatabaseError {
    let table = &query.table;
    let record =
        key_of(session, query, row).unwrap_or_else(|| format!("record {}", first_row.max(1) + row));
    DatabaseError::new(DatabaseErrorKind::Value {
        table: table.full_name(),
        record,
        column: table.columns[query.columns[column]].name.clone(),
        why,
    })
}

/// The key of one of the records of a query, read again; `None` where it has none or cannot be had.
fn key_of(session: &mut dyn Session, query: &Query, row: u64) -> Option<String> {
    if query.table.key.is_empty() {
        return None;
    }
    let keys = Query {
        columns: query.table.key.clone(),
        is_numbered: false,
        ..query.clone()
    };
    let mut seen = 0;
    let mut named = None;
    let read = session.read(&keys, &mut |batch| {
        let index = usize::try_from(row - seen)
            .ok()
            .filter(|at| *at < batch.num_rows());
        named = index.map(|at| named_key(&batch, at));
        seen += batch.num_rows() as u64;
        named.is_none()
    });
    read.ok().and(named)
}

fn named_key(batch: &RecordBatch, row: usize) -> String {
    let options = FormatOptions::new();
    let value = |array: &dyn Array| {
        let formatter = ArrayFormatter::try_new(array, &options).ok()?;
        formatter.value(row).try_to_string().ok()
    };
    let named: Vec<String> = batch
        .schema()
        .fields()
        .iter()
        .zip(batch.columns())
        .map(|(field, array)| {
            let value = value(array).unwrap_or_else(|| "?".to_owned());
            format!("{} {value}", field.name())
        })
        .collect();
    named.join(", ")
}

/// Gives the records of a read, batch by batch. After an error it gives nothing more.
#[derive(Debug)]
pub struct Records {
    receiver: mpsc::Receiver<Result<RecordBatch, DatabaseError>>,
    failed: Option<DatabaseError>,
    held: Arc<Held>,
}

impl Drop for Records {
    fn drop(&mut self) {
        lock(&self.held.waiting).is_over = true;
        self.held.taken.notify_all();
    }
}

impl Iterator for Records {
    type Item = Result<RecordBatch, DatabaseError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.failed.take() {
            Some(error) => Some(Err(error)),
            None => {
                let taken = self.receiver.recv().ok();
                if let Some(Ok(batch)) = &taken {
                    lock(&self.held.waiting).bytes -= batch.get_array_memory_size();
                    self.held.taken.notify_all();
                }
                taken
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::ColumnInfo;
    use arrow_schema::DataType;
    use proptest::prelude::*;
    use std::sync::atomic::AtomicUsize;

    /// A server of one table, the numbers from 1 to `records`, whose connections are lost.
    #[derive(Debug, Clone)]
    struct Flaky {
        records: i64,
        /// After how many batches each next session is lost; the last ones never are.
        losses: Arc<Mutex<Vec<usize>>>,
        /// How many more sessions there may be.
        more: Arc<AtomicUsize>,
        /// How many batches were given.
        given: Arc<AtomicUsize>,
    }

    /// Of a session that panics.
    const PANICS: usize = 777;

    struct FlakySession {
        server: Flaky,
        batches: usize,
    }

    impl Flaky {
        fn session(&self) -> Box<dyn Session> {
            let batches = self
                .losses
                .lock()
                .expect("no panic")
                .pop()
                .unwrap_or(usize::MAX);
            Box::new(FlakySession {
                server: self.clone(),
                batches,
            })
        }
    }

    impl Joiner for Flaky {
        fn another(&self) -> Option<Box<dyn Session>> {
            let more = self
                .more
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |more| {
                    more.checked_sub(1)
                });
            more.is_ok().then(|| self.session())
        }
    }

    impl Session for FlakySession {
        fn key_at(
            &mut self,
            _: &TableInfo,
            _: Option<&Key>,
            _: u64,
        ) -> Result<Option<Key>, Failure> {
            match self.batches {
                0 => Err(Failure::Lost("no more".to_owned())),
                _ => Ok(None),
            }
        }

        fn count(
            &mut self,
            _: &TableInfo,
            _: Option<&Key>,
            _: Option<&Key>,
        ) -> Result<u64, Failure> {
            Ok(self.server.records.unsigned_abs())
        }

        fn read(
            &mut self,
            query: &Query,
            give: &mut dyn FnMut(RecordBatch) -> bool,
        ) -> Result<(), Failure> {
            let all: Vec<i64> = (1..=self.server.records).collect();
            for some in all.chunks(query.batch_rows) {
                assert_ne!(self.batches, PANICS, "a fault");
                if self.batches == 0 {
                    return Err(Failure::Lost("no more".to_owned()));
                }
                self.batches -= 1;
                self.server.given.fetch_add(1, Ordering::SeqCst);
                let column = Arc::new(Int64Array::from(some.to_vec()));
                let batch = RecordBatch::try_new(query.schema(), vec![column]).expect("a batch");
                if !give(batch) {
                    return Ok(());
                }
            }
            Ok(())
        }
    }

    /// A database with so many sessions, and losses from the last one to the first.
    fn flaky(
        sessions: usize,
        records: i64,
        losses: &[usize],
        more: usize,
        key: &[usize],
    ) -> Database {
        counted(sessions, records, losses, more, key).0
    }

    /// The same, and how many batches it has given.
    fn counted(
        sessions: usize,
        records: i64,
        losses: &[usize],
        more: usize,
        key: &[usize],
    ) -> (Database, Arc<AtomicUsize>) {
        let table = TableInfo {
            name: "t".to_owned(),
            schema: None,
            is_view: false,
            comment: None,
            columns: vec![ColumnInfo {
                name: "k".to_owned(),
                declared: "int".to_owned(),
                data_type: DataType::Int64,
                is_nullable: false,
                is_granted: true,
                comment: None,
                asked: "k".to_owned(),
            }],
            key: key.to_vec(),
            rows_estimate: None,
            bytes_estimate: None,
            has_places: false,
            keeps_moment: true,
        };
        let server = Flaky {
            records,
            losses: Arc::new(Mutex::new(losses.to_vec())),
            more: Arc::new(AtomicUsize::new(more)),
            given: Arc::default(),
        };
        let given = Arc::clone(&server.given);
        let opened = Opened {
            product: "Flaky 1.0".to_owned(),
            snapshot: "one moment".to_owned(),
            tables: vec![Arc::new(table)],
            barred: Vec::new(),
            sessions: (0..sessions).map(|_| server.session()).collect(),
            joiner: Some(Box::new(server)),
            dialect: Dialect::Sqlite,
        };
        (Database::of("flaky".to_owned(), opened, None), given)
    }

    const WHOLE: KeyRange = KeyRange {
        first_row: 1,
        rows: None,
        after: None,
        upto: None,
    };

    /// The numbers read, and the error at the end.
    fn read(database: &Database, batch_rows: usize) -> (Vec<i64>, Option<String>) {
        let mut numbers = Vec::new();
        let mut records = database.read(0, &WHOLE, &[0], batch_rows);
        for batch in &mut records {
            match batch {
                Ok(batch) => {
                    numbers.extend(batch.column(0).as_primitive::<Int64Type>().values());
                }
                Err(error) => {
                    assert!(records.next().is_none(), "after an error comes nothing");
                    return (numbers, Some(error.to_string()));
                }
            }
        }
        (numbers, None)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        /// A lost connection loses and repeats no record, wherever it breaks off.
        #[test]
        fn what_was_read_before_a_loss_comes_once(
            records in 0_i64..40,
            losses in prop::collection::vec(0_usize..12, 0..3),
            batch_rows in 1_usize..9,
        ) {
            let database = flaky(1, records, &losses, 2, &[0]);
            let (numbers, error) = read(&database, batch_rows);
            prop_assert_eq!(error, None);
            prop_assert_eq!(numbers, (1..=records).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_connection_lost_too_often_is_an_error_with_its_mend() {
        let database = flaky(1, 9, &[1, 1, 1], 2, &[0]);
        let (numbers, error) = read(&database, 2);
        assert_eq!(numbers, [1, 2]);
        let often = error.expect("lost");
        // No session is left: an error for everyone, and nobody waits.
        let left = read(&database, 2).1.expect("lost");
        let cut = database.cut(0, 3).expect_err("lost").to_string();
        assert_eq!(left, cut);
        insta::assert_snapshot!(format!("{often}\n{left}"), @"
        the connection was lost: no more; it was tried 3 times: start again
        the connection was lost: no more; what it read of that moment is gone with it: start again
        ");
    }

    #[test]
    fn a_table_without_a_key_is_not_read_on_after_a_loss() {
        let database = flaky(1, 9, &[1], 5, &[]);
        let (numbers, error) = read(&database, 2);
        assert_eq!(numbers, [1, 2]);
        insta::assert_snapshot!(error.expect("lost"), @"the connection was lost: no more; a table without a key cannot be read on: start again");
        // From its beginning it can be read again.
        let database = flaky(1, 3, &[0], 5, &[]);
        assert_eq!(read(&database, 2), (vec![1, 2, 3], None));
    }

    #[test]
    fn a_range_that_gives_other_records_than_were_counted_is_an_error() {
        let counted = |rows: u64| KeyRange {
            rows: Some(rows),
            ..WHOLE
        };
        let database = flaky(1, 9, &[], 0, &[0]);
        let told = |rows: u64| {
            let read = database.read(0, &counted(rows), &[0], 4);
            let told: Vec<String> = read
                .map(|batch| match batch {
                    Ok(batch) => batch.num_rows().to_string(),
                    Err(error) => error.to_string(),
                })
                .collect();
            told.join(", ")
        };
        insta::assert_snapshot!([told(9), told(10), told(8)].join("\n"), @"
        4, 4, 1
        4, 4, 1, reading t: 9 records came where 10 were counted; it was emptied or written anew meanwhile, or the index of its key is damaged: start again
        4, 4, 1, reading t: 9 records came where 8 were counted; it was emptied or written anew meanwhile, or the index of its key is damaged: start again
        ");
    }

    #[test]
    fn a_lost_session_is_one_less_for_the_others() {
        // The session that is lent out first is the one made last.
        let database = flaky(2, 100, &[0, usize::MAX], 0, &[0]);
        let open: Vec<_> = (0..20).map(|_| database.read(0, &WHOLE, &[0], 7)).collect();
        for records in open {
            assert_eq!(
                records
                    .map(|batch| batch.expect("read").num_rows())
                    .sum::<usize>(),
                100
            );
        }
        assert_eq!(database.shared.pool().alive, 1);
    }

    #[test]
    fn a_panic_is_an_error_and_not_the_end_of_a_table() {
        let database = flaky(1, 9, &[PANICS + 1], 0, &[0]);
        let (numbers, error) = read(&database, 2);
        assert_eq!(numbers, [1, 2]);
        // Nobody waits for the session.
        let left = read(&database, 2).1.expect("lost");
        insta::assert_snapshot!(format!("{}\n{left}", error.expect("lost")), @"
        the connection was lost: a fault in this program, a thread panicked
        the connection was lost: a fault in this program, a thread panicked; what it read of that moment is gone with it: start again
        ");
    }

    /// Whether one may work while others read, from any thread: nothing here waits for a reader.
    #[test]
    fn reads_from_many_threads_share_few_sessions() {
        let database = flaky(2, 50, &[], 0, &[0]);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for batch_rows in 1..20 {
                        assert_eq!(read(&database, batch_rows).0.len(), 50);
                        assert_eq!(database.cut(0, 10).expect("cut")[0].rows, Some(50));
                    }
                });
            }
        });
    }

    /// A table without a key, of which so many batches are held.
    fn held(batches: usize) -> (Database, Arc<AtomicUsize>) {
        let (mut database, given) = counted(1, 1_000, &[], 0, &[]);
        let one = read_one(&database).get_array_memory_size();
        given.store(0, Ordering::SeqCst);
        let shared = Arc::get_mut(&mut database.shared).expect("nobody reads");
        shared.held_max = one * batches;
        (database, given)
    }

    /// One batch of one record; the read is over when it returns.
    fn read_one(database: &Database) -> RecordBatch {
        let all: Vec<_> = database.read(0, &WHOLE, &[0], 1).collect();
        while Arc::strong_count(&database.shared) > 1 {
            thread::yield_now();
        }
        let one = all.into_iter().next().expect("a record");
        one.expect("it is read")
    }

    #[test]
    fn a_table_without_a_key_is_read_no_faster_than_it_is_taken() {
        let (database, given) = held(5);
        let mut records = database.read(0, &WHOLE, &[0], 1);
        for taken in 0..1_000 {
            // One more than may be held has been sent, and one is being made.
            while given.load(Ordering::SeqCst) < (taken + 6).min(1_000) {
                thread::yield_now();
            }
            thread::sleep(Duration::from_micros(50));
            let ahead = given.load(Ordering::SeqCst) - taken;
            assert!(ahead <= 7, "{ahead} batches are held");
            records.next().expect("a batch").expect("it is read");
        }
        assert!(records.next().is_none());
    }

    #[test]
    fn a_read_that_is_paused_holds_up_nobody_who_waits_for_its_session() {
        let (database, given) = held(5);
        let mut first = database.read(0, &WHOLE, &[0], 1);
        while given.load(Ordering::SeqCst) < 6 {
            thread::yield_now();
        }
        assert_eq!(read(&database, 1).0.len(), 1_000);
        assert_eq!(first.by_ref().count(), 1_000);
        // Nor one of which nobody wants more.
        let paused = database.read(0, &WHOLE, &[0], 1);
        drop(paused);
        assert_eq!(read(&database, 1).0.len(), 1_000);
    }

    #[test]
    fn a_database_is_shown_by_its_address_and_product() {
        let database = flaky(1, 0, &[], 0, &[0]);
        assert_eq!(format!("{database:?}"), "Database(flaky, Flaky 1.0)");
        assert_eq!(database.snapshot(), "one moment");
        assert_eq!(
            format!("{:?}", database.shared.pool()),
            "1 of 1 sessions idle"
        );
    }
}
