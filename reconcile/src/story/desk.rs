//! Suspects for a bare difference of two totals: entries of both books that it could come from.
//!
//! One pass over each side for the amounts, and a second look at the few entries that are named.

use super::StoryError;
use super::chosen::Chosen;
use super::fetch::Fetch;
use crate::describe::Trail;
use crate::drive::{Worker, drive};
use crate::error::VerifyError;
use crate::locate::in_place_order;
use crate::prepare::{Agreement, Prepared, is_number};
use crate::rows::{Encoder, common, common_type};
use crate::verify::bytes_of;
use crate::watch::{Phase, Watch, Work};
use arrow_array::cast::AsArray;
use arrow_array::types::Decimal128Type;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow_cast::cast;
use arrow_schema::DataType;
use books::Meter;
use causes::desk::{Candidate, Desk, Suspect};
use footing::{Class, Layout, Side, value_text};
use ledger::{Decimal, SourceRecord};
use rules::sql::{Rejects, Run, Which};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A difference of which nothing else is known.
#[derive(Debug, Clone, Default)]
pub struct Bare {
    /// The difference.
    pub difference: Decimal,
    /// The money column; needed where there is more than one.
    pub column: Option<String>,
    /// The currency; needed where the records have one each.
    pub currency: Option<String>,
    /// The agreement; needed where there is more than one with that column.
    pub agreement: Option<String>,
    /// Threads to work in.
    pub threads: usize,
}

/// What may be behind a difference. Nothing of it is proved.
#[derive(Debug, Clone)]
pub struct Suspicions {
    /// The plan.
    pub plan: String,
    /// The agreement.
    pub agreement: String,
    /// The money column.
    pub column: String,
    /// The currency.
    pub currency: String,
    /// The difference.
    pub difference: Decimal,
    /// What the difference suggests by itself.
    pub alone: Vec<Suspect>,
    /// What the entries of each side suggest: expected, then actual.
    pub sides: [SideSuspects; 2],
}

/// What the entries of one side suggest.
#[derive(Debug, Clone, Default)]
pub struct SideSuspects {
    /// Number of entries that were looked at.
    pub entries: u64,
    /// What may be behind the difference, the least likely by chance first.
    pub suspects: Vec<Suspected>,
    /// Tests that say nothing here, for chance alone would pass them.
    pub refused: Vec<Suspect>,
}

/// A suspicion with the places of its entries.
#[derive(Debug, Clone)]
pub struct Suspected {
    /// The suspicion.
    pub suspect: Suspect,
    /// The entries of [`Suspect::entries`], one by one.
    pub entries: Vec<Entry>,
}

/// An entry that a difference may come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its key, or where there is none its columns.
    pub label: String,
    /// Its amount.
    pub amount: Decimal,
    /// Where its records stand in the book of its side.
    pub places: Vec<SourceRecord>,
    /// Whether the other side has an entry of that name and amount.
    pub is_on_both: bool,
}

/// Looks at all entries of both sides for those that a bare difference may come from.
///
/// # Errors
/// The question does not fit the plan, or a book cannot be read.
pub async fn suspect(
    prepared: &Prepared,
    bare: &Bare,
    watch: &Arc<dyn Watch>,
) -> Result<Suspicions, StoryError> {
    let (agreement, money) = choose(prepared, bare)?;
    let currency = currency(&agreement.layout, bare)?;
    let search = Search {
        fetch: Fetch {
            prepared,
            agreement,
            threads: bare.threads.max(1),
            watch,
        },
        money,
        currency,
        difference: bare.difference,
    };
    let desks = [
        search.desk(Side::Expected).await?,
        search.desk(Side::Actual).await?,
    ];
    let found = desks.each_ref().map(|desk| desk.finish(&[]));
    let named = found.iter().flat_map(|found| &found.suspects);
    let named = named.flat_map(|suspect| suspect.entries.iter().flatten());
    let seen = search.places(named).await?;
    let is_alone = |suspect: &&Suspect| suspect.hits == 0;
    let alone = found[0].suspects.iter().filter(is_alone).cloned().collect();
    let side = |at: usize| SideSuspects {
        entries: desks[at].entries(),
        suspects: found[at]
            .suspects
            .iter()
            .filter(|suspect| suspect.hits > 0)
            .map(|suspect| suspected(suspect, at, &seen))
            .collect(),
        refused: found[at]
            .refused
            .iter()
            .filter(|one| one.hits > 0)
            .cloned()
            .collect(),
    };
    Ok(Suspicions {
        plan: prepared.plan.name.value.clone(),
        agreement: agreement.name.clone(),
        column: agreement.layout.columns()[money].name.clone(),
        currency: search.currency.clone(),
        difference: bare.difference,
        alone,
        sides: [side(0), side(1)],
    })
}

