//! Pages that only say something: signing in, errors, how the service stands.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use maud::{Markup, html};
use ruixin_service::language::Words;

use crate::door::Door;
use crate::figures::long_moment;
use crate::frame::Frame;
use crate::visit::Visit;
use crate::words;

/// Draws a page with a heading, what it says, and a way on.
pub fn draw(frame: &Frame, title: Words, says: &[Words]) -> Markup {
    let content = html! {
        div.narrow {
            section.card.stack {
                h1 { (frame.say(title)) }
                @for says in says { p { (frame.say(*says)) } }
                p { a href="/" { (frame.say(words::BACK_HOME)) } }
            }
        }
    };
    frame.page(frame.say(title), None, &content)
}

/// Draws what is shown to whom nobody knows.
pub fn strangers(frame: &Frame, title: Words, says: &[Words]) -> Markup {
    let content = html! {
        div.narrow {
            section.card.stack {
                h1 { (frame.say(title)) }
                @for says in says { p { (frame.say(*says)) } }
                p.soft { (frame.say(words::IDLE_SAYS)) }
            }
        }
    };
    frame.page(frame.say(title), None, &content)
}

/// Gives the words of an error by its status: title and text.
pub fn of_status(status: u16) -> (Words, Words) {
    match status {
        404 => (words::NOT_FOUND, words::NOT_FOUND_SAYS),
        405 => (words::METHOD, words::METHOD_SAYS),
        413 => (words::TOO_LARGE, words::TOO_LARGE_SAYS),
        429 => (words::TOO_MANY, words::TOO_MANY_SAYS),
        503 => (words::BUSY, words::BUSY_SAYS),
        504 => (words::UNKNOWN_END, words::UNKNOWN_END_SAYS),
        400..=499 => (words::UNREADABLE, words::UNREADABLE_SAYS),
        _ => (words::FAULT, words::FAULT_SAYS),
    }
}

/// Draws whether the service is open; nothing of it is known where there is no state.
pub fn status(frame: &Frame, since: Option<i64>) -> Markup {
    let is_known = since.is_some();
    let is_open = is_known && !frame.is_closed();
    let says = match (is_known, is_open) {
        (false, _) => words::STATE_UNKNOWN,
        (true, true) => words::ALL_OPEN,
        (true, false) => words::CLOSED,
    };
    let mark = |is_open: bool| {
        frame.say(if is_open {
            words::IS_OPEN
        } else {
            words::IS_CLOSED
        })
    };
    let content = html! {
        div.narrow {
            h1.page-title { (frame.say(words::SERVICE_STATUS)) }
            section.card.state.closed[!is_open] {
                strong { (frame.say(says)) }
                @if let Some(since) = since {
                    dl.facts {
                        dt { (frame.say(frame.house.moving)) } dd { (mark(is_open)) }
                        dt { (frame.say(frame.house.reading)) } dd { (mark(true)) }
                        dt { (frame.say(words::SINCE)) } dd { (long_moment(since, frame.language)) }
                    }
                }
            }
            p.soft { (frame.say(words::RENEWS)) }
        }
    };
    frame.page_with(frame.say(words::SERVICE_STATUS), None, Some(30), &content)
}

/// Tells anybody whether the service is open; what it cannot find out, it says.
pub(crate) async fn answer_status(State(door): State<Door>, parts: Parts) -> Response {
    match door.visit(&parts).await {
        Ok(visit) => {
            let since = visit.window.as_ref().map(|window| window.since);
            visit.page(StatusCode::OK, status(&visit.frame, since))
        }
        Err(response) if response.status() == StatusCode::TOO_MANY_REQUESTS => response,
        Err(_) => {
            let visit = Visit::plain(door.house, &parts.uri, &parts.headers);
            let page = status(&visit.frame, None);
            visit.page(StatusCode::SERVICE_UNAVAILABLE, page)
        }
    }
}
