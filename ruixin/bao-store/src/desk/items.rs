//! What was not at its end in the books that these were opened with, and how it comes to its end.

use std::collections::BTreeMap;

use ruixin_bao::fund::{CLIENT_MONEY, MERCHANTS, Terms};
use ruixin_bao::ledger::{AccountId, Posting};

use super::Refused;
use super::run::AT_ONCE;
use crate::error::StoreError;
use crate::import::{ESCROW, FEES, FROZEN, MARKETING};
use crate::sql::{Row, Session, Value, parameters};
use crate::store::{Lock, Store, entries, number, padded};

/// Is what an open item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// A withdrawal that the bank has not answered.
    Withdrawal,
    /// What of an account is held, all together.
    Hold,
    /// A payment into escrow that the buyer has not confirmed.
    Escrow,
    /// A payment of which something can be given back.
    Payment,
}

/// Is how an open item, or a part of it, comes to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The bank has paid the withdrawal.
    Paid,
    /// The bank has refused it: the money is the customer's again.
    Refused,
    /// So much of what is held is released, fen; all of it where nothing is said.
    Released(Option<i64>),
    /// The buyer has confirmed: the merchant gets what is in escrow.
    Confirmed,
    /// What is in escrow goes back.
    Returned,
    /// So much of a payment is given back, fen.
    Refunded(i64),
}

/// Is something that was not at its end in the books that these were opened with. It has the name that it
/// had there: the number of its order, of a hold that of its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenItem {
    /// Its name: up to 31 digits.
    pub name: String,
    /// What it is.
    pub kind: ItemKind,
    /// The account of who withdraws, is held, or has paid.
    pub account: AccountId,
    /// Who is paid.
    pub merchant: Option<u64>,
    /// The bank that a withdrawal goes to, as the old books name it.
    pub channel: Option<String>,
    /// All of it, fen.
    pub amount_fen: i64,
    /// What the house keeps of it when it ends as it was meant to, fen.
    pub fee_fen: i64,
    /// What the house has added, and gets back when it goes back, fen.
    pub coupon_fen: i64,
    /// What had been given back before, fen.
    pub done_fen: i64,
    /// What has come to its end since, fen: what was taken back does not count.
    pub ended_fen: i64,
    /// How it did so: in one way, however often.
    pub ending: Option<&'static str>,
}

impl ItemKind {
    fn of(letter: &str) -> Result<ItemKind, StoreError> {
        Ok(match letter {
            "W" => ItemKind::Withdrawal,
            "H" => ItemKind::Hold,
            "E" => ItemKind::Escrow,
            "P" => ItemKind::Payment,
            other => {
                return Err(StoreError::damaged(format!(
                    "{other:?} is no kind of open item"
                )));
            }
        })
    }
}

impl Ending {
    /// The word that is kept of it.
    const fn word(self) -> &'static str {
        match self {
            Ending::Paid => "paid",
            Ending::Refused => "refused",
            Ending::Released(_) => "released",
            Ending::Confirmed => "confirmed",
            Ending::Returned => "returned",
            Ending::Refunded(_) => "refunded",
        }
    }

    const fn is_of(self, kind: ItemKind) -> bool {
        matches!(
            (kind, self),
            (ItemKind::Withdrawal, Ending::Paid | Ending::Refused)
                | (ItemKind::Hold, Ending::Released(_))
                | (ItemKind::Escrow, Ending::Confirmed | Ending::Returned)
                | (ItemKind::Payment, Ending::Refunded(_))
        )
    }
}

/// Gives the word as a constant.
fn word_of(text: &str) -> Result<&'static str, StoreError> {
    const ALL: [Ending; 6] = [
        Ending::Paid,
        Ending::Refused,
        Ending::Released(None),
        Ending::Confirmed,
        Ending::Returned,
        Ending::Refunded(0),
    ];
    let found = ALL.into_iter().map(Ending::word).find(|word| *word == text);
    found.ok_or_else(|| StoreError::damaged(format!("{text:?} is no end of an item")))
}

