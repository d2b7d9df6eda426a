//! Notices on their way: worded in each language, sent to each channel, every attempt in the
//! daybook. A channel that fails never stops a run.

use super::{Desk, clocked, hook};
use crate::commands::environment;
use crate::error::{CommandError, Kind};
use crate::screen::Screen;
use crate::words;
use channels::{Channel, Clock, Command, Email, File, Message, Patience, Post, Tls, Webhook};
use cutover::clock::{self, Reading};
use cutover::daybook::{Event, Notice as Told};
use cutover::notice::{Kind as About_, Language, Notice, Occasion, Sender, Template, write};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rules::plan::{ChannelPlan, NoticePlan, Plan, Way, Window};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// What is told.
pub(crate) enum About {
    /// The system will be closed.
    Stop { from: Timestamp, until: Timestamp },
    /// It is open again.
    Reopening { from: Timestamp, at: Timestamp },
    /// The move was put off: the old system is open as before, or stays so.
    PutOff {
        from: Timestamp,
        until: Timestamp,
        at: Timestamp,
        was_closed: bool,
    },
    /// It will be closed longer.
    Delay {
        was_until: Timestamp,
        until: Timestamp,
    },
    /// How the work goes.
    Progress { reading: Box<Reading> },
}

/// The language of notices that is that of a screen.
pub(crate) fn language(words: words::Language) -> Language {
    words.pick(Language::English, Language::Chinese)
}

/// Words a notice in each language of the plan and sends it to each channel that takes it, as long as
/// the clock goes on. What the end of a window is told once is not told to the same channel again.
///
/// # Errors
/// The daybook cannot be written. That a channel fails, or cannot even be opened, and that a notice
/// cannot be worded is no error: it is in the daybook, and the others are sent.
pub(crate) fn send(
    plan: &Plan,
    window: &Window,
    desk: &mut Desk,
    about: About,
    clock: &dyn Clock,
    screen: &Screen,
) -> Result<(), CommandError> {
    let kind = kind_of(&about);
    for planned in &window.notices {
        if !clock.wait(Duration::ZERO) {
            break;
        }
        let named = format!("{}/{}", kind.as_str(), planned.language);
        let told = already(desk, kind, &named);
        let takers = window.channels.iter().filter(|channel| {
            takes(channel, kind)
                && channel
                    .language
                    .as_ref()
                    .is_none_or(|one| *one == planned.language)
                && !told.contains(&channel.name)
        });
        let (channels, mut failed) = opened_each(plan, takers);
        if !channels.is_empty() {
            match worded(&clocked::zone(desk.state()), planned, &about) {
                Ok(notice) => {
                    let post = opened(plan, &channels)?;
                    let head = desk.state().head().short();
                    let message = Message {
                        id: format!("{}/{}/{head}", plan.name.value, kind.as_str()),
                        kind: kind.as_str().to_owned(),
                        language: planned.language.clone(),
                        subject: notice.subject.clone(),
                        text: notice.text.clone(),
                        fields: fields(&notice),
                    };
                    deliver(&post, &message, &named, desk, clock, screen)?;
                }
                Err(error) => {
                    let names = channels.iter().map(|channel| channel.common().name);
                    failed.extend(names.map(|name| (name.to_owned(), error.message.clone())));
                }
            }
        }
        for (channel, says) in failed {
            screen.tell(&says);
            let notice = Told {
                kind: named.clone(),
                channel,
                attempt: 1,
                took_ms: 0,
            };
            desk.record(Event::NoticeFailed { notice, says })?;
        }
    }
    Ok(())
}

/// Sends a message, and puts every attempt into the daybook.
fn deliver(
    post: &Post,
    message: &Message,
    named: &str,
    desk: &mut Desk,
    clock: &dyn Clock,
    screen: &Screen,
) -> Result<(), CommandError> {
    let attempts = post.send(message, clock, |attempt| {
        if !attempt.is_delivered() {
            screen.tell(&format!("channel {}: {}", attempt.channel, attempt.says()));
        }
    });
    for attempt in attempts {
        let told = Told {
            kind: named.to_owned(),
            channel: attempt.channel.clone(),
            attempt: attempt.number,
            took_ms: u64::try_from(attempt.took.as_millis()).unwrap_or(u64::MAX),
        };
        desk.record(match attempt.is_delivered() {
            true => Event::NoticeSent(told),
            false => Event::NoticeFailed {
                notice: told,
                says: attempt.says().to_owned(),
            },
        })?;
    }
    Ok(())
}

