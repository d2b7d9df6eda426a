//! A user's bills: what moved the wallet and the shares, the latest first.

use std::collections::BTreeMap;

use ruixin_bao::Day;
use ruixin_bao::fund::{CLIENT_MONEY, MERCHANTS, Order, OrderKind, SHARES, USERS};
use ruixin_bao::ledger::{AccountId, Entry, Resolution, Side, VoucherId, VoucherKind};

use crate::error::StoreError;
use crate::import::{CONFIRMATION, ESCROW, FROZEN, OPENING, SUBSCRIPTION};
use crate::sql::{Session, Value};
use crate::store::entries::voucher_id;
use crate::store::terms::{day as day_value, day_of};
use crate::store::{Lock, Page, Store, entries, number};

/// Is the place of a bill among all: the latest is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BillAt {
    /// When it was booked, microseconds since 1970 UTC.
    pub booked_at: i64,
    /// The voucher.
    pub voucher: VoucherId,
}

/// Is what a bill is about, as its user sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are what they are called")]
pub enum BillKind {
    TopUp,
    Withdrawal,
    Payment,
    Refund,
    TransferIn,
    TransferOut,
    Hold,
    /// What was frozen is free again.
    Release,
    /// Wallet money is paid for shares.
    Subscription,
    /// The shares are there.
    SubscriptionConfirmed,
    /// Shares are held back for a redemption.
    Redemption,
    /// The money is in the wallet.
    RedemptionPaid,
    RedemptionFast,
    /// A payment straight from the fund.
    FundPayment,
    Income,
    /// What the user had when the books were opened.
    Opening,
    /// A correction takes back what was booked (红冲).
    Reversal,
    Other,
}

/// Is a bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillRecord {
    /// Its place.
    pub at: BillAt,
    /// The day on whose books it stands.
    pub accounting_date: Day,
    /// What it is about.
    pub kind: BillKind,
    /// What the wallet moves by, fen; of what is pending, what is held.
    pub wallet_fen: i64,
    /// What the shares move by, hundredths; of what is pending, what is held.
    pub shares_fen: i64,
    /// Of a pending voucher: whether it is still pending, or how it ended.
    pub pending: Option<Option<Resolution>>,
    /// Whether it was taken back.
    pub is_reversed: bool,
    /// The other account: of a merchant, user or bank.
    pub other: Option<AccountId>,
    /// The order, where it is one.
    pub order: Option<Order>,
    /// What is written on the voucher.
    pub memo: String,
}

impl Store {
    /// Gives a user's bills before a place, or all, the latest first, so many at most.
    ///
    /// It reads so many lines, and one row for each day with an income until there are enough.
    ///
    /// # Errors
    ///
    /// The number is too large, or the database refuses.
    pub fn bills(
        &mut self,
        user: u64,
        before: Option<BillAt>,
        limit: usize,
    ) -> Result<Vec<BillRecord>, StoreError> {
        number("user", user)?;
        let terms = self.terms.clone();
        self.transaction(Lock::Read, |session| {
            let before = before.unwrap_or(BillAt {
                booked_at: i64::MAX,
                voucher: VoucherId {
                    id: u128::MAX,
                    part: u32::MAX,
                },
            });
            let places = places(session, user, before, limit)?;
            let ids: Vec<u128> = places.iter().map(|at| at.voucher.id).collect();
            let mut page = Page::empty(session, &terms)?;
            page.load_orders(&ids)?;
            let orders = |id| page.fund.order(id).copied();
            let orders: BTreeMap<u128, Order> = ids
                .iter()
                .filter_map(|id| orders(*id).map(|order| (*id, order)))
                .collect();
            let session = page.into_session();
            let found = entries(session, &ids)?.into_iter();
            let found: BTreeMap<VoucherId, Entry> =
                found.map(|entry| (entry.voucher.id, entry)).collect();
            let mut bills = incomes(session, user, before, limit)?;
            bills.extend(openings(session, user, before)?);
            for at in places {
                let Some(entry) = found.get(&at.voucher) else {
                    return Err(StoreError::damaged("a leg has no voucher"));
                };
                bills.push(bill(user, at, entry, orders.get(&at.voucher.id)));
            }
            bills.sort_by_key(|bill| std::cmp::Reverse(bill.at));
            bills.truncate(limit);
            Ok(bills)
        })
    }
}

