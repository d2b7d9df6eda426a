//! Other readings of a whole plan: at every operator of it, one thing changed.

use std::sync::Arc;

use datafusion::common::{JoinType, Result};
use datafusion::execution::{FunctionRegistry, SessionState};
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::logical_plan::{Aggregate, Distinct, Join, Projection, Union};
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, LogicalPlan};

use super::lookups::Lookups;
use super::mutate::{Mutator, Standing, Variant, are_sides};
use super::spell::Speller;
use super::words::{self, Phrase};

/// A plan with one thing changed.
#[derive(Debug, Clone)]
pub(super) struct Changed {
    pub(super) plan: LogicalPlan,
    pub(super) rank: u8,
    pub(super) cause: &'static str,
    pub(super) phrase: Phrase,
    /// The part of the rule that is read otherwise, and what is read in its place.
    pub(super) rule: String,
    pub(super) reading: Option<String>,
}

/// Gives all readings of `plan`, operator by operator from the output down.
pub(super) fn changes(
    plan: &LogicalPlan,
    state: &SessionState,
    lookups: &Lookups,
) -> Result<Vec<Changed>> {
    let mut changes = Vec::new();
    let mut nodes = Vec::new();
    let mut counts = Counts::of(plan.schema().fields().len());
    collect(plan, &mut nodes);
    for (number, node) in nodes.iter().enumerate() {
        let of_node = Node {
            node,
            state,
            lookups,
        };
        let mut own = of_node.of_expressions(&mut counts)?;
        own.extend(of_node.of_operator());
        if number == 0 {
            own.extend(of_node.of_output());
        }
        for change in own {
            // What cannot stand in its place is no reading.
            if let Ok(plan) = replaced(plan, number, &change.plan) {
                changes.push(Changed { plan, ..change });
            }
        }
    }
    Ok(changes)
}

/// How many readings of a rank are worked out: a wide table has thousands of the last one.
const OF_A_RANK: usize = 400;
/// Ranks of which there are as many as pairs of columns.
const FAR: usize = 3;
/// An output of more columns has fewer readings of those ranks: each costs as much as it is wide.
const WIDE: usize = 100;

/// The readings so far, by rank.
struct Counts {
    of_ranks: [usize; 6],
    far: usize,
}

impl Counts {
    fn of(width: usize) -> Self {
        Self {
            of_ranks: [0; 6],
            far: (OF_A_RANK * WIDE / width.max(WIDE)).max(OF_A_RANK / 16),
        }
    }

    fn admits(&mut self, rank: u8) -> bool {
        let rank = usize::from(rank).min(self.of_ranks.len() - 1);
        self.of_ranks[rank] += 1;
        let most = if rank < FAR { OF_A_RANK } else { self.far };
        self.of_ranks[rank] <= most
    }
}

/// All operators but those of subqueries within expressions, each before its inputs.
fn collect<'a>(plan: &'a LogicalPlan, nodes: &mut Vec<&'a LogicalPlan>) {
    nodes.push(plan);
    for input in plan.inputs() {
        collect(input, nodes);
    }
}

/// `plan` with operator `number`, counted as [`collect`] does, replaced.
fn replaced(plan: &LogicalPlan, number: usize, new: &LogicalPlan) -> Result<LogicalPlan> {
    let mut waiting = number;
    replaced_within(plan, &mut Some(&mut waiting), new)
}

fn replaced_within(
    plan: &LogicalPlan,
    waiting: &mut Option<&mut usize>,
    new: &LogicalPlan,
) -> Result<LogicalPlan> {
    let Some(left) = waiting else {
        return Ok(plan.clone());
    };
    if **left == 0 {
        *waiting = None;
        return Ok(new.clone());
    }
    **left -= 1;
    let inputs = plan
        .inputs()
        .into_iter()
        .map(|input| replaced_within(input, waiting, new))
        .collect::<Result<Vec<_>>>()?;
    if waiting.is_some() {
        return Ok(plan.clone());
    }
    plan.with_new_exprs(plan.expressions(), inputs)
}

/// One operator of a rule.
struct Node<'a> {
    node: &'a LogicalPlan,
    state: &'a SessionState,
    lookups: &'a Lookups,
}

