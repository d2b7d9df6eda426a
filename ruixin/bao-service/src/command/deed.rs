//! The voucher or order that each of what can be asked for is.

use ruixin_bao::Day;
use ruixin_bao::fund::{
    CLIENT_MONEY, MERCHANTS, OrderKind, Request, Terms, USERS, advance_voucher, merchant_account,
    user_account,
};
use ruixin_bao::ledger::{AccountId, Entry, Posting, Side, Voucher, VoucherId, VoucherKind};
use ruixin_bao_store::{Deed, Ending};
use ruixin_service::money::Amount;
use ruixin_service::problem::{INVALID_REQUEST, Problem};

use super::{
    BankOutcome, EscrowEnd, EscrowOutcome, FillAdvance, FillReserve, LegSide, NewHold, NewOrder,
    NewOrderKind, NewVoucher, OpenMerchant, OpenUser, Payment, Refund, Release, Settlement, TopUp,
    Transfer, Withdrawal,
};
use crate::names::{Id, Number, carried};
use crate::refusal::{DATE_UNFIT, HOLD_IN_WHOLE, RESERVED, SAME_ACCOUNT, TEXT_UNFIT};

/// Characters of a memo at most.
const MEMO: usize = 100;
/// Legs of a voucher at most.
const LEGS: usize = 64;

/// Is what a command is made with, beside its body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct With<'a> {
    pub(crate) id: u128,
    pub(crate) today: Day,
    pub(crate) terms: &'a Terms,
}

/// Makes what is to be done of what is asked for.
pub(crate) trait Command {
    /// Makes it, or says what is wrong with the request by itself: that is not kept.
    fn deed(self, with: &With<'_>) -> Result<Deed, Problem>;
}

/// Makes what is to be done of what is asked for about one thing, which the path names.
pub(crate) trait CommandOf {
    /// Makes it; nothing where no such thing can have that name.
    fn deed_of(self, name: &str, with: &With<'_>) -> Result<Option<Deed>, Problem>;
}

impl With<'_> {
    fn bank(&self, bank: Option<Number>) -> AccountId {
        let bank = bank.map_or(self.terms.settlement_bank, |bank| bank.0);
        AccountId::new(CLIENT_MONEY, bank)
    }

    fn voucher(
        &self,
        kind: VoucherKind,
        postings: Vec<Posting>,
        memo: Option<String>,
    ) -> Result<Voucher, Problem> {
        let id = VoucherId::of_client(self.id);
        let mut voucher = Voucher::of_kind(kind, id, self.today, postings);
        if let Some(memo) = memo {
            voucher.memo = fit(memo)?;
        }
        Ok(voucher)
    }

    /// Checks that the books have a day: from their first one until today.
    fn within(&self, day: Day) -> Result<Day, Problem> {
        let (first, today) = (self.terms.first_day.min(self.today), self.today);
        if (first..=today).contains(&day) {
            return Ok(day);
        }
        Err(Problem::new(DATE_UNFIT).says(
            format!("{day} is not between {first} and {today}."),
            format!("{day} 不在 {first} 至 {today} 之间。"),
        ))
    }

