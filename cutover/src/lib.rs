//! The window as a state machine: daybook, clock, gate, seal, sign-off and notices.
//!
//! ```
//! use cutover::daybook::{Daybook, Event, Opened, Terms, Version};
//! use cutover::window::{Command, Stage, State, decide};
//! use cutover::{Digest, daybook};
//!
//! let terms = Terms {
//!     plan_blake3: Digest::of(b"crossfoot.toml"),
//!     freeze: "2013-05-27T00:00:00Z".parse()?,
//!     release: "2013-05-27T08:00:00Z".parse()?,
//!     rollback_takes_ms: 45 * 60_000,
//!     timezone: "Asia/Shanghai".into(),
//!     roles: vec!["accountant".into(), "engineer".into()],
//!     agreements: vec!["postings".into()],
//!     controls: vec![],
//! };
//! let plan = "ruixin-bao".to_owned();
//! let opened = Opened { version: Version, crossfoot: "0.1.0".into(), plan, terms };
//!
//! let (mut book, mut state) = (Daybook::new(), State::new());
//! let now = "2013-05-26T02:00:00Z".parse()?;
//! for command in [Command::Record(Event::Opened(Box::new(opened))), Command::Announce] {
//!     for event in decide(&state, command, now)? {
//!         let entry = book.next(now, event)?;
//!         // Here `entry.line()` goes to the disk.
//!         state.apply(&entry)?;
//!         assert!(book.push(entry));
//!     }
//! }
//! assert_eq!(state.stage(), Stage::Announced);
//!
//! // Nothing is frozen before its time, and nothing released without a GO.
//! let refused = decide(&state, Command::Freeze, now).expect_err("it is too early");
//! assert_eq!(
//!     refused.to_string(),
//!     "the old book closes at 2013-05-27T00:00:00Z, 22h from now; wait, or change the plan"
//! );
//! assert_eq!(Daybook::read(book.text().as_bytes())?, book);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The modules: [`daybook`] is the hash-chained record of a cutover, encoded and decoded;
//! [`window`] folds it into a [`State`](window::State) and decides every step; [`gate`] says GO,
//! NO-GO or INCOMPLETE; [`seal`] holds a folder of evidence against its manifest; [`signoff`] signs
//! and checks; [`clock`] reckons when it will be done; [`notice`] words what is told to users.
//!
//! This crate reads no file, calls no system, asks no clock and draws no random number: bytes,
//! times, answers and seeds are passed in. Whatever it is given, it gives the same.

#![cfg_attr(not(test), deny(clippy::float_arithmetic))]

pub mod clock;
pub mod daybook;
mod digest;
pub mod gate;
pub mod notice;
pub mod seal;
pub mod signoff;
pub mod window;

pub use digest::{Digest, NoDigest};
