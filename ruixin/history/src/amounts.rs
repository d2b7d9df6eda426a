//! How much people pay, move and withdraw, in fen: many small sums, some large ones.

use crate::random::Random;

/// The price of something at a merchant of a class.
#[inline]
pub(crate) fn price(random: &mut Random, class: usize) -> i64 {
    const CARDS: [i64; 6] = [1_000, 2_000, 3_000, 5_000, 10_000, 20_000];
    let draw = random.below(1_000);
    // Sums that a binary fraction cannot hold, and the smallest one.
    if draw < 12 {
        const AWKWARD: [i64; 8] = [29, 57, 58, 113, 115, 1, 1_001, 410];
        return *random.one_of(&AWKWARD);
    }
    match (class, draw) {
        (2, 12..300) | (3, 12..600) => *random.one_of(&CARDS),
        (2, _) => random.between(800, 48_000),
        (1, _) => priced(random, 60, 3_200),
        (_, 12..960) => priced(random, 3, 700),
        _ => priced(random, 400, 28_000),
    }
}

/// Yuan between both ends, small ones more often, with the decimals of a price.
fn priced(random: &mut Random, least: u64, most: u64) -> i64 {
    const ENDS: [i64; 6] = [0, 0, 0, 90, 80, 50];
    let yuan = least + (((most - least) * random.cubed()) >> 32);
    let fen = match random.below(10) {
        0..6 => *random.one_of(&ENDS),
        6 => 99,
        _ => random.between(0, 99),
    };
    yuan as i64 * 100 + fen
}

/// What somebody puts into the wallet by hand: round sums.
#[inline]
pub(crate) fn top_up(random: &mut Random) -> i64 {
    const ROUND: [i64; 10] = [50, 100, 100, 100, 200, 200, 300, 500, 500, 1_000];
    match random.below(100) {
        0..84 => *random.one_of(&ROUND) * 100,
        84..97 => random.between(1, 60) * 10_000,
        _ => random.between(1_000, 3_000_000),
    }
}

/// What one person sends to another.
#[inline]
pub(crate) fn transfer(random: &mut Random) -> i64 {
    const ROUND: [i64; 9] = [
        8_800, 5_000, 10_000, 20_000, 20_000, 50_000, 66_600, 100_000, 200_000,
    ];
    match random.below(100) {
        0..62 => *random.one_of(&ROUND),
        62..94 => priced(random, 5, 3_000),
        _ => random.between(3_000, 20_000) * 100,
    }
}
