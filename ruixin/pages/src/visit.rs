//! A visit: who, in which language, and what every answer says to the browser.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use maud::Markup;
use ruixin_service::language::{Language, Words};
use ruixin_service::problem::Problem;

use crate::door::Window;
use crate::frame::Frame;
use crate::house::House;
use crate::session::Session;
use crate::{messages, words};

/// Nothing from elsewhere, no script, no frame; forms go to this service only.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                      frame-ancestors 'none'; base-uri 'none'";

/// Is a visit: what was asked for, by whom, in which language.
#[derive(Debug)]
pub struct Visit {
    /// What is around the page.
    pub frame: Frame,
    /// Who is signed in.
    pub session: Option<Session>,
    /// How the service stands, where that is known.
    pub window: Option<Window>,
    /// The fields of the address.
    pub query: Vec<(String, String)>,
    is_secure: bool,
    has_chosen: bool,
}

impl Visit {
    /// Takes what the address and the headers say, without asking anybody.
    pub fn plain(house: &'static House, uri: &Uri, headers: &HeaderMap) -> Visit {
        let query = pairs(uri.query().unwrap_or_default().as_bytes());
        let chosen = first(&query, "lang").and_then(language_of);
        let kept = cookie(headers, &language_cookie(house)).and_then(language_of);
        let language = chosen.or(kept).unwrap_or_else(|| Language::wanted(headers));
        let mut here = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in query.iter().filter(|(name, _)| name != "lang") {
            here.append_pair(name, value);
        }
        let rest = here.finish();
        let mark = if rest.is_empty() { "" } else { "?" };
        Visit {
            frame: Frame {
                house,
                language,
                here: format!("{}{mark}{rest}", uri.path()),
                csrf: None,
                told: None,
            },
            session: None,
            window: None,
            query,
            is_secure: is_secure(uri, headers),
            has_chosen: chosen.is_some(),
        }
    }

    /// Gives a field of the query.
    pub fn asked(&self, name: &str) -> Option<&str> {
        first(&self.query, name)
    }

    /// Answers with a page.
    pub fn page(&self, status: StatusCode, page: Markup) -> Response {
        let mut response = (status, page.into_string()).into_response();
        let kind = HeaderValue::from_static("text/html; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        let tag = HeaderValue::from_static(self.frame.language.tag());
        response.headers_mut().insert(header::CONTENT_LANGUAGE, tag);
        self.dress(&mut response);
        response
    }

    /// Answers with another address.
    pub fn see_other(&self, to: &str) -> Response {
        let mut response = StatusCode::SEE_OTHER.into_response();
        if let Ok(to) = HeaderValue::from_str(to) {
            response.headers_mut().insert(header::LOCATION, to);
        }
        self.dress(&mut response);
        response
    }

    /// Answers with a page that only says something.
    pub fn message(&self, status: StatusCode, title: Words, says: Words) -> Response {
        self.page(status, messages::draw(&self.frame, title, &[says]))
    }

    /// Answers whoever is not signed in.
    pub fn stranger(&self) -> Response {
        let page = messages::strangers(
            &self.frame,
            words::NOT_SIGNED_IN,
            &[self.frame.house.how_to_sign_in],
        );
        self.page(StatusCode::UNAUTHORIZED, page)
    }

    /// Answers whoever wants to move money while the service is closed.
    pub fn closed(&self) -> Response {
        let page = messages::draw(&self.frame, words::CLOSED, &[words::NOT_MOVED]);
        let mut response = self.page(StatusCode::SERVICE_UNAVAILABLE, page);
        let seconds = self
            .window
            .as_ref()
            .map_or(600, |window| window.retry_after);
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
        response
    }

    /// Answers with what went wrong.
    pub fn problem(&self, problem: &Problem) -> Response {
        let told = problem.response(self.frame.language);
        error_page(self, told.status(), told.headers())
    }

    fn dress(&self, response: &mut Response) {
        let headers = response.headers_mut();
        let fixed = [
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::CACHE_CONTROL, "no-store"),
            (header::REFERRER_POLICY, "same-origin"),
            (header::VARY, "Accept-Language, Cookie"),
            (header::X_FRAME_OPTIONS, "DENY"),
            (
                HeaderName::from_static("cross-origin-opener-policy"),
                "same-origin",
            ),
        ];
        for (name, value) in fixed {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if self.has_chosen {
            let tag = match self.frame.language {
                Language::English => "en",
                Language::Chinese => "zh",
            };
            let rest = "Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly";
            let name = language_cookie(self.frame.house);
            self.set(headers, &format!("{name}={tag}; {rest}"));
        }
    }

    fn set(&self, headers: &mut HeaderMap, cookie: &str) {
        let secure = if self.is_secure { "; Secure" } else { "" };
        if let Ok(value) = HeaderValue::from_str(&format!("{cookie}{secure}")) {
            headers.append(header::SET_COOKIE, value);
        }
    }

    /// Gives the browser its session.
    pub fn give_session(&self, response: &mut Response, secret: &str) {
        let name = self.session_cookie();
        let cookie = format!("{name}={secret}; Path=/; HttpOnly; SameSite=Lax");
        self.set(response.headers_mut(), &cookie);
    }

    /// Takes the session from the browser.
    pub fn take_session(&self, response: &mut Response) {
        let name = self.session_cookie();
        let cookie = format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
        self.set(response.headers_mut(), &cookie);
    }

    /// Gives the secret that the browser has.
    pub fn secret<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        cookie(headers, &self.session_cookie())
    }

