//! Reads `breaks.jsonl` and `rejects.jsonl` line by line.

use std::io::BufRead;

use ledger::{Break, Reject};
use serde::de::DeserializeOwned;

use crate::error::{LineError, LineFault};

/// Reads the lines of `breaks.jsonl`, one at a time.
pub fn read_breaks(lines: impl BufRead) -> impl Iterator<Item = Result<Break, LineError>> {
    read_lines(lines, "breaks.jsonl")
}

/// Reads the lines of `rejects.jsonl`, one at a time.
pub fn read_rejects(lines: impl BufRead) -> impl Iterator<Item = Result<Reject, LineError>> {
    read_lines(lines, "rejects.jsonl")
}

fn read_lines<T: DeserializeOwned>(
    lines: impl BufRead,
    file: &'static str,
) -> impl Iterator<Item = Result<T, LineError>> {
    (1_u64..).zip(lines.split(b'\n')).map(move |(line, text)| {
        let parsed = text
            .map_err(LineFault::from)
            .and_then(|text| serde_json::from_slice(&text).map_err(LineFault::from));
        parsed.map_err(|error| LineError {
            file: file.to_owned(),
            line,
            error,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_cannot_be_read_is_named_with_its_place() {
        let text = b"{\"agreement\":\"a\",\"reason\":\"r\",\"record\":{},\"source\":[]}\n{\"agre\n";
        let read: Vec<_> = read_rejects(&text[..]).collect();
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].as_ref().unwrap().agreement, "a");
        let said = read[1].as_ref().unwrap_err().to_string();
        assert!(
            said.starts_with("rejects.jsonl:2: not a line of this file: "),
            "{said}"
        );
    }

    #[test]
    fn bytes_that_are_no_text_are_an_error() {
        let read: Vec<_> = read_breaks(&b"\xff\n"[..]).collect();
        assert!(read[0].is_err());
    }
}