    /// Books what one account gives another.
    fn moves(
        &self,
        from: AccountId,
        to: AccountId,
        amount: Amount,
        memo: Option<String>,
    ) -> Result<Deed, Problem> {
        let legs = legs(from, to, amount);
        self.voucher(VoucherKind::Booking, legs, memo)
            .map(Deed::Book)
    }
}

fn legs(from: AccountId, to: AccountId, amount: Amount) -> Vec<Posting> {
    vec![
        Posting::debit(from, amount.fen()),
        Posting::credit(to, amount.fen()),
    ]
}

fn user(number: Number) -> AccountId {
    AccountId::new(USERS, number.0)
}

fn fit(memo: String) -> Result<String, Problem> {
    let is_fit = !memo.trim().is_empty()
        && memo.chars().count() <= MEMO
        && !memo.chars().any(char::is_control);
    is_fit.then_some(memo).ok_or(Problem::new(TEXT_UNFIT))
}

impl Command for OpenUser {
    fn deed(self, with: &With<'_>) -> Result<Deed, Problem> {
        // Who has a wallet sees the shares that are under its number.
        if self.user.0 == with.terms.provider {
            return Err(Problem::new(RESERVED).says(
                "This number is that of the advance bank, whose shares are no user's.",
                "该编号为垫资银行所有，不能用于开立用户账户。",
            ));
        }
        Ok(Deed::Open(user_account(self.user.0)))
    }
}

impl Command for OpenMerchant {
    fn deed(self, _: &With<'_>) -> Result<Deed, Problem> {
        Ok(Deed::Open(merchant_account(self.merchant.0)))
    }
}

impl Command for TopUp {
    fn deed(self, with: &With<'_>) -> Result<Deed, Problem> {
        with.moves(
            with.bank(self.bank),
            user(self.user),
            self.amount,
            self.memo,
        )
    }
}

impl Command for Payment {
    fn deed(self, with: &With<'_>) -> Result<Deed, Problem> {
        match self {
            Payment::Wallet {
                user: payer,
                merchant,
                amount,
                memo,
            } => {
                let to = AccountId::new(MERCHANTS, merchant.0);
                with.moves(user(payer), to, amount, memo)
            }
            Payment::Fund {
                user,
                merchant,
                amount,
            } => Ok(Deed::Place(Request {
                id: with.id,
                investor: user.0,
                kind: OrderKind::Pay {
                    merchant: merchant.0,
                },
                amount_fen: amount.fen(),
            })),
        }
    }
}

impl Command for Transfer {
    fn deed(self, with: &With<'_>) -> Result<Deed, Problem> {
        if self.payer == self.payee {
            return Err(Problem::new(SAME_ACCOUNT));
        }
        with.moves(user(self.payer), user(self.payee), self.amount, self.memo)
    }
}

impl Command for Withdrawal {
    fn deed(self, with: &With<'_>) -> Result<Deed, Problem> {
        let legs = legs(user(self.user), with.bank(self.bank), self.amount);
        let kind = VoucherKind::Pending { expires_at: None };
        with.voucher(kind, legs, self.memo).map(Deed::Book)
    }
}

impl Command for NewHold {
    fn deed(self, with: &With<'_>) -> Result<Deed, Problem> {
        // What is held for the account itself can be released, and posting it moves nothing.
        let legs = legs(user(self.user), user(self.user), self.amount);
        let kind = VoucherKind::Pending { expires_at: None };
        with.voucher(kind, legs, self.memo).map(Deed::Book)
    }
}

impl Command for NewOrder {
    fn deed(self, with: &With<'_>) -> Result<Deed, Problem> {
        Ok(Deed::Place(Request {
            id: with.id,
            investor: self.user.0,
            kind: match self.kind {
                NewOrderKind::Subscribe => OrderKind::Subscribe,
                NewOrderKind::Redeem => OrderKind::Redeem,
                NewOrderKind::RedeemFast => OrderKind::RedeemFast,
            },
            amount_fen: self.amount.fen(),
        }))
    }
}

impl Command for FillReserve {
    fn deed(self, with: &With<'_>) -> Result<Deed, Problem> {
        Ok(Deed::Reserve {
            amount_fen: self.amount.fen(),
            accounting_date: with.today,
        })
    }
}

impl Command for FillAdvance {
    fn deed(self, with: &With<'_>) -> Result<Deed, Problem> {
        let fen = self.amount.fen();
        let voucher = advance_voucher(with.terms, with.id, fen, with.today);
        Ok(Deed::Book(voucher))
    }
}

impl Command for NewVoucher {
    fn deed(self, with: &With<'_>) -> Result<Deed, Problem> {
        let (kind, day, legs, memo) = match self {
            NewVoucher::Booking(new) => {
                let kind = VoucherKind::Booking;
                (kind, new.accounting_date, new.legs, new.memo)
            }
            NewVoucher::Pending(new) => {
                let expires_at = new.expires_at.map(|moment| moment.0);
                let kind = VoucherKind::Pending { expires_at };
                (kind, new.accounting_date, new.legs, new.memo)
            }
            NewVoucher::Post(new) => {
                let pending = new.link.0;
                let kind = VoucherKind::Post { pending };
                (kind, new.accounting_date, new.legs, new.memo)
            }
            NewVoucher::Void(new) => {
                let pending = new.link.0;
                let kind = VoucherKind::Void { pending };
                (kind, new.accounting_date, Vec::new(), new.memo)
            }
            NewVoucher::Reversal(new) => {
                let original = new.link.0;
                let kind = VoucherKind::Reversal { original };
                (kind, new.accounting_date, Vec::new(), new.memo)
            }
            NewVoucher::Rebooking(new) => {
                let original = new.link.0;
                let kind = VoucherKind::Rebooking { original };
                (kind, new.accounting_date, new.legs, new.memo)
            }
        };
        if legs.len() > LEGS {
            return Err(Problem::new(INVALID_REQUEST)
                .says("A voucher has 64 legs at most.", "凭证最多 64 条分录。"));
        }
        let legs = legs.iter().map(|leg| Posting {
            account: AccountId::new(leg.subject, leg.account.0),
            side: match leg.side {
                LegSide::Debit => Side::Debit,
                LegSide::Credit => Side::Credit,
            },
            amount_fen: leg.amount.fen(),
        });
        let mut voucher = with.voucher(kind, legs.collect(), memo)?;
        if let Some(day) = day {
            voucher.accounting_date = with.within(day.0)?;
        }
        Ok(Deed::Book(voucher))
    }
}

impl With<'_> {
    /// Brings something to its end that was carried over from the old books.
    fn ends(&self, item: &str, ending: Ending, memo: Option<String>) -> Deed {
        Deed::End {
            item: item.to_owned(),
            ending,
            accounting_date: self.today,
            memo: memo.unwrap_or_default(),
        }
    }

