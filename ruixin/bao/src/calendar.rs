//! The trading calendar: to which day an order belongs, and who earns from when until when.
//!
//! The rules are those of Chinese money funds. A *trading day* (T 日, 交易日) is a day on which the
//! exchanges open. An order placed before the cut at 15:00 in Shanghai belongs to that day if it is
//! a trading day; at 15:00 and later, at a weekend or on a holiday it belongs to the next trading
//! day. It is confirmed on the trading day after (T+1). Shares subscribed on T earn from T+1 on;
//! shares redeemed on T earn T itself and all days up to T+1, that day not among them. So who
//! subscribes on the Friday before a holiday earns nothing until the market opens again, and who
//! redeems then earns the whole holiday.
//!
//! | order placed | belongs to (T) | confirmed | subscription earns from | redemption earns until |
//! |---|---|---|---|---|
//! | Mon 2013-05-27 14:59 | Mon 27 | Tue 28 | Tue 28 | Mon 27 |
//! | Mon 2013-05-27 15:00 | Tue 28 | Wed 29 | Wed 29 | Tue 28 |
//! | Fri 2013-05-31 10:00 | Fri 31 | Mon 06-03 | Mon 06-03 | Sun 06-02 |
//! | Sun 2013-06-02 10:00 | Mon 06-03 | Tue 06-04 | Tue 06-04 | Mon 06-03 |

mod china;

pub use china::{CLOSED_2013, CLOSED_2014};

use ::ledger::{CivilError, CutOff, Zone, business_date};
use thiserror::Error;

use crate::day::Day;

/// Is what a calendar is made from: weekends off, and what differs from that.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// First day that is known.
    pub first: Day,
    /// Last day that is known.
    pub last: Day,
    /// Days on which there is no trading, weekends or not (休市).
    pub closed: &'a [Day],
    /// Days of a weekend on which there is trading. The Chinese exchanges have none: they stay shut
    /// on the weekends that offices work in place of a holiday (调休).
    pub worked: &'a [Day],
}

/// Is a trading calendar of a span of days, with Shanghai's clock and the cut at 15:00.
#[derive(Debug, Clone)]
pub struct Calendar {
    first: Day,
    last: Day,
    /// Rising.
    trading_days: Vec<Day>,
    zone: Zone,
    cut: CutOff,
}

/// Is what the calendar says of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// The trading day that the order belongs to, T.
    pub trade_date: Day,
    /// The trading day on which it is confirmed, T+1.
    pub confirmed_on: Day,
    /// First day that the shares of a subscription earn.
    pub earns_from: Day,
    /// Last day that the shares of a redemption earn.
    pub earns_until: Day,
}

/// Says why the calendar gives no answer, or is none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the fields are what the messages name")]
pub enum CalendarError {
    /// Nothing is known of the day: it must not be guessed.
    #[error("the trading calendar covers {first} to {last}, and {day} is needed")]
    NotCovered { day: Day, first: Day, last: Day },
    /// The calendar would end before it begins.
    #[error("a trading calendar from {first} to {last} has no day")]
    Empty { first: Day, last: Day },
    /// A day is listed that the calendar does not cover.
    #[error("{day} is listed, and the trading calendar covers {first} to {last}")]
    ListedOutside { day: Day, first: Day, last: Day },
    /// A day is listed both as closed and as worked.
    #[error("{day} is listed as closed and as worked")]
    Contradiction { day: Day },
    /// A weekday is listed as worked, though it is no weekend.
    #[error("{day} is listed as a weekend that is worked, and is no weekend")]
    NoWeekend { day: Day },
    /// The instant is no civil time.
    #[error(transparent)]
    Civil(#[from] CivilError),
}

impl CalendarError {
    /// Gives the stable code of the error, for problem details.
    pub const fn code(&self) -> &'static str {
        match self {
            CalendarError::NotCovered { .. } => "calendar_not_covered",
            CalendarError::Empty { .. } => "calendar_empty",
            CalendarError::ListedOutside { .. } => "calendar_listed_outside",
            CalendarError::Contradiction { .. } => "calendar_contradiction",
            CalendarError::NoWeekend { .. } => "calendar_no_weekend",
            CalendarError::Civil(_) => "calendar_instant_out_of_range",
        }
    }
}

