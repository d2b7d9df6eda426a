//! What the name of a column tells of its values: which causes can be planted there at all.

/// A set of words that name the same kind of column.
pub(crate) type Words = &'static [&'static str];

pub(crate) const FEE: Words = &["fee", "charge", "commission", "surcharge", "手续费", "佣金"];
pub(crate) const SIDE: Words = &["side", "direction", "借贷", "方向"];
pub(crate) const VOUCHER: Words = &[
    "voucher", "leg", "entry", "posting", "journal", "line", "split", "凭证", "分录",
];
pub(crate) const LEG: Words = &["leg", "line", "entry", "split", "分录", "行号"];
pub(crate) const ACCOUNT: Words = &["account", "acct", "wallet", "账户", "帐户", "账号"];
pub(crate) const SUBJECT: Words = &["subject", "nominal", "科目"];
pub(crate) const COUNTERPARTY: Words = &["counterparty", "payee", "payer", "对手", "对方"];
pub(crate) const CUSTOMER: Words = &[
    "customer", "client", "holder", "merchant", "user", "member", "客户", "商户", "用户",
];
pub(crate) const PAIR: Words = &["pair", "linked", "related", "配对", "关联"];
pub(crate) const SHARD: Words = &["shard", "partition", "分片"];
pub(crate) const TYPE: Words = &[
    "type", "kind", "code", "category", "channel", "product", "method", "类型", "类别", "渠道",
    "代码",
];
pub(crate) const STATUS: Words = &["status", "state", "状态"];
pub(crate) const CURRENCY: Words = &["currency", "ccy", "币种", "货币"];

/// The two sides of an entry, as columns are named after them.
const SIDES: &[(&str, &str)] = &[("debit", "credit"), ("dr", "cr"), ("借", "贷")];

/// Says whether a name holds one of the words. Latin words of up to three letters stand alone in
/// it; all others may be part of it.
pub(crate) fn is(name: &str, words: Words) -> bool {
    words.iter().any(|word| has(name, word))
}

/// Says whether two names are those of an entry's two sides, the first of them the debit.
pub(crate) fn are_sides(one: &str, other: &str) -> bool {
    SIDES
        .iter()
        .any(|(debit, credit)| has(one, debit) && has(other, credit))
}

fn has(name: &str, word: &str) -> bool {
    let name = name.to_ascii_lowercase();
    if word.is_ascii() && word.len() <= 3 {
        let mut parts = name.split(|sign: char| !sign.is_ascii_alphanumeric());
        return parts.any(|part| part == word);
    }
    name.contains(word)
}

/// What the type or status of money that went back says.
const REFUND: &[&str] = &[
    "refund",
    "reversal",
    "reversed",
    "chargeback",
    "退款",
    "冲正",
];

/// Says whether a code says that the money went back.
pub(crate) fn is_refund(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    value.chars().count() <= 24 && REFUND.iter().any(|word| value.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_words_stand_alone_and_long_ones_anywhere() {
        assert!(is("mer_fee", FEE) && is("手续费金额", FEE) && !is("coffee", FEE));
        assert!(is("leg", LEG) && is("leg_no", LEG) && !is("legal_name", LEG));
        assert!(is("WalletAccount", ACCOUNT) && !is("count", ACCOUNT));
        assert!(are_sides("debit", "credit") && !are_sides("credit", "debit"));
        assert!(is_refund("REFUNDED") && is_refund("退款") && !is_refund("PAID"));
    }
}
