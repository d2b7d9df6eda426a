//! Other readings of one expression: at every place in it, one thing changed.

use arrow_schema::DataType;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, ScalarValue};
use datafusion::execution::{FunctionRegistry, SessionState};
use datafusion::logical_expr::expr::{AggregateFunction, InList, ScalarFunction};
use datafusion::logical_expr::{
    Between, BinaryExpr, Case, Expr, ExprSchemable, Operator, ScalarUDF, lit,
};
use std::sync::Arc;

use super::lookups::Lookups;
use super::words::{self, Phrase};

/// Where an expression stands, which decides what a change to it would be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It gives a value.
    Value,
    /// It decides between branches.
    Condition,
    /// It decides which records there are.
    Filter,
    /// It decides which records of two tables belong together.
    Join,
}

/// An expression with one thing changed.
#[derive(Debug, Clone)]
pub(super) struct Variant {
    /// The whole expression.
    pub(super) expr: Expr,
    /// How far it is from the rule; the nearest readings are tried first.
    pub(super) rank: u8,
    pub(super) cause: &'static str,
    pub(super) phrase: Phrase,
    /// The part of the rule that is read otherwise.
    pub(super) rule: Expr,
    /// What is read in its place; `None` where it is left out.
    pub(super) reading: Option<Expr>,
}

/// What the readings of an expression can see.
pub(super) struct Mutator<'a> {
    pub(super) schema: &'a DFSchema,
    pub(super) state: &'a SessionState,
    pub(super) lookups: &'a Lookups,
}

/// The four ways of rounding, with what each is called.
const ROUNDINGS: [(&str, Phrase); 4] = [
    ("round_half_up", words::HALF_UP),
    ("round_half_even", words::HALF_EVEN),
    ("round_down", words::ROUND_DOWN),
    ("round_up", words::ROUND_UP),
];

/// Zones that systems are left in by mistake; the last two are the zone of Shanghai without its
/// summers of 1986 to 1991, and the same with the sign of the offset mistaken.
const ZONES: [&str; 6] = [
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Europe/London",
    "America/New_York",
    "Etc/GMT-8",
    "Etc/GMT+8",
];

/// Times at which systems change the day.
const CUTS: [&str; 9] = [
    "23:00", "22:00", "15:00", "12:00", "16:00", "17:00", "21:00", "23:30", "08:00",
];

/// How deep within an expression a reading may change something.
const DEPTH: usize = 24;
/// How many branches of a `CASE`, values of a list, and columns beside one are read otherwise.
const MANY: usize = 40;

/// Functions that only dress a text, and those that cut it.
const DRESSES: [&str; 9] = [
    "trim", "btrim", "ltrim", "rtrim", "upper", "lower", "lpad", "rpad", "replace",
];
const CUTS_TEXT: [&str; 5] = ["substr", "substring", "left", "right", "split_part"];

fn call_of(expr: &Expr) -> Option<(&str, &[Expr])> {
    match expr {
        Expr::ScalarFunction(call) => Some((call.func.name(), &call.args)),
        _ => None,
    }
}

fn text_of(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(value, _) => value.try_as_str().flatten(),
        _ => None,
    }
}

fn whole_of(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Literal(ScalarValue::Int64(number), _) => *number,
        _ => None,
    }
}

fn is_literal(expr: &Expr) -> bool {
    matches!(expr, Expr::Literal(..))
}

/// Whether `expr` is a decimal or whole number that is a power of ten other than one.
fn is_scale_factor(expr: &Expr) -> bool {
    let Expr::Literal(value, _) = expr else {
        return false;
    };
    let text = value.to_string();
    let digits = text.split(',').next().unwrap_or(&text);
    let bare: String = digits.chars().filter(char::is_ascii_digit).collect();
    let bare = bare.trim_matches('0');
    bare == "1" && digits.len() > 1
}

fn is_minus_one(expr: &Expr) -> bool {
    match expr {
        Expr::Negative(inner) => whole_of(inner) == Some(1),
        other => whole_of(other) == Some(-1),
    }
}

/// Whether a name speaks of a time or a day.
pub(super) fn sounds_like_time(name: &str) -> bool {
    let name = name.to_lowercase();
    let words = ["date", "day", "time", "日", "时", "期"];
    words.iter().any(|word| name.contains(word))
        || name.ends_with("_at")
        || name.ends_with("_ts")
        || name == "ts"
}

/// Whether a name speaks of what is taken off an amount.
fn sounds_like_fee(name: &str) -> bool {
    let name = name.to_lowercase();
    let words = [
        "fee",
        "charge",
        "commission",
        "tax",
        "coupon",
        "discount",
        "费",
        "税",
        "优惠",
        "佣金",
    ];
    words.iter().any(|word| name.contains(word))
}

/// Whether a name speaks of a figure that held before, or will.
fn sounds_like_version(name: &str) -> bool {
    let name = name.to_lowercase();
    let words = ["旧", "原", "前", "新"];
    let is_version = |word: &str| {
        let number = word.strip_prefix('v');
        number.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            || matches!(
                word,
                "old"
                    | "prev"
                    | "previous"
                    | "former"
                    | "last"
                    | "prior"
                    | "new"
                    | "next"
                    | "legacy"
            )
    };
    words.iter().any(|word| name.contains(word)) || name.split('_').any(is_version)
}

