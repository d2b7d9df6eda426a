//! Every phrase of the reports, in English and Chinese side by side.
//!
//! A phrase is one function, and each wants both texts: one that lacks the other does not compile.
//! The words of the trade are those of `ledger`'s jargon.

use ledger::{BreakKind, CauseLine, CauseStatus, ControlStatus, Verdict};

use crate::disposition::{Disposition, Met};
use crate::dossier::Disposal;
use crate::figure::counted;
use crate::language::Language;

/// Makes a function of each phrase without open places.
macro_rules! phrases {
    ($($name:ident: $english:literal, $chinese:literal;)*) => {
        impl Language {
            $(pub(crate) fn $name(self) -> &'static str {
                self.pick($english, $chinese)
            })*
        }
    };
}

// Heads of columns and lines.
phrases! {
    account_no: "Account no.", "账户号";
    actual: "Actual", "实有";
    agreed: "agreed", "一致";
    agreement: "Agreement", "核对项";
    along: "Along", "合计维度";
    amount: "Amount", "金额";
    blake3: "BLAKE3", "BLAKE3";
    book: "Book", "账";
    breaks: "Breaks", "差错数";
    bytes: "Bytes", "字节数";
    cause: "Cause", "原因";
    certainty: "Certainty", "确定程度";
    column: "Column", "列";
    control: "Control", "控制核对";
    copies_actual: "Copies actual", "实有份数";
    copies_expected: "Copies expected", "应有份数";
    count: "Count", "数量";
    currency: "Currency", "币种";
    date: "Date", "日期";
    difference: "Difference", "差额";
    disposition: "Disposition", "处理";
    expected: "Expected", "应有";
    explanation: "Explanation", "说明";
    field: "Field", "字段";
    file: "File", "文件";
    ended: "Ended", "结束时间";
    item: "Item", "项目";
    key: "Key", "键";
    key_id: "Key id", "密钥标识";
    kind: "Kind", "类别";
    line: "Line", "行次";
    name: "Name", "姓名";
    note: "Note", "备注";
    number: "No.", "序号";
    owner: "Owner", "责任人";
    phase: "Phase", "阶段";
    place: "Place", "位置";
    reason: "Reason", "理由";
    record: "Record", "记录";
    records_actual: "Records actual", "实有笔数";
    records_expected: "Records expected", "应有笔数";
    residual: "Residual", "未解释差额";
    role: "Role", "职责";
    signature: "Signature", "签名";
    source_place: "Place in the source", "源账位置";
    status: "Status", "状态";
    table: "Table", "表";
    target_place: "Place in the target", "新账位置";
    tick: "Tick", "勾稽";
    time: "Time", "时间";
    what: "What", "内容";
    conditions: "Where", "共同条件";
}

// Sheets and sections.
phrases! {
    accepted_breaks: "Accepted breaks", "已接受的差错";
    breaks_by_kind: "Breaks by kind", "差错分类";
    bridge: "Bridge from source to target", "从源账到新账的差额桥";
    causes: "Breaks by cause", "差错原因";
    controls_that_hold: "Controls that hold", "相符的控制核对";
    control_totals: "Control totals", "控制总数";
    controls: "Controls", "控制核对";
    crossed_totals: "Crossed totals", "纵横合计";
    crossed_totals_off: "Crossed totals that are off", "不符的纵横合计";
    exceptions: "Exceptions", "差错明细";
    added_up: "Added up", "汇总方式";
    files_read: "Files read", "读入的文件";
    forecasts: "How good the forecasts were", "预测的准确程度";
    files_written: "Files of the evidence", "证据文件";
    largest_breaks: "Largest breaks", "金额最大的差错";
    method: "Method", "核对方法";
    not_checked: "What was not checked", "未核对的内容";
    notes: "Notes", "须知";
    records: "Records", "笔数";
    rejects: "Rejects", "拒收记录";
    repairs: "Declared repairs", "声明的修补";
    sign_off: "Sign-off", "签核";
    summary: "Summary", "总览";
    totals: "Totals of both books", "两边账的合计";
    lead_sheet: "Lead sheet", "汇总底稿";
}

