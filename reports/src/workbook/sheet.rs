//! A sheet that is written row by row, and what its cells look like.

use rust_xlsxwriter::{
    Color, Format, FormatAlign, FormatBorder, Formula, IgnoreError, Url, Workbook, Worksheet,
    XlsxError,
};
use unicode_width::UnicodeWidthStr;

use crate::detail::visible;
use crate::figure::{counted, exact_number, grouped};

/// Rows that a sheet can hold.
pub(super) const ROWS: u32 = 1_048_576;

/// UTF-16 units that a cell can hold; Excel's limit is 32,767.
const TEXT_UNITS: usize = 32_000;

/// What stands at the end of a text that was cut.
const CUT: &str = " […]";

/// Widths of columns, in characters: CJK characters count as two.
const NARROWEST: usize = 6;
const WIDEST: usize = 64;
const WIDEST_OF_MANY: usize = 26;

/// Room beside a text, in characters.
const MARGIN: usize = 3;

/// Heights of a line of text and of the highest row, in points.
const LINE_HEIGHT: u32 = 15;
const HIGHEST: u32 = 405;

/// In sheets of more rows texts stay on one line.
const WRAPPED_ROWS: u64 = 10_000;

/// Beyond so many decimals amounts are shown as text.
const SCALES: usize = 18;

/// A4 in the numbering of printers.
const A4: u8 = 9;

