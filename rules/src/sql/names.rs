//! From text to a plan: parsing, names, and every mistake at its place.
//!
//! Names are found as written; an unquoted name that differs only in capitals is found too, as
//! long as it can mean one thing. So `payment_id` finds a column `Payment_ID`, and columns with
//! blanks need quotes as in any SQL.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{ControlFlow, Range};

use datafusion::common::{DFSchema, DataFusionError, SchemaError};
use datafusion::execution::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    self, Expr, Ident, JoinConstraint, JoinOperator, NamedWindowDefinition, ObjectName,
    ObjectNamePart, Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, Spanned,
    TableAlias, TableFactor, Visit, VisitMut, Visitor, VisitorMut, WildcardAdditionalOptions,
    WindowType,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::{Location, Span};
use futures::FutureExt;

use super::culprit;
use super::error::SqlError;
use super::lints;
use super::phrases;
use super::scan::{FILE, ROW, Requirement};
use super::session::{Marks, Session, Which, engine_error};
use super::side::Side;

/// How deep brackets and subqueries may nest.
const DEPTH: usize = 100;
/// How deep an expression may nest; `a + b + c` is two deep.
const EXPRESSION_DEPTH: usize = 500;
/// How long a query may be, in bytes.
const LENGTH: usize = 512 << 10;
/// Bytes of stack for reading a query: every part of a text may nest in the one before it.
const ROOM: usize = 256 << 20;

/// Reads on a thread with room for whatever text is given.
pub(super) fn with_room<T: Send>(
    sql: &str,
    read: impl FnOnce() -> Result<T, Vec<SqlError>> + Send,
) -> Result<T, Vec<SqlError>> {
    if sql.len() > LENGTH {
        let error = SqlError::new(format!("the query is longer than {LENGTH} bytes"));
        return Err(vec![error.mend("keep long lists in a table, and join it")]);
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(ROOM)
            .spawn_scoped(scope, read);
        let broken = |_| {
            vec![SqlError::new(
                "the query could not be read: its reader broke off",
            )]
        };
        match thread {
            Ok(thread) => thread.join().map_err(broken)?,
            Err(error) => Err(vec![SqlError::without_room(&error)]),
        }
    })
}

/// Reads the name of a table, or a query, into a side.
pub(super) fn read_side(
    session: &Session,
    scope: Scope,
    sql_or_table: &str,
    requires: &[String],
) -> Result<Side, Vec<SqlError>> {
    let which = scope.default;
    let text = sql_or_table.trim();
    let sql = match plain_table(session, which, text)? {
        Some((side, table)) => format!("SELECT * FROM {side}.{}", quote(&table)),
        None => sql_or_table.to_owned(),
    };
    let read = read(session, scope, &sql)?;
    if requires.is_empty() {
        return Ok(read.side);
    }
    let requires = read_requires(session, scope, &read, requires)?;
    let state = session
        .planning(which, scope.marks, read.places, &requires)
        .map_err(one)?;
    let plan = plan(&state, read.statement).map_err(one)?;
    Side::new(which, state, plan).map_err(|error| vec![explain(&error, &Text(&sql))])
}

fn one(error: DataFusionError) -> Vec<SqlError> {
    vec![engine_error(error)]
}

/// The names of all that a query reads from, those of its own WITH among them; none where the text
/// is no query.
pub(crate) fn relations(sql: &str) -> Option<Vec<String>> {
    let read = || {
        let statement = parse(&Text(sql)).map_err(|error| vec![error])?;
        let names = Names::of(&statement).relations;
        let last = |name: &ObjectName| Some(name.0.last()?.as_ident()?.value.clone());
        Ok(names.iter().filter_map(last).collect())
    };
    with_room(sql, read).ok()
}

/// Recognises `flow`, `source.flow` and names that are no SQL at all, such as `2013-05 flow`.
fn plain_table(
    session: &Session,
    which: Which,
    text: &str,
) -> Result<Option<(Which, String)>, Vec<SqlError>> {
    if session.book(which).table(text).is_some() {
        return Ok(Some((which, text.to_owned())));
    }
    let (side, name) = with_side(which, text);
    if session.book(side).table(name).is_some() {
        return Ok(Some((side, name.to_owned())));
    }
    if text.contains(|c: char| c.is_whitespace() || c == '(') {
        return Ok(None);
    }
    let tables: Vec<&str> = session
        .book(which)
        .tables()
        .map(|table| table.name())
        .collect();
    if session.book(side).is_barred(name) {
        return Err(vec![may_not_be_read(text).at(0..text.len())]);
    }
    let error = SqlError::new(format!("there is no table `{text}` in the {which}"));
    Err(vec![
        error
            .at(0..text.len())
            .mend(instead(text, &tables, "tables")),
    ])
}

/// Tells the side that a name says from the table's own name; `which` where it says none.
fn with_side(which: Which, text: &str) -> (Which, &str) {
    let named = |side: Which| {
        let rest = text.strip_prefix(side.name())?;
        Some((side, rest.strip_prefix('.')?))
    };
    let mut sides = [Which::Source, Which::Target].into_iter();
    sides.find_map(named).unwrap_or((which, text))
}

/// The mistake of a table that is there, and that the user of the database may not read.
fn may_not_be_read(table: &str) -> SqlError {
    SqlError::new(format!("the user may not read the table `{table}`"))
        .mend("GRANT SELECT on it to the user that reads")
}

fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Which names a query may leave unqualified, and which currencies may stand beside its amounts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope {
    default: Which,
    both: bool,
    marks: Marks,
}