impl OpenItem {
    /// What is left of it, fen.
    pub fn left_fen(&self) -> i64 {
        let left = self.amount_fen.saturating_sub(self.done_fen);
        left.saturating_sub(self.ended_fen)
    }

    /// All accounts that its end may move.
    pub(super) fn accounts(&self, terms: &Terms) -> Vec<AccountId> {
        let merchant = || AccountId::new(MERCHANTS, self.merchant.unwrap_or(0));
        let house = |subject| AccountId::new(subject, 0);
        let mut all = vec![self.account];
        match self.kind {
            ItemKind::Withdrawal => all.extend([self.frozen(), bank(terms), house(FEES)]),
            ItemKind::Hold => all.push(self.frozen()),
            ItemKind::Escrow => {
                all.extend([house(ESCROW), merchant(), house(FEES), house(MARKETING)]);
            }
            ItemKind::Payment => all.push(merchant()),
        }
        all
    }

    fn frozen(&self) -> AccountId {
        AccountId::new(FROZEN, self.account.number)
    }

    /// How much of it an end is about, and its legs: they leave out what is nothing.
    fn legs(&self, ending: Ending, terms: &Terms) -> (i64, Vec<Posting>) {
        let merchant = AccountId::new(MERCHANTS, self.merchant.unwrap_or(0));
        let (fees, marketing) = (AccountId::new(FEES, 0), AccountId::new(MARKETING, 0));
        let (all, fee, coupon) = (self.amount_fen, self.fee_fen, self.coupon_fen);
        let (amount, from, to, part) = match ending {
            Ending::Paid => (all, self.frozen(), bank(terms), (fees, fee)),
            Ending::Refused => (all, self.frozen(), self.account, (fees, 0)),
            Ending::Released(asked) => {
                let amount = asked.unwrap_or(self.left_fen());
                (amount, self.frozen(), self.account, (fees, 0))
            }
            Ending::Confirmed => (all, AccountId::new(ESCROW, 0), merchant, (fees, fee)),
            Ending::Returned => {
                let escrow = AccountId::new(ESCROW, 0);
                (all, escrow, self.account, (marketing, coupon))
            }
            Ending::Refunded(amount) => (amount, merchant, self.account, (fees, 0)),
        };
        let (house, kept) = part;
        let mut legs = vec![
            Posting::debit(from, amount),
            Posting::credit(to, amount.saturating_sub(kept)),
            Posting::credit(house, kept),
        ];
        legs.retain(|leg| leg.amount_fen != 0);
        (amount, legs)
    }
}

fn bank(terms: &Terms) -> AccountId {
    AccountId::new(CLIENT_MONEY, terms.settlement_bank)
}

/// Is a voucher that brings something to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
struct End {
    item: String,
    word: &'static str,
    amount_fen: i64,
    is_taken_back: bool,
}

/// Is what a group of commands knows of open items.
#[derive(Debug, Default)]
pub(super) struct Items {
    items: BTreeMap<String, OpenItem>,
    ends: BTreeMap<u128, End>,
    /// Those that were booked by this group, in order.
    booked: Vec<u128>,
}

const COLUMNS: &str = "item, kind, subject, number, merchant, channel, amount, fee, coupon, done";

impl Items {
    /// Reads items by their names, without what has come to its end: they stay as they are.
    pub(super) fn load(session: &mut dyn Session, names: &[&str]) -> Result<Items, StoreError> {
        let mut items = Items::default();
        for names in names.chunks(AT_ONCE) {
            let names = padded(names.iter().map(|name| Value::from(*name)).collect());
            let list = parameters(1, names.len());
            let sql = format!("SELECT {COLUMNS} FROM open_item WHERE item IN {list}");
            session.each("reading open items", &sql, &names, &mut |row| {
                let item = open_item(row)?;
                items.items.insert(item.name.clone(), item);
                Ok(())
            })?;
        }
        Ok(items)
    }

    pub(super) fn get(&self, name: &str) -> Option<&OpenItem> {
        self.items.get(name)
    }

