//! Forms: whose they are, and the one-time id by which each is done once.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use ruixin_service::problem::Problem;

use crate::visit::{Visit, error_page, first, pairs};
use crate::{session, words};

/// Is the body of a form, as it came.
pub type Body = Result<Bytes, BytesRejection>;

/// Draws a one-time id.
///
/// # Errors
///
/// The system gives no random bytes.
pub fn once() -> Result<String, Problem> {
    Ok(session::secret()?.chars().take(32).collect())
}

/// Tells a one-time id from anything else: 32 hexadecimal digits.
pub fn is_once(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|one| one.is_ascii_hexdigit())
}

/// Tells whether a form is of this session: it carries its token.
pub fn is_ours(visit: &Visit, fields: &[(String, String)]) -> bool {
    let given = blake3::Hash::from_hex(first(fields, "csrf").unwrap_or_default());
    let wanted = visit.session.as_ref();
    let wanted = wanted.and_then(|session| blake3::Hash::from_hex(&session.csrf).ok());
    // Two hashes are compared in constant time.
    matches!((given, wanted), (Ok(given), Some(wanted)) if given == wanted)
}

/// Reads the fields of a form.
///
/// # Errors
///
/// The answer to a body that is too large or did not come whole.
pub fn fields(visit: &Visit, body: Body) -> Result<Vec<(String, String)>, Response> {
    match body {
        Ok(body) => Ok(pairs(&body)),
        Err(rejection) => {
            let told = rejection.into_response();
            Err(error_page(visit, told.status(), told.headers()))
        }
    }
}

/// Answers a form that is not of this session.
pub fn refused(visit: &Visit) -> Response {
    visit.message(StatusCode::FORBIDDEN, words::CSRF, words::CSRF_SAYS)
}
