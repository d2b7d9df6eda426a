//! Opening books: the tables that `crossfoot convert` has written out of Ruixin Pay's records.
//!
//! | table | what is taken of it |
//! |---|---|
//! | `subject` | kind and normal side of every subject |
//! | `account` | the accounts of users and merchants, those without movements too |
//! | `opening`, `posting` | gross debits and credits of every account |
//! | `voucher` | that every posting has one and every voucher a posting; nothing else |
//! | `holding` | what users subscribed at the freeze |
//! | `under_way` | withdrawals without an answer, what is held, what waits in escrow |
//! | `refundable` | payments of which something can be given back |
//!
//! A table that has corrections beside it, such as `posting.corrections`, is read as it is corrected.
//! Every account opens with its gross totals, by one voucher whose legs are the table `opening`. The
//! old vouchers stay where they were converted to. Then the house's money at all channels is brought
//! together at the bank that settles with the fund, and the holdings are subscribed, by a voucher
//! each; the holdings are confirmed by the night's run before the day on which they earn. What was not at
//! its end stays an open item, see [`crate::OpenItem`]: what is under way is, customer by customer, what
//! stands frozen, and all of escrow.

mod check;
mod corrected;
mod error;
mod items;
mod moved;
mod source;

use ruixin_bao::Day;
use ruixin_bao::fund::{
    CLIENT_MONEY, MERCHANTS, SUBSCRIPTIONS, Terms, USERS, house_accounts, shares_account,
};
use ruixin_bao::ledger::{
    Account, AccountId, AccountKind, Book, Entry, Limit, Posting, Side, Voucher, VoucherId,
};

pub use corrected::Corrected;
pub use error::{Figure, ImportError, Total};

use crate::error::StoreError;
use crate::sql::{Session, Value};
use crate::store::terms::day as day_value;
use crate::store::{
    Changes, Lock, Page, Store, account_row, book_on_page, connect, number, write_bulk,
};
use source::{Books, Opening};

/// Converted books that were read: the session for what is too much to be held, the tables that were
/// read as they are corrected, and what is held.
type Converted = (Box<dyn Session>, Vec<Corrected>, Books);

/// Names the voucher by which accounts open.
pub(crate) const OPENING: VoucherId = VoucherId { id: 0, part: 4 };
/// Names the voucher by which holdings are subscribed.
pub(crate) const SUBSCRIPTION: VoucherId = VoucherId { id: 0, part: 5 };
/// Names the voucher by which holdings are confirmed.
pub(crate) const CONFIRMATION: VoucherId = VoucherId { id: 0, part: 6 };
/// Names the voucher by which the house's money is brought together.
const SWEEP: VoucherId = VoucherId { id: 0, part: 7 };

/// Subject of client money from before the old records begin (期初备付金).
const FROM_BEFORE: u16 = 1009;
/// Subject of what is owed to customers and frozen (应付客户款-冻结).
pub(crate) const FROZEN: u16 = 2003;
/// Subject of what is paid and not yet confirmed (担保交易暂收款).
pub(crate) const ESCROW: u16 = 2202;
/// Subject of income from fees (手续费收入).
pub(crate) const FEES: u16 = 6021;
/// Subject of coupons and bonuses (营销费用).
pub(crate) const MARKETING: u16 = 6601;

/// Is what was imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Whether the same books had been imported before: then nothing was done.
    pub is_repeat: bool,
    /// Vouchers of the old books; they stay where they are.
    pub vouchers: u64,
    /// Postings of the old books.
    pub postings: u64,
    /// Accounts that were opened.
    pub accounts: u64,
    /// Holdings that were subscribed.
    pub holdings: u64,
    /// Withdrawals, holds and payments into escrow that were under way.
    pub under_way: u64,
    /// Payments of which something can be given back.
    pub refundable: u64,
    /// Gross debits that the accounts open with, fen, and so gross credits.
    pub debits_fen: i64,
    /// Shares that were subscribed, hundredths.
    pub shares: i64,
    /// When they are confirmed, if there are any.
    pub confirmed_on: Option<Day>,
    /// A digest of all of it.
    pub digest: String,
    /// The tables that were read as they are corrected.
    pub corrected: Vec<Corrected>,
}