    /// Reads what of the items has come to its end, and what some vouchers brought to its end.
    pub(super) fn load_ends(
        &mut self,
        session: &mut dyn Session,
        vouchers: &[u128],
    ) -> Result<(), StoreError> {
        let names: Vec<Value> = self.items.keys().map(|name| name.as_str().into()).collect();
        let vouchers: Vec<Value> = vouchers.iter().map(|id| Value::from(*id)).collect();
        for (column, all) in [("item", names), ("id", vouchers)] {
            for some in all.chunks(AT_ONCE) {
                let some = padded(some.to_vec());
                let list = parameters(1, some.len());
                let sql = format!("{ENDS} WHERE {column} IN {list}");
                session.each("reading ends of items", &sql, &some, &mut |row| {
                    let (id, end) = end(row)?;
                    self.ends.insert(id, end);
                    Ok(())
                })?;
            }
        }
        for end in self.ends.values().filter(|end| !end.is_taken_back) {
            if let Some(item) = self.items.get_mut(&end.item) {
                item.ended_fen = item.ended_fen.saturating_add(end.amount_fen);
            }
        }
        Ok(())
    }

    /// Whether a voucher has ever brought an item to its end.
    pub(super) fn has_been(&self, voucher: u128) -> bool {
        self.ends.contains_key(&voucher)
    }

    /// Counts an end no more: its voucher was reversed.
    pub(super) fn take_back(&mut self, voucher: u128) {
        let Some(end) = self.ends.get_mut(&voucher) else {
            return;
        };
        end.is_taken_back = true;
        if let Some(item) = self.items.get_mut(&end.item) {
            item.ended_fen = item.ended_fen.saturating_sub(end.amount_fen);
        }
    }

    /// Whether a voucher brings just that to its end, and stands.
    pub(super) fn is(&self, voucher: u128, name: &str, ending: Ending) -> bool {
        let amount = match ending {
            Ending::Released(amount) => amount,
            Ending::Refunded(amount) => Some(amount),
            _ => None,
        };
        self.ends.get(&voucher).is_some_and(|end| {
            let is_same = end.item == name && end.word == ending.word();
            is_same && !end.is_taken_back && amount.is_none_or(|fen| fen == end.amount_fen)
        })
    }

    /// Gives how much of an item comes to its end, and the legs of it.
    pub(super) fn decide(
        &self,
        name: &str,
        ending: Ending,
        terms: &Terms,
    ) -> Result<(i64, Vec<Posting>), Refused> {
        let item = self.get(name).ok_or(Refused::NoItem {
            item: name.to_owned(),
        })?;
        if !ending.is_of(item.kind) {
            return Err(Refused::OtherItem {
                item: name.to_owned(),
            });
        }
        let (amount_fen, legs) = item.legs(ending, terms);
        let left_fen = item.left_fen();
        match ending {
            Ending::Refunded(asked_fen) if asked_fen > left_fen => Err(Refused::RefundExceeds {
                left_fen,
                asked_fen,
            }),
            _ if left_fen == 0 => Err(Refused::ItemEnded {
                item: name.to_owned(),
            }),
            Ending::Released(Some(asked_fen)) if asked_fen > left_fen => {
                Err(Refused::ReleaseExceeds {
                    left_fen,
                    asked_fen,
                })
            }
            _ => Ok((amount_fen, legs)),
        }
    }

    /// Counts an end that is booked.
    pub(super) fn add(&mut self, voucher: u128, name: &str, ending: Ending, amount_fen: i64) {
        if let Some(item) = self.items.get_mut(name) {
            item.ended_fen = item.ended_fen.saturating_add(amount_fen);
        }
        let end = End {
            item: name.to_owned(),
            word: ending.word(),
            amount_fen,
            is_taken_back: false,
        };
        self.ends.insert(voucher, end);
        self.booked.push(voucher);
    }

