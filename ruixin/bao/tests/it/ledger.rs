//! The double-entry book: its rules one by one, and random operations against a naive model.

mod model;
mod rules;

use ruixin_bao::Day;
use ruixin_bao::ledger::{
    Account, AccountId, AccountKind, Book, Limit, Posting, Totals, Voucher, VoucherId, VoucherKind,
};

use crate::day;

const BANK: AccountId = AccountId::new(1002, 1);
const USER: AccountId = AccountId::new(2001, 6_001);
const OTHER: AccountId = AccountId::new(2001, 6_002);
const MERCHANT: AccountId = AccountId::new(2002, 7_001);
const FEES: AccountId = AccountId::new(6021, 0);

fn accounts() -> [Account; 5] {
    let owed = Limit::DebitsMustNotExceedCredits;
    [
        Account::new(BANK, AccountKind::Asset, Limit::CreditsMustNotExceedDebits),
        Account::new(USER, AccountKind::Liability, owed),
        Account::new(OTHER, AccountKind::Liability, owed),
        Account::new(MERCHANT, AccountKind::Liability, owed),
        Account::new(FEES, AccountKind::Income, Limit::None),
    ]
}

fn book() -> Book {
    let mut book = Book::new();
    for account in accounts() {
        book.open_account(account).unwrap();
    }
    book
}

fn today() -> Day {
    day("2013-05-28")
}

fn id(id: u128) -> VoucherId {
    VoucherId::of_client(id)
}

fn dr(account: AccountId, fen: i64) -> Posting {
    Posting::debit(account, fen)
}

fn cr(account: AccountId, fen: i64) -> Posting {
    Posting::credit(account, fen)
}

fn voucher(number: u128, kind: VoucherKind, postings: &[Posting]) -> Voucher {
    Voucher::of_kind(kind, id(number), today(), postings.to_vec())
}

fn booking(number: u128, postings: &[Posting]) -> Voucher {
    voucher(number, VoucherKind::Booking, postings)
}

/// Debits and credits posted, debits and credits pending.
fn totals(book: &Book, account: AccountId) -> [i64; 4] {
    let Totals {
        debits_posted_fen,
        credits_posted_fen,
        debits_pending_fen,
        credits_pending_fen,
    } = book.account(account).unwrap().totals;
    [
        debits_posted_fen,
        credits_posted_fen,
        debits_pending_fen,
        credits_pending_fen,
    ]
}