impl Scope {
    /// Unqualified names are tables of one side.
    pub(super) fn of(which: Which, marks: Marks) -> Self {
        Self {
            default: which,
            both: false,
            marks,
        }
    }

    /// Unqualified names are tables of either side, if only one has it.
    pub(super) fn both(marks: Marks) -> Self {
        Self {
            default: Which::Target,
            both: true,
            marks,
        }
    }
}

/// A query that has been parsed, resolved, planned and found free of what is refused.
pub(super) struct Read {
    pub(super) side: Side,
    statement: ast::Statement,
    /// Whether the query names `_file` or `_row`.
    places: bool,
}

/// Reads a query, or gives every mistake that can be told at once.
pub(super) fn read(session: &Session, scope: Scope, sql: &str) -> Result<Read, Vec<SqlError>> {
    let text = Text(sql);
    let mut statement = parse(&text).map_err(|error| vec![error])?;
    nests_too_deeply(&statement, &text)?;
    let names = Names::of(&statement);
    let known = Known::new(session, scope, &names);
    let mut resolver = Resolver::new(&known, &names, &text);
    let _ = VisitMut::visit(&mut statement, &mut resolver);
    let places = resolver.mentions_places;
    let state = session
        .planning(scope.default, scope.marks, places, &[])
        .map_err(one)?;
    let mut mistakes = lints::of_text(&statement, &state, &text);
    mistakes.append(&mut resolver.certain);
    mistakes.extend(unknown_functions(&statement, &state, &text));
    // What is refused by its text alone need not be brought into a form that can be run.
    let outcome = match mistakes.is_empty() {
        true => ready(&state, scope.default, &statement, &text).map(Some),
        false => planned(&state, &statement, &text).map(|_| None),
    };
    match outcome {
        Ok(Some(side)) => {
            return Ok(Read {
                side,
                statement,
                places,
            });
        }
        Ok(None) => {}
        Err(Refused::AsItIs(found)) => mistakes.extend(found),
        Err(Refused::Planned(error)) => {
            if resolver.certain_tables {
                mistakes.append(&mut resolver.likely);
            }
            if mistakes.is_empty() || !is_unknown_name(&error) {
                mistakes.extend(refused(&error, &statement, &text));
            }
        }
    }
    let said = |statement: &ast::Statement| -> Vec<String> {
        let found = match ready(&state, scope.default, statement, &text) {
            Ok(_) => Vec::new(),
            Err(Refused::AsItIs(found)) => found,
            Err(Refused::Planned(error)) => refused(&error, statement, &text),
        };
        found.into_iter().map(|mistake| mistake.message).collect()
    };
    let mistakes = culprit::placed(mistakes, &statement, &text, &said);
    Err(in_order(mistakes))
}

/// Why a statement whose names are known is refused.
enum Refused {
    /// It cannot be planned.
    Planned(DataFusionError),
    /// What it is planned as may not, or cannot, be run.
    AsItIs(Vec<SqlError>),
}

/// Plans a statement and looks at what comes of it.
fn planned(
    state: &SessionState,
    statement: &ast::Statement,
    text: &Text<'_>,
) -> Result<LogicalPlan, Refused> {
    let plan = plan(state, statement.clone()).map_err(Refused::Planned)?;
    let mut mistakes = match lints::of_plan(&plan, state, text) {
        Ok(found) => found,
        Err(error) => vec![explain(&error, text)],
    };
    let mut taken = BTreeSet::new();
    mistakes.retain(|lint| {
        lint.span
            .clone()
            .is_none_or(|span| taken.insert((span.start, span.end)))
    });
    mistakes.extend(double_names(&plan, statement, text));
    match mistakes.is_empty() {
        true => Ok(plan),
        false => Err(Refused::AsItIs(mistakes)),
    }
}

/// As [`planned`], and brings it into the form that is run.
fn ready(
    state: &SessionState,
    which: Which,
    statement: &ast::Statement,
    text: &Text<'_>,
) -> Result<Side, Refused> {
    let plan = planned(state, statement, text)?;
    Side::new(which, state.clone(), plan)
        .map_err(|error| Refused::AsItIs(vec![explain(&error, text)]))
}

fn in_order(mut mistakes: Vec<SqlError>) -> Vec<SqlError> {
    mistakes.sort_by_key(|mistake| mistake.span.as_ref().map(|span| (span.start, span.end)));
    mistakes.dedup();
    mistakes
}

fn plan(state: &SessionState, statement: ast::Statement) -> Result<LogicalPlan, DataFusionError> {
    let statement = Statement::Statement(Box::new(statement));
    let plan = state.statement_to_plan(statement).now_or_never();
    let waits = || {
        Err(DataFusionError::Internal(
            "a table of a book had to be waited for".to_owned(),
        ))
    };
    plan.unwrap_or_else(waits)
}

// ---- Parsing ----------------------------------------------------------------------------------

fn parser<'a>(text: &Text<'a>) -> Result<Parser<'a>, SqlError> {
    let parser = Parser::new(&GenericDialect {}).with_recursion_limit(DEPTH);
    parser
        .try_with_sql(text.0)
        .map_err(|error| parse_error(&error, text))
}