// Lines of sheets and sections.
phrases! {
    accepted: "accepted", "已接受";
    by_database: "by its database", "由其数据库汇总";
    read_here: "read here", "在此读取";
    open: "open", "未处理";
    open_other_amount: "open: accepted with another amount", "未处理：接受时金额不同";
    open_other_records: "open: accepted with other records", "未处理：接受时记录不同";
    met_break: "meets a break", "对应到差错";
    met_nothing: "meets no break", "没有对应的差错";
    met_other_amount: "meets a break of another amount, which stays open", "对应差错的金额不同，该差错仍未处理";
    met_other_records: "meets a break of other records, which stays open", "对应差错的记录不同，该差错仍未处理";
    rejected: "rejected", "拒收";
    source_total: "Source total (what the rules make of the old book)", "源账合计（按规则应有）";
    target_total: "Target total (what the new book holds)", "新账合计（实有）";
    books_difference: "Difference of the books (target less source)", "两边账差额（新账减源账）";
    sum_of_breaks: "Sum of the breaks", "差错合计";
    sum_of_exceptions: "Sum over the sheet of exceptions", "差错明细表合计";
    reported_residual: "Residual as in report.json", "report.json 中的未解释差额";
    reported_difference: "Difference as in report.json", "report.json 中的差额";
    residual_line: "Residual (difference less breaks)", "未解释差额（差额减差错）";
    records_difference: "Difference of records (target less source)", "笔数差（新账减源账）";
    records_agreed: "Records that agree", "一致的笔数";
    source_records: "Source records (what the rules give)", "源账笔数（按规则应有）";
    target_records: "Target records", "新账笔数（实有）";
    other_causes: "Other causes", "其他原因";
    unknown_cause: "Unknown cause", "原因未明";
    source: "Source", "源账";
    target: "Target", "新账";
    verdict_word: "Verdict", "结论";
    plan: "Plan", "方案";
    plan_digest: "BLAKE3 of the plan and its SQL", "方案及其 SQL 的 BLAKE3";
    started: "Run began (UTC)", "核对开始时间（UTC）";
    elapsed: "Run took (seconds)", "核对用时（秒）";
    program: "Crossfoot, version", "Crossfoot 版本";
    seed: "Seed of the run's hashes", "本次哈希种子";
    evidence_folder: "Evidence", "证据文件夹";
    not_digested: "not digested", "未计算摘要";
    null: "NULL", "NULL";
    none: "none", "无";
    nothing_unchecked: "Everything that the plan lists was checked.", "方案所列各项均已核对。";
    unnamed_unchecked: "The verdict is incomplete, and this report does not name why; see report.json.", "结论为未核完，但报告未列明原因；详见 report.json。";
    by_amount: "By amount, whatever the currency.", "按金额排列，不分币种。";
    print_line: "Printed from the evidence; the evidence is what counts.", "本页由证据生成，以证据为准。";
    not_signed: "Nobody has signed this evidence.", "本证据尚未签核。";
    accepted_stay: "An accepted break stays in the account: its amount is part of the difference above.", "已接受的差错仍留在账内：其金额计入上列差额。";
    nothing_accepted: "No break has been accepted.", "没有已接受的差错。";
    no_breaks: "There are no breaks.", "没有差错。";
    no_rejects: "There are no rejects.", "没有拒收记录。";
    no_controls: "The plan holds no control.", "方案中没有控制核对。";
    no_crossed: "No crossed total is off.", "没有不符的纵横合计。";
    no_money: "This agreement has no money column.", "本核对项没有金额列。";
    whole_in_breaks: "Every break is a line of breaks.jsonl, without a limit.", "全部差错均在 breaks.jsonl 中，每行一处，没有上限。";
    whole_in_rejects: "Every reject is a line of rejects.jsonl, without a limit.", "全部拒收记录均在 rejects.jsonl 中，每行一笔，没有上限。";
    as_text: "As text: a spreadsheet keeps 15 digits of a number and would change this one.", "以文本表示：电子表格的数字只保留 15 位，会改动此数。";
    long_as_text: "Amounts of more than 15 digits are text: a spreadsheet would change them.", "超过 15 位的金额以文本表示：电子表格会改动这样的数。";
    sum_as_text: "As text, added up exactly: a spreadsheet would not add these numbers exactly.", "以文本表示，已精确合计：电子表格合计这些数会有误差。";
    exceptions_too_many: "Not a formula: not every line is on the sheet of exceptions, or a spreadsheet would not add them exactly.", "不用公式：差错明细表未容纳全部行，或电子表格合计会有误差。";
    legend: "✓ agrees to zero    ✗ does not    Difference is target less source. Bold figures of the lead sheets are formulas.", "✓ 差额为零    ✗ 不为零    差额为新账减源账。汇总底稿中的粗体数字为公式。";
    signature_line: "Signed by hand", "手写签名";
    steps_to_scale: "Steps are to scale. The bars of the totals are cut at their left.", "各步按比例绘制；合计条左端已截断。";
    heat_legend: "+ more in the target, − less in the target; darker is farther off. Empty: agrees, or no such records.", "+ 新账偏多，− 新账偏少；颜色越深相差越大。空白：一致，或没有这样的记录。";
    contents: "Contents", "目录";
    total_of: "Total", "合计";
}

