use crate::catalogue::{Cause, CauseId, Way};

// Cause: A10 ids swapped | 串号
//
// Two records each hold what the other should: all totals are right, and two accounts are not.
//
// expected:
//     id:key,payer,amount:money
//     1,Zhang,10.00
//     2,Li,20.00
// target:
//     1,Li,20.00
//     2,Zhang,10.00
// says: A10 proved; 1 and 2 hold each other's payer and amount
// says: A10 proved; 1 and 2 hold each other's payer and amount
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::A10,
    en: "ids swapped",
    zh: "串号",
    ways: &[Way::Together],
};
