//! Where the records and fields of a stretch of text are: the strict reader of
//! RFC 4180, which touches no byte twice and copies none.

use super::dialect::Dialect;
use super::mask::{LANE, Marks};
use crate::error::ReadErrorKind;
use crate::repair::RepairKind;
use crate::spec::ExtraFields;

/// A field is within quotes.
const QUOTED: u32 = 1 << 31;
/// A field holds doubled quotes, of which one each is to be taken out.
const ESCAPED: u32 = 1 << 31;
/// Offsets have the other bits.
const OFFSET: u32 = QUOTED - 1;

/// Where a field is: between its quotes, where it has some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field {
    start: u32,
    end: u32,
}

impl Field {
    /// A field that the record does not have.
    pub(crate) const MISSING: Field = Field {
        start: u32::MAX,
        end: u32::MAX,
    };

    #[inline]
    fn plain(start: usize, end: usize) -> Field {
        Field {
            start: start as u32,
            end: end as u32,
        }
    }

    fn quoted(start: usize, end: usize, is_escaped: bool) -> Field {
        let escaped = if is_escaped { ESCAPED } else { 0 };
        Field {
            start: start as u32 | QUOTED,
            end: end as u32 | escaped,
        }
    }

    #[inline]
    pub(crate) fn start(self) -> usize {
        (self.start & OFFSET) as usize
    }

    /// Where it starts, with its quote.
    fn outer_start(self) -> usize {
        self.start() - usize::from(self.is_quoted())
    }

    #[inline]
    pub(crate) fn end(self) -> usize {
        (self.end & OFFSET) as usize
    }

    #[inline]
    pub(crate) fn is_quoted(self) -> bool {
        self.start & QUOTED != 0
    }

    #[inline]
    pub(crate) fn is_escaped(self) -> bool {
        self.end & ESCAPED != 0
    }

    #[inline]
    pub(crate) fn is_missing(self) -> bool {
        self == Field::MISSING
    }

    /// The value of a field, its doubled quotes taken as one.
    pub(crate) fn value(self, text: &[u8], quote: Option<u8>) -> String {
        let mut value = Vec::new();
        match quote.filter(|_| self.is_escaped()) {
            Some(quote) => unescape(&text[self.start()..self.end()], quote, &mut value),
            None => value.extend_from_slice(&text[self.start()..self.end()]),
        }
        String::from_utf8_lossy(&value).into_owned()
    }
}

/// Appends a text, of two quotes that follow each other only the first.
pub(crate) fn unescape(text: &[u8], quote: u8, into: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(quote, rest) {
        into.extend_from_slice(&rest[..=at]);
        let is_doubled = rest.get(at + 1) == Some(&quote);
        rest = &rest[at + 1 + usize::from(is_doubled)..];
    }
    into.extend_from_slice(rest);
}

/// What is wrong with a text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: ReadErrorKind,
    /// The offset in the text.
    pub(crate) at: usize,
    /// The field of the record, from 0, if it is about one.
    pub(crate) field: Option<usize>,
    /// Where the record starts.
    pub(crate) record_at: usize,
    /// The line on which it starts.
    pub(crate) record_line: u64,
}

/// The records of a stretch of text.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// All fields of all records, as many for each.
    pub(crate) fields: Vec<Field>,
    /// Where each record starts.
    pub(crate) starts: Vec<u32>,
    /// The line on which each record starts.
    pub(crate) lines: Vec<u64>,
    /// The number of the first record that is no record, and why.
    suspect: Option<(usize, Fault)>,
    /// Repairs, with the offset of each.
    pub(crate) repairs: Vec<(u32, RepairKind)>,
    /// Where what follows the records starts.
    pub(crate) end: usize,
    /// The line there.
    pub(crate) end_line: u64,
    /// Whether any field has doubled quotes in it.
    pub(crate) has_escapes: bool,
    /// Whether any record lacks fields.
    pub(crate) has_missing: bool,
}

/// What to look for, in which text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Task<'a> {
    pub(crate) text: &'a [u8],
    pub(crate) dialect: &'a Dialect,
    /// Where to start, at the start of a record.
    pub(crate) from: usize,
    /// The line there.
    pub(crate) line: u64,
    /// Whether no text follows.
    pub(crate) is_last: bool,
    /// Records at most.
    pub(crate) limit: usize,
    /// Fields of a record, where that is known.
    pub(crate) width: Option<usize>,
}

