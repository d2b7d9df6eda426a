//! Causes of wrong times, statuses and orders: T1 to T11.

pub(crate) mod cut;
pub(crate) mod epoch;
pub(crate) mod format;
pub(crate) mod in_flight;
pub(crate) mod late;
pub(crate) mod moments;
pub(crate) mod other_date;
pub(crate) mod pending;
pub(crate) mod precision;
pub(crate) mod status;
pub(crate) mod trading_day;
pub(crate) mod zone;
