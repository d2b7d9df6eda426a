//! Chance by a seed: the same draws on every machine.

/// One, in the fixed-point numbers of the clock: 20 bits behind the point.
pub(super) const ONE: u64 = 1 << 20;

/// Beyond this mean a count is as good as fixed.
const TIMES_MEAN_MAX: u64 = 64 * ONE;

/// Beyond this count the gamma distribution is as narrow as it gets.
const GAMMA_MAX: u64 = 32;

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

    /// Draws from a bell whose deviation was measured by `count` moves only (Student): few of them may have
    /// been small by chance. With 16 bits behind the point, never beyond 32.
    pub(super) fn student(&mut self, count: u64) -> i64 {
        let bell = self.bell();
        let half = count.min(2 * GAMMA_MAX) / 2;
        // Squares of as many bells on average, or one more than an even number of them.
        let squares = u128::from(2 * self.gamma(half)).max(1);
        let wide = (u128::from(2 * half + 1) << 20 << 32) / squares;
        let wide = (wide.isqrt() as i64).min(1 << 19);
        ((bell * wide) >> 16).clamp(-(32 << 16), 32 << 16)
    }

    /// Draws from the gamma distribution of half more than `count`, with 20 bits behind the point: half of
    /// twice as many squares of a bell, and one. Beyond 32 its shape no longer changes.
    pub(super) fn gamma(&mut self, count: u64) -> u64 {
        let shape = 2 * count.min(GAMMA_MAX) + 1;
        let square = |bell: i64| bell.unsigned_abs().pow(2) >> 13;
        let sum: u64 = (0..shape).map(|_| square(self.bell())).sum();
        let wide = u128::from(sum) * (2 * u128::from(count) + 1) / u128::from(shape);
        u64::try_from(wide).unwrap_or(u64::MAX)
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
    fn the_gamma_distribution_has_its_mean_and_its_spread() {
        let mut chance = Chance::new(7, 1);
        for count in [0, 1, 5, 1_000] {
            let draws: Vec<u64> = (0..4_000).map(|_| chance.gamma(count)).collect();
            let mean = draws.iter().sum::<u64>() / 4_000;
            let shape = count * ONE + ONE / 2;
            assert!(mean.abs_diff(shape) < shape / 20, "{count}: {mean}");
            let off = |draw: &u64| u128::from(draw.abs_diff(mean)).pow(2);
            let square = draws.iter().map(off).sum::<u128>() / 4_000;
            // The variance is the mean, up to the count from which the shape stays.
            let widest = u128::from(shape) * u128::from(ONE) * u128::from(count.max(33) / 33);
            assert!(square.abs_diff(widest) < widest / 3, "{count}: {square}");
        }
    }

    #[test]
    fn few_moves_leave_a_wider_bell_than_many() {
        let far = |count| {
            let mut chance = Chance::new(7, 1);
            let draws = (0..4_000).map(|_| chance.student(count));
            draws.filter(|draw| draw.abs() > 2 << 16).count()
        };
        // Beyond two deviations: 4.6 % of a bell, 9.2 % by four or five moves, 29.5 % by one.
        assert!((1_100..1_260).contains(&far(1)), "{}", far(1));
        assert!((340..480).contains(&far(4)), "{}", far(4));
        assert!((160..240).contains(&far(60)), "{}", far(60));
    }

    #[test]
    fn no_draw_is_out_of_bounds() {
        let mut chance = Chance::new(u64::MAX, u64::MAX);
        assert_eq!(chance.below(0), 0);
        assert_eq!(chance.below(1), 0);
        assert_eq!(chance.place(0), 0);
        assert_eq!(chance.times(0), 0);
        assert!(chance.times(u64::MAX) < 200);
        assert!(chance.gamma(u64::MAX) > 0);
        assert!(chance.student(0).abs() <= 32 << 16);
        assert!(chance.student(u64::MAX).abs() <= 32 << 16);
    }
}
