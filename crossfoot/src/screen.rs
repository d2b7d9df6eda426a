//! Where a command's words go: results to stdout, everything else to stderr.

use crate::args::{Color, Global, Lang};
use crate::error::{CommandError, Kind};
use crate::progress::Show;
use crate::terminal::text::{guarded, is_unseen, plain};
use crate::terminal::{Style, render};
use crate::told::Told;
use crate::words::Language;
use anstream::{AutoStream, ColorChoice};
use miette::{GraphicalReportHandler, GraphicalTheme};
use reconcile::Outcome;
use serde::Serialize;
use std::ffi::OsString;
use std::io::{ErrorKind, IsTerminal, Write};

/// How this run talks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    pub(crate) json: bool,
    language: Language,
    no_progress: bool,
    color: Color,
    is_mute: bool,
}

impl Screen {
    /// The same screen for a command of which no result and no words are to be seen.
    pub(crate) fn muted(&self) -> Self {
        Self {
            is_mute: true,
            ..*self
        }
    }

    pub(crate) fn new(global: &Global) -> Self {
        Self {
            json: global.json,
            language: match global.lang {
                Some(Lang::Zh) => Language::Zh,
                Some(Lang::En) => Language::En,
                None => Language::of_system(),
            },
            no_progress: global.no_progress,
            color: global.color,
            is_mute: false,
        }
    }

    /// A screen for words about arguments that cannot be read.
    pub(crate) fn of_arguments(
        language: Language,
        arguments: impl Iterator<Item = OsString>,
    ) -> Self {
        let mut options = arguments.take_while(|word| word != "--");
        Self {
            json: options.any(|word| word == "--json"),
            language,
            no_progress: true,
            color: Color::Never,
            is_mute: false,
        }
    }

    pub(crate) fn words(&self) -> Language {
        self.language
    }

    fn choice(&self) -> ColorChoice {
        match self.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        }
    }

    /// Prints a result. A reader that has seen enough is no error.
    ///
    /// What is of a book has been escaped where the text was made; nothing that a screen would
    /// obey but lines and colours passes here all the same.
    pub(crate) fn print(&self, text: &str) -> Result<(), CommandError> {
        if self.is_mute {
            return Ok(());
        }
        let mut out = AutoStream::new(std::io::stdout().lock(), self.choice());
        let written = out.write_all(guarded(text).as_bytes()).and_then(|()| {
            if text.ends_with('\n') {
                Ok(())
            } else {
                out.write_all(b"\n")
            }
        });
        match written.and_then(|()| out.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(CommandError::new(
                Kind::Own,
                format!("cannot write the result: {error}"),
            )),
            _ => Ok(()),
        }
    }

    /// Prints one JSON document.
    pub(crate) fn document(&self, document: &impl Serialize) -> Result<u8, CommandError> {
        let text = serde_json::to_string_pretty(document)
            .map_err(|error| CommandError::new(Kind::Own, error.to_string()))?;
        self.print(&seen(&text))?;
        Ok(0)
    }

    /// Says something beside the result: lines of words, in which nothing is an order.
    pub(crate) fn say(&self, words: &str) {
        if self.is_mute {
            return;
        }
        let lines: Vec<String> = words.lines().map(plain).collect();
        self.draw(&lines.join("\n"));
    }

    /// Says what the engine said, in the screen's language.
    pub(crate) fn tell(&self, said: &str) {
        self.say(&self.words().lines(said));
    }

    /// Shows a drawing beside the result; it may hold colours.
    fn draw(&self, drawing: &str) {
        let mut err = AutoStream::new(std::io::stderr().lock(), self.choice());
        // Nobody can be told when stderr is closed.
        drop(writeln!(err, "{}", guarded(drawing)));
    }

    pub(crate) fn progress(&self) -> Show {
        Show {
            language: self.language,
            bar: !self.no_progress && std::io::stderr().is_terminal(),
            lines: !self.no_progress,
        }
    }

    /// How results are drawn.
    pub(crate) fn style(&self) -> Style {
        Style {
            language: self.language,
            ..Style::of_terminal(self.color == Color::Never)
        }
    }

    pub(crate) fn report(&self, outcome: &Outcome) -> String {
        render(&outcome.report, &outcome.largest, &self.style())
    }

    /// Gives why a command failed as a JSON document.
    pub(crate) fn fail_in_json(&self, error: &CommandError) {
        let document = serde_json::json!({"version": 1, "error": error.document()});
        drop(self.document(&document));
    }

    /// Shows why a command failed.
    pub(crate) fn fail(&self, error: &CommandError) {
        if self.json {
            self.fail_in_json(error);
        }
        self.explain(error);
    }

    /// Says beside the result why a command failed.
    pub(crate) fn explain(&self, error: &CommandError) {
        let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode());
        for mistake in &error.mistakes {
            let mut text = String::new();
            let told = Told::new(mistake, self.words());
            if handler.render_report(&mut text, &told).is_ok() {
                self.draw(&text);
            } else {
                self.tell(&mistake.on_one_line());
            }
        }
        let words = self.words();
        self.say(&words.failed(&words.lines(&error.message)));
        for hint in &error.hints {
            self.say(&words.hint(&words.engine(hint)));
        }
    }
}

/// Says lines of words where no screen has been set up.
pub(crate) fn say_plainly(words: &str) {
    let lines: Vec<String> = words.lines().map(plain).collect();
    let mut err = AutoStream::new(std::io::stderr().lock(), ColorChoice::Never);
    // Nobody can be told when stderr is closed.
    drop(writeln!(err, "{}", lines.join("\n")));
}

/// Gives a JSON document with what cannot be seen written as JSON writes it: the same document,
/// for whoever looks at it on a screen.
fn seen(document: &str) -> String {
    let mut shown = String::with_capacity(document.len());
    let mut units = [0; 2];
    for letter in document.chars() {
        // JSON has written out what is below a blank already, and lines are lines.
        if letter < ' ' || !is_unseen(letter) {
            shown.push(letter);
            continue;
        }
        for unit in letter.encode_utf16(&mut units) {
            shown.push_str(&format!("\\u{unit:04x}"));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_says_the_same_with_nothing_unseen() {
        let value = serde_json::json!({"a\u{202e}b": "水电费\u{9b}31m\u{e0001}\u{1b}[2J\u{7f}"});
        let text = serde_json::to_string_pretty(&value).expect("JSON");
        let shown = seen(&text);
        let is_order = |letter: char| is_unseen(letter) && letter != '\n';
        assert!(!guarded(&shown).contains(is_order), "{shown:?}");
        let read: serde_json::Value = serde_json::from_str(&shown).expect("still JSON");
        assert_eq!(read, value);
    }
}
