use crate::amount::floats::{
    id_of_fifteen_digits, id_of_fifteen_rounded, id_of_shortest_digits, id_through_double,
};
use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::trial::{Fit, Trial, reason};

// Cause: A11 id through a float | 编号精度丢失
//
// An id beyond 2^53 went through a double, as every number of JSON does in many programs, or through
// a spreadsheet: its last digits are rounded or zero. One record is missing, and one is extra.
//
// expected:
//     id:key,amount:money
//     9007199254740995,10.00
// target:
//     9007199254740996,10.00
// says: A11 proved; id: 9007199254740995 became 9007199254740996: kept in a float of 64 bits
// says: A11 proved; id: 9007199254740995 became 9007199254740996: kept in a float of 64 bits
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::A11,
    en: "id through a float",
    zh: "编号精度丢失",
    ways: &[Way::Field(offer), Way::Together],
};

fn offer(_: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let Some(id) = field
        .expected
        .filter(|id| id.len() > 15 && !field.column.is_money)
    else {
        return;
    };
    let ways = [
        (
            id_of_shortest_digits(id),
            "kept in a float of 64 bits",
            "存入 64 位浮点",
        ),
        (
            id_of_fifteen_rounded(id),
            "rounded to fifteen digits",
            "舍入到 15 位数字",
        ),
        (
            id_through_double(id),
            "kept in a float of 64 bits",
            "存入 64 位浮点",
        ),
        (
            id_of_fifteen_digits(id),
            "kept with fifteen digits",
            "只保留 15 位数字",
        ),
    ];
    for (kept, en, zh) in ways {
        let Some(kept) = kept else { continue };
        let says = || reason(en, zh);
        match field.numbers {
            Some(_) => {
                if let Ok(kept) = kept.parse() {
                    trial.number(field, kept, Fit::Exact, says);
                }
            }
            None => trial.text(field, Some(&kept), Fit::Exact, says),
        }
    }
}