/// Whether a name speaks of what a person or an account is called by.
fn sounds_like_id(name: &str) -> bool {
    let name = name.to_lowercase();
    let words = [
        "account", "acct", "customer", "client", "holder", "member", "merchant", "user", "号", "户",
    ];
    let is_id = |word: &str| matches!(word, "id" | "uid" | "no" | "acc" | "cust" | "card");
    words.iter().any(|word| name.contains(word)) || name.split('_').any(is_id)
}

fn mentions(expr: &Expr, wanted: impl Fn(&Expr) -> bool) -> bool {
    expr.exists(|node| Ok(wanted(node))).unwrap_or(false)
}

fn has_column(expr: &Expr) -> bool {
    mentions(expr, |node| matches!(node, Expr::Column(_)))
}

fn speaks_of_time(expr: &Expr) -> bool {
    mentions(expr, |node| match node {
        Expr::Column(column) => sounds_like_time(&column.name),
        Expr::ScalarFunction(call) => {
            matches!(call.func.name(), "local_time" | "business_date")
        }
        _ => false,
    })
}

fn is_quotient(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::BinaryExpr(BinaryExpr {
            op: Operator::Divide,
            ..
        })
    )
}

fn binary(left: &Expr, op: Operator, right: &Expr) -> Expr {
    Expr::BinaryExpr(BinaryExpr {
        left: Box::new(left.clone()),
        op,
        right: Box::new(right.clone()),
    })
}

