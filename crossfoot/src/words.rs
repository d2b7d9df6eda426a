//! Every phrase of the screens, in English and Chinese side by side.
//!
//! A phrase is one function, and [`Language::pick`] wants both texts: a phrase that lacks one of
//! them does not compile. The words of the trade are those of `ledger`'s jargon: where one stands
//! alone it is taken from there, and a test holds the sentences to it.

mod convert;
mod correct;
mod demo;
mod explain;
mod rehearse;
mod window;

use crate::chinese::chinese;
use crate::terminal::text::{amount, plain};
use ledger::{BreakKind, CauseLine, CauseStatus, ControlStatus, RejectsOf, Verdict};
use reconcile::{Prepared, Work};
use std::path::Path;

/// A language of the screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// English.
    En,
    /// Chinese, in simplified characters.
    Zh,
}

impl Language {
    /// Gives the language of the system; English where it says none.
    pub(crate) fn of_system() -> Self {
        Self::of_locale(sys_locale::get_locale().as_deref())
    }

    /// Gives the language of a locale such as `zh-CN` or `zh_Hans_CN.UTF-8`.
    pub(crate) fn of_locale(locale: Option<&str>) -> Self {
        let tongue = locale.and_then(|locale| locale.split(['-', '_', '.']).next());
        match tongue {
            Some(tongue) if tongue.eq_ignore_ascii_case("zh") => Self::Zh,
            _ => Self::En,
        }
    }

    /// Gives the phrase of this language.
    pub(crate) fn pick<T>(self, en: T, zh: T) -> T {
        match self {
            Self::En => en,
            Self::Zh => zh,
        }
    }

    /// Gives the language that a command line asks for, which may be no sound one otherwise.
    pub(crate) fn of_arguments(arguments: impl Iterator<Item = std::ffi::OsString>) -> Self {
        let words: Vec<String> = arguments
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        let asked =
            words
                .iter()
                .enumerate()
                .find_map(|(at, word)| match word.strip_prefix("--lang=") {
                    Some(asked) => Some(asked),
                    None if word == "--lang" => words.get(at + 1).map(String::as_str),
                    None => None,
                });
        let set = std::env::var("CROSSFOOT_LANG").ok();
        match asked.or(set.as_deref()) {
            Some("zh") => Self::Zh,
            Some(_) => Self::En,
            None => Self::of_system(),
        }
    }

    /// Gives what the engine said in this language; as it is where it has no words for it.
    pub(crate) fn engine(self, said: &str) -> String {
        match self {
            Self::En => said.to_owned(),
            Self::Zh => chinese(said).unwrap_or_else(|| said.to_owned()),
        }
    }

    /// Gives what the engine said in several lines.
    pub(crate) fn lines(self, said: &str) -> String {
        let lines: Vec<String> = said.lines().map(|line| self.engine(line)).collect();
        lines.join("\n")
    }

    /// Gives a word of the trade in this language.
    fn term(self, word: &'static str) -> &'static str {
        self.pick(word, ledger::chinese(word).unwrap_or(word))
    }
}

/// Gives an English noun with its number.
fn counted(count: u64, one: &str, many: &str) -> String {
    let noun = if count == 1 { one } else { many };
    format!("{} {noun}", grouped(count))
}

/// A book, `source` or `target`, in Chinese.
fn book_zh(book: &str) -> &'static str {
    match book {
        "source" => "源账",
        _ => "新账",
    }
}

/// Gives a count with separators between its thousands.
pub(crate) fn grouped(count: u64) -> String {
    amount(&count.to_string())
}

