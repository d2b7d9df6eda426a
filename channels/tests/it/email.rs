use std::net::TcpListener;

use serde_json::{Value, json};

use crate::smtp::{Manner, Server};
use crate::{TestClock, message, open, send, told};

fn email(port: u16) -> Value {
    json!({
        "kind": "email", "name": "mail", "server": "127.0.0.1", "port": port, "tls": "none",
        "from": "瑞信支付 <notice@pay.example>", "to": ["ops@pay.example", "审计 <audit@pay.example>"],
        "patience": { "attempts": 3, "timeout": "5s" },
    })
}

#[test]
fn a_mail_in_chinese_arrives_as_it_was_written() {
    let server = Server::start(vec![Manner::Takes]);
    assert_eq!(told(&send(email(server.port))), ["1 delivered: status 250"]);
    let received = &server.received(1)[0];
    assert_eq!(received.header("Subject"), message().subject);
    assert_eq!(received.body().trim_end(), message().text.trim_end());
    assert_eq!(received.header("From"), "瑞信支付 <notice@pay.example>");
    assert_eq!(
        received.header("To"),
        "ops@pay.example, 审计 <audit@pay.example>"
    );
    assert_eq!(received.header("Date"), "Mon, 27 May 2013 08:00:00 +0000");
    assert_eq!(
        received.header("Message-ID"),
        "<ruixin-bao/stop/1@pay.example>"
    );
    assert_eq!(received.header("Idempotency-Key"), "ruixin-bao/stop/1");
    assert_eq!(received.header("Auto-Submitted"), "auto-generated");
    let receivers = received
        .commands
        .iter()
        .filter(|line| line.starts_with("RCPT"));
    assert_eq!(receivers.count(), 2);
}

#[test]
fn user_and_password_come_from_the_environment() {
    let server = Server::start(vec![Manner::Takes]);
    let mut channel = email(server.port);
    channel["user"] = json!("${SMTP_USER}");
    channel["password"] = json!("${SMTP_PASSWORD}");
    assert_eq!(told(&send(channel)), ["1 delivered: status 250"]);
    let received = &server.received(1)[0];
    // Base64 of NUL, user, NUL, password.
    let login = "AUTH PLAIN AG4wdDFjMy11czNyAHA0c3M9dzByZCBzM2NyM3Q=";
    assert!(
        received.commands.iter().any(|line| line == login),
        "{received:?}"
    );
}

#[test]
fn a_refusal_for_now_is_tried_again_with_the_same_mail() {
    let busy = Manner::Says("RCPT", "450 mailbox busy");
    let full = Manner::Says("END", "452 no room");
    let server = Server::start(vec![busy, full, Manner::Takes]);
    let clock = TestClock::new();
    let attempts = open(email(server.port)).send(&message(), &clock, |_| {});
    let told = told(&attempts);
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(
        told[0].contains("450") && told[0].contains("mailbox busy"),
        "{told:?}"
    );
    assert!(
        told[1].contains("452") && told[1].contains("again in 2s"),
        "{told:?}"
    );
    assert_eq!(told[2], "3 delivered: status 250");
    assert_eq!(clock.pauses(), [1, 2]);
    let received = server.received(3);
    assert_eq!(
        received[1].header("Message-ID"),
        received[2].header("Message-ID")
    );
}

#[test]
fn a_refusal_for_good_is_not_tried_again() {
    for (at, answer) in [
        ("RCPT", "550 no such user"),
        ("END", "554 looks like spam"),
        ("HELLO", "554 not for you"),
    ] {
        let server = Server::start(vec![Manner::Says(at, answer); 3]);
        let told = told(&send(email(server.port)));
        assert_eq!(told.len(), 1, "{told:?}");
        let place = format!("1 failed: 127.0.0.1:{} refused: ", server.port);
        assert!(told[0].starts_with(&place), "{told:?}");
        assert!(told[0].contains(&answer[4..]), "{told:?}");
    }
}

#[test]
fn a_server_that_hangs_or_closes_is_tried_again() {
    let server = Server::start(vec![Manner::Closes, Manner::Hangs, Manner::Takes]);
    let mut channel = email(server.port);
    channel["patience"] = json!({ "attempts": 2, "timeout": "500ms" });
    let told = told(&send(channel));
    let place = format!("127.0.0.1:{}", server.port);
    assert!(
        told[0].starts_with(&format!("1 failed: {place} failed: ")),
        "{told:?}"
    );
    assert_eq!(
        told[1],
        format!("2 failed: {place} did not answer within 500ms")
    );
}

#[test]
fn a_refused_connection_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let told = told(&send(email(port)));
    assert_eq!(told.len(), 3);
    assert!(told[2].contains("Connection refused"), "{told:?}");
}

#[test]
fn a_server_that_does_not_encrypt_gets_nothing() {
    let server = Server::start(vec![Manner::Takes; 3]);
    let mut channel = email(server.port);
    channel["tls"] = json!("starttls");
    channel["user"] = json!("${SMTP_USER}");
    channel["password"] = json!("${SMTP_PASSWORD}");
    let attempts = send(channel);
    assert!(
        attempts.iter().all(|attempt| !attempt.is_delivered()),
        "{attempts:?}"
    );
    for received in server.received(attempts.len()) {
        let is_hello = |line: &String| line.starts_with("EHLO") || line == "QUIT";
        assert!(received.commands.iter().all(is_hello), "{received:?}");
    }
}

#[test]
fn a_subject_cannot_add_headers() {
    let server = Server::start(vec![Manner::Takes]);
    let mut message = message();
    message.subject = "a\r\nBcc: b@evil.example".to_owned();
    let attempts = open(email(server.port)).send(&message, &TestClock::new(), |_| {});
    assert!(attempts[0].is_delivered(), "{attempts:?}");
    let received = &server.received(1)[0];
    assert_eq!(received.header("Subject"), "a  Bcc: b@evil.example");
    assert!(!received.mail.contains("\nBcc"), "{}", received.mail);
}
