//! One record's story, and suspicions about a bare difference, on a terminal.

use super::agreement::in_one_line;
use super::table::{Cell, Table};
use super::{Paint, Style, text, with_currency};
use crate::words::Language;
use ledger::{Break, BreakKind, CauseStatus, Record, Reject, SourceRecord};
use reconcile::story::{
    Agreed, CauseId, Entry, Explained, Neighbours, Rule, Says, SideSuspects, Sight, Story, Suspect,
    Suspicions, Told,
};

/// Hypotheses that do not fit are shown up to so many.
const TRIED_MAX: usize = 24;

/// Columns of a name, and of a value of a source record.
const NAME_MAX: usize = 24;

/// Draws the story of a record.
pub(crate) fn story(story: &Story, style: &Style) -> String {
    let mut page = Page::new(style);
    for told in &story.records {
        page.head(story, told);
    }
    for reject in &story.rejects {
        page.rejected(reject);
    }
    page.sources(story);
    page.rule(&story.rule);
    for told in &story.records {
        if let Told::Breaks(explained) = told {
            page.compared(&explained.found);
            page.tried(explained);
        }
    }
    page.neighbours(&story.neighbours);
    page.out
}

/// Draws what a bare difference suggests.
pub(crate) fn suspicions(found: &Suspicions, style: &Style) -> String {
    let mut page = Page::new(style);
    let column = text::escaped(&found.column);
    let amount = text::amount(&found.difference.to_string());
    let amount = with_currency(&amount, &found.currency);
    page.say(0, Paint::Bold, &page.words.suspects_of(&amount, &column));
    page.say(0, Paint::Doubtful, page.words.proves_nothing());
    if !found.alone.is_empty() {
        page.part(page.words.by_itself_suggests());
        for suspect in &found.alone {
            page.suspect(suspect, &[]);
        }
    }
    for (at, side) in found.sides.iter().enumerate() {
        page.side(at == 0, side);
    }
    page.out
}

/// Whether a reject is a record of the target.
fn is_of_target(reject: &Reject) -> bool {
    reject.book == "target"
}

/// A page while it is written.
struct Page<'a> {
    style: &'a Style,
    words: Language,
    out: String,
}

impl<'a> Page<'a> {
    fn new(style: &'a Style) -> Self {
        Self {
            style,
            words: style.language,
            out: String::new(),
        }
    }

    fn say(&mut self, indent: usize, paint: Paint, sentence: &str) {
        self.out.push_str(&self.style.said(indent, paint, sentence));
    }

    fn part(&mut self, title: &str) {
        self.out.push_str(&self.style.part(title));
    }

    fn table(&mut self, indent: usize, table: &Table) {
        self.out.push_str(&self.style.table(indent, table));
    }

    fn line(&mut self, indent: usize, line: &str) {
        self.out
            .push_str(&format!("{}{line}\n", " ".repeat(indent)));
    }

    /// Writes facts with their names under one another.
    fn facts(&mut self, indent: usize, facts: &[(String, String)]) {
        let names = facts.iter().map(|(name, _)| text::width(name)).max();
        let names = names.unwrap_or(0);
        let room = self.style.width.saturating_sub(indent + names + 2);
        for (name, fact) in facts {
            let blank = " ".repeat(names.saturating_sub(text::width(name)) + 2);
            let name = self.style.paint(Paint::Dim, name);
            for (at, line) in text::wrapped(fact, room).iter().enumerate() {
                match at {
                    0 => self.line(indent, &format!("{name}{blank}{line}")),
                    _ => self.line(indent + names + 2, line),
                }
            }
        }
    }
}

