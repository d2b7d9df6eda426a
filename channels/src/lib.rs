//! Sends notices by webhook, e-mail, command or file.
//!
//! ```
//! use channels::{Channel, Message, Post, SystemClock};
//!
//! let folder = tempfile::tempdir()?;
//! let channel: Channel = serde_json::from_str(r#"{"kind": "file", "name": "log", "path": "notices.jsonl"}"#)?;
//! let no_environment = |_: &str| None;
//! let post = Post::open(&[channel], folder.path(), &no_environment).map_err(|mistakes| mistakes[0].clone())?;
//!
//! let message = Message {
//!     id: "ruixin-bao/stop/1".to_owned(),
//!     kind: "stop".to_owned(),
//!     language: "en".to_owned(),
//!     subject: "Ruixin Pay is closed 27 May".to_owned(),
//!     text: "Dear customer, …\n".to_owned(),
//!     fields: serde_json::Map::new(),
//! };
//! let attempts = post.send(&message, &SystemClock, |attempt| println!("{attempt:?}"));
//! assert!(attempts[0].is_delivered());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A [`Channel`] is what a plan says of one; [`Post::open`] checks them all and takes their secrets from
//! the environment; [`Post::send`] sends a [`Message`] to each that wants it, side by side, and gives
//! every [`Attempt`]. A channel that fails is a value, and never an error: nothing here stops a run.
//!
//! A [`Call`] asks one system to do one thing, once, by the same means as a webhook or a command.
//!
//! All attempts of a message carry the same id, so that a receiver can tell a repetition. Where a peer
//! takes a message and breaks off before it says so, the message is sent again.
//!
//! No secret is in any value, error or debug text of this crate: what a peer or a command says is read
//! for them, plain, percent-encoded, as JSON and in base64, and they are replaced by their names.
//!
//! This crate knows nothing of windows and plans. It asks for no time but through [`Clock`].

mod attempt;
mod call;
mod channel;
mod clock;
mod command;
mod email;
mod file;
mod mistake;
mod places;
mod post;
mod secret;
mod webhook;

pub use attempt::{Attempt, Outcome};
pub use call::Call;
pub use channel::{Channel, Command, Common, Email, File, Patience, Tls, Webhook};
pub use clock::{Clock, SystemClock};
pub use mistake::{ChannelMistake, Mistake};
pub use post::Post;

use serde::Serialize;
use serde_json::{Map, Value};

/// Is a notice, ready to be sent. As JSON it is what commands and files get, and webhooks without a
/// body of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Tells it from all others; the same for every attempt and channel.
    pub id: String,
    /// What it is about, such as `stop`.
    pub kind: String,
    /// Its language: `en` or `zh`.
    pub language: String,
    /// One line.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The same for programs.
    pub fields: Map<String, Value>,
}

impl Message {
    /// Gives the id as headers can carry it: visible ASCII, the rest percent-encoded.
    pub(crate) fn key(&self) -> String {
        visible(&self.id)
    }

    /// Gives a message without words, to try a body out.
    pub(crate) fn empty() -> Message {
        Message {
            id: String::new(),
            kind: String::new(),
            language: String::new(),
            subject: String::new(),
            text: String::new(),
            fields: Map::new(),
        }
    }
}

/// Gives an id as headers can carry it.
fn visible(id: &str) -> String {
    let mut key = String::new();
    for byte in id.bytes() {
        match byte.is_ascii_graphic() {
            true => key.push(char::from(byte)),
            false => key.push_str(&format!("%{byte:02X}")),
        }
    }
    key
}