/// Is what a cell holds and how it looks.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'t> {
    /// Nothing.
    Blank,
    /// Text; never a formula or a number, whatever it looks like.
    Text(&'t str),
    /// Text that was made for this cell.
    Said(String),
    /// Text that stands out.
    Strong(&'t str),
    /// Text that must not be missed.
    Alarm(String),
    /// An amount, shown with so many decimals: a number where that is exact, otherwise text.
    Amount(&'t str, usize),
    /// An amount that is text, to the right.
    Figure(String),
    /// A whole number.
    Count(u64),
    /// A formula for an amount of so many decimals, and what it comes to.
    Formula(String, String, usize),
    /// A formula that gives ✓ or ✗, and which of them.
    Tick(String, bool),
    /// A text that leads to another sheet.
    Link(&'t str, &'t str),
}

/// Formats, made once.
#[derive(Debug)]
pub(super) struct Styles {
    text: Format,
    note: Format,
    strong: Format,
    alarm: Format,
    title: Format,
    pub(super) section: Format,
    head: Format,
    link: Format,
    tick: Format,
    text_figure: Format,
    count: Format,
    amounts: Vec<Format>,
    formulas: Vec<Format>,
    pub(super) off: Format,
}

impl Styles {
    pub(super) fn new() -> Self {
        let plain = Format::new()
            .set_num_format("@")
            .set_align(FormatAlign::Top);
        // Texts keep away from the figures at their left.
        let text = plain.clone().set_indent(1);
        let figure = Format::new().set_align(FormatAlign::Top);
        let pattern = |scale: usize| match scale {
            0 => "#,##0;[Red]-#,##0;0".to_owned(),
            scale => {
                let zeros = "0".repeat(scale);
                format!("#,##0.{zeros};[Red]-#,##0.{zeros};0.{zeros}")
            }
        };
        let amounts: Vec<Format> = (0..=SCALES)
            .map(|scale| figure.clone().set_num_format(pattern(scale)))
            .collect();
        let sum = |format: &Format| format.clone().set_bold().set_border_top(FormatBorder::Thin);
        Self {
            note: text.clone().set_text_wrap(),
            strong: text.clone().set_bold(),
            alarm: text
                .clone()
                .set_bold()
                .set_font_color(Color::RGB(0x00B0_0020)),
            title: Format::new().set_bold().set_font_size(16),
            section: text
                .clone()
                .set_bold()
                .set_background_color(Color::RGB(0x00E8_EDF3)),
            head: text
                .clone()
                .set_bold()
                .set_text_wrap()
                .set_background_color(Color::RGB(0x00D5_DEE8))
                .set_border_bottom(FormatBorder::Thin),
            link: text.clone().set_hyperlink(),
            tick: figure.clone().set_align(FormatAlign::Center).set_bold(),
            text_figure: plain.set_align(FormatAlign::Right),
            count: figure.clone().set_num_format(pattern(0)),
            formulas: amounts.iter().map(sum).collect(),
            amounts,
            off: Format::new()
                .set_background_color(Color::RGB(0x00FF_C7CE))
                .set_font_color(Color::RGB(0x009C_0006)),
            text,
        }
    }
}

/// Is a sheet that grows downwards. What was written is on disk and cannot be changed.
pub(super) struct Sheet<'s> {
    pub(super) worksheet: Worksheet,
    styles: &'s Styles,
    row: u32,
    widths: Vec<usize>,
    filter: Option<(u32, u16)>,
    wraps: bool,
    widest: usize,
    /// Columns from the first whose texts take their format from the column.
    formatted_columns: u16,
    /// Lines that the longest text of the row takes.
    lines: usize,
}

impl<'s> Sheet<'s> {
    /// Makes a sheet for landscape A4, as wide as the page.
    pub(super) fn new(
        workbook: &mut Workbook,
        styles: &'s Styles,
        name: &str,
        title: &str,
    ) -> Result<Self, XlsxError> {
        let mut worksheet = workbook.new_worksheet_with_constant_memory()?;
        worksheet
            .set_name(name)?
            .set_landscape()
            .set_paper_size(A4)
            .set_print_fit_to_pages(1, 0)
            .set_header(format!("&L{}&R&A", page_text(title)))
            .set_footer("&C&P / &N");
        Ok(Self {
            worksheet,
            styles,
            row: 0,
            widths: Vec::new(),
            filter: None,
            wraps: true,
            widest: WIDEST,
            formatted_columns: 0,
            lines: 1,
        })
    }

    /// Makes room for many columns. Long texts stand on several lines, but where there are so many
    /// rows that finding their heights would take a spreadsheet long.
    pub(super) fn of_many_columns(mut self, columns: u16, rows: u64) -> Result<Self, XlsxError> {
        self.wraps = rows <= WRAPPED_ROWS;
        self.widest = WIDEST_OF_MANY;
        // Texts then take their format from the column: looking it up takes longer than writing.
        for column in 0..columns {
            let style = self.text_style();
            self.worksheet.set_column_format(column, style)?;
        }
        self.formatted_columns = columns;
        Ok(self)
    }

    fn text_style(&self) -> &'s Format {
        match self.wraps {
            true => &self.styles.note,
            false => &self.styles.text,
        }
    }

    /// Gives the row that is written next, from 0.
    pub(super) fn row_number(&self) -> u32 {
        self.row
    }

    pub(super) fn styles(&self) -> &'s Styles {
        self.styles
    }

    /// Writes a headline, which no column is widened for.
    pub(super) fn title(&mut self, text: &str) -> Result<(), XlsxError> {
        let text = cut(text);
        self.worksheet
            .write_string_with_format(self.row, 0, text, &self.styles.title)?;
        self.next_row()
    }

    /// Writes a line of text, which no column is widened for.
    pub(super) fn line(&mut self, text: &str) -> Result<(), XlsxError> {
        self.worksheet
            .write_string_with_format(self.row, 0, cut(text), &self.styles.text)?;
        self.next_row()
    }

    /// Writes a line that must not be missed.
    pub(super) fn alarm(&mut self, text: &str) -> Result<(), XlsxError> {
        self.worksheet
            .write_string_with_format(self.row, 0, cut(text), &self.styles.alarm)?;
        self.next_row()
    }

    /// Leaves a row empty.
    pub(super) fn gap(&mut self) -> Result<(), XlsxError> {
        self.next_row()
    }

    /// Writes a headline over several columns.
    pub(super) fn section(&mut self, text: &str, columns: u16) -> Result<(), XlsxError> {
        for column in 0..columns {
            let text = if column == 0 {
                cut(text)
            } else {
                String::new()
            };
            self.worksheet.write_string_with_format(
                self.row,
                column,
                text,
                &self.styles.section,
            )?;
        }
        self.next_row()
    }

    /// Writes the heads of columns. The first heads of a sheet stay in sight, come again on every
    /// printed page, and can be filtered by.
    pub(super) fn head(&mut self, heads: &[&str]) -> Result<(), XlsxError> {
        let columns = u16::try_from(heads.len()).unwrap_or(u16::MAX);
        for (column, head) in (0_u16..).zip(heads) {
            self.worksheet.write_string_with_format(
                self.row,
                column,
                cut(head),
                &self.styles.head,
            )?;
            self.widen(column, head.width());
        }
        if self.filter.is_none() {
            self.worksheet
                .set_freeze_panes(self.row.saturating_add(1), 0)?;
            self.worksheet.set_repeat_rows(self.row, self.row)?;
            self.filter = Some((self.row, columns.saturating_sub(1)));
        }
        self.next_row()
    }

    /// Writes a row of cells, as high as its longest text needs.
    pub(super) fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), XlsxError> {
        self.lines = 1;
        for (column, cell) in (0_u16..).zip(cells) {
            self.cell(column, cell)?;
        }
        if self.wraps && self.lines > 1 {
            let lines = u32::try_from(self.lines).unwrap_or(u32::MAX);
            let height = lines.saturating_mul(LINE_HEIGHT).min(HIGHEST);
            self.worksheet.set_row_height(self.row, height)?;
        }
        self.next_row()
    }

    fn cell(&mut self, column: u16, cell: &Cell<'_>) -> Result<(), XlsxError> {
        let styles = self.styles;
        match cell {
            Cell::Blank => {}
            Cell::Text(text) => self.plain_text(column, text)?,
            Cell::Said(text) => self.plain_text(column, text)?,
            Cell::Strong(text) => self.text(column, text, &styles.strong)?,
            Cell::Alarm(text) => self.text(column, text, &styles.alarm)?,
            Cell::Figure(text) => self.text(column, &grouped(text), &styles.text_figure)?,
            Cell::Amount(amount, scale) => self.amount(column, amount, *scale)?,
            Cell::Count(count) => self.amount_as(column, &count.to_string(), &styles.count)?,
            Cell::Formula(formula, result, scale) => {
                let style = styles.formulas.get(*scale).unwrap_or(&styles.count);
                self.formula(column, formula, result, style)?;
                self.widen(column, grouped(result).len().saturating_add(1));
            }
            Cell::Tick(formula, is_right) => {
                let result = if *is_right { "✓" } else { "✗" };
                self.formula(column, formula, result, &styles.tick)?;
            }
            Cell::Link(text, sheet) => self.link(column, text, sheet)?,
        }
        Ok(())
    }

    fn plain_text(&mut self, column: u16, text: &str) -> Result<(), XlsxError> {
        if column >= self.formatted_columns {
            return self.text(column, text, self.text_style());
        }
        let text = self.measured(column, text);
        self.worksheet.write_string(self.row, column, text)?;
        Ok(())
    }

    fn text(&mut self, column: u16, text: &str, style: &Format) -> Result<(), XlsxError> {
        let text = self.measured(column, text);
        self.worksheet
            .write_string_with_format(self.row, column, text, style)?;
        Ok(())
    }

    /// Gives a text that fits into a cell, and makes room for it.
    fn measured(&mut self, column: u16, text: &str) -> String {
        let text = cut(text);
        let room = self.widest.saturating_sub(MARGIN).max(1);
        let widths = text.lines().map(UnicodeWidthStr::width);
        let lines = widths.clone().map(|width| width.div_ceil(room).max(1));
        self.lines = self.lines.max(lines.sum());
        self.widen(column, widths.max().unwrap_or(0));
        text
    }

    fn amount(&mut self, column: u16, text: &str, scale: usize) -> Result<(), XlsxError> {
        match self.styles.amounts.get(scale) {
            Some(style) => self.amount_as(column, text, style),
            None => self.text(column, &grouped(text), &self.styles.text_figure),
        }
    }

    fn amount_as(&mut self, column: u16, text: &str, style: &Format) -> Result<(), XlsxError> {
        let Some(number) = exact_number(text) else {
            return self.text(column, &grouped(text), &self.styles.text_figure);
        };
        self.widen(column, grouped(text).len().saturating_add(1));
        self.worksheet
            .write_number_with_format(self.row, column, number, style)?;
        Ok(())
    }

    fn formula(
        &mut self,
        column: u16,
        formula: &str,
        result: &str,
        style: &Format,
    ) -> Result<(), XlsxError> {
        let formula = Formula::new(formula).set_result(result);
        self.worksheet
            .write_formula_with_format(self.row, column, formula, style)?;
        Ok(())
    }

    fn link(&mut self, column: u16, text: &str, sheet: &str) -> Result<(), XlsxError> {
        let place = format!("internal:'{}'!A1", sheet.replace('\'', "''"));
        let text = cut(text);
        self.widen(column, text.width());
        let link = Url::new(place).set_text(text);
        self.worksheet
            .write_url_with_format(self.row, column, link, &self.styles.link)?;
        Ok(())
    }

    fn widen(&mut self, column: u16, width: usize) {
        let column = usize::from(column);
        if self.widths.len() <= column {
            self.widths.resize(column.saturating_add(1), NARROWEST);
        }
        if let Some(widest) = self.widths.get_mut(column) {
            *widest = (*widest).max(width.saturating_add(MARGIN)).min(self.widest);
        }
    }

    fn next_row(&mut self) -> Result<(), XlsxError> {
        self.row = self.row.saturating_add(1);
        match self.row > ROWS {
            true => Err(XlsxError::RowColumnLimitError),
            false => Ok(()),
        }
    }

    /// Gives the sheet with its widths and its filter set.
    pub(super) fn finish(mut self) -> Result<Worksheet, XlsxError> {
        for (column, width) in (0_u16..).zip(&self.widths) {
            let width = u16::try_from(*width).unwrap_or(u16::MAX);
            self.worksheet.set_column_width(column, width)?;
        }
        let last_row = self.row.saturating_sub(1);
        let last_column = u16::try_from(self.widths.len().saturating_sub(1)).unwrap_or(0);
        self.worksheet.ignore_error_range(
            0,
            0,
            last_row,
            last_column,
            IgnoreError::NumberStoredAsText,
        )?;
        Ok(self.worksheet)
    }

    /// Gives the sheet as [`Sheet::finish`] does, to be filtered by its heads down to its last row.
    pub(super) fn finish_with_filter(mut self) -> Result<Worksheet, XlsxError> {
        if let Some((row, column)) = self.filter {
            let last_row = self.row.saturating_sub(1).max(row);
            self.worksheet.autofilter(row, 0, last_row, column)?;
        }
        self.finish()
    }
}

