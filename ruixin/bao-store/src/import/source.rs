//! Converted books, as they are read: accounts with gross totals, and holdings.

use std::collections::BTreeMap;

use ruixin_bao::Day;
use ruixin_bao::fund::{CLIENT_MONEY, MERCHANTS, Terms, USERS};
use ruixin_bao::ledger::{AccountId, AccountKind};

use super::check::fen;
use super::error::{Figure, ImportError};
use super::moved::Moved;
use super::{ESCROW, FEES, FROM_BEFORE, FROZEN, MARKETING, items, kind_of};
use crate::error::StoreError;
use crate::sql::{Row, Session};
use crate::store::entries::account_id;
use crate::store::terms::day_of;

/// Sub-accounts that have names are numbered from here on, in the order of their names.
const NAMED_FROM: u64 = 101;

/// Is an account and its gross totals, fen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Opening {
    pub(super) id: AccountId,
    pub(super) kind: AccountKind,
    pub(super) debits_fen: i64,
    pub(super) credits_fen: i64,
}

/// Is what a user subscribed at the freeze.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holding {
    pub(super) holder: u64,
    pub(super) shares: i64,
    pub(super) subscribed_on: Day,
    pub(super) confirmed_on: Day,
}

/// Is all that is taken of converted books.
#[derive(Debug)]
pub(super) struct Books {
    /// By subject and number.
    pub(super) openings: Vec<Opening>,
    /// By holder.
    pub(super) holdings: Vec<Holding>,
    /// Sub-accounts that had names.
    pub(super) names: BTreeMap<AccountId, String>,
    pub(super) vouchers: i64,
    pub(super) postings: i64,
    pub(super) debits_fen: i64,
    pub(super) credits_fen: i64,
    pub(super) digest: String,
}

/// Reads converted books that have been checked, and checks what is left.
pub(super) fn read(
    session: &mut dyn Session,
    terms: &Terms,
    moved: Moved,
) -> Result<Books, StoreError> {
    let mut names = names(session)?;
    let kinds = kinds(session)?;
    let mut openings = openings(session, &names, &kinds, moved)?;
    overdrawn(&openings)?;
    let holdings = holdings(session, terms, &openings)?;
    let items = items::read(session, &openings)?;
    let of_house = [(FEES, items.has_fees), (MARKETING, items.has_coupons)];
    for (subject, _) in of_house.into_iter().filter(|(_, is_needed)| *is_needed) {
        open_house(&mut openings, &kinds, subject)?;
    }
    let sum = |of: fn(&Opening) -> i64| {
        let sum = openings
            .iter()
            .try_fold(0_i64, |sum, one| sum.checked_add(of(one)));
        sum.ok_or(StoreError::Overflow {
            what: "opening totals",
        })
    };
    let (debits_fen, credits_fen) = (sum(|one| one.debits_fen)?, sum(|one| one.credits_fen)?);
    enough_money(&openings, &holdings)?;
    let count = |session: &mut dyn Session, table: &str| {
        let sql = format!("SELECT CAST(count(*) AS bigint) FROM {table}");
        session.number("counting", &sql, &[])
    };
    let is_used = |id: &AccountId| openings.binary_search_by_key(id, |one| one.id).is_ok();
    let by_id = names.split_off("");
    let names = by_id
        .into_iter()
        .flat_map(|(name, number)| {
            [CLIENT_MONEY].map(|subject| (AccountId::new(subject, number), name.clone()))
        })
        .filter(|(id, _)| is_used(id))
        .collect();
    Ok(Books {
        digest: digest(&openings, &holdings, items.digest),
        vouchers: count(session, "voucher")?,
        postings: count(session, "posting")?,
        openings,
        holdings,
        names,
        debits_fen,
        credits_fen,
    })
}

/// Gives numbers to the sub-accounts that have names, such as `ICBC`.
fn names(session: &mut dyn Session) -> Result<BTreeMap<String, u64>, StoreError> {
    let sql = "SELECT DISTINCT account FROM posting WHERE subject = '1002' AND account IS NOT NULL \
               UNION SELECT DISTINCT account FROM opening WHERE subject = '1002' \
               AND account IS NOT NULL";
    let mut names = BTreeMap::new();
    session.each("reading channels", sql, &[], &mut |row| {
        let name = row.text(0)?;
        if name.parse::<u64>().is_err() {
            names.insert(name.to_owned(), 0);
        }
        Ok(())
    })?;
    for (number, of_name) in (NAMED_FROM..).zip(names.values_mut()) {
        *of_name = number;
    }
    Ok(names)
}

/// Gives the kinds of the subjects of the chart.
fn kinds(session: &mut dyn Session) -> Result<BTreeMap<u16, AccountKind>, StoreError> {
    let mut kinds = BTreeMap::new();
    let sql = "SELECT subject, kind FROM subject";
    session.each("reading subjects", sql, &[], &mut |row| {
        let number: u16 = parsed("subject", row, 0, "subject")?;
        if let Some(kind) = kind_of(row.text(1)?) {
            kinds.insert(number, kind);
        }
        Ok(())
    })?;
    Ok(kinds)
}

