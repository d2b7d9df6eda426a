//! What names say: which two mean the same, and which mean an id, an amount, a day.

/// How alike two names are, of a thousand.
pub(super) const SAME: u64 = 1000;
/// Alike but for case and what stands between words.
pub(super) const SPELT_ALIKE: u64 = 950;
/// Other words for the same.
pub(super) const MEANS_THE_SAME: u64 = 850;

/// Words for the same thing; the first names it. Chinese words stand as a whole.
const MEANINGS: [&[&str]; 33] = [
    &[
        "amount",
        "amt",
        "sum",
        "金额",
        "交易金额",
        "发生额",
        "订单金额",
    ],
    &[
        "fee",
        "fees",
        "commission",
        "charge",
        "手续费",
        "费用",
        "交易手续费",
    ],
    &["balance", "bal", "余额", "账户余额"],
    &[
        "serial",
        "flow number",
        "transaction number",
        "transaction id",
        "serial number",
        "流水号",
        "流水",
        "交易流水号",
        "交易号",
        "序列号",
    ],
    &["date", "day", "日期", "交易日期", "transaction date"],
    &[
        "accounting date",
        "business date",
        "posting date",
        "会计日期",
        "记账日期",
        "入账日期",
    ],
    &[
        "time",
        "timestamp",
        "时间",
        "交易时间",
        "transaction time",
        "created at",
        "created",
    ],
    &[
        "account",
        "account number",
        "account id",
        "账号",
        "账户",
        "帐号",
        "帐户",
    ],
    &["currency", "currency code", "币种", "币别", "货币"],
    &[
        "type",
        "kind",
        "类型",
        "种类",
        "交易类型",
        "transaction type",
    ],
    &["status", "state", "状态", "交易状态"],
    &["channel", "渠道", "通道"],
    &[
        "memo",
        "remark",
        "remarks",
        "note",
        "notes",
        "comment",
        "description",
        "narrative",
        "备注",
        "摘要",
        "附言",
    ],
    &["name", "户名", "姓名", "名称"],
    &[
        "user",
        "user id",
        "user number",
        "uid",
        "用户",
        "用户号",
        "用户编号",
    ],
    &[
        "customer",
        "customer id",
        "customer number",
        "客户号",
        "客户编号",
        "客户",
    ],
    &[
        "voucher",
        "voucher number",
        "voucher id",
        "凭证号",
        "凭证",
        "传票号",
    ],
    &[
        "leg",
        "line",
        "line number",
        "entry number",
        "分录号",
        "分录序号",
        "行号",
    ],
    &[
        "subject",
        "account code",
        "ledger account",
        "科目",
        "科目号",
        "科目代码",
    ],
    &[
        "merchant",
        "merchant id",
        "merchant number",
        "商户",
        "商户号",
    ],
    &["order", "order id", "order number", "订单号", "订单编号"],
    &["batch", "batch id", "batch number", "批次", "批次号"],
    &["debit", "借方", "借方金额", "借"],
    &["credit", "贷方", "贷方金额", "贷"],
    &["price", "单价", "价格"],
    &["quantity", "数量", "份额", "shares"],
    &["rate", "汇率", "利率", "费率"],
    &["interest", "利息"],
    &["principal", "本金"],
    &["income", "收益", "收入"],
    &["tax", "vat", "税", "税额"],
    &[
        "payee",
        "beneficiary",
        "supplier",
        "vendor",
        "收款人",
        "供应商",
    ],
    &["bank", "银行", "开户行"],
];

/// What short words stand for.
const SHORT: [(&str, &str); 27] = [
    ("acct", "account"),
    ("acc", "account"),
    ("acnt", "account"),
    ("amt", "amount"),
    ("bal", "balance"),
    ("ccy", "currency"),
    ("cur", "currency"),
    ("curr", "currency"),
    ("cust", "customer"),
    ("desc", "description"),
    ("dt", "date"),
    ("mch", "merchant"),
    ("mer", "merchant"),
    ("merch", "merchant"),
    ("nbr", "number"),
    ("no", "number"),
    ("num", "number"),
    ("ord", "order"),
    ("qty", "quantity"),
    ("ref", "reference"),
    ("seq", "sequence"),
    ("ser", "serial"),
    ("tm", "time"),
    ("tran", "transaction"),
    ("trans", "transaction"),
    ("trx", "transaction"),
    ("txn", "transaction"),
];

