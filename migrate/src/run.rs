//! The run: what is done already, what is left, and how all of it is published together.

use crate::chunk::{Task, cut};
use crate::control::together;
use crate::error::{ConvertError, at};
use crate::folder::{Folder, digest, part_name, read_json, write_json};
use crate::job::Job;
use crate::manifest::{Conversion, Counts, Input, Sealed, TableTotal, VERSION};
use crate::prepare::{Prepared, TableRule, Target};
use crate::store::{Begun, Store};
use crate::work::{Converter, Runner, Sink, convert_all};
use books::{Meter, Table};
use rules::sql::{RunError, Session, Which};
use rules::watch::{Pace, Phase, Watch, Work};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Records of a chunk, about, where nothing else is asked for.
pub const CHUNK_RECORDS: u64 = 1_000_000;

/// How to convert.
#[derive(Debug, Clone)]
pub struct Options {
    /// Threads, each with a chunk of its own.
    pub threads: usize,
    /// Records of the main table in a chunk, about: chunks are whole parts of files.
    pub chunk_records: u64,
    /// Throws away what a former conversion wrote here, and begins again.
    pub discard: bool,
}

impl Options {
    /// The usual chunks, in so many threads.
    pub fn new(threads: usize) -> Self {
        Self {
            threads: threads.max(1),
            chunk_records: CHUNK_RECORDS,
            discard: false,
        }
    }
}

/// What a conversion came to.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What is written down of it.
    pub conversion: Conversion,
    /// Chunks that were finished before this run began.
    pub resumed: usize,
    /// Files that were damaged after they had been written, and were converted again.
    pub redone: Vec<String>,
    /// Whether everything had been published before this run began.
    pub already: bool,
    /// Digest of the document that says what it came to.
    pub conversion_blake3: String,
    /// The target: a folder, or the address of a database.
    pub target: String,
    /// Whether the target is a database: its records are counted, and not read back.
    pub into_database: bool,
    /// The file that lists all rejects.
    pub rejects: PathBuf,
}

/// A table on its way.
struct UnderWay {
    rule: Arc<TableRule>,
    runner: Runner,
    tasks: Vec<Task>,
    done: BTreeMap<u32, Sealed>,
}

/// Converts what is left of the tables of a plan, and publishes them together.
///
/// # Errors
/// See [`ConvertError`]. What was finished before an error is kept, and nothing is half published.
pub async fn convert(
    prepared: &Prepared,
    options: &Options,
    watch: &Arc<dyn Watch>,
) -> Result<Outcome, ConvertError> {
    let place = Place::open(&prepared.target)?;
    let job = Job::new(
        prepared.plan.name.value.clone(),
        options.chunk_records,
        prepared.tables.iter().map(|rule| rule.job()).collect(),
        inputs(&prepared.session, options.threads, watch)?,
    );
    let already = place.begin(&prepared.tables, &job, options.discard)?;
    let mut tables = Vec::new();
    for rule in &prepared.tables {
        tables.push(under_way(rule, options.chunk_records).await?);
    }
    let redone = match &place {
        Place::Folder(folder) => resume(folder, &mut tables, options.threads, watch)?,
        Place::Database(store) => {
            for table in &mut tables {
                table.done = store.done(&table.rule)?;
            }
            Vec::new()
        }
    };
    let resumed = tables.iter().map(|table| table.done.len()).sum();
    let mut done = Vec::new();
    for table in tables {
        done.push(work_off(&place, table, options.threads, watch).await?);
    }
    let conversion = publish(prepared, &place, &job, &done)?;
    let document = crate::folder::json(&conversion)?;
    Ok(Outcome {
        conversion_blake3: blake3::hash(&document).to_hex().to_string(),
        conversion,
        resumed,
        redone,
        already: already.is_some(),
        target: place.shown(),
        into_database: matches!(place, Place::Database(_)),
        rejects: place.rejects(prepared),
    })
}