    /// Resolves a pending voucher, if it is what it is taken for.
    fn resolves(
        &self,
        kind: VoucherKind,
        memo: Option<String>,
        is_meant: fn(&Entry) -> bool,
    ) -> Result<Deed, Problem> {
        let voucher = self.voucher(kind, Vec::new(), memo)?;
        Ok(Deed::Resolve { voucher, is_meant })
    }
}

impl CommandOf for Refund {
    fn deed_of(self, name: &str, with: &With<'_>) -> Result<Option<Deed>, Problem> {
        let memo = self.memo.map(fit).transpose()?;
        let amount_fen = self.amount.fen();
        if let Some(item) = carried(name) {
            return Ok(Some(with.ends(item, Ending::Refunded(amount_fen), memo)));
        }
        Ok(Id::parse(name).map(|payment| Deed::Refund {
            payment: payment.0,
            amount_fen,
            accounting_date: with.today,
            memo: memo.unwrap_or_default(),
        }))
    }
}

impl CommandOf for Settlement {
    fn deed_of(self, name: &str, with: &With<'_>) -> Result<Option<Deed>, Problem> {
        if let Some(item) = carried(name) {
            let ending = match self.outcome {
                BankOutcome::Paid => Ending::Paid,
                BankOutcome::Refused => Ending::Refused,
            };
            return Ok(Some(with.ends(item, ending, None)));
        }
        let Some(Id(id)) = Id::parse(name) else {
            return Ok(None);
        };
        let pending = VoucherId::of_client(id);
        let kind = match self.outcome {
            BankOutcome::Paid => VoucherKind::Post { pending },
            BankOutcome::Refused => VoucherKind::Void { pending },
        };
        with.resolves(kind, None, is_withdrawal).map(Some)
    }
}

impl CommandOf for Release {
    fn deed_of(self, name: &str, with: &With<'_>) -> Result<Option<Deed>, Problem> {
        let memo = self.memo.map(fit).transpose()?;
        if let Some(item) = carried(name) {
            let ending = Ending::Released(self.amount.map(|amount| amount.fen()));
            return Ok(Some(with.ends(item, ending, memo)));
        }
        let Some(Id(id)) = Id::parse(name) else {
            return Ok(None);
        };
        if self.amount.is_some() {
            return Err(Problem::new(HOLD_IN_WHOLE));
        }
        let pending = VoucherId::of_client(id);
        with.resolves(VoucherKind::Void { pending }, memo, is_hold)
            .map(Some)
    }
}

impl CommandOf for EscrowEnd {
    fn deed_of(self, name: &str, with: &With<'_>) -> Result<Option<Deed>, Problem> {
        let memo = self.memo.map(fit).transpose()?;
        let ending = match self.outcome {
            EscrowOutcome::Confirmed => Ending::Confirmed,
            EscrowOutcome::Returned => Ending::Returned,
        };
        Ok(carried(name).map(|item| with.ends(item, ending, memo)))
    }
}

/// Whether a pending voucher holds what is to go from a wallet to a bank.
fn is_withdrawal(entry: &Entry) -> bool {
    pending_pair(entry)
        .is_some_and(|(debit, credit)| debit.subject == USERS && credit.subject == CLIENT_MONEY)
}

/// Whether a pending voucher holds an amount of a wallet for itself.
fn is_hold(entry: &Entry) -> bool {
    pending_pair(entry).is_some_and(|(debit, credit)| debit.subject == USERS && debit == credit)
}

fn pending_pair(entry: &Entry) -> Option<(AccountId, AccountId)> {
    let is_pending = matches!(entry.voucher.kind, VoucherKind::Pending { .. });
    match entry.postings.as_slice() {
        [debit, credit] if is_pending && debit.side == Side::Debit => {
            Some((debit.account, credit.account))
        }
        _ => None,
    }
}
