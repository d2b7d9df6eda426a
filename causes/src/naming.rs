//! What the name of a column tells of its values.
//!
//! A name never proves anything here: it only decides which causes can apply at all, and so
//! which rivals must be named.

use std::cell::RefCell;

/// A set of words that name the same kind of column. Latin words of up to three letters must
/// stand alone in the name; longer ones and Chinese ones may be part of it.
pub(crate) type Words = &'static [&'static str];

pub(crate) const FEE: Words = &[
    "fee",
    "charge",
    "commission",
    "tax",
    "vat",
    "coupon",
    "discount",
    "interest",
    "rebate",
    "surcharge",
    "tip",
    "手续费",
    "费",
    "税",
    "佣金",
    "利息",
    "券",
    "优惠",
    "折扣",
];
pub(crate) const SIDE: Words = &[
    "side",
    "direction",
    "debit",
    "credit",
    "dc",
    "drcr",
    "dr",
    "cr",
    "sign",
    "借",
    "贷",
    "方向",
    "收支",
];
pub(crate) const VOUCHER: Words = &[
    "voucher", "leg", "entry", "posting", "journal", "line", "split", "凭证", "分录", "分腿",
    "行号",
];
pub(crate) const ACCOUNT: Words = &[
    "account", "acct", "acc", "wallet", "card", "iban", "账户", "帐户", "账号", "户号", "卡号",
    "户",
];
pub(crate) const TOTAL: Words = &[
    "balance", "total", "sum", "subtotal", "bal", "余额", "合计", "总额", "总计", "小计",
];
pub(crate) const SUBJECT: Words = &["subject", "gl", "ledger", "coa", "nominal", "科目"];
pub(crate) const COUNTERPARTY: Words = &[
    "counterparty",
    "counter",
    "opposite",
    "peer",
    "payee",
    "payer",
    "beneficiary",
    "partner",
    "from",
    "to",
    "对手",
    "对方",
    "收款",
    "付款",
];
pub(crate) const CUSTOMER: Words = &[
    "customer",
    "client",
    "holder",
    "merchant",
    "user",
    "member",
    "owner",
    "cust",
    "uid",
    "客户",
    "商户",
    "用户",
    "持有人",
    "会员",
];
pub(crate) const PAIR: Words = &[
    "pair",
    "link",
    "linked",
    "related",
    "transfer",
    "match",
    "original",
    "ref",
    "配对",
    "关联",
    "原交易",
];
pub(crate) const SHARD: Words = &[
    "shard",
    "partition",
    "sub",
    "subaccount",
    "bucket",
    "node",
    "slot",
    "分片",
    "分库",
    "子账",
    "分户",
];
pub(crate) const TYPE: Words = &[
    "type", "kind", "code", "category", "class", "channel", "product", "method", "类型", "类别",
    "渠道", "代码", "种类",
];
pub(crate) const STATUS: Words = &["status", "state", "flag", "stage", "状态", "标志"];
pub(crate) const CURRENCY: Words = &["currency", "ccy", "cur", "curr", "币种", "货币"];
pub(crate) const FREE_TEXT: Words = &[
    "memo",
    "note",
    "desc",
    "remark",
    "narration",
    "comment",
    "name",
    "text",
    "title",
    "reference",
    "摘要",
    "备注",
    "附言",
    "说明",
    "姓名",
    "名称",
];
pub(crate) const RATE: Words = &["rate", "fx", "price", "exchange", "汇率", "牌价", "价格"];
pub(crate) const CLOCK: Words = &[
    "time",
    "timestamp",
    "ts",
    "epoch",
    "at",
    "date",
    "created",
    "updated",
    "millis",
    "seconds",
    "ms",
    "时间",
    "日期",
    "时刻",
];
pub(crate) const VERSION: Words = &[
    "version", "updated", "modified", "revision", "更新", "修改", "版本",
];
pub(crate) const FUND: Words = &[
    "income", "yield", "share", "shares", "nav", "holding", "dividend", "收益", "份额", "万份",
    "净值",
];
pub(crate) const INCOME: Words = &["income", "yield", "dividend", "earning", "收益", "分红"];
pub(crate) const SHARES: Words = &["share", "shares", "holding", "units", "份额"];
pub(crate) const UNCONFIRMED: Words = &[
    "unconfirmed",
    "pending",
    "applied",
    "在途",
    "未确认",
    "待确认",
];
pub(crate) const TRADING_DATE: Words = &[
    "confirm",
    "confirmed",
    "trade",
    "trading",
    "settle",
    "settlement",
    "nav",
    "valuedate",
    "确认",
    "交易日",
    "清算日",
    "交收",
];

/// Answers that are remembered at most: a book has some dozens of names, and here are some dozens of
/// lists of words. A power of two.
const REMEMBERED: usize = 4_096;

