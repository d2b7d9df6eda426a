//! Why something was not done: a value of the domain, which a caller is told as a problem.

use ruixin_service::language::Words;
use ruixin_service::problem::{Kind, Problem};
use serde::{Deserialize, Serialize};

use crate::money::Yuan;

/// Says why a command was refused. Kept with its `Idempotency-Key`, so that it is told again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "refused", rename_all = "snake_case")]
pub enum Refusal {
    /// There is no such account.
    AccountNotFound {
        /// Its number, as it was asked for.
        account: String,
    },
    /// There is no such order.
    OrderNotFound,
    /// There is no such hold.
    HoldNotFound,
    /// The account has less than is needed.
    InsufficientFunds {
        /// The account.
        account: String,
        /// What it can dispose of.
        available: Yuan,
        /// What is needed.
        needed: Yuan,
    },
    /// A merchant's account where a user's must be, or the other way round.
    WrongOwner {
        /// The account.
        account: String,
    },
    /// Payer and payee are the same.
    SameAccount,
    /// More is to be given back than is left of the payment.
    RefundExceedsPayment {
        /// What is left.
        refundable: Yuan,
        /// What is to be given back.
        asked: Yuan,
    },
    /// More is to be released than is held.
    ReleaseExceedsHold {
        /// What is held.
        held: Yuan,
        /// What is to be released.
        asked: Yuan,
    },
    /// The order is of another kind, or is settled.
    OrderState {
        /// Its type.
        order_type: String,
        /// Its status.
        status: String,
    },
    /// It is too little.
    BelowMinimum {
        /// The least.
        least: Yuan,
    },
    /// The account would hold more than the books can.
    BalanceLimit {
        /// The account.
        account: String,
    },
    /// There is no such channel.
    ChannelUnknown,
    /// There is no such class, or none where one must be, or one where none may be.
    ClassUnknown,
    /// A name, title or memo is empty, too long or holds a control character.
    TextUnfit,
    /// The coupon is not less than the price.
    CouponTooLarge,
}