/// The verdict on each record.
impl Page<'_> {
    fn head(&mut self, story: &Story, told: &Told) {
        let (kind, paint, record) = match told {
            Told::Breaks(explained) => {
                let found = &explained.found;
                let record = found.expected.as_ref().or(found.actual.as_ref());
                let named = match found.key.is_empty() {
                    false => Some(&found.key),
                    true => record,
                };
                (self.words.kind(found.kind), Paint::Bad, named)
            }
            Told::Agrees(agreed) => (self.words.agrees(), Paint::Good, Some(&agreed.record)),
        };
        let record = record.map(|record| in_one_line(record, self.words.null()));
        let line = format!(
            "{}  {}  ({})",
            self.style.paint(paint, kind),
            record.unwrap_or_default(),
            text::plain(&story.agreement)
        );
        self.line(0, &line);
        let facts = match told {
            Told::Breaks(explained) => self.facts_of(explained),
            Told::Agrees(agreed) => self.facts_of_agreed(agreed),
        };
        self.facts(2, &facts);
        if let Told::Breaks(explained) = told
            && story.records.len() == 1
        {
            let told_from = match &explained.sight {
                Sight::Alone => self.words.by_itself().to_owned(),
                Sight::WithAll => self.words.with_all().to_owned(),
                Sight::AsVerified(folder) => self.words.as_verified(&text::plain(folder)),
            };
            self.say(2, Paint::Dim, &told_from);
        }
    }

    fn rejected(&mut self, reject: &Reject) {
        let word = self.style.paint(Paint::Bad, self.words.rejected());
        let places = self.places(&reject.source);
        let places = match is_of_target(reject) {
            true => format!("{}  {places}", self.words.target()),
            false => places,
        };
        self.line(0, &format!("{word}  {places}"));
        let reason = text::plain(&self.words.engine(&reject.reason));
        self.facts(2, &[(self.words.why().to_owned(), reason)]);
    }

    fn facts_of(&self, explained: &Explained) -> Vec<(String, String)> {
        let words = self.words;
        let (found, why) = (&explained.found, &explained.why);
        let mut facts = Vec::new();
        let mut fact = |name: &str, fact: String| facts.push((name.to_owned(), fact));
        for field in &found.fields {
            let [expected, actual] = [&field.expected, &field.actual]
                .map(|value| text::value(value.as_deref(), words.null()));
            let change = format!("{expected} {} {actual}", self.style.arrow());
            fact(&text::escaped(&field.name), change);
        }
        if found.kind == BreakKind::Copies {
            let copies = words.copies(found.copies.expected, found.copies.actual);
            fact(words.kind(found.kind), copies);
        } else if found.fields.is_empty() {
            fact(
                words.kind(found.kind),
                words.kind_means(found.kind).to_owned(),
            );
        }
        let amounts: Vec<String> = found
            .difference
            .iter()
            .map(|one| {
                let amount = with_currency(&text::amount(&one.amount), &one.currency);
                format!("{amount} ({})", text::escaped(&one.column))
            })
            .collect();
        if !amounts.is_empty() {
            fact(words.difference(), amounts.join(words.pick(", ", "，")));
        }
        fact(words.source(), self.places(&found.source));
        if !found.target.is_empty() {
            fact(words.target(), self.places(&found.target));
        }
        if found.alternatives > 0 {
            fact(words.pairing(), words.alternatives(found.alternatives));
        }
        fact(words.cause_label(), self.cause(explained));
        fact(words.why(), words.status_means(why.status).to_owned());
        for rival in &why.rivals {
            fact(words.rivals(), self.named(&[*rival]));
        }
        match why.status {
            CauseStatus::Proved => {}
            CauseStatus::Consistent if explained.undecided.is_empty() => {
                fact(words.to_decide(), words.more_evidence().to_owned());
            }
            CauseStatus::Consistent => {
                for one in &explained.undecided {
                    let needs = words.engine(one.needs);
                    fact(words.to_decide(), format!("{}: {needs}", one.cause));
                }
            }
            CauseStatus::Unknown => {
                fact(words.to_decide(), words.more_evidence().to_owned());
                let count = explained.undecided.len() as u64;
                fact("", words.not_in_records(count));
            }
        }
        facts
    }

    fn facts_of_agreed(&self, agreed: &Agreed) -> Vec<(String, String)> {
        let words = self.words;
        vec![
            (
                words.agrees().to_owned(),
                words.on_both_sides(agreed.copies),
            ),
            (words.source().to_owned(), self.places(&agreed.source)),
            (words.target().to_owned(), self.places(&agreed.target)),
        ]
    }

    /// The causes by id and name, and what they did here.
    fn cause(&self, explained: &Explained) -> String {
        let why = &explained.why;
        if why.causes.is_empty() {
            return self.words.cause(None, why.status);
        }
        let cause = self.words.cause(Some(&self.named(&why.causes)), why.status);
        let says = self.says(&why.says);
        match says.is_empty() {
            true => cause,
            false => format!("{cause}{}{says}", self.words.pick(": ", "：")),
        }
    }

    fn named(&self, causes: &[CauseId]) -> String {
        let name = |cause: &CauseId| {
            let name = self.words.pick(cause.name_en(), cause.name_zh());
            format!("{cause} {name}").trim().to_owned()
        };
        let names: Vec<String> = causes.iter().map(name).collect();
        names.join(" + ")
    }

    fn says(&self, says: &Says) -> String {
        // What a report says is in English, as all that the engine says.
        match self.words.pick(&says.en, &says.zh) {
            none if none.is_empty() => text::plain(&self.words.engine(&says.en)),
            said => text::plain(said),
        }
    }

    fn places(&self, places: &[SourceRecord]) -> String {
        if places.is_empty() {
            return self.words.no_source_record().to_owned();
        }
        let places: Vec<String> = places.iter().map(|place| self.place(place)).collect();
        places.join(self.words.pick(", ", "、"))
    }

    fn place(&self, record: &SourceRecord) -> String {
        let row = record.row.map(|row| format!(":{row}")).unwrap_or_default();
        match &record.file {
            Some(file) => format!("{}{row}", text::plain(file)),
            None => format!("{}{row}", self.words.table(&text::plain(&record.table))),
        }
    }
}

