//! The tests of `ruixin-bao`, through its public items only.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod calendar;
mod fund;
mod income;
mod ledger;
mod yields;

use ruixin_bao::Day;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// The instant at which Shanghai's clock shows a time.
fn at(text: &str) -> i64 {
    let shanghai = ::ledger::Zone::new("Asia/Shanghai").unwrap();
    ::ledger::local_time(text, &shanghai, ::ledger::Disambiguation::Refuse).unwrap()
}
