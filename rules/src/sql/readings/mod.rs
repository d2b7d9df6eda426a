//! The rule as evidence: what it reads, and the other ways in which it might have been read.

mod trace;

pub use trace::SourceColumn;

use super::names;
use super::side::Side;
use trace::Traced;

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

    fn traced(&self) -> Traced {
        // A rule may nest as deep as its text is long; the thread has room for it.
        let traced = names::with_room("", || Ok(trace::trace(self.written())));
        traced.unwrap_or_default()
    }
}
