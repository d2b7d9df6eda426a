//! What a query may not do although DataFusion would: give other figures than exact ones, or
//! other records from one run to the next.

use std::ops::ControlFlow;
use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, Schema};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, DataFusionError, Result, ScalarValue, Spans};
use datafusion::execution::SessionState;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator, Volatility,
};
use datafusion::sql::sqlparser::ast::{
    self, Distinct, FunctionArguments, Ident, LimitClause, NamedWindowDefinition, NamedWindowExpr,
    Query, Select, SetExpr, SetOperator, SetQuantifier, Spanned, TableFactor, Visit, Visitor,
    WindowFrame, WindowFrameBound, WindowFrameUnits, WindowSpec, WindowType,
};
use datafusion::sql::sqlparser::tokenizer::{Location, Span};

use super::error::SqlError;
use super::names::{self, Text};
use super::{checked, hoist, phrases};

/// Functions that are part of the language, not of the registry.
const SYNTAX: [&str; 12] = [
    "array",
    "cast",
    "coalesce",
    "exists",
    "extract",
    "grouping",
    "interval",
    "make_array",
    "position",
    "row",
    "struct",
    "substring",
];

/// Returns whether the parser makes something of its own of a function's name.
pub(super) fn is_syntax(name: &str) -> bool {
    SYNTAX.contains(&name)
}

/// Aggregates whose figure wraps, is a float, or is only near: the name, what is wrong, the mend.
const INEXACT: [(&str, &str, &str); 6] = [
    (
        "sum",
        "wraps silently when it overflows",
        "use control_total(…)",
    ),
    (
        "avg",
        "rounds silently",
        "use round_half_up(control_total(x) / count(x), 2), or another round_…",
    ),
    (
        "mean",
        "rounds silently",
        "use round_half_up(control_total(x) / count(x), 2), or another round_…",
    ),
    ("approx_distinct", "is only near", "use count(DISTINCT …)"),
    ("approx_median", "is only near", "use an exact figure"),
    (
        "approx_percentile_cont",
        "is only near",
        "use an exact figure",
    ),
];

/// Aggregates in floats: their last digits depend on the order of arrival.
const FLOATS: [&str; 26] = [
    "approx_percentile_cont_with_weight",
    "corr",
    "covar",
    "covar_pop",
    "covar_samp",
    "median",
    "percentile_cont",
    "quantile_cont",
    "regr_avgx",
    "regr_avgy",
    "regr_count",
    "regr_intercept",
    "regr_r2",
    "regr_slope",
    "regr_sxx",
    "regr_sxy",
    "regr_syy",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "var",
    "var_pop",
    "var_population",
    "var_samp",
    "var_sample",
    "variance",
];

/// Functions whose result depends on the order of records unless they are given one.
const ORDERED: [&str; 17] = [
    "any_value",
    "array_agg",
    "cume_dist",
    "dense_rank",
    "first",
    "first_value",
    "lag",
    "last",
    "last_value",
    "lead",
    "nth_value",
    "ntile",
    "percent_rank",
    "rank",
    "row_number",
    "string_agg",
    "listagg",
];

/// Functions that compare their arguments with one another.
const COMPARING: [&str; 3] = ["greatest", "least", "nullif"];

/// Names of all functions that a statement calls, in lower case, with their places.
pub(super) fn functions(statement: &ast::Statement) -> Vec<(String, Span)> {
    struct Functions(Vec<(String, Span)>);
    impl Visitor for Functions {
        type Break = ();

        fn pre_visit_expr(&mut self, expr: &ast::Expr) -> ControlFlow<()> {
            if let ast::Expr::Function(call) = expr {
                self.0
                    .push((call.name.to_string().to_lowercase(), name_span(call)));
            }
            ControlFlow::Continue(())
        }
    }
    let mut functions = Functions(Vec::new());
    let _ = Visit::visit(statement, &mut functions);
    functions.0
}

fn name_span(call: &ast::Function) -> Span {
    let parts = call.name.0.iter().filter_map(ast::ObjectNamePart::as_ident);
    parts
        .map(|part| part.span)
        .reduce(|first, last| first.union(&last))
        .unwrap_or_else(Span::empty)
}