impl Mutator<'_> {
    /// All readings of `expr`, the outer ones first.
    pub(super) fn variants(&self, expr: &Expr, standing: Standing) -> Vec<Variant> {
        self.variants_within(expr, standing, DEPTH)
    }

    fn variants_within(&self, expr: &Expr, standing: Standing, depth: usize) -> Vec<Variant> {
        let mut variants = Vec::new();
        self.own(expr, standing, &mut variants);
        let Some(depth) = depth.checked_sub(1) else {
            return variants;
        };
        for (at, child) in children(expr).into_iter().enumerate() {
            let standing = standing_of_child(expr, at, standing);
            for variant in self.variants_within(child, standing, depth) {
                if let Some(expr) = with_child(expr, at, &variant.expr) {
                    variants.push(Variant { expr, ..variant });
                }
            }
        }
        variants
    }

    /// Readings of the outermost step of `expr`.
    fn own(&self, expr: &Expr, standing: Standing, out: &mut Vec<Variant>) {
        let mut out = Variants { of: expr, out };
        match expr {
            Expr::ScalarFunction(call) => self.of_call(call, &mut out),
            Expr::AggregateFunction(call) => self.of_total(call, &mut out),
            Expr::BinaryExpr(step) => self.of_binary(step, standing, &mut out),
            Expr::Negative(inner) => {
                out.put(0, "B9", words::SIGN_NOT_TURNED, inner.as_ref().clone());
            }
            Expr::Case(case) => self.of_case(case, &mut out),
            Expr::InList(list) => of_list(list, standing, &mut out),
            Expr::Between(between) => of_between(between, standing, &mut out),
            Expr::Not(inner) => {
                out.put(4, "R1", words::NEGATED, inner.as_ref().clone());
            }
            Expr::Like(like) => {
                let mut read = like.clone();
                read.negated = !read.negated;
                out.put(4, "R1", words::NEGATED, Expr::Like(read));
            }
            Expr::IsNull(inner) => {
                out.put(4, "R1", words::NEGATED, Expr::IsNotNull(inner.clone()));
            }
            Expr::IsNotNull(inner) => {
                out.put(4, "R1", words::NEGATED, Expr::IsNull(inner.clone()));
            }
            Expr::Column(column) if standing == Standing::Value => {
                if self.data_type(expr).is_some_and(|given| given.is_numeric()) {
                    for value in self.lookups.values(column) {
                        out.put(3, "R1", words::OTHER_ROW, lit(value.clone()));
                    }
                }
                self.other_columns(
                    column,
                    |_| true,
                    |other| {
                        let (cause, phrase) = self.named(column, &other);
                        out.put(5, cause, phrase, other);
                    },
                );
            }
            Expr::Column(column)
                if standing == Standing::Join && sounds_like_time(&column.name) =>
            {
                self.other_columns(column, sounds_like_time, |other| {
                    out.put(2, "B13", words::OTHER_TIME, other);
                });
            }
            _ => {}
        }
    }

    fn data_type(&self, expr: &Expr) -> Option<DataType> {
        expr.get_type(self.schema).ok()
    }

    fn scale(&self, expr: &Expr) -> Option<i64> {
        match self.data_type(expr)? {
            DataType::Decimal32(_, scale)
            | DataType::Decimal64(_, scale)
            | DataType::Decimal128(_, scale)
            | DataType::Decimal256(_, scale) => Some(i64::from(scale)),
            other if other.is_integer() => Some(0),
            _ => None,
        }
    }

    fn function(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        self.state.udf(name).ok()
    }

    fn call(&self, name: &str, args: Vec<Expr>) -> Option<Expr> {
        let function = self.function(name)?;
        Some(Expr::ScalarFunction(ScalarFunction::new_udf(
            function, args,
        )))
    }

    /// Columns beside `column` in its own table, of its type, in the order of the table; of many those
    /// that stand nearest to it.
    fn other_columns(
        &self,
        column: &Column,
        fits: impl Fn(&str) -> bool,
        mut take: impl FnMut(Expr),
    ) {
        let Some(index) = self.schema.maybe_index_of_column(column) else {
            return;
        };
        let (table, own) = self.schema.qualified_field(index);
        let mut others = Vec::new();
        for (at, (other, field)) in self.schema.iter().enumerate() {
            let same = other == table && field.data_type() == own.data_type();
            let is_place = matches!(field.name().as_str(), "_file" | "_row");
            if same && !is_place && field.name() != own.name() && fits(field.name()) {
                others.push((at, Column::new(other.cloned(), field.name())));
            }
        }
        if others.len() > MANY {
            others.sort_by_key(|(at, _)| at.abs_diff(index));
            others.truncate(MANY);
            others.sort_by_key(|(at, _)| *at);
        }
        for (_, other) in others {
            take(Expr::Column(other));
        }
    }

    /// What it is to take the column `other` for `column`: an older figure, the id of before a merger,
    /// or just another column. Only in a table that is looked up in can it be one of the former.
    fn named(&self, column: &Column, other: &Expr) -> (&'static str, Phrase) {
        let Expr::Column(other) = other else {
            return ("B12", words::OTHER_COLUMN);
        };
        let names = [column.name.as_str(), other.name.as_str()];
        let are_ids = names.into_iter().all(sounds_like_id);
        let is_changed = names.into_iter().any(sounds_like_version);
        match self.lookups.has(column) {
            false => ("B12", words::OTHER_COLUMN),
            true if are_ids && is_changed => ("D7", words::OTHER_ID),
            true if sounds_like_version(&other.name) => ("R2", words::OTHER_VERSION),
            true => ("B12", words::OTHER_FIGURE),
        }
    }

    // ---- Functions ----------------------------------------------------------------------------

    fn of_call(&self, call: &ScalarFunction, out: &mut Variants<'_>) {
        let args = call.args.as_slice();
        match (call.func.name(), args) {
            (name, [amount, scale]) if ROUNDINGS.iter().any(|(known, _)| *known == name) => {
                self.of_rounding(name, amount, scale, out);
            }
            ("money" | "minor", [Expr::Column(column), ..]) => self.of_amount(call, column, out),
            ("minor", [amount, ..]) => out.put(1, "B2", words::NOT_MINOR, amount.clone()),
            ("local_time", [time, ..]) => {
                self.of_local_time(call, out);
                if let Expr::Column(column) = time {
                    self.other_columns(column, sounds_like_time, |other| {
                        out.put(1, "T11", words::OTHER_TIME, with_first(call, other));
                    });
                }
            }
            ("business_date", [instant, zone, cut]) => {
                self.of_business_date([instant, zone, cut], out);
            }
            ("coalesce", [value, .., default]) => {
                if args.len() == 2 {
                    out.put(1, "B14", words::NO_DEFAULT, value.clone());
                }
                for other in other_defaults(default) {
                    let mut args = args.to_vec();
                    args.pop();
                    args.push(other);
                    let read = ScalarFunction::new_udf(Arc::clone(&call.func), args);
                    out.put(2, "B14", words::OTHER_DEFAULT, Expr::ScalarFunction(read));
                }
            }
            ("nullif", [value, _]) => out.put(1, "B14", words::NULL_KEPT, value.clone()),
            ("abs", [value]) => out.put(0, "B9", words::SIGN_KEPT, value.clone()),
            ("concat", [_, _, ..]) => {
                for (at, part) in args.iter().enumerate().filter(|(_, part)| is_literal(part)) {
                    let mut rest = args.to_vec();
                    rest.remove(at);
                    let read = match rest.as_slice() {
                        [one] => one.clone(),
                        _ => Expr::ScalarFunction(ScalarFunction::new_udf(
                            Arc::clone(&call.func),
                            rest,
                        )),
                    };
                    out.push(3, "E3", words::AFFIX_LEFT_OUT, read, Some(part));
                }
            }
            (name, [text, ..]) if DRESSES.contains(&name) => {
                out.put(3, "E3", words::TEXT_AS_IS, text.clone());
            }
            (name, [text, ..]) if CUTS_TEXT.contains(&name) => {
                out.put(3, "E4", words::TEXT_NOT_CUT, text.clone());
            }
            _ => {}
        }
    }

    /// Another column; and gross for net, or net for gross, where a column sounds like a fee.
    fn of_amount(&self, call: &ScalarFunction, column: &Column, out: &mut Variants<'_>) {
        let own = Expr::ScalarFunction(call.clone());
        self.other_columns(column, sounds_like_fee, |fee| {
            let fee = with_first(call, fee);
            let less = binary(&own, Operator::Minus, &fee);
            out.put(2, "B10", words::FEE_TAKEN, less);
            out.put(
                2,
                "B10",
                words::FEE_ADDED,
                binary(&own, Operator::Plus, &fee),
            );
        });
        self.other_columns(
            column,
            |_| true,
            |other| {
                let (cause, phrase) = self.named(column, &other);
                out.put(3, cause, phrase, with_first(call, other));
            },
        );
        for value in self.lookups.values(column) {
            let read = with_first(call, lit(value.clone()));
            out.put(3, "R1", words::OTHER_ROW, read);
        }
        if call.func.name() == "minor" {
            out.put(1, "B2", words::NOT_MINOR, call.args[0].clone());
        }
    }

    fn of_rounding(&self, name: &str, amount: &Expr, scale: &Expr, out: &mut Variants<'_>) {
        for (other, phrase) in ROUNDINGS.iter().filter(|(other, _)| *other != name) {
            if let Some(read) = self.call(other, vec![amount.clone(), scale.clone()]) {
                out.put(0, "B5", *phrase, read);
            }
        }
        let Some(places) = whole_of(scale) else {
            return;
        };
        // A quotient is exact only within the function that rounds it.
        if !mentions(amount, is_quotient) {
            for (phrase, read) in self.rounded_by_side(amount, places) {
                out.put(1, "B5", phrase, read);
            }
            out.put(1, "B5", words::NOT_ROUNDED, amount.clone());
        }
        self.of_rounding_parts(name, amount, places, out);
        for other in [places - 1, places + 1, places + 2, 0] {
            let is_new = other >= 0 && other != places && (other != 0 || places > 1);
            if let Some(read) = self.call(name, vec![amount.clone(), lit(other)])
                && is_new
            {
                out.put(2, "B5", words::OTHER_SCALE, read);
            }
        }
    }

    /// Roundings that treat negative amounts otherwise, which no function has: towards minus or
    /// plus infinity, and with ties upwards, as JavaScript and Java round.
    fn rounded_by_side(&self, amount: &Expr, places: i64) -> Vec<(Phrase, Expr)> {
        let zero = lit(0_i64);
        let by_side = |of: &Expr, below: &str, above: &str| {
            let rounded = |name| self.call(name, vec![of.clone(), lit(places)]).map(Box::new);
            Some(Expr::Case(Case {
                expr: None,
                when_then_expr: vec![(Box::new(binary(of, Operator::Lt, &zero)), rounded(below)?)],
                else_expr: Some(rounded(above)?),
            }))
        };
        let half = i8::try_from(places + 1)
            .ok()
            .map(|scale| lit(ScalarValue::Decimal128(Some(5), 38, scale)));
        let ties_up = half.and_then(|half| {
            by_side(
                &binary(amount, Operator::Plus, &half),
                "round_up",
                "round_down",
            )
        });
        [
            (words::FLOOR, by_side(amount, "round_up", "round_down")),
            (words::CEILING, by_side(amount, "round_down", "round_up")),
            (words::TIES_UP, ties_up),
        ]
        .into_iter()
        .filter_map(|(phrase, read)| Some((phrase, read?)))
        .collect()
    }

    /// A sum rounded by its parts, a product rounded before the last factor, a rate applied the
    /// other way round.
    fn of_rounding_parts(&self, name: &str, amount: &Expr, places: i64, out: &mut Variants<'_>) {
        let Expr::BinaryExpr(BinaryExpr { left, op, right }) = amount else {
            return;
        };
        let round = |part: &Expr| self.call(name, vec![part.clone(), lit(places)]);
        let is_finer = |part: &Expr| self.scale(part).is_some_and(|scale| scale > places);
        match op {
            Operator::Plus | Operator::Minus if is_finer(left) || is_finer(right) => {
                if let (Some(left), Some(right)) = (round(left), round(right)) {
                    out.put(1, "B6", words::ROUNDED_PARTS, binary(&left, *op, &right));
                }
            }
            Operator::Multiply if is_finer(left) => {
                if let Some(read) = round(left).and_then(|left| round(&binary(&left, *op, right))) {
                    out.put(1, "B6", words::ROUNDED_EARLY, read);
                }
            }
            _ => {}
        }
        let other = match op {
            Operator::Multiply if has_column(right) => Operator::Divide,
            Operator::Divide => Operator::Multiply,
            _ => return,
        };
        if let Some(read) = round(&binary(left, other, right)) {
            let cause = if is_scale_factor(right) { "B2" } else { "B13" };
            out.put(3, cause, words::INVERTED, read);
        }
    }

    fn of_local_time(&self, call: &ScalarFunction, out: &mut Variants<'_>) {
        let zone = call.args.get(1).and_then(text_of);
        let mut put = |rank, phrase, at: usize, text: &str| {
            let mut args = call.args.clone();
            args.truncate(at);
            if args.len() < at {
                return;
            }
            args.push(lit(text));
            args.extend(call.args.iter().skip(at + 1).cloned());
            let read = ScalarFunction::new_udf(Arc::clone(&call.func), args);
            out.put(rank, "T1", phrase, Expr::ScalarFunction(read));
        };
        if zone != Some("UTC") {
            put(0, words::UTC_ZONE, 1, "UTC");
        }
        for other in ZONES.iter().filter(|other| zone != Some(**other)) {
            put(1, words::OTHER_ZONE, 1, other);
        }
        let which = call.args.get(2).and_then(text_of).unwrap_or("reject");
        if zone.is_some() && zone != Some("UTC") {
            for other in ["earlier", "later"].iter().filter(|other| which != **other) {
                put(3, words::CLOCK_CHANGE, 2, other);
            }
        }
    }

    fn of_business_date(&self, args: [&Expr; 3], out: &mut Variants<'_>) {
        let [instant, zone, cut] = args;
        let read = |zone: &Expr, cut: &Expr| {
            self.call(
                "business_date",
                vec![instant.clone(), zone.clone(), cut.clone()],
            )
        };
        let mut put = |rank, cause, phrase, read: Option<Expr>| {
            if let Some(read) = read {
                out.put(rank, cause, phrase, read);
            }
        };
        if let Some(given) = text_of(cut) {
            let cause = if given.starts_with("15:") { "T3" } else { "T2" };
            for (rank, phrase, other) in other_cuts(given) {
                put(rank, cause, phrase, read(zone, &lit(other)));
            }
        }
        let given = text_of(zone);
        if given != Some("UTC") {
            put(0, "T1", words::UTC_ZONE, read(&lit("UTC"), cut));
        }
        for other in ZONES.iter().filter(|other| given != Some(**other)) {
            put(1, "T1", words::OTHER_ZONE, read(&lit(*other), cut));
        }
    }

    fn of_total(&self, call: &AggregateFunction, out: &mut Variants<'_>) {
        let with = |change: &dyn Fn(&mut AggregateFunction)| {
            let mut read = call.clone();
            change(&mut read);
            Expr::AggregateFunction(read)
        };
        if let Some(filter) = &call.params.filter {
            let read = with(&|call| call.params.filter = None);
            out.push(1, "A3", words::CONDITION_DROPPED, read, Some(filter));
        }
        if call.params.distinct {
            let read = with(&|call| call.params.distinct = false);
            out.put(2, "A6", words::NOT_DISTINCT, read);
        }
        let [amount] = call.params.args.as_slice() else {
            return;
        };
        if call.func.name() != "control_total" || self.scale(amount).is_none_or(|s| s <= 2) {
            return;
        }
        for (name, _) in ROUNDINGS {
            if let Some(rounded) = self.call(name, vec![amount.clone(), lit(2_i64)]) {
                let read = with(&|call| call.params.args = vec![rounded.clone()]);
                out.put(0, "B6", words::ROUNDED_LINES, read);
            }
        }
    }

    // ---- Steps of arithmetic and of logic -----------------------------------------------------

    fn of_binary(&self, step: &BinaryExpr, standing: Standing, out: &mut Variants<'_>) {
        let (left, right) = (step.left.as_ref(), step.right.as_ref());
        match step.op {
            Operator::Plus | Operator::Minus => self.of_sum(left, step.op, right, out),
            Operator::Multiply => of_product(left, right, out),
            Operator::Divide => {
                let cause = if is_scale_factor(right) { "B2" } else { "B13" };
                out.put(1, cause, words::DIVISOR_LEFT_OUT, left.clone());
            }
            Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq => {
                self.of_comparison(left, step.op, right, standing, out);
            }
            Operator::Eq => {
                if standing == Standing::Join {
                    self.of_lookup(left, right, out);
                } else {
                    let cause = if standing == Standing::Filter {
                        "A3"
                    } else {
                        "R1"
                    };
                    out.put(
                        4,
                        cause,
                        words::NEGATED,
                        binary(left, Operator::NotEq, right),
                    );
                }
            }
            Operator::NotEq => {
                let cause = if standing == Standing::Filter {
                    "A3"
                } else {
                    "R1"
                };
                out.put(4, cause, words::NEGATED, binary(left, Operator::Eq, right));
            }
            Operator::And | Operator::Or => of_conditions(left, step.op, right, standing, out),
            Operator::StringConcat => {
                if is_literal(right) {
                    out.push(3, "E3", words::AFFIX_LEFT_OUT, left.clone(), Some(right));
                }
                if is_literal(left) {
                    out.push(3, "E3", words::AFFIX_LEFT_OUT, right.clone(), Some(left));
                }
            }
            _ => {}
        }
    }

    fn of_sum(&self, left: &Expr, op: Operator, right: &Expr, out: &mut Variants<'_>) {
        let is_time = |expr: &Expr| self.data_type(expr).is_some_and(|t| t.is_temporal());
        let flipped = match op {
            Operator::Plus => Operator::Minus,
            _ => Operator::Plus,
        };
        let flip = binary(left, flipped, right);
        if is_time(left) || is_time(right) {
            out.put(0, "T3", words::TERM_LEFT_OUT, left.clone());
            out.put(1, "T3", words::TERM_FLIPPED, flip);
            out.put(
                1,
                "T3",
                words::TERM_TWICE,
                binary(&binary(left, op, right), op, right),
            );
            return;
        }
        out.put(0, "B10", words::TERM_LEFT_OUT, left.clone());
        if has_column(right) {
            out.put(
                0,
                "B11",
                words::TERM_TWICE,
                binary(&binary(left, op, right), op, right),
            );
        }
        out.put(1, "B10", words::TERM_FLIPPED, flip);
        if has_column(left) && has_column(right) {
            out.put(2, "B12", words::TERM_ALONE, right.clone());
        }
    }

    fn of_comparison(
        &self,
        left: &Expr,
        op: Operator,
        right: &Expr,
        standing: Standing,
        out: &mut Variants<'_>,
    ) {
        let (sibling, phrase) = match op {
            Operator::Lt => (Operator::LtEq, words::BOUND_IN),
            Operator::LtEq => (Operator::Lt, words::BOUND_OUT),
            Operator::Gt => (Operator::GtEq, words::BOUND_IN),
            _ => (Operator::Gt, words::BOUND_OUT),
        };
        let cause = bound_cause(&[left, right], standing);
        out.put(0, cause, phrase, binary(left, sibling, right));
        for (rank, phrase, cut) in text_of(right).map(other_cuts).unwrap_or_default() {
            out.put(rank.max(1), "T2", phrase, binary(left, op, &lit(cut)));
        }
        if let Some(turned) = op.swap() {
            out.put(4, "R1", words::TURNED, binary(left, turned, right));
        }
    }

    /// A table that is looked up by a day: the day before, the day after.
    fn of_lookup(&self, left: &Expr, right: &Expr, out: &mut Variants<'_>) {
        // One row of a small table, whatever the record asks for.
        for key in [left, right] {
            let Expr::Column(column) = key else { continue };
            for value in self.lookups.values(column) {
                let fixed = binary(key, Operator::Eq, &lit(value.clone()));
                out.put(2, "R1", words::OTHER_ROW, fixed);
            }
        }
        if let Some((before, after)) = self.days_beside(left, right) {
            out.put(
                1,
                "B13",
                words::DAY_BEFORE,
                binary(&before, Operator::Eq, right),
            );
            out.put(
                1,
                "B13",
                words::DAY_AFTER,
                binary(&after, Operator::Eq, right),
            );
        }
    }

    /// The day before and the day after `left`, where it is compared with `right` as a day.
    pub(super) fn days_beside(&self, left: &Expr, right: &Expr) -> Option<(Expr, Expr)> {
        let day = lit(ScalarValue::new_interval_dt(1, 0));
        let given = self.data_type(left)?;
        let is_text = given.is_string() && speaks_of_time(left) && speaks_of_time(right);
        let shift = |op: Operator| match is_text {
            true => {
                let date = datafusion::logical_expr::cast(left.clone(), DataType::Date32);
                let shifted = binary(&date, op, &day);
                let date = datafusion::logical_expr::cast(shifted, DataType::Date32);
                datafusion::logical_expr::cast(date, DataType::Utf8)
            }
            false => {
                let shifted = binary(left, op, &day);
                datafusion::logical_expr::cast(shifted, given.clone())
            }
        };
        let fits = is_text || matches!(given, DataType::Date32 | DataType::Timestamp(..));
        fits.then(|| (shift(Operator::Minus), shift(Operator::Plus)))
    }

    // ---- Branches -----------------------------------------------------------------------------

    fn of_case(&self, case: &Case, out: &mut Variants<'_>) {
        let branches = &case.when_then_expr;
        let is_amount = |expr: &Expr| self.data_type(expr).is_some_and(|given| given.is_numeric());
        let turns_sign = branches
            .iter()
            .map(|(_, then)| then.as_ref())
            .chain(case.else_expr.as_deref())
            .any(|then| matches!(then, Expr::Negative(_)));
        let cause = match (branches.as_slice(), &case.else_expr) {
            ([(_, then), ..], _) if is_amount(then) && turns_sign => "B9",
            ([(_, debit), (_, credit)], _) | ([(_, debit)], Some(credit))
                if are_sides(debit, credit) =>
            {
                "D1"
            }
            _ => "D2",
        };
        for at in 0..branches.len().min(MANY) {
            let then = &branches[at].1;
            let mut beside = Vec::new();
            beside.extend(at.checked_sub(1).and_then(|before| branches.get(before)));
            beside.extend(branches.get(at + 1));
            for other in beside
                .into_iter()
                .map(|(_, other)| other)
                .filter(|o| *o != then)
            {
                let mut read = case.clone();
                read.when_then_expr[at].1 = other.clone();
                let shown = branch(case, at, other);
                out.show(
                    1,
                    cause,
                    words::NEIGHBOUR,
                    Expr::Case(read),
                    branch(case, at, then),
                    Some(shown),
                );
            }
            let default = case
                .else_expr
                .clone()
                .unwrap_or_else(|| Box::new(lit(ScalarValue::Null)));
            if default != *then {
                let mut read = case.clone();
                read.when_then_expr[at].1 = default.clone();
                let shown = branch(case, at, &default);
                out.show(
                    1,
                    cause,
                    words::TO_DEFAULT,
                    Expr::Case(read),
                    branch(case, at, then),
                    Some(shown),
                );
            }
        }
        if let (Some(default), Some((_, last))) = (&case.else_expr, branches.last()) {
            let mut read = case.clone();
            read.else_expr = None;
            out.push(3, "B14", words::NO_DEFAULT, Expr::Case(read), Some(default));
            let mut read = case.clone();
            read.else_expr = Some(last.clone());
            out.show(
                2,
                cause,
                words::NEIGHBOUR,
                Expr::Case(read),
                default.as_ref().clone(),
                Some(last.as_ref().clone()),
            );
        }
    }
}