/// What the story rests on.
impl Page<'_> {
    fn sources(&mut self, story: &Story) {
        let of_told = story.records.iter().flat_map(|told| match told {
            Told::Breaks(explained) => explained.found.source.iter(),
            Told::Agrees(agreed) => agreed.source.iter(),
        });
        let of_source = story.rejects.iter().filter(|reject| !is_of_target(reject));
        let of_rejects = of_source.flat_map(|reject| &reject.source);
        let mut shown: Vec<&SourceRecord> = of_told.chain(of_rejects).collect();
        shown.dedup();
        if shown.is_empty() {
            return;
        }
        self.part(self.words.source_records());
        for record in shown {
            let place = self.place(record);
            self.line(2, &place);
            let fields = record.fields.0.iter();
            let facts: Vec<(String, String)> = fields
                .map(|(name, value)| {
                    let name = text::clipped(&text::escaped(name), NAME_MAX, self.style);
                    (name, text::value(value.as_deref(), self.words.null()))
                })
                .collect();
            self.facts(4, &facts);
        }
    }

    fn rule(&mut self, rule: &Rule) {
        let name = match &rule.file {
            Some(file) => text::plain(file),
            None => self.words.in_the_plan().to_owned(),
        };
        self.part(&self.words.rule_of(&name));
        if rule.is_table {
            let table = text::escaped(&rule.sql);
            self.say(2, Paint::Plain, &self.words.as_it_is(&table));
        } else {
            for line in rule.sql.trim_end().lines() {
                let line = text::plain(&line.replace('\t', "    "));
                self.line(2, line.trim_end());
            }
        }
        self.out.push('\n');
        let mut table = Table::default()
            .text(self.words.column())
            .text(self.words.comes_from())
            .text(self.words.depends_on());
        for column in &rule.columns {
            table.row([
                Cell::new(text::escaped(&column.column)),
                Cell::new(columns(&column.values)),
                Cell::new(columns(&column.conditions)),
            ]);
        }
        self.table(2, &table);
        if !rule.decided_by.is_empty() {
            let decided = self.words.decided_by(&columns(&rule.decided_by));
            self.say(2, Paint::Plain, &decided);
        }
    }

    fn compared(&mut self, found: &Break) {
        self.part(self.words.records_compared());
        let mut table = Table::default()
            .text(self.words.column())
            .text(self.words.expected())
            .text(self.words.actual())
            .text("");
        let either = found.expected.as_ref().or(found.actual.as_ref());
        for (name, _) in either.into_iter().flat_map(|record| &record.0) {
            let differs = found.fields.iter().any(|field| field.name == *name);
            let paint = if differs { Paint::Bad } else { Paint::Plain };
            let value = |record: &Option<Record>| match record {
                Some(record) => {
                    let value = record.get(name).flatten();
                    Cell::painted(text::value(value, self.words.null()), paint)
                }
                None => Cell::painted(self.words.none_there(), Paint::Dim),
            };
            let mark = if differs {
                self.words.differs_here()
            } else {
                ""
            };
            table.row([
                Cell::new(text::escaped(name)),
                value(&found.expected),
                value(&found.actual),
                Cell::new(mark),
            ]);
        }
        self.table(2, &table);
    }

    fn tried(&mut self, explained: &Explained) {
        let tried = &explained.why.tried;
        if tried.is_empty() {
            return;
        }
        let fitting = tried.iter().filter(|one| one.reproduces).count();
        let title = self.words.tried(tried.len() as u64, fitting as u64);
        self.part(&title);
        let fits = tried.iter().filter(|one| one.reproduces);
        let others = tried.iter().filter(|one| !one.reproduces);
        let shown = fits.chain(others.take(TRIED_MAX)).map(|one| {
            let outcome = self.words.reproduces(one.reproduces);
            let blank = " ".repeat(6_usize.saturating_sub(text::width(outcome)));
            let name = format!("{outcome}{blank}{}", self.named(&[one.cause]));
            (name, self.says(&one.says))
        });
        let shown: Vec<(String, String)> = shown.collect();
        self.facts(2, &shown);
        let hidden = (tried.len() - fitting).saturating_sub(TRIED_MAX);
        if hidden > 0 {
            self.say(2, Paint::Plain, &self.words.more_tried(hidden as u64));
        }
    }

    fn neighbours(&mut self, all: &[Neighbours]) {
        if all.is_empty() {
            return;
        }
        self.part(self.words.neighbours());
        let mut table = Table::default().text("").text("");
        for near in all {
            let line = |record: &Option<SourceRecord>, none: &str| match record {
                Some(record) => [
                    Cell::new(self.place(record)),
                    Cell::new(in_one_line(&record.fields, self.words.null())),
                ],
                None => [Cell::new(""), Cell::painted(none, Paint::Dim)],
            };
            table.row(line(&near.before, self.words.first_of_file()));
            table.row([
                Cell::new(self.place(&near.of)),
                Cell::painted(self.words.this_record(), Paint::Bold),
            ]);
            table.row(line(&near.after, self.words.last_of_file()));
        }
        self.table(2, &table);
    }
}