fn parse(text: &Text<'_>) -> Result<ast::Statement, SqlError> {
    let statements = parser(text)?
        .parse_statements()
        .map_err(|error| parse_error(&error, text))?;
    let whole = 0..text.0.len();
    let mut statements = statements.into_iter();
    match (statements.next(), statements.next()) {
        (None, _) => Err(SqlError::new("there is no query")
            .at(whole)
            .mend("write a SELECT")),
        (Some(_), Some(_)) => Err(SqlError::new("there is more than one query")
            .at(whole)
            .mend("keep one SELECT; a WITH may name its parts")),
        (Some(statement @ ast::Statement::Query(_)), None) => Ok(statement),
        (Some(other), None) => {
            let verb = other.to_string();
            let verb = verb.split_whitespace().next().unwrap_or("this").to_owned();
            Err(
                SqlError::new(format!("{verb} is not allowed: a rule only reads"))
                    .at(text.first_word())
                    .mend("write a SELECT, or WITH … SELECT"),
            )
        }
    }
}

/// Cuts ` at Line: 2, Column: 7` off the parser's message and turns it into a place.
fn parse_error(error: &ParserError, text: &Text<'_>) -> SqlError {
    let message = match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message.clone(),
        ParserError::RecursionLimitExceeded => {
            return SqlError::new("the query nests too deeply").mend("name its parts with WITH");
        }
    };
    let Some((words, place)) = message.rsplit_once(" at Line: ") else {
        return SqlError::new(soften(&message));
    };
    let number = |digits: &str| digits.trim().parse::<u64>().ok();
    let location = place.split_once(", Column: ").and_then(|(line, column)| {
        Some(Location {
            line: number(line)?,
            column: number(column)?,
        })
    });
    let token = location.map(|location| text.token(location));
    let span = match words.starts_with("Unterminated") {
        true => token.map(|token| token.start..text.0.len()),
        false => token,
    };
    let error = SqlError::new(soften(words)).at(span);
    match PARSE_MENDS.iter().find(|(said, _)| words.starts_with(said)) {
        Some((_, mend)) => error.mend(*mend),
        None => error,
    }
}

/// How the parser begins what it says, and what is then usually wrong.
const PARSE_MENDS: [(&str, &str); 3] = [
    (
        "Expected: end of statement, found: ",
        "is a comma missing before it, or a word misspelt?",
    ),
    (
        "Expected: ), found: ",
        "is a comma missing before it, or a bracket not closed?",
    ),
    ("Unterminated string literal", "end the text with '"),
];

/// The parser speaks of `Expected: …, found: …`.
fn soften(words: &str) -> String {
    match words
        .strip_prefix("Expected: ")
        .and_then(|rest| rest.rsplit_once(", found: "))
    {
        Some((expected, "EOF")) => format!("the query ends where {expected} should follow"),
        Some((expected, found)) => format!("expected {expected}, found `{found}`"),
        None => words.trim_end_matches('.').to_owned(),
    }
}

/// What nests deeper than this could not be computed for a record either.
fn nests_too_deeply(statement: &ast::Statement, text: &Text<'_>) -> Result<(), Vec<SqlError>> {
    struct Depth(usize);
    impl Visitor for Depth {
        type Break = Span;

        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Span> {
            self.0 += 1;
            match self.0 > EXPRESSION_DEPTH {
                true => ControlFlow::Break(expr.span()),
                false => ControlFlow::Continue(()),
            }
        }

        fn post_visit_expr(&mut self, _expr: &Expr) -> ControlFlow<Span> {
            self.0 -= 1;
            ControlFlow::Continue(())
        }
    }
    match Visit::visit(statement, &mut Depth(0)) {
        ControlFlow::Break(span) => {
            let error = SqlError::new(format!(
                "an expression nests more than {EXPRESSION_DEPTH} deep"
            ));
            Err(vec![error.at(text.range(span)).mend(
                "use IN (…) or CASE, or join a table that holds the list",
            )])
        }
        ControlFlow::Continue(()) => Ok(()),
    }
}

/// A query's text, and places in it.
pub(super) struct Text<'a>(pub(super) &'a str);

impl Text<'_> {
    /// Turns the parser's lines and columns, counted in characters from 1, into bytes.
    pub(super) fn range(&self, span: Span) -> Option<Range<usize>> {
        if span.start.line == 0 {
            return None;
        }
        let (start, end) = (self.offset(span.start), self.offset(span.end));
        Some(start..end.max(start))
    }

    fn offset(&self, location: Location) -> usize {
        let before = location.line.saturating_sub(1);
        let mut line_start = 0;
        for _ in 0..before {
            match self.0[line_start..].find('\n') {
                Some(at) => line_start += at + 1,
                None => return self.0.len(),
            }
        }
        let column = usize::try_from(location.column.saturating_sub(1)).unwrap_or(usize::MAX);
        let line = &self.0[line_start..];
        line_start
            + line
                .char_indices()
                .nth(column)
                .map_or(line.len(), |(at, _)| at)
    }

    /// The word or sign that starts at `location`.
    fn token(&self, location: Location) -> Range<usize> {
        let start = self.offset(location);
        let rest = &self.0[start..];
        let word: usize = rest
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .map(char::len_utf8)
            .sum();
        let sign = rest.chars().next().map_or(0, char::len_utf8);
        start..start + word.max(sign)
    }

    /// The first place of a word, whatever its capitals.
    fn word(&self, word: &str) -> Option<Range<usize>> {
        let at = self
            .0
            .to_ascii_lowercase()
            .find(&word.to_ascii_lowercase())?;
        Some(at..at + word.len())
    }

    fn first_word(&self) -> Range<usize> {
        let start = self.0.len() - self.0.trim_start().len();
        let word = self.0[start..]
            .split_whitespace()
            .next()
            .map_or(0, str::len);
        start..start + word
    }
}

