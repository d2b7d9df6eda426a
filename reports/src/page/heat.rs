//! Crossed totals that are off, as a heat map: at a glance in which days and subjects it lies.
//!
//! Floats are shades only; which rows are the largest is decided by exact amounts.

use std::collections::BTreeMap;

use ledger::{CrossedTotal, Record, Wide};
use maud::{Markup, html};

use super::bridge::{clipped, label_width};
use crate::figure::grouped;
use crate::language::Language;

/// Rows and columns that are drawn at most.
const ROWS: usize = 60;
const COLUMNS: usize = 30;

/// Sizes in pixels.
const CELL: f64 = 28.0;
const LABEL: f64 = 150.0;
const HEAD: f64 = 120.0;
const LETTER: f64 = 12.0;

/// Shades of a cell.
const SHADES: f64 = 5.0;

/// Is one map: the differences of one money column in one currency, by row and column.
pub(super) struct HeatMap {
    /// The money column and the currency.
    pub(super) of: (String, String),
    cells: BTreeMap<(String, String), Wide>,
}

/// Makes the maps of an agreement. The first `foot` column goes down, the others go across.
pub(super) fn maps(crossed: &[CrossedTotal]) -> Vec<HeatMap> {
    let mut maps: BTreeMap<(String, String), BTreeMap<(String, String), Wide>> = BTreeMap::new();
    for total in crossed {
        let place = place(&total.by);
        for figure in &total.totals {
            let Ok(difference) = figure.difference.parse::<Wide>() else {
                continue;
            };
            if difference.is_zero() {
                continue;
            }
            let of = (figure.column.clone(), figure.currency.clone());
            let cells = maps.entry(of).or_default();
            cells
                .entry(place.clone())
                .or_default()
                .add_wide(&difference);
        }
    }
    maps.into_iter()
        .map(|(of, cells)| HeatMap { of, cells })
        .collect()
}

fn place(by: &Record) -> (String, String) {
    let mut values = (by.0.iter()).map(|(_, value)| value.as_deref().unwrap_or("NULL"));
    let row = values.next().unwrap_or_default().to_owned();
    (row, values.collect::<Vec<_>>().join(" / "))
}

/// Is what of a map is drawn.
struct Drawn<'m> {
    rows: Vec<&'m str>,
    columns: Vec<&'m str>,
    rows_left: usize,
    columns_left: usize,
}

impl HeatMap {
    /// Draws the map.
    pub(super) fn draw(&self, id: &str, title: &str, language: Language) -> Markup {
        let drawn = self.drawn();
        let width = LABEL + across(drawn.columns.len());
        let head = head_height(&drawn.columns);
        let height = head + across(drawn.rows.len());
        let told = self.told(&drawn);
        let most = self.most();
        html! {
            figure.heat {
                div.scroll tabindex="0" role="region" aria-label=(title) {
                    svg width=(width + HEAD) height=(height) viewBox={ "0 0 " (width + HEAD) " " (height) }
                        role="img" aria-labelledby={ (id) "-title " (id) "-desc" } font-size=(LETTER)
                    {
                        title id={ (id) "-title" } { (title) }
                        desc id={ (id) "-desc" } { (told) }
                        @for (column, x) in drawn.columns.iter().zip(steps(LABEL)) {
                            text transform={ "translate(" (x + CELL / 2.0 + 4.0) " " (head - 6.0) ") rotate(-50)" } {
                                (clipped(column, HEAD + 20.0))
                            }
                        }
                        @for (row, y) in drawn.rows.iter().zip(steps(head)) {
                            text x=(LABEL - 6.0) y=(y + 18.0) text-anchor="end" { (clipped(row, LABEL - 8.0)) }
                            @for (column, x) in drawn.columns.iter().zip(steps(LABEL)) {
                                (self.cell(row, column, (x, y), most))
                            }
                        }
                    }
                }
                figcaption {
                    (language.heat_legend())
                    @if drawn.rows_left > 0 || drawn.columns_left > 0 {
                        " " (language.cells_left_out(drawn.rows_left, drawn.columns_left))
                    }
                }
            }
        }
    }

    fn cell(&self, row: &str, column: &str, (x, y): (f64, f64), most: f64) -> Markup {
        let (width, left, top) = (CELL - 2.0, x + 1.0, y + 1.0);
        let Some(difference) = self.cells.get(&(row.to_owned(), column.to_owned())) else {
            return html! { rect class="e" x=(left) y=(top) width=(width) height=(width) {} };
        };
        let (class, sign) = match difference.is_negative() {
            true => ("m", "−"),
            false => ("p", "+"),
        };
        html! {
            rect class=(class) fill-opacity=(shade(difference, most)) x=(left) y=(top) width=(width) height=(width) {
                title { (row) " " (column) ": " (grouped(&difference.to_string())) }
            }
            text class="s" x=(x + CELL / 2.0) y=(y + 18.0) text-anchor="middle" { (sign) }
        }
    }