impl Index {
    /// Finds the records of a text, whole ones only unless the text ends there.
    pub(crate) fn build(&mut self, task: &Task<'_>) -> Result<(), Fault> {
        self.clear();
        let mut walk = Walk::new(self, task);
        match walk.run() {
            Ok(()) => {
                walk.close();
                Ok(())
            }
            Err(fault) => Err(walk.first_of(*fault)),
        }
    }

    /// The first record before `records` that is none.
    pub(crate) fn suspect_before(&self, records: usize) -> Option<&Fault> {
        self.suspect
            .as_ref()
            .filter(|(number, _)| *number < records)
            .map(|(_, fault)| fault)
    }

    fn clear(&mut self) {
        self.fields.clear();
        self.starts.clear();
        self.lines.clear();
        self.repairs.clear();
        self.suspect = None;
        self.has_escapes = false;
        self.has_missing = false;
    }
}

/// Whether to go on.
#[derive(PartialEq, Eq)]
enum Step {
    On,
    /// All records that were asked for are there, or the rest is no whole one.
    Enough,
}

/// A quoted field that is not closed yet.
struct Quoted {
    /// Where its text starts.
    start: usize,
    is_escaped: bool,
}

struct Walk<'i, 't> {
    index: &'i mut Index,
    task: &'t Task<'t>,
    delimiter: u8,
    quote: Option<u8>,
    width: Option<usize>,
    /// Where the current field starts.
    start: usize,
    /// Marks before this have been dealt with.
    done: usize,
    quoted: Option<Quoted>,
    line: u64,
    record_at: usize,
    record_line: u64,
    /// Fields before the current record.
    record_field: usize,
}

type Stepped = Result<Step, Box<Fault>>;

impl<'i, 't> Walk<'i, 't> {
    fn new(index: &'i mut Index, task: &'t Task<'t>) -> Walk<'i, 't> {
        Walk {
            index,
            task,
            delimiter: task.dialect.delimiter,
            quote: task.dialect.quote,
            width: task.width,
            start: task.from,
            done: task.from,
            quoted: None,
            line: task.line,
            record_at: task.from,
            record_line: task.line,
            record_field: 0,
        }
    }

