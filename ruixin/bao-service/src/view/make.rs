//! Views made of what the core and the store have.

use ledger::Decimal;
use ruixin_bao::fund::{Batch, Fund, MERCHANTS, Order, OrderKind, SHARES, USERS};
use ruixin_bao::ledger::{
    Account, AccountId, Entry, Resolution, Side, TrialBalance, VoucherId, VoucherKind,
};
use ruixin_bao::yields::{daily_carry, monthly_carry};
use ruixin_bao_store::{
    Answer, Asked, BillKind, BillRecord, Deed, Done, Ending, ItemKind, OpenItem, Proved, Refused,
    Run, Standing, Statement, StoredDay, UserDay, UserRecord,
};
use ruixin_service::language::{Language, Words};
use ruixin_service::money::Yuan;
use ruixin_service::notices::{Instant, Notice, NoticeFields, NoticeLanguage};

use super::{
    BalanceView, BatchView, BillView, DayRunView, FundDayView, LegView, OpenItemView, OpenItemWord,
    OrderView, OrderWord, OtherView, PendingState, ProofView, ProvedView, Receipt, SheetView,
    StandingView, StatementLineView, TrialBalanceView, TrialLineView, UserDayView, UserView,
    VoucherView, VoucherWord, WindowState, YieldView,
};
use crate::clock;
use crate::command::LegSide;
use crate::names::{Date, Id, Number, VoucherName};
use crate::refusal::Refusal;

/// Writes the answer to a command, as it is kept.
pub(crate) fn say(asked: &Asked, done: &Result<Done, Refused>, fund: &Fund) -> Answer {
    let (status, text) = match done {
        Ok(done) => {
            let status = match asked.deed {
                Deed::Resolve { .. } => 200,
                // A refund is something new; what else ends was there.
                Deed::End { ending, .. } if !matches!(ending, Ending::Refunded(_)) => 200,
                _ => 201,
            };
            (
                status,
                serde_json::to_string(&receipt(asked.id, done, fund)),
            )
        }
        Err(refused) => {
            let refusal = Refusal::of(refused, fund);
            // A fault of ours is no refusal; but it is kept as one, so that it is told again.
            let status = i64::from(refusal.kind().status).min(499);
            (status, serde_json::to_string(&refusal))
        }
    };
    Answer {
        status,
        // Neither has a map whose keys are no texts, or a number that is none.
        text: text.unwrap_or_default(),
    }
}

fn receipt(id: u128, done: &Done, fund: &Fund) -> Receipt {
    let (voucher, order, accounts) = match done {
        Done::Opened(account) => (None, None, vec![account.id]),
        Done::Booked(entry) => {
            let mut accounts: Vec<AccountId> =
                entry.postings.iter().map(|leg| leg.account).collect();
            let link = entry.voucher.kind.link();
            if let Some(linked) = link.and_then(|link| fund.book().entry(link)) {
                accounts.extend(linked.postings.iter().map(|leg| leg.account));
            }
            (Some(VoucherView::of(entry)), None, accounts)
        }
        Done::Placed(order) => {
            let investor = order.request.investor;
            let mut accounts = vec![
                AccountId::new(USERS, investor),
                AccountId::new(SHARES, investor),
            ];
            if let OrderKind::Pay { merchant } = order.request.kind {
                accounts.push(AccountId::new(MERCHANTS, merchant));
            }
            (None, Some(OrderView::of(order)), accounts)
        }
    };
    let mut accounts = accounts;
    accounts.retain(|account| matches!(account.subject, USERS | MERCHANTS | SHARES));
    accounts.sort_unstable();
    accounts.dedup();
    let accounts = accounts.iter();
    Receipt {
        id: Id(id),
        voucher,
        order,
        balances: accounts
            .filter_map(|id| fund.book().account(*id))
            .map(BalanceView::of)
            .collect(),
    }
}

impl BalanceView {
    pub(crate) fn of(account: &Account) -> BalanceView {
        BalanceView {
            subject: account.id.subject,
            account: Number(account.id.number),
            balance: Yuan(account.balance_fen()),
            available: Yuan(account.available_fen()),
        }
    }
}

