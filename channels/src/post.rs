//! Sending to all channels, with repetitions.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use ureq::tls::PemItem;

use crate::Message;
use crate::attempt::{Again, Attempt, Failure, Outcome};
use crate::channel::{Channel, Common, Patience};
use crate::clock::Clock;
use crate::command::CommandCarrier;
use crate::email::EmailCarrier;
use crate::file::FileCarrier;
use crate::mistake::{ChannelMistake, Mistake};
use crate::secret::Secrets;
use crate::webhook::WebhookCarrier;

/// The most attempts that make sense.
const ATTEMPTS_MAX: u32 = 20;

/// The longest time that a plan may give an attempt or a pause.
const TIME_MAX: Duration = Duration::from_secs(3600);

/// Holds the channels of a plan, checked and with their secrets.
#[derive(Debug)]
pub struct Post {
    lines: Vec<Line>,
    secrets: Secrets,
}

/// Is one channel, ready to carry messages.
#[derive(Debug)]
struct Line {
    name: String,
    notices: Vec<String>,
    language: Option<String>,
    patience: Patience,
    carrier: Carrier,
}

#[derive(Debug)]
enum Carrier {
    Webhook(Box<WebhookCarrier>),
    Email(Box<EmailCarrier>),
    Command(CommandCarrier),
    File(FileCarrier),
}

/// Is what a carrier needs to be made ready.
pub(crate) struct Opening<'a> {
    /// The plan's folder, from which paths start.
    pub(crate) folder: &'a Path,
    pub(crate) environment: &'a dyn Fn(&str) -> Option<String>,
    pub(crate) secrets: &'a mut Secrets,
    mistakes: Vec<(String, Mistake)>,
}

impl Post {
    /// Checks all channels and takes their secrets from the environment. Nothing is sent, and no peer is
    /// asked.
    ///
    /// # Errors
    /// Every mistake of every channel.
    pub fn open(
        channels: &[Channel],
        folder: &Path,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Post, Vec<ChannelMistake>> {
        let mut secrets = Secrets::default();
        let mut mistakes = Vec::new();
        let mut lines = Vec::new();
        let mut names = BTreeSet::new();
        for channel in channels {
            let mut opening = Opening::new(folder, environment, &mut secrets);
            let common = channel.common();
            opening.check(&common);
            if !names.insert(common.name) {
                opening.note("name", Mistake::Doubled);
            }
            let carrier = Carrier::open(channel, &mut opening);
            mistakes.extend(opening.into_mistakes(common.name));
            lines.extend(carrier.map(|carrier| Line::new(&common, carrier)));
        }
        match mistakes.is_empty() {
            true => Ok(Post { lines, secrets }),
            false => Err(mistakes),
        }
    }

    /// Sends a message to every channel that wants it, all at the same time, and repeats what may help.
    ///
    /// `seen` is called with each attempt as soon as it is over. Returns all attempts, by channel in the
    /// order of the plan, then by number.
    pub fn send(
        &self,
        message: &Message,
        clock: &dyn Clock,
        mut seen: impl FnMut(&Attempt),
    ) -> Vec<Attempt> {
        let wanted = self.lines.iter().filter(|line| line.wants(message));
        let (tell, told) = mpsc::channel();
        let mut attempts: Vec<(usize, Attempt)> = thread::scope(|scope| {
            for (place, line) in wanted.enumerate() {
                let tell = tell.clone();
                scope.spawn(move || {
                    let tell = |attempt| {
                        // The receiver lives until all senders are gone.
                        let _ = tell.send((place, attempt));
                    };
                    line.deliver(message, clock, &self.secrets, tell);
                });
            }
            drop(tell);
            let attempts = told.into_iter();
            attempts.inspect(|(_, attempt)| seen(attempt)).collect()
        });
        attempts.sort_by_key(|(place, attempt)| (*place, attempt.number));
        attempts.into_iter().map(|(_, attempt)| attempt).collect()
    }

    /// Gives the names of the channels that want such a message.
    pub fn takers(&self, message: &Message) -> Vec<&str> {
        let takers = self.lines.iter().filter(|line| line.wants(message));
        takers.map(|line| line.name.as_str()).collect()
    }
}

impl Line {
    fn new(common: &Common<'_>, carrier: Carrier) -> Line {
        Line {
            name: common.name.to_owned(),
            notices: common.notices.to_vec(),
            language: common.language.map(str::to_owned),
            patience: common.patience,
            carrier,
        }
    }

    fn wants(&self, message: &Message) -> bool {
        let is_kind = self.notices.is_empty() || self.notices.contains(&message.kind);
        let language = self.language.as_ref();
        is_kind && language.is_none_or(|language| *language == message.language)
    }

    fn deliver(
        &self,
        message: &Message,
        clock: &dyn Clock,
        secrets: &Secrets,
        tell: impl Fn(Attempt),
    ) {
        for number in 1..=self.patience.attempts {
            let began = clock.now();
            let result = self
                .carrier
                .carry(message, clock, secrets, self.patience.timeout);
            let took = Duration::try_from(clock.now().duration_since(began)).unwrap_or_default();
            let again_in = result
                .as_ref()
                .err()
                .and_then(|failure| self.again_in(failure, number));
            let outcome = match result {
                Ok(says) => Outcome::Delivered { says },
                Err(Failure { says, .. }) => Outcome::Failed { says, again_in },
            };
            tell(Attempt {
                channel: self.name.clone(),
                number,
                began,
                took,
                outcome,
            });
            let goes_on = again_in.is_some_and(|pause| clock.wait(pause));
            if !goes_on {
                return;
            }
        }
    }

