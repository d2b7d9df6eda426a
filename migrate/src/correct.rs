//! Correcting entries for the breaks of a verified book: reversals and rebookings, never a change
//! of what is booked.

use crate::entries::{Does, EntryTable};
use crate::error::{ConvertError, at};
use crate::folder::part_name;
use crate::store::Ledger;
use arrow_schema::{DataType, FieldRef, SchemaRef};
use books::{Book, Meter, Table};
use ledger::{Break, BreakKind, Decimal, Record, Wide};
use rules::plan::{Agreement, Plan};
use rules::prepare::PrepareError;
use rules::sql::corrections_of;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Entries that a proposal lists; all are written.
pub const LISTED: usize = 12;

/// How to correct.
#[derive(Debug, Clone, Default)]
pub struct CorrectOptions {
    /// The folder of evidence whose breaks are corrected.
    pub evidence: PathBuf,
    /// Corrects breaks of these causes only; all where there is none.
    pub causes: Vec<String>,
    /// Why, in words of whoever corrects.
    pub reason: String,
    /// Writes the entries; otherwise they are proposed only.
    pub write: bool,
}

/// What to correct, or what has been corrected.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Corrections {
    /// Each table with its entries.
    pub tables: Vec<TableCorrections>,
    /// Breaks that no entry corrects, and why.
    pub left: Vec<Uncorrected>,
    /// Breaks of other causes than were asked for.
    pub not_asked: u64,
    /// Whether the entries have been written.
    pub written: bool,
}

/// The correcting entries of one table.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TableCorrections {
    /// The agreement.
    pub agreement: String,
    /// The table that is corrected.
    pub table: String,
    /// Breaks that are corrected.
    pub breaks: u64,
    /// Records that are taken out.
    pub reversals: u64,
    /// Records that are put in.
    pub rebookings: u64,
    /// What the entries change, by column and currency: minus the differences of the breaks.
    pub effect: Vec<ledger::Amount>,
    /// The first entries.
    pub entries: Vec<Entry>,
    /// The file that they are written to, or their table in a database.
    pub file: PathBuf,
    /// BLAKE3 of the entries, a line of JSON each, where they are booked in a database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blake3: Option<String>,
}

/// A correcting entry.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// `REVERSAL` or `REBOOKING`.
    pub entry: Does,
    /// The record.
    pub record: Record,
    /// The cause of the break; none where it is unknown.
    pub cause: Option<String>,
}

/// Breaks that no entry corrects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Uncorrected {
    /// The agreement.
    pub agreement: String,
    /// How many.
    pub breaks: u64,
    /// Why.
    pub why: String,
}

/// What of the manifest of evidence says whether it is about these books.
#[derive(Debug, Deserialize)]
struct Evidence {
    plan_blake3: String,
    inputs: Vec<EvidenceInput>,
}

#[derive(Debug, Deserialize)]
struct EvidenceInput {
    book: String,
    table: String,
    file: String,
    blake3: String,
}

/// The cause of a break whose record is there on the other side, and was rejected.
const REJECTED: &str = "A4";
/// Why such a break has no entry: it would undo, or book again, what is only not readable.
const NOT_CONVERTED: &str = "its record on the other side was rejected, or may have been: mend what was rejected, or the rule, and verify again";

