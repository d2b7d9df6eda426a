//! Which part of a query is to blame for what the planner says of the whole of it.
//!
//! DataFusion says where a name stands that it does not know. Of a scale that cannot be, a division
//! by zero or a subquery of many records it says only that there is one. So parts of the query are
//! put aside from the outside in, with a NULL in the place of each: what is said without a part as
//! well is not about it, and what is left over is the place.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{ControlFlow, Range};

use datafusion::sql::sqlparser::ast::{
    self, Expr, Ident, Select, SelectItem, Spanned, Value, Visit, VisitMut, Visitor, VisitorMut,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::error::SqlError;
use super::names::Text;
use super::phrases;

/// How often a query is planned anew, at most, to find the places of one mistake.
const TRIES: usize = 400;
/// How many places of one mistake are looked for.
const PLACES: usize = 8;

/// What is wrong with a statement beyond what has a place, as messages.
pub(super) type Said<'a> = &'a dyn Fn(&ast::Statement) -> Vec<String>;

/// Gives mistakes that have no place theirs, once for each; one of which no part is to blame keeps
/// none, and is about the whole query.
pub(super) fn placed(
    mistakes: Vec<SqlError>,
    statement: &ast::Statement,
    text: &Text<'_>,
    said: Said<'_>,
) -> Vec<SqlError> {
    let mut placed = Vec::with_capacity(mistakes.len());
    let mut looked_for = BTreeSet::new();
    for mistake in mistakes {
        if mistake.span.is_some() {
            placed.push(mistake);
            continue;
        }
        // All places of a message are found at once.
        if !looked_for.insert(mistake.message.clone()) {
            continue;
        }
        let mut search = Search {
            message: &mistake.message,
            said,
            others: Vec::new(),
            left: TRIES,
        };
        let places = search.places(statement, text);
        if places.is_empty() {
            placed.push(mistake);
            continue;
        }
        placed.extend(places.into_iter().map(|place| SqlError {
            span: Some(place),
            ..mistake.clone()
        }));
    }
    placed
}

/// What is said of a statement from which parts are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// The same as of the whole.
    Same,
    /// Something else: the parts were needed.
    Other,
    /// Nothing but what else is wrong: this mistake has gone with the parts.
    Nothing,
}

struct Search<'a> {
    message: &'a str,
    said: Said<'a>,
    /// What else is wrong with the statement.
    others: Vec<String>,
    left: usize,
}

impl Search<'_> {
    fn places(&mut self, statement: &ast::Statement, text: &Text<'_>) -> Vec<Range<usize>> {
        let mut statement = statement.clone();
        let _ = VisitMut::visit(&mut statement, &mut Named(0));
        self.others = (self.said)(&statement);
        self.others.retain(|message| message != self.message);
        let mut places = Vec::new();
        // What was found is put aside, and what else is to blame is left.
        while places.len() < PLACES && self.outcome(&statement) == Outcome::Same {
            let parts = Parts::of(&statement);
            let Some(found) = self.part(&statement, &parts) else {
                break;
            };
            let Some(place) = parts.place(found, text) else {
                break;
            };
            places.push(place);
            statement = parts.without(&statement, &BTreeSet::from([found]));
        }
        places
    }

    fn outcome(&self, statement: &ast::Statement) -> Outcome {
        let said = (self.said)(statement);
        match said.iter().any(|message| message == self.message) {
            true => Outcome::Same,
            false if said.iter().all(|message| self.others.contains(message)) => Outcome::Nothing,
            false => Outcome::Other,
        }
    }

    /// The smallest part without which the message is not said; none where it is said without any,
    /// and where the search would take too long.
    fn part(&mut self, statement: &ast::Statement, parts: &Parts) -> Option<usize> {
        let mut aside = BTreeSet::new();
        let mut kept = BTreeMap::new();
        let mut next = 0;
        while let Some(part) = parts.0.get(next) {
            self.left = self.left.checked_sub(1)?;
            aside.insert(next);
            match self.outcome(&parts.without(statement, &aside)) {
                Outcome::Same => next += part.size,
                outcome => {
                    aside.remove(&next);
                    kept.insert(next, outcome);
                    next += 1;
                }
            }
        }
        self.innermost(&kept, parts)
    }

    /// Goes from the outside in, for as long as one part alone is to blame: of `1 / 0` neither number
    /// is.
    fn innermost(&self, kept: &BTreeMap<usize, Outcome>, parts: &Parts) -> Option<usize> {
        let mut found = match to_blame(kept, parts, None).first() {
            Some(found) => *found,
            None => *kept.keys().next()?,
        };
        loop {
            let is_query = parts.0.get(found).is_some_and(|part| part.is_query);
            // What is wrong with a query within is no fault of what stands in it.
            if is_query && phrases::is_about_a_query(self.message) {
                return Some(found);
            }
            match to_blame(kept, parts, Some(found)).as_slice() {
                [one] => found = *one,
                _ => return Some(found),
            }
        }
    }
}

