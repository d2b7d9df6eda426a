//! The words of the trade, each with one meaning, in English and Chinese.

/// A word of the trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// The word, in English; it stands in code, in plans and in reports.
    pub word: &'static str,
    /// The same in Chinese, as Chinese screens and pages write it.
    pub chinese: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

/// Makes the list and the table of its documentation from the same lines.
macro_rules! terms {
    ($($word:literal, $chinese:literal, $meaning:literal;)*) => {
        /// The words of Crossfoot. One meaning each, in every crate, screen and page.
        ///
        /// | word | 中文 | meaning |
        /// |---|---|---|
        $(#[doc = concat!("| ", $word, " | ", $chinese, " | ", $meaning, " |")])*
        pub const JARGON: &[Term] = &[
            $(Term { word: $word, chinese: $chinese, meaning: $meaning }),*
        ];
    };
}

terms! {
    "book", "账", "all the tables of one side";
    "source", "源账", "the old book";
    "target", "新账", "the new book";
    "plan", "方案", "`crossfoot.toml`: books, rules, agreements, controls, window";
    "rule", "规则", "SQL over the source that says what the target must hold";
    "expected", "应有", "what a rule gives";
    "actual", "实有", "what the target holds";
    "agreement", "核对项", "one comparison: a rule's records against a target table's";
    "footing", "合计", "the fold of one side: control totals, bucket digests, sketch";
    "break", "差错", "one record on which the sides differ: missing, extra, differs or copies";
    "missing", "漏转", "expected, and not in the target";
    "extra", "多出", "in the target, and not expected";
    "differs", "不一致", "on both sides, with other fields";
    "copies", "份数不同", "the same record, another number of times";
    "cause", "原因", "why a break is there: proved, consistent (rivals named) or unknown";
    "difference", "差额", "actual minus expected";
    "residual", "未解释差额", "difference of the books minus the differences of the breaks; must be zero";
    "control", "控制核对", "a check over totals, such as a trial balance or a published total";
    "control total", "控制总数", "a checked sum of a money column";
    "hash total", "杂数总和", "a sum of a field that is no money; it may wrap";
    "crossed total", "纵横合计", "a control total along one value of the `foot` columns";
    "trial balance", "试算平衡", "debits equal credits, per currency";
    "reject", "拒收记录", "a record of either book that cannot be converted, with the reason";
    "repair", "修补", "a change while reading that the plan declares; counted";
    "entry", "分录", "one amount on one side of one account";
    "posting", "记账", "the entries of one event, booked together";
    "voucher", "凭证", "the document that a posting rests on";
    "statement", "对账单", "the other party's list of the same events";
    "chart of accounts", "科目表", "the accounts and what they mean";
    "debit, credit", "借, 贷", "the two sides of an account";
    "suspense", "挂账", "where an amount waits until it is explained";
    "reversal", "红冲", "an entry that takes back another; nothing is ever updated";
    "minor unit", "最小货币单位", "the smallest unit of a currency, such as 分";
    "scale", "小数位数", "number of decimals of an amount";
    "instant", "时刻", "a point in time, in UTC";
    "civil time", "当地时间", "what clock and calendar of a zone show";
    "business date", "会计日期", "the day on which an instant is booked";
    "cut-off", "日切", "the time of day at which the business date changes";
    "cutover", "切换", "the move from the old book to the new";
    "window", "切换窗口", "freeze, convert, verify, release or roll back, with its deadline";
    "freeze", "停写", "from here on the source does not change";
    "release", "放行", "the new book opens";
    "rollback", "回退", "the old book opens again";
    "gate", "闸门", "GO, NO-GO or INCOMPLETE, computed from the daybook alone";
    "sign-off", "签核", "two people say that they have seen the evidence";
    "daybook", "日记账", "the append-only, hash-chained record of a run";
    "evidence", "证据", "the folder that a run leaves";
    "balanced", "配平", "the verdict: both books agree on everything that the plan compares";
    "out of balance", "不平", "the verdict: the books do not agree";
    "incomplete", "未核完", "the verdict: something was not checked, so nothing is proved";
}

/// Gives a word of [`JARGON`] in Chinese; none for what is no word of the trade.
///
/// ```
/// assert_eq!(ledger::chinese("break"), Some("差错"));
/// assert_eq!(ledger::chinese("breakage"), None);
/// ```
pub fn chinese(word: &str) -> Option<&'static str> {
    let term = JARGON.iter().find(|term| term.word == word)?;
    Some(term.chinese)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_word_has_one_meaning_and_every_meaning_one_word() {
        let words: BTreeSet<&str> = JARGON.iter().map(|term| term.word).collect();
        assert_eq!(words.len(), JARGON.len());
        let chinese: BTreeSet<&str> = JARGON.iter().map(|term| term.chinese).collect();
        assert_eq!(chinese.len(), JARGON.len());
    }
}
