//! Some keys of an agreement compared anew, and nothing else: what a correction has touched.

use super::StoryError;
use super::chosen::Chosen;
use super::fetch::Fetch;
use crate::locate::{Look, in_place_order};
use crate::prepare::Prepared;
use crate::rows::read;
use crate::watch::Watch;
use arrow_array::{Array, ArrayRef, StringArray};
use books::Meter;
use footing::{Class, Layout, Seed};
use ledger::{Break, Record};
use rules::sql::Rejects;
use std::collections::BTreeSet;
use std::sync::Arc;

/// More keys than this are left to a verification of the whole.
pub const RECHECKED_MAX: usize = 20_000;

/// What some keys came to.
#[derive(Debug, Clone)]
pub struct Rechecked {
    /// The agreement.
    pub agreement: String,
    /// Keys that were looked at.
    pub keys: u64,
    /// Those of them whose records agree on both sides.
    pub agree: u64,
    /// What differs still, without causes.
    pub breaks: Vec<Break>,
}

/// Compares the records of some keys anew. None where the agreement has no key, or one of
/// bytes, or more than [`RECHECKED_MAX`] are given, or their records are
/// more than are held in memory.
///
/// # Errors
/// There is no such agreement, a key is not one of its keys, or a book cannot be read.
pub async fn recheck(
    prepared: &Prepared,
    agreement: &str,
    keys: &BTreeSet<Record>,
    threads: usize,
    watch: &Arc<dyn Watch>,
) -> Result<Option<Rechecked>, StoryError> {
    let mut agreements = prepared.agreements.iter();
    let Some(found) = agreements.find(|one| one.name == agreement) else {
        let agreements = prepared.agreements.iter().map(|one| one.name.clone());
        return Err(StoryError::NoAgreement {
            name: agreement.to_owned(),
            agreements: agreements.collect(),
        });
    };
    let layout = &found.layout;
    // Bytes are not read back from what is shown of them: they would be found nowhere, and agree.
    let mut key = layout.key().iter().map(|at| layout.columns()[*at].class);
    let is_readable = key.all(|class| !matches!(class, Class::Binary | Class::Null));
    if layout.key().is_empty() || !is_readable || keys.len() > RECHECKED_MAX {
        return Ok(None);
    }
    let fetch = Fetch {
        prepared,
        agreement: found,
        threads: threads.max(1),
        watch,
    };
    let wanted = columns(layout, keys)?;
    let chosen = Arc::new(Chosen::new(layout, layout.key(), &wanted)?);
    let sides = fetch.sides(&chosen.probe(), &Rejects::counting()).await;
    let [expected, actual] = match sides {
        // A few keys may be those of very many records.
        Err(StoryError::TooMany { .. }) => return Ok(None),
        sides => sides?,
    };
    let look = Look {
        agreement: found,
        // Nothing is hashed here: every record is compared by its values.
        seed: &Seed::new([0; 32]),
        threads: fetch.threads,
        watch,
        meter: &Arc::new(Meter::default()),
        partition_records: 0,
        restriction: None,
        whereabouts: [None; 2],
    };
    let paired = look.pair(in_place_order(expected)?, in_place_order(actual)?)?;
    let breaks = paired.describe(paired.found());
    let broken: BTreeSet<&Record> = breaks.iter().map(|found| &found.key).collect();
    Ok(Some(Rechecked {
        agreement: agreement.to_owned(),
        keys: keys.len() as u64,
        agree: keys.len().saturating_sub(broken.len()) as u64,
        breaks,
    }))
}

/// The keys by columns, each in the type that both sides have in common.
fn columns(layout: &Layout, keys: &BTreeSet<Record>) -> Result<Vec<ArrayRef>, StoryError> {
    let column = |at: &usize| -> Result<ArrayRef, StoryError> {
        let column = &layout.columns()[*at];
        let values = keys.iter().map(|key| key.get(&column.name).flatten());
        let texts: Vec<Option<&str>> = values.collect();
        let given: ArrayRef = Arc::new(StringArray::from(texts.clone()));
        let read = read(column.class, &given)?;
        let lost = texts.iter().enumerate();
        let mut lost = lost.filter_map(|(row, text)| text.filter(|_| read.is_null(row)));
        match lost.next() {
            Some(value) => Err(super::ask::unreadable(column, value)),
            None => Ok(read),
        }
    };
    layout.key().iter().map(column).collect()
}
