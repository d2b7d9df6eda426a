use super::other_code;
use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::naming::{ACCOUNT, SHARD};
use crate::trial::Trial;

// Cause: D8 wrong shard | 分片错误
//
// The record lies in another shard or sub-account than its key says. A check within a shard does
// not see it.
//
// expected:
//     id:key,shard
//     1,012
// target:
//     1,021
// says: D8 consistent; shard: 012 became 021: another shard
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::D8,
    en: "wrong shard",
    zh: "分片错误",
    ways: &[Way::Field(offer)],
};

fn offer(_: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let says = || other_code::other("another shard", "分片不同");
    for words in [SHARD, ACCOUNT] {
        other_code::offer(field, words, false, says, trial);
    }
}
