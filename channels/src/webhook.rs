//! Posting JSON to an address.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value};
use ureq::http::header::{HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use ureq::http::{Response, StatusCode, Uri};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Proxy};

use crate::Message;
use crate::attempt::{Again, Failure};
use crate::channel::Webhook;
use crate::clock::Clock;
use crate::mistake::Mistake;
use crate::places;
use crate::post::{Opening, is_loopback};
use crate::secret::{Filled, Secrets};

/// The most of an answer that is read.
const ANSWER_MAX: u64 = 64 << 10;

/// Headers that this channel sets itself.
const OURS: [&str; 6] = [
    "host",
    "content-length",
    "content-type",
    "transfer-encoding",
    "connection",
    "idempotency-key",
];

/// Carries messages to an address.
pub(crate) struct WebhookCarrier {
    url: Filled,
    /// Scheme and host: what errors may tell of the address.
    place: String,
    headers: HeaderMap,
    body: Option<Value>,
    accept: Map<String, Value>,
    agent: Agent,
}

impl std::fmt::Debug for WebhookCarrier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Headers and the agent's proxy hold secrets.
        f.debug_struct("WebhookCarrier")
            .field("url", &self.url)
            .field("body", &self.body)
            .field("accept", &self.accept)
            .finish_non_exhaustive()
    }
}

impl WebhookCarrier {
    pub(crate) fn open(webhook: &Webhook, opening: &mut Opening<'_>) -> Option<WebhookCarrier> {
        let url = opening.fill("url", &webhook.url);
        let place = url.and_then(|url| {
            let place = place(&url, webhook.plain);
            let place = opening.take("url", place)?;
            // The host may come from the environment as well.
            let place = opening.secrets.hide(&place);
            Some((url, place))
        });
        let headers = headers(webhook, opening);
        if let Some(body) = &webhook.body
            && let Err((key, mistake)) = places::fill(body, &Message::empty())
        {
            opening.note(key, mistake);
        }
        let proxy = webhook.proxy.as_ref().map(|proxy| {
            let filled = opening.fill("proxy", proxy)?;
            let is_known = ["http://", "https://"]
                .iter()
                .any(|scheme| filled.value.starts_with(scheme));
            let proxy = Proxy::new(&filled.value).ok().filter(|_| is_known);
            let proxy = proxy.ok_or_else(|| {
                Mistake::NotAnAddress("it is not a proxy; write http://host:port".to_owned())
            });
            opening.take("proxy", proxy)
        });
        let roots = match &webhook.ca_file {
            Some(path) => opening.certificates("ca_file", path).map(|pem| {
                let certificates = parse_pem(&pem).filter_map(|item| match item {
                    Ok(PemItem::Certificate(certificate)) => Some(certificate),
                    _ => None,
                });
                RootCerts::Specific(Arc::new(certificates.collect()))
            }),
            None => Some(RootCerts::WebPki),
        };
        let (url, place) = place?;
        let proxy = proxy.map_or(Some(None), |proxy| proxy.map(Some))?;
        Some(WebhookCarrier {
            url,
            place,
            headers: headers?,
            body: webhook.body.clone(),
            accept: webhook.accept.clone(),
            agent: agent(roots?, proxy),
        })
    }

    pub(crate) fn carry(
        &self,
        message: &Message,
        clock: &dyn Clock,
        secrets: &Secrets,
        timeout: Duration,
    ) -> Result<String, Failure> {
        let body = self.body(message)?;
        self.post(body, &message.key(), clock.now(), secrets, timeout)
    }

    /// Posts once. `now` is for what an answer says of when to try again.
    pub(crate) fn post(
        &self,
        body: Vec<u8>,
        key: &str,
        now: Timestamp,
        secrets: &Secrets,
        timeout: Duration,
    ) -> Result<String, Failure> {
        let mut request = self.agent.post(&self.url.value);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request
            .header("Content-Type", "application/json; charset=utf-8")
            .header("Idempotency-Key", key)
            .config()
            .timeout_global(Some(timeout))
            .build();
        let response = request.send(&body[..]);
        let response = response.map_err(|error| self.unreached(&error, secrets, timeout))?;
        self.judge(response, now, secrets)
    }

    fn body(&self, message: &Message) -> Result<Vec<u8>, Failure> {
        let body = match &self.body {
            Some(body) => places::fill(body, message).map(|body| serde_json::to_vec(&body)),
            None => Ok(serde_json::to_vec(message)),
        };
        let body = body.map_err(|(key, mistake)| Failure::for_good(format!("{key}: {mistake}")))?;
        body.map_err(|error| Failure::for_good(format!("failed to write the body: {error}")))
    }

