//! The curve of the seven-day yield: an SVG from whole numbers, without script.

use maud::{Markup, html};
use ruixin_bao::Day;
use ruixin_service::language::Language;

use super::figures::{percent, tick};
use super::{sentences, words};

/// The drawing, in its own units.
const WIDTH: i64 = 360;
const HEIGHT: i64 = 166;
const LEFT: i64 = 44;
const RIGHT: i64 = 346;
const TOP: i64 = 14;
const BOTTOM: i64 = 142;
/// Lines of the grid at most, beside the lowest.
const STEPS: i64 = 4;

/// Is where the grid has its lines, in thousandths of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Scale {
    low: i64,
    high: i64,
    step: i64,
}

impl Scale {
    /// Takes the smallest round step by which all fits: 1, 2 or 5 with zeros behind.
    fn over(least: i64, most: i64) -> Scale {
        let mut ten = 1_i64;
        loop {
            for step in [1, 2, 5].map(|digit: i64| ten.saturating_mul(digit)) {
                // Below 0.010 % a grid would show the rounding of the figures.
                let step = step.max(10);
                let low = least.div_euclid(step).saturating_mul(step);
                let above = most.saturating_sub(low).saturating_add(step).max(step);
                let lines = above.saturating_sub(1).div_euclid(step).max(2);
                if lines <= STEPS || step >= 1_000_000_000_000 {
                    let high = low.saturating_add(step.saturating_mul(lines));
                    return Scale { low, high, step };
                }
            }
            ten = ten.saturating_mul(10);
        }
    }

    fn lines(self) -> impl Iterator<Item = i64> {
        let next = move |line: &i64| Some(line.saturating_add(self.step));
        std::iter::successors(Some(self.low), next)
            .take_while(move |line| *line <= self.high)
            .take(8)
    }

    /// The height of a figure in the drawing.
    fn y(self, value: i64) -> i64 {
        let part = value.saturating_sub(self.low);
        BOTTOM.saturating_sub(share(
            part,
            self.high.saturating_sub(self.low),
            BOTTOM - TOP,
        ))
    }
}

/// `length × part / whole`, rounded to the nearest.
fn share(part: i64, whole: i64, length: i64) -> i64 {
    let whole = i128::from(whole.max(1));
    let exact = i128::from(part).saturating_mul(i128::from(length));
    let half = whole.div_euclid(2);
    let nearest = exact.saturating_add(half).div_euclid(whole);
    i64::try_from(nearest).unwrap_or(0)
}

/// Draws the yields of days, rising; nothing where there are none.
pub(super) fn draw(yields: &[(Day, i64)], language: Language) -> Option<Markup> {
    let (&first, &last) = (yields.first()?, yields.last()?);
    let values = yields.iter().map(|(_, value)| *value);
    let (least, most) = (values.clone().min()?, values.max()?);
    let scale = Scale::over(least, most);
    let span = i64::from(last.0.number()).saturating_sub(i64::from(first.0.number()));
    let x = |day: Day| match span {
        0 => (LEFT + RIGHT) / 2,
        _ => {
            let days = i64::from(day.number()).saturating_sub(i64::from(first.0.number()));
            LEFT.saturating_add(share(days, span, RIGHT - LEFT))
        }
    };
    let points: Vec<(i64, i64)> = yields
        .iter()
        .map(|(day, value)| (x(*day), scale.y(*value)))
        .collect();
    let list: Vec<String> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
    let line = list.join(" ");
    let (from_x, until_x) = (x(first.0), x(last.0));
    let area = format!("{from_x},{BOTTOM} {line} {until_x},{BOTTOM}");
    let dot = (until_x, scale.y(last.1));
    let says = sentences::curve(
        (first.0, &percent(first.1)),
        (last.0, &percent(last.1)),
        &percent(least),
        &percent(most),
        language,
    );
    Some(html! {
        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-labelledby="curve-title curve-says" {
            title #curve-title { (words::SEVEN_DAY.of(language)) }
            desc #curve-says { (says) }
            @for value in scale.lines() {
                line.grid x1=(LEFT) x2=(RIGHT) y1=(scale.y(value)) y2=(scale.y(value)) {}
                text x=(LEFT - 7) y=(scale.y(value).saturating_add(4)) text-anchor="end" { (axis(value)) }
            }
            @for (day, anchor) in ticks(yields) {
                text x=(x(day)) y=(BOTTOM + 20) text-anchor=(anchor) { (tick(day)) }
            }
            @if points.len() > 1 {
                polygon.area points=(area) {}
                polyline.line points=(line) {}
            }
            circle.dot cx=(dot.0) cy=(dot.1) r="4" {}
        }
    })
}

