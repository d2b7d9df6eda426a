//! The keyed row hash: two AES rounds per block of two words, three to finish.
//!
//! Every absorption is a bijection of the state, so two rows that differ in one block only can not
//! collide. The hash is non-linear, so compensating errors (one cent here, minus one cent there) do
//! not cancel in a sum of hashes. It is keyed by a secret that is drawn after both books are frozen,
//! so nobody can craft records whose hashes cancel.
//!
//! The AES round is the same function in hardware and in software; states folded on different
//! machines merge.

use std::ops::Range;

/// A 128-bit lane pair, low word first: the state of one row's hash.
pub(crate) type Block = [u64; 2];

/// Rows that are hashed together: the scratch of so many rows stays in the first-level cache.
pub(crate) const CHUNK: usize = 512;

/// Names the hash in a state's header; states of different hashes never merge.
pub(crate) const HASH_ID: &str = "aes2-3/1";

const FINAL_ROUNDS: usize = 3;
const STRING_KEYS: usize = 8;

/// The secret of one run. Draw it after both books are frozen; never use it twice.
#[derive(Clone, PartialEq, Eq)]
pub struct Seed([u8; 32]);

impl Seed {
    /// Takes 32 secret bytes as the seed.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Gives the bytes, to be published in the evidence once the run is over.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Names the seed without telling it.
    pub fn commitment(&self) -> [u8; 16] {
        let digest = blake3::derive_key("crossfoot footing 1 seed commitment", &self.0);
        let mut short = [0; 16];
        short.copy_from_slice(&digest[..16]);
        short
    }
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(secret)")
    }
}

/// What does the AES rounds: chosen once, by what the processor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    /// Instructions that do four rounds each.
    Wide,
    /// Instructions that do one round each.
    Hardware,
    /// No instruction for it.
    Software,
}

impl Engine {
    /// The fastest that this processor has.
    pub(crate) fn detect() -> Self {
        Self::all_here()[0]
    }

    /// All that this processor has, the fastest first.
    fn all_here() -> Vec<Self> {
        let mut engines = vec![Self::Software];
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("aes") && std::arch::is_x86_feature_detected!("avx2")
        {
            engines.insert(0, Self::Hardware);
            if std::arch::is_x86_feature_detected!("vaes")
                && std::arch::is_x86_feature_detected!("avx512f")
            {
                engines.insert(0, Self::Wide);
            }
        }
        engines
    }

    /// Whether the processor has AVX2.
    pub(crate) fn has_avx2(self) -> bool {
        matches!(self, Self::Wide | Self::Hardware)
    }
}

/// Round keys drawn from the seed, for rows of a fixed number of blocks.
#[derive(Clone)]
pub(crate) struct RowHasher {
    engine: Engine,
    start: Block,
    rounds: Vec<[Block; 2]>,
    finals: [Block; FINAL_ROUNDS],
    key_finals: [Block; FINAL_ROUNDS],
    strings: [Block; STRING_KEYS],
    pub(crate) check: [u64; 4],
}

impl RowHasher {
    pub(crate) fn new(seed: &Seed, blocks: usize) -> Self {
        Self::with_engine(seed, blocks, Engine::detect())
    }

    pub(crate) fn with_engine(seed: &Seed, blocks: usize, engine: Engine) -> Self {
        let mut reader = blake3::Hasher::new_derive_key("crossfoot footing 1 round keys")
            .update(seed.bytes())
            .finalize_xof();
        let mut word = || {
            let mut bytes = [0; 8];
            reader.fill(&mut bytes);
            u64::from_le_bytes(bytes)
        };
        let mut block = || [word(), word()];
        Self {
            engine,
            start: block(),
            finals: [block(), block(), block()],
            key_finals: [block(), block(), block()],
            strings: std::array::from_fn(|_| block()),
            check: {
                let (a, b) = (block(), block());
                [a[0] | 1, a[1] | 1, b[0] | 1, b[1] | 1]
            },
            rounds: (0..blocks).map(|_| [block(), block()]).collect(),
        }
    }