    fn unreached(&self, error: &ureq::Error, secrets: &Secrets, timeout: Duration) -> Failure {
        let place = &self.place;
        let why = secrets.hide(&error.to_string());
        match error {
            ureq::Error::Timeout(_) => {
                Failure::for_now(format!("{place} did not answer within {timeout:?}"))
            }
            error if is_distrusted(error) => Failure::for_good(format!(
                "{place} is not trusted: {why}; if its certificate is of your own authority, name that in ca_file"
            )),
            ureq::Error::BadUri(_) | ureq::Error::Http(_) | ureq::Error::InvalidProxyUrl => {
                Failure::for_good(format!("failed to call {place}: {why}"))
            }
            _ => Failure::for_now(format!("failed to reach {place}: {why}")),
        }
    }

    fn judge(
        &self,
        mut response: Response<Body>,
        now: Timestamp,
        secrets: &Secrets,
    ) -> Result<String, Failure> {
        let status = response.status();
        let mut answer = Vec::new();
        // What was read until a connection broke is told; the status has been heard in any case.
        let read = response
            .body_mut()
            .as_reader()
            .take(ANSWER_MAX)
            .read_to_end(&mut answer);
        let is_cut = read.is_err() || answer.len() as u64 == ANSWER_MAX;
        let told = secrets.hide_head(&answer, is_cut);
        let says = |what: String| match told.is_empty() {
            true => what,
            false => format!("{what}: {told}"),
        };
        if status.is_success() {
            return match self.is_accepted(&answer) {
                true => Ok(format!("status {}", status.as_u16())),
                // Robots of chat systems answer 200 and say in the body that they took nothing.
                false => Err(Failure::for_now(says(format!(
                    "{} answered {}, and not {}",
                    self.place,
                    status.as_u16(),
                    Value::Object(self.accept.clone())
                )))),
            };
        }
        if status.is_redirection() {
            let to = response.headers().get(LOCATION).map(HeaderValue::as_bytes);
            let to = secrets.hide_head(to.unwrap_or_default(), false);
            let to = to.split('?').next().unwrap_or_default();
            return Err(Failure::for_good(format!(
                "{} moved to {to:?} (status {}); write the new address into the plan",
                self.place,
                status.as_u16()
            )));
        }
        Err(Failure {
            says: says(format!("{} answered {}", self.place, status.as_u16())),
            again: again(status, response.headers(), now),
        })
    }

    fn is_accepted(&self, answer: &[u8]) -> bool {
        if self.accept.is_empty() {
            return true;
        }
        let answer: Option<Value> = serde_json::from_slice(answer).ok();
        answer.is_some_and(|answer| {
            let mut wanted = self.accept.iter();
            wanted.all(|(name, value)| answer.get(name) == Some(value))
        })
    }
}

fn agent(roots: RootCerts, proxy: Option<Proxy>) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        // Each attempt has a connection of its own: one that has gone stale in between is no failure.
        .max_idle_connections(0)
        // A run depends on the variables that the plan names, and on no others.
        .proxy(proxy)
        .user_agent(concat!("crossfoot/", env!("CARGO_PKG_VERSION")))
        .tls_config(TlsConfig::builder().root_certs(roots).build());
    config.build().new_agent()
}

/// Gives scheme and host of an address, if it can be posted to.
fn place(url: &Filled, plain: bool) -> Result<String, Mistake> {
    let wrong = |what: &str| Err(Mistake::NotAnAddress(what.to_owned()));
    let Ok(uri) = url.value.parse::<Uri>() else {
        return wrong("it is not an address; write https://host/path, other characters as %XX");
    };
    let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else {
        return wrong("it is no whole address; write https://host/path");
    };
    if uri
        .authority()
        .is_some_and(|authority| authority.as_str().contains('@'))
    {
        return wrong("it holds a user; write a header Authorization instead");
    }
    match scheme {
        "https" => {}
        "http" if plain || is_loopback(host) => {}
        "http" => {
            return Err(Mistake::InTheClear {
                instead: "https://",
            });
        }
        _ => return wrong("it is neither https:// nor http://"),
    }
    let port = uri.port_u16().map(|port| format!(":{port}"));
    Ok(format!("{scheme}://{host}{}", port.unwrap_or_default()))
}

