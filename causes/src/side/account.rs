use super::other_code;
use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::naming::{ACCOUNT, CUSTOMER};
use crate::trial::Trial;

// Cause: D3 wrong account | 串户
//
// The amount is booked to another account: two accounts are off, by as much up as down.
//
// expected:
//     id:key,account
//     1,62220001
// target:
//     1,62229001
// says: D3 consistent, or D5, D7, D8; account: 62220001 became 62229001: another account or holder
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::D3,
    en: "wrong account",
    zh: "串户",
    ways: &[Way::Field(offer), Way::Together],
};

fn offer(_: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let says = || other_code::other("another account or holder", "账户不同");
    for words in [ACCOUNT, CUSTOMER] {
        other_code::offer(field, words, false, says, trial);
    }
}
