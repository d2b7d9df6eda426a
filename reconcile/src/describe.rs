//! Turns a found break into the line that is reported.

use crate::pairing::{Found, Row};
use crate::prepare::{Agreement, is_number};
use crate::rows::{Records, Spelling};
use arrow_array::Array;
use footing::value_text;
use ledger::{
    Amount, Break, BreakKind, CauseFound, Decimal, FieldDifference, Record, Sides, SourceRecord,
};
use rules::sql::{Lineage, Which};
use std::collections::BTreeMap;

/// Where a side's hidden columns lie in its batches.
pub(crate) struct Trail {
    scans: Vec<TrailOfScan>,
}

struct TrailOfScan {
    table: String,
    file: usize,
    row: usize,
    fields: Vec<(String, usize)>,
}

impl Trail {
    /// Finds the hidden columns of the book `which` in a batch's schema.
    pub(crate) fn new(lineage: &[Lineage], which: Which, schema: &arrow_schema::Schema) -> Self {
        let scan = |scan: &Lineage| {
            let mut places: Vec<(String, usize)> = Vec::new();
            for column in &scan.columns {
                let own = column.split_once('.').map_or(&column[..], |(_, own)| own);
                places.push((own.to_owned(), schema.index_of(column).ok()?));
            }
            let (row, file) = (places.pop()?.1, places.pop()?.1);
            Some(TrailOfScan {
                table: scan.table.clone(),
                file,
                row,
                fields: places,
            })
        };
        let own = lineage.iter().filter(|scan| scan.side == which);
        Self {
            scans: own.filter_map(scan).collect(),
        }
    }

    /// The book's records behind one row; whole, or only their places.
    pub(crate) fn records(
        &self,
        side: &Records,
        row: Row,
        whole: bool,
        into: &mut Vec<SourceRecord>,
    ) {
        let at = row as usize;
        let text = |column: usize| value_text(side.batch.column(column), at, None);
        for scan in &self.scans {
            if side.batch.column(scan.file).is_null(at) {
                continue;
            }
            let file = text(scan.file).filter(|file| !file.is_empty());
            // In a database a record is found by its own values.
            let is_told = whole || file.is_none();
            let fields = scan.fields.iter().filter(|_| is_told);
            into.push(SourceRecord {
                table: scan.table.clone(),
                file,
                row: text(scan.row).and_then(|row| row.parse().ok()),
                fields: Record(
                    fields
                        .map(|(name, column)| (name.clone(), text(*column)))
                        .collect(),
                ),
            });
        }
    }
}

/// Describes the breaks of one partition of an agreement.
pub(crate) struct Describer<'a> {
    pub(crate) agreement: &'a Agreement,
    pub(crate) expected: &'a Records,
    pub(crate) actual: &'a Records,
    pub(crate) source_trail: &'a Trail,
    pub(crate) target_trail: &'a Trail,
}

