//! What is kept, as the pages show it.

use ruixin_bao::fund::{Order, OrderKind, OrderStatus, SHARES};
use ruixin_bao::ledger::{Resolution, VoucherId};
use ruixin_bao::yields::daily_carry;
use ruixin_bao_store::{BillKind as Kind, BillRecord, OpenItem, Statement, StoredDay, UserDay};

use super::view::{
    Bill, BillKind, DayIncome, Deed, FundDay, Line, OrderState, OrderView, Sheet, UnderWay,
};

/// Makes a day of the fund of the days from it on, the latest first.
pub(super) fn fund_day(days: &[StoredDay]) -> Option<FundDay> {
    let income = |day: &StoredDay| day.income.map(|income| income.per_ten_thousand);
    let week: Vec<_> = days.iter().take(7).filter_map(income).collect();
    let first = days.first()?;
    let seven_day = week
        .try_into()
        .ok()
        .and_then(|week| daily_carry(&week).ok());
    let whole = |decimal: ledger::Decimal, scale| {
        let exact = decimal.rescale_exact(scale)?;
        i64::try_from(exact.mantissa).ok()
    };
    Some(FundDay {
        day: first.day,
        per_ten_thousand: whole(income(first)?, 4)?,
        seven_day: seven_day.and_then(|found| whole(found.percent, 3)),
    })
}

pub(super) fn income(day: &UserDay) -> DayIncome {
    DayIncome {
        day: day.day,
        shares_fen: day.shares,
        income_fen: day.income_fen,
    }
}

/// What is left of what was under way; nothing of what is at its end.
pub(super) fn under_way(item: &OpenItem) -> Option<UnderWay> {
    let left_fen = item.left_fen();
    (left_fen > 0).then(|| UnderWay {
        name: item.name.clone(),
        kind: item.kind,
        left_fen,
    })
}

pub(super) fn order(order: &Order) -> OrderView {
    OrderView {
        id: order.request.id,
        deed: match order.request.kind {
            OrderKind::Subscribe => Deed::MoveIn,
            OrderKind::Redeem => Deed::MoveOut,
            OrderKind::RedeemFast => Deed::MoveOutFast,
            OrderKind::Pay { merchant } => Deed::Pay { merchant },
        },
        amount_fen: order.request.amount_fen,
        placed_at: order.placed_at,
        placed_on: order.placed_on,
        schedule: order.schedule,
        is_confirmed: order.status == OrderStatus::Confirmed,
    }
}

/// Makes a bill; nothing of what only confirms an order, whose own bill says how far it is.
pub(super) fn bill(record: &BillRecord) -> Option<Bill> {
    if matches!(
        record.kind,
        Kind::SubscriptionConfirmed | Kind::RedemptionPaid
    ) {
        return None;
    }
    let order = record.order.as_ref().map(order);
    let state = match (&order, record.pending) {
        _ if record.is_reversed => Some(OrderState::Reversed),
        (Some(order), _) => Some(order.state()),
        (None, Some(None)) => Some(OrderState::Waits),
        (None, Some(Some(Resolution::Posted))) => Some(OrderState::Arrived),
        (None, Some(Some(Resolution::Voided | Resolution::Expired))) => Some(OrderState::Returned),
        (None, None) => None,
    };
    // What is moved between the user's own is seen from the fund.
    let amount_fen = match record.kind {
        Kind::Subscription => record.wallet_fen.saturating_neg(),
        Kind::Redemption | Kind::RedemptionFast | Kind::FundPayment | Kind::Income => {
            record.shares_fen
        }
        _ => record.wallet_fen,
    };
    Some(Bill {
        order: order.map(|order| order.id),
        at: record.at.booked_at,
        day: record.accounting_date,
        kind: kind(record.kind),
        amount_fen,
        state,
        memo: record.memo.clone(),
    })
}

fn kind(kind: Kind) -> BillKind {
    match kind {
        Kind::TopUp => BillKind::TopUp,
        Kind::Withdrawal => BillKind::Withdrawal,
        Kind::Payment => BillKind::WalletPay,
        Kind::Refund => BillKind::Refund,
        Kind::TransferIn => BillKind::TransferIn,
        Kind::TransferOut => BillKind::TransferOut,
        Kind::Hold => BillKind::Hold,
        Kind::Release => BillKind::Release,
        Kind::Subscription | Kind::SubscriptionConfirmed => BillKind::MoveIn,
        Kind::Redemption | Kind::RedemptionPaid => BillKind::MoveOut,
        Kind::RedemptionFast => BillKind::MoveOutFast,
        Kind::FundPayment => BillKind::Pay,
        Kind::Income => BillKind::Income,
        Kind::Opening => BillKind::Opening,
        Kind::Reversal => BillKind::Reversal,
        Kind::Other => BillKind::Other,
    }
}

pub(super) fn sheet(statement: &Statement, bills: &[BillRecord]) -> Sheet {
    let word = |voucher: VoucherId, said: &str| {
        let found = bills.iter().find(|bill| bill.at.voucher == voucher);
        match (found, said) {
            (Some(bill), _) => kind(bill.kind),
            (None, "income") => BillKind::Income,
            (None, "opening") => BillKind::Opening,
            (None, "opening_subscription" | "opening_confirmation") => BillKind::MoveIn,
            (None, "reversal") => BillKind::Reversal,
            (None, _) => BillKind::Other,
        }
    };
    Sheet {
        is_fund: statement.account.subject == SHARES,
        opening_fen: statement.opening_fen,
        closing_fen: statement.closing_fen,
        lines: statement
            .lines
            .iter()
            .map(|line| Line {
                at: line.booked_at,
                kind: word(line.voucher, &line.kind),
                amount_fen: line.amount_fen,
                balance_fen: line.balance_fen,
                memo: line.memo.clone(),
            })
            .collect(),
    }
}