    pub(crate) fn engine(&self) -> Engine {
        self.engine
    }

    /// Sets the states of a chunk's rows to the start value.
    pub(crate) fn start(&self, states: &mut [Block]) {
        states.fill(self.start);
    }

    /// Absorbs the blocks of every row: block `n` is the words `2n` and `2n + 1`, a column of words
    /// each.
    pub(crate) fn absorb(&self, states: &mut [Block], words: &[&[u64]], blocks: Range<usize>) {
        self.absorb_and(states, words, blocks, &[]);
    }

    /// Absorbs the last blocks of every row, and finishes the rows' hashes.
    pub(crate) fn absorb_last(&self, states: &mut [Block], words: &[&[u64]], blocks: Range<usize>) {
        self.absorb_and(states, words, blocks, &self.finals);
    }

    /// Finishes a copy of the states as the hash of the key alone.
    pub(crate) fn finish_keys(&self, states: &mut [Block]) {
        self.absorb_and(states, &[], 0..0, &self.key_finals);
    }

    fn absorb_and(
        &self,
        states: &mut [Block],
        words: &[&[u64]],
        blocks: Range<usize>,
        finals: &[Block],
    ) {
        let keys = &self.rounds[blocks.clone()];
        let words = &words[2 * blocks.start..2 * blocks.end];
        match self.engine {
            #[cfg(target_arch = "x86_64")]
            #[expect(
                unsafe_code,
                reason = "detect() has seen the vaes and avx512f features"
            )]
            Engine::Wide => unsafe { x86::absorb_wide(states, words, keys, finals) },
            #[cfg(target_arch = "x86_64")]
            #[expect(unsafe_code, reason = "detect() has seen the aes and avx2 features")]
            Engine::Hardware => unsafe { x86::absorb(states, words, keys, finals) },
            _ => software::absorb(states, words, keys, finals),
        }
    }

    /// Hashes the bytes of one long text to 128 bits.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> Block {
        match self.engine {
            #[cfg(target_arch = "x86_64")]
            #[expect(unsafe_code, reason = "detect() has seen the aes and avx2 features")]
            Engine::Wide | Engine::Hardware => unsafe { x86::bytes(bytes, &self.strings) },
            _ => software::bytes(bytes, &self.strings),
        }
    }
}

/// Reads up to sixteen bytes as two little-endian words, padded with zeros.
#[inline(always)]
pub(crate) fn short_words(bytes: &[u8]) -> Block {
    let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) else {
        let mut padded = [0_u8; 8];
        padded[..bytes.len()].copy_from_slice(bytes);
        return [u64::from_le_bytes(padded), 0];
    };
    // The last eight bytes overlap the first ones; what the first word has is shifted out.
    let overlap = 8 * (16 - bytes.len() as u32);
    let high = u64::from_le_bytes(*last).checked_shr(overlap);
    [u64::from_le_bytes(*first), high.unwrap_or(0)]
}

