//! From two books to the draft of a plan.

use super::convert::{At, Form, Terms, Units, as_money, reads_null, sql};
use super::key::{self, Key};
use super::money::{self, Told};
use super::names;
use super::open::{Opened, open};
use super::pairs::{Pair, Why, pair_columns, pair_tables};
use super::profile::{Class, Column};
use super::sample::Sample;
use super::say::{count, list, many};
use super::site::{Environment, Site};
use super::{Survey, SurveyError, Wishes};
use crate::Beforehand;
use crate::prepare::quoted;
use hashbrown::HashSet;
use ledger::{CurrencyCode, Zone, minor_units};
use rules::plan::{Draft, DraftAgreement, DraftBook};
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

pub(super) fn survey(
    source: &str,
    target: &str,
    wishes: &Wishes,
    environment: Environment<'_>,
) -> Result<Survey, SurveyError> {
    check_wishes(wishes)?;
    let source = Site::read(source, "source", environment);
    let target = Site::read(target, "target", environment);
    let (source, target) = match (source, target) {
        (Ok(source), Ok(target)) => (source, target),
        (Err(SurveyError::Address(mut mistakes)), Err(SurveyError::Address(more))) => {
            mistakes.extend(more);
            return Err(SurveyError::Address(mistakes));
        }
        (Err(error), _) | (_, Err(error)) => return Err(error),
    };
    let (old, new) = match (open_as("source", &source), open_as("target", &target)) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(SurveyError::Books(mut errors)), Err(SurveyError::Books(more))) => {
            errors.extend(more);
            return Err(SurveyError::Books(errors));
        }
        (Err(error), _) | (_, Err(error)) => return Err(error),
    };
    let (sources, targets) = (samples(&old), samples(&new));
    let mut said: Vec<String> = Vec::new();
    for (side, opened, samples) in [("source", &old, &sources), ("target", &new, &targets)] {
        let words = opened.said.iter().cloned();
        let words = words.chain(samples.iter().filter_map(says_sample));
        said.extend(words.map(|words| format!("in the {side}, {words}")));
    }
    let mut barred: Vec<String> = [("source", &old), ("target", &new)]
        .into_iter()
        .flat_map(|(side, opened)| says_barred(side, &opened.book).chain(says_blank(side, opened)))
        .collect();
    said.extend(barred.iter().cloned());
    let facts = facts(&sources, &targets, wishes)?;
    let unpaired = unpaired(&facts, &sources, &targets);
    said.extend(unpaired.iter().map(Unpaired::says));
    let told = currency(&facts, wishes, &mut said, &mut barred);
    let mut took = Vec::new();
    let mut agreements = Vec::new();
    let mut found = Vec::new();
    let mut beforehand = beforehand_of_all(&said, &unpaired, barred);
    for fact in &facts {
        let start = if facts.len() > 1 {
            format!("{}: ", fact.target.name())
        } else {
            String::new()
        };
        let taken = format!("{start}{}", fact.says_took(told.as_deref()));
        let mut words = fact.says(told.as_deref());
        beforehand.notes.push(taken.clone());
        beforehand.notes.extend(words.iter().cloned());
        beforehand.not_checked.extend(fact.says_not_compared());
        beforehand.not_checked.extend(fact.says_doubts());
        words.extend(fact.says_not_compared());
        said.push(taken.clone());
        said.extend(words.iter().cloned());
        took.push(taken);
        took.extend(fact.says_forms(&start));
        agreements.push(fact.agreement(told.as_deref(), &words));
        found.push(std::mem::take(&mut beforehand));
    }
    took.extend(says_left_out(&facts, &unpaired));
    let draft = Draft {
        preface: PREFACE.to_owned(),
        name: format!("{} to {}", source.name(), target.name()),
        timezone: wishes.timezone.clone(),
        currency: told,
        source: book(&source, old, facts.iter().map(|fact| fact.source)),
        target: book(&target, new, facts.iter().map(|fact| fact.target)),
        agreements,
        controls: Vec::new(),
        notes: BTreeMap::new(),
    };
    Ok(Survey {
        draft,
        said,
        beforehand: found,
        took,
        paths: [source.paths, target.paths],
    })
}

/// Opens a book; what is wrong says which of both it is.
fn open_as(book: &'static str, site: &Site) -> Result<Opened, SurveyError> {
    open(site).map_err(|error| match error {
        SurveyError::Books(errors) => {
            let named = errors.into_iter().map(|error| error.in_book(book));
            SurveyError::Books(named.collect())
        }
        SurveyError::Read(error) => SurveyError::Read(error.in_book(book)),
        other => other,
    })
}

