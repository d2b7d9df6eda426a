//! The codes of the books, and the rates by which fees are reckoned.

use std::collections::BTreeMap;

use ruixin_service::store::{Row, StoreError, Tx};

/// Is who an account belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// A person.
    User,
    /// A shop or company.
    Merchant,
    /// The wallet itself.
    House,
}

impl Owner {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Owner::User => "U",
            Owner::Merchant => "M",
            Owner::House => "H",
        }
    }

    pub(crate) fn of_code(code: &str) -> Option<Owner> {
        let all = [Owner::User, Owner::Merchant, Owner::House];
        all.into_iter().find(|owner| owner.code() == code)
    }

    pub(crate) fn digit(self) -> char {
        match self {
            Owner::User => '6',
            Owner::Merchant => '7',
            Owner::House => '9',
        }
    }
}

/// Is what a movement is, whatever code it bears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// 充值
    TopUp,
    /// 即时支付
    PaymentOut,
    /// 即时收款
    PaymentIn,
    /// 退款支出
    RefundOut,
    /// 退款收入
    RefundIn,
    /// 转账付款
    TransferOut,
    /// 转账收款
    TransferIn,
    /// 提现
    Withdrawal,
    /// 冻结
    Freeze,
    /// 解冻
    Unfreeze,
    /// 快捷充值, of books that were kept elsewhere, as all that follow.
    QuickTopUp,
    /// 商户补足
    MerchantCover,
    /// 担保交易付款
    EscrowPayment,
    /// 担保交易收款
    EscrowRelease,
    /// 担保交易退款
    EscrowReturn,
    /// 红包奖励
    Bonus,
    /// 服务费
    ServiceFee,
    /// 人工调账, in favour of the customer
    AdjustmentIn,
    /// 人工调账, to his debit
    AdjustmentOut,
    /// 红字冲正
    Reversal,
}

/// Is who stands on the other side of a movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OtherSide {
    /// The house's account of the channel that the record names.
    Channel,
    /// Another customer.
    Transit,
    Escrow,
    /// The frozen part of the same account.
    Frozen,
    Marketing,
    /// Nobody but the fee.
    Fee,
    /// The house's account that the record names, or suspense where it names none.
    Named,
}

/// The business day on which the codes were numbered anew.
pub(crate) const RENUMBERED: &str = "2011-07-01";

impl Kind {
    /// All kinds: ten that this service books, and ten that only older books have.
    pub const ALL: [Kind; 20] = [
        Kind::TopUp,
        Kind::PaymentOut,
        Kind::PaymentIn,
        Kind::RefundOut,
        Kind::RefundIn,
        Kind::TransferOut,
        Kind::TransferIn,
        Kind::Withdrawal,
        Kind::Freeze,
        Kind::Unfreeze,
        Kind::QuickTopUp,
        Kind::MerchantCover,
        Kind::EscrowPayment,
        Kind::EscrowRelease,
        Kind::EscrowReturn,
        Kind::Bonus,
        Kind::ServiceFee,
        Kind::AdjustmentIn,
        Kind::AdjustmentOut,
        Kind::Reversal,
    ];

