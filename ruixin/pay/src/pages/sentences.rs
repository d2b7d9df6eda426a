//! Sentences with figures and names in them, in both languages.

use ruixin_pages::figures::{pick, yuan};
use ruixin_service::language::{Language, Words};

/// Says what is there to be moved.
pub(super) fn available(fen: i64, language: Language) -> String {
    let amount = yuan(fen);
    pick(
        language,
        format!("In the wallet: {amount} yuan"),
        format!("可用余额 {amount} 元"),
    )
}

/// Says that there is less than was asked for.
pub(super) fn too_little(available_fen: i64, needed_fen: i64, language: Language) -> String {
    let there = yuan(available_fen);
    let missing = yuan(needed_fen.saturating_sub(available_fen));
    pick(
        language,
        format!("There are {there} yuan in the wallet: {missing} are missing."),
        format!("可用余额 {there} 元，还差 {missing} 元。"),
    )
}

/// Says that the least is more.
pub(super) fn below_minimum(least_fen: i64, language: Language) -> String {
    let least = yuan(least_fen);
    pick(
        language,
        format!("At least {least} yuan can be withdrawn."),
        format!("最低提现金额为 {least} 元。"),
    )
}

/// Writes an account's number in groups of four.
pub(super) fn number(account: &str) -> String {
    let mut text = String::new();
    for (at, digit) in account.chars().enumerate() {
        if at > 0 && at.is_multiple_of(4) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// Writes the end of an account's number, as one recognises it by.
pub(super) fn tail(account: &str) -> String {
    let skipped = account.chars().count().saturating_sub(4);
    let tail: String = account.chars().skip(skipped).collect();
    format!("•••• {tail}")
}

/// Writes a person's name so that who knows it recognises it, and nobody else learns it.
pub(super) fn masked(name: &str) -> String {
    let stars = |one: char| if one.is_whitespace() { one } else { '*' };
    let mut letters = name.chars();
    let first = letters.next();
    first.into_iter().chain(letters.map(stars)).collect()
}

/// The banks that the code table knows.
const BANKS: [(&str, Words); 7] = [
    ("ABC", bank_of("Agricultural Bank of China", "农业银行")),
    ("BOC", bank_of("Bank of China", "中国银行")),
    ("CCB", bank_of("China Construction Bank", "建设银行")),
    ("CMB", bank_of("China Merchants Bank", "招商银行")),
    (
        "ICBC",
        bank_of("Industrial and Commercial Bank", "工商银行"),
    ),
    ("POST", bank_of("Postal remittance", "邮政网汇")),
    ("UNIONPAY", bank_of("UnionPay online", "银联在线")),
];

const fn bank_of(en: &'static str, zh: &'static str) -> Words {
    Words { en, zh }
}

/// Names a bank; by its code where there is no name.
pub(super) fn bank(code: &str, language: Language) -> String {
    let found = BANKS.iter().find(|(known, _)| *known == code);
    found
        .map_or(code, |(_, words)| words.of(language))
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_masked_and_numbers_grouped() {
        let table = [
            ("王芳", "王*"),
            ("Ann Lee", "A** ***"),
            ("欧阳小明", "欧***"),
            ("", ""),
        ];
        for (name, text) in table {
            assert_eq!(masked(name), text);
        }
        assert_eq!(number("6123456789012345"), "6123 4567 8901 2345");
        assert_eq!(tail("6123456789012345"), "•••• 2345");
        assert_eq!(tail("12"), "•••• 12");
    }

    #[test]
    fn a_bank_without_a_name_is_told_by_its_code() {
        assert_eq!(bank("ICBC", Language::Chinese), "工商银行");
        assert_eq!(bank("XYZ", Language::English), "XYZ");
    }
}
