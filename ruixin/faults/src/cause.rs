//! The causes that can be planted, by their ids in the catalogue.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Is the cause of a fault, named as in the catalogue of causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "`says` tells what each of them is")]
pub enum Cause {
    A1,
    A5,
    A8,
    A9,
    A10,
    B1,
    B2,
    B3,
    B4,
    B8,
    B9,
    B10,
    D1,
    D3,
    D4,
    T1,
    T2,
    E1,
}

/// Says that a text names no cause that can be planted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no cause that can be planted")]
pub struct UnknownCause(pub String);

impl Cause {
    /// Every cause, in the order of the catalogue.
    pub const ALL: [Self; 18] = [
        Self::A1,
        Self::A5,
        Self::A8,
        Self::A9,
        Self::A10,
        Self::B1,
        Self::B2,
        Self::B3,
        Self::B4,
        Self::B8,
        Self::B9,
        Self::B10,
        Self::D1,
        Self::D3,
        Self::D4,
        Self::T1,
        Self::T2,
        Self::E1,
    ];

    /// Says in a sentence what happened to the record.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::A1 => "The voucher was omitted, with all of its legs.",
            Self::A5 => "The voucher was written twice.",
            Self::A8 => "One leg of the voucher was omitted.",
            Self::A9 => "The voucher stands for no record of the old books.",
            Self::A10 => "Two vouchers have each other's id.",
            Self::B1 => "Two neighbouring digits of the amount changed places.",
            Self::B2 => "The amount is a hundred times too large: fen were taken for yuan.",
            Self::B3 => "A double lost one fen of the amount when it was cut to whole fen.",
            Self::B4 => "A float of 32 bits could not hold or write the amount to the fen.",
            Self::B8 => "The amount was too large for its field and lost its leading digits.",
            Self::B9 => "The amount has the opposite sign.",
            Self::B10 => "The fee was taken into the customer's amount, or out of it.",
            Self::D1 => "Debit and credit of both main legs changed places.",
            Self::D3 => "The amount is booked to another account of the same subject.",
            Self::D4 => "The amount is booked to another subject.",
            Self::T1 => "The time of booking is off by eight hours.",
            Self::T2 => "The accounting date is off by a day.",
            Self::E1 => "The memo was written as GBK and read as UTF-8.",
        }
    }

    /// Says the same in Chinese.
    #[must_use]
    pub const fn says_zh(self) -> &'static str {
        match self {
            Self::A1 => "整张凭证漏转，所有分录均缺失。",
            Self::A5 => "凭证重复写入了两次。",
            Self::A8 => "凭证缺少一条分录。",
            Self::A9 => "凭证在旧账中没有对应的流水。",
            Self::A10 => "两张凭证的编号互换了。",
            Self::B1 => "金额中相邻两位数字颠倒。",
            Self::B2 => "金额放大了一百倍：分被当成了元。",
            Self::B3 => "金额经双精度浮点换算后截断，少了一分。",
            Self::B4 => "金额经单精度浮点换算，精度不足，分位失准。",
            Self::B8 => "金额超出字段宽度，高位被截断。",
            Self::B9 => "金额的正负号相反。",
            Self::B10 => "手续费被并入或移出了客户金额。",
            Self::D1 => "两条主分录的借贷方向互换。",
            Self::D3 => "串户：金额记到了同一科目的另一个账户。",
            Self::D4 => "科目错误：金额记到了另一个科目。",
            Self::T1 => "记账时间相差八小时。",
            Self::T2 => "会计日期相差一天。",
            Self::E1 => "摘要乱码：GBK 编码被当作 UTF-8 读取。",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{self:?}"))
    }
}

impl FromStr for Cause {
    type Err = UnknownCause;

    fn from_str(text: &str) -> Result<Self, UnknownCause> {
        let named = Self::ALL.into_iter().find(|one| one.to_string() == text);
        named.ok_or_else(|| UnknownCause(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_is_read_as_it_is_written_and_says_a_sentence() {
        for cause in Cause::ALL {
            assert_eq!(cause.to_string().parse(), Ok(cause));
            assert!(cause.says().ends_with('.'), "{cause}");
            assert!(cause.says_zh().ends_with('。'), "{cause}");
        }
        assert_eq!("Z9".parse::<Cause>(), Err(UnknownCause("Z9".to_owned())));
    }

    #[test]
    fn all_causes_are_in_order_and_none_twice() {
        assert!(Cause::ALL.is_sorted_by(|one, next| one < next));
    }
}