/// The digest of what the last conversion into a book came to, by its document there; none where
/// there was none.
///
/// # Errors
/// When the document cannot be read.
pub fn conversion_digest(target: &books::BookSpec) -> Result<Option<String>, ConvertError> {
    match &target.database {
        Some(address) => crate::store::conversion_digest(address),
        None => {
            let path = crate::folder::own(&target.root).join("conversion.json");
            Ok(digest(&path)?.map(|(_, blake3)| blake3))
        }
    }
}

/// Where everything lies.
enum Place {
    Folder(Arc<Folder>),
    Database(Arc<Store>),
}

impl Place {
    fn open(target: &Target) -> Result<Self, ConvertError> {
        Ok(match target {
            Target::Folder(path) => Self::Folder(Arc::new(Folder::open(path)?)),
            Target::Database(address) => Self::Database(Arc::new(Store::open(address)?)),
        })
    }

    fn shown(&self) -> String {
        match self {
            Self::Folder(folder) => folder.target().to_string_lossy().into_owned(),
            Self::Database(store) => store.shown(),
        }
    }

    /// Where all rejects are listed: beside the plan, where the target is a database.
    fn rejects(&self, prepared: &Prepared) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.rejects(),
            Self::Database(_) => crate::folder::own(prepared.plan.folder()).join("rejects.jsonl"),
        }
    }

    /// Begins the job, or finds that it was begun before; gives what it came to if it was finished.
    fn begin(
        &self,
        rules: &[Arc<TableRule>],
        job: &Job,
        discard: bool,
    ) -> Result<Option<Conversion>, ConvertError> {
        match self {
            Self::Folder(folder) => begin(folder, job, discard),
            Self::Database(store) => Ok(match store.begin(rules, job, discard)? {
                Begun::New => None,
                Begun::Before(conversion) => conversion,
            }),
        }
    }

    fn sink(&self, rule: &TableRule) -> Result<Sink, ConvertError> {
        Ok(match self {
            Self::Folder(folder) => Sink::Folder(Arc::clone(folder)),
            Self::Database(store) => Sink::Database {
                store: Arc::clone(store),
                destination: Arc::new(store.destination(rule)?),
            },
        })
    }

    /// The rejects of a chunk, as lines.
    fn rejects_of(&self, table: &str, chunk: u32) -> Result<Box<dyn Read>, ConvertError> {
        Ok(match self {
            Self::Folder(folder) => {
                let path = folder.rejects_of(table, chunk);
                Box::new(File::open(&path).map_err(at(&path))?)
            }
            Self::Database(store) => {
                Box::new(io::Cursor::new(store.rejects(table, chunk)?.into_bytes()))
            }
        })
    }
}

/// Digests the files of the source.
fn inputs(
    session: &Session,
    threads: usize,
    watch: &Arc<dyn Watch>,
) -> Result<Vec<Input>, ConvertError> {
    let tables: Vec<&Table> = session
        .book(Which::Source)
        .tables()
        .map(|table| &**table)
        .collect();
    let meter = Arc::new(Meter::default());
    let named = tables.iter().filter(|table| table.is_named());
    let files = named.flat_map(|table| table.files());
    watch.begin(Phase {
        work: Work::Digest,
        name: String::new(),
        bytes: Some(files.map(|file| file.bytes).sum()),
        meter: Arc::clone(&meter),
    });
    let digests = books::digest_tables(&tables, threads, &meter, &|| watch.is_stopped());
    let digests = match digests {
        Err(_) if watch.is_stopped() => return Err(ConvertError::Stopped),
        digests => digests.map_err(RunError::Read)?,
    };
    let of_table = |(table, digests): (&&Table, Vec<books::FileDigest>)| {
        let table = table.name().to_owned();
        digests.into_iter().map(move |digest| Input {
            table: table.clone(),
            file: digest.file,
            bytes: digest.bytes,
            blake3: digest.blake3,
        })
    };
    Ok(tables.iter().zip(digests).flat_map(of_table).collect())
}

/// Begins the job, or finds that it was begun before; gives what it came to if it was finished.
fn begin(folder: &Folder, job: &Job, discard: bool) -> Result<Option<Conversion>, ConvertError> {
    let before: Option<Job> = read_json(&folder.job())?;
    match before {
        Some(before) if discard => folder.discard(&before)?,
        Some(before) => {
            let changes = job.changes_since(&before);
            if !changes.is_empty() {
                let folder = folder.target().to_owned();
                return Err(ConvertError::Changed { folder, changes });
            }
            folder.sweep(job)?;
            return read_json(&folder.conversion());
        }
        None => {}
    }
    folder.begin(job)?;
    Ok(None)
}

