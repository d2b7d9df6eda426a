//! Suspicions in sentences.

use super::{Candidate, Chance, DeskTest};
use crate::Says;
use ledger::Decimal;

/// Says what a test makes suspicious. `amount` is that of the entry that is looked for.
pub(super) fn says(
    difference: Decimal,
    test: DeskTest,
    amount: Decimal,
    hits: u64,
    entries: &[Vec<Candidate>],
    chance: Chance,
) -> Says {
    let shown = grouped(amount);
    let (en, zh) = match test {
        DeskTest::Entry => (
            format!(
                "{shown} is an entry: {} may be left out or booked twice",
                who(entries, hits, "or")
            ),
            format!(
                "与分录 {shown} 相等：{} 可能漏记或重记",
                who(entries, hits, "或")
            ),
        ),
        DeskTest::WrongSide => (
            format!(
                "{shown} is half of it: {} may stand on the wrong side",
                who(entries, hits, "or")
            ),
            format!(
                "其半数为 {shown}：{} 可能借贷方向记反",
                who(entries, hits, "或")
            ),
        ),
        DeskTest::Transposition { place, step } => {
            let digits = format!("9 × 10^{place} × {step} minor units");
            let digits_zh = format!("9 × 10^{place} × {step} 最小单位");
            let (en, zh) = match entries {
                [] => (String::new(), String::new()),
                _ => (
                    format!(", as {} has", who(entries, hits, "or")),
                    format!("，如 {}", who(entries, hits, "或")),
                ),
            };
            (
                format!(
                    "{} is {digits}: two neighbouring digits that differ by {step} may be swapped{en}",
                    grouped(difference)
                ),
                format!(
                    "{} 为 {digits_zh}：相邻两位数字（相差 {step}）可能颠倒{zh}",
                    grouped(difference)
                ),
            )
        }
        DeskTest::SlideUp { places } => slide(&shown, places, "right", "右", entries, hits),
        DeskTest::SlideDown { places } => slide(&shown, places, "left", "左", entries, hits),
        DeskTest::Sum { of } if hits == 0 => (
            format!("sums of {of} entries are not looked for: too many would fit by chance"),
            format!("不查找 {of} 笔之和：偶然相符者过多"),
        ),
        DeskTest::Sum { of } => (
            format!("{of} entries add up to it: {}", who(entries, hits, "or")),
            format!("{of} 笔之和与之相等：{}", who(entries, hits, "或")),
        ),
    };
    if chance == Chance::SURE {
        return Says { en, zh };
    }
    Says {
        en: format!("{en}; by chance {chance}"),
        zh: format!("{zh}；偶然相符的期望数为 {chance}"),
    }
}

fn slide(
    amount: &str,
    places: u32,
    way: &str,
    way_zh: &str,
    entries: &[Vec<Candidate>],
    hits: u64,
) -> (String, String) {
    let plural = if places == 1 { "place" } else { "places" };
    let (mut en, mut zh) = (
        format!(
            "an entry of {amount} whose point moved {places} {plural} to the {way} would leave it"
        ),
        format!("金额 {amount} 的小数点{way_zh}移 {places} 位恰得此差额"),
    );
    if places == 2 {
        en.push_str(", as yuan and fen mixed up");
        zh.push_str("（元分混淆）");
    }
    if hits > 0 {
        en.push_str(&format!(": {}", who(entries, hits, "or")));
        zh.push_str(&format!("：{}", who(entries, hits, "或")));
    }
    (en, zh)
}

/// Names up to three of the entries or sums, and how many there are besides.
fn who(entries: &[Vec<Candidate>], hits: u64, or: &str) -> String {
    let name = |sum: &Vec<Candidate>| {
        let labels: Vec<&str> = sum
            .iter()
            .map(|candidate| candidate.label.as_str())
            .collect();
        labels.join(" + ")
    };
    let mut names: Vec<String> = entries.iter().take(3).map(name).collect();
    let named = u64::try_from(names.len()).unwrap_or(u64::MAX);
    let others = hits.saturating_sub(named);
    if others > 0 {
        let others = Decimal::new(i128::from(others), 0);
        names.push(format!("… (+{})", grouped(others)));
    }
    names.join(&format!(" {or} "))
}

/// An amount with its thousands set apart.
fn grouped(amount: Decimal) -> String {
    let text = amount.to_string();
    let (whole, decimals) = text
        .split_once('.')
        .map_or((text.as_str(), None), |(w, d)| (w, Some(d)));
    let digits = whole.trim_start_matches('-');
    let mut shown = String::new();
    if whole.len() > digits.len() {
        shown.push('-');
    }
    for (place, digit) in digits.chars().enumerate() {
        let left = digits.len().saturating_sub(place);
        if place > 0 && left.is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    if let Some(decimals) = decimals {
        shown.push('.');
        shown.push_str(decimals);
    }
    shown
}
