//! The breaks that weigh most, one by one.

use super::agreement::in_one_line;
use super::{Page, Paint, text};
use ledger::{Break, BreakKind, CauseStatus, Record, SourceRecord};

/// Fields of one break that are shown.
const FIELDS_MAX: usize = 6;

/// Places of one break that are shown for each side.
const PLACES_MAX: usize = 3;

/// Columns of a field's name.
const NAME_MAX: usize = 24;

impl Page<'_> {
    /// Lists the breaks that weigh most.
    pub(super) fn largest(&mut self, largest: &[Break]) {
        let all = self.sum(|one| one.breaks.sum());
        if all == 0 && largest.is_empty() {
            return;
        }
        let shown = largest.len() as u64;
        let title = self.words.largest_breaks(shown, all.max(shown));
        self.part(&title);
        for (at, found) in largest.iter().enumerate() {
            self.one(at + 1, found);
        }
        let hidden = usize::try_from(all.saturating_sub(shown)).unwrap_or(usize::MAX);
        self.more(2, hidden, "breaks.jsonl");
    }

    fn one(&mut self, number: usize, found: &Break) {
        let number = format!("{number}. ");
        let kind = self.words.kind(found.kind);
        let mut what = vec![self.style.paint(Paint::Bad, kind)];
        let mut taken = 2 + number.len() + text::width(kind) + 2;
        if self.report.agreements.len() > 1 {
            let name = text::clipped(&text::plain(&found.agreement), NAME_MAX, self.style);
            taken += text::width(&name) + 2;
            what.push(name);
        }
        let null = self.words.null();
        let named = match (&found.key, &found.expected, &found.actual) {
            (key, _, _) if !key.is_empty() => in_one_line(key, null),
            (_, Some(record), _) | (_, None, Some(record)) => in_one_line(record, null),
            _ => String::new(),
        };
        let room = self.style.width.saturating_sub(taken);
        what.push(text::clipped(&named, room, self.style));
        self.write(2, &format!("{number}{}", what.join("  ")));
        self.facts(2 + number.len(), &self.facts_of(found));
    }

    /// Writes facts with their names under one another.
    fn facts(&mut self, indent: usize, facts: &[(String, Fact)]) {
        let names = facts.iter().map(|(name, _)| text::width(name)).max();
        let names = names.unwrap_or(0);
        let room = self.style.width.saturating_sub(indent + names + 2);
        for (name, fact) in facts {
            let blank = " ".repeat(names.saturating_sub(text::width(name)) + 2);
            let name = self.style.paint(Paint::Dim, name);
            let lines = match fact {
                Fact::Whole(words) => text::wrapped(words, room),
                Fact::Record(line) => vec![text::clipped(line, room, self.style)],
                Fact::Change(expected, actual) => self.change(expected, actual, room),
            };
            for (at, line) in lines.iter().enumerate() {
                match at {
                    0 => self.write(indent, &format!("{name}{blank}{line}")),
                    _ => self.write(indent + names + 2, line),
                }
            }
        }
    }

    /// Two values beside one another; under one another where they find no room.
    fn change(&self, expected: &str, actual: &str, room: usize) -> Vec<String> {
        let arrow = self.style.arrow();
        let beside = text::width(expected) + text::width(arrow) + text::width(actual) + 2;
        if beside <= room {
            return vec![format!("{expected} {arrow} {actual}")];
        }
        let each = room.saturating_sub(text::width(arrow) + 1);
        let [expected, actual] = text::clipped_apart(expected, actual, each, self.style);
        vec![expected, format!("{arrow} {actual}")]
    }

    fn facts_of(&self, found: &Break) -> Vec<(String, Fact)> {
        let words = self.words;
        let mut facts = Vec::new();
        let mut fact = |name: &str, fact: Fact| facts.push((name.to_owned(), fact));
        let null = words.null();
        for field in found.fields.iter().take(FIELDS_MAX) {
            let name = text::clipped(&text::escaped(&field.name), NAME_MAX, self.style);
            let [expected, actual] =
                [&field.expected, &field.actual].map(|value| text::value(value.as_deref(), null));
            fact(&name, Fact::Change(expected, actual));
        }
        let hidden = found.fields.len().saturating_sub(FIELDS_MAX);
        if hidden > 0 {
            let file = self.file("breaks.jsonl");
            fact("", Fact::Whole(words.more(hidden as u64, file.as_deref())));
        }
        if found.kind != BreakKind::Differs && !found.key.is_empty() {
            let record = found.expected.as_ref().or(found.actual.as_ref());
            let rest = record
                .map(|record| without(record, &found.key))
                .unwrap_or_default();
            if !rest.is_empty() {
                fact(words.record(), Fact::Record(in_one_line(&rest, null)));
            }
        }
        if found.kind == BreakKind::Copies {
            let copies = words.copies(found.copies.expected, found.copies.actual);
            fact(words.kind(found.kind), Fact::Whole(copies));
        }
        let amounts: Vec<String> = found
            .difference
            .iter()
            .map(|one| {
                let amount = self.with_currency(&text::amount(&one.amount), &one.currency);
                format!("{amount} ({})", text::escaped(&one.column))
            })
            .collect();
        if !amounts.is_empty() {
            let amounts = amounts.join(words.pick(", ", "，"));
            fact(words.difference(), Fact::Whole(amounts));
        }
        for (side, places) in [
            (words.source(), &found.source),
            (words.target(), &found.target),
        ] {
            if !places.is_empty() {
                fact(side, Fact::Whole(self.places(places)));
            }
        }
        if found.alternatives > 0 {
            fact(
                words.pairing(),
                Fact::Whole(words.alternatives(found.alternatives)),
            );
        }
        if found.cause.status != CauseStatus::Unknown {
            fact(words.cause_label(), Fact::Whole(self.cause(found)));
        }
        facts
    }

    /// Where a record stands.
    pub(super) fn place(&self, record: &SourceRecord) -> String {
        let row = record.row.map(|row| format!(":{row}")).unwrap_or_default();
        match &record.file {
            Some(file) => format!("{}{row}", text::plain(file)),
            None => format!("{}{row}", self.words.table(&text::plain(&record.table))),
        }
    }

    fn places(&self, places: &[SourceRecord]) -> String {
        let place = |record: &SourceRecord| self.place(record);
        let shown: Vec<String> = places.iter().take(PLACES_MAX).map(place).collect();
        let mut line = shown.join(self.words.pick(", ", "、"));
        let hidden = places.len().saturating_sub(PLACES_MAX);
        if hidden > 0 {
            let file = self.file("breaks.jsonl");
            line.push_str(self.words.pick(", ", "，"));
            line.push_str(&self.words.more(hidden as u64, file.as_deref()));
        }
        line
    }

    fn cause(&self, found: &Break) -> String {
        let cause = &found.cause;
        let id = cause.id.as_deref().map(text::plain);
        let mut line = self.words.cause(id.as_deref(), cause.status);
        if !cause.says.is_empty() {
            line.push_str(self.words.pick(": ", "："));
            line.push_str(&text::plain(&self.words.engine(&cause.says)));
        }
        if !cause.rivals.is_empty() {
            let rivals: Vec<String> = cause.rivals.iter().map(|id| text::plain(id)).collect();
            let rivals = rivals.join(self.words.pick(", ", "、"));
            line.push_str(&format!(" ({rivals})"));
        }
        line
    }
}

/// One fact about a break.
enum Fact {
    /// Shown whole, over as many lines as it takes.
    Whole(String),
    /// Clipped to one line.
    Record(String),
    /// An expected and an actual value.
    Change(String, String),
}

/// A record but for the columns of its key.
fn without(record: &Record, key: &Record) -> Record {
    let rest = record.0.iter().filter(|(name, _)| key.get(name).is_none());
    Record(rest.cloned().collect())
}
