//! How a text file is written, judged by its first lines.

use super::profile::is_amount;
use super::times;
use std::collections::{BTreeMap, BTreeSet};

/// A line and its number, from 1.
pub(super) type Line = (u64, String);

/// What was found out about a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// The sign between fields; none where the lines do not show one.
    pub(super) delimiter: Option<char>,
    /// Lines before the header.
    pub(super) skip_header: usize,
    /// Whether the first line that counts names the columns.
    pub(super) header: bool,
    /// The columns' names, where those of the file cannot hold.
    pub(super) names: Vec<String>,
    /// What is wrong with the names of the file.
    pub(super) wrong_names: Option<String>,
}

const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];

/// Looks at the first lines of a file.
pub(super) fn look(lines: &[Line], usual: char) -> Found {
    let judged = DELIMITERS.iter().filter_map(|sign| Shape::of(lines, *sign));
    let best =
        judged.max_by_key(|shape| (shape.fit_permille, shape.delimiter == usual, shape.fields));
    let shape = best.unwrap_or(Shape {
        delimiter: usual,
        fields: 1,
        fit_permille: 0,
        first: 0,
    });
    let rows: Vec<Vec<String>> = lines
        .iter()
        .skip(shape.first)
        .filter_map(|(_, line)| fields(line, shape.delimiter))
        .collect();
    let Some(first) = rows.first() else {
        return Found {
            header: true,
            ..Found::default()
        };
    };
    let header = is_header(first);
    let before = lines
        .get(shape.first)
        .map_or(0, |(line, _)| line.saturating_sub(1));
    let (names, wrong_names) = match header {
        true => mended(first),
        false => (
            (1..=first.len()).map(|at| format!("column{at}")).collect(),
            None,
        ),
    };
    Found {
        delimiter: (shape.fields > 1).then_some(shape.delimiter),
        skip_header: if shape.first > 0 {
            usize::try_from(before).unwrap_or(0)
        } else {
            0
        },
        header,
        names,
        wrong_names,
    }
}

/// What the lines are like if a sign stands between fields.
struct Shape {
    delimiter: char,
    /// Fields of most lines.
    fields: usize,
    /// How many of a thousand lines have as many, those above the first of them included.
    fit_permille: usize,
    /// Index of the first line that has as many.
    first: usize,
}

/// So many lines may stand above a header.
const MOST_ABOVE: usize = 30;

impl Shape {
    /// `None` if the sign does not stand between fields.
    fn of(lines: &[Line], delimiter: char) -> Option<Shape> {
        let widths: Vec<Option<usize>> = lines
            .iter()
            .map(|(_, line)| fields(line, delimiter).map(|fields| fields.len()))
            .collect();
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        for width in widths.iter().flatten() {
            *counts.entry(*width).or_default() += 1;
        }
        let (width, times) = counts
            .into_iter()
            .max_by_key(|(width, times)| (*times, *width))?;
        let widest = widths.iter().position(|found| *found == Some(width))?;
        // What stands above a header is no table: it has few fields, if any.
        let is_above = |found: &Option<usize>| found.is_some_and(|fields| fields * 2 <= width);
        let first = match widths.iter().take(widest).all(is_above) {
            true => widest,
            false => 0,
        };
        let permille =
            |from: usize| times * 1000 / widths.iter().skip(from).flatten().count().max(1);
        let fit_permille = permille(0);
        (width > 1 && permille(first) >= 800 && first <= MOST_ABOVE).then_some(Shape {
            delimiter,
            fields: width,
            fit_permille,
            first,
        })
    }
}

/// The fields of a line; `None` if a quote stays open, so that the record goes on.
fn fields(line: &str, delimiter: char) -> Option<Vec<String>> {
    let mut fields = vec![String::new()];
    let mut is_open = false;
    let mut characters = line.chars().peekable();
    while let Some(next) = characters.next() {
        let field = fields.last_mut()?;
        match next {
            '"' if is_open && characters.peek() == Some(&'"') => {
                field.push('"');
                characters.next();
            }
            '"' if is_open => is_open = false,
            '"' if field.is_empty() => is_open = true,
            _ if next == delimiter && !is_open => fields.push(String::new()),
            _ => field.push(next),
        }
    }
    (!is_open).then_some(fields)
}

