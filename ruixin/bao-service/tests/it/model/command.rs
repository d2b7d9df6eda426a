//! A command, as it is asked for and as the model does it.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use ruixin_bao::fund::{
    ADVANCE, CLIENT_MONEY, Fund, FundError, MERCHANTS, OrderKind, Request, SHARES, USERS,
    merchant_account, user_account,
};
use ruixin_bao::ledger::{AccountId, LedgerError, Posting, Voucher, VoucherId, VoucherKind};
use ruixin_service::idempotency::Asked;
use ruixin_service::keys::{Caller, Role};
use ruixin_service::money::Yuan;

use crate::support::{PROVIDER, SHOP, at};

/// Is a command. `link` chooses among the vouchers that are there.
#[derive(Debug, Clone)]
pub(super) enum Command {
    Open { user: u64 },
    OpenShop,
    Advance { fen: i64 },
    TopUp { user: u64, fen: i64 },
    Pay { user: u64, fen: i64 },
    PayFromFund { user: u64, fen: i64 },
    Transfer { user: u64, other: u64, fen: i64 },
    Withdraw { user: u64, fen: i64 },
    Settle { link: usize, is_paid: bool },
    Hold { user: u64, fen: i64 },
    Release { link: usize },
    Refund { link: usize, fen: i64 },
    Subscribe { user: u64, fen: i64 },
    Redeem { user: u64, fen: i64, is_fast: bool },
    Reverse { link: usize },
    HoldUntil { user: u64, fen: i64, is_long: bool },
}

/// Knows the ids that follow from the keys of commands.
pub(super) struct Ids(Caller);

impl Ids {
    pub(super) fn of_key(key: &str) -> Ids {
        let hash = blake3::hash(key.as_bytes()).to_hex().to_string();
        Ids(Caller {
            key_id: format!("key_{}", &hash[..16]),
            name: "test".to_owned(),
            role: Role::Admin,
        })
    }

    pub(super) fn of(&self, key: &str, path: &str) -> u128 {
        let mut headers = HeaderMap::new();
        headers.insert("idempotency-key", key.parse().unwrap());
        Asked::new(&self.0, &headers, "POST", path, b"")
            .unwrap()
            .id()
    }
}

/// Is the pure core, and what the service adds to it: refunds.
pub(super) struct Model {
    pub(super) fund: Fund,
    /// What can be linked to, as it was when the commands were made.
    known: Vec<u128>,
    /// Of refunds that stand, the payment and the amount.
    refunds: BTreeMap<u128, (u128, i64)>,
    shop: AccountId,
}

fn user(number: u64) -> AccountId {
    AccountId::new(USERS, number)
}

fn bank() -> AccountId {
    AccountId::new(CLIENT_MONEY, 1)
}

fn legs(from: AccountId, to: AccountId, fen: i64) -> Vec<Posting> {
    vec![Posting::debit(from, fen), Posting::credit(to, fen)]
}

impl Command {
    /// Whether the request tells that nothing can come of it: that is answered, and not kept.
    pub(super) fn is_wrong_by_itself(&self) -> bool {
        matches!(self, Command::Transfer { user, other, .. } if user == other)
    }

