//! Placing an order: what it books at once, and what it holds until it is confirmed.

use super::Fund;
use super::chart;
use super::day::Stage;
use super::error::{FundError, OrderField};
use super::order::{Order, OrderKind, OrderStatus, Request};
use super::rights::Move;
use crate::day::Day;
use crate::ledger::{
    Account, AccountId, Book, Decision, Effects, LedgerError, Posting, Voucher, VoucherKind,
};

/// Is what the fund says to an order that it does not refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderDecision<'a> {
    /// It was placed before, with the same content.
    Exists(&'a Order),
    /// It is to be placed.
    Place {
        /// The order.
        order: Order,
        /// All that it changes, the order itself among it.
        effects: Box<FundEffects>,
    },
}

/// Is all that an order or a step of a day changes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FundEffects {
    /// Accounts to open first.
    pub opened: Vec<Account>,
    /// What the vouchers change, one after the other.
    pub vouchers: Vec<Effects>,
    /// What holdings change by.
    pub moves: Vec<Move>,
    /// The orders as they are afterwards.
    pub orders: Vec<Order>,
}

impl Fund {
    /// Places an order at an instant: decides, and applies what was decided. Gives the order.
    ///
    /// # Errors
    ///
    /// The first rule that it breaks; the fund is as it was.
    pub fn place(&mut self, request: &Request, now_micros: i64) -> Result<Order, FundError> {
        match self.decide(request, now_micros)? {
            OrderDecision::Exists(order) => Ok(*order),
            OrderDecision::Place { order, effects } => {
                self.apply(*effects)?;
                Ok(order)
            }
        }
    }

