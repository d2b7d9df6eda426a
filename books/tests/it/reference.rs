//! A second reader of CSV that does not share a line with the first: one
//! character after the other, no hurry.

/// How the file is written.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rules {
    pub(crate) skip_footer: usize,
    pub(crate) skip_blank_lines: bool,
}

/// A record: the line on which it starts, its fields, where each starts.
#[derive(Debug, Clone)]
struct Record {
    line: usize,
    fields: Vec<String>,
    /// Line and column at which each field starts.
    starts: Vec<(usize, usize)>,
    is_blank: bool,
    /// Where a quote opens that is still open where the file ends.
    open: Option<(usize, usize)>,
}

/// Where something is wrong, and what.
type Wrong = (usize, usize, &'static str);

/// The records of a file after its header, as `ROW: a | b`; or the first thing
/// that is wrong, as `LINE:COLUMN: WHAT`.
pub(crate) fn read(bytes: &[u8], rules: Rules) -> Result<Vec<String>, String> {
    let valid = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let is_cut = valid.len() < bytes.len();
    let text = valid.strip_prefix('\u{FEFF}').unwrap_or(valid);
    let (mut records, wrong) = split(text, is_cut);
    if rules.skip_blank_lines {
        // A line is blank unless the file has one column, which its header says.
        let width = records
            .iter()
            .find(|record| !record.is_blank)
            .map_or(0, |header| header.fields.len());
        let is_header_missing = records.iter().all(|record| record.is_blank);
        let mut is_before = true;
        records.retain(|record| {
            is_before &= record.is_blank;
            !(record.is_blank && (is_before || is_header_missing || width != 1))
        });
    }
    judge(records, wrong, rules).map_err(|(line, column, what)| format!("{line}:{column}: {what}"))
}

fn judge(records: Vec<Record>, wrong: Option<Wrong>, rules: Rules) -> Result<Vec<String>, Wrong> {
    let Some((header, records)) = records.split_first() else {
        return Err(wrong.unwrap_or((0, 0, "no header")));
    };
    if let Some((line, column)) = header.open {
        return Err((line, column, "unclosed quote"));
    }
    if header.is_blank {
        return Err((header.line, 1, "blank line"));
    }
    let width = header.fields.len();
    let kept = records.len().checked_sub(rules.skip_footer);
    for record in &records[..kept.unwrap_or(0)] {
        if let Some((line, column)) = record.open {
            return Err((line, column, "unclosed quote"));
        }
        if record.is_blank && width != 1 {
            return Err((record.line, 1, "blank line"));
        }
        if record.fields.len() < width {
            return Err((record.line, 1, "field count"));
        }
        if record.fields.len() > width {
            let (line, column) = record.starts[width];
            return Err((line, column, "field count"));
        }
    }
    match (wrong, kept) {
        (Some(wrong), _) => Err(wrong),
        (None, None) => Err((0, 0, "footer")),
        (None, Some(kept)) => Ok(records[..kept].iter().map(written).collect()),
    }
}

fn written(record: &Record) -> String {
    let fields: Vec<String> = record
        .fields
        .iter()
        .map(|field| field.escape_debug().to_string())
        .collect();
    format!("{}: {}", record.line, fields.join(" | "))
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Start,
    Plain,
    Quoted,
    Closed,
}

fn split(text: &str, is_cut: bool) -> (Vec<Record>, Option<Wrong>) {
    let mut records = Vec::new();
    let (mut line, mut column) = (1, 1);
    let mut record = Record {
        line: 1,
        fields: Vec::new(),
        starts: vec![(1, 1)],
        is_blank: false,
        open: None,
    };
    let mut field = String::new();
    let mut state = State::Start;
    let mut opened = (0, 0);
    let characters: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < characters.len() {
        let character = characters[at];
        let next = characters.get(at + 1).copied();
        let is_line_end = character == '\n' || (character == '\r' && next == Some('\n'));
        // Whether a line feed follows is not known where the text is cut.
        let is_open_end = character == '\r' && next.is_none() && is_cut;
        match (state, character) {
            (_, '\0') => return (records, Some((line, column, "NUL"))),
            (State::Quoted, '"') => state = State::Closed,
            (State::Quoted, other) => field.push(other),
            (State::Closed, '"') => {
                field.push('"');
                state = State::Quoted;
            }
            (_, ',') => {
                record.fields.push(std::mem::take(&mut field));
                record.starts.push((line, column + 1));
                state = State::Start;
            }
            _ if is_open_end => {}
            _ if is_line_end => {
                if character == '\r' {
                    at += 1;
                }
                record.is_blank =
                    record.fields.is_empty() && field.is_empty() && state == State::Start;
                record.fields.push(std::mem::take(&mut field));
                records.push(record);
                record = Record {
                    line: line + 1,
                    fields: Vec::new(),
                    starts: vec![(line + 1, 1)],
                    is_blank: false,
                    open: None,
                };
                (line, column) = (line + 1, 0);
                state = State::Start;
            }
            (_, '\r') => return (records, Some((line, column, "lone return"))),
            (State::Start, '"') => {
                state = State::Quoted;
                opened = (line, column);
            }
            (State::Plain, '"') => return (records, Some((line, column, "stray quote"))),
            (State::Closed, _) => return (records, Some((line, column, "after quote"))),
            (_, other) => {
                field.push(other);
                state = State::Plain;
            }
        }
        if character == '\n' && state == State::Quoted {
            (line, column) = (line + 1, 0);
        }
        at += 1;
        column += 1;
    }
    if is_cut {
        return (records, Some((line, column, "undecodable")));
    }
    if state == State::Quoted {
        // A quote that swallows lines leaves no record behind.
        if opened.0 < line {
            return (records, Some((opened.0, opened.1, "unclosed quote")));
        }
        record.open = Some(opened);
    }
    if state != State::Start || !record.fields.is_empty() {
        record.fields.push(field);
        records.push(record);
    }
    (records, None)
}