const PREFACE: &str = "Drafted from both books by measuring them. What was taken for what stands beside it:\n\
                       read it, and correct what you know better.";

fn check_wishes(wishes: &Wishes) -> Result<(), SurveyError> {
    if let Some(code) = &wishes.currency {
        CurrencyCode::from_str(code).map_err(|error| SurveyError::Wish(error.to_string()))?;
    }
    if let Some(zone) = &wishes.timezone {
        Zone::new(zone).map_err(|error| SurveyError::Wish(error.to_string()))?;
    }
    Ok(())
}

fn samples(opened: &Opened) -> Vec<Sample> {
    opened.book.tables().map(Sample::read).collect()
}

fn says_sample(sample: &Sample) -> Option<String> {
    let records = many(sample.records, "record");
    let of = match sample
        .records_in_all()
        .filter(|(all, _)| *all > sample.records)
    {
        Some((all, false)) => format!(" of {}", count(all)),
        Some((all, true)) => format!(" of about {}", count(all)),
        None => String::new(),
    };
    let judged = format!(
        "{}: its columns were judged by {records}{of}",
        sample.name()
    );
    match &sample.fault {
        Some(error) => {
            let line = error
                .line
                .map(|line| format!(":{line}"))
                .unwrap_or_default();
            let place = format!("{}{line}", error.file);
            Some(format!(
                "{judged}, because {place} cannot be read: {}",
                error.kind
            ))
        }
        None => (!sample.is_whole).then_some(judged),
    }
}

fn book<'s>(site: &Site, opened: Opened, compared: impl Iterator<Item = &'s Sample>) -> DraftBook {
    let mut tables = opened.tables;
    let left_out = opened.left_out.iter().map(String::as_str);
    let words = format!("left out, as there is nothing in them: {}", list(left_out));
    let note = (!opened.left_out.is_empty()).then(|| ("url".to_owned(), words));
    // A record of which something cannot be read cannot be read whole.
    for sample in compared.filter(|sample| !sample.unread.is_empty()) {
        let spec = tables.entry(sample.name().to_owned()).or_default();
        spec.ignore.extend(sample.unread.iter().cloned());
    }
    DraftBook {
        url: site.written.clone(),
        tables,
        notes: note.into_iter().collect(),
    }
}

/// Two tables that belong together, and what was found out about them.
struct Fact<'s> {
    source: &'s Sample,
    target: &'s Sample,
    pairs: Vec<Pair>,
    /// Indexes into the pairs.
    money: Vec<usize>,
    currency: Option<usize>,
    key: Key,
    foot: Vec<usize>,
}

fn facts<'s>(
    sources: &'s [Sample],
    targets: &'s [Sample],
    wishes: &Wishes,
) -> Result<Vec<Fact<'s>>, SurveyError> {
    let codes = money::code_hashes();
    let mut paired: Vec<(&Sample, &Sample, Vec<Pair>)> = Vec::new();
    for (source, target) in pair_tables(sources, targets) {
        let (source, target) = (&sources[source], &targets[target]);
        let pairs = pair_columns(source, target, wishes.timezone.is_some(), true);
        if !pairs.is_empty() {
            paired.push((source, target, pairs));
        }
    }
    if paired.is_empty() {
        return Err(nothing_shared(sources, targets));
    }
    let wanted = |names: &Option<Vec<String>>| -> Result<Vec<Option<Vec<usize>>>, SurveyError> {
        let Some(names) = names else {
            return Ok(vec![None; paired.len()]);
        };
        wished_columns(names, &paired)
    };
    let (keys, moneys) = (wanted(&wishes.key)?, wanted(&wishes.money)?);
    let both = keys.into_iter().zip(moneys);
    let mut facts = Vec::new();
    for ((source, target, pairs), (key, money)) in paired.into_iter().zip(both) {
        facts.push(fact(source, target, pairs, key, money, &codes)?);
    }
    Ok(facts)
}

