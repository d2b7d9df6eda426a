//! Runs the two tiny books of every block in the sources: what they report is what they say.

use std::path::{Path, PathBuf};

use causes::{CATALOGUE, CauseId};

use crate::block::{self, Block};
use crate::books;

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the sources are beside the tests") {
        let path = entry.expect("a folder can be read").path();
        if path.is_dir() {
            sources(&path, files);
        } else {
            files.push(path);
        }
    }
}

fn all_blocks() -> Vec<Block> {
    let mut files = Vec::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut files,
    );
    files.sort();
    let mut blocks = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("sources are text");
        let found = block::blocks(&text).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
        blocks.extend(found);
    }
    blocks
}

#[test]
fn every_cause_has_one_block_with_its_names() {
    let blocks = all_blocks();
    for cause in CATALOGUE {
        let of_cause: Vec<&Block> = blocks
            .iter()
            .filter(|block| block.id == cause.id.as_str())
            .collect();
        let [block] = of_cause.as_slice() else {
            panic!("{} has {} blocks", cause.id, of_cause.len());
        };
        assert_eq!(
            (block.en.as_str(), block.zh.as_str()),
            (cause.en, cause.zh),
            "{}",
            cause.id
        );
        assert_eq!(block.needs.as_deref(), cause.needs(), "{}", cause.id);
    }
    assert_eq!(blocks.len(), CATALOGUE.len());
    let ids: Vec<CauseId> = CATALOGUE.iter().map(|cause| cause.id).collect();
    assert_eq!(
        ids,
        CauseId::ALL,
        "the catalogue is in the order of the ids"
    );
}

#[test]
fn the_books_of_every_block_report_what_it_says() {
    let mut wrong = Vec::new();
    for block in all_blocks() {
        for example in &block.examples {
            let said = books::run(example);
            if said != example.says {
                wrong.push(format!(
                    "{}\n  says     {:#?}\n  reported {said:#?}",
                    block.id, example.says
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The causes that a line names are those before its first semicolon: `D1 consistent, or B12, D2; …`.
fn head(line: &str) -> &str {
    line.split(';').next().unwrap_or_default()
}

#[test]
fn without_its_cause_a_block_is_proved_to_be_no_other_but_one_that_it_names() {
    for block in all_blocks() {
        let cause = CauseId::find(&block.id).expect("it is in the catalogue");
        for example in &block.examples {
            let without = books::run_without(example, Some(cause));
            assert_eq!(without.len(), example.says.len(), "without {cause}");
            for (with, without) in example.says.iter().zip(&without) {
                let is_about_it = with.starts_with(&format!("{cause} "));
                let (with, without) = (head(with), head(without));
                let mut named = with.split([' ', ',']);
                let proved = without.strip_suffix(" proved");
                let is_named = |id: &str| named.any(|one| one == id);
                assert!(
                    !is_about_it || proved.is_none_or(is_named),
                    "without {cause}: {without}"
                );
            }
        }
    }
}
