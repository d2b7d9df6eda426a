//! Pieces of pages that forms and lists have in common.

use maud::{Markup, html};

use crate::frame::Frame;
use crate::words;

/// Draws the message of a field, with the id by which the field names it.
pub fn wrong(id: &str, says: Option<&String>) -> Markup {
    html! {
        @if let Some(says) = says { p.wrong id=(id) role="alert" { (says) } }
    }
}

/// Draws the field of an amount, and what stands under it.
pub fn amount(
    frame: &Frame,
    typed: &str,
    wrong: Option<&String>,
    is_first: bool,
    under: &Markup,
) -> Markup {
    let is_wrong = wrong.is_some();
    html! {
        div {
            label for="amount" { (frame.say(words::AMOUNT)) span.hint #amount-hint { (frame.say(words::AMOUNT_HINT)) } }
            div.typed {
                span.unit aria-hidden="true" { "¥" }
                input #amount type="text" name="amount" inputmode="decimal" autocomplete="off" required
                    maxlength="24" value=(typed) autofocus[is_first]
                    aria-invalid=[is_wrong.then_some("true")]
                    aria-describedby=(if is_wrong { "amount-wrong amount-hint" } else { "amount-hint" });
            }
            (self::wrong("amount-wrong", wrong))
            p.under { (under) }
        }
    }
}

/// Draws the ways to the older rows of a list and back to the latest ones. `query` is what else the
/// list is asked by, as `kind=pay`, or nothing.
pub fn turn(frame: &Frame, path: &str, query: &str, next: Option<&str>, is_later: bool) -> Markup {
    let (latest, more) = match query.is_empty() {
        true => (path.to_owned(), String::new()),
        false => (format!("{path}?{query}"), format!("{query}&")),
    };
    html! {
        @if next.is_some() || is_later {
            nav.pages aria-label=(frame.say(words::OLDER)) {
                span { @if is_later { a href=(latest) { "← " (frame.say(words::NEWEST)) } } }
                span {
                    @if let Some(next) = next {
                        a rel="next" href={ (path) "?" (more) "cursor=" (next) } { (frame.say(words::OLDER)) " →" }
                    }
                }
            }
        }
    }
}