/// The vouchers with legs on a user's accounts before a place.
fn places(
    session: &mut dyn Session,
    user: u64,
    before: BillAt,
    limit: usize,
) -> Result<Vec<BillAt>, StoreError> {
    let mut places = Vec::new();
    for account in crate::whole::accounts_of_user(user) {
        let with = [
            Value::Int(i64::from(account.subject)),
            number("user", user)?,
            Value::Int(before.booked_at),
            Value::from(before.voucher.id),
            Value::Int(i64::from(before.voucher.part)),
            Value::Int(i64::try_from(limit).unwrap_or(i64::MAX)),
        ];
        session.each("reading bills", PLACES, &with, &mut |row| {
            places.push(BillAt {
                booked_at: row.int(0)?,
                voucher: voucher_id(row, 1)?,
            });
            Ok(())
        })?;
    }
    // A voucher may move both.
    places.sort_unstable_by(|one, other| other.cmp(one));
    places.dedup();
    places.truncate(limit);
    Ok(places)
}

/// The vouchers with legs on an account before a place.
const PLACES: &str = "SELECT DISTINCT booked_at, id, part FROM account_line \
     WHERE subject = $1 AND number = $2 AND (booked_at, id, part) < ($3, $4, $5) \
     ORDER BY booked_at DESC, id DESC, part DESC LIMIT $6";

/// The incomes before a place, whose legs are columns.
fn incomes(
    session: &mut dyn Session,
    user: u64,
    before: BillAt,
    limit: usize,
) -> Result<Vec<BillRecord>, StoreError> {
    let sql = "SELECT id, part, booked_at, accounting_date FROM voucher WHERE kind = 'income' \
               AND booked_at <= $1 ORDER BY accounting_date DESC";
    let with = [Value::Int(before.booked_at)];
    let vouchers = session.all("reading days", sql, &with, |row| {
        let at = BillAt {
            booked_at: row.int(2)?,
            voucher: voucher_id(row, 0)?,
        };
        Ok((at, day_of(row.int(3)?)?))
    })?;
    let mut bills = Vec::new();
    let sql = "SELECT borne FROM income WHERE day = $1 AND holder = $2";
    for (at, day) in vouchers {
        if bills.len() >= limit {
            break;
        }
        if at >= before {
            continue;
        }
        let with = [day_value(day), number("user", user)?];
        let borne = session.first("reading incomes", sql, &with, |row| row.int(0))?;
        if let Some(borne) = borne.filter(|borne| *borne != 0) {
            bills.push(plain(at, day, BillKind::Income, 0, borne));
        }
    }
    Ok(bills)
}

/// What a user had when the books were opened, whose legs are columns.
fn openings(
    session: &mut dyn Session,
    user: u64,
    before: BillAt,
) -> Result<Vec<BillRecord>, StoreError> {
    let holder = [number("user", user)?];
    let sql = "SELECT credits - debits FROM opening WHERE subject = 2001 AND number = $1";
    let opening = session.first("reading openings", sql, &holder, |row| row.int(0))?;
    let sql = "SELECT shares FROM opening_holding WHERE holder = $1";
    let holding = session.first("reading openings", sql, &holder, |row| row.int(0))?;
    let negated = holding.map(i64::saturating_neg);
    let moved = [
        (OPENING, BillKind::Opening, opening, None),
        (SUBSCRIPTION, BillKind::Subscription, negated, None),
        (CONFIRMATION, BillKind::SubscriptionConfirmed, None, holding),
    ];
    let mut bills = Vec::new();
    for (voucher, kind, wallet, shares) in moved {
        let (wallet, shares) = (wallet.unwrap_or(0), shares.unwrap_or(0));
        if wallet == 0 && shares == 0 {
            continue;
        }
        let sql = "SELECT booked_at, accounting_date FROM voucher WHERE id = $1 AND part = $2";
        let with = crate::store::voucher_key(voucher);
        let booked = session.first("reading vouchers", sql, &with, |row| {
            Ok((row.int(0)?, day_of(row.int(1)?)?))
        })?;
        if let Some((booked_at, day)) = booked {
            let at = BillAt { booked_at, voucher };
            if at < before {
                bills.push(plain(at, day, kind, wallet, shares));
            }
        }
    }
    Ok(bills)
}

fn plain(at: BillAt, day: Day, kind: BillKind, wallet_fen: i64, shares_fen: i64) -> BillRecord {
    BillRecord {
        at,
        accounting_date: day,
        kind,
        wallet_fen,
        shares_fen,
        pending: None,
        is_reversed: false,
        other: None,
        order: None,
        memo: String::new(),
    }
}