impl Node<'_> {
    fn speller(&self) -> Speller {
        Speller::over(&self.node.inputs())
    }

    fn standing(&self) -> Option<Standing> {
        match self.node {
            LogicalPlan::Projection(_) | LogicalPlan::Aggregate(_) | LogicalPlan::Window(_) => {
                Some(Standing::Value)
            }
            LogicalPlan::Filter(_) => Some(Standing::Filter),
            LogicalPlan::Join(_) => Some(Standing::Join),
            _ => None,
        }
    }

    /// One expression of the operator read otherwise, under the name that it had.
    fn of_expressions(&self, counts: &mut Counts) -> Result<Vec<Changed>> {
        let Some(standing) = self.standing() else {
            return Ok(Vec::new());
        };
        let inputs = self.node.inputs();
        let schema = merge_schema(&inputs);
        let speller = self.speller();
        let mutator = Mutator {
            schema: &schema,
            state: self.state,
            lookups: self.lookups,
        };
        let exprs = self.node.expressions();
        let mut changes = Vec::new();
        for (at, expr) in exprs.iter().enumerate() {
            for variant in mutator.variants(expr, standing) {
                if !counts.admits(variant.rank) {
                    continue;
                }
                let mut exprs = exprs.clone();
                let name = NamePreserver::new(self.node).save(expr);
                exprs[at] = name.restore(variant.expr.clone());
                let inputs = inputs.iter().map(|input| (*input).clone()).collect();
                if let Ok(plan) = self.node.with_new_exprs(exprs, inputs) {
                    changes.push(told(plan, &variant, &speller));
                }
            }
        }
        Ok(changes)
    }

    /// The operator itself read otherwise.
    fn of_operator(&self) -> Vec<Changed> {
        match self.node {
            LogicalPlan::Filter(filter) => {
                let word = match filter.input.as_ref() {
                    LogicalPlan::Aggregate(_) => "HAVING",
                    _ => "WHERE",
                };
                vec![Changed {
                    plan: filter.input.as_ref().clone(),
                    rank: 0,
                    cause: "A3",
                    phrase: words::FILTER_DROPPED,
                    rule: format!("{word} {}", self.speller().spell(&filter.predicate)),
                    reading: None,
                }]
            }
            LogicalPlan::Join(join) => self.of_join(join),
            LogicalPlan::Distinct(Distinct::All(input)) => vec![Changed {
                plan: input.as_ref().clone(),
                rank: 2,
                cause: "A6",
                phrase: words::NOT_DISTINCT,
                rule: "DISTINCT".to_owned(),
                reading: None,
            }],
            LogicalPlan::Union(union) => of_union(union),
            LogicalPlan::Projection(projection) => self.of_rounded_totals(projection),
            LogicalPlan::Aggregate(aggregate) => self.of_rounded_lines(aggregate),
            _ => Vec::new(),
        }
    }

    fn of_join(&self, join: &Join) -> Vec<Changed> {
        let mut changes = Vec::new();
        let (name, other, other_name, phrase) = match join.join_type {
            JoinType::Inner => ("JOIN", JoinType::Left, "LEFT JOIN", words::OUTER),
            JoinType::Left => ("LEFT JOIN", JoinType::Inner, "JOIN", words::INNER),
            JoinType::Right => ("RIGHT JOIN", JoinType::Inner, "JOIN", words::INNER),
            JoinType::Full => ("FULL JOIN", JoinType::Inner, "JOIN", words::INNER),
            _ => return changes,
        };
        let with = |join_type, on| {
            Join::try_new(
                Arc::clone(&join.left),
                Arc::clone(&join.right),
                on,
                join.filter.clone(),
                join_type,
                join.join_constraint,
                join.null_equality,
                join.null_aware,
            )
        };
        if let Ok(plan) = with(other, join.on.clone()) {
            changes.push(Changed {
                plan: LogicalPlan::Join(plan),
                rank: 1,
                cause: "A3",
                phrase,
                rule: name.to_owned(),
                reading: Some(other_name.to_owned()),
            });
        }
        let schema = merge_schema(&self.node.inputs());
        let mutator = Mutator {
            schema: &schema,
            state: self.state,
            lookups: self.lookups,
        };
        let speller = self.speller();
        for (at, (left, right)) in join.on.iter().enumerate() {
            let Some((before, after)) = mutator.days_beside(left, right) else {
                continue;
            };
            for (shifted, phrase) in [(before, words::DAY_BEFORE), (after, words::DAY_AFTER)] {
                let mut on = join.on.clone();
                on[at].0 = shifted.clone();
                if let Ok(plan) = with(join.join_type, on) {
                    let key =
                        |left: &Expr| format!("{} = {}", speller.spell(left), speller.spell(right));
                    changes.push(Changed {
                        plan: LogicalPlan::Join(plan),
                        rank: 1,
                        cause: "B13",
                        phrase,
                        rule: key(left),
                        reading: Some(key(&shifted)),
                    });
                }
            }
        }
        changes
    }

    /// `round(total)` over a group: each line rounded, and their total rounded no more.
    fn of_rounded_totals(&self, projection: &Projection) -> Vec<Changed> {
        let LogicalPlan::Aggregate(aggregate) = projection.input.as_ref() else {
            return Vec::new();
        };
        let speller = self.speller();
        let mut changes = Vec::new();
        for expr in &projection.expr {
            let Some((round, Expr::Column(total), scale)) = rounding(expr) else {
                continue;
            };
            let first = aggregate.group_expr.len();
            let names = aggregate
                .aggr_expr
                .iter()
                .map(|e| e.schema_name().to_string());
            let Some(at) = names.into_iter().position(|name| name == total.name) else {
                continue;
            };
            let below = LogicalPlan::Aggregate(aggregate.clone());
            let mut exprs = below.expressions();
            let Some(rounded) = with_rounded_lines(&exprs[first + at], round, scale) else {
                continue;
            };
            let name = NamePreserver::new(&below).save(&exprs[first + at]);
            let shown = speller.spell(&rounded);
            exprs[first + at] = name.restore(rounded);
            let input = vec![aggregate.input.as_ref().clone()];
            let plan = below.with_new_exprs(exprs, input).and_then(|below| {
                self.node
                    .with_new_exprs(projection.expr.clone(), vec![below])
            });
            if let Ok(plan) = plan {
                changes.push(Changed {
                    plan,
                    rank: 0,
                    cause: "B6",
                    phrase: words::ROUNDED_LINES,
                    rule: speller.spell(expr),
                    reading: Some(shown),
                });
            }
        }
        changes
    }

    /// `control_total(round(x))`: the exact lines added up, and the total rounded.
    fn of_rounded_lines(&self, aggregate: &Aggregate) -> Vec<Changed> {
        let speller = self.speller();
        let mut changes = Vec::new();
        for (at, total) in aggregate.aggr_expr.iter().enumerate() {
            if let Some((plan, read)) = rounded_after(self.node, aggregate, at) {
                changes.push(Changed {
                    plan,
                    rank: 0,
                    cause: "B6",
                    phrase: words::ROUNDED_TOTAL,
                    rule: speller.spell(total),
                    reading: Some(speller.spell(&read)),
                });
            }
        }
        changes
    }

    /// The sign of an output amount.
    fn of_output(&self) -> Vec<Changed> {
        let LogicalPlan::Projection(projection) = self.node else {
            return Vec::new();
        };
        let speller = self.speller();
        let mut changes = Vec::new();
        for (at, field) in self.node.schema().fields().iter().enumerate() {
            let expr = projection.expr[at].clone().unalias();
            if !field.data_type().is_decimal() || matches!(expr, Expr::Negative(_)) {
                continue;
            }
            let turned = Expr::Negative(Box::new(expr.clone()));
            let lost = self
                .state
                .udf("abs")
                .map(|abs| abs.call(vec![expr.clone()]));
            let signs = [(Ok(turned), words::SIGN_TURNED), (lost, words::SIGN_LOST)];
            for (read, phrase) in signs {
                let Ok(read) = read else {
                    continue;
                };
                let saved = NamePreserver::new_for_projection().save(&projection.expr[at]);
                let mut exprs = projection.expr.clone();
                exprs[at] = saved.restore(read.clone());
                let plan = Projection::try_new(exprs, Arc::clone(&projection.input));
                if let Ok(plan) = plan {
                    changes.push(Changed {
                        plan: LogicalPlan::Projection(plan),
                        rank: 1,
                        cause: "B9",
                        phrase,
                        rule: speller.spell(&expr),
                        reading: Some(speller.spell(&read)),
                    });
                }
            }
        }
        changes
    }
}

