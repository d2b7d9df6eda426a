use crate::catalogue::{Cause, CauseId, Way};

// Cause: A7 merged | 合并
//
// Several source records become one whose amount is their sum: their keys fell together, since an
// id was cut, its case or its leading zeros were lost.
//
// expected:
//     id:key,amount:money
//     AB,10.00
//     ab,5.00
// target:
//     ab,15.00
// says: A7 proved; merged into ab: the amounts add up to 15.00
// says: A7 proved; merged into ab: the amounts add up to 15.00
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::A7,
    en: "merged",
    zh: "合并",
    ways: &[Way::Together],
};
