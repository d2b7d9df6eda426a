//! Sending mails.

use std::error::Error as _;
use std::io::ErrorKind;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::{self, SmtpTransport};
use lettre::{Message as Mail, Transport as _};

use crate::Message;
use crate::attempt::Failure;
use crate::channel::{Email, Tls};
use crate::clock::Clock;
use crate::mistake::Mistake;
use crate::post::{Opening, is_loopback};
use crate::secret::Secrets;

/// Carries messages to a mail server.
pub(crate) struct EmailCarrier {
    server: String,
    port: u16,
    tls: smtp::client::Tls,
    credentials: Option<Credentials>,
    from: Mailbox,
    to: Vec<Mailbox>,
}

impl std::fmt::Debug for EmailCarrier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The credentials are secrets.
        f.debug_struct("EmailCarrier")
            .field("server", &self.server)
            .field("port", &self.port)
            .field("from", &self.from)
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}

impl EmailCarrier {
    pub(crate) fn open(email: &Email, opening: &mut Opening<'_>) -> Option<EmailCarrier> {
        opening.filled("server", &email.server);
        if email.tls == Tls::None && !email.plain && !is_loopback(&email.server) {
            let instead = "tls = \"starttls\"";
            opening.note("tls", Mistake::InTheClear { instead });
        }
        let tls = tls(email, opening);
        let credentials = credentials(email, opening);
        let from = mailbox("from", &email.from, opening);
        if email.to.is_empty() {
            opening.note("to", Mistake::Empty);
        }
        let to: Vec<Option<Mailbox>> = email
            .to
            .iter()
            .map(|to| mailbox("to", to, opening))
            .collect();
        let port = match email.tls {
            Tls::Starttls => 587,
            Tls::Tls => 465,
            Tls::None => 25,
        };
        Some(EmailCarrier {
            server: email.server.clone(),
            port: email.port.unwrap_or(port),
            tls: tls?,
            credentials: credentials?,
            from: from?,
            to: to.into_iter().collect::<Option<Vec<_>>>()?,
        })
    }

    pub(crate) fn carry(
        &self,
        message: &Message,
        clock: &dyn Clock,
        secrets: &Secrets,
        timeout: Duration,
    ) -> Result<String, Failure> {
        let mail = self
            .mail(message, SystemTime::from(clock.now()))
            .map_err(|error| Failure::for_good(format!("failed to write the mail: {error}")))?;
        let mut transport = SmtpTransport::builder_dangerous(&self.server)
            .port(self.port)
            .tls(self.tls.clone())
            .timeout(Some(timeout));
        if let Some(credentials) = &self.credentials {
            transport = transport.credentials(credentials.clone());
        }
        match transport.build().send(&mail) {
            Ok(response) => Ok(format!("status {}", response.code())),
            Err(error) => Err(self.failure(&error, secrets, timeout)),
        }
    }

    /// Writes the mail; all attempts of a message give the same one but for its date.
    fn mail(&self, message: &Message, date: SystemTime) -> Result<Mail, lettre::error::Error> {
        let id = message_id(&message.id);
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        let key = HeaderName::new_from_ascii_str("Idempotency-Key");
        let mail = Mail::builder()
            .date(date)
            .from(self.from.clone())
            .subject(message.subject.replace(char::is_control, " "))
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            // No one's note of absence comes back.
            .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
            .raw_header(HeaderValue::new(key, message.key()));
        let mail = self.to.iter().fold(mail, |mail, to| mail.to(to.clone()));
        let part = SinglePart::builder().header(ContentType::TEXT_PLAIN);
        mail.singlepart(part.body(message.text.clone()))
    }

    fn failure(&self, error: &smtp::Error, secrets: &Secrets, timeout: Duration) -> Failure {
        let (server, port) = (&self.server, self.port);
        let mut why = error.to_string();
        // Where it holds more than the error has said already.
        if let Some(source) = error.source().map(ToString::to_string)
            && !why.contains(&source)
        {
            why = format!("{why}: {source}");
        }
        let why = secrets.hide(&why);
        if is_too_slow(error) {
            return Failure::for_now(format!("{server}:{port} did not answer within {timeout:?}"));
        }
        if is_distrusted(error) {
            return Failure::for_good(format!(
                "{server}:{port} is not trusted: {why}; if its certificate is of your own authority, name that in ca_file"
            ));
        }
        match error.is_permanent() || error.is_client() {
            true => Failure::for_good(format!("{server}:{port} refused: {why}")),
            false => Failure::for_now(format!("{server}:{port} failed: {why}")),
        }
    }
}

