use crate::catalogue::{Cause, CauseId, Way};

// Cause: A11 id through a float | 编号精度丢失
//
// An id beyond 2^53 went through a double, as every number of JSON does in many programs, or through
// a spreadsheet: its last digits are rounded or zero. One record is missing, and one is extra.
//
// expected:
//     id:key,amount:money
//     9007199254740993,10.00
// target:
//     9007199254740992,10.00
// says: A11 proved; id: 9007199254740993 became 9007199254740992: kept in a float of 64 bits
// says: A11 proved; id: 9007199254740993 became 9007199254740992: kept in a float of 64 bits
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::A11,
    en: "id through a float",
    zh: "编号精度丢失",
    ways: &[Way::Together],
};