async fn under_way(rule: &Arc<TableRule>, records: u64) -> Result<UnderWay, ConvertError> {
    let (runner, tasks) = match rule.side.parted().await? {
        Some(parted) => {
            let tasks = cut(parted.table(), records);
            (Runner::Parted(Box::new(parted)), tasks)
        }
        None => {
            let all = Task {
                number: 0,
                chunks: Vec::new(),
            };
            (Runner::Whole(Box::new(rule.side.whole()?)), vec![all])
        }
    };
    Ok(UnderWay {
        rule: Arc::clone(rule),
        runner,
        tasks,
        done: BTreeMap::new(),
    })
}

/// Finds the chunks that are done, each by its manifest and its file's bytes. Gives the names of
/// files that are not what was written: they are converted again.
///
/// # Errors
/// When such a file has been published already.
fn resume(
    folder: &Folder,
    tables: &mut [UnderWay],
    threads: usize,
    watch: &Arc<dyn Watch>,
) -> Result<Vec<String>, ConvertError> {
    let mut found = Vec::new();
    for (at, table) in tables.iter().enumerate() {
        for task in &table.tasks {
            let path = folder.manifest(&table.rule.table, task.number);
            match read_json::<Sealed>(&path) {
                Ok(Some(sealed)) => found.push((at, task.number, Some(sealed))),
                Ok(None) => {}
                Err(ConvertError::Damaged { .. }) => found.push((at, task.number, None)),
                Err(error) => return Err(error),
            }
        }
    }
    let length = |(_, _, sealed): &(usize, u32, Option<Sealed>)| {
        sealed.as_ref().map_or(0, |sealed| sealed.manifest.bytes)
    };
    let meter = Arc::new(Meter::default());
    if !found.is_empty() {
        watch.begin(Phase {
            work: Work::Resume,
            name: String::new(),
            bytes: Some(found.iter().map(length).sum()),
            meter: Arc::clone(&meter),
        });
    }
    let checked = Mutex::new(Vec::new());
    let queue = Mutex::new(found.into_iter());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let draw = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                while let Some((at, chunk, sealed)) = draw() {
                    let wrong = match watch.is_stopped() {
                        true => Err(ConvertError::Stopped),
                        false => check(folder, &tables[at].rule, chunk, sealed.as_ref()),
                    };
                    let bytes = sealed.as_ref().map_or(0, |sealed| sealed.manifest.bytes);
                    meter
                        .bytes
                        .fetch_add(bytes, std::sync::atomic::Ordering::Relaxed);
                    let mut checked = checked.lock().unwrap_or_else(PoisonError::into_inner);
                    checked.push((at, chunk, sealed, wrong));
                }
            });
        }
    });
    let mut checked = checked.into_inner().unwrap_or_else(PoisonError::into_inner);
    checked.sort_by_key(|(at, chunk, ..)| (*at, *chunk));
    let mut redone = Vec::new();
    for (at, chunk, sealed, wrong) in checked {
        match (sealed, wrong?) {
            (Some(sealed), None) => drop(tables[at].done.insert(chunk, sealed)),
            (_, wrong) => {
                let rule = &tables[at].rule;
                let why = wrong.unwrap_or_else(|| "its manifest cannot be read".to_owned());
                if !folder.staging(&rule.table).is_dir() {
                    let path = folder.target().join(&rule.folder).join(part_name(chunk));
                    return Err(ConvertError::Damaged { path, why });
                }
                let name = format!("{}/{}: {why}", rule.folder, part_name(chunk));
                watch.say(&format!("{name}; it is converted again"));
                redone.push(name);
            }
        }
    }
    for table in tables.iter() {
        let staging = folder.staging(&table.rule.table);
        if !staging.is_dir() && table.done.len() < table.tasks.len() {
            return Err(ConvertError::Damaged {
                path: folder.target().join(&table.rule.folder),
                why: "manifests of some of its files are gone".to_owned(),
            });
        }
    }
    Ok(redone)
}

