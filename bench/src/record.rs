//! One record of the wallet's ledger as a pure function of its number.

/// How many accounts there are; a few of them have most of the records.
pub(crate) const ACCOUNTS: u64 = 2_000_000;

/// The words for the kinds of movement, by code.
pub(crate) const KINDS: [&str; 16] = [
    "PAYMENT",
    "REFUND",
    "TOPUP",
    "WITHDRAWAL",
    "TRANSFER_IN",
    "TRANSFER_OUT",
    "FUND_BUY",
    "FUND_SELL",
    "FUND_INCOME",
    "FEE",
    "BONUS",
    "REVERSAL",
    "CHARGEBACK",
    "SALARY",
    "UTILITY",
    "ADJUSTMENT",
];

/// The words for the channels that a movement came through.
pub(crate) const CHANNELS: [&str; 4] = ["APP", "UNIONPAY", "POS", "BATCH"];

/// 2009-01-01 00:00 civil time in Shanghai, in milliseconds since 1970-01-01 civil time.
const OPENED_MS: i64 = 1_230_768_000_000;
/// 2013-05-27 08:00 civil time in Shanghai: the window opens.
const FROZEN_MS: i64 = 1_369_641_600_000;

/// One movement on one account. Amounts are minor units (fen).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) txn_id: i64,
    pub(crate) account: i64,
    /// Civil time in Shanghai, in milliseconds since 1970-01-01 civil time.
    pub(crate) at_ms: i64,
    /// Index into [`KINDS`].
    pub(crate) kind: u8,
    pub(crate) amount_fen: i64,
    /// In ten-thousandths of a yuan, as the old system charged it.
    pub(crate) fee_e4: i64,
    pub(crate) balance_fen: i64,
    pub(crate) reference: Option<String>,
    /// Index into [`CHANNELS`].
    pub(crate) channel: u8,
}

/// A ledger of a given number of records.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ledger {
    /// How many records the source holds.
    pub(crate) records: u64,
}

impl Ledger {
    /// The record of this number; the numbers 0 to `records` are in order of time.
    pub(crate) fn record(self, number: u64) -> Record {
        let mut dice = Dice(mixed(number ^ 0x5EED_1ED6_E25A_0001));
        let magnitude = [100, 1_000, 10_000, 100_000, 10_000_000][dice.below(5) as usize];
        let amount = 1 + signed(dice.below(magnitude));
        let kind = dice.below(16) as u8;
        let span = i128::from(FROZEN_MS - OPENED_MS);
        let passed = span * i128::from(number) / i128::from(self.records.max(1));
        Record {
            txn_id: 1_000_000_000 + signed(number) * 7 + signed(dice.below(7)),
            account: account(number),
            at_ms: OPENED_MS + passed as i64,
            kind,
            amount_fen: if kind.is_multiple_of(2) {
                amount
            } else {
                -amount
            },
            fee_e4: if dice.below(4) == 0 {
                amount * 60 / 100
            } else {
                0
            },
            balance_fen: signed(dice.below(1_000_000_000)),
            reference: (dice.below(16) > 0).then(|| reference(&mut dice)),
            channel: dice.below(4) as u8,
        }
    }
}

/// The account of the record of this number: low accounts are the busy ones.
pub(crate) fn account(number: u64) -> i64 {
    6_200_000_000 + signed(account_index(number))
}

/// The same, counted from zero.
pub(crate) fn account_index(number: u64) -> u64 {
    let mut dice = Dice(mixed(number ^ 0xACC0_0000_0000_0002));
    let product = u128::from(dice.next()) * u128::from(dice.next());
    let high = (product >> 64) as u64;
    ((u128::from(high) * u128::from(ACCOUNTS)) >> 64) as u64
}

/// Scrambles a number so that near numbers are far apart.
pub(crate) fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn reference(dice: &mut Dice) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let bits = u128::from(dice.next()) << 64 | u128::from(dice.next());
    let letter = |place: u32| char::from(LETTERS[(bits >> (5 * place)) as usize & 31]);
    (0..16).map(letter).collect()
}

/// A count as a signed number; the counts here are far below 2^63.
fn signed(count: u64) -> i64 {
    count as i64
}

/// Xorshift: the same throws for the same seed, on every machine.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 |= u64::from(self.0 == 0);
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        mixed(self.0)
    }

    fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_gives_the_same_record_and_ids_rise() {
        let ledger = Ledger { records: 1000 };
        assert_eq!(ledger.record(17), ledger.record(17));
        let ids: Vec<i64> = (0..1001).map(|n| ledger.record(n).txn_id).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn no_amount_is_zero_and_the_busiest_account_is_much_busier_than_most() {
        let ledger = Ledger { records: 100_000 };
        assert!((0..100_000).all(|n| ledger.record(n).amount_fen != 0));
        let low = (0..100_000).filter(|n| account_index(*n) < ACCOUNTS / 10);
        assert!(low.count() > 25_000);
    }
}
