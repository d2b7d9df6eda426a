//! Fills an empty store with a history that `ruixin-history` wrote as CSV; the service goes on with it.
//!
//! Everything is checked on the way, or refused with file, line and mend: the check code of each
//! record, its codes, what it names; that each account's records follow from one another and come to
//! its balance; daily totals, banks, refunds and the house's accounts. It is one transaction: what is
//! refused leaves the store as it was.
//!
//! Afterwards numbers go on behind the history's, new records have check codes as the history's, and
//! what is frozen can be released: a withdrawal under way by what the bank answers, other amounts as
//! holds. A release frees the oldest hold of its amount: which of two equal ones it was, no history
//! says. Escrow that waits for a buyer stays where it is, as no command confirms it.

mod flow;
mod folder;
mod rows;
mod sheet;
mod steps;
mod totals;

use std::collections::BTreeMap;
use std::io;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use ruixin_history::{Auditor, Table};
use ruixin_service::store::load::{Loading, Rows, Target};
use ruixin_service::store::{Dialect, StoreError, Value, Write};
use thiserror::Error;

use crate::books::migrations;
use crate::record::Numbering;
use flow::Flow;
use folder::{Checked, Folder};
use rows::{Accounts, Known};

/// Says how a history is brought in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The seed that the history was written with. Left out, small ones are tried.
    pub seed: Option<u64>,
    /// Threads that read and check, beside the one that writes.
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            seed: None,
            threads: 2,
        }
    }
}

/// Is what was brought in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The seed of the history.
    pub seed: u64,
    /// Records of `flow`.
    pub records: u64,
    /// Accounts of users and merchants.
    pub accounts: u64,
    /// Orders.
    pub orders: u64,
    /// Lines of the banks.
    pub bank_lines: u64,
    /// Withdrawals under way.
    pub withdrawals: u64,
    /// Other amounts that are frozen.
    pub holds: u64,
    /// The time of the last record, as `2013-05-27 07:59:59.999`.
    pub until: String,
}