    /// Gives the pause before the next attempt: what the peer asks for or what doubles each time,
    /// whichever is longer, but never more than the longest.
    fn again_in(&self, failure: &Failure, number: u32) -> Option<Duration> {
        if number >= self.patience.attempts {
            return None;
        }
        let pause = self.patience.pause_after(number);
        match failure.again {
            Again::Never => None,
            Again::Later => Some(pause),
            Again::After(asked) => Some(asked.max(pause).min(self.patience.pause_max)),
        }
    }
}

impl Carrier {
    fn open(channel: &Channel, opening: &mut Opening<'_>) -> Option<Carrier> {
        match channel {
            Channel::Webhook(webhook) => WebhookCarrier::open(webhook, opening)
                .map(|carrier| Carrier::Webhook(Box::new(carrier))),
            Channel::Email(email) => {
                EmailCarrier::open(email, opening).map(|carrier| Carrier::Email(Box::new(carrier)))
            }
            Channel::Command(command) => {
                CommandCarrier::open(command, opening).map(Carrier::Command)
            }
            Channel::File(file) => FileCarrier::open(file, opening).map(Carrier::File),
        }
    }

    fn carry(
        &self,
        message: &Message,
        clock: &dyn Clock,
        secrets: &Secrets,
        timeout: Duration,
    ) -> Result<String, Failure> {
        match self {
            Carrier::Webhook(webhook) => webhook.carry(message, clock, secrets, timeout),
            Carrier::Email(email) => email.carry(message, clock, secrets, timeout),
            Carrier::Command(command) => command.carry(message, secrets, timeout),
            Carrier::File(file) => file.carry(message),
        }
    }
}

impl<'a> Opening<'a> {
    pub(crate) fn new(
        folder: &'a Path,
        environment: &'a dyn Fn(&str) -> Option<String>,
        secrets: &'a mut Secrets,
    ) -> Opening<'a> {
        Opening {
            folder,
            environment,
            secrets,
            mistakes: Vec::new(),
        }
    }

    /// Gives all mistakes, as those of this channel.
    pub(crate) fn into_mistakes(self, channel: &str) -> Vec<ChannelMistake> {
        let found = self.mistakes.into_iter();
        found
            .map(|(key, mistake)| ChannelMistake {
                channel: channel.to_owned(),
                key,
                mistake,
            })
            .collect()
    }
}

impl Opening<'_> {
    fn check(&mut self, common: &Common<'_>) {
        self.filled("name", common.name);
        for kind in common.notices {
            self.filled("notices", kind);
        }
        if let Some(language) = common.language {
            self.filled("language", language);
        }
        let Patience {
            attempts,
            pause,
            pause_max,
            timeout,
        } = common.patience;
        if !(1..=ATTEMPTS_MAX).contains(&attempts) {
            self.bounds("patience.attempts", &attempts, "1", "20");
        }
        for (key, time, least) in [
            ("patience.pause", pause, Duration::ZERO),
            ("patience.pause_max", pause_max, Duration::ZERO),
            ("patience.timeout", timeout, Duration::from_millis(1)),
        ] {
            if !(least..=TIME_MAX).contains(&time) {
                let least = if least.is_zero() { "0s" } else { "1ms" };
                self.bounds(key, &format_args!("{time:?}"), least, "1h");
            }
        }
    }

    fn bounds(
        &mut self,
        key: &str,
        found: &dyn std::fmt::Display,
        least: &'static str,
        most: &'static str,
    ) {
        let found = found.to_string();
        self.note(key, Mistake::OutOfBounds { found, least, most });
    }

    /// Notes that a text is empty.
    pub(crate) fn filled(&mut self, key: &str, text: &str) {
        if text.trim().is_empty() {
            self.note(key, Mistake::Empty);
        }
    }

    /// Notes a mistake.
    pub(crate) fn note(&mut self, key: impl Into<String>, mistake: Mistake) {
        self.mistakes.push((key.into(), mistake));
    }

    /// Gives a value, or notes what is wrong with it.
    pub(crate) fn take<T>(&mut self, key: &str, value: Result<T, Mistake>) -> Option<T> {
        value.map_err(|mistake| self.note(key, mistake)).ok()
    }

    /// Fills the variables of a text in, or notes what is wrong with them.
    pub(crate) fn fill(&mut self, key: &str, text: &str) -> Option<crate::secret::Filled> {
        self.filled(key, text);
        let filled = self.secrets.fill(text, self.environment);
        self.take(key, filled)
    }

    /// Reads a PEM file of certificates that the plan names.
    pub(crate) fn certificates(&mut self, key: &str, path: &Path) -> Option<Vec<u8>> {
        let unreadable = |why: String| Mistake::Unreadable {
            path: path.display().to_string(),
            why,
        };
        let read = std::fs::read(self.folder.join(path));
        let read = read.map_err(|error| unreadable(error.to_string()));
        let read = read.and_then(|pem| match holds_certificate(&pem) {
            true => Ok(pem),
            false => Err(unreadable("it holds no certificate in PEM".to_owned())),
        });
        self.take(key, read)
    }
}

fn holds_certificate(pem: &[u8]) -> bool {
    let items = ureq::tls::parse_pem(pem);
    let mut certificates = items.filter(|item| matches!(item, Ok(PemItem::Certificate(_))));
    certificates.next().is_some()
}

/// Says whether a host is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let address = host.parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}
