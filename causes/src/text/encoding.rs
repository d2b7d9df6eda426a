use std::borrow::Cow;

use encoding_rs::{BIG5, Encoding, GB18030, GBK, UTF_8, WINDOWS_1252};

use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::explanation::Says;
use crate::trial::{Fit, Trial, reason};

// Cause: E1 encoding | 编码错误
//
// Bytes are read in another encoding than they are written in: GBK as UTF-8, UTF-8 as GBK, Windows-1252
// or Latin-1, or characters that the target's encoding lacks become question marks.
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

/// Encodings that meet in the books of this trade. Programs take the first for the second of the
/// last two and the other way round; between 0x80 and 0x9f they are not the same.
static CHARSETS: [Charset; 6] = [
    Charset::Web(UTF_8),
    Charset::Web(GB18030),
    Charset::Web(GBK),
    Charset::Web(BIG5),
    Charset::Web(WINDOWS_1252),
    Charset::Latin1,
];

/// How characters stand for bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Charset {
    /// As browsers know it.
    Web(&'static Encoding),
    /// ISO 8859-1, each byte the character of its number: browsers read it as Windows-1252, programs
    /// do not.
    Latin1,
}

impl Charset {
    fn name(self) -> &'static str {
        match self {
            Charset::Web(encoding) => encoding.name(),
            Charset::Latin1 => "ISO-8859-1",
        }
    }

    /// The bytes of a text; none where it lacks a character.
    fn encode(self, text: &str) -> Option<Cow<'_, [u8]>> {
        match self {
            Charset::Web(encoding) => {
                let (bytes, _, lacks) = encoding.encode(text);
                (!lacks).then_some(bytes)
            }
            Charset::Latin1 => text
                .chars()
                .map(|character| u8::try_from(u32::from(character)).ok())
                .collect(),
        }
    }

    fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        match self {
            Charset::Web(encoding) => {
                Cow::Owned(encoding.decode_without_bom_handling(bytes).0.into_owned())
            }
            Charset::Latin1 => bytes.iter().copied().map(char::from).collect(),
        }
    }

    fn has(self, character: char) -> bool {
        self.encode(character.encode_utf8(&mut [0; 4])).is_some()
    }
}

