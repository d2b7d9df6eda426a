//! Finding the bytes that mean something, 64 at a time.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{
    _mm256_cmpeq_epi8, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8, _mm256_setr_epi64x,
};

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
    /// beyond the text have none. `find_in` does it where all 64 are there.
    #[inline(always)]
    fn find_by(&self, text: &[u8], at: usize, find_in: impl FnOnce(&[u8; LANE]) -> u64) -> u64 {
        match text
            .get(at..at + LANE)
            .and_then(|lane| lane.as_array::<LANE>())
        {
            Some(lane) => find_in(lane),
            None => self.find_in_last(&text[at..]),
        }
    }

    /// The marks from `at` on.
    #[inline]
    pub(crate) fn find(&self, text: &[u8], at: usize) -> u64 {
        self.find_by(text, at, |lane| self.find_in(lane))
    }

    /// [`Self::find`] by instructions of the processor's own.
    #[cfg(target_arch = "x86_64")]
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(crate) fn find_avx2(&self, text: &[u8], at: usize) -> u64 {
        let [delimiter, quote, feed, carriage_return, nul] = self.bytes;
        self.find_by(text, at, |lane| {
            let (halves, _) = lane.as_chunks::<32>();
            let bits = halves.iter().map(|half| {
                let (words, _) = half.as_chunks::<8>();
                let [a, b, c, d] = [0, 1, 2, 3].map(|at| i64::from_le_bytes(words[at]));
                let bytes = _mm256_setr_epi64x(a, b, c, d);
                let is = |byte: u8| _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte.cast_signed()));
                let is_end = _mm256_or_si256(is(delimiter), is(feed));
                let is_quote = _mm256_or_si256(is(quote), is(carriage_return));
                let is_mark = _mm256_or_si256(_mm256_or_si256(is_end, is_quote), is(nul));
                u64::from(_mm256_movemask_epi8(is_mark).cast_unsigned())
            });
            bits.rev().fold(0, |marks, bits| marks << 32 | bits)
        })
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
            #[cfg(target_arch = "x86_64")]
            if std::arch::is_x86_feature_detected!("avx2") {
                #[expect(unsafe_code, reason = "the processor has AVX2")]
                let found = unsafe { marks.find_avx2(&text, at) };
                prop_assert_eq!(found, slow(&text[at..]));
            }
        }
    }
}
