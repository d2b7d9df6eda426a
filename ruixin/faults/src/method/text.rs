//! Text.

use encoding_rs::{GBK, UTF_8};

use crate::change::{Damage, Value};
use crate::known::Known;
use crate::method::Fault;
use crate::view::{MEMO, Row};

/// E1 encoding GBK/UTF-8 乱码: U+FFFD where bytes of GBK are no UTF-8.
pub(super) fn garbled(row: &Row<'_>, _: &Fault, _: &Known) -> Option<Damage> {
    let memo = row.memo()?;
    let garbled = gbk_read_as_utf8(memo)?;
    let changes = vec![(MEMO, Value::Text(garbled.clone()))];
    (garbled != memo).then_some(Damage::Change(changes))
}

/// What a reader of UTF-8 makes of a text that was written as GBK, if that could be written.
fn gbk_read_as_utf8(text: &str) -> Option<String> {
    let (bytes, _, has_unmappable) = GBK.encode(text);
    let (read, _) = UTF_8.decode_without_bom_handling(&bytes);
    (!has_unmappable).then(|| read.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_becomes_replacement_characters_and_latin_stays() {
        assert_eq!(
            gbk_read_as_utf8("付款 A1").unwrap(),
            "\u{fffd}\u{fffd}\u{fffd}\u{fffd} A1"
        );
        assert_eq!(gbk_read_as_utf8("plain").unwrap(), "plain");
        assert_eq!(gbk_read_as_utf8("😀"), None);
    }
}