/// The verdict, and what it rests on.
impl Language {
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
                "both books agree on everything that the plan compares",
                "方案所列各项，两边账完全一致",
            ),
            Verdict::OutOfBalance => self.pick("the books do not agree", "两边账不一致"),
            Verdict::Incomplete => self.pick(
                "nothing is proved, as not everything was checked",
                "未能全部核对，结论不成立",
            ),
        }
    }

    pub(crate) fn residual_alarm(self, amount: &str, column: &str, agreement: &str) -> String {
        self.pick(
            format!(
                "RESIDUAL {amount}: the breaks do not explain the difference of the books \
                 ({agreement}, {column})"
            ),
            format!("未解释差额 {amount}：所列差错不能解释两边账的差额（{agreement}，{column}）"),
        )
    }

    pub(crate) fn records_agreed(self, expected: u64, actual: u64, agreed: u64) -> String {
        let [expected, actual, agreed] = [expected, actual, agreed].map(grouped);
        self.pick(
            format!("records: {expected} expected, {actual} actual, {agreed} agreed"),
            format!("笔数：应有 {expected}，实有 {actual}，一致 {agreed}"),
        )
    }

    pub(crate) fn breaks_counted(self, breaks: u64) -> String {
        match breaks {
            0 => self.pick("no breaks", "无差错").to_owned(),
            some => self.pick(
                counted(some, "break", "breaks"),
                format!("差错 {} 处", grouped(some)),
            ),
        }
    }

    pub(crate) fn rejects_counted(self, rejects: u64) -> String {
        match rejects {
            0 => self.pick("no rejects", "无拒收记录").to_owned(),
            some => self.pick(
                counted(some, "reject", "rejects"),
                format!("拒收记录 {} 笔", grouped(some)),
            ),
        }
    }

    pub(crate) fn controls_counted(self, counts: &[(ControlStatus, u64)]) -> String {
        let some: Vec<String> = counts
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(status, count)| {
                let (word, count) = (self.control_status(*status), grouped(*count));
                self.pick(format!("{count} {word}"), format!("{word} {count} 项"))
            })
            .collect();
        match some.is_empty() {
            true => self.pick("no controls", "无控制核对").to_owned(),
            false => self.pick(
                format!("controls: {}", some.join(", ")),
                format!("控制核对：{}", some.join("，")),
            ),
        }
    }

    pub(crate) fn why_incomplete(self) -> &'static str {
        self.pick("Why nothing is proved", "结论不成立的原因")
    }

    pub(crate) fn no_reason_given(self) -> &'static str {
        self.pick(
            "something that this report does not name",
            "本报告未列明的事项",
        )
    }

    pub(crate) fn nothing_to_check(self) -> &'static str {
        self.pick(
            "the plan holds no agreement and no control",
            "方案中没有核对项，也没有控制核对",
        )
    }

    pub(crate) fn account_not_closed(self, column: &str) -> String {
        self.pick(
            format!("the account does not close: {column}"),
            format!("账未轧平：{column}"),
        )
    }

    pub(crate) fn no_residual(self, column: &str) -> String {
        self.pick(
            format!("no residual was computed: {column}"),
            format!("未计算未解释差额：{column}"),
        )
    }

    pub(crate) fn still_changing(self, moving: u64) -> String {
        self.pick(
            match moving {
                1 => "1 record was still changing when it was last looked at".to_owned(),
                _ => format!(
                    "{} records were still changing when they were last looked at",
                    grouped(moving)
                ),
            },
            format!("{} 笔在最后一次查看时仍在变动", grouped(moving)),
        )
    }

    pub(crate) fn counts_unexplained(self) -> &'static str {
        self.pick(
            "the numbers of records differ, and no break says why",
            "两边笔数不同，而没有差错说明原因",
        )
    }

    pub(crate) fn control_not_computed(self, says: Option<&str>) -> String {
        let why = says.unwrap_or_default();
        match says {
            Some(_) => self.pick(
                format!("the control could not be computed: {why}"),
                format!("控制核对未能算出：{why}"),
            ),
            None => self
                .pick("the control could not be computed", "控制核对未能算出")
                .to_owned(),
        }
    }
}