/// Gives a text that fits into a cell and holds nothing that XML cannot bear.
fn cut(text: &str) -> String {
    let text = visible(text);
    let mut units = 0_usize;
    let fits = |letter: &char| {
        units = units.saturating_add(letter.len_utf16());
        units <= TEXT_UNITS
    };
    let kept: String = text.chars().take_while(fits).collect();
    match kept.len() == text.len() {
        true => kept,
        false => kept + CUT,
    }
}

/// Gives a text for the head of a printed page, where `&` begins a command.
fn page_text(text: &str) -> String {
    let short: String = visible(text)
        .chars()
        .filter(|letter| *letter != '\n')
        .take(80)
        .collect();
    short.replace('&', "&&")
}

/// Gives a column's letters and a row's number, both counted from 0.
pub(super) fn place(column: u16, row: u32) -> String {
    rust_xlsxwriter::utility::row_col_to_cell(row, column)
}

/// Gives a count for a text.
pub(super) fn count_text(count: u64) -> String {
    counted(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_too_long_for_a_cell_is_cut_and_says_so() {
        let long = "😀".repeat(20_000);
        let shown = cut(&long);
        assert!(shown.ends_with(CUT));
        assert!(shown.encode_utf16().count() <= 32_767);
        assert_eq!(cut("short"), "short");
        assert_eq!(cut(&"a".repeat(TEXT_UNITS)).len(), TEXT_UNITS);
    }

    #[test]
    fn an_ampersand_in_a_page_head_is_no_command() {
        assert_eq!(page_text("A&B\n"), "A&&B");
    }
}
