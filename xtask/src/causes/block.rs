//! The blocks above the code of the causes: what each says of its cause.
//!
//! A block is a run of comment lines:
//!
//! ```text
//! // Cause: B9 sign lost or turned | 正负号丢失
//! //
//! // What happens, in sentences.
//! //
//! // source:
//! //     id,paid
//! //     1,(252.00)
//! // expected:
//! //     id:key,amount:money
//! //     1,-252.00
//! // target:
//! //     1,252.00
//! // says: B9 proved; amount: -252.00 became 252.00: …
//! ```
//!
//! The first line of `source` and of `expected` names the columns: `:key`, `:money`, `:number`,
//! `:date`, `:instant`, or text. A `says` line stands for each break in the order of the records; books
//! may follow each other. A cause that records never show has `needs: …` in the place of books.
//! Tests run the books, and the manual shows them.

/// One block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    /// The id, such as `B9`.
    pub(crate) id: String,
    /// The English name.
    pub(crate) en: String,
    /// The Chinese name.
    pub(crate) zh: String,
    /// What happens, one line a paragraph.
    pub(crate) what: Vec<String>,
    /// Books with what is said of them.
    pub(crate) examples: Vec<Example>,
    /// The evidence that it takes, where records never show it.
    pub(crate) needs: Option<String>,
}

/// Two tiny books and the lines that are reported.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Example {
    /// Lines of the source, the names of its columns first; empty where it does not matter.
    pub(crate) source: Vec<String>,
    /// Lines of what the rule gives, the columns first.
    pub(crate) expected: Vec<String>,
    /// Lines of the target, without columns.
    pub(crate) target: Vec<String>,
    /// What is said of each break.
    pub(crate) says: Vec<String>,
}

/// Finds the blocks of a source file.
///
/// # Errors
///
/// A block that is not of this form, with its line.
pub(crate) fn blocks(text: &str) -> Result<Vec<Block>, String> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let Some(head) = line.trim().strip_prefix("// Cause: ") else {
            continue;
        };
        let body: Vec<&str> = lines
            .by_ref()
            .map(|(_, line)| line.trim())
            .map_while(|line| line.strip_prefix("//"))
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
            .collect();
        let block = block(head, &body).map_err(|why| format!("line {}: {why}", at + 1))?;
        blocks.push(block);
    }
    Ok(blocks)
}

fn block(head: &str, body: &[&str]) -> Result<Block, String> {
    let (id, names) = head.split_once(' ').ok_or("no name behind the id")?;
    let (en, zh) = names
        .split_once(" | ")
        .ok_or("no Chinese name behind ` | `")?;
    let mut block = Block {
        id: id.to_owned(),
        en: en.to_owned(),
        zh: zh.to_owned(),
        what: vec![String::new()],
        examples: Vec::new(),
        needs: None,
    };
    let mut part = "";
    for line in body {
        if let Some(needs) = line.strip_prefix("needs: ") {
            block.needs = Some(needs.to_owned());
        } else if let Some(says) = line.strip_prefix("says: ") {
            last(&mut block, "says")?.says.push(says.to_owned());
            part = "says";
        } else if let "source:" | "expected:" | "target:" = *line {
            part = &line[..line.len() - 1];
            let starts_anew = block
                .examples
                .last()
                .is_none_or(|last| !last.says.is_empty());
            if starts_anew {
                block.examples.push(Example::default());
            }
        } else if let Some(record) = line.strip_prefix("    ") {
            let example = last(&mut block, record)?;
            match part {
                "source" => example.source.push(record.to_owned()),
                "expected" => example.expected.push(record.to_owned()),
                "target" => example.target.push(record.to_owned()),
                _ => return Err(format!("`{record}` belongs to no book")),
            }
        } else {
            add_what(&mut block.what, line);
        }
    }
    block.what.retain(|paragraph| !paragraph.is_empty());
    if block.what.is_empty() {
        return Err("nothing says what happens".to_owned());
    }
    if block.examples.is_empty() == block.needs.is_none() {
        return Err("either books or `needs:`".to_owned());
    }
    if block
        .examples
        .iter()
        .any(|example| example.says.is_empty() || example.expected.is_empty())
    {
        return Err("books without `expected:` or `says:`".to_owned());
    }
    Ok(block)
}

fn last<'b>(block: &'b mut Block, line: &str) -> Result<&'b mut Example, String> {
    block
        .examples
        .last_mut()
        .ok_or_else(|| format!("`{line}` stands before any book"))
}

fn add_what(what: &mut Vec<String>, line: &str) {
    match what.last_mut() {
        Some(paragraph) if !line.is_empty() => {
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(line);
        }
        _ => what.push(String::new()),
    }
}
