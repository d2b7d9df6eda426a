//! Cutting a table into ranges of its key, or of the places of its records.

use crate::load::Throttle;
use crate::session::{Failure, Key, Session};
use crate::table::TableInfo;

/// Is a run of records of a table, in the order of its key, or else of their places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRange {
    /// The number of its first record in the table, from 1.
    pub first_row: u64,
    /// How many records it holds; unknown for a table whose records are not found in an order, which
    /// is one range.
    pub rows: Option<u64>,
    pub(crate) after: Option<Key>,
    pub(crate) upto: Option<Key>,
}

impl KeyRange {
    /// The values of the key's first column between which its records lie, both included; `None`
    /// at the ends of the table.
    pub fn bounds(&self) -> (Option<&str>, Option<&str>) {
        let bounds = [&self.after, &self.upto];
        let [after, upto] = bounds.map(|key| key.as_ref()?.first().map(String::as_str));
        (after, upto)
    }

    /// Whether its keys are all whole numbers between its ends: there are as many of them as there
    /// are records. SQLite alone lets a column of whole numbers hold others; whoever reads them is
    /// refused.
    pub(crate) fn has_every_number(&self, table: &TableInfo) -> bool {
        let number = |key: &Option<Key>| number_of(key.as_ref()?);
        let ends = number(&self.after).zip(number(&self.upto));
        let between = ends.and_then(|(after, upto)| upto.checked_sub(after));
        let records = self.rows.map(i128::from);
        table.has_number_as_key() && records.is_some() && between == records
    }

    /// The numbers of its records, where their keys tell them.
    pub(crate) fn numbers_told(&self, table: &TableInfo, keys: &[Key]) -> Option<Vec<u64>> {
        if !self.has_every_number(table) {
            return None;
        }
        let after = number_of(self.after.as_ref()?)?;
        let number = |key: &Key| {
            let in_range = u64::try_from(number_of(key)?.checked_sub(after)?).ok()?;
            (self.first_row - 1).checked_add(in_range)
        };
        keys.iter().map(number).collect()
    }
}

/// The value of a key that is one whole number.
fn number_of(key: &Key) -> Option<i128> {
    match &key[..] {
        [text] => text.parse().ok(),
        _ => None,
    }
}

