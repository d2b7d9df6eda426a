//! What the pages of Ruixin's services share: the frame around a page, the style, who is signed in,
//! and forms that move money once.
//!
//! ```
//! use ruixin_pages::amounts::amount_of;
//! use ruixin_pages::figures::yuan;
//!
//! // People type an amount as they like, and read it to the fen.
//! assert_eq!(amount_of("￥1，234.5"), Ok(123_450));
//! assert_eq!(yuan(123_450), "1,234.50");
//! ```
//!
//! A service describes itself as a [`House`] (its name, colours, menu and words) and answers what the
//! pages ask as a [`Host`] (where links and sessions are kept, the clock, the window). A [`Door`] of
//! both says who visits ([`Door::visit`]) and has the routes that every service has
//! ([`Door::routes`]). [`Frame`] draws what is around a page; [`amounts`], [`figures`], [`forms`] and
//! [`fields`] are what goes into one; [`errors`] makes pages of errors where people meet them.
//!
//! Whoever signs in has been authenticated by a program with an API key, which asks for a link
//! ([`sign::link`]). The link works once and gives the browser a session.
//!
//! # What it does not do
//!
//! It knows nothing of wallets and funds, books nothing, and sends no script.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::indexing_slicing,
        clippy::panic
    )
)]

pub mod amounts;
mod assets;
mod door;
pub mod errors;
pub mod fields;
pub mod figures;
pub mod forms;
mod frame;
mod house;
pub mod messages;
mod rates;
pub mod session;
pub mod sign;
mod visit;
pub mod words;

pub use assets::Style;
pub use door::{Door, Host, Window};
pub use frame::{Frame, Told};
pub use house::{House, Tab};
pub use jiff::civil::Date;
pub use visit::{Visit, first, pairs};
