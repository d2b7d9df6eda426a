use ledger::BreakKind;

use crate::case::Case;
use crate::catalogue::{Cause, CauseId, Way};
use crate::naming::{self, VOUCHER};
use crate::trial::{Fit, Trial, reason};

// Cause: A8 leg missing | 拆分缺腿
//
// A voucher has fewer legs than it should: its debits and credits are not equal. Where the missing
// legs balance among themselves, the voucher is missing as a whole, and that is A1.
//
// expected:
//     voucher:key,leg:key,amount:money
//     V1,2,10.00
// target:
// says: A1 consistent, or A2, A3, A4, A8, P3; the record is not in the target
// expected:
//     voucher:key,leg:key,debit:money,credit:money
//     V2,2,0,10.00
// target:
// says: A8 consistent, or A1, A2, A3, A4, P3; a leg of the voucher is missing: without it debits and credits are 10.00 apart
// expected:
//     voucher:key,leg:key,side,amount:money
//     V3,2,C,10.00
// target:
// says: A8 consistent, or A1, A2, A3, A4, P3; a leg of the voucher is missing: without it debits and credits are 10.00 apart
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::A8,
    en: "leg missing",
    zh: "拆分缺腿",
    ways: &[Way::Record(offer), Way::Together],
};

fn offer(case: &Case<'_>, trial: &mut Trial<'_>) {
    let names = case.expected_values().map(|(name, _)| name);
    let mut of_voucher = names.filter(|name| naming::is(name, VOUCHER));
    if case.found.kind == BreakKind::Missing && of_voucher.next().is_some() {
        trial.whole(None, true, Fit::Loose, || {
            reason(
                "it is a leg of a voucher that the target may hold without it",
                "凭证缺少这一分录",
            )
        });
    }
}