/// The parts of one expression, or of the statement, with which the mistake goes.
fn to_blame(kept: &BTreeMap<usize, Outcome>, parts: &Parts, around: Option<usize>) -> Vec<usize> {
    let mut found = Vec::new();
    for (index, outcome) in kept {
        let is_within = parts
            .0
            .get(*index)
            .is_some_and(|part| part.around == around);
        if is_within && *outcome == Outcome::Nothing {
            found.push(*index);
        }
    }
    found
}

/// One expression of a statement.
#[derive(Debug)]
struct Part {
    /// The expression that it is a part of.
    around: Option<usize>,
    /// How many expressions it consists of, itself among them.
    size: usize,
    span: Span,
    is_query: bool,
}

/// All expressions of a statement, each before its parts.
#[derive(Debug)]
struct Parts(Vec<Part>);

impl Parts {
    fn of(statement: &ast::Statement) -> Self {
        let mut found = Found::default();
        let _ = Visit::visit(statement, &mut found);
        Self(found.parts)
    }

    fn without(&self, statement: &ast::Statement, aside: &BTreeSet<usize>) -> ast::Statement {
        let mut statement = statement.clone();
        let mut without = Without {
            parts: self,
            aside,
            next: 0,
        };
        let _ = VisitMut::visit(&mut statement, &mut without);
        statement
    }

    /// The bytes of a part, or of the nearest one around it that tells its own.
    fn place(&self, part: usize, text: &Text<'_>) -> Option<Range<usize>> {
        let mut part = self.0.get(part)?;
        loop {
            if let Some(range) = text.range(part.span) {
                return Some(closed(range, text));
            }
            part = self.0.get(part.around?)?;
        }
    }
}

/// A call's span ends before its bracket: takes in what closes the brackets within `range`.
fn closed(range: Range<usize>, text: &Text<'_>) -> Range<usize> {
    let within = text.0.get(range.clone()).unwrap_or_default();
    let mut open = 0_usize;
    let mut quote = None;
    for letter in within.chars() {
        match (quote, letter) {
            (None, '\'' | '"') => quote = Some(letter),
            (Some(begun), _) if begun == letter => quote = None,
            (None, '(') => open += 1,
            (None, ')') => open = open.saturating_sub(1),
            _ => {}
        }
    }
    let mut end = range.end;
    while open > 0 {
        let rest = text.0.get(end..).unwrap_or_default();
        let Some(after) = rest.trim_start().strip_prefix(')') else {
            break;
        };
        end = text.0.len() - after.len();
        open -= 1;
    }
    range.start..end
}

#[derive(Debug, Default)]
struct Found {
    parts: Vec<Part>,
    around: Vec<usize>,
}

impl Visitor for Found {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let part = Part {
            around: self.around.last().copied(),
            size: 1,
            span: expr.span(),
            is_query: matches!(
                expr,
                Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. }
            ),
        };
        self.around.push(self.parts.len());
        self.parts.push(part);
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, _expr: &Expr) -> ControlFlow<()> {
        let count = self.parts.len();
        if let Some(index) = self.around.pop()
            && let Some(part) = self.parts.get_mut(index)
        {
            part.size = count - index;
        }
        ControlFlow::Continue(())
    }
}

/// Puts a NULL in the place of some parts.
struct Without<'a> {
    parts: &'a Parts,
    aside: &'a BTreeSet<usize>,
    next: usize,
}

impl VisitorMut for Without<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let mut size = 1;
        if self.aside.contains(&self.next) {
            *expr = Expr::value(Value::Null);
            size = self.parts.0.get(self.next).map_or(1, |part| part.size);
        }
        self.next += size;
        ControlFlow::Continue(())
    }
}

/// Gives every column that a query gives a name that stays when a NULL stands in its place.
struct Named(usize);

impl VisitorMut for Named {
    type Break = ();

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        for item in &mut select.projection {
            let SelectItem::UnnamedExpr(expr) = item else {
                continue;
            };
            let alias = match &*expr {
                Expr::Identifier(name) => Some(name.value.clone()),
                Expr::CompoundIdentifier(parts) => parts.last().map(|name| name.value.clone()),
                _ => None,
            };
            self.0 += 1;
            let alias = alias.unwrap_or_else(|| format!("__p{}", self.0));
            *item = SelectItem::ExprWithAlias {
                expr: std::mem::replace(expr, Expr::value(Value::Null)),
                alias: Ident::with_quote('"', alias),
            };
        }
        ControlFlow::Continue(())
    }
}