    fn run(&mut self) -> Result<(), Box<Fault>> {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2")
            && std::arch::is_x86_feature_detected!("bmi1")
        {
            #[expect(unsafe_code, reason = "the processor has AVX2 and BMI1")]
            return unsafe { self.run_avx2() };
        }
        self.run_by(Marks::find)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,bmi1")]
    fn run_avx2(&mut self) -> Result<(), Box<Fault>> {
        self.run_by(|marks, text, at| marks.find_avx2(text, at))
    }

    #[inline(always)]
    fn run_by(&mut self, find: impl Fn(&Marks, &[u8], usize) -> u64) -> Result<(), Box<Fault>> {
        let text = self.task.text;
        let marks = Marks::new(self.delimiter, self.quote);
        let mut base = self.task.from;
        while base < text.len() {
            let mut found = find(&marks, text, base);
            while found != 0 {
                let at = base + found.trailing_zeros() as usize;
                found &= found - 1;
                if at < self.done {
                    continue;
                }
                let byte = text[at];
                if byte == self.delimiter && self.quoted.is_none() {
                    self.index.fields.push(Field::plain(self.start, at));
                    self.start = at + 1;
                } else if self.mark(at, byte)? == Step::Enough {
                    return Ok(());
                }
            }
            base += LANE;
        }
        self.end_of_text()
    }

    /// Any mark but a delimiter between fields.
    fn mark(&mut self, at: usize, byte: u8) -> Stepped {
        if byte == 0 {
            return self.fault(ReadErrorKind::Nul, at);
        }
        if self.quoted.is_some() {
            return self.mark_within_quotes(at, byte);
        }
        match byte {
            b'\n' => self.end_record(at, at + 1),
            b'\r' => self.carriage_return(at),
            _ if at == self.start => {
                self.quoted = Some(Quoted {
                    start: at + 1,
                    is_escaped: false,
                });
                Ok(Step::On)
            }
            _ if self.task.dialect.keep_stray_quotes => {
                self.index
                    .repairs
                    .push((at as u32, RepairKind::KeepStrayQuotes));
                Ok(Step::On)
            }
            _ => self.fault(ReadErrorKind::StrayQuote, at),
        }
    }

    fn mark_within_quotes(&mut self, at: usize, byte: u8) -> Stepped {
        if byte == b'\n' {
            self.line += 1;
        }
        if Some(byte) == self.quote {
            self.quote_within_quotes(at)
        } else {
            Ok(Step::On)
        }
    }

    /// A quote in a quoted field: it is doubled, it closes the field, or it is a fault.
    fn quote_within_quotes(&mut self, at: usize) -> Stepped {
        let text = self.task.text;
        match text.get(at + 1) {
            Some(next) if Some(*next) == self.quote => {
                self.done = at + 2;
                self.index.has_escapes = true;
                if let Some(quoted) = &mut self.quoted {
                    quoted.is_escaped = true;
                }
                Ok(Step::On)
            }
            Some(next) if *next == self.delimiter => {
                self.close_quotes(at);
                self.start = at + 2;
                self.done = at + 2;
                Ok(Step::On)
            }
            Some(b'\n') => {
                self.close_quotes(at);
                self.finish_record(at + 2)
            }
            Some(b'\r') if text.get(at + 2) == Some(&b'\n') => {
                self.close_quotes(at);
                self.finish_record(at + 3)
            }
            Some(b'\r') if at + 2 == text.len() && !self.task.is_last => Ok(Step::Enough),
            None if !self.task.is_last => Ok(Step::Enough),
            None => {
                self.close_quotes(at);
                self.finish_record(at + 1)?;
                Ok(Step::Enough)
            }
            Some(_) if self.task.dialect.keep_stray_quotes => {
                self.index
                    .repairs
                    .push((at as u32, RepairKind::KeepStrayQuotes));
                Ok(Step::On)
            }
            Some(b'\r') => self.fault(ReadErrorKind::LoneReturn, at + 1),
            Some(0) => self.fault(ReadErrorKind::Nul, at + 1),
            Some(_) => self.fault(ReadErrorKind::AfterQuote, at + 1),
        }
    }

    fn close_quotes(&mut self, at: usize) {
        if let Some(Quoted { start, is_escaped }) = self.quoted.take() {
            self.index.fields.push(Field::quoted(start, at, is_escaped));
        }
    }

    fn carriage_return(&mut self, at: usize) -> Stepped {
        match self.task.text.get(at + 1) {
            Some(b'\n') => self.end_record(at, at + 2),
            None if !self.task.is_last => Ok(Step::Enough),
            _ => self.fault(ReadErrorKind::LoneReturn, at),
        }
    }

    /// A record whose last field, unquoted, ends here.
    fn end_record(&mut self, at: usize, next: usize) -> Stepped {
        self.index.fields.push(Field::plain(self.start, at));
        self.finish_record(next)
    }

    /// A record whose fields are all there.
    fn finish_record(&mut self, next: usize) -> Stepped {
        let found = self.index.fields.len() - self.record_field;
        let expected = *self.width.get_or_insert(found);
        if found == expected && !(found == 1 && self.is_blank() && self.task.width.is_none()) {
            self.keep_record();
        } else {
            self.odd_record(found, expected);
        }
        self.line += 1;
        self.start = next;
        self.done = next;
        self.record_at = next;
        self.record_line = self.line;
        self.record_field = self.index.fields.len();
        let is_enough = self.index.starts.len() >= self.task.limit;
        Ok(if is_enough { Step::Enough } else { Step::On })
    }

    #[inline]
    fn keep_record(&mut self) {
        self.index.starts.push(self.record_at as u32);
        self.index.lines.push(self.record_line);
    }

    /// Whether the current record is a line without any character.
    fn is_blank(&self) -> bool {
        let last = self.index.fields.last();
        last.is_some_and(|field| !field.is_quoted() && field.start() == field.end())
    }

    /// A record that has not as many fields as it should.
    #[cold]
    fn odd_record(&mut self, found: usize, expected: usize) {
        let at = self.record_at as u32;
        if found == 1 && self.is_blank() {
            self.width = self.task.width;
            if self.task.dialect.skip_blank_lines {
                self.index.fields.pop();
                self.index.repairs.push((at, RepairKind::SkipBlankLines));
                return;
            }
            self.suspect(ReadErrorKind::BlankLine, None);
        } else if found < expected && self.task.dialect.pad_short {
            self.index.repairs.push((at, RepairKind::PadShort));
            self.index.has_missing = true;
        } else if found > expected && self.may_drop_extra(expected) {
            self.index.repairs.push((at, RepairKind::ExtraFields));
        } else {
            let field = (found > expected).then_some(expected);
            self.suspect(ReadErrorKind::FieldCount { found, expected }, field);
        }
        let width = self.width.unwrap_or(found);
        self.index
            .fields
            .resize(self.record_field + width, Field::MISSING);
        self.keep_record();
    }

    fn may_drop_extra(&self, expected: usize) -> bool {
        let extra = &self.index.fields[self.record_field + expected..];
        match self.task.dialect.extra_fields {
            ExtraFields::Refuse => false,
            ExtraFields::Blank => extra.iter().all(|field| field.start() == field.end()),
            ExtraFields::Drop => true,
        }
    }

    /// Remembers that the current record is none, unless it turns out to be footer.
    fn suspect(&mut self, kind: ReadErrorKind, field: Option<usize>) {
        if self.index.suspect.is_some() {
            return;
        }
        let at = match field {
            Some(field) => self.index.fields[self.record_field + field].outer_start(),
            None => self.record_at,
        };
        let (record_at, record_line) = (self.record_at, self.record_line);
        let fault = Fault {
            kind,
            at,
            field,
            record_at,
            record_line,
        };
        self.index.suspect = Some((self.index.starts.len(), fault));
    }

    /// What is left after the last mark.
    fn end_of_text(&mut self) -> Result<(), Box<Fault>> {
        if !self.task.is_last {
            return Ok(());
        }
        let end = self.task.text.len();
        if let Some(quoted) = self.quoted.take() {
            let at = quoted.start - 1;
            if !self.may_be_cut_footer(quoted.start) {
                return self.fault(ReadErrorKind::UnclosedQuote, at).map(|_| ());
            }
            // Its text is never read: it is dropped as footer, or the fault is told.
            self.index.fields.push(Field::plain(at, end));
            let field = self.index.fields.len() - self.record_field - 1;
            self.suspect(ReadErrorKind::UnclosedQuote, Some(field));
            return self.finish_record(end).map(|_| ());
        }
        if self.record_at < end {
            self.end_record(end, end)?;
        }
        Ok(())
    }

    /// Whether the file breaks off in its last line, within a quoted field, and that line is
    /// declared to be no record. A quote that swallows lines is never taken for that.
    fn may_be_cut_footer(&self, from: usize) -> bool {
        let is_declared = self.task.dialect.skip_footer > 0 && self.width.is_some();
        is_declared && memchr::memchr(b'\n', &self.task.text[from..]).is_none()
    }

    /// Drops what was found of an unfinished record.
    fn close(&mut self) {
        self.index.fields.truncate(self.record_field);
        self.index.end = self.record_at;
        self.index.end_line = self.record_line;
        let end = self.record_at as u32;
        self.index.repairs.retain(|(at, _)| *at < end);
    }

    fn fault(&self, kind: ReadErrorKind, at: usize) -> Stepped {
        let field = Some(self.index.fields.len() - self.record_field);
        let (record_at, record_line) = (self.record_at, self.record_line);
        Err(Box::new(Fault {
            kind,
            at,
            field,
            record_at,
            record_line,
        }))
    }

    /// Which of two faults comes first: this one, or a record before it that
    /// is none and is too far from it to be footer.
    fn first_of(&mut self, fault: Fault) -> Fault {
        let records = self.index.starts.len();
        match self.index.suspect.take() {
            Some((number, suspect)) if number + self.task.dialect.skip_footer < records => suspect,
            _ => fault,
        }
    }
}
