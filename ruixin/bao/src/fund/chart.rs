//! The accounts that the fund uses. The subjects are those of `ruixin/rules/subject.sql` and five
//! more.

use crate::ledger::{Account, AccountId, AccountKind, Limit};

use super::Terms;

/// Subject of client money at banks (银行存款-备付金).
pub const CLIENT_MONEY: u16 = 1002;
/// Subject of the fund's assets (基金资产).
pub const FUND_ASSETS: u16 = 1321;
/// Subject of what is owed to users (应付用户款-可用余额).
pub const USERS: u16 = 2001;
/// Subject of what is owed to merchants (应付商户款-可用余额).
pub const MERCHANTS: u16 = 2002;
/// Subject of subscriptions that are paid and not confirmed (待确认申购款).
pub const SUBSCRIPTIONS: u16 = 2203;
/// Subject of the money that is there for advances (垫支款).
pub const ADVANCE: u16 = 2205;
/// Subject of shares of the fund (实收基金).
pub const SHARES: u16 = 4001;
/// Subject of the risk reserve (风险准备金).
pub const RESERVE: u16 = 4102;

/// Describes a user's account in the wallet.
pub fn user_account(user: u64) -> Account {
    credit_account(AccountId::new(USERS, user), AccountKind::Liability)
}

/// Describes a merchant's account in the wallet.
pub fn merchant_account(merchant: u64) -> Account {
    credit_account(AccountId::new(MERCHANTS, merchant), AccountKind::Liability)
}

pub(super) fn shares_account(holder: u64) -> Account {
    credit_account(shares(holder), AccountKind::Equity)
}

pub(super) fn house_accounts(terms: &Terms) -> [Account; 6] {
    let asset = |id| Account::new(id, AccountKind::Asset, Limit::CreditsMustNotExceedDebits);
    [
        asset(bank(terms)),
        asset(fund_assets()),
        credit_account(subscriptions(), AccountKind::Liability),
        credit_account(advance(terms), AccountKind::Liability),
        credit_account(reserve(), AccountKind::Equity),
        shares_account(terms.provider),
    ]
}

/// Says whether only orders and days move the account.
pub(super) fn is_funds_own(account: AccountId) -> bool {
    matches!(
        account.subject,
        FUND_ASSETS | SUBSCRIPTIONS | SHARES | RESERVE
    )
}

pub(super) fn bank(terms: &Terms) -> AccountId {
    AccountId::new(CLIENT_MONEY, terms.settlement_bank)
}

pub(super) fn advance(terms: &Terms) -> AccountId {
    AccountId::new(ADVANCE, terms.provider)
}

pub(super) const fn fund_assets() -> AccountId {
    AccountId::new(FUND_ASSETS, 0)
}

pub(super) const fn subscriptions() -> AccountId {
    AccountId::new(SUBSCRIPTIONS, 0)
}

pub(super) const fn reserve() -> AccountId {
    AccountId::new(RESERVE, 0)
}

pub(super) const fn shares(holder: u64) -> AccountId {
    AccountId::new(SHARES, holder)
}

pub(super) const fn user(user: u64) -> AccountId {
    AccountId::new(USERS, user)
}

pub(super) const fn merchant(merchant: u64) -> AccountId {
    AccountId::new(MERCHANTS, merchant)
}

fn credit_account(id: AccountId, kind: AccountKind) -> Account {
    Account::new(id, kind, Limit::DebitsMustNotExceedCredits)
}
