//! What was found, held against what was planted.

use ledger::{Break, CauseStatus};
use ruixin_faults::Planted;
use std::collections::{BTreeMap, BTreeSet};

/// What was found, held against what was planted: by vouchers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) planted: u64,
    pub(super) found: u64,
    /// Vouchers both planted and found.
    pub(super) same: u64,
    /// Vouchers with a break whose cause is proved, and is the planted one.
    pub(super) proved: u64,
    /// Other vouchers with a break that names the planted cause.
    pub(super) named: u64,
}

impl Judged {
    pub(super) fn of(planted: &[Planted], breaks: &[Break]) -> Self {
        let mut truth: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for one in planted {
            let causes = truth.entry(&one.voucher).or_default();
            causes.insert(one.cause.to_string());
        }
        let mut found: BTreeSet<&str> = BTreeSet::new();
        let (mut proved, mut named): (BTreeSet<&str>, BTreeSet<&str>) = Default::default();
        for one in breaks {
            let Some(voucher) = one.key.get("voucher").flatten() else {
                continue;
            };
            found.insert(voucher);
            let Some(causes) = truth.get(voucher) else {
                continue;
            };
            let id = one.cause.id.as_ref();
            if id.is_some_and(|id| causes.contains(id)) {
                match one.cause.status {
                    CauseStatus::Proved => proved.insert(voucher),
                    CauseStatus::Consistent | CauseStatus::Unknown => named.insert(voucher),
                };
            } else if one.cause.rivals.iter().any(|rival| causes.contains(rival)) {
                named.insert(voucher);
            }
        }
        let same = truth
            .keys()
            .filter(|voucher| found.contains(*voucher))
            .count();
        Self {
            planted: truth.len() as u64,
            found: found.len() as u64,
            same: same as u64,
            proved: proved.len() as u64,
            named: named.difference(&proved).count() as u64,
        }
    }
}
