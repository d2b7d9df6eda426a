//! Errors as pages where a person meets them: everywhere but where programs ask.

use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;

use crate::house::House;
use crate::visit::{Visit, error_page};

/// Draws what went wrong as a page of the house, unless it is one or a program asked.
pub async fn as_pages(
    State(house): State<&'static House>,
    request: Request,
    next: Next,
) -> Response {
    if is_of_programs(request.uri().path()) {
        return next.run(request).await;
    }
    let visit = Visit::plain(house, request.uri(), request.headers());
    let response = next.run(request).await;
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_page = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let status = response.status();
    if is_page || status.as_u16() < 400 {
        return response;
    }
    error_page(&visit, status, response.headers())
}

/// Tells whether programs ask there: a version of an API, figures and health.
fn is_of_programs(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next();
    let first = first.unwrap_or_default();
    let version = first.strip_prefix('v').unwrap_or_default();
    let is_version = !version.is_empty() && version.bytes().all(|one| one.is_ascii_digit());
    is_version || matches!(first, "metrics" | "healthz")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_ask_under_a_version_and_people_elsewhere() {
        for path in ["/v1/accounts", "/v1", "/v2/x", "/metrics", "/healthz"] {
            assert!(is_of_programs(path), "{path}");
        }
        for path in ["/", "/bills", "/v", "/version", "/vx/1", ""] {
            assert!(!is_of_programs(path), "{path}");
        }
    }
}
