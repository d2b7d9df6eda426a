//! The pages' desk on the books.

use async_trait::async_trait;
use ruixin_bao::Day;
use ruixin_bao::calendar::Calendar;
use ruixin_bao::fund::{OrderKind, Request};
use ruixin_bao::ledger::{Account, VoucherId};
use ruixin_bao_store::{Asked, BillAt, Deed as Done, StatementPage, UserRecord};
use ruixin_pages::{Host, Window};
use ruixin_service::paging;
use ruixin_service::problem::{INVALID_CURSOR, OVERLOADED, Problem, UNAUTHENTICATED};
use ruixin_service::store::Store;

use super::bills::Page;
use super::desk::{Caps, Desk, MOST_LINES, Refused};
use super::kept::{bill, fund_day, income, order, sheet, under_way};
use super::view::{Bill, Cap, DayIncome, FundDay, OrderView, Position, Sheet, UnderWay};
use crate::api::App;
use crate::books::Ran;
use crate::clock;
use crate::names::{Date, VoucherName};
use crate::refusal::Refusal;
use crate::view::StandingView;

/// Days before one that its yield is made of.
const WEEK: usize = 6;
/// Vouchers that are looked at for the words of a statement, beside its own lines.
const BESIDE: usize = 500;
/// Open items that are read at once.
const MOST_ITEMS: usize = 50;
/// Rows that are read beside those that are shown: what confirms an order is no bill of its own.
const MORE: usize = 2;

/// Is the desk on the books.
pub(super) struct Books {
    app: App,
}

impl Books {
    pub(super) fn new(app: &App) -> Books {
        Books { app: app.clone() }
    }

    /// Gives what a user has. Who is signed in was there when the link was made.
    async fn user(&self, user: u64) -> Result<UserRecord, Problem> {
        let found = self.app.books.read(move |store| store.user(user)).await?;
        found.ok_or_else(|| Problem::new(UNAUTHENTICATED))
    }
}

#[async_trait]
impl Host for Books {
    fn store(&self) -> &Store {
        self.app.books.store()
    }

    fn now(&self) -> i64 {
        self.app.books.now()
    }

    async fn window(&self) -> Result<Window, Problem> {
        let standing = self.app.books.standing().await?;
        let notices = StandingView::of(&standing).notices;
        let now = self.now();
        let since = standing.since.unwrap_or(now);
        Ok(Window::new(standing.is_open, since, &notices, now))
    }
}

#[async_trait]
impl Desk for Books {
    fn calendar(&self) -> &Calendar {
        &self.app.books.terms().calendar
    }

    fn first_day(&self) -> Day {
        self.app.books.terms().first_day
    }

    async fn position(&self, user: u64) -> Result<Position, Problem> {
        let found = self.user(user).await?;
        let shares = found.shares.as_ref();
        let balance_fen = shares.map_or(0, Account::balance_fen);
        let free_fen = shares.map_or(0, Account::available_fen);
        Ok(Position {
            wallet_fen: found.wallet.available_fen(),
            held_fen: found.held_fen(),
            shares_fen: balance_fen,
            leaving_fen: balance_fen.saturating_sub(free_fen),
            coming_fen: found.subscribing_fen,
            income_fen: found.income_fen,
        })
    }

    async fn caps(&self, user: u64) -> Result<Caps, Problem> {
        let today = clock::day_of(self.now());
        let today = today.ok_or_else(|| Problem::new(crate::refusal::CALENDAR_ENDS))?;
        let read = move |store: &mut ruixin_bao_store::Store| store.used_of_caps(user, today);
        let [fast, payment] = self.app.books.read(read).await?;
        let terms = self.app.books.terms();
        let cap = |cap_fen: Option<i64>, used_fen| cap_fen.map(|cap_fen| Cap { cap_fen, used_fen });
        Ok(Caps {
            fast: cap(terms.fast_redemption_cap_fen, fast),
            payment: cap(terms.payment_cap_fen, payment),
        })
    }

    async fn fund_days(&self, last: usize) -> Result<Vec<FundDay>, Problem> {
        let more = last.saturating_add(WEEK);
        let read = move |store: &mut ruixin_bao_store::Store| store.days_before(None, more);
        let days = self.app.books.read(read).await?;
        let mut days: Vec<FundDay> = (0..days.len().min(last))
            .filter_map(|at| fund_day(days.get(at..)?))
            .collect();
        days.reverse();
        Ok(days)
    }

    async fn income_of(&self, user: u64, day: Day) -> Result<DayIncome, Problem> {
        let read = move |store: &mut ruixin_bao_store::Store| store.user_day(user, day);
        Ok(income(&self.app.books.read(read).await?))
    }