impl Store {
    /// Takes converted books, a path of SQLite or an address of PostgreSQL, as opening books. The
    /// books must be empty, or have been opened with the same ones.
    ///
    /// # Errors
    ///
    /// The converted books do not balance or do not fit, with the place and the figures; or a
    /// database refuses. Then nothing was done.
    pub fn import(&mut self, from: &str, now_micros: i64) -> Result<Opened, StoreError> {
        let (mut source, corrected, books) = self.read_converted(from)?;
        self.tell("write the opening books");
        let terms = self.terms.clone();
        let done = self.transaction(Lock::All, |session| {
            if let Some(there) = opened(session)? {
                if there.digest == books.digest {
                    return Ok(there);
                }
                return Err(ImportError::OpenedWithOthers {
                    there: there.digest,
                    given: books.digest.clone(),
                }
                .into());
            }
            let sql = "SELECT CAST(count(*) AS bigint) FROM voucher";
            let vouchers = session.number("looking for vouchers", sql, &[])?;
            if vouchers > 0 {
                return Err(ImportError::NotEmpty { vouchers }.into());
            }
            write(session, &mut *source, &terms, &books, now_micros)
        })?;
        Ok(Opened { corrected, ..done })
    }

    /// Reads converted books, all of one moment, and gives the session for what is too much to be held.
    fn read_converted(&mut self, from: &str) -> Result<Converted, StoreError> {
        let mut source = connect(from, false)?;
        self.tell("check the converted books");
        // PostgreSQL allows no view to be made where nothing may be written.
        let corrected = match source.is_postgres() {
            true => {
                let corrected = corrected::correct(&mut *source)?;
                source.script("beginning to read", begin(&*source))?;
                corrected
            }
            false => {
                source.script("beginning to read", begin(&*source))?;
                corrected::correct(&mut *source)?
            }
        };
        let moved = check::check(&mut *source)?;
        self.tell("read the converted books");
        let books = source::read(&mut *source, &self.terms, moved)?;
        Ok((source, corrected, books))
    }

    /// Makes sure, before the books are opened for the first time, that they are what was taken over and
    /// nothing else: what is stored of it has the digest that it had then, all proofs stand, and the
    /// converted books, where they are named, have that digest still.
    ///
    /// # Errors
    ///
    /// Something has changed, or the books began with no others; or a database refuses.
    pub fn is_as_taken_over(&mut self, ledger: Option<&str>) -> Result<(), StoreError> {
        let (taken, stored) = self.transaction(Lock::Read, |session| {
            let taken = opened(session)?.ok_or(ImportError::NothingTakenOver)?;
            Ok((taken.digest, source::digest_of_taken(session)?))
        })?;
        let same = |what, found: String| match found == taken {
            true => Ok(()),
            false => Err(ImportError::Changed {
                what,
                taken: taken.clone(),
                found,
            }),
        };
        same("what was taken over", stored)?;
        if let Some(ledger) = ledger {
            let (_, _, books) = self.read_converted(ledger)?;
            same("the converted ledger", books.digest)?;
        }
        self.prove().map(drop)
    }
}

fn begin(source: &dyn Session) -> &'static str {
    match source.is_postgres() {
        true => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        false => "BEGIN",
    }
}

fn write(
    session: &mut dyn Session,
    source: &mut dyn Session,
    terms: &Terms,
    books: &Books,
    now: i64,
) -> Result<Opened, StoreError> {
    let day = terms.first_day;
    write_accounts(session, terms, books)?;
    write_openings(session, &books.openings)?;
    items::write(source, session, &books.openings)?;
    write_bulk(session, &entry(OPENING, day, now, Vec::new()), "opening")?;
    sweep(session, terms, now)?;
    let shares = subscribe(session, books, day, now)?;
    let confirmed_on = books.holdings.first().map(|holding| holding.confirmed_on);
    let count = |rows: usize| i64::try_from(rows).unwrap_or(i64::MAX);
    let row = vec![
        Value::Int(1),
        Value::Int(books.vouchers),
        Value::Int(books.postings),
        Value::Int(count(books.openings.len())),
        Value::Int(count(books.holdings.len())),
        Value::Int(books.debits_fen),
        Value::Int(books.credits_fen),
        Value::Int(shares),
        confirmed_on.map_or(Value::Null, day_value),
        Value::from(books.digest.as_str()),
        Value::Int(i64::from(books.holdings.is_empty())),
    ];
    session.append_rows("opened", &OPENED, [row])?;
    let there = opened(session)?;
    let there = there.ok_or_else(|| StoreError::damaged("what was opened is gone"))?;
    Ok(Opened {
        is_repeat: false,
        ..there
    })
}

