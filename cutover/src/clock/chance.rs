//! Chance by a seed: the same draws on every machine.

/// One, in the fixed-point numbers of the clock: 20 bits behind the point.
pub(super) const ONE: u64 = 1 << 20;

/// Beyond this mean a count is as good as fixed.
const TIMES_MEAN_MAX: u64 = 64 * ONE;

/// Draws numbers that look random and are wholly given by a seed (`SplitMix64`).
#[derive(Debug, Clone)]
pub(super) struct Chance {
    state: u64,
}

impl Chance {
    /// Starts one of the many streams of a seed.
    pub(super) fn new(seed: u64, stream: u64) -> Chance {
        let mut chance = Chance { state: seed };
        let begin = chance.next() ^ stream.wrapping_mul(0xD1B5_4A32_D192_ED03);
        Chance { state: begin }
    }

    /// Draws 64 bits.
    pub(super) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// Draws a number below `end`; 0 where `end` is 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        let wide = u128::from(self.next()) * u128::from(end);
        (wide >> 64) as u64
    }

    /// Draws a place in a list of `length`.
    pub(super) fn place(&mut self, length: usize) -> usize {
        self.below(length as u64) as usize
    }

    /// Draws from a bell of mean 0 and deviation 1, with 16 bits behind the point: twelve even
    /// draws, added up.
    pub(super) fn bell(&mut self) -> i64 {
        let sum: u64 = (0..12).map(|_| self.below(1 << 16)).sum();
        sum as i64 - (6 << 16)
    }

    /// Draws how often something happens that happens `mean` times on average (Poisson).
    ///
    /// A larger mean never gives fewer from the same draws: each eighth of it has a draw of its own.
    pub(super) fn times(&mut self, mean: u64) -> u64 {
        let mut left = mean.min(TIMES_MEAN_MAX);
        let mut count = 0;
        while left > 0 {
            let step = left.min(ONE / 8);
            count += times_in_a_step(self.below(ONE * ONE), step);
            left -= step;
        }
        count
    }
}

/// Says how often for a draw below 2^40 and a mean of at most an eighth.
fn times_in_a_step(draw: u64, mean: u64) -> u64 {
    // e^-m = 1 - m + m²/2 - m³/6, to better than 2^-16 up to an eighth.
    let square = mean * mean / ONE;
    let cube = square * mean / ONE;
    let mut term = (ONE - mean + square / 2 - cube / 6) * ONE;
    let mut until = term;
    let mut count = 0;
    while draw >= until && count < 4 {
        count += 1;
        term = term / ONE * mean / count;
        until += term;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_numbers() {
        let draws = |stream| {
            let mut chance = Chance::new(7, stream);
            [chance.next(), chance.below(10), chance.times(3 * ONE)]
        };
        assert_eq!(draws(1), draws(1));
        assert_ne!(draws(1), draws(2));
    }

    #[test]
    fn what_happens_three_times_on_average_does() {
        let mut chance = Chance::new(7, 1);
        let counts: Vec<u64> = (0..10_000).map(|_| chance.times(3 * ONE)).collect();
        let sum: u64 = counts.iter().sum();
        let spread: u64 = counts.iter().map(|count| count.abs_diff(3).pow(2)).sum();
        assert!((29_000..31_000).contains(&sum), "{sum}");
        assert!((28_000..32_000).contains(&spread), "{spread}");
    }

    #[test]
    fn a_larger_mean_never_gives_fewer_from_the_same_draws() {
        for stream in 0..200 {
            let times = |mean| Chance::new(7, stream).times(mean);
            let counts: Vec<u64> = (0..200).map(|step| times(step * ONE / 24)).collect();
            assert!(counts.is_sorted(), "{counts:?}");
        }
    }

    #[test]
    fn the_bell_has_mean_0_and_deviation_1() {
        let mut chance = Chance::new(7, 1);
        let draws: Vec<i64> = (0..10_000).map(|_| chance.bell()).collect();
        let mean = draws.iter().sum::<i64>() / 10_000;
        let square = draws.iter().map(|draw| draw * draw).sum::<i64>() / 10_000;
        assert!(mean.abs() < 2_000, "{mean}");
        assert!(((65_536 - 1_500)..(65_536 + 1_500)).contains(&square.isqrt()));
    }

    #[test]
    fn no_draw_is_out_of_bounds() {
        let mut chance = Chance::new(u64::MAX, u64::MAX);
        assert_eq!(chance.below(0), 0);
        assert_eq!(chance.below(1), 0);
        assert_eq!(chance.place(0), 0);
        assert_eq!(chance.times(0), 0);
        assert!(chance.times(u64::MAX) < 200);
    }
}