    /// Writes what was booked, in that order; the vouchers are there. In another order an end that was taken
    /// back would be more than is left of what was ended anew.
    pub(super) fn write(&self, session: &mut dyn Session) -> Result<(), StoreError> {
        let rows = self.booked.iter().filter_map(|id| {
            let end = self.ends.get(id)?;
            Some(vec![
                Value::from(*id),
                Value::Int(0),
                Value::from(end.item.as_str()),
                Value::from(end.word),
                Value::Int(end.amount_fen),
            ])
        });
        let columns = ["id", "part", "item", "ending", "amount"];
        session.append_rows("item_end", &columns, rows)?;
        Ok(())
    }
}

const ENDS: &str = "SELECT id, item, ending, amount, CASE WHEN EXISTS (SELECT 1 FROM voucher v \
     WHERE v.kind = 'reversal' AND v.link_id = e.id AND v.link_part = 0) THEN 1 ELSE 0 END \
     FROM item_end e";

fn end(row: &Row) -> Result<(u128, End), StoreError> {
    let end = End {
        item: row.text(1)?.to_owned(),
        word: word_of(row.text(2)?)?,
        amount_fen: row.int(3)?,
        is_taken_back: row.int(4)? == 1,
    };
    Ok((row.id(0)?, end))
}

fn open_item(row: &Row) -> Result<OpenItem, StoreError> {
    let merchant = match row.int_or_null(4)? {
        Some(_) => Some(row.unsigned(4)?),
        None => None,
    };
    Ok(OpenItem {
        name: row.text(0)?.to_owned(),
        kind: ItemKind::of(row.text(1)?)?,
        account: entries::account_id(row, 2)?,
        merchant,
        channel: row.text_or_null(5)?.map(str::to_owned),
        amount_fen: row.int(6)?,
        fee_fen: row.int(7)?,
        coupon_fen: row.int(8)?,
        done_fen: row.int(9)?,
        ended_fen: 0,
        ending: None,
    })
}

impl Store {
    /// Gives an item that was not at its end in the books that these were opened with, and how far it
    /// has come, if there is one of the name.
    ///
    /// # Errors
    ///
    /// The database refuses.
    pub fn open_item(&mut self, name: &str) -> Result<Option<OpenItem>, StoreError> {
        self.transaction(Lock::Read, |session| {
            let mut items = Items::load(session, &[name])?;
            ended(session, &mut items)?;
            Ok(items.items.into_values().next())
        })
    }

    /// Gives what was under way of a user or merchant: withdrawals, what is held, payments into escrow, of a
    /// merchant those that wait for it;
    /// after a name, or all, in the order of their names, so many at most. What has come to its end
    /// since is among it.
    ///
    /// # Errors
    ///
    /// The number is too large, or the database refuses.
    pub fn under_way(
        &mut self,
        account: u64,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<OpenItem>, StoreError> {
        let account = number("account", account)?;
        self.transaction(Lock::Read, |session| {
            // Each by an index of its own, and no row twice.
            let of = |whose: &str| {
                format!(
                    "SELECT * FROM (SELECT {COLUMNS} FROM open_item WHERE {whose} AND item > $2 \
                     ORDER BY item LIMIT $3) AS listed"
                )
            };
            let own = of("number = $1 AND kind <> 'P'");
            let due = of("merchant = $1 AND kind = 'E'");
            let sql = format!("{own} UNION {due} ORDER BY item LIMIT $3");
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let with = [
                account.clone(),
                Value::from(after.unwrap_or("")),
                Value::Int(limit),
            ];
            let found = session.all("reading open items", &sql, &with, open_item)?;
            let found = found.into_iter().map(|item| (item.name.clone(), item));
            let mut items = Items {
                items: found.collect(),
                ..Items::default()
            };
            ended(session, &mut items)?;
            Ok(items.items.into_values().collect())
        })
    }
}

/// Adds what has come to its end, and how.
fn ended(session: &mut dyn Session, items: &mut Items) -> Result<(), StoreError> {
    items.load_ends(session, &[])?;
    for end in items.ends.values().filter(|end| !end.is_taken_back) {
        if let Some(item) = items.items.get_mut(&end.item) {
            // Whatever can have several ends has them all of one kind.
            item.ending = Some(end.word);
        }
    }
    Ok(())
}
