//! What the pages ask of the service, and nothing of how it is kept.

use async_trait::async_trait;
use ruixin_bao::Day;
use ruixin_bao::calendar::Calendar;
use ruixin_bao::fund::Request;
use ruixin_pages::Host;
use ruixin_service::problem::Problem;

use super::bills::Page;
use super::view::{Bill, Cap, DayIncome, FundDay, OrderView, Position, Sheet, UnderWay};

/// Lines that a statement covers at most.
pub(super) const MOST_LINES: usize = 2_000;

/// Says why an order was not placed.
#[derive(Debug)]
pub(super) enum Refused {
    /// There is less than that, in the wallet or of shares.
    TooLittle,
    /// It is more than the cap of the day.
    AboveCap,
    /// There is no money for fast redemptions.
    NoAdvance,
    /// There is no such merchant.
    NoMerchant,
    /// The trading calendar does not know the days.
    CalendarEnds,
    /// The fund does not exist yet.
    BeforeFirstDay,
    /// The id stands for another order.
    OtherOrder,
    /// It cannot be done, for a reason that is not the user's.
    Other,
    /// The service is closed.
    Closed,
    /// Something is wrong with the service.
    Problem(Problem),
}

/// Is what is left of the daily caps; nothing where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Caps {
    pub(super) fast: Option<Cap>,
    pub(super) payment: Option<Cap>,
}

/// Answers what the pages ask for. Numbers of users are those of sessions, which were checked when
/// their links were made.
#[async_trait]
pub(super) trait Desk: Host {
    /// The trading calendar.
    fn calendar(&self) -> &Calendar;
    /// First day of the fund.
    fn first_day(&self) -> Day;
    async fn position(&self, user: u64) -> Result<Position, Problem>;
    async fn caps(&self, user: u64) -> Result<Caps, Problem>;
    /// The days whose income is divided, the last so many, rising.
    async fn fund_days(&self, last: usize) -> Result<Vec<FundDay>, Problem>;
    async fn income_of(&self, user: u64, day: Day) -> Result<DayIncome, Problem>;
    /// A page of incomes, the latest first.
    async fn incomes(
        &self,
        user: u64,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<DayIncome>, Problem>;
    /// A page of bills, the latest first.
    async fn bills(
        &self,
        user: u64,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<Bill>, Problem>;
    /// What was under way when the books were moved and is not at its end, so much at most.
    async fn under_way(&self, user: u64, limit: usize) -> Result<Vec<UnderWay>, Problem>;
    /// An order, if it is this user's.
    async fn order(&self, user: u64, id: u128) -> Result<Option<OrderView>, Problem>;
    /// Places an order; says whether it had been placed before.
    async fn place(&self, request: Request) -> Result<bool, Refused>;
    /// The wallet and the shares over a span of days; of more than [`MOST_LINES`] one more.
    async fn statement(&self, user: u64, from: Day, until: Day) -> Result<Vec<Sheet>, Problem>;
}