fn pending(resolution: Option<Resolution>) -> PendingState {
    match resolution {
        None => PendingState::Pending,
        Some(Resolution::Posted) => PendingState::Posted,
        Some(Resolution::Voided) => PendingState::Voided,
        Some(Resolution::Expired) => PendingState::Expired,
    }
}

impl VoucherView {
    pub(crate) fn of(entry: &Entry) -> VoucherView {
        let voucher = &entry.voucher;
        let name = |id: Option<VoucherId>| id.map(VoucherName);
        let is_pending = matches!(voucher.kind, VoucherKind::Pending { .. });
        let leg = |leg: &ruixin_bao::ledger::Posting| LegView {
            subject: leg.account.subject,
            account: Number(leg.account.number),
            side: match leg.side {
                Side::Debit => LegSide::Debit,
                Side::Credit => LegSide::Credit,
            },
            amount: Yuan(leg.amount_fen),
        };
        VoucherView {
            voucher: VoucherName(voucher.id),
            kind: match voucher.kind {
                VoucherKind::Booking => VoucherWord::Booking,
                VoucherKind::Pending { .. } => VoucherWord::Pending,
                VoucherKind::Post { .. } => VoucherWord::Post,
                VoucherKind::Void { .. } => VoucherWord::Void,
                VoucherKind::Reversal { .. } => VoucherWord::Reversal,
                VoucherKind::Rebooking { .. } => VoucherWord::Rebooking,
            },
            link: name(voucher.kind.link()),
            accounting_date: Date(voucher.accounting_date),
            booked_at: clock::text(entry.booked_at),
            expires_at: voucher.kind.expires_at().map(clock::text),
            state: is_pending.then(|| pending(entry.resolved.map(|resolved| resolved.resolution))),
            resolved_by: name(entry.resolved.map(|resolved| resolved.by)),
            reversed_by: name(entry.reversed_by),
            rebooked_by: name(entry.rebooked_by),
            legs: entry.postings.iter().map(leg).collect(),
            memo: voucher.memo.clone(),
        }
    }
}

impl OrderView {
    pub(crate) fn of(order: &Order) -> OrderView {
        let request = &order.request;
        let merchant = match request.kind {
            OrderKind::Pay { merchant } => Some(Number(merchant)),
            _ => None,
        };
        let is_subscription = request.kind == OrderKind::Subscribe;
        OrderView {
            order: Id(request.id),
            user: Number(request.investor),
            kind: match request.kind {
                OrderKind::Subscribe => OrderWord::Subscribe,
                OrderKind::Redeem => OrderWord::Redeem,
                OrderKind::RedeemFast => OrderWord::RedeemFast,
                OrderKind::Pay { .. } => OrderWord::Pay,
            },
            merchant,
            amount: Yuan(request.amount_fen),
            placed_at: clock::text(order.placed_at),
            trade_date: Date(order.schedule.trade_date),
            confirmed_on: Date(order.schedule.confirmed_on),
            earns_from: is_subscription.then_some(Date(order.schedule.earns_from)),
            is_confirmed: order.status == ruixin_bao::fund::OrderStatus::Confirmed,
        }
    }
}

impl UserDayView {
    pub(crate) fn of(day: &UserDay) -> UserDayView {
        UserDayView {
            day: Date(day.day),
            shares: Yuan(day.shares),
            income: Yuan(day.income_fen),
        }
    }
}

impl UserView {
    pub(crate) fn of(user: u64, record: &UserRecord) -> UserView {
        let wallet = &record.wallet;
        let shares = |of: fn(&Account) -> i64| Yuan(record.shares.as_ref().map_or(0, of));
        UserView {
            user: Number(user),
            available: Yuan(wallet.available_fen()),
            frozen: Yuan(record.held_fen()),
            shares: shares(Account::balance_fen),
            shares_available: shares(Account::available_fen),
            subscribing: Yuan(record.subscribing_fen),
            redeeming: Yuan(record.redeeming_fen),
            last_day: record.last_day.as_ref().map(UserDayView::of),
            income: Yuan(record.income_fen),
            earns_from: record.earns_from.map(Date),
        }
    }
}

