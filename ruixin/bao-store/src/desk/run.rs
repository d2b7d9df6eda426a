//! A group of commands in one transaction.

use std::collections::{BTreeMap, BTreeSet};

use ruixin_bao::fund::{
    Fund, FundEffects, FundError, MERCHANTS, OrderDecision, OrderKind, Request, USERS,
    reserve_voucher,
};
use ruixin_bao::ledger::{
    AccountId, Decision, Effects, Entry, Outcome, Posting, Voucher, VoucherId, VoucherKind,
};

use super::items::Items;
use super::refunds::{Refunds, paid};
use super::{Answer, Asked, Deed, Done, Ending, Refused, Reply, Say};
use crate::error::StoreError;
use crate::import::{ESCROW, FROZEN};
use crate::sql::{Session, Value, parameters};
use crate::store::{Changes, Lock, Page, Store, accounts_of_orders, number, padded};

/// Ids that one statement names.
pub(super) const AT_ONCE: usize = 64;

/// Is an answer with the digest of what it was given to.
type Given = ([u8; 32], Answer);

/// Is what a group knows and changes, beside the page.
#[derive(Debug, Default)]
struct Group {
    given: BTreeMap<u128, Given>,
    refunds: Refunds,
    items: Items,
    changes: Changes,
    answers: Vec<(u128, Given, i64)>,
    booked_refunds: Vec<(u128, u128, i64)>,
}

impl Store {
    pub(super) fn run(
        &mut self,
        asked: &[Asked],
        now_micros: i64,
        say: &mut Say<'_>,
    ) -> Result<Vec<Reply>, StoreError> {
        for one in asked {
            one.check_numbers()?;
        }
        let terms = self.terms.clone();
        self.transaction(Lock::Command, |session| {
            let ids: Vec<u128> = asked.iter().map(|one| one.id).collect();
            if !super::super::window::is_open(session)? {
                let given = given(session, &ids)?;
                return Ok(asked.iter().map(|one| said_before(one, &given)).collect());
            }
            let mut page = Page::new(session, &terms)?;
            let mut group = load(&mut page, asked, &ids)?;
            let now = page.instant(now_micros)?;
            load_orders(&mut page, asked, now)?;
            let mut replies = Vec::with_capacity(asked.len());
            for one in asked {
                replies.push(group.reply(one, &mut page, now, say)?);
            }
            group.write(page.into_session())?;
            Ok(replies)
        })
    }
}

impl Asked {
    fn check_numbers(&self) -> Result<(), StoreError> {
        match &self.deed {
            Deed::Open(account) => number("account", account.id.number).map(|_| ()),
            Deed::Book(voucher) | Deed::Resolve { voucher, .. } => {
                for posting in &voucher.postings {
                    number("account", posting.account.number)?;
                }
                Ok(())
            }
            Deed::Refund { .. } | Deed::End { .. } | Deed::Reserve { .. } => Ok(()),
            Deed::Place(request) => {
                number("investor", request.investor)?;
                if let OrderKind::Pay { merchant } = request.kind {
                    number("merchant", merchant)?;
                }
                Ok(())
            }
        }
    }

    /// The voucher of another id that it looks at.
    fn link(&self) -> Option<VoucherId> {
        match &self.deed {
            Deed::Book(voucher) | Deed::Resolve { voucher, .. } => voucher.kind.link(),
            Deed::Refund { payment, .. } => Some(VoucherId::of_client(*payment)),
            Deed::Open(_) | Deed::End { .. } | Deed::Place(_) | Deed::Reserve { .. } => None,
        }
    }

    /// The open item that it brings to its end.
    fn item(&self) -> Option<&str> {
        match &self.deed {
            Deed::End { item, .. } => Some(item),
            _ => None,
        }
    }