/// Says whether a channel takes a kind of notice. Whoever is told that a system closes, or that it is
/// open on the new one, must hear that neither is to be.
fn takes(channel: &ChannelPlan, kind: About_) -> bool {
    let has = |kind: About_| channel.notices.iter().any(|word| word == kind.as_str());
    match kind {
        About_::PutOff => has(About_::Stop) || has(About_::Reopening),
        kind => has(kind),
    }
}

/// The channels that were told of a window's end since it is over; none for what may be told again.
fn already(desk: &Desk, kind: About_, named: &str) -> BTreeSet<String> {
    if !matches!(kind, About_::Reopening | About_::PutOff) {
        return BTreeSet::new();
    }
    let last_first = desk.daybook().entries().iter().rev();
    let events = last_first.map(cutover::daybook::Entry::event);
    let since = events.take_while(|event| !matches!(event, Event::Released | Event::RolledBack));
    let sent = since.filter_map(|event| match event {
        Event::NoticeSent(told) if told.kind == named => Some(told.channel.clone()),
        _ => None,
    });
    sent.collect()
}

/// Opens each channel by itself; gives those that open, and why the others do not.
fn opened_each<'p>(
    plan: &Plan,
    planned: impl Iterator<Item = &'p ChannelPlan>,
) -> (Vec<Channel>, Vec<(String, String)>) {
    let (mut open, mut failed) = (Vec::new(), Vec::new());
    for planned in planned {
        let channel = channel_of(planned).and_then(|channel| {
            opened(plan, std::slice::from_ref(&channel))?;
            Ok(channel)
        });
        match channel {
            Ok(channel) => open.push(channel),
            Err(error) => failed.push((planned.name.clone(), error.message)),
        }
    }
    (open, failed)
}

fn kind_of(about: &About) -> About_ {
    match about {
        About::Stop { .. } => About_::Stop,
        About::Reopening { .. } => About_::Reopening,
        About::PutOff { .. } => About_::PutOff,
        About::Delay { .. } => About_::Delay,
        About::Progress { .. } => About_::Progress,
    }
}

