//! Who comes in, and how the service stands.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::{get, post};
use ruixin_service::language::Language;
use ruixin_service::notices::{Notice, NoticeLanguage, of_language, retry_after};
use ruixin_service::problem::Problem;
use ruixin_service::store::Store;

use crate::assets;
use crate::frame::Told;
use crate::house::House;
use crate::rates::Rates;
use crate::visit::Visit;
use crate::{messages, session, sign, words};

/// Requests a second of one user: people click, and programs have the API.
const PER_SECOND: u32 = 10;

/// Is how the service stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Whether money is moved.
    pub is_open: bool,
    /// Microseconds since 1970 UTC.
    pub since: i64,
    /// What users are told while it is not, in English and Chinese, where there is a notice.
    pub told: [Option<Told>; 2],
    /// In how many seconds it is worth trying again.
    pub retry_after: u64,
}

impl Window {
    /// Makes it of the notices that are kept. `since` and `now` are microseconds since 1970 UTC.
    pub fn new(is_open: bool, since: i64, notices: &[Notice], now: i64) -> Window {
        // They are shown while money stands still: one that it moves is none.
        let of_closed = notices.iter().filter(|notice| notice.is_of_closed());
        let of_closed: Vec<Notice> = of_closed.cloned().collect();
        let told = |language| {
            let told = of_language(&of_closed, language);
            told.map(|notice| Told {
                language: match notice.language {
                    NoticeLanguage::En => Language::English,
                    NoticeLanguage::Zh => Language::Chinese,
                },
                subject: notice.subject.clone(),
                text: notice.text.clone(),
            })
        };
        Window {
            is_open,
            since,
            told: [told(Language::English), told(Language::Chinese)],
            retry_after: retry_after(notices, now.div_euclid(1_000)),
        }
    }

    /// Gives the notice in a language; the other one where there is none: better than nothing.
    pub fn notice(&self, language: Language) -> Option<&Told> {
        let [en, zh] = &self.told;
        match language {
            Language::English => en.as_ref().or(zh.as_ref()),
            Language::Chinese => zh.as_ref().or(en.as_ref()),
        }
    }
}

/// Answers what all pages ask of a service.
#[async_trait]
pub trait Host: Send + Sync {
    /// Where links and sessions are kept.
    fn store(&self) -> &Store;
    /// Microseconds since 1970 UTC.
    fn now(&self) -> i64;
    /// How the service stands.
    async fn window(&self) -> Result<Window, Problem>;
}

/// Is where people come in. A clone is the same door.
#[derive(Clone)]
pub struct Door {
    /// Whose it is.
    pub house: &'static House,
    pub(crate) host: Arc<dyn Host>,
    rates: Arc<Rates>,
}

impl Door {
    /// Makes the door of a house, where one user may ask ten times a second in the mean, or
    /// `per_second` times where that is less.
    pub fn new(house: &'static House, host: Arc<dyn Host>, per_second: u32) -> Door {
        Door {
            house,
            host,
            rates: Arc::new(Rates::new(per_second.min(PER_SECOND))),
        }
    }

    /// Makes the routes that every service has: signing in and out, the style sheet and the icon.
    pub fn routes<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        Router::new()
            .route("/sign-in/{link}", get(sign::enter))
            .route("/sign-out", post(sign::leave))
            .route(assets::STYLE_ROUTE, get(assets::style))
            .route(assets::ICON_PATH, get(assets::icon))
            .with_state(self.clone())
    }

    /// Makes the route of the page that tells anybody whether the service is open.
    pub fn status<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        Router::new()
            .route("/status", get(messages::answer_status))
            .with_state(self.clone())
    }

    /// Finds out who visits and how the service stands.
    ///
    /// # Errors
    ///
    /// The answer to a visit that goes no further: too many of them, or the store failed.
    pub async fn visit(&self, parts: &Parts) -> Result<Visit, Response> {
        let mut visit = Visit::plain(self.house, &parts.uri, &parts.headers);
        match self.know(&mut visit, &parts.headers).await {
            Ok(()) => Ok(visit),
            Err(problem) => Err(visit.problem(&problem)),
        }
    }

    /// Finds out who visits, and lets only those in who are signed in; gives the user, too.
    ///
    /// # Errors
    ///
    /// The answer to a stranger, or as [`Door::visit`].
    pub async fn signed_in(&self, parts: &Parts) -> Result<(Visit, u64), Response> {
        let visit = self.visit(parts).await?;
        match visit.session.as_ref().map(|session| session.user) {
            Some(user) => Ok((visit, user)),
            None => Err(visit.stranger()),
        }
    }

    async fn know(&self, visit: &mut Visit, headers: &HeaderMap) -> Result<(), Problem> {
        let secret = visit.secret(headers).map(str::to_owned);
        let session = match secret {
            None => None,
            Some(secret) => session::find(self.host.store(), &secret, self.host.now()).await?,
        };
        if let Some(session) = &session {
            self.rates.take(session.user)?;
        }
        let window = self.host.window().await?;
        let language = visit.frame.language;
        if !window.is_open {
            let usual = || Told {
                language,
                subject: words::CLOSED.of(language).to_owned(),
                text: self.house.closed_usually.of(language).to_owned(),
            };
            let told = window.notice(language).cloned();
            visit.frame.told = Some(told.unwrap_or_else(usual));
        }
        visit.window = Some(window);
        visit.frame.csrf = session.as_ref().map(|session| session.csrf.clone());
        visit.session = session;
        Ok(())
    }
}
