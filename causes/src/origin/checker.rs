use crate::catalogue::{Cause, CauseId, Way};

// Cause: V1 checker wrong | 核对程序误报
//
// The record is right, and the check is not: it read another snapshot, or a stale replica.
//
// needs: a second look at both books, with code that shares nothing with the first; each break has had one
pub(crate) const WRONG: Cause = Cause {
    id: CauseId::V1,
    en: "checker wrong",
    zh: "核对程序误报",
    ways: &[Way::Evidence(
        "a second look at both books, with code that shares nothing with the first; each break has had one",
    )],
};

// Cause: V2 compensating pair | 互抵
//
// Two records are off by as much up as down, so that every total is right. Each of them has a cause
// of its own, where one is known; this one says why no total showed it.
//
// expected:
//     id:key,amount:money
//     1,100.00
//     2,250.00
// target:
//     1,117.31
//     2,232.69
// says: V2 consistent, or M2; 1 and 2 are off by 17.31 up and down
// says: V2 consistent, or M2; 1 and 2 are off by 17.31 up and down
pub(crate) const COMPENSATING: Cause = Cause {
    id: CauseId::V2,
    en: "compensating pair",
    zh: "互抵",
    ways: &[Way::Together],
};