/// What books call their two sides.
const SIDES: [(&str, &str); 6] = [
    ("d", "c"),
    ("dr", "cr"),
    ("debit", "credit"),
    ("借", "贷"),
    ("借方", "贷方"),
    ("in", "out"),
];

/// Whether two texts are the two sides of an entry.
pub(super) fn are_sides(one: &Expr, other: &Expr) -> bool {
    let (Some(one), Some(other)) = (text_of(one), text_of(other)) else {
        return false;
    };
    let (one, other) = (one.to_lowercase(), other.to_lowercase());
    let mut pairs = SIDES.iter();
    pairs.any(|(debit, credit)| {
        (one == *debit && other == *credit) || (one == *credit && other == *debit)
    })
}

/// One branch of a `CASE` by itself, to be shown.
fn branch(case: &Case, at: usize, then: &Expr) -> Expr {
    Expr::Case(Case {
        expr: case.expr.clone(),
        when_then_expr: vec![(case.when_then_expr[at].0.clone(), Box::new(then.clone()))],
        else_expr: None,
    })
}

fn of_product(left: &Expr, right: &Expr, out: &mut Variants<'_>) {
    let cause = |dropped: &Expr| match dropped {
        one if is_minus_one(one) => "B9",
        ten if is_scale_factor(ten) => "B2",
        _ => "B13",
    };
    let rank = |dropped: &Expr| if is_minus_one(dropped) { 0 } else { 1 };
    if has_column(left) {
        out.put(
            rank(right),
            cause(right),
            words::FACTOR_LEFT_OUT,
            left.clone(),
        );
    }
    if has_column(right) {
        out.put(
            rank(left),
            cause(left),
            words::FACTOR_LEFT_OUT,
            right.clone(),
        );
    }
}

