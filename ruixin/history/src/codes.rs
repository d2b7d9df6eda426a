//! The code tables of the old system, which changed over the years.
//!
//! All rates, channels and codes are made up for this wallet.

use crate::calendar::{FIRST_DAY, days};

/// The business day on which the type codes were numbered anew. Three codes got another meaning.
pub(crate) const RENUMBERED: i32 = days(2011, 7, 1);

/// Is what a movement is, whatever code it bears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    TopUp,
    QuickTopUp,
    MerchantCover,
    PaymentOut,
    PaymentIn,
    EscrowPayment,
    EscrowRelease,
    EscrowReturn,
    TransferOut,
    TransferIn,
    RefundOut,
    RefundIn,
    Withdrawal,
    Freeze,
    Unfreeze,
    Bonus,
    ServiceFee,
    AdjustmentIn,
    AdjustmentOut,
    Reversal,
}

/// Is who stands on the other side of a movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OtherSide {
    /// The house account of the channel that the record names.
    Channel,
    /// Another customer, through the house account of customers' movements.
    Transit,
    Escrow,
    /// The frozen part of the same account.
    Frozen,
    Marketing,
    /// Nobody but the fee.
    Fee,
    /// The house account that the record names, or suspense where it names none.
    Named,
}

/// Is all that the type tables say of a kind.
#[derive(Debug)]
pub(crate) struct KindFacts {
    pub(crate) kind: Kind,
    pub(crate) word: &'static str,
    pub(crate) name: &'static str,
    pub(crate) is_in: bool,
    pub(crate) other_side: OtherSide,
    /// Codes before and from [`RENUMBERED`] on.
    pub(crate) codes: [&'static str; 2],
}

pub(crate) const KINDS: usize = 20;

/// Every kind, in the order of [`Kind`].
#[rustfmt::skip]
pub(crate) static FACTS: [KindFacts; KINDS] = [
    facts(Kind::TopUp, "TOPUP", "充值", true, OtherSide::Channel, ["01", "01"]),
    facts(Kind::QuickTopUp, "QUICK_TOPUP", "快捷充值", true, OtherSide::Channel, ["01", "11"]),
    facts(Kind::MerchantCover, "MERCHANT_COVER", "商户补足", true, OtherSide::Channel, ["15", "15"]),
    facts(Kind::PaymentOut, "PAYMENT_OUT", "即时支付", false, OtherSide::Transit, ["02", "02"]),
    facts(Kind::PaymentIn, "PAYMENT_IN", "即时收款", true, OtherSide::Transit, ["03", "03"]),
    facts(Kind::EscrowPayment, "ESCROW_PAYMENT", "担保交易付款", false, OtherSide::Escrow, ["04", "04"]),
    facts(Kind::EscrowRelease, "ESCROW_RELEASE", "担保交易收款", true, OtherSide::Escrow, ["05", "05"]),
    facts(Kind::EscrowReturn, "ESCROW_RETURN", "担保交易退款", true, OtherSide::Escrow, ["06", "53"]),
    facts(Kind::TransferOut, "TRANSFER_OUT", "转账付款", false, OtherSide::Transit, ["07", "21"]),
    facts(Kind::TransferIn, "TRANSFER_IN", "转账收款", true, OtherSide::Transit, ["08", "22"]),
    facts(Kind::RefundOut, "REFUND_OUT", "退款支出", false, OtherSide::Transit, ["12", "51"]),
    facts(Kind::RefundIn, "REFUND_IN", "退款收入", true, OtherSide::Transit, ["13", "52"]),
    facts(Kind::Withdrawal, "WITHDRAWAL", "提现", false, OtherSide::Channel, ["09", "31"]),
    facts(Kind::Freeze, "FREEZE", "冻结", false, OtherSide::Frozen, ["10", "41"]),
    facts(Kind::Unfreeze, "UNFREEZE", "解冻", true, OtherSide::Frozen, ["11", "42"]),
    facts(Kind::Bonus, "BONUS", "红包奖励", true, OtherSide::Marketing, ["14", "07"]),
    facts(Kind::ServiceFee, "SERVICE_FEE", "服务费", false, OtherSide::Fee, ["16", "08"]),
    facts(Kind::AdjustmentIn, "ADJUSTMENT", "人工调账", true, OtherSide::Named, ["99", "99"]),
    facts(Kind::AdjustmentOut, "ADJUSTMENT", "人工调账", false, OtherSide::Named, ["99", "99"]),
    facts(Kind::Reversal, "REVERSAL", "红字冲正", true, OtherSide::Channel, ["98", "98"]),
];

const fn facts(
    kind: Kind,
    word: &'static str,
    name: &'static str,
    is_in: bool,
    other_side: OtherSide,
    codes: [&'static str; 2],
) -> KindFacts {
    KindFacts {
        kind,
        word,
        name,
        is_in,
        other_side,
        codes,
    }
}

impl Kind {
    #[inline]
    pub(crate) fn facts(self) -> &'static KindFacts {
        &FACTS[self as usize]
    }

    /// The code that a record of a business day bears.
    #[inline]
    pub(crate) fn code(self, business_day: i32) -> &'static str {
        self.facts().codes[usize::from(business_day >= RENUMBERED)]
    }