/// Opens an account of the house, empty, if it is not there: what is under way will come to it.
fn open_house(
    openings: &mut Vec<Opening>,
    kinds: &BTreeMap<u16, AccountKind>,
    subject: u16,
) -> Result<(), StoreError> {
    let id = AccountId::new(subject, 0);
    let Err(at) = openings.binary_search_by_key(&id, |one| one.id) else {
        return Ok(());
    };
    let kind = kinds.get(&subject).copied().ok_or_else(|| {
        StoreError::from(ImportError::UnknownSubject {
            table: "under_way",
            place: "fees and coupons".to_owned(),
            subject: subject.to_string(),
        })
    })?;
    let (debits_fen, credits_fen) = (0, 0);
    let opening = Opening {
        id,
        kind,
        debits_fen,
        credits_fen,
    };
    openings.insert(at, opening);
    Ok(())
}

fn openings(
    session: &mut dyn Session,
    names: &BTreeMap<String, u64>,
    kinds: &BTreeMap<u16, AccountKind>,
    mut moved: Moved,
) -> Result<Vec<Opening>, StoreError> {
    moved.add_openings(session)?;
    let mut openings = Vec::new();
    moved.each(|subject_text, account, (debits_fen, credits_fen)| {
        let subject: u16 = parsed_text("posting", subject_text, subject_text, "subject")?;
        let number = match account {
            None => 0,
            Some(name) => match names.get(name) {
                Some(number) => *number,
                None => parsed_text("posting", subject_text, name, "account")?,
            },
        };
        let id = AccountId::new(subject, number);
        let kind = kinds.get(&subject).copied();
        openings.push(Opening {
            id,
            kind: kind.ok_or_else(|| StoreError::damaged(format!("{id} has no kind")))?,
            debits_fen,
            credits_fen,
        });
        Ok(())
    })?;
    openings.sort_unstable_by_key(|opening| opening.id);
    // Numbers may have been written in two ways, such as with a zero before.
    if let Some(twice) = openings.windows(2).find_map(|pair| match pair {
        [one, other] if one.id == other.id => Some(one.id),
        _ => None,
    }) {
        return Err(ImportError::Unreadable {
            table: "posting",
            place: format!("account {twice}"),
            what: "a number written in two ways",
            found: twice.number.to_string(),
        }
        .into());
    }
    Ok(openings)
}

fn overdrawn(openings: &[Opening]) -> Result<(), StoreError> {
    let subjects = [USERS, MERCHANTS, FROZEN, ESCROW];
    let is_owed = |opening: &&Opening| subjects.contains(&opening.id.subject);
    let mut owed = openings.iter().filter(is_owed);
    match owed.find(|opening| opening.debits_fen > opening.credits_fen) {
        Some(opening) => Err(ImportError::Overdrawn {
            account: opening.id.to_string(),
            debits: Figure(opening.debits_fen),
            credits: Figure(opening.credits_fen),
        }
        .into()),
        None => Ok(()),
    }
}

fn holdings(
    session: &mut dyn Session,
    terms: &Terms,
    openings: &[Opening],
) -> Result<Vec<Holding>, StoreError> {
    let is_postgres = session.is_postgres();
    let text = |column: &str| format!("substr(CAST({column} AS text), 1, 10)");
    let sql = format!(
        "SELECT account, {}, {}, {}, {}, {} FROM holding",
        fen("amount", is_postgres),
        fen("shares", is_postgres),
        text("subscribed_on"),
        text("confirmed_on"),
        text("income_from"),
    );
    let mut days = None;
    let mut holdings = session.all("reading holdings", &sql, &[], |row| {
        let number: u64 = parsed("holding", row, 0, "account")?;
        let holder = row.text(0)?.to_owned();
        let (amount, shares) = (Figure(row.int(1)?), Figure(row.int(2)?));
        if amount != shares || shares.0 <= 0 {
            return Err(ImportError::SharesDiffer {
                holder,
                amount,
                shares,
            }
            .into());
        }
        if number == terms.provider {
            return Err(ImportError::HoldingOfProvider { holder: number }.into());
        }
        let found = [3, 4, 5].map(|at| parsed::<Day>("holding", row, at, "day"));
        let [subscribed_on, confirmed_on, income_from] = found;
        let (subscribed_on, confirmed_on) = (subscribed_on?, confirmed_on?);
        check_days(terms, &holder, [subscribed_on, confirmed_on, income_from?])?;
        let others = *days.get_or_insert(subscribed_on);
        if others != subscribed_on {
            return Err(ImportError::OtherDay {
                holder,
                found: subscribed_on,
                others,
            }
            .into());
        }
        let user = AccountId::new(USERS, number);
        let balance = openings.binary_search_by_key(&user, |one| one.id).ok();
        let balance = balance
            .and_then(|at| openings.get(at))
            .map_or(0, |one| one.credits_fen.saturating_sub(one.debits_fen));
        if balance < shares.0 {
            return Err(ImportError::HoldingExceedsBalance {
                holder,
                shares,
                balance: Figure(balance),
            }
            .into());
        }
        Ok(Holding {
            holder: number,
            shares: shares.0,
            subscribed_on,
            confirmed_on,
        })
    })?;
    holdings.sort_unstable_by_key(|holding| holding.holder);
    Ok(holdings)
}