/// What can be told from the text alone.
pub(super) fn of_text(
    statement: &ast::Statement,
    state: &SessionState,
    text: &Text<'_>,
) -> Vec<SqlError> {
    let mut lints = TextLints {
        state,
        text,
        windows: Vec::new(),
        around: Vec::new(),
        found: Vec::new(),
    };
    let _ = Visit::visit(statement, &mut lints);
    lints.found
}

struct TextLints<'a> {
    state: &'a SessionState,
    text: &'a Text<'a>,
    /// The windows that each `SELECT` around names, the innermost last.
    windows: Vec<Vec<NamedWindowDefinition>>,
    /// How many `SELECT`s stand around each query around: its own ORDER BY may use their windows.
    around: Vec<usize>,
    found: Vec<SqlError>,
}

/// What a window says of the order of its records.
#[derive(Debug, Clone, Copy, Default)]
struct Over {
    is_ordered: bool,
    /// Whether it takes a part of the records that depends on which stand beside one another.
    is_part: bool,
}

impl TextLints<'_> {
    fn add(&mut self, message: impl Into<String>, span: Span, mend: impl Into<String>) {
        self.found
            .push(SqlError::new(message).at(self.text.range(span)).mend(mend));
    }

    fn call(&mut self, call: &ast::Function) {
        let name = call.name.to_string().to_lowercase();
        let span = name_span(call);
        let over = call.over.as_ref().map(|over| self.over(over));
        let over = over.unwrap_or_default();
        let is_unordered = ORDERED.contains(&name.as_str()) && !is_ordered(call, over);
        if let Some((_, wrong, mend)) = INEXACT.iter().find(|(inexact, ..)| *inexact == name) {
            self.add(format!("{name} {wrong}"), span, *mend);
        } else if FLOATS.contains(&name.as_str()) {
            let message = format!(
                "{name} computes in floats, whose last digits depend on the order of records"
            );
            self.add(message, span, "use an exact figure");
        } else if is_unordered || (over.is_part && !over.is_ordered) {
            let message = format!("{name} depends on the order in which records arrive");
            self.add(
                message,
                span,
                format!(
                    "give it an ORDER BY that leaves no choice, as in {}",
                    example(&name, over)
                ),
            );
        } else if self.is_volatile(&name) {
            let message = format!("{name} gives another value in every run");
            self.add(
                message,
                span,
                "write the value out, or read it from a table",
            );
        }
    }

    /// A pattern that stands in the text must be one.
    fn pattern(&mut self, pattern: &ast::Expr) {
        let ast::Expr::Value(value) = pattern else {
            return;
        };
        let Some(text) = value.value.clone().into_string() else {
            return;
        };
        if let Some(why) = no_pattern(&text) {
            self.add(
                format!("`{text}` is no regular expression: {why}"),
                value.span,
                "a character that has a meaning in one stands for itself after a backslash, as in \\(",
            );
        }
    }

    /// Looks through the names of windows.
    fn over(&self, over: &WindowType) -> Over {
        let mut found = Over::default();
        let mut next = match over {
            WindowType::WindowSpec(window) => Some(window),
            WindowType::NamedWindow(name) => self.window(name),
        };
        // A window may stand on another one; no more than there are stand on one another.
        for _ in 0..=self.windows.last().map_or(0, Vec::len) {
            let Some(window) = next else { break };
            found.is_ordered |= !window.order_by.is_empty();
            found.is_part |= window.window_frame.as_ref().is_some_and(is_part);
            next = window
                .window_name
                .as_ref()
                .and_then(|name| self.window(name));
        }
        found
    }

    fn window(&self, name: &Ident) -> Option<&WindowSpec> {
        named_window(self.windows.last()?, name)
    }

    fn is_volatile(&self, name: &str) -> bool {
        let function = self.state.scalar_functions().get(name);
        function.is_some_and(|function| function.signature().volatility != Volatility::Immutable)
    }
}

/// What a name of a window stands for.
pub(super) fn named_window<'a>(
    defined: &'a [NamedWindowDefinition],
    name: &Ident,
) -> Option<&'a WindowSpec> {
    let mut name = name;
    for _ in defined {
        let is_meant =
            |window: &&NamedWindowDefinition| window.0.value.eq_ignore_ascii_case(&name.value);
        match &defined.iter().find(is_meant)?.1 {
            NamedWindowExpr::WindowSpec(window) => return Some(window),
            NamedWindowExpr::NamedWindow(other) => name = other,
        }
    }
    None
}