    /// Path and body.
    pub(super) fn asks(&self, model: &Model) -> (String, String) {
        let yuan = |fen: &i64| Yuan(*fen).to_string();
        let id = |link: &usize| format!("{:032x}", model.link(*link));
        let (path, body) = match self {
            Command::Open { user } => ("/v1/users", format!(r#"{{"user":"{user}"}}"#)),
            Command::OpenShop => ("/v1/merchants", format!(r#"{{"merchant":"{SHOP}"}}"#)),
            Command::Advance { fen } => (
                "/v1/vouchers",
                format!(
                    r#"{{"kind":"booking","legs":[
                    {{"subject":1002,"account":"1","side":"debit","amount":"{0}"}},
                    {{"subject":2205,"account":"{PROVIDER}","side":"credit","amount":"{0}"}}]}}"#,
                    yuan(fen)
                ),
            ),
            Command::TopUp { user, fen } => (
                "/v1/top-ups",
                format!(r#"{{"user":"{user}","amount":"{}"}}"#, yuan(fen)),
            ),
            Command::Pay { user, fen } => ("/v1/payments", pays(*user, *fen, "wallet")),
            Command::PayFromFund { user, fen } => ("/v1/payments", pays(*user, *fen, "fund")),
            Command::Transfer { user, other, fen } => (
                "/v1/transfers",
                format!(
                    r#"{{"payer":"{user}","payee":"{other}","amount":"{}","memo":"AA制"}}"#,
                    yuan(fen)
                ),
            ),
            Command::Withdraw { user, fen } => (
                "/v1/withdrawals",
                format!(r#"{{"user":"{user}","amount":"{}"}}"#, yuan(fen)),
            ),
            Command::Settle { link, is_paid } => {
                let outcome = if *is_paid { "paid" } else { "refused" };
                let body = format!(r#"{{"outcome":"{outcome}"}}"#);
                return (format!("/v1/withdrawals/{}/settlement", id(link)), body);
            }
            Command::Hold { user, fen } => (
                "/v1/holds",
                format!(r#"{{"user":"{user}","amount":"{}"}}"#, yuan(fen)),
            ),
            Command::Release { link } => {
                return (format!("/v1/holds/{}/release", id(link)), "{}".to_owned());
            }
            Command::Refund { link, fen } => {
                let body = format!(r#"{{"amount":"{}"}}"#, yuan(fen));
                return (format!("/v1/payments/{}/refunds", id(link)), body);
            }
            Command::HoldUntil { user, fen, is_long } => (
                "/v1/vouchers",
                format!(
                    r#"{{"kind":"pending","expires_at":"{}","legs":[
                    {{"subject":2001,"account":"{user}","side":"debit","amount":"{1}"}},
                    {{"subject":2001,"account":"{user}","side":"credit","amount":"{1}"}}]}}"#,
                    expiry(*is_long),
                    yuan(fen)
                ),
            ),
            Command::Subscribe { user, fen } => ("/v1/orders", orders(*user, *fen, "subscribe")),
            Command::Redeem { user, fen, is_fast } => {
                let kind = if *is_fast { "redeem_fast" } else { "redeem" };
                ("/v1/orders", orders(*user, *fen, kind))
            }
            Command::Reverse { link } => (
                "/v1/vouchers",
                format!(r#"{{"kind":"reversal","link":"{}"}}"#, id(link)),
            ),
        };
        (path.to_owned(), body)
    }
}

fn pays(user: u64, fen: i64, from: &str) -> String {
    let amount = Yuan(fen);
    format!(r#"{{"user":"{user}","merchant":"{SHOP}","amount":"{amount}","from":"{from}"}}"#)
}

/// On the evening of the first day, or at noon of the second.
fn expiry(is_long: bool) -> &'static str {
    match is_long {
        true => "2013-06-06 12:00",
        false => "2013-06-05 20:00",
    }
}

fn orders(user: u64, fen: i64, kind: &str) -> String {
    format!(
        r#"{{"user":"{user}","kind":"{kind}","amount":"{}"}}"#,
        Yuan(fen)
    )
}

impl Model {
    pub(super) fn new(fund: Fund, shop: u64) -> Model {
        Model {
            fund,
            known: Vec::new(),
            refunds: BTreeMap::new(),
            shop: AccountId::new(MERCHANTS, shop),
        }
    }

    fn link(&self, link: usize) -> u128 {
        // Now and then one that is not there.
        match self.known.len() {
            0 => 7,
            known => self.known[link % known],
        }
    }

    /// Does a command, or says the code of why not, after what has expired by then is released. What
    /// `link` means is decided when it is asked: `asks` and `does` must see the same vouchers, so new
    /// ones are known from the next round on.
    pub(super) fn does(&mut self, command: &Command, id: u128, now: i64) -> Result<(), String> {
        self.fund.release_expired(now).unwrap();
        let done = self.decided(command, id, now);
        done.map_err(|error| code(&error))
    }

    /// Lets later commands link to what was booked so far.
    pub(super) fn learn(&mut self) {
        let entries = self.fund.book().entries();
        let own = entries.filter(|entry| entry.voucher.id.part == 0);
        self.known = own.map(|entry| entry.voucher.id.id).collect();
    }

    fn decided(&mut self, command: &Command, id: u128, now: i64) -> Result<(), Told> {
        let pending = VoucherKind::Pending { expires_at: None };
        let shop = self.shop;
        match *command {
            Command::Open { user } => Ok(self.fund.open_account(user_account(user)).map(|_| ())?),
            Command::OpenShop => Ok(self.fund.open_account(merchant_account(SHOP)).map(|_| ())?),
            Command::Advance { fen } => {
                let advance = AccountId::new(ADVANCE, PROVIDER);
                self.book(
                    VoucherKind::Booking,
                    legs(bank(), advance, fen),
                    "",
                    id,
                    now,
                )
            }
            Command::TopUp { user: to, fen } => self.book(
                VoucherKind::Booking,
                legs(bank(), user(to), fen),
                "",
                id,
                now,
            ),
            Command::Pay { user: from, fen } => self.book(
                VoucherKind::Booking,
                legs(user(from), shop, fen),
                "",
                id,
                now,
            ),
            Command::Transfer {
                user: from, other, ..
            } if from == other => Err(Told::Code("same-account")),
            Command::Transfer {
                user: from,
                other,
                fen,
            } => {
                let legs = legs(user(from), user(other), fen);
                self.book(VoucherKind::Booking, legs, "AA制", id, now)
            }
            Command::Withdraw { user: from, fen } => {
                self.book(pending, legs(user(from), bank(), fen), "", id, now)
            }
            Command::Hold { user: of, fen } => {
                self.book(pending, legs(user(of), user(of), fen), "", id, now)
            }
            Command::HoldUntil {
                user: of,
                fen,
                is_long,
            } => {
                let expires_at = Some(at(expiry(is_long)));
                let pending = VoucherKind::Pending { expires_at };
                self.book(pending, legs(user(of), user(of), fen), "", id, now)
            }
            Command::Settle { link, is_paid } => {
                let pending = VoucherId::of_client(self.link(link));
                self.check_pair(pending, |debit, credit| {
                    debit.subject == USERS && credit.subject == CLIENT_MONEY
                })?;
                let kind = match is_paid {
                    true => VoucherKind::Post { pending },
                    false => VoucherKind::Void { pending },
                };
                self.book(kind, vec![], "", id, now)
            }
            Command::Release { link } => {
                let pending = VoucherId::of_client(self.link(link));
                self.check_pair(pending, |debit, credit| {
                    debit.subject == USERS && debit == credit
                })?;
                self.book(VoucherKind::Void { pending }, vec![], "", id, now)
            }
            Command::Refund { link, fen } => self.refund(self.link(link), fen, id, now),
            Command::Reverse { link } => {
                let original = VoucherId::of_client(self.link(link));
                if self.refunded(original.id) > 0 {
                    return Err(Told::Code("payment-has-refunds"));
                }
                self.book(VoucherKind::Reversal { original }, vec![], "", id, now)?;
                self.refunds.remove(&original.id);
                Ok(())
            }
            Command::PayFromFund { user, fen } => {
                self.place(user, OrderKind::Pay { merchant: SHOP }, fen, id, now)
            }
            Command::Subscribe { user, fen } => {
                self.place(user, OrderKind::Subscribe, fen, id, now)
            }
            Command::Redeem { user, fen, is_fast } => {
                let kind = match is_fast {
                    true => OrderKind::RedeemFast,
                    false => OrderKind::Redeem,
                };
                self.place(user, kind, fen, id, now)
            }
        }
    }

    fn book(
        &mut self,
        kind: VoucherKind,
        legs: Vec<Posting>,
        memo: &str,
        id: u128,
        now: i64,
    ) -> Result<(), Told> {
        let today = self.fund.terms().calendar.natural_day(now).unwrap();
        let mut voucher = Voucher::of_kind(kind, VoucherId::of_client(id), today, legs);
        memo.clone_into(&mut voucher.memo);
        self.fund.book_voucher(&voucher, now)?;
        Ok(())
    }

    fn place(
        &mut self,
        investor: u64,
        kind: OrderKind,
        amount_fen: i64,
        id: u128,
        now: i64,
    ) -> Result<(), Told> {
        let request = Request {
            id,
            investor,
            kind,
            amount_fen,
        };
        self.fund.place(&request, now)?;
        Ok(())
    }

    /// What is there must be pending, from one account to another of the right kinds.
    fn check_pair(
        &self,
        id: VoucherId,
        is_meant: fn(AccountId, AccountId) -> bool,
    ) -> Result<(), Told> {
        let Some(entry) = self.fund.book().entry(id) else {
            return Ok(());
        };
        let is_pending = matches!(entry.voucher.kind, VoucherKind::Pending { .. });
        let is_pair = entry.postings.len() == 2
            && is_meant(entry.postings[0].account, entry.postings[1].account);
        (is_pending && is_pair)
            .then_some(())
            .ok_or(Told::Code("wrong-kind-of-voucher"))
    }

    fn refunded(&self, payment: u128) -> i64 {
        let of = self.refunds.values().filter(|(of, _)| *of == payment);
        of.map(|(_, fen)| fen).sum()
    }

    fn refund(&mut self, payment: u128, fen: i64, id: u128, now: i64) -> Result<(), Told> {
        let none = Told::Code("payment-not-found");
        let Some(entry) = self.fund.book().entry(VoucherId::of_client(payment)) else {
            return Err(none);
        };
        let is_booked = matches!(
            entry.voucher.kind,
            VoucherKind::Booking | VoucherKind::Rebooking { .. } | VoucherKind::Post { .. }
        );
        // Of a payment from the fund the wallet pays the shop in its last two legs.
        let [.., from, to] = entry.postings.as_slice() else {
            return Err(none);
        };
        if !is_booked || from.account.subject != USERS || to.account.subject != MERCHANTS {
            return Err(none);
        }
        if entry.reversed_by.is_some() {
            return Err(Told::Code("payment-reversed"));
        }
        if fen > to.amount_fen - self.refunded(payment) {
            return Err(Told::Code("refund-exceeds-payment"));
        }
        let back = legs(to.account, from.account, fen);
        self.book(VoucherKind::Booking, back, "", id, now)?;
        self.refunds.insert(id, (payment, fen));
        Ok(())
    }
}

/// Is why the model does not do something.
enum Told {
    Code(&'static str),
    Fund(FundError),
}

impl From<FundError> for Told {
    fn from(error: FundError) -> Told {
        Told::Fund(error)
    }
}

/// The code that a caller is told.
fn code(told: &Told) -> String {
    let error = match told {
        Told::Code(code) => return (*code).to_owned(),
        Told::Fund(error) => error,
    };
    let code = match error {
        FundError::NoShares { .. } => "insufficient-shares",
        FundError::CapExceeded { .. } => "cap-exceeded",
        FundError::ReservedAccount { .. } => "reserved",
        FundError::Ledger(error) => match error {
            LedgerError::DebitsExceedCredits { account, .. }
            | LedgerError::CreditsExceedDebits { account, .. } => match account.subject {
                USERS | MERCHANTS => "insufficient-funds",
                SHARES => "insufficient-shares",
                ADVANCE => "advance-exhausted",
                _ => "limit-broken",
            },
            LedgerError::AccountNotFound { account } if account.subject == SHARES => {
                "insufficient-shares"
            }
            LedgerError::AccountNotFound { .. } => "account-not-found",
            LedgerError::VoucherNotFound { .. } => "voucher-not-found",
            LedgerError::AlreadyPosted { .. } | LedgerError::AlreadyVoided { .. } => {
                "already-settled"
            }
            LedgerError::AlreadyExpired { .. } => "pending-expired",
            LedgerError::ExpiryNotAhead { .. } => "expiry-not-ahead",
            LedgerError::AlreadyReversed { .. } => "already-reversed",
            LedgerError::NotReversible { .. } => "wrong-kind-of-voucher",
            other => panic!("{other}"),
        },
        other => panic!("{other}"),
    };
    code.to_owned()
}
