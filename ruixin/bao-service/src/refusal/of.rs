//! What a refusal of the core is to a caller.

use ruixin_bao::calendar::CalendarError;
use ruixin_bao::fund::{ADVANCE, Fund, FundError, MERCHANTS, RESERVE, SHARES, USERS};
use ruixin_bao::ledger::{Account, AccountId, LedgerError};
use ruixin_bao_store::{Refused, StoreError};
use ruixin_service::money::Yuan;
use ruixin_service::problem::{INTERNAL, KEY_REUSED};

use super::{
    ACCOUNT_NOT_FOUND, ADVANCE_EXHAUSTED, AFTER_CUT, ALREADY_REBOOKED, ALREADY_REVERSED,
    ALREADY_SETTLED, BALANCE_LIMIT, BEFORE_FIRST_DAY, CALENDAR_ENDS, CAP_EXCEEDED, DAY_BEFORE_OPEN,
    DAY_CLOSED, DAY_IS_OVER, ENDED_ANEW, EXCEEDS_PENDING, EXPIRY_NOT_AHEAD, INCOME_DIFFERS,
    INCOME_UNFIT, INSUFFICIENT_FUNDS, INSUFFICIENT_SHARES, ITEM_NOT_FOUND, LEGS_UNFIT,
    LIMIT_BROKEN, NOT_BALANCED, NOT_REVERSED, OUT_OF_BALANCE, PAYMENT_HAS_REFUNDS,
    PAYMENT_NOT_FOUND, PAYMENT_REVERSED, PENDING_EXPIRED, PROVIDER, REFUND_EXCEEDS_PAYMENT,
    REFUND_GIVEN_ANEW, RELEASE_EXCEEDS_HOLD, RESERVED, Refusal, TOO_EARLY, VOUCHER_NOT_FOUND,
    WRONG_ITEM, WRONG_VOUCHER,
};
use crate::names::VoucherName;

/// Gives fen as yuan; what does not fit, at its bound.
fn yuan(fen: i128) -> Yuan {
    let most = if fen < 0 { i64::MIN } else { i64::MAX };
    Yuan(i64::try_from(fen).unwrap_or(most))
}

impl Refusal {
    /// Says what a refusal of a command is, by the accounts as they are.
    pub(crate) fn of(refused: &Refused, fund: &Fund) -> Refusal {
        match refused {
            Refused::Fund(error) => Refusal::of_fund(error, Some(fund)),
            Refused::OtherVoucher { .. } => Refusal::new(WRONG_VOUCHER),
            Refused::NoPayment { .. } => Refusal::new(PAYMENT_NOT_FOUND),
            Refused::PaymentReversed { .. } => Refusal::new(PAYMENT_REVERSED),
            Refused::RefundExceeds {
                left_fen,
                asked_fen,
            } => {
                let (left, asked) = (Yuan(*left_fen), Yuan(*asked_fen));
                Refusal::new(REFUND_EXCEEDS_PAYMENT)
                    .says(
                        format!("{asked} is asked for and {left} is left."),
                        format!("申请退款 {asked} 元，可退 {left} 元。"),
                    )
                    .with("refundable", left)
            }
            Refused::HasRefunds { refunded_fen, .. } => {
                Refusal::new(PAYMENT_HAS_REFUNDS).with("refunded", Yuan(*refunded_fen))
            }
            Refused::RebooksRefund { .. } => Refusal::new(REFUND_GIVEN_ANEW),
            Refused::NoItem { .. } => Refusal::new(ITEM_NOT_FOUND),
            Refused::OtherItem { .. } => Refusal::new(WRONG_ITEM),
            Refused::ItemEnded { .. } => Refusal::new(ALREADY_SETTLED),
            Refused::ReleaseExceeds {
                left_fen,
                asked_fen,
            } => {
                let (held, asked) = (Yuan(*left_fen), Yuan(*asked_fen));
                Refusal::new(RELEASE_EXCEEDS_HOLD)
                    .says(
                        format!("{asked} is asked for and {held} is held."),
                        format!("申请解冻 {asked} 元，冻结 {held} 元。"),
                    )
                    .with("held", held)
            }
            Refused::RebooksEnd { .. } => Refusal::new(ENDED_ANEW),
        }
    }