/// Whether a frame is less than all records of a window without an order: in one of `RANGE` they
/// are all peers.
fn is_part(frame: &WindowFrame) -> bool {
    let counts = matches!(
        frame.units,
        WindowFrameUnits::Rows | WindowFrameUnits::Groups
    );
    counts
        && !matches!(
            (&frame.start_bound, &frame.end_bound),
            (
                WindowFrameBound::Preceding(None),
                Some(WindowFrameBound::Following(None))
            )
        )
}

fn is_ordered(call: &ast::Function, over: Over) -> bool {
    let within = !call.within_group.is_empty();
    let clauses = match &call.args {
        FunctionArguments::List(list) => list.clauses.as_slice(),
        _ => &[],
    };
    let ordered = |clause: &ast::FunctionArgumentClause| {
        matches!(clause, ast::FunctionArgumentClause::OrderBy(_))
    };
    within || over.is_ordered || clauses.iter().any(ordered)
}

fn example(name: &str, over: Over) -> String {
    match name {
        _ if over.is_part => format!("{name}(x) OVER (ORDER BY id ROWS …)"),
        "array_agg" | "string_agg" | "listagg" | "first_value" | "last_value" | "nth_value"
        | "first" | "last" | "any_value" => format!("{name}(x ORDER BY id)"),
        _ => format!("{name}() OVER (ORDER BY id)"),
    }
}