    /// Word, whether money comes in, codes before and from [`RENUMBERED`] on.
    fn facts(self) -> (&'static str, bool, [&'static str; 2]) {
        match self {
            Kind::TopUp => ("TOPUP", true, ["01", "01"]),
            Kind::PaymentOut => ("PAYMENT_OUT", false, ["02", "02"]),
            Kind::PaymentIn => ("PAYMENT_IN", true, ["03", "03"]),
            Kind::RefundOut => ("REFUND_OUT", false, ["12", "51"]),
            Kind::RefundIn => ("REFUND_IN", true, ["13", "52"]),
            Kind::TransferOut => ("TRANSFER_OUT", false, ["07", "21"]),
            Kind::TransferIn => ("TRANSFER_IN", true, ["08", "22"]),
            Kind::Withdrawal => ("WITHDRAWAL", false, ["09", "31"]),
            Kind::Freeze => ("FREEZE", false, ["10", "41"]),
            Kind::Unfreeze => ("UNFREEZE", true, ["11", "42"]),
            // Before they had a code of their own, quick top-ups were plain ones.
            Kind::QuickTopUp => ("QUICK_TOPUP", true, ["", "11"]),
            Kind::MerchantCover => ("MERCHANT_COVER", true, ["15", "15"]),
            Kind::EscrowPayment => ("ESCROW_PAYMENT", false, ["04", "04"]),
            Kind::EscrowRelease => ("ESCROW_RELEASE", true, ["05", "05"]),
            Kind::EscrowReturn => ("ESCROW_RETURN", true, ["06", "53"]),
            Kind::Bonus => ("BONUS", true, ["14", "07"]),
            Kind::ServiceFee => ("SERVICE_FEE", false, ["16", "08"]),
            Kind::AdjustmentIn => ("ADJUSTMENT", true, ["99", "99"]),
            Kind::AdjustmentOut => ("ADJUSTMENT", false, ["99", "99"]),
            Kind::Reversal => ("REVERSAL", true, ["98", "98"]),
        }
    }

    pub(crate) fn other_side(self) -> OtherSide {
        match self {
            Kind::TopUp
            | Kind::QuickTopUp
            | Kind::MerchantCover
            | Kind::Withdrawal
            | Kind::Reversal => OtherSide::Channel,
            Kind::PaymentOut
            | Kind::PaymentIn
            | Kind::RefundOut
            | Kind::RefundIn
            | Kind::TransferOut
            | Kind::TransferIn => OtherSide::Transit,
            Kind::EscrowPayment | Kind::EscrowRelease | Kind::EscrowReturn => OtherSide::Escrow,
            Kind::Freeze | Kind::Unfreeze => OtherSide::Frozen,
            Kind::Bonus => OtherSide::Marketing,
            Kind::ServiceFee => OtherSide::Fee,
            Kind::AdjustmentIn | Kind::AdjustmentOut => OtherSide::Named,
        }
    }

    /// Gives the word of the code table.
    pub fn word(self) -> &'static str {
        self.facts().0
    }

    pub(crate) fn is_in(self) -> bool {
        self.facts().1
    }

    pub(crate) fn direction(self) -> &'static str {
        if self.is_in() { "1" } else { "2" }
    }

    /// The code that a record of a business day bears.
    pub(crate) fn code(self, business_day: &str) -> &'static str {
        let [before, from] = self.facts().2;
        if business_day < RENUMBERED {
            before
        } else {
            from
        }
    }

    /// What a code meant on a business day.
    pub(crate) fn of_code(code: &str, direction: &str, business_day: &str) -> Option<Kind> {
        let means = |kind: &Kind| kind.code(business_day) == code && kind.direction() == direction;
        Kind::ALL.into_iter().find(means)
    }
}

/// Is a rate in millionths, with the least and the most that it comes to, in fen.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rate {
    millionths: i64,
    least: i64,
    most: i64,
    valid_from: String,
    valid_to: Option<String>,
}

impl Rate {
    fn is_valid(&self, day: &str) -> bool {
        self.valid_from.as_str() <= day && self.valid_to.as_deref().is_none_or(|to| day <= to)
    }

    /// The fee on an amount, both in fen: rounded half up, then held within its bounds.
    fn fee(&self, amount: i64) -> i64 {
        let exact = i128::from(amount).saturating_mul(i128::from(self.millionths));
        let rounded = exact.saturating_add(500_000) / 1_000_000;
        let fee = i64::try_from(rounded).unwrap_or(i64::MAX);
        fee.min(self.most).max(self.least)
    }
}

/// Holds the channels, classes and rates that the code tables say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rates {
    channels: Vec<String>,
    by_channel: BTreeMap<(String, String), Vec<Rate>>,
    by_class: BTreeMap<String, Vec<Rate>>,
}