/// The parts of a report.
impl Language {
    pub(crate) fn expected(self) -> &'static str {
        self.term("expected")
    }

    pub(crate) fn actual(self) -> &'static str {
        self.term("actual")
    }

    pub(crate) fn difference(self) -> &'static str {
        self.term("difference")
    }

    pub(crate) fn records(self) -> &'static str {
        self.pick("records", "笔数")
    }

    pub(crate) fn agreed(self, count: u64) -> String {
        self.pick(
            format!(
                "{} on both sides",
                counted(count, "record agrees", "records agree")
            ),
            format!("两边一致 {} 笔", grouped(count)),
        )
    }

    pub(crate) fn residual(self) -> &'static str {
        self.term("residual")
    }

    pub(crate) fn breaks(self) -> &'static str {
        self.pick("breaks", "差错")
    }

    pub(crate) fn breaks_by_kind(self) -> &'static str {
        self.pick("Breaks by kind", "差错分类")
    }

    pub(crate) fn no_breaks(self) -> &'static str {
        self.pick("No breaks", "无差错")
    }

    pub(crate) fn residual_is_zero(self) -> &'static str {
        self.pick(
            "The residual is zero in every column",
            "各列未解释差额均为零",
        )
    }

    pub(crate) fn kind(self, kind: BreakKind) -> &'static str {
        match kind {
            BreakKind::Missing => self.term("missing"),
            BreakKind::Extra => self.term("extra"),
            BreakKind::Differs => self.term("differs"),
            BreakKind::Copies => self.term("copies"),
        }
    }

    pub(crate) fn kind_means(self, kind: BreakKind) -> &'static str {
        match kind {
            BreakKind::Missing => self.pick("expected, and not in the target", "应有而新账中没有"),
            BreakKind::Extra => self.pick("in the target, and not expected", "新账中有而不应有"),
            BreakKind::Differs => {
                self.pick("on both sides, with other fields", "两边都有，字段不同")
            }
            BreakKind::Copies => self.pick(
                "the same record, another number of times",
                "同一记录，两边份数不同",
            ),
        }
    }

    pub(crate) fn bridge(self, column: &str) -> String {
        self.pick(
            format!("From expected to actual: {column}"),
            format!("由应有到实有：{column}"),
        )
    }

    pub(crate) fn cause(self, id: Option<&str>, status: CauseStatus) -> String {
        let id = id.unwrap_or_default();
        match status {
            CauseStatus::Proved => self.pick(format!("{id} proved"), format!("{id} 已证实")),
            CauseStatus::Consistent => self.pick(format!("{id} possible"), format!("{id} 可能")),
            CauseStatus::Unknown => self.pick("cause unknown", "原因未明").to_owned(),
        }
    }

    pub(crate) fn cause_where(self, conditions: &str, cause: &CauseLine) -> String {
        let against = grouped(cause.counterexamples);
        let breaks = grouped(cause.breaks);
        let covered = cause.covered.map(grouped).map_or_else(String::new, |own| {
            self.pick(
                format!("; {own} of {breaks}"),
                format!("；{breaks} 笔中的 {own} 笔"),
            )
        });
        let ratio = cause.risk_ratio.as_ref().map_or_else(String::new, |ratio| {
            self.pick(
                format!(", risk ratio {}", plain(ratio)),
                format!("，风险比 {}", plain(ratio)),
            )
        });
        self.pick(
            format!("where {conditions}{covered}; counterexamples: {against}{ratio}"),
            format!("条件：{conditions}{covered}；反例 {against} 笔{ratio}"),
        )
    }

    pub(crate) fn crossed_off(self, count: u64) -> String {
        self.pick(
            format!("Crossed totals that are off: {}", grouped(count)),
            format!("不符的纵横合计：{} 项", grouped(count)),
        )
    }

    pub(crate) fn column(self) -> &'static str {
        self.pick("column", "列")
    }

    pub(crate) fn records_difference(self) -> &'static str {
        self.pick("records +/-", "笔数差")
    }

    pub(crate) fn more(self, count: u64, file: Option<&str>) -> String {
        let count = grouped(count);
        match file {
            Some(file) => self.pick(
                format!("and {count} more, in {file}"),
                format!("另有 {count} 项，见 {file}"),
            ),
            None => self.pick(
                format!("and {count} more; no evidence was written"),
                format!("另有 {count} 项；未写证据"),
            ),
        }
    }

    pub(crate) fn more_agreeing(self, off: u64, agreeing: u64, file: Option<&str>) -> String {
        let more = self.more(off.saturating_add(agreeing), file);
        let off = grouped(off);
        self.pick(
            format!("{more} ({off} of them off)"),
            format!("{more}（其中 {off} 项不符）"),
        )
    }

    pub(crate) fn largest_breaks(self, shown: u64, all: u64) -> String {
        let (few, many) = (grouped(shown), grouped(all));
        if shown == all {
            return self.pick(
                format!("Breaks, the largest first: {many}"),
                format!("差错（由大到小）：{many} 处"),
            );
        }
        self.pick(
            format!("The largest breaks: {few} of {many}"),
            format!("最大的差错：{many} 处中的 {few} 处"),
        )
    }

    pub(crate) fn record(self) -> &'static str {
        self.pick("record", "记录")
    }

    pub(crate) fn source(self) -> &'static str {
        self.term("source")
    }

    pub(crate) fn target(self) -> &'static str {
        self.term("target")
    }

    pub(crate) fn table(self, name: &str) -> String {
        self.pick(format!("table {name}"), format!("表 {name}"))
    }

    pub(crate) fn cause_label(self) -> &'static str {
        self.term("cause")
    }

    pub(crate) fn copies(self, expected: u64, actual: u64) -> String {
        let (expected, actual) = (grouped(expected), grouped(actual));
        self.pick(
            format!("{expected} expected, {actual} actual"),
            format!("应有 {expected} 份，实有 {actual} 份"),
        )
    }

    pub(crate) fn alternatives(self, count: u64) -> String {
        self.pick(
            format!(
                "{} would fit as well",
                counted(count, "other pairing", "other pairings")
            ),
            format!("另有 {} 种同样合理的配对", grouped(count)),
        )
    }

    pub(crate) fn pairing(self) -> &'static str {
        self.pick("pairing", "配对")
    }

    pub(crate) fn null(self) -> &'static str {
        "NULL"
    }

    pub(crate) fn notes(self) -> &'static str {
        self.pick("Notes", "说明")
    }

    /// Who has added up a side; `why` it was read here, where no database has.
    pub(crate) fn folded_by(self, side: &str, why: Option<&str>) -> String {
        match why {
            None => self.pick(
                format!("{side}: added up by its database"),
                format!("{side}：由其数据库汇总"),
            ),
            Some(why) => self.pick(
                format!("{side}: read here, as {why}"),
                format!("{side}：在此读取，因为{why}"),
            ),
        }
    }

    pub(crate) fn buckets(self, differing: u64, all: u64) -> String {
        let (differing, all) = (grouped(differing), grouped(all));
        self.pick(
            format!("{differing} of {all} buckets differ"),
            format!("{all} 个桶中有 {differing} 个不同"),
        )
    }

    pub(crate) fn repairs(self) -> &'static str {
        self.pick("Repairs that the plan declares", "按方案声明所作的修补")
    }

    pub(crate) fn each_in(self, file: &str) -> String {
        self.pick(format!("each in {file}"), format!("逐项见 {file}"))
    }

    pub(crate) fn controls(self) -> &'static str {
        self.pick("Controls", "控制核对")
    }

    pub(crate) fn control_status(self, status: ControlStatus) -> &'static str {
        match status {
            ControlStatus::Holds => self.pick("holds", "相符"),
            ControlStatus::Broken => self.pick("broken", "不符"),
            ControlStatus::Incomplete => self.pick("incomplete", "未核完"),
        }
    }

    pub(crate) fn control(self) -> &'static str {
        self.pick("control", "核对")
    }

    pub(crate) fn lines_off(self, name: &str, count: u64) -> String {
        self.pick(
            format!("{name}: {} off", counted(count, "line", "lines")),
            format!("{name}：{} 行不符", grouped(count)),
        )
    }

    pub(crate) fn group(self) -> &'static str {
        self.pick("group", "分组")
    }

    /// Says how many records of which book could not be converted; `all` where that is not told.
    pub(crate) fn rejects(self, all: u64, of: RejectsOf, file: Option<&str>) -> String {
        let counts = [("source", of.source), ("target", of.target)];
        let told = counts.into_iter().filter(|(_, count)| *count > 0);
        let mut told: Vec<String> = told
            .map(|(book, count)| self.records_of(book, count))
            .collect();
        if told.is_empty() {
            told.push(self.pick(
                counted(all, "record", "records"),
                format!("{} 笔记录", grouped(all)),
            ));
        }
        let records = told.join(self.pick(" and ", "和 "));
        match file {
            Some(file) => self.pick(
                format!(
                    "Rejects: {records} could not be converted; each with its reason in {file}"
                ),
                format!("拒收记录：{records}无法转换，逐笔原因见 {file}"),
            ),
            None => self.pick(
                format!("Rejects: {records} could not be converted; no evidence was written"),
                format!("拒收记录：{records}无法转换；未写证据"),
            ),
        }
    }

    /// A number of records of a book.
    fn records_of(self, book: &str, count: u64) -> String {
        self.pick(
            counted(count, &format!("{book} record"), &format!("{book} records")),
            format!("{} 笔{}记录", grouped(count), book_zh(book)),
        )
    }

    /// Says of how many records a reason is that of their reject, and where the first of them stands.
    pub(crate) fn rejected_for(
        self,
        book: &str,
        count: u64,
        reason: &str,
        first: Option<&str>,
    ) -> String {
        let records = self.records_of(book, count);
        let place = match (first, count) {
            (None, _) => String::new(),
            (Some(place), 1) => self.pick(format!(" ({place})"), format!("（{place}）")),
            (Some(place), _) => self.pick(
                format!(" (the first: {place})"),
                format!("（首笔：{place}）"),
            ),
        };
        self.pick(
            format!("{records}: {reason}{place}"),
            format!("{records}：{reason}{place}"),
        )
    }

    /// Says which files of a book's folder are no part of it.
    pub(crate) fn not_read(self, left: &ledger::NotRead) -> String {
        let names: Vec<String> = left.files.iter().map(|name| plain(name)).collect();
        let more = left.count.saturating_sub(names.len() as u64);
        let more_en = match more {
            0 => String::new(),
            more => format!(" and {} more", grouped(more)),
        };
        self.pick(
            format!(
                "Not read: {} of the {} to no table: {}{more_en}",
                counted(left.count, "file", "files"),
                match left.count {
                    1 => format!("{} belongs", left.book),
                    _ => format!("{} belong", left.book),
                },
                names.join(", ")
            ),
            format!(
                "未读取：{}中有 {} 个文件不属于任何表：{}{}",
                book_zh(&left.book),
                grouped(left.count),
                names.join("、"),
                if more > 0 { " 等" } else { "" }
            ),
        )
    }

    /// Says which moment of a database was read.
    pub(crate) fn moment(self, book: &str, moment: &str) -> String {
        self.pick(
            format!("The {book} as it was at one moment: {moment}"),
            format!("{}取自同一时刻：{moment}", book_zh(book)),
        )
    }

    pub(crate) fn evidence(self, folder: Option<&str>) -> String {
        match folder {
            Some(folder) => self.pick(format!("Evidence: {folder}"), format!("证据：{folder}")),
            None => self
                .pick("Evidence: none was written", "证据：未写")
                .to_owned(),
        }
    }

    /// Says how long the run took, from milliseconds.
    pub(crate) fn elapsed(self, millis: u128) -> String {
        let (tenths, seconds) = (millis / 100, millis / 1000);
        let (minutes, hours) = (seconds / 60, seconds / 3600);
        match (hours, minutes) {
            (0, 0) => {
                let time = format!("{}.{}", tenths / 10, tenths % 10);
                self.pick(format!("Elapsed: {time} s"), format!("用时：{time} 秒"))
            }
            (0, _) => {
                let rest = seconds % 60;
                self.pick(
                    format!("Elapsed: {minutes} min {rest:02} s"),
                    format!("用时：{minutes} 分 {rest:02} 秒"),
                )
            }
            (..) => {
                let rest = minutes % 60;
                self.pick(
                    format!("Elapsed: {hours} h {rest:02} min"),
                    format!("用时：{hours} 小时 {rest:02} 分"),
                )
            }
        }
    }
}

