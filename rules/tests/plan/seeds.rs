//! The inputs that `fuzz/` begins with, and what becomes of them when they are cut, doubled, flipped and
//! mixed: fed to the functions that the fuzz targets call, in the same way in every run.
//!
//! A failing input that a fuzz target has found becomes a seed in `fuzz/seeds/`. Those whose names begin
//! with `good-` are accepted, those with `refused-` are not.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

#[path = "../../../fuzz/src/csv_reader.rs"]
mod csv_reader;
#[path = "../../../fuzz/src/daybook.rs"]
mod daybook;
#[path = "../../../fuzz/src/money.rs"]
mod money;
#[path = "../../../fuzz/src/plan.rs"]
mod plan;
#[path = "../../../fuzz/src/sql.rs"]
mod sql;

/// Feeds every seed of a target, and so many mutations of each, to its function.
fn replay(target: &str, mutations: u64, check: fn(&[u8]) -> bool) {
    let seeds = seeds(target);
    assert!(seeds.len() >= 4, "few seeds of {target}");
    for (name, seed) in &seeds {
        let is_good = feed(name, seed, check);
        assert!(is_good || !name.starts_with("good-"), "{name} is refused");
        assert!(
            !is_good || !name.starts_with("refused-"),
            "{name} is accepted"
        );
    }
    let mut chance = Chance(target.len() as u64);
    for (name, seed) in &seeds {
        for number in 0..mutations {
            let (_, other) = &seeds[chance.below(seeds.len())];
            let mut input = seed.clone();
            for _ in 0..=chance.below(3) {
                mutate(&mut input, other, &mut chance);
            }
            feed(&format!("{name}, mutation {number}"), &input, check);
        }
    }
}

/// The seeds of a target by name.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds");
    let files = fs::read_dir(folder.join(target)).expect("a folder of seeds");
    let mut seeds: Vec<(String, Vec<u8>)> = files
        .map(|file| {
            let file = file.expect("a seed");
            let seed = fs::read(file.path()).expect("a seed that can be read");
            (file.file_name().to_string_lossy().into_owned(), seed)
        })
        .collect();
    seeds.sort();
    seeds
}

/// Calls the function; where it panics, the input is told.
fn feed(name: &str, input: &[u8], check: fn(&[u8]) -> bool) -> bool {
    let checked = catch_unwind(AssertUnwindSafe(|| check(input)));
    checked.unwrap_or_else(|_| panic!("{name} fails: \"{}\"", input.escape_ascii()))
}

/// Numbers that are the same in every run (SplitMix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below this one; 0 below 0.
    fn below(&mut self, end: usize) -> usize {
        let below = self.next().checked_rem(end as u64).unwrap_or(0);
        usize::try_from(below).expect("below a usize")
    }
}

/// What readers trip over.
const AWKWARD: [&str; 12] = [
    "\"",
    "'",
    "\n",
    "\r\n",
    "\0",
    "\u{feff}",
    "\u{9f98}",
    "(",
    "-",
    "--",
    "9999999999999999999",
    ";",
];

/// Changes an input in one way.
fn mutate(input: &mut Vec<u8>, other: &[u8], chance: &mut Chance) {
    let from = chance.below(input.len() + 1);
    let to = from + chance.below(input.len() - from + 1);
    match chance.below(6) {
        0 => input.truncate(from),
        1 => drop(input.drain(from..to)),
        2 => {
            let part = input[from..to].to_vec();
            input.splice(to..to, part);
        }
        3 => {
            let bit = 1 << chance.below(8);
            if let Some(byte) = input.get_mut(from) {
                *byte ^= bit;
            }
        }
        4 => {
            let tail = other.get(chance.below(other.len())..).unwrap_or_default();
            input.truncate(from);
            input.extend_from_slice(tail);
        }
        _ => {
            let put = AWKWARD[chance.below(AWKWARD.len())];
            input.splice(from..from, put.bytes());
        }
    }
}

#[test]
fn any_bytes_are_a_book_or_a_refusal() {
    replay("csv_reader", 80, csv_reader::check);
}

#[test]
fn any_bytes_are_a_daybook_or_a_damage() {
    replay("daybook", 300, daybook::check);
}

#[test]
fn any_text_is_an_amount_or_a_refusal() {
    replay("money", 2_000, money::check);
}

#[test]
fn any_text_is_a_plan_or_mistakes_at_their_places() {
    replay("plan", 300, plan::check);
}

#[test]
fn any_text_is_a_query_or_mistakes_at_their_places() {
    replay("sql", 60, sql::check);
}

#[test]
fn the_same_seed_is_mutated_in_the_same_way() {
    let mutated = || {
        let mut chance = Chance(7);
        let mut all = Vec::new();
        for _ in 0..50 {
            let mut input = b"serial,amount\n1,2.50\n".to_vec();
            mutate(&mut input, b"other", &mut chance);
            all.push(input);
        }
        all
    };
    let once = mutated();
    assert_eq!(once, mutated());
    let changed = once
        .iter()
        .filter(|one| one[..] != b"serial,amount\n1,2.50\n"[..]);
    assert!(changed.count() > 30);
}