impl Rates {
    pub(crate) async fn read(tx: &mut Tx<'_>) -> Result<Rates, StoreError> {
        let [channels, rates, classes] = tx
            .rows_of([
                ("SELECT channel FROM channel ORDER BY channel", vec![]),
                (
                    "SELECT channel, purpose, CAST(round(rate * 1000000) AS BIGINT), fen:least, fen:most, date:valid_from, date:valid_to FROM channel_rate",
                    vec![],
                ),
                (
                    "SELECT class, '', CAST(round(rate * 1000000) AS BIGINT), date:valid_from, date:valid_to FROM merchant_rate",
                    vec![],
                ),
            ])
            .await?;
        let channels = channels
            .iter()
            .map(|row| row.text(0).map(str::to_owned))
            .collect::<Result<_, _>>()?;
        let validity = |row: &Row, at: usize| -> Result<_, StoreError> {
            let to = row.maybe_text(at.saturating_add(1))?.map(str::to_owned);
            Ok((row.text(at)?.to_owned(), to))
        };
        let mut by_channel: BTreeMap<_, Vec<Rate>> = BTreeMap::new();
        for row in &rates {
            let (valid_from, valid_to) = validity(row, 5)?;
            let key = (row.text(0)?.to_owned(), row.text(1)?.to_owned());
            by_channel.entry(key).or_default().push(Rate {
                millionths: row.int(2)?,
                least: row.int(3)?,
                most: row.int(4)?,
                valid_from,
                valid_to,
            });
        }
        let mut by_class: BTreeMap<_, Vec<Rate>> = BTreeMap::new();
        for row in &classes {
            let (valid_from, valid_to) = validity(row, 3)?;
            by_class
                .entry(row.text(0)?.to_owned())
                .or_default()
                .push(Rate {
                    millionths: row.int(2)?,
                    least: 0,
                    most: i64::MAX,
                    valid_from,
                    valid_to,
                });
        }
        Ok(Rates {
            channels,
            by_channel,
            by_class,
        })
    }

    /// The channel's place among all, if there is one of that code.
    pub(crate) fn channel(&self, code: &str) -> Option<usize> {
        self.channels.iter().position(|channel| channel == code)
    }

    /// The codes of all channels.
    pub(crate) fn channels(&self) -> &[String] {
        &self.channels
    }

    pub(crate) fn has_class(&self, class: &str) -> bool {
        self.by_class.contains_key(class)
    }

    /// What a user pays for a withdrawal, in fen.
    pub(crate) fn withdrawal_fee(&self, channel: &str, day: &str, amount: i64) -> i64 {
        let key = (channel.to_owned(), "WITHDRAWAL".to_owned());
        fee(self.by_channel.get(&key), day, amount)
    }

    /// What the bank takes for a top-up, in fen; it is settled by the month, outside of the flow.
    pub(crate) fn bank_fee(&self, channel: &str, day: &str, amount: i64) -> i64 {
        let key = (channel.to_owned(), "BANK".to_owned());
        fee(self.by_channel.get(&key), day, amount)
    }

    /// What a merchant pays for a payment, in fen.
    pub(crate) fn merchant_fee(&self, class: &str, day: &str, amount: i64) -> i64 {
        fee(self.by_class.get(class), day, amount)
    }
}

fn fee(rates: Option<&Vec<Rate>>, day: &str, amount: i64) -> i64 {
    let rate = rates.into_iter().flatten().find(|rate| rate.is_valid(day));
    rate.map_or(0, |rate| rate.fee(amount))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fee_is_rounded_half_up_and_held_within_its_bounds() {
        let rate = Rate {
            millionths: 5_000,
            least: 100,
            most: 2_500,
            valid_from: String::new(),
            valid_to: None,
        };
        let table = [
            (20_000, 100),
            (30_100, 151),
            (30_099, 150),
            (9_999_999, 2_500),
            (i64::MAX, 2_500),
        ];
        for (amount, fee) in table {
            assert_eq!(rate.fee(amount), fee);
        }
    }

    #[test]
    fn a_code_means_one_kind_on_each_day() {
        for day in ["2011-06-30", "2011-07-01"] {
            for kind in Kind::ALL {
                let code = kind.code(day);
                let has_one = kind != Kind::QuickTopUp || day == RENUMBERED;
                assert_eq!(!code.is_empty(), has_one);
                assert_eq!(Kind::of_code(code, kind.direction(), day), Some(kind));
            }
        }
    }
}
