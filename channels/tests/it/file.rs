use std::fs;
use std::path::Path;

use channels::Attempt;
use serde_json::{Value, json};

use crate::{TestClock, message, open_in, told};

fn append(path: &str, folder: &Path) -> Vec<Attempt> {
    let channel =
        json!({ "kind": "file", "name": "log", "path": path, "patience": { "attempts": 2 } });
    open_in(channel, folder).send(&message(), &TestClock::new(), |_| {})
}

#[test]
fn each_notice_is_a_line_of_json() {
    let folder = tempfile::tempdir().expect("a folder");
    for _ in 0..2 {
        assert_eq!(
            told(&append("notices.jsonl", folder.path())),
            ["1 delivered: written"]
        );
    }
    let text = fs::read_to_string(folder.path().join("notices.jsonl")).expect("it is there");
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let notice = serde_json::to_value(message()).expect("plain data");
    assert_eq!(lines, [notice.clone(), notice]);
    assert!(text.ends_with('\n'));
}

#[test]
fn after_a_torn_line_the_next_begins_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notices.jsonl");
    fs::write(&path, "{\"id\":\"torn").expect("it can be written");
    assert!(append("notices.jsonl", folder.path())[0].is_delivered());
    let text = fs::read_to_string(&path).expect("it is there");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0], "{\"id\":\"torn");
    assert!(serde_json::from_str::<Value>(lines[1]).is_ok());
}

#[test]
fn a_full_disk_is_tried_again_and_told() {
    let told = told(&append("/dev/full", Path::new(".")));
    let full = "failed to append to /dev/full: No space left on device (os error 28); make room";
    assert_eq!(
        told,
        [
            format!("1 failed: {full}; again in 1s"),
            format!("2 failed: {full}")
        ]
    );
}

#[test]
fn a_device_takes_lines_as_well() {
    assert_eq!(
        told(&append("/dev/null", Path::new("."))),
        ["1 delivered: written"]
    );
}

#[test]
fn what_somebody_must_mend_is_told_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().display();
    assert_eq!(
        told(&append("none/notices.jsonl", folder.path())),
        [format!(
            "1 failed: failed to append to {place}/none/notices.jsonl: \
             No such file or directory (os error 2); make its folder"
        )]
    );
    fs::create_dir(folder.path().join("a")).expect("a folder");
    assert_eq!(
        told(&append("a", folder.path())),
        [format!(
            "1 failed: failed to append to {place}/a: \
             Is a directory (os error 21); name a file that can be written"
        )]
    );
}
