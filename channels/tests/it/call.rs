//! Calls: once, and told whether they were done.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use channels::Call;
use serde_json::{Value, json};

use crate::environment;
use crate::http::{Reply, Server, answer};

const LIMIT: Duration = Duration::from_secs(5);

fn about() -> Value {
    json!({ "step": "freeze", "plan": "瑞信" })
}

fn program(argv: &[&str], folder: &Path) -> Result<(), String> {
    let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
    let call = Call::program(&argv, folder).map_err(|mistake| mistake.to_string())?;
    call.make("瑞信/freeze/1", &about(), LIMIT)
}

fn address(url: &str) -> Result<(), String> {
    let call = Call::address(url, &environment).map_err(|mistake| mistake.to_string())?;
    let made = call.make("瑞信/freeze/1", &about(), LIMIT);
    assert!(!format!("{call:?}").contains("s3cr3t"), "{call:?}");
    made
}

#[test]
fn a_program_is_told_what_it_is_about_and_by_which_id() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = "cat > got.json; printf %s \"$CROSSFOOT_CALL_ID\" > id";
    assert_eq!(program(&["sh", "-c", script], folder.path()), Ok(()));
    let got = fs::read(folder.path().join("got.json")).expect("it ran in the folder");
    let got: Value = serde_json::from_slice(&got).expect("JSON");
    assert_eq!(got, about());
    let id = fs::read_to_string(folder.path().join("id")).expect("it was written");
    assert_eq!(id, "%E7%91%9E%E4%BF%A1/freeze/1");
}

#[test]
fn a_program_that_fails_is_told_by_its_end() {
    let here = Path::new("");
    let check = |argv: &[&str], told: &str| {
        assert_eq!(program(argv, here), Err(told.to_owned()));
    };
    let script = "echo no route >&2; exit 7";
    check(&["sh", "-c", script], "sh ended with exit code 7: no route");
    check(
        &["./no-such"],
        "failed to start ./no-such: No such file or directory (os error 2); write its whole path",
    );
    check(&[], "it is empty; write it, or leave the channel out");
}

#[test]
fn an_address_is_posted_to_once() {
    let server = Server::start(vec![answer(204), answer(503)]);
    assert_eq!(address(&server.url()), Ok(()));
    let told = address(&server.url()).expect_err("it answered 503");
    assert!(told.ends_with("answered 503"), "{told}");
    let requests = server.requests();
    assert_eq!(requests.len(), 2, "nothing is repeated");
    assert_eq!(requests[0].json(), about());
    assert_eq!(
        requests[0].header("Idempotency-Key"),
        Some("%E7%91%9E%E4%BF%A1/freeze/1")
    );
}

#[test]
fn an_address_that_hangs_is_left() {
    let server = Server::start(vec![Reply::Hang]);
    let call = Call::address(&server.url(), &environment).expect("an address");
    let began = Instant::now();
    let told = call.make("1", &about(), Duration::from_millis(300));
    let told = told.expect_err("it hangs");
    assert!(told.ends_with("did not answer within 300ms"), "{told}");
    assert!(began.elapsed() < Duration::from_secs(2));
}

#[test]
fn an_answer_that_repeats_a_secret_tells_its_name() {
    let repeats = "no: t0k3n-s3cr3t is not known, dDBrM24tczNjcjN0 neither".to_owned();
    let server = Server::start(vec![Reply::Answer(403, &[], repeats)]);
    let told = address(&format!("{}?token=${{TOKEN}}", server.url()));
    let told = told.expect_err("it answered 403");
    assert!(
        told.ends_with("no: ${TOKEN} is not known, ${TOKEN} neither"),
        "{told}"
    );
    let line = &server.requests()[0].line;
    assert!(
        line.contains("token=t0k3n-s3cr3t"),
        "the peer got it: {line}"
    );
    let told = address("https://a.example/${NONE}").expect_err("it is not set");
    assert!(told.starts_with("the environment has no NONE"), "{told}");
}

#[test]
fn a_program_that_says_a_secret_tells_its_name() {
    let argv = ["sh", "-c", "echo 'it is t0k3n-s3cr3t' >&2; exit 1"].map(str::to_owned);
    let call = Call::program(&argv, Path::new(".")).expect("a program");
    let call = call.hiding(["Bearer ${TOKEN}", "${NONE}"], &environment);
    assert_eq!(
        call.make("1", &about(), LIMIT),
        Err("sh ended with exit code 1: it is ${TOKEN}".to_owned())
    );
}