fn of_conditions(
    left: &Expr,
    op: Operator,
    right: &Expr,
    standing: Standing,
    out: &mut Variants<'_>,
) {
    let (rank, cause) = match standing {
        Standing::Filter => (1, "A3"),
        Standing::Join => (3, "R1"),
        _ => (2, "R1"),
    };
    out.push(
        rank,
        cause,
        words::CONDITION_DROPPED,
        left.clone(),
        Some(right),
    );
    out.push(
        rank,
        cause,
        words::CONDITION_DROPPED,
        right.clone(),
        Some(left),
    );
    let (other, phrase) = match op {
        Operator::And => (Operator::Or, words::OR_FOR_AND),
        _ => (Operator::And, words::AND_FOR_OR),
    };
    out.put(4, cause, phrase, binary(left, other, right));
}

fn of_list(list: &InList, standing: Standing, out: &mut Variants<'_>) {
    let speaks_of_status = matches!(list.expr.as_ref(), Expr::Column(column)
        if column.name.to_lowercase().contains("status") || column.name.contains("状态"));
    let cause = match standing {
        _ if speaks_of_status => "T7",
        Standing::Filter | Standing::Join => "A3",
        _ => "D2",
    };
    if (2..=MANY).contains(&list.list.len()) {
        for at in 0..list.list.len() {
            let mut read = list.clone();
            read.list.remove(at);
            out.put(1, cause, words::CODE_LEFT_OUT, Expr::InList(read));
        }
    }
    let mut read = list.clone();
    read.negated = !read.negated;
    out.put(4, "R1", words::NEGATED, Expr::InList(read));
}

