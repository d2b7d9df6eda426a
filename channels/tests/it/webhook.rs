use std::net::TcpListener;

use serde_json::{Value, json};

use crate::http::{Reply, Server, answer};
use crate::{TestClock, message, open, send, told};

fn webhook(url: &str) -> Value {
    json!({ "kind": "webhook", "name": "ops", "url": url, "patience": { "timeout": "5s", "attempts": 3 } })
}

#[test]
fn a_notice_is_posted_as_json() {
    let server = Server::start(vec![answer(200)]);
    let mut channel = webhook(&server.url());
    channel["headers"] = json!({ "Authorization": "Bearer ${TOKEN}", "X-Team": "ledger" });
    assert_eq!(told(&send(channel)), ["1 delivered: status 200"]);
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    let request = &requests[0];
    assert_eq!(request.line, "POST /hook HTTP/1.1");
    assert_eq!(
        request.header("Content-Type"),
        Some("application/json; charset=utf-8")
    );
    assert_eq!(request.header("Authorization"), Some("Bearer t0k3n-s3cr3t"));
    assert_eq!(request.header("X-Team"), Some("ledger"));
    assert_eq!(request.header("Idempotency-Key"), Some("ruixin-bao/stop/1"));
    assert!(
        request
            .header("User-Agent")
            .expect("one")
            .starts_with("crossfoot/")
    );
    assert_eq!(
        request.json(),
        serde_json::to_value(message()).expect("plain data")
    );
}

