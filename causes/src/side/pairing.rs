use super::other_code;
use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::naming::PAIR;
use crate::trial::Trial;

// Cause: D6 pair linked to others | 配对错误
//
// The two halves of a transfer are linked to other partners. The clearing account is not zero at
// the end.
//
// expected:
//     id:key,pair_id
//     1,T100
// target:
//     1,T200
// says: D6 consistent; pair_id: T100 became T200: linked to another record
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::D6,
    en: "pair linked to others",
    zh: "配对错误",
    ways: &[Way::Field(offer), Way::Together],
};

fn offer(_: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let says = || other_code::other("linked to another record", "关联到别的记录");
    other_code::offer(field, PAIR, false, says, trial);
}