fn of_between(between: &Between, standing: Standing, out: &mut Variants<'_>) {
    if between.negated {
        return;
    }
    let (value, low, high) = (&between.expr, &between.low, &between.high);
    let cause = bound_cause(&[value, low, high], standing);
    let both = |from: Operator, to: Operator| {
        binary(
            &binary(value, from, low),
            Operator::And,
            &binary(value, to, high),
        )
    };
    out.put(
        0,
        cause,
        words::BOUND_OUT,
        both(Operator::GtEq, Operator::Lt),
    );
    out.put(
        0,
        cause,
        words::BOUND_OUT,
        both(Operator::Gt, Operator::LtEq),
    );
}

fn bound_cause(operands: &[&Expr], standing: Standing) -> &'static str {
    match standing {
        _ if operands.iter().any(|operand| speaks_of_time(operand)) => "T2",
        Standing::Filter | Standing::Join => "A2",
        Standing::Value | Standing::Condition => "R1",
    }
}

/// Other values that stand for nothing.
fn other_defaults(default: &Expr) -> Vec<Expr> {
    match default {
        Expr::Literal(value, _) if value.data_type().is_string() => ["", "0"]
            .iter()
            .map(|text| lit(*text))
            .filter(|other| other != default)
            .collect(),
        _ => Vec::new(),
    }
}

