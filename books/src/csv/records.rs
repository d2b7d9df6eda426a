//! The records of a CSV file, block by block.

use std::sync::Arc;

use super::dialect::Dialect;
use super::index::{Fault, Index, Task};
use super::text::{Coding, Text};
use crate::error::{FieldPlace, ReadError, ReadErrorKind};
use crate::repair::{ChunkRepairs, RepairKind};

/// The longest record in bytes: with a quote that is never closed, the rest of
/// the file would be one.
pub const MAX_RECORD_BYTES: usize = 64 << 20;

/// The first block, before the length of the records is known.
const FIRST_BLOCK_BYTES: usize = 128 * 1024;
/// Blocks are not made larger than this for the sake of full batches.
const MAX_BLOCK_BYTES: usize = 16 << 20;

/// What a reader of records must know of its file.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    /// The file, relative to the book.
    pub(crate) display: Arc<str>,
    pub(crate) dialect: Arc<Dialect>,
    pub(crate) coding: Coding,
    /// The columns' names in this file.
    pub(crate) names: Arc<[String]>,
    /// The line on which the records start.
    pub(crate) data_line: u64,
}

/// A few records: their text, and where in it their fields are.
#[derive(Debug)]
pub(crate) struct Block<'a> {
    pub(crate) text: Vec<u8>,
    pub(crate) index: &'a Index,
    /// How many of the records of `index` are meant.
    pub(crate) rows: usize,
}

/// Reads records from a text.
pub(crate) struct Records {
    layout: Layout,
    text: Text,
    /// Text that was not given away yet.
    rest: Vec<u8>,
    /// The line on which `rest` starts.
    line: u64,
    /// How long a block is to be.
    target: usize,
    index: Index,
    /// Fields of a record, once known.
    width: Option<usize>,
    /// Records at the end that are none.
    footer: usize,
    is_over: bool,
    repairs: ChunkRepairs,
}

impl Records {
    /// Reads on from `line`, a record's start; to the file's end if `is_last`.
    pub(crate) fn new(layout: Layout, text: Text, line: u64, is_last: bool) -> Records {
        let footer = if is_last {
            layout.dialect.skip_footer
        } else {
            0
        };
        let width = Some(layout.names.len()).filter(|width| *width > 0);
        Records {
            layout,
            text,
            rest: Vec::new(),
            line,
            target: FIRST_BLOCK_BYTES,
            index: Index::default(),
            width,
            footer,
            is_over: false,
            repairs: ChunkRepairs::new(),
        }
    }

    /// Bytes of the file that were used so far.
    pub(crate) fn passed(&self) -> u64 {
        self.text.passed()
    }

    /// The line on which the next record starts.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// The repairs of the records given so far.
    pub(crate) fn repairs(&self) -> &ChunkRepairs {
        &self.repairs
    }

    /// Passes over the lines that are declared to come before the header, and
    /// over the header, which it returns.
    pub(crate) fn start(&mut self) -> Result<Option<Vec<String>>, ReadError> {
        for _ in 0..self.layout.dialect.skip_header {
            self.skip_line()?;
        }
        if !self.layout.dialect.header {
            return Ok(None);
        }
        let (width, footer) = (self.width.take(), std::mem::take(&mut self.footer));
        let header = self.header();
        (self.width, self.footer) = (width, footer);
        header.map(Some)
    }