/// Proposes correcting entries for the breaks of some evidence, and writes them when asked.
///
/// Both sides of a break are corrected by whole records: what the target holds is reversed, what
/// the rule gives is booked. The evidence must be of this plan and of the target as it is now.
///
/// # Errors
/// When the evidence is of something else, or a file cannot be read or written.
pub fn correct(
    plan: &Plan,
    options: &CorrectOptions,
    threads: usize,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Corrections, ConvertError> {
    let (_, spec) = plan.books(environment).map_err(PrepareError::Plan)?;
    let book = Book::open(&spec).map_err(PrepareError::Books)?;
    let evidence = evidence(plan, &options.evidence)?;
    unchanged(&book, &evidence, &options.evidence, threads)?;
    let schemas = book
        .tables()
        .map(|table| (table.name().to_owned(), table.schema()));
    let tables: BTreeMap<String, SchemaRef> = schemas.collect();
    // A database that is read may hold writers back.
    drop(book);
    let ledger = match &spec.database {
        Some(address) if options.write => Some(Ledger::open(address)?),
        _ => None,
    };
    let target = Target {
        tables,
        place: match &spec.database {
            Some(address) => Place::Database(address.to_string()),
            None => Place::Folder(spec.root),
        },
        ledger,
    };
    let mut writers = Vec::new();
    let mut corrections = Corrections::default();
    let mut left: BTreeMap<(String, String), u64> = BTreeMap::new();
    let rejected = rejected(&options.evidence)?;
    for found in lines_of::<Break>(options.evidence.join("breaks.jsonl"))? {
        let found = found?;
        let cause = found.cause.id.clone();
        let is_asked = |asked: &String| cause.as_ref() == Some(asked);
        if !options.causes.is_empty() && !options.causes.iter().any(is_asked) {
            corrections.not_asked += 1;
            continue;
        }
        let name = found.agreement.clone();
        if may_be_rejected(&found, &rejected) {
            *left
                .entry((name.to_string(), NOT_CONVERTED.to_owned()))
                .or_default() += 1;
            continue;
        }
        let at_writer = match writers
            .iter()
            .position(|one: &Writer| one.done.agreement == name)
        {
            Some(known) => Ok(known),
            None => Writer::new(plan, &target, &name, options).map(|writer| {
                writers.push(writer);
                writers.len() - 1
            }),
        };
        let booked = at_writer.and_then(|at| writers[at].take(found));
        match booked {
            Ok(()) => {}
            Err(Refusal::Because(why)) => *left.entry((name.to_string(), why)).or_default() += 1,
            Err(Refusal::Failed(error)) => return Err(error),
        }
    }
    for ((agreement, why), breaks) in left {
        corrections.left.push(Uncorrected {
            agreement,
            breaks,
            why,
        });
    }
    // Where every break was refused, nothing is to be written.
    for writer in writers.into_iter().filter(|one| one.done.breaks > 0) {
        let mut done = writer.finish()?;
        if target.ledger.is_none() {
            done.blake3 = None;
        }
        corrections.tables.push(done);
    }
    if let Some(ledger) = &target.ledger {
        ledger.publish()?;
    }
    corrections.written = options.write && !corrections.tables.is_empty();
    Ok(corrections)
}

/// The lines of a file of evidence.
fn lines_of<T: DeserializeOwned>(
    path: PathBuf,
) -> Result<impl Iterator<Item = Result<T, ConvertError>>, ConvertError> {
    let lines = BufReader::new(File::open(&path).map_err(at(&path))?).lines();
    Ok(lines.enumerate().map(move |(number, line)| {
        serde_json::from_str(&line.map_err(at(&path))?).map_err(|error| ConvertError::Damaged {
            path: path.clone(),
            why: format!("line {}: {error}", number + 1),
        })
    }))
}

/// Of which agreements and books records were rejected.
fn rejected(evidence: &Path) -> Result<BTreeSet<(String, String)>, ConvertError> {
    let rejects = lines_of::<ledger::Reject>(evidence.join("rejects.jsonl"))?;
    let of =
        |reject: Result<ledger::Reject, _>| reject.map(|reject| (reject.agreement, reject.book));
    rejects.map(of).collect()
}

/// Whether what a side lacks may be among what was rejected there: unless the cause of the break rules it
/// out, an entry would undo or book again what is only not readable.
fn may_be_rejected(found: &Break, rejected: &BTreeSet<(String, String)>) -> bool {
    let lacking = match found.copies.expected.cmp(&found.copies.actual) {
        Ordering::Greater => "target",
        Ordering::Less => "source",
        Ordering::Equal => return false,
    };
    let of = (found.agreement.to_string(), lacking.to_owned());
    match found.cause.id.as_deref() {
        Some(REJECTED) => true,
        Some(_) => {
            rejected.contains(&of) && found.cause.rivals.iter().any(|rival| rival == REJECTED)
        }
        None => rejected.contains(&of),
    }
}

/// What is corrected.
struct Target {
    /// The tables of the book, by name.
    tables: BTreeMap<String, SchemaRef>,
    place: Place,
    /// The database that entries are booked in.
    ledger: Option<Arc<Ledger>>,
}

/// Where what is corrected lies.
enum Place {
    Folder(PathBuf),
    Database(String),
}

/// Why a break is not corrected.
enum Refusal {
    Because(String),
    Failed(ConvertError),
}

impl From<ConvertError> for Refusal {
    fn from(error: ConvertError) -> Self {
        Self::Failed(error)
    }
}

fn because(why: impl Into<String>) -> Refusal {
    Refusal::Because(why.into())
}

/// Reads what the evidence is about, and holds it against the plan.
fn evidence(plan: &Plan, folder: &Path) -> Result<Evidence, ConvertError> {
    let path = folder.join("manifest.json");
    let bytes = fs::read(&path).map_err(at(&path))?;
    let evidence: Evidence =
        serde_json::from_slice(&bytes).map_err(|error| ConvertError::Damaged {
            path: path.clone(),
            why: error.to_string(),
        })?;
    match evidence.plan_blake3 == plan.digest() {
        true => Ok(evidence),
        false => Err(ConvertError::Stale {
            folder: folder.to_owned(),
            why: "it is of another plan, or the plan has changed since".to_owned(),
        }),
    }
}

/// Nothing of the target may have changed since it was verified.
fn unchanged(
    book: &Book,
    evidence: &Evidence,
    folder: &Path,
    threads: usize,
) -> Result<(), ConvertError> {
    let tables: Vec<&Table> = book.tables().map(|table| &**table).collect();
    let digests = books::digest_tables(&tables, threads, &Meter::default(), &|| false)
        .map_err(rules::sql::RunError::Read)?;
    let mut now = Vec::new();
    for (table, digests) in tables.iter().zip(digests) {
        let name = table.name();
        now.extend(
            digests
                .into_iter()
                .map(|one| (name.to_owned(), one.file, one.blake3)),
        );
    }
    let of_target = evidence
        .inputs
        .iter()
        .filter(|input| input.book == "target");
    let mut then: Vec<(String, String, String)> = of_target
        .map(|input| {
            (
                input.table.clone(),
                input.file.clone(),
                input.blake3.clone(),
            )
        })
        .collect();
    then.sort();
    now.sort();
    let stale = |why: String| {
        Err(ConvertError::Stale {
            folder: folder.to_owned(),
            why,
        })
    };
    if then.iter().any(|(.., blake3)| blake3.is_empty()) {
        return stale("it was made with --no-digest, and tells not what it saw".to_owned());
    }
    let other = now.iter().find(|one| !then.contains(one));
    match other.or_else(|| then.iter().find(|one| !now.contains(one))) {
        Some((_, file, _)) => stale(format!("{file} has changed since")),
        None => Ok(()),
    }
}

/// Gathers the entries of one table.
struct Writer {
    done: TableCorrections,
    entries: EntryTable,
    effect: BTreeMap<(String, String), Wide>,
    hasher: blake3::Hasher,
}

impl Writer {
    fn new(
        plan: &Plan,
        target: &Target,
        name: &str,
        options: &CorrectOptions,
    ) -> Result<Self, Refusal> {
        let named = |one: &&Agreement| one.name.value == name;
        let Some(agreement) = plan.agreements.iter().find(named) else {
            return Err(because("the plan has no such agreement"));
        };
        if !agreement.target.is_table() {
            return Err(because(
                "its target is a query, and only a table can be corrected",
            ));
        }
        let table = agreement.target.as_str();
        let Some(schema) = target.tables.get(table) else {
            return Err(because("the target has no such table"));
        };
        let ignored = |one: &&rules::plan::Placed<String>| schema.field_with_name(one).is_ok();
        if let Some(ignored) = agreement.ignore.iter().find(ignored) {
            let name = &ignored.value;
            return Err(because(format!(
                "it leaves `{name}` out, which an entry would lose"
            )));
        }
        let is_unread = |field: &&FieldRef| *field.data_type() == DataType::Null;
        let unread = schema.fields().iter().find(is_unread);
        if let (Some(field), Place::Database(_)) = (unread, &target.place) {
            let name = field.name();
            return Err(because(format!(
                "`{name}` cannot be read, and an entry would lose it"
            )));
        }
        let corrections = corrections_of(table);
        if target.tables.contains_key(&corrections) {
            return Err(because(format!(
                "`{table}` has corrections already: take `{corrections}` away, verify, and correct all \
                 at once"
            )));
        }
        let file = match &target.place {
            Place::Folder(root) => root.join(&corrections).join(part_name(0)),
            Place::Database(address) => PathBuf::from(format!("{address}/{corrections}")),
        };
        let entries = match &target.ledger {
            Some(ledger) => EntryTable::book(schema, &options.reason, ledger.begin(table, schema)),
            None => {
                let written = options.write.then_some(file.as_path());
                EntryTable::begin(schema, &options.reason, written)?
            }
        };
        Ok(Self {
            done: TableCorrections {
                agreement: name.to_owned(),
                table: table.to_owned(),
                file,
                ..TableCorrections::default()
            },
            entries,
            effect: BTreeMap::new(),
            hasher: blake3::Hasher::new(),
        })
    }

    /// Books what corrects one break.
    fn take(&mut self, found: Break) -> Result<(), Refusal> {
        let Break {
            kind,
            copies,
            expected,
            actual,
            difference,
            cause,
            ..
        } = found;
        let times = match kind {
            BreakKind::Copies => copies.expected,
            BreakKind::Missing | BreakKind::Differs => copies.expected.max(1),
            BreakKind::Extra => 0,
        };
        let mut entries = Vec::new();
        entries.extend(actual.map(|record| (Does::Reverses, record)));
        if let Some(record) = expected {
            entries.extend((0..times).map(|_| (Does::Rebooks, record.clone())));
        }
        for (_, record) in &entries {
            if let Some(name) = self.entries.lacking(record) {
                return Err(because(format!("the break does not tell `{name}`")));
            }
        }
        for amount in &difference {
            let key = (amount.column.clone(), amount.currency.clone());
            let read: Decimal = amount
                .amount
                .parse()
                .map_err(|_| because(format!("{} is no amount", amount.amount)))?;
            self.effect.entry(key).or_default().subtract(read);
        }
        self.done.breaks += 1;
        for (entry, record) in entries {
            match entry {
                Does::Reverses => self.done.reversals += 1,
                Does::Rebooks => self.done.rebookings += 1,
            }
            let told = Entry {
                entry,
                record: record.clone(),
                cause: cause.id.clone(),
            };
            let line = serde_json::to_vec(&told);
            let line = line.map_err(|error| ConvertError::Internal(error.to_string()))?;
            self.hasher.update(&line);
            if self.done.entries.len() < LISTED {
                self.done.entries.push(told);
            }
            self.entries.take(entry, record, cause.id.clone())?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<TableCorrections, ConvertError> {
        self.entries.finish()?;
        let amount = |((column, currency), sum): ((String, String), Wide)| ledger::Amount {
            column,
            currency,
            amount: sum.to_string(),
        };
        self.done.blake3 = Some(self.hasher.finalize().to_hex().to_string());
        self.done.effect = self.effect.into_iter().map(amount).collect();
        Ok(self.done)
    }
}