/// Says what is wrong with a chunk that was finished, if anything.
fn check(
    folder: &Folder,
    rule: &TableRule,
    chunk: u32,
    sealed: Option<&Sealed>,
) -> Result<Option<String>, ConvertError> {
    let Some(sealed) = sealed else {
        return Ok(Some("its manifest cannot be read".to_owned()));
    };
    let manifest = &sealed.manifest;
    let is_its = manifest.chunk == chunk
        && manifest.table == rule.table
        && manifest.rule_blake3 == rule.digest;
    if !sealed.is_whole() || !is_its {
        return Ok(Some("its manifest has been changed".to_owned()));
    }
    let path = folder
        .files(&rule.table, &rule.folder)
        .join(part_name(chunk));
    Ok(match digest(&path)? {
        None => Some("it is gone".to_owned()),
        Some((bytes, _)) if bytes != manifest.bytes => Some(format!(
            "it had {} bytes and has {bytes}: {:+}",
            manifest.bytes,
            i128::from(bytes) - i128::from(manifest.bytes)
        )),
        Some((_, blake3)) if blake3 != manifest.blake3 => {
            Some("it has other bytes, and as many".to_owned())
        }
        Some(_) => None,
    })
}

/// A table with all its chunks.
struct Done {
    rule: Arc<TableRule>,
    by_record: bool,
    /// Records of its main table, where the files say how many they are.
    known: Option<u64>,
    chunks: Vec<Sealed>,
}

/// Converts what is left of a table.
async fn work_off(
    place: &Place,
    table: UnderWay,
    threads: usize,
    watch: &Arc<dyn Watch>,
) -> Result<Done, ConvertError> {
    let UnderWay {
        rule,
        runner,
        tasks,
        mut done,
    } = table;
    let (by_record, known) = match &runner {
        Runner::Parted(parted) => {
            let chunks = parted.table().chunks();
            (true, chunks.iter().map(|chunk| chunk.rows).sum())
        }
        Runner::Whole(_) => (false, None),
    };
    let all = u32::try_from(tasks.len()).unwrap_or(u32::MAX);
    let is_left = |task: &Task| !done.contains_key(&task.number);
    let left: Vec<Task> = tasks.into_iter().filter(is_left).collect();
    if !left.is_empty() {
        let meter = Arc::new(Meter::default());
        let pace = Arc::new(Pace::new(threads));
        watch.begin(Phase {
            work: Work::Convert,
            name: rule.agreement.clone(),
            bytes: by_record.then(|| left.iter().map(Task::bytes).sum()),
            meter: Arc::clone(&meter),
        });
        watch.pace(Arc::clone(&pace));
        let converter = Converter {
            rule: Arc::clone(&rule),
            runner,
            sink: place.sink(&rule)?,
            threads,
            meter,
            pace,
            watch: Arc::clone(watch),
        };
        for sealed in convert_all(Arc::new(converter), left).await? {
            done.insert(sealed.manifest.chunk, sealed);
        }
    }
    if done.len() != all as usize {
        let message = format!("{} of {all} chunks are done", done.len());
        return Err(ConvertError::Internal(message));
    }
    Ok(Done {
        rule,
        by_record,
        known,
        chunks: done.into_values().collect(),
    })
}