fn fact<'s>(
    source: &'s Sample,
    target: &'s Sample,
    mut pairs: Vec<Pair>,
    wished_key: Option<Vec<usize>>,
    wished_money: Option<Vec<usize>>,
    codes: &HashSet<u64>,
) -> Result<Fact<'s>, SurveyError> {
    let known = |column: &Column| money::has_codes(column, codes);
    let currency = money::currency_column(source, target, &pairs, &known);
    let money = match wished_money {
        Some(wished) => {
            let wished = exact(source, target, &pairs, wished)?;
            read_as_money(source, target, &mut pairs, &wished);
            wished
        }
        None => {
            let in_key = |at: &usize| wished_key.as_ref().is_some_and(|key| key.contains(at));
            money::find(source, target, &pairs)
                .into_iter()
                .filter(|at| !in_key(at))
                .collect()
        }
    };
    let key = match wished_key {
        Some(wished) => key::wished(source, target, &pairs, wished),
        None => key::find(source, target, &pairs, &money),
    };
    let taken: BTreeSet<usize> = money
        .iter()
        .chain(&key.pairs)
        .chain(&currency)
        .copied()
        .collect();
    let foot = money::foot(source, &pairs, &taken);
    Ok(Fact {
        source,
        target,
        pairs,
        money,
        currency,
        key,
        foot,
    })
}

/// Refuses to take for money what holds no exact numbers.
fn exact(
    source: &Sample,
    target: &Sample,
    pairs: &[Pair],
    wished: Vec<usize>,
) -> Result<Vec<usize>, SurveyError> {
    let no_amounts = |pair: &Pair| {
        let columns = [&source.columns[pair.source], &target.columns[pair.target]];
        let inexact = |column: &&Column| {
            !matches!(column.class(), Class::Text) && !column.class().is_exact_number()
        };
        columns
            .into_iter()
            .find(inexact)
            .map(|column| column.name.clone())
    };
    match wished.iter().find_map(|at| no_amounts(&pairs[*at])) {
        Some(name) => Err(SurveyError::Wish(format!(
            "`{name}` cannot be money: it holds no exact numbers, but values of another type"
        ))),
        None => Ok(wished),
    }
}

/// Reads as amounts what would be texts, were it not money.
fn read_as_money(source: &Sample, target: &Sample, pairs: &mut [Pair], wished: &[usize]) {
    for at in wished {
        let pair = &mut pairs[*at];
        let (ours, theirs) = (&source.columns[pair.source], &target.columns[pair.target]);
        if let (Form::Digits, Some(fit)) = (&pair.form, as_money(ours, theirs)) {
            (pair.form, pair.units, pair.shared) = (fit.form, fit.units, fit.shared);
        }
    }
}

/// Finds the wished columns in each pair of tables. A pair that lacks one has none of them; one
/// pair at least must have all.
fn wished_columns(
    names: &[String],
    paired: &[(&Sample, &Sample, Vec<Pair>)],
) -> Result<Vec<Option<Vec<usize>>>, SurveyError> {
    let find = |source: &Sample, target: &Sample, pairs: &[Pair], name: &String| {
        let called = |pair: &Pair| {
            [
                &source.columns[pair.source].name,
                &target.columns[pair.target].name,
            ]
        };
        let exact = pairs.iter().position(|pair| called(pair).contains(&name));
        exact.or_else(|| {
            let alike = |pair: &Pair| {
                called(pair)
                    .iter()
                    .any(|other| names::likeness(other, name) >= names::SPELT_ALIKE)
            };
            pairs.iter().position(alike)
        })
    };
    let found: Vec<Option<Vec<usize>>> = paired
        .iter()
        .map(|(source, target, pairs)| {
            names
                .iter()
                .map(|name| find(source, target, pairs, name))
                .collect()
        })
        .collect();
    if found.iter().any(Option::is_some) {
        return Ok(found);
    }
    let lacking = names.iter().find(|name| {
        paired
            .iter()
            .all(|(source, target, pairs)| find(source, target, pairs, name).is_none())
    });
    let there = paired.iter().flat_map(|(_, target, pairs)| {
        pairs
            .iter()
            .map(|pair| target.columns[pair.target].name.as_str())
    });
    let there: BTreeSet<&str> = there.collect();
    Err(SurveyError::Wish(match lacking {
        Some(name) => format!(
            "no column `{name}` is in both books; in both are {}",
            list(there)
        ),
        None => format!(
            "no table has all of the columns {}",
            list(names.iter().map(String::as_str))
        ),
    }))
}

fn nothing_shared(sources: &[Sample], targets: &[Sample]) -> SurveyError {
    let tables = |samples: &[Sample]| {
        let columns =
            |sample: &Sample| list(sample.columns.iter().map(|column| column.name.as_str()));
        let shown: Vec<String> = samples
            .iter()
            .take(5)
            .map(|sample| format!("{} ({})", sample.name(), columns(sample)))
            .collect();
        let more = samples.len().saturating_sub(shown.len());
        let rest = if more > 0 {
            format!(" and {} more", count(more as u64))
        } else {
            String::new()
        };
        format!("{}{rest}", shown.join(", "))
    };
    SurveyError::Wish(format!(
        "no table of the source and none of the target have a column in common, by name or by content; \
         the source has {}, the target {}: write a plan whose rules say what belongs together",
        tables(sources),
        tables(targets)
    ))
}

