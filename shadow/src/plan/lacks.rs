//! Why a cause was not planted: what the table lacks, or the samples.

use crate::cause::Cause;
use crate::damage::columns_of_codes;
use crate::naming::{self, FEE, SIDE, STATUS, TYPE, VOUCHER, Words};
use crate::says::Says;
use crate::scene::Scene;
use crate::table::{Column, Kind};

/// Says why a cause got no fault.
pub(super) fn why(cause: Cause, scene: &Scene<'_>, is_wanted: bool) -> Says {
    if !is_wanted {
        return Says::new("it was not asked for", "未要求演练");
    }
    let needs = needs(cause).iter();
    let lacking = needs.copied().find(|need| !is_met(*need, cause, scene));
    lacking.map_or_else(|| of_samples(scene), |need| Says::new(need.en(), need.zh()))
}

fn of_samples(scene: &Scene<'_>) -> Says {
    let count = scene.rows.len();
    Says::new(
        format!(
            "it can be planted in none of the {count} records sampled that can be told apart; sample more"
        ),
        format!("可区分的 {count} 条抽样记录均无法植入；请增加抽样"),
    )
}

/// Is what a table must have for a cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    Key,
    KeyOfLegs,
    KeyThatCanBeNew,
    KeyOfIds,
    MoreThanTheKey,
    Amounts,
    Fees,
    TwoNumbers,
    Refunds,
    Sides,
    Dates,
    TwoDates,
    Instants,
    DatesOrInstants,
    Texts,
    TextsOrKeys,
    Bits,
    Codes,
}

fn needs(cause: Cause) -> &'static [Need] {
    use Cause::{
        A1, A5, A7, A8, A9, A10, A11, B1, B2, B3, B4, B8, B9, B10, B11, B12, B13, B14, B15, B16,
        D1, D2, D3, D4, D5, D6, D7, D8, E1, E2, E3, E4, M1, T1, T2, T4, T5, T6, T7, T11,
    };
    match cause {
        A1 | A5 | B14 => &[],
        A7 => &[Need::Key, Need::Amounts],
        A8 => &[Need::KeyOfLegs],
        A9 => &[Need::KeyThatCanBeNew],
        A10 => &[Need::Key, Need::MoreThanTheKey],
        A11 => &[Need::Key, Need::KeyOfIds],
        B1 | B2 | B3 | B4 | B8 | B9 | B15 => &[Need::Amounts],
        B10 | B11 => &[Need::Amounts, Need::Fees],
        B12 => &[Need::Amounts, Need::TwoNumbers],
        B16 => &[Need::Amounts, Need::Refunds],
        B13 | D2 | D3 | D4 | D5 | D6 | D7 | D8 | T7 => &[Need::Codes],
        D1 => &[Need::Sides],
        T1 | T5 | T6 => &[Need::Instants],
        T2 => &[Need::Dates],
        T4 => &[Need::DatesOrInstants],
        T11 => &[Need::TwoDates],
        E1 | E2 | E4 => &[Need::Texts],
        E3 => &[Need::TextsOrKeys],
        M1 => &[Need::Bits],
    }
}

