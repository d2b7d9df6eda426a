//! The breaks and the rejects as a table for spreadsheets: CSV in UTF-8 with a byte-order mark.
//!
//! One line for each field or amount that is off, and for each reject, as [`write()`] says. Records end with CR LF, texts
//! that need it stand in quotes and quotes are doubled (RFC 4180). NULL is an empty field, the empty
//! text is `""`.
//!
//! A spreadsheet runs texts such as `=1+1` and loses digits of `622848001234567890`, of `007` and of
//! `12E45`. Such texts begin with an apostrophe here, and so does every text that begins with an
//! apostrophe of its own: whoever reads the file drops one apostrophe from the front of a field, and
//! has the text. Control characters but tab and line feed become their pictures, such as `␀`. Dates are as they are; a spreadsheet may show them in its own way.
//! `breaks.jsonl` and `rejects.jsonl` hold the same without any of this, for programs.

use std::borrow::Cow;
use std::io::{BufWriter, Write};

use ledger::{Break, Reject};

use crate::detail::{Detail, details, name_of, on_one_line, places, visible};
use crate::disposition::{Disposition, Dispositions};
use crate::dossier::{Disposal, Dossier};
use crate::error::{LineError, ReportError};
use crate::figure::exact_number;
use crate::language::Language;
use crate::tally::Tally;

/// What tells Excel that the file is UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Writes the breaks as CSV: a head, then one line for each field or amount that is off, then one for
/// each reject. The column of differences adds up to what the breaks add up to, by agreement, field and
/// currency.
///
/// # Errors
/// A break or a reject cannot be read, they are not those that the report counts, or `out` cannot be
/// written. What was written until then is not the whole table.
pub fn write(
    dossier: &Dossier,
    breaks: impl IntoIterator<Item = Result<Break, LineError>>,
    rejects: impl IntoIterator<Item = Result<Reject, LineError>>,
    language: Language,
    out: impl Write,
) -> Result<(), ReportError> {
    let mut out = BufWriter::new(out);
    out.write_all(BYTE_ORDER_MARK)?;
    let heads = heads(language);
    write_record(&mut out, heads.iter().map(|head| Some(*head)))?;
    let mut tally = Tally::new(&dossier.report);
    let mut dispositions = Dispositions::new(&dossier.acceptances);
    let mut numbers = 1_u64..;
    for (found, number) in breaks.into_iter().zip(numbers.by_ref()) {
        let found = found?;
        tally.count_break(&found)?;
        let disposition = dispositions.of(&found);
        write_break(&mut out, number, &found, disposition, language)?;
    }
    tally.close_breaks()?;
    for (reject, number) in rejects.into_iter().zip(numbers) {
        let reject = reject?;
        tally.count_reject(&reject)?;
        write_reject(
            &mut out,
            number,
            &reject,
            dossier.disposal.as_ref(),
            language,
        )?;
    }
    tally.close_rejects()?;
    Ok(out.flush()?)
}

/// Writes a reject: it has no break's figures, and its reason where theirs is explained.
fn write_reject(
    out: &mut impl Write,
    number: u64,
    reject: &Reject,
    disposal: Option<&Disposal>,
    language: Language,
) -> std::io::Result<()> {
    let number = number.to_string();
    let (record, places) = (on_one_line(&reject.record), places(&reject.source));
    let disposed = language.rejects_disposed(disposal);
    let mut fields: [Option<&str>; 18] = [None; 18];
    fields[0] = Some(&number);
    fields[1] = Some(&reject.agreement);
    fields[2] = Some(language.rejected());
    fields[3] = Some(&record);
    fields[13] = Some(&reject.reason);
    // In the source or in the target.
    let place = if reject.book == "target" { 15 } else { 14 };
    fields[place] = Some(&places);
    fields[16] = disposal.map(|disposal| disposal.owner.as_str());
    fields[17] = Some(&disposed);
    write_record(out, fields)
}

