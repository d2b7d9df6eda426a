//! The check code of a record: a keyed hash of all of its other fields.
//!
//! It tells whether a record is as it was generated, from the record and the seed alone. It is not
//! made to withstand somebody who wants to forge one: the seed is no secret.

use crate::random::{Purpose, Random};
use crate::record::{Record, Sealed, Table, Visit};

/// Is the key of a table's check codes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SealKey([u64; 3]);

impl SealKey {
    pub(crate) fn new(seed: u64, table: Table) -> Self {
        let mut random = Random::keyed(seed, Purpose::Seal, [table as u64, 0]);
        Self(std::array::from_fn(|_| random.bits() | 1))
    }

    /// The check code of a record.
    #[inline]
    pub(crate) fn of(self, record: &impl Sealed) -> i64 {
        let mut seal = Seal::new(self);
        record.visit(&mut seal);
        seal.finish()
    }
}

/// Takes the fields of a record and folds them into 64 bits.
#[derive(Debug)]
pub(crate) struct Seal {
    key: [u64; 3],
    state: u64,
}

/// Stands in the place of a length where there is no value.
const NOTHING: u64 = 0xa076_1d64_78bd_642f;

impl Seal {
    pub(crate) fn new(key: SealKey) -> Self {
        Self {
            key: key.0,
            state: key.0[0],
        }
    }

    pub(crate) fn finish(self) -> i64 {
        folded(self.state ^ self.key[1], self.key[2]).cast_signed()
    }

    #[inline]
    fn absorb(&mut self, one: u64, two: u64) {
        self.state =
            folded(self.state ^ one ^ self.key[1], two ^ self.key[2]) ^ two.rotate_left(23);
    }

    #[inline]
    fn value(&mut self, value: Option<i64>) {
        match value {
            Some(value) => self.absorb(value.cast_unsigned(), 1),
            None => self.absorb(NOTHING, 2),
        }
    }
}

/// The two halves of a product, laid over each other (as wyhash by Wang Yi does).
#[inline]
fn folded(one: u64, two: u64) -> u64 {
    let product = u128::from(one) * u128::from(two);
    (product as u64) ^ (product >> 64) as u64
}

impl Visit for Seal {
    #[inline]
    fn text(&mut self, value: Option<&[u8]>) {
        let Some(text) = value else {
            return self.absorb(NOTHING, 3);
        };
        let length = (text.len() as u64) << 8;
        let mut blocks = text.chunks_exact(16);
        for block in &mut blocks {
            self.absorb(word(&block[..8]), word(&block[8..]).rotate_left(5));
        }
        let rest = blocks.remainder();
        let (one, two) = rest.split_at(rest.len().min(8));
        self.absorb(word(one) ^ length.rotate_left(40), word(two) ^ length);
    }

    #[inline]
    fn money(&mut self, fen: Option<i64>) {
        self.value(fen);
    }

    fn rate(&mut self, millionths: i64) {
        self.value(Some(millionths));
    }

    #[inline]
    fn time(&mut self, millis: Option<i64>) {
        self.value(millis);
    }

    #[inline]
    fn date(&mut self, days: Option<i32>) {
        self.value(days.map(i64::from));
    }

    #[inline]
    fn number(&mut self, value: i64) {
        self.value(Some(value));
    }
}

/// Up to eight bytes as a word.
#[inline]
fn word(bytes: &[u8]) -> u64 {
    match bytes.len() {
        8.. => u64::from_le_bytes(std::array::from_fn(|at| bytes[at])),
        4..8 => {
            let low = u32::from_le_bytes(std::array::from_fn(|at| bytes[at]));
            let rest = bytes.len() - 4;
            let high = u32::from_le_bytes(std::array::from_fn(|at| bytes[rest + at]));
            u64::from(low) | u64::from(high) << 32
        }
        length @ 1..4 => {
            u64::from(bytes[0])
                | u64::from(bytes[length / 2]) << 8
                | u64::from(bytes[length - 1]) << 16
        }
        0 => 0,
    }
}

/// Is a record together with its check code.
#[derive(Debug)]
pub(crate) struct WithCheckCode<'a, R> {
    pub(crate) record: &'a R,
    pub(crate) check_code: i64,
}

impl<R: Record> Record for WithCheckCode<'_, R> {
    #[inline]
    fn visit<V: Visit>(&self, to: &mut V) {
        self.record.visit(to);
        to.number(self.check_code);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(fields: &[Option<&str>]) -> i64 {
        let mut seal = Seal::new(SealKey::new(1, Table::Flow));
        for field in fields {
            seal.text(field.map(str::as_bytes));
        }
        seal.finish()
    }

    #[test]
    fn every_byte_and_every_border_between_fields_matters() {
        let text = "2011080601700000012342, and a longer tail: 网上购物";
        let whole = sealed(&[Some(text), None]);
        for at in (0..text.len()).filter(|at| text.is_char_boundary(*at)) {
            assert_ne!(sealed(&[Some(&text[..at]), Some(&text[at..])]), whole);
            assert_ne!(sealed(&[Some(&text[..at]), None]), whole);
        }
        assert_ne!(sealed(&[None]), sealed(&[Some("")]));
        assert_ne!(sealed(&[Some("0")]), sealed(&[Some("00")]));
        assert_ne!(
            sealed(&[Some("a"), Some("b")]),
            sealed(&[Some("b"), Some("a")])
        );
    }
}