    fn accounts(&self, fund: &Fund, items: &Items) -> BTreeSet<AccountId> {
        match &self.deed {
            Deed::Open(account) => BTreeSet::from([account.id]),
            Deed::Book(voucher) | Deed::Resolve { voucher, .. } => fund.book().accounts_of(voucher),
            Deed::Refund { payment, .. } => {
                let entry = fund.book().entry(VoucherId::of_client(*payment));
                let postings = entry.map_or(&[][..], |entry| &entry.postings);
                let accounts = postings.iter().map(|posting| posting.account);
                accounts
                    .filter(|account| matches!(account.subject, USERS | MERCHANTS))
                    .collect()
            }
            Deed::End { item, .. } => {
                let item = items.get(item);
                let accounts = item.map(|item| item.accounts(fund.terms()));
                accounts.into_iter().flatten().collect()
            }
            Deed::Place(request) => {
                accounts_of_orders(fund.terms(), std::slice::from_ref(request)).collect()
            }
            Deed::Reserve {
                amount_fen,
                accounting_date,
            } => {
                let voucher = reserve_voucher(self.id, *amount_fen, *accounting_date);
                fund.book().accounts_of(&voucher)
            }
        }
    }
}

/// Loads what a group of commands looks at: vouchers, then all accounts at once, which locks them in
/// the one order that all commands keep, then whatever those locks make stand still.
fn load(page: &mut Page<'_>, asked: &[Asked], ids: &[u128]) -> Result<Group, StoreError> {
    let links: BTreeSet<u128> = asked
        .iter()
        .filter_map(|one| one.link().map(|link| link.id))
        .collect();
    let links: Vec<u128> = links.into_iter().collect();
    // Twice in PostgreSQL: the linked voucher says which accounts to lock, and only then it stands
    // still.
    page.load_entries(&links)?;
    let names: BTreeSet<&str> = asked.iter().filter_map(Asked::item).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let mut items = Items::load(page.session(), &names)?;
    let accounts = asked
        .iter()
        .flat_map(|one| one.accounts(&page.fund, &items));
    let accounts: BTreeSet<AccountId> = accounts.collect();
    page.load_accounts(accounts)?;
    if page.is_postgres() {
        page.load_entries(&links)?;
    }
    let there = vouchers_of(page.session(), ids)?;
    page.load_entries(&there)?;
    let ended: Vec<u128> = links.iter().chain(&there).copied().collect();
    items.load_ends(page.session(), &ended)?;
    Ok(Group {
        items,
        given: given(page.session(), ids)?,
        refunds: Refunds::load(page.session(), &links)?,
        ..Group::default()
    })
}

/// Of ids, those that vouchers have: few, as a rule none.
fn vouchers_of(session: &mut dyn Session, ids: &[u128]) -> Result<Vec<u128>, StoreError> {
    let mut there = Vec::new();
    for ids in ids.chunks(AT_ONCE) {
        let ids = padded(ids.iter().map(|id| Value::from(*id)).collect());
        let list = parameters(1, ids.len());
        let sql = format!("SELECT DISTINCT id FROM voucher WHERE id IN {list}");
        there.extend(session.all("looking for vouchers", &sql, &ids, |row| row.id(0))?);
    }
    Ok(there)
}

fn load_orders(page: &mut Page<'_>, asked: &[Asked], now: i64) -> Result<(), StoreError> {
    let requests: Vec<&Request> = asked
        .iter()
        .filter_map(|one| match &one.deed {
            Deed::Place(request) => Some(request),
            _ => None,
        })
        .collect();
    // What is booked on a day before today needs to know whether that is closed.
    let today = page.fund.terms().calendar.natural_day(now).ok();
    let is_of_before = |one: &Asked| match &one.deed {
        Deed::Book(voucher) | Deed::Resolve { voucher, .. } => {
            today.is_none_or(|today| voucher.accounting_date < today)
        }
        _ => false,
    };
    if !requests.is_empty() || asked.iter().any(is_of_before) {
        page.load_days()?;
    }
    if requests.is_empty() {
        return Ok(());
    }
    let ids: Vec<u128> = requests.iter().map(|request| request.id).collect();
    page.load_orders(&ids)?;
    let is_fast = |kind: OrderKind| matches!(kind, OrderKind::RedeemFast | OrderKind::Pay { .. });
    let investors = requests.iter().filter(|request| is_fast(request.kind));
    let investors: Vec<u64> = investors.map(|request| request.investor).collect();
    if let Some(today) = today {
        page.load_orders_of_day(&investors, today)?;
    }
    page.load_holdings(&investors)
}

