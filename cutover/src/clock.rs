//! The window's clock: when the work will be done, and whether that is in time.
//!
//! ```
//! use std::time::Duration;
//!
//! use cutover::clock::{Chunk, Deadline, Measured, Phase, Progress, Rollback, Stage, Unit, read};
//!
//! let finished = vec![Chunk { units: 1_000_000, took: Duration::from_secs(60) }; 12];
//! let waiting = vec![1_000_000; 88];
//! let progress = Progress { finished: &finished, under_way: &[], waiting: &waiting, side_by_side: 4 };
//! let convert = Phase {
//!     name: "convert",
//!     unit: Unit::Records,
//!     done: 12_000_000,
//!     total: Some(100_000_000),
//!     stage: Stage::UnderWay { progress, rehearsed: &[] },
//!     can_wait: false,
//! };
//! let deadline = Deadline {
//!     release: "2013-05-27T16:00:00+08:00".parse()?,
//!     rollback: Rollback { takes: Duration::from_secs(45 * 60), measured: Measured::InRehearsal },
//! };
//! let reading = read("2013-05-27T11:00:00+08:00".parse()?, &deadline, &[convert]);
//! assert_eq!(reading.outlook, cutover::daybook::Outlook::OnTrack);
//! # Ok::<(), jiff::Error>(())
//! ```
//!
//! [`Progress`] says how far some work has come, in exact counts, and gives its [`Forecast`]; how is
//! written in its module. [`read`] adds the phases up and holds their end against the [`Deadline`].
//! [`judge`] says afterwards how good the forecasts were, and [`judge_daybook`] those of a daybook. [`honesty`] measures on simulated
//! conversions what the forecasts are worth.
//!
//! The clock asks for no time and holds no float. A phase of which nothing was measured has no
//! forecast, and so has the whole.

mod chance;
mod deadline;
pub mod honesty;
mod kept;
mod pace;
mod words;

pub use deadline::{
    Basis, Deadline, Estimate, Leaving, Measured, Phase, Reading, Rollback, Saving, Span, Stage,
    Unit, read,
};
pub use kept::{Goodness, Judged, Kept, judge, judge_daybook};
pub use pace::{CHUNKS_MIN, Chunk, Forecast, Futures, Progress, UnderWay};
pub use words::{goodness_line, leaving_line, status_line};
