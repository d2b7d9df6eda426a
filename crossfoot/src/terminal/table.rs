//! Tables whose figures stand under one another.

use super::text::{clipped, width};
use super::{Paint, Style};

/// Columns between two cells.
const GAP: usize = 2;

/// A text column is clipped to no fewer columns than this.
const TEXT_MIN: usize = 8;

/// Of a text, so many columns tell what it is.
const TEXT_ENOUGH: usize = 32;

/// A table: text columns to the left, figures to the right. Figures are never clipped: where they
/// find no room beside one another, they stand one to a line.
#[derive(Debug, Default)]
pub(super) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

#[derive(Debug)]
struct Column {
    title: String,
    is_figure: bool,
}

/// A cell and how it is painted.
#[derive(Debug, Clone, Default)]
pub(super) struct Cell {
    text: String,
    paint: Paint,
}

impl Cell {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self::painted(text, Paint::Plain)
    }

    pub(super) fn painted(text: impl Into<String>, paint: Paint) -> Self {
        let text = text.into();
        Self { text, paint }
    }
}

impl Table {
    /// Adds a column of text.
    pub(super) fn text(mut self, title: impl Into<String>) -> Self {
        self.columns.push(Column {
            title: title.into(),
            is_figure: false,
        });
        self
    }

    /// Adds a column of figures.
    pub(super) fn figure(mut self, title: impl Into<String>) -> Self {
        self.columns.push(Column {
            title: title.into(),
            is_figure: true,
        });
        self
    }

    /// Adds a row, a cell for each column.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        let mut cells: Vec<Cell> = cells.into_iter().collect();
        cells.resize(self.columns.len(), Cell::default());
        self.rows.push(cells);
    }

    /// Says whether all of it fits into `room` columns, but for texts longer than some words.
    pub(super) fn fits(&self, room: usize) -> bool {
        let gaps = GAP * self.columns.len().saturating_sub(1);
        let widths = self.natural_widths().into_iter().zip(&self.columns);
        let needed = widths.map(|(width, column)| match column.is_figure {
            true => width,
            false => width.min(TEXT_ENOUGH),
        });
        needed.sum::<usize>() + gaps <= room
    }

    /// Draws the table into lines of at most `room` columns, as far as its figures allow.
    pub(super) fn draw(&self, room: usize, style: &Style) -> Vec<String> {
        let mut widths = self.natural_widths();
        let gaps = GAP * self.columns.len().saturating_sub(1);
        while widths.iter().sum::<usize>() + gaps > room {
            // The widest text gives way first.
            let texts = widths.iter_mut().zip(&self.columns);
            let widest = texts
                .filter(|(width, column)| !column.is_figure && **width > TEXT_MIN)
                .max_by_key(|(width, _)| **width);
            match widest {
                Some((width, _)) => *width -= 1,
                None => return self.stacked(room, style),
            }
        }
        let mut lines = Vec::new();
        if self.columns.iter().any(|column| !column.title.is_empty()) {
            let title = |column: &Column| Cell::painted(column.title.clone(), Paint::Dim);
            let titles: Vec<Cell> = self.columns.iter().map(title).collect();
            lines.push(self.line(&titles, &widths, style));
        }
        lines.extend(self.rows.iter().map(|row| self.line(row, &widths, style)));
        lines
    }

    fn natural_widths(&self) -> Vec<usize> {
        let cells = |at: usize| self.rows.iter().filter_map(move |row| row.get(at));
        let columns = self.columns.iter().enumerate();
        columns
            .map(|(at, column)| {
                let widest = cells(at).map(|cell| width(&cell.text)).max().unwrap_or(0);
                widest.max(width(&column.title))
            })
            .collect()
    }

    fn line(&self, cells: &[Cell], widths: &[usize], style: &Style) -> String {
        let mut line = String::new();
        let mut blank = 0;
        for ((cell, column), room) in cells.iter().zip(&self.columns).zip(widths) {
            let text = match column.is_figure {
                true => cell.text.clone(),
                false => clipped(&cell.text, *room, style),
            };
            let free = room.saturating_sub(width(&text));
            if column.is_figure {
                blank += free;
            }
            if !text.is_empty() {
                line.push_str(&" ".repeat(blank));
                line.push_str(&style.paint(cell.paint, &text));
                blank = 0;
            }
            if !column.is_figure {
                blank += free;
            }
            blank += GAP;
        }
        line
    }

    /// Draws each row as its texts and, below them, its figures with their titles.
    fn stacked(&self, room: usize, style: &Style) -> Vec<String> {
        let mut lines = Vec::new();
        for row in &self.rows {
            let cells = || row.iter().zip(&self.columns);
            let texts: Vec<&str> = cells()
                .filter(|(cell, column)| !column.is_figure && !cell.text.is_empty())
                .map(|(cell, _)| &*cell.text)
                .collect();
            if !texts.is_empty() {
                lines.push(clipped(&texts.join("  "), room, style));
            }
            let figures: Vec<_> = cells()
                .filter(|(cell, column)| column.is_figure && !cell.text.is_empty())
                .collect();
            let titles = figures.iter().map(|(_, column)| width(&column.title)).max();
            let amounts = figures.iter().map(|(cell, _)| width(&cell.text)).max();
            let (titles, amounts) = (titles.unwrap_or(0), amounts.unwrap_or(0));
            for (cell, column) in figures {
                let after_title = titles.saturating_sub(width(&column.title));
                let before_figure = amounts.saturating_sub(width(&cell.text));
                lines.push(format!(
                    "  {}{}{}",
                    style.paint(Paint::Dim, &column.title),
                    " ".repeat(after_title + GAP + before_figure),
                    style.paint(cell.paint, &cell.text)
                ));
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    const STYLE: Style = Style {
        language: Language::En,
        width: 80,
        colour: false,
        unicode: true,
    };

    fn table() -> Table {
        let mut table = Table::default().text("").figure("expected").figure("实有");
        table.row([Cell::new("记录"), Cell::new("7"), Cell::new("1,000")]);
        table.row([Cell::new("amount CNY"), Cell::new("-12.50"), Cell::new("")]);
        table
    }

    #[test]
    fn figures_stand_under_one_another_beside_wide_characters() {
        insta::assert_snapshot!(table().draw(80, &STYLE).join("\n"), @"
                    expected   实有
        记录               7  1,000
        amount CNY    -12.50
        ");
    }

    #[test]
    fn texts_give_way_before_figures_do() {
        insta::assert_snapshot!(table().draw(26, &STYLE).join("\n"), @"
                   expected   实有
        记录              7  1,000
        amount C…    -12.50
        ");
        insta::assert_snapshot!(table().draw(20, &STYLE).join("\n"), @"
        记录
          expected      7
          实有      1,000
        amount CNY
          expected  -12.50
        ");
    }
}
