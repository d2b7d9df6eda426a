//! Errors that a caller is told: problem details of RFC 9457, with stable codes, in two languages.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::language::{Language, Words};
use crate::store::StoreError;

/// Is a kind of problem. Its code is stable: a program may decide by it.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// Lower-case words with hyphens.
    pub code: &'static str,
    /// The status of HTTP.
    pub status: u16,
    /// One line, without figures.
    pub title: Words,
}

macro_rules! kinds {
    ($($(#[$meta:meta])* $name:ident: $code:literal $status:literal $en:literal $zh:literal)*) => {
        $($(#[$meta])* pub const $name: &Kind = &Kind {
            code: $code, status: $status, title: Words { en: $en, zh: $zh },
        };)*
        /// Lists the problems that any service has.
        pub const KINDS: &[&Kind] = &[$($name),*];
    };
}

kinds! {
    /// The body or a field of it cannot be read.
    INVALID_REQUEST: "invalid-request" 400 "The request cannot be read" "请求格式有误"
    /// The cursor is none of ours.
    INVALID_CURSOR: "invalid-cursor" 400 "The cursor is not one that this service gave" "游标无效"
    /// A payment needs the header.
    KEY_MISSING: "idempotency-key-missing" 400 "The header Idempotency-Key is missing or unreadable" "缺少 Idempotency-Key 请求头，或其格式有误"
    /// No key, or one that is not known.
    UNAUTHENTICATED: "unauthenticated" 401 "There is no valid API key in the request" "未提供有效的 API 密钥"
    /// The key may not do this.
    FORBIDDEN: "forbidden" 403 "This API key may not do that" "该 API 密钥无此权限"
    /// There is no such address.
    NOT_FOUND: "not-found" 404 "There is nothing at this address" "地址不存在"
    /// The address does not take this method.
    METHOD_NOT_ALLOWED: "method-not-allowed" 405 "This address does not take this method" "该地址不支持此方法"
    /// The body did not come in time, so nothing was begun.
    BODY_LATE: "body-not-received" 408 "The body did not arrive in time; nothing was done" "请求体未在规定时间内到达，本次请求未处理"
    /// The key was used for something else.
    KEY_REUSED: "idempotency-key-reused" 409 "This Idempotency-Key was used for another request" "该 Idempotency-Key 已用于其他请求"
    /// The body is too large.
    TOO_LARGE: "body-too-large" 413 "The body is too large" "请求体过大"
    /// The body is no JSON.
    MEDIA_TYPE: "unsupported-media-type" 415 "The body must be application/json" "请求体必须为 application/json"
    /// Too many requests with this key.
    RATE_LIMITED: "rate-limited" 429 "There are too many requests with this key" "请求过于频繁"
    /// A fault of ours.
    INTERNAL: "internal" 500 "Something went wrong on our side" "系统内部错误"
    /// More is under way than can be.
    OVERLOADED: "overloaded" 503 "There is too much to do; nothing was done, try again" "系统繁忙，本次请求未处理，请稍后重试"
    /// The database is not there.
    STORE_UNREACHABLE: "store-unreachable" 503 "The books cannot be reached; nothing was done, try again" "账务数据库不可用，本次请求未处理，请稍后重试"
    /// Whether it was done is not known.
    OUTCOME_UNKNOWN: "outcome-unknown" 504 "It is not known whether it was done: ask again with the same Idempotency-Key" "处理结果未知，请使用相同的 Idempotency-Key 重试"
}

/// Is a problem, ready to be told.
#[derive(Debug, Clone)]
pub struct Problem {
    kind: &'static Kind,
    detail: Option<[String; 2]>,
    members: Map<String, Value>,
    retry_after: Option<u64>,
}

impl Problem {
    /// Makes a problem of a kind.
    pub fn new(kind: &'static Kind) -> Problem {
        Problem {
            kind,
            detail: None,
            members: Map::new(),
            retry_after: None,
        }
    }

    /// Tells its kind.
    pub fn kind(&self) -> &'static Kind {
        self.kind
    }

    /// Adds what is special about this one, in English and Chinese.
    #[must_use]
    pub fn says(mut self, en: impl Into<String>, zh: impl Into<String>) -> Problem {
        self.detail = Some([en.into(), zh.into()]);
        self
    }

    /// Adds a member for programs.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Problem {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// Says in how many seconds it is worth trying again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Problem {
        self.retry_after = Some(seconds);
        self
    }

    /// Writes it in a language.
    pub fn response(&self, language: Language) -> Response {
        let mut body = json!({
            "type": format!("urn:ruixin:problem:{}", self.kind.code),
            "title": self.kind.title.of(language),
            "status": self.kind.status,
            "code": self.kind.code,
        });
        if let Some(members) = body.as_object_mut() {
            if let Some([en, zh]) = &self.detail {
                let detail = match language {
                    Language::English => en,
                    Language::Chinese => zh,
                };
                members.insert("detail".to_owned(), detail.as_str().into());
            }
            members.extend(self.members.clone());
        }
        let mut response = Response::new(Body::from(body.to_string()));
        let status = StatusCode::from_u16(self.kind.status);
        *response.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        let content = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, content);
        let tag = HeaderValue::from_static(language.tag());
        headers.insert(header::CONTENT_LANGUAGE, tag);
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if self.kind.status == 401 {
            let scheme = HeaderValue::from_static("Bearer");
            headers.insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}

/// Is a problem within a response, so that the outermost layer can write it in the caller's words.
#[derive(Debug, Clone)]
pub(crate) struct Told(pub(crate) Arc<Problem>);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.response(Language::default());
        response.extensions_mut().insert(Told(Arc::new(self)));
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        match error {
            StoreError::Busy | StoreError::Conflict(_) => Problem::new(OVERLOADED).retry_after(1),
            StoreError::Unreachable(says) => {
                tracing::error!(error = says, "the database cannot be reached");
                Problem::new(STORE_UNREACHABLE).retry_after(5)
            }
            StoreError::Unknown(_) | StoreError::Closed => {
                tracing::error!(%error, "a transaction's end is not known");
                Problem::new(OUTCOME_UNKNOWN).retry_after(1)
            }
            // What it says may hold somebody's data: it goes to the log and not to the caller.
            StoreError::Address(_)
            | StoreError::Constraint(_)
            | StoreError::Migration(_)
            | StoreError::Fault(_) => {
                tracing::error!(%error, "the store failed");
                Problem::new(INTERNAL)
            }
        }
    }
}
