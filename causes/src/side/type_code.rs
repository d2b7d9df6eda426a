use super::other_code;
use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::naming::TYPE;
use crate::trial::Trial;

// Cause: D2 type code mapping | 类型码映射
//
// The code of a type, a channel or a product is mapped to another: the next row of the mapping, its
// default, or the row of another version. Nothing in one record says which code a wrong mapping
// gives, so that it is consistent at best; that all records of a code are off decides.
//
// expected:
//     id:key,type
//     1,TRANSFER
// target:
//     1,OTHER
// says: D2 consistent; type: TRANSFER became OTHER: another code
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::D2,
    en: "type code mapping",
    zh: "类型码映射",
    ways: &[Way::Field(offer)],
};

fn offer(_: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let says = || other_code::other("another code", "代码不同");
    other_code::offer(field, TYPE, true, says, trial);
}
