//! Turns a found break into the line that is reported.

use crate::pairing::{Found, Row};
use crate::prepare::{Agreement, is_number};
use crate::rows::{Records, Spelling};
use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{Array, ArrayRef};
use footing::value_text;
use ledger::{
    Amount, Break, BreakKind, CauseFound, Decimal, FieldDifference, Record, Sides, SmolStr,
    SourceRecord,
};
use rules::sql::{Lineage, Which};
use std::collections::BTreeMap;

/// Copies of one record that a break tells on each side; of more it says how many there are.
pub(crate) const COPIES_TOLD: usize = 10_000;

/// Where a side's hidden columns lie in its batches.
pub(crate) struct Trail {
    scans: Vec<TrailOfScan>,
}

struct TrailOfScan {
    table: String,
    file: usize,
    row: usize,
    fields: Vec<TrailOfField>,
}

struct TrailOfField {
    name: String,
    place: usize,
    /// The compared column that holds the same in every record, if there is one.
    compared: Option<usize>,
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
            let field = |(name, place)| TrailOfField {
                name,
                place,
                compared: None,
            };
            Some(TrailOfScan {
                table: scan.table.clone(),
                file,
                row,
                fields: places.into_iter().map(field).collect(),
            })
        };
        let own = lineage.iter().filter(|scan| scan.side == which);
        Self {
            scans: own.filter_map(scan).collect(),
        }
    }

    /// Notes which of the book's columns a side compares as they are: what these say is written
    /// once.
    pub(crate) fn note_compared(&mut self, side: &Records, columns: &[footing::Column]) {
        for field in self.scans.iter_mut().flat_map(|scan| &mut scan.fields) {
            let named = columns.iter().position(|column| column.name == field.name);
            field.compared = named.filter(|at| {
                // A float may be told in another spelling than its own.
                let compared = side.own(*at);
                !compared.data_type().is_floating() && compared == side.batch.column(field.place)
            });
        }
    }

    /// The book's records behind one row; whole, or only their places. What the row itself says may
    /// be written out already.
    pub(crate) fn records(
        &self,
        side: &Records,
        (row, written): (Row, Option<&Record>),
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
            let value = |field: &TrailOfField| {
                let known = field.compared.zip(written);
                match known.and_then(|(at, written)| written.0.get(at)) {
                    Some((_, value)) => value.clone(),
                    None => text(field.place).map(SmolStr::from),
                }
            };
            into.push(SourceRecord {
                table: SmolStr::new(&scan.table),
                file: file.map(SmolStr::from),
                row: row_number(side.batch.column(scan.row), at),
                fields: fields.map(|field| (&field.name, value(field))).collect(),
            });
        }
    }
}

/// The copies that a break tells.
fn told(rows: &[Row]) -> &[Row] {
    &rows[..rows.len().min(COPIES_TOLD)]
}