macro_rules! kinds {
    ($($(#[$meta:meta])* $name:ident: $code:literal $status:literal $en:literal $zh:literal)*) => {
        $($(#[$meta])* pub(crate) const $name: &Kind = &Kind {
            code: $code, status: $status, title: Words { en: $en, zh: $zh },
        };)*
        /// Lists the problems of this service, beside those that any service has.
        pub const KINDS: &[&Kind] = &[$($name),*];
    };
}

kinds! {
    /// See [`Refusal::AccountNotFound`].
    ACCOUNT_NOT_FOUND: "account-not-found" 404 "There is no such account" "账户不存在"
    /// See [`Refusal::OrderNotFound`].
    ORDER_NOT_FOUND: "order-not-found" 404 "There is no such order" "订单不存在"
    /// See [`Refusal::HoldNotFound`].
    HOLD_NOT_FOUND: "hold-not-found" 404 "There is no such hold" "冻结记录不存在"
    /// See [`Refusal::OrderState`].
    ORDER_STATE: "order-state" 409 "The order does not allow this" "订单当前状态不支持此操作"
    /// See [`Refusal::InsufficientFunds`].
    INSUFFICIENT_FUNDS: "insufficient-funds" 422 "The available balance is too small" "可用余额不足"
    /// See [`Refusal::WrongOwner`].
    WRONG_OWNER: "wrong-kind-of-account" 422 "This kind of account cannot do that" "该类账户不支持此操作"
    /// See [`Refusal::SameAccount`].
    SAME_ACCOUNT: "same-account" 422 "Payer and payee are the same account" "付款方与收款方为同一账户"
    /// See [`Refusal::RefundExceedsPayment`].
    REFUND_EXCEEDS_PAYMENT: "refund-exceeds-payment" 422 "More is to be refunded than is left of the payment" "退款金额超过可退金额"
    /// See [`Refusal::ReleaseExceedsHold`].
    RELEASE_EXCEEDS_HOLD: "release-exceeds-hold" 422 "More is to be released than is held" "解冻金额超过冻结金额"
    /// See [`Refusal::BelowMinimum`].
    BELOW_MINIMUM: "below-minimum" 422 "The amount is too small" "金额低于最低限额"
    /// See [`Refusal::BalanceLimit`].
    BALANCE_LIMIT: "balance-limit" 422 "The account would hold more than it may" "账户余额超过上限"
    /// See [`Refusal::ChannelUnknown`].
    CHANNEL_UNKNOWN: "channel-unknown" 422 "There is no such channel" "渠道不存在"
    /// See [`Refusal::ClassUnknown`].
    CLASS_UNKNOWN: "class-unknown" 422 "The class does not go with this account" "商户类别有误"
    /// See [`Refusal::TextUnfit`].
    TEXT_UNFIT: "text-unfit" 422 "A name, title or memo is empty, too long or holds a control character" "名称、标题或备注为空、过长或含有控制字符"
    /// See [`Refusal::CouponTooLarge`].
    COUPON_TOO_LARGE: "coupon-too-large" 422 "The coupon is not less than the price" "优惠金额不得大于或等于订单金额"
    /// See [`crate::house::FreezeError::BeyondSqlite`].
    BEYOND_SQLITE: "beyond-sqlite" 422 "SQLite cannot keep the figures of the freeze to the fen" "SQLite 无法精确到分保存本次停机的汇总数字"
    /// The service is closed while its books move.
    SERVICE_WINDOW: "service-window" 503 "Ruixin Pay is closed for maintenance" "瑞信支付系统维护中"
}

impl Refusal {
    /// Gives the kind of problem.
    pub fn kind(&self) -> &'static Kind {
        match self {
            Refusal::AccountNotFound { .. } => ACCOUNT_NOT_FOUND,
            Refusal::OrderNotFound => ORDER_NOT_FOUND,
            Refusal::HoldNotFound => HOLD_NOT_FOUND,
            Refusal::InsufficientFunds { .. } => INSUFFICIENT_FUNDS,
            Refusal::WrongOwner { .. } => WRONG_OWNER,
            Refusal::SameAccount => SAME_ACCOUNT,
            Refusal::RefundExceedsPayment { .. } => REFUND_EXCEEDS_PAYMENT,
            Refusal::ReleaseExceedsHold { .. } => RELEASE_EXCEEDS_HOLD,
            Refusal::OrderState { .. } => ORDER_STATE,
            Refusal::BelowMinimum { .. } => BELOW_MINIMUM,
            Refusal::BalanceLimit { .. } => BALANCE_LIMIT,
            Refusal::ChannelUnknown => CHANNEL_UNKNOWN,
            Refusal::ClassUnknown => CLASS_UNKNOWN,
            Refusal::TextUnfit => TEXT_UNFIT,
            Refusal::CouponTooLarge => COUPON_TOO_LARGE,
        }
    }

    /// Makes the problem that a caller is told.
    pub fn problem(&self) -> Problem {
        let problem = Problem::new(self.kind());
        match self {
            Refusal::AccountNotFound { account }
            | Refusal::WrongOwner { account }
            | Refusal::BalanceLimit { account } => problem.with("account", account.as_str()),
            Refusal::InsufficientFunds {
                account,
                available,
                needed,
            } => {
                let missing = Yuan(needed.0.saturating_sub(available.0));
                problem
                    .says(
                        format!(
                            "{available} is available and {needed} is needed: {missing} is missing."
                        ),
                        format!("可用余额 {available} 元，需要 {needed} 元，还差 {missing} 元。"),
                    )
                    .with("account", account.as_str())
                    .with("available", available.to_string())
                    .with("needed", needed.to_string())
            }
            Refusal::RefundExceedsPayment { refundable, asked } => problem
                .says(
                    format!("{asked} is asked for and {refundable} is left."),
                    format!("申请退款 {asked} 元，可退 {refundable} 元。"),
                )
                .with("refundable", refundable.to_string()),
            Refusal::ReleaseExceedsHold { held, asked } => problem
                .says(
                    format!("{asked} is asked for and {held} is held."),
                    format!("申请解冻 {asked} 元，冻结余额 {held} 元。"),
                )
                .with("held", held.to_string()),
            Refusal::OrderState { order_type, status } => problem
                .with("order_type", order_type.as_str())
                .with("order_status", status.as_str()),
            Refusal::BelowMinimum { least } => problem
                .says(
                    format!("The least is {least}."),
                    format!("最低 {least} 元。"),
                )
                .with("least", least.to_string()),
            Refusal::OrderNotFound
            | Refusal::HoldNotFound
            | Refusal::SameAccount
            | Refusal::ChannelUnknown
            | Refusal::ClassUnknown
            | Refusal::TextUnfit
            | Refusal::CouponTooLarge => problem,
        }
    }
}
