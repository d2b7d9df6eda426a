//! Where a command's words go: results to stdout, everything else to stderr.

use crate::args::{Color, Global, Lang};
use crate::error::{CommandError, Kind};
use crate::progress::Show;
use crate::terminal::{Style, render};
use crate::words::Language;
use anstream::{AutoStream, ColorChoice};
use miette::{GraphicalReportHandler, GraphicalTheme};
use reconcile::Outcome;
use serde::Serialize;
use std::io::{ErrorKind, IsTerminal, Write};

/// How this run talks.
#[derive(Debug)]
pub(crate) struct Screen {
    pub(crate) json: bool,
    language: Language,
    no_progress: bool,
    color: Color,
}

impl Screen {
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
    pub(crate) fn print(&self, text: &str) -> Result<(), CommandError> {
        let mut out = AutoStream::new(std::io::stdout().lock(), self.choice());
        let written = out.write_all(text.as_bytes()).and_then(|()| {
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
        self.print(&text)?;
        Ok(0)
    }

    /// Says something beside the result.
    pub(crate) fn say(&self, words: &str) {
        let mut err = AutoStream::new(std::io::stderr().lock(), self.choice());
        // Nobody can be told when stderr is closed.
        drop(writeln!(err, "{words}"));
    }

    pub(crate) fn progress(&self) -> Show {
        Show {
            language: self.language,
            bar: !self.no_progress && std::io::stderr().is_terminal(),
            lines: !self.no_progress,
        }
    }

    pub(crate) fn report(&self, outcome: &Outcome) -> String {
        let style = Style {
            language: self.language,
            ..Style::of_terminal(self.color == Color::Never)
        };
        render(&outcome.report, &outcome.largest, &style)
    }

    /// Shows why a command failed.
    pub(crate) fn fail(&self, error: &CommandError) {
        if self.json {
            let mistakes: Vec<String> = error
                .mistakes
                .iter()
                .map(rules::plan::PlanError::on_one_line)
                .collect();
            let document = serde_json::json!({
                "version": 1,
                "error": {
                    "kind": error.kind.word(),
                    "exit_code": error.kind.code(),
                    "message": error.message,
                    "mistakes": mistakes,
                    "hints": error.hints,
                },
            });
            drop(self.document(&document));
        }
        let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode());
        for mistake in &error.mistakes {
            let mut text = String::new();
            if handler.render_report(&mut text, mistake).is_ok() {
                self.say(&text);
            } else {
                self.say(&mistake.on_one_line());
            }
        }
        self.say(&self.words().failed(&error.message));
        for hint in &error.hints {
            self.say(&self.words().hint(hint));
        }
    }
}
