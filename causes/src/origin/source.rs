use crate::catalogue::{Cause, CauseId, Way};

// Cause: S1 source wrong | 源账错误
//
// The target is what the source gives, and the source is wrong. There is no break between the
// books then.
//
// needs: a control within the source, such as its running balance against its entries
pub(crate) const WRONG: Cause = Cause {
    id: CauseId::S1,
    en: "source wrong",
    zh: "源账错误",
    ways: &[Way::Evidence(
        "a control within the source, such as its running balance against its entries",
    )],
};

// Cause: S2 source changed by hand | 源账手工修改
//
// A record of the source was changed in the database, without a voucher.
//
// needs: the source's audit log, or a digest of it from before
pub(crate) const BY_HAND: Cause = Cause {
    id: CauseId::S2,
    en: "source changed by hand",
    zh: "源账手工修改",
    ways: &[Way::Evidence(
        "the source's audit log, or a digest of it from before",
    )],
};

// Cause: S3 balance without entries | 余额无流水
//
// An account's balance differs from the sum of its entries by the same amount ever since a day: its
// opening balance was never an entry.
//
// needs: a control of balances against the sums of their entries, day by day
pub(crate) const NO_FLOW: Cause = Cause {
    id: CauseId::S3,
    en: "balance without entries",
    zh: "余额无流水",
    ways: &[Way::Evidence(
        "a control of balances against the sums of their entries, day by day",
    )],
};