fn told(plan: LogicalPlan, variant: &Variant, speller: &Speller) -> Changed {
    Changed {
        plan,
        rank: variant.rank,
        cause: variant.cause,
        phrase: variant.phrase,
        rule: speller.spell(&variant.rule),
        reading: variant
            .reading
            .as_ref()
            .map(|reading| speller.spell(reading)),
    }
}

/// Each branch of a union left out in turn.
fn of_union(union: &Union) -> Vec<Changed> {
    let mut changes = Vec::new();
    for at in 0..union.inputs.len() {
        let mut inputs = union.inputs.clone();
        inputs.remove(at);
        let plan = match inputs.len() {
            0 => continue,
            1 => renamed(&inputs[0], union),
            _ => Ok(LogicalPlan::Union(Union {
                inputs,
                schema: Arc::clone(&union.schema),
            })),
        };
        if let Ok(plan) = plan {
            changes.push(Changed {
                plan,
                rank: 1,
                cause: "A8",
                phrase: words::BRANCH_LEFT_OUT,
                rule: format!("SELECT {} of {}", at + 1, union.inputs.len()),
                reading: None,
            });
        }
    }
    changes.extend(of_sides(union));
    changes
}

/// Two legs whose sides are swapped.
fn of_sides(union: &Union) -> Option<Changed> {
    let [one, other] = union.inputs.as_slice() else {
        return None;
    };
    let (LogicalPlan::Projection(one), LogicalPlan::Projection(other)) =
        (one.as_ref(), other.as_ref())
    else {
        return None;
    };
    let literal = |leg: &Projection, at: usize| leg.expr[at].clone().unalias();
    let at = (0..one.expr.len().min(other.expr.len()))
        .find(|at| are_sides(&literal(one, *at), &literal(other, *at)))?;
    let with = |leg: &Projection, side: Expr| {
        let name = NamePreserver::new_for_projection().save(&leg.expr[at]);
        let mut exprs = leg.expr.clone();
        exprs[at] = name.restore(side);
        let plan = Projection::try_new(exprs, Arc::clone(&leg.input)).ok()?;
        Some(Arc::new(LogicalPlan::Projection(plan)))
    };
    let (first, second) = (literal(one, at), literal(other, at));
    let inputs = vec![with(one, second.clone())?, with(other, first.clone())?];
    let told = |first, second| {
        let speller = Speller::over(&[]);
        format!(
            "{} UNION ALL {}",
            speller.spell(first),
            speller.spell(second)
        )
    };
    Some(Changed {
        plan: LogicalPlan::Union(Union {
            inputs,
            schema: Arc::clone(&union.schema),
        }),
        rank: 1,
        cause: "D1",
        phrase: words::SIDES_SWAPPED,
        rule: told(&first, &second),
        reading: Some(told(&second, &first)),
    })
}

