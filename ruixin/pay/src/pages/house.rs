//! What the pages say of Ruixin Pay, and their menu.

use ruixin_pages::{House, Style, Tab};

use super::words;

/// The home page, and the forms that it leads to.
pub(super) const HOME: &Tab = &Tab::new("/", words::HOME, "M4 11 12 4l8 7v9h-5v-5H9v5H4z");
/// The bills, and what is about one of them.
pub(super) const BILLS: &Tab = &Tab::new(
    "/bills",
    words::BILLS,
    "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6",
);

/// A wallet with a coin, without any letter.
const MARK: &str = r##"<rect width="32" height="32" rx="9" fill="#1a56c4"/><path d="M7 11.5c0-1.4 1.1-2.5 2.5-2.5H22v3.2M7 11.5V21c0 1.4 1.1 2.5 2.5 2.5H25V12.2H9.2" fill="none" stroke="#fff" stroke-width="2.2" stroke-linejoin="round" stroke-linecap="round"/><circle cx="20.6" cy="17.8" r="1.9" fill="#f5c987"/>"##;

/// Ruixin Pay.
pub(super) static HOUSE: House = House {
    name: words::NAME,
    cookies: "pay",
    tabs: &[*HOME, *BILLS],
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
