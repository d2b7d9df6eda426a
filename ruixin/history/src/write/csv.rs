//! A table as CSV: RFC 4180, line ends LF.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use super::WriteError;
use crate::audit::text;
use crate::record::{Column, Record, Visit};

pub(super) struct Csv {
    path: PathBuf,
    file: BufWriter<File>,
    line: Line,
}

impl Csv {
    pub(super) fn create(path: PathBuf, columns: &[Column]) -> Result<Self, WriteError> {
        let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
        let mut header = names.join(",");
        header.push('\n');
        let file = File::create_new(&path).map_err(|source| WriteError::Io {
            path: path.clone(),
            source,
        })?;
        let mut file = BufWriter::with_capacity(1 << 17, file);
        file.write_all(header.as_bytes())
            .map_err(|source| WriteError::Io {
                path: path.clone(),
                source,
            })?;
        Ok(Self {
            path,
            file,
            line: Line::default(),
        })
    }

    pub(super) fn write(&mut self, record: &impl Record) -> Result<(), WriteError> {
        let line = &mut self.line.0;
        line.clear();
        record.visit(&mut self.line);
        // The comma behind the last field gives way to the end of the line.
        if let Some(last) = self.line.0.last_mut() {
            *last = b'\n';
        }
        let written = self.file.write_all(&self.line.0);
        written.map_err(|source| self.failed(source))
    }

    pub(super) fn finish(mut self) -> Result<(), WriteError> {
        let flushed = self.file.flush();
        flushed.map_err(|source| self.failed(source))
    }

    fn failed(&self, source: std::io::Error) -> WriteError {
        WriteError::Io {
            path: self.path.clone(),
            source,
        }
    }
}

/// Is a line under way: every field with a comma behind it.
#[derive(Debug, Default)]
struct Line(Vec<u8>);

impl Line {
    fn put<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Vec<u8>, T)) {
        if let Some(value) = value {
            write(&mut self.0, value);
        }
        self.0.push(b',');
    }
}

impl Visit for Line {
    fn text(&mut self, value: Option<&[u8]>) {
        self.put(value, |line, text| {
            if !text.iter().any(|byte| b",\"\r\n".contains(byte)) {
                return line.extend_from_slice(text);
            }
            line.push(b'"');
            for byte in text {
                line.push(*byte);
                if *byte == b'"' {
                    line.push(b'"');
                }
            }
            line.push(b'"');
        });
    }

    fn money(&mut self, fen: Option<i64>) {
        self.put(fen, |line, fen| text::decimal(line, fen, 2));
    }

    fn rate(&mut self, millionths: i64) {
        self.put(Some(millionths), |line, rate| text::decimal(line, rate, 6));
    }

    fn time(&mut self, millis: Option<i64>) {
        self.put(millis, text::time);
    }

    fn date(&mut self, days: Option<i32>) {
        self.put(days, text::date);
    }

    fn number(&mut self, value: i64) {
        self.put(Some(value), |line, value| {
            line.extend_from_slice(value.to_string().as_bytes());
        });
    }
}
