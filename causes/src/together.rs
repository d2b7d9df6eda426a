//! Causes that one record cannot show: several breaks are looked at together.
//!
//! Each look sorts the breaks by what they would have in common, so that the work is that of
//! sorting. A look may name a cause where there was none, or add a rival; where two records hold
//! each other's values it takes back a proof, since the swap gives the same, and so it does where
//! many are off by the same, of which one cause does not tell.

mod absent;
mod borne_out;
mod fees;
mod legs;
mod merge;
mod neighbours;
mod opposite;
mod runs;
mod swap;
mod twins;
mod uniform;
mod unsplit;

use ledger::{Break, CauseStatus, Record};

pub use borne_out::BorneOut;

use crate::catalogue::CauseId;
use crate::explanation::{Explanation, Says};
use crate::prover::Prover;
use crate::terms::Column;
use crate::text::normal_form::normalised;
use crate::verdict::in_order;

/// Is one break with what is said of it so far.
type Explained = (Break, Explanation);

impl Prover {
    /// Looks at the breaks of an agreement together, for causes that show only there: ids that were
    /// swapped or lost digits, keys that are equal but for their notation, merged records, runs at
    /// the end of a file, files that were taken twice, amounts that are all off by the same, records
    /// that are the same but for their ids, legs that their vouchers lack.
    ///
    /// Breaks are best given in the order of the report: some looks take neighbours. Those whose record
    /// was surely rejected on the other side are there for that, and are none of them. Where A4 is the
    /// first cause of one, a record of its key was rejected, which may be it: nothing is proved with it.
    pub fn explain_together(&self, breaks: &mut [(Break, Explanation)]) {
        let mut paired = absent::pair(self, breaks);
        twins::find(self, breaks, &mut paired);
        let swapped = swap::find(self, breaks);
        merge::by_key(self, breaks);
        neighbours::merged(self, breaks);
        merge::by_amount(self, breaks);
        neighbours::split_lines(self, breaks, &paired);
        runs::missing(self, breaks, &paired);
        unsplit::find(self, breaks, &paired);
        legs::find(self, breaks);
        runs::broken_off(self, breaks);
        fees::find(self, breaks);
        swap::join(self, breaks, &swapped);
        runs::doubled(self, breaks);
        opposite::find(self, breaks);
        uniform::find(self, breaks);
    }

    /// The columns that tell records apart: the key, or without one all that hold no money.
    fn identity(&self) -> impl Iterator<Item = &Column> {
        let columns = &self.terms().columns;
        let has_key = columns.iter().any(|column| column.is_key);
        columns.iter().filter(move |column| {
            if has_key {
                column.is_key
            } else {
                !column.is_money
            }
        })
    }

    /// The columns that are not of the key.
    fn others(&self) -> impl Iterator<Item = &Column> {
        self.terms().columns.iter().filter(|column| !column.is_key)
    }

    fn money(&self) -> impl Iterator<Item = &Column> {
        self.terms().columns.iter().filter(|column| column.is_money)
    }
}

/// The causes that are named for a break, first or beside another.
fn named(breaks: &[Explained], at: usize) -> impl Iterator<Item = CauseId> {
    let why = breaks.get(at).map(|(_, why)| why);
    why.into_iter()
        .flat_map(|why| why.causes.iter().chain(&why.rivals).copied())
}

/// Says whether a record of the key of a break was rejected on the other side: then the break may be there
/// for that, and its record be no other's counterpart.
fn may_be_rejected(breaks: &[Explained], at: usize) -> bool {
    let found = breaks.get(at);
    found.is_some_and(|(_, why)| why.causes == [CauseId::A4])
}

/// Names a cause before all that was named, which become its rivals.
fn put_first(explanation: &mut Explanation, cause: CauseId, is_proved: bool, says: Says) {
    let known = explanation
        .causes
        .iter()
        .chain(&explanation.rivals)
        .copied();
    let rivals = if is_proved {
        Vec::new()
    } else {
        in_order(known, &[cause])
    };
    explanation.status = if is_proved {
        CauseStatus::Proved
    } else {
        CauseStatus::Consistent
    };
    explanation.causes = vec![cause];
    explanation.rivals = rivals;
    explanation.says = says;
}

/// Names a cause first for some breaks, except for those that are proved.
fn put_first_where_open(breaks: &mut [Explained], places: &[usize], cause: CauseId, says: &Says) {
    for at in places {
        if let Some((_, explanation)) = breaks.get_mut(*at)
            && explanation.status != CauseStatus::Proved
        {
            put_first(explanation, cause, false, says.clone());
        }
    }
}

/// Adds a rival, which takes back a proof.
fn add_rival(explanation: &mut Explanation, rival: CauseId) {
    if explanation.causes.is_empty() || explanation.causes.contains(&rival) {
        return;
    }
    let rivals = explanation.rivals.iter().copied().chain([rival]);
    explanation.rivals = in_order(rivals, &explanation.causes);
    explanation.status = CauseStatus::Consistent;
}

/// The values of columns, told apart from each other and from NULL.
fn values<'c>(record: &Record, columns: impl Iterator<Item = &'c Column>) -> String {
    let mut text = String::new();
    for column in columns {
        match record.get(&column.name).flatten() {
            Some(value) => text.push_str(value),
            None => text.push('\u{1}'),
        }
        text.push('\u{0}');
    }
    text
}

/// The values of columns as they are once blanks, case, width and leading zeros are left aside, each by
/// itself: told apart from each other and from NULL.
fn normal_values<'c>(record: &Record, columns: impl Iterator<Item = &'c Column>) -> String {
    let mut text = String::new();
    for column in columns {
        match record.get(&column.name).flatten() {
            Some(value) => text.push_str(&normalised(value)),
            None => text.push('\u{1}'),
        }
        text.push('\u{0}');
    }
    text
}

/// The key of a break as a sentence names it.
fn shown_key(found: &Break) -> String {
    let record = found.expected.as_ref().or(found.actual.as_ref());
    let of_key = if found.key.is_empty() {
        record
    } else {
        Some(&found.key)
    };
    let texts: Vec<&str> = of_key
        .iter()
        .flat_map(|key| &key.0)
        .filter_map(|(_, value)| value.as_deref())
        .collect();
    let shown = texts.join(" ");
    // A key may be empty.
    if shown.is_empty() {
        "\"\"".to_owned()
    } else {
        shown
    }
}
