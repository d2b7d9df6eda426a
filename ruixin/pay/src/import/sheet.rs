//! Reads CSV as `ruixin-history` writes it: RFC 4180, line ends LF, nothing as an empty field.

use super::{ImportError, refused};

/// Is a file's text, read record by record.
pub(super) struct Sheet<'a> {
    /// The file, as messages name it.
    file: &'a str,
    rest: &'a str,
    /// The line that the next record begins in.
    line: u64,
    record: Record,
}

/// Is a record: its fields without quotes.
#[derive(Debug, Default)]
pub(super) struct Record {
    text: String,
    /// Where each field ends, and whether there is anything.
    ends: Vec<(usize, bool)>,
}

/// A record's fields, with the line that it begins in.
pub(super) type Lined<'a, const N: usize> = (u64, [Option<&'a str>; N]);

const MEND: &str = "write the folder again: it must hold what `ruixin-history` wrote, unchanged";

impl<'a> Sheet<'a> {
    /// Begins a file, whose first line must name these columns.
    pub(super) fn begin(
        file: &'a str,
        text: &'a str,
        columns: &[&str],
    ) -> Result<Sheet<'a>, ImportError> {
        let (header, rest) = text.split_once('\n').unwrap_or((text, ""));
        let expected = columns.join(",");
        if header != expected {
            let says = format!("the columns are `{header}`, not `{expected}`");
            return Err(refused(file, 1, says, MEND));
        }
        Ok(Sheet {
            file,
            rest,
            line: 2,
            record: Record::default(),
        })
    }

    /// Reads the next record.
    pub(super) fn read<const N: usize>(&mut self) -> Result<Option<Lined<'_, N>>, ImportError> {
        let line = self.line;
        match self.next(N)? {
            true => Ok(self.record.fields().map(|fields| (line, fields))),
            false => Ok(None),
        }
    }

    /// Reads the next record of so many fields as texts; nothing is an empty one.
    pub(super) fn some(&mut self, many: usize) -> Result<Option<(u64, Vec<String>)>, ImportError> {
        let line = self.line;
        if !self.next(many)? {
            return Ok(None);
        }
        let mut from = 0;
        let fields = self.record.ends.iter().map(|(to, _)| {
            let field = self.record.text.get(from..*to);
            from = *to;
            field.unwrap_or_default().to_owned()
        });
        Ok(Some((line, fields.collect())))
    }

    /// Reads the next record, and tells whether there was one.
    fn next(&mut self, many: usize) -> Result<bool, ImportError> {
        if self.rest.is_empty() {
            return Ok(false);
        }
        let line = self.line;
        self.record.text.clear();
        self.record.ends.clear();
        while self.field(line)? {}
        let found = self.record.ends.len();
        match found == many {
            true => Ok(true),
            false => {
                let says = format!("there are {found} fields, not {many}");
                Err(refused(self.file, line, says, MEND))
            }
        }
    }

    /// Reads a field, and tells whether another one follows.
    fn field(&mut self, line: u64) -> Result<bool, ImportError> {
        let broken = |says: &str| refused(self.file, line, says.to_owned(), MEND);
        let is_quoted = self.rest.starts_with('"');
        let before = self.record.text.len();
        if is_quoted {
            let mut rest = self.rest.get(1..).unwrap_or_default();
            loop {
                let Some((part, behind)) = rest.split_once('"') else {
                    return Err(broken("a quoted field does not end"));
                };
                self.record.text.push_str(part);
                let breaks = part.bytes().filter(|byte| *byte == b'\n').count();
                self.line = self.line.saturating_add(u64::try_from(breaks).unwrap_or(0));
                match behind.strip_prefix('"') {
                    Some(behind) => {
                        self.record.text.push('"');
                        rest = behind;
                    }
                    None => {
                        self.rest = behind;
                        break;
                    }
                }
            }
        } else {
            let end = self
                .rest
                .bytes()
                .position(|byte| matches!(byte, b',' | b'\n' | b'"'));
            let (field, behind) = match end {
                Some(end) => self.rest.split_at(end),
                None => return Err(broken("the file ends within a line")),
            };
            self.record.text.push_str(field);
            self.rest = behind;
        }
        let is_given = is_quoted || self.record.text.len() > before;
        self.record.ends.push((self.record.text.len(), is_given));
        let (sign, behind) = self.rest.split_at_checked(1).unwrap_or_default();
        self.rest = behind;
        match sign {
            "," => Ok(true),
            "\n" => {
                self.line = self.line.saturating_add(1);
                Ok(false)
            }
            "" => Err(broken("the file ends within a line")),
            _ => Err(broken("a quote stands within a field")),
        }
    }
}

impl Record {
    fn fields<const N: usize>(&self) -> Option<[Option<&str>; N]> {
        if self.ends.len() != N {
            return None;
        }
        let mut fields = [None; N];
        let mut from = 0;
        for (field, (to, is_given)) in fields.iter_mut().zip(&self.ends) {
            *field = self.text.get(from..*to).filter(|_| *is_given);
            from = *to;
        }
        Some(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Owned = (u64, [Option<String>; 3]);

    fn read(text: &str) -> Result<Vec<Owned>, String> {
        let mut sheet =
            Sheet::begin("t.csv", text, &["a", "b", "c"]).map_err(|error| error.to_string())?;
        let mut records = Vec::new();
        while let Some((line, fields)) = sheet.read::<3>().map_err(|error| error.to_string())? {
            records.push((line, fields.map(|field| field.map(str::to_owned))));
        }
        Ok(records)
    }

    #[test]
    fn fields_are_read_with_their_lines() {
        let records = |text: &str| read(text).expect("records");
        let expected = [
            (2, [Some("1"), None, Some("3")]),
            (3, [Some("x,\"y\""), Some("two\nlines"), Some("")]),
            (5, [None, None, None]),
        ];
        let expected =
            expected.map(|(line, fields)| (line, fields.map(|field| field.map(str::to_owned))));
        assert_eq!(
            records("a,b,c\n1,,3\n\"x,\"\"y\"\"\",\"two\nlines\",\"\"\n,,\n"),
            expected
        );
        assert_eq!(records("a,b,c\n"), []);
    }

    #[test]
    fn what_is_no_table_is_refused_with_its_line() {
        let table = [
            ("", "line 1: the columns are ``, not `a,b,c`"),
            ("a,b\n1,2\n", "line 1: the columns are `a,b`, not `a,b,c`"),
            ("a,b,c\n1,2,3\n1,2\n", "line 3: there are 2 fields, not 3"),
            ("a,b,c\n1,2,3,4\n", "line 2: there are 4 fields, not 3"),
            ("a,b,c\n1,2,3", "line 2: the file ends within a line"),
            ("a,b,c\n1,2,\"3\"", "line 2: the file ends within a line"),
            ("a,b,c\n1,\"2,3\n", "line 2: a quoted field does not end"),
            ("a,b,c\n1,2\"2,3\n", "line 2: a quote stands within a field"),
            (
                "a,b,c\n1,\"2\"2,3\n",
                "line 2: a quote stands within a field",
            ),
        ];
        for (text, says) in table {
            let refused = read(text).expect_err(text);
            assert!(refused.contains(says), "{text:?}: {refused}");
        }
    }
}