fn is_met(need: Need, cause: Cause, scene: &Scene<'_>) -> bool {
    let columns: Vec<&Column> = scene.plain().map(|(_, column)| column).collect();
    let all = scene.table.columns.iter();
    let keys: Vec<&Column> = all.filter(|column| column.is_key).collect();
    let of = |kind: Kind| columns.iter().filter(|one| one.kind == kind).count();
    let named = |words: Words| columns.iter().any(|one| naming::is(&one.name, words));
    let has_amounts = columns.iter().any(|column| is_amount(column));
    let has_ids = keys
        .iter()
        .any(|key| matches!(key.kind, Kind::Text | Kind::Number));
    match need {
        Need::Key => !keys.is_empty(),
        Need::KeyOfLegs => keys.len() > 1 && keys.iter().any(|key| naming::is(&key.name, VOUCHER)),
        Need::KeyThatCanBeNew => keys.is_empty() || has_ids,
        Need::KeyOfIds => has_ids,
        Need::MoreThanTheKey => !columns.is_empty(),
        Need::Amounts => has_amounts,
        Need::Fees => {
            let mut numbers = columns.iter().filter(|column| is_number(column));
            numbers.any(|column| naming::is(&column.name, FEE))
        }
        Need::TwoNumbers => columns.iter().filter(|column| is_number(column)).count() > 1,
        Need::Refunds => named(TYPE) || named(STATUS),
        Need::Sides => named(SIDE) || has_sides(&columns),
        Need::Dates => of(Kind::Date) > 0,
        Need::TwoDates => of(Kind::Date) > 1 || of(Kind::Instant) > 1,
        Need::Instants => of(Kind::Instant) > 0,
        Need::DatesOrInstants => of(Kind::Date) > 0 || of(Kind::Instant) > 0,
        Need::Texts => of(Kind::Text) > 0,
        Need::TextsOrKeys => of(Kind::Text) > 0 || keys.iter().any(|key| key.kind == Kind::Text),
        Need::Bits => has_amounts || of(Kind::Text) > 0,
        Need::Codes => columns_of_codes(cause, scene).next().is_some(),
    }
}

fn is_amount(column: &Column) -> bool {
    matches!(column.kind, Kind::Amount { .. })
}

fn is_number(column: &Column) -> bool {
    is_amount(column) || column.kind == Kind::Number
}

fn has_sides(columns: &[&Column]) -> bool {
    let amounts = || columns.iter().filter(|column| is_amount(column));
    amounts().any(|one| amounts().any(|other| naming::are_sides(&one.name, &other.name)))
}

impl Need {
    /// Says that the table lacks it.
    fn en(self) -> &'static str {
        match self {
            Need::Key => "the agreement has no key",
            Need::KeyOfLegs => "the key is not that of a voucher's legs",
            Need::KeyThatCanBeNew => "no part of the key can be made anew",
            Need::KeyOfIds => "no part of the key is an id",
            Need::MoreThanTheKey => "nothing but the key is compared",
            Need::Amounts => "no column of amounts is compared",
            Need::Fees => "no column of fees is compared",
            Need::TwoNumbers => "no other column of numbers is compared",
            Need::Refunds => "no column tells of refunds",
            Need::Sides => "no column tells debit from credit",
            Need::Dates => "no column of dates is compared",
            Need::TwoDates => "no two columns of dates are compared",
            Need::Instants => "no column of instants is compared",
            Need::DatesOrInstants => "no column of dates or instants is compared",
            Need::Texts | Need::TextsOrKeys => "no column of text is compared",
            Need::Bits => "neither amounts nor texts are compared",
            Need::Codes => "no column that is compared holds such codes",
        }
    }

    /// Says the same in Chinese.
    fn zh(self) -> &'static str {
        match self {
            Need::Key => "核对项没有主键",
            Need::KeyOfLegs => "主键不是凭证分录",
            Need::KeyThatCanBeNew => "主键无法另造新值",
            Need::KeyOfIds => "主键中没有编号字段",
            Need::MoreThanTheKey => "除主键外没有参与核对的字段",
            Need::Amounts => "没有参与核对的金额字段",
            Need::Fees => "没有参与核对的手续费字段",
            Need::TwoNumbers => "没有其他参与核对的数值字段",
            Need::Refunds => "没有标明退款的字段",
            Need::Sides => "没有区分借贷的字段",
            Need::Dates => "没有参与核对的日期字段",
            Need::TwoDates => "没有两个参与核对的日期字段",
            Need::Instants => "没有参与核对的时刻字段",
            Need::DatesOrInstants => "没有参与核对的日期或时刻字段",
            Need::Texts | Need::TextsOrKeys => "没有参与核对的文本字段",
            Need::Bits => "没有参与核对的金额或文本字段",
            Need::Codes => "没有参与核对的此类代码字段",
        }
    }
}