fn fields(notice: &Notice) -> serde_json::Map<String, serde_json::Value> {
    match serde_json::to_value(&notice.fields) {
        Ok(serde_json::Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    }
}

/// Words every notice that the window may need and opens every channel, so that what is wrong with
/// them is told before the first is sent.
///
/// # Errors
/// A notice cannot be worded, or a channel is wrong as the plan has it.
pub(crate) fn check(plan: &Plan, window: &Window) -> Result<(), CommandError> {
    let (from, until) = (window.freeze.value, window.release.value);
    let later = until.saturating_add(jiff::SignedDuration::from_hours(1));
    let later = later.unwrap_or(Timestamp::MAX);
    let all = [
        About::Stop { from, until },
        About::Reopening { from, at: until },
        About::PutOff {
            from,
            until,
            at: from,
            was_closed: true,
        },
        About::PutOff {
            from,
            until,
            at: from,
            was_closed: false,
        },
        About::Delay {
            was_until: until,
            until: later,
        },
    ];
    for planned in &window.notices {
        for about in &all {
            worded(&clocked::zone_of(plan), planned, about)?;
        }
    }
    let channels = window.channels.iter();
    let channels = channels.map(channel_of);
    let channels = channels.collect::<Result<Vec<_>, _>>()?;
    opened(plan, &channels).map(|_| ())
}

fn opened(plan: &Plan, channels: &[Channel]) -> Result<Post, CommandError> {
    Post::open(channels, plan.folder(), &environment).map_err(|mistakes| {
        let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        CommandError::new(Kind::Use, lines.join("\n"))
    })
}

/// Words a notice in one language.
fn worded(zone: &TimeZone, planned: &NoticePlan, about: &About) -> Result<Notice, CommandError> {
    let zone = zone.clone();
    let language = match planned.language.as_str() {
        "zh" => Language::Chinese,
        _ => Language::English,
    };
    let (mut status, mut details) = (String::new(), Vec::new());
    if let About::Progress { reading } = about {
        status = clock::status_line(reading, &zone, language);
        details.extend(clock::leaving_line(reading, &zone, language));
    }
    let occasion = match about {
        About::Stop { from, until } => Occasion::Stop {
            from: *from,
            until: *until,
        },
        About::Reopening { from, at } => Occasion::Reopening {
            from: *from,
            at: *at,
        },
        About::PutOff {
            from,
            until,
            at,
            was_closed,
        } => Occasion::PutOff {
            from: *from,
            until: *until,
            at: *at,
            was_closed: *was_closed,
        },
        About::Delay { was_until, until } => Occasion::Delay {
            was_until: *was_until,
            until: *until,
        },
        About::Progress { reading } => Occasion::Progress {
            at: reading.now,
            status: &status,
            details: &details,
        },
    };
    let (mut closed, mut open) = (texts(&planned.closed), texts(&planned.open));
    if closed.is_empty() {
        closed = language.closed().to_vec();
    }
    if open.is_empty() {
        open = language.open().to_vec();
    }
    let sender = Sender {
        system: &planned.system,
        contact: &planned.contact,
        closed: &closed,
        open: &open,
        zone,
    };
    let own = template(planned, kind_of(about))?;
    write(&occasion, &sender, language, own.as_ref()).map_err(|error| {
        let message = format!(
            "the notice in {} cannot be written: {error}",
            planned.language
        );
        CommandError::new(Kind::Use, message)
    })
}

fn texts(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// The plan's own text of a notice: a subject, an empty line, and the text.
fn template(planned: &NoticePlan, kind: About_) -> Result<Option<Template>, CommandError> {
    let [stop, reopening, delay, put_off] = &planned.texts;
    let own = match kind {
        About_::Stop => stop,
        About_::Reopening => reopening,
        About_::PutOff => put_off,
        About_::Delay => delay,
        About_::Progress => return Ok(None),
    };
    let Some(own) = own else {
        return Ok(None);
    };
    let whole = own.value.trim();
    let (subject, text) = whole.split_once("\n\n").unwrap_or((whole, whole));
    let read = Template::read(kind, subject.trim(), text.trim());
    read.map(Some).map_err(|error| {
        let message = format!("the text of `{}` is wrong: {error}", kind.as_str());
        CommandError::new(Kind::Use, message)
    })
}

/// Cuts `mail.example.org:587` into host and port.
fn host_and_port(server: &str) -> Result<(&str, Option<u16>), String> {
    let Some((host, port)) = server.rsplit_once(':') else {
        return Ok((server, None));
    };
    let number = port.parse().map_err(|_| format!("`{port}` is no port"))?;
    Ok((host, Some(number)))
}

/// A channel of the plan, as it is opened.
fn channel_of(planned: &ChannelPlan) -> Result<Channel, CommandError> {
    let wrong = |why: String| {
        let message = format!("the channel {}: {why}", planned.name);
        CommandError::new(Kind::Use, message)
    };
    let (name, mut notices) = (planned.name.clone(), planned.notices.clone());
    if takes(planned, About_::PutOff) {
        notices.push(About_::PutOff.as_str().to_owned());
    }
    let language = planned.language.clone();
    let patience = Patience {
        attempts: u32::try_from(planned.attempts).unwrap_or(1),
        timeout: Duration::try_from(planned.time_limit).unwrap_or(Duration::from_secs(10)),
        ..Patience::default()
    };
    Ok(match &planned.way {
        Way::Webhook {
            url,
            headers,
            body,
            accept,
            proxy,
            ca_file,
        } => Channel::Webhook(Webhook {
            name,
            notices,
            language,
            patience,
            url: url.clone(),
            headers: headers.iter().cloned().collect(),
            body: match body {
                Some(body) => Some(
                    serde_json::from_str(body)
                        .map_err(|error| wrong(format!("its `body` is no JSON: {error}")))?,
                ),
                None => None,
            },
            accept: match accept {
                Some(accept) => serde_json::from_str(accept).map_err(|error| {
                    wrong(format!("its `accept` is no object of JSON: {error}"))
                })?,
                None => serde_json::Map::new(),
            },
            proxy: proxy.clone(),
            ca_file: ca_file.as_ref().map(PathBuf::from),
            plain: false,
        }),
        Way::Email {
            to,
            from,
            server,
            tls,
            user,
            password,
            ca_file,
        } => {
            let (host, port) = host_and_port(server).map_err(wrong)?;
            Channel::Email(Email {
                name,
                notices,
                language,
                patience,
                server: host.to_owned(),
                port,
                tls: match tls.as_str() {
                    "tls" => Tls::Tls,
                    "none" => Tls::None,
                    _ => Tls::Starttls,
                },
                plain: false,
                user: user.clone(),
                password: password.clone(),
                from: from.clone(),
                to: to.clone(),
                ca_file: ca_file.as_ref().map(PathBuf::from),
            })
        }
        Way::Command(argv) => Channel::Command(Command {
            name,
            notices,
            language,
            patience,
            argv: argv.clone(),
        }),
        Way::File(file) => {
            let file = hook::filled(file).map_err(wrong)?;
            Channel::File(File {
                name,
                notices,
                language,
                patience,
                path: PathBuf::from(file),
            })
        }
    })
}
