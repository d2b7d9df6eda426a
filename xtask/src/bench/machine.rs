//! What the figures were measured on and with.

use std::fs;
use std::process::Command;
use std::thread;

use serde_json::{Value, json};

/// The machine: processor, cores, memory, system, compiler.
pub(crate) fn describe() -> Value {
    let processor = line_of("/proc/cpuinfo", "model name");
    let memory = line_of("/proc/meminfo", "MemTotal");
    let kib = memory
        .split(' ')
        .next()
        .and_then(|text| text.parse::<u64>().ok());
    json!({
        "processor": processor,
        "cores": thread::available_parallelism().map_or(0, usize::from),
        "memory_bytes": kib.unwrap_or(0) * 1024,
        "system": said_by("uname", &["-srm"]),
        "rustc": said_by("rustc", &["--version"]),
        "commit": said_by("git", &["describe", "--always", "--dirty", "--abbrev=12"]),
    })
}

/// The first line that a program says, or that it is not there.
pub(crate) fn said_by(program: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    let output = command
        .args(arguments)
        .current_dir(crate::place::root())
        .output();
    let text = output.map(|output| output.stdout).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.lines().next().unwrap_or("unknown").trim().to_owned()
}

/// The value of the first line of a file that begins with this name.
fn line_of(path: &str, name: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let found = text.lines().find(|line| line.starts_with(name));
    let value = found.and_then(|line| line.split_once(':'));
    value.map_or_else(
        || "unknown".to_owned(),
        |(_, value)| value.trim().to_owned(),
    )
}