/// The words of a name, in small letters, short ones written out.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut previous = ' ';
    for character in name.chars() {
        let starts = match character {
            c if !c.is_alphanumeric() => {
                previous = ' ';
                continue;
            }
            c if c.is_uppercase() => !previous.is_uppercase(),
            c => is_han(c) != is_han(previous),
        };
        match words.last_mut() {
            Some(word) if !starts && previous != ' ' => word.extend(character.to_lowercase()),
            _ => words.push(character.to_lowercase().collect()),
        }
        previous = character;
    }
    let mut words: Vec<String> = words.into_iter().map(written_out).collect();
    // A cent after `per` is no coin.
    while let Some(at) = words.windows(2).position(|pair| pair == ["per", "cent"]) {
        words.splice(at..at + 2, ["percent".to_owned()]);
    }
    words
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}')
}

fn written_out(word: String) -> String {
    let long = SHORT.iter().find(|(short, _)| *short == word);
    long.map_or(word, |(_, long)| (*long).to_owned())
}

/// The letters of a name alone.
fn letters(name: &str) -> String {
    // A byte-order mark that was decoded as something else is no letter.
    name.trim_start_matches("ï»¿")
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// What a name means, where it is one of the words known here; else its own words.
fn meaning(name: &str) -> String {
    let own: Vec<String> = words(name)
        .into_iter()
        .filter(|word| !is_unit(word))
        .collect();
    let phrase = own.join(" ");
    let known = MEANINGS.iter().find(|same| same.contains(&phrase.as_str()));
    known.map_or(phrase.clone(), |same| same[0].to_owned())
}

/// Whether a word says the unit of an amount.
fn is_unit(word: &str) -> bool {
    [
        "fen",
        "cent",
        "cents",
        "pence",
        "minor",
        "分",
        "元",
        "yuan",
        "gbp",
        "cny",
        "usd",
        "eur",
        "rmb",
        "人民币",
    ]
    .contains(&word)
}

/// Whether a name says that it holds minor units.
pub(super) fn says_minor(name: &str) -> bool {
    words(name)
        .iter()
        .any(|word| ["fen", "cent", "cents", "pence", "minor", "分"].contains(&word.as_str()))
}

/// Whether a column's name says that its times are of UTC.
pub(super) fn says_utc(name: &str) -> bool {
    let words = words(name);
    words
        .iter()
        .any(|word| ["utc", "gmt"].contains(&word.as_str()))
}

/// How alike two names of columns are, of a thousand.
pub(super) fn likeness(one: &str, other: &str) -> u64 {
    if one == other {
        return SAME;
    }
    if letters(one) == letters(other) && !letters(one).is_empty() {
        return SPELT_ALIKE;
    }
    let (first, second) = (meaning(one), meaning(other));
    if first == second && !first.is_empty() {
        return MEANS_THE_SAME;
    }
    let (first, second) = (words(one), words(other));
    let shared = first.iter().filter(|word| second.contains(word)).count() as u64;
    500 * shared / (first.len().max(second.len()) as u64).max(1)
}

/// Whether two long names differ in a letter or two: one of them is misspelt.
pub(super) fn is_misspelt(one: &str, other: &str) -> bool {
    let [one, other] = [letters(one), letters(other)].map(|name| name.chars().collect::<Vec<_>>());
    let has_digits = one.iter().chain(&other).any(char::is_ascii_digit);
    let is_long = one.len().min(other.len()) >= 8 && one.len().abs_diff(other.len()) <= 2;
    is_long && !has_digits && edits(&one, &other) <= 2
}

/// Letters to change, put in or take out until one text is the other.
fn edits(one: &[char], other: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.iter().enumerate() {
        let mut above_left = row[0];
        row[0] = at + 1;
        for (column, theirs) in other.iter().enumerate() {
            let changed = above_left + usize::from(letter != theirs);
            above_left = row[column + 1];
            row[column + 1] = changed.min(above_left + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

/// Words around a table's name that say nothing of what is in it.
const AROUND: [&str; 28] = [
    "t",
    "tb",
    "tbl",
    "table",
    "tab",
    "old",
    "new",
    "source",
    "src",
    "target",
    "tgt",
    "dst",
    "dest",
    "legacy",
    "raw",
    "clean",
    "processed",
    "converted",
    "migrated",
    "expected",
    "actual",
    "v1",
    "v2",
    "export",
    "dump",
    "data",
    "book",
    "final",
];

/// A table's name without case, plural and what stands around it.
pub(super) fn table_core(name: &str) -> String {
    let words = words(name);
    let is_core = |word: &&String| {
        !AROUND.contains(&word.as_str()) && !word.chars().all(|c| c.is_ascii_digit())
    };
    let core: Vec<&str> = words
        .iter()
        .filter(is_core)
        .map(|word| singular(word))
        .collect();
    match core.is_empty() {
        true => words.join(" "),
        false => core.join(" "),
    }
}

fn singular(word: &str) -> &str {
    match word.strip_suffix('s') {
        Some(one) if one.len() > 2 && !one.ends_with(['s', 'u', 'i']) => one,
        _ => word,
    }
}

fn has_word(name: &str, known: &[&str]) -> bool {
    words(name)
        .iter()
        .any(|word| known.contains(&word.as_str()))
}

fn has_part(name: &str, parts: &[&str]) -> bool {
    parts.iter().any(|part| name.contains(part))
}

/// Whether a column's name says that it tells records apart.
pub(super) fn is_id(name: &str) -> bool {
    let known = [
        "id",
        "uuid",
        "guid",
        "serial",
        "key",
        "code",
        "voucher",
        "reference",
        "number",
        "uid",
    ];
    has_word(name, &known) || has_part(name, &["号", "流水", "编码", "凭证", "主键"])
}

/// Whether a column's name says that it tells the parts of one thing apart.
pub(super) fn is_ordinal(name: &str) -> bool {
    let known = ["leg", "line", "sequence", "item", "part", "row", "entry"];
    has_word(name, &known) || has_part(name, &["序号", "行号", "分录"])
}

/// Whether a column's name says that it holds amounts.
pub(super) fn is_money(name: &str) -> bool {
    let known = [
        "amount",
        "amounts",
        "fee",
        "fees",
        "balance",
        "price",
        "total",
        "cost",
        "charge",
        "charges",
        "debit",
        "credit",
        "gross",
        "net",
        "paid",
        "tax",
        "vat",
        "interest",
        "income",
        "principal",
        "sum",
        "commission",
        "payment",
        "refund",
        "discount",
        "deposit",
        "withdrawal",
        "fen",
        "cents",
        "pence",
        "betrag",
        "summe",
        "montant",
        "importe",
        "importo",
        "bedrag",
        "valor",
    ];
    let chinese = [
        "金额",
        "手续费",
        "余额",
        "费用",
        "金",
        "款",
        "借方",
        "贷方",
        "本金",
        "利息",
        "税",
        "价",
        "收入",
        "支出",
        "发生额",
        "收益",
        "（元）",
        "(元)",
        "（分）",
        "(分)",
    ];
    (has_word(name, &known) || has_part(name, &chinese)) && !is_no_money(name)
}

/// Whether a column's name says that its numbers are no amounts.
pub(super) fn is_no_money(name: &str) -> bool {
    let known = [
        "id",
        "number",
        "code",
        "count",
        "quantity",
        "rate",
        "ratio",
        "percent",
        "percentage",
        "pct",
        "yield",
        "latitude",
        "longitude",
        "lat",
        "lon",
        "date",
        "time",
        "year",
        "month",
        "day",
        "type",
        "status",
        "name",
        "currency",
        "uuid",
        "serial",
        "key",
        "voucher",
        "reference",
        "method",
        "channel",
        "at",
        "on",
        "by",
        "to",
        "weight",
        "size",
        "version",
        "hash",
        "shares",
    ];
    let chinese = [
        "号", "率", "笔数", "日期", "时间", "类型", "状态", "名", "币种", "份额", "数量", "次数",
    ];
    has_word(name, &known) || has_part(name, &chinese)
}

/// Whether a column's name says that it holds the code of a currency.
pub(super) fn is_currency(name: &str) -> bool {
    meaning(name) == "currency"
        || words(name).ends_with(&["currency".to_owned()])
        || name.contains("币种")
}

/// How well totals are crossed along a column, by its name: the lower the better.
pub(super) fn foot_rank(name: &str) -> u32 {
    let ranked: [(&[&str], &[&str]); 3] = [
        (&["date", "day", "month"], &["日期", "月份"]),
        (
            &["type", "kind", "subject", "channel", "category"],
            &["类型", "科目", "渠道", "种类"],
        ),
        (
            &["status", "state", "direction", "branch", "unit", "product"],
            &["状态", "方向", "机构"],
        ),
    ];
    let found = ranked
        .iter()
        .position(|(words, parts)| has_word(name, words) || has_part(name, parts));
    found.map_or(3, |rank| u32::try_from(rank).unwrap_or(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_mean_the_same_are_alike() {
        let check = |one: &str, other: &str, expect: u64| {
            assert_eq!(likeness(one, other), expect, "{one} {other}")
        };
        check("amount", "amount", SAME);
        check("TxnAmount", "txn_amount", SPELT_ALIKE);
        check("Payment Date", "payment_date", SPELT_ALIKE);
        check("amt", "amount", MEANS_THE_SAME);
        check("金额", "amount", MEANS_THE_SAME);
        check("流水号", "serial", MEANS_THE_SAME);
        check("txn_no", "serial", MEANS_THE_SAME);
        check("acct_no", "AccountNumber", MEANS_THE_SAME);
        check("amount_fen", "amount", MEANS_THE_SAME);
        check("amount", "fee", 0);
        check("source_serial", "serial", 250);
    }

    #[test]
    fn a_letter_or_two_is_a_misspelling() {
        assert!(is_misspelt("Benificiary Name", "Beneficiary Name"));
        assert!(is_misspelt("Service divison label", "ServiceDivisionLabel"));
        for (one, other) in [
            ("fee_1", "fee_2"),
            ("amount", "account"),
            ("amount_of_2012", "amount_of_2013"),
        ] {
            assert!(!is_misspelt(one, other), "{one} {other}");
        }
    }

    #[test]
    fn tables_are_named_by_what_is_in_them() {
        for (name, core) in [
            ("flow", "flow"),
            ("Flows", "flow"),
            ("t_flow_old", "flow"),
            ("flow_2013", "flow"),
            ("FlowNew", "flow"),
            ("status", "status"),
            ("old", "old"),
            ("tbl_account_entries", "account entrie"),
        ] {
            assert_eq!(table_core(name), core, "{name}");
        }
    }

    #[test]
    fn names_say_ids_amounts_and_currencies() {
        for name in ["serial", "user_id", "orderNo", "流水号", "voucher"] {
            assert!(is_id(name) && !is_money(name), "{name}");
        }
        for name in [
            "amount",
            "fee",
            "Net Amount",
            "手续费",
            "balance_fen",
            "金额（元）",
        ] {
            assert!(is_money(name) && !is_id(name), "{name}");
        }
        for name in [
            "exchange_rate",
            "total_count",
            "paid_on",
            "amount_currency",
            "金额币种",
        ] {
            assert!(!is_money(name), "{name}");
        }
        for (name, is_minor) in [
            ("amount_cents", true),
            ("fee_cent", true),
            ("cent_per_unit", true),
            ("discount_per_cent", false),
            ("PerCent", false),
        ] {
            assert_eq!(says_minor(name), is_minor, "{name}");
        }
        assert!(is_no_money("discount_per_cent"));
        assert!(
            is_currency("ccy")
                && is_currency("币种")
                && is_currency("currency_code")
                && !is_currency("amount")
        );
    }
}