fn headers(webhook: &Webhook, opening: &mut Opening<'_>) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    let mut is_whole = true;
    for (name, value) in &webhook.headers {
        let key = format!("headers.{name}");
        let Some(filled) = opening.fill(&key, value) else {
            is_whole = false;
            continue;
        };
        let read = header(name, &filled);
        match opening.take(&key, read) {
            Some((name, value)) => {
                if headers.insert(name, value).is_some() {
                    let told = "another header has this name; case does not tell them apart";
                    opening.note(key, Mistake::NotAHeader(told.to_owned()));
                }
            }
            None => is_whole = false,
        }
    }
    is_whole.then_some(headers)
}

fn header(name: &str, filled: &Filled) -> Result<(HeaderName, HeaderValue), Mistake> {
    let wrong = |what: &str| Mistake::NotAHeader(what.to_owned());
    let name = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| wrong("it is no name of a header; use letters, digits and -"))?;
    if OURS.contains(&name.as_str()) {
        return Err(wrong(
            "this header is set by the channel itself; leave it out",
        ));
    }
    // What reads it may take other bytes for another encoding.
    let value = HeaderValue::from_str(&filled.value).ok();
    let value = value.filter(|value| value.as_bytes().is_ascii());
    let mut value =
        value.ok_or_else(|| wrong("its value cannot be sent; use visible ASCII characters"))?;
    value.set_sensitive(filled.has_secret());
    Ok((name, value))
}

/// Says whether the peer's certificate is what was wrong.
fn is_distrusted(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) | ureq::Error::Pem(_) => true,
        ureq::Error::Io(error) => error.kind() == std::io::ErrorKind::InvalidData,
        _ => false,
    }
}

/// Says whether an answer may be another one later: of 4xx only a time-out and too many requests.
fn again(status: StatusCode, headers: &HeaderMap, now: Timestamp) -> Again {
    let is_for_now = status.is_server_error()
        || status == StatusCode::REQUEST_TIMEOUT
        || status == StatusCode::TOO_MANY_REQUESTS;
    if !is_for_now {
        return Again::Never;
    }
    let asked = headers
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok());
    match asked.and_then(|asked| retry_after(asked, now)) {
        Some(pause) => Again::After(pause),
        None => Again::Later,
    }
}

/// Reads `Retry-After`: seconds or a date (RFC 9110, 10.2.3).
fn retry_after(asked: &str, now: Timestamp) -> Option<Duration> {
    let asked = asked.trim();
    if let Ok(seconds) = asked.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(asked).ok()?;
    Some(Duration::try_from(date.timestamp().duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = "2013-05-27T08:00:00Z".parse().expect("an instant");
        let check = |asked: &str, seconds: Option<u64>| {
            assert_eq!(
                retry_after(asked, now),
                seconds.map(Duration::from_secs),
                "{asked}"
            );
        };
        check("7", Some(7));
        check(" 0 ", Some(0));
        check("Mon, 27 May 2013 08:01:30 GMT", Some(90));
        check("Mon, 27 May 2013 07:00:00 GMT", Some(0));
        check("soon", None);
        check("-1", None);
    }

    #[test]
    fn an_address_is_whole_and_not_in_the_clear() {
        let check = |url: &str, plain: bool, place_or_told: &str| {
            let filled = Secrets::default()
                .fill(url, &|_| None)
                .expect("no variable");
            let found = place(&filled, plain).unwrap_or_else(|mistake| mistake.to_string());
            assert_eq!(found, place_or_told, "{url}");
        };
        check("https://a.example/b?c=d", false, "https://a.example");
        check("https://a.example:8443", false, "https://a.example:8443");
        check("http://127.0.0.1:80/x", false, "http://127.0.0.1:80");
        check("http://[::1]:80/x", false, "http://[::1]:80");
        check("http://a.example/", true, "http://a.example");
        check(
            "http://a.example/",
            false,
            "it would go in the clear to another machine; use https://, or write plain = true if the way is safe",
        );
        check(
            "a.example/b",
            false,
            "it is not an address; write https://host/path, other characters as %XX",
        );
        check(
            "/b",
            false,
            "it is no whole address; write https://host/path",
        );
        check(
            "ftp://a.example",
            false,
            "it is neither https:// nor http://",
        );
        check(
            "https://u:p@a.example",
            false,
            "it holds a user; write a header Authorization instead",
        );
    }
}
