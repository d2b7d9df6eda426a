//! Tiny books as text, made into breaks as a run makes them.

use causes::{CauseId, Column, Explanation, Kind, Prover, Terms};
use ledger::{
    Break, BreakKind, CauseFound, CauseStatus, FieldDifference, Record, Sides, SourceRecord, Zone,
};

use crate::block::Example;

/// Reports the breaks of two books, one line each.
pub(crate) fn run(example: &Example) -> Vec<String> {
    run_without(example, None)
}

/// Does the same with a prover that does not know a cause.
pub(crate) fn run_without(example: &Example, without: Option<CauseId>) -> Vec<String> {
    explain(example, without)
        .iter()
        .map(|(_, explanation)| line(explanation))
        .collect()
}

/// Explains the breaks of two books, each alone and then all together.
pub(crate) fn explain(example: &Example, without: Option<CauseId>) -> Vec<(Break, Explanation)> {
    let terms = terms(&example.expected[0]);
    let breaks = breaks(&terms, example);
    let prover = match without {
        Some(cause) => Prover::without(terms, cause),
        None => Prover::new(terms),
    };
    let mut explained: Vec<(Break, Explanation)> = breaks
        .into_iter()
        .map(|found| {
            let explanation = prover.explain(&found, &[]);
            (found, explanation)
        })
        .collect();
    prover.explain_together(&mut explained);
    explained
}

/// What a report says of one break.
pub(crate) fn line(explanation: &Explanation) -> String {
    let found = explanation.found();
    let rivals = if found.rivals.is_empty() {
        String::new()
    } else {
        format!(", or {}", found.rivals.join(", "))
    };
    match found.status {
        CauseStatus::Unknown => "unknown".to_owned(),
        CauseStatus::Proved => format!(
            "{} proved; {}",
            found.id.expect("a proof has a cause"),
            found.says
        ),
        CauseStatus::Consistent => format!(
            "{} consistent{rivals}; {}",
            found.id.expect("what is consistent has a cause"),
            found.says
        ),
    }
}

/// Reads the line of columns, such as `id:key,amount:money`.
pub(crate) fn terms(header: &str) -> Terms {
    let columns = header
        .split(',')
        .map(|column| {
            let (name, kind) = column.split_once(':').unwrap_or((column, ""));
            Column {
                name: name.to_owned(),
                kind: match kind {
                    "money" | "number" => Kind::Number,
                    "date" => Kind::Date,
                    "instant" => Kind::Instant,
                    "key" | "" => Kind::Text,
                    other => panic!("no kind of column is called {other}"),
                },
                is_key: kind == "key",
                is_money: kind == "money",
                comes_from: Vec::new(),
            }
        })
        .collect();
    Terms {
        columns,
        currency: Some("CNY".to_owned()),
        currency_column: None,
        zone: Zone::new("Asia/Shanghai").expect("it is a zone"),
        freeze: None,
        rejected: ledger::Sides::default(),
    }
}

fn records(terms: &Terms, lines: &[String]) -> Vec<Record> {
    lines
        .iter()
        .map(|line| {
            let cells = cells(line);
            assert_eq!(cells.len(), terms.columns.len(), "{line}");
            let names = terms.columns.iter().map(|column| column.name.clone());
            names.zip(cells).collect()
        })
        .collect()
}

fn source(example: &Example) -> Vec<SourceRecord> {
    let Some((header, lines)) = example.source.split_first() else {
        return Vec::new();
    };
    let names: Vec<&str> = header.split(',').collect();
    let record = |line: &String| {
        let mut record = SourceRecord {
            table: "source".into(),
            ..SourceRecord::default()
        };
        for (name, cell) in names.iter().zip(cells(line)) {
            match *name {
                "_file" => record.file = cell.map(Into::into),
                "_row" => record.row = cell.and_then(|cell| cell.parse().ok()),
                name => record.fields.push(name, cell.map(Into::into)),
            }
        }
        record
    };
    lines.iter().map(record).collect()
}

/// The source records of an expected record: those that share the first value that they can share.
fn origins(source: &[SourceRecord], record: &Record) -> Vec<SourceRecord> {
    let shares = |origin: &&SourceRecord| {
        record
            .0
            .iter()
            .find_map(|(name, value)| Some((origin.fields.get(name)?, value.as_deref())))
            .is_some_and(|(theirs, ours)| theirs == ours)
    };
    source.iter().filter(shares).cloned().collect()
}

fn key(terms: &Terms, record: &Record) -> Record {
    let columns = terms.columns.iter().filter(|column| column.is_key);
    columns
        .map(|column| {
            (
                column.name.clone(),
                record.get(&column.name).flatten().map(str::to_owned),
            )
        })
        .collect()
}