fn heads(language: Language) -> [&'static str; 18] {
    [
        language.number(),
        language.agreement(),
        language.kind(),
        language.key(),
        language.copies_expected(),
        language.copies_actual(),
        language.field(),
        language.expected(),
        language.actual(),
        language.currency(),
        language.difference(),
        language.cause(),
        language.certainty(),
        language.explanation(),
        language.source_place(),
        language.target_place(),
        language.owner(),
        language.disposition(),
    ]
}

fn write_break(
    out: &mut impl Write,
    number: u64,
    found: &Break,
    disposition: Disposition<'_>,
    language: Language,
) -> std::io::Result<()> {
    let number = number.to_string();
    let key = on_one_line(name_of(found));
    let copies = [found.copies.expected, found.copies.actual].map(|count| count.to_string());
    let (source, target) = (places(&found.source), places(&found.target));
    let explanation = language.rivals(&found.cause.says, &found.cause.rivals);
    for Detail {
        field,
        expected,
        actual,
        difference,
    } in details(found)
    {
        let fields = [
            Some(number.as_str()),
            Some(&found.agreement),
            Some(language.break_kind(found.kind)),
            Some(&key),
            Some(&copies[0]),
            Some(&copies[1]),
            field,
            expected,
            actual,
            difference.map(|amount| amount.currency.as_str()),
            difference.map(|amount| amount.amount.as_str()),
            found.cause.id.as_deref(),
            Some(language.cause_status(found.cause.status)),
            Some(&explanation),
            Some(&source),
            Some(&target),
            owner(disposition),
            Some(language.disposed(disposition)),
        ];
        write_record(out, fields)?;
    }
    Ok(())
}

/// Gives who answers for a break.
pub(crate) fn owner(disposition: Disposition<'_>) -> Option<&str> {
    match disposition {
        Disposition::Accepted(acceptance) => Some(&acceptance.owner),
        Disposition::Open | Disposition::OtherAmount(_) | Disposition::OtherRecords(_) => None,
    }
}

fn write_record<'t>(
    out: &mut impl Write,
    fields: impl IntoIterator<Item = Option<&'t str>>,
) -> std::io::Result<()> {
    for (at, field) in fields.into_iter().enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        if let Some(text) = field {
            out.write_all(quoted(&harmless(text)).as_bytes())?;
        }
    }
    out.write_all(b"\r\n")
}

/// Gives a text that a spreadsheet neither runs nor loses digits of.
fn harmless(text: &str) -> Cow<'_, str> {
    match is_run(text) || is_lost(text) {
        true => Cow::Owned(format!("'{}", visible(text))),
        false => visible(text),
    }
}

/// Says whether a spreadsheet would take a text for a formula, or its apostrophe for ours.
fn is_run(text: &str) -> bool {
    let starts = text.starts_with([
        '=', '+', '-', '@', '\t', '\r', '\n', '\'', '＝', '＋', '－', '＠',
    ]);
    starts && text.parse::<ledger::Wide>().is_err()
}

/// Says whether a spreadsheet would lose digits or zeros of a text.
fn is_lost(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let has_idle_zero =
        unsigned.len() > 1 && unsigned.starts_with('0') && !unsigned.starts_with("0.");
    match text.parse::<ledger::Wide>() {
        Ok(_) => has_idle_zero || exact_number(text).is_none(),
        Err(_) => is_power_of_ten(unsigned),
    }
}

/// Says whether a text is a number such as `12E45`.
fn is_power_of_ten(text: &str) -> bool {
    let Some((number, power)) = text.split_once(['e', 'E']) else {
        return false;
    };
    let power = power.strip_prefix(['+', '-']).unwrap_or(power);
    let is_number = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    is_number(number) && is_number(power) && !number.is_empty() && !power.is_empty()
}