macro_rules! string_hash {
    ($bytes:expr, $keys:expr, $round:expr) => {{
        let mut state = $keys[0];
        state[0] ^= $bytes.len() as u64;
        let mut counter = 0_u64;
        for part in $bytes.chunks(16) {
            let words = short_words(part);
            counter = counter.wrapping_add(1);
            // The counter makes every position's key its own.
            state = [state[0] ^ words[0], state[1] ^ words[1]];
            state = $round(state, [$keys[1][0] ^ counter, $keys[1][1]]);
            state = $round(state, $keys[2]);
        }
        for key in &$keys[3..6] {
            state = $round(state, *key);
        }
        state
    }};
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Block, STRING_KEYS, short_words};
    use std::arch::x86_64::{
        __m128i, __m512i, _mm_aesenc_si128, _mm_cvtsi128_si64, _mm_extract_epi64, _mm_set_epi64x,
        _mm_unpackhi_epi64, _mm_unpacklo_epi64, _mm_xor_si128, _mm512_aesenc_epi128,
        _mm512_extracti32x4_epi32, _mm512_set_epi64, _mm512_setr_epi64, _mm512_setzero_si512,
        _mm512_unpackhi_epi64, _mm512_unpacklo_epi64, _mm512_xor_si512,
    };

    #[inline]
    #[target_feature(enable = "aes,avx2")]
    fn load(block: Block) -> __m128i {
        _mm_set_epi64x(block[1].cast_signed(), block[0].cast_signed())
    }

    #[inline]
    #[target_feature(enable = "aes,avx2")]
    fn store(value: __m128i) -> Block {
        [
            _mm_cvtsi128_si64(value).cast_unsigned(),
            _mm_extract_epi64::<1>(value).cast_unsigned(),
        ]
    }

    /// Rows whose states stay in registers through all blocks: as many rounds as the processor can
    /// have under way at once.
    const ROWS: usize = 8;

    #[target_feature(enable = "aes,avx2")]
    pub(super) fn absorb(
        states: &mut [Block],
        words: &[&[u64]],
        keys: &[[Block; 2]],
        finals: &[Block],
    ) {
        absorb_from(0, states, words, keys, finals);
    }

    /// Absorbs the words from row `from` on.
    #[inline]
    #[target_feature(enable = "aes,avx2")]
    fn absorb_from(
        from: usize,
        states: &mut [Block],
        words: &[&[u64]],
        keys: &[[Block; 2]],
        finals: &[Block],
    ) {
        let (eights, rest) = states.as_chunks_mut::<ROWS>();
        let first_of_rest = from + eights.len() * ROWS;
        for (number, states) in eights.iter_mut().enumerate() {
            let rows = from + number * ROWS..from + (number + 1) * ROWS;
            let mut values = states.map(|state| load(state));
            for (pair, keys) in words.chunks_exact(2).zip(keys) {
                mix(&mut values, &pair[0][rows.clone()], &pair[1][rows.clone()]);
                for key in keys {
                    round(&mut values, *key);
                }
            }
            for key in finals {
                round(&mut values, *key);
            }
            *states = values.map(|value| store(value));
        }
        for (row, state) in (first_of_rest..).zip(rest) {
            let mut value = load(*state);
            for (pair, keys) in words.chunks_exact(2).zip(keys) {
                let mixed = _mm_xor_si128(value, load([pair[0][row], pair[1][row]]));
                value = _mm_aesenc_si128(_mm_aesenc_si128(mixed, load(keys[0])), load(keys[1]));
            }
            for key in finals {
                value = _mm_aesenc_si128(value, load(*key));
            }
            *state = store(value);
        }
    }

    #[inline]
    #[target_feature(enable = "aes,avx2")]
    fn round(values: &mut [__m128i; ROWS], key: Block) {
        let key = load(key);
        for value in values {
            *value = _mm_aesenc_si128(*value, key);
        }
    }

    /// Adds a block to each state. Words lie by column; two rows at a time are brought together.
    #[inline]
    #[target_feature(enable = "aes,avx2")]
    fn mix(values: &mut [__m128i; ROWS], low: &[u64], high: &[u64]) {
        let (lows, _) = low.as_chunks::<2>();
        let (highs, _) = high.as_chunks::<2>();
        let (twos, _) = values.as_chunks_mut::<2>();
        for ((two, low), high) in twos.iter_mut().zip(lows).zip(highs) {
            let (low, high) = (load(*low), load(*high));
            two[0] = _mm_xor_si128(two[0], _mm_unpacklo_epi64(low, high));
            two[1] = _mm_xor_si128(two[1], _mm_unpackhi_epi64(low, high));
        }
    }

    /// Rows of a register of 512 bits that holds states, and of one that holds a column's words.
    const LANES: usize = 4;
    const WORDS: usize = 8;

    /// Rows under way at once where one instruction does four.
    const WIDE_ROWS: usize = 32;

    /// [`absorb`], four rows by one instruction. Of each eight rows the even ones lie in one
    /// register and the odd ones in the next, which is how two columns of words come together.
    #[target_feature(enable = "vaes,avx512f,aes,avx2")]
    pub(super) fn absorb_wide(
        states: &mut [Block],
        words: &[&[u64]],
        keys: &[[Block; 2]],
        finals: &[Block],
    ) {
        let (wides, rest) = states.as_chunks_mut::<WIDE_ROWS>();
        for (number, states) in wides.iter_mut().enumerate() {
            let rows = number * WIDE_ROWS..(number + 1) * WIDE_ROWS;
            let mut values = gather(states);
            for (pair, keys) in words.chunks_exact(2).zip(keys) {
                mix_wide(&mut values, &pair[0][rows.clone()], &pair[1][rows.clone()]);
                for key in keys {
                    round_wide(&mut values, *key);
                }
            }
            for key in finals {
                round_wide(&mut values, *key);
            }
            scatter(&values, states);
        }
        absorb_from(wides.len() * WIDE_ROWS, rest, words, keys, finals);
    }

    type Wide = [__m512i; WIDE_ROWS / LANES];

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn gather(states: &[Block; WIDE_ROWS]) -> Wide {
        let mut values = [_mm512_setzero_si512(); WIDE_ROWS / LANES];
        let (eights, _) = states.as_chunks::<WORDS>();
        let (twos, _) = values.as_chunks_mut::<2>();
        for ([even, odd], [a, b, c, d, e, f, g, h]) in twos.iter_mut().zip(eights) {
            *even = words_wide(&[a[0], a[1], c[0], c[1], e[0], e[1], g[0], g[1]]);
            *odd = words_wide(&[b[0], b[1], d[0], d[1], f[0], f[1], h[0], h[1]]);
        }
        values
    }

    #[inline]
    #[target_feature(enable = "aes,avx2,avx512f")]
    fn scatter(values: &Wide, states: &mut [Block; WIDE_ROWS]) {
        let (eights, _) = states.as_chunks_mut::<WORDS>();
        let (twos, _) = values.as_chunks::<2>();
        for ([even, odd], eight) in twos.iter().zip(eights) {
            *eight = [
                store(_mm512_extracti32x4_epi32::<0>(*even)),
                store(_mm512_extracti32x4_epi32::<0>(*odd)),
                store(_mm512_extracti32x4_epi32::<1>(*even)),
                store(_mm512_extracti32x4_epi32::<1>(*odd)),
                store(_mm512_extracti32x4_epi32::<2>(*even)),
                store(_mm512_extracti32x4_epi32::<2>(*odd)),
                store(_mm512_extracti32x4_epi32::<3>(*even)),
                store(_mm512_extracti32x4_epi32::<3>(*odd)),
            ];
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn words_wide(words: &[u64; WORDS]) -> __m512i {
        let [a, b, c, d, e, f, g, h] = words.map(u64::cast_signed);
        _mm512_setr_epi64(a, b, c, d, e, f, g, h)
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn mix_wide(values: &mut Wide, low: &[u64], high: &[u64]) {
        let (lows, _) = low.as_chunks::<WORDS>();
        let (highs, _) = high.as_chunks::<WORDS>();
        let (twos, _) = values.as_chunks_mut::<2>();
        for ((two, low), high) in twos.iter_mut().zip(lows).zip(highs) {
            let (low, high) = (words_wide(low), words_wide(high));
            two[0] = _mm512_xor_si512(two[0], _mm512_unpacklo_epi64(low, high));
            two[1] = _mm512_xor_si512(two[1], _mm512_unpackhi_epi64(low, high));
        }
    }

    #[inline]
    #[target_feature(enable = "vaes,avx512f")]
    fn round_wide(values: &mut Wide, key: Block) {
        let [low, high] = key.map(u64::cast_signed);
        let key = _mm512_set_epi64(high, low, high, low, high, low, high, low);
        for value in values {
            *value = _mm512_aesenc_epi128(*value, key);
        }
    }

    #[target_feature(enable = "aes,avx2")]
    pub(super) fn bytes(bytes: &[u8], keys: &[Block; STRING_KEYS]) -> Block {
        string_hash!(bytes, keys, |state: Block, key: Block| store(
            _mm_aesenc_si128(load(state), load(key))
        ))
    }
}

pub(crate) mod software {
    use super::{Block, STRING_KEYS, short_words};

    /// The AES S-box, computed from its definition (FIPS 197 §5.1.1) when the program is built.
    const SBOX: [u8; 256] = sbox();

    const fn times(mut a: u8, mut b: u8) -> u8 {
        let mut product = 0;
        while b != 0 {
            if b & 1 == 1 {
                product ^= a;
            }
            a = (a << 1) ^ (if a & 0x80 != 0 { 0x1b } else { 0 });
            b >>= 1;
        }
        product
    }

    const fn sbox() -> [u8; 256] {
        let mut table = [0; 256];
        let mut value = 0_usize;
        while value < 256 {
            // The inverse is the 254th power; zero stays zero.
            let mut inverse = 1_u8;
            let mut power = 0;
            while power < 254 {
                inverse = times(inverse, value as u8);
                power += 1;
            }
            table[value] = inverse
                ^ inverse.rotate_left(1)
                ^ inverse.rotate_left(2)
                ^ inverse.rotate_left(3)
                ^ inverse.rotate_left(4)
                ^ 0x63;
            value += 1;
        }
        table
    }

    fn bytes_of(block: Block) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&block[0].to_le_bytes());
        bytes[8..].copy_from_slice(&block[1].to_le_bytes());
        bytes
    }

    /// One AES round: SubBytes, ShiftRows, MixColumns, AddRoundKey, as the `aesenc` instruction.
    pub(crate) fn round(state: Block, key: Block) -> Block {
        let input = bytes_of(state);
        let mut shifted = [0_u8; 16];
        for column in 0..4 {
            for row in 0..4 {
                shifted[4 * column + row] =
                    SBOX[usize::from(input[4 * ((column + row) % 4) + row])];
            }
        }
        let mut mixed = [0_u8; 16];
        for (out, column) in mixed.chunks_exact_mut(4).zip(shifted.chunks_exact(4)) {
            let [a, b, c, d] = [column[0], column[1], column[2], column[3]];
            out[0] = times(a, 2) ^ times(b, 3) ^ c ^ d;
            out[1] = a ^ times(b, 2) ^ times(c, 3) ^ d;
            out[2] = a ^ b ^ times(c, 2) ^ times(d, 3);
            out[3] = times(a, 3) ^ b ^ c ^ times(d, 2);
        }
        let words = short_words(&mixed);
        [words[0] ^ key[0], words[1] ^ key[1]]
    }

    pub(super) fn absorb(
        states: &mut [Block],
        words: &[&[u64]],
        keys: &[[Block; 2]],
        finals: &[Block],
    ) {
        for (row, state) in states.iter_mut().enumerate() {
            for (pair, keys) in words.chunks_exact(2).zip(keys) {
                let mixed = [state[0] ^ pair[0][row], state[1] ^ pair[1][row]];
                *state = round(round(mixed, keys[0]), keys[1]);
            }
            *state = finals.iter().fold(*state, |state, key| round(state, *key));
        }
    }

    pub(super) fn bytes(bytes: &[u8], keys: &[Block; STRING_KEYS]) -> Block {
        string_hash!(bytes, keys, round)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_software_round_is_the_one_of_the_standard() {
        // FIPS 197, appendix B: the state at the start of round 1, its round key, and the state
        // at the start of round 2.
        let state = short_words(&[
            0x19, 0x3d, 0xe3, 0xbe, 0xa0, 0xf4, 0xe2, 0x2b, 0x9a, 0xc6, 0x8d, 0x2a, 0xe9, 0xf8,
            0x48, 0x08,
        ]);
        let key = short_words(&[
            0xa0, 0xfa, 0xfe, 0x17, 0x88, 0x54, 0x2c, 0xb1, 0x23, 0xa3, 0x39, 0x39, 0x2a, 0x6c,
            0x76, 0x05,
        ]);
        let next = short_words(&[
            0xa4, 0x9c, 0x7f, 0xf2, 0x68, 0x9f, 0x35, 0x2b, 0x6b, 0x5b, 0xea, 0x43, 0x02, 0x6a,
            0x50, 0x49,
        ]);
        assert_eq!(software::round(state, key), next);
    }

    #[test]
    fn hardware_and_software_give_the_same_digests() {
        let seed = Seed::new([7; 32]);
        let slow = RowHasher::with_engine(&seed, 3, Engine::Software);
        let word = |column: u64| {
            (0..103)
                .map(|n| (n * (0x9e37_79b9 + column)) ^ column)
                .collect()
        };
        let words: Vec<Vec<u64>> = (0..6).map(word).collect();
        let words: Vec<&[u64]> = words.iter().map(|words| &words[..]).collect();
        let hash = |hasher: &RowHasher, rows: usize, cuts: &[Range<usize>]| {
            let mut states = vec![[0; 2]; rows];
            hasher.start(&mut states);
            let (last, cuts) = cuts.split_last().expect("some blocks");
            for blocks in cuts {
                hasher.absorb(&mut states, &words, blocks.clone());
            }
            hasher.absorb_last(&mut states, &words, last.clone());
            states
        };
        let keys = |hasher: &RowHasher, mut states: Vec<Block>| {
            hasher.finish_keys(&mut states);
            states
        };
        let uncut = std::slice::from_ref(&(0..3));
        // Those that the processor has, down to the plainest.
        for engine in Engine::all_here() {
            let fast = RowHasher::with_engine(&seed, 3, engine);
            for rows in [0, 1, 7, 8, 9, 31, 32, 33, 64, 103] {
                let about = format!("{engine:?}, {rows} rows");
                let whole = hash(&fast, rows, uncut);
                assert_eq!(whole, hash(&slow, rows, uncut), "{about}");
                assert_eq!(whole, hash(&fast, rows, &[0..1, 1..3]), "{about}");
                assert_eq!(whole, hash(&slow, 103, uncut)[..rows], "{about}");
                assert_eq!(keys(&fast, whole.clone()), keys(&slow, whole), "{about}");
            }
            for length in 0..70 {
                let text: Vec<u8> = (0..length).collect();
                assert_eq!(fast.bytes(&text), slow.bytes(&text), "{length} bytes");
            }
        }
    }

    #[test]
    fn short_texts_are_their_bytes_padded_with_zeros() {
        let text: Vec<u8> = (1..=16).collect();
        for length in 0..=16 {
            let mut padded = [0; 16];
            padded[..length].copy_from_slice(&text[..length]);
            let word = |half: &[u8]| u64::from_le_bytes(half.try_into().expect("eight bytes"));
            let expected = [word(&padded[..8]), word(&padded[8..])];
            assert_eq!(short_words(&text[..length]), expected, "{length} bytes");
        }
    }

    #[test]
    fn texts_of_zeros_differ_by_their_length() {
        let hasher = RowHasher::new(&Seed::new([1; 32]), 1);
        assert_ne!(hasher.bytes(&[0; 17]), hasher.bytes(&[0; 18]));
        assert_ne!(hasher.bytes(&[0; 32]), hasher.bytes(&[0; 48]));
    }
}
