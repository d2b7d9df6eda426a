//! Draws rows of words as aligned columns.

use std::fmt::Write as _;

/// Draws rows as columns two blanks apart; columns named in `right` stand to the right.
pub(crate) fn draw(rows: &[Vec<String>], right: &[usize]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let width = widths.get(column).copied().unwrap_or(0);
            let written = if right.contains(&column) {
                write!(line, "{cell:>width$}  ")
            } else {
                write!(line, "{cell:<width$}  ")
            };
            written.expect("a string takes every write");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_end_without_blanks() {
        let rows = [["step", "seconds"], ["formatting", "3"]].map(|row| row.map(String::from));
        let rows: Vec<Vec<String>> = rows.into_iter().map(Vec::from).collect();
        insta::assert_snapshot!(draw(&rows, &[1]), @r"
        step        seconds
        formatting        3
        ");
    }
}