/// A table without a counterpart.
struct Unpaired<'s> {
    sample: &'s Sample,
    side: &'static str,
}

fn unpaired<'s>(
    facts: &[Fact<'s>],
    sources: &'s [Sample],
    targets: &'s [Sample],
) -> Vec<Unpaired<'s>> {
    let is_open = |side: usize, sample: &Sample| {
        let mut compared = facts
            .iter()
            .map(|fact| [fact.source, fact.target][side].name());
        compared.all(|table| table != sample.name())
    };
    let open = |side: usize, name: &'static str, samples: &'s [Sample]| {
        let samples: Vec<&Sample> = samples
            .iter()
            .filter(|sample| is_open(side, sample))
            .collect();
        samples
            .into_iter()
            .map(move |sample| Unpaired { sample, side: name })
    };
    open(0, "source", sources)
        .chain(open(1, "target", targets))
        .collect()
}

impl Unpaired<'_> {
    fn says(&self) -> String {
        let Unpaired { sample, side } = self;
        let records = match (sample.is_whole, sample.records_in_all()) {
            (true, _) => many(sample.records, "record"),
            (false, Some((all, false))) => many(all, "record"),
            (false, Some((all, true))) => format!("about {}", many(all, "record")),
            (false, None) => format!("more than {}", many(sample.records, "record")),
        };
        format!(
            "the {side}'s table {} ({records}) has no counterpart: it is not compared",
            sample.name()
        )
    }

    /// Whether there is nothing in it that could be compared.
    fn is_empty(&self) -> bool {
        self.sample.is_whole && self.sample.records == 0
    }
}