/// What is known of a name: whether it holds a word of the list that lies at this address and is
/// so long.
struct Known {
    list: (usize, usize),
    name: Box<str>,
    is_named: bool,
}

thread_local! {
    static KNOWN: RefCell<Vec<Option<Known>>> = const { RefCell::new(Vec::new()) };
}

/// Says whether a name holds one of the words, in any case. The same few names are asked for with
/// every break, so the answers are remembered.
pub(crate) fn is(name: &str, words: Words) -> bool {
    let list = (words.as_ptr().addr(), words.len());
    KNOWN.with_borrow_mut(|known| {
        if known.is_empty() {
            known.resize_with(REMEMBERED, || None);
        }
        let Some(place) = known.get_mut(place_of(name, list)) else {
            return holds_any(name, words);
        };
        if let Some(known) = place
            && known.list == list
            && *known.name == *name
        {
            return known.is_named;
        }
        let is_named = holds_any(name, words);
        *place = Some(Known {
            list,
            name: name.into(),
            is_named,
        });
        is_named
    })
}

/// Where what is known of a name would be remembered.
fn place_of(name: &str, (address, length): (usize, usize)) -> usize {
    let start = address.rotate_left(7) ^ length;
    let hash = name.bytes().fold(start, |hash, byte| {
        (hash ^ usize::from(byte)).wrapping_mul(0x0100_0193)
    });
    (hash ^ hash.rotate_right(15)) & const { REMEMBERED.wrapping_sub(1) }
}

fn holds_any(name: &str, words: Words) -> bool {
    words.iter().any(|word| has(name, word))
}

/// Says whether two names are those of the two sides of one thing.
pub(crate) fn are_sides(one: &str, other: &str) -> bool {
    const OPPOSITES: &[(&str, &str)] = &[
        ("debit", "credit"),
        ("dr", "cr"),
        ("from", "to"),
        ("payer", "payee"),
        ("in", "out"),
        ("source", "target"),
        ("sender", "receiver"),
        ("借", "贷"),
        ("收", "付"),
        ("转入", "转出"),
        ("income", "expense"),
        ("收入", "支出"),
    ];
    OPPOSITES
        .iter()
        .any(|(a, b)| has(one, a) && has(other, b) || has(one, b) && has(other, a))
}

/// Says whether a name holds a word.
pub(crate) fn has(name: &str, word: &str) -> bool {
    if !word.is_ascii() {
        return name.contains(word);
    }
    if word.len() > 3 {
        return windows(name, word.len()).any(|part| part.eq_ignore_ascii_case(word));
    }
    parts(name).any(|part| part.eq_ignore_ascii_case(word))
}

fn windows(name: &str, length: usize) -> impl Iterator<Item = &str> {
    let starts = name.char_indices().map(|(start, _)| start);
    starts.filter_map(move |start| name.get(start..start.checked_add(length)?))
}

/// Cuts a name into its words: `merFee`, `mer_fee` and `mer-fee` have two.
fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split(|sign: char| !sign.is_ascii_alphanumeric())
        .flat_map(camel_parts)
}

fn camel_parts(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = word;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let bytes = rest.as_bytes();
        let hump = bytes.windows(2).position(
            |pair| matches!(pair, [a, b] if !a.is_ascii_uppercase() && b.is_ascii_uppercase()),
        );
        let end = hump.map_or(rest.len(), |at| at.saturating_add(1));
        let (part, after) = rest.split_at_checked(end)?;
        rest = after;
        Some(part)
    })
}

const REFUND: &[&str] = &[
    "refund",
    "revers",
    "chargeback",
    "return",
    "cancel",
    "void",
    "credit note",
    "storno",
    "退",
    "冲正",
    "红冲",
    "撤销",
    "冲销",
];

/// Says whether a code of a type or a status is one that systems give to money that went back.
pub(crate) fn is_refund_code(value: &str) -> bool {
    const CODES: &[&str] = &[
        "R", "RV", "REV", "RF", "RFD", "REF", "RTN", "CB", "CBK", "CXL", "TK", "TH",
    ];
    CODES.iter().any(|code| code.eq_ignore_ascii_case(value))
}

/// Says whether a value says that the money went back.
pub(crate) fn is_refund(value: &str) -> bool {
    value.chars().take(25).count() <= 24
        && REFUND.iter().any(|word| {
            if word.is_ascii() {
                windows(value, word.len()).any(|part| part.eq_ignore_ascii_case(word))
            } else {
                value.contains(word)
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_words_stand_alone_and_long_ones_anywhere() {
        assert!(is("mer_fee", FEE) && is("merFee", FEE) && is("手续费金额", FEE));
        assert!(is("DebitAmount", SIDE) && is("dc", SIDE) && is("借贷方向", SIDE));
        assert!(!is("coffee", FEE) && !is("broadcast", SIDE) && !is("amount", FEE));
        assert!(is_refund("Refunded") && is_refund("退款") && !is_refund("paid"));
    }
}
