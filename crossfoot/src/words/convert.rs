//! The phrases of `crossfoot convert`.

use super::{Language, counted, grouped};

impl Language {
    pub(crate) fn converted(self) -> &'static str {
        self.pick(
            "converted, every record accounted for",
            "转换完成，每笔记录均有着落",
        )
    }

    pub(crate) fn converted_already(self) -> &'static str {
        self.pick(
            "converted before, and every file is as it was written",
            "此前已转换，各文件与写入时一致",
        )
    }

    /// Of a database, whose values are not read back.
    pub(crate) fn counted_already(self) -> &'static str {
        self.pick(
            "converted before, and every table holds as many records as were written",
            "此前已转换，各表记录数与写入时一致",
        )
    }

    pub(crate) fn converted_but_rejects(self) -> &'static str {
        self.pick(
            "converted, but for records that the rules reject",
            "转换完成，但有记录被规则拒收",
        )
    }

    pub(crate) fn converted_again(self, what: &str) -> String {
        self.pick(
            format!("damaged after it was written, and converted again: {what}"),
            format!("写入后受损，已重新转换：{what}"),
        )
    }

    pub(crate) fn resumed(self, chunks: u64) -> String {
        self.pick(
            format!(
                "went on behind {} of a run before",
                counted(chunks, "finished chunk", "finished chunks")
            ),
            format!("接续此前一次运行已完成的 {} 块", grouped(chunks)),
        )
    }

    pub(crate) fn read_records(self) -> &'static str {
        self.pick("read", "读入")
    }

    pub(crate) fn converted_records(self) -> &'static str {
        self.pick("converted", "转换")
    }

    pub(crate) fn rejected_records(self) -> &'static str {
        self.pick("rejected", "拒收")
    }

    pub(crate) fn partly_converted(self) -> &'static str {
        self.pick("of these, converted in part", "其中部分转换")
    }

    pub(crate) fn left_out_records(self) -> &'static str {
        self.pick("left out by the rule", "规则排除")
    }

    pub(crate) fn written_records(self) -> &'static str {
        self.pick("written", "写出")
    }

    pub(crate) fn control_totals(self) -> &'static str {
        self.pick("control total", "控制总数")
    }

    pub(crate) fn all_accounted(self) -> &'static str {
        self.pick(
            "read = converted + rejected + left out",
            "读入 = 转换 + 拒收 + 排除",
        )
    }

    pub(crate) fn mixes_records(self) -> &'static str {
        self.pick(
            "not checked by record: what the rule gives does not come from one old record each",
            "未逐笔核对：规则所给的记录并非各来自一笔源记录",
        )
    }

    pub(crate) fn not_converted(self, agreement: &str, why: &str) -> String {
        self.pick(
            format!("not converted: {agreement}: {why}"),
            format!("未转换：{agreement}：{why}"),
        )
    }

    pub(crate) fn written_to(self, target: &str) -> String {
        self.pick(format!("Written to: {target}"), format!("写入：{target}"))
    }

    pub(crate) fn rejects_lie_in(self, file: &str) -> String {
        self.pick(
            format!("Rejects, each with its reason: {file}"),
            format!("拒收记录及其原因：{file}"),
        )
    }
}
