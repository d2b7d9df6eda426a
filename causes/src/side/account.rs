use super::other_code;
use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::naming::ACCOUNT;
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
// says: D3 consistent, or D5, D7; account: 62220001 became 62229001: another account
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::D3,
    en: "wrong account",
    zh: "串户",
    ways: &[Way::Field(offer), Way::Together],
};

fn offer(_: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let says = || other_code::other("another account", "账户不同");
    other_code::offer(field, ACCOUNT, false, says, trial);
}