/// Other times at which the day may change, in place of `given`; empty if that is no time of day.
fn other_cuts(given: &str) -> Vec<(u8, Phrase, String)> {
    let Some(minutes) = minutes_of(given) else {
        return Vec::new();
    };
    let with_seconds = given.len() > 5;
    let show = |minutes: u32| {
        let (hour, minute) = (minutes / 60, minutes % 60);
        let seconds = if with_seconds { ":00" } else { "" };
        format!("{hour:02}:{minute:02}{seconds}")
    };
    let mut cuts: Vec<(u8, Phrase, String)> = Vec::new();
    if minutes != 0 {
        cuts.push((0, words::NO_CUT, show(0)));
        let after = format!("{:02}:{:02}:00.000001", minutes / 60, minutes % 60);
        cuts.push((0, words::CUT_EXCLUSIVE, after));
    }
    let day = 24 * 60;
    let near = [60, day - 60, 30, day - 30].map(|shift| (minutes + shift) % day);
    let known = CUTS.iter().filter_map(|cut| minutes_of(cut));
    for other in near.into_iter().chain(known) {
        let text = show(other);
        if other != minutes && other != 0 && cuts.iter().all(|(_, _, cut)| *cut != text) {
            cuts.push((1, words::OTHER_CUT, text));
        }
    }
    cuts
}

