//! A report as an accountant reads it on a terminal.
//!
//! [`render`] is a function of the report alone. It counts everything and lists what weighs most:
//! whatever it leaves out it names with its number and the file of the evidence that has it.
//! Colour only repeats what words say, and nothing of a book reaches the screen unescaped.

mod agreement;
mod breaks;
mod controls;
pub(crate) mod convert;
pub(crate) mod correct;
pub(crate) mod explain;
mod head;
pub(crate) mod rehearse;
mod table;
pub(crate) mod text;
pub(crate) mod window;

use crate::words::Language;
use anstyle::{AnsiColor, Effects};
use ledger::{Break, Report, Wide};
use std::io::IsTerminal;
use table::Table;

/// Lists that could grow without end are shown up to so many lines.
const LINES_MAX: usize = 12;

/// Lines for the reasons of rejects.
const REASONS_MAX: usize = 10;

/// How a report is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Style {
    /// Language of the words. Names and values are those of the books.
    pub(crate) language: Language,
    /// Columns of the screen. Figures that need more take more.
    pub(crate) width: usize,
    /// Whether colours are used.
    pub(crate) colour: bool,
    /// Whether ornaments may be other than ASCII. Names and values stay as they are.
    pub(crate) unicode: bool,
}

/// Columns where nobody knows how many there are.
const WIDTH_UNKNOWN: usize = 100;

/// Wider than this, a line is hard to follow.
const WIDTH_MAX: usize = 140;

/// Narrower than this, nothing can be set out.
const WIDTH_MIN: usize = 40;

impl Style {
    /// Gives the style that fits stdout, in the language of the system. Colours are left to the
    /// stream that is written to, unless they are not wanted at all.
    pub(crate) fn of_terminal(no_colour: bool) -> Self {
        let is_terminal = std::io::stdout().is_terminal();
        let width = match is_terminal {
            true => terminal_width(),
            false => WIDTH_UNKNOWN,
        };
        Self {
            language: Language::of_system(),
            width: width.clamp(WIDTH_MIN, WIDTH_MAX),
            colour: !no_colour,
            unicode: !is_terminal || shows_unicode(),
        }
    }

    fn ellipsis(&self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }

    fn arrow(&self) -> &'static str {
        if self.unicode { "→" } else { "->" }
    }

    fn rule(&self) -> &'static str {
        if self.unicode { "─" } else { "-" }
    }

    fn paint(&self, paint: Paint, text: &str) -> String {
        match paint.style() {
            Some(style) if self.colour && !text.is_empty() => format!("{style}{text}{style:#}"),
            _ => text.to_owned(),
        }
    }

    /// Gives a sentence over as many lines as it takes; those after the first hang by two.
    fn said(&self, indent: usize, paint: Paint, sentence: &str) -> String {
        let room = self.width.saturating_sub(indent + 2);
        let mut said = String::new();
        for (at, line) in text::wrapped(sentence, room).iter().enumerate() {
            let hang = if at == 0 { 0 } else { 2 };
            said.push_str(&" ".repeat(indent + hang));
            said.push_str(&self.paint(paint, line));
            said.push('\n');
        }
        said
    }

    /// Gives the line that a part of a page begins with, and a blank one before it.
    fn part(&self, title: &str) -> String {
        let title = text::clipped(title, self.width.saturating_sub(6), self);
        let rest = self.width.saturating_sub(text::width(&title) + 4);
        let rule = self.rule();
        format!(
            "\n{} {} {}\n",
            self.paint(Paint::Dim, &rule.repeat(2)),
            self.paint(Paint::Bold, &title),
            self.paint(Paint::Dim, &rule.repeat(rest)),
        )
    }

    /// Draws a table.
    fn table(&self, indent: usize, table: &Table) -> String {
        let room = self.width.saturating_sub(indent);
        let blank = " ".repeat(indent);
        let lines = table.draw(room, self).into_iter();
        lines.map(|line| format!("{blank}{line}\n")).collect()
    }
}

/// Gives the columns of the terminal.
pub(crate) fn terminal_width() -> usize {
    let size = terminal_size::terminal_size();
    size.map_or(WIDTH_UNKNOWN, |(width, _)| usize::from(width.0))
}

/// Says whether the locale is one whose terminals show more than ASCII.
pub(crate) fn shows_unicode() -> bool {
    if cfg!(windows) {
        return true;
    }
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
    let is_utf8 = |locale: String| {
        let locale = locale.to_ascii_lowercase();
        locale.ends_with("utf-8") || locale.ends_with("utf8")
    };
    locale.is_some_and(is_utf8)
}

/// What a text is painted as. Each of them is also said in words or figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Paint {
    #[default]
    Plain,
    Dim,
    Bold,
    Good,
    Bad,
    Doubtful,
    Loud,
}

impl Paint {
    fn style(self) -> Option<anstyle::Style> {
        let bold = anstyle::Style::new().effects(Effects::BOLD);
        let coloured = |colour: AnsiColor| colour.on_default().effects(Effects::BOLD);
        match self {
            Self::Plain => None,
            Self::Dim => Some(anstyle::Style::new().effects(Effects::DIMMED)),
            Self::Bold => Some(bold),
            Self::Good => Some(coloured(AnsiColor::Green)),
            Self::Bad => Some(coloured(AnsiColor::Red)),
            Self::Doubtful => Some(coloured(AnsiColor::Yellow)),
            Self::Loud => Some(AnsiColor::White.on(AnsiColor::Red).effects(Effects::BOLD)),
        }
    }
}