/// The progress of a run.
impl Language {
    pub(crate) fn work(self, work: Work) -> &'static str {
        match work {
            Work::Count => self.pick("counting off the tables", "清点数据表"),
            Work::Digest => self.pick("digesting the books", "计算账簿摘要"),
            Work::Generate => self.pick("writing the old books", "写源账"),
            Work::Convert => self.pick("converting", "转换"),
            Work::Resume => self.pick("checking what is finished", "检查已完成的部分"),
            Work::Fold => self.pick("footing", "合计"),
            Work::Locate => self.pick("locating the breaks", "定位差错"),
            Work::Common => self.pick("counting what breaks have in common", "统计差错的共同点"),
            Work::Partition => self.pick("partitioning the records", "记录分区"),
            Work::Tell => self.pick("telling the breaks", "说明并写出差错"),
            Work::Rejects => self.pick("fetching the rejects", "取出拒收记录"),
            Work::Share => self.pick("reading for all controls", "为各项控制核对读账"),
            Work::Control => self.pick("computing the control", "控制核对"),
        }
    }

    pub(crate) fn records_read(self, records: u64) -> String {
        self.pick(
            counted(records, "record", "records"),
            format!("{} 笔", grouped(records)),
        )
    }

    pub(crate) fn rate(self, records_per_second: u64) -> String {
        let rate = grouped(records_per_second);
        self.pick(format!("{rate}/s"), format!("{rate} 笔/秒"))
    }

    pub(crate) fn time_left(self, time: &str) -> String {
        self.pick(format!("{time} left"), format!("剩余 {time}"))
    }

    /// How long it will take, and how long at the worst of ten times.
    pub(crate) fn time_left_at_most(self, time: &str, at_most: &str) -> String {
        self.pick(
            format!("{time} left (p90 {at_most})"),
            format!("剩余 {time}（p90 {at_most}）"),
        )
    }

    pub(crate) fn time_left_unknown(self) -> &'static str {
        self.pick("time left unknown", "剩余时间未知")
    }

    /// What the meter of some work has counted.
    pub(crate) fn done_so_far(self, work: Work, count: u64) -> String {
        match work {
            Work::Tell => self.breaks_counted(count),
            _ => self.records_read(count),
        }
    }

    pub(crate) fn phase_done(self, work: Work, records: u64, time: &str) -> String {
        let records = self.done_so_far(work, records);
        self.pick(
            format!("done, {records} in {time}"),
            format!("完成，{records}，用时 {time}"),
        )
    }

    pub(crate) fn stopping(self) -> &'static str {
        self.pick(
            "stopping; what was found so far proves nothing",
            "正在停止；至此所见不足为据",
        )
    }
}

