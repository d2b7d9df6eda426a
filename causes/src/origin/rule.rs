use crate::catalogue::{Cause, CauseId, Way};

// Cause: R1 rule defect | 规则缺陷
//
// The target holds what the conversion's rule gives, and the rule is wrong. A record shows what was
// done to it, and this is the cause that is named; that the same was done to all records of a
// condition makes it a defect. Four amounts or more of one column that are off by the same, hold the same
// or the same share of something are named so, unless one cause tells it of all of them.
//
// needs: another reading of the rule that gives what the target holds, or what the broken records have in common
pub(crate) const DEFECT: Cause = Cause {
    id: CauseId::R1,
    en: "rule defect",
    zh: "规则缺陷",
    ways: &[Way::Evidence(
        "another reading of the rule that gives what the target holds, or what the broken records have in common",
    )],
};

// Cause: R2 rule version | 规则版本
//
// The target holds what an older version of the rule gives, for a batch from before the change. That a
// column is called the old one proves nothing: it may just be the wrong one (B12), or hold the rate of
// another day (B13).
//
// needs: the older version of the rule as another reading, and the time of each batch
pub(crate) const VERSION: Cause = Cause {
    id: CauseId::R2,
    en: "rule version",
    zh: "规则版本",
    ways: &[Way::Evidence(
        "the older version of the rule as another reading, and the time of each batch",
    )],
};

// Cause: R3 undocumented variant | 历史变体
//
// A few old records have a form that nobody wrote down: an old layout, a special merchant, an
// account for tests.
//
// needs: what the broken records have in common, and how few there are
pub(crate) const VARIANT: Cause = Cause {
    id: CauseId::R3,
    en: "undocumented variant",
    zh: "历史变体",
    ways: &[Way::Evidence(
        "what the broken records have in common, and how few there are",
    )],
};

// Cause: R4 rule that depends on chance | 规则不确定
//
// The same rule gives another record each time: it reads the clock, or depends on an order.
//
// needs: a second run of the conversion over the same records
pub(crate) const RANDOM: Cause = Cause {
    id: CauseId::R4,
    en: "rule that depends on chance",
    zh: "规则不确定",
    ways: &[Way::Evidence(
        "a second run of the conversion over the same records",
    )],
};
