//! The phrases of the window, the gate, sign-off, daybook and evidence.

use super::{Language, counted, grouped};
use cutover::daybook::{Hook, Phase};
use cutover::gate::{Check, Outcome, Status};
use cutover::window::{OpenBook, Stage};

impl Language {
    pub(crate) fn by_hand(self, called: Hook) -> &'static str {
        match called {
            Hook::Freeze => self.pick(
                "the plan has no hook to close the old system: it must be closed by hand before this",
                "方案中没有停写旧系统的钩子：须先行人工停写",
            ),
            Hook::Release => self.pick(
                "the plan has no hook to open the new system: open it by hand now",
                "方案中没有开放新系统的钩子：请现在人工开放",
            ),
            Hook::Rollback => self.pick(
                "the plan has no hook to open the old system again: open it by hand now",
                "方案中没有重开旧系统的钩子：请现在人工重开",
            ),
        }
    }

    /// A phase of the window, as the clock names it.
    pub(crate) fn phase(self, phase: Phase) -> &'static str {
        let (en, zh) = match phase {
            Phase::Freeze => ("freeze", "停写"),
            Phase::Digest => ("digest", "摘要"),
            Phase::Convert => ("convert", "转换"),
            Phase::Correct => ("correct", "调账"),
            Phase::Verify => ("verify", "核对"),
            Phase::SignOff => ("sign-off", "签核"),
            Phase::Release => ("release", "开放"),
            Phase::Rollback => ("rollback", "回退"),
        };
        self.pick(en, zh)
    }

    /// A stage of the window.
    pub(crate) fn stage(self, stage: Stage) -> &'static str {
        let (en, zh) = match stage {
            Stage::Planned => ("planned", "已计划"),
            Stage::Announced => ("announced", "已公告"),
            Stage::Freezing => ("freezing", "正在停写"),
            Stage::Frozen => ("frozen", "已停写"),
            Stage::Converting => ("converting", "正在转换"),
            Stage::Converted => ("converted, not verified", "已转换，未核对"),
            Stage::Verifying => ("verifying", "正在核对"),
            Stage::Balanced => ("balanced", "已配平"),
            Stage::OutOfBalance => ("out of balance", "未配平"),
            Stage::Incomplete => ("incomplete", "核对不完整"),
            Stage::Releasing => ("releasing", "正在开放"),
            Stage::Released => ("released", "已开放"),
            Stage::RollingBack => ("rolling back", "正在回退"),
            Stage::RolledBack => ("rolled back", "已回退"),
        };
        self.pick(en, zh)
    }

    /// Which book takes new entries.
    pub(crate) fn open_book(self, book: OpenBook) -> &'static str {
        let (en, zh) = match book {
            OpenBook::Source => ("the old system is open", "旧系统开放"),
            OpenBook::None => ("both systems are closed", "新旧系统均关闭"),
            OpenBook::Target => ("the new system is open", "新系统开放"),
            OpenBook::AskSource => (
                "the old system was called, and its answer is not known",
                "已呼叫旧系统，结果未知",
            ),
            OpenBook::AskTarget => (
                "the new system was called, and its answer is not known",
                "已呼叫新系统，结果未知",
            ),
        };
        self.pick(en, zh)
    }

    pub(crate) fn next_step(self) -> &'static str {
        self.pick("next", "下一步")
    }

    pub(crate) fn freeze_at(self) -> &'static str {
        self.pick("closes", "停写")
    }

    pub(crate) fn release_at(self) -> &'static str {
        self.pick("must be open", "须开放")
    }

    pub(crate) fn point_of_no_return(self) -> &'static str {
        self.pick("point of no return", "最后回退时点")
    }

    pub(crate) fn opening_figures(self) -> &'static str {
        self.pick("opening figures", "期初数")
    }

    pub(crate) fn last_conversion(self, read: u64, rejects: u64) -> String {
        self.pick(
            format!(
                "converted: {} read, {}",
                counted(read, "record", "records"),
                counted(rejects, "reject", "rejects")
            ),
            format!(
                "已转换：读取 {} 条，拒收 {} 条",
                grouped(read),
                grouped(rejects)
            ),
        )
    }

    pub(crate) fn converted_elsewhere(self, by: &str, how: &str) -> String {
        self.pick(
            format!("converted by {by}, and not by Crossfoot: {how}"),
            format!("由 {by} 转换，未用 Crossfoot：{how}"),
        )
    }

    pub(crate) fn last_verification(self, evidence: &str, verdict: &str, breaks: u64) -> String {
        self.pick(
            format!(
                "verified: {verdict}, {}; evidence {evidence}",
                counted(breaks, "break", "breaks")
            ),
            format!(
                "已核对：{verdict}，差错 {} 处；证据 {evidence}",
                grouped(breaks)
            ),
        )
    }

    pub(crate) fn forecasts_of(self, phase: &str, goodness: &str) -> String {
        self.pick(
            format!("forecasts of {phase}: {goodness}"),
            format!("{phase}的预测：{goodness}"),
        )
    }

    pub(crate) fn signed_by(self, name: &str, role: &str) -> String {
        self.pick(
            format!("signed off by {name} as {role}"),
            format!("{name} 以 {role} 身份签核"),
        )
    }

    pub(crate) fn entries_of_daybook(self, count: u64, head: &str) -> String {
        self.pick(
            format!(
                "daybook: {}, head {head}",
                counted(count, "entry", "entries")
            ),
            format!("日记账：{} 条，末条摘要 {head}", grouped(count)),
        )
    }

    /// How many entries a daybook has.
    pub(crate) fn entries(self, count: u64) -> String {
        self.pick(
            format!("daybook of {}", counted(count, "entry", "entries")),
            format!("日记账 {} 条", grouped(count)),
        )
    }

    /// What the gate says.
    pub(crate) fn gate_outcome(self, outcome: Outcome) -> &'static str {
        match outcome {
            Outcome::Go => self.pick("GO: the new system may open", "放行（GO）：可以开放新系统"),
            Outcome::NoGo => self.pick(
                "NO-GO: the new system stays closed",
                "不放行（NO-GO）：新系统保持关闭",
            ),
            Outcome::Incomplete => self.pick(
                "INCOMPLETE: not everything was checked, and what was not checked is not passed",
                "不完整（INCOMPLETE）：有未核对事项，未核对即不通过",
            ),
        }
    }

    /// What the gate says once the new system was told to open and has not answered: it may be open.
    pub(crate) fn gate_outcome_once_called(self, outcome: Outcome) -> &'static str {
        match outcome {
            Outcome::Go => self.pick(
                "GO: the new system may be told to open again",
                "放行（GO）：可以再次通知新系统开放",
            ),
            Outcome::NoGo => self.pick(
                "NO-GO: the new system was told to open, and may be open; ask it",
                "不放行（NO-GO）：已通知新系统开放，它可能已开放；请询问新系统",
            ),
            Outcome::Incomplete => self.pick(
                "INCOMPLETE: not everything was checked; the new system was told to open, and may be \
                 open; ask it",
                "不完整（INCOMPLETE）：有未核对事项；已通知新系统开放，它可能已开放；请询问新系统",
            ),
        }
    }

    pub(crate) fn gate_status(self, status: Status) -> &'static str {
        match status {
            Status::Passed => self.pick("passed", "通过"),
            Status::NotChecked => self.pick("not checked", "未核对"),
            Status::Failed => self.pick("failed", "未通过"),
        }
    }

    pub(crate) fn gate_check(self, check: Check) -> &'static str {
        self.pick(check.as_str(), check.chinese())
    }

    pub(crate) fn check_title(self) -> &'static str {
        self.pick("check", "事项")
    }

    pub(crate) fn of_title(self) -> &'static str {
        self.pick("of", "对象")
    }

    pub(crate) fn all_passed(self, count: u64) -> String {
        self.pick(
            format!("{} passed", counted(count, "item", "items")),
            format!("{} 项通过", grouped(count)),
        )
    }

    pub(crate) fn break_accepted(self, agreement: &str, amounts: &str) -> String {
        let none = self.pick("no amount", "无金额");
        let amounts = if amounts.is_empty() { none } else { amounts };
        self.pick(
            format!("accepted: one break of {agreement}, {amounts}; it stays in every report"),
            format!("已接受 {agreement} 的一处差错，{amounts}；仍列于各份报告"),
        )
    }

    pub(crate) fn rejects_disposed(self, rejects: u64) -> String {
        self.pick(
            format!("disposed of: {}", counted(rejects, "reject", "rejects")),
            format!("已处置拒收记录 {} 条", grouped(rejects)),
        )
    }

    pub(crate) fn signed(self, name: &str, role: &str, evidence: &str) -> String {
        self.pick(
            format!("{name} signed off evidence {evidence} as {role}"),
            format!("{name} 以 {role} 身份签核证据 {evidence}"),
        )
    }

    pub(crate) fn daybook_is_whole(
        self,
        plan: &str,
        count: u64,
        stage: &str,
        head: &str,
    ) -> String {
        self.pick(
            format!(
                "{plan}: whole, {}, {stage}\nhead {head}",
                counted(count, "entry", "entries")
            ),
            format!(
                "{plan}：完整，{} 条，{stage}\n末条摘要 {head}",
                grouped(count)
            ),
        )
    }

    pub(crate) fn daybook_torn(self, bytes: u64) -> String {
        self.pick(
            format!(
                "behind the last entry stand {bytes} bytes of one that a crash left half written"
            ),
            format!("末条之后有 {bytes} 字节，为崩溃遗留的半条记录"),
        )
    }

    pub(crate) fn evidence_sound(self, files: u64) -> String {
        self.pick(
            format!(
                "sound: {} as they were written",
                counted(files, "file", "files")
            ),
            format!("完好：{} 个文件均与写入时一致", grouped(files)),
        )
    }

    pub(crate) fn evidence_wrong(self) -> &'static str {
        self.pick("NOT as it was written", "与写入时不一致")
    }

    pub(crate) fn evidence_not_checked(self) -> &'static str {
        self.pick("not all could be checked", "有未能核对的事项")
    }

    pub(crate) fn signature_of(self, who: &str) -> String {
        self.pick(format!("signed by {who}"), format!("签核：{who}"))
    }
}