/// Draws a report, with the breaks that weigh most.
pub(crate) fn render(report: &Report, largest: &[Break], style: &Style) -> String {
    let mut page = Page {
        report,
        style,
        words: style.language,
        out: String::new(),
    };
    page.head();
    for agreement in &report.agreements {
        page.agreement(agreement, largest);
    }
    page.largest(largest);
    page.controls();
    page.foot();
    page.out
}

/// A page while it is written.
struct Page<'a> {
    report: &'a Report,
    style: &'a Style,
    words: Language,
    out: String,
}

/// What ISO 4217 writes where there is no currency.
const NO_CURRENCY: &str = "XXX";

/// Gives an amount with its currency; ISO 4217 has a code for none.
fn with_currency(amount: &str, currency: &str) -> String {
    match currency {
        "" | NO_CURRENCY => amount.to_owned(),
        currency => format!("{amount} {}", text::escaped(currency)),
    }
}

impl Page<'_> {
    fn blank(&mut self) {
        self.out.push('\n');
    }

    /// Writes a sentence, over as many lines as it takes; those after the first hang by two.
    fn say(&mut self, indent: usize, paint: Paint, sentence: &str) {
        self.out.push_str(&self.style.said(indent, paint, sentence));
    }

    fn write(&mut self, indent: usize, line: &str) {
        self.out.push_str(&" ".repeat(indent));
        self.out.push_str(line);
        self.out.push('\n');
    }

    /// Begins a part of the page.
    fn part(&mut self, title: &str) {
        self.out.push_str(&self.style.part(title));
    }

    fn table(&mut self, indent: usize, table: &Table) {
        self.out.push_str(&self.style.table(indent, table));
    }

    /// Names a money column with its currency.
    fn column(&self, column: &str, currency: &str) -> String {
        self.with_currency(&text::escaped(column), currency)
    }

    /// Gives a text with a currency behind it. Where the books name no currency at all, the page
    /// does not either.
    fn with_currency(&self, text: &str, currency: &str) -> String {
        let totals = || self.report.agreements.iter().flat_map(|one| &one.totals);
        let is_named = totals().any(|total| total.currency != NO_CURRENCY);
        if currency == NO_CURRENCY && !is_named {
            return text.to_owned();
        }
        format!("{text} {}", text::escaped(currency))
            .trim()
            .to_owned()
    }

    /// Where a file of the evidence lies; none where no evidence was written.
    fn file(&self, name: &str) -> Option<String> {
        let folder = &self.report.evidence;
        if folder.is_empty() {
            return None;
        }
        let slash = if folder.ends_with(['/', '\\']) {
            ""
        } else {
            "/"
        };
        Some(format!("{}{slash}{name}", text::plain(folder)))
    }

    /// Says how many of a list are not shown, and where they are.
    fn more(&mut self, indent: usize, count: usize, file: &str) {
        if count > 0 {
            let words = self.words.more(count as u64, self.file(file).as_deref());
            self.say(indent, Paint::Plain, &words);
        }
    }

    /// The end of the page: rejects, evidence, time.
    fn foot(&mut self) {
        self.blank();
        self.rejects();
        for left in &self.report.not_read {
            let words = self.words.not_read(left);
            self.say(0, Paint::Plain, &words);
        }
        for moment in &self.report.moments {
            let words = self
                .words
                .moment(&moment.book, &text::plain(&moment.moment));
            self.say(0, Paint::Plain, &words);
        }
        let folder = (!self.report.evidence.is_empty()).then(|| text::plain(&self.report.evidence));
        let words = self.words.evidence(folder.as_deref());
        self.say(0, Paint::Plain, &words);
        let words = self.words.elapsed(self.report.elapsed.as_millis());
        self.say(0, Paint::Dim, &words);
    }
}

/// Records that could not be converted.
impl Page<'_> {
    /// Says how many records of which book could not be converted, and why.
    fn rejects(&mut self) {
        let report = self.report;
        if report.rejects == 0 {
            return;
        }
        let file = self.file("rejects.jsonl");
        let words = self
            .words
            .rejects(report.rejects, report.rejects_of, file.as_deref());
        self.say(0, Paint::Bad, &words);
        let reasons = &report.rejects_by;
        // Where not all find room, the last line says so.
        let shown = match reasons.len() > REASONS_MAX {
            true => REASONS_MAX.saturating_sub(1),
            false => reasons.len(),
        };
        for line in reasons.iter().take(shown) {
            let reason = text::plain(&self.words.engine(&line.reason));
            let first = line.first.as_ref().map(|first| self.place(first));
            let words = self
                .words
                .rejected_for(&line.book, line.count, &reason, first.as_deref());
            self.say(2, Paint::Plain, &words);
        }
        self.more(2, reasons.len().saturating_sub(shown), "report.json");
    }
}

/// Says whether an amount is zero. What is no number is not.
fn is_zero(amount: &str) -> bool {
    amount.parse().is_ok_and(|amount: Wide| amount.is_zero())
}

/// Gives an amount without its sign; none where it is no number, which weighs most of all.
fn size(amount: &str) -> Option<Wide> {
    amount.trim_start_matches('-').parse().ok()
}

/// Puts the largest first. What is no number comes before all others.
fn largest_first<T>(list: &mut [T], size: impl Fn(&T) -> Option<Wide>) {
    list.sort_by_cached_key(|one| size(one).map(std::cmp::Reverse));
}

/// Paints a difference by whether there is one.
fn paint_of(difference: &str) -> Paint {
    if is_zero(difference) {
        Paint::Plain
    } else {
        Paint::Bad
    }
}

#[cfg(test)]
mod tests;