impl Group {
    fn reply(
        &mut self,
        asked: &Asked,
        page: &mut Page<'_>,
        now: i64,
        say: &mut Say<'_>,
    ) -> Result<Reply, StoreError> {
        if self.given.contains_key(&asked.id) {
            return Ok(said_before(asked, &self.given));
        }
        let done = self.decide(asked, page, now)?;
        let answer = say(asked, &done, &page.fund);
        let given = (asked.digest, answer.clone());
        self.given.insert(asked.id, given.clone());
        self.answers.push((asked.id, given, now));
        let is_repeat = false;
        Ok(Reply::Answered { answer, is_repeat })
    }

    /// Decides, and makes the change on the page. The outer error is the store's.
    fn decide(
        &mut self,
        asked: &Asked,
        page: &mut Page<'_>,
        now: i64,
    ) -> Result<Result<Done, Refused>, StoreError> {
        if !matches!(asked.deed, Deed::Open(_))
            && let Err(error) = page.fund.terms().day_to_book(now)
        {
            return Ok(Err(error.into()));
        }
        Ok(match &asked.deed {
            Deed::Open(account) => match page.fund.open_account(account.clone()) {
                Ok(outcome) => {
                    if outcome == Outcome::Booked {
                        self.changes.open(account.clone());
                    }
                    let there = page.fund.book().account(account.id);
                    Ok(Done::Opened(there.unwrap_or(account).clone()))
                }
                Err(error) => Err(error.into()),
            },
            Deed::Book(voucher) => self.book(voucher, page, now)?,
            Deed::Resolve { voucher, is_meant } => {
                let link = voucher.kind.link();
                let entry = link.and_then(|link| page.fund.book().entry(link));
                match entry {
                    Some(entry) if !is_meant(entry) => Err(Refused::OtherVoucher {
                        voucher: entry.voucher.id,
                    }),
                    _ => self.book(voucher, page, now)?,
                }
            }
            Deed::Refund {
                payment,
                amount_fen,
                accounting_date,
                memo,
            } => {
                let id = VoucherId::of_client(asked.id);
                let there = page.fund.book().entry(id);
                let is_new = there.is_none();
                let is_same = self.refunds.is(asked.id, *payment, *amount_fen);
                // What it gave back itself is not in the way of a refund that is told again.
                let postings = match there.filter(|_| is_same) {
                    Some(there) => Ok(there.postings.clone()),
                    None => self.refund(*payment, *amount_fen, &page.fund),
                };
                match postings {
                    Err(refused) => Err(refused),
                    Ok(postings) => {
                        let mut voucher = Voucher::booking(id, *accounting_date, postings);
                        voucher.memo.clone_from(memo);
                        let done = self.book(&voucher, page, now)?;
                        if done.is_ok() && is_new {
                            self.refunds.add(asked.id, *payment, *amount_fen);
                            self.booked_refunds.push((asked.id, *payment, *amount_fen));
                        }
                        done
                    }
                }
            }
            Deed::End {
                item,
                ending,
                accounting_date,
                memo,
            } => {
                let id = VoucherId::of_client(asked.id);
                let voucher = Voucher::booking(id, *accounting_date, Vec::new());
                let memo = memo.clone();
                self.end(item, *ending, Voucher { memo, ..voucher }, page, now)?
            }
            Deed::Place(request) => self.place(request, page, now)?,
            Deed::Reserve {
                amount_fen,
                accounting_date,
            } => {
                let voucher = reserve_voucher(asked.id, *amount_fen, *accounting_date);
                let decision = page.fund.book().decide(&voucher, now);
                let decided = booked(decision.map_err(FundError::from));
                self.apply(decided, page)?
            }
        })
    }

