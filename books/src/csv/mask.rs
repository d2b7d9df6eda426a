//! Finding the bytes that mean something, 64 at a time.

/// Bytes looked at at once.
pub(crate) const LANE: usize = 64;

/// The bytes that a record's reader must look at: delimiter, quote, line feed,
/// carriage return, NUL. Where nothing quotes, the delimiter stands in twice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Marks {
    bytes: [u8; 5],
}

impl Marks {
    pub(crate) fn new(delimiter: u8, quote: Option<u8>) -> Marks {
        Marks {
            bytes: [delimiter, quote.unwrap_or(delimiter), b'\n', b'\r', 0],
        }
    }

    /// A bit for each of the 64 bytes from `at` on that is a mark; bytes
    /// beyond the text have none.
    #[inline]
    pub(crate) fn find(&self, text: &[u8], at: usize) -> u64 {
        match text
            .get(at..at + LANE)
            .and_then(|lane| lane.as_array::<LANE>())
        {
            Some(lane) => self.find_in(lane),
            None => self.find_in_last(&text[at..]),
        }
    }

    #[cold]
    fn find_in_last(&self, rest: &[u8]) -> u64 {
        let marked = rest.iter().map(|byte| u64::from(self.bytes.contains(byte)));
        marked
            .enumerate()
            .fold(0, |marks, (bit, is_mark)| marks | is_mark << bit)
    }

    /// Plain loops over 64 bytes, which the compiler makes vector instructions of.
    #[inline]
    fn find_in(&self, lane: &[u8; LANE]) -> u64 {
        let [delimiter, quote, feed, carriage_return, nul] = self.bytes;
        let is_mark = lane.map(|byte| {
            let is_end = (byte == delimiter) | (byte == feed);
            let is_other = (byte == quote) | (byte == carriage_return) | (byte == nul);
            u8::from(is_end | is_other)
        });
        let words = is_mark.as_chunks::<8>().0.iter().enumerate();
        words.fold(0, |marks, (number, word)| {
            let bits = u64::from_le_bytes(*word).wrapping_mul(GATHER) >> 56;
            marks | bits << (8 * number)
        })
    }
}

/// Multiplied by it, eight bytes of 0 or 1 become the bits of the top byte.
const GATHER: u64 = 0x0102_0408_1020_4080;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn marks_are_found_wherever_they_are(
            text in prop::collection::vec(prop::sample::select(b"ab,;\"'\n\r\0\x80\xFF\x2D\x0B|".to_vec()), 0..200),
            at in 0usize..200,
        ) {
            prop_assume!(at <= text.len());
            let marks = Marks::new(b',', Some(b'"'));
            let slow = |rest: &[u8]| rest.iter().take(LANE).enumerate().fold(0u64, |bits, (bit, byte)| {
                bits | u64::from(b",\"\n\r\0".contains(byte)) << bit
            });
            prop_assert_eq!(marks.find(&text, at), slow(&text[at..]));
        }
    }
}