fn bill(user: u64, at: BillAt, entry: &Entry, order: Option<&Order>) -> BillRecord {
    let moved = |subject| {
        let own = AccountId::new(subject, user);
        let legs = entry.postings.iter().filter(|leg| leg.account == own);
        legs.fold(0_i64, |sum, leg| match leg.side {
            Side::Credit => sum.saturating_add(leg.amount_fen),
            Side::Debit => sum.saturating_sub(leg.amount_fen),
        })
    };
    let (wallet_fen, shares_fen) = (moved(USERS), moved(SHARES));
    let is_pending = matches!(entry.voucher.kind, VoucherKind::Pending { .. });
    let other = other(user, entry);
    let kind = kind(entry, order, wallet_fen, other);
    // What an account holds for itself moves by nothing: the bill says how much is held.
    let held = |_| {
        let legs = entry.postings.iter();
        legs.filter(|leg| leg.side == Side::Debit)
            .fold(0_i64, |sum, leg| sum.saturating_sub(leg.amount_fen))
    };
    BillRecord {
        at,
        accounting_date: entry.voucher.accounting_date,
        kind,
        wallet_fen: if kind == BillKind::Hold {
            held(())
        } else {
            wallet_fen
        },
        shares_fen,
        pending: is_pending.then(|| entry.resolved.map(|resolved| resolved.resolution)),
        is_reversed: entry.reversed_by.is_some(),
        other,
        order: order.copied(),
        memo: entry.voucher.memo.clone(),
    }
}

/// The other account of a voucher, if there is one only.
fn other(user: u64, entry: &Entry) -> Option<AccountId> {
    let is_other = |account: &AccountId| match account.subject {
        USERS => account.number != user,
        MERCHANTS | CLIENT_MONEY => true,
        _ => false,
    };
    let accounts = entry.postings.iter().map(|leg| leg.account);
    let mut others = accounts.filter(is_other);
    others.next().filter(|_| others.next().is_none())
}

fn kind(
    entry: &Entry,
    order: Option<&Order>,
    wallet_fen: i64,
    other: Option<AccountId>,
) -> BillKind {
    if let Some(order) = order {
        return match (order.request.kind, entry.voucher.id.part) {
            (OrderKind::Subscribe, 0) => BillKind::Subscription,
            (OrderKind::Subscribe, _) => BillKind::SubscriptionConfirmed,
            (OrderKind::Redeem, 0) => BillKind::Redemption,
            (OrderKind::Redeem, _) => BillKind::RedemptionPaid,
            (OrderKind::RedeemFast, _) => BillKind::RedemptionFast,
            (OrderKind::Pay { .. }, _) => BillKind::FundPayment,
        };
    }
    if matches!(entry.voucher.kind, VoucherKind::Reversal { .. }) {
        return BillKind::Reversal;
    }
    let is_in = wallet_fen > 0;
    let is_from = |subject| {
        let mut legs = entry.postings.iter();
        is_in && legs.any(|leg| leg.account.subject == subject && leg.side == Side::Debit)
    };
    if is_from(FROZEN) {
        return BillKind::Release;
    }
    if is_from(ESCROW) {
        return BillKind::Refund;
    }
    match other.map(|account| account.subject) {
        Some(CLIENT_MONEY) if is_in => BillKind::TopUp,
        Some(CLIENT_MONEY) => BillKind::Withdrawal,
        Some(MERCHANTS) if is_in => BillKind::Refund,
        Some(MERCHANTS) => BillKind::Payment,
        Some(USERS) if is_in => BillKind::TransferIn,
        Some(USERS) => BillKind::TransferOut,
        None if wallet_fen == 0 && matches!(entry.voucher.kind, VoucherKind::Pending { .. }) => {
            BillKind::Hold
        }
        _ => BillKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use crate::lines::plan;

    #[test]
    fn places_of_bills_are_read_by_the_key_and_not_sorted() {
        let steps = plan(super::PLACES, 6);
        let key = "SEARCH account_line USING PRIMARY KEY (subject=? AND number=? AND \
                   (booked_at,id,part)<";
        assert!(steps.iter().any(|step| step.contains(key)), "{steps:?}");
        assert!(
            !steps.iter().any(|step| step.contains("ORDER BY")),
            "{steps:?}"
        );
    }
}
