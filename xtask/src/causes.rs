//! Writes the manual page of the causes from the blocks above their code.

pub(crate) mod block;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};

use crate::place;
use block::{Block, Example};

const PAGE: &str = "docs/causes.md";
const SOURCES: &str = "causes/src";

/// The families of causes, by the letters of their ids.
const FAMILIES: &[(&str, &str)] = &[
    ("A", "Records that are not there, or too often"),
    ("B", "Amounts"),
    ("D", "Side, account, meaning"),
    ("T", "Time, status, order"),
    ("E", "Texts"),
    ("R", "Rules"),
    ("S", "The source itself"),
    ("P", "The process"),
    ("M", "The machine"),
    ("V", "The check"),
    ("Q", "The fund"),
];

/// Writes the page anew.
pub(crate) fn refresh() -> Result<()> {
    let root = place::root();
    let page = root.join(PAGE);
    fs::write(&page, page_of(&all_blocks(root)?)?)
        .with_context(|| format!("cannot write {}", page.display()))
}

/// The ids of all causes, in the order of the catalogue.
pub(crate) fn ids() -> Result<Vec<String>> {
    let blocks = all_blocks(place::root())?;
    Ok(blocks.into_iter().map(|block| block.id).collect())
}

fn all_blocks(root: &Path) -> Result<Vec<Block>> {
    let mut files = Vec::new();
    collect(&root.join(SOURCES), &mut files)?;
    files.sort();
    let mut blocks = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file)?;
        let found = block::blocks(&text).map_err(|why| anyhow!("{}: {why}", file.display()))?;
        blocks.extend(found);
    }
    blocks.sort_by_key(|block| place_of(&block.id));
    Ok(blocks)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// Families in their order, then numbers in theirs.
fn place_of(id: &str) -> (usize, u32) {
    let (letter, number) = id.split_at(1);
    let family = FAMILIES.iter().position(|(family, _)| *family == letter);
    (
        family.unwrap_or(FAMILIES.len()),
        number.parse().unwrap_or(0),
    )
}

fn page_of(blocks: &[Block]) -> Result<String> {
    let mut page = String::from(HEAD);
    for (letter, title) in FAMILIES {
        write!(page, "\n## {letter}: {title}\n")?;
        for block in blocks.iter().filter(|block| block.id.starts_with(letter)) {
            add_block(&mut page, block)?;
        }
    }
    Ok(page)
}

const HEAD: &str = "\
# Causes

<!-- Written by `cargo xtask causes` from the blocks above the code of each cause. -->

Why a record is off. A cause is **proved** where applying it to what the rule gives makes exactly what the target holds, byte for byte, and no other cause of this page does, or where [the whole book](explain.md#what-the-whole-book-decides) bears it out alone. Where several do, the simplest is named first and the others beside it: it is **consistent**. Where none does the cause is **unknown**. The order of simplicity stands in `causes/src/simplicity.rs`.

Each cause shows two tiny books, `expected` (what the rule gives) and `target`, with the source where it matters, and what is reported of them. A test runs them all.
";

fn add_block(page: &mut String, block: &Block) -> Result<()> {
    let Block { id, en, zh, .. } = block;
    write!(page, "\n### {id}: {en} {zh}\n")?;
    for paragraph in &block.what {
        write!(page, "\n{paragraph}\n")?;
    }
    if let Some(needs) = &block.needs {
        write!(page, "\nRecords do not show it. It takes {needs}.\n")?;
    }
    for example in &block.examples {
        add_example(page, example)?;
    }
    Ok(())
}

fn add_example(page: &mut String, example: &Example) -> Result<()> {
    page.push_str("\n```text\n");
    for (name, lines) in [
        ("source", &example.source),
        ("expected", &example.expected),
        ("target", &example.target),
    ] {
        if lines.is_empty() && name == "source" {
            continue;
        }
        writeln!(page, "{name}")?;
        for line in lines {
            writeln!(page, "    {line}")?;
        }
    }
    for says in &example.says {
        writeln!(page, "=> {says}")?;
    }
    page.push_str("```\n");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_the_causes_is_as_the_sources_say() {
        let root = place::root();
        let page = fs::read_to_string(root.join(PAGE)).expect("the page is there");
        let fresh = page_of(&all_blocks(root).expect("every block can be read")).expect("it fits");
        assert!(page == fresh, "{PAGE} is stale: cargo xtask causes");
    }

    #[test]
    fn what_is_no_block_is_refused_with_its_line() {
        let refused = |text: &str| block::blocks(text).expect_err("it is no block");
        assert!(refused("\n// Cause: B9\n").starts_with("line 2: "));
        assert!(refused("// Cause: B9 sign lost | 负号\n//\n// Text.\n").contains("either books"));
        assert!(refused("// Cause: B9 a | b\n// Text.\n//     1,2\n").contains("before any book"));
        assert!(
            block::blocks("no block at all")
                .expect("nothing is wrong")
                .is_empty()
        );
    }
}