/// Entries of both sides by name and amount, with their places.
type Seen = [BTreeMap<(String, Decimal), Vec<SourceRecord>>; 2];

fn suspected(suspect: &Suspect, side: usize, seen: &Seen) -> Suspected {
    let entry = |candidate: &Candidate| {
        let name = (candidate.label.clone(), candidate.amount);
        Entry {
            places: seen[side].get(&name).cloned().unwrap_or_default(),
            is_on_both: seen[1 - side].contains_key(&name),
            label: name.0,
            amount: name.1,
        }
    };
    Suspected {
        entries: suspect.entries.iter().flatten().map(entry).collect(),
        suspect: suspect.clone(),
    }
}

/// Finds the agreement and the money column.
fn choose<'p>(prepared: &'p Prepared, bare: &Bare) -> Result<(&'p Agreement, usize), StoryError> {
    let names = || {
        prepared
            .agreements
            .iter()
            .map(|one| one.name.clone())
            .collect()
    };
    let money_of = |agreement: &Agreement| -> Vec<usize> {
        let layout = &agreement.layout;
        let numbers = layout.money().iter().filter(|at| is_number(layout, **at));
        let is_named = |at: &usize| {
            let name = &layout.columns()[*at].name;
            bare.column.as_ref().is_none_or(|column| column == name)
        };
        numbers.copied().filter(is_named).collect()
    };
    let mut agreements: Vec<&Agreement> = prepared.agreements.iter().collect();
    if let Some(name) = &bare.agreement {
        agreements.retain(|agreement| agreement.name == *name);
        if agreements.is_empty() {
            return Err(StoryError::NoAgreement {
                name: name.clone(),
                agreements: names(),
            });
        }
    }
    if agreements.len() > 1 {
        agreements.retain(|agreement| money_of(agreement).len() == 1);
    }
    let [agreement] = agreements[..] else {
        return Err(StoryError::ManyAgreements {
            agreements: names(),
        });
    };
    match money_of(agreement)[..] {
        [only] => Ok((agreement, only)),
        _ => {
            let layout = &agreement.layout;
            let money = layout.money().iter();
            Err(StoryError::Money {
                money: money.map(|at| layout.columns()[*at].name.clone()).collect(),
            })
        }
    }
}

fn currency(layout: &Layout, bare: &Bare) -> Result<String, StoryError> {
    match (
        layout.currency_column(),
        layout.fixed_currency(),
        &bare.currency,
    ) {
        (Some(_), _, Some(asked)) => Ok(asked.clone()),
        (Some(at), _, None) => Err(StoryError::Currency {
            column: layout.columns()[at].name.clone(),
        }),
        (None, Some(fixed), Some(asked)) if asked != fixed => Err(StoryError::OtherCurrency {
            currency: fixed.to_owned(),
        }),
        (None, fixed, _) => Ok(fixed.unwrap_or_default().to_owned()),
    }
}

/// A search for the entries behind a difference.
struct Search<'a> {
    fetch: Fetch<'a>,
    money: usize,
    currency: String,
    difference: Decimal,
}

