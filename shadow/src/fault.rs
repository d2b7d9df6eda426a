//! What was planted: an overlay over the books, and the truth about it.

use std::collections::BTreeSet;

use ledger::{Amount, Record};
use serde::{Deserialize, Serialize};

use crate::cause::{Cause, NotRehearsed};
use crate::says::Says;
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

    /// Keeps only the faults for which `keeps` holds, such as those that the table's columns can
    /// store. A cause that has none left is told among those that are not rehearsed.
    pub fn retain(&mut self, keeps: impl FnMut(&Fault) -> bool) {
        let causes = |faults: &[Fault]| -> BTreeSet<Cause> {
            faults.iter().map(|fault| fault.cause).collect()
        };
        let before = causes(&self.faults);
        self.faults.retain(keeps);
        let after = causes(&self.faults);
        let dropped = before.difference(&after).map(|cause| NotRehearsed {
            cause: cause.as_str().to_owned(),
            says: Says::new(
                "what it makes of the sampled records cannot be stored in the table",
                "它造成的记录无法存入该表",
            ),
        });
        self.not_rehearsed.extend(dropped);
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