/// Adds everything up, puts the tables in their places and writes down what it came to.
fn publish(
    prepared: &Prepared,
    place: &Place,
    job: &Job,
    tables: &[Done],
) -> Result<Conversion, ConvertError> {
    let totals = tables.iter().map(total).collect::<Result<Vec<_>, _>>()?;
    let job_text = crate::folder::json(job)?;
    let conversion = Conversion {
        version: VERSION,
        plan: prepared.plan.name.value.clone(),
        job_blake3: blake3::hash(&job_text).to_hex().to_string(),
        tables: totals,
        left_out: prepared.left_out.clone(),
        manifests: tables
            .iter()
            .flat_map(|table| table.chunks.iter().map(|sealed| sealed.blake3.clone()))
            .collect(),
        rejects: write_rejects(&place.rejects(prepared), place, tables)?,
    };
    let folder = match place {
        Place::Folder(folder) => folder,
        Place::Database(store) => {
            let chunks = tables.iter().map(|table| table.chunks.iter().collect());
            let rules = tables.iter().map(|table| &*table.rule);
            store.publish(rules.zip(chunks), &conversion)?;
            return Ok(conversion);
        }
    };
    for table in tables {
        let manifests = table.chunks.iter().map(|sealed| &sealed.manifest);
        let parts = manifests
            .map(|manifest| part_name(manifest.chunk))
            .collect();
        let files = folder.files(&table.rule.table, &table.rule.folder);
        if let Some(path) = folder.stranger(job, &files, &parts)? {
            return Err(ConvertError::Unlisted { path });
        }
    }
    folder.publish(job)?;
    match read_json::<Conversion>(&folder.conversion())? {
        Some(before) if before != conversion => Err(ConvertError::Damaged {
            path: folder.conversion(),
            why: "it tells of another conversion than the manifests".to_owned(),
        }),
        Some(_) => Ok(conversion),
        None => {
            write_json(&folder.conversion(), &conversion)?;
            Ok(conversion)
        }
    }
}

fn total(table: &Done) -> Result<TableTotal, ConvertError> {
    let manifests = || table.chunks.iter().map(|sealed| &sealed.manifest);
    let counts = manifests().try_fold(Counts::default(), |sum, chunk| sum.plus(chunk.counts));
    let counts = counts.ok_or_else(|| ConvertError::Internal("too many records".to_owned()))?;
    let unaccounted = |why: String| ConvertError::Unaccounted {
        agreement: table.rule.agreement.clone(),
        why,
    };
    if let Some(known) = table.known.filter(|known| *known != counts.read) {
        return Err(unaccounted(format!(
            "its main table has {known} records and {} were read: {:+}",
            counts.read,
            i128::from(counts.read) - i128::from(known)
        )));
    }
    let told = counts.converted + counts.rejected + counts.left_out;
    if table.by_record && told != counts.read {
        return Err(unaccounted(format!(
            "{} records converted, {} rejected and {} left out are {told}, and {} were read: {:+}",
            counts.converted,
            counts.rejected,
            counts.left_out,
            counts.read,
            i128::from(told) - i128::from(counts.read)
        )));
    }
    Ok(TableTotal {
        agreement: table.rule.agreement.clone(),
        table: table.rule.table.clone(),
        chunks: u32::try_from(table.chunks.len()).unwrap_or(u32::MAX),
        by_record: table.by_record,
        counts,
        totals: together(manifests().map(|chunk| chunk.totals.as_slice()))?,
        bytes: manifests().map(|chunk| chunk.bytes).sum(),
    })
}

/// Puts the rejects of all chunks into one file, in their order; gives their number.
fn write_rejects(path: &Path, place: &Place, tables: &[Done]) -> Result<u64, ConvertError> {
    let manifests = tables.iter().flat_map(|table| &table.chunks);
    let is_one = |sealed: &Sealed| sealed.manifest.rejects > 0;
    if matches!(place, Place::Database(_)) && !manifests.into_iter().any(is_one) {
        // Beside the plan lies nothing that has nothing to say.
        crate::folder::remove_if_there(path)?;
        return Ok(0);
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(at(folder))?;
    }
    let draft = crate::folder::unfinished(path);
    let mut all = BufWriter::new(File::create(&draft).map_err(at(path))?);
    let mut count = 0;
    for table in tables {
        for manifest in table.chunks.iter().map(|sealed| &sealed.manifest) {
            if manifest.rejects > 0 {
                let mut from = place.rejects_of(&table.rule.table, manifest.chunk)?;
                io::copy(&mut from, &mut all).map_err(at(path))?;
                count += manifest.rejects;
            }
        }
    }
    let file = all.into_inner().map_err(io::IntoInnerError::into_error);
    let synced = file.and_then(|mut file| file.flush().and_then(|()| file.sync_all()));
    synced.map_err(at(path))?;
    crate::folder::settle(path)?;
    Ok(count)
}