impl OpenItemView {
    pub(crate) fn of(item: &OpenItem) -> OpenItemView {
        OpenItemView {
            item: item.name.clone(),
            kind: match item.kind {
                ItemKind::Withdrawal => OpenItemWord::Withdrawal,
                ItemKind::Hold => OpenItemWord::Hold,
                ItemKind::Escrow => OpenItemWord::Escrow,
                ItemKind::Payment => OpenItemWord::Payment,
            },
            account: Number(item.account.number),
            merchant: item.merchant.map(Number),
            channel: item.channel.clone(),
            amount: Yuan(item.amount_fen),
            fee: Yuan(item.fee_fen),
            coupon: Yuan(item.coupon_fen),
            refunded_before: Yuan(item.done_fen),
            left: Yuan(item.left_fen()),
            outcome: item.ending.map(str::to_owned),
        }
    }
}

/// What a bill is called, for programs and in both languages.
fn bill_words(kind: BillKind) -> (&'static str, Words) {
    let (word, en, zh) = match kind {
        BillKind::TopUp => ("top_up", "Top-up", "充值"),
        BillKind::Withdrawal => ("withdrawal", "Withdrawal", "提现"),
        BillKind::Payment => ("payment", "Payment", "付款"),
        BillKind::Refund => ("refund", "Refund", "退款"),
        BillKind::TransferIn => ("transfer_in", "Transfer received", "收到转账"),
        BillKind::TransferOut => ("transfer_out", "Transfer sent", "转账"),
        BillKind::Hold => ("hold", "Hold", "冻结"),
        BillKind::Release => ("release", "Released", "解冻"),
        BillKind::Subscription => ("subscription", "Moved into the fund", "转入瑞信宝"),
        BillKind::SubscriptionConfirmed => {
            ("subscription_confirmed", "Shares confirmed", "份额确认")
        }
        BillKind::Redemption => ("redemption", "Redemption ordered", "转出申请"),
        BillKind::RedemptionPaid => ("redemption_paid", "Moved out of the fund", "转出到账"),
        BillKind::RedemptionFast => (
            "redemption_fast",
            "Moved out of the fund at once",
            "快速转出",
        ),
        BillKind::FundPayment => ("fund_payment", "Payment from the fund", "瑞信宝付款"),
        BillKind::Income => ("income", "Income", "收益发放"),
        BillKind::Opening => ("opening", "Balance brought over", "余额结转"),
        BillKind::Reversal => ("reversal", "Correction", "冲正"),
        BillKind::Other => ("other", "Other", "其他"),
    };
    (word, Words { en, zh })
}

impl BillView {
    pub(crate) fn of(bill: &BillRecord, language: Language) -> BillView {
        let (word, words) = bill_words(bill.kind);
        BillView {
            voucher: VoucherName(bill.at.voucher),
            booked_at: clock::text(bill.at.booked_at),
            day: Date(bill.accounting_date),
            kind: word.to_owned(),
            title: words.of(language).to_owned(),
            wallet: Yuan(bill.wallet_fen),
            shares: Yuan(bill.shares_fen),
            state: bill.pending.map(pending),
            is_reversed: bill.is_reversed,
            other: bill.other.map(|other| OtherView {
                subject: other.subject,
                account: Number(other.number),
            }),
            memo: bill.memo.clone(),
        }
    }
}

impl SheetView {
    pub(crate) fn of(statement: &Statement) -> SheetView {
        let line = |line: &ruixin_bao_store::StatementLine| StatementLineView {
            booked_at: clock::text(line.booked_at),
            day: Date(line.accounting_date),
            voucher: VoucherName(line.voucher),
            kind: line.kind.clone(),
            amount: Yuan(line.amount_fen),
            balance: Yuan(line.balance_fen),
            memo: line.memo.clone(),
        };
        SheetView {
            subject: statement.account.subject,
            opening: Yuan(statement.opening_fen),
            lines: statement.lines.iter().map(line).collect(),
            closing: Yuan(statement.closing_fen),
            held: Yuan(statement.held_fen),
        }
    }
}

