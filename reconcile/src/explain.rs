//! Says why: gives every break the cause that the records prove, or those that remain possible.

use crate::parallel::{in_parallel, next_parts};
use crate::prepare::{Agreement, Prepared};
use crate::readings::Given;
use crate::rejected::Rejected;
use crate::scribe::BREAKS_PER_BLOCK;
use causes::{BorneOut, CauseId, Column, Explanation, Kind, Prover, Reading, SourceColumn, Terms};
use footing::Class;
use ledger::{Break, Sides, Zone};
use rules::sql::{ComesFrom, Which};

/// Explains the breaks of one agreement.
#[derive(Debug)]
pub(crate) struct Explainer<'a> {
    agreement: &'a Agreement,
    prover: Prover,
    /// What is known of the rejects of both sides; none where nobody has looked.
    rejected: Option<&'a Rejected>,
}

impl<'a> Explainer<'a> {
    pub(crate) fn new(prepared: &Prepared, agreement: &'a Agreement) -> Self {
        Self {
            agreement,
            prover: Prover::new(terms(prepared, agreement)),
            rejected: None,
        }
    }

    /// One that knows the rejects of both sides.
    pub(crate) fn knowing(
        prepared: &Prepared,
        agreement: &'a Agreement,
        rejected: &'a Rejected,
    ) -> Self {
        Self {
            agreement,
            prover: Prover::new(terms_with(prepared, agreement, rejected)),
            rejected: Some(rejected),
        }
    }

    /// One that does not try a cause.
    pub(crate) fn without(prepared: &Prepared, agreement: &'a Agreement, cause: CauseId) -> Self {
        Self {
            agreement,
            prover: Prover::without(terms(prepared, agreement), cause),
            rejected: None,
        }
    }

    /// What the plan tells of the agreement.
    pub(crate) fn terms(&self) -> &Terms {
        self.prover.terms()
    }

    /// Explains each break by itself. The first of them is number `from` of those given.
    pub(crate) fn explain_each(&self, breaks: &mut [Break], given: &Given<'_>, from: usize) {
        for (at, found) in breaks.iter_mut().enumerate() {
            let weighed = given.weighed(self.agreement, from + at, found, false);
            let readings: Vec<Reading> = weighed.into_iter().map(|(_, reading)| reading).collect();
            let mut why = self.prover.explain(found, &readings);
            if let Some(rejected) = self.rejected {
                rejected.tell(found, &mut why);
            }
            found.cause = why.found();
        }
    }

    /// Explains each break, and then all of them together: by the readings that the whole book bears
    /// out, by what was rejected, and by each other. What readings give for them is counted already.
    pub(crate) fn explain_all(
        &self,
        breaks: Vec<Break>,
        given: &Given<'_>,
        threads: usize,
    ) -> Vec<Break> {
        let mut explained = Vec::with_capacity(breaks.len());
        let mut borne_out = given.borne_out();
        let mut waiting = breaks.into_iter().enumerate();
        while waiting.len() > 0 {
            let blocks = next_parts(&mut waiting, BREAKS_PER_BLOCK, threads);
            let explain = |block: Vec<(usize, Break)>| -> Vec<(Break, Explanation, Vec<usize>)> {
                let explained = block.into_iter().map(|(at, found)| {
                    let weighed = given.weighed(self.agreement, at, &found, true);
                    let (numbers, readings): (Vec<usize>, Vec<Reading>) =
                        weighed.into_iter().unzip();
                    let why = self.prover.explain(&found, &readings);
                    let numbered = numbers.into_iter().zip(&readings);
                    let whole = numbered.filter(|(_, reading)| reading.gives_all_of(&found));
                    let whole: Vec<usize> = whole.map(|(number, _)| number).collect();
                    (found, why, whole)
                });
                explained.collect()
            };
            let done = in_parallel(blocks.into_iter(), &explain);
            for (found, why, whole) in done.into_iter().flatten() {
                for (_, reading) in borne_out.iter_mut().filter(|(one, _)| whole.contains(one)) {
                    reading.breaks.push(explained.len());
                }
                explained.push((found, why));
            }
        }
        let borne_out: Vec<BorneOut> = borne_out.into_iter().map(|(_, one)| one).collect();
        self.prover.bear_out(&mut explained, &borne_out);
        let look = |breaks: &mut [(Break, Explanation)]| self.prover.explain_together(breaks);
        let explained = match self.rejected {
            Some(rejected) => rejected.tell_together(explained, look),
            None => {
                look(&mut explained);
                explained
            }
        };
        let with_cause = |(mut found, why): (Break, Explanation)| {
            found.cause = why.found();
            found
        };
        explained.into_iter().map(with_cause).collect()
    }
}

/// What the plan and its rule tell of an agreement's columns.
pub(crate) fn terms(prepared: &Prepared, agreement: &Agreement) -> Terms {
    let layout = &agreement.layout;
    let comes_from = agreement.expected.comes_from();
    let columns = layout.columns().iter().enumerate();
    let column = |(at, column): (usize, &footing::Column)| Column {
        name: column.name.clone(),
        kind: kind_of(column.class),
        is_key: layout.key().contains(&at),
        is_money: layout.money().contains(&at),
        comes_from: sources_of(&column.name, &comes_from),
    };
    Terms {
        columns: columns.map(column).collect(),
        currency: layout.fixed_currency().map(str::to_owned),
        currency_column: layout
            .currency_column()
            .map(|at| layout.columns()[at].name.clone()),
        zone: zone(prepared),
        freeze: freeze(prepared),
        rejected: Sides::default(),
    }
}

/// The same, where the rejects of both sides are known.
pub(crate) fn terms_with(prepared: &Prepared, agreement: &Agreement, rejected: &Rejected) -> Terms {
    Terms {
        rejected: rejected.unplaced(),
        ..terms(prepared, agreement)
    }
}

/// When the plan's window opens.
pub(crate) fn freeze(prepared: &Prepared) -> Option<i64> {
    let window = prepared.plan.window.as_ref()?;
    Some(window.freeze.value.as_microsecond())
}

/// The plan's zone; UTC where it names none.
pub(crate) fn zone(prepared: &Prepared) -> Zone {
    let name = prepared.plan.timezone.as_ref();
    let name = name.map_or("UTC", |zone| &zone.value);
    Zone::new(name)
        .or_else(|_| Zone::new("UTC"))
        .expect("UTC is a zone")
}

fn sources_of(name: &str, comes_from: &[ComesFrom]) -> Vec<SourceColumn> {
    let own = comes_from.iter().find(|one| one.column == name);
    let values = own.into_iter().flat_map(|one| &one.values);
    values
        .filter(|value| value.side == Which::Source)
        .map(|value| SourceColumn {
            table: value.table.clone(),
            column: value.column.clone(),
        })
        .collect()
}

pub(crate) fn kind_of(class: Class) -> Kind {
    match class {
        Class::Number { .. } => Kind::Number,
        Class::Text => Kind::Text,
        Class::Bool => Kind::Boolean,
        Class::Date => Kind::Date,
        Class::Instant { .. } => Kind::Instant,
        Class::Float => Kind::Float,
        Class::Binary | Class::Time | Class::Null => Kind::Other,
    }
}