impl Describer<'_> {
    /// The text of a compared column's value, spelled for both sides alike.
    fn text(&self, side: &Records, column: usize, row: u32) -> Option<String> {
        let types = [self.expected, self.actual].map(|side| side.data_type(column));
        side.spelled(column, row, Spelling::of(types[0], types[1]))
    }

    /// Writes one break out in full.
    pub(crate) fn describe(&self, found: &Found) -> Break {
        let none: &[Row] = &[];
        let (kind, expected, actual, alternatives) = match found {
            Found::Missing(row) => (BreakKind::Missing, std::slice::from_ref(row), none, 0),
            Found::Extra(row) => (BreakKind::Extra, none, std::slice::from_ref(row), 0),
            Found::Differs {
                expected,
                actual,
                alternatives,
            } => (
                BreakKind::Differs,
                std::slice::from_ref(expected),
                std::slice::from_ref(actual),
                *alternatives,
            ),
            Found::Copies { expected, actual } => {
                (BreakKind::Copies, &expected[..], &actual[..], 0)
            }
        };
        let mut source = Vec::new();
        for row in expected {
            self.source_trail
                .records(self.expected, *row, true, &mut source);
        }
        let mut target = Vec::new();
        for row in actual {
            self.target_trail
                .records(self.actual, *row, false, &mut target);
        }
        let by_place = |a: &SourceRecord, b: &SourceRecord| {
            (&a.table, &a.file, a.row).cmp(&(&b.table, &b.file, b.row))
        };
        source.sort_by(by_place);
        target.sort_by(by_place);
        Break {
            agreement: self.agreement.name.clone(),
            kind,
            key: self.key(expected, actual),
            copies: Sides {
                expected: expected.len() as u64,
                actual: actual.len() as u64,
            },
            expected: expected.first().map(|row| self.record(self.expected, *row)),
            actual: actual.first().map(|row| self.record(self.actual, *row)),
            fields: match (expected, actual) {
                ([a, ..], [b, ..]) => self.fields(*a, *b),
                _ => Vec::new(),
            },
            difference: self.difference(expected, actual),
            source,
            cause: CauseFound::default(),
            target,
            alternatives,
        }
    }

    fn key(&self, expected: &[Row], actual: &[Row]) -> Record {
        let (side, row) = match (expected.first(), actual.first()) {
            (Some(row), _) => (self.expected, *row),
            (None, Some(row)) => (self.actual, *row),
            (None, None) => return Record::default(),
        };
        let layout = &self.agreement.layout;
        let named = |column: &usize| {
            (
                layout.columns()[*column].name.clone(),
                self.text(side, *column, row),
            )
        };
        Record(layout.key().iter().map(named).collect())
    }

    fn record(&self, side: &Records, row: Row) -> Record {
        let columns = self.agreement.layout.columns().iter().enumerate();
        Record(
            columns
                .map(|(at, column)| (column.name.clone(), self.text(side, at, row)))
                .collect(),
        )
    }

    fn fields(&self, expected: Row, actual: Row) -> Vec<FieldDifference> {
        let columns = self.agreement.layout.columns().iter().enumerate();
        columns
            .filter(|(at, _)| !self.expected.same(*at, expected, self.actual, actual))
            .map(|(at, column)| FieldDifference {
                name: column.name.clone(),
                expected: self.text(self.expected, at, expected),
                actual: self.text(self.actual, at, actual),
            })
            .collect()
    }

    /// Actual minus expected for each money column and currency, where it is not zero.
    fn difference(&self, expected: &[Row], actual: &[Row]) -> Vec<Amount> {
        let layout = &self.agreement.layout;
        let mut amounts = Vec::new();
        for column in layout
            .money()
            .iter()
            .filter(|column| is_number(layout, **column))
        {
            let mut sums: BTreeMap<String, ledger::Wide> = BTreeMap::new();
            let sides = [
                (self.expected, expected, false),
                (self.actual, actual, true),
            ];
            for (side, rows, plus) in sides {
                for row in rows {
                    let Some(text) = self.text(side, *column, *row) else {
                        continue;
                    };
                    let sum = sums.entry(self.currency(side, *row)).or_default();
                    add(sum, &text, plus);
                }
            }
            let name = &layout.columns()[*column].name;
            amounts.extend(sums.into_iter().filter(|(_, sum)| !sum.is_zero()).map(
                |(currency, sum)| Amount {
                    column: name.clone(),
                    currency,
                    amount: sum.to_string(),
                },
            ));
        }
        amounts
    }

    fn currency(&self, side: &Records, row: Row) -> String {
        let layout = &self.agreement.layout;
        match layout.currency_column() {
            Some(column) => self.text(side, column, row).unwrap_or_default(),
            None => layout.fixed_currency().unwrap_or_default().to_owned(),
        }
    }
}

/// Adds a number as it is written to a sum, or takes it away.
fn add(sum: &mut ledger::Wide, text: &str, plus: bool) {
    if let Ok(amount) = text.parse::<Decimal>() {
        if plus {
            sum.add(amount);
        } else {
            sum.subtract(amount);
        }
    } else if let Ok(amount) = text.parse::<ledger::Wide>() {
        if plus {
            sum.add_wide(&amount);
        } else {
            sum.subtract_wide(&amount);
        }
    }
}