/// Suspicions.
impl Page<'_> {
    fn side(&mut self, is_expected: bool, side: &SideSuspects) {
        self.part(&self.words.among(is_expected, side.entries));
        if side.suspects.is_empty() && side.refused.is_empty() {
            self.say(2, Paint::Plain, self.words.no_suspects());
        }
        for suspected in &side.suspects {
            self.suspect(&suspected.suspect, &suspected.entries);
        }
        for refused in &side.refused {
            let says = self.says(&refused.says);
            let line = format!(
                "{}{}{says}",
                self.words.refused(),
                self.words.pick(": ", "：")
            );
            self.say(2, Paint::Dim, &line);
        }
    }

    fn suspect(&mut self, suspect: &Suspect, entries: &[Entry]) {
        let says = self.says(&suspect.says);
        self.say(2, Paint::Plain, &says);
        let facts: Vec<(String, String)> = entries
            .iter()
            .map(|entry| {
                let label = text::clipped(&text::plain(&entry.label), NAME_MAX, self.style);
                let places: Vec<String> =
                    entry.places.iter().map(|place| self.place(place)).collect();
                let amount = text::amount(&entry.amount.to_string());
                let both = self.words.on_both(entry.is_on_both);
                let places = places.join(self.words.pick(", ", "、"));
                (label, format!("{amount}  {places}  {both}"))
            })
            .collect();
        self.facts(6, &facts);
    }
}

/// Columns of tables, with the table where it is needed to tell them apart.
fn columns(columns: &[rules::sql::SourceColumn]) -> String {
    let name = |column: &rules::sql::SourceColumn| {
        text::escaped(&format!("{}.{}", column.table, column.column))
    };
    let names: Vec<String> = columns.iter().map(name).collect();
    names.join(", ")
}
