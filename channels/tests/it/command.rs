use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use channels::Attempt;
use serde_json::{Value, json};

use crate::{TestClock, message, open_in, told};

fn shell(script: &str) -> Value {
    json!({
        "kind": "command", "name": "pager", "argv": ["/bin/sh", "-c", script],
        "patience": { "attempts": 1, "timeout": "5s" },
    })
}

fn run_in(channel: Value, folder: &Path) -> Vec<Attempt> {
    open_in(channel, folder).send(&message(), &TestClock::new(), |_| {})
}

fn run(channel: Value) -> Vec<String> {
    told(&run_in(channel, Path::new(".")))
}

#[test]
fn a_command_gets_the_notice_on_its_standard_input() {
    let folder = tempfile::tempdir().expect("a folder");
    let attempts = run_in(
        shell("cat > got.json; printf %s \"$CROSSFOOT_NOTICE_ID\" > id"),
        folder.path(),
    );
    assert_eq!(told(&attempts), ["1 delivered: exit code 0"]);
    let got = fs::read(folder.path().join("got.json")).expect("it ran in the folder");
    let got: Value = serde_json::from_slice(&got).expect("JSON");
    assert_eq!(got, serde_json::to_value(message()).expect("plain data"));
    let id = fs::read_to_string(folder.path().join("id")).expect("it was written");
    assert_eq!(id, "ruixin-bao/stop/1");
}

#[test]
fn no_shell_reads_the_arguments() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut channel = shell("");
    channel["argv"] = json!(["/usr/bin/touch", "a b;c $HOME"]);
    assert!(run_in(channel, folder.path())[0].is_delivered());
    assert!(folder.path().join("a b;c $HOME").exists());
}

#[test]
fn a_command_that_reads_nothing_may_do_so() {
    assert_eq!(run(shell("exit 0")), ["1 delivered: exit code 0"]);
}

#[test]
fn a_failing_command_tells_its_exit_code_and_complaint() {
    assert_eq!(
        run(shell("echo 无法发送 >&2; echo twice >&2; exit 3")),
        ["1 failed: /bin/sh ended with exit code 3: 无法发送 twice"]
    );
    assert_eq!(
        run(shell("exit 3")),
        ["1 failed: /bin/sh ended with exit code 3"]
    );
    assert_eq!(
        run(shell("kill -9 $$")),
        ["1 failed: /bin/sh was ended by signal 9"]
    );
}

#[test]
fn a_failing_command_is_tried_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut channel = shell("test -e here || { touch here; exit 1; }");
    channel["patience"]["attempts"] = json!(3);
    assert_eq!(
        told(&run_in(channel, folder.path())),
        [
            "1 failed: /bin/sh ended with exit code 1; again in 1s",
            "2 delivered: exit code 0"
        ]
    );
}

#[test]
fn a_command_that_is_not_there_is_told_once_with_the_mend() {
    let mut channel = shell("");
    channel["argv"] = json!(["/no/such/pager"]);
    channel["patience"]["attempts"] = json!(3);
    assert_eq!(
        run(channel.clone()),
        [
            "1 failed: failed to start /no/such/pager: No such file or directory (os error 2); write its whole path"
        ]
    );
    channel["argv"] = json!(["/dev/null"]);
    assert_eq!(
        run(channel),
        [
            "1 failed: failed to start /dev/null: Permission denied (os error 13); make it executable"
        ]
    );
}

#[test]
fn a_command_that_hangs_is_ended_with_all_that_it_started() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut channel = shell("sleep 300 & echo $! > child; echo waiting >&2; wait");
    channel["patience"]["timeout"] = json!("1s");
    let began = Instant::now();
    assert_eq!(
        told(&run_in(channel, folder.path())),
        ["1 failed: /bin/sh did not end within 1s and was ended: waiting"]
    );
    assert!(began.elapsed() < Duration::from_secs(6));
    let child = fs::read_to_string(folder.path().join("child")).expect("it was started");
    let is_alive = || {
        // One that nobody has reaped yet is a zombie, and ended all the same.
        let stat = fs::read_to_string(format!("/proc/{}/stat", child.trim()));
        stat.is_ok_and(|stat| !stat.contains(") Z "))
    };
    let deadline = Instant::now() + Duration::from_secs(5);
    while is_alive() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(!is_alive(), "its child still runs");
}

#[test]
fn what_outlives_its_command_is_not_waited_for() {
    let mut channel = shell("sleep 4 & exit 0");
    channel["patience"]["timeout"] = json!("10s");
    let began = Instant::now();
    assert_eq!(run(channel), ["1 delivered: exit code 0"]);
    assert!(began.elapsed() < Duration::from_secs(3));
}

#[test]
fn a_command_that_prints_much_does_not_block() {
    let much = "yes out | head -c 3000000; yes 错误 | head -n 400000 >&2; echo last >&2; exit 4";
    let told = run(shell(much));
    assert!(
        told[0].starts_with("1 failed: /bin/sh ended with exit code 4: "),
        "{told:?}"
    );
    assert!(told[0].chars().count() < 500, "{told:?}");
    assert!(
        told[0].ends_with("错误 last"),
        "the end is what counts: {told:?}"
    );
}