// How it was done, line by line.
phrases! {
    method_digest: "The files of both books were digested (BLAKE3) before anything was compared; only then was the seed drawn that keys the hashes of the records.", "比较之前先计算两边账全部文件的摘要（BLAKE3），随后才抽取为记录哈希加密钥的种子。";
    method_undigested: "Files of the books were not digested: this report does not tell which bytes were read.", "未计算账本文件的摘要：本报告不能说明读入了哪些字节。";
    method_fold: "The rules of the plan say what each target record must be. Each side was read once and folded into control totals, crossed totals and a sketch of its records.", "方案中的规则说明新账的每条记录应为何。两边账各读一遍，折叠为控制总数、纵横合计和记录的概要。";
    method_fetch: "What differs was fetched from both sides by its key and compared by its values. No break rests on a hash.", "不同的记录按键从两边取出，逐值比较。没有一处差错只凭哈希认定。";
    method_cause: "A cause is proved only where applying it makes exactly what the target holds and no other known cause does. Otherwise it is consistent, or unknown.", "只有套用某一原因恰好得出新账所记、且没有其他已知原因能做到时，该原因才算已证实；否则为可能或未明。";
    method_account: "The differences of the breaks were added up beside the difference of the books. What they leave is the residual, and it must be zero.", "将各差错的差额合计与两边账差额对照，剩下的即未解释差额，必须为零。";
    method_exact: "All amounts are exact decimals from end to end.", "所有金额自始至终都是精确的十进制数。";
    method_limits: "Not checked: whether the rules say what the business wants, columns that the rules do not give, tables that nothing in the plan reads.", "未核对：规则是否符合业务要求、规则未给出的列、方案未读取的表。";
}

/// Words for what the report counts and finds.
impl Language {
    pub(crate) fn break_kind(self, kind: BreakKind) -> &'static str {
        match kind {
            BreakKind::Missing => self.pick("missing", "漏转"),
            BreakKind::Extra => self.pick("extra", "多出"),
            BreakKind::Differs => self.pick("differs", "不一致"),
            BreakKind::Copies => self.pick("copies", "份数不同"),
        }
    }

    pub(crate) fn cause_status(self, status: CauseStatus) -> &'static str {
        match status {
            CauseStatus::Proved => self.pick("proved", "已证实"),
            CauseStatus::Consistent => self.pick("consistent", "可能"),
            CauseStatus::Unknown => self.pick("unknown", "未明"),
        }
    }

    pub(crate) fn control_status(self, status: ControlStatus) -> &'static str {
        match status {
            ControlStatus::Holds => self.pick("holds", "相符"),
            ControlStatus::Broken => self.pick("broken", "不符"),
            ControlStatus::Incomplete => self.pick("incomplete", "未核完"),
        }
    }

    pub(crate) fn verdict(self, verdict: Verdict) -> &'static str {
        match verdict {
            Verdict::Balanced => self.pick("BALANCED", "配平"),
            Verdict::OutOfBalance => self.pick("OUT OF BALANCE", "不平"),
            Verdict::Incomplete => self.pick("INCOMPLETE", "未核完"),
        }
    }

    pub(crate) fn verdict_says(self, verdict: Verdict) -> &'static str {
        match verdict {
            Verdict::Balanced => self.pick(
                "Both books agree on everything that the plan compares.",
                "方案所列各项，两边账完全一致。",
            ),
            Verdict::OutOfBalance => self.pick("The books do not agree.", "两边账不一致。"),
            Verdict::Incomplete => self.pick(
                "Nothing is proved, as not everything was checked.",
                "未能全部核对，结论不成立。",
            ),
        }
    }

    pub(crate) fn disposed(self, disposition: Disposition<'_>) -> &'static str {
        match disposition {
            Disposition::Open => self.open(),
            Disposition::Accepted(_) => self.accepted(),
            Disposition::OtherAmount(_) => self.open_other_amount(),
            Disposition::OtherRecords(_) => self.open_other_records(),
        }
    }

    /// Says what becomes of the rejects.
    pub(crate) fn rejects_disposed(self, disposal: Option<&Disposal>) -> String {
        match disposal {
            None => self.open().to_owned(),
            Some(disposal) => self.pick(
                format!("disposed of on {}: {}", disposal.date, disposal.how),
                format!("{} 处置：{}", disposal.date, disposal.how),
            ),
        }
    }

    pub(crate) fn met(self, met: Met) -> &'static str {
        match met {
            Met::Nothing => self.met_nothing(),
            Met::OtherAmount => self.met_other_amount(),
            Met::OtherRecords => self.met_other_records(),
            Met::Break => self.met_break(),
        }
    }

    /// Gives places with the book that they are in, where it is told.
    pub(crate) fn placed(self, book: &str, places: &str) -> String {
        match book {
            "" => places.to_owned(),
            book => self.pick(
                format!("{}: {places}", self.side(book)),
                format!("{}：{places}", self.side(book)),
            ),
        }
    }

    /// Gives `source` or `target` of the manifest; any other word as it is.
    pub(crate) fn side(self, book: &str) -> &str {
        match book {
            "source" => self.source(),
            "target" => self.target(),
            other => other,
        }
    }
}