    /// Says what a refusal of a step of a day is, by the account that it names as it is; nothing where
    /// it names none.
    pub(crate) fn of_step(
        error: &FundError,
        mut account: impl FnMut(AccountId) -> Result<Option<Account>, StoreError>,
    ) -> Result<Option<Refusal>, StoreError> {
        let FundError::Ledger(
            LedgerError::DebitsExceedCredits {
                account: id,
                short_fen,
            }
            | LedgerError::CreditsExceedDebits {
                account: id,
                short_fen,
            },
        ) = error
        else {
            return Ok(None);
        };
        let there = account(*id)?;
        Ok(Some(of_limit(*id, *short_fen, there.as_ref())))
    }

    /// Says what a refusal of the fund is.
    pub(crate) fn of_fund(error: &FundError, fund: Option<&Fund>) -> Refusal {
        match error {
            FundError::Calendar(CalendarError::NotCovered { day, .. }) => {
                Refusal::new(CALENDAR_ENDS).with("day", day)
            }
            FundError::Calendar(_) => Refusal::new(CALENDAR_ENDS),
            FundError::Ledger(error) => of_ledger(error, fund),
            FundError::Income(error) => {
                let says = format!("{error}.");
                Refusal::new(INCOME_UNFIT).says(says, "收益与份额不符，请核对当日收益。")
            }
            FundError::ProviderPlacesNoOrders { .. } => Refusal::new(PROVIDER),
            FundError::BeforeFirstDay { first_day, .. } => {
                Refusal::new(BEFORE_FIRST_DAY).with("first_day", first_day)
            }
            FundError::AfterCut { trade_date } => {
                Refusal::new(AFTER_CUT).with("trade_date", trade_date)
            }
            FundError::DayIsOver { day } => Refusal::new(DAY_IS_OVER).with("day", day),
            FundError::DayClosed { day } => Refusal::new(DAY_CLOSED).with("day", day),
            FundError::NoShares { .. } => Refusal::new(INSUFFICIENT_SHARES),
            FundError::CapExceeded {
                day,
                cap_fen,
                used_fen,
                ..
            } => {
                let (cap, used) = (Yuan(*cap_fen), Yuan(*used_fen));
                let left = Yuan(cap_fen.saturating_sub(*used_fen).max(0));
                Refusal::new(CAP_EXCEEDED)
                    .says(
                        format!("Of {cap} a day, {left} are left on {day}."),
                        format!("{day} 限额 {cap} 元，剩余 {left} 元。"),
                    )
                    .with("cap", cap)
                    .with("used", used)
            }
            FundError::ReservedAccount { account } => {
                Refusal::new(RESERVED).with("account", account)
            }
            FundError::ReservedId { voucher } => {
                Refusal::new(RESERVED).with("voucher", VoucherName(*voucher))
            }
            FundError::TooEarly { day, .. } => Refusal::new(TOO_EARLY).with("day", day),
            FundError::DayBeforeNotReached { before, .. } => {
                Refusal::new(DAY_BEFORE_OPEN).with("day_before", before)
            }
            FundError::IncomeDiffers {
                distributed_fen, ..
            } => Refusal::new(INCOME_DIFFERS).with("distributed", Yuan(*distributed_fen)),
            FundError::OutOfBalance {
                check,
                expected_fen,
                actual_fen,
            } => Refusal::new(OUT_OF_BALANCE)
                .with("place", check)
                .with("expected", yuan(*expected_fen))
                .with("actual", yuan(*actual_fen)),
            FundError::OrderExistsWithOtherContent { .. } => done_before(),
            // No request of ours can come to these: an amount is above zero, the steps of a day are
            // gone through in order.
            FundError::AmountNotPositive { .. }
            | FundError::StageNotReached { .. }
            | FundError::SharesOutOfRange { .. } => Refusal::new(INTERNAL),
        }
    }
}