    fn book(
        &mut self,
        voucher: &Voucher,
        page: &mut Page<'_>,
        now: i64,
    ) -> Result<Result<Done, Refused>, StoreError> {
        if let Some(link) = voucher.kind.link().filter(|link| page.is_bulk(*link)) {
            let error = FundError::ReservedId { voucher: link };
            return Ok(Err(error.into()));
        }
        if let Some(account) = self.of_open_items(voucher, page)? {
            let error = FundError::ReservedAccount { account };
            return Ok(Err(error.into()));
        }
        if let VoucherKind::Reversal { original } = voucher.kind
            && let Some(refunded_fen) = self.refunds.of(original.id).filter(|fen| *fen > 0)
        {
            let voucher = original;
            return Ok(Err(Refused::HasRefunds {
                voucher,
                refunded_fen,
            }));
        }
        // Booked under another id it would be counted as given back, or ended, by nobody.
        if let VoucherKind::Rebooking { original } = voucher.kind {
            let voucher = original;
            if self.refunds.has_been(original.id) {
                return Ok(Err(Refused::RebooksRefund { voucher }));
            }
            if self.items.has_been(original.id) {
                return Ok(Err(Refused::RebooksEnd { voucher }));
            }
        }
        let decided = booked(page.fund.decide_voucher(voucher, now));
        let is_new = matches!(decided, Ok(Booked::New(_)));
        let done = self.apply(decided, page)?;
        if let VoucherKind::Reversal { original } = voucher.kind
            && is_new
        {
            self.refunds.take_back(original.id);
            self.items.take_back(original.id);
        }
        Ok(done)
    }

    /// Gives an account of the voucher that only the end of an open item moves, and what takes it back:
    /// what is under way is, to the fen, what stands there. Books that began without open items have
    /// none such.
    fn of_open_items(
        &self,
        voucher: &Voucher,
        page: &mut Page<'_>,
    ) -> Result<Option<AccountId>, StoreError> {
        let mut touched = page.fund.book().accounts_of(voucher).into_iter();
        let found = touched.find(|account| matches!(account.subject, FROZEN | ESCROW));
        let takes_back = match voucher.kind {
            // That of an end is refused for its own reason.
            VoucherKind::Reversal { original } | VoucherKind::Rebooking { original } => {
                self.items.has_been(original.id)
            }
            _ => false,
        };
        if found.is_none() || takes_back {
            return Ok(None);
        }
        let sql = "SELECT CAST(count(*) AS bigint) FROM (SELECT 1 FROM open_item LIMIT 1) AS items";
        let items = page.session().number("looking for open items", sql, &[])?;
        Ok(found.filter(|_| items > 0))
    }

    /// Brings something to its end that was open when the books were.
    fn end(
        &mut self,
        item: &str,
        ending: Ending,
        voucher: Voucher,
        page: &mut Page<'_>,
        now: i64,
    ) -> Result<Result<Done, Refused>, StoreError> {
        let id = voucher.id.id;
        let there = page.fund.book().entry(voucher.id);
        let is_new = there.is_none();
        // What it moved itself is not in the way of an end that is told again.
        let same = there.filter(|_| self.items.is(id, item, ending));
        let decided = match same {
            Some(there) => Ok((0, there.postings.clone())),
            None => self.items.decide(item, ending, page.fund.terms()),
        };
        let (amount_fen, postings) = match decided {
            Err(refused) => return Ok(Err(refused)),
            Ok(decided) => decided,
        };
        let voucher = Voucher {
            postings,
            ..voucher
        };
        let decided = booked(page.fund.decide_voucher(&voucher, now));
        let done = self.apply(decided, page)?;
        if done.is_ok() && is_new {
            self.items.add(id, item, ending, amount_fen);
        }
        Ok(done)
    }

    /// Makes the change that was decided on, on the page.
    fn apply(
        &mut self,
        booked: Result<Booked, FundError>,
        page: &mut Page<'_>,
    ) -> Result<Result<Done, Refused>, StoreError> {
        let effects = match booked {
            Err(error) => return Ok(Err(error.into())),
            Ok(Booked::Before(entry)) => return Ok(Ok(Done::Booked(entry))),
            Ok(Booked::New(effects)) => *effects,
        };
        let entry = effects.entry.clone();
        page.fund.apply(FundEffects {
            vouchers: vec![effects.clone()],
            ..FundEffects::default()
        })?;
        self.changes.add_voucher(effects);
        Ok(Ok(Done::Booked(Box::new(entry))))
    }

