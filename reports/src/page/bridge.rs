//! The bridge from the source total to the target total, as a waterfall chart.
//!
//! Floats are places on the page only; every figure that is shown is exact.

use ledger::Wide;
use maud::{Markup, html};
use unicode_width::UnicodeWidthChar;

use crate::figure::grouped;
use crate::language::Language;

/// So many causes have a step of their own; the others share one.
const STEPS: usize = 12;

/// Is one account's way from its source to its target.
pub(super) struct Bridge {
    /// What it is of: agreement, column and currency.
    pub(super) title: String,
    /// Total of the source.
    pub(super) source: Wide,
    /// Total of the target.
    pub(super) target: Wide,
    /// Causes with what they come to, the heaviest first.
    pub(super) causes: Vec<(String, Wide)>,
    /// Decimals to show.
    pub(super) scale: u8,
}

/// How the chart is laid out, in its own pixels.
struct Layout {
    class: &'static str,
    width: f64,
    row: f64,
    /// Where the bars begin and end.
    plot: (f64, f64),
    /// Top of a bar and its height, from the top of its row.
    bar: (f64, f64),
    /// Base line of the texts, from the top of the row.
    text: f64,
    /// Room of a label.
    label: f64,
    /// Whether a line leads from each bar to the next; it would cross texts above the bars.
    has_lines: bool,
}

const WIDE: Layout = Layout {
    class: "wide",
    width: 920.0,
    row: 30.0,
    plot: (320.0, 750.0),
    bar: (5.0, 20.0),
    text: 20.0,
    label: 300.0,
    has_lines: true,
};

const NARROW: Layout = Layout {
    class: "narrow",
    width: 340.0,
    row: 46.0,
    plot: (0.0, 340.0),
    bar: (20.0, 16.0),
    text: 14.0,
    label: 210.0,
    has_lines: false,
};

/// Size of the letters in pixels, and how wide one is at most, by half-width columns.
const LETTER: f64 = 13.0;
const COLUMN: f64 = 7.2;

/// Is one row of the chart: from where to where, all counted from the source total.
struct Row {
    label: String,
    figure: String,
    class: &'static str,
    from: f64,
    to: f64,
    is_total: bool,
}

impl Bridge {
    /// Draws the chart twice, for wide and for narrow pages; one of them is shown.
    pub(super) fn draw(&self, id: &str, language: Language) -> Markup {
        let rows = self.rows(language);
        let told = rows
            .iter()
            .map(|row| format!("{} {}", row.label, row.figure));
        let told = told.collect::<Vec<_>>().join("; ");
        html! {
            figure {
                (draw(&rows, &WIDE, &format!("{id}-wide"), &self.title, &told))
                (draw(&rows, &NARROW, &format!("{id}-narrow"), &self.title, &told))
                figcaption { (language.steps_to_scale()) }
            }
        }
    }

    fn rows(&self, language: Language) -> Vec<Row> {
        let difference = self.target.minus(&self.source);
        let mut reached = Wide::new();
        let mut rows = vec![self.total(language.source(), &self.source, &reached)];
        for (label, amount) in self.steps(language) {
            let from = place(&reached);
            reached.add_wide(&amount);
            let class = if amount.is_negative() { "m" } else { "p" };
            rows.push(Row {
                label,
                figure: self.signed(&amount),
                class,
                from,
                to: place(&reached),
                is_total: false,
            });
        }
        rows.push(self.total(language.target(), &self.target, &difference));
        let residual = difference.minus(&reached);
        let (mark, class) = match residual.is_zero() {
            true => ("✓", "good"),
            false => ("✗", "bad"),
        };
        rows.push(Row {
            label: format!("{} {mark}", language.residual()),
            figure: self.signed(&residual),
            class,
            from: place(&reached),
            to: place(&difference),
            is_total: false,
        });
        rows
    }

    fn total(&self, label: &str, amount: &Wide, from_source: &Wide) -> Row {
        Row {
            label: label.to_owned(),
            figure: grouped(&self.shown(amount)),
            class: "t",
            from: f64::NEG_INFINITY,
            to: place(from_source),
            is_total: true,
        }
    }