impl Calendar {
    /// Makes a calendar.
    ///
    /// # Errors
    ///
    /// There is no day, a day is listed that is not covered or twice with opposite meaning, or a
    /// weekday is listed as a weekend that is worked.
    pub fn new(source: Source<'_>) -> Result<Calendar, CalendarError> {
        let Source { first, last, .. } = source;
        if first > last {
            return Err(CalendarError::Empty { first, last });
        }
        for day in source.closed.iter().chain(source.worked).copied() {
            if day < first || day > last {
                return Err(CalendarError::ListedOutside { day, first, last });
            }
        }
        let mut closed = source.closed.to_vec();
        closed.sort_unstable();
        let mut worked = source.worked.to_vec();
        worked.sort_unstable();
        for day in worked.iter().copied() {
            if closed.binary_search(&day).is_ok() {
                return Err(CalendarError::Contradiction { day });
            }
            if !day.is_weekend() {
                return Err(CalendarError::NoWeekend { day });
            }
        }
        let is_trading = |day: &Day| {
            let is_usual = !day.is_weekend() && closed.binary_search(day).is_err();
            is_usual || worked.binary_search(day).is_ok()
        };
        let days = (first.number()..=last.number()).filter_map(Day::from_number);
        Ok(Calendar {
            first,
            last,
            trading_days: days.filter(is_trading).collect(),
            zone: Zone::new("Asia/Shanghai")?,
            cut: "15:00".parse()?,
        })
    }

    /// Makes the calendar of the exchanges in Shanghai and Shenzhen for 2013 and 2014.
    ///
    /// # Errors
    ///
    /// None on a machine that has this crate's data: it is the signature of [`Calendar::new`].
    pub fn china_2013_2014() -> Result<Calendar, CalendarError> {
        Calendar::new(Source {
            first: china::FIRST,
            last: china::LAST,
            closed: &[CLOSED_2013, CLOSED_2014].concat(),
            worked: &[],
        })
    }

    /// Gives the first day that is covered.
    pub fn first(&self) -> Day {
        self.first
    }

    /// Gives the last day that is covered.
    pub fn last(&self) -> Day {
        self.last
    }

    /// Gives all trading days, rising.
    pub fn trading_days(&self) -> &[Day] {
        &self.trading_days
    }

    /// Says whether there is trading on a day.
    ///
    /// # Errors
    ///
    /// The day is not covered.
    pub fn is_trading_day(&self, day: Day) -> Result<bool, CalendarError> {
        self.check_covered(day)?;
        Ok(self.trading_days.binary_search(&day).is_ok())
    }

    /// Gives the day itself if it is a trading day, else the next one.
    ///
    /// # Errors
    ///
    /// The calendar does not cover all days that the answer needs.
    pub fn trading_day_from(&self, day: Day) -> Result<Day, CalendarError> {
        self.check_covered(day)?;
        let index = self.trading_days.partition_point(|one| *one < day);
        let found = self.trading_days.get(index).copied();
        found.ok_or_else(|| self.not_covered(self.last.next().unwrap_or(self.last)))
    }

    /// Gives the trading day after a day: T+1, where the day is T.
    ///
    /// # Errors
    ///
    /// The calendar does not cover all days that the answer needs.
    pub fn trading_day_after(&self, day: Day) -> Result<Day, CalendarError> {
        self.check_covered(day)?;
        let next = day.next().ok_or_else(|| self.not_covered(day))?;
        self.trading_day_from(next)
    }

    /// Gives the day that Shanghai's calendar shows at an instant.
    ///
    /// # Errors
    ///
    /// The day is not covered, or the instant is at the end of the range.
    pub fn natural_day(&self, instant_micros: i64) -> Result<Day, CalendarError> {
        self.day_cut_at(instant_micros, CutOff::default())
    }

    /// Gives the day whose cut at 15:00 comes next after an instant; from 15:00 on it is the next
    /// day's, trading day or not.
    ///
    /// # Errors
    ///
    /// The day is not covered, or the instant is at the end of the range.
    pub fn day_of_next_cut(&self, instant_micros: i64) -> Result<Day, CalendarError> {
        self.day_cut_at(instant_micros, self.cut)
    }

    /// Gives the days of an order placed at an instant.
    ///
    /// # Errors
    ///
    /// The calendar does not cover all days that the answer needs.
    pub fn schedule(&self, instant_micros: i64) -> Result<Schedule, CalendarError> {
        let trade_date = self.trading_day_from(self.day_of_next_cut(instant_micros)?)?;
        let confirmed_on = self.trading_day_after(trade_date)?;
        Ok(Schedule {
            trade_date,
            confirmed_on,
            earns_from: confirmed_on,
            earns_until: confirmed_on.previous().unwrap_or(trade_date),
        })
    }

    fn day_cut_at(&self, instant_micros: i64, cut: CutOff) -> Result<Day, CalendarError> {
        let number = business_date(instant_micros, &self.zone, cut)?;
        let day = Day::from_number(number).ok_or(CivilError::OutOfRange {
            civil: ::ledger::Civil::from_micros(instant_micros),
        })?;
        self.check_covered(day)?;
        Ok(day)
    }

    fn check_covered(&self, day: Day) -> Result<(), CalendarError> {
        if day < self.first || day > self.last {
            return Err(self.not_covered(day));
        }
        Ok(())
    }

    fn not_covered(&self, day: Day) -> CalendarError {
        CalendarError::NotCovered {
            day,
            first: self.first,
            last: self.last,
        }
    }
}