    /// Gives the legs of a refund: from the merchant to whoever paid.
    fn refund(&self, payment: u128, amount_fen: i64, fund: &Fund) -> Result<Vec<Posting>, Refused> {
        let voucher = VoucherId::of_client(payment);
        let entry = fund.book().entry(voucher);
        let paid = entry.and_then(paid).ok_or(Refused::NoPayment { voucher })?;
        if entry.is_some_and(|entry| entry.reversed_by.is_some()) {
            return Err(Refused::PaymentReversed { voucher });
        }
        let refunded_fen = self.refunds.of(payment).unwrap_or(0);
        let left_fen = paid.amount_fen.saturating_sub(refunded_fen);
        if amount_fen > left_fen {
            let asked_fen = amount_fen;
            return Err(Refused::RefundExceeds {
                left_fen,
                asked_fen,
            });
        }
        Ok(vec![
            Posting::debit(paid.merchant, amount_fen),
            Posting::credit(paid.user, amount_fen),
        ])
    }

    fn place(
        &mut self,
        request: &Request,
        page: &mut Page<'_>,
        now: i64,
    ) -> Result<Result<Done, Refused>, StoreError> {
        let (order, effects) = match page.fund.decide(request, now) {
            Err(error) => return Ok(Err(error.into())),
            Ok(OrderDecision::Exists(order)) => return Ok(Ok(Done::Placed(*order))),
            Ok(OrderDecision::Place { order, effects }) => (order, *effects),
        };
        page.fund.apply(effects.clone())?;
        self.changes.add(effects);
        Ok(Ok(Done::Placed(order)))
    }

    fn write(self, session: &mut dyn Session) -> Result<(), StoreError> {
        self.changes.write(session)?;
        let refunds = self.booked_refunds.iter().map(|(id, payment, amount)| {
            vec![
                Value::from(*id),
                Value::Int(0),
                Value::from(*payment),
                Value::Int(*amount),
            ]
        });
        session.append_rows("refund", &["id", "part", "payment", "amount"], refunds)?;
        self.items.write(session)?;
        let answers = self.answers.into_iter().map(|(id, (digest, answer), at)| {
            vec![
                Value::from(id),
                Value::Bytes(digest.to_vec()),
                Value::Int(answer.status),
                Value::Text(answer.text),
                Value::Int(at),
            ]
        });
        let columns = ["id", "digest", "status", "answer", "answered_at"];
        session.append_rows("answer", &columns, answers)?;
        Ok(())
    }
}

/// Is what was decided on a voucher, apart from the page that it was decided by.
enum Booked {
    Before(Box<Entry>),
    New(Box<Effects>),
}

fn booked(decision: Result<Decision<'_>, FundError>) -> Result<Booked, FundError> {
    Ok(match decision? {
        Decision::Exists(entry) => Booked::Before(Box::new(entry.clone())),
        Decision::Book(effects) => Booked::New(effects),
    })
}

fn said_before(asked: &Asked, given: &BTreeMap<u128, Given>) -> Reply {
    match given.get(&asked.id) {
        None => Reply::Closed,
        Some((digest, _)) if *digest != asked.digest => Reply::OtherRequest,
        Some((_, answer)) => Reply::Answered {
            answer: answer.clone(),
            is_repeat: true,
        },
    }
}

/// Reads the answers that were given under some ids.
fn given(session: &mut dyn Session, ids: &[u128]) -> Result<BTreeMap<u128, Given>, StoreError> {
    let mut given = BTreeMap::new();
    for ids in ids.chunks(AT_ONCE) {
        let ids = padded(ids.iter().map(|id| Value::from(*id)).collect());
        let sql = format!(
            "SELECT id, digest, status, answer FROM answer WHERE id IN {}",
            parameters(1, ids.len())
        );
        session.each("reading answers", &sql, &ids, &mut |row| {
            let answer = Answer {
                status: row.int(2)?,
                text: row.text(3)?.to_owned(),
            };
            given.insert(row.id(0)?, (row.digest(1)?, answer));
            Ok(())
        })?;
    }
    Ok(given)
}
