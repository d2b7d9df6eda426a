//! Channels against real peers on this machine, in every way in which they fail.

mod call;
mod command;
mod config;
mod email;
mod file;
mod http;
mod secrets;
mod smtp;
mod tls;
mod webhook;

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use channels::{Attempt, Channel, Clock, Message, Outcome, Post};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Stands still, and moves on by each pause.
struct TestClock {
    now: Mutex<Timestamp>,
    pauses: Mutex<Vec<Duration>>,
    /// Whether the run is being stopped.
    is_stopped: bool,
}

impl TestClock {
    fn new() -> TestClock {
        TestClock {
            now: Mutex::new("2013-05-27T08:00:00Z".parse().expect("an instant")),
            pauses: Mutex::default(),
            is_stopped: false,
        }
    }

    /// Gives the pauses so far, in seconds.
    fn pauses(&self) -> Vec<u64> {
        let pauses = self.pauses.lock().expect("no one panicked");
        pauses.iter().map(Duration::as_secs).collect()
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().expect("no one panicked")
    }

    fn wait(&self, time: Duration) -> bool {
        self.pauses.lock().expect("no one panicked").push(time);
        *self.now.lock().expect("no one panicked") += time;
        !self.is_stopped
    }
}

fn message() -> Message {
    let fields = json!({ "system": "瑞信支付" });
    Message {
        id: "ruixin-bao/stop/1".to_owned(),
        kind: "stop".to_owned(),
        language: "zh".to_owned(),
        subject: "瑞信支付 5月27日 08:00 至 16:00 暂停服务".to_owned(),
        text: "尊敬的用户：\n\n暂停的服务：付款、充值。\n.\n.一行以点开头\n".to_owned(),
        fields: fields.as_object().expect("an object").clone(),
    }
}

fn channel(json: Value) -> Channel {
    serde_json::from_value(json).expect("a channel")
}

fn environment(name: &str) -> Option<String> {
    match name {
        "TOKEN" => Some("t0k3n-s3cr3t".to_owned()),
        "SMTP_USER" => Some("n0t1c3-us3r".to_owned()),
        "SMTP_PASSWORD" => Some("p4ss=w0rd s3cr3t".to_owned()),
        _ => None,
    }
}

fn open(json: Value) -> Post {
    open_in(json, Path::new("."))
}

fn open_in(json: Value, folder: &Path) -> Post {
    match Post::open(&[channel(json)], folder, &environment) {
        Ok(post) => post,
        Err(mistakes) => panic!("{mistakes:?}"),
    }
}

/// Sends the message with a clock that stands still.
fn send(json: Value) -> Vec<Attempt> {
    open(json).send(&message(), &TestClock::new(), |_| {})
}

/// Gives what the attempts came to, a line each.
fn told(attempts: &[Attempt]) -> Vec<String> {
    let line = |attempt: &Attempt| match &attempt.outcome {
        Outcome::Delivered { says } => format!("{} delivered: {says}", attempt.number),
        Outcome::Failed { says, again_in } => match again_in {
            Some(pause) => format!("{} failed: {says}; again in {pause:?}", attempt.number),
            None => format!("{} failed: {says}", attempt.number),
        },
    };
    attempts.iter().map(line).collect()
}