const OPENED: [&str; 11] = [
    "one",
    "vouchers",
    "postings",
    "accounts",
    "holdings",
    "debits",
    "credits",
    "shares",
    "confirmed_on",
    "digest",
    "is_confirmed",
];

/// Writes all accounts with their gross totals: those of users without what they subscribe, which
/// is so taken from them at once.
fn write_accounts(
    session: &mut dyn Session,
    terms: &Terms,
    books: &Books,
) -> Result<(), StoreError> {
    let columns = [
        "subject",
        "number",
        "kind",
        "keeps",
        "debits_posted",
        "credits_posted",
        "debits_pending",
        "credits_pending",
    ];
    let house = house_accounts(terms).map(|account| account.id);
    let mut holdings = books.holdings.iter().peekable();
    let mut openings = books.openings.iter();
    session.append("account", &columns, &mut |row| {
        let Some(opening) = openings.find(|opening| !house.contains(&opening.id)) else {
            return Ok(false);
        };
        let mut account = described(opening);
        account.totals.debits_posted_fen = opening.debits_fen;
        account.totals.credits_posted_fen = opening.credits_fen;
        if account.id.subject == USERS {
            while holdings
                .next_if(|one| one.holder < account.id.number)
                .is_some()
            {}
            if let Some(holding) = holdings.next_if(|one| one.holder == account.id.number) {
                let debits = opening.debits_fen.checked_add(holding.shares);
                let what = "debits";
                account.totals.debits_posted_fen = debits.ok_or(StoreError::Overflow { what })?;
            }
        }
        *row = account_row(&account)?;
        Ok(true)
    })?;
    let mut holdings = books.holdings.iter();
    session.append("account", &columns, &mut |row| {
        let Some(holding) = holdings.next() else {
            return Ok(false);
        };
        *row = account_row(&shares_account(holding.holder))?;
        Ok(true)
    })?;
    let names = books.names.iter().map(|(id, name)| {
        Ok(vec![
            Value::Int(i64::from(id.subject)),
            number("account", id.number)?,
            Value::from(name.as_str()),
        ])
    });
    let names: Vec<Vec<Value>> = names.collect::<Result<_, StoreError>>()?;
    session.append_rows("sub_account", &["subject", "number", "name"], names)?;
    Ok(())
}

/// Says what an account is that is none of the fund's own: what the chart says.
fn described(opening: &Opening) -> Account {
    let limit = match opening.id.subject {
        USERS | MERCHANTS | FROZEN | ESCROW => Limit::DebitsMustNotExceedCredits,
        _ => Limit::None,
    };
    Account::new(opening.id, opening.kind, limit)
}

fn write_openings(session: &mut dyn Session, openings: &[Opening]) -> Result<(), StoreError> {
    let mut openings = openings.iter();
    let columns = ["subject", "number", "debits", "credits"];
    session.append("opening", &columns, &mut |row| {
        let Some(opening) = openings.next() else {
            return Ok(false);
        };
        row.extend([
            Value::Int(i64::from(opening.id.subject)),
            number("account", opening.id.number)?,
            Value::Int(opening.debits_fen),
            Value::Int(opening.credits_fen),
        ]);
        Ok(true)
    })?;
    Ok(())
}

/// Brings the house's money at all channels together at the bank that settles with the fund.
fn sweep(session: &mut dyn Session, terms: &Terms, now: i64) -> Result<(), StoreError> {
    let mut page = Page::new(session, terms)?;
    let sql = "SELECT subject, number, debits_posted - credits_posted FROM account \
               WHERE subject IN ($1, $2) AND debits_posted <> credits_posted \
               ORDER BY subject, number";
    let with = [
        Value::Int(i64::from(CLIENT_MONEY)),
        Value::Int(i64::from(FROM_BEFORE)),
    ];
    let balances = page.session().all("reading channels", sql, &with, |row| {
        Ok((crate::store::entries::account_id(row, 0)?, row.int(2)?))
    })?;
    let bank = AccountId::new(CLIENT_MONEY, terms.settlement_bank);
    let mut postings = Vec::new();
    let mut sum = 0_i64;
    for (account, balance_fen) in balances.into_iter().filter(|(account, _)| *account != bank) {
        let what = "client money";
        sum = sum
            .checked_add(balance_fen)
            .ok_or(StoreError::Overflow { what })?;
        postings.push(signed(account, Side::Credit, balance_fen));
    }
    if postings.is_empty() {
        return Ok(());
    }
    if sum != 0 {
        // First, so that there is money at the bank to give.
        postings.insert(0, signed(bank, Side::Debit, sum));
    }
    page.load_accounts(postings.iter().map(|posting| posting.account))?;
    let mut voucher = Voucher::booking(SWEEP, terms.first_day, postings);
    "client money brought together at the settlement bank (备付金归集)"
        .clone_into(&mut voucher.memo);
    let book: &Book = page.fund.book();
    let effects = book_on_page(book, &voucher, now)?;
    let mut changes = Changes::default();
    changes.add_voucher(effects);
    changes.write(page.into_session())
}