#[test]
fn chat_robots_are_bodies_of_the_plan() {
    let check = |body: Value, sent: Value| {
        let server = Server::start(vec![Reply::Answer(200, &[], r#"{"errcode":0}"#.to_owned())]);
        let mut channel = webhook(&format!("{}?access_token=${{TOKEN}}", server.url()));
        channel["body"] = body;
        channel["accept"] = json!({ "errcode": 0 });
        assert_eq!(told(&send(channel)), ["1 delivered: status 200"]);
        let request = &server.requests()[0];
        assert_eq!(
            request.line,
            "POST /hook?access_token=t0k3n-s3cr3t HTTP/1.1"
        );
        assert_eq!(request.json(), sent);
    };
    let (subject, text) = (message().subject, message().text);
    let both = format!("{subject}\n{text}");
    // DingTalk and WeCom.
    check(
        json!({ "msgtype": "text", "text": { "content": "{subject}\n{text}" } }),
        json!({ "msgtype": "text", "text": { "content": both } }),
    );
    // DingTalk's other shape.
    check(
        json!({ "msgtype": "markdown", "markdown": { "title": "{subject}", "text": "{text}" } }),
        json!({ "msgtype": "markdown", "markdown": { "title": subject, "text": text } }),
    );
    // Slack.
    check(
        json!({ "text": "*{subject}*\n{text}" }),
        json!({ "text": format!("*{subject}*\n{text}") }),
    );
}

#[test]
fn a_robot_that_answers_200_and_takes_nothing_has_not_delivered() {
    let refused = r#"{"errcode":310000,"errmsg":"keywords not in content"}"#;
    let taken = r#"{"errcode":0}"#;
    let replies = [refused, "not json", taken].map(|body| Reply::Answer(200, &[], body.to_owned()));
    let server = Server::start(replies.to_vec());
    let mut channel = webhook(&server.url());
    channel["accept"] = json!({ "errcode": 0 });
    let place = format!("http://127.0.0.1:{}", server.port);
    assert_eq!(
        told(&send(channel)),
        [
            format!(
                "1 failed: {place} answered 200, and not {{\"errcode\":0}}: {refused}; again in 1s"
            ),
            format!(
                "2 failed: {place} answered 200, and not {{\"errcode\":0}}: not json; again in 2s"
            ),
            "3 delivered: status 200".to_owned(),
        ]
    );
}

#[test]
fn a_server_fault_is_tried_again_with_the_same_key() {
    let fault = Reply::Answer(500, &[], "out of\r\nmemory".to_owned());
    let server = Server::start(vec![fault.clone(), fault, answer(204)]);
    let clock = TestClock::new();
    let mut seen = Vec::new();
    let post = open(webhook(&server.url()));
    let attempts = post.send(&message(), &clock, |attempt| seen.push(attempt.clone()));
    let place = format!("http://127.0.0.1:{}", server.port);
    assert_eq!(
        told(&attempts),
        [
            format!("1 failed: {place} answered 500: out of memory; again in 1s"),
            format!("2 failed: {place} answered 500: out of memory; again in 2s"),
            "3 delivered: status 204".to_owned(),
        ]
    );
    assert_eq!(clock.pauses(), [1, 2]);
    assert_eq!(seen, attempts, "each is told as soon as it is over");
    let began: Vec<String> = attempts
        .iter()
        .map(|attempt| attempt.began.to_string())
        .collect();
    assert_eq!(
        began,
        [
            "2013-05-27T08:00:00Z",
            "2013-05-27T08:00:01Z",
            "2013-05-27T08:00:03Z"
        ]
    );
    for request in server.requests() {
        assert_eq!(request.header("Idempotency-Key"), Some("ruixin-bao/stop/1"));
    }
}

#[test]
fn the_last_attempt_is_the_last() {
    let server = Server::start(vec![answer(503); 9]);
    let clock = TestClock::new();
    let attempts = open(webhook(&server.url())).send(&message(), &clock, |_| {});
    assert_eq!(attempts.len(), 3);
    assert_eq!(server.requests().len(), 3);
    assert_eq!(clock.pauses(), [1, 2], "nobody waits after the last");
}

#[test]
fn a_run_that_is_being_stopped_waits_for_no_channel() {
    let server = Server::start(vec![answer(503); 9]);
    let clock = TestClock {
        is_stopped: true,
        ..TestClock::new()
    };
    let attempts = open(webhook(&server.url())).send(&message(), &clock, |_| {});
    assert_eq!(attempts.len(), 1);
}

#[test]
fn what_a_peer_refuses_is_not_tried_again() {
    for status in [400, 401, 403, 404, 413, 422] {
        let server = Server::start(vec![answer(status); 3]);
        let place = format!("http://127.0.0.1:{}", server.port);
        let attempts = send(webhook(&server.url()));
        assert_eq!(
            told(&attempts),
            [format!("1 failed: {place} answered {status}")]
        );
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn too_many_requests_are_tried_again_when_the_peer_asks_for_it() {
    let busy = |asked| Reply::Answer(429, asked, String::new());
    let server = Server::start(vec![
        busy(&[("Retry-After", "7")]),
        busy(&[("Retry-After", "Mon, 27 May 2013 08:00:37 GMT")]),
        busy(&[("Retry-After", "86400")]),
        Reply::Answer(408, &[], String::new()),
        busy(&[("Retry-After", "0")]),
        answer(200),
    ]);
    let mut channel = webhook(&server.url());
    channel["patience"]["attempts"] = json!(6);
    channel["patience"]["pause_max"] = json!("1m");
    let clock = TestClock::new();
    let attempts = open(channel).send(&message(), &clock, |_| {});
    assert!(attempts[5].is_delivered());
    // Asked for; a date, seen from seven seconds later; cut to the longest; not asked for; doubled.
    assert_eq!(clock.pauses(), [7, 30, 60, 8, 16]);
}

#[test]
fn a_redirect_is_not_followed_and_says_what_to_do() {
    for status in [301, 302, 307, 308] {
        let to: &[_] = &[("Location", "https://new.example/hook?token=t0k3n-s3cr3t")];
        let server = Server::start(vec![Reply::Answer(status, to, String::new()); 3]);
        let place = format!("http://127.0.0.1:{}", server.port);
        let told = told(&send(webhook(&server.url())));
        assert_eq!(
            told,
            [format!(
                "1 failed: {place} moved to \"https://new.example/hook\" (status {status}); \
                 write the new address into the plan"
            )]
        );
    }
}

#[test]
fn a_peer_that_says_nothing_is_given_up_in_time() {
    let server = Server::start(vec![Reply::Hang]);
    let mut channel = webhook(&server.url());
    channel["patience"] = json!({ "attempts": 1, "timeout": "300ms" });
    let began = std::time::Instant::now();
    let place = format!("http://127.0.0.1:{}", server.port);
    assert_eq!(
        told(&send(channel)),
        [format!("1 failed: {place} did not answer within 300ms")]
    );
    assert!(began.elapsed().as_secs() < 2);
}

#[test]
fn a_peer_that_breaks_off_is_tried_again() {
    let server = Server::start(vec![Reply::Close, Reply::Break, answer(200)]);
    let attempts = send(webhook(&server.url()));
    let told = told(&attempts);
    let place = format!("http://127.0.0.1:{}", server.port);
    assert_eq!(told.len(), 3, "{told:?}");
    for line in &told[..2] {
        assert!(
            line.contains(&format!("failed: failed to reach {place}: ")),
            "{line}"
        );
    }
    assert_eq!(told[2], "3 delivered: status 200");
}

#[test]
fn a_refused_connection_is_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let told = told(&send(webhook(&format!("http://127.0.0.1:{port}/"))));
    assert_eq!(told.len(), 3);
    assert_eq!(
        told[2],
        format!(
            "3 failed: failed to reach http://127.0.0.1:{port}: io: Connection refused (os error 111)"
        )
    );
}

#[test]
fn a_host_that_does_not_exist_is_told() {
    let mut channel = webhook("https://no-such-host.invalid/");
    channel["patience"] = json!({ "attempts": 1, "timeout": "5s" });
    let told = told(&send(channel));
    assert!(told[0].contains("https://no-such-host.invalid"), "{told:?}");
}

#[test]
fn a_long_answer_is_told_in_short() {
    let long = Reply::Answer(500, &[], "长".repeat(100_000));
    let server = Server::start(vec![long]);
    let mut channel = webhook(&server.url());
    channel["patience"]["attempts"] = json!(1);
    let told = told(&send(channel));
    assert!(told[0].chars().count() < 500, "{}", told[0].len());
}

#[test]
fn an_id_that_no_header_can_carry_is_encoded() {
    let server = Server::start(vec![answer(200)]);
    let mut message = message();
    message.id = "瑞/1\r\nX: y".to_owned();
    let attempts = open(webhook(&server.url())).send(&message, &TestClock::new(), |_| {});
    assert!(attempts[0].is_delivered(), "{attempts:?}");
    assert_eq!(
        server.requests()[0].header("Idempotency-Key"),
        Some("%E7%91%9E/1%0D%0AX:%20y")
    );
}