    /// `1` for money that comes, `2` for money that goes.
    #[inline]
    pub(crate) fn direction(self) -> &'static str {
        if self.facts().is_in { "1" } else { "2" }
    }
}

/// One line of `type_code`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TypeCode {
    pub(crate) code: &'static str,
    pub(crate) direction: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) name: &'static str,
    pub(crate) valid_from: i32,
    pub(crate) valid_to: Option<i32>,
}

/// All lines of `type_code`, by code, direction and date.
pub(crate) fn type_codes() -> Vec<TypeCode> {
    let mut lines: Vec<TypeCode> = Vec::new();
    for facts in &FACTS {
        let line = |at: usize, valid_from, valid_to| TypeCode {
            code: facts.codes[at],
            direction: facts.kind.direction(),
            kind: facts.word,
            name: facts.name,
            valid_from,
            valid_to,
        };
        if facts.codes[0] == facts.codes[1] {
            lines.push(line(0, FIRST_DAY, None));
        } else {
            // Before they had a code of their own, quick top-ups were plain ones.
            if facts.kind != Kind::QuickTopUp {
                lines.push(line(0, FIRST_DAY, Some(RENUMBERED - 1)));
            }
            lines.push(line(1, RENUMBERED, None));
        }
    }
    lines.sort_by_key(|line| (line.code, line.direction, line.valid_from));
    lines
}

/// What the status codes mean: table, code, word, name.
#[rustfmt::skip]
pub(crate) const STATUSES: [(&str, &str, &str, &str); 12] = [
    ("flow", "0", "BOOKED", "正常"),
    ("flow", "1", "REVERSED", "已冲正"),
    ("flow", "2", "REVERSING", "冲正"),
    ("orders", "1", "PENDING", "处理中"),
    ("orders", "2", "DONE", "交易成功"),
    ("orders", "3", "CLOSED", "交易关闭"),
    ("orders", "4", "REFUNDED", "全额退款"),
    ("orders", "5", "PARTLY_REFUNDED", "部分退款"),
    ("orders", "6", "PAID_TO_ESCROW", "已付款待确认"),
    ("orders", "7", "FAILED", "失败"),
    ("account", "0", "ACTIVE", "正常"),
    ("account", "1", "PARTLY_FROZEN", "部分冻结"),
];

/// Is a way by which money comes into the wallet and leaves it.
#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
}

#[rustfmt::skip]
pub(crate) static CHANNELS: [Channel; 7] = [
    Channel { code: "ABC", name: "农业银行网银" },
    Channel { code: "BOC", name: "中国银行网银" },
    Channel { code: "CCB", name: "建设银行网银" },
    Channel { code: "CMB", name: "招商银行快捷" },
    Channel { code: "ICBC", name: "工商银行网银" },
    Channel { code: "POST", name: "邮政网汇e" },
    Channel { code: "UNIONPAY", name: "银联在线" },
];

/// The merchants' own channel: covers and large settlements go by it.
pub(crate) const UNIONPAY: u8 = 6;

/// Is a rate in millionths, with the least and the most that it comes to, in fen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) millionths: i64,
    pub(crate) least: i64,
    pub(crate) most: i64,
}

