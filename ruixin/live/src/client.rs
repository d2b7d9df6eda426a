//! JSON over HTTP, as an app of a phone would ask.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use ureq::Agent;

use crate::error::LiveError;

/// How often a question is asked again that got no answer.
const ATTEMPTS: u32 = 20;

/// Is a caller with its own connections.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    agent: Agent,
    to: SocketAddr,
    key: String,
}

/// Is what was answered.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    /// How often the question was asked again before.
    pub(crate) again: u32,
}

impl Answer {
    /// The stable code of a problem.
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    pub(crate) fn unexpected(&self, what: &str) -> LiveError {
        LiveError::Unexpected {
            what: what.to_owned(),
            status: self.status,
            answer: self.body.to_string(),
        }
    }
}

impl Client {
    pub(crate) fn new(to: SocketAddr, key: &str) -> Client {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(30)))
            .build();
        Client {
            agent: config.into(),
            to,
            key: format!("Bearer {key}"),
        }
    }

    /// Asks for something to be done once, however often it must be asked.
    pub(crate) fn post(&self, path: &str, id: &str, body: &Value) -> Result<Answer, LiveError> {
        let text = body.to_string();
        self.asked(path, |url| {
            self.agent
                .post(url)
                .header("Authorization", &self.key)
                .header("Idempotency-Key", id)
                .header("Content-Type", "application/json")
                .send(&text)
        })
    }

    pub(crate) fn get(&self, path: &str) -> Result<Answer, LiveError> {
        self.asked(path, |url| {
            let request = self.agent.get(url).header("Authorization", &self.key);
            request.call()
        })
    }

    fn asked(
        &self,
        path: &str,
        ask: impl Fn(&str) -> Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Answer, LiveError> {
        let url = format!("http://{}{path}", self.to);
        let mut why = String::new();
        for again in 0..ATTEMPTS {
            let answered = ask(&url).and_then(|mut response| {
                let text = response.body_mut().read_to_string()?;
                Ok((response.status().as_u16(), text))
            });
            match answered {
                Ok((status, text)) => {
                    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
                    return Ok(Answer {
                        status,
                        body,
                        again,
                    });
                }
                Err(error) => why = error.to_string(),
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err(LiveError::NotAnswered {
            what: path.to_owned(),
            why,
        })
    }
}

/// Yuan with two decimals, as the services write them, in fen.
pub(crate) fn fen(yuan: &Value) -> Option<i64> {
    let text = yuan.as_str()?;
    let (whole, cents) = text.split_once('.')?;
    let digits = format!("{whole}{cents}");
    digits.parse().ok().filter(|_| cents.len() == 2)
}

/// Fen as yuan.
pub(crate) fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_to_the_fen() {
        for (text, expect) in [
            ("12.30", Some(1_230)),
            ("-0.05", Some(-5)),
            ("0.00", Some(0)),
            ("1.2", None),
            ("1", None),
            ("", None),
        ] {
            assert_eq!(fen(&Value::from(text)), expect, "{text}");
            if let Some(fen) = expect {
                assert_eq!(yuan(fen), text);
            }
        }
        assert_eq!(fen(&Value::Null), None);
    }
}