/// Walks along the key and notes every so-many-th of its values. What it counts on the way is
/// exact: the database counts it, in the same snapshot that will be read, and no faster than the load
/// allows.
pub(crate) fn cut(
    session: &mut dyn Session,
    table: &TableInfo,
    rows: u64,
    throttle: Option<&Throttle>,
) -> Result<Vec<KeyRange>, Failure> {
    let rows = rows.max(1);
    let mut ranges = Vec::new();
    let mut after = None;
    let mut first_row = 1;
    if !table.is_ordered() {
        return Ok(vec![KeyRange {
            first_row,
            rows: None,
            after: None,
            upto: None,
        }]);
    }
    loop {
        if let Some(throttle) = throttle {
            throttle.wait()?;
        }
        let upto = session.key_at(table, after.as_ref(), rows - 1)?;
        let found = match &upto {
            Some(_) => rows,
            None => session.count(table, after.as_ref(), None)?,
        };
        if let Some(throttle) = throttle {
            // The server walks over them.
            throttle.count(found);
        }
        let is_last = upto.is_none();
        if found > 0 || first_row == 1 {
            ranges.push(KeyRange {
                first_row,
                rows: Some(found),
                after: after.take(),
                upto: upto.clone(),
            });
        }
        if is_last {
            return Ok(ranges);
        }
        first_row += found;
        after = upto;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Query;
    use arrow_array::RecordBatch;
    use arrow_schema::DataType;
    use proptest::prelude::*;

    /// The keys of a table, in their order.
    struct Keys(Vec<u32>);

    impl Keys {
        fn behind(&self, after: Option<&Key>) -> usize {
            let after = after.map(|key| key[0].parse::<u32>().expect("a number"));
            self.0.partition_point(|key| Some(*key) <= after)
        }
    }

    impl Session for Keys {
        fn key_at(
            &mut self,
            _: &TableInfo,
            after: Option<&Key>,
            skip: u64,
        ) -> Result<Option<Key>, Failure> {
            let at = (self.behind(after) as u64).saturating_add(skip);
            let key = usize::try_from(at).ok().and_then(|at| self.0.get(at));
            Ok(key.map(|key| vec![key.to_string()]))
        }

        fn count(
            &mut self,
            _: &TableInfo,
            after: Option<&Key>,
            _: Option<&Key>,
        ) -> Result<u64, Failure> {
            Ok((self.0.len() - self.behind(after)) as u64)
        }

        fn read(
            &mut self,
            _: &Query,
            _: &mut dyn FnMut(RecordBatch) -> bool,
        ) -> Result<(), Failure> {
            unreachable!("cutting reads no records")
        }
    }

    fn table(key: Vec<usize>) -> TableInfo {
        TableInfo {
            name: "t".to_owned(),
            schema: None,
            is_view: false,
            comment: None,
            columns: vec![crate::table::ColumnInfo {
                name: "k".to_owned(),
                declared: "int".to_owned(),
                data_type: DataType::Int64,
                is_nullable: false,
                is_granted: true,
                comment: None,
                asked: "k".to_owned(),
            }],
            key,
            rows_estimate: None,
            bytes_estimate: None,
            has_places: false,
            keeps_moment: true,
        }
    }

    fn shown(count: u32, rows: u64) -> String {
        let mut keys = Keys((1..=count).collect());
        let ranges = cut(&mut keys, &table(vec![0]), rows, None).expect("cut");
        let bound = |key: &Option<Key>| key.as_ref().map_or("-".to_owned(), |key| key.join(","));
        let shown = ranges.iter().map(|range| {
            let rows = range.rows.unwrap_or_default();
            format!(
                "#{}+{rows} ({},{}]",
                range.first_row,
                bound(&range.after),
                bound(&range.upto)
            )
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_last_range_is_open_and_never_empty_but_for_an_empty_table() {
        insta::assert_snapshot!(
            [shown(0, 3), shown(2, 3), shown(3, 3), shown(4, 3), shown(2, 0), shown(2, u64::MAX)]
                .join("\n"),
            @"
        #1+0 (-,-]
        #1+2 (-,-]
        #1+3 (-,3]
        #1+3 (-,3] #4+1 (3,-]
        #1+1 (-,1] #2+1 (1,2]
        #1+2 (-,-]
        "
        );
    }

    #[test]
    fn keys_tell_numbers_only_where_every_whole_number_is_there() {
        let told = |after: Option<&str>, upto: Option<&str>, rows: u64, key: &str| {
            let key_of = |text: &str| vec![text.to_owned()];
            let range = KeyRange {
                first_row: 11,
                rows: Some(rows),
                after: after.map(key_of),
                upto: upto.map(key_of),
            };
            range.numbers_told(&table(vec![0]), &[key_of(key)])
        };
        assert_eq!(told(Some("-2"), Some("3"), 5, "-1"), Some(vec![11]));
        assert_eq!(told(Some("-2"), Some("3"), 5, "3"), Some(vec![15]));
        let ends = (i64::MIN.to_string(), u64::MAX.to_string());
        assert_eq!(told(Some(&ends.0), Some(&ends.1), 5, "3"), None, "gaps");
        assert_eq!(told(Some("-2"), Some("3"), 4, "3"), None, "one is missing");
        assert_eq!(told(Some("-2"), Some("3"), 6, "3"), None, "one is doubled");
        assert_eq!(told(None, Some("3"), 3, "3"), None, "it begins anywhere");
        assert_eq!(told(Some("0"), None, 3, "3"), None, "it ends anywhere");
        assert_eq!(told(Some("a"), Some("3"), 3, "3"), None);
        assert_eq!(told(Some("0"), Some("3"), 3, "c"), None);
        let keyless = KeyRange {
            first_row: 1,
            rows: None,
            after: None,
            upto: None,
        };
        assert!(!keyless.has_every_number(&table(Vec::new())));
    }

    #[test]
    fn a_table_without_a_key_is_one_range_of_unknown_length() {
        let ranges = cut(&mut Keys(vec![1, 2, 3]), &table(Vec::new()), 1, None).expect("cut");
        let whole = KeyRange {
            first_row: 1,
            rows: None,
            after: None,
            upto: None,
        };
        assert_eq!(ranges, [whole]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_key_lies_in_one_range_and_its_number_is_right(
            keys in prop::collection::btree_set(any::<u32>(), 0..80),
            rows in 0_u64..100,
        ) {
            let mut keys = Keys(keys.into_iter().collect());
            let ranges = cut(&mut keys, &table(vec![0]), rows, None).expect("cut");
            for (at, key) in keys.0.iter().enumerate() {
                let number = |bound: &Option<Key>| bound.as_ref().map(|key| key[0].parse::<u32>().expect("a number"));
                let holding: Vec<&KeyRange> = ranges
                    .iter()
                    .filter(|range| number(&range.after).is_none_or(|after| after < *key))
                    .filter(|range| number(&range.upto).is_none_or(|upto| *key <= upto))
                    .collect();
                prop_assert_eq!(holding.len(), 1);
                let first = holding[0].first_row;
                let rows = holding[0].rows.expect("counted");
                prop_assert!((first..first + rows).contains(&(at as u64 + 1)));
            }
            let sum: u64 = ranges.iter().filter_map(|range| range.rows).sum();
            prop_assert_eq!(sum, keys.0.len() as u64);
            prop_assert!(ranges.iter().all(|range| range.rows <= Some(rows.max(1))));
        }
    }
}