/// Phrases with places left open.
impl Language {
    pub(crate) fn title(self, plan: &str) -> String {
        self.pick(
            format!("Reconciliation of the books: {plan}"),
            format!("账务核对报告：{plan}"),
        )
    }

    pub(crate) fn rivals(self, says: &str, rivals: &[String]) -> String {
        match rivals {
            [] => says.to_owned(),
            rivals => self.pick(
                format!("{says} (or {})", rivals.join(", ")),
                format!("{says}（也可能是 {}）", rivals.join("、")),
            ),
        }
    }

    pub(crate) fn left_out(self, left: u64, of: u64, file: &str) -> String {
        let [left, of] = [left, of].map(counted);
        self.pick(
            format!("{left} of {of} are not shown here. All of them are in {file}."),
            format!("共 {of} 条，此处未列出 {left} 条；全部见 {file}。"),
        )
    }

    pub(crate) fn sheet_is_full(self, left: u64, file: &str) -> String {
        let left = counted(left);
        self.pick(
            format!(
                "THE SHEET IS FULL: {left} further lines do not fit. All of them are in {file}."
            ),
            format!("本表已满：还有 {left} 行未能列入。全部见 {file}。"),
        )
    }

    pub(crate) fn cells_left_out(self, rows: usize, columns: usize) -> String {
        self.pick(
            format!("The largest are shown. Left out: {rows} rows and {columns} columns; all of them are in report.json."),
            format!("只画出相差最大的部分。未画出 {rows} 行、{columns} 列；全部见 report.json。"),
        )
    }

    pub(crate) fn breaks_counted(self, breaks: u64) -> String {
        let shown = counted(breaks);
        let noun = if breaks == 1 { "break" } else { "breaks" };
        self.pick(format!("{shown} {noun}"), format!("差错 {shown} 处"))
    }

    pub(crate) fn rejects_counted(self, rejects: u64) -> String {
        let shown = counted(rejects);
        let noun = if rejects == 1 { "reject" } else { "rejects" };
        self.pick(format!("{shown} {noun}"), format!("拒收记录 {shown} 笔"))
    }

    pub(crate) fn labelled(self, label: &str, what: &str) -> String {
        self.pick(format!("{label}: {what}"), format!("{label}：{what}"))
    }

    pub(crate) fn control_incomplete(self, name: &str, says: &str) -> String {
        self.pick(
            format!("Control `{name}`: {says}"),
            format!("控制核对「{name}」：{says}"),
        )
    }

    pub(crate) fn lines_off(self, lines: usize) -> String {
        let noun = if lines == 1 { "line is" } else { "lines are" };
        self.pick(format!("{lines} {noun} off"), format!("{lines} 行不符"))
    }

