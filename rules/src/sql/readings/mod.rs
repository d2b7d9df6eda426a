//! The rule as evidence: what it reads, and the other ways in which it might have been read.

mod changed;
mod given;
mod groups;
mod lookups;
mod mutate;
mod nodes;
mod reread;
mod spell;
mod trace;
mod words;

pub use reread::{Records, Reread};
pub use trace::SourceColumn;

use std::collections::BTreeSet;

use arrow_schema::DataType;
use datafusion::common::DFSchema;
use datafusion::logical_expr::LogicalPlan;

use super::error::SqlError;
use super::names;
use super::session::engine_error;
use super::side::Side;
use trace::Traced;

/// How many readings a rule has at most.
const MOST: usize = 500;

/// A rule with one thing in it read otherwise: a hypothesis about what the new system does.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The cause that it would be, by its id in the catalogue of causes: `B5`, `T2`.
    pub cause: &'static str,
    /// What it does otherwise, as in ``fee: rounds half to even, `…` instead of `…` ``.
    pub en: String,
    /// The same in Chinese.
    pub zh: String,
    /// The part of the rule that is read otherwise, as SQL.
    pub rule: String,
    /// What is read in its place; `None` where it is left out.
    pub reading: Option<String>,
    /// Output columns whose values may change, in the order of the output.
    pub columns: Vec<String>,
    /// Whether it may give records that the rule does not, or leave some out.
    pub rows: bool,
    /// Whether what is read is one of many things of a kind, such as another row of a table of
    /// rates: that one of them fits a single record proves nothing.
    pub picked: bool,
    /// Whether what is read is another column of a table that the rule looks figures or ids up in.
    pub looked_up: bool,
    /// Whether it rounds totals at another level, and so can be run over groups alone.
    over_groups: bool,
    plan: LogicalPlan,
}

/// What an output column is computed from, in the books themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComesFrom {
    /// The output column.
    pub column: String,
    /// Columns whose values enter it, ordered.
    pub values: Vec<SourceColumn>,
    /// Columns that only decide how it is computed, ordered: those in the conditions of a `CASE`
    /// or a `FILTER`, and what a joined table was looked up by.
    pub conditions: Vec<SourceColumn>,
    /// The column that it is, where the rule hands one on as it is.
    pub same_as: Option<SourceColumn>,
}

impl Side {
    /// Returns, for each output column, the columns of the books that it comes from: through
    /// projections, joins, groups, branches and subqueries.
    ///
    /// A column that is both a value and a condition is listed with the values only.
    ///
    /// ```no_run
    /// # fn columns(session: &rules::sql::Session) -> Result<(), Vec<rules::sql::SqlError>> {
    /// use rules::sql::Which;
    ///
    /// let rule = "SELECT id, CASE code WHEN '02' THEN -money(amount) ELSE money(amount) END AS net
    ///             FROM flow WHERE status = 'OK'";
    /// let side = session.side(Which::Source, rule, &[])?;
    /// let net = &side.comes_from()[1];
    /// assert_eq!(net.values[0].column, "amount");
    /// assert_eq!(net.conditions[0].column, "code");
    /// assert_eq!(side.decided_by()[0].column, "status");
    /// # Ok(())
    /// # }
    /// ```
    pub fn comes_from(&self) -> Vec<ComesFrom> {
        let traced = self.traced();
        let fields = self.schema();
        let one = |(field, origin): (&arrow_schema::FieldRef, trace::Origin)| ComesFrom {
            column: field.name().clone(),
            conditions: origin
                .conditions
                .difference(&origin.values)
                .cloned()
                .collect(),
            values: origin.values.into_iter().collect(),
            same_as: origin.same_as,
        };
        fields
            .fields()
            .iter()
            .zip(traced.columns)
            .map(one)
            .collect()
    }

    /// Returns the columns of the books that decide whether a record is in the output at all:
    /// those of filters, of joins that can drop a record, and of groups; ordered.
    pub fn decided_by(&self) -> Vec<SourceColumn> {
        let rows = self.traced().rows;
        rows.values.union(&rows.conditions).cloned().collect()
    }

