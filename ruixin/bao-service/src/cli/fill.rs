//! Money that the operator puts there: the risk reserve, and what fast redemptions are advanced from.

use std::io::Write;

use clap::Args;
use ruixin_bao::Day;
use ruixin_bao::fund::{ADVANCE, RESERVE, advance_voucher};
use ruixin_bao::ledger::{Account, AccountId, Outcome};
use ruixin_bao_store::Store;
use ruixin_service::idempotency::drawn_id;
use ruixin_service::keys::KeyError;
use ruixin_service::money::Amount;

use super::error::CommandError;
use super::{orders, yuan};

#[derive(Debug, Args)]
pub(super) struct Fill {
    /// How much
    #[arg(long, value_parser = amount)]
    amount: Amount,
    /// The id of the voucher, a UUID or 32 hexadecimal digits: the same id is booked once only. Left
    /// out, one is drawn
    #[arg(long, value_parser = orders::id)]
    id: Option<u128>,
}

impl Fill {
    /// Gives the id and the day, which the fund's calendar must know.
    fn named(&self, store: &Store, now: i64) -> Result<(u128, Day), CommandError> {
        let none = || CommandError::trouble("random", &KeyError::NoRandomness);
        let id = self.id.or_else(drawn_id).ok_or_else(none)?;
        let today = store.terms().day_to_book(now).map_err(|error| {
            let says = format!("{error}: give the instant with `--at`");
            CommandError::refused(error.code(), says)
        })?;
        Ok((id, today))
    }
}

/// Puts money of the fund's manager into the risk reserve.
pub(super) fn reserve(
    store: &mut Store,
    asked: &Fill,
    now: i64,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    let (id, today) = asked.named(store, now)?;
    let outcome = store.pay_into_reserve(id, asked.amount.fen(), today, now)?;
    let there = store.account(AccountId::new(RESERVE, 0))?;
    tell("The risk reserve", id, outcome, there.as_ref(), out)
}

/// Puts money of the advance bank at the settlement bank.
pub(super) fn advance(
    store: &mut Store,
    asked: &Fill,
    now: i64,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    let (id, today) = asked.named(store, now)?;
    let voucher = advance_voucher(store.terms(), id, asked.amount.fen(), today);
    let outcome = store.book_voucher(&voucher, now)?;
    let provider = store.terms().provider;
    let there = store.account(AccountId::new(ADVANCE, provider))?;
    tell("The money for advances", id, outcome, there.as_ref(), out)
}

fn tell(
    what: &str,
    id: u128,
    outcome: Outcome,
    there: Option<&Account>,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    let available_fen = there.map_or(0, Account::available_fen);
    let available = yuan(i128::from(available_fen));
    writeln!(out, "{what} is {available} now.")?;
    match outcome {
        Outcome::Booked => writeln!(out, "voucher {id:032x}")?,
        Outcome::Exists => writeln!(
            out,
            "voucher {id:032x} was there before: nothing was booked."
        )?,
    }
    Ok(())
}

fn amount(text: &str) -> Result<Amount, String> {
    Amount::parse(text).map_err(|error| error.to_string())
}