fn check_days(terms: &Terms, holder: &str, days: [Day; 3]) -> Result<(), StoreError> {
    let [subscribed_on, confirmed_on, income_from] = days;
    let first_day = terms.first_day;
    if subscribed_on < first_day {
        return Err(ImportError::BeforeFund {
            holder: holder.to_owned(),
            found: subscribed_on,
            first_day,
        }
        .into());
    }
    let expected = terms.calendar.trading_day_after(subscribed_on)?;
    for found in [confirmed_on, income_from] {
        if found != expected {
            return Err(ImportError::WrongDay {
                holder: holder.to_owned(),
                subscribed_on,
                expected,
                found,
            }
            .into());
        }
    }
    Ok(())
}

/// The holdings are paid with client money, all of it together.
fn enough_money(openings: &[Opening], holdings: &[Holding]) -> Result<(), StoreError> {
    let is_money = |one: &&Opening| matches!(one.id.subject, CLIENT_MONEY | FROM_BEFORE);
    let money = openings.iter().filter(is_money).fold(0_i64, |sum, one| {
        sum.saturating_add(one.debits_fen.saturating_sub(one.credits_fen))
    });
    let shares = holdings.iter().map(|holding| holding.shares);
    let shares = shares.fold(0_i64, i64::saturating_add);
    if money < shares {
        return Err(ImportError::TooLittleMoney {
            money: Figure(money),
            holdings: Figure(shares),
        }
        .into());
    }
    Ok(())
}

fn parsed<T: std::str::FromStr>(
    table: &'static str,
    row: &Row,
    at: usize,
    what: &'static str,
) -> Result<T, StoreError> {
    parsed_text(table, row.text(0).unwrap_or_default(), row.text(at)?, what)
}

fn parsed_text<T: std::str::FromStr>(
    table: &'static str,
    place: &str,
    text: &str,
    what: &'static str,
) -> Result<T, StoreError> {
    text.parse().map_err(|_| {
        StoreError::from(ImportError::Unreadable {
            table,
            place: place.to_owned(),
            what,
            found: text.to_owned(),
        })
    })
}

/// Tells these books from others: every account and figure, every holding, in order, and open items.
fn digest(openings: &[Opening], holdings: &[Holding], items: Option<[u8; 32]>) -> String {
    let mut digest = blake3::Hasher::new();
    for one in openings {
        add_opening(&mut digest, one.id, one.debits_fen, one.credits_fen);
    }
    digest.update(b"holdings");
    for one in holdings {
        add_holding(&mut digest, one.holder, one.shares, one.confirmed_on);
    }
    finished(digest, items)
}

/// Gives the digest of what was taken over, as it is stored: that of the converted books, if nothing of
/// it has changed.
pub(super) fn digest_of_taken(session: &mut dyn Session) -> Result<String, StoreError> {
    let mut digest = blake3::Hasher::new();
    let sql = "SELECT subject, number, debits, credits FROM opening ORDER BY subject, number";
    session.each("reading openings", sql, &[], &mut |row| {
        add_opening(&mut digest, account_id(row, 0)?, row.int(2)?, row.int(3)?);
        Ok(())
    })?;
    digest.update(b"holdings");
    let sql = "SELECT holder, shares, confirmed_on FROM opening_holding ORDER BY holder";
    session.each("reading holdings", sql, &[], &mut |row| {
        let (holder, shares) = (row.unsigned(0)?, row.int(1)?);
        add_holding(&mut digest, holder, shares, day_of(row.int(2)?)?);
        Ok(())
    })?;
    Ok(finished(digest, items::digest_of_taken(session)?))
}

fn add_opening(digest: &mut blake3::Hasher, id: AccountId, debits_fen: i64, credits_fen: i64) {
    digest.update(&id.subject.to_be_bytes());
    digest.update(&id.number.to_be_bytes());
    digest.update(&debits_fen.to_be_bytes());
    digest.update(&credits_fen.to_be_bytes());
}

fn add_holding(digest: &mut blake3::Hasher, holder: u64, shares: i64, confirmed_on: Day) {
    digest.update(&holder.to_be_bytes());
    digest.update(&shares.to_be_bytes());
    digest.update(&confirmed_on.number().to_be_bytes());
}

fn finished(mut digest: blake3::Hasher, items: Option<[u8; 32]>) -> String {
    if let Some(items) = items {
        digest.update(b"open items");
        digest.update(&items);
    }
    digest.finalize().to_hex().to_string()
}
