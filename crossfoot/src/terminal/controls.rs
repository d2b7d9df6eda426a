//! The controls with their figures.

use super::agreement::{Labels, figure};
use super::table::{Cell, Table};
use super::{LINES_MAX, Page, Paint, largest_first, size, text};
use ledger::{ControlLine, ControlReport, ControlStatus, Record};

impl Page<'_> {
    /// Writes all controls, and below them the lines that are off.
    pub(super) fn controls(&mut self) {
        let report = self.report;
        if report.controls.is_empty() {
            return;
        }
        let words = self.words;
        self.part(words.controls());
        let whole = self.controls_table(true);
        // Where the figures of all would leave no room for the names, the differences must do; the
        // figures of what is off follow, and all of them stand in report.json.
        let table = match whole.fits(self.style.width.saturating_sub(2)) {
            true => whole,
            false => self.controls_table(false),
        };
        self.table(2, &table);
        for control in &report.controls {
            self.lines(control);
        }
    }

    fn controls_table(&self, with_figures: bool) -> Table {
        let words = self.words;
        let mut table = Table::default().text("").text(words.control());
        if with_figures {
            table = table.figure(words.expected()).figure(words.actual());
        }
        table = table.figure(words.difference());
        for control in &self.report.controls {
            let paint = match control.status {
                ControlStatus::Holds => Paint::Good,
                ControlStatus::Broken => Paint::Bad,
                ControlStatus::Incomplete => Paint::Doubtful,
            };
            let mut row = vec![
                Cell::painted(words.control_status(control.status), paint),
                Cell::new(text::plain(&control.name)),
            ];
            if with_figures {
                row.push(amount(control.expected.as_deref()));
                row.push(amount(control.actual.as_deref()));
            }
            row.push(difference(control.difference.as_deref()));
            table.row(row);
        }
        table
    }

    fn lines(&mut self, control: &ControlReport) {
        let says = control.says.as_deref().filter(|says| !says.is_empty());
        // One line without a name says what the control itself said.
        let lines = match &control.lines[..] {
            [only] if only.key.is_empty() => &[],
            lines => lines,
        };
        if lines.is_empty() && says.is_none() {
            return;
        }
        self.blank();
        let name = text::plain(&control.name);
        if let Some(says) = says {
            let colon = self.words.pick(": ", "：");
            self.say(
                2,
                Paint::Plain,
                &format!("{name}{colon}{}", text::plain(&self.words.engine(says))),
            );
        }
        if lines.is_empty() {
            return;
        }
        let words = self.words;
        let title = words.lines_off(&name, lines.len() as u64);
        self.say(2, Paint::Bold, &title);
        let mut order: Vec<&ControlLine> = lines.iter().collect();
        if order.len() > LINES_MAX {
            largest_first(&mut order, |line| size(line.difference.as_deref()?));
            order.truncate(LINES_MAX);
        }
        let keys: Vec<&Record> = order.iter().map(|line| &line.key).collect();
        let labels = Labels::of(&keys, words.group(), words.null());
        let mut table = Table::default();
        for title in &labels.titles {
            table = table.text(title);
        }
        table = table
            .figure(words.expected())
            .figure(words.actual())
            .figure(words.difference());
        for (line, label) in order.iter().zip(&labels.rows) {
            let figures = [
                amount(line.expected.as_deref()),
                amount(line.actual.as_deref()),
                difference(line.difference.as_deref()),
            ];
            table.row(label.iter().map(Cell::new).chain(figures));
        }
        self.table(4, &table);
        self.more(4, lines.len().saturating_sub(LINES_MAX), "report.json");
    }
}

/// A figure, or a dash where there is none in one figure.
fn amount(figure: Option<&str>) -> Cell {
    Cell::new(figure.map_or_else(|| "-".to_owned(), text::amount))
}

fn difference(difference: Option<&str>) -> Cell {
    difference.map_or_else(|| Cell::new("-"), figure)
}