/// The number of a record's row, as every book tells it.
fn row_number(rows: &ArrayRef, at: usize) -> Option<u64> {
    let rows = rows.as_primitive_opt::<UInt64Type>()?;
    (!rows.is_null(at)).then(|| rows.value(at))
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
            Found::Copies {
                expected, actual, ..
            } => (BreakKind::Copies, told(expected), told(actual), 0),
        };
        let copies = match found {
            Found::Copies { copies, .. } => *copies,
            _ => Sides {
                expected: expected.len() as u64,
                actual: actual.len() as u64,
            },
        };
        let first = |side, rows: &[Row]| rows.first().map(|row| self.record(side, *row));
        let (one, other) = (first(self.expected, expected), first(self.actual, actual));
        let books = |trail: &Trail, side, rows: &[Row], first: Option<&Record>, whole| {
            let mut records = Vec::new();
            for (at, row) in rows.iter().enumerate() {
                let written = first.filter(|_| at == 0);
                trail.records(side, (*row, written), whole, &mut records);
            }
            records.sort_by(|a, b| (&a.table, &a.file, a.row).cmp(&(&b.table, &b.file, b.row)));
            records
        };
        let source = books(
            self.source_trail,
            self.expected,
            expected,
            one.as_ref(),
            true,
        );
        let target = books(
            self.target_trail,
            self.actual,
            actual,
            other.as_ref(),
            false,
        );
        Break {
            agreement: SmolStr::new(&self.agreement.name),
            kind,
            key: one
                .as_ref()
                .or(other.as_ref())
                .map_or_else(Record::default, |record| self.key(record)),
            copies,
            fields: match (expected, actual, &one, &other) {
                ([a, ..], [b, ..], Some(one), Some(other)) => self.fields((*a, one), (*b, other)),
                _ => Vec::new(),
            },
            difference: match (kind, &one, &other) {
                (BreakKind::Differs, Some(one), Some(other)) => self.difference_of(one, other),
                _ => self.difference([
                    (self.expected, expected.first(), copies.expected, false),
                    (self.actual, actual.first(), copies.actual, true),
                ]),
            },
            expected: one,
            actual: other,
            source,
            cause: CauseFound::default(),
            target,
            alternatives,
        }
    }

    /// The key of a record that is written out.
    fn key(&self, record: &Record) -> Record {
        let key = self.agreement.layout.key().iter();
        Record(key.filter_map(|at| record.0.get(*at).cloned()).collect())
    }

    fn record(&self, side: &Records, row: Row) -> Record {
        let columns = self.agreement.layout.columns().iter().enumerate();
        columns
            .map(|(at, column)| (&column.name, self.text(side, at, row)))
            .collect()
    }

    /// The fields that differ, of records that are written out.
    fn fields(
        &self,
        (expected, one): (Row, &Record),
        (actual, other): (Row, &Record),
    ) -> Vec<FieldDifference> {
        let told = one.0.iter().zip(&other.0).enumerate();
        told.filter(|(at, _)| !self.expected.same(*at, expected, self.actual, actual))
            .map(|(_, ((name, one), (_, other)))| FieldDifference {
                name: name.clone(),
                expected: one.clone(),
                actual: other.clone(),
            })
            .collect()
    }

    /// [`Self::difference`] of one record on each side, both written out.
    fn difference_of(&self, one: &Record, other: &Record) -> Vec<Amount> {
        let layout = &self.agreement.layout;
        let told = |record: &'_ Record, at: usize| record.0.get(at)?.1.clone();
        let currency = |record| match layout.currency_column() {
            Some(column) => told(record, column).unwrap_or_default(),
            None => SmolStr::new(layout.fixed_currency().unwrap_or_default()),
        };
        let currencies = [currency(one), currency(other)];
        let money = layout.money().iter();
        let mut amounts = Vec::new();
        for column in money.filter(|column| is_number(layout, **column)) {
            let values = [told(one, *column), told(other, *column)];
            // Most amounts of most breaks are the same.
            if values[0] == values[1] && currencies[0] == currencies[1] {
                continue;
            }
            let mut sums = Sums::default();
            for ((value, currency), plus) in values.iter().zip(&currencies).zip([false, true]) {
                if let Some(value) = value {
                    sums.add(currency, value, 1, plus);
                }
            }
            sums.tell(&layout.columns()[*column].name, &mut amounts);
        }
        amounts
    }

    /// Actual minus expected for each money column and currency, where it is not zero. Of each side one
    /// record is told, how many of it there are, and whether they are added or taken away.
    fn difference(&self, sides: [(&Records, Option<&Row>, u64, bool); 2]) -> Vec<Amount> {
        let layout = &self.agreement.layout;
        let mut amounts = Vec::new();
        for column in layout
            .money()
            .iter()
            .filter(|column| is_number(layout, **column))
        {
            let mut sums = Sums::default();
            for (side, row, copies, plus) in sides {
                let Some(row) = row else {
                    continue;
                };
                if let Some(text) = self.text(side, *column, *row) {
                    sums.add(&self.currency(side, *row), &text, copies, plus);
                }
            }
            sums.tell(&layout.columns()[*column].name, &mut amounts);
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

/// What amounts of one column come to, by currency.
#[derive(Default)]
struct Sums(BTreeMap<String, ledger::Wide>);

impl Sums {
    /// Adds a number as it is written so many times, or takes it away.
    fn add(&mut self, currency: &str, text: &str, times: u64, plus: bool) {
        let sum = match self.0.get_mut(currency) {
            Some(sum) => sum,
            None => self.0.entry(currency.to_owned()).or_default(),
        };
        match (text.parse::<Decimal>(), times) {
            (Ok(amount), 1) if plus => sum.add(amount),
            (Ok(amount), 1) => sum.subtract(amount),
            _ => {
                let Ok(mut amount) = text.parse::<ledger::Wide>() else {
                    return;
                };
                // The amount, twice it, four times it: those that make up the number.
                let mut times = times;
                while times > 0 {
                    match times & 1 {
                        1 if plus => sum.add_wide(&amount),
                        1 => sum.subtract_wide(&amount),
                        _ => {}
                    }
                    let same = amount.clone();
                    amount.add_wide(&same);
                    times >>= 1;
                }
            }
        }
    }

    /// Tells what is not zero.
    fn tell(self, column: &str, into: &mut Vec<Amount>) {
        let off = self.0.into_iter().filter(|(_, sum)| !sum.is_zero());
        into.extend(off.map(|(currency, sum)| Amount {
            column: column.to_owned(),
            currency,
            amount: sum.to_string(),
        }));
    }
}
