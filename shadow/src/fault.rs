//! What was planted: an overlay over the books, and the truth about it.

use ledger::{Amount, Record};
use serde::{Deserialize, Serialize};

use crate::cause::{Cause, NotRehearsed};
use crate::table::Table;

/// Is everything that a rehearsal plants in one agreement's target table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planted {
    /// The seed that it was drawn by.
    pub seed: u64,
    /// The table.
    pub table: Table,
    /// The faults, by cause in the order of the catalogue, then by key.
    pub faults: Vec<Fault>,
    /// Causes that are not planted, each with the reason.
    pub not_rehearsed: Vec<NotRehearsed>,
}

/// Is one fault: a damage by one cause, to one record or to a few that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The cause.
    pub cause: Cause,
    /// The keys of the records that are off, each once; empty where the agreement has no key.
    pub keys: Vec<Record>,
    /// The columns that are changed; empty where records only go or come.
    pub columns: Vec<String>,
    /// Records that the shadow lacks, whole.
    pub taken_out: Vec<Record>,
    /// Records that the shadow has instead or besides, whole.
    pub put_in: Vec<Record>,
    /// What the fault adds to the difference of the books: by money column and currency, actual
    /// minus expected, where it is not zero.
    pub difference: Vec<Amount>,
}

impl Planted {
    /// Gives the records that the shadow lacks: one copy each of the target's.
    pub fn taken_out(&self) -> impl Iterator<Item = &Record> {
        self.faults.iter().flat_map(|fault| &fault.taken_out)
    }

    /// Gives the records that the shadow has besides.
    pub fn put_in(&self) -> impl Iterator<Item = &Record> {
        self.faults.iter().flat_map(|fault| &fault.put_in)
    }

    /// Gives the keys that the faults make and that no sample has. Where the books have one of them
    /// all the same, plan again with it among [`Rehearsal::taken`](crate::Rehearsal::taken).
    pub fn new_keys(&self) -> impl Iterator<Item = Record> {
        let makes_keys = |fault: &&Fault| {
            let ways = [Cause::A9, Cause::A11, Cause::E3];
            self.table.has_key() && ways.contains(&fault.cause)
        };
        let faults = self.faults.iter().filter(makes_keys);
        faults.flat_map(|fault| {
            let key = |record| self.table.key_of(record);
            let old: Vec<Record> = fault.taken_out.iter().map(key).collect();
            let new = fault.put_in.iter().map(key);
            new.filter(move |key| !old.contains(key))
        })
    }
}