    /// Gives the causes that have a step, and one step for all others.
    fn steps(&self, language: Language) -> Vec<(String, Wide)> {
        let mut steps: Vec<_> = self.causes.iter().take(STEPS).cloned().collect();
        let rest = self.causes.get(STEPS..).unwrap_or_default();
        if !rest.is_empty() {
            let mut sum = Wide::new();
            for (_, amount) in rest {
                sum.add_wide(amount);
            }
            steps.push((format!("{} ({})", language.other_causes(), rest.len()), sum));
        }
        steps
    }

    fn shown(&self, amount: &Wide) -> String {
        let mut amount = amount.clone();
        amount.show_decimals(self.scale);
        amount.to_string()
    }

    /// Gives an amount with its sign, so that a step is not told by its colour alone.
    fn signed(&self, amount: &Wide) -> String {
        let shown = grouped(&self.shown(amount));
        match shown.strip_prefix('-') {
            Some(unsigned) => format!("−{unsigned}"),
            None if amount.is_zero() => shown,
            None => format!("+{shown}"),
        }
    }
}

/// Gives the place of an amount on the page's scale.
fn place(amount: &Wide) -> f64 {
    amount.to_string().parse().unwrap_or(0.0)
}

fn draw(rows: &[Row], layout: &Layout, id: &str, title: &str, told: &str) -> Markup {
    let scale = Scale::of(rows, layout.plot);
    let height = rows.iter().map(|_| layout.row).sum::<f64>();
    let (title_id, told_id) = (format!("{id}-title"), format!("{id}-desc"));
    html! {
        svg class=(layout.class) viewBox={ "0 0 " (layout.width) " " (height) } role="img"
            aria-labelledby={ (title_id) " " (told_id) } font-size=(LETTER)
        {
            title id=(title_id) { (title) }
            desc id=(told_id) { (told) }
            @for (row, top) in rows.iter().zip(tops(layout.row)) {
                (draw_row(row, top, layout, &scale))
            }
        }
    }
}

fn tops(row: f64) -> impl Iterator<Item = f64> {
    std::iter::successors(Some(0.0), move |top| Some(top + row))
}

fn draw_row(row: &Row, top: f64, layout: &Layout, scale: &Scale) -> Markup {
    let (from, to) = (scale.x(row.from), scale.x(row.to));
    let (left, width) = (from.min(to), (from - to).abs().max(2.0));
    let (bar, thick) = (top + layout.bar.0, layout.bar.1);
    let text_class = match row.class {
        class @ ("good" | "bad") => class,
        _ => "",
    };
    html! {
        line class="g" x1="0" x2=(layout.width) y1=(top + layout.row) y2=(top + layout.row) {}
        text class=(text_class) x="0" y=(top + layout.text) { (clipped(&row.label, layout.label)) }
        text class=(text_class) x=(layout.width) y=(top + layout.text) text-anchor="end" { (row.figure) }
        rect class=(row.class) x=(rounded(left)) y=(bar) width=(rounded(width)) height=(thick) {}
        @if row.is_total {
            // The mark of a bar that does not begin at zero.
            path class="z" d={
                "M" (layout.plot.0 + 14.0) " " (bar - 1.0) "l6 " (thick / 2.0) "l-6 " (thick / 2.0 + 2.0)
            } {}
        }
        @if layout.has_lines {
            line class="c" x1=(rounded(to)) x2=(rounded(to)) y1=(bar + thick) y2=(top + layout.row + layout.bar.0) {}
        }
    }
}

/// Turns amounts, counted from the source total, into places on the page.
struct Scale {
    least: f64,
    span: f64,
    left: f64,
    width: f64,
}

impl Scale {
    fn of(rows: &[Row], (left, right): (f64, f64)) -> Self {
        let places = || {
            rows.iter()
                .flat_map(|row| [row.from, row.to])
                .filter(|place| place.is_finite())
        };
        let least = places().fold(0.0, f64::min);
        let most = places().fold(0.0, f64::max);
        let span = most - least;
        Self {
            least,
            span: if span > 0.0 { span } else { 1.0 },
            left,
            width: right - left,
        }
    }