/// The minutes since midnight of `23:00` or `23:00:00`; none if there are seconds to it.
fn minutes_of(text: &str) -> Option<u32> {
    let is_time = |c: char| c.is_ascii_digit() || c == ':';
    let (clock, seconds) = (text.get(..5)?, text.get(5..)?);
    if !matches!(seconds, "" | ":00") || !clock.chars().all(is_time) {
        return None;
    }
    let (hour, minute) = clock.split_once(':')?;
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    let is_valid = hour < 24 && minute < 60;
    match text {
        "24:00" | "24:00:00" => Some(0),
        _ => is_valid.then_some(hour * 60 + minute),
    }
}

fn with_first(call: &ScalarFunction, first: Expr) -> Expr {
    let mut args = call.args.clone();
    args[0] = first;
    Expr::ScalarFunction(ScalarFunction::new_udf(Arc::clone(&call.func), args))
}

/// The parts of `expr`, in the order in which [`with_child`] counts them.
fn children(expr: &Expr) -> Vec<&Expr> {
    let mut children = Vec::new();
    let visited = expr.apply_children(|child| {
        children.push(child);
        Ok(TreeNodeRecursion::Continue)
    });
    debug_assert!(visited.is_ok(), "looking at the parts cannot fail");
    children
}

fn with_child(expr: &Expr, at: usize, child: &Expr) -> Option<Expr> {
    let mut count = 0;
    let replaced = expr.clone().map_children(|own| {
        let is_this = count == at;
        count += 1;
        Ok(match is_this {
            true => Transformed::yes(child.clone()),
            false => Transformed::no(own),
        })
    });
    replaced.data().ok()
}

/// What a `CASE` asks decides, what it gives is a value; so with `FILTER`.
fn standing_of_child(expr: &Expr, at: usize, standing: Standing) -> Standing {
    match expr {
        Expr::Case(case) => {
            let first = usize::from(case.expr.is_some());
            let is_when = at >= first
                && at < first + 2 * case.when_then_expr.len()
                && (at - first).is_multiple_of(2);
            match at < first || is_when {
                true => Standing::Condition,
                false => standing,
            }
        }
        Expr::AggregateFunction(call) if at >= call.params.args.len() => Standing::Filter,
        // A column under a function that reads amounts or times has readings of its own there.
        Expr::ScalarFunction(call)
            if at == 0 && matches!(call.func.name(), "money" | "minor" | "local_time") =>
        {
            match call_of(expr) {
                Some((_, [Expr::Column(_), ..])) => Standing::Condition,
                _ => standing,
            }
        }
        _ => standing,
    }
}

/// Takes the readings of one expression.
struct Variants<'a> {
    of: &'a Expr,
    out: &'a mut Vec<Variant>,
}

impl Variants<'_> {
    /// `read` in place of the expression.
    fn put(&mut self, rank: u8, cause: &'static str, phrase: Phrase, read: Expr) {
        let (rule, reading) = (self.of.clone(), Some(read.clone()));
        self.add(rank, cause, phrase, read, rule, reading);
    }

    /// `read` in place of the expression; `without` is what is left out by it.
    fn push(
        &mut self,
        rank: u8,
        cause: &'static str,
        phrase: Phrase,
        read: Expr,
        without: Option<&Expr>,
    ) {
        match without {
            Some(without) => self.add(rank, cause, phrase, read, without.clone(), None),
            None => self.put(rank, cause, phrase, read),
        }
    }

    /// `read` in place of the expression, of which only a part is worth showing.
    fn show(
        &mut self,
        rank: u8,
        cause: &'static str,
        phrase: Phrase,
        read: Expr,
        rule: Expr,
        reading: Option<Expr>,
    ) {
        self.add(rank, cause, phrase, read, rule, reading);
    }

    fn add(
        &mut self,
        rank: u8,
        cause: &'static str,
        phrase: Phrase,
        expr: Expr,
        rule: Expr,
        reading: Option<Expr>,
    ) {
        self.out.push(Variant {
            expr,
            rank,
            cause,
            phrase,
            rule,
            reading,
        });
    }
}
