//! The phrases of `crossfoot correct`.

use super::{Language, counted, grouped};

impl Language {
    pub(crate) fn nothing_to_correct(self) -> &'static str {
        self.pick("no breaks, nothing to correct", "无差错，无须调账")
    }

    pub(crate) fn nothing_can_be_corrected(self) -> &'static str {
        self.pick("no entry corrects these breaks", "这些差错不能用分录更正")
    }

    pub(crate) fn corrections_proposed(self) -> &'static str {
        self.pick(
            "correcting entries, proposed and not written",
            "拟作的调账分录，尚未写入",
        )
    }

    pub(crate) fn corrections_written(self) -> &'static str {
        self.pick("correcting entries, written", "调账分录已写入")
    }

    pub(crate) fn entries_counted(self, breaks: u64, reversals: u64, rebookings: u64) -> String {
        self.pick(
            format!(
                "{}: {}, {}",
                counted(breaks, "break", "breaks"),
                counted(reversals, "reversal", "reversals"),
                counted(rebookings, "rebooking", "rebookings")
            ),
            format!(
                "差错 {} 处：红冲 {} 笔，补记 {} 笔",
                grouped(breaks),
                grouped(reversals),
                grouped(rebookings)
            ),
        )
    }

    pub(crate) fn entries_change(self, column: &str, amount: &str) -> String {
        self.pick(
            format!("they change {column} by {amount}"),
            format!("使 {column} 变动 {amount}"),
        )
    }

    pub(crate) fn reversal(self) -> &'static str {
        self.pick("reversal", "红冲")
    }

    pub(crate) fn rebooking(self) -> &'static str {
        self.pick("rebooking", "补记")
    }

    pub(crate) fn cause_title(self) -> &'static str {
        self.pick("cause", "原因")
    }

    pub(crate) fn record_title(self) -> &'static str {
        self.pick("record", "记录")
    }

    pub(crate) fn more_entries(self, more: u64) -> String {
        self.pick(
            format!("and {}", counted(more, "more entry", "more entries")),
            format!("另有 {} 笔", grouped(more)),
        )
    }

    pub(crate) fn left_uncorrected(self, breaks: u64, agreement: &str, why: &str) -> String {
        self.pick(
            format!(
                "not corrected: {} of {agreement}: {why}",
                counted(breaks, "break", "breaks")
            ),
            format!("未更正：{agreement} 的差错 {} 处：{why}", grouped(breaks)),
        )
    }

    pub(crate) fn not_asked(self, breaks: u64) -> String {
        self.pick(
            format!(
                "left alone: {} of other causes",
                counted(breaks, "break", "breaks")
            ),
            format!("其他原因的差错 {} 处未动", grouped(breaks)),
        )
    }

    pub(crate) fn write_to_book(self) -> &'static str {
        self.pick(
            "Nothing is written: --write --reason TEXT books them.",
            "尚未写入：加上 --write --reason 说明 即记入。",
        )
    }

    pub(crate) fn looked_at_again(self, agreement: &str, keys: u64, agree: u64) -> String {
        self.pick(
            format!(
                "looked at again, {agreement}: {}, {} on both sides now",
                counted(keys, "record", "records"),
                counted(agree, "agrees", "agree")
            ),
            format!(
                "{agreement} 的相关记录已重新核对：{} 条中 {} 条现已相符",
                grouped(keys),
                grouped(agree)
            ),
        )
    }

    pub(crate) fn differs_still(self, key: &str) -> String {
        self.pick(format!("differs still: {key}"), format!("仍不相符：{key}"))
    }

    pub(crate) fn not_looked_at_again(self, agreement: &str) -> String {
        self.pick(
            format!(
                "not all looked at again: {agreement} has no key of text or numbers, or too many, or \
                 some with other breaks too"
            ),
            format!("未全部重新核对：{agreement}（无可读的主键，或条数过多，或另有其他差错）"),
        )
    }

    pub(crate) fn written_all_the_same(self) -> &'static str {
        self.pick(
            "the entries are written all the same: verify the whole",
            "分录已经写入：请核对全部账目",
        )
    }

    pub(crate) fn verify_again(self) -> &'static str {
        self.pick(
            "Verify the whole again: crossfoot verify",
            "请重新核对全部账目：crossfoot verify",
        )
    }
}
