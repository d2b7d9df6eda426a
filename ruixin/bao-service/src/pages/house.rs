//! What the pages say of Ruixin Bao, and their menu.

use ruixin_pages::{House, Style, Tab};

use super::words;

/// The home page.
pub(super) const HOME: &Tab = &Tab::new("/", words::HOME, "M4 11 12 4l8 7v9h-5v-5H9v5H4z");
/// The bills, and what is about one of them.
pub(super) const BILLS: &Tab = &Tab::new(
    "/bills",
    words::BILLS,
    "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6",
);
/// The incomes.
pub(super) const INCOMES: &Tab = &Tab::new(
    "/incomes",
    words::INCOMES,
    "M4 20h16M5 15l4-4 4 3 6-7M15 7h4v4",
);
/// The statement.
pub(super) const STATEMENT: &Tab = &Tab::new(
    "/statement",
    words::STATEMENT,
    "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6",
);

/// A coin within a wave, without any letter.
const MARK: &str = r##"<rect width="32" height="32" rx="9" fill="#0b6b5b"/><circle cx="16" cy="12.5" r="5.5" fill="none" stroke="#fff" stroke-width="2.4"/><path d="M6 22.5c3.3-2.6 6.7-2.6 10 0s6.7 2.6 10 0" fill="none" stroke="#f5c987" stroke-width="2.4" stroke-linecap="round"/>"##;

/// Ruixin Bao.
pub(super) static HOUSE: House = House {
    name: words::NAME,
    cookies: "bao",
    tabs: &[*HOME, *BILLS, *INCOMES, *STATEMENT],
    mark: MARK,
    style: Style::new(include_str!("colours.css")),
    invented: words::INVENTED,
    how_to_sign_in: words::HOW_TO_SIGN_IN,
    link_used: words::LINK_USED_SAYS,
    closed_usually: words::CLOSED_USUALLY,
    moving: words::MOVING,
    reading: words::READING,
};

#[cfg(test)]
#[path = "../../../pages/tests/support/contrast.rs"]
mod contrast;

#[cfg(test)]
mod tests {
    #[test]
    fn every_text_can_be_read_on_what_it_stands_on() {
        super::contrast::is_readable(include_str!("colours.css"));
    }
}
