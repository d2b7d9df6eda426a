use super::rounding;
use crate::case::{Case, Computed, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::number::ROUNDINGS;
use crate::trial::{Fit, Trial, reason};

// Cause: B6 rounding level | 逐笔与汇总舍入
//
// A total is rounded where its lines should be, or each line where the total should be. Each line
// may be off by half a unit, or by nearly a whole one where it is cut, and a total over n lines by n
// times as much. Nothing in the lines tells which of the ways that come to the expected total the rule
// goes, and what a float cuts off each line comes to many of these totals as well, so that this is never
// proved. Where the rule adds up and rounds, it is read at the other level too and run over the lines of
// the totals that are off; it is named first where no total of the whole book that agrees speaks
// against it.
//
// source:
//     id,account,fee
//     1,W1,10.105
//     2,W1,10.105
//     3,W1,10.105
//     4,W1,10.105
// expected:
//     account:key,fee:money
//     W1,40.44
// target:
//     W1,40.42
// says: B6 consistent, or M2; fee: 40.44 became 40.42: the total of fee was rounded once, and not each of its 4 lines
// expected:
//     id:key,fee:money
//     3,0.22
// target:
//     3,0.21
// says: B5 consistent, or B6, B7; fee: 0.22 became 0.21: off by the last digit, as another rounding gives it
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::B6,
    en: "rounding level",
    zh: "逐笔与汇总舍入",
    ways: &[Way::Field(offer)],
};

fn offer(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    for way in case.computed(field) {
        offer_level(field, way, trial);
    }
    let lines = case.found.source.len();
    let Some(minor) = field.minor() else { return };
    let off = minor.actual.abs_diff(minor.expected);
    let Some(pair) = field.numbers else { return };
    // A single line may be one of the total, where the rule computes it.
    let may_be_line = off == 1 && rounding::may_be_computed(case, field);
    // What the lines come to is said above.
    let is_shown = case.is_told_by_lines(field);
    let may_be_total = lines > 1 && !is_shown && off <= u128::try_from(lines).unwrap_or(0);
    if !field.is_amount() || !(may_be_line || may_be_total) {
        return;
    }
    trial.number(field, pair.actual, Fit::Loose, || {
        reason(
            "the total was rounded where its lines should be, or the other way round",
            "该逐笔舍入处按汇总舍入，或相反",
        )
    });
}

/// Offers what the lines come to where they are rounded at the other level than the rule does, in its
/// way or in another.
fn offer_level(field: &Field<'_>, way: &Computed, trial: &mut Trial<'_>) {
    let (of, count) = (&way.of, way.lines.len());
    for (rounding, (_, en, zh)) in ROUNDINGS.iter().enumerate() {
        let Some(value) = way.total(rounding, !way.by_line) else {
            continue;
        };
        // Which of the ways that come to the expected total the rule goes nothing tells, and lines
        // that are cut behind a float come to many of these totals as well.
        trial.number(field, value, Fit::Loose, || {
            let (also_en, also_zh) = match rounding == way.rounding {
                true => (String::new(), String::new()),
                false => (format!(" {en}"), format!("按{zh}")),
            };
            if way.by_line {
                reason(
                    format!(
                        "the total of {of} was rounded{also_en} once, and not each of its {count} lines"
                    ),
                    format!("{of} {also_zh}按合计舍入一次，而非 {count} 笔逐笔舍入"),
                )
            } else {
                reason(
                    format!(
                        "each of the {count} lines of {of} was rounded{also_en}, and not their total"
                    ),
                    format!("{of} {also_zh}按 {count} 笔逐笔舍入，而非按合计舍入"),
                )
            }
        });
    }
}
