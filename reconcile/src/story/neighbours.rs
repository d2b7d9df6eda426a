//! What stands before and after a record in its file.

use super::{Neighbours, StoryError, Told};
use crate::error::VerifyError;
use ledger::SourceRecord;
use rules::sql::{Session, Wanted, Which};

/// Lines or rows that are looked at before and after a record: one of text may take several.
const REACH: u64 = 8;

/// Places of which the neighbours are told.
const PLACES_MAX: usize = 4;

/// Finds the neighbours of records: in the source, or of those that come from no source record, in
/// the target.
pub(super) fn of(session: &Session, records: &[Told]) -> Result<Vec<Neighbours>, StoryError> {
    let mut places: Vec<(Which, &SourceRecord)> = Vec::new();
    for told in records {
        let (source, target) = match told {
            Told::Breaks(explained) => (&explained.found.source, &explained.found.target),
            Told::Agrees(agreed) => (&agreed.source, &agreed.target),
        };
        let (which, own) = match source.is_empty() {
            false => (Which::Source, source),
            true => (Which::Target, target),
        };
        places.extend(own.iter().map(|place| (which, place)));
    }
    let is_same = |a: &(Which, &SourceRecord), b: &(Which, &SourceRecord)| {
        (a.0, &a.1.table, &a.1.file, a.1.row) == (b.0, &b.1.table, &b.1.file, b.1.row)
    };
    places.dedup_by(|a, b| is_same(a, b));
    places.truncate(PLACES_MAX);
    let found = places.into_iter();
    let found = found.filter_map(|(which, place)| of_one(session, which, place).transpose());
    found.collect()
}

fn of_one(
    session: &Session,
    book: Which,
    place: &SourceRecord,
) -> Result<Option<Neighbours>, StoryError> {
    let Some(row) = place.row else {
        return Ok(None);
    };
    // Without a file they are records of a database, numbered by its key.
    let file = place.file.clone().unwrap_or_default();
    let rows = row.saturating_sub(REACH)..=row.saturating_add(REACH);
    let wanted = Wanted {
        columns: vec!["_file".to_owned(), "_row".to_owned()],
        values: rows
            .filter(|near| *near != row)
            .map(|near| vec![Some(file.to_string()), Some(near.to_string())])
            .collect(),
    };
    let fetched = session.fetch(book, &place.table, &wanted);
    let fetched = fetched.map_err(VerifyError::from)?;
    let mut near: Vec<SourceRecord> = fetched.into_iter().map(|one| one.record.into()).collect();
    near.sort_by_key(|one| one.row);
    let split = near.partition_point(|one| one.row < Some(row));
    let after = near.get(split).cloned();
    let before = split.checked_sub(1).and_then(|at| near.get(at)).cloned();
    Ok(Some(Neighbours {
        book,
        of: place.clone(),
        before,
        after,
    }))
}