/// What the commands say.
impl Language {
    /// Says that a command failed, and why.
    pub(crate) fn failed(self, message: &str) -> String {
        self.pick(format!("error: {message}"), format!("错误：{message}"))
    }

    /// Says what mends a failure.
    pub(crate) fn hint(self, hint: &str) -> String {
        self.pick(format!("  mend: {hint}"), format!("  处理：{hint}"))
    }

    /// Says that a run was stopped.
    pub(crate) fn stopped_drafting(self) -> &'static str {
        self.pick(
            "stopped before the end: no plan was written",
            "提前停止：未写出方案",
        )
    }

    pub(crate) fn stopped_trying_plan(self) -> &'static str {
        self.pick(
            "stopped before the end: the plan is written, but it was not tried",
            "提前停止：方案已写出，但尚未试读",
        )
    }

    pub(crate) fn stopped(self) -> String {
        self.pick(
            "stopped before the end: nothing is proved, and no evidence was written",
            "提前停止：结论不成立，未写证据",
        )
        .to_owned()
    }

    /// Says that a plan has no mistake, and what it compares.
    pub(crate) fn plan_is_sound(self, prepared: &Prepared) -> String {
        let name = plain(&prepared.plan.name.value);
        let agreements = prepared.agreements.len() as u64;
        let controls = prepared.controls.len() as u64;
        let mut said = self.pick(
            format!(
                "{name}: no mistakes; {}, {}\n",
                counted(agreements, "agreement", "agreements"),
                counted(controls, "control", "controls"),
            ),
            format!("{name}：方案无误；核对项 {agreements} 个，控制核对 {controls} 项\n"),
        );
        for (agreement, fold) in prepared.agreements.iter().zip(prepared.folds()) {
            said.push_str(&self.compared(agreement));
            if let Some(fold) = fold {
                said.push_str(&format!("    {}\n", plain(&self.folded(&fold))));
            }
        }
        for left in prepared.not_read() {
            said.push_str(&format!("{}\n", self.not_read(&left)));
        }
        said
    }

    /// Says what could be checked of a plan whose target is not there.
    pub(crate) fn rules_are_sound(self, name: &str, rules: u64, missing: &[String]) -> String {
        let name = plain(name);
        if !missing.is_empty() {
            let missing: Vec<String> = missing.iter().map(|one| format!("`{one}`")).collect();
            return self.pick(
                format!(
                    "{name}: no mistakes in {}; the target has no table {}, so nothing of it was \
                     checked\n  where crossfoot convert is to write it, check again afterwards\n",
                    counted(rules, "rule", "rules"),
                    plain(&missing.join(", "))
                ),
                format!(
                    "{name}：规则 {rules} 条，无误；新账没有表 {}，与其有关的均未检查\n  \
                     如由 crossfoot convert 写入，写入后请再检查\n",
                    plain(&missing.join("、"))
                ),
            );
        }
        self.pick(
            format!(
                "{name}: no mistakes in {}; the target is not there, so nothing that needs it was \
                 checked\n  where crossfoot convert is to write it, check again afterwards\n",
                counted(rules, "rule", "rules")
            ),
            format!(
                "{name}：规则 {rules} 条，无误；新账尚不存在，与其有关的均未检查\n  \
                 如由 crossfoot convert 写入，写入后请再检查\n"
            ),
        )
    }

    /// Says who adds up each side.
    pub(crate) fn folded(self, fold: &ledger::Fold) -> String {
        let side = |name: &str, side: &ledger::FoldedSide| {
            let why = side.why.as_ref().map(|why| self.engine(why));
            self.folded_by(name, why.as_deref())
        };
        let sides = [
            side(self.expected(), &fold.expected),
            side(self.actual(), &fold.actual),
        ];
        sides.join(self.pick("; ", "；"))
    }

    /// Says what an agreement compares and what it does not.
    fn compared(self, agreement: &reconcile::Agreement) -> String {
        let layout = &agreement.layout;
        let names: Vec<&str> = layout
            .columns()
            .iter()
            .map(|column| &*column.name)
            .collect();
        let (name, names) = (plain(&agreement.name), plain(&names.join(", ")));
        let mut said = self.pick(
            format!("  {name} compares {names}\n"),
            format!("  {name}：核对 {names}\n"),
        );
        let left_out = [layout.not_compared(), &agreement.ignored].concat();
        if !left_out.is_empty() {
            let left_out = plain(&left_out.join(", "));
            said.push_str(&self.pick(
                format!("    and not {left_out}\n"),
                format!("    不核对 {left_out}\n"),
            ));
        }
        said
    }

    /// Says where a plan was written, and what to do with it.
    pub(crate) fn plan_written(self, path: &Path) -> String {
        let path = plain(&path.display().to_string());
        self.pick(
            format!("{path} is written. Next: crossfoot verify --plan {path}"),
            format!("已写出 {path}。下一步：crossfoot verify --plan {path}"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_that_of_the_command_line() {
        let table = [
            ("crossfoot verify --lang zh --threads 0", Language::Zh),
            ("crossfoot --lang=zh", Language::Zh),
            ("crossfoot verify --lang en", Language::En),
            ("crossfoot verify --lang", Language::of_system()),
        ];
        for (line, language) in table {
            let words = line.split(' ').map(std::ffi::OsString::from);
            assert_eq!(Language::of_arguments(words), language, "{line}");
        }
    }

    #[test]
    fn the_language_is_that_of_the_locale() {
        let table = [
            ("zh-CN", Language::Zh),
            ("zh_Hans_CN.UTF-8", Language::Zh),
            ("zh", Language::Zh),
            ("ZH-TW", Language::Zh),
            ("en-GB", Language::En),
            ("zha", Language::En),
            ("C", Language::En),
            ("", Language::En),
        ];
        for (locale, language) in table {
            assert_eq!(Language::of_locale(Some(locale)), language, "{locale}");
        }
        assert_eq!(Language::of_locale(None), Language::En);
    }

    #[test]
    fn thousands_are_set_apart() {
        let table = [
            (0, "0"),
            (7, "7"),
            (999, "999"),
            (1000, "1,000"),
            (123_456, "123,456"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ];
        for (count, text) in table {
            assert_eq!(grouped(count), text);
        }
    }

    #[test]
    fn the_sentences_use_the_words_of_the_trade() {
        let zh = Language::Zh;
        let verdict = |verdict| zh.verdict(verdict).to_owned();
        let table = [
            ("balanced", verdict(Verdict::Balanced)),
            ("out of balance", verdict(Verdict::OutOfBalance)),
            ("incomplete", verdict(Verdict::Incomplete)),
            ("plan", zh.verdict_says(Verdict::Balanced).to_owned()),
            ("residual", zh.residual_alarm("1", "amount", "postings")),
            ("break", zh.residual_alarm("1", "amount", "postings")),
            ("difference", zh.residual_alarm("1", "amount", "postings")),
            ("expected", zh.records_agreed(1, 1, 1)),
            ("actual", zh.records_agreed(1, 1, 1)),
            ("break", zh.breaks_counted(0)),
            ("break", zh.breaks_counted(7)),
            ("reject", zh.rejects_counted(0)),
            ("reject", zh.rejects_counted(7)),
            ("control", zh.controls_counted(&[])),
            ("control", zh.controls_counted(&[(ControlStatus::Holds, 1)])),
            ("agreement", zh.nothing_to_check().to_owned()),
            ("control", zh.nothing_to_check().to_owned()),
            ("residual", zh.no_residual("amount")),
            ("control", zh.control_not_computed(None)),
            ("residual", zh.residual_is_zero().to_owned()),
            ("break", zh.breaks().to_owned()),
            ("break", zh.breaks_by_kind().to_owned()),
            ("target", zh.kind_means(BreakKind::Missing).to_owned()),
            ("expected", zh.bridge("amount")),
            ("cause", zh.cause(None, CauseStatus::Unknown)),
            ("crossed total", zh.crossed_off(7)),
            ("break", zh.largest_breaks(1, 7)),
            ("evidence", zh.more(1, None)),
            ("repair", zh.repairs().to_owned()),
            ("plan", zh.repairs().to_owned()),
            ("control", zh.controls().to_owned()),
            ("reject", zh.rejects(7, RejectsOf::default(), None)),
            ("source", zh.rejected_for("source", 7, "", None)),
            ("target", zh.rejected_for("target", 7, "", None)),
            ("evidence", zh.evidence(None)),
            ("footing", zh.work(Work::Fold).to_owned()),
            ("reject", zh.work(Work::Rejects).to_owned()),
            ("control", zh.work(Work::Control).to_owned()),
            ("control", zh.work(Work::Share).to_owned()),
            ("evidence", zh.stopped()),
        ];
        for (word, sentence) in table {
            let term = ledger::chinese(word).expect(word);
            assert!(sentence.contains(term), "{word} is {term}: {sentence}");
        }
    }

    /// Words that were once on a screen or a page beside those of the table.
    const OTHER_WORDS: [&str; 12] = [
        "未解释余额",
        "交叉合计",
        "漏记",
        "多记",
        "重复次数",
        "控制检查",
        "拒绝记录",
        "割接",
        "冻结",
        "核对方案",
        "转换规则",
        "旧账（",
    ];

    #[test]
    fn no_screen_and_no_page_has_a_second_word_for_the_same() {
        // Up to the tests, which are about the other words.
        let words = include_str!("words.rs").split("#[cfg(test)]").next();
        let texts = [
            ("words.rs", words.unwrap_or_default()),
            ("chinese.rs", include_str!("chinese.rs")),
            ("words/convert.rs", include_str!("words/convert.rs")),
            ("words/correct.rs", include_str!("words/correct.rs")),
            ("words/demo.rs", include_str!("words/demo.rs")),
            ("words/demo/live.rs", include_str!("words/demo/live.rs")),
            ("words/explain.rs", include_str!("words/explain.rs")),
            ("words/rehearse.rs", include_str!("words/rehearse.rs")),
            ("words/window.rs", include_str!("words/window.rs")),
            ("README.zh-CN.md", include_str!("../../README.zh-CN.md")),
        ];
        for (name, text) in texts {
            for other in OTHER_WORDS {
                assert!(!text.contains(other), "{name} says {other}");
            }
        }
    }

    #[test]
    fn every_word_of_the_screens_is_one_of_the_trade() {
        let words = include_str!("words.rs").split("#[cfg(test)]").next();
        let asked = words.unwrap_or_default().split("self.term(\"").skip(1);
        let asked: Vec<&str> = asked.filter_map(|rest| rest.split('"').next()).collect();
        assert!(asked.len() > 10, "the calls were found: {asked:?}");
        for word in asked {
            assert!(ledger::chinese(word).is_some(), "{word}");
        }
    }

    #[test]
    fn one_is_not_said_like_many() {
        assert_eq!(Language::En.breaks_counted(1), "1 break");
        assert_eq!(Language::En.breaks_counted(2), "2 breaks");
        assert_eq!(Language::Zh.breaks_counted(1), "差错 1 处");
    }

    #[test]
    fn the_time_that_a_run_took_is_exact_to_what_is_shown() {
        let table = [
            (0, "0.0 s"),
            (9_249, "9.2 s"),
            (59_999, "59.9 s"),
            (60_000, "1 min 00 s"),
            (3_599_999, "59 min 59 s"),
            (5_000_000, "1 h 23 min"),
        ];
        for (millis, text) in table {
            assert_eq!(Language::En.elapsed(millis), format!("Elapsed: {text}"));
        }
    }
}
