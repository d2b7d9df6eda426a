//! Whose pages they are.

use ruixin_service::language::Words;

use crate::assets::Style;

/// Is a place of the main menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tab {
    /// The path of its page.
    pub path: &'static str,
    /// What it is called.
    pub words: Words,
    /// The outline of its sign, in a square of 24.
    pub outline: &'static str,
}

impl Tab {
    /// Makes a place of the menu.
    pub const fn new(path: &'static str, words: Words, outline: &'static str) -> Tab {
        Tab {
            path,
            words,
            outline,
        }
    }
}

/// Is whose pages they are, and what they say of it.
#[derive(Debug)]
pub struct House {
    /// Its name.
    pub name: Words,
    /// What the names of its cookies begin with.
    pub cookies: &'static str,
    /// The main menu.
    pub tabs: &'static [Tab],
    /// The drawing of its mark, in a square of 32.
    pub mark: &'static str,
    /// Its style sheet.
    pub style: Style,
    /// That it is invented.
    pub invented: Words,
    /// What a stranger is told.
    pub how_to_sign_in: Words,
    /// Why a link works no more, and what to do.
    pub link_used: Words,
    /// What is closed in a window, and what is not, where there is no notice.
    pub closed_usually: Words,
    /// What moves money.
    pub moving: Words,
    /// What can be seen.
    pub reading: Words,
}