    /// Decides on an order at an instant, and changes nothing.
    ///
    /// A page needs for it: the order of that id; the days of the trade date and of the natural
    /// day; the investor's orders of the natural day and its holding; the accounts of the fund, of
    /// the provider, of the investor and of the merchant; the vouchers of the order's id.
    ///
    /// # Errors
    ///
    /// The first rule that is broken: the id, the order by itself, the calendar and the day, the
    /// cap, the book.
    pub fn decide(
        &self,
        request: &Request,
        now_micros: i64,
    ) -> Result<OrderDecision<'_>, FundError> {
        if let Some(order) = self.orders.get(&request.id) {
            return match difference(request, &order.request) {
                None => Ok(OrderDecision::Exists(order)),
                Some(field) => Err(FundError::OrderExistsWithOtherContent {
                    order: request.id,
                    field,
                }),
            };
        }
        self.check_request(request)?;
        let order = self.schedule(request, now_micros)?;
        self.check_cap(&order)?;
        let mut draft = Draft::of(&self.book);
        let moves = match request.kind {
            OrderKind::Subscribe => {
                draft_subscription(&order, &mut draft)?;
                Vec::new()
            }
            OrderKind::Redeem => {
                self.draft_hold(&order, &mut draft)?;
                Vec::new()
            }
            OrderKind::RedeemFast | OrderKind::Pay { .. } => {
                self.draft_advance(&order, &mut draft)?;
                self.draft_hold(&order, &mut draft)?;
                fast_moves(&order, self.terms.provider)
            }
        };
        let mut effects = draft.finish();
        self.rights.check(&moves)?;
        effects.moves = moves;
        effects.orders = vec![order];
        Ok(OrderDecision::Place {
            order,
            effects: Box::new(effects),
        })
    }

    /// Makes the changes that were decided on. They must be of this fund, as it is now.
    ///
    /// # Errors
    ///
    /// They are not: the fund is not to be used any more.
    pub fn apply(&mut self, effects: FundEffects) -> Result<(), FundError> {
        for account in effects.opened {
            self.book.open_account(account)?;
        }
        for effects in effects.vouchers {
            self.book.apply(effects);
        }
        for change in effects.moves {
            self.rights.apply(change)?;
        }
        for order in effects.orders {
            self.load_order(order);
        }
        Ok(())
    }

    fn check_request(&self, request: &Request) -> Result<(), FundError> {
        if request.amount_fen <= 0 {
            let amount_fen = request.amount_fen;
            return Err(FundError::AmountNotPositive { amount_fen });
        }
        if request.investor == self.terms.provider {
            let holder = request.investor;
            return Err(FundError::ProviderPlacesNoOrders { holder });
        }
        Ok(())
    }

    /// Gives the order with its days, if they still take it.
    fn schedule(&self, request: &Request, now_micros: i64) -> Result<Order, FundError> {
        let calendar = &self.terms.calendar;
        let placed_on = calendar.natural_day(now_micros)?;
        let schedule = calendar.schedule(now_micros)?;
        let first_day = self.terms.first_day;
        if placed_on < first_day {
            let day = placed_on;
            return Err(FundError::BeforeFirstDay { day, first_day });
        }
        let trade_date = schedule.trade_date;
        if self.stage(trade_date) >= Stage::Cut {
            return Err(FundError::AfterCut { trade_date });
        }
        let is_fast = matches!(request.kind, OrderKind::RedeemFast | OrderKind::Pay { .. });
        if is_fast && self.stage(placed_on) >= Stage::Confirmed {
            return Err(FundError::DayIsOver { day: placed_on });
        }
        Ok(Order {
            request: *request,
            placed_at: now_micros,
            placed_on,
            schedule,
            status: OrderStatus::Placed,
        })
    }

    fn check_cap(&self, order: &Order) -> Result<(), FundError> {
        let is_same_kind: fn(OrderKind) -> bool = match order.request.kind {
            OrderKind::Subscribe | OrderKind::Redeem => return Ok(()),
            OrderKind::RedeemFast => |kind| kind == OrderKind::RedeemFast,
            OrderKind::Pay { .. } => |kind| matches!(kind, OrderKind::Pay { .. }),
        };
        let cap_fen = if order.request.kind == OrderKind::RedeemFast {
            self.terms.fast_redemption_cap_fen
        } else {
            self.terms.payment_cap_fen
        };
        let Some(cap_fen) = cap_fen else {
            return Ok(());
        };
        let placed = self.placed.get(&(order.placed_on, order.request.investor));
        let others = placed
            .into_iter()
            .flatten()
            .filter_map(|id| self.orders.get(id));
        let used_fen = others
            .filter(|other| is_same_kind(other.request.kind))
            .fold(0_i64, |sum, other| {
                sum.saturating_add(other.request.amount_fen)
            });
        let amount_fen = order.request.amount_fen;
        if used_fen.saturating_add(amount_fen) > cap_fen {
            return Err(FundError::CapExceeded {
                day: order.placed_on,
                cap_fen,
                used_fen,
                amount_fen,
            });
        }
        Ok(())
    }

    /// Holds the shares that are redeemed on T+1: the investor's own, or those that the provider
    /// has got for its advance.
    fn draft_hold(&self, order: &Order, draft: &mut Draft<'_>) -> Result<(), FundError> {
        let Request {
            investor,
            amount_fen,
            kind,
            ..
        } = order.request;
        let (holder, paid_to) = match kind {
            OrderKind::Subscribe | OrderKind::Redeem => (investor, chart::user(investor)),
            OrderKind::RedeemFast | OrderKind::Pay { .. } => {
                (self.terms.provider, chart::advance(&self.terms))
            }
        };
        self.check_holder(holder)?;
        let postings = vec![
            Posting::debit(chart::shares(holder), amount_fen),
            Posting::credit(paid_to, amount_fen),
            Posting::debit(chart::bank(&self.terms), amount_fen),
            Posting::credit(chart::fund_assets(), amount_fen),
        ];
        let kind = VoucherKind::Pending { expires_at: None };
        let voucher = Voucher::of_kind(kind, order.request.hold(), order.placed_on, postings);
        draft.book(&voucher, order.placed_at)
    }

    /// Pays the investor, or the merchant through the investor's wallet, from the provider's money.
    fn draft_advance(&self, order: &Order, draft: &mut Draft<'_>) -> Result<(), FundError> {
        let Request {
            investor,
            amount_fen,
            kind,
            ..
        } = order.request;
        self.check_holder(investor)?;
        let mut postings = vec![
            Posting::debit(chart::shares(investor), amount_fen),
            Posting::credit(chart::shares(self.terms.provider), amount_fen),
            Posting::debit(chart::advance(&self.terms), amount_fen),
            Posting::credit(chart::user(investor), amount_fen),
        ];
        if let OrderKind::Pay { merchant } = kind {
            postings.push(Posting::debit(chart::user(investor), amount_fen));
            postings.push(Posting::credit(chart::merchant(merchant), amount_fen));
        }
        let voucher = Voucher::booking(order.request.voucher(), order.placed_on, postings);
        draft.book(&voucher, order.placed_at)
    }

    fn check_holder(&self, investor: u64) -> Result<(), FundError> {
        let account = self.book.account(chart::shares(investor));
        account.map(|_| ()).ok_or(FundError::NoShares { investor })
    }

    pub(super) fn stage(&self, day: Day) -> Stage {
        self.days
            .get(&day)
            .map_or(Stage::Open, |record| record.stage)
    }
}