    pub(crate) fn could_not_be_computed(self) -> &'static str {
        self.pick("it could not be computed", "未能计算")
    }

    pub(crate) fn still_changing(self, agreement: &str, moving: u64) -> String {
        let what = match moving {
            1 => "1 record was still changing when it was last looked at".to_owned(),
            _ => format!(
                "{} records were still changing when they were last looked at",
                counted(moving)
            ),
        };
        let zh = format!("{} 笔在最后一次查看时仍在变动", counted(moving));
        self.labelled(agreement, &self.pick(what, zh))
    }

    /// Which files of a book's folder are no part of it.
    pub(crate) fn not_read(self, left: &ledger::NotRead) -> String {
        let is_cut = left.count > left.files.len() as u64;
        let (count, book) = (counted(left.count), left.book.as_str());
        let more = if is_cut { ", …" } else { "" };
        let zh = if book == "source" { "源账" } else { "新账" };
        self.pick(
            format!(
                "{book}: files that belong to no table and were not read, {count}: {}{more}",
                left.files.join(", ")
            ),
            format!(
                "{zh}：不属于任何表而未读取的文件，{count} 个：{}{}",
                left.files.join("、"),
                if is_cut { " 等" } else { "" }
            ),
        )
    }

    pub(crate) fn residual_unchecked(self, agreement: &str, residual: &str) -> String {
        self.pick(
            format!("{agreement}: the breaks leave a residual of {residual}"),
            format!("{agreement}：差错未能解释的差额为 {residual}"),
        )
    }

    pub(crate) fn with_note(self, condition: &str, cause: &CauseLine) -> String {
        let met = self.met_by(cause);
        self.pick(
            format!("where {condition}; {met}"),
            format!("条件 {condition}；{met}"),
        )
    }

    /// How many breaks meet the conditions of a cause, and what speaks against them.
    pub(crate) fn met_by(self, cause: &CauseLine) -> String {
        let breaks = counted(cause.breaks);
        let mut met = cause.covered.map_or_else(String::new, |covered| {
            let covered = counted(covered);
            self.pick(
                format!("{covered} of {breaks}; "),
                format!("{breaks} 条中的 {covered} 条；"),
            )
        });
        let against = counted(cause.counterexamples);
        met.push_str(&self.pick(
            format!("counterexamples: {against}"),
            format!("反例 {against} 条"),
        ));
        if let Some(ratio) = &cause.risk_ratio {
            met.push_str(&self.pick(format!(", risk ratio {ratio}"), format!("，风险比 {ratio}")));
        }
        met
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZH: Language = Language::Chinese;

    #[test]
    fn words_of_the_trade_are_those_of_the_jargon() {
        for (word, said) in [
            ("actual", ZH.actual()),
            ("agreement", ZH.agreement()),
            ("book", ZH.book()),
            ("cause", ZH.cause()),
            ("control", ZH.control()),
            ("control total", ZH.control_totals()),
            ("crossed total", ZH.crossed_totals()),
            ("difference", ZH.difference()),
            ("expected", ZH.expected()),
            ("plan", ZH.plan()),
            ("reject", ZH.rejects()),
            ("residual", ZH.residual()),
            ("sign-off", ZH.sign_off()),
            ("source", ZH.source()),
            ("target", ZH.target()),
            ("missing", ZH.break_kind(BreakKind::Missing)),
            ("extra", ZH.break_kind(BreakKind::Extra)),
            ("differs", ZH.break_kind(BreakKind::Differs)),
            ("copies", ZH.break_kind(BreakKind::Copies)),
            ("balanced", ZH.verdict(Verdict::Balanced)),
            ("out of balance", ZH.verdict(Verdict::OutOfBalance)),
            ("incomplete", ZH.verdict(Verdict::Incomplete)),
        ] {
            assert_eq!(ledger::chinese(word), Some(said), "{word}");
        }
        for (word, said) in [
            ("break", ZH.exceptions()),
            ("break", ZH.sum_of_breaks()),
            ("repair", ZH.repairs()),
            ("evidence", ZH.evidence_folder()),
            ("reject", ZH.whole_in_rejects()),
            ("residual", ZH.method_account()),
            ("rule", ZH.method_fold()),
        ] {
            assert!(
                said.contains(ledger::chinese(word).unwrap()),
                "{word}: {said}"
            );
        }
    }
}