fn quoted(text: &str) -> Cow<'_, str> {
    let needs_quotes = text.is_empty() || text.contains(['"', ',', '\r', '\n']);
    match needs_quotes {
        true => Cow::Owned(format!("\"{}\"", text.replace('"', "\"\""))),
        false => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story;

    fn csv(language: Language) -> String {
        let mut out = Vec::new();
        let dossier = story::dossier();
        let (breaks, rejects) = (story::read(story::breaks()), story::read(story::rejects()));
        write(&dossier, breaks, rejects, language, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// Reads CSV back the way that RFC 4180 says.
    fn parse(text: &str) -> Vec<Vec<String>> {
        let mut records = vec![vec![String::new()]];
        let mut is_quoted = false;
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            let record = records.last_mut().unwrap();
            match letter {
                '"' if is_quoted && letters.peek() == Some(&'"') => {
                    record.last_mut().unwrap().push('"');
                    letters.next();
                }
                '"' => is_quoted = !is_quoted,
                ',' if !is_quoted => record.push(String::new()),
                '\r' if !is_quoted => {}
                '\n' if !is_quoted => records.push(vec![String::new()]),
                letter => record.last_mut().unwrap().push(letter),
            }
        }
        records.pop();
        records
    }

    #[test]
    fn every_field_that_is_off_is_a_line() {
        insta::assert_snapshot!(
            csv(Language::English)
                .replace('\r', "")
                .replace('\u{feff}', "<BOM>")
        );
    }

    #[test]
    fn the_head_and_the_words_are_chinese_where_the_reader_is() {
        let text = csv(Language::Chinese);
        let mut lines = text.lines();
        insta::assert_snapshot!(lines.next().unwrap().trim_start_matches('\u{feff}'), @"序号,核对项,类别,键,应有份数,实有份数,字段,应有,实有,币种,差额,原因,确定程度,说明,源账位置,新账位置,责任人,处理");
        insta::assert_snapshot!(lines.next().unwrap(), @"1,postings,不一致,voucher=00000000622848001234567,1,1,amount,0.29,0.28,CNY,-0.01,B3,已证实,\"the amount was cut, not rounded\",flow flow.csv:45,posting posting.csv:48,,未处理");
    }

    #[test]
    fn a_record_ends_with_cr_lf_and_the_file_begins_with_a_mark() {
        let text = csv(Language::English);
        assert!(text.starts_with('\u{feff}'));
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
        assert_eq!(text.matches("\r\n").count(), 6);
    }

    #[test]
    fn no_field_is_run_by_a_spreadsheet_and_every_one_can_be_read_back() {
        for text in [
            "=1+1",
            "+1",
            "-2+3",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "＝1+1",
            "'",
            "'=1",
            "",
            "memo",
            "-",
            "007",
            "0",
            "0.28",
            "-0.01",
            "1e5",
            "12E45",
            "1.5e+3",
            "622848001234567890",
            "9999999999999.99",
            "-9999999999999999.99",
            "a\"b,c\nd",
            "2013-05-24",
            "E4",
            "12E",
            "余额",
        ] {
            let mut out = Vec::new();
            write_record(&mut out, [Some(text), None]).unwrap();
            let written = String::from_utf8(out).unwrap();
            let fields = &parse(&written)[0];
            let cell = &fields[0];
            let is_harmless = !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝'])
                || cell.parse::<f64>().is_ok();
            assert!(is_harmless, "{text:?} became {cell:?}");
            let back = cell.strip_prefix('\'').unwrap_or(cell);
            assert_eq!(back, visible(text), "{text:?} became {cell:?}");
            assert_eq!(fields.len(), 2);
        }
    }

    #[test]
    fn digits_that_a_spreadsheet_would_lose_are_kept_as_text() {
        for (text, shown) in [
            ("622848001234567890", "'622848001234567890"),
            ("007", "'007"),
            ("-007", "'-007"),
            ("0.28", "0.28"),
            ("-18.80", "-18.80"),
            ("12E45", "'12E45"),
            ("W-1003", "W-1003"),
        ] {
            assert_eq!(harmless(text), shown);
        }
    }

    #[test]
    fn null_is_an_empty_field_and_the_empty_text_is_two_quotes() {
        let mut out = Vec::new();
        write_record(&mut out, [None, Some(""), Some("x")]).unwrap();
        assert_eq!(out, b",\"\",x\r\n");
    }

    #[test]
    fn the_lines_add_up_to_the_difference_of_the_books() {
        let mut sum = ledger::Wide::new();
        for record in parse(&csv(Language::English)).iter().skip(1) {
            if !record[10].is_empty() {
                sum.add_wide(&record[10].parse().unwrap());
            }
        }
        assert_eq!(sum.to_string(), "-13.81");
    }

    #[test]
    fn a_reject_is_a_line_with_what_becomes_of_it() {
        let last = |language| {
            let text = csv(language);
            text.lines().last().map(str::to_owned).unwrap()
        };
        insta::assert_snapshot!(last(Language::English), @r#"5,postings,rejected,amount=12.3456,,,,,,,,,,`12.3456` has more decimals than CNY,flow flow.csv:77,,Lin Yue,"disposed of on 2013-05-27: booked to suspense, voucher M-17""#);
        insta::assert_snapshot!(last(Language::Chinese), @r#"5,postings,拒收,amount=12.3456,,,,,,,,,,`12.3456` has more decimals than CNY,flow flow.csv:77,,Lin Yue,"2013-05-27 处置：booked to suspense, voucher M-17""#);
        let mut dossier = story::dossier();
        dossier.disposal = None;
        let (breaks, rejects) = (story::read(story::breaks()), story::read(story::rejects()));
        let mut out = Vec::new();
        write(&dossier, breaks, rejects, Language::English, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.ends_with("flow flow.csv:77,,,open\r\n"), "{text}");
        let mut of_target = story::rejects();
        of_target[0].book = "target".to_owned();
        let (breaks, rejects) = (story::read(story::breaks()), story::read(of_target));
        let mut out = Vec::new();
        write(&dossier, breaks, rejects, Language::English, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.ends_with(",,flow flow.csv:77,,open\r\n"), "{text}");
    }

    #[test]
    fn rejects_that_the_report_does_not_count_are_an_error() {
        let (breaks, rejects) = (story::read(story::breaks()), story::read(vec![]));
        let written = write(
            &story::dossier(),
            breaks,
            rejects,
            Language::English,
            Vec::new(),
        );
        let said = written.unwrap_err().to_string();
        assert!(said.starts_with("rejects.jsonl holds 0 of"), "{said}");
    }

    #[test]
    fn breaks_that_the_report_does_not_count_are_an_error() {
        let check = |breaks, expect: &str| {
            let dossier = story::dossier();
            let rejects = story::read(story::rejects());
            let breaks = story::read(breaks);
            let written = write(&dossier, breaks, rejects, Language::English, Vec::new());
            assert_eq!(written.unwrap_err().to_string(), expect);
        };
        let mut short = story::breaks();
        short.pop();
        check(
            short,
            "breaks.jsonl holds 0 of `postings, extra` and report.json counts 1, a difference of 1; \
             report from a folder that one run has left",
        );
        let mut other = story::breaks();
        other[0].difference[0].amount = "-0.02".to_owned();
        check(
            other,
            "the breaks of `postings` come to -13.82 in amount CNY and the causes of report.json to \
             -13.81, a difference of -0.01; report from a folder that one run has left",
        );
        let mut foreign = story::breaks();
        foreign[0].agreement = "wallets".into();
        check(
            foreign,
            "breaks.jsonl holds a line of the agreement `wallets`, which report.json does not have; \
             report from a folder that one run has left",
        );
        let mut spoilt = story::breaks();
        spoilt[0].difference[0].amount = "x".to_owned();
        check(
            spoilt,
            "breaks.jsonl: a break of `postings`, amount: `x` is no amount; report from a folder \
             that one run has left",
        );
    }
}
