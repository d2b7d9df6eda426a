//! The kinds of problems, beside those that any service has.

use ruixin_service::language::Words;
use ruixin_service::problem::Kind;

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
    /// A user, merchant or bank that is not there.
    ACCOUNT_NOT_FOUND: "account-not-found" 404 "There is no such account" "账户不存在"
    /// A voucher that is not there.
    VOUCHER_NOT_FOUND: "voucher-not-found" 404 "There is no such voucher" "凭证不存在"
    /// A voucher that is not there, or pays nobody.
    PAYMENT_NOT_FOUND: "payment-not-found" 404 "There is no such payment" "付款不存在"
    /// An order that is not there.
    ORDER_NOT_FOUND: "order-not-found" 404 "There is no such order" "订单不存在"
    /// Nothing of the name was open in the books that these were opened with.
    ITEM_NOT_FOUND: "open-item-not-found" 404 "Nothing of this number was carried over" "没有该编号的未了事项"
    /// It ends in another way.
    WRONG_ITEM: "open-item-of-other-kind" 409 "What was carried over under this number ends in another way" "该未了事项不支持此操作"
    /// What brought it to its end was taken back, and is not rebooked.
    ENDED_ANEW: "ended-anew" 409 "What was carried over and ended by a voucher that was reversed is ended anew, not rebooked" "已冲正的未了事项须重新办理，不能补记"
    /// A day that is not distributed.
    DAY_NOT_FOUND: "day-not-found" 404 "There is no register of this day" "该日份额登记不存在"
    /// The payment was taken back.
    PAYMENT_REVERSED: "payment-reversed" 409 "The payment has been reversed" "该笔付款已被冲正"
    /// Something of the payment was given back.
    PAYMENT_HAS_REFUNDS: "payment-has-refunds" 409 "Some of the payment has been refunded" "该笔付款已有退款"
    /// A refund that was taken back is not rebooked.
    REFUND_GIVEN_ANEW: "refund-given-anew" 409 "A refund that was reversed is given anew, not rebooked" "已冲正的退款须重新申请，不能补记"
    /// The voucher is something else than it is taken for.
    WRONG_VOUCHER: "wrong-kind-of-voucher" 409 "This kind of voucher does not allow it" "该类凭证不支持此操作"
    /// The pending voucher was posted or voided.
    ALREADY_SETTLED: "already-settled" 409 "It has been settled already" "已处理，不能重复处理"
    /// The pending voucher has expired.
    PENDING_EXPIRED: "pending-expired" 409 "It expired before it was posted" "冻结已过期"
    /// The voucher was taken back.
    ALREADY_REVERSED: "already-reversed" 409 "The voucher has been reversed already" "凭证已被冲正"
    /// The voucher stands.
    NOT_REVERSED: "not-reversed" 409 "The voucher must be reversed before another takes its place" "凭证尚未冲正，不能补记"
    /// The voucher was replaced.
    ALREADY_REBOOKED: "already-rebooked" 409 "Another voucher has taken its place already" "凭证已补记"
    /// The day is cut.
    AFTER_CUT: "after-cut" 409 "No order can belong to this day any more" "该交易日已日切，不再受理"
    /// The day is over.
    DAY_IS_OVER: "day-is-over" 409 "Nothing can be redeemed on this day any more" "当日已结束，不能赎回"
    /// The window's release comes before the converted ledger was taken over.
    NOTHING_TAKEN_OVER: "nothing-taken-over" 409 "The converted ledger has not been taken over" "尚未接收转换后的账册"
    /// What would open is not what was verified.
    BOOKS_CHANGED: "books-changed" 409 "The books are not those that were verified" "账册与核对时不一致"
    /// Somebody closed the window while the books were looked at.
    CLOSED_MEANWHILE: "closed-meanwhile" 409 "The window was closed while the books were looked at, and stays closed" "核对期间服务已被关闭，保持关闭"
    /// The day's books are proved.
    DAY_CLOSED: "day-closed" 409 "The day is closed: nothing can be booked on it any more" "该日已日终，不能再记账"
    /// A step of a day comes before its time.
    TOO_EARLY: "too-early" 409 "It is too early for this step of the day" "未到处理时间"
    /// A step of a day comes before the day before is closed.
    DAY_BEFORE_OPEN: "day-before-open" 409 "The day before must be done first" "前一日尚未处理完毕"
    /// The day has distributed another income.
    INCOME_DIFFERS: "income-differs" 409 "The day has distributed another income" "该日已分配其他收益金额"
    /// The books do not stand a proof.
    OUT_OF_BALANCE: "out-of-balance" 409 "The books do not stand the proof" "账务核对不平"
    /// The wallet has less than is needed.
    INSUFFICIENT_FUNDS: "insufficient-funds" 422 "The available balance is too small" "可用余额不足"
    /// There are fewer shares than are needed.
    INSUFFICIENT_SHARES: "insufficient-shares" 422 "There are not enough shares" "可用份额不足"
    /// The money for advances is used up.
    ADVANCE_EXHAUSTED: "advance-exhausted" 422 "The money for fast redemptions is used up for now" "快速赎回垫资额度已用完"
    /// An account of the house would break its limit.
    LIMIT_BROKEN: "limit-broken" 422 "An account of the house would break its limit" "内部账户余额不足"
    /// More than the day's cap.
    CAP_EXCEEDED: "cap-exceeded" 422 "It is more than the cap of the day" "超过当日限额"
    /// More than is left of the payment.
    REFUND_EXCEEDS_PAYMENT: "refund-exceeds-payment" 422 "More is to be refunded than is left of the payment" "退款金额超过可退金额"
    /// A part of a hold is asked for that was not carried over.
    HOLD_IN_WHOLE: "hold-in-whole" 422 "This hold is released in whole" "该冻结须整笔解冻"
    /// More than is left of what is held.
    RELEASE_EXCEEDS_HOLD: "release-exceeds-hold" 422 "More is to be released than is held" "解冻金额超过冻结金额"
    /// More than is held.
    EXCEEDS_PENDING: "exceeds-pending" 422 "More is to be posted than is held" "入账金额超过冻结金额"
    /// Debits are not credits.
    NOT_BALANCED: "not-balanced" 422 "The debits are not the credits" "借贷不平"
    /// Fewer than two legs, or legs where there are none.
    LEGS_UNFIT: "legs-unfit" 422 "This kind of voucher has two legs or more, or none of its own" "分录数量不符合该类凭证的要求"
    /// It is the fund's own.
    RESERVED: "reserved" 422 "Only orders and days of the fund move this" "该账户或凭证仅由基金订单和日终处理变动"
    /// The expiry is behind.
    EXPIRY_NOT_AHEAD: "expiry-not-ahead" 422 "It would expire before it is booked" "过期时间早于入账时间"
    /// The account would hold more than the books can.
    BALANCE_LIMIT: "balance-limit" 422 "The account would hold more than it may" "账户余额超过上限"
    /// Payer and payee are the same.
    SAME_ACCOUNT: "same-account" 422 "Payer and payee are the same account" "付款方与收款方为同一账户"
    /// The days of a statement go back, or are too many.
    SPAN_UNFIT: "span-unfit" 422 "The days go back, or are too many" "起止日期颠倒或跨度过长"
    /// The books of the accounting date have not begun, or are not there yet.
    DATE_UNFIT: "accounting-date-unfit" 422 "The books have no such day yet, or had none" "会计日期不在账簿范围内"
    /// A text that cannot be kept.
    TEXT_UNFIT: "text-unfit" 422 "A text is empty, too long or holds a control character" "文字为空、过长或含有控制字符"
    /// The fund did not exist then.
    BEFORE_FIRST_DAY: "before-first-day" 422 "The fund does not exist yet" "基金尚未成立"
    /// The calendar does not know the day.
    CALENDAR_ENDS: "calendar-not-covered" 422 "The trading calendar does not cover the day" "交易日历不包含该日"
    /// The bank that advances money places no orders.
    PROVIDER: "provider-places-no-orders" 422 "Who advances money for others places no orders" "垫资方不能下单"
    /// The income cannot be divided.
    INCOME_UNFIT: "income-unfit" 422 "The income cannot be divided" "收益无法分配"
    /// The service is closed.
    SERVICE_WINDOW: "service-window" 503 "Ruixin Bao is closed for maintenance" "瑞信宝系统维护中"
}
