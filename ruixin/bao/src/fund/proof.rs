//! What must hold of the fund's books after every step.

use super::Fund;
use super::chart::{self, SHARES};
use super::error::{Check, FundError};
use super::order::{Order, OrderKind, OrderStatus};
use crate::ledger::{Account, AccountId};

impl Fund {
    /// Proves the books, each figure by another way than it was made:
    ///
    /// - debits are credits, posted and pending, by the vouchers; every account has what they come
    ///   to;
    /// - the fund's assets are its shares at 1.00 and the risk reserve;
    /// - each holder's shares by days come to those of its account;
    /// - subscriptions not confirmed are the open orders, and so are shares held back;
    /// - the incomes of every distributed day are the fund's income, to the fen.
    ///
    /// # Errors
    ///
    /// The first proof that fails, with both figures.
    pub fn prove(&self) -> Result<(), FundError> {
        self.prove_vouchers()?;
        self.prove_shares()?;
        self.prove_orders()?;
        for income in self
            .days
            .values()
            .filter_map(|record| record.income.as_ref())
        {
            let incomes = income.incomes.iter().map(|(_, income)| i128::from(*income));
            let expected = i128::from(income.distribution.income_fen);
            check(Check::IncomesAndIncome, expected, incomes.sum())?;
        }
        Ok(())
    }

    fn prove_vouchers(&self) -> Result<(), FundError> {
        let trial = self.book.trial_balance(i64::MAX)?;
        let (debits, credits) = (trial.debits_posted_fen, trial.credits_posted_fen);
        check(Check::PostedDebitsAndCredits, debits, credits)?;
        let (debits, credits) = (trial.debits_pending_fen, trial.credits_pending_fen);
        check(Check::PendingDebitsAndCredits, debits, credits)?;
        let mut lines = trial.lines.iter().peekable();
        for account in self.book.accounts() {
            let line = lines.next_if(|line| line.account == account.id);
            let totals = line.map(|line| line.totals).unwrap_or_default();
            let figures = |totals: &crate::ledger::Totals| {
                [
                    totals.debits_posted_fen,
                    totals.credits_posted_fen,
                    totals.debits_pending_fen,
                    totals.credits_pending_fen,
                ]
            };
            for (expected, actual) in figures(&totals).into_iter().zip(figures(&account.totals)) {
                let (expected, actual) = (i128::from(expected), i128::from(actual));
                check(Check::AccountAndVouchers, expected, actual)?;
            }
        }
        Ok(())
    }

    fn prove_shares(&self) -> Result<(), FundError> {
        let of_fund = |account: &&Account| account.id.subject == SHARES;
        let mut shares_fen = 0_i128;
        for account in self.book.accounts().filter(of_fund) {
            let balance_fen = i128::from(account.balance_fen());
            let by_days = self.rights.shares_at_last(account.id.number);
            check(Check::RightsAndShares, balance_fen, i128::from(by_days))?;
            shares_fen = shares_fen.saturating_add(balance_fen);
        }
        let reserve_fen = self.balance_fen(chart::reserve());
        check(
            Check::AssetsAndShares,
            self.balance_fen(chart::fund_assets()),
            shares_fen.saturating_add(reserve_fen),
        )
    }

    fn prove_orders(&self) -> Result<(), FundError> {
        let open = |is_subscription: bool| {
            let is_wanted = move |order: &&Order| {
                order.status == OrderStatus::Placed
                    && (order.request.kind == OrderKind::Subscribe) == is_subscription
            };
            let open = self.orders.values().filter(is_wanted);
            open.map(|order| i128::from(order.request.amount_fen)).sum()
        };
        let paid_fen = self.balance_fen(chart::subscriptions());
        check(Check::SubscriptionsAndOrders, open(true), paid_fen)?;
        let of_fund = |account: &&Account| account.id.subject == SHARES;
        let held = self.book.accounts().filter(of_fund);
        let held_fen = held.map(|account| i128::from(account.totals.debits_pending_fen));
        check(Check::HeldSharesAndOrders, open(false), held_fen.sum())
    }

    fn balance_fen(&self, id: AccountId) -> i128 {
        let account = self.book.account(id);
        account.map_or(0, |account| i128::from(account.balance_fen()))
    }
}

fn check(check: Check, expected_fen: i128, actual_fen: i128) -> Result<(), FundError> {
    if expected_fen == actual_fen {
        return Ok(());
    }
    Err(FundError::OutOfBalance {
        check,
        expected_fen,
        actual_fen,
    })
}