impl Rate {
    /// The fee on an amount, both in fen: rounded half up, then held within its bounds.
    #[inline]
    pub(crate) fn fee(self, amount: i64) -> i64 {
        let fee = (amount * self.millionths + 500_000) / 1_000_000;
        fee.clamp(self.least, self.most)
    }
}

/// Business days on which rates changed.
const RATE_CHANGES: [i32; 3] = [FIRST_DAY, days(2011, 3, 1), days(2012, 11, 1)];

fn version(business_day: i32) -> usize {
    RATE_CHANGES
        .partition_point(|from| *from <= business_day)
        .max(1)
        - 1
}

/// First and last business day of a version of the rates.
pub(crate) fn validity(version: usize) -> (i32, Option<i32>) {
    let to = RATE_CHANGES.get(version + 1).map(|next| next - 1);
    (RATE_CHANGES[version], to)
}

pub(crate) const RATE_VERSIONS: usize = RATE_CHANGES.len();

/// What a user pays for a withdrawal, by channel and version.
pub(crate) fn withdrawal_rate(channel: u8, version: usize) -> Rate {
    let dear = matches!(CHANNELS[usize::from(channel)].code, "POST" | "BOC");
    let (millionths, least, most) = match (version, dear) {
        (0, false) => (5_000, 100, 2_500),
        (0, true) => (8_000, 200, 5_000),
        (1, false) => (2_000, 200, 2_500),
        (1, true) => (3_500, 200, 2_500),
        (_, false) => (1_000, 50, 1_000),
        (_, true) => (1_500, 50, 1_500),
    };
    Rate {
        millionths,
        least,
        most,
    }
}

/// What the bank takes for a top-up. It is settled month by month, outside of the flow.
pub(crate) fn bank_rate(channel: u8, version: usize) -> Rate {
    let base = [3_500, 2_800, 2_200][version.min(2)];
    Rate {
        millionths: base + 150 * i64::from(channel),
        least: 1,
        most: 5_000,
    }
}

/// The classes of merchants, with their rates by version, in millionths.
#[rustfmt::skip]
pub(crate) static CLASSES: [(&str, &str, [i64; 3]); 4] = [
    ("A", "网上商城", [7_000, 6_000, 5_500]),
    ("B", "商旅票务", [12_000, 10_000, 8_000]),
    ("C", "公共缴费", [0, 0, 0]),
    ("D", "数字娱乐", [15_000, 12_500, 12_500]),
];

pub(crate) fn merchant_rate(class: usize, version: usize) -> Rate {
    Rate {
        millionths: CLASSES[class].2[version],
        least: 0,
        most: i64::MAX,
    }
}

#[inline]
pub(crate) fn withdrawal_fee(channel: u8, business_day: i32, amount: i64) -> i64 {
    withdrawal_rate(channel, version(business_day)).fee(amount)
}

#[inline]
pub(crate) fn bank_fee(channel: u8, business_day: i32, amount: i64) -> i64 {
    bank_rate(channel, version(business_day)).fee(amount)
}

#[inline]
pub(crate) fn merchant_fee(class: usize, business_day: i32, amount: i64) -> i64 {
    merchant_rate(class, version(business_day)).fee(amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_stand_in_the_order_of_the_kinds() {
        for (at, facts) in FACTS.iter().enumerate() {
            assert_eq!(facts.kind as usize, at);
        }
    }

    #[test]
    fn a_code_and_direction_mean_one_thing_on_each_day_and_some_mean_two_over_the_years() {
        let lines = type_codes();
        let mut reused = 0;
        for pair in lines.windows(2) {
            let same = |of: fn(&TypeCode) -> &'static str| of(&pair[0]) == of(&pair[1]);
            if same(|line| line.code) && same(|line| line.direction) {
                assert!(pair[0].valid_to.expect("it ends") < pair[1].valid_from);
            }
            if same(|line| line.code) && !same(|line| line.kind) {
                reused += 1;
            }
        }
        assert_eq!(reused, 3);
    }

    #[test]
    fn a_fee_is_rounded_half_up_and_held_within_its_bounds() {
        let rate = Rate {
            millionths: 5_000,
            least: 100,
            most: 2_500,
        };
        assert_eq!(rate.fee(20_000), 100);
        assert_eq!(rate.fee(30_100), 151);
        assert_eq!(rate.fee(30_099), 150);
        assert_eq!(rate.fee(9_999_999), 2_500);
    }
}
