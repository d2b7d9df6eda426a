//! Walks over a text by the characters that its own stand for.

/// Walks over a text, character by character.
pub(super) struct Cursor<'a> {
    pub(super) text: &'a str,
    pub(super) rest: &'a str,
    /// Position of the next character, counted from 1.
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Cursor<'a> {
        let rest = text.trim_start();
        let blanks = text.chars().count().saturating_sub(rest.chars().count());
        Cursor {
            text,
            rest: rest.trim_end(),
            at: blanks.saturating_add(1),
        }
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next().map(plain_form)
    }

    pub(super) fn peek_second(&self) -> Option<char> {
        self.rest.chars().nth(1).map(plain_form)
    }

    pub(super) fn bump(&mut self) {
        let mut characters = self.rest.chars();
        characters.next();
        self.rest = characters.as_str();
        self.at = self.at.saturating_add(1);
    }

    /// Takes the characters that are letters in their plain form.
    pub(super) fn take_letters(&mut self) -> String {
        let mut letters = String::new();
        while let Some(letter) = self.peek().filter(char::is_ascii_alphabetic) {
            letters.push(letter);
            self.bump();
        }
        letters
    }

    pub(super) fn is_followed_by_digit(&self) -> bool {
        self.peek_second().is_some_and(|next| next.is_ascii_digit())
    }
}

/// Gives the ASCII character that a full-width or typographic one stands for.
pub(super) fn plain_form(character: char) -> char {
    match character {
        character if character.is_ascii() => character,
        '\u{ff01}'..='\u{ff5e}' => {
            let ascii = u32::from(character).saturating_sub(0xff01 - 0x21);
            char::from_u32(ascii).unwrap_or(character)
        }
        '\u{2212}' | '\u{fe63}' => '-',
        '\u{2019}' => '\'',
        '\u{a0}' | '\u{2007}' | '\u{2009}' | '\u{202f}' | '\u{3000}' => ' ',
        '￥' => '¥',
        '￡' => '£',
        '￦' => '₩',
        other => other,
    }
}