    /// Bars of totals begin at the left; the steps take four fifths of the width.
    fn x(&self, amount: f64) -> f64 {
        match amount.is_finite() {
            true => self.left + self.width * (0.18 + 0.8 * (amount - self.least) / self.span),
            false => self.left,
        }
    }
}

/// Gives a place to a tenth of a pixel, so that pages are short and the same everywhere.
fn rounded(place: f64) -> f64 {
    (place * 10.0).round() / 10.0
}

/// Gives a label that fits into so many pixels.
pub(super) fn clipped(label: &str, room: f64) -> String {
    if label_width(label) <= room {
        return label.to_owned();
    }
    let mut left = room - COLUMN;
    let fits = |letter: &char| {
        left -= letter_width(*letter);
        left >= 0.0
    };
    let kept: String = label.chars().take_while(fits).collect();
    format!("{}…", kept.trim_end())
}

/// Gives the width of a label in pixels, as far as it is known without its font.
pub(super) fn label_width(label: &str) -> f64 {
    label.chars().map(letter_width).sum()
}

fn letter_width(letter: char) -> f64 {
    COLUMN * f64::from(u8::try_from(letter.width().unwrap_or(0)).unwrap_or(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str) -> Wide {
        text.parse().unwrap()
    }

    fn bridge(source: &str, target: &str, causes: &[(&str, &str)]) -> Bridge {
        let cause = |(label, amount): &(&str, &str)| ((*label).to_owned(), wide(amount));
        Bridge {
            title: "postings · amount · CNY".to_owned(),
            source: wide(source),
            target: wide(target),
            causes: causes.iter().map(cause).collect(),
            scale: 2,
        }
    }

    fn lines(bridge: &Bridge) -> Vec<String> {
        let rows = bridge.rows(Language::English);
        rows.iter()
            .map(|row| format!("{} {} {}", row.label, row.figure, row.class))
            .collect()
    }

    #[test]
    fn a_bridge_goes_from_source_over_causes_to_target_with_the_residual_last() {
        let whole = bridge(
            "2555.56",
            "2541.75",
            &[("A1", "-18.80"), ("Z9", "5"), ("B3", "-0.01")],
        );
        assert_eq!(
            lines(&whole),
            [
                "Source 2,555.56 t",
                "A1 −18.80 m",
                "Z9 +5.00 p",
                "B3 −0.01 m",
                "Target 2,541.75 t",
                "Residual ✓ 0.00 good",
            ]
        );
        let open = bridge("10.00", "9.98", &[("B3", "-0.01")]);
        assert_eq!(lines(&open)[3], "Residual ✗ −0.01 bad");
    }

    #[test]
    fn a_cent_between_numbers_of_25_digits_is_a_step() {
        let books = bridge(
            "12345678901234567890123.45",
            "12345678901234567890123.46",
            &[("B3", "0.01")],
        );
        let rows = books.rows(Language::English);
        assert!((rows[1].to - rows[1].from - 0.01).abs() < 1e-12);
        assert_eq!(lines(&books)[3], "Residual ✓ 0.00 good");
    }

    #[test]
    fn causes_beyond_twelve_share_a_step() {
        let causes = vec![("A1", "1.00"); 20];
        let told = lines(&bridge("0.00", "20.00", &causes));
        assert_eq!(told.len(), 1 + 13 + 2);
        assert_eq!(told[13], "Other causes (8) +8.00 p");
        assert_eq!(told[15], "Residual ✓ 0.00 good");
    }

    #[test]
    fn every_bar_stays_on_the_page() {
        for books in [
            bridge("0", "0", &[]),
            bridge("1.00", "1000000.00", &[("A1", "999999.00")]),
            bridge("5.00", "-5.00", &[("A1", "-100.00"), ("B1", "90.00")]),
        ] {
            let rows = books.rows(Language::English);
            for layout in [&WIDE, &NARROW] {
                let scale = Scale::of(&rows, layout.plot);
                for row in &rows {
                    for place in [scale.x(row.from), scale.x(row.to)] {
                        assert!(place >= layout.plot.0 && place <= layout.plot.1, "{place}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_label_is_clipped_to_its_room() {
        assert_eq!(clipped("short", 100.0), "short");
        assert_eq!(clipped("余额收益余额收益", 60.0), "余额收…");
    }
}