    fn skip_line(&mut self) -> Result<(), ReadError> {
        let mut searched = 0;
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.rest[searched..]) {
                self.rest.drain(..=searched + end);
                self.line += 1;
                self.count(RepairKind::SkipHeader, 1);
                return Ok(());
            }
            searched = self.rest.len();
            if self.text.has_ended() || searched > MAX_RECORD_BYTES {
                return Err(self.no_header());
            }
            self.text.fill(searched + FIRST_BLOCK_BYTES, &mut self.rest);
        }
    }

    fn header(&mut self) -> Result<Vec<String>, ReadError> {
        let quote = self.layout.dialect.quote;
        let Some(block) = self.next_block(1)? else {
            return Err(self.no_header());
        };
        let names = block
            .index
            .fields
            .iter()
            .map(|field| field.value(&block.text, quote))
            .collect();
        // A file of only a header has no records, and need not have a footer's either.
        self.is_over = false;
        Ok(names)
    }

    fn no_header(&self) -> ReadError {
        match self.text.failure() {
            Some(failure) => self.failed(failure.clone()),
            None => ReadError::new(&self.layout.display, ReadErrorKind::NoHeader).mend(
                "leave the file out with `files = [\"…\", \"!THIS FILE\"]`, \
                 or say `header = false` and `names = [...]`",
            ),
        }
    }

    /// The next `limit` records or so; none at the end.
    pub(crate) fn next_block(&mut self, limit: usize) -> Result<Option<Block<'_>>, ReadError> {
        if self.is_over {
            return Ok(None);
        }
        let target = self.target;
        let mut wanted = target;
        loop {
            self.text.fill(wanted, &mut self.rest);
            let rows = self.find_records(limit)?;
            if rows > 0 {
                let text = self.give(rows);
                self.adapt(limit, rows, text.len());
                return Ok(Some(Block {
                    text,
                    index: &self.index,
                    rows,
                }));
            }
            if self.is_over {
                return Ok(None);
            }
            if self.rest.len() > MAX_RECORD_BYTES {
                return Err(self.too_long());
            }
            wanted = self.rest.len().saturating_mul(2).max(wanted);
        }
    }

    /// Finds the records of `rest`, and how many of them can be given.
    fn find_records(&mut self, limit: usize) -> Result<usize, ReadError> {
        let has_ended = self.text.has_ended();
        let is_last = has_ended && self.text.failure().is_none();
        let mut index = std::mem::take(&mut self.index);
        let task = Task {
            text: &self.rest,
            dialect: &self.layout.dialect,
            from: 0,
            line: self.line,
            is_last,
            limit: limit.saturating_add(self.footer),
            width: self.width,
        };
        let built = index.build(&task);
        self.index = index;
        if let Err(fault) = built {
            return Err(self.error_at(fault));
        }
        let records = self.index.starts.len();
        let is_all = is_last && self.index.end == self.rest.len();
        if is_all && records < self.footer {
            return Err(self.footer_too_long(records));
        }
        let rows = records.saturating_sub(self.footer);
        if let Some(fault) = self.index.suspect_before(rows) {
            return Err(self.error_at(fault.clone()));
        }
        if is_all {
            self.is_over = true;
            self.count(RepairKind::SkipFooter, self.footer as u64);
            if rows == 0 {
                self.count_repairs(self.rest.len());
            }
        } else if has_ended && rows == 0 {
            // The text was cut short within this record.
            let failure = self.text.failure().cloned();
            return Err(failure.map_or_else(|| self.no_header(), |failure| self.failed(failure)));
        }
        Ok(rows)
    }

    /// Takes the text of the first `rows` records out of `rest`.
    fn give(&mut self, rows: usize) -> Vec<u8> {
        let (end, line) = match self.index.starts.get(rows) {
            Some(start) if !self.is_over => (*start as usize, self.index.lines[rows]),
            _ => (self.index.end, self.index.end_line),
        };
        self.count_repairs(end);
        self.line = line;
        let mut rest = Vec::with_capacity(self.target + self.target / 8);
        rest.extend_from_slice(&self.rest[end..]);
        let mut text = std::mem::replace(&mut self.rest, rest);
        text.truncate(end);
        text
    }

    /// Makes the next block as long as `limit` such records.
    fn adapt(&mut self, limit: usize, rows: usize, bytes: usize) {
        let wanted = (bytes / rows).saturating_add(1).saturating_mul(limit);
        self.target = (wanted + wanted / 32).clamp(FIRST_BLOCK_BYTES / 2, MAX_BLOCK_BYTES);
    }

    /// Counts what was repaired before `end`, footer apart.
    fn count_repairs(&mut self, end: usize) {
        if self.index.repairs.is_empty() {
            return;
        }
        let footer_at = match self.index.starts.len().checked_sub(self.footer) {
            Some(first) if self.is_over => self.index.starts.get(first).map(|at| *at as usize),
            _ => None,
        };
        let repairs: Vec<RepairKind> = self
            .index
            .repairs
            .iter()
            .filter(|(at, kind)| {
                let at = *at as usize;
                let is_footer = footer_at.is_some_and(|footer| at >= footer);
                at < end && (!is_footer || *kind == RepairKind::SkipBlankLines)
            })
            .map(|(_, kind)| *kind)
            .collect();
        for kind in repairs {
            self.count(kind, 1);
        }
    }

    fn count(&mut self, kind: RepairKind, count: u64) {
        if count > 0 {
            *self.repairs.entry((kind, None)).or_default() += count;
        }
    }

    fn too_long(&self) -> ReadError {
        let fault = Fault {
            kind: ReadErrorKind::RecordTooLong(MAX_RECORD_BYTES),
            at: 0,
            field: None,
            record_at: 0,
            record_line: self.line,
        };
        self.error_at(fault)
    }

    fn footer_too_long(&self, found: usize) -> ReadError {
        let declared = self.footer;
        ReadError::new(
            &self.layout.display,
            ReadErrorKind::FooterTooLong { found, declared },
        )
        .mend("say another `skip_footer` for this file")
    }

    /// The error of a text that was cut short, at its end.
    fn failed(&self, kind: ReadErrorKind) -> ReadError {
        let at = self.rest.len();
        let fault = Fault {
            kind,
            at,
            field: None,
            record_at: self.index.end,
            record_line: self.index.end_line,
        };
        self.error_at(fault)
    }

    /// An error with its place in the file.
    fn error_at(&self, fault: Fault) -> ReadError {
        let before = &self.rest[..fault.at];
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        let lines_before =
            memchr::memchr_iter(b'\n', &before[fault.record_at.min(fault.at)..]).count();
        let mend = mend_of(&fault.kind, &self.layout);
        let field = fault.field.map(|index| FieldPlace {
            number: index + 1,
            name: self.layout.names.get(index).cloned().unwrap_or_default(),
        });
        ReadError {
            book: None,
            file: self.layout.display.to_string(),
            line: Some(fault.record_line + lines_before as u64),
            column: Some(characters(&before[line_start..]) + 1),
            field,
            record_line: Some(fault.record_line),
            kind: fault.kind,
            mend,
        }
    }
}