impl FundDayView {
    /// Makes the days of the fund, the latest first, of those and the six before them.
    pub(crate) fn all(days: &[StoredDay], wanted: usize) -> Vec<FundDayView> {
        let view = |(at, stored): (usize, &StoredDay)| {
            let income = stored.income?;
            let week = days.get(at..at.saturating_add(7));
            let incomes = week.map(|week| {
                week.iter()
                    .filter_map(|day| day.income.map(|income| income.per_ten_thousand))
            });
            let week: Option<[Decimal; 7]> =
                incomes.and_then(|week| week.collect::<Vec<_>>().try_into().ok());
            Some(FundDayView {
                day: Date(stored.day),
                shares: Yuan(income.shares),
                income: Yuan(income.income_fen),
                income_per_ten_thousand: income.per_ten_thousand.to_string(),
                seven_day_yield: week.map(|week| YieldView {
                    daily_carry: daily_carry(&week).ok().map(|one| one.percent.to_string()),
                    monthly_carry: monthly_carry(&week).ok().map(|one| one.percent.to_string()),
                }),
            })
        };
        let days = days.iter().enumerate().take(wanted);
        days.filter_map(view).collect()
    }
}

fn decimal(fen: i128) -> String {
    Decimal::new(fen, 2).to_string()
}

impl TrialBalanceView {
    pub(crate) fn of(balance: &TrialBalance) -> TrialBalanceView {
        let mut sums: Vec<(u16, [i128; 4])> = Vec::new();
        for line in &balance.lines {
            let totals = &line.totals;
            let figures = [
                totals.debits_posted_fen,
                totals.credits_posted_fen,
                totals.debits_pending_fen,
                totals.credits_pending_fen,
            ];
            let subject = line.account.subject;
            if sums.last().is_none_or(|(last, _)| *last != subject) {
                sums.push((subject, [0; 4]));
            }
            if let Some((_, sums)) = sums.last_mut() {
                for (sum, figure) in sums.iter_mut().zip(figures) {
                    *sum = sum.saturating_add(i128::from(figure));
                }
            }
        }
        let line = |(subject, [debits, credits, held_debits, held_credits]): (u16, [i128; 4])| {
            TrialLineView {
                subject,
                debits_posted: decimal(debits),
                credits_posted: decimal(credits),
                debits_pending: decimal(held_debits),
                credits_pending: decimal(held_credits),
            }
        };
        TrialBalanceView {
            at: clock::text(balance.at_micros),
            is_balanced: balance.is_balanced(),
            lines: sums.into_iter().map(line).collect(),
        }
    }
}

impl BatchView {
    fn of(batch: &Batch) -> BatchView {
        BatchView {
            orders: batch.orders,
            subscribed: decimal(batch.subscribed_fen),
            redeemed: decimal(batch.redeemed_fen),
            redeemed_fast: decimal(batch.redeemed_fast_fen),
        }
    }
}

impl DayRunView {
    pub(crate) fn of(run: &Run) -> DayRunView {
        DayRunView {
            day: Date(run.day),
            stage: "closed".to_owned(),
            cut: BatchView::of(&run.cut),
            confirmed: BatchView::of(&run.confirmed),
            shares: Yuan(run.income.shares),
            income: Yuan(run.income.income_fen),
            income_per_ten_thousand: run.income.per_ten_thousand.to_string(),
            residue: Yuan(run.income.residue_fen),
            from_reserve: Yuan(run.from_reserve_fen),
        }
    }
}

impl StandingView {
    pub(crate) fn of(standing: &Standing) -> StandingView {
        let notices = standing.notices.iter().map(notice);
        StandingView {
            state: match standing.is_open {
                true => WindowState::Open,
                false => WindowState::Closed,
            },
            since: standing.since.map(clock::text),
            notices: notices.collect(),
        }
    }
}

/// Gives a notice as it is told; the table has no other languages than these.
pub(crate) fn notice(kept: &ruixin_bao_store::Notice) -> Notice {
    Notice {
        language: NoticeLanguage::of_code(&kept.language).unwrap_or(NoticeLanguage::En),
        kind: kept.kind.clone(),
        subject: kept.subject.clone(),
        text: kept.text.clone(),
        fields: NoticeFields {
            until: kept.until.clone().map(Instant::kept),
        },
    }
}

impl ProvedView {
    pub(crate) fn of(proved: &[Proved]) -> ProvedView {
        let proof = |proved: &Proved| ProofView {
            proof: proved.proof.to_owned(),
            rows: proved.rows,
        };
        ProvedView {
            proofs: proved.iter().map(proof).collect(),
        }
    }
}
