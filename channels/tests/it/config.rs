use std::path::Path;

use channels::Post;
use serde_json::{Value, json};

use crate::{TestClock, channel, environment, message};

/// Gives every mistake of some channels.
fn mistakes(channels: &[Value]) -> Vec<String> {
    let channels: Vec<_> = channels.iter().cloned().map(channel).collect();
    let mistakes = Post::open(&channels, Path::new("."), &environment).expect_err("mistakes");
    mistakes.iter().map(ToString::to_string).collect()
}

fn webhook(key: &str, value: Value) -> Value {
    let mut channel = json!({ "kind": "webhook", "name": "ops", "url": "https://a.example/" });
    channel[key] = value;
    channel
}

fn email(key: &str, value: Value) -> Value {
    let mut channel = json!({
        "kind": "email", "name": "mail", "server": "a.example", "from": "a@b.example", "to": ["c@d.example"],
    });
    channel[key] = value;
    channel
}

#[test]
fn every_mistake_is_told_with_its_place_and_the_mend() {
    let check = |channel: Value, told: &str| assert_eq!(mistakes(&[channel]), [told]);
    check(
        webhook("url", json!("https://a.example/${NONE}")),
        "channel \"ops\", url: the environment has no NONE, or it is empty; set it before the run",
    );
    check(
        webhook("url", json!("http://a.example/")),
        "channel \"ops\", url: it would go in the clear to another machine; \
         use https://, or write plain = true if the way is safe",
    );
    check(
        webhook("headers", json!({ "Idempotency-Key": "1" })),
        "channel \"ops\", headers.Idempotency-Key: this header is set by the channel itself; leave it out",
    );
    check(
        webhook("headers", json!({ "a b": "1" })),
        "channel \"ops\", headers.a b: it is no name of a header; use letters, digits and -",
    );
    check(
        webhook("headers", json!({ "X-Name": "瑞信" })),
        "channel \"ops\", headers.X-Name: its value cannot be sent; use visible ASCII characters",
    );
    check(
        webhook("headers", json!({ "X-Name": "1", "x-name": "2" })),
        "channel \"ops\", headers.x-name: another header has this name; case does not tell them apart",
    );
    check(
        webhook("body", json!({ "text": { "content": "公告 {sbject}" } })),
        "channel \"ops\", body.text.content: at 4, there is no place {sbject}; \
         there are {subject}, {text}, {id}, {kind}, {language}",
    );
    check(
        webhook("proxy", json!("ftp://a")),
        "channel \"ops\", proxy: it is not a proxy; write http://host:port",
    );
    check(
        webhook("patience", json!({ "attempts": 0 })),
        "channel \"ops\", patience.attempts: 0 is not from 1 to 20",
    );
    check(
        webhook("patience", json!({ "timeout": "0s" })),
        "channel \"ops\", patience.timeout: 0ns is not from 1ms to 1h",
    );
    check(
        webhook("name", json!(" ")),
        "channel \" \", name: it is empty; write it, or leave the channel out",
    );
    check(
        email("tls", json!("none")),
        "channel \"mail\", tls: it would go in the clear to another machine; \
         use tls = \"starttls\", or write plain = true if the way is safe",
    );
    check(
        email("to", json!([])),
        "channel \"mail\", to: it is empty; write it, or leave the channel out",
    );
    check(
        email("user", json!("u")),
        "channel \"mail\", password: it is empty; write it, or leave the channel out",
    );
    let mut channel = email("user", json!("u"));
    channel["password"] = json!("hunter2");
    check(
        channel,
        "channel \"mail\", password: a secret stands in the plan; \
         write ${NAME} and set NAME in the environment",
    );
    let told = mistakes(&[email("from", json!("nobody"))]);
    assert!(
        told[0].ends_with("write a@b.example or \"Name <a@b.example>\""),
        "{told:?}"
    );
    check(
        json!({ "kind": "command", "name": "pager", "argv": [] }),
        "channel \"pager\", argv: it is empty; write it, or leave the channel out",
    );
    check(
        json!({ "kind": "file", "name": "log", "path": "" }),
        "channel \"log\", path: it is empty; write it, or leave the channel out",
    );
}

#[test]
fn all_mistakes_are_told_at_once() {
    let mut twice = webhook("url", json!("https://${NONE}/"));
    twice["headers"] = json!({ "Host": "a", "X-B": "${GONE}" });
    let other = json!({ "kind": "file", "name": "ops", "path": "a" });
    let told = mistakes(&[twice, other]);
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(
        told[3].contains("another channel has this name"),
        "{told:?}"
    );
}

#[test]
fn each_channel_takes_the_notices_and_the_language_that_it_wants() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, notices: Value, language: Option<&str>| {
        channel(json!({
            "kind": "file", "name": name, "path": name, "notices": notices, "language": language,
        }))
    };
    let channels = [
        file("all", json!([]), None),
        file("stops", json!(["stop", "delay"]), None),
        file("reports", json!(["progress"]), None),
        file("english", json!([]), Some("en")),
        file("chinese", json!(["stop"]), Some("zh")),
    ];
    let post = Post::open(&channels, folder.path(), &environment).expect("no mistake");
    assert_eq!(post.takers(&message()), ["all", "stops", "chinese"]);
    let attempts = post.send(&message(), &TestClock::new(), |_| {});
    let sent: Vec<&str> = attempts
        .iter()
        .map(|attempt| attempt.channel.as_str())
        .collect();
    assert_eq!(sent, ["all", "stops", "chinese"]);
}

#[test]
fn a_failing_channel_stops_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let channels = [
        json!({ "kind": "file", "name": "broken", "path": "none/a" }),
        json!({ "kind": "command", "name": "slow", "argv": ["/bin/sleep", "30"],
                "patience": { "attempts": 1, "timeout": "300ms" } }),
        json!({ "kind": "file", "name": "log", "path": "a" }),
    ]
    .map(channel);
    let post = Post::open(&channels, folder.path(), &environment).expect("no mistake");
    let attempts = post.send(&message(), &TestClock::new(), |_| {});
    let outcomes: Vec<(&str, bool)> = attempts
        .iter()
        .map(|attempt| (attempt.channel.as_str(), attempt.is_delivered()))
        .collect();
    assert_eq!(
        outcomes,
        [("broken", false), ("slow", false), ("log", true)]
    );
}
