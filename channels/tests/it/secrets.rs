//! No secret comes out again, whatever peers do.

use std::path::Path;

use channels::Post;
use serde_json::{Value, json};

use crate::http::{Reply, Server};
use crate::smtp::{self, Manner};
use crate::{TestClock, environment, message};

/// The secrets, and what peers are sent of them.
const SECRETS: [&str; 7] = [
    "t0k3n-s3cr3t",
    "n0t1c3-us3r",
    "p4ss=w0rd",
    "p4ss%3Dw0rd%20s3cr3t",
    "cDRzcz13MHJkIHMzY3IzdA==",
    "bjB0MWMzLXVzM3I=",
    "AG4wdDFjMy11czNyAHA0c3M9dzByZCBzM2NyM3Q=",
];

/// Sends over channels that all fail, with peers that repeat what they got, and gives all that is told.
fn all_told(channels: &[Value]) -> String {
    let channels: Vec<_> = channels.iter().cloned().map(crate::channel).collect();
    let post = Post::open(&channels, Path::new("."), &environment).expect("no mistake");
    let mut told = format!("{channels:?} {post:?} {post:#?}");
    let attempts = post.send(&message(), &TestClock::new(), |attempt| {
        told.push_str(&format!("{attempt:?}"));
    });
    assert!(
        attempts.iter().all(|attempt| !attempt.is_delivered()),
        "{attempts:?}"
    );
    told.push_str(&format!("{attempts:#?}"));
    told
}

fn check(told: &str, names: &[&str]) {
    for secret in SECRETS {
        assert!(!told.contains(secret), "{secret} in {told}");
    }
    for name in names {
        assert!(
            told.contains(name),
            "{name} is shown in place of the secret: {told}"
        );
    }
}

#[test]
fn a_webhook_tells_no_secret() {
    let repeats = "you sent t0k3n-s3cr3t, t0k3n%2Ds3cr3t, Bearer t0k3n-s3cr3t and p4ss=w0rd s3cr3t";
    let to: &[_] = &[(
        "Location",
        "https://t0k3n-s3cr3t.example/t0k3n-s3cr3t?a=t0k3n-s3cr3t",
    )];
    let server = Server::start(vec![
        Reply::Answer(500, &[], repeats.to_owned()),
        Reply::Answer(200, &[], repeats.to_owned()),
        Reply::Close,
        Reply::Answer(302, to, String::new()),
    ]);
    let webhook = json!({
        "kind": "webhook", "name": "ops", "accept": { "errcode": 0 },
        "url": format!("{}?access_token=${{TOKEN}}", server.url()),
        "headers": { "Authorization": "Bearer ${TOKEN}", "X-Password": "${SMTP_PASSWORD}" },
        "patience": { "attempts": 4, "timeout": "5s" },
    });
    check(&all_told(&[webhook]), &["${TOKEN}", "${SMTP_PASSWORD}"]);
}

#[test]
fn an_address_that_cannot_be_called_tells_no_secret() {
    let webhook = |url: &str| {
        json!({
            "kind": "webhook", "name": "ops", "url": url, "proxy": "http://u:${TOKEN}@127.0.0.1:9",
            "patience": { "attempts": 1, "timeout": "5s" },
        })
    };
    check(&all_told(&[webhook("https://127.0.0.1:9/${TOKEN}")]), &[]);
    let open = |url: &str| {
        Post::open(
            &[crate::channel(webhook(url))],
            Path::new("."),
            &environment,
        )
        .expect_err("a mistake")
    };
    let told = format!("{:?}", open("https://${TOKEN} ${SMTP_PASSWORD}/"));
    check(&told, &[]);
}

#[test]
fn a_mail_tells_no_secret() {
    let server = smtp::Server::start(vec![Manner::Repeats; 2]);
    let email = json!({
        "kind": "email", "name": "mail", "server": "127.0.0.1", "port": server.port, "tls": "none",
        "user": "${SMTP_USER}", "password": "${SMTP_PASSWORD}",
        "from": "a@pay.example", "to": ["b@pay.example"],
        "patience": { "attempts": 2, "timeout": "5s" },
    });
    let told = all_told(&[email]);
    check(&told, &["535"]);
    let sent = &server.received(1)[0].commands;
    assert!(
        sent.iter().any(|line| line.contains(SECRETS[6])),
        "the server did get it: {sent:?}"
    );
}

#[test]
fn a_command_tells_no_secret_of_another_channel() {
    let email = json!({
        "kind": "email", "name": "mail", "server": "127.0.0.1", "port": 9, "tls": "none",
        "user": "${SMTP_USER}", "password": "${SMTP_PASSWORD}",
        "from": "a@pay.example", "to": ["b@pay.example"],
        "patience": { "attempts": 1, "timeout": "5s" },
    });
    let script =
        "i=0; while [ $i -lt 2000 ]; do echo 'p4ss=w0rd s3cr3t' >&2; i=$((i+1)); done; exit 1";
    let command = json!({
        "kind": "command", "name": "pager", "argv": ["/bin/sh", "-c", "exec /bin/sh \"$0\"", "script.sh"],
        "patience": { "attempts": 1 },
    });
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("script.sh"), script).expect("it can be written");
    let channels = [email, command].map(crate::channel);
    let post = Post::open(&channels, folder.path(), &environment).expect("no mistake");
    let attempts = post.send(&message(), &TestClock::new(), |_| {});
    let told = format!("{attempts:?}");
    check(&told, &["exit code 1", "${SMTP_PASSWORD}"]);
    assert!(!told.contains("w0rd"), "not even a part: {told}");
}

#[test]
fn a_host_from_the_environment_is_told_by_its_name() {
    let webhook = json!({
        "kind": "webhook", "name": "ops", "url": "https://${TOKEN}.invalid/",
        "patience": { "attempts": 1, "timeout": "5s" },
    });
    check(&all_told(&[webhook]), &["reach https://${TOKEN}.invalid"]);
}