/// A figure at the axis: two decimals are enough, for no step is finer.
fn axis(value: i64) -> String {
    let text = percent(value);
    text.strip_suffix('0').unwrap_or(&text).to_owned()
}

/// The days that are written below: the first, the middle one, the last.
fn ticks(yields: &[(Day, i64)]) -> Vec<(Day, &'static str)> {
    let last = yields.len().saturating_sub(1);
    let wanted: &[(usize, &'static str)] = match last {
        0 => &[(0, "middle")],
        1..=3 => &[(0, "start"), (last, "end")],
        _ => &[(0, "start"), (last / 2, "middle"), (last, "end")],
    };
    wanted
        .iter()
        .filter_map(|(at, anchor)| Some((yields.get(*at)?.0, *anchor)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(values: &[i64]) -> Vec<(Day, i64)> {
        let first: Day = "2013-06-02".parse().expect("a day");
        let day = |at: usize| first.checked_add(i32::try_from(at).expect("few"));
        let with_day = |(at, value): (usize, &i64)| (day(at).expect("a day"), *value);
        values.iter().enumerate().map(with_day).collect()
    }

    #[test]
    fn a_grid_holds_all_figures_with_few_round_lines() {
        let table = [
            (4_380, 4_477, (4_350, 4_500, 50)),
            (4_000, 4_000, (4_000, 4_020, 10)),
            (0, 0, (0, 20, 10)),
            (-1_200, 4_800, (-2_000, 6_000, 2_000)),
            (1, 9, (0, 20, 10)),
        ];
        for (least, most, (low, high, step)) in table {
            let scale = Scale::over(least, most);
            assert!(scale.low <= least && scale.high >= most, "{scale:?}");
            assert!((3..=5).contains(&scale.lines().count()), "{scale:?}");
            assert_eq!((scale.low, scale.step), (low, step), "{least} {most}");
            assert_eq!(scale.high, high, "{scale:?}");
        }
        for extreme in [(i64::MIN, i64::MAX), (i64::MAX, i64::MAX)] {
            assert!(Scale::over(extreme.0, extreme.1).lines().count() >= 1);
        }
    }

    #[test]
    fn a_curve_stays_within_its_frame_and_says_what_it_shows() {
        for values in [
            &[4_380][..],
            &[4_380, 4_477],
            &[-300, 0, 4_000, 12_000, 11_000],
            &[5_000; 30],
            &[i64::MIN, i64::MAX],
        ] {
            let drawn = draw(&days(values), Language::English).expect("a curve");
            let text = drawn.into_string();
            let points = text.split("<polyline").nth(1);
            let points = points.and_then(|rest| rest.split('"').nth(3));
            let points = points.unwrap_or_default().split(' ');
            for (x, y) in points.filter_map(|point| point.split_once(',')) {
                let (x, y): (i64, i64) = (x.parse().expect("whole"), y.parse().expect("whole"));
                assert!((LEFT..=RIGHT).contains(&x), "{x}");
                assert!((TOP..=BOTTOM).contains(&y), "{y}: {values:?}");
            }
            assert!(text.contains("<title") && text.contains("<desc"), "{text}");
        }
        assert!(draw(&[], Language::Chinese).is_none());
        let text = draw(&days(&[4_380, 4_477]), Language::Chinese);
        let text = text.expect("a curve").into_string();
        assert!(
            text.contains("6月2日 周日为 4.380%") && text.contains("06-03"),
            "{text}"
        );
    }
}