/// Characters of UTF-8, of which the first byte each is none that goes on.
fn characters(text: &[u8]) -> u64 {
    text.iter().filter(|byte| **byte & 0xC0 != 0x80).count() as u64
}

/// What to do about a fault.
fn mend_of(kind: &ReadErrorKind, layout: &Layout) -> String {
    let quote = layout.dialect.quote.map_or('"', char::from);
    match kind {
        ReadErrorKind::FieldCount { found, expected } if found < expected => {
            "correct the line; or declare `skip_footer` if it is a note at the end, \
             `pad_short = true` if the rest is NULL"
                .to_owned()
        }
        ReadErrorKind::FieldCount { .. } => format!(
            "put {quote} around a field with the delimiter in it; or declare \
             `extra_fields = \"blank\"` or `\"drop\"`"
        ),
        ReadErrorKind::BlankLine => "take it out, or declare `skip_blank_lines = true`".to_owned(),
        ReadErrorKind::StrayQuote => format!(
            "write the field in quotes and its quotes twice, or declare `keep_stray_quotes = true` \
             or `quote = \"\"` if {quote} is only text here"
        ),
        ReadErrorKind::AfterQuote => {
            format!("write a {quote} within quotes twice, or declare `keep_stray_quotes = true`")
        }
        ReadErrorKind::UnclosedQuote => format!(
            "the file is cut off, or a {quote} is missing or too many; \
             declare `quote = \"\"` if {quote} is only text here"
        ),
        ReadErrorKind::RecordTooLong(_) => format!("look for a {quote} that is never closed"),
        ReadErrorKind::Nul => {
            "the file is damaged, or its `encoding` is UTF-16 and must be declared".to_owned()
        }
        ReadErrorKind::LoneReturn => "end lines with LF or CR LF, and put quotes around a field \
             with a carriage return in it"
            .to_owned(),
        ReadErrorKind::Undecodable { .. } if layout.coding.mark_bytes > 0 => {
            "fetch the file again: its byte-order mark tells its encoding, so it is damaged or cut off"
                .to_owned()
        }
        ReadErrorKind::Undecodable { .. } => "declare the `encoding` it is in, such as \
             `gb18030` or `windows-1252`, for the table or for this file under `file`"
            .to_owned(),
        ReadErrorKind::Compression { .. } => "fetch the file again".to_owned(),
        _ => String::new(),
    }
}