    /// The name that a browser takes only with `Secure` and for this host alone; on loopback, where
    /// there is no TLS, another one.
    fn session_cookie(&self) -> String {
        let beginning = if self.is_secure { "__Host-" } else { "" };
        format!("{beginning}{}_session", self.frame.house.cookies)
    }
}

/// Draws an error by its status, and keeps what its answer says to programs.
pub(crate) fn error_page(visit: &Visit, status: StatusCode, headers: &HeaderMap) -> Response {
    let (title, says) = messages::of_status(status.as_u16());
    let mut response = visit.message(status, title, says);
    for name in [header::RETRY_AFTER, header::ALLOW] {
        if let Some(value) = headers.get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

fn language_cookie(house: &House) -> String {
    format!("{}_lang", house.cookies)
}

fn language_of(tag: &str) -> Option<Language> {
    match tag {
        "en" => Some(Language::English),
        "zh" => Some(Language::Chinese),
        _ => None,
    }
}

/// Reads fields of a form or a query. What is no UTF-8 is replaced: it is refused as a value later.
pub fn pairs(bytes: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(bytes).into_owned().collect()
}

/// Gives the first field of a name.
pub fn first<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut named = pairs.iter().filter(|(one, _)| one == name);
    named.next().map(|(_, value)| value.as_str())
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let values = headers.get_all(header::COOKIE);
    let texts = values.iter().filter_map(|value| value.to_str().ok());
    let mut pairs = texts.flat_map(|text| text.split(';'));
    pairs.find_map(|pair| {
        let (one, value) = pair.trim().split_once('=')?;
        (one == name).then_some(value)
    })
}

/// Tells whether the browser speaks TLS to whatever stands before us. It is not so on this machine's
/// own addresses only, unless a proxy says otherwise.
fn is_secure(uri: &Uri, headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST)
        .or_else(|| uri.host())
        .unwrap_or_default();
    let is_forwarded = text(HeaderName::from_static("x-forwarded-proto")) == Some("https");
    is_forwarded || !is_loopback(host)
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::Style;

    static HOUSE: House = House {
        name: words::YUAN,
        cookies: "bao",
        tabs: &[],
        mark: "",
        style: Style::new(""),
        invented: words::YUAN,
        how_to_sign_in: words::YUAN,
        link_used: words::YUAN,
        closed_usually: words::YUAN,
        moving: words::YUAN,
        reading: words::YUAN,
    };

    fn visit(uri: &str, headers: &[(&str, &str)]) -> Visit {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: HeaderName = name.parse().expect("a name");
            map.append(name, value.parse().expect("a value"));
        }
        Visit::plain(&HOUSE, &uri.parse().expect("an address"), &map)
    }

    #[test]
    fn the_language_is_the_links_then_the_cookies_then_the_browsers() {
        use Language::{Chinese, English};
        type Headers = &'static [(&'static str, &'static str)];
        let table: [(&str, Headers, Language); 6] = [
            ("/", &[], English),
            ("/", &[("accept-language", "zh-CN")], Chinese),
            (
                "/",
                &[("accept-language", "zh-CN"), ("cookie", "a=b; bao_lang=en")],
                English,
            ),
            ("/?lang=zh", &[("cookie", "bao_lang=en")], Chinese),
            ("/?lang=xx", &[("cookie", "bao_lang=zh")], Chinese),
            (
                "/?lang=en&lang=zh",
                &[("accept-language", "zh-CN")],
                English,
            ),
        ];
        for (uri, headers, language) in table {
            assert_eq!(
                visit(uri, headers).frame.language,
                language,
                "{uri} {headers:?}"
            );
        }
    }

    #[test]
    fn the_way_to_the_other_language_keeps_the_rest_of_the_address() {
        let here = |uri| visit(uri, &[]).frame.here;
        assert_eq!(here("/bills?cursor=a.b&lang=zh"), "/bills?cursor=a.b");
        assert_eq!(here("/?lang=zh"), "/");
        assert_eq!(here("/x?a=%22%3Cb%3E"), "/x?a=%22%3Cb%3E");
    }

    #[test]
    fn cookies_are_secure_but_on_loopback() {
        let table = [
            ("127.0.0.1:8080", None, false),
            ("localhost", None, false),
            ("[::1]:80", None, false),
            ("localhost:1", Some("https"), true),
            ("bao.example", None, true),
            ("127.0.0.1.evil.example", None, true),
            ("", None, true),
        ];
        for (host, forwarded, is_secure) in table {
            let mut headers = vec![("host", host)];
            headers.extend(forwarded.map(|scheme| ("x-forwarded-proto", scheme)));
            let visit = visit("/", &headers);
            assert_eq!(visit.is_secure, is_secure, "{host}");
            let mut response = StatusCode::OK.into_response();
            visit.give_session(&mut response, "s");
            let cookie = response.headers()[header::SET_COOKIE]
                .to_str()
                .expect("text");
            let name = if is_secure {
                "__Host-bao_session=s"
            } else {
                "bao_session=s"
            };
            assert!(cookie.starts_with(name), "{cookie}");
            assert_eq!(cookie.ends_with("; Secure"), is_secure, "{cookie}");
            assert!(
                cookie.contains("HttpOnly; SameSite=Lax") && cookie.contains("Path=/;"),
                "{cookie}"
            );
        }
    }
}