    async fn incomes(
        &self,
        user: u64,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<DayIncome>, Problem> {
        let before = at(cursor, |text| Date::parse(text).map(|date| date.0))?;
        let more = limit.saturating_add(1);
        let read = move |store: &mut ruixin_bao_store::Store| store.incomes(user, before, more);
        let found = self.app.books.read(read).await?;
        let rows: Vec<DayIncome> = found.iter().take(limit).map(income).collect();
        let last = rows.last().filter(|_| found.len() > limit);
        let next = last.map(|last| paging::cursor(&last.day.to_string()));
        Ok(Page {
            next,
            is_later: cursor.is_some(),
            rows,
        })
    }

    async fn bills(
        &self,
        user: u64,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<Bill>, Problem> {
        let before = at(cursor, bill_at)?;
        let some = limit.saturating_mul(MORE);
        let read = move |store: &mut ruixin_bao_store::Store| store.bills(user, before, some);
        let found = self.app.books.read(read).await?;
        let is_whole = found.len() < some;
        let mut rows: Vec<(BillAt, Bill)> = found
            .iter()
            .filter_map(|record| Some((record.at, bill(record)?)))
            .collect();
        let is_cut = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().map(|(at, _)| *at);
        // Where all that was read was no bill, the list goes on behind it.
        let last = last.or_else(|| found.last().map(|record| record.at));
        let next = last.filter(|_| is_cut || !is_whole).map(|at| {
            let voucher = VoucherName(at.voucher);
            paging::cursor(&format!("{}~{voucher}", at.booked_at))
        });
        Ok(Page {
            rows: rows.into_iter().map(|(_, bill)| bill).collect(),
            next,
            is_later: cursor.is_some(),
        })
    }

    async fn under_way(&self, user: u64, limit: usize) -> Result<Vec<UnderWay>, Problem> {
        let read = move |store: &mut ruixin_bao_store::Store| {
            let (mut open, mut after) = (Vec::new(), None::<String>);
            loop {
                let found = store.under_way(user, after.as_deref(), MOST_ITEMS)?;
                let is_last = found.len() < MOST_ITEMS;
                after = found.last().map(|item| item.name.clone());
                open.extend(found.iter().filter_map(under_way));
                if is_last || open.len() >= limit {
                    open.truncate(limit);
                    return Ok(open);
                }
            }
        };
        Ok(self.app.books.read(read).await?)
    }

    async fn order(&self, user: u64, id: u128) -> Result<Option<OrderView>, Problem> {
        let found = self.app.books.read(move |store| store.order(id)).await?;
        let own = found.filter(|order| order.request.investor == user);
        Ok(own.as_ref().map(order))
    }

    async fn place(&self, request: Request) -> Result<bool, Refused> {
        let asked = Asked {
            id: request.id,
            digest: digest(&request),
            deed: Done::Place(request),
        };
        let ran = self.app.books.run(asked).await;
        match ran.map_err(|error| Refused::Problem(error.into()))? {
            Ran::Closed => Err(Refused::Closed),
            Ran::OtherRequest => Err(Refused::OtherOrder),
            Ran::Answered { answer, fresh } if answer.status < 300 => Ok(fresh.is_none()),
            Ran::Answered { answer, .. } => Err(refused(&answer.text, &request)),
        }
    }

    async fn statement(&self, user: u64, from: Day, until: Day) -> Result<Vec<Sheet>, Problem> {
        let read = move |store: &mut ruixin_bao_store::Store| {
            let (sheets, _) = store.statement_page(&StatementPage {
                user,
                from,
                until,
                after: None,
                limit: MOST_LINES.saturating_add(1),
            })?;
            let lines = || sheets.iter().flat_map(|sheet| &sheet.lines);
            let last = lines().map(|line| line.booked_at).max();
            let behind = last.map(|booked_at| BillAt {
                booked_at: booked_at.saturating_add(1),
                voucher: VoucherId::of_client(0),
            });
            let some = lines().count().saturating_add(BESIDE);
            Ok((store.bills(user, behind, some)?, sheets))
        };
        let (bills, sheets) = self.app.books.read(read).await?;
        Ok(sheets.iter().map(|one| sheet(one, &bills)).collect())
    }
}

/// Reads where a page begins.
fn at<T>(cursor: Option<&str>, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, Problem> {
    match cursor {
        None => Ok(None),
        Some(cursor) => {
            let found = read(paging::position(cursor)?);
            found.map(Some).ok_or_else(|| Problem::new(INVALID_CURSOR))
        }
    }
}

fn bill_at(text: &str) -> Option<BillAt> {
    let (booked_at, voucher) = text.split_once('~')?;
    Some(BillAt {
        booked_at: booked_at.parse().ok()?,
        voucher: VoucherName::parse(voucher)?.0,
    })
}

/// Of all that an order is, so that one id stands for one order.
fn digest(request: &Request) -> [u8; 32] {
    let (kind, merchant) = match request.kind {
        OrderKind::Subscribe => (0_u8, 0),
        OrderKind::Redeem => (1, 0),
        OrderKind::RedeemFast => (2, 0),
        OrderKind::Pay { merchant } => (3, merchant),
    };
    let mut hasher = blake3::Hasher::new_derive_key("ruixin-bao-service 2026 digest of a form");
    hasher.update(&request.investor.to_le_bytes());
    hasher.update(&[kind]);
    hasher.update(&merchant.to_le_bytes());
    hasher.update(&request.amount_fen.to_le_bytes());
    *hasher.finalize().as_bytes()
}

/// Reads a refusal as it is kept.
fn refused(text: &str, request: &Request) -> Refused {
    let kept: Result<Refusal, _> = serde_json::from_str(text);
    let Ok(refusal) = kept else {
        tracing::error!("a refusal that was kept cannot be read");
        return Refused::Problem(Problem::new(ruixin_service::problem::INTERNAL));
    };
    let is_payment = matches!(request.kind, OrderKind::Pay { .. });
    match refusal.code.as_str() {
        "insufficient-funds" | "insufficient-shares" => Refused::TooLittle,
        "cap-exceeded" => Refused::AboveCap,
        "advance-exhausted" => Refused::NoAdvance,
        "account-not-found" if is_payment => Refused::NoMerchant,
        "calendar-not-covered" => Refused::CalendarEnds,
        "before-first-day" => Refused::BeforeFirstDay,
        code if code == OVERLOADED.code => Refused::Problem(Problem::new(OVERLOADED)),
        code => {
            tracing::warn!(code, "an order of a page was refused");
            Refused::Other
        }
    }
}
