//! The phrases of a record's story and of suspicions.

use super::{Language, counted, grouped};
use ledger::CauseStatus;

/// A record's story.
impl Language {
    pub(crate) fn agrees(self) -> &'static str {
        self.pick("agrees", "一致")
    }

    pub(crate) fn rejected(self) -> &'static str {
        self.pick("rejected", "拒收")
    }

    pub(crate) fn on_both_sides(self, copies: u64) -> String {
        match copies {
            1 => self.pick("the same on both sides", "两边相同").to_owned(),
            _ => self.pick(
                format!("the same on both sides, {} times each", grouped(copies)),
                format!("两边相同，各 {} 份", grouped(copies)),
            ),
        }
    }

    pub(crate) fn why(self) -> &'static str {
        self.pick("why", "理由")
    }

    pub(crate) fn status_means(self, status: CauseStatus) -> &'static str {
        match status {
            CauseStatus::Proved => self.pick(
                "it gives what the target holds, byte for byte, and no other cause does",
                "由此所得与新账所载逐字节相同，其他原因都不能",
            ),
            CauseStatus::Consistent => self.pick(
                "it gives what the target holds, but so do others: not proved",
                "由此所得与新账所载相符，但其他原因也能：未证实",
            ),
            CauseStatus::Unknown => self.pick(
                "no cause that was tried gives what the target holds",
                "所试的原因都得不出新账所载",
            ),
        }
    }

    pub(crate) fn rivals(self) -> &'static str {
        self.pick("also fits", "同样相符")
    }

    pub(crate) fn to_decide(self) -> &'static str {
        self.pick("to decide", "尚需")
    }

    pub(crate) fn more_evidence(self) -> &'static str {
        self.pick(
            "what lies outside of these records; crossfoot verify holds all breaks together and \
             counts what they have in common",
            "这些记录以外的证据；crossfoot verify 会把全部差错放在一起，统计其共同点",
        )
    }

    pub(crate) fn not_in_records(self, count: u64) -> String {
        self.pick(
            format!(
                "{} of the catalogue cannot be seen in records: --json says what each takes",
                counted(count, "cause", "causes")
            ),
            format!("目录中有 {count} 种原因无法由记录看出；--json 列出各需何种证据"),
        )
    }

    pub(crate) fn by_itself(self) -> &'static str {
        self.pick(
            "Looked at by itself. A cause that takes two records (ids swapped, amounts that cancel) \
             shows in crossfoot verify.",
            "此处只看这一笔。需两笔记录才能看出的原因（串号、互抵）见 crossfoot verify。",
        )
    }

    pub(crate) fn with_all(self) -> &'static str {
        self.pick(
            "Held together with all breaks of the agreement, as crossfoot verify holds them.",
            "已与该项核对的全部差错放在一起看，与 crossfoot verify 相同。",
        )
    }

    pub(crate) fn as_verified(self, folder: &str) -> String {
        self.pick(
            format!(
                "Told as the verification in {folder} told it, which held all breaks together."
            ),
            format!("原因依 {folder} 中的核对结果，其中全部差错已放在一起看。"),
        )
    }

    pub(crate) fn rule_of(self, name: &str) -> String {
        self.pick(format!("The rule: {name}"), format!("规则：{name}"))
    }

    pub(crate) fn in_the_plan(self) -> &'static str {
        self.pick("in the plan", "在方案中")
    }

    pub(crate) fn as_it_is(self, table: &str) -> String {
        self.pick(
            format!("the table {table} of the source, as it is"),
            format!("源账的表 {table}，原样照搬"),
        )
    }

    pub(crate) fn comes_from(self) -> &'static str {
        self.pick("comes from", "取自")
    }

    pub(crate) fn depends_on(self) -> &'static str {
        self.pick("depends on", "取决于")
    }

    pub(crate) fn decided_by(self, columns: &str) -> String {
        self.pick(
            format!("whether there is a record depends on {columns}"),
            format!("是否有此记录取决于 {columns}"),
        )
    }

    pub(crate) fn records_compared(self) -> &'static str {
        self.pick("What should be, and what is", "应有与实有")
    }

    pub(crate) fn differs_here(self) -> &'static str {
        self.pick("differs", "不同")
    }

    pub(crate) fn none_there(self) -> &'static str {
        self.pick("(no record)", "（无此记录）")
    }

    pub(crate) fn source_records(self) -> &'static str {
        self.pick("What the source holds", "源账所载")
    }

    pub(crate) fn no_source_record(self) -> &'static str {
        self.pick(
            "no source record leads here by the rule",
            "按规则没有源账记录与之对应",
        )
    }

    pub(crate) fn tried(self, all: u64, fitting: u64) -> String {
        self.pick(
            format!(
                "{} tried, {} of them as the target has it",
                counted(all, "hypothesis", "hypotheses"),
                grouped(fitting)
            ),
            format!(
                "所试假设 {} 种，其中 {} 种与新账相符",
                grouped(all),
                grouped(fitting)
            ),
        )
    }

    pub(crate) fn reproduces(self, reproduces: bool) -> &'static str {
        match reproduces {
            true => self.pick("fits", "相符"),
            false => self.pick("no", "不符"),
        }
    }

    pub(crate) fn more_tried(self, count: u64) -> String {
        self.pick(
            format!(
                "and {} more that do not fit; --json has them all",
                grouped(count)
            ),
            format!("另有 {} 种不符；--json 全部列出", grouped(count)),
        )
    }

    pub(crate) fn neighbours(self) -> &'static str {
        self.pick("Neighbours in the file", "文件中的前后记录")
    }

    pub(crate) fn this_record(self) -> &'static str {
        self.pick("this record", "本记录")
    }

    pub(crate) fn first_of_file(self) -> &'static str {
        self.pick("(the file begins here)", "（文件由此开始）")
    }

    pub(crate) fn last_of_file(self) -> &'static str {
        self.pick("(the file ends here)", "（文件到此结束）")
    }
}

