use crate::amount::floats::{
    id_of_fifteen_digits, id_of_fifteen_rounded, id_of_shortest_digits, id_through_double,
    id_with_exponent,
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

/// Digits from which on a spreadsheet shows a number with an exponent.
const SHOWN_WHOLE: usize = 12;

fn offer(_: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    offer_shown(field, trial);
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

/// Offers the texts of an id that was taken for a number with decimals: `201305.0` as a table of
/// floats writes it, `2.01305E+17` as a spreadsheet shows it.
fn offer_shown(field: &Field<'_>, trial: &mut Trial<'_>) {
    let is_id = |id: &&str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    let id = field.expected.filter(is_id);
    let (Some(id), None) = (id.filter(|_| !field.column.is_money), field.numbers) else {
        return;
    };
    let double = id_of_shortest_digits(id).map(|digits| format!("{digits}.0"));
    if let Some(shown) = double {
        trial.text(field, Some(&shown), Fit::Exact, || {
            reason(
                "taken for a float, and written with a decimal",
                "被当作浮点数，带小数写出",
            )
        });
    }
    let long = id_with_exponent(id).filter(|_| id.len() >= SHOWN_WHOLE);
    for shown in long
        .iter()
        .flat_map(|upper| [upper.clone(), upper.to_lowercase()])
    {
        trial.text(field, Some(&shown), Fit::Exact, || {
            reason(
                "taken for a number, and written with an exponent",
                "被当作数字，以指数形式写出",
            )
        });
    }
}