impl Visitor for TextLints<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        self.around.push(self.windows.len());
        let limit = query.limit_clause.as_ref().map(limit_span);
        let limit = limit.or_else(|| {
            query.fetch.as_ref().map(|fetch| {
                fetch
                    .quantity
                    .as_ref()
                    .map_or_else(Span::empty, Spanned::span)
            })
        });
        if let (Some(span), None) = (limit, &query.order_by) {
            let span = if span == Span::empty() {
                query.body.span()
            } else {
                span
            };
            self.add(
                "LIMIT without ORDER BY keeps whichever records arrive first",
                span,
                "add an ORDER BY that leaves no choice, or a WHERE",
            );
        }
        if !query.locks.is_empty() {
            self.add(
                "FOR UPDATE is not allowed: a rule only reads",
                query.body.span(),
                "leave it out",
            );
        }
        if let SetExpr::SetOperation {
            op: op @ (SetOperator::Except | SetOperator::Minus | SetOperator::Intersect),
            set_quantifier: SetQuantifier::All,
            ..
        } = query.body.as_ref()
        {
            self.add(
                format!("{op} ALL takes all copies of a record for one"),
                first_token(query.body.as_ref()),
                "count the copies with GROUP BY and compare the counts",
            );
        }
        if let SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) =
            query.body.as_ref()
        {
            self.add(
                "a rule only reads",
                query.body.span(),
                "write a SELECT, or WITH … SELECT",
            );
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        self.windows.push(select.named_window.clone());
        let start = select.select_token.0.span;
        if select.into.is_some() {
            self.add(
                "SELECT INTO is not allowed: a rule only reads",
                start,
                "leave INTO out",
            );
        }
        if let Some(Distinct::On(_)) = &select.distinct {
            self.add("DISTINCT ON keeps whichever record arrives first", start,
                "number the records with row_number() OVER (PARTITION BY … ORDER BY …) and keep the first");
        }
        if select.top.is_some() {
            self.add(
                "TOP keeps whichever records arrive first",
                start,
                "use ORDER BY … LIMIT",
            );
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &Query) -> ControlFlow<()> {
        self.windows.truncate(self.around.pop().unwrap_or_default());
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table {
            sample: Some(_),
            name,
            ..
        } = factor
        {
            self.add(
                "a sample gives other records in every run",
                name.span(),
                "use a WHERE",
            );
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &ast::Expr) -> ControlFlow<()> {
        if let ast::Expr::Function(call) = expr {
            self.call(call);
        }
        if let Some(pattern) = pattern_of(expr) {
            self.pattern(pattern);
        }
        ControlFlow::Continue(())
    }
}

/// Functions that take a regular expression as their second argument.
const OF_PATTERNS: [&str; 6] = [
    "regexp_count",
    "regexp_instr",
    "regexp_like",
    "regexp_match",
    "regexp_matches",
    "regexp_replace",
];

/// The regular expression of an expression that takes one.
fn pattern_of(expr: &ast::Expr) -> Option<&ast::Expr> {
    use ast::BinaryOperator::{PGRegexIMatch, PGRegexMatch, PGRegexNotIMatch, PGRegexNotMatch};
    match expr {
        ast::Expr::SimilarTo { pattern, .. } | ast::Expr::RLike { pattern, .. } => Some(pattern),
        ast::Expr::BinaryOp {
            op: PGRegexMatch | PGRegexIMatch | PGRegexNotMatch | PGRegexNotIMatch,
            right,
            ..
        } => Some(right),
        ast::Expr::Function(call) => {
            let name = call.name.to_string().to_lowercase();
            let FunctionArguments::List(list) = &call.args else {
                return None;
            };
            let second = list.args.get(1).filter(|_| OF_PATTERNS.contains(&&*name))?;
            match second {
                ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(pattern)) => Some(pattern),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Why a text is no regular expression, in a few words.
pub(super) fn no_pattern(text: &str) -> Option<String> {
    let error = regex::Regex::new(text).err()?;
    Some(last_reason(&error.to_string()))
}

/// What the last line of an error about a pattern says: above it the pattern is shown.
pub(super) fn last_reason(error: &str) -> String {
    let mut reasons = error.lines().rev().map(str::trim);
    let reason = reasons.find_map(|line| line.strip_prefix("error: "));
    match reason {
        Some(reason) => reason.to_owned(),
        None => error.lines().collect::<Vec<_>>().join(" "),
    }
}

/// The word with which a part of a query begins.
fn first_token(body: &SetExpr) -> Span {
    match body {
        SetExpr::Select(select) => select.select_token.0.span,
        SetExpr::SetOperation { left, .. } => first_token(left),
        other => other.span(),
    }
}

fn limit_span(limit: &LimitClause) -> Span {
    match limit {
        LimitClause::LimitOffset { limit, offset, .. } => {
            let offset = offset.as_ref().map(|offset| offset.value.span());
            limit
                .as_ref()
                .map(Spanned::span)
                .or(offset)
                .unwrap_or_else(Span::empty)
        }
        LimitClause::OffsetCommaLimit { limit, .. } => limit.span(),
    }
}

/// What only the types can tell: digits that would be lost without a word.
pub(super) fn of_plan(
    plan: &LogicalPlan,
    state: &SessionState,
    text: &Text<'_>,
) -> Result<Vec<SqlError>> {
    let options = state.config_options();
    let typed = state
        .analyzer()
        .execute_and_check(plan.clone(), options, |_, _| {})?;
    let mut found = text_as_number(plan, text)?;
    typed.apply_with_subqueries(|node| {
        let schema = merge_schema(&node.inputs());
        node.apply_expressions(|expr| {
            found.extend(
                losses(expr, &schema)?
                    .into_iter()
                    .map(|((message, mend), columns)| {
                        SqlError::new(message).at(place(&columns, text)).mend(mend)
                    }),
            );
            found.extend(several_records(expr)?);
            let formats = bad_formats(expr, &schema, state, text)?;
            if formats.is_empty() {
                found.extend(unreadable(expr, state)?.map(|error| {
                    let message = checked::reason(&error);
                    phrases::mistake(&message).at(names::mentioned(&message, text))
                }));
            }
            found.extend(formats);
            Ok(TreeNodeRecursion::Continue)
        })?;
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(found)
}

/// Where text meets a number: DataFusion compares them as text, so that '10' is less than '9'.
fn text_as_number(plan: &LogicalPlan, text: &Text<'_>) -> Result<Vec<SqlError>> {
    let mut found = Vec::new();
    plan.apply_with_subqueries(|node| {
        let schema = merge_schema(&node.inputs());
        let mut check = |left: &Expr, right: &Expr| {
            if let (Ok(left_type), Ok(right_type)) =
                (left.get_type(&schema), right.get_type(&schema))
                && (left_type.is_string() && right_type.is_numeric()
                    || left_type.is_numeric() && right_type.is_string())
            {
                let columns: Vec<Column> = left
                    .column_refs()
                    .into_iter()
                    .chain(right.column_refs())
                    .cloned()
                    .collect();
                let error =
                    SqlError::new("text meets a number here: as text, '10' is less than '9'");
                found.push(
                    error
                        .at(place(&columns, text))
                        .mend("use money(…) or CAST(… AS BIGINT) on the text"),
                );
            }
        };
        if let LogicalPlan::Join(join) = node {
            join.on.iter().for_each(|(left, right)| check(left, right));
        }
        node.apply_expressions(|expr| {
            expr.apply(|inner| {
                match inner {
                    Expr::BinaryExpr(BinaryExpr { left, op, right })
                        if op.supports_propagation()
                            || op.is_numerical_operators()
                            || matches!(
                                op,
                                Operator::IsDistinctFrom | Operator::IsNotDistinctFrom
                            ) =>
                    {
                        check(left, right);
                    }
                    Expr::Between(between) => {
                        check(&between.expr, &between.low);
                        check(&between.expr, &between.high);
                    }
                    Expr::InList(list) => list.list.iter().for_each(|item| check(&list.expr, item)),
                    Expr::Case(case) => {
                        let of = case.expr.as_deref().into_iter();
                        let whens = case.when_then_expr.iter().map(|(when, _)| when);
                        of.for_each(|of| whens.clone().for_each(|when| check(of, when)));
                    }
                    Expr::ScalarFunction(call) if COMPARING.contains(&call.func.name()) => {
                        let mut rest = call.args.as_slice();
                        while let [first, others @ ..] = rest {
                            others.iter().for_each(|other| check(first, other));
                            rest = others;
                        }
                    }
                    _ => {}
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })?;
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(found)
}

type Loss = (String, String);

/// The losses within `expr`, each with the columns that it is about.
fn losses(expr: &Expr, schema: &DFSchema) -> Result<Vec<(Loss, Vec<Column>)>> {
    let mut found = Vec::new();
    expr.apply(|node| {
        if let Some(loss) = loss(node, schema)? {
            found.push((loss, node.column_refs().into_iter().cloned().collect()));
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(found)
}

fn loss(expr: &Expr, schema: &DFSchema) -> Result<Option<Loss>> {
    match expr {
        Expr::BinaryExpr(BinaryExpr {
            op: Operator::Divide,
            left,
            ..
        }) => {
            let given = left.get_type(schema)?;
            Ok(given.is_decimal().then(|| {
                let message = "`/` cuts the digits of a decimal off without a word".to_owned();
                (
                    message,
                    "say how it rounds: round_half_up(a / b, 2), or another round_…".to_owned(),
                )
            }))
        }
        Expr::Cast(cast) => {
            let (from, to) = (cast.expr.get_type(schema)?, cast.field.data_type().clone());
            Ok(lossy_cast(&from, &to))
        }
        Expr::TryCast(_) => Ok(Some(silent_null("TRY_CAST"))),
        Expr::ScalarFunction(call) => match (call.func.name(), call.args.as_slice()) {
            ("arrow_cast" | "cast_to_type", [given, ..]) => {
                let (from, to) = (given.get_type(schema)?, expr.get_type(schema)?);
                Ok(lossy_cast(&from, &to))
            }
            (name @ ("arrow_try_cast" | "try_cast_to_type"), _) => Ok(Some(silent_null(name))),
            _ => Ok(None),
        },
        _ => Ok(None),
    }
}

fn silent_null(name: &str) -> Loss {
    (
        format!("{name} turns what it cannot convert into NULL without a word"),
        "use CAST: a record that it cannot convert is a reject".to_owned(),
    )
}

/// Casts that change a figure instead of failing.
fn lossy_cast(from: &DataType, to: &DataType) -> Option<Loss> {
    let scale = decimal_scale(to);
    match (from, scale) {
        (DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8, Some(scale)) => Some((
            format!("CAST of text to {to} rounds what has more than {scale} decimals"),
            format!("use money(…, {scale})"),
        )),
        (_, Some(scale)) if decimal_scale(from).is_some_and(|from| from > scale) => Some((
            format!("CAST from {from} to {to} rounds without a word"),
            format!(
                "use round_half_up(…, {scale}) or another round_…; money(…, {scale}) if nothing may be lost"
            ),
        )),
        (from, Some(_)) if from.is_floating() => Some((
            format!("CAST of a float to {to} gives a figure that is only near"),
            "read the amount as text or decimal instead".to_owned(),
        )),
        (from, None) if to.is_integer() && decimal_scale(from).is_some_and(|scale| scale > 0) => {
            Some((
                format!("CAST from {from} to {to} rounds without a word"),
                "use minor(…) for minor units, or round_down(…, 0)".to_owned(),
            ))
        }
        _ => None,
    }
}

fn decimal_scale(data_type: &DataType) -> Option<i8> {
    match data_type {
        DataType::Decimal32(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal128(_, scale)
        | DataType::Decimal256(_, scale) => Some(*scale),
        _ => None,
    }
}

/// Says so where a query stands in the place of a value and nothing keeps it to one record. Of one
/// that looks at the record around it, the planner itself says so.
fn several_records(expr: &Expr) -> Result<Option<SqlError>> {
    let mut found = None;
    expr.apply(|node| {
        if let Expr::ScalarSubquery(query) = node
            && query.outer_ref_columns.is_empty()
            && query.subquery.max_rows().is_none_or(|rows| rows > 1)
        {
            found = Some(phrases::mistake(phrases::SEVERAL_RECORDS));
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(found)
}

/// Functions that read a text by the formats behind it.
const OF_FORMATS: [&str; 7] = [
    "to_date",
    "to_timestamp",
    "to_timestamp_micros",
    "to_timestamp_millis",
    "to_timestamp_nanos",
    "to_timestamp_seconds",
    "to_unixtime",
];

/// The formats of dates and times within `expr` that are none: an instant cannot be written by them.
/// Without this, every single record would be a reject.
fn bad_formats(
    expr: &Expr,
    schema: &DFSchema,
    state: &SessionState,
    text: &Text<'_>,
) -> Result<Vec<SqlError>> {
    let mut found = Vec::new();
    let Some(writer) = state.scalar_functions().get("to_char") else {
        return Ok(found);
    };
    expr.apply(|node| {
        let Expr::ScalarFunction(call) = node else {
            return Ok(TreeNodeRecursion::Continue);
        };
        let (time, formats) = match (call.func.name(), call.args.as_slice()) {
            ("to_char", [time, formats @ ..]) => {
                (ScalarValue::new_zero(&time.get_type(schema)?).ok(), formats)
            }
            (name, [_, formats @ ..]) if OF_FORMATS.contains(&name) => {
                let utc = Some("+00:00".into());
                (
                    Some(ScalarValue::TimestampNanosecond(Some(0), utc)),
                    formats,
                )
            }
            _ => return Ok(TreeNodeRecursion::Continue),
        };
        let Some(time) = time else {
            return Ok(TreeNodeRecursion::Continue);
        };
        for format in formats.iter().filter_map(literal_text) {
            let args = [time.clone(), ScalarValue::from(format)];
            let args = args.map(|value| Expr::Literal(value, None)).to_vec();
            let call = ScalarFunction::new_udf(Arc::clone(writer), args);
            let written = evaluate(&Expr::ScalarFunction(call), state);
            // It is read by, and never written by.
            let is_read_only = format.contains("%#z");
            if written.is_err_and(|error| checked::is_record_error(&error)) && !is_read_only {
                let message = format!("`{format}` is no format of a date or time");
                found.push(phrases::mistake(&message).at(names::mentioned(&message, text)));
            }
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(found)
}

/// A text that stands in the query, also where it has been brought to another type of text.
fn literal_text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(value, _) => value.try_as_str().flatten(),
        Expr::Cast(cast) => literal_text(&cast.expr),
        _ => None,
    }
}

/// Evaluates what looks at no record.
fn evaluate(expr: &Expr, state: &SessionState) -> Result<()> {
    let row = RecordBatch::try_new_with_options(
        Arc::new(Schema::empty()),
        Vec::new(),
        &RecordBatchOptions::new().with_row_count(Some(1)),
    )?;
    let physical = state.create_physical_expr(expr.clone(), &DFSchema::empty())?;
    physical.evaluate(&row)?;
    Ok(())
}

/// Why a part of `expr` that looks at no record fails: a literal that cannot be read.
fn unreadable(expr: &Expr, state: &SessionState) -> Result<Option<DataFusionError>> {
    let mut error = None;
    expr.apply(|node| {
        if !hoist::can_fail(node) {
            return Ok(TreeNodeRecursion::Jump);
        }
        if error.is_some() || !is_constant(node)? {
            return Ok(TreeNodeRecursion::Continue);
        }
        let evaluated = evaluate(node, state);
        error = evaluated.err().filter(checked::is_record_error);
        Ok(TreeNodeRecursion::Jump)
    })?;
    Ok(error)
}

/// Whether `expr` consists of literals and functions of them alone.
fn is_constant(expr: &Expr) -> Result<bool> {
    let mut constant = true;
    expr.apply(|node| {
        constant &= matches!(
            node,
            Expr::Literal(..)
                | Expr::ScalarFunction(_)
                | Expr::Cast(_)
                | Expr::Alias(_)
                | Expr::BinaryExpr(_)
                | Expr::Negative(_)
                | Expr::Case(_)
        );
        Ok(if constant {
            TreeNodeRecursion::Continue
        } else {
            TreeNodeRecursion::Stop
        })
    })?;
    Ok(constant && !expr.is_volatile())
}

/// The place of the first column that an expression names.
fn place(columns: &[Column], text: &Text<'_>) -> Option<std::ops::Range<usize>> {
    let spans = columns.iter().filter_map(|column| {
        let Spans(spans) = &column.spans;
        spans.first().copied()
    });
    let first = spans.min_by_key(|span| (span.start, span.end))?;
    let at = |location: datafusion::common::Location| Location {
        line: location.line,
        column: location.column,
    };
    text.range(Span::new(at(first.start), at(first.end)))
}

/// Why an output column of `plan` is no exact figure; `None` if it is one.
///
/// Follows the column through the whole plan: a decimal that was a float on the way is none.
pub(super) fn inexact(plan: &LogicalPlan, index: usize) -> Result<Option<String>> {
    let schema = plan.schema();
    let field = schema.field(index);
    if field.data_type().is_floating() {
        return Ok(Some(format!(
            "`{}` is a float ({})",
            field.name(),
            field.data_type()
        )));
    }
    match plan {
        LogicalPlan::Projection(projection) => {
            inexact_expr(&projection.expr[index], &projection.input)
        }
        LogicalPlan::Aggregate(aggregate) => {
            let mut exprs = aggregate.group_expr.iter().chain(&aggregate.aggr_expr);
            match exprs.nth(index) {
                Some(expr) => inexact_expr(expr, &aggregate.input),
                None => Ok(None),
            }
        }
        LogicalPlan::Window(window) => {
            let inner = window.input.schema().fields().len();
            match index.checked_sub(inner) {
                None => inexact(&window.input, index),
                Some(at) => window
                    .window_expr
                    .get(at)
                    .map_or(Ok(None), |expr| inexact_expr(expr, &window.input)),
            }
        }
        LogicalPlan::Join(join) => {
            let left = join.left.schema().fields().len();
            let (names, (table, field)) = (join.schema.as_ref(), schema.qualified_field(index));
            let column = Column::new(table.cloned(), field.name());
            match (
                index < left && join.left.schema().has_column(&column),
                names,
            ) {
                (true, _) => inexact(&join.left, index),
                _ => match join.right.schema().maybe_index_of_column(&column) {
                    Some(at) => inexact(&join.right, at),
                    None => Ok(None),
                },
            }
        }
        LogicalPlan::Union(union) => {
            for input in &union.inputs {
                if let Some(reason) = inexact(input, index)? {
                    return Ok(Some(reason));
                }
            }
            Ok(None)
        }
        other => match other.inputs().as_slice() {
            [input] if input.schema().fields().len() == schema.fields().len() => {
                inexact(input, index)
            }
            _ => Ok(None),
        },
    }
}

fn inexact_expr(expr: &Expr, input: &LogicalPlan) -> Result<Option<String>> {
    let schema = input.schema();
    let mut reason = None;
    expr.apply(|node| {
        let found = match node {
            Expr::Column(column) => match schema.maybe_index_of_column(column) {
                Some(index) => inexact(input, index)?,
                None => None,
            },
            Expr::BinaryExpr(BinaryExpr {
                op: Operator::Divide,
                left,
                ..
            }) if left.get_type(schema)?.is_integer() => {
                Some("`/` on whole numbers cuts the rest off".to_owned())
            }
            other => match other.get_type(schema) {
                Ok(given) if given.is_floating() => Some(format!("`{other}` is a float ({given})")),
                _ => None,
            },
        };
        reason = reason.take().or(found);
        Ok(if reason.is_some() {
            TreeNodeRecursion::Stop
        } else {
            TreeNodeRecursion::Continue
        })
    })?;
    Ok(reason)
}
