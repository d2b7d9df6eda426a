//! A mistake of a plan as the screen shows it: in the screen's language, and with nothing in it
//! that a terminal would obey.

use crate::terminal::text::{is_unseen, plain};
use crate::words::Language;
use miette::{
    Diagnostic, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents,
};
use rules::plan::PlanError;
use std::fmt;

/// A mistake, ready to be drawn.
#[derive(Debug)]
pub(crate) struct Told {
    message: String,
    help: Option<String>,
    source: Option<Source>,
    labels: Vec<LabeledSpan>,
}

impl Told {
    pub(crate) fn new(mistake: &PlanError, language: Language) -> Self {
        let told = |words: &str| plain(&language.engine(words));
        let source = mistake
            .text()
            .map(|text| Source::new(text.name(), text.text()));
        let place = |at: usize| source.as_ref().map_or(at, |source| source.place(at));
        let label = |label: LabeledSpan| {
            let (start, end) = (label.offset(), label.offset() + label.len());
            let span = place(start)..place(end);
            let words = label.label().map(told);
            match label.primary() {
                true => LabeledSpan::new_primary_with_span(words, span),
                false => LabeledSpan::new_with_span(words, span),
            }
        };
        let labels = mistake.labels().into_iter().flatten().map(label).collect();
        Self {
            message: told(&mistake.to_string()),
            help: mistake.help().map(|help| told(&help.to_string())),
            labels,
            source,
        }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Told {}

impl Diagnostic for Told {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.help.as_ref()?;
        Some(Box::new(help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        let source = self.source.as_ref()?;
        Some(source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let has_place = self.source.is_some();
        has_place.then(|| {
            let labels: Box<dyn Iterator<Item = LabeledSpan>> =
                Box::new(self.labels.iter().cloned());
            labels
        })
    }
}

/// A text that mistakes point into, with what cannot be seen written out.
#[derive(Debug)]
struct Source {
    name: String,
    shown: String,
    /// Where letters were written out: their end in the text, and by how much all moved behind.
    moved: Vec<(usize, usize)>,
}

impl Source {
    fn new(name: &str, text: &str) -> Self {
        let mut shown = String::with_capacity(text.len());
        let mut moved = Vec::new();
        let mut letters = text.char_indices().peekable();
        while let Some((at, letter)) = letters.next() {
            let ends_line = letter == '\r' && letters.peek().is_some_and(|(_, next)| *next == '\n');
            if !is_unseen(letter) || matches!(letter, '\n' | '\t') || ends_line {
                shown.push(letter);
                continue;
            }
            shown.extend(letter.escape_unicode());
            let end = at + letter.len_utf8();
            moved.push((end, shown.len() - end));
        }
        Self {
            name: plain(name),
            shown,
            moved,
        }
    }

    /// Where a place of the text is in what is shown.
    fn place(&self, at: usize) -> usize {
        let before = self.moved.partition_point(|(end, _)| *end <= at);
        let by = before.checked_sub(1).and_then(|last| self.moved.get(last));
        at + by.map_or(0, |(_, by)| *by)
    }
}

impl SourceCode for Source {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let found = self.shown.read_span(span, lines_before, lines_after)?;
        // Columns are counted in bytes there, and in characters by everyone else.
        let before = self.shown.get(..span.offset()).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        let column = match found.column() {
            0 => 0,
            _ => line.chars().count(),
        };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            found.data(),
            *found.span(),
            found.line(),
            column,
            found.line_count(),
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_stay_true_where_letters_are_written_out() {
        let text = "a\u{1b}b\r\n\u{202e}c\td";
        let source = Source::new("rules/a\u{7}.sql", text);
        assert_eq!(source.name, "rules/a\\u{7}.sql");
        assert_eq!(source.shown, "a\\u{1b}b\r\n\\u{202e}c\td");
        for letter in ['a', 'b', 'c', 'd'] {
            let at = text.find(letter).expect("it is there");
            let shown = source.shown.get(source.place(at)..).expect("a place");
            assert!(shown.starts_with(letter), "{letter}: {shown:?}");
        }
        assert_eq!(source.place(text.len()), source.shown.len());
    }
}