/// Says whether the server did not answer in time; a read that is given up is `WouldBlock` on Unix.
fn is_too_slow(error: &smtp::Error) -> bool {
    let kinds = [ErrorKind::WouldBlock, ErrorKind::TimedOut];
    error.is_timeout() || io_kind(error).is_some_and(|kind| kinds.contains(&kind))
}

/// Says whether the server's certificate is what was wrong.
fn is_distrusted(error: &smtp::Error) -> bool {
    error.is_tls() || io_kind(error) == Some(ErrorKind::InvalidData)
}

/// Gives the kind of what the system said, wherever it is among the reasons.
fn io_kind(error: &smtp::Error) -> Option<ErrorKind> {
    let mut reason = error.source();
    while let Some(one) = reason {
        if let Some(error) = one.downcast_ref::<std::io::Error>() {
            return Some(error.kind());
        }
        reason = one.source();
    }
    None
}

/// Gives the id as the left side of a Message-ID can carry it (RFC 5322, 3.2.3), different for different
/// ids.
fn message_id(id: &str) -> String {
    let mut left = String::new();
    for byte in id.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'/' => {
                left.push(char::from(byte));
            }
            _ => left.push_str(&format!("%{byte:02X}")),
        }
    }
    left
}

fn tls(email: &Email, opening: &mut Opening<'_>) -> Option<smtp::client::Tls> {
    if email.tls == Tls::None {
        return Some(smtp::client::Tls::None);
    }
    let mut parameters = TlsParameters::builder(email.server.clone());
    if let Some(path) = &email.ca_file {
        let pem = opening.certificates("ca_file", path)?;
        let certificate = Certificate::from_pem(&pem).map_err(|error| Mistake::Unreadable {
            path: path.display().to_string(),
            why: error.to_string(),
        });
        parameters = parameters
            .certificate_store(CertificateStore::None)
            .add_root_certificate(opening.take("ca_file", certificate)?);
    }
    let parameters = parameters
        .build()
        .map_err(|error| Mistake::NotAnAddress(error.to_string()));
    let parameters = opening.take("server", parameters)?;
    Some(match email.tls {
        Tls::Starttls => smtp::client::Tls::Required(parameters),
        Tls::Tls => smtp::client::Tls::Wrapper(parameters),
        Tls::None => smtp::client::Tls::None,
    })
}

/// Reads user and password: both, or neither.
#[expect(
    clippy::option_option,
    reason = "none where there is a mistake, some none where nobody logs in"
)]
fn credentials(email: &Email, opening: &mut Opening<'_>) -> Option<Option<Credentials>> {
    let (user, password) = match (&email.user, &email.password) {
        (None, None) => return Some(None),
        (Some(user), Some(password)) => (user, password),
        (Some(_), None) => {
            opening.note("password", Mistake::Empty);
            return None;
        }
        (None, Some(_)) => {
            opening.note("user", Mistake::Empty);
            return None;
        }
    };
    let user = opening.fill("user", user);
    let password = opening.fill("password", password)?;
    if !password.has_secret() {
        opening.note("password", Mistake::InThePlan);
        return None;
    }
    let user = user?;
    // What AUTH PLAIN makes of both.
    let joined = format!("\0{}\0{}", user.value, password.value);
    opening
        .secrets
        .remember_form("${…}", STANDARD.encode(joined));
    Some(Some(Credentials::new(user.value, password.value)))
}

fn mailbox(key: &str, text: &str, opening: &mut Opening<'_>) -> Option<Mailbox> {
    let mailbox = text.parse::<Mailbox>().map_err(|error| {
        Mistake::NotAnAddress(format!(
            "{text:?} is not an address ({error}); write a@b.example or \"Name <a@b.example>\""
        ))
    });
    opening.take(key, mailbox)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stay_different_and_can_be_carried() {
        assert_eq!(message_id("ruixin-bao/stop/1"), "ruixin-bao/stop/1");
        assert_eq!(message_id("瑞/a.b>"), "%E7%91%9E/a%2Eb%3E");
    }
}
