use std::borrow::Cow;

use encoding_rs::{BIG5, Encoding, GB18030, GBK, UTF_8, WINDOWS_1252};

use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::explanation::Says;
use crate::trial::{Fit, Trial, reason};

// Cause: E1 encoding | 编码错误
//
// Bytes are read in another encoding than they are written in: GBK as UTF-8, UTF-8 as GBK or as
// Windows-1252, or characters that the target's encoding lacks become question marks.
//
// expected:
//     id:key,memo
//     1,瑞信
// target:
//     1,ç‘žä¿¡
// says: E1 proved; memo: 瑞信 became ç‘žä¿¡: UTF-8 was read as windows-1252
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::E1,
    en: "encoding",
    zh: "编码错误",
    ways: &[Way::Field(offer), Way::Record(offer_moved)],
};

/// Encodings that meet in the books of this trade: Latin-1 is read as Windows-1252.
static ENCODINGS: [&Encoding; 5] = [UTF_8, GB18030, GBK, WINDOWS_1252, BIG5];

fn offer(_: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let Some(texts) = field.texts().filter(|_| field.is_text()) else {
        return;
    };
    if texts.expected.is_ascii() {
        return;
    }
    for written in ENCODINGS {
        for read in ENCODINGS {
            if written != read {
                offer_misread(field, texts.expected, written, read, trial);
            }
        }
        offer_marks(field, texts.expected, written, trial);
    }
    if texts.actual.contains('\u{fffd}') && !texts.expected.contains('\u{fffd}') {
        trial.text(field, field.actual, Fit::Loose, || {
            reason(
                "it holds replacement characters, which a wrong encoding leaves",
                "含有替换字符，是编码错误的痕迹",
            )
        });
    }
    // Read wrongly twice over.
    if let Some(once) = misread(texts.expected, UTF_8, WINDOWS_1252)
        && let Some(twice) = misread(&once, UTF_8, WINDOWS_1252)
    {
        trial.text(field, Some(&twice), Fit::Exact, || {
            says(UTF_8, WINDOWS_1252, ", twice", "两次")
        });
    }
    for mark in ["?", "\u{fffd}", ""] {
        for width in [1, 2, 3] {
            let marked = with_marks(texts.expected, mark, width);
            trial.text(field, Some(&marked), Fit::Exact, || {
                let shown = if mark.is_empty() { "nothing" } else { mark };
                reason(
                    format!("characters beyond ASCII became {shown}"),
                    format!(
                        "非 ASCII 字符变成 {}",
                        if mark.is_empty() { "空" } else { mark }
                    ),
                )
            });
        }
    }
}

/// Columns of a fixed width move where a width counts bytes and the reader characters: the texts
/// one after the other are the same, and are cut elsewhere.
fn offer_moved(case: &Case<'_>, trial: &mut Trial<'_>) {
    let text = |value: Option<&str>| -> String {
        let value = value.unwrap_or_default();
        value.chars().filter(|sign| !sign.is_whitespace()).collect()
    };
    let fields = || case.fields.iter().filter(|field| field.is_text());
    let expected: String = fields().map(|field| text(field.expected)).collect();
    let actual: String = fields().map(|field| text(field.actual)).collect();
    if fields().count() < 2 || expected != actual || expected.is_ascii() {
        return;
    }
    let held = fields().map(|field| (field.name, field.actual));
    let changes: Vec<(&str, Option<&str>)> = held.collect();
    trial.fields(&changes, Fit::Loose, || {
        reason(
            "columns of a fixed width moved behind a text of more bytes than characters",
            "定长字段因字节与字符数不同而错位",
        )
    });
}

fn offer_misread(
    field: &Field<'_>,
    expected: &str,
    written: &'static Encoding,
    read: &'static Encoding,
    trial: &mut Trial<'_>,
) {
    let Some(garbled) = misread(expected, written, read) else {
        return;
    };
    trial.text(field, Some(&garbled), Fit::Exact, || {
        says(written, read, "", "")
    });
    // Programs differ in how many replacement characters stand for one wrong sequence, and some
    // put a question mark or drop it.
    if garbled.contains('\u{fffd}') {
        for mark in ["?", ""] {
            let marked = garbled.replace('\u{fffd}', mark);
            trial.text(field, Some(&marked), Fit::Exact, || {
                says(written, read, "", "")
            });
        }
        let is_alike = field
            .actual
            .is_some_and(|actual| squeezed(actual) == squeezed(&garbled));
        if is_alike {
            trial.text(field, field.actual, Fit::Exact, || {
                says(written, read, "", "")
            });
        }
    }
}

/// Characters that an encoding lacks become a mark, or are written as programs of the web do.
fn offer_marks(field: &Field<'_>, expected: &str, into: &'static Encoding, trial: &mut Trial<'_>) {
    let (_, _, lacks) = into.encode(expected);
    if !lacks {
        return;
    }
    for mark in ["?", "\u{fffd}", ""] {
        let mut marked = String::new();
        for character in expected.chars() {
            let mut buffer = [0; 4];
            let (_, _, is_lacking) = into.encode(character.encode_utf8(&mut buffer));
            if is_lacking {
                marked.push_str(mark);
            } else {
                marked.push(character);
            }
        }
        let name = into.name();
        trial.text(field, Some(&marked), Fit::Exact, || {
            reason(
                format!("characters that {name} lacks were replaced"),
                format!("{name} 没有的字符被替换"),
            )
        });
    }
}

fn misread(text: &str, written: &'static Encoding, read: &'static Encoding) -> Option<String> {
    let (bytes, _, lacks) = written.encode(text);
    if lacks {
        return None;
    }
    let (garbled, _) = read.decode_without_bom_handling(&bytes);
    match garbled {
        Cow::Borrowed(same) if same == text => None,
        garbled => Some(garbled.into_owned()),
    }
}

fn with_marks(text: &str, mark: &str, width: usize) -> String {
    let mut marked = String::new();
    for character in text.chars() {
        if character.is_ascii() {
            marked.push(character);
        } else {
            marked.push_str(&mark.repeat(width));
        }
    }
    marked
}

/// The text with each run of replacement characters made one.
fn squeezed(text: &str) -> String {
    let mut squeezed = String::new();
    for character in text.chars() {
        if !(character == '\u{fffd}' && squeezed.ends_with('\u{fffd}')) {
            squeezed.push(character);
        }
    }
    squeezed
}

fn says(written: &'static Encoding, read: &'static Encoding, en: &str, zh: &str) -> Says {
    let (written, read) = (written.name(), read.name());
    reason(
        format!("{written} was read as {read}{en}"),
        format!("{written} 被{zh}当作 {read} 读取"),
    )
}