/// A branch by itself, under the names of the union.
fn renamed(branch: &Arc<LogicalPlan>, union: &Union) -> Result<LogicalPlan> {
    let own = branch.schema().columns().into_iter();
    let names = union.schema.iter();
    let exprs = own
        .zip(names)
        .map(|(own, (table, field))| {
            Expr::Column(own).alias_qualified(table.cloned(), field.name().as_str())
        })
        .collect();
    Ok(LogicalPlan::Projection(Projection::try_new(
        exprs,
        Arc::clone(branch),
    )?))
}

/// Recognises `round_…(amount, scale)`, also where it has a name.
fn rounding(expr: &Expr) -> Option<(&Expr, &Expr, &Expr)> {
    match expr {
        Expr::Alias(alias) => rounding(&alias.expr),
        Expr::ScalarFunction(call) if call.func.name().starts_with("round_") => {
            match call.args.as_slice() {
                [amount, scale] => Some((expr, amount, scale)),
                _ => None,
            }
        }
        _ => None,
    }
}

fn with_rounded_lines(total: &Expr, round: &Expr, scale: &Expr) -> Option<Expr> {
    let (Expr::AggregateFunction(total), Expr::ScalarFunction(round)) =
        (total.clone().unalias(), round)
    else {
        return None;
    };
    let [amount] = total.params.args.as_slice() else {
        return None;
    };
    // Lines that are rounded so already come to the same total.
    if rounding(amount).is_some_and(|(_, _, own)| own == scale) {
        return None;
    }
    let rounded = round.func.call(vec![amount.clone(), scale.clone()]);
    let mut read = total.clone();
    read.params.args = vec![rounded];
    (total.func.name() == "control_total").then_some(Expr::AggregateFunction(read))
}

/// The group with its total `at` taken over exact lines, and rounded above under its old name.
fn rounded_after(
    node: &LogicalPlan,
    aggregate: &Aggregate,
    at: usize,
) -> Option<(LogicalPlan, Expr)> {
    let Expr::AggregateFunction(total) = aggregate.aggr_expr[at].clone().unalias() else {
        return None;
    };
    let ("control_total", [line]) = (total.func.name(), total.params.args.as_slice()) else {
        return None;
    };
    let (Expr::ScalarFunction(round), amount, scale) = rounding(line)? else {
        return None;
    };
    let mut exact: AggregateFunction = total.clone();
    exact.params.args = vec![amount.clone()];
    let exact = Expr::AggregateFunction(exact);
    let read = round.func.call(vec![exact.clone(), scale.clone()]);
    let index = node.schema().fields().len() - aggregate.aggr_expr.len() + at;
    let mut totals = aggregate.aggr_expr.clone();
    totals[at] = exact;
    let group = aggregate.group_expr.clone();
    let below = Aggregate::try_new(Arc::clone(&aggregate.input), group, totals).ok()?;
    let below = LogicalPlan::Aggregate(below);
    let (table, field) = node.schema().qualified_field(index);
    let exprs = below
        .schema()
        .columns()
        .into_iter()
        .enumerate()
        .map(|(column, own)| match column == index {
            false => Expr::Column(own),
            true => round
                .func
                .call(vec![Expr::Column(own), scale.clone()])
                .alias_qualified(table.cloned(), field.name().as_str()),
        })
        .collect();
    let plan = Projection::try_new(exprs, Arc::new(below)).ok()?;
    Some((LogicalPlan::Projection(plan), read))
}
