use super::other_code;
use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::naming::SUBJECT;
use crate::trial::Trial;

// Cause: D4 wrong subject | 科目错
//
// The customer is right, and the subject of the chart of accounts is not.
//
// expected:
//     id:key,subject
//     1,2241
// target:
//     1,2202
// says: D4 consistent; subject: 2241 became 2202: another subject
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::D4,
    en: "wrong subject",
    zh: "科目错",
    ways: &[Way::Field(offer)],
};

fn offer(_: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let says = || other_code::other("another subject", "科目不同");
    other_code::offer(field, SUBJECT, false, says, trial);
}
