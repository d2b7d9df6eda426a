//! Names of sheets.

use std::collections::BTreeSet;

use crate::detail::visible;

/// UTF-16 units of a sheet's name.
const UNITS: usize = 31;

/// Gives each sheet a name that Excel takes and no other sheet has.
#[derive(Debug, Default)]
pub(super) struct SheetNames {
    taken: BTreeSet<String>,
}

impl SheetNames {
    /// Gives a name as near to the wanted one as there is.
    pub(super) fn name(&mut self, wanted: &str) -> String {
        let plain = allowed(wanted);
        let mut name = shortened(&plain, "");
        for number in 2_u32.. {
            // Excel compares names without regard to capitals.
            if self.taken.insert(name.to_lowercase()) {
                break;
            }
            name = shortened(&plain, &format!(" ({number})"));
        }
        name
    }
}

fn allowed(wanted: &str) -> String {
    let letters = visible(wanted).into_owned();
    let letters = letters.replace(['*', '?', ':', '[', ']', '\\', '/', '\n', '\t'], "_");
    let letters = letters.trim().trim_matches('\'');
    match letters {
        // Excel keeps this name for itself.
        "" => "_".to_owned(),
        letters if letters.eq_ignore_ascii_case("history") => format!("{letters}_"),
        letters => letters.to_owned(),
    }
}

fn shortened(text: &str, end: &str) -> String {
    let mut left = UNITS.saturating_sub(end.len());
    let fits = |letter: &char| {
        let units = letter.len_utf16();
        let is_room = units <= left;
        left = left.saturating_sub(units);
        is_room
    };
    let start: String = text.chars().take_while(fits).collect();
    format!("{}{end}", start.trim_end().trim_end_matches('\''))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_one_that_excel_takes() {
        let mut names = SheetNames::default();
        for (wanted, given) in [
            ("postings", "postings"),
            ("POSTINGS", "POSTINGS (2)"),
            ("a/b:c[d]*?\\", "a_b_c_d____"),
            ("", "_"),
            ("History", "History_"),
            ("'quoted'", "quoted"),
            (
                "a name that is longer than thirty-one letters",
                "a name that is longer than thir",
            ),
            (
                "a name that is longer than thirty-one others",
                "a name that is longer than (2)",
            ),
            (
                "余额".repeat(20).as_str(),
                "余额余额余额余额余额余额余额余额余额余额余额余额余额余额余额余",
            ),
            ("😀".repeat(20).as_str(), "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀"),
        ] {
            let name = names.name(wanted);
            assert_eq!(name, given);
            rust_xlsxwriter::utility::check_sheet_name(&name).unwrap();
        }
    }
}