impl Search<'_> {
    /// Lets a desk look at all entries of one side.
    async fn desk(&self, side: Side) -> Result<Desk, StoryError> {
        let agreement = self.fetch.agreement;
        let query = agreement.side(side);
        let meter = Arc::new(Meter::default());
        self.fetch.watch.begin(Phase {
            work: Work::Fold,
            name: agreement.name.clone(),
            bytes: Some(bytes_of(&self.fetch.prepared.session, &[query])),
            meter: Arc::clone(&meter),
        });
        let run = Run {
            meter,
            ..Run::new(self.fetch.threads)
        };
        let scale = agreement.layout.money_scale(self.money);
        let desk = Desk::new(self.difference, u8::try_from(scale).unwrap_or(0));
        let make = || DeskWorker {
            desk: desk.clone(),
            entries: self.entries(side),
        };
        let mut whole = desk.clone();
        for worker in drive(query, &run, self.fetch.watch, make).await? {
            whole.merge(worker.desk);
        }
        Ok(whole)
    }

    /// How entries are read off the batches of a side.
    fn entries(&self, side: Side) -> Entries {
        let layout = &self.fetch.agreement.layout;
        let column = |at: usize| {
            let column = &layout.columns()[at];
            (column.class, column.index[side as usize])
        };
        let all = 0..layout.columns().len();
        let of_label: Vec<usize> = match layout.key() {
            [] => all.filter(|at| *at != self.money).collect(),
            key => key.to_vec(),
        };
        let names = of_label.iter().map(|at| {
            let name = layout.columns()[*at].name.clone();
            (name, column(*at).1)
        });
        Entries {
            money: column(self.money),
            currency: layout
                .currency_column()
                .map(|at| (column(at).1, self.currency.clone())),
            label: names.collect(),
            has_key: !layout.key().is_empty(),
        }
    }

    /// Fetches the named entries once more, with their places.
    async fn places(&self, named: impl Iterator<Item = &Candidate>) -> Result<Seen, StoryError> {
        let amounts: BTreeSet<Decimal> = named.map(|one| one.amount).collect();
        let mut seen = Seen::default();
        if amounts.is_empty() {
            return Ok(seen);
        }
        let agreement = self.fetch.agreement;
        let layout = &agreement.layout;
        let texts: Vec<String> = amounts.iter().map(ToString::to_string).collect();
        let texts: ArrayRef = Arc::new(StringArray::from(texts));
        let amounts = cast(&texts, &common_type(layout.columns()[self.money].class))?;
        let chosen = Arc::new(Chosen::new(layout, &[self.money], &[amounts])?);
        let sides = self
            .fetch
            .sides(&chosen.probe(), &Rejects::counting())
            .await?;
        let encoder = Encoder::new(layout)?;
        let books = [
            (Side::Expected, Which::Source, &agreement.expected),
            (Side::Actual, Which::Target, &agreement.actual),
        ];
        for (((side, which, query), batch), seen) in books.into_iter().zip(sides).zip(&mut seen) {
            let batch = in_place_order(batch)?;
            let trail = Trail::new(query.lineage(), which, &batch.schema());
            let entries = self.entries(side);
            let mut found: Vec<(usize, Candidate)> = Vec::new();
            entries.each(&batch, |row, amount, label| {
                let label = label();
                found.push((row, Candidate { label, amount }));
            })?;
            let records = encoder.records(side, batch)?;
            for (row, candidate) in found {
                let row = u32::try_from(row).unwrap_or(u32::MAX);
                let places = seen.entry((candidate.label, candidate.amount)).or_default();
                trail.records(&records, (row, None), false, places);
            }
        }
        Ok(seen)
    }
}

struct DeskWorker {
    desk: Desk,
    entries: Entries,
}

impl Worker for DeskWorker {
    fn take(&mut self, batch: RecordBatch) -> Result<(), VerifyError> {
        let desk = &mut self.desk;
        self.entries
            .each(&batch, |_, amount, label| desk.look(amount, label))
    }
}

/// Reads entries off batches.
struct Entries {
    money: (Class, usize),
    currency: Option<(usize, String)>,
    label: Vec<(String, usize)>,
    has_key: bool,
}

impl Entries {
    /// Calls `take` with each entry of the currency: its row, its amount, and how it is called.
    fn each(
        &self,
        batch: &RecordBatch,
        mut take: impl FnMut(usize, Decimal, &dyn Fn() -> String),
    ) -> Result<(), VerifyError> {
        let amounts = common(self.money.0, batch.column(self.money.1))?;
        let currencies = match &self.currency {
            Some((at, _)) => Some(cast(batch.column(*at), &DataType::Utf8View)?),
            None => None,
        };
        for row in 0..batch.num_rows() {
            if let (Some(currencies), Some((_, wanted))) = (&currencies, &self.currency) {
                let own = currencies.as_string_view();
                if own.is_null(row) || own.value(row) != wanted {
                    continue;
                }
            }
            if let Some(amount) = amount(&amounts, row) {
                take(row, amount, &|| self.label(batch, row));
            }
        }
        Ok(())
    }

    /// The values of the key as `crossfoot explain` takes them; without a key, all other columns.
    fn label(&self, batch: &RecordBatch, row: usize) -> String {
        let texts = self.label.iter().map(|(name, at)| {
            let text = value_text(batch.column(*at), row, None);
            let text = text.unwrap_or_else(|| "NULL".to_owned());
            match self.has_key {
                true => text,
                false => format!("{name}={text}"),
            }
        });
        let texts: Vec<String> = texts.collect();
        texts.join(if self.has_key { "," } else { " " })
    }
}

fn amount(amounts: &ArrayRef, row: usize) -> Option<Decimal> {
    if amounts.is_null(row) {
        return None;
    }
    match amounts.data_type() {
        DataType::Decimal128(_, scale @ 0..) => {
            let mantissa = amounts.as_primitive::<Decimal128Type>().value(row);
            Some(Decimal::new(mantissa, u8::try_from(*scale).ok()?))
        }
        _ => value_text(amounts, row, None)?.parse().ok(),
    }
}
