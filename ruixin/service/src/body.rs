//! What comes in and goes out as JSON.

use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::problem::{INTERNAL, INVALID_REQUEST, MEDIA_TYPE, NOT_FOUND, Problem, TOO_LARGE};

/// What a name, title or memo must be, as a schema says it: no control character, and something that
/// is no space.
pub const LINE: &str = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$";

/// Is a body as it came, or why it did not.
pub type Body = Result<Bytes, BytesRejection>;
/// Is the one part of a path that is a name.
pub type Id = Result<Path<String>, PathRejection>;

/// Gives the name in a path.
///
/// # Errors
///
/// It is no text.
pub fn id(id: Id) -> Result<String, Problem> {
    let Path(id) = id.map_err(|_| Problem::new(NOT_FOUND))?;
    Ok(id)
}

/// Gives the body of a request that must say that it is JSON.
///
/// # Errors
///
/// It says something else, or is too large.
pub fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind
        .and_then(|kind| kind.split(';').next())
        .unwrap_or_default();
    if !kind.trim().eq_ignore_ascii_case("application/json") {
        return Err(Problem::new(MEDIA_TYPE));
    }
    body.map_err(unreadable)
}

/// Gives a body that may be left out, as a hook leaves it out: then it is what is usual.
///
/// # Errors
///
/// It is too large, or no such value.
pub fn read_or_usual<T: DeserializeOwned + Default>(body: Body) -> Result<T, Problem> {
    let body = body.map_err(unreadable)?;
    if body.is_empty() {
        return Ok(T::default());
    }
    parsed(&body)
}

fn unreadable(rejection: BytesRejection) -> Problem {
    match rejection.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(TOO_LARGE),
        _ => Problem::new(INVALID_REQUEST),
    }
}

/// Reads a JSON object.
///
/// # Errors
///
/// It is none, or no such value.
pub fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // A list of values in the order of the fields is no object, though serde reads it as one.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(Problem::new(INVALID_REQUEST)
            .says("The body must be a JSON object.", "请求体应为 JSON 对象。"));
    }
    serde_json::from_slice(body).map_err(|error| {
        let says = error.to_string();
        Problem::new(INVALID_REQUEST).says(says.clone(), format!("请求格式有误：{says}"))
    })
}

/// Answers with JSON that is written already.
pub fn json_text(text: String) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], text)
}

/// Answers with JSON.
///
/// # Errors
///
/// The value cannot be written.
pub fn json<T: Serialize>(value: &T) -> Result<Response, Problem> {
    match serde_json::to_string(value) {
        Ok(text) => Ok(json_text(text).into_response()),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written");
            Err(Problem::new(INTERNAL))
        }
    }
}