fn offer(_: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let Some(texts) = field.texts().filter(|_| field.is_text()) else {
        return;
    };
    if texts.expected.is_ascii() {
        return;
    }
    if is_only_replaced(texts.actual) && is_replaced(texts.expected, texts.actual) {
        // Which encoding left nothing else, nothing can tell.
        trial.text(field, field.actual, Fit::Exact, || {
            reason(
                "only replacement characters are left, of a wrong encoding",
                "只剩替换字符，读取时编码有误",
            )
        });
    }
    for written in CHARSETS {
        for read in CHARSETS {
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
    for read in [Charset::Web(WINDOWS_1252), Charset::Latin1] {
        let utf8 = Charset::Web(UTF_8);
        if let Some(once) = misread(texts.expected, utf8, read)
            && let Some(twice) = misread(&once, utf8, read)
        {
            offer_garbled(field, &twice, trial, || says(utf8, read, ", twice", "两次"));
        }
    }
    let widths: [fn(char) -> usize; 4] = [|_| 1, |_| 2, |_| 3, char::len_utf8];
    for mark in ["?", "\u{fffd}", ""] {
        for width in widths {
            let marked = with_marks(texts.expected, mark, width);
            offer_garbled(field, &marked, trial, || {
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

/// Offers what is left of a text. Where that is nothing at all, it tells of no encoding.
fn offer_garbled(
    field: &Field<'_>,
    garbled: &str,
    trial: &mut Trial<'_>,
    reason: impl FnOnce() -> Says,
) {
    if !garbled.trim().is_empty() {
        trial.text(field, Some(garbled), Fit::Exact, reason);
    }
}

fn is_only_replaced(text: &str) -> bool {
    text.contains('\u{fffd}')
        && text
            .chars()
            .all(|character| character == '\u{fffd}' || character.is_whitespace())
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
    written: Charset,
    read: Charset,
    trial: &mut Trial<'_>,
) {
    let Some(garbled) = misread(expected, written, read) else {
        return;
    };
    let says = || says(written, read, "", "");
    offer_garbled(field, &garbled, trial, says);
    // Programs differ in how many replacement characters stand for one wrong sequence, and some
    // put a question mark or drop it.
    if garbled.contains('\u{fffd}') {
        for mark in ["?", ""] {
            offer_garbled(field, &garbled.replace('\u{fffd}', mark), trial, says);
        }
        let bytes = written.encode(expected).map_or(0, |bytes| bytes.len());
        let is_alike = |actual: &&str| {
            is_decoded(&garbled, actual) && actual.matches('\u{fffd}').count() <= bytes
        };
        let alike = field.actual.filter(is_alike);
        if let Some(actual) = alike {
            offer_garbled(field, actual, trial, says);
        }
    }
}

/// Characters that an encoding lacks become a mark, or are written as programs of the web do.
fn offer_marks(field: &Field<'_>, expected: &str, into: Charset, trial: &mut Trial<'_>) {
    if expected.chars().all(|character| into.has(character)) {
        return;
    }
    for mark in ["?", "\u{fffd}", ""] {
        let mut marked = String::new();
        for character in expected.chars() {
            if into.has(character) {
                marked.push(character);
            } else {
                marked.push_str(mark);
            }
        }
        let name = into.name();
        offer_garbled(field, &marked, trial, || {
            reason(
                format!("characters that {name} lacks were replaced"),
                format!("{name} 没有的字符被替换"),
            )
        });
    }
}

fn misread(text: &str, written: Charset, read: Charset) -> Option<String> {
    let bytes = written.encode(text)?;
    let garbled = read.decode(&bytes);
    (garbled != text).then(|| garbled.into_owned())
}

fn with_marks(text: &str, mark: &str, width: impl Fn(char) -> usize) -> String {
    let mut marked = String::new();
    for character in text.chars() {
        if character.is_ascii() {
            marked.push(character);
        } else {
            marked.push_str(&mark.repeat(width(character)));
        }
    }
    marked
}

/// Bytes of the longest character, in UTF-8 and in GB18030.
const WIDTH_MAX: usize = 4;

/// Says whether a decoder may leave replacement characters for all that is beyond ASCII: at most one
/// for each byte, at least one for each wrong sequence of them, and none for a character of ASCII.
fn is_replaced(expected: &str, actual: &str) -> bool {
    is_alike(&runs(expected, |sign| !sign.is_ascii()), &marks(actual))
}

/// Says whether another decoder may leave a text that differs from what ours leaves in nothing but
/// how many replacement characters stand for the same bytes.
fn is_decoded(ours: &str, theirs: &str) -> bool {
    is_alike(&marks(ours), &marks(theirs))
}

fn is_alike(one: &[Piece], other: &[Piece]) -> bool {
    let fits = |one: usize, other: usize| one <= other.saturating_mul(WIDTH_MAX);
    let is_alike = |pieces: (&Piece, &Piece)| match pieces {
        (Piece::Run(one), Piece::Run(other)) => fits(*one, *other) && fits(*other, *one),
        (Piece::Sign(one), Piece::Sign(other)) => one == other,
        _ => false,
    };
    one.len() == other.len() && one.iter().zip(other).all(is_alike)
}

/// Is a character of a text, or a run of those that are looked for and its length.
enum Piece {
    Sign(char),
    Run(usize),
}

fn marks(text: &str) -> Vec<Piece> {
    runs(text, |sign| sign == '\u{fffd}')
}

fn runs(text: &str, belongs: impl Fn(char) -> bool) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for sign in text.chars() {
        match pieces.last_mut() {
            Some(Piece::Run(length)) if belongs(sign) => *length = length.saturating_add(1),
            _ if belongs(sign) => pieces.push(Piece::Run(1)),
            _ => pieces.push(Piece::Sign(sign)),
        }
    }
    pieces
}

fn says(written: Charset, read: Charset, en: &str, zh: &str) -> Says {
    let (written, read) = (written.name(), read.name());
    reason(
        format!("{written} was read as {read}{en}"),
        format!("{written} 被{zh}当作 {read} 读取"),
    )
}