fn draft_subscription(order: &Order, draft: &mut Draft<'_>) -> Result<(), FundError> {
    let Request {
        investor,
        amount_fen,
        ..
    } = order.request;
    draft.open(chart::shares_account(investor))?;
    let postings = vec![
        Posting::debit(chart::user(investor), amount_fen),
        Posting::credit(chart::subscriptions(), amount_fen),
    ];
    let voucher = Voucher::booking(order.request.voucher(), order.placed_on, postings);
    draft.book(&voucher, order.placed_at)
}

/// Books vouchers on a page, one after the other, and keeps what they change.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    book: &'a Book,
    page: Book,
    effects: FundEffects,
}

impl<'a> Draft<'a> {
    pub(super) fn of(book: &'a Book) -> Draft<'a> {
        Draft {
            book,
            page: Book::new(),
            effects: FundEffects::default(),
        }
    }

    /// Opens an account, unless it is there.
    pub(super) fn open(&mut self, account: Account) -> Result<(), LedgerError> {
        if self.book.account(account.id).is_none() {
            self.page.open_account(account.clone())?;
            self.effects.opened.push(account);
        }
        Ok(())
    }

    /// Books a voucher that cannot have been booked before.
    pub(super) fn book(&mut self, voucher: &Voucher, now_micros: i64) -> Result<(), FundError> {
        for id in [Some(voucher.id), voucher.kind.link()]
            .into_iter()
            .flatten()
        {
            if let (None, Some(entry)) = (self.page.entry(id), self.book.entry(id)) {
                self.page.load_entry(entry.clone());
            }
        }
        for id in self.page.accounts_of(voucher) {
            self.load(id);
        }
        // An order that is there twice is found by its id before; a voucher of the wallet with the
        // same id is another thing, even if it should have the same content.
        match self.page.decide(voucher, now_micros)? {
            Decision::Exists(entry) => {
                let voucher = entry.voucher.id;
                Err(FundError::ReservedId { voucher })
            }
            Decision::Book(effects) => {
                self.page.apply((*effects).clone());
                self.effects.vouchers.push(*effects);
                Ok(())
            }
        }
    }

    /// Gives what can be taken from an account after all that is drafted.
    pub(super) fn available_fen(&mut self, id: AccountId) -> i64 {
        self.load(id);
        self.page.account(id).map_or(0, Account::available_fen)
    }

    pub(super) fn finish(self) -> FundEffects {
        self.effects
    }

    fn load(&mut self, id: AccountId) {
        if let (None, Some(account)) = (self.page.account(id), self.book.account(id)) {
            self.page.load_account(account.clone());
        }
    }
}

/// The shares are the provider's from the natural day on which it advances the money.
fn fast_moves(order: &Order, provider: u64) -> Vec<Move> {
    let Request {
        investor,
        amount_fen,
        ..
    } = order.request;
    let from = order.placed_on;
    let change = |holder, shares| Move {
        holder,
        from,
        shares,
    };
    vec![
        change(investor, amount_fen.saturating_neg()),
        change(provider, amount_fen),
    ]
}

/// Names the first thing in which two orders differ, the id aside.
fn difference(asked: &Request, placed: &Request) -> Option<OrderField> {
    if asked.investor != placed.investor {
        return Some(OrderField::Investor);
    }
    if asked.kind != placed.kind {
        return Some(OrderField::Kind);
    }
    (asked.amount_fen != placed.amount_fen).then_some(OrderField::Amount)
}