    /// Picks the rows and columns that are the farthest off, and puts them in order.
    fn drawn(&self) -> Drawn<'_> {
        let rows = self.sums(|(row, _)| row);
        let columns = self.sums(|(_, column)| column);
        let (rows_left, columns_left) = (
            rows.len().saturating_sub(ROWS),
            columns.len().saturating_sub(COLUMNS),
        );
        Drawn {
            rows: farthest(rows, ROWS),
            columns: farthest(columns, COLUMNS),
            rows_left,
            columns_left,
        }
    }

    /// Adds up how far the cells of a row or a column are off, whatever their signs.
    fn sums(&self, label: fn(&(String, String)) -> &String) -> BTreeMap<&str, Wide> {
        let mut sums: BTreeMap<&str, Wide> = BTreeMap::new();
        for (place, difference) in &self.cells {
            sums.entry(label(place))
                .or_default()
                .add_wide(&magnitude(difference));
        }
        sums
    }

    fn most(&self) -> f64 {
        self.cells.values().map(distance).fold(0.0, f64::max)
    }

    /// Tells of the map in a sentence, for whoever does not see it.
    fn told(&self, drawn: &Drawn<'_>) -> String {
        let farthest = self
            .cells
            .iter()
            .max_by(|(_, one), (_, other)| magnitude(one).cmp(&magnitude(other)));
        let told = farthest.map(|((row, column), difference)| {
            format!("{row} {column}: {}", grouped(&difference.to_string()))
        });
        format!(
            "{} × {}; max {}",
            drawn.rows.len(),
            drawn.columns.len(),
            told.unwrap_or_default()
        )
    }
}

fn farthest(sums: BTreeMap<&str, Wide>, count: usize) -> Vec<&str> {
    let mut by_sum: Vec<(&str, Wide)> = sums.into_iter().collect();
    by_sum.sort_by(|(_, one), (_, other)| other.cmp(one));
    by_sum.truncate(count);
    let mut labels: Vec<&str> = by_sum.into_iter().map(|(label, _)| label).collect();
    labels.sort_unstable();
    labels
}

pub(super) fn magnitude(amount: &Wide) -> Wide {
    match amount.is_negative() {
        true => Wide::new().minus(amount),
        false => amount.clone(),
    }
}

/// Gives how far an amount is off, on a scale for the eye.
fn distance(amount: &Wide) -> f64 {
    let magnitude: f64 = magnitude(amount).to_string().parse().unwrap_or(0.0);
    magnitude.ln_1p()
}

fn shade(amount: &Wide, most: f64) -> f64 {
    let part = if most > 0.0 {
        distance(amount) / most
    } else {
        1.0
    };
    (part * SHADES).ceil().clamp(1.0, SHADES) / SHADES
}

/// Gives the height that labels at an angle of 50 degrees need.
fn head_height(columns: &[&str]) -> f64 {
    let longest = columns
        .iter()
        .map(|column| label_width(column))
        .fold(0.0, f64::max);
    (longest.min(HEAD + 20.0) * 0.77 + 16.0).round()
}

fn steps(start: f64) -> impl Iterator<Item = f64> {
    std::iter::successors(Some(start), |place| Some(place + CELL))
}

fn across(cells: usize) -> f64 {
    // At most 60 cells are drawn.
    CELL * f64::from(u16::try_from(cells).unwrap_or(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::{record, total};

    fn crossed(day: &str, subject: &str, difference: &str) -> CrossedTotal {
        CrossedTotal {
            by: record(&[("day", day), ("subject", subject)]),
            records: ledger::Sides::default(),
            totals: vec![total("0", difference, difference)],
        }
    }

    #[test]
    fn a_cell_shows_its_sign_and_its_figure() {
        let maps = maps(&[
            crossed("24", "2201", "-0.01"),
            crossed("25", "6403", "1234.50"),
        ]);
        assert_eq!(maps.len(), 1);
        let drawn = maps[0]
            .draw("heat", "postings", Language::English)
            .into_string();
        assert!(drawn.contains("<title>24 2201: -0.01</title>"), "{drawn}");
        assert!(
            drawn.contains("<title>25 6403: 1,234.50</title>"),
            "{drawn}"
        );
        assert_eq!(drawn.matches("class=\"e\"").count(), 2);
        assert!(drawn.contains(">−</text>") && drawn.contains(">+</text>"));
    }

    #[test]
    fn of_many_rows_and_columns_the_farthest_are_drawn_and_the_rest_is_told() {
        let all: Vec<CrossedTotal> = (0..100)
            .flat_map(|day| {
                (0..40).map(move |subject| {
                    crossed(
                        &format!("{day:03}"),
                        &format!("{subject:02}"),
                        &format!("{}.00", day + subject + 1),
                    )
                })
            })
            .collect();
        let maps = maps(&all);
        let drawn = maps[0].drawn();
        assert_eq!((drawn.rows.len(), drawn.columns.len()), (60, 30));
        assert_eq!((drawn.rows[0], drawn.columns[0]), ("040", "10"));
        let told = maps[0].draw("heat", "t", Language::English).into_string();
        assert!(told.contains("Left out: 40 rows and 10 columns"), "{told}");
    }

    #[test]
    fn one_foot_column_makes_one_column_of_cells() {
        let mut total = crossed("24", "x", "1.00");
        total.by = record(&[("day", "24")]);
        let maps = maps(&[total]);
        assert_eq!(maps[0].drawn().columns, [""]);
    }

    #[test]
    fn what_is_not_off_is_not_on_the_map() {
        assert!(maps(&[crossed("24", "x", "0.00")]).is_empty());
    }
}