fn of_ledger(error: &LedgerError, fund: Option<&Fund>) -> Refusal {
    match error {
        LedgerError::AccountNotFound { account } => of_missing(*account),
        LedgerError::VoucherNotFound { .. } => Refusal::new(VOUCHER_NOT_FOUND),
        LedgerError::NotPending { .. } | LedgerError::NotReversible { .. } => {
            Refusal::new(WRONG_VOUCHER)
        }
        LedgerError::AlreadyPosted { by, .. } | LedgerError::AlreadyVoided { by, .. } => {
            Refusal::new(ALREADY_SETTLED).with("by", VoucherName(*by))
        }
        // Whether it was released by then or not: to the caller it is the same.
        LedgerError::AlreadyExpired { by, .. } => {
            Refusal::new(PENDING_EXPIRED).with("by", VoucherName(*by))
        }
        LedgerError::PendingExpired { expires_at, .. } => {
            Refusal::new(PENDING_EXPIRED).with("expired_at", crate::clock::text(*expires_at))
        }
        LedgerError::ExpiryNotAhead { .. } => Refusal::new(EXPIRY_NOT_AHEAD),
        LedgerError::ExceedsPending {
            account,
            pending_fen,
            ..
        } => Refusal::new(EXCEEDS_PENDING)
            .with("account", account)
            .with("held", yuan(*pending_fen)),
        LedgerError::AlreadyReversed { by, .. } => {
            Refusal::new(ALREADY_REVERSED).with("by", VoucherName(*by))
        }
        LedgerError::NotReversed { .. } => Refusal::new(NOT_REVERSED),
        LedgerError::AlreadyRebooked { by, .. } => {
            Refusal::new(ALREADY_REBOOKED).with("by", VoucherName(*by))
        }
        LedgerError::NotBalanced {
            debits_fen,
            credits_fen,
        } => Refusal::new(NOT_BALANCED)
            .with("debits", yuan(*debits_fen))
            .with("credits", yuan(*credits_fen)),
        LedgerError::TooFewPostings { .. } | LedgerError::PostingsNotAllowed => {
            Refusal::new(LEGS_UNFIT)
        }
        LedgerError::DebitsExceedCredits { account, short_fen }
        | LedgerError::CreditsExceedDebits { account, short_fen } => {
            let there = fund.and_then(|fund| fund.book().account(*account));
            of_limit(*account, *short_fen, there)
        }
        LedgerError::TotalOverflow { account } => {
            Refusal::new(BALANCE_LIMIT).with("account", account)
        }
        LedgerError::VoucherExistsWithOtherContent { .. } => done_before(),
        LedgerError::AccountExistsWithOtherContent { .. }
        | LedgerError::AccountOpensWithTotals { .. }
        | LedgerError::AmountNotPositive { .. }
        | LedgerError::BeforeLinked { .. } => Refusal::new(INTERNAL),
    }
}

/// What was booked under the key is not this, or of another day, and its answer was pruned.
fn done_before() -> Refusal {
    Refusal::new(KEY_REUSED).says(
        "Something was booked under this key, and its answer is not kept any more.",
        "该幂等键已有入账记录，原应答已不再保留。",
    )
}

fn of_missing(account: AccountId) -> Refusal {
    let kind = match account.subject {
        SHARES => INSUFFICIENT_SHARES,
        _ => ACCOUNT_NOT_FOUND,
    };
    Refusal::new(kind).with("account", account)
}

/// Says by how much an account is too small, and what fills it where that is the operator's to do.
fn of_limit(id: AccountId, short_fen: u64, account: Option<&Account>) -> Refusal {
    let (kind, fill) = match id.subject {
        USERS | MERCHANTS => (INSUFFICIENT_FUNDS, None),
        SHARES => (INSUFFICIENT_SHARES, None),
        ADVANCE => (ADVANCE_EXHAUSTED, Some("/v1/admin/advance")),
        RESERVE => (LIMIT_BROKEN, Some("/v1/admin/reserve")),
        _ => (LIMIT_BROKEN, None),
    };
    let refusal = Refusal::new(kind).with("account", id);
    let Some(available_fen) = account.map(Account::available_fen) else {
        return refusal;
    };
    let missing = yuan(i128::from(short_fen));
    let needed = yuan(i128::from(available_fen).saturating_add(i128::from(short_fen)));
    let available = Yuan(available_fen);
    let mut en = format!("{available} is available and {needed} is needed: {missing} is missing.");
    let mut zh = format!("可用 {available} 元，需要 {needed} 元，还差 {missing} 元。");
    if let Some(path) = fill {
        en = format!("{en} An admin fills it with POST {path}.");
        zh = format!("{zh}可由管理员通过 POST {path} 补足。");
    }
    refusal
        .says(en, zh)
        .with("available", available)
        .with("needed", needed)
}