/// Suspicions about a bare difference.
impl Language {
    pub(crate) fn suspects_of(self, amount: &str, column: &str) -> String {
        self.pick(
            format!("What a difference of {amount} in {column} suggests"),
            format!("{column} 相差 {amount}，可疑之处"),
        )
    }

    pub(crate) fn proves_nothing(self) -> &'static str {
        self.pick(
            "NOTHING OF THIS IS PROVED. Among enough entries some equal any amount, so each \
             suspicion comes with the hits that chance alone would give. crossfoot verify compares \
             every record and names those that differ.",
            "以下均非结论。分录一多，总有几笔恰等于某个金额，故每条都附上纯属巧合的期望数。\
             crossfoot verify 逐笔核对，并列出不一致的记录。",
        )
    }

    pub(crate) fn by_itself_suggests(self) -> &'static str {
        self.pick("The difference by itself", "只看差额")
    }

    pub(crate) fn among(self, is_expected: bool, entries: u64) -> String {
        let entries_en = counted(entries, "entry", "entries");
        let entries = grouped(entries);
        match is_expected {
            true => self.pick(
                format!("Among what is expected: {entries_en}"),
                format!("应有的 {entries} 笔之中"),
            ),
            false => self.pick(
                format!("Among what is there: {entries_en}"),
                format!("实有的 {entries} 笔之中"),
            ),
        }
    }

    pub(crate) fn no_suspects(self) -> &'static str {
        self.pick("no suspects", "没有可疑之处")
    }

    pub(crate) fn on_both(self, is_on_both: bool) -> &'static str {
        match is_on_both {
            true => self.pick("also on the other side", "对方也有"),
            false => self.pick("not on the other side", "对方没有"),
        }
    }

    pub(crate) fn refused(self) -> &'static str {
        self.pick("says nothing", "不足为据")
    }
}
