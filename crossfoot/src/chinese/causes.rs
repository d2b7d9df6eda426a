//! What is said of causes is all told in Chinese: nothing is left of the English but names and values.

use super::window::{is_value, words};
use super::{chinese, is_chinese};
use std::collections::BTreeSet;

/// The page of the causes: the blocks above the code of each, with what is said of their books.
const PAGE: &str = include_str!("../../../docs/causes.md");

/// What the readings of a rule do otherwise, in both languages.
const READINGS: &str = include_str!("../../../rules/src/sql/readings/words.rs");

/// What stays as it is: names of encodings, and of the columns and values of the table.
const NAMES: &str = "ASCII UTC NULL CR E PAY PAYMENT PENDING VOIDED CLOSED \
    amount fee fees rate memo total interest balance paid payer entry income shares \
    type customer status day at confirm_date id payee unit rent caf fer transfer said no abc ABC AB rens";

fn names() -> BTreeSet<&'static str> {
    NAMES.split_whitespace().collect()
}

/// Checks that a sentence has Chinese words, and no others but those that are known.
fn check(said: &str, known: &BTreeSet<&str>) {
    let told = chinese(said).unwrap_or_else(|| panic!("not told in Chinese: {said}"));
    let is_left = |word: &String| !known.contains(word.as_str()) && !is_value(word);
    let left: Vec<String> = words(&told).into_iter().filter(is_left).collect();
    assert!(left.is_empty(), "{left:?} of {told}\nsaid as {said}");
    for english in [" became ", " instead of "] {
        assert!(!told.contains(english), "{told}\nsaid as {said}");
    }
    assert!(told.chars().any(is_chinese), "{told}");
}

#[test]
fn every_sentence_of_the_catalogue_is_told() {
    let mut count = 0;
    for block in PAGE.split("```text\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        let (said, books): (Vec<&str>, Vec<&str>) =
            block.lines().partition(|line| line.starts_with("=> "));
        let is_sign = |letter: char| !letter.is_ascii_alphanumeric() && letter != '_';
        let mut known = names();
        known.extend(books.iter().flat_map(|line| line.split(is_sign)));
        for line in said {
            // Behind the cause and its rivals.
            let (_, said) = line.split_once("; ").expect("a cause and what is said");
            check(said, &known);
            count += 1;
        }
    }
    assert!(count > 80, "the page was read: {count}");
}

#[test]
fn every_phrase_of_a_reading_is_told_as_the_engine_does() {
    let phrases = READINGS.split("phrases! {").nth(1).expect("the phrases");
    let phrases = phrases.split("\n}").next().unwrap_or_default();
    let mut count = 0;
    for line in phrases.lines() {
        let texts: Vec<&str> = line.split('"').collect();
        let [_, english, _, told, _] = texts.as_slice() else {
            continue;
        };
        assert_eq!(chinese(english).as_deref(), Some(*told), "{english}");
        let known = BTreeSet::from(["UTC", "CASE", "fee"]);
        check(&format!("fee: {english}, `a` instead of `b`"), &known);
        check(&format!("{english}, without `b`"), &known);
        count += 1;
    }
    assert!(count > 55, "the phrases were read: {count}");
}

#[test]
fn every_sentence_of_the_table_is_told() {
    let said = include_str!("causes_said.txt").lines();
    let said = said.filter(|line| !line.is_empty() && !line.starts_with("# "));
    let known = names();
    let count = said.inspect(|said| check(said, &known)).count();
    assert!(count > 100, "the table was read: {count}");
}
