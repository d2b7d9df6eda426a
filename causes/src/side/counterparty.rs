use super::other_code;
use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::naming::{ACCOUNT, COUNTERPARTY};
use crate::trial::Trial;

// Cause: D5 wrong counterparty | 对手方推断
//
// The old record has no counterparty, the rule finds one, and there were two candidates of the same
// amount and time.
//
// expected:
//     id:key,counterparty
//     1,M100
// target:
//     1,M200
// says: D5 consistent; counterparty: M100 became M200: another counterparty
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::D5,
    en: "wrong counterparty",
    zh: "对手方推断",
    ways: &[Way::Field(offer), Way::Together],
};

fn offer(_: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let says = || other_code::other("another counterparty", "对手方不同");
    for words in [COUNTERPARTY, ACCOUNT] {
        other_code::offer(field, words, false, says, trial);
    }
}