    /// Returns the readings of the rule: every single change to it that is a known mistake and
    /// that still gives the same columns. Few of them are no sound query: those cannot be
    /// [read](Side::read_as).
    ///
    /// At most 500, the nearest to the rule first, the same for the same rule. Amounts keep
    /// being exact in all of them; an amount may have other decimals than the rule's.
    ///
    /// ```no_run
    /// # fn readings(session: &rules::sql::Session) -> Result<(), Vec<rules::sql::SqlError>> {
    /// use rules::sql::Which;
    ///
    /// let rule = "SELECT id, round_half_up(money(amount) * 0.006, 2) AS fee FROM flow";
    /// let side = session.side(Which::Source, rule, &[])?;
    /// for reading in side.readings() {
    ///     println!("{} {}", reading.cause, reading.en);
    /// }
    /// // B5 fee: rounds half to even, `round_half_even(money(amount) * 0.006, 2)` instead of …
    /// # Ok(())
    /// # }
    /// ```
    pub fn readings(&self) -> Vec<Reading> {
        let readings = names::with_room("", || {
            let lookups = lookups::Lookups::of(self);
            let changes = nodes::changes(self.written(), self.state(), &lookups);
            let changes = changes.map_err(|error| vec![engine_error(error)])?;
            Ok(self.sound(changes))
        });
        readings.unwrap_or_default()
    }

    /// Returns the query as a reading has it, to be run like any other: with the second look, with
    /// lineage, over everything.
    ///
    /// # Errors
    /// When the engine cannot plan it.
    pub fn read_as(&self, reading: &Reading) -> Result<Side, SqlError> {
        let side = Side::new(self.which(), self.state().clone(), reading.plan.clone());
        side.map_err(engine_error)
    }

    /// Keeps what gives the same columns, and says something else than the rule and than
    /// every reading before it.
    fn sound(&self, mut changes: Vec<nodes::Changed>) -> Vec<Reading> {
        changes.sort_by_key(|change| change.rank);
        let rule = trace::trace(self.written());
        let mut seen = BTreeSet::from([prints(&rule)]);
        let mut readings = Vec::new();
        for change in changes {
            if readings.len() == MOST {
                break;
            }
            let traced = trace::trace(&change.plan);
            if !seen.insert(prints(&traced)) {
                continue;
            }
            if same_columns(self.written().schema(), change.plan.schema()) {
                readings.push(self.told(change, &rule, &traced));
            }
        }
        readings
    }

    fn told(&self, change: nodes::Changed, rule: &Traced, traced: &Traced) -> Reading {
        let schema = self.schema();
        let pairs = rule.columns.iter().zip(&traced.columns);
        let columns: Vec<String> = pairs
            .zip(schema.fields())
            .filter(|((rule, read), _)| rule.print != read.print)
            .map(|(_, field)| field.name().clone())
            .collect();
        let reading = change.reading.as_deref();
        let (en, zh) = words::sentences(&columns, change.phrase, &change.rule, reading);
        let rows = rule.rows.print != traced.rows.print;
        Reading {
            cause: change.cause,
            en,
            zh,
            columns,
            rows,
            over_groups: change.phrase.is_level() && !rows,
            picked: change.phrase.is_picked(),
            looked_up: change.phrase.is_looked_up(),
            rule: change.rule,
            reading: change.reading,
            plan: change.plan,
        }
    }

    fn traced(&self) -> Traced {
        // A rule may nest as deep as its text is long; the thread has room for it.
        let traced = names::with_room("", || Ok(trace::trace(self.written())));
        traced.unwrap_or_default()
    }
}

fn prints(traced: &Traced) -> Vec<u64> {
    let columns = traced.columns.iter().map(|column| column.print);
    columns.chain([traced.rows.print]).collect()
}

/// Whether a reading gives what the rule gives, but for the decimals of amounts.
fn same_columns(rule: &DFSchema, read: &DFSchema) -> bool {
    let same = |rule: &DataType, read: &DataType| {
        rule == read
            || rule.is_decimal() && read.is_decimal()
            || rule.is_string() && read.is_string()
    };
    let pairs = || rule.fields().iter().zip(read.fields());
    rule.fields().len() == read.fields().len()
        && pairs().all(|(rule, read)| {
            rule.name() == read.name() && same(rule.data_type(), read.data_type())
        })
}
