//! What the clock says, in one line.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::deadline::{Basis, Estimate, Leaving, Measured, Reading, Span, Unit};
use super::kept::Goodness;
use crate::daybook::Outlook;
use crate::notice::{Language, said};

/// Says where the work stands, in one line.
///
/// Ends are rounded up to the minute, and the point of no return and the margin down: nothing is
/// promised too early.
pub fn status_line(reading: &Reading, zone: &TimeZone, language: Language) -> String {
    let said = Said {
        reading,
        zone,
        language,
    };
    let parts = [
        said.progress(),
        said.end(),
        said.margin(),
        said.outlook(reading.outlook),
    ];
    match language {
        Language::English => parts.join("; "),
        Language::Chinese => parts.join("；"),
    }
}

/// Says what could be done after the release, and what that would change; `None` where nothing is
/// left to be done.
pub fn leaving_line(reading: &Reading, zone: &TimeZone, language: Language) -> Option<String> {
    let said = Said {
        reading,
        zone,
        language,
    };
    let Leaving {
        can_wait,
        cannot_wait,
        end,
        outlook,
    } = &reading.leaving;
    let names: Vec<&str> = can_wait
        .iter()
        .map(|saving| saving.phase.as_str())
        .collect();
    let stays: Vec<&str> = cannot_wait.iter().map(String::as_str).collect();
    if names.is_empty() && stays.is_empty() {
        return None;
    }
    let (names, stays) = (said.list(&names), said.list(&stays));
    let then = match (end, language) {
        (Some(end), Language::English) => format!(" (done {})", said.span(end)),
        (Some(end), Language::Chinese) => format!("（{} 完成）", said.span(end)),
        (None, _) => String::new(),
    };
    let means = said.outlook(*outlook);
    Some(
        match (language, can_wait.is_empty(), cannot_wait.is_empty()) {
            (Language::English, true, _) => format!("nothing can be left for later: {stays}"),
            (Language::English, false, true) => {
                format!("could be left for later: {names}{then}; then {means}")
            }
            (Language::English, false, false) => {
                format!("could be left for later: {names}; could not: {stays}{then}; then {means}")
            }
            (Language::Chinese, true, _) => format!("没有可留到开放之后的工作：{stays}"),
            (Language::Chinese, false, true) => {
                format!("可留到开放之后：{names}{then}；届时{means}")
            }
            (Language::Chinese, false, false) => {
                format!("可留到开放之后：{names}；不可：{stays}{then}；届时{means}")
            }
        },
    )
}

/// Says how good the forecasts were, for the final report.
pub fn goodness_line(goodness: &Goodness, language: Language) -> String {
    let Goodness {
        forecasts,
        by_p50,
        by_p90,
        median_off_permille: off,
        ..
    } = *goodness;
    let off = format!("{}.{} %", off / 10, off % 10);
    let median = SignedDuration::try_from(goodness.median_off).unwrap_or(SignedDuration::MAX);
    let median = said::length(median, language);
    let noun = if forecasts == 1 {
        "forecast"
    } else {
        "forecasts"
    };
    match language {
        Language::English => format!(
            "{forecasts} {noun}: done by p50 in {by_p50}, by p90 in {by_p90}; \
             the middle one was {median} off, {off} of the time left"
        ),
        Language::Chinese => format!(
            "共 {forecasts} 次预测：{by_p50} 次在 p50 前完成，{by_p90} 次在 p90 前完成；\
             中位误差 {median}，为剩余时间的 {off}"
        ),
    }
}

struct Said<'a> {
    reading: &'a Reading,
    zone: &'a TimeZone,
    language: Language,
}

