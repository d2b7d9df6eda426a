//! The phrases of `crossfoot rehearse`.

use super::{Language, counted, grouped};
use std::time::Duration;

impl Language {
    pub(crate) fn rehearse_as_they_are(self) -> &'static str {
        self.pick("verifying the books as they are", "先按现状核对账簿")
    }

    pub(crate) fn rehearse_planted(self, faults: u64) -> String {
        self.pick(
            format!(
                "{} planted in a shadow of the target; verifying again",
                counted(faults, "fault", "faults")
            ),
            format!("已在新账的影子中植入 {} 处错误，再次核对", grouped(faults)),
        )
    }

    pub(crate) fn rehearsal_passed(self) -> &'static str {
        self.pick(
            "rehearsal passed: every planted fault was found and explained, and nothing else",
            "演练通过：植入的错误全部找到并说明原因，且无误报",
        )
    }

    pub(crate) fn rehearsal_failed(self) -> &'static str {
        self.pick("rehearsal FAILED", "演练未通过")
    }

    pub(crate) fn nothing_rehearsed(self) -> &'static str {
        self.pick("nothing was rehearsed", "未演练任何核对项")
    }

    pub(crate) fn not_rehearsed(self, agreement: &str, why: &str) -> String {
        self.pick(
            format!("not rehearsed: {agreement}, as {why}"),
            format!("未演练：{agreement}，{why}"),
        )
    }

    pub(crate) fn causes_not_rehearsed(self, ids: &str) -> String {
        self.pick(
            format!("not planted, and --json tells why: {ids}"),
            format!("未植入（原因见 --json）：{ids}"),
        )
    }

    pub(crate) fn verifying_took(self, before: Duration, after: Duration) -> String {
        let (before, after) = (before.as_millis(), after.as_millis());
        let seconds = |millis: u128| format!("{}.{} s", millis / 1000, millis % 1000 / 100);
        let (before, after) = (seconds(before), seconds(after));
        self.pick(
            format!("verifying took {before} without the faults, {after} with them"),
            format!("核对用时：无植入 {before}，有植入 {after}"),
        )
    }

    pub(crate) fn rollback_took(self, took: Option<Duration>) -> String {
        match took {
            Some(took) => {
                let millis = took.as_millis();
                let took = format!("{}.{} s", millis / 1000, millis % 1000 / 100);
                self.pick(format!("a rollback took {took}"), format!("回退用时 {took}"))
            }
            None => self.pick(
                "how long a rollback takes was not measured: --call-rollback, or --rollback-took",
                "未测量回退用时：可用 --call-rollback 或 --rollback-took",
            )
            .to_owned(),
        }
    }

    pub(crate) fn planted_title(self) -> &'static str {
        self.pick("planted", "植入")
    }

    pub(crate) fn found_title(self) -> &'static str {
        self.pick("found", "找到")
    }

    pub(crate) fn proved_title(self) -> &'static str {
        self.pick("proved", "已证实")
    }

    pub(crate) fn named_title(self) -> &'static str {
        self.pick("named", "已列出")
    }

    pub(crate) fn unnamed_title(self) -> &'static str {
        self.pick("not named", "未列出")
    }

    pub(crate) fn all(self) -> &'static str {
        self.pick("all", "合计")
    }
}