/// What is to be told of both books as a whole, of what was said of them. It has its place in the
/// first agreement's report.
fn beforehand_of_all(
    said: &[String],
    unpaired: &[Unpaired<'_>],
    barred: Vec<String>,
) -> Beforehand {
    let lost = unpaired.iter().filter(|table| !table.is_empty());
    let not_checked: Vec<String> = lost.map(Unpaired::says).chain(barred).collect();
    let is_note = |line: &&String| !not_checked.contains(line);
    Beforehand {
        notes: said.iter().filter(is_note).cloned().collect(),
        not_checked,
    }
}

/// The tables of a side that nobody lets us read.
fn says_barred<'b>(side: &'b str, book: &'b books::Book) -> impl Iterator<Item = String> + 'b {
    book.barred().map(move |table| {
        format!("the {side}'s table {table} is not compared: the user may not read it")
    })
}

/// The files of a side that nothing is in: records may be lost with them.
fn says_blank<'o>(side: &'o str, opened: &'o Opened) -> impl Iterator<Item = String> + 'o {
    let files = opened.left_out.iter();
    files.map(move |file| {
        format!("the {side}'s file {file} is not compared: there is nothing in it")
    })
}

/// All that is not compared, on one line: a book that agrees but for what was left out has not
/// been shown to agree.
fn says_left_out(facts: &[Fact<'_>], unpaired: &[Unpaired<'_>]) -> Option<String> {
    let mut left_out = Vec::new();
    for (side, name) in ["source", "target"].into_iter().enumerate() {
        let tables = unpaired.iter().filter(|table| table.side == name);
        left_out.extend(tables.map(|table| format!("table {} of the {name}", table.sample.name())));
        for fact in facts {
            let sample = [fact.source, fact.target][side];
            let nested = sample
                .nested
                .iter()
                .chain(&sample.unread)
                .map(String::as_str);
            let columns: Vec<&str> = fact.open(side).into_iter().chain(nested).collect();
            if !columns.is_empty() {
                left_out.push(format!(
                    "{} of the {name}'s {}",
                    list(columns),
                    sample.name()
                ));
            }
        }
    }
    (!left_out.is_empty()).then(|| format!("not compared: {}", left_out.join(", ")))
}

/// The one currency of all amounts: the wished one, or what marks beside the amounts tell. Where these
/// tell several, it is not checked whether amounts are of the same.
fn currency(
    facts: &[Fact<'_>],
    wishes: &Wishes,
    said: &mut Vec<String>,
    not_checked: &mut Vec<String>,
) -> Option<String> {
    if let Some(code) = &wishes.currency {
        return Some(code.clone());
    }
    let open = facts.iter().filter(|fact| fact.currency.is_none());
    let columns: Vec<&Column> = open
        .flat_map(|fact| fact.money.iter().flat_map(|at| fact.columns(*at)))
        .collect();
    if columns.is_empty() {
        return None;
    }
    match money::currency_of_marks(&columns) {
        Told::One(code, mark) => {
            said.push(format!(
                "took {code} as the currency: `{mark}` stands beside amounts"
            ));
            Some(code.to_owned())
        }
        Told::Nothing => {
            said.push(
                "nothing tells the currency of the amounts: they are totalled without one; `currency = \"CNY\"` in a plan would tell it"
                    .to_owned(),
            );
            None
        }
        Told::Open(signs) => {
            said.push(format!(
                "the signs beside the amounts ({signs}) do not tell one currency: they are totalled without one"
            ));
            None
        }
        Told::Several(marks) if !are_mixed(facts) => {
            said.push(format!(
                "the marks beside the amounts ({marks}) tell another currency in each column: they are \
                 totalled without one"
            ));
            None
        }
        Told::Several(marks) => {
            let doubt = format!(
                "whether amounts are of the same currency: the marks beside them ({marks}) tell several, \
                 and only their figures are compared: a plan whose rules give the currency of each record \
                 in a column settles it"
            );
            said.push(doubt.clone());
            not_checked.push(doubt);
            None
        }
    }
}

/// Whether amounts of several currencies stand in one column, or in the two that are compared.
fn are_mixed(facts: &[Fact<'_>]) -> bool {
    let open = facts.iter().filter(|fact| fact.currency.is_none());
    let mut pairs = open.flat_map(|fact| fact.money.iter().map(|at| fact.columns(*at)));
    pairs.any(|pair| matches!(money::currency_of_marks(&pair), Told::Several(_)))
}

impl Fact<'_> {
    /// Both columns of a pair.
    fn columns(&self, at: usize) -> [&Column; 2] {
        let pair = &self.pairs[at];
        [
            &self.source.columns[pair.source],
            &self.target.columns[pair.target],
        ]
    }

    /// What a pair is called in the records that are compared.
    fn name(&self, at: usize) -> &str {
        &self.columns(at)[1].name
    }

    fn names(&self, of: &[usize]) -> Vec<String> {
        of.iter().map(|at| self.name(*at).to_owned()).collect()
    }

    fn says_took(&self, currency: Option<&str>) -> String {
        let names = |of: &[usize]| list(self.names(of).iter().map(String::as_str));
        let key = match self.key.pairs.is_empty() {
            true => format!("took no key ({})", self.key.why_none),
            false => format!(
                "took {} as key ({})",
                names(&self.key.pairs),
                self.key.says_why(self.source, self.target)
            ),
        };
        let money = match (self.money.is_empty(), self.currency, currency) {
            (true, ..) => "no column as money".to_owned(),
            (_, Some(column), _) => format!(
                "{} as money (currency: {})",
                names(&self.money),
                self.name(column)
            ),
            (_, None, Some(code)) => format!("{} as money ({code})", names(&self.money)),
            (_, None, None) => format!("{} as money", names(&self.money)),
        };
        format!("{key}, {money}")
    }

    /// Everything else that was taken, a line each.
    fn says(&self, currency: Option<&str>) -> Vec<String> {
        let (source, target) = (self.source.name(), self.target.name());
        let mut said = Vec::new();
        if source != target {
            said.push(format!("{source} is held against {target}"));
        }
        said.extend(self.says_key());
        said.extend(self.says_comments());
        said.extend((0..self.pairs.len()).filter_map(|at| self.says_pair(at, currency)));
        said.extend((0..self.pairs.len()).flat_map(|at| self.says_faults(at)));
        said
    }

    /// The columns that are not compared, and why.
    fn says_not_compared(&self) -> Vec<String> {
        let mut said = Vec::new();
        let sides = [
            (self.source, "source", "target"),
            (self.target, "target", "source"),
        ];
        for (at, (sample, own, other)) in sides.into_iter().enumerate() {
            let open = self.open(at);
            if !open.is_empty() {
                said.push(format!(
                    "the {own}'s {} not compared: the {other} has nothing like it",
                    with_verb(&open)
                ));
            }
            if !sample.nested.is_empty() {
                let nested: Vec<&str> = sample.nested.iter().map(String::as_str).collect();
                said.push(format!(
                    "the {own}'s {} not compared: lists and structures cannot be",
                    with_verb(&nested)
                ));
            }
            if !sample.unread.is_empty() {
                let unread: Vec<&str> = sample.unread.iter().map(String::as_str).collect();
                said.push(format!(
                    "the {own}'s {} not compared: their values cannot be read, by their type or for want of a right",
                    with_verb(&unread)
                ));
            }
        }
        said
    }

    /// The columns without a counterpart: of the source (0) or the target (1).
    fn open(&self, side: usize) -> Vec<&str> {
        let paired: BTreeSet<&str> = (0..self.pairs.len())
            .map(|pair| self.columns(pair)[side].name.as_str())
            .collect();
        let names = [self.source, self.target][side].columns.iter();
        names
            .map(|column| column.name.as_str())
            .filter(|name| !paired.contains(name))
            .collect()
    }

    fn says_key(&self) -> Option<String> {
        let key = &self.key;
        if key.pairs.is_empty() {
            return Some("without a key, records are compared as a multiset, and paired by what they have in common".to_owned());
        }
        let names = list(self.names(&key.pairs).iter().map(String::as_str));
        let (source, target) = (self.source.name(), self.target.name());
        let twice = match key.source.is_key() && key.target.is_key() {
            true => "",
            false => ": what is there more than once, or empty, is reported",
        };
        let declared = |side: &str, table: &str| format!("the primary key of the {side}'s {table}");
        Some(match (key.source.is_declared, key.target.is_declared) {
            (true, true) => format!(
                "{names}: {}, and of the target's {target}",
                declared("source", source)
            ),
            (true, false) => format!(
                "{names}: {}; {} records of the target{twice}",
                declared("source", source),
                key.says_target()
            ),
            (false, true) => format!(
                "{names}: {}; {} records of the source{twice}",
                declared("target", target),
                key.says_source()
            ),
            (false, false) => format!(
                "{names}: {} records of the source, {} of the target{twice}",
                key.says_source(),
                key.says_target(),
            ),
        })
    }

    /// What the makers of databases say of both tables and their paired columns.
    fn says_comments(&self) -> Vec<String> {
        let says = |whose: &str, name: &str, comment: String| {
            format!("{whose} comment on {name}: {comment}")
        };
        let of_tables = [(self.source, "the source's"), (self.target, "the target's")];
        let of_tables = of_tables.into_iter().filter_map(|(sample, whose)| {
            let comment = sample.table.comment().and_then(one_line)?;
            Some(says(whose, sample.name(), comment))
        });
        let of_columns = (0..self.pairs.len()).flat_map(|at| {
            let columns = self.columns(at);
            let comment = |column: &Column| column.comment.as_deref().and_then(one_line);
            let [old, new] = columns.map(comment);
            let [source, target] = columns.map(|column| column.name.as_str());
            match old == new && source == target {
                true => [old.map(|words| says("both books'", target, words)), None],
                false => [
                    old.map(|words| says("the source's", source, words)),
                    new.map(|words| says("the target's", target, words)),
                ],
            }
        });
        of_tables.chain(of_columns.flatten()).collect()
    }

    /// What the columns of a pair are called.
    fn says_names(&self, at: usize) -> String {
        let [source, target] = self.columns(at);
        match source.name == target.name {
            true => target.name.clone(),
            false => format!("{} is {}", source.name, target.name),
        }
    }

    /// The forms into which columns are brought, in a few words.
    fn says_forms(&self, start: &str) -> Vec<String> {
        let form = |at: usize| {
            let [source, target] = self.columns(at);
            let words = self.pairs[at].form.says(source, target)?;
            Some(format!("{start}{}: {words}", self.name(at)))
        };
        let mut forms: Vec<String> = (0..self.pairs.len()).filter_map(form).collect();
        let more = forms.len().saturating_sub(MOST_FORMS);
        forms.truncate(MOST_FORMS);
        forms.extend((more > 0).then(|| match more {
            1 => format!("{start}1 more column is converted"),
            _ => format!("{start}{more} more columns are converted"),
        }));
        forms
    }

    /// What was taken because it fits: it would fit a fault as well.
    fn says_doubts(&self) -> Vec<String> {
        let doubt = |at: usize| {
            let [source, target] = self.columns(at);
            let pair = &self.pairs[at];
            let of_units = matches!(pair.units, Units::Contradicted);
            let of_units = of_units.then(|| {
                "was compared as it is, though the names tell of minor units on one side only"
                    .to_owned()
            });
            let words = pair.form.doubt(source, target).or(of_units)?;
            Some(format!(
                "{} {words}: write a plan with `crossfoot init` to settle it",
                self.name(at)
            ))
        };
        (0..self.pairs.len()).filter_map(doubt).collect()
    }

    /// Why two columns were paired, if not by their names alone, and how they are compared.
    fn says_pair(&self, at: usize, currency: Option<&str>) -> Option<String> {
        let pair = &self.pairs[at];
        let [source, target] = self.columns(at);
        let shared = pair.shared.map(|shared| shared.to_string());
        let why = match pair.why {
            Why::Name => None,
            Why::Spelling => Some("spelt otherwise".to_owned()),
            Why::Meaning => Some(match &shared {
                Some(shared) => format!("the names mean the same, and {shared}"),
                None => "the names mean the same".to_owned(),
            }),
            Why::Content => Some(format!(
                "by what they hold: {}",
                shared.clone().unwrap_or_default()
            )),
        };
        let form = pair.form.says(source, target);
        let is_odd = why.is_none()
            && source.records.min(target.records) >= 20
            && self.source.is_whole
            && self.target.is_whole
            && pair.shared.is_some_and(|shared| shared.permille() < 500);
        let odd = is_odd.then(|| format!("only {}", shared.unwrap_or_default()));
        let parts: Vec<String> = why
            .into_iter()
            .chain(form)
            .chain(pair.units.says())
            .chain(self.reads_null(at, currency).then(|| NULLS.to_owned()))
            .chain(odd)
            .chain(says_fill(source, target))
            .collect();
        (!parts.is_empty()).then(|| format!("{}: {}", self.says_names(at), parts.join("; ")))
    }

    /// Values that the form of a pair cannot hold.
    fn says_faults(&self, at: usize) -> Vec<String> {
        let pair = &self.pairs[at];
        let is_amount = matches!(pair.form, Form::Number(_)) || self.money.contains(&at);
        let sides = self.columns(at).into_iter().zip(["source", "target"]);
        let says = |(column, side): (&Column, &str)| {
            let name = &column.name;
            if column.class() == Class::Float && names::is_money(name) {
                let why = "which are no exact amounts: it is not taken as money";
                return Some(format!(
                    "{name} of the {side} holds binary floating-point numbers, {why}"
                ));
            }
            let failed = match column.has_decimal_commas() {
                true => column.numbers.comma_failed,
                false => column.numbers.failed,
            };
            let is_read = column.class() == Class::Text && is_amount && failed > 0;
            is_read.then(|| match failed {
                1 => format!("1 value of {name} in the {side} is no amount: a reject"),
                _ => format!(
                    "{} values of {name} in the {side} are no amounts: rejects",
                    count(failed)
                ),
            })
        };
        sides.filter_map(says).collect()
    }

    fn terms(&self, at: usize, side: At, currency: Option<&str>) -> Terms {
        let [source, target] = self.columns(at);
        let (own, other) = match side {
            At::Source => (source, target),
            At::Target => (target, source),
        };
        let is_money = self.money.contains(&at);
        let usual = currency.and_then(minor_units).filter(|_| is_money);
        let scale = source.scale().max(target.scale());
        Terms {
            scale,
            is_usual_scale: usual.is_some_and(|usual| scale <= usual),
            is_money,
            has_nulls: other.nulls > 0 && other.empties().is_empty() && !own.empties().is_empty(),
        }
    }

    fn sql_of(&self, at: usize, side: At, currency: Option<&str>) -> Option<String> {
        let column = self.columns(at)[usize::from(side == At::Target)];
        sql(
            column,
            &self.pairs[at].form,
            side,
            self.terms(at, side, currency),
        )
    }

    /// Whether a side's texts that stand for nothing are read as NULL.
    fn reads_null(&self, at: usize, currency: Option<&str>) -> bool {
        let form = &self.pairs[at].form;
        let sides = [At::Source, At::Target].into_iter().zip(self.columns(at));
        let mut reads =
            sides.map(|(side, column)| reads_null(column, form, self.terms(at, side, currency)));
        reads.any(|reads| reads)
    }

    /// Whether a side is its table as it is: `money()` over a text is understood.
    fn is_plain(&self, side: At, currency: Option<&str>) -> bool {
        let sample = if side == At::Source {
            self.source
        } else {
            self.target
        };
        let is_table = sample.nested.is_empty() && is_table_name(sample.name());
        let all_paired = side == At::Target || self.pairs.len() == sample.columns.len();
        is_table
            && all_paired
            && (0..self.pairs.len()).all(|at| {
                let [source, target] = self.columns(at);
                let named = side == At::Target || source.name == target.name;
                let expression = self.sql_of(at, side, currency);
                let is_read =
                    expression.is_none_or(|sql| sql == format!("money({})", quoted(&target.name)));
                named && is_read
            })
    }

    /// A side of the agreement: its table, or SQL.
    fn side(&self, side: At, currency: Option<&str>) -> String {
        let (own, other) = match side {
            At::Source => (self.source.name(), self.target.name()),
            At::Target => (self.target.name(), self.source.name()),
        };
        if self.is_plain(side, currency) {
            return own.to_owned();
        }
        let mut columns: Vec<String> = (0..self.pairs.len())
            .map(|at| {
                let name = quoted(self.name(at));
                let own = quoted(&self.columns(at)[usize::from(side == At::Target)].name);
                match self.sql_of(at, side, currency) {
                    Some(sql) => format!("{sql} AS {name}"),
                    None if own == name => name,
                    None => format!("{own} AS {name}"),
                }
            })
            .collect();
        let preface = match side {
            At::Source => format!("What the target's {other} must hold, from the source's {own}."),
            At::Target => {
                columns.extend(self.ignored().iter().map(|name| quoted(name)));
                format!("What the target's {own} does hold, in the types of the rule.")
            }
        };
        let preface: String = preface.chars().filter(|c| !c.is_control()).collect();
        format!(
            "-- {preface}\nSELECT\n  {}\nFROM {}\n",
            columns.join(",\n  "),
            quoted(own)
        )
    }

    /// Columns of the target that have no counterpart.
    fn ignored(&self) -> Vec<String> {
        let paired: BTreeSet<usize> = self.pairs.iter().map(|pair| pair.target).collect();
        let open = self
            .target
            .columns
            .iter()
            .enumerate()
            .filter(|(at, _)| !paired.contains(at));
        open.map(|(_, column)| column.name.clone()).collect()
    }

    fn agreement(&self, currency: Option<&str>, words: &[String]) -> DraftAgreement {
        let mut notes = BTreeMap::new();
        if !self.key.pairs.is_empty() {
            let why = self.key.says_why(self.source, self.target);
            notes.insert("key".to_owned(), why);
        }
        let ignore = self.ignored();
        if !ignore.is_empty() {
            notes.insert(
                "ignore".to_owned(),
                "the source has nothing like it".to_owned(),
            );
        }
        DraftAgreement {
            preface: words.join("\n"),
            name: self
                .target
                .name()
                .chars()
                .filter(|c| !c.is_control())
                .collect(),
            rule: self.side(At::Source, currency),
            target: self.side(At::Target, currency),
            key: self.names(&self.key.pairs),
            money: self.names(&self.money),
            foot: self.names(&self.foot),
            currency: self.currency.map(|at| self.name(at).to_owned()),
            origin: None,
            require: Vec::new(),
            ignore,
            notes,
        }
    }
}

/// Where a column is filled much more on one side than on the other.
fn says_fill(source: &Column, target: &Column) -> Option<String> {
    let permille = |column: &Column| column.filled * 1000 / column.records.max(1);
    let is_odd = source.records > 0
        && target.records > 0
        && permille(source).abs_diff(permille(target)) >= 300;
    let says = |column: &Column| format!("{} of {}", count(column.filled), count(column.records));
    is_odd.then(|| {
        format!(
            "look again: it is filled in {} records of the source, in {} of the target",
            says(source),
            says(target)
        )
    })
}

/// Forms that are named on one line; of others only their number is told.
const MOST_FORMS: usize = 3;

const NULLS: &str = "a text that stands for nothing is NULL";

/// Characters of a comment that are repeated.
const MOST_OF_COMMENT: usize = 100;

/// A comment of a database on one line; none where it says nothing.
fn one_line(comment: &str) -> Option<String> {
    let words: Vec<&str> = comment
        .split(|c: char| c.is_whitespace() || c.is_control())
        .collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    let start: String = line.chars().take(MOST_OF_COMMENT).collect();
    match (start.is_empty(), start.len() < line.len()) {
        (true, _) => None,
        (false, true) => Some(format!("{start}…")),
        (false, false) => Some(start),
    }
}

/// Names, and whether they are one or many.
fn with_verb(names: &[&str]) -> String {
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", list(names.iter().copied()))
}

/// Whether a plan takes a text for the name of a table, and not for SQL or a file.
fn is_table_name(name: &str) -> bool {
    let start = name.trim().to_lowercase();
    let is_sql = ["select", "with", "--", "/*", "("]
        .iter()
        .any(|word| start.starts_with(word));
    !is_sql
        && !start.ends_with(".sql")
        && start == name.to_lowercase()
        && !name.contains(char::is_control)
}