/// Holds two books against each other, as a run does: by key, or as a multiset.
pub(crate) fn breaks(terms: &Terms, example: &Example) -> Vec<Break> {
    let expected = records(terms, &example.expected[1..]);
    let actual = records(terms, &example.target);
    let source = source(example);
    if terms.columns.iter().any(|column| column.is_key) {
        by_key(terms, &source, &expected, &actual)
    } else {
        as_multiset(terms, &source, &expected, &actual)
    }
}

fn by_key(
    terms: &Terms,
    source: &[SourceRecord],
    expected: &[Record],
    actual: &[Record],
) -> Vec<Break> {
    let mut breaks = Vec::new();
    for record in expected {
        let own = key(terms, record);
        let held = actual.iter().find(|other| key(terms, other) == own);
        if held != Some(record) {
            breaks.push(found(
                terms,
                source,
                Some(record),
                held,
                Sides {
                    expected: 1,
                    actual: u64::from(held.is_some()),
                },
            ));
        }
    }
    for record in actual {
        let own = key(terms, record);
        if !expected.iter().any(|other| key(terms, other) == own) {
            breaks.push(found(
                terms,
                source,
                None,
                Some(record),
                Sides {
                    expected: 0,
                    actual: 1,
                },
            ));
        }
    }
    breaks
}

fn as_multiset(
    terms: &Terms,
    source: &[SourceRecord],
    expected: &[Record],
    actual: &[Record],
) -> Vec<Break> {
    let mut seen: Vec<&Record> = Vec::new();
    let mut breaks = Vec::new();
    for record in expected.iter().chain(actual) {
        if seen.contains(&record) {
            continue;
        }
        seen.push(record);
        let count =
            |records: &[Record]| records.iter().filter(|other| *other == record).count() as u64;
        let copies = Sides {
            expected: count(expected),
            actual: count(actual),
        };
        if copies.expected != copies.actual {
            let side = |copies: u64| (copies > 0).then_some(record);
            breaks.push(found(
                terms,
                source,
                side(copies.expected),
                side(copies.actual),
                copies,
            ));
        }
    }
    breaks
}

/// Makes the break of two records.
pub(crate) fn found(
    terms: &Terms,
    source: &[SourceRecord],
    expected: Option<&Record>,
    actual: Option<&Record>,
    copies: Sides,
) -> Break {
    let kind = match (expected, actual) {
        (Some(_), None) => BreakKind::Missing,
        (None, Some(_)) => BreakKind::Extra,
        (Some(one), Some(other)) if one == other => BreakKind::Copies,
        _ => BreakKind::Differs,
    };
    let record = expected.or(actual).expect("a break has a record");
    let mut fields = Vec::new();
    if let (Some(expected), Some(actual)) = (expected, actual) {
        for ((name, one), (_, other)) in expected.0.iter().zip(&actual.0) {
            if one != other {
                fields.push(FieldDifference {
                    name: name.clone(),
                    expected: one.clone(),
                    actual: other.clone(),
                });
            }
        }
    }
    Break {
        agreement: "books".into(),
        kind,
        key: key(terms, record),
        copies,
        expected: expected.cloned(),
        actual: actual.cloned(),
        fields,
        difference: Vec::new(),
        source: expected
            .map(|record| origins(source, record))
            .unwrap_or_default(),
        cause: CauseFound::default(),
        target: Vec::new(),
        alternatives: 0,
    }
}

/// Cuts a line of a book into its cells. `NULL` is no value, quotes are doubled within quotes, and
/// `\n` is a line end.
fn cells(line: &str) -> Vec<Option<String>> {
    let mut cells = Vec::new();
    let mut cell = String::new();
    let (mut is_quoted, mut was_quoted) = (false, false);
    let mut signs = line.chars().peekable();
    loop {
        match signs.next() {
            Some('"') if is_quoted && signs.peek() == Some(&'"') => {
                signs.next();
                cell.push('"');
            }
            Some('"') => {
                is_quoted = !is_quoted;
                was_quoted = true;
            }
            Some('\\') if signs.peek() == Some(&'n') => {
                signs.next();
                cell.push('\n');
            }
            Some(',') | None if !is_quoted => {
                let is_null = cell == "NULL" && !was_quoted;
                cells.push((!is_null).then(|| std::mem::take(&mut cell)));
                cell.clear();
                was_quoted = false;
                if signs.peek().is_none() && !line.ends_with(',') || line.is_empty() {
                    break;
                }
                if signs.peek().is_none() {
                    cells.push(Some(String::new()));
                    break;
                }
            }
            Some(sign) => cell.push(sign),
            None => {
                cells.push(Some(cell));
                break;
            }
        }
    }
    cells
}

#[test]
fn cells_are_cut_at_commas_outside_quotes() {
    let cut = |line: &str| cells(line);
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        cut("1,\"a, b\",NULL,"),
        [some("1"), some("a, b"), None, some("")]
    );
    assert_eq!(
        cut("\"NULL\",\"say \"\"no\"\"\",x\\ny"),
        [some("NULL"), some("say \"no\""), some("x\ny")]
    );
    assert_eq!(cut(""), [some("")]);
}
