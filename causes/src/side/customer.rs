use super::other_code;
use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::naming::{ACCOUNT, CUSTOMER};
use crate::trial::Trial;

// Cause: D7 merged or renamed customer | 客户合并或更名
//
// The target holds the id from before a merger of customers, or from after a second one. Where the rule
// looks ids up in a table of old and new ones, and the other of the two gives what the target holds, this
// is named first.
//
// expected:
//     id:key,customer
//     1,C100
// target:
//     1,C007
// says: D3 consistent, or D7; customer: C100 became C007: another account or holder
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::D7,
    en: "merged or renamed customer",
    zh: "客户合并或更名",
    ways: &[Way::Field(offer)],
};

fn offer(_: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let says = || other_code::other("another customer", "客户不同");
    for words in [CUSTOMER, ACCOUNT] {
        other_code::offer(field, words, false, says, trial);
    }
}