impl Said<'_> {
    fn progress(&self) -> String {
        let Some(phase) = self.reading.current() else {
            return self
                .either("all phases are done", "各阶段均已完成")
                .to_owned();
        };
        let name = &phase.phase;
        let counted = |number| match phase.unit {
            Unit::Records => grouped(number),
            Unit::Bytes => said::bytes(number),
        };
        let (done, total) = (counted(phase.done), phase.total.map(counted));
        match (self.language, phase.unit, total) {
            (Language::English, Unit::Records, Some(total)) => {
                format!("{name}: {done} of {total} records")
            }
            (Language::English, Unit::Records, None) => format!("{name}: {done} records"),
            (Language::English, Unit::Bytes, Some(total)) => {
                format!("{name}: {done} of {total} read")
            }
            (Language::English, Unit::Bytes, None) => format!("{name}: {done} read"),
            (Language::Chinese, Unit::Records, Some(total)) => {
                format!("{name}：{total} 条中已完成 {done} 条")
            }
            (Language::Chinese, Unit::Records, None) => format!("{name}：已完成 {done} 条"),
            (Language::Chinese, Unit::Bytes, Some(total)) => {
                format!("{name}：{total} 中已读取 {done}")
            }
            (Language::Chinese, Unit::Bytes, None) => format!("{name}：已读取 {done}"),
        }
    }

    fn end(&self) -> String {
        if self.reading.current().is_none() {
            return self.either("nothing is left", "无剩余工作").to_owned();
        }
        match (&self.reading.end, self.language) {
            (Some(end), Language::English) => format!("done {}", self.span(end)),
            (Some(end), Language::Chinese) => format!("预计 {} 完成", self.span(end)),
            (None, Language::English) => {
                format!("when it is done is not known: {}", self.not_known())
            }
            (None, Language::Chinese) => format!("完成时间未知：{}", self.not_known()),
        }
    }

    fn not_known(&self) -> String {
        let say = |phase: &Estimate| {
            let why = match phase.basis {
                Basis::TooFew => self.either("too few pieces are finished", "已完成的分块太少"),
                _ => self.either("not measured in a rehearsal", "演练中未测得"),
            };
            match self.language {
                Language::English => format!("{} ({why})", phase.phase),
                Language::Chinese => format!("{}（{why}）", phase.phase),
            }
        };
        let said: Vec<String> = self.reading.not_known().map(say).collect();
        let said: Vec<&str> = said.iter().map(String::as_str).collect();
        self.list(&said)
    }

    fn margin(&self) -> String {
        let point = self.reading.point_of_no_return;
        let at = self.at(point);
        let by = match self.reading.rollback.measured {
            Measured::InRehearsal => "",
            Measured::ByPlan => self.either(" (by the plan)", "（按方案）"),
        };
        let now = self.reading.now;
        let (length, is_before, is_left) = match self.reading.margin {
            Some(margin) => (margin, !margin.is_negative(), false),
            None => (point.duration_since(now), point >= now, true),
        };
        let length = said::length(length, self.language);
        match (self.language, is_before, is_left) {
            (Language::English, true, false) => {
                format!("{length} before the point of no return {at}{by}")
            }
            (Language::English, true, true) => {
                format!("{length} are left until the point of no return {at}{by}")
            }
            (Language::English, false, _) => {
                format!("{length} after the point of no return {at}{by}")
            }
            (Language::Chinese, true, false) => format!("比不可回退点 {at}{by}早 {length}"),
            (Language::Chinese, true, true) => format!("距不可回退点 {at}{by}还有 {length}"),
            (Language::Chinese, false, _) => format!("比不可回退点 {at}{by}晚 {length}"),
        }
    }

    fn outlook(&self, outlook: Outlook) -> String {
        let words = match outlook {
            Outlook::OnTrack => ("ON TRACK", "按期"),
            Outlook::AtRisk => ("AT RISK", "有风险"),
            Outlook::TooLate => ("TOO LATE", "来不及"),
            Outlook::Unknown => ("NOT KNOWN", "尚不可知"),
        };
        self.either(words.0, words.1).to_owned()
    }

    fn span(&self, span: &Span) -> String {
        let (p50, p90) = (said::minute_up(span.p50), said::minute_up(span.p90));
        match p50 == p90 {
            true => self.at(p50),
            false => format!("{}–{}", self.at(p50), self.at(p90)),
        }
    }

    fn at(&self, at: Timestamp) -> String {
        said::seen_from(self.reading.now, at, self.zone, self.language)
    }

    fn list(&self, words: &[&str]) -> String {
        words.join(self.either(", ", "、"))
    }

    fn either<'a>(&self, english: &'a str, chinese: &'a str) -> &'a str {
        match self.language {
            Language::English => english,
            Language::Chinese => chinese,
        }
    }
}

/// Writes a number with a comma after every three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