// ---- Names ------------------------------------------------------------------------------------

/// All names of a query: those that it defines and those that it uses.
#[derive(Debug, Default)]
struct Names {
    queries: BTreeSet<String>,
    defined: BTreeSet<String>,
    used: BTreeSet<String>,
    relations: Vec<ObjectName>,
}

impl Names {
    fn of(statement: &ast::Statement) -> Self {
        let mut names = Self::default();
        let _ = Visit::visit(statement, &mut names);
        names
    }

    fn mentions(&self, name: &str) -> bool {
        self.used.iter().any(|used| used.eq_ignore_ascii_case(name))
    }

    fn define(&mut self, alias: &TableAlias) {
        self.defined.insert(alias.name.value.clone());
        self.defined
            .extend(alias.columns.iter().map(|column| column.name.value.clone()));
    }
}

impl Visitor for Names {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        for part in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.queries.insert(part.alias.name.value.clone());
            self.define(&part.alias);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        for item in &select.projection {
            if let SelectItem::ExprWithAlias { alias, .. } = item {
                self.defined.insert(alias.value.clone());
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        match factor {
            TableFactor::Table {
                name, alias, args, ..
            } => {
                if args.is_none() {
                    self.relations.push(name.clone());
                }
                alias.iter().for_each(|alias| self.define(alias));
            }
            TableFactor::Derived { alias, .. }
            | TableFactor::TableFunction { alias, .. }
            | TableFactor::UNNEST { alias, .. }
            | TableFactor::NestedJoin { alias, .. }
            | TableFactor::Function { alias, .. } => {
                alias.iter().for_each(|alias| self.define(alias));
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(name) => {
                self.used.insert(name.value.clone());
            }
            Expr::CompoundIdentifier(parts) => {
                self.used
                    .extend(parts.iter().map(|part| part.value.clone()));
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// The tables that a query may name, and the columns of those that it does.
struct Known {
    scope: Scope,
    tables: BTreeMap<Which, BTreeSet<String>>,
    /// Tables that are there and may not be read, of those that the query names.
    barred: BTreeSet<String>,
    columns: BTreeSet<String>,
}

/// What an unqualified or qualified relation turned out to be.
enum Relation {
    /// A part of the query's own WITH.
    Query(String),
    /// A table of a book.
    Table(Which, String),
    /// The same name on both sides.
    Either(String),
    Unknown,
}

impl Known {
    fn new(session: &Session, scope: Scope, names: &Names) -> Self {
        let list = |side| {
            session
                .book(side)
                .tables()
                .map(|table| table.name().to_owned())
                .collect()
        };
        let mut known = Self {
            scope,
            tables: [Which::Source, Which::Target]
                .into_iter()
                .map(|side| (side, list(side)))
                .collect(),
            barred: BTreeSet::new(),
            columns: BTreeSet::from([FILE.to_owned(), ROW.to_owned()]),
        };
        for name in &names.relations {
            let last = name.0.last().and_then(ObjectNamePart::as_ident);
            let is_barred = |side| last.is_some_and(|one| session.book(side).is_barred(&one.value));
            if [Which::Source, Which::Target].into_iter().any(is_barred) {
                known.barred.extend(last.map(|one| one.value.clone()));
            }
            if let Relation::Table(side, table) = known.relation(name, names)
                && let Some(table) = session.book(side).table(&table)
            {
                let schema = table.schema();
                known
                    .columns
                    .extend(schema.fields().iter().map(|field| field.name().clone()));
            }
        }
        known
    }

    fn relation(&self, name: &ObjectName, names: &Names) -> Relation {
        let parts: Vec<&Ident> = name.0.iter().filter_map(ObjectNamePart::as_ident).collect();
        match parts.as_slice() {
            [table] => self.unqualified(table, names),
            [schema, table] => [Which::Source, Which::Target]
                .into_iter()
                .filter(|side| same(schema, side.name()))
                .find_map(|side| Some(Relation::Table(side, find(table, &self.tables[&side])?)))
                .unwrap_or(Relation::Unknown),
            _ => Relation::Unknown,
        }
    }

    fn unqualified(&self, table: &Ident, names: &Names) -> Relation {
        if let Some(query) = find(table, &names.queries) {
            return Relation::Query(query);
        }
        let sides = match self.scope.both {
            true => vec![Which::Source, Which::Target],
            false => vec![self.scope.default],
        };
        let mut found = sides
            .into_iter()
            .filter_map(|side| Some((side, find(table, &self.tables[&side])?)));
        match (found.next(), found.next()) {
            (Some((side, table)), None) => Relation::Table(side, table),
            (Some((_, table)), Some(_)) => Relation::Either(table),
            (None, _) => Relation::Unknown,
        }
    }

    /// All tables, those of the other side with their schema.
    fn table_names(&self) -> Vec<String> {
        let bare = |side: Which| side == self.scope.default && !self.scope.both;
        let name = |side: Which, table: &String| match bare(side) {
            true => table.clone(),
            false => format!("{side}.{table}"),
        };
        self.tables
            .iter()
            .flat_map(|(side, tables)| tables.iter().map(move |t| name(*side, t)))
            .collect()
    }
}

/// Whether an identifier means `name`: as written, or for unquoted ones apart from capitals.
fn same(ident: &Ident, name: &str) -> bool {
    ident.value == name
        || (ident.quote_style.is_none() && ident.value.to_lowercase() == name.to_lowercase())
}

/// The one name among `names` that an identifier means.
fn find(ident: &Ident, names: &BTreeSet<String>) -> Option<String> {
    if names.contains(&ident.value) {
        return Some(ident.value.clone());
    }
    let mut alike = names.iter().filter(|name| same(ident, name));
    match (alike.next(), alike.next()) {
        (Some(name), None) => Some(name.clone()),
        _ => None,
    }
}

/// Gives every name the capitals under which it is defined.
struct Resolver<'a> {
    known: &'a Known,
    names: &'a Names,
    text: &'a Text<'a>,
    mentions_places: bool,
    columns: BTreeSet<String>,
    qualifiers: BTreeSet<String>,
    /// Mistakes whatever else the query says.
    certain: Vec<SqlError>,
    /// Whether every table was found, so that its columns are known.
    certain_tables: bool,
    /// Names that only DataFusion can know: a mistake if it does not.
    likely: Vec<SqlError>,
}

impl<'a> Resolver<'a> {
    fn new(known: &'a Known, names: &'a Names, text: &'a Text<'a>) -> Self {
        let mut qualifiers: BTreeSet<String> = names.defined.iter().cloned().collect();
        qualifiers.extend(known.tables.values().flatten().cloned());
        qualifiers.extend([Which::Source, Which::Target].map(|side| side.name().to_owned()));
        Self {
            known,
            names,
            text,
            mentions_places: names.mentions(FILE) || names.mentions(ROW),
            columns: known.columns.union(&names.defined).cloned().collect(),
            qualifiers,
            certain: Vec::new(),
            certain_tables: true,
            likely: Vec::new(),
        }
    }

    fn column(&mut self, ident: &mut Ident) {
        if let Some(name) = find(ident, &self.columns) {
            ident.value = name;
            return;
        }
        let columns: Vec<&str> = self.columns.iter().map(String::as_str).collect();
        let error = SqlError::new(format!("there is no column `{}`", ident.value));
        let mend = instead(&ident.value, &columns, "columns");
        self.likely
            .push(error.at(self.text.range(ident.span)).mend(mend));
    }

    fn qualifier(&self, ident: &mut Ident) {
        if let Some(name) = find(ident, &self.qualifiers) {
            ident.value = name;
        }
    }

    fn relation(&mut self, name: &mut ObjectName) {
        let span = name
            .0
            .iter()
            .filter_map(ObjectNamePart::as_ident)
            .map(|part| part.span);
        let span = span
            .reduce(|first, last| first.union(&last))
            .and_then(|span| self.text.range(span));
        match self.known.relation(name, self.names) {
            Relation::Query(query) => *name = ObjectName::from(vec![renamed(name, 0, query)]),
            Relation::Table(side, table) => {
                let last = name.0.len() - 1;
                let table = renamed(name, last, table);
                let bare = name.0.len() == 1 && side == self.known.scope.default;
                *name = match bare {
                    true => ObjectName::from(vec![table]),
                    false => ObjectName::from(vec![Ident::new(side.name()), table]),
                };
            }
            Relation::Either(table) => {
                let error = SqlError::new(format!("both books have a table `{table}`"));
                let mend = format!("say source.{table} or target.{table}");
                self.certain.push(error.at(span).mend(mend));
            }
            Relation::Unknown => {
                self.certain_tables = false;
                let tables = self.known.table_names();
                let tables: Vec<&str> = tables.iter().map(String::as_str).collect();
                let wanted = name
                    .0
                    .iter()
                    .filter_map(ObjectNamePart::as_ident)
                    .map(|part| part.value.as_str());
                let wanted = wanted.collect::<Vec<_>>().join(".");
                let last = name.0.last().and_then(ObjectNamePart::as_ident);
                if last.is_some_and(|one| self.known.barred.contains(&one.value)) {
                    self.certain.push(may_not_be_read(&wanted).at(span));
                    return;
                }
                let error = SqlError::new(format!("there is no table `{wanted}`"));
                self.certain
                    .push(error.at(span).mend(instead(&wanted, &tables, "tables")));
            }
        }
    }

    fn reads_one_table(&self, select: &Select) -> bool {
        let [from] = select.from.as_slice() else {
            return false;
        };
        let TableFactor::Table {
            name, args: None, ..
        } = &from.relation
        else {
            return false;
        };
        from.joins.is_empty()
            && matches!(self.known.relation(name, self.names), Relation::Table(..))
    }

    fn wildcard(&mut self, options: &mut WildcardAdditionalOptions) {
        if let Some(except) = &mut options.opt_except {
            self.column(&mut except.first_element);
            except
                .additional_elements
                .iter_mut()
                .for_each(|ident| self.column(ident));
        }
        if let Some(exclude) = &mut options.opt_exclude {
            let names = match exclude {
                ast::ExcludeSelectItem::Single(name) => std::slice::from_mut(name),
                ast::ExcludeSelectItem::Multiple(names) => names.as_mut_slice(),
            };
            for part in names.iter_mut().filter_map(|name| name.0.last_mut()) {
                if let ObjectNamePart::Identifier(ident) = part {
                    self.column(ident);
                }
            }
        }
    }
}

/// A `*` stands for what a record says, also in a query that asks for its place by name.
fn hide_places(options: &mut WildcardAdditionalOptions) {
    let mut hidden: Vec<ObjectName> = match options.opt_exclude.take() {
        Some(ast::ExcludeSelectItem::Single(name)) => vec![name],
        Some(ast::ExcludeSelectItem::Multiple(names)) => names,
        None => Vec::new(),
    };
    for place in [FILE, ROW] {
        let place = ObjectName::from(vec![Ident::new(place)]);
        if !hidden.contains(&place) {
            hidden.push(place);
        }
    }
    options.opt_exclude = Some(ast::ExcludeSelectItem::Multiple(hidden));
}

/// Part `index` of `name`, spelt `value`, at the place where it stands.
fn renamed(name: &ObjectName, index: usize, value: String) -> Ident {
    let span = name
        .0
        .get(index)
        .and_then(ObjectNamePart::as_ident)
        .map_or_else(Span::empty, |part| part.span);
    Ident {
        value,
        quote_style: Some('"'),
        span,
    }
}

/// Puts what the names of windows stand for in their place: DataFusion knows them in what a query
/// gives, and not in what it orders by.
struct InPlace<'a>(&'a [NamedWindowDefinition]);

impl VisitorMut for InPlace<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Function(call) = expr
            && let Some(WindowType::NamedWindow(name)) = &call.over
            && let Some(window) = lints::named_window(self.0, name)
        {
            call.over = Some(WindowType::WindowSpec(window.clone()));
        }
        ControlFlow::Continue(())
    }
}

impl VisitorMut for Resolver<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        if let (SetExpr::Select(select), Some(order)) = (query.body.as_ref(), &mut query.order_by) {
            let _ = VisitMut::visit(order, &mut InPlace(&select.named_window));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table {
            name, args: None, ..
        } = factor
        {
            self.relation(name);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        let hides = self.mentions_places && self.reads_one_table(select);
        for item in &mut select.projection {
            match item {
                SelectItem::Wildcard(options) => {
                    self.wildcard(options);
                    if hides {
                        hide_places(options);
                    }
                }
                SelectItem::QualifiedWildcard(of, options) => {
                    if let SelectItemQualifiedWildcardKind::ObjectName(name) = of {
                        for part in &mut name.0 {
                            if let ObjectNamePart::Identifier(ident) = part {
                                self.qualifier(ident);
                            }
                        }
                    }
                    self.wildcard(options);
                }
                _ => {}
            }
        }
        for join in select.from.iter_mut().flat_map(|from| &mut from.joins) {
            if let Some(JoinConstraint::Using(columns)) = constraint(&mut join.join_operator) {
                for part in columns.iter_mut().filter_map(|name| name.0.last_mut()) {
                    if let ObjectNamePart::Identifier(ident) = part {
                        self.column(ident);
                    }
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(ident) => self.column(ident),
            Expr::CompoundIdentifier(parts) => {
                if let Some((column, qualifiers)) = parts.split_last_mut() {
                    qualifiers
                        .iter_mut()
                        .for_each(|ident| self.qualifier(ident));
                    self.column(column);
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

fn constraint(operator: &mut JoinOperator) -> Option<&mut JoinConstraint> {
    match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint)
        | JoinOperator::Semi(constraint)
        | JoinOperator::LeftSemi(constraint)
        | JoinOperator::RightSemi(constraint)
        | JoinOperator::Anti(constraint)
        | JoinOperator::LeftAnti(constraint)
        | JoinOperator::RightAnti(constraint) => Some(constraint),
        _ => None,
    }
}

/// Names what was probably meant, or what there is.
pub(super) fn instead(wanted: &str, names: &[&str], kind: &str) -> String {
    let lower = wanted.to_lowercase();
    let distance = |name: &str| edit_distance(&lower, &name.to_lowercase());
    let best = names.iter().map(|name| (distance(name), *name)).min();
    match best {
        Some((distance, name)) if distance <= 1 + wanted.chars().count() / 4 => {
            format!("did you mean `{name}`?")
        }
        Some(_) if names.len() <= 12 => format!("the {kind} are {}", names.join(", ")),
        Some(_) => format!(
            "there are {} {kind}, beginning with {}",
            names.len(),
            names[..12].join(", ")
        ),
        None => format!("there are no {kind}"),
    }
}

fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

fn unknown_functions(
    statement: &ast::Statement,
    state: &SessionState,
    text: &Text<'_>,
) -> Vec<SqlError> {
    let mut names: Vec<&str> = Vec::new();
    names.extend(state.scalar_functions().keys().map(String::as_str));
    names.extend(state.aggregate_functions().keys().map(String::as_str));
    names.extend(state.window_functions().keys().map(String::as_str));
    names.sort_unstable();
    let mut mistakes = Vec::new();
    for (name, span) in lints::functions(statement) {
        if names.binary_search(&name.as_str()).is_err() && !lints::is_syntax(&name) {
            let error = SqlError::new(format!("there is no function `{name}`"));
            let close = instead(&name, &names, "functions");
            let error = error.at(text.range(span));
            mistakes.push(match close.starts_with("did") {
                true => error.mend(close),
                false => error,
            });
        }
    }
    mistakes
}

fn double_names(plan: &LogicalPlan, statement: &ast::Statement, text: &Text<'_>) -> Vec<SqlError> {
    let mut seen = BTreeSet::new();
    let mut double = BTreeSet::new();
    for field in plan.schema().fields() {
        let is_place = field.name() == FILE || field.name() == ROW;
        if !is_place && !seen.insert(field.name()) {
            double.insert(field.name());
        }
    }
    let error = |name: &String| {
        SqlError::new(format!("the query gives two columns named `{name}`"))
            .at(output_of(statement, name, text))
            .mend("name one of them with AS")
    };
    double.into_iter().map(error).collect()
}

/// What the planner refuses a statement for.
fn refused(error: &DataFusionError, statement: &ast::Statement, text: &Text<'_>) -> Vec<SqlError> {
    let mistake = explain(error, text);
    if mistake.message != phrases::SAME_NAME {
        return vec![mistake];
    }
    let mut doubled = Doubled {
        text,
        found: Vec::new(),
    };
    let _ = Visit::visit(statement, &mut doubled);
    match doubled.found.is_empty() {
        true => vec![mistake],
        false => doubled.found,
    }
}

/// Columns that a query gives twice under one name, as they are written.
struct Doubled<'a> {
    text: &'a Text<'a>,
    found: Vec<SqlError>,
}

impl Visitor for Doubled<'_> {
    type Break = ();

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        let mut seen = BTreeSet::new();
        for item in &select.projection {
            let (name, span) = match item {
                SelectItem::ExprWithAlias { alias, .. } => (alias.value.clone(), alias.span),
                SelectItem::UnnamedExpr(expr) => (expr.to_string(), expr.span()),
                _ => continue,
            };
            if !seen.insert(name) {
                let place = self.text.range(span);
                let mistake = phrases::mistake(phrases::SAME_NAME);
                self.found.push(mistake.at(place));
            }
        }
        ControlFlow::Continue(())
    }
}

/// Where a query says a column that it gives, the last time that it does; none where a `*` does.
pub(crate) fn output(sql: &str, column: &str) -> Option<Range<usize>> {
    let read = || {
        let text = Text(sql);
        let statement = parse(&text).map_err(|error| vec![error])?;
        Ok(output_of(&statement, column, &text))
    };
    with_room(sql, read).ok().flatten()
}

fn output_of(statement: &ast::Statement, column: &str, text: &Text<'_>) -> Option<Range<usize>> {
    let ast::Statement::Query(query) = statement else {
        return None;
    };
    let SetExpr::Select(select) = query.body.as_ref() else {
        return None;
    };
    let is_it = |name: &Ident| same(name, column);
    let place = |item: &SelectItem| match item {
        SelectItem::ExprWithAlias { alias, .. } if is_it(alias) => Some(alias.span),
        SelectItem::UnnamedExpr(Expr::Identifier(name)) if is_it(name) => Some(name.span),
        SelectItem::UnnamedExpr(expr @ Expr::CompoundIdentifier(parts))
            if parts.last().is_some_and(is_it) =>
        {
            Some(expr.span())
        }
        _ => None,
    };
    text.range(select.projection.iter().rev().find_map(place)?)
}

// ---- Requirements -----------------------------------------------------------------------------

/// Reads conditions on source records: each belongs to the one table of the query that has its
/// columns, or that it names.
fn read_requires(
    session: &Session,
    scope: Scope,
    read: &Read,
    requires: &[String],
) -> Result<Vec<(Which, String, Requirement)>, Vec<SqlError>> {
    let tables = read.side.tables();
    let mut requirements = Vec::new();
    let mut mistakes = Vec::new();
    for (index, text) in requires.iter().enumerate() {
        match read_require(session, scope, tables, text) {
            Ok(requirement) => requirements.push(requirement),
            Err(error) => mistakes.push(SqlError {
                message: format!("require `{text}`: {}", error.message),
                require: Some(index),
                ..error
            }),
        }
    }
    match mistakes.is_empty() {
        true => Ok(requirements),
        false => Err(mistakes),
    }
}

fn read_require(
    session: &Session,
    scope: Scope,
    tables: &[(Which, String)],
    text: &str,
) -> Result<(Which, String, Requirement), SqlError> {
    let mut fits = Vec::new();
    let mut errors = Vec::new();
    for (side, table) in tables.iter().filter(|(side, _)| *side == scope.default) {
        match requirement_on(session, Scope::of(*side, scope.marks), table, text) {
            Ok(requirement) => fits.push((*side, table.clone(), requirement)),
            Err(error) => errors.push(error),
        }
    }
    match (fits.len(), errors.into_iter().next()) {
        (1, _) => Ok(fits.remove(0)),
        (0, Some(error)) => Err(error),
        (0, None) => Err(SqlError::new("the query reads no table of its own side")),
        _ => {
            let names: Vec<String> = fits
                .iter()
                .map(|(_, table, _)| format!("`{table}`"))
                .collect();
            let error = SqlError::new(format!("{} all have these columns", names.join(" and ")));
            Err(error.mend(format!(
                "say which, as in {}.column",
                names[0].trim_matches('`')
            )))
        }
    }
}

/// Tries a condition on one table, by planning it as a filter of that table.
fn requirement_on(
    session: &Session,
    scope: Scope,
    table: &str,
    text: &str,
) -> Result<Requirement, SqlError> {
    let side = scope.default;
    let before = format!("SELECT 1 FROM {side}.{} WHERE ", quote(table));
    let sql = format!("{before}{text}\n");
    let in_text = |error: SqlError| {
        let within = |span: Range<usize>| {
            let start = span.start.checked_sub(before.len())?;
            let end = span.end.checked_sub(before.len())?;
            (end <= text.len()).then_some(start..end)
        };
        let span = error.span.clone().and_then(within);
        SqlError { span, ..error }
    };
    let read = read(session, scope, &sql);
    let read = read.map_err(|mut errors| in_text(errors.remove(0)))?;
    let state = read.side.state();
    let typed = state.analyzer();
    let written = read.side.written().clone();
    let typed = typed.execute_and_check(written, state.config_options(), |_, _| {});
    let typed = typed.map_err(engine_error)?;
    let mut found = None;
    let visited = typed.apply_with_subqueries(|node| {
        if let LogicalPlan::Filter(filter) = node {
            found = Some(filter.predicate.clone());
        }
        Ok(datafusion::common::tree_node::TreeNodeRecursion::Continue)
    });
    let expr = match (visited, found) {
        (Ok(_), Some(expr)) => unqualified(expr),
        _ => return Err(SqlError::new("is no condition on a record")),
    };
    let full = session.book(side).table(table).map(|table| table.schema());
    let fits = full
        .and_then(|full| DFSchema::try_from(full.as_ref().clone()).ok())
        .is_some_and(|names| state.create_physical_expr(expr.clone(), &names).is_ok());
    match fits {
        true => Ok(Requirement {
            expr,
            text: text.to_owned(),
        }),
        false => {
            Err(SqlError::new("is no condition on a record").mend("use only columns of the table"))
        }
    }
}

fn unqualified(expr: datafusion::logical_expr::Expr) -> datafusion::logical_expr::Expr {
    datafusion::logical_expr::expr_rewriter::unnormalize_col(expr)
}

// ---- Errors of DataFusion ---------------------------------------------------------------------

fn is_unknown_name(error: &DataFusionError) -> bool {
    match error.find_root() {
        DataFusionError::SchemaError(error, _) => {
            matches!(error.as_ref(), SchemaError::FieldNotFound { .. })
        }
        DataFusionError::Plan(message) => {
            message.contains("not found") || message.starts_with("Invalid function")
        }
        DataFusionError::Diagnostic(_, inner) => is_unknown_name(inner),
        DataFusionError::Collection(errors) => errors.iter().all(is_unknown_name),
        _ => false,
    }
}

/// Turns an error of the planner into one of ours, at its place where it has one.
pub(super) fn explain(error: &DataFusionError, text: &Text<'_>) -> SqlError {
    let diagnostic = error.iter().find_map(DataFusionError::diagnostic);
    let place = |span: datafusion::common::Span| {
        let at = |location: datafusion::common::Location| Location {
            line: location.line,
            column: location.column,
        };
        text.range(Span::new(at(span.start), at(span.end)))
    };
    let span = diagnostic
        .and_then(|diagnostic| diagnostic.span)
        .and_then(place);
    let help = diagnostic.and_then(|d| d.helps.first().map(|help| help.message.clone()));
    let message = match error.find_root() {
        DataFusionError::Plan(message)
        | DataFusionError::NotImplemented(message)
        | DataFusionError::Configuration(message) => first_sentence(message),
        DataFusionError::SchemaError(error, _) => schema_error(error),
        _ => super::checked::reason(error),
    };
    let (message, function) = coercion(&message);
    let span = span.or_else(|| function.and_then(|name| text.word(&name)));
    let span = span.or_else(|| mentioned(&message, text));
    let (message, mend) = phrases::in_our_words(&message);
    SqlError {
        span,
        message,
        mend: mend.map(str::to_owned).or(help),
        require: None,
        is_of_the_machine: false,
    }
}

/// A function of ours refuses a type in its own words; the planner wraps them up.
fn coercion(message: &str) -> (String, Option<String>) {
    let wrapped = message
        .split_once("Function '")
        .and_then(|(_, rest)| rest.split_once('\''));
    match wrapped
        .and_then(|(name, rest)| Some((name, rest.split_once("coercion failed with: ")?.1)))
    {
        Some((name, words)) => {
            let words = words
                .trim_start_matches("Error during planning: ")
                .trim_start_matches("Execution error: ");
            let words = words.split(". No function matches").next().unwrap_or(words);
            (words.to_owned(), Some(name.to_owned()))
        }
        None => (message.to_owned(), None),
    }
}

fn first_sentence(message: &str) -> String {
    message
        .lines()
        .next()
        .unwrap_or(message)
        .trim_end_matches('.')
        .to_owned()
}

fn schema_error(error: &SchemaError) -> String {
    let name = |column: &datafusion::common::Column| column.flat_name();
    match error {
        SchemaError::FieldNotFound { field, .. } => format!("there is no column `{}`", name(field)),
        SchemaError::AmbiguousReference { field } => {
            format!("`{}` may mean columns of several tables", name(field))
        }
        SchemaError::DuplicateQualifiedField { name, .. }
        | SchemaError::DuplicateUnqualifiedField { name } => {
            format!("two columns are named `{name}`")
        }
    }
}

/// The first quoted word of a message that stands exactly once in the text.
pub(super) fn mentioned(message: &str, text: &Text<'_>) -> Option<Range<usize>> {
    let words = message.split(['`', '\'', '"']).skip(1).step_by(2);
    words.filter(|word| !word.is_empty()).find_map(|word| {
        let mut places = text.0.match_indices(word);
        match (places.next(), places.next()) {
            (Some((at, _)), None) => Some(at..at + word.len()),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_may_say_its_side() {
        for (text, side, name) in [
            ("secret", Which::Target, "secret"),
            ("source.secret", Which::Source, "secret"),
            ("target.secret", Which::Target, "secret"),
            ("source", Which::Target, "source"),
            ("sources.flow", Which::Target, "sources.flow"),
        ] {
            assert_eq!(with_side(Which::Target, text), (side, name), "{text}");
        }
    }
}