/// Says why a history was not brought in. Nothing has changed then.
#[derive(Debug, Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields are what the messages name")]
pub enum ImportError {
    /// A record cannot be, or does not go with the others.
    #[error("{file}, line {line}: {says}; {mend}")]
    Refused {
        file: String,
        line: u64,
        says: String,
        mend: &'static str,
    },
    /// A file is not there.
    #[error("there is no `{file}`: the folder must hold all that `ruixin-history` writes as CSV")]
    Lacks { file: String },
    /// The history was written in the other format.
    #[error("`{file}` is Parquet: write the history with `--format csv`")]
    Parquet { file: String },
    /// There are books already.
    #[error("the store has {what}: a history goes into an empty one; name a new database")]
    NotEmpty { what: &'static str },
    /// The system refused.
    #[error("cannot read `{path}`: {source}")]
    Io { path: PathBuf, source: io::Error },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn refused(file: &str, line: u64, says: String, mend: &'static str) -> ImportError {
    ImportError::Refused {
        file: file.to_owned(),
        line,
        says,
        mend,
    }
}

/// Brings a history in, and tells of the records of `flow` as they are checked. It blocks.
///
/// No service may run on the store meanwhile: one of SQLite is refused as long as somebody has it
/// open, and a service on PostgreSQL refuses whatever it is asked afterwards, until it is begun again.
///
/// # Errors
///
/// The folder lacks something or does not add up, the store is not empty, or it fails.
pub fn import(
    address: &str,
    folder: &Path,
    options: Options,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Imported, ImportError> {
    // On a thread of its own: the store blocks there, whoever calls.
    thread::scope(|scope| {
        let work = scope.spawn(|| brought_in(address, folder, options, progress));
        work.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}

fn brought_in(
    address: &str,
    folder: &Path,
    options: Options,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Imported, ImportError> {
    let folder = Folder::open(folder)?;
    let auditor = folder.seed(options.seed)?;
    let loading = Loading::begin(address, &migrations())?;
    must_be_empty(&loading)?;
    totals::codes_agree(&folder, &loading)?;
    loading.run(steps::before(loading.dialect()))?;
    let mut known = known(folder, auditor, &loading)?;
    let work = Work {
        loading: &loading,
        threads: options.threads.max(1),
        progress,
        done: AtomicU64::new(0),
    };

    let mut house = Rows::default();
    totals::house(&mut known, &mut house)?;
    loading.fill(steps::ACCOUNT, std::iter::once(Ok::<_, ImportError>(house)))?;
    let mut accounts = work.each_shard(&known, steps::ACCOUNT, rows::accounts)?;
    let numbers = accounts
        .iter_mut()
        .map(|one| std::mem::take(&mut one.numbers));
    known.accounts = numbers.collect();
    let mut orders = work.each_shard(&known, steps::ORDERS, rows::orders)?;
    known.orders = orders
        .iter_mut()
        .map(|one| std::mem::take(&mut one.keys))
        .collect();
    let banks = work.each_shard(&known, steps::CHANNEL_FILE, rows::banks)?;
    let flows = work.each_shard(&known, steps::FLOW, flow::flow)?;

    let all = totals::merged(&flows);
    totals::banks_agree(&known, &flows, &banks)?;
    totals::orders_agree(&orders, &all)?;
    totals::house_agrees(&known, &accounts, &all)?;
    loading.write(&totals::daily(&known, &all)?)?;
    loading.fill(
        steps::HOLD,
        std::iter::once(Ok::<_, ImportError>(held(&all))),
    )?;
    let last = |last: Option<u64>| last.unwrap_or_default();
    let numbering = Numbering {
        auditor,
        shards: known.folder.shards,
    };
    let given = [
        all.last,
        last(orders.iter().map(|one| one.last).max()),
        last(banks.iter().map(|one| one.last).max()),
        last_account(&accounts, numbering),
    ];
    found(&loading, numbering, &all.until, given)?;
    for sql in steps::after(loading.dialect()) {
        loading.run(sql)?;
    }
    loading.commit()?;

    let withdrawals = all
        .holds
        .iter()
        .filter(|held| held.order_id.is_some())
        .count();
    let many = |many: usize| u64::try_from(many).unwrap_or(u64::MAX);
    Ok(Imported {
        seed: auditor.seed(),
        records: all.records,
        accounts: known.accounts.iter().map(|one| many(one.len())).sum(),
        orders: known.orders.iter().map(|one| many(one.len())).sum(),
        bank_lines: banks.iter().map(|one| one.lines).sum(),
        withdrawals: many(withdrawals),
        holds: many(all.holds.len().saturating_sub(withdrawals)),
        until: all.until,
    })
}

fn must_be_empty(loading: &Loading) -> Result<(), ImportError> {
    if loading.dialect() == Dialect::Postgres {
        loading.run(steps::LOCK)?;
    }
    for (what, sql) in steps::EMPTY {
        if !loading.rows(sql, Vec::new())?.is_empty() {
            return Err(ImportError::NotEmpty { what });
        }
    }
    Ok(())
}

fn known(folder: Folder, auditor: Auditor, loading: &Loading) -> Result<Known, ImportError> {
    let texts = |sql: &'static str| {
        let rows = loading.rows(sql, Vec::new())?;
        let texts = rows.iter().map(|row| row.text(0).map(str::to_owned));
        texts.collect::<Result<Vec<_>, _>>()
    };
    Ok(Known {
        folder,
        auditor,
        channels: texts("SELECT channel FROM channel ORDER BY channel")?,
        classes: texts("SELECT class FROM merchant_rate")?
            .into_iter()
            .collect(),
        accounts: Vec::new(),
        house: Vec::new(),
        orders: Vec::new(),
    })
}

/// The number of the account that would have been opened last, if all shards had as many as the
/// fullest one: those behind it are free in every shard.
fn last_account(accounts: &[Accounts], numbering: Numbering) -> u64 {
    let most = accounts
        .iter()
        .map(|one| one.users.max(one.merchants))
        .max();
    let shards = u64::from(numbering.shards);
    most.unwrap_or_default()
        .saturating_mul(shards)
        .saturating_sub(1)
}

fn held(all: &Flow) -> Rows {
    let mut rows = Rows::default();
    for held in &all.holds {
        rows.text(Some(&held.serial));
        rows.text(Some(&held.account));
        rows.text(held.order_id.as_deref());
        rows.fen(Some(held.amount));
        rows.fen(Some(0));
    }
    rows
}

/// Founds the books on what was brought in: the key of the check codes, and the numbers given last.
fn found(
    loading: &Loading,
    numbering: Numbering,
    until: &str,
    given: [u64; 4],
) -> Result<(), ImportError> {
    let given = given.map(|number| Value::Int(i64::try_from(number).unwrap_or(i64::MAX)));
    match loading.dialect() {
        Dialect::Sqlite => loading.write(&[Write::one(steps::COUNTERS_SQLITE, given.into())])?,
        Dialect::Postgres => loading
            .rows(steps::COUNTERS_POSTGRES, given.into())
            .map(drop)?,
    }
    let values = vec![until.into(), numbering.text().into()];
    Ok(loading.write(&[Write::one(steps::FOUND, values)])?)
}

/// Takes a shard's checked records on their way to the store.
struct Out<'a> {
    rows: Rows,
    to: &'a SyncSender<Result<Rows, ImportError>>,
    /// Told of each record of `flow`.
    progress: &'a dyn Fn(u64),
    untold: u64,
}

/// How much text goes to the store at once, and how much of that may wait.
const BATCH: usize = 1 << 18;
const WAITING: usize = 8;
const TOLD_EACH: u64 = 10_000;

impl Out<'_> {
    fn put<const N: usize>(
        &mut self,
        table: Table,
        one: &Checked<'_, N>,
    ) -> Result<(), ImportError> {
        one.put(table, &mut self.rows);
        if table == Table::Flow {
            self.untold = self.untold.saturating_add(1);
        }
        match self.rows.bytes() < BATCH {
            true => Ok(()),
            false => self.send(),
        }
    }

    fn send(&mut self) -> Result<(), ImportError> {
        if self.untold >= TOLD_EACH {
            (self.progress)(std::mem::take(&mut self.untold));
        }
        let rows = std::mem::take(&mut self.rows);
        // The one that writes has gone, and says why.
        let gone = |_| ImportError::Store(StoreError::Closed);
        self.to.send(Ok(rows)).map_err(gone)
    }
}

/// Is what the tables are read with.
struct Work<'a> {
    loading: &'a Loading,
    threads: usize,
    progress: &'a (dyn Fn(u64) + Sync),
    done: AtomicU64,
}

type OneShard<T> = fn(&Known, u32, &mut Out<'_>) -> Result<T, ImportError>;

impl Work<'_> {
    /// Reads all shards of a table, and fills it; gives what is kept of each shard.
    fn each_shard<T: Send>(
        &self,
        known: &Known,
        target: Target,
        one_shard: OneShard<T>,
    ) -> Result<Vec<T>, ImportError> {
        let shards = known.folder.shards;
        let next = AtomicU32::new(0);
        let kept = Mutex::new(BTreeMap::new());
        let (to, from) = sync_channel(WAITING);
        let (done, progress) = (&self.done, self.progress);
        let tell = |more: u64| {
            let before = done.fetch_add(more, Ordering::Relaxed);
            if more > 0 {
                progress(before.saturating_add(more));
            }
        };
        let (next, kept_of, tell) = (&next, &kept, &tell);
        let filled = thread::scope(|scope| {
            for _ in 0..self.threads {
                let to = to.clone();
                scope.spawn(move || {
                    loop {
                        let shard = next.fetch_add(1, Ordering::Relaxed);
                        if shard >= shards {
                            break;
                        }
                        let mut out = Out {
                            rows: Rows::default(),
                            to: &to,
                            progress: tell,
                            untold: 0,
                        };
                        let read = one_shard(known, shard, &mut out)
                            .and_then(|kept| out.send().map(|()| kept));
                        tell(out.untold);
                        if read.is_err() {
                            // The others end with the shard they are at.
                            next.store(shards, Ordering::Relaxed);
                        }
                        let mut kept = kept_of.lock().unwrap_or_else(PoisonError::into_inner);
                        kept.insert(shard, read);
                    }
                });
            }
            drop(to);
            self.loading.fill(target, from.into_iter())
        });
        let kept = kept.into_inner().unwrap_or_else(PoisonError::into_inner);
        filled?;
        // The first shard that is refused is told of, whichever thread was faster.
        kept.into_values().collect()
    }
}