/// Whether a first record names columns: no field of it is an amount or a time. A year can be a
/// column's name.
fn is_header(first: &[String]) -> bool {
    !first.iter().map(|field| field.trim()).any(|field| {
        let is_year = field.len() == 4 && (field.starts_with("19") || field.starts_with("20"));
        (is_amount(field) || times::is_time(field)) && !is_year
    })
}

/// Names for columns whose own are empty or not unique; none where all are sound.
fn mended(first: &[String]) -> (Vec<String>, Option<String>) {
    let mut taken = BTreeSet::new();
    let mut wrong = None;
    let mut names = Vec::new();
    for (at, own) in first.iter().enumerate() {
        let fault = match own.as_str() {
            "" => Some(format!("the {}. column has no name", at + 1)),
            books::FILE_COLUMN | books::ROW_COLUMN => Some(format!("a column is named {own}")),
            _ if taken.contains(own) => Some(format!("two columns are named {own}")),
            _ => None,
        };
        let mut name = own.clone();
        if fault.is_some() {
            let start = if own.is_empty() {
                "column".to_owned()
            } else {
                format!("{own}_")
            };
            let free = |name: &String| !taken.contains(name) && !first.contains(name);
            let numbered = (at + 1..).map(|number| format!("{start}{number}"));
            name = numbered.take(first.len() + 1).find(free).unwrap_or(name);
        }
        wrong = wrong.or(fault);
        taken.insert(name.clone());
        names.push(name);
    }
    match wrong {
        Some(_) => (names, wrong),
        None => (Vec::new(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Found {
        let lines = (1_u64..)
            .zip(text.lines())
            .map(|(at, line)| (at, line.to_owned()));
        look(
            &lines
                .filter(|(_, line)| !line.is_empty())
                .collect::<Vec<_>>(),
            ',',
        )
    }

    #[test]
    fn delimiters_show_in_lines_of_as_many_fields() {
        let check =
            |text: &str, expect: Option<char>| assert_eq!(found(text).delimiter, expect, "{text}");
        check("a,b\n1,2\n3,4", Some(','));
        check("a;b\n1,50;2\n3,10;4", Some(';'));
        check("a\tb\nx, y\tz\nu\tv", Some('\t'));
        check("a|b|c\n1|2|3", Some('|'));
        check("a\n1\n2", None);
        check("", None);
        check("a,b\n\"x,y;z\",2\n\"u,v;w\",3", Some(','));
        check("a;b,c\n1;2,3\n4;5,6", Some(','));
    }

    #[test]
    fn a_first_line_of_amounts_and_dates_is_no_header() {
        let check = |text: &str, expect: bool| assert_eq!(found(text).header, expect, "{text}");
        check("id,amount\n1,2.50", true);
        check("1,2.50\n2,3.10", false);
        check("V1,2013-05-27\nV2,2013-05-28", false);
        check("name,2019,2020\na,1,2", true);
        check("a,b", true);
        check("", true);
    }

    #[test]
    fn names_that_cannot_hold_are_mended_and_said() {
        let names = |text: &str| (found(text).names, found(text).wrong_names);
        let texts = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names("a,b\n1,2"), (texts(&[]), None));
        assert_eq!(
            names("a,,a\n1,2,3"),
            (
                texts(&["a", "column2", "a_3"]),
                Some("the 2. column has no name".into())
            )
        );
        assert_eq!(names("1,2\n3,4"), (texts(&["column1", "column2"]), None));
        assert_eq!(
            names("a,_row\n1,2").1,
            Some("a column is named _row".into())
        );
    }

    #[test]
    fn lines_above_the_header_are_counted() {
        let text =
            "Statement of Ruixin Pay\n\nFrom 2013-05-01\nid,amount,day\n1,2.50,x\n2,3.50,y\n3,4,z";
        assert_eq!((found(text).skip_header, found(text).header), (3, true));
        assert_eq!(found("a,b\n1,2").skip_header, 0);
        assert_eq!(found("a,b,c\n1,2,3,\n4,5,6,\n7,8,9,").skip_header, 0);
    }
}