/// A posting of an amount that may be below zero: then it is on the other side.
fn signed(account: AccountId, side: Side, amount_fen: i64) -> Posting {
    Posting {
        account,
        side: if amount_fen < 0 { side.other() } else { side },
        amount_fen: amount_fen.saturating_abs(),
    }
}

/// Subscribes the holdings: users pay, and the money waits to be confirmed.
fn subscribe(
    session: &mut dyn Session,
    books: &Books,
    day: Day,
    now: i64,
) -> Result<i64, StoreError> {
    if books.holdings.is_empty() {
        return Ok(0);
    }
    let mut holdings = books.holdings.iter();
    let columns = ["holder", "shares", "subscribed_on", "confirmed_on"];
    session.append("opening_holding", &columns, &mut |row| {
        let Some(holding) = holdings.next() else {
            return Ok(false);
        };
        row.extend([
            number("holder", holding.holder)?,
            Value::Int(holding.shares),
            day_value(holding.subscribed_on),
            day_value(holding.confirmed_on),
        ]);
        Ok(true)
    })?;
    let mut all = books.holdings.iter().map(|holding| holding.shares);
    let shares = all.try_fold(0_i64, i64::checked_add);
    let shares = shares.ok_or(StoreError::Overflow { what: "shares" })?;
    let waiting = AccountId::new(SUBSCRIPTIONS, 0);
    let sql = "UPDATE account SET credits_posted = credits_posted + $1 \
               WHERE subject = $2 AND number = 0";
    let with = [Value::Int(shares), Value::Int(i64::from(SUBSCRIPTIONS))];
    session.execute("subscribing holdings", sql, &with)?;
    let legs = vec![Posting::credit(waiting, shares)];
    write_bulk(
        session,
        &entry(SUBSCRIPTION, day, now, legs),
        "opening_subscription",
    )?;
    Ok(shares)
}

fn entry(id: VoucherId, day: Day, booked_at: i64, postings: Vec<Posting>) -> Entry {
    Entry {
        voucher: Voucher::booking(id, day, postings.clone()),
        booked_at,
        postings,
        resolved: None,
        reversed_by: None,
        rebooked_by: None,
    }
}

/// Gives what the books were opened with.
pub(crate) fn opened(session: &mut dyn Session) -> Result<Option<Opened>, StoreError> {
    let sql = "SELECT vouchers, postings, accounts, holdings, debits, shares, confirmed_on, \
               digest, CAST((SELECT count(*) FROM open_item WHERE kind <> 'P') AS bigint), \
               CAST((SELECT count(*) FROM open_item WHERE kind = 'P') AS bigint) FROM opened";
    session.first("looking for opening books", sql, &[], |row| {
        let confirmed_on = row.int_or_null(6)?;
        Ok(Opened {
            is_repeat: true,
            vouchers: row.unsigned(0)?,
            postings: row.unsigned(1)?,
            accounts: row.unsigned(2)?,
            holdings: row.unsigned(3)?,
            under_way: row.unsigned(8)?,
            refundable: row.unsigned(9)?,
            debits_fen: row.int(4)?,
            shares: row.int(5)?,
            confirmed_on: match confirmed_on {
                Some(number) => Some(crate::store::terms::day_of(number)?),
                None => None,
            },
            digest: row.text(7)?.to_owned(),
            corrected: Vec::new(),
        })
    })
}

/// Gives the id of the order that an imported holding stands for.
pub(crate) fn order_of_holding(holder: u64) -> u128 {
    // Beyond all that a random or a time-ordered UUID can be: its version is 0.
    (u128::from(u64::MAX) << 64) | u128::from(holder)
}

/// Reads a kind as the chart writes it.
pub(crate) fn kind_of(word: &str) -> Option<AccountKind> {
    Some(match word {
        "ASSET" => AccountKind::Asset,
        "LIABILITY" => AccountKind::Liability,
        "EQUITY" => AccountKind::Equity,
        "INCOME" => AccountKind::Income,
        "EXPENSE" => AccountKind::Expense,
        _ => return None,
    })
}
